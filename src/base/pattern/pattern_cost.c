/* base/pattern/pattern_cost.c - searches ever longer texts and watches how fast the steps grow. */
#include "base/pattern/pattern_cost.h"

#include "base/pattern/pattern_atoms.h"

#define PIECES_MOST 64
#define WINDOW 3       /* any this many parts in a row are tried as a piece */
#define FIRST_BYTES 48 /* of the shortest text; each next one has twice as many */
#define STEPS_THAT_MATTER 100
/* Twice the text costs 2 times as much when the cost is linear, 4 times when it is quadratic; fixed
 * costs lower the measured figure. */
#define GROWTH_LEAST 2.4

struct measuring {
	const struct pattern *pattern;
	struct pattern_scratch *scratch;
	struct pattern_atoms atoms;
	struct arena *arena;
	struct text text; /* that is searched */
	struct str pieces[PIECES_MOST];
	size_t piece_count;
	size_t most;
	int64_t steps; /* so far */
};

/* The steps for `times` pieces; INT64_MAX when the search hit its limit. */
static int64_t measure(struct measuring *measuring, struct pattern_growth *growth, size_t times)
{
	struct text *text = &measuring->text;
	text_reset(text);
	text_add_str(text, growth->before);
	for (size_t i = 0; i < times; i++)
		text_add_str(text, growth->piece);
	text_add_str(text, growth->after);
	growth->times = times;
	growth->bytes = text->length;
	pattern_allowance_renew(measuring->scratch);
	enum search found = pattern_search(measuring->pattern, text_str(text), measuring->scratch);
	int64_t steps = pattern_steps(measuring->scratch);
	measuring->steps += steps;
	return found == SEARCH_LIMIT ? INT64_MAX : steps;
}

/* Finds the smallest number of pieces that hits the limit: `few` does not, `many` does. */
static void settle(
	struct measuring *measuring, struct pattern_growth *growth, size_t few, size_t many)
{
	while (many - few > 1) {
		size_t middle = few + (many - few) / 2;
		if (measure(measuring, growth, middle) == INT64_MAX)
			many = middle;
		else
			few = middle;
	}
	measure(measuring, growth, many);
}

/* Do the steps grow too fast on these texts? */
static bool try_texts(struct measuring *measuring, struct pattern_growth *growth)
{
	size_t room = growth->before.length + growth->after.length;
	if (room + FIRST_BYTES > measuring->most)
		return false;
	size_t many = (measuring->most - room) / growth->piece.length, few = 0;
	int64_t before = 0;
	for (size_t times = (FIRST_BYTES - 1) / growth->piece.length + 1; few < many; times *= 2) {
		if (times > many)
			times = many;
		int64_t steps = measure(measuring, growth, times);
		if (steps == INT64_MAX) {
			settle(measuring, growth, few, times);
			return true;
		}
		double growing = (double)times / (double)(few ? few : times);
		if (few && (steps < STEPS_THAT_MATTER ||
				   (double)steps < (double)before * growing * GROWTH_LEAST / 2))
			return false;
		before = steps;
		few = times;
	}
	return false;
}

static void add_piece(struct measuring *measuring, struct str piece)
{
	for (size_t i = 0; i < measuring->piece_count; i++)
		if (str_equal(measuring->pieces[i], piece))
			return;
	if (piece.length && piece.length < FIRST_BYTES && measuring->piece_count < PIECES_MOST)
		measuring->pieces[measuring->piece_count++] = piece;
}

/* The examples of parts `from` to `to` - 1 in a row. */
static struct str joined(const struct measuring *measuring, size_t from, size_t to)
{
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	for (size_t i = from; i < to; i++)
		text_add_str(&text, measuring->atoms.items[i].text);
	return (struct str){ arena_str(measuring->arena, text_str(&text)), text.length };
}

static size_t segment_end(const struct measuring *measuring, size_t from)
{
	size_t end = from + 1;
	while (end < measuring->atoms.count && !measuring->atoms.items[end].begins_segment)
		end++;
	return end;
}

/* `mark`, then the examples of all parts from `from` on; empty when there are none. */
static struct str rest_behind(const struct measuring *measuring, const char *mark, size_t from)
{
	if (from >= measuring->atoms.count)
		return (struct str){ 0 };
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_add(&text, mark);
	text_add_str(&text, joined(measuring, from, measuring->atoms.count));
	return (struct str){ arena_str(measuring->arena, text_str(&text)), text.length };
}

/*
 * Does the repeated piece, with some text before and after it, make the search explode? The text
 * after it must keep the pattern from matching, and must contain the literal that PCRE2 looks for
 * first.
 */
static bool try_piece(struct measuring *measuring, size_t first, size_t end, struct str piece,
	struct pattern_growth *growth)
{
	const struct str befores[] = { STR(""), joined(measuring, 0, first) };
	const struct str afters[] = { STR("!"), STR("\n!"), rest_behind(measuring, "!", end),
		rest_behind(measuring, "\n", end) };
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < sizeof afters / sizeof *afters; j++) {
			if ((i && !befores[i].length) || !afters[j].length)
				continue;
			*growth = (struct pattern_growth){
				.before = befores[i], .piece = piece, .after = afters[j]
			};
			if (try_texts(measuring, growth))
				return true;
		}
	return false;
}

static bool try_range(
	struct measuring *measuring, size_t first, size_t end, struct pattern_growth *growth)
{
	size_t known = measuring->piece_count;
	struct str piece = joined(measuring, first, end);
	add_piece(measuring, piece);
	return measuring->piece_count > known && try_piece(measuring, first, end, piece, growth);
}

/* Tries single parts, segments, the parts before a repetition, and a few parts in a row. */
static bool try_all(struct measuring *measuring, struct pattern_growth *growth)
{
	size_t count = measuring->atoms.count;
	for (size_t first = 0; first < count; first++)
		if (try_range(measuring, first, first + 1, growth))
			return true;
	for (size_t first = 0; first < count; first = segment_end(measuring, first)) {
		size_t end = segment_end(measuring, first);
		if (try_range(measuring, first, end, growth) ||
			try_range(measuring, 0, end, growth))
			return true;
	}
	for (size_t length = 2; length <= WINDOW; length++)
		for (size_t first = 0; first + length <= count; first++)
			if (try_range(measuring, first, first + length, growth))
				return true;
	return false;
}

bool pattern_growth_find(const struct pattern *pattern, size_t most, struct arena *arena,
	struct pattern_growth *growth, int64_t *steps)
{
	struct measuring measuring = { .pattern = pattern, .arena = arena, .most = most };
	measuring.atoms = pattern_atoms_of(str_of(pattern_written(pattern)), arena);
	if (!measuring.atoms.may_grow)
		return false;
	measuring.scratch = pattern_scratch_new();
	measuring.text = TEXT(TEXT_UNBOUNDED);
	bool is_found = try_all(&measuring, growth);
	*steps += measuring.steps;
	text_clear(&measuring.text);
	pattern_scratch_free(measuring.scratch);
	return is_found;
}
