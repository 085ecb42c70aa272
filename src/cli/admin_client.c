/* cli/admin_client.c - HTTP requests to the daemon's admin listener, and checks that the answer
 * is the daemon's. */
#include "cli/admin_client.h"
#include "base/secret.h"
#include "base/units.h"
#include "base/web/listen.h"
#include "base/web/listen_unix.h"
#include "base/web/transport.h"
#include "cli/print.h"
#include "config/config.h"
#include <curl/curl.h>
#include <errno.h>
#include <unistd.h>

#define ANSWER_BYTES ((size_t)256 << 20)
#define LONGEST_REASON 1000
#define PAGE_ITEMS 1000  /* the most items that the daemon puts on one page */
#define MOST_PAGES 10000 /* ten times what a store holds after a year by default */
/* 2 to the 53rd: a double holds larger integers only in part */
#define MOST_NUMBER 9007199254740992.0
#define TIMEOUT_SECONDS 60L
/* of `POST /-/reload`: understood, and the answer says why not, in its own form */
#define HTTP_SAYS_NO 422
#define PROBE_SECONDS 10L
#define HTTP_NO_TOKEN 401
#define HTTP_NOT_THERE 404
#define TOKEN_VARIABLE "REFRESH_ROUTER_TOKEN"
#define HEALTH_BYTES 1000 /* the answer to /healthz has fewer */

static void add_host(const char *listen, bool is_tls, struct text *url)
{
	struct str address = str_of(listen);
	if (!listen_unix_path(listen))
		text_add(url, is_tls ? "https://" : "http://");
	/* A daemon that listens on every address is reached on loopback. */
	if (str_starts(address, ":") || str_starts(address, "0.0.0.0:") ||
		str_starts(address, "[::]:"))
		text_printf(url, "127.0.0.1%s", strrchr(listen, ':'));
	else
		text_add(url, listen);
}

/* NULL, or not what `listen.admin` may be: `listen` has an error. */
static bool is_address(const char *admin)
{
	struct error ignored;
	int64_t port;
	return admin && (listen_unix_path(admin) || listen_check(admin, &port, &ignored));
}

/*
 * A configuration named by the user must be readable, or the wrong daemon would be asked; one that
 * was found by default need not be. Errors in either do not matter: the daemon may still serve with
 * the last good one, and says at `reload` what is wrong.
 */
static bool admin_url(const struct command_line *line, struct text *url)
{
	const char *given = command_line_value(line, "url"),
		   *named = command_line_value(line, "config"), *path = config_find(named);
	if (given) {
		text_add(url, given);
		while (url->length && url->at[url->length - 1] == '/')
			url->at[--url->length] = '\0';
		return true;
	}
	OWNED(problems) problems = problems_new();
	OWNED(config) config = path ? config_load_despite_errors(path, problems) : NULL;
	bool is_told = config && is_address(config->listen.admin);
	if (named && !is_told) {
		problems_print(problems, stderr, isatty(STDERR_FILENO));
		return false;
	}
	if (is_told)
		add_host(config->listen.admin, config->listen.admin_tls.certificate, url);
	else
		text_add(url, "http://127.0.0.1:8081");
	if (!named && problems_error_count(problems))
		print_line(stderr,
			"refresh-router %s: %s has errors, which `check` tells; asking %s",
			line->command->name, path, url->at);
	return true;
}

static size_t take(char *bytes, size_t size, size_t count, void *context)
{
	return text_add_bytes(context, bytes, size * count) ? size * count : 0;
}

/* What to do about it, or "". */
static const char *next_step(const char *url, long http_status)
{
	if (http_status == HTTP_NO_TOKEN)
		return "; give --token-file FILE, or set " TOKEN_VARIABLE;
	if (http_status == HTTP_NOT_THERE && strstr(url, "/api/v1/events/"))
		return "; `refresh-router events` lists those that are there";
	if (http_status == HTTP_NOT_THERE && strstr(url, "/api/v1/refreshes/"))
		return "; `refresh-router refreshes` lists those that are there";
	return "";
}

static cJSON *refused(const struct command_line *line, const char *url, long http_status,
	const struct text *answer, int *status)
{
	struct error ignored;
	OWNED_JSON json = json_parse(text_str(answer), &ignored);
	const char *told = json_text(json, "error"),
		   *reason = *told ? told : "it does not say why; is that the daemon?";
	OWNED_TEXT struct text shown = TEXT(TEXT_UNBOUNDED);
	print_url(url, &shown);
	print_line(stderr, "refresh-router %s: %s: HTTP %ld: %.*s%s", line->command->name, shown.at,
		http_status, (int)str_cut(str_of(reason), LONGEST_REASON).length, reason,
		next_step(url, http_status));
	*status = http_status >= 500 ? EXIT_UNREACHABLE : http_status == 400 ? EXIT_USAGE : EXIT_NO;
	return NULL;
}

