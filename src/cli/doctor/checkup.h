/*
 * cli/doctor/checkup.h - what `doctor` looks at, and what it found: one line for each thing, with
 * what to do. No text of it holds a secret.
 */
#pragma once
#include "base/arena.h"
#include "base/record/record.h"
#include "cli/command.h"
#include "config/config.h"
#include "rules/ruleset.h"

enum checkup_verdict { CHECKUP_OK, CHECKUP_WARNING, CHECKUP_PROBLEM, CHECKUP_VERDICTS };

struct checkup_item {
	const char *check;   /* "store" */
	const char *subject; /* of several: the site's or source's name; NULL: there is one */
	enum checkup_verdict verdict;
	const char *message;
	const char *remedy; /* what to do; NULL: nothing */
};

struct checkup { /* everything lives in `arena` */
	struct arena *arena;
	const struct command_line *line;
	struct checkup_item *items;
	size_t count, capacity;
	size_t verdicts[CHECKUP_VERDICTS]; /* how many of each */
	/* What earlier checks found out for later ones: */
	struct config *config;   /* borrowed */
	struct ruleset *ruleset; /* borrowed; NULL: the rules have an error */
	const char *config_path;
	int64_t holder;  /* the process that has the store; 0: none */
	const char *url; /* of the daemon's admin listener; NULL: no daemon answers there */
};

/* Adds a line; `remedy` is copied, and NULL when nothing is to be done. */
void checkup_add(struct checkup *checkup, const char *check, const char *subject,
	enum checkup_verdict verdict, const char *remedy, const char *format, ...)
	PRINTF_LIKE(6, 7);

/* ---- checkup_files.c: configuration, rules and secrets ---- */

/* False when there is no configuration that the other checks could go by. `run` is the caller's. */
struct check_run;
bool checkup_files(struct checkup *checkup, struct check_run *run);

/* ---- checkup_store.c ---- */

void checkup_store(struct checkup *checkup);

/* ---- checkup_daemon.c: the daemon, its listeners and limits ---- */

/* False when --url leads to no daemon. */
bool checkup_daemon(struct checkup *checkup);
void checkup_listeners(struct checkup *checkup);
void checkup_limits(struct checkup *checkup);

/* ---- checkup_network.c: sites, and the clocks of Tableau and dbt ---- */

void checkup_network(struct checkup *checkup);

/* ---- doctor.c ---- */

extern const struct member checkup_members[];
