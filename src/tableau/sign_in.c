/*
 * tableau/sign_in.c - the calls that begin and end a session: asking for the server's version,
 * signing in with the PAT, signing out.
 *
 * ask_version (unless it is known) --> sign_in --> session_begin, or session_fail
 */
#include "base/log/log.h"
#include "tableau/site.h"
#include <inttypes.h>
#include <stdio.h>

/* any version of the API answers this call (README.md, Versions) */
#define SERVERINFO_VERSION "2.4"
#define SIGN_IN_TIMEOUT_MS 60000
#define SIGN_OUT_TIMEOUT_MS 5000

/* A running sign-in; its answer is used only while the site still has the same account. */
struct attempt {
	struct tableau_site *site;
	int64_t epoch;
};

/* ---- versions ---- */

void session_base(const struct tableau_site *site, struct text *out)
{
	text_printf(out, "%s/api/%s", site->config->server,
		site->api_version ? site->api_version : SERVERINFO_VERSION);
}

/* Versions are two whole numbers: 3.10 is newer than 3.9 (README.md, Versions). */
static bool parse_version(const char *text, int64_t *major, int64_t *minor)
{
	const char *dot = strchr(text, '.');
	return dot && strlen(text) < 16 &&
	       str_to_count((struct str){ text, (size_t)(dot - text) }, major) &&
	       str_to_count(str_of(dot + 1), minor);
}

bool session_speaks(const struct tableau_site *site, int64_t major, int64_t minor)
{
	int64_t has_major, has_minor;
	if (!site->api_version || !parse_version(site->api_version, &has_major, &has_minor))
		return false;
	return has_major != major ? has_major > major : has_minor >= minor;
}

static bool is_pinned(const struct tableau_site *site)
{
	return strcmp(site->config->api_version, "auto") != 0;
}

bool session_doubt_version(struct tableau_site *site, int64_t age_us)
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

/* ---- sign-in ---- */

/* Days:hours:minutes until the PAT, not the session, expires (README.md, Sign-in). */
static bool parse_estimate(const char *text, int64_t *seconds)
{
	int64_t days, hours, minutes;
	if (sscanf(text, "%5" SCNd64 ":%2" SCNd64 ":%2" SCNd64, &days, &hours, &minutes) != 3 ||
		days < 0 || hours < 0 || minutes < 0)
		return false;
	*seconds = (days * 24 + hours) * 3600 + minutes * 60;
	return true;
}

static void note_pat_end(struct tableau_site *site, const char *estimate)
{
	struct session *session = &site->session;
	int64_t seconds;
	session->pat_ends_at = (struct wall){ 0 };
	if (!parse_estimate(estimate, &seconds))
		return;
	session->pat_ends_at = wall_after(clock_wall(), seconds * US_PER_SECOND);
	if (seconds < TABLEAU_PAT_WARNING / US_PER_SECOND)
		log_warning("PAT ends soon; make a new one", KV("site", site->name),
			KV("pat", site->config->pat.name), KV("ends_at", session->pat_ends_at));
}

/* Can it be sent as a header: printable and without blanks? */
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

/* Keeps the time report of the quickest call of the sign-in, which is the most exact. */
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

static void ask_version(struct tableau_site *site);

static void not_signed_in(struct tableau_site *site, const struct outcome *outcome)
{
	/* The server that reported its version was replaced by another. */
	if (answer_is_version(outcome) && session_doubt_version(site, VERSION_NEWS))
		ask_version(site);
	else
		session_fail(site, outcome, "sign in");
}

static void signed_in(const struct transport_reply *reply, void *context)
{
	struct attempt attempt = *(struct attempt *)context;
	struct tableau_site *site = attempt.site;
	struct outcome outcome;
	cJSON *json;
	free(context);
	tableau_site_answered(site, CALL_SIGN_IN, "/auth/signin", reply);
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
			session_begin(
				site, token, luid, json_text(json_get(credentials, "user"), "id"));
			note_pat_end(site, json_text(credentials, "estimatedTimeToExpiration"));
			tableau_site_wake(site);
		} else {
			not_signed_in(site, &outcome);
		}
	}
	if (*token)
		secret_wipe((char *)(uintptr_t)token, strlen(token));
	cJSON_Delete(json);
}

static void ask(struct tableau_site *site, struct transport_request request, const char *path,
	reply_done *callback)
{
	OWNED_TEXT struct text url = TEXT(TEXT_UNBOUNDED);
	struct attempt *attempt = mem_new(struct attempt);
	*attempt = (struct attempt){ site, site->epoch };
	session_base(site, &url);
	text_add(&url, path);
	request.url = url.at;
	request.timeout_ms = SIGN_IN_TIMEOUT_MS;
	request.owner = site;
	request.ca_file = site->config->ca_file;
	request.proxy = site->config->proxy;
	site->requests++;
	transport_send(site->transport, request, callback, attempt);
}

/* Prints into one large enough block, because growing it would leave unwiped parts of the
 * secret. */
static struct secret *print_wiped(cJSON *root, size_t size)
{
	char *text = mem_alloc(size);
	bool is_printed = cJSON_PrintPreallocated(root, text, (int)size, false);
	struct secret *body = secret_copy(str_of(is_printed ? text : "{}"));
	secret_wipe(text, size);
	free(text);
	return body;
}

