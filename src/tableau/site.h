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
#include "tableau/tableau.h"
#include "tableau/transport.h"
#include <uthash.h>

/* `json` is the reply when outcome->ok, lent for the call. */
typedef void call_done(const struct outcome *outcome, const cJSON *json, void *context);

struct call {
	enum call_type type;
	enum method method;
	const char *path;       /* after /sites/LUID, with the query; copied */
	const char *body;       /* JSON or NULL; copied */
	bool wants_incremental; /* needs API 3.25 */
};

struct listing;

struct session {
	struct secret *token; /* NULL: signed out */
	char *site_luid;
	int64_t generation; /* counts sign-ins: a call whose generation is not the present one was
			       refused for an old token */
	bool has_worked;    /* a call with this token succeeded ... */
	struct mono served; /* ... and the youngest of those was sent then */
	bool had_grace;     /* the one repeated sign-in that a fresh token may need was made */
	bool is_signing_in;
	struct mono began_at; /* when it began to sign in last */
	struct wall signed_in_at, pat_ends_at;
	struct mono signed_in_mono;
	struct told_time clock; /* what signing in told of Tableau's clock, as narrowly as it did */
	struct mono renew_at;   /* signs in again then, also when nothing is asked */
	struct mono not_before; /* of the next sign-in */
	struct mono losses[3];  /* when the last sessions that had worked were lost */
	struct outcome refusal; /* why there is no session; until `refused_until` calls are answered
				   so, without a try */
	struct mono refused_until;
	unsigned failures; /* of signing in, one after another */
	char *told;        /* the failure that the log has, until a sign-in goes well; or NULL */
	char *notice;      /* that somebody shares the PAT; NULL: never thought so */
};

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
	int64_t sign_ins, requests, errors;
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
/* Starts what may start: sign-in, or waiting calls. Calls that callbacks add meanwhile wait for the
 * next pump. Then sets the site's timer to when there is something to do again. */
void site_pump(struct site *site);
/* What decides about that changed outside of a pump: the site is due at once. */
void site_wake(struct site *site);
bool site_is_idle(const struct site *site);
void site_set_error(struct site *site, const char *message);

/* ---- session.c ---- */

/* Is there a session to use? Begins to sign in when there is none, or it is old, and it may. */
bool session_ready(struct site *site);
/* Calls are answered with session.refusal without a try. */
bool session_is_refused(const struct session *session);
/* The next try to sign in does not wait for its time. */
void session_hurry(struct session *session);
/* When session_ready() has something to do of itself; INT64_MAX: never. */
struct mono session_next(const struct site *site, bool is_wanted);
/*
 * A call was refused as signed out: it had the token of `generation`, and had been repeated
 * `repeats` times. True: it is worth repeating once there is a new session.
 */
bool session_lost(struct site *site, int64_t generation, int repeats);
/* A call with the token of `generation`, sent at `sent_at`, succeeded. */
void session_worked(struct session *session, int64_t generation, struct mono sent_at);
/* The token of `generation` has served a call that was sent after `sent_at`. */
bool session_served_later(const struct session *session, int64_t generation, struct mono sent_at);
#define VERSION_NEWS (10 * US_PER_SECOND)
/*
 * Something speaks against the version that the site is thought to speak. True: it is asked again
 * before the next call. False: a doubt of the last `age_us` had no ground, or it is configured.
 */
bool session_doubt_version(struct site *site, int64_t age_us);
/* An answer may repeat what it was sent: a message that holds PAT or token is replaced. */
void session_hide_secrets(const struct site *site, struct error *err);
/* What a person should know about the session though calls go well; "" when nothing. */
const char *session_notice(const struct session *session);
/* "https://HOST/api/3.22", with the oldest version when it is not known. Appended to `out`. */
void session_base(const struct site *site, struct text *out);
void session_sign_out(struct site *site, call_done *callback, void *context);
void session_clear(struct session *session);
/* The API version is at least major.minor. */
bool session_speaks(const struct site *site, int64_t major, int64_t minor);
