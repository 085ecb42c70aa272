/* rules/lint/witness.c - puts an event together field by field, and lets the rules decide it. */
#include "rules/lint/witness.h"

#include <assert.h>

#include "base/pattern/pattern_sample.h"
#include "event/status.h"
#include "rules/lint/possible.h"

#define TEXTS_MOST 4     /* for one field */
#define VALUES_TRIED 200 /* of a list, in search of one that the other rule takes too */
#define EVENTS_MOST 24   /* for one pair of branches */
#define PAIRS_MOST 10000 /* of branches of two rules */
#define WITNESS_BYTES 600

/* The texts that a field may have. */
struct field_texts {
	enum event_field field;
	size_t count, chosen;
	struct str texts[TEXTS_MOST];
};

struct witnesses {
	const struct ruleset *ruleset;
	struct implying implying;
	struct decide_scratch *scratch;
	struct arena *arena; /* of the current search */
	struct text sample;
	struct field_texts fields[EVENT_FIELD_COUNT];
	size_t field_count;
	int64_t work;
};

struct witnesses *witnesses_new(const struct ruleset *ruleset)
{
	struct witnesses *witnesses = mem_new(struct witnesses);
	witnesses->ruleset = ruleset;
	witnesses->implying = (struct implying){ ruleset, pattern_scratch_new() };
	witnesses->scratch = decide_scratch_new();
	witnesses->sample = TEXT(TEXT_UNBOUNDED);
	return witnesses;
}

void witnesses_free(struct witnesses *witnesses)
{
	if (!witnesses)
		return;
	pattern_scratch_free(witnesses->implying.scratch);
	decide_scratch_free(witnesses->scratch);
	arena_free(witnesses->arena);
	text_clear(&witnesses->sample);
	free(witnesses);
}

int64_t witness_work(const struct witnesses *witnesses)
{
	return witnesses->work;
}

/* ---- texts for a field ---------------------------------------------------------------------- */

/* What both rules say about one field; either may be NULL. */
struct demand {
	const struct rule_condition *of[2];
};

static void text_offer(struct witnesses *witnesses, struct field_texts *texts,
	const struct demand *demand, struct str text)
{
	for (size_t i = 0; i < texts->count; i++)
		if (str_equal(texts->texts[i], text))
			return;
	for (size_t i = 0; i < 2; i++)
		if (demand->of[i] && !implied_by_text(&witnesses->implying, text, demand->of[i]))
			return;
	if (texts->count < TEXTS_MOST)
		texts->texts[texts->count++] =
			(struct str){ arena_str(witnesses->arena, text), text.length };
}

static void exact_offer(struct witnesses *witnesses, struct field_texts *texts,
	const struct demand *demand, const struct rule_condition *condition)
{
	uint32_t count =
		condition->value_count < VALUES_TRIED ? condition->value_count : VALUES_TRIED;
	for (uint32_t i = 0; i < count && texts->count < TEXTS_MOST; i++)
		if (condition->values[i].probe == PROBE_NONE)
			text_offer(witnesses, texts, demand, condition->values[i].text);
}

/* dbt has few event types and statuses; a sample of a pattern need not be one of them. */
static void known_offer(
	struct witnesses *witnesses, struct field_texts *texts, const struct demand *demand)
{
	const char *const *known = texts->field == EVENT_EVENT    ? event_types
				   : texts->field == EVENT_STATUS ? status_names
								  : NULL;
	for (; known && *known; known++)
		text_offer(witnesses, texts, demand, str_of(*known));
}

static bool sample_of(struct witnesses *witnesses, const struct rule_value *value, unsigned turn)
{
	const struct ruleset *ruleset = witnesses->ruleset;
	const struct pattern *pattern =
		ruleset->patterns[ruleset->probes[value->probe].pattern].compiled;
	return pattern_sample(pattern, turn, witnesses->implying.scratch, &witnesses->sample);
}

static void samples_offer(struct witnesses *witnesses, struct field_texts *texts,
	const struct demand *demand, const struct rule_condition *condition)
{
	uint32_t count = condition->value_count < TEXTS_MOST ? condition->value_count : TEXTS_MOST;
	for (uint32_t i = 0; condition->has_pattern && i < count; i++)
		for (unsigned turn = 0; turn < 2 && condition->values[i].probe != PROBE_NONE;
			turn++)
			if (sample_of(witnesses, &condition->values[i], turn))
				text_offer(witnesses, texts, demand, text_str(&witnesses->sample));
}

