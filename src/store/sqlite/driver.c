/*
 * store/sqlite/driver.c - the table of functions of the embedded store.
 */
#include "store/sqlite/sqlite.h"

const struct store_driver sqlite_driver = {
	.scheme = "sqlite:",
	.name = "SQLite",
	.is_path = true,
	.version = sqlite3_libversion,
	.open = sqlite_open,
	.close = sqlite_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.tidy = sqlite_tidy,
	.settle = sqlite_settle,
	.add_event = sqlite_add_event,
	.end_selection = sqlite_end_selection,
	.put_refresh = sqlite_put_refresh,
	.put_cause = sqlite_put_cause,
	.put_spent = sqlite_put_spent,
	.put_pause = sqlite_put_pause,
	.add_command = sqlite_add_command,
	.prune = sqlite_prune,
	.list_events = sqlite_list_events,
	.list_refreshes = sqlite_list_refreshes,
	.list_commands = sqlite_list_commands,
	.find_event = sqlite_find_event,
	.find_refresh = sqlite_find_refresh,
	.refreshes_of_event = sqlite_refreshes_of_event,
	.open_selections_of_event = sqlite_open_selections_of_event,
	.load_open_selections = sqlite_load_open_selections,
	.load_refreshes = sqlite_load_refreshes,
	.load_spent = sqlite_load_spent,
	.load_pauses = sqlite_load_pauses,
	.take_refresh_ids = sqlite_take_refresh_ids,
	.last_stamp = sqlite_last_stamp,
};
