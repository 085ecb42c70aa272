/*
 * tests/bench/decide_bench.c - the cost of one decision, and of loading, at a number of rules.
 *
 *   decide_bench SHAPE COUNT FILE [MILLISECONDS]
 *
 * SHAPE is ids, literals (patterns with a literal text) or patterns (without one, so that all are
 * searched). It writes FILE. A process measures one case, so that no case inherits another's heap,
 * and prints one JSON object.
 */
#include "rules/decide.h"
#include <inttypes.h>
#include <malloc.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <yaml.h>

#define EVENTS 256
#define ROUND_LEAST 16 /* decisions between two looks at the clock */
#define LENGTHS 200    /* patterns differ in two lengths, of which the first has this many values */

enum shape { IDS, LITERALS, PATTERNS };

static double now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

/* ---- rules and events ---- */

static void write_condition(FILE *file, enum shape shape, long n)
{
	switch (shape) {
	case IDS:
		fprintf(file, "job_id: %ld", 1000 + n);
		break;
	case LITERALS:
		fprintf(file, "job_name: '/^extracts_team%06ld_v\\d+$/'", n);
		break;
	case PATTERNS:
		fprintf(file, "job_name: '/^[a-z]{%ld}\\d{%ld}$/'", n % LENGTHS + 1,
			n / LENGTHS + 1);
		break;
	}
}

static bool write_rules(const char *path, enum shape shape, long count)
{
	FILE *file = fopen(path, "w");
	if (!file)
		return false;
	fputs("version: 1\nrules:\n", file);
	for (long n = 0; n < count; n++) {
		fprintf(file, "  - name: rule-%06ld\n    when: {", n);
		write_condition(file, shape, n);
		fprintf(file, "}\n    refresh: [{site: finance, workbooks: Revenue %ld}]\n",
			n % 1000);
	}
	return fclose(file) == 0;
}

/* Every second event matches exactly one rule; these are spread over all of them. */
static const struct event *make_event(enum shape shape, long count, long n, struct arena *arena)
{
	struct error err;
	char json[2048], name[512] = "extracts_nobody_v1";
	long rule = n % 2 ? -1 : (n * 7919) % count;
	if (rule >= 0 && shape == LITERALS)
		snprintf(name, sizeof name, "extracts_team%06ld_v%ld", rule, n);
	if (rule >= 0 && shape == PATTERNS) {
		long letters = rule % LENGTHS + 1, digits = rule / LENGTHS + 1;
		/* Only short subjects match, because a long one would cost by its length. */
		if (letters + digits < 60)
			snprintf(name, sizeof name, "%.*s%.*s", (int)letters,
				"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh",
				(int)digits,
				"012345678901234567890123456789012345678901234567890123456789");
	}
	snprintf(json, sizeof json,
		"{\"job_id\": \"%ld\", \"job_name\": \"%s\", \"environment_name\": \"Production\", "
		"\"run_id\": \"%ld\","
		" \"account_id\": \"4238\", \"project_name\": \"analytics\"}",
		rule >= 0 ? 1000 + rule : 7L, name, 70000 + n);
	const struct event *event = event_read(str_of(json), arena, &err);
	if (!event)
		fprintf(stderr, "decide_bench: %s\n", err.message);
	return event;
}

/* ---- yardsticks of the same run ---- */

