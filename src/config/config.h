/*
 * config/config.h - the configuration file as typed, immutable structs. Its fields are declared in
 * fields.h.
 *
 * Threads: any; a loaded configuration never changes and is a snapshot (base/shared.h).
 */
#pragma once
#include "base/problem/problem.h"
#include "base/record/field.h"
#include "base/secret.h"
#include "base/shared.h"
#include "config/notice_word.h"
#include "store/address.h"

struct config_tls {
	const char *certificate, *private_key;
	struct place place;
}; /* paths; both NULL: no TLS */
struct config_listen {
	const char *webhooks, *admin; /* an address, or "unix:PATH" of `admin` */
	const char *admin_mode;       /* of the socket's file: permission bits */
	const char *admin_group;      /* or NULL */
	struct config_tls tls, admin_tls;
};
struct config_log {
	int format, level; /* enum log_format, enum log_level */
};
struct config_retry {
	int64_t initial, max;
}; /* microseconds */
struct config_limits {
	int64_t body;
	int64_t bodies; /* of all bodies together */
	int64_t connections;
	int64_t request_time;
	int64_t waiting_refreshes;
};

enum config_role { CONFIG_VIEWER, CONFIG_OPERATOR };
#define CONFIG_TOKEN_NAME_BYTES 100
#define CONFIG_TOKENS_MOST 100
#define CONFIG_TOKEN_LEAST 16 /* bytes of its secret */
struct config_token {         /* of the admin listener */
	const char *name;     /* what is recorded of a change; at most so many bytes */
	int role;             /* enum config_role */
	struct secret_ref secret;
	struct place place;
};

struct config_dbt_api {         /* only `verify` calls it */
	const char *url;        /* scheme and host; NULL: it is not configured */
	const char *account_id; /* never NULL with a URL */
	struct secret_ref token;
	struct place place;
};

struct config_source {
	const char *name;
	struct list secrets;    /* of struct secret_ref: any of them may sign */
	const char *account_id; /* NULL: any account */
	const char *signature_header;
	struct config_dbt_api dbt_api;
	struct place place;
};

struct config_pat {
	const char *name;
	struct secret_ref secret;
	struct place place;
};

struct config_site {
	const char *name;
	const char *server;      /* scheme and host, no path or trailing slash */
	const char *content_url; /* "" is the Default site */
	struct config_pat pat;
	const char *api_version; /* "auto" or "3.22" */
	int64_t max_requests, max_running;
	/* 0: no limit; by default 60 for Tableau Cloud, none for a Server */
	int64_t refreshes_per_hour;
	/* 0: no limit; by default 20000 for Tableau Cloud, none for a Server */
	int64_t job_queries_per_day;
	int64_t poll_interval;       /* microseconds */
	const char *ca_file, *proxy; /* or NULL */
	struct place place;
	bool is_cloud; /* the host ends in online.tableau.com */
};

struct config_receiver {
	const char *name;
	struct field_address to;
	int format; /* enum notice_format */
	/* signs messages of format json; .name NULL otherwise */
	struct secret_ref secret;
	unsigned on;                                         /* bits of enum notice_event */
	struct texts owners;                                 /* of rules; none: any */
	unsigned group_by;                                   /* bits of enum notice_group */
	int64_t group_wait, group_interval, repeat_interval; /* microseconds; repeat 0: never */
	int64_t give_up_after, pat_expires_within;           /* microseconds */
	const char *title, *text;                            /* templates (notice_word.h) */
	const char *ca_file, *proxy;                         /* or NULL */
	struct place place;
};

struct config {
	struct shared shared;
	const char *path;
	int64_t version;
	struct config_listen listen;
	/* names of the admin listener, besides localhost and its address */
	struct texts admin_hosts;
	struct list admin_tokens; /* of struct config_token */
	struct store_address store;
	struct texts rules;                         /* paths */
	int64_t history, give_up_after, clock_skew; /* microseconds */
	struct config_log log;
	struct config_retry retry;
	struct config_limits limits;
	struct list sources; /* of struct config_source */
	struct list sites;   /* of struct config_site */
	struct list notify;  /* of struct config_receiver */
	struct arena *arena; /* everything above lives here */
};

