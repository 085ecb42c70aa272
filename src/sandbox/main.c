/*
 * sandbox/main.c - tableau-sandbox: a small Tableau REST server in memory, for
 * demonstrations, rule authors' CI and tests.
 */
#include "build.h"
#include "sandbox/body.h"
#include "sandbox/control.h"
#include "sandbox/delay.h"
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#define CONTROL "/-/sandbox/"
#define EXIT_USAGE 2

struct sandbox {
	/* guards the three below; each call holds it once, for microseconds */
	pthread_mutex_t lock;
	struct world *world;
	struct calls *calls;
	struct upsets *upsets;
	struct delay *delay;
};

/* ---- one request ---- */

static bool wants_json(struct web_request *request)
{
	const char *accept = web_header(request, "Accept");
	return accept && strstr(accept, "json");
}

/* "/api/3.22/sites/..." -> "3.22" and the rest. */
static bool split(const char *path, char version[16], const char **rest)
{
	size_t length = strcspn(path + 5, "/");
	if (length == 0 || length > 15 || !path[5 + length])
		return false;
	snprintf(version, 16, "%.*s", (int)length, path + 5);
	*rest = path + 5 + length;
	return true;
}

static void answer_api(struct sandbox *sandbox, struct web_request *request, struct reply *reply)
{
	const char *path = web_path(request), *rest;
	char version[16]; /* split() checks the length */
	if (!split(path, version, &rest)) {
		reply_unknown(reply, "", path);
		return;
	}
	OWNED_JSON body = body_parse(web_body(request), web_header(request, "Content-Type"));
	struct api_call call = {
		.world = sandbox->world,
		.method = web_method(request),
		.path = rest,
		.version = version,
		.query = web_query_text(request),
		.token = web_header(request, "X-Tableau-Auth"),
		.now = clock_wall(),
		.body = body,
		.request = request,
	};
	api_identify(&call);
	const struct upset *upset = upsets_meet(sandbox->upsets, &call, path);
	if (upset)
		upset_answer(upset, &call, reply);
	else
		api_answer(&call, reply);
	reply->delay += sandbox->world->latency;
	calls_add(sandbox->calls, &call, path, reply);
}

/* The bytes of an answer and their type. */
static const char *render(const struct reply *reply, bool as_json, struct text *body)
{
	if (reply->raw) {
		text_add(body, reply->raw);
		return *reply->raw == '{' ? "application/json" : "text/html";
	}
	if (!reply->json)
		return "application/json";
	if (!as_json) {
		reply_xml(reply->json, body);
		return "application/xml;charset=utf-8";
	}
	OWNED_MEMORY char *text = json_print(reply->json);
	text_add(body, text);
	return "application/json;charset=utf-8";
}

static void handle(struct web_request *request, void *context)
{
	struct sandbox *sandbox = context;
	const char *path = web_path(request), *content_type;
	struct reply reply = { .status = 200 };
	struct text body = TEXT(TEXT_UNBOUNDED);
	bool is_control = !strncmp(path, CONTROL, strlen(CONTROL));
	pthread_mutex_lock(&sandbox->lock);
	if (is_control)
		control_answer(&(struct control){ sandbox->world, sandbox->calls, sandbox->upsets },
			request, path + strlen(CONTROL), &reply);
	else if (!strncmp(path, "/api/", 5))
		answer_api(sandbox, request, &reply);
	else
		reply_error(&reply, 404003, "Resource Not Found",
			"This is tableau-sandbox: /api/VERSION/... as Tableau's REST "
			"API, " CONTROL " to control it.");
	content_type = render(&reply, is_control || wants_json(request), &body);
	if (reply.is_truncated)
		body.at[body.length /= 2] = '\0';
	if (reply.retry_after)
		web_reply_header(request, "Retry-After", reply.retry_after);
	pthread_mutex_unlock(&sandbox->lock);
	cJSON_Delete(reply.json);
	if (reply.delay > 0) {
		delay_reply(sandbox->delay, request, reply.delay,
			reply.is_dropped ? 0 : reply.status, content_type, &body);
		return;
	}
	if (reply.is_dropped)
		web_drop(request);
	else
		web_reply(request, reply.status, content_type, text_str(&body));
	text_clear(&body);
}

/* ---- the program ---- */

