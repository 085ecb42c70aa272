/* daemon/manager.c - the words and the moments of what the service manager is told. */
#include "daemon/manager.h"
#include "admin/admin.h"
#include "base/log/log.h"
#include "daemon/reload.h"
#include "daemon/systemd.h"
#include "dispatch/dispatch.h"
#include "intake/intake.h"
#include "store/journal.h"

#define LONGEST_REASON ((size_t)300) /* of a refused reload, in the status line */
/* SQLite is silent for much of a step of an upgrade, so time is asked for all that a slow disk
 * would need. */
#define UPGRADE_WITHIN (120 * US_PER_SECOND)
#define UPGRADE_BYTES_PER_SECOND ((int64_t)4 << 20)

/* The line that says why: the first with an error, or the first. Only one, because a status is a
 * line too. */
static struct str reason_of(const struct trouble *refused)
{
	const char *error = strstr(refused->report, ": error: "), *at = refused->report;
	for (const char *end; error && (end = strchr(at, '\n')) && end < error;)
		at = end + 1;
	return str_cut((struct str){ at, strcspn(at, "\n") }, LONGEST_REASON);
}

static void describe(const struct manager *manager, struct text *out)
{
	OWNED(config) config = config_slot_get(reload_configs(manager->reload));
	OWNED(ruleset) ruleset = ruleset_slot_get(reload_rulesets(manager->reload));
	OWNED(trouble) refused = trouble_slot_get(reload_failures(manager->reload));
	if (refused) {
		struct str reason = reason_of(refused);
		text_printf(out, "Reload refused: %.*s; still ", (int)reason.length, reason.at);
	}
	text_add(out, refused ? "serving " : "Serving ");
	text_add_count(out, ruleset_rule_count(ruleset), "rule");
	text_add(out, " for ");
	text_add_count(out, config_site_count(config), "site");
	text_printf(out, ", webhooks on %s, admin on %s%s", intake_address(manager->intake),
		admin_address(manager->admin),
		manager->is_dry ? "; refreshes nothing (--dry-run)" : "");
}

void manager_tell_ready(const struct manager *manager)
{
	OWNED_TEXT struct text status = TEXT(TEXT_UNBOUNDED);
	describe(manager, &status);
	systemd_ready(status.at);
}

void manager_feed_watchdog(struct manager *manager)
{
	const struct heartbeat *threads[] = { dispatch_heartbeat(manager->dispatch),
		journal_heartbeat(manager->journal) };
	struct mono now = clock_mono();
	if (now.us < watchdog_due(&manager->watchdog).us)
		return;
	const struct heartbeat *hung =
		watchdog_look(&manager->watchdog, now, threads, sizeof threads / sizeof *threads);
	if (!hung)
		systemd_alive();
	else if (!manager->hung)
		log_error("a thread hangs, so the watchdog is not told that all is well",
			KV("thread", hung->thread),
			KV("seconds", heartbeat_silence(hung, now) / US_PER_SECOND));
	else
		return;
	manager->hung = hung ? hung->thread : NULL;
}

void manager_tell_upgrade(const struct store_upgrade *upgrade, void *context)
{
	(void)context;
	OWNED_TEXT struct text status = TEXT(200);
	text_printf(&status, "The store is brought up to date: step %lld of %lld",
		(long long)(upgrade->step - upgrade->from),
		(long long)(upgrade->to - upgrade->from));
	systemd_starting(UPGRADE_WITHIN + upgrade->bytes / UPGRADE_BYTES_PER_SECOND * US_PER_SECOND,
		status.at);
	log_info("the store is brought up to date; nothing is accepted before that is done",
		KV("step", upgrade->step - upgrade->from), KV("steps", upgrade->to - upgrade->from),
		KV("from", upgrade->from), KV("to", upgrade->to), KV("bytes", upgrade->bytes));
}
