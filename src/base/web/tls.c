/*
 * base/web/tls.c - pairs of certificate and key.
 *
 *   new --> in use --replaced--> retired --an hour later--> freed
 *
 * A handshake that has begun goes on with the pair that it was given, and GnuTLS does not say when
 * it is over. No request may take an hour (limits.request_time), so no handshake does.
 */
#include "base/web/tls.h"
#include "base/clock.h"
#include "base/mem.h"
#include <assert.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#define MOST_CERTIFICATES 16U /* of a chain */
#define RETIRED_FOR (3600 * US_PER_SECOND)
#define KEY_ID_BYTES 64 /* a SHA-1 or SHA-256 */

struct tls_pair {
	gnutls_pcert_st certificates[MOST_CERTIFICATES];
	unsigned count;
	gnutls_privkey_t key;
	unsigned char hash[SHA256_DIGEST_LENGTH]; /* of both texts */
	struct mono retired_at;
	struct tls_pair *next; /* in tls->retired */
};

struct tls {
	size_t place;
	pthread_mutex_t lock; /* guards `pair` */
	struct tls_pair *pair;
	struct tls_pair *retired; /* the newest first; used by who renews */
};

/* ---- the table of listeners ---- */

static struct tls *_Atomic listeners[TLS_LISTENERS];

static int give(
	size_t place, gnutls_pcert_st **certificates, unsigned *count, gnutls_privkey_t *key)
{
	struct tls *tls = atomic_load(&listeners[place]);
	assert(tls); /* it outlives its handshakes */
	pthread_mutex_lock(&tls->lock);
	struct tls_pair *pair = tls->pair;
	pthread_mutex_unlock(&tls->lock);
	*certificates = pair->certificates;
	*count = pair->count;
	*key = pair->key;
	return 0;
}

#define GIVE(place)                                                                                \
	static int give_##place(gnutls_session_t session, const gnutls_datum_t *authorities,       \
		int authority_count, const gnutls_pk_algorithm_t *algorithms, int algorithm_count, \
		gnutls_pcert_st **certificates, unsigned *count, gnutls_privkey_t *key)            \
	{                                                                                          \
		(void)session;                                                                     \
		(void)authorities;                                                                 \
		(void)authority_count;                                                             \
		(void)algorithms;                                                                  \
		(void)algorithm_count;                                                             \
		return give(place, certificates, count, key);                                      \
	}
GIVE(0)
GIVE(1)
GIVE(2)
GIVE(3)
GIVE(4)
GIVE(5)
GIVE(6)
GIVE(7)

gnutls_certificate_retrieve_function2 *tls_function(const struct tls *tls)
{
	static gnutls_certificate_retrieve_function2 *const functions[TLS_LISTENERS] = { give_0,
		give_1, give_2, give_3, give_4, give_5, give_6, give_7 };
	return functions[tls->place];
}

static bool take_place(struct tls *tls)
{
	for (size_t i = 0; i < TLS_LISTENERS; i++) {
		struct tls *nobody = NULL;
		if (!atomic_compare_exchange_strong(&listeners[i], &nobody, tls))
			continue;
		tls->place = i;
		return true;
	}
	return false;
}

/* ---- a pair ---- */

static void tls_pair_free(struct tls_pair *pair)
{
	if (!pair)
		return;
	for (unsigned i = 0; i < pair->count; i++)
		gnutls_pcert_deinit(&pair->certificates[i]);
	if (pair->key)
		gnutls_privkey_deinit(pair->key);
	free(pair);
}
OWNED_DEFINE(tls_pair)

static gnutls_datum_t datum(const char *text)
{
	return (gnutls_datum_t){ (unsigned char *)(uintptr_t)text, (unsigned)strlen(text) };
}

static void hash_both(
	const char *certificate, const char *private_key, unsigned char out[SHA256_DIGEST_LENGTH])
{
	unsigned char both[2 * SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)certificate, strlen(certificate), both);
	SHA256((const unsigned char *)private_key, strlen(private_key),
		both + SHA256_DIGEST_LENGTH);
	SHA256(both, sizeof both, out);
}

