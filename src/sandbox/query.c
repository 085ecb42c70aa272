/*
 * sandbox/query.c - lists of content, projects and tasks, with filters and pages (tableau-rest.md
 * 4).
 */
#include "sandbox/api.h"
#include "sandbox/filter.h"
#include <stdio.h>

/* Fields that can be filtered by (tableau-rest.md 4.2). */
static const char *const content_known[] = { "name", "contentUrl", "projectName", "tags",
	"ownerName", "ownerEmail", "ownerDomain", "hasExtracts", "createdAt", "updatedAt", "size",
	"sheetCount", "type", NULL };
static const char *const flow_known[] = { "name", "projectName", "projectId", "ownerName",
	"createdAt", "updatedAt", NULL };
static const char *const project_known[] = { "name", "parentProjectId", "ownerName", "ownerEmail",
	"ownerDomain", "topLevelProject", "createdAt", "updatedAt", NULL };
static const char *const job_known[] = { "jobType", "title", "subtitle", "args", "notes", "status",
	"priority", "progress", "createdAt", "startedAt", "completedAt", NULL };

struct page {
	int64_t number, size, total;
};

static bool read_page(struct call *call, struct reply *reply, struct page *page)
{
	const char *size = web_query(call->request, "pageSize"),
		   *number = web_query(call->request, "pageNumber");
	*page = (struct page){ .number = 1, .size = 100 };
	if ((size && (!str_to_count(str_of(size), &page->size) || page->size < 1)) ||
		(number && (!str_to_count(str_of(number), &page->number) || page->number < 1))) {
		reply_error(reply, 400007, "Bad Request", "Invalid page size or number.");
		return false;
	}
	if (page->size > 1000) {
		reply_error(reply, 403014, "Forbidden",
			"Page size is greater than the maximum of 1000.");
		return false;
	}
	return true;
}

/*
 * The raw value of the parameter `filter`, decoded after it was cut at '&': an encoded ampersand or
 * comma inside a value does not help, as with Tableau, because it is decoded before the grammar
 * reads it.
 */
static bool read_filter(
	struct call *call, const char *const *known, struct filter *filter, struct reply *reply)
{
	const char *text = web_query(call->request, "filter");
	char bad[64], detail[160];
	enum filter_error error = filter_parse(text ? text : "", known, filter, bad);
	if (text && strchr(text, '&'))
		error = FILTER_UNPARSABLE;
	if (error == FILTER_UNPARSABLE) {
		snprintf(detail, sizeof detail, "The filter query is missing a value for key '%s'.",
			bad);
		reply_error(reply, 400065, "Bad Request", detail);
	} else if (error == FILTER_UNKNOWN) {
		snprintf(detail, sizeof detail, "The filter expression '%s' is invalid.", bad);
		reply_error(reply, 400066, "Bad Request", detail);
	}
	return error == FILTER_OK;
}

static void paginate(struct reply *reply, const struct page *page, const char *plural,
	const char *singular, cJSON *items)
{
	char text[24];
	if (page->number > 1 && (page->number - 1) * page->size >= page->total) {
		cJSON_Delete(items);
		reply_error(reply, 400006, "Bad Request", "Invalid page number.");
		return;
	}
	reply->json = cJSON_CreateObject();
	cJSON *pagination = cJSON_AddObjectToObject(reply->json, "pagination");
	const struct {
		const char *name;
		int64_t value;
	} members[] = {
		{ "pageNumber", page->number },
		{ "pageSize", page->size },
		{ "totalAvailable", page->total },
	};
	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof text, "%lld", (long long)members[i].value);
		json_add_text(pagination, members[i].name, text);
	}
	cJSON *list = cJSON_AddObjectToObject(reply->json, plural);
	if (items->child)
		cJSON_AddItemToObject(list, singular, items);
	else
		cJSON_Delete(items);
}

/* Counts an item that the filter takes, and says whether it is on the page. */
static bool is_on_page(struct page *page)
{
	int64_t at = page->total++;
	return at / page->size + 1 == page->number;
}

