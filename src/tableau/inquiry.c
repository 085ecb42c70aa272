/* tableau/inquiry.c - asks about selections one after another, and collects the answer. */
#include "tableau/inquiry.h"

/* Few, because the daemon's own calls use the same places; and more than five, so that many names
 * are found in one list of everything (resolve.c). */
#define MOST_AT_ONCE 8
#define MOST_CONTENTS 10000 /* listed in one answer; beyond that they are counted only */
#define MOST_NAMED 10       /* candidates, and contents of somebody else, of one selection */

struct inquiry {
	struct tableau *tableau;
	struct arena *arena; /* this struct and all texts */
	const char *site;
	struct selection *selections;
	cJSON **items; /* of the answer, by selection */
	size_t count, next;
	size_t out; /* calls without an answer */
	size_t listed;
	struct mono began;
	const char *error;              /* why the site could not be asked any more; or NULL */
	bool is_owned_by_others;        /* some content is */
	bool knows_rights, is_powerful; /* is the PAT's user an administrator? */
	bool is_told;
	inquiry_done *callback;
	void *context;
};

/* One for each selection, while its outcome is awaited. */
struct inquiry_call {
	struct inquiry *inquiry;
	size_t at;
};

/* clang-format off */
const struct member inquiry_content_members[] = {
	MEMBER_ELSEWHERE("id", TEXT, .required = true, .help = "LUID"),
	MEMBER_ELSEWHERE("name", TEXT, .required = true, .help = "Name"),
	MEMBER_ELSEWHERE("project", TEXT, .required = true,
		.help = "Path of its project; empty: none, or not known"),
	{ 0 },
};
static const struct member inquired_members[] = {
	MEMBER_ELSEWHERE("count", COUNT, .required = true, .help = "How many items it names"),
	MEMBER_ELSEWHERE("contents", LIST, .members = inquiry_content_members, .required = true,
		.help = "These items; the first 10,000 of an answer"),
	MEMBER_ELSEWHERE("problem", TEXT,
		.help = "missing, ambiguous, no_extract, forbidden, unreadable or unreachable; absent: none"),
	MEMBER_ELSEWHERE("error", TEXT, .help = "The problem in words"),
	MEMBER_ELSEWHERE("candidates", LIST, .members = inquiry_content_members,
		.help = "What may have been meant; at most 10"),
	MEMBER_ELSEWHERE("foreign_count", COUNT,
		.help = "How many of the items somebody else than the PAT's user owns"),
	MEMBER_ELSEWHERE("foreign", LIST, .members = inquiry_content_members, .help = "Those; at most 10"),
	{ 0 },
};
const struct member inquiry_members[] = {
	MEMBER_ELSEWHERE("site", TEXT, .required = true, .help = "Name of the site"),
	MEMBER_ELSEWHERE("ok", FLAG, .required = true, .help = "The site answered all questions"),
	MEMBER_ELSEWHERE("error", TEXT, .help = "Why not"),
	MEMBER_ELSEWHERE("secret_missing", FLAG,
		.help = "It was not asked, because the secret of its personal access token cannot be read"),
	MEMBER_ELSEWHERE("pat_ends_at", TIME, .help = "When its personal access token ends; absent: not known"),
	MEMBER_ELSEWHERE("administrator", FLAG,
		.help = "Is the PAT's user an administrator? Absent: there was no need to know, or it is not known"),
	MEMBER_ELSEWHERE("items", LIST, .members = inquired_members, .required = true,
		.help = "One for each selection, in their order"),
	{ 0 },
};
/* clang-format on */

/* ---- the answer ---- */

static cJSON *item_new(void)
{
	cJSON *item = cJSON_CreateObject();
	json_add_count(item, "count", 0);
	cJSON_AddArrayToObject(item, "contents");
	json_add_text(item, "problem", "unreachable"); /* until it is known */
	return item;
}

