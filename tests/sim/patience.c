/*
 * tests/sim/patience.c - give_up_after is heeded (src/schedule/README.md): a refresh is not given
 * up before Tableau could have been asked for this long, nor much later; nor while Tableau reports
 * on its job, unless the job is queued for QUEUE_PATIENCE times as long.
 */
#include "tests/sim/oracle.h"

#define PATIENCE_LAG SECOND
/* An answer may be out, or a greeting, and a restart gives a minute. */
#define LATE (8 * MINUTE)
#define QUEUE_PATIENCE 4

/* ---- for how long it is tried ---- */

static bool is_out(enum refresh_state state)
{
	return state == REFRESH_SENDING || state == REFRESH_UNKNOWN || state == REFRESH_QUEUED ||
	       state == REFRESH_RUNNING;
}

/* Is it surely we who hold it back? */
static bool is_held_by_us(const struct world *world, const struct watched *of, int64_t until)
{
	const struct sim_content *content = &world->contents[of->content];
	const struct sim_site *site = &world->sites[content->site];
	if (of->state != REFRESH_WAITING)
		return false;
	for (int i = 0; i < world->watched_end; i++) {
		const struct watched *other = &world->watched[i];
		if (other->created_at && other != of && other->content == of->content &&
			is_out(other->state))
			return true;
	}
	/* A rule that never gets quiet holds for little more than give_up_after, whatever delay the
	 * last of its events has. */
	bool is_old = until - of->created_at >= world->schedule_options.give_up_after;
	for (int i = 0; i < of->cause_count && times_are_true(world); i++) {
		const struct sim_rule *rule = &world->rules[of->causes[i].rule];
		if (!of->is_released && !world->is_asked_again[of->content] &&
			!(rule->quiet && is_old) &&
			world->runs[of->causes[i].run].durable_at + rule->delay > until)
			return true;
	}
	return site->is_paused && !site->is_gone && of->tries_until < world->now &&
	       world->started_at + world->schedule_options.retry_max < world->now;
}

/* Is it surely not we? It is alone at its site, so that it waits for no place. */
static bool is_held_by_tableau(const struct world *world, const struct watched *of)
{
	int number = world->contents[of->content].site;
	const struct sim_site *site = &world->sites[number];
	if (fresh_is_held(world, of) || lively_is_held(world, of))
		return false;
	for (int i = 0; i < world->watched_end; i++) {
		const struct watched *other = &world->watched[i];
		if (other->created_at && other != of && other->content >= 0 &&
			refresh_state_is_open(other->state) &&
			world->contents[other->content].site == number)
			return false;
	}
	return site->is_gone || (!site->is_paused && !site->options.refreshes_per_hour &&
					!site->options.job_queries_per_day);
}

void patience_pass(struct world *world, int64_t until)
{
	for (int i = 0; i < world->watched_end; i++) {
		struct watched *of = &world->watched[i];
		if (!of->created_at || of->content < 0 || !refresh_state_is_open(of->state))
			continue;
		if (!is_held_by_us(world, of, until)) {
			of->tried += until - world->now;
			of->tried_ever += until - world->now;
		}
		if (is_held_by_tableau(world, of))
			of->surely_tried += until - world->now;
		if (of->surely_tried > world->schedule_options.give_up_after + LATE &&
			!oracle_is_asked(world, 2 * i))
			wrong(world, "refresh %d is not given up, and was tried for %.0f s", 2 * i,
				(double)of->surely_tried / 1e6);
	}
}

/* What is left is told with each record; a restart finds that. */
void patience_recorded(const struct world *world, struct watched *of)
{
	of->tried_kept = of->surely_tried;
	of->tried_kept_in = world->generation;
}

void patience_crashed(const struct world *world, struct watched *of)
{
	of->tried = of->tried_ever; /* that it was told of may not be durable */
	of->surely_tried = of->tried_kept_in <= world->committed ? of->tried_kept : 0;
}

/* ---- what is asked and told of its job ---- */

