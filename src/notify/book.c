/*
 * notify/book.c - a list of news, sorted into groups whenever something may be due. There are few:
 * what is wrong now.
 */
#include "notify/book.h"
#include <assert.h>

/* Content that nobody tried to refresh for so long is not repeated for ever: its rule or its dbt
 * job is gone. */
#define FORGET_AFTER ((int64_t)7 * 86400 * US_PER_SECOND)

struct book_entry {
	struct news news;
	struct arena *arena;
	size_t receiver; /* its index in the configuration */
	bool is_dirty, is_gone;
};

struct open_message {
	char *receiver;
	struct group group; /* texts of their own */
};

struct shed {
	char *receiver;
	int64_t count;
};

struct book {
	struct config *config;
	struct book_entry **entries;
	size_t count, capacity;
	struct open_message *open;
	size_t open_count, open_capacity;
	char **ended; /* keys that the store has and the book has not */
	size_t ended_count, ended_capacity;
	struct shed *shed;
	size_t shed_count, shed_capacity;
	struct wall next; /* when something may be due; {0}: not known */
	struct book_draft draft;
};

struct book *book_new(void)
{
	return mem_new(struct book);
}

static void entry_free(struct book_entry *entry)
{
	arena_free(entry->arena);
	free(entry);
}

static void group_clear(struct group *group)
{
	mem_drop(group->site);
	mem_drop(group->rule);
	mem_drop(group->owner);
}

