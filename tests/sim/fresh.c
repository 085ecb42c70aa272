/*
 * tests/sim/fresh.c - nothing lost (design, 9.1), and `succeeded` means fresh (9.2): what a job is
 * evidence for, and what became of every acknowledged event.
 */
#include "tests/sim/oracle.h"
#include <string.h>

/* ---- evidence, as the design words it (9.3) ---- */

static bool is_held_by_rule(const struct world *world, int rule)
{
	return world->rules[rule].delay || world->rules[rule].quiet;
}

/* Since when it has been a wish; INT64_MAX: it is not yet. */
static int64_t wish_at(const struct world *world, int run, int rule, int content)
{
	int64_t at = is_held_by_rule(world, rule) ? world->wished[run][rule][content]
						  : world->runs[run].heard_at;
	return at ? at : INT64_MAX;
}

/* Two clocks that are not ours: Tableau's start against dbt's finish. */
static bool started_late_enough(
	const struct world *world, const struct watched *of, int run, int rule)
{
	struct wall told = world->runs[run].told;
	return wall_is_set(of->told_start) && wall_is_set(told) &&
	       of->told_start.us >=
		       told.us + world->rules[rule].delay + world->schedule_options.clock_skew;
}

static bool is_served_by(const struct world *world, const struct watched *of, int run, int rule)
{
	const struct sim_job *job = &world->jobs[of->job];
	int64_t at = wish_at(world, run, rule, of->content);
	bool is_own_request =
		job->is_ours && job->created >= of->sent_at && (of->is_accepted || of->knows_clock);
	/* What a rule held may have been let go in the same moment, after the request. */
	return (is_own_request && of->sent_at > at) || of->seen_queued_at > at ||
	       (at <= world->now && started_late_enough(world, of, run, rule));
}

void fresh_mark_served(struct world *world, const struct watched *of)
{
	for (int run = 0; of->job >= 0 && run < world->run_count; run++)
		for (int rule = 0; rule < RULES; rule++) {
			int64_t *served = world->served[run][rule][of->content];
			if (!is_served_by(world, of, run, rule))
				continue;
			served[0] = served[0] ? served[0] : world->generation;
			/* What the row says it is: a full job that was taken over for an
			 * incremental wish is not known as full. */
			if (!of->is_incremental && !served[1])
				served[1] = world->generation;
		}
}

void fresh_wished(struct world *world, int content, int run, int rule, bool is_wish)
{
	int64_t *served = world->served[run][rule][content];
	if (!is_held_by_rule(world, rule))
		return;
	world->wished[run][rule][content] = is_wish ? world->now : 0;
	served[0] = served[1] = 0;
	/* Whatever has succeeded may have started late enough. */
	for (int i = 0; is_wish && i < world->watched_end; i++) {
		const struct watched *of = &world->watched[i];
		if (!of->created_at || of->content != content || of->state != REFRESH_SUCCEEDED ||
			of->job < 0 || !started_late_enough(world, of, run, rule))
			continue;
		served[0] = of->generation;
		if (!of->is_incremental)
			served[1] = of->generation;
	}
}

bool fresh_covers(const struct world *world, const struct watched *by, const struct watched *of)
{
	for (int i = 0; i < of->cause_count; i++) {
		int run = of->causes[i].run, rule = of->causes[i].rule;
		int64_t at = wish_at(world, run, rule, of->content);
		if (by->sent_at < at && by->queued_at_ever < at &&
			!started_late_enough(world, by, run, rule))
			return false;
	}
	return true;
}

/* ---- the end ---- */

static void check_fresh(struct world *world, const struct sim_row *row, const struct run *run,
	const struct wish *wish)
{
	int number = job_named(world, row->job_id);
	const struct sim_job *job = number >= 0 ? &world->jobs[number] : NULL;
	long long id = (long long)row->row.id, event = (long long)run->id;
	int64_t delay =
		times_are_true(world) && !world->watched[row->row.id / 2].is_released &&
				!world->is_asked_again[world->watched[row->row.id / 2].content]
			? world->rules[wish->rule].delay
			: 0;
	const struct watched *of = &world->watched[row->row.id / 2];
	/* It may say that the job of another refresh served it. */
	for (int i = 0; !*row->job_id && !job && i < world->job_count; i++) {
		const struct sim_job *any = &world->jobs[i];
		if (any->content == of->content && any->end == END_SUCCESS &&
			any->ends <= of->ended_at && any->starts >= run->finished + delay &&
			(!any->is_incremental || wish->incremental))
			job = any;
	}
	if (!job || job->content != of->content)
		wrong(world, "refresh %lld succeeded without a job of its content", id);
	else if (job->end != END_SUCCESS || job->ends > of->ended_at)
		wrong(world, "refresh %lld succeeded, but %s did not", id, job->id);
	else if (job->starts < run->finished + delay)
		wrong(world, "event %lld: refresh %lld is stale: %s started %.1f s too early",
			event, id, job->id, (double)(run->finished + delay - job->starts) / 1e6);
	else if (job->is_incremental && !wish->incremental)
		wrong(world, "event %lld wants a full refresh, but %s is incremental", event,
			job->id);
}

static int find_rows(const struct world *world, const struct run *run, int rule, int content,
	const struct sim_row **found)
{
	int count = 0;
	for (int i = 0; i < world->watched_end; i++) {
		const struct sim_row *row = &world->store.rows[i];
		if (!row->is_there || content_of(world, &row->row.content) != content)
			continue;
		for (size_t j = 0; j < row->cause_count; j++)
			if (row->causes[j].event == run->id &&
				row->causes[j].rule[5] - '0' == rule) {
				*found = row;
				count++;
			}
	}
	return count;
}

static void judge_pair(
	struct world *world, const struct run *run, const struct wish *wish, int content, int times)
{
	const struct sim_row *row = NULL;
	int count = find_rows(world, run, wish->rule, content, &row);
	long long event = (long long)run->id;
	const char *name = content >= 0 ? world->contents[content].name : "what names nothing";
	if (!count) {
		wrong(world, "event %lld, %s: lost, nothing is recorded", event, name);
		return;
	}
	if (count > times && (content < 0 || !world->is_asked_again[content]))
		wrong(world, "event %lld, %s: %d outcomes", event, name, count);
	if (refresh_state_is_open(row->row.state))
		wrong(world, "event %lld, %s: refresh %lld never ended: %s: %s", event, name,
			(long long)row->row.id, refresh_state_name(row->row.state), row->reason);
	if (content < 0 && row->row.state == REFRESH_SUCCEEDED)
		wrong(world, "event %lld: nothing was refreshed with success", event);
	if (content >= 0 && row->row.state == REFRESH_SUCCEEDED)
		check_fresh(world, row, run, wish);
}

static bool wants(const struct wish *wish, int content)
{
	for (int i = 0; i < wish->count; i++)
		if (!wish->names_nothing && wish->contents[i] == content)
			return true;
	return wish->names_nothing && content < 0;
}

void oracle_judge(struct world *world)
{
	for (int i = 0; i < world->run_count; i++) {
		const struct run *run = &world->runs[i];
		for (int j = 0; run->id && j < run->wish_count; j++)
			for (int content = -1; content < CONTENTS; content++) {
				int times = 0;
				if (!wants(&run->wishes[j], content))
					continue;
				/* An event may want one content by one rule in two ways. */
				for (int k = 0; k < run->wish_count; k++)
					times += run->wishes[k].rule == run->wishes[j].rule &&
						 wants(&run->wishes[k], content);
				judge_pair(world, run, &run->wishes[j], content, times);
			}
	}
}
