/*
 * base/log/log.c - takes lines from any thread, and hands them to the one that folds and writes
 * them.
 *
 * Until log_start() and after log_stop() the calling thread writes them itself.
 */
#include "base/log/log.h"
#include "base/log/log_fold.h"
#include "base/log/log_line.h"
#include "base/log/log_output.h"
#include "base/metric.h"
#include "base/thread.h"
#include <poll.h>
#include <stdatomic.h>

#define MOST_WAITING 4096 /* lines, of some 300 bytes as a rule and 20 KiB at most */
#define STOP_WITHIN (2 * US_PER_SECOND)
/* How soon lost lines are reported when there is no other line. */
#define REPORT_WITHIN (5 * US_PER_SECOND)

const char *const log_level_names[] = { "error", "warning", "info", "debug", NULL };
const char *const log_format_names[] = { "auto", "logfmt", "json", "journald", NULL };

static atomic_int most = LOG_LEVEL_INFO, format = LOG_FORMAT_LOGFMT;
static atomic_bool is_running, is_stopping;
static atomic_llong lost; /* lines, not reported yet */
/* Outlives log_stop(), for the thread may. */
static struct mailbox *mailbox;
static pthread_t thread;

/* ---- settings ---- */

void log_set_level(enum log_level level)
{
	atomic_store(&most, (int)level);
}

void log_set_format(enum log_format wanted)
{
	atomic_store(&format, (int)(wanted == LOG_FORMAT_AUTO ? log_output_format() : wanted));
}

bool log_is_wanted(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&most, memory_order_relaxed);
}

static struct log_line *new_line(
	const struct log_place *place, enum log_level level, const struct kv *fields)
{
	return log_line_new(
		place, level, (enum log_format)atomic_load(&format), clock_wall(), fields);
}

/* ---- writing ---- */

static void lose(int64_t lines)
{
	if (!lines)
		return;
	atomic_fetch_add(&lost, lines);
	metric_add(METRIC_log_lines_lost_total, lines);
}

/* Returns how many lines were lost by it. */
static int64_t put(struct log_output *output, struct log_line *line)
{
	OWNED_TEXT struct text bytes = TEXT(TEXT_UNBOUNDED);
	log_line_print(line, &bytes);
	int64_t lines = log_output_write(output, line->format, text_str(&bytes));
	log_line_free(line);
	return lines;
}

/* Says how many lines were lost, when a line can be written again. */
static void report_lost(struct log_output *output)
{
	static const struct log_place place = { "lines of the log were lost", __FILE__, __func__,
		__LINE__, true };
	long long count = atomic_load(&lost);
	if (!count)
		return;
	struct log_line *line =
		new_line(&place, LOG_LEVEL_WARNING, log_fields_(KV("lines", count)));
	int64_t lines = put(output, line) + log_output_flush(output);
	if (!lines)
		atomic_fetch_sub(&lost, count);
	else if (lines > 1) /* others that waited */
		lose(lines - 1);
}

static void write_line(struct log_output *output, struct log_line *line)
{
	report_lost(output);
	lose(put(output, line));
}

/* ---- the thread ---- */

struct writer {
	struct log_output output;
	struct log_fold *fold;
	enum log_format format; /* of the last line */
};

static void take_folded(struct writer *writer, bool is_end)
{
	struct log_line *line;
	while ((line = log_fold_take(writer->fold, clock_mono(), is_end))) {
		line->at = clock_wall();
		write_line(&writer->output, line);
	}
}

static void take_lines(struct writer *writer, struct message *message)
{
	struct mono now = clock_mono();
	for (struct message *next; message; message = next) {
		next = message->next;
		struct log_line *line = (struct log_line *)(void *)message;
		if (line->format != writer->format)
			take_folded(writer, true); /* what is kept has the former */
		writer->format = line->format;
		line = log_fold_add(writer->fold, now, line);
		if (line)
			write_line(&writer->output, line);
	}
}

static int wait_ms(const struct writer *writer)
{
	struct mono now = clock_mono(), until = log_fold_next(writer->fold);
	if (atomic_load(&lost) && until.us > mono_plus(now, REPORT_WITHIN).us)
		until = mono_plus(now, REPORT_WITHIN);
	if (until.us == INT64_MAX)
		return -1;
	return until.us < now.us ? 0 : (int)((until.us - now.us) / US_PER_MS) + 1;
}

static void *run(void *context)
{
	struct writer writer = { .output = LOG_OUTPUT(&is_stopping), .fold = log_fold_new() };
	(void)context;
	for (bool is_last = false; !is_last;) {
		struct pollfd fd = { .fd = mailbox_fd(mailbox), .events = POLLIN };
		poll(&fd, 1, wait_ms(&writer));
		is_last = atomic_load(&is_stopping);
		take_lines(&writer, mailbox_take_all(mailbox));
		take_folded(&writer, is_last);
		lose(log_output_flush(&writer.output));
		report_lost(&writer.output);
	}
	log_fold_free(writer.fold);
	text_clear(&writer.output.waiting);
	return NULL;
}

/* ---- all threads ---- */

void log_write(const struct log_place *place, enum log_level level, const struct kv *fields)
{
	struct log_line *line = new_line(place, level, fields);
	if (!atomic_load(&is_running)) {
		struct log_output output = LOG_OUTPUT(&is_stopping);
		write_line(&output, line);
		lose(log_output_flush(&output));
		text_clear(&output.waiting);
	} else if (!mailbox_send(mailbox, &line->message)) {
		log_line_free(line);
		lose(1);
	}
}

bool log_start(struct error *err)
{
	if (atomic_load(&is_running))
		return true;
	mailbox_free(mailbox);
	mailbox = mailbox_new(MOST_WAITING, NULL, err);
	atomic_store(&is_stopping, false);
	if (!mailbox || !thread_start(&thread, THREAD_ANY, "log", run, NULL, err))
		return error_context(err, "log");
	atomic_store(&is_running, true);
	return true;
}

void log_stop(void)
{
	if (!atomic_load(&is_running))
		return;
	atomic_store(&is_stopping, true);
	mailbox_close(mailbox);
	/* Else nobody reads what it writes: further lines are lost, and it ends with the process.
	 */
	if (thread_join_within(thread, STOP_WITHIN))
		atomic_store(&is_running, false);
}
