/*
 * tableau/answer.h - the meaning of Tableau's answers: a table of its codes (README.md, Refused
 * refreshes, Jobs, Errors), with advice for a person. Pure. Private to tableau/.
 */
#pragma once
#include "base/json.h"
#include "base/web/transport.h"
#include "tableau/tableau.h"

enum call_type {
	CALL_QUERY, /* of content */
	CALL_JOBS,  /* the list of jobs */
	CALL_SERVER_INFO,
	CALL_REFRESH,
	CALL_SIGN_IN,
	CALL_SIGN_OUT,
	CALL_JOB,
	CALL_CANCEL,
	CALL_NONE, /* no request: succeeds as soon as there is a session */
};

/*
 * Reads a reply. On success (2xx with a JSON object, or an empty 2xx for calls without a result)
 * *json is the tree, which the caller owns; otherwise it is NULL and outcome->error says what
 * happened. A reply that is not Tableau's JSON or XML counts as a gateway's, which is transient
 * (README.md, Gateways).
 */
void answer_read(const struct transport_reply *reply, enum call_type type, struct outcome *outcome,
	cJSON **json);
/* `json` is the reply when outcome->ok, valid during the callback. */
typedef void call_done(const struct outcome *outcome, const cJSON *json, void *context);

/* Is the path unknown to the server? It may not have the API version in it (README.md,
 * Versions). */
bool answer_is_version(const struct outcome *outcome);
/* Writes a stranger's text to `out` for a message: one line without control characters, at most
 * `most` bytes. */
void answer_clean(const char *text, size_t most, struct text *out);
