/*
 * tests/sim/simulate.c - runs histories; the first wrong one is made as small as possible and
 * printed.
 *
 *     simulate [--histories N] [--seed S] [--trace] [--brief]
 *
 * --seed S runs from that seed on; with --trace only that one, and prints what happens in it;
 * --brief does not make it smaller. Exits 1 when a history is wrong, 2 when it is used wrongly, and
 * 3 when the histories, right as they are, met something too rarely.
 */
#include "base/log/log.h"
#include "tests/sim/sim.h"
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define EVERYTHING ((UINT64_C(1) << FAULT_COUNT) - 1)
#define EVERY_EVENT ((UINT32_C(1) << EVENTS) - 1)

static struct tally tally;

static bool is_wrong(const struct options *options, char wrong[400])
{
	history_run(options, wrong, &tally);
	return *wrong;
}

/* Leaves out what it is not needed for: kinds of trouble, then events. */
static void make_smaller(struct options *options)
{
	char wrong[400];
	bool any = true;
	while (any) {
		any = false;
		for (int bit = 0; bit < FAULT_COUNT + EVENTS; bit++) {
			struct options smaller = *options;
			if (bit < FAULT_COUNT)
				smaller.faults &= ~(UINT64_C(1) << bit);
			else
				smaller.events &= ~(UINT32_C(1) << (bit - FAULT_COUNT));
			bool is_smaller = smaller.faults != options->faults ||
					  smaller.events != options->events;
			if (is_smaller && is_wrong(&smaller, wrong)) {
				*options = smaller;
				any = true;
			}
		}
	}
}

static void report(struct options options)
{
	char wrong[400];
	printf("history %llu is wrong\n", (unsigned long long)options.seed);
	make_smaller(&options);
	options.trace = stdout;
	IGNORE(is_wrong(&options, wrong)); /* it is */
	printf("history %llu, at its smallest (faults %llx, events %x): %s\n"
	       "again: simulate --seed %llu --trace\n",
		(unsigned long long)options.seed, (unsigned long long)options.faults,
		options.events, wrong, (unsigned long long)options.seed);
}

int main(int argc, char **argv)
{
	static const struct option table[] = { { "histories", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 's' }, { "trace", no_argument, NULL, 't' },
		{ "brief", no_argument, NULL, 'b' }, { 0 } };
	const char *given = getenv("HISTORIES");
	long long histories = given ? atoll(given) : 20000, seed = 1;
	struct options options = { .faults = EVERYTHING, .events = EVERY_EVENT };
	char wrong[400];
	bool is_brief = false;
	int found;
	while ((found = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (found == 'n')
			histories = atoll(optarg);
		else if (found == 's')
			seed = atoll(optarg);
		else if (found == 't')
			options.trace = stdout;
		else if (found == 'b')
			is_brief = true;
		else
			return 2;
	}
	log_set_level(LOG_LEVEL_ERROR);
	if (options.trace)
		histories = 1;
	for (long long i = 0; i < histories; i++) {
		options.seed = (uint64_t)(seed + i);
		if (is_wrong(&options, wrong)) {
			if (options.trace || is_brief)
				printf("history %llu: %s\n", (unsigned long long)options.seed,
					wrong);
			else
				report(options);
			return 1;
		}
	}
	printf("%lld histories, all of them right: %lld jobs of ours by %lld requests and %lld job "
	       "queries (at least %lld and %lld)\n",
		histories, (long long)tally.jobs, (long long)tally.starts, (long long)tally.queries,
		(long long)tally.jobs, (long long)tally.jobs);
	if (is_brief || tally_print(&tally, histories))
		return 0;
	printf("a kind of trouble or outcome has become rare: nothing is proven about it\n");
	return 3;
}
