/*
 * schedule/ask.c - people's commands: cancel, retry, do it again, pause.
 */
#include "base/mem.h"
#include "base/text.h"
#include "schedule/state.h"
#include <stdio.h>

static struct asked asked(enum consent consent, int64_t refresh, const char *words)
{
	struct asked asked = { .consent = consent, .refresh = refresh };
	str_print(asked.words, sizeof asked.words, "%s", words);
	return asked;
}

/* ---- cancel ---- */

static struct asked cancel(
	struct schedule *schedule, struct instant now, int64_t id, const char *who)
{
	struct refresh *refresh = refresh_find(schedule, id);
	OWNED_TEXT struct text reason = TEXT(300);
	if (!refresh)
		return asked(CONSENT_NONE, id, "");
	text_printf(&reason, "cancelled by %s", who);
	if (refresh->row.state == REFRESH_WAITING) {
		refresh_end(schedule, now, refresh, REFRESH_CANCELLED, reason.at);
		return asked(CONSENT_YES, id, "cancelled");
	}
	refresh->row.is_cancelling = true;
	refresh_set_text(&refresh->row.reason, reason.at);
	act_record(schedule, refresh);
	if (refresh_in_flight(refresh) && !refresh->is_asked) {
		timer_leave(&refresh->look);
		act_on_refresh(schedule, ACTION_CANCEL, refresh, (struct wall){ 0 });
	} else if (refresh->row.state == REFRESH_UNKNOWN && !refresh->is_asked) {
		refresh_wait_until(schedule, now, refresh, 0);
	}
	return asked(CONSENT_YES, id,
		refresh_in_flight(refresh)
			? "Tableau is asked to cancel its job"
			: "it is cancelled as soon as it is known whether Tableau has a "
			  "job for it");
}

void on_cancel(struct schedule *schedule, struct instant now, const struct input *input)
{
	schedule->asked = cancel(schedule, now, input->cancel.refresh, input->cancel.who);
}

void on_job_cancelled(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct answer answer = input->job_cancelled.answer;
	struct refresh *refresh = refresh_find(schedule, input->job_cancelled.refresh);
	struct site *site = site_of(schedule, answer.site);
	site_answered(schedule, now, &answer);
	site_spend_queries(schedule, now, site, 1);
	bool is_unsure = answer.verdict == VERDICT_RETRY || answer.verdict == VERDICT_UNKNOWN;
	if (is_unsure && answer.retry_after)
		gate_hold(&site->gate.no_queries_before, now.mono, answer.retry_after);
	if (!refresh || !refresh->is_asked || !refresh_in_flight(refresh))
		return;
	refresh->is_asked = false;
	if (answer.verdict == VERDICT_OK) {
		refresh_end(schedule, now, refresh, REFRESH_CANCELLED, refresh->row.reason);
		return;
	}
	/* It is not known whether Tableau got the request: the job is looked at, and cancelled
	 * again if it goes on. */
	if (is_unsure) {
		look_later(schedule, now, refresh, site->options.poll_interval);
		return;
	}
	refresh->row.is_cancelling = false;
	OWNED_TEXT struct text reason = TEXT(1000);
	/* The job was over already, or Tableau refuses: its end is still to be seen. */
	text_printf(&reason, "not %s: %s", refresh->row.reason,
		answer.verdict == VERDICT_NONE ? "the job was over already" : answer.reason);
	refresh_set_text(&refresh->row.reason, reason.at);
	act_record(schedule, refresh);
	look_later(schedule, now, refresh, 0);
}

/* ---- retry, and again ---- */

static struct asked retry_waiting(
	struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	struct slot *slot = refresh->slot;
	int64_t id = refresh->row.id;
	refresh->failures = 0;
	if (refresh->is_held) {
		hold_ended(schedule, now, refresh);
		return asked(CONSENT_YES, id, "it is held no longer");
	}
	if (slot->current != refresh) {
		char words[100]; /* the text and 20 digits */
		snprintf(words, sizeof words, "it waits for refresh %lld of the same content",
			(long long)slot->current->row.id);
		return asked(CONSENT_NO, id, words);
	}
	IGNORE(site_go_on(schedule, now, slot->site)); /* the result does not matter */
	if (!refresh_is_ready(refresh) && !refresh->is_asked) {
		refresh_wait_until(schedule, now, refresh, 0);
		act_record(schedule, refresh);
	}
	return asked(CONSENT_YES, id, "it is sent as soon as its site lets it");
}

