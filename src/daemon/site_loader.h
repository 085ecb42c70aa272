/*
 * daemon/site_loader.h - the thread that reads what this node needs of the store to go on with a
 * site, or to do what another node asks: that may take longer than a lease.
 *
 * Life: site_loader_start, any number of site_loader_load and site_loader_find, site_loader_stop.
 */
#pragma once
#include "dispatch/command.h"
#include "dispatch/site_work.h"

struct site_loader;

struct site_loader_options {
	const struct store_address *store; /* borrowed; opened for reading */
	/* Called once for each site_loader_load(), on the loader's thread, with the work;
	 * `is_read`: all of it. */
	void (*done)(struct site_work *work, bool is_read, void *context);
	/* The same, for each site_loader_find(); `is_there`: with its refresh. */
	void (*found)(struct dispatch_command *command, bool is_there, void *context);
	void *context;
};

struct site_loader *site_loader_start(
	const struct site_loader_options *options, struct error *err) MUST_USE;
/* Reads all but open selections, which are in the work already, and takes it meanwhile; of
 * refreshes that succeeded, those since `since`. Any thread. */
void site_loader_load(struct site_loader *loader, struct site_work *work, struct wall since);
/* Reads the refresh that the command is about, and takes the command meanwhile. Any thread. */
void site_loader_find(struct site_loader *loader, struct dispatch_command *command);
/* Ends the thread after what it is reading, and refuses or drops the rest. NULL is
 * fine. */
void site_loader_stop(struct site_loader *loader);
