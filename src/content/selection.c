/* content/selection.c - selections as JSON, in order, and as text for people. */
#include "content/selection.h"
#include "base/units.h"

static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

void selection_copy(const struct selection *from, struct selection *to, struct arena *arena)
{
	*to = *from;
	to->site = arena_text(arena, from->site);
	to->selector = arena_text(arena, from->selector);
	to->project = arena_text(arena, from->project);
	to->project_luid = arena_text(arena, from->project_luid);
	to->tag = arena_text(arena, from->tag);
	to->owner = arena_text(arena, from->owner);
	const char **rules = arena_array(arena, const char *, from->rule_count + 1);
	for (size_t i = 0; i < from->rule_count; i++)
		rules[i] = arena_text(arena, from->rules[i]);
	to->rules = rules;
}

int selection_compare_content(const struct selection *a, const struct selection *b)
{
	int order = compare_text(a->site, b->site);
	if (!order)
		order = (int)a->kind - (int)b->kind;
	if (!order)
		order = (int)a->by - (int)b->by;
	if (!order)
		order = compare_text(a->selector, b->selector);
	if (!order)
		order = compare_text(a->project, b->project);
	if (!order)
		order = compare_text(a->project_luid, b->project_luid);
	if (!order)
		order = compare_text(a->tag, b->tag);
	return order ? order : compare_text(a->owner, b->owner);
}

int selection_compare(const struct selection *a, const struct selection *b)
{
	int order = selection_compare_content(a, b);
	if (!order)
		order = (int)a->incremental - (int)b->incremental;
	if (!order)
		order = (a->delay > b->delay) - (a->delay < b->delay);
	return order ? order : (a->quiet > b->quiet) - (a->quiet < b->quiet);
}

/* clang-format off */
/* A selection has exactly one of these members. Its value is the selector; for "all" it is true. */
static const struct member selector_members[SELECT_COUNT + 1] = {
	[SELECT_NAME] = MEMBER_ELSEWHERE("name", TEXT, .help = "Exact name"),
	[SELECT_PATTERN] = MEMBER_ELSEWHERE("pattern", TEXT, .help = "Pattern over names, /.../flags"),
	[SELECT_LUID] = MEMBER_ELSEWHERE("luid", TEXT, .help = "LUID"),
	[SELECT_ALL] = MEMBER_ELSEWHERE("all", FLAG, .help = "true: all that project, tag and owner leave"),
};

const struct member selection_members[] = {
	MEMBER_TEXT(selection, site, .key = "site", .required = true, .help = "Name of the site"),
	MEMBER_WORD(selection, kind, content_kind, .word = kind_word, .key = "kind", .required = true,
		.help = "workbook, datasource, flow or task"),
	MEMBER_GROUP(.members = selector_members),
	MEMBER_OPTIONAL(selection, project, .key = "project", .help = "Path of nested projects"),
	MEMBER_OPTIONAL(selection, project_luid, .key = "project_luid", .help = "LUID of the project"),
	MEMBER_OPTIONAL(selection, tag, .key = "tag", .help = "Tag"),
	MEMBER_OPTIONAL(selection, owner, .key = "owner", .help = "Owner"),
	MEMBER_FLAG(selection, incremental, .key = "incremental", .required = true, .help = "Incremental instead of full"),
	MEMBER_ELSEWHERE("allow", TEXTS, .help = "many, none"),
	MEMBER_ELSEWHERE("mode", TEXT, .help = "shadow: decided and recorded, never sent"),
	MEMBER_INT(selection, priority, .key = "priority", .always = true, .help = "0 to 100"),
	MEMBER_DURATION(selection, delay, .key = "delay", .help = "Not sent until this time after the event has passed: 10m"),
	MEMBER_DURATION(selection, quiet, .key = "quiet",
		.help = "Not sent until the rule has had no event for this long: 15m"),
	MEMBER_TEXTS(selection, rules, rule_count, .key = "rules", .required = true,
		.help = "Names of the rules that want it"),
	{ 0 },
};
/* clang-format on */

static const char *selector_key(enum select_by by)
{
	return selector_members[by].key;
}

static const char *const other_keys[] = { "site", "kind", "project", "project_luid", "tag", "owner",
	"incremental", "allow", "mode", "priority", "delay", "quiet", "rules" };

cJSON *selection_json(const struct selection *selection)
{
	cJSON *json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "site", selection->site);
	cJSON_AddStringToObject(json, "kind", kind_name(selection->kind));
	if (selection->by == SELECT_ALL)
		cJSON_AddTrueToObject(json, selector_key(SELECT_ALL));
	else
		cJSON_AddStringToObject(json, selector_key(selection->by), selection->selector);
	json_add_text(json, "project", selection->project);
	json_add_text(json, "project_luid", selection->project_luid);
	json_add_text(json, "tag", selection->tag);
	json_add_text(json, "owner", selection->owner);
	cJSON_AddBoolToObject(json, "incremental", selection->incremental);
	if (selection->allow_many || selection->allow_none) {
		cJSON *allow = cJSON_AddArrayToObject(json, "allow");
		if (selection->allow_many)
			cJSON_AddItemToArray(allow, cJSON_CreateString("many"));
		if (selection->allow_none)
			cJSON_AddItemToArray(allow, cJSON_CreateString("none"));
	}
	if (selection->shadow)
		cJSON_AddStringToObject(json, "mode", "shadow");
	json_add_count(json, "priority", selection->priority);
	json_add_duration(json, "delay", selection->delay);
	json_add_duration(json, "quiet", selection->quiet);
	cJSON *rules = cJSON_AddArrayToObject(json, "rules");
	for (size_t i = 0; i < selection->rule_count; i++)
		cJSON_AddItemToArray(rules, cJSON_CreateString(selection->rules[i]));
	return json;
}

