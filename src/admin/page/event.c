/*
 * admin/page/event.c - events: in lists, and one as a line of time: received, decided, looked up,
 * refreshed.
 *
 * What was decided then is on record. Why the other rules did not match is not, so the event is
 * explained again by the rules that serve now, and the page says so when they are others.
 */
#include "event/event.h"
#include "admin/page/page.h"

static const char *outcome_class(const char *outcome)
{
	return text_is(outcome, "routed") || text_is(outcome, "replay") ? "good"
	       : text_is(outcome, "unmatched")                          ? "wait"
									: "";
}

static const struct event *read_event(const struct event_row *row, struct arena *arena)
{
	struct error ignored; /* a body that no version took has no fields */
	return event_parse(row->body, row->source, NULL, arena, &ignored);
}

static const char *heading_of(
	const struct event_row *row, const struct event *event, struct arena *arena)
{
	const char *name = event ? event_text(event, EVENT_JOB_NAME) : "";
	return *name          ? name
	       : *row->job_id ? arena_printf(arena, "dbt job %s", row->job_id)
			      : row->type;
}

static void add_about(
	struct status_page *page, const struct event_row *row, const struct event *event)
{
	page_add(page, "dbt job ");
	page_name(page, row->job_id);
	page_add(page, ", run ");
	page_name(page, row->run_id);
	if (event && *event_text(event, EVENT_STATUS)) {
		page_add(page, " \u00b7 ");
		page_name(page, event_text(event, EVENT_STATUS));
	}
	if (event && *event_text(event, EVENT_ENVIRONMENT_NAME)) {
		page_add(page, " \u00b7 ");
		page_name(page, event_text(event, EVENT_ENVIRONMENT_NAME));
	}
	page_add(page, " \u00b7 ");
	page_name(page, row->source);
}

bool page_event_row(const struct event_row *row, void *context)
{
	struct status_page *page = context;
	OWNED(arena) arena = arena_new();
	const struct event *event = read_event(row, arena);
	page_add(page, "<li class=\"row\"><div class=\"state\">");
	page_badge(page, outcome_class(row->outcome), row->outcome);
	page_printf(page, "</div><div class=\"body\"><a class=\"name\" href=\"/events/%lld\">",
		(long long)row->id);
	page_name(page, heading_of(row, event, arena));
	page_add(page, "</a><p class=\"where\">");
	add_about(page, row, event);
	page_add(page, "</p>");
	if (row->reason) {
		page_add(page, "<p class=\"why\">");
		page_text(page, row->reason);
		page_add(page, "</p>");
	}
	page_add(page, "</div><div class=\"when\">");
	page_time(page, row->received_at);
	page_add(page, "</div></li>\n");
	return true;
}

void page_selection_row(struct status_page *page, const struct selection_status *selection)
{
	page_add(page, "<li class=\"row\"><div class=\"state\">");
	page_badge(page, "wait", "unresolved");
	page_printf(page, "</div><div class=\"body\"><a class=\"name\" href=\"/events/%lld\">",
		(long long)selection->event);
	page_name(page, selection->label);
	page_printf(page, "</a><p class=\"where\">%s \u00b7 ", kind_name(selection->kind));
	page_name(page, selection->site);
	page_add(page, "</p><p class=\"why\">");
	page_text(page, selection->reason ? selection->reason : "its content is being looked up");
	if (selection->until.us > page->now.us) {
		page_add(page, "; next try ");
		page_time(page, selection->until);
	}
	page_add(page, "</p></div><div class=\"when\">");
	page_time(page, selection->since);
	page_add(page, "</div></li>\n");
}

/* ---- the list ---- */

struct event_list {
	struct status_page *page;
	int count;
	int64_t last;
	bool has_more;
};

static bool take(const struct event_row *row, void *context)
{
	struct event_list *list = context;
	list->has_more = list->count == PAGE_ROWS;
	if (list->has_more)
		return false;
	list->count++;
	list->last = row->id;
	return page_event_row(row, list->page);
}

static void add_filters(struct status_page *page, const char *outcome)
{
	page_printf(page, "<div class=\"filters\"><a href=\"/events\"%s>all</a>",
		outcome ? "" : " aria-current=\"true\"");
	for (size_t i = 0; event_outcomes[i]; i++)
		page_printf(page, "<a href=\"/events?outcome=%s\"%s>%s</a>", event_outcomes[i],
			text_is(outcome, event_outcomes[i]) ? " aria-current=\"true\"" : "",
			event_outcomes[i]);
	page_add(page, "</div>\n");
}

static void add_more(struct status_page *page, const struct event_list *list)
{
	static const char *const arguments[] = { "outcome", "rule", "job_id", "run_id" };
	page_printf(
		page, "<p class=\"pager\"><a href=\"/events?cursor=%lld", (long long)list->last);
	for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++)
		if (web_query(page->request, arguments[i]))
			page_argument(
				page, '&', arguments[i], web_query(page->request, arguments[i]));
	page_add(page, "\">Older</a></p>");
}

