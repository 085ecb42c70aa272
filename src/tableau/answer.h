/*
 * tableau/answer.h - what an answer of Tableau means: its codes are one table
 * (README.md, Refused refreshes, Jobs, Errors), with advice for a person. Pure. Private to
 * tableau/.
 */
#pragma once
#include "base/json.h"
#include "tableau/tableau.h"
#include "tableau/transport.h"

enum call_type {
	CALL_QUERY,
	CALL_REFRESH,
	CALL_SIGN_IN,
	CALL_SIGN_OUT,
	CALL_JOB,
	CALL_CANCEL,
	CALL_NONE, /* no request: answered as soon as there is a session */
};

/*
 * Reads a reply. On success (2xx with a JSON object; an empty 2xx where nothing is to be told)
 * *json is the tree, the caller's; otherwise it is NULL and outcome->error says what happened. A
 * reply that is not Tableau's JSON or XML is a gateway's: transient (README.md, Gateways).
 */
void answer_read(
	const struct reply *reply, enum call_type type, struct outcome *outcome, cJSON **json);
/* `json` is the reply when outcome->ok, lent for the call. */
typedef void call_done(const struct outcome *outcome, const cJSON *json, void *context);

/* The path is unknown: the server may not speak the version in it (README.md, Versions). */
bool answer_is_version(const struct outcome *outcome);
/* A stranger's text for a message of ours: one line, no control characters, at most `most` bytes,
 * in `out`. */
void answer_clean(const char *text, size_t most, struct text *out);
