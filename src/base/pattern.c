#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/pattern.h"
#include "base/pattern_literal.h"
#include <pcre2.h>

#define LONGEST_PATTERN ((size_t)8 << 10)
/*
 * Limits of one search, pcre2api(3): far above what a sane pattern needs on texts of a few hundred
 * bytes, and some milliseconds at most.
 */
#define MATCH_LIMIT 100000
/* One for each turn of a (...)*; dbt's status messages have 1,024 characters, dbt-webhooks.md 1.2.
 */
#define DEPTH_LIMIT 10000
#define HEAP_LIMIT_KIB 4096
#define USUAL_PAIRS 32
/* Machine code needs a stack of its own for more than 32 KiB of backtracking, pcre2jit(3). */
#define JIT_STACK_START ((size_t)32 << 10)
#define JIT_STACK_MOST ((size_t)1 << 20)

struct pattern {
	pcre2_code *code;
	char *written;
	uint32_t capture_count, name_count, name_size;
	const unsigned char *names; /* PCRE2's table: two bytes of number, then the name */
};

struct pattern_scratch {
	pcre2_match_context *context;
	pcre2_jit_stack *jit_stack; /* NULL where there is no JIT */
	pcre2_match_data *data;
	uint32_t pairs;
	struct str subject;
};

/* The slash that closes "/body/flags", or 0. */
static size_t closing_slash(struct str text)
{
	if (text.length < 3 || text.at[0] != '/')
		return 0;
	size_t end = text.length - 1;
	while (end > 0 && text.at[end] >= 'a' && text.at[end] <= 'z')
		end--;
	return end > 1 && text.at[end] == '/' ? end : 0;
}

bool pattern_is_written(struct str text)
{
	return closing_slash(text) != 0;
}

static bool parse_flags(struct str flags, uint32_t *options, size_t *bad)
{
	for (size_t i = 0; i < flags.length; i++) {
		switch (flags.at[i]) {
		case 'i':
			*options |= PCRE2_CASELESS;
			break;
		case 'x':
			*options |= PCRE2_EXTENDED;
			break;
		case 's':
			*options |= PCRE2_DOTALL;
			break;
		case 'm':
			*options |= PCRE2_MULTILINE;
			break;
		default:
			*bad = i;
			return false;
		}
	}
	return true;
}

static void read_names(struct pattern *pattern)
{
	pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &pattern->capture_count);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMECOUNT, &pattern->name_count);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMEENTRYSIZE, &pattern->name_size);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMETABLE, &pattern->names);
}

/*
 * Machine code only for a pattern without a literal, which is searched for in every event. One
 * with a literal is run for the few events that contain it: there the interpreter is quick enough,
 * and 100,000 of them take 26 MB instead of 163 (measured: 262 and 1,632 bytes each).
 */
static void compile_further(pcre2_code *code, struct str written)
{
	OWNED_TEXT struct text literal;
	text_init(&literal, TEXT_UNBOUNDED);
	if (!pattern_find_literal(written, &literal))
		pcre2_jit_compile(
			code, PCRE2_JIT_COMPLETE); /* where there is none, the interpreter serves */
}

struct pattern *pattern_compile(struct str written, size_t *offset, struct error *err)
{
	size_t end = closing_slash(written), bad;
	uint32_t flags = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
	*offset = 0;
	if (!end || written.length > LONGEST_PATTERN) {
		error_fail(err, ERROR_INPUT,
			end ? "the pattern is longer than 8 KiB"
			    : "a pattern is written /.../ or /.../flags");
		return NULL;
	}
	if (!parse_flags(
		    (struct str){ written.at + end + 1, written.length - end - 1 }, &flags, &bad)) {
		*offset = end + 1 + bad;
		error_fail(err, ERROR_INPUT,
			"unknown flag '%c' after the pattern; there are i, x, s and m",
			written.at[*offset]);
		return NULL;
	}
	int code;
	PCRE2_SIZE at = 0;
	pcre2_code *compiled =
		pcre2_compile((PCRE2_SPTR)written.at + 1, end - 1, flags, &code, &at, NULL);
	if (!compiled) {
		PCRE2_UCHAR message[256]; /* pcre2api(3): enough for every message */
		pcre2_get_error_message(code, message, sizeof message);
		*offset = at + 1;
		error_fail(err, ERROR_INPUT, "%s", (const char *)message);
		return NULL;
	}
	compile_further(compiled, written);
	struct pattern *pattern = mem_new(struct pattern);
	pattern->code = compiled;
	pattern->written = mem_copy_bytes(written.at, written.length);
	read_names(pattern);
	return pattern;
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	pcre2_code_free(pattern->code);
	free(pattern->written);
	free(pattern);
}