void handle_page_events(struct admin *admin, struct web_request *request, int64_t id)
{
	struct error err;
	const char *cursor = web_query(request, "cursor");
	(void)id;
	struct status_page *page = page_new(admin, request);
	if (!page)
		return;
	struct store_filter filter = { .limit = PAGE_ROWS + 1,
		.outcome = web_query(request, "outcome"),
		.rule = web_query(request, "rule"),
		.job_id = web_query(request, "job_id"),
		.run_id = web_query(request, "run_id") };
	struct event_list list = { .page = page };
	IGNORE(cursor && str_to_count(str_of(cursor), &filter.before)); /* else: the first page */
	page_head(page, NULL, NULL, "Events");
	const char *narrow = filter.rule     ? filter.rule
			     : filter.job_id ? filter.job_id
					     : filter.run_id;
	if (narrow) {
		page_printf(page, "<p>%s ", filter.rule ? "matched by" : "of dbt job or run");
		page_name(page, narrow);
		page_add(page, "</p>");
	}
	page_add(page, "</div>");
	page_head_end(page);
	add_filters(page, filter.outcome);
	page_rows(page);
	if (!store_list_events(admin->reader, &filter, take, &list, &err))
		page_text(page, err.message);
	if (!page_rows_end(page))
		page_empty(page, "There are none.");
	if (list.has_more)
		add_more(page, &list);
	page_reply(page, 200);
}

/* ---- one ---- */

struct kept_event {
	struct arena *arena;
	struct event_row *row;
};

static bool keep(const struct event_row *row, void *context)
{
	struct kept_event *kept = context;
	struct arena *arena = kept->arena;
	kept->row = arena_new_of(arena, struct event_row);
	*kept->row = *row;
	kept->row->source = arena_text(arena, row->source);
	kept->row->outcome = arena_text(arena, row->outcome);
	kept->row->reason = arena_text(arena, row->reason);
	kept->row->type = arena_text(arena, row->type);
	kept->row->job_id = arena_text(arena, row->job_id);
	kept->row->run_id = arena_text(arena, row->run_id);
	kept->row->matched = arena_text(arena, row->matched);
	kept->row->ruleset = arena_text(arena, row->ruleset);
	kept->row->selections = arena_text(arena, row->selections);
	kept->row->body = (struct str){ arena_str(arena, row->body), row->body.length };
	return false;
}

static void add_received(
	struct status_page *page, const struct event_row *row, const struct event *event)
{
	page_step(page, "", "Received", row->received_at);
	page_add(page, "<p>from ");
	page_name(page, row->source);
	if (wall_is_set(row->finished_at)) {
		page_add(page, "; the dbt run finished ");
		page_time(page, row->finished_at);
	}
	page_add(page, "</p>");
	if (row->reason) {
		page_add(page, "<p class=\"strong\">");
		page_text(page, row->reason);
		page_add(page, "</p>");
	}
	page_add(page, "<details><summary>Its fields</summary><dl class=\"facts wider card\">");
	for (int field = 0; event && field < EVENT_FIELD_COUNT; field++) {
		const char *value = event_text(event, (enum event_field)field);
		if (!*value)
			continue;
		page_printf(page, "<dt>%s</dt><dd>",
			event_field_describe((enum event_field)field)->name);
		page_text(page, value);
		page_add(page, "</dd>");
	}
	page_add(page, "</dl></details></li>\n");
}

static void add_decided(
	struct status_page *page, const struct event_row *row, const struct event *event)
{
	struct error ignored; /* then it names none */
	const cJSON *matched = json_parse_in(str_of(row->matched), page->arena, &ignored), *name;
	int count = cJSON_GetArraySize(matched);
	OWNED(ruleset) ruleset = ruleset_slot_get(page->admin->options.rulesets);
	page_step(page, count ? "good" : "wait", "Rules", (struct wall){ 0 });
	page_printf(page, "<p class=\"strong\">%s", count ? "Matched: " : "No rule matched.");
	cJSON_ArrayForEach(name, matched)
	{
		page_add(
			page, name == matched->child ? "<a href=\"/search" : ", <a href=\"/search");
		page_argument(page, '?', "q", name->valuestring);
		page_add(page, "\">");
		page_name(page, name->valuestring);
		page_add(page, "</a>");
	}
	page_add(page, "</p>");
	if (event && event->standing == EVENT_REAL) {
		struct explain_scope scope = { .most = EXPLAINED_RULES };
		const struct decision *decision =
			ruleset_explain(ruleset, event, &scope, page->admin->scratch, page->arena);
		if (row->ruleset && !text_is(row->ruleset, ruleset_revision(ruleset)))
			page_add(page,
				"<p>The rules have changed since. By those that serve now:</p>");
		page_unmatched(page, decision);
	}
	page_add(page, "</li>\n");
}

