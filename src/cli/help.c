/* cli/help.c - prints help, and folds it to the width of the terminal. */
#include "cli/help.h"
#include "cli/print.h"

#define TEXT_COLUMN 27 /* where the texts beside names begin */
#define LIST_COLUMN 15 /* the same beside names of commands */
/* an option and its value's name; a test shows a longer one cut */
#define NAME_BYTES 64

static void print_beside(FILE *out, int column, const char *name, const char *text)
{
	print_wrapped(out, column, fprintf(out, "  %s ", name), text);
}

static void print_option(const char *name, const char *value_name, const char *help)
{
	char left[NAME_BYTES];
	snprintf(left, sizeof left, "--%s%s%s", name, value_name ? " " : "",
		value_name ? value_name : "");
	print_beside(stdout, TEXT_COLUMN, left, help);
}

static void print_options(const struct command *command)
{
	printf("\nOptions:\n");
	for (const struct option_spec *option = command->options; option && option->name; option++)
		print_option(option->name, option->value_name, option->help);
	if (command->formats)
		print_option("format", command->formats, HELP_OF_FORMAT);
	print_option("help", NULL, HELP_OF_HELP);
}

/* "[ACTION SITE]": its words follow under "ACTION:". */
static void print_first_argument(const char *arguments)
{
	const char *name = arguments + strspn(arguments, "[");
	printf("\n%.*s:\n", (int)strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), name);
}

void help_print(const struct command *command)
{
	OWNED_TEXT struct text usage = TEXT(TEXT_UNBOUNDED);
	command_usage_line(command, &usage);
	printf("Usage: %s\n\n", usage.at);
	printf("%c%s.\n", command->summary[0] - 'a' + 'A', command->summary + 1);
	if (command->description) {
		printf("\n");
		print_wrapped(stdout, 0, 0, command->description);
	}
	if (command->words)
		print_first_argument(command->arguments);
	for (const struct command_word *word = command->words; word && word->name; word++)
		print_beside(stdout, TEXT_COLUMN, word->name, word->help);
	print_options(command);
}

void help_print_list(FILE *out)
{
	fprintf(out, "Usage: refresh-router COMMAND [OPTIONS] [ARGUMENTS]\n\n"
		     "Refreshes Tableau content when dbt jobs finish, by rules.\n\nCommands:\n");
	for (const struct command *const *command = commands; *command; command++)
		if (!(*command)->is_hidden)
			print_beside(out, LIST_COLUMN, (*command)->name, (*command)->summary);
	fprintf(out, "\n");
	print_wrapped(out, 0, 0,
		"'refresh-router COMMAND --help' shows the options of a command; --version "
		"shows the version and the linked libraries.\n"
		"Exit status: 0 yes or done; 1 the answer is no; 2 a usage error or an unreadable "
		"file; 69 a server or the daemon cannot be reached; 78 serve will not start before "
		"its configuration is edited.");
}
