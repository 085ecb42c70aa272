/* daemon/dropped.c - reports open work on sites that the configuration does not have, at start
 * and after each reload. */
#include "daemon/dropped.h"
#include "base/log/log.h"

void dropped_tell(const char *site, int64_t refreshes, int64_t selections, struct text *out)
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
		const struct schedule_site_status *queue = &status->sites[i].queue;
		const char *name = status->sites[i].client.name;
		if (config_site_named(config, name) || !(queue->open || queue->selections))
			continue;
		dropped_tell(name, queue->open, queue->selections, report);
		text_add(report, "\n");
		log_warning("a site that is not configured (any more) has open work",
			KV("site", name), KV("refreshes", queue->open),
			KV("selections", queue->selections));
	}
}
