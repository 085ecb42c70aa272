/* rules/load.c - reads all rule files into one ruleset, and reports every problem in them. */
#include "rules/load.h"
#include "base/file.h"
#include "base/fingerprint.h"
#include "base/name.h"
#include "base/suggest.h"
#include "rules/index.h"
#include "rules/lint/lint.h"
#include "rules/rule_files.h"
#include "rules/written.h"

/* The most values in all files together, aliases followed. It bounds the memory of a ruleset, and
 * keeps the numbers of rules, probes and texts (32 bits) from overflowing. */
#define NODES_MOST (2 * YAML_NODES)

struct file_table {
	int64_t version;
	const struct yaml_node *rules;
};

/* clang-format off */
const struct field file_fields[] = {
	FIELD_COUNT(file_table, version, .required = true, .example = "1", .help = "Version of this format: 1"),
	FIELD_SPECIAL(file_table, rules, .required = true, .schema = "#/definitions/rules",
		.example = "[{name: nightly, when: {job_id: 1001}, refresh: [{site: finance, workbooks: Revenue}]}]",
		.help = "The rules; their order never matters"),
	{ 0 },
};
/* clang-format on */

const char *loading_intern(struct loading *loading, struct str text)
{
	uint32_t index = lookup_find(loading->names, TEXT_TAG, text);
	if (index != LOOKUP_NONE)
		return loading->texts[index];
	const char *copy = arena_str(loading->ruleset->arena, text);
	mem_grow(&loading->texts, &loading->text_capacity, loading->text_count);
	index = (uint32_t)loading->text_count++;
	loading->texts[index] = copy;
	*lookup_add(loading->names, TEXT_TAG, (struct str){ copy, text.length }) = index;
	return copy;
}

struct str loading_intern_str(struct loading *loading, struct str text)
{
	return (struct str){ loading_intern(loading, text), text.length };
}

struct str loading_name(struct loading *loading, const struct yaml_node *node)
{
	return loading_intern_str(loading, name_normal(node->text, loading->scratch));
}

const char *loading_quote(struct loading *loading, struct str text)
{
	return written_quote(text, loading->scratch);
}

const char *loading_suggest(
	struct loading *loading, struct str word, const char *const *names, size_t count)
{
	if (!problems_errors_are_read(loading->problems))
		return "";
	return suggest_hint(arena_str(loading->scratch, word), names, count, loading->scratch);
}

void loading_fix(struct loading *loading, const struct yaml_node *node, const char *const *names,
	size_t count)
{
	const char *word = arena_str(loading->scratch, node->text);
	if (problems_errors_are_read(loading->problems))
		problem_set_fix(loading->problems, node->place, node->text,
			suggest_only(word, names, count));
}

const struct yaml_node *load_without_extensions(const struct yaml_node *root, struct arena *arena)
{
	struct yaml_node *copy = arena_new_of(arena, struct yaml_node);
	const struct yaml_node **items =
		arena_array(arena, const struct yaml_node *, 2 * root->count + 1);
	*copy = *root;
	copy->items = items;
	copy->count = 0;
	for (size_t i = 0; i < root->count; i++) {
		const struct yaml_node *key = root->items[2 * i];
		if (key->type == YAML_SCALAR && str_starts(key->text, "x-"))
			continue;
		items[2 * copy->count] = key;
		items[2 * copy->count++ + 1] = root->items[2 * i + 1];
	}
	return copy;
}

/* Each rule has a scratch arena of its own: for a large file, one for all would grow larger than
 * the ruleset. */
static void rules_load(struct loading *loading, const struct yaml_node *list)
{
	struct arena *file_scratch = loading->scratch;
	for (size_t i = 0; i < list->count; i++) {
		OWNED(arena) arena = arena_new();
		loading->scratch = arena;
		rule_load(loading, list->items[i]);
	}
	loading->scratch = file_scratch;
}

/*
 * Is this a rule file? Any other file may hold a secret, so no message may quote it: messages reach
 * the log and the status page.
 */