const struct option_spec admin_client_options[] = {
	ADMIN_OPTIONS,
	{ 0 },
};

bool admin_client_is_strange(
	const struct command_line *line, const char *path, const char *what, int *status)
{
	print_line(stderr, "refresh-router %s: the answer to %.*s %s; is that the daemon?",
		line->command->name, (int)str_cut(str_of(path), LONGEST_REASON).length, path, what);
	*status = EXIT_UNREACHABLE;
	return false;
}

/* Is there a number that cannot be the daemon's? It sends only whole numbers that a double
 * holds. */
static bool has_odd_number(const cJSON *json)
{
	const cJSON *member;
	if (cJSON_IsNumber(json))
		return !(json->valuedouble >= -MOST_NUMBER && json->valuedouble <= MOST_NUMBER) ||
		       json->valuedouble != (double)(int64_t)json->valuedouble;
	cJSON_ArrayForEach(member, json)
	{
		if (has_odd_number(member))
			return true;
	}
	return false;
}

/* NULL after a message. */
static cJSON *read_answer(
	const struct command_line *line, const char *path, const struct text *answer, int *status)
{
	/* Parsed with numbers as numbers, because it is printed again. */
	OWNED_JSON json = cJSON_ParseWithLength(answer->at, answer->length);
	if (!json)
		admin_client_is_strange(line, path, "is not JSON", status);
	else if (!cJSON_IsObject(json))
		admin_client_is_strange(line, path, "is no JSON object", status);
	else if (has_odd_number(json))
		admin_client_is_strange(line, path, "has a number out of range", status);
	else
		return TAKE(json);
	return NULL;
}

/* ---- the token ---- */

/* NULL: there is none, or `err` says what is wrong. */
static struct secret *find_token(
	const struct command_line *line, const char *base, struct error *err)
{
	const char *file = command_line_value(line, "token-file"),
		   *variable = getenv(TOKEN_VARIABLE);
	struct secret_ref ref = { .from = file ? SECRET_FROM_FILE : SECRET_FROM_ENV,
		.name = file ? file : TOKEN_VARIABLE };
	if (!file && (!variable || !*variable))
		return NULL;
	if (!listen_unix_path(base) && !transport_is_private(base) &&
		!command_line_flag(line, "token-in-clear")) {
		error_fail(err, ERROR_INPUT,
			"the token would cross the network in clear: use https, or "
			"--token-in-clear if it may");
		return NULL;
	}
	return secret_load(&ref, err);
}

/* "Authorization: Bearer TOKEN", or NULL. Only what a header may hold is sent. */
static struct curl_slist *token_header(
	const struct command_line *line, const char *base, struct error *err)
{
	OWNED(secret) token = find_token(line, base, err);
	if (!token)
		return NULL;
	struct str bytes = secret_bytes(token);
	for (size_t i = 0; i < bytes.length; i++)
		if (bytes.at[i] <= ' ' || bytes.at[i] > '~') {
			error_fail(err, ERROR_INPUT,
				"the token holds a byte that no token has: a blank, a line end, a "
				"control, or one that is not ASCII");
			return NULL;
		}
	OWNED_TEXT struct text header = TEXT(TEXT_UNBOUNDED);
	text_printf(&header, "Authorization: Bearer %.*s", (int)bytes.length, bytes.at);
	struct curl_slist *headers = curl_slist_append(NULL, header.at);
	secret_wipe(header.at, header.length);
	return headers;
}

static void forget_headers(struct curl_slist *headers)
{
	for (struct curl_slist *one = headers; one; one = one->next)
		secret_wipe(one->data, strlen(one->data));
	curl_slist_free_all(headers);
}

/* ---- one request ---- */

struct call_end {
	bool is_answered;
	bool is_nobody; /* nobody listens there */
	long http_status;
	struct error error; /* not answered; ERROR_INPUT: nothing was sent */
};

/* Has somebody refused the connection, or is there no such socket? Without a network, or behind a
 * firewall, that is not known. */
static bool is_nobody_there(CURL *easy, CURLcode code)
{
	long number = 0;
	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
	return code == CURLE_COULDNT_CONNECT && (number == ECONNREFUSED || number == ENOENT);
}

/* The part of a request that is the same for all. */
static void set_up(CURL *easy, const struct command_line *line, long seconds, struct text *answer)
{
	const char *ca_file = command_line_value(line, "ca-file");
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	if (ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
	/* No proxy: http_proxy is meant for outside addresses and cannot reach our loopback. */
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, seconds);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
}

