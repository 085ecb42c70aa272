/* daemon/systemd.c - the one place that knows libsystemd's daemon calls, or that there are none. */
#include "daemon/systemd.h"
#include "base/mem.h"
#include "base/text.h"
#include "build.h"
#include <string.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#else
/* A service manager that asks for nothing. */
#define SD_LISTEN_FDS_START 3
#define sd_notify(unset, state) ((void)(state), 0)
#define sd_listen_fds_with_names(unset, names) ((void)(names), 0)
#define sd_is_socket(fd, family, type, listening) ((void)(fd), 0)
#define sd_watchdog_enabled(unset, us) ((void)(us), 0)
#endif

static int *socket_named(struct systemd_sockets *sockets, const char *name)
{
	if (!strcmp(name, "webhooks"))
		return &sockets->webhooks;
	return strcmp(name, "admin") ? NULL : &sockets->admin;
}

static bool take(struct systemd_sockets *sockets, const char *name, int fd, struct error *err)
{
	int *place = socket_named(sockets, name);
	if (!place)
		return error_fail(err, ERROR_INPUT,
			"systemd passes a socket named '%s': write FileDescriptorName=webhooks or "
			"FileDescriptorName=admin in its .socket unit",
			name);
	if (*place)
		return error_fail(err, ERROR_INPUT,
			"systemd passes two sockets named '%s': one .socket unit with one "
			"ListenStream= for each listener",
			name);
	if (sd_is_socket(fd, 0, SOCK_STREAM, 1) <= 0)
		return error_fail(err, ERROR_INPUT,
			"systemd passes a socket named '%s' that is no listening stream socket: "
			"write ListenStream= in its .socket unit",
			name);
	*place = fd;
	return true;
}

bool systemd_take_sockets(struct systemd_sockets *sockets, struct error *err)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names);
	bool ok = count >= 0 ||
		  error_fail(err, ERROR_SYSTEM, "sockets of systemd: %s", strerror(-count));
	*sockets = (struct systemd_sockets){ 0 };
	for (int i = 0; i < count; i++) {
		ok = ok && take(sockets, names[i], SD_LISTEN_FDS_START + i, err);
		free(names[i]);
	}
	free(names);
	return ok;
}

/* A status is for people: it is told what can be told, and nothing depends on it. */
static void notify(const char *state)
{
	IGNORE(sd_notify(0, state) < 0);
}

void systemd_ready(const char *status)
{
	OWNED_TEXT struct text state = TEXT(TEXT_UNBOUNDED);
	text_printf(&state, "READY=1\nSTATUS=%s", status);
	notify(state.at);
}

void systemd_starting(int64_t us, const char *status)
{
	OWNED_TEXT struct text state = TEXT(TEXT_UNBOUNDED);
	text_printf(&state, "EXTEND_TIMEOUT_USEC=%lld\nSTATUS=%s", (long long)us, status);
	notify(state.at);
}

void systemd_reloading(void)
{
	/* Of CLOCK_MONOTONIC, as systemd compares it with (sd_notify(3), MONOTONIC_USEC=). */
	struct timespec now = clock_deadline(0);
	OWNED_TEXT struct text state = TEXT(TEXT_UNBOUNDED);
	text_printf(&state, "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000);
	notify(state.at);
}

void systemd_stopping(void)
{
	notify("STOPPING=1\nSTATUS=Stopping: answers requests, follows what is being sent, signs "
	       "out");
}

void systemd_alive(void)
{
	notify("WATCHDOG=1");
}

int64_t systemd_watchdog(void)
{
	uint64_t us = 0;
	return sd_watchdog_enabled(0, &us) > 0 ? (int64_t)us : 0;
}
