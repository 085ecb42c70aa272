/*
 * notify/book.c - the list of news: what is there, what is wanted, and what the store keeps. There
 * are few: what is wrong now.
 */
#include "notify/book_inside.h"

struct book *book_new(void)
{
	return mem_new(struct book);
}

static void entry_free(struct book_entry *entry)
{
	arena_free(entry->arena);
	free(entry);
}

void book_free(struct book *book)
{
	if (!book)
		return;
	for (size_t i = 0; i < book->count; i++)
		entry_free(book->entries[i]);
	for (size_t i = 0; i < book->open_count; i++)
		open_message_clear(&book->open[i]);
	for (size_t i = 0; i < book->ended_count; i++)
		free(book->ended[i]);
	for (size_t i = 0; i < book->shed_count; i++)
		free(book->shed[i].receiver);
	free(book->entries);
	free(book->open);
	free(book->ended);
	free(book->shed);
	config_free(book->config);
	free(book);
}

/* ---- entries ---- */

const struct config_receiver *book_receiver(const struct book *book, const struct book_entry *entry)
{
	return config_receiver_at(book->config, entry->receiver);
}

static char *key_of(const struct news *news)
{
	return mem_printf(BOOK_KEYS "%s/%s", news->receiver, news->subject);
}

void book_touch(struct book *book, struct book_entry *entry)
{
	entry->is_dirty = true;
	book->next = (struct wall){ 0 };
}

void book_forget(struct book *book, struct book_entry *entry)
{
	if (entry->is_gone)
		return;
	mem_grow(&book->ended, &book->ended_capacity, book->ended_count);
	book->ended[book->ended_count++] = key_of(&entry->news);
	entry->is_gone = true;
	book->is_in_round = false;
	book->next = (struct wall){ 0 };
}

/* Removes what is forgotten. */
void book_sweep(struct book *book)
{
	size_t kept = 0;
	book->is_in_round = false;
	for (size_t i = 0; i < book->count; i++) {
		if (book->entries[i]->is_gone)
			entry_free(book->entries[i]);
		else
			book->entries[kept++] = book->entries[i];
	}
	book->count = kept;
}

struct book_entry *book_find(const struct book *book, size_t receiver, const char *subject)
{
	for (size_t i = 0; i < book->count; i++) {
		struct book_entry *entry = book->entries[i];
		if (!entry->is_gone && entry->receiver == receiver &&
			text_is(entry->news.subject, subject))
			return entry;
	}
	return NULL;
}

struct book_entry *book_insert(struct book *book, size_t receiver, const struct news *news)
{
	struct book_entry *entry = mem_new(struct book_entry);
	entry->arena = arena_new();
	entry->receiver = receiver;
	entry->news = news_copy(news, entry->arena);
	mem_grow(&book->entries, &book->capacity, book->count);
	book->entries[book->count++] = entry;
	book->is_in_round = false;
	book->next = (struct wall){ 0 };
	return entry;
}

static struct shed *shed_of(const struct book *book, const char *receiver)
{
	for (size_t i = 0; i < book->shed_count; i++)
		if (text_is(book->shed[i].receiver, receiver))
			return &book->shed[i];
	return NULL;
}

void book_shed(struct book *book, const char *receiver)
{
	struct shed *of = shed_of(book, receiver);
	if (!of) {
		mem_grow(&book->shed, &book->shed_capacity, book->shed_count);
		of = &book->shed[book->shed_count++];
		*of = (struct shed){ .receiver = mem_copy_text(receiver) };
	}
	of->count++;
}

size_t book_count(const struct book *book, const char *receiver, int64_t *shed_count)
{
	size_t count = 0;
	const struct shed *of = shed_of(book, receiver);
	for (size_t i = 0; i < book->count; i++)
		count += !book->entries[i]->is_gone &&
			 text_is(book->entries[i]->news.receiver, receiver);
	*shed_count = of ? of->count : 0;
	return count;
}

/* ---- configuration ---- */

/* False: nobody has this name. */
static bool index_of(const struct config *config, const char *name, size_t *index)
{
	for (size_t i = 0; i < config_receiver_count(config); i++)
		if (text_is(config_receiver_at(config, i)->name, name)) {
			*index = i;
			return true;
		}
	return false;
}

static bool is_wanted(const struct config *config, const struct news *news, size_t *receiver)
{
	return index_of(config, news->receiver, receiver) &&
	       (news_is_of_refresh(news) || config_site_named(config, news->site));
}

void book_configure(struct book *book, struct config *config)
{
	config_ref(config);
	config_free(book->config);
	book->config = config;
	for (size_t i = 0; i < book->count; i++) {
		struct book_entry *entry = book->entries[i];
		if (!is_wanted(config, &entry->news, &entry->receiver))
			book_forget(book, entry);
	}
	book_sweep(book);
	book->next = (struct wall){ 0 };
}

bool book_restore(struct book *book, const struct news *news)
{
	size_t receiver;
	if (is_wanted(book->config, news, &receiver)) {
		book_insert(book, receiver, news);
		return true;
	}
	mem_grow(&book->ended, &book->ended_capacity, book->ended_count);
	book->ended[book->ended_count++] = key_of(news);
	return false;
}

/* ---- what the store keeps ---- */

void book_changes(struct book *book,
	void (*visit)(const char *key, const char *json, void *context), void *context)
{
	/* first, because what ended may have begun again */
	for (size_t i = 0; i < book->ended_count; i++) {
		visit(book->ended[i], NULL, context);
		free(book->ended[i]);
	}
	book->ended_count = 0;
	book_sweep(book);
	for (size_t i = 0; i < book->count; i++) {
		struct book_entry *entry = book->entries[i];
		if (!entry->is_dirty)
			continue;
		OWNED_JSON json = cJSON_CreateObject();
		record_to_json(news_kept_members, &entry->news, json);
		OWNED_MEMORY char *printed = json_print(json);
		OWNED_MEMORY char *key = key_of(&entry->news);
		visit(key, printed, context);
		entry->is_dirty = false;
	}
}