/* ---- content ---- */

static cJSON *tags_json(const struct box_content *content)
{
	cJSON *tags = cJSON_CreateObject();
	if (!content->tags.count)
		return tags;
	cJSON *list = cJSON_AddArrayToObject(tags, "tag");
	for (size_t i = 0; i < content->tags.count; i++) {
		cJSON *tag = cJSON_CreateObject();
		json_add_text(tag, "label", content->tags.items[i]);
		cJSON_AddItemToArray(list, tag);
	}
	return tags;
}

static void add_owner(cJSON *json, const struct box_owner *owner, bool all)
{
	cJSON *object = cJSON_AddObjectToObject(json, "owner");
	json_add_text(object, "id", owner->id);
	if (!all)
		return;
	json_add_text(object, "name", owner->name);
	json_add_text(object, "fullName", owner->full_name);
	json_add_text(object, "email", owner->email);
	json_add_text(object, "siteRole", "Creator");
	json_add_text(object, "lastLogin", "2026-10-01T06:39:20Z");
}

static void add_location(cJSON *json, const struct box_content *content)
{
	cJSON *location = cJSON_AddObjectToObject(json, "location");
	json_add_text(location, "id",
		content->in ? content->in->id : "00000000-0000-4000-8000-000000000001");
	json_add_text(location, "type", content->in ? "Project" : "PersonalSpace");
	json_add_text(location, "name", content->in ? content->in->name : "Personal Space");
}

static void add_workbook(cJSON *json, const struct box_content *content, bool all)
{
	cJSON_AddObjectToObject(json, "dataAccelerationConfig");
	json_add_text(json, "contentUrl", content->content_url);
	json_add_text(json, "showTabs", "true");
	json_add_text(json, "size", "41");
	json_add_text(json, "encryptExtracts", "false");
	json_add_text(json, "defaultViewId", "0d1e2f30-4152-4364-8576-9f9b7370ae32");
	if (!all)
		return;
	json_add_text(json, "sheetCount", "9");
	cJSON_AddBoolToObject(json, "hasExtracts", content->has_extracts);
	json_add_text(json, "shareDescription", content->name);
	json_add_text(json, "lastPublishedAt", "2026-10-05T04:31:55Z");
	add_location(json, content);
}

static void add_datasource(cJSON *json, const struct box_content *content)
{
	json_add_text(json, "contentUrl", content->content_url);
	json_add_text(json, "type", "snowflake");
	json_add_text(json, "encryptExtracts", "false");
	cJSON_AddBoolToObject(json, "hasExtracts", content->has_extracts);
	cJSON_AddBoolToObject(json, "isCertified", false);
	cJSON_AddBoolToObject(json, "useRemoteQueryAgent", content->result == RESULT_BRIDGE);
	json_add_text(json, "size", "7");
}

static cJSON *content_json(const struct call *call, const struct box_content *content, bool all)
{
	cJSON *json = cJSON_CreateObject();
	char url[160];
	if (content->in) {
		cJSON *project = cJSON_AddObjectToObject(json, "project");
		json_add_text(project, "id", content->in->id);
		json_add_text(project, "name", content->in->name);
		if (all)
			json_add_text(project, "description", "");
	}
	add_owner(json, site_owner(call->site, content), all);
	if (content->kind != BOX_FLOW ||
		content->tags.count) /* flows without tags have no member (1.3) */
		cJSON_AddItemToObject(json, "tags", tags_json(content));
	if (content->kind == BOX_FLOW)
		cJSON_AddObjectToObject(json, "parameters");
	json_add_text(json, "id", content->id);
	json_add_text(json, "name", content->name);
	if (content->kind != BOX_DATASOURCE)
		json_add_text(json, "description", "");
	snprintf(url, sizeof url, "https://sandbox.example/#/site/%.60s/%s/%lld",
		call->site->content_url, box_plural[content->kind], (long long)content->number);
	json_add_text(json, "webpageUrl", url);
	if (content->kind == BOX_FLOW)
		json_add_text(json, "fileType", "tflx");
	json_add_text(json, "createdAt", "2026-03-02T09:14:07Z");
	json_add_text(json, "updatedAt", "2026-10-05T04:31:55Z");
	if (content->kind == BOX_WORKBOOK)
		add_workbook(json, content, all);
	else if (content->kind == BOX_DATASOURCE)
		add_datasource(json, content);
	return json;
}