static void add_selected(struct status_page *page, const struct event_row *row)
{
	struct error ignored; /* a selection of a newer version is left out */
	const cJSON *list = json_parse_in(str_of(row->selections), page->arena, &ignored), *json;
	int count = cJSON_GetArraySize(list);
	if (!count)
		return;
	page_step(page, "", "Selections", (struct wall){ 0 });
	page_add(page, "<ul>");
	cJSON_ArrayForEach(json, list)
	{
		struct selection selection = { 0 };
		if (!selection_parse(json, &selection, page->arena, &ignored))
			continue;
		page_add(page, "<li>");
		page_selection(page, &selection);
		page_add(page, "</li>");
	}
	page_add(page, "</ul></li>\n");
}

struct tally {
	struct status_page *page;
	int count[REFRESH_EXPIRED + 1], all;
};

static bool tally_row(const struct refresh_row *row, const struct cause_row *causes,
	size_t cause_count, void *context)
{
	struct tally *tally = context;
	tally->count[row->state]++;
	tally->all++;
	return page_refresh_row(row, causes, cause_count, tally->page);
}

static const char *tally_class(const struct tally *tally)
{
	if (tally->count[REFRESH_FAILED] || tally->count[REFRESH_EXPIRED])
		return "bad";
	for (int state = 0; state < REFRESH_SUCCEEDED; state++)
		if (tally->count[state])
			return "busy";
	return tally->count[REFRESH_SUCCEEDED] ? "good" : "";
}

static void add_jobs(struct status_page *page, int64_t event, struct tally *tally)
{
	struct error err;
	const struct dispatch_status *status = page_status(page);
	struct store_filter filter = { .event = event, .limit = 500 };
	page_step(page, "", "Refreshes and their jobs", (struct wall){ 0 });
	page_rows(page);
	for (size_t i = 0; status && i < status->selection_count; i++)
		if (status->selections[i].event == event)
			page_selection_row(page, &status->selections[i]);
	if (!store_list_refreshes(page->admin->reader, &filter, tally_row, tally, &err))
		page_text(page, err.message);
	if (!page_rows_end(page))
		page_add(page, "<p>None.</p>");
	page_add(page, "</li>\n");
}

static void add_outcome(
	struct status_page *page, const struct event_row *row, const struct tally *tally)
{
	const char *separator = "";
	page_printf(page,
		"<li class=\"step %s\"><header><h2>Outcome</h2></header><p class=\"strong\">",
		tally_class(tally));
	for (int state = 0; state <= REFRESH_EXPIRED; state++)
		if (tally->count[state]) {
			page_printf(page, "%s%d %s", separator, tally->count[state],
				refresh_state_name((enum refresh_state)state));
			separator = ", ";
		}
	if (tally->all)
		page_add(page, ".");
	else if (text_is(row->outcome, "unmatched"))
		page_add(page, "Nothing was refreshed, because no rule matched.");
	else if (text_is(row->outcome, "routed") || text_is(row->outcome, "replay"))
		page_add(page, "Nothing has been refreshed: its selections are in shadow, void, or "
			       "still being looked up.");
	else
		page_printf(page, "Nothing was refreshed: the outcome is \u201c%s\u201d.",
			row->outcome);
	page_add(page, "</p></li>\n");
}

static bool add_command(const struct command_row *row, void *context)
{
	struct status_page *page = context;
	page_command_step(page, row);
	if (row->result && row->result != row->subject)
		page_printf(page, "; it became <a href=\"/events/%lld\">event %lld</a>",
			(long long)row->result, (long long)row->result);
	page_add(page, "</p></li>\n");
	return true;
}

static void add_whole(struct status_page *page, const struct event_row *row)
{
	struct error ignored; /* the page is useful without its commands */
	const struct event *event = read_event(row, page->arena);
	struct tally tally = { .page = page };
	page_head(page, "/events", "Events", heading_of(row, event, page->arena));
	page_printf(page, "<p>Event %lld \u00b7 ", (long long)row->id);
	add_about(page, row, event);
	page_add(page, "</p></div><div class=\"actions\">");
	if (event && event->standing == EVENT_REAL)
		page_action(page, "/events/", row->id, "replay", false, "Replay");
	page_add(page, "</div>");
	page_head_end(page);
	page_add(page, "<ol class=\"timeline\">\n");
	add_received(page, row, event);
	add_decided(page, row, event);
	add_selected(page, row);
	add_jobs(page, row->id, &tally);
	add_outcome(page, row, &tally);
	IGNORE(store_list_commands(page->admin->reader, row->id, add_command, page, &ignored));
	page_add(page, "</ol>\n");
}

void handle_page_event(struct admin *admin, struct web_request *request, int64_t id)
{
	struct error err;
	bool is_there = false;
	struct status_page *page = page_new(admin, request);
	if (!page)
		return;
	struct kept_event kept = { .arena = page->arena };
	bool ok = store_find_event(admin->reader, id, keep, &kept, &is_there, &err);
	if (kept.row) {
		add_whole(page, kept.row);
		page_reply(page, 200);
		return;
	}
	page_free(page);
	admin_answer_error(request, ok ? 404 : 503,
		ok ? "there is no event of this id; history is kept as long as `history` says"
		   : err.message);
}
