/*
 * tests/unit/store_drivers.h - the same test with a store of each driver
 * (tests/unit/store_folder.h).
 *
 *     every_store_test(a_test),
 *     cmocka_run_group_tests_name("store", tests, drivers_start, drivers_stop);
 */
#pragma once
#include "build.h"
#include "tests/unit/store_folder.h"
#ifdef HAVE_POSTGRESQL
#include "tests/unit/postgresql_server.h"
#endif

/* The same test of each driver whose store is this machine's. */
#define local_store_test(name)                                                                     \
	store_test(name),                                                                          \
		cmocka_unit_test_setup_teardown(name, store_memory_setup, store_folder_teardown)

#ifdef HAVE_POSTGRESQL
/* The same with a new database of a PostgreSQL server, named as the folder. */
static inline const char *store_database(void)
{
	return strrchr(folder.path, '/') + 1;
}

static inline int store_postgresql_setup(void **state)
{
	char sql[100];
	int failed = store_folder_setup(state);

	if (failed)
		return failed;
	snprintf(sql, sizeof sql, "CREATE DATABASE \"%s\"", store_database());
	server_do("postgres", sql);
	server_url(store_database(), folder.url, sizeof folder.url);
	return 0;
}

static inline int store_postgresql_teardown(void **state)
{
	char sql[100];

	snprintf(sql, sizeof sql, "DROP DATABASE \"%s\" WITH (FORCE)", store_database());
	server_do("postgres", sql);
	return store_folder_teardown(state);
}
#define postgresql_store_test(name)                                                                \
	cmocka_unit_test_setup_teardown(name, store_postgresql_setup, store_postgresql_teardown)
#define every_store_test(name) local_store_test(name), postgresql_store_test(name)
#define drivers_start server_start
#define drivers_stop server_stop
#else
#define every_store_test(name) local_store_test(name)
static inline int drivers_start(void **state)
{
	(void)state;
	return 0;
}
#define drivers_stop drivers_start
#endif
