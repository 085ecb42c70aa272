/*
 * base/log/log_line.c - makes a text of each field: without e-mail addresses, visible, cut, quoted.
 *
 * A quoted value is the same in logfmt and JSON, a JSON string (RFC 8259, section 7), because
 * readers of logfmt take the escapes of JSON too.
 */
#include "base/log/log_line.h"
#include "base/visible.h"
#include <ctype.h>

#define PREFIX "REFRESH_ROUTER_" /* of our fields in the journal */
#define CUT "\xe2\x80\xa6"       /* an ellipsis stands for what was cut off */
#define MASK "***"

/* syslog(3) */
static const int priorities[] = {
	[LOG_LEVEL_ERROR] = 3,
	[LOG_LEVEL_WARNING] = 4,
	[LOG_LEVEL_INFO] = 6,
	[LOG_LEVEL_DEBUG] = 7,
};

/* ---- values ---- */

/* Of an e-mail address as people have them (RFC 5322, dot-atom, and RFC 6531), except '/', which
 * separates it from others in paths. */
static bool is_of_local_part(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80) || (c && strchr("!#$%&'*+-=?^_`{|}~.", c));
}

static bool is_of_domain(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80);
}

/* Appends `value`, with the part before the '@' of each e-mail address replaced: texts of dbt and
 * Tableau name people by theirs. */
static void add_masked(struct text *out, struct str value)
{
	const char *end = value.at + value.length, *from = value.at, *at;
	while ((at = from < end ? memchr(from, '@', (size_t)(end - from)) : NULL)) {
		const char *local = at;
		while (local > from && is_of_local_part(local[-1]))
			local--;
		while (local < at && strchr("'=", *local))
			local++;
		bool is_address = local < at && (at + 1 == end || is_of_domain(at[1]));
		text_add_str(out, (struct str){ from, (size_t)((is_address ? local : at) - from) });
		text_add(out, is_address ? MASK "@" : "@");
		from = at + 1;
	}
	text_add_str(out, (struct str){ from, (size_t)(end - from) });
}

/* Appends it with every character visible, but line breaks as they are. */
static void add_visible(struct text *out, struct str value)
{
	const char *end = value.at + value.length, *line;
	while ((line = value.length ? memchr(value.at, '\n', value.length) : NULL)) {
		visible_add(out, (struct str){ value.at, (size_t)(line - value.at) });
		text_add_char(out, '\n');
		value = (struct str){ line + 1, (size_t)(end - line - 1) };
	}
	visible_add(out, value);
}

/* Is it clean as it is? Most values are: names, ids, addresses. */
static bool is_clean(struct str value)
{
	for (size_t i = 0; i < value.length; i++)
		if (value.at[i] < ' ' || value.at[i] >= 0x7f || value.at[i] == '@')
			return false;
	return value.length <= LOG_VALUE_BYTES - strlen(CUT);
}

static void clean(struct str value, struct text *out)
{
	OWNED_TEXT struct text masked = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text visible = TEXT(LOG_VALUE_BYTES - strlen(CUT));
	add_masked(&masked, value);
	add_visible(&visible, text_str(&masked));
	text_add_str(out, text_str(&visible));
	text_add(out, visible.is_full ? CUT : "");
}

/* `value` is clean. */
static void add_quoted(struct text *out, struct str value)
{
	size_t from = 0; /* of a stretch that stands for itself */
	text_add_char(out, '"');
	for (size_t i = 0; i < value.length; i++) {
		char c = value.at[i];
		if (c != '"' && c != '\\' && c != '\n')
			continue;
		text_add_str(out, (struct str){ value.at + from, i - from });
		text_add(out, c == '"' ? "\\\"" : c == '\n' ? "\\n" : "\\\\");
		from = i + 1;
	}
	text_add_str(out, (struct str){ value.at + from, value.length - from });
	text_add_char(out, '"');
}

/* May it stand in logfmt without quotes? */
static bool is_plain(struct str value)
{
	for (size_t i = 0; i < value.length; i++) {
		unsigned char c = (unsigned char)value.at[i];
		if (!isalnum(c) && !(c && strchr("_.:/@+-,", c)))
			return false;
	}
	return value.length;
}

static void add_value(struct text *out, enum log_format format, struct str value)
{
	OWNED_TEXT struct text shown = TEXT(TEXT_UNBOUNDED);
	if (!is_clean(value)) {
		clean(value, &shown);
		value = text_str(&shown);
	}
	if (format != LOG_FORMAT_JSON && is_plain(value))
		text_add_str(out, value);
	else
		add_quoted(out, value);
}

/* ---- lists ---- */

