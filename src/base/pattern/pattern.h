/*
 * base/pattern/pattern.h - `/pattern/flags`: PCRE2 with bounds.
 *
 * UTF, flags i x s m. Threads: a compiled pattern never changes; each thread searches with a
 * scratch of its own.
 *
 * Work is counted in *steps*: one for each part of the pattern that is tried at some place of the
 * subject (PCRE2's automatic callouts), and one for each PATTERN_STEP_BYTES that are passed over.
 * PCRE2's own match limit is not enough: it starts from zero at every place where a match may
 * begin, so twice the subject is twice the limit. Steps depend on pattern and subject alone, not on
 * a clock or on compiled code, so a search has the same result on every machine. A step takes about
 * 25 ns.
 *
 * A search may take PATTERN_STEPS_OF_SEARCH. The first PATTERN_STEPS_FREE and one pass over the
 * subject are free; further steps come from an allowance that all searches of one scratch share
 * until pattern_allowance_renew(). So a cheap search is never refused because of others, and a
 * thousand costly ones end soon.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"

struct pattern;
struct pattern_scratch; /* match data and allowance, reused; one thread at a time */

#define PATTERN_SUBJECT_BYTES ((size_t)64 << 10) /* a longer subject is not searched */
#define PATTERN_STEP_BYTES 16
#define PATTERN_STEPS_FREE 1000
#define PATTERN_STEPS_OF_SEARCH 250000
#define PATTERN_ALLOWANCE 1000000

/* Does the text have the form of a pattern: begins with '/', and ends with '/' and flags? "/" and
 * "//" do not. */
bool pattern_is_written(struct str text);
/*
 * Compiles "/.../flags". ERROR_INPUT says what is wrong; `*offset` is where in `written` (bytes).
 * Free with pattern_free(). Verbs that change how a search is bounded, (*LIMIT_MATCH=...) and
 * (*NO_...), are refused.
 */
struct pattern *pattern_compile(struct str written, size_t *offset, struct error *err) MUST_USE;
void pattern_free(struct pattern *pattern);
OWNED_DEFINE(pattern)

const char *pattern_written(const struct pattern *pattern);  /* as the user wrote it */
size_t pattern_capture_count(const struct pattern *pattern); /* named ones */
const char *pattern_capture_name(const struct pattern *pattern, size_t index);

struct pattern_scratch *pattern_scratch_new(void); /* with a whole allowance */
void pattern_scratch_free(struct pattern_scratch *scratch);
OWNED_DEFINE(pattern_scratch)

/* Call when a new decision, or a new list of names, begins. */
void pattern_allowance_renew(struct pattern_scratch *scratch);

enum search {
	SEARCH_NO,
	SEARCH_YES,
	SEARCH_LIMIT
}; /* SEARCH_LIMIT: it needs too many steps: treat as no, count and log it */

enum search pattern_search(
	const struct pattern *pattern, struct str subject, struct pattern_scratch *scratch);
/* The steps of the last search. */
int64_t pattern_steps(const struct pattern_scratch *scratch);
/* After SEARCH_YES, until the next search: the text of a named capture; false when the group took
 * no part. Borrows from the subject. */
bool pattern_capture(const struct pattern *pattern, const struct pattern_scratch *scratch,
	size_t index, struct str *value);

/* Appends `text` to `out`, escaped so that it stands for itself inside a pattern, in x mode too. */
void pattern_quote(struct str text, struct text *out);
/*
 * A literal that every match contains, at least 3 bytes, or an empty view when none can be proven
 * (in doubt there is none; case-insensitive patterns have none). Lives in `arena`.
 */
struct str pattern_required_literal(struct str written, struct arena *arena);
