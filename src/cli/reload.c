/*
 * cli/reload.c - `reload`: has the daemon read configuration, rules and secrets again, and prints
 * its verdict.
 */
#include "base/json.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/print.h"

#define PATH "/-/reload"

static void print_report(FILE *out, const char *report)
{
	while (*report) {
		size_t length = strcspn(report, "\n");
		print_line(out, "%.*s", (int)length, report);
		report += length + (report[length] != '\0');
	}
}

static int run(const struct command_line *line)
{
	int status = EXIT_YES;
	OWNED_JSON json = admin_client_post(line, PATH, &status);
	const cJSON *reloaded = cJSON_GetObjectItemCaseSensitive(json, "reloaded");
	if (!json)
		return status;
	if (!cJSON_IsBool(reloaded)) {
		admin_client_is_strange(line, PATH, "does not say whether it reloaded", &status);
		return status;
	}
	bool ok = cJSON_IsTrue(reloaded);
	if (line->json) {
		print_json(json, stdout);
		return ok ? EXIT_YES : EXIT_NO;
	}
	print_report(ok ? stdout : stderr, json_text(json, "report"));
	if (!ok)
		print_line(stderr, "refresh-router reload: refused; the last good configuration "
				   "and rules go on serving");
	return ok ? EXIT_YES : EXIT_NO;
}

const struct command command_reload = {
	.name = "reload",
	.summary = "have the daemon read configuration, rules and secrets again",
	.description = "Waits for the verdict and prints it with every problem found. All or "
		       "nothing: exits 1 when the daemon refuses what it read, and goes on with "
		       "the last good configuration and rules. Settings that take effect only at "
		       "the next start are named.",
	.options = admin_client_options,
	.formats = "text|json",
	.run = run,
};
