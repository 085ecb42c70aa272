/*
 * admin/health.c - /healthz and /readyz.
 */
#include "admin/handler.h"
#include "admin/trouble.h"
#include "build.h"
#include "rules/ruleset.h"

void handle_healthz(struct admin *admin, struct web_request *request, int64_t id)
{
	(void)admin;
	(void)id;
	web_reply(request, 200, NULL, STR("{\"status\":\"alive\"}"));
}

static void add_trouble(struct trouble_slot *slot, const char *name, cJSON *json)
{
	OWNED(trouble) trouble = trouble_slot_get(slot);
	if (!trouble)
		return;
	cJSON *object = cJSON_AddObjectToObject(json, name);
	json_add_time(object, "at", trouble->at);
	json_add_text(object, "report", trouble->report);
}

static void add_copy(const struct store_copy *copy, cJSON *store)
{
	if (!copy)
		return;
	cJSON *object = cJSON_AddObjectToObject(store, "restored_copy");
	json_add_time(object, "taken_at", copy->taken_at);
	json_add_time(object, "restored_at", copy->restored_at);
	json_add_text(object, "version", copy->version);
}

/* Adds what a person should look at; none of it makes the daemon unready. */
static void add_alerts(struct admin *admin, cJSON *json)
{
	OWNED(dispatch_status) status = dispatch_latest_status(admin->options.dispatch);
	cJSON *alerts = NULL;
	for (size_t i = 0; status && i < status->site_count; i++) {
		const struct schedule_site_status *queue = &status->sites[i].queue;
		const char *reason = queue->is_configured ? queue->overdue : queue->starts.reason;
		if (!reason)
			continue;
		if (!alerts)
			alerts = cJSON_AddArrayToObject(json, "alerts");
		cJSON *alert = cJSON_CreateObject();
		json_add_text(alert, "site", status->sites[i].client.name);
		json_add_text(alert, "reason", reason);
		cJSON_AddItemToArray(alerts, alert);
	}
}

/* A reload that failed does not make it unready: the last good ruleset serves. */
cJSON *admin_readiness(struct admin *admin, bool is_stranger, bool *is_ready)
{
	char reason[480];
	cJSON *json = cJSON_CreateObject(), *store = cJSON_CreateObject(),
	      *rules = cJSON_CreateObject();
	OWNED(ruleset) ruleset = ruleset_slot_get(admin->options.rulesets);
	bool is_writable = journal_is_healthy(admin->options.journal, reason);
	*is_ready = is_writable && ruleset;
	cJSON_AddBoolToObject(json, "ready", *is_ready);
	json_add_text(json, "version", PACKAGE_VERSION);
	cJSON_AddItemToObject(json, "store", store);
	cJSON_AddBoolToObject(store, "writable", is_writable);
	if (!is_writable)
		json_add_text(store, "reason", reason);
	add_copy(admin->options.copy, store);
	cJSON_AddItemToObject(json, "ruleset", rules);
	json_add_text(rules, "revision", ruleset_revision(ruleset));
	json_add_count(rules, "rules", (int64_t)ruleset_rule_count(ruleset));
	if (is_stranger)
		return json;
	add_trouble(admin->options.failures, "reload_failure", json);
	add_trouble(admin->options.unwatched, "watch_failure", json);
	add_alerts(admin, json);
	return json;
}

void handle_readyz(struct admin *admin, struct web_request *request, int64_t id)
{
	bool is_ready;
	(void)id;
	OWNED_JSON json = admin_readiness(admin, admin->is_stranger, &is_ready);
	admin_answer_json(request, is_ready ? 200 : 503, json);
}
