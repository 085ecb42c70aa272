/*
 * admin/page/refresh.c - refreshes: in lists, and one with all that is known of it.
 */
#include "admin/page/page.h"

#define MOST_CAUSES 8 /* that a row names */

/* ---- states ---- */

const char *page_state_class(enum refresh_state state)
{
	switch (state) {
	case REFRESH_WAITING:
	case REFRESH_UNKNOWN:
		return "wait";
	case REFRESH_SENDING:
	case REFRESH_QUEUED:
	case REFRESH_RUNNING:
		return "busy";
	case REFRESH_SUCCEEDED:
		return "good";
	case REFRESH_FAILED:
	case REFRESH_EXPIRED:
		return "bad";
	case REFRESH_CANCELLED:
		return "";
	}
	return "";
}

void page_state(struct status_page *page, enum refresh_state state)
{
	page_badge(page, page_state_class(state), refresh_state_name(state));
}

const char *page_remedy(const struct refresh_row *row)
{
	if (row->state == REFRESH_EXPIRED)
		return "Look whether its site works again, then retry.";
	if (row->state != REFRESH_FAILED)
		return NULL;
	if (!*row->content.luid)
		return "Correct the name or the project in the rule, or the content in Tableau, "
		       "then replay the event: its content is looked up again.";
	if (*row->job_id)
		return "Tableau ran the job and reports this. Mend it in Tableau (connection, "
		       "credentials, data), then retry.";
	return "Tableau refused to start it. Do what the reason says, then retry.";
}

/* ---- rows ---- */

static void add_content_link(struct status_page *page, const char *class_, const char *site,
	const struct content *content)
{
	page_printf(page, "<a%s href=\"/contents", class_);
	page_argument(page, '?', "site", site);
	page_argument(page, '&', "kind", kind_name(content->kind));
	page_argument(page, '&', "content", *content->luid ? content->luid : content->name);
	page_add(page, "\">");
}

static void add_name(struct status_page *page, const struct refresh_row *row)
{
	add_content_link(page, " class=\"name\"", row->site, &row->content);
	page_name(page, *row->content.name ? row->content.name : row->content.luid);
	page_add(page, "</a>");
}

void page_refresh_where(struct status_page *page, const struct refresh_row *row)
{
	page_printf(page, "<p class=\"where\">%s", kind_name(row->content.kind));
	if (*row->content.project) {
		page_add(page, " in ");
		page_name(page, row->content.project);
	}
	page_add(page, " \u00b7 ");
	page_name(page, row->site);
	page_add(page, "</p>");
}

static void add_causes(struct status_page *page, const struct cause_row *causes, size_t count)
{
	if (!count)
		return;
	page_add(page, "<p class=\"from\">because of ");
	for (size_t i = 0; i < count && i < MOST_CAUSES; i++) {
		page_printf(page, "%s<a href=\"/events/%lld\">event %lld</a> by ", i ? ", " : "",
			(long long)causes[i].event, (long long)causes[i].event);
		page_name(page, causes[i].rule);
	}
	if (count > MOST_CAUSES)
		page_printf(page, " and %zu more", count - MOST_CAUSES);
	page_add(page, "</p>");
}

/* The reason, until when it waits, and what to do. */
static void add_why(struct status_page *page, const struct refresh_row *row, struct wall since)
{
	const char *remedy = page_remedy(row);
	bool is_open = refresh_state_is_open(row->state);
	if (*row->reason || (is_open && wall_is_set(row->not_before))) {
		page_add(page, "<p class=\"why\">");
		page_text(page, row->reason);
		if (is_open && wall_is_set(since)) {
			page_add(page, *row->reason ? ", since " : "since ");
			page_time(page, since);
		}
		if (is_open && row->not_before.us > page->now.us) {
			page_add(page,
				*row->reason || wall_is_set(since) ? "; next try " : "next try ");
			page_time(page, row->not_before);
		}
		page_add(page, "</p>");
	}
	if (remedy && !page->is_brief)
		page_printf(page, "<p class=\"remedy\"><b>What to do:</b> %s</p>", remedy);
}

