/*
 * event/signature.h - dbt's signature: hex HMAC-SHA256 over the raw body, the secret's text as key
 * (README.md, Signature).
 */
#pragma once
#include "base/mem.h"
#include "base/secret.h"
#include "base/str.h"

#define SIGNATURE_TEXT_SIZE 65 /* 64 hex digits and NUL */

/* A secret prepared for HMAC once instead of for each body. Never changes; any thread. */
struct signing_key;
/* If OpenSSL fails, as in a mode without this digest, nothing verifies with the key. */
struct signing_key *signing_key_new(const struct secret *secret);
void signing_key_free(struct signing_key *key); /* NULL is fine; leaves no trace of the secret */
OWNED_DEFINE(signing_key)

void signature_make(struct str body, const struct signing_key *key,
	char out[SIGNATURE_TEXT_SIZE]); /* lower case */

/*
 * Did any of the keys sign the body? In constant time: every key is tried, and the comparison does
 * not depend on content. `header` must be 64 hex digits in either case; NULL is a no.
 */
bool signature_verify(
	const char *header, struct str body, const struct signing_key *const *keys, size_t count);
/* Is it 64 hex digits? If not, a gateway may have replaced it by a token of its own, and the log
 * says so. */
bool signature_is_written(const char *header);
