/*
 * base/pattern/pattern_sample.h - a text that a pattern matches.
 *
 * Built from the pattern's syntax and then searched for, so a sample is always true; a pattern that
 * asks for more than the reader understands (back references, conditions, a lookahead that
 * matters) has none. The same pattern has the same samples everywhere.
 */
#pragma once
#include "base/pattern/pattern.h"

#define PATTERN_SAMPLE_BYTES 200 /* no sample is longer */

/*
 * Puts a sample into `out` (initialised by the caller, emptied first). Another `turn` takes other
 * alternatives, and what is optional. False when none was found.
 */
bool pattern_sample(const struct pattern *pattern, unsigned turn, struct pattern_scratch *scratch,
	struct text *out) MUST_USE;
