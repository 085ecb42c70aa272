/*
 * notify/news.h - what one receiver is to be told, or was told and has not ended: a refresh that
 * failed, a PAT that ends soon, a site that is left alone. Plain data.
 */
#pragma once
#include "base/record/record.h"
#include "config/notice_word.h"

struct news {
	const char *receiver;
	/* what it is about, the same over restarts: a receiver has one news of each subject */
	const char *subject;
	enum notice_event event; /* never NOTICE_RECOVERED: that is `is_over` */
	bool is_over;            /* it has ended, and that is to be told */
	/* "" where it does not apply */
	const char *site, *kind, *content_id, *content, *project, *rule, *owner, *reason;
	int64_t refresh; /* 0: none */
	struct wall at;  /* when it happened last */
	/* since when there is something to tell; {0}: all was told */
	struct wall changed_at;
	struct wall told_at; /* {0}: never */
};

/* As a message shows it; and as the store keeps it. */
extern const struct member news_members[], news_kept_members[];

#define NEWS_NAME_BYTES 300   /* of names; Tableau's have at most 255 characters */
#define NEWS_REASON_BYTES 480 /* one line of the log */

/* A copy whose texts live in `arena`, names cut to their most, the reason shortened. */
struct news news_copy(const struct news *news, struct arena *arena);
/* Reads what record_to_json(news_kept_members) wrote. False: it is something else. */
bool news_read(const char *json, struct news *news, struct arena *arena);
/* Whether it is of one refresh, and not of a state of a site, which lasts. */
bool news_is_of_refresh(const struct news *news);
/* "failed", or "recovered" when it is over. */
const char *news_event_name(const struct news *news);
/* "workbook 'Revenue' in Finance/Daily on site finance", "the PAT of site finance". */
void news_describe(const struct news *news, struct text *out);
