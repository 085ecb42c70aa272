/*
 * admin/api.c - /api/v1: what the daemon has received and done.
 */
#include "admin/handler.h"
#include "admin/node_status.h"
#include "admin/row_json.h"
#include "admin/search.h"
#include "config/config.h"
#include "rules/decide.h"

#define USUAL_LIMIT 100
#define MOST_LIMIT 1000
#define PAGE_BYTES ((size_t)8 << 20) /* of bodies, after which a page ends */

/* ---- lists ---- */

struct api_listing {
	struct admin *admin;
	struct dispatch_status *status; /* of a list of refreshes: why they wait; may be NULL */
	cJSON *items;
	int64_t ids[MOST_LIMIT];
	int count, limit;
	size_t bytes; /* of the bodies whose events are on the page */
	bool has_bodies, has_more;
};

static bool read_number(const struct web_request *request, const char *name, int64_t *number)
{
	const char *text = web_query(request, name);
	return !text || str_to_count(str_of(text), number);
}

/* False when it has answered the request. */
static bool read_filter(
	struct web_request *request, struct store_filter *filter, struct api_listing *listing)
{
	int64_t limit = USUAL_LIMIT;
	if (!read_number(request, "limit", &limit) || limit < 1 || limit > MOST_LIMIT ||
		!read_number(request, "cursor", &filter->before) ||
		!read_number(request, "event", &filter->event)) {
		admin_answer_error(
			request, 400, "limit is 1 to 1000; cursor and event are numbers");
		return false;
	}
	const char *since = web_query(request, "since");
	if (since && (!wall_parse(str_of(since), &filter->since) || filter->since.us < 1)) {
		admin_answer_error(
			request, 400, "since is a time after 1970, such as 2026-11-26T06:00:00Z");
		return false;
	}
	listing->has_bodies = web_query(request, "with");
	filter->source = web_query(request, "source");
	filter->outcome = web_query(request, "outcome");
	filter->job_id = web_query(request, "job_id");
	filter->run_id = web_query(request, "run_id");
	filter->rule = web_query(request, "rule");
	filter->site = web_query(request, "site");
	filter->kind = web_query(request, "kind");
	filter->state = web_query(request, "state");
	filter->content = web_query(request, "content");
	listing->limit = (int)limit;
	filter->limit = (int)limit + 1; /* one more shows whether there is a next page */
	return true;
}

/* False: the item belongs to the next page. */
static bool take(struct api_listing *listing, int64_t id, cJSON *json)
{
	if (listing->count == listing->limit || listing->bytes >= PAGE_BYTES) {
		listing->has_more = true;
		cJSON_Delete(json);
		return false;
	}
	listing->ids[listing->count++] = id;
	cJSON_AddItemToArray(listing->items, json);
	return true;
}

static void answer_list(
	struct web_request *request, struct api_listing *listing, bool ok, const struct error *err)
{
	OWNED_JSON root = cJSON_CreateObject();
	cJSON_AddItemToObject(root, "items", listing->items);
	if (listing->has_more)
		json_add_count(root, "next", listing->ids[listing->count - 1]);
	else
		cJSON_AddNullToObject(root, "next");
	if (ok)
		admin_answer_json(request, 200, root);
	else
		admin_answer_error(request, err->kind == ERROR_INPUT ? 400 : 503, err->message);
}

/* ---- events ---- */

/* Adds what the row does not hold: the refreshes that the event led to, and its selections not
 * resolved yet. */
static void add_refreshes(struct admin *admin, cJSON *json, int64_t event)
{
	OWNED(arena) arena = arena_new();
	const int64_t *ids;
	size_t count;
	int64_t open = 0;
	struct error err;
	cJSON *list = cJSON_AddArrayToObject(json, "refreshes");
	if (store_refreshes_of_event(admin->reader, event, arena, &ids, &count, &err))
		for (size_t i = 0; i < count; i++)
			cJSON_AddItemToArray(list, cJSON_CreateNumber((double)ids[i]));
	if (store_open_selections_of_event(admin->reader, event, &open, &err) && open)
		json_add_count(json, "open_selections", open);
}

/* The event, and its body as received: for `events --export`, rule tests and replays. */
static cJSON *whole_event_json(const struct event_row *row)
{
	cJSON *json = event_row_json(row);
	OWNED_MEMORY char *body = mem_copy_bytes(row->body.at, row->body.length);
	json_add_text(json, "body", body);
	return json;
}

