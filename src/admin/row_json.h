/*
 * admin/row_json.h - rows of the store as the JSON that programs rely on (schemas/). The caller
 * owns the returned trees.
 */
#pragma once
#include "base/json.h"
#include "config/config.h"
#include "dispatch/status.h"
#include "store/store.h"

/* Without "refreshes", which the row does not hold. */
cJSON *event_row_json(const struct event_row *row);
/* `waiting_since`: since when it waits for its site; {0}: it does not. */
cJSON *refresh_row_json(const struct refresh_row *row, struct wall waiting_since,
	const struct cause_row *causes, size_t cause_count);
cJSON *selection_row_json(const struct selection_status *selection);
/* `config` is the site's, for the limits of its budgets; or NULL. */
cJSON *site_row_json(const struct site_status *status, const struct config_site *config);
