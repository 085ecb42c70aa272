/*
 * dispatch/command.h - a person's command (`retry`, `cancel`, `sites pause`, `sites resume`), with
 * what the dispatcher needs of the store.
 *
 * Life: dispatch_command_new, dispatch_command_find if it is about a refresh, then
 * dispatch_take_command().
 */
#pragma once
#include "base/arena.h"
#include "base/mailbox.h"
#include "content/selection.h"
#include "schedule/action.h"
#include "store/store.h"

enum dispatch_verb { DISPATCH_RETRY, DISPATCH_CANCEL, DISPATCH_PAUSE, DISPATCH_RESUME };
extern const char *const dispatch_verbs[]; /* as they are recorded; NULL ends them */

struct dispatch_command {
	struct message message; /* first member */
	enum dispatch_verb verb;
	const char *who;
	int64_t refresh;                 /* RETRY and CANCEL */
	const char *site;                /* PAUSE and RESUME */
	const char *refresh_site;        /* RETRY and CANCEL: of the refresh; NULL: not known */
	const struct refresh_row *ended; /* the row of a refresh that has ended; else NULL */
	const struct cause_row *causes;
	size_t cause_count;
	/* of an ended one, the selections that named its content */
	const struct selection *namings;
	size_t naming_count;
	bool is_passed_on;   /* by another node, which took this one for the site's owner */
	struct arena *arena; /* holds everything, also this struct */
	/* The answer: */
	struct asked asked;
	/* Called once, when the command is durable or refused, on the dispatch thread (or, where it
	 * was passed on to another node, on another); owns the command. */
	void (*done)(struct dispatch_command *command);
	void *context;
};

struct dispatch_command *dispatch_command_new(enum dispatch_verb verb, const char *who);
void dispatch_command_free(struct dispatch_command *command); /* NULL is fine */
OWNED_DEFINE(dispatch_command)
/* Reads the refresh that the command is about. *is_there: it exists. */
bool dispatch_command_find(struct dispatch_command *command, struct store *reader, int64_t refresh,
	bool *is_there, struct error *err) MUST_USE;
/* Answers it with CONSENT_NO and these words. */
void dispatch_command_refuse(struct dispatch_command *command, const char *words);
