/*
 * cli/complete.c - `complete`: what may come next on a command line, for the shells.
 *
 * The files in packaging/completions/ only carry the words here and the result back, so what a
 * shell offers comes from the tables that the commands are read by.
 *
 * The first line printed is "words", "files" or "folders": of the latter the shell has lists of its
 * own. Each following line is a word that may stand in the place of the last one, a tab, and a
 * sentence about it or nothing.
 */
#include "base/arena.h"
#include "cli/command.h"
#include "cli/offer.h"
#include <string.h>

struct completion {
	const struct command *command;
	struct command_line
		line; /* the words before the last one, as the command would read them */
	struct option_value *values;
	char **arguments;
	bool is_after_dashes;              /* "--" has ended the options */
	const struct option_spec *pending; /* its value is the next word */
	bool is_format_pending;
	struct offer *offer;
};

/* ---- words as typed ---- */

/* What the shell makes of a word that may end in an open quote, without expanding anything. */
static const char *unquote(const char *typed, struct arena *arena)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	char quote = 0;
	for (const char *at = typed; *at; at++) {
		bool is_escape = *at == '\\' && quote != '\'' && at[1];
		if (is_escape && (!quote || strchr("\\\"$`", at[1])))
			text_add_char(&out, *++at);
		else if (quote ? *at == quote : *at == '\'' || *at == '"')
			quote = quote ? 0 : *at;
		else
			text_add_char(&out, *at);
	}
	return arena_text(arena, out.at);
}

/* ---- what has been typed ---- */

static const struct option_spec *find_option(const struct command *command, const char *word)
{
	size_t length = strcspn(word, "=");
	for (const struct option_spec *option = command->options; option && option->name; option++)
		if (strlen(option->name) == length && !memcmp(option->name, word, length))
			return option;
	return NULL;
}

static bool is_format(const struct command *command, const char *word)
{
	return command->formats && strcspn(word, "=") == strlen("format") &&
	       !strncmp(word, "format", strlen("format"));
}

static void add_value(struct completion *completion, const char *name, const char *value)
{
	completion->values[completion->line.value_count++] = (struct option_value){ name, value };
}

static void read_option(struct completion *completion, const char *word)
{
	const struct option_spec *option = find_option(completion->command, word);
	const char *equals = strchr(word, '=');
	if (option && equals)
		add_value(completion, option->name, equals + 1);
	else if (option && option->type != OPTION_FLAG)
		completion->pending = option;
	else
		completion->is_format_pending = !equals && is_format(completion->command, word);
}

static void read_word(struct completion *completion, char *word)
{
	if (completion->pending)
		add_value(completion, completion->pending->name, word);
	bool is_value = completion->pending || completion->is_format_pending;
	completion->pending = NULL;
	completion->is_format_pending = false;
	if (is_value)
		return;
	if (completion->is_after_dashes || word[0] != '-' || !word[1])
		completion->arguments[completion->line.argument_count++] = word;
	else if (!strcmp(word, "--"))
		completion->is_after_dashes = true;
	else if (word[1] == '-')
		read_option(completion, word + 2);
}

/* ---- what may come next ---- */

static void offer_commands(struct offer *offer)
{
	for (const struct command *const *command = commands; *command; command++)
		if (!(*command)->is_hidden)
			offer_add(offer, (*command)->name, (*command)->summary);
}

static void offer_options(struct completion *completion)
{
	const struct command *command = completion->command;
	OWNED_TEXT struct text word = TEXT(TEXT_UNBOUNDED);
	for (const struct option_spec *option = command->options; option && option->name;
		option++) {
		text_reset(&word);
		text_printf(&word, "--%s", option->name);
		offer_add(completion->offer, word.at, option->help);
	}
	if (command->formats)
		offer_add(completion->offer, "--format", HELP_OF_FORMAT);
	offer_add(completion->offer, "--help", HELP_OF_HELP);
}

static void offer_value(struct completion *completion, const struct option_spec *option)
{
	const char *name = option ? option->value_name : completion->command->formats;
	offer_placeholder(completion->offer, name, &completion->line);
}

/* "--name=" and the beginning of its value; the words offered begin with "--name=", too. */
static void offer_joined(struct completion *completion, const char *last)
{
	const struct option_spec *option = find_option(completion->command, last + 2);
	struct offer *offer = completion->offer;
	if ((!option && !is_format(completion->command, last + 2)) ||
		(option && option->type == OPTION_FLAG))
		return;
	offer_value(completion, option);
	for (size_t i = 0; i < offer->count; i++) {
		OWNED_TEXT struct text word = TEXT(TEXT_UNBOUNDED);
		text_printf(
			&word, "%.*s%s", (int)strcspn(last, "=") + 1, last, offer->words[i].word);
		offer->words[i].word = arena_text(offer->arena, word.at);
	}
}

