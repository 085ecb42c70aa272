/*
 * admin/page/overview.c - "/": what needs somebody, the sites, what waits, what happened last.
 */
#include "admin/page/page.h"
#include "admin/trouble.h"
#include "rules/ruleset.h"

#define LOOKED_AT 1000 /* refreshes, for those whose latest one failed */
#define MOST_FAILED 20
#define MOST_OPEN 30
#define LAST 12 /* of refreshes and events */

/* ---- health ---- */

static void add_trouble(struct status_page *page, struct trouble_slot *slot, const char *heading)
{
	OWNED(trouble) trouble = trouble_slot_get(slot);
	if (!trouble)
		return;
	page_printf(page, "<div class=\"alert\" role=\"alert\"><h2>%s ", heading);
	page_time(page, trouble->at);
	page_add(page, "</h2><pre>");
	page_lines(page, trouble->report);
	page_add(page, "</pre></div>\n");
}

static void add_health(struct status_page *page)
{
	struct admin *admin = page->admin;
	bool is_ready;
	OWNED_JSON ready = admin_readiness(admin, false, &is_ready);
	OWNED(ruleset) ruleset = ruleset_slot_get(admin->options.rulesets);
	page_head(page, NULL, NULL, "Status");
	OWNED_TEXT struct text rules = TEXT(TEXT_UNBOUNDED);
	text_add_count(&rules, ruleset_rule_count(ruleset), "rule");
	page_printf(page, "<p><a href=\"/rules\">%s</a> \u00b7 <code>%.19s</code>%s</p></div><div>",
		rules.at, ruleset_revision(ruleset),
		admin->options.dry_run ? " \u00b7 dry run: nothing is sent" : "");
	page_badge(page, is_ready ? "good" : "bad", is_ready ? "ready" : "not ready");
	page_add(page, "</div>");
	page_head_end(page);
	const cJSON *reason = json_get(json_get(ready, "store"), "reason");
	if (reason) {
		page_add(page, "<div class=\"alert\" role=\"alert\"><h2>Events cannot be made "
			       "durable; dbt is told to send them again</h2><p>");
		page_text(page, reason->valuestring);
		page_add(page, "</p></div>\n");
	}
	if (admin->options.copy) {
		page_add(page,
			"<div class=\"alert calm\"><h2>The store was restored from a copy of ");
		page_time(page, admin->options.copy->taken_at);
		page_add(page, "</h2><p>Events that came since then are not in it.</p></div>\n");
	}
	add_trouble(page, admin->options.failures,
		"The last reload was refused, and the last good rules go on serving");
	add_trouble(page, admin->options.unwatched, "Files cannot be watched for changes");
}

static void add_figure(struct status_page *page, const char *path, const char *class_,
	int64_t count, const char *words)
{
	page_printf(page, "<a class=\"%s\" href=\"%s\"><b>%lld</b>%s</a>", count ? class_ : "",
		path, (long long)count, words);
}

/* ---- what needs somebody: content whose latest refresh failed ---- */

struct latest {
	const char *site, *key;
	enum content_kind kind;
};

struct attention {
	struct status_page *page;
	struct latest *seen; /* newest first, each content once */
	size_t seen_count;
	struct text rows; /* their markup */
	int64_t count;
};

static bool is_seen(const struct attention *attention, const struct latest *latest)
{
	for (size_t i = 0; i < attention->seen_count; i++)
		if (attention->seen[i].kind == latest->kind &&
			!strcmp(attention->seen[i].key, latest->key) &&
			!strcmp(attention->seen[i].site, latest->site))
			return true;
	return false;
}

static bool look(const struct refresh_row *row, const struct cause_row *causes, size_t cause_count,
	void *context)
{
	struct attention *attention = context;
	struct status_page *page = attention->page;
	struct latest latest = { row->site,
		*row->content.luid ? row->content.luid : row->content.name, row->content.kind };
	if (row->state == REFRESH_CANCELLED || is_seen(attention, &latest))
		return true;
	attention->seen[attention->seen_count++] =
		(struct latest){ arena_text(page->arena, latest.site),
			arena_text(page->arena, latest.key), latest.kind };
	if ((row->state == REFRESH_FAILED || row->state == REFRESH_EXPIRED) &&
		attention->count++ < MOST_FAILED)
		page_refresh_row(row, causes, cause_count, page);
	return true;
}

