/*
 * config/files.c - checks that the certificates and keys of a configuration can be read and belong
 * together.
 */
#include "base/file.h"
#include "config/config.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>

/* a system's whole list of authorities takes a quarter of a MiB */
#define PEM_BYTES ((size_t)16 << 20)

struct files {
	const struct config *config;
	struct problems *problems;
};

static bool report(const struct files *files, enum problem_code code, struct place place,
	const char *whose, const char *why)
{
	return problem_add(files->problems, code,
		(struct place){
			.file = files->config->path, .line = place.line, .column = place.column },
		(struct str){ 0 }, "%s: %s", whose, why);
}

/* There is no person to ask for a passphrase. */
static int no_passphrase(char *buffer, int size, int is_writing, void *context)
{
	(void)buffer;
	(void)size;
	(void)is_writing;
	(void)context;
	return 0;
}

/* The file's bytes for OpenSSL, or NULL. The caller wipes and clears `text`. */
static BIO *pem_open(const struct files *files, const char *path, struct place place,
	const char *whose, struct text *text)
{
	struct error err;
	*text = TEXT(PEM_BYTES);
	if (!file_read(path, text, &err)) {
		IGNORE(report(files, PROBLEM_UNREADABLE, place, whose, err.message)); /* false */
		return NULL;
	}
	return BIO_new_mem_buf(text->at, (int)text->length);
}

static void pem_close(BIO *bio, struct text *text)
{
	BIO_free(bio);
	secret_wipe(text->at, text->capacity);
	text_clear(text);
	ERR_clear_error();
}

static X509 *certificate_read(
	const struct files *files, const char *path, struct place place, const char *whose)
{
	struct text text;
	BIO *bio = pem_open(files, path, place, whose, &text);
	X509 *certificate = bio ? PEM_read_bio_X509_AUX(bio, NULL, no_passphrase, NULL) : NULL;
	if (bio && !certificate) {
		OWNED_TEXT struct text why = TEXT(5000); /* enough for a path and the message */
		text_printf(&why, "there is no PEM certificate in '%s'", path);
		IGNORE(report(files, PROBLEM_BAD_CERTIFICATE, place, whose, why.at)); /* false */
	}
	pem_close(bio, &text);
	return certificate;
}

static EVP_PKEY *key_read(
	const struct files *files, const char *path, struct place place, const char *whose)
{
	struct text text;
	BIO *bio = pem_open(files, path, place, whose, &text);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	if (bio && !key) {
		OWNED_TEXT struct text why = TEXT(5000);
		text_printf(&why,
			"there is no PEM private key in '%s' that opens without a passphrase",
			path);
		IGNORE(report(files, PROBLEM_BAD_CERTIFICATE, place, whose, why.at)); /* false */
	}
	pem_close(bio, &text);
	return key;
}

/* `name`: of the setting. */
static void check_tls(const struct files *files, const struct config_tls *tls, const char *name)
{
	char certificate_name[64], key_name[64]; /* a name of ours and the field */
	if (!tls->certificate || !tls->private_key)
		return;
	IGNORE(snprintf(certificate_name, sizeof certificate_name, "%s.certificate", name) < 0);
	IGNORE(snprintf(key_name, sizeof key_name, "%s.private_key", name) < 0);
	X509 *certificate = certificate_read(files, tls->certificate, tls->place, certificate_name);
	EVP_PKEY *key = key_read(files, tls->private_key, tls->place, key_name);
	if (certificate && key && X509_check_private_key(certificate, key) != 1)
		IGNORE(report(files, PROBLEM_BAD_CERTIFICATE, tls->place, name,
			"certificate and private key do not belong together")); /* false */
	X509_free(certificate);
	EVP_PKEY_free(key);
	ERR_clear_error();
}

bool config_read_pems(
	const struct config_tls *tls, const char *name, struct config_pems *pems, struct error *err)
{
	*pems = (struct config_pems){ TEXT(PEM_BYTES), TEXT(PEM_BYTES) };
	return !tls->certificate ||
	       (file_read(tls->certificate, &pems->certificate, err) &&
		       file_read(tls->private_key, &pems->private_key, err)) ||
	       error_context(err, "%s", name);
}

void config_clear_pems(struct config_pems *pems)
{
	secret_wipe(pems->private_key.at, pems->private_key.length);
	text_clear(&pems->private_key);
	text_clear(&pems->certificate);
}

bool config_check_files(const struct config *config, struct problems *problems)
{
	const struct files files = { config, problems };
	size_t errors = problems_error_count(problems);
	check_tls(&files, &config->listen.tls, "listen.tls");
	check_tls(&files, &config->listen.admin_tls, "listen.admin_tls");
	for (size_t i = 0; i < config_site_count(config); i++) {
		const struct config_site *site = config_site_at(config, i);
		OWNED_TEXT struct text whose = TEXT(1000);
		text_printf(&whose, "site '%s': ca_file", site->name);
		if (site->ca_file)
			X509_free(certificate_read(&files, site->ca_file, site->place, whose.at));
	}
	for (size_t i = 0; i < config_receiver_count(config); i++) {
		const struct config_receiver *receiver = config_receiver_at(config, i);
		OWNED_TEXT struct text whose = TEXT(1000);
		text_printf(&whose, "receiver '%s': ca_file", receiver->name);
		if (receiver->ca_file)
			X509_free(certificate_read(
				&files, receiver->ca_file, receiver->place, whose.at));
	}
	return problems_error_count(problems) == errors;
}

void config_visit_files(
	const struct config *config, void (*visit)(const char *path, void *context), void *context)
{
	const struct config_tls *const both[] = { &config->listen.tls, &config->listen.admin_tls };
	for (size_t i = 0; i < 2; i++)
		if (both[i]->certificate && both[i]->private_key) {
			visit(both[i]->certificate, context);
			visit(both[i]->private_key, context);
		}
	for (size_t i = 0; i < config_site_count(config); i++)
		if (config_site_at(config, i)->ca_file)
			visit(config_site_at(config, i)->ca_file, context);
	for (size_t i = 0; i < config_receiver_count(config); i++)
		if (config_receiver_at(config, i)->ca_file)
			visit(config_receiver_at(config, i)->ca_file, context);
}
