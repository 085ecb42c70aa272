/* tests/unit/config_test.c - the configuration file: defaults, problems, secrets. */
#include "build.h"
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/test.h"

#define SOURCE "sources: [{name: dbt, secrets: [{env: CONFIG_TEST_A}]}]\n"
#define SITE                                                                                       \
	"sites: [{name: one, server: 'https://tableau.example.com', pat: {name: p, secret: {env: " \
	"CONFIG_TEST_A}}}]\n"
#define WHOLE "version: 1\n" SOURCE SITE

static char folder[] = "/tmp/config-test-XXXXXX", path[64]; /* the folder's name and 16 more */

static void write_file(const char *name, const char *text)
{
	char whole[128]; /* the folder's name and a short one */
	IGNORE(snprintf(whole, sizeof whole, "%s/%s", folder, name) < 0);
	FILE *file = fopen(whole, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
	(void)state;
	unsetenv("STATE_DIRECTORY");
	unsetenv("REFRESH_ROUTER_CONFIG");
	setenv("CONFIG_TEST_A", "alpha", 1);
	setenv("CONFIG_TEST_B", "beta", 1);
	setenv("CONFIG_TEST_ALSO_A", "alpha", 1);
	if (!mkdtemp(folder))
		return -1;
	IGNORE(snprintf(path, sizeof path, "%s/c.yaml", folder) < 0);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static struct config *load(const char *text, struct problems *problems)
{
	write_file("c.yaml", text);
	return config_load(path, problems);
}

/* "LINE code; ..." of all of them, and each message. */
static void list(struct problems *problems, struct text *codes, struct text *messages)
{
	problems_sort(problems);
	*codes = TEXT(TEXT_UNBOUNDED);
	*messages = TEXT(TEXT_UNBOUNDED);
	for (size_t i = 0; i < problems_count(problems); i++) {
		const struct problem *problem = problems_at(problems, i);
		text_printf(codes, "%s%d %s", i ? "; " : "", problem->place.line,
			problem_code_name(problem->code));
		text_printf(messages, "%s | %s\n", problem->message,
			problem->source_line ? problem->source_line : "");
	}
}

static struct config *load_whole(const char *text)
{
	OWNED(problems) problems = problems_new();
	struct config *config = load(text, problems);
	OWNED_TEXT struct text codes, messages;
	list(problems, &codes, &messages);
	if (!config || codes.length)
		fail_msg("%s\n%s", codes.at, messages.at);
	return config;
}

/* ---- values --------------------------------------------------------------------------------- */

static void what_is_left_out_has_its_default(void **state)
{
	(void)state;
	OWNED(config) config = load_whole(WHOLE);
	assert_string_equal(config->listen.webhooks, "0.0.0.0:8080");
	assert_string_equal(config->listen.admin, "127.0.0.1:8081");
	assert_null(config->listen.tls.certificate);
	assert_string_equal(config->store.url, "sqlite:/var/lib/refresh-router/state.db");
	assert_int_equal(config->rules.count, 1);
	assert_true(str_starts(str_of(config->rules.items[0]), folder));
	assert_true(str_ends(str_of(config->rules.items[0]), "/rules"));
	assert_int_equal(config->history, 90 * 86400 * US_PER_SECOND);
	assert_int_equal(config->give_up_after, 6 * 3600 * US_PER_SECOND);
	assert_int_equal(config->clock_skew, 60 * US_PER_SECOND);
	assert_int_equal(config->retry.initial, US_PER_SECOND);
	assert_int_equal(config->retry.max, 300 * US_PER_SECOND);
	assert_int_equal(config->limits.body, 1 << 20);
	assert_int_equal(config->limits.connections, 1000);
	assert_int_equal(config->limits.request_time, 10 * US_PER_SECOND);
	assert_int_equal(config->limits.waiting_refreshes, 1000000);
	assert_string_equal(config_source_at(config, 0)->signature_header, "Authorization");
	assert_null(config_source_at(config, 0)->account_id);
	const struct config_site *site = config_site_named(config, "one");
	assert_ptr_equal(site, config_site_at(config, 0));
	assert_null(config_site_named(config, "two"));
	assert_string_equal(site->content_url, "");
	assert_string_equal(site->api_version, "auto");
	assert_int_equal(site->max_requests, 8);
	assert_int_equal(site->max_running, 0);
	assert_int_equal(site->poll_interval, 10 * US_PER_SECOND);
	assert_null(site->ca_file);
	assert_string_equal(site->place.file, path); /* lives as long as the configuration */
}

static void the_state_directory_is_systemds_when_there_is_one(void **state)
{
	(void)state;
	setenv("STATE_DIRECTORY", "/var/lib/a:/var/lib/b", 1);
	OWNED(config) config = load_whole(WHOLE);
	unsetenv("STATE_DIRECTORY");
	assert_string_equal(config->store.url, "sqlite:/var/lib/a/state.db");
}

static void paths_are_relative_to_the_file_that_names_them(void **state)
{
	(void)state;
	OWNED(config)
	config = load_whole("version: 1\nrules: [a, /b]\nstore: sqlite:s.db\nlisten: {tls: "
			    "{certificate: c.pem, private_key: /k.pem}}\n"
			    "sources: [{name: dbt, secrets: {file: secret}}]\n"
			    "sites: [{name: one, server: 'https://t', ca_file: ca.pem, pat: {name: "
			    "p, secret: {credential: x}}}]\n");
	const struct secret_ref *ref = config_source_at(config, 0)->secrets.items;
	const struct {
		const char *found, *want;
	} cases[] = {
		{ config->rules.items[0], "/a" },
		{ config->store.url + strlen("sqlite:"), "/s.db" },
		{ config->listen.tls.certificate, "/c.pem" },
		{ ref->name, "/secret" },
		{ config_site_at(config, 0)->ca_file, "/ca.pem" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(str_starts(str_of(cases[i].found), folder));
		assert_string_equal(cases[i].found + strlen(folder), cases[i].want);
	}
	assert_string_equal(config->rules.items[1], "/b");
	assert_string_equal(config->listen.tls.private_key, "/k.pem");
	assert_string_equal(config_site_at(config, 0)->pat.secret.name, "x");
}

static void a_cloud_site_has_clouds_budgets_unless_told_otherwise(void **state)
{
	(void)state;
	OWNED(config)
	config = load_whole("version: 1\n" SOURCE "sites:\n"
			    "- {name: cloud, server: 'https://10ax.Online.Tableau.com/', "
			    "content_url: a, pat: {name: p, secret: {env: A}}}\n"
			    "- {name: own, server: 'https://10ax.online.tableau.com', content_url: "
			    "b, refreshes_per_hour: 5, job_queries_per_day: 0,"
			    " pat: {name: p, secret: {env: B}}}\n"
			    "- {name: server, server: 'https://evilonline.tableau.com:443', pat: "
			    "{name: p, secret: {env: C}}}\n");
	static const struct {
		int64_t hour, day;
		bool is_cloud;
		const char *server;
	} wants[] = {
		{ 60, 20000, true, "https://10ax.online.tableau.com" },
		{ 5, 0, true, "https://10ax.online.tableau.com" },
		{ 0, 0, false, "https://evilonline.tableau.com" },
	};
	for (size_t i = 0; i < 3; i++) {
		const struct config_site *site = config_site_at(config, i);
		assert_int_equal(site->refreshes_per_hour, wants[i].hour);
		assert_int_equal(site->job_queries_per_day, wants[i].day);
		assert_true(site->is_cloud == wants[i].is_cloud);
		assert_string_equal(site->server, wants[i].server);
	}
}

/* ---- problems ------------------------------------------------------------------------------- */

#define SITES(server_and_more)                                                                     \
	"version: 1\n" SOURCE                                                                      \
	"sites:\n- {name: one, pat: {name: p, secret: {env: A}}, " server_and_more "}\n"
#define TWO(first, second)                                                                         \
	"version: 1\n" SOURCE "sites:\n- {name: one, " first "}\n- {name: two, " second "}\n"

/* In a build without PostgreSQL each is one mistake: that there is no such store. */
#ifdef HAVE_POSTGRESQL
#define POSTGRESQL(codes) codes
#define POSTGRESQL_OR(codes, other) codes
#else
#define POSTGRESQL(codes) "4 bad-value"
#define POSTGRESQL_OR(codes, other) other
#endif
#define TOLD(receivers) WHOLE "notify: [" receivers "]\n"
#define JSON_TO(url) "{name: a, to: '" url "', secret: {env: K}, "
static const struct {
	const char *says, *text, *codes;
} cases[] = {
	{ "an empty file", "", "1 missing-field; 1 missing-field; 1 missing-field" },
	{ "a list", "[]\n", "1 wrong-type" },
	{ "a text", "x\n", "1 wrong-type" },
	{ "a map of something else", "password: hunter2\nhunter2: 1\n", "1 wrong-type" },
	{ "another version", "version: 2\n" SOURCE SITE, "1 version" },
	{ "a version that is no number", "version: one\n" SOURCE SITE, "1 bad-value" },
	{ "an unknown field", WHOLE "histroy: 1d\n", "4 unknown-field" },
	{ "no source", "version: 1\nsources: []\n" SITE, "2 missing-field" },
	{ "no site", "version: 1\n" SOURCE "sites: []\n", "3 missing-field" },
	{ "sources that are no maps",
		"version: 1\nsources: [a, {name: '/', secrets: {env: A}}]\n" SITE,
		"2 wrong-type; 2 bad-value" },
	{ "all problems at once",
		"version: 3\nlisten: 5\nstore: mysql:x\nretry: 1\nsources: x\nsites: {a: b}\n",
		"1 version; 2 wrong-type; 3 bad-value; 4 wrong-type; 5 wrong-type; 6 wrong-type" },
	{ "PostgreSQL", WHOLE "store: postgresql://h/d\n", POSTGRESQL("") },
	{ "PostgreSQL by its other name", WHOLE "store: 'postgres://u@h:5432/d?sslmode=require'\n",
		POSTGRESQL("") },
	{ "PostgreSQL by libpq's variables", WHOLE "store: 'postgresql://'\n", POSTGRESQL("") },
	{ "a socket of PostgreSQL", WHOLE "store: 'postgresql:///d?host=/run/postgresql'\n",
		POSTGRESQL("") },
	{ "several servers",
		WHOLE "store: 'postgresql://a:1,b:2,[2001:db8::1]:3/d?user=u@tenant'\n",
		POSTGRESQL("") },
	{ "several servers with one port", WHOLE "store: 'postgresql:///d?host=a,b&port=5433'\n",
		POSTGRESQL("") },
	{ "a store with its password elsewhere",
		WHOLE "store: {url: 'postgresql://u@h/d', password: {env: A}}\n", POSTGRESQL("") },
	{ "a way around the pooler",
		WHOLE "store: {url: 'postgresql://p/d',\n  listen: 'postgres://h/d'}\n",
		POSTGRESQL("5 not-yet") },
	{ "a password in the URL", WHOLE "store: 'postgresql://u:hunter2@h/d'\n",
		POSTGRESQL("4 inline-secret") },
	{ "a password in the URL of a map",
		WHOLE "store:\n  password: {env: A}\n  url: postgresql://u:hunter2@h/d\n",
		POSTGRESQL_OR("6 inline-secret", "6 bad-value") },
	{ "a password that ends the host", WHOLE "store: 'postgresql://u:hunter2/a#b@h/d'\n",
		POSTGRESQL("4 inline-secret") },
	{ "a password that begins a query", WHOLE "store: 'postgresql://u:a?hunter2@h/d'\n",
		POSTGRESQL("4 inline-secret") },
	{ "a password with a query", WHOLE "store: 'postgresql://u:a?hunter2=x@h/d'\n",
		POSTGRESQL("4 inline-secret") },
	{ "a password with a path and a query", WHOLE "store: 'postgresql://u:a/b?hunter2=x@h/d'\n",
		POSTGRESQL("4 bad-value") },
	{ "a password among the parameters", WHOLE "store: 'postgresql://h/d?password=hunter2'\n",
		POSTGRESQL("4 inline-secret") },
	{ "a key's password", WHOLE "store: 'postgresql://h/d?sslpassword=hunter2'\n",
		POSTGRESQL("4 inline-secret") },
	{ "a password on the way around the pooler",
		WHOLE "store: {url: 'postgresql://p/d',\n  listen: 'postgresql://u:hunter2@h/d'}\n",
		POSTGRESQL("5 inline-secret") },
	{ "a password in what is no URL", WHOLE "store: 'host=h password=hunter2'\n",
		"4 bad-value" },
	{ "a password in a URL without slashes", WHOLE "store: 'postgresql:u:hunter2@h'\n",
		"4 bad-value" },
	{ "a password under another name", WHOLE "stroe: 'postgresql://u:hunter2@h/d'\n",
		"4 unknown-field" },
	{ "a password beside a mistake",
		"{version: 1, histroy: 1d, stroe: 'postgresql://u:hunter2@h/d', sources: [{name: "
		"a, "
		"secrets: {env: A}}], sites: [{name: b, server: 'https://t', pat: {name: p, "
		"secret: {env: B}}}]}\n",
		"1 unknown-field; 1 unknown-field" },
	{ "a password inline", WHOLE "store: {url: 'postgresql://h/d', password: hunter2}\n",
		POSTGRESQL_OR("4 inline-secret", "4 bad-value; 4 inline-secret") },
	{ "a database's name with a bad escape", WHOLE "store: 'postgresql://h/hunter2%zz'\n",
		POSTGRESQL("4 bad-value") },
	{ "a parameter that there is not", WHOLE "store: 'postgresql://h/d?sslmod=require'\n",
		POSTGRESQL("4 bad-value") },
	{ "a parameter without a value", WHOLE "store: 'postgresql://h/d?sslmode'\n",
		POSTGRESQL("4 bad-value") },
	{ "a value that there is not", WHOLE "store: 'postgresql://h/d?sslmode=on'\n",
		POSTGRESQL("4 bad-value") },
	{ "a standby", WHOLE "store: 'postgresql://h/d?target_session_attrs=standby'\n",
		POSTGRESQL("4 bad-value") },
	{ "a time of letters", WHOLE "store: 'postgresql://h/d?connect_timeout=5s'\n",
		POSTGRESQL("4 bad-value") },
	{ "port 0 of PostgreSQL", WHOLE "store: 'postgresql://h:0/d'\n",
		POSTGRESQL("4 bad-value") },
	{ "a port of PostgreSQL that there is not",
		WHOLE "store: 'postgresql://h:5432,i:65536/d'\n", POSTGRESQL("4 bad-value") },
	{ "a port of PostgreSQL of letters", WHOLE "store: 'postgresql://h:x/d'\n",
		POSTGRESQL("4 bad-value") },
	{ "more ports than servers", WHOLE "store: 'postgresql:///d?host=a,b,c&port=1,2'\n",
		POSTGRESQL("4 bad-value") },
	{ "an open bracket of PostgreSQL", WHOLE "store: 'postgresql://[::1/d'\n",
		POSTGRESQL("4 bad-value") },
	{ "a file with a password", WHOLE "store: {url: 'sqlite:a.db', password: {env: A}}\n",
		"4 bad-value" },
	{ "a file to listen to", WHOLE "store: {url: 'sqlite:a.db',\n  listen: 'sqlite:a.db'}\n",
		"5 bad-value" },
	{ "a file in a map", WHOLE "store: {url: 'sqlite:a.db'}\n", "" },
	{ "a store in a map without a URL", WHOLE "store: {password: {env: A}}\n",
		"4 missing-field; 4 bad-value" },
	{ "a store of several words", WHOLE "store: [a]\n", "4 wrong-type" },
	{ "a store of no value", WHOLE "store:\n", "4 wrong-type" },
	{ "a store of an empty text", WHOLE "store: ''\n", "4 bad-value" },
	{ "the tests' own store", WHOLE "store: 'memory:x'\n", "4 bad-value" },
	{ "another store", WHOLE "store: /var/x.db\n", "4 bad-value" },
	{ "a store without a path", WHOLE "store: 'sqlite:'\n", "4 bad-value" },
	{ "a listener without a port", WHOLE "listen: {webhooks: localhost}\n", "4 bad-value" },
	{ "a port that there is not", WHOLE "listen: {webhooks: ':70000'}\n", "4 bad-value" },
	{ "a port of letters", WHOLE "listen: {webhooks: 'nonsense:x127'}\n", "4 bad-value" },
	{ "an IPv6 address without brackets", WHOLE "listen: {webhooks: '::1:8080'}\n",
		"4 bad-value" },
	{ "an IPv6 address as it is written", WHOLE "listen: {webhooks: '[::1]:8080'}\n", "" },
	{ "an address of this link", WHOLE "listen: {webhooks: '[fe80::1%eth0]:8080'}\n", "" },
	{ "a bracket without its end", WHOLE "listen: {admin: '[::1:8080'}\n", "4 bad-value" },
	{ "a name in brackets", WHOLE "listen: {admin: '[localhost]:8080'}\n", "4 bad-value" },
	{ "an address out of bounds", WHOLE "listen: {admin: '300.1.1.1:8080'}\n", "4 bad-value" },
	{ "half of an address", WHOLE "listen: {admin: '127.1:8080'}\n", "4 bad-value" },
	{ "a name with a blank", WHOLE "listen: {admin: 'a b:8080'}\n", "4 bad-value" },
	{ "a name with an empty label", WHOLE "listen: {admin: 'a..b:8080'}\n", "4 bad-value" },
	{ "a URL", WHOLE "listen: {admin: 'http://localhost:8080'}\n", "4 bad-value" },
	{ "a port with a sign", WHOLE "listen: {admin: '127.0.0.1:+80'}\n", "4 bad-value" },
	{ "an address of any interface", WHOLE "listen: {webhooks: ':8080'}\n", "" },
	{ "a name of a container network",
		WHOLE "listen: {webhooks: 'refresh_router.local:8080'}\n", "" },
	{ "two listeners on one address",
		WHOLE "listen: {webhooks: '127.0.0.1:81', admin: '127.0.0.1:81'}\n",
		"4 bad-value" },
	{ "a listener on all addresses, and one on its port",
		WHOLE "listen: {webhooks: ':81', admin: '127.0.0.1:81'}\n", "4 bad-value" },
	{ "the same the other way round",
		WHOLE "listen: {webhooks: '[::1]:81', admin: '[::]:81'}\n",
		"4 bad-value; 4 open-admin" },
	{ "two listeners on two addresses",
		WHOLE "listen: {webhooks: '127.0.0.2:81', admin: '127.0.0.1:81'}\n", "" },
	{ "all of IPv4, and one of IPv6",
		WHOLE "listen: {webhooks: '0.0.0.0:81', admin: '[::1]:81'}\n", "" },
	{ "two listeners on any free port",
		WHOLE "listen: {webhooks: '127.0.0.1:0', admin: '127.0.0.1:0'}\n", "" },
	{ "an admin socket", WHOLE "listen: {admin: unix:/run/x.sock, admin_mode: 0600}\n", "" },
	{ "an admin socket without a path", WHOLE "listen: {admin: 'unix:'}\n", "4 bad-value" },
	{ "a socket for webhooks", WHOLE "listen: {webhooks: 'unix:/run/x.sock'}\n",
		"4 bad-value" },
	{ "a mode that is none", WHOLE "listen: {admin_mode: rw-rw----}\n", "4 bad-value" },
	{ "a receiver of each format",
		TOLD("{name: a, to: 'https://h/x?y', secret: {env: K}, on: [failed, recovered]}, "
		     "{name: b, to: {env: U}, format: slack, on: failed, group_by: []}, "
		     "{name: c, to: {file: u}, format: teams, on: pat_expiring, title: "
		     "'${summary} $x'}"),
		"" },
	{ "a receiver on this machine", TOLD(JSON_TO("http://127.0.0.1:9/x") "on: failed}"), "" },
	{ "a receiver by plain HTTP", TOLD(JSON_TO("http://h/x") "on: failed}"), "4 plain-http" },
	{ "a receiver with a password", TOLD(JSON_TO("https://u:hunter2@h/x") "on: failed}"),
		"4 bad-value" },
	{ "a receiver without a scheme", TOLD(JSON_TO("h/x") "on: failed}"), "4 bad-value" },
	{ "Slack's address in the file",
		TOLD("{name: a, to: 'https://hooks.slack.com/services/hunter2', format: slack, "
		     "on: failed}"),
		"4 inline-secret" },
	{ "a message that nobody can verify", TOLD("{name: a, to: 'https://h', on: failed}"),
		"4 missing-field" },
	{ "a signature for Slack",
		TOLD("{name: a, to: {env: U}, format: slack, secret: {env: K}, on: failed}"),
		"4 bad-value" },
	{ "a receiver of nothing", TOLD(JSON_TO("https://h") "on: []}"), "4 bad-value" },
	{ "a receiver that says not of what", TOLD(JSON_TO("https://h") "}"), "4 missing-field" },
	{ "a receiver of ends alone", TOLD(JSON_TO("https://h") "on: recovered}"), "4 bad-value" },
	{ "an event that there is not", TOLD(JSON_TO("https://h") "on: [faild]}"), "4 bad-value" },
	{ "a group that there is not", TOLD(JSON_TO("https://h") "on: failed, group_by: [sites]}"),
		"4 bad-value" },
	{ "a field that there is not",
		TOLD(JSON_TO("https://h") "on: failed, text: '${contnet} ${}', title: '${x'}"),
		"4 unknown-name; 4 unknown-name" },
	{ "two receivers of one name",
		TOLD(JSON_TO("https://h") "on: failed}, " JSON_TO("https://h") "on: failed}"),
		"4 duplicate-name" },
	{ "a receiver's name that is no label",
		TOLD("{name: a b, to: {env: U}, format: slack, on: failed}"), "4 bad-value" },
	{ "a receiver behind a proxy with a password",
		TOLD(JSON_TO("https://h") "on: failed, proxy: 'http://u:hunter2@p'}"),
		"4 inline-secret" },
	{ "a certificate without a key", WHOLE "listen: {tls: {certificate: c}}\n",
		"4 missing-field" },
	{ "retries that shrink", WHOLE "retry: {initial: 10m}\n", "4 bad-value" },
	{ "a source name that is no path",
		"version: 1\nsources: [{name: a/b, secrets: {env: A}}]\n" SITE, "2 bad-value" },
	{ "two sources of one name",
		"version: 1\nsources: [{name: a, secrets: {env: A}}, {name: a, secrets: {env: "
		"B}}]\n" SITE,
		"2 duplicate-name" },
	{ "an empty account",
		"version: 1\nsources: [{name: a, secrets: {env: A}, account_id: ''}]\n" SITE,
		"2 bad-value" },
	{ "a header that is none",
		"version: 1\nsources: [{name: a, secrets: {env: A}, signature_header: 'X: "
		"y'}]\n" SITE,
		"2 bad-value" },
	{ "no secret", "version: 1\nsources: [{name: a, secrets: []}]\n" SITE, "2 bad-value" },
	{ "a secret beside a broken quote",
		"version: 1\nsources: [{name: a, secrets: \"hunter2\\q\"}]\n" SITE, "2 syntax" },
	{ "a secret that stands twice",
		"version: 1\nsources: [{name: a, secrets: {env: A}, secrets: hunter2}]\n" SITE,
		"2 duplicate-key" },
	{ "a secret in the file", "version: 1\nsources: [{name: a, secrets: hunter2}]\n" SITE,
		"2 inline-secret" },
	{ "secrets in the file",
		"version: 1\nsources: [{name: a, secrets: [hunter2, {env: A}]}]\n" SITE,
		"2 inline-secret" },
	{ "a PAT in the file",
		SITES("server: 'https://t'") "- {name: x, server: 'https://u', pat: {name: p, "
					     "secret: hunter2}}\n",
		"5 inline-secret" },
	{ "a server without a scheme", SITES("server: t.example.com"), "4 bad-value" },
	{ "another scheme", SITES("server: 'ftp://t'"), "4 bad-value" },
	{ "no host", SITES("server: 'https://'"), "4 bad-value" },
	{ "a password", SITES("server: 'https://u:hunter2@t'"), "4 bad-value" },
	{ "a path", SITES("server: 'https://t/#/site/x'"), "4 bad-value" },
	{ "a port of letters", SITES("server: 'https://t:https'"), "4 bad-value" },
	{ "port 0", SITES("server: 'https://t:0'"), "4 bad-value" },
	{ "a blank", SITES("server: 'https://t t'"), "4 bad-value" },
	{ "an open bracket", SITES("server: 'https://[::1'"), "4 bad-value" },
	{ "an IPv6 address", SITES("server: 'https://[2001:DB8::1]:8443'"), "" },
	{ "an admin listener for all", "version: 1\nlisten: {admin: '0.0.0.0:8081'}\n" SOURCE SITE,
		"2 open-admin" },
	{ "an admin listener for a network",
		"version: 1\nlisten: {admin: '[2001:db8::1]:8081'}\n" SOURCE SITE, "2 open-admin" },
	{ "an admin listener without a host", "version: 1\nlisten: {admin: ':8081'}\n" SOURCE SITE,
		"2 open-admin" },
	{ "an admin listener for all, with tokens",
		WHOLE
		"listen: {admin: ':8081'}\nadmin_tokens: [{name: a, role: viewer, secret: {env: "
		"A}}]\n",
		"4 plain-http" },
	{ "the same, allowed for a reason",
		WHOLE
		"# refresh-router: allow=plain-http because the ingress ends TLS\n"
		"listen: {admin: ':8081'}\nadmin_tokens: [{name: a, role: viewer, secret: {env: "
		"A}}]\n",
		"" },
	{ "tokens on loopback", WHOLE "admin_tokens: [{name: a, role: viewer, secret: {env: A}}]\n",
		"" },
	{ "a socket for everybody",
		WHOLE "listen: {admin: 'unix:/run/x.sock', admin_mode: '0666'}\n",
		"4 open-socket" },
	{ "a socket for everybody who has a token",
		WHOLE
		"listen: {admin: 'unix:/run/x.sock', admin_mode: '0666'}\nadmin_tokens: [{name: "
		"a, role: viewer, secret: {env: A}}]\n",
		"" },
	{ "a socket for the group",
		WHOLE "listen: {admin: 'unix:/run/x.sock', admin_mode: '0660'}\n", "" },
	{ "a mode without a socket", WHOLE "listen: {admin_mode: '0666'}\n", "" },
	{ "tokens without a role, and with one that there is not",
		WHOLE "admin_tokens:\n- {name: a, secret: {env: A}}\n- {name: b, role: root, "
		      "secret: {env: B}}\n",
		"5 missing-field; 6 bad-value" },
	{ "two tokens of one name, and one with a bad one",
		WHOLE
		"admin_tokens:\n- {name: a, role: viewer, secret: {env: A}}\n- {name: a, role: "
		"viewer, secret: {env: B}}\n- {name: a b, role: viewer, secret: {env: C}}\n",
		"6 duplicate-name; 7 bad-value" },
	{ "a token that stands inline",
		WHOLE "admin_tokens: [{name: a, role: viewer, secret: hunter2}]\n",
		"4 inline-secret" },
	{ "an admin listener on loopback",
		"version: 1\nlisten: {admin: 'localhost:8081'}\n" SOURCE SITE, "" },
	{ "names of the admin listener",
		"version: 1\nadmin_hosts: [router.example.com, 10.0.0.1, '2001:db8::1']\n" SOURCE
			SITE,
		"" },
	{ "a URL as a name", "version: 1\nadmin_hosts:\n- x.example.com\n- https://y\n" SOURCE SITE,
		"4 bad-value" },
	{ "a name with a port", "version: 1\nadmin_hosts: 'x:8081'\n" SOURCE SITE, "2 bad-value" },
	{ "any name", "version: 1\nadmin_hosts: '*'\n" SOURCE SITE, "2 bad-value" },
	{ "no name", "version: 1\nadmin_hosts: ''\n" SOURCE SITE, "2 bad-value" },
	{ "plain HTTP", SITES("server: 'http://tableau.example.com'"), "4 plain-http" },
	{ "plain HTTP to 127.evil.com", SITES("server: 'http://127.evil.com'"), "4 plain-http" },
	{ "plain HTTP to this machine", SITES("server: 'http://127.0.0.1:8000'"), "" },
	{ "plain HTTP to localhost", SITES("server: 'http://localhost:8000/'"), "" },
	{ "plain HTTP to ::1", SITES("server: 'http://[::1]:8000'"), "" },
	{ "Cloud without a site", SITES("server: 'https://10ax.online.tableau.com'"),
		"4 bad-value" },
	{ "a content URL with a path", SITES("server: 'https://t', content_url: '#/site/x'"),
		"4 bad-value" },
	{ "an API version", SITES("server: 'https://t', api_version: 3.22"), "" },
	{ "no API version", SITES("server: 'https://t', api_version: v3"), "4 bad-value" },
	{ "a proxy", SITES("server: 'https://t', proxy: 'http://proxy:3128'"), "" },
	{ "a proxy of no kind", SITES("server: 'https://t', proxy: 'proxy:3128'"), "4 bad-value" },
	{ "a proxy with a password", SITES("server: 'https://t', proxy: 'http://u:hunter2@proxy'"),
		"4 inline-secret" },
	{ "too many requests", SITES("server: 'https://t', max_requests: 65"), "4 bad-value" },
	{ "two sites of one name",
		TWO("server: 'https://t', pat: {name: p, secret: {env: A}}",
			"server: 'https://t', pat: {name: p, secret: {env: B}}") "- {name: two, "
										 "server: "
										 "'https://t', "
										 "pat: {name: p, "
										 "secret: {env: "
										 "C}}}\n",
		"6 duplicate-name" },
	{ "one PAT for two sites",
		TWO("server: 'https://t', pat: {name: p, secret: {env: A}}",
			"server: 'https://T:443/', pat: {name: q, secret: {env: A}}"),
		"5 shared-pat" },
	{ "one PAT for three sites is told once",
		TWO("server: 'https://t', pat: {name: p, secret: {env: A}}",
			"server: 'https://t', pat: {name: q, secret: {env: A}}") "- {name: "
										 "three, server: "
										 "'https://t', "
										 "pat: {name: q, "
										 "secret: {env: "
										 "A}}}\n",
		"5 shared-pat" },
	{ "two PATs for two sites each",
		TWO("server: 'https://t', pat: {name: p, secret: {env: A}}",
			"server: 'https://t', pat: {name: p, secret: {env: B}}") "- {name: "
										 "three, server: "
										 "'https://t', "
										 "pat: {name: q, "
										 "secret: {env: "
										 "A}}}\n"
										 "- {name: four, "
										 "server: "
										 "'https://t', "
										 "pat: {name: q, "
										 "secret: {env: "
										 "B}}}\n",
		"6 shared-pat; 7 shared-pat" },
	{ "one PAT's name of two users",
		TWO("server: 'https://t', pat: {name: p, secret: {env: A}}",
			"server: 'https://t', pat: {name: p, secret: {env: B}}"),
		"" },
	{ "two servers",
		TWO("server: 'https://t', pat: {name: p, secret: {env: A}}",
			"server: 'https://u', pat: {name: p, secret: {env: A}}"),
		"" },
};

static void each_mistake_is_told_where_it_stands(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED(problems) problems = problems_new();
		OWNED(config) config = load(cases[i].text, problems);
		OWNED_TEXT struct text codes, messages;
		list(problems, &codes, &messages);
		if (strcmp(codes.at, cases[i].codes))
			fail_msg("%s: %s, not %s\n%s", cases[i].says, codes.at, cases[i].codes,
				messages.at);
		assert_true((config != NULL) == (problems_error_count(problems) == 0));
		if (strstr(messages.at, "hunter2"))
			fail_msg("%s: a secret is shown: %s", cases[i].says, messages.at);
	}
}

static void all_sites_that_share_a_PAT_are_named(void **state)
{
	(void)state;
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_add(&text, "version: 1\n" SOURCE "sites:\n");
	for (int i = 0; i < 4; i++)
		text_printf(&text,
			"- {name: s%d, server: 'https://t', pat: {name: p, secret: {env: "
			"S}}}\n",
			i);
	OWNED(problems) problems = problems_new();
	assert_null(load(text.at, problems));
	assert_int_equal(problems_count(problems), 1);
	assert_string_equal(problems_at(problems, 0)->message,
		"the sites 's0', 's1', 's2' and 's3' share one PAT");
}

static void more_sites_than_anybody_has_are_refused_at_once(void **state)
{
	(void)state;
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_add(&text, "version: 1\n" SOURCE "sites:\n");
	for (int i = 0; i < 1001; i++)
		text_printf(&text,
			"- {name: s, server: 'https://t', pat: {name: p, secret: {env: S}}}\n");
	OWNED(problems) problems = problems_new();
	assert_null(load(text.at, problems));
	assert_int_equal(problems_count(problems), 1);
	assert_int_equal(problems_at(problems, 0)->code, PROBLEM_TOO_LARGE);
}

static void eleven_PATs_on_one_server_are_warned_of(void **state)
{
	(void)state;
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_add(&text, "version: 1\n" SOURCE "sites:\n");
	for (int i = 0; i < 11; i++)
		text_printf(&text,
			"- {name: s%d, server: 'https://t', content_url: s%d, pat: {name: p, "
			"secret: {env: S%d}}}\n",
			i, i, i);
	OWNED(problems) problems = problems_new();
	OWNED(config) config = load(text.at, problems);
	assert_non_null(config);
	assert_int_equal(problems_warning_count(problems), 1);
	assert_string_equal(problem_code_name(problems_at(problems, 0)->code), "many-pats");
}

static void a_file_that_is_not_there_is_a_problem(void **state)
{
	(void)state;
	OWNED(problems) problems = problems_new();
	assert_null(config_load("/nonexistent/c.yaml", problems));
	assert_string_equal(problem_code_name(problems_at(problems, 0)->code), "unreadable");
}

static void the_file_is_looked_for_in_order(void **state)
{
	(void)state;
	setenv("REFRESH_ROUTER_CONFIG", "/e.yaml", 1);
	assert_string_equal(config_find("/given.yaml"), "/given.yaml");
	assert_string_equal(config_find(NULL), "/e.yaml");
	setenv("REFRESH_ROUTER_CONFIG", "", 1);
	const char *found = config_find(NULL);
	assert_true(!found || !strcmp(found, "refresh-router.yaml") ||
		    !strcmp(found, "/etc/refresh-router/config.yaml"));
	unsetenv("REFRESH_ROUTER_CONFIG");
}

/* ---- secrets -------------------------------------------------------------------------------- */

static void missing_and_shared_secrets_are_told_and_never_shown(void **state)
{
	(void)state;
	OWNED(config)
	config = load_whole(
		"version: 1\nsources: [{name: dbt, secrets: [{env: CONFIG_TEST_A}, {env: "
		"CONFIG_TEST_NONE}]}]\nsites:\n"
		"- {name: a, server: 'https://t', pat: {name: p, secret: {env: CONFIG_TEST_A}}}\n"
		"- {name: b, server: 'https://t', pat: {name: q, secret: {env: CONFIG_TEST_B}}}\n"
		"- {name: c, server: 'https://t', pat: {name: r, secret: {env: "
		"CONFIG_TEST_ALSO_A}}}\n"
		"- {name: d, server: 'https://u', pat: {name: r, secret: {env: "
		"CONFIG_TEST_ALSO_A}}}\n"
		"- {name: e, server: 'https://u', pat: {name: r, secret: {file: none}}}\n");
	OWNED(problems) problems = problems_new();
	assert_false(config_check_secrets(config, SECRETS_EVERYWHERE, problems));
	OWNED_TEXT struct text codes, messages;
	list(problems, &codes, &messages);
	assert_string_equal(codes.at, "2 secret-missing; 6 shared-pat; 8 secret-missing");
	assert_null(strstr(messages.at, "alpha"));
	OWNED(problems) none = problems_new();
	OWNED(config) good = load_whole(WHOLE);
	assert_true(config_check_secrets(good, SECRETS_EVERYWHERE, none));
}

/* ---- documents ------------------------------------------------------------------------------ */

/* A setting at the top of the file is a property of the schema. */
static void find_setting(const struct field_note *note, void *context)
{
	char name[64];
	snprintf(name, sizeof name, "%.*s", (int)strcspn(note->name, "["), note->name);
	assert_true(*note->help);
	if (!strchr(note->name, '.'))
		assert_non_null(json_get(context, name));
}

static void the_schema_and_the_manual_know_every_field(void **state)
{
	(void)state;
	OWNED_JSON schema = config_schema();
	assert_string_equal(
		json_text(schema, "$schema"), "http://json-schema.org/draft-07/schema#");
	assert_true(*json_text(schema, "$id") && *json_text(schema, "title"));
	const cJSON *properties = json_get(schema, "properties");
	config_describe(find_setting, (void *)(uintptr_t)properties);
}

int main(void)
{
	json_setup();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out_has_its_default),
		cmocka_unit_test(the_state_directory_is_systemds_when_there_is_one),
		cmocka_unit_test(paths_are_relative_to_the_file_that_names_them),
		cmocka_unit_test(a_cloud_site_has_clouds_budgets_unless_told_otherwise),
		cmocka_unit_test(each_mistake_is_told_where_it_stands),
		cmocka_unit_test(all_sites_that_share_a_PAT_are_named),
		cmocka_unit_test(more_sites_than_anybody_has_are_refused_at_once),
		cmocka_unit_test(eleven_PATs_on_one_server_are_warned_of),
		cmocka_unit_test(a_file_that_is_not_there_is_a_problem),
		cmocka_unit_test(the_file_is_looked_for_in_order),
		cmocka_unit_test(missing_and_shared_secrets_are_told_and_never_shown),
		cmocka_unit_test(the_schema_and_the_manual_know_every_field),
	};
	return cmocka_run_group_tests_name("config", tests, make_folder, remove_folder);
}
