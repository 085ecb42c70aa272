/* cli/check/check_fix.c - file by file: what can be fixed, is it better then, and the new file. */
#include "cli/check/check_fix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/problem/problem_fix.h"
#include "cli/print.h"

#define TRIED_MOST 20 /* fixes of a file that are tried one by one, when all together fail */

/* The fixes of one file. */
struct fix_batch {
	const struct check_files *files;
	const struct check_run *run;
	const char *path;
	struct str source; /* without a byte order mark, as places are counted */
	const struct problem **problems;
	const struct problem_fix **fixes;
	bool *made;
	size_t count;
};

void check_fixes_clear(struct check_fixes *fixes)
{
	arena_free(fixes->arena);
	free(fixes->items);
	text_clear(&fixes->stdin_text);
}

/* ---- is it better? ---- */

/* How many problems of this code and message are there? */
static size_t count_like(const struct problems *problems, const struct problem *problem)
{
	size_t count = 0;
	for (size_t i = 0; i < problems_count(problems); i++)
		count += problems_at(problems, i)->code == problem->code &&
			 !strcmp(problems_at(problems, i)->message, problem->message);
	return count;
}

static size_t count_code(const struct problems *problems, enum problem_code code)
{
	size_t count = 0;
	for (size_t i = 0; i < problems_count(problems); i++)
		count += problems_at(problems, i)->code == code;
	return count;
}

static size_t count_of(const struct problems *problems, enum severity severity)
{
	return severity == SEVERITY_ERROR     ? problems_error_count(problems)
	       : severity == SEVERITY_WARNING ? problems_warning_count(problems)
					      : problems_note_count(problems);
}

static bool are_all_kept(const struct problems *problems)
{
	size_t total = 0;
	for (enum severity severity = SEVERITY_ERROR; severity <= SEVERITY_NOTE; severity++)
		total += count_of(problems, severity);
	return problems_count(problems) == total;
}

/* Is each of these findings gone? When not all are kept, there are fewer of their severity. */
static bool are_gone(
	const struct fix_batch *batch, const struct problems *before, const struct problems *after)
{
	bool is_listed = are_all_kept(before);
	for (size_t i = 0; i < batch->count; i++) {
		const struct problem *problem = batch->problems[i];
		size_t was = is_listed ? count_like(before, problem)
				       : count_of(before, problem->severity);
		size_t is =
			is_listed ? count_like(after, problem) : count_of(after, problem->severity);
		if (batch->made[i] && is >= was)
			return false;
	}
	return true;
}

/* The findings are gone, there are no more errors, and no key stands twice now. Another error may
 * have come to light. */
static bool is_better(
	const struct fix_batch *batch, const struct problems *before, struct str fixed)
{
	OWNED(problems) after = check_run_file(batch->files, batch->run, batch->path, fixed);
	return problems_error_count(after) <= problems_error_count(before) &&
	       count_code(after, PROBLEM_DUPLICATE_KEY) <=
		       count_code(before, PROBLEM_DUPLICATE_KEY) &&
	       are_gone(batch, before, after);
}

/* Makes as many fixes as leave the file better; made[] says which. False: none. */
static bool make(struct fix_batch *batch, struct text *out)
{
	if (!problem_fix_apply(batch->source, batch->fixes, batch->count, batch->made, out))
		return false;
	OWNED(problems)
	before = check_run_file(batch->files, batch->run, batch->path, batch->source);
	if (is_better(batch, before, text_str(out)))
		return true;
	for (size_t i = 0; i < batch->count && i < TRIED_MOST; i++) {
		struct fix_batch one = *batch;
		one.problems += i;
		one.fixes += i;
		one.made += i;
		one.count = 1;
		memset(batch->made, 0, batch->count * sizeof *batch->made);
		text_reset(out);
		if (problem_fix_apply(one.source, one.fixes, 1, one.made, out) &&
			is_better(&one, before, text_str(out)))
			return true;
	}
	return false;
}

/* ---- writing ---- */

static bool cannot(struct error *err, const char *path, const char *what)
{
	return error_fail(err, ERROR_SYSTEM, "%s: %s: %s", path, what, strerror(errno));
}

static bool write_all(int file, struct str bytes)
{
	while (bytes.length) {
		ssize_t written = write(file, bytes.at, bytes.length);
		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			bytes.at += written;
			bytes.length -= (size_t)written;
		}
	}
	return fsync(file) == 0;
}

static bool fill(int file, const struct stat *like, struct str bytes)
{
	/* Another owner is kept where that is allowed. */
	IGNORE(fchown(file, like->st_uid, like->st_gid) != 0);
	return !fchmod(file, like->st_mode & 07777) && write_all(file, bytes);
}

