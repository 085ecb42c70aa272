/*
 * tests/sim/site.c - Tableau: it queues jobs, runs those of a content one after another, refuses
 * what is queued already, reports whole seconds, and loses replies.
 */
#include "tests/sim/sim.h"
#include <stdlib.h>
#include <string.h>

/* Tableau's clock, in whole seconds (src/tableau/README.md, JSON). */
struct wall site_clock(const struct world *world, int site, int64_t at)
{
	int64_t us = 1800000000 * SECOND + at + world->sites[site].skew;
	return (struct wall){ us / SECOND * SECOND };
}

enum job_phase job_phase_at(const struct sim_job *job, int64_t at)
{
	if (at < job->starts && at < job->ends)
		return PHASE_QUEUED;
	if (at < job->ends)
		return PHASE_RUNNING;
	return job->end == END_SUCCESS   ? PHASE_SUCCEEDED
	       : job->end == END_FAILURE ? PHASE_FAILED
					 : PHASE_CANCELLED;
}

int job_named(const struct world *world, const char *id)
{
	int number = atoi(id + strlen("job-"));
	return number < world->job_count && !strcmp(world->jobs[number].id, id) ? number : -1;
}

static int busy_job(const struct world *world, int content)
{
	for (int i = 0; i < world->job_count; i++)
		if (world->jobs[i].content == content && world->jobs[i].ends > world->now)
			return i;
	return -1;
}

static int make_job(struct world *world, int content, bool is_ours, bool is_incremental)
{
	struct sim_content *of = &world->contents[content];
	struct sim_job *job = &world->jobs[world->job_count];
	if (world->job_count == JOBS) {
		wrong(world, "more than %d jobs", JOBS);
		return JOBS - 1;
	}
	*job = (struct sim_job){ .content = content,
		.is_ours = is_ours,
		.is_incremental = is_incremental,
		.created = world->now };
	snprintf(job->id, sizeof job->id, "job-%d", world->job_count);
	job->starts = world->now + between(world, 0, of->queue);
	int64_t patience = world->schedule_options.give_up_after;
	if (patience <= HOUR && chance(world, FAULT_STUCK, 1))
		job->starts = world->now + between(world, patience, 6 * patience);
	job->ends = job->starts + between(world, of->usual / 2, of->usual * 3 / 2) + 1;
	if (chance(world, FAULT_AT_ONCE, 3)) {
		job->starts = world->now;
		job->ends = between(world, 0, 1) ? world->now : job->ends;
	}
	if (of->longest < job->ends - job->created)
		of->longest = job->ends - job->created;
	if (chance(world, FAULT_JOB_FAILS, 10))
		job->end = between(world, 0, 2) ? END_FAILURE : END_CANCELLED;
	/* Its notes are strange, or a gateway takes offence at them. */
	if (chance(world, FAULT_UNREAD, 3))
		job->unread_until = world->now + between(world, MINUTE, 2 * HOUR);
	job->gone = chance(world, FAULT_JOB_GONE, 2) ? job->ends + between(world, 0, 30 * SECOND)
						     : INT64_MAX;
	note(world, "Tableau: %s of %s, %s%s, will start at %+.1fs and end at %+.1fs %s", job->id,
		of->name, is_ours ? "ours" : "somebody else's",
		is_incremental ? ", incremental" : "", (double)(job->starts - world->now) / 1e6,
		(double)(job->ends - world->now) / 1e6, job->end == END_SUCCESS ? "well" : "badly");
	return world->job_count++;
}

int site_foreign_job(struct world *world, int content)
{
	int busy = busy_job(world, content);
	return busy >= 0 ? busy : make_job(world, content, false, between(world, 0, 3) == 0);
}

static void show(const struct world *world, const struct sim_job *job, bool is_row,
	struct job_seen *seen, char id[16])
{
	int site = world->contents[job->content].site;
	memcpy(id, job->id, sizeof job->id);
	*seen = (struct job_seen){ .id = id,
		.phase = job_phase_at(job, world->now),
		.created_at = site_clock(world, site, job->created),
		.notes = is_row ? "" : "it failed",
		.title = world->contents[job->content].named == NAMED_STILL
				 ? world->contents[job->content].name
				 : "another name",
		.is_incremental = job->is_incremental };
	if (seen->phase != PHASE_QUEUED && job->starts <= job->ends)
		seen->started_at = site_clock(world, site, job->starts);
	if (seen->phase >= PHASE_SUCCEEDED)
		seen->completed_at = site_clock(world, site, job->ends);
}

static void refuse(struct sim_call *call, enum verdict verdict, const char *reason)
{
	call->verdict = verdict;
	call->reason = reason;
}

static int64_t free_start_at(const struct world *world, const struct sim_site *site, int number)
{
	int64_t count = 0, oldest = INT64_MAX;
	for (int i = 0; i < world->job_count; i++) {
		const struct sim_job *job = &world->jobs[i];
		if (!job->is_ours || world->contents[job->content].site != number ||
			job->created <= world->now - HOUR)
			continue;
		count++;
		if (job->created < oldest)
			oldest = job->created;
	}
	return site->starts_per_hour && count >= site->starts_per_hour ? oldest + HOUR : world->now;
}

