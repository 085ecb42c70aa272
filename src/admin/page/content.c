/*
 * admin/page/content.c - one content: its refreshes and what caused each, and the latest events
 * that did not ask for it, with why: "why was Revenue not refreshed?"
 *
 * The rules that are asked are those that name it (rules/fixed.h) and those that have refreshed it.
 */
#include "admin/page/page.h"
#include "base/name.h"
#include "event/event.h"
#include "rules/fixed.h"

#define LOOKED_AT 50 /* events, each explained by every rule that is asked */
#define MOST_MISSED 10
#define MOST_REASONS 3 /* for one event */

struct asked_content {
	struct status_page *page;
	const char *site, *name, *luid; /* NULL: it is not on record */
	enum content_kind kind;
	const struct ruleset *ruleset;
	bool *chosen; /* by rule: it is asked */
	size_t chosen_count;
	int missed; /* events that are shown */
};

/* ---- the heading, from its latest refresh ---- */

static bool add_head(const struct refresh_row *row, const struct cause_row *causes,
	size_t cause_count, void *context)
{
	struct asked_content *asked = context;
	struct status_page *page = asked->page;
	asked->site = arena_text(page->arena, row->site);
	asked->name = arena_text(page->arena, row->content.name);
	asked->luid = arena_text(page->arena, row->content.luid);
	asked->kind = row->content.kind;
	page_head(page, "/", "Status", *row->content.name ? row->content.name : row->content.luid);
	page_refresh_where(page, row);
	page_add(page, "</div><div class=\"actions\">");
	page_refresh_action(page, row, causes, cause_count, false);
	page_add(page, "</div>");
	page_head_end(page);
	return false;
}

/* ---- the rules that are asked ---- */

static void choose(struct asked_content *asked, const char *rule)
{
	for (size_t i = 0; i < ruleset_rule_count(asked->ruleset); i++)
		if (!asked->chosen[i] && text_is(ruleset_rule(asked->ruleset, i).name, rule)) {
			asked->chosen[i] = true;
			asked->chosen_count++;
		}
}

static bool choose_causes(const struct refresh_row *row, const struct cause_row *causes,
	size_t cause_count, void *context)
{
	(void)row;
	for (size_t i = 0; i < cause_count; i++)
		choose(context, causes[i].rule);
	return true;
}

static bool names_it(const struct asked_content *asked, const struct selection *selection)
{
	if (selection->kind != asked->kind || !text_is(selection->site, asked->site))
		return false;
	return selection->by == SELECT_LUID   ? text_is(selection->selector, asked->luid)
	       : selection->by == SELECT_NAME ? name_equal(selection->selector, asked->name)
					      : false;
}

static void choose_rules(struct asked_content *asked, const struct store_filter *filter)
{
	struct error ignored; /* then those that name it are asked */
	struct arena *arena = asked->page->arena;
	struct fixed_selections fixed = ruleset_fixed(asked->ruleset, NULL, 0, arena);
	asked->chosen = arena_array(arena, bool, ruleset_rule_count(asked->ruleset) + 1);
	for (size_t i = 0; i < fixed.count; i++)
		if (names_it(asked, &fixed.items[i].selection))
			choose(asked, fixed.items[i].rule);
	IGNORE(store_list_refreshes(
		asked->page->admin->reader, filter, choose_causes, asked, &ignored));
}

/* ---- events that did not ask for it ---- */

static void add_missed(struct status_page *page, const struct event_row *row,
	const struct event *event, const struct decision *decision)
{
	page_printf(page,
		"<li class=\"row\"><div class=\"state\"><span class=\"badge\">not "
		"asked</span></div>"
		"<div class=\"body\"><a class=\"name\" href=\"/events/%lld\">",
		(long long)row->id);
	page_name(page, *event_text(event, EVENT_JOB_NAME) ? event_text(event, EVENT_JOB_NAME)
							   : row->job_id);
	page_add(page, "</a>");
	for (size_t i = 0; i < decision->unmatched_count && i < MOST_REASONS; i++) {
		page_add(page, "<p class=\"why\">");
		page_name(page, decision->unmatched[i].rule);
		page_add(page, ": ");
		page_unmatched_reason(page, &decision->unmatched[i]);
		page_add(page, "</p>");
	}
	page_add(page, "</div><div class=\"when\">");
	page_time(page, row->received_at);
	page_add(page, "</div></li>\n");
}

/* Is one of the rules that are asked among those that matched? */
static bool has_asked(const struct asked_content *asked, const struct decision *decision)
{
	for (size_t i = 0; i < decision->match_count; i++)
		for (size_t j = 0; j < ruleset_rule_count(asked->ruleset); j++)
			if (asked->chosen[j] && text_is(ruleset_rule(asked->ruleset, j).name,
							decision->matches[i].rule))
				return true;
	return false;
}

static bool look(const struct event_row *row, void *context)
{
	struct asked_content *asked = context;
	struct error ignored; /* a body that no version took asks for nothing */
	OWNED(arena) arena = arena_new();
	const struct event *event = event_parse(row->body, row->source, NULL, arena, &ignored);
	if (!event || event->standing != EVENT_REAL)
		return true;
	struct explain_scope scope = { .chosen = asked->chosen };
	const struct decision *decision =
		ruleset_explain(asked->ruleset, event, &scope, asked->page->admin->scratch, arena);
	if (has_asked(asked, decision))
		return true;
	add_missed(asked->page, row, event, decision);
	return ++asked->missed < MOST_MISSED;
}

static void add_events(struct asked_content *asked)
{
	struct error err;
	struct status_page *page = asked->page;
	struct store_filter filter = { .limit = LOOKED_AT };
	page_section(page, "Latest events that did not ask for it", -1, NULL);
	if (!asked->chosen_count) {
		page_empty(page, "No rule that serves now names it, so no event asks for it.");
		page_section_end(page);
		return;
	}
	page_rows(page);
	if (!store_list_events(page->admin->reader, &filter, look, asked, &err))
		page_text(page, err.message);
	if (!page_rows_end(page))
		page_empty(page, "Each of the latest events asked for it.");
	page_section_end(page);
}

void handle_page_content(struct admin *admin, struct web_request *request, int64_t id)
{
	static const char *const arguments[] = { "site", "kind", "content", NULL };
	struct error err;
	(void)id;
	struct status_page *page = page_new(admin, request);
	if (!page)
		return;
	OWNED(ruleset) ruleset = ruleset_slot_get(admin->options.rulesets);
	struct asked_content asked = { .page = page, .ruleset = ruleset };
	struct store_filter filter = { .limit = 1,
		.site = web_query(request, "site"),
		.kind = web_query(request, "kind"),
		.content = web_query(request, "content") };
	bool ok = !filter.content ||
		  store_list_refreshes(admin->reader, &filter, add_head, &asked, &err);
	if (!asked.site) {
		page_free(page);
		admin_answer_error(request, ok ? 404 : 503,
			ok ? "no refresh of such content is on record; history is kept as long as "
			     "`history` says"
			   : err.message);
		return;
	}
	page->is_slow = page->is_of_one = true;
	page_section(page, "What was done, and what caused it", -1, NULL);
	page_refresh_list(page, &filter, "/contents", arguments);
	page_section_end(page);
	choose_rules(&asked, &filter);
	add_events(&asked);
	page_reply(page, 200);
}
