/*
 * base/error.h - how a call says that it failed.
 *
 * A failure is `false` (or NULL) plus a `struct error`: the last argument, never NULL, owned by the
 * caller, written only on failure, no allocation. The code that finds the failure says what is
 * wrong (error_fail); a caller that knows more puts its noun in front (error_context). Both return
 * false, so that a function can `return error_fail(...)`.
 *
 * Threads: any; an error belongs to its owner.
 */
#pragma once
#include <stdbool.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text_at, first_at) __attribute__((format(printf, text_at, first_at)))

/* Drops a result on purpose; the reason stands beside it. */
#define IGNORE(call)                                                                               \
	do {                                                                                       \
		if (call) {}                                                                       \
	} while (0)

enum error_kind { /* what the caller does next, not where it came from */
	ERROR_NONE,
	ERROR_INPUT,      /* only a person can mend it: a file, a flag or a request must change */
	ERROR_SYSTEM,     /* disk, permission, library: give up here and say so */
	ERROR_TRANSIENT,  /* the same call may work later: back off, try again */
	ERROR_REFUSED,    /* the other side refused for good: fail the refresh */
	ERROR_GONE,       /* the other side no longer knows this id: resolve by name once */
	ERROR_SIGNED_OUT, /* renew the session once, then repeat */
	ERROR_QUEUED_ELSEWHERE, /* neither done nor failed: wait */
	ERROR_UNKNOWN,          /* sent, no reply: it may have happened; look before repeating */
};

struct error {
	enum error_kind kind;
	/* one line, cause last: "site 'finance': sign in: HTTP 401: token expired"; a longer one
	 * loses its middle */
	char message[480];
};

/*
 * The kind of a failed system call by its errno: ERROR_INPUT when only another path or address
 * helps, ERROR_TRANSIENT when waiting helps (for an address, a lock), else ERROR_SYSTEM (disk,
 * permission, descriptors).
 */
enum error_kind error_kind_of(int number);

/* Writes `kind` and the message; always false. */
bool error_fail(struct error *err, enum error_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "WHAT: " in front of the message that is there; always false. */
bool error_context(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
