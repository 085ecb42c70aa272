/* base/web/http.c - checks the head of a request against RFC 9110 and RFC 9112, because
 * libmicrohttpd lets ambiguous ones pass. */
#include "base/web/http.h"
#include <string.h>
#include <strings.h>

#define MOST_DIGITS 18 /* of a length; libmicrohttpd answers twice when a length overflows */

enum byte_class {
	IN_TOKEN = 1, /* RFC 9110, 5.6.2 */
	IN_HOST = 2,  /* of uri-host and port, RFC 3986, 3.2.2 */
	IN_DIGITS = 4,
};

/* A table, because each byte of each field's name is looked up. */
static const unsigned char classes[256] = {
	['a' ... 'z'] = IN_TOKEN | IN_HOST,
	['A' ... 'Z'] = IN_TOKEN | IN_HOST,
	['0' ... '9'] = IN_TOKEN | IN_HOST | IN_DIGITS,
	['!'] = IN_TOKEN | IN_HOST,
	['$' ... '\''] = IN_TOKEN | IN_HOST,
	['*' ... '+'] = IN_TOKEN | IN_HOST,
	['-' ... '.'] = IN_TOKEN | IN_HOST,
	['_'] = IN_TOKEN | IN_HOST,
	['~'] = IN_TOKEN | IN_HOST,
	['#'] = IN_TOKEN,
	['^'] = IN_TOKEN,
	['`'] = IN_TOKEN,
	['|'] = IN_TOKEN,
	['(' ... ')'] = IN_HOST,
	[','] = IN_HOST,
	[':' ... ';'] = IN_HOST,
	['='] = IN_HOST,
	['['] = IN_HOST,
	[']'] = IN_HOST,
};

static bool is_made_of(struct str text, enum byte_class class)
{
	for (size_t i = 0; i < text.length; i++)
		if (!(classes[(unsigned char)text.at[i]] & class))
			return false;
	return true;
}

static bool is_token(struct str text)
{
	return text.length && is_made_of(text, IN_TOKEN);
}

static bool equals(struct str text, const char *other)
{
	return text.length == strlen(other) && !strncasecmp(text.at, other, text.length);
}

/* Only the first fault is reported to the sender. */
static void refuse(struct http_head *head, unsigned status, const char *reason)
{
	if (head->status)
		return;
	head->status = status;
	head->reason = reason;
}

/* ---- the line ---- */

/* The length of "scheme://"; 0 when the target is not an absolute URI. */
static size_t scheme_length(struct str target)
{
	static const char *const schemes[] = { "http://", "https://" };
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (target.length >= strlen(schemes[i]) &&
			!strncasecmp(target.at, schemes[i], strlen(schemes[i])))
			return strlen(schemes[i]);
	return 0;
}

bool http_head_has_news(struct str bytes, size_t before)
{
	return !before || memchr(bytes.at + before, '\n', bytes.length - before);
}

const char *http_path(const char *target)
{
	size_t scheme = scheme_length(str_of(target));
	if (!scheme)
		return target;
	target += scheme + strcspn(target + scheme, "/");
	return *target ? target : "/";
}

void http_head_line(
	struct http_head *head, struct str method, struct str target, struct str version)
{
	size_t scheme = scheme_length(target);
	struct str rest = { target.at + scheme, target.length - scheme };
	bool is_asterisk = equals(target, "*") && equals(method, "OPTIONS");
	head->is_old = equals(version, "HTTP/1.0");
	if (!is_token(method))
		refuse(head, 400, "the method is not a word");
	if (!scheme && !is_asterisk && (!target.length || *target.at != '/'))
		refuse(head, 400, "the target of the request is not a path");
	for (size_t i = 0; i < target.length; i++)
		if ((unsigned char)target.at[i] <= ' ' || target.at[i] == 0x7f)
			refuse(head, 400,
				"the target of the request holds a blank or a control character");
	if (!scheme)
		return;
	head->is_absolute = true;
	head->authority = rest;
	for (size_t i = 0; i < rest.length; i++)
		if (strchr("/?#", rest.at[i])) {
			head->authority.length = i;
			break;
		}
	if (!head->authority.length || !is_made_of(head->authority, IN_HOST))
		refuse(head, 400, "the target of the request names no host");
}

/* ---- the fields ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct str trimmed(struct str value)
{
	while (value.length && is_blank(*value.at))
		value = (struct str){ value.at + 1, value.length - 1 };
	while (value.length && is_blank(value.at[value.length - 1]))
		value.length--;
	return value;
}

static void take_host(struct http_head *head, struct str value)
{
	if (head->has_host)
		refuse(head, 400, "there are two Host fields");
	else if (!is_made_of(value, IN_HOST))
		refuse(head, 400, "the Host field is no host");
	else if (!head->is_absolute) /* RFC 9112, 3.2.2 */
		head->authority = value;
	head->has_host = true;
}

