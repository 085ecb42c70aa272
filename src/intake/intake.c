#include "intake/intake.h"
#include "base/file.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/web.h"
#include "event/signature.h"
#include "intake/answer.h"
#include "intake/delivery.h"
#include "intake/sources.h"
#include "rules/decide.h"
#include <pthread.h>
#include <stdatomic.h>

#define PATH_PREFIX "/webhooks/"
#define PEM_BYTES ((size_t)1 << 20)

struct intake {
	struct web *web;
	struct shared_slot *sources;
	struct shared_slot *rulesets;
	struct journal *journal;
	struct dispatch *dispatch;
	bool dry_run;
	pthread_key_t scratch;      /* struct decide_scratch, one a pool thread */
	atomic_llong complained_at; /* microseconds of struct mono: bad signatures are logged once a
				       second */
};

/* ---- one request ---- */

static void complain(struct intake *intake, const char *source, const char *header)
{
	metric_add(METRIC_requests_unauthorized_total, 1);
	long long now = clock_mono().us,
		  before = atomic_load_explicit(&intake->complained_at, memory_order_relaxed);
	if (now - before < US_PER_SECOND ||
		!atomic_compare_exchange_strong(&intake->complained_at, &before, now))
		return;
	const char *reason = "it was made with another secret, or over other bytes";
	if (!header)
		reason = "the header is missing";
	else if (!signature_is_written(header))
		reason = "the header does not hold 64 hex digits: does a gateway replace it? then "
			 "set the source's signature_header";
	log_warning("signature refused", KV("source", source), KV("reason", reason));
}

static struct decide_scratch *scratch_of_thread(struct intake *intake)
{
	struct decide_scratch *scratch = pthread_getspecific(intake->scratch);
	if (!scratch) {
		scratch = decide_scratch_new();
		pthread_setspecific(intake->scratch, scratch);
	}
	return scratch;
}

static void report_warnings(const struct decision *decision)
{
	for (size_t i = 0; i < decision->warning_count; i++) {
		const struct warning *warning = &decision->warnings[i];
		if (warning->is_pattern_limit)
			metric_add(METRIC_pattern_limits_total, 1);
		log_warning("rule", KV("rule", warning->rule), KV("reason", warning->text));
	}
}

static void route(struct intake *intake, struct web_request *request, const struct event *event,
	struct arena *arena)
{
	struct ruleset *ruleset = (struct ruleset *)(void *)shared_slot_get(intake->rulesets);
	const struct decision *decision = NULL;
	if (event->standing == EVENT_REAL) {
		decision = ruleset_decide(ruleset, event, scratch_of_thread(intake), arena);
		report_warnings(decision);
	}
	struct delivery *delivery =
		delivery_new(event, decision, web_body(request), intake->dry_run, arena);
	ruleset_free(ruleset); /* the delivery has copied what it needs of it */
	delivery_post(delivery, request, intake->journal, intake->dispatch);
}

static void receive(struct intake *intake, struct web_request *request, const struct source *source)
{
	const char *header = web_header(request, source->config->signature_header);
	struct str body = web_body(request);
	if (!signature_verify(header, body, (const struct secret *const *)source->secrets,
		    source->secret_count)) {
		complain(intake, source->config->name, header);
		answer_error(request, 401, "the signature is missing or wrong");
		return;
	}
	web_trust(request);
	struct error err;
	struct arena *arena = arena_new();
	const struct event *event =
		event_parse(body, source->config->name, source->config->account_id, arena, &err);
	if (!event) {
		metric_add(METRIC_requests_invalid_total, 1);
		log_warning("signed body refused", KV("source", source->config->name),
			KV("reason", err.message));
		answer_error(request, 400, err.message);
		arena_free(arena);
		return;
	}
	if (dispatch_is_full(intake->dispatch)) {
		answer_unavailable(request,
			"too many events wait for a refresh (limits.waiting_refreshes); send it again");
		arena_free(arena);
		return;
	}
	route(intake, request, event, arena);
}

static void handle(struct web_request *request, void *context)
{
	struct intake *intake = context;
	const char *path = web_path(request);
	if (strncmp(path, PATH_PREFIX, strlen(PATH_PREFIX))) {
		answer_error(request, 404, "webhooks are posted to " PATH_PREFIX "SOURCE");
		return;
	}
	struct sources *sources = (struct sources *)(void *)shared_slot_get(intake->sources);
	const struct source *source = sources_find(sources, path + strlen(PATH_PREFIX));
	if (!source) {
		answer_error(request, 404, "no source of this name is configured");
	} else if (strcmp(web_method(request), "POST")) {
		web_reply_header(request, "Allow", "POST");
		answer_error(request, 405, "webhooks are posted");
	} else {
		receive(intake, request, source);
	}
	shared_unref(sources_shared(sources));
}

/* ---- life ---- */

static void free_scratch(void *scratch)
{
	decide_scratch_free(scratch);
}

static bool read_pem(const char *path, struct text *pem, struct error *err)
{
	return !path || file_read(path, pem, err);
}

static bool listen_on(
	struct intake *intake, const struct intake_options *options, struct error *err)
{
	const struct config *config = options->config;
	OWNED_TEXT struct text certificate, key;
	text_init(&certificate, PEM_BYTES);
	text_init(&key, PEM_BYTES);
	if (!read_pem(config->listen.tls.certificate, &certificate, err) ||
		!read_pem(config->listen.tls.private_key, &key, err))
		return error_context(err, "listen.tls");
	struct web_options web = {
		.listen = config->listen.webhooks,
		.name = "webhooks",
		.body_limit = (size_t)config->limits.body,
		.bodies_limit = (size_t)config->limits.bodies,
		.connection_limit = options->connections,
		.request_us = config->limits.request_time,
		.tls_certificate = config->listen.tls.certificate ? certificate.at : NULL,
		.tls_private_key = config->listen.tls.private_key ? key.at : NULL,
	};
	intake->web = web_start(&web, handle, intake, err);
	secret_wipe(key.at, key.length);
	return intake->web || error_context(err, "listen.webhooks");
}

struct intake *intake_start(const struct intake_options *options, struct error *err)
{
	OWNED(intake) intake = mem_new(struct intake);
	pthread_key_create(&intake->scratch, free_scratch);
	intake->sources = shared_slot_new();
	intake->rulesets = options->rulesets;
	intake->journal = options->journal;
	intake->dispatch = options->dispatch;
	intake->dry_run = options->dry_run;
	if (!intake_configure(intake, options->config, err) || !listen_on(intake, options, err))
		return NULL;
	return TAKE(intake);
}

const char *intake_address(const struct intake *intake)
{
	return web_address(intake->web);
}

bool intake_configure(struct intake *intake, struct config *config, struct error *err)
{
	struct sources *sources = sources_load(config, err);
	if (!sources)
		return false;
	shared_slot_put(intake->sources, sources_shared(sources));
	return true;
}

void intake_stop(struct intake *intake)
{
	if (intake->web)
		web_stop(intake->web);
}

void intake_free(struct intake *intake)
{
	if (!intake)
		return;
	web_free(intake->web);
	shared_slot_free(intake->sources);
	pthread_key_delete(intake->scratch);
	free(intake);
}
