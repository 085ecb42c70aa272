/*
 * config/secrets.c - checks that the secrets of a configuration can be read, hold no stray bytes,
 * and are different for each site.
 */
#include "base/log/log.h"
#include "config/pats.h"
#include <stdlib.h>

#define LONGEST_STRAYS 300

static void missing(const struct config *config, const struct secret_ref *ref,
	struct problems *problems, const char *whose, const char *name, const char *why)
{
	IGNORE(problem_add(problems, PROBLEM_SECRET_MISSING,
		(struct place){ .file = config->path, .line = ref->line, .column = ref->column },
		(struct str){ 0 }, "%s '%s': %s", whose, name, why));
}

/* NULL when it is missing; adds a problem for what is wrong with it. */
static struct secret *check_secret(const struct config *config, const struct secret_ref *ref,
	struct problems *problems, const char *owner, const char *name)
{
	struct error err;
	OWNED_TEXT struct text strays = TEXT(LONGEST_STRAYS);
	struct secret *secret = secret_load(ref, &err);
	if (!secret)
		missing(config, ref, problems, owner, name, err.message);
	else if (secret_describe_strays(secret, &strays))
		IGNORE(problem_add(problems, PROBLEM_SECRET_STRAY,
			(struct place){
				.file = config->path, .line = ref->line, .column = ref->column },
			(struct str){ 0 },
			"%s '%s': the secret of '%s' %s; that counts as a part of it, so remove it "
			"unless it belongs there",
			owner, name, ref->name, strays.at));
	return secret;
}

struct secret *config_read_secret(
	const struct secret_ref *ref, const char *owner, const char *name, struct error *err)
{
	OWNED_TEXT struct text strays = TEXT(LONGEST_STRAYS);
	struct secret *secret = secret_load(ref, err);
	if (secret && secret_describe_strays(secret, &strays))
		log_warning("secret with stray bytes", KV(owner, name), KV("from", ref->name),
			KV("reason", strays.at));
	return secret;
}

static bool is_wanted(const struct secret_ref *ref, enum config_secrets which)
{
	const char *variable = ref->from == SECRET_FROM_ENV ? getenv(ref->name) : NULL;
	return which == SECRETS_EVERYWHERE || ref->from == SECRET_FROM_FILE ||
	       (variable && *variable);
}

static void check_source_secrets(const struct config *config, const struct config_source *source,
	enum config_secrets which, struct problems *problems)
{
	const struct secret_ref *refs = source->secrets.items;
	for (size_t i = 0; i < source->secrets.count; i++)
		if (is_wanted(&refs[i], which))
			secret_free(
				check_secret(config, &refs[i], problems, "source", source->name));
	if (source->dbt_api.url && is_wanted(&source->dbt_api.token, which))
		secret_free(check_secret(
			config, &source->dbt_api.token, problems, "source", source->name));
}

/* `secrets`: of the tokens so far. A short one can be guessed, and who shows one that two have
 * cannot be told. */
static void check_token_secret(const struct config *config, size_t index,
	struct secret *const *secrets, struct problems *problems)
{
	const struct config_token *token = config_token_at(config, index);
	struct place place = {
		.file = config->path, .line = token->secret.line, .column = token->secret.column
	};
	if (secret_bytes(secrets[index]).length < CONFIG_TOKEN_LEAST)
		IGNORE(problem_add(problems, PROBLEM_BAD_VALUE, place, (struct str){ 0 },
			"admin token '%s': its secret has less than %d bytes; make one with "
			"`openssl rand -hex 32`",
			token->name, CONFIG_TOKEN_LEAST));
	for (size_t i = 0; i < index; i++)
		if (secrets[i] && secret_equal(secrets[i], secrets[index]))
			IGNORE(problem_add(problems, PROBLEM_BAD_VALUE, place, (struct str){ 0 },
				"the admin tokens '%s' and '%s' have the same secret",
				config_token_at(config, i)->name, token->name));
}

static void check_token_secrets(
	const struct config *config, enum config_secrets which, struct problems *problems)
{
	size_t count = config->admin_tokens.count;
	struct secret **secrets = mem_alloc(sizeof(struct secret *) * (count + 1));
	for (size_t i = 0; i < count; i++) {
		const struct config_token *token = config_token_at(config, i);
		if (is_wanted(&token->secret, which))
			secrets[i] = check_secret(
				config, &token->secret, problems, "admin token", token->name);
		if (secrets[i])
			check_token_secret(config, i, secrets, problems);
	}
	for (size_t i = 0; i < count; i++)
		secret_free(secrets[i]);
	free(secrets);
}

static void check_receiver_secrets(const struct config *config,
	const struct config_receiver *receiver, enum config_secrets which,
	struct problems *problems)
{
	const struct secret_ref *refs[] = { &receiver->to.secret, &receiver->secret };
	for (size_t i = 0; i < sizeof refs / sizeof *refs; i++)
		if (refs[i]->name && is_wanted(refs[i], which))
			secret_free(check_secret(
				config, refs[i], problems, "receiver", receiver->name));
}

static bool has_same_secret(const struct config *config, size_t a, size_t b, const void *context)
{
	struct secret *const *secrets = context;
	(void)config;
	return secrets[a] && secrets[b] && secret_equal(secrets[a], secrets[b]);
}

bool config_check_secrets(
	const struct config *config, enum config_secrets which, struct problems *problems)
{
	size_t errors = problems_error_count(problems), count = config_site_count(config);
	check_token_secrets(config, which, problems);
	if (config->store.password.name && is_wanted(&config->store.password, which))
		secret_free(check_secret(
			config, &config->store.password, problems, "store", config->store.url));
	for (size_t i = 0; i < config_source_count(config); i++)
		check_source_secrets(config, config_source_at(config, i), which, problems);
	for (size_t i = 0; i < config_receiver_count(config); i++)
		check_receiver_secrets(config, config_receiver_at(config, i), which, problems);
	struct secret **secrets = mem_alloc(sizeof(struct secret *) * (count + 1));
	for (size_t i = 0; i < count; i++) {
		const struct config_site *site = config_site_at(config, i);
		if (is_wanted(&site->pat.secret, which))
			secrets[i] = check_secret(
				config, &site->pat.secret, problems, "site", site->name);
	}
	pats_report_shared(config, has_same_secret, secrets, ": their secrets are the same",
		(struct str){ 0 }, problems);
	for (size_t i = 0; i < count; i++)
		secret_free(secrets[i]);
	free(secrets);
	return problems_error_count(problems) == errors;
}
