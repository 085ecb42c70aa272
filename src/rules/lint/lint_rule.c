/* rules/lint/lint_rule.c - a rule that follows every dbt job, captures that nothing uses, patterns
 * that seem to be names. */
#include "rules/lint/lint_rule.h"

#include <assert.h>
#include <ctype.h>

#include "event/status.h"
#include "rules/lint/implied.h"

static bool is_check(const struct loading *loading)
{
	return loading->known && loading->known->is_check;
}

/* ---- every dbt job -------------------------------------------------------------------------- */

/* Does a condition on the field pick some dbt jobs? A source or webhook stands for the jobs that
 * its subscription in dbt has (src/event/README.md). */
static bool is_scope(enum event_field field)
{
	static const enum event_field fields[] = { EVENT_JOB_ID, EVENT_JOB_NAME,
		EVENT_ENVIRONMENT_ID, EVENT_ENVIRONMENT_NAME, EVENT_PROJECT_ID, EVENT_PROJECT_NAME,
		EVENT_SOURCE, EVENT_WEBHOOK_ID, EVENT_WEBHOOK_NAME };
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (fields[i] == field)
			return true;
	return false;
}

/* One run, or runs that were started in one way: not every run. */
static bool is_choice(enum event_field field)
{
	return is_scope(field) || field == EVENT_RUN_ID || field == EVENT_EVENT_ID ||
	       field == EVENT_RUN_REASON || field == EVENT_STATUS_MESSAGE;
}

static bool is_open(const struct rule_branch *branch)
{
	for (uint32_t i = 0; i < branch->when.count; i++)
		if (is_choice(branch->when.conditions[i].field))
			return false;
	for (uint32_t i = 0; i < branch->not_count; i++)
		for (uint32_t j = 0; j < branch->nots[i].count; j++)
			if (is_scope(branch->nots[i].conditions[j].field))
				return false;
	return true;
}

void lint_rule_scope(struct loading *loading, const struct yaml_node *node, const struct rule *rule)
{
	const struct yaml_node *when = yaml_get(node, "when"), *name = yaml_get(node, "name");
	for (uint32_t i = 0; is_check(loading) && rule->enabled && i < rule->branch_count; i++) {
		const struct yaml_node *place = when;
		if (!is_open(&rule->branches[i]))
			continue;
		if (when && when->type == YAML_LIST)
			place = when->items[i];
		else if (!when || !when->count)
			place = name ? name : node;
		loading_problem(loading, PROBLEM_UNRESTRICTED_RULE, place->place,
			"%s of rule '%s' names no dbt job, environment or project, so the runs of "
			"all of them count; add job_id, job_name, environment_name or project_name",
			rule->branch_count > 1 ? "this alternative" : "'when'",
			loading_quote(loading, str_of(rule->name)));
	}
}

/* ---- alternatives --------------------------------------------------------------------------- */

#define ALTERNATIVES_MOST 50 /* each is compared with each; further ones are not */

/* The alternative that lets all events of this one in; of equal ones the first is needed.
 * branch_count: none. */
static uint32_t wider_than(
	const struct implying *implying, const struct rule *rule, uint32_t number)
{
	const struct rule_branch *branches = rule->branches;
	for (uint32_t i = 0; i < rule->branch_count; i++)
		if (i != number && implied_branch(implying, &branches[number], &branches[i]) &&
			(i < number || !implied_branch(implying, &branches[i], &branches[number])))
			return i;
	return rule->branch_count;
}

