/* sandbox/body.c - parses the bodies of requests: JSON by cJSON, XML by a small reader. */
#include "sandbox/body.h"

struct body_reader {
	const char *at, *end;
	int depth;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct body_reader *in)
{
	while (in->at < in->end && is_blank(*in->at))
		in->at++;
}

static bool eat(struct body_reader *in, const char *text)
{
	size_t length = strlen(text);
	if ((size_t)(in->end - in->at) < length || memcmp(in->at, text, length) != 0)
		return false;
	in->at += length;
	return true;
}

/* An XML name without its namespace prefix. */
static struct str read_name(struct body_reader *in)
{
	const char *from = in->at;
	while (in->at < in->end && !is_blank(*in->at) && !strchr("=<>/\"'&", *in->at)) {
		if (*in->at == ':')
			from = in->at + 1;
		in->at++;
	}
	return (struct str){ from, (size_t)(in->at - from) };
}

/* Replaces XML's five entities. Numeric ones are left out, because no client sends them here. */
static void add_plain(struct text *out, struct str escaped)
{
	static const struct {
		const char *entity;
		char plain;
	} entities[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' },
		{ "&apos;", '\'' } };
	struct body_reader in = { .at = escaped.at, .end = escaped.at + escaped.length };
	while (in.at < in.end) {
		size_t i = 0;
		while (i < 5 && !eat(&in, entities[i].entity))
			i++;
		text_add_char(out, i < 5 ? entities[i].plain : *in.at++);
	}
}

static bool read_attribute(struct body_reader *in, cJSON *into)
{
	struct str name = read_name(in);
	skip_blanks(in);
	if (!name.length || !eat(in, "="))
		return false;
	skip_blanks(in);
	if (in->at == in->end || (*in->at != '"' && *in->at != '\''))
		return false;
	const char *from = in->at + 1, *to = memchr(from, *in->at, (size_t)(in->end - from));
	if (!to)
		return false;
	in->at = to + 1;
	OWNED_TEXT struct text value =
		TEXT(TEXT_UNBOUNDED); /* part of a body, whose size is bounded */
	OWNED_MEMORY char *key = mem_copy_bytes(name.at, name.length);
	add_plain(&value, (struct str){ from, (size_t)(to - from) });
	json_add_text(into, key, value.at);
	return true;
}

static cJSON *read_element(struct body_reader *in, struct str *name);

/* Reads elements up to "</name>". Text between them has no meaning in Tableau's requests. */
static bool read_inside(struct body_reader *in, struct str name, cJSON *into)
{
	for (;;) {
		while (in->at < in->end && *in->at != '<')
			in->at++;
		if (eat(in, "</")) {
			struct str closed = read_name(in);
			skip_blanks(in);
			return str_equal(closed, name) && eat(in, ">");
		}
		struct str inner;
		cJSON *element = read_element(in, &inner);
		if (!element)
			return false;
		OWNED_MEMORY char *key = mem_copy_bytes(inner.at, inner.length);
		cJSON_DeleteItemFromObjectCaseSensitive(into, key); /* the last one counts */
		cJSON_AddItemToObject(into, key, element);
	}
}

static cJSON *read_element(struct body_reader *in, struct str *name)
{
	if (in->depth >= JSON_DEPTH || !eat(in, "<"))
		return NULL;
	*name = read_name(in);
	if (!name->length)
		return NULL;
	cJSON *json = cJSON_CreateObject();
	bool is_whole = true, is_open = true;
	in->depth++;
	while (is_whole && is_open) {
		skip_blanks(in);
		if (eat(in, "/>"))
			is_open = false;
		else if (eat(in, ">")) {
			is_whole = read_inside(in, *name, json);
			is_open = false;
		} else {
			is_whole = read_attribute(in, json);
		}
	}
	in->depth--;
	if (is_whole)
		return json;
	cJSON_Delete(json);
	return NULL;
}

static cJSON *parse_xml(struct str body)
{
	struct body_reader in = { .at = body.at, .end = body.at + body.length };
	struct str name;
	skip_blanks(&in);
	if (eat(&in, "<?")) {
		const char *to = memmem(in.at, (size_t)(in.end - in.at), "?>", 2);
		if (!to)
			return NULL;
		in.at = to + 2;
		skip_blanks(&in);
	}
	OWNED_JSON json = read_element(&in, &name);
	skip_blanks(&in);
	if (!json || in.at != in.end || !str_is(name, "tsRequest"))
		return NULL;
	return TAKE(json);
}

cJSON *body_parse(struct str body, const char *content_type)
{
	struct error ignored;
	if (!body.length)
		return NULL;
	if (memchr(body.at, '\0', body.length) || !str_is_utf8(body))
		return NULL;
	if (!content_type || !strstr(content_type, "json"))
		return parse_xml(body);
	OWNED_JSON json = json_parse(body, &ignored);
	return cJSON_IsObject(json) ? TAKE(json) : NULL;
}
