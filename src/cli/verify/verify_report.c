/* cli/verify/verify_report.c - what `verify` found, as JSON or JUnit. */
#include "cli/verify/verify_report.h"
#include "cli/junit.h"
#include "cli/print.h"

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
		cJSON_AddItemToArray(findings, finding_of_site(site, site->problem, site->error));
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

static cJSON *source_json(const struct verified_source *source)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "source", source->config->name);
	cJSON_AddBoolToObject(json, "ok", !source->error && !source->finding_count);
	json_add_text(json, "error", source->error);
	json_add_count(json, "webhooks", (int64_t)source->webhooks);
	return json;
}

static cJSON *finding_of_source(const struct verified_source *source, const struct awaited *awaited,
	const char *problem, const char *message)
{
	const struct place *place = &source->config->place;
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "source", source->config->name);
	json_add_text(json, "rule", awaited ? awaited->rule : NULL);
	json_add_text(json, "file", awaited ? awaited->file : place->file);
	json_add_count(json, "line", awaited ? awaited->line : place->line);
	json_add_text(json, "problem", problem);
	json_add_text(json, "message", message);
	return json;
}

static void add_findings_of_source(const struct verified_source *source, cJSON *findings)
{
	if (source->error)
		cJSON_AddItemToArray(
			findings, finding_of_source(source, NULL, source->problem, source->error));
	for (size_t i = 0; i < source->finding_count; i++) {
		const struct source_finding *finding = &source->findings[i];
		cJSON_AddItemToArray(findings, finding_of_source(source, finding->awaited,
						       finding->problem, finding->message));
	}
}

void verify_report_json(const struct verification *verification, FILE *out)
{
	OWNED_JSON json = cJSON_CreateObject();
	cJSON_AddBoolToObject(json, "ok", !verification->findings);
	json_add_text(json, "asked_by", verification->by_daemon ? "daemon" : "command");
	cJSON *sites = cJSON_AddArrayToObject(json, "sites"),
	      *sources = cJSON_AddArrayToObject(json, "sources"),
	      *findings = cJSON_AddArrayToObject(json, "findings"),
	      *notes = cJSON_AddArrayToObject(json, "notes");
	for (size_t i = 0; i < verification->site_count; i++) {
		cJSON_AddItemToArray(sites, site_json(&verification->sites[i]));
		add_findings(&verification->sites[i], findings, notes);
	}
	for (size_t i = 0; i < verification->source_count; i++) {
		cJSON_AddItemToArray(sources, source_json(&verification->sources[i]));
		add_findings_of_source(&verification->sources[i], findings);
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

static void junit_source_finding(
	const struct verified_source *source, const struct source_finding *finding, FILE *out)
{
	const struct awaited *awaited = finding->awaited;
	const struct place *place = &source->config->place;
	const char *file = awaited ? awaited->file : place->file;
	OWNED_TEXT struct text name = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text message = TEXT(TEXT_UNBOUNDED);
	text_printf(&name, "%s: events that dbt sends", awaited ? awaited->rule : "the webhook");
	text_printf(&message, "%s:%d: %s", file, awaited ? awaited->line : place->line,
		finding->message);
	junit_fail(out, file, name.at, finding->problem, message.at, "");
}

/* The source itself, and each finding. */
static struct junit_counts counts_of_source(const struct verified_source *source)
{
	return (struct junit_counts){ .tests = source->finding_count + 1,
		.failures = source->finding_count + (source->error != NULL) };
}

static void junit_source(const struct verified_source *source, FILE *out)
{
	const struct place *place = &source->config->place;
	OWNED_TEXT struct text name = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text message = TEXT(TEXT_UNBOUNDED);
	text_printf(&name, "source %s", source->config->name);
	junit_begin_suite(out, name.at, counts_of_source(source));
	text_printf(&message, "%s:%d: %s", place->file, place->line,
		source->error ? source->error : "");
	if (source->error)
		junit_fail(out, place->file, "dbt's API", source->problem, message.at, "");
	else
		junit_pass(out, place->file, "dbt's API", NULL);
	for (size_t i = 0; i < source->finding_count; i++)
		junit_source_finding(source, &source->findings[i], out);
	junit_end_suite(out);
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
	for (size_t i = 0; i < verification->source_count; i++) {
		struct junit_counts counts = counts_of_source(&verification->sources[i]);
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
	for (size_t i = 0; i < verification->source_count; i++)
		junit_source(&verification->sources[i], out);
	junit_end(out);
}
