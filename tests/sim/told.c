/*
 * tests/sim/told.c - what Tableau has answered, and what must follow from that at once.
 */
#include "tests/sim/oracle.h"
#include <string.h>

/* Tableau reports whole seconds, and its clock is known to two: a job that starts this long after a
 * request cannot be one that ran before. */
#define SURELY_LATER (3 * SECOND)
/* A job that this many answers in a row do not know is lost; one that may not be looked at as often
 * cannot be followed (src/schedule/README.md). */
#define LOST_AFTER 4
#define REFUSED_AFTER 6
/* Looks that are refused come ever later, so that the right may be given meanwhile. */
#define REFUSED_TIME (9 * MINUTE)
/* Backoff from fifteen seconds on, doubled each time up to five minutes, less an eighth at least.
 */
#define BUSY_OFTEN 10
#define BUSY_TIME (200 * SECOND)
/* Jobs of a content that a look is told are not meant (src/schedule/README.md). */
#define KNOWN_TOLD 32
#define UNREAD_RAREST 5 /* a power of two */

/* A job that we were told is another refresh's is not taken for its own. */
static bool is_its_own(const struct world *world, const struct watched *of, int number, int64_t id)
{
	const struct sim_job *job = &world->jobs[number];
	struct watched seen = *of;
	seen.sent_at = 0; /* what is known of the job, not of the request */
	return job->maker == id || fresh_covers(world, &seen, of) ||
	       (!job->is_told_ours && job->starts >= of->sent_at);
}

/* ---- jobs ---- */

static void told_of_job(struct world *world, struct watched *of, const struct sim_call *call)
{
	int number = call->type == CALL_LOOK ? call->found : call->job;
	struct sim_job *job = &world->jobs[number];
	if (call->type == CALL_POLL)
		of->tried = of->refused = of->unknown = of->unread = 0;
	enum job_phase phase = call->seen.phase;
	patience_told(world, of, number, phase);
	of->told_at = world->now;
	of->told_start = call->seen.started_at;
	if (phase == PHASE_QUEUED && call->asked_at > of->seen_queued_at)
		of->seen_queued_at = of->queued_at_ever = call->asked_at;
	if (phase < PHASE_SUCCEEDED)
		return;
	bool is_new = !job->told_end_at;
	job->told_end_at = is_new ? world->now : job->told_end_at;
	if (is_new && call->type != CALL_LOOK) /* which finds what nobody followed */
		kind_told_end(world, job);
	if (!is_its_own(world, of, number, call->id))
		return;
	of->may_fail |= phase == PHASE_FAILED;
	of->job_was_cancelled |= phase == PHASE_CANCELLED;
}

static const struct job_seen *row_of_job(
	const struct world *world, const struct sim_call *list, int job)
{
	for (size_t i = 0; job >= 0 && i < list->row_count; i++)
		if (!strcmp(list->row_ids[i], world->jobs[job].id))
			return &list->rows[i];
	return NULL;
}

static void told_by_list(struct world *world, const struct sim_call *call)
{
	for (int i = 0; i < world->watched_end; i++) {
		struct watched *of = &world->watched[i];
		const struct job_seen *row =
			of->created_at ? row_of_job(world, call, of->job) : NULL;
		if (!row)
			continue;
		/* Under another name it may not be what the rules name. */
		bool is_believed = (of->refused || of->unknown || of->unread) &&
				   !strcmp(row->title, world->contents[of->content].name);
		if (is_believed || row->phase < PHASE_SUCCEEDED)
			of->unknown = of->unread = 0;
		if (row->phase < PHASE_SUCCEEDED) {
			patience_told(world, of, of->job, row->phase);
			of->told_at = world->now;
			of->tried = 0;
		}
		/* If the job may not be queried alone, the list is believed. */
		of->may_fail |= is_believed && row->phase == PHASE_FAILED;
		of->job_was_cancelled |= is_believed && row->phase == PHASE_CANCELLED;
		if (row->phase == PHASE_QUEUED && call->asked_at > of->seen_queued_at)
			of->seen_queued_at = of->queued_at_ever = call->asked_at;
	}
}

