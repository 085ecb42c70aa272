/*
 * cli/backup.c - `backup`: a copy of the store while the daemon serves.
 *
 * The copy is written beside FILE under a hidden name and gets its own when it is whole, checked
 * and on the disk, so that FILE is never half of one.
 */
#include "base/file.h"
#include "base/mem.h"
#include "base/record/record.h"
#include "build.h"
#include "cli/given_config.h"
#include "cli/output_schema.h"
#include "cli/print.h"
#include "store/store.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* After so much work it rests as long as it has worked, so that intake finds processor and disk
 * free half of the time. */
#define WORKS_US (5 * US_PER_MS)
#define RESTS_US (50 * US_PER_MS) /* at most */

static volatile sig_atomic_t interrupted; /* the signal; 0: none */

static void interrupt(int number)
{
	interrupted = number;
}

static bool goes_on(void *context)
{
	struct mono *since = context;
	int64_t us = clock_mono().us - since->us;

	if (us >= WORKS_US) {
		us = us < RESTS_US ? us : RESTS_US;
		const struct timespec rest = { .tv_nsec = us * 1000 };
		/* An interrupted sleep is over early, which is what is wanted. */
		IGNORE(nanosleep(&rest, NULL));
		*since = clock_mono();
	}
	return !interrupted;
}

/* ---- the file ---- */

struct backup_file {
	const char *path;
	char *temporary; /* beside it; NULL: there is none */
	int lock; /* of the temporary, for as long as this process lives; -1: there is none */
	bool replaces;
};

static void file_clear(struct backup_file *file)
{
	if (file->temporary)
		unlink(file->temporary);
	free(file->temporary);
}

static bool fail_file(const char *path, const char *what, struct error *err)
{
	return error_fail(err, ERROR_INPUT, "%s: %s: %s", path, what, strerror(errno));
}

static bool fail_exists(const char *path, struct error *err)
{
	return error_fail(err, ERROR_INPUT,
		"%s is there already; give another FILE, or --force to replace it", path);
}

/* The folder of a path, and the name in it. False: there is no such folder. */
static bool find_folder(const char *path, struct stat *folder, const char **name)
{
	const char *slash = strrchr(path, '/');
	OWNED_MEMORY char *above =
		slash ? mem_printf("%.*s/", (int)(slash - path), path) : mem_copy_text(".");

	*name = slash ? slash + 1 : path;
	return !stat(above, folder);
}

/* Would `path` be the database, or one of the files that belong to it, there or not? */
static bool is_name_of(const char *path, const char *database)
{
	static const char *const endings[] = { "", "-wal", "-shm", "-journal", ".lock" };
	struct stat ours, theirs;
	const char *name, *database_name;

	if (!find_folder(database, &ours, &database_name) || !find_folder(path, &theirs, &name) ||
		ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino)
		return false;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		OWNED_MEMORY char *ending_name = mem_printf("%s%s", database_name, endings[i]);
		if (text_is(name, ending_name))
			return true;
	}
	return false;
}

/* `store`: its path, which may be a link to the database. */
static bool is_of_store(const char *path, const char *store)
{
	char *database = realpath(store, NULL);
	bool is_of_it = is_name_of(path, store) || (database && is_name_of(path, database));

	free(database);
	return is_of_it;
}

/* `store`: the path of the database. */
static bool may_write(const struct backup_file *file, const char *store, struct error *err)
{
	struct stat there;

	if (is_of_store(file->path, store))
		return error_fail(err, ERROR_INPUT,
			"%s is the store itself, or belongs to it; give another FILE", file->path);
	if (lstat(file->path, &there))
		return errno == ENOENT || fail_file(file->path, "cannot look at it", err);
	if (!S_ISREG(there.st_mode))
		return error_fail(err, ERROR_INPUT, "%s is %s; give another FILE", file->path,
			S_ISLNK(there.st_mode) ? "a link" : file_kind(&there));
	return file->replaces || fail_exists(file->path, err);
}

/* What mkostemp() puts in the place of these is six characters too. */
#define DRAWN "XXXXXX"
#define LEFT_AFTER_S (24 * 3600)