void lint_rule_alternatives(
	struct loading *loading, const struct yaml_node *node, const struct rule *rule)
{
	const struct yaml_node *when = yaml_get(node, "when");
	/* with captures, it matters which alternative matches */
	if (!is_check(loading) || rule->branch_count < 2 ||
		rule->branch_count > ALTERNATIVES_MOST || rule->capture_count)
		return;
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	const struct implying implying = { loading->ruleset, scratch };
	for (uint32_t i = 0; i < rule->branch_count; i++) {
		uint32_t wider = wider_than(&implying, rule, i);
		if (wider == rule->branch_count)
			continue;
		loading_problem(loading, PROBLEM_REDUNDANT_ALTERNATIVE, when->items[i]->place,
			"this alternative adds nothing: what it lets in, another lets in too");
		problem_relate(loading->problems, when->items[wider]->place, loading->file->source,
			"the other one is here");
	}
}

/* What a field is about: a job, environment or project, by its id; of others the field itself. */
static enum event_field subject_of(enum event_field field)
{
	static const enum event_field named[][2] = { { EVENT_JOB_NAME, EVENT_JOB_ID },
		{ EVENT_ENVIRONMENT_NAME, EVENT_ENVIRONMENT_ID },
		{ EVENT_PROJECT_NAME, EVENT_PROJECT_ID },
		{ EVENT_WEBHOOK_NAME, EVENT_WEBHOOK_ID } };
	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		if (named[i][0] == field)
			return named[i][1];
	return field;
}

/* The only field that is written in the alternative; -1: there are none, or several. */
static int only_field(const struct yaml_node *map, const struct rule_branch *branch)
{
	for (uint32_t i = 0; map->count == 1 && i < branch->when.count; i++)
		if (is_choice(branch->when.conditions[i].field))
			return (int)branch->when.conditions[i].field;
	return -1;
}

/* Alternatives of one field each, and of different subjects: `and` may have been meant. */
void lint_rule_fields(
	struct loading *loading, const struct yaml_node *node, const struct rule *rule)
{
	const struct yaml_node *when = yaml_get(node, "when");
	OWNED_TEXT struct text fields = TEXT(TEXT_UNBOUNDED);
	uint64_t seen = 0;
	if (!is_check(loading) || rule->branch_count < 2)
		return;
	static_assert(EVENT_FIELD_COUNT <= 64, "a bit for each");
	for (uint32_t i = 0; i < rule->branch_count; i++) {
		int field = only_field(when->items[i], &rule->branches[i]);
		if (field < 0)
			return;
		uint64_t subject = UINT64_C(1) << subject_of((enum event_field)field);
		if (seen & subject)
			return;
		seen |= subject;
		text_printf(&fields, "%s%s", i ? ", " : "",
			event_field_describe((enum event_field)field)->name);
	}
	loading_problem(loading, PROBLEM_ONE_OF_FIELDS, when->place,
		"each map of this list is enough by itself (%s); write one map if all of it must "
		"hold",
		fields.at);
}

/* ---- captures ------------------------------------------------------------------------------- */

static bool template_uses(const struct template *template, const char *capture)
{
	for (uint32_t i = 0; i < template->part_count; i++)
		if (template->parts[i].source >= TEMPLATE_CAPTURE &&
			str_is(template->parts[i].literal, capture))
			return true;
	return false;
}

static bool is_used(const struct rule *rule, const char *capture)
{
	for (uint32_t i = 0; i < rule->refresh_count; i++) {
		const struct rule_refresh *refresh = &rule->refreshes[i];
		if (template_uses(&refresh->site, capture) ||
			template_uses(&refresh->project, capture) ||
			template_uses(&refresh->project_luid, capture) ||
			template_uses(&refresh->tag, capture) ||
			template_uses(&refresh->owner, capture))
			return true;
		for (uint32_t j = 0; j < refresh->selector_count; j++)
			if (template_uses(&refresh->selectors[j].text, capture))
				return true;
	}
	return false;
}

/* Does the pattern itself name the group again: \k<name>, (?&name) and their kin? */
static bool is_named_again(struct str pattern, const char *capture)
{
	size_t length = strlen(capture), found = 0;
	for (size_t i = 0; i + length <= pattern.length; i++)
		found += memcmp(pattern.at + i, capture, length) == 0;
	return found > 1;
}