static void told_of_list(struct world *world, const struct sim_call *call)
{
	struct sim_calls *calls = &world->calls[call->site];
	calls->unread_lists = call->verdict == VERDICT_UNREAD ? calls->unread_lists + 1 : 0;
	/* One by one, then, as soon as the site lets them. */
	if (call->verdict == VERDICT_CANNOT || call->verdict == VERDICT_UNREAD)
		calls->round_at = 0;
	for (int i = 0; i < world->watched_end; i++) /* whatever it says, jobs are asked for then */
		world->watched[i].rarer = 0;
	if (call->verdict == VERDICT_OK)
		told_by_list(world, call);
}

/* ---- how far back a question goes ---- */

/* A look for what a forgotten life sent goes back a day, by a clock that may have stepped, or as
 * far as clocks prove something. */
#define LOOKS_BACK (17 * HOUR)

static bool is_far_back(
	const struct world *world, const struct watched *of, const struct sim_job *job)
{
	bool is_proof = fresh_is_late_enough(world, of, job) && !world->is_asked_again[of->content];
	return !(of->sent_at && of->knew_clock) && world->now - job->created > LOOKS_BACK &&
	       !is_proof;
}

/* Must the answer tell of this job? */
static bool is_meant(const struct world *world, const struct sim_call *call, int number)
{
	const struct sim_job *job = &world->jobs[number];
	const struct watched *of = &world->watched[call->id / 2];
	if (call->type == CALL_LOOK)
		return job->content == call->content &&
		       (of->answer == VERDICT_BUSY
				       ? job->ends > world->now
				       : job->maker == call->id && job->asked_at >= of->sent_at &&
						 !is_far_back(world, of, job));
	for (int i = 0; i < world->watched_end; i++) {
		of = &world->watched[i];
		if (of->created_at && of->job == number &&
			world->contents[job->content].site == call->site &&
			(of->state == REFRESH_QUEUED || of->state == REFRESH_RUNNING))
			return true;
	}
	return false;
}

void told_check_since(struct world *world, const struct sim_call *call)
{
	bool goes_back = call->type == CALL_LOOK || call->type == CALL_LIST;
	for (int i = 0; goes_back && i < world->job_count; i++) {
		const struct sim_job *job = &world->jobs[i];
		struct wall at = site_clock(world, call->site, job->created);
		if (at.us < call->since.us / SECOND * SECOND && is_meant(world, call, i))
			wrong(world,
				"%s began %.0f s before the time from which jobs are asked for",
				job->id, (double)(call->since.us - at.us) / 1e6);
	}
}

/* ---- which jobs are not meant ---- */

static bool is_named_known(const struct effect *look, const char *id)
{
	for (int i = 0; i < KNOWN; i++)
		if (!strcmp(look->known[i], id))
			return true;
	return false;
}

void told_check_known(struct world *world, const struct effect *look)
{
	const struct sim_row *last = NULL;
	size_t count = 0;
	for (int i = 0; i < world->watched_end; i++) {
		const struct sim_row *row = &world->store.rows[i];
		if (!row->is_there || refresh_state_is_open(row->row.state) || !*row->job_id ||
			content_of(world, &row->row.content) != look->call.content)
			continue;
		count++;
		last = row;
	}
	if (last && count <= KNOWN_TOLD && !is_named_known(look, last->job_id))
		wrong(world, "refresh %lld may take %s, which refresh %lld had",
			(long long)look->call.id, last->job_id, (long long)last->row.id);
}

/* ---- answers ---- */

/* After a 409093, tries get rarer. */
static void told_busy(struct world *world, struct watched *of, int64_t id)
{
	meet(world, MET_BUSY);
	if (!of->busy++)
		of->busy_from = world->now;
	if (of->busy == BUSY_OFTEN && world->now - of->busy_from < BUSY_TIME)
		wrong(world, "refresh %lld was told %d times within %.0f s that a job is there",
			(long long)id, BUSY_OFTEN, (double)(world->now - of->busy_from) / 1e6);
}

