/*
 * cli/doctor/checkup_store.c - is the store healthy, is there room for it, and who has it?
 */
#include "cli/doctor/checkup.h"
#include "store/store.h"

#define MIB ((int64_t)1 << 20)
/* The WAL has 256 MiB at most, unless a reader holds it up (src/store/README.md, At rest). */
#define LONG_WAL (300 * MIB)
/* Less than this, or than a tenth of the disk, is little. */
#define LITTLE_ROOM (1024 * MIB)
#define NO_ROOM (64 * MIB)

static void add_damage(struct checkup *checkup, const struct store_health *health)
{
	checkup_add(checkup, "store", NULL, CHECKUP_PROBLEM,
		"stop the daemon, keep the files, and restore the last `refresh-router backup`",
		"the database is damaged: %s", health->damage);
}

static void add_wal(struct checkup *checkup, const struct store_health *health)
{
	if (health->wal_bytes > LONG_WAL)
		checkup_add(checkup, "wal", NULL, CHECKUP_WARNING,
			"end the program that reads the database for long (a shell with an open "
			"transaction, a copy); or the daemon's log says why it cannot be copied",
			"the WAL has %lld MiB and cannot start again",
			(long long)(health->wal_bytes / MIB));
	else
		checkup_add(checkup, "wal", NULL, CHECKUP_OK, NULL, "the WAL has %lld MiB",
			(long long)(health->wal_bytes / MIB));
}

static void add_room(struct checkup *checkup, const struct store_health *health)
{
	int64_t free_mib = health->disk_free / MIB;
	if (health->disk_free < NO_ROOM)
		checkup_add(checkup, "disk", NULL, CHECKUP_PROBLEM,
			"make room: events are answered 503 when it is full",
			"%lld MiB are left for the store", (long long)free_mib);
	else if (health->disk_free < LITTLE_ROOM && health->disk_free < health->disk_bytes / 10)
		checkup_add(checkup, "disk", NULL, CHECKUP_WARNING,
			"make room, or shorten `history`", "%lld MiB are left for the store",
			(long long)free_mib);
	else
		checkup_add(checkup, "disk", NULL, CHECKUP_OK, NULL,
			"%lld MiB are left for the store", (long long)free_mib);
}

static void add_network(struct checkup *checkup, const char *network)
{
	if (network)
		checkup_add(checkup, "disk", network, CHECKUP_WARNING,
			"put it on a disk of this machine, or take `store: postgresql://...`",
			"the store is on another machine's disk: SQLite's locks may not hold "
			"there");
}

void checkup_store(struct checkup *checkup)
{
	struct store_health health;
	struct error err;
	if (!store_examine(&checkup->config->store, checkup->arena, &health, &err)) {
		bool is_new = err.kind == ERROR_INPUT &&
			      strstr(err.message, "yet; `refresh-router serve` creates");
		checkup_add(checkup, "store", NULL, is_new ? CHECKUP_WARNING : CHECKUP_PROBLEM,
			is_new ? "start the daemon"
			       : "run this as the daemon's user; see the message",
			"%s", err.message);
		return;
	}
	checkup->holder = health.holder;
	if (!health.disk_bytes) { /* its files are the server's matter */
		checkup_add(checkup, "store", NULL, CHECKUP_OK, NULL,
			"its server answers, and the database has %lld MiB",
			(long long)(health.bytes / MIB));
		return;
	}
	if (*health.damage)
		add_damage(checkup, &health);
	else
		checkup_add(checkup, "store", NULL, CHECKUP_OK, NULL,
			"checked: %lld MiB, of which %lld MiB are free for new events",
			(long long)(health.bytes / MIB), (long long)(health.free_bytes / MIB));
	add_wal(checkup, &health);
	add_room(checkup, &health);
	add_network(checkup, health.network);
}
