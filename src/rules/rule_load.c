/* rules/rule_load.c - loads one item of `rules` by its table of fields. */
#include "base/name.h"
#include "content/content.h"
#include "rules/lint/lint.h"
#include "rules/lint/lint_rule.h"
#include "rules/load.h"

enum mode { MODE_SEND, MODE_SHADOW };
static const char *const modes[] = { "send", "shadow", NULL };

struct rule_table { /* one item of `rules`, as it is written */
	const char *name, *description, *owner;
	const struct yaml_node *when, *refresh;
	int64_t priority, delay, quiet;
	int mode;
	bool enabled;
};

/* clang-format off */
const struct field rule_fields[] = {
	FIELD_TEXT(rule_table, name, .is_name = true, .required = true, .example = "revenue-after-nightly",
		.help = "What decisions, logs and causes call this rule; unique over all files"),
	FIELD_TEXT(rule_table, description, .example = "Finance dashboards follow the nightly build",
		.help = "For people"),
	FIELD_TEXT(rule_table, owner, .example = "finance-data@example.com", .help = "Whom to ask about this rule"),
	FIELD_SPECIAL(rule_table, when, .schema = "#/definitions/when", .example = "{job_id: 1001, environment_name: Production}",
		.help = "Conditions that must all hold, or a list of such maps of which one must hold; left out: every "
			"successful run. Where they do not mention them, event: job.run.completed and status: success hold too"),
	FIELD_SPECIAL(rule_table, refresh, .required = true, .schema = "#/definitions/refresh",
		.example = "[{site: finance, workbooks: Revenue}]", .help = "What to refresh: a list of selections"),
	FIELD_COUNT(rule_table, priority, .fallback = "50", .min = 0, .max = PRIORITY_MOST, .example = "80",
		.help = "When a site cannot take all refreshes at once, a higher priority goes first"),
	FIELD_DURATION(rule_table, delay, .fallback = "0", .min = 0, .max = (int64_t)30 * 86400 * US_PER_SECOND, .example = "10m",
		.help = "Not sent until this time after the event has passed"),
	FIELD_DURATION(rule_table, quiet, .fallback = "0", .min = 0, .max = (int64_t)30 * 86400 * US_PER_SECOND, .example = "15m",
		.help = "Not sent until the rule has had no new event for this long (but held no longer than give_up_after)"),
	FIELD_CHOICE(rule_table, mode, .choices = modes, .fallback = "send", .example = "shadow",
		.help = "shadow: decided and recorded, never sent to Tableau"),
	FIELD_BOOL(rule_table, enabled, .fallback = "true", .example = "false",
		.help = "false: kept and checked, but never matched"),
	{ 0 },
};
/* clang-format on */

static void name_check(struct loading *loading, const struct yaml_node *node, const char *name)
{
	const struct yaml_node *written = yaml_get(node, "name");
	struct place place = written ? written->place : node->place;
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f) {
			loading_problem(loading, PROBLEM_BAD_VALUE, place,
				"the name of a rule has no control characters or line breaks");
			return;
		}
	struct str key = loading_intern_str(loading, str_of(name));
	uint32_t *number = lookup_add(loading->names, RULE_TAG, key);
	if (*number == LOOKUP_NONE) {
		*number = (uint32_t)loading->ruleset->rule_count;
		return;
	}
	const struct rule *first = &loading->ruleset->rules[*number];
	loading_problem(loading, PROBLEM_DUPLICATE_RULE, place,
		"a rule named '%s' is already at %s:%d", loading_quote(loading, key), first->file,
		first->line);
}

/* Collects the names of captures, each once, for templates. */
static void captures_finish(
	struct loading *loading, const struct captures *captures, struct rule *rule)
{
	if (!captures->count)
		return;
	const char **names = arena_array(loading->ruleset->arena, const char *, captures->count);
	rule->captures = names;
	for (size_t i = 0; i < captures->count; i++) {
		bool is_new = true;
		for (size_t j = 0; j < rule->capture_count; j++)
			is_new &= names[j] != captures->items[i].name; /* interned */
		if (is_new && rule->capture_count < UINT16_MAX)
			names[rule->capture_count++] = captures->items[i].name;
	}
}

static void refreshes_load(struct loading *loading, const struct yaml_node *node, struct rule *rule)
{
	if (node->type != YAML_LIST) {
		if (yaml_is_null(node))
			loading_problem(loading, PROBLEM_NO_REFRESH, node->place,
				"'refresh' is empty, so this rule does nothing");
		else
			loading_problem(loading, PROBLEM_WRONG_TYPE, node->place,
				"'refresh' wants a list of selections, not %s",
				yaml_type_name(node));
		return;
	}
	if (!node->count)
		loading_problem(loading, PROBLEM_NO_REFRESH, node->place,
			"'refresh' is empty, so this rule does nothing");
	struct rule_refresh *refreshes =
		arena_array(loading->ruleset->arena, struct rule_refresh, node->count);
	rule->refreshes = refreshes;
	rule->refresh_count = (uint32_t)node->count;
	for (size_t i = 0; i < node->count; i++)
		IGNORE(refresh_load(loading, node->items[i], rule,
			&refreshes[i])); /* the loader has reported the problem */
}

static const char *intern_or_null(struct loading *loading, const char *text)
{
	return text ? loading_intern(loading, str_of(text)) : NULL;
}

/* Where the rule stands, for what is found when all are read. */
static void rule_note(struct loading *loading, const struct yaml_node *node)
{
	const struct yaml_node *name = yaml_get(node, "name");
	struct place place = name ? name->place : node->place;
	place.file = loading->file_name;
	if (loading->lint)
		lint_note_rule(loading->lint, place);
}

void rule_load(struct loading *loading, const struct yaml_node *node)
{
	struct rule_table table = { 0 };
	size_t errors = problems_error_count(loading->problems);
	if (node->type != YAML_MAP) {
		loading_problem(loading, PROBLEM_WRONG_TYPE, node->place,
			"a rule is a map with name, when and refresh, not %s",
			yaml_type_name(node));
		return;
	}
	IGNORE(fields_load(rule_fields, node, "a rule", loading->file, &table, loading->scratch,
		loading->problems));
	if (table.name) {
		table.name = name_normal(str_of(table.name), loading->scratch).at;
		name_check(loading, node, table.name);
	}
	struct rule rule = {
		.name = loading_intern(loading, str_of(table.name ? table.name : "")),
		.description = intern_or_null(loading, table.description),
		.owner = intern_or_null(loading, table.owner),
		.file = loading->file_name,
		.line = node->place.line,
		.priority = (uint8_t)table.priority,
		.delay = table.delay,
		.quiet = table.quiet,
		.enabled = table.enabled,
		.shadow = table.mode == MODE_SHADOW,
	};
	struct captures captures = { 0 };
	when_load(loading, table.when, &rule, &captures);
	captures_finish(loading, &captures, &rule);
	if (table.refresh)
		refreshes_load(loading, table.refresh, &rule);
	/* What is wrong may be the very part that seems to be missing. */
	if (problems_error_count(loading->problems) == errors) {
		lint_rule_scope(loading, node, &rule);
		lint_rule_alternatives(loading, node, &rule);
		lint_rule_fields(loading, node, &rule);
		lint_rule_captures(loading, &captures, &rule);
	}
	free(captures.items);
	rule_note(loading, node);
	struct ruleset *ruleset = loading->ruleset;
	mem_grow(&ruleset->rules, &ruleset->rule_capacity, ruleset->rule_count);
	ruleset->rules[ruleset->rule_count++] = rule;
}
