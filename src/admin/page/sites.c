/*
 * admin/page/sites.c - each site: its session, its queue, its budgets, and why it is left alone.
 */
#include "admin/node_status.h"
#include "admin/page/page.h"
#include "config/config.h"
#include "notify/notify.h"

#define REVISION_SHOWN ((size_t)19) /* "sha256:" and twelve digits */
#define PAT_SOON (14 * 86400 * US_PER_SECOND)

static void add_state(struct status_page *page, const struct site_status *site)
{
	const struct schedule_site_status *queue = &site->queue;
	if (!queue->is_configured)
		page_badge(page, "bad", "not configured");
	else if (queue->paused_by)
		page_badge(page, "wait", "paused");
	else if (site->client.sign_in_failed)
		page_badge(page, "bad",
			text_is(site->client.sign_in_failed, "refused") ? "sign-in refused"
									: "cannot sign in");
	else if (wall_is_set(queue->paused_until))
		page_badge(page, "bad", "left alone");
	else if (site->client.is_signed_in)
		page_badge(page, "good", "signed in");
	else
		page_badge(page, "", "idle");
}

/* The bar is the same figure again, for those who see. */
static void add_budget(struct status_page *page, const char *what, int64_t spent, int64_t limit)
{
	if (!limit)
		return;
	int64_t percent = spent >= limit ? 100 : spent * 100 / limit;
	page_printf(page,
		"<div class=\"budget\"><span>%s</span><span>%lld of %lld</span>"
		"<svg class=\"bar %s\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" "
		"aria-hidden=\"true\"><rect width=\"%lld\" height=\"6\"/></svg></div>",
		what, (long long)spent, (long long)limit,
		percent == 100  ? "full"
		: percent >= 80 ? "near"
				: "",
		(long long)percent);
}

static void add_note(struct status_page *page, const char *class_, const char *before,
	const char *words, struct wall until)
{
	page_printf(page, "<p class=\"note %s\">%s", class_, before);
	page_text(page, words);
	if (wall_is_set(until)) {
		page_add(page, "; next try ");
		page_time(page, until);
	}
	page_add(page, "</p>");
}

static void add_notes(struct status_page *page, const struct site_status *site)
{
	const struct schedule_site_status *queue = &site->queue;
	struct wall none = { 0 };
	if (queue->paused_by)
		add_note(page, "", "Paused by ", queue->paused_by, none);
	if (wall_is_set(queue->paused_until))
		add_note(page, "bad", "It keeps failing, and is only probed: ",
			*site->client.last_error ? site->client.last_error : "no reason",
			queue->paused_until);
	else if (*site->client.last_error)
		add_note(page, "bad", "", site->client.last_error, none);
	if (queue->overdue)
		add_note(page, "bad", "", queue->overdue, none);
	else if (queue->starts.reason && !queue->paused_by && !wall_is_set(queue->paused_until))
		add_note(page, "", "", queue->starts.reason, queue->starts.until);
}

static void add_facts(struct status_page *page, const struct site_status *site)
{
	const struct schedule_site_status *queue = &site->queue;
	page_add(page, "<dl class=\"facts\"><dt>Session</dt><dd>");
	if (site->client.is_signed_in) {
		page_add(page, "since ");
		page_time(page, site->client.signed_in_at);
	} else {
		page_add(page, "none");
	}
	page_add(page, "</dd>");
	if (wall_is_set(site->client.pat_ends_at)) {
		page_add(page, "<dt>PAT ends</dt><dd>");
		page_time(page, site->client.pat_ends_at);
		if (site->client.pat_ends_at.us - page->now.us < PAT_SOON)
			page_badge(page, "bad", "renew it");
		page_add(page, "</dd>");
	}
	page_printf(page, "<dt>Ready</dt><dd>%lld</dd><dt>In flight</dt><dd>%lld",
		(long long)queue->ready, (long long)queue->sending + (long long)queue->in_flight);
	if (queue->selections)
		page_printf(page, "</dd><dt>Unresolved</dt><dd>%lld", (long long)queue->selections);
	page_add(page, "</dd></dl>");
}

