/*
 * schedule/again.c - when something is tried again, for how long, and the end of that.
 */
#include "base/text.h"
#include "schedule/state.h"

#define LAST_TRY (60 * US_PER_SECOND)

/* splitmix64, Sebastiano Vigna, public domain: a generator with one word of state. */
static uint64_t random_next(struct schedule *schedule)
{
	uint64_t z = schedule->random += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

int64_t again_backoff(struct schedule *schedule, int64_t initial, int64_t failures)
{
	int64_t most = schedule->options.retry_max;
	int64_t ceiling = initial < 1 ? 1 : initial;
	for (int64_t i = 0; i < failures && ceiling < most; i++)
		ceiling *= 2;
	if (ceiling > most)
		ceiling = most > initial ? most : initial;
	int64_t least = ceiling / 8;
	return least + (int64_t)(random_next(schedule) % (uint64_t)(ceiling - least + 1));
}

int64_t again_time_left(const struct schedule *schedule, int64_t left)
{
	int64_t most = schedule->options.give_up_after, least = most < LAST_TRY ? most : LAST_TRY;
	return left < least ? least : left > most ? most : left;
}

void refresh_try_again(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer, int64_t initial)
{
	refresh_enter(schedule, refresh, REFRESH_WAITING);
	refresh_serve_line(refresh);
	refresh_set_text(&refresh->row.reason, answer.reason);
	refresh_wait_until(
		schedule, now, refresh, again_backoff(schedule, initial, refresh->failures++));
	act_record(schedule, refresh);
}

void refresh_end_as_asked(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	refresh_end(schedule, now, refresh, REFRESH_CANCELLED, refresh->row.reason);
}

void refresh_expire(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	if (refresh->is_asked) { /* the answer may still be good */
		patience_set(&refresh->patience, now.mono, ANSWER_SOON);
		return;
	}
	bool has_job = refresh_in_flight(refresh);
	bool is_start = refresh->row.state == REFRESH_WAITING;
	OWNED_TEXT struct text reason = TEXT(1000);
	text_add(&reason, "given up after give_up_after");
	if (has_job)
		text_printf(
			&reason, ", in which nothing was heard of its job %s", refresh->row.job_id);
	text_add(&reason, "; last: ");
	wait_add_trouble(now.mono, refresh->slot->site, is_start ? CALLS_START : CALLS_QUERY,
		refresh->row.reason, &reason);
	refresh_end(schedule, now, refresh, REFRESH_EXPIRED, reason.at);
}

void refresh_send_once_more(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	OWNED_TEXT struct text reason = TEXT(300);
	text_printf(&reason,
		"no reply named its job; job %s was found, which may have started before the event "
		"arrived: it is sent once more",
		refresh->row.job_id);
	slot_know_job(schedule, refresh->slot, refresh->row.job_id);
	refresh_enter(schedule, refresh, REFRESH_WAITING);
	refresh_serve_line(refresh);
	refresh_set_text(&refresh->row.reason, reason.at);
	refresh_wait_until(schedule, now, refresh, 0);
	act_record(schedule, refresh);
}