static void told_of_request(struct world *world, struct watched *of, const struct sim_call *call)
{
	of->answer = call->has_moved ? VERDICT_OTHER : call->verdict;
	of->is_other = call->verdict == VERDICT_OTHER;
	if (call->verdict == VERDICT_BUSY)
		told_busy(world, of, call->id);
	else
		of->busy = 0;
	of->is_accepted = call->verdict == VERDICT_OK && !call->has_moved;
	of->must_look = call->verdict == VERDICT_UNKNOWN || call->verdict == VERDICT_DOUBT;
	of->was_refused = call->verdict == VERDICT_DOUBT || call->verdict == VERDICT_FAIL;
	of->may_fail |= of->was_refused;
	of->told_at = world->now;
	if (call->verdict != VERDICT_OK || call->found < 0)
		return;
	of->job = call->found;
	struct sim_job *job = &world->jobs[call->found];
	patience_told(world, of, call->found, call->seen.phase);
	job->is_told_ours = true;
	if (call->seen.phase < PHASE_SUCCEEDED || call->has_moved)
		return;
	job->told_end_at = world->now; /* it is over at once */
	of->told_start = call->seen.started_at;
	of->may_fail |= call->seen.phase == PHASE_FAILED;
	of->job_was_cancelled |= call->seen.phase == PHASE_CANCELLED;
}

/* A job that cannot be read is looked at ever rarer. */
static void told_unread(struct world *world, struct watched *of, const struct sim_call *poll)
{
	of->unread += poll->verdict == VERDICT_UNREAD;
	of->rarer = poll->verdict != VERDICT_UNREAD ? 0
		    : of->unread < UNREAD_RAREST    ? of->unread
						    : UNREAD_RAREST;
	of->rare_until = world->now + (world->sites[poll->site].options.poll_interval << of->rarer);
	world->jobs[poll->job].rare_until = of->rare_until;
}

/* A list may lag. */
static bool lists_own(const struct world *world, const struct sim_call *look)
{
	for (size_t i = 0; i < look->row_count; i++)
		if (world->jobs[job_named(world, look->row_ids[i])].maker == look->id)
			return true;
	return false;
}

static void told_by_look(struct world *world, struct watched *of, const struct sim_call *call)
{
	of->looked_at = call->asked_at;
	of->own_was_listed = lists_own(world, call);
	of->unsure += call->verdict == VERDICT_UNSURE;
	if (of->unsure >= UNSURE_AFTER && of->must_look)
		meet(world, MET_NOBODY_CAN_TELL);
	if (call->verdict != VERDICT_RETRY &&
		(call->verdict != VERDICT_UNSURE || of->unsure >= UNSURE_AFTER)) {
		of->must_look = false;
		older_looked(world, of, call);
	}
	if (call->verdict != VERDICT_OK)
		return;
	/* It may be taken over; the record that follows says so. Which request made one that was
	 * forgotten is not known, so only its start, or that it waits, can prove something. */
	int before = of->job;
	of->job = call->found;
	of->seen_queued_at = 0;
	of->is_accepted = of->knows_clock && wall_is_set(call->seen.started_at) &&
			  !older_is_forgotten(world, &world->jobs[call->found]) &&
			  world->jobs[call->found].starts >= of->sent_at + SURELY_LATER;
	told_of_job(world, of, call);
	of->job = before == -1 ? call->found : before;
	of->found_own = of->answer != VERDICT_BUSY && of->knows_clock &&
			world->jobs[call->found].maker == call->id &&
			world->jobs[call->found].created >= of->sent_at &&
			!older_is_forgotten(world, &world->jobs[call->found]) &&
			(of->is_incremental || !call->seen.is_incremental);
}

static void hear_wait(struct world *world, const struct sim_call *call)
{
	struct sim_calls *calls = &world->calls[call->site];
	bool is_start = call->type == CALL_SEND || call->type == CALL_GREET;
	enum kind_of_call kind = is_start                     ? KIND_START
				 : call->type == CALL_RESOLVE ? KIND_NAME
							      : KIND_QUERY;
	int64_t until = world->now + call->retry_after;
	if (!call->retry_after)
		return;
	meet(world, MET_WAIT_TOLD);
	for (int i = 0; i < KINDS_OF_CALLS; i++) {
		if (i != (int)kind && call->verdict != VERDICT_UNKNOWN)
			continue;
		calls->not_before[i] = later_of(calls->not_before[i], until);
		calls->told_until[i] = later_of(calls->told_until[i], until);
	}
}

