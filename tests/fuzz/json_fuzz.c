/* Any bytes as JSON: a tree that was read prints as JSON that is read again and prints the same. */
#include "base/json.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void look_up(const cJSON *json)
{
	const cJSON *member;
	IGNORE(json_duplicate_key(json));
	cJSON_ArrayForEach(member, json)
	{
		int64_t count;
		if (!member->string)
			continue;
		IGNORE(json_count(json, member->string, &count));
		IGNORE(json_flag(json, member->string, false));
		assert(json_text(json, member->string));
		json_time(json, member->string);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct error err = { 0 };
	json_setup();
	OWNED_JSON json = json_parse((struct str){ (const char *)bytes, length }, &err);
	if (!json) {
		assert(err.kind == ERROR_INPUT && err.message[0]);
		return 0;
	}
	look_up(json);
	OWNED_MEMORY char *printed = json_print(json);
	OWNED_JSON again = json_parse(str_of(printed), &err);
	assert(again);
	OWNED_MEMORY char *reprinted = json_print(again);
	assert(text_is(printed, reprinted));
	return 0;
}