static void start_refresh(struct world *world, struct sim_call *call)
{
	if (world->contents[call->content].is_gone) {
		refuse(call, VERDICT_FAIL, "404006");
		call->has_moved = true;
		return;
	}
	int busy = busy_job(world, call->content);
	int64_t free_at = free_start_at(world, &world->sites[call->site], call->site);
	if (busy >= 0) {
		refuse(call, VERDICT_BUSY, "409093");
		return;
	}
	if (free_at > world->now) {
		refuse(call, VERDICT_RETRY, "429000");
		call->retry_after = free_at - world->now;
		return;
	}
	if (chance(world, FAULT_REFUSED, 2)) {
		refuse(call, VERDICT_FAIL, "403180");
		return;
	}
	bool is_doubtful = chance(world, FAULT_DOUBT, 3);
	if (!is_doubtful || between(world, 0, 1)) {
		call->found = make_job(world, call->content, true, call->is_incremental);
		world->jobs[call->found].maker = call->id;
		world->jobs[call->found].asked_at = call->asked_at;
		show(world, &world->jobs[call->found], false, &call->seen, call->seen_id);
	}
	if (is_doubtful)
		refuse(call, VERDICT_DOUBT, "403004");
}

/* Who looks for one comes later than the lag. */
static void list_jobs(struct world *world, struct sim_call *call, bool may_lag)
{
	call->rows = calloc((size_t)world->job_count + 1, sizeof *call->rows);
	call->row_ids = calloc((size_t)world->job_count + 1, sizeof *call->row_ids);
	for (int i = 0; i < world->job_count; i++) {
		const struct sim_job *job = &world->jobs[i];
		int site = world->contents[job->content].site;
		if (site != call->site || job->gone <= world->now ||
			site_clock(world, site, job->created).us < call->since.us / SECOND * SECOND)
			continue;
		if (may_lag && chance(world, FAULT_LIST_LAGS, 3))
			continue;
		show(world, job, true, &call->rows[call->row_count],
			call->row_ids[call->row_count]);
		call->row_count++;
	}
}

/* It answered as it should, but that cannot be read. */
static void unread(struct sim_call *call, enum verdict verdict)
{
	refuse(call, verdict, "unreadable");
	call->is_alive = true;
}

static void poll(struct world *world, struct sim_call *call)
{
	const struct sim_job *job = &world->jobs[call->job];
	if (!world->sites[call->site].may_poll) {
		meet(world, FAULT_NO_POLL);
		refuse(call, VERDICT_CANNOT, "403");
	} else if (job->gone <= world->now || job->hidden_until > world->now ||
		   chance(world, FAULT_POLL_LAGS, 2))
		refuse(call, VERDICT_NONE, "404018");
	else if (job->unread_until > world->now)
		unread(call, VERDICT_UNREAD);
	else
		show(world, job, false, &call->seen, call->seen_id);
}

static void cancel(struct world *world, struct sim_call *call)
{
	struct sim_job *job = &world->jobs[call->job];
	if (job->ends <= world->now) {
		refuse(call, VERDICT_NONE, "403091");
		return;
	}
	if (between(world, 0, 4) == 0) {
		refuse(call, VERDICT_FAIL, "403032");
		return;
	}
	job->ends = world->now;
	job->end = END_CANCELLED;
}

/* It may tell when to come again, which is then for the whole site. */
static void server_error(struct world *world, struct sim_call *call)
{
	bool tells = between(world, 0, 3) == 0;
	refuse(call, call->type == CALL_SEND ? VERDICT_UNKNOWN : VERDICT_RETRY,
		tells ? "HTTP 503" : "HTTP 500");
	if (tells)
		call->retry_after = between(world, SECOND, 5 * MINUTE);
}

/* A gateway's page, an SSO page or maintenance, which is not Tableau's answer. */
static void not_tableau(struct world *world, struct sim_call *call)
{
	/* And says when to come again, as long as it is not for ever. */
	bool is_busy =
		between(world, 0, 2) == 0 && world->sites[call->site].down_until <= world->now;
	refuse(call, call->type == CALL_SEND ? VERDICT_UNKNOWN : VERDICT_RETRY,
		is_busy ? "HTTP 503, but not from Tableau" : "HTTP 302");
	call->retry_after = is_busy ? between(world, SECOND, 2 * MINUTE) : 0;
}