static bool is_for_us(struct loading *loading)
{
	const struct yaml_node *root = loading->file->root;
	if (yaml_get(root, "rules") || yaml_get(root, "version"))
		return true;
	return problem_add(loading->problems, PROBLEM_NOT_RULES, root->place, (struct str){ 0 },
		"a rule file is a map with 'version' and 'rules', and this is %s",
		root->type != YAML_MAP ? yaml_type_name(root)
		: root->count          ? "a map without them"
				       : "empty");
}

static void tree_load(struct loading *loading)
{
	const struct yaml_node *root = loading->file->root;
	struct file_table table = { 0 };
	if (!is_for_us(loading))
		return;
	root = load_without_extensions(root, loading->scratch);
	IGNORE(fields_load(file_fields, root, "a rule file", loading->file, &table,
		loading->scratch, loading->problems));
	const struct yaml_node *version = yaml_get(root, "version");
	if (version && version->type == YAML_SCALAR && table.version != 1)
		loading_problem(loading, PROBLEM_VERSION, version->place,
			"version '%s' is not known; this is version 1",
			loading_quote(loading, version->text));
	if (!table.rules)
		return;
	if (table.rules->type != YAML_LIST)
		loading_problem(loading, PROBLEM_WRONG_TYPE, table.rules->place,
			"'rules' wants a list of rules ([] for none), not %s",
			yaml_is_null(table.rules) ? "nothing" : yaml_type_name(table.rules));
	else if ((loading->node_count += loading->file->node_count) > NODES_MOST)
		loading_problem(loading, PROBLEM_TOO_LARGE, table.rules->place,
			"more than 16 million values in all rule files up to this one, with "
			"those that aliases repeat");
	else
		rules_load(loading, table.rules);
}

/* `file` NULL: it could not be read. */
static void file_load(struct loading *loading, const char *path, const char *name,
	const struct yaml_file *file, struct fingerprint *revision)
{
	loading->file = file;
	if (!file)
		return;
	loading->file_name = loading_intern(loading, str_of(path));
	if (loading->lint)
		lint_note_file(loading->lint, file->source);
	fingerprint_add(revision, name, file->source);
	tree_load(loading);
}

static void file_read_and_load(
	struct loading *loading, const struct rule_file *file, struct fingerprint *revision)
{
	OWNED(arena) arena = arena_new();
	loading->scratch = arena;
	file_load(loading, file->path, file->name, yaml_load(file->path, arena, loading->problems),
		revision);
}

static void source_load(
	struct loading *loading, const struct rule_source *source, struct fingerprint *revision)
{
	OWNED(arena) arena = arena_new();
	loading->scratch = arena;
	file_load(loading, source->path, source->name,
		yaml_parse(source->path, source->bytes, arena, loading->problems), revision);
}

static void ruleset_destroy(struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->pattern_count; i++)
		pattern_free(ruleset->patterns[i].compiled);
	rule_index_free(ruleset->index);
	free(ruleset->patterns);
	free(ruleset->probes);
	free(ruleset->rules);
	arena_free(ruleset->arena);
	free(ruleset);
}

SHARED_DEFINE(ruleset, ruleset_destroy)

static struct ruleset *ruleset_new(void)
{
	struct ruleset *ruleset = mem_new(struct ruleset);
	SHARED_INIT(ruleset, ruleset);
	ruleset->arena = arena_new();
	return ruleset;
}

static const struct rule_value *default_value(struct loading *loading, const char *text)
{
	struct rule_value *value = arena_new_of(loading->ruleset->arena, struct rule_value);
	*value = (struct rule_value){ .text = loading_intern_str(loading, str_of(text)),
		.probe = PROBE_NONE };
	return value;
}

static void known_add(struct loading *loading, uint32_t tag, struct texts names)
{
	for (size_t i = 0; i < names.count; i++)
		*lookup_add(loading->names, tag, str_of(names.items[i])) = (uint32_t)i;
}

static int by_rule_name(const void *a, const void *b, void *rules)
{
	const struct rule *all = rules;
	return strcmp(all[*(const uint32_t *)a].name, all[*(const uint32_t *)b].name);
}

