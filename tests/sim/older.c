/*
 * tests/sim/older.c - a copy of the disk is put back (packaging/operations.md, Backup and restore):
 * what the daemon knew since is forgotten, but Tableau has the jobs that it made. What waits in the
 * copy may have been sent, so somebody looks first, and it is not sent if Tableau tells of a job
 * that serves it.
 */
#include "store/memory/tables.h"
#include "tests/sim/oracle.h"
#include <stdlib.h>
#include <string.h>

/* The disk of one moment, and what was known of it. */
struct older {
	struct tables *tables;
	int64_t at, committed;
	struct kept store;
	struct watched watched[ROWS];
	int watched_end;
	struct run runs[EVENTS];
	int64_t wished[EVENTS][RULES][CONTENTS];
	int64_t served[EVENTS][RULES][CONTENTS][2];
	bool is_asked_again[CONTENTS];
	bool is_paused[SITES];
	bool is_told_ours[JOBS];
};

static void copy_rows(struct kept *to, const struct kept *from, int end)
{
	for (int i = 0; i < end; i++)
		if (from->rows[i].is_there || to->rows[i].is_there)
			to->rows[i] = from->rows[i];
	memcpy(to->open, from->open, sizeof to->open);
	to->last_refresh = from->last_refresh;
}

/* ---- it is made ---- */

void older_free(struct older *older)
{
	if (older)
		tables_free(older->tables);
	free(older);
}

void older_copy(struct world *world)
{
	struct older *copy = calloc(1, sizeof *copy);
	note(world, "the disk is copied");
	copy->tables = disk_copy();
	copy->at = world->now;
	copy->committed = world->committed;
	copy_rows(&copy->store, &world->store, world->watched_end);
	copy->watched_end = world->watched_end;
	memcpy(copy->watched, world->watched, sizeof *copy->watched * (size_t)copy->watched_end);
	memcpy(copy->runs, world->runs, sizeof copy->runs);
	memcpy(copy->wished, world->wished, sizeof copy->wished);
	memcpy(copy->served, world->served, sizeof copy->served);
	memcpy(copy->is_asked_again, world->is_asked_again, sizeof copy->is_asked_again);
	for (int i = 0; i < SITES; i++)
		copy->is_paused[i] = world->sites[i].pause_count
					     ? world->sites[i].pauses[0].was_paused
					     : world->sites[i].is_paused;
	for (int i = 0; i < world->job_count; i++)
		copy->is_told_ours[i] = world->jobs[i].is_told_ours;
	older_free(world->copy);
	world->copy = copy;
}

/* ---- it is put back ---- */

/* An event that the copy has not is lost, unless dbt, or somebody, tells it once more. */
static void lose_event(struct world *world, int number)
{
	struct run *run = &world->runs[number];
	if (!run->id)
		return;
	meet(world, MET_EVENT_LOST);
	run->id = run->durable_at = run->heard_at = 0;
	for (int i = 0; i < run->wish_count; i++) {
		run->wishes[i].is_answered = false;
		run->wishes[i].free_from = run->wishes[i].ended_in = 0;
	}
	if (between(world, 0, 1))
		later(world, world->now + between(world, 0, HOUR), PENDING_ARRIVAL)->number =
			number;
}

static void put_events_back(struct world *world)
{
	for (int i = 0; i < world->run_count; i++)
		if (world->copy->runs[i].id) {
			world->runs[i] = world->copy->runs[i];
			world->runs[i].is_of_copy = true;
		} else {
			lose_event(world, i);
		}
}

static void put_refreshes_back(struct world *world)
{
	const struct older *copy = world->copy;
	copy_rows(&world->store, &copy->store, world->watched_end);
	memset(world->watched, 0, sizeof *world->watched * (size_t)world->watched_end);
	memcpy(world->watched, copy->watched, sizeof *copy->watched * (size_t)copy->watched_end);
	for (int i = 0; i < copy->watched_end; i++) {
		struct watched *of = &world->watched[i];
		if (!world->store.rows[i].is_there ||
			!refresh_state_is_open(world->store.rows[i].row.state))
			continue;
		of->is_of_copy = true;
		of->looked_in = 0;
	}
}