/* Seconds that libyaml alone needs to read the file as a stream of events. */
static double yaml_seconds(const char *path)
{
	yaml_parser_t parser;
	yaml_event_t event;
	FILE *file = fopen(path, "r");
	bool is_end = !file || !yaml_parser_initialize(&parser);
	double begun = now();
	if (is_end)
		return 0;
	yaml_parser_set_input_file(&parser, file);
	while (!is_end && yaml_parser_parse(&parser, &event)) {
		is_end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	fclose(file);
	return now() - begun;
}

/* Nanoseconds of one HMAC-SHA256 over a body of dbt's size, which every delivery costs at least. */
static double hmac_ns(void)
{
	static unsigned char body[640], out[EVP_MAX_MD_SIZE];
	unsigned length;
	const int repeats = 20000;
	double begun = now();
	for (int i = 0; i < repeats; i++) {
		body[0] = (unsigned char)i;
		HMAC(EVP_sha256(), "c0ffee-sample-secret", 20, body, sizeof body, out, &length);
	}
	return (now() - begun) / repeats * 1e9;
}

/* ---- measuring ---- */

static size_t resident_bytes(void)
{
	size_t pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (!file || fscanf(file, "%*s %zu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t peak_bytes(void)
{
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	return (size_t)used.ru_maxrss * 1024;
}

static size_t heap_bytes(void)
{
	struct mallinfo2 info = mallinfo2();
	return info.uordblks + info.hblkhd;
}

struct cost {
	double ns;
	long decisions;
	size_t matches;
};

static struct cost decide_for(const struct ruleset *rules, const struct event *const *events,
	struct decide_scratch *scratch, double seconds)
{
	struct cost cost = { 0 };
	double begun = now(), spent;
	size_t next = 0;
	do {
		for (int i = 0; i < ROUND_LEAST; i++) {
			struct arena *arena = arena_new();
			cost.matches +=
				ruleset_decide(rules, events[next], scratch, arena)->match_count;
			arena_free(arena);
			next = (next + 1) % EVENTS;
		}
		cost.decisions += ROUND_LEAST;
		spent = now() - begun;
	} while (spent < seconds);
	cost.ns = spent / (double)cost.decisions * 1e9;
	return cost;
}

static bool parse_shape(const char *name, enum shape *shape)
{
	static const char *const names[] = { "ids", "literals", "patterns" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(name, names[i]))
			continue;
		*shape = (enum shape)i;
		return true;
	}
	return false;
}

static struct ruleset *load(const char *path, double *seconds, size_t *resident, size_t *heap)
{
	OWNED(problems) problems = problems_new();
	size_t resident_before = resident_bytes(), heap_before = heap_bytes();
	double begun = now();
	struct ruleset *rules = ruleset_load(&path, 1, NULL, problems);
	*seconds = now() - begun;
	*heap = heap_bytes() - heap_before;
	*resident = resident_bytes() - resident_before;
	if (!rules)
		problems_print(problems, stderr, false);
	return rules;
}

static int measure(
	enum shape shape, const char *shape_name, long count, const char *path, double seconds)
{
	static const struct event *events[EVENTS];
	double load_seconds;
	size_t resident, heap;
	OWNED(arena) arena = arena_new();
	double hmac = hmac_ns(), yaml = yaml_seconds(path);
	OWNED(ruleset) rules = load(path, &load_seconds, &resident, &heap);
	OWNED(decide_scratch) scratch = decide_scratch_new();
	if (!rules)
		return 2;
	for (long i = 0; i < EVENTS; i++) {
		events[i] = make_event(shape, count, i, arena);
		if (!events[i])
			return 2;
	}
	struct cost cost = decide_for(rules, events, scratch, seconds / 4); /* warms up */
	cost = decide_for(rules, events, scratch, seconds);
	printf("{\"shape\":\"%s\",\"rules\":%ld,\"decide_ns\":%.0f,\"decisions\":%ld,\"matches\":%"
	       "zu,\"hmac_ns\":%.0f,"
	       "\"load_seconds\":%.4f,\"yaml_seconds\":%.4f,\"resident_bytes\":%zu,\"peak_bytes\":%"
	       "zu,\"heap_bytes\":%zu,\"ruleset_bytes\":%zu}\n",
		shape_name, count, cost.ns, cost.decisions, cost.matches, hmac, load_seconds, yaml,
		resident, peak_bytes(), heap, ruleset_bytes(rules));
	return 0;
}

int main(int argc, char **argv)
{
	enum shape shape;
	long count = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
	if (argc < 4 || !parse_shape(argv[1], &shape) || count < 1 || count > 200L * 500) {
		fputs("usage: decide_bench ids|literals|patterns COUNT FILE [MILLISECONDS]\n",
			stderr);
		return 2;
	}
	json_setup();
	if (!write_rules(argv[3], shape, count)) {
		perror(argv[3]);
		return 2;
	}
	return measure(
		shape, argv[1], count, argv[3], argc > 4 ? strtod(argv[4], NULL) / 1000 : 0.2);
}
