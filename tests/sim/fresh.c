/*
 * tests/sim/fresh.c - nothing lost, and `succeeded` means fresh (src/README.md, Nothing lost,
 * Fresh): for what a job is evidence, and how every acknowledged event ended.
 */
#include "tests/sim/oracle.h"
#include <string.h>

/* ---- evidence (src/README.md, Evidence) ---- */

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

/* Compares Tableau's start with dbt's finish, two other machines' clocks. */
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
	bool is_own_request = job->is_ours && job->created >= of->sent_at && of->is_accepted;
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
	meet(world, world->rules[rule].quiet ? MET_QUIET : MET_DELAYED);
	/* It goes on under another id, or is wished for once more: a job may serve the older wish.
	 */
	int64_t *wished = &world->wished[run][rule][content];
	int64_t before = content >= NAMED ? world->wished[run][rule][content - NAMED] : 0;
	if (!before && world->is_asked_again[content])
		before = *wished;
	*wished = !is_wish ? 0 : before ? before : world->now;
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

bool fresh_is_held(const struct world *world, const struct watched *of)
{
	for (int i = 0; i < of->cause_count; i++)
		if (wish_at(world, of->causes[i].run, of->causes[i].rule, of->content) == INT64_MAX)
			return true;
	return false;
}

/* May its request, or what was reported of its job, serve a wish that began at `at` (which may be
 * never)? */
static bool may_serve(
	const struct world *world, const struct watched *by, int run, int rule, int64_t at)
{
	return at != INT64_MAX && (by->sent_at >= at || by->queued_at_ever >= at ||
					  started_late_enough(world, by, run, rule));
}

bool fresh_covers(const struct world *world, const struct watched *by, const struct watched *of)
{
	for (int i = 0; i < of->cause_count; i++) {
		int run = of->causes[i].run, rule = of->causes[i].rule;
		if (!may_serve(world, by, run, rule, wish_at(world, run, rule, of->content)))
			return false;
	}
	return true;
}

bool fresh_is_late_enough(
	const struct world *world, const struct watched *of, const struct sim_job *job)
{
	struct watched told = { .told_start = site_clock(
					world, world->contents[job->content].site, job->starts) };
	return fresh_covers(world, &told, of);
}

bool fresh_is_proven(const struct world *world, const struct watched *of)
{
	struct watched told = *of;
	told.sent_at = of->is_accepted ? of->sent_at : 0;
	told.queued_at_ever = of->seen_queued_at;
	/* A person who asks for it again wants a new request. */
	return (of->is_accepted || !world->is_asked_again[of->content]) &&
	       fresh_covers(world, &told, of);
}

static bool is_served(const struct world *world, const struct watched *of, int run, int rule)
{
	for (int i = 0; i < world->watched_end; i++) {
		const struct watched *by = &world->watched[i];
		struct watched job = *by;
		/* One that a look found need not be that of the request. */
		if (by->answer != VERDICT_OK &&
			(by->job < 0 || world->jobs[by->job].starts < by->sent_at))
			job.sent_at = 0;
		if (by->created_at && by->content == of->content &&
			by->state == REFRESH_SUCCEEDED &&
			may_serve(world, &job, run, rule, wish_at(world, run, rule, of->content)))
			return true;
	}
	return false;
}

void fresh_check_end(struct world *world, const struct watched *of, const struct refresh_row *row)
{
	if (row->state != REFRESH_CANCELLED && fresh_is_held(world, of))
		wrong(world, "refresh %lld ends while its rule holds it", (long long)row->id);
	for (int i = 0; row->state == REFRESH_SUCCEEDED && i < of->cause_count; i++)
		if (!is_served(world, of, of->causes[i].run, of->causes[i].rule))
			wrong(world,
				"refresh %lld succeeded by a job that is no evidence for event "
				"%lld",
				(long long)row->id, (long long)world->runs[of->causes[i].run].id);
}

/* ---- the end ---- */

static bool wants(const struct wish *wish, int content)
{
	for (int i = 0; i < wish->count; i++)
		if (!wish->names_nothing && wish->contents[i] == content)
			return true;
	return wish->names_nothing && content < 0;
}

static bool is_by(const struct wish *wish, int rule)
{
	for (int i = 0; i < wish->rule_count; i++)
		if (wish->rules[i] == rule)
			return true;
	return false;
}

/* By that rule: an event may want one content in two ways. */
static bool wants_full(const struct run *run, int rule, int content)
{
	bool is_full = true;
	for (int i = 0; i < run->wish_count; i++)
		if (is_by(&run->wishes[i], rule) && wants(&run->wishes[i], content % NAMED))
			is_full &= !run->wishes[i].incremental;
	return is_full;
}

bool fresh_may_want_full(const struct world *world, const struct watched *of)
{
	for (int i = 0; i < of->cause_count; i++) {
		const struct run *run = &world->runs[of->causes[i].run];
		for (int j = 0; j < run->wish_count; j++)
			if (is_by(&run->wishes[j], of->causes[i].rule) &&
				wants(&run->wishes[j], of->content % NAMED) &&
				!run->wishes[j].incremental)
				return true;
	}
	return false;
}

