/*
 * notify/book_input.c - what ends of refreshes and states of sites mean for each receiver: news
 * begin, go on, and are over.
 */
#include "notify/book_inside.h"

/* It is wrong, still or again. */
static void begin(struct book *book, struct wall now, size_t receiver, const struct news *news)
{
	struct book_entry *entry = book_find(book, receiver, news->subject);
	int64_t ignored;
	if (!entry) {
		if (book_count(book, news->receiver, &ignored) >= BOOK_NEWS_MOST) {
			book_shed(book, news->receiver);
			return;
		}
		entry = book_insert(book, receiver, news);
		entry->news.changed_at = now;
		book_touch(book, entry);
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
	book_touch(book, entry);
}

/* It is over. What nobody was told needs no end. */
static void end(struct book *book, struct wall now, struct book_entry *entry, struct wall at)
{
	struct news *news = &entry->news;
	char reason[NEWS_REASON_BYTES - 30]; /* "it was site_left_alone: " comes before it */
	if (news->is_over)
		return;
	if (!wall_is_set(news->told_at) ||
		!notice_word_is_in(book_receiver(book, entry)->on, NOTICE_RECOVERED)) {
		book_forget(book, entry);
		return;
	}
	news->is_over = true;
	news->changed_at = now;
	news->at = at;
	str_shorten(reason, sizeof reason, str_of(news->reason));
	news->reason =
		arena_printf(entry->arena, "it was %s: %s", notice_events[news->event], reason);
	book_touch(book, entry);
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
	struct book_entry *entry = book_find(book, receiver, subject);
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
