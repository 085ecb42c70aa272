/*
 * rules/luid.h - the form of Tableau's ids: a UUID in lower case (src/tableau/README.md, JSON).
 * Private to rules/.
 */
#pragma once
#include "base/str.h"

#define LUID_TEXT_SIZE 37 /* 8-4-4-4-12 hex digits and NUL */

/* Writes the LUID in lower case; false when `text` is not a LUID. */
bool luid_normalise(struct str text, char out[LUID_TEXT_SIZE]) MUST_USE;
