/*
 * rules/ruleset.h - all rules of all files, compiled and immutable, with a revision.
 *
 * A loaded ruleset never changes; it is a snapshot (base/shared.h): hold a reference while one of
 * its decisions is in use. Threads: any.
 */
#pragma once
#include "base/fingerprint.h"
#include "base/json.h"
#include "base/problem/problem.h"
#include "base/record/field.h"
#include "base/shared.h"
#include "base/yaml/yaml.h"
#include "event/event.h"

struct ruleset;

struct ruleset_known {
	/* of the configuration, for messages about unknown ones; without items: not checked */
	struct texts sites, sources;
	/* also report what takes time to find: costly patterns, what several rules do together */
	bool is_check;
};

/*
 * Loads files and folders (*.yaml, *.yml, recursively in name order; hidden ones and *.test.yaml,
 * *.test.yml left out). All problems of all files go to `problems`. NULL when any of them is an
 * error, also for a folder without rule files, because zero rules must be written (`rules: []`). No
 * paths are zero rules. The caller owns one reference.
 */
struct ruleset *ruleset_load(const char *const *paths, size_t path_count,
	const struct ruleset_known *known, struct problems *problems);
/* A rule file whose bytes are there already; all is borrowed. */
struct rule_source {
	const char *path; /* as messages name it */
	const char *name; /* for the revision: the part of `path` below the folder of rules */
	struct str bytes;
};
/* The same ruleset from such files, in the order in which they are given. */
struct ruleset *ruleset_load_sources(const struct rule_source *sources, size_t count,
	const struct ruleset_known *known, struct problems *problems);
/* Would ruleset_load() take a file of this name for rules, within a folder? A hidden file or one
 * in a hidden folder is none, nor is a test. */
bool ruleset_is_rule_file(const char *path);

/* The revision that a ruleset of these paths would have, from the files' bytes alone. A path that
 * cannot be read counts by the reason. */
void ruleset_revision_of(
	const char *const *paths, size_t path_count, char out[FINGERPRINT_TEXT_SIZE]);
/* Visits the folders that ruleset_load() walks below these paths, so that they can be watched. */
void ruleset_visit_folders(const char *const *paths, size_t path_count,
	void (*visit)(const char *path, void *context), void *context);
SHARED_DECLARE(ruleset)

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
/* in order of file and line */
struct rule_info ruleset_rule(const struct ruleset *ruleset, size_t index);

/* May a rule, enabled or not, select on the site of this name? */
bool ruleset_uses_site(const struct ruleset *ruleset, const char *name);
/* May a decision depend on this field of an event? */
bool ruleset_reads(const struct ruleset *ruleset, enum event_field field);
/* May an enabled rule match an event of the source of this name? */
bool ruleset_uses_source(const struct ruleset *ruleset, const char *name);

/* The JSON Schema of rule files, from the same tables that the loader uses. The caller owns it. */
cJSON *ruleset_schema(void);
/* For the manual: the keys of a rule, and of a selection (an entry of its `refresh`). */
void ruleset_describe(field_visit *visit, void *context);
void ruleset_describe_selection(field_visit *visit, void *context);
