/* Any JSON as a stored selection: one that was read is written back as the same selection. */
#include "content/selection.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct error err = { 0 };
	struct selection selection = { 0 }, again = { 0 };
	json_setup();
	OWNED(arena) arena = arena_new();
	OWNED_JSON json = json_parse((struct str){ (const char *)bytes, length }, &err);
	if (!json || !selection_parse(json, &selection, arena, &err))
		return 0;
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	selection_describe(&selection, &out);
	OWNED_JSON written = selection_json(&selection);
	bool is_read = selection_parse(written, &again, arena, &err);
	assert(is_read);
	assert(!selection_compare(&selection, &again));
	assert(selection.priority == again.priority && selection.rule_count == again.rule_count);
	return 0;
}
