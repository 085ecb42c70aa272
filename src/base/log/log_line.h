/*
 * base/log/log_line.h - one line of the log as logfmt, JSON or fields of systemd's journal.
 * Private to base/log/.
 *
 * Pure: the time is given. A line belongs to one thread at a time.
 */
#pragma once
#include "base/log/log.h"
#include "base/mailbox.h"
#include "base/text.h"

/* A value is cut to this many bytes, as shown, and the fields of a line together to the other. */
#define LOG_VALUE_BYTES ((size_t)2048)
#define LOG_FIELDS_BYTES ((size_t)8192)

struct log_line {
	struct message message; /* first member */
	const struct log_place *place;
	enum log_level level;
	enum log_format format; /* never LOG_FORMAT_AUTO */
	struct wall at;
	char subject[128];   /* for folding; "" when it has none */
	int64_t more;        /* it stands for this many, the last of a run; 0: for itself */
	int64_t within;      /* microseconds of that run */
	struct text fields;  /* as they stand in the line, after the sentence */
	struct text natives; /* the journal's, each ended by NUL */
};

struct log_line *log_line_new(const struct log_place *place, enum log_level level,
	enum log_format format, struct wall at, const struct kv *fields);
void log_line_free(struct log_line *line);
/*
 * Appends it, without a line break. For the journal: MESSAGE=, then PRIORITY= and all other fields,
 * each ended by NUL (systemd.journal-fields(7)).
 */
void log_line_print(const struct log_line *line, struct text *out);
