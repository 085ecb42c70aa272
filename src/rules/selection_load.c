/* rules/selection_load.c - loads one entry under `refresh` by its table of fields. */
#include "base/yaml/yaml_look.h"
#include "rules/lint/exact.h"
#include "rules/lint/growth.h"
#include "rules/lint/lint.h"
#include "rules/lint/lint_rule.h"
#include "rules/luid.h"
#include "rules/template.h"
#include "rules/written.h"

struct refresh_table { /* one entry under `refresh`, as it is written */
	const char *site, *tag, *owner;
	const struct yaml_node *project, *workbooks, *datasources, *flows, *tasks, *allow;
	bool incremental;
};

/* clang-format off */
const struct field refresh_fields[] = {
	FIELD_TEXT(refresh_table, site, .is_name = true, .required = true, .example = "finance",
		.help = "Name of a site of the configuration; may contain ${...}"),
	FIELD_SPECIAL(refresh_table, workbooks, .schema = "#/definitions/selectors", .example = "[Revenue, \"P&L, by month\"]",
		.help = "Workbooks: exact name, /pattern/, {id: LUID}, a list of these, or {} for all that project, tag and owner leave."
			" ${name} is a named capture or an event field, taken literally inside a pattern; $${ is a literal ${"),
	FIELD_SPECIAL(refresh_table, datasources, .schema = "#/definitions/selectors", .example = "\"sales_${region}\"",
		.help = "Published data sources, written as workbooks are"),
	FIELD_SPECIAL(refresh_table, flows, .schema = "#/definitions/selectors", .example = "Prepare sales",
		.help = "Prep flows, written as workbooks are; tag and incremental do not exist for them"),
	FIELD_SPECIAL(refresh_table, tasks, .schema = "#/definitions/tasks", .example = "9b0e5f4c-3f4a-4d5e-8a6b-0f1d2c3b4a59",
		.help = "LUIDs of extract refresh tasks: one or a list"),
	FIELD_SPECIAL(refresh_table, project, .schema = "#/definitions/project", .example = "Finance/Daily",
		.help = "Only content in this project: path of nested projects with '/' between (a '/' inside a name is written \\/),"
			" or {id: LUID}"),
	FIELD_TEXT(refresh_table, tag, .is_name = true, .example = "nightly", .help = "Only content that carries this tag"),
	FIELD_TEXT(refresh_table, owner, .is_name = true, .example = "ana@example.com",
		.help = "Only content of this owner: full name, user name or e-mail address"),
	FIELD_SPECIAL(refresh_table, allow, .schema = "#/definitions/allow", .example = "many",
		.help = "An exact name must find exactly one item, unless: many (all of that name are refreshed),"
			" none (finding nothing is fine)"),
	FIELD_BOOL(refresh_table, incremental, .fallback = "false", .example = "true",
		.help = "Refresh incrementally, where the extract is set up for it"),
	{ 0 },
};
/* clang-format on */

struct entry_reading { /* one entry */
	struct loading *loading;
	const struct yaml_node *node;
	const struct rule *rule;
	struct rule_refresh *refresh;
};

/* People copy ids from Tableau's answers and forget the map around them. */
static void look_for_luid(
	struct entry_reading *reading, const char *field, const struct yaml_node *node)
{
	char luid[LUID_TEXT_SIZE];
	if (luid_normalise(node->text, luid))
		loading_problem(reading->loading, PROBLEM_LOOKS_LIKE_LUID, node->place,
			"'%s' is a name here; as an id, write '%s: {id: %s}'", luid, field, luid);
}

static bool narrowing_load(
	struct entry_reading *reading, const char *name, struct template *template)
{
	const struct yaml_node *node = yaml_get(reading->node, name);
	if (!node || node->type != YAML_SCALAR || yaml_is_null(node))
		return true; /* absent, or reported by its table */
	if (!node->text.length)
		return loading_problem(reading->loading, PROBLEM_BAD_VALUE, node->place,
			"'%s' is empty; leave it out when it shall not narrow anything", name);
	return template_load(reading->loading, node, reading->rule, template);
}

