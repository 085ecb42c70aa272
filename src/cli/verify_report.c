/* cli/verify_report.c - the results of `verify` as text, JSON or JUnit. */
#include "cli/verify_report.h"
#include "base/visible.h"
#include "cli/junit.h"
#include "cli/print.h"
#include <unistd.h>

#define MESSAGE_COLUMN 17 /* beside the longest word */

/* ---- text ---- */

struct report_colours {
	const char *good, *bad, *end;
};

static struct report_colours colours_for(FILE *out)
{
	const char *no_color = getenv("NO_COLOR"); /* no-color.org: any text but the empty one */
	int fd = fileno(out);
	if (fd < 0 || !isatty(fd) || (no_color && *no_color))
		return (struct report_colours){ "", "", "" };
	return (struct report_colours){ "\033[1;32m", "\033[1;31m", "\033[0m" };
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static size_t unknown_cases(const struct verification *verification)
{
	size_t count = 0;
	for (size_t i = 0; i < verification->site_count; i++)
		count += verification->sites[i].unknown;
	return count;
}

static void print_verdict(
	const struct verification *verification, const struct report_colours *colours, FILE *out)
{
	size_t findings = verification->findings, unknown = unknown_cases(verification),
	       known = verification->case_count - unknown;
	OWNED_TEXT struct text rest = TEXT(TEXT_UNBOUNDED);
	text_printf(&rest, "%zu selection%s looked up on %zu site%s", known, plural(known),
		verification->site_count, plural(verification->site_count));
	if (unknown)
		text_printf(&rest, ", %zu could not be", unknown);
	if (verification->need_event)
		text_printf(&rest, ", %zu left out because an event decides what they name",
			verification->need_event);
	if (verification->disabled)
		text_printf(&rest, ", %zu rule%s not enabled", verification->disabled,
			plural(verification->disabled));
	if (findings)
		fprintf(out, "%s%zu finding%s%s:\n", colours->bad, findings, plural(findings),
			colours->end);
	else
		fprintf(out, "%sAll well%s:\n", colours->good, colours->end);
	print_wrapped(out, 2, 0, rest.at);
}

/* Prints a word, and beside it a message of strangers', folded. */
static void print_finding(int indent, const char *word, const char *what, const char *message,
	const struct report_colours *colours, FILE *out)
{
	OWNED_TEXT struct text line = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text visible = TEXT(TEXT_UNBOUNDED);
	/* Most messages begin by saying what is meant, others are about the list. */
	if (what && !strstr(message, what))
		text_printf(&line, "%s: ", what);
	text_add(&line, message);
	visible_add(&visible, text_str(&line));
	fprintf(out, "%*s%s%s%s", indent, "", colours->bad, word, colours->end);
	print_wrapped(out, MESSAGE_COLUMN, indent + (int)strlen(word), visible.at);
}

static void print_case(const struct verified_site *site, const struct verified_case *verified,
	const struct report_colours *colours, FILE *out)
{
	static const struct report_colours plain = { "", "", "" };
	if (verified_case_has_failed(site, verified))
		print_finding(
			4, verified->problem, verified->what, verified->message, colours, out);
	if (verified->note)
		print_finding(4, "note", NULL, verified->note, &plain, out);
}

static void print_cases(
	const struct verified_site *site, const struct report_colours *colours, FILE *out)
{
	const struct fixed_selection *shown = NULL;
	for (size_t i = 0; i < site->case_count; i++) {
		const struct verified_case *verified = &site->cases[i];
		const struct fixed_selection *wanted = verified->wanted;
		if (!verified_case_has_failed(site, verified) && !verified->note)
			continue;
		if (!shown || !text_is(shown->rule, wanted->rule))
			print_line(out, "  %s:%d: rule '%s'", wanted->file, wanted->line,
				wanted->rule);
		shown = wanted;
		print_case(site, verified, colours, out);
	}
}

static void print_site(
	const struct verified_site *site, const struct report_colours *colours, FILE *out)
{
	size_t known = site->case_count - site->unknown;
	OWNED_TEXT struct text name = TEXT(TEXT_UNBOUNDED);
	visible_add(&name, str_of(site->config->name));
	bool is_fine = !verified_site_problem(site) && !site->failed;
	fprintf(out, "\n%s: %s%s%s, %zu selection%s looked up", name.at,
		is_fine ? colours->good : colours->bad, is_fine ? "ok" : "not ok", colours->end,
		known, plural(known));
	if (site->unknown)
		fprintf(out, ", %zu not", site->unknown);
	fputc('\n', out);
	if (site->error)
		print_finding(2, "unreachable", NULL, site->error, colours, out);
	if (site->pat_ending)
		print_finding(2, "pat_ends_soon", NULL, site->pat_ending, colours, out);
	print_cases(site, colours, out);
}

void verify_report_text(const struct verification *verification, FILE *out)
{
	struct report_colours colours = colours_for(out);
	print_verdict(verification, &colours, out);
	for (size_t i = 0; i < verification->site_count; i++)
		print_site(&verification->sites[i], &colours, out);
}

/* ---- JSON ---- */

static cJSON *site_json(const struct verified_site *site)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "site", site->config->name);
	cJSON_AddBoolToObject(json, "ok", !verified_site_problem(site) && !site->failed);
	json_add_text(json, "error", site->error);
	json_add_time(json, "pat_ends_at", site->pat_ends_at);
	json_add_count(json, "looked_up", (int64_t)(site->case_count - site->unknown));
	json_add_count(json, "not_looked_up", (int64_t)site->unknown);
	return json;
}

