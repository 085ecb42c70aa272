/*
 * tableau/answer.c - Tableau's codes as one table, and the three kinds of failure: Tableau's error
 * in JSON or XML, a gateway's page, and no reply at all.
 */
#include "tableau/answer.h"
#include "tableau/lenient.h"

#define DETAIL_BYTES 200

#define ANY_CALL 0
#define ON(type) (1 << (type))

#define SEEN "it was deleted, or the PAT's user may not see it"
#define RIGHT "the PAT's user must own it, lead its project, or be an administrator"
#define VERSION "this server does not speak that REST API version: write `api_version: auto`"

/* clang-format off */
static const struct meaning {
	int code;                  /* six digits */
	int calls;                 /* ON(...) of the calls to which the row applies, or ANY_CALL */
	enum error_kind kind;
	const char *advice;        /* what a person should do, or NULL */
} meanings[] = {
	/* README.md, Sign-in */
	{ 401001, ON(CALL_SIGN_IN), ERROR_REFUSED,
	  "the PAT's name or secret is wrong, or it has expired (15 days unused, or its end date), "
	  "or it was revoked, or the site has another content_url" },
	{ 405000, ON(CALL_SIGN_IN), ERROR_REFUSED,
	  "write https:// and, for Tableau Cloud, the pod's own host name" },
	{ 404001, ON(CALL_SIGN_IN), ERROR_REFUSED, VERSION },
	{ 404003, ON(CALL_SIGN_IN), ERROR_REFUSED, VERSION },
	/* README.md, Sessions. 404000: the session is another site's, or the site is gone */
	{ 401000, ANY_CALL, ERROR_SIGNED_OUT, NULL },
	{ 401002, ANY_CALL, ERROR_SIGNED_OUT, NULL },
	{ 404000, ANY_CALL, ERROR_SIGNED_OUT, NULL },
	/* README.md, Refused refreshes */
	{ 409093, ON(CALL_REFRESH), ERROR_QUEUED_ELSEWHERE, NULL },
	{ 409090, ON(CALL_REFRESH), ERROR_REFUSED,
	  "there is nothing to refresh in it: its data sources are published on their own, or live" },
	{ 403180, ON(CALL_REFRESH), ERROR_REFUSED,
	  "it has no extract: refresh its published data sources, or make an extract" },
	{ 403004, ON(CALL_REFRESH), ERROR_REFUSED, RIGHT },
	{ 403032, ON(CALL_REFRESH), ERROR_REFUSED, RIGHT },
	{ 403157, ON(CALL_REFRESH), ERROR_REFUSED,
	  "the site's administrator has switched this off (Run Now)" },
	{ 404004, ON(CALL_REFRESH), ERROR_GONE, SEEN },
	{ 404006, ON(CALL_REFRESH), ERROR_GONE, SEEN },
	{ 404026, ON(CALL_REFRESH), ERROR_GONE, SEEN },
	{ 404027, ON(CALL_REFRESH), ERROR_GONE, SEEN },
	/* README.md, Jobs */
	{ 404018, ON(CALL_JOB) | ON(CALL_CANCEL), ERROR_GONE, NULL },
	{ 400031, ON(CALL_JOB) | ON(CALL_CANCEL), ERROR_GONE, NULL },
	/* cancelling (README.md, Jobs) */
	{ 403091, ON(CALL_CANCEL), ERROR_REFUSED, "the job is over already" },
	{ 403032, ON(CALL_CANCEL), ERROR_REFUSED, "only an administrator may cancel jobs" },
	/* README.md, Limits */
	{ 429000, ANY_CALL, ERROR_TRANSIENT, NULL },
};
/* clang-format on */

static const struct meaning *meaning_of(int code, enum call_type type)
{
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (meanings[i].code == code &&
			(meanings[i].calls == ANY_CALL || (meanings[i].calls & ON(type))))
			return &meanings[i];
	return NULL;
}

bool answer_is_version(const struct outcome *outcome)
{
	return outcome->code == 404001 || outcome->code == 404003;
}

/* A blank, a control character (also a C1 one, in UTF-8 C2 80 to C2 9F), or not UTF-8? */
static bool is_unwanted(struct str view, size_t at, bool is_utf8)
{
	unsigned char c = (unsigned char)view.at[at],
		      next = at + 1 < view.length ? (unsigned char)view.at[at + 1] : 0;
	return c <= 0x20 || c == 0x7f || (c >= 0x80 && !is_utf8) || (c == 0xc2 && next <= 0x9f);
}

