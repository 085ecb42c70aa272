/*
 * tests/unit/tableau_server.h - a small Tableau server, scripted by the test: it signs in, refuses
 * old tokens, answers with samples, and plays tricks that a test sets. And the client under test,
 * run until its calls are answered.
 */
#pragma once
#include "base/log/log.h"
#include "base/web/web.h"
#include "config/config.h"
#include "tableau/tableau.h"
#include "tests/unit/tableau_sample.h"
#include <pthread.h>

#define MOST_CALLS 2000
#define MOST_TRICKS 8
#define MOST_HELD 300
#define DEADLINE (20 * US_PER_SECOND)
#define SITE_LUID "5d04f3a1-6a1f-4f05-8d3a-7a3d0d1c2b3a"
#define REVENUE_LUID "4a861507-1003-4528-9ea6-9f9b7370ae32"

/* the answer to requests whose "METHOD path?query" contains `match`, `times` times */
struct trick {
	const char *match;
	int times;
	unsigned status;
	const char *sample; /* file under tests/samples/tableau */
	const char *body;   /* if there is no sample */
	size_t padding;     /* this many blanks after it */
	const char *header, *value;
	bool drop; /* closes the connection without a byte */
};

struct server {
	pthread_mutex_t lock;
	struct web *web;
	char token[64]; /* of the present session; "" none */
	int sign_ins, sign_outs;
	const char *version;
	const char *secret;      /* the secret that may sign in */
	char *calls[MOST_CALLS]; /* "POST /api/3.25/...?query" */
	size_t call_count;
	struct trick tricks[MOST_TRICKS];
	const char *holding; /* keeps requests like this until release(); NULL: none */
	struct web_request *held[MOST_HELD];
	char *held_calls[MOST_HELD];
	size_t held_count;
	size_t workbooks; /* this many in pages of `page`, instead of the sample */
	size_t page;
};

static struct server server = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void reply_sample(struct web_request *request, unsigned status, const char *name)
{
	OWNED_TEXT struct text text;
	struct str body = sample(name, &text);
	web_reply(request, status, NULL, body);
}

static void play(struct web_request *request, const struct trick *trick)
{
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	if (trick->drop) {
		web_drop(request);
		return;
	}
	if (trick->header)
		web_reply_header(request, trick->header, trick->value);
	if (trick->sample) {
		OWNED_TEXT struct text read;
		text_add_str(&text, sample(trick->sample, &read));
	}
	if (trick->body)
		text_add(&text, trick->body);
	for (size_t i = 0; i < trick->padding; i++)
		text_add_char(&text, ' ');
	web_reply(request, trick->status, NULL, text_str(&text));
}

static void sign_in_there(struct web_request *request)
{
	char body[400]; /* two numbers and a LUID fit */
	OWNED_TEXT struct text asked = TEXT(10000);
	text_add_str(&asked, web_body(request));
	if (!strstr(asked.at, server.secret)) {
		reply_sample(request, 401, "error-401001-signin.json");
		return;
	}
	snprintf(server.token, sizeof server.token, "token-%d|%s", ++server.sign_ins, SITE_LUID);
	snprintf(body, sizeof body,
		"{\"credentials\":{\"site\":{\"id\":\"%s\",\"contentUrl\":\"finance\"},\"user\":{"
		"\"id\":\"u\"},\"token\":\"%s\",\"estimatedTimeToExpiration\":\"177:05:38\"}}",
		SITE_LUID, server.token);
	web_reply(request, 200, NULL, str_of(body));
}

static size_t query_number(struct web_request *request, const char *name)
{
	int64_t number = 0;
	const char *text = web_query(request, name);
	IGNORE(text && str_to_count(str_of(text), &number));
	return (size_t)number;
}

static void reply_pages(struct web_request *request)
{
	OWNED_TEXT struct text body = TEXT(TEXT_UNBOUNDED);
	size_t begin = (query_number(request, "pageNumber") - 1) * server.page,
	       end = begin + server.page;
	text_printf(&body,
		"{\"pagination\":{\"totalAvailable\":\"%zu\"},\"workbooks\":{\"workbook\":[",
		server.workbooks);
	for (size_t i = begin; i < end && i < server.workbooks; i++)
		text_printf(&body,
			"%s{\"id\":\"00000000-0000-0000-0000-%012zu\",\"name\":\"Book %zu\"}",
			i > begin ? "," : "", i, i);
	text_add(&body, "]}}");
	web_reply(request, 200, NULL, text_str(&body));
}

