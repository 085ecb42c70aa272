# tests/sim/local.mk: the dispatcher in a simulated world. `make check` runs 20,000 histories, and wrong variants that the simulation has to catch;
# `make simulate HISTORIES=N SEED=S` runs more.
check_PROGRAMS += tests/sim/simulate tests/sim/weeks
TESTS += tests/sim/simulate tests/sim/weeks tests/sim/mutations_caught
EXTRA_DIST += tests/sim/README.md tests/sim/mutations.py tests/sim/mutations_caught tests/sim/variants.py
tests_sim_simulate_SOURCES = \
	tests/sim/daemon.c tests/sim/disk.c tests/sim/edge.c tests/sim/fate.c tests/sim/fresh.c tests/sim/history.c tests/sim/kind.c tests/sim/lively.c tests/sim/meant.c tests/sim/needed.c tests/sim/older.c tests/sim/oracle.c tests/sim/patience.c tests/sim/people.c \
	tests/sim/oracle.h tests/sim/sim.h tests/sim/simulate.c tests/sim/site.c tests/sim/tally.c tests/sim/told.c tests/sim/turn.c
tests_sim_weeks_SOURCES = tests/sim/weeks.c
tests_sim_weeks_LDADD = $(ROUTER_LIBS)
tests_sim_simulate_LDADD = $(ROUTER_LIBS)
AM_TESTS_ENVIRONMENT += PYTHON3='$(PYTHON3)' SIM_CC='$(CC) $(PQ_CFLAGS) $(HARDEN_CFLAGS) $(HARDEN_LDFLAGS) $(CFLAGS)' SIM_LIBS='$(ROUTER_LIBS)'; export PYTHON3 SIM_CC SIM_LIBS;

PHONY_TARGETS += simulate check-mutations
check-mutations: tests/sim/simulate
	$(MAKE) check TESTS=tests/sim/mutations_caught check_PROGRAMS=
HISTORIES = 1000000
SEED = 1000000
simulate: tests/sim/simulate
	tests/sim/simulate --histories $(HISTORIES) --seed $(SEED)
