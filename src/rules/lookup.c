/* rules/lookup.c - open addressing with linear probing, in one array. */
#include "rules/lookup.h"

struct lookup_slot {
	const char *at; /* NULL: free */
	uint32_t length, tag, hash, number;
};

struct lookup {
	struct lookup_slot *slots;
	size_t capacity; /* a power of two, at most three quarters of it in use */
	size_t count;
};

/* FNV-1a, with a last mix because its low bits alone are weak. Rule authors are not attackers, and
 * events only search. */
static uint32_t hash_of(uint32_t tag, struct str key)
{
	uint64_t hash = 14695981039346656037u ^ tag;
	for (size_t i = 0; i < key.length; i++)
		hash = (hash ^ (unsigned char)key.at[i]) * 1099511628211u;
	hash ^= hash >> 32;
	return (uint32_t)(hash * 0x9E3779B97F4A7C15u >> 32);
}

struct lookup *lookup_new(void)
{
	struct lookup *lookup = mem_new(struct lookup);
	lookup->capacity = 64;
	lookup->slots = mem_alloc(lookup->capacity * sizeof *lookup->slots);
	return lookup;
}

void lookup_free(struct lookup *lookup)
{
	if (!lookup)
		return;
	free(lookup->slots);
	free(lookup);
}

/* The key's slot, or the free slot where it belongs. */
static struct lookup_slot *slot_of(
	const struct lookup *lookup, uint32_t hash, uint32_t tag, struct str key)
{
	for (size_t i = hash & (lookup->capacity - 1);; i = (i + 1) & (lookup->capacity - 1)) {
		struct lookup_slot *slot = &lookup->slots[i];
		if (!slot->at)
			return slot;
		if (slot->hash == hash && slot->tag == tag && slot->length == key.length &&
			!memcmp(slot->at, key.at, key.length))
			return slot;
	}
}

uint32_t lookup_find(const struct lookup *lookup, uint32_t tag, struct str key)
{
	if (!key.at)
		key = STR("");
	const struct lookup_slot *slot = slot_of(lookup, hash_of(tag, key), tag, key);
	return slot->at ? slot->number : LOOKUP_NONE;
}

static void grow(struct lookup *lookup)
{
	struct lookup bigger = { .capacity = lookup->capacity * 2, .count = lookup->count };
	bigger.slots = mem_alloc(bigger.capacity * sizeof *bigger.slots);
	for (size_t i = 0; i < lookup->capacity; i++) {
		const struct lookup_slot *slot = &lookup->slots[i];
		if (slot->at)
			*slot_of(&bigger, slot->hash, slot->tag,
				(struct str){ slot->at, slot->length }) = *slot;
	}
	free(lookup->slots);
	*lookup = bigger;
}

uint32_t *lookup_add(struct lookup *lookup, uint32_t tag, struct str key)
{
	if (!key.at)
		key = STR("");
	if (lookup->count * 4 >= lookup->capacity * 3)
		grow(lookup);
	uint32_t hash = hash_of(tag, key);
	struct lookup_slot *slot = slot_of(lookup, hash, tag, key);
	if (!slot->at) {
		*slot = (struct lookup_slot){ .at = key.at,
			.length = (uint32_t)key.length,
			.tag = tag,
			.hash = hash,
			.number = LOOKUP_NONE };
		lookup->count++;
	}
	return &slot->number;
}

size_t lookup_bytes(const struct lookup *lookup)
{
	return sizeof *lookup + lookup->capacity * sizeof *lookup->slots;
}
