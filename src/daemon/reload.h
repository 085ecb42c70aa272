/*
 * daemon/reload.h - the configuration and ruleset in use, and their replacement: all or nothing.
 *
 * Belongs to the main thread. Other threads read the two slots.
 */
#pragma once
#include "base/clock.h"
#include "base/problem/problem.h"
#include "base/text.h"
#include "config/config.h"
#include "rules/ruleset.h"

struct reload;
struct trouble_slot; /* admin/trouble.h */

/* Loads for the first time; NULL when there is any error, all of them in `problems`. */
struct reload *reload_new(const char *config_path, struct problems *problems);
void reload_free(struct reload *reload);
OWNED_DEFINE(reload)

struct config_slot *reload_configs(struct reload *reload);
struct ruleset_slot *reload_rulesets(struct reload *reload);

/* Called with a new configuration, so that other parts take it over; false keeps the old one in
 * use. */
typedef bool reload_apply(
	struct config *config, void *context, struct text *report, struct error *err);
/*
 * Reads everything again. True: the new configuration and ruleset are in use, and `report` says
 * what changed. False: the last good ones stay in use, and `report` says why.
 */
bool reload_again(struct reload *reload, reload_apply *apply, void *context, struct text *report);

/* Do the bytes of configuration, rules and secrets differ from those last read? Other changes in
 * their folders (a store there, a touched file) do not count. */
bool reload_is_worth_it(struct reload *reload);

/* Visits the paths whose change is worth a reload: configuration, rules with the folders below,
 * secrets in files. */
void reload_paths(
	struct reload *reload, void (*visit)(const char *path, void *context), void *context);

/* empty, or of struct trouble (admin/trouble.h) */
struct trouble_slot *reload_failures(struct reload *reload);
