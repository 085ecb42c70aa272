/*
 * tests/sim/edge.c - Tableau and the clock, as the dispatcher's core sees them (dispatch/edge.h).
 *
 * What the schedule decides is an effect. Each has to be begun in the turn that decided it, in that
 * order, and by the request that was meant; a request that nobody decided is wrong. An effect may
 * need several requests (a look, a name that has to be confirmed): those are made in answer to the
 * one before. It is over when the schedule is told.
 */
#include "tests/sim/sim.h"
#include <stdlib.h>
#include <string.h>

/* ---- effects ---- */

struct effect *edge_want(struct world *world, struct sim_call call)
{
	static struct effect nowhere;
	for (int i = 0; i < EFFECTS; i++) {
		struct effect *effect = &world->effects[i];
		if (effect->is_there)
			continue;
		memset(effect, 0, sizeof *effect);
		if (i >= world->effect_end)
			world->effect_end = i + 1;
		effect->is_there = true;
		effect->order = world->order++;
		effect->call = call;
		effect->call.found = -1;
		effect->call.wanted_at = world->now;
		return effect;
	}
	wrong(world, "more than %d effects are out", EFFECTS);
	return &nowhere;
}

static struct effect *next_wanted(struct world *world)
{
	struct effect *next = NULL;
	for (int i = 0; i < world->effect_end; i++) {
		struct effect *effect = &world->effects[i];
		if (effect->is_there && !effect->is_begun && (!next || effect->order < next->order))
			next = effect;
	}
	return next;
}

void edge_check_begun(struct world *world)
{
	static const char *const types[] = { "resolve", "greet", "send", "poll", "list", "look",
		"cancel" };
	const struct effect *effect = next_wanted(world);
	if (effect)
		wrong(world, "to %s %lld was decided, and is not done", types[effect->call.type],
			(long long)effect->call.id);
}

static bool is_by_selector(const struct world *world, int64_t selection, const struct wish *wish)
{
	return wish && !strcmp(wish_of((struct world *)(uintptr_t)world, selection)->selector,
			       wish->selector);
}

/* Is that how the effect begins? */
static bool begins(
	const struct world *world, const struct effect *effect, const struct request *request)
{
	const struct sim_call *want = &effect->call, *call = &request->call;
	if (want->site != call->site)
		return false;
	switch (want->type) {
	case CALL_RESOLVE:
		return call->type == CALL_RESOLVE && is_by_selector(world, want->id, request->wish);
	case CALL_GREET:
		return call->type == CALL_GREET;
	case CALL_SEND: /* or the selection that named the content is asked first */
		return call->type == CALL_RESOLVE ||
		       (call->type == CALL_SEND && call->content == want->content &&
			       call->is_incremental == want->is_incremental);
	case CALL_POLL:
		return call->type == CALL_POLL && call->job == want->job;
	case CALL_LIST:
	case CALL_LOOK:
		return call->type == CALL_LIST && call->since.us == want->since.us;
	case CALL_CANCEL:
		return call->type == CALL_CANCEL && call->job == want->job;
	}
	return false;
}

/* The effect that the request is made for. */
static struct effect *claim(struct world *world, const struct request *request)
{
	static const char *const types[] = { "what a selection names", "to sign in",
		"for a refresh", "for a job", "for its jobs", "", "to cancel a job" };
	if (world->answering >= 0)
		return &world->effects[world->answering];
	struct effect *effect = next_wanted(world);
	if (effect && begins(world, effect, request)) {
		effect->is_begun = true;
		return effect;
	}
	wrong(world, "Tableau is asked %s, which nobody decided, or is not durable",
		types[request->call.type]);
	return NULL;
}

/* ---- requests ---- */

static void drain(struct world *world, const struct request *request)
{
	if (world->drained_count == world->drained_capacity) {
		world->drained_capacity = world->drained_capacity * 2 + 8;
		world->drained =
			realloc(world->drained, world->drained_capacity * sizeof *world->drained);
	}
	world->drained[world->drained_count++] = *request;
}

