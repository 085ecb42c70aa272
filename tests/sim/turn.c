/*
 * tests/sim/turn.c - whose turn it is (design, 9.6). Asks the scheduler's own state, because nobody
 * else knows who is ready.
 */
#include "dispatch/schedule_state.h"
#include "tests/sim/oracle.h"

/* By priority, then age; but nobody waits for those who came half of give_up_after later. */
void turn_check_send(struct world *world, const struct refresh_row *row)
{
	struct site *site = site_of(world->schedule, row->site);
	struct refresh *sent = refresh_find(world->schedule, row->id);
	for (size_t i = 0; i < site->ready.count; i++) {
		const struct refresh *other = container(site->ready.items[i], struct refresh, due);
		if (other->row.priority >= row->priority && other->born.us < sent->born.us)
			wrong(world,
				"refresh %lld is sent before refresh %lld, older and no less "
				"urgent",
				(long long)row->id, (long long)other->row.id);
		if (sent->born.us - other->born.us > world->schedule_options.give_up_after / 2)
			wrong(world, "refresh %lld starves", (long long)other->row.id);
	}
}