/* For a slow answer, it is not known when Tableau read its clock. */
static void hear_clock(struct world *world, struct watched *of, const struct sim_call *call)
{
	struct sim_calls *calls = &world->calls[call->site];
	if (wall_is_set(call->told_at))
		calls->told_time_in = world->life;
	if (!wall_is_set(call->told_at) || world->now - call->told_since >= SECOND / 2)
		return;
	calls->clock_heard_in = world->life;
	calls->clock_heard_at = world->now;
	of->knows_clock |= of->sent_in == world->life && world->now - of->sent_at < CLOCK_KEPT;
}

static void told_by_site(struct world *world, struct watched *of, const struct sim_call *call)
{
	struct sim_calls *calls = &world->calls[call->site];
	int64_t tail = world->schedule_options.retry_max;
	bool is_fine = call->verdict == VERDICT_OK || call->verdict == VERDICT_BUSY ||
		       call->verdict == VERDICT_NONE || call->verdict == VERDICT_UNSURE;
	/* What is wrong with what was asked for is no excuse for anything else. */
	calls->is_failing = !is_fine && !call->is_alive;
	bool is_behind = (call->type == CALL_POLL && call->verdict == VERDICT_NONE) ||
			 call->verdict == VERDICT_UNSURE;
	if (!is_fine || is_behind || world->now - call->asked_at > 2 * SECOND)
		calls->trouble_at = world->now;
	if ((call->verdict != VERDICT_OK || call->type == CALL_LOOK) && !call->is_alive)
		calls->failed_at = world->now;
	if (call->type == CALL_RESOLVE && call->is_alive)
		wish_of(world, call->id)->tries_until = world->now + tail;
	else if (call->is_alive)
		of->own_trouble_until = world->now + tail;
	if (call->type == CALL_SEND || call->type == CALL_LOOK)
		of->tries_until =
			world->now + (call->retry_after > tail ? call->retry_after : tail);
	hear_wait(world, call);
	if (call->type == CALL_LIST || call->type == CALL_CANCEL)
		calls->answered_at = world->now;
	/* To cancel a job is paid for as a query. */
	kind_queried(world, call->site, call->type == CALL_CANCEL ? 1 : call->calls - 1);
	hear_clock(world, of, call);
}

void oracle_answer(struct world *world, const struct sim_call *call)
{
	struct watched *of = watched(world, call->type == CALL_RESOLVE ? 0 : call->id);
	told_by_site(world, of, call);
	switch (call->type) {
	case CALL_SEND:
		told_of_request(world, of, call);
		break;
	case CALL_LOOK:
		told_by_look(world, of, call);
		break;
	case CALL_POLL:
		of->is_other |= call->verdict == VERDICT_OTHER;
		of->unknown += call->verdict == VERDICT_NONE;
		if (call->verdict == VERDICT_CANNOT && !of->refused++)
			of->refused_from = world->now;
		told_unread(world, of, call);
		of->may_fail |= of->unknown >= LOST_AFTER ||
				(of->refused >= REFUSED_AFTER &&
					world->now - of->refused_from >= REFUSED_TIME);
		if (call->verdict == VERDICT_OK)
			told_of_job(world, of, call);
		break;
	case CALL_LIST:
		told_of_list(world, call);
		break;
	case CALL_CANCEL: /* what became of it is asked at once */
		if (call->job >= 0)
			world->jobs[call->job].polled_at = 0;
		of->is_cancelled &= call->verdict == VERDICT_RETRY;
		of->refused_from = 0; /* then it is looked at at once */
		break;
	case CALL_RESOLVE:
		wish_of(world, call->id)->is_answered |=
			call->verdict == VERDICT_OK || call->verdict == VERDICT_FAIL;
		break;
	case CALL_GREET:
		world->calls[call->site].greeted_in = world->life;
		break;
	}
}

/* ---- what follows at once ---- */

static bool is_followed(const struct watched *of)
{
	return of->state == REFRESH_QUEUED || of->state == REFRESH_RUNNING;
}

