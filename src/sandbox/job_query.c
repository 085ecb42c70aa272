/*
 * sandbox/job_query.c - jobs in the API: one job, the list, cancelling; runs of flows
 * (src/tableau/README.md, Jobs).
 */
#include "sandbox/list.h"
#include <stdio.h>

/* ---- many jobs (src/tableau/README.md, Job list) ---- */

static const struct box_job *of(struct list_item item)
{
	return item.of;
}

static struct box_times times_of(struct list_item item)
{
	return box_job_times(of(item), item.call->now);
}

/* Tableau reports whole seconds, and its filters compare those. */
static const char *seconds(struct wall time, char scratch[LIST_SCRATCH])
{
	if (!wall_is_set(time))
		return "";
	return wall_format((struct wall){ time.us / US_PER_SECOND * US_PER_SECOND }, scratch);
}

static const char *type_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	const struct box_job *job = of(item);
	(void)scratch;
	if (job->content->kind == BOX_FLOW)
		return "run_flow";
	if (job->result == RESULT_BRIDGE)
		return job->incremental ? "increment_extracts_via_bridge"
					: "refresh_extracts_via_bridge";
	return job->incremental ? "increment_extracts" : "refresh_extracts";
}

static const char *title_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return of(item)->name;
}

static const char *subtitle_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	static const char *const subtitles[] = { "Workbook", "Data Source", "Flow", "Task" };
	(void)scratch;
	return subtitles[of(item)->content->kind];
}

static const char *args_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)item;
	(void)scratch;
	return "";
}

static const char *notes_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return of(item)->notes;
}

static const char *status_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return state_names[times_of(item).state];
}

static const char *priority_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)item;
	(void)scratch;
	return "50";
}

static const char *progress_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return wall_is_set(times_of(item).completed) ? "100" : "0";
}

static const char *created_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	return seconds(of(item)->created, scratch);
}

static const char *started_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	return seconds(times_of(item).started, scratch);
}

static const char *completed_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	return seconds(times_of(item).completed, scratch);
}

static const struct filter_field fields[] = {
	{ "jobType", FILTER_EQ | FILTER_IN },
	{ "title", FILTER_EQ | FILTER_HAS },
	{ "subtitle", FILTER_EQ | FILTER_HAS },
	{ "args", FILTER_HAS },
	{ "notes", FILTER_HAS },
	{ "status", FILTER_EQ },
	{ "priority", FILTER_COMPARES },
	{ "progress", FILTER_COMPARES },
	{ "createdAt", FILTER_COMPARES },
	{ "startedAt", FILTER_COMPARES },
	{ "completedAt", FILTER_COMPARES },
	{ 0 },
};
static list_value *const values[] = { type_of, title_of, subtitle_of, args_of, notes_of, status_of,
	priority_of, progress_of, created_of, started_of, completed_of };

static void add_seconds(cJSON *json, const char *key, struct wall time)
{
	char scratch[LIST_SCRATCH];
	if (wall_is_set(time))
		json_add_text(json, key, seconds(time, scratch));
}

static cJSON *row_json(struct list_item item)
{
	char scratch[LIST_SCRATCH];
	struct box_times times = times_of(item);
	cJSON *row = cJSON_CreateObject();
	json_add_text(row, "id", of(item)->id);
	json_add_text(row, "status", state_names[times.state]);
	add_seconds(row, "createdAt", of(item)->created);
	add_seconds(row, "startedAt", times.started);
	add_seconds(row, "endedAt", times.completed);
	json_add_text(row, "priority", "50");
	json_add_text(row, "jobType", type_of(item, scratch));
	json_add_text(row, "title", of(item)->name);
	json_add_text(row, "subtitle", subtitle_of(item, scratch));
	return row;
}

void api_job_list(struct api_call *call, struct reply *reply)
{
	static const struct list_kind kind = { "backgroundJobs", "backgroundJob", fields, values,
		NULL, row_json, false };
	const struct world *world = call->world;
	if (!call->login->pat->admin) {
		reply_error(reply, 403004, "Forbidden", "Only administrators may list jobs.");
		return;
	}
	OWNED_MEMORY const void **items = mem_alloc((world->job_count + 1) * sizeof *items);
	size_t count = 0;
	for (size_t i = 0; i < world->job_count; i++)
		if (world->jobs[i]->site == call->site && !world->jobs[i]->purged)
			items[count++] = world->jobs[i];
	list_answer(call, &kind, items, count, reply);
}

/* ---- one job (src/tableau/README.md, Jobs) ---- */

cJSON *api_job_describe(const struct box_job *job, cJSON *json)
{
	bool is_flow = job->content->kind == BOX_FLOW;
	cJSON *wrapper =
		cJSON_AddObjectToObject(json, is_flow ? "runFlowJobType" : "extractRefreshJob");
	cJSON *content = cJSON_AddObjectToObject(wrapper, box_singular[job->content->kind]);
	json_add_text(content, "id", job->content_id);
	json_add_text(content, "name", job->name);
	if (is_flow)
		json_add_text(wrapper, "flowRunId", job->flow_run);
	json_add_text(json, "id", job->id);
	json_add_text(json, "mode", "Asynchronous");
	json_add_text(json, "type", is_flow ? "RunFlow" : "RefreshExtract");
	return wrapper;
}