/*
 * Where the configuration is: `path` when given, else $REFRESH_ROUTER_CONFIG,
 * ./refresh-router.yaml, /etc/refresh-router/config.yaml; NULL: there is none.
 */
const char *config_find(const char *path);
/*
 * Loads and checks the file; every problem goes to `problems` (two sites with one PAT on one
 * server, inline secrets, bad URLs ...). Does not read secrets. NULL when there is an error. The
 * caller owns one reference (config_free()).
 */
struct config *config_load(const char *path, struct problems *problems);
/*
 * The same, but an error costs only the setting that has it: for who asks where the daemon listens
 * that still serves with the last good file. NULL when the file cannot be read, or is none; a
 * setting with an error may be NULL too.
 */
struct config *config_load_despite_errors(const char *path, struct problems *problems);
/* config_load() with the bytes of the file, which need not be there. */
struct config *config_parse(const char *path, struct str bytes, struct problems *problems);
SHARED_DECLARE(config)
/*
 * secret_load(), and a line in the log if the secret has stray bytes, with the name of its owner (a
 * "source" or "site"). The secret is used as it is.
 */
struct secret *config_read_secret(const struct secret_ref *ref, const char *owner, const char *name,
	struct error *err) MUST_USE;
enum config_secrets { SECRETS_AT_HAND, SECRETS_EVERYWHERE };
/*
 * Reads every secret once, or only those in files and in variables that are set here. Reports which
 * are missing (PROBLEM_SECRET_MISSING) or hold stray bytes (PROBLEM_SECRET_STRAY), and sites on one
 * server with the same PAT secret (PROBLEM_SHARED_PAT). False when it added an error.
 */
bool config_check_secrets(
	const struct config *config, enum config_secrets which, struct problems *problems);
/*
 * Opens the certificates and keys of ca_file, listen.tls and listen.admin_tls. False when it added
 * an error (PROBLEM_UNREADABLE, PROBLEM_BAD_CERTIFICATE).
 */
bool config_check_files(const struct config *config, struct problems *problems);
struct config_pems { /* the texts of a certificate and its key; "" without TLS */
	struct text certificate, private_key;
};
/* Reads them; `name` is that of the setting, for messages. The caller clears them in any case. */
bool config_read_pems(const struct config_tls *tls, const char *name, struct config_pems *pems,
	struct error *err) MUST_USE;
void config_clear_pems(struct config_pems *pems); /* wipes the key */
/* Visits the paths of these files. */
void config_visit_files(
	const struct config *config, void (*visit)(const char *path, void *context), void *context);

const struct config_token *config_token_at(const struct config *config, size_t index);
size_t config_source_count(const struct config *config);
const struct config_source *config_source_at(const struct config *config, size_t index);
/* or NULL */
const struct config_source *config_source_named(const struct config *config, const char *name);
size_t config_site_count(const struct config *config);
const struct config_site *config_site_at(const struct config *config, size_t index);
/* or NULL */
const struct config_site *config_site_named(const struct config *config, const char *name);
size_t config_receiver_count(const struct config *config);
const struct config_receiver *config_receiver_at(const struct config *config, size_t index);
/* or NULL */
const struct config_receiver *config_receiver_named(const struct config *config, const char *name);
/* The names of all, with items even where there is none; in `arena`, borrowed from `config`. */
struct texts config_source_names(const struct config *config, struct arena *arena);
struct texts config_site_names(const struct config *config, struct arena *arena);
struct texts config_receiver_names(const struct config *config, struct arena *arena);

/* The JSON Schema of the configuration file. The caller owns it. */
cJSON *config_schema(void);
/* Every setting, for the manual. */
void config_describe(field_visit *visit, void *context);
