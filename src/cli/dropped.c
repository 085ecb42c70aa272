#include "cli/dropped.h"
#include "base/log.h"
#include "cli/admin_client.h"
#include "cli/list.h"

/* "3 refreshes and 1 selection of site 'finance', which ..." */
static void tell(const char *site, int64_t refreshes, int64_t selections, struct text *out)
{
	text_printf(out,
		"site '%s' is not configured (any more), and %lld refresh%s and %lld selection%s "
		"of it %s open: they wait until give_up_after, and go on when the site is back",
		site, (long long)refreshes, refreshes == 1 ? "" : "es", (long long)selections,
		selections == 1 ? "" : "s", refreshes + selections == 1 ? "is" : "are");
}

void dropped_report(
	const struct dispatch_status *status, const struct config *config, struct text *report)
{
	for (size_t i = 0; status && i < status->site_count; i++) {
		const struct schedule_site_status *queue = &status->queues[i];
		const char *name = status->sites[i].name;
		if (config_site_named(config, name) || !(queue->open || queue->selections))
			continue;
		tell(name, queue->open, queue->selections, report);
		text_add(report, "\n");
		log_warning("a site that is not configured (any more) has open work",
			KV("site", name), KV("refreshes", queue->open),
			KV("selections", queue->selections));
	}
}

bool dropped_check(const struct command_line *line, const struct config *config, const char *path,
	struct problems *problems, int *status)
{
	OWNED_JSON json = admin_get(line, "/api/v1/sites", status);
	const cJSON *site;
	if (!json)
		return false;
	cJSON_ArrayForEach(site, json_get(json, "items"))
	{
		const char *name = json_text(site, "name");
		int64_t refreshes = member_count(json_get(site, "refreshes"), "open"),
			selections = member_count(site, "selections");
		OWNED_TEXT struct text words;
		text_init(&words, 1000);
		if (config_site_named(config, name) || !(refreshes || selections))
			continue;
		tell(name, refreshes, selections, &words);
		problem_add(problems, PROBLEM_OPEN_WORK, (struct place){ path, 0, 0 }, STR(""),
			"%s", words.at);
	}
	return true;
}
