/*
 * cli/command.h - what a command is. Each has one file that exports one constant; main.c holds the
 * list.
 *
 * Options are a table of rows and are read before `run` is called. `run` prints results to stdout
 * and messages to stderr, returns one of the exit statuses, and never calls exit().
 */
#pragma once
#include "base/text.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {                         /* exit statuses */
	EXIT_YES = 0,          /* yes, done */
	EXIT_NO = 1,           /* the answer is no */
	EXIT_USAGE = 2,        /* usage error or unreadable file */
	EXIT_UNREACHABLE = 69, /* EX_UNAVAILABLE: a server or the daemon cannot be reached */
	EXIT_CONFIG = 78, /* EX_CONFIG: `serve` will not start until its configuration is edited */
};

enum option_type {
	OPTION_FLAG,
	OPTION_VALUE,
	OPTION_VALUES, /* may be repeated */
	OPTION_NEEDED, /* a value without which the command does not run */
};

struct option_spec {      /* {0} ends the table */
	const char *name; /* without "--" */
	enum option_type type;
	const char *value_name; /* "FILE" */
	const char *help;
};

struct command_word { /* that the first argument may be; {0} ends the table */
	const char *name, *help;
};

struct command_line { /* the options and arguments given; borrowed from argv */
	const struct command *command;
	int argument_count;
	char *const *arguments; /* after the options */
	const struct option_value *values;
	size_t value_count;
	const char *format; /* of --format, or "text" */
	bool json;          /* is it "json"? */
};
struct option_value {
	const char *name, *value;
};

bool command_line_flag(const struct command_line *line, const char *name);
/* the last value given, or NULL */
const char *command_line_value(const struct command_line *line, const char *name);
/* The nth value of an option that may be repeated, or NULL past the last. */
const char *command_line_nth(const struct command_line *line, const char *name, size_t n);

struct command {
	const char *name;
	const char *arguments;   /* after the options: "EVENT", "[PATH]..."; NULL: none */
	const char *summary;     /* one line, lower case, no full stop: what it does or shows */
	const char *description; /* sentences, a paragraph a line; `literal`; NULL: none */
	const struct command_word *words; /* NULL: the first argument is none of a few words */
	const struct option_spec *options;
	bool is_hidden;      /* not for people: not in the list of commands */
	const char *formats; /* of --format: "text|json", the first one by default; NULL: none */
	int least_arguments, most_arguments; /* most -1: any number */
	int (*run)(const struct command_line *line);
};

#define HELP_OF_FORMAT "how the result is printed; by default text"
#define HELP_OF_HELP "print this help"

extern const struct command *const commands[];         /* NULL ends it */
const struct command *command_named(const char *name); /* or NULL */

/* Prints "refresh-router NAME: message" to stderr and returns EXIT_USAGE. */
int command_usage(const struct command_line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same with a message like "there is no schema 'ruls'; did you mean 'rules'? There are: ...";
 * `noun`: what the words of the command are. */
int command_word_unknown(const struct command_line *line, const char *noun);
/* "refresh-router send --to URL --secret-env NAME [OPTIONS] EVENT" */
void command_usage_line(const struct command *command, struct text *out);
/* Finds the command, reads its options, runs it and returns the exit status. Handles --help,
 * --version and misspelt names. */
int command_main(int argc, char **argv);
