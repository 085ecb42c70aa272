/* cli/verify/verification.c - sorts selections by site, asks, and puts each answer to its cases. */
#include "cli/verify/verification.h"
#include "tableau/inquiry.h"

#define MINUTE (60 * US_PER_SECOND)
#define DAY (86400 * US_PER_SECOND)

/* ---- the plan ---- */

static const char *describe(const struct selection *selection, struct arena *arena)
{
	OWNED_TEXT struct text what = TEXT(TEXT_UNBOUNDED);
	selection_describe(selection, &what);
	return arena_str(arena, text_str(&what));
}

static void plan_site(struct verification *verification, const struct config_site *config,
	const struct fixed_selections *fixed)
{
	struct arena *arena = verification->arena;
	struct verified_site *site = &verification->sites[verification->site_count++];
	size_t count = 0;
	for (size_t i = 0; i < fixed->count; i++)
		count += text_is(fixed->items[i].selection.site, config->name);
	*site = (struct verified_site){ .config = config,
		.cases = arena_array(arena, struct verified_case, count + 1),
		.case_count = count };
	for (size_t i = 0, at = 0; i < fixed->count; i++)
		if (text_is(fixed->items[i].selection.site, config->name))
			site->cases[at++] = (struct verified_case){ .wanted = &fixed->items[i],
				.what = describe(&fixed->items[i].selection, arena) };
	verification->case_count += count;
}

void verification_plan(struct verification *verification, const struct config *config,
	const struct fixed_selections *fixed, const char *const *only, size_t only_count)
{
	size_t count = config_site_count(config);
	verification->sites = arena_array(verification->arena, struct verified_site, count + 1);
	for (size_t i = 0; i < count; i++)
		if (!only_count || text_is_among(config_site_at(config, i)->name, only, only_count))
			plan_site(verification, config_site_at(config, i), fixed);
	verification->need_event = fixed->need_event;
	verification->disabled = fixed->disabled;
}

/* ---- questions: cases by what they ask ---- */

static int by_question(const void *a, const void *b)
{
	const struct verified_case *x = *(struct verified_case *const *)a,
				   *y = *(struct verified_case *const *)b;
	const struct selection *one = &x->wanted->selection, *other = &y->wanted->selection;
	int order = selection_compare_content(one, other);
	int allow = 2 * one->allow_many + one->allow_none,
	    other_allow = 2 * other->allow_many + other->allow_none;
	return order ? order : (allow > other_allow) - (allow < other_allow);
}

struct questions {
	struct verified_case **cases; /* sorted: those of one question are neighbours */
	struct selection *selections; /* one for each question */
	size_t count;
};

static struct questions questions_of(const struct verified_site *site, struct arena *arena)
{
	struct questions questions = {
		.cases = arena_array(arena, struct verified_case *, site->case_count + 1),
		.selections = arena_array(arena, struct selection, site->case_count + 1),
	};
	for (size_t i = 0; i < site->case_count; i++)
		questions.cases[i] = &site->cases[i];
	qsort(questions.cases, site->case_count, sizeof *questions.cases, by_question);
	for (size_t i = 0; i < site->case_count; i++)
		if (!i || by_question(&questions.cases[i - 1], &questions.cases[i]))
			questions.selections[questions.count++] =
				questions.cases[i]->wanted->selection;
	return questions;
}

/* ---- answers ---- */

/* A message of the site's begins with its name, which stands elsewhere in every report. */
static const char *without_site(const char *message, const char *name, struct arena *arena)
{
	const char *prefix = arena_printf(arena, "site '%s': ", name);
	bool has_it = !strncmp(message, prefix, strlen(prefix));
	return arena_text(arena, message + (has_it ? strlen(prefix) : 0));
}

static const char *path_of(const cJSON *content, struct arena *arena)
{
	const char *project = json_text(content, "project");
	return arena_text(arena, *project ? project : json_text(content, "name"));
}

static void take_candidates(struct verified_case *verified, const cJSON *list, struct arena *arena)
{
	size_t count = 0, most = (size_t)cJSON_GetArraySize(list);
	const char **paths = arena_array(arena, const char *, most + 1);
	const cJSON *content;
	cJSON_ArrayForEach(content, list)
	{
		paths[count++] = path_of(content, arena);
	}
	verified->candidates = paths;
	verified->candidate_count = count;
}

/* Whether a refresh would be refused is known for administrators and owners only
 * (src/tableau/README.md, Rights). */
static const char *note_of(const cJSON *item, const cJSON *answer, struct arena *arena)
{
	int64_t foreign = 0;
	if (!json_get(answer, "administrator") || json_flag(answer, "administrator", true) ||
		!json_count(item, "foreign_count", &foreign) || !foreign)
		return NULL;
	const cJSON *first = cJSON_GetArrayItem(json_get(item, "foreign"), 0);
	const char *project = json_text(first, "project");
	OWNED_TEXT struct text note = TEXT(TEXT_UNBOUNDED);
	text_printf(&note, "the PAT's user is no administrator and does not own '%s%s%s'", project,
		*project ? "/" : "", json_text(first, "name"));
	if (foreign > 1)
		text_printf(&note, " and %lld more", (long long)(foreign - 1));
	text_add(&note, ": a refresh is refused unless that user leads the project, which cannot "
			"be read");
	return arena_str(arena, text_str(&note));
}

