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
#include "rules/ruleset.h"

struct match {
	const char *rule, *file; /* borrowed from the ruleset */
	int line;
	size_t capture_count;
	const char *const *capture_names;
	const char *const *capture_values;
};

struct unmatched { /* of --explain: a rule that did not match, and the first condition that ruled it
		      out */
	const char *rule, *file;
	int line;
	bool disabled;                 /* `enabled: false`; then no condition was asked */
	const char *field;             /* "status", or "not.run_reason" */
	const char *expected, *actual; /* expected as written: "success", "/^a/", "any of 1, 2" */
	int missed, held; /* conditions that do not hold, and that held before the first of them:
			     how near it was */
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
	const struct selection *selections; /* by site, kind, selector; the same content wanted
					       twice is one with several rules */
	size_t warning_count;
	const struct warning *warnings;
	size_t unmatched_count;            /* 0 unless explained */
	const struct unmatched *unmatched; /* nearest miss first */
};

/* Working memory that grows with the ruleset and is reused from event to event. One thread at a
 * time. */
struct decide_scratch;
struct decide_scratch *decide_scratch_new(void);
void decide_scratch_free(struct decide_scratch *scratch);
OWNED_DEFINE(decide_scratch)

/*
 * Owns:  the decision lives in `arena`; rule and file names are borrowed from `rules`.
 * Order: as told above, so that two runs print the same bytes.
 * Cost:  does not grow with the number of rules whose exact ids, or required literals, the event
 * lacks; patterns take at most the steps of base/pattern.h. Fails: never. A pattern that hits its
 * limit makes its rule not match, and is among the warnings.
 */
const struct decision *ruleset_decide(const struct ruleset *rules, const struct event *event,
	struct decide_scratch *scratch, struct arena *arena);
/* The same decision with `unmatched` filled: walks every rule, so for people only. */
const struct decision *ruleset_explain(const struct ruleset *rules, const struct event *event,
	struct decide_scratch *scratch, struct arena *arena);

/* The decision as schemas/decision.schema.json has it ("unmatched" only when explained). The caller
 * owns it. */
cJSON *decision_json(const struct decision *decision);
/* An item of its "unmatched". The caller owns it. */
cJSON *unmatched_json(const struct unmatched *unmatched);
