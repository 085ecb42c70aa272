/*
 * base/log_output.h - stderr and systemd's journal as places where lines go. Private to base/log,
 * base/log_line and base/log_output.
 *
 * One thread at a time. A call waits for as long as the reader takes; of a descriptor that does not
 * block, until `is_stopping` is set.
 */
#pragma once
#include "base/log.h"
#include <stdatomic.h>

struct log_output {
	bool is_torn; /* the last line was not written to its end */
	const atomic_bool *is_stopping;
};

/* What LOG_FORMAT_AUTO means for stderr. */
enum log_format log_output_format(void);
/* Writes what log_line_print() made. False, with `errno`: it was lost, or a part of it. */
bool log_output_write(struct log_output *output, enum log_format format, struct str line) MUST_USE;
