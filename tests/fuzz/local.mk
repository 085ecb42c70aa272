# tests/fuzz/local.mk: `make check` replays the corpus through every target; `make fuzz` fuzzes each for
# FUZZ_SECONDS, when CC is clang.
FUZZ_REPLAYS = \
	tests/fuzz/answer_replay \
	tests/fuzz/client_replay \
	tests/fuzz/config_replay \
	tests/fuzz/event_replay \
	tests/fuzz/filter_replay \
	tests/fuzz/json_replay \
	tests/fuzz/listener_replay \
	tests/fuzz/name_replay \
	tests/fuzz/pattern_replay \
	tests/fuzz/ruleset_replay \
	tests/fuzz/selection_replay \
	tests/fuzz/store_replay \
	tests/fuzz/suite_replay \
	tests/fuzz/suppression_replay \
	tests/fuzz/yaml_replay
check_PROGRAMS += $(FUZZ_REPLAYS)
TESTS += tests/fuzz/replay_all
EXTRA_DIST += tests/fuzz/replay_all tests/fuzz/run tests/fuzz/scratch.h tests/fuzz/corpus

tests_fuzz_answer_replay_SOURCES = tests/fuzz/answer_fuzz.c tests/fuzz/replay.c
tests_fuzz_answer_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_client_replay_SOURCES = tests/fuzz/client_fuzz.c tests/fuzz/replay.c
tests_fuzz_client_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_config_replay_SOURCES = tests/fuzz/config_fuzz.c tests/fuzz/replay.c
tests_fuzz_config_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_event_replay_SOURCES = tests/fuzz/event_fuzz.c tests/fuzz/replay.c
tests_fuzz_event_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_filter_replay_SOURCES = tests/fuzz/filter_fuzz.c tests/fuzz/replay.c
tests_fuzz_filter_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_json_replay_SOURCES = tests/fuzz/json_fuzz.c tests/fuzz/replay.c
tests_fuzz_json_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_listener_replay_SOURCES = tests/fuzz/listener_fuzz.c tests/fuzz/replay.c
tests_fuzz_listener_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_name_replay_SOURCES = tests/fuzz/name_fuzz.c tests/fuzz/replay.c
tests_fuzz_name_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_pattern_replay_SOURCES = tests/fuzz/pattern_fuzz.c tests/fuzz/replay.c
tests_fuzz_pattern_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_ruleset_replay_SOURCES = tests/fuzz/ruleset_fuzz.c tests/fuzz/replay.c
tests_fuzz_ruleset_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_selection_replay_SOURCES = tests/fuzz/selection_fuzz.c tests/fuzz/replay.c
tests_fuzz_selection_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_store_replay_SOURCES = tests/fuzz/store_fuzz.c tests/fuzz/replay.c
tests_fuzz_store_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_suite_replay_SOURCES = tests/fuzz/suite_fuzz.c tests/fuzz/replay.c
tests_fuzz_suite_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_suppression_replay_SOURCES = tests/fuzz/suppression_fuzz.c tests/fuzz/replay.c
tests_fuzz_suppression_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_yaml_replay_SOURCES = tests/fuzz/yaml_fuzz.c tests/fuzz/replay.c
tests_fuzz_yaml_replay_LDADD = $(ROUTER_LIBS)

FUZZ_SECONDS = 60
FUZZ_FLAGS = -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
PHONY_TARGETS += fuzz
fuzz: $(BUILT_SOURCES)
	@$(CC) --version | grep -q clang || { echo "make fuzz needs clang: ./configure CC=clang" >&2; exit 1; }
	@srcdir="$(srcdir)" FUZZ_CC="$(CC) $(DEFS) $(AM_CPPFLAGS) $(CPPFLAGS) $(FUZZ_FLAGS)" FUZZ_SOURCES="$(librouter_a_SOURCES)" \
		FUZZ_LIBS="$(ROUTER_LIBS:librouter.a=) -lpthread" $(srcdir)/tests/fuzz/run $(FUZZ_SECONDS) \
		$(FUZZ_REPLAYS:tests/fuzz/%_replay=%)
