/*
 * tableau/site.c - the calls of one site: in a queue they wait for a session and for one of
 * max_requests places.
 */
#include "tableau/site.h"
#include "base/log/log.h"
#include "base/metric.h"

/* More than 60 s, because Tableau may take that long to queue a refresh (README.md, Refused
 * refreshes). */
#define REFRESH_TIMEOUT_MS 120000
#define QUERY_TIMEOUT_MS 60000
/* A remembered refusal is not checked more often. */
#define VERSION_CHECK_AGE (60 * US_PER_SECOND)

struct waiting_call {
	struct waiting_call *next;
	struct tableau_site *site;
	struct tableau_call call;
	call_done *callback;
	void *context;
	int64_t generation; /* of the session with which it was sent */
	struct mono sent_at;
	int repeats;
	struct mono version_at; /* when the server reported the version with which it was sent */
	bool has_doubted;       /* the version was asked for again because of it */
	bool is_probe, has_probed;
};

/* A call that was refused as signed out, while a probe looks whether it was the session. */
struct suspect {
	struct waiting_call *waiting;
	struct outcome outcome;
};

const struct tableau_call site_probe = {
	.type = CALL_QUERY, .method = METHOD_GET, .path = "/projects?pageSize=1"
};

static struct waiting_call *waiting_new(struct tableau_site *site, const struct tableau_call *call,
	call_done *callback, void *context)
{
	struct waiting_call *waiting = mem_new(struct waiting_call);
	waiting->site = site;
	waiting->call = *call;
	waiting->call.path = mem_copy_text(call->path);
	waiting->call.body = mem_copy_text(call->body);
	waiting->callback = callback;
	waiting->context = context;
	return waiting;
}

static void waiting_free(struct waiting_call *waiting)
{
	mem_drop(waiting->call.path);
	mem_drop(waiting->call.body);
	free(waiting);
}

static void enqueue(struct waiting_call *waiting, bool at_front)
{
	struct tableau_site *site = waiting->site;
	site->waiting++;
	if (at_front && site->first) {
		waiting->next = site->first;
		site->first = waiting;
		return;
	}
	waiting->next = NULL;
	*site->last = waiting;
	site->last = &waiting->next;
}

static struct waiting_call *dequeue(struct tableau_site *site)
{
	struct waiting_call *waiting = site->first;
	site->first = waiting->next;
	if (!site->first)
		site->last = &site->first;
	site->waiting--;
	return waiting;
}

struct tableau_site *tableau_site_new(
	const char *name, struct transport *transport, struct timer_heap *timers)
{
	struct tableau_site *site = mem_new(struct tableau_site);
	site->timers = timers;
	site->name = mem_copy_text(name);
	site->transport = transport;
	site->last = &site->first;
	site->last_error = mem_copy_text("");
	site->may_list_jobs = true;
	return site;
}

void tableau_site_set_error(struct tableau_site *site, const char *message)
{
	free(site->last_error);
	site->last_error = mem_copy_text(message);
}

/* ---- configuration ---- */

static bool same_account(
	const struct tableau_site *site, const struct config_site *config, const struct secret *pat)
{
	const struct config_site *before = site->config;
	return before && site->pat && pat && secret_equal(site->pat, pat) &&
	       text_is(before->server, config->server) &&
	       text_is(before->content_url, config->content_url) &&
	       text_is(before->pat.name, config->pat.name) &&
	       text_is(before->api_version, config->api_version) &&
	       text_is(before->ca_file, config->ca_file) && text_is(before->proxy, config->proxy);
}

/* Drops the old account's session. Its open sign-in is ignored, and its open calls are repeated
 * with the new session. */
static void start_anew(struct tableau_site *site)
{
	session_clear(&site->session);
	free(TAKE(site->api_version));
	free(TAKE(site->doubted_version));
	site->version_proven_at = (struct mono){ 0 };
	site->epoch++;
	site->no_all_fields = site->no_age_sort = 0;
	site->no_name_filter = site->no_job_sort = false;
	site->forbidden = 0;
	site->may_list_jobs = true;
	site->list_again_at = (struct mono){ 0 };
	tableau_site_set_error(site, "");
}

