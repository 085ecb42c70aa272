/*
 * admin/health.c - /healthz, /readyz and /metrics.
 */
#include "admin/handler.h"
#include "admin/trouble.h"
#include "base/metric.h"
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

/* Adds what a person should look at; none of it makes the daemon unready. */
static void add_alerts(struct admin *admin, cJSON *json)
{
	OWNED(dispatch_status) status = dispatch_status(admin->options.dispatch);
	cJSON *alerts = NULL;
	for (size_t i = 0; status && i < status->site_count; i++) {
		const struct schedule_site_status *queue = &status->queues[i];
		const char *reason = queue->is_configured ? queue->overdue : queue->starts.reason;
		if (!reason)
			continue;
		if (!alerts)
			alerts = cJSON_AddArrayToObject(json, "alerts");
		cJSON *alert = cJSON_CreateObject();
		json_add_text(alert, "site", status->sites[i].name);
		json_add_text(alert, "reason", reason);
		cJSON_AddItemToArray(alerts, alert);
	}
}

/* A reload that failed does not make it unready: the last good ruleset serves. */
cJSON *readiness(struct admin *admin, bool *is_ready)
{
	char reason[480];
	cJSON *json = cJSON_CreateObject(), *store = cJSON_CreateObject(),
	      *rules = cJSON_CreateObject();
	OWNED(ruleset) ruleset = ruleset_slot_get(admin->options.rulesets);
	bool is_writable = journal_is_healthy(admin->options.journal, reason);
	*is_ready = is_writable && ruleset;
	cJSON_AddBoolToObject(json, "ready", *is_ready);
	cJSON_AddItemToObject(json, "store", store);
	cJSON_AddBoolToObject(store, "writable", is_writable);
	if (!is_writable)
		json_add_text(store, "reason", reason);
	cJSON_AddItemToObject(json, "ruleset", rules);
	json_add_text(rules, "revision", ruleset_revision(ruleset));
	json_add_count(rules, "rules", (int64_t)ruleset_rule_count(ruleset));
	add_trouble(admin->options.failures, "reload_failure", json);
	add_trouble(admin->options.unwatched, "watch_failure", json);
	add_alerts(admin, json);
	return json;
}

void handle_readyz(struct admin *admin, struct web_request *request, int64_t id)
{
	bool is_ready;
	(void)id;
	OWNED_JSON json = readiness(admin, &is_ready);
	answer_json(request, is_ready ? 200 : 503, json);
}

static int64_t waited(const struct schedule_wait *wait, struct wall now)
{
	int64_t us = wait->reason ? now.us - wait->since.us : 0;
	return us > 0 ? (us + US_PER_SECOND - 1) / US_PER_SECOND : 0;
}

/* Prometheus wants backslash, quote and line feed escaped in labels; names of sites have none of
 * them. */
static void print_sites(const struct dispatch_status *status, struct text *out)
{
	static const struct {
		const char *name, *type, *help;
	} lines[] = {
		{ "site_signed_in", "gauge", "1 while there is a session" },
		{ "site_requests_total", "counter", "HTTP requests to the site" },
		{ "site_errors_total", "counter", "Requests that failed or were refused" },
		{ "site_sign_ins_total", "counter", "Sign-ins" },
		{ "site_pat_end_timestamp_seconds", "gauge",
			"When the personal access token ends; 0: not known" },
		{ "site_paused", "gauge", "1 while a person has paused it" },
		{ "site_left_alone", "gauge", "1 while it keeps failing and is only probed" },
		{ "site_refreshes_ready", "gauge", "Refreshes that could be sent" },
		{ "site_refreshes_in_flight", "gauge",
			"Refreshes whose job waits or runs on Tableau" },
		{ "site_starts_spent", "gauge",
			"Of the budget refreshes_per_hour; 0 without a budget" },
		{ "site_queries_spent", "gauge",
			"Of the budget job_queries_per_day; 0 without a budget" },
		{ "site_selections_open", "gauge", "Selections that have not been resolved yet" },
		{ "site_refreshes_open", "gauge", "Refreshes that have not ended" },
		{ "site_lookups_wait_seconds", "gauge",
			"For how long no content has been looked up; 0: it may be" },
		{ "site_refreshes_wait_seconds", "gauge",
			"For how long no refresh has been sent; 0: they may be" },
		{ "site_jobs_wait_seconds", "gauge",
			"For how long no job has been asked for; 0: they may be" },
		{ "site_backlog_seconds", "gauge",
			"Until the budget refreshes_per_hour has worked off all that waits" },
		{ "site_backlog_overdue", "gauge", "1 while that is later than give_up_after" },
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		text_printf(out, "# HELP refresh_router_%s %s\n# TYPE refresh_router_%s %s\n",
			lines[i].name, lines[i].help, lines[i].name, lines[i].type);
		for (size_t j = 0; j < status->site_count; j++) {
			const struct tableau_site_status *site = &status->sites[j];
			const struct schedule_site_status *queue = &status->queues[j];
			const int64_t values[] = { site->is_signed_in, site->requests, site->errors,
				site->sign_ins, site->pat_ends_at.us / US_PER_SECOND,
				queue->paused_by != NULL, wall_is_set(queue->paused_until),
				queue->ready, queue->in_flight, queue->starts_spent,
				queue->queries_spent, queue->selections, queue->open,
				waited(&queue->lookups, status->at),
				waited(&queue->starts, status->at),
				waited(&queue->queries, status->at), queue->backlog / US_PER_SECOND,
				queue->overdue != NULL };
			text_printf(out, "refresh_router_%s{site=\"%s\"} %lld\n", lines[i].name,
				site->name, (long long)values[i]);
		}
	}
}

void admin_describe_metrics(struct text *out)
{
	static const struct dispatch_status of_no_site;
	OWNED_TEXT struct text all;
	text_init(&all, TEXT_UNBOUNDED);
	metric_print(&all);
	print_sites(&of_no_site, &all);
	for (const char *line = all.at; *line; line += strcspn(line, "\n") + 1)
		if (*line == '#')
			text_add_str(out, (struct str){ line, strcspn(line, "\n") + 1 });
}

void handle_metrics(struct admin *admin, struct web_request *request, int64_t id)
{
	OWNED_TEXT struct text out;
	(void)id;
	text_init(&out, TEXT_UNBOUNDED);
	metric_set(METRIC_journal_waiting, (int64_t)journal_waiting(admin->options.journal));
	metric_print(&out);
	OWNED(dispatch_status) status = dispatch_status(admin->options.dispatch);
	if (status)
		print_sites(status, &out);
	web_reply(request, 200, "text/plain; version=0.0.4; charset=utf-8", text_str(&out));
}
