/*
 * A pattern, a newline, and a subject: compiling and searching stay within their limits, every
 * match contains the required literal, and every sample matches.
 */
#include "base/pattern/pattern_cost.h"
#include "base/pattern/pattern_sample.h"
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

/* A reported text really hits the limit. */
static void check_growth(const struct pattern *pattern, struct arena *arena)
{
	struct pattern_growth growth;
	int64_t steps = 0;
	if (!pattern_growth_find(pattern, 256, arena, &growth, &steps))
		return;
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_add_str(&text, growth.before);
	for (size_t i = 0; i < growth.times; i++)
		text_add_str(&text, growth.piece);
	text_add_str(&text, growth.after);
	assert(text.length == growth.bytes && growth.bytes <= 256);
	assert(pattern_search(pattern, text_str(&text), scratch) == SEARCH_LIMIT);
}

static void check_samples(const struct pattern *pattern)
{
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	OWNED_TEXT struct text sample = TEXT(TEXT_UNBOUNDED);
	for (unsigned turn = 0; turn < 3; turn++) {
		if (!pattern_sample(pattern, turn, scratch, &sample))
			continue;
		assert(sample.length <= PATTERN_SAMPLE_BYTES && str_is_utf8(text_str(&sample)));
		pattern_allowance_renew(scratch);
		assert(pattern_search(pattern, text_str(&sample), scratch) == SEARCH_YES);
	}
}

static void check_quoted(struct str subject, struct arena *arena)
{
	OWNED_TEXT struct text quoted = TEXT(TEXT_UNBOUNDED);
	struct error err = { 0 };
	size_t offset;
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
	if (str_is_utf8(written))
		check_growth(pattern, arena);
	check_samples(pattern);
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	enum search found = pattern_search(pattern, subject, scratch);
	/* The step that passes the limit may be a long one. */
	assert(pattern_steps(scratch) <=
		PATTERN_STEPS_OF_SEARCH + (int64_t)PATTERN_SUBJECT_BYTES * 2);
	if (found != SEARCH_YES)
		return 0;
	assert(!literal.length || memmem(subject.at, subject.length, literal.at, literal.length));
	check_captures(pattern, scratch, subject);
	return 0;
}