/* `base`: a URL without path, or "unix:PATH". `body`: of a POST; NULL: a GET. */
static struct call_end perform(const struct command_line *line, const char *base, const char *path,
	const char *body, long seconds, struct text *answer)
{
	struct call_end end = { .error.kind = ERROR_NONE };
	char failure[CURL_ERROR_SIZE] = "";
	const char *file = listen_unix_path(base);
	OWNED_TEXT struct text url = TEXT(TEXT_UNBOUNDED);
	struct curl_slist *headers = token_header(line, base, &end.error);
	if (end.error.kind != ERROR_NONE)
		return end;
	text_printf(&url, "%s%s", file ? "http://localhost" : base, path);
	CURL *easy = curl_easy_init();
	set_up(easy, line, seconds, answer);
	curl_easy_setopt(easy, CURLOPT_URL, url.at);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, failure);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	if (file)
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, file);
	if (body)
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	CURLcode code = curl_easy_perform(easy);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &end.http_status);
	end.is_answered = code == CURLE_OK;
	end.is_nobody = is_nobody_there(easy, code);
	if (!end.is_answered)
		error_fail(&end.error, ERROR_SYSTEM, "%s",
			*failure ? failure : curl_easy_strerror(code));
	curl_easy_cleanup(easy);
	forget_headers(headers);
	return end;
}

/* ---- with messages ---- */

static void tell_unreachable(
	const struct command_line *line, const char *base, const struct error *error, int *status)
{
	OWNED_TEXT struct text shown = TEXT(TEXT_UNBOUNDED);
	print_url(base, &shown);
	*status = error->kind == ERROR_INPUT ? EXIT_USAGE : EXIT_UNREACHABLE;
	if (error->kind == ERROR_INPUT)
		print_line(stderr, "refresh-router %s: %s: %s", line->command->name, shown.at,
			error->message);
	else
		print_line(stderr,
			"refresh-router %s: cannot reach the daemon at %s: %s; is it running? "
			"--url names another address",
			line->command->name, shown.at, error->message);
}

static cJSON *ask(const struct command_line *line, const char *path, bool is_post, int *status)
{
	OWNED_TEXT struct text url = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text answer = TEXT(ANSWER_BYTES);
	if (!admin_url(line, &url)) {
		*status = EXIT_USAGE;
		return NULL;
	}
	struct call_end end =
		perform(line, url.at, path, is_post ? "" : NULL, TIMEOUT_SECONDS, &answer);
	if (answer.is_full) {
		admin_client_is_strange(line, path, "is larger than 256 MiB", status);
		return NULL;
	}
	if (!end.is_answered) {
		tell_unreachable(line, url.at, &end.error, status);
		return NULL;
	}
	text_add(&url, path);
	if (end.http_status != 200 && end.http_status != HTTP_SAYS_NO)
		return refused(line, url.at, end.http_status, &answer, status);
	return read_answer(line, path, &answer, status);
}

/* ---- without messages ---- */

enum admin_presence admin_client_probe(
	const struct command_line *line, struct text *url, struct text *why)
{
	struct error ignored;
	OWNED_TEXT struct text answer = TEXT(HEALTH_BYTES);
	if (!admin_url(line, url)) {
		text_add(why, "the configuration cannot be read");
		return ADMIN_UNKNOWN;
	}
	struct call_end end = perform(line, url->at, "/healthz", NULL, PROBE_SECONDS, &answer);
	if (end.is_answered) {
		OWNED_JSON json = json_parse(text_str(&answer), &ignored);
		if (text_is(json_text(json, "status"), "alive"))
			return ADMIN_DAEMON;
	}
	text_add(why, end.is_answered ? "something answers that is no daemon" : end.error.message);
	return end.is_nobody ? ADMIN_NONE : ADMIN_UNKNOWN;
}

cJSON *admin_client_ask(const struct command_line *line, const char *url, const char *path,
	const cJSON *body, int64_t seconds, struct error *err)
{
	struct error ignored;
	OWNED_TEXT struct text answer = TEXT(ANSWER_BYTES);
	OWNED_TEXT struct text shown = TEXT(TEXT_UNBOUNDED);
	OWNED_MEMORY char *sent = body ? json_print(body) : NULL;
	print_url(url, &shown);
	struct call_end end = perform(line, url, path, sent, (long)seconds, &answer);
	OWNED_JSON json = end.is_answered ? json_parse(text_str(&answer), &ignored) : NULL;
	if (end.is_answered && end.http_status == 200 && cJSON_IsObject(json))
		return TAKE(json);
	if (!end.is_answered)
		error_fail(err, ERROR_SYSTEM, "the daemon at %s does not answer: %s", shown.at,
			end.error.message);
	else if (end.http_status == 200)
		error_fail(err, ERROR_REFUSED,
			"the answer of %s%s is not JSON; is that the daemon?", shown.at, path);
	else
		error_fail(err, end.http_status == 503 ? ERROR_TRANSIENT : ERROR_REFUSED,
			"the daemon at %s answers HTTP %ld: %.300s", shown.at, end.http_status,
			*json_text(json, "error") ? json_text(json, "error")
						  : "it does not say why");
	return NULL;
}

