/*
 * schedule/lost.c - a request whose reply is lost, or is open to doubt: is there a job of it? And
 * the job that was in the way of one. What a look finds decides.
 */
#include "base/text.h"
#include "schedule/state.h"

/* How far back a look goes for the open job that a 409093 reports: a queued job has no time limit
 * (src/tableau/README.md, Jobs). Also used when it is not known when the request was sent. */
#define LONG_LOOK_BACK (24 * 3600 * US_PER_SECOND)
/* The known time of a request is late by at most GATE_SURE_WITHIN, and Tableau reports whole
 * seconds (src/tableau/README.md, JSON). */
#define LOST_LOOK_BACK (5 * US_PER_SECOND)
/* After this many undecided looks the request is sent again: a second job is better than waiting
 * without end. */
#define UNSURE_LOOKS 8

/* When the last request went out, by Tableau's clock: as recorded if that clock was known well
 * enough then, else from what is known now. {0}: not known; our own clock may have stepped. */
static struct wall sent_at_tableau(const struct refresh *refresh)
{
	if (wall_is_set(refresh->row.sent_at_tableau) || !refresh->sent.us)
		return refresh->row.sent_at_tableau;
	return gate_tableau_surely(&refresh->slot->site->gate, refresh->sent);
}

/* A job that started before this serves not all of its causes. */
static struct wall latest_fresh_from(const struct refresh *refresh)
{
	struct wall latest = { 0 };
	for (size_t i = 0; i < refresh->cause_count; i++)
		if (refresh->causes[i].fresh_from.us > latest.us)
			latest = refresh->causes[i].fresh_from;
	return latest;
}

static struct wall look_since(const struct refresh *refresh, struct instant now)
{
	struct wall sent_at = sent_at_tableau(refresh),
		    tableau_now = gate_tableau_time(&refresh->slot->site->gate, now.mono);
	if (!refresh->was_busy && wall_is_set(sent_at))
		return wall_after(sent_at, -LOST_LOOK_BACK);
	struct wall from = wall_is_set(tableau_now) ? tableau_now : now.wall;
	/* From a copy that is older: the job may be, too. */
	struct wall fresh_from = latest_fresh_from(refresh);
	if (!refresh->was_busy && wall_is_set(fresh_from) && fresh_from.us < from.us)
		from = fresh_from;
	return wall_after(from, -LONG_LOOK_BACK);
}

bool refresh_look(
	struct schedule *schedule, struct instant now, struct refresh *refresh, struct mono *opens)
{
	struct site *site = refresh->slot->site;
	*opens = site->is_known ? gate_query_opens(&site->gate, now.mono)
				: (struct mono){ INT64_MAX };
	if (opens->us > now.mono.us)
		return false;
	breaker_called(&site->gate.breaker);
	site_spend_queries(schedule, now, site, 1);
	act_on_refresh(schedule, ACTION_LOOK, refresh, look_since(refresh, now));
	return true;
}

void refresh_due(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	struct mono opens;
	if (refresh->row.state != REFRESH_UNKNOWN) {
		refresh_wait_until(schedule, now, refresh, 0);
	} else if (!refresh_look(schedule, now, refresh, &opens)) {
		/* No time is known: either a probe is out, whose answer comes soon, or the site is
		 * gone, and its return wakes this refresh. */
		bool is_known = refresh->slot->site->is_known;
		refresh_wait_until(schedule, now, refresh,
			opens.us != INT64_MAX ? opens.us - now.mono.us
			: is_known            ? schedule->options.retry_initial
					      : schedule->options.retry_max);
	}
}

void refresh_lost(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer, bool at_once)
{
	refresh->was_busy = false;
	refresh->row.sent_at_tableau = sent_at_tableau(refresh); /* known now, perhaps */
	refresh_enter(schedule, refresh, REFRESH_UNKNOWN);
	if (!refresh->row.is_cancelling) /* else it names the person */
		refresh_set_text(&refresh->row.reason, answer.reason);
	int64_t wait =
		again_backoff(schedule, schedule->options.retry_initial, refresh->failures++);
	refresh_wait_until(schedule, now, refresh, at_once ? 0 : wait);
	act_record(schedule, refresh);
}

static bool is_open(const struct job_seen *job)
{
	return job->phase == PHASE_QUEUED || job->phase == PHASE_RUNNING;
}

/* Is what we know as Tableau's clock perhaps that of a proxy, or of a node that is off? */
static bool is_of_other_clock(
	const struct refresh *refresh, struct instant now, const struct job_seen *job)
{
	const struct gate *gate = &refresh->slot->site->gate;
	struct wall earliest, latest;
	bool is_to_come = gate_tableau_between(gate, now.mono, &earliest, &latest) &&
			  job->created_at.us > latest.us + US_PER_SECOND;
	return gate->is_clock_wrong || is_to_come || distant_clock_is_apart(&gate->clock, now.mono);
}

/*
 * The evidence of a job that a look found. Whose job it is does not matter: if it started no
 * earlier than our last request went out, both by Tableau's clock, it reads what a job of that
 * request would have read.
 *
 * After a refusal that is open to doubt, any open job will do: had it been there before, Tableau
 * would have answered 409093, so it was made by our request or later.
 */
