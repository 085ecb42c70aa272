/*
 * admin/page/explain.c - what an event would refresh, and why not what it does not: the box for an
 * event, and a decision in words.
 */
#include "admin/page/page.h"
#include "base/units.h"
#include "event/event.h"

#define NEAREST 20 /* rules that did not match, which are shown */

/* ---- a decision ---- */

void page_selection(struct status_page *page, const struct selection *selection)
{
	char time[UNIT_TEXT_SIZE];
	OWNED_TEXT struct text words = TEXT(TEXT_UNBOUNDED);
	selection_describe(selection, &words);
	page_text(page, words.at);
	page_add(page, " on ");
	page_name(page, selection->site);
	page_add(page, selection->incremental ? ", incremental" : "");
	if (selection->delay)
		page_printf(page, ", after a delay of %s",
			units_format_duration(selection->delay, time));
	if (selection->quiet)
		page_printf(page, ", after %s without an event of the rule",
			units_format_duration(selection->quiet, time));
	if (selection->shadow)
		page_add(page, " <span class=\"badge\">shadow: not sent</span>");
}

void page_unmatched_reason(struct status_page *page, const struct unmatched *unmatched)
{
	if (unmatched->disabled) {
		page_add(page, "the rule is switched off (<code>enabled: false</code>)");
	} else {
		page_add(page, "<code>");
		page_text(page, unmatched->field);
		page_add(page, "</code> is ");
		page_name(page, *unmatched->actual ? unmatched->actual : "empty");
		page_add(page, !strncmp(unmatched->field, "not.", 4) ? ", which it excludes: <code>"
								     : ", it wants <code>");
		page_name(page, unmatched->expected);
		page_add(page, "</code>");
	}
}

static void add_unmatched(struct status_page *page, const struct unmatched *unmatched)
{
	const struct remedy *remedy =
		unmatched->explanation ? unmatched->explanation->remedy : NULL;
	page_add(page, "<li class=\"row\"><div class=\"state\"><span class=\"badge\">no "
		       "match</span></div><div class=\"body\"><span class=\"name\">");
	page_name(page, unmatched->rule);
	page_add(page, "</span><p class=\"why\">");
	page_unmatched_reason(page, unmatched);
	page_add(page, "</p>");
	if (remedy) {
		page_add(page, "<p class=\"remedy\">");
		page_text(page, remedy->words);
		page_add(page, "</p>");
	}
	page_add(page, "<p class=\"from small\">");
	page_text(page, unmatched->file);
	page_printf(page, ":%d</p></div></li>\n", unmatched->line);
}

void page_unmatched(struct status_page *page, const struct decision *decision)
{
	size_t count = decision->unmatched_count, shown = count < NEAREST ? count : NEAREST;
	if (!count)
		return;
	page_printf(page, "<details%s><summary>Why %zu %s did not match</summary>",
		decision->match_count ? "" : " open", count, count == 1 ? "rule" : "others");
	page_rows(page);
	for (size_t i = 0; i < shown; i++)
		add_unmatched(page, &decision->unmatched[i]);
	page_rows_end(page);
	if (shown < count)
		page_printf(page, "<p>The nearest %zu of %zu.</p>", shown, count);
	page_add(page, "</details>");
}

static void add_match(struct status_page *page, const struct match *match)
{
	page_add(page, "<li class=\"row\"><div class=\"state\">");
	page_badge(page, "good", "matches");
	page_add(page, "</div><div class=\"body\"><span class=\"name\">");
	page_name(page, match->rule);
	page_add(page, "</span>");
	for (size_t i = 0; i < match->capture_count; i++) {
		page_add(page, "<p class=\"where\">captures <code>");
		page_text(page, match->capture_names[i]);
		page_add(page, "</code> = ");
		page_name(page, match->capture_values[i]);
		page_add(page, "</p>");
	}
	page_add(page, "<p class=\"from small\">");
	page_text(page, match->file);
	page_printf(page, ":%d</p></div></li>\n", match->line);
}

