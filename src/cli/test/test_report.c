/* cli/test/test_report.c - the results of rule tests as text, JSON, JUnit or TAP. */
#include "cli/test/test_report.h"
#include "cli/junit.h"
#include "cli/print.h"
#include <assert.h>

/* ---- one failure, for people; the other formats quote it ---- */

static const char *const marks[] = { [ROW_BOTH] = "", [ROW_MISSING] = "-", [ROW_UNEXPECTED] = "+" };

static void print_rows(const struct suite_result *result, FILE *out)
{
	static const char *const headings[] = { " ", "SITE", "REFRESH", "TIME", "RULES", NULL };
	OWNED(table) table = table_new(headings);
	for (size_t i = 0; i < result->row_count; i++) {
		const struct suite_row *row = &result->rows[i];
		const struct selection *selection = row->selection;
		OWNED_TEXT struct text cell = TEXT(TEXT_UNBOUNDED);
		table_cell(table, marks[row->fate]);
		table_cell(table, selection->site);
		selection_describe(selection, &cell);
		text_add(&cell, selection->incremental ? ", incremental" : "");
		text_add(&cell, selection->shadow ? ", shadow: not sent" : "");
		table_cell(table, cell.at);
		table_cell(table, row->when);
		text_reset(&cell);
		for (size_t j = 0; j < selection->rule_count; j++)
			text_printf(&cell, "%s%s", j ? ", " : "", selection->rules[j]);
		table_cell(table, cell.at);
	}
	table_print(table, out);
}

/* What would make it match, where that is more than the one condition that is named already. */
static void add_change(const struct unmatched *miss, struct text *out)
{
	const struct remedy *remedy = miss->explanation ? miss->explanation->remedy : NULL;
	if (remedy && remedy->step_count != 1)
		text_printf(out, "; %s", remedy->words);
}

static void add_miss(const struct unmatched *miss, struct text *out)
{
	if (miss->disabled)
		text_printf(out, "rule '%s' (%s:%d) is not enabled", miss->rule, miss->file,
			miss->line);
	else
		text_printf(out, "rule '%s' (%s:%d) came nearest: %s is '%s', wanted %s",
			miss->rule, miss->file, miss->line, miss->field, miss->actual,
			miss->expected);
	add_change(miss, out);
}

static void print_missing(const struct suite_row *row, FILE *out)
{
	OWNED_TEXT struct text line = TEXT(TEXT_UNBOUNDED);
	selection_describe(row->selection, &line);
	text_add(&line, " is missing: ");
	if (row->asked_by)
		text_printf(&line, "rule '%s' matched, and asks for something else", row->asked_by);
	else if (row->nearest)
		add_miss(row->nearest, &line);
	else
		text_add(&line, "no rule asks for it, whatever the event is");
	print_line(out, "%s", line.at);
}

static void print_rule(const struct suite_rule *rule, FILE *out)
{
	OWNED_TEXT struct text line = TEXT(TEXT_UNBOUNDED);
	if (!rule->was_expected) {
		print_line(out, "rule '%s' matched, and was not to", rule->rule);
		return;
	}
	text_printf(&line, "rule '%s' did not match", rule->rule);
	if (rule->why && rule->why->disabled)
		text_add(&line, ": it is not enabled");
	else if (rule->why)
		text_printf(&line, ": %s is '%s', wanted %s", rule->why->field, rule->why->actual,
			rule->why->expected);
	if (rule->why)
		add_change(rule->why, &line);
	print_line(out, "%s", line.at);
}

static bool has_difference(const struct suite_result *result)
{
	for (size_t i = 0; i < result->row_count; i++)
		if (result->rows[i].fate != ROW_BOTH)
			return true;
	return false;
}

static void print_failure(const struct suite_result *result, FILE *out)
{
	if (has_difference(result))
		print_rows(result, out);
	for (size_t i = 0; i < result->row_count; i++)
		if (result->rows[i].fate == ROW_MISSING)
			print_missing(&result->rows[i], out);
	for (size_t i = 0; i < result->rule_count; i++)
		print_rule(&result->rules[i], out);
	for (size_t i = 0; i < result->warning_count; i++)
		print_line(out, "warning: rule '%s': %s", result->warnings[i].rule,
			result->warnings[i].text);
}

/* The same as a text; free(). */
static char *failure_text(const struct suite_result *result)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		abort(); /* as mem_alloc() does without memory */
	print_failure(result, out);
	if (fclose(out))
		abort();
	return text;
}

/* Prints each line of `text` with `before` in front. */
static void print_indented(const char *text, const char *before, FILE *out)
{
	for (size_t length; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		fprintf(out, "%s%.*s\n", before, (int)length, text);
	}
}

static struct suite_test test_of(const struct test_report *report, size_t i)
{
	return suite_test_at(report->suite, report->ran[i]);
}

/* ---- text ---- */

static void print_uncovered(
	const char *rule, const char *file, int line, const char *what, void *context)
{
	print_line(context, "  %s:%d: rule '%s': %s", file, line, rule, what);
}

static void print_coverage(const struct coverage *coverage, FILE *out)
{
	size_t of = coverage_of(coverage), covered = coverage_covered(coverage);
	fprintf(out, "Coverage: %zu of %zu parts of the rules (%d %%)\n", covered, of,
		coverage_percent(coverage));
	coverage_uncovered(coverage, print_uncovered, out);
}

void test_report_text(const struct test_report *report, FILE *out)
{
	for (size_t i = 0; i < report->count; i++) {
		struct suite_test test = test_of(report, i);
		if (report->results[i]->ok)
			continue;
		OWNED_MEMORY char *text = failure_text(report->results[i]);
		print_line(out, "FAILED %s:%d: %s", test.place.file, test.place.line, test.name);
		print_indented(text, "  ", out);
		fputc('\n', out);
	}
	if (report->coverage)
		print_coverage(report->coverage, out);
	fprintf(out, "%zu passed, %zu failed\n", report->count - report->failed, report->failed);
}

