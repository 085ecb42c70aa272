/* base/fault.c - counts the passings of fault points and fails or kills at the one that the
 * environment names; compiled only with --enable-faults. */
#include "base/fault.h"

#ifdef ENABLE_FAULTS
#include "base/error.h"
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long passed;

static void note(const char *name)
{
	const char *path = getenv("REFRESH_ROUTER_FAULT_LOG");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd < 0)
		return;
	IGNORE(write(fd, name, strlen(name)) < 0);
	IGNORE(write(fd, "\n", 1) < 0);
	close(fd);
}

bool fault_hit(const char *name)
{
	const char *wanted = getenv("REFRESH_ROUTER_FAULT");
	note(name);
	const char *colon = wanted ? strchr(wanted, ':') : NULL;
	if (!colon)
		return false;
	size_t length = (size_t)(colon - wanted);
	bool is_named = (length == 1 && *wanted == '*') ||
			(strlen(name) == length && !strncmp(name, wanted, length));
	if (!is_named || atomic_fetch_add(&passed, 1) + 1 != strtol(colon + 1, NULL, 10))
		return false;
	if (strstr(colon, ":kill"))
		kill(getpid(), SIGKILL);
	return true;
}
#endif