/* The nth of "OLD NEW" or "[PATH]...", which repeats; NULL: there is none. */
static const char *argument_name(const char *arguments, int n, struct arena *arena)
{
	const char *at = arguments;
	for (int i = 0; at; i++) {
		at += strspn(at, " [");
		size_t length = strcspn(at, " ].");
		const char *next = at + length;
		next += strspn(next, "]");
		bool is_repeated = !strncmp(next, "...", 3);
		if (i == n || (is_repeated && length))
			return arena_str(arena, (struct str){ at, length });
		at = *next ? next + strspn(next, ".]") : NULL;
	}
	return NULL;
}

static void offer_argument(struct completion *completion)
{
	const struct command *command = completion->command;
	int n = completion->line.argument_count;
	if (n == 0 && command->words) {
		for (const struct command_word *word = command->words; word->name; word++)
			offer_add(completion->offer, word->name, word->help);
		return;
	}
	const char *name = argument_name(command->arguments, n, completion->offer->arena);
	if (name)
		offer_placeholder(completion->offer, name, &completion->line);
}

static void offer_next(struct completion *completion, const char *last)
{
	bool is_option = last[0] == '-' && !completion->is_after_dashes;
	if (completion->pending || completion->is_format_pending)
		offer_value(completion, completion->pending);
	else if (is_option && strchr(last, '='))
		offer_joined(completion, last);
	else if (is_option)
		offer_options(completion);
	else
		offer_argument(completion);
}

/* Of a command and what follows it: the last of `count` words. */
static void complete_command(struct offer *offer, const char *const *words, int count)
{
	struct completion completion = { .command = command_named(words[0]), .offer = offer };
	if (!completion.command)
		return;
	completion.values = arena_array(offer->arena, struct option_value, (size_t)count);
	completion.arguments = arena_array(offer->arena, char *, (size_t)count);
	completion.line = (struct command_line){ .command = completion.command,
		.values = completion.values,
		.arguments = completion.arguments,
		.format = "text" };
	for (int i = 1; i < count - 1; i++)
		read_word(&completion, arena_text(offer->arena, words[i]));
	offer_next(&completion, words[count - 1]);
}

static void complete(struct offer *offer, const char *const *words, int count)
{
	bool is_help = count == 2 && !strcmp(words[0], "help");
	if (count == 1 && words[0][0] == '-') {
		offer_add(offer, "--help", "print the list of commands");
		offer_add(offer, "--version", "print the version, and those of linked libraries");
	} else if (count == 1 || is_help)
		offer_commands(offer);
	else
		complete_command(offer, words, count);
}

/* zsh and fish choose among all words, by rules of their users: capitals, parts. bash does not. */
static void print(const struct offer *offer, const char *prefix)
{
	static const char *const kinds[] = {
		[OFFER_WORDS] = "words", [OFFER_FILES] = "files", [OFFER_FOLDERS] = "folders"
	};
	puts(kinds[offer->kind]);
	for (size_t i = 0; i < offer->count; i++)
		if (!strncmp(offer->words[i].word, prefix, strlen(prefix)))
			printf("%s\t%s\n", offer->words[i].word, offer->words[i].help);
}

static int run(const struct command_line *line)
{
	OWNED(arena) arena = arena_new();
	struct offer offer = { .arena = arena };
	int count = line->argument_count;
	bool is_typed = command_line_flag(line, "typed");
	const char **words = arena_array(arena, const char *, (size_t)count);
	for (int i = 0; i < count; i++)
		words[i] = is_typed ? unquote(line->arguments[i], arena) : line->arguments[i];
	complete(&offer, words, count);
	print(&offer, is_typed ? words[count - 1] : "");
	return EXIT_YES;
}

static const struct option_spec options[] = {
	{ "typed", OPTION_FLAG, NULL,
		"the words may have quotes, and only what begins with the last one is printed" },
	{ 0 },
};

const struct command command_complete = {
	.name = "complete",
	.arguments = "WORD...",
	.summary = "print what may come next on a command line, for shells",
	.options = options,
	.is_hidden = true,
	.least_arguments = 1,
	.most_arguments = -1,
	.run = run,
};
