/*
 * tests/bench/load.c - posts signed webhooks over keep-alive connections and reports how long the
 * answers took.
 *
 *   BENCH_SECRET=... load --port P --path /webhooks/dbt --body FILE --connections N --requests M
 * --milliseconds S --mark TEXT
 *
 * FILE is a dbt body with "@EVENT@" in the place of the event id: MARK and a number of its own for
 * each delivery. All requests are written and signed before the clock starts, so that only sending
 * and reading compete with the server for the processors. One request is in flight on each
 * connection. It ends after S milliseconds or M requests; the first tenth of the time warms up and
 * is not counted. One JSON object on stdout.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MARK "@EVENT@"
#define ANSWER_MOST 4096
#define WARM_SHARE 10   /* the first tenth of the time is warm-up */
#define LATE_SECONDS 15 /* an answer that takes longer is an error */

struct options {
	const char *path, *body, *mark, *secret;
	long port, connections, requests, milliseconds;
};

struct requests {
	char *bytes;
	size_t *starts; /* count + 1 of them */
	size_t count, next;
};

struct connection {
	int fd;
	bool is_busy;
	const char *unsent;
	size_t unsent_bytes;
	int64_t sent_at;
	char answer[ANSWER_MOST];
	size_t answer_bytes;
};

struct run {
	struct options options;
	struct requests requests;
	struct connection *connections;
	int poll_fd;
	int64_t begun, counts_from, ends_at, last_answer;
	uint32_t *latencies; /* microseconds */
	size_t counted, answered, busy, errors;
	char first_error[160];
};

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int64_t now_us(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000000LL + at.tv_nsec / 1000;
}

static void *need(void *memory)
{
	if (!memory)
		die("memory");
	return memory;
}

/* ---- requests ---- */

static char *read_body(const char *path)
{
	char *body = need(calloc(1, 1 << 16));
	FILE *file = fopen(path, "r");
	if (!file || !fread(body, 1, (1 << 16) - 1, file))
		die(path);
	fclose(file);
	if (!strstr(body, MARK)) {
		fprintf(stderr, "load: %s lacks %s\n", path, MARK);
		exit(2);
	}
	return body;
}

static void sign(const char *secret, const char *body, size_t length, char out[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned digest_bytes;
	HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)body, length, digest,
		&digest_bytes);
	for (size_t i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static void write_requests(struct run *run)
{
	const struct options *options = &run->options;
	struct requests *requests = &run->requests;
	char *template = read_body(options->body), signature[65];
	char *mark = strstr(template, MARK);
	size_t room = strlen(template) + strlen(options->mark) + strlen(options->path) + 400,
	       used = 0;
	char *body = need(malloc(room));
	*mark = '\0';
	requests->count = (size_t)options->requests;
	requests->bytes = need(malloc(room * requests->count));
	requests->starts = need(calloc(requests->count + 1, sizeof *requests->starts));
	for (size_t i = 0; i < requests->count; i++) {
		int length = snprintf(
			body, room, "%s%s%zu%s", template, options->mark, i, mark + strlen(MARK));
		sign(options->secret, body, (size_t)length, signature);
		requests->starts[i] = used;
		used += (size_t)snprintf(requests->bytes + used, room,
			"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
			"application/json\r\nAuthorization: %s\r\n"
			"User-Agent: dbt-webhook-load\r\nContent-Length: %d\r\n\r\n%s",
			options->path, signature, length, body);
	}
	requests->starts[requests->count] = used;
	free(body);
	free(template);
}

/* ---- connections ---- */

static void want(struct run *run, struct connection *connection, bool to_write)
{
	struct epoll_event event = { .events = EPOLLIN | (to_write ? (uint32_t)EPOLLOUT : 0),
		.data = { .ptr = connection } };
	if (epoll_ctl(run->poll_fd, EPOLL_CTL_MOD, connection->fd, &event))
		die("epoll_ctl");
}

static void open_connection(struct run *run, struct connection *connection)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)run->options.port) };
	struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = connection } };
	int on = 1;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connection->fd < 0 ||
		connect(connection->fd, (struct sockaddr *)&address, sizeof address))
		die("connect");
	setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (fcntl(connection->fd, F_SETFL, O_NONBLOCK) ||
		epoll_ctl(run->poll_fd, EPOLL_CTL_ADD, connection->fd, &event))
		die("connection");
}

static void send_some(struct run *run, struct connection *connection)
{
	bool was_blocked = connection->sent_at && connection->unsent_bytes;
	while (connection->unsent_bytes) {
		ssize_t sent = send(
			connection->fd, connection->unsent, connection->unsent_bytes, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN) {
			want(run, connection, true);
			return;
		}
		if (sent < 0)
			die("send");
		connection->unsent += sent;
		connection->unsent_bytes -= (size_t)sent;
	}
	if (was_blocked)
		want(run, connection, false);
}

static void send_next(struct run *run, struct connection *connection)
{
	struct requests *requests = &run->requests;
	int64_t now = now_us();
	if (now >= run->ends_at || requests->next == requests->count)
		return;
	connection->unsent = requests->bytes + requests->starts[requests->next];
	connection->unsent_bytes =
		requests->starts[requests->next + 1] - requests->starts[requests->next];
	requests->next++;
	connection->is_busy = true;
	connection->answer_bytes = 0;
	connection->sent_at = now;
	run->busy++;
	send_some(run, connection);
}