static void reply_content(struct web_request *request, const char *call)
{
	static const struct {
		const char *match;
		unsigned status;
		const char *sample;
	} answers[] = {
		{ "/projects?", 200, "projects.json" },
		{ "/refresh", 202, "refresh-workbook-202.json" },
		{ "/runNow", 202, "run-task-202-minimal.json" },
		{ "/run", 202, "run-flow-202.json" },
		{ "PUT /", 200, "job-cancelled.json" },
		{ "/jobs/", 200, "job-success.json" },
		{ "/jobs?", 200, "jobs-list.json" },
		{ "/tasks/extractRefreshes/", 200, "task-extract.json" },
		{ "/workbooks/", 200, "workbook.json" },
		{ "/workbooks?", 200, "workbooks-all-fields.json" },
		{ "/datasources?", 200, "datasources.json" },
		{ "/flows?", 200, "flows.json" },
	};
	if (server.workbooks && strstr(call, "/workbooks?")) {
		reply_pages(request);
		return;
	}
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		if (!strstr(call, answers[i].match))
			continue;
		reply_sample(request, answers[i].status, answers[i].sample);
		return;
	}
	reply_sample(request, 404, "error-404003-unknown-resource.json");
}

static void answer_call(struct web_request *request, const char *call)
{
	char expected[100]; /* a version is a few bytes */
	snprintf(expected, sizeof expected, "/api/%s/auth/signin", server.version);
	for (size_t i = 0; i < MOST_TRICKS; i++) {
		struct trick *trick = &server.tricks[i];
		if (!trick->times || !strstr(call, trick->match))
			continue;
		trick->times--;
		play(request, trick);
		return;
	}
	const char *token = web_header(request, "X-Tableau-Auth");
	if (strstr(call, "/serverinfo")) {
		char body[200];
		snprintf(body, sizeof body, "{\"serverInfo\":{\"restApiVersion\":\"%s\"}}",
			server.version);
		web_reply(request, 200, NULL, str_of(body));
	} else if (strstr(call, expected)) {
		sign_in_there(request);
	} else if (!token || strcmp(token, server.token)) {
		reply_sample(request, 401, "error-401002.json");
	} else if (strstr(call, "/auth/signout")) {
		server.sign_outs++;
		server.token[0] = '\0';
		web_reply(request, 204, NULL, STR(""));
	} else {
		reply_content(request, call);
	}
}

static void handle(struct web_request *request, void *context)
{
	OWNED_TEXT struct text call = TEXT(TEXT_UNBOUNDED);
	(void)context;
	text_printf(
		&call, "%s %s?%s", web_method(request), web_path(request), web_query_text(request));
	pthread_mutex_lock(&server.lock);
	if (server.call_count < MOST_CALLS)
		server.calls[server.call_count++] = mem_copy_text(call.at);
	if (server.holding && strstr(call.at, server.holding) && server.held_count < MOST_HELD) {
		server.held_calls[server.held_count] = mem_copy_text(call.at);
		server.held[server.held_count++] = request;
		web_keep(request);
	} else {
		answer_call(request, call.at);
	}
	pthread_mutex_unlock(&server.lock);
}

/* How many requests had `match` in their "METHOD path?query". */
__attribute__((unused)) static int calls(const char *match)
{
	int count = 0;
	pthread_mutex_lock(&server.lock);
	for (size_t i = 0; i < server.call_count; i++)
		count += strstr(server.calls[i], match) != NULL;
	pthread_mutex_unlock(&server.lock);
	return count;
}

__attribute__((unused)) static void trick(struct trick what)
{
	pthread_mutex_lock(&server.lock);
	for (size_t i = 0; i < MOST_TRICKS; i++) {
		if (server.tricks[i].times)
			continue;
		server.tricks[i] = what;
		break;
	}
	pthread_mutex_unlock(&server.lock);
}

__attribute__((unused)) static void lose_session(void)
{
	pthread_mutex_lock(&server.lock);
	snprintf(server.token, sizeof server.token, "somebody else's");
	pthread_mutex_unlock(&server.lock);
}

__attribute__((unused)) static void release(void)
{
	pthread_mutex_lock(&server.lock);
	for (size_t i = 0; i < server.held_count; i++) {
		answer_call(server.held[i], server.held_calls[i]);
		free(server.held_calls[i]);
	}
	server.held_count = 0;
	pthread_mutex_unlock(&server.lock);
}

/* ---- the client ---- */

static struct tableau *client;
static char server_url[100]; /* an address with a port fits */