static void add_decision(struct status_page *page, const struct decision *decision)
{
	page_section(page, "It would refresh", (int64_t)decision->selection_count, NULL);
	page_rows(page);
	for (size_t i = 0; i < decision->selection_count; i++) {
		page_add(page, "<li class=\"row\"><div class=\"state\">");
		page_badge(page, "busy", kind_name(decision->selections[i].kind));
		page_add(page, "</div><div class=\"body\">");
		page_selection(page, &decision->selections[i]);
		page_add(page, "</div></li>\n");
	}
	if (!page_rows_end(page))
		page_empty(page, "Nothing.");
	page_section_end(page);
	page_section(page, "Rules that match", (int64_t)decision->match_count, NULL);
	page_rows(page);
	for (size_t i = 0; i < decision->match_count; i++)
		add_match(page, &decision->matches[i]);
	if (!page_rows_end(page))
		page_empty(page, "None.");
	for (size_t i = 0; i < decision->warning_count; i++) {
		page_add(page, "<p class=\"alert calm\">");
		page_text(page, decision->warnings[i].rule);
		page_add(page, ": ");
		page_text(page, decision->warnings[i].text);
		page_add(page, "</p>");
	}
	page_unmatched(page, decision);
	page_section_end(page);
}

/* ---- the box ---- */

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* The member `event` of a form, application/x-www-form-urlencoded. */
static char *form_event(struct str body, struct arena *arena)
{
	if (!str_starts(body, "event="))
		return arena_text(arena, "");
	char *out = arena_alloc(arena, body.length + 1), *to = out;
	for (size_t i = strlen("event="); i < body.length && body.at[i] != '&'; i++) {
		const char *at = body.at + i;
		bool is_escape =
			*at == '%' && i + 2 < body.length && hex(at[1]) >= 0 && hex(at[2]) >= 0;
		*to++ = is_escape ? (char)(hex(at[1]) * 16 + hex(at[2])) : *at == '+' ? ' ' : *at;
		i += is_escape ? 2 : 0;
	}
	return out;
}

static void add_box(struct status_page *page, const char *written)
{
	page_head(page, NULL, NULL, "Explain an event");
	page_add(page, "<p>What would it refresh, and why? Nothing is recorded or sent.</p></div>");
	page_head_end(page);
	page_add(page, "<form class=\"ask\" method=\"post\" action=\"/explain\"><label "
		       "for=\"event\">The event: dbt\u2019s body, or fields such as <code>{&quot;"
		       "job_id&quot;: 1001}</code></label><textarea id=\"event\" name=\"event\" "
		       "spellcheck=\"false\" required>\n");
	text_add_markup(&page->main, written);
	page_add(page, "</textarea><button class=\"primary\">Explain</button></form>\n");
}

void handle_page_explain(struct admin *admin, struct web_request *request, int64_t id)
{
	struct error err;
	(void)id;
	struct status_page *page = page_new(admin, request);
	if (!page)
		return;
	bool is_asked = !strcmp(web_method(request), "POST");
	const char *written = is_asked ? form_event(web_body(request), page->arena) : "";
	page->is_still = true;
	add_box(page, str_is_utf8(str_of(written)) ? written : "");
	const struct event *event =
		is_asked ? event_read(str_of(written), page->arena, &err) : NULL;
	if (event) {
		struct explain_scope scope = { .most = EXPLAINED_RULES };
		OWNED(ruleset) ruleset = ruleset_slot_get(admin->options.rulesets);
		add_decision(
			page, ruleset_explain(ruleset, event, &scope, admin->scratch, page->arena));
	} else if (is_asked) {
		page_add(page, "<p class=\"alert\" role=\"alert\">");
		page_text(page, err.message);
		page_add(page, "</p>\n");
	}
	page_reply(page, is_asked && !event ? 400 : 200);
}
