/*
 * tests/fault/slow_disk_shim.c - a disk that is stuck. Preloaded into a daemon by the scenarios, it
 * holds every fsync() and fdatasync() as long as the file $SLOW_DISK_FILE exists, and every pread()
 * of the thread that answers queries as long as $SLOW_DISK_FILE.queries exists.
 *
 *     cc -shared -fPIC -o slow_disk_shim.so slow_disk_shim.c
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOK_US 5000

static void wait_while(const char *suffix)
{
	const char *path = getenv("SLOW_DISK_FILE");
	char file[4096];

	snprintf(file, sizeof file, "%s%s", path ? path : "", suffix);
	while (path && !access(file, F_OK))
		usleep(LOOK_US);
}

/* By system calls, because the C library's functions are these. */
int fsync(int file)
{
	wait_while("");
	return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file)
{
	wait_while("");
	return (int)syscall(SYS_fdatasync, file);
}

ssize_t pread64(int file, void *bytes, size_t length, off64_t at)
{
	char name[16] = "";

	pthread_getname_np(pthread_self(), name, sizeof name);
	if (!strcmp(name, "admin"))
		wait_while(".queries");
	return syscall(SYS_pread64, file, bytes, length, at);
}
