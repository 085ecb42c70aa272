/* rules/remedy_combine.c - for a branch that holds only if several fields change together. */
#include "rules/remedy_inside.h"

#define CHOICES_MOST 12  /* values of a field that are combined with those of others */
#define TRIALS_MOST 2000 /* combinations */

/* The fields that the branch has conditions on; returns how many. */
static size_t fields_of(const struct rule_branch *branch, enum event_field *fields)
{
	size_t count = 0;
	for (int field = 0; field < EVENT_FIELD_COUNT; field++) {
		bool is_there = remedy_same_field(&branch->when, (enum event_field)field);
		for (uint32_t i = 0; i < branch->not_count && !is_there; i++)
			is_there = remedy_same_field(&branch->nots[i], (enum event_field)field);
		if (is_there)
			fields[count++] = (enum event_field)field;
	}
	return count;
}

/* What the field may be: as it is, what the rule wants, or something that it does not speak of. */
static size_t choices_of(struct remedy_search *search, enum event_field field,
	const struct rule_condition *wanted, struct remedy_value *choices)
{
	size_t count = 1;
	choices[0] = (struct remedy_value){ .text = search->asked->event->fields[field] };
	if (wanted)
		count = remedy_value_add_wanted(search, wanted, choices, count, CHOICES_MOST);
	if (!wanted || wanted->has_pattern)
		count = remedy_value_add_other(search, field, choices, count, CHOICES_MOST);
	return count;
}

static bool choose(
	struct remedy_search *search, const enum event_field *fields, size_t count, int *trials)
{
	struct remedy_value choices[CHOICES_MOST];
	if (!count) {
		struct branch_misses misses = remedy_misses(search);
		return !misses.missed && !misses.refused;
	}
	const struct rule_condition *wanted = remedy_same_field(&search->branch->when, *fields);
	size_t choice_count = choices_of(search, *fields, wanted, choices);
	for (size_t i = 0; i < choice_count && ++*trials < TRIALS_MOST && !remedy_is_over(search);
		i++) {
		search->event.fields[*fields] = choices[i].text;
		matching_repeat(&search->trial);
		if (wanted && condition_match(&search->trial, wanted) != SEARCH_YES)
			continue;
		if (choose(search, fields + 1, count - 1, trials))
			return true;
	}
	return false;
}

void remedy_combine(struct remedy_search *search)
{
	enum event_field fields[EVENT_FIELD_COUNT];
	int trials = 0;
	if (choose(search, fields, fields_of(search->branch, fields), &trials))
		remedy_words_renew(search);
}
