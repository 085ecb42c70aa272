/*
 * admin/page/markup.c - parts of a page. Texts of strangers become visible and escaped here, and
 * nowhere else.
 */
#include "admin/page/page.h"

#define NAME_BYTES 300 /* of a name in a page; its own API shows all of it */

void page_add(struct status_page *page, const char *markup)
{
	text_add(&page->main, markup);
}

void page_printf(struct status_page *page, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	text_print_args(&page->main, format, args);
	va_end(args);
}

static void add_visible(struct status_page *page, struct str text)
{
	OWNED_TEXT struct text visible = TEXT(TEXT_UNBOUNDED);
	visible_add(&visible, text);
	text_add_markup(&page->main, visible.at);
}

void page_text(struct status_page *page, const char *text)
{
	add_visible(page, str_of(text));
}

void page_lines(struct status_page *page, const char *text)
{
	for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
		add_visible(page, (struct str){ text, (size_t)(end - text) });
		page_add(page, "\n");
	}
	page_text(page, text);
}

void page_name(struct status_page *page, const char *name)
{
	struct str whole = str_of(name), cut = str_cut(whole, NAME_BYTES);
	page_add(page, "<bdi>");
	add_visible(page, cut);
	page_add(page, cut.length < whole.length ? "\u2026</bdi>" : "</bdi>");
}

/* ---- times ---- */

static void add_span(struct status_page *page, int64_t us)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	int64_t seconds = us / US_PER_SECOND;
	size_t i = 0;
	/* 100 minutes say more than 1 hour */
	while (i < 3 && seconds < 2 * units[i].seconds)
		i++;
	page_printf(page, "%lld\u00a0%s", (long long)(seconds / units[i].seconds), units[i].unit);
}

void page_time(struct status_page *page, struct wall time)
{
	char exact[WALL_TEXT_SIZE];
	if (!wall_is_set(time))
		return;
	struct wall seconds = { time.us - time.us % US_PER_SECOND };
	wall_format(seconds, exact);
	page_printf(page, "<time datetime=\"%s\" title=\"%.10s %.8s UTC\">", exact, exact,
		exact + strcspn(exact, "T") + 1);
	int64_t past = page->now.us - time.us;
	if (past > -US_PER_SECOND && past < 2 * US_PER_SECOND) {
		page_add(page, "just now");
	} else {
		page_add(page, past < 0 ? "in " : "");
		add_span(page, past < 0 ? -past : past);
		page_add(page, past < 0 ? "" : " ago");
	}
	page_add(page, "</time>");
}

/* ---- addresses ---- */

/* `plain`: what needs no escape, besides letters and digits. */
static void add_percent(struct status_page *page, const char *value, const char *plain)
{
	for (const unsigned char *at = (const unsigned char *)value; *at; at++) {
		bool is_plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
				(*at >= '0' && *at <= '9') || strchr(plain, *at);
		page_printf(page, is_plain ? "%c" : "%%%02X", *at);
	}
}

void page_argument(struct status_page *page, char before, const char *name, const char *value)
{
	page_printf(page, "%s%s=", before == '&' ? "&amp;" : "?", name);
	add_percent(page, value, "-_.~");
}

void page_path(struct status_page *page, const char *path)
{
	add_percent(page, path, "-_.~/");
}

/* ---- pieces ---- */

void page_badge(struct status_page *page, const char *class_, const char *words)
{
	page_printf(page, "<span class=\"badge%s%s\">", *class_ ? " is-" : "", class_);
	page_text(page, words);
	page_add(page, "</span>");
}

void page_section(struct status_page *page, const char *heading, int64_t count, const char *more)
{
	page_printf(page, "<section><div class=\"title\"><h2>%s</h2>", heading);
	if (count >= 0)
		page_printf(page, "<span class=\"count\">%lld</span>", (long long)count);
	if (more)
		page_printf(page,
			"<a class=\"more\" href=\"%s\">All<span class=\"skip\"> of: %s</span></a>",
			more, heading);
	page_add(page, "</div>\n");
}

void page_section_end(struct status_page *page)
{
	page_add(page, "</section>\n");
}

void page_step(struct status_page *page, const char *class_, const char *heading, struct wall at)
{
	page_printf(page, "<li class=\"step %s\"><header><h2>%s</h2>", class_, heading);
	page_time(page, at);
	page_add(page, "</header>");
}

void page_command_step(struct status_page *page, const struct command_row *row)
{
	page_add(page, "<li class=\"step\"><header><h2>");
	page_text(page, row->verb);
	page_add(page, "</h2>");
	page_time(page, row->at);
	page_add(page, "</header><p>asked for by ");
	page_name(page, row->who);
}

void page_empty(struct status_page *page, const char *words)
{
	page_printf(page, "<p class=\"card empty\">%s</p>\n", words);
}

void page_action(struct status_page *page, const char *path, int64_t id, const char *verb,
	bool is_compact, const char *words)
{
	if (page_may_change(page))
		page_printf(page,
			"<a class=\"button%s\" role=\"button\" data-confirm "
			"href=\"%s%lld/%s\">%s</a>",
			is_compact ? " compact" : "", path, (long long)id, verb, words);
}

#define ROWS "<ul class=\"rows card\">\n"

void page_rows(struct status_page *page)
{
	page->rows_at = page->main.length;
	page_add(page, ROWS);
}

bool page_rows_end(struct status_page *page)
{
	bool is_empty = page->main.length == page->rows_at + strlen(ROWS);
	if (is_empty) {
		page->main.length = page->rows_at;
		page->main.at[page->rows_at] = '\0';
	} else {
		page_add(page, "</ul>\n");
	}
	return !is_empty;
}