static cJSON *finding_of_site(
	const struct verified_site *site, const char *problem, const char *message)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "site", site->config->name);
	json_add_text(json, "file", site->config->place.file);
	json_add_count(json, "line", site->config->place.line);
	json_add_text(json, "problem", problem);
	json_add_text(json, "message", message);
	return json;
}

static cJSON *finding_of_case(const struct verified_site *site,
	const struct verified_case *verified, const char *problem, const char *message)
{
	const struct fixed_selection *wanted = verified->wanted;
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "site", site->config->name);
	json_add_text(json, "rule", wanted->rule);
	json_add_text(json, "file", wanted->file);
	json_add_count(json, "line", wanted->line);
	json_add_text(json, "problem", problem);
	json_add_text(json, "message", message);
	cJSON_AddItemToObject(json, "selection", selection_json(&wanted->selection));
	if (verified->candidate_count)
		cJSON_AddItemToObject(json, "candidates",
			cJSON_CreateStringArray(
				verified->candidates, (int)verified->candidate_count));
	return json;
}

static void add_findings(const struct verified_site *site, cJSON *findings, cJSON *notes)
{
	if (site->error)
		cJSON_AddItemToArray(findings, finding_of_site(site, "unreachable", site->error));
	if (site->pat_ending)
		cJSON_AddItemToArray(
			findings, finding_of_site(site, "pat_ends_soon", site->pat_ending));
	for (size_t i = 0; i < site->case_count; i++) {
		const struct verified_case *verified = &site->cases[i];
		if (verified_case_has_failed(site, verified))
			cJSON_AddItemToArray(
				findings, finding_of_case(site, verified, verified->problem,
						  verified->message));
		if (verified->note)
			cJSON_AddItemToArray(notes,
				finding_of_case(site, verified, "forbidden", verified->note));
	}
}

void verify_report_json(const struct verification *verification, FILE *out)
{
	OWNED_JSON json = cJSON_CreateObject();
	cJSON_AddBoolToObject(json, "ok", !verification->findings);
	json_add_text(json, "asked_by", verification->by_daemon ? "daemon" : "command");
	cJSON *sites = cJSON_AddArrayToObject(json, "sites"),
	      *findings = cJSON_AddArrayToObject(json, "findings"),
	      *notes = cJSON_AddArrayToObject(json, "notes");
	for (size_t i = 0; i < verification->site_count; i++) {
		cJSON_AddItemToArray(sites, site_json(&verification->sites[i]));
		add_findings(&verification->sites[i], findings, notes);
	}
	json_add_count(json, "need_event", (int64_t)verification->need_event);
	json_add_count(json, "disabled", (int64_t)verification->disabled);
	print_json(json, out);
}

/* ---- JUnit ---- */

static void junit_site(const struct verified_site *site, FILE *out)
{
	const struct place *place = &site->config->place;
	const char *problem = verified_site_problem(site);
	OWNED_TEXT struct text message = TEXT(TEXT_UNBOUNDED);
	text_printf(&message, "%s:%d: %s", place->file, place->line,
		site->error        ? site->error
		: site->pat_ending ? site->pat_ending
				   : "");
	if (problem)
		junit_fail(out, place->file, "the site itself", problem, message.at, "");
	else
		junit_pass(out, place->file, "the site itself", NULL);
}

static void junit_case(
	const struct verified_site *site, const struct verified_case *verified, FILE *out)
{
	const struct fixed_selection *wanted = verified->wanted;
	OWNED_TEXT struct text name = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text message = TEXT(TEXT_UNBOUNDED);
	text_printf(&name, "%s: %s", wanted->rule, verified->what);
	if (!verified->problem) {
		junit_pass(out, wanted->file, name.at, verified->note);
	} else if (verified_case_has_failed(site, verified)) {
		text_printf(&message, "%s:%d: %s", wanted->file, wanted->line, verified->message);
		junit_fail(out, wanted->file, name.at, verified->problem, message.at, "");
	} else {
		text_printf(
			&message, "%s:%d: the site could not be asked", wanted->file, wanted->line);
		junit_skip(out, wanted->file, name.at, message.at);
	}
}

static struct junit_counts counts_of(const struct verified_site *site)
{
	return (struct junit_counts){ .tests = site->case_count + 1,
		.failures = site->failed + (verified_site_problem(site) != NULL),
		.skipped = site->unknown };
}

void verify_report_junit(const struct verification *verification, FILE *out)
{
	struct junit_counts all = { 0 };
	for (size_t i = 0; i < verification->site_count; i++) {
		struct junit_counts counts = counts_of(&verification->sites[i]);
		all.tests += counts.tests;
		all.failures += counts.failures;
	}
	junit_begin(out, "refresh-router verify", all);
	for (size_t i = 0; i < verification->site_count; i++) {
		const struct verified_site *site = &verification->sites[i];
		junit_begin_suite(out, site->config->name, counts_of(site));
		junit_site(site, out);
		for (size_t j = 0; j < site->case_count; j++)
			junit_case(site, &site->cases[j], out);
		junit_end_suite(out);
	}
	junit_end(out);
}
