/*
 * store/postgresql/guard.c - what only a site's owner may do: to write about its refreshes, and to
 * take what others have recorded for it.
 *
 * The row of the site is locked until the transaction ends, so that nobody becomes the owner in
 * between: a claim waits for that lock (nodes.c). A transaction looks at each site once.
 */
#include "store/postgresql/postgresql.h"
/* clang warns about uthash's default hash, whose cases fall through */
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>

struct owned {
	char *site;
	int64_t epoch;
	int64_t looked; /* the last transaction that looked ... */
	bool is_ours;   /* ... and what it saw */
	UT_hash_handle by_site;
};

static struct owned *find(const struct postgresql *store, const char *site)
{
	struct owned *owned = NULL;

	HASH_FIND(by_site, store->owned, site, strlen(site), owned);
	return owned;
}

static void forget(struct postgresql *store, struct owned *owned)
{
	HASH_DELETE(by_site, store->owned, owned);
	free(owned->site);
	free(owned);
}

void guard_forget_all(struct postgresql *store)
{
	struct owned *owned, *next;

	HASH_ITER(by_site, store->owned, owned, next)
	forget(store, owned);
}

void postgresql_own(struct store *base, int64_t node, const char *site, int64_t epoch)
{
	struct postgresql *store = postgresql_of(base);
	struct owned *owned = find(store, site);

	store->node = node;
	if (owned)
		forget(store, owned);
	if (!epoch)
		return;
	owned = mem_new(struct owned);
	owned->site = mem_copy_text(site);
	owned->epoch = epoch;
	HASH_ADD_KEYPTR(by_site, store->owned, owned->site, strlen(owned->site), owned);
}

static bool look(struct postgresql *store, struct owned *owned, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, owned->site);
	parameters_add_number(&given, store->node);
	parameters_add_number(&given, owned->epoch);
	OWNED_RESULT result = statement_write(store,
		"SELECT 1 FROM site_owner WHERE site = $1 AND node = $2 AND epoch = $3 FOR SHARE",
		&given, "look who owns a site", err);
	if (!result)
		return false;
	owned->is_ours = PQntuples(result) > 0;
	owned->looked = store->transactions;
	return true;
}

bool postgresql_guard(struct store *base, const char *site, bool *is_ours, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	struct owned *owned = find(store, site);

	*is_ours = !store->node; /* alone, it owns all */
	if (!owned)
		return true;
	if (owned->looked != store->transactions && !look(store, owned, err))
		return false;
	*is_ours = owned->is_ours;
	return true;
}

/* ---- selections that others recorded ---- */

#define AT_ONCE 2000
#define AT_ONCE_TEXT "2000"

/* Those of the sites that are still owned ($2 and $3) which nobody has taken; or all after $4. */
#define TAKEN(which)                                                                               \
	"WITH mine AS (SELECT site FROM site_owner JOIN unnest($2, $3) AS given (site, as_of)"     \
	" USING (site) WHERE node = $1 AND epoch = as_of FOR SHARE OF site_owner),"                \
	" taken AS (UPDATE selection SET taker = $1 WHERE id IN (SELECT id FROM selection"         \
	" WHERE site IN (SELECT site FROM mine) AND " which " ORDER BY id LIMIT " AT_ONCE_TEXT     \
	") RETURNING id)"                                                                          \
	" SELECT event, ids, positions, received_at, finished_at, selections, outcome FROM"        \
	" (SELECT id >> 20 AS event, array_agg(id ORDER BY id) AS ids,"                            \
	" array_agg(id & 1048575 ORDER BY id) AS positions FROM taken GROUP BY 1) AS grouped"      \
	" LEFT JOIN event ON event.id = grouped.event ORDER BY grouped.event"

/* Tells the row, and remembers its selections for the case that the commit is in doubt. */
static bool tell_taken(struct postgresql *store, const PGresult *result, int i,
	selected_visit *visit, void *context, struct error *err)
{
	OWNED(arena) arena = arena_new();
	size_t count;
	const int64_t *ids = value_numbers(result, i, 1, arena, &count);
	bool goes_on; /* what was taken is told, all of it */

	for (size_t j = 0; j < count; j++) {
		mem_grow(&store->taken, &store->taken_capacity, store->taken_count);
		store->taken[store->taken_count++] = ids[j];
	}
	return postgresql_visit_selected(store, result, i, visit, context, &goes_on, err);
}

bool postgresql_take_selections(struct store *base, const char *const *sites, size_t count,
	bool is_anew, selected_visit *visit, void *context, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	OWNED_MEMORY int64_t *epochs = mem_alloc(sizeof *epochs * (count + 1));
	size_t before;
	int64_t last = 0;

	_Static_assert(SELECTION_BITS == 20, "in the statement above");
	for (size_t i = 0; i < count; i++) {
		const struct owned *owned = find(store, sites[i]);
		epochs[i] = owned ? owned->epoch : 0;
	}
	do {
		OWNED_PARAMETERS struct parameters given = { 0 };

		before = store->taken_count;
		parameters_add_number(&given, store->node);
		parameters_add_texts(&given, sites, count);
		parameters_add_numbers(&given, epochs, count);
		parameters_add_number(&given, last);
		OWNED_RESULT result = statement_write(store,
			is_anew ? TAKEN("id > $4") : TAKEN("taker = 0 AND $4 >= 0"), &given,
			"take what is to be done", err);
		if (!result)
			return false;
		for (int i = 0; i < PQntuples(result); i++)
			if (!tell_taken(store, result, i, visit, context, err))
				return false;
		last = store->taken_count ? store->taken[store->taken_count - 1] : 0;
	} while (store->taken_count - before >= AT_ONCE);
	return true;
}