bool tableau_site_configure(struct tableau_site *site, struct config *snapshot,
	const struct config_site *config, struct error *err)
{
	struct secret *pat = config_read_secret(&config->pat.secret, "site", config->name, err);
	if (!same_account(site, config, pat))
		start_anew(site);
	secret_free(site->pat);
	free(site->missing);
	site->pat = pat;
	site->missing = pat ? NULL : mem_copy_text(err->message);
	config_ref(snapshot);
	config_free(site->snapshot);
	site->snapshot = snapshot;
	site->config = config;
	site->is_gone = false;
	tableau_site_wake(site);
	if (!pat)
		tableau_site_set_error(site, site->missing);
	return pat || error_context(err, "site '%s'", site->name);
}

void tableau_site_free(struct tableau_site *site)
{
	if (!site)
		return;
	while (site->first) {
		struct waiting_call *waiting = dequeue(site);
		struct outcome outcome = { 0 };
		error_fail(&outcome.error, ERROR_TRANSIENT, "site '%s': the program is stopping",
			site->name);
		waiting->callback(&outcome, NULL, waiting->context);
		waiting_free(waiting);
	}
	timer_leave(&site->due);
	session_clear(&site->session);
	secret_free(site->pat);
	config_free(site->snapshot);
	free(site->missing);
	free(site->api_version);
	free(site->doubted_version);
	free(site->last_error);
	free(site->name);
	free(site);
}

/* ---- calls ---- */

static void answer(struct waiting_call *waiting, struct outcome *outcome, const cJSON *json)
{
	struct tableau_site *site = waiting->site;
	site->answers++;
	if (!outcome->ok) {
		error_context(&outcome->error, "site '%s'", site->name);
		tableau_site_set_error(site, outcome->error.message);
	}
	waiting->callback(outcome, json, waiting->context);
	waiting_free(waiting);
}

/* A new session has not helped, or did not help a call of this type before. */
static bool is_doubtful(const struct waiting_call *waiting)
{
	return waiting->repeats > 0 || waiting->site->forbidden & (1U << waiting->call.type);
}

/*
 * Was the call refused with a new session that has served a later call? Then the call itself is not
 * allowed, and another sign-in would not help (README.md, Sessions).
 */
static bool is_forbidden(const struct waiting_call *waiting)
{
	return is_doubtful(waiting) &&
	       session_served_later(&waiting->site->session, waiting->generation, waiting->sent_at);
}

static void forbid(const struct waiting_call *waiting, struct outcome *outcome)
{
	struct error told = outcome->error;
	waiting->site->forbidden |= 1U << waiting->call.type;
	error_fail(&outcome->error, ERROR_REFUSED,
		"%s; this session's other calls are answered: the PAT's user may not make this "
		"one",
		told.message);
}

/* Asks for the server's version again, once for a call, unless it was reported after the call was
 * sent or shortly before. */
static bool doubts_version(struct waiting_call *waiting, int64_t age_us)
{
	struct tableau_site *site = waiting->site;
	bool was_told_since =
		site->api_version && waiting->version_at.us != site->version_told_at.us;
	bool is_doubted =
		!waiting->has_doubted && (was_told_since || session_doubt_version(site, age_us));
	waiting->has_doubted = true;
	return is_doubted;
}

static bool is_worth_repeating(struct waiting_call *waiting, struct outcome *outcome)
{
	if (waiting->is_probe)
		return false;
	if (answer_is_version(outcome))
		return doubts_version(waiting, VERSION_NEWS);
	if (outcome->ok || outcome->error.kind != ERROR_SIGNED_OUT)
		return false;
	if (is_forbidden(waiting)) {
		forbid(waiting, outcome);
		return false;
	}
	return session_lost(waiting->site, waiting->generation, waiting->repeats);
}

static void conclude(struct waiting_call *waiting, struct outcome *outcome, const cJSON *json)
{
	struct tableau_site *site = waiting->site;
	if (is_worth_repeating(waiting, outcome)) {
		waiting->repeats++;
		enqueue(waiting, true);
		return;
	}
	if (outcome->ok) {
		session_worked(&site->session, waiting->generation, waiting->sent_at);
		site->forbidden &= ~(1U << waiting->call.type);
		tableau_site_set_error(site, "");
	}
	answer(waiting, outcome, json);
}

