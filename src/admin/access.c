/* admin/access.c - compares tokens by their hashes, and decides by role and by the way that a
 * request came. */
#include "admin/access.h"
#include "base/str.h"
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>
#include <strings.h>

struct token {
	unsigned char hash[SHA256_DIGEST_LENGTH];
	const char *name; /* in access->names */
	enum access_role role;
};

struct access {
	struct shared shared;
	struct token *tokens;
	size_t count;
	struct arena *names;
};

static void destroy(struct access *access)
{
	free(access->tokens);
	arena_free(access->names);
	free(access);
}

SHARED_DEFINE(access, destroy)

struct access *access_new(const struct config *config, struct error *err)
{
	OWNED(access) access = mem_new(struct access);
	SHARED_INIT(access, access);
	access->names = arena_new();
	access->tokens = mem_alloc(sizeof *access->tokens * (config->admin_tokens.count + 1));
	for (size_t i = 0; i < config->admin_tokens.count; i++) {
		const struct config_token *from = config_token_at(config, i);
		struct token *token = &access->tokens[access->count];
		OWNED(secret)
		secret = config_read_secret(&from->secret, "admin_token", from->name, err);
		if (!secret) {
			error_context(err, "admin_tokens: '%s'", from->name);
			return NULL;
		}
		struct str bytes = secret_bytes(secret);
		SHA256((const unsigned char *)bytes.at, bytes.length, token->hash);
		token->name = arena_text(access->names, from->name);
		token->role = from->role == CONFIG_OPERATOR ? ACCESS_OPERATOR : ACCESS_VIEWER;
		access->count++;
	}
	return TAKE(access);
}

/* What stands after "Bearer " (RFC 6750, 2.1); the scheme has any case (RFC 9110, 11.1). */
static struct str token_of(const char *authorization)
{
	static const char scheme[] = "bearer ";
	size_t length = strlen(scheme);
	if (strncasecmp(authorization, scheme, length))
		return (struct str){ 0 };
	return str_of(authorization + length + strspn(authorization + length, " "));
}

/* Compares with all of them, so that the time does not tell which one it is. NULL: none. */
static const struct token *find(const struct access *access, const char *authorization)
{
	struct str shown = token_of(authorization);
	unsigned char hash[SHA256_DIGEST_LENGTH];
	const struct token *found = NULL;
	SHA256((const unsigned char *)(shown.length ? shown.at : ""), shown.length, hash);
	for (size_t i = 0; i < access->count; i++)
		if (!CRYPTO_memcmp(hash, access->tokens[i].hash, sizeof hash))
			found = &access->tokens[i];
	return shown.length ? found : NULL;
}

static enum access_role role_without_token(const struct access *access, enum peer_kind kind)
{
	switch (kind) {
	case PEER_SOCKET:
		return ACCESS_OPERATOR;
	case PEER_LOOPBACK:
		return access->count ? ACCESS_NOBODY : ACCESS_OPERATOR;
	case PEER_NETWORK:
		break;
	}
	return ACCESS_NOBODY;
}

bool access_is_claim(const struct access *access, const struct access_request *request)
{
	return request->authorization && access->count && request->need != ACCESS_PROBE;
}

enum access_verdict access_decide(const struct access *access, const struct access_request *request,
	struct access_asker *asker)
{
	*asker = (struct access_asker){ .kind = request->peer->kind, .user = request->peer->user };
	if (access_is_claim(access, request)) {
		const struct token *token = find(access, request->authorization);
		if (!token)
			return ACCESS_WRONG_TOKEN;
		asker->role = token->role;
		memcpy(asker->token, token->name, strlen(token->name) + 1); /* config_check() */
	} else {
		asker->role = role_without_token(access, request->peer->kind);
	}
	if (request->need == ACCESS_PROBE || request->need == ACCESS_SHELL)
		return ACCESS_GRANTED;
	if (asker->role == ACCESS_NOBODY)
		return ACCESS_NO_TOKEN;
	return request->need == ACCESS_CHANGE && asker->role < ACCESS_OPERATOR ? ACCESS_TOO_LOW
									       : ACCESS_GRANTED;
}