/* Refuses anything but a non-empty text: we did not write it, and it would narrow to other
 * content. */
static bool optional_text(const cJSON *json, const char *key, const char **out, struct arena *arena,
	struct error *err)
{
	*out = NULL;
	if (!cJSON_GetObjectItemCaseSensitive(json, key))
		return true;
	if (!*json_text(json, key))
		return error_fail(err, ERROR_INPUT,
			"the '%s' of a selection is a text that is not empty", key);
	*out = arena_text(arena, json_text(json, key));
	return true;
}

static bool is_known(const char *key)
{
	for (size_t i = 0; i < SELECT_COUNT; i++)
		if (text_is(key, selector_key((enum select_by)i)))
			return true;
	for (size_t i = 0; i < sizeof other_keys / sizeof *other_keys; i++)
		if (text_is(key, other_keys[i]))
			return true;
	return false;
}

/* An unknown member may narrow the selection or be its selector: ignoring it would refresh more
 * than was asked for. */
static bool check_keys(const cJSON *json, struct error *err)
{
	const cJSON *member;
	cJSON_ArrayForEach(member, json)
	{
		if (!is_known(member->string))
			return error_fail(err, ERROR_INPUT,
				"a selection has the member '%s', which this version does not know",
				member->string);
	}
	return true;
}

static bool parse_narrowing(
	const cJSON *json, struct selection *selection, struct arena *arena, struct error *err)
{
	return optional_text(json, "project", &selection->project, arena, err) &&
	       optional_text(json, "project_luid", &selection->project_luid, arena, err) &&
	       optional_text(json, "tag", &selection->tag, arena, err) &&
	       optional_text(json, "owner", &selection->owner, arena, err);
}

static bool parse_selector(
	const cJSON *json, struct selection *selection, struct arena *arena, struct error *err)
{
	int found = 0;
	for (int by = 0; by < SELECT_COUNT; by++) {
		const char *key = selector_key((enum select_by)by);
		if (!cJSON_GetObjectItemCaseSensitive(json, key))
			continue;
		selection->by = (enum select_by)by;
		if (by == SELECT_ALL && !json_flag(json, key, false))
			return error_fail(err, ERROR_INPUT, "the 'all' of a selection is true");
		if (by != SELECT_ALL && !optional_text(json, key, &selection->selector, arena, err))
			return false;
		found++;
	}
	if (found > 1)
		return error_fail(err, ERROR_INPUT, "a selection has one selector, not %d", found);
	if (found)
		return true;
	/* Version 0.1.0 wrote nothing for "all", which rules allow beside a narrowing only. */
	selection->by = SELECT_ALL;
	return selection->project || selection->tag || selection->owner ||
	       error_fail(err, ERROR_INPUT,
		       "a selection without name, pattern and luid says all, or is narrowed by "
		       "project, tag or owner");
}

static void parse_rules(const cJSON *json, struct selection *selection, struct arena *arena)
{
	const cJSON *list = json_get(json, "rules"), *item;
	const char **rules = arena_array(arena, const char *, (size_t)cJSON_GetArraySize(list) + 1);
	cJSON_ArrayForEach(item, list)
	{
		if (cJSON_IsString(item))
			rules[selection->rule_count++] = arena_text(arena, item->valuestring);
	}
	selection->rules = rules;
}

static bool allows(const cJSON *json, const char *what)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, json_get(json, "allow"))
	{
		if (cJSON_IsString(item) && !strcmp(item->valuestring, what))
			return true;
	}
	return false;
}

bool selection_parse(
	const cJSON *json, struct selection *selection, struct arena *arena, struct error *err)
{
	struct selection read = { .kind = kind_of(json_text(json, "kind")), .priority = 50 };
	int64_t priority;
	if (!cJSON_IsObject(json) || read.kind == CONTENT_KIND_COUNT || !*json_text(json, "site"))
		return error_fail(err, ERROR_INPUT, "a selection has a site and a kind");
	read.site = arena_text(arena, json_text(json, "site"));
	if (!check_keys(json, err) || !parse_narrowing(json, &read, arena, err) ||
		!parse_selector(json, &read, arena, err))
		return false;
	read.incremental = json_flag(json, "incremental", false);
	read.allow_many = allows(json, "many");
	read.allow_none = allows(json, "none");
	read.shadow = !strcmp(json_text(json, "mode"), "shadow");
	if (json_count(json, "priority", &priority) && priority >= 0 && priority <= 100)
		read.priority = (int)priority;
	if (!duration_parse(str_of(json_text(json, "delay")), &read.delay))
		read.delay = 0;
	if (!duration_parse(str_of(json_text(json, "quiet")), &read.quiet))
		read.quiet = 0;
	parse_rules(json, &read, arena);
	if (read.rule_count != 1)
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
	parse_rules(json, &rest, arena);
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
