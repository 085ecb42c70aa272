/* dispatch/command.c - copies what the store has of a refresh into the command's arena. */
#include "dispatch/command.h"
#include <stdio.h>

const char *const dispatch_verbs[] = { [DISPATCH_RETRY] = "retry",
	[DISPATCH_CANCEL] = "cancel",
	[DISPATCH_PAUSE] = "pause",
	[DISPATCH_RESUME] = "resume",
	NULL };

struct dispatch_command *dispatch_command_new(enum dispatch_verb verb, const char *who)
{
	struct arena *arena = arena_new();
	struct dispatch_command *command = arena_new_of(arena, struct dispatch_command);
	*command = (struct dispatch_command){
		.verb = verb, .who = arena_text(arena, who), .arena = arena
	};
	return command;
}

void dispatch_command_free(struct dispatch_command *command)
{
	if (command)
		arena_free(command->arena); /* frees the command too */
}

static bool keep(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	struct dispatch_command *command = context;
	struct arena *arena = command->arena;
	struct refresh_row *copy = arena_new_of(arena, struct refresh_row);
	struct cause_row *copies = arena_array(arena, struct cause_row, count + 1);
	*copy = refresh_row_copy(row, arena);
	for (size_t i = 0; i < count; i++)
		copies[i] = cause_row_copy(&causes[i], arena);
	command->refresh_site = copy->site;
	command->ended = refresh_state_is_open(row->state) ? NULL : copy;
	command->causes = copies;
	command->cause_count = count;
	return false;
}

struct found_namings {
	struct arena *arena;
	struct selection *namings;
	size_t count, most; /* at most one for each cause */
};

static bool keep_namings(const struct selected_row *row, void *context)
{
	struct found_namings *named = context;
	const cJSON *const *items = selected_row_items(row, named->arena);
	struct error ignored; /* then its name and project are what is known */
	for (size_t i = 0; i < row->count && named->count < named->most; i++)
		if (items[i] && selection_parse(items[i], &named->namings[named->count],
					named->arena, &ignored))
			named->count++;
	return true;
}

bool dispatch_command_find(struct dispatch_command *command, struct store *reader, int64_t refresh,
	bool *is_there, struct error *err)
{
	command->refresh = refresh;
	if (!store_find_refresh(reader, refresh, keep, command, is_there, err))
		return false;
	if (!command->ended)
		return true;
	struct found_namings named = { .arena = command->arena,
		.namings = arena_array(command->arena, struct selection, command->cause_count + 1),
		.most = command->cause_count };
	if (!store_namings_of_refresh(reader, refresh, keep_namings, &named, err))
		return false;
	command->namings = named.namings;
	command->naming_count = named.count;
	return true;
}

void dispatch_command_refuse(struct dispatch_command *command, const char *words)
{
	command->asked = (struct asked){ .consent = CONSENT_NO };
	snprintf(command->asked.words, sizeof command->asked.words, "%s", words);
	command->done(command);
}