void older_put_back(struct world *world)
{
	const struct older *copy = world->copy;
	note(world, "the disk is as it was at %.3f", (double)copy->at / 1e6);
	disk_put_back(copy->tables);
	world->put_back_of = copy->at;
	world->committed = copy->committed;
	put_events_back(world);
	put_refreshes_back(world);
	memcpy(world->wished, copy->wished, sizeof copy->wished);
	memcpy(world->served, copy->served, sizeof copy->served);
	memcpy(world->is_asked_again, copy->is_asked_again, sizeof copy->is_asked_again);
	for (int i = 0; i < world->job_count; i++)
		world->jobs[i].is_told_ours &= copy->is_told_ours[i];
	for (int i = 0; i < SITES; i++) {
		world->sites[i].is_paused = copy->is_paused[i];
		world->sites[i].pause_count = 0;
		kind_put_back(world, i, copy->at);
	}
	oracle_forget(world);
}

/* ---- what must hold then ---- */

bool older_is_forgotten(const struct world *world, const struct sim_job *job)
{
	return job->created >= world->put_back_of && job->created <= world->stopped_at;
}

void older_caused(const struct world *world, struct watched *of, int run)
{
	bool is_by_selection =
		!world->moving && of->content >= 0 && !world->is_asked_again[of->content];
	if (of->cause_count == 1 && of->created_at == world->now && is_by_selection && run >= 0 &&
		world->runs[run].is_of_copy)
		of->is_of_copy = of->must_look = true;
}

bool older_is_to_be_looked_for(const struct watched *of)
{
	return of->is_of_copy && !of->looked_in && of->state == REFRESH_WAITING;
}

void older_looked(struct world *world, struct watched *of, const struct sim_call *look)
{
	if (!of->is_of_copy)
		return;
	if (look->verdict == VERDICT_OK)
		meet(world, MET_LOOKED_FIRST);
	if (!of->looked_in)
		of->looked_in = world->generation;
}

void older_crashed(const struct world *world, struct watched *of)
{
	if (of->looked_in > world->committed)
		of->looked_in = 0;
}

/* A look finds the youngest job of a content. */
static const struct sim_job *youngest(const struct world *world, int content)
{
	int i = world->job_count;
	while (i > 0 && world->jobs[i - 1].content != content)
		i--;
	return i ? &world->jobs[i - 1] : NULL;
}

static bool is_told(const struct world *world, const struct watched *of, const struct sim_job *job)
{
	const struct sim_content *content = &world->contents[of->content];
	const struct sim_site *site = &world->sites[content->site];
	return site->may_list && site->may_poll && content->named == NAMED_STILL &&
	       !content->is_gone && of->unsure < UNSURE_AFTER && job->gone > world->now &&
	       job->unread_until < of->looked_at && job->hidden_until < of->looked_at;
}

static bool serves(const struct world *world, const struct watched *of, const struct sim_job *job)
{
	return job->starts < of->looked_at && job->end == END_SUCCESS &&
	       (of->is_incremental || !job->is_incremental) && fresh_is_late_enough(world, of, job);
}

/* The look for another one may have found the job. Full as it is, it is not known to be if that one
 * wanted an incremental one. Or it proved nothing for that one, which was to be sent for both, and
 * then was cancelled. */
static bool was_taken(
	const struct world *world, const struct watched *of, const struct sim_job *job)
{
	for (int i = 0; i < world->watched_end; i++) {
		const struct watched *by = &world->watched[i];
		bool is_full = by->job == job - world->jobs && by->is_incremental;
		bool was_cancelled = by->state == REFRESH_CANCELLED && by->may_cancel;
		if (by->created_at && by->content == of->content &&
			by->ended_at > world->stopped_at && (is_full || was_cancelled))
			return true;
	}
	return false;
}

void older_check_send(struct world *world, const struct watched *of, const struct refresh_row *row)
{
	const struct sim_job *job = youngest(world, of->content);
	/* Once it was sent, a look goes back to that. */
	if (!of->is_of_copy || of->sent_at > world->stopped_at ||
		world->is_asked_again[of->content] || !job || !older_is_forgotten(world, job) ||
		was_taken(world, of, job))
		return;
	if (is_told(world, of, job) && serves(world, of, job))
		wrong(world,
			"refresh %lld is sent, and %s, made before the copy was put back, serves "
			"it",
			(long long)row->id, job->id);
}
