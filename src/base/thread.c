/* base/thread.c - which role the running thread has, and the start of threads with one. */
#include "base/thread.h"
#include "base/clock.h"
#include "base/mem.h"
#include <assert.h>
#include <signal.h>
#include <string.h>

static _Thread_local enum thread_role current = THREAD_ANY;

void thread_become(enum thread_role role)
{
	current = role;
}

void thread_assert(enum thread_role role)
{
	assert(current == THREAD_ANY || current == role);
}

struct start {
	enum thread_role role;
	char name[16]; /* the kernel's bound, prctl(2) PR_SET_NAME */
	void *(*run)(void *context);
	void *context;
};

static void *enter(void *argument)
{
	struct start start = *(struct start *)argument;
	free(argument);
	pthread_setname_np(pthread_self(), start.name);
	thread_become(start.role);
	return start.run(start.context);
}

bool thread_start(pthread_t *thread, enum thread_role role, const char *name, void *(*run)(void *),
	void *context, struct error *err)
{
	sigset_t all, before;
	struct start *start = mem_new(struct start);
	*start = (struct start){ .role = role, .run = run, .context = context };
	strncat(start->name, name, sizeof start->name - 1);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failure = pthread_create(thread, NULL, enter, start);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failure)
		return true;
	free(start);
	return error_fail(err, ERROR_SYSTEM, "thread '%s': %s", name, strerror(failure));
}

void thread_join(pthread_t thread)
{
	int failure = pthread_join(thread, NULL);
	assert(!failure); /* it exists, nobody else joins it, and it is not this thread */
	(void)failure;
}

bool thread_join_within(pthread_t thread, int64_t us)
{
	struct wall until = wall_after(clock_wall(), us);
	struct timespec time = { .tv_sec = until.us / US_PER_SECOND,
		.tv_nsec = until.us % US_PER_SECOND * 1000 };
	return !pthread_timedjoin_np(thread, NULL, &time);
}

void thread_condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t steady;
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &steady);
	pthread_condattr_destroy(&steady);
}
