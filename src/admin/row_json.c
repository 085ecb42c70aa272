/* admin/row_json.c - rows of the store as JSON for API and command line. */
#include "admin/row_json.h"
#include "event/event.h"

/* Which fields the body has, as the rules see them. A body that no version took has none. */
static cJSON *fields_json(const struct event_row *row)
{
	OWNED(arena) arena = arena_new();
	struct error ignored;
	const struct event *event = event_parse(row->body, row->source, NULL, arena, &ignored);
	return event ? event_json(event) : cJSON_CreateObject();
}

cJSON *event_row_json(const struct event_row *row)
{
	cJSON *json = cJSON_CreateObject();
	record_to_json(event_members, row, json);
	cJSON_AddItemToObject(json, "fields", fields_json(row));
	return json;
}

cJSON *refresh_row_json(const struct refresh_row *row, struct wall waiting_since,
	const struct cause_row *causes, size_t cause_count)
{
	cJSON *json = cJSON_CreateObject();
	record_to_json(refresh_members, row, json);
	json_add_time(json, "waiting_since", waiting_since);
	cJSON *list = cJSON_AddArrayToObject(json, "causes");
	for (size_t i = 0; i < cause_count; i++) {
		cJSON *cause = cJSON_CreateObject();
		record_to_json(cause_members, &causes[i], cause);
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