/* Did the selection name the content of the row? */
static bool is_named_by(const struct sim_row *row, const struct run *run, const struct wish *wish)
{
	for (size_t i = 0; i < row->cause_count; i++)
		if (row->causes[i].selection == run->selection_ids[wish - run->wishes])
			return true;
	return false;
}

/* Did the selection name other content by then, or none? */
static bool is_of_other_content(
	const struct world *world, int number, const struct wish *wish, const struct sim_job *job)
{
	const struct sim_content *content = &world->contents[number];
	return !wish->is_by_luid &&
	       (content->named == NAMED_OTHER || content->named == NAMED_NONE) &&
	       job->ends > content->renamed_at;
}

static void check_fresh(struct world *world, const struct sim_row *row, const struct run *run,
	const struct wish *wish, int rule)
{
	int number = job_named(world, row->job_id);
	const struct sim_job *job = number >= 0 ? &world->jobs[number] : NULL;
	long long id = (long long)row->row.id, event = (long long)run->id;
	const struct watched *of = &world->watched[row->row.id / 2];
	/* A rule that never gets quiet holds for give_up_after at most. */
	bool is_delayed = times_are_true(world) && !of->is_released &&
			  !world->is_asked_again[of->content] && !world->rules[rule].quiet;
	int64_t delay = is_delayed ? world->rules[rule].delay : 0;
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
	else if (is_named_by(row, run, wish) && is_of_other_content(world, of->content, wish, job))
		wrong(world, "refresh %lld succeeded by %s, of content that the rules do not name",
			id, job->id);
	else if (job->is_incremental && wants_full(run, rule, of->content))
		wrong(world, "event %lld wants a full refresh, but %s is incremental", event,
			job->id);
}

/* The last row of that event by that rule, and how many there are. */
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

static void judge_row(struct world *world, const struct run *run, const struct wish *wish,
	const struct sim_row *row, int rule)
{
	int content = content_of(world, &row->row.content);
	long long event = (long long)run->id;
	if (refresh_state_is_open(row->row.state))
		wrong(world, "event %lld: refresh %lld never ended: %s: %s", event,
			(long long)row->row.id, refresh_state_name(row->row.state), row->reason);
	if (content < 0 && row->row.state == REFRESH_SUCCEEDED)
		wrong(world, "event %lld: nothing was refreshed with success", event);
	if (content >= 0 && row->row.state == REFRESH_SUCCEEDED)
		check_fresh(world, row, run, wish, rule);
}

/* Before it was known what the selection names. */
static bool was_given_up(const struct world *world, const struct run *run, int rule)
{
	const struct sim_row *row = NULL;
	if (!find_rows(world, run, rule, -1, &row) || row->row.state != REFRESH_EXPIRED)
		return false;
	return !times_are_true(world) ||
	       world->watched[row->row.id / 2].ended_at - run->durable_at >=
		       world->schedule_options.give_up_after;
}

static void judge_pair(struct world *world, const struct run *run, const struct wish *wish,
	int rule, int content, int times)
{
	/* Content that was published again has a row under its new id, and perhaps one under the
	 * old. */
	const struct sim_row *row = NULL, *moved = NULL;
	int count = find_rows(world, run, rule, content, &row);
	int after = content >= 0 ? find_rows(world, run, rule, content + NAMED, &moved) : 0;
	const char *name = content >= 0 ? world->contents[content].name : "what names nothing";
	if (!count && !after && !was_given_up(world, run, rule))
		wrong(world, "event %lld, %s: lost, nothing is recorded", (long long)run->id, name);
	if ((count > times || after > times) &&
		(content < 0 || (!world->is_asked_again[content] &&
					!world->is_asked_again[content + NAMED])))
		wrong(world, "event %lld, %s: %d outcomes", (long long)run->id, name, count);
	if (row)
		judge_row(world, run, wish, row, rule);
	if (moved)
		judge_row(world, run, wish, moved, rule);
}

static void judge_wish(struct world *world, const struct run *run, const struct wish *wish)
{
	for (int rule = 0; rule < RULES; rule++)
		for (int content = -1; is_by(wish, rule) && content < NAMED; content++) {
			int times = 0;
			/* An event may want one content by one rule in two ways. */
			for (int k = 0; k < run->wish_count; k++)
				times += is_by(&run->wishes[k], rule) &&
					 (content < 0 || wants(&run->wishes[k], content));
			if (wants(wish, content))
				judge_pair(world, run, wish, rule, content, times);
		}
}

void oracle_judge(struct world *world)
{
	for (int i = 0; i < world->run_count; i++)
		for (int j = 0; world->runs[i].id && j < world->runs[i].wish_count; j++)
			judge_wish(world, &world->runs[i], &world->runs[i].wishes[j]);
}
