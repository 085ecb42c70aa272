/* base/log_output.c - writes lines to stderr, or sends them to systemd's journal. */
#include "base/log_output.h"
#include "base/text.h"
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

/* A line that was torn by a full disk is ended first, so that the next one is whole. */
static bool write_line(struct log_output *output, struct str line)
{
	OWNED_TEXT struct text bytes = TEXT(TEXT_UNBOUNDED);
	text_add(&bytes, output->is_torn ? "\n" : "");
	text_add_str(&bytes, line);
	text_add_char(&bytes, '\n');
	size_t at = 0;
	while (at < bytes.length) {
		ssize_t written = write(STDERR_FILENO, bytes.at + at, bytes.length - at);
		if (written > 0)
			at += (size_t)written;
		else if (written == 0 || !may_write_again(output))
			break;
	}
	bool is_done = at == bytes.length;
	/* Nothing written leaves it as it was. */
	output->is_torn = is_done ? false : output->is_torn ? at != 1 : at > 0;
	return is_done;
}

/* ---- the journal ---- */

/* sd-daemon(3): "<6>" before the line; the time is the journal's. */
static bool write_prefixed(struct log_output *output, struct str line)
{
	OWNED_TEXT struct text bytes = TEXT(TEXT_UNBOUNDED);
	const char *message = line.at + strlen("MESSAGE="),
		   *priority = message + strlen(message) + 1 + strlen("PRIORITY=");
	text_printf(&bytes, "<%s>%s", priority, message);
	return write_line(output, text_str(&bytes));
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
static bool write_journal(struct log_output *output, struct str line)
{
#ifdef HAVE_SYSTEMD
	if (!access(JOURNAL_SOCKET, F_OK))
		return send_fields(line);
#endif
	return write_prefixed(output, line);
}

bool log_output_write(struct log_output *output, enum log_format format, struct str line)
{
	return format == LOG_FORMAT_JOURNALD ? write_journal(output, line)
					     : write_line(output, line);
}