static void ask(struct world *world, struct request request)
{
	if (world->is_leaving)
		wrong(world, "a site that is left is asked for more");
	if (world->is_dying || world->is_leaving) {
		drain(world, &request);
		return;
	}
	struct effect *effect = claim(world, &request);
	request.call.asked_at = world->now;
	request.call.found = -1;
	request.effect = effect ? (int)(effect - world->effects) : -1;
	if (effect) {
		request.call.id = effect->call.id;
		request.is_for_look = effect->call.type == CALL_LOOK;
		meant_ask(world, effect, &request);
		effect->requests++;
	}
	int64_t takes = chance(world, FAULT_SLOW, 8) ? between(world, SECOND, 100 * SECOND)
						     : between(world, 5000, 400000);
	struct pending *pending = later(world, world->now + takes, PENDING_REQUEST);
	pending->life = world->life;
	pending->request = request;
}

static bool configure(struct tableau *tableau, struct config *config, struct error *err)
{
	(void)tableau, (void)config, (void)err;
	return true;
}

static bool hurry(struct tableau *tableau, const char *site)
{
	struct world *world = tableau->world;
	note(world, "  site %s is to be tried now", site);
	world->calls[site_number(site)].hurried_at = world->now;
	return world->now % 2; /* did its last sign-in fail? */
}

static void forget(struct tableau *tableau, const char *site, const char *luid)
{
	(void)tableau, (void)site, (void)luid; /* nothing is remembered */
}

static bool contradicts(struct tableau *tableau, const char *site, const struct content *content)
{
	(void)tableau, (void)site,
		(void)content; /* nothing is remembered, so nothing can contradict it */
	return false;
}

static const struct wish *wish_with(const struct world *world, const struct selection *selection)
{
	for (int i = 0; i < world->run_count; i++)
		for (int j = 0; j < world->runs[i].wish_count; j++) {
			const struct wish *wish = &world->runs[i].wishes[j];
			if (wish->site == site_number(selection->site) &&
				!strcmp(wish->selector, selection->selector))
				return wish;
		}
	return NULL;
}

static void resolve(struct tableau *tableau, const struct selection *selection, bool uncached,
	resolve_done *callback, void *context)
{
	struct world *world = tableau->world;
	struct request request = { .call = { .type = CALL_RESOLVE,
					   .site = site_number(selection->site),
					   .content = -1,
					   .job = -1 },
		.wish = wish_with(world, selection),
		.resolved = callback,
		.context = context };
	(void)uncached; /* nothing is remembered */
	if (!request.wish)
		wrong(world, "'%s' is asked for, which no selection says", selection->selector);
	ask(world, request);
}

static void task_content(struct tableau *tableau, const char *site, const char *task_luid,
	content_done *callback, void *context)
{
	(void)site, (void)callback, (void)context;
	wrong(tableau->world, "a task is asked for, %s, and there are none", task_luid);
}

static void greet(struct tableau *tableau, const char *site, done *callback, void *context)
{
	ask(tableau->world, (struct request){ .call = { .type = CALL_GREET,
						      .site = site_number(site),
						      .content = -1,
						      .job = -1 },
				    .done = callback,
				    .context = context });
}

static void refresh(struct tableau *tableau, const char *site, const struct content *content,
	bool incremental, job_done *callback, void *context)
{
	ask(tableau->world,
		(struct request){ .call = { .type = CALL_SEND,
					  .site = site_number(site),
					  .content = content_of(tableau->world, content),
					  .job = -1,
					  .is_incremental = incremental },
			.job = callback,
			.context = context });
}

static void job(struct tableau *tableau, const char *site, const char *job_id, job_done *callback,
	void *context)
{
	ask(tableau->world, (struct request){ .call = { .type = CALL_POLL,
						      .site = site_number(site),
						      .content = -1,
						      .job = job_named(tableau->world, job_id) },
				    .job = callback,
				    .context = context });
}

static void jobs(struct tableau *tableau, const char *site, struct wall since, jobs_done *callback,
	void *context)
{
	ask(tableau->world, (struct request){ .call = { .type = CALL_LIST,
						      .site = site_number(site),
						      .content = -1,
						      .job = -1,
						      .since = since },
				    .jobs = callback,
				    .context = context });
}

