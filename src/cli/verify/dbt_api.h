/*
 * cli/verify/dbt_api.h - reads the webhooks of a dbt account from dbt's API, which calls them
 * subscriptions (src/event/README.md, Subscriptions).
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "config/config.h"

struct dbt_subscription { /* texts are never NULL */
	const char *id, *name, *client_url;
	bool is_active;
	const char *deactivate_reason; /* "" when it is active */
	/* of the last delivery: "200"; "" or "0": there was none */
	const char *last_status;
	const char *const *jobs; /* none: every job of the account */
	size_t job_count;
	const char *const *events; /* types of events that it sends */
	size_t event_count;
};

struct dbt_subscriptions {              /* {0} at first */
	struct dbt_subscription *items; /* in the arena that they were read to */
	size_t count;
};

/* Adds those of one answer to `list`; *total is how many dbt counts. */
bool dbt_subscriptions_parse(struct str body, struct arena *arena, struct dbt_subscriptions *list,
	int64_t *total, struct error *err) MUST_USE;
/* Asks for all of them, within `us`, with the token of the source's dbt_api, which no error
 * repeats. */
bool dbt_subscriptions_get(const struct config_source *source, const struct secret *token,
	int64_t us, struct arena *arena, struct dbt_subscriptions *list,
	struct error *err) MUST_USE;

/* Does it post to a path that ends in /webhooks/SOURCE, on whatever host? */
bool dbt_subscription_is_for(const struct dbt_subscription *subscription, const char *source);
/* Does it send events of this dbt job, or of any job for NULL? */
bool dbt_subscription_covers(const struct dbt_subscription *subscription, const char *job);
/* Does it send one of these types; any for none? */
bool dbt_subscription_sends(
	const struct dbt_subscription *subscription, const char *const *events, size_t count);
