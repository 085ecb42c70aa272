/*
 * base/web/http.h - refuses heads of requests that RFC 9110 and RFC 9112 forbid and libmicrohttpd
 * accepts: it uses the first of two lengths, waits for the end of codings that it does not know,
 * and does not check names and hosts. A head that two programs read differently lets a request be
 * smuggled past the first of them.
 *
 * Pure. Begin with a struct http_head of zeros, give it the line and every field, then ask.
 */
#pragma once
#include "base/str.h"
#include <stdbool.h>

struct http_head {
	unsigned status;      /* of the answer that refuses it; 0: nothing is wrong so far */
	const char *reason;   /* what is wrong, for its sender */
	struct str authority; /* the host and port that it names, or empty. Borrowed. */
	/* private: */
	bool is_old, has_length, has_coding, has_host, is_absolute;
	struct str length;
};

/* `target` as sent (with its query), `version` like "HTTP/1.1". */
void http_head_line(
	struct http_head *head, struct str method, struct str target, struct str version);
/* Both are borrowed as long as the head is; blanks around the value do not belong to it. */
void http_head_field(struct http_head *head, struct str name, struct str value);
/* Call after the last field. False: refuse it with `status`. */
bool http_head_is_good(struct http_head *head);

/*
 * Reads a head from the wire, as far as it has arrived: `bytes` begins where the request does.
 * True: the head is complete, or refused (`status`). False: its end is still to come, and nothing
 * is wrong so far.
 */
bool http_head_read(struct http_head *head, struct str bytes);
/* Is more to be learned from `bytes` than when only the first `before` of them had arrived? A head
 * is read by lines, so one that comes byte by byte is not read again with each. */
bool http_head_has_news(struct str bytes, size_t before);

/* The path of a request's target (without a query), which may be an absolute URI (RFC 9112, 3.2.2).
 * Anything else, such as "*", is returned as it is. */
const char *http_path(const char *target);
