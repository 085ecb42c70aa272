/*
 * base/yaml/yaml.h - a YAML file as a tree whose nodes know their line and column.
 *
 * Built from libyaml's events. Scalars stay text (types are the loader's business: `1001` and
 * `"1001"` are equal, `on` is "on"). Aliases are followed and `<<` merges applied, within bounds on
 * bytes, nodes and depth; duplicate keys, several documents, NUL bytes and invalid UTF-8 are
 * problems. No message of this module quotes the file: a wrong path may have led to a secret.
 *
 * Threads: a loaded tree never changes.
 */
#pragma once
#include "base/arena.h"
#include "base/problem/problem.h"

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_type type;
	/* How a scalar is written; the flags stand here because they cost no padding. */
	bool is_plain;         /* without quotes */
	bool is_folded;        /* without quotes, over several lines */
	bool has_escape;       /* in double quotes, with an escape other than \\ \" \/ */
	bool has_blank_escape; /* one of them is \_, which patterns and Markdown take for '_' */
	/* without quotes, and a comment that no other aligns with follows after one blank */
	bool has_close_comment;
	struct place place;
	struct str text; /* YAML_SCALAR */
	size_t count;    /* items of a list, pairs of a map */
	const struct yaml_node *const
		*items; /* YAML_LIST; for a map: keys and values in turn, 2 * count of them */
};

struct yaml_file {
	const char *path;
	struct str source;            /* the file's bytes, for problem_add() */
	const struct yaml_node *root; /* never NULL */
	size_t node_count;            /* counts nodes that aliases repeat each time */
};

#define YAML_FILE_BYTES ((size_t)64 << 20) /* a larger file is a problem */
#define YAML_NODES ((size_t)8000000)       /* more nodes, aliases followed, are a problem */

/*
 * Everything lives in `arena`. NULL when the file cannot be used; then at least one problem was
 * added. After a duplicate key or a wrong `<<` the tree is still returned (the first key stays), so
 * that one run finds the other problems too: ask problems_error_count().
 */
const struct yaml_file *yaml_load(const char *path, struct arena *arena, struct problems *problems);
const struct yaml_file *yaml_parse(
	const char *path, struct str bytes, struct arena *arena, struct problems *problems);

/* The value under `key`, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
const char *yaml_type_name(const struct yaml_node *node); /* "a text", "a list", "a map" */
/* A plain empty scalar, ~ or null. */
bool yaml_is_null(const struct yaml_node *node);
/* For the end of a message about such a scalar: when a comment stands where the value would, that
 * this may be the value; else "". */
const char *yaml_null_hint(const struct yaml_node *node);