/* Bytes of the whole answer; 0: it is not complete yet. */
static size_t answer_length(struct connection *connection)
{
	connection->answer[connection->answer_bytes] = '\0';
	const char *end = strstr(connection->answer, "\r\n\r\n");
	const char *length = end ? strcasestr(connection->answer, "\r\nContent-Length:") : NULL;
	if (!length || length > end)
		return 0;
	return (size_t)(end + 4 - connection->answer) +
	       strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
}

static void note_answer(struct run *run, struct connection *connection)
{
	int64_t now = now_us();
	if (strncmp(connection->answer, "HTTP/1.1 200", 12) ||
		strstr(connection->answer, "\"duplicate\"")) {
		if (!run->errors++)
			snprintf(run->first_error, sizeof run->first_error, "%.*s",
				(int)strcspn(connection->answer, "\r\n\""), connection->answer);
	} else if (connection->sent_at >= run->counts_from && now <= run->ends_at) {
		run->latencies[run->counted++] = (uint32_t)(now - connection->sent_at);
		run->last_answer = now;
	}
	run->answered++;
	run->busy--;
	connection->is_busy = false;
}

static void receive(struct run *run, struct connection *connection)
{
	ssize_t got = recv(connection->fd, connection->answer + connection->answer_bytes,
		ANSWER_MOST - 1 - connection->answer_bytes, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		errno = got ? errno : ECONNRESET;
		die("the server closed a connection");
	}
	connection->answer_bytes += (size_t)got;
	size_t length = answer_length(connection);
	if (!connection->is_busy || !length || connection->answer_bytes < length)
		return;
	note_answer(run, connection);
	send_next(run, connection);
}

/* ---- the run ---- */

static void run_all(struct run *run)
{
	struct epoll_event events[64];
	long count = run->options.connections;
	run->begun = now_us();
	run->ends_at = run->begun + run->options.milliseconds * 1000;
	run->counts_from = run->begun + run->options.milliseconds * 1000 / WARM_SHARE;
	for (long i = 0; i < count; i++)
		send_next(run, &run->connections[i]);
	while (run->busy) {
		int ready = epoll_wait(run->poll_fd, events, 64, 1000);
		if (ready < 0 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < ready; i++) {
			if (events[i].events & EPOLLOUT)
				send_some(run, events[i].data.ptr);
			if (events[i].events & ~(uint32_t)EPOLLOUT)
				receive(run, events[i].data.ptr);
		}
		if (now_us() > run->ends_at + LATE_SECONDS * 1000000LL) {
			run->errors += run->busy;
			snprintf(run->first_error, sizeof run->first_error,
				"%zu requests without an answer", run->busy);
			return;
		}
	}
}

static int by_value(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return (left > right) - (left < right);
}

static uint32_t percentile(const struct run *run, size_t hundredth)
{
	return run->counted ? run->latencies[(run->counted - 1) * hundredth / 100] : 0;
}

static void report(struct run *run)
{
	struct rusage used;
	double seconds = (double)(run->last_answer - run->counts_from) / 1e6;
	getrusage(RUSAGE_SELF, &used);
	qsort(run->latencies, run->counted, sizeof *run->latencies, by_value);
	printf("{\"connections\":%ld,\"counted\":%zu,\"answered\":%zu,\"errors\":%zu,\"first_"
	       "error\":\"%s\",\"is_exhausted\":%s,\"seconds\":%.3f,"
	       "\"per_second\":%.1f,\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u}\n",
		run->options.connections, run->counted, run->answered, run->errors,
		run->first_error, run->requests.next == run->requests.count ? "true" : "false",
		seconds, seconds > 0 ? (double)run->counted / seconds : 0, percentile(run, 50),
		percentile(run, 99), percentile(run, 100));
}

static void parse_options(struct options *options, int argc, char **argv)
{
	const struct {
		const char *name;
		const char **text;
		long *number;
	} known[] = {
		{ "--path", &options->path, NULL },
		{ "--body", &options->body, NULL },
		{ "--mark", &options->mark, NULL },
		{ "--port", NULL, &options->port },
		{ "--requests", NULL, &options->requests },
		{ "--connections", NULL, &options->connections },
		{ "--milliseconds", NULL, &options->milliseconds },
	};
	for (int i = 1; i + 1 < argc; i += 2) {
		for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
			if (strcmp(argv[i], known[k].name))
				continue;
			if (known[k].text)
				*known[k].text = argv[i + 1];
			else
				*known[k].number = strtol(argv[i + 1], NULL, 10);
		}
	}
	options->secret = getenv("BENCH_SECRET");
	if (options->path && options->body && options->mark && options->secret &&
		options->port > 0 && options->requests > 0 && options->connections > 0 &&
		options->milliseconds > 0)
		return;
	fputs("usage: BENCH_SECRET=TEXT load --port P --path PATH --body FILE --mark TEXT "
	      "--connections N --requests M --milliseconds S\n",
		stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	static struct run run;
	parse_options(&run.options, argc, argv);
	write_requests(&run);
	run.latencies = need(calloc(run.requests.count, sizeof *run.latencies));
	run.connections = need(calloc((size_t)run.options.connections, sizeof *run.connections));
	run.poll_fd = epoll_create1(EPOLL_CLOEXEC);
	for (long i = 0; i < run.options.connections; i++)
		open_connection(&run, &run.connections[i]);
	run_all(&run);
	report(&run);
	return run.errors ? 1 : 0;
}