/* RFC 9112, 6.3: two equal lengths could be taken as one, two that differ never. */
static void take_length(struct http_head *head, struct str value)
{
	if (!value.length || !is_made_of(value, IN_DIGITS))
		refuse(head, 400, "the Content-Length is no number");
	else if (head->has_length && !str_equal(head->length, value))
		refuse(head, 400, "there are two Content-Length fields, which differ");
	else if (value.length > MOST_DIGITS)
		refuse(head, 413, "the body is larger than any server takes");
	head->has_length = true;
	head->length = value;
}

/* RFC 9112, 6.1 */
static void take_coding(struct http_head *head, struct str value)
{
	bool is_chunked = equals(value, "chunked");
	struct str last = trimmed(value);
	const char *comma = value.length ? memrchr(value.at, ',', value.length) : NULL;
	if (comma)
		last = trimmed(
			(struct str){ comma + 1, value.length - (size_t)(comma + 1 - value.at) });
	if (!is_chunked && !equals(last, "chunked"))
		refuse(head, 400,
			"the last Transfer-Encoding is not 'chunked': it is not known where the "
			"body "
			"ends");
	else if (!is_chunked)
		refuse(head, 501, "only 'chunked' is supported as a Transfer-Encoding");
	else if (head->has_coding)
		refuse(head, 400, "there are two Transfer-Encoding fields");
	else if (head->is_old)
		refuse(head, 400, "HTTP/1.0 knows no Transfer-Encoding");
	head->has_coding = true;
}

void http_head_field(struct http_head *head, struct str name, struct str value)
{
	value = trimmed(value);
	if (!is_token(name))
		refuse(head, 400, "the name of a field is empty, or holds what a name does not");
	for (size_t i = 0; i < value.length; i++)
		if (((unsigned char)value.at[i] < ' ' && value.at[i] != '\t') ||
			value.at[i] == 0x7f)
			refuse(head, 400, "the value of a field holds a control character");
	if (equals(name, "Host"))
		take_host(head, value);
	else if (equals(name, "Content-Length"))
		take_length(head, value);
	else if (equals(name, "Transfer-Encoding"))
		take_coding(head, value);
}

bool http_head_is_good(struct http_head *head)
{
	if (!head->has_host && !head->is_old)
		refuse(head, 400, "the Host field is missing");
	if (head->has_length && head->has_coding)
		refuse(head, 400, "there are both a Content-Length and a Transfer-Encoding");
	return !head->status;
}

/* ---- off the wire ---- */

/* RFC 9112, 2.2: lines end in CR LF, and LF alone is taken too. False: its end has not come yet. */
static bool take_line(struct str *rest, struct str *line)
{
	const char *end = rest->length ? memchr(rest->at, '\n', rest->length) : NULL;
	if (!end)
		return false;
	*line = (struct str){ rest->at, (size_t)(end - rest->at) };
	*rest = (struct str){ end + 1, rest->length - line->length - 1 };
	if (line->length && line->at[line->length - 1] == '\r')
		line->length--;
	return true;
}

static void read_request_line(struct http_head *head, struct str line)
{
	const char *first = line.length ? memchr(line.at, ' ', line.length) : NULL,
		   *last = line.length ? memrchr(line.at, ' ', line.length) : NULL;
	if (!first || first == last) {
		refuse(head, 400, "the first line is not method, target and version");
		return;
	}
	struct str version = { last + 1, (size_t)(line.at + line.length - last) - 1 };
	bool is_http = str_starts(version, "HTTP/");
	if (!is_http || version.length != strlen("HTTP/1.1") || version.at[6] != '.')
		refuse(head, 400, "the first line does not end in a version of HTTP");
	else if (version.at[5] != '1')
		refuse(head, 505, "this server speaks HTTP/1.1");
	http_head_line(head, (struct str){ line.at, (size_t)(first - line.at) },
		(struct str){ first + 1, (size_t)(last - first) - 1 }, version);
}

static void read_field(struct http_head *head, struct str line)
{
	const char *colon = memchr(line.at, ':', line.length);
	if (!colon) {
		refuse(head, 400, "a line of the head has no colon");
		return;
	}
	size_t length = (size_t)(colon - line.at);
	http_head_field(head, (struct str){ line.at, length },
		(struct str){ colon + 1, line.length - length - 1 });
}

static bool is_continuation(struct str line)
{
	return line.length && is_blank(*line.at);
}

bool http_head_read(struct http_head *head, struct str bytes)
{
	struct str rest = bytes, line;
	/* Empty lines before a request are passed over (RFC 9112, 2.2). */
	while (rest.length && (*rest.at == '\r' || *rest.at == '\n'))
		rest = (struct str){ rest.at + 1, rest.length - 1 };
	if (rest.length && !is_made_of((struct str){ rest.at, 1 }, IN_TOKEN))
		refuse(head, 400, "this is not HTTP");
	if (head->status)
		return true;
	if (!take_line(&rest, &line))
		return false;
	read_request_line(head, line);
	for (bool is_first = true; take_line(&rest, &line); is_first = false) {
		if (!line.length) {
			IGNORE(!http_head_is_good(head)); /* head->status holds the result */
			return true;
		}
		/* The line continues a value, which is checked when libmicrohttpd has joined it. */
		if (is_first || !is_continuation(line))
			read_field(head, line);
	}
	return false;
}
