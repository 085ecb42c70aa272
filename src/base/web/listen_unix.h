/*
 * base/web/listen_unix.h - listening sockets with a name in the file system, "unix:PATH" in a
 * configuration (unix(7)).
 *
 * What is at PATH is replaced only if it is a socket that nobody listens on: what a process that
 * died left behind. Two processes that start at once cannot take a live socket for a dead one,
 * because each locks the folder meanwhile (flock(2)). Mode and group are given to the file that was
 * bound, by its descriptor: what somebody puts in its place meanwhile is left alone, and is an
 * error.
 */
#pragma once
#include "base/error.h"
#include <sys/types.h>

#define LISTEN_UNIX_PATH_BYTES 107 /* the longest path, unix(7) */

struct listen_unix { /* plain data */
	const char *path;
	unsigned mode;     /* permission bits: who may connect needs to write */
	const char *group; /* name or number; NULL: the process's */
};

/* Which file was made, so that only that one is removed again. */
struct listen_unix_mark {
	dev_t device;
	ino_t inode;
};

/* PATH of "unix:PATH", borrowed; NULL: the address is of another kind. */
const char *listen_unix_path(const char *address);
/* Is PATH one that a socket can have? */
bool listen_unix_check(const char *path, struct error *err) MUST_USE;
/* Permission bits as chmod(1) takes them: "0660". */
bool listen_unix_mode(const char *text, unsigned *mode);
/* The socket, or -1. ERROR_INPUT: a person changes path, group or file; ERROR_TRANSIENT: somebody
 * listens there. */
int listen_unix_open(
	const struct listen_unix *options, struct listen_unix_mark *mark, struct error *err);
/* May every user of the machine connect, as far as the file's own permission goes? */
bool listen_unix_is_for_all(const char *path);
/* Call it while the socket is still open: then nobody takes the file for a dead one's. */
void listen_unix_remove(const char *path, const struct listen_unix_mark *mark);
