/*
 * sandbox/control.h - what tests do to the world behind Tableau's back: faults,
 * foreign jobs, changed content; and what was called. All below /-/sandbox/,
 * which is no path of Tableau's.
 */
#pragma once
#include "sandbox/calls.h"
#include "sandbox/upset.h"

struct control { /* members are borrowed */
	struct world *world;
	struct calls *calls;
	struct upsets *upsets;
};

/* A request below /-/sandbox/; `path` is what follows. */
void control_answer(const struct control *control, struct web_request *request, const char *path,
	struct reply *reply);