/* Code 0 and yet an error (tests/samples/tableau/job-finished-code0-error-note.json). */
static void add_error_note(cJSON *json)
{
	cJSON *note = cJSON_CreateObject(),
	      *list = cJSON_AddArrayToObject(
		      cJSON_AddObjectToObject(json, "statusNotes"), "statusNote");
	json_add_text(note, "type", "errorCode");
	json_add_text(note, "value", "400");
	json_add_text(note, "text", "The job reported an error although its finish code is 0.");
	cJSON_AddItemToArray(list, note);
}

/* updatedAt as in the samples: while a job runs, and for workbooks after success. */
static struct wall updated_at(const struct box_job *job, const struct box_times *times)
{
	if (times->state == STATE_IN_PROGRESS && times->finish_code < 0)
		return times->started;
	return times->state == STATE_SUCCESS && job->content->kind == BOX_WORKBOOK
		       ? times->completed
		       : (struct wall){ 0 };
}

static cJSON *job_json(const struct box_job *job, struct wall now)
{
	struct box_times times = box_job_times(job, now);
	char code[16]; /* an int */
	cJSON *root = cJSON_CreateObject(), *json = cJSON_AddObjectToObject(root, "job");
	cJSON *work = api_job_describe(job, json);
	if (times.state >= STATE_SUCCESS && times.state != STATE_CANCELLED && *job->notes)
		json_add_text(work, "notes", job->notes);
	if (job->result == RESULT_ERROR_NOTE && times.finish_code == 0)
		add_error_note(json);
	json_add_text(json, "progress", wall_is_set(times.completed) ? "100" : "0");
	add_seconds(json, "createdAt", job->created);
	add_seconds(json, "startedAt", times.started);
	add_seconds(json, "updatedAt", updated_at(job, &times));
	add_seconds(json, "completedAt", times.completed);
	if (times.finish_code >= 0) {
		snprintf(code, sizeof code, "%d", times.finish_code);
		json_add_text(json, "finishCode", code);
	}
	return root;
}

static struct box_job *job_or_404(struct api_call *call, const char *id, struct reply *reply)
{
	struct box_job *job = box_job_find(call->world, call->site, id);
	char detail[160]; /* a LUID and the text */
	if (job && !job->purged) {
		reply->content = job->content_id;
		return job;
	}
	if (!job || job->purged == 404018) {
		reply_missing(reply, 404018, "Job", id);
		return NULL;
	}
	snprintf(detail, sizeof detail, "There was a problem querying job '%s'.", job->id);
	reply_error(reply, 400031, "Bad Request", detail);
	return NULL;
}

void api_job_get(struct api_call *call, const char *id, struct reply *reply)
{
	const struct box_job *job = job_or_404(call, id, reply);
	if (job)
		reply->json = job_json(job, call->now);
}

void api_job_cancel(struct api_call *call, const char *id, struct reply *reply)
{
	struct box_job *job = job_or_404(call, id, reply);
	if (!job)
		return;
	if (!call->login->pat->admin) {
		reply_error(reply, 403032, "Forbidden",
			"The user does not have sufficient permissions to cancel jobs.");
	} else if (box_job_times(job, call->now).state >= STATE_SUCCESS) {
		reply_error(reply, 403091, "Forbidden",
			"Cannot cancel the job because it is already complete.");
	} else {
		job->cancelled = call->now;
		reply->json = job_json(job, call->now);
	}
}

/* ---- runs of flows, without pages (tests/samples/tableau/flow-runs.json) ---- */

static cJSON *run_json(const struct box_job *job, struct wall now)
{
	struct box_times times = box_job_times(job, now);
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "id", job->flow_run);
	json_add_text(json, "flowId", job->content_id);
	json_add_text(json, "status", state_names[times.state]);
	add_seconds(json, "startedAt", times.started);
	add_seconds(json, "completedAt", times.completed);
	json_add_text(json, "progress", wall_is_set(times.completed) ? "100" : "0");
	json_add_text(json, "backgroundJobId", job->id);
	return json;
}

static bool is_run(const struct api_call *call, const struct box_job *job)
{
	return job->site == call->site && job->content->kind == BOX_FLOW && !job->purged;
}

void api_flow_run_list(struct api_call *call, struct reply *reply)
{
	cJSON *items = cJSON_CreateArray();
	for (size_t i = 0; i < call->world->job_count; i++)
		if (is_run(call, call->world->jobs[i]))
			cJSON_AddItemToArray(items, run_json(call->world->jobs[i], call->now));
	reply->json = cJSON_CreateObject();
	list_add(call->site, cJSON_AddObjectToObject(reply->json, "flowRuns"), "flowRuns", items);
}

void api_flow_run_get(struct api_call *call, const char *id, struct reply *reply)
{
	for (size_t i = 0; i < call->world->job_count; i++) {
		const struct box_job *job = call->world->jobs[i];
		if (!is_run(call, job) || !text_is_nocase(job->flow_run, id))
			continue;
		reply->json = cJSON_CreateObject();
		reply->content = job->content_id;
		cJSON_AddItemToObject(reply->json, "flowRun", run_json(job, call->now));
		return;
	}
	/* Tableau's code for an unknown run is not published; 404000 is its code for "not
	 * found". */
	reply_missing(reply, 404000, "Flow run", id);
}
