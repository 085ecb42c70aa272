/*
 * tests/fault/slow_disk_shim.c - a disk that is stuck: preloaded into a daemon by the scenarios,
 * holds every fsync() and fdatasync() for as long as the file $SLOW_DISK_FILE exists.
 *
 *     cc -shared -fPIC -o slow_disk_shim.so slow_disk_shim.c
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOK_US 5000

static void wait_for_the_disk(void)
{
	const char *path = getenv("SLOW_DISK_FILE");

	while (path && !access(path, F_OK))
		usleep(LOOK_US);
}

/* Past the C library, which would find these functions again. */
int fsync(int file)
{
	wait_for_the_disk();
	return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file)
{
	wait_for_the_disk();
	return (int)syscall(SYS_fdatasync, file);
}
