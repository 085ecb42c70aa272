/*
 * tests/unit/ownership_world_test.c - nodes that share a database, in a world of pauses,
 * partitions, slow and lost answers, kills, stops, and a database that loses its last commits.
 *
 * At every moment: no two nodes may call for one site; a site that some healthy node knows is not
 * without an owner for long. At the end, when all is quiet: every site has an owner, and nothing
 * moves any more.
 *
 * A history follows from its seed. REFRESH_ROUTER_OWNERSHIP=FIRST,COUNT runs others.
 */
#include "cluster/ownership.h"
#include "tests/unit/test.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES 3
#define SITES 6
#define LIVES 200 /* rows of nodes in the database */
#define TICK (50 * US_PER_MS)
#define STORMY (120 * US_PER_SECOND)
#define QUIET (150 * US_PER_SECOND)
#define CALM (60 * US_PER_SECOND)          /* the end of QUIET, when nothing moves */
#define GIVES_UP_AFTER (2 * US_PER_SECOND) /* a node, when the database does not answer */
/* within 10 seconds, and the time that two lost answers take */
#define OWNED_WITHIN (10 * US_PER_SECOND + 2 * GIVES_UP_AFTER)

static const char *const sites[SITES] = { "alpha", "beta", "gamma", "delta", "epsilon", "zeta" };

/* ---- chance ---- */

static uint64_t state;

static uint64_t draw(void)
{
	uint64_t bits = (state += 0x9e3779b97f4a7c15u);
	bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
	bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
	return bits ^ (bits >> 31);
}

static int64_t between(int64_t low, int64_t high)
{
	return low + (int64_t)(draw() % (uint64_t)(high - low + 1));
}

static bool one_in(int64_t n)
{
	return !(draw() % (uint64_t)n);
}

/* ---- the database ---- */

struct database {
	int64_t until[LIVES]; /* by id; 0: there is no such row */
	bool is_draining[LIVES];
	struct ownership_site rows[SITES];
	bool is_row[SITES];
};

struct world {
	int64_t now;
	struct database database, before; /* what a failover falls back to */
	int64_t before_at, away_until, doubtful_until;
	int64_t hand_overs, lives;
	int64_t disturbed_at, disturbances; /* one in so many steps */
};

static size_t index_of(const char *site)
{
	for (size_t i = 0; i < SITES; i++)
		if (!strcmp(sites[i], site))
			return i;
	abort();
}

static bool is_alive(const struct world *world, int64_t node)
{
	return world->database.until[node] > world->now;
}

static enum ownership_answer apply(struct world *world, const struct ownership_action *action,
	bool is_draining, int64_t *joined)
{
	struct database *database = &world->database;
	struct ownership_site *row = action->site ? &database->rows[index_of(action->site)] : NULL;

	switch (action->deed) {
	case OWNERSHIP_JOIN:
		/* chosen by the node, at random: a database that lost its last commits would give
		 * the same number twice */
		*joined = ++world->lives;
		assert_true(*joined < LIVES);
		database->until[*joined] = world->now + OWNERSHIP_LEASE;
		return OWNERSHIP_YES;
	case OWNERSHIP_RENEW:
		if (!is_alive(world, action->node))
			return OWNERSHIP_NO;
		database->until[action->node] = world->now + OWNERSHIP_LEASE;
		database->is_draining[action->node] = is_draining;
		return OWNERSHIP_YES;
	case OWNERSHIP_CLAIM:
		database->is_row[index_of(action->site)] = true;
		if (row->epoch != action->epoch || (row->node && is_alive(world, row->node)) ||
			!is_alive(world, action->node))
			return OWNERSHIP_NO;
		row->node = action->node;
		row->epoch++;
		world->hand_overs++;
		return OWNERSHIP_YES;
	case OWNERSHIP_RELEASE:
		if (row->node == action->node && row->epoch == action->epoch)
			row->node = 0;
		return OWNERSHIP_YES;
	case OWNERSHIP_END:
		for (size_t i = 0; i < SITES; i++)
			if (database->rows[i].node == action->node)
				database->rows[i].node = 0;
		database->until[action->node] = world->now;
		return OWNERSHIP_YES;
	case OWNERSHIP_LOOK:
	case OWNERSHIP_ADOPT:
	case OWNERSHIP_LEAVE:
		break;
	}
	return OWNERSHIP_YES;
}

