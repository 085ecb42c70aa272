# tests/bench/local.mk: `make bench` builds and runs the benchmarks; neither `make all` nor `make check` does.
BENCHES = tests/bench/load tests/bench/yardstick tests/bench/decide_bench tests/bench/schedule_bench tests/bench/client_bench
EXTRA_PROGRAMS += $(BENCHES)
CLEANFILES += $(BENCHES)
EXTRA_DIST += tests/bench/bench.py tests/bench/cases.py tests/bench/compare.py tests/bench/costly.py tests/bench/fixtures.py tests/bench/linter.py tests/bench/nodes.py \
	tests/bench/processes.py tests/bench/retention.py tests/bench/sandbox.py tests/bench/scale.py tests/bench/sites.py tests/bench/slow.py tests/bench/tables.py

tests_bench_load_SOURCES = tests/bench/load.c
tests_bench_load_LDADD = $(CRYPTO_LIBS)
tests_bench_yardstick_SOURCES = tests/bench/yardstick.c
tests_bench_yardstick_LDADD = $(MICROHTTPD_LIBS) $(CRYPTO_LIBS)
tests_bench_decide_bench_SOURCES = tests/bench/decide_bench.c
tests_bench_decide_bench_LDADD = $(ROUTER_LIBS)
tests_bench_schedule_bench_SOURCES = tests/bench/schedule_bench.c
tests_bench_schedule_bench_LDADD = $(ROUTER_LIBS)
tests_bench_client_bench_SOURCES = tests/bench/client_bench.c
tests_bench_client_bench_LDADD = $(ROUTER_LIBS)

PHONY_TARGETS += bench
bench: all $(BENCHES)
	$(PYTHON3) $(srcdir)/tests/bench/bench.py --build $(abs_builddir) $(BENCH_FLAGS)
