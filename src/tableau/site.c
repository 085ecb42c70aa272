#include "tableau/site.h"
#include "base/log.h"
#include "base/metric.h"

/* Above the 60 s below which a refresh must not time out: Tableau may still be queueing it (tableau-rest.md 5.3). */
#define REFRESH_TIMEOUT_MS 120000
#define QUERY_TIMEOUT_MS 60000

struct waiting {
	struct waiting *next;
	struct site *site;
	struct call call;
	call_done *callback;
	void *context;
	int64_t generation;            /* of the session that it was sent with */
	bool is_repeated;
};

static void waiting_free(struct waiting *waiting)
{
	mem_drop(waiting->call.path);
	mem_drop(waiting->call.body);
	free(waiting);
}

struct site *site_new(const char *name, struct transport *transport)
{
	struct site *site = mem_new(struct site);
	site->name = mem_copy_text(name);
	site->transport = transport;
	site->last = &site->first;
	site->last_error = mem_copy_text("");
	site->may_list_jobs = true;
	return site;
}

void site_set_error(struct site *site, const char *message)
{
	free(site->last_error);
	site->last_error = mem_copy_text(message);
}

/* ---- configuration ---- */

static bool same_account(const struct site *site, const struct config_site *config, const struct secret *pat)
{
	const struct config_site *before = site->config;
	return before && site->pat && pat && secret_equal(site->pat, pat) && text_is(before->server, config->server) &&
	       text_is(before->content_url, config->content_url) && text_is(before->pat.name, config->pat.name) &&
	       text_is(before->api_version, config->api_version) && text_is(before->ca_file, config->ca_file) &&
	       text_is(before->proxy, config->proxy);
}

static void start_anew(struct site *site)
{
	int64_t generation = site->session.generation;
	session_clear(&site->session);
	site->session = (struct session){ .generation = generation };
	free(site->api_version);
	site->api_version = NULL;
	site->no_all_fields = site->no_name_filter = false;
	site->may_list_jobs = true;
	site->list_again_at = (struct mono){ 0 };
	site_set_error(site, "");
}

bool site_configure(struct site *site, struct config *snapshot, const struct config_site *config, struct error *err)
{
	struct secret *pat = secret_load(&config->pat.secret, err);
	if (!same_account(site, config, pat))
		start_anew(site);
	secret_free(site->pat);
	free(site->missing);
	site->pat = pat;
	site->missing = pat ? NULL : mem_copy_text(err->message);
	shared_ref(&snapshot->shared);
	config_free(site->snapshot);
	site->snapshot = snapshot;
	site->config = config;
	site->is_gone = false;
	if (!pat)
		site_set_error(site, site->missing);
	return pat || error_context(err, "site '%s'", site->name);
}

void site_free(struct site *site)
{
	if (!site)
		return;
	while (site->first) {
		struct waiting *waiting = site->first;
		site->first = waiting->next;
		struct outcome outcome = { 0 };
		error_fail(&outcome.error, ERROR_TRANSIENT, "site '%s': the program is stopping", site->name);
		waiting->callback(&outcome, NULL, waiting->context);
		waiting_free(waiting);
	}
	session_clear(&site->session);
	secret_free(site->pat);
	config_free(site->snapshot);
	free(site->missing);
	free(site->api_version);
	free(site->last_error);
	free(site->name);
	free(site);
}

/* ---- calls ---- */

