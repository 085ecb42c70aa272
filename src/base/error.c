/* base/error.c - formats the message of a failure; one that is too long keeps its beginning and its
 * end, where the cause stands and what to do about it. */
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

/* The most that is formatted before it is shortened. */
#define WHOLE_BYTES 4000

bool error_fail(struct error *err, enum error_kind kind, const char *format, ...)
{
	va_list args;
	char whole[WHOLE_BYTES]; /* a copy, because an argument may be the old message */
	va_start(args, format);
	str_print_args(whole, sizeof whole, format, args);
	va_end(args);
	err->kind = kind;
	str_shorten(err->message, sizeof err->message, str_of(whole));
	return false;
}

/* The old message is the cause and stands last: it keeps at least half of the room. */
bool error_context(struct error *err, const char *format, ...)
{
	va_list args;
	char what[WHOLE_BYTES], kept[sizeof err->message / 2], whole[2 * sizeof err->message];
	va_start(args, format);
	str_print_args(what, sizeof what, format, args);
	va_end(args);
	str_shorten(kept, sizeof kept, str_of(what));
	str_print(whole, sizeof whole, "%s: %s", kept, err->message);
	str_shorten(err->message, sizeof err->message, str_of(whole));
	return false;
}
