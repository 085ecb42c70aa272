/*
 * base/yaml/yaml_hint.h - what to do about a file that libyaml cannot read: its own words name what
 * it had expected, and seldom the slip.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"

/* Where and why libyaml (scanner.c, parser.c) stopped. */
struct yaml_stop {
	const char *what;    /* its `problem` */
	const char *context; /* its `context`, or NULL */
	struct str source;
	size_t from;   /* where the first line of the unfinished construct begins, else `offset` */
	size_t offset; /* where it stopped */
};

/* The end of a message, "; a text with ': ' in it needs quotes", or "". In `arena` or for ever. */
const char *yaml_hint(const struct yaml_stop *stop, struct arena *arena);