const char *pattern_written(const struct pattern *pattern)
{
	return pattern->written;
}

size_t pattern_capture_count(const struct pattern *pattern)
{
	return pattern->name_count;
}

const char *pattern_capture_name(const struct pattern *pattern, size_t index)
{
	return (const char *)pattern->names + index * pattern->name_size + 2;
}

static size_t capture_number(const struct pattern *pattern, size_t index)
{
	const unsigned char *entry = pattern->names + index * pattern->name_size;
	return (size_t)(entry[0] << 8 | entry[1]);
}

struct pattern_scratch *pattern_scratch_new(void)
{
	struct pattern_scratch *scratch = mem_new(struct pattern_scratch);
	scratch->context = pcre2_match_context_create(NULL);
	scratch->pairs = USUAL_PAIRS;
	scratch->data = pcre2_match_data_create(scratch->pairs, NULL);
	if (!scratch->context || !scratch->data)
		abort();
	pcre2_set_match_limit(scratch->context, MATCH_LIMIT);
	pcre2_set_depth_limit(scratch->context, DEPTH_LIMIT);
	pcre2_set_heap_limit(scratch->context, HEAP_LIMIT_KIB);
	scratch->jit_stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MOST, NULL);
	if (scratch->jit_stack)
		pcre2_jit_stack_assign(scratch->context, NULL, scratch->jit_stack);
	return scratch;
}

void pattern_scratch_free(struct pattern_scratch *scratch)
{
	if (!scratch)
		return;
	pcre2_match_data_free(scratch->data);
	pcre2_match_context_free(scratch->context);
	pcre2_jit_stack_free(scratch->jit_stack);
	free(scratch);
}

static void make_room(struct pattern_scratch *scratch, uint32_t captures)
{
	if (captures + 1 <= scratch->pairs)
		return;
	pcre2_match_data_free(scratch->data);
	scratch->pairs = captures + 1;
	scratch->data = pcre2_match_data_create(scratch->pairs, NULL);
	if (!scratch->data)
		abort();
}

enum search pattern_search(
	const struct pattern *pattern, struct str subject, struct pattern_scratch *scratch)
{
	make_room(scratch, pattern->capture_count);
	scratch->subject = subject;
	PCRE2_SPTR at = (PCRE2_SPTR)(subject.length ? subject.at : "");
	int found = pcre2_match(
		pattern->code, at, subject.length, 0, 0, scratch->data, scratch->context);
	if (found > 0)
		return SEARCH_YES;
	switch (found) {
	case PCRE2_ERROR_MATCHLIMIT:
	case PCRE2_ERROR_DEPTHLIMIT:
	case PCRE2_ERROR_HEAPLIMIT:
	case PCRE2_ERROR_JIT_STACKLIMIT:
	case PCRE2_ERROR_NOMEMORY:
		return SEARCH_LIMIT;
	default:
		return SEARCH_NO; /* no match, or bytes that are no UTF-8 */
	}
}

bool pattern_capture(const struct pattern *pattern, const struct pattern_scratch *scratch,
	size_t index, struct str *value)
{
	/* Duplicate names, (?J), stand once per group: the one that took part counts. */
	size_t number = capture_number(pattern, index);
	const PCRE2_SIZE *pairs = pcre2_get_ovector_pointer(scratch->data);
	if (number >= scratch->pairs || pairs[2 * number] == PCRE2_UNSET ||
		pairs[2 * number + 1] < pairs[2 * number])
		return false;
	*value = (struct str){ scratch->subject.at + pairs[2 * number],
		pairs[2 * number + 1] - pairs[2 * number] };
	return true;
}

void pattern_quote(struct str text, struct text *out)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.at[i];
		bool is_plain = (c >= 0x80 && c < 0xc0) || c == '_' || (c >= '0' && c <= '9') ||
				(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (is_plain)
			text_add_char(out, (char)c);
		else if (c < 0x20 || c == 0x7f)
			text_printf(out, "\\x%02x", c);
		else {
			/*
			 * The lead byte of a character, too: x mode skips U+0085 and U+2028 as
			 * blanks.
			 */
			text_add_char(out, '\\');
			text_add_char(out, (char)c);
		}
	}
}