static bool filter_content(
	const struct filter *filter, const struct call *call, const struct box_content *content)
{
	const struct box_owner *owner = site_owner(call->site, content);
	OWNED_JSON tags = tags_json(content);
	return filter_takes(filter, "name", content->name) &&
	       filter_takes(filter, "contentUrl", content->content_url) &&
	       filter_takes(filter, "projectName", content->in ? content->in->name : "") &&
	       filter_takes(filter, "projectId", content->in ? content->in->id : "") &&
	       filter_takes(filter, "ownerName", owner->full_name) &&
	       filter_takes(filter, "ownerEmail", owner->email) &&
	       filter_takes(filter, "hasExtracts", content->has_extracts ? "true" : "false") &&
	       filter_takes_any(filter, "tags", cJSON_GetObjectItemCaseSensitive(tags, "tag"));
}

void query_content(struct call *call, enum box_kind kind, struct reply *reply)
{
	struct page page;
	struct filter filter;
	const char *fields = web_query(call->request, "fields");
	if (!read_page(call, reply, &page) ||
		!read_filter(call, kind == BOX_FLOW ? flow_known : content_known, &filter, reply))
		return;
	cJSON *items = cJSON_CreateArray();
	for (size_t i = 0; i < call->site->content_count[kind]; i++) {
		const struct box_content *content = call->site->contents[kind][i];
		if (!content->is_deleted &&
			(!filter.count || filter_content(&filter, call, content)) &&
			is_on_page(&page))
			cJSON_AddItemToArray(
				items, content_json(call, content,
					       fields && (strstr(fields, "_all_") ||
								 strstr(fields, "hasExtracts"))));
	}
	paginate(reply, &page, box_plural[kind], box_singular[kind], items);
}

void query_one(struct call *call, enum box_kind kind, const char *id, struct reply *reply)
{
	static const struct {
		int code;
		const char *name;
	} missing[] = { { 404006, "Workbook" }, { 404004, "Datasource" }, { 404027, "Flow" },
		{ 404026, "Task" } };
	const struct box_content *content = site_content(call->site, kind, id);
	char detail[160];
	if (!content) {
		snprintf(detail, sizeof detail, "%s '%.60s' could not be found.",
			missing[kind].name, id);
		reply_error(reply, missing[kind].code, "Resource Not Found", detail);
		return;
	}
	reply->json = cJSON_CreateObject();
	if (kind == BOX_TASK) {
		cJSON *task = cJSON_AddObjectToObject(
			cJSON_AddObjectToObject(reply->json, "task"), "extractRefresh");
		json_add_text(task, "id", content->id);
		json_add_text(task, "priority", "50");
		json_add_text(task, "consecutiveFailedCount", "0");
		json_add_text(task, "type", "RefreshExtractTask");
		if (content->target)
			json_add_text(
				cJSON_AddObjectToObject(task, box_singular[content->target->kind]),
				"id", content->target->id);
		return;
	}
	cJSON_AddItemToObject(reply->json, box_singular[kind], content_json(call, content, false));
}

/* ---- projects and tasks ---- */

