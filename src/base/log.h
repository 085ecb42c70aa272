/*
 * base/log.h - what the daemon reports to the people who run it.
 *
 * A line is a fixed sentence and typed fields, named by the words of the code: `refresh sent
 * site=finance content="Revenue"`. Written to stderr in one write; control characters and line
 * breaks inside values are escaped. Only code that decides what happens about a failure logs it. A
 * `struct secret` in a line does not compile.
 *
 * Threads: any.
 *
 *     log_info("refresh sent", KV("site", site->name), KV("attempt", attempt));
 */
#pragma once
#include "base/clock.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct kv {
	const char *key; /* NULL ends the list */
	enum { KV_TEXT, KV_STR, KV_NUMBER, KV_BOOL, KV_TIME } type;
	union {
		const char *text;
		struct str str;
		int64_t number;
		bool boolean;
		struct wall time;
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
static inline struct kv kv_bool(const char *key, bool v)
{
	return (struct kv){ .key = key, .type = KV_BOOL, .boolean = v };
}
static inline struct kv kv_time(const char *key, struct wall v)
{
	return (struct kv){ .key = key, .type = KV_TIME, .time = v };
}

#define KV(key, value)                                                                             \
	_Generic((value), \
	char *: kv_text, const char *: kv_text, struct str: kv_str, bool: kv_bool, struct wall: kv_time, \
	int: kv_number, unsigned: kv_number, long: kv_number, long long: kv_number)((key), (value))

void log_write(enum log_level level, const char *sentence, const struct kv *fields);

#define log_fields_(...)                                                                           \
	(const struct kv[])                                                                        \
	{                                                                                          \
		__VA_ARGS__ __VA_OPT__(, )                                                         \
		{                                                                                  \
			.key = NULL                                                                \
		}                                                                                  \
	}
#define log_error(sentence, ...) log_write(LOG_LEVEL_ERROR, "" sentence, log_fields_(__VA_ARGS__))
#define log_warning(sentence, ...)                                                                 \
	log_write(LOG_LEVEL_WARNING, "" sentence, log_fields_(__VA_ARGS__))
#define log_info(sentence, ...) log_write(LOG_LEVEL_INFO, "" sentence, log_fields_(__VA_ARGS__))
#define log_debug(sentence, ...) log_write(LOG_LEVEL_DEBUG, "" sentence, log_fields_(__VA_ARGS__))

/* The least level that is written; set once, before threads start. LOG_LEVEL_INFO by default. */
void log_set_level(enum log_level level);
