/*
 * cli/events/export.h - recorded events as JSON Lines, for `diff`, rule tests and replays.
 */
#pragma once
#include "cli/command.h"
#include <stdint.h>

/*
 * Prints up to `count` events of the list `path` (with its filters), one on each line, newest
 * first, as they arrive: with the bodies as received, or redacted (`--redact`). Returns the exit
 * status. When the list breaks off, the last line is no event but {"error": ...}, which
 * event_source refuses.
 */
int export_run(const struct command_line *line, const char *path, int64_t count);
