/* rules/explain/remedy_combine.c - for a branch that holds only if several fields change together.
 */
#include "rules/explain/remedy_inside.h"

#define CHOICES_MOST 12  /* values of a field that are combined with those of others */
#define TRIALS_MOST 2000 /* combinations */

struct choices { /* what one field may be */
	enum event_field field;
	const struct rule_condition *wanted; /* the condition of `when` on it, or NULL */
	size_t count;
	struct remedy_value values[CHOICES_MOST];
};

struct combination {
	size_t count; /* the fields that the branch has conditions on */
	struct choices fields[EVENT_FIELD_COUNT];
	int trials;
};

static bool has_condition(const struct rule_branch *branch, enum event_field field)
{
	bool has = remedy_same_field(&branch->when, field);
	for (uint32_t i = 0; i < branch->not_count && !has; i++)
		has = remedy_same_field(&branch->nots[i], field);
	return has;
}

/* As it is, what the rule wants, or something that it does not speak of. */
static void choices_find(
	struct remedy_search *search, enum event_field field, struct choices *choices)
{
	const struct rule_condition *wanted = remedy_same_field(&search->branch->when, field);
	struct remedy_value *values = choices->values;
	choices->field = field;
	choices->wanted = wanted;
	choices->count = 1;
	values[0] = (struct remedy_value){ .text = search->asked->event->fields[field] };
	if (wanted)
		choices->count = remedy_value_add_wanted(search, wanted, values, 1, CHOICES_MOST);
	if (!wanted || wanted->has_pattern)
		choices->count =
			remedy_value_add_other(search, field, values, choices->count, CHOICES_MOST);
}

/* Gives the fields from `at` on values with which the branch holds. */
static bool choose(struct remedy_search *search, struct combination *combination, size_t at)
{
	if (at == combination->count) {
		struct branch_misses misses = remedy_misses(search);
		return !misses.missed && !misses.refused;
	}
	const struct choices *choices = &combination->fields[at];
	for (size_t i = 0; i < choices->count && !remedy_is_over(search); i++) {
		if (++combination->trials >= TRIALS_MOST)
			return false;
		search->event.fields[choices->field] = choices->values[i].text;
		matching_repeat(&search->trial);
		if (choices->wanted &&
			condition_match(&search->trial, choices->wanted) != SEARCH_YES)
			continue;
		if (choose(search, combination, at + 1))
			return true;
	}
	return false;
}

void remedy_combine(struct remedy_search *search)
{
	struct combination combination = { 0 };
	for (int field = 0; field < EVENT_FIELD_COUNT; field++)
		if (has_condition(search->branch, (enum event_field)field))
			choices_find(search, (enum event_field)field,
				&combination.fields[combination.count++]);
	struct event before = search->event;
	if (choose(search, &combination, 0))
		remedy_words_renew(search);
	else
		search->event = before; /* of which the words speak */
}
