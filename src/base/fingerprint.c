/* base/fingerprint.c - SHA-256 over named pieces in order of their names. */
#include "base/fingerprint.h"
#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>

#define DIGEST_BYTES 32 /* SHA-256 */

struct fingerprint_part {
	const char *name;
	size_t length;
	unsigned char digest[DIGEST_BYTES];
};

void fingerprint_add(struct fingerprint *fingerprint, const char *name, struct str bytes)
{
	mem_grow(&fingerprint->files, &fingerprint->capacity, fingerprint->count);
	struct fingerprint_part *file = &fingerprint->files[fingerprint->count++];
	*file = (struct fingerprint_part){ .name = name, .length = bytes.length };
	int is_good = EVP_Digest(
		bytes.length ? bytes.at : "", bytes.length, file->digest, NULL, EVP_sha256(), NULL);
	assert(is_good == 1); /* libcrypto without SHA-256 would have failed at its start */
}

static int by_name(const void *a, const void *b)
{
	const struct fingerprint_part *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order ? order : memcmp(x->digest, y->digest, DIGEST_BYTES);
}

void fingerprint_finish(struct fingerprint *fingerprint, char out[FINGERPRINT_TEXT_SIZE])
{
	unsigned char digest[DIGEST_BYTES];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	assert(context);
	int is_good = EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	if (fingerprint->count)
		qsort(fingerprint->files, fingerprint->count, sizeof *fingerprint->files, by_name);
	for (size_t i = 0; i < fingerprint->count; i++) {
		const struct fingerprint_part *file = &fingerprint->files[i];
		char length[24]; /* 20 digits and NUL */
		int digits = snprintf(length, sizeof length, "%zu", file->length);
		is_good &= EVP_DigestUpdate(context, file->name, strlen(file->name) + 1);
		is_good &= EVP_DigestUpdate(context, length, (size_t)digits + 1);
		is_good &= EVP_DigestUpdate(context, file->digest, DIGEST_BYTES);
	}
	is_good &= EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	assert(is_good == 1);
	memcpy(out, "sha256:", 7);
	for (size_t i = 0; i < DIGEST_BYTES; i++)
		snprintf(out + 7 + 2 * i, 3, "%02x", digest[i]);
	free(fingerprint->files);
	*fingerprint = (struct fingerprint){ 0 };
}
