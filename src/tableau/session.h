/*
 * tableau/session.h - a site's session with Tableau: whether there is one, when it may be renewed,
 * and the calls that begin and end it (README.md, Sessions). Private to tableau/.
 */
#pragma once
#include "base/secret.h"
#include "base/text.h"
#include "tableau/answer.h"
#include "tableau/tableau.h"

struct tableau_site;

struct session {
	struct secret *token; /* NULL: signed out */
	char *site_luid;
	char *user_luid; /* NULL: the answer did not name it */
	/* counts sign-ins: a 401 to a call of another generation is about an old token */
	int64_t generation;
	bool has_worked;    /* a call with this token succeeded ... */
	struct mono served; /* ... and this is when the last of those was sent */
	bool had_grace;     /* the repeated sign-in that a new token may need was made */
	bool is_signing_in;
	struct mono began_at; /* when the last sign-in began */
	struct wall signed_in_at, pat_ends_at;
	struct mono signed_in_mono;
	/* Tableau's clock as reported by the quickest call of the sign-in */
	struct told_time clock;
	struct mono renew_at;   /* signs in again then, even without calls */
	struct mono not_before; /* the earliest next sign-in */
	struct mono losses[3];  /* when the last working sessions were lost */
	/* why there is no session; until `refused_until`, calls fail with it without a try */
	struct outcome refusal;
	struct mono refused_until;
	unsigned failures; /* of sign-ins in a row */
	char *told;        /* the failure last logged, until a sign-in succeeds; or NULL */
	char *notice;      /* that another program uses the PAT; NULL: never suspected */
};

/* ---- session.c ---- */

/* Is there a session to use? If not, or if it is old, begins to sign in, if that is allowed. */
bool session_ready(struct tableau_site *site);
/* Do calls fail with session.refusal without a try? */
bool session_is_refused(const struct session *session);
/* Why the last sign-in left no session (tableau.h); NULL: it did, or there was none. */
const char *session_failed(const struct session *session);
/* The next sign-in does not wait for its time. False: the last one did not fail. */
bool session_hurry(struct session *session);
/* When session_ready() has something to do without a call; INT64_MAX: never. */
struct mono session_next(const struct tableau_site *site, bool is_wanted);
/*
 * A call with the token of `generation`, repeated `repeats` times so far, was refused as signed
 * out. True: repeat it when there is a new session.
 */
bool session_lost(struct tableau_site *site, int64_t generation, int repeats);
/* A call with the token of `generation`, sent at `sent_at`, succeeded. */
void session_worked(struct session *session, int64_t generation, struct mono sent_at);
/* Has the token of `generation` served a call that was sent after `sent_at`? */
bool session_served_later(const struct session *session, int64_t generation, struct mono sent_at);
/* Replaces a message that holds PAT or token, because an answer may repeat the request. */
void session_hide_secrets(const struct tableau_site *site, struct error *err);
/* What a person should know about the session although calls succeed; "" when nothing. */
const char *session_notice(const struct session *session);
void session_clear(struct session *session);

/* For sign_in.c: the result of a sign-in. */
void session_begin(
	struct tableau_site *site, const char *token, const char *luid, const char *user_luid);
/* `what` failed. Answers the waiting calls, unless the old session still works. */
void session_fail(struct tableau_site *site, const struct outcome *outcome, const char *what);
/* Is there a token that is not too old? */
bool session_is_served(const struct session *session);
void session_drop(struct session *session); /* forgets the token */
/* The header with the token, which is borrowed; without a name when signed out. */
struct transport_header session_header(const struct tableau_site *site);

/* ---- sign_in.c ---- */

/* Begins to sign in, which ends with session_begin() or session_fail(). */
void session_sign_in(struct tableau_site *site);
void session_sign_out(struct tableau_site *site, call_done *callback, void *context);
#define VERSION_NEWS (10 * US_PER_SECOND)
/*
 * An answer contradicts the site's assumed version. True: the version is asked for again before the
 * next call. False: it was confirmed within the last `age_us`, or it is configured.
 */
bool session_doubt_version(struct tableau_site *site, int64_t age_us);
/* Is the API version at least major.minor? */
bool session_speaks(const struct tableau_site *site, int64_t major, int64_t minor);
/* "https://HOST/api/3.22", with the oldest version when it is not known. Appended to `out`. */
void session_base(const struct tableau_site *site, struct text *out);
