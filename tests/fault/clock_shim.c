/*
 * tests/fault/clock_shim.c - a wall clock that steps. Preloaded into a daemon by
 * tests/scenario/test_crashes.py, it adds the seconds in the file $CLOCK_SHIM_FILE.
 *
 *     cc -shared -fPIC -o clock_shim.so clock_shim.c
 *
 * It changes only the clock that an administrator or NTP can step, not the monotonic ones. The file
 * is read at each call, so that a step is seen at once; without the file there is none.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long offset(void)
{
	const char *path = getenv("CLOCK_SHIM_FILE");
	int kept = errno;
	int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char text[32];
	ssize_t length = file < 0 ? 0 : read(file, text, sizeof text - 1);

	if (file >= 0)
		close(file);
	errno = kept;
	if (length <= 0)
		return 0;
	text[length] = '\0';
	return strtoll(text, NULL, 10);
}

/* By a system call, because the C library's function is this one. */
static int read_clock(clockid_t id, struct timespec *now)
{
	return (int)syscall(SYS_clock_gettime, id, now);
}

int clock_gettime(clockid_t id, struct timespec *now)
{
	int status = read_clock(id, now);

	if (!status && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		now->tv_sec += (time_t)offset();
	return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec precise;

	(void)zone; /* obsolete; nobody asks for it */
	if (clock_gettime(CLOCK_REALTIME, &precise))
		return -1;
	now->tv_sec = precise.tv_sec;
	now->tv_usec = (suseconds_t)(precise.tv_nsec / 1000);
	return 0;
}

time_t time(time_t *seconds)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now))
		return (time_t)-1;
	if (seconds)
		*seconds = now.tv_sec;
	return now.tv_sec;
}
