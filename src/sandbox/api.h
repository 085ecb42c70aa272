/*
 * sandbox/api.h - Tableau's REST calls (src/tableau/README.md), on a world.
 */
#pragma once
#include "base/web.h"
#include "sandbox/reply.h"
#include "sandbox/world.h"

struct call { /* a parsed request below /api/ */
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
void api_identify(struct call *call);
void api_answer(struct call *call, struct reply *reply);
/* Is the request's version at least this? */
bool call_speaks(const struct call *call, long major, long minor);

/* ---- login.c ---- */
void login_sign_in(struct call *call, struct reply *reply);
void login_sign_out(struct call *call, struct reply *reply);
void login_switch(struct call *call, struct reply *reply);
void login_current(struct call *call, struct reply *reply);
/* Is the token that of a live session? Else answers 401000 or 401002. */
bool login_check(struct call *call, struct reply *reply);
/* Ends the session of this PAT, if any, and begins another on `site`. */
void login_begin(struct world *world, struct box_login *login, const struct box_pat *pat,
	struct box_site *site);

/* ---- content.c, project.c, task.c ---- */
void content_list(struct call *call, enum box_kind kind, struct reply *reply);
void content_get(struct call *call, enum box_kind kind, const char *id, struct reply *reply);
void content_connections(
	struct call *call, enum box_kind kind, const char *id, struct reply *reply);
/* Answers 404004 or its like for the kind (src/tableau/README.md, Refused refreshes). */
void content_missing(enum box_kind kind, const char *id, struct reply *reply);
void project_list(struct call *call, struct reply *reply);
void task_list(struct call *call, struct reply *reply);
void task_get(struct call *call, const char *id, struct reply *reply);

/* ---- refresh.c, job_query.c ---- */
void refresh(struct call *call, enum box_kind kind, const char *id, struct reply *reply);
void job_list(struct call *call, struct reply *reply);
void job_get(struct call *call, const char *id, struct reply *reply);
void job_cancel(struct call *call, const char *id, struct reply *reply);
void flow_run_list(struct call *call, struct reply *reply);
void flow_run_get(struct call *call, const char *id, struct reply *reply);
