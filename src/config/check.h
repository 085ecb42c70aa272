/*
 * config/check.h - checks of a configuration that no table of fields can express; private to
 * config/.
 */
#pragma once
#include "base/yaml/yaml.h"
#include "config/config.h"

/* check_listen.c: the part of config_check() about the listeners. */
void config_check_listeners(
	const struct config *config, const struct yaml_file *file, struct problems *problems);
/* check_notify.c: the part about who is told. */
void config_check_receivers(
	const struct config *config, const struct yaml_file *file, struct problems *problems);
/* Checks names, addresses, URLs and PATs of a loaded configuration, and adds problems. `file` gives
 * source lines. */
void config_check(struct config *config, const struct yaml_file *file, struct problems *problems);

/* ---- shared by the parts ---- */

/* Letters, digits, '_', '.' and '-': it stands in URLs, keys and labels. */
bool config_check_name(const char *name);
/* NULL is fine. */
void config_check_proxy(const char *proxy, struct place place, struct problems *problems);
/* The YAML of the entry at `place`. Not found by index, because entries that are not maps have no
 * struct. */
const struct yaml_node *config_check_entry(const struct yaml_node *list, struct place place);
