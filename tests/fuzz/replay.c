/*
 * Runs every file of the given folders through one fuzz target, without a fuzzer, so that each
 * `make check` tries again what was once found.
 */
#include "base/file.h"
#include "base/json.h"
#include <dirent.h>
#include <stdio.h>

#define LARGEST_INPUT ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static bool replay_file(const char *path, struct error *err)
{
	OWNED_TEXT struct text text = TEXT(LARGEST_INPUT);
	if (!file_read(path, &text, err))
		return false;
	/* A block of exactly this size, so that a sanitizer sees a read past its end. */
	OWNED_MEMORY uint8_t *bytes = mem_alloc(text.length + !text.length);
	if (text.length)
		memcpy(bytes, text.at, text.length);
	LLVMFuzzerTestOneInput(bytes, text.length);
	return true;
}

/* Returns the number of files; -1 when one could not be read. */
static int replay_folder(const char *folder, struct error *err)
{
	struct dirent **names;
	int count = scandir(folder, &names, NULL, alphasort), done = 0;
	if (count < 0) {
		error_fail(err, ERROR_INPUT, "%s: no such folder", folder);
		return -1;
	}
	for (int i = 0; i < count; i++) {
		OWNED_TEXT struct text path = TEXT(4096);
		text_printf(&path, "%s/%s", folder, names[i]->d_name);
		if (done >= 0 && names[i]->d_name[0] != '.')
			done = replay_file(path.at, err) ? done + 1 : -1;
		free(names[i]);
	}
	free(names);
	return done;
}

int main(int argc, char **argv)
{
	struct error err = { 0 };
	int total = 0;
	json_setup();
	for (int i = 1; i < argc; i++) {
		int done = replay_folder(argv[i], &err);
		if (done < 0) {
			fprintf(stderr, "%s: %s\n", argv[0], err.message);
			return 1;
		}
		total += done;
	}
	printf("%s: %d inputs\n", argv[0], total);
	return total ? 0 : 1;
}
