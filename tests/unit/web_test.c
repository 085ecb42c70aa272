/*
 * The HTTP server over loopback sockets: with clients that are slow, vanish, or send too much. A
 * client here is a socket and the bytes that it sends.
 */
#include "base/clock.h"
#include "base/metric.h"
#include "base/web/web.h"
#include "tests/unit/test.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BODY_LIMIT 1000
#define PATIENCE_MS 10000 /* a test waits this long for what must come */
#define MOST_KEPT 8

static int64_t refused(const char *reason)
{
	return metric_get(METRIC_refusals_total, "webhooks", reason);
}

struct fixture {
	struct web *web;
	pthread_mutex_t lock;
	struct web_request *kept[MOST_KEPT];
	size_t kept_count;
	atomic_int handled;
};

static void keep(struct fixture *fixture, struct web_request *request)
{
	web_keep(request);
	pthread_mutex_lock(&fixture->lock);
	fixture->kept[fixture->kept_count++] = request;
	pthread_mutex_unlock(&fixture->lock);
}

static void echo(struct web_request *request)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	text_printf(&out, "%s %s [%s] ", web_method(request), web_path(request),
		web_query_text(request));
	text_add_str(&out, web_body(request));
	if (web_query(request, "a"))
		text_printf(&out, " a=%s", web_query(request, "a"));
	if (web_header(request, "x-test"))
		text_printf(&out, " x-test=%s", web_header(request, "x-test"));
	web_reply_header(request, "X-Answer", "yes");
	web_reply(request, 200, "text/plain", text_str(&out));
}

/* GET /keep waits for the test, /drop gets no answer, any other request is echoed. A request with
 * "X-Test: friend" is trusted. */
static void handle(struct web_request *request, void *context)
{
	struct fixture *fixture = context;
	atomic_fetch_add(&fixture->handled, 1);
	if (text_is(web_header(request, "X-Test"), "friend"))
		web_trust(request);
	if (text_is(web_path(request), "/keep"))
		keep(fixture, request);
	else if (text_is(web_path(request), "/drop"))
		web_drop(request);
	else
		echo(request);
}

static void start_with(struct fixture *fixture, struct web_options options)
{
	struct error err = { 0 };
	options.listen = "127.0.0.1:0";
	options.name = "webhooks";
	options.threads = 2;
	options.body_limit = BODY_LIMIT;
	options.bodies_limit = 8 * 1024;
	options.connection_limit = 50;
	fixture->web = web_start(&options, handle, fixture, &err);
	if (!fixture->web)
		fail_msg("%s", err.message);
}

static void start(struct fixture *fixture, int64_t request_us)
{
	start_with(fixture, (struct web_options){ .request_us = request_us });
}

static int set_up(void **state)
{
	struct fixture *fixture = mem_new(struct fixture);
	pthread_mutex_init(&fixture->lock, NULL);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	web_free(fixture->web);
	pthread_mutex_destroy(&fixture->lock);
	free(fixture);
	return 0;
}

/* While it is true, the server finds nobody in the kernel's queue. */
static atomic_bool nobody_waits;

int accept4(int fd, __SOCKADDR_ARG from, socklen_t *restrict length, int flags)
{
	if (!atomic_load(&nobody_waits))
		return (int)syscall(SYS_accept4, fd, from.__sockaddr__, length, flags);
	errno = EAGAIN;
	return -1;
}

/* ---- clients ---- */

