/* base/problem/problem.c - the list of problems in a person's files, in their order and number. */
#include "base/problem/problem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/problem/problem_lines.h"
#include "base/problem/suppression.h"
#include "base/visible.h"

#define KEPT_MOST 1000 /* nobody reads more */
#define KNOWN_MOST (10 * KEPT_MOST)
#define MESSAGE_BYTES 2000

static const struct {
	const char *name, *help;
	enum severity severity;
} codes[PROBLEM_CODE_COUNT] = {
#define PROBLEM(constant, code, level, what_to_do)                                                 \
	[PROBLEM_##constant] = { .name = code, .help = what_to_do, .severity = SEVERITY_##level },
#include "base/problem/problem.def"
#undef PROBLEM
};

struct problem_list {
	struct problem *items;
	size_t count, capacity; /* kept */
	size_t errors;          /* among them */
};

struct problems {
	struct arena *arena; /* texts of the problems */
	struct problem_list kept, suppressed;
	size_t counts[SEVERITY_NOTE + 1]; /* includes problems that are not kept */
	size_t suppressed_total;
	size_t known_count; /* problems that were in the list already */
	/* in the arena; reused, because most problems in a row are of one file */
	const char *last_file;
	struct problem_lines lines;
	struct problem *latest;                    /* that problem_relate() is about, or NULL */
	const struct problem_related **latest_end; /* of its related lines */
	struct suppressions suppressions;
	const char *today;
	bool hides_source;
};

struct problems *problems_new(void)
{
	struct problems *problems = mem_new(struct problems);
	problems->arena = arena_new();
	return problems;
}

void problems_free(struct problems *problems)
{
	if (!problems)
		return;
	arena_free(problems->arena);
	free(problems->kept.items);
	free(problems->suppressed.items);
	suppressions_clear(&problems->suppressions);
	free(problems);
}

/* ---- the list ------------------------------------------------------------------------------- */

static const char *own_file(struct problems *problems, const char *file)
{
	if (!file)
		return NULL;
	if (!text_is(problems->last_file, file)) {
		problems->last_file = arena_text(problems->arena, file);
		problems->lines = (struct problem_lines){ 0 };
	}
	return problems->last_file;
}

/* Is it in the list already? An alias repeats a value, and with it the value's problems. */
static bool is_known(const struct problem_list *list, const struct problem *problem)
{
	for (size_t i = list->count; i--;) {
		const struct problem *other = &list->items[i];
		if (other->code == problem->code && other->place.line == problem->place.line &&
			other->place.column == problem->place.column &&
			text_is(other->place.file, problem->place.file) &&
			!strcmp(other->message, problem->message))
			return true;
	}
	return false;
}

/* The message in the list's arena, made visible. */
PRINTF_LIKE(2, 0)
static const char *own_message(struct problems *problems, const char *format, va_list args)
{
	char message[MESSAGE_BYTES];
	str_print_args(message, sizeof message, format, args);
	OWNED_TEXT struct text safe = TEXT(TEXT_UNBOUNDED);
	visible_add(&safe, str_of(message));
	return arena_text(problems->arena, safe.at);
}

/* Fills in what the caller did not know, with the line where it begins (or NULL). */
static struct place own_place(struct problems *problems, struct place place, const char *line)
{
	place.file = own_file(problems, place.file);
	if (place.line < 1) {
		place.end_line = place.end_column = 0;
	} else if (!place.end_line) {
		place.end_line = place.line;
		place.end_column =
			line ? problem_lines_word_end(line, place.column) : place.column + 1;
	}
	return place;
}

static bool add(struct problems *problems, struct problem_list *list, struct problem problem,
	struct str source)
{
	if (is_known(list, &problem)) {
		problems->known_count++;
		return false;
	}
	if (list == &problems->kept)
		problems->counts[problem.severity]++;
	else
		problems->suppressed_total++;
	problem.place.file = own_file(problems, problem.place.file);
	if (problems->hides_source)
		source = (struct str){ NULL, 0 };
	problem.source_line =
		problem_lines_get(&problems->lines, source, problem.place.line, problems->arena);
	problem.place = own_place(problems, problem.place, problem.source_line);
	mem_grow(&list->items, &list->capacity, list->count);
	list->errors += problem.severity == SEVERITY_ERROR;
	problems->latest = &list->items[list->count++];
	*problems->latest = problem;
	problems->latest_end = &problems->latest->related;
	return false;
}

/* Drops the last problem that is less severe than this: a thousand warnings hide no error. */
static bool make_room(struct problem_list *list, enum severity severity)
{
	for (size_t i = list->count; i--;) {
		if (list->items[i].severity <= severity)
			continue;
		list->count--;
		memmove(&list->items[i], &list->items[i + 1],
			(list->count - i) * sizeof *list->items);
		return true;
	}
	return false;
}

bool problem_add(struct problems *problems, enum problem_code code, struct place place,
	struct str source, const char *format, ...)
{
	assert(problems && code < PROBLEM_CODE_COUNT);
	struct problem problem = { .code = code,
		.severity = codes[code].severity,
		.place = place,
		.suppression =
			suppressions_find(&problems->suppressions, code, place, problems->today) };
	struct problem_list *list = problem.suppression ? &problems->suppressed : &problems->kept;
	problems->latest = NULL;
	if (list->count == KEPT_MOST && !make_room(list, problem.severity)) {
		problems->counts[problem.severity] += !problem.suppression;
		problems->suppressed_total += problem.suppression != NULL;
		return false;
	}
	va_list args;
	va_start(args, format);
	problem.message = own_message(problems, format, args);
	va_end(args);
	return add(problems, list, problem, source);
}

void problems_hide_source(struct problems *problems, bool is_hidden)
{
	problems->hides_source = is_hidden;
}

void problem_relate(
	struct problems *problems, struct place place, struct str source, const char *format, ...)
{
	if (!problems->latest)
		return;
	struct problem_related *related = arena_new_of(problems->arena, struct problem_related);
	va_list args;
	va_start(args, format);
	related->message = own_message(problems, format, args);
	va_end(args);
	struct problem_lines lines = { 0 };
	related->source_line = problem_lines_get(&lines, source, place.line, problems->arena);
	related->place = own_place(problems, place, related->source_line);
	*problems->latest_end = related;
	problems->latest_end = &related->next;
}

void problem_set_fix(
	struct problems *problems, struct place place, struct str before, const char *after)
{
	if (!problems->latest || !after || problems->latest->fix)
		return;
	struct problem_fix *fix = arena_new_of(problems->arena, struct problem_fix);
	*fix = (struct problem_fix){ .place = place,
		.before = arena_str(problems->arena, before),
		.after = arena_text(problems->arena, after) };
	fix->place.file = problems->latest->place.file;
	problems->latest->fix = fix;
}

/* ---- suppressions --------------------------------------------------------------------------- */

void problems_suppress(struct problems *problems, const char *file, struct str source)
{
	suppressions_read(&problems->suppressions, file, source, problems->arena, problems);
}

void problems_set_today(struct problems *problems, const char *date)
{
	problems->today = arena_text(problems->arena, date);
}

void problems_finish(struct problems *problems, bool has_all)
{
	enum suppressions_seen seen = problems->counts[SEVERITY_ERROR] ? SUPPRESSIONS_SEEN_PART
				      : has_all                        ? SUPPRESSIONS_SEEN_ALL
								       : SUPPRESSIONS_SEEN_FILES;
	suppressions_report(&problems->suppressions, problems->today, seen, problems);
}

size_t problems_suppressed_count(const struct problems *problems)
{
	return problems->suppressed.count;
}

size_t problems_suppressed_total(const struct problems *problems)
{
	return problems->suppressed_total;
}

const struct problem *problems_suppressed_at(const struct problems *problems, size_t index)
{
	assert(index < problems->suppressed.count);
	return &problems->suppressed.items[index];
}

/* ---- reading the list ----------------------------------------------------------------------- */

bool problems_are_read(const struct problems *problems)
{
	return problems->kept.count < KEPT_MOST && problems->known_count < KNOWN_MOST;
}

bool problems_errors_are_read(const struct problems *problems)
{
	return problems->kept.errors < KEPT_MOST && problems->known_count < KNOWN_MOST;
}

size_t problems_count(const struct problems *problems)
{
	return problems->kept.count;
}

size_t problems_error_count(const struct problems *problems)
{
	return problems->counts[SEVERITY_ERROR];
}

size_t problems_warning_count(const struct problems *problems)
{
	return problems->counts[SEVERITY_WARNING];
}

size_t problems_note_count(const struct problems *problems)
{
	return problems->counts[SEVERITY_NOTE];
}

const struct problem *problems_at(const struct problems *problems, size_t index)
{
	assert(index < problems->kept.count);
	return &problems->kept.items[index];
}

static int compare_places(const void *left, const void *right)
{
	const struct problem *a = left, *b = right;
	const char *a_file = a->place.file ? a->place.file : "",
		   *b_file = b->place.file ? b->place.file : "";
	int order = strcmp(a_file, b_file);
	if (order)
		return order;
	if (a->place.line != b->place.line)
		return a->place.line < b->place.line ? -1 : 1;
	if (a->place.column != b->place.column)
		return a->place.column < b->place.column ? -1 : 1;
	if (a->code != b->code)
		return a->code < b->code ? -1 : 1;
	return strcmp(a->message, b->message);
}

static void sort(struct problem_list *list)
{
	if (list->count > 1)
		qsort(list->items, list->count, sizeof *list->items, compare_places);
}

void problems_sort(struct problems *problems)
{
	problems->latest = NULL;
	sort(&problems->kept);
	sort(&problems->suppressed);
}

/* ---- the codes ------------------------------------------------------------------------------ */

const char *problem_code_name(enum problem_code code)
{
	assert(code < PROBLEM_CODE_COUNT);
	return codes[code].name;
}

bool problem_code_find(struct str name, enum problem_code *code)
{
	for (int i = 0; i < PROBLEM_CODE_COUNT; i++) {
		if (!str_is(name, codes[i].name))
			continue;
		*code = (enum problem_code)i;
		return true;
	}
	return false;
}

const char *problem_code_help(enum problem_code code)
{
	assert(code < PROBLEM_CODE_COUNT);
	return codes[code].help;
}

enum severity problem_code_severity(enum problem_code code)
{
	assert(code < PROBLEM_CODE_COUNT);
	return codes[code].severity;
}

const char *problem_severity_name(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_ERROR] = "error",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_NOTE] = "note",
	};
	return names[severity];
}
