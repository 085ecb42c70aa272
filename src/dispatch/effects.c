#include "dispatch/effects.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"

#define JOB_IS_OVER 403091 /* tableau-rest.md 6.3 */
#define NO_EXTRACT 403180  /* says for sure that nothing was queued (tableau-rest.md 5.3) */

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

struct answer effects_answer(const char *site, const struct outcome *outcome)
{
	struct answer answer = { .site = site,
		.verdict = VERDICT_OK,
		.is_alive = outcome->is_alive,
		.told_at = outcome->told_at };
	if (outcome->ok)
		return answer;
	answer.verdict = verdict_of(outcome->error.kind);
	answer.reason = outcome->error.message;
	answer.retry_after = outcome->retry_after_us;
	return answer;
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

static struct call *call_new(
	struct effects *effects, const char *site, int64_t id, int64_t asked_after)
{
	struct call *call = mem_new(struct call);
	call->effects = effects;
	call->site = mem_copy_text(site);
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
			schedule_resolved(schedule, effects_now(), call->id,
				effects_answer(call->site, outcome), contents, count));
	} else {
		log_debug("selection not resolved", KV("selection", call->id),
			KV("reason", outcome->error.message));
		effects_go_on(call->effects, schedule_unresolved(schedule, effects_now(), call->id,
						     effects_answer(call->site, outcome)));
	}
	call_free(call);
}

void effects_resolve(struct effects *effects, int64_t id, const struct selection *selection)
{
	tableau_resolve(
		effects->tableau, selection, resolved, call_new(effects, selection->site, id, 0));
}

/* ---- send ---- */

static void answer_sent(struct call *call, const struct outcome *outcome, const struct job *job)
{
	struct job_seen seen = { 0 };
	struct answer answer = effects_answer(call->site, outcome);
	if (outcome->ok)
		seen = effects_job(job);
	/* Owners with a Creator licence were told 403 although the job had been queued
	 * (tableau-rest.md 5.3). */
	if (answer.verdict == VERDICT_FAIL && outcome->code / 1000 == 403 &&
		outcome->code != NO_EXTRACT)
		answer.verdict = VERDICT_DOUBT;
	effects_go_on(
		call->effects, schedule_sent(call->effects->schedule, effects_now(), call->id,
				       answer, outcome->ok ? &seen : NULL, outcome->asked_at));
	call_free(call);
}

/* The id is gone: the content may have been deleted and published again under its old name
 * (tableau-rest.md 4.3). */
static void resolved_again(
	const struct outcome *outcome, const struct content *contents, size_t count, void *context)
{
	struct call *call = context;
	if (outcome->ok && count == 1 && strcmp(contents[0].luid, call->luid)) {
		effects_go_on(call->effects,
			schedule_moved(call->effects->schedule, effects_now(), call->id,
				effects_answer(call->site, outcome), &contents[0]));
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
	struct call *call = call_new(effects, refresh->site, refresh->id, 0);
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
	struct answer answer = effects_answer(call->site, outcome);
	struct job_seen seen = { 0 };
	if (outcome->ok)
		seen = effects_job(job);
	else if (outcome->error.kind == ERROR_GONE)
		answer.verdict = VERDICT_NONE;
	else if (outcome->error.kind == ERROR_REFUSED)
		answer.verdict = VERDICT_CANNOT;
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
		call_new(effects, refresh->site, refresh->id, asked_after));
}

static void listed(
	const struct outcome *outcome, const struct job *jobs, size_t count, void *context)
{
	struct call *call = context;
	struct answer answer = effects_answer(call->site, outcome);
	if (answer.verdict == VERDICT_FAIL)
		answer.verdict = VERDICT_CANNOT;
	answer.calls = effects_list_calls(count);
	struct job_seen *seen = mem_alloc(sizeof *seen * (count + 1));
	for (size_t i = 0; outcome->ok && i < count; i++) {
		seen[i] = effects_job(&jobs[i]);
		/* "refresh_extracts_via_bridge" (tableau-rest.md 6.2) */
		seen[i].is_bridge = strstr(jobs[i].type, "via_bridge");
	}
	effects_go_on(call->effects, schedule_listed(call->effects->schedule, effects_now(), answer,
					     seen, outcome->ok ? count : 0, call->asked_after));
	free(seen);
	call_free(call);
}

void effects_list(struct effects *effects, const char *site, struct wall since, int64_t asked_after)
{
	tableau_jobs(
		effects->tableau, site, since, listed, call_new(effects, site, 0, asked_after));
}

int64_t effects_list_calls(size_t jobs)
{
	return 1 + (int64_t)(jobs / TABLEAU_JOBS_A_PAGE);
}

/* ---- cancel ---- */

static void cancelled(const struct outcome *outcome, void *context)
{
	struct call *call = context;
	struct answer answer = effects_answer(call->site, outcome);
	if (!outcome->ok && (outcome->code == JOB_IS_OVER || outcome->error.kind == ERROR_GONE))
		answer.verdict = VERDICT_NONE;
	effects_go_on(call->effects,
		schedule_job_cancelled(call->effects->schedule, effects_now(), call->id, answer));
	call_free(call);
}

void effects_cancel(struct effects *effects, const struct refresh_row *refresh)
{
	tableau_cancel(effects->tableau, refresh->site, refresh->job_id, cancelled,
		call_new(effects, refresh->site, refresh->id, 0));
}