static int dial(const struct fixture *fixture)
{
	const char *address = web_address(fixture->web), *colon = strrchr(address, ':');
	int64_t port;
	assert_true(str_to_count(str_of(colon + 1), &port));
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* False when the server has closed already. */
static bool say(int fd, const char *text)
{
	size_t length = strlen(text);
	while (length) {
		ssize_t sent = send(fd, text, length, MSG_NOSIGNAL);
		if (sent < 0)
			return false;
		text += sent;
		length -= (size_t)sent;
	}
	return true;
}

/* Reads one answer: its head and as much body as that announces, or all up to the end of the
 * connection. */
static const char *hear(int fd)
{
	static char bytes[8192];
	size_t length = 0;
	for (;;) {
		bytes[length] = '\0';
		const char *end = strstr(bytes, "\r\n\r\n"),
			   *told = strcasestr(bytes, "Content-Length: ");
		if (end && told && strlen(end + 4) >= strtoul(told + 16, NULL, 10))
			return bytes;
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		if (poll(&ready, 1, PATIENCE_MS) != 1)
			fail_msg("no answer, only '%s'", bytes);
		ssize_t got = recv(fd, bytes + length, sizeof bytes - 1 - length, 0);
		if (got <= 0)
			return bytes;
		length += (size_t)got;
	}
}

static bool is_answer(const char *bytes, int status, const char *end)
{
	char line[40];
	snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
	return str_starts(str_of(bytes), line) && str_ends(str_of(bytes), end);
}

static void assert_answer(int fd, int status, const char *end)
{
	const char *bytes = hear(fd);
	if (!is_answer(bytes, status, end))
		fail_msg("wanted %d and '%s', got: %s", status, end, bytes);
}

static void assert_closed(int fd)
{
	const char *bytes = hear(fd);
	assert_string_equal(bytes, "");
	close(fd);
}

/* Waits until a part of a body has been read. */
static void wait_for_a_body(void)
{
	for (int i = 0; !metric_get(METRIC_request_body_bytes, NULL); i++) {
		assert_in_range(i, 0, PATIENCE_MS);
		usleep(1000);
	}
}

/* Closes, and returns when the other side's kernel knows. */
static void hang_up(int fd)
{
	struct tcp_info info = { 0 };
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	for (int i = 0; info.tcpi_state != TCP_FIN_WAIT2; i++) {
		socklen_t size = sizeof info;
		assert_in_range(i, 0, PATIENCE_MS);
		usleep(i ? 1000 : 0);
		assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
	}
	close(fd);
}

/* Waits until the handler has kept the request. */
static struct web_request *wait_for_kept(struct fixture *fixture, size_t index)
{
	for (int i = 0; i < PATIENCE_MS; i++) {
		pthread_mutex_lock(&fixture->lock);
		bool is_there = fixture->kept_count > index;
		pthread_mutex_unlock(&fixture->lock);
		if (is_there)
			return fixture->kept[index];
		usleep(1000);
	}
	fail_msg("request %zu never came", index);
	return NULL;
}

/* ---- one answer ---- */

static void a_request_reaches_the_handler_whole(void **state)
{
	struct fixture *fixture = *state;
	start(fixture, 10 * US_PER_SECOND);
	int fd = dial(fixture);
	say(fd, "POST /a%20b?a=1%2C2&c HTTP/1.1\r\nHost: x\r\nX-Test: yes\r\n"
		"Content-Length: 5\r\n\r\nhe");
	wait_for_a_body();
	say(fd, "llo");
	const char *bytes = hear(fd);
	assert_true(is_answer(bytes, 200, "POST /a b [a=1%2C2&c] hello a=1,2 x-test=yes"));
	assert_non_null(strstr(bytes, "X-Answer: yes\r\n"));
	assert_non_null(strstr(bytes, "Content-Type: text/plain\r\n"));
	close(fd);
}

static void one_connection_carries_many_requests(void **state)
{
	struct fixture *fixture = *state;
	char request[100], expected[100];
	int64_t requests = metric_get(METRIC_requests_total, NULL);
	start(fixture, 10 * US_PER_SECOND);
	int fd = dial(fixture);
	for (int i = 0; i < 50; i++) {
		snprintf(request, sizeof request,
			"POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", i);
		snprintf(expected, sizeof expected, "POST /%d [] abc", i);
		say(fd, request);
		assert_answer(fd, 200, expected);
	}
	assert_int_equal(metric_get(METRIC_connections, NULL), 1);
	assert_int_equal(metric_get(METRIC_requests_total, NULL) - requests, 50);
	close(fd);
}

static void a_chunked_body_arrives_as_one(void **state)
{
	struct fixture *fixture = *state;
	start(fixture, 10 * US_PER_SECOND);
	int fd = dial(fixture);
	say(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
	assert_answer(fd, 200, "POST / [] abcde");
	close(fd);
}

/* ---- too much ---- */

static void a_body_of_exactly_the_limit_is_taken(void **state)
{
	struct fixture *fixture = *state;
	char body[BODY_LIMIT + 1];
	memset(body, 'b', BODY_LIMIT);
	body[BODY_LIMIT] = '\0';
	start(fixture, 10 * US_PER_SECOND);
	int fd = dial(fixture);
	say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
	say(fd, body);
	assert_answer(fd, 200, body);
	close(fd);
}

static void a_body_that_is_too_large_gets_a_413_and_no_handler(void **state)
{
	struct fixture *fixture = *state;
	char body[BODY_LIMIT + 2];
	memset(body, 'b', BODY_LIMIT + 1);
	body[BODY_LIMIT + 1] = '\0';
	int64_t before = refused("too_large");
	start(fixture, 10 * US_PER_SECOND);
	int fd = dial(fixture);
	say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
	say(fd, body);
	assert_answer(fd, 413, "{\"error\":\"the body is larger than this server takes\"}");
	close(fd);

	fd = dial(fixture);
	say(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n");
	say(fd, body);
	say(fd, "\r\n0\r\n\r\n");
	assert_answer(fd, 413, "}");
	close(fd);
	assert_int_equal(atomic_load(&fixture->handled), 0);
	assert_int_equal(refused("too_large") - before, 2);
}

static void a_flood_is_refused_before_it_is_sent(void **state)
{
	struct fixture *fixture = *state;
	static const char *const heads[] = {
		"Content-Length: 100000000\r\n",
		"Content-Length: 1001\r\nExpect: 100-continue\r\n",
	};
	start(fixture, 10 * US_PER_SECOND);
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		int fd = dial(fixture);
		say(fd, "POST / HTTP/1.1\r\nHost: x\r\n");
		say(fd, heads[i]);
		say(fd, "\r\n");
		assert_answer(fd, 413, "}");
		close(fd);
	}
}

static void endless_chunks_are_cut_off(void **state)
{
	struct fixture *fixture = *state;
	char chunk[0x100 + 10];
	snprintf(chunk, sizeof chunk, "100\r\n%0256d\r\n", 0);
	start(fixture, 10 * US_PER_SECOND);
	int fd = dial(fixture);
	say(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	int chunks = 0;
	while (chunks < 1000000 && say(fd, chunk))
		chunks++;
	assert_in_range(chunks, 1, 999999);
	assert_int_equal(atomic_load(&fixture->handled), 0);
	close(fd);
}

static void what_http_forbids_is_refused_at_once_in_json(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		const char *text;
		int status;
	} requests[] = {
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nab",
			400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 2\r\n\r\nab", 400 },
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400 },
		{ "GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505 },
		{ "GET /\r\n\r\n", 400 },
		{ "\x16\x03\x01\x02", 400 }, /* TLS */
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2, 2\r\n\r\nab", 400 },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\nab", 400 },
	};
	int64_t malformed = refused("malformed");
	/* Far longer than a test waits, so the test fails if the limit matters. */
	start(fixture, 600 * US_PER_SECOND);
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		int fd = dial(fixture);
		say(fd, requests[i].text);
		assert_answer(fd, requests[i].status, "\"}");
		shutdown(fd, SHUT_WR);
		assert_closed(fd);
	}
	assert_int_equal(atomic_load(&fixture->handled), 0);
	assert_int_equal(
		refused("malformed") - malformed, (int64_t)(sizeof requests / sizeof *requests));
}

