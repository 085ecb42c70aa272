/* notify/letter.c - templates, and the three formats. */
#include "notify/letter.h"
#include "base/visible.h"

#define VALUE_BYTES 400
#define TITLE_BYTES 300
#define SEVERAL "several"

/* clang-format off */
static const struct member group_members[] = {
	MEMBER_ELSEWHERE("site", TEXT, .help = "Name of the site"),
	MEMBER_ELSEWHERE("rule", TEXT, .help = "Name of the rule"),
	MEMBER_ELSEWHERE("owner", TEXT, .help = "Owner of the rule"),
	{ 0 },
};

const struct member letter_members[] = {
	MEMBER_ELSEWHERE("id", TEXT, .required = true,
		.help = "The same in each delivery of this message, as header Webhook-Id"),
	MEMBER_ELSEWHERE("receiver", TEXT, .required = true, .help = "Name of the receiver in the configuration"),
	MEMBER_ELSEWHERE("created_at", TIME, .required = true, .help = "When the message was made"),
	MEMBER_ELSEWHERE("title", TEXT, .required = true, .help = "For people: `title` of the configuration, filled in"),
	MEMBER_ELSEWHERE("text", TEXT, .required = true, .help = "For people: a line by `text` for each thing told"),
	MEMBER_ELSEWHERE("repeated", FLAG, .required = true, .help = "Nothing is new: after repeat_interval it is told again"),
	MEMBER_ELSEWHERE("test", FLAG, .help = "It was sent by `refresh-router notify`, and nothing has happened"),
	MEMBER_ELSEWHERE("group", OBJECT, .members = group_members, .required = true,
		.help = "What all of it has in common, by group_by"),
	MEMBER_ELSEWHERE("news", LIST, .members = news_members, .required = true, .help = "What is told; what is new first"),
	MEMBER_ELSEWHERE("count", COUNT, .required = true,
		.help = "How much is wrong or has recovered in this group; `news` has at most 50"),
	{ 0 },
};
/* clang-format on */

/* ---- fields ---- */

/* "2 failed, 1 recovered" */
static void add_summary(const struct book_draft *draft, struct text *out)
{
	const char *comma = draft->is_repeat ? "still " : "";
	for (size_t i = 0; i < NOTICE_EVENT_COUNT; i++) {
		if (!draft->events[i])
			continue;
		text_printf(out, "%s%zu %s", comma, draft->events[i], notice_events[i]);
		comma = ", ";
	}
}

static void add_event(const struct book_draft *draft, size_t index, struct text *out)
{
	text_printf(out, "%s%s", draft->is_new[index] ? "" : "still ",
		news_event_name(draft->news[index]));
}

static void add_value(
	const struct book_draft *draft, size_t index, enum notice_field field, struct text *out)
{
	const struct news *news = draft->news[index];
	char time[WALL_TEXT_SIZE];
	switch (field) {
	case NOTICE_FIELD_EVENT:
		add_event(draft, index, out);
		break;
	case NOTICE_FIELD_WHAT:
		news_describe(news, out);
		break;
	case NOTICE_FIELD_REASON:
		text_add(out, news->reason);
		break;
	case NOTICE_FIELD_SITE:
		text_add(out, news->site);
		break;
	case NOTICE_FIELD_KIND:
		text_add(out, news->kind);
		break;
	case NOTICE_FIELD_CONTENT:
		text_add(out, news->content);
		break;
	case NOTICE_FIELD_PROJECT:
		text_add(out, news->project);
		break;
	case NOTICE_FIELD_RULE:
		text_add(out, news->rule);
		break;
	case NOTICE_FIELD_OWNER:
		text_add(out, news->owner);
		break;
	case NOTICE_FIELD_REFRESH:
		if (news->refresh)
			text_printf(out, "%lld", (long long)news->refresh);
		break;
	case NOTICE_FIELD_AT:
		text_add(out, wall_format(news->at, time));
		break;
	case NOTICE_FIELD_SUMMARY:
		add_summary(draft, out);
		break;
	case NOTICE_FIELD_COUNT_OF_ALL:
		text_printf(out, "%zu", draft->count);
		break;
	case NOTICE_FIELD_RECEIVER:
		text_add(out, draft->receiver->name);
		break;
	case NOTICE_FIELD_COUNT:
		break;
	}
}

/* Of one news, or of all (`index` is their number): "several" where they differ. */
static void add_field(
	const struct book_draft *draft, size_t index, enum notice_field field, struct text *out)
{
	if (index < draft->news_count) {
		add_value(draft, index, field, out);
		return;
	}
	OWNED_TEXT struct text first = TEXT(TEXT_UNBOUNDED);
	add_value(draft, 0, field, &first);
	bool is_same = draft->count <= draft->news_count;
	for (size_t i = 1; i < draft->news_count && is_same; i++) {
		OWNED_TEXT struct text other = TEXT(TEXT_UNBOUNDED);
		add_value(draft, i, field, &other);
		is_same = !strcmp(first.at, other.at);
	}
	bool is_of_all = field == NOTICE_FIELD_SUMMARY || field == NOTICE_FIELD_COUNT_OF_ALL ||
			 field == NOTICE_FIELD_RECEIVER;
	text_add(out, is_same || is_of_all ? first.at : SEVERAL);
}

/* ---- templates ---- */

/* https://docs.slack.dev/messaging/formatting-message-text#escaping: these three and no others. */
static void add_slack(struct str value, struct text *out)
{
	for (size_t i = 0; i < value.length; i++) {
		char c = value.at[i];
		if (c == '&')
			text_add(out, "&amp;");
		else if (c == '<')
			text_add(out, "&lt;");
		else if (c == '>')
			text_add(out, "&gt;");
		else
			text_add_char(out, c);
	}
}

