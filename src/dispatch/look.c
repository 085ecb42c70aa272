/*
 * dispatch/look.c - looks for a job of some content. The site's job list gives candidates by name;
 * each is then queried for its content, because a row has no content id (src/tableau/README.md, Job
 * list). A task's jobs are those of the workbook or data source that it refreshes.
 *
 * (task? ask what it refreshes) --> list --> candidate --> candidate ... --> told
 */
#include "base/mem.h"
#include "base/name.h"
#include "dispatch/effects.h"

/* One look queries at most this many jobs of a name. Their answers are kept (job_contents.h), so
 * that the next look goes on with the others. */
#define MOST_CANDIDATES 8

struct look {
	struct effects *effects;
	int64_t refresh, asked_after, life;
	char *site, *luid, *name;
	char **known; /* ids of jobs that are not meant, ended by NULL */
	struct wall since;
	struct told_time told;
	const char *unsure; /* why it is not certain that there is no job; NULL: it is */
	bool is_puzzled;    /* a candidate could not be told, so an older one is not the last */
	int64_t calls;      /* job queries made */
	size_t count, at;   /* candidates, youngest first */
	struct {
		char id[sizeof((struct job *)0)->id];
		bool is_incremental; /* known from the list only */
	} candidates[MOST_CANDIDATES];
};

static void look_end(struct look *look, struct answer answer, const struct job_seen *job)
{
	answer.calls = look->calls;
	effects_tell(look->effects,
		&(struct input){ INPUT_LOOKED,
			.looked = { look->refresh, answer, job, look->asked_after } });
	for (char **id = look->known; *id; id++)
		free(*id);
	free(look->known);
	free(look->site);
	free(look->luid);
	free(look->name);
	free(look);
}

static void look_next(struct look *look);

/* Ends a look that found no job, with `verdict`; `outcome` says why. */
static void end_without(struct look *look, const struct outcome *outcome, enum verdict verdict)
{
	struct answer answer = effects_answer(look->site, look->life, outcome);
	answer.verdict = verdict;
	look_end(look, answer, NULL);
}

static void found(struct look *look, const struct outcome *outcome, const struct job *job)
{
	struct job_seen seen = effects_job(job);
	seen.is_incremental = look->candidates[look->at - 1].is_incremental;
	look_end(look, effects_answer(look->site, look->life, outcome), &seen);
}

static void puzzle(struct look *look, const char *unsure)
{
	look->unsure = unsure;
	look->is_puzzled = true;
}

/* Was its content renamed after the list was made? Then it may not be what the rules name any more;
 * the next look finds no job by the old name, and the reply to a request is checked (confirm.h). */
static bool is_renamed(const struct look *look, const struct job *job)
{
	return job->title && *job->title && !name_equal(job->title, look->name);
}

static void candidate_told(const struct outcome *outcome, const struct job *job, void *context)
{
	struct look *look = context;
	look->told = outcome->told;
	if (outcome->ok)
		job_contents_hear(effects_job_contents(look->effects), job->id, job->content);
	else if (outcome->error.kind == ERROR_GONE) /* although the list has it: a node lags */
		puzzle(look, "Tableau lists a job of that name, but does not know it when asked");
	else {
		end_without(look, outcome,
			outcome->error.kind == ERROR_REFUSED ? VERDICT_CANNOT : VERDICT_RETRY);
		return;
	}
	bool is_own = outcome->ok && !strcmp(job->content, look->luid);
	if (is_own && is_renamed(look, job))
		puzzle(look, "a job of it has another name than the list of jobs had");
	if (is_own && !look->is_puzzled)
		found(look, outcome, job);
	else
		look_next(look);
}

static void ask_next(struct look *look)
{
	const struct edge *edge = effects_edge(look->effects);
	look->calls++;
	edge->ask->job(
		edge->tableau, look->site, look->candidates[look->at++].id, candidate_told, look);
}

static void look_next(struct look *look)
{
	if (look->at < look->count) {
		ask_next(look);
		return;
	}
	look_end(look,
		(struct answer){ .site = look->site,
			.life = look->life,
			.verdict = look->unsure ? VERDICT_UNSURE : VERDICT_NONE,
			.reason = look->unsure ? look->unsure : "no job of this content was found",
			.told = look->told },
		NULL);
}

/* Can a job of this type be a refresh: "refresh_extracts", "increment_extracts", "run_flow", with
 * or without "_via_bridge" (src/tableau/README.md, Job list)? An unknown word may be one on another
 * server. Not a subscription or the creation of an extract. */
static bool may_be_refresh(const char *type)
{
	return !*type || strcasestr(type, "refresh") || strcasestr(type, "increment") ||
	       strcasestr(type, "flow");
}

static bool is_meant(const struct look *look, const struct job *job)
{
	const char *content = job_contents_find(effects_job_contents(look->effects), job->id);
	if (!job->title || !name_equal(job->title, look->name) || !may_be_refresh(job->type))
		return false;
	if (content && strcmp(content, look->luid))
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
		end_without(look, outcome,
			outcome->error.kind == ERROR_REFUSED ? VERDICT_CANNOT : VERDICT_RETRY);
		return;
	}
	for (size_t i = count; i-- > 0;) {
		if (!is_meant(look, &jobs[i]))
			continue;
		if (look->count == MOST_CANDIDATES) {
			look->unsure =
				"more jobs of that name were made than are asked for at once";
			break;
		}
		memcpy(look->candidates[look->count].id, jobs[i].id, sizeof jobs[i].id);
		look->candidates[look->count++].is_incremental =
			!strncmp(jobs[i].type, "increment_", strlen("increment_"));
	}
	look_next(look);
}

static void list(struct look *look)
{
	const struct edge *edge = effects_edge(look->effects);
	edge->ask->jobs(edge->tableau, look->site, look->since, listed, look);
}

static void task_told(const struct outcome *outcome, const struct content *content, void *context)
{
	struct look *look = context;
	if (!outcome->ok) {
		end_without(look, outcome,
			outcome->error.kind == ERROR_REFUSED ? VERDICT_CANNOT : VERDICT_RETRY);
		return;
	}
	free(look->luid);
	free(look->name);
	look->luid = mem_copy_text(content->luid);
	look->name = mem_copy_text(content->name);
	list(look);
}

void effects_look(struct effects *effects, const struct action *action)
{
	const struct refresh_row *refresh = action->refresh;
	const struct edge *edge = effects_edge(effects);
	struct look *look = mem_new(struct look);
	look->effects = effects;
	look->refresh = refresh->id;
	look->asked_after = action->asked_after;
	look->life = action->life;
	look->site = mem_copy_text(refresh->site);
	look->luid = mem_copy_text(refresh->content.luid);
	look->name = mem_copy_text(refresh->content.name);
	size_t count = 0;
	while (action->known_jobs[count])
		count++;
	look->known = mem_alloc(sizeof *look->known * (count + 1));
	for (size_t i = 0; i < count; i++)
		look->known[i] = mem_copy_text(action->known_jobs[i]);
	look->since = action->since;
	if (refresh->content.kind == CONTENT_TASK)
		edge->ask->task_content(edge->tableau, look->site, look->luid, task_told, look);
	else
		list(look);
}
