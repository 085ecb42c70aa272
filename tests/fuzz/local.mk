# tests/fuzz/local.mk: `make check` replays the corpus through every target; `make fuzz` fuzzes each for
# FUZZ_SECONDS, when CC is clang.
FUZZ_REPLAYS = \
	tests/fuzz/answer_replay \
	tests/fuzz/event_replay \
	tests/fuzz/filter_replay \
	tests/fuzz/json_replay \
	tests/fuzz/pattern_replay \
	tests/fuzz/selection_replay \
	tests/fuzz/yaml_replay
check_PROGRAMS += $(FUZZ_REPLAYS)
TESTS += tests/fuzz/replay_all
EXTRA_DIST += tests/fuzz/replay_all tests/fuzz/corpus

tests_fuzz_answer_replay_SOURCES = tests/fuzz/answer_fuzz.c tests/fuzz/replay.c
tests_fuzz_answer_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_event_replay_SOURCES = tests/fuzz/event_fuzz.c tests/fuzz/replay.c
tests_fuzz_event_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_filter_replay_SOURCES = tests/fuzz/filter_fuzz.c tests/fuzz/replay.c
tests_fuzz_filter_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_json_replay_SOURCES = tests/fuzz/json_fuzz.c tests/fuzz/replay.c
tests_fuzz_json_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_pattern_replay_SOURCES = tests/fuzz/pattern_fuzz.c tests/fuzz/replay.c
tests_fuzz_pattern_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_selection_replay_SOURCES = tests/fuzz/selection_fuzz.c tests/fuzz/replay.c
tests_fuzz_selection_replay_LDADD = $(ROUTER_LIBS)
tests_fuzz_yaml_replay_SOURCES = tests/fuzz/yaml_fuzz.c tests/fuzz/replay.c
tests_fuzz_yaml_replay_LDADD = $(ROUTER_LIBS)

FUZZ_SECONDS = 60
FUZZ_FLAGS = -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_CC = $(CC) $(DEFS) $(AM_CPPFLAGS) $(CPPFLAGS) $(FUZZ_FLAGS)
PHONY_TARGETS += fuzz
# The whole library is compiled again, so that the fuzzer sees which ways an input takes. New inputs
# stay in the build folder; one that is worth keeping moves to the corpus by hand.
fuzz: $(BUILT_SOURCES)
	@$(CC) --version | grep -q clang || { echo "make fuzz needs clang: ./configure CC=clang" >&2; exit 1; }
	@set -e; mkdir -p tests/fuzz/found; rm -f tests/fuzz/found/library.a; \
	for file in $(librouter_a_SOURCES); do \
		case $$file in *.c) ;; *) continue;; esac; \
		object=tests/fuzz/found/$$(echo $$file | tr / _).o; \
		$(FUZZ_CC) -fsanitize=fuzzer-no-link -c -o $$object $(srcdir)/$$file; \
		$(AR) -rc tests/fuzz/found/library.a $$object; \
	done; \
	for replay in $(FUZZ_REPLAYS); do \
		target=$$(basename $$replay _replay); \
		mkdir -p tests/fuzz/found/$$target; \
		$(FUZZ_CC) -fsanitize=fuzzer -o tests/fuzz/found/$$target.fuzz $(srcdir)/tests/fuzz/$${target}_fuzz.c \
			tests/fuzz/found/library.a $(ROUTER_LIBS:librouter.a=) -lpthread; \
		./tests/fuzz/found/$$target.fuzz -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
			-artifact_prefix=tests/fuzz/found/ tests/fuzz/found/$$target $(srcdir)/tests/fuzz/corpus/$$target; \
	done
