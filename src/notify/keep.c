/* notify/keep.c - collects changes in an arena, and applies them as one journal entry. */
#include "notify/keep.h"
#include "base/json.h"
#include "notify/notify.h"

struct kept_change {
	const char *key, *json; /* key NULL: the outcome of `refresh` is seen to */
	int64_t refresh;
};

struct keep {
	struct journal_entry entry; /* first member; the journal returns it */
	struct arena *arena;
	struct kept_change *changes;
	size_t count, capacity;
	struct letter *letters, **last;
	bool is_ours; /* else another node tells now */
	keep_written *written;
	void *context;
};

struct keep *keep_new(void)
{
	struct keep *keep = mem_new(struct keep);
	keep->arena = arena_new();
	keep->last = &keep->letters;
	return keep;
}

void keep_free(struct keep *keep)
{
	if (!keep)
		return;
	for (struct letter *letter = keep->letters, *next; letter; letter = next) {
		next = letter->next;
		letter_free(letter);
	}
	arena_free(keep->arena);
	free(keep->changes);
	free(keep);
}

bool keep_is_empty(const struct keep *keep)
{
	return !keep->count;
}

static void add(struct keep *keep, struct kept_change change)
{
	mem_grow(&keep->changes, &keep->capacity, keep->count);
	keep->changes[keep->count++] = change;
}

void keep_note(struct keep *keep, const char *key, const char *json)
{
	add(keep, (struct kept_change){ .key = arena_text(keep->arena, key),
			  .json = arena_text(keep->arena, json) });
}

void keep_end_outcome(struct keep *keep, int64_t refresh)
{
	add(keep, (struct kept_change){ .refresh = refresh });
}

void keep_letter(struct keep *keep, struct letter *letter)
{
	OWNED_JSON json = cJSON_CreateObject();
	OWNED_MEMORY char *key = mem_printf(KEEP_LETTER_KEYS "%s", letter->id);
	json_add_text(json, "receiver", letter->receiver);
	json_add_text(json, "site", letter->group.site);
	json_add_text(json, "rule", letter->group.rule);
	json_add_text(json, "owner", letter->group.owner);
	json_add_time(json, "made_at", letter->made_at);
	json_add_text(json, "body", letter->body);
	OWNED_MEMORY char *printed = json_print(json);
	keep_note(keep, key, printed);
	letter->next = NULL;
	*keep->last = letter;
	keep->last = &letter->next;
}

void keep_end_letter(struct keep *keep, const struct letter *letter)
{
	OWNED_MEMORY char *key = mem_printf(KEEP_LETTER_KEYS "%s", letter->id);
	keep_note(keep, key, NULL);
}

struct letter *keep_read_letter(const char *key, const char *json)
{
	struct error ignored;
	OWNED_JSON object = json_parse(str_of(json), &ignored);
	const char *receiver = json_text(object, "receiver"), *body = json_text(object, "body");
	if (!*receiver || !*body)
		return NULL;
	struct letter *letter = mem_new(struct letter);
	*letter = (struct letter){
		.id = mem_copy_text(key + sizeof KEEP_LETTER_KEYS - 1),
		.receiver = mem_copy_text(receiver),
		.body = mem_copy_text(body),
		.group = { mem_copy_text(json_text(object, "site")),
			mem_copy_text(json_text(object, "rule")),
			mem_copy_text(json_text(object, "owner")) },
		.made_at = json_time(object, "made_at"),
	};
	return letter;
}

static bool apply(struct journal_entry *entry, struct store *store, struct error *err)
{
	struct keep *keep = (struct keep *)(void *)entry;
	if (!store_guard(store, NOTIFY_OWNER, &keep->is_ours, err))
		return false;
	if (!keep->is_ours)
		return true;
	for (size_t i = 0; i < keep->count; i++) {
		const struct kept_change *change = &keep->changes[i];
		if (!(change->key ? store_put_note(store, change->key, change->json, err)
				  : store_end_outcome(store, change->refresh, err)))
			return false;
	}
	return true;
}

static void applied(struct journal_entry *entry, bool committed, const struct error *err)
{
	struct keep *keep = (struct keep *)(void *)entry;
	(void)err; /* the journal reports it; the same changes are written again */
	keep->written(committed && keep->is_ours, keep->context);
}

bool keep_write(struct keep *keep, struct journal *journal, keep_written *written, void *context)
{
	keep->entry.apply = apply;
	keep->entry.done = applied;
	keep->written = written;
	keep->context = context;
	return journal_add_always(journal, &keep->entry);
}

struct letter *keep_take_letters(struct keep *keep)
{
	keep->last = &keep->letters;
	return TAKE(keep->letters);
}
