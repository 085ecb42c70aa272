/*
 * dispatch/request.c - requests refreshes and queries their jobs. If an answer suggests that they
 * are not about the content that the rules name, it is checked before it counts.
 *
 * send:  (doubted? confirm) --> request --> its answer names another content? confirm --> told
 * poll:  job succeeded, under another name? confirm --> told
 */
#include "base/fault.h"
#include "base/mem.h"
#include "dispatch/confirm.h"
#include "dispatch/effects.h"

/* With this code, nothing was queued for certain (src/tableau/README.md, Refused refreshes). */
#define NO_EXTRACT 403180

struct request {
	struct effects *effects;
	struct arena *arena; /* this struct and all texts */
	int64_t refresh, asked_after, life;
	const char *site, *job_id;
	struct content content;
	bool incremental;
	/* An answer while it is checked: */
	struct outcome outcome;
	struct job job;
};

static struct request *request_new(
	struct effects *effects, const struct refresh_row *row, int64_t life)
{
	struct arena *arena = arena_new();
	struct request *request = arena_new_of(arena, struct request);
	*request = (struct request){
		.effects = effects,
		.arena = arena,
		.refresh = row->id,
		.life = life,
		.site = arena_text(arena, row->site),
		.job_id = arena_text(arena, row->job_id),
		.content = { row->content.kind, arena_text(arena, row->content.luid),
			arena_text(arena, row->content.name),
			arena_text(arena, row->content.project) },
		.incremental = row->incremental,
	};
	return request;
}

static void end(struct request *request, const struct input *input)
{
	effects_tell(request->effects, input);
	arena_free(request->arena);
}

static void keep_answer(
	struct request *request, const struct outcome *outcome, const struct job *job)
{
	request->outcome = *outcome;
	if (!job)
		return;
	request->job = *job;
	request->job.title = arena_text(request->arena, job->title);
	request->job.type = arena_text(request->arena, job->type);
	request->job.notes = arena_text(request->arena, job->notes);
}

static void confirm(struct request *request, const char *alias, confirm_done *callback)
{
	confirm_start(effects_edge(request->effects), effects_namings(request->effects),
		request->site, &request->content, alias, callback, request);
}

static bool is_alias(const struct request *request, const struct job *job)
{
	return confirm_is_alias(
		effects_namings(request->effects), request->site, &request->content, job->title);
}

static struct answer answer_of(const struct request *request, const struct outcome *outcome)
{
	return effects_answer(request->site, request->life, outcome);
}

static void moved(struct request *request, const struct confirmation *confirmation)
{
	end(request, &(struct input){ INPUT_MOVED,
			     .moved = { request->refresh, answer_of(request, confirmation->outcome),
				     confirmation->content } });
}

/* The answer for a confirmation that is not a yes. */
static struct answer no_answer(
	const struct request *request, const struct confirmation *confirmation)
{
	struct answer answer = answer_of(request, confirmation->outcome);
	answer.verdict = confirmation->is == CONFIRMED_NO ? VERDICT_OTHER : VERDICT_RETRY;
	answer.reason = confirmation->reason;
	return answer;
}

/* ---- send ---- */

static void answer_sent(
	struct request *request, const struct outcome *outcome, const struct job *job)
{
	struct job_seen seen = { 0 };
	struct answer answer = answer_of(request, outcome);
	if (outcome->ok)
		seen = effects_job(job);
	/* Owners with a Creator licence got 403 although the job had been queued
	 * (src/tableau/README.md, Refused refreshes). */
	if (answer.verdict == VERDICT_FAIL && outcome->code / 1000 == 403 &&
		outcome->code != NO_EXTRACT)
		answer.verdict = VERDICT_DOUBT;
	end(request, &(struct input){
			     INPUT_SENT, .sent = { request->refresh, answer,
						 outcome->ok ? &seen : NULL, outcome->asked_at } });
}

static void not_sent(struct request *request, const struct confirmation *confirmation)
{
	end(request, &(struct input){ INPUT_SENT,
			     .sent = { request->refresh, no_answer(request, confirmation), NULL,
				     request->outcome.asked_at } });
}

/* The id is gone: perhaps the content was deleted and published again under its old name
 * (src/tableau/README.md, Content). */
