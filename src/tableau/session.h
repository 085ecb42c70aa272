/*
 * tableau/session.h - a site's session with Tableau: when there is one, when there may be another,
 * and what is said to begin and to end it (README.md, Sessions). Private to tableau/.
 */
#pragma once
#include "base/secret.h"
#include "base/text.h"
#include "tableau/answer.h"
#include "tableau/tableau.h"

struct site;

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
/* An answer may repeat what it was sent: a message that holds PAT or token is replaced. */
void session_hide_secrets(const struct site *site, struct error *err);
/* What a person should know about the session though calls go well; "" when nothing. */
const char *session_notice(const struct session *session);
void session_clear(struct session *session);

/* For sign_in.c: what came of it. */
void session_begin(struct site *site, const char *token, const char *luid);
/* `what` was tried. Whoever waits is told, unless the old session serves still. */
void session_fail(struct site *site, const struct outcome *outcome, const char *what);
/* There is a token, and it is not too old. */
bool session_is_served(const struct session *session);
void session_drop(struct session *session); /* forgets the token */

/* ---- sign_in.c ---- */

/* Begins: session_begin() or session_fail() is its end. */
void session_sign_in(struct site *site);
void session_sign_out(struct site *site, call_done *callback, void *context);
#define VERSION_NEWS (10 * US_PER_SECOND)
/*
 * Something speaks against the version that the site is thought to speak. True: it is asked again
 * before the next call. False: a doubt of the last `age_us` had no ground, or it is configured.
 */
bool session_doubt_version(struct site *site, int64_t age_us);
/* The API version is at least major.minor. */
bool session_speaks(const struct site *site, int64_t major, int64_t minor);
/* "https://HOST/api/3.22", with the oldest version when it is not known. Appended to `out`. */
void session_base(const struct site *site, struct text *out);
