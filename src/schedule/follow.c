/*
 * schedule/follow.c - follows jobs to their end by few, cheap looks, and ends the refreshes that
 * they serve.
 */
#include "base/mem.h"
#include "base/name.h"
#include "base/text.h"
#include "schedule/state.h"

/* Tableau's times are whole seconds (src/tableau/README.md, JSON), and the time of a request is
 * known to two; a list "since" an instant must include jobs created shortly before it. */
#define LIST_MARGIN (4 * US_PER_SECOND)

/* How often in a row a look may be refused for good, or Tableau may not know the job; each look
 * comes after twice the time of the one before. With poll_interval's ten seconds a refusal has ten
 * minutes to be mended, and a node that lags behind (src/tableau/README.md, Jobs) has more than
 * one. */
#define REFUSED_LOOKS 6
#define UNKNOWN_LOOKS 4

/* A job whose answers cannot be read is looked at ever more rarely, at most by this power of two.
 */
#define UNREAD_RAREST 5
/* After this many lists in a row that cannot be read, jobs are asked for one by one. */
#define UNREAD_LISTS 3

static int64_t at_most(int64_t value, int64_t most)
{
	return value < most ? value : most;
}

/* ---- the results of looks ---- */

static void job_succeeded(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	struct slot *slot = refresh->slot;
	slot_succeeded(slot, &refresh->row);
	refresh_end_with_line(schedule, now, refresh, REFRESH_SUCCEEDED, "");
}

/* Does its job cover all its causes? A job found after a lost reply may be another program's, begun
 * before (lost.c, may_be_ours()). */
static bool is_evidence(const struct schedule *schedule, const struct refresh *refresh)
{
	struct evidence evidence = evidence_of(&refresh->row);
	return refresh_is_served(schedule, refresh, &evidence, refresh->row.incremental);
}

static void job_ended(struct schedule *schedule, struct instant now, struct refresh *refresh,
	const struct job_seen *job)
{
	const char *notes = job->notes && *job->notes ? job->notes : NULL;
	bool proves_nothing = !is_evidence(schedule, refresh);
	if (refresh->row.is_cancelling && (proves_nothing || job->phase == PHASE_CANCELLED))
		/* It alone was cancelled, not those in line. */
		refresh_end(schedule, now, refresh, REFRESH_CANCELLED, refresh->row.reason);
	else if (proves_nothing && refresh->is_asked)
		return; /* only a list says so; the answer to the poll that is out decides */
	else if (proves_nothing)
		refresh_send_once_more(schedule, now, refresh);
	else if (job->phase == PHASE_SUCCEEDED)
		job_succeeded(schedule, now, refresh);
	else if (job->phase == PHASE_FAILED)
		refresh_end_with_line(schedule, now, refresh, REFRESH_FAILED,
			notes ? notes
			      : "Tableau's job failed without a reason; look at the content's "
				"refresh history");
	else
		refresh_end_with_line(schedule, now, refresh, REFRESH_CANCELLED,
			notes ? notes : "the job was cancelled on Tableau");
}

static void take_times(struct refresh_row *row, const struct job_seen *job)
{
	if (wall_is_set(job->created_at))
		row->job_created_at = job->created_at;
	if (wall_is_set(job->started_at))
		row->job_started_at = job->started_at;
	if (wall_is_set(job->completed_at))
		row->job_completed_at = job->completed_at;
}

static void sees_again(struct schedule *schedule, struct refresh *refresh)
{
	if (!refresh_is_blind(refresh))
		return;
	refresh->refused_looks = refresh->unknown_looks = refresh->unread_looks = 0;
	if (!refresh->row.is_cancelling)
		refresh_set_text(&refresh->row.reason, "");
	act_record(schedule, refresh);
}

/* How long it has been queued, at most: the shorter time by two clocks. */
static int64_t queued_for(const struct refresh *refresh, struct instant now)
{
	return at_most(look_job_age(refresh, now), now.wall.us - refresh->row.sent_at.us);
}

