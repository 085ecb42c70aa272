/*
 * tableau/job_list.c - polls all jobs of a site by one call (README.md, Job list), if the PAT's
 * user is an administrator. For other users it tries once a day and gets a 403.
 */
#include "tableau/job_list.h"
#include "tableau/item.h"
#include "tableau/job.h"

/* because the PAT's user may have become an administrator */
#define LIST_AGAIN_AFTER (86400 * US_PER_SECOND)
#define PAGE_SIZE TABLEAU_JOBS_A_PAGE /* Tableau's maximum (README.md, Lists) */
#define MOST_PAGES 100                /* 100,000 jobs since the oldest of ours */
/* Jobs were cleaned away between two pages (README.md, Lists). */
#define PAGE_BEYOND_THE_END 400006

struct job_list {
	struct tableau_site *site;
	struct wall since;
	jobs_done *callback;
	void *context;
	struct arena *arena; /* texts of the jobs */
	struct job *jobs;
	size_t count, capacity, page;
	/* Asks for a sorted list, which some servers may refuse (README.md, Job list). */
	bool is_sorted;
};

static void end(struct job_list *list, const struct outcome *outcome)
{
	list->callback(outcome, list->jobs, outcome->ok ? list->count : 0, list->context);
	arena_free(list->arena);
	free(list->jobs);
	free(list);
}

static int by_age_and_id(const void *a, const void *b)
{
	const struct job *left = a, *right = b;
	if (left->created_at.us != right->created_at.us)
		return left->created_at.us < right->created_at.us ? -1 : 1;
	return strcmp(left->id, right->id);
}

/* Sorts oldest first, in case the server did not, and drops doubles, because rows may shift between
 * pages. */
static void finish(struct job_list *list, const struct outcome *outcome)
{
	size_t kept = 0;
	struct outcome fine = *outcome;
	if (list->count)
		qsort(list->jobs, list->count, sizeof *list->jobs, by_age_and_id);
	for (size_t i = 0; i < list->count; i++)
		if (!kept || strcmp(list->jobs[kept - 1].id, list->jobs[i].id))
			list->jobs[kept++] = list->jobs[i];
	list->count = kept;
	fine.ok = true;
	fine.error = (struct error){ 0 };
	end(list, &fine);
}

static void ask(struct job_list *list);

static void failed(struct job_list *list, const struct outcome *outcome)
{
	struct tableau_site *site = list->site;
	if (list->page > 1 && outcome->code == PAGE_BEYOND_THE_END) {
		finish(list, outcome);
		return;
	}
	if (list->page == 1 && outcome->http_status == 400 && list->is_sorted) {
		site->no_job_sort = true;
		ask(list);
		return;
	}
	bool is_final = outcome->error.kind == ERROR_REFUSED &&
			(outcome->http_status == 401 || outcome->http_status == 403 ||
				outcome->http_status == 404);
	if (is_final) {
		site->may_list_jobs = false;
		site->list_again_at = mono_plus(clock_mono(), LIST_AGAIN_AFTER);
	}
	end(list, outcome);
}

static void page_came(const struct outcome *outcome, const cJSON *json, void *context)
{
	struct job_list *list = context;
	struct outcome bad = *outcome;
	size_t rows = 0;
	int64_t total = 0;
	if (!outcome->ok) {
		failed(list, outcome);
		return;
	}
	list->site->may_list_jobs = true;
	if (!json_get(json, "backgroundJobs")) {
		bad.ok = error_fail(&bad.error, ERROR_TRANSIENT,
			"site '%s': the answer has no list of jobs in it", list->site->name);
		end(list, &bad);
		return;
	}
	for (const cJSON *row = items_of(json, "backgroundJobs", "backgroundJob"); row;
		row = items_next(row)) {
		mem_grow(&list->jobs, &list->capacity, list->count);
		list->count += job_row_parse(row, &list->jobs[list->count], list->arena);
		rows++;
	}
	if (rows && !list->count) {
		bad.ok = error_fail(&bad.error, ERROR_TRANSIENT,
			"site '%s': no job of the answer can be read", list->site->name);
		end(list, &bad);
		return;
	}
	bool has_total = json_count(json_get(json, "pagination"), "totalAvailable", &total);
	bool is_more = has_total ? (int64_t)list->count < total : rows == PAGE_SIZE;
	if (is_more && rows && list->page < MOST_PAGES) {
		list->page++;
		ask(list);
	} else {
		finish(list, outcome);
	}
}

static void ask(struct job_list *list)
{
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	char since[WALL_TEXT_SIZE];
	list->is_sorted = !list->site->no_job_sort;
	/* Tableau accepts whole seconds; rounding down misses nothing. */
	struct wall floor = { list->since.us / US_PER_SECOND * US_PER_SECOND };
	text_printf(&path, "/jobs?pageSize=%d&pageNumber=%zu%s&filter=createdAt:gte:%s", PAGE_SIZE,
		list->page, list->is_sorted ? "&sort=createdAt:asc" : "",
		wall_format(floor, since));
	struct tableau_call request = { .type = CALL_JOBS, .method = METHOD_GET, .path = path.at };
	tableau_site_call(list->site, &request, page_came, list);
}

bool job_list_start(
	struct tableau_site *site, struct wall since, jobs_done *callback, void *context)
{
	if (!site->may_list_jobs && clock_mono().us < site->list_again_at.us)
		return false;
	struct job_list *list = mem_new(struct job_list);
	*list = (struct job_list){ .site = site,
		.since = since,
		.callback = callback,
		.context = context,
		.arena = arena_new(),
		.page = 1 };
	ask(list);
	return true;
}