/* libmicrohttpd takes ": y" for the end of a head, and what follows for the next request. */
static void nothing_is_read_behind_a_request_of_a_stranger(void **state)
{
	struct fixture *fixture = *state;
	start_with(fixture, (struct web_options){
				    .request_us = 600 * US_PER_SECOND, .only_trusted_stay = true });
	int fd = dial(fixture);
	say(fd, "GET /1 HTTP/1.1\r\nHost: x\r\nX-Test: friend\r\n\r\n");
	assert_answer(fd, 200, "GET /1 []  x-test=friend");
	say(fd, "GET /2 HTTP/1.1\r\nHost: x\r\n: y\r\nGET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_answer(fd, 200, "GET /2 [] ");
	shutdown(fd, SHUT_WR);
	assert_closed(fd);
	assert_int_equal(atomic_load(&fixture->handled), 2);
}

/* From the second request of a connection on, libmicrohttpd reads first and refuses with pages of
 * its own. */
static void what_the_library_refuses_by_itself_is_counted(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		const char *text;
		int status;
		const char *reason;
	} requests[] = {
		{ "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400, "malformed" },
		{ "GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505, "malformed" },
		{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", 400,
			"malformed" },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 413,
			"too_large" },
	};
	start(fixture, 600 * US_PER_SECOND);
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		int64_t before = refused(requests[i].reason);
		int fd = dial(fixture);
		say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
		assert_answer(fd, 200, "GET / [] ");
		say(fd, requests[i].text);
		assert_answer(fd, requests[i].status, "");
		assert_int_equal(refused(requests[i].reason) - before, 1);
		close(fd);
	}
}

