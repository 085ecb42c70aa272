/*
 * admin/page.c - the status page: one document without scripts, and without anything loaded from
 * elsewhere.
 */
#include "admin/handler.h"
#include "admin/trouble.h"
#include "base/metric.h"
#include "base/visible.h"
#include "build.h"
#include "config/config.h"
#include "event/event.h"
#include "rules/ruleset.h"

#define ROWS 50
#define MOST_CAUSES 8 /* causes of a refresh that are named */

static const char style[] = ":root{color-scheme:light dark}body{font:14px/1.45 "
			    "system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem}"
			    "h1{font-size:1.4rem}h2{font-size:1.05rem;margin-top:2rem}table{border-"
			    "collapse:collapse;width:100%}"
			    "th,td{text-align:left;padding:.3rem .7rem .3rem 0;border-bottom:1px "
			    "solid #8884;vertical-align:top}th{font-weight:600}"
			    "td.n{white-space:nowrap}.bad{color:#c0392b;font-weight:600}.good{"
			    "color:#1e8449;font-weight:600}.dim{opacity:.65}"
			    "nav "
			    "a{margin-right:1rem}pre{white-space:pre-wrap}.cards{display:flex;flex-"
			    "wrap:wrap;gap:1.5rem}.cards b{display:block;font-size:1.3rem}";

static void add(struct text *out, const char *value)
{
	OWNED_TEXT struct text visible = TEXT(TEXT_UNBOUNDED);
	visible_add(&visible, str_of(value));
	text_add_markup(out, visible.at);
}

/* Adds each line of `value` as a line. */
static void add_lines(struct text *out, const char *value)
{
	for (const char *end; (end = strchr(value, '\n')); value = end + 1) {
		OWNED_MEMORY char *line = mem_copy_bytes(value, (size_t)(end - value));
		add(out, line);
		text_add_char(out, '\n');
	}
	add(out, value);
}

static void cell(struct text *out, const char *value)
{
	text_add(out, "<td>");
	add(out, value);
	text_add(out, "</td>");
}

static void add_time(struct text *out, struct wall time)
{
	char text[WALL_TEXT_SIZE];
	struct wall seconds = { time.us / US_PER_SECOND * US_PER_SECOND };
	text_add(out, wall_is_set(time) ? wall_format(seconds, text) : "");
}

static void time_cell(struct text *out, struct wall time)
{
	text_add(out, "<td class=n>");
	add_time(out, time);
	text_add(out, "</td>");
}

/* ---- parts ---- */

static void add_head(struct admin *admin, struct text *out)
{
	bool is_ready;
	OWNED_JSON ready = admin_readiness(admin, false, &is_ready);
	OWNED(ruleset) ruleset = ruleset_slot_get(admin->options.rulesets);
	text_printf(out, "<h1>refresh-router %s: <span class=%s>%s</span></h1>", PACKAGE_VERSION,
		is_ready ? "good" : "bad", is_ready ? "ready" : "not ready");
	if (!is_ready) {
		text_add(out, "<p class=bad>");
		const cJSON *reason = json_get(json_get(ready, "store"), "reason");
		add(out, reason ? reason->valuestring : "");
		text_add(out, "</p>");
	}
	text_printf(out, "<p class=dim>rules: %zu, <code>%.19s</code></p>",
		ruleset_rule_count(ruleset), ruleset_revision(ruleset));
	const struct store_copy *copy = admin->options.copy;
	if (copy) {
		text_add(out, "<p class=bad>The store was restored from a copy of ");
		add_time(out, copy->taken_at);
		text_add(out, "; events that came since then are not in it.</p>");
	}
	OWNED(trouble)
	failure = trouble_slot_get(admin->options.failures);
	if (!failure)
		return;
	text_add(out, "<h2 class=bad>The last reload was refused; the last good rules go on "
		      "serving</h2><pre>");
	add_lines(out, failure->report);
	text_add(out, "</pre>");
}

static void add_counts(struct admin *admin, struct text *out)
{
	OWNED(dispatch_status) status = dispatch_latest_status(admin->options.dispatch);
	struct schedule_counts counts = status ? status->counts : (struct schedule_counts){ 0 };
	const struct {
		int64_t count;
		const char *says;
	} cards[] = {
		{ counts.open, "refreshes open" },
		{ counts.waiting, "waiting" },
		{ counts.selections, "selections unresolved" },
		{ metric_get(METRIC_refreshes_ended_total, NULL, NULL, "succeeded"), "succeeded" },
		{ metric_get(METRIC_refreshes_ended_total, NULL, NULL, "failed"), "failed" },
		{ metric_get(METRIC_refreshes_ended_total, NULL, NULL, "expired"), "expired" },
		{ metric_get(METRIC_events_total, NULL, "routed"), "events routed" },
		{ metric_get(METRIC_events_total, NULL, "unmatched"), "unmatched" },
		{ metric_get(METRIC_refusals_total, NULL, "signature"), "bad signatures" },
	};
	text_add(out, "<div class=cards>");
	for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
		text_printf(
			out, "<div><b>%lld</b>%s</div>", (long long)cards[i].count, cards[i].says);
	text_add(out, "</div><p class=dim>Counts since the start of the daemon.</p>");
}

