/* base/problem/problem_fix.c - one pass over the file; places become offsets on the way. */
#include "base/problem/problem_fix.h"

#include "base/problem/problem_lines.h"

struct position {
	struct str source;
	size_t offset;
	int line, column;
};

/* Moves to a place behind the position. False when the file has no such place. */
static bool move_to(struct position *position, int line, int column)
{
	struct str source = position->source;
	while (position->line < line || (position->line == line && position->column < column)) {
		if (position->offset >= source.length)
			return false;
		size_t bytes = problem_lines_break(source, position->offset);
		if (bytes) {
			position->line++;
			position->column = 1;
		} else {
			bytes = str_character((struct str){
				source.at + position->offset, source.length - position->offset });
			bytes = bytes ? bytes : 1;
			position->column++;
		}
		position->offset += bytes;
	}
	return position->line == line && position->column == column;
}

/* Takes the quotes off. */
static struct str unquoted(struct str text)
{
	bool is_quoted = text.length >= 2 && (text.at[0] == '"' || text.at[0] == '\'') &&
			 text.at[text.length - 1] == text.at[0];
	return is_quoted ? (struct str){ text.at + 1, text.length - 2 } : text;
}

/* What the fix replaces, at or behind the position; an empty `at` NULL: it is not there. */
static struct str find(struct position *position, const struct problem_fix *fix)
{
	const struct str none = { NULL, 0 };
	struct place place = fix->place;
	if (place.line < 1 || !move_to(position, place.line, place.column))
		return none;
	size_t begin = position->offset;
	if (!move_to(position, place.end_line, place.end_column))
		return none;
	struct str there = { position->source.at + begin, position->offset - begin };
	if (str_is(there, fix->before))
		return there;
	there = unquoted(there);
	return str_is(there, fix->before) ? there : none;
}

size_t problem_fix_apply(struct str source, const struct problem_fix *const *fixes, size_t count,
	bool *made, struct text *out)
{
	struct position position = { .source = source, .line = 1, .column = 1 };
	size_t copied = 0, done = 0;
	for (size_t i = 0; i < count; i++) {
		struct position before = position;
		struct str there = find(&position, fixes[i]);
		made[i] = there.at && there.at >= source.at + copied;
		if (!made[i]) {
			position = before;
			continue;
		}
		size_t begin = (size_t)(there.at - source.at);
		text_add_str(out, (struct str){ source.at + copied, begin - copied });
		text_add(out, fixes[i]->after);
		copied = begin + there.length;
		done++;
	}
	text_add_str(out, (struct str){ source.at + copied, source.length - copied });
	return done;
}
