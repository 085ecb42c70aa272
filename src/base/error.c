/* base/error.c - formats the message of a failure, and keeps its cause when context makes it too
 * long. */
#include "base/error.h"
#include "base/str.h"
#include <errno.h>

enum error_kind error_kind_of(int number)
{
	switch (number) {
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case EINVAL:
	case EAFNOSUPPORT:
		return ERROR_INPUT;
	case EADDRINUSE:
	case EADDRNOTAVAIL:
	case EAGAIN:
	case EBUSY:
	case EINTR:
		return ERROR_TRANSIENT;
	default:
		return ERROR_SYSTEM;
	}
}

bool error_fail(struct error *err, enum error_kind kind, const char *format, ...)
{
	va_list args;
	char message[sizeof err->message]; /* a copy, because an argument may be the old message */
	va_start(args, format);
	str_print_args(message, sizeof message, format, args);
	va_end(args);
	err->kind = kind;
	memcpy(err->message, message, sizeof message);
	return false;
}

/* The old message is the cause and stands last: it keeps at least half of the room. */
bool error_context(struct error *err, const char *format, ...)
{
	va_list args;
	char what[sizeof err->message / 2], cause[sizeof err->message];
	va_start(args, format);
	str_print_args(what, sizeof what, format, args);
	va_end(args);
	memcpy(cause, err->message, sizeof cause);
	struct str kept = str_cut(str_of(cause), sizeof err->message - strlen(what) - 3);
	str_print(err->message, sizeof err->message, "%s: %.*s", what, (int)kept.length, kept.at);
	return false;
}
