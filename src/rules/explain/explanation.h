/*
 * rules/explain/explanation.h - why a rule matches an event, or does not: each of its conditions
 * beside what the event has, and what would have to change.
 *
 * Plain data, part of a decision (rules/decide.h); texts are borrowed from the ruleset and the
 * event where they are whole. They are cut after EXPLAINED_BYTES; the decision has the whole event.
 */
#pragma once
#include "base/json.h"

#define EXPLAINED_BYTES 1000
#define EXPLAINED_MAPS 100  /* of a list `when` or `not` */
#define EXPLAINED_RULES 100 /* that are explained in full when nobody says how many */

struct explained_condition {
	const char *field;
	const char *expected; /* as written: "success", "/^a/", "any of 1, 2, … (57 more)" */
	const char *actual;
	bool holds;
	bool is_default;     /* it is not written: `event` and `status` have defaults */
	bool is_undecided;   /* a pattern took too many steps, or the text is too long for it */
	bool is_list;        /* of several values */
	const char *matched; /* the value that the event has, as written; NULL: none */
	const char *hint;    /* "looks like 'Prod', but they differ at ..."; NULL: none */
	int line, column;    /* of the first value, in the rule's file; 0: a default */
};

/* `when`, or a map of `not`: holds if all of its conditions do. */
struct explained_map {
	bool holds;
	bool is_undecided; /* a pattern of it is; under `not` that refuses the event too */
	size_t condition_count;
	const struct explained_condition *conditions; /* by field */
};

struct explained_branch { /* a map of the list `when`, or the only one */
	size_t number;    /* in the list `when`, from 1 */
	bool holds;       /* `when` does, and no map of `nots` */
	struct explained_map when;
	size_t not_count; /* those that hold first, and at most EXPLAINED_MAPS */
	const struct explained_map *nots;
	size_t not_left; /* those that are not among them */
};

struct remedy_step {
	/* of the event; "enabled": of the rule; "": the event is never routed */
	const char *field;
	const char *value; /* with which it was tried; NULL: it was not, or `field` is "" */
	const char *words; /* "status were 'success'" */
};

/* What would have to change, all of it, so that the rule matches. */
struct remedy {
	const char *words; /* "would match if status were 'success'" */
	/* The rule was tried with the values of `steps`, and matches. If not, the words name
	 * patterns for which no text is known, or say that no change was found, or looked for (no
	 * steps). */
	bool is_tried;
	size_t step_count;
	const struct remedy_step *steps;
};

struct explanation {
	size_t branch_count;                     /* at most EXPLAINED_MAPS */
	const struct explained_branch *branches; /* as written, but the nearest is the first */
	size_t branch_left;                      /* those that are not among them */
	const struct remedy *remedy;             /* NULL: the rule matches */
};

/* Adds "alternatives" and "change" to the JSON of a rule. */
void explanation_add_json(const struct explanation *explanation, cJSON *json);