/* A path with an empty part leads nowhere, and a reader would take `/name/` for a pattern. */
static bool path_check(struct entry_reading *reading, const struct yaml_node *node)
{
	struct str path = reading->refresh->project.text;
	bool is_part_empty = true, is_good = true, has_blank = false;
	for (size_t i = 0; i < path.length; i++) {
		bool is_slash = path.at[i] == '/' && (!i || path.at[i - 1] != '\\');
		bool is_blank = is_slash && i + 1 < path.length && path.at[i + 1] == ' ';
		has_blank |= is_blank || (is_slash && i && path.at[i - 1] == ' ');
		is_good &= !(is_slash && is_part_empty);
		is_part_empty = is_slash;
	}
	if (is_good && has_blank)
		loading_problem(reading->loading, PROBLEM_STRAY_BLANK, node->place,
			"a blank beside '/' is a part of the project's name; write 'A/B'");
	if (!path.length || (is_good && !is_part_empty))
		return true;
	return loading_problem(reading->loading, PROBLEM_BAD_VALUE, node->place,
		"'%s' is no path of projects: one name or several with '/' between, and no pattern",
		loading_quote(reading->loading, path));
}

static bool site_load(struct entry_reading *reading)
{
	struct loading *loading = reading->loading;
	const struct ruleset_known *known = loading->known;
	struct template *site = &reading->refresh->site;
	const struct yaml_node *node = yaml_get(reading->node, "site");
	if (!node || node->type != YAML_SCALAR)
		return true; /* the field's table reports that, and the empty text */
	if (!node->text.length || !template_load(loading, node, reading->rule, site))
		return false;
	if (!template_is_literal(site) || !known || !known->sites.items ||
		lookup_find(loading->names, SITE_TAG, site->text) != LOOKUP_NONE)
		return true;
	return loading_problem(loading, PROBLEM_UNKNOWN_SITE, node->place,
		"the configuration has no site '%s'%s", loading_quote(loading, site->text),
		loading_suggest(loading, site->text, known->sites.items, known->sites.count));
}

static bool luid_load(
	struct entry_reading *reading, const struct yaml_node *node, struct template *template)
{
	struct loading *loading = reading->loading;
	if (node->type != YAML_SCALAR)
		return loading_problem(loading, PROBLEM_WRONG_TYPE, node->place,
			"a LUID is a text, not %s", yaml_type_name(node));
	if (!template_load(loading, node, reading->rule, template))
		return false;
	if (!template_is_literal(template))
		return true;
	char luid[LUID_TEXT_SIZE];
	if (!luid_normalise(template->text, luid))
		return loading_problem(loading, PROBLEM_BAD_VALUE, node->place,
			"'%s' is no LUID; one looks like 9b0e5f4c-3f4a-4d5e-8a6b-0f1d2c3b4a59",
			loading_quote(loading, node->text));
	template->text = loading_intern_str(loading, str_of(luid));
	return true;
}

static bool value_get(struct entry_reading *reading, const char *field, const struct yaml_node *map,
	const struct yaml_node **value, enum select_by *by)
{
	struct loading *loading = reading->loading;
	struct written written = { loading->file, loading->problems, loading->scratch };
	return written_value(&written, field, map, value, by);
}

/* Loads a path of nested projects, or the LUID of one. */
static bool project_load(struct entry_reading *reading, const struct yaml_node *node)
{
	struct loading *loading = reading->loading;
	struct rule_refresh *refresh = reading->refresh;
	const struct yaml_node *id;
	enum select_by by = SELECT_COUNT;
	if (!node)
		return true;
	if (node->type == YAML_LIST || yaml_is_null(node))
		return loading_problem(loading, PROBLEM_WRONG_TYPE, node->place,
			"'project' is one path of projects, or {id: LUID}");
	if (node->type == YAML_SCALAR) {
		yaml_look(node, YAML_NAME, loading->file->source, loading->problems);
		look_for_luid(reading, "project", node);
		return narrowing_load(reading, "project", &refresh->project) &&
		       path_check(reading, node);
	}
	if (!value_get(reading, "project", node, &id, &by))
		return false;
	if (id && by == SELECT_LUID)
		return luid_load(reading, id, &refresh->project_luid);
	return loading_problem(
		loading, PROBLEM_WRONG_TYPE, node->place, "the map in 'project' needs an 'id'");
}

/* A pattern with `${name}` in it is compiled only when there is an event; now a dummy value shows
 * whether it can compile. */
