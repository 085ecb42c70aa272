/*
 * base/log/log_output.h - stderr and systemd's journal as places where lines go.
 * Private to base/log/.
 *
 * Lines for stderr wait for a flush, because a write for each would cost more than the line. One
 * thread at a time. A flush waits for as long as the reader takes; of a descriptor that does not
 * block, until `is_stopping` is set.
 */
#pragma once
#include "base/log/log.h"
#include "base/text.h"
#include <stdatomic.h>

struct log_output {
	struct text waiting; /* lines for stderr */
	bool is_torn;        /* the last line was not written to its end */
	const atomic_bool *is_stopping;
};
#define LOG_OUTPUT(stopping)                                                                       \
	((struct log_output){ .waiting = TEXT(TEXT_UNBOUNDED), .is_stopping = (stopping) })

/* What LOG_FORMAT_AUTO means for stderr. */
enum log_format log_output_format(void);
/* Takes what log_line_print() made. Returns how many lines were lost, whole or in part: the journal
 * has its line at once, and much that waits is flushed. */
int64_t log_output_write(
	struct log_output *output, enum log_format format, struct str line) MUST_USE;
/* Writes what waits. Returns how many lines were lost, whole or in part. */
int64_t log_output_flush(struct log_output *output) MUST_USE;
