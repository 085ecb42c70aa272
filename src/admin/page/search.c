/* admin/page/search.c - what was found: content, rules, dbt jobs, and what is being looked up. */
#include "admin/search.h"
#include "admin/page/page.h"

static void add_contents(struct status_page *page, const struct search_found *search)
{
	struct error err;
	bool is_there;
	page_section(page, "Content: its latest refresh", (int64_t)search->refresh_count, NULL);
	page_rows(page);
	for (size_t i = 0; i < search->refresh_count; i++)
		if (!store_find_refresh(page->admin->reader, search->refreshes[i], page_refresh_row,
			    page, &is_there, &err))
			page_text(page, err.message);
	page_rows_end(page);
	page_section_end(page);
}

static void add_jobs(struct status_page *page, const struct search_found *search)
{
	struct error err;
	bool is_there;
	page_section(page, "dbt jobs: their latest event", (int64_t)search->event_count, NULL);
	page_rows(page);
	for (size_t i = 0; i < search->event_count; i++)
		if (!store_find_event(page->admin->reader, search->events[i], page_event_row, page,
			    &is_there, &err))
			page_text(page, err.message);
	page_rows_end(page);
	page_section_end(page);
}

static void add_rules(
	struct status_page *page, const struct search_found *search, const struct ruleset *ruleset)
{
	page_section(
		page, "Rules of this name, or that name it", (int64_t)search->rule_count, NULL);
	page_rows(page);
	for (size_t i = 0; i < search->rule_count; i++)
		page_rule_row(page, ruleset_rule(ruleset, search->rules[i]));
	page_rows_end(page);
	page_section_end(page);
}

static void add_selections(struct status_page *page, const struct search_found *search)
{
	page_section(page, "Being looked up", (int64_t)search->selection_count, NULL);
	page_rows(page);
	for (size_t i = 0; i < search->selection_count; i++)
		page_selection_row(page, search->selections[i]);
	page_rows_end(page);
	page_section_end(page);
}

static void add_nothing(struct status_page *page)
{
	page_add(page,
		"<div class=\"card empty\"><p>Nothing is known by this name.</p><ul><li>No rule "
		"has it for its name, or writes it as content to refresh.</li><li>No refresh "
		"of such content, and no event of such a dbt job, is among the latest on "
		"record.</li></ul><p>So no event that came would have refreshed it. See the <a "
		"href=\"/rules\">rules</a>, or <a href=\"/explain\">explain an event</a> that "
		"should have.</p></div>");
}

void handle_page_search(struct admin *admin, struct web_request *request, int64_t id)
{
	struct error err;
	(void)id;
	struct status_page *page = page_new(admin, request);
	if (!page)
		return;
	const char *words = web_query(request, "q");
	OWNED(ruleset) ruleset = ruleset_slot_get(admin->options.rulesets);
	struct search_found search;
	page->is_slow = true;
	page_head(page, NULL, NULL, "Search");
	page_add(page, "<p>for ");
	page_name(page, words ? words : "");
	page_add(page, "</p></div>");
	page_head_end(page);
	bool ok = search_run(&search, words ? words : "", admin->reader, ruleset, page_status(page),
		page->arena, &err);
	if (!ok) {
		page_add(page, "<p class=\"alert\" role=\"alert\">");
		page_text(page, err.message);
		page_add(page, "</p>");
	}
	if (ok && search.refresh_count)
		add_contents(page, &search);
	if (ok && search.selection_count)
		add_selections(page, &search);
	if (ok && search.rule_count)
		add_rules(page, &search, ruleset);
	if (ok && search.event_count)
		add_jobs(page, &search);
	if (ok && !search.refresh_count && !search.selection_count && !search.rule_count &&
		!search.event_count)
		add_nothing(page);
	page_reply(page, ok ? 200 : err.kind == ERROR_INPUT ? 400 : 503);
}
