/* tests/unit/tls_test.c - the certificate of a listener: what is a pair, and its replacement. */
#include "base/mem.h"
#include "base/web/tls.h"
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "tests/unit/test.h"

struct pems {
	char certificate[4096], key[4096]; /* of an EC key: less than 1 KiB each */
};

static void take_text(BIO *bio, char out[4096])
{
	int length = BIO_read(bio, out, 4095);
	assert_true(length > 0);
	out[length] = '\0';
	BIO_free(bio);
}

static struct pems make(void)
{
	struct pems pems;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	BIO *certificate_bio = BIO_new(BIO_s_mem()), *key_bio = BIO_new(BIO_s_mem());
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(certificate_bio, certificate), 1);
	assert_int_equal(PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL), 1);
	take_text(certificate_bio, pems.certificate);
	take_text(key_bio, pems.key);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return pems;
}

/* What a handshake is given. */
static gnutls_pcert_st *given(const struct tls *tls)
{
	gnutls_pcert_st *certificates = NULL;
	gnutls_privkey_t key = NULL;
	unsigned count = 0;
	assert_int_equal(tls_function(tls)(NULL, NULL, 0, NULL, 0, &certificates, &count, &key), 0);
	assert_int_equal(count, 1);
	assert_non_null(key);
	return certificates;
}

static void what_is_no_pair_is_refused_and_the_present_one_stays(void **state)
{
	struct pems one = make(), other = make();
	const struct {
		const char *certificate, *key, *says;
	} cases[] = {
		{ one.certificate, other.key, "do not belong together" },
		{ "", one.key, "the certificate" },
		{ "nonsense", one.key, "the certificate" },
		{ one.certificate, "", "the private key" },
		{ one.certificate, one.certificate, "the private key" },
	};
	struct error err;
	(void)state;
	struct tls *tls = tls_new(one.certificate, one.key, &err);
	assert_non_null(tls);
	gnutls_pcert_st *before = given(tls);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_false(tls_renew(tls, cases[i].certificate, cases[i].key, &err));
		assert_non_null(strstr(err.message, cases[i].says));
		assert_null(tls_new(cases[i].certificate, cases[i].key, &err));
		assert_ptr_equal(given(tls), before);
	}
	tls_free(tls);
}

static void a_handshake_that_has_begun_keeps_its_pair(void **state)
{
	struct pems one = make(), other = make();
	struct error err;
	(void)state;
	struct tls *tls = tls_new(one.certificate, one.key, &err);
	gnutls_pcert_st *before = given(tls);
	assert_true(tls_renew(tls, one.certificate, one.key, &err));
	assert_ptr_equal(given(tls), before); /* the same bytes are the same pair */
	assert_true(tls_renew(tls, other.certificate, other.key, &err));
	assert_ptr_not_equal(given(tls), before);
	assert_true(before->cert.size > 0 && before->cert.data[0] == 0x30); /* still there: DER */
	assert_true(tls_renew(tls, one.certificate, one.key, &err));
	tls_free(tls);
}

static void each_listener_has_its_own_and_there_is_a_bound(void **state)
{
	struct pems one = make();
	struct error err;
	struct tls *all[TLS_LISTENERS];
	(void)state;
	for (size_t i = 0; i < TLS_LISTENERS; i++) {
		all[i] = tls_new(one.certificate, one.key, &err);
		assert_non_null(all[i]);
		for (size_t j = 0; j < i; j++)
			assert_ptr_not_equal(given(all[i]), given(all[j]));
	}
	assert_null(tls_new(one.certificate, one.key, &err));
	tls_free(all[3]);
	all[3] = tls_new(one.certificate, one.key, &err);
	assert_non_null(all[3]);
	for (size_t i = 0; i < TLS_LISTENERS; i++)
		tls_free(all[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_pair_is_refused_and_the_present_one_stays),
		cmocka_unit_test(a_handshake_that_has_begun_keeps_its_pair),
		cmocka_unit_test(each_listener_has_its_own_and_there_is_a_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
