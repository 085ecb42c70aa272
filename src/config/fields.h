/*
 * config/fields.h - the tables that declare the configuration file; private to config/.
 */
#pragma once
#include "base/record/field.h"

extern const struct field config_fields[];
