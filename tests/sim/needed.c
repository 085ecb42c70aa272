/*
 * tests/sim/needed.c - no more than needed (src/README.md, No more than needed): no request without
 * a wish, none before `delay` and `quiet` are over, and never a second one while the first may
 * still run.
 */
#include "tests/sim/oracle.h"

static bool may_have_a_job(enum refresh_state state)
{
	return state == REFRESH_SENDING || state == REFRESH_UNKNOWN || state == REFRESH_QUEUED ||
	       state == REFRESH_RUNNING;
}

#include <string.h>

/*
 * Has the rule been quiet for so long at some time since it heard that event? A restart that finds
 * the event's selection unresolved does not know of the rule's other events before it.
 */
static bool was_quiet(
	const struct world *world, const struct watched *of, int rule, const struct run *since)
{
	int64_t known_from = of->created_at > world->crashed_at ? world->crashed_at : 0;
	int64_t at = since->durable_at;
	for (;;) {
		int64_t next = INT64_MAX;
		for (int i = 0; i < world->run_count; i++)
			for (int j = 0; j < world->runs[i].wish_count; j++)
				if (world->runs[i].wishes[j].rules[0] == rule &&
					world->runs[i].durable_at > at && world->runs[i].heard_at &&
					world->runs[i].durable_at >= known_from &&
					world->runs[i].durable_at < next)
					next = world->runs[i].durable_at;
		int64_t end = next < world->now ? next : world->now;
		if (end - at >= world->rules[rule].quiet)
			return true;
		if (next >= world->now)
			return false;
		at = next;
	}
}

static void check_held(struct world *world, const struct watched *of, int64_t id)
{
	if (of->is_released || world->is_asked_again[of->content] || !times_are_true(world))
		return;
	for (int i = 0; i < of->cause_count; i++) {
		const struct sim_rule *rule = &world->rules[of->causes[i].rule];
		const struct run *run = &world->runs[of->causes[i].run];
		int64_t cap = of->created_at + world->schedule_options.give_up_after;
		if (rule->delay && (!rule->quiet || world->now < cap) &&
			world->now < run->durable_at + rule->delay)
			wrong(world, "refresh %lld is sent %.0f s before its delay is over",
				(long long)id,
				(double)(run->durable_at + rule->delay - world->now) / 1e6);
		if (rule->quiet && world->now < cap &&
			!was_quiet(world, of, of->causes[i].rule, run))
			wrong(world, "refresh %lld is sent though its rule was not quiet",
				(long long)id);
	}
}

/* A request is justified by a wish that no job is known to have served. */
static void check_wished(
	struct world *world, const struct watched *of, const struct refresh_row *row)
{
	if (world->is_asked_again[of->content])
		return;
	for (int i = 0; i < of->cause_count; i++) {
		int run = of->causes[i].run, rule = of->causes[i].rule;
		if (!world->served[run][rule][of->content][!row->incremental])
			return;
	}
	wrong(world, "refresh %lld is sent though all its causes were served", (long long)row->id);
}

/* An incremental job does not do for a full wish that waits, which would need another one. */
static void check_full(struct world *world, const struct watched *of, const struct refresh_row *row)
{
	for (int i = 0; row->incremental && i < world->watched_end; i++) {
		const struct watched *other = &world->watched[i];
		if (other->created_at && other != of && other->content == of->content &&
			other->state == REFRESH_WAITING && !other->is_incremental &&
			!lively_is_held(world, other))
			wrong(world,
				"refresh %lld is sent as incremental, and refresh %d waits for a "
				"full one",
				(long long)row->id, 2 * i);
	}
}

/* Nor is a full one needed that nobody wants, of all who are or were there with it. */
static void check_incremental(
	struct world *world, const struct watched *of, const struct refresh_row *row)
{
	bool is_wanted = row->incremental || world->is_asked_again[of->content];
	for (int i = 0; !is_wanted && i < world->watched_end; i++) {
		const struct watched *other = &world->watched[i];
		bool is_same =
			other->content == of->content || other->content == of->content - NAMED;
		is_wanted = other->created_at && is_same && fresh_may_want_full(world, other) &&
			    (!other->ended_at || other->ended_at >= of->born);
	}
	if (!is_wanted)
		wrong(world, "refresh %lld is sent as a full one, which nobody wants",
			(long long)row->id);
}

void needed_check_send(struct world *world, const struct watched *of, const struct refresh_row *row)
{
	int site = site_number(row->site);
	for (int i = 0; i < world->watched_end; i++)
		if (&world->watched[i] != of && world->watched[i].created_at &&
			world->watched[i].content == of->content &&
			may_have_a_job(world->watched[i].state))
			wrong(world, "refresh %lld is sent while refresh %d of its content is %s",
				(long long)row->id, 2 * i,
				refresh_state_name(world->watched[i].state));
	if (of->was_followed && fresh_is_proven(world, of))
		wrong(world, "refresh %lld is sent again though its job was followed",
			(long long)row->id);
	if (of->must_look)
		wrong(world, "refresh %lld is sent again though nobody looked for its job",
			(long long)row->id);
	if (of->was_refused)
		wrong(world, "refresh %lld is sent again though it was refused for good",
			(long long)row->id);
	if (of->found_own && fresh_is_proven(world, of))
		wrong(world, "refresh %lld is sent again though its job was found",
			(long long)row->id);
	if (world->sites[site].is_gone)
		wrong(world, "refresh %lld is sent to a site that the configuration has not",
			(long long)row->id);
	if (world->sites[site].is_paused)
		wrong(world, "refresh %lld is sent to a site that is paused", (long long)row->id);
	check_held(world, of, row->id);
	check_wished(world, of, row);
	check_full(world, of, row);
	check_incremental(world, of, row);
	people_check_send(world, of, row->id);
}