/* Adds the site's state; a reason why its refreshes wait is shown in red. */
static void add_site_state(const struct tableau_site_status *site,
	const struct schedule_site_status *queue, struct text *out)
{
	char time[WALL_TEXT_SIZE];
	struct wall until = { queue->paused_until.us / US_PER_SECOND * US_PER_SECOND };
	if (!queue->is_configured) {
		text_add(out, "<td class=bad>not configured");
	} else if (queue->paused_by) {
		text_add(out, "<td class=bad>paused by ");
		add(out, queue->paused_by);
	} else if (wall_is_set(until)) {
		text_printf(out, "<td class=bad>failing, next try %s", wall_format(until, time));
	} else {
		text_printf(out, "<td>%s", site->is_signed_in ? "signed in" : "idle");
	}
}

static void add_budget(int64_t limit, int64_t spent, struct text *out)
{
	if (limit)
		text_printf(out, "<td class=%s>%lld of %lld", spent >= limit ? "bad" : "n",
			(long long)spent, (long long)limit);
	else
		text_add(out, "<td>");
}

static void add_site(const struct tableau_site_status *site,
	const struct schedule_site_status *queue, const struct config_site *config,
	struct text *out)
{
	text_add(out, "<tr>");
	cell(out, site->name);
	cell(out, site->server);
	add_site_state(site, queue, out);
	time_cell(out, site->pat_ends_at);
	text_printf(out, "<td>%lld<td>%lld<td>%lld", (long long)queue->ready,
		(long long)queue->sending, (long long)queue->in_flight);
	add_budget(config ? config->refreshes_per_hour : 0, queue->starts_spent, out);
	add_budget(config ? config->job_queries_per_day : 0, queue->queries_spent, out);
	text_add(out, "<td class=bad>");
	add(out, queue->overdue ? queue->overdue : site->last_error);
	text_add(out, "</tr>");
}

static void add_sites(struct admin *admin, struct text *out)
{
	OWNED(dispatch_status) status = dispatch_latest_status(admin->options.dispatch);
	OWNED(config) config = config_slot_get(admin->options.configs);
	text_add(out, "<h2>Sites</h2><table><tr><th>site<th>server<th>state<th>PAT ends"
		      "<th>ready<th>sending<th>running<th>starts/hour<th>queries/day<th>last "
		      "error</tr>");
	for (size_t i = 0; status && i < status->site_count; i++)
		add_site(&status->sites[i].client, &status->sites[i].queue,
			config_site_named(config, status->sites[i].client.name), out);
	text_add(out, "</table>");
}

/* Adds since when and until when it waits. */
static void add_span(struct text *out, struct wall since, struct wall until)
{
	char time[WALL_TEXT_SIZE];
	since.us -= since.us % US_PER_SECOND;
	until.us -= until.us % US_PER_SECOND;
	if (wall_is_set(since))
		text_printf(out, "since %s", wall_format(since, time));
	if (wall_is_set(until))
		text_printf(out, "%suntil %s", wall_is_set(since) ? ", " : "",
			wall_format(until, time));
	if (wall_is_set(since) || wall_is_set(until))
		text_add(out, ": ");
}

struct refresh_rows { /* a list of refreshes under construction */
	struct text *out;
	const struct dispatch_status *status;
};

static bool add_refresh(const struct refresh_row *row, const struct cause_row *causes,
	size_t cause_count, void *context)
{
	const struct refresh_rows *page = context;
	struct text *out = page->out;
	OWNED_TEXT struct text words = TEXT(2000);
	struct wall since;
	struct refresh_row told = dispatch_status_refresh(page->status, row, &words, &since);
	bool is_bad = row->state == REFRESH_FAILED || row->state == REFRESH_EXPIRED,
	     is_good = row->state == REFRESH_SUCCEEDED;
	text_printf(out, "<tr><td><a href=\"/api/v1/refreshes/%lld\">%lld</a>", (long long)row->id,
		(long long)row->id);
	time_cell(out, row->created_at);
	text_printf(out, "<td class=%s>%s</td>",
		is_bad    ? "bad"
		: is_good ? "good"
			  : "n",
		refresh_state_name(row->state));
	cell(out, row->site);
	text_printf(out, "<td>%s ", kind_name(row->content.kind));
	add(out, row->content.name);
	if (*row->content.project) {
		text_add(out, " <span class=dim>in ");
		add(out, row->content.project);
		text_add(out, "</span>");
	}
	text_add(out, "<td>");
	for (size_t i = 0; i < cause_count && i < MOST_CAUSES; i++) {
		if (i && !strcmp(causes[i].rule, causes[i - 1].rule))
			continue;
		text_add(out, i ? ", " : "");
		add(out, causes[i].rule);
	}
	if (cause_count > 1)
		text_printf(out, " <span class=dim>(%zu events and rules)</span>", cause_count);
	text_add(out, "<td>");
	add_span(out, since, told.not_before);
	add(out, told.reason);
	text_add(out, "</td></tr>");
	return true;
}

