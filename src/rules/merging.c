/*
 * rules/merging.c - says how the wishes of several rules for one content become refreshes.
 *
 * Wishes that may be sent at the same time share one refresh (content/wish.h; src/rules/expand.c
 * and src/schedule/want.c merge them). With another `delay` or `quiet` they wait apart.
 */
#include "rules/merging.h"
#include "base/units.h"

#define NAMED_MOST 3 /* rules that a note names */

struct notes {
	struct arena *arena;
	const char **items;
	size_t count, capacity;
};

static void note(struct notes *notes, const char *text)
{
	mem_grow(&notes->items, &notes->capacity, notes->count);
	notes->items[notes->count++] = text;
}

static const char *rule_of(const struct selection *wish)
{
	return wish->rules[0];
}

/* ---- who has a say ---- */

struct votes {
	const struct selection **items;
	size_t count;
};

/* A shadow rule has no say beside one that sends. */
static void votes_find(
	struct notes *notes, const struct selection *wishes, size_t count, struct votes *votes)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	size_t shadows = 0;
	votes->count = 0;
	for (size_t i = 0; i < count; i++)
		if (!wishes[i].shadow)
			votes->items[votes->count++] = &wishes[i];
		else if (shadows++ < NAMED_MOST)
			text_printf(&out, "%s%s", out.length ? ", " : "", rule_of(&wishes[i]));
	if (votes->count && shadows > NAMED_MOST)
		text_printf(&out, " and %zu more", shadows - NAMED_MOST);
	if (votes->count && shadows)
		note(notes,
			arena_printf(notes->arena, "mode: %s %s in shadow and %s no say", out.at,
				shadows == 1 ? "is" : "are", shadows == 1 ? "has" : "have"));
	for (size_t i = 0; !votes->count && i < count; i++)
		votes->items[i] = &wishes[i];
	votes->count = votes->count ? votes->count : count;
}

/* ---- when ---- */

/* May they be sent at the same time? `quiet` counts the events of one rule. */
static bool is_together(const struct selection *a, const struct selection *b)
{
	return a->delay == b->delay && a->quiet == b->quiet &&
	       (!a->quiet || text_is(rule_of(a), rule_of(b)));
}

static void add_time(struct text *out, const struct selection *wish)
{
	char time[UNIT_TEXT_SIZE];
	text_add(out, rule_of(wish));
	if (wish->delay)
		text_printf(out, " after %s", units_format_duration(wish->delay, time));
	if (wish->quiet)
		text_printf(out, "%s after %s without an event of the rule",
			wish->delay ? " and" : "", units_format_duration(wish->quiet, time));
	if (!wish->delay && !wish->quiet)
		text_add(out, " at once");
}

static int by_time(const void *a, const void *b)
{
	const struct selection *x = *(const struct selection *const *)a,
			       *y = *(const struct selection *const *)b;
	if (x->delay != y->delay)
		return x->delay < y->delay ? -1 : 1;
	if (x->quiet != y->quiet)
		return x->quiet < y->quiet ? -1 : 1;
	return strcmp(rule_of(x), rule_of(y));
}

/* How many from `first` on go together; they are sorted by time. */
static size_t together(const struct votes *votes, size_t first)
{
	size_t end = first + 1;
	while (end < votes->count && is_together(votes->items[first], votes->items[end]))
		end++;
	return end - first;
}

static void note_times(struct notes *notes, const struct votes *votes)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	size_t times = 0;
	text_add(&out, "not at one time: ");
	for (size_t i = 0; i < votes->count; i += together(votes, i)) {
		if (times++ >= NAMED_MOST)
			continue;
		text_add(&out, times > 1 ? ", " : "");
		add_time(&out, votes->items[i]);
	}
	if (times > NAMED_MOST)
		text_printf(&out, ", and %zu more", times - NAMED_MOST);
	if (times > 1)
		note(notes, arena_str(notes->arena, text_str(&out)));
}

/* ---- how ---- */

static void note_priority(struct notes *notes, const struct votes *votes)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	const struct selection *highest = votes->items[0];
	size_t others = 0;
	for (size_t i = 0; i < votes->count; i++)
		if (votes->items[i]->priority > highest->priority)
			highest = votes->items[i];
	for (size_t i = 0; i < votes->count; i++)
		if (votes->items[i]->priority != highest->priority && others++ < NAMED_MOST)
			text_printf(&out, "%s%s has %d", others > 1 ? ", " : "",
				rule_of(votes->items[i]), votes->items[i]->priority);
	if (others > NAMED_MOST)
		text_printf(&out, ", and %zu more", others - NAMED_MOST);
	if (others)
		note(notes, arena_printf(notes->arena, "priority %d, the highest: %s (%s)",
				    highest->priority, rule_of(highest), out.at));
}

/* The first that does not take a liberty which others take; NULL when all agree. */
static const struct selection *first_against(
	const struct votes *votes, bool (*takes)(const struct selection *wish))
{
	const struct selection *against = NULL;
	bool is_any_for = false;
	for (size_t i = votes->count; i-- > 0;)
		if (takes(votes->items[i]))
			is_any_for = true;
		else
			against = votes->items[i];
	return is_any_for ? against : NULL;
}

static bool is_incremental(const struct selection *wish)
{
	return wish->incremental;
}

static bool allows_many(const struct selection *wish)
{
	return wish->allow_many;
}

static bool allows_none(const struct selection *wish)
{
	return wish->allow_none;
}

static void note_settings(struct notes *notes, const struct votes *votes)
{
	const struct selection *against = first_against(votes, is_incremental);
	note_priority(notes, votes);
	if (against) { /* these are resolved apart, each with its own `allow` */
		note(notes, arena_printf(notes->arena, "full: %s does not want it incremental",
				    rule_of(against)));
		return;
	}
	if ((against = first_against(votes, allows_many)))
		note(notes, arena_printf(notes->arena,
				    "several of the name are an error: %s does not allow many",
				    rule_of(against)));
	if ((against = first_against(votes, allows_none)))
		note(notes, arena_printf(notes->arena,
				    "none of the name is an error: %s does not allow none",
				    rule_of(against)));
}

static void merging_describe(struct notes *notes, const struct selection *wishes, size_t count)
{
	OWNED_MEMORY const struct selection **items = mem_alloc((count + 1) * sizeof *items);
	struct votes votes = { .items = items };
	votes_find(notes, wishes, count, &votes);
	qsort(items, votes.count, sizeof *items, by_time);
	note_times(notes, &votes);
	for (size_t i = 0, length; i < votes.count; i += length) {
		length = together(&votes, i);
		note_settings(notes, &(struct votes){ &votes.items[i], length });
	}
}

const struct merging *mergings_find(
	const struct selection *wishes, size_t count, struct arena *arena, size_t *found)
{
	struct merging *mergings = arena_array(arena, struct merging, count + 1);
	*found = 0;
	for (size_t i = 0, end; i < count; i = end) {
		struct notes notes = { .arena = arena };
		for (end = i + 1;
			end < count && !selection_compare_content(&wishes[i], &wishes[end]);)
			end++;
		merging_describe(&notes, &wishes[i], end - i);
		if (notes.count) {
			struct selection *kept = arena_array(arena, struct selection, end - i);
			const char **texts = arena_array(arena, const char *, notes.count);
			memcpy(kept, &wishes[i], (end - i) * sizeof *kept);
			memcpy(texts, notes.items, notes.count * sizeof *texts);
			mergings[(*found)++] =
				(struct merging){ end - i, kept, notes.count, texts };
		}
		free(notes.items);
	}
	return mergings;
}
