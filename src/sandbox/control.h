/*
 * sandbox/control.h - what tests do to the world behind Tableau's back: faults, foreign jobs,
 * changed content; and what was called.
 */
#pragma once
#include "sandbox/api.h"

struct control;
struct fault;

struct control *control_new(struct world *world);
void control_free(struct control *control);

/* A request below /-/sandbox/; `path` is what follows. */
void control_answer(struct control *control, struct web_request *request, const char *path,
	struct reply *reply);

/* The fault that this call runs into, counted down; NULL: none. */
const struct fault *control_fault(struct control *control, const struct call *call);
/* Carries it out around api_answer(). */
void fault_answer(const struct fault *fault, struct call *call, struct reply *reply);
/* Remembers a call; `reply` is complete. */
void control_log(struct control *control, const struct call *call, const char *path,
	const struct reply *reply);
