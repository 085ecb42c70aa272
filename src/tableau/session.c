/*
 * tableau/session.c - one session per PAT (tableau-rest.md 2.3, 2.4): signed in when first needed, used by every call of the site, renewed by exactly one
 * sign-in however many calls saw it end, and never in a storm.
 */
#include <inttypes.h>
#include <stdio.h>
#include "base/log.h"
#include "base/metric.h"
#include "tableau/site.h"

#define SERVERINFO_VERSION "2.4"               /* any known version will do (3) */
#define SIGN_IN_TIMEOUT_MS 60000
#define RENEW_AT_MOST_EVERY (10 * US_PER_SECOND)       /* tableau-rest.md 12.3 */
#define FRESH_TOKEN_TIME (5 * US_PER_SECOND)   /* "0.2 to 0.4 s later" was seen (2.3) */
#define FRESH_TOKEN_WAIT (1500 * US_PER_MS)
#define REFUSED_FOR (60 * US_PER_SECOND)       /* a refusal is final, but an administrator may mend it */
#define SHARED_WITHIN (600 * US_PER_SECOND)    /* three sessions lost in that time: somebody else uses the PAT (12.3) */
#define PAT_WARNING_DAYS 14
#define SIGN_IN_AGAIN_AFTER (7 * 86400 * US_PER_SECOND)        /* a PAT expires after 15 days without sign-in (2.5) */

void session_clear(struct session *session)
{
	secret_free(session->token);
	free(session->site_luid);
	free(session->refusal);
	*session = (struct session){ .generation = session->generation };
}

static void drop_token(struct session *session)
{
	secret_free(session->token);
	session->token = NULL;
	free(session->site_luid);
	session->site_luid = NULL;
}

void session_base(const struct site *site, struct text *out)
{
	text_printf(out, "%s/api/%s", site->config->server, site->api_version ? site->api_version : SERVERINFO_VERSION);
}

static bool parse_version(const char *text, int64_t *major, int64_t *minor)
{
	const char *dot = strchr(text, '.');
	return dot && str_to_count((struct str){ text, (size_t)(dot - text) }, major) && str_to_count(str_of(dot + 1), minor);
}

bool session_speaks(const struct site *site, int64_t major, int64_t minor)
{
	int64_t has_major, has_minor;
	if (!site->api_version || !parse_version(site->api_version, &has_major, &has_minor))
		return false;
	return has_major != major ? has_major > major : has_minor >= minor;
}

/* ---- failing ---- */

static void fail(struct site *site, const struct outcome *outcome, const char *what)
{
	struct session *session = &site->session;
	struct error err = outcome->error;
	bool is_final = err.kind == ERROR_REFUSED || err.kind == ERROR_GONE || err.kind == ERROR_SIGNED_OUT;
	error_context(&err, "%s", what);
	session->is_signing_in = false;
	site->errors++;
	log_warning("cannot sign in", KV("site", site->name), KV("pat", site->config->pat.name), KV("reason", err.message));
	site_set_error(site, err.message);
	free(session->refusal);
	session->refusal = mem_copy_text(err.message);
	int64_t wait = is_final ? REFUSED_FOR : outcome->retry_after_us > 0 ? outcome->retry_after_us : US_PER_SECOND;
	session->refused_until = session->not_before = mono_plus(clock_mono(), wait);
	site_pump(site);               /* answers everybody who waits */
}

/* ---- sign-in ---- */

/* Days:hours:minutes that the PAT, not the session, has left (2.1). */
static bool parse_estimate(const char *text, int64_t *seconds)
{
	int64_t days, hours, minutes;
	if (sscanf(text, "%5" SCNd64 ":%2" SCNd64 ":%2" SCNd64, &days, &hours, &minutes) != 3 || days < 0 || hours < 0 || minutes < 0)
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
		log_warning("PAT ends soon; make a new one", KV("site", site->name), KV("pat", site->config->pat.name),
		            KV("ends_at", session->pat_ends_at));
}

static void signed_in(const struct reply *reply, void *context)
{
	struct site *site = context;
	struct session *session = &site->session;
	struct outcome outcome;
	cJSON *json;
	answer_read(reply, CALL_SIGN_IN, &outcome, &json);
	const cJSON *credentials = json_get(json, "credentials");
	const char *token = json_text(credentials, "token"), *luid = json_text(json_get(credentials, "site"), "id");
	if (outcome.ok && (!*token || !*luid || strspn(luid, "0123456789abcdefABCDEF-") != strlen(luid)))
		outcome.ok = error_fail(&outcome.error, ERROR_TRANSIENT, "the answer has no credentials in it");
	if (!outcome.ok) {
		cJSON_Delete(json);
		fail(site, &outcome, "sign in");
		return;
	}
	drop_token(session);
	session->token = secret_copy(str_of(token));
	session->site_luid = mem_copy_text(luid);
	session->generation++;
	session->has_worked = false;
	session->is_signing_in = false;
	session->signed_in_at = clock_wall();
	session->signed_in_mono = clock_mono();
	session->not_before = mono_plus(session->signed_in_mono, RENEW_AT_MOST_EVERY);
	free(session->refusal);
	session->refusal = NULL;
	site->sign_ins++;
	site_set_error(site, "");
	metric_add(METRIC_tableau_sign_ins_total, 1);
	log_info("signed in", KV("site", site->name), KV("pat", site->config->pat.name), KV("api_version", site->api_version));
	note_pat_end(site, json_text(credentials, "estimatedTimeToExpiration"));
	secret_wipe((char *)(uintptr_t)token, strlen(token));
	cJSON_Delete(json);
	site_pump(site);
}