static void print_help(void)
{
	OWNED_TEXT struct text fields = TEXT(TEXT_UNBOUNDED);
	world_print_fields(&fields);
	printf("Usage: tableau-sandbox --listen ADDR --state FILE\n\n"
	       "A small Tableau REST server in memory: sign-in with PATs, queries, "
	       "refreshes, jobs "
	       "with a life of their own, and faults on demand.\n\n"
	       "Options:\n"
	       "  --listen ADDR   address and port, like 127.0.0.1:8090; port 0 takes a "
	       "free one, "
	       "which is printed\n"
	       "  --state FILE    YAML file with sites, PATs and content; an example is "
	       "packaging/sandbox/world.yaml\n"
	       "  --help          print this\n"
	       "  --version       print the version\n\n"
	       "Control, in JSON, below " CONTROL ":\n"
	       "  GET, DELETE calls    what was called; ?method= &path=GLOB &site=\n"
	       "  POST faults          {\"on\": {\"method\", \"path\": GLOB, \"site\"}, \"times\": "
	       "1, "
	       "\"after\": 0, \"do\": FAULT, ...}; GET lists, DELETE forgets them\n"
	       "                       FAULT: latency status error error_after drop drop_after "
	       "html "
	       "empty truncate garbage expire_session 409093 429 slow_body\n"
	       "                       ...: ms status code summary detail retry_after body\n"
	       "  GET, POST jobs       every job; start one as somebody else: {\"site\", \"kind\", "
	       "\"name\" or \"id\", \"queued_ms\", \"running_ms\", \"result\", \"notes\"}\n"
	       "  DELETE jobs          clean up: {\"id\" or \"site\" or neither, \"code\": 404018 "
	       "or "
	       "400031}\n"
	       "  POST content         {\"site\", \"kind\", \"name\" or \"id\", \"set\": {\"id\": "
	       "\"new\", \"name\", \"project\", \"has_extracts\",\n"
	       "                       \"result\", \"next_result\", \"queued_ms\", \"running_ms\", "
	       "\"notes\"}}; DELETE removes\n"
	       "  POST signin          {\"site\", \"pat\"}: somebody else signs in with that PAT\n"
	       "  POST latency         {\"ms\": 50} for every API call\n"
	       "  POST version         {\"version\": \"3.19\", \"forgets_sessions\": true}: "
	       "another "
	       "server takes its place\n\n"
	       "State file:\n%s",
		fields.at);
}

static int serve(struct sandbox *sandbox, const char *listen)
{
	struct error err;
	struct web_options options = { .listen = listen,
		.body_limit = (size_t)4 << 20,
		.connection_limit = 8000, /* half of them for each address */
		.request_us = 60 * US_PER_SECOND };
	sigset_t set;
	int number;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sandbox->delay = delay_new(&err);
	struct web *web = sandbox->delay ? web_start(&options, handle, sandbox, &err) : NULL;
	if (!web) {
		if (sandbox->delay)
			delay_end(sandbox->delay);
		delay_free(sandbox->delay);
		fprintf(stderr, "tableau-sandbox: %s\n", err.message);
		return EXIT_USAGE;
	}
	printf("listening on %s\n", web_address(web));
	fflush(stdout);
	sigwait(&set, &number);
	web_quiesce(web);
	delay_end(sandbox->delay);
	web_free(web);
	delay_free(sandbox->delay);
	return 0;
}

static int run(const char *listen, const char *state)
{
	OWNED(problems) problems = problems_new();
	struct sandbox sandbox = { .world = world_load(state, problems) };
	problems_print(problems, stderr, isatty(STDERR_FILENO));
	if (!sandbox.world)
		return EXIT_USAGE;
	pthread_mutex_init(&sandbox.lock, NULL);
	sandbox.calls = calls_new();
	sandbox.upsets = upsets_new();
	int status = serve(&sandbox, listen);
	upsets_free(sandbox.upsets);
	calls_free(sandbox.calls);
	pthread_mutex_destroy(&sandbox.lock);
	world_free(sandbox.world);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "state", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	const char *listen = NULL, *state = NULL;
	int found;
	json_setup();
	while ((found = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (found) {
		case 'l':
			listen = optarg;
			break;
		case 's':
			state = optarg;
			break;
		case 'h':
			print_help();
			return 0;
		case 'v':
			printf("tableau-sandbox %s\n", PACKAGE_VERSION);
			return 0;
		default:
			return EXIT_USAGE;
		}
	}
	if (listen && state && optind == argc)
		return run(listen, state);
	fprintf(stderr, "Usage: tableau-sandbox --listen ADDR --state FILE; --help tells more\n");
	return EXIT_USAGE;
}
