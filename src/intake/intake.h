/*
 * intake/intake.h - the webhook listener: verifies, decides, makes durable, and only then answers
 * 200 (src/README.md, The way of an event).
 *
 * A request is verified and decided on a thread of the HTTP pool, waits there without a thread
 * until the journal has committed it, and is answered by the journal thread.
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"
#include "config/config.h"
#include "dispatch/dispatch.h"
#include "rules/ruleset.h"
#include "store/journal.h"

struct intake;

struct intake_options {
	struct config *config;         /* borrowed for the call */
	struct ruleset_slot *rulesets; /* the current one decides */
	struct journal *journal;
	struct dispatch *dispatch;
	int socket;           /* that listens already; 0: listen.webhooks is opened */
	unsigned connections; /* limits.connections, or fewer if descriptors are short */
	bool dry_run;         /* decide and record, refresh nothing */
};

/* Reads the sources' secrets and the TLS files, and listens. ERROR_INPUT: one of them, or the
 * address, cannot be used. */
struct intake *intake_start(const struct intake_options *options, struct error *err) MUST_USE;
const char *intake_address(const struct intake *intake);
/* For web_renew(). */
struct web *intake_web(struct intake *intake);
/* Reads sources and their secrets again; the listener itself stays. On failure the old ones stay.
 * Main thread. */
bool intake_configure(struct intake *intake, struct config *config, struct error *err) MUST_USE;
/* Answers open requests (the journal must still run), then ends. */
void intake_stop(struct intake *intake);
void intake_free(struct intake *intake);
OWNED_DEFINE(intake)
