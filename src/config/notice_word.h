/*
 * config/notice_word.h - the words of `notify`: what is told, in which shape, how it is grouped,
 * and the fields of templates. config/ checks them and notify/ acts by them.
 */
#pragma once
#include "base/str.h"
#include "base/text.h"

enum notice_event {
	NOTICE_FAILED,
	NOTICE_EXPIRED,
	NOTICE_RECOVERED,
	NOTICE_PAT_EXPIRING,
	NOTICE_SITE_LEFT_ALONE,
	NOTICE_EVENT_COUNT,
};
enum notice_format { NOTICE_JSON, NOTICE_SLACK, NOTICE_TEAMS };
enum notice_group { NOTICE_BY_SITE, NOTICE_BY_RULE, NOTICE_BY_OWNER };
/* The words, in the order of the enums; NULL ends each. */
extern const char *const notice_events[], *const notice_formats[], *const notice_groups[];

enum notice_field {
	NOTICE_FIELD_EVENT,
	NOTICE_FIELD_WHAT,
	NOTICE_FIELD_REASON,
	NOTICE_FIELD_SITE,
	NOTICE_FIELD_KIND,
	NOTICE_FIELD_CONTENT,
	NOTICE_FIELD_PROJECT,
	NOTICE_FIELD_RULE,
	NOTICE_FIELD_OWNER,
	NOTICE_FIELD_REFRESH,
	NOTICE_FIELD_AT,
	NOTICE_FIELD_SUMMARY,
	NOTICE_FIELD_COUNT_OF_ALL,
	NOTICE_FIELD_RECEIVER,
	NOTICE_FIELD_COUNT,
};
#define NOTICE_FIELD_LIST                                                                          \
	"event, what, reason, site, kind, content, project, rule, owner, refresh, at, summary, "   \
	"count and receiver"
extern const char *const notice_fields[]; /* in the order of the enum */

static inline bool notice_word_is_in(unsigned bits, int bit)
{
	return bits & 1u << bit;
}

/*
 * The next part of the template, which `*rest` loses: text as it stands, or ${field}, with its name
 * in `*name` (else its `at` is NULL). False: the template has ended. `${` without `}` is text.
 */
bool notice_word_next_part(struct str *rest, struct str *literal, struct str *name);
/* -1: there is no such field. */
int notice_field_of(struct str name);
