/*
 * sandbox/main.c - tableau-sandbox: a small Tableau REST server in memory, for demonstrations, rule
 * authors' CI and tests.
 */
#include "build.h"
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
	pthread_mutex_t lock; /* of the world and of what control keeps */
	struct world *world;
	struct control *control;
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
	char version[16];
	if (!split(path, version, &rest)) {
		reply_error(reply, 404003, "Resource Not Found",
			"Unknown resource or API version specified.");
		return;
	}
	struct call call = {
		.world = sandbox->world,
		.method = web_method(request),
		.path = rest,
		.version = version,
		.query = web_query_text(request),
		.token = web_header(request, "X-Tableau-Auth"),
		.body = web_body(request),
		.wants_json = wants_json(request),
		.request = request,
	};
	api_identify(&call);
	const struct fault *fault = control_fault(sandbox->control, &call);
	if (fault)
		fault_answer(fault, &call, reply);
	else
		api_answer(&call, reply);
	reply->delay += sandbox->world->latency;
	control_log(sandbox->control, &call, path, reply);
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
	if (reply->fault && !strcmp(reply->fault, "truncate")) {
		body->length /= 2;
		body->at[body->length] = '\0';
	}
	return "application/json;charset=utf-8";
}

static void handle(struct web_request *request, void *context)
{
	struct sandbox *sandbox = context;
	const char *path = web_path(request), *content_type;
	struct reply reply = { .status = 200 };
	struct text body;
	bool is_control = !strncmp(path, CONTROL, strlen(CONTROL));
	text_init(&body, TEXT_UNBOUNDED);
	pthread_mutex_lock(&sandbox->lock);
	if (is_control)
		control_answer(sandbox->control, request, path + strlen(CONTROL), &reply);
	else if (!strncmp(path, "/api/", 5))
		answer_api(sandbox, request, &reply);
	else
		reply_error(&reply, 404003, "Resource Not Found",
			"This is tableau-sandbox: /api/VERSION/... as Tableau's REST API, " CONTROL
			" to control it.");
	content_type = render(&reply, is_control || wants_json(request), &body);
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
	OWNED_TEXT struct text fields;
	text_init(&fields, TEXT_UNBOUNDED);
	world_print_fields(&fields);
	printf("Usage: tableau-sandbox --listen ADDR --state FILE\n\n"
	       "A small Tableau REST server in memory: sign-in with PATs, queries, refreshes, jobs "
	       "with a life of their own, and faults on demand.\n\n"
	       "Options:\n"
	       "  --listen ADDR   address and port, like 127.0.0.1:8090; port 0 takes a free one, "
	       "which is printed\n"
	       "  --state FILE    YAML file with sites, PATs and content; an example is "
	       "packaging/sandbox/world.yaml\n"
	       "  --help          print this\n"
	       "  --version       print the version\n\n"
	       "Control, in JSON, below " CONTROL ":\n"
	       "  GET, DELETE calls    what was called; ?method= &path=GLOB &site=\n"
	       "  POST faults          {\"on\": {\"method\", \"path\", \"site\"}, \"times\": 1, "
	       "\"after\": 0, \"do\": FAULT, ...}; GET lists, DELETE forgets them\n"
	       "                       FAULT: latency status error drop drop_after error_after "
	       "html empty truncate garbage expire_session 409093 429\n"
	       "  GET, POST jobs       every job; start one as somebody else: {\"site\", \"kind\", "
	       "\"name\", \"queued_ms\", \"running_ms\", \"result\"}\n"
	       "  POST content         {\"site\", \"kind\", \"name\", \"set\": {\"id\": \"new\", "
	       "\"project\", \"result\", ...}}; DELETE removes\n"
	       "  POST signin          {\"site\", \"pat\"}: somebody else signs in with that PAT\n"
	       "  POST latency         {\"ms\": 50} for every API call\n\n"
	       "State file:\n%s",
		fields.at);
}

static int serve(struct sandbox *sandbox, const char *listen)
{
	struct error err;
	struct web_options options = { .listen = listen,
		.body_limit = (size_t)4 << 20,
		.connection_limit = 4000,
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
		fprintf(stderr, "tableau-sandbox: %s\n", err.message);
		return EXIT_USAGE;
	}
	printf("listening on %s\n", web_address(web));
	fflush(stdout);
	sigwait(&set, &number);
	delay_free(sandbox->delay);
	web_free(web);
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
	sandbox.control = control_new(sandbox.world);
	int status = serve(&sandbox, listen);
	control_free(sandbox.control);
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