static void a_head_that_never_ends_gets_a_431(void **state)
{
	struct fixture *fixture = *state;
	int64_t before = refused("too_large");
	start(fixture, 600 * US_PER_SECOND);
	int fd = dial(fixture);
	say(fd, "GET / HTTP/1.1\r\nHost: x\r\n");
	for (int i = 0; i < 2000; i++)
		say(fd, "X-More: and more\r\n");
	assert_answer(fd, 431, "\"}");
	close(fd);
	assert_int_equal(refused("too_large") - before, 1);
}

static void a_head_may_come_in_pieces_and_end_in_bare_line_feeds(void **state)
{
	struct fixture *fixture = *state;
	static const char text[] = "\r\nGET /x HTTP/1.1\nHost: x\r\nX-Test: a\n\n";
	start(fixture, 10 * US_PER_SECOND);
	int fd = dial(fixture);
	for (const char *at = text; *at; at++) {
		char one[2] = { *at, '\0' };
		say(fd, one);
		usleep(500);
	}
	assert_answer(fd, 200, "GET /x []  x-test=a");
	close(fd);
	fd = dial(fixture);
	say(fd, "GET /y HTTP/1.1\r\nHost: x\r\n\r\n");
	shutdown(fd, SHUT_WR); /* nothing more is sent */
	assert_answer(fd, 200, "GET /y [] ");
	close(fd);
}

static void an_absolute_uri_and_blanks_at_the_end_of_a_value_are_taken(void **state)
{
	struct fixture *fixture = *state;
	start(fixture, 10 * US_PER_SECOND);
	int fd = dial(fixture);
	say(fd, "GET http://x/a%20b?c HTTP/1.1\r\nHost: x\r\nX-Test:  \tyes\t \r\n\r\n");
	assert_answer(fd, 200, "GET /a b [c]  x-test=yes");
	close(fd);
}

/* ---- too many ---- */

static void a_new_client_is_served_however_many_say_nothing(void **state)
{
	struct fixture *fixture = *state;
	int idle[200];
	int64_t before = refused("made_room");
	start(fixture, 600 * US_PER_SECOND);
	for (size_t i = 0; i < 200; i++) {
		idle[i] = dial(fixture);
		say(idle[i],
			i % 2 ? "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx" : "G");
	}
	for (int i = 0; i < 3; i++) {
		int fd = dial(fixture);
		say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
		assert_answer(fd, 200, "GET / [] ");
		close(fd);
	}
	assert_true(refused("made_room") - before >= 150);
	for (size_t i = 0; i < 200; i++)
		close(idle[i]);
}