static void add_item(
	struct text *out, enum log_format format, const struct log_list *list, size_t at)
{
	if (list->numbers)
		text_printf(out, "%lld", (long long)list->numbers[at]);
	else if (format == LOG_FORMAT_JSON)
		add_value(out, format, str_of(list->texts[at]));
	else
		text_add(out, list->texts[at]);
}

/* The items with commas between them, as many as there is room for. */
static void add_items(struct text *out, enum log_format format, const struct log_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		OWNED_TEXT struct text item = TEXT(TEXT_UNBOUNDED);
		add_item(&item, format, list, i);
		bool is_last = out->length + item.length > LOG_VALUE_BYTES - 32;
		text_add(out, i ? "," : "");
		if (is_last)
			text_add(out, format == LOG_FORMAT_JSON ? "\"" CUT "\"" : CUT);
		else
			text_add_str(out, text_str(&item));
		if (is_last)
			return;
	}
}

static void add_list(struct text *out, enum log_format format, const struct log_list *list)
{
	OWNED_TEXT struct text items = TEXT(TEXT_UNBOUNDED);
	add_items(&items, format, list);
	if (format == LOG_FORMAT_JSON)
		text_printf(out, "[%s]", items.at);
	else
		add_value(out, format, text_str(&items));
}

/* ---- fields ---- */

static bool is_absent(const struct kv *field)
{
	switch (field->type) {
	case KV_TEXT:
		return !field->text || !*field->text;
	case KV_STR:
		return !field->str.length;
	case KV_TIME:
		return !wall_is_set(field->time);
	case KV_LIST:
		return !field->list.count;
	case KV_NUMBER:
	case KV_BOOL:
		break;
	}
	return false;
}

static void add_typed(struct text *out, enum log_format format, const struct kv *field)
{
	char time[WALL_TEXT_SIZE];
	switch (field->type) {
	case KV_TEXT:
		add_value(out, format, str_of(field->text));
		break;
	case KV_STR:
		add_value(out, format, field->str);
		break;
	case KV_NUMBER:
		text_printf(out, "%lld", (long long)field->number);
		break;
	case KV_BOOL:
		text_add(out, field->boolean ? "true" : "false");
		break;
	case KV_TIME:
		add_value(out, format, str_of(wall_format(field->time, time)));
		break;
	case KV_LIST:
		add_list(out, format, &field->list);
		break;
	}
}

static void add_native(struct text *out, const char *key, struct str value)
{
	text_add(out, PREFIX);
	for (; *key; key++)
		text_add_char(out, (char)toupper((unsigned char)*key));
	text_add_char(out, '=');
	text_add_str(out, value);
	text_add_char(out, '\0');
}

/*
 * The journal takes a field several times, so that each item of a list can be searched for by the
 * name of the field before the list, which has the first item: REFRESH_ROUTER_EVENT, also for
 * `events`.
 */
static void add_items_natively(struct text *out, const struct kv *field)
{
	OWNED_TEXT struct text key = TEXT(TEXT_UNBOUNDED);
	text_add_str(&key, (struct str){ field->key, strlen(field->key) - 1 });
	for (size_t i = 1; i < field->list.count && out->length < LOG_FIELDS_BYTES; i++) {
		OWNED_TEXT struct text value = TEXT(TEXT_UNBOUNDED);
		OWNED_TEXT struct text shown = TEXT(TEXT_UNBOUNDED);
		add_item(&value, LOG_FORMAT_LOGFMT, &field->list, i);
		clean(text_str(&value), &shown);
		add_native(out, key.at, text_str(&shown));
	}
}

static void add_natives(struct text *out, const struct kv *field)
{
	OWNED_TEXT struct text value = TEXT(TEXT_UNBOUNDED);
	if (field->type == KV_LIST) {
		add_items_natively(out, field);
		return;
	}
	if (field->type == KV_TEXT || field->type == KV_STR)
		clean(field->type == KV_STR ? field->str : str_of(field->text), &value);
	else
		add_typed(&value, LOG_FORMAT_LOGFMT, field);
	add_native(out, field->key, text_str(&value));
}

/* False: there was no room for it. */
static bool add_field(struct log_line *line, const struct kv *field)
{
	OWNED_TEXT struct text shown = TEXT(TEXT_UNBOUNDED);
	bool is_json = line->format == LOG_FORMAT_JSON;
	text_add(&shown, is_json ? ",\"" : " ");
	text_add(&shown, field->key);
	text_add(&shown, is_json ? "\":" : "=");
	add_typed(&shown, line->format, field);
	bool is_fitting = line->fields.length + shown.length <= LOG_FIELDS_BYTES;
	if (is_fitting)
		text_add_str(&line->fields, text_str(&shown));
	else
		text_add(&line->fields, is_json ? ",\"cut\":true" : " cut=true");
	if (is_fitting && line->format == LOG_FORMAT_JOURNALD)
		add_natives(&line->natives, field);
	return is_fitting;
}