static bool pattern_load(
	struct entry_reading *reading, const struct yaml_node *node, struct rule_selector *selector)
{
	struct loading *loading = reading->loading;
	struct error err = { 0 };
	size_t offset = 0;
	selector->by = SELECT_PATTERN;
	yaml_look(node, YAML_PATTERN, loading->file->source, loading->problems);
	if (!template_load(loading, node, reading->rule, &selector->text))
		return false;
	OWNED_TEXT struct text written = TEXT(TEXT_UNBOUNDED);
	template_dummy(&selector->text, "x", &written);
	if (!pattern_is_written(text_str(&written)))
		return loading_problem(loading, PROBLEM_BAD_PATTERN, node->place,
			"'%s' begins with '/' but does not end with '/' and flags (i x s m); for "
			"that exact name, write /^\\/...$/",
			loading_quote(loading, node->text));
	OWNED(pattern) pattern = pattern_compile(text_str(&written), &offset, &err);
	if (pattern) {
		growth_look(loading, node, pattern);
		lint_rule_selector(loading, node);
	}
	return pattern ||
	       loading_problem(loading, PROBLEM_BAD_PATTERN, node->place, "the pattern %s: %s",
		       loading_quote(loading, node->text), err.message);
}

static bool scalar_load(
	struct entry_reading *reading, const struct yaml_node *node, struct rule_selector *selector)
{
	struct loading *loading = reading->loading;
	if (yaml_is_null(node))
		return loading_problem(loading, PROBLEM_WRONG_TYPE, node->place,
			"'%s' has no value; write {} for all that project, tag and owner leave%s",
			kind_plural(reading->refresh->kind), yaml_null_hint(node));
	if (!node->text.length)
		return loading_problem(loading, PROBLEM_BAD_VALUE, node->place,
			"the name of a %s is not empty", kind_name(reading->refresh->kind));
	if (reading->refresh->kind == CONTENT_TASK) {
		selector->by = SELECT_LUID;
		return luid_load(reading, node, &selector->text);
	}
	if (str_starts(node->text, "/"))
		return pattern_load(reading, node, selector);
	selector->by = SELECT_NAME;
	exact_look(loading, node);
	look_for_luid(reading, kind_plural(reading->refresh->kind), node);
	return template_load(loading, node, reading->rule, &selector->text);
}

/* A LUID has a form of its own; what another key selects by is a text. */
static bool keyed_load(
	struct entry_reading *reading, const struct yaml_node *node, struct rule_selector *selector)
{
	if (selector->by == SELECT_LUID)
		return luid_load(reading, node, &selector->text);
	if (node->type != YAML_SCALAR || !node->text.length)
		return loading_problem(reading->loading, PROBLEM_WRONG_TYPE, node->place,
			"what selects %s is a text that is not empty",
			kind_plural(reading->refresh->kind));
	return template_load(reading->loading, node, reading->rule, &selector->text);
}

static bool selector_load(struct entry_reading *reading, const struct yaml_node *node, bool is_item,
	struct rule_selector *selector)
{
	struct loading *loading = reading->loading;
	enum content_kind kind = reading->refresh->kind;
	if (node->type == YAML_SCALAR)
		return scalar_load(reading, node, selector);
	if (node->type == YAML_LIST)
		return loading_problem(loading, PROBLEM_WRONG_TYPE, node->place,
			"a list inside the list of '%s'", kind_plural(kind));
	const struct yaml_node *value;
	selector->by = SELECT_ALL;
	if (!value_get(reading, kind_plural(kind), node, &value, &selector->by))
		return false;
	if (value)
		return keyed_load(reading, value, selector);
	if (kind == CONTENT_TASK || is_item)
		return loading_problem(loading, PROBLEM_WRONG_TYPE, node->place,
			"%s in '%s' needs an 'id'", is_item ? "a map" : "the map",
			kind_plural(kind));
	const struct rule_refresh *refresh = reading->refresh;
	if (refresh->project.text.at || refresh->project_luid.text.at || refresh->tag.text.at ||
		refresh->owner.text.at)
		return true;
	return loading_problem(loading, PROBLEM_SELECTION_EMPTY, node->place,
		"'%s: {}' would be every %s of the site; name some, or add 'project', 'tag' or "
		"'owner'",
		kind_plural(kind), kind_name(kind));
}

static bool selectors_load(struct entry_reading *reading, const struct yaml_node *node)
{
	struct rule_refresh *refresh = reading->refresh;
	bool is_list = node->type == YAML_LIST, is_good = true;
	size_t count = is_list ? node->count : 1;
	if (!count)
		return loading_problem(reading->loading, PROBLEM_BAD_VALUE, node->place,
			"the list of '%s' is empty, so nothing would be refreshed",
			kind_plural(refresh->kind));
	struct rule_selector *selectors =
		arena_array(reading->loading->ruleset->arena, struct rule_selector, count);
	refresh->selectors = selectors;
	refresh->selector_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = is_list ? node->items[i] : node;
		selectors[i].line = item->place.line;
		is_good &= selector_load(reading, item, is_list, &selectors[i]);
		if (reading->loading->lint)
			lint_note_selector(reading->loading->lint, item->place);
	}
	return is_good;
}

