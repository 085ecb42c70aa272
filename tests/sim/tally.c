/*
 * tests/sim/tally.c - what was exercised: an oracle that never meets a case proves nothing.
 */
#include "tests/sim/sim.h"

/* With enough histories, a kind that fewer than this many in a thousand have met is too rare. */
#define RARE 1
#define ENOUGH 10000

/* clang-format off */
static const char *const names[MET_COUNT] = {
	[FAULT_LOST_REQUEST] = "a request is lost",
	[FAULT_LOST_REPLY]   = "a reply is lost",
	[FAULT_SERVER_ERROR] = "an error of the server",
	[FAULT_THROTTLE]     = "429",
	[FAULT_DOUBT]        = "a no that is open to doubt",
	[FAULT_SLOW]         = "a request that takes long",
	[FAULT_FOREIGN_JOB]  = "a job of somebody else",
	[FAULT_JOB_FAILS]    = "a job fails or is cancelled",
	[FAULT_JOB_GONE]     = "a job is forgotten",
	[FAULT_OUTAGE]       = "an outage",
	[FAULT_CRASH]        = "a crash",
	[FAULT_SLOW_DISK]    = "a slow disk",
	[FAULT_CLOCK_STEP]   = "our clock steps",
	[FAULT_NO_LIST]      = "jobs may not be listed",
	[FAULT_PEOPLE]       = "people ask",
	[FAULT_BUDGET]       = NULL, /* drawn with the site; see what is spent */
	[FAULT_SLOW_REPLY]   = "a reply that takes long",
	[FAULT_REFUSED]      = "a refresh is refused for good",
	[FAULT_LIST_LAGS]    = "a job is missing from a list",
	[FAULT_POLL_LAGS]    = "a job is not known for a while",
	[FAULT_NO_POLL]      = "a job may not be looked at",
	[FAULT_RELOAD]       = "a reload; sites come and go",
	[FAULT_MOVE]         = "content is published again",
	[FAULT_STUCK]        = "a job stands in the queue",
	[FAULT_NOT_TABLEAU]  = "an answer that is not Tableau's",
	[FAULT_UNREAD]       = "an answer that cannot be read",
	[FAULT_UNSURE]       = "a look that cannot tell",
	[FAULT_RENAME]       = "content is renamed",
	[FAULT_NO_EVENT_ID]  = "an event is told once more",
	[FAULT_AT_ONCE]      = "a job begins, or ends, at once",
	[FAULT_DISK_FULL]    = "a disk that is full for a while",
	[FAULT_HAND_OVER]    = "sites are left, and adopted",
	[FAULT_OLDER_DISK]   = "a copy of the disk is put back",
	[MET_SUCCEEDED]      = "succeeded",
	[MET_FAILED]         = "failed",
	[MET_CANCELLED]      = "cancelled",
	[MET_EXPIRED]        = "expired",
	[MET_SERVED]         = "served by a job that was there",
	[MET_JOINED]         = "an event joins",
	[MET_BUSY]           = "409093",
	[MET_TAKEN_OVER]     = "a job is taken over",
	[MET_FOUND]          = "its own job is found",
	[MET_DELAYED]        = "held by delay",
	[MET_QUIET]          = "held by quiet",
	[MET_INCREMENTAL]    = "an incremental refresh",
	[MET_TWO_RULES]      = "a selection of two rules",
	[MET_BUDGET_SPENT]   = "the budget of starts is spent",
	[MET_QUERIES_SPENT]  = "the budget of queries is spent",
	[MET_PLACES_TAKEN]   = "no place is free",
	[MET_WAIT_TOLD]      = "Retry-After",
	[MET_LEFT_ALONE]     = "a site is left alone",
	[MET_GIVEN_UP_SOON]  = "longer than give_up_after",
	[MET_SENT_ONCE_MORE] = "its job proves nothing",
	[MET_NOBODY_CAN_TELL] = "nobody can tell of its job",
	[MET_LEASE_LOST]     = "sites are lost",
	[MET_EVENT_LOST]     = "an event is not in the copy",
	[MET_LOOKED_FIRST]   = "a job is found for what a copy has",
};
/* clang-format on */

/* Steps of a refresh's life that no world as it should be leads to; schedule_test.c takes them. */
static bool is_beyond(enum refresh_state from, enum refresh_state to)
{
	/* Only a row that says it is queued, and tells no evidence, as none of ours does. */
	return from == REFRESH_QUEUED && to == REFRESH_WAITING;
}

static bool is_all_lived(const struct tally *tally, int64_t histories)
{
	bool is_all = true;
	for (enum refresh_state from = 0; from < LIFE_STATES; from++)
		for (enum refresh_state to = 0; to < LIFE_STATES; to++) {
			const char *when = life_step(from, to);
			if (!when || tally->lived[from][to] || is_beyond(from, to))
				continue;
			printf("never: from %s to %s (%s)\n", refresh_state_name(from),
				refresh_state_name(to), when);
			is_all = false;
		}
	return is_all || histories < ENOUGH;
}

bool tally_print(const struct tally *tally, int64_t histories)
{
	bool is_enough = true;
	printf("histories in a thousand that met\n");
	for (int i = 0, column = 0; i < MET_COUNT; i++) {
		int64_t share = tally->met[i] * 1000 / (histories ? histories : 1);
		bool is_rare = names[i] && histories >= ENOUGH && share < RARE;
		if (!names[i])
			continue;
		printf("  %-32s %4lld%s", names[i], (long long)share,
			is_rare        ? " RARE"
			: ++column % 3 ? ""
				       : "\n");
		is_enough &= !is_rare;
	}
	printf("\n");
	return is_all_lived(tally, histories) && is_enough;
}