void book_free(struct book *book)
{
	if (!book)
		return;
	for (size_t i = 0; i < book->count; i++)
		entry_free(book->entries[i]);
	for (size_t i = 0; i < book->open_count; i++) {
		free(book->open[i].receiver);
		group_clear(&book->open[i].group);
	}
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

static const struct config_receiver *receiver_of(
	const struct book *book, const struct book_entry *entry)
{
	return config_receiver_at(book->config, entry->receiver);
}

static char *key_of(const struct news *news)
{
	return mem_printf(BOOK_KEYS "%s/%s", news->receiver, news->subject);
}

static void touch(struct book *book, struct book_entry *entry)
{
	entry->is_dirty = true;
	book->next = (struct wall){ 0 };
}

static void forget(struct book *book, struct book_entry *entry)
{
	if (entry->is_gone)
		return;
	mem_grow(&book->ended, &book->ended_capacity, book->ended_count);
	book->ended[book->ended_count++] = key_of(&entry->news);
	entry->is_gone = true;
	book->next = (struct wall){ 0 };
}

/* Removes what is forgotten. */
static void sweep(struct book *book)
{
	size_t kept = 0;
	for (size_t i = 0; i < book->count; i++) {
		if (book->entries[i]->is_gone)
			entry_free(book->entries[i]);
		else
			book->entries[kept++] = book->entries[i];
	}
	book->count = kept;
}

static struct book_entry *find(const struct book *book, size_t receiver, const char *subject)
{
	for (size_t i = 0; i < book->count; i++) {
		struct book_entry *entry = book->entries[i];
		if (!entry->is_gone && entry->receiver == receiver &&
			text_is(entry->news.subject, subject))
			return entry;
	}
	return NULL;
}

static struct book_entry *insert(struct book *book, size_t receiver, const struct news *news)
{
	struct book_entry *entry = mem_new(struct book_entry);
	entry->arena = arena_new();
	entry->receiver = receiver;
	entry->news = news_copy(news, entry->arena);
	mem_grow(&book->entries, &book->capacity, book->count);
	book->entries[book->count++] = entry;
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

static void shed(struct book *book, const char *receiver)
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

static bool is_of_refresh(const struct news *news)
{
	return news->event == NOTICE_FAILED || news->event == NOTICE_EXPIRED;
}

static bool is_wanted(const struct config *config, const struct news *news, size_t *receiver)
{
	return index_of(config, news->receiver, receiver) &&
	       (is_of_refresh(news) || config_site_named(config, news->site));
}

void book_configure(struct book *book, struct config *config)
{
	config_ref(config);
	config_free(book->config);
	book->config = config;
	for (size_t i = 0; i < book->count; i++) {
		struct book_entry *entry = book->entries[i];
		if (!is_wanted(config, &entry->news, &entry->receiver))
			forget(book, entry);
	}
	sweep(book);
	book->next = (struct wall){ 0 };
}

bool book_restore(struct book *book, const struct news *news)
{
	size_t receiver;
	if (is_wanted(book->config, news, &receiver)) {
		insert(book, receiver, news);
		return true;
	}
	mem_grow(&book->ended, &book->ended_capacity, book->ended_count);
	book->ended[book->ended_count++] = key_of(news);
	return false;
}

/* ---- what happens ---- */

/* It is wrong, still or again. */
static void begin(struct book *book, struct wall now, size_t receiver, const struct news *news)
{
	struct book_entry *entry = find(book, receiver, news->subject);
	int64_t ignored;
	if (!entry) {
		if (book_count(book, news->receiver, &ignored) >= BOOK_NEWS_MOST) {
			shed(book, news->receiver);
			return;
		}
		entry = insert(book, receiver, news);
		entry->news.changed_at = now;
		touch(book, entry);
		return;
	}
	bool is_same = entry->news.refresh == news->refresh && !entry->news.is_over &&
		       entry->news.event == news->event;
	if (is_same)
		return;
	/* Its group stays what it was. */
	struct news now_news = *news;
	now_news.rule = entry->news.rule;
	now_news.owner = entry->news.owner;
	now_news.told_at = entry->news.told_at;
	now_news.changed_at =
		wall_is_set(entry->news.told_at) ? (struct wall){ 0 } : entry->news.changed_at;
	struct arena *arena = arena_new();
	entry->news = news_copy(&now_news, arena);
	arena_free(entry->arena);
	entry->arena = arena;
	touch(book, entry);
}

/* It is over. What nobody was told needs no end. */
static void end(struct book *book, struct wall now, struct book_entry *entry, struct wall at)
{
	struct news *news = &entry->news;
	if (news->is_over)
		return;
	if (!wall_is_set(news->told_at) ||
		!notice_word_is_in(receiver_of(book, entry)->on, NOTICE_RECOVERED)) {
		forget(book, entry);
		return;
	}
	news->is_over = true;
	news->changed_at = now;
	news->at = at;
	news->reason = arena_printf(entry->arena, "it was %s: %s", notice_events[news->event],
		arena_str(entry->arena, str_cut(str_of(news->reason), NEWS_REASON_BYTES - 30)));
	touch(book, entry);
}

/* The name is used where no content was found; a success of that name ends it too. */
static char *subject_of(const char *site, const char *kind, const char *luid, const char *name)
{
	struct str id = str_cut(str_of(*luid ? luid : name), NEWS_NAME_BYTES);
	return mem_printf(
		"refresh/%s/%s/%s%.*s", site, kind, *luid ? "" : " ", (int)id.length, id.at);
}

/* The rule that the receiver is told of; false: it does not want to hear of any. */
static bool choose_rule(
	const struct config_receiver *receiver, const struct ended *ended, struct news *news)
{
	news->rule = ended->rule_count ? ended->rules[0] : "";
	news->owner = ended->rule_count ? ended->owners[0] : "";
	if (!receiver->owners.count)
		return true;
	for (size_t i = 0; i < ended->rule_count; i++)
		if (text_is_among(
			    ended->owners[i], receiver->owners.items, receiver->owners.count)) {
			news->rule = ended->rules[i];
			news->owner = ended->owners[i];
			return true;
		}
	return false;
}

static void end_if_there(
	struct book *book, struct wall now, size_t receiver, const char *subject, struct wall at)
{
	struct book_entry *entry = find(book, receiver, subject);
	if (entry)
		end(book, now, entry, at);
}

void book_ended(struct book *book, struct wall now, const struct ended *ended)
{
	OWNED_MEMORY char *subject =
		subject_of(ended->site, ended->kind, ended->content_id, ended->content);
	OWNED_MEMORY char *by_name = subject_of(ended->site, ended->kind, "", ended->content);
	for (size_t i = 0; i < config_receiver_count(book->config); i++) {
		const struct config_receiver *receiver = config_receiver_at(book->config, i);
		struct news news = {
			.receiver = receiver->name,
			.subject = subject,
			.event = ended->event,
			.site = ended->site,
			.kind = ended->kind,
			.content_id = ended->content_id,
			.content = ended->content,
			.project = ended->project,
			.reason = ended->reason,
			.refresh = ended->refresh,
			.at = ended->at,
		};
		if (ended->is_good) {
			end_if_there(book, now, i, subject, ended->at);
			end_if_there(book, now, i, by_name, ended->at);
		} else if (notice_word_is_in(receiver->on, (int)ended->event) &&
			   choose_rule(receiver, ended, &news)) {
			begin(book, now, i, &news);
		}
	}
}

/* A state of a site that lasts, as it is now. */
static void site_state(
	struct book *book, struct wall now, const struct news *news, enum known is_so)
{
	for (size_t i = 0; i < config_receiver_count(book->config); i++) {
		const struct config_receiver *receiver = config_receiver_at(book->config, i);
		struct news of_receiver = *news;
		of_receiver.receiver = receiver->name;
		if (is_so == KNOWN_YES && notice_word_is_in(receiver->on, (int)news->event))
			begin(book, now, i, &of_receiver);
		else if (is_so == KNOWN_NO)
			end_if_there(book, now, i, news->subject, now);
	}
}

static void pat_state(struct book *book, struct wall now, const struct site_news *site,
	const char *subject, const char *reason)
{
	for (size_t i = 0; i < config_receiver_count(book->config); i++) {
		const struct config_receiver *receiver = config_receiver_at(book->config, i);
		const struct news news = {
			.receiver = receiver->name,
			.subject = subject,
			.event = NOTICE_PAT_EXPIRING,
			.site = site->site,
			.reason = reason,
			.at = now,
		};
		bool is_soon = site->pat_ends_at.us - now.us < receiver->pat_expires_within;
		if (!is_soon)
			end_if_there(book, now, i, subject, now);
		else if (notice_word_is_in(receiver->on, NOTICE_PAT_EXPIRING))
			begin(book, now, i, &news);
	}
}

void book_site(struct book *book, struct wall now, const struct site_news *site)
{
	char ends_at[WALL_TEXT_SIZE];
	OWNED_MEMORY char *alone = mem_printf("site/%s", site->site);
	OWNED_MEMORY char *pat = mem_printf("pat/%s", site->site);
	if (!config_site_named(book->config, site->site))
		return;
	if (wall_is_set(site->pat_ends_at)) {
		OWNED_MEMORY char *reason =
			mem_printf("it ends at %s; make another in Tableau, and write its secret "
				   "where the configuration looks for it",
				wall_format(site->pat_ends_at, ends_at));
		pat_state(book, now, site, pat, reason);
	}
	const struct news news = {
		.subject = alone,
		.event = NOTICE_SITE_LEFT_ALONE,
		.site = site->site,
		.reason = site->reason ? site->reason : "",
		.at = now,
	};
	site_state(book, now, &news, site->left_alone);
}

/* ---- messages ---- */

static struct group group_of(const struct book *book, const struct book_entry *entry)
{
	unsigned by = receiver_of(book, entry)->group_by;
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
		free(book->open[i].receiver);
		group_clear(&book->open[i].group);
		book->open[i] = book->open[--book->open_count];
		book->next = (struct wall){ 0 };
		return;
	}
}

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
	const struct config_receiver *receiver = receiver_of(book, book->entries[first]);
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
	*draft = (struct book_draft){ .receiver = receiver_of(book, book->entries[first]),
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
			forget(book, entry);
		news->changed_at = (struct wall){ 0 };
		news->told_at = now;
		touch(book, entry);
	}
	book_open(book, draft->receiver->name, &draft->group);
}

