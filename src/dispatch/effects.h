/*
 * dispatch/effects.h - carries out the schedule's actions on Tableau, and reports the results as
 * inputs of the schedule. Dispatch thread only.
 */
#pragma once
#include "content/selection.h"
#include "dispatch/edge.h"
#include "dispatch/job_contents.h"
#include "dispatch/naming.h"

struct effects;

/* Called with each answer, as an input of the schedule. */
typedef void effects_told(const struct input *input, void *context);

/* Borrows `edge`. */
struct effects *effects_new(const struct edge *edge, effects_told *told, void *context);
void effects_free(struct effects *effects);

/* The action's `life` comes back with each answer. */
/* Finds the content of the action's selection. */
void effects_resolve(struct effects *effects, const struct action *action);
/* The selection named this content, at that time, before this process started. */
void effects_name(struct effects *effects, const struct selection *selection, const char *site,
	const struct content *content, struct mono at);
/* Before the next request for this content, check that the rules still name it. */
void effects_doubt(struct effects *effects, const char *site, const struct content *content);
/* Signs in to the site. */
void effects_greet(struct effects *effects, const struct action *action);
/* dispatch/request.c */
void effects_send(struct effects *effects, const struct refresh_row *refresh, int64_t life);
void effects_poll(struct effects *effects, const struct action *action);
void effects_cancel(struct effects *effects, const struct action *action);
void effects_list(struct effects *effects, const struct action *action);
/* dispatch/look.c: searches the site's jobs for one of this content. */
void effects_look(struct effects *effects, const struct action *action);

/* ---- shared with look.c and request.c ---- */
struct instant effects_now(const struct effects *effects);
struct answer effects_answer(const char *site, int64_t life, const struct outcome *outcome);
struct job_seen effects_job(const struct job *job);
/* How many queries a list of this many jobs took: one for each page. */
int64_t effects_list_calls(size_t jobs);
const struct edge *effects_edge(const struct effects *effects);
struct job_contents *effects_job_contents(struct effects *effects);
struct namings *effects_namings(struct effects *effects);
void effects_tell(struct effects *effects, const struct input *input);