/* What names no content cannot be retried; the event, which leads to it, can be replayed. */
void page_refresh_action(struct status_page *page, const struct refresh_row *row,
	const struct cause_row *causes, size_t cause_count, bool is_compact)
{
	bool is_open = refresh_state_is_open(row->state);
	if (!is_open && !*row->content.luid) {
		if (cause_count)
			page_action(
				page, "/events/", causes[0].event, "replay", is_compact, "Replay");
		return;
	}
	if (is_open && !row->is_cancelling)
		page_action(page, "/refreshes/", row->id, "cancel", is_compact, "Cancel");
	if (!is_open && row->state != REFRESH_SUCCEEDED)
		page_action(page, "/refreshes/", row->id, "retry", is_compact, "Retry");
	if (!is_compact && (row->state == REFRESH_SUCCEEDED || row->state == REFRESH_WAITING))
		page_action(page, "/refreshes/", row->id, "retry", is_compact,
			row->state == REFRESH_WAITING ? "Send now" : "Refresh again");
}

bool page_refresh_row(const struct refresh_row *row, const struct cause_row *causes,
	size_t cause_count, void *context)
{
	struct status_page *page = context;
	OWNED_TEXT struct text words = TEXT(2000);
	struct wall since;
	struct refresh_row told = dispatch_status_refresh(page_status(page), row, &words, &since);
	page_add(page, "<li class=\"row\"><div class=\"state\">");
	page_state(page, row->state);
	page_add(page, "</div><div class=\"body\">");
	if (page->is_of_one) {
		page_printf(page, "<a class=\"name\" href=\"/refreshes/%lld\">Refresh %lld</a>",
			(long long)row->id, (long long)row->id);
	} else {
		add_name(page, row);
		page_refresh_where(page, row);
	}
	add_why(page, &told, since);
	add_causes(page, causes, cause_count);
	page_printf(
		page, "</div><div class=\"when\"><a href=\"/refreshes/%lld\">", (long long)row->id);
	page_time(page, wall_is_set(row->ended_at) ? row->ended_at : row->created_at);
	page_printf(page, "<span class=\"skip\"> refresh %lld</span></a>", (long long)row->id);
	page_refresh_action(page, row, causes, cause_count, true);
	page_add(page, "</div></li>\n");
	return true;
}

/* ---- the list ---- */

struct refresh_list {
	struct status_page *page;
	int count;
	int64_t last; /* id */
	bool has_more;
};

static bool take(const struct refresh_row *row, const struct cause_row *causes, size_t cause_count,
	void *context)
{
	struct refresh_list *list = context;
	list->has_more = list->count == PAGE_ROWS;
	if (list->has_more)
		return false;
	list->count++;
	list->last = row->id;
	return page_refresh_row(row, causes, cause_count, list->page);
}

static void add_filters(struct status_page *page, const char *state)
{
	static const char *const states[] = { "", "open", "waiting", "running", "failed", "expired",
		"succeeded", "cancelled" };
	page_add(page, "<div class=\"filters\">");
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		page_printf(page, "<a href=\"/refreshes%s%s\"%s>%s</a>",
			*states[i] ? "?state=" : "", states[i],
			text_is(state ? state : "", states[i]) ? " aria-current=\"true\"" : "",
			*states[i] ? states[i] : "all");
	page_add(page, "</div>\n");
}

void page_refresh_list(struct status_page *page, struct store_filter *filter, const char *path,
	const char *const *arguments)
{
	struct refresh_list list = { .page = page };
	struct error err;
	const char *cursor = web_query(page->request, "cursor");
	filter->limit = PAGE_ROWS + 1;
	IGNORE(cursor && str_to_count(str_of(cursor), &filter->before)); /* else: the first page */
	page_rows(page);
	bool ok = store_list_refreshes(page->admin->reader, filter, take, &list, &err);
	if (!page_rows_end(page) && ok)
		page_empty(page, "There are none.");
	if (!ok) {
		page_add(page, "<p class=\"alert\" role=\"alert\">");
		page_text(page, err.message);
		page_add(page, "</p>");
	}
	if (list.has_more) {
		page_printf(page, "<p class=\"pager\"><a href=\"%s?cursor=%lld", path,
			(long long)list.last);
		for (; *arguments; arguments++)
			if (web_query(page->request, *arguments))
				page_argument(page, '&', *arguments,
					web_query(page->request, *arguments));
		page_add(page, "\">Older</a></p>");
	}
}