static void forget_old(struct book *book, struct wall now)
{
	for (size_t i = 0; i < book->count; i++) {
		const struct news *news = &book->entries[i]->news;
		if (is_of_refresh(news) && !wall_is_set(news->changed_at) &&
			news->at.us < now.us - FORGET_AFTER)
			forget(book, book->entries[i]);
	}
	sweep(book);
}

const struct book_draft *book_due(struct book *book, struct wall now)
{
	if (wall_is_set(book->next) && now.us < book->next.us)
		return NULL;
	forget_old(book, now);
	if (book->count) /* qsort_r() takes no NULL */
		qsort_r(book->entries, book->count, sizeof *book->entries, by_group, book);
	struct wall next = { INT64_MAX };
	for (size_t first = 0, end; first < book->count; first = end) {
		end = group_end(book, first);
		struct group group = group_of(book, book->entries[first]);
		struct wall due = due_of(book, first, end, now);
		if (is_open(book, receiver_of(book, book->entries[first])->name, &group))
			continue;
		if (due.us <= now.us) {
			write_draft(book, first, end, now);
			return &book->draft;
		}
		if (due.us < next.us)
			next = due;
	}
	book->next = next;
	return NULL;
}

struct wall book_next(const struct book *book)
{
	return book->next;
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
	sweep(book);
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
