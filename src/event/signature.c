/* event/signature.c - HMAC-SHA256 by OpenSSL, in constant time. */
#include "event/signature.h"
#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define DIGEST_BYTES 32

/* HMAC() looks algorithm and digest up and mixes the key in on every call: two thirds of its cost
 * for a body of dbt's. A copy of a context with the key leaves that out. */
struct signing_key {
	EVP_MAC_CTX *begun; /* NULL: OpenSSL failed */
};

struct signing_key *signing_key_new(const struct secret *secret)
{
	struct signing_key *key = mem_new(struct signing_key);
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(
					      OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end() };
	struct str bytes = secret_bytes(secret);
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	key->begun = EVP_MAC_CTX_new(hmac);
	EVP_MAC_free(hmac); /* the context keeps a reference */
	if (!key->begun || EVP_MAC_init(key->begun, (const unsigned char *)bytes.at, bytes.length,
				   params) != 1) {
		EVP_MAC_CTX_free(key->begun);
		key->begun = NULL;
	}
	return key;
}

void signing_key_free(struct signing_key *key)
{
	if (!key)
		return;
	EVP_MAC_CTX_free(key->begun);
	free(key);
}

static bool digest(struct str body, const struct signing_key *key, unsigned char out[DIGEST_BYTES])
{
	size_t length = 0;
	const unsigned char *bytes = (const unsigned char *)(body.length ? body.at : "");
	EVP_MAC_CTX *context = key->begun ? EVP_MAC_CTX_dup(key->begun) : NULL;
	bool is_made = context && EVP_MAC_update(context, bytes, body.length) == 1 &&
		       EVP_MAC_final(context, out, &length, DIGEST_BYTES) == 1 &&
		       length == DIGEST_BYTES;
	EVP_MAC_CTX_free(context);
	return is_made;
}

void signature_make(struct str body, const struct signing_key *key, char out[SIGNATURE_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[DIGEST_BYTES];
	bool is_made = digest(body, key, bytes);
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
	const char *header, struct str body, const struct signing_key *const *keys, size_t count)
{
	unsigned char claimed[DIGEST_BYTES], made[DIGEST_BYTES] = { 0 };
	if (!parse(header, claimed))
		return false;
	int matches = 0;
	for (size_t i = 0; i < count;
		i++) { /* tries all, so that the time does not depend on which one signed */
		bool is_made = digest(body, keys[i], made);
		matches |= is_made & !CRYPTO_memcmp(claimed, made, DIGEST_BYTES);
	}
	OPENSSL_cleanse(made, sizeof made);
	return matches;
}
