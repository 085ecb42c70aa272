/*
 * content/selection.h - what to refresh: one entry under `refresh` after ${...} expansion, one name
 * at a time.
 *
 * Made by rules/decide, kept by the journal, resolved to concrete content by tableau/resolve. Plain
 * data; texts live in an arena or belong to whoever made it.
 */
#pragma once
#include "base/record.h"
#include "base/text.h"
#include "content/kind.h"

enum select_by {
	SELECT_NAME,    /* `selector` is an exact name */
	SELECT_PATTERN, /* `selector` is "/pattern/flags" over names */
	SELECT_LUID,    /* `selector` is a LUID */
	SELECT_ALL,     /* all that project, tag and owner leave; selector is NULL */
};
#define SELECT_COUNT (SELECT_ALL + 1)

struct selection {
	const char *site;
	enum content_kind kind;
	enum select_by by;
	const char *selector;
	const char *project; /* path of nested projects, '/' between ("\/" is a '/' inside a name),
				or NULL */
	const char *project_luid; /* the project by its LUID instead, or NULL */
	const char *tag;          /* or NULL */
	const char *owner;        /* full name, user name or e-mail address of the owner, or NULL */
	bool incremental;
	bool allow_many; /* several may carry the name; all are refreshed */
	bool allow_none; /* nothing may carry the name; then nothing is refreshed and that is fine
			  */
	bool shadow; /* decided and recorded, never sent: every rule that wants it is `mode: shadow`
		      */
	int priority;         /* 0 to 100, the highest of its rules */
	int64_t delay, quiet; /* microseconds, of its rules; with `quiet` it has one rule */
	size_t rule_count;
	const char *const *rules; /* names of the rules that want it, sorted */
};

/* Where each member of it is shown. */
extern const struct member selection_members[];

/* A copy all of whose texts live in `arena`. */
void selection_copy(const struct selection *from, struct selection *to, struct arena *arena);
/* Orders by site, kind, selector, narrowing and when it is to be done, not by rules or priority; 0:
 * they name the same content in the same way. */
int selection_compare(const struct selection *a, const struct selection *b);
/* The member "selections" of a decision (schemas/decision.schema.json), plus "allow", "mode",
 * "delay" and "quiet" when they are not the default. Caller owns. */
cJSON *selection_json(const struct selection *selection);
/* Reads what selection_json() wrote, also that of version 0.1.0, where "all" was not written. A
 * selection without a selector, with two, or with a member that is not known here (a newer
 * version's) is refused: to refresh the wrong content is worse than to refresh none. */
bool selection_parse(const cJSON *json, struct selection *selection, struct arena *arena,
	struct error *err) MUST_USE;
/* What can still be told of one that was refused, for the record of its end: site, kind, rules; "?"
 * stands for what cannot. `json` may be NULL. */
void selection_salvage(const cJSON *json, struct selection *selection, struct arena *arena);
/* "workbook 'Revenue' in project 'Finance/Daily'" for messages. */
void selection_describe(const struct selection *selection, struct text *out);
