/* base/log.c - one line for each event of the daemon, as logfmt or JSON, in one write. */
#include "base/log.h"
#include "base/visible.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define LONGEST_LINE ((size_t)16 << 10)

static const struct {
	const char *name, *journal_prefix;
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", "<3>" },
	[LOG_LEVEL_WARNING] = { "warning", "<4>" },
	[LOG_LEVEL_INFO] = { "info", "<6>" },
	[LOG_LEVEL_DEBUG] = { "debug", "<7>" },
};

static atomic_int most = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	atomic_store(&most, (int)level);
}

static bool needs_quotes(struct str value)
{
	if (!value.length)
		return true;
	for (size_t i = 0; i < value.length; i++) {
		unsigned char c = (unsigned char)value.at[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				(c >= '0' && c <= '9') || (c && strchr("_.:/@+-", c));
		if (!is_plain)
			return true;
	}
	return false;
}

static void add_escaped(struct text *line, struct str value)
{
	while (value.length) {
		size_t used = 1;
		if (*value.at == '"' || *value.at == '\\')
			text_printf(line, "\\%c", *value.at);
		else if (*value.at == '\n')
			text_add(line, "\\n");
		else
			used = visible_add_character(line, value);
		value.at += used;
		value.length -= used;
	}
}

static void add_text(struct text *line, struct str value)
{
	if (!needs_quotes(value)) {
		text_add_str(line, value);
		return;
	}
	text_add_char(line, '"');
	add_escaped(line, value);
	text_add_char(line, '"');
}

static void add_field(struct text *line, const struct kv *field)
{
	char time[WALL_TEXT_SIZE];
	text_printf(line, " %s=", field->key);
	switch (field->type) {
	case KV_TEXT:
		add_text(line, str_of(field->text));
		break;
	case KV_STR:
		add_text(line, field->str);
		break;
	case KV_NUMBER:
		text_printf(line, "%lld", (long long)field->number);
		break;
	case KV_BOOL:
		text_add(line, field->boolean ? "true" : "false");
		break;
	case KV_TIME:
		text_add(line, wall_format(field->time, time));
		break;
	}
}

void log_write(enum log_level level, const char *sentence, const struct kv *fields)
{
	if ((int)level > atomic_load_explicit(&most, memory_order_relaxed))
		return;
	OWNED_TEXT struct text line = TEXT(LONGEST_LINE);
	char time[WALL_TEXT_SIZE];
	if (getenv("JOURNAL_STREAM"))
		text_add(&line, levels[level].journal_prefix);
	else
		text_printf(&line, "%s ", wall_format(clock_wall(), time));
	text_printf(&line, "%s %s", levels[level].name, sentence);
	for (; fields->key; fields++)
		add_field(&line, fields);
	line.at[line.length++] = '\n'; /* replaces the NUL */
	IGNORE(write(STDERR_FILENO, line.at, line.length) < 0);
}
