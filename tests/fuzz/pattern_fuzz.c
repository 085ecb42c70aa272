/*
 * A pattern, a newline, and a subject: compiling and searching stay within their limits, and the
 * required literal stands in whatever matched.
 */
#include "base/pattern.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_captures(
	const struct pattern *pattern, const struct pattern_scratch *scratch, struct str subject)
{
	struct str value;
	for (size_t i = 0; i < pattern_capture_count(pattern); i++) {
		assert(pattern_capture_name(pattern, i));
		if (pattern_capture(pattern, scratch, i, &value) && value.length)
			assert(value.at >= subject.at &&
				value.at + value.length <= subject.at + subject.length);
	}
}

static void check_quoted(struct str subject, struct arena *arena)
{
	OWNED_TEXT struct text quoted;
	struct error err = { 0 };
	size_t offset;
	text_init(&quoted, TEXT_UNBOUNDED);
	text_add(&quoted, "/^");
	pattern_quote(subject, &quoted);
	text_add(&quoted, "$/x");
	OWNED(pattern) pattern = pattern_compile(text_str(&quoted), &offset, &err);
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	assert(!pattern || pattern_search(pattern, subject, scratch) != SEARCH_NO);
	pattern_required_literal(text_str(&quoted), arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const char *text = (const char *)bytes, *line = length ? memchr(text, '\n', length) : NULL;
	struct str written = { text, line ? (size_t)(line - text) : length };
	struct str subject = line ? (struct str){ line + 1, length - written.length - 1 } : STR("");
	struct error err = { 0 };
	size_t offset = 0;
	OWNED(arena) arena = arena_new();
	if (str_is_utf8(subject) && subject.length < 1000)
		check_quoted(subject, arena);
	if (!pattern_is_written(written) || !str_is_utf8(written))
		return 0;
	struct str literal = pattern_required_literal(written, arena);
	OWNED(pattern) pattern = pattern_compile(written, &offset, &err);
	if (!pattern) {
		assert(err.kind == ERROR_INPUT && offset <= written.length);
		return 0;
	}
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	if (pattern_search(pattern, subject, scratch) != SEARCH_YES)
		return 0;
	assert(!literal.length || memmem(subject.at, subject.length, literal.at, literal.length));
	check_captures(pattern, scratch, subject);
	return 0;
}