static struct secret *sign_in_body(const struct site *site)
{
	cJSON *root = cJSON_CreateObject(), *credentials = cJSON_AddObjectToObject(root, "credentials");
	cJSON *to = cJSON_CreateObject();
	cJSON_AddStringToObject(credentials, "personalAccessTokenName", site->config->pat.name);
	cJSON *secret = cJSON_AddStringToObject(credentials, "personalAccessTokenSecret", secret_bytes(site->pat).at);
	cJSON_AddItemToObject(credentials, "site", to);
	cJSON_AddStringToObject(to, "contentUrl", site->config->content_url);
	char *text = json_print(root);
	struct secret *body = secret_copy(str_of(text));
	secret_wipe(text, strlen(text));
	free(text);
	secret_wipe(secret->valuestring, strlen(secret->valuestring));
	cJSON_Delete(root);
	return body;
}

static void sign_in(struct site *site)
{
	OWNED_TEXT struct text url;
	text_init(&url, TEXT_UNBOUNDED);
	session_base(site, &url);
	text_add(&url, "/auth/signin");
	site->requests++;
	transport_send(site->transport,
	               (struct request){
		               .method = METHOD_POST,
		               .url = url.at,
		               .body = sign_in_body(site),
		               .timeout_ms = SIGN_IN_TIMEOUT_MS,
		               .ca_file = site->config->ca_file,
		               .proxy = site->config->proxy,
	               },
	               signed_in, site);
}

static void version_told(const struct reply *reply, void *context)
{
	struct site *site = context;
	struct outcome outcome;
	cJSON *json;
	int64_t major, minor;
	answer_read(reply, CALL_QUERY, &outcome, &json);
	const char *version = json_text(json_get(json, "serverInfo"), "restApiVersion");
	if (!*version)                 /* as one converter writes it (samples, serverinfo-text-key.json) */
		version = json_text(json_get(json_get(json, "serverInfo"), "restApiVersion"), "_text");
	if (outcome.ok && !parse_version(version, &major, &minor))
		outcome.ok = error_fail(&outcome.error, ERROR_TRANSIENT, "the answer names no REST API version");
	if (outcome.ok) {
		site->api_version = mem_copy_text(version);
		sign_in(site);
	} else {
		fail(site, &outcome, "ask for the server's version");
	}
	cJSON_Delete(json);
}

static void ask_version(struct site *site)
{
	OWNED_TEXT struct text url;
	text_init(&url, TEXT_UNBOUNDED);
	session_base(site, &url);
	text_add(&url, "/serverinfo");
	site->requests++;
	transport_send(site->transport,
	               (struct request){
		               .method = METHOD_GET,
		               .url = url.at,
		               .timeout_ms = SIGN_IN_TIMEOUT_MS,
		               .ca_file = site->config->ca_file,
		               .proxy = site->config->proxy,
	               },
	               version_told, site);
}

bool session_ready(struct site *site)
{
	struct session *session = &site->session;
	struct mono now = clock_mono();
	if (session->token && now.us - session->signed_in_mono.us < SIGN_IN_AGAIN_AFTER)
		return true;
	if (session->is_signing_in || now.us < session->not_before.us)
		return false;
	session->is_signing_in = true;
	if (!site->api_version && strcmp(site->config->api_version, "auto"))
		site->api_version = mem_copy_text(site->config->api_version);
	if (site->api_version)
		sign_in(site);
	else
		ask_version(site);
	return false;
}

/* ---- losing it ---- */

static void note_loss(struct site *site, struct mono now)
{
	struct session *session = &site->session;
	session->losses[0] = session->losses[1];
	session->losses[1] = session->losses[2];
	session->losses[2] = now;
	if (!session->losses[0].us || now.us - session->losses[0].us > SHARED_WITHIN)
		return;
	log_warning("the session is ended by somebody else again and again: another process uses this PAT; give this site one of its own",
	            KV("site", site->name), KV("pat", site->config->pat.name));
	site_set_error(site, "the session is lost again and again: another process uses this PAT; give this site one of its own");
}

bool session_lost(struct site *site, int64_t generation)
{
	struct session *session = &site->session;
	struct mono now = clock_mono();
	if (generation != session->generation || !session->token)
		return true;           /* another call saw it first: the renewal is under way or done */
	bool is_fresh = !session->has_worked && now.us - session->signed_in_mono.us < FRESH_TOKEN_TIME;
	if (is_fresh && !session->had_grace) {
		session->had_grace = true;
		session->not_before = mono_plus(now, FRESH_TOKEN_WAIT);
	} else if (session->has_worked) {
		session->had_grace = false;
		note_loss(site, now);
	}
	log_info("session lost; signing in again", KV("site", site->name), KV("had_worked", session->has_worked));
	drop_token(session);
	return true;
}

/* ---- sign-out ---- */

struct signing_out {
	struct site *site;
	call_done *callback;
	void *context;
};

static void signed_out(const struct reply *reply, void *context)
{
	struct signing_out *out = context;
	struct outcome outcome;
	cJSON *json;
	answer_read(reply, CALL_QUERY, &outcome, &json);       /* a session that was replaced already answers 401002: as good */
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
	*out = (struct signing_out){ site, callback, context };
	transport_send(site->transport,
	               (struct request){
		               .method = METHOD_POST,
		               .url = url.at,
		               .token = site->session.token,
		               .timeout_ms = 5000,
		               .ca_file = site->config->ca_file,
		               .proxy = site->config->proxy,
	               },
	               signed_out, out);
	drop_token(&site->session);
}
