/*
 * tests/sim/oracle.c - checks whether what happened was right. Written from the guarantees in
 * src/README.md alone: it knows what really happened, but not how the scheduler decides. This file
 * keeps its memory, and told.c what Tableau has answered; the checks are in fate.c, fresh.c,
 * needed.c, kind.c, lively.c and turn.c.
 */
#include "tests/sim/oracle.h"
#include <stdarg.h>
#include <string.h>

void wrong(struct world *world, const char *format, ...)
{
	va_list arguments;
	if (*world->wrong)
		return;
	va_start(arguments, format);
	vsnprintf(world->wrong, sizeof world->wrong, format, arguments);
	va_end(arguments);
	note(world, "WRONG: %s", world->wrong);
}

/* False after a restart that read times written before a step of the clock: timed work may then be
 * early or late by the step, unavoidably. */
bool times_are_true(const struct world *world)
{
	return !(world->has_stepped && world->has_crashed);
}

struct watched *watched(struct world *world, int64_t refresh)
{
	static struct watched nobody;
	return refresh / 2 < ROWS ? &world->watched[refresh / 2] : &nobody;
}

struct wish *wish_of(struct world *world, int64_t selection)
{
	static struct wish nothing;
	for (int i = 0; i < world->run_count; i++)
		for (int j = 0; world->runs[i].id && j < world->runs[i].wish_count; j++)
			if (world->runs[i].selection_ids[j] == selection)
				return &world->runs[i].wishes[j];
	return &nothing;
}

struct run *run_of(struct world *world, int64_t selection)
{
	static struct run nothing;
	for (int i = 0; i < world->run_count; i++)
		for (int j = 0; world->runs[i].id && j < world->runs[i].wish_count; j++)
			if (world->runs[i].selection_ids[j] == selection)
				return &world->runs[i];
	return &nothing;
}

static int run_named(const struct world *world, int64_t event)
{
	for (int i = 0; i < world->run_count; i++)
		if (world->runs[i].id == event)
			return i;
	return -1;
}

/* ---- records ---- */

static void meet_end(struct world *world, const struct watched *of, const struct refresh_row *row)
{
	bool is_followed = row->state == REFRESH_QUEUED || row->state == REFRESH_RUNNING;
	if (of->content < 0)
		return;
	if (row->state >= REFRESH_SUCCEEDED)
		meet(world, MET_SUCCEEDED + (int)(row->state - REFRESH_SUCCEEDED));
	if (row->state == REFRESH_SUCCEEDED && !of->sent_at)
		meet(world, MET_SERVED);
	if (is_followed && of->job >= 0 && world->jobs[of->job].maker != row->id)
		meet(world, MET_TAKEN_OVER);
	if (is_followed && of->found_own)
		meet(world, MET_FOUND);
}

void oracle_record(struct world *world, const struct refresh_row *row)
{
	struct watched *of = watched(world, row->id);
	if (!of->created_at) {
		of->created_at = of->born = world->now;
		if (world->watched_end <= row->id / 2 && row->id / 2 < ROWS)
			world->watched_end = (int)(row->id / 2) + 1;
		of->content = content_of(world, &row->content);
		of->job = -1;
	} else if (!refresh_state_is_open(of->state) && of->state != row->state) {
		wrong(world, "refresh %lld had ended %s and is %s now", (long long)row->id,
			refresh_state_name(of->state), refresh_state_name(row->state));
	}
	int job = *row->job_id ? job_named(world, row->job_id) : -1;
	if (job == of->job && of->state == REFRESH_RUNNING && row->state == REFRESH_QUEUED)
		wrong(world, "refresh %lld was running and is queued again", (long long)row->id);
	if (job != of->job)
		of->seen_queued_at = of->queued_at_ever = 0;
	of->told_start = row->job_started_at;
	of->job = job;
	bool is_new_end = !refresh_state_is_open(row->state) && refresh_state_is_open(of->state);
	if (!refresh_state_is_open(row->state) && !of->ended_at) {
		of->ended_at = world->now;
		is_new_end = true;
	}
	if (is_new_end) {
		of->generation = world->generation;
		fate_check(world, of, row);
	}
	meet_end(world, of, row);
	patience_recorded(world, of);
	of->state = row->state;
	of->is_incremental = row->incremental;
	of->was_followed |= row->state == REFRESH_QUEUED || row->state == REFRESH_RUNNING;
	of->must_look |= older_is_to_be_looked_for(of);
	if (row->state == REFRESH_SUCCEEDED && is_new_end)
		fresh_mark_served(world, of);
}

