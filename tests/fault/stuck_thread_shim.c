/*
 * tests/fault/stuck_thread_shim.c - the dispatch thread hangs. Preloaded into a daemon by the
 * scenarios, it holds every curl_multi_poll() as long as the file $STUCK_FILE exists.
 *
 *     cc -shared -fPIC -o stuck_thread_shim.so stuck_thread_shim.c
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOK_US 5000

typedef int multi_poll(void *multi, void *fds, unsigned count, int ms, int *ready);

int curl_multi_poll(void *multi, void *fds, unsigned count, int ms, int *ready)
{
	const char *path = getenv("STUCK_FILE");
	multi_poll *real = (multi_poll *)dlsym(RTLD_NEXT, "curl_multi_poll");

	while (path && !access(path, F_OK))
		usleep(LOOK_US);
	return real(multi, fds, count, ms, ready);
}
