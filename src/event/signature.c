#include "event/signature.h"
#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define DIGEST_BYTES 32

/* False when OpenSSL cannot, as in a mode without this digest: then nothing verifies. */
static bool digest(struct str body, const struct secret *secret, unsigned char out[DIGEST_BYTES])
{
	struct str key = secret_bytes(secret);
	unsigned length = DIGEST_BYTES;
	const unsigned char *bytes = (const unsigned char *)(body.length ? body.at : "");
	return HMAC(EVP_sha256(), key.at, (int)key.length, bytes, body.length, out, &length) &&
	       length == DIGEST_BYTES;
}

void signature_make(struct str body, const struct secret *secret, char out[SIGNATURE_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[DIGEST_BYTES];
	bool is_made = digest(body, secret, bytes);
	assert(is_made);
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[SIGNATURE_TEXT_SIZE - 1] = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse(const char *header, unsigned char out[DIGEST_BYTES])
{
	if (!header || strlen(header) != 2 * DIGEST_BYTES)
		return false;
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		int high = hex_digit(header[2 * i]), low = hex_digit(header[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

bool signature_is_written(const char *header)
{
	unsigned char bytes[DIGEST_BYTES];
	return parse(header, bytes);
}

bool signature_verify(
	const char *header, struct str body, const struct secret *const *secrets, size_t count)
{
	unsigned char claimed[DIGEST_BYTES], made[DIGEST_BYTES] = { 0 };
	if (!parse(header, claimed))
		return false;
	int matches = 0;
	for (size_t i = 0; i < count;
		i++) { /* all of them: how long it takes tells nothing about which */
		bool is_made = digest(body, secrets[i], made);
		matches |= is_made & !CRYPTO_memcmp(claimed, made, DIGEST_BYTES);
	}
	OPENSSL_cleanse(made, sizeof made);
	return matches;
}