static void add_cause(struct watched *of, int run, int rule)
{
	for (int i = 0; i < of->cause_count; i++)
		if (of->causes[i].run == run && of->causes[i].rule == rule)
			return;
	if (of->cause_count < CAUSES) {
		of->causes[of->cause_count].run = run;
		of->causes[of->cause_count++].rule = rule;
	}
}

/* It does what another one did until that moved, and is as old. */
static void goes_on(struct world *world, struct watched *of, int64_t id)
{
	const struct watched *before = watched(world, world->moving);
	if (before->is_cancelled)
		wrong(world, "refresh %lld goes on as %lld though somebody cancelled it",
			(long long)world->moving, (long long)id);
	if (before->born < of->born) {
		of->born = before->born;
		of->born_in = world->generation;
	}
}

void oracle_cause(struct world *world, const struct cause_row *cause)
{
	struct watched *of = watched(world, cause->refresh);
	int run = run_named(world, cause->event), rule = cause->rule[5] - '0';
	if (of->cause_count && of->state == REFRESH_WAITING)
		meet(world, MET_JOINED);
	add_cause(of, run, rule);
	older_caused(world, of, run);
	if (world->moving)
		goes_on(world, of, cause->refresh);
	if (of->content >= 0)
		fresh_wished(world, of->content, run, rule, cause->after != STAMP_NEVER);
}

void oracle_recorded(struct world *world, const struct refresh_row *row)
{
	const struct watched *of = watched(world, row->id);
	if (of->content >= 0 && !refresh_state_is_open(row->state))
		fresh_check_end(world, of, row);
	if (of->content < 0)
		patience_check_unresolved(world, of, row);
	if (of->content >= 0 && !refresh_state_is_open(row->state))
		people_check_end(world, of, row);
}

/* ---- requests ---- */

void oracle_send(struct world *world, const struct refresh_row *row)
{
	struct watched *of = watched(world, row->id);
	struct sim_calls *calls = &world->calls[site_number(row->site)];
	if (row->incremental)
		meet(world, MET_INCREMENTAL);
	needed_check_send(world, of, row);
	older_check_send(world, of, row);
	kind_check_send(world, of);
	turn_check_send(world, of);
	if (of->was_followed)
		meet(world, MET_SENT_ONCE_MORE);
	of->sent_before = of->sent_at;
	of->sent_at = world->now;
	of->sent_generation = world->generation;
	if (calls->decided_count < STARTS)
		calls->decided[calls->decided_count++] = world->now;
	of->sent_in = world->life;
	of->knew_clock = of->knows_clock = calls->clock_heard_in == world->life &&
					   world->now - calls->clock_heard_at < CLOCK_KEPT;
	of->is_accepted = of->was_refused = of->found_own = of->was_followed = false;
	of->may_fail = of->job_was_cancelled = of->is_other = false;
	of->answer = VERDICT_UNKNOWN;
	of->refused = of->unknown = of->unread = of->unsure = 0;
	of->seen_queued_at = of->queued_at_ever = of->told_at = 0;
	/* Until an answer says otherwise; a crash loses the answer. */
	of->must_look = true;
}

static bool is_same(const struct sim_call *a, const struct sim_call *b)
{
	if (a->type == CALL_LIST || a->type == CALL_GREET)
		return a->type == b->type && a->site == b->site;
	if (a->type == CALL_RESOLVE || b->type == CALL_RESOLVE)
		return a->type == b->type && a->id == b->id;
	return a->id == b->id && b->type != CALL_LIST && b->type != CALL_GREET;
}

/* Checks that there is one call about a thing at a time. */
static void check_single(struct world *world, const struct sim_call *call)
{
	FOR_EACH_OUT(world, effect)
	if (effect->is_begun && &effect->call != call && is_same(call, &effect->call))
		wrong(world, "a call about %lld, and another one is not answered yet",
			(long long)call->id);
}

void oracle_call(struct world *world, const struct sim_call *call)
{
	check_single(world, call);
	patience_asked(world, call);
	told_check_since(world, call);
	if (call->type == CALL_RESOLVE && wish_of(world, call->id)->is_answered)
		wrong(world, "it was answered what selection %lld names, and is asked again",
			(long long)call->id);
	/* A request was decided before; to cancel is a person's wish, which is answered. */
	if (world->sites[call->site].is_gone && call->type != CALL_SEND &&
		call->type != CALL_CANCEL)
		wrong(world, "a call to a site that the configuration has not");
	kind_call(world, call);
}

