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

static void add_scalar(const cJSON *json, struct text *out)
{
	if (cJSON_IsString(json))
		text_add_markup(out, json->valuestring);
	else if (cJSON_IsBool(json))
		text_add(out, cJSON_IsTrue(json) ? "true" : "false");
	else
		text_printf(out, "%.15g", json->valuedouble);
}

/* Texts that are elements of their own in Tableau's XML. */
static bool is_element(const char *name)
{
	return !strcmp(name, "summary") || !strcmp(name, "detail") || !strcmp(name, "notes") ||
	       !strcmp(name, "restApiVersion");
}

static void add_element(const char *name, const cJSON *json, struct text *out)
{
	const cJSON *member, *value = cJSON_GetObjectItemCaseSensitive(json, "value");
	bool has_text = !cJSON_IsObject(json);
	text_printf(out, "<%s", name);
	cJSON_ArrayForEach(member, json)
	{
		if (cJSON_IsObject(member) || cJSON_IsArray(member) || is_element(member->string) ||
			(member == value && cJSON_IsString(value)))
			continue;
		text_printf(out, " %s=\"", member->string);
		add_scalar(member, out);
		text_add_char(out, '"');
	}
	text_add_char(out, '>');
	if (has_text)
		add_scalar(json, out);
	else if (cJSON_IsString(value))
		add_scalar(value, out);
	cJSON_ArrayForEach(member, json)
	{
		const cJSON *item;
		if (cJSON_IsArray(member)) {
			cJSON_ArrayForEach(item, member)
			{
				add_element(member->string, item, out);
			}
		} else if (cJSON_IsObject(member) || is_element(member->string)) {
			add_element(member->string, member, out);
		}
	}
	text_printf(out, "</%s>", name);
}

void reply_xml(const cJSON *json, struct text *out)
{
	const cJSON *member;
	text_add(out, "<?xml version='1.0' encoding='UTF-8'?><tsResponse "
		      "xmlns=\"http://tableau.com/api\">");
	cJSON_ArrayForEach(member, json)
	{
		add_element(member->string, member, out);
	}
	text_add(out, "</tsResponse>");
}
