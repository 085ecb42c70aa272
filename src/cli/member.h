/*
 * cli/member.h - what `events`, `refreshes` and `show` share: members of the API's JSON as texts.
 */
#pragma once
#include "base/json.h"

/* A member as text; "" when absent. A number is printed to `out`. */
#define MEMBER_TEXT_SIZE 32 /* 20 digits */
const char *cli_member_text(const cJSON *object, const char *key, char out[MEMBER_TEXT_SIZE]);
/* A member that is a number, such as an id; else 0. JSON from admin_client_get() holds whole
 * numbers only. */
int64_t cli_member_count(const cJSON *object, const char *key);
/* A time without its fraction. */
const char *cli_member_time(const cJSON *object, const char *key, char out[MEMBER_TEXT_SIZE]);
