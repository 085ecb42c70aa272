/*
 * content/command.h - what a person asked the daemon to do: the record that dispatcher, journal and
 * admin share.
 */
#pragma once
#include "base/record/record.h"

struct command_row {
	struct wall at;
	const char *who;
	const char *verb; /* cancel, retry, replay, pause, resume */
	int64_t subject;  /* the event or refresh; 0: a site */
	const char *site; /* "" when it is not about a site */
	int64_t result;   /* the event or refresh that it led to; 0: none but the subject */
};

extern const struct member command_members[];
