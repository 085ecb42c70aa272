/*
 * base/problem/suppression_read.c - reads `# refresh-router: allow=CODE[,CODE] [until=DATE] because
 * REASON`.
 */
#include "base/problem/suppression.h"

#include "base/clock.h"
#include "base/problem/problem_lines.h"
#include "base/suggest.h"
#include "base/visible.h"
#include "base/yaml/yaml_comments.h"

#define WORD "refresh-router:"
#define QUOTED_MOST 60 /* bytes of a word that a message repeats */
#define QUOTED(text) (int)str_cut((text), QUOTED_MOST).length, (text).at

struct suppression_reading {
	struct suppressions *suppressions;
	const char *file;
	struct str given;  /* the file's bytes */
	struct str source; /* a copy in `arena`: problems may come after the file is freed */
	struct arena *arena;
	struct problems *problems;
};

/* One comment. */
struct comment {
	struct suppression_reading *reading;
	const struct yaml_comment *at;
	struct suppression common; /* of its codes: all but `code` and `place` */
	size_t first;              /* of its suppressions in the list */
	bool is_bad, has_allow;
};

/* ---- words and their places ---- */

static struct place place_of(const struct comment *comment, struct str word)
{
	int column = comment->at->column + 1, length = 0;
	for (const char *c = comment->at->text.at; c < word.at; c++)
		column += ((unsigned char)*c & 0xc0) != 0x80;
	for (size_t i = 0; i < word.length; i++)
		length += ((unsigned char)word.at[i] & 0xc0) != 0x80;
	return (struct place){ .file = comment->reading->file,
		.line = comment->at->line,
		.column = column,
		.end_line = comment->at->line,
		.end_column = column + length };
}

/*
 * The source that a message about the comment may show a line of: none when something else stands
 * on that line, because it may be a secret in the wrong place.
 */
static struct str shown_source(const struct comment *comment)
{
	const struct yaml_comment *at = comment->at;
	return at->about == at->line ? STR("") : comment->reading->source;
}

#define BAD(comment, word, ...)                                                                    \
	((comment)->is_bad = !problem_add((comment)->reading->problems, PROBLEM_BAD_SUPPRESSION,   \
		 place_of(comment, word), shown_source(comment), __VA_ARGS__))

/* The next word of `rest`, which it loses; empty at its end. */
static struct str next_word(struct str *rest)
{
	*rest = str_trim(*rest);
	struct str word = { rest->at, 0 };
	while (word.length < rest->length && rest->at[word.length] != ' ' &&
		rest->at[word.length] != '\t')
		word.length++;
	rest->at += word.length;
	rest->length -= word.length;
	return word;
}

static struct str without(struct str word, size_t bytes)
{
	return (struct str){ word.at + bytes, word.length - bytes };
}

static const char *hint_of(
	const struct comment *comment, struct str word, const char *const *names, size_t count)
{
	struct arena *arena = comment->reading->arena;
	return suggest_hint(arena_str(arena, str_cut(word, QUOTED_MOST)), names, count, arena);
}

/* ---- what may be written ---- */

static void allow_code(struct comment *comment, struct str name)
{
	enum problem_code code;
	const char *names[PROBLEM_CODE_COUNT];
	for (int i = 0; i < PROBLEM_CODE_COUNT; i++)
		names[i] = problem_code_name((enum problem_code)i);
	if (!problem_code_find(name, &code)) {
		BAD(comment, name, "there is no finding '%.*s'%s", QUOTED(name),
			hint_of(comment, name, names, PROBLEM_CODE_COUNT));
	} else if (problem_code_severity(code) == SEVERITY_ERROR) {
		BAD(comment, name,
			"'%s' is an error, and errors cannot be allowed: the file would not do "
			"what it says",
			names[code]);
	} else if (code == PROBLEM_BAD_SUPPRESSION || code == PROBLEM_UNUSED_SUPPRESSION ||
		   code == PROBLEM_EXPIRED_SUPPRESSION) {
		BAD(comment, name, "'%s' cannot be allowed; mend the suppression", names[code]);
	} else {
		struct suppressions *list = comment->reading->suppressions;
		mem_grow(&list->items, &list->capacity, list->count);
		list->items[list->count] = comment->common;
		list->items[list->count].code = code;
		list->items[list->count++].place = place_of(comment, name);
	}
}

static void take_allow(struct comment *comment, struct str codes)
{
	comment->has_allow = true;
	for (;;) {
		const char *comma = codes.length ? memchr(codes.at, ',', codes.length) : NULL;
		size_t length = comma ? (size_t)(comma - codes.at) : codes.length;
		if (length)
			allow_code(comment, (struct str){ codes.at, length });
		else
			BAD(comment, codes,
				"a code is missing here; several are written allow=CODE,CODE "
				"without blanks");
		if (!comma)
			return;
		codes = without(codes, length + 1);
	}
}

