/* config/fields.c - the tables that declare every setting of the configuration file. */
#include "config/fields.h"
#include "base/log/log.h"
#include "config/config.h"
#include "config/notice_word.h"
#include "store/address.h"

/* clang-format off */
static const struct field tls_fields[] = {
	FIELD_PATH(config_tls, certificate, .required = true, .example = "tls/cert.pem",
		.help = "PEM file with the certificate and its chain; read again by a reload"),
	FIELD_PATH(config_tls, private_key, .required = true, .example = "tls/key.pem",
		.help = "PEM file with the private key; read again by a reload"),
	{0},
};

static const struct field listen_fields[] = {
	FIELD_TEXT(config_listen, webhooks, .fallback = "0.0.0.0:8080", .example = "0.0.0.0:8080",
		.help = "Address and port that dbt reaches; port 0 takes a free one; takes effect at a start"),
	FIELD_TEXT(config_listen, admin, .fallback = "127.0.0.1:8081", .example = "127.0.0.1:8081",
		.help = "Address and port of health, metrics, API and status page, or unix:PATH, a socket with a name in the file "
			"system; takes effect at a start"),
	FIELD_TEXT(config_listen, admin_mode, .fallback = "0660", .example = "\"0660\"",
		.help = "Permissions of that socket: who may write to it may do everything; takes effect at a start"),
	FIELD_TEXT(config_listen, admin_group, .example = "refresh-router",
		.help = "Group of that socket; by default the daemon's; takes effect at a start"),
	FIELD_MAP(config_listen, tls, config_tls, .fields = tls_fields, FIELD_PLACE(config_tls, place),
		.example = "{certificate: tls/cert.pem, private_key: tls/key.pem}",
		.help = "Serve the webhook listener over TLS, 1.2 or 1.3; begins and ends at a start"),
	FIELD_MAP(config_listen, admin_tls, config_tls, .fields = tls_fields, FIELD_PLACE(config_tls, place),
		.example = "{certificate: tls/cert.pem, private_key: tls/key.pem}",
		.help = "The same for the admin listener"),
	{0},
};

static const struct field store_fields[] = {
	FIELD_TEXT(store_address, url, .required = true, .example = STORE_ADDRESS_EXAMPLE,
		.help = "sqlite:PATH, or postgresql://USER@HOST/DATABASE with libpq's parameters behind '?' and without a password"),
	FIELD_SECRET(store_address, password, .example = "{file: /run/secrets/store_password}",
		.help = "Where PostgreSQL's password is: {env: NAME}, {file: PATH} or {credential: NAME}; read at each connection; "
			"without it libpq's own ways hold (PGPASSFILE, PGSERVICEFILE, certificates)"),
	FIELD_TEXT(store_address, listen, .example = "postgresql://router@db.example.com/router",
		.help = "The same database, reached without the pooler that `url` leads to; does nothing yet, and is refused"),
	{0},
};

static const struct field log_fields[] = {
	FIELD_CHOICE(config_log, format, .choices = log_format_names, .fallback = "auto", .example = "json",
		.help = "logfmt, json, journald (the journal's own fields), or auto: journald where systemd connects stderr to its "
			"journal, logfmt on a terminal, else json"),
	FIELD_CHOICE(config_log, level, .choices = log_level_names, .fallback = "info", .example = "debug",
		.help = "The least severe lines that are written; debug has each step of a refresh and each call to Tableau"),
	{0},
};

static const char *const role_names[] = { "viewer", "operator", NULL }; /* enum config_role */

static const struct field token_fields[] = {
	FIELD_TEXT(config_token, name, .is_name = true, .required = true, .example = "oncall",
		.help = "Whose it is: what is recorded of a change"),
	FIELD_CHOICE(config_token, role, .choices = role_names, .required = true, .example = "operator",
		.help = "viewer: reads; operator: also changes"),
	FIELD_SECRET(config_token, secret, .required = true, .example = "{file: /run/secrets/oncall_token}",
		.help = "Where it is: {env: NAME}, {file: PATH} or {credential: NAME}; at least 16 bytes, such as those of `openssl rand "
			"-hex 32`"),
	{0},
};

static const struct field retry_fields[] = {
	FIELD_DURATION(config_retry, initial, .fallback = "1s", .min = US_PER_MS, .max = 3600 * US_PER_SECOND, .example = "1s",
		.help = "First wait after a transient error; doubled each time, with full jitter"),
	FIELD_DURATION(config_retry, max, .fallback = "5m", .min = US_PER_MS, .max = 86400 * US_PER_SECOND, .example = "5m",
		.help = "Longest wait between two tries"),
	{0},
};