void answer_clean(const char *text, size_t most, struct text *out)
{
	struct str view = str_of(text);
	size_t begin = out->length;
	bool is_utf8 = str_is_utf8(view);
	for (size_t i = 0; i < view.length && out->length - begin < most; i++) {
		bool is_first = out->length == begin;
		if (!is_unwanted(view, i, is_utf8))
			text_add_char(out, view.at[i]);
		else if (!is_first && out->at[out->length - 1] != ' ')
			text_add_char(out, ' ');
		if (view.at[i] == '\xc2' && is_unwanted(view, i, is_utf8) && is_utf8)
			i++;
	}
	/* Removes a last character that was cut, and blanks at the end. */
	while (out->length > begin &&
		(out->at[out->length - 1] == ' ' ||
			!str_is_utf8((struct str){ out->at + begin, out->length - begin })))
		out->at[--out->length] = '\0';
}

/* ---- errors ---- */

struct told {
	int code;
	char summary[DETAIL_BYTES + 8], detail[DETAIL_BYTES + 8];
};

static void keep(char *member, const char *text)
{
	OWNED_TEXT struct text clean = TEXT(DETAIL_BYTES);
	answer_clean(text, DETAIL_BYTES, &clean);
	memcpy(member, clean.at, clean.length + 1);
}

static bool parse_code(const char *text, int *code)
{
	int64_t number;
	if (!str_to_count(str_of(text), &number) || number < 10000 || number > 999999)
		return false;
	*code = (int)number;
	return true;
}

static bool told_json(const cJSON *json, struct told *told)
{
	const cJSON *error = json_get(json, "error");
	if (!error || !parse_code(json_text(error, "code"), &told->code))
		return false;
	keep(told->summary, json_text(error, "summary"));
	keep(told->detail, json_text(error, "detail"));
	return true;
}

/* Copies the text between `open` and `close`; "" when it is absent. */
static void between(const char *text, const char *open, const char *close, char *member)
{
	const char *begin = strstr(text, open),
		   *end = begin ? strstr(begin + strlen(open), close) : NULL;
	if (!end)
		return;
	OWNED_MEMORY char *part =
		mem_copy_bytes(begin + strlen(open), (size_t)(end - begin) - strlen(open));
	keep(member, part);
}

/* <tsResponse><error code="401002"><summary>..</summary><detail>..</detail></error></tsResponse>,
 * also when JSON was asked for (README.md, Errors). */
static bool told_xml(struct str body, struct told *told)
{
	OWNED_MEMORY char *text = mem_copy_bytes(body.at, body.length < 8192 ? body.length : 8192);
	char code[DETAIL_BYTES + 8] = "";
	if (!strstr(text, "<tsResponse"))
		return false;
	between(text, "<error code=\"", "\"", code);
	if (!parse_code(code, &told->code))
		return false;
	between(text, "<summary>", "</summary>", told->summary);
	between(text, "<detail>", "</detail>", told->detail);
	return true;
}

/* "Please retry after 29 minutes." (README.md, Limits) */
static int64_t wait_in_text(const char *detail)
{
	const char *after = strstr(detail, "retry after ");
	if (!after)
		return 0;
	after += strlen("retry after ");
	int64_t number, unit = strstr(after, "hour") ? 3600 : strstr(after, "minute") ? 60 : 1;
	size_t digits = strspn(after, "0123456789");
	if (!digits)
		return 0;
	if (!str_to_count((struct str){ after, digits }, &number) ||
		number > MOST_RETRY_AFTER / US_PER_SECOND / unit)
		return MOST_RETRY_AFTER;
	return number * unit * US_PER_SECOND;
}

static enum error_kind kind_of_status(int status, enum call_type type)
{
	if (status == 401)
		return type == CALL_SIGN_IN ? ERROR_REFUSED : ERROR_SIGNED_OUT;
	if (status == 408 || status == 429)
		return ERROR_TRANSIENT;
	/* Tableau may have queued the job all the same (README.md, Refused refreshes). */
	if (status >= 500)
		return type == CALL_REFRESH ? ERROR_UNKNOWN : ERROR_TRANSIENT;
	return ERROR_REFUSED;
}

static void refused_by_tableau(const struct transport_reply *reply, enum call_type type,
	const struct told *told, struct outcome *outcome)
{
	const struct meaning *meaning = meaning_of(told->code, type);
	enum error_kind kind = meaning ? meaning->kind
				       : kind_of_status(told->code >= 100000 ? told->code / 1000
									     : reply->http_status,
						 type);
	outcome->code = told->code;
	outcome->is_alive = kind != ERROR_TRANSIENT && kind != ERROR_UNKNOWN;
	if (!outcome->retry_after_us && kind == ERROR_TRANSIENT)
		outcome->retry_after_us = wait_in_text(told->detail);
	error_fail(&outcome->error, kind, "Tableau says %d: %s%s%s%s%s%s", told->code,
		told->summary, *told->detail ? ": " : "", told->detail,
		meaning && meaning->advice ? " (" : "",
		meaning && meaning->advice ? meaning->advice : "",
		meaning && meaning->advice ? ")" : "");
}

static bool is_success(const struct transport_reply *reply)
{
	return reply->http_status >= 200 && reply->http_status <= 299;
}

