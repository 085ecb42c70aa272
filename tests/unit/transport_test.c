/* One request: whether it was sent, and how its answer is bounded. */
#include "base/web/transport.h"
#include "base/web/web.h"
#include "tests/unit/test.h"
#include <dlfcn.h>
#include <netdb.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE (20 * US_PER_SECOND)

static struct web *web;
static struct transport *transport;
static struct web_request *kept;
static char url[200]; /* an address and a short path fit */

static struct {
	int answers;
	struct transport_reply reply;
	char failure[300], location[300], body[100];
} told;

static const char *busy_until; /* /busy answers this in Retry-After ... */
static const char *busy_at;    /* ... and this in Date; NULL: the present time */

static void handle(struct web_request *request, void *context)
{
	const char *path = web_path(request);
	(void)context;
	if (!strcmp(path, "/drop")) {
		web_drop(request);
	} else if (!strcmp(path, "/slow")) {
		web_keep(request);
		kept = request;
	} else if (!strcmp(path, "/headers")) {
		web_reply_header(request, "Retry-After", "120");
		web_reply_header(request, "Location", "http://elsewhere.invalid/");
		web_reply(request, 301, NULL, STR("moved"));
	} else if (!strcmp(path, "/cached")) {
		web_reply_header(request, "Age", "20");
		web_reply(request, 200, NULL, STR("{}"));
	} else if (!strcmp(path, "/busy")) {
		web_reply_header(request, "Retry-After", busy_until);
		if (busy_at)
			web_reply_header(request, "Date", busy_at);
		web_reply(request, 503, NULL, STR("busy"));
	} else if (!strcmp(path, "/echo")) {
		struct str token = str_of(web_header(request, "X-Tableau-Auth"));
		web_reply(request, 200, NULL, token.length ? token : web_body(request));
	} else {
		web_reply(request, 502, NULL, STR("no"));
	}
}

static void came(const struct transport_reply *reply, void *context)
{
	(void)context;
	told.answers++;
	told.reply = *reply;
	snprintf(told.failure, sizeof told.failure, "%s", reply->failure ? reply->failure : "");
	snprintf(told.location, sizeof told.location, "%s", reply->location);
	snprintf(told.body, sizeof told.body, "%.*s",
		(int)(reply->body.length < 90 ? reply->body.length : 90), reply->body.at);
}

static void finish(void)
{
	struct mono until = mono_plus(clock_mono(), DEADLINE);
	while (!told.answers && clock_mono().us < until.us)
		transport_step(transport, 100, -1);
	assert_int_equal(told.answers, 1);
}

static void ask(struct transport_request request, const char *path)
{
	memset(&told, 0, sizeof told);
	if (!request.url)
		snprintf(url, sizeof url, "http://%s%s", web_address(web), path);
	else
		snprintf(url, sizeof url, "%s", request.url);
	request.url = url;
	if (!request.timeout_ms)
		request.timeout_ms = 10000;
	transport_send(transport, request, came, NULL);
	url[0] = '\0'; /* the transport has a copy */
}

static int start(void **state)
{
	struct error err;
	struct web_options options = { .listen = "127.0.0.1:0",
		.threads = 1,
		.body_limit = 1 << 16,
		.connection_limit = 20,
		.request_us = DEADLINE };
	(void)state;
	web = web_start(&options, handle, NULL, &err);
	transport = transport_new();
	return web ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	transport_free(transport);
	transport = NULL;
	if (kept)
		web_reply(kept, 200, NULL, STR("late"));
	kept = NULL;
	web_free(web);
	return 0;
}

static void a_body_and_a_token_arrive(void **state)
{
	OWNED(secret) token = secret_copy(STR("a|b|c"));
	(void)state;
	for (int once = 0; once < 2; once++) {
		ask((struct transport_request){ .method = METHOD_POST,
			    .body = secret_copy(STR("{\"x\":1}")),
			    .at_most_once = once },
			"/echo");
		finish();
		assert_true(told.reply.is_answered);
		assert_string_equal(told.body, "{\"x\":1}");
		assert_true(wall_is_set(told.reply.told.at));
		assert_true(wall_is_set(told.reply.asked_at));
	}
	ask((struct transport_request){ .method = METHOD_GET,
		    .headers = { { "X-Tableau-Auth", secret_bytes(token) } } },
		"/echo");
	finish();
	assert_string_equal(told.body, "a|b|c");
}