static void gone_confirmed(const struct confirmation *confirmation, void *context)
{
	struct request *request = context;
	bool is_refused =
		confirmation->outcome->ok || confirmation->outcome->error.kind == ERROR_REFUSED;
	if (confirmation->is == CONFIRMED_MOVED)
		moved(request, confirmation);
	else
		answer_sent(request, is_refused ? &request->outcome : confirmation->outcome, NULL);
}

static void reply_confirmed(const struct confirmation *confirmation, void *context)
{
	struct request *request = context;
	if (confirmation->is == CONFIRMED_YES)
		answer_sent(request, &request->outcome, &request->job);
	else if (confirmation->is == CONFIRMED_MOVED)
		moved(request, confirmation);
	else
		not_sent(request, confirmation);
}

static void hear_job(
	const struct request *request, const struct outcome *outcome, const struct job *job)
{
	if (outcome->ok)
		job_contents_hear(effects_job_contents(request->effects), job->id, job->content);
}

static void sent(const struct outcome *outcome, const struct job *job, void *context)
{
	struct request *request = context;
	hear_job(request, outcome, job);
	if (FAULT("dispatch.sent")) {
		struct outcome lost = *outcome;
		lost.ok = error_fail(&lost.error, ERROR_UNKNOWN, "a fault point lost the reply");
		answer_sent(request, &lost, NULL);
		return;
	}
	keep_answer(request, outcome, job);
	bool is_gone = !outcome->ok && outcome->error.kind == ERROR_GONE;
	if (is_gone && request->content.kind != CONTENT_TASK && *request->content.name)
		confirm(request, NULL, gone_confirmed);
	else if (outcome->ok && is_alias(request, job))
		confirm(request, request->job.title, reply_confirmed);
	else
		answer_sent(request, outcome, job);
}

static void ask(struct request *request)
{
	const struct edge *edge = effects_edge(request->effects);
	edge->ask->refresh(edge->tableau, request->site, &request->content, request->incremental,
		sent, request);
}

static void doubt_confirmed(const struct confirmation *confirmation, void *context)
{
	struct request *request = context;
	if (confirmation->is == CONFIRMED_YES)
		ask(request);
	else if (confirmation->is == CONFIRMED_MOVED)
		moved(request, confirmation);
	else
		not_sent(request, confirmation);
}

void effects_send(struct effects *effects, const struct refresh_row *refresh, int64_t life)
{
	struct request *request = request_new(effects, refresh, life);
	if (confirm_is_due(effects_edge(effects), effects_namings(effects), request->site,
		    &request->content))
		confirm(request, NULL, doubt_confirmed);
	else
		ask(request);
}

/* ---- poll ---- */

static void answer_polled(
	struct request *request, const struct outcome *outcome, const struct job *job)
{
	struct answer answer = answer_of(request, outcome);
	struct job_seen seen = { 0 };
	if (outcome->ok)
		seen = effects_job(job);
	else if (outcome->error.kind == ERROR_GONE)
		answer.verdict = VERDICT_NONE;
	else if (outcome->error.kind == ERROR_REFUSED)
		answer.verdict = VERDICT_CANNOT;
	else /* a failed poll says nothing about the job */
		answer.verdict = outcome->is_alive ? VERDICT_UNREAD : VERDICT_RETRY;
	end(request, &(struct input){ INPUT_POLLED,
			     .polled = { request->refresh, answer, outcome->ok ? &seen : NULL,
				     request->asked_after } });
}

static void job_confirmed(const struct confirmation *confirmation, void *context)
{
	struct request *request = context;
	if (confirmation->is == CONFIRMED_YES)
		answer_polled(request, &request->outcome, &request->job);
	else if (confirmation->is == CONFIRMED_MOVED)
		moved(request, confirmation);
	else
		end(request, &(struct input){ INPUT_POLLED,
				     .polled = { request->refresh, no_answer(request, confirmation),
					     NULL, request->asked_after } });
}

static void polled(const struct outcome *outcome, const struct job *job, void *context)
{
	struct request *request = context;
	hear_job(request, outcome, job);
	keep_answer(request, outcome, job);
	if (outcome->ok && job->state == JOB_SUCCEEDED && is_alias(request, job))
		confirm(request, request->job.title, job_confirmed);
	else
		answer_polled(request, outcome, job);
}

void effects_poll(struct effects *effects, const struct action *action)
{
	struct request *request = request_new(effects, action->refresh, action->life);
	request->asked_after = action->asked_after;
	const struct edge *edge = effects_edge(effects);
	edge->ask->job(edge->tableau, request->site, request->job_id, polled, request);
}