cJSON *admin_client_get(const struct command_line *line, const char *path, int *status)
{
	return ask(line, path, false, status);
}

cJSON *admin_client_post(const struct command_line *line, const char *path, int *status)
{
	return ask(line, path, true, status);
}

void admin_client_add_filters(
	const struct command_line *line, const char *const *options, struct text *path)
{
	for (; *options; options++) {
		const char *value = command_line_value(line, *options);
		if (!value)
			continue;
		text_add(path, strchr(path->at, '?') ? "&" : "?");
		for (const char *c = *options; *c; c++)
			text_add_char(path, *c == '-' ? '_' : *c);
		char *encoded = curl_easy_escape(NULL, value, 0);
		text_printf(path, "=%s", encoded);
		curl_free(encoded);
	}
}

bool admin_client_limit(const struct command_line *line, int64_t *count)
{
	const char *limit = command_line_value(line, "limit");
	return !limit || (str_to_count(str_of(limit), count) && *count > 0);
}

static bool read_since(const char *text, struct wall *since)
{
	int64_t ago;
	OWNED_TEXT struct text midnight = TEXT(TEXT_UNBOUNDED);
	text_printf(&midnight, "%sT00:00:00Z", text);
	if (wall_parse(str_of(text), since) || wall_parse(text_str(&midnight), since))
		return since->us > 0;
	if (!units_parse_duration(str_of(text), &ago))
		return false;
	*since = wall_after(clock_wall(), -ago);
	if (since->us < 1)
		since->us = 1;
	return true;
}

bool admin_client_since(const struct command_line *line, struct wall *since)
{
	const char *text = command_line_value(line, "since");
	*since = (struct wall){ 0 };
	if (!text || read_since(text, since))
		return true;
	command_usage(line,
		"--since is a time (2026-11-26T06:00:00Z), a date (2026-11-26) or a duration "
		"before now (7d), and not '%s'",
		text);
	return false;
}

/* The cursor of the next page, 0 when there is none. The newest items come first, so cursors must
 * decrease; otherwise the list would have no end. */
static bool read_next(const struct command_line *line, const char *page, const cJSON *json,
	int64_t *cursor, int *status)
{
	const cJSON *next = cJSON_GetObjectItemCaseSensitive(json, "next");
	const cJSON *items = cJSON_GetObjectItemCaseSensitive(json, "items");
	int64_t number = cJSON_IsNumber(next) ? (int64_t)next->valuedouble : 0;
	if (!cJSON_IsArray(items) || (!cJSON_IsNumber(next) && !cJSON_IsNull(next)))
		return admin_client_is_strange(line, page, "is no list", status);
	if (cJSON_IsNumber(next) && (number < 1 || (*cursor && number >= *cursor) || !items->child))
		return admin_client_is_strange(
			line, page, "names a next page that leads nowhere", status);
	*cursor = number;
	return true;
}

bool admin_client_each(const struct command_line *line, const char *path, int64_t most,
	item_visit *visit, void *context, int *status)
{
	int64_t visited = 0, cursor = 0;
	for (int pages = 0; pages < MOST_PAGES; pages++) {
		OWNED_TEXT struct text page = TEXT(TEXT_UNBOUNDED);
		int64_t limit = most - visited < PAGE_ITEMS ? most - visited : PAGE_ITEMS;
		text_printf(&page, "%s%slimit=%lld", path, strchr(path, '?') ? "&" : "?",
			(long long)limit);
		if (cursor)
			text_printf(&page, "&cursor=%lld", (long long)cursor);
		OWNED_JSON json = admin_client_get(line, page.at, status);
		const cJSON *item;
		if (!json || !read_next(line, page.at, json, &cursor, status))
			return false;
		cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "items"))
		{
			if (visited++ < most && !visit(item, context))
				return true;
		}
		if (!cursor || visited >= most)
			return true;
	}
	return admin_client_is_strange(line, path, "has no end after 10,000 pages", status);
}
