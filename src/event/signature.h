/*
 * event/signature.h - dbt's signature: hex HMAC-SHA256 over the raw body, the secret's text as key
 * (README.md, Signature).
 */
#pragma once
#include "base/secret.h"
#include "base/str.h"

#define SIGNATURE_TEXT_SIZE 65 /* 64 hex digits and NUL */

void signature_make(struct str body, const struct secret *secret,
	char out[SIGNATURE_TEXT_SIZE]); /* lower case */

/*
 * Did any of the secrets sign the body? Constant time: every secret is tried, and the comparison
 * does not depend on content. 64 hex digits in either case and nothing else; `header` NULL is a no.
 */
bool signature_verify(
	const char *header, struct str body, const struct secret *const *secrets, size_t count);
/* Is it 64 hex digits at all? A gateway may have put its own token there; the log says so. */
bool signature_is_written(const char *header);
