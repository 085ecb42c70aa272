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

cJSON *selection_row_json(const struct selection_status *selection)
{
	cJSON *json = cJSON_CreateObject();
	record_to_json(selection_status_members, selection, json);
	return json;
}

cJSON *site_row_json(const struct site_status *status, const struct config_site *config)
{
	cJSON *json = cJSON_CreateObject();
	struct site_status site = *status;
	if (config) {
		site.refreshes_per_hour = config->refreshes_per_hour;
		site.job_queries_per_day = config->job_queries_per_day;
	}
	record_to_json(site_members, &site, json);
	if (!site.queue.is_configured)
		cJSON_AddBoolToObject(json, "configured", false);
	return json;
}
