/* cli/check/finding_key.c - keys and paths of findings. */
#include "cli/check/finding_key.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"

static const char *text_of(const struct problem *problem)
{
	return problem->source_line ? problem->source_line : problem->message;
}

static bool is_alike(const struct problem *a, const struct problem *b)
{
	return a->code == b->code && text_is(a->place.file, b->place.file) &&
	       str_equal(str_trim(str_of(text_of(a))), str_trim(str_of(text_of(b))));
}

void finding_key(const struct problems *problems, finding_at *at, size_t index,
	char out[FINGERPRINT_TEXT_SIZE])
{
	OWNED(arena) arena = arena_new();
	struct fingerprint hash = { 0 };
	const struct problem *problem = at(problems, index);
	const char *path = finding_key_path(problem->place.file, arena);
	char hashed[FINGERPRINT_TEXT_SIZE], nth[24]; /* a size_t has 20 digits */
	size_t before = 0;
	for (size_t i = 0; i < index; i++)
		before += is_alike(at(problems, i), problem);
	str_print(nth, sizeof nth, "%zu", before);
	fingerprint_add(&hash, "code", str_of(problem_code_name(problem->code)));
	fingerprint_add(&hash, "file", str_of(path));
	fingerprint_add(&hash, "nth", str_of(nth));
	fingerprint_add(&hash, "text", str_trim(str_of(text_of(problem))));
	fingerprint_finish(&hash, hashed);
	str_print(out, FINGERPRINT_TEXT_SIZE, "%s", hashed + strlen("sha256:"));
}

const char *finding_key_path(const char *path, struct arena *arena)
{
	char folder[PATH_MAX];
	if (!path)
		return NULL;
	if (path[0] == '/' && getcwd(folder, sizeof folder)) {
		size_t length = text_is(folder, "/") ? 0 : strlen(folder);
		if (!strncmp(path, folder, length) && path[length] == '/')
			path += length + 1;
	}
	while (!strncmp(path, "./", 2))
		path += 2 + strspn(path + 2, "/");
	return arena_text(arena, path);
}
