/*
 * cli/watch.h - wakes the reload when files may have changed. Only a hint: what was read decides.
 *
 * Folders are watched, not files: editors and git replace files, kubelet and git-sync swap a
 * symbolic link somewhere along the path
 * (`..data`, `current`). So for each path the folder of every link along it is watched too.
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"

struct watch;

struct watch *watch_new(struct error *err) MUST_USE;
void watch_free(struct watch *watch);
OWNED_DEFINE(watch)

int watch_fd(const struct watch *watch); /* readable when something may have changed */
void watch_clear(struct watch *watch);   /* reads and forgets what was told */
/* Watches `path` (a file, or a folder with all below it) from now on; again after each reload,
 * because folders come and go. */
void watch_add(struct watch *watch, const char *path);
