/* Any bytes as a webhook's body, and as an event that a person wrote. */
#include "event/event.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check(const struct event *event)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	struct error err = { 0 };
	for (int i = 0; i < EVENT_FIELD_COUNT; i++) {
		assert(event->fields[i].at);
		assert(!event->fields[i].at[event->fields[i].length]);
	}
	assert((event->standing == EVENT_REAL) == !event->why);
	event_print(event, &out);
	OWNED_JSON printed = json_parse(text_str(&out), &err);
	assert(printed);
	OWNED_JSON built = event_json(event);
	assert(cJSON_Compare(built, printed, true)); /* "\t" and "\u0009" are the same */
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct str view = { (const char *)bytes, length };
	struct error err = { 0 };
	json_setup();
	OWNED(arena) arena = arena_new();
	const struct event *event = event_parse(view, "prod", "43786", arena, &err);
	if (event)
		check(event);
	event = event_read(view, arena, &err);
	if (event)
		check(event);
	return 0;
}
