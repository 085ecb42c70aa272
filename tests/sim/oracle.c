/*
 * tests/sim/oracle.c - was it right? Written from the design's invariants (section 9) alone: it
 * knows what truly happened, and nothing of how the scheduler decides. Only whose turn it is is
 * asked of the scheduler's own state, because nobody else knows who is ready.
 */
#include "dispatch/schedule_state.h"
#include "tests/sim/sim.h"
#include <stdarg.h>
#include <string.h>

#define IS_OPEN_AT_TABLEAU(state)                                                                  \
	((state) == REFRESH_SENDING || (state) == REFRESH_UNKNOWN || (state) == REFRESH_QUEUED ||  \
		(state) == REFRESH_RUNNING)

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

/* A restart reads times that a clock wrote which has stepped since: what is timed may then be early
 * or late by the step, and nobody could know. */
static bool times_are_true(const struct world *world)
{
	return !(world->has_stepped && world->has_crashed);
}

static struct watched *watched(struct world *world, int64_t refresh)
{
	static struct watched nobody;
	return refresh / 2 < ROWS ? &world->watched[refresh / 2] : &nobody;
}

static int run_named(const struct world *world, int64_t event)
{
	for (int i = 0; i < world->run_count; i++)
		if (world->runs[i].id == event)
			return i;
	return -1;
}

/* ---- evidence, as the design words it (9.3) ---- */

static bool is_served_by(const struct world *world, const struct watched *of,
	const struct refresh_row *row, const struct run *run)
{
	const struct sim_job *job = &world->jobs[of->job];
	bool is_own_request =
		job->is_ours && job->created >= of->sent_at && (of->is_accepted || of->knows_clock);
	if (is_own_request && of->sent_at >= run->heard_at)
		return true;
	if (of->seen_queued_at >= run->heard_at)
		return true;
	return wall_is_set(row->job_started_at) && wall_is_set(run->told) &&
	       row->job_started_at.us >= run->told.us + world->schedule_options.clock_skew;
}

static void mark_served(struct world *world, struct watched *of, const struct refresh_row *row)
{
	if (of->job < 0)
		return;
	for (int i = 0; i < world->run_count; i++) {
		const struct run *run = &world->runs[i];
		if (!run->heard_at || !is_served_by(world, of, row, run))
			continue;
		int64_t *served = world->served[i][of->content];
		served[0] = served[0] ? served[0] : world->generation;
		/* What the row says it is: a full job that was taken over for an incremental wish
		 * is not known as full. */
		if (!row->incremental && !served[1])
			served[1] = world->generation;
	}
}

/* ---- records ---- */

static void check_end(struct world *world, struct watched *of, const struct refresh_row *row)
{
	bool may_fail = of->may_fail, may_cancel = of->may_cancel;
	for (int i = 0; of->content >= 0 && i < ROWS; i++)
		if (world->watched[i].content == of->content && world->watched[i].created_at) {
			may_fail |= world->watched[i].may_fail;
			may_cancel |= world->watched[i].may_cancel;
		}
	long long id = (long long)row->id;
	if (of->content < 0)
		return;
	if (row->state == REFRESH_FAILED && !may_fail)
		wrong(world, "refresh %lld failed without a reason: %s", id, row->reason);
	if (row->state == REFRESH_CANCELLED && !may_cancel)
		wrong(world, "refresh %lld was cancelled by nobody: %s", id, row->reason);
	if (row->state == REFRESH_EXPIRED && times_are_true(world) &&
		world->now - of->created_at < world->schedule_options.give_up_after)
		wrong(world, "refresh %lld expired after %.0f s", id,
			(double)(world->now - of->created_at) / 1e6);
}

void oracle_record(struct world *world, const struct refresh_row *row)
{
	struct watched *of = watched(world, row->id);
	if (!of->created_at) {
		*of = (struct watched){ .created_at = world->now,
			.content = content_of(world, &row->content),
			.job = -1 };
	} else if (!refresh_state_is_open(of->state) && of->state != row->state) {
		wrong(world, "refresh %lld had ended %s and is %s now", (long long)row->id,
			refresh_state_name(of->state), refresh_state_name(row->state));
	}
	int job = *row->job_id ? job_named(world, row->job_id) : -1;
	if (job != of->job)
		of->seen_queued_at = 0;
	of->job = job;
	bool is_new_end = !refresh_state_is_open(row->state) && refresh_state_is_open(of->state);
	if (!refresh_state_is_open(row->state) && !of->ended_at) {
		of->ended_at = world->now;
		is_new_end = true;
	}
	of->state = row->state;
	of->was_followed |= row->state == REFRESH_QUEUED || row->state == REFRESH_RUNNING;
	if (is_new_end)
		check_end(world, of, row);
	if (row->state == REFRESH_SUCCEEDED && is_new_end)
		mark_served(world, of, row);
}

