#include "admin/row_json.h"

/* JSON that we wrote ourselves goes in as it is; what cannot be read any more as an empty object.
 */
static void add_stored(cJSON *json, const char *key, const char *text)
{
	if (text && *text)
		cJSON_AddItemToObject(json, key, cJSON_CreateRaw(text));
}

cJSON *event_row_json(const struct event_row *row)
{
	cJSON *json = cJSON_CreateObject();
	json_add_count(json, "id", row->id);
	json_add_text(json, "source", row->source);
	json_add_text(json, "event_id", row->event_id);
	json_add_time(json, "received_at", row->received_at);
	json_add_time(json, "finished_at", row->finished_at);
	json_add_text(json, "outcome", row->outcome);
	if (row->reason && *row->reason)
		json_add_text(json, "reason", row->reason);
	add_stored(json, "fields", row->fields);
	add_stored(json, "matched", row->matched);
	add_stored(json, "selections", row->all_selections);
	json_add_text(json, "ruleset", row->ruleset);
	return json;
}

static void add_content(cJSON *json, const struct content *content)
{
	cJSON *object = cJSON_AddObjectToObject(json, "content");
	if (*content->luid)
		json_add_text(object, "id", content->luid);
	json_add_text(object, "name", content->name);
	if (*content->project)
		json_add_text(object, "project", content->project);
}

static void add_job(cJSON *json, const struct refresh_row *row)
{
	if (!*row->job_id)
		return;
	cJSON *job = cJSON_AddObjectToObject(json, "job");
	json_add_text(job, "id", row->job_id);
	json_add_time(job, "created_at", row->job_created_at);
	json_add_time(job, "started_at", row->job_started_at);
	json_add_time(job, "completed_at", row->job_completed_at);
}

cJSON *refresh_row_json(const struct refresh_row *row, struct wall waiting_since,
	const struct cause_row *causes, size_t cause_count)
{
	cJSON *json = cJSON_CreateObject();
	json_add_count(json, "id", row->id);
	json_add_text(json, "site", row->site);
	json_add_text(json, "kind", kind_name(row->content.kind));
	add_content(json, &row->content);
	cJSON_AddBoolToObject(json, "incremental", row->incremental);
	json_add_text(json, "state", refresh_state_name(row->state));
	if (row->reason && *row->reason)
		json_add_text(json, "reason", row->reason);
	json_add_count(json, "priority", row->priority);
	json_add_time(json, "created_at", row->created_at);
	json_add_time(json, "waiting_since", waiting_since);
	json_add_time(json, "not_before", row->not_before);
	json_add_time(json, "sent_at", row->sent_at);
	json_add_time(json, "ended_at", row->ended_at);
	json_add_count(json, "attempts", row->attempts);
	add_job(json, row);
	cJSON *list = cJSON_AddArrayToObject(json, "causes");
	for (size_t i = 0; i < cause_count; i++) {
		cJSON *cause = cJSON_CreateObject();
		json_add_count(cause, "event", causes[i].event);
		json_add_text(cause, "rule", causes[i].rule);
		cJSON_AddItemToArray(list, cause);
	}
	return json;
}

cJSON *selection_status_json(const struct selection_status *selection)
{
	cJSON *json = cJSON_CreateObject();
	json_add_count(json, "event", selection->event);
	json_add_text(json, "site", selection->site);
	json_add_text(json, "kind", kind_name(selection->kind));
	json_add_text(json, "selector", selection->label);
	json_add_time(json, "waiting_since", selection->since);
	json_add_time(json, "not_before", selection->until);
	if (*selection->reason)
		json_add_text(json, "reason", selection->reason);
	cJSON *rules = cJSON_AddArrayToObject(json, "rules");
	for (size_t i = 0; i < selection->rule_count; i++)
		cJSON_AddItemToArray(rules, cJSON_CreateString(selection->rules[i]));
	return json;
}

static void add_budget(cJSON *json, const char *name, int64_t limit, int64_t spent)
{
	if (!limit)
		return;
	cJSON *budget = cJSON_AddObjectToObject(json, name);
	json_add_count(budget, "limit", limit);
	json_add_count(budget, "spent", spent);
}

static void add_wait(cJSON *json, const char *name, const struct schedule_wait *wait)
{
	if (!wait->reason)
		return;
	cJSON *object = cJSON_AddObjectToObject(json, name);
	json_add_time(object, "since", wait->since);
	json_add_time(object, "until", wait->until);
	json_add_text(object, "reason", wait->reason);
}

static void add_queue(cJSON *json, const struct schedule_site_status *queue)
{
	cJSON *refreshes = cJSON_AddObjectToObject(json, "refreshes");
	json_add_count(refreshes, "open", queue->open);
	json_add_count(refreshes, "ready", queue->ready);
	json_add_count(refreshes, "sending", queue->sending);
	json_add_count(refreshes, "in_flight", queue->in_flight);
	json_add_count(json, "selections", queue->selections);
	add_wait(json, "lookups_wait", &queue->lookups);
	add_wait(json, "refreshes_wait", &queue->starts);
	add_wait(json, "jobs_wait", &queue->queries);
	if (queue->paused_by)
		json_add_text(json, "paused_by", queue->paused_by);
	if (queue->overdue)
		json_add_text(json, "backlog", queue->overdue);
	if (queue->failures)
		json_add_count(json, "failures", queue->failures);
	json_add_time(json, "left_alone_until", queue->paused_until);
}

cJSON *site_status_json(const struct tableau_site_status *status,
	const struct schedule_site_status *queue, const struct config_site *config)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "name", status->name);
	if (!queue->is_configured)
		cJSON_AddBoolToObject(json, "configured", false);
	json_add_text(json, "server", status->server);
	json_add_text(json, "content_url", status->content_url);
	if (*status->api_version)
		json_add_text(json, "api_version", status->api_version);
	cJSON_AddBoolToObject(json, "signed_in", status->is_signed_in);
	json_add_time(json, "signed_in_at", status->signed_in_at);
	json_add_time(json, "pat_ends_at", status->pat_ends_at);
	json_add_count(json, "sign_ins", status->sign_ins);
	json_add_count(json, "requests", status->requests);
	json_add_count(json, "errors", status->errors);
	json_add_count(json, "in_flight", status->in_flight);
	json_add_count(json, "waiting", status->waiting);
	cJSON_AddBoolToObject(json, "may_list_jobs", status->may_list_jobs);
	add_queue(json, queue);
	if (config) {
		add_budget(json, "refreshes_per_hour", config->refreshes_per_hour,
			queue->starts_spent);
		add_budget(json, "job_queries_per_day", config->job_queries_per_day,
			queue->queries_spent);
	}
	if (*status->last_error)
		json_add_text(json, "last_error", status->last_error);
	return json;
}
