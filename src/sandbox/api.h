/*
 * sandbox/api.h - the REST calls of tableau-rest.md, on a world.
 */
#pragma once
#include "base/web.h"
#include "sandbox/reply.h"
#include "sandbox/world.h"

struct call { /* a request below /api/, taken apart */
	struct world *world;
	const char *method, *path; /* after /api/VERSION */
	const char *version;
	const char *query; /* as sent */
	const char *token; /* X-Tableau-Auth, or NULL */
	struct str body;
	bool wants_json;
	struct web_request *request;
	struct box_login *login; /* of a valid session, else NULL */
	struct box_site *site;   /* likewise */
};

/* Who is calling, before faults are looked for: sets login and site, of a sign-in the site that it
 * asks for. */
void api_identify(struct call *call);
void api_answer(struct call *call, struct reply *reply);

/* ---- parts ---- */
void session_sign_in(struct call *call, struct reply *reply);
void session_sign_out(struct call *call, struct reply *reply);
/* The token is that of a living session; else 401002. */
bool session_check(struct call *call, struct reply *reply);
/* Ends whatever session that PAT has, and begins another on `site`. */
void session_begin(struct world *world, struct box_login *login, const struct box_pat *pat,
	struct box_site *site);

void query_content(struct call *call, enum box_kind kind, struct reply *reply);
void query_one(struct call *call, enum box_kind kind, const char *id, struct reply *reply);
void query_projects(struct call *call, struct reply *reply);
void query_tasks(struct call *call, struct reply *reply);
void query_jobs(struct call *call, struct reply *reply);
void query_job(struct call *call, const char *id, struct reply *reply);
void cancel_job(struct call *call, const char *id, struct reply *reply);
void refresh(struct call *call, enum box_kind kind, const char *id, struct reply *reply);
