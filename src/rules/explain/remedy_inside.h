/*
 * rules/explain/remedy_inside.h - what remedy.c and its parts share. Private to rules/remedy*.c.
 */
#pragma once
#include "rules/explain/explain.h"
#include "rules/explain/remedy.h"

#define REMEDY_SAMPLES 3

struct remedy_samples { /* texts that a pattern finds */
	uint32_t pattern;
	size_t count;
	struct str texts[REMEDY_SAMPLES];
};

struct remedy_search {
	const struct matching *asked; /* about the event as it is */
	struct matching trial;        /* about `event` */
	struct event event;           /* as it has been changed so far */
	struct decide_scratch *scratch;
	struct arena *arena; /* what the trials need */
	/* pattern_sample() renews the allowance of its scratch, so it has one of its own */
	struct pattern_scratch *sampling;
	struct remedy_samples *samples;
	size_t sample_count, sample_capacity;
	const struct rule *rule;
	const struct rule_branch *branch;
	int64_t size, work; /* values that the branch has, and that were compared so far */
	const char *words[EVENT_FIELD_COUNT]; /* of the fields that were changed; else NULL */
	bool is_open[EVENT_FIELD_COUNT];      /* no text is known that would close the gap */
	bool is_hopeless;                     /* none of the values that there are closes it */
};

/* ---- remedy.c: what is known at the moment ---- */

/* How far the branch is from holding for the event as it has been changed so far. */
struct branch_misses remedy_misses(struct remedy_search *search);
/* Has as much been tried as an explanation may cost? Then nothing more is. */
bool remedy_is_over(const struct remedy_search *search);
/* The condition of the map on this field, or NULL. */
const struct rule_condition *remedy_same_field(const struct rule_map *map, enum event_field field);
/* "job_id were '5'"; the value stays the caller's. */
const char *remedy_words(struct remedy_search *search, enum event_field field, struct str value);

/* Says of the fields that have changed what they are now, and nothing of the others. */
void remedy_words_renew(struct remedy_search *search);

/* ---- remedy_value.c: texts that a field may be tried with ---- */

struct remedy_value {
	struct str text;     /* as long-lived as the search */
	const char *written; /* the value of the rule that it is, or that finds it; NULL: none */
	bool is_exact;       /* it stands in the rule */
};
/* Adds, for the condition's field, those that make it hold: the one that was meant if the event's
 * is nearly that, exact values, samples of patterns. At most `most`; returns the new count. */
size_t remedy_value_add_wanted(struct remedy_search *search, const struct rule_condition *condition,
	struct remedy_value *values, size_t count, size_t most);
/* Adds texts of no meaning, of which most patterns find some and miss others. */
size_t remedy_value_add_other(struct remedy_search *search, enum event_field field,
	struct remedy_value *values, size_t count, size_t most);

/* ---- remedy_gap.c: one condition after another ---- */

void remedy_gap_close_condition(
	struct remedy_search *search, const struct rule_condition *condition);
void remedy_gap_close_refusal(struct remedy_search *search, const struct rule_map *map);

/* ---- remedy_combine.c: several fields together ---- */

/* Looks for values of all fields of the branch with which it holds. */
void remedy_combine(struct remedy_search *search);
