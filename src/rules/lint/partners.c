/* rules/lint/partners.c - files the asks of one group under the values of their rules' conditions,
 * and finds those that share one. */
#include "rules/lint/partners.h"

#include "rules/lint/implied.h"

struct filed { /* an ask under one of its values */
	struct str value;
	uint32_t ask;
};

struct numbers { /* of asks */
	uint32_t *items;
	size_t count, capacity;
};

/* What a rule says about the field. */
enum say {
	SAY_NOTHING, /* some branch has no condition on it */
	SAY_EXACT,   /* each branch has exact values for it */
	SAY_PATTERN, /* each branch has a condition on it, and some value is a pattern */
};

struct partners {
	const struct asks *asks;
	enum event_field field;
	struct filed *filed; /* by value; patterns as they are written */
	size_t filed_count, filed_capacity;
	struct numbers by_say[SAY_PATTERN + 1];
	uint32_t *seen; /* by ask: the visit in which it was last seen */
	uint32_t visits;
};

struct partners *partners_new(const struct asks *asks)
{
	struct partners *partners = mem_new(struct partners);
	partners->asks = asks;
	partners->seen = mem_alloc((asks->count + 1) * sizeof *partners->seen);
	return partners;
}

void partners_free(struct partners *partners)
{
	if (!partners)
		return;
	free(partners->filed);
	for (int say = 0; say <= SAY_PATTERN; say++)
		free(partners->by_say[say].items);
	free(partners->seen);
	free(partners);
}

static enum say say_of(const struct rule *rule, enum event_field field)
{
	enum say say = SAY_EXACT;
	for (uint32_t i = 0; i < rule->branch_count; i++) {
		const struct rule_condition *condition = implied_on(&rule->branches[i].when, field);
		if (!condition)
			return SAY_NOTHING;
		if (condition->has_pattern)
			say = SAY_PATTERN;
	}
	return say;
}

static const struct rule *rule_of(const struct partners *partners, uint32_t ask)
{
	return &partners->asks->ruleset->rules[partners->asks->items[ask].rule];
}

/* The field that tells most rules apart: exact values count most. `event` and `status`, which all
 * have, tell few apart. */
static enum event_field field_choose(const struct partners *partners, uint32_t begin, uint32_t end)
{
	static const size_t weights[] = { [SAY_NOTHING] = 0, [SAY_PATTERN] = 1, [SAY_EXACT] = 2 };
	size_t counts[EVENT_FIELD_COUNT] = { 0 };
	enum event_field best = EVENT_JOB_ID;
	for (uint32_t i = begin; i < end; i++)
		for (int field = 0; field < EVENT_FIELD_COUNT; field++)
			counts[field] +=
				weights[say_of(rule_of(partners, partners->asks->grouped[i]),
					(enum event_field)field)];
	for (int field = 0; field < EVENT_FIELD_COUNT; field++)
		if (field != EVENT_EVENT && field != EVENT_STATUS && counts[field] > counts[best])
			best = (enum event_field)field;
	return best;
}

static int by_value(const void *a, const void *b)
{
	const struct filed *x = a, *y = b;
	size_t shorter = x->value.length < y->value.length ? x->value.length : y->value.length;
	int order = shorter ? memcmp(x->value.at, y->value.at, shorter) : 0;
	if (!order)
		order = (x->value.length > y->value.length) - (x->value.length < y->value.length);
	return order ? order : (x->ask > y->ask) - (x->ask < y->ask);
}

static void value_file(struct partners *partners, uint32_t ask, const struct rule *rule)
{
	for (uint32_t i = 0; i < rule->branch_count; i++) {
		const struct rule_condition *condition =
			implied_on(&rule->branches[i].when, partners->field);
		for (uint32_t j = 0; j < condition->value_count; j++) {
			mem_grow(
				&partners->filed, &partners->filed_capacity, partners->filed_count);
			partners->filed[partners->filed_count++] =
				(struct filed){ condition->values[j].text, ask };
		}
	}
}

