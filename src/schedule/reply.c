/*
 * schedule/reply.c - what the answer to a request means for its refresh.
 */
#include "schedule/state.h"
#include <stdio.h>

static void was_busy(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer)
{
	struct mono opens;
	refresh->was_busy = true;
	refresh_enter(schedule, refresh, REFRESH_WAITING);
	refresh_set_text(&refresh->row.reason, answer.reason);
	if (refresh_look(schedule, now, refresh, &opens))
		act_record(schedule, refresh);
	else
		refresh_try_again(schedule, now, refresh, answer,
			BUSY_FACTOR * schedule->options.retry_initial);
}

static void not_accepted(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer)
{
	switch (answer.verdict) {
	case VERDICT_FAIL:
		refresh_end_with_line(schedule, now, refresh, REFRESH_FAILED, answer.reason);
		break;
	case VERDICT_OTHER: /* refreshes in line are checked separately */
		refresh_end(schedule, now, refresh, REFRESH_FAILED, answer.reason);
		break;
	case VERDICT_DOUBT:
		refresh->was_refused = true;
		refresh_lost(schedule, now, refresh, answer, true);
		break;
	case VERDICT_UNKNOWN:
		refresh_lost(schedule, now, refresh, answer, false);
		break;
	case VERDICT_BUSY:
		was_busy(schedule, now, refresh, answer);
		break;
	case VERDICT_OK:
	case VERDICT_RETRY:
	case VERDICT_NONE:
	case VERDICT_CANNOT:
	case VERDICT_UNSURE:
	case VERDICT_UNREAD:
		refresh_try_again(schedule, now, refresh, answer, schedule->options.retry_initial);
		break;
	}
}

/*
 * Retry-After holds for the site, so that not each request has to get one. When it is not known
 * whether the request went through (503), it holds for all kinds of calls.
 */
static void hold_starts(struct site *site, struct instant now, const struct answer *answer)
{
	struct gate *gate = &site->gate;
	bool is_unknown = answer->verdict == VERDICT_UNKNOWN;
	if (!answer->retry_after || (!is_unknown && answer->verdict != VERDICT_RETRY))
		return;
	gate_hold(&gate->no_starts_before, now.mono, answer->retry_after);
	if (!is_unknown)
		return;
	gate_hold(&gate->no_queries_before, now.mono, answer->retry_after);
	gate_hold(&gate->no_calls_before, now.mono, answer->retry_after);
}

void on_sent(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct answer answer = input->sent.answer;
	const struct job_seen *job = input->sent.job;
	struct refresh *refresh = refresh_find(schedule, input->sent.refresh);
	site_answered(schedule, now, &answer);
	struct site *site = site_of(schedule, answer.site);
	hold_starts(site, now, &answer);
	if (!refresh || refresh->row.state != REFRESH_SENDING)
		return;
	refresh->is_asked = false;
	if (wall_is_set(input->sent.sent_at))
		refresh->row.sent_at = input->sent.sent_at;
	if (answer.verdict == VERDICT_OK) {
		refresh->failures = 0;
		refresh_set_text(&refresh->row.job_id, job->id);
		gate_made_job(&site->gate, &answer.told, job->created_at);
		follow_job(schedule, now, refresh, job, 0);
	} else if (refresh->row.is_cancelling && answer.verdict != VERDICT_UNKNOWN &&
		   answer.verdict != VERDICT_DOUBT) {
		refresh_end_as_asked(schedule, now, refresh);
	} else {
		not_accepted(schedule, now, refresh, answer);
	}
}

/* Does the work of an older refresh, and so takes over its age for the turn. */
static void refresh_is_as_old(
	struct schedule *schedule, struct refresh *refresh, const struct refresh *other)
{
	if (refresh->born.us <= other->born.us)
		return;
	refresh->born = other->born;
	refresh->row.created_at = other->row.created_at;
	act_record(schedule, refresh);
	if (refresh_is_ready(refresh))
		refresh_queue_up(schedule, refresh);
}

/* Hands the causes of `refresh` over to content of another id. Id of the refresh that serves them,
 * or has done so. */
static int64_t go_on_with(struct schedule *schedule, struct instant now,
	const struct refresh *refresh, struct slot *to, const struct content *content)
{
	const struct evidence *evidence;
	int64_t done = slot_has_served(schedule, to, refresh->causes, refresh->cause_count,
		refresh->row.incremental, &evidence);
	for (size_t i = 0; done && i < refresh->cause_count; i++)
		act_cause(schedule, to->site->name, done, &refresh->causes[i], CAUSE_SATISFIED);
	if (done)
		return done;
	struct refresh *successor = slot_join(schedule, now, to, content, refresh->causes,
		refresh->cause_count, refresh_wish(refresh), false);
	refresh_is_as_old(schedule, successor, refresh);
	return successor->row.id;
}

void on_moved(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct content *content = input->moved.content;
	struct refresh *refresh = refresh_find(schedule, input->moved.refresh);
	site_answered(schedule, now, &input->moved.answer);
	bool is_under_way =
		refresh && (refresh->row.state == REFRESH_SENDING || refresh_in_flight(refresh));
	if (!is_under_way)
		return;
	refresh->is_asked = false;
	if (refresh->row.is_cancelling) { /* the result for the old content does not matter */
		refresh_end_as_asked(schedule, now, refresh);
		return;
	}
	struct slot *to = slot_of(schedule, refresh->slot->site->name, content);
	char reason[120]; /* the text and 20 digits */
	snprintf(reason, sizeof reason,
		"the rules name content with another id now; refresh %lld does it",
		(long long)go_on_with(schedule, now, refresh, to, content));
	refresh_end(schedule, now, refresh, REFRESH_CANCELLED, reason);
}