/* Also the journal that SQLite keeps beside a temporary. */
static bool is_temporary_of(const char *entry, const char *name)
{
	size_t length = strlen(name), drawn = strlen(DRAWN);
	const char *rest = entry + 1 + length;

	if (entry[0] != '.' || strncmp(entry + 1, name, length) || rest[0] != '.' ||
		strlen(rest + 1) < drawn)
		return false;
	return !rest[1 + drawn] || text_is(rest + 1 + drawn, "-journal");
}

/*
 * A run that was killed could not remove its temporary, which is as large as the store; one that
 * goes on writes into its own. A lock was considered, but on NFS it would be in the way of
 * SQLite's. By the clock of the file system.
 */
static void remove_leftovers(const char *folder, const char *name, const char *temporary)
{
	struct stat ours, there;
	DIR *entries = stat(temporary, &ours) ? NULL : opendir(folder);
	struct dirent *entry;

	while (entries && (entry = readdir(entries)))
		if (is_temporary_of(entry->d_name, name) &&
			!fstatat(dirfd(entries), entry->d_name, &there, AT_SYMLINK_NOFOLLOW) &&
			S_ISREG(there.st_mode) && ours.st_mtime - there.st_mtime > LEFT_AFTER_S)
			unlinkat(dirfd(entries), entry->d_name, 0);
	if (entries)
		closedir(entries);
}

static bool make_temporary(struct backup_file *file, struct error *err)
{
	const char *slash = strrchr(file->path, '/'), *name = slash ? slash + 1 : file->path;
	OWNED_MEMORY char *folder = slash ? mem_printf("%.*s", (int)(name - file->path), file->path)
					  : mem_copy_text("./");
	char *path = mem_printf("%s.%s." DRAWN, slash ? folder : "", name);
	int fd = mkostemp(path, O_CLOEXEC); /* readable for its owner only */

	if (fd < 0) {
		free(path);
		return fail_file(file->path, "cannot write it", err);
	}
	close(fd);
	remove_leftovers(folder, name, path);
	file->temporary = path;
	return true;
}

static bool sync_path(const char *path, int flags)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	bool is_synced = fd >= 0 && !fsync(fd);

	if (fd >= 0)
		close(fd);
	return is_synced;
}

static bool give_name(struct backup_file *file, struct error *err)
{
	unsigned flags = file->replaces ? 0 : RENAME_NOREPLACE;
	OWNED_MEMORY char *folder = mem_copy_text(file->path);
	char *slash = strrchr(folder, '/');

	if (!sync_path(file->temporary, 0))
		return fail_file(file->path, "cannot bring it to the disk", err);
	/* Not every file system can rename so; all others can link. */
	if (renameat2(AT_FDCWD, file->temporary, AT_FDCWD, file->path, flags)) {
		if (errno == EEXIST)
			return fail_exists(file->path, err);
		if (file->replaces || link(file->temporary, file->path))
			return fail_file(file->path, "cannot give it its name", err);
		unlink(file->temporary);
	}
	free(file->temporary);
	file->temporary = NULL;
	if (slash)
		slash[slash == folder] = '\0';
	return sync_path(slash ? folder : ".", O_DIRECTORY) ||
	       fail_file(file->path, "fsync of its folder", err);
}

/* ---- the command ---- */

struct backup_done {
	const char *path;
	int64_t bytes;
	struct store_contents has;
};

/* clang-format off */
static const struct member done_members[] = {
	MEMBER_TEXT(backup_done, path, .key = "file", .required = true, .help = "The copy"),
	MEMBER_TIME(backup_done, has.taken_at, .key = "taken_at", .required = true,
		.help = "The store is as it was then, or a moment later"),
	MEMBER_COUNT(backup_done, bytes, .key = "bytes", .always = true, .help = "Its size"),
	MEMBER_COUNT(backup_done, has.events, .key = "events", .always = true, .help = "Events in it"),
	MEMBER_COUNT(backup_done, has.open_selections, .key = "open_selections", .always = true,
		.help = "Selections in it whose content is not known yet"),
	MEMBER_COUNT(backup_done, has.open_refreshes, .key = "open_refreshes", .always = true,
		.help = "Refreshes in it that have not ended"),
	{ 0 },
};
/* clang-format on */

cJSON *backup_output_schema(void)
{
	return record_schema("backup.schema.json", "What backup wrote", done_members);
}

