/* intake/intake.c - the webhook listener: finds the source, verifies, decides, and hands the
 * delivery on. */
#include "intake/intake.h"
#include "base/file.h"
#include "base/log/log.h"
#include "base/metric.h"
#include "base/web/web.h"
#include "event/signature.h"
#include "intake/answer.h"
#include "intake/astray.h"
#include "intake/complaint.h"
#include "intake/delivery.h"
#include "intake/sources.h"
#include "rules/decide.h"
#include <pthread.h>

#define LONGEST_QUOTE ((size_t)200) /* the most of a stranger's text in a log line */
/* Of an arena: a delivery of dbt's with its fields and its record, which take six times the body's
 * 600 bytes, and room for longer names. */
#define EVENT_BYTES ((size_t)6 << 10)

struct intake {
	struct web *web;
	struct sources_slot *sources;
	struct ruleset_slot *rulesets;
	struct journal *journal;
	struct dispatch *dispatch;
	bool dry_run;
	pthread_key_t scratch; /* struct decide_scratch, one for each pool thread */
	struct complaints complaints;
};

/* ---- one request ---- */

static bool is_signed_by(const struct source *source, const struct web_request *request)
{
	return signature_verify(web_header(request, source->config->signature_header),
		web_body(request), (const struct signing_key *const *)source->keys,
		source->key_count);
}

static const struct source *signer_of(
	const struct sources *sources, const struct web_request *request)
{
	for (size_t i = 0; i < sources_count(sources); i++)
		if (is_signed_by(sources_at(sources, i), request))
			return sources_at(sources, i);
	return NULL;
}

/* Explains why a signature is refused; the text may live in `arena`. */
static const char *signature_fault(const struct web_request *request, const struct sources *sources,
	const struct source *source, struct arena *arena)
{
	const char *header = web_header(request, source->config->signature_header);
	const struct source *signer = signer_of(sources, request);
	if (signer)
		return astray_advice("", signer, sources, arena);
	if (!header)
		return "the header is missing";
	if (!signature_is_written(header))
		return "the header does not hold 64 hex digits: does a gateway replace it? then "
		       "set the source's signature_header";
	return "it was made with another secret, or over other bytes";
}

static void refuse_signature(struct intake *intake, struct web_request *request,
	const struct sources *sources, const struct source *source)
{
	if (complaint_is_due(&intake->complaints, request, COMPLAINT_SIGNATURE)) {
		OWNED(arena) arena = arena_new();
		log_warning("signature refused", KV("source", source->config->name),
			KV("reason", signature_fault(request, sources, source, arena)));
	}
	intake_answer_error(request, 401, "the signature is missing or wrong");
}

/* The body's Content-Encoding, set by something between dbt and us; NULL: none. */
static const char *encoding_of(const struct web_request *request)
{
	const char *encoding = web_header(request, "Content-Encoding");
	bool is_plain = !encoding || !*encoding || text_is_nocase(encoding, "identity");
	return is_plain ? NULL : encoding;
}

/*
 * dbt signs its body and sends it plain (src/event/README.md, Signature), so something in between
 * has compressed it. It is not unpacked, because nothing of an unverified sender is.
 */