static void redirected(
	const struct transport_reply *reply, enum error_kind kind, struct outcome *outcome)
{
	char location[DETAIL_BYTES + 8];
	keep(location, reply->location);
	if (*location)
		error_fail(&outcome->error, kind,
			"HTTP %d: the server sends us to '%s'; redirects are not followed: if that "
			"is Tableau, write its host as `server`, else have the gateway's "
			"administrator let us through",
			reply->http_status, location);
	else
		error_fail(&outcome->error, kind,
			"HTTP %d without a place to go to; redirects are not followed: look "
			"whether `server` is Tableau's host, else have the gateway's administrator "
			"let us through",
			reply->http_status);
}

/*
 * The answer looks like Tableau's but cannot be read. If the status is a success, only this item or
 * list is affected, and another try may succeed.
 */
static void unreadable(
	const struct transport_reply *reply, enum error_kind kind, struct outcome *outcome)
{
	outcome->is_alive = is_success(reply);
	error_fail(&outcome->error, kind, "HTTP %d with an unreadable answer", reply->http_status);
}

/* What a person can do about a page that is not Tableau's; "" if it may vanish by itself. */
static const char *remedy_of_page(long status)
{
	if (status == 401 || status == 403)
		return "; have that gateway's administrator let us through";
	bool is_elsewhere = status == 404 || (status >= 200 && status < 300);
	return is_elsewhere ? "; look whether `server` is Tableau's host" : "";
}

/*
 * A gateway's HTML, an SSO page or an empty body is not Tableau's answer (README.md, Gateways), so
 * no refresh fails for good because of it, whatever the status is. A refresh may have been accepted
 * and only its answer lost.
 */
static void not_tableau(
	const struct transport_reply *reply, enum call_type type, struct outcome *outcome)
{
	char start[DETAIL_BYTES + 8];
	struct str body = str_trim(reply->body);
	OWNED_MEMORY char *begin = mem_copy_bytes(body.at, body.length < 80 ? body.length : 80);
	enum error_kind kind = type == CALL_REFRESH ? ERROR_UNKNOWN : ERROR_TRANSIENT;
	bool is_like_json = *begin == '{' || *begin == '[';
	/* The Date is that of the page's author. */
	if (!is_like_json)
		outcome->told = (struct told_time){ 0 };
	/* A page may be shown, but not parts of an answer to a sign-in, which may hold the
	 * token. */
	keep(start, type == CALL_SIGN_IN && *begin != '<' ? "" : begin);
	if (reply->http_status >= 300 && reply->http_status < 400)
		redirected(reply, kind, outcome);
	else if (reply->http_status == 407)
		error_fail(&outcome->error, ERROR_TRANSIENT,
			"HTTP 407: the proxy wants credentials, and only a proxy that needs none "
			"is supported: have it let us through, or write another `proxy`");
	else if (reply->http_status == 429 || reply->http_status == 408)
		error_fail(&outcome->error, ERROR_TRANSIENT, "HTTP %d without a body of Tableau's",
			reply->http_status);
	else if (is_like_json)
		unreadable(reply, kind, outcome);
	else if (*start)
		error_fail(&outcome->error, kind,
			"HTTP %d, but not from Tableau; the answer begins '%s'%s",
			reply->http_status, start, remedy_of_page(reply->http_status));
	else
		error_fail(&outcome->error, kind, "HTTP %d with an %s answer", reply->http_status,
			reply->body.length ? "unreadable" : "empty");
}

void answer_read(const struct transport_reply *reply, enum call_type type, struct outcome *outcome,
	cJSON **json)
{
	*json = NULL;
	*outcome = (struct outcome){ .http_status = reply->http_status,
		.retry_after_us = reply->retry_after_us,
		.asked_at = reply->asked_at,
		.told = reply->told };
	if (!reply->is_answered) {
		bool is_unknown = type == CALL_REFRESH && reply->may_be_sent;
		error_fail(&outcome->error, is_unknown ? ERROR_UNKNOWN : ERROR_TRANSIENT, "%s",
			reply->failure);
		outcome->is_alive = reply->is_too_large && is_success(reply);
		return;
	}
	struct told told = { 0 };
	bool is_good = is_success(reply);
	bool may_be_empty =
		reply->http_status == 204 || type == CALL_CANCEL || type == CALL_SIGN_OUT;
	OWNED_JSON tree = reply->body.length ? lenient_parse(reply->body) : NULL;
	if (!tree && is_good && may_be_empty && !reply->body.length)
		tree = cJSON_CreateObject();
	if (told_json(tree, &told) || (!tree && told_xml(reply->body, &told))) {
		refused_by_tableau(reply, type, &told, outcome);
	} else if (is_good && cJSON_IsObject(tree)) {
		*json = TAKE(tree);
		outcome->ok = outcome->is_alive = true;
	} else {
		not_tableau(reply, type, outcome);
	}
}
