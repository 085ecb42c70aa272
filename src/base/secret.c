/* base/secret.c - reads secrets from environment, files and systemd credentials, and wipes every
 * copy. */
#include "base/secret.h"
#include "base/file.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define LONGEST_SECRET ((size_t)64 << 10)

struct secret {
	size_t length;
	char bytes[];
};

struct secret *secret_copy(struct str bytes)
{
	struct secret *secret = mem_alloc(sizeof *secret + bytes.length + 1);
	secret->length = bytes.length;
	if (bytes.length)
		memcpy(secret->bytes, bytes.at, bytes.length);
	return secret;
}

void secret_free(struct secret *secret)
{
	if (!secret)
		return;
	secret_wipe(secret->bytes, secret->length);
	free(secret);
}

struct str secret_bytes(const struct secret *secret)
{
	return (struct str){ secret->bytes, secret->length };
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a->length == b->length && !CRYPTO_memcmp(a->bytes, b->bytes, a->length);
}

void secret_wipe(void *bytes, size_t length)
{
	OPENSSL_cleanse(bytes, length);
}

static struct secret *from_environment(const char *name, struct error *err)
{
	const char *value = getenv(name);
	if (!value) {
		error_fail(err, ERROR_INPUT,
			"the environment variable %s is not set here; a command has those of its "
			"shell, the daemon those of its unit or container",
			name);
		return NULL;
	}
	if (!secret_core(str_of(value)).length) {
		error_fail(err, ERROR_INPUT, "the environment variable %s is %s", name,
			*value ? "blank" : "empty");
		return NULL;
	}
	return secret_copy(str_of(value));
}

static struct secret *from_file(const char *path, struct error *err)
{
	struct text text = TEXT(LONGEST_SECRET);
	struct secret *secret = NULL;
	/* Grown at once, because growing later would leave a copy of the secret in freed memory. */
	IGNORE(!text_add_bytes(&text, (char[4096]){ 0 }, 4096));
	text_reset(&text);
	bool is_read = file_read(path, &text, err);
	size_t length = text.length;
	if (is_read && length && text.at[length - 1] == '\n')
		length--;
	if (is_read && secret_core((struct str){ text.at, length }).length)
		secret = secret_copy((struct str){ text.at, length });
	else if (is_read)
		error_fail(
			err, ERROR_INPUT, "%s: the file is %s", path, length ? "blank" : "empty");
	secret_wipe(text.at, text.capacity);
	text_clear(&text);
	return secret;
}

static struct secret *from_credential(const char *name, struct error *err)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	if (!folder || strchr(name, '/')) {
		error_fail(err, ERROR_INPUT, "the systemd credential '%s' is not there: %s", name,
			folder ? "a name has no '/'"
			       : "CREDENTIALS_DIRECTORY is not set here; systemd sets it for the "
				 "daemon, and for a command give it the folder that holds the "
				 "secrets' files");
		return NULL;
	}
	OWNED_TEXT struct text path = TEXT(4096);
	text_printf(&path, "%s/%s", folder, name);
	struct secret *secret = from_file(path.at, err);
	if (!secret)
		error_context(err, "the systemd credential '%s' (`LoadCredential=`)", name);
	return secret;
}

struct secret *secret_load(const struct secret_ref *ref, struct error *err)
{
	switch (ref->from) {
	case SECRET_FROM_ENV:
		return from_environment(ref->name, err);
	case SECRET_FROM_FILE:
		return from_file(ref->name, err);
	case SECRET_FROM_CREDENTIAL:
		return from_credential(ref->name, err);
	}
	return NULL;
}

void secret_protect_process(void)
{
	struct rlimit none = { 0, 0 };
	IGNORE(setrlimit(RLIMIT_CORE, &none));
	IGNORE(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}
