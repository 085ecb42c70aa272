/*
 * tableau/session.c - one session per PAT (README.md, Sessions): it begins when first needed,
 * serves every call of the site, and is renewed by exactly one sign-in however many calls saw it
 * end. Sign-ins are limited in rate.
 *
 * signed out --session_ready--> signing in --> signed in --session_lost--> signed out
 *                                   | '--> refused: calls fail with that for a while --> signed out
 */
#include "base/log/log.h"
#include "base/metric.h"
#include "tableau/site.h"

#define RENEW_AT_MOST_EVERY (10 * US_PER_SECOND) /* README.md, Sessions */
#define FRESH_TOKEN_TIME (5 * US_PER_SECOND) /* README.md, Sessions: 0.2 to 0.4 s were observed */
#define FRESH_TOKEN_WAIT (1500 * US_PER_MS)
/* The pause between tries doubles from the first to the last; after that the scheduler is slower,
 * because it leaves a failing site alone. A refusal is final, but an administrator may mend its
 * cause. */
#define TRY_AGAIN_FIRST (1 * US_PER_SECOND) /* after a sign-in without an answer of Tableau's */
#define TRY_AGAIN_LAST (16 * US_PER_SECOND)
#define REFUSED_FIRST (60 * US_PER_SECOND)
#define REFUSED_LAST (300 * US_PER_SECOND)
/* After three sessions lost within this time, another program is assumed to use the PAT (README.md,
 * Sessions). */
#define SHARED_WITHIN (600 * US_PER_SECOND)
/* A PAT expires after 15 days without a sign-in (README.md, Life of a PAT). */
#define SIGN_IN_AGAIN_AFTER (7 * 86400 * US_PER_SECOND)
/* after such a sign-in failed while the old session still works */
#define RENEW_LATER (3600 * US_PER_SECOND)
#define SHORTEST_SECRET 6 /* a shorter one might be found in any text by chance */
/* for one call: one for a renewal, one for a new token that is refused at first */
#define MOST_REPEATS 2

#define SHARED_NOTICE                                                                              \
	"the session of PAT '%s' is ended from outside again and again: another process uses "     \
	"this PAT; give this site one of its own"

void session_drop(struct session *session)
{
	secret_free(session->token);
	session->token = NULL;
	mem_drop(session->site_luid);
	mem_drop(session->user_luid);
	session->site_luid = session->user_luid = NULL;
}

void session_clear(struct session *session)
{
	session_drop(session);
	free(session->notice);
	free(session->told);
	*session = (struct session){ .generation = session->generation + 1 };
}

bool session_is_refused(const struct session *session)
{
	return session->refusal.error.kind != ERROR_NONE &&
	       clock_mono().us < session->refused_until.us;
}

const char *session_failed(const struct session *session)
{
	enum error_kind kind = session->refusal.error.kind;
	if (session->token || kind == ERROR_NONE)
		return NULL;
	return kind == ERROR_SIGNED_OUT ? "refused" : "unanswered";
}

bool session_hurry(struct session *session)
{
	if (!session_failed(session))
		return false;
	session->refused_until = session->not_before = (struct mono){ 0 };
	session->failures = 0;
	return true;
}

/* ---- failing ---- */

static bool is_final(enum error_kind kind)
{
	return kind == ERROR_REFUSED || kind == ERROR_GONE || kind == ERROR_SIGNED_OUT;
}

static int64_t try_again_after(struct session *session, const struct outcome *outcome)
{
	bool was_refused = is_final(outcome->error.kind);
	int64_t wait = was_refused ? REFUSED_FIRST : TRY_AGAIN_FIRST,
		last = was_refused ? REFUSED_LAST : TRY_AGAIN_LAST;
	for (unsigned i = 0; i < session->failures && wait < last; i++)
		wait *= 2;
	session->failures++;
	if (wait > last)
		wait = last;
	return wait > outcome->retry_after_us ? wait : outcome->retry_after_us;
}

/* Logs each failure once, not once for each try. */
static void tell_failure(struct tableau_site *site, const char *message)
{
	struct session *session = &site->session;
	bool is_news = !text_is(session->told, message);
	if (is_news) {
		free(session->told);
		session->told = mem_copy_text(message);
	}
	log_each(is_news ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, "cannot sign in",
		KV("site", site->name), KV("pat", site->config->pat.name), KV("reason", message));
}

static bool repeats(const struct error *err, const struct secret *secret)
{
	struct str bytes = secret ? secret_bytes(secret) : STR("");
	return bytes.length >= SHORTEST_SECRET &&
	       memmem(err->message, strlen(err->message), bytes.at, bytes.length);
}

void session_hide_secrets(const struct tableau_site *site, struct error *err)
{
	if (repeats(err, site->pat) || repeats(err, site->session.token))
		error_fail(err, err->kind, "the answer repeats a secret, so it is not shown");
}

void session_fail(struct tableau_site *site, const struct outcome *outcome, const char *what)
{
	struct session *session = &site->session;
	struct outcome refusal = *outcome;
	session_hide_secrets(site, &refusal.error);
	refusal.is_alive = false; /* in any case, no call can be made */
	error_context(&refusal.error, "%s", what);
	session->is_signing_in = false;
	site->errors++;
	metric_add(METRIC_sign_ins_total, 1, site->name, "failed");
	tell_failure(site, refusal.error.message);
	tableau_site_set_error(site, refusal.error.message);
	if (answer_is_version(outcome))
		session_doubt_version(site, 0);
	if (session->renew_at.us)
		session->renew_at = mono_plus(clock_mono(), RENEW_LATER);
	tableau_site_wake(site); /* to answer all waiting calls */
	if (session->token && site->api_version)
		return; /* only an early renewal failed; the session still works */
	int64_t wait = try_again_after(session, outcome);
	refusal.error.kind = is_final(outcome->error.kind) ? ERROR_SIGNED_OUT : ERROR_TRANSIENT;
	session->refusal = refusal;
	session->refused_until = session->not_before = mono_plus(clock_mono(), wait);
}