static void add_contents(
	cJSON *item, const char *key, const struct content *contents, size_t count, size_t most)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < count && i < most; i++) {
		cJSON *json = cJSON_CreateObject();
		json_add_text(json, "id", contents[i].luid);
		json_add_text(json, "name", contents[i].name);
		json_add_text(json, "project", contents[i].project);
		cJSON_AddItemToArray(list, json);
	}
	cJSON_DeleteItemFromObjectCaseSensitive(item, key);
	cJSON_AddItemToObject(item, key, list);
}

static cJSON *answer_new(const char *site, const char *error)
{
	cJSON *answer = cJSON_CreateObject();
	json_add_text(answer, "site", site);
	cJSON_AddBoolToObject(answer, "ok", !error);
	json_add_text(answer, "error", error);
	return answer;
}

cJSON *inquiry_failure(const char *site, size_t count, const char *why)
{
	cJSON *answer = answer_new(site, why), *items = cJSON_AddArrayToObject(answer, "items");
	while (count--)
		cJSON_AddItemToArray(items, item_new());
	return answer;
}

static void inquiry_free(struct inquiry *inquiry)
{
	arena_free(inquiry->arena);
}

static void tell(struct inquiry *inquiry)
{
	struct tableau_site_status status = { 0 };
	OWNED_JSON answer = answer_new(inquiry->site, inquiry->error);
	if (tableau_site_status_named(inquiry->tableau, inquiry->site, &status))
		json_add_time(answer, "pat_ends_at", status.pat_ends_at);
	if (status.lacks_secret)
		cJSON_AddBoolToObject(answer, "secret_missing", true);
	if (inquiry->knows_rights)
		cJSON_AddBoolToObject(answer, "administrator", inquiry->is_powerful);
	cJSON *items = cJSON_AddArrayToObject(answer, "items");
	for (size_t i = 0; i < inquiry->count; i++)
		cJSON_AddItemToArray(items, inquiry->items[i]);
	inquiry->is_told = true;
	inquiry->callback(answer, inquiry->context);
}

/* A call came back. False: the inquiry was told before, and is perhaps gone. */
static bool came_back(struct inquiry *inquiry)
{
	inquiry->out--;
	if (!inquiry->is_told)
		return true;
	if (!inquiry->out)
		inquiry_free(inquiry);
	return false;
}

static void tell_and_free(struct inquiry *inquiry)
{
	tell(inquiry);
	inquiry_free(inquiry);
}

void inquiry_stop(struct inquiry *inquiry, const char *why)
{
	inquiry->error = arena_text(inquiry->arena, why);
	tell(inquiry); /* freed with its last call */
}

/* ---- what an outcome means ---- */

static const char *problem_of(const struct outcome *outcome)
{
	enum resolve_refusal refusal = outcome->detail ? outcome->detail->refusal : REFUSAL_NONE;
	switch (refusal) {
	case REFUSAL_MISSING:
		return "missing";
	case REFUSAL_AMBIGUOUS:
		return "ambiguous";
	case REFUSAL_NO_EXTRACT:
		return "no_extract";
	case REFUSAL_UNCLEAR:
		return "unreadable";
	case REFUSAL_NONE:
		break;
	}
	if (!outcome->is_alive)
		return "unreachable";
	return outcome->http_status == 403 ? "forbidden" : "unreadable";
}

static void take_contents(struct inquiry *inquiry, cJSON *item, const struct outcome *outcome,
	const struct content *contents, size_t count)
{
	const struct resolve_detail *detail = outcome->detail;
	cJSON_ReplaceItemInObjectCaseSensitive(item, "count", cJSON_CreateNumber((double)count));
	add_contents(item, "contents", contents, count, MOST_CONTENTS - inquiry->listed);
	inquiry->listed +=
		count < MOST_CONTENTS - inquiry->listed ? count : MOST_CONTENTS - inquiry->listed;
	cJSON_DeleteItemFromObjectCaseSensitive(item, "problem");
	if (!detail || !detail->foreign_count)
		return;
	inquiry->is_owned_by_others = true;
	json_add_count(item, "foreign_count", (int64_t)detail->foreign_count);
	add_contents(item, "foreign", detail->foreign, detail->foreign_count, MOST_NAMED);
}

