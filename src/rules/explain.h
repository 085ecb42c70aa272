/*
 * rules/explain.h - why the other rules did not match. Private to rules/.
 */
#pragma once
#include "rules/match.h"

/* The rules that are not in `is_match` (by rule), nearest miss first. Never NULL. */
const struct unmatched *unmatched_explain(
	struct matching *matching, const bool *is_match, size_t *count);