/* No other job of ours serves those in line that it covers, so they end with it. */
static void never_started(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	OWNED_TEXT struct text reason = TEXT(500);
	text_printf(&reason,
		"Tableau has left its job %s in the queue for more than %d times give_up_after; "
		"it is followed no longer, and may still start: look at the site's background "
		"jobs",
		refresh->row.job_id, QUEUE_PATIENCE);
	refresh_end_with_line(schedule, now, refresh, REFRESH_EXPIRED, reason.at);
}

static void still_going(struct schedule *schedule, struct instant now, struct refresh *refresh,
	const struct job_seen *job, int64_t asked_after)
{
	bool is_queued = job->phase == PHASE_QUEUED;
	bool may_be_stuck =
		refresh->row.state != REFRESH_RUNNING && refresh->row.state != REFRESH_SENDING;
	if (is_queued && may_be_stuck &&
		queued_for(refresh, now) > QUEUE_PATIENCE * schedule->options.give_up_after) {
		never_started(schedule, now, refresh);
		return;
	}
	enum refresh_state before = refresh->row.state;
	if (is_queued && asked_after > refresh->row.seen_waiting_after) {
		refresh->row.seen_waiting_after = asked_after;
		refresh->is_unrecorded = true; /* recorded when an event joins because of it */
	}
	refresh->row.not_before = (struct wall){ 0 };
	/* A slow poll may be older than what a list has reported meanwhile. */
	if (before != REFRESH_RUNNING)
		refresh_enter(schedule, refresh, is_queued ? REFRESH_QUEUED : REFRESH_RUNNING);
	/* That it is still queued is recorded only when another refresh stands behind it. */
	if (refresh->row.state != before || (is_queued && refresh->slot->line))
		act_record(schedule, refresh);
	if (refresh->is_asked)
		return; /* a question is out already; its answer decides what is next */
	if (refresh->row.is_cancelling)
		act_on_refresh(schedule, ACTION_CANCEL, refresh, (struct wall){ 0 });
	else
		look_later(schedule, now, refresh, look_wait(schedule, refresh, now));
}

void follow_job(struct schedule *schedule, struct instant now, struct refresh *refresh,
	const struct job_seen *job, int64_t asked_after)
{
	sees_again(schedule, refresh);
	/* Each answer about the job renews the patience. */
	patience_set(&refresh->patience, now.mono, schedule->options.give_up_after);
	take_times(&refresh->row, job);
	switch (job->phase) {
	case PHASE_QUEUED:
	case PHASE_RUNNING:
		still_going(schedule, now, refresh, job, asked_after);
		break;
	case PHASE_SUCCEEDED:
	case PHASE_FAILED:
	case PHASE_CANCELLED:
		job_ended(schedule, now, refresh, job);
		break;
	}
}

/* ---- looking ---- */

static void poll(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	struct site *site = refresh->slot->site;
	if (refresh->is_asked)
		return;
	timer_leave(&refresh->look);
	if (!site->is_known || gate_query_opens(&site->gate, now.mono).us > now.mono.us) {
		look_later(schedule, now, refresh, 0); /* it is tried when the gate opens */
		return;
	}
	breaker_called(&site->gate.breaker);
	site_spend_queries(schedule, now, site, 1);
	act_on_refresh(schedule, ACTION_POLL, refresh, (struct wall){ 0 });
}

static struct wall oldest_job(const struct site *site, struct instant now)
{
	struct wall since = gate_tableau_time(&site->gate, now.mono);
	if (!wall_is_set(since))
		since = now.wall;
	for (const struct refresh *refresh = site->in_flight; refresh;
		refresh = refresh->flight_next) {
		struct wall at = wall_is_set(refresh->row.job_created_at)
					 ? refresh->row.job_created_at
					 : refresh->row.sent_at_tableau;
		if (wall_is_set(at) && at.us < since.us)
			since = at;
	}
	return wall_after(since, -LIST_MARGIN);
}

static void list(struct schedule *schedule, struct instant now, struct site *site)
{
	breaker_called(&site->gate.breaker);
	site_spend_queries(schedule, now, site, 1);
	act_list(schedule, site, oldest_job(site, now));
}

/* Takes out of site->looks the refreshes that are worth a look now, as a list through `look_next`.
 */
