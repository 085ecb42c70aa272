/*
 * daemon/systemd.h - what daemon and service manager tell each other: sd_notify(3) and
 * sd_listen_fds(3). All of it does nothing when the service manager did not ask for it, or without
 * libsystemd.
 *
 * Belongs to the main thread.
 */
#pragma once
#include "base/clock.h"
#include "base/error.h"

/* Listening sockets that a .socket unit holds, so that a restart refuses no connection: by
 * FileDescriptorName=, 0 when there is none. */
struct systemd_sockets {
	int webhooks, admin;
};

/* Takes the sockets that were passed, which stay open until the process ends. Call it before other
 * threads start, because it changes the environment. ERROR_INPUT: a socket has another name, two
 * have one name, or it is no listening stream socket. */
bool systemd_take_sockets(struct systemd_sockets *sockets, struct error *err) MUST_USE;

/* Serving, after a start or a reload. `status` is one line for people (`systemctl status`). */
void systemd_ready(const char *status);
/* A reload begins, and ends with systemd_ready(). Type=notify-reload waits for both. */
void systemd_reloading(void);
/* The start takes longer: it has `us` more from now on (EXTEND_TIMEOUT_USEC=). */
void systemd_starting(int64_t us, const char *status);
void systemd_stopping(void);
/* Tells the watchdog that all is well. */
void systemd_alive(void);
/* WatchdogSec= in microseconds; 0: nobody watches this process. */
int64_t systemd_watchdog(void);
