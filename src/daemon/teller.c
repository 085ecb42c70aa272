/* daemon/teller.c - answers notify/ from the ruleset in use and the dispatcher's status. */
#include "daemon/teller.h"
#include "admin/node_status.h"

/* By the rules in use now: one that was removed meanwhile has no owner. */
static const char *owner_of(void *context, const char *rule, struct arena *arena)
{
	const struct teller *teller = context;
	OWNED(ruleset) ruleset = ruleset_slot_get(teller->rulesets);
	for (size_t i = 0; ruleset && i < ruleset_rule_count(ruleset); i++) {
		struct rule_info info = ruleset_rule(ruleset, i);
		if (text_is(info.name, rule))
			return arena_text(arena, info.owner ? info.owner : "");
	}
	return "";
}

/* A site that has not been called since the start is neither left alone nor well. A PAT that is
 * refused is told although nothing waits for it yet, because there is time to make another. */
static enum known is_left_alone(const struct site_status *site)
{
	if (wall_is_set(site->queue.paused_until) ||
		text_is(site->client.sign_in_failed, "refused"))
		return KNOWN_YES;
	return site->client.is_signed_in && !site->queue.failures ? KNOWN_NO : KNOWN_NOT;
}

static void visit_sites(void *context, notify_site_visit *visit, void *visited)
{
	const struct teller *teller = context;
	OWNED(dispatch_status)
	status = teller->reader ? node_status_merge(teller->dispatch, teller->reader)
				: dispatch_latest_status(teller->dispatch);
	for (size_t i = 0; status && i < status->site_count; i++) {
		const struct site_status *site = &status->sites[i];
		const struct site_news news = {
			.site = site->client.name,
			.pat_ends_at = site->client.pat_ends_at,
			.left_alone = is_left_alone(site),
			.reason = site->client.last_error,
		};
		visit(&news, visited);
	}
}

struct notify *teller_start(struct teller *teller, const struct store_address *store,
	struct journal *journal, struct config_slot *configs, bool is_shared, struct error *err)
{
	teller->reader = is_shared ? store_open(store, STORE_READ, err) : NULL;
	if (is_shared && !teller->reader)
		return NULL;
	const struct notify_options options = {
		.store = store,
		.journal = journal,
		.configs = configs,
		.owner = owner_of,
		.sites = visit_sites,
		.context = teller,
		.waits = is_shared,
	};
	return notify_start(&options, err);
}

void teller_end(struct teller *teller)
{
	store_close(TAKE(teller->reader));
}
