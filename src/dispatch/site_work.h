/*
 * dispatch/site_work.h - what the store holds of a site: read by any thread, because that may take
 * long, and then handed to the dispatcher (core_adopt(), dispatch_adopt()).
 *
 * Life: site_work_new, site_work_load, then the open selections: site_work_load_selections, or one
 * call of site_work_add_selected for each row that store_take_selections() visits.
 */
#pragma once
#include "base/mem.h"
#include "store/store.h"

struct site_work;

/* NULL: of all sites. */
struct site_work *site_work_new(const char *site);
void site_work_free(struct site_work *work);
OWNED_DEFINE(site_work)
/* Everything but open selections; of refreshes that succeeded, those since `since`. */
bool site_work_load(
	struct site_work *work, struct store *store, struct wall since, struct error *err) MUST_USE;
bool site_work_load_selections(
	struct site_work *work, struct store *store, struct error *err) MUST_USE;
selected_visit site_work_add_selected; /* copies; `context` is the work */

/* ---- for the dispatcher ---- */

const char *site_work_site(const struct site_work *work); /* or NULL */
/* Visit what was read, in that order, as the functions of store.h do that read it. */
void site_work_each_spent(const struct site_work *work, spent_visit *visit, void *context);
void site_work_each_pause(const struct site_work *work, pause_visit *visit, void *context);
void site_work_each_refresh(const struct site_work *work, refresh_visit *visit, void *context);
void site_work_each_naming(const struct site_work *work, selected_visit *visit, void *context);
void site_work_each_selected(const struct site_work *work, selected_visit *visit, void *context);
