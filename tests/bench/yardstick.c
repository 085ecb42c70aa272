/*
 * tests/bench/yardstick.c - the speed of libmicrohttpd with next to no work, against which intake
 * is measured.
 *
 *   BENCH_SECRET=... yardstick bare       verifies the HMAC and answers
 *   BENCH_SECRET=... yardstick FILE       also appends the body to FILE, and answers when an
 * fdatasync that all waiting requests share has made it durable
 *
 * It has the daemon's number of threads, poll(2) and suspended connections, and nothing else.
 * Prints its port; ends when stdin does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_MOST 8192
#define MOST_THREADS 8 /* as in the daemon: one for each processor, at most 8 */
#define MOST_CONNECTIONS 1000
#define BODY_ANSWER "{\"event\":1,\"outcome\":\"routed\",\"matched\":[\"revenue-after-nightly\"]}"

struct request {
	struct request *next; /* the list of requests that wait for the disk */
	struct MHD_Connection *connection;
	size_t body_bytes;
	bool is_handled;
	unsigned status;
	char body[BODY_MOST];
};

static const char *secret;
static int file = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct request *waiting;
static bool is_ending;

static void die(const char *what)
{
	fprintf(stderr, "yardstick: %s: %s\n", what, strerror(errno));
	exit(2);
}

static bool is_signed(const struct request *request, const char *header)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned digest_bytes;
	char text[65];
	if (!header || strlen(header) != 64)
		return false;
	HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)request->body,
		request->body_bytes, digest, &digest_bytes);
	for (size_t i = 0; i < 32; i++) {
		text[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	return !CRYPTO_memcmp(text, header, 64);
}

static enum MHD_Result answer(struct request *request)
{
	const char *body = request->status == 200 ? BODY_ANSWER : "{\"error\":\"refused\"}";
	/* The library declares the buffer without const. */
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(body), (void *)(uintptr_t)body, MHD_RESPMEM_PERSISTENT);
	MHD_add_response_header(response, "Content-Type", "application/json");
	enum MHD_Result result = MHD_queue_response(request->connection, request->status, response);
	MHD_destroy_response(response);
	return result;
}

/* ---- the shared fdatasync ---- */

static void wait_for_disk(struct request *request)
{
	if (write(file, request->body, request->body_bytes) != (ssize_t)request->body_bytes)
		die("write");
	MHD_suspend_connection(request->connection);
	pthread_mutex_lock(&lock);
	request->next = waiting;
	waiting = request;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}

static void *sync_groups(void *context)
{
	pthread_mutex_lock(&lock);
	for (;;) {
		while (!waiting && !is_ending)
			pthread_cond_wait(&changed, &lock);
		if (!waiting)
			break;
		struct request *group = waiting;
		waiting = NULL;
		pthread_mutex_unlock(&lock);
		if (fdatasync(file))
			die("fdatasync");
		while (group) {
			struct request *next =
				group->next; /* a resumed request is its thread's again */
			MHD_resume_connection(group->connection);
			group = next;
		}
		pthread_mutex_lock(&lock);
	}
	pthread_mutex_unlock(&lock);
	return context;
}

/* ---- the handler ---- */

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
	const char *method, const char *version, const char *bytes, size_t *count,
	void **request_context)
{
	struct request *request = *request_context;
	(void)context;
	(void)path;
	(void)method;
	(void)version;
	if (!request) {
		request = malloc(sizeof *request);
		if (!request)
			die("memory");
		request->connection = connection;
		request->body_bytes = 0;
		request->is_handled = false;
		*request_context = request;
		return MHD_YES;
	}
	if (*count) {
		if (*count > BODY_MOST - request->body_bytes)
			return MHD_NO;
		memcpy(request->body + request->body_bytes, bytes, *count);
		request->body_bytes += *count;
		*count = 0;
		return MHD_YES;
	}
	if (request->is_handled)
		return answer(request);
	request->is_handled = true;
	request->status = is_signed(request, MHD_lookup_connection_value(
						     connection, MHD_HEADER_KIND, "Authorization"))
				  ? 200
				  : 401;
	if (file < 0 || request->status != 200)
		return answer(request);
	wait_for_disk(request);
	return MHD_YES;
}

static void completed(void *context, struct MHD_Connection *connection, void **request_context,
	enum MHD_RequestTerminationCode code)
{
	(void)context;
	(void)connection;
	(void)code;
	free(*request_context);
	*request_context = NULL;
}

static void begun(void *context, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode code)
{
	int on = 1,
	    fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	(void)context;
	(void)socket_context;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static struct MHD_Daemon *start(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned threads = processors < 1              ? 1
			   : processors > MOST_THREADS ? MOST_THREADS
						       : (unsigned)processors;
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct MHD_OptionItem pool[] = { { MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL },
		{ MHD_OPTION_END, 0, NULL } };
	unsigned flags = MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD |
			 (file < 0 ? 0u : (unsigned)MHD_ALLOW_SUSPEND_RESUME);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return MHD_start_daemon(flags, 0, NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR, &address,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)MOST_CONNECTIONS,
		MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, begun,
		NULL, MHD_OPTION_ARRAY, threads > 1 ? pool : pool + 1, MHD_OPTION_END);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char byte;
	secret = getenv("BENCH_SECRET");
	if (argc != 2 || !secret) {
		fputs("usage: BENCH_SECRET=TEXT yardstick bare|FILE\n", stderr);
		return 2;
	}
	if (strcmp(argv[1], "bare")) {
		file = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (file < 0)
			die(argv[1]);
	}
	if (pthread_create(&thread, NULL, sync_groups, NULL))
		die("thread");
	struct MHD_Daemon *daemon = start();
	if (!daemon)
		die("cannot listen");
	printf("%u\n", (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	pthread_mutex_lock(&lock);
	is_ending = true;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	MHD_stop_daemon(daemon);
	return 0;
}
