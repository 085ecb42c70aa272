/* cli/verify/verify_text.c - what `verify` found, for people. */
#include "base/visible.h"
#include "cli/print.h"
#include "cli/verify/verify_report.h"

#define MESSAGE_COLUMN 17 /* beside the longest word */

struct report_colours {
	const char *good, *bad, *end;
};

static struct report_colours colours_for(FILE *out)
{
	if (!print_is_coloured(out))
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
	if (verification->source_count)
		text_printf(&rest, ", and the webhooks of %zu source%s", verification->source_count,
			plural(verification->source_count));
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
		if (!shown || !text_is(shown->rule, wanted->rule) || shown->line != wanted->line)
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
		print_finding(2, site->problem, NULL, site->error, colours, out);
	if (site->pat_ending)
		print_finding(2, "pat_ends_soon", NULL, site->pat_ending, colours, out);
	print_cases(site, colours, out);
}

static void print_source(
	const struct verified_source *source, const struct report_colours *colours, FILE *out)
{
	const struct awaited *shown = NULL;
	bool is_fine = !source->error && !source->finding_count;
	/* a source's name has no characters that are not plain */
	fprintf(out, "\nsource %s: %s%s%s", source->config->name,
		is_fine ? colours->good : colours->bad, is_fine ? "ok" : "not ok", colours->end);
	if (!source->error)
		fprintf(out, ", %zu active webhook%s of dbt's", source->webhooks,
			plural(source->webhooks));
	fputc('\n', out);
	if (source->error)
		print_finding(2, source->problem, NULL, source->error, colours, out);
	for (size_t i = 0; i < source->finding_count; i++) {
		const struct source_finding *finding = &source->findings[i];
		const struct awaited *awaited = finding->awaited;
		if (awaited && (!shown || !text_is(shown->rule, awaited->rule)))
			print_line(out, "  %s:%d: rule '%s'", awaited->file, awaited->line,
				awaited->rule);
		shown = awaited;
		print_finding(
			awaited ? 4 : 2, finding->problem, NULL, finding->message, colours, out);
	}
}

void verify_report_text(const struct verification *verification, FILE *out)
{
	struct report_colours colours = colours_for(out);
	print_verdict(verification, &colours, out);
	for (size_t i = 0; i < verification->site_count; i++)
		print_site(&verification->sites[i], &colours, out);
	for (size_t i = 0; i < verification->source_count; i++)
		print_source(&verification->sources[i], &colours, out);
}