/* The first sample of the condition's first pattern, or "". */
static const char *first_sample(struct witnesses *witnesses, const struct rule_condition *condition)
{
	for (uint32_t i = 0; condition && i < condition->value_count; i++)
		if (condition->values[i].probe != PROBE_NONE &&
			sample_of(witnesses, &condition->values[i], 0))
			return arena_text(witnesses->arena, witnesses->sample.at);
	return "";
}

/* /^mart_/ and /_daily$/ are both found in a sample of the one followed by one of the other. */
static void joined_offer(
	struct witnesses *witnesses, struct field_texts *texts, const struct demand *demand)
{
	const char *a = first_sample(witnesses, demand->of[0]),
		   *b = first_sample(witnesses, demand->of[1]);
	for (int order = 0; order < 2 && *a && *b; order++)
		text_offer(witnesses, texts, demand,
			str_of(arena_printf(
				witnesses->arena, "%s%s", order ? b : a, order ? a : b)));
}

/* False when no text meets the demand, as far as is known. */
static bool texts_find(
	struct witnesses *witnesses, struct field_texts *texts, const struct demand *demand)
{
	for (size_t i = 0; i < 2; i++)
		if (demand->of[i])
			exact_offer(witnesses, texts, demand, demand->of[i]);
	known_offer(witnesses, texts, demand);
	for (size_t i = 0; i < 2; i++)
		if (demand->of[i])
			samples_offer(witnesses, texts, demand, demand->of[i]);
	joined_offer(witnesses, texts, demand);
	return texts->count > 0;
}

/* ---- the event ------------------------------------------------------------------------------ */

static uint32_t template_fields(const struct template *template)
{
	uint32_t fields = 0;
	for (uint32_t i = 0; i < template->part_count; i++)
		if (template->parts[i].source >= 0 && template->parts[i].source < TEMPLATE_CAPTURE)
			fields |= 1u << template->parts[i].source;
	return fields;
}

/* The fields that the rule's selections expand, as bits. */
static uint32_t expanded_fields(const struct rule *rule)
{
	uint32_t fields = 0;
	static_assert(EVENT_FIELD_COUNT <= 32, "a bit for each");
	for (uint32_t i = 0; i < rule->refresh_count; i++) {
		const struct rule_refresh *refresh = &rule->refreshes[i];
		fields |= template_fields(&refresh->site) | template_fields(&refresh->project) |
			  template_fields(&refresh->project_luid) | template_fields(&refresh->tag) |
			  template_fields(&refresh->owner);
		for (uint32_t j = 0; j < refresh->selector_count; j++)
			fields |= template_fields(&refresh->selectors[j].text);
	}
	return fields;
}

static uint32_t excluded_fields(const struct rule_branch *branch)
{
	uint32_t fields = 0;
	for (uint32_t i = 0; i < branch->not_count; i++)
		for (uint32_t j = 0; j < branch->nots[i].count; j++)
			fields |= 1u << branch->nots[i].conditions[j].field;
	return fields;
}

/* Texts for each field that matters. `filled` must not be empty, `mentioned` may have any text. */
static bool fields_find(struct witnesses *witnesses, const struct rule_branch *a,
	const struct rule_branch *b, uint32_t filled, uint32_t mentioned)
{
	witnesses->field_count = 0;
	for (int field = 0; field < EVENT_FIELD_COUNT; field++) {
		struct field_texts *texts = &witnesses->fields[witnesses->field_count];
		const struct demand demand = { { implied_on(&a->when, (enum event_field)field),
			implied_on(&b->when, (enum event_field)field) } };
		uint32_t bit = 1u << field;
		*texts = (struct field_texts){ .field = (enum event_field)field };
		if (demand.of[0] || demand.of[1]) {
			if (!texts_find(witnesses, texts, &demand))
				return false;
		} else if (filled & bit) {
			texts->texts[texts->count++] =
				field == EVENT_STATUS_CODE ? STR("10") : STR("1");
		} else if (mentioned & bit) {
			texts->texts[texts->count++] = STR("");
			texts->texts[texts->count++] = STR("1");
		}
		witnesses->field_count += texts->count > 0;
	}
	return true;
}

/* The event of the chosen texts as JSON; NULL when it is too long to be shown. */
static const char *chosen_print(struct witnesses *witnesses)
{
	OWNED_JSON json = cJSON_CreateObject();
	for (size_t i = 0; i < witnesses->field_count; i++) {
		const struct field_texts *texts = &witnesses->fields[i];
		struct str text = texts->texts[texts->chosen];
		bool is_default =
			(texts->field == EVENT_EVENT && str_is(text, "job.run.completed")) ||
			(texts->field == EVENT_STATUS && str_is(text, "success"));
		if (is_default || (!text.length && texts->field != EVENT_STATUS &&
					  texts->field != EVENT_EVENT))
			continue;
		json_add_text(json, event_field_describe(texts->field)->name,
			arena_str(witnesses->arena, text));
	}
	OWNED_MEMORY char *printed = json_print(json);
	return strlen(printed) <= WITNESS_BYTES ? arena_text(witnesses->arena, printed) : NULL;
}

