/* dispatch/effects.c - carries out actions on Tableau, and turns its answers into inputs. */
#include "dispatch/effects.h"
#include "base/arena.h"
#include "base/log/log.h"
#include "base/mem.h"

#define JOB_IS_OVER 403091 /* src/tableau/README.md, Jobs */

struct effects {
	const struct edge *edge;
	effects_told *told;
	void *context;
	struct namings *namings;
	struct job_contents *job_contents;
};

/* The context of a call, for its callback. */
struct call {
	struct effects *effects;
	struct arena *arena; /* this struct and all texts */
	int64_t id;          /* of the refresh or selection */
	int64_t asked_after, life;
	const char *site;
	struct selection selection; /* for a resolve */
};

struct effects *effects_new(const struct edge *edge, effects_told *told, void *context)
{
	struct effects *effects = mem_new(struct effects);
	*effects = (struct effects){ edge, told, context, namings_new(), job_contents_new() };
	return effects;
}

void effects_free(struct effects *effects)
{
	if (!effects)
		return;
	namings_free(effects->namings);
	job_contents_free(effects->job_contents);
	free(effects);
}

const struct edge *effects_edge(const struct effects *effects)
{
	return effects->edge;
}

struct job_contents *effects_job_contents(struct effects *effects)
{
	return effects->job_contents;
}

struct namings *effects_namings(struct effects *effects)
{
	return effects->namings;
}

void effects_tell(struct effects *effects, const struct input *input)
{
	effects->told(input, effects->context);
}

struct instant effects_now(const struct effects *effects)
{
	return edge_now(effects->edge);
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
	case ERROR_INPUT: /* the next reload may bring the missing secret */
	case ERROR_SYSTEM:
	case ERROR_TRANSIENT:
	case ERROR_SIGNED_OUT:
		return VERDICT_RETRY;
	}
	return VERDICT_RETRY;
}

struct answer effects_answer(const char *site, int64_t life, const struct outcome *outcome)
{
	struct answer answer = { .site = site,
		.life = life,
		.verdict = VERDICT_OK,
		.is_alive = outcome->is_alive,
		.told = outcome->told };
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
		.title = job->title,
	};
}

static struct call *call_new(
	struct effects *effects, const struct action *action, const char *site, int64_t id)
{
	struct arena *arena = arena_new();
	struct call *call = arena_new_of(arena, struct call);
	*call = (struct call){ .effects = effects,
		.arena = arena,
		.id = id,
		.asked_after = action->asked_after,
		.life = action->life,
		.site = arena_text(arena, site) };
	return call;
}

static void call_free(struct call *call)
{
	arena_free(call->arena);
}

static struct answer answer_of(const struct call *call, const struct outcome *outcome)
{
	return effects_answer(call->site, call->life, outcome);
}

/* ---- resolve ---- */

static void resolved(
	const struct outcome *outcome, const struct content *contents, size_t count, void *context)
{
	struct call *call = context;
	if (outcome->ok)
		namings_hear(call->effects->namings, &call->selection, contents, count,
			effects_now(call->effects).mono);
	else
		log_debug("selection not resolved", KV("site", call->site),
			KV("selection", call->id), KV("reason", outcome->error.message));
	effects_tell(call->effects,
		&(struct input){ INPUT_RESOLVED,
			.resolved = { call->id, answer_of(call, outcome), contents, count } });
	call_free(call);
}

void effects_resolve(struct effects *effects, const struct action *action)
{
	struct call *call = call_new(effects, action, action->named->site, action->selection);
	selection_copy(action->named, &call->selection, call->arena);
	effects->edge->ask->resolve(
		effects->edge->tableau, &call->selection, action->uncached, resolved, call);
}

void effects_name(struct effects *effects, const struct selection *selection, const char *site,
	const struct content *content, struct mono at)
{
	/* Otherwise the store is damaged. */
	if (!strcmp(selection->site, site) && selection->kind == content->kind)
		namings_hear(effects->namings, selection, content, 1, at);
}

void effects_doubt(struct effects *effects, const char *site, const struct content *content)
{
	struct naming *naming = namings_find(effects->namings, site, content);
	if (naming)
		naming->is_doubted = true;
}

/* ---- greet ---- */

static void greeted(const struct outcome *outcome, void *context)
{
	struct call *call = context;
	effects_tell(call->effects,
		&(struct input){ INPUT_GREETED, .greeted = { answer_of(call, outcome) } });
	call_free(call);
}

void effects_greet(struct effects *effects, const struct action *action)
{
	effects->edge->ask->greet(effects->edge->tableau, action->site, greeted,
		call_new(effects, action, action->site, 0));
}

/* ---- list ---- */

static void listed(
	const struct outcome *outcome, const struct job *jobs, size_t count, void *context)
{
	struct call *call = context;
	struct answer answer = answer_of(call, outcome);
	if (answer.verdict == VERDICT_FAIL)
		answer.verdict = VERDICT_CANNOT;
	else if (!outcome->ok && outcome->is_alive)
		answer.verdict = VERDICT_UNREAD;
	answer.calls = effects_list_calls(count);
	struct job_seen *seen = mem_alloc(sizeof *seen * (count + 1));
	for (size_t i = 0; outcome->ok && i < count; i++) {
		seen[i] = effects_job(&jobs[i]);
		/* "refresh_extracts_via_bridge" (src/tableau/README.md, Job list) */
		seen[i].is_bridge = strstr(jobs[i].type, "via_bridge");
	}
	effects_tell(call->effects,
		&(struct input){ INPUT_LISTED,
			.listed = { answer, seen, outcome->ok ? count : 0, call->asked_after } });
	free(seen);
	call_free(call);
}

void effects_list(struct effects *effects, const struct action *action)
{
	effects->edge->ask->jobs(effects->edge->tableau, action->site, action->since, listed,
		call_new(effects, action, action->site, 0));
}

int64_t effects_list_calls(size_t jobs)
{
	return 1 + (int64_t)(jobs / TABLEAU_JOBS_A_PAGE);
}

/* ---- cancel ---- */

static void cancelled(const struct outcome *outcome, void *context)
{
	struct call *call = context;
	struct answer answer = answer_of(call, outcome);
	if (!outcome->ok && outcome->code == JOB_IS_OVER)
		answer.verdict = VERDICT_NONE;
	else if (!outcome->ok && outcome->error.kind == ERROR_GONE)
		answer.verdict = VERDICT_RETRY; /* a node may lag: the next look decides */
	effects_tell(call->effects,
		&(struct input){ INPUT_JOB_CANCELLED, .job_cancelled = { call->id, answer } });
	call_free(call);
}

void effects_cancel(struct effects *effects, const struct action *action)
{
	const struct refresh_row *refresh = action->refresh;
	effects->edge->ask->cancel(effects->edge->tableau, refresh->site, refresh->job_id,
		cancelled, call_new(effects, action, refresh->site, refresh->id));
}