static void unfinished_bodies_make_room_for_others(void **state)
{
	struct fixture *fixture = *state;
	int slow[20];
	char part[BODY_LIMIT];
	int64_t before = refused("bodies");
	memset(part, 'b', sizeof part - 1);
	part[sizeof part - 1] = '\0';
	start(fixture, 600 * US_PER_SECOND);
	for (size_t i = 0; i < 20; i++) {
		slow[i] = dial(fixture);
		say(slow[i], "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
		say(slow[i], part);
	}
	int fd = dial(fixture);
	say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
	assert_answer(fd, 200, "abc");
	close(fd);
	for (int i = 0; refused("bodies") - before < 12; i++) {
		assert_in_range(i, 0, PATIENCE_MS);
		usleep(1000);
	}
	for (size_t i = 0; i < 20; i++)
		close(slow[i]);
}

/* ---- kept requests ---- */

static const char get_keep[] = "GET /keep HTTP/1.1\r\nHost: x\r\n\r\n";

static void a_kept_request_is_answered_from_another_thread(void **state)
{
	struct fixture *fixture = *state;
	start(fixture, 10 * US_PER_SECOND);
	int fd = dial(fixture);
	for (size_t i = 0; i < MOST_KEPT; i++) {
		say(fd, get_keep);
		web_reply(wait_for_kept(fixture, i), 202, NULL, STR("later"));
		assert_answer(fd, 202, "later");
	}
	assert_int_equal(metric_get(METRIC_connections, NULL), 1);
	close(fd);
}

static void answers_that_are_not_woken_go_together(void **state)
{
	struct fixture *fixture = *state;
	int fds[MOST_KEPT];
	start(fixture, 10 * US_PER_SECOND);
	for (size_t i = 0; i < MOST_KEPT; i++) {
		fds[i] = dial(fixture);
		say(fds[i], get_keep);
		web_reply_unwoken(wait_for_kept(fixture, i), 202, NULL, STR("later"));
	}
	for (size_t i = 0; i < MOST_KEPT; i++) {
		struct pollfd heard = { .fd = fds[i], .events = POLLIN };
		assert_int_equal(poll(&heard, 1, 0), 0);
	}
	web_wake(web_of(fixture->kept[0]));
	for (size_t i = 0; i < MOST_KEPT; i++) {
		assert_answer(fds[i], 202, "later");
		close(fds[i]);
	}
	web_wake(fixture->web); /* there are no more */
}

static void others_are_served_while_requests_are_kept(void **state)
{
	struct fixture *fixture = *state;
	int fds[MOST_KEPT];
	start(fixture, 10 * US_PER_SECOND);
	for (size_t i = 0; i < MOST_KEPT; i++) {
		fds[i] = dial(fixture);
		say(fds[i], get_keep);
		wait_for_kept(fixture, i);
	}
	int fd = dial(fixture);
	say(fd, "GET /other HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_answer(fd, 200, "GET /other [] ");
	close(fd);
	for (size_t i = MOST_KEPT; i-- > 0;) {
		web_reply(fixture->kept[i], 200, NULL, STR("done"));
		assert_answer(fds[i], 200, "done");
		close(fds[i]);
	}
}

static void a_kept_request_waits_longer_than_a_client_may(void **state)
{
	struct fixture *fixture = *state;
	start(fixture, US_PER_SECOND / 10);
	int fd = dial(fixture);
	say(fd, get_keep);
	struct web_request *request = wait_for_kept(fixture, 0);
	assert_closed(dial(fixture)); /* which came later, and has waited too long */
	web_reply(request, 200, NULL, STR("at last"));
	assert_answer(fd, 200, "at last");
	close(fd);
}

static void a_client_that_went_away_while_kept_does_no_harm(void **state)
{
	struct fixture *fixture = *state;
	start(fixture, 10 * US_PER_SECOND);
	int fd = dial(fixture);
	struct linger reset = { 1, 0 };
	say(fd, get_keep);
	wait_for_kept(fixture, 0);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(fd);
	fd = dial(fixture);
	say(fd, get_keep);
	wait_for_kept(fixture, 1);
	hang_up(fd);
	web_reply(fixture->kept[0], 200, NULL, STR("nobody hears"));
	web_reply(fixture->kept[1], 200, NULL, STR("nobody hears"));
	fd = dial(fixture);
	say(fd, "GET /after HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_answer(fd, 200, "GET /after [] ");
	close(fd);
}

static void a_dropped_request_gets_not_one_byte(void **state)
{
	struct fixture *fixture = *state;
	start(fixture, 10 * US_PER_SECOND);
	int fd = dial(fixture);
	say(fd, "GET /drop HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_closed(fd);
	fd = dial(fixture);
	say(fd, get_keep);
	web_drop(wait_for_kept(fixture, 0));
	assert_closed(fd);
}

/* ---- slow clients ---- */

static void a_dripping_client_is_shut_down(void **state)
{
	struct fixture *fixture = *state;
	static const char *const beginnings[] = {
		"GET / HTTP/1.1\r\nX-Slow: ",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n",
		"",
	};
	int64_t slow = refused("too_slow");
	start(fixture, US_PER_SECOND / 5);
	for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
		int fd = dial(fixture), drops = 0;
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		say(fd, beginnings[i]);
		/* A byte at a time keeps every limit of inactivity away. */
		while (poll(&ready, 1, 20) == 0 && drops++ < PATIENCE_MS / 20)
			if (*beginnings[i])
				say(fd, "x");
		assert_in_range(drops, 1, PATIENCE_MS / 20 - 1);
		assert_closed(fd);
	}
	assert_int_equal(atomic_load(&fixture->handled), 0);
	assert_int_equal(refused("too_slow") - slow, 3);
}

static void an_idle_connection_ends_and_a_busy_one_stays(void **state)
{
	struct fixture *fixture = *state;
	start(fixture, US_PER_SECOND / 5);
	int fd = dial(fixture), idle = dial(fixture);
	struct pollfd ended = { .fd = idle, .events = POLLIN };
	do {
		say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
		assert_answer(fd, 200, "GET / [] ");
	} while (poll(&ended, 1, 20) == 0);
	say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_answer(fd, 200, "GET / [] ");
	assert_closed(idle);
	assert_closed(fd);
}

/* ---- the end ---- */

static void *stop(void *context)
{
	web_stop(context);
	return NULL;
}

/* False: the server ends the connection after this answer. */
static bool goes_on(int fd)
{
	assert_true(say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
	const char *bytes = hear(fd);
	if (!is_answer(bytes, 200, "GET / [] "))
		fail_msg("no answer, but: %s", bytes);
	return !strcasestr(bytes, "Connection: close");
}

static void stopping_waits_for_the_answers_that_are_on_their_way(void **state)
{
	struct fixture *fixture = *state;
	pthread_t stopper;
	int fds[3];
	start(fixture, 10 * US_PER_SECOND);
	for (size_t i = 0; i < 3; i++) {
		fds[i] = dial(fixture);
		say(fds[i], get_keep);
		wait_for_kept(fixture, i);
	}
	int fd = dial(fixture);
	assert_true(goes_on(fd)); /* it is accepted before the stop */
	assert_int_equal(pthread_create(&stopper, NULL, stop, fixture->web), 0);
	while (goes_on(fd))
		;
	close(fd);
	for (size_t i = 0; i < 3; i++) {
		web_reply(fixture->kept[i], 200, NULL, STR("still in time"));
		const char *bytes = hear(fds[i]);
		assert_true(is_answer(bytes, 200, "still in time"));
		assert_non_null(strcasestr(bytes, "Connection: close"));
		close(fds[i]);
	}
	pthread_join(stopper, NULL);
}

static void what_is_still_kept_at_the_stop_gets_a_503(void **state)
{
	struct fixture *fixture = *state;
	int fds[3];
	start(fixture, 10 * US_PER_SECOND);
	for (size_t i = 0; i < 3; i++) {
		fds[i] = dial(fixture);
		say(fds[i], get_keep);
		wait_for_kept(fixture, i);
	}
	web_reply_unwoken(fixture->kept[2], 202, NULL, STR("in time, but nobody is woken"));
	web_stop(fixture->web);
	assert_true(is_answer(hear(fds[2]), 202, "in time, but nobody is woken"));
	close(fds[2]);
	for (size_t i = 0; i < 2; i++) {
		const char *bytes = hear(fds[i]);
		assert_true(is_answer(bytes, 503, "send it again\"}"));
		assert_non_null(strcasestr(bytes, "Retry-After: "));
		close(fds[i]);
	}
	/* Their keeper may still answer; nobody receives it. */
	web_reply(fixture->kept[0], 200, NULL, STR("too late"));
	web_drop(fixture->kept[1]);
}

static void a_quiet_server_takes_no_new_connection_and_serves_the_old_ones(void **state)
{
	struct fixture *fixture = *state;
	start(fixture, 10 * US_PER_SECOND);
	int fd = dial(fixture);
	say(fd, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_answer(fd, 200, "GET /1 [] ");
	web_quiesce(fixture->web);
	web_quiesce(fixture->web);
	say(fd, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_answer(fd, 200, "GET /2 [] ");
	close(fd);
}

static void who_waits_in_the_kernels_queue_at_a_stop_is_answered(void **state)
{
	struct fixture *fixture = *state;
	int fds[20];
	start(fixture, 10 * US_PER_SECOND);
	atomic_store(&nobody_waits, true);
	for (size_t i = 0; i < 20; i++) {
		fds[i] = dial(fixture);
		say(fds[i], "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	atomic_store(&nobody_waits, false);
	web_stop(fixture->web);
	for (size_t i = 0; i < 20; i++) {
		assert_answer(fds[i], 200, "GET /1 [] ");
		close(fds[i]);
	}
}

static void a_server_that_nobody_used_stops_twice_at_once(void **state)
{
	struct fixture *fixture = *state;
	start(fixture, 10 * US_PER_SECOND);
	int fd = dial(fixture); /* it sends nothing */
	int64_t before = clock_mono().us;
	web_stop(fixture->web);
	web_stop(fixture->web);
	assert_true(clock_mono().us - before < 3 * US_PER_SECOND);
	assert_closed(fd);
}

static void an_address_that_is_wrong_or_taken_is_named(void **state)
{
	struct fixture *fixture = *state;
	start(fixture, 10 * US_PER_SECOND);
	const struct {
		const char *address;
		enum error_kind kind;
	} cases[] = {
		{ web_address(fixture->web), ERROR_TRANSIENT },
		{ "192.0.2.1:0", ERROR_TRANSIENT }, /* RFC 5737: an address of no machine */
		{ "no such host:80", ERROR_INPUT },
		{ "127.0.0.1", ERROR_INPUT },
		{ "127.0.0.1:70000", ERROR_INPUT },
		{ "", ERROR_INPUT },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = { 0 };
		struct web_options options = { .listen = cases[i].address,
			.threads = 1,
			.body_limit = 1,
			.connection_limit = 1,
			.request_us = US_PER_SECOND };
		assert_null(web_start(&options, handle, fixture, &err));
		if (err.kind != cases[i].kind || !strstr(err.message, cases[i].address))
			fail_msg("%d: '%s'", err.kind, err.message);
	}
}

#define web_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		web_test(a_request_reaches_the_handler_whole),
		web_test(one_connection_carries_many_requests),
		web_test(a_chunked_body_arrives_as_one),
		web_test(a_body_of_exactly_the_limit_is_taken),
		web_test(a_body_that_is_too_large_gets_a_413_and_no_handler),
		web_test(a_flood_is_refused_before_it_is_sent),
		web_test(endless_chunks_are_cut_off),
		web_test(what_http_forbids_is_refused_at_once_in_json),
		web_test(nothing_is_read_behind_a_request_of_a_stranger),
		web_test(what_the_library_refuses_by_itself_is_counted),
		web_test(a_head_that_never_ends_gets_a_431),
		web_test(a_head_may_come_in_pieces_and_end_in_bare_line_feeds),
		web_test(an_absolute_uri_and_blanks_at_the_end_of_a_value_are_taken),
		web_test(a_new_client_is_served_however_many_say_nothing),
		web_test(unfinished_bodies_make_room_for_others),
		web_test(a_kept_request_is_answered_from_another_thread),
		web_test(answers_that_are_not_woken_go_together),
		web_test(others_are_served_while_requests_are_kept),
		web_test(a_kept_request_waits_longer_than_a_client_may),
		web_test(a_client_that_went_away_while_kept_does_no_harm),
		web_test(a_dropped_request_gets_not_one_byte),
		web_test(a_dripping_client_is_shut_down),
		web_test(an_idle_connection_ends_and_a_busy_one_stays),
		web_test(stopping_waits_for_the_answers_that_are_on_their_way),
		web_test(what_is_still_kept_at_the_stop_gets_a_503),
		web_test(a_quiet_server_takes_no_new_connection_and_serves_the_old_ones),
		web_test(who_waits_in_the_kernels_queue_at_a_stop_is_answered),
		web_test(a_server_that_nobody_used_stops_twice_at_once),
		web_test(an_address_that_is_wrong_or_taken_is_named),
	};
	return cmocka_run_group_tests_name("web", tests, NULL, NULL);
}