static void cancel(struct tableau *tableau, const char *site, const char *job_id, done *callback,
	void *context)
{
	ask(tableau->world, (struct request){ .call = { .type = CALL_CANCEL,
						      .site = site_number(site),
						      .content = -1,
						      .job = job_named(tableau->world, job_id) },
				    .done = callback,
				    .context = context });
}

static void leave(struct tableau *tableau, const char *site, bool signs_out);
static bool has_left(const struct tableau *tableau, const char *site);

const struct edge_tableau sim_tableau = {
	.configure = configure,
	.hurry = hurry,
	.leave = leave,
	.has_left = has_left,
	.resolve = resolve,
	.forget = forget,
	.contradicts = contradicts,
	.task_content = task_content,
	.greet = greet,
	.refresh = refresh,
	.job = job,
	.jobs = jobs,
	.cancel = cancel,
};

static struct instant now(void *clock)
{
	return instant_of(clock);
}

const struct edge_clock sim_clock = { .now = now };

/* ---- answers ---- */

/* What tableau.h says of an answer that means this. */
static enum error_kind error_of(const struct sim_call *call)
{
	/* Also nobody could sign in, a secret is missing, a library fails: not done, for now. */
	static const enum error_kind later[] = { ERROR_TRANSIENT, ERROR_TRANSIENT, ERROR_SIGNED_OUT,
		ERROR_INPUT, ERROR_SYSTEM };
	switch (call->verdict) {
	case VERDICT_OK:
		return ERROR_NONE;
	case VERDICT_FAIL:
		return call->has_moved ? ERROR_GONE : ERROR_REFUSED;
	case VERDICT_DOUBT:
	case VERDICT_CANNOT:
	case VERDICT_OTHER:
		return ERROR_REFUSED;
	case VERDICT_BUSY:
		return ERROR_QUEUED_ELSEWHERE;
	case VERDICT_UNKNOWN:
		return ERROR_UNKNOWN;
	case VERDICT_NONE:
		return call->type == CALL_CANCEL ? ERROR_REFUSED : ERROR_GONE;
	case VERDICT_RETRY:
		return later[call->asked_at % 5];
	case VERDICT_UNREAD:
	case VERDICT_UNSURE:
		return ERROR_TRANSIENT;
	}
	return ERROR_TRANSIENT;
}

static void outcome_of(
	const struct world *world, const struct sim_call *call, struct outcome *outcome)
{
	struct instant at = instant_of(world);
	int64_t ago = world->now - call->asked_at;
	outcome->ok = call->verdict == VERDICT_OK;
	outcome->http_status = 0;
	outcome->code = 0;
	outcome->is_alive = call->is_alive || call->verdict == VERDICT_OK;
	outcome->retry_after_us = call->retry_after;
	outcome->asked_at = (struct wall){ at.wall.us - ago };
	outcome->told = (struct told_time){ call->told_at, { at.mono.us - ago }, at.mono };
	outcome->error.kind = error_of(call);
	snprintf(outcome->error.message, sizeof outcome->error.message, "%s",
		call->reason ? call->reason : "");
	if (!outcome->ok && strspn(call->reason, "0123456789") == 6)
		outcome->code = atoi(call->reason);
}

static struct job job_of(const struct world *world, const struct job_seen *seen, bool is_row)
{
	static const enum job_state states[] = {
		[PHASE_QUEUED] = JOB_QUEUED,
		[PHASE_RUNNING] = JOB_RUNNING,
		[PHASE_SUCCEEDED] = JOB_SUCCEEDED,
		[PHASE_FAILED] = JOB_FAILED,
		[PHASE_CANCELLED] = JOB_CANCELLED,
	};
	const struct sim_job *of = &world->jobs[job_named(world, seen->id)];
	struct job job = { .state = states[seen->phase],
		.created_at = seen->created_at,
		.started_at = seen->started_at,
		.completed_at = seen->completed_at,
		.title = seen->title,
		.type = seen->is_incremental ? "increment_extracts" : "refresh_extracts",
		.notes = seen->notes };
	snprintf(job.id, sizeof job.id, "%s", seen->id);
	if (!is_row)
		snprintf(job.content, sizeof job.content, "%s", world->contents[of->content].luid);
	return job;
}