static void take_until(struct comment *comment, struct str date)
{
	struct wall day;
	OWNED_TEXT struct text time = TEXT(100);
	text_printf(&time, "%.*sT00:00:00Z", QUOTED(date));
	if (date.length != strlen("2027-03-01") || !wall_parse(text_str(&time), &day))
		BAD(comment, date, "'until' is a day such as 2027-03-01, not '%.*s'", QUOTED(date));
	else if (comment->common.until)
		BAD(comment, date, "a second 'until'; a suppression has one last day");
	else
		comment->common.until = arena_str(comment->reading->arena, date);
}

static void take_reason(struct comment *comment, struct str because, struct str rest)
{
	OWNED_TEXT struct text visible = TEXT(TEXT_UNBOUNDED);
	visible_add(&visible, str_trim(rest));
	if (!visible.length)
		BAD(comment, because, "the reason is missing behind 'because'");
	comment->common.reason = arena_text(comment->reading->arena, visible.at);
}

static void take_unknown(struct comment *comment, struct str word)
{
	static const char *const known[] = { "allow", "until", "because" };
	const char *equals = memchr(word.at, '=', word.length);
	struct str name = { word.at, equals ? (size_t)(equals - word.at) : word.length };
	const char *hint = hint_of(comment, name, known, sizeof known / sizeof *known);
	BAD(comment, word, "'%.*s' means nothing here%s", QUOTED(word),
		*hint ? hint
		      : "; a suppression is allow=CODE, perhaps until=DATE, and because REASON");
}

/* ---- how it is removed ---- */

/* The whole comment, with the blanks before it; alone on its line, with the line. */
static struct problem_fix comment_removal(const struct comment *comment)
{
	const struct suppression_reading *reading = comment->reading;
	const struct yaml_comment *at = comment->at;
	size_t hash = (size_t)(at->text.at - reading->given.at) - 1, begin = hash,
	       end = hash + 1 + at->text.length;
	while (begin &&
		(reading->given.at[begin - 1] == ' ' || reading->given.at[begin - 1] == '\t'))
		begin--;
	struct place place = place_of(comment, at->text);
	place.column = at->column - (int)(hash - begin);
	size_t line_break = place.column == 1 && end < reading->given.length
				    ? problem_lines_break(reading->given, end)
				    : 0;
	if (line_break) {
		end += line_break;
		place.end_line++;
		place.end_column = 1;
	}
	struct str bytes = { reading->given.at + begin, end - begin };
	return (struct problem_fix){ .place = place, .before = arena_str(reading->arena, bytes) };
}

/* One of several codes, with a comma beside it. */
static struct problem_fix code_removal(
	const struct comment *comment, const struct suppression *suppression, bool is_last)
{
	const char *code = problem_code_name(suppression->code);
	struct problem_fix fix = { .place = suppression->place };
	fix.before = arena_printf(comment->reading->arena, is_last ? ",%s" : "%s,", code);
	fix.place.column -= is_last;
	fix.place.end_column += !is_last;
	return fix;
}

/* ---- a comment ---- */

/* The codes were appended before until and reason were known. */
static void finish(struct comment *comment, struct str all)
{
	struct suppressions *list = comment->reading->suppressions;
	if (!comment->has_allow && !comment->is_bad)
		BAD(comment, all, "a suppression names what it allows: allow=CODE");
	if (!comment->common.reason && !comment->is_bad)
		BAD(comment, all, "a suppression gives its reason: because ...");
	if (comment->is_bad)
		list->count = comment->first;
	for (size_t i = comment->first; i < list->count; i++) {
		list->items[i].until = comment->common.until;
		list->items[i].reason = comment->common.reason;
		list->items[i].removal =
			list->count == comment->first + 1
				? comment_removal(comment)
				: code_removal(comment, &list->items[i], i + 1 == list->count);
	}
}

static void own_source(struct suppression_reading *reading)
{
	if (reading->source.at)
		return;
	struct str given = reading->given;
	reading->file = arena_text(reading->arena, reading->file);
	reading->source = (struct str){ arena_str(reading->arena, given), given.length };
}

static void take_comment(const struct yaml_comment *at, void *context)
{
	struct suppression_reading *reading = context;
	own_source(reading);
	struct comment comment = { .reading = reading,
		.at = at,
		.first = reading->suppressions->count,
		.common = { .about = at->about } };
	comment.common.source = shown_source(&comment);
	struct str all = str_trim(at->text), rest = without(all, strlen(WORD));
	for (struct str word = next_word(&rest); word.length && !comment.common.reason;
		word = next_word(&rest)) {
		if (str_starts(word, "allow="))
			take_allow(&comment, without(word, strlen("allow=")));
		else if (str_starts(word, "until="))
			take_until(&comment, without(word, strlen("until=")));
		else if (str_is(word, "because"))
			take_reason(&comment, word, rest);
		else
			take_unknown(&comment, word);
		if (comment.is_bad)
			break;
	}
	finish(&comment, all);
}

void suppressions_read(struct suppressions *suppressions, const char *file, struct str source,
	struct arena *arena, struct problems *problems)
{
	struct suppression_reading reading = { .suppressions = suppressions,
		.file = file,
		.given = source,
		.arena = arena,
		.problems = problems };
	yaml_comments_read(source, WORD, take_comment, &reading);
}
