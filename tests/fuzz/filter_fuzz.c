/* Any text as a name in one of Tableau's filters: every character with a meaning in a URL or in the
 * filter's grammar is encoded. */
#include "tableau/filter.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static bool is_harmless(struct str value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~:*%";
	for (size_t i = 0; i < value.length; i++)
		if (!value.at[i] || !strchr(plain, value.at[i]))
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	OWNED_MEMORY char *name = mem_copy_bytes(bytes, length);
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	bool is_changed = filter_name(name, &out);
	assert(is_harmless(text_str(&out)));
	assert(is_changed == (strchr(out.at, '*') != NULL));
	assert(out.length <= 3 * strlen(name));
	text_reset(&out);
	filter_encode((struct str){ (const char *)bytes, length }, &out);
	assert(is_harmless(text_str(&out)));
	return 0;
}