void oracle_cause(struct world *world, const struct cause_row *cause)
{
	struct watched *of = watched(world, cause->refresh);
	int run = run_named(world, cause->event), rule = cause->rule[5] - '0';
	for (int i = 0; i < of->cause_count; i++)
		if (of->causes[i].run == run && of->causes[i].rule == rule)
			return;
	if (of->cause_count < CAUSES) {
		of->causes[of->cause_count].run = run;
		of->causes[of->cause_count++].rule = rule;
	}
}

/* ---- requests ---- */

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
				if (world->runs[i].wishes[j].rule == rule &&
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
		if (rule->delay && world->now < run->durable_at + rule->delay)
			wrong(world, "refresh %lld is sent %.0f s before its delay is over",
				(long long)id,
				(double)(run->durable_at + rule->delay - world->now) / 1e6);
		if (rule->quiet && world->now < cap &&
			!was_quiet(world, of, of->causes[i].rule, run))
			wrong(world, "refresh %lld is sent though its rule was not quiet",
				(long long)id);
	}
}

/* Somebody's wish that no job has served yet, as far as we were told, justifies a request. */
static void check_needed(
	struct world *world, const struct watched *of, const struct refresh_row *row)
{
	if (world->is_asked_again[of->content])
		return;
	for (int i = 0; i < of->cause_count; i++) {
		const struct sim_rule *rule = &world->rules[of->causes[i].rule];
		if (rule->delay || rule->quiet ||
			!world->served[of->causes[i].run][of->content][!row->incremental])
			return;
	}
	wrong(world, "refresh %lld is sent though all its causes were served", (long long)row->id);
}

static void check_budget(struct world *world, int site)
{
	struct sim_calls *calls = &world->calls[site];
	int64_t limit = world->sites[site].options.refreshes_per_hour, count = 0;
	/* A slow disk keeps a request back for two batches after it was counted. */
	int64_t window =
		HOUR - (world->options.faults >> FAULT_SLOW_DISK & 1 ? 2 * SLOWEST_DISK : 0);
	for (int i = 0; i < calls->start_count; i++)
		count += calls->starts[i] > world->now - window;
	if (limit && count >= limit && times_are_true(world))
		wrong(world, "the %lldth start within an hour; %lld are allowed",
			(long long)count + 1, (long long)limit);
	if (calls->start_count == STARTS)
		wrong(world, "more than %d starts", STARTS);
	else
		calls->starts[calls->start_count++] = world->now;
}

/* By priority, then age; but nobody waits for those who came half of give_up_after later. */
static void check_turn(struct world *world, const struct refresh_row *row)
{
	struct site *site = site_of(world->schedule, row->site);
	struct refresh *sent = refresh_find(world->schedule, row->id);
	for (size_t i = 0; i < site->ready.count; i++) {
		const struct refresh *other = container(site->ready.items[i], struct refresh, due);
		if (other->row.priority >= row->priority && other->born.us < sent->born.us)
			wrong(world,
				"refresh %lld is sent before refresh %lld, older and no less "
				"urgent",
				(long long)row->id, (long long)other->row.id);
		if (sent->born.us - other->born.us > world->schedule_options.give_up_after / 2)
			wrong(world, "refresh %lld starves", (long long)other->row.id);
	}
}

void oracle_send(struct world *world, const struct refresh_row *row)
{
	struct watched *of = watched(world, row->id);
	int site = site_number(row->site);
	for (int i = 0; i < ROWS; i++)
		if (&world->watched[i] != of && world->watched[i].created_at &&
			world->watched[i].content == of->content &&
			IS_OPEN_AT_TABLEAU(world->watched[i].state))
			wrong(world, "refresh %lld is sent while refresh %d of its content is %s",
				(long long)row->id, 2 * i,
				refresh_state_name(world->watched[i].state));
	if (of->was_followed)
		wrong(world, "refresh %lld is sent again though its job was followed",
			(long long)row->id);
	if (of->must_look)
		wrong(world, "refresh %lld is sent again though nobody looked for its job",
			(long long)row->id);
	if (world->sites[site].is_paused)
		wrong(world, "refresh %lld is sent to a site that is paused", (long long)row->id);
	check_held(world, of, row->id);
	check_needed(world, of, row);
	check_turn(world, row);
	of->sent_at = world->now;
	of->sent_in = world->life;
	of->knows_clock = world->calls[site].clock_heard_in == world->life;
	of->is_accepted = false;
	of->seen_queued_at = 0;
	/* Until an answer says otherwise; a crash takes the answer away. */
	of->must_look = true;
}