static void refuse_encoding(struct intake *intake, struct web_request *request,
	const struct source *source, const char *encoding)
{
	if (complaint_is_due(&intake->complaints, request, COMPLAINT_ENCODING))
		log_warning("body refused", KV("source", source->config->name),
			KV("content_encoding", str_cut(str_of(encoding), LONGEST_QUOTE)),
			KV("reason",
				"something between dbt and here encoded the body, so that it is "
				"not what dbt signed: have it pass bodies on as they are"));
	web_reply_header(request, "Accept-Encoding", "identity");
	intake_answer_error(request, 415,
		"the body has a Content-Encoding, but dbt signs and sends it without one");
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

static void report_warnings(const struct event *event, const struct decision *decision)
{
	for (size_t i = 0; i < decision->warning_count; i++) {
		const struct warning *warning = &decision->warnings[i];
		if (warning->is_pattern_limit)
			metric_add(METRIC_pattern_limits_total, 1, warning->rule);
		log_warning("a rule could not be matched", KV("rule", warning->rule),
			KV("reason", warning->text),
			KV("event_id", event_text(event, EVENT_EVENT_ID)));
	}
}

static void route(struct intake *intake, struct web_request *request, const struct event *event,
	struct arena *arena)
{
	struct ruleset *ruleset = NULL;
	const struct decision *decision = NULL;
	if (event->standing == EVENT_REAL) {
		ruleset = ruleset_slot_get(intake->rulesets);
		struct mono began = clock_mono();
		decision = ruleset_decide(ruleset, event, scratch_of_thread(intake), arena);
		metric_observe(METRIC_decision_seconds, clock_mono().us - began.us);
		report_warnings(event, decision);
	}
	struct delivery *delivery =
		delivery_new(event, decision, ruleset, web_body(request), intake->dry_run, arena);
	delivery_post(delivery, request, intake->journal, intake->dispatch);
}

static void refuse_body(struct intake *intake, struct web_request *request,
	const struct source *source, const struct error *err)
{
	if (encoding_of(request)) {
		refuse_encoding(intake, request, source, encoding_of(request));
		return;
	}
	metric_add(METRIC_refusals_total, 1, web_listener(request), "invalid");
	log_warning("signed body refused", KV("source", source->config->name),
		KV("reason", err->message));
	intake_answer_error(request, 400, err->message);
}

static void receive(struct intake *intake, struct web_request *request,
	const struct sources *sources, const struct source *source)
{
	if (!is_signed_by(source, request)) {
		if (encoding_of(request))
			refuse_encoding(intake, request, source, encoding_of(request));
		else
			refuse_signature(intake, request, sources, source);
		return;
	}
	web_trust(request);
	struct error err;
	struct arena *arena = arena_new_for(EVENT_BYTES);
	const struct event *event = event_parse(
		web_body(request), source->config->name, source->config->account_id, arena, &err);
	if (!event) {
		refuse_body(intake, request, source, &err);
		arena_free(arena);
		return;
	}
	if (dispatch_is_full(intake->dispatch)) {
		intake_answer_unavailable(request, COMPLAINT_BACKLOG,
			"too many events wait for a refresh "
			"(limits.waiting_refreshes); send it again");
		arena_free(arena);
		return;
	}
	if (!event_has_id(event))
		metric_add(METRIC_events_without_id_total, 1, source->config->name);
	if (!event_has_id(event) && complaint_is_due(&intake->complaints, request, COMPLAINT_NO_ID))
		log_warning("event without an id", KV("source", source->config->name),
			KV("reason", "if it is sent again, it is decided again: does a gateway "
				     "rebuild the bodies?"));
	route(intake, request, event, arena);
}

/* ---- which request ---- */

/* Logs only what may be a delivery; other requests come from people and scanners who look
 * around. */
static void refuse_path(struct intake *intake, struct web_request *request,
	const struct sources *sources, const char *reason)
{
	bool is_post = text_is(web_method(request), "POST");
	const struct source *signer = is_post ? signer_of(sources, request) : NULL;
	bool is_due = complaint_is_due(
		&intake->complaints, request, signer ? COMPLAINT_ASTRAY : COMPLAINT_NO_PATH);
	if (is_due && is_post) {
		OWNED(arena) arena = arena_new();
		const char *path = web_path(request);
		log_warning("no source at this path",
			KV("path", str_cut(str_of(path), LONGEST_QUOTE)),
			KV("advice", astray_advice(path, signer, sources, arena)));
	}
	intake_answer_error(request, 404, reason);
}

/* A load balancer checks the port that it sends to; the answer only shows that the port answers. */
static bool is_probe(const struct web_request *request)
{
	const char *method = web_method(request), *path = web_path(request);
	return (text_is(method, "GET") || text_is(method, "HEAD")) &&
	       (text_is(path, "/") || text_is(path, "/healthz"));
}

static void handle_webhook(
	struct intake *intake, struct web_request *request, const struct sources *sources)
{
	const char *path = web_path(request);
	bool is_ours = str_starts(str_of(path), SOURCE_PATH);
	const struct source *source =
		is_ours ? sources_find(sources, path + strlen(SOURCE_PATH)) : NULL;
	if (!is_ours) {
		refuse_path(
			intake, request, sources, "webhooks are posted to " SOURCE_PATH "SOURCE");
	} else if (!source) {
		refuse_path(intake, request, sources, "no source of this name is configured");
	} else if (!text_is(web_method(request), "POST")) {
		metric_add(METRIC_refusals_total, 1, web_listener(request), "method");
		web_reply_header(request, "Allow", "POST");
		intake_answer_error(request, 405, "webhooks are posted");
	} else {
		receive(intake, request, sources, source);
	}
}

static void handle(struct web_request *request, void *context)
{
	struct intake *intake = context;
	if (is_probe(request)) {
		web_reply(request, 200, NULL, STR("{}"));
		return;
	}
	OWNED(sources) sources = sources_slot_get(intake->sources);
	handle_webhook(intake, request, sources);
}

/* ---- life ---- */

static void free_scratch(void *scratch)
{
	decide_scratch_free(scratch);
}

static bool listen_on(
	struct intake *intake, const struct intake_options *options, struct error *err)
{
	const struct config *config = options->config;
	struct config_pems pems;
	bool has_tls = config->listen.tls.certificate;
	if (!config_read_pems(&config->listen.tls, "listen.tls", &pems, err)) {
		config_clear_pems(&pems);
		return false;
	}
	struct web_options web = {
		.listen = config->listen.webhooks,
		.socket = options->socket,
		.name = "webhooks",
		.body_limit = (size_t)config->limits.body,
		.bodies_limit = (size_t)config->limits.bodies,
		.connection_limit = options->connections,
		.request_us = config->limits.request_time,
		.only_trusted_stay = true,
		.tls_certificate = has_tls ? pems.certificate.at : NULL,
		.tls_private_key = has_tls ? pems.private_key.at : NULL,
	};
	intake->web = web_start(&web, handle, intake, err);
	config_clear_pems(&pems);
	return intake->web || error_context(err, "listen.webhooks");
}

struct intake *intake_start(const struct intake_options *options, struct error *err)
{
	OWNED(intake) intake = mem_new(struct intake);
	pthread_key_create(&intake->scratch, free_scratch);
	intake->sources = sources_slot_new();
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

struct web *intake_web(struct intake *intake)
{
	return intake->web;
}

bool intake_configure(struct intake *intake, struct config *config, struct error *err)
{
	struct sources *sources = sources_load(config, err);
	if (!sources)
		return false;
	sources_slot_put(intake->sources, sources);
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
	sources_slot_free(intake->sources);
	pthread_key_delete(intake->scratch);
	free(intake);
}