void patience_asked(struct world *world, const struct sim_call *call)
{
	for (int i = 0; i < world->watched_end; i++) {
		struct watched *of = &world->watched[i];
		bool is_meant = call->type == CALL_POLL ? call->id == 2 * i
				: call->type == CALL_LIST
					? of->created_at && of->content >= 0 &&
						  world->contents[of->content].site == call->site
					: false;
		if (is_meant)
			of->asked_at = world->now;
	}
}

void patience_told(const struct world *world, struct watched *of, int number, enum job_phase phase)
{
	const struct sim_job *job = &world->jobs[number];
	int64_t most = QUEUE_PATIENCE * world->schedule_options.give_up_after;
	of->surely_tried = 0;
	of->is_stuck = phase == PHASE_QUEUED && world->now - job->created + PATIENCE_LAG > most;
}

void patience_check_followed(struct world *world, const struct watched *of, int64_t id)
{
	const struct sim_job *job = of->job >= 0 ? &world->jobs[of->job] : NULL;
	int64_t most = QUEUE_PATIENCE * world->schedule_options.give_up_after;
	if (of->state == REFRESH_QUEUED && of->is_stuck && !world->has_stepped &&
		world->now - job->created > most + LATE && world->now - of->sent_at > most + LATE)
		wrong(world, "refresh %lld follows %s, which has stood in the queue for %.0f s",
			(long long)id, job->id, (double)(world->now - job->created) / 1e6);
}

/* ---- giving up ---- */

static bool may_be_asked(const struct world *world, const struct watched *of)
{
	int site = world->contents[of->content].site;
	const struct sim_calls *calls = &world->calls[site];
	int64_t tail = 2 * world->schedule_options.retry_max;
	return !world->sites[site].is_gone && !world->sites[site].options.job_queries_per_day &&
	       calls->told_until[KIND_QUERY] + tail < world->now &&
	       calls->failed_at + tail < world->now && world->started_at + tail < world->now;
}

static bool is_stuck(const struct watched *of)
{
	return of->is_stuck;
}

static bool is_looked_up(const struct world *world, int64_t selection)
{
	FOR_EACH_OUT(world, effect)
	if (effect->call.type == CALL_RESOLVE && effect->call.id == selection)
		return true;
	return false;
}

void patience_check_unresolved(
	struct world *world, const struct watched *of, const struct refresh_row *row)
{
	if (row->state != REFRESH_EXPIRED || !of->cause_count)
		return;
	const struct run *run = &world->runs[of->causes[0].run];
	for (int i = 0; i < run->wish_count; i++)
		if (run->wishes[i].rules[0] == of->causes[0].rule &&
			is_looked_up(world, run->selection_ids[i]))
			wrong(world,
				"event %lld: a selection expires while Tableau is asked about it",
				(long long)run->id);
}

void patience_check_expired(struct world *world, const struct watched *of, int64_t id)
{
	int64_t give_up_after = world->schedule_options.give_up_after;
	if (fate_is_own_or_covered(world, of, is_stuck))
		return;
	if (of->state == REFRESH_SENDING || oracle_is_asked(world, id))
		wrong(world, "refresh %lld expired while Tableau was asked about it",
			(long long)id);
	if (times_are_true(world) && world->now - of->created_at < give_up_after)
		wrong(world, "refresh %lld expired after %.0f s", (long long)id,
			(double)(world->now - of->created_at) / 1e6);
	if (is_out(of->state) && of->state != REFRESH_UNKNOWN &&
		world->now - of->asked_at > give_up_after / 2 && may_be_asked(world, of))
		wrong(world, "refresh %lld expired, and nobody asked after its job for %.0f s",
			(long long)id, (double)(world->now - of->asked_at) / 1e6);
	if (of->tried + PATIENCE_LAG < give_up_after)
		wrong(world, "refresh %lld expired, and was tried for %.0f s", (long long)id,
			(double)of->tried / 1e6);
	if (of->was_followed && of->told_at && world->now - of->told_at < give_up_after)
		wrong(world, "refresh %lld expired though its job was told of %.0f s ago",
			(long long)id, (double)(world->now - of->told_at) / 1e6);
}
