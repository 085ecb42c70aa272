/* cli/command.c - finds the command, reads its options, prints help, and runs it. */
#include "cli/command.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "cli/help.h"
#include "cli/print.h"
#include "cli/version.h"
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <string.h>

#define MOST_OPTIONS 24 /* of one command */
#define MOST_NAMES 64   /* names of commands, or of options, that a misspelt one is compared with */
#define HELP 1000
#define FORMAT 1001

/* ---- reading the line ---- */

const char *command_line_nth(const struct command_line *line, const char *name, size_t n)
{
	for (size_t i = 0; i < line->value_count; i++)
		if (!strcmp(line->values[i].name, name) && n-- == 0)
			return line->values[i].value;
	return NULL;
}

const char *command_line_value(const struct command_line *line, const char *name)
{
	const char *value = NULL, *next;
	for (size_t n = 0; (next = command_line_nth(line, name, n)); n++)
		value = next;
	return value;
}

bool command_line_flag(const struct command_line *line, const char *name)
{
	return command_line_nth(line, name, 0);
}

int command_usage(const struct command_line *line, const char *format, ...)
{
	va_list args;
	fprintf(stderr, "refresh-router %s: ", line->command->name);
	va_start(args, format);
	print_line_args(stderr, format, args);
	va_end(args);
	fprintf(stderr, "Try 'refresh-router %s --help'.\n", line->command->name);
	return EXIT_USAGE;
}

/* ---- running ---- */

const struct command *command_named(const char *name)
{
	for (const struct command *const *command = commands; *command; command++)
		if (!strcmp((*command)->name, name))
			return *command;
	return NULL;
}

static int unknown_command(const char *name)
{
	const char *names[MOST_NAMES];
	size_t count = 0;
	for (const struct command *const *command = commands; *command; command++) {
		assert(count < MOST_NAMES); /* the list is ours */
		names[count++] = (*command)->name;
	}
	const char *near = suggest(name, names, count);
	print_line(stderr, "refresh-router: there is no command '%s'%s%s%s", name,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return EXIT_USAGE;
}

static void build_table(const struct command *command, struct option *table)
{
	size_t count = 0;
	for (const struct option_spec *option = command->options; option && option->name;
		option++, count++) {
		assert(count < MOST_OPTIONS); /* options are ours */
		table[count] = (struct option){ option->name,
			option->type == OPTION_FLAG ? no_argument : required_argument, NULL,
			(int)count };
	}
	if (command->formats)
		table[count++] = (struct option){ "format", required_argument, NULL, FORMAT };
	table[count++] = (struct option){ "help", no_argument, NULL, HELP };
	table[count] = (struct option){ 0 };
}

int command_word_unknown(const struct command_line *line, const char *noun)
{
	const char *names[MOST_NAMES], *given = line->arguments[0];
	size_t count = 0;
	OWNED_TEXT struct text list = TEXT(TEXT_UNBOUNDED);
	for (const struct command_word *word = line->command->words; word->name; word++) {
		assert(count < MOST_NAMES); /* the list is ours */
		text_printf(&list, "%s%s", count ? ", " : "", word->name);
		names[count++] = word->name;
	}
	const char *near = suggest(given, names, count);
	return command_usage(line, "there is no %s '%s'%s%s%s There are: %s", noun, given,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : ".", list.at);
}

void command_usage_line(const struct command *command, struct text *out)
{
	text_printf(out, "refresh-router %s", command->name);
	for (const struct option_spec *option = command->options; option && option->name; option++)
		if (option->type == OPTION_NEEDED)
			text_printf(out, " --%s %s", option->name, option->value_name);
	text_printf(out, " [OPTIONS]%s%s", command->arguments ? " " : "",
		command->arguments ? command->arguments : "");
}

static int argument_missing(const struct command_line *line)
{
	OWNED_TEXT struct text usage = TEXT(TEXT_UNBOUNDED);
	command_usage_line(line->command, &usage);
	return command_usage(line, "an argument is missing: %s", usage.at);
}

static int check_and_run(const struct command_line *line)
{
	const struct command *command = line->command;
	for (const struct option_spec *option = command->options; option && option->name; option++)
		if (option->type == OPTION_NEEDED && !command_line_value(line, option->name))
			return command_usage(
				line, "--%s %s is needed", option->name, option->value_name);
	if (line->argument_count < command->least_arguments)
		return argument_missing(line);
	if (command->most_arguments >= 0 && line->argument_count > command->most_arguments)
		return command_usage(line, "'%s' is one argument too many",
			line->arguments[command->most_arguments]);
	return command->run(line);
}

/* The option nearest to "--given=value", or NULL. */
static const char *nearest_option(const struct command *command, const char *given)
{
	const char *names[MOST_OPTIONS + 2]; /* build_table() has checked their number */
	size_t count = 0;
	for (const struct option_spec *option = command->options; option && option->name; option++)
		names[count++] = option->name;
	if (command->formats)
		names[count++] = "format";
	names[count++] = "help";
	OWNED_MEMORY char *word = mem_copy_bytes(given, strcspn(given, "="));
	return suggest(word, names, count);
}

/* Reports an option that getopt_long(3) refused. A letter (we have no options of one letter) is in
 * optopt, between the numbers of our options and those of --help and --format. */
static int mistaken(const struct command_line *line, int found, const char *given)
{
	if (optopt > MOST_OPTIONS && optopt < HELP)
		return command_usage(line, "there is no option '-%c'", optopt);
	if (found == ':')
		return command_usage(line, "the option '%s' lacks its value", given);
	const char *near = nearest_option(line->command, given + 2);
	return command_usage(line, "the option '%s' cannot be used%s%s%s", given,
		near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "");
}

/* Is `word` one of "text|json"? */
static bool is_format(const char *formats, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = formats; *at; at += strspn(at, "|")) {
		size_t here = strcspn(at, "|");
		if (here == length && !memcmp(at, word, length))
			return true;
		at += here;
	}
	return false;
}

