/* rules/index.c - files every branch of every rule under the condition that fewest others share,
 * and finds the rules that an event could match. */
#include "rules/index.h"
#include "rules/literal.h"
#include "rules/lookup.h"
#include <assert.h>

/* A key is an exact value of a field, or a literal in it; both are (tag, text). */
#define EXACT_TAG(field) ((uint32_t)(field))
#define LITERAL_TAG(field) ((uint32_t)EVENT_FIELD_COUNT + (uint32_t)(field))

struct postings { /* the rules of one key: rules[from] .. rules[to - 1] */
	uint32_t from, to;
};

struct rule_index {
	struct lookup *exact; /* (field, value) to a key */
	bool has_exact[EVENT_FIELD_COUNT];
	struct literals *literals[EVENT_FIELD_COUNT]; /* NULL: no literal on that field */
	uint32_t *literal_keys[EVENT_FIELD_COUNT];    /* the key of each literal */
	struct postings *postings;                    /* by key */
	uint32_t *rules;
	size_t key_count, rule_count;
	uint32_t *always; /* rules with a branch that has no key */
	size_t always_count, always_capacity;
	size_t literal_count;
};

struct key { /* while building */
	struct str text;
	uint32_t tag;
	uint32_t wanted;       /* how many branches could be filed under it */
	uint32_t used, filled; /* how many are */
	uint32_t number;       /* in the finished index */
};

struct index_building {
	struct ruleset *ruleset;
	struct rule_index *index;
	struct lookup *lookup;
	struct key *keys;
	size_t count, capacity;
};

/* Breaks ties between equally rare conditions: ids first, because their values are spread most
 * evenly. */
static int field_rank(enum event_field field)
{
	if (field == EVENT_STATUS || field == EVENT_EVENT)
		return 3;
	return field == EVENT_JOB_ID ? 0 : event_field_describe(field)->is_id ? 1 : 2;
}

/* The key of a value; false for a pattern without a known literal, which has no key. */
static bool value_key(const struct ruleset *ruleset, const struct rule_condition *condition,
	const struct rule_value *value, uint32_t *tag, struct str *text)
{
	*tag = EXACT_TAG(condition->field);
	*text = value->text;
	if (value->probe == PROBE_NONE)
		return true;
	*tag = LITERAL_TAG(condition->field);
	*text = ruleset->patterns[ruleset->probes[value->probe].pattern].literal;
	return text->length > 0;
}

static bool condition_has_keys(
	const struct ruleset *ruleset, const struct rule_condition *condition)
{
	uint32_t tag;
	struct str text;
	bool has = true;
	for (uint32_t i = 0; has && i < condition->value_count; i++)
		has = value_key(ruleset, condition, &condition->values[i], &tag, &text);
	return has;
}

static struct key *key_of(struct index_building *building, const struct rule_condition *condition,
	const struct rule_value *value)
{
	uint32_t tag;
	struct str text;
	bool has = value_key(building->ruleset, condition, value, &tag, &text);
	assert(has);
	uint32_t *number = lookup_add(building->lookup, tag, text);
	if (*number == LOOKUP_NONE) {
		*number = (uint32_t)building->count;
		mem_grow(&building->keys, &building->capacity, building->count);
		building->keys[building->count++] = (struct key){ .text = text, .tag = tag };
	}
	return &building->keys[*number];
}

/* Called for each branch of each enabled rule. */
typedef void branch_visit(
	struct index_building *building, uint32_t rule, struct rule_branch *branch);
static void branches_visit(struct index_building *building, branch_visit *visit)
{
	for (size_t i = 0; i < building->ruleset->rule_count; i++) {
		const struct rule *rule = &building->ruleset->rules[i];
		for (uint32_t j = 0; rule->enabled && j < rule->branch_count; j++)
			visit(building, (uint32_t)i, &rule->branches[j]);
	}
}

