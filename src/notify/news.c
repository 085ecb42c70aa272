/* notify/news.c - where each member of a news is kept and shown, and its words for people. */
#include "notify/news.h"

static const char *event_word(int event)
{
	return notice_events[event];
}

static int event_value(const char *word)
{
	int event = 0;
	while (event < NOTICE_EVENT_COUNT && !text_is(word, notice_events[event]))
		event++;
	return event;
}

/* clang-format off */
static const struct member content_members[] = {
	MEMBER_TEXT(news, content_id, .key = "id", .help = "LUID"),
	MEMBER_TEXT(news, content, .key = "name", .decides = true, .required = true, .help = "Name"),
	MEMBER_TEXT(news, project, .key = "project", .help = "Path of its project"),
	{ 0 },
};

const struct member news_members[] = {
	MEMBER_WORD(news, event, notice_event, .most = NOTICE_EVENT_COUNT - 1, .word = event_word, .key = "event", .required = true,
		.help = "failed, expired, pat_expiring or site_left_alone"),
	MEMBER_FLAG(news, is_over, .key = "recovered", .always = true, .help = "It is over: the content was refreshed, the site answers"),
	MEMBER_TEXT(news, site, .key = "site", .required = true, .help = "Name of the site"),
	MEMBER_TEXT(news, kind, .key = "kind", .help = "workbook, datasource, flow or task"),
	MEMBER_GROUP(.members = content_members, .key = "content", .help = "What was to be refreshed"),
	MEMBER_TEXT(news, rule, .key = "rule", .help = "A rule that asked for it"),
	MEMBER_TEXT(news, owner, .key = "owner", .help = "The owner of that rule"),
	MEMBER_TEXT(news, reason, .key = "reason", .help = "Why, for a person"),
	MEMBER_COUNT(news, refresh, .key = "refresh", .help = "Id of the refresh"),
	MEMBER_TIME(news, at, .key = "at", .required = true, .help = "When it happened last"),
	{ 0 },
};

const struct member news_kept_members[] = {
	MEMBER_TEXT(news, receiver, .key = "receiver"),
	MEMBER_TEXT(news, subject, .key = "subject"),
	MEMBER_WORD(news, event, notice_event, .most = NOTICE_EVENT_COUNT - 1, .word = event_word, .key = "event",
		.required = true),
	MEMBER_FLAG(news, is_over, .key = "over"),
	MEMBER_TEXT(news, site, .key = "site"),
	MEMBER_TEXT(news, kind, .key = "kind"),
	MEMBER_TEXT(news, content_id, .key = "content_id"),
	MEMBER_TEXT(news, content, .key = "content"),
	MEMBER_TEXT(news, project, .key = "project"),
	MEMBER_TEXT(news, rule, .key = "rule"),
	MEMBER_TEXT(news, owner, .key = "owner"),
	MEMBER_TEXT(news, reason, .key = "reason"),
	MEMBER_COUNT(news, refresh, .key = "refresh"),
	MEMBER_TIME(news, at, .key = "at"),
	MEMBER_TIME(news, changed_at, .key = "changed_at"),
	MEMBER_TIME(news, told_at, .key = "told_at"),
	{ 0 },
};
/* clang-format on */

static const char *cut(const char *text, size_t most, struct arena *arena)
{
	return arena_str(arena, str_cut(str_of(text ? text : ""), most));
}

struct news news_copy(const struct news *news, struct arena *arena)
{
	struct news copy = *news;
	char reason[NEWS_REASON_BYTES];
	const char **names[] = { &copy.receiver, &copy.site, &copy.kind, &copy.content_id,
		&copy.content, &copy.project, &copy.rule, &copy.owner };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		*names[i] = cut(*names[i], NEWS_NAME_BYTES, arena);
	str_shorten(reason, sizeof reason, str_of(copy.reason));
	copy.reason = arena_text(arena, reason);
	copy.subject = arena_text(arena, copy.subject);
	return copy;
}

bool news_read(const char *json, struct news *news, struct arena *arena)
{
	struct error ignored;
	const cJSON *object = json_parse_in(str_of(json), arena, &ignored);
	*news = (struct news){ .event = NOTICE_EVENT_COUNT };
	for (const struct member *member = news_kept_members; member->type; member++) {
		int64_t count = 0;
		if (member_is_text(member))
			member_set_text(
				member, news, arena_text(arena, json_text(object, member->key)));
		else if (member->type == MEMBER_IS_TIME)
			member_set_number(member, news, json_time(object, member->key).us);
		else if (member->type == MEMBER_IS_FLAG)
			member_set_number(member, news, json_flag(object, member->key, false));
		else if (json_count(object, member->key, &count))
			member_set_number(member, news, count);
	}
	int event = event_value(json_text(object, "event"));
	news->event = (enum notice_event)event;
	return event < NOTICE_EVENT_COUNT && *news->receiver && *news->subject;
}

bool news_is_of_refresh(const struct news *news)
{
	return news->event == NOTICE_FAILED || news->event == NOTICE_EXPIRED;
}

const char *news_event_name(const struct news *news)
{
	return notice_events[news->is_over ? NOTICE_RECOVERED : news->event];
}

void news_describe(const struct news *news, struct text *out)
{
	switch (news->event) {
	case NOTICE_PAT_EXPIRING:
		text_printf(out, "the PAT of site %s", news->site);
		return;
	case NOTICE_SITE_LEFT_ALONE:
		text_printf(out, "site %s", news->site);
		return;
	case NOTICE_FAILED:
	case NOTICE_EXPIRED:
	case NOTICE_RECOVERED:
	case NOTICE_EVENT_COUNT:
		break;
	}
	text_printf(out, "%s '%s'", news->kind, news->content);
	if (*news->project)
		text_printf(out, " in %s", news->project);
	text_printf(out, " on site %s", news->site);
}
