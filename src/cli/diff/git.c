/*
 * cli/diff/git.c - asks git(1) twice: ls-tree for the files of a revision, and cat-file for their
 * bytes. A revision comes from a command line, and is never taken for an option.
 */
#include "cli/diff/git.h"
#include "base/mem.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES_MOST ((size_t)256 << 20) /* in all files, as src/rules/README.md has it */
#define FILES_MOST 10000
#define USUAL_PATH "rules"
#define LINK_MODE "120000"

extern char **environ;

struct reading {
	const char *revision, *path;
	struct arena *arena;
	struct rule_source *items;
	char **blobs; /* by file: its object's name */
	size_t count, capacity, blob_capacity;
};

/* ---- running git ---- */

/* Starts `arguments` with `input` as its standard input; *output is the end to read its output
 * from. */
static bool start(char *const *arguments, int input, pid_t *pid, int *output, struct error *err)
{
	int ends[2];
	posix_spawn_file_actions_t actions;
	if (pipe2(ends, O_CLOEXEC))
		return error_fail(err, ERROR_SYSTEM, "no pipe to git: %s", strerror(errno));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	int cause = posix_spawnp(pid, arguments[0], &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	*output = ends[0];
	if (!cause)
		return true;
	close(ends[0]);
	return error_fail(err, ERROR_SYSTEM, "git cannot be started: %s", strerror(cause));
}

/* Runs git to its end and appends what it prints. */
static bool run(char *const *arguments, int input, struct text *out, struct error *err)
{
	pid_t pid;
	int output = -1, status;
	char buffer[65536];
	ssize_t got;
	if (!start(arguments, input, &pid, &output, err))
		return false;
	while ((got = read(output, buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR))
		if (got > 0)
			text_add_bytes(
				out, buffer, (size_t)got); /* all, so that git comes to its end */
	close(output);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (out->is_full)
		return error_fail(
			err, ERROR_INPUT, "more than %zu MiB of rule files", BYTES_MOST >> 20);
	return (WIFEXITED(status) && !WEXITSTATUS(status)) ||
	       error_fail(err, ERROR_INPUT, "git cannot read it");
}

/* ---- the list of files ---- */

/* "100644 blob <object>\t<path>" */
static bool entry_add(struct reading *reading, const char *entry, struct error *err)
{
	const char *blob = strstr(entry, " blob "), *path = strchr(entry, '\t');
	if (!blob || !path || blob > path)
		return true; /* a submodule */
	blob += strlen(" blob ");
	path++;
	/* A path that is given is taken whatever its name is, as everywhere. */
	if (!text_is(path, reading->path) && !ruleset_is_rule_file(path))
		return true;
	if (!strncmp(entry, LINK_MODE, strlen(LINK_MODE)))
		return error_fail(
			err, ERROR_INPUT, "'%s' is a link, which is not followed here", path);
	if (reading->count == FILES_MOST)
		return error_fail(err, ERROR_INPUT, "more than %d rule files", FILES_MOST);
	mem_grow(&reading->items, &reading->capacity, reading->count);
	mem_grow(&reading->blobs, &reading->blob_capacity, reading->count);
	reading->blobs[reading->count] =
		arena_str(reading->arena, (struct str){ blob, (size_t)(path - 1 - blob) });
	const char *shown = arena_printf(reading->arena, "git:%s:%s", reading->revision, path);
	size_t folder = strlen(reading->path);
	bool is_below = !strncmp(path, reading->path, folder) && path[folder] == '/';
	reading->items[reading->count++] = (struct rule_source){
		.path = shown,
		.name = arena_text(reading->arena, is_below ? path + folder + 1 : path),
	};
	return true;
}

static bool list_files(struct reading *reading, int nothing, struct error *err)
{
	char *const arguments[] = { (char[]){ "git" }, (char[]){ "ls-tree" }, (char[]){ "-r" },
		(char[]){ "-z" }, arena_text(reading->arena, reading->revision), (char[]){ "--" },
		arena_text(reading->arena, reading->path), NULL };
	OWNED_TEXT struct text list = TEXT(BYTES_MOST);
	if (!run(arguments, nothing, &list, err))
		return false;
	for (const char *entry = list.at; entry < list.at + list.length; entry += strlen(entry) + 1)
		if (!entry_add(reading, entry, err))
			return false;
	return reading->count ||
	       error_fail(err, ERROR_INPUT, "there is no rule file (*.yaml, *.yml) below '%s'",
		       reading->path);
}

/* ---- their bytes ---- */

/* "<object> blob <size>\n<bytes>\n" for each. */
static bool take_blobs(struct reading *reading, struct str out, struct error *err)
{
	const char *at = out.at, *end = out.at + out.length;
	for (size_t i = 0; i < reading->count; i++) {
		int64_t size = 0;
		const char *line = memchr(at, '\n', (size_t)(end - at));
		const char *blank = line ? memrchr(at, ' ', (size_t)(line - at)) : NULL;
		if (!blank ||
			!str_to_count(
				(struct str){ blank + 1, (size_t)(line - blank - 1) }, &size) ||
			size > end - line - 2)
			return error_fail(err, ERROR_INPUT, "git did not print '%s' whole",
				reading->items[i].path);
		reading->items[i].bytes = (struct str){
			arena_str(reading->arena, (struct str){ line + 1, (size_t)size }),
			(size_t)size
		};
		at = line + 1 + size + 1;
	}
	return true;
}

static bool read_files(struct reading *reading, struct error *err)
{
	char *const arguments[] = { (char[]){ "git" }, (char[]){ "cat-file" },
		(char[]){ "--batch" }, NULL };
	OWNED_TEXT struct text out = TEXT(BYTES_MOST);
	FILE *names = tmpfile(); /* a file, so that neither side waits for the other */
	if (!names)
		return error_fail(err, ERROR_SYSTEM, "no temporary file: %s", strerror(errno));
	for (size_t i = 0; i < reading->count; i++)
		fprintf(names, "%s\n", reading->blobs[i]);
	rewind(names); /* writes it out, and sets the offset that git reads from */
	bool is_read = run(arguments, fileno(names), &out, err);
	fclose(names);
	return is_read && take_blobs(reading, text_str(&out), err);
}

static bool read_revision(struct reading *reading, struct error *err)
{
	if (!*reading->revision || *reading->revision == '-')
		return error_fail(err, ERROR_INPUT, "a revision is a branch, a tag or a commit");
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (nothing < 0)
		return error_fail(err, ERROR_SYSTEM, "/dev/null: %s", strerror(errno));
	bool is_listed = list_files(reading, nothing, err);
	close(nothing);
	return is_listed && read_files(reading, err);
}

bool git_read(const char *spec, struct arena *arena, struct git_files *files, struct error *err)
{
	const char *colon = strchr(spec, ':');
	struct reading reading = {
		.revision = arena_str(
			arena, (struct str){ spec, colon ? (size_t)(colon - spec) : strlen(spec) }),
		.path = colon ? colon + 1 : USUAL_PATH,
		.arena = arena,
	};
	bool is_read = read_revision(&reading, err);
	struct rule_source *items = arena_array(arena, struct rule_source, reading.count + 1);
	for (size_t i = 0; i < reading.count; i++)
		items[i] = reading.items[i];
	*files = (struct git_files){ reading.count, items };
	free(reading.items);
	free(reading.blobs);
	return is_read;
}
