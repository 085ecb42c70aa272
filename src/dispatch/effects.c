#include "dispatch/effects.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"

struct effects {
	struct schedule *schedule;
	struct tableau *tableau;
	effects_continue *go_on;
	void *context;
};

/* What a callback needs to know of its call. */
struct call {
	struct effects *effects;
	int64_t id; /* of the refresh or selection */
	int64_t asked_after;
	struct outcome *
		refused; /* of a request for content that is gone, while its new id is looked for */
	char *site, *luid, *name;
	enum content_kind kind;
};

struct effects *effects_new(
	struct schedule *schedule, struct tableau *tableau, effects_continue *go_on, void *context)
{
	struct effects *effects = mem_new(struct effects);
	*effects = (struct effects){ schedule, tableau, go_on, context };
	return effects;
}

void effects_free(struct effects *effects)
{
	free(effects);
}

struct tableau *effects_tableau(struct effects *effects)
{
	return effects->tableau;
}

struct schedule *effects_schedule(struct effects *effects)
{
	return effects->schedule;
}

void effects_go_on(struct effects *effects, struct actions actions)
{
	effects->go_on(actions, effects->context);
}

struct instant effects_now(void)
{
	return (struct instant){ clock_wall(), clock_mono() };
}

static enum verdict verdict_of(enum error_kind kind)
{
	switch (kind) {
	case ERROR_NONE:
		return VERDICT_OK;
	case ERROR_REFUSED:
	case ERROR_GONE:
		return VERDICT_FAIL;
	case ERROR_QUEUED_ELSEWHERE:
		return VERDICT_BUSY;
	case ERROR_UNKNOWN:
		return VERDICT_UNKNOWN;
	case ERROR_INPUT: /* a secret that is missing may come with the next reload */
	case ERROR_SYSTEM:
	case ERROR_TRANSIENT:
	case ERROR_SIGNED_OUT:
		return VERDICT_RETRY;
	}
	return VERDICT_RETRY;
}

struct answer effects_answer(const struct outcome *outcome)
{
	if (outcome->ok)
		return (struct answer){ .verdict = VERDICT_OK };
	return (struct answer){ verdict_of(outcome->error.kind), outcome->error.message,
		outcome->retry_after_us };
}

struct job_seen effects_job(const struct job *job)
{
	static const enum job_phase phases[] = {
		[JOB_QUEUED] = PHASE_QUEUED,
		[JOB_RUNNING] = PHASE_RUNNING,
		[JOB_SUCCEEDED] = PHASE_SUCCEEDED,
		[JOB_FAILED] = PHASE_FAILED,
		[JOB_CANCELLED] = PHASE_CANCELLED,
	};
	return (struct job_seen){
		.id = job->id,
		.phase = phases[job->state],
		.created_at = job->created_at,
		.started_at = job->started_at,
		.completed_at = job->completed_at,
		.notes = job->notes,
	};
}

static struct call *call_new(struct effects *effects, int64_t id, int64_t asked_after)
{
	struct call *call = mem_new(struct call);
	call->effects = effects;
	call->id = id;
	call->asked_after = asked_after;
	return call;
}

static void call_free(struct call *call)
{
	free(call->refused);
	free(call->site);
	free(call->luid);
	free(call->name);
	free(call);
}

/* ---- resolve ---- */

static void resolved(
	const struct outcome *outcome, const struct content *contents, size_t count, void *context)
{
	struct call *call = context;
	struct schedule *schedule = call->effects->schedule;
	if (outcome->ok) {
		effects_go_on(call->effects,
			schedule_resolved(schedule, effects_now(), call->id, contents, count));
	} else {
		log_debug("selection not resolved", KV("selection", call->id),
			KV("reason", outcome->error.message));
		effects_go_on(call->effects, schedule_unresolved(schedule, effects_now(), call->id,
						     effects_answer(outcome)));
	}
	call_free(call);
}

void effects_resolve(struct effects *effects, int64_t id, const struct selection *selection)
{
	tableau_resolve(effects->tableau, selection, resolved, call_new(effects, id, 0));
}

/* ---- send ---- */

static void answer_sent(struct call *call, const struct outcome *outcome, const struct job *job)
{
	struct job_seen seen = { 0 };
	if (outcome->ok)
		seen = effects_job(job);
	effects_go_on(call->effects,
		schedule_sent(call->effects->schedule, effects_now(), call->id,
			effects_answer(outcome), outcome->ok ? &seen : NULL, outcome->asked_at));
	call_free(call);
}