/* Draws the section into `out`, and returns how many there are. */
static int64_t draw_attention(struct status_page *page, struct text *out)
{
	struct error err;
	struct text main = page->main;
	struct store_filter filter = { .limit = LOOKED_AT };
	struct attention attention = { .page = page,
		.seen = arena_array(page->arena, struct latest, LOOKED_AT) };
	page->main = TEXT(TEXT_UNBOUNDED);
	bool ok = store_list_refreshes(page->admin->reader, &filter, look, &attention, &err);
	if (!ok)
		page_text(page, err.message);
	*out = page->main;
	page->main = main;
	return attention.count;
}

static void add_attention(struct status_page *page, const struct text *rows, int64_t count)
{
	page_section(page, "Failed, and not refreshed since", count, "/refreshes?state=failed");
	page_rows(page);
	if (rows->length)
		page_add(page, rows->at);
	if (!page_rows_end(page))
		page_empty(page, "Nothing. The latest refresh of each content has succeeded, or is "
				 "on its way.");
	page_section_end(page);
}

/* ---- what waits and runs ---- */

static void add_open(struct status_page *page)
{
	struct error err;
	const struct dispatch_status *status = page_status(page);
	struct store_filter filter = { .limit = MOST_OPEN, .state = "open" };
	int64_t count = status ? status->counts.open + status->counts.selections : 0;
	page_section(page, "Waiting and running", count, "/refreshes?state=open");
	page_rows(page);
	for (size_t i = 0; status && i < status->selection_count && i < MOST_OPEN; i++)
		page_selection_row(page, &status->selections[i]);
	if (!store_list_refreshes(page->admin->reader, &filter, page_refresh_row, page, &err))
		page_text(page, err.message);
	if (!page_rows_end(page))
		page_empty(page, "Nothing waits.");
	page_section_end(page);
}

static bool add_ended(const struct refresh_row *row, const struct cause_row *causes,
	size_t cause_count, void *context)
{
	return refresh_state_is_open(row->state) ||
	       page_refresh_row(row, causes, cause_count, context);
}

static void add_last(struct status_page *page)
{
	struct error err;
	struct store_filter filter = { .limit = LAST };
	page->is_brief = true;
	page_section(page, "Latest refreshes", -1, "/refreshes");
	page_rows(page);
	if (!store_list_refreshes(page->admin->reader, &filter, add_ended, page, &err))
		page_text(page, err.message);
	if (!page_rows_end(page))
		page_empty(page, "There are none yet.");
	page_section_end(page);
	page_section(page, "Latest events", -1, "/events");
	page_rows(page);
	if (!store_list_events(page->admin->reader, &filter, page_event_row, page, &err))
		page_text(page, err.message);
	if (!page_rows_end(page))
		page_empty(page, "There are none yet.");
	page_section_end(page);
}

void handle_page(struct admin *admin, struct web_request *request, int64_t id)
{
	(void)id;
	struct status_page *page = page_new(admin, request);
	if (!page)
		return;
	OWNED_TEXT struct text failed = TEXT(TEXT_UNBOUNDED);
	add_health(page);
	int64_t failures = draw_attention(page, &failed);
	const struct dispatch_status *status = page_status(page);
	struct schedule_counts counts = status ? status->counts : (struct schedule_counts){ 0 };
	page_add(page, "<div class=\"figures card\">");
	add_figure(page, "#failed", "bad", failures, "failed");
	add_figure(
		page, "/refreshes?state=open", "", counts.waiting + counts.selections, "waiting");
	add_figure(page, "/refreshes?state=running", "", counts.in_flight, "in flight");
	page_add(page, "</div>\n<div id=\"failed\">");
	add_attention(page, &failed, failures);
	page_add(page, "</div>");
	page_sites(page);
	add_open(page);
	add_last(page);
	page_reply(page, 200);
}
