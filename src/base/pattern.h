/*
 * base/pattern.h - `/pattern/flags`: PCRE2 with bounds.
 *
 * UTF, flags i x s m, machine code (JIT) for those without a required literal. A search stops at
 * the match and depth limits and says so; it never stalls. Threads: a compiled pattern never
 * changes; each thread searches with a scratch of its own.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"

struct pattern;
struct pattern_scratch; /* match data and JIT stack, reused; one thread at a time */

/* Does the text look like a pattern: begins with '/', and ends with '/' and flags? "/" alone and
 * "//" do not. */
bool pattern_is_written(struct str text);
/*
 * Compiles "/.../flags". ERROR_INPUT says what is wrong; `*offset` is where in `written` (bytes).
 * Free with pattern_free().
 */
struct pattern *pattern_compile(struct str written, size_t *offset, struct error *err) MUST_USE;
void pattern_free(struct pattern *pattern);
OWNED_DEFINE(pattern)

const char *pattern_written(const struct pattern *pattern);  /* as the user wrote it */
size_t pattern_capture_count(const struct pattern *pattern); /* named ones */
const char *pattern_capture_name(const struct pattern *pattern, size_t index);

struct pattern_scratch *pattern_scratch_new(void);
void pattern_scratch_free(struct pattern_scratch *scratch);
OWNED_DEFINE(pattern_scratch)

enum search {
	SEARCH_NO,
	SEARCH_YES,
	SEARCH_LIMIT
}; /* LIMIT: a limit was hit; treat as no, count it, log it */

enum search pattern_search(
	const struct pattern *pattern, struct str subject, struct pattern_scratch *scratch);
/* After SEARCH_YES, until the next search: the text of a named capture; false when the group took
 * no part. Borrows from the subject. */
bool pattern_capture(const struct pattern *pattern, const struct pattern_scratch *scratch,
	size_t index, struct str *value);

/* `text` such that it stands for itself inside a pattern, appended to `out` (every special byte
 * escaped, in x mode too). */
void pattern_quote(struct str text, struct text *out);
/*
 * A literal that every match contains, at least 3 bytes, or an empty view when none can be proven
 * (in doubt there is none; case-insensitive patterns have none). Lives in `arena`.
 */
struct str pattern_required_literal(struct str written, struct arena *arena);
