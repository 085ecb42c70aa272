/* sandbox/luid.c - ids from a hash over names, and a table of them. */
#include "sandbox/luid.h"
#include "base/mem.h"
#include <openssl/evp.h>
#include <stdio.h>
/* clang warns about uthash's default hash, whose cases fall through */
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>

struct luid_entry {
	void *item;
	UT_hash_handle hh;
	char id[]; /* in lower case */
};

const char *box_luid_make(
	char out[LUID_SIZE], const char *site, const char *kind, const char *name, int64_t number)
{
	unsigned char d[EVP_MAX_MD_SIZE] = { 0 };
	char digits[24]; /* 20 digits, sign, NUL */
	unsigned length = 0;
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	snprintf(digits, sizeof digits, "%lld", (long long)number);
	EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
	/* Separated, because "a", "bc" must differ from "ab", "c". */
	const char *const parts[] = { site, "\n", kind, "\n", name, "\n", digits };
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		EVP_DigestUpdate(digest, parts[i], strlen(parts[i]));
	EVP_DigestFinal_ex(digest, d, &length);
	EVP_MD_CTX_free(digest);
	snprintf(out, LUID_SIZE,
		"%02x%02x%02x%02x-%02x%02x-4%01x%02x-8%01x%02x-%02x%02x%02x%02x%02x%02x", d[0],
		d[1], d[2], d[3], d[4], d[5], d[6] & 15, d[7], d[8] & 15, d[9], d[10], d[11], d[12],
		d[13], d[14], d[15]);
	return out;
}

static void to_lower(char *id)
{
	for (; *id; id++)
		if (*id >= 'A' && *id <= 'Z')
			*id = (char)(*id + 'a' - 'A');
}

static struct luid_entry *find(const struct box_luid_table *table, const char *id)
{
	struct luid_entry *entry = NULL;
	OWNED_MEMORY char *lower = mem_copy_text(id);
	to_lower(lower);
	HASH_FIND_STR(table->entries, lower, entry);
	return entry;
}

bool box_luid_add(struct box_luid_table *table, const char *id, void *item)
{
	if (find(table, id))
		return false;
	size_t length = strlen(id);
	struct luid_entry *entry = mem_alloc(sizeof *entry + length + 1);
	memcpy(entry->id, id, length);
	to_lower(entry->id);
	entry->item = item;
	HASH_ADD_STR(table->entries, id, entry);
	return true;
}

void box_luid_remove(struct box_luid_table *table, const char *id)
{
	struct luid_entry *entry = find(table, id);
	if (!entry)
		return;
	HASH_DEL(table->entries, entry);
	free(entry);
}

void *box_luid_find(const struct box_luid_table *table, const char *id)
{
	struct luid_entry *entry = find(table, id);
	return entry ? entry->item : NULL;
}

void box_luid_clear(struct box_luid_table *table)
{
	struct luid_entry *entry, *next;
	HASH_ITER(hh, table->entries, entry, next)
	{
		HASH_DEL(table->entries, entry);
		free(entry);
	}
}