static void branch_count_keys(
	struct index_building *building, uint32_t rule, struct rule_branch *branch)
{
	(void)rule;
	for (uint32_t i = 0; i < branch->when.count; i++) {
		const struct rule_condition *condition = &branch->when.conditions[i];
		if (!condition_has_keys(building->ruleset, condition))
			continue;
		for (uint32_t j = 0; j < condition->value_count; j++)
			key_of(building, condition, &condition->values[j])->wanted++;
	}
}

/* The cost of filing under this condition: how many branches an event finds with the most shared of
 * its values. */
static uint32_t condition_cost(
	struct index_building *building, const struct rule_condition *condition)
{
	uint32_t cost = 0;
	for (uint32_t i = 0; i < condition->value_count; i++) {
		uint32_t wanted = key_of(building, condition, &condition->values[i])->wanted;
		if (wanted > cost)
			cost = wanted;
	}
	return cost;
}

static void branch_choose_key(
	struct index_building *building, uint32_t rule, struct rule_branch *branch)
{
	struct rule_index *index = building->index;
	uint32_t best_cost = 0;
	int best_rank = 0;
	branch->key = KEY_NONE;
	for (uint32_t i = 0; i < branch->when.count; i++) {
		const struct rule_condition *condition = &branch->when.conditions[i];
		if (!condition_has_keys(building->ruleset, condition))
			continue;
		uint32_t cost = condition_cost(building, condition);
		int rank = field_rank(condition->field) * 2 + condition->has_pattern;
		if (branch->key != KEY_NONE &&
			(cost > best_cost || (cost == best_cost && rank >= best_rank)))
			continue;
		branch->key = i;
		best_cost = cost;
		best_rank = rank;
	}
	if (branch->key == KEY_NONE) {
		mem_grow(&index->always, &index->always_capacity, index->always_count);
		index->always[index->always_count++] = rule;
		return;
	}
	const struct rule_condition *condition = &branch->when.conditions[branch->key];
	for (uint32_t i = 0; i < condition->value_count; i++)
		key_of(building, condition, &condition->values[i])->used++;
}

static void branch_file(struct index_building *building, uint32_t rule, struct rule_branch *branch)
{
	if (branch->key == KEY_NONE)
		return;
	struct rule_index *index = building->index;
	const struct rule_condition *condition = &branch->when.conditions[branch->key];
	for (uint32_t i = 0; i < condition->value_count; i++) {
		struct key *key = key_of(building, condition, &condition->values[i]);
		index->rules[index->postings[key->number].from + key->filled++] = rule;
	}
}

static int by_tag_and_text(const void *a, const void *b)
{
	const struct key *x = *(const struct key *const *)a, *y = *(const struct key *const *)b;
	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	size_t common = x->text.length < y->text.length ? x->text.length : y->text.length;
	int order = memcmp(x->text.at, y->text.at, common);
	return order ? order
		     : (x->text.length > y->text.length) - (x->text.length < y->text.length);
}

/* Builds the automaton of one field from `count` keys in byte order. */
static void literals_file(
	struct rule_index *index, enum event_field field, struct key **keys, size_t count)
{
	OWNED_MEMORY struct str *sorted = mem_alloc(count * sizeof *sorted);
	index->literal_keys[field] = mem_alloc(count * sizeof **index->literal_keys);
	index->literal_count += count;
	for (size_t i = 0; i < count; i++) {
		sorted[i] = keys[i]->text;
		index->literal_keys[field][i] = keys[i]->number;
	}
	index->literals[field] = literals_new(sorted, count);
}