static void config_gone(struct shared *shared)
{
	struct config *config = (struct config *)(void *)shared;
	arena_free(config->arena);
}

static bool configure(const char *url, const char *secret, const char *version,
	int64_t max_requests, struct error *err)
{
	struct arena *arena = arena_new();
	struct config *config = arena_new_of(arena, struct config);
	struct config_site *site = arena_new_of(arena, struct config_site);
	config->arena = arena;
	shared_init(&config->shared, config_gone);
	*site = (struct config_site){
		.name = "finance",
		.server = arena_text(arena, url),
		.content_url = "finance",
		.pat = { .name = "refresh-router",
			.secret = { .from = SECRET_FROM_ENV, .name = "TEST_TABLEAU_PAT" } },
		.api_version = version,
		.max_requests = max_requests,
	};
	config->sites = (struct list){ 1, site };
	if (secret)
		setenv("TEST_TABLEAU_PAT", secret, 1);
	else
		unsetenv("TEST_TABLEAU_PAT");
	bool is_fine = tableau_configure(client, config, err);
	config_free(config);
	return is_fine;
}

static int start(void **state)
{
	struct error err;
	struct web_options options = { .listen = "127.0.0.1:0",
		.threads = 2,
		.body_limit = 1 << 16,
		.connection_limit = 400,
		.request_us = DEADLINE };
	(void)state;
	server.token[0] = '\0';
	server.sign_ins = server.sign_outs = 0;
	server.version = "3.25";
	server.secret = "hush==:hush";
	server.holding = NULL;
	server.held_count = server.workbooks = server.page = 0;
	memset(server.tricks, 0, sizeof server.tricks);
	server.web = web_start(&options, handle, NULL, &err);
	if (!server.web)
		return -1;
	snprintf(server_url, sizeof server_url, "http://%s", web_address(server.web));
	client = tableau_new();
	return configure(server_url, server.secret, "auto", 8, &err) ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	tableau_free(client);
	client = NULL;
	web_free(server.web);
	for (size_t i = 0; i < server.call_count; i++)
		free(server.calls[i]);
	server.call_count = 0;
	return 0;
}

/* Steps until `is_true`; fails the test at the deadline. */
#define UNTIL(is_true)                                                                             \
	do {                                                                                       \
		struct mono until_ = mono_plus(clock_mono(), DEADLINE);                            \
		while (!(is_true)) {                                                               \
			if (clock_mono().us > until_.us)                                           \
				fail_msg("never came true: %s", #is_true);                         \
			tableau_step(client, 100, -1);                                             \
		}                                                                                  \
	} while (0)

/* The arguments of the last callback. */
static struct {
	int answers, fine;
	struct outcome outcome;
	struct job job;
	size_t count;
	char names[4000], luid[64], project[400];
} told;

static void note(const struct outcome *outcome)
{
	told.answers++;
	told.fine += outcome->ok;
	told.outcome = *outcome;
}

__attribute__((unused)) static void on_job(
	const struct outcome *outcome, const struct job *job, void *context)
{
	(void)context;
	note(outcome);
	told.job = (struct job){ 0 };
	if (job)
		told.job = *job;
	told.job.notes = told.job.title = told.job.type = NULL; /* borrowed */
}

__attribute__((unused)) static void on_jobs(
	const struct outcome *outcome, const struct job *jobs, size_t count, void *context)
{
	(void)context;
	(void)jobs;
	note(outcome);
	told.count = count;
}

__attribute__((unused)) static void on_done(const struct outcome *outcome, void *context)
{
	(void)context;
	note(outcome);
}

__attribute__((unused)) static void on_contents(
	const struct outcome *outcome, const struct content *contents, size_t count, void *context)
{
	size_t length = 0;
	(void)context;
	note(outcome);
	told.count = count;
	told.names[0] = '\0';
	for (size_t i = 0; i < count && length < sizeof told.names - 300; i++) {
		length += (size_t)snprintf(told.names + length, sizeof told.names - length, "%s%s",
			i ? "|" : "", contents[i].name);
		snprintf(told.luid, sizeof told.luid, "%s", contents[i].luid);
		snprintf(told.project, sizeof told.project, "%s", contents[i].project);
	}
}

__attribute__((unused)) static void forget_told(void)
{
	memset(&told, 0, sizeof told);
}

__attribute__((unused)) static const struct content revenue = { CONTENT_WORKBOOK, REVENUE_LUID,
	"Revenue", "Finance/Daily" };
