/*
 * schedule/life.h - the life of a refresh: which state may follow which, and when. Pure.
 *
 * A refresh begins as `waiting`; a restart puts it back where it was (restore.c). From then on only
 * what this table has may happen: refresh_enter() sees to that, and the simulation to it that all
 * of it does.
 */
#pragma once
#include "content/refresh.h"

/* clang-format off */
#define LIFE(STEP)                                                                                 \
	STEP(WAITING, SENDING,   "its turn has come")                                              \
	STEP(WAITING, QUEUED,    "after 409093 a look found a job that serves it")                 \
	STEP(WAITING, RUNNING,   "likewise, and it runs")                                          \
	STEP(WAITING, SUCCEEDED, "likewise, and it is over; or the job of another refresh served") \
	STEP(WAITING, FAILED,    "likewise; or whoever stood for it failed")                       \
	STEP(WAITING, CANCELLED, "a person cancelled it; or whoever stood for it was cancelled")   \
	STEP(WAITING, EXPIRED,   "given up")                                                       \
	STEP(SENDING, WAITING,   "not accepted: it is tried again")                                \
	STEP(SENDING, UNKNOWN,   "no reply, or a no that is open to doubt")                        \
	STEP(SENDING, QUEUED,    "accepted")                                                       \
	STEP(SENDING, RUNNING,   "accepted, and its job has begun")                                \
	STEP(SENDING, SUCCEEDED, "accepted, and its job is over at once")                          \
	STEP(SENDING, FAILED,    "refused for good; or its job has failed at once")                \
	STEP(SENDING, CANCELLED, "a person cancelled it; or the rules name other content now")     \
	STEP(UNKNOWN, WAITING,   "no job was found: it is sent again")                             \
	STEP(UNKNOWN, QUEUED,    "its job was found")                                              \
	STEP(UNKNOWN, RUNNING,   "likewise, and it runs")                                          \
	STEP(UNKNOWN, SUCCEEDED, "likewise, and it is over")                                       \
	STEP(UNKNOWN, FAILED,    "likewise; or no job was found after a no")                       \
	STEP(UNKNOWN, CANCELLED, "likewise; or a person cancelled it, and no job was found")       \
	STEP(UNKNOWN, EXPIRED,   "given up")                                                       \
	STEP(QUEUED,  WAITING,   "its job is over and proves nothing: it is sent once more")       \
	STEP(QUEUED,  RUNNING,   "its job has begun")                                              \
	STEP(QUEUED,  SUCCEEDED, "its job is over")                                                \
	STEP(QUEUED,  FAILED,    "likewise; or it can be followed no longer")                      \
	STEP(QUEUED,  CANCELLED, "likewise; or a person cancelled it, or it is of other content")  \
	STEP(QUEUED,  EXPIRED,   "given up, or its job never started")                             \
	STEP(RUNNING, WAITING,   "its job is over and proves nothing: it is sent once more")       \
	STEP(RUNNING, SUCCEEDED, "its job is over")                                                \
	STEP(RUNNING, FAILED,    "likewise; or it can be followed no longer")                      \
	STEP(RUNNING, CANCELLED, "likewise; or a person cancelled it, or it is of other content")  \
	STEP(RUNNING, EXPIRED,   "given up")
/* clang-format on */

#define LIFE_STATES (REFRESH_EXPIRED + 1)

/* When `to` follows `from`; NULL: it never does. */
const char *life_step(enum refresh_state from, enum refresh_state to);
