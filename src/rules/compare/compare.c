/*
 * rules/compare/compare.c - decides each event by both rulesets and keeps what differs, by content.
 */
#include "rules/compare/compare.h"
#include "base/mem.h"
#include "base/units.h"
#include "rules/rule.h"
#define HASH_FUNCTION                                                                              \
	HASH_SAX /* the default one falls through its cases, which clang does not let pass */
#include <uthash.h>

#define REASONS_MOST 1000 /* more are not read, and each asks a whole ruleset */

struct found { /* one difference, over all events that have it */
	struct changed_content content;
	size_t rule_capacity;
	const char **rules;
	char *key;
	UT_hash_handle hh;
};

struct comparison {
	const struct ruleset *before, *after;
	struct decide_scratch *scratch_before, *scratch_after;
	struct arena *arena; /* of what is found */
	struct found *found; /* by key */
	struct changed_content *listed;
	int64_t event_count, changed_count;
	const struct event *event; /* that is being compared */
	int reasons;               /* that were looked for */
};

struct comparison *comparison_new(const struct ruleset *before, const struct ruleset *after)
{
	struct comparison *comparison = mem_new(struct comparison);
	*comparison = (struct comparison){ .before = before,
		.after = after,
		.scratch_before = decide_scratch_new(),
		.scratch_after = decide_scratch_new(),
		.arena = arena_new() };
	return comparison;
}

void comparison_free(struct comparison *comparison)
{
	struct found *found, *next;
	if (!comparison)
		return;
	HASH_ITER(hh, comparison->found, found, next)
	{
		HASH_DEL(comparison->found, found);
		free(found->rules);
		free(found->key);
		free(found);
	}
	decide_scratch_free(comparison->scratch_before);
	decide_scratch_free(comparison->scratch_after);
	arena_free(comparison->arena);
	free(comparison->listed);
	free(comparison);
}

/* ---- differences ---- */

static void key_add(struct text *key, const char *part)
{
	text_add_char(key, part ? '+' : '-'); /* absent is not empty */
	text_add(key, part ? part : "");
	text_add_char(key, '\n');
}

static void key_make(
	enum change change, const struct selection *selection, const char *what, struct text *key)
{
	text_printf(key, "%d %d %d\n", (int)change, (int)selection->kind, (int)selection->by);
	key_add(key, selection->site);
	key_add(key, selection->selector);
	key_add(key, selection->project);
	key_add(key, selection->project_luid);
	key_add(key, selection->tag);
	key_add(key, selection->owner);
	key_add(key, what);
}

/* Rules have names of the ruleset's, each there once. */
static void rule_add(struct found *found, const char *rule)
{
	for (size_t i = 0; i < found->content.rule_count; i++)
		if (found->rules[i] == rule)
			return;
	mem_grow(&found->rules, &found->rule_capacity, found->content.rule_count);
	found->rules[found->content.rule_count++] = rule;
}

static size_t number_of(const struct ruleset *ruleset, const char *rule)
{
	size_t number = 0;
	while (number < ruleset->rule_count && !text_is(ruleset->rules[number].name, rule))
		number++;
	return number;
}

/* Why the first rule that wants it does not match in the other ruleset. */
static const char *because_of(
	struct comparison *comparison, enum change change, const struct selection *selection)
{
	static const char not_before[] = "not.";
	const char *rule = selection->rules[0];
	bool is_lost = change == CHANGE_LOST;
	const struct ruleset *other = is_lost ? comparison->after : comparison->before;
	size_t number = number_of(other, rule);
	if (change == CHANGE_ALTERED || number == other->rule_count ||
		comparison->reasons++ >= REASONS_MOST)
		return "";
	OWNED(arena) arena = arena_new();
	bool *chosen = arena_array(arena, bool, other->rule_count);
	const struct explain_scope scope = { .chosen = chosen };
	chosen[number] = true;
	const struct decision *decision = ruleset_explain(other, comparison->event, &scope,
		is_lost ? comparison->scratch_after : comparison->scratch_before, arena);
	if (!decision->unmatched_count)
		return "";
	const struct unmatched *why = decision->unmatched;
	bool is_not = str_starts(str_of(why->field), not_before);
	return arena_printf(comparison->arena, "'%s' %s: %s, wanted %s", rule,
		is_lost ? "no longer matches" : "did not match before",
		why->field + (is_not ? strlen(not_before) : 0), why->expected);
}

static void add(struct comparison *comparison, enum change change,
	const struct selection *selection, const char *what, const char *example)
{
	OWNED_TEXT struct text key = TEXT(TEXT_UNBOUNDED);
	key_make(change, selection, what, &key);
	struct found *found;
	HASH_FIND(hh, comparison->found, key.at, key.length, found);
	if (!found) {
		struct selection *copy = arena_new_of(comparison->arena, struct selection);
		selection_copy(selection, copy, comparison->arena);
		found = mem_new(struct found);
		found->content = (struct changed_content){ .change = change,
			.selection = copy,
			.what = arena_text(comparison->arena, what),
			.because = because_of(comparison, change, selection),
			.example = arena_text(comparison->arena, example) };
		found->key = mem_copy_bytes(key.at, key.length);
		HASH_ADD_KEYPTR(hh, comparison->found, found->key, key.length, found);
	}
	found->content.event_count++;
	for (size_t i = 0; i < selection->rule_count; i++)
		rule_add(found, selection->rules[i]);
}

