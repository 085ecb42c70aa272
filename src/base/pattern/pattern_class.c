/* base/pattern/pattern_class.c - finds an example for a class by asking PCRE2 about each character.
 */
#include "base/pattern/pattern_class.h"

#include "base/pattern/pattern.h"

size_t pattern_class_end(struct str body, size_t at)
{
	at++;
	at += at < body.length && body.at[at] == '^';
	at += at < body.length && body.at[at] == ']';
	for (; at < body.length && body.at[at] != ']'; at++) {
		if (body.at[at] == '\\')
			at++;
		else if (body.at[at] == '[' && at + 1 < body.length && body.at[at + 1] == ':')
			while (at < body.length && body.at[at] != ']')
				at++;
	}
	return at < body.length ? at + 1 : body.length;
}

bool pattern_class_example(struct str written, bool is_caseless, char *example)
{
	static const char likely[] = "a0 _-A";
	const int likely_count = (int)sizeof likely - 1;
	size_t offset;
	struct error err;
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_printf(&text, "/%.*s/%s", (int)written.length, written.at, is_caseless ? "i" : "");
	OWNED(pattern) pattern = pattern_compile(text_str(&text), &offset, &err);
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	for (int i = 0; pattern && i < likely_count + 0x7f - ' '; i++) {
		char c = i < likely_count ? likely[i] : (char)(' ' + i - likely_count);
		if (pattern_search(pattern, (struct str){ &c, 1 }, scratch) != SEARCH_YES)
			continue;
		*example = c;
		return true;
	}
	return false;
}

const char *pattern_class_escape(char c)
{
	static const struct {
		const char *letters, *example;
	} examples[] = { { "d", "0" }, { "wDSNXpPxoC", "a" }, { "sWh", " " }, { "nRv", "\n" },
		{ "t", "\t" }, { "bBAzZGKEQgk0123456789aefcrHVlLuU", "" } };
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
		if (strchr(examples[i].letters, c))
			return examples[i].example;
	return NULL;
}