static void take_item(struct verified_case *verified, const struct verified_site *site,
	const cJSON *item, const cJSON *answer, struct arena *arena)
{
	const char *problem = inquiry_problem(item);
	IGNORE(json_count(item, "count", &verified->count));
	verified->note = note_of(item, answer, arena);
	if (!problem)
		return;
	verified->problem = problem;
	verified->message = without_site(json_text(item, "error"), site->config->name, arena);
	take_candidates(verified, json_get(item, "candidates"), arena);
}

/* That its PAT ends soon, or has ended since the daemon signed in with it; NULL: neither. */
static const char *pat_ending(const struct verified_site *site, int64_t left, struct arena *arena)
{
	char ends[WALL_TEXT_SIZE];
	struct wall minute = { site->pat_ends_at.us / MINUTE * MINUTE };
	long long days = left / DAY;
	const char *when =
		left < 0 ? "has ended"
			 : arena_printf(arena, "ends in %lld day%s", days, days == 1 ? "" : "s");
	if (left >= TABLEAU_PAT_WARNING)
		return NULL;
	return arena_printf(arena,
		"the PAT '%s' %s, at %s; make a new one, and put its secret in place",
		site->config->pat.name, when, wall_format(minute, ends));
}

static void take_site(struct verified_site *site, const cJSON *answer, struct arena *arena)
{
	struct wall now = clock_wall();
	if (!json_flag(answer, "ok", false))
		site->error = without_site(json_text(answer, "error"), site->config->name, arena);
	if (site->error && !*site->error)
		site->error = "it could not be asked";
	if (site->error)
		site->problem = json_flag(answer, "secret_missing", false) ? "secret_missing"
									   : "unreachable";
	site->pat_ends_at = json_time(answer, "pat_ends_at");
	if (wall_is_set(site->pat_ends_at))
		site->pat_ending = pat_ending(site, site->pat_ends_at.us - now.us, arena);
}

bool verified_case_has_failed(
	const struct verified_site *site, const struct verified_case *verified)
{
	return verified->problem && !(site->error && text_is(verified->problem, "unreachable"));
}

const char *verified_site_problem(const struct verified_site *site)
{
	if (site->error)
		return site->problem;
	return site->pat_ending ? "pat_ends_soon" : NULL;
}

/* Takes the answer, to one question for each group of equal cases. */
static void take_answer(struct verification *verification, struct verified_site *site,
	const struct questions *questions, cJSON *told)
{
	OWNED_JSON answer = told;
	const cJSON *items = json_get(answer, "items"), *item = items ? items->child : NULL;
	take_site(site, answer, verification->arena);
	for (size_t i = 0; i < site->case_count; i++) {
		struct verified_case *verified = questions->cases[i];
		if (i && by_question(&questions->cases[i - 1], &questions->cases[i]))
			item = item->next;
		take_item(verified, site, item, answer, verification->arena);
		site->failed += verified_case_has_failed(site, verified);
		site->unknown += verified->problem && !verified_case_has_failed(site, verified);
	}
	verification->findings += site->failed + (site->error != NULL) + (site->pat_ending != NULL);
}

void verification_run(struct verification *verification, struct online *online)
{
	OWNED(arena) arena = arena_new();
	size_t count = verification->site_count;
	struct questions *questions = arena_array(arena, struct questions, count + 1);
	struct online_question *asked = arena_array(arena, struct online_question, count + 1);
	verification->by_daemon = online_is_daemon(online);
	for (size_t i = 0; i < count; i++) {
		questions[i] = questions_of(&verification->sites[i], arena);
		asked[i] = (struct online_question){ .site = verification->sites[i].config->name,
			.selections = questions[i].selections,
			.count = questions[i].count };
	}
	online_ask(online, asked, count);
	for (size_t i = 0; i < count; i++)
		take_answer(verification, &verification->sites[i], &questions[i], asked[i].answer);
}

void verification_run_sources(struct verification *verification, const struct config *config,
	const struct awaited_list *awaited, int64_t us)
{
	size_t count = config_source_count(config);
	verification->sources = arena_array(verification->arena, struct verified_source, count + 1);
	for (size_t i = 0; i < count; i++) {
		if (!config_source_at(config, i)->dbt_api.url)
			continue;
		struct verified_source *source =
			&verification->sources[verification->source_count++];
		*source = verified_source_ask(
			config_source_at(config, i), awaited, us, verification->arena);
		verification->findings += source->finding_count + (source->error != NULL);
	}
}
