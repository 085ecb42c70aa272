/*
 * admin/page/change.c - before anything is changed, a page says what will happen; its form does it.
 */
#include "admin/page/page.h"
#include "config/config.h"
#include "event/event.h"

#define MOST_SHOWN 20 /* selections of a replay */

static bool ends_in(const struct web_request *request, const char *verb)
{
	return str_ends(str_of(web_path(request)), verb);
}

/* The beginning of a question; the lines that say what will happen follow. */
static void begin(struct status_page *page, const char *question)
{
	page->is_still = true;
	text_add(&page->title, question);
	page_printf(page, "<div class=\"card confirm\"><h1>%s</h1><ul>", question);
}

/* `back`: where to, if it is not done. The form is sent to the page's own address. */
static void end(
	struct status_page *page, const char *button_class, const char *words, const char *back)
{
	page_add(page, "</ul><form method=\"post\" action=\"");
	page_path(page, web_path(page->request));
	page_printf(page,
		"\"><div class=\"actions\"><button class=\"%s\">%s</button><a class=\"button\" "
		"data-back href=\"%s\">Leave it</a></div></form></div>\n",
		button_class, words, back);
}

static void add_content(struct status_page *page, const struct refresh_row *row)
{
	page_printf(page, "the %s ", kind_name(row->content.kind));
	page_name(page, *row->content.name ? row->content.name : row->content.luid);
	page_add(page, " on ");
	page_name(page, row->site);
}

/* ---- refreshes ---- */

static void ask_to_retry(struct status_page *page, const struct refresh_row *row, const char *back)
{
	bool is_open = refresh_state_is_open(row->state);
	begin(page, is_open ? "Send it now?" : "Retry this refresh?");
	page_add(page, "<li>Tableau is asked to refresh ");
	add_content(page, row);
	page_add(page, is_open ? ", without waiting for its delay or its next try."
			       : ", by a new refresh with the same causes.");
	page_add(page,
		"</li><li>It uses one start of the site\u2019s budget, and goes out when the "
		"site lets it.</li>");
	if (!is_open)
		page_add(page,
			"<li>If a refresh of this content waits already, this joins it.</li>");
	end(page, "primary", is_open ? "Send now" : "Retry", back);
}

static void ask_to_cancel(struct status_page *page, const struct refresh_row *row,
	size_t cause_count, const char *back)
{
	begin(page, "Cancel this refresh?");
	page_add(page, "<li>");
	add_content(page, row);
	page_printf(page, " keeps its present data, for %zu %s of events.</li>", cause_count,
		cause_count == 1 ? "wish" : "wishes");
	page_add(page, row->state == REFRESH_WAITING
			       ? "<li>Nothing has been sent to Tableau for it.</li>"
			       : "<li>Tableau is asked to cancel its job, which only an "
				 "administrator\u2019s token may.</li>");
	page_add(page, "<li>The next event that wants this content refreshes it again.</li>");
	end(page, "danger", "Cancel the refresh", back);
}

static bool ask_about_refresh(const struct refresh_row *row, const struct cause_row *causes,
	size_t cause_count, void *context)
{
	struct status_page *page = context;
	(void)causes;
	const char *back = arena_printf(page->arena, "/refreshes/%lld", (long long)row->id);
	if (ends_in(page->request, "/retry"))
		ask_to_retry(page, row, back);
	else
		ask_to_cancel(page, row, cause_count, back);
	return false;
}

/* ---- events ---- */

/* By the rules that serve now, as the replay itself. */
static bool ask_to_replay(const struct event_row *row, void *context)
{
	struct status_page *page = context;
	struct admin *admin = page->admin;
	struct error ignored; /* then the replay says so */
	OWNED(config) config = config_slot_get(admin->options.configs);
	const struct config_source *source = config_source_named(config, row->source);
	const struct event *event = event_parse(
		row->body, row->source, source ? source->account_id : NULL, page->arena, &ignored);
	OWNED(ruleset) ruleset = ruleset_slot_get(admin->options.rulesets);
	begin(page, "Replay this event?");
	page_add(page, "<li>It is decided again by the rules that serve now, as a new event.</li>");
	const struct decision *decision =
		event && event->standing == EVENT_REAL
			? ruleset_decide(ruleset, event, admin->scratch, page->arena)
			: NULL;
	size_t count = decision ? decision->selection_count : 0;
	if (!count)
		page_add(page, "<li>It would refresh nothing.</li>");
	for (size_t i = 0; i < count && i < MOST_SHOWN; i++) {
		page_add(page, "<li>It refreshes ");
		page_selection(page, &decision->selections[i]);
		page_add(page, "</li>");
	}
	if (count > MOST_SHOWN)
		page_printf(page, "<li>\u2026 and %zu more selections.</li>", count - MOST_SHOWN);
	if (count)
		page_add(page,
			"<li>Each uses a start of its site\u2019s budget, also if its data is "
			"fresh already.</li>");
	end(page, "primary", "Replay",
		arena_printf(page->arena, "/events/%lld", (long long)row->id));
	return false;
}

/* ---- sites ---- */

static const struct site_status *site_named(struct status_page *page, const char *name)
{
	const struct dispatch_status *status = page_status(page);
	for (size_t i = 0; status && i < status->site_count; i++)
		if (text_is(status->sites[i].client.name, name))
			return &status->sites[i];
	return NULL;
}

static bool ask_about_site(struct status_page *page)
{
	const struct site_status *site =
		site_named(page, admin_path_name(page->request, page->arena));
	if (!site)
		return false;
	bool is_pause = ends_in(page->request, "/pause"), is_paused = site->queue.paused_by;
	const char *verb = is_pause ? "Pause" : is_paused ? "Resume" : "Try again";
	begin(page, is_pause ? "Pause this site?" : is_paused ? "Resume this site?" : "Try again?");
	page_add(page, "<li>");
	page_name(page, site->client.name);
	page_printf(page,
		is_pause ? " is sent no refreshes until somebody resumes it: %lld wait now, and "
			   "more "
			   "will.</li><li>The %lld in flight are followed to their end, and events "
			   "are still received and recorded.</li><li>What waits longer than "
			   "<code>give_up_after</code> expires.</li>"
		: is_paused
			? " is sent refreshes again: %lld that wait, as its budget allows. %lld "
			  "are in flight.</li>"
			: " is called at once, and not only when its pause is over: %lld wait, "
			  "and %lld are in flight.</li>",
		(long long)site->queue.ready,
		(long long)site->queue.sending + (long long)site->queue.in_flight);
	end(page, is_pause ? "danger" : "primary", verb, "/");
	return true;
}

void handle_page_confirm(struct admin *admin, struct web_request *request, int64_t id)
{
	struct error err;
	bool is_there = false, ok = true;
	struct status_page *page = page_new(admin, request);
	if (!page)
		return;
	if (str_starts(str_of(web_path(request)), "/sites/"))
		is_there = ask_about_site(page);
	else if (str_starts(str_of(web_path(request)), "/events/"))
		ok = store_find_event(admin->reader, id, ask_to_replay, page, &is_there, &err);
	else
		ok = store_find_refresh(
			admin->reader, id, ask_about_refresh, page, &is_there, &err);
	if (ok && is_there) {
		page_reply(page, 200);
		return;
	}
	page_free(page);
	admin_answer_error(request, ok ? 404 : 503,
		ok ? "there is nothing of this name or id any more" : err.message);
}