static void take_failure(struct inquiry *inquiry, cJSON *item, const struct outcome *outcome)
{
	const struct resolve_detail *detail = outcome->detail;
	const char *problem = problem_of(outcome);
	cJSON_ReplaceItemInObjectCaseSensitive(item, "problem", cJSON_CreateString(problem));
	json_add_text(item, "error", outcome->error.message);
	if (detail && detail->candidate_count)
		add_contents(item, "candidates", detail->candidates, detail->candidate_count,
			MOST_NAMED);
	if (!strcmp(problem, "unreachable") && !inquiry->error)
		inquiry->error = arena_text(inquiry->arena, outcome->error.message);
}

const char *inquiry_problem(const cJSON *item)
{
	static const char *const words[] = { "missing", "ambiguous", "no_extract", "forbidden",
		"unreadable", "unreachable" };
	const char *word = json_text(item, "problem");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (text_is(words[i], word))
			return words[i];
	return *word ? "unreadable" : NULL;
}

/* ---- asking ---- */

static void rights_came(
	const struct outcome *outcome, const struct job *jobs, size_t count, void *context)
{
	struct inquiry *inquiry = context;
	(void)jobs;
	(void)count;
	if (!came_back(inquiry))
		return;
	inquiry->knows_rights = outcome->ok || outcome->error.kind == ERROR_REFUSED;
	inquiry->is_powerful = outcome->ok;
	tell_and_free(inquiry);
}

/* What others own may be refreshed by an administrator, who is the only one that may list jobs
 * (README.md, Rights). Asks for those since now, which are few. */
static void finish(struct inquiry *inquiry)
{
	if (inquiry->error || !inquiry->is_owned_by_others) {
		tell_and_free(inquiry);
		return;
	}
	inquiry->out++;
	tableau_jobs(inquiry->tableau, inquiry->site, clock_wall(), rights_came, inquiry);
}

static void ask_some(struct inquiry *inquiry);

static void examined(
	const struct outcome *outcome, const struct content *contents, size_t count, void *context)
{
	struct inquiry_call call = *(struct inquiry_call *)context;
	free(context);
	if (!came_back(call.inquiry))
		return;
	cJSON *item = call.inquiry->items[call.at];
	if (outcome->ok)
		take_contents(call.inquiry, item, outcome, contents, count);
	else
		take_failure(call.inquiry, item, outcome);
	ask_some(call.inquiry);
}

/* A site that does not answer one question is not asked the others. */
static void ask_some(struct inquiry *inquiry)
{
	while (inquiry->out < MOST_AT_ONCE && inquiry->next < inquiry->count && !inquiry->error) {
		struct inquiry_call *call = mem_new(struct inquiry_call);
		*call = (struct inquiry_call){ inquiry, inquiry->next++ };
		inquiry->out++;
		tableau_examine(inquiry->tableau, &inquiry->selections[call->at], inquiry->began,
			examined, call);
	}
	if (!inquiry->out)
		finish(inquiry);
}

static void greeted(const struct outcome *outcome, void *context)
{
	struct inquiry *inquiry = context;
	if (!came_back(inquiry))
		return;
	if (!outcome->ok && !outcome->is_alive)
		inquiry->error = arena_text(inquiry->arena, outcome->error.message);
	ask_some(inquiry);
}

struct inquiry *inquiry_new(struct tableau *tableau, const char *site,
	const struct selection *selections, size_t count, inquiry_done *callback, void *context)
{
	struct arena *arena = arena_new();
	struct inquiry *inquiry = arena_new_of(arena, struct inquiry);
	*inquiry = (struct inquiry){ .tableau = tableau,
		.arena = arena,
		.site = arena_text(arena, site),
		.selections = arena_array(arena, struct selection, count + 1),
		.items = arena_array(arena, cJSON *, count + 1),
		.count = count,
		.out = 1,
		.began = clock_mono(),
		.callback = callback,
		.context = context };
	for (size_t i = 0; i < count; i++) {
		selection_copy(&selections[i], &inquiry->selections[i], arena);
		inquiry->items[i] = item_new();
	}
	IGNORE(tableau_hurry(tableau, site)); /* it asks in any case */
	tableau_sign_in(tableau, site, greeted, inquiry);
	return inquiry;
}