static void add_action(struct status_page *page, const struct site_status *site, const char *verb,
	const char *words)
{
	page_add(page, "<a class=\"button compact\" role=\"button\" data-confirm href=\"/sites/");
	page_path(page, site->client.name);
	page_printf(page, "/%s\">%s</a>", verb, words);
}

static void add_actions(struct status_page *page, const struct site_status *site)
{
	bool is_failing = site->client.sign_in_failed || wall_is_set(site->queue.paused_until);
	page_add(page, "<div class=\"actions\"><a class=\"button compact\" href=\"/refreshes");
	page_argument(page, '?', "site", site->client.name);
	page_add(page, "\">Refreshes</a>");
	if (page_may_change(page) && site->queue.is_configured) {
		if (site->queue.paused_by)
			add_action(page, site, "resume", "Resume");
		else if (is_failing)
			add_action(page, site, "resume", "Try again");
		if (!site->queue.paused_by)
			add_action(page, site, "pause", "Pause");
	}
	page_add(page, "</div>");
}

static void add_node(struct status_page *page, const struct node_status *node, bool differ)
{
	size_t sites = 0;
	page_add(page, "<li class=\"site card\"><header><div><h3>");
	page_name(page, node->name);
	page_add(page, "</h3></div>");
	if (node->is_draining)
		page_badge(page, "wait", "draining");
	if (differ)
		page_badge(page, "bad", "rules differ");
	for (size_t i = 0; i < node->site_count; i++)
		if (text_is(node->sites[i], NOTIFY_OWNER))
			page_badge(page, "", "notifies");
		else
			sites++;
	page_printf(page,
		"</header><dl class=\"facts\"><dt>Sites</dt><dd>%zu</dd><dt>Rules</dt><dd>", sites);
	OWNED_TEXT struct text revision = TEXT(REVISION_SHOWN + 1);
	text_add_str(&revision, str_cut(str_of(node->ruleset), REVISION_SHOWN));
	page_name(page, revision.at);
	page_add(page, "</dd><dt>Version</dt><dd>");
	page_name(page, node->version);
	page_add(page, "</dd></dl></li>\n");
}

/* Nothing where one process has the store. */
static void add_nodes(struct status_page *page)
{
	OWNED(arena) arena = arena_new();
	const struct node_status *nodes;
	struct error err;
	size_t count;
	bool differ = false;
	if (!node_status_list(page->admin->reader, arena, &nodes, &count, &err) || !count)
		return;
	for (size_t i = 1; i < count; i++)
		differ |= strcmp(nodes[i].ruleset, nodes[0].ruleset) != 0;
	page_section(page, "Nodes", (int64_t)count, NULL);
	page_add(page, "<ul class=\"sites\">");
	for (size_t i = 0; i < count; i++)
		add_node(page, &nodes[i], differ);
	page_add(page, "</ul>\n");
	page_section_end(page);
}

void page_sites(struct status_page *page)
{
	const struct dispatch_status *status = page_status(page);
	OWNED(config) config = config_slot_get(page->admin->options.configs);
	page_section(page, "Sites", -1, NULL);
	page_add(page, "<ul class=\"sites\">");
	for (size_t i = 0; status && i < status->site_count; i++) {
		const struct site_status *site = &status->sites[i];
		const struct config_site *limits = config_site_named(config, site->client.name);
		page_add(page, "<li class=\"site card\"><header><div><h3>");
		page_name(page, site->client.name);
		page_add(page, "</h3></div>");
		add_state(page, site);
		page_add(page, "</header><p class=\"soft small\">");
		page_name(page, site->client.server);
		if (site->owner) {
			page_add(page, " \u00b7 by node ");
			page_name(page, site->owner);
		}
		page_add(page, "</p>");
		add_facts(page, site);
		add_budget(page, "Starts, last hour", site->queue.starts_spent,
			limits ? limits->refreshes_per_hour : 0);
		add_budget(page, "Job looks, last day", site->queue.queries_spent,
			limits ? limits->job_queries_per_day : 0);
		add_notes(page, site);
		add_actions(page, site);
		page_add(page, "</li>\n");
	}
	page_add(page, "</ul>\n");
	page_section_end(page);
	add_nodes(page);
}
