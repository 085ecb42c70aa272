/*
 * cli/diff/diff_report.c - one report in three forms. Names in it are strangers' texts: none can
 * end a cell of Markdown, begin markup, or call somebody by @name.
 */
#include "cli/diff/diff_report.h"
#include "base/visible.h"
#include "cli/print.h"

#define MARKER "<!-- refresh-router diff -->"
#define MARKDOWN_ROWS 200 /* of each table: a comment on GitHub holds 65,536 characters */

static const char marks[] = { [CHANGE_LOST] = '-', [CHANGE_GAINED] = '+', [CHANGE_ALTERED] = '~' };
static const char *const rule_words[] = {
	[CHANGE_LOST] = "removed", [CHANGE_GAINED] = "added", [CHANGE_ALTERED] = "changed"
};

/* ---- the verdict ---- */

/* "1,204" */
static void add_count(struct text *out, int64_t count)
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%lld", (long long)count);
	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			text_add_char(out, ',');
		text_add_char(out, digits[i]);
	}
}

static int64_t refreshes(const struct diff_report *report, enum change change)
{
	int64_t sum = 0;
	for (size_t i = 0; i < report->content_count; i++)
		if (report->contents[i].change == change)
			sum += report->contents[i].event_count;
	return sum;
}

static int64_t rules(const struct diff_report *report, enum change change)
{
	int64_t sum = 0;
	for (size_t i = 0; i < report->rule_count; i++)
		sum += report->rules[i].change == change;
	return sum;
}

static void add_part(struct text *out, int64_t count, const char *one, const char *many)
{
	if (!count)
		return;
	add_count(out, count);
	text_printf(out, " %s, ", count == 1 ? one : many);
}

/* Behind the last part. */
static void end_parts(struct text *out, const char *none)
{
	if (!out->length) {
		text_add(out, none);
		return;
	}
	out->length -= strlen(", ");
	out->at[out->length] = '\0';
}

static void verdict(const struct diff_report *report, struct text *out)
{
	OWNED_TEXT struct text parts = TEXT(TEXT_UNBOUNDED);
	if (!report->has_events) {
		add_part(&parts, rules(report, CHANGE_GAINED), "rule added", "rules added");
		add_part(&parts, rules(report, CHANGE_LOST), "rule removed", "rules removed");
		add_part(&parts, rules(report, CHANGE_ALTERED), "rule changed", "rules changed");
		end_parts(&parts, "no rule differs");
		text_printf(out, "%s (no events were given, so the rules alone were compared)",
			parts.at);
		return;
	}
	add_count(out, report->changed_count);
	text_add(out, " of ");
	add_count(out, report->event_count);
	text_printf(out, " event%s decide%s differently", report->event_count == 1 ? "" : "s",
		report->changed_count == 1 ? "s" : "");
	add_part(&parts, refreshes(report, CHANGE_GAINED), "refresh gained", "refreshes gained");
	add_part(&parts, refreshes(report, CHANGE_LOST), "lost", "lost");
	add_part(&parts, refreshes(report, CHANGE_ALTERED), "done otherwise", "done otherwise");
	end_parts(&parts, "");
	if (parts.length)
		text_printf(out, ": %s", parts.at);
}

/* What was not compared, and what to do; nothing when all was. */
static void caveat(const struct diff_report *report, struct text *out)
{
	if (!report->blind_count)
		return;
	text_add(out, "The events were redacted, so what the rules decide by ");
	for (size_t i = 0; i < report->blind_count; i++)
		text_printf(out, "%s%s", i ? ", " : "", report->blind[i]);
	text_add(out, " was not compared; `events --export --redact --keep FIELD` leaves a field");
}

static void describe(const struct changed_content *content, struct text *out)
{
	selection_describe(content->selection, out);
	if (*content->what)
		text_printf(out, ": %s", content->what);
}

static void add_rules(const struct changed_content *content, struct text *out)
{
	for (size_t i = 0; i < content->rule_count; i++)
		text_printf(out, "%s%s", i ? ", " : "", content->rules[i]);
}

