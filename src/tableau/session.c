/*
 * tableau/session.c - one session per PAT (README.md, Sessions): signed in when first needed,
 * used by every call of the site, renewed by exactly one sign-in however many calls saw it end, and
 * never in a storm.
 *
 * signed out --session_ready--> signing in --> signed in --session_lost--> signed out
 *                                   |
 *                                   '--> refused: calls are answered so for a while --> signed out
 */
#include "base/log.h"
#include "base/metric.h"
#include "tableau/site.h"
#include <inttypes.h>
#include <stdio.h>

#define SERVERINFO_VERSION "2.4" /* any known version will do (README.md, Versions) */
#define SIGN_IN_TIMEOUT_MS 60000
#define SIGN_OUT_TIMEOUT_MS 5000
#define RENEW_AT_MOST_EVERY (10 * US_PER_SECOND) /* README.md, Sessions */
#define FRESH_TOKEN_TIME (5 * US_PER_SECOND)     /* likewise: 0.2 to 0.4 s were seen */
#define FRESH_TOKEN_WAIT (1500 * US_PER_MS)
/* Tries grow apart: doubled from the first to the last; then whoever asks is the slower one, for it
 * leaves a site alone that keeps failing. A refusal is final, but an administrator may mend it. */
#define TRY_AGAIN_FIRST (1 * US_PER_SECOND) /* after a sign-in that got no answer of Tableau's */
#define TRY_AGAIN_LAST (16 * US_PER_SECOND)
#define REFUSED_FIRST (60 * US_PER_SECOND)
#define REFUSED_LAST (300 * US_PER_SECOND)
/* Three sessions lost in that time: somebody else uses the PAT (README.md, Sessions). */
#define SHARED_WITHIN (600 * US_PER_SECOND)
#define PAT_WARNING_DAYS 14
/* A PAT expires after 15 days without a sign-in (README.md, Life of a PAT). */
#define SIGN_IN_AGAIN_AFTER (7 * 86400 * US_PER_SECOND)
#define RENEW_LATER                                                                                \
	(3600 * US_PER_SECOND) /* when that sign-in failed while the old session still serves */
#define SHORTEST_SECRET 6      /* a shorter one would be found in any text */
#define MOST_REPEATS 2         /* of one call: a renewal, and the grace of a fresh token */

#define SHARED_NOTICE                                                                              \
	"the session of PAT '%s' is ended by somebody else again and again: another process uses " \
	"this PAT; give this site one of its own"

/* A sign-in on its way; it counts only while the site still has the account that it is for. */
struct attempt {
	struct site *site;
	int64_t epoch;
};

static void drop_token(struct session *session)
{
	secret_free(session->token);
	session->token = NULL;
	free(session->site_luid);
	session->site_luid = NULL;
}

void session_clear(struct session *session)
{
	drop_token(session);
	free(session->notice);
	free(session->told);
	*session = (struct session){ .generation = session->generation + 1 };
}

void session_base(const struct site *site, struct text *out)
{
	text_printf(out, "%s/api/%s", site->config->server,
		site->api_version ? site->api_version : SERVERINFO_VERSION);
}

/* Versions are two whole numbers: 3.10 is younger than 3.9 (README.md, Versions). */
static bool parse_version(const char *text, int64_t *major, int64_t *minor)
{
	const char *dot = strchr(text, '.');
	return dot && strlen(text) < 16 &&
	       str_to_count((struct str){ text, (size_t)(dot - text) }, major) &&
	       str_to_count(str_of(dot + 1), minor);
}

bool session_speaks(const struct site *site, int64_t major, int64_t minor)
{
	int64_t has_major, has_minor;
	if (!site->api_version || !parse_version(site->api_version, &has_major, &has_minor))
		return false;
	return has_major != major ? has_major > major : has_minor >= minor;
}

static bool is_pinned(const struct site *site)
{
	return strcmp(site->config->api_version, "auto") != 0;
}

bool session_doubt_version(struct site *site, int64_t age_us)
{
	bool is_proven = site->version_proven_at.us &&
			 clock_mono().us - site->version_proven_at.us <= age_us;
	if (is_pinned(site) || (site->api_version && is_proven))
		return false;
	if (site->api_version) {
		free(site->doubted_version);
		site->doubted_version = TAKE(site->api_version);
	}
	return true;
}

bool session_is_refused(const struct session *session)
{
	return session->refusal.error.kind != ERROR_NONE &&
	       clock_mono().us < session->refused_until.us;
}

