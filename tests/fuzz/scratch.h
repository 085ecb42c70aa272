/*
 * tests/fuzz/scratch.h - a folder of the fuzz target's own, deleted when the program ends.
 */
#pragma once
#include "base/mem.h"
#include "base/str.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char scratch_folder[64];

static int scratch_remove_one(
	const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)about, (void)type, (void)walk;
	return remove(path);
}

static void scratch_remove(void)
{
	nftw(scratch_folder, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* In memory if there is such a file system, because a target writes thousands of files in a
 * second. */
static inline const char *scratch_open(void)
{
	if (*scratch_folder)
		return scratch_folder;
	snprintf(scratch_folder, sizeof scratch_folder, "%s/fuzz-XXXXXX",
		access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (!mkdtemp(scratch_folder))
		abort();
	atexit(scratch_remove);
	return scratch_folder;
}

/* Writes the file and returns its path, which is valid until the next call. */
static inline const char *scratch_write(const char *name, struct str bytes)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/%s", scratch_open(), name);
	FILE *file = fopen(path, "we");
	if (!file || fwrite(bytes.at, 1, bytes.length, file) != bytes.length || fclose(file))
		abort();
	return path;
}
