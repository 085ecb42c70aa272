/*
 * tableau/site.h - one site: its session, and the calls that wait for it or are out. Private to
 * tableau/.
 *
 * A call's life:  waiting (for a session, or for one of max_requests places) --> out --> answered,
 * or once more after a renewal of the session.
 */
#pragma once
#define HASH_FUNCTION HASH_FNV /* clang warns of the default one, which falls through its cases */
#include "base/json.h"
#include "base/timer.h"
#include "tableau/answer.h"
#include "tableau/session.h"
#include "tableau/tableau.h"
#include "tableau/transport.h"
#include <uthash.h>

struct call {
	enum call_type type;
	enum method method;
	const char *path;       /* after /sites/LUID, with the query; copied */
	const char *body;       /* JSON or NULL; copied */
	bool wants_incremental; /* needs API 3.25 */
};

struct listing;

struct site {
	char *name;
	struct config *snapshot;          /* with a reference */
	const struct config_site *config; /* borrowed from it */
	struct transport *transport;
	struct secret *pat; /* NULL: its secret is missing, see `missing` */
	char *missing;
	struct session session;
	char *api_version;             /* NULL: not known yet, or doubted */
	char *doubted_version;         /* what it was until it was asked again; or NULL */
	struct mono version_told_at;   /* by the server, not the configuration */
	struct mono version_proven_at; /* when it told a doubted version once more; {0}: never */
	struct waiting *first, **last; /* waiting calls, oldest first */
	size_t waiting, out;
	int64_t sign_ins, requests, errors, answers;
	char *last_error;
	bool is_gone;    /* not in the configuration any more: refuses calls, and signs out when the
			    last has ended */
	bool is_closing; /* tableau_sign_out() sees to its session */
	int64_t epoch;   /* counts accounts (server, content URL, PAT): what an older one answers is
			    not taken */
	unsigned no_all_fields, no_age_sort; /* one bit for each enum listing_of: an old server
						refused fields=_all_, or to sort by createdAt */
	bool no_name_filter, no_job_sort;    /* likewise */
	unsigned forbidden; /* one bit for each enum call_type: the last call of that type was
			       refused as signed out, though the session served others */
	bool may_list_jobs;
	struct mono list_again_at;
	struct listing *listings;  /* resolve.c's cache */
	struct timer_heap *timers; /* of all sites; borrowed */
	struct timer due;          /* in it: when site_pump() has something to do */
	struct site *due_next;     /* while a step goes through those that are due */
	UT_hash_handle by_name;
};

struct site *site_new(const char *name, struct transport *transport, struct timer_heap *timers);
void site_free(struct site *site);
/* Takes over its configuration; starts anew when server, content URL or PAT changed. False: its
 * secret cannot be read. */
bool site_configure(struct site *site, struct config *snapshot, const struct config_site *config,
	struct error *err) MUST_USE;

/* The cheapest call that needs a session (README.md, Sessions). */
extern const struct call site_probe;
void site_call(struct site *site, const struct call *call, call_done *callback, void *context);
/*
 * Starts what may start: sign-in, or waiting calls; answers those that cannot be sent. What
 * callbacks ask for meanwhile waits for the next pump. Then sets the site's timer to when there is
 * something to do again. True: a callback ran.
 */
bool site_pump(struct site *site);
/* Something changed: a call, an answer, its session, its configuration. It is due at once. */
void site_wake(struct site *site);
bool site_is_idle(const struct site *site);
void site_set_error(struct site *site, const char *message);