static const struct capture *first_of(const struct captures *captures, const char *name)
{
	const struct capture *capture = captures->items;
	while (capture->name != name) /* interned */
		capture++;
	return capture;
}

#define NAMES_MOST 100 /* further captures of one rule are not looked at */

void lint_rule_captures(
	struct loading *loading, const struct captures *captures, const struct rule *rule)
{
	for (uint16_t i = 0; is_check(loading) && i < rule->capture_count && i < NAMES_MOST; i++) {
		const char *name = rule->captures[i];
		const struct capture *capture = first_of(captures, name);
		if (!is_used(rule, name) && !is_named_again(capture->node->text, name))
			loading_problem(loading, PROBLEM_UNUSED_CAPTURE, capture->node->place,
				"nothing uses the capture '%s'; write ${%s} in a selection, or "
				"(?:...) for a group that captures nothing",
				name, name);
	}
}

/* ---- patterns that seem to be names --------------------------------------------------------- */

/* A word: letters, digits and what stands between them. `mart_` is meant as a part of names. */
static bool is_word(struct str body)
{
	for (size_t i = 0; i < body.length; i++) {
		unsigned char c = (unsigned char)body.at[i];
		bool is_inner = c == ' ' || c == '_' || c == '-' || c == '&' || c == ',';
		bool is_end = !i || i + 1 == body.length;
		if (!isalnum(c) && c < 0x80 && (!is_inner || is_end))
			return false;
	}
	return body.length > 0;
}

static void look(struct loading *loading, const struct yaml_node *node, const char *what)
{
	struct str written = node->text;
	size_t end = written.length;
	while (end > 1 && written.at[end - 1] != '/')
		end--;
	if (!is_check(loading) || end < 3 || node->has_escape)
		return;
	struct str body = { written.at + 1, end - 2 },
		   flags = { written.at + end, written.length - end };
	if (!is_word(body) || (flags.length && memchr(flags.at, 'x', flags.length)))
		return;
	const char *word = loading_quote(loading, body);
	loading_problem(loading, PROBLEM_UNANCHORED_NAME, node->place,
		"%s finds every %s with this in it, also '%s old'; for that name alone write "
		"%s%s%s%.*s",
		loading_quote(loading, written), what, word, flags.length ? "/^" : "", word,
		flags.length ? "$/" : "", (int)flags.length, flags.length ? flags.at : "");
}

/* dbt has few statuses and event types; a pattern that finds none of them waits for nothing. */
static void look_at_known(struct loading *loading, const struct yaml_node *node,
	const struct pattern *pattern, const char *what, const char *const *known)
{
	OWNED_TEXT struct text list = TEXT(TEXT_UNBOUNDED);
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	for (; is_check(loading) && *known; known++) {
		if (pattern_search(pattern, str_of(*known), scratch) != SEARCH_NO)
			return;
		text_printf(&list, "%s%s", list.length ? ", " : "", *known);
	}
	if (list.length)
		loading_problem(loading, PROBLEM_USELESS_VALUE, node->place,
			"%s finds no %s that dbt is known to send: %s",
			loading_quote(loading, node->text), what, list.at);
}

void lint_rule_pattern(struct loading *loading, const struct yaml_node *node,
	const struct pattern *pattern, enum event_field field)
{
	if (field == EVENT_STATUS)
		look_at_known(loading, node, pattern, "status", status_names);
	if (field == EVENT_EVENT)
		look_at_known(loading, node, pattern, "event type", event_types);
	if (field == EVENT_JOB_NAME || field == EVENT_ENVIRONMENT_NAME ||
		field == EVENT_PROJECT_NAME || field == EVENT_WEBHOOK_NAME || field == EVENT_SOURCE)
		look(loading, node, event_field_describe(field)->name);
}

void lint_rule_selector(struct loading *loading, const struct yaml_node *node)
{
	look(loading, node, "name");
}