/* ---- text ---- */

static void print_contents(const struct diff_report *report, FILE *out)
{
	static const char *const headings[] = { " ", "SITE", "REFRESH", "EVENTS", "FIRST", "RULES",
		NULL };
	OWNED(table) table = table_new(headings);
	for (size_t i = 0; i < report->content_count; i++) {
		const struct changed_content *content = &report->contents[i];
		OWNED_TEXT struct text cell = TEXT(TEXT_UNBOUNDED);
		table_cell(table, (const char[]){ marks[content->change], '\0' });
		table_cell(table, content->selection->site);
		describe(content, &cell);
		table_cell(table, cell.at);
		text_reset(&cell);
		add_count(&cell, content->event_count);
		table_cell(table, cell.at);
		table_cell(table, content->example);
		text_reset(&cell);
		add_rules(content, &cell);
		table_cell(table, cell.at);
	}
	if (report->content_count)
		table_print(table, out);
}

static bool is_said(const struct diff_report *report, size_t end, const char *because)
{
	for (size_t i = 0; i < end; i++)
		if (text_is(report->contents[i].because, because))
			return true;
	return false;
}

/* Why the rules that want something in one version do not match in the other, each reason once. */
static void print_reasons(const struct diff_report *report, FILE *out)
{
	for (size_t i = 0; i < report->content_count; i++) {
		const struct changed_content *content = &report->contents[i];
		if (*content->because && !is_said(report, i, content->because))
			print_line(out, "%c rule %s", marks[content->change], content->because);
	}
}

static void print_rules(const struct diff_report *report, FILE *out)
{
	for (size_t i = 0; i < report->rule_count; i++) {
		const struct changed_rule *rule = &report->rules[i];
		print_line(out, "%c rule '%s' (%s:%d)%s%s", marks[rule->change], rule->rule,
			rule->file, rule->line, *rule->what ? ": " : "", rule->what);
	}
}

void diff_report_text(const struct diff_report *report, FILE *out)
{
	OWNED_TEXT struct text line = TEXT(TEXT_UNBOUNDED);
	verdict(report, &line);
	print_line(out, "%s", line.at);
	text_reset(&line);
	caveat(report, &line);
	if (line.length)
		print_line(out, "%s", line.at);
	print_contents(report, out);
	print_reasons(report, out);
	print_rules(report, out);
}

/* ---- JSON ---- */

static cJSON *content_json(const struct changed_content *content)
{
	cJSON *json = selection_json(content->selection);
	cJSON_DeleteItemFromObjectCaseSensitive(json, "rules");
	json_add_count(json, "events", content->event_count);
	json_add_text(json, "example", content->example);
	if (*content->what)
		json_add_text(json, "what", content->what);
	if (*content->because)
		json_add_text(json, "because", content->because);
	cJSON *rules = cJSON_AddArrayToObject(json, "rules");
	for (size_t i = 0; i < content->rule_count; i++)
		cJSON_AddItemToArray(rules, cJSON_CreateString(content->rules[i]));
	return json;
}

static cJSON *rule_json(const struct changed_rule *rule)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "rule", rule->rule);
	json_add_text(json, "change", rule_words[rule->change]);
	json_add_text(json, "file", rule->file);
	json_add_count(json, "line", rule->line);
	if (*rule->what)
		json_add_text(json, "what", rule->what);
	return json;
}

void diff_report_json(const struct diff_report *report, FILE *out)
{
	OWNED_JSON json = cJSON_CreateObject();
	cJSON *lists[3];
	json_add_text(json, "compared", report->has_events ? "events" : "rules");
	json_add_count(json, "events", report->event_count);
	json_add_count(json, "changed", report->changed_count);
	if (report->blind_count) {
		cJSON *blind = cJSON_AddArrayToObject(json, "redacted");
		for (size_t i = 0; i < report->blind_count; i++)
			cJSON_AddItemToArray(blind, cJSON_CreateString(report->blind[i]));
	}
	lists[CHANGE_GAINED] = cJSON_AddArrayToObject(json, "gained");
	lists[CHANGE_LOST] = cJSON_AddArrayToObject(json, "lost");
	lists[CHANGE_ALTERED] = cJSON_AddArrayToObject(json, "altered");
	for (size_t i = 0; i < report->content_count; i++)
		cJSON_AddItemToArray(
			lists[report->contents[i].change], content_json(&report->contents[i]));
	cJSON *list = cJSON_AddArrayToObject(json, "rules");
	for (size_t i = 0; i < report->rule_count; i++)
		cJSON_AddItemToArray(list, rule_json(&report->rules[i]));
	print_json(json, out);
}