/* A rule by LUID names one content, for good. */
static void check_may_move(struct world *world, int64_t refresh)
{
	const struct sim_row *row = &world->store.rows[refresh / 2];
	for (size_t i = 0; i < row->cause_count; i++)
		if (wish_of(world, row->causes[i].selection)->is_by_luid)
			wrong(world,
				"refresh %lld goes on as content of another LUID than %s names",
				(long long)refresh, row->causes[i].rule);
}

void oracle_moved(struct world *world, int64_t refresh)
{
	struct watched *of = watched(world, refresh);
	check_may_move(world, refresh);
	int64_t *born = &world->contents[of->content + NAMED].born;
	of->may_cancel = true;
	world->moving = refresh;
	world->is_asked_again[of->content + NAMED] |=
		world->is_asked_again[of->content] || of->is_released;
	if (!*born || *born > of->born)
		*born = of->born;
}

void oracle_pass(struct world *world, int64_t until)
{
	lively_pass(world, until);
}

/* ---- durability ---- */

void oracle_committed(struct world *world, int64_t generation)
{
	world->committed = generation;
	people_committed(world, generation);
}

/* What was not durable did not happen, as far as we know afterwards. */
void oracle_crashed(struct world *world)
{
	for (int from = 0; from < LIFE_STATES; from++)
		for (int to = 0; to < LIFE_STATES; to++)
			world->lived[from][to] += schedule_lived(core_schedule(world->core),
				(enum refresh_state)from, (enum refresh_state)to);
	oracle_forget(world);
}

void oracle_forget(struct world *world)
{
	int64_t *served = &world->served[0][0][0][0];
	for (size_t i = 0; i < sizeof world->served / sizeof *served; i++)
		if (served[i] > world->committed)
			served[i] = 0;
	for (int i = 0; i < SITES; i++)
		world->calls[i].trouble_at = world->now;
	/* A restart asks again how long to wait. */
	for (int i = 0; i < SITES; i++)
		oracle_hurried(world, i);
	for (int i = 0; i < world->job_count; i++)
		world->jobs[i].polled_at = 0;
	for (int i = 0; i < world->run_count; i++)
		for (int j = 0; j < SELECTIONS; j++) {
			struct wish *wish = &world->runs[i].wishes[j];
			wish->is_answered = false;
			if (wish->ended_in > world->committed)
				wish->ended_in = 0;
		}
	for (int i = 0; i < SITES; i++)
		world->calls[i].listed_at = world->calls[i].round_at =
			world->calls[i].unread_lists = 0;
	for (int i = 0; i < world->watched_end; i++) {
		struct watched *of = &world->watched[i];
		const struct sim_row *row = &world->store.rows[i];
		if (!of->created_at)
			continue;
		if (!row->is_there) {
			memset(of, 0, sizeof *of);
			continue;
		}
		of->state = row->row.state == REFRESH_SENDING ? REFRESH_UNKNOWN : row->row.state;
		of->job = *row->row.job_id ? job_named(world, row->row.job_id) : -1;
		of->is_incremental = row->row.incremental;
		if (refresh_state_is_open(of->state))
			of->ended_at = 0;
		if (of->sent_generation > world->committed)
			of->sent_at = of->sent_before;
		/* Never sent, as far as the journal knows; else somebody has to look. */
		older_crashed(world, of);
		of->must_look = of->state == REFRESH_UNKNOWN || older_is_to_be_looked_for(of);
		of->was_followed = of->state == REFRESH_QUEUED || of->state == REFRESH_RUNNING;
		of->seen_queued_at = of->told_at = 0;
		of->was_refused = of->found_own = false;
		of->answer = VERDICT_UNKNOWN;
		of->refused = of->unknown = of->unread = of->unsure = of->busy = 0;
		of->knows_clock = of->knew_clock;
		people_crashed(world, of);
		if (of->born_in > world->committed)
			of->born = of->created_at;
		patience_crashed(world, of);
		of->cause_count = 0;
		of->is_released &= row->cause_count && row->causes[0].after != STAMP_NEVER;
		for (size_t j = 0; j < row->cause_count; j++)
			add_cause(of, run_named(world, row->causes[j].event),
				row->causes[j].rule[5] - '0');
	}
	people_forget(world);
	kind_crashed(world);
	world->has_crashed = true;
	world->crashed_at = world->now;
}
