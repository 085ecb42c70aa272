/*
 * schedule/restore.c - restores what the store holds: open refreshes, past successes, spent
 * budgets, paused sites.
 */
#include "base/mem.h"
#include "schedule/state.h"

static struct mono restored_birth(struct instant now, const struct refresh_row *row)
{
	int64_t age = now.wall.us - row->created_at.us;
	return mono_plus(now.mono, age > 0 ? -age : 0);
}

/* No look may take its job for that of another refresh. */
static void restore_job(struct schedule *schedule, const struct refresh_row *row)
{
	if (*row->job_id)
		slot_know_job(schedule, slot_of(schedule, row->site, &row->content), row->job_id);
}

static bool is_held(const struct refresh *refresh)
{
	return refresh->cause_count && refresh->causes[0].after == STAMP_NEVER;
}

static void restore_ended(struct schedule *schedule, const struct refresh_row *row)
{
	struct refresh_row last = { .id = row->id,
		.incremental = row->incremental,
		.sent_after = row->sent_after,
		.seen_waiting_after = row->seen_waiting_after,
		.job_created_at = row->job_created_at,
		.job_started_at = row->job_started_at,
		.job_completed_at = row->job_completed_at };
	slot_succeeded(slot_of(schedule, row->site, &row->content), &last);
}

static void restore_waiting(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	int64_t left = refresh->row.not_before.us - now.wall.us;
	/* Before its first try, or when it waited longer than between two tries, it waited for its
	 * turn, which is found again. */
	if (!wall_is_set(refresh->row.not_before) || left < 0 || !refresh->row.attempts ||
		left > schedule->options.retry_max)
		left = 0;
	refresh_wait_until(schedule, now, refresh, left);
}

static void serve_line_too(struct schedule *schedule, struct refresh *current)
{
	refresh_serve_line(current);
	if (refresh_is_ready(current))
		refresh_queue_up(schedule, current);
}

/* The current refresh is the one that has left "waiting", else the oldest that is not held. */
static void restore_place(struct schedule *schedule, struct instant now, struct refresh *refresh,
	enum refresh_state state)
{
	struct slot *slot = refresh->slot;
	if (is_held(refresh)) {
		hold_restored(schedule, now, refresh);
		return;
	}
	if (state == REFRESH_WAITING && slot->current) {
		if (slot->current->row.state == REFRESH_WAITING)
			serve_line_too(schedule, slot->current);
		return;
	}
	/* At most one refresh of a content is sent or followed. Another row that says so was not
	 * written by us: it stands in line. */
	if (slot->current && slot->current->row.state != REFRESH_WAITING)
		return;
	if (slot->current)
		slot_step_back(schedule, slot);
	slot_step_forward(schedule, refresh);
	if (state == REFRESH_QUEUED || state == REFRESH_RUNNING) {
		refresh_come_back(schedule, refresh, state);
		look_later(schedule, now, refresh, 0);
	} else if (state == REFRESH_WAITING) {
		restore_waiting(schedule, now, refresh);
	} else {
		refresh_come_back(schedule, refresh, REFRESH_UNKNOWN);
		refresh_wait_until(schedule, now, refresh, 0);
	}
}

void on_restore(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct refresh_row *row = input->restore.row;
	const struct cause_row *causes = input->restore.causes;
	stamp_hear(schedule, row->sent_after);
	stamp_hear(schedule, row->seen_waiting_after);
	if (!refresh_state_is_open(row->state)) {
		restore_job(schedule, row);
		if (row->state == REFRESH_SUCCEEDED)
			restore_ended(schedule, row);
		return;
	}
	struct refresh *refresh = refresh_adopt_row(schedule, row);
	for (size_t i = 0; i < input->restore.cause_count; i++) {
		refresh_add_cause(schedule, refresh, &causes[i]);
		stamp_hear(schedule, causes[i].after);
	}
	/* The time in which the daemon was down does not count. */
	patience_set(&refresh->patience, now.mono, again_time_left(schedule, row->patience));
	refresh->born = restored_birth(now, row);
	restore_place(schedule, now, refresh, row->state);
}

void on_restore_spent(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct spent *spent = input->restore_spent;
	struct site *site = site_of(schedule, spent->site);
	struct gate *gate = &site->gate;
	site_changed(schedule, site);
	budget_restore(spent->kind == SPENT_STARTS ? &gate->starts : &gate->queries, now.mono,
		now.wall, spent->at, spent->count);
}

void on_restore_pause(struct schedule *schedule, struct instant now, const struct input *input)
{
	(void)now;
	struct site *site = site_of(schedule, input->restore_pause.site);
	free(site->gate.paused_by);
	site->gate.paused_by = mem_copy_text(input->restore_pause.by);
	site_changed(schedule, site);
}
