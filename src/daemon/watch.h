/*
 * daemon/watch.h - wakes the reload when files may have changed. Only a hint: what was read
 * decides.
 *
 * Folders are watched, not files: editors and git replace files, kubelet and git-sync swap a
 * symbolic link somewhere along the path (`..data`, `current`). So for each path the folder of
 * every link along it is watched too. inotify has bounds of its own, per user; what cannot be
 * watched is told, so that files are looked at instead (daemon/settle.h).
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"

struct watch;

struct watch *watch_new(void);
void watch_free(struct watch *watch);
OWNED_DEFINE(watch)

int watch_fd(const struct watch *watch); /* readable when something may have changed; -1: no change
					    can be told */
void watch_clear(struct watch *watch);   /* reads and forgets what was told */

/* All paths are added anew after each reload, because folders come and go: begin, then add each. */
void watch_begin(struct watch *watch);
/* Watches `path`: a file, or a folder without those below it. */
void watch_add(struct watch *watch, const char *path);
/* Since watch_begin(): why not everything is watched, the first cause; NULL: it is. */
const char *watch_trouble(const struct watch *watch);
