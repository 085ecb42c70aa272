/*
 * base/http.h - what RFC 9110 and RFC 9112 forbid in the head of a request, where libmicrohttpd
 * takes it: it reads the first of two lengths, waits for the end of codings that it does not know,
 * and takes names and hosts as they come. What two programs may read in two ways is how requests
 * are smuggled past the first of them.
 *
 * Pure. Begin with a struct http_head of zeros, give it the line and every field, then ask.
 */
#pragma once
#include "base/str.h"
#include <stdbool.h>

struct http_head {
	unsigned status;      /* of the answer that refuses it; 0: none of it is wrong so far */
	const char *reason;   /* what is wrong, for its sender */
	struct str authority; /* host and port that it is for; empty: it names none. Borrowed. */
	/* private: */
	bool is_old, has_length, has_coding, has_host, is_absolute;
	struct str length;
};

/* `target` as sent (with its query), `version` like "HTTP/1.1". */
void http_head_line(
	struct http_head *head, struct str method, struct str target, struct str version);
/* Both are borrowed until the end; blanks around the value are no part of it. */
void http_head_field(struct http_head *head, struct str name, struct str value);
/* After the last field. False: it is to be refused, see `status`. */
bool http_head_is_good(struct http_head *head);

/*
 * Reads a head as it came over the wire, as far as it has come: `bytes` begins where the request
 * does. False: the end of the head is still to come, and nothing is wrong so far. True: the head is
 * whole, or refused (`status`).
 */
bool http_head_read(struct http_head *head, struct str bytes);

/* The path in a request's target without a query, which may be an absolute URI (RFC 9112, 3.2.2);
 * "*" and what is none of these stay as they are. */
const char *http_path(const char *target);