static void a_redirect_is_an_answer(void **state)
{
	(void)state;
	ask((struct transport_request){ .method = METHOD_GET }, "/headers");
	finish();
	assert_int_equal(told.reply.http_status, 301);
	assert_string_equal(told.location, "http://elsewhere.invalid/");
	assert_int_equal(told.reply.retry_after_us, 120 * US_PER_SECOND);
}

/* In an answer from a cache, Date is the time of storing (RFC 9111, 5.1). */
static void a_cache_does_not_tell_tableaus_time(void **state)
{
	(void)state;
	ask((struct transport_request){ .method = METHOD_GET }, "/cached");
	finish();
	assert_true(told.reply.is_answered);
	assert_false(wall_is_set(told.reply.told.at));
	struct mono before = clock_mono();
	ask((struct transport_request){ .method = METHOD_GET }, "/echo");
	finish();
	assert_in_range(told.reply.told.after.us, before.us, told.reply.told.before.us);
	assert_in_range(told.reply.told.before.us, before.us, clock_mono().us);
}

/* Seconds or a date, and never longer than an hour. */
static void a_wait_that_the_other_side_asks_for(void **state)
{
	static const struct {
		const char *value;
		int64_t least, most; /* seconds; a date may be read a second after it was written */
	} cases[] = {
		{ "5", 5, 5 },
		{ "0", 0, 0 },
		{ "3600", 3600, 3600 },
		{ "86400", 3600, 3600 },
		{ "99999999999999999999999", 3600, 3600 },
		{ "-5", 0, 0 },
		{ "soon", 0, 0 },
		{ "", 0, 0 },
		{ "Thu, 01 Jan 1970 00:00:10 GMT", 0, 0 },
		{ "Fri, 31 Dec 2100 23:59:59 GMT", 3600, 3600 },
	};
	char date[64]; /* an HTTP date has 29 */
	time_t later = (time_t)(clock_wall().us / US_PER_SECOND) + 120;
	struct tm parts;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		busy_until = cases[i].value;
		ask((struct transport_request){ .method = METHOD_GET }, "/busy");
		finish();
		int64_t seconds = told.reply.retry_after_us / US_PER_SECOND;
		if (seconds < cases[i].least || seconds > cases[i].most)
			fail_msg("'%s': %lld s", cases[i].value, (long long)seconds);
	}
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&later, &parts));
	busy_until = date;
	ask((struct transport_request){ .method = METHOD_GET }, "/busy");
	finish();
	assert_in_range(told.reply.retry_after_us, 60 * US_PER_SECOND, 121 * US_PER_SECOND);
}

/* The server's clock may be wrong, or ours. */
static void a_date_to_come_back_at_is_read_by_the_clock_of_who_wrote_it(void **state)
{
	(void)state;
	busy_at = "Thu, 05 Feb 2015 23:59:00 GMT";
	busy_until = "Fri, 06 Feb 2015 00:01:00 GMT";
	ask((struct transport_request){ .method = METHOD_GET }, "/busy");
	finish();
	busy_at = NULL;
	assert_int_equal(told.reply.retry_after_us, 120 * US_PER_SECOND);
}

static void what_surely_did_not_leave(void **state)
{
	char proxy[100], closed[100];
	(void)state;
	/* A proxy that refuses the tunnel has not received our request. */
	snprintf(proxy, sizeof proxy, "http://%s", web_address(web));
	ask((struct transport_request){ .method = METHOD_POST,
		    .url = "https://tableau.invalid/x",
		    .proxy = proxy,
		    .body = secret_copy(STR("{}")),
		    .at_most_once = true },
		"");
	finish();
	assert_false(told.reply.is_answered);
	assert_false(told.reply.may_be_sent);
	assert_non_null(strstr(told.failure, "the proxy says so, not the server"));
	ask((struct transport_request){ .method = METHOD_POST,
		    .url = "http://no-such-host.invalid/x",
		    .body = secret_copy(STR("{}")) },
		"");
	finish();
	assert_false(told.reply.may_be_sent);
	assert_non_null(strstr(told.failure, "no-such-host"));
	assert_null(strstr(told.reply.failure_kind, "no-such-host"));
	/* Plain HTTP in answer to a TLS handshake. */
	snprintf(closed, sizeof closed, "https://%s/x", web_address(web));
	ask(
		(struct transport_request){
			.method = METHOD_POST, .url = closed, .body = secret_copy(STR("{}")) },
		"");
	finish();
	assert_false(told.reply.is_answered);
	assert_false(told.reply.may_be_sent);
	ask((struct transport_request){ .method = METHOD_GET, .url = "file:///etc/passwd" }, "");
	finish();
	assert_false(told.reply.is_answered);
	assert_string_equal(told.body, "");
}