void query_projects(struct call *call, struct reply *reply)
{
	struct page page;
	struct filter filter;
	if (!read_page(call, reply, &page) || !read_filter(call, project_known, &filter, reply))
		return;
	cJSON *items = cJSON_CreateArray();
	struct box_content nobody = { 0 };
	for (size_t i = 0; i < call->site->project_count; i++) {
		const struct box_project *project = &call->site->all_projects[i];
		if (!filter_takes(&filter, "name", project->name) ||
			!filter_takes(&filter, "parentProjectId",
				project->parent_id ? project->parent_id : "") ||
			!filter_takes(&filter, "topLevelProject",
				project->parent_id ? "false" : "true") ||
			!is_on_page(&page))
			continue;
		cJSON *json = cJSON_CreateObject();
		add_owner(json, site_owner(call->site, &nobody), false);
		json_add_text(json, "id", project->id);
		json_add_text(json, "name", project->name);
		json_add_text(json, "description", "");
		json_add_text(json, "createdAt", "2025-11-03T08:00:00Z");
		json_add_text(json, "updatedAt", "2026-05-11T08:00:00Z");
		json_add_text(json, "contentPermissions", "ManagedByOwner");
		if (project->parent_id) {
			json_add_text(json, "parentProjectId", project->parent_id);
			json_add_text(json, "controllingPermissionsProjectId", project->parent_id);
		}
		cJSON_AddItemToArray(items, json);
	}
	paginate(reply, &page, "projects", "project", items);
}

/* Neither pages nor filters (tableau-rest.md 6.4). */
void query_tasks(struct call *call, struct reply *reply)
{
	reply->json = cJSON_CreateObject();
	cJSON *tasks = cJSON_AddObjectToObject(reply->json, "tasks"), *list = NULL;
	for (size_t i = 0; i < call->site->content_count[BOX_TASK]; i++) {
		const struct box_content *content = call->site->contents[BOX_TASK][i];
		if (content->is_deleted)
			continue;
		if (!list)
			list = cJSON_AddArrayToObject(tasks, "task");
		struct reply one = { 0 };
		query_one(call, BOX_TASK, content->id, &one);
		cJSON_AddItemToArray(
			list, cJSON_DetachItemFromObjectCaseSensitive(one.json, "task"));
		cJSON_Delete(one.json);
	}
}

/* ---- jobs ---- */

static void add_seconds(cJSON *json, const char *key, struct wall time)
{
	json_add_time(json, key, (struct wall){ time.us / US_PER_SECOND * US_PER_SECOND });
}

static const char *job_type(const struct box_job *job)
{
	if (job->content->kind == BOX_FLOW)
		return "run_flow";
	if (job->result == RESULT_BRIDGE)
		return job->incremental ? "increment_extracts_via_bridge"
					: "refresh_extracts_via_bridge";
	return job->incremental ? "increment_extracts" : "refresh_extracts";
}

static cJSON *job_row(const struct box_job *job, const struct box_times *times)
{
	static const char *const subtitles[] = { "Workbook", "Data Source", "Flow", "Task" };
	cJSON *row = cJSON_CreateObject();
	json_add_text(row, "id", job->id);
	json_add_text(row, "status", state_names[times->state]);
	add_seconds(row, "createdAt", job->created);
	add_seconds(row, "startedAt", times->started);
	add_seconds(row, "endedAt", times->completed);
	json_add_text(row, "priority", "50");
	json_add_text(row, "jobType", job_type(job));
	json_add_text(row, "title", job->content->name);
	json_add_text(row, "subtitle", subtitles[job->content->kind]);
	return row;
}

static bool filter_job(const struct filter *filter, const struct box_job *job, const cJSON *row)
{
	return filter_takes(filter, "createdAt", json_text(row, "createdAt")) &&
	       filter_takes(filter, "startedAt", json_text(row, "startedAt")) &&
	       filter_takes(filter, "completedAt", json_text(row, "endedAt")) &&
	       filter_takes(filter, "status", json_text(row, "status")) &&
	       filter_takes(filter, "jobType", json_text(row, "jobType")) &&
	       filter_takes(filter, "title", job->content->name);
}