static void enqueue(struct waiting *waiting, bool at_front)
{
	struct site *site = waiting->site;
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

static struct waiting *dequeue(struct site *site)
{
	struct waiting *waiting = site->first;
	site->first = waiting->next;
	if (!site->first)
		site->last = &site->first;
	site->waiting--;
	return waiting;
}

static void answer(struct waiting *waiting, struct outcome *outcome, const cJSON *json)
{
	struct site *site = waiting->site;
	if (!outcome->ok) {
		site->errors++;
		error_context(&outcome->error, "site '%s'", site->name);
		site_set_error(site, outcome->error.message);
	}
	waiting->callback(outcome, json, waiting->context);
	waiting_free(waiting);
}

static void replied(const struct reply *reply, void *context)
{
	struct waiting *waiting = context;
	struct site *site = waiting->site;
	struct outcome outcome;
	cJSON *json;
	site->out--;
	answer_read(reply, waiting->call.type, &outcome, &json);
	if (!outcome.ok && outcome.error.kind == ERROR_SIGNED_OUT && session_lost(site, waiting->generation) && !waiting->is_repeated) {
		waiting->is_repeated = true;
		enqueue(waiting, true);
	} else {
		if (outcome.ok && waiting->generation == site->session.generation)
			site->session.has_worked = true;
		if (outcome.ok)
			site_set_error(site, "");
		/* Signed out again with a token that serves other calls: that call is not allowed this way (tableau-rest.md 2.3). */
		if (!outcome.ok && outcome.error.kind == ERROR_SIGNED_OUT && waiting->is_repeated && site->session.has_worked)
			outcome.error.kind = ERROR_REFUSED;
		answer(waiting, &outcome, json);
	}
	cJSON_Delete(json);
	site_pump(site);
}

static void send(struct waiting *waiting)
{
	struct site *site = waiting->site;
	OWNED_TEXT struct text url;
	text_init(&url, TEXT_UNBOUNDED);
	session_base(site, &url);
	text_printf(&url, "/sites/%s%s", site->session.site_luid, waiting->call.path);
	waiting->generation = site->session.generation;
	site->out++;
	site->requests++;
	bool is_refresh = waiting->call.type == CALL_REFRESH;
	struct request request = {
		.method = waiting->call.method,
		.url = url.at,
		.token = site->session.token,
		.body = waiting->call.body ? secret_copy(str_of(waiting->call.body)) : NULL,
		.at_most_once = is_refresh,
		.timeout_ms = is_refresh ? REFRESH_TIMEOUT_MS : QUERY_TIMEOUT_MS,
		.ca_file = site->config->ca_file,
		.proxy = site->config->proxy,
	};
	transport_send(site->transport, request, replied, waiting);
}

static void refuse(struct waiting *waiting, enum error_kind kind, const char *reason)
{
	struct outcome outcome = { 0 };
	error_fail(&outcome.error, kind, "%s", reason);
	answer(waiting, &outcome, NULL);
}

/* What cannot be sent at all is answered from here, also inside tableau_step(). True: it was. */
static bool refuse_first(struct site *site)
{
	const struct session *session = &site->session;
	if (site->is_gone)
		refuse(dequeue(site), ERROR_INPUT, "it is not in the configuration any more");
	else if (!site->pat)
		refuse(dequeue(site), ERROR_INPUT, site->missing);
	else if (session->refusal && clock_mono().us < session->refused_until.us)
		refuse(dequeue(site), ERROR_SIGNED_OUT, session->refusal);
	else
		return false;
	return true;
}

void site_pump(struct site *site)
{
	while (site->first) {
		if (refuse_first(site))
			continue;
		if (!session_ready(site) || site->out >= (size_t)site->config->max_requests)
			return;
		struct waiting *waiting = dequeue(site);
		if (waiting->call.wants_incremental && !session_speaks(site, 3, 25))
			refuse(waiting, ERROR_REFUSED,
			       "an incremental refresh by request needs REST API 3.25 (Tableau 2025.1); use `tasks` with an incremental extract task");
		else
			send(waiting);
	}
}

void site_call(struct site *site, const struct call *call, call_done *callback, void *context)
{
	struct waiting *waiting = mem_new(struct waiting);
	waiting->site = site;
	waiting->call = *call;
	waiting->call.path = mem_copy_text(call->path);
	waiting->call.body = mem_copy_text(call->body);
	waiting->callback = callback;
	waiting->context = context;
	enqueue(waiting, false);
}

struct mono site_next(const struct site *site)
{
	const struct session *session = &site->session;
	if (!site->first || session->is_signing_in)
		return (struct mono){ INT64_MAX };
	if (session->token)            /* calls that were added since the last pump */
		return (struct mono){ site->out >= (size_t)site->config->max_requests ? INT64_MAX : 0 };
	return session->not_before;
}

bool site_is_idle(const struct site *site)
{
	return !site->first && !site->out && !site->session.is_signing_in;
}
