/*
 * admin/access.h - who may do what at the admin listener.
 *
 * Pure: the same tokens and the same request get the same verdict; no clock, log, lock or I/O. Only
 * access_new() reads files, those of the tokens. What is done about a verdict is admin/door.c's.
 *
 * Threads: any; the tokens are an immutable snapshot (base/shared.h), replaced by a reload.
 */
#pragma once
#include "base/error.h"
#include "base/shared.h"
#include "base/web/peer.h"
#include "config/config.h"

/* What a path asks for. The most comes first: a path of which nothing is said needs it. */
enum access_need {
	ACCESS_CHANGE, /* an operator */
	ACCESS_READ,   /* a viewer */
	/* Nothing, but a wrong token is refused: the page that asks for one. */
	ACCESS_SHELL,
	/* Nothing, and no token is looked at: health, for those who cannot have one. */
	ACCESS_PROBE,
};

enum access_verdict {
	ACCESS_GRANTED,
	ACCESS_NO_TOKEN,    /* 401 */
	ACCESS_WRONG_TOKEN, /* 401 */
	ACCESS_TOO_LOW,     /* 403: a viewer's change */
};

/* In this order: who may more is greater. */
enum access_role { ACCESS_NOBODY, ACCESS_VIEWER, ACCESS_OPERATOR };

struct access_request {
	enum access_need need;
	const struct peer_about *peer;
	const char *authorization; /* the header; NULL: none */
};

/* Who asks: what is recorded of a change. */
struct access_asker {
	enum access_role role;
	char token[CONFIG_TOKEN_NAME_BYTES + 1]; /* its name; "": without one, known by `peer` */
	enum peer_kind kind;
	unsigned user; /* of a Unix socket */
};

struct access;
SHARED_DECLARE(access)

/* Reads the tokens of a configuration and keeps their hashes. NULL: one cannot be read. */
struct access *access_new(const struct config *config, struct error *err) MUST_USE;

/*
 * A token is looked for only where there are any. Each is compared by its SHA-256 and in constant
 * time, so that neither its length nor how much of it is right shows.
 *
 * Without a token, a Unix socket's peer may do everything, because the permissions of the file let
 * it in; so may loopback while no tokens are configured. `asker` is written in any case.
 */
enum access_verdict access_decide(const struct access *access, const struct access_request *request,
	struct access_asker *asker);
/* Will a token of this request be looked at? */
bool access_is_claim(const struct access *access, const struct access_request *request);