static struct refresh *take_due(struct site *site, struct instant now, size_t *count)
{
	struct refresh *first = NULL;
	struct timer *timer;
	*count = 0;
	while ((timer = timer_first(&site->looks)) && timer->key <= now.mono.us) {
		struct refresh *refresh = container(timer, struct refresh, look);
		timer_leave(timer);
		refresh->look_next = first;
		first = refresh;
		++*count;
	}
	return first;
}

/* Several jobs are looked at by one list, which shows those that are not due yet too; a single one
 * is asked for by itself, which shows more. */
void follow_round(struct schedule *schedule, struct instant now, struct site *site)
{
	size_t count;
	struct refresh *refresh = take_due(site, now, &count), *next;
	bool is_list_worth_it = count > 1 || (count == 1 && refresh_is_blind(refresh));
	bool is_listed = is_list_worth_it && site->may_list && !site->is_listing &&
			 gate_query_opens(&site->gate, now.mono).us <= now.mono.us;
	site->round_at = now.mono;
	if (is_listed)
		list(schedule, now, site);
	for (; refresh; refresh = next) {
		next = refresh->look_next;
		if (is_listed || site->is_listing) /* the list's answer puts them back */
			continue;
		poll(schedule, now, refresh);
	}
	look_arm_round(schedule, now, site);
}

/* The answer showed nothing about the job, and the next one may not either: the next look is later.
 */
static void look_rarely(struct schedule *schedule, struct instant now, struct refresh *refresh,
	int64_t times, const char *reason)
{
	if (refresh->row.is_cancelling) {
		act_on_refresh(schedule, ACTION_CANCEL, refresh, (struct wall){ 0 });
		return;
	}
	refresh_set_text(&refresh->row.reason, reason);
	act_record(schedule, refresh);
	look_later(schedule, now, refresh, refresh->slot->site->options.poll_interval << times);
}

static void look_refused(struct schedule *schedule, struct instant now, struct refresh *refresh,
	const struct answer *answer)
{
	OWNED_TEXT struct text reason = TEXT(1000);
	if (++refresh->refused_looks < REFUSED_LOOKS) {
		text_printf(&reason, "its job may not be looked at: %s", answer->reason);
		look_rarely(schedule, now, refresh, refresh->refused_looks, reason.at);
		return;
	}
	text_printf(&reason,
		"it ran, but may not be followed: %s; the PAT's user needs the right to see jobs, "
		"which a site administrator has; how it ended is in the content's refresh history",
		answer->reason);
	refresh_end_with_line(schedule, now, refresh, REFRESH_FAILED, reason.at);
}

static void job_unknown(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	if (++refresh->unknown_looks < UNKNOWN_LOOKS)
		look_rarely(schedule, now, refresh, refresh->unknown_looks - 1,
			"Tableau did not know its job when it was asked last; it is asked again");
	else
		refresh_end_with_line(schedule, now, refresh, REFRESH_FAILED,
			"Tableau does not know the job any more, so it is not known how it "
			"ended; look at the content's refresh history");
}

/* The answer about this one job cannot be read; nothing is wrong with its site. */
static void look_unread(struct schedule *schedule, struct instant now, struct refresh *refresh,
	const struct answer *answer)
{
	OWNED_TEXT struct text reason = TEXT(1000);
	text_printf(&reason, "its job cannot be read: %s", answer->reason);
	refresh->unread_looks++;
	look_rarely(
		schedule, now, refresh, at_most(refresh->unread_looks, UNREAD_RAREST), reason.at);
}

void on_polled(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct answer answer = input->polled.answer;
	struct refresh *refresh = refresh_find(schedule, input->polled.refresh);
	site_answered(schedule, now, &answer);
	struct site *site = site_of(schedule, answer.site);
	if (answer.verdict == VERDICT_RETRY && answer.retry_after)
		gate_hold(&site->gate.no_queries_before, now.mono, answer.retry_after);
	if (!refresh || !refresh_in_flight(refresh))
		return;
	refresh->is_asked = false;
	if (answer.verdict == VERDICT_OK)
		follow_job(schedule, now, refresh, input->polled.job, input->polled.asked_after);
	else if (answer.verdict == VERDICT_CANNOT)
		look_refused(schedule, now, refresh, &answer);
	else if (answer.verdict == VERDICT_NONE)
		job_unknown(schedule, now, refresh);
	else if (answer.verdict == VERDICT_UNREAD)
		look_unread(schedule, now, refresh, &answer);
	else if (answer.verdict == VERDICT_OTHER)
		refresh_end(schedule, now, refresh, REFRESH_FAILED, answer.reason);
	else /* a failed look says nothing about the job */
		look_later(schedule, now, refresh, site->options.poll_interval);
}