void session_hurry(struct session *session)
{
	if (!session_is_refused(session))
		return;
	session->refused_until = session->not_before = (struct mono){ 0 };
	session->failures = 0;
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

/* Once for each thing that is wrong, not once for each try. */
static void tell_failure(struct site *site, const char *message)
{
	struct session *session = &site->session;
	bool is_news = !text_is(session->told, message);
	if (is_news) {
		free(session->told);
		session->told = mem_copy_text(message);
	}
	const struct kv fields[] = {
		KV("site", site->name),
		KV("pat", site->config->pat.name),
		KV("reason", message),
		{ .key = NULL },
	};
	log_write(is_news ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, "cannot sign in", fields);
}

static bool repeats(const struct error *err, const struct secret *secret)
{
	struct str bytes = secret ? secret_bytes(secret) : STR("");
	return bytes.length >= SHORTEST_SECRET &&
	       memmem(err->message, strlen(err->message), bytes.at, bytes.length);
}

void session_hide_secrets(const struct site *site, struct error *err)
{
	if (repeats(err, site->pat) || repeats(err, site->session.token))
		error_fail(err, err->kind, "the answer repeats a secret, so it is not shown");
}

static void fail(struct site *site, const struct outcome *outcome, const char *what)
{
	struct session *session = &site->session;
	struct outcome refusal = *outcome;
	session_hide_secrets(site, &refusal.error);
	refusal.is_alive = false; /* whatever it says: nothing can be asked */
	error_context(&refusal.error, "%s", what);
	session->is_signing_in = false;
	site->errors++;
	metric_add(METRIC_tableau_errors_total, 1);
	tell_failure(site, refusal.error.message);
	site_set_error(site, refusal.error.message);
	if (answer_is_version(outcome))
		session_doubt_version(site, 0);
	if (session->renew_at.us)
		session->renew_at = mono_plus(clock_mono(), RENEW_LATER);
	if (session->token && site->api_version) {
		site_wake(site); /* it was to be renewed in good time, and still serves */
		return;
	}
	int64_t wait = try_again_after(session, outcome);
	refusal.error.kind = is_final(outcome->error.kind) ? ERROR_SIGNED_OUT : ERROR_TRANSIENT;
	session->refusal = refusal;
	session->refused_until = session->not_before = mono_plus(clock_mono(), wait);
	site_pump(site); /* answers everybody who waits */
}

/* ---- sign-in ---- */

/* Days:hours:minutes that the PAT, not the session, has left (README.md, Sign-in). */
static bool parse_estimate(const char *text, int64_t *seconds)
{
	int64_t days, hours, minutes;
	if (sscanf(text, "%5" SCNd64 ":%2" SCNd64 ":%2" SCNd64, &days, &hours, &minutes) != 3 ||
		days < 0 || hours < 0 || minutes < 0)
		return false;
	*seconds = (days * 24 + hours) * 3600 + minutes * 60;
	return true;
}

static void note_pat_end(struct site *site, const char *estimate)
{
	struct session *session = &site->session;
	int64_t seconds;
	session->pat_ends_at = (struct wall){ 0 };
	if (!parse_estimate(estimate, &seconds))
		return;
	session->pat_ends_at = wall_after(clock_wall(), seconds * US_PER_SECOND);
	if (seconds < PAT_WARNING_DAYS * 86400)
		log_warning("PAT ends soon; make a new one", KV("site", site->name),
			KV("pat", site->config->pat.name), KV("ends_at", session->pat_ends_at));
}

/* A header is made of it: printable, without blanks. */
static bool is_token(const char *token)
{
	for (const char *c = token; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return *token;
}

static bool is_luid(const char *luid)
{
	return *luid && strlen(luid) < 64 &&
	       strspn(luid, "0123456789abcdefABCDEF-") == strlen(luid);
}

static void begin_session(struct site *site, const char *token, const char *luid)
{
	struct session *session = &site->session;
	drop_token(session);
	session->token = secret_copy(str_of(token));
	session->site_luid = mem_copy_text(luid);
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
	site_set_error(site, "");
	metric_add(METRIC_tableau_sign_ins_total, 1);
	log_info("signed in", KV("site", site->name), KV("pat", site->config->pat.name),
		KV("api_version", site->api_version));
}

/* Of the calls that signing in takes, the quickest tells the most. */
static void hear_clock(struct session *session, const struct told_time *told)
{
	const struct told_time *known = &session->clock;
	if (!wall_is_set(told->at))
		return;
	if (!wall_is_set(known->at) || known->after.us < session->began_at.us ||
		told->before.us - told->after.us < known->before.us - known->after.us)
		session->clock = *told;
}

static bool is_current(const struct attempt *attempt)
{
	return attempt->epoch == attempt->site->epoch && attempt->site->session.is_signing_in;
}

static void ask_version(struct site *site);

static void not_signed_in(struct site *site, const struct outcome *outcome)
{
	/* Another server took the place of the one that was asked what it speaks. */
	if (answer_is_version(outcome) && session_doubt_version(site, VERSION_NEWS))
		ask_version(site);
	else
		fail(site, outcome, "sign in");
}

static void signed_in(const struct reply *reply, void *context)
{
	struct attempt attempt = *(struct attempt *)context;
	struct site *site = attempt.site;
	struct outcome outcome;
	cJSON *json;
	free(context);
	answer_read(reply, CALL_SIGN_IN, &outcome, &json);
	hear_clock(&site->session, &outcome.told);
	const cJSON *credentials = json_get(json, "credentials");
	const char *token = json_text(credentials, "token"),
		   *luid = json_text(json_get(credentials, "site"), "id");
	if (outcome.ok && (!is_token(token) || !is_luid(luid)))
		outcome.ok = error_fail(
			&outcome.error, ERROR_TRANSIENT, "the answer has no credentials in it");
	if (is_current(&attempt)) {
		if (outcome.ok) {
			begin_session(site, token, luid);
			note_pat_end(site, json_text(credentials, "estimatedTimeToExpiration"));
			site_pump(site);
		} else {
			not_signed_in(site, &outcome);
		}
	}
	if (*token)
		secret_wipe((char *)(uintptr_t)token, strlen(token));
	cJSON_Delete(json);
}

static void ask(struct site *site, struct request request, const char *path, reply_done *callback)
{
	OWNED_TEXT struct text url;
	struct attempt *attempt = mem_new(struct attempt);
	*attempt = (struct attempt){ site, site->epoch };
	text_init(&url, TEXT_UNBOUNDED);
	session_base(site, &url);
	text_add(&url, path);
	request.url = url.at;
	request.timeout_ms = SIGN_IN_TIMEOUT_MS;
	request.ca_file = site->config->ca_file;
	request.proxy = site->config->proxy;
	site->requests++;
	transport_send(site->transport, request, callback, attempt);
}

/* Printed into one piece of memory that is large enough: no unwiped halves of the secret stay
 * behind. */
static struct secret *print_wiped(cJSON *root, size_t size)
{
	char *text = mem_alloc(size);
	bool is_printed = cJSON_PrintPreallocated(root, text, (int)size, false);
	struct secret *body = secret_copy(str_of(is_printed ? text : "{}"));
	secret_wipe(text, size);
	free(text);
	return body;
}

static struct secret *sign_in_body(const struct site *site)
{
	struct str pat = secret_bytes(site->pat);
	char *copy = mem_copy_bytes(pat.at, pat.length);
	cJSON *root = cJSON_CreateObject(),
	      *credentials = cJSON_AddObjectToObject(root, "credentials");
	cJSON_AddStringToObject(credentials, "personalAccessTokenName", site->config->pat.name);
	cJSON *secret = cJSON_AddStringToObject(credentials, "personalAccessTokenSecret", copy);
	cJSON *to = cJSON_AddObjectToObject(credentials, "site");
	cJSON_AddStringToObject(to, "contentUrl", site->config->content_url);
	/* At most six bytes for one ("\u001f"), the names of the members, and the room that cJSON
	 * wants to have left over. */
	struct secret *body = print_wiped(root, 6 * (pat.length + strlen(site->config->pat.name) +
							    strlen(site->config->content_url)) +
							512);
	secret_wipe(copy, pat.length);
	free(copy);
	if (secret && secret->valuestring)
		secret_wipe(secret->valuestring, strlen(secret->valuestring));
	cJSON_Delete(root);
	return body;
}

static void sign_in(struct site *site)
{
	struct outcome outcome = { 0 };
	if (session_speaks(site, 3, 6)) {
		ask(site, (struct request){ .method = METHOD_POST, .body = sign_in_body(site) },
			"/auth/signin", signed_in);
		return;
	}
	error_fail(&outcome.error, ERROR_REFUSED,
		"personal access tokens need REST API 3.6 (Tableau 2019.4), but this is %s",
		site->api_version);
	fail(site, &outcome, "sign in");
}

/* Some gateways let through what is signed in, and nothing else. */
static void hint_version(struct outcome *outcome)
{
	struct error told = outcome->error;
	bool is_of_path = outcome->http_status >= 300 && outcome->http_status < 500 &&
			  outcome->http_status != 407;
	if (is_of_path)
		error_fail(&outcome->error, told.kind,
			"%.340s; if only /serverinfo is blocked, write the version that this "
			"server "
			"speaks, as in `api_version: \"3.22\"`",
			told.message);
}

static bool is_served(const struct session *session)
{
	return session->token && clock_mono().us < session->renew_at.us;
}

static void take_version(struct site *site, const char *version)
{
	bool is_proven = text_is(site->doubted_version, version);
	site->api_version = mem_copy_text(version);
	site->version_told_at = clock_mono();
	site->version_proven_at = is_proven ? site->version_told_at : (struct mono){ 0 };
	free(TAKE(site->doubted_version));
	if (!is_served(&site->session)) {
		sign_in(site);
		return;
	}
	site->session.is_signing_in = false; /* it was only doubted */
	site_pump(site);
}

static void version_told(const struct reply *reply, void *context)
{
	struct attempt attempt = *(struct attempt *)context;
	struct site *site = attempt.site;
	struct outcome outcome;
	cJSON *json;
	int64_t major, minor;
	free(context);
	answer_read(reply, CALL_QUERY, &outcome, &json);
	hear_clock(&site->session, &outcome.told);
	const char *version = json_text(json_get(json, "serverInfo"), "restApiVersion");
	if (!*version) /* as one converter writes it (samples, serverinfo-text-key.json) */
		version = json_text(
			json_get(json_get(json, "serverInfo"), "restApiVersion"), "_text");
	if (outcome.ok && !parse_version(version, &major, &minor))
		outcome.ok = error_fail(
			&outcome.error, ERROR_TRANSIENT, "the answer names no REST API version");
	if (is_current(&attempt) && outcome.ok) {
		take_version(site, version);
	} else if (is_current(&attempt)) {
		hint_version(&outcome);
		fail(site, &outcome, "ask for the server's version");
	}
	cJSON_Delete(json);
}

static void ask_version(struct site *site)
{
	ask(site, (struct request){ .method = METHOD_GET }, "/serverinfo", version_told);
}

bool session_ready(struct site *site)
{
	struct session *session = &site->session;
	struct mono now = clock_mono();
	if (is_served(session) && site->api_version)
		return true;
	/* To ask a server what it speaks ends nobody's session, and need not be rare. */
	bool may_try = is_served(session) ? !session_is_refused(session)
					  : now.us >= session->not_before.us;
	if (session->is_signing_in || !may_try)
		return false;
	session->is_signing_in = true;
	session->began_at = now;
	if (!site->api_version && is_pinned(site))
		site->api_version = mem_copy_text(site->config->api_version);
	if (site->api_version)
		sign_in(site);
	else
		ask_version(site);
	return false;
}

struct mono session_next(const struct site *site, bool is_wanted)
{
	const struct session *session = &site->session;
	bool is_old = session->token && clock_mono().us >= session->renew_at.us;
	if (session->is_signing_in)
		return (struct mono){ INT64_MAX };
	if (session->token && !is_old)
		return is_wanted ? (struct mono){ 0 } : session->renew_at;
	/* A site that has been signed in keeps its PAT from expiring even if its session was lost
	 * meanwhile. */
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

static void note_loss(struct site *site, struct mono now)
{
	struct session *session = &site->session;
	session->losses[0] = session->losses[1];
	session->losses[1] = session->losses[2];
	session->losses[2] = now;
	if (!is_shared(session))
		return;
	OWNED_TEXT struct text notice;
	text_init(&notice, 1000);
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

bool session_lost(struct site *site, int64_t generation, int repeats)
{
	struct session *session = &site->session;
	struct mono now = clock_mono();
	if (generation != session->generation || !session->token)
		return repeats < MOST_REPEATS; /* another call saw it first: the renewal is under
						  way or done */
	bool is_fresh =
		!session->has_worked && now.us - session->signed_in_mono.us < FRESH_TOKEN_TIME;
	log_info("session lost; signing in again", KV("site", site->name),
		KV("had_worked", session->has_worked));
	drop_token(session);
	if (is_fresh && session->had_grace)
		return false;
	session->had_grace = is_fresh;
	if (is_fresh)
		session->not_before = mono_plus(now, FRESH_TOKEN_WAIT);
	else if (session->has_worked)
		note_loss(site, now);
	return repeats < MOST_REPEATS;
}

/* ---- sign-out ---- */

struct signing_out {
	call_done *callback;
	void *context;
};

static void signed_out(const struct reply *reply, void *context)
{
	struct signing_out *out = context;
	struct outcome outcome;
	cJSON *json;
	/* A session that was replaced already answers 401002: as good (README.md, Sign-in). */
	answer_read(reply, CALL_SIGN_OUT, &outcome, &json);
	cJSON_Delete(json);
	out->callback(&outcome, NULL, out->context);
	free(out);
}

void session_sign_out(struct site *site, call_done *callback, void *context)
{
	OWNED_TEXT struct text url;
	text_init(&url, TEXT_UNBOUNDED);
	session_base(site, &url);
	text_add(&url, "/auth/signout");
	struct signing_out *out = mem_new(struct signing_out);
	*out = (struct signing_out){ callback, context };
	transport_send(site->transport,
		(struct request){
			.method = METHOD_POST,
			.url = url.at,
			.token = site->session.token,
			.timeout_ms = SIGN_OUT_TIMEOUT_MS,
			.ca_file = site->config->ca_file,
			.proxy = site->config->proxy,
		},
		signed_out, out);
	drop_token(&site->session);
}
