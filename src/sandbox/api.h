/*
 * sandbox/api.h - Tableau's REST calls (src/tableau/README.md), on a world.
 */
#pragma once
#include "base/web/web.h"
#include "sandbox/reply.h"
#include "sandbox/world.h"

struct api_call { /* a parsed request below /api/ */
	struct world *world;
	const char *method, *path; /* after /api/VERSION */
	const char *version;
	const char *query; /* as sent */
	const char *token; /* X-Tableau-Auth, or NULL */
	struct wall now;   /* the time for the whole answer */
	const cJSON *body; /* from JSON or XML, without tsRequest; NULL: empty or malformed */
	struct web_request *request;
	struct box_login *login; /* of a valid session, else NULL */
	struct box_site *site;   /* the session's site, else NULL */
};

/* Sets login and site before faults are looked up; for a sign-in, the site that it asks for. */
void api_identify(struct api_call *call);
void api_answer(struct api_call *call, struct reply *reply);
/* Is the request's version at least this? */
bool api_call_speaks(const struct api_call *call, long major, long minor);

/* ---- login.c ---- */
void api_sign_in(struct api_call *call, struct reply *reply);
void api_sign_out(struct api_call *call, struct reply *reply);
void api_switch_site(struct api_call *call, struct reply *reply);
void api_current_session(struct api_call *call, struct reply *reply);
/* Is the token that of a live session? Else answers 401000 or 401002. */
bool api_check_session(struct api_call *call, struct reply *reply);
/* Ends the session of this PAT, if any, and begins another on `site`. */
void api_begin_session(struct world *world, struct box_login *login, const struct box_pat *pat,
	struct box_site *site);

/* ---- content.c, project.c, task.c ---- */
void api_content_list(struct api_call *call, enum box_kind kind, struct reply *reply);
void api_content_get(
	struct api_call *call, enum box_kind kind, const char *id, struct reply *reply);
void api_content_connections(
	struct api_call *call, enum box_kind kind, const char *id, struct reply *reply);
/* Answers 404004 or its like for the kind (src/tableau/README.md, Refused refreshes). */
void api_content_missing(enum box_kind kind, const char *id, struct reply *reply);
void api_project_list(struct api_call *call, struct reply *reply);
void api_task_list(struct api_call *call, struct reply *reply);
void api_task_get(struct api_call *call, const char *id, struct reply *reply);

/* ---- refresh.c, job_query.c ---- */
void api_refresh(struct api_call *call, enum box_kind kind, const char *id, struct reply *reply);
/* Adds what every answer about a job has: its work, id, mode and type. Returns the work's object.
 */
cJSON *api_job_describe(const struct box_job *job, cJSON *json);
void api_job_list(struct api_call *call, struct reply *reply);
void api_job_get(struct api_call *call, const char *id, struct reply *reply);
void api_job_cancel(struct api_call *call, const char *id, struct reply *reply);
void api_flow_run_list(struct api_call *call, struct reply *reply);
void api_flow_run_get(struct api_call *call, const char *id, struct reply *reply);
