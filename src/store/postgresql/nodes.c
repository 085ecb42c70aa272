/*
 * store/postgresql/nodes.c - leases of nodes, and owners of sites (store/nodes.h).
 *
 * clock_timestamp() is the time of the statement, where now() would be that of the transaction's
 * begin. Rows of nodes whose lease ran out long ago are deleted when another node joins.
 */
#include "store/postgresql/postgresql.h"

/* The rest of a lease, in microseconds. */
#define LEFT "(extract(epoch from until - clock_timestamp()) * 1000000)::bigint"

bool postgresql_join(struct store *base, struct node_row *self, int64_t lease, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, self->name);
	parameters_add_text(&given, self->version);
	parameters_add_text(&given, self->ruleset);
	parameters_add_number(&given, self->is_draining);
	parameters_add_number(&given, lease);
	OWNED_RESULT result = statement_run(store,
		"WITH old AS (DELETE FROM node WHERE until < clock_timestamp() - interval '1 hour')"
		" INSERT INTO node (id, name, version, ruleset, is_draining, until) VALUES"
		" (1 + floor(random() * 9007199254740991)::bigint, $1, $2, $3, $4,"
		" clock_timestamp() + $5 * interval '1 microsecond') RETURNING id",
		&given, "join the nodes", err);
	if (!result)
		return false;
	self->id = value_number(result, 0, 0);
	return true;
}

bool postgresql_renew(struct store *base, const struct node_row *self, int64_t lease,
	bool *is_alive, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, self->id);
	parameters_add_text(&given, self->ruleset);
	parameters_add_number(&given, lease);
	OWNED_RESULT result = statement_run(store,
		"UPDATE node SET ruleset = $2,"
		" until = clock_timestamp() + $3 * interval '1 microsecond'"
		" WHERE id = $1 AND until > clock_timestamp() RETURNING id",
		&given, "renew the lease", err);
	if (!result)
		return false;
	*is_alive = PQntuples(result) > 0;
	return true;
}

bool postgresql_drain(struct store *base, int64_t node, bool is_draining, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, node);
	parameters_add_number(&given, is_draining);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"UPDATE node SET is_draining = $2 WHERE id = $1", &given, "drain a node", err);
	return result;
}

bool postgresql_leave(struct store *base, int64_t node, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, node);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"WITH given_back AS (UPDATE site_owner SET node = 0 WHERE node = $1)"
		" UPDATE node SET until = clock_timestamp() WHERE id = $1 AND until >"
		" clock_timestamp()",
		&given, "leave the nodes", err);
	return result;
}

/* ---- reading ---- */

/* A row is of a node, or of a site; so that both are of one moment. */
#define PICTURE                                                                                    \
	"SELECT id, name, version, ruleset, is_draining, " LEFT ", 0, NULL FROM node"              \
	" UNION ALL SELECT node, '', '', '', 0, epoch, wanted, site FROM site_owner ORDER BY 8, "  \
	"2, 1"

static bool visit_row(const PGresult *result, int row, node_visit *visit_node,
	owner_visit *visit_owner, void *context)
{
	if (!value_is_null(result, row, 7)) {
		struct owner_row owner = { .site = value_text(result, row, 7),
			.node = value_number(result, row, 0),
			.epoch = value_number(result, row, 5),
			.wanted = value_number(result, row, 6) };

		return visit_owner(&owner, context);
	}
	struct node_row node = { .id = value_number(result, row, 0),
		.name = value_text(result, row, 1),
		.version = value_text(result, row, 2),
		.ruleset = value_text(result, row, 3),
		.is_draining = value_number(result, row, 4),
		.left = value_number(result, row, 5) };

	return visit_node(&node, context);
}

bool postgresql_read_nodes(struct store *base, node_visit *visit_node, owner_visit *visit_owner,
	void *context, struct error *err)
{
	OWNED_RESULT result =
		statement_run(postgresql_of(base), PICTURE, NULL, "read the nodes", err);
	int count = result ? PQntuples(result) : 0;

	/* NULL sorts last in ascending order: sites first, so nodes are visited before them */
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < count; i++)
			if (value_is_null(result, i, 7) == !pass &&
				!visit_row(result, i, visit_node, visit_owner, context))
				return true;
	return result;
}

/* ---- owners ---- */

/* May the site be taken? Its row, and its owner's, stay as they are until the transaction ends; so
 * a renewal that is late is waited for, and so is a transaction of the owner's (guard.c). */
static bool is_free(
	struct postgresql *store, const char *site, int64_t epoch, bool *is_so, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, site);
	OWNED_RESULT row = statement_run(store,
		"SELECT node, epoch FROM site_owner WHERE site = $1", &given, "claim a site", err);
	if (!row)
		return false;
	*is_so = PQntuples(row) && value_number(row, 0, 1) == epoch;
	if (!*is_so || !value_number(row, 0, 0))
		return true;

	OWNED_PARAMETERS struct parameters owner = { 0 };
	parameters_add_number(&owner, value_number(row, 0, 0));
	OWNED_RESULT node = statement_run(
		store, "SELECT 1 FROM node WHERE id = $1 FOR UPDATE", &owner, "claim a site", err);
	/* a new statement, whose time is after the wait */
	OWNED_RESULT alive = node ? statement_run(store,
					    "SELECT 1 FROM node WHERE id = $1 AND until >"
					    " clock_timestamp()",
					    &owner, "claim a site", err)
				  : NULL;
	if (!alive)
		return false;
	*is_so = !PQntuples(alive);
	return true;
}

