/*
 * cli/offer.h - what a shell may offer for one word of a command line.
 *
 * `--help` writes FILE, SITE or "text|json" where a person puts something; the same words decide
 * here what is offered. So a command says it once, in its table.
 *
 * Everything offered is on this machine: files, the configuration, rules and tests are read,
 * nothing is asked, and what cannot be read or is not valid offers nothing. Nothing is printed.
 */
#pragma once
#include "base/arena.h"
#include "cli/command.h"

enum offer_kind {
	OFFER_WORDS,   /* those in the list, maybe none */
	OFFER_FILES,   /* the shell's own list of files */
	OFFER_FOLDERS, /* or of folders only */
};

struct offer_word {
	const char *word; /* one line, without control characters */
	const char *help; /* or "" */
};

struct offer { /* begin with {.arena = ...}; texts live there */
	struct arena *arena;
	enum offer_kind kind;
	struct offer_word *words;
	size_t count, capacity;
};

/* Adds a copy, unless the word has control characters, which nobody can type. NULL: no help. */
void offer_add(struct offer *offer, const char *word, const char *help);
/*
 * Adds what may stand for `placeholder`: alternatives between '|', each a word in lower case, or a
 * name in capitals: FILE, PATH, EVENT, OLD, NEW, FROM, TO, DIR, SITE, SOURCE, RECEIVER, RULE,
 * PATTERN (of tests), STATE, CODE (of findings), FIELD (of events). Other names offer nothing.
 * `line`: the options and arguments before it, for --config and
 * --rules.
 */
void offer_placeholder(
	struct offer *offer, const char *placeholder, const struct command_line *line);