static void check_spacing(struct world *world, const struct sim_call *call)
{
	int64_t least = world->sites[call->site].options.poll_interval;
	struct sim_calls *calls = &world->calls[call->site];
	struct sim_job *job = call->job >= 0 ? &world->jobs[call->job] : NULL;
	bool is_look = call->type == CALL_LIST || call->type == CALL_POLL;
	/* What a list, or a job that cannot be cancelled, leaves open is asked at once. */
	if (is_look && calls->answered_at != world->now && calls->round_at != world->now) {
		if (calls->round_at && world->now - calls->round_at < least)
			wrong(world, "two looks at a site within poll_interval");
		calls->round_at = world->now;
	}
	if (call->type == CALL_LIST) {
		if (calls->listed_at && world->now - calls->listed_at < least)
			wrong(world, "two lists within poll_interval");
		calls->listed_at = world->now;
	} else if (call->type == CALL_POLL && job) {
		if (job->polled_at && world->now - job->polled_at < least)
			wrong(world, "%s was polled twice within poll_interval", job->id);
		job->polled_at = world->now;
		job->polls++;
	}
}

void oracle_call(struct world *world, const struct sim_call *call)
{
	struct sim_calls *calls = &world->calls[call->site];
	int64_t limit = world->sites[call->site].options.job_queries_per_day;
	int64_t down_for = world->now - calls->outage_began;
	bool is_query =
		call->type == CALL_POLL || call->type == CALL_LIST || call->type == CALL_LOOK;
	check_spacing(world, call);
	if (call->type == CALL_SEND)
		check_budget(world, call->site);
	/* No history lasts for a day, but a crash may forget a minute of looks. */
	calls->queries += is_query;
	if (limit && calls->queries > limit && !world->has_crashed)
		wrong(world, "%lld job queries; %lld are allowed", (long long)calls->queries,
			(long long)limit);
	if (world->sites[call->site].down_until <= world->now)
		return;
	calls->in_outage++;
	if (down_for > MINUTE && calls->in_outage > 60 + 2 * down_for / MINUTE)
		wrong(world, "%lld calls to a site that has been down for %.0f s",
			(long long)calls->in_outage, (double)down_for / 1e6);
}

/* ---- answers ---- */

static void check_late(struct world *world, const struct sim_job *job)
{
	const struct sim_content *content = &world->contents[job->content];
	const struct sim_calls *calls = &world->calls[content->site];
	int64_t usual = content->queue + 3 * content->usual / 2;
	int64_t most = usual / 10 > MINUTE ? usual / 10 : MINUTE;
	if (calls->trouble_at + 5 * MINUTE < job->ends &&
		!world->sites[content->site].options.job_queries_per_day &&
		world->now - job->ends > most + 15 * SECOND)
		wrong(world, "the end of %s was told %.0f s late", job->id,
			(double)(world->now - job->ends) / 1e6);
}

/* The longer a job takes, the rarer it is looked at: each ten seconds at first, then each tenth of
 * its age, then each minute; ten more for what a restart or another content's list asked for. */
static void check_kind(struct world *world, const struct sim_job *job)
{
	int64_t took = job->ends - job->created, most = 10 + 10 + took / MINUTE;
	for (int64_t age = 100 * SECOND; age < took && age < 10 * MINUTE; age += age / 10)
		most++;
	if (world->calls[world->contents[job->content].site].trouble_at < job->created &&
		job->polls > most)
		wrong(world, "%s took %.0f s and was polled %lld times", job->id,
			(double)took / 1e6, (long long)job->polls);
}

static void told_of_job(struct world *world, struct watched *of, const struct sim_call *call)
{
	if (of->job < 0)
		return;
	struct sim_job *job = &world->jobs[of->job];
	enum job_phase phase = call->seen.phase;
	if (phase == PHASE_QUEUED && call->asked_at > of->seen_queued_at)
		of->seen_queued_at = call->asked_at;
	if (phase < PHASE_SUCCEEDED)
		return;
	if (!job->told_end_at) {
		job->told_end_at = world->now;
		check_late(world, job);
		check_kind(world, job);
	}
	of->may_fail |= phase == PHASE_FAILED;
	of->may_cancel |= phase == PHASE_CANCELLED;
}

