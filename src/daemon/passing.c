/* daemon/passing.c - the commands that wait, and the looks for their answers. */
#include "daemon/passing.h"
#include "base/text.h"
#include <stdio.h>

#define LOOK_EVERY (200 * US_PER_MS)

struct passed {
	int64_t number;
	struct dispatch_command *command;
	struct mono until;
};

struct passing {
	struct passed *waiting;
	size_t count, capacity;
	int64_t asker; /* this process's first life as a node; 0: it had none yet */
	int64_t last;  /* number that was given */
	struct mono look_at;
};

struct passing *passing_new(void)
{
	return mem_new(struct passing);
}

void passing_free(struct passing *passing)
{
	if (!passing)
		return;
	for (size_t i = 0; i < passing->count; i++)
		dispatch_command_refuse(passing->waiting[i].command,
			"the daemon is stopping, and the owner of its site may still do it");
	free(passing->waiting);
	free(passing);
}

void passing_take(struct passing *passing, struct store *store, int64_t asker,
	struct dispatch_command *command)
{
	passing->asker = passing->asker ? passing->asker : asker;
	const struct request_row row = { .asker = passing->asker,
		.number = ++passing->last,
		.site = command->site ? command->site : command->refresh_site,
		.verb = dispatch_verbs[command->verb],
		.who = command->who,
		.refresh = command->refresh };
	struct error err;
	if (!asker) {
		dispatch_command_refuse(
			command, "this node does not reach the others at the moment; try it again");
		return;
	}
	if (!nodes_ask(store, &row, &err)) {
		dispatch_command_refuse(command,
			"the owner of its site cannot be asked: the store does not answer");
		return;
	}
	mem_grow(&passing->waiting, &passing->capacity, passing->count);
	passing->waiting[passing->count++] =
		(struct passed){ row.number, command, mono_plus(clock_mono(), PASSING_WITHIN) };
	passing->look_at = mono_plus(clock_mono(), LOOK_EVERY);
}

static struct dispatch_command *drop(struct passing *passing, size_t i)
{
	struct dispatch_command *command = passing->waiting[i].command;
	passing->waiting[i] = passing->waiting[--passing->count];
	return command;
}

static bool tell_answer(const struct request_answer *answer, void *context)
{
	struct passing *passing = context;
	for (size_t i = 0; i < passing->count; i++) {
		if (passing->waiting[i].number != answer->number)
			continue;
		struct dispatch_command *command = drop(passing, i);
		command->asked =
			(struct asked){ .consent = answer->consent == CONSENT_YES    ? CONSENT_YES
						   : answer->consent == CONSENT_NONE ? CONSENT_NONE
										     : CONSENT_NO,
				.refresh = answer->refresh };
		snprintf(command->asked.words, sizeof command->asked.words, "%s", answer->words);
		command->done(command);
		break;
	}
	return true;
}

/* Whether it may still be done decides what the person is told. */
static void give_up(struct passing *passing, struct store *store, size_t i)
{
	const struct passed passed = passing->waiting[i];
	struct error err;
	bool is_taken = true;
	if (!nodes_take_back(store, passing->asker, passed.number, &is_taken, &err))
		is_taken = true; /* not known */
	dispatch_command_refuse(drop(passing, i),
		is_taken
			? "the owner of its site has not answered, and may still do it: look again"
			: "no node owns its site at the moment, so nothing was done: try it again");
}

void passing_step(struct passing *passing, struct store *store)
{
	struct error err;
	if (clock_mono().us < passing_due(passing).us)
		return;
	passing->look_at = mono_plus(clock_mono(), LOOK_EVERY);
	/* a look that fails is repeated */
	IGNORE(nodes_read_answers(store, passing->asker, tell_answer, passing, &err));
	for (size_t i = passing->count; i-- > 0;)
		if (clock_mono().us >= passing->waiting[i].until.us)
			give_up(passing, store, i);
}

struct mono passing_due(const struct passing *passing)
{
	return passing->count ? passing->look_at : (struct mono){ INT64_MAX };
}
