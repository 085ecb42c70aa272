/*
 * cli/list.h - what `events`, `refreshes` and `show` share: members of the API's JSON as texts.
 */
#pragma once
#include "base/json.h"

/* A member as text; "" when absent. `out` holds numbers. */
#define MEMBER_TEXT_SIZE 32 /* 20 digits */
const char *member_text(const cJSON *object, const char *key, char out[MEMBER_TEXT_SIZE]);
/* A member that is a number, as an id is; 0 else. What admin_get() gave holds whole numbers only.
 */
int64_t member_count(const cJSON *object, const char *key);
/* A time without its fraction. */
const char *member_time(const cJSON *object, const char *key, char out[MEMBER_TEXT_SIZE]);
