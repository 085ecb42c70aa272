/*
 * admin/page/page.h - what the pages for people share. Private to admin/page/.
 *
 * A page is drawn here in full, so that it works without JavaScript; page.js asks for the same
 * pages again to keep them current. Whatever a stranger may have written goes through page_text()
 * or page_name(), which escape it.
 */
#pragma once
#include "admin/handler.h"
#include "base/visible.h"
#include "rules/decide.h"

#define PAGE_ROWS 50 /* of a list */

struct status_page {
	struct admin *admin;
	struct web_request *request; /* answered by page_reply() */
	struct arena *arena;
	struct text main;  /* markup between the header and the footer */
	struct text title; /* not escaped yet */
	struct wall now;   /* what times are relative to */
	size_t rows_at;    /* where the list of rows began that is open */
	bool is_still;     /* what somebody writes on it is not to be replaced by a newer one */
	bool is_slow;      /* drawing it costs much: it is asked for again less often */
	bool is_of_one;    /* all its refreshes are of the content in its heading */
	bool is_brief;     /* rows leave out what to do, which stands further up */
	struct dispatch_status *status; /* NULL until page_status() */
};

/* ---- page.c: a page begins, and is sent ---- */

/* NULL when it has answered: who asks may not read, and was asked for a token. */
struct status_page *page_new(struct admin *admin, struct web_request *request) MUST_USE;
/* Sends it, and ends it. */
void page_reply(struct status_page *page, unsigned status);
void page_free(struct status_page *page); /* without an answer */
/* The heading, which is the title too. `back`: address and words of the page above it; NULL: none.
 * page_head_end() follows, after what stands beside it. */
void page_head(
	struct status_page *page, const char *back, const char *back_words, const char *heading);
void page_head_end(struct status_page *page);
/* May who asks change something? */
bool page_may_change(const struct status_page *page);
/* The dispatcher's status; NULL: none yet. Lives as long as the page. */
const struct dispatch_status *page_status(struct status_page *page);

/* ---- markup.c: parts of lines ---- */

void page_add(struct status_page *page, const char *markup);
void page_printf(struct status_page *page, const char *format, ...) PRINTF_LIKE(2, 3);
/* A text of anybody's, whole. */
void page_text(struct status_page *page, const char *text);
/* A text of several lines. */
void page_lines(struct status_page *page, const char *text);
/* A name of anybody's: cut, and apart from the direction in which its neighbours are read. */
void page_name(struct status_page *page, const char *name);
/* "3 min ago", "in 5 min", with the exact time; nothing when it is not set. */
void page_time(struct status_page *page, struct wall time);
/* "; name=value" for an address, in an attribute: '?' or '&', and the value escaped. */
void page_argument(struct status_page *page, char before, const char *name, const char *value);
/* Escapes a path, or a part of one. */
void page_path(struct status_page *page, const char *path);
void page_badge(struct status_page *page, const char *class_, const char *words);
/* A heading of a section with the number of what follows (negative: none), and a link to more of it
 * (NULL: none). */
void page_section(struct status_page *page, const char *heading, int64_t count, const char *more);
void page_section_end(struct status_page *page);
void page_empty(struct status_page *page, const char *words);
/* Begins a step of a history, a list item that the caller ends; `heading` is markup, and `at` may
 * be unset. */
void page_step(struct status_page *page, const char *class_, const char *heading, struct wall at);
/* Begins the step of what a person asked for, up to the name, in a paragraph. */
void page_command_step(struct status_page *page, const struct command_row *row);
/* A link that leads to a confirmation: "/refreshes/42/retry". */
void page_action(struct status_page *page, const char *path, int64_t id, const char *verb,
	bool is_compact, const char *words);

/* ---- refresh.c: refreshes in lists ---- */

/* Rows as visitors of the store; the context is the page. */
refresh_visit page_refresh_row;
/* The badge of a state. */
void page_state(struct status_page *page, enum refresh_state state);
/* What to do about a refresh that failed or expired. NULL: nothing. */
const char *page_remedy(const struct refresh_row *row);
/* A line with kind, project and site. */
void page_refresh_where(struct status_page *page, const struct refresh_row *row);
/* What may be done with it: cancel, retry, or replay of its first cause. */
void page_refresh_action(struct status_page *page, const struct refresh_row *row,
	const struct cause_row *causes, size_t cause_count, bool is_compact);
/* The refreshes of a filter (without limit), from ?cursor= on; `path` with these arguments of the
 * request leads to the same list. */
void page_refresh_list(struct status_page *page, struct store_filter *filter, const char *path,
	const char *const *arguments);
/* "good", "bad", "busy", "wait" or "" */
const char *page_state_class(enum refresh_state state);
/* Begins and ends a list of rows. False: there is no row, so the list was taken back. */
void page_rows(struct status_page *page);
bool page_rows_end(struct status_page *page);

/* ---- sites.c ---- */

void page_sites(struct status_page *page);

/* ---- event.c: events in lists ---- */

event_visit page_event_row;
void page_selection_row(struct status_page *page, const struct selection_status *selection);

/* ---- explain.c: a decision ---- */

/* Why one rule did not match: "status is error, it wants success". */
void page_unmatched_reason(struct status_page *page, const struct unmatched *unmatched);
/* Why the rules that did not match did not: the nearest first. */
void page_unmatched(struct status_page *page, const struct decision *decision);
void page_selection(struct status_page *page, const struct selection *selection);

/* ---- rules.c: rules in lists ---- */

void page_rule_row(struct status_page *page, struct rule_info rule);