void partners_file(struct partners *partners, uint32_t group)
{
	uint32_t begin = partners->asks->group_begin[group],
		 end = partners->asks->group_begin[group + 1];
	partners->filed_count = 0;
	for (int say = 0; say <= SAY_PATTERN; say++)
		partners->by_say[say].count = 0;
	partners->field = field_choose(partners, begin, end);
	for (uint32_t i = begin; i < end; i++) {
		uint32_t ask = partners->asks->grouped[i];
		const struct rule *rule = rule_of(partners, ask);
		enum say say = say_of(rule, partners->field);
		struct numbers *numbers = &partners->by_say[say];
		mem_grow(&numbers->items, &numbers->capacity, numbers->count);
		numbers->items[numbers->count++] = ask;
		if (say != SAY_NOTHING)
			value_file(partners, ask, rule);
	}
	if (partners->filed_count > 1)
		qsort(partners->filed, partners->filed_count, sizeof *partners->filed, by_value);
}

struct visiting {
	struct partners *partners;
	const struct ask *ask;
	partner_visit *visit;
	void *context;
};

static bool visit_once(const struct visiting *visiting, uint32_t partner)
{
	struct partners *partners = visiting->partners;
	if (partners->seen[partner] == partners->visits)
		return true;
	partners->seen[partner] = partners->visits;
	return visiting->visit(visiting->context, visiting->ask, &partners->asks->items[partner]);
}

/* The first that is filed under `value` or a later one. */
static size_t filed_from(const struct partners *partners, struct str value)
{
	const struct filed wanted = { value, 0 };
	size_t low = 0, high = partners->filed_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_value(&partners->filed[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool visit_value(const struct visiting *visiting, struct str value)
{
	const struct partners *partners = visiting->partners;
	for (size_t i = filed_from(partners, value);
		i < partners->filed_count && str_equal(partners->filed[i].value, value); i++)
		if (!visit_once(visiting, partners->filed[i].ask))
			return false;
	return true;
}

static bool visit_sharing(const struct visiting *visiting, const struct rule *rule)
{
	for (uint32_t i = 0; i < rule->branch_count; i++) {
		const struct rule_condition *condition =
			implied_on(&rule->branches[i].when, visiting->partners->field);
		for (uint32_t j = 0; j < condition->value_count; j++)
			if (!visit_value(visiting, condition->values[j].text))
				return false;
	}
	return true;
}

static bool visit_all(const struct visiting *visiting, enum say say)
{
	const struct numbers *numbers = &visiting->partners->by_say[say];
	for (size_t i = 0; i < numbers->count; i++)
		if (!visit_once(visiting, numbers->items[i]))
			return false;
	return true;
}

/* Has the rule any exact value for the field? Then another's pattern may find it. */
static bool has_exact(const struct rule *rule, enum event_field field)
{
	for (uint32_t i = 0; i < rule->branch_count; i++) {
		const struct rule_condition *condition = implied_on(&rule->branches[i].when, field);
		for (uint32_t j = 0; condition && j < condition->value_count; j++)
			if (condition->values[j].probe == PROBE_NONE)
				return true;
	}
	return false;
}

void partners_visit(struct partners *partners, const struct ask *ask, enum partners_wanted wanted,
	partner_visit *visit, void *context)
{
	const struct visiting visiting = { partners, ask, visit, context };
	const struct rule *rule = &partners->asks->ruleset->rules[ask->rule];
	enum say say = say_of(rule, partners->field);
	bool is_cover = wanted == PARTNERS_COVER;
	bool is_any_exact = !is_cover && say != SAY_EXACT,
	     is_any_pattern =
		     is_cover ? say != SAY_NOTHING && has_exact(rule, partners->field) : true;
	partners->visits++;
	if (say != SAY_NOTHING && !visit_sharing(&visiting, rule))
		return;
	if (is_any_exact && !visit_all(&visiting, SAY_EXACT))
		return;
	if (is_any_pattern && !visit_all(&visiting, SAY_PATTERN))
		return;
	visit_all(&visiting, SAY_NOTHING);
}
