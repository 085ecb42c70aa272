/*
 * admin/page/page.c - the frame of every page, what goes with it, and the files that a browser
 * asks for.
 *
 * The headers allow a page to use our own two files and nothing else: no script or style in the
 * page, no other host. The referrer stays within our origin; with "no-referrer" a browser would
 * send `Origin: null` with our own forms, which admin/origin.c refuses.
 */
#include "admin/page/page.h"
#include "admin/node_status.h"
#include "base/fingerprint.h"
#include "build.h"
#include "src/admin/page/files.inc"

#define POLICY                                                                                     \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "    \
	"'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/* ---- the frame ---- */

/* Changes with the files, so that a browser keeps them until they do. */
static void add_version(struct text *out)
{
	struct fingerprint files = { 0 };
	char revision[FINGERPRINT_TEXT_SIZE];
	fingerprint_add(&files, "page.css", str_of(page_css));
	fingerprint_add(&files, "page.js", str_of(page_js));
	fingerprint_finish(&files, revision);
	text_printf(out, "%.12s", revision + strlen("sha256:"));
}

static void add_part(const struct status_page *page, struct str name, struct text *out)
{
	if (str_is(name, "main")) {
		text_add_str(out, text_str(&page->main));
	} else if (str_is(name, "title")) {
		OWNED_TEXT struct text visible = TEXT(TEXT_UNBOUNDED);
		visible_add(&visible, str_cut(text_str(&page->title), 100));
		text_add_markup(out, visible.at);
	} else if (str_is(name, "attributes")) {
		text_add(out, page->is_still  ? " data-still"
			      : page->is_slow ? " data-every=\"20\""
					      : "");
	} else if (str_is(name, "release")) {
		text_add(out, PACKAGE_VERSION);
	} else {
		add_version(out);
	}
}

/* {{name}} in frame.html is replaced by that part of the page. */
static void add_frame(const struct status_page *page, struct text *out)
{
	const char *at = frame_html, *begin;
	while ((begin = strstr(at, "{{"))) {
		const char *end = strstr(begin, "}}");
		text_add_bytes(out, at, (size_t)(begin - at));
		add_part(page, (struct str){ begin + 2, (size_t)(end - begin - 2) }, out);
		at = end + 2;
	}
	text_add(out, at);
}

void page_reply(struct status_page *page, unsigned status)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	add_frame(page, &out);
	web_reply_header(page->request, "Content-Security-Policy", POLICY);
	web_reply_header(page->request, "Referrer-Policy", "same-origin");
	web_reply_header(page->request, "Cache-Control", "no-store");
	web_reply(page->request, status, "text/html; charset=utf-8", text_str(&out));
	page_free(page);
}

/* ---- life ---- */

static struct status_page *begin(struct admin *admin, struct web_request *request)
{
	struct status_page *page = mem_new(struct status_page);
	*page = (struct status_page){ .admin = admin, .request = request, .arena = arena_new() };
	page->main = TEXT(TEXT_UNBOUNDED);
	page->title = TEXT(TEXT_UNBOUNDED);
	page->now = clock_wall();
	return page;
}

void page_free(struct status_page *page)
{
	if (!page)
		return;
	dispatch_status_free(page->status);
	text_clear(&page->main);
	text_clear(&page->title);
	arena_free(page->arena);
	free(page);
}

/* page.js keeps the token in the tab, and asks for the same page with it. */
static void add_token_form(struct status_page *page)
{
	page_add(page,
		"<form id=\"token\" class=\"card token\" hidden><label for=\"secret\">Token</label>"
		"<p class=\"soft\">One of <code>admin_tokens</code>. This tab keeps it until it is "
		"closed.</p><div class=\"line\"><input id=\"secret\" name=\"token\" "
		"type=\"password\" "
		"autocomplete=\"current-password\" required><button class=\"primary\">Show</button>"
		"</div><p role=\"alert\"></p></form>\n<noscript><p class=\"alert calm\">A token "
		"can "
		"only be sent with JavaScript. From a terminal: <code>refresh-router refreshes "
		"--token-file FILE</code></p></noscript>\n");
}

struct status_page *page_new(struct admin *admin, struct web_request *request)
{
	struct status_page *page = begin(admin, request);
	if (admin->asker.role != ACCESS_NOBODY)
		return page;
	page_head(page, NULL, NULL, "A token is needed");
	page_add(page, "<p>This daemon tells what it knows to those who have one.</p></div>");
	page_head_end(page);
	add_token_form(page);
	page_reply(page, strcmp(web_path(request), "/") ? 401 : 200);
	return NULL;
}

bool page_may_change(const struct status_page *page)
{
	return page->admin->asker.role == ACCESS_OPERATOR;
}

const struct dispatch_status *page_status(struct status_page *page)
{
	if (!page->status)
		page->status =
			node_status_merge(page->admin->options.dispatch, page->admin->reader);
	return page->status;
}

void page_head(
	struct status_page *page, const char *back, const char *back_words, const char *heading)
{
	text_add(&page->title, heading);
	page_add(page, "<div class=\"head\"><div>");
	if (back)
		page_printf(page, "<a class=\"back\" href=\"%s\">\u2190 %s</a>", back, back_words);
	page_add(page, "<h1>");
	page_name(page, heading);
	page_add(page, "</h1>");
}

void page_head_end(struct status_page *page)
{
	page_add(page, "</div>\n");
}

/* ---- errors ---- */

bool admin_wants_page(const struct web_request *request)
{
	const char *accepted = web_header(request, "Accept"), *path = web_path(request);
	return accepted && strstr(accepted, "text/html") && strncmp(path, "/api/", 5) &&
	       strncmp(path, "/-/", 3);
}

void admin_answer_error_page(struct web_request *request, unsigned status, const char *message)
{
	struct status_page *page = begin(NULL, request);
	page->is_still = true;
	page_head(page, "/", "Status",
		status == 404   ? "Not found"
		: status == 401 ? "A token is needed"
				: "This was not done");
	page_head_end(page);
	page_add(page, "</div><p class=\"alert\" role=\"alert\">");
	page_text(page, message);
	page_add(page, "</p>\n");
	if (status == 401)
		add_token_form(page);
	page_reply(page, status);
}

/* ---- files ---- */

void handle_page_file(struct admin *admin, struct web_request *request, int64_t id)
{
	static const struct {
		const char *path, *type, *text;
	} files[] = {
		{ "/assets/page.css", "text/css; charset=utf-8", page_css },
		{ "/assets/page.js", "text/javascript; charset=utf-8", page_js },
		{ "/assets/icon.svg", "image/svg+xml", icon_svg },
	};
	(void)admin;
	(void)id;
	size_t i = 0;
	while (strcmp(files[i].path, web_path(request)))
		i++;
	web_reply_header(request, "Cache-Control", "public, max-age=86400");
	web_reply(request, 200, files[i].type, str_of(files[i].text));
}
