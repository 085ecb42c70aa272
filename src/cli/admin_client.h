/*
 * cli/admin_client.h - asks the daemon's admin listener.
 */
#pragma once
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/command.h"

/*
 * GET of `path` (with its query) from --url, else the configuration's listen.admin, else
 * http://127.0.0.1:8081. On failure prints a message and sets *status: EXIT_UNREACHABLE, EXIT_NO
 * for an item that does not exist or a refusal, or EXIT_USAGE. The caller owns the JSON.
 *
 * Every request shows the token of --token-file or $REFRESH_ROUTER_TOKEN, if there is one, but
 * never over http to another machine, unless --token-in-clear says so.
 */
cJSON *admin_client_get(const struct command_line *line, const char *path, int *status);
/* The same by POST without a body. An answer with status 422 is one too: a reload that was
 * refused. */
cJSON *admin_client_post(const struct command_line *line, const char *path, int *status);
enum admin_presence {
	ADMIN_NONE, /* nobody listens at the address */
	ADMIN_DAEMON,
	ADMIN_UNKNOWN, /* no answer, or somebody else's: the daemon may be behind it */
};
/* Is there a daemon at the address that admin_client_get() would ask? Appends the address to
 * `url`, and the reason to `why` if it is not known to be there. */
enum admin_presence admin_client_probe(
	const struct command_line *line, struct text *url, struct text *why);
/*
 * POST of JSON, or GET for NULL, to the daemon at `url`, which may take `seconds`, without a
 * message: on failure `err` says what happened, ERROR_TRANSIENT when the daemon is busy. The answer
 * is any JSON object, and the caller's.
 */
cJSON *admin_client_ask(const struct command_line *line, const char *url, const char *path,
	const cJSON *body, int64_t seconds, struct error *err);
/* Prints that the answer to `path` cannot be the daemon's, and why ("has no id"). Sets *status to
 * EXIT_UNREACHABLE; always false. */
bool admin_client_is_strange(
	const struct command_line *line, const char *path, const char *what, int *status);
/* What the daemon asks for, and how its certificate is checked; for commands that have a --url. */
#define TOKEN_OPTIONS                                                                              \
	{ "token-file", OPTION_VALUE, "FILE",                                                      \
		"the token to show to the daemon; by default that of $REFRESH_ROUTER_TOKEN" },     \
		{ "token-in-clear", OPTION_FLAG, NULL,                                             \
			"send the token over http to another machine, where others may read it" }, \
	{                                                                                          \
		"ca-file", OPTION_VALUE, "FILE",                                                   \
			"the authorities that may have signed the daemon's certificate; by "       \
			"default the system's"                                                     \
	}
/* These, --url and --config, for commands that have no other options. */
#define ADMIN_OPTIONS                                                                              \
	{ "url", OPTION_VALUE, "URL",                                                              \
		"the daemon's admin listener, or unix:PATH; by default that of the "               \
		"configuration" },                                                                 \
		TOKEN_OPTIONS,                                                                     \
	{                                                                                          \
		"config", OPTION_VALUE, "FILE", "the configuration that names the admin listener"  \
	}
extern const struct option_spec admin_client_options[]; /* these alone */
/* Appends "?name=value" or "&name=value", encoded, for each given option; '-' in an option becomes
 * '_' in the filter. */
void admin_client_add_filters(
	const struct command_line *line, const char *const *options, struct text *path);
/* Reads --limit, if given, into *count; false when it is not a number from 1. */
bool admin_client_limit(const struct command_line *line, int64_t *count);
/*
 * Reads --since into *since: a time, a date (its beginning in UTC), or a duration before now; {0}
 * when it is not given. False after a message.
 */
bool admin_client_since(const struct command_line *line, struct wall *since);
/* Returns false to stop. */
typedef bool item_visit(const cJSON *item, void *context);
/* Walks the pages of a list until `most` items were visited. False when a page could not be read;
 * *status is set then. */
bool admin_client_each(const struct command_line *line, const char *path, int64_t most,
	item_visit *visit, void *context, int *status);
