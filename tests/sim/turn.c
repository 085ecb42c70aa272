/*
 * tests/sim/turn.c - whose turn it is (src/README.md, Kind to Tableau): by the priorities of the
 * rules, then by age; but no refresh is overtaken by one that came half of give_up_after later.
 * Which ones could be sent is judged from outside: it waits, no rule holds it, nothing of its
 * content is out, and its last try was long ago.
 */
#include "tests/sim/oracle.h"

/* The least and most urgent of all that the next request for a content serves. */
struct rank {
	int priority;
	int64_t born;
};

static int priority_of(const struct world *world, const struct watched *of)
{
	int priority = 0;
	for (int i = 0; i < of->cause_count; i++) {
		int rule = world->rules[of->causes[i].rule].priority;
		priority = rule > priority ? rule : priority;
	}
	return priority;
}

/* That of the refresh which is sent, at its most. */
static struct rank rank_of_sent(const struct world *world, const struct watched *of)
{
	int64_t before = world->contents[of->content].born;
	struct rank rank = { priority_of(world, of), of->born };
	if (before && before < rank.born)
		rank.born = before;
	for (int i = 0; i < world->watched_end; i++) {
		const struct watched *other = &world->watched[i];
		/* One that stood behind it and has ended, perhaps before the last start, made it
		 * more urgent all the same, as have those under the old id. */
		bool is_same = other->content == of->content;
		bool is_old = other->content == of->content - NAMED;
		if (!other->created_at || (!is_same && !is_old) ||
			(is_same && other->state != REFRESH_WAITING && !other->may_cancel &&
				other->ended_at < of->created_at))
			continue;
		int priority = priority_of(world, other);
		rank.priority = priority > rank.priority ? priority : rank.priority;
	}
	return rank;
}

/* Is a content surely ready, and with which rank at least? */
static bool is_ready(const struct world *world, int content, struct rank *rank)
{
	*rank = (struct rank){ 0 };
	bool any = false;
	for (int i = 0; i < world->watched_end; i++) {
		const struct watched *of = &world->watched[i];
		if (!of->created_at || of->content != content || !refresh_state_is_open(of->state))
			continue;
		/* After a 409093 a slow look may be out for long. */
		if (of->state != REFRESH_WAITING || of->tries_until >= world->now ||
			oracle_is_asked(world, 2 * i) ||
			(of->sent_at && world->started_at + 2 * world->schedule_options.retry_max >=
						world->now) ||
			(any && of->born < rank->born))
			return false;
		if (fresh_is_held(world, of))
			continue;
		if (lively_is_held(world, of)) /* or let go before the last event of its rule */
			return false;
		int priority = priority_of(world, of);
		any = true;
		rank->priority = priority > rank->priority ? priority : rank->priority;
		rank->born = of->born > rank->born ? of->born : rank->born;
	}
	return any;
}

/* Its turn, as a time; the earlier one is first. */
static int64_t turn_of(const struct world *world, const struct rank *rank)
{
	return rank->born - rank->priority * (world->schedule_options.give_up_after / 200);
}

void turn_check_send(struct world *world, const struct watched *of)
{
	struct rank sent = rank_of_sent(world, of), other;
	int site = world->contents[of->content].site;
	if (!times_are_true(world) || world->is_asked_again[of->content])
		return;
	for (int i = 0; i < CONTENTS; i++) {
		if (i == of->content || world->contents[i].site != site ||
			world->is_asked_again[i] || !is_ready(world, i, &other) ||
			turn_of(world, &other) >= turn_of(world, &sent))
			continue;
		wrong(world, "%s (%d points, %.0f s old) is sent before %s (%d points, %.0f s old)",
			world->contents[of->content].name, sent.priority,
			(double)(world->now - sent.born) / 1e6, world->contents[i].name,
			other.priority, (double)(world->now - other.born) / 1e6);
	}
}
