/*
 * daemon/loader.h - the thread that reads what this node needs of the store to go on with a site,
 * or to do what another node asks: that may take longer than a lease.
 *
 * Life: loader_start, any number of loader_load and loader_find, loader_stop.
 */
#pragma once
#include "dispatch/command.h"
#include "dispatch/site_work.h"

struct loader;

struct loader_options {
	const struct store_address *store; /* borrowed; opened for reading */
	/* Called once for each loader_load(), on the loader's thread, with the work; `is_read`: all
	 * of it. */
	void (*done)(struct site_work *work, bool is_read, void *context);
	/* The same, for each loader_find(); `is_there`: with its refresh. */
	void (*found)(struct dispatch_command *command, bool is_there, void *context);
	void *context;
};

struct loader *loader_start(const struct loader_options *options, struct error *err) MUST_USE;
/* Reads all but open selections, which are in the work already, and takes it meanwhile; of
 * refreshes that succeeded, those since `since`. Any thread. */
void loader_load(struct loader *loader, struct site_work *work, struct wall since);
/* Reads the refresh that the command is about, and takes the command meanwhile. Any thread. */
void loader_find(struct loader *loader, struct dispatch_command *command);
/* Ends the thread after what it is reading, and refuses or drops the rest. NULL is
 * fine. */
void loader_stop(struct loader *loader);
