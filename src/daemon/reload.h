/*
 * daemon/reload.h - the configuration and ruleset that are serving, and how new ones take their
 * place: all or nothing.
 *
 * Belongs to the main thread. Other threads read the two slots.
 */
#pragma once
#include "base/clock.h"
#include "base/problem.h"
#include "base/shared.h"
#include "base/text.h"
#include "config/config.h"
#include "rules/ruleset.h"

struct reload;

/* Loads for the first time; NULL when there is any error, all of them in `problems`. */
struct reload *reload_new(const char *config_path, struct problems *problems);
void reload_free(struct reload *reload);
OWNED_DEFINE(reload)

struct shared_slot *reload_configs(struct reload *reload);  /* of struct config */
struct shared_slot *reload_rulesets(struct reload *reload); /* of struct ruleset */

/* What else takes over a new configuration; false keeps the old one serving. */
typedef bool reload_apply(
	struct config *config, void *context, struct text *report, struct error *err);
/*
 * Reads everything again. True: the new configuration and ruleset serve (`report` says what
 * changed); false: the last good ones go on, and `report` says why.
 */
bool reload_again(struct reload *reload, reload_apply *apply, void *context, struct text *report);

/* Do the bytes of configuration, rules and secrets differ from those that were read last? A change
 * of the folder around them (a store that lies there, a file touched) is none. */
bool reload_is_worth_it(struct reload *reload);

/* The paths whose change is worth a reload: configuration, rules with the folders below, secrets in
 * files. */
void reload_paths(
	struct reload *reload, void (*visit)(const char *path, void *context), void *context);

struct shared_slot *reload_failures(
	struct reload *reload); /* empty, or of struct trouble (admin/trouble.h) */
