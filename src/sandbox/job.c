/*
 * sandbox/job.c - a job's life by the clock: Pending, InProgress, then its end
 * (src/tableau/README.md, Jobs). There are no timers: each query computes the state from the times.
 */
#include "sandbox/world.h"

const char *const state_names[] = { "Pending", "InProgress", "Success", "Failed", "Cancelled" };

struct box_times box_job_times(const struct box_job *job, struct wall now)
{
	static const struct {
		int code;
		enum box_state state;
	} ways[] = {
		[RESULT_SUCCESS] = { 0, STATE_SUCCESS },
		[RESULT_FAILED] = { 1, STATE_FAILED },
		[RESULT_CANCELLED] = { 2, STATE_CANCELLED },
		[RESULT_BRIDGE] = { 3, STATE_SUCCESS },
		[RESULT_ERROR_NOTE] = { 0, STATE_FAILED },
	};
	struct box_times times = { .state = STATE_PENDING, .finish_code = -1 };
	struct wall starts = wall_after(job->created, job->queued),
		    ends = wall_after(starts, job->running);
	bool is_cancelled = wall_is_set(job->cancelled) && job->cancelled.us < ends.us;
	if (now.us >= starts.us && !(is_cancelled && job->cancelled.us < starts.us)) {
		times.started = starts;
		times.state = STATE_IN_PROGRESS;
	}
	if (is_cancelled) {
		times.completed = job->cancelled;
		times.finish_code = 2;
		times.state = STATE_CANCELLED;
	} else if (now.us >= ends.us) {
		times.completed = ends;
		times.finish_code = ways[job->result].code;
		times.state = ways[job->result].state;
	} else if (job->result == RESULT_BRIDGE && times.state == STATE_IN_PROGRESS) {
		/* Given to a Bridge client, so the data is not refreshed yet
		 * (src/tableau/README.md, Jobs). */
		times.finish_code = 0;
	}
	return times;
}

struct box_job *box_job_start(struct world *world, struct box_site *site,
	struct box_content *content, const char *by, bool incremental)
{
	struct box_job *job = arena_new_of(world->arena, struct box_job);
	world->counter++;
	box_luid_make(job->id, site->content_url, "job", content->name, world->counter);
	box_luid_make(job->flow_run, site->content_url, "flowRun", content->name, world->counter);
	job->site = site;
	job->content = content;
	job->content_id = content->id;
	job->name = content->name;
	job->by = by;
	job->created = clock_wall();
	job->queued = content->queued ? content->queued : site->job.queued;
	job->running = content->running ? content->running : site->job.running;
	job->result = (enum box_result)(
		content->next_result ? content->next_result - 1 : content->result);
	content->next_result = 0;
	job->notes = content->notes;
	job->incremental = incremental;
	job->previous = content->open_jobs;
	content->open_jobs = job;
	box_luid_add(&world->job_by_id, job->id, job);
	mem_grow(&world->jobs, &world->job_capacity, world->job_count);
	return world->jobs[world->job_count++] = job;
}

struct box_job *box_job_find(const struct world *world, const struct box_site *site, const char *id)
{
	struct box_job *job = box_luid_find(&world->job_by_id, id);
	return job && job->site == site ? job : NULL;
}

bool box_content_is_busy(struct box_content *content, struct wall now)
{
	struct box_job **at = &content->open_jobs;
	while (*at) {
		if (box_job_times(*at, now).state <= STATE_IN_PROGRESS)
			return true;
		*at = (*at)->previous; /* ended: takes it off the list */
	}
	return false;
}
