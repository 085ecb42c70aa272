/* rules/literal.c - the automaton of Aho and Corasick, kept small for 100,000 literals. */
#include "rules/literal.h"
#include <assert.h>

/*
 * States are numbered breadth first, so the children of a state are neighbours and need no list:
 * those of state s are first[s] .. first[s + 1] - 1, in order of their bytes. That takes 17 bytes
 * for each state; a table by byte would take a kilobyte.
 */
#define STATE_ROOT 0u
#define LITERAL_NONE UINT32_MAX

struct state {
	uint32_t first;   /* the first child */
	uint32_t fail;    /* the state of the longest proper suffix that is a state */
	uint32_t literal; /* the literal that ends here, or LITERAL_NONE */
	uint32_t shorter; /* the nearest state by `fail` where a literal ends, or STATE_ROOT */
};

struct literals {
	struct state *states;
	unsigned char *bytes; /* the byte that leads from the parent to this state */
	size_t count, state_capacity, byte_capacity;
	uint32_t root_by_byte[256]; /* a table, because most steps start from the root */
};

struct range { /* while building: the sorted literals that share a state's prefix */
	uint32_t from, to, depth;
};

struct literals_building {
	struct literals *literals;
	const struct str *sorted;
	struct range *ranges; /* by state */
	size_t range_capacity;
};

static uint32_t child_of(const struct literals *literals, uint32_t state, unsigned char byte)
{
	uint32_t low = literals->states[state].first, high = literals->states[state + 1].first;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (literals->bytes[middle] < byte)
			low = middle + 1;
		else
			high = middle;
	}
	return low < literals->states[state + 1].first && literals->bytes[low] == byte ? low
										       : STATE_ROOT;
}

static uint32_t step(const struct literals *literals, uint32_t state, unsigned char byte)
{
	while (state != STATE_ROOT) {
		uint32_t next = child_of(literals, state, byte);
		if (next != STATE_ROOT)
			return next;
		state = literals->states[state].fail;
	}
	return literals->root_by_byte[byte];
}

static void state_add(struct literals_building *building, struct range range, unsigned char byte)
{
	struct literals *literals = building->literals;
	size_t index = literals->count++;
	assert(index < UINT32_MAX - 1);
	mem_grow(&literals->states, &literals->state_capacity, index);
	mem_grow(&literals->bytes, &literals->byte_capacity, index);
	mem_grow(&building->ranges, &building->range_capacity, index);
	literals->states[index] = (struct state){ .literal = LITERAL_NONE };
	literals->bytes[index] = byte;
	building->ranges[index] = range;
}

/* Appends the children of `state`; a literal that equals the prefix comes first in its range. */
static void state_spread(struct literals_building *building, uint32_t state)
{
	struct range range = building->ranges[state];
	const struct str *sorted = building->sorted;
	if (sorted[range.from].length == range.depth)
		building->literals->states[state].literal = range.from++;
	building->literals->states[state].first = (uint32_t)building->literals->count;
	while (range.from < range.to) {
		unsigned char byte = (unsigned char)sorted[range.from].at[range.depth];
		uint32_t end = range.from + 1;
		while (end < range.to && (unsigned char)sorted[end].at[range.depth] == byte)
			end++;
		state_add(building, (struct range){ range.from, end, range.depth + 1 }, byte);
		range.from = end;
	}
}

/* Goes from parents to children; a suffix is shorter than its state, so the entries read here are
 * final. */
static void fails_set(struct literals *literals, uint32_t states)
{
	for (uint32_t parent = 0; parent < states; parent++)
		for (uint32_t child = literals->states[parent].first;
			child < literals->states[parent + 1].first; child++) {
			struct state *state = &literals->states[child];
			state->fail = parent == STATE_ROOT
					      ? STATE_ROOT
					      : step(literals, literals->states[parent].fail,
							literals->bytes[child]);
			const struct state *suffix = &literals->states[state->fail];
			state->shorter =
				suffix->literal != LITERAL_NONE ? state->fail : suffix->shorter;
		}
}

struct literals *literals_new(const struct str *sorted, size_t count)
{
	struct literals *literals = mem_new(struct literals);
	struct literals_building building = { .literals = literals, .sorted = sorted };
	if (!count)
		return literals;
	state_add(&building, (struct range){ 0, (uint32_t)count, 0 }, 0);
	for (uint32_t state = 0; state < literals->count; state++)
		state_spread(&building, state);
	uint32_t states = (uint32_t)literals->count;
	/* a last entry, which ends the children of the state before */
	state_add(&building, (struct range){ 0 }, 0);
	literals->states[states].first = states;
	free(building.ranges);
	literals->states = mem_resize(literals->states, literals->count * sizeof *literals->states);
	literals->bytes = mem_resize(literals->bytes, literals->count);
	literals->state_capacity = literals->byte_capacity = literals->count;
	for (uint32_t child = literals->states[STATE_ROOT].first;
		child < literals->states[STATE_ROOT + 1].first; child++)
		literals->root_by_byte[literals->bytes[child]] = child;
	fails_set(literals, states);
	return literals;
}

void literals_free(struct literals *literals)
{
	if (!literals)
		return;
	free(literals->states);
	free(literals->bytes);
	free(literals);
}

size_t literals_bytes(const struct literals *literals)
{
	return sizeof *literals + literals->state_capacity * sizeof *literals->states +
	       literals->byte_capacity;
}

void literals_search(
	const struct literals *literals, struct str text, literals_found *found, void *context)
{
	uint32_t state = STATE_ROOT;
	if (!literals->count)
		return;
	for (size_t i = 0; i < text.length; i++) {
		state = step(literals, state, (unsigned char)text.at[i]);
		for (uint32_t at = state; at != STATE_ROOT; at = literals->states[at].shorter)
			if (literals->states[at].literal != LITERAL_NONE &&
				!found(context, literals->states[at].literal))
				break;
	}
}
