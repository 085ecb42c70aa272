/* daemon/prune.c - asks the journal, when due, to delete what ended longer ago than `history`. */
#include "daemon/prune.h"
#include "base/log/log.h"
#include "config/config.h"

#define EVERY (3600 * US_PER_SECOND)
/* In one transaction, so that intake waits little: it takes a millisecond or two. */
#define ROWS_AT_ONCE 50
#define PAGES_AT_ONCE 16

struct prune {
	struct journal *journal;
	struct config_slot *configs;
	struct mono due;
};

struct portion {
	struct journal_entry entry; /* first member */
	struct wall before;
	struct journal *journal;
	int64_t deleted;
	bool is_more;
};

struct prune *prune_new(struct journal *journal, struct config_slot *configs)
{
	struct prune *prune = mem_new(struct prune);
	prune->journal = journal;
	prune->configs = configs;
	return prune;
}

void prune_free(struct prune *prune)
{
	free(prune);
}

struct mono prune_due(const struct prune *prune)
{
	return prune->due;
}

static bool apply(struct journal_entry *entry, struct store *store, struct error *err)
{
	struct portion *portion = (struct portion *)(void *)entry;
	if (!store_prune(store, portion->before, ROWS_AT_ONCE, &portion->deleted, err))
		return false;
	portion->is_more = portion->deleted >= ROWS_AT_ONCE;
	return portion->is_more || store_give_back(store, PAGES_AT_ONCE, &portion->is_more, err);
}

static void done(struct journal_entry *entry, bool committed, const struct error *err)
{
	struct portion *portion = (struct portion *)(void *)entry;
	if (!committed)
		log_warning("history not pruned", KV("reason", err->message));
	else if (portion->is_more && journal_add(portion->journal, entry))
		return; /* there is more */
	free(portion);
}

void prune_when_due(struct prune *prune, struct mono now)
{
	if (now.us < prune->due.us)
		return;
	prune->due = mono_plus(now, EVERY);
	OWNED(config) config = config_slot_get(prune->configs);
	struct portion *portion = mem_new(struct portion);
	portion->entry.apply = apply;
	portion->entry.done = done;
	portion->before = wall_after(clock_wall(), -config->history);
	portion->journal = prune->journal;
	if (!journal_add(prune->journal, &portion->entry))
		free(portion);
}
