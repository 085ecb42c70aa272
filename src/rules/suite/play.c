/* rules/suite/play.c - plays the events of a rule test in order of time. */
#include "rules/suite/play.h"
#include "base/mem.h"
#include "rules/rule.h"

/* A selection that may still wait for its time. */
struct play_wish {
	struct planned planned;
	const char *quiet_rule; /* the rule whose `quiet` holds it, or NULL */
};

struct player {
	const struct ruleset *ruleset;
	struct arena *arena;
	struct play_wish *wishes;
	size_t wish_count, wish_capacity;
	const char **matches;
	size_t match_count, match_capacity;
	struct warning *warnings;
	size_t warning_count, warning_capacity;
};

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* How long a rule's `quiet` holds: the longer of both, because the delay must be over too. */
static int64_t quiet_time(int64_t quiet, int64_t delay)
{
	return later(quiet, delay);
}

static bool is_waiting(const struct play_wish *wish, int64_t now)
{
	return wish->planned.not_before > now;
}

/* An event of a quiet rule makes all wait longer that the rule holds. */
static void quiet_extend(struct player *player, const char *name, int64_t now)
{
	const struct rule *rule = rule_named(player->ruleset, name);
	if (!rule->quiet)
		return;
	for (size_t i = 0; i < player->wish_count; i++) {
		struct play_wish *wish = &player->wishes[i];
		if (text_is(wish->quiet_rule, name) && is_waiting(wish, now))
			wish->planned.not_before = later(wish->planned.not_before,
				now + quiet_time(rule->quiet, rule->delay));
	}
}

/* What the rule's `quiet` holds already is wanted once more, not twice. */
static struct play_wish *wish_held(
	struct player *player, const struct selection *selection, const char *rule, int64_t now)
{
	for (size_t i = 0; i < player->wish_count; i++) {
		struct play_wish *wish = &player->wishes[i];
		if (text_is(wish->quiet_rule, rule) && is_waiting(wish, now) &&
			!selection_compare(&wish->planned.selection, selection))
			return wish;
	}
	return NULL;
}

static void wish_add(struct player *player, const struct selection *selection, int64_t now)
{
	const char *quiet_rule = selection->quiet ? selection->rules[0] : NULL;
	struct play_wish *wish = quiet_rule ? wish_held(player, selection, quiet_rule, now) : NULL;
	if (wish) {
		wish->planned.wanted_at = now;
		return;
	}
	mem_grow(&player->wishes, &player->wish_capacity, player->wish_count);
	player->wishes[player->wish_count++] = (struct play_wish){
		.planned = { .selection = *selection,
			.not_before = now + quiet_time(selection->quiet, selection->delay),
			.wanted_at = now },
		.quiet_rule = quiet_rule,
	};
}

static void match_add(struct player *player, const char *rule)
{
	for (size_t i = 0; i < player->match_count; i++)
		if (text_is(player->matches[i], rule))
			return;
	mem_grow(&player->matches, &player->match_capacity, player->match_count);
	player->matches[player->match_count++] = rule;
}

static void event_play(
	struct player *player, const struct play_event *event, struct decide_scratch *scratch)
{
	const struct decision *decision =
		ruleset_decide(player->ruleset, event->event, scratch, player->arena);
	for (size_t i = 0; i < decision->match_count; i++) {
		match_add(player, decision->matches[i].rule);
		quiet_extend(player, decision->matches[i].rule, event->at);
	}
	for (size_t i = 0; i < decision->selection_count; i++)
		wish_add(player, &decision->selections[i], event->at);
	for (size_t i = 0; i < decision->warning_count; i++) {
		mem_grow(&player->warnings, &player->warning_capacity, player->warning_count);
		player->warnings[player->warning_count++] = decision->warnings[i];
	}
}

static int by_selection(const void *a, const void *b)
{
	const struct planned *x = a, *y = b;
	int order = selection_compare(&x->selection, &y->selection);
	if (!order)
		order = (x->not_before > y->not_before) - (x->not_before < y->not_before);
	return order;
}

const struct play *play_events(const struct ruleset *ruleset, const struct play_event *events,
	size_t count, struct decide_scratch *scratch, struct arena *arena)
{
	struct player player = { .ruleset = ruleset, .arena = arena };
	struct play *play = arena_new_of(arena, struct play);
	for (size_t i = 0; i < count; i++)
		event_play(&player, &events[i], scratch);
	struct planned *planned = arena_array(arena, struct planned, player.wish_count + 1);
	for (size_t i = 0; i < player.wish_count; i++)
		planned[i] = player.wishes[i].planned;
	qsort(planned, player.wish_count, sizeof *planned, by_selection);
	const char **matches = arena_array(arena, const char *, player.match_count + 1);
	for (size_t i = 0; i < player.match_count; i++)
		matches[i] = player.matches[i];
	struct warning *warnings = arena_array(arena, struct warning, player.warning_count + 1);
	for (size_t i = 0; i < player.warning_count; i++)
		warnings[i] = player.warnings[i];
	*play = (struct play){
		.planned_count = player.wish_count,
		.planned = planned,
		.match_count = player.match_count,
		.matches = matches,
		.warning_count = player.warning_count,
		.warnings = warnings,
	};
	free(player.wishes);
	free(player.matches);
	free(player.warnings);
	return play;
}