/* ---- lists ---- */

/* The rows of one list by job id, for one pass over what is in flight. */
struct row_index {
	const struct job_seen *job;
	UT_hash_handle by_id;
};

static struct row_index *index_rows(
	const struct job_seen *jobs, size_t count, struct row_index *rows)
{
	struct row_index *index = NULL;
	for (size_t i = 0; i < count; i++) {
		struct row_index *there = NULL;
		HASH_FIND(by_id, index, jobs[i].id, strlen(jobs[i].id), there);
		if (there)
			continue;
		rows[i].job = &jobs[i];
		HASH_ADD_KEYPTR(by_id, index, jobs[i].id, strlen(jobs[i].id), &rows[i]);
	}
	return index;
}

/* Does the row decide? It has no finish code and no notes (src/tableau/README.md, Job list), so an
 * ended or missing job is queried alone, as long as that query has a result. */
static bool row_tells(const struct refresh *refresh, const struct job_seen *row)
{
	const struct content *content = &refresh->row.content;
	bool is_open = row->phase == PHASE_QUEUED || row->phase == PHASE_RUNNING;
	/* Under another name it may not be the content that the rules name any more. */
	bool is_alias = row->title && *row->title && content->kind != CONTENT_TASK &&
			!name_equal(row->title, content->name);
	return is_open || (refresh_is_blind(refresh) && !row->is_bridge && !is_alias);
}

static void listed_rows(struct schedule *schedule, struct instant now, struct site *site,
	const struct job_seen *jobs, size_t count, int64_t asked_after)
{
	OWNED_MEMORY struct row_index *rows = mem_alloc(sizeof *rows * (count + 1));
	struct row_index *index = index_rows(jobs, count, rows);
	struct refresh *refresh, *following;
	for (refresh = site->in_flight; refresh; refresh = following) {
		following = refresh->flight_next;
		struct row_index *row = NULL;
		HASH_FIND(by_id, index, refresh->row.job_id, strlen(refresh->row.job_id), row);
		if (row && row_tells(refresh, row->job))
			follow_job(schedule, now, refresh, row->job, asked_after);
		else if (!refresh_is_blind(refresh) || !timer_is_set(&refresh->look))
			poll(schedule, now, refresh); /* otherwise when its next look is due */
	}
	HASH_CLEAR(by_id, index);
}

/* Puts refreshes back into site->looks that were taken out for a job list which did not report
 * them. */
static void look_again(
	struct schedule *schedule, struct instant now, struct site *site, int64_t wait_us)
{
	for (struct refresh *refresh = site->in_flight; refresh; refresh = refresh->flight_next)
		if (!refresh->is_asked && !timer_is_set(&refresh->look))
			look_later(schedule, now, refresh, wait_us);
}

void on_listed(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct answer answer = input->listed.answer;
	struct site *site = site_of(schedule, answer.site);
	site->is_listing = false;
	site_answered(schedule, now, &answer);
	if (answer.calls > 1)
		site_spend_queries(schedule, now, site, answer.calls - 1);
	if (answer.verdict == VERDICT_RETRY && answer.retry_after)
		gate_hold(&site->gate.no_queries_before, now.mono, answer.retry_after);
	site->unread_lists = answer.verdict == VERDICT_UNREAD ? site->unread_lists + 1 : 0;
	bool may_not = answer.verdict == VERDICT_CANNOT || answer.verdict == VERDICT_FAIL ||
		       site->unread_lists == UNREAD_LISTS;
	if (may_not)
		site->may_list = false;
	if (answer.verdict == VERDICT_OK)
		listed_rows(schedule, now, site, input->listed.jobs, input->listed.count,
			input->listed.asked_after);
	/* From now on jobs are asked for one by one, beginning at once. */
	if (may_not)
		site->round_at = mono_plus(now.mono, -site->options.poll_interval);
	look_again(schedule, now, site, may_not ? 0 : site->options.poll_interval);
}