static const struct field limits_fields[] = {
	FIELD_SIZE(config_limits, body, .fallback = "1MiB", .min = 1024, .max = (int64_t)64 << 20, .example = "1MiB",
		.help = "Largest webhook body; a larger one is answered 413"),
	FIELD_SIZE(config_limits, bodies, .fallback = "32MiB", .min = 64 << 10, .max = (int64_t)16 << 30, .example = "32MiB",
		.help = "Memory of all webhook bodies that are not answered yet; beyond it the oldest unfinished one is dropped"),
	FIELD_COUNT(config_limits, connections, .fallback = "1000", .min = 1, .max = 100000, .example = "1000",
		.help = "Most connections to the webhook listener at once, half of them from one address; beyond it the one "
			"that has waited longest makes room"),
	FIELD_DURATION(config_limits, request_time, .fallback = "10s", .min = 100 * US_PER_MS, .max = 600 * US_PER_SECOND, .example = "10s",
		.help = "Time within which a request's head and body must have arrived"),
	FIELD_COUNT(config_limits, waiting_refreshes, .fallback = "1000000", .min = 1, .max = 100000000, .example = "1000000",
		.help = "Most unresolved selections and causes (an event by a rule) of open refreshes; beyond it events are answered 503"),
	{0},
};

static const struct field dbt_api_fields[] = {
	FIELD_TEXT(config_dbt_api, url, .required = true, .example = "https://abc123.us1.dbt.com",
		.help = "The access URL of the dbt account; reached through the environment's https_proxy, if any"),
	FIELD_TEXT(config_dbt_api, account_id, .example = "4238",
		.help = "The dbt account; default the source's account_id"),
	FIELD_SECRET(config_dbt_api, token, .required = true, .example = "{file: /run/secrets/dbt_token}",
		.help = "Where a token is that may read webhooks (a service token of the account): {env: NAME}, {file: PATH} or "
			"{credential: NAME}"),
	{0},
};

static const struct field source_fields[] = {
	FIELD_TEXT(config_source, name, .is_name = true, .required = true, .example = "dbt-prod",
		.help = "What rules and logs call this sender; its webhooks are posted to /webhooks/NAME"),
	FIELD_SECRETS(config_source, secrets, .required = true, .example = "[{env: DBT_PROD_SECRET}]",
		.help = "Secrets of the dbt webhooks that post here; any of them may sign, so that one can be rotated"),
	FIELD_TEXT(config_source, account_id, .example = "4238",
		.help = "The dbt account; events of other accounts are recorded and ignored"),
	FIELD_TEXT(config_source, signature_header, .fallback = "Authorization", .example = "Authorization",
		.help = "Header that carries the signature, for gateways that move it"),
	FIELD_MAP(config_source, dbt_api, config_dbt_api, .fields = dbt_api_fields, FIELD_PLACE(config_dbt_api, place),
		.example = "{url: https://abc123.us1.dbt.com, token: {file: /run/secrets/dbt_token}}",
		.help = "dbt's API, so that `verify` can look at the webhook that posts here; the daemon does not use it"),
	{0},
};

static const struct field pat_fields[] = {
	FIELD_TEXT(config_pat, name, .is_name = true, .required = true, .example = "refresh-router",
		.help = "Name of the personal access token"),
	FIELD_SECRET(config_pat, secret, .required = true, .example = "{file: /run/secrets/finance_pat}",
		.help = "Where its secret is: {env: NAME}, {file: PATH} or {credential: NAME}"),
	{0},
};

