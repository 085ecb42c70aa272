/* cli/member.c - members of the API's JSON as texts for tables. */
#include "cli/member.h"
#include <stdio.h>

const char *cli_member_text(const cJSON *object, const char *key, char out[MEMBER_TEXT_SIZE])
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);
	if (cJSON_IsString(member))
		return member->valuestring;
	if (!cJSON_IsNumber(member))
		return "";
	snprintf(out, MEMBER_TEXT_SIZE, "%lld", (long long)member->valuedouble);
	return out;
}

int64_t cli_member_count(const cJSON *object, const char *key)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);
	return cJSON_IsNumber(member) ? (int64_t)member->valuedouble : 0;
}

const char *cli_member_time(const cJSON *object, const char *key, char out[MEMBER_TEXT_SIZE])
{
	struct wall time;
	char full[WALL_TEXT_SIZE];
	const char *text = cli_member_text(object, key, out);
	if (!wall_parse(str_of(text), &time))
		return "";
	time.us = time.us / US_PER_SECOND * US_PER_SECOND;
	str_print(out, MEMBER_TEXT_SIZE, "%s", wall_format(time, full));
	return out;
}