/* Whether it was answered says everything: session_served_later(). */
static void probed(const struct outcome *outcome, const cJSON *json, void *context)
{
	struct suspect *suspect = context;
	(void)outcome;
	(void)json;
	conclude(suspect->waiting, &suspect->outcome, NULL);
	free(suspect);
}

/* Is it the session, or this call only? Asked before a session that may serve is given up. True:
 * the call waits for the answer. */
static bool probe(struct waiting_call *waiting, const struct outcome *outcome)
{
	struct tableau_site *site = waiting->site;
	bool is_present = site->session.token && waiting->generation == site->session.generation;
	if (outcome->error.kind != ERROR_SIGNED_OUT || !is_present || !is_doubtful(waiting) ||
		is_forbidden(waiting) || waiting->is_probe || waiting->has_probed)
		return false;
	struct suspect *suspect = mem_new(struct suspect);
	*suspect = (struct suspect){ waiting, *outcome };
	waiting->has_probed = true;
	enqueue(waiting_new(site, &site_probe, probed, suspect), true);
	site->first->is_probe = true;
	return true;
}

void tableau_site_answered(const struct tableau_site *site, enum call_type type, const char *path,
	const struct transport_reply *reply)
{
	static const char *const calls[] = {
		[CALL_QUERY] = "content",
		[CALL_JOBS] = "jobs",
		[CALL_SERVER_INFO] = "server_info",
		[CALL_REFRESH] = "refresh",
		[CALL_SIGN_IN] = "sign_in",
		[CALL_SIGN_OUT] = "sign_out",
		[CALL_JOB] = "job",
		[CALL_CANCEL] = "cancel",
	};
	static const char *const classes[] = { "2xx", "3xx", "4xx", "5xx" };
	int class = reply->http_status / 100;
	bool is_answer = reply->is_answered && class >= 2 && class <= 5;
	metric_add(METRIC_tableau_requests_total, 1, site->name, calls[type],
		is_answer ? classes[class - 2] : "none");
	log_debug("Tableau was asked", KV("site", site->name), KV("call", calls[type]),
		KV("path", ((struct str){ path, strcspn(path, "?") })),
		KV_ID("status", reply->is_answered ? reply->http_status : 0),
		KV("ms", (clock_wall().us - reply->asked_at.us) / US_PER_MS),
		KV("bytes", (int64_t)reply->body.length),
		KV("reason", reply->is_answered ? NULL : reply->failure));
}

static void replied(const struct transport_reply *reply, void *context)
{
	struct waiting_call *waiting = context;
	struct tableau_site *site = waiting->site;
	struct outcome outcome;
	cJSON *json;
	site->out--;
	tableau_site_answered(site, waiting->call.type, waiting->call.path, reply);
	answer_read(reply, waiting->call.type, &outcome, &json);
	if (!outcome.ok) {
		session_hide_secrets(site, &outcome.error);
		site->errors++;
	}
	if (!probe(waiting, &outcome))
		conclude(waiting, &outcome, json);
	cJSON_Delete(json);
	tableau_site_wake(site);
}

static void send(struct waiting_call *waiting)
{
	struct tableau_site *site = waiting->site;
	OWNED_TEXT struct text url = TEXT(TEXT_UNBOUNDED);
	session_base(site, &url);
	text_printf(&url, "/sites/%s%s", site->session.site_luid, waiting->call.path);
	waiting->generation = site->session.generation;
	waiting->sent_at = clock_mono();
	site->out++;
	site->requests++;
	bool is_refresh = waiting->call.type == CALL_REFRESH;
	struct transport_request request = {
		.method = waiting->call.method,
		.url = url.at,
		.headers = { session_header(site) },
		.body = waiting->call.body ? secret_copy(str_of(waiting->call.body)) : NULL,
		.at_most_once = is_refresh,
		.owner = site,
		.timeout_ms = is_refresh ? REFRESH_TIMEOUT_MS : QUERY_TIMEOUT_MS,
		.ca_file = site->config->ca_file,
		.proxy = site->config->proxy,
	};
	transport_send(site->transport, request, replied, waiting);
}

static void refuse(struct waiting_call *waiting, enum error_kind kind, const char *reason)
{
	struct outcome outcome = { 0 };
	error_fail(&outcome.error, kind, "%s", reason);
	answer(waiting, &outcome, NULL);
}