/* ---- a node ---- */

struct process {
	struct ownership *ownership; /* NULL: it does not run */
	int64_t offset;              /* of its clock */
	int64_t starts_at, paused_until, cut_until;
	bool is_draining, is_stopping, is_severed;
	struct ownership_action asked; /* of the database, while `is_asking` */
	bool is_asking, is_applied;
	int64_t sent_at, applies_at, answers_at;
	enum ownership_answer answer;
	int64_t joined;
	struct database seen;
	int64_t leaving_until[SITES]; /* 0: it is not */
	int64_t healthy_since;
};

static struct mono clock_of(const struct world *world, const struct process *process)
{
	return (struct mono){ world->now + process->offset };
}

static void look(const struct world *world, struct process *process)
{
	struct ownership_node nodes[LIVES];
	struct ownership_site rows[SITES];
	struct ownership_picture picture = { .nodes = nodes, .sites = rows };

	for (int64_t id = 1; id < LIVES; id++)
		if (process->seen.until[id])
			nodes[picture.node_count++] = (struct ownership_node){ id,
				process->seen.until[id] - process->applies_at,
				process->seen.is_draining[id] };
	for (size_t i = 0; i < SITES; i++)
		if (process->seen.is_row[i])
			rows[picture.site_count++] = process->seen.rows[i];
	ownership_saw(process->ownership, clock_of(world, process), &picture);
}

static void take_answer(const struct world *world, struct process *process)
{
	struct ownership *ownership = process->ownership;
	struct mono now = clock_of(world, process), sent = { process->sent_at + process->offset };

	process->is_asking = false;
	switch (process->asked.deed) {
	case OWNERSHIP_JOIN:
		ownership_joined(ownership, sent, now,
			process->answer == OWNERSHIP_YES ? process->joined : 0);
		break;
	case OWNERSHIP_RENEW:
		ownership_renewed(ownership, sent, now, process->answer);
		break;
	case OWNERSHIP_LOOK:
		if (process->answer == OWNERSHIP_YES)
			look(world, process);
		else
			ownership_saw(ownership, now, NULL);
		break;
	case OWNERSHIP_CLAIM:
		ownership_claimed(ownership, now, process->asked.site, process->answer);
		break;
	case OWNERSHIP_RELEASE:
		ownership_released(ownership, process->asked.site);
		break;
	case OWNERSHIP_END:
		ownership_ended(ownership);
		break;
	case OWNERSHIP_ADOPT:
	case OWNERSHIP_LEAVE:
		break;
	}
}

static void ask(const struct world *world, struct process *process)
{
	bool is_stormy = world->now<STORMY, is_cut = process->cut_until> world->now;
	bool is_lost = is_cut || (is_stormy && one_in(200));
	int64_t slow = is_stormy && one_in(50) ? between(0, 1900) : 0;

	process->is_asking = true;
	/* it never arrives; of a connection that is cut, the first may */
	process->is_applied = is_cut && (process->is_severed || one_in(2));
	process->is_severed = is_cut;
	process->sent_at = world->now;
	process->applies_at = world->now + between(1, 40) * US_PER_MS + slow * US_PER_MS / 2;
	process->answers_at =
		process->applies_at + between(1, 40) * US_PER_MS + slow * US_PER_MS / 2;
	process->answer = OWNERSHIP_UNKNOWN;
	if (is_lost)
		process->answers_at = world->now + GIVES_UP_AFTER;
	process->joined = is_lost ? -1 : 0;
}

/* The database gets what was asked, and the answer may be lost on its way back. */
static void reach_database(struct world *world, struct process *process)
{
	int64_t joined = 0;

	if (!process->is_asking || process->is_applied || world->now < process->applies_at)
		return;
	process->is_applied = true;
	if (world->now < world->away_until)
		return;
	enum ownership_answer answer = apply(world, &process->asked, process->is_draining, &joined);
	process->applies_at = world->now;
	process->seen = world->database;
	if (process->joined < 0)
		return; /* lost */
	process->answer = answer;
	process->joined = joined;
}

