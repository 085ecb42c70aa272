/*
 * tableau/tableau.h - calls to Tableau's REST API, for all sites on one curl multi handle.
 *
 * One thread owns everything here (the dispatch thread; on the command line the only thread). Calls
 * are asynchronous: they return at once, and their callback runs later, exactly once, inside
 * tableau_step(). A site signs in for its first request, uses that one session for all requests,
 * and renews it by exactly one sign-in when Tableau answers 401002 or 401000, however many requests
 * saw that (README.md, Sessions); a request is repeated after a renewal. Requests beyond a site's
 * max_requests wait for their turn.
 *
 * Nothing else is retried here: the caller decides when to try again.
 */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "config/config.h"
#include "content/content.h"
#include "content/selection.h"

struct tableau;

struct tableau *tableau_new(void);
/* drops open requests; their callbacks get ERROR_UNKNOWN or ERROR_TRANSIENT */
void tableau_free(struct tableau *tableau);
OWNED_DEFINE(tableau)
/*
 * Takes over the sites of `config` (a reference is kept). An unchanged site keeps its session; a
 * site whose PAT, server or content URL changed signs in again; a removed site ends after its last
 * request. Secrets are read here: a site whose secret is missing exists but answers every call with
 * ERROR_INPUT, and the first such error is returned (false) after all sites were set up.
 */
bool tableau_configure(struct tableau *tableau, struct config *config, struct error *err) MUST_USE;
/*
 * The site is another node's from now on. Its calls are answered inside this call, not ok; requests
 * in flight are dropped, so that nothing more of them is sent; session, lists in memory and what is
 * known of its clock are forgotten. With `signs_out` the session, if there is one, is signed out,
 * which tableau_has_left() waits for; without, nothing is sent at all, also of a sign-out that is
 * under way. The site stays configured: the next call to it signs in, which ends the session of
 * another node, so it is for the caller to make none. Not inside a callback.
 */
void tableau_leave(struct tableau *tableau, const char *site, bool signs_out);
/* Nothing is in the air any more of what was left. */
bool tableau_has_left(const struct tableau *tableau, const char *site);

/*
 * Waits at most `timeout_ms` for the network or for `wake_fd` (-1: none) to be readable, then runs
 * the callbacks that are ready.
 */
void tableau_step(struct tableau *tableau, int timeout_ms, int wake_fd);
bool tableau_is_idle(const struct tableau *tableau); /* no request in flight or waiting */
/* Signs all sessions out and waits for that, at most `us` (README.md, Sign-in). Later calls are
 * refused. */
void tableau_sign_out(struct tableau *tableau, int64_t us);

enum resolve_refusal {
	REFUSAL_NONE,
	REFUSAL_MISSING,    /* nothing is named */
	REFUSAL_AMBIGUOUS,  /* several items are, where one is wanted */
	REFUSAL_NO_EXTRACT, /* there is content, but nothing in it to refresh */
	REFUSAL_UNCLEAR,    /* what is named cannot be known: a hidden project, a costly pattern */
};

/* What is known of a resolve beyond its result. */
struct resolve_detail {
	enum resolve_refusal refusal;
	/* refused: what may have been meant. A candidate for a missing name may have no project. */
	const struct content *candidates;
	size_t candidate_count;
	/* resolved: those of the contents that somebody else than the PAT's user owns; only an
	 * administrator or a leader of their project may refresh them (README.md, Rights) */
	const struct content *foreign;
	size_t foreign_count;
};

/* The result of a call. Valid during the callback only. */
struct outcome {
	bool ok;
	struct error error; /* when not ok; the kind says what to do next */
	int http_status;    /* 0: none */
	int code;           /* Tableau's six digits, 0: none */
	/* Tableau itself answered. When not ok, the failure is about the item or list asked for (it
	 * cannot be read, a right is missing), not about the site. */
	bool is_alive;
	int64_t retry_after_us; /* from Retry-After or the text of a 429; 0: none */
	struct wall asked_at;   /* when the last request was handed to the network; {0}: never */
	struct told_time told;  /* Tableau's clock, by the Date header of the answer */
	const struct resolve_detail *detail; /* of a resolve that had its lists; else NULL */
};

/* A Tableau job, from a query, from the answer to a refresh, or from a row of the list. */
enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_SUCCEEDED, JOB_FAILED, JOB_CANCELLED };
struct job {
	char id[64]; /* a LUID has 36 */
	enum job_state state;
	struct wall created_at, started_at, completed_at; /* {0}: not yet or not known */
	char content[64];  /* LUID of the content that it refreshes; "" in rows of the list */
	const char *title; /* list rows: the content's name */
	const char *type;  /* list rows: "refresh_extracts", ... */
	/* the reason of a failure, shortened and without control characters, or "" */
	const char *notes;
};

typedef void resolve_done(
	const struct outcome *outcome, const struct content *contents, size_t count, void *context);
typedef void content_done(
	const struct outcome *outcome, const struct content *content, void *context);
