/*
 * cli/events/redact.h - recorded events without names and free text, so that they may live in a
 * repository. What is kept and why: src/cli/README.md, Redaction.
 */
#pragma once
#include "base/json.h"
#include "base/mem.h"
#include "event/event.h"

struct redaction;

/*
 * Texts are replaced by "name-" and 16 hexadecimal digits, a HMAC of the text: equal texts by equal
 * ones. The key is the secret in the file `key_path`; NULL: a random one, so that two exports have
 * nothing in common. ERROR_INPUT: the file cannot be read, or is too short to be a secret.
 */
struct redaction *redaction_new(const char *key_path, struct error *err) MUST_USE;
void redaction_free(struct redaction *redaction); /* NULL is fine */
OWNED_DEFINE(redaction)

/* Leaves the values of this field as they are. */
void redaction_keep(struct redaction *redaction, enum event_field field);
/* An event of /api/v1/events without what is replaced or left out. The caller owns it. */
cJSON *redaction_apply(const struct redaction *redaction, const cJSON *event);
