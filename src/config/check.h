/*
 * config/check.h - checks of a configuration that no table of fields can express; private to
 * config/.
 */
#pragma once
#include "base/yaml/yaml.h"
#include "config/config.h"

/* Letters, digits, '_', '.' and '-'. */
bool config_check_name(const char *name);
/* Checks names, addresses, URLs and PATs of a loaded configuration, and adds problems. `file` gives
 * source lines. */
/* check_listen.c: the part of config_check() about the listeners. */
void config_check_listeners(
	const struct config *config, const struct yaml_file *file, struct problems *problems);
void config_check(struct config *config, const struct yaml_file *file, struct problems *problems);
