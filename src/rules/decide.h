/*
 * rules/decide.h - what a ruleset says about one event.
 *
 * Pure: same arguments, same decision; no clock, log, lock or I/O. `serve`, `route`, `test` and
 * `diff` all call it. Threads: any, each with its own scratch.
 */
#pragma once
#include "base/arena.h"
#include "base/json.h"
#include "content/selection.h"
#include "event/event.h"
#include "rules/explain/explanation.h"
#include "rules/merging.h"
#include "rules/ruleset.h"

struct match {
	const char *rule, *file; /* borrowed from the ruleset */
	int line;
	size_t capture_count;
	const char *const *capture_names;
	const char *const *capture_values;
	const struct explanation *explanation; /* NULL unless it is within the explain_scope */
};

/* When explained: a rule that did not match, and the first reason in short. */
struct unmatched {
	const char *rule, *file;
	int line;
	bool disabled;                 /* `enabled: false`; then that is the reason */
	const char *field;             /* "status", or "not.run_reason" */
	const char *expected, *actual; /* expected as written: "success", "/^a/", "any of 1, 2" */
	/* how near it was: what does not hold (conditions, maps of `not`, `enabled`), and how many
	 * conditions do */
	int missed, held;
	const struct explanation *explanation; /* NULL unless it is within the explain_scope */
};

struct warning { /* a selection that became void, a pattern that hit a limit */
	const char *rule;
	const char *text;
	bool is_pattern_limit;
};

struct decision {
	const struct event *event;
	const char *revision;
	size_t match_count;
	const struct match *matches; /* by rule name */
	size_t selection_count;
	/* sorted by site, kind, selector; content that several rules want is one selection with
	 * several rules */
	const struct selection *selections;
	size_t warning_count;
	const struct warning *warnings;
	size_t unmatched_count;            /* 0 unless explained */
	const struct unmatched *unmatched; /* nearest miss first; NULL unless explained */
	size_t merging_count;              /* 0 unless explained */
	const struct merging *mergings;    /* content that several rules want */
};

/* What ruleset_explain() says of which rules. */
struct explain_scope {
	const bool *chosen; /* by rule: the others are left out; NULL: none is */
	/* rules that are explained in full: of those that matched by name, and as many of those
	 * that did not, the nearest first */
	size_t most;
};

/*
 * Chooses the rules that `written` names: one by its name, or, between slashes, those in whose
 * names the pattern is found. ERROR_INPUT when there are none, with the nearest name. In `arena`.
 */
bool explain_scope_choose(struct explain_scope *scope, const struct ruleset *rules,
	const char *written, struct arena *arena, struct error *err) MUST_USE;

/* Working memory that grows with the ruleset and is reused from event to event. One thread at a
 * time. */
struct decide_scratch;
struct decide_scratch *decide_scratch_new(void);
void decide_scratch_free(struct decide_scratch *scratch);
OWNED_DEFINE(decide_scratch)

/*
 * Owns: the decision lives in `arena`; rule and file names are borrowed from `rules`. Order: as in
 * struct decision, so that two runs print the same bytes. Cost: does not grow with the number of
 * rules whose exact ids, or required literals, the event lacks; patterns take at most the steps of
 * base/pattern/pattern.h. Fails: never. A pattern that hits its limit makes its rule not match, and
 * is among the warnings.
 */
const struct decision *ruleset_decide(const struct ruleset *rules, const struct event *event,
	struct decide_scratch *scratch, struct arena *arena);
/* The same decision, with reasons. Walks every rule: too slow for serving. `scope` NULL: the first
 * reason of each rule, and none in full. */
const struct decision *ruleset_explain(const struct ruleset *rules, const struct event *event,
	const struct explain_scope *scope, struct decide_scratch *scratch, struct arena *arena);

/* The decision in the form of schemas/decision.schema.json ("unmatched" only when explained). The
 * caller owns it. */
cJSON *decision_json(const struct decision *decision);
/* An item of its "unmatched". The caller owns it. */
cJSON *unmatched_json(const struct unmatched *unmatched);