static const struct field site_fields[] = {
	FIELD_TEXT(config_site, name, .is_name = true, .required = true, .example = "finance",
		.help = "What rules and logs call this site"),
	FIELD_TEXT(config_site, server, .required = true, .example = "https://10ax.online.tableau.com",
		.help = "Scheme and host of the Tableau Server, or of the Tableau Cloud pod"),
	FIELD_TEXT(config_site, content_url, .fallback = "", .example = "finance",
		.help = "The part after /site/ in the browser's address; empty is the Default site of a Tableau Server"),
	FIELD_MAP(config_site, pat, config_pat, .fields = pat_fields, .required = true, FIELD_PLACE(config_pat, place),
		.example = "{name: refresh-router, secret: {file: /run/secrets/finance_pat}}",
		.help = "The personal access token of this site, used by nobody else: a second sign-in ends the first session"),
	FIELD_TEXT(config_site, api_version, .fallback = "auto", .example = "3.22",
		.help = "Version of Tableau's REST API, or auto: what the server offers"),
	FIELD_COUNT(config_site, max_requests, .fallback = "8", .min = 1, .max = 64, .example = "8",
		.help = "HTTP requests to this site at the same time"),
	FIELD_COUNT(config_site, max_running, .fallback = "0", .min = 0, .max = 100000, .example = "10",
		.help = "Tableau jobs of ours in flight at once; 0 is no limit of our own"),
	FIELD_COUNT(config_site, refreshes_per_hour, .min = 0, .max = 1000000, .example = "60",
		.help = "Refresh starts an hour; 0 is none; default 60 for Tableau Cloud, none for a Server"),
	FIELD_COUNT(config_site, job_queries_per_day, .min = 0, .max = 100000000, .example = "20000",
		.help = "Job queries a day; 0 is none; default 20000 for Tableau Cloud, none for a Server"),
	FIELD_DURATION(config_site, poll_interval, .fallback = "10s", .min = 50 * US_PER_MS, .max = 3600 * US_PER_SECOND, .example = "10s",
		.help = "Least time between two looks at this site's jobs"),
	FIELD_PATH(config_site, ca_file, .example = "/etc/ssl/corp.pem",
		.help = "PEM file of the certificate authorities to trust instead of the system's"),
	FIELD_TEXT(config_site, proxy, .example = "http://proxy:3128",
		.help = "HTTP proxy for this site"),
	{0},
};

static const struct field receiver_fields[] = {
	FIELD_TEXT(config_receiver, name, .is_name = true, .required = true, .example = "ops",
		.help = "What logs and metrics call this receiver, whose address may be a secret"),
	FIELD_ADDRESS(config_receiver, to, .required = true, .example = "https://hooks.example.com/x",
		.help = "URL that messages are posted to; where it is a secret itself, as those of Slack and Teams are, a "
			"reference to it: {env: NAME}, {file: PATH} or {credential: NAME}"),
	FIELD_CHOICE(config_receiver, format, .fallback = "json", .choices = notice_formats, .example = "slack",
		.help = "The shape of messages: `json` with all that is known, and signed; what Slack's incoming webhooks take; or a "
			"card for Teams"),
	FIELD_SECRET(config_receiver, secret, .example = "{env: NOTIFY_KEY}",
		.help = "Where the key is that signs messages of format json, as dbt signs its own: HMAC-SHA256 of the body, in "
			"hexadecimal, in `Authorization`"),
	FIELD_CHOICES(config_receiver, on, .required = true, .choices = notice_events,
		.example = "[failed, expired, recovered, pat_expiring, site_left_alone]",
		.help = "What is told; `recovered` says when something told before has ended"),
	FIELD_TEXTS(config_receiver, owners, .example = "[bi-team@example.com]",
		.help = "Only refreshes that a rule of one of these owners asked for; default all. What a site is told about has no owner"),
	FIELD_CHOICES(config_receiver, group_by, .fallback = "[site]", .choices = notice_groups, .example = "[site, owner]",
		.help = "What is equal in all that one message tells; an empty list: all goes into one"),
	FIELD_DURATION(config_receiver, group_wait, .fallback = "30s", .min = 0, .max = 86400 * US_PER_SECOND, .example = "30s",
		.help = "How long the first message of a group waits for more"),
	FIELD_DURATION(config_receiver, group_interval, .fallback = "5m", .min = 0, .max = 86400 * US_PER_SECOND, .example = "5m",
		.help = "Least time between two messages of a group with news"),
	FIELD_DURATION(config_receiver, repeat_interval, .fallback = "4h", .min = 0, .max = (int64_t)30 * 86400 * US_PER_SECOND,
		.example = "1d",
		.help = "After this time without news, what has not recovered is told again; 0 is never"),
	FIELD_DURATION(config_receiver, give_up_after, .fallback = "24h", .min = US_PER_SECOND,
		.max = (int64_t)30 * 86400 * US_PER_SECOND, .example = "24h",
		.help = "A message that could not be delivered for this long is given up, counted and logged"),
	FIELD_DURATION(config_receiver, pat_expires_within, .fallback = "14d", .min = 0, .max = (int64_t)365 * 86400 * US_PER_SECOND,
		.example = "14d",
		.help = "A personal access token is told as pat_expiring when it ends within this time"),
	FIELD_TEXT(config_receiver, title, .fallback = "${summary}", .example = "${summary} on ${site}",
		.help = "Template of a message's title; a field that differs among its parts is `several`"),
	FIELD_TEXT(config_receiver, text, .fallback = "${event}: ${what}: ${reason}", .example = "${event}: ${what}: ${reason}",
		.help = "Template of a line for each thing told; fields are " NOTICE_FIELD_LIST),
	FIELD_PATH(config_receiver, ca_file, .example = "/etc/ssl/corp.pem",
		.help = "PEM file of the certificate authorities to trust instead of the system's"),
	FIELD_TEXT(config_receiver, proxy, .example = "http://proxy:3128",
		.help = "HTTP proxy for this receiver"),
	{0},
};