/* `is_whole` is false when a field was wrong: that field may be the one that seems to be
 * missing. */
static bool kind_load(
	struct entry_reading *reading, const struct refresh_table *table, bool is_whole)
{
	const struct yaml_node *nodes[CONTENT_KIND_COUNT] = { [CONTENT_WORKBOOK] = table->workbooks,
		[CONTENT_DATASOURCE] = table->datasources,
		[CONTENT_FLOW] = table->flows,
		[CONTENT_TASK] = table->tasks };
	enum content_kind kinds[CONTENT_KIND_COUNT];
	size_t count = written_kinds(nodes, kinds);
	if (count > 1)
		return loading_problem(reading->loading, PROBLEM_SELECTION_KIND,
			nodes[kinds[1]]->place, "'%s' and '%s' in one selection; make two of it",
			kind_plural(kinds[0]), kind_plural(kinds[1]));
	if (!count)
		return is_whole &&
		       loading_problem(reading->loading, PROBLEM_SELECTION_KIND,
			       reading->node->place,
			       "a selection names one of workbooks, datasources, flows, tasks"
			       " (workbooks: {} for all that project, tag and owner leave)");
	reading->refresh->kind = kinds[0];
	return selectors_load(reading, nodes[kinds[0]]);
}

/* Reports narrowing that Tableau does not have: flows have no filter by tag (src/tableau/README.md,
 * Filters), only extracts refresh incrementally (Refreshing), and a task has its own settings. */
static bool narrowing_check(struct entry_reading *reading, const struct refresh_table *table)
{
	static const char *const names[] = { "project", "tag", "owner", "incremental" };
	enum content_kind kind = reading->refresh->kind;
	bool is_good = true;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct yaml_node *node = yaml_get(reading->node, names[i]);
		bool is_incremental = text_is(names[i], "incremental");
		if (!node || (is_incremental && !table->incremental))
			continue;
		if (kind == CONTENT_TASK ||
			(kind == CONTENT_FLOW && (is_incremental || text_is(names[i], "tag"))))
			is_good = loading_problem(reading->loading, PROBLEM_SELECTION_NARROW,
				node->place,
				kind == CONTENT_TASK ? "'%s' does not go with 'tasks': a LUID "
						       "names one task and all it does"
						     : "'%s' does not exist for flows",
				names[i]);
	}
	return is_good;
}

static bool allow_load(struct entry_reading *reading, const struct yaml_node *node)
{
	static const char *const words[] = { "many", "none" };
	struct loading *loading = reading->loading;
	bool is_list = node->type == YAML_LIST, is_good = true;
	for (size_t i = 0; i < (is_list ? node->count : 1); i++) {
		const struct yaml_node *item = is_list ? node->items[i] : node;
		if (item->type != YAML_SCALAR)
			is_good = loading_problem(loading, PROBLEM_WRONG_TYPE, item->place,
				"'allow' wants many, none or a list of both, not %s",
				yaml_type_name(item));
		else if (str_is(item->text, "many"))
			reading->refresh->allow_many = true;
		else if (str_is(item->text, "none"))
			reading->refresh->allow_none = true;
		else
			is_good = loading_problem(loading, PROBLEM_BAD_VALUE, item->place,
				"'allow' is many, none or a list of both, not '%s'%s",
				loading_quote(loading, item->text),
				loading_suggest(loading, item->text, words, 2));
	}
	return is_good;
}

bool refresh_load(struct loading *loading, const struct yaml_node *node, const struct rule *rule,
	struct rule_refresh *refresh)
{
	struct refresh_table table = { 0 };
	struct entry_reading reading = {
		.loading = loading, .node = node, .rule = rule, .refresh = refresh
	};
	if (node->type != YAML_MAP)
		return loading_problem(loading, PROBLEM_WRONG_TYPE, node->place,
			"a selection is a map (site, and what to refresh on it), not %s",
			yaml_type_name(node));
	bool is_whole = fields_load(refresh_fields, node, "a selection", loading->file, &table,
		loading->scratch, loading->problems);
	bool is_good = is_whole;
	refresh->incremental = table.incremental;
	is_good &= site_load(&reading);
	is_good &= project_load(&reading, table.project);
	is_good &= narrowing_load(&reading, "tag", &refresh->tag);
	is_good &= narrowing_load(&reading, "owner", &refresh->owner);
	if (table.allow)
		is_good &= allow_load(&reading, table.allow);
	if (!kind_load(&reading, &table, is_whole))
		return false;
	return narrowing_check(&reading, &table) && is_good;
}
