/*
 * rules/ruleset.h - all rules of all files, compiled and immutable, with a revision.
 *
 * A loaded ruleset never changes; it is a snapshot (base/shared.h): hold a reference while one of
 * its decisions is in use. Threads: any.
 */
#pragma once
#include "base/field.h"
#include "base/fingerprint.h"
#include "base/problem.h"
#include "base/shared.h"
#include "base/yaml.h"

struct ruleset;

struct ruleset_known { /* what the configuration has, for the messages about unknown ones; NULL
			  lists: not checked */
	const char *const *sites;
	size_t site_count;
	const char *const *sources;
	size_t source_count;
	bool is_check; /* also look for what takes time to find: how costly patterns grow */
};

/*
 * Loads files and folders (*.yaml, *.yml, recursively in name order; hidden ones and *.test.yaml,
 * *.test.yml left out). All problems of all files go to `problems`. NULL when there is any error
 * among them: also a folder without rule files, for zero rules are said (`rules: []`), not found.
 * No paths are zero rules. The caller owns one reference.
 */
struct ruleset *ruleset_load(const char *const *paths, size_t path_count,
	const struct ruleset_known *known, struct problems *problems);
/* The revision that a ruleset of these paths would have, from the files' bytes alone; of what
 * cannot be read, the reason why stands for it. */
void ruleset_revision_of(
	const char *const *paths, size_t path_count, char out[FINGERPRINT_TEXT_SIZE]);
/* The folders that ruleset_load() walks below these paths, for who watches them. */
void ruleset_visit_folders(const char *const *paths, size_t path_count,
	void (*visit)(const char *path, void *context), void *context);
struct shared *ruleset_shared(struct ruleset *ruleset);
void ruleset_free(struct ruleset *ruleset); /* drops one reference */
OWNED_DEFINE(ruleset)

const char *ruleset_revision(
	const struct ruleset *ruleset); /* "sha256:<64 hex>", over the files' names and bytes */
size_t ruleset_rule_count(const struct ruleset *ruleset);
size_t ruleset_bytes(const struct ruleset *ruleset); /* memory, for the benchmark */

struct rule_info { /* borrowed from the ruleset */
	const char *name, *description, *owner;
	const char *file;
	int line;
	bool enabled, shadow;
	int priority;
	int64_t delay, quiet; /* microseconds; 0: none */
};
struct rule_info ruleset_rule(
	const struct ruleset *ruleset, size_t index); /* in order of file and line */

/* The JSON Schema of rule files, from the same tables that the loader uses. The caller owns it. */
cJSON *rules_schema(void);
/* For the manual: the keys of a rule, and of a selection (an entry of its `refresh`). */
void rules_describe(field_visit *visit, void *context);
void rules_describe_selection(field_visit *visit, void *context);
