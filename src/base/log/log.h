/*
 * base/log/log.h - what the daemon reports to the people who run it.
 *
 * A line is a fixed sentence and typed fields, named by the words of the API: `refresh ended
 * refresh=42 site=finance content=Revenue`. Texts are shown with every character visible
 * (base/visible.h), without e-mail addresses, and cut to a bound; a field that is NULL or "" is
 * left out. Only code that decides what happens about a failure logs it. A `struct secret` in a
 * line does not compile.
 *
 * A line that repeats many times is folded: told by its place in the code and its subject, the
 * first of the fields site, source, rule, listener and setting, five are written in five minutes,
 * and of the others the last, with how many there were. log_each() is for lines that are records
 * of one thing each, such as the end of a refresh, and are never folded; nor are those of
 * LOG_LEVEL_DEBUG.
 *
 * log_start() gives lines to a thread of their own, so that a full disk, a closed or a slow reader
 * of stderr holds nobody up; what could not be written is counted, and reported when writing goes
 * on. Before log_start() lines are written at once, and none is folded.
 *
 * Threads: any, except where a function says so.
 *
 *     log_info("refresh sent", KV("site", site->name), KV("attempt", attempt));
 */
#pragma once
#include "base/clock.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format {
	LOG_FORMAT_AUTO,   /* by what stderr is: the journal, a terminal, or anything else */
	LOG_FORMAT_LOGFMT, /* time=... level=info msg="..." key=value */
	LOG_FORMAT_JSON,   /* {"time": ..., "level": "info", "msg": "...", "key": value} */
	/* the journal's own fields; "<6>" and logfmt where it cannot be reached */
	LOG_FORMAT_JOURNALD,
};
/* Their names, in this order; NULL ends them. */
extern const char *const log_level_names[], *const log_format_names[];

/*
 * Numbers or texts; borrowed for the call. Where there are several events, `event` is the first and
 * `events` has all: so each field has one type, and the name of a list is its item's with an "s".
 */
struct log_list {
	size_t count;
	const int64_t *numbers;
	const char *const *texts; /* if `numbers` is NULL */
};

struct kv {
	const char *key; /* NULL ends the list */
	enum { KV_TEXT, KV_STR, KV_NUMBER, KV_BOOL, KV_TIME, KV_LIST } type;
	union {
		const char *text;
		struct str str;
		int64_t number;
		bool boolean;
		struct wall time; /* {0}: left out */
		struct log_list list;
	};
};

static inline struct kv kv_text(const char *key, const char *v)
{
	return (struct kv){ .key = key, .type = KV_TEXT, .text = v };
}
static inline struct kv kv_str(const char *key, struct str v)
{
	return (struct kv){ .key = key, .type = KV_STR, .str = v };
}
static inline struct kv kv_number(const char *key, int64_t v)
{
	return (struct kv){ .key = key, .type = KV_NUMBER, .number = v };
}
static inline struct kv kv_id(const char *key, int64_t id)
{
	return id ? kv_number(key, id) : kv_text(key, NULL);
}
static inline struct kv kv_bool(const char *key, bool v)
{
	return (struct kv){ .key = key, .type = KV_BOOL, .boolean = v };
}
static inline struct kv kv_time(const char *key, struct wall v)
{
	return (struct kv){ .key = key, .type = KV_TIME, .time = v };
}
static inline struct kv kv_list(const char *key, struct log_list v)
{
	return (struct kv){ .key = key, .type = KV_LIST, .list = v };
}

#define KV(key, value)                                                                             \
	_Generic((value), \
	char *: kv_text, const char *: kv_text, struct str: kv_str, bool: kv_bool, struct wall: kv_time, \
	struct log_list: kv_list, \
	int: kv_number, unsigned: kv_number, long: kv_number, long long: kv_number)((key), (value))

/* For an id: left out when 0. */
#define KV_ID(key, value) kv_id((key), (value))

struct log_place { /* where a line is logged */
	const char *sentence, *file, *function;
	int line;
	bool is_each; /* never folded */
};

bool log_is_wanted(enum log_level level);
void log_write(const struct log_place *place, enum log_level level, const struct kv *fields);

#define log_fields_(...)                                                                           \
	(const struct kv[])                                                                        \
	{                                                                                          \
		__VA_ARGS__ __VA_OPT__(, )                                                         \
		{                                                                                  \
			.key = NULL                                                                \
		}                                                                                  \
	}
#define log_here_(is_each_, level_, sentence_, fields_)                                            \
	do {                                                                                       \
		static const struct log_place place_ = { "" sentence_, __FILE__, __func__,         \
			__LINE__, (is_each_) };                                                    \
		if (log_is_wanted(level_))                                                         \
			log_write(&place_, (level_), (fields_));                                   \
	} while (0)
#define log_error(sentence, ...)                                                                   \
	log_here_(false, LOG_LEVEL_ERROR, sentence, log_fields_(__VA_ARGS__))
#define log_warning(sentence, ...)                                                                 \
	log_here_(false, LOG_LEVEL_WARNING, sentence, log_fields_(__VA_ARGS__))
#define log_info(sentence, ...) log_here_(false, LOG_LEVEL_INFO, sentence, log_fields_(__VA_ARGS__))
#define log_debug(sentence, ...)                                                                   \
	log_here_(false, LOG_LEVEL_DEBUG, sentence, log_fields_(__VA_ARGS__))
#define log_each(level, sentence, ...) log_here_(true, level, sentence, log_fields_(__VA_ARGS__))
/* The same with an array of fields, which ends in one without a key. */
#define log_each_of(level, sentence, fields) log_here_(true, level, sentence, fields)

/* The least level that is written; LOG_LEVEL_INFO by default. */
void log_set_level(enum log_level level);
/* LOG_FORMAT_LOGFMT by default. */
void log_set_format(enum log_format format);

/* Starts the thread that writes. Called once at a time, by the main thread; a second call before
 * log_stop() does nothing. */
bool log_start(struct error *err) MUST_USE;
/* Writes what waits and what was folded, for a moment at most if nobody reads it, and ends the
 * thread. Later lines are written at once. */
void log_stop(void);
