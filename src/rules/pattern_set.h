/*
 * rules/pattern_set.h - each pattern of a ruleset once, by its written text, and its probes.
 * Private to rules/.
 */
#pragma once
#include "rules/load.h"

/* The probe of `written` on `field`, compiled when it is new. False when it does not compile;
 * `*offset` says where. */
bool pattern_set_intern_probe(struct loading *loading, struct str written, enum event_field field,
	uint32_t *probe, size_t *offset, struct error *err) MUST_USE;
/* Does a match always cover the whole text: every alternative begins with ^ or \A and ends with $,
 * \z or \Z? In doubt, no. */
bool pattern_set_is_anchored(struct str written);