/* Has the first certificate the public half of the key? */
static bool do_belong_together(const struct tls_pair *pair)
{
	unsigned char of_certificate[KEY_ID_BYTES], of_key[KEY_ID_BYTES];
	size_t certificate_length = sizeof of_certificate, key_length = sizeof of_key;
	gnutls_pubkey_t public_key;
	if (gnutls_pubkey_init(&public_key))
		return false;
	bool is_read = !gnutls_pubkey_import_privkey(public_key, pair->key, 0, 0) &&
		       !gnutls_pubkey_get_key_id(public_key, 0, of_key, &key_length) &&
		       !gnutls_pubkey_get_key_id(pair->certificates[0].pubkey, 0, of_certificate,
			       &certificate_length);
	gnutls_pubkey_deinit(public_key);
	return is_read && key_length == certificate_length &&
	       !memcmp(of_key, of_certificate, key_length);
}

static struct tls_pair *tls_pair_new(
	const char *certificate, const char *private_key, struct error *err)
{
	OWNED(tls_pair) pair = mem_new(struct tls_pair);
	gnutls_datum_t chain = datum(certificate), key = datum(private_key);
	unsigned count = MOST_CERTIFICATES;
	int failure = gnutls_pcert_list_import_x509_raw(
		pair->certificates, &count, &chain, GNUTLS_X509_FMT_PEM, 0);
	if (failure) {
		error_fail(err, ERROR_INPUT, "the certificate: %s", gnutls_strerror(failure));
		return NULL;
	}
	pair->count = count;
	failure = gnutls_privkey_init(&pair->key);
	if (!failure)
		failure = gnutls_privkey_import_x509_raw(
			pair->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (failure) {
		error_fail(err, ERROR_INPUT, "the private key: %s", gnutls_strerror(failure));
		return NULL;
	}
	if (!count || !do_belong_together(pair)) {
		error_fail(err, ERROR_INPUT, "certificate and private key do not belong together");
		return NULL;
	}
	hash_both(certificate, private_key, pair->hash);
	return TAKE(pair);
}

/* ---- life ---- */

struct tls *tls_new(const char *certificate, const char *private_key, struct error *err)
{
	struct tls_pair *pair = tls_pair_new(certificate, private_key, err);
	if (!pair)
		return NULL;
	struct tls *tls = mem_new(struct tls);
	pthread_mutex_init(&tls->lock, NULL);
	tls->pair = pair;
	if (take_place(tls))
		return tls;
	tls_pair_free(pair);
	pthread_mutex_destroy(&tls->lock);
	free(tls);
	error_fail(err, ERROR_SYSTEM, "more than %d listeners with TLS", TLS_LISTENERS);
	return NULL;
}

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	atomic_store(&listeners[tls->place], NULL);
	tls_pair_free(tls->pair);
	for (struct tls_pair *pair = tls->retired, *next; pair; pair = next) {
		next = pair->next;
		tls_pair_free(pair);
	}
	pthread_mutex_destroy(&tls->lock);
	free(tls);
}

static void free_long_retired(struct tls *tls, struct mono now)
{
	struct tls_pair **at = &tls->retired;
	while (*at && now.us - (*at)->retired_at.us < RETIRED_FOR)
		at = &(*at)->next;
	struct tls_pair *pair = *at, *next;
	*at = NULL;
	for (; pair; pair = next) {
		next = pair->next;
		tls_pair_free(pair);
	}
}

bool tls_renew(struct tls *tls, const char *certificate, const char *private_key, struct error *err)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	struct mono now = clock_mono();
	hash_both(certificate, private_key, hash);
	if (!memcmp(hash, tls->pair->hash, sizeof hash))
		return true;
	struct tls_pair *renewed = tls_pair_new(certificate, private_key, err), *before = tls->pair;
	if (!renewed)
		return false;
	pthread_mutex_lock(&tls->lock);
	tls->pair = renewed;
	pthread_mutex_unlock(&tls->lock);
	free_long_retired(tls, now);
	before->retired_at = now;
	before->next = tls->retired;
	tls->retired = before;
	return true;
}