/* The id is gone: the content may have been deleted and published again under its old name
 * (tableau-rest.md 4.3). */
static void resolved_again(
	const struct outcome *outcome, const struct content *contents, size_t count, void *context)
{
	struct call *call = context;
	if (outcome->ok && count == 1 && strcmp(contents[0].luid, call->luid)) {
		effects_go_on(call->effects, schedule_moved(call->effects->schedule, effects_now(),
						     call->id, &contents[0]));
		call_free(call);
		return;
	}
	struct outcome refused =
		outcome->ok || outcome->error.kind == ERROR_REFUSED ? *call->refused : *outcome;
	answer_sent(call, &refused, NULL);
}

static void resolve_again(struct call *call, const struct outcome *outcome)
{
	call->refused = mem_new(struct outcome);
	*call->refused = *outcome;
	tableau_forget(call->effects->tableau, call->site, call->luid);
	const struct refresh_row *row = schedule_find(call->effects->schedule, call->id);
	struct selection selection = {
		.site = call->site,
		.kind = call->kind,
		.by = SELECT_NAME,
		.selector = call->name,
		.project = row && *row->content.project ? row->content.project : NULL,
	};
	tableau_resolve(call->effects->tableau, &selection, resolved_again, call);
}

static void sent(const struct outcome *outcome, const struct job *job, void *context)
{
	struct call *call = context;
	if (FAULT("dispatch.sent")) {
		struct outcome lost = *outcome;
		lost.ok = error_fail(&lost.error, ERROR_UNKNOWN, "a fault point lost the reply");
		answer_sent(call, &lost, NULL);
		return;
	}
	if (!outcome->ok && outcome->error.kind == ERROR_GONE && call->kind != CONTENT_TASK &&
		*call->name)
		resolve_again(call, outcome);
	else
		answer_sent(call, outcome, job);
}

void effects_send(struct effects *effects, const struct refresh_row *refresh)
{
	struct call *call = call_new(effects, refresh->id, 0);
	call->site = mem_copy_text(refresh->site);
	call->luid = mem_copy_text(refresh->content.luid);
	call->name = mem_copy_text(refresh->content.name);
	call->kind = refresh->content.kind;
	tableau_refresh(effects->tableau, refresh->site, &refresh->content, refresh->incremental,
		sent, call);
}

/* ---- poll and list ---- */

static void polled(const struct outcome *outcome, const struct job *job, void *context)
{
	struct call *call = context;
	struct answer answer = effects_answer(outcome);
	struct job_seen seen = { 0 };
	if (outcome->ok)
		seen = effects_job(job);
	else if (outcome->error.kind == ERROR_GONE)
		answer.verdict = VERDICT_NONE;
	else
		answer.verdict = VERDICT_RETRY; /* a failed poll says nothing about the job */
	effects_go_on(
		call->effects, schedule_polled(call->effects->schedule, effects_now(), call->id,
				       answer, outcome->ok ? &seen : NULL, call->asked_after));
	call_free(call);
}

void effects_poll(struct effects *effects, const struct refresh_row *refresh, int64_t asked_after)
{
	tableau_job(effects->tableau, refresh->site, refresh->job_id, polled,
		call_new(effects, refresh->id, asked_after));
}

static void listed(
	const struct outcome *outcome, const struct job *jobs, size_t count, void *context)
{
	struct call *call = context;
	struct answer answer = effects_answer(outcome);
	if (answer.verdict == VERDICT_FAIL)
		answer.verdict = VERDICT_CANNOT;
	struct job_seen *seen = mem_alloc(sizeof *seen * (count + 1));
	for (size_t i = 0; outcome->ok && i < count; i++)
		seen[i] = effects_job(&jobs[i]);
	effects_go_on(
		call->effects, schedule_listed(call->effects->schedule, effects_now(), call->site,
				       answer, seen, outcome->ok ? count : 0, call->asked_after));
	free(seen);
	call_free(call);
}

void effects_list(struct effects *effects, const char *site, struct wall since, int64_t asked_after)
{
	struct call *call = call_new(effects, 0, asked_after);
	call->site = mem_copy_text(site);
	tableau_jobs(effects->tableau, site, since, listed, call);
}
