/* sandbox/reply.c - Tableau's error bodies, and its XML from the same tree as the JSON. */
#include "sandbox/reply.h"
#include <stdio.h>

void reply_error(struct reply *reply, int code, const char *summary, const char *detail)
{
	char digits[16]; /* six digits */
	snprintf(digits, sizeof digits, "%d", code);
	cJSON_Delete(reply->json);
	reply->json = cJSON_CreateObject();
	cJSON *error = cJSON_AddObjectToObject(reply->json, "error");
	json_add_text(error, "summary", summary);
	json_add_text(error, "detail", detail);
	json_add_text(error, "code", digits);
	reply->status = (unsigned)code / 1000;
}

void reply_bad_page(struct reply *reply)
{
	reply_error(reply, 400006, "Bad Request",
		"The page number is not an integer, is less than one, or is "
		"greater than the final "
		"page number.");
}

void reply_bad_body(struct reply *reply)
{
	reply_error(reply, 400000, "Bad Request",
		"The content of the request body is missing or incomplete, or "
		"contains malformed "
		"XML.");
}

void reply_unknown(struct reply *reply, const char *version, const char *path)
{
	char detail[320]; /* 200 bytes of path, and the text */
	snprintf(detail, sizeof detail, "Unknown resource '/%.15s%.200s' specified in URI.",
		version, path);
	reply_error(reply, 404003, "Resource Not Found", detail);
}

void reply_wrong_method(struct reply *reply, const char *wanted)
{
	char detail[64]; /* a method and the text */
	snprintf(detail, sizeof detail, "Request type was not %.10s.", wanted);
	reply_error(reply, 405000, "Method Not Allowed", detail);
}

void reply_signed_out(struct reply *reply)
{
	reply_error(reply, 401002, "Unauthorized Access",
		"Invalid authentication credentials were provided.");
}

void reply_missing(struct reply *reply, int code, const char *what, const char *id)
{
	char detail[160]; /* 80 bytes of id, and the text */
	snprintf(detail, sizeof detail, "%.30s '%.80s' could not be found.", what, id);
	reply_error(reply, code, "Resource Not Found", detail);
}

static void add_scalar(const cJSON *json, struct text *out)
{
	if (cJSON_IsString(json))
		text_add_markup(out, json->valuestring);
	else if (cJSON_IsBool(json))
		text_add(out, cJSON_IsTrue(json) ? "true" : "false");
	else
		text_printf(out, "%.15g", json->valuedouble);
}

/* Texts that are elements, not attributes, in Tableau's XML. */
static bool is_element(const char *name)
{
	return !strcmp(name, "summary") || !strcmp(name, "detail") || !strcmp(name, "notes") ||
	       !strcmp(name, "restApiVersion");
}

static void add_member(const cJSON *member, struct text *out);

static void add_element(const char *name, const cJSON *json, struct text *out)
{
	/* productVersion has text beside its attributes; elsewhere "value" is an attribute (status
	 * notes). */
	const cJSON *member, *value = strcmp(name, "productVersion")
					      ? NULL
					      : cJSON_GetObjectItemCaseSensitive(json, "value");
	bool has_text = !cJSON_IsObject(json);
	const cJSON *members = has_text ? NULL : json;
	text_printf(out, "<%s", name);
	cJSON_ArrayForEach(member, members)
	{
		if (cJSON_IsObject(member) || cJSON_IsArray(member) || is_element(member->string) ||
			member == value)
			continue;
		text_printf(out, " %s=\"", member->string);
		add_scalar(member, out);
		text_add_char(out, '"');
	}
	text_add_char(out, '>');
	if (has_text)
		add_scalar(json, out);
	else if (value)
		add_scalar(value, out);
	cJSON_ArrayForEach(member, members)
	{
		if (cJSON_IsObject(member) || cJSON_IsArray(member) || is_element(member->string))
			add_member(member, out);
	}
	text_printf(out, "</%s>", name);
}

/* A list is written as its elements, one after the other. */
static void add_member(const cJSON *member, struct text *out)
{
	const cJSON *item;
	if (!cJSON_IsArray(member)) {
		add_element(member->string, member, out);
		return;
	}
	cJSON_ArrayForEach(item, member)
	{
		add_element(member->string, item, out);
	}
}

void reply_xml(const cJSON *json, struct text *out)
{
	const cJSON *member;
	text_add(out, "<?xml version='1.0' encoding='UTF-8'?><tsResponse "
		      "xmlns=\"http://tableau.com/api\" "
		      "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">");
	cJSON_ArrayForEach(member, json)
	{
		add_member(member, out);
	}
	text_add(out, "</tsResponse>");
}
