/* dispatch/naming.c - a table of content, with the selections that named it. */
#include "dispatch/naming.h"
/* clang warns about uthash's default hash, whose cases fall through */
#define HASH_FUNCTION HASH_FNV
#include "base/arena.h"
#include "base/mem.h"
#include <uthash.h>

#define MOST_NAMINGS 100000 /* most entries; then all are dropped, and learnt again */

/* A copy of a selection, shared by all content that it named, with a count of references. */
struct named {
	int64_t references;
	struct arena *arena; /* holds this struct */
	struct selection selection;
};

struct entry {
	struct naming naming;
	struct named *named[NAMING_SELECTIONS]; /* the copies that the naming points to */
	UT_hash_handle by_key;
	char key[]; /* "site\nkind\nluid" */
};

struct namings {
	struct entry *entries;
};

struct namings *namings_new(void)
{
	return mem_new(struct namings);
}

static struct named *named_new(const struct selection *selection)
{
	struct arena *arena = arena_new();
	struct named *named = arena_new_of(arena, struct named);
	*named = (struct named){ .references = 1, .arena = arena };
	selection_copy(selection, &named->selection, arena);
	return named;
}

static void named_drop(struct named *named)
{
	if (!--named->references)
		arena_free(named->arena);
}

static void entry_free(struct namings *namings, struct entry *entry)
{
	HASH_DELETE(by_key, namings->entries, entry);
	for (size_t i = 0; i < entry->naming.count; i++)
		named_drop(entry->named[i]);
	free(entry->naming.alias);
	free(entry);
}

static void forget_all(struct namings *namings)
{
	struct entry *entry, *next;
	HASH_ITER(by_key, namings->entries, entry, next)
	entry_free(namings, entry);
}

void namings_forget(struct namings *namings, const char *site)
{
	size_t length = strlen(site);
	struct entry *entry, *next;
	HASH_ITER(by_key, namings->entries, entry, next)
	{
		if (!strncmp(entry->key, site, length) && entry->key[length] == '\n')
			entry_free(namings, entry);
	}
}

void namings_free(struct namings *namings)
{
	if (!namings)
		return;
	forget_all(namings);
	free(namings);
}

static void key_of(const char *site, const struct content *content, struct text *key)
{
	text_printf(key, "%s\n%s\n%s", site, kind_name(content->kind), content->luid);
}

static struct entry *find(const struct namings *namings, const struct text *key)
{
	struct entry *entry = NULL;
	HASH_FIND(by_key, namings->entries, key->at, key->length, entry);
	return entry;
}

static struct entry *find_or_add(
	struct namings *namings, const char *site, const struct content *content)
{
	OWNED_TEXT struct text key = TEXT(TEXT_UNBOUNDED);
	key_of(site, content, &key);
	struct entry *entry = find(namings, &key);
	if (entry)
		return entry;
	if (HASH_CNT(by_key, namings->entries) >= MOST_NAMINGS)
		forget_all(namings);
	entry = mem_alloc(sizeof *entry + key.length + 1);
	memset(entry, 0, sizeof *entry);
	memcpy(entry->key, key.at, key.length + 1);
	HASH_ADD_KEYPTR(by_key, namings->entries, entry->key, key.length, entry);
	return entry;
}

/* Drops the oldest selection, but not one by LUID: that alone says that no other content is meant.
 */
static void drop_one(struct entry *entry)
{
	struct naming *naming = &entry->naming;
	size_t at = 0;
	while (at + 1 < naming->count && naming->selections[at]->by == SELECT_LUID)
		at++;
	named_drop(entry->named[at]);
	naming->count--;
	for (; at < naming->count; at++) {
		entry->named[at] = entry->named[at + 1];
		naming->selections[at] = naming->selections[at + 1];
	}
}

static void add_named(struct entry *entry, struct named *named)
{
	struct naming *naming = &entry->naming;
	for (size_t i = 0; i < naming->count; i++)
		if (!selection_compare_content(naming->selections[i], &named->selection))
			return;
	if (naming->count == NAMING_SELECTIONS)
		drop_one(entry);
	named->references++;
	entry->named[naming->count] = named;
	naming->selections[naming->count++] = &named->selection;
}

void namings_hear(struct namings *namings, const struct selection *selection,
	const struct content *contents, size_t count, struct mono now)
{
	struct named *named = named_new(selection);
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = find_or_add(namings, selection->site, &contents[i]);
		add_named(entry, named);
		entry->naming.named_at = now;
	}
	named_drop(named);
}

struct naming *namings_find(
	const struct namings *namings, const char *site, const struct content *content)
{
	OWNED_TEXT struct text key = TEXT(TEXT_UNBOUNDED);
	key_of(site, content, &key);
	struct entry *entry = find(namings, &key);
	return entry ? &entry->naming : NULL;
}