void query_jobs(struct call *call, struct reply *reply)
{
	struct page page;
	struct filter filter;
	struct wall now = clock_wall();
	if (!call->login->pat->admin) {
		reply_error(reply, 403004, "Forbidden", "Only administrators may list jobs.");
		return;
	}
	if (!read_page(call, reply, &page) || !read_filter(call, job_known, &filter, reply))
		return;
	cJSON *items = cJSON_CreateArray();
	for (size_t i = 0; i < call->world->job_count; i++) {
		const struct box_job *job = call->world->jobs[i];
		if (job->site != call->site)
			continue;
		struct box_times times = job_times(job, now);
		cJSON *row = job_row(job, &times);
		if (filter_job(&filter, job, row) && is_on_page(&page))
			cJSON_AddItemToArray(items, row);
		else
			cJSON_Delete(row);
	}
	paginate(reply, &page, "backgroundJobs", "backgroundJob", items);
}

static void add_work(cJSON *json, const struct box_job *job, const struct box_times *times)
{
	bool is_flow = job->content->kind == BOX_FLOW;
	cJSON *wrapper =
		cJSON_AddObjectToObject(json, is_flow ? "runFlowJobType" : "extractRefreshJob");
	cJSON *content = cJSON_AddObjectToObject(wrapper, box_singular[job->content->kind]);
	json_add_text(content, "id", job->content_id);
	json_add_text(content, "name", job->content->name);
	if (times->state >= STATE_SUCCESS && times->state != STATE_CANCELLED && job->notes &&
		*job->notes)
		json_add_text(wrapper, "notes", job->notes);
}

static cJSON *job_json(const struct box_job *job, struct wall now)
{
	struct box_times times = job_times(job, now);
	char code[16];
	cJSON *root = cJSON_CreateObject(), *json = cJSON_AddObjectToObject(root, "job");
	add_work(json, job, &times);
	json_add_text(json, "id", job->id);
	json_add_text(json, "mode", "Asynchronous");
	json_add_text(json, "type", job->content->kind == BOX_FLOW ? "RunFlow" : "RefreshExtract");
	if (job->result == RESULT_ERROR_NOTE && times.finish_code == 0) {
		cJSON *note = cJSON_CreateObject(),
		      *list = cJSON_AddArrayToObject(
			      cJSON_AddObjectToObject(json, "statusNotes"), "statusNote");
		json_add_text(note, "type", "errorCode");
		json_add_text(note, "value", "400");
		json_add_text(
			note, "text", "The job reported an error although its finish code is 0.");
		cJSON_AddItemToArray(list, note);
	}
	json_add_text(json, "progress", wall_is_set(times.completed) ? "100" : "0");
	add_seconds(json, "createdAt", job->created);
	add_seconds(json, "startedAt", times.started);
	add_seconds(json, "updatedAt", times.completed);
	add_seconds(json, "completedAt", times.completed);
	if (times.finish_code >= 0) {
		snprintf(code, sizeof code, "%d", times.finish_code);
		json_add_text(json, "finishCode", code);
	}
	return root;
}

static struct box_job *job_or_404(struct call *call, const char *id, struct reply *reply)
{
	struct box_job *job = job_find(call->world, call->site, id);
	char detail[160];
	if (job)
		return job;
	snprintf(detail, sizeof detail, "Job '%.60s' could not be found.", id);
	reply_error(reply, 404018, "Resource Not Found", detail);
	return NULL;
}

void query_job(struct call *call, const char *id, struct reply *reply)
{
	const struct box_job *job = job_or_404(call, id, reply);
	if (job) {
		reply->json = job_json(job, clock_wall());
		reply->content = job->content_id;
	}
}

void cancel_job(struct call *call, const char *id, struct reply *reply)
{
	struct box_job *job = job_or_404(call, id, reply);
	if (!job)
		return;
	if (!call->login->pat->admin) {
		reply_error(
			reply, 403032, "Forbidden", "You do not have permission to cancel jobs.");
	} else if (job_times(job, clock_wall()).state >= STATE_SUCCESS) {
		reply_error(reply, 403091, "Forbidden", "The job has already completed.");
	} else {
		job->cancelled = clock_wall();
		reply->json = job_json(job, clock_wall());
	}
}
