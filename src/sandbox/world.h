/*
 * sandbox/world.h - the sandbox's Tableau: sites, content, PATs with their sessions, jobs. Loaded
 * from a YAML file, then changed by API calls and by the control endpoint. One lock (main.c) guards
 * all of it, which is enough for a test double.
 */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/problem/problem.h"
#include "base/record/field.h"
#include "sandbox/luid.h"

enum box_kind { BOX_WORKBOOK, BOX_DATASOURCE, BOX_FLOW, BOX_TASK, BOX_KIND_COUNT };
/* "workbook"; a task is an "extractRefresh" */
extern const char *const box_singular[BOX_KIND_COUNT];
extern const char *const box_plural[BOX_KIND_COUNT];
/* BOX_KIND_COUNT for an unknown word. */
enum box_kind box_kind_of(const char *word);

enum box_result {
	RESULT_SUCCESS,
	RESULT_FAILED,
	RESULT_CANCELLED,
	RESULT_BRIDGE,
	RESULT_ERROR_NOTE,
};
extern const char *const result_names[];

/* The answer to a refresh of content without extracts (src/tableau/README.md, Refused
 * refreshes). */
enum box_refusal { REFUSAL_403180, REFUSAL_409090 };

struct box_life {
	int64_t queued, running;
}; /* microseconds */

struct box_pat {
	const char *name, *secret, *estimated_time;
	bool admin, expired;
	struct place place;
	struct box_login *login; /* shared by the sites that list the same PAT */
};

/* A PAT has one session over all sites (src/tableau/README.md, Sessions). */
struct box_login {
	const char *name, *secret;
	char token[128];           /* "": signed out */
	struct box_site *site;     /* the session's site */
	const struct box_pat *pat; /* the PAT as that site lists it */
	struct mono began, used_at;
	struct box_login *next;
};

struct box_project {
	const char *path, *id, *name, *parent_id; /* name without escapes */
	bool is_hidden;
};
struct box_owner {
	const char *id, *name, *full_name, *email;
};

struct box_content {
	enum box_kind kind;
	const char *name, *id, *project, *content_url, *owner, *notes, *workbook, *datasource;
	struct texts tags;
	bool has_extracts, incremental, schedule; /* the last two are a task's */
	int refusal;                              /* enum box_refusal */
	int64_t queued, running;                  /* of its jobs; 0: the site's default */
	int result;                               /* enum box_result */
	int next_result;                          /* of its next job only, plus 1; 0: as `result` */
	struct place place;
	const struct box_project *in; /* NULL: a Personal Space */
	struct box_content *target;   /* of a task */
	int64_t number;               /* in webpageUrl, useless for the API */
	bool is_deleted;
	struct box_job *open_jobs; /* the newest that may still be queued or running */
};

struct box_job {
	char id[LUID_SIZE], flow_run[LUID_SIZE];
	struct box_site *site;
	struct box_content *content; /* of a task: the workbook or data source */
	/* its LUID at the time: it may be published again under another */
	const char *content_id;
	const char *name; /* its name at the time */
	const char *by;   /* the PAT's name, or "foreign" */
	struct wall created;
	int64_t queued, running;
	enum box_result result;
	const char *notes;
	bool incremental;
	struct wall cancelled;    /* {0}: not cancelled */
	int purged;               /* the error that a query for it gets; 0: the job exists */
	struct box_job *previous; /* the content's job before it, if that may still be open */
};

struct box_generate {
	const char *kind, *name, *project;
	int64_t count;
	struct place place;
};

struct box_site {
	const char *content_url, *id, *name, *api_version;
	bool cloud, old_filters, single_as_object, tasks_as_array;
	struct list pats;             /* of struct box_pat */
	int64_t refreshes_per_hour;   /* 0: no limit */
	int64_t session_idle;         /* microseconds; 0: for ever */
	int64_t refuse_fresh;         /* microseconds for which a new token is refused */
	struct texts projects;        /* paths, "\/" is a '/' in a name */
	struct texts hidden_projects; /* the projects among them that lists do not show */
	struct list owners;
	struct list workbooks, datasources, flows, tasks, generate;
	struct box_life job;
	struct place place;
	/* made by world_load() */
	struct box_project *all_projects;
	size_t project_count;
	struct box_content **contents[BOX_KIND_COUNT]; /* in the order of the file */
	size_t content_count[BOX_KIND_COUNT], content_capacity[BOX_KIND_COUNT];
	struct box_luid_table by_id[BOX_KIND_COUNT]; /* items that are not deleted */
	struct wall *starts;                         /* times of refreshes by API, for the limit */
	size_t start_count, start_capacity;
};

struct world {
	struct list sites; /* of struct box_site; at least one */
	struct box_login *logins;
	struct box_job **jobs; /* oldest first */
	size_t job_count, job_capacity;
	struct box_luid_table job_by_id;
	int64_t latency;     /* of every API call, microseconds */
	int64_t counter;     /* for ids that are not given */
	struct arena *arena; /* everything that lives until the end */
};

/* world_load.c. NULL: see `problems`. */
struct world *world_load(const char *path, struct problems *problems);
void world_print_fields(struct text *out);
void world_free(struct world *world);

struct box_site *world_site(struct world *world, size_t index);
struct box_site *world_site_named(struct world *world, const char *content_url); /* or NULL */
/* by LUID, or NULL */
struct box_content *box_site_content(
	const struct box_site *site, enum box_kind kind, const char *id);
struct box_content *box_site_content_named(
	const struct box_site *site, enum box_kind kind, const char *name); /* the first, or NULL */
const struct box_project *box_site_project(
	const struct box_site *site, const char *path); /* or NULL */
/* never NULL */
const struct box_owner *box_site_owner(
	const struct box_site *site, const struct box_content *content);
struct box_pat *box_site_pat(struct box_site *site, const char *name);
/* As box_luid_make(), in `arena`. */
const char *world_luid(
	struct arena *arena, const char *site, const char *kind, const char *name, int64_t number);
/* Adds a copy of `from` to the site, with members that it lacks. NULL: its id is taken. */
struct box_content *box_site_add(struct world *world, struct box_site *site, enum box_kind kind,
	const struct box_content *from);
/* Publishes content again: the same content under another LUID. False: that LUID is taken. */
bool box_site_rename(struct box_site *site, struct box_content *content, const char *id);
void box_site_delete(struct box_site *site, struct box_content *content);

/* ---- job.c ---- */

enum box_state { STATE_PENDING, STATE_IN_PROGRESS, STATE_SUCCESS, STATE_FAILED, STATE_CANCELLED };
extern const char *const state_names[]; /* in the words of the job list */
struct box_times {
	enum box_state state;
	struct wall started, completed;
	int finish_code;
}; /* finish_code -1: not finished */
struct box_times box_job_times(const struct box_job *job, struct wall now);
struct box_job *box_job_start(struct world *world, struct box_site *site,
	struct box_content *content, const char *by, bool incremental);
struct box_job *box_job_find(
	const struct world *world, const struct box_site *site, const char *id);
/* Is a job of this content queued or running? */
bool box_content_is_busy(struct box_content *content, struct wall now);
