/*
 * daemon/watch.h - wakes the reload when files may have changed. Only a hint: the bytes decide.
 *
 * Watches folders, not files: editors and git replace files, kubelet and git-sync swap a symbolic
 * link somewhere along the path (`..data`, `current`). So for each path, the folder of every link
 * along it is watched too. inotify has bounds for each user; what cannot be watched is reported, so
 * that the files are checked at intervals instead (daemon/settle.h).
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"

struct watch;

struct watch *watch_new(void);
void watch_free(struct watch *watch);
OWNED_DEFINE(watch)

int watch_fd(const struct watch
		*watch); /* readable when something may have changed; -1: no change is reported */
void watch_clear(struct watch *watch); /* discards the reported changes */

/* All paths are added again after each reload, because folders come and go: begin, then add
 * each. */
void watch_begin(struct watch *watch);
/* Watches `path`: a file, or a folder without those below it. */
void watch_add(struct watch *watch, const char *path);
/* The first reason, since watch_begin(), why a path is not watched; NULL: all are watched. */
const char *watch_trouble(const struct watch *watch);