/* ---- Markdown ---- */

/* A stranger's text as a cell: it cannot end the cell, begin markup, or call somebody by @name. */
static void add_cell(struct text *out, const char *text)
{
	OWNED_TEXT struct text visible = TEXT(TEXT_UNBOUNDED);
	visible_add(&visible, str_of(text));
	text_add(out, " ");
	for (const char *at = visible.at; *at; at++) {
		if (*at == '<' || *at == '&')
			text_printf(out, "&#%d;", *at);
		else if (*at == '@')
			text_add(out, "@<!-- -->");
		else if (strchr("\\`*_{}[]()#+-.!|~>", *at))
			text_printf(out, "\\%c", *at);
		else
			text_add_char(out, *at);
	}
	text_add(out, " |");
}

static void print_more(size_t count, FILE *out)
{
	if (count > MARKDOWN_ROWS)
		fprintf(out, "\nand %zu more\n", count - MARKDOWN_ROWS);
}

static void print_content_rows(const struct diff_report *report, FILE *out)
{
	fputs("\n| | Site | Refresh | Events | Rules |\n|---|---|---|---|---|\n", out);
	for (size_t i = 0; i < report->content_count && i < MARKDOWN_ROWS; i++) {
		const struct changed_content *content = &report->contents[i];
		OWNED_TEXT struct text row = TEXT(TEXT_UNBOUNDED);
		OWNED_TEXT struct text cell = TEXT(TEXT_UNBOUNDED);
		text_printf(&row, "| `%c` |", marks[content->change]);
		add_cell(&row, content->selection->site);
		describe(content, &cell);
		if (*content->because)
			text_printf(&cell, "; %s", content->because);
		add_cell(&row, cell.at);
		text_printf(&row, " %lld |", (long long)content->event_count);
		text_reset(&cell);
		add_rules(content, &cell);
		add_cell(&row, cell.at);
		fprintf(out, "%s\n", row.at);
	}
	print_more(report->content_count, out);
}

static void print_rule_rows(const struct diff_report *report, FILE *out)
{
	fputs("\n| | Rule | Where | What |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < report->rule_count && i < MARKDOWN_ROWS; i++) {
		const struct changed_rule *rule = &report->rules[i];
		OWNED_TEXT struct text row = TEXT(TEXT_UNBOUNDED);
		OWNED_TEXT struct text place = TEXT(TEXT_UNBOUNDED);
		text_printf(&place, "%s:%d", rule->file, rule->line);
		text_printf(&row, "| `%c` |", marks[rule->change]);
		add_cell(&row, rule->rule);
		add_cell(&row, place.at);
		add_cell(&row, *rule->what ? rule->what : rule_words[rule->change]);
		fprintf(out, "%s\n", row.at);
	}
	print_more(report->rule_count, out);
}

void diff_report_markdown(const struct diff_report *report, FILE *out)
{
	OWNED_TEXT struct text line = TEXT(TEXT_UNBOUNDED);
	verdict(report, &line);
	fprintf(out, "%s\n**%s**\n", MARKER, line.at);
	text_reset(&line);
	caveat(report, &line);
	if (line.length)
		fprintf(out, "\n%s\n", line.at);
	if (!report->content_count && !report->rule_count)
		return;
	fputs("\n<details><summary>Details</summary>\n", out);
	if (report->content_count)
		print_content_rows(report, out);
	if (report->rule_count)
		print_rule_rows(report, out);
	fputs("\n</details>\n", out);
}
