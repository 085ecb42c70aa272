/*
 * tableau/site.h - one site: its session, and its waiting and open calls. Private to tableau/.
 *
 * A call's life: waiting (for a session, or for one of max_requests places) --> out --> answered,
 * or sent again after a renewal of the session.
 */
#pragma once
/* clang warns about uthash's default hash, whose cases fall through */
#define HASH_FUNCTION HASH_FNV
#include "base/json.h"
#include "base/timer.h"
#include "base/web/transport.h"
#include "tableau/answer.h"
#include "tableau/session.h"
#include "tableau/tableau.h"
#include <uthash.h>

struct tableau_call {
	enum call_type type;
	enum method method;
	const char *path;       /* after /sites/LUID, with the query; copied */
	const char *body;       /* JSON or NULL; copied */
	bool wants_incremental; /* needs API 3.25 */
};

struct listing;

struct tableau_site {
	char *name;
	struct config *snapshot;          /* a reference */
	const struct config_site *config; /* borrowed from it */
	struct transport *transport;
	struct secret *pat; /* NULL: its secret is missing, see `missing` */
	char *missing;
	struct session session;
	char *api_version;             /* NULL: not known yet, or doubted */
	char *doubted_version;         /* the version that is doubted; or NULL */
	struct mono version_told_at;   /* reported by the server, not configured */
	struct mono version_proven_at; /* when it last confirmed a doubted version; {0}: never */
	struct waiting_call *first, **last; /* waiting calls, oldest first */
	size_t waiting, out;
	int64_t sign_ins, requests, errors, answers;
	char *last_error;
	/* not configured any more: refuses calls, and signs out after the last one */
	bool is_gone;
	bool is_closing; /* its session needs no more signing out */
	bool is_left;    /* tableau_leave(): it is gone, and signing out at most */
	/* counts accounts (server, content URL, PAT), so that answers to an older one are
	 * ignored */
	int64_t epoch;
	/* a bit for each enum listing_of: the server refused fields=_all_, or to sort by
	 * createdAt */
	unsigned no_all_fields, no_age_sort;
	bool no_name_filter, no_job_sort; /* the server refused these */
	/* one bit for each enum call_type: the last call of that type was refused as signed out,
	 * though the session served others */
	unsigned forbidden;
	bool may_list_jobs;
	struct mono list_again_at;
	struct listing *listings;  /* resolve.c's cache */
	struct timer_heap *timers; /* the heap of all sites; borrowed */
	struct timer due;          /* in `timers`: when tableau_site_pump() has something to do */
	struct tableau_site *due_next;  /* the list of due sites during a step */
	struct tableau_site *left_next; /* the list of those that were left */
	UT_hash_handle by_name;
};

struct tableau_site *tableau_site_new(
	const char *name, struct transport *transport, struct timer_heap *timers);
void tableau_site_free(struct tableau_site *site);
/* Takes over its configuration; begins again if server, content URL or PAT changed. False: its
 * secret cannot be read. */
bool tableau_site_configure(struct tableau_site *site, struct config *snapshot,
	const struct config_site *config, struct error *err) MUST_USE;

/* The cheapest call that needs a session (README.md, Sessions). */
extern const struct tableau_call site_probe;
void tableau_site_call(struct tableau_site *site, const struct tableau_call *call,
	call_done *callback, void *context);
/*
 * Starts what may start: sign-in, or waiting calls; answers those that cannot be sent. What
 * callbacks ask for meanwhile waits for the next pump. Then sets the site's timer to when there is
 * something to do again. True: a callback ran.
 */
bool tableau_site_pump(struct tableau_site *site);
/* Something changed: a call, an answer, its session, its configuration. It is due at once. */
void tableau_site_wake(struct tableau_site *site);
bool tableau_site_is_idle(const struct tableau_site *site);
/* Drops its requests, and answers them and all that wait, inside this call. */
void tableau_site_leave(struct tableau_site *site);
/* Nothing of it is in the air. */
bool tableau_site_has_left(const struct tableau_site *site);
/*
 * Counts an answer, or that there was none, and logs it at LOG_LEVEL_DEBUG: the path without the
 * query, which may name people, and no header or body.
 */
void tableau_site_answered(const struct tableau_site *site, enum call_type type, const char *path,
	const struct transport_reply *reply);
void tableau_site_set_error(struct tableau_site *site, const char *message);
