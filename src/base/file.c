#include "base/file.h"
#include "base/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_read(const char *path, struct text *text, struct error *err)
{
	bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_fail(err, ERROR_INPUT, "%s: %s", path, strerror(errno));
	char buffer[16384];
	ssize_t length;
	bool fits = true;
	while (fits && (length = read(fd, buffer, sizeof buffer)) > 0)
		fits = text_add_bytes(text, buffer, (size_t)length);
	int cause = errno;
	secret_wipe(buffer, sizeof buffer); /* secrets are read here too */
	if (!is_stdin)
		close(fd);
	if (!fits)
		return error_fail(
			err, ERROR_INPUT, "%s: larger than %zu bytes", path, text->ceiling);
	return length == 0 || error_fail(err, ERROR_INPUT, "%s: %s", path, strerror(cause));
}

const char *path_beside(const char *base_file, const char *path, struct arena *arena)
{
	const char *slash = base_file ? strrchr(base_file, '/') : NULL;
	if (*path == '/' || !slash)
		return arena_text(arena, path);
	return arena_printf(arena, "%.*s/%s", (int)(slash - base_file), base_file, path);
}