/* ---- signed in ---- */

void session_begin(
	struct tableau_site *site, const char *token, const char *luid, const char *user_luid)
{
	struct session *session = &site->session;
	session_drop(session);
	session->token = secret_copy(str_of(token));
	session->site_luid = mem_copy_text(luid);
	session->user_luid = *user_luid ? mem_copy_text(user_luid) : NULL;
	session->generation++;
	session->has_worked = session->is_signing_in = false;
	session->served = (struct mono){ 0 };
	session->signed_in_at = clock_wall();
	session->signed_in_mono = clock_mono();
	session->not_before = mono_plus(session->signed_in_mono, RENEW_AT_MOST_EVERY);
	session->renew_at = mono_plus(session->signed_in_mono, SIGN_IN_AGAIN_AFTER);
	session->refusal = (struct outcome){ 0 };
	session->failures = 0;
	free(session->told);
	session->told = NULL;
	site->sign_ins++;
	tableau_site_set_error(site, "");
	metric_add(METRIC_sign_ins_total, 1, site->name, "succeeded");
	log_info("signed in", KV("site", site->name), KV("pat", site->config->pat.name),
		KV("api_version", site->api_version));
}

bool session_is_served(const struct session *session)
{
	return session->token && clock_mono().us < session->renew_at.us;
}

struct transport_header session_header(const struct tableau_site *site)
{
	const struct secret *token = site->session.token;
	if (!token)
		return (struct transport_header){ 0 };
	return (struct transport_header){ "X-Tableau-Auth", secret_bytes(token) };
}

bool session_ready(struct tableau_site *site)
{
	struct session *session = &site->session;
	struct mono now = clock_mono();
	if (session_is_served(session) && site->api_version)
		return true;
	/* Asking for the version ends no session, so it need not be rare. */
	bool may_try = session_is_served(session) ? !session_is_refused(session)
						  : now.us >= session->not_before.us;
	if (session->is_signing_in || !may_try)
		return false;
	session->is_signing_in = true;
	session->began_at = now;
	session_sign_in(site);
	return false;
}

struct mono session_next(const struct tableau_site *site, bool is_wanted)
{
	const struct session *session = &site->session;
	bool is_old = session->token && clock_mono().us >= session->renew_at.us;
	if (session->is_signing_in)
		return (struct mono){ INT64_MAX };
	if (session->token && !is_old)
		return is_wanted ? (struct mono){ 0 } : session->renew_at;
	/* Once a site was signed in, sign-ins keep its PAT from expiring, even if the session was
	 * lost meanwhile. */
	if (!is_wanted && !session->renew_at.us)
		return (struct mono){ INT64_MAX };
	return is_wanted || session->not_before.us > session->renew_at.us ? session->not_before
									  : session->renew_at;
}

/* ---- working, and losing it ---- */

void session_worked(struct session *session, int64_t generation, struct mono sent_at)
{
	if (generation != session->generation || !session->token)
		return;
	session->has_worked = true;
	session->had_grace = false;
	if (sent_at.us > session->served.us)
		session->served = sent_at;
}

bool session_served_later(const struct session *session, int64_t generation, struct mono sent_at)
{
	return generation == session->generation && session->token &&
	       session->served.us > sent_at.us;
}

static bool is_shared(const struct session *session)
{
	return session->losses[0].us &&
	       session->losses[2].us - session->losses[0].us <= SHARED_WITHIN;
}

static void note_loss(struct tableau_site *site, struct mono now)
{
	struct session *session = &site->session;
	session->losses[0] = session->losses[1];
	session->losses[1] = session->losses[2];
	session->losses[2] = now;
	if (!is_shared(session))
		return;
	OWNED_TEXT struct text notice = TEXT(1000);
	text_printf(&notice, SHARED_NOTICE, site->config->pat.name);
	free(session->notice);
	session->notice = mem_copy_text(notice.at);
	log_warning("a PAT is shared", KV("site", site->name), KV("pat", site->config->pat.name),
		KV("reason", session->notice));
}

const char *session_notice(const struct session *session)
{
	return is_shared(session) && clock_mono().us - session->losses[2].us <= SHARED_WITHIN
		       ? session->notice
		       : "";
}

bool session_lost(struct tableau_site *site, int64_t generation, int repeats)
{
	struct session *session = &site->session;
	struct mono now = clock_mono();
	if (generation != session->generation || !session->token)
		return repeats <
		       MOST_REPEATS; /* another call saw it first: the renewal is running or done */
	bool is_fresh =
		!session->has_worked && now.us - session->signed_in_mono.us < FRESH_TOKEN_TIME;
	log_info("session lost; signing in again", KV("site", site->name),
		KV("had_worked", session->has_worked));
	metric_add(METRIC_sessions_lost_total, 1, site->name);
	session_drop(session);
	if (is_fresh && session->had_grace)
		return false;
	session->had_grace = is_fresh;
	if (is_fresh)
		session->not_before = mono_plus(now, FRESH_TOKEN_WAIT);
	else if (session->has_worked)
		note_loss(site, now);
	return repeats < MOST_REPEATS;
}