static void told_by_list(struct world *world, const struct sim_call *call)
{
	for (int i = 0; i < ROWS; i++) {
		struct watched *of = &world->watched[i];
		if (!of->created_at || of->job < 0)
			continue;
		for (size_t j = 0; j < call->row_count; j++)
			if (!strcmp(call->row_ids[j], world->jobs[of->job].id) &&
				call->rows[j].phase == PHASE_QUEUED &&
				call->asked_at > of->seen_queued_at)
				of->seen_queued_at = call->asked_at;
	}
}

void oracle_answer(struct world *world, const struct sim_call *call)
{
	struct watched *of = watched(world, call->type == CALL_RESOLVE ? 0 : call->id);
	bool is_fine = call->verdict == VERDICT_OK || call->verdict == VERDICT_BUSY ||
		       call->verdict == VERDICT_NONE;
	if (!is_fine || world->now - call->asked_at > 2 * SECOND)
		world->calls[call->site].trouble_at = world->now;
	if (call->type == CALL_LIST || call->type == CALL_CANCEL)
		world->calls[call->site].answered_at = world->now;
	if (wall_is_set(call->told_at))
		world->calls[call->site].clock_heard_in = world->life;
	of->knows_clock |= of->sent_in == world->life && wall_is_set(call->told_at);
	switch (call->type) {
	case CALL_SEND:
		of->is_accepted = call->verdict == VERDICT_OK;
		of->must_look = call->verdict == VERDICT_UNKNOWN || call->verdict == VERDICT_DOUBT;
		of->may_fail |= call->verdict == VERDICT_DOUBT;
		if (call->verdict == VERDICT_OK)
			of->job = call->found;
		break;
	case CALL_LOOK:
		if (call->verdict != VERDICT_RETRY)
			of->must_look = false;
		/* It may be taken over; the record that follows says so. */
		if (call->verdict == VERDICT_OK) {
			int before = of->job;
			of->job = call->found;
			of->seen_queued_at = 0;
			told_of_job(world, of, call);
			of->job = before == -1 ? call->found : before;
		}
		break;
	case CALL_POLL:
		of->may_fail |= call->verdict == VERDICT_NONE;
		if (call->verdict == VERDICT_OK)
			told_of_job(world, of, call);
		break;
	case CALL_LIST:
		if (call->verdict == VERDICT_OK)
			told_by_list(world, call);
		break;
	case CALL_CANCEL: /* what became of it is asked at once */
		if (call->job >= 0)
			world->jobs[call->job].polled_at = 0;
		break;
	case CALL_RESOLVE:
		break;
	}
}

/* ---- durability ---- */

void oracle_committed(struct world *world, int64_t generation)
{
	world->committed = generation;
}

/* What was not durable did not happen, as far as we know afterwards. */
void oracle_crashed(struct world *world)
{
	for (int i = 0; i < EVENTS; i++)
		for (int j = 0; j < CONTENTS; j++)
			for (int full = 0; full < 2; full++)
				if (world->served[i][j][full] > world->committed)
					world->served[i][j][full] = 0;
	for (int i = 0; i < SITES; i++)
		world->calls[i].trouble_at = world->now;
	for (int i = 0; i < JOBS; i++)
		world->jobs[i].polled_at = 0;
	for (int i = 0; i < SITES; i++)
		world->calls[i].listed_at = world->calls[i].round_at = 0;
	for (int i = 0; i < ROWS; i++) {
		struct watched *of = &world->watched[i];
		const struct sim_row *row = &world->store.rows[i];
		if (!of->created_at)
			continue;
		if (!row->is_there) {
			memset(of, 0, sizeof *of);
			continue;
		}
		of->state = row->row.state;
		of->job = *row->row.job_id ? job_named(world, row->row.job_id) : -1;
		if (refresh_state_is_open(of->state))
			of->ended_at = 0;
		/* Never sent, as far as the journal knows; else somebody has to look. */
		of->must_look = of->state == REFRESH_SENDING || of->state == REFRESH_UNKNOWN;
		of->was_followed = of->state == REFRESH_QUEUED || of->state == REFRESH_RUNNING;
		of->seen_queued_at = 0;
		of->cause_count = 0;
		for (size_t j = 0; j < row->cause_count; j++)
			oracle_cause(world, &row->causes[j]);
	}
	world->has_crashed = true;
	world->crashed_at = world->now;
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
	for (int i = 0; i < ROWS; i++) {
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
