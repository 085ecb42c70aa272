/*
 * base/thread.h - the role of a thread. A mutable struct belongs to one thread, and its entry
 * points say so: `thread_assert(THREAD_DISPATCH);`. Outside the daemon (command line, unit tests)
 * no role is set and every assertion holds.
 */
#pragma once
#include "base/error.h"
#include <pthread.h>
#include <stdint.h>

enum thread_role { THREAD_ANY, THREAD_MAIN, THREAD_JOURNAL, THREAD_DISPATCH };

void thread_become(enum thread_role role); /* called once at the start of a thread */
void thread_assert(enum thread_role role); /* ends the process if this thread has another role */

/* Starts a thread with `role`, every signal blocked (main handles them), and a name for ps and gdb
 * (15 bytes at most). */
bool thread_start(pthread_t *thread, enum thread_role role, const char *name, void *(*run)(void *),
	void *context, struct error *err) MUST_USE;
/* For pthread_cond_timedwait() until clock_deadline(). */
void thread_condition_init(pthread_cond_t *condition);
/* Waits for the end of a thread that thread_start() started. */
void thread_join(pthread_t thread);
/* The same for at most this many microseconds; false: it still runs, and may be joined later. */
bool thread_join_within(pthread_t thread, int64_t us) MUST_USE;