static bool visit_event(const struct event_row *row, void *context)
{
	struct api_listing *listing = context;
	if (!take(listing, row->id,
		    listing->has_bodies ? whole_event_json(row) : event_row_json(row)))
		return false;
	listing->bytes += row->body.length;
	return true;
}

void handle_events(struct admin *admin, struct web_request *request, int64_t id)
{
	struct store_filter filter = { 0 };
	struct api_listing listing = { .admin = admin };
	struct error err;
	cJSON *item;
	(void)id;
	if (!read_filter(request, &filter, &listing))
		return;
	listing.items = cJSON_CreateArray();
	bool ok = store_list_events(admin->reader, &filter, visit_event, &listing, &err);
	int at = 0;
	cJSON_ArrayForEach(item, listing.items)
	{
		add_refreshes(admin, item, listing.ids[at++]);
	}
	answer_list(request, &listing, ok, &err);
}

struct one {
	cJSON *json;
	struct dispatch_status *status; /* as in struct api_listing */
};

static bool visit_one_event(const struct event_row *row, void *context)
{
	struct one *one = context;
	one->json = whole_event_json(row);
	return false;
}

static void answer_one(
	struct web_request *request, struct one *one, bool ok, bool found, const struct error *err)
{
	OWNED_JSON json = one->json;
	if (!ok)
		admin_answer_error(request, 503, err->message);
	else if (!found)
		admin_answer_error(request, 404,
			"there is no event or refresh of this id; history is kept as long as "
			"`history` says");
	else
		admin_answer_json(request, 200, json);
}

void handle_event(struct admin *admin, struct web_request *request, int64_t id)
{
	struct one one = { 0 };
	struct error err;
	bool found = false;
	bool ok = store_find_event(admin->reader, id, visit_one_event, &one, &found, &err);
	if (one.json) {
		add_refreshes(admin, one.json, id);
		admin_add_commands(admin, one.json, id);
	}
	answer_one(request, &one, ok, found, &err);
}

/* ---- refreshes ---- */

static cJSON *refresh_json(const struct dispatch_status *status, const struct refresh_row *row,
	const struct cause_row *causes, size_t cause_count)
{
	OWNED_TEXT struct text words = TEXT(2000);
	struct wall since;
	struct refresh_row told = dispatch_status_refresh(status, row, &words, &since);
	return refresh_row_json(&told, since, causes, cause_count);
}

static bool visit_refresh(const struct refresh_row *row, const struct cause_row *causes,
	size_t cause_count, void *context)
{
	struct api_listing *listing = context;
	return take(listing, row->id, refresh_json(listing->status, row, causes, cause_count));
}

void handle_refreshes(struct admin *admin, struct web_request *request, int64_t id)
{
	struct store_filter filter = { 0 };
	struct api_listing listing = { .admin = admin };
	struct error err;
	(void)id;
	if (!read_filter(request, &filter, &listing))
		return;
	listing.items = cJSON_CreateArray();
	listing.status = dispatch_latest_status(admin->options.dispatch);
	bool ok = store_list_refreshes(admin->reader, &filter, visit_refresh, &listing, &err);
	dispatch_status_free(listing.status);
	answer_list(request, &listing, ok, &err);
}

static bool visit_one_refresh(const struct refresh_row *row, const struct cause_row *causes,
	size_t cause_count, void *context)
{
	struct one *one = context;
	one->json = refresh_json(one->status, row, causes, cause_count);
	return false;
}

void handle_refresh(struct admin *admin, struct web_request *request, int64_t id)
{
	struct one one = { 0 };
	struct error err;
	bool found = false;
	one.status = dispatch_latest_status(admin->options.dispatch);
	bool ok = store_find_refresh(admin->reader, id, visit_one_refresh, &one, &found, &err);
	dispatch_status_free(one.status);
	if (one.json)
		admin_add_commands(admin, one.json, id);
	answer_one(request, &one, ok, found, &err);
}

/* ---- lists that are held in memory: the cursor is how many were shown before ---- */

struct span {
	int64_t first, limit, at; /* at: of those that the filters leave */
	cJSON *root, *items;      /* the answer; `items` becomes its member in span_answer() */
};

/* Without a limit: all. False when it has answered the request; else span_answer() follows. */
static bool span_begin(struct web_request *request, struct span *span)
{
	*span = (struct span){ .limit = INT64_MAX };
	if (!read_number(request, "cursor", &span->first) ||
		!read_number(request, "limit", &span->limit) || span->limit < 1 ||
		(web_query(request, "limit") && span->limit > MOST_LIMIT)) {
		admin_answer_error(request, 400, "limit is 1 to 1000; cursor is a number");
		return false;
	}
	span->root = cJSON_CreateObject();
	span->items = cJSON_CreateArray();
	return true;
}

