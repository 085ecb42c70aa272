/* dispatch/batch.c - copies records into an arena, and writes them as one journal entry. */
#include "dispatch/batch.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/text.h"

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
	const char *site; /* "": of none */
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
	const char **lost; /* sites of another node */
	size_t lost_count, lost_capacity;
	struct batch_sending *sends;
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
	free(batch->lost);
	free(batch);
}

/* Its copy; that of the last operation, if it is of the same site. */
static const char *keep_site(const struct batch *batch, const char *site)
{
	const struct operation *last =
		batch->operation_count ? &batch->operations[batch->operation_count - 1] : NULL;
	return last && !strcmp(last->site, site) ? last->site : arena_text(batch->arena, site);
}

static struct operation *add(struct batch *batch, enum operation_type type, const char *site)
{
	const char *kept = keep_site(batch, site);
	mem_grow(&batch->operations, &batch->operation_capacity, batch->operation_count);
	struct operation *operation = &batch->operations[batch->operation_count++];
	*operation = (struct operation){ .type = type, .site = kept };
	return operation;
}

void batch_record(struct batch *batch, const struct refresh_row *row)
{
	add(batch, OPERATION_RECORD, row->site)->refresh = refresh_row_copy(row, batch->arena);
}

void batch_cause(struct batch *batch, const char *site, const struct cause_row *cause)
{
	add(batch, OPERATION_CAUSE, site)->cause = cause_row_copy(cause, batch->arena);
}

void batch_outcome(struct batch *batch, const char *site, int64_t refresh)
{
	add(batch, OPERATION_OUTCOME, site)->outcome = refresh;
}

void batch_end_selection(struct batch *batch, const char *site, int64_t selection)
{
	add(batch, OPERATION_END_SELECTION, site)->selection = selection;
}

void batch_spent(struct batch *batch, const struct spent *spent)
{
	struct operation *operation = add(batch, OPERATION_SPENT, spent->site);
	operation->spent = *spent;
	operation->spent.site = operation->site;
}

/* A person's word holds, also if the site is another node's by now. */
void batch_command(struct batch *batch, const struct command_row *command)
{
	struct command_row *copy = &add(batch, OPERATION_COMMAND, "")->command;
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

void batch_send(struct batch *batch, const char *site, int64_t refresh, int64_t life)
{
	mem_grow(&batch->sends, &batch->send_capacity, batch->send_count);
	batch->sends[batch->send_count++] =
		(struct batch_sending){ keep_site(batch, site), refresh, life };
}

bool batch_is_empty(const struct batch *batch)
{
	return !batch->operation_count && !batch->send_count && !batch->waiting;
}

const struct batch_sending *batch_sends(const struct batch *batch, size_t *count)
{
	*count = batch->send_count;
	return batch->sends;
}

void batch_unsend(struct batch *batch, const char *site)
{
	size_t kept = 0;
	for (size_t i = 0; i < batch->send_count; i++)
		if (strcmp(batch->sends[i].site, site) != 0)
			batch->sends[kept++] = batch->sends[i];
	batch->send_count = kept;
}

void batch_drop(struct batch *batch, const char *site)
{
	size_t kept = 0;
	batch_unsend(batch, site);
	for (size_t i = 0; i < batch->operation_count; i++)
		if (strcmp(batch->operations[i].site, site) != 0)
			batch->operations[kept++] = batch->operations[i];
	batch->operation_count = kept;
}

/* A command is written in any case, but its pause is the next owner's to know. */
static bool is_about(const struct operation *operation, const char *site)
{
	return !strcmp(operation->site, site) ||
	       (operation->type == OPERATION_COMMAND && !strcmp(operation->command.site, site));
}

bool batch_is_about(const struct batch *batch, const char *site)
{
	for (size_t i = 0; i < batch->operation_count; i++)
		if (is_about(&batch->operations[i], site))
			return true;
	return false;
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

bool batch_has_lost(const struct batch *batch, const char *site)
{
	return text_is_among(site, batch->lost, batch->lost_count);
}

/* Also notes that it is not. */
static bool is_ours(
	struct batch *batch, const char *site, struct store *store, bool *ours, struct error *err)
{
	*ours = true;
	if (*site && !store_guard(store, site, ours, err))
		return false;
	if (!*ours && !batch_has_lost(batch, site)) {
		mem_grow(&batch->lost, &batch->lost_capacity, batch->lost_count);
		batch->lost[batch->lost_count++] = site;
	}
	return true;
}

static bool apply(struct journal_entry *entry, struct store *store, struct error *err)
{
	struct batch *batch = (struct batch *)(void *)entry;
	bool ours;
	if (FAULT("dispatch.record"))
		return error_fail(err, ERROR_SYSTEM, "a fault point failed");
	batch->lost_count = 0;
	for (size_t i = 0; i < batch->operation_count; i++) {
		const struct operation *operation = &batch->operations[i];
		if (!is_ours(batch, operation->site, store, &ours, err) ||
			(ours && !apply_one(operation, store, err)))
			return false;
	}
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

const char *const *batch_lost(const struct batch *batch, size_t *count)
{
	*count = batch->lost_count;
	return batch->lost;
}
