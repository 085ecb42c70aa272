/* admin/page/rules.c - the rules that serve now. */
#include "admin/page/page.h"
#include "base/units.h"

#define MOST_RULES 500

void page_rule_row(struct status_page *page, struct rule_info rule)
{
	char time[UNIT_TEXT_SIZE];
	page_add(page, "<li class=\"row\"><div class=\"state\">");
	page_badge(page, !rule.enabled || rule.shadow ? "" : "good",
		!rule.enabled ? "off"
		: rule.shadow ? "shadow"
			      : "live");
	page_add(page, "</div><div class=\"body\"><a class=\"name\" href=\"/events");
	page_argument(page, '?', "rule", rule.name);
	page_add(page, "\">");
	page_name(page, rule.name);
	page_add(page, "</a>");
	if (rule.description && *rule.description) {
		page_add(page, "<p>");
		page_text(page, rule.description);
		page_add(page, "</p>");
	}
	page_add(page, "<p class=\"from\">");
	page_text(page, rule.file);
	page_printf(page, ":%d", rule.line);
	if (rule.owner && *rule.owner) {
		page_add(page, " \u00b7 ");
		page_name(page, rule.owner);
	}
	if (rule.delay)
		page_printf(page, " \u00b7 delay %s", units_format_duration(rule.delay, time));
	if (rule.quiet)
		page_printf(page, " \u00b7 quiet %s", units_format_duration(rule.quiet, time));
	page_add(page, "</p></div></li>\n");
}

void handle_page_rules(struct admin *admin, struct web_request *request, int64_t id)
{
	(void)id;
	struct status_page *page = page_new(admin, request);
	if (!page)
		return;
	OWNED(ruleset) ruleset = ruleset_slot_get(admin->options.rulesets);
	size_t count = ruleset_rule_count(ruleset);
	page_head(page, NULL, NULL, "Rules");
	page_printf(page, "<p>%zu, <code>%s</code></p></div>", count, ruleset_revision(ruleset));
	page_head_end(page);
	page_rows(page);
	for (size_t i = 0; i < count && i < MOST_RULES; i++)
		page_rule_row(page, ruleset_rule(ruleset, i));
	if (!page_rows_end(page))
		page_empty(page, "There are none.");
	if (count > MOST_RULES)
		page_printf(
			page, "<p class=\"pager\">The first %d. Search finds all.</p>", MOST_RULES);
	page_reply(page, 200);
}