const struct field config_fields[] = {
	FIELD_COUNT(config, version, .required = true, .example = "1",
		.help = "Version of this format"),
	FIELD_MAP(config, listen, config_listen, .fields = listen_fields,
		.example = "{webhooks: 0.0.0.0:8080, admin: 127.0.0.1:8081}",
		.help = "Where the daemon listens"),
	FIELD_TEXTS(config, admin_hosts, .example = "[router.example.com]",
		.help = "Host names under which browsers and programs may reach the admin listener, besides localhost and its own address"),
	FIELD_LIST(config, admin_tokens, config_token, .fields = token_fields, FIELD_PLACE(config_token, place),
		.example = "[{name: oncall, role: operator, secret: {file: /run/secrets/oncall_token}}]",
		.help = "Tokens of the admin listener, sent as `Authorization: Bearer`; with any, everything but health needs one, "
			"except over a Unix socket; beyond loopback and a Unix socket they are needed"),
	FIELD_MAP(config, store, store_address, .fields = store_fields, .alone = "url", .example = STORE_ADDRESS_EXAMPLE,
		.help = "Where events and refreshes are kept; default state.db in systemd's state directory or "
			"/var/lib/refresh-router; a text is its `url`; takes effect at a start"),
	FIELD_PATHS(config, rules, .example = "[rules/]",
		.help = "Rule files, or folders of them (*.yaml and *.yml, recursively; hidden ones and *.test.yaml "
			"left out); default rules/"),
	FIELD_MAP(config, log, config_log, .fields = log_fields, .example = "{format: json, level: info}",
		.help = "What is written to stderr, and how"),
	FIELD_DURATION(config, history, .fallback = "90d", .min = 60 * US_PER_SECOND, .max = (int64_t)3650 * 86400 * US_PER_SECOND,
		.example = "90d",
		.help = "How long finished events and refreshes are kept"),
	FIELD_MAP(config, retry, config_retry, .fields = retry_fields, .example = "{initial: 1s, max: 5m}",
		.help = "Waits after transient errors"),
	FIELD_DURATION(config, give_up_after, .fallback = "6h", .min = US_PER_SECOND, .max = (int64_t)30 * 86400 * US_PER_SECOND,
		.example = "6h",
		.help = "A refresh that is not done within this time expires; waiting for a budget, a pause or its turn does not count"),
	FIELD_DURATION(config, clock_skew, .fallback = "60s", .min = 0, .max = 3600 * US_PER_SECOND, .example = "60s",
		.help = "How far the clocks of dbt and Tableau may differ when a job's start is compared with a run's end"),
	FIELD_MAP(config, limits, config_limits, .fields = limits_fields, .example = "{body: 4MiB, connections: 2000}",
		.help = "Bounds; reaching one sheds load visibly"),
	FIELD_LIST(config, sources, config_source, .fields = source_fields, .required = true, FIELD_PLACE(config_source, place),
		.example = "[{name: dbt-prod, secrets: [{env: DBT_PROD_SECRET}]}]",
		.help = "Senders of webhooks"),
	FIELD_LIST(config, sites, config_site, .fields = site_fields, .required = true, FIELD_PLACE(config_site, place),
		.example = "[{name: finance, server: https://10ax.online.tableau.com, content_url: finance, "
			"pat: {name: refresh-router, secret: {file: /run/secrets/finance_pat}}}]",
		.help = "Tableau sites"),
	FIELD_LIST(config, notify, config_receiver, .fields = receiver_fields, FIELD_PLACE(config_receiver, place),
		.example = "[{name: ops, to: https://hooks.example.com/x, secret: {env: NOTIFY_KEY}, on: [failed, expired, recovered]}]",
		.help = "Who is told about failures"),
	{0},
};
/* clang-format on */
