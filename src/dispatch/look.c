/*
 * dispatch/look.c - looks for a job of one content: the site's list gives candidates by name, each
 * is then asked for the content that it works on, because a row has no content id
 * (tableau-rest.md 6.2).
 */
#include "base/mem.h"
#include "dispatch/effects.h"

/* More jobs of one name than this are not asked one by one; the next try looks again. */
#define MOST_CANDIDATES 8

struct look {
	struct effects *effects;
	int64_t refresh, asked_after;
	char *site, *luid, *name;
	char **known; /* ids of jobs that are not meant; NULL ends it */
	struct told_time told;
	int64_t calls;    /* job queries made */
	size_t count, at; /* candidates, youngest first */
	struct {
		char id[sizeof((struct job *)0)->id];
		bool is_incremental; /* only the list tells */
	} candidates[MOST_CANDIDATES];
};

static void look_end(struct look *look, struct answer answer, const struct job_seen *job)
{
	answer.calls = look->calls;
	effects_go_on(look->effects, schedule_looked(effects_schedule(look->effects), effects_now(),
					     look->refresh, answer, job, look->asked_after));
	for (char **id = look->known; *id; id++)
		free(*id);
	free(look->known);
	free(look->site);
	free(look->luid);
	free(look->name);
	free(look);
}

static void look_next(struct look *look);

static void candidate_told(const struct outcome *outcome, const struct job *job, void *context)
{
	struct look *look = context;
	if (!outcome->ok && outcome->error.kind != ERROR_GONE &&
		outcome->error.kind != ERROR_REFUSED) {
		struct answer answer = effects_answer(look->site, outcome);
		answer.verdict = VERDICT_RETRY;
		look_end(look, answer, NULL);
	} else if (outcome->ok && !strcmp(job->content, look->luid)) {
		struct job_seen seen = effects_job(job);
		seen.is_incremental = look->candidates[look->at - 1].is_incremental;
		look_end(look, effects_answer(look->site, outcome), &seen);
	} else {
		look->told = outcome->told;
		look_next(look);
	}
}

static void ask_next(struct look *look)
{
	look->calls++;
	tableau_job(effects_tableau(look->effects), look->site, look->candidates[look->at++].id,
		candidate_told, look);
}

static void look_next(struct look *look)
{
	if (look->at == look->count)
		look_end(look,
			(struct answer){ .site = look->site,
				.verdict = VERDICT_NONE,
				.reason = "no job of this content was found",
				.told = look->told },
			NULL);
	else
		ask_next(look);
}

static bool is_meant(const struct look *look, const struct job *job)
{
	if (!job->title || strcmp(job->title, look->name))
		return false;
	for (char **id = look->known; *id; id++)
		if (!strcmp(*id, job->id))
			return false;
	return true;
}

static void listed(
	const struct outcome *outcome, const struct job *jobs, size_t count, void *context)
{
	struct look *look = context;
	look->calls = effects_list_calls(count);
	look->told = outcome->told;
	if (!outcome->ok) {
		struct answer answer = effects_answer(look->site, outcome);
		answer.verdict =
			outcome->error.kind == ERROR_REFUSED ? VERDICT_CANNOT : VERDICT_RETRY;
		look_end(look, answer, NULL);
		return;
	}
	for (size_t i = count; i-- > 0 && look->count < MOST_CANDIDATES;) {
		if (!is_meant(look, &jobs[i]))
			continue;
		memcpy(look->candidates[look->count].id, jobs[i].id, sizeof jobs[i].id);
		/* "increment_extracts", "increment_extracts_via_bridge" (6.2) */
		look->candidates[look->count++].is_incremental =
			jobs[i].type && !strncmp(jobs[i].type, "increment_", strlen("increment_"));
	}
	look_next(look);
}

void effects_look(struct effects *effects, const struct action *action)
{
	const struct refresh_row *refresh = action->refresh;
	struct look *look = mem_new(struct look);
	look->effects = effects;
	look->refresh = refresh->id;
	look->asked_after = action->asked_after;
	look->site = mem_copy_text(refresh->site);
	look->luid = mem_copy_text(refresh->content.luid);
	look->name = mem_copy_text(refresh->content.name);
	size_t count = 0;
	while (action->known_jobs[count])
		count++;
	look->known = mem_alloc(sizeof *look->known * (count + 1));
	for (size_t i = 0; i < count; i++)
		look->known[i] = mem_copy_text(action->known_jobs[i]);
	tableau_jobs(effects_tableau(effects), refresh->site, action->since, listed, look);
}
