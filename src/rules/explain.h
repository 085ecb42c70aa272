/*
 * rules/explain.h - why rules did not match. Private to rules/.
 */
#pragma once
#include "rules/match.h"

/* The rules for which `is_match` (by rule) is not set, nearest miss first. Never NULL. */
const struct unmatched *unmatched_explain(
	struct matching *matching, const bool *is_match, size_t *count);