/* Is it on this page? Asked once for each of them, in order. */
static bool span_takes(struct span *span)
{
	int64_t at = span->at++;
	return at >= span->first && at - span->first < span->limit;
}

static void span_answer(struct web_request *request, struct span *span)
{
	cJSON_AddItemToObject(span->root, "items", span->items);
	if (span->limit < span->at - span->first)
		json_add_count(span->root, "next", span->first + span->limit);
	else
		cJSON_AddNullToObject(span->root, "next");
	admin_answer_json(request, 200, span->root);
	cJSON_Delete(span->root);
}

/* ---- selections that are not refreshes yet ---- */

static bool is_wanted(const char *filter, const char *value)
{
	return !filter || !strcmp(filter, value);
}

/* Lists the oldest MOST_SELECTIONS; "open" is the number of all. */
void handle_selections(struct admin *admin, struct web_request *request, int64_t id)
{
	const char *site = web_query(request, "site"), *kind = web_query(request, "kind");
	int64_t event = 0;
	struct span span;
	(void)id;
	if (!read_number(request, "event", &event)) {
		admin_answer_error(request, 400, "event is a number");
		return;
	}
	if (!span_begin(request, &span))
		return;
	OWNED(dispatch_status) status = dispatch_latest_status(admin->options.dispatch);
	for (size_t i = 0; status && i < status->selection_count; i++) {
		const struct selection_status *selection = &status->selections[i];
		if (is_wanted(site, selection->site) &&
			is_wanted(kind, kind_name(selection->kind)) &&
			(!event || event == selection->event) && span_takes(&span))
			cJSON_AddItemToArray(span.items, selection_row_json(selection));
	}
	json_add_count(span.root, "open", status ? status->counts.selections : 0);
	span_answer(request, &span);
}

/* ---- sites and rules ---- */

void handle_sites(struct admin *admin, struct web_request *request, int64_t id)
{
	struct span span;
	(void)id;
	if (!span_begin(request, &span))
		return;
	OWNED(dispatch_status) status = node_status_merge(admin->options.dispatch, admin->reader);
	OWNED(config) config = config_slot_get(admin->options.configs);
	for (size_t i = 0; status && i < status->site_count; i++)
		if (span_takes(&span))
			cJSON_AddItemToArray(span.items,
				site_row_json(&status->sites[i],
					config_site_named(config, status->sites[i].client.name)));
	span_answer(request, &span);
}

void handle_notifications(struct admin *admin, struct web_request *request, int64_t id)
{
	struct span span;
	(void)id;
	if (!span_begin(request, &span))
		return;
	OWNED(notify_status) status = notify_latest_status(admin->options.notify);
	for (size_t i = 0; status && i < status->count; i++) {
		if (!span_takes(&span))
			continue;
		cJSON *item = cJSON_CreateObject();
		record_to_json(receiver_members, &status->receivers[i], item);
		cJSON_AddItemToArray(span.items, item);
	}
	span_answer(request, &span);
}

static cJSON *rule_json(struct rule_info rule)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "name", rule.name);
	json_add_text(json, "description", rule.description);
	json_add_text(json, "owner", rule.owner);
	json_add_text(json, "file", rule.file);
	json_add_count(json, "line", rule.line);
	cJSON_AddBoolToObject(json, "enabled", rule.enabled);
	json_add_text(json, "mode", rule.shadow ? "shadow" : "live");
	json_add_count(json, "priority", rule.priority);
	json_add_duration(json, "delay", rule.delay);
	json_add_duration(json, "quiet", rule.quiet);
	return json;
}

void handle_rules(struct admin *admin, struct web_request *request, int64_t id)
{
	struct span span;
	(void)id;
	if (!span_begin(request, &span))
		return;
	if (!web_query(request, "limit"))
		span.limit = USUAL_LIMIT;
	OWNED(ruleset) ruleset = ruleset_slot_get(admin->options.rulesets);
	json_add_text(span.root, "ruleset", ruleset_revision(ruleset));
	for (size_t i = 0; i < ruleset_rule_count(ruleset); i++)
		if (span_takes(&span))
			cJSON_AddItemToArray(span.items, rule_json(ruleset_rule(ruleset, i)));
	span_answer(request, &span);
}

/* ---- search ---- */

