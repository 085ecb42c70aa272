/*
 * sandbox/control.h - lets tests change the world behind the API: faults, foreign jobs, changed
 * content; and shows the calls. All paths are below /-/sandbox/, which Tableau does not use.
 */
#pragma once
#include "sandbox/calls.h"
#include "sandbox/upset.h"

struct control { /* its members are borrowed */
	struct world *world;
	struct calls *calls;
	struct upsets *upsets;
};

/* Answers a request below /-/sandbox/; `path` is the rest of the path. */
void control_answer(const struct control *control, struct web_request *request, const char *path,
	struct reply *reply);