/* Replaces the file that `path` leads to, through links, by one with these bytes. */
static bool replace(const char *path, struct str bytes, struct error *err)
{
	OWNED_MEMORY char *target = realpath(path, NULL);
	struct stat status;
	if (!target || stat(target, &status))
		return cannot(err, path, "cannot be replaced");
	OWNED_MEMORY char *part = mem_printf("%s.XXXXXX", target);
	int file = mkostemp(part, O_CLOEXEC);
	if (file < 0)
		return cannot(err, path, "a new file cannot be made beside it");
	bool is_good = fill(file, &status, bytes);
	is_good = !close(file) && is_good;
	if (is_good && !rename(part, target))
		return true;
	int cause = errno;
	unlink(part);
	errno = cause;
	return cannot(err, path, "cannot be written");
}

/* ---- a file ---- */

static bool is_stdin(const struct fix_batch *batch)
{
	const struct check_files *files = batch->files;
	return files->stdin_name && !strcmp(batch->path, files->stdin_name);
}

static void note_made(const struct fix_batch *batch, struct check_fixes *fixes)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct problem_fix *fix = batch->fixes[i];
		if (!batch->made[i])
			continue;
		mem_grow(&fixes->items, &fixes->capacity, fixes->count);
		struct check_fixed *fixed = &fixes->items[fixes->count++];
		fixed->code = batch->problems[i]->code;
		fixed->fix = *fix;
		fixed->fix.place.file = arena_text(fixes->arena, fix->place.file);
		fixed->fix.before = arena_text(fixes->arena, fix->before);
		fixed->fix.after = arena_text(fixes->arena, fix->after);
	}
}

static int fix_file(struct fix_batch *batch, struct check_fixes *fixes, struct error *err)
{
	OWNED_TEXT struct text bytes = TEXT(YAML_FILE_BYTES);
	OWNED_TEXT struct text fixed = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text whole = TEXT(TEXT_UNBOUNDED);
	if (is_stdin(batch))
		text_add_str(&bytes, batch->files->stdin_bytes);
	else if (!file_read(batch->path, &bytes, err))
		return -1;
	size_t mark = str_starts(text_str(&bytes), "\xef\xbb\xbf") ? 3 : 0;
	batch->source = (struct str){ bytes.at + mark, bytes.length - mark };
	if (!make(batch, &fixed))
		return 0;
	text_add_str(&whole, (struct str){ bytes.at, mark });
	text_add_str(&whole, text_str(&fixed));
	if (is_stdin(batch)) {
		text_clear(&fixes->stdin_text);
		fixes->stdin_text = TEXT(TEXT_UNBOUNDED);
		text_add_str(&fixes->stdin_text, text_str(&whole));
	} else if (!replace(batch->path, text_str(&whole), err)) {
		return -1;
	}
	note_made(batch, fixes);
	return 1;
}

/* ---- all files ---- */

static int by_place(const void *left, const void *right)
{
	const struct place a = (*(const struct problem *const *)left)->fix->place,
			   b = (*(const struct problem *const *)right)->fix->place;
	return a.line != b.line ? a.line - b.line : a.column - b.column;
}

/* Collects the problems of one file from `*index` on, which moves behind them. */
static void collect(struct fix_batch *batch, size_t *index)
{
	const struct problems *problems = batch->run->problems;
	batch->path = problems_at(problems, *index)->place.file;
	batch->count = 0;
	for (; *index < problems_count(problems); ++*index) {
		const struct problem *problem = problems_at(problems, *index);
		if (!text_is(problem->place.file, batch->path))
			break;
		if (problem->fix && batch->path)
			batch->problems[batch->count++] = problem;
	}
	if (batch->count)
		qsort(batch->problems, batch->count, sizeof(struct problem *), by_place);
	for (size_t i = 0; i < batch->count; i++)
		batch->fixes[i] = batch->problems[i]->fix;
}

int check_fixes_make(const struct check_files *files, const struct check_run *run,
	struct check_fixes *fixes, struct error *err)
{
	OWNED(arena) arena = arena_new();
	size_t count = problems_count(run->problems), index = 0;
	struct fix_batch batch = { .files = files,
		.run = run,
		.problems = arena_array(arena, const struct problem *, count + 1),
		.fixes = arena_array(arena, const struct problem_fix *, count + 1),
		.made = arena_array(arena, bool, count + 1) };
	int result = 0;
	if (!fixes->arena)
		fixes->arena = arena_new();
	while (index < count) {
		collect(&batch, &index);
		int done = batch.count ? fix_file(&batch, fixes, err) : 0;
		if (done < 0)
			return done;
		result |= done;
	}
	return result;
}

void check_fixes_print(const struct check_fixes *fixes, FILE *out)
{
	for (size_t i = 0; i < fixes->count; i++) {
		const struct check_fixed *fixed = &fixes->items[i];
		const struct place place = fixed->fix.place;
		const char *code = problem_code_name(fixed->code);
		if (*fixed->fix.after)
			print_line(out, "%s:%d:%d: fixed: '%s' is now '%s' [%s]", place.file,
				place.line, place.column, fixed->fix.before, fixed->fix.after,
				code);
		else
			print_line(out, "%s:%d:%d: fixed: removed what allowed nothing [%s]",
				place.file, place.line, place.column, code);
	}
}