/* Returns -1 to go on, else the exit status. */
static int take_option(
	struct command_line *line, struct option_value *values, int found, const char *given)
{
	if (found == HELP) {
		help_print(line->command);
		return EXIT_YES;
	}
	if (found == FORMAT) {
		if (!is_format(line->command->formats, optarg))
			return command_usage(line, "--format is one of %s, not '%s'",
				line->command->formats, optarg);
		line->format = optarg;
		line->json = !strcmp(optarg, "json");
		return -1;
	}
	if (found < 0 || found >= MOST_OPTIONS)
		return mistaken(line, found, given);
	values[line->value_count++] =
		(struct option_value){ line->command->options[found].name, optarg ? optarg : "" };
	return -1;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct option table[MOST_OPTIONS + 3];
	OWNED_MEMORY struct option_value *values = mem_alloc(sizeof *values * (size_t)(argc + 1));
	struct command_line line = { .command = command, .values = values, .format = "text" };
	int found, status;
	build_table(command, table);
	optind = 0; /* getopt(3): 0 starts again; arguments are moved behind the options */
	opterr = 0;
	while ((found = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		status = take_option(&line, values, found, argv[optind - 1]);
		if (status >= 0)
			return status;
	}
	line.arguments = argv + optind;
	line.argument_count = argc - optind;
	return check_and_run(&line);
}

static int find_and_run(int argc, char **argv)
{
	if (argc < 2) {
		help_print_list(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		const struct command *about = argc > 2 ? command_named(argv[2]) : NULL;
		if (argc > 2 && !about)
			return unknown_command(argv[2]);
		if (about)
			help_print(about);
		else
			help_print_list(stdout);
		return EXIT_YES;
	}
	if (!strcmp(argv[1], "--version")) {
		version_print(stdout);
		return EXIT_YES;
	}
	const struct command *command = command_named(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return run(command, argc - 1, argv + 1);
}

int command_main(int argc, char **argv)
{
	int status = find_and_run(argc, argv);
	errno = 0;
	/* A result that was not written must not look like success. */
	if (fflush(stdout) || ferror(stdout)) {
		/* 0 when an earlier write failed, whose reason is lost */
		fprintf(stderr, "refresh-router: the result could not be written%s%s\n",
			errno ? ": " : "", errno ? strerror(errno) : "");
		return EXIT_USAGE;
	}
	return status;
}