typedef void job_done(const struct outcome *outcome, const struct job *job, void *context);
typedef void jobs_done(
	const struct outcome *outcome, const struct job *jobs, size_t count, void *context);
typedef void done(const struct outcome *outcome, void *context);

/*
 * How long the id of an exact name is remembered. The answer to a refresh shows that content was
 * renamed; only lists show that it moved to another project and other content took its place.
 */
#define TABLEAU_NAME_AGE (600 * US_PER_SECOND)
/*
 * Finds the content that a selection names. Ids are cached (an exact name until tableau_forget() or
 * TABLEAU_NAME_AGE, a pattern for a minute); with `uncached`, nothing read before this call is
 * used. ERROR_REFUSED: it names none, or several where one is wanted; the message lists the
 * candidates with their project paths. Refusals never come from the cache. ERROR_INPUT: no such
 * site. The contents are sorted by name and LUID and valid during the callback.
 */
void tableau_resolve(struct tableau *tableau, const struct selection *selection, bool uncached,
	resolve_done *callback, void *context);
/* The same, by nothing that was read before `since`. Many selections that are examined with one
 * `since` share lists. */
void tableau_examine(struct tableau *tableau, const struct selection *selection, struct mono since,
	resolve_done *callback, void *context);
/* The next resolve on this site that could give this LUID asks Tableau again. */
void tableau_forget(struct tableau *tableau, const char *site, const char *luid);
/* Does a list in memory have this content under another name or in another project? Makes no
 * call. */
bool tableau_contradicts(struct tableau *tableau, const char *site, const struct content *content);

/*
 * Asks for a refresh of `content`. The job's state is JOB_QUEUED. Not ok: ERROR_QUEUED_ELSEWHERE
 * (409093), ERROR_GONE (404004, -006, -026, -027), ERROR_REFUSED (for good; the message says what a
 * person should do), ERROR_TRANSIENT (certainly not done: no connection, 429, 503 before sending
 * ...), ERROR_UNKNOWN (sent without a usable reply, so it may have been queued; also for a 5xx:
 * README.md, Refused refreshes), ERROR_SIGNED_OUT (cannot sign in), ERROR_INPUT (no such site, or
 * its secret is missing).
 */
void tableau_refresh(struct tableau *tableau, const char *site, const struct content *content,
	bool incremental, job_done *callback, void *context);
/* Queries one job. ERROR_GONE: 404018 or 400031, unknown or cleaned away. */
void tableau_job(struct tableau *tableau, const char *site, const char *job_id, job_done *callback,
	void *context);
#define TABLEAU_JOBS_A_PAGE 1000
/* Lists all jobs created at or after `since`, oldest first, all pages. ERROR_REFUSED: this PAT may
 * not list jobs (remembered, then answered without a call). */
void tableau_jobs(struct tableau *tableau, const char *site, struct wall since, jobs_done *callback,
	void *context);
/* The workbook or data source that an extract refresh task refreshes, with its name, as its jobs
 * name it. */
void tableau_task_content(struct tableau *tableau, const char *site, const char *task_luid,
	content_done *callback, void *context);
void tableau_cancel(struct tableau *tableau, const char *site, const char *job_id, done *callback,
	void *context);
/* Signs in if there is no session, without another call: outcome->told is the time that the sign-in
 * reported. */
void tableau_greet(struct tableau *tableau, const char *site, done *callback, void *context);
/* Signs in if there is no session, and makes a call. For `verify` and a check at start. */
void tableau_sign_in(struct tableau *tableau, const char *site, done *callback, void *context);

/* A person wants the site tried now: the next call signs in, even if that failed recently. False:
 * the last sign-in did not fail. */
bool tableau_hurry(struct tableau *tableau, const char *site);

/* A PAT that ends within this time is said to end soon: there must be time to have another made. */
#define TABLEAU_PAT_WARNING (14 * 86400 * US_PER_SECOND)
/* For the status page and /api/v1/sites. Texts are valid until the next call here, or, where it
 * says so, as long as the configuration. */
struct tableau_site_status {
	const char *name, *server, *content_url; /* as long as the configuration */
	const char *api_version;
	bool is_signed_in;
	/* Why there is no session, in a word: "refused", by Tableau; "unanswered", by anybody;
	 * NULL: the last sign-in succeeded, or none was needed. */
	const char *sign_in_failed;
	struct wall signed_in_at, pat_ends_at; /* {0}: unknown */
	int64_t sign_ins, requests, errors;    /* since start */
	unsigned in_flight, waiting;
	bool may_list_jobs;
	bool lacks_secret;      /* it cannot be read */
	const char *last_error; /* "" when the last request succeeded */
};
/* Of one site; false: the configuration has no site of this name. */
bool tableau_site_status_named(
	const struct tableau *tableau, const char *name, struct tableau_site_status *status);
/* That of the last tableau_configure(); borrowed. NULL: there was none. */
struct config *tableau_config(const struct tableau *tableau);
size_t tableau_site_count(const struct tableau *tableau);
struct tableau_site_status tableau_site_status_of(const struct tableau *tableau, size_t index);