/* Waits for a transaction of the owner's (guard.c). */
static bool take(struct postgresql *store, const char *site, int64_t node, int64_t epoch,
	bool *is_ours, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, site);
	parameters_add_number(&given, node);
	parameters_add_number(&given, epoch);
	OWNED_RESULT result = statement_run(store,
		"UPDATE site_owner SET node = $2, epoch = epoch + 1"
		" WHERE site = $1 AND epoch = $3 AND EXISTS (SELECT 1 FROM node WHERE id = $2 AND "
		"until > clock_timestamp()) RETURNING epoch",
		&given, "claim a site", err);
	if (!result)
		return false;
	*is_ours = PQntuples(result) > 0;
	return true;
}

/* A site that never had an owner gets a row, given back, which is then claimed like any other. */
static bool know_site(struct postgresql *store, const char *site, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, site);
	OWNED_RESULT result = statement_run(store,
		"INSERT INTO site_owner (site, node, epoch, wanted) VALUES ($1, 0, 0, 0)"
		" ON CONFLICT DO NOTHING",
		&given, "claim a site", err);
	return result;
}

bool postgresql_claim(struct store *base, const char *site, int64_t node, int64_t epoch,
	bool *is_ours, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	struct error ignored;
	bool is_so = false;

	*is_ours = false;
	if ((!epoch && !know_site(store, site, err)) ||
		!statement_do(store, "BEGIN", "claim a site", err))
		return false;
	store->is_writing = true;
	bool ok = is_free(store, site, epoch, &is_so, err) &&
		  (!is_so || take(store, site, node, epoch, is_ours, err)) &&
		  statement_do(store, "COMMIT", "claim a site", err);
	store->is_writing = false;
	if (ok)
		return true;
	*is_ours = false;
	/* reported already; a connection that is closed rolls back too */
	if (store->connection && !statement_do(store, "ROLLBACK", "claim a site", &ignored))
		wire_close(store);
	return false;
}

bool postgresql_release(
	struct store *base, const char *site, int64_t node, int64_t epoch, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, site);
	parameters_add_number(&given, node);
	parameters_add_number(&given, epoch);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"UPDATE site_owner SET node = 0 WHERE site = $1 AND node = $2 AND epoch = $3",
		&given, "give a site back", err);
	return result;
}

bool postgresql_have_selections(struct store *base, int64_t node, bool *is_so, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, node);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"SELECT (EXISTS (SELECT 1 FROM selection WHERE taker = 0 AND site IN"
		" (SELECT site FROM site_owner WHERE node = $1)))::int::bigint",
		&given, "look for selections", err);
	if (!result)
		return false;
	*is_so = value_number(result, 0, 0);
	return true;
}

bool postgresql_want(
	struct store *base, const char *site, int64_t node, bool *is_known, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, site);
	parameters_add_number(&given, node);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"UPDATE site_owner SET wanted = $2 WHERE site = $1 RETURNING site", &given,
		"move a site", err);
	if (!result)
		return false;
	*is_known = PQntuples(result) > 0;
	return true;
}

/* ---- what owners say ---- */

bool postgresql_put_states(struct store *base, int64_t node, const char *const *sites,
	const char *const *states, size_t count, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, node);
	parameters_add_texts(&given, sites, count);
	parameters_add_texts(&given, states, count);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"INSERT INTO site_state (site, node, state) SELECT site, $1, said"
		" FROM unnest($2, $3) AS given (site, said) JOIN site_owner USING (site)"
		" WHERE site_owner.node = $1 ON CONFLICT (site) DO UPDATE"
		" SET node = excluded.node, state = excluded.state",
		&given, "tell the states of sites", err);
	return result;
}

bool postgresql_read_states(
	struct store *base, state_visit *visit, void *context, struct error *err)
{
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"SELECT site, name, coalesce(state, '') FROM site_owner"
		" JOIN node ON node.id = site_owner.node LEFT JOIN site_state USING (site, node)"
		" WHERE until > clock_timestamp() ORDER BY site",
		NULL, "read the states of sites", err);
	for (int i = 0; result && i < PQntuples(result); i++)
		if (!visit(value_text(result, i, 0), value_text(result, i, 1),
			    value_text(result, i, 2), context))
			break;
	return result;
}

const struct nodes_driver postgresql_nodes = {
	.join = postgresql_join,
	.renew = postgresql_renew,
	.drain = postgresql_drain,
	.leave = postgresql_leave,
	.read = postgresql_read_nodes,
	.claim = postgresql_claim,
	.release = postgresql_release,
	.have_selections = postgresql_have_selections,
	.want = postgresql_want,
	.ask = postgresql_ask,
	.take_requests = postgresql_take_requests,
	.answer = postgresql_answer,
	.read_answers = postgresql_read_answers,
	.take_back = postgresql_take_back,
	.put_states = postgresql_put_states,
	.read_states = postgresql_read_states,
};