/* ---- lines ---- */

static void take_subject(struct log_line *line, const struct kv *field)
{
	static const char *const subjects[] = { "site", "source", "rule", "listener", "setting" };
	if (!*line->subject && field->type == KV_TEXT &&
		text_is_among(field->key, subjects, sizeof subjects / sizeof *subjects))
		str_print(line->subject, sizeof line->subject, "%s", field->text);
}

struct log_line *log_line_new(const struct log_place *place, enum log_level level,
	enum log_format format, struct wall at, const struct kv *fields)
{
	struct log_line *line = mem_new(struct log_line);
	*line = (struct log_line){ .place = place,
		.level = level,
		.format = format,
		.at = at,
		.fields = TEXT(TEXT_UNBOUNDED),
		.natives = TEXT(TEXT_UNBOUNDED) };
	for (; fields->key; fields++) {
		if (is_absent(fields))
			continue;
		take_subject(line, fields);
		if (!add_field(line, fields))
			break;
	}
	return line;
}

void log_line_free(struct log_line *line)
{
	if (!line)
		return;
	text_clear(&line->fields);
	text_clear(&line->natives);
	free(line);
}

/* "signature refused", or "signature refused ... 41 more in 5 min" for the last of a run. */
static void add_sentence(struct text *out, const struct log_line *line)
{
	text_add(out, line->place->sentence);
	if (!line->more)
		return;
	int64_t seconds = (line->within + US_PER_SECOND / 2) / US_PER_SECOND;
	bool is_short = seconds < 120;
	text_printf(out, " " CUT " %lld more in %lld %s", (long long)line->more,
		(long long)(is_short ? seconds : (seconds + 30) / 60), is_short ? "s" : "min");
}

/* RFC 3339 with milliseconds. */
static void add_time(struct text *out, struct wall at)
{
	char time[WALL_TEXT_SIZE];
	int64_t fraction = at.us % US_PER_SECOND;
	fraction += fraction < 0 ? US_PER_SECOND : 0;
	wall_format(wall_after(at, -fraction), time);
	text_printf(out, "%.*s.%03dZ", (int)strlen(time) - 1, time, (int)(fraction / US_PER_MS));
}

static void print_json(const struct log_line *line, struct str sentence, struct text *out)
{
	text_add(out, "{\"time\":\"");
	add_time(out, line->at);
	text_printf(out, "\",\"level\":\"%s\",\"msg\":", log_level_names[line->level]);
	add_quoted(out, sentence);
	if (line->more)
		text_printf(out, ",\"repeats\":%lld", (long long)line->more);
	text_add_str(out, text_str(&line->fields));
	text_add_char(out, '}');
}

static void print_logfmt(const struct log_line *line, struct str sentence, struct text *out)
{
	text_add(out, "time=");
	add_time(out, line->at);
	text_printf(out, " level=%s msg=", log_level_names[line->level]);
	add_quoted(out, sentence);
	if (line->more)
		text_printf(out, " repeats=%lld", (long long)line->more);
	text_add_str(out, text_str(&line->fields));
}

/* The path below the top folder, however the compiler was called. */
static const char *short_path(const char *file)
{
	const char *found = strstr(file, "src/");
	return found ? found : file;
}

static void print_journal(const struct log_line *line, struct str sentence, struct text *out)
{
	const struct log_place *place = line->place;
	text_add(out, "MESSAGE=");
	text_add_str(out, sentence);
	text_add_str(out, text_str(&line->fields));
	text_printf(out, "%cPRIORITY=%d%c", 0, priorities[line->level], 0);
	text_printf(out, "CODE_FILE=%s%cCODE_LINE=%d%cCODE_FUNC=%s%c", short_path(place->file), 0,
		place->line, 0, place->function, 0);
	add_native(out, "msg", str_of(place->sentence));
	if (line->more)
		text_printf(out, PREFIX "REPEATS=%lld%c", (long long)line->more, 0);
	text_add_str(out, text_str(&line->natives));
}

void log_line_print(const struct log_line *line, struct text *out)
{
	OWNED_TEXT struct text sentence = TEXT(TEXT_UNBOUNDED);
	add_sentence(&sentence, line);
	switch (line->format) {
	case LOG_FORMAT_JSON:
		print_json(line, text_str(&sentence), out);
		break;
	case LOG_FORMAT_JOURNALD:
		print_journal(line, text_str(&sentence), out);
		break;
	case LOG_FORMAT_AUTO:
	case LOG_FORMAT_LOGFMT:
		print_logfmt(line, text_str(&sentence), out);
		break;
	}
}