/* Numbers the used keys, and enters them in the tables that events search. */
static void keys_file(struct index_building *building)
{
	struct rule_index *index = building->index;
	OWNED_MEMORY struct key **used = mem_alloc((building->count + 1) * sizeof *used);
	size_t rules = 0;
	for (size_t i = 0; i < building->count; i++)
		if (building->keys[i].used)
			used[index->key_count++] = &building->keys[i];
	qsort(used, index->key_count, sizeof *used, by_tag_and_text);
	index->postings = mem_alloc((index->key_count + 1) * sizeof *index->postings);
	for (size_t i = 0; i < index->key_count; i++) {
		used[i]->number = (uint32_t)i;
		index->postings[i].from = (uint32_t)rules;
		rules += used[i]->used;
		index->postings[i].to = (uint32_t)rules;
	}
	assert(rules < UINT32_MAX);
	index->rule_count = rules;
	index->rules = mem_alloc((rules + 1) * sizeof *index->rules);
	for (size_t from = 0, to; from < index->key_count; from = to) {
		uint32_t tag = used[from]->tag;
		for (to = from; to < index->key_count && used[to]->tag == tag; to++)
			if (tag < EVENT_FIELD_COUNT)
				*lookup_add(index->exact, tag, used[to]->text) = used[to]->number;
		if (tag < EVENT_FIELD_COUNT)
			index->has_exact[tag] = true;
		else
			literals_file(index, (enum event_field)(tag - EVENT_FIELD_COUNT),
				&used[from], to - from);
	}
}

struct rule_index *rule_index_new(struct ruleset *ruleset)
{
	struct rule_index *index = mem_new(struct rule_index);
	OWNED(lookup) lookup = lookup_new();
	struct index_building building = { .ruleset = ruleset, .index = index, .lookup = lookup };
	index->exact = lookup_new();
	branches_visit(&building, branch_count_keys);
	branches_visit(&building, branch_choose_key);
	keys_file(&building);
	branches_visit(&building, branch_file);
	free(building.keys);
	return index;
}

void rule_index_free(struct rule_index *index)
{
	if (!index)
		return;
	for (int i = 0; i < EVENT_FIELD_COUNT; i++) {
		literals_free(index->literals[i]);
		free(index->literal_keys[i]);
	}
	lookup_free(index->exact);
	free(index->postings);
	free(index->rules);
	free(index->always);
	free(index);
}

size_t rule_index_bytes(const struct rule_index *index)
{
	size_t bytes = sizeof *index + lookup_bytes(index->exact) +
		       index->key_count * sizeof *index->postings +
		       (index->rule_count + index->always_capacity + index->literal_count) *
			       sizeof(uint32_t);
	for (int i = 0; i < EVENT_FIELD_COUNT; i++)
		if (index->literals[i])
			bytes += literals_bytes(index->literals[i]);
	return bytes;
}

size_t rule_index_key_count(const struct rule_index *index)
{
	return index->key_count;
}

struct search_state {
	const struct rule_index *index;
	enum event_field field;
	const struct rule_search *search;
};

/* False when this key was found before: a text may hold one literal a hundred thousand times. */
static bool key_found(const struct search_state *state, uint32_t key)
{
	const struct rule_search *search = state->search;
	if (search->seen[key] == search->epoch)
		return false;
	search->seen[key] = search->epoch;
	struct postings postings = state->index->postings[key];
	for (uint32_t i = postings.from; i < postings.to; i++)
		search->found(search->context, state->index->rules[i]);
	return true;
}

static bool literal_found(void *context, uint32_t literal)
{
	const struct search_state *state = context;
	return key_found(state, state->index->literal_keys[state->field][literal]);
}

void rule_index_search(
	const struct rule_index *index, const struct event *event, const struct rule_search *search)
{
	struct search_state state = { .index = index, .search = search };
	for (size_t i = 0; i < index->always_count; i++)
		search->found(search->context, index->always[i]);
	for (int i = 0; i < EVENT_FIELD_COUNT; i++) {
		state.field = (enum event_field)i;
		if (index->has_exact[i]) {
			uint32_t key = lookup_find(index->exact, EXACT_TAG(i), event->fields[i]);
			if (key != LOOKUP_NONE)
				IGNORE(key_found(&state,
					key)); /* a value is one key, so a repeat does not matter */
		}
		if (index->literals[i])
			literals_search(
				index->literals[i], event->fields[i], literal_found, &state);
	}
}
