/*
 * base/secret.h - bytes that must never be shown: wiped when freed, impossible to print or log.
 *
 * A secret is configured as a reference, never a value: {env: NAME}, {file: PATH} (one trailing
 * newline dropped), {credential: NAME} (systemd credentials: $CREDENTIALS_DIRECTORY/NAME).
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"

struct secret; /* immutable after birth: any thread may read it */

enum secret_from { SECRET_FROM_ENV, SECRET_FROM_FILE, SECRET_FROM_CREDENTIAL };

struct secret_ref { /* plain data; where the secret is, not the secret */
	enum secret_from from;
	/* variable, path (absolute, or relative to the working folder) or credential */
	const char *name;
	int line, column; /* where the reference stands, for messages */
};

/* Reads it now. ERROR_INPUT says which variable, file or credential is missing, empty or blank; it
 * never quotes a value. */
struct secret *secret_load(const struct secret_ref *ref, struct error *err) MUST_USE;
struct secret *secret_copy(struct str bytes);
void secret_free(struct secret *secret); /* wipes */
OWNED_DEFINE(secret)

/* Borrowed: pass them on, do not keep them. A NUL follows them. */
struct str secret_bytes(const struct secret *secret);
bool secret_equal(const struct secret *a, const struct secret *b); /* in constant time */
/*
 * Describes bytes that hardly belong to it: "ends in U+000D (carriage return)"; also a byte order
 * mark, blanks, line ends, quotation marks around it, controls inside. False: there are none. They
 * are used all the same, because only the secret's owner knows whether they belong to it.
 */
bool secret_describe_strays(const struct secret *secret, struct text *out);
/* The secret without stray bytes at its ends; borrowed. */
struct str secret_core(struct str bytes);
/* Wipes memory that held a copy of a secret, and cannot be optimised away. */
void secret_wipe(void *bytes, size_t length);
/* No core dumps and no ptrace of this process from now on (PR_SET_DUMPABLE, RLIMIT_CORE). */
void secret_protect_process(void);