static void give_jobs(
	const struct world *world, const struct request *request, const struct outcome *outcome)
{
	const struct sim_call *call = &request->call;
	struct job *rows = calloc(call->row_count + 1, sizeof *rows);
	for (size_t i = 0; i < call->row_count; i++)
		rows[i] = job_of(world, &call->rows[i], true);
	request->jobs(outcome, rows, call->row_count, request->context);
	free(rows);
}

static void give(const struct world *world, const struct request *request)
{
	const struct sim_call *call = &request->call;
	struct outcome outcome;
	struct content contents[2];
	struct job one;
	outcome_of(world, call, &outcome);
	if (request->resolved) {
		for (int i = 0; i < call->named_count; i++)
			contents[i] = world->contents[call->named[i]].content;
		request->resolved(&outcome, contents, (size_t)call->named_count, request->context);
	} else if (request->job) {
		if (outcome.ok)
			one = job_of(world, &call->seen, false);
		request->job(&outcome, outcome.ok ? &one : NULL, request->context);
	} else if (request->jobs) {
		give_jobs(world, request, &outcome);
	} else {
		request->done(&outcome, request->context);
	}
}

void edge_answer(struct world *world, struct request *request)
{
	struct effect *effect = request->effect >= 0 ? &world->effects[request->effect] : NULL;
	/* What came with it was moved here and there since. */
	request->call.seen.id = request->call.seen_id;
	for (size_t i = 0; i < request->call.row_count; i++)
		request->call.rows[i].id = request->call.row_ids[i];
	if (effect) {
		effect->requests--;
		meant_hear(world, effect, request);
	}
	world->answering = request->effect;
	world->is_told = false;
	give(world, request);
	world->answering = -1;
	if (effect) /* which has taken them over */
		request->call.rows = NULL, request->call.row_ids = NULL;
	if (world->is_told) {
		oracle_answered(world, &world->told);
		free(world->told.rows);
		free(world->told.row_ids);
	} else if (effect && !effect->requests) {
		wrong(world, "an answer about %lld came, and nothing of it",
			(long long)effect->call.id);
	}
	daemon_step(world);
}

/* ---- the end ---- */

void edge_clear(struct request *request)
{
	free(request->call.rows);
	free(request->call.row_ids);
	request->call.rows = NULL;
	request->call.row_ids = NULL;
	request->call.row_count = 0;
}

/* A request that is on its way reaches Tableau all the same; its answer comes to nobody. */
static void drain_pending(struct world *world, int site)
{
	for (size_t i = 0; i < world->pending_count; i++) {
		struct pending *pending = &world->pending[i];
		if ((pending->type != PENDING_REQUEST && pending->type != PENDING_ANSWER) ||
			pending->life != world->life || !pending->request.context ||
			(site >= 0 && pending->request.call.site != site))
			continue;
		drain(world, &pending->request);
		pending->request.context = NULL;
	}
	while (world->drained_count) {
		struct request request = world->drained[--world->drained_count];
		bool is_send = request.call.type == CALL_SEND;
		request.call = (struct sim_call){ .type = request.call.type,
			.verdict = is_send ? VERDICT_UNKNOWN : VERDICT_RETRY,
			.reason = "the process ends" };
		give(world, &request);
	}
}

static void leave(struct tableau *tableau, const char *site, bool signs_out)
{
	struct world *world = tableau->world;
	if (signs_out == world->is_lost)
		wrong(world, "a site that is %s",
			signs_out ? "lost is signed out" : "given away is not signed out");
	drain_pending(world, site_number(site));
}

static bool has_left(const struct tableau *tableau, const char *site)
{
	(void)tableau, (void)site; /* each call was answered */
	return true;
}

void edge_drain(struct world *world)
{
	drain_pending(world, -1);
	edge_forget(world);
}

void edge_forget(struct world *world)
{
	for (int i = 0; i < world->effect_end; i++) {
		free(world->effects[i].call.rows);
		free(world->effects[i].call.row_ids);
		world->effects[i] = (struct effect){ 0 };
	}
	world->effect_end = 0;
	free(world->drained);
	world->drained = NULL;
	world->drained_capacity = 0;
}
