/*
 * cli/health.c - `health`: is the daemon alive, and ready? For containers, where nothing else asks
 * over HTTP.
 */
#include "base/json.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/print.h"

static int run(const struct command_line *line)
{
	bool asks_ready = command_line_flag(line, "ready");
	const char *path = asks_ready ? "/readyz" : "/healthz";
	int status = EXIT_YES;
	OWNED_JSON json = admin_client_get(line, path, &status);
	if (!json)
		return status;
	bool is_known = asks_ready ? cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "ready"))
				   : text_is(json_text(json, "status"), "alive");
	if (!is_known)
		admin_client_is_strange(line, path, "is not the daemon's", &status);
	else if (line->json)
		print_json(json, stdout);
	else
		print_line(stdout, asks_ready ? "ready" : "alive");
	return status;
}

static const struct option_spec options[] = {
	{ "ready", OPTION_FLAG, NULL,
		"also wants the store to be writable and the rules to be loaded" },
	ADMIN_OPTIONS,
	{ 0 },
};

const struct command command_health = {
	.name = "health",
	.summary = "ask whether the daemon is alive",
	.description = "For health checks of containers. A site or a token that Tableau refuses "
		       "makes the daemon neither dead nor unready. Exits 69 when it does not "
		       "answer, or is not ready.",
	.options = options,
	.formats = "text|json",
	.run = run,
};