static bool copy(const struct store_address *address, struct backup_file *file,
	struct backup_done *done, struct error *err)
{
	struct mono since = clock_mono();
	struct stat about;

	if (!store_address_path(address))
		return error_fail(err, ERROR_INPUT,
			"the store is in PostgreSQL: copy it by its own tools, such as pg_dump, or "
			"by continuous archiving");
	OWNED(store) store = store_open(address, STORE_READ, err);
	if (!store || !may_write(file, store_address_path(address), err) ||
		!make_temporary(file, err))
		return false;
	const struct store_backup backup = { file->temporary, PACKAGE_VERSION, goes_on, &since };
	if (!store_take_backup(store, &backup, &done->has, err))
		return false;
	if (stat(file->temporary, &about))
		return fail_file(file->path, "cannot look at it", err);
	done->bytes = about.st_size;
	return give_name(file, err);
}

static void print_done(const struct command_line *line, const struct backup_done *done)
{
	if (line->json) {
		OWNED_JSON json = cJSON_CreateObject();
		record_to_json(done_members, done, json);
		print_json(json, stdout);
		return;
	}
	OWNED_TEXT struct text has = TEXT(TEXT_UNBOUNDED);
	text_add_count(&has, (size_t)done->has.events, "event");
	text_printf(&has, "; what waits in it: %lld refresh%s, ",
		(long long)done->has.open_refreshes, done->has.open_refreshes == 1 ? "" : "es");
	text_add_count(&has, (size_t)done->has.open_selections, "selection");
	print_line(stdout, "%s: %lld bytes, %s. Checked: ok.", done->path, (long long)done->bytes,
		has.at);
}

static int take(const struct command_line *line, const struct config *config)
{
	const char *path = line->arguments[0];
	__attribute__((cleanup(file_clear))) struct backup_file file = {
		.path = path,
		.replaces = command_line_flag(line, "force"),
	};
	struct backup_done done = { .path = path };
	struct error err;

	if (copy(&config->store, &file, &done, &err)) {
		print_done(line, &done);
		return EXIT_YES;
	}
	print_line(stderr, "refresh-router backup: %s", err.message);
	return err.kind == ERROR_INPUT ? EXIT_USAGE : EXIT_NO;
}

/* An interrupted run removes what it has written, then ends as others do. */
static int take_or_end(const struct command_line *line, const struct config *config)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction heard = { .sa_handler = interrupt },
			       usual = { .sa_handler = SIG_DFL };

	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
		sigaction(ending[i], &heard, NULL);
	int status = take(line, config);
	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
		sigaction(ending[i], &usual, NULL);
	if (interrupted && status != EXIT_YES)
		raise(interrupted);
	return status;
}

static int run(const struct command_line *line)
{
	OWNED(config) config = given_config_load(line);
	return config ? take_or_end(line, config) : EXIT_USAGE;
}

static const struct option_spec options[] = {
	{ "config", OPTION_VALUE, "FILE", "the configuration that names the store" },
	{ "force", OPTION_FLAG, NULL, "replace FILE if it is there" },
	{ 0 },
};

const struct command command_backup = {
	.name = "backup",
	.arguments = "FILE",
	.summary = "copy the store while the daemon serves",
	.description =
		"Writes a copy of the store as it is at one moment to FILE, readable for its owner "
		"only, and checks it. The daemon may run: it goes on taking events, and the copy "
		"pauses half of the time to leave it processor and disk. Run it as the daemon's "
		"user or as root; where systemd gives the daemon a user (DynamicUser=), as root.\n"
		"To restore, stop the daemon, put the copy in the place of the store, remove the "
		"`-wal` and `-shm` beside it, and start. What the copy has waiting may have been "
		"sent since it was taken, so its job is looked for at Tableau first; messages of "
		"`notify` that it has waiting are delivered again. Events that came after it are "
		"not in it. Log, `/readyz` and status page say that the store is "
		"from a copy, and of when.\n"
		"Exit status: 0 the copy is whole, 1 it could not be written or is damaged, 2 "
		"there "
		"is no store to copy, or FILE is there or cannot be written.",
	.options = options,
	.formats = "text|json",
	.least_arguments = 1,
	.most_arguments = 1,
	.run = run,
};
