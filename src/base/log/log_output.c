/* base/log/log_output.c - writes lines to stderr, or sends them to systemd's journal. */
#include "base/log/log_output.h"
#include "build.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>
#endif

#define JOURNAL_SOCKET "/run/systemd/journal/socket" /* systemd-journald.service(8) */
#define LOOK_AGAIN_MS 200
#define MOST_WAITING ((size_t)64 << 10) /* bytes, before a flush that nobody asked for */
#define MOST_FIELDS 256 /* of a line in the journal; the others are in its MESSAGE= */

/* systemd.exec(5), JOURNAL_STREAM: device and inode of the stream that leads to the journal. */
static bool is_journal_stream(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat told;
	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &told) && told.st_dev == device && told.st_ino == inode;
}

enum log_format log_output_format(void)
{
	if (is_journal_stream())
		return LOG_FORMAT_JOURNALD;
	return isatty(STDERR_FILENO) ? LOG_FORMAT_LOGFMT : LOG_FORMAT_JSON;
}

/* ---- stderr ---- */

static bool may_write_again(const struct log_output *output)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	if (errno == EINTR)
		return true;
	if (errno != EAGAIN || atomic_load(output->is_stopping))
		return false;
	poll(&fd, 1, LOOK_AGAIN_MS);
	return true;
}

static size_t write_all(const struct log_output *output, struct str bytes)
{
	size_t at = 0;
	while (at < bytes.length) {
		ssize_t written = write(STDERR_FILENO, bytes.at + at, bytes.length - at);
		if (written > 0)
			at += (size_t)written;
		else if (written == 0 || !may_write_again(output))
			break;
	}
	return at;
}

int64_t log_output_flush(struct log_output *output)
{
	struct str bytes = text_str(&output->waiting);
	size_t written = write_all(output, bytes);
	int64_t lost = 0;
	/* The byte that ends a torn line is the first one, and no line of its own. */
	for (size_t i = written ? written : output->is_torn; i < bytes.length; i++)
		lost += bytes.at[i] == '\n';
	/* Nothing written leaves it as it was. */
	if (written)
		output->is_torn = bytes.at[written - 1] != '\n';
	text_reset(&output->waiting);
	return lost;
}

static int64_t add_line(struct log_output *output, struct str line)
{
	/* A line that was torn by a full disk is ended first, so that the next one is whole. */
	bool is_end_missing = output->is_torn && !output->waiting.length;
	text_add(&output->waiting, is_end_missing ? "\n" : "");
	text_add_str(&output->waiting, line);
	text_add_char(&output->waiting, '\n');
	return output->waiting.length < MOST_WAITING ? 0 : log_output_flush(output);
}

/* ---- the journal ---- */

/* sd-daemon(3): "<6>" before the line; the time is the journal's. */
static int64_t add_prefixed(struct log_output *output, struct str line)
{
	OWNED_TEXT struct text bytes = TEXT(TEXT_UNBOUNDED);
	const char *message = line.at + strlen("MESSAGE="),
		   *priority = message + strlen(message) + 1 + strlen("PRIORITY=");
	text_printf(&bytes, "<%s>%s", priority, message);
	return add_line(output, text_str(&bytes));
}

#ifdef HAVE_SYSTEMD
static bool send_fields(struct str line)
{
	struct iovec fields[MOST_FIELDS];
	int count = 0;
	const char *at = line.at, *end = line.at + line.length;
	for (; at < end && count < MOST_FIELDS; at += strlen(at) + 1)
		fields[count++] = (struct iovec){ (void *)(uintptr_t)at, strlen(at) };
	int failure = sd_journal_sendv(fields, count);
	errno = -failure;
	return failure >= 0;
}
#endif

/* Where there is no such socket, sd_journal_sendv(3) would lose the line and say nothing. */
static int64_t write_journal(struct log_output *output, struct str line)
{
#ifdef HAVE_SYSTEMD
	if (!access(JOURNAL_SOCKET, F_OK))
		return send_fields(line) ? 0 : 1;
#endif
	return add_prefixed(output, line);
}

int64_t log_output_write(struct log_output *output, enum log_format format, struct str line)
{
	return format == LOG_FORMAT_JOURNALD ? write_journal(output, line) : add_line(output, line);
}