void handle_page_refreshes(struct admin *admin, struct web_request *request, int64_t id)
{
	static const char *const arguments[] = { "state", "site", NULL };
	(void)id;
	struct status_page *page = page_new(admin, request);
	if (!page)
		return;
	struct store_filter filter = { .state = web_query(request, "state"),
		.site = web_query(request, "site") };
	page_head(page, NULL, NULL, "Refreshes");
	if (filter.site) {
		page_add(page, "<p>of the site ");
		page_name(page, filter.site);
		page_add(page, "</p>");
	}
	page_add(page, "</div>");
	page_head_end(page);
	add_filters(page, filter.state);
	page_refresh_list(page, &filter, "/refreshes", arguments);
	page_reply(page, 200);
}

/* ---- one ---- */

struct found_page {
	struct status_page *page;
	bool is_found;
};

static void add_cause_steps(struct status_page *page, const struct cause_row *causes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		page_step(page, "", i ? "Joined" : "Asked for", causes[i].arrived_at);
		page_printf(page, "<p>by <a href=\"/events/%lld\">event %lld</a>, rule ",
			(long long)causes[i].event, (long long)causes[i].event);
		page_name(page, causes[i].rule);
		page_add(page, "</p></li>\n");
	}
}

static bool add_command(const struct command_row *row, void *context)
{
	struct status_page *page = context;
	page_command_step(page, row);
	if (row->result && row->result != row->subject)
		page_printf(page, "; it led to <a href=\"/%s/%lld\">%lld</a>",
			row->result & 1 ? "events" : "refreshes", (long long)row->result,
			(long long)row->result);
	page_add(page, "</p></li>\n");
	return true;
}

static void add_job_steps(struct status_page *page, const struct refresh_row *row)
{
	if (wall_is_set(row->sent_at)) {
		page_step(page, "", "Sent to Tableau", row->sent_at);
		page_printf(page, "<p>attempt %lld</p></li>\n", (long long)row->attempts);
	}
	if (wall_is_set(row->job_created_at)) {
		page_step(page, "", "Job queued", row->job_created_at);
		page_add(page, "<p>Tableau\u2019s job <code>");
		page_text(page, row->job_id);
		page_add(page, "</code></p></li>\n");
	}
	if (wall_is_set(row->job_started_at)) {
		page_step(page, "busy", "Job started", row->job_started_at);
		page_add(page, "</li>\n");
	}
}

static bool add_whole(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	struct found_page *found = context;
	struct status_page *page = found->page;
	struct error ignored; /* the page is useful without its commands */
	OWNED_TEXT struct text words = TEXT(2000);
	struct wall since;
	struct refresh_row told = dispatch_status_refresh(page_status(page), row, &words, &since);
	found->is_found = true;
	page_head(page, "/refreshes", "Refreshes",
		*row->content.name ? row->content.name : row->content.luid);
	page_refresh_where(page, row);
	page_printf(page, "<p class=\"small\">Refresh %lld \u00b7 ", (long long)row->id);
	add_content_link(page, "", row->site, &row->content);
	page_add(page, "all refreshes of this content</a></p></div><div class=\"actions\">");
	page_refresh_action(page, row, causes, count, false);
	page_add(page, "</div>");
	page_head_end(page);
	page_add(page, "<ol class=\"timeline\">\n");
	add_cause_steps(page, causes, count);
	add_job_steps(page, row);
	IGNORE(store_list_commands(page->admin->reader, row->id, add_command, page, &ignored));
	page_printf(page, "<li class=\"step %s\"><header><h2>", page_state_class(row->state));
	page_state(page, row->state);
	page_add(page, "</h2>");
	page_time(page, row->ended_at);
	page_add(page, "</header>");
	add_why(page, &told, since);
	page_add(page, "</li></ol>\n");
	return false;
}

void handle_page_refresh(struct admin *admin, struct web_request *request, int64_t id)
{
	struct error err;
	bool is_there = false;
	struct status_page *page = page_new(admin, request);
	if (!page)
		return;
	struct found_page found = { .page = page };
	bool ok = store_find_refresh(admin->reader, id, add_whole, &found, &is_there, &err);
	if (found.is_found) {
		page_reply(page, 200);
		return;
	}
	page_free(page);
	admin_answer_error(request, ok ? 404 : 503,
		ok ? "there is no refresh of this id; history is kept as long as `history` says"
		   : err.message);
}