/* With REFRESH_ROUTER_TRACE, what each node does. */
static void trace(const struct world *world, const struct process *process,
	const struct ownership_action *action)
{
	static const char *const deeds[] = { "join", "renew", "look", "claim", "release", "adopt",
		"leave", "end" };

	if (getenv("REFRESH_ROUTER_TRACE"))
		print_message("%8" PRId64 " ms  node %" PRId64 " (clock %" PRId64 ") %s %s %" PRId64
			      "%s\n",
			world->now / US_PER_MS, action->node, process->offset / US_PER_SECOND,
			deeds[action->deed], action->site ? action->site : "", action->epoch,
			action->is_clean ? " cleanly" : "");
}

static void run(const struct world *world, struct process *process)
{
	struct ownership_action action;

	for (size_t i = 0; i < SITES; i++)
		if (process->leaving_until[i] && world->now >= process->leaving_until[i]) {
			process->leaving_until[i] = 0;
			ownership_left(process->ownership, sites[i]);
		}
	if (process->is_asking && world->now >= process->answers_at)
		take_answer(world, process);
	/* the thread waits for the database */
	while (!process->is_asking &&
		ownership_act(process->ownership, clock_of(world, process), &action)) {
		trace(world, process, &action);
		if (action.deed == OWNERSHIP_LEAVE) {
			process->leaving_until[index_of(action.site)] =
				world->now + between(1, 300) * US_PER_MS;
		} else if (action.deed != OWNERSHIP_ADOPT) {
			process->asked = action;
			if (action.site)
				process->asked.site = sites[index_of(action.site)];
			ask(world, process);
		}
	}
	/* else its thread would spin */
	if (!process->is_asking)
		assert_true(ownership_due(process->ownership).us > clock_of(world, process).us);
}

static void start(const struct world *world, struct process *process)
{
	*process = (struct process){ .ownership = ownership_new(),
		.offset = between(0, 1000000) * US_PER_SECOND,
		.healthy_since = world->now };
	ownership_configure(process->ownership, sites, SITES);
}

static void end(struct process *process, int64_t starts_at)
{
	ownership_free(process->ownership);
	*process = (struct process){ .starts_at = starts_at };
}

/* ---- what happens to them ---- */

static void disturb(struct world *world, struct process *process)
{
	int64_t for_long = between(1, 20) * US_PER_SECOND;

	switch (between(0, 7)) {
	case 0:
		end(process, world->now + for_long);
		break;
	case 1:
	case 2:
		process->paused_until = world->now + for_long;
		break;
	case 3:
	case 4:
		process->cut_until = world->now + for_long;
		break;
	case 5:
		process->is_stopping = true;
		ownership_stop(process->ownership);
		break;
	case 6:
		process->is_draining = !process->is_draining;
		ownership_drain(process->ownership, process->is_draining);
		break;
	default:
		ownership_lost(process->ownership, sites[between(0, SITES - 1)]);
	}
}

static void fail_over(struct world *world)
{
	world->database = world->before;
	world->away_until = world->now + between(1, 30) * US_PER_SECOND / 10;
	/* A renewal that the database forgot is trusted for so long: only a synchronous standby
	 * avoids that. */
	world->doubtful_until = world->away_until + OWNERSHIP_TRUST;
}

static void storm(struct world *world, struct process *processes)
{
	if (one_in(world->disturbances)) {
		disturb(world, &processes[between(0, NODES - 1)]);
		world->disturbed_at = world->now;
	}
	if (one_in(1200))
		fail_over(world);
	if (world->now - world->before_at > between(0, 500) * US_PER_MS) {
		world->before = world->database;
		world->before_at = world->now;
	}
	if (one_in(300))
		world->database.rows[between(0, SITES - 1)].wanted = between(0, world->lives);
}

/* ---- what must hold ---- */

static bool is_running(const struct world *world, const struct process *process)
{
	return process->ownership && process->paused_until <= world->now;
}

