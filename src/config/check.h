/*
 * config/check.h - what a table cannot say about a configuration; private to config/.
 */
#pragma once
#include "base/yaml.h"
#include "config/config.h"

/* Names, addresses, URLs, PATs of a loaded configuration; problems are added. `file` gives source
 * lines. */
/* check_listen.c: the part of config_check() about the listeners. */
void config_check_listeners(
	const struct config *config, const struct yaml_file *file, struct problems *problems);
void config_check(struct config *config, const struct yaml_file *file, struct problems *problems);
