/*
 * cli/send.c - `send`: signs an event as dbt does and posts it.
 */
#include "base/file.h"
#include "cli/command.h"
#include "cli/print.h"
#include "event/event.h"
#include "event/signature.h"
#include <curl/curl.h>

#define BODY_BYTES ((size_t)64 << 20)
#define ANSWER_BYTES ((size_t)1 << 20)
#define TIMEOUT_SECONDS 10L /* dbt's own timeout (src/event/README.md, Delivery) */

static size_t take(char *bytes, size_t size, size_t count, void *context)
{
	struct text *answer = context;
	IGNORE(!text_add_bytes(answer, bytes, size * count));
	return size * count;
}

static int post(const struct command_line *line, struct str body, const struct secret *secret)
{
	const char *name = command_line_value(line, "header");
	char signature[SIGNATURE_TEXT_SIZE], failure[CURL_ERROR_SIZE] = "";
	OWNED_TEXT struct text header = TEXT(1000);
	OWNED_TEXT struct text answer = TEXT(ANSWER_BYTES);
	OWNED(signing_key) key = signing_key_new(secret);
	signature_make(body, key, signature);
	text_printf(&header, "%s: %s", name ? name : "Authorization", signature);
	struct curl_slist *headers = curl_slist_append(
		curl_slist_append(NULL, "Content-Type: application/json"), header.at);
	CURL *easy = curl_easy_init();
	curl_easy_setopt(easy, CURLOPT_URL, command_line_value(line, "to"));
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.at);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.length);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, TIMEOUT_SECONDS);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, failure);
	if (command_line_value(line, "ca-file"))
		curl_easy_setopt(easy, CURLOPT_CAINFO, command_line_value(line, "ca-file"));
	CURLcode code = curl_easy_perform(easy);
	long status = 0;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(easy);
	curl_slist_free_all(headers);
	if (code != CURLE_OK) {
		OWNED_TEXT struct text shown = TEXT(TEXT_UNBOUNDED);
		print_url(command_line_value(line, "to"), &shown);
		print_line(stderr, "refresh-router send: %s: %s", shown.at,
			*failure ? failure : curl_easy_strerror(code));
		return EXIT_UNREACHABLE;
	}
	print_line(stdout, "HTTP %ld %s", status, answer.at);
	return status == 200 ? EXIT_YES : EXIT_NO;
}

/* Is it flat, as people write an event and dbt does not? Anything else is posted as it is. */
static bool is_for_people(struct str body)
{
	struct error ignored;
	OWNED(arena) arena = arena_new();
	OWNED_JSON json = json_parse(body, &ignored);
	bool is_of_dbt = json_get(json, "eventType") || json_get(json, "data");
	return cJSON_IsObject(json) && json->child && !is_of_dbt &&
	       event_from_flat(json, arena, &ignored);
}

static void warn_of_strays(const struct secret *secret, const char *name)
{
	OWNED_TEXT struct text strays = TEXT(300);
	if (secret_describe_strays(secret, &strays))
		print_line(stderr, "warning: the secret of %s %s", name, strays.at);
}

static int run(const struct command_line *line)
{
	struct error err;
	OWNED_TEXT struct text body = TEXT(BODY_BYTES);
	struct secret_ref ref = { .from = SECRET_FROM_ENV,
		.name = command_line_value(line, "secret-env") };
	if (!getenv(ref.name)) /* not repeated: it may be the secret itself */
		return command_usage(line, "--secret-env: there is no environment variable of this "
					   "name; it wants the variable's name, not the secret");
	OWNED(secret) secret = secret_load(&ref, &err);
	if (!secret)
		return command_usage(line, "%s", err.message);
	warn_of_strays(secret, ref.name);
	if (!file_read_argument(line->arguments[0], &body, &err))
		return command_usage(line, "%s", err.message);
	if (is_for_people(text_str(&body)))
		return command_usage(line,
			"%s: this is an event as `route` and tests read it, which the daemon would "
			"ignore; dbt's body has `eventType` and `data`: `refresh-router events "
			"--export` "
			"has those that came (`body`), and dbt's documentation of webhooks an "
			"example",
			line->arguments[0]);
	return post(line, text_str(&body), secret);
}

static const struct option_spec options[] = {
	{ "to", OPTION_NEEDED, "URL",
		"the address of the webhook: http://HOST:8080/webhooks/SOURCE" },
	{ "secret-env", OPTION_NEEDED, "NAME",
		"the environment variable with the secret of the source" },
	{ "header", OPTION_VALUE, "NAME", "the header of the signature; by default Authorization" },
	{ "ca-file", OPTION_VALUE, "FILE", "the certificate authorities to trust, PEM" },
	{ 0 },
};

const struct command command_send = {
	.name = "send",
	.arguments = "EVENT",
	.summary = "sign an event as dbt does, and post it",
	.description =
		"EVENT is a file with the exact bytes to sign and send, as dbt posts them; - is "
		"standard input. A flat event, as `route` and tests read it, is refused, because "
		"the daemon would ignore it.\n"
		"Exit status: 0 the answer was 200, 1 another status, 69 no answer.",
	.options = options,
	.least_arguments = 1,
	.most_arguments = 1,
	.run = run,
};