static struct evidence found_evidence(const struct refresh *refresh, struct instant now,
	const struct job_seen *job, int64_t asked_after)
{
	struct wall sent_at = sent_at_tableau(refresh);
	struct wall started_at = wall_is_set(job->started_at) ? job->started_at : job->created_at;
	bool is_later = started_at.us >= sent_at.us || (refresh->was_refused && is_open(job));
	bool is_known = wall_is_set(sent_at) && !is_of_other_clock(refresh, now, job);
	return (struct evidence){
		.sent_after = is_known && is_later ? refresh->row.sent_after : 0,
		.seen_waiting_after = job->phase == PHASE_QUEUED ? asked_after : 0,
		.started_at = job->started_at,
	};
}

/* The reason keeps the answer of the last request, in case the refresh is given up. */
static void send_again(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer)
{
	const char *got = *refresh->row.reason ? refresh->row.reason : "no reply";
	OWNED_TEXT struct text reason = TEXT(1000);
	if (!refresh->row.attempts)
		text_printf(&reason, "no job was found that serves it, it is sent; %s", got);
	else if (answer.verdict == VERDICT_CANNOT || answer.verdict == VERDICT_UNSURE)
		text_printf(&reason,
			"it is not known whether the last request made a job (%s), it is sent "
			"again; it got: %s",
			answer.reason, got);
	else
		text_printf(&reason,
			"no job was found of the last request, it is sent again; it got: %s", got);
	answer.reason = reason.at;
	refresh->row.is_from_copy = false;
	refresh->failures -= refresh->failures > 0;
	refresh_try_again(schedule, now, refresh, answer, schedule->options.retry_initial);
}

/* Tells the person who cancelled it that a job may go on. */
static void tell_unsure(struct refresh *refresh, const struct answer *look)
{
	if (look->verdict == VERDICT_NONE)
		return;
	OWNED_TEXT struct text reason = TEXT(1000);
	text_printf(&reason,
		"%s; it is not known whether its last request made a job, which would go on: %s",
		refresh->row.reason,
		look->verdict == VERDICT_OK ? "there is a job that may be another program's"
					    : look->reason);
	refresh_set_text(&refresh->row.reason, reason.at);
}

static void look_ended(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer)
{
	bool is_unsure = answer.verdict == VERDICT_UNSURE && ++refresh->unsure_looks < UNSURE_LOOKS;
	if (!refresh->was_busy && (answer.verdict == VERDICT_RETRY || is_unsure)) {
		refresh_lost(schedule, now, refresh, answer, false); /* look again */
		return;
	}
	if (refresh->row.is_cancelling) {
		tell_unsure(refresh, &answer);
		refresh_end_as_asked(schedule, now, refresh);
		return;
	}
	struct answer look = answer;
	answer.reason = refresh->row.reason;
	if (refresh->was_refused) {
		refresh_end_with_line(schedule, now, refresh, REFRESH_FAILED, answer.reason);
	} else if (refresh->was_busy) {
		refresh_try_again(schedule, now, refresh, answer,
			BUSY_FACTOR * schedule->options.retry_initial);
	} else {
		send_again(schedule, now, refresh, look);
	}
}

/*
 * After a lost reply: may this be the job of our request? Nothing proves it.
 * Tableau tells whole seconds, so a job of somebody else that was made a second before looks the
 * same, and may have read old data. The job is followed, and when it is over the request is sent
 * once more (refresh_send_once_more()): a second job costs less than a stale success.
 */
static bool may_be_ours(
	const struct refresh *refresh, struct instant now, const struct job_seen *job)
{
	struct wall sent_at = sent_at_tableau(refresh);
	bool is_enough = refresh->row.incremental || !job->is_incremental;
	return !refresh->was_busy && !refresh->was_refused && is_enough && wall_is_set(sent_at) &&
	       !is_of_other_clock(refresh, now, job) &&
	       job->created_at.us + US_PER_SECOND > sent_at.us - GATE_SURE_WITHIN;
}

static void adopt(struct schedule *schedule, struct instant now, struct refresh *refresh,
	const struct job_seen *job, const struct evidence *evidence, int64_t asked_after)
{
	refresh->failures = 0;
	refresh->was_refused = refresh->row.is_from_copy = false;
	refresh->row.sent_after = evidence->sent_after;
	refresh->row.seen_waiting_after = evidence->seen_waiting_after;
	refresh_set_text(&refresh->row.job_id, job->id);
	if (!refresh->row.is_cancelling)
		refresh_set_text(&refresh->row.reason, "");
	follow_job(schedule, now, refresh, job, asked_after);
}

void on_looked(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct answer answer = input->looked.answer;
	const struct job_seen *job = input->looked.job;
	int64_t asked_after = input->looked.asked_after;
	struct refresh *refresh = refresh_find(schedule, input->looked.refresh);
	site_answered(schedule, now, &answer);
	struct site *site = site_of(schedule, answer.site);
	if (answer.calls > 1)
		site_spend_queries(schedule, now, site, answer.calls - 1);
	if (answer.verdict == VERDICT_RETRY && answer.retry_after)
		gate_hold(&site->gate.no_queries_before, now.mono, answer.retry_after);
	if (!refresh || !refresh->is_asked ||
		(refresh->row.state != REFRESH_UNKNOWN && refresh->row.state != REFRESH_WAITING))
		return;
	refresh->is_asked = false;
	struct evidence evidence = { 0 };
	bool is_found = answer.verdict == VERDICT_OK;
	if (is_found)
		evidence = found_evidence(refresh, now, job, asked_after);
	if (is_found && (refresh_is_served(schedule, refresh, &evidence, job->is_incremental) ||
				may_be_ours(refresh, now, job)))
		adopt(schedule, now, refresh, job, &evidence, asked_after);
	else
		look_ended(schedule, now, refresh, answer);
}
