/*
 * schedule/send.c - refreshes become requests, each in its turn.
 */
#include "schedule/state.h"

static bool has_place(const struct site *site)
{
	if (!site->is_known ||
		site->sending >= (site->options.max_requests > 0 ? site->options.max_requests : 1))
		return false;
	return site->options.max_running <= 0 ||
	       site->in_flight_count + site->sending < site->options.max_running;
}

static void send(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	struct site *site = refresh->slot->site;
	timer_leave(&refresh->due);
	refresh_enter(schedule, refresh, REFRESH_SENDING);
	refresh->row.attempts++;
	refresh->row.not_before = (struct wall){ 0 };
	refresh->row.sent_at = now.wall;
	refresh->row.sent_at_tableau = gate_tableau_surely(&site->gate, now.mono);
	refresh->row.sent_after = schedule->horizon;
	refresh->row.seen_waiting_after = 0;
	refresh->sent = now.mono;
	refresh->was_busy = refresh->was_refused = false;
	refresh->unsure_looks = 0;
	refresh_set_text(&refresh->row.reason, "");
	refresh_set_text(&refresh->row.job_id, "");
	refresh->row.job_created_at = refresh->row.job_started_at = refresh->row.job_completed_at =
		(struct wall){ 0 };
	breaker_called(&site->gate.breaker);
	site->needs_no_greeting = false;
	act_record(schedule, refresh);
	act_on_refresh(schedule, ACTION_SEND, refresh, (struct wall){ 0 });
}

/*
 * A request is recorded, before it leaves, with the time of Tableau's clock: if we are killed
 * before its answer is durable, that time tells its job from others. Before a site's first answer
 * the time is not known, so we sign in first, which the request needs anyway.
 */
static bool needs_greeting(const struct site *site)
{
	return !site->gate.clock.heard_at.us && !site->has_greeted && !site->needs_no_greeting;
}

void send_greeting(struct schedule *schedule, struct site *site)
{
	if (site->is_greeting)
		return;
	breaker_called(&site->gate.breaker);
	act_greet(schedule, site);
}

void on_greeted(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct answer answer = input->greeted.answer;
	struct site *site = site_of(schedule, answer.site);
	site_answered(schedule, now, &answer);
	if (answer.verdict == VERDICT_RETRY && answer.retry_after)
		gate_hold(&site->gate.no_starts_before, now.mono, answer.retry_after);
	site->is_greeting = false;
	site->has_greeted = answer.verdict == VERDICT_OK;
	site->needs_no_greeting = !site->has_greeted;
	site_touch(schedule, site);
}

/* A life that the copy does not know of may have sent it: its job is looked for, as after a lost
 * reply. */
static void look_first(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	timer_leave(&refresh->due);
	refresh->was_busy = refresh->was_refused = false;
	refresh->unsure_looks = 0;
	refresh_enter(schedule, refresh, REFRESH_UNKNOWN);
	refresh_set_text(&refresh->row.reason,
		"the store was restored from a copy: it may have been sent since");
	refresh_wait_until(schedule, now, refresh, 0);
	act_record(schedule, refresh);
}

void send_ready(struct schedule *schedule, struct instant now, struct site *site)
{
	const struct budget_part *spent = NULL;
	struct timer *first;
	while (has_place(site) && (first = timer_first(&site->ready))) {
		struct refresh *refresh = container(first, struct refresh, due);
		if (refresh->row.is_from_copy) {
			look_first(schedule, now, refresh);
			continue;
		}
		struct wait wait = gate_start_wait(&site->gate, now.mono);
		if (wait.kind != WAIT_NOT) {
			site_wait(schedule, site, wait.until);
			break;
		}
		if (needs_greeting(site)) {
			send_greeting(schedule, site);
			break;
		}
		send(schedule, now, refresh);
		spent = budget_spend(&site->gate.starts, now.mono, now.wall, 1);
	}
	act_spent(schedule, site, SPENT_STARTS, spent);
}
