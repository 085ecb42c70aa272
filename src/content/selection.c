/* content/selection.c - a selection as a record, in JSON, and as text for people. */
#include "content/selection.h"
#include "content/content.h"

#define PRIORITY_DEFAULT 50

/* clang-format off */
/* A selection has exactly one of these members. Its value is the selector; for "all" it is true. A
 * selector with .says is written in a rule as a map with that key: {id: LUID}. */
static const struct member selector_members[SELECT_COUNT + 1] = {
	[SELECT_NAME] = MEMBER_ELSEWHERE("name", TEXT, .help = "Exact name"),
	[SELECT_PATTERN] = MEMBER_ELSEWHERE("pattern", TEXT, .help = "Pattern over names, /.../flags"),
	[SELECT_LUID] = MEMBER_ELSEWHERE("luid", TEXT, .says = "id", .help = "LUID"),
	[SELECT_ALL] = MEMBER_ELSEWHERE("all", FLAG, .help = "true: all that project, tag and owner leave"),
};

static const struct member allow_members[] = {
	MEMBER_FLAG(selection, allow_many, .says = "many", .may_differ = true),
	MEMBER_FLAG(selection, allow_none, .says = "none", .may_differ = true),
	{ 0 },
};

const struct member selection_members[] = {
	MEMBER_TEXT(selection, site, .key = "site", .required = true, .help = "Name of the site"),
	MEMBER_WORD(selection, kind, content_kind, .most = CONTENT_KIND_COUNT - 1, .word = kind_word, .value = kind_value,
		.key = "kind", .required = true, .help = "workbook, datasource, flow or task"),
	MEMBER_CHOICE(selection, by, select_by, selector, .members = selector_members,
		.help = "of name, pattern, luid and all"),
	MEMBER_OPTIONAL(selection, project, .key = "project", .help = "Path of nested projects"),
	MEMBER_OPTIONAL(selection, project_luid, .key = "project_luid", .help = "LUID of the project"),
	MEMBER_OPTIONAL(selection, tag, .key = "tag", .help = "Tag"),
	MEMBER_OPTIONAL(selection, owner, .key = "owner", .help = "Owner"),
	MEMBER_FLAG(selection, incremental, .key = "incremental", .required = true, .help = "Incremental instead of full"),
	MEMBER_GROUP(.members = allow_members, .key = "allow", .shape = SHAPE_TEXTS, .help = "many, none"),
	MEMBER_FLAG(selection, shadow, .key = "mode", .says = "shadow", .may_differ = true,
		.help = "shadow: decided and recorded, never sent"),
	MEMBER_INT(selection, priority, .most = PRIORITY_MOST, .key = "priority", .always = true, .may_differ = true,
		.help = "0 to 100"),
	MEMBER_DURATION(selection, delay, .key = "delay", .help = "Not sent until this time after the event has passed: 10m"),
	MEMBER_DURATION(selection, quiet, .key = "quiet",
		.help = "Not sent until the rule has had no event for this long: 15m"),
	MEMBER_TEXTS(selection, rules, rule_count, .key = "rules", .required = true, .may_differ = true,
		.help = "Names of the rules that want it"),
	{ 0 },
};
/* clang-format on */

enum select_by selection_by_of_key(struct str key)
{
	int by = 0;
	while (by < SELECT_COUNT &&
		!(selector_members[by].says && str_is(key, selector_members[by].says)))
		by++;
	return (enum select_by)by;
}

const char *selection_by_key(size_t nth)
{
	for (int by = 0; by < SELECT_COUNT; by++)
		if (selector_members[by].says && !nth--)
			return selector_members[by].says;
	return NULL;
}

void selection_copy(const struct selection *from, struct selection *to, struct arena *arena)
{
	record_copy(selection_members, from, to, sizeof *to, arena);
}

int selection_compare(const struct selection *a, const struct selection *b)
{
	return record_compare(selection_members, a, b);
}

int selection_compare_content(const struct selection *a, const struct selection *b)
{
	struct selection then = *b;
	then.incremental = a->incremental;
	then.delay = a->delay;
	then.quiet = a->quiet;
	return record_compare(selection_members, a, &then);
}

cJSON *selection_json(const struct selection *selection)
{
	cJSON *json = cJSON_CreateObject();
	record_to_json(selection_members, selection, json);
	return json;
}

bool selection_parse(
	const cJSON *json, struct selection *selection, struct arena *arena, struct error *err)
{
	struct selection read = { .priority = PRIORITY_DEFAULT };
	if (!record_from_json(selection_members, json, "a selection", &read, arena, err))
		return false;
	if (read.rule_count != 1) /* nothing to be quiet */
		read.quiet = 0;
	*selection = read;
	return true;
}

void selection_salvage(const cJSON *json, struct selection *selection, struct arena *arena)
{
	struct selection rest = { .kind = kind_of(json_text(json, "kind")),
		.by = SELECT_NAME,
		.selector = "?",
		.site = arena_text(arena, json_text(json, "site")) };
	if (rest.kind == CONTENT_KIND_COUNT)
		rest.kind = CONTENT_WORKBOOK;
	if (!*rest.site)
		rest.site = "?";
	record_texts_from_json(selection_members, json, &rest, arena);
	*selection = rest;
}

void selection_describe(const struct selection *selection, struct text *out)
{
	if (selection->by == SELECT_ALL)
		text_printf(out, "all %s", kind_plural(selection->kind));
	else if (selection->by == SELECT_NAME)
		text_printf(out, "%s '%s'", kind_name(selection->kind), selection->selector);
	else
		text_printf(out, "%s %s",
			selection->by == SELECT_PATTERN ? kind_plural(selection->kind)
							: kind_name(selection->kind),
			selection->selector);
	if (selection->project)
		text_printf(out, " in project '%s'", selection->project);
	if (selection->project_luid)
		text_printf(out, " in project %s", selection->project_luid);
	if (selection->tag)
		text_printf(out, " with tag '%s'", selection->tag);
	if (selection->owner)
		text_printf(out, " of owner '%s'", selection->owner);
}
