/*
 * store/nodes.c - hands calls about nodes to the driver.
 */
#include "store/nodes.h"
#include "store/driver.h"

bool nodes_are_possible(const struct store *store)
{
	return store->driver->nodes;
}

bool nodes_join(struct store *store, struct node_row *self, int64_t lease, struct error *err)
{
	return store->driver->nodes->join(store, self, lease, err);
}

bool nodes_renew(struct store *store, const struct node_row *self, int64_t lease, bool *is_alive,
	struct error *err)
{
	return store->driver->nodes->renew(store, self, lease, is_alive, err);
}

bool nodes_drain(struct store *store, int64_t node, bool is_draining, struct error *err)
{
	return store->driver->nodes->drain(store, node, is_draining, err);
}

bool nodes_leave(struct store *store, int64_t node, struct error *err)
{
	return store->driver->nodes->leave(store, node, err);
}

bool nodes_read(struct store *store, node_visit *visit_node, owner_visit *visit_owner,
	void *context, struct error *err)
{
	return store->driver->nodes->read(store, visit_node, visit_owner, context, err);
}

bool nodes_claim(struct store *store, const char *site, int64_t node, int64_t epoch, bool *is_ours,
	struct error *err)
{
	return store->driver->nodes->claim(store, site, node, epoch, is_ours, err);
}

bool nodes_release(
	struct store *store, const char *site, int64_t node, int64_t epoch, struct error *err)
{
	return store->driver->nodes->release(store, site, node, epoch, err);
}

bool nodes_want(
	struct store *store, const char *site, int64_t node, bool *is_known, struct error *err)
{
	return store->driver->nodes->want(store, site, node, is_known, err);
}

bool nodes_ask(struct store *store, const struct request_row *row, struct error *err)
{
	return store->driver->nodes->ask(store, row, err);
}

bool nodes_take_requests(struct store *store, int64_t node, int64_t us, request_visit *visit,
	void *context, struct error *err)
{
	return store->driver->nodes->take_requests(store, node, us, visit, context, err);
}

bool nodes_answer(struct store *store, const struct request_answer *answer, struct error *err)
{
	return store->driver->nodes->answer(store, answer, err);
}

bool nodes_read_answers(
	struct store *store, int64_t asker, answer_visit *visit, void *context, struct error *err)
{
	return store->driver->nodes->read_answers(store, asker, visit, context, err);
}

bool nodes_take_back(
	struct store *store, int64_t asker, int64_t number, bool *is_taken, struct error *err)
{
	return store->driver->nodes->take_back(store, asker, number, is_taken, err);
}

bool nodes_put_states(struct store *store, int64_t node, const char *const *sites,
	const char *const *states, size_t count, struct error *err)
{
	return store->driver->nodes->put_states(store, node, sites, states, count, err);
}

bool nodes_read_states(struct store *store, state_visit *visit, void *context, struct error *err)
{
	return store->driver->nodes->read_states(store, visit, context, err);
}

bool nodes_have_selections(struct store *store, int64_t node, bool *is_so, struct error *err)
{
	return store->driver->nodes->have_selections(store, node, is_so, err);
}
