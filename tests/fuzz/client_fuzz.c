/*
 * A letter for the command, one for its format, and any bytes as the answer of a strange server
 * (which says that it is the daemon, if it is asked): the command ends with one of its exit
 * statuses and prints nothing that a terminal would obey.
 */
#include "base/json.h"
#include "base/text.h"
#include "cli/command.h"
#include "tests/fuzz/scratch.h"
#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

extern const struct command command_events, command_refreshes, command_show, command_retry,
	command_sites, command_verify;

/* The commands under test, in place of the list of cli/main.c. */
const struct command *const commands[] = { &command_events, &command_refreshes, &command_show,
	&command_retry, &command_sites, &command_verify, NULL };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
/* Sets where sanitizers report, because standard error is closed while a command runs. */
void __sanitizer_set_report_fd(void *fd) __attribute__((weak));

/* ---- a server that answers each request with the same bytes ---- */

static struct server {
	int listener;
	char url[64];
	pthread_mutex_t lock;
	struct text answer;
} server = { .listener = -1, .lock = PTHREAD_MUTEX_INITIALIZER };

#define REQUEST_BYTES 8192

/* Is the request complete: its head, and as much of a body as it says? */
static bool is_complete(const char *request, size_t length)
{
	const char *end = strstr(request, "\r\n\r\n"), *body = strstr(request, "Content-Length: ");
	size_t wanted =
		body && body < end ? strtoul(body + strlen("Content-Length: "), NULL, 10) : 0;
	return end && length >= (size_t)(end + 4 - request) + wanted;
}

static void read_request(int fd, char request[REQUEST_BYTES])
{
	size_t length = 0;
	ssize_t got;
	*request = '\0';
	while (length < REQUEST_BYTES - 1 &&
		(got = recv(fd, request + length, REQUEST_BYTES - 1 - length, 0)) > 0) {
		length += (size_t)got;
		request[length] = '\0';
		if (is_complete(request, length))
			return;
	}
}

static const char alive[] = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"status\":\"alive\"}";

static void *serve(void *context)
{
	(void)context;
	for (;;) {
		int fd = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return NULL;
		char request[REQUEST_BYTES];
		read_request(fd, request);
		pthread_mutex_lock(&server.lock);
		struct str answer = strncmp(request, "GET /healthz ", 13) ? text_str(&server.answer)
									  : str_of(alive);
		IGNORE(send(fd, answer.at, answer.length, MSG_NOSIGNAL) < 0);
		pthread_mutex_unlock(&server.lock);
		close(fd);
	}
}

/* What verify asks about; dbt's API is the same server. */
static char config[128];

static void write_config(void)
{
	OWNED_TEXT struct text settings = TEXT(TEXT_UNBOUNDED);
	IGNORE(scratch_write("rules.yaml", STR("version: 1\n"
					       "rules:\n"
					       "- name: r\n"
					       "  when: {job_id: [1, 2]}\n"
					       "  refresh:\n"
					       "  - {site: s, workbooks: [A, B]}\n")));
	text_printf(&settings,
		"version: 1\n"
		"rules: [rules.yaml]\n"
		"sources:\n"
		"- name: d\n"
		"  secrets: [{env: D}]\n"
		"  dbt_api: {url: '%s', account_id: 1, token: {env: FUZZ_TOKEN}}\n"
		"sites:\n"
		"- name: s\n"
		"  server: https://tableau.example.com\n"
		"  pat: {name: p, secret: {env: P}}\n",
		server.url);
	snprintf(config, sizeof config, "%s", scratch_write("config.yaml", text_str(&settings)));
	setenv("FUZZ_TOKEN", "c0ffee-token", 1);
}

static void start(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof address;
	pthread_t thread;
	server.answer = TEXT(TEXT_UNBOUNDED);
	server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server.listener, (struct sockaddr *)&address, size) ||
		listen(server.listener, 64) ||
		getsockname(server.listener, (struct sockaddr *)&address, &size) ||
		pthread_create(&thread, NULL, serve, NULL))
		abort();
	pthread_detach(thread);
	snprintf(server.url, sizeof server.url, "http://127.0.0.1:%d", ntohs(address.sin_port));
	if (__sanitizer_set_report_fd)
		__sanitizer_set_report_fd((void *)(intptr_t)dup(STDERR_FILENO));
	json_setup();
	write_config();
}

static void answer_with(struct str bytes)
{
	/* A copy: a command may have ended before the server has sent. */
	pthread_mutex_lock(&server.lock);
	text_reset(&server.answer);
	text_add_str(&server.answer, bytes);
	pthread_mutex_unlock(&server.lock);
}

/* ---- a command, and what it prints ---- */

static int run_quietly(const struct command_line *line, struct text *printed)
{
	FILE *out = tmpfile();
	int stdout_before = dup(STDOUT_FILENO), stderr_before = dup(STDERR_FILENO);
	char piece[4096];
	size_t got;
	assert(out && stdout_before >= 0 && stderr_before >= 0);
	fflush(stdout);
	dup2(fileno(out), STDOUT_FILENO);
	dup2(fileno(out), STDERR_FILENO);
	int status = line->command->run(line);
	fflush(stdout);
	dup2(stdout_before, STDOUT_FILENO);
	dup2(stderr_before, STDERR_FILENO);
	close(stdout_before);
	close(stderr_before);
	rewind(out);
	while ((got = fread(piece, 1, sizeof piece, out)) > 0)
		text_add_str(printed, (struct str){ piece, got });
	fclose(out);
	return status;
}

/* JSON is indented with tabs. */
static bool is_printable(const struct text *printed, bool is_json)
{
	for (size_t i = 0; i < printed->length; i++) {
		unsigned char byte = (unsigned char)printed->at[i];
		bool is_layout = byte == '\n' || (byte == '\t' && is_json);
		if ((byte < 0x20 && !is_layout) || byte == 0x7f)
			return false;
	}
	return str_is_utf8(text_str(printed));
}

static const struct command *command_of(char letter)
{
	switch (letter) {
	case 'e':
		return &command_events;
	case 'r':
		return &command_refreshes;
	case 's':
		return &command_show;
	case 't':
		return &command_retry;
	case 'p':
		return &command_sites;
	case 'v':
		return &command_verify;
	default:
		return NULL;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static char one[] = "1";
	char *const arguments[] = { one, NULL };
	const struct option_value values[] = { { "url", server.url }, { "config", config } };
	const struct command *command = length >= 2 ? command_of((char)bytes[0]) : NULL;
	if (!command)
		return 0;
	if (server.listener < 0)
		start();
	answer_with((struct str){ (const char *)bytes + 2, length - 2 });
	struct command_line line = { .command = command,
		.argument_count = command->least_arguments,
		.arguments = arguments,
		.values = values,
		.value_count = command == &command_verify ? 2 : 1,
		.format = bytes[1] == 'j'   ? "json"
			  : bytes[1] == 'u' ? "junit"
					    : "text",
		.json = bytes[1] == 'j' };
	OWNED_TEXT struct text printed = TEXT(TEXT_UNBOUNDED);
	int status = run_quietly(&line, &printed);
	assert(status == EXIT_YES || status == EXIT_NO || status == EXIT_USAGE ||
		status == EXIT_UNREACHABLE);
	assert(is_printable(&printed, line.json));
	return 0;
}