static void ranks_set(struct ruleset *ruleset)
{
	OWNED_MEMORY uint32_t *order = mem_alloc(ruleset->rule_count * sizeof *order + 1);
	for (size_t i = 0; i < ruleset->rule_count; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, ruleset->rule_count, sizeof *order, by_rule_name, ruleset->rules);
	for (size_t i = 0; i < ruleset->rule_count; i++)
		ruleset->rules[order[i]].rank = (uint32_t)i;
}

/* Of `files`, or when that is NULL of `sources`. */
static struct ruleset *load(const struct rule_files *files, const struct rule_source *sources,
	size_t source_count, const struct ruleset_known *known, struct problems *problems,
	size_t errors)
{
	OWNED(ruleset) ruleset = ruleset_new();
	OWNED(lookup) names = lookup_new();
	OWNED(lint) lint = known && known->is_check ? lint_new() : NULL;
	struct loading loading = { .ruleset = ruleset,
		.names = names,
		.known = known,
		.problems = problems,
		.lint = lint };
	struct fingerprint revision = { 0 };
	loading.default_event =
		default_value(&loading, event_field_describe(EVENT_EVENT)->fallback);
	loading.default_status =
		default_value(&loading, event_field_describe(EVENT_STATUS)->fallback);
	if (known) {
		known_add(&loading, SITE_TAG, known->sites);
		known_add(&loading, SOURCE_TAG, known->sources);
	}
	for (size_t i = 0; files && i < files->count; i++)
		file_read_and_load(&loading, &files->items[i], &revision);
	for (size_t i = 0; !files && i < source_count; i++)
		source_load(&loading, &sources[i], &revision);
	fingerprint_finish(&revision, ruleset->revision);
	free(loading.texts);
	if (problems_error_count(problems) > errors)
		return NULL;
	ranks_set(ruleset);
	ruleset->index = rule_index_new(ruleset);
	if (lint)
		lint_rules(lint, ruleset, problems);
	return TAKE(ruleset);
}

struct ruleset *ruleset_load(const char *const *paths, size_t path_count,
	const struct ruleset_known *known, struct problems *problems)
{
	size_t errors = problems_error_count(problems);
	struct rule_files files = { 0 };
	rule_files_find(&files, RULE_FILES_OF_RULES, paths, path_count, problems);
	struct ruleset *ruleset = load(&files, NULL, 0, known, problems, errors);
	rule_files_clear(&files);
	return ruleset;
}

struct ruleset *ruleset_load_sources(const struct rule_source *sources, size_t count,
	const struct ruleset_known *known, struct problems *problems)
{
	return load(NULL, sources, count, known, problems, problems_error_count(problems));
}

/* A path that cannot be read counts by the reason, so that the revision differs from that without
 * the path. */
static void add_problems(struct fingerprint *revision, const struct problems *problems)
{
	for (size_t i = 0; i < problems_count(problems); i++)
		fingerprint_add(revision, problems_at(problems, i)->place.file,
			str_of(problems_at(problems, i)->message));
}

void ruleset_revision_of(
	const char *const *paths, size_t path_count, char out[FINGERPRINT_TEXT_SIZE])
{
	OWNED(problems) problems = problems_new();
	struct rule_files files = { 0 };
	struct fingerprint revision = { 0 };
	rule_files_find(&files, RULE_FILES_OF_RULES, paths, path_count, problems);
	add_problems(&revision, problems);
	for (size_t i = 0; i < files.count; i++) {
		OWNED_TEXT struct text bytes = TEXT(YAML_FILE_BYTES);
		struct error err;
		bool is_read = file_read(files.items[i].path, &bytes, &err);
		fingerprint_add(&revision, files.items[i].name,
			is_read ? text_str(&bytes) : str_of(err.message));
	}
	fingerprint_finish(&revision, out);
	rule_files_clear(&files);
}

void ruleset_visit_folders(const char *const *paths, size_t path_count,
	void (*visit)(const char *path, void *context), void *context)
{
	OWNED(problems) ignored = problems_new();
	struct rule_files files = { 0 };
	rule_files_find(&files, RULE_FILES_OF_RULES, paths, path_count, ignored);
	for (size_t i = 0; i < files.folder_count; i++)
		visit(files.folders[i], context);
	rule_files_clear(&files);
}