static void add_refreshes(struct admin *admin, struct web_request *request, struct text *out)
{
	struct store_filter filter = { .limit = ROWS,
		.state = web_query(request, "state"),
		.site = web_query(request, "site") };
	struct error err;
	text_add(out, "<h2>Refreshes</h2><nav><a href=\"/\">all</a><a "
		      "href=\"/?state=open\">open</a><a href=\"/?state=failed\">failed</a>"
		      "<a href=\"/?state=expired\">expired</a><a "
		      "href=\"/?state=succeeded\">succeeded</a></nav>");
	text_add(out,
		"<table><tr><th>id<th>created<th>state<th>site<th>content<th>rules<th>reason</tr>");
	OWNED(dispatch_status) status = dispatch_latest_status(admin->options.dispatch);
	struct refresh_rows page = { out, status };
	if (!store_list_refreshes(admin->reader, &filter, add_refresh, &page, &err)) {
		text_add(out, "<tr><td colspan=7 class=bad>");
		add(out, err.message);
	}
	text_add(out, "</table>");
}

/* Adds unresolved selections, which have no row among the refreshes yet. */
static void add_selections(struct admin *admin, struct text *out)
{
	OWNED(dispatch_status) status = dispatch_latest_status(admin->options.dispatch);
	size_t count = status ? status->selection_count : 0;
	if (count)
		text_printf(out,
			"<h2>Not resolved yet: %lld</h2><table><tr><th>event<th>site"
			"<th>selection<th>reason</tr>",
			(long long)status->counts.selections);
	for (size_t i = 0; i < count && i < ROWS; i++) {
		const struct selection_status *selection = &status->selections[i];
		text_printf(out, "<tr><td><a href=\"/api/v1/events/%lld\">%lld</a>",
			(long long)selection->event, (long long)selection->event);
		cell(out, selection->site);
		text_printf(out, "<td>%s ", kind_name(selection->kind));
		add(out, selection->label);
		text_add(out, "<td>");
		add_span(out, selection->since, selection->until);
		add(out, selection->reason);
		text_add(out, "</tr>");
	}
	if (count)
		text_add(out, "</table>");
}

static bool add_event(const struct event_row *row, void *context)
{
	struct text *out = context;
	struct error ignored;
	OWNED(arena) arena = arena_new();
	const struct event *event = event_parse(row->body, row->source, NULL, arena, &ignored);
	text_printf(out, "<tr><td><a href=\"/api/v1/events/%lld\">%lld</a>", (long long)row->id,
		(long long)row->id);
	time_cell(out, row->received_at);
	cell(out, row->outcome);
	cell(out, row->source);
	text_add(out, "<td>");
	add(out, event ? event_text(event, EVENT_JOB_NAME) : "");
	text_add(out, " <span class=dim>");
	add(out, row->job_id);
	text_add(out, "</span>");
	cell(out, event ? event_text(event, EVENT_STATUS) : "");
	cell(out, event ? event_text(event, EVENT_ENVIRONMENT_NAME) : "");
	cell(out, row->reason);
	text_add(out, "</tr>");
	return true;
}

static void add_events(struct admin *admin, struct text *out)
{
	struct store_filter filter = { .limit = ROWS / 2 };
	struct error err;
	text_add(out, "<h2>Events</h2><table><tr><th>id<th>received<th>outcome<th>source<th>dbt "
		      "job<th>status<th>environment<th>reason</tr>");
	if (!store_list_events(admin->reader, &filter, add_event, out, &err))
		add(out, err.message);
	text_add(out, "</table>");
}

/* For a stranger: nothing of what the daemon knows. */
static void add_closed(struct text *out)
{
	text_add(out, "<h1>refresh-router</h1><p>This page needs a token of "
		      "<code>admin_tokens</code>: <code>Authorization: Bearer TOKEN</code>.</p>");
}

static void add_open(struct admin *admin, struct web_request *request, struct text *out)
{
	add_head(admin, out);
	add_counts(admin, out);
	add_sites(admin, out);
	add_selections(admin, out);
	add_refreshes(admin, request, out);
	add_events(admin, out);
}

void handle_page(struct admin *admin, struct web_request *request, int64_t id)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	(void)id;
	text_printf(&out,
		"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
		"content=\"width=device-width\">"
		"<meta http-equiv=refresh "
		"content=10><title>refresh-router</title><style>%s</style>",
		style);
	if (admin->asker.role == ACCESS_NOBODY)
		add_closed(&out);
	else
		add_open(admin, request, &out);
	web_reply_header(request, "Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
	web_reply_header(request, "X-Content-Type-Options", "nosniff");
	web_reply_header(request, "Referrer-Policy", "no-referrer");
	web_reply(request, 200, "text/html; charset=utf-8", text_str(&out));
}