static void expand(
	const struct book_draft *draft, size_t index, const char *template, struct text *out)
{
	struct str rest = str_of(template), literal, name;
	while (notice_word_next_part(&rest, &literal, &name)) {
		text_add_str(out, literal);
		int field = name.at ? notice_field_of(name) : -1;
		if (field < 0)
			continue; /* no field: the configuration was checked */
		OWNED_TEXT struct text value = TEXT(TEXT_UNBOUNDED);
		OWNED_TEXT struct text visible = TEXT(TEXT_UNBOUNDED);
		char shown[VALUE_BYTES];
		add_field(draft, index, (enum notice_field)field, &value);
		visible_add(&visible, text_str(&value));
		str_shorten(shown, sizeof shown, text_str(&visible));
		if (draft->receiver->format == NOTICE_SLACK)
			add_slack(str_of(shown), out);
		else
			text_add(out, shown);
	}
}

/* A line for each news, as many as there is room for. */
static void add_lines(const struct book_draft *draft, size_t most, struct text *out)
{
	size_t shown = 0;
	for (; shown < draft->news_count; shown++) {
		OWNED_TEXT struct text line = TEXT(most);
		expand(draft, shown, draft->receiver->text, &line);
		if (shown && out->length + line.length + 1 > most)
			break;
		if (shown)
			text_add_char(out, '\n');
		text_add_str(out, text_str(&line));
	}
	if (shown < draft->count)
		text_printf(out, "\n… and %zu more", draft->count - shown);
}

/* ---- formats ---- */

static void print_json(const struct book_draft *draft, const char *id, struct wall now,
	const char *title, const char *lines, cJSON *json)
{
	json_add_text(json, "id", id);
	json_add_text(json, "receiver", draft->receiver->name);
	json_add_time(json, "created_at", now);
	json_add_text(json, "title", title);
	json_add_text(json, "text", lines);
	cJSON_AddBoolToObject(json, "repeated", draft->is_repeat);
	if (draft->is_test)
		cJSON_AddTrueToObject(json, "test");
	cJSON *group = cJSON_AddObjectToObject(json, "group");
	json_add_text(group, "site", *draft->group.site ? draft->group.site : NULL);
	json_add_text(group, "rule", *draft->group.rule ? draft->group.rule : NULL);
	json_add_text(group, "owner", *draft->group.owner ? draft->group.owner : NULL);
	cJSON *list = cJSON_AddArrayToObject(json, "news");
	for (size_t i = 0; i < draft->news_count; i++) {
		cJSON *item = cJSON_CreateObject();
		record_to_json(news_members, draft->news[i], item);
		cJSON_AddItemToArray(list, item);
	}
	json_add_count(json, "count", (int64_t)draft->count);
}

static void add_run(cJSON *body, const char *text, bool is_title)
{
	cJSON *block = cJSON_CreateObject(), *run = cJSON_CreateObject();
	json_add_text(block, "type", "RichTextBlock");
	json_add_text(run, "type", "TextRun");
	json_add_text(run, "text", text);
	if (is_title)
		json_add_text(run, "weight", "bolder");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(block, "inlines"), run);
	cJSON_AddItemToArray(body, block);
}

/*
 * An adaptive card as a Teams workflow takes it. Of its elements, a TextRun knows no markdown.
 * https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features
 */
static void print_teams(const char *title, const char *lines, cJSON *json)
{
	cJSON *attachment = cJSON_CreateObject();
	json_add_text(json, "type", "message");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(json, "attachments"), attachment);
	json_add_text(attachment, "contentType", "application/vnd.microsoft.card.adaptive");
	cJSON *card = cJSON_AddObjectToObject(attachment, "content");
	json_add_text(card, "$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
	json_add_text(card, "type", "AdaptiveCard");
	json_add_text(card, "version", "1.4");
	cJSON *body = cJSON_AddArrayToObject(card, "body");
	add_run(body, title, true);
	OWNED_MEMORY char *copy = mem_copy_text(lines);
	char *rest = copy;
	for (char *line; (line = strsep(&rest, "\n"));)
		add_run(body, line, false);
}

/* The body, which the caller owns, with at most so many bytes of lines. */
static char *print_within(
	const struct book_draft *draft, const char *id, struct wall now, size_t most)
{
	OWNED_JSON json = cJSON_CreateObject();
	OWNED_TEXT struct text title = TEXT(TITLE_BYTES);
	OWNED_TEXT struct text lines = TEXT(LETTER_TEXT_BYTES);
	expand(draft, draft->news_count, draft->receiver->title, &title);
	add_lines(draft, most, &lines);
	switch (draft->receiver->format) {
	case NOTICE_SLACK: {
		OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
		text_printf(&text, "*%s*\n%s", title.at, lines.at);
		json_add_text(json, "text", text.at);
		break;
	}
	case NOTICE_TEAMS:
		print_teams(title.at, lines.at, json);
		break;
	default:
		print_json(draft, id, now, title.at, lines.at, json);
	}
	return json_print(json);
}

void letter_print(const struct book_draft *draft, const char *id, struct wall now, struct text *out)
{
	bool is_slack = draft->receiver->format == NOTICE_SLACK;
	size_t most = is_slack ? LETTER_SLACK_BYTES - TITLE_BYTES : LETTER_TEXT_BYTES - 100;
	OWNED_MEMORY char *printed = print_within(draft, id, now, most);
	/* JSON has two bytes for a quotation mark or a backslash, and a card that is too large
	 * would be refused with all that others are told in it. */
	if (draft->receiver->format == NOTICE_TEAMS && strlen(printed) > LETTER_CARD_BYTES) {
		free(printed);
		printed = print_within(draft, id, now, most / 2);
	}
	text_add(out, printed);
}