/* What is lost, or fails, before or after Tableau has done it. True: it is not done. */
static bool goes_wrong(struct world *world, struct sim_call *call)
{
	bool is_send = call->type == CALL_SEND;
	bool is_down = world->sites[call->site].down_until > world->now;
	if (is_down && world->sites[call->site].is_behind_gateway) {
		not_tableau(world, call);
		return true;
	}
	call->is_reply_replaced = chance(world, FAULT_NOT_TABLEAU, 2);
	if (call->is_reply_replaced && between(world, 0, 1)) {
		not_tableau(world, call);
		return true;
	}
	if (is_down || chance(world, FAULT_LOST_REQUEST, 6)) {
		bool may_be_sent = is_send && (is_down ? between(world, 0, 3) == 0 : true);
		refuse(call, may_be_sent ? VERDICT_UNKNOWN : VERDICT_RETRY, "no reply");
		return true;
	}
	if (chance(world, FAULT_THROTTLE, 3)) {
		refuse(call, VERDICT_RETRY, "429");
		call->retry_after = between(world, SECOND, 5 * MINUTE);
		return true;
	}
	if (chance(world, FAULT_LOST_REPLY, 6))
		call->is_reply_lost = true;
	if (chance(world, FAULT_SERVER_ERROR, 5)) {
		call->is_reply_lost = between(world, 0, 1);
		if (!call->is_reply_lost)
			server_error(world, call);
		return !call->is_reply_lost;
	}
	return false;
}

static void may_not_list(struct world *world, struct sim_call *call)
{
	meet(world, FAULT_NO_LIST);
	refuse(call, VERDICT_CANNOT, "403");
}

/* Content, too: the same in another item's name makes its whole list unreadable. */
static bool is_unread(struct world *world, const struct sim_call *call)
{
	bool is_list = call->type == CALL_LIST || call->type == CALL_RESOLVE;
	if (call->type == CALL_GREET || call->type == CALL_POLL || call->type == CALL_CANCEL)
		return false;
	return (is_list && world->sites[call->site].unread_until > world->now) ||
	       chance(world, FAULT_UNREAD, 2);
}

/* Others of its name are refreshed at that time, too; the node that is asked may not know them. */
static void namesakes(struct world *world, int content)
{
	int stranger = STRANGERS + content % NAMED, count = (int)between(world, 1, 14);
	for (int i = 0; i < count; i++) {
		int number = make_job(world, stranger, false, between(world, 0, 3) == 0);
		if (between(world, 0, 9) == 0)
			world->jobs[number].hidden_until =
				world->now + between(world, MINUTE, 2 * HOUR);
	}
}

static void reply(struct world *world, struct sim_call *call)
{
	bool is_send = call->type == CALL_SEND;
	if (call->verdict == VERDICT_OK && is_unread(world, call))
		unread(call, is_send                   ? VERDICT_UNKNOWN
			     : call->type == CALL_LIST ? VERDICT_UNREAD
						       : VERDICT_RETRY);
	if (call->is_reply_replaced)
		not_tableau(world, call);
	if (call->is_reply_lost) {
		call->retry_after = 0;
		refuse(call, is_send ? VERDICT_UNKNOWN : VERDICT_RETRY, "the reply was lost");
	}
	if (call->is_reply_replaced || call->is_reply_lost) {
		call->told_at = (struct wall){ 0 };
		call->is_alive = call->has_moved = false;
		call->named_count = 0;
	}
	if (is_send && call->verdict != VERDICT_OK && chance(world, FAULT_UNSURE, 12))
		namesakes(world, call->content);
}

/* Whom the rules name now: what was published again or renamed has left its name to another. What
 * was published again has another LUID. */
static void resolve(const struct world *world, const struct wish *wish, struct sim_call *call)
{
	int count = wish && strcmp(wish->selector, "no content") ? wish->selected_count : 0;
	for (int i = 0; i < count; i++) {
		const struct sim_content *named = &world->contents[wish->selected[i]];
		bool is_other = named->is_gone || named->named == NAMED_OTHER;
		if (wish->is_by_luid ? !named->is_gone : named->named != NAMED_NONE)
			call->named[call->named_count++] =
				wish->selected[i] + (is_other && !wish->is_by_luid ? NAMED : 0);
	}
	if (!call->named_count)
		refuse(call, VERDICT_FAIL, "names nothing");
}

void site_request(struct world *world, struct request *request)
{
	struct sim_call *call = &request->call;
	const struct sim_site *site = &world->sites[call->site];
	call->verdict = VERDICT_OK;
	call->found = -1;
	if (site->is_gone && call->type == CALL_CANCEL) {
		refuse(call, VERDICT_RETRY, "no such site");
		return;
	}
	if (goes_wrong(world, call))
		return;
	call->told_at = site_clock(world, call->site, world->now);
	switch (call->type) {
	case CALL_RESOLVE:
		resolve(world, request->wish, call);
		break;
	case CALL_GREET:
		break;
	case CALL_SEND:
		start_refresh(world, call);
		break;
	case CALL_POLL:
		poll(world, call);
		break;
	case CALL_LIST:
		if (site->may_list)
			list_jobs(world, call, !request->is_for_look);
		else
			may_not_list(world, call);
		break;
	case CALL_LOOK: /* many requests, none by itself */
		break;
	case CALL_CANCEL:
		cancel(world, call);
		break;
	}
	reply(world, call);
}