static void check_request(struct world *world, const struct watched *of, int64_t id)
{
	if (of->answer == VERDICT_FAIL && refresh_state_is_open(of->state))
		wrong(world, "refresh %lld was refused for good, and is %s", (long long)id,
			refresh_state_name(of->state));
	if (of->answer == VERDICT_OK && refresh_state_is_open(of->state) && !is_followed(of))
		wrong(world, "refresh %lld was accepted, and is %s", (long long)id,
			refresh_state_name(of->state));
}

/* Was its job seen waiting, by a look that was asked after all that it stands for was wished? */
static bool was_seen_waiting(
	const struct world *world, const struct watched *of, const struct sim_call *look)
{
	struct watched seen = { .queued_at_ever = look->asked_at };
	return look->seen.phase == PHASE_QUEUED && look->asked_at >= of->again_at &&
	       fresh_covers(world, &seen, of) && (of->is_incremental || !look->seen.is_incremental);
}

/* By the clocks, so that it does not matter who made it. */
static bool started_late_enough(
	const struct world *world, const struct watched *of, const struct sim_call *look)
{
	return wall_is_set(look->seen.started_at) && !world->is_asked_again[of->content] &&
	       fresh_is_late_enough(world, of, &world->jobs[look->found]) &&
	       (of->is_incremental || !look->seen.is_incremental);
}

static void check_look(struct world *world, const struct watched *of, const struct sim_call *look)
{
	if (look->verdict == VERDICT_UNSURE && of->unsure >= UNSURE_AFTER &&
		of->state == REFRESH_UNKNOWN)
		wrong(world, "refresh %lld is looked for though %d looks could not tell",
			(long long)look->id, of->unsure);
	if (look->verdict != VERDICT_OK || !refresh_state_is_open(of->state) || is_followed(of))
		return;
	/* One that is over and proves nothing is not worth it. */
	if (of->found_own && (look->seen.phase < PHASE_SUCCEEDED || fresh_is_proven(world, of)))
		wrong(world, "refresh %lld does not follow %s, which it made", (long long)look->id,
			world->jobs[look->found].id);
	if (was_seen_waiting(world, of, look))
		wrong(world, "refresh %lld does not take %s over, which waited",
			(long long)look->id, world->jobs[look->found].id);
	if (started_late_enough(world, of, look))
		wrong(world, "refresh %lld does not take %s over, which started late enough",
			(long long)look->id, world->jobs[look->found].id);
}

bool oracle_is_asked(const struct world *world, int64_t refresh)
{
	FOR_EACH_OUT(world, effect)
	if (effect->is_begun && effect->call.id == refresh && effect->call.type != CALL_RESOLVE &&
		effect->call.type != CALL_LIST)
		return true;
	return false;
}

/* A row does not say how a job ended, and one that is missing may have: they are asked for by
 * themselves. */
static void check_listed(struct world *world, const struct sim_call *list)
{
	if (list->verdict != VERDICT_OK || !kind_may_query(world, list->site))
		return;
	for (int i = 0; i < world->watched_end; i++) {
		const struct watched *of = &world->watched[i];
		if (!of->created_at || of->content < 0 || !is_followed(of) ||
			world->contents[of->content].site != list->site || of->refused ||
			of->unknown || of->unread || oracle_is_asked(world, 2 * i))
			continue;
		const struct job_seen *row = row_of_job(world, list, of->job);
		if (!row || row->phase >= PHASE_SUCCEEDED)
			wrong(world, "%s is %s the list, and is not asked for",
				world->jobs[of->job].id, row ? "over by" : "missing from");
	}
}

void oracle_answered(struct world *world, const struct sim_call *call)
{
	const struct watched *of = watched(world, call->type == CALL_RESOLVE ? 0 : call->id);
	world->moving = 0;
	if (call->type == CALL_POLL && call->verdict == VERDICT_OK)
		patience_check_followed(world, of, call->id);
	if ((call->has_moved || call->verdict == VERDICT_OTHER) &&
		refresh_state_is_open(of->state) &&
		(call->type == CALL_SEND || of->job == call->job))
		wrong(world, "refresh %lld is of content that the rules do not name, and is %s",
			(long long)call->id, refresh_state_name(of->state));
	if (call->type == CALL_SEND)
		check_request(world, of, call->id);
	else if (call->type == CALL_LOOK)
		check_look(world, of, call);
	else if (call->type == CALL_LIST)
		check_listed(world, call);
}