static bool add_found_refresh(const struct refresh_row *row, const struct cause_row *causes,
	size_t cause_count, void *context)
{
	struct api_listing *listing = context;
	cJSON_AddItemToArray(
		listing->items, refresh_json(listing->status, row, causes, cause_count));
	return false;
}

static bool add_found_event(const struct event_row *row, void *context)
{
	struct api_listing *listing = context;
	cJSON_AddItemToArray(listing->items, event_row_json(row));
	return false;
}

/* False: the store cannot be read. */
static bool add_found(struct admin *admin, const struct search_found *search,
	struct dispatch_status *status, cJSON *root, struct error *err)
{
	struct api_listing listing = { .status = status };
	bool is_there, ok = true;
	listing.items = cJSON_AddArrayToObject(root, "refreshes");
	for (size_t i = 0; ok && i < search->refresh_count; i++)
		ok = store_find_refresh(admin->reader, search->refreshes[i], add_found_refresh,
			&listing, &is_there, err);
	listing.items = cJSON_AddArrayToObject(root, "events");
	for (size_t i = 0; ok && i < search->event_count; i++)
		ok = store_find_event(admin->reader, search->events[i], add_found_event, &listing,
			&is_there, err);
	listing.items = cJSON_AddArrayToObject(root, "selections");
	for (size_t i = 0; i < search->selection_count; i++)
		cJSON_AddItemToArray(listing.items, selection_row_json(search->selections[i]));
	return ok;
}

/* The lists have the items of the lists of their names. */
void handle_search(struct admin *admin, struct web_request *request, int64_t id)
{
	struct error err;
	struct search_found search;
	const char *word = web_query(request, "q");
	(void)id;
	OWNED(arena) arena = arena_new();
	OWNED(ruleset) ruleset = ruleset_slot_get(admin->options.rulesets);
	OWNED(dispatch_status) status = dispatch_latest_status(admin->options.dispatch);
	OWNED_JSON root = cJSON_CreateObject();
	if (!search_run(&search, word ? word : "", admin->reader, ruleset, status, arena, &err) ||
		!add_found(admin, &search, status, root, &err)) {
		admin_answer_error(request, err.kind == ERROR_INPUT ? 400 : 503, err.message);
		return;
	}
	cJSON *rules = cJSON_AddArrayToObject(root, "rules");
	for (size_t i = 0; i < search.rule_count; i++)
		cJSON_AddItemToArray(rules, rule_json(ruleset_rule(ruleset, search.rules[i])));
	admin_answer_json(request, 200, root);
}

/* Which rules are explained: ?rule=NAME, or /PATTERN/, and ?limit=N. False when it has answered the
 * request. */
static bool read_scope(struct web_request *request, const struct ruleset *ruleset,
	struct arena *arena, struct explain_scope *scope)
{
	struct error err;
	const char *rule = web_query(request, "rule");
	int64_t most = EXPLAINED_RULES;
	*scope = (struct explain_scope){ 0 };
	bool is_good = read_number(request, "limit", &most) && most >= 1 && most <= MOST_LIMIT;
	if (!is_good)
		admin_answer_error(request, 400, "limit is a number from 1 to 1000");
	else if (rule && !explain_scope_choose(scope, ruleset, rule, arena, &err)) {
		admin_answer_error(request, 400, err.message);
		is_good = false;
	}
	scope->most = (size_t)most;
	return is_good;
}

void handle_route(struct admin *admin, struct web_request *request, int64_t id)
{
	struct error err;
	(void)id;
	OWNED(arena) arena = arena_new();
	const struct event *event = event_read(web_body(request), arena, &err);
	if (!event) {
		admin_answer_error(request, 400, err.message);
		return;
	}
	OWNED(ruleset) ruleset = ruleset_slot_get(admin->options.rulesets);
	struct explain_scope scope;
	if (!read_scope(request, ruleset, arena, &scope))
		return;
	OWNED_JSON json =
		decision_json(ruleset_explain(ruleset, event, &scope, admin->scratch, arena));
	admin_answer_json(request, 200, json);
}

void handle_reload(struct admin *admin, struct web_request *request, int64_t id)
{
	(void)id;
	OWNED_TEXT struct text report = TEXT(TEXT_UNBOUNDED);
	bool ok = admin->options.reload(admin->options.reload_context, &report);
	OWNED_JSON json = cJSON_CreateObject();
	cJSON_AddBoolToObject(json, "reloaded", ok);
	json_add_text(json, "report", report.at);
	admin_answer_json(request, ok ? 200 : 422, json);
}
