/*
 * schedule/life.h - the life of a refresh: which state may follow which, and when. Pure.
 *
 * A refresh begins as `waiting`; a restart restores its state (restore.c). Otherwise only the steps
 * of this table may happen: refresh_enter() asserts that, and the simulation checks that each of
 * them does.
 */
#pragma once
#include "content/refresh.h"

/* clang-format off */
#define LIFE(STEP)                                                                                 \
	STEP(WAITING, SENDING,   "its turn has come")                                              \
	STEP(WAITING, UNKNOWN,   "from a copy that was restored: it may have been sent since")     \
	STEP(WAITING, QUEUED,    "after 409093 a look found a job that serves it")                 \
	STEP(WAITING, RUNNING,   "after 409093 a look found a running job that serves it")         \
	STEP(WAITING, SUCCEEDED, "a look found an ended job that serves it; or another's job does") \
	STEP(WAITING, FAILED,    "the found job failed; or the refresh before it failed")          \
	STEP(WAITING, CANCELLED, "a person cancelled it; or the refresh before it was cancelled")  \
	STEP(WAITING, EXPIRED,   "given up")                                                       \
	STEP(SENDING, WAITING,   "not accepted: it is tried again")                                \
	STEP(SENDING, UNKNOWN,   "no reply, or a doubtful refusal")                                \
	STEP(SENDING, QUEUED,    "accepted")                                                       \
	STEP(SENDING, RUNNING,   "accepted, and its job has begun")                                \
	STEP(SENDING, SUCCEEDED, "accepted, and its job is over at once")                          \
	STEP(SENDING, FAILED,    "refused for good; or its job has failed at once")                \
	STEP(SENDING, CANCELLED, "a person cancelled it; or the rules name other content now")     \
	STEP(UNKNOWN, WAITING,   "no job was found: it is sent again")                             \
	STEP(UNKNOWN, QUEUED,    "its job was found")                                              \
	STEP(UNKNOWN, RUNNING,   "its job was found, and runs")                                    \
	STEP(UNKNOWN, SUCCEEDED, "its job was found, and has succeeded")                           \
	STEP(UNKNOWN, FAILED,    "its job was found, and has failed; or none after a refusal")     \
	STEP(UNKNOWN, CANCELLED, "its job was cancelled; or a person cancelled it, without a job") \
	STEP(UNKNOWN, EXPIRED,   "given up")                                                       \
	STEP(QUEUED,  WAITING,   "its job has ended and proves nothing: it is sent once more")     \
	STEP(QUEUED,  RUNNING,   "its job has begun")                                              \
	STEP(QUEUED,  SUCCEEDED, "its job has succeeded")                                          \
	STEP(QUEUED,  FAILED,    "its job has failed, or cannot be followed any more")             \
	STEP(QUEUED,  CANCELLED, "its job was cancelled, or a person did, or it has other content") \
	STEP(QUEUED,  EXPIRED,   "given up, or its job never started")                             \
	STEP(RUNNING, WAITING,   "its job has ended and proves nothing: it is sent once more")     \
	STEP(RUNNING, SUCCEEDED, "its job has succeeded")                                          \
	STEP(RUNNING, FAILED,    "its job has failed, or cannot be followed any more")             \
	STEP(RUNNING, CANCELLED, "its job was cancelled, or a person did, or it has other content") \
	STEP(RUNNING, EXPIRED,   "given up")
/* clang-format on */

#define LIFE_STATES (REFRESH_EXPIRED + 1)

/* When `to` follows `from`, in words; NULL: never. */
const char *life_step(enum refresh_state from, enum refresh_state to);