/* ---- JSON ---- */

static cJSON *row_json(const struct suite_row *row)
{
	cJSON *json = selection_json(row->selection);
	if (row->fate == ROW_MISSING) /* which no expectation has */
		cJSON_DeleteItemFromObjectCaseSensitive(json, "priority");
	if (*row->when)
		json_add_text(json, "when", row->when);
	return json;
}

static cJSON *rule_json(const struct suite_rule *rule)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "rule", rule->rule);
	cJSON_AddBoolToObject(json, "expected", rule->was_expected);
	if (rule->why) {
		OWNED_JSON why = unmatched_json(rule->why);
		cJSON_AddItemToObject(
			json, "because", cJSON_DetachItemFromObjectCaseSensitive(why, "because"));
	}
	return json;
}

static cJSON *test_json(const struct test_report *report, size_t i)
{
	struct suite_test test = test_of(report, i);
	const struct suite_result *result = report->results[i];
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "name", test.name);
	json_add_text(json, "file", test.place.file);
	json_add_count(json, "line", test.place.line);
	cJSON_AddBoolToObject(json, "ok", result->ok);
	const struct unmatched *nearest = NULL;
	cJSON *missing = cJSON_AddArrayToObject(json, "missing"),
	      *unexpected = cJSON_AddArrayToObject(json, "unexpected"),
	      *rules = cJSON_AddArrayToObject(json, "rules");
	for (size_t j = 0; j < result->row_count; j++) {
		const struct suite_row *row = &result->rows[j];
		nearest = nearest ? nearest : row->nearest;
		if (row->fate != ROW_BOTH)
			cJSON_AddItemToArray(
				row->fate == ROW_MISSING ? missing : unexpected, row_json(row));
	}
	for (size_t j = 0; j < result->rule_count; j++)
		cJSON_AddItemToArray(rules, rule_json(&result->rules[j]));
	if (nearest)
		cJSON_AddItemToObject(json, "nearest", unmatched_json(nearest));
	return json;
}

static void add_uncovered(
	const char *rule, const char *file, int line, const char *what, void *context)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "rule", rule);
	json_add_text(json, "file", file);
	json_add_count(json, "line", line);
	json_add_text(json, "what", what);
	cJSON_AddItemToArray(context, json);
}

void test_report_json(const struct test_report *report, FILE *out)
{
	OWNED_JSON json = cJSON_CreateObject();
	json_add_count(json, "passed", (int64_t)(report->count - report->failed));
	json_add_count(json, "failed", (int64_t)report->failed);
	cJSON *tests = cJSON_AddArrayToObject(json, "tests");
	for (size_t i = 0; i < report->count; i++)
		cJSON_AddItemToArray(tests, test_json(report, i));
	if (report->coverage) {
		cJSON *coverage = cJSON_AddObjectToObject(json, "coverage");
		json_add_count(coverage, "covered", (int64_t)coverage_covered(report->coverage));
		json_add_count(coverage, "of", (int64_t)coverage_of(report->coverage));
		coverage_uncovered(report->coverage, add_uncovered,
			cJSON_AddArrayToObject(coverage, "uncovered"));
	}
	print_json(json, out);
}

/* ---- JUnit ---- */

static void print_case(const struct test_report *report, size_t i, FILE *out)
{
	struct suite_test test = test_of(report, i);
	if (report->results[i]->ok) {
		junit_pass(out, test.place.file, test.name, NULL);
		return;
	}
	OWNED_MEMORY char *text = failure_text(report->results[i]);
	OWNED_TEXT struct text message = TEXT(TEXT_UNBOUNDED);
	text_printf(&message, "%s:%d: the rules do not do what this test expects", test.place.file,
		test.place.line);
	junit_fail(out, test.place.file, test.name, "difference", message.at, text);
}

static bool is_of_file(const struct test_report *report, size_t i, const char *file)
{
	return i < report->count && text_is(test_of(report, i).place.file, file);
}

void test_report_junit(const struct test_report *report, FILE *out)
{
	junit_begin(out, "refresh-router test",
		(struct junit_counts){ .tests = report->count, .failures = report->failed });
	for (size_t i = 0; i < report->count;) {
		const char *file = test_of(report, i).place.file;
		size_t end = i;
		struct junit_counts counts = { 0 };
		for (; is_of_file(report, end, file); end++)
			counts.failures += !report->results[end]->ok;
		counts.tests = end - i;
		junit_begin_suite(out, file, counts);
		for (; i < end; i++)
			print_case(report, i, out);
		junit_end_suite(out);
	}
	junit_end(out);
}

/* ---- TAP ---- */

void test_report_tap(const struct test_report *report, FILE *out)
{
	fprintf(out, "TAP version 13\n1..%zu\n", report->count);
	for (size_t i = 0; i < report->count; i++) {
		struct suite_test test = test_of(report, i);
		OWNED_TEXT struct text name = TEXT(TEXT_UNBOUNDED);
		for (const char *at = test.name; *at; at++) {
			if (*at == '#' || *at == '\\') /* otherwise a directive might begin there */
				text_add_char(&name, '\\');
			text_add_char(&name, *at);
		}
		print_line(out, "%s %zu - %s", report->results[i]->ok ? "ok" : "not ok", i + 1,
			name.at);
		if (report->results[i]->ok)
			continue;
		OWNED_MEMORY char *text = failure_text(report->results[i]);
		print_line(out, "# %s:%d", test.place.file, test.place.line);
		print_indented(text, "#   ", out);
	}
}
