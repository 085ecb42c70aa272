/*
 * config/secrets.c - are the secrets that a configuration refers to there, and are they all
 * different?
 */
#include "config/config.h"

static void missing(const struct config *config, const struct secret_ref *ref,
	struct problems *problems, const char *whose, const char *name, const char *why)
{
	IGNORE(problem_add(problems, PROBLEM_SECRET_MISSING,
		(struct place){ config->path, ref->line, ref->column }, (struct str){ 0 },
		"%s '%s': %s", whose, name, why));
}

static void check_source_secrets(
	const struct config *config, const struct config_source *source, struct problems *problems)
{
	const struct secret_ref *refs = source->secrets.items;
	struct error err;
	for (size_t i = 0; i < source->secrets.count; i++) {
		OWNED(secret) secret = secret_load(&refs[i], &err);
		if (!secret)
			missing(config, &refs[i], problems, "source", source->name, err.message);
	}
}

static void compare_pats(
	const struct config *config, struct secret *const *secrets, struct problems *problems)
{
	for (size_t i = 0; i < config_site_count(config); i++)
		for (size_t j = 0; j < i; j++) {
			const struct config_site *site = config_site(config, i),
						 *other = config_site(config, j);
			if (!secrets[i] || !secrets[j] || !secret_equal(secrets[i], secrets[j]) ||
				strcmp(site->server, other->server))
				continue;
			IGNORE(problem_add(problems, PROBLEM_SHARED_PAT,
				(struct place){
					config->path, site->place.line, site->place.column },
				(struct str){ 0 },
				"the sites '%s' and '%s' share one PAT: their secrets are the same",
				other->name, site->name));
		}
}

bool config_check_secrets(const struct config *config, struct problems *problems)
{
	size_t errors = problems_error_count(problems), count = config_site_count(config);
	struct error err;
	for (size_t i = 0; i < config_source_count(config); i++)
		check_source_secrets(config, config_source(config, i), problems);
	struct secret **secrets = mem_alloc(sizeof(struct secret *) * (count + 1));
	for (size_t i = 0; i < count; i++) {
		const struct config_site *site = config_site(config, i);
		secrets[i] = secret_load(&site->pat.secret, &err);
		if (!secrets[i])
			missing(config, &site->pat.secret, problems, "site", site->name,
				err.message);
	}
	compare_pats(config, secrets, problems);
	for (size_t i = 0; i < count; i++)
		secret_free(secrets[i]);
	free(secrets);
	return problems_error_count(problems) == errors;
}