/* ---- names that nobody answers ---- */

#define SILENT_HOST "silent.test"
static sem_t may_end; /* a lookup of it */
static atomic_bool is_looked_up, has_ended;

/* As the C library's, but that of SILENT_HOST takes until it may end, or DEADLINE. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
	struct addrinfo **found)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	struct timespec until = { .tv_sec = (clock_wall().us + DEADLINE) / US_PER_SECOND };
	if (host && !strcmp(host, SILENT_HOST)) {
		is_looked_up = true;
		sem_timedwait(&may_end, &until);
		has_ended = true;
		return EAI_AGAIN;
	}
	*(void **)(&real) = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(host, service, hints, found);
}

static void look_up_for(int timeout_ms)
{
	ask((struct transport_request){ .method = METHOD_GET,
		    .url = "http://" SILENT_HOST "/",
		    .timeout_ms = timeout_ms },
		"");
}

static void a_silent_name_server_holds_up_no_other_request(void **state)
{
	(void)state;
	assert_int_equal(sem_init(&may_end, 0, 0), 0);
	look_up_for(200);
	finish();
	assert_true(is_looked_up);
	assert_false(has_ended);
	assert_false(told.reply.is_answered);
	ask((struct transport_request){ .method = METHOD_GET }, "/echo");
	finish();
	assert_true(told.reply.is_answered);
	look_up_for(5000);
	transport_step(transport, 100, -1);
	transport_free(transport); /* nor does the end of the program wait */
	transport = NULL;
	assert_false(has_ended);
	sem_post(&may_end);
	sem_post(&may_end);
}

static void what_may_have_left(void **state)
{
	(void)state;
	ask((struct transport_request){ .method = METHOD_POST,
		    .body = secret_copy(STR("{}")),
		    .at_most_once = true },
		"/drop");
	finish();
	assert_false(told.reply.is_answered);
	assert_true(told.reply.may_be_sent);
	ask((struct transport_request){ .method = METHOD_POST,
		    .body = secret_copy(STR("{}")),
		    .at_most_once = true,
		    .timeout_ms = 300 },
		"/slow");
	finish();
	assert_false(told.reply.is_answered);
	assert_true(told.reply.may_be_sent);
	assert_string_not_equal(told.failure, "");
}

static void the_environment_has_no_say(void **state)
{
	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	ask((struct transport_request){ .method = METHOD_GET }, "/echo");
	finish();
	unsetenv("http_proxy");
	assert_true(told.reply.is_answered);
}

static void a_step_ends_when_it_is_woken(void **state)
{
	int wake = eventfd(1, EFD_NONBLOCK);
	struct mono begun = clock_mono();
	(void)state;
	transport_step(transport, 10000, wake);
	close(wake);
	assert_true(clock_mono().us - begun.us < 5 * US_PER_SECOND);
}

static void ending_answers_what_is_in_flight(void **state)
{
	(void)state;
	ask((struct transport_request){ .method = METHOD_POST, .body = secret_copy(STR("{}")) },
		"/slow");
	for (int i = 0; i < 1000 && !kept; i++)
		transport_step(transport, 10, -1);
	assert_int_equal(transport_in_flight(transport), 1);
	transport_free(transport);
	transport = NULL;
	assert_int_equal(told.answers, 1);
	assert_true(told.reply.may_be_sent);
	assert_int_equal(transport_in_flight(NULL), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_body_and_a_token_arrive),
		TEST(a_redirect_is_an_answer),
		TEST(a_cache_does_not_tell_tableaus_time),
		TEST(a_wait_that_the_other_side_asks_for),
		TEST(a_date_to_come_back_at_is_read_by_the_clock_of_who_wrote_it),
		TEST(what_surely_did_not_leave),
		TEST(a_silent_name_server_holds_up_no_other_request),
		TEST(what_may_have_left),
		TEST(the_environment_has_no_say),
		TEST(a_step_ends_when_it_is_woken),
		TEST(ending_answers_what_is_in_flight),
	};
	return cmocka_run_group_tests_name("transport", tests, NULL, NULL);
}