/* Answers a call that cannot be sent at all, inside tableau_step(). True if there was one. */
static bool refuse_first(struct tableau_site *site)
{
	struct outcome outcome = site->session.refusal;
	if (site->is_left)
		refuse(dequeue(site), ERROR_INPUT, "this node does not have it any more");
	else if (site->is_gone)
		refuse(dequeue(site), ERROR_INPUT, "it is not in the configuration any more");
	else if (!site->pat)
		refuse(dequeue(site), ERROR_INPUT, site->missing);
	else if (session_is_refused(&site->session))
		answer(dequeue(site), &outcome, NULL);
	else
		return false;
	return true;
}

static void answer_greeting(struct waiting_call *waiting)
{
	struct outcome outcome = {
		.ok = true, .is_alive = true, .told = waiting->site->session.clock
	};
	answer(waiting, &outcome, NULL);
}

static void forget_outcome(const struct outcome *outcome, const cJSON *json, void *context)
{
	(void)outcome;
	(void)json;
	(void)context;
}

static void start_calls(struct tableau_site *site)
{
	for (size_t left = site->waiting; left && site->first; left--) {
		if (refuse_first(site))
			continue;
		if (!session_ready(site) || site->out >= (size_t)site->config->max_requests)
			return;
		struct waiting_call *waiting = dequeue(site);
		waiting->version_at = site->version_told_at;
		bool is_too_old = waiting->call.wants_incremental && !session_speaks(site, 3, 25);
		/* The server may have been upgraded since it reported its version. */
		if (waiting->call.type == CALL_NONE)
			answer_greeting(waiting);
		else if (is_too_old && doubts_version(waiting, VERSION_CHECK_AGE))
			enqueue(waiting, true);
		else if (is_too_old)
			refuse(waiting, ERROR_REFUSED,
				"an incremental refresh by request needs REST API 3.25 (Tableau "
				"2025.1); use `tasks` with an incremental extract task");
		else
			send(waiting);
	}
}

void tableau_site_leave(struct tableau_site *site)
{
	site->is_gone = site->is_left = true;
	site->epoch++; /* a sign-in that is dropped is no failed one */
	transport_drop(site->transport, site);
	while (site->first) /* an answer may ask for more */
		refuse_first(site);
}

bool tableau_site_has_left(const struct tableau_site *site)
{
	return !transport_is_asking(site->transport, site);
}

/* Even without calls, a PAT must be used to stay valid, and a removed site's session must be signed
 * out. */
static void care_for_session(struct tableau_site *site)
{
	if (!site->first && !site->is_gone && site->pat &&
		session_next(site, false).us <= clock_mono().us)
		session_ready(site);
	if (site->is_gone && !site->is_closing && !site->first && !site->out && site->session.token)
		session_sign_out(site, forget_outcome, NULL);
}

/* When the site has something to do; INT64_MAX: it waits for nothing. */
static struct mono next(const struct tableau_site *site)
{
	struct mono now = { 0 }, never = { INT64_MAX };
	if (site->is_gone)
		return site->first || (site->session.token && !site->out && !site->is_closing)
			       ? now
			       : never;
	if (site->first && (!site->pat || session_is_refused(&site->session)))
		return now;
	if (!site->pat || (site->session.token && site->first &&
				  site->out >= (size_t)site->config->max_requests))
		return never;
	return session_next(site, site->first);
}

void tableau_site_wake(struct tableau_site *site)
{
	timer_set(site->timers, &site->due, 0, 0);
}

bool tableau_site_pump(struct tableau_site *site)
{
	int64_t before = site->answers;
	start_calls(site);
	care_for_session(site);
	struct mono at = next(site);
	if (at.us == INT64_MAX)
		timer_leave(&site->due);
	else
		timer_set(site->timers, &site->due, at.us, 0);
	return site->answers != before;
}

void tableau_site_call(struct tableau_site *site, const struct tableau_call *call,
	call_done *callback, void *context)
{
	enqueue(waiting_new(site, call, callback, context), false);
	tableau_site_wake(site);
}

bool tableau_site_is_idle(const struct tableau_site *site)
{
	return !site->first && !site->out && !site->session.is_signing_in;
}