static struct asked retry(struct schedule *schedule, struct instant now, int64_t id)
{
	struct refresh *refresh = refresh_find(schedule, id);
	if (!refresh)
		return asked(CONSENT_NONE, id, "");
	if (refresh->row.state == REFRESH_WAITING)
		return retry_waiting(schedule, now, refresh);
	if (refresh->row.state != REFRESH_UNKNOWN)
		return asked(CONSENT_NO, id, "it is under way; nothing to retry");
	refresh->failures = 0;
	IGNORE(site_go_on(schedule, now, refresh->slot->site)); /* the result does not matter */
	if (!refresh->is_asked)
		refresh_wait_until(schedule, now, refresh, 0);
	return asked(CONSENT_YES, id, "its job is looked for now");
}

void on_retry(struct schedule *schedule, struct instant now, const struct input *input)
{
	schedule->asked = retry(schedule, now, input->retry.refresh);
}

static struct asked again(struct schedule *schedule, struct instant now,
	const struct refresh_row *row, const struct cause_row *causes, size_t count)
{
	if (!*row->content.luid)
		return asked(CONSENT_NO, row->id,
			"it names no content; replay its event, which resolves it again");
	if (!site_of(schedule, row->site)->is_known)
		return asked(CONSENT_NO, row->id, "the configuration has no site of its name");
	OWNED_MEMORY struct cause_row *copies = mem_alloc(sizeof *copies * (count + 1));
	int64_t stamp = stamp_next(schedule);
	for (size_t i = 0; i < count; i++) {
		copies[i] = causes[i];
		copies[i].after = stamp;
		/* so that only a new request serves it */
		copies[i].fresh_from = (struct wall){ 0 };
		/* its event was satisfied: what a person wants more begins now */
		if (row->state == REFRESH_SUCCEEDED)
			copies[i].arrived_at = now.wall;
	}
	struct slot *slot = slot_of(schedule, row->site, &row->content);
	struct wish wish = { .priority = row->priority, .incremental = row->incremental };
	const struct refresh *refresh =
		slot_join(schedule, now, slot, &row->content, copies, count, wish, false);
	return asked(CONSENT_YES, refresh->row.id, "it is done again");
}

void on_again(struct schedule *schedule, struct instant now, const struct input *input)
{
	schedule->asked = again(
		schedule, now, input->again.row, input->again.causes, input->again.cause_count);
}

/* ---- pause ---- */

static struct asked pause_site(struct schedule *schedule, struct site *site, const char *who)
{
	if (site->gate.paused_by)
		return asked(CONSENT_NO, 0, "it is paused already");
	site->gate.paused_by = mem_copy_text(who);
	site_touch(schedule, site);
	return asked(CONSENT_YES, 0, "it is sent no more refreshes; jobs in flight are followed");
}

static struct asked resume_site(
	struct schedule *schedule, struct instant now, struct site *site, bool signs_in)
{
	bool was_paused = site->gate.paused_by, had_to_wait = site_go_on(schedule, now, site);
	free(site->gate.paused_by);
	site->gate.paused_by = NULL;
	if (signs_in)
		send_greeting(schedule, site);
	if (was_paused)
		site_touch(schedule, site);
	if (was_paused || had_to_wait || signs_in)
		return asked(CONSENT_YES, 0,
			was_paused    ? "it is sent refreshes again"
			: had_to_wait ? "it is asked again at once"
				      : "its sign-in is tried again at once");
	return asked(CONSENT_NO, 0,
		"it is neither paused nor left alone for a while, and its sign-in did not fail");
}

void on_pause(struct schedule *schedule, struct instant now, const struct input *input)
{
	struct site *site = site_find(schedule, input->pause.site);
	if (!site || !site->is_known)
		schedule->asked = asked(CONSENT_NONE, 0, "");
	else if (input->pause.is_paused)
		schedule->asked = pause_site(schedule, site, input->pause.who);
	else
		schedule->asked = resume_site(schedule, now, site, input->pause.signs_in);
}
