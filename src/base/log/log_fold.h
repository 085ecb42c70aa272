/*
 * base/log/log_fold.h - folds lines that repeat: of those with the same place in the code and the
 * same subject, the first few of a window of time are let through, and of the others the last is
 * kept, to be told when the window ends. Private to base/log/.
 *
 * Pure: the time is given. Bounded: when as many windows are open as there may be, further lines
 * are let through.
 */
#pragma once
#include "base/log/log_line.h"

#define LOG_FOLD_WINDOW (300 * US_PER_SECOND)
#define LOG_FOLD_FIRST 5     /* so many of a window are let through */
#define LOG_FOLD_WINDOWS 256 /* open at once */

struct log_fold;

struct log_fold *log_fold_new(void);
void log_fold_free(struct log_fold *fold); /* what is kept is lost: see log_fold_take() */

/* Takes the line. Returns it if it is to be written now; NULL: it is kept. */
struct log_line *log_fold_add(struct log_fold *fold, struct mono now, struct log_line *line);
/* The last line of a window that is over at `now`, or of any with `is_end`, with the sum of those
 * that were kept; NULL: there is none. The caller owns it. */
struct log_line *log_fold_take(struct log_fold *fold, struct mono now, bool is_end);
/* When log_fold_take() has something to do next; INT64_MAX: never. */
struct mono log_fold_next(const struct log_fold *fold);