/* The next choice of texts; false after the last. */
static bool chosen_next(struct witnesses *witnesses)
{
	for (size_t i = 0; i < witnesses->field_count; i++) {
		struct field_texts *texts = &witnesses->fields[i];
		if (++texts->chosen < texts->count)
			return true;
		texts->chosen = 0;
	}
	return false;
}

static bool is_matched(const struct decision *decision, const struct rule *rule)
{
	for (size_t i = 0; i < decision->match_count; i++)
		if (decision->matches[i].rule == rule->name)
			return true;
	return false;
}

/* What a decision has cost: a share for the event, and one for each rule and what it asked for. */
static int64_t decision_work(const struct decision *decision)
{
	int64_t work = 4000 + 10 * (int64_t)decision->match_count;
	for (size_t i = 0; i < decision->selection_count; i++)
		work += 20 * (int64_t)decision->selections[i].rule_count;
	return work;
}

/* The chosen event, when it shows what is claimed. */
static const char *chosen_try(struct witnesses *witnesses, const struct rule *a,
	const struct rule *b, witness_shows *shows, const void *context)
{
	struct error err;
	const char *json = chosen_print(witnesses);
	const struct event *event = json ? event_read(str_of(json), witnesses->arena, &err) : NULL;
	if (!event || !possible_together(event->fields[EVENT_EVENT], event->fields[EVENT_STATUS]))
		return NULL;
	const struct decision *decision =
		ruleset_decide(witnesses->ruleset, event, witnesses->scratch, witnesses->arena);
	witnesses->work += decision_work(decision);
	bool is_shown =
		is_matched(decision, a) && is_matched(decision, b) && shows(decision, context);
	return is_shown ? json : NULL;
}

/*
 * Does one of the branches know a job (or environment, or project) by its id alone, and the other
 * by its name alone? Nobody can tell whether they are one.
 */
static bool is_by_id_and_name(const struct rule_branch *a, const struct rule_branch *b)
{
	static const struct {
		enum event_field id, name;
	} things[] = { { EVENT_JOB_ID, EVENT_JOB_NAME },
		{ EVENT_ENVIRONMENT_ID, EVENT_ENVIRONMENT_NAME },
		{ EVENT_PROJECT_ID, EVENT_PROJECT_NAME } };
	for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
		const struct rule_condition *id = implied_on(&a->when, things[i].id),
					    *name = implied_on(&b->when, things[i].name);
		if (id && name && !id->has_pattern && !name->has_pattern &&
			!implied_on(&a->when, things[i].name) &&
			!implied_on(&b->when, things[i].id))
			return true;
	}
	return false;
}

static const char *of_branches(struct witnesses *witnesses, const struct rule *a,
	const struct rule *b, const struct rule_branch *of_a, const struct rule_branch *of_b,
	witness_shows *shows, const void *context)
{
	uint32_t filled = expanded_fields(a) | expanded_fields(b),
		 mentioned = excluded_fields(of_a) | excluded_fields(of_b);
	const char *found = NULL;
	if (is_by_id_and_name(of_a, of_b) || is_by_id_and_name(of_b, of_a) ||
		implied_maps_disjoint(&witnesses->implying, &of_a->when, &of_b->when) ||
		!fields_find(witnesses, of_a, of_b, filled, mentioned))
		return NULL;
	for (int i = 0; !found && i < EVENTS_MOST; i++) {
		found = chosen_try(witnesses, a, b, shows, context);
		if (!chosen_next(witnesses))
			break;
	}
	return found;
}

const char *witness_find(struct witnesses *witnesses, const struct rule *a, const struct rule *b,
	witness_shows *shows, const void *context)
{
	const char *found = NULL;
	int pairs = 0;
	arena_free(witnesses->arena);
	witnesses->arena = arena_new();
	for (uint32_t i = 0; !found && i < a->branch_count; i++)
		for (uint32_t j = 0; !found && j < b->branch_count && pairs++ < PAIRS_MOST; j++)
			found = of_branches(
				witnesses, a, b, &a->branches[i], &b->branches[j], shows, context);
	return found;
}