static struct secret *sign_in_body(const struct tableau_site *site)
{
	struct str pat = secret_bytes(site->pat);
	char *copy = mem_copy_bytes(pat.at, pat.length);
	cJSON *root = cJSON_CreateObject(),
	      *credentials = cJSON_AddObjectToObject(root, "credentials");
	cJSON_AddStringToObject(credentials, "personalAccessTokenName", site->config->pat.name);
	cJSON *secret = cJSON_AddStringToObject(credentials, "personalAccessTokenSecret", copy);
	cJSON *to = cJSON_AddObjectToObject(credentials, "site");
	cJSON_AddStringToObject(to, "contentUrl", site->config->content_url);
	/* At most six bytes for each byte ("\u001f"), the names of the members, and the spare room
	 * that cJSON demands. */
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

static void sign_in(struct tableau_site *site)
{
	struct outcome outcome = { 0 };
	if (session_speaks(site, 3, 6)) {
		ask(site,
			(struct transport_request){
				.method = METHOD_POST, .body = sign_in_body(site) },
			"/auth/signin", signed_in);
		return;
	}
	error_fail(&outcome.error, ERROR_REFUSED,
		"personal access tokens need REST API 3.6 (Tableau 2019.4), but this is %s",
		site->api_version);
	session_fail(site, &outcome, "sign in");
}

/* Some gateways let only signed-in calls through. */
static void hint_version(struct outcome *outcome)
{
	struct error told = outcome->error;
	bool is_of_path = outcome->http_status >= 300 && outcome->http_status < 500 &&
			  outcome->http_status != 407;
	if (is_of_path)
		error_fail(&outcome->error, told.kind,
			"%s; if only /serverinfo is blocked, write the version that this "
			"server "
			"speaks, as in `api_version: \"3.22\"`",
			told.message);
}

static void take_version(struct tableau_site *site, const char *version)
{
	bool is_proven = text_is(site->doubted_version, version);
	site->api_version = mem_copy_text(version);
	site->version_told_at = clock_mono();
	site->version_proven_at = is_proven ? site->version_told_at : (struct mono){ 0 };
	free(TAKE(site->doubted_version));
	if (!session_is_served(&site->session)) {
		sign_in(site);
		return;
	}
	site->session.is_signing_in = false; /* the version was only doubted */
	tableau_site_wake(site);
}

static void version_told(const struct transport_reply *reply, void *context)
{
	struct attempt attempt = *(struct attempt *)context;
	struct tableau_site *site = attempt.site;
	struct outcome outcome;
	cJSON *json;
	int64_t major, minor;
	free(context);
	tableau_site_answered(site, CALL_SERVER_INFO, "/serverinfo", reply);
	answer_read(reply, CALL_SERVER_INFO, &outcome, &json);
	hear_clock(&site->session, &outcome.told);
	const char *version = json_text(json_get(json, "serverInfo"), "restApiVersion");
	if (!*version) /* as written by one XML converter (samples, serverinfo-text-key.json) */
		version = json_text(
			json_get(json_get(json, "serverInfo"), "restApiVersion"), "_text");
	if (outcome.ok && !parse_version(version, &major, &minor))
		outcome.ok = error_fail(
			&outcome.error, ERROR_TRANSIENT, "the answer names no REST API version");
	if (is_current(&attempt) && outcome.ok) {
		take_version(site, version);
	} else if (is_current(&attempt)) {
		hint_version(&outcome);
		session_fail(site, &outcome, "ask for the server's version");
	}
	cJSON_Delete(json);
}

static void ask_version(struct tableau_site *site)
{
	ask(site, (struct transport_request){ .method = METHOD_GET }, "/serverinfo", version_told);
}

void session_sign_in(struct tableau_site *site)
{
	if (!site->api_version && is_pinned(site))
		site->api_version = mem_copy_text(site->config->api_version);
	if (site->api_version)
		sign_in(site);
	else
		ask_version(site);
}

/* ---- sign-out ---- */

struct signing_out {
	const struct tableau_site *site;
	call_done *callback;
	void *context;
};

static void signed_out(const struct transport_reply *reply, void *context)
{
	struct signing_out *out = context;
	struct outcome outcome;
	cJSON *json;
	tableau_site_answered(out->site, CALL_SIGN_OUT, "/auth/signout", reply);
	/* 401002 means that the session was replaced already, which is as good (README.md,
	 * Sign-in). */
	answer_read(reply, CALL_SIGN_OUT, &outcome, &json);
	cJSON_Delete(json);
	out->callback(&outcome, NULL, out->context);
	free(out);
}

void session_sign_out(struct tableau_site *site, call_done *callback, void *context)
{
	OWNED_TEXT struct text url = TEXT(TEXT_UNBOUNDED);
	session_base(site, &url);
	text_add(&url, "/auth/signout");
	struct signing_out *out = mem_new(struct signing_out);
	*out = (struct signing_out){ site, callback, context };
	transport_send(site->transport,
		(struct transport_request){
			.method = METHOD_POST,
			.url = url.at,
			.headers = { session_header(site) },
			.timeout_ms = SIGN_OUT_TIMEOUT_MS,
			.owner = site,
			.ca_file = site->config->ca_file,
			.proxy = site->config->proxy,
		},
		signed_out, out);
	session_drop(&site->session);
}
