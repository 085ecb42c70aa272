/*
 * notify/book_due.c - news sorted into groups whenever something may be due, and the message that a
 * group gives.
 */
#include "notify/book_inside.h"

/* Content that nobody tried to refresh for so long is not repeated for ever: its rule or its dbt
 * job is gone. */
#define FORGET_AFTER ((int64_t)7 * 86400 * US_PER_SECOND)

/* ---- groups ---- */

static struct group group_of(const struct book *book, const struct book_entry *entry)
{
	unsigned by = book_receiver(book, entry)->group_by;
	const struct news *news = &entry->news;
	return (struct group){
		.site = notice_word_is_in(by, NOTICE_BY_SITE) ? news->site : "",
		.rule = notice_word_is_in(by, NOTICE_BY_RULE) ? news->rule : "",
		.owner = notice_word_is_in(by, NOTICE_BY_OWNER) ? news->owner : "",
	};
}

static int group_compare(const struct group *a, const struct group *b)
{
	int site = strcmp(a->site, b->site), rule = strcmp(a->rule, b->rule);
	return site ? site : rule ? rule : strcmp(a->owner, b->owner);
}

/* ---- messages that wait for their delivery ---- */

void open_message_clear(struct open_message *message)
{
	free(message->receiver);
	mem_drop(message->group.site);
	mem_drop(message->group.rule);
	mem_drop(message->group.owner);
}

static bool is_open(const struct book *book, const char *receiver, const struct group *group)
{
	for (size_t i = 0; i < book->open_count; i++)
		if (text_is(book->open[i].receiver, receiver) &&
			!group_compare(&book->open[i].group, group))
			return true;
	return false;
}

void book_open(struct book *book, const char *receiver, const struct group *group)
{
	if (is_open(book, receiver, group))
		return;
	mem_grow(&book->open, &book->open_capacity, book->open_count);
	book->open[book->open_count++] = (struct open_message){
		.receiver = mem_copy_text(receiver),
		.group = { mem_copy_text(group->site), mem_copy_text(group->rule),
			mem_copy_text(group->owner) },
	};
}

void book_close(struct book *book, const char *receiver, const struct group *group)
{
	for (size_t i = 0; i < book->open_count; i++) {
		if (!text_is(book->open[i].receiver, receiver) ||
			group_compare(&book->open[i].group, group))
			continue;
		open_message_clear(&book->open[i]);
		book->open[i] = book->open[--book->open_count];
		book->next = (struct wall){ 0 };
		return;
	}
}

/* ---- what is due ---- */

/* By receiver and group; in a group what changed comes first, then the oldest. */
static int by_group(const void *a, const void *b, void *context)
{
	const struct book_entry *x = *(struct book_entry *const *)a,
				*y = *(struct book_entry *const *)b;
	if (x->receiver != y->receiver)
		return x->receiver < y->receiver ? -1 : 1;
	struct group group_x = group_of(context, x), group_y = group_of(context, y);
	int group = group_compare(&group_x, &group_y);
	bool is_new_x = wall_is_set(x->news.changed_at), is_new_y = wall_is_set(y->news.changed_at);
	if (group || is_new_x != is_new_y)
		return group ? group : is_new_x ? -1 : 1;
	if (x->news.at.us != y->news.at.us)
		return x->news.at.us < y->news.at.us ? -1 : 1;
	return strcmp(x->news.subject, y->news.subject);
}

/* The end of the group that begins at `first`. */
static size_t group_end(const struct book *book, size_t first)
{
	struct group group = group_of(book, book->entries[first]);
	size_t end = first + 1;
	for (; end < book->count; end++) {
		struct group other = group_of(book, book->entries[end]);
		if (book->entries[end]->receiver != book->entries[first]->receiver ||
			group_compare(&group, &other))
			break;
	}
	return end;
}

/* When the group has a message; INT64_MAX: never. A clock that was set back does not hold it up. */
static struct wall due_of(const struct book *book, size_t first, size_t end, struct wall now)
{
	const struct config_receiver *receiver = book_receiver(book, book->entries[first]);
	struct wall changed = { 0 }, told = { 0 };
	for (size_t i = first; i < end; i++) {
		const struct news *news = &book->entries[i]->news;
		if (wall_is_set(news->changed_at) &&
			(!wall_is_set(changed) || news->changed_at.us < changed.us))
			changed = news->changed_at;
		if (news->told_at.us > told.us)
			told = news->told_at;
	}
	if (told.us > now.us || changed.us > now.us)
		return now;
	if (wall_is_set(changed))
		return wall_is_set(told) ? wall_after(told, receiver->group_interval)
					 : wall_after(changed, receiver->group_wait);
	return receiver->repeat_interval ? wall_after(told, receiver->repeat_interval)
					 : (struct wall){ INT64_MAX };
}

/* Takes the group as told. */
static void write_draft(struct book *book, size_t first, size_t end, struct wall now)
{
	struct book_draft *draft = &book->draft;
	*draft = (struct book_draft){ .receiver = book_receiver(book, book->entries[first]),
		.group = group_of(book, book->entries[first]),
		.is_repeat = true,
		.count = end - first };
	for (size_t i = first; i < end; i++) {
		struct book_entry *entry = book->entries[i];
		struct news *news = &entry->news;
		if (wall_is_set(news->changed_at))
			draft->is_repeat = false;
		if (draft->news_count < BOOK_NEWS_A_MESSAGE) {
			draft->is_new[draft->news_count] = wall_is_set(news->changed_at);
			draft->news[draft->news_count++] = news;
		}
		draft->events[news->is_over ? NOTICE_RECOVERED : news->event]++;
		if (news->is_over)
			book_forget(book, entry);
		news->changed_at = (struct wall){ 0 };
		news->told_at = now;
		book_touch(book, entry);
	}
	book_open(book, draft->receiver->name, &draft->group);
}

static void forget_old(struct book *book, struct wall now)
{
	for (size_t i = 0; i < book->count; i++) {
		const struct news *news = &book->entries[i]->news;
		if (news_is_of_refresh(news) && !wall_is_set(news->changed_at) &&
			news->at.us < now.us - FORGET_AFTER)
			book_forget(book, book->entries[i]);
	}
	book_sweep(book);
}

static void begin_round(struct book *book, struct wall now)
{
	forget_old(book, now);
	if (book->count) /* qsort_r() takes no NULL */
		qsort_r(book->entries, book->count, sizeof *book->entries, by_group, book);
	book->is_in_round = true;
	book->round_at = 0;
	book->later = (struct wall){ INT64_MAX };
}

const struct book_draft *book_due(struct book *book, struct wall now)
{
	if (wall_is_set(book->next) && now.us < book->next.us)
		return NULL;
	if (!book->is_in_round)
		begin_round(book, now);
	for (size_t first = book->round_at, end; first < book->count; first = end) {
		end = book->round_at = group_end(book, first);
		struct group group = group_of(book, book->entries[first]);
		struct wall due = due_of(book, first, end, now);
		if (is_open(book, book_receiver(book, book->entries[first])->name, &group))
			continue;
		if (due.us <= now.us) {
			write_draft(book, first, end, now);
			book->is_in_round = true; /* what it forgets is behind it */
			return &book->draft;
		}
		if (due.us < book->later.us)
			book->later = due;
	}
	book->is_in_round = false;
	book->next = book->later;
	return NULL;
}

struct wall book_next(const struct book *book)
{
	return book->next;
}
