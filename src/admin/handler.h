/*
 * admin/handler.h - what the handlers of the admin listener share. Private to admin/.
 */
#pragma once
#include "admin/admin.h"
#include "base/json.h"
#include "base/web.h"

struct admin {
	struct web *web;
	struct admin_options options;
	struct store *reader;
	struct decide_scratch *scratch;
	struct mono started_at;
};

/* `id`: the number at the end of the path, 0 when the route has none. */
typedef void admin_handler(struct admin *admin, struct web_request *request, int64_t id);

void answer_json(struct web_request *request, unsigned status, const cJSON *json);
/* {"error": message} */
void answer_error_text(struct web_request *request, unsigned status, const char *message);

/* health.c */
admin_handler handle_healthz, handle_readyz, handle_metrics;
/* api.c */
admin_handler handle_events, handle_event, handle_refreshes, handle_refresh, handle_sites,
	handle_rules, handle_route, handle_reload;
/* page.c */
admin_handler handle_page;

/* Is the daemon ready? The detail of /readyz; the caller owns it. */
cJSON *readiness(struct admin *admin, bool *is_ready);
