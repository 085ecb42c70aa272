/*
 * sandbox/reply.h - an answer of the sandbox: JSON, or XML where JSON was not asked for.
 */
#pragma once
#include "base/json.h"
#include "base/text.h"

struct reply {
	unsigned status;
	cJSON *json;             /* owned; NULL: `raw`, or no body */
	const char *raw;         /* such as a gateway's HTML */
	const char *retry_after; /* header, or NULL */
	bool is_dropped, is_truncated;
	int64_t delay; /* microseconds */
	/* for the log of calls */
	const char *site, *pat, *content, *fault;
};

/* {"error": {summary, detail, code}}; the HTTP status is the code's first three
 * digits. */
void reply_error(struct reply *reply, int code, const char *summary, const char *detail)
	__attribute__((nonnull));
/* Errors that always have the same wording (tests/samples/tableau/error-*.json). */
void reply_bad_page(struct reply *reply);                                       /* 400006 */
void reply_bad_body(struct reply *reply);                                       /* 400000 */
void reply_unknown(struct reply *reply, const char *version, const char *path); /* 404003 */
void reply_wrong_method(struct reply *reply, const char *wanted);               /* 405000 */
void reply_signed_out(struct reply *reply);                                     /* 401002 */
/* "Job" 'ID' could not be found. */
void reply_missing(struct reply *reply, int code, const char *what, const char *id);

/* The same tree as Tableau's XML: the root is tsResponse, scalars are
 * attributes, objects and lists are elements (tests/samples/tableau/README.md). */
void reply_xml(const cJSON *json, struct text *out);