static int owners_of(const struct world *world, const struct process *processes, size_t site)
{
	int owners = 0;

	for (size_t i = 0; i < NODES; i++)
		owners += is_running(world, &processes[i]) &&
			  ownership_may(processes[i].ownership, clock_of(world, &processes[i]),
				  sites[site]);
	return owners;
}

static bool is_healthy(const struct world *world, const struct process *process)
{
	return is_running(world, process) && process->cut_until <= world->now &&
	       !process->is_draining && !process->is_stopping && world->away_until <= world->now &&
	       world->doubtful_until <= world->now;
}

static void check(
	const struct world *world, struct process *processes, int64_t *ownerless, uint64_t seed)
{
	bool is_any_healthy = false;

	for (size_t i = 0; i < NODES; i++) {
		if (!is_healthy(world, &processes[i]))
			processes[i].healthy_since = world->now;
		is_any_healthy |= world->now - processes[i].healthy_since > OWNED_WITHIN;
	}
	for (size_t i = 0; i < SITES; i++) {
		int owners = owners_of(world, processes, i);

		if (owners > 1 && world->doubtful_until <= world->now)
			fail_msg("seed %" PRIu64 ": %s has %d owners at %" PRId64 " ms", seed,
				sites[i], owners, world->now / US_PER_MS);
		if (owners || !is_any_healthy || world->disturbed_at == world->now)
			ownerless[i] = world->now;
		if (world->now - ownerless[i] > OWNED_WITHIN)
			fail_msg("seed %" PRIu64 ": %s has no owner since %" PRId64 " ms", seed,
				sites[i], ownerless[i] / US_PER_MS);
	}
}

static void step(struct world *world, struct process *processes)
{
	for (size_t i = 0; i < NODES; i++) {
		struct process *process = &processes[i];

		if (!process->ownership && world->now >= process->starts_at)
			start(world, process);
		if (!process->ownership)
			continue;
		reach_database(world, process);
		if (is_running(world, process))
			run(world, process);
		if (ownership_is_over(process->ownership))
			end(process, world->now + between(0, 10) * US_PER_SECOND);
	}
}

static void play(uint64_t seed)
{
	struct world *world = mem_new(struct world);
	struct process processes[NODES] = { 0 };
	int64_t ownerless[SITES] = { 0 }, moves = 0;

	state = seed;
	world->disturbances = seed % 2 ? 60 : 400;
	for (size_t i = 0; i < SITES; i++)
		world->database.rows[i].site = sites[i];
	world->before = world->database;
	for (; world->now < STORMY + QUIET; world->now += TICK) {
		if (world->now < STORMY) {
			for (size_t i = 0; i < NODES; i++)
				if (!processes[i].ownership)
					goto calm;
			storm(world, processes);
		} else if (world->now == STORMY) {
			for (size_t i = 0; i < NODES; i++)
				if (processes[i].ownership && processes[i].is_draining) {
					processes[i].is_draining = false;
					ownership_drain(processes[i].ownership, false);
				}
		}
	calm:
		if (world->now == STORMY + QUIET - CALM)
			moves = world->hand_overs;
		step(world, processes);
		check(world, processes, ownerless, seed);
	}
	for (size_t i = 0; i < SITES; i++)
		if (owners_of(world, processes, i) != 1)
			fail_msg("seed %" PRIu64 ": %s has no owner in the end", seed, sites[i]);
	if (world->hand_overs > moves)
		fail_msg("seed %" PRIu64 ": sites still move when all is quiet", seed);
	for (size_t i = 0; i < NODES; i++)
		ownership_free(processes[i].ownership);
	free(world);
}

static void every_site_has_one_owner_whatever_happens(void **unused)
{
	const char *given = getenv("REFRESH_ROUTER_OWNERSHIP");
	unsigned long long first = 1, count = 500;

	(void)unused;
	if (given)
		assert_int_equal(sscanf(given, "%llu,%llu", &first, &count), 2);
	for (uint64_t seed = first; seed < first + count; seed++)
		play(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_site_has_one_owner_whatever_happens),
	};

	return cmocka_run_group_tests_name("ownership, in a world", tests, NULL, NULL);
}
