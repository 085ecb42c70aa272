/* cli/verify/verified_source.c - compares a source's webhooks at dbt with what its rules await. */
#include "cli/verify/verified_source.h"
#include "base/mem.h"
#include "cli/verify/dbt_api.h"

#define MOST_NAMED 10 /* jobs in one message */

struct comparing {
	struct verified_source *source;
	struct dbt_subscription *ours; /* those that post to it */
	size_t our_count;
	struct source_finding *findings;
	size_t capacity;
	struct arena *arena;
};

static void find(struct comparing *comparing, const struct awaited *awaited, const char *problem,
	const char *message)
{
	mem_grow(&comparing->findings, &comparing->capacity, comparing->source->finding_count);
	comparing->findings[comparing->source->finding_count++] =
		(struct source_finding){ awaited, problem, message };
}

/* ---- the webhooks themselves ---- */

static bool has_failed(const struct dbt_subscription *webhook)
{
	const char *status = webhook->last_status;
	return *status && strcmp(status, "0") != 0 && *status != '2';
}

static void check_webhook(struct comparing *comparing, const struct dbt_subscription *webhook)
{
	if (!webhook->is_active || !has_failed(webhook))
		return;
	find(comparing, NULL, "failing",
		arena_printf(comparing->arena,
			"dbt's last delivery by the webhook '%s' was answered with %s; after many "
			"failures dbt deactivates it",
			webhook->name, webhook->last_status));
}

static void check_webhooks(struct comparing *comparing)
{
	struct verified_source *source = comparing->source;
	const struct dbt_subscription *idle = NULL;
	for (size_t i = 0; i < comparing->our_count; i++) {
		source->webhooks += comparing->ours[i].is_active;
		if (!comparing->ours[i].is_active)
			idle = &comparing->ours[i];
		check_webhook(comparing, &comparing->ours[i]);
	}
	if (source->webhooks)
		return;
	if (idle)
		find(comparing, NULL, "inactive",
			arena_printf(comparing->arena,
				"the webhook '%s' (%s) is inactive%s%s; activate it in dbt",
				idle->name, idle->client_url, *idle->deactivate_reason ? ": " : "",
				idle->deactivate_reason));
	else
		find(comparing, NULL, "not_subscribed",
			arena_printf(comparing->arena,
				"no webhook of dbt account %s posts to an address that ends in "
				"/webhooks/%s",
				source->config->dbt_api.account_id, source->config->name));
}

/* ---- what the rules await ---- */

static bool is_sent(
	const struct comparing *comparing, const struct awaited_values *events, const char *job)
{
	for (size_t i = 0; i < comparing->our_count; i++) {
		const struct dbt_subscription *webhook = &comparing->ours[i];
		if (webhook->is_active && dbt_subscription_covers(webhook, job) &&
			dbt_subscription_sends(webhook, events->items, events->count))
			return true;
	}
	return false;
}

static void add_events(struct text *message, const struct awaited_values *events)
{
	for (size_t i = 0; i < events->count; i++)
		text_printf(message, "%s%s", i ? " or " : "", events->items[i]);
	if (!events->count)
		text_add(message, "events");
}

static void check_awaited(struct comparing *comparing, const struct awaited *awaited)
{
	OWNED_TEXT struct text message = TEXT(TEXT_UNBOUNDED);
	size_t unsent = 0;
	text_add(&message, "no active webhook sends ");
	add_events(&message, &awaited->events);
	for (size_t i = 0; i < awaited->jobs.count; i++) {
		if (is_sent(comparing, &awaited->events, awaited->jobs.items[i]))
			continue;
		if (unsent++ < MOST_NAMED)
			text_printf(&message, "%s%s", unsent == 1 ? " of dbt job " : ", ",
				awaited->jobs.items[i]);
	}
	if (unsent > MOST_NAMED)
		text_printf(&message, " and %zu more", unsent - MOST_NAMED);
	if (unsent || (!awaited->jobs.count && !is_sent(comparing, &awaited->events, NULL)))
		find(comparing, awaited, "not_sent",
			arena_str(comparing->arena, text_str(&message)));
}

/* ---- all of it ---- */

static void keep_ours(struct comparing *comparing, const struct dbt_subscriptions *all)
{
	comparing->ours = arena_array(comparing->arena, struct dbt_subscription, all->count + 1);
	for (size_t i = 0; i < all->count; i++)
		if (dbt_subscription_is_for(&all->items[i], comparing->source->config->name))
			comparing->ours[comparing->our_count++] = all->items[i];
}

/* Without an active webhook nothing is sent to any rule, which is said once. */
static void compare(struct comparing *comparing, const struct awaited_list *awaited)
{
	check_webhooks(comparing);
	for (size_t i = 0; i < awaited->count; i++) {
		if (!awaited_is_from(&awaited->items[i], comparing->source->config->name))
			continue;
		comparing->source->awaited_count++;
		if (comparing->source->webhooks)
			check_awaited(comparing, &awaited->items[i]);
	}
}

static const struct source_finding *findings_take(struct comparing *comparing)
{
	size_t count = comparing->source->finding_count;
	struct source_finding *kept =
		arena_array(comparing->arena, struct source_finding, count + 1);
	if (count)
		memcpy(kept, comparing->findings, count * sizeof *kept);
	free(comparing->findings);
	return kept;
}

static struct verified_source failed(struct verified_source source, const char *problem,
	const struct error *err, struct arena *arena)
{
	source.problem = problem;
	source.error = arena_text(arena, err->message);
	return source;
}

struct verified_source verified_source_ask(const struct config_source *config,
	const struct awaited_list *awaited, int64_t us, struct arena *arena)
{
	struct error err;
	struct verified_source source = { .config = config };
	struct comparing comparing = { .source = &source, .arena = arena };
	struct dbt_subscriptions all = { NULL, 0 };
	OWNED(secret) token = secret_load(&config->dbt_api.token, &err);
	if (!token) {
		error_context(&err, "the token of 'dbt_api'");
		return failed(source, "secret_missing", &err, arena);
	}
	if (!dbt_subscriptions_get(config, token, us, arena, &all, &err))
		return failed(source, "unreachable", &err, arena);
	keep_ours(&comparing, &all);
	compare(&comparing, awaited);
	source.findings = findings_take(&comparing);
	return source;
}