static void what_time(struct text *out, const char *name, int64_t before, int64_t after)
{
	char old[UNIT_TEXT_SIZE], new[UNIT_TEXT_SIZE];
	if (before != after)
		text_printf(out, "%s%s %s -> %s", out->length ? ", " : "", name,
			units_format_duration(before, old), units_format_duration(after, new));
}

static void what_word(struct text *out, bool before, bool after, const char *on, const char *off)
{
	if (before != after)
		text_printf(out, "%s%s -> %s", out->length ? ", " : "", before ? on : off,
			after ? on : off);
}

/* What differs between two that name the same content; empty: nothing. */
static void what_differs(
	const struct selection *before, const struct selection *after, struct text *out)
{
	what_word(out, before->incremental, after->incremental, "incremental", "full");
	what_word(out, before->shadow, after->shadow, "shadow", "sent");
	what_word(out, before->allow_many, after->allow_many, "many allowed", "one alone");
	what_word(out, before->allow_none, after->allow_none, "none allowed", "one needed");
	if (before->priority != after->priority)
		text_printf(out, "%spriority %d -> %d", out->length ? ", " : "", before->priority,
			after->priority);
	what_time(out, "delay", before->delay, after->delay);
	what_time(out, "quiet", before->quiet, after->quiet);
}

/* The number of selections from `at` on that name the same content; they are sorted by it. */
static size_t run_of(const struct decision *decision, size_t at)
{
	size_t end = at;
	while (end < decision->selection_count &&
		!selection_compare_content(&decision->selections[at], &decision->selections[end]))
		end++;
	return end - at;
}

struct run { /* selections of one decision that name the same content */
	const struct decision *decision;
	size_t at, count;
};

static const struct selection *run_nth(const struct run *run, size_t n)
{
	return n < run->count ? &run->decision->selections[run->at + n] : NULL;
}

/* The n-th of two runs of the same content, of which at least one is there; those of one run differ
 * in their times. */
static bool nth_compare(struct comparison *comparison, const struct selection *before,
	const struct selection *after, const char *example)
{
	OWNED_TEXT struct text what = TEXT(TEXT_UNBOUNDED);
	if (before && after) {
		what_differs(before, after, &what);
		if (what.length)
			add(comparison, CHANGE_ALTERED, after, what.at, example);
		return what.length;
	}
	add(comparison, before ? CHANGE_LOST : CHANGE_GAINED, before ? before : after, "", example);
	return true;
}

static bool runs_compare(struct comparison *comparison, const struct run *before,
	const struct run *after, const char *example)
{
	bool differ = false;
	for (size_t i = 0; i < before->count || i < after->count; i++)
		differ |= nth_compare(comparison, run_nth(before, i), run_nth(after, i), example);
	return differ;
}

static bool decisions_compare(struct comparison *comparison, const struct decision *before,
	const struct decision *after, const char *example)
{
	struct run old = { .decision = before }, new = { .decision = after };
	bool differ = false;
	while (old.at < before->selection_count || new.at < after->selection_count) {
		int order = old.at == before->selection_count ? 1
			    : new.at == after->selection_count
				    ? -1
				    : selection_compare_content(&before->selections[old.at],
					      &after->selections[new.at]);
		old.count = order <= 0 ? run_of(before, old.at) : 0;
		new.count = order >= 0 ? run_of(after, new.at) : 0;
		differ |= runs_compare(comparison, &old, &new, example);
		old.at += old.count;
		new.at += new.count;
	}
	return differ;
}

void comparison_add(struct comparison *comparison, const struct event *event, const char *example)
{
	OWNED(arena) arena = arena_new();
	const struct decision *before =
		ruleset_decide(comparison->before, event, comparison->scratch_before, arena);
	const struct decision *after =
		ruleset_decide(comparison->after, event, comparison->scratch_after, arena);
	comparison->event_count++;
	comparison->event = event;
	comparison->changed_count += decisions_compare(comparison, before, after, example);
}

/* ---- the result ---- */

int64_t comparison_event_count(const struct comparison *comparison)
{
	return comparison->event_count;
}

int64_t comparison_changed_count(const struct comparison *comparison)
{
	return comparison->changed_count;
}

static int by_content(const void *a, const void *b)
{
	const struct changed_content *x = a, *y = b;
	int order = selection_compare_content(x->selection, y->selection);
	if (!order)
		order = (int)x->change - (int)y->change;
	return order ? order : strcmp(x->what, y->what);
}

const struct changed_content *comparison_contents(struct comparison *comparison, size_t *count)
{
	const struct found *found;
	*count = 0;
	free(comparison->listed);
	comparison->listed =
		mem_alloc((HASH_COUNT(comparison->found) + 1) * sizeof *comparison->listed);
	for (found = comparison->found; found; found = found->hh.next) {
		struct changed_content *content = &comparison->listed[(*count)++];
		*content = found->content;
		content->rules = found->rules;
	}
	qsort(comparison->listed, *count, sizeof *comparison->listed, by_content);
	return comparison->listed;
}
