/*
 * daemon/loader.h - the thread that reads the work of sites which this node has adopted: that may
 * take longer than a lease.
 *
 * Life: loader_start, any number of loader_load, loader_stop.
 */
#pragma once
#include "dispatch/site_work.h"

struct loader;

struct loader_options {
	const struct store_address *store; /* borrowed; opened for reading */
	/* Called once for each loader_load(), on the loader's thread, with the work; `is_read`: all
	 * of it. */
	void (*done)(struct site_work *work, bool is_read, void *context);
	void *context;
};

struct loader *loader_start(const struct loader_options *options, struct error *err) MUST_USE;
/* Reads all but open selections, which are in the work already, and takes it meanwhile; of
 * refreshes that succeeded, those since `since`. Any thread. */
void loader_load(struct loader *loader, struct site_work *work, struct wall since);
/* Ends the thread after what it is reading; `done` is not called for the rest. NULL is fine. */
void loader_stop(struct loader *loader);
