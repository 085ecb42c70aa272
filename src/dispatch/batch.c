/* dispatch/batch.c - copies records into an arena, and writes them as one journal entry. */
#include "dispatch/batch.h"
#include "base/arena.h"
#include "base/fault.h"

enum operation_type {
	OPERATION_RECORD,
	OPERATION_CAUSE,
	OPERATION_OUTCOME,
	OPERATION_END_SELECTION,
	OPERATION_SPENT,
	OPERATION_COMMAND,
};

struct operation {
	enum operation_type type;
	union {
		struct refresh_row refresh;
		struct cause_row cause;
		int64_t selection, outcome;
		struct spent spent;
		struct command_row command;
	};
};

struct batch {
	struct journal_entry entry; /* first member; the journal returns it */
	struct arena *arena;
	struct operation *operations;
	size_t operation_count, operation_capacity;
	int64_t *sends;
	size_t send_count, send_capacity;
	struct message *waiting;
	const struct edge *edge; /* the edge whose journal has it */
};

struct batch *batch_new(void)
{
	struct batch *batch = mem_new(struct batch);
	batch->arena = arena_new();
	return batch;
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	arena_free(batch->arena);
	free(batch->operations);
	free(batch->sends);
	free(batch);
}

static struct operation *add(struct batch *batch, enum operation_type type)
{
	mem_grow(&batch->operations, &batch->operation_capacity, batch->operation_count);
	struct operation *operation = &batch->operations[batch->operation_count++];
	*operation = (struct operation){ .type = type };
	return operation;
}

void batch_record(struct batch *batch, const struct refresh_row *row)
{
	add(batch, OPERATION_RECORD)->refresh = refresh_row_copy(row, batch->arena);
}

void batch_cause(struct batch *batch, const struct cause_row *cause)
{
	add(batch, OPERATION_CAUSE)->cause = cause_row_copy(cause, batch->arena);
}

void batch_outcome(struct batch *batch, int64_t refresh)
{
	add(batch, OPERATION_OUTCOME)->outcome = refresh;
}

void batch_end_selection(struct batch *batch, int64_t selection)
{
	add(batch, OPERATION_END_SELECTION)->selection = selection;
}

void batch_spent(struct batch *batch, const struct spent *spent)
{
	struct spent *copy = &add(batch, OPERATION_SPENT)->spent;
	*copy = *spent;
	copy->site = arena_text(batch->arena, spent->site);
}

void batch_command(struct batch *batch, const struct command_row *command)
{
	struct command_row *copy = &add(batch, OPERATION_COMMAND)->command;
	*copy = *command;
	copy->who = arena_text(batch->arena, command->who);
	copy->site = arena_text(batch->arena, command->site);
}

void batch_tell(struct batch *batch, struct message *waiting)
{
	waiting->next = batch->waiting;
	batch->waiting = waiting;
}

struct message *batch_take_waiting(struct batch *batch)
{
	return TAKE(batch->waiting);
}

void batch_send(struct batch *batch, int64_t refresh)
{
	mem_grow(&batch->sends, &batch->send_capacity, batch->send_count);
	batch->sends[batch->send_count++] = refresh;
}

bool batch_is_empty(const struct batch *batch)
{
	return !batch->operation_count && !batch->send_count && !batch->waiting;
}

const int64_t *batch_sends(const struct batch *batch, size_t *count)
{
	*count = batch->send_count;
	return batch->sends;
}

static bool apply_command(const struct command_row *command, struct store *store, struct error *err)
{
	bool is_pause = !strcmp(command->verb, "pause"),
	     is_resume = !strcmp(command->verb, "resume");
	if ((is_pause || is_resume) &&
		!store_put_pause(store, command->site, is_pause ? command->who : NULL, err))
		return false;
	return store_add_command(store, command, err);
}

static bool apply_one(const struct operation *operation, struct store *store, struct error *err)
{
	switch (operation->type) {
	case OPERATION_RECORD:
		return store_put_refresh(store, &operation->refresh, err);
	case OPERATION_CAUSE:
		return store_put_cause(store, &operation->cause, err);
	case OPERATION_OUTCOME:
		return store_add_outcome(store, operation->outcome, err);
	case OPERATION_SPENT:
		return store_put_spent(store, &operation->spent, err);
	case OPERATION_COMMAND:
		return apply_command(&operation->command, store, err);
	case OPERATION_END_SELECTION:
		return store_end_selection(store, operation->selection, err);
	}
	return true;
}

static bool apply(struct journal_entry *entry, struct store *store, struct error *err)
{
	const struct batch *batch = (const struct batch *)(const void *)entry;
	if (FAULT("dispatch.record"))
		return error_fail(err, ERROR_SYSTEM, "a fault point failed");
	for (size_t i = 0; i < batch->operation_count; i++)
		if (!apply_one(&batch->operations[i], store, err))
			return false;
	return true;
}

static void applied(struct journal_entry *entry, bool committed, const struct error *err)
{
	/* the journal reports its own failure; the batch is written again until it is durable */
	(void)err;
	struct batch *batch = (struct batch *)(void *)entry;
	batch->edge->written(committed, batch->edge->context);
}

bool batch_write(struct batch *batch, const struct edge *edge)
{
	batch->entry.apply = apply;
	batch->entry.done = applied;
	batch->edge = edge;
	return edge->keep->add(edge->journal, &batch->entry);
}
