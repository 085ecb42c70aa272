/* base/pattern/pattern.c - searches by PCRE2, with the steps of each counted and bounded. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/pattern/pattern.h"
#include "base/pattern/pattern_literal.h"
#include <pcre2.h>

#define LONGEST_PATTERN ((size_t)8 << 10)
/*
 * PCRE2's own limits, pcre2api(3). The steps end a search first; these bound its memory and are a
 * second safeguard.
 */
#define MATCH_LIMIT (10 * PATTERN_STEPS_OF_SEARCH)
/* One for each turn of a (...)*; dbt's status messages have 1,024 characters (src/event/README.md,
 * Fields).
 */
#define DEPTH_LIMIT 10000
#define HEAP_LIMIT_KIB 4096
#define USUAL_PAIRS 32

struct pattern {
	pcre2_code *code;
	char *written;
	uint32_t capture_count, name_count, name_size;
	const unsigned char *names; /* PCRE2's table: two bytes of number, then the name */
	/* the most repetitions of one part, which callouts do not show */
	int64_t repeats;
	int64_t step_bytes; /* how many bytes a step may pass over */
	bool has_back_reference;
};

struct pattern_scratch {
	pcre2_match_context *context;
	pcre2_match_data *data;
	uint32_t pairs;
	struct str subject;
	int64_t allowance; /* steps left beyond the free ones, shared by searches */
	/* Of the running or the last search: */
	int64_t steps, most, free, step_cost, step_bytes;
	size_t place; /* where in the subject the last step was */
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

/*
 * Verbs at the beginning of a pattern, pcre2pattern(3), "Special start-of-pattern items". A rule
 * must not set limits or switch off the optimisations that keep searches short.
 */
static bool verb_is_refused(struct str body, size_t *offset, struct error *err)
{
	for (struct str rest = body; str_starts(rest, "(*");) {
		const char *end = memchr(rest.at, ')', rest.length);
		size_t length = end ? (size_t)(end - rest.at) + 1 : rest.length;
		struct str verb = { rest.at + 2, length - 2 };
		if (str_starts(verb, "LIMIT_") || str_starts(verb, "NO_")) {
			*offset = (size_t)(rest.at - body.at) + 1;
			error_fail(err, ERROR_INPUT,
				"%.*s changes how a search is bounded, which a pattern may not; "
				"leave it out",
				(int)(length < 60 ? length : 60), rest.at);
			return true;
		}
		rest.at += length;
		rest.length -= length;
	}
	return false;
}

/*
 * The largest number in a {...} of repetition. Such a part passes over this many characters before
 * it fails, or opens this many frames, and callouts do not show either.
 */
static int64_t most_repeats(struct str body)
{
	int64_t most = 0, count = 0;
	bool is_inside = false;
	for (size_t i = 0; i < body.length; i++) {
		char c = body.at[i];
		bool is_digit = c >= '0' && c <= '9';
		if (c == '{') /* not the brace of \x{...} and its kin */
			is_inside = i < 2 || body.at[i - 2] != '\\' ||
				    !strchr("xopPgkN", body.at[i - 1]);
		else if (!is_digit && c != ',')
			is_inside = false;
		count = is_inside && is_digit && count < PATTERN_STEPS_OF_SEARCH
				? count * 10 + (c - '0')
				: 0;
		if (count > most)
			most = count;
	}
	return most;
}

static void read_info(struct pattern *pattern, struct str body)
{
	uint32_t back_references = 0;
	pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &pattern->capture_count);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMECOUNT, &pattern->name_count);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMEENTRYSIZE, &pattern->name_size);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMETABLE, &pattern->names);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_BACKREFMAX, &back_references);
	pattern->has_back_reference = back_references > 0;
	pattern->repeats = most_repeats(body);
	/* \X looks up every character in Unicode's tables. */
	bool is_slow = memmem(body.at, body.length, "\\X", 2);
	pattern->step_bytes = is_slow ? 1 : PATTERN_STEP_BYTES;
}

static void compile_failed(int code, struct error *err)
{
	PCRE2_UCHAR message[256]; /* pcre2api(3): enough for every message */
	pcre2_get_error_message(code, message, sizeof message);
	error_fail(err, ERROR_INPUT, "%s", (const char *)message);
}

