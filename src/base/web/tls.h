/*
 * base/web/tls.h - the certificate of a listener, which can be replaced while it serves: new
 * connections get the new one. Private to base/web/web.c.
 *
 * GnuTLS asks for a certificate at each handshake, by a function without a context
 * (MHD_OPTION_HTTPS_CERT_CALLBACK). So each listener has a place in a short table, and each place a
 * function of its own.
 */
#pragma once
#include "base/error.h"
#include <gnutls/abstract.h>

struct tls;

#define TLS_LISTENERS 8 /* in one process at once */

/* From PEM texts, which are not kept. ERROR_INPUT: they are none, or do not belong together. */
struct tls *tls_new(const char *certificate, const char *private_key, struct error *err) MUST_USE;
/* No handshake may be under way any more. NULL is fine. */
void tls_free(struct tls *tls);
gnutls_certificate_retrieve_function2 *tls_function(const struct tls *tls);
/* False: they are no pair, and the present one stays in use. The same ones change nothing. Called
 * by one thread at a time. */
bool tls_renew(struct tls *tls, const char *certificate, const char *private_key,
	struct error *err) MUST_USE;
