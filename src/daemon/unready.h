/*
 * daemon/unready.h - both listeners while the server of the store cannot be reached at a start:
 * deliveries get a 503, so that dbt sends them again, and /readyz says why.
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"
#include "config/config.h"
#include "daemon/systemd.h"

struct unready;

/* Listens where the daemon will; systemd's sockets stay open for it. `config` is borrowed. */
struct unready *unready_start(const struct config *config, const struct systemd_sockets *sockets,
	struct error *err) MUST_USE;
/* Why it waits, as of now. */
void unready_tell(struct unready *unready, const char *reason);
void unready_free(struct unready *unready); /* the addresses are free then; NULL is fine */
OWNED_DEFINE(unready)