struct pattern *pattern_compile(struct str written, size_t *offset, struct error *err)
{
	size_t end = closing_slash(written), bad;
	uint32_t flags = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
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
	struct str body = { written.at + 1, end - 1 };
	if (verb_is_refused(body, offset, err))
		return NULL;
	int code;
	PCRE2_SIZE at = 0;
	pcre2_code *compiled =
		pcre2_compile((PCRE2_SPTR)body.at, body.length, flags, &code, &at, NULL);
	if (!compiled) {
		*offset = at + 1;
		compile_failed(code, err);
		return NULL;
	}
	struct pattern *pattern = mem_new(struct pattern);
	pattern->code = compiled;
	pattern->written = mem_copy_bytes(written.at, written.length);
	read_info(pattern, body);
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

/* pcre2callout(3): a negative number ends the search, and is what pcre2_match() returns. */
static int count_step(pcre2_callout_block *block, void *context)
{
	struct pattern_scratch *scratch = context;
	size_t place = block->current_position, before = scratch->place;
	size_t passed = place > before ? place - before : before - place;
	scratch->place = place;
	scratch->steps += scratch->step_cost + (int64_t)passed / scratch->step_bytes;
	return scratch->steps > scratch->most ? PCRE2_ERROR_CALLOUT : 0;
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
	pcre2_set_callout(scratch->context, count_step, scratch);
	pattern_allowance_renew(scratch);
	return scratch;
}

void pattern_scratch_free(struct pattern_scratch *scratch)
{
	if (!scratch)
		return;
	pcre2_match_data_free(scratch->data);
	pcre2_match_context_free(scratch->context);
	free(scratch);
}

void pattern_allowance_renew(struct pattern_scratch *scratch)
{
	scratch->allowance = PATTERN_ALLOWANCE;
}

int64_t pattern_steps(const struct pattern_scratch *scratch)
{
	return scratch->steps;
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

/* The most that one step may cost, counting work that callouts do not show: a repeated part, a
 * group compared with the text. */
static int64_t step_cost(const struct pattern *pattern, struct str subject)
{
	int64_t bytes = (int64_t)subject.length, unseen = 0;
	if (pattern->has_back_reference)
		unseen = bytes;
	else if (pattern->repeats)
		unseen = pattern->repeats < bytes ? pattern->repeats : bytes;
	return 1 + unseen / pattern->step_bytes;
}

static void steps_begin(
	struct pattern_scratch *scratch, const struct pattern *pattern, struct str subject)
{
	scratch->subject = subject;
	scratch->free = PATTERN_STEPS_FREE + (int64_t)(subject.length / PATTERN_STEP_BYTES);
	scratch->most = scratch->free + scratch->allowance;
	if (scratch->most > PATTERN_STEPS_OF_SEARCH)
		scratch->most = PATTERN_STEPS_OF_SEARCH;
	scratch->steps = 0;
	scratch->step_cost = step_cost(pattern, subject);
	scratch->step_bytes = pattern->step_bytes;
	scratch->place = 0;
}

static void steps_end(struct pattern_scratch *scratch)
{
	int64_t beyond = scratch->steps - scratch->free;
	if (beyond > 0)
		scratch->allowance -= beyond < scratch->allowance ? beyond : scratch->allowance;
}

enum search pattern_search(
	const struct pattern *pattern, struct str subject, struct pattern_scratch *scratch)
{
	steps_begin(scratch, pattern, subject);
	if (subject.length > PATTERN_SUBJECT_BYTES)
		return SEARCH_LIMIT;
	make_room(scratch, pattern->capture_count);
	PCRE2_SPTR at = (PCRE2_SPTR)(subject.length ? subject.at : "");
	int found = pcre2_match(
		pattern->code, at, subject.length, 0, 0, scratch->data, scratch->context);
	steps_end(scratch);
	if (found > 0)
		return SEARCH_YES;
	switch (found) {
	case PCRE2_ERROR_CALLOUT:
	case PCRE2_ERROR_MATCHLIMIT:
	case PCRE2_ERROR_DEPTHLIMIT:
	case PCRE2_ERROR_HEAPLIMIT:
	case PCRE2_ERROR_NOMEMORY:
		return SEARCH_LIMIT;
	default:
		return SEARCH_NO; /* no match, or bytes that are no UTF-8 */
	}
}

bool pattern_capture(const struct pattern *pattern, const struct pattern_scratch *scratch,
	size_t index, struct str *value)
{
	/* With (?J), several groups have this name: the one that took part counts. */
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
			 * Also before a character of several bytes: x mode skips U+0085 and U+2028
			 * as blanks.
			 */
			text_add_char(out, '\\');
			text_add_char(out, (char)c);
		}
	}
}
