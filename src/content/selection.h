/*
 * content/selection.h - what to refresh: one entry under `refresh` after ${...} expansion, one name
 * at a time.
 *
 * Made by rules/decide, kept by the journal, resolved to concrete content by tableau/resolve. Plain
 * data; texts live in an arena or belong to the code that made it.
 */
#pragma once
#include "base/record/record.h"
#include "base/text.h"
#include "content/kind.h"

enum select_by {
	SELECT_NAME,    /* `selector` is an exact name */
	SELECT_PATTERN, /* `selector` is "/pattern/flags" over names */
	SELECT_LUID,    /* `selector` is a LUID */
	SELECT_ALL,     /* all content that project, tag and owner leave; selector is NULL */
};
#define SELECT_COUNT (SELECT_ALL + 1)

struct selection {
	const char *site;
	enum content_kind kind;
	enum select_by by;
	const char *selector;
	/* path of nested projects, separated by '/' ("\/" is a '/' inside a name), or NULL */
	const char *project;
	const char *project_luid; /* the project by its LUID instead, or NULL */
	const char *tag;          /* or NULL */
	const char *owner;        /* full name, user name or e-mail address of the owner, or NULL */
	bool incremental;
	bool allow_many; /* several items may have the name; all are refreshed */
	bool allow_none; /* if nothing has the name, refreshing nothing is fine */
	/* decided and recorded but never sent, because all its rules are `mode: shadow` */
	bool shadow;
	int priority;         /* 0 to 100, the highest of its rules */
	int64_t delay, quiet; /* microseconds, from its rules; with `quiet` it has only one rule */
	size_t rule_count;
	const char *const *rules; /* names of the rules that want it, sorted */
};

/* The selector that a rule writes as a map with this key ({id: LUID}); SELECT_COUNT: none. */
enum select_by selection_by_of_key(struct str key);
/* The nth of these keys; NULL: no more. */
const char *selection_by_key(size_t nth);

/* The table of its members: where each is shown. */
extern const struct member selection_members[];

/* Copies it with all texts to `arena`. */
void selection_copy(const struct selection *from, struct selection *to, struct arena *arena);
/* Orders by site, kind, selector, narrowing, delay and quiet, not by rules or priority; 0: they
 * name the same content in the same way. */
int selection_compare(const struct selection *a, const struct selection *b);
/* The same by site, kind, selector and narrowing alone. */
int selection_compare_content(const struct selection *a, const struct selection *b);
/* The member "selections" of a decision (schemas/decision.schema.json), plus "allow", "mode",
 * "delay" and "quiet" when they are not the default. Caller owns. */
cJSON *selection_json(const struct selection *selection);
/* Reads what selection_json() wrote. Refuses a selection without a selector, with two, or with an
 * unknown member (of a newer version), because refreshing the wrong content is worse than
 * refreshing none. */
bool selection_parse(const cJSON *json, struct selection *selection, struct arena *arena,
	struct error *err) MUST_USE;
/* Fills in what can be read of a refused selection (site, kind, rules; "?" for the rest), for the
 * record of its end. `json` may be NULL. */
void selection_salvage(const cJSON *json, struct selection *selection, struct arena *arena);
/* Appends a description for messages: "workbook 'Revenue' in project 'Finance/Daily'". */
void selection_describe(const struct selection *selection, struct text *out);
