/*
 * sandbox/task.c - extract refresh tasks: unlike other lists, theirs has neither pages nor filters
 * (src/tableau/README.md, Lists).
 */
#include "sandbox/list.h"

/* On a Server a schedule with an id (tasks-extract-server.json), on Tableau Cloud an inline one
 * without (tasks-extract-cloud.json). */
static void add_schedule(cJSON *json, const struct box_site *site)
{
	cJSON *schedule = cJSON_AddObjectToObject(json, "schedule");
	char luid[LUID_SIZE];
	if (site->cloud) {
		cJSON *details = cJSON_AddObjectToObject(schedule, "frequencyDetails"),
		      *list = cJSON_AddArrayToObject(
			      cJSON_AddObjectToObject(details, "intervals"), "interval"),
		      *interval = cJSON_CreateObject();
		json_add_text(interval, "hours", "24");
		cJSON_AddItemToArray(list, interval);
		json_add_text(details, "start", "06:00:00");
		json_add_text(details, "end", "06:00:00");
	} else {
		json_add_text(schedule, "id",
			box_luid_make(luid, site->content_url, "schedule", "daily", 0));
		json_add_text(schedule, "name", "Refresh daily 06:00");
		json_add_text(schedule, "state", "Active");
		json_add_text(schedule, "priority", "50");
		json_add_text(schedule, "createdAt", "2025-02-11T01:42:55Z");
		json_add_text(schedule, "updatedAt", "2026-10-11T06:00:06Z");
		json_add_text(schedule, "type", "Extract");
	}
	json_add_text(schedule, "frequency", "Daily");
	json_add_text(schedule, "nextRunAt", "2026-10-13T06:00:00Z");
}

static cJSON *task_json(const struct box_site *site, const struct box_content *task)
{
	cJSON *root = cJSON_CreateObject(), *json = cJSON_AddObjectToObject(root, "extractRefresh");
	if (task->schedule)
		add_schedule(json, site);
	json_add_text(cJSON_AddObjectToObject(json, box_singular[task->target->kind]), "id",
		task->target->id);
	json_add_text(json, "id", task->id);
	json_add_text(json, "priority", "50");
	json_add_text(json, "consecutiveFailedCount", "0");
	json_add_text(
		json, "type", task->incremental ? "IncrementExtractTask" : "RefreshExtractTask");
	return root;
}

void api_task_list(struct api_call *call, struct reply *reply)
{
	const struct box_site *site = call->site;
	cJSON *items = cJSON_CreateArray();
	for (size_t i = 0; i < site->content_count[BOX_TASK]; i++)
		if (!site->contents[BOX_TASK][i]->is_deleted)
			cJSON_AddItemToArray(items, task_json(site, site->contents[BOX_TASK][i]));
	reply->json = cJSON_CreateObject();
	if (site->tasks_as_array)
		cJSON_AddItemToObject(reply->json, "tasks", items);
	else
		list_add(site, cJSON_AddObjectToObject(reply->json, "tasks"), "task", items);
}

void api_task_get(struct api_call *call, const char *id, struct reply *reply)
{
	const struct box_content *task = box_site_content(call->site, BOX_TASK, id);
	if (!task) {
		api_content_missing(BOX_TASK, id, reply);
		return;
	}
	reply->json = cJSON_CreateObject();
	reply->content = task->id;
	cJSON_AddItemToObject(reply->json, "task", task_json(call->site, task));
}
