/*
 * A letter and any bytes, sent to a running daemon's listeners over a socket:
 * 'w' and 'a' to the webhook and the admin listener as they are, 'g' and 'p' as the path and query
 * of a GET and of a POST to the admin listener, 's' as the body of a webhook that is signed.
 * Whatever comes back is HTTP, and its body JSON when it says so.
 */
#include "admin/admin.h"
#include "base/log/log.h"
#include "config/config.h"
#include "daemon/teller.h"
#include "event/signature.h"
#include "intake/intake.h"
#include "rules/ruleset.h"
#include "tests/fuzz/scratch.h"
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <sys/socket.h>

#define SECRET "a-secret-of-the-fuzzer"
#define ANSWER_BYTES ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct daemon {
	struct intake *intake;
	struct admin *admin;
} daemon_of;

/* ---- the daemon ---- */

static const char rules_text[] = "version: 1\nrules:\n- {name: r, when: {job_id: [1, 701331]},"
				 " refresh: [{site: s, workbooks: W}]}\n";

static bool refuse_reload(void *context, struct text *report)
{
	(void)context;
	text_add(report, "not here\n");
	return false;
}

static struct config *load_config(void)
{
	OWNED_TEXT struct text text = TEXT(4096);
	text_printf(&text,
		"version: 1\nlisten: {webhooks: '127.0.0.1:0', admin: '127.0.0.1:0'}\n"
		"store: sqlite:%s/state.db\nrules: [rules.yaml]\nlimits: {request_time: 1s}\n"
		"sources: [{name: dbt, secrets: [{env: FUZZ_SECRET}]}]\n"
		"sites: [{name: s, server: 'http://127.0.0.1:9', content_url: s, pat: {name: p,"
		" secret: {env: FUZZ_SECRET}}}]\n",
		scratch_open());
	setenv("FUZZ_SECRET", SECRET, 1);
	OWNED(problems) problems = problems_new();
	struct config *config =
		config_load(scratch_write("config.yaml", text_str(&text)), problems);
	if (!config)
		problems_print(problems, stderr, false);
	assert(config);
	return config;
}

static void start(void)
{
	struct error err = { 0 };
	char url[128];
	json_setup();
	log_set_level(LOG_LEVEL_ERROR);
	struct config *config = load_config();
	OWNED(problems) problems = problems_new();
	const char *path = scratch_write("rules.yaml", str_of(rules_text));
	struct ruleset *rules = ruleset_load(&path, 1, NULL, problems);
	snprintf(url, sizeof url, "sqlite:%s/state.db", scratch_open());
	const struct store_address address = { .url = url };
	struct store *store = store_open(&address, STORE_WRITE, &err);
	struct dispatch *dispatch = store ? dispatch_new(config, true, &err) : NULL;
	bool ok = dispatch && dispatch_load(dispatch, store, &err);
	struct journal *journal = ok ? journal_start(store, 10000, &err) : NULL;
	ok = journal && dispatch_start(dispatch, journal, &err);
	struct ruleset_slot *rulesets = ruleset_slot_new();
	struct config_slot *configs = config_slot_new();
	ruleset_slot_put(rulesets, rules);
	config_slot_put(configs, config);
	static struct teller teller;
	teller = (struct teller){ .dispatch = dispatch, .rulesets = rulesets };
	struct notify *notify =
		ok ? teller_start(&teller, &address, journal, configs, false, &err) : NULL;
	struct admin_options admin = { .listen = &config->listen,
		.store = &address,
		.journal = journal,
		.dispatch = dispatch,
		.notify = notify,
		.dry_run = true,
		.rulesets = rulesets,
		.configs = configs,
		.failures = trouble_slot_new(),
		.unwatched = trouble_slot_new(),
		.reload = refuse_reload };
	struct intake_options intake = { .config = config,
		.rulesets = rulesets,
		.journal = journal,
		.dispatch = dispatch,
		.connections = 200,
		.dry_run = true };
	daemon_of.admin = notify ? admin_start(&admin, &err) : NULL;
	daemon_of.intake = daemon_of.admin ? intake_start(&intake, &err) : NULL;
	if (!daemon_of.intake)
		fprintf(stderr, "%s\n", err.message);
	assert(daemon_of.intake);
}

/* ---- a connection ---- */

static struct sockaddr_in loopback(uint32_t host, int64_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK + host) } };
}

/* From another address each time, and ended by a reset, because thousands of connections in a
 * second would use up all ports of one address. */
static int connect_to(const char *address)
{
	static uint32_t turn;
	int64_t port;
	bool is_number = str_to_count(str_of(strrchr(address, ':') + 1), &port);
	assert(is_number);
	struct sockaddr_in to = loopback(0, port), from = loopback(1 + turn++ % 10000, 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
	struct linger linger = { 1, 0 };
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
	if (fd >= 0 && !bind(fd, (struct sockaddr *)&from, sizeof from) &&
		!connect(fd, (struct sockaddr *)&to, sizeof to))
		return fd;
	if (errno != EINTR) {
		perror("connect");
		abort();
	}
	close(fd); /* interrupted by the fuzzer's timer */
	return connect_to(address);
}

static void send_all(int fd, struct str bytes)
{
	while (bytes.length) {
		ssize_t sent = TEMP_FAILURE_RETRY(send(fd, bytes.at, bytes.length, MSG_NOSIGNAL));
		if (sent <= 0)
			return; /* the daemon may close the connection */
		bytes = (struct str){ bytes.at + sent, bytes.length - (size_t)sent };
	}
}

static void exchange(const char *address, struct str bytes, struct text *answer)
{
	char piece[4096];
	ssize_t got;
	int fd = connect_to(address);
	send_all(fd, bytes);
	shutdown(fd, SHUT_WR);
	while ((got = TEMP_FAILURE_RETRY(recv(fd, piece, sizeof piece, 0))) > 0)
		text_add_str(answer, (struct str){ piece, (size_t)got });
	close(fd);
}

/* ---- what is sent, and what comes back ---- */

/* A request line holds neither blanks nor line ends. */
static void add_path(struct text *out, struct str path)
{
	for (size_t i = 0; i < path.length; i++)
		text_add_char(out, (unsigned char)path.at[i] <= ' ' ? '_' : path.at[i]);
}

static void add_signed(struct text *out, struct str body)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), (const unsigned char *)body.at, body.length,
		mac, &length);
	text_add(out, "POST /webhooks/dbt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
		      "Authorization: ");
	for (unsigned i = 0; i < length; i++)
		text_printf(out, "%02x", mac[i]);
	text_printf(out, "\r\nContent-Length: %zu\r\n\r\n", body.length);
	text_add_str(out, body);
}

static void add_admin(struct text *out, const char *method, struct str path)
{
	text_printf(out, "%s /", method);
	add_path(out, path);
	text_add(out,
		" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

static void check_answer(char letter, struct text *answer)
{
	struct error err;
	const char *body = strstr(answer->at, "\r\n\r\n");
	if (!answer->length)
		return;
	assert(str_starts(text_str(answer), "HTTP/1."));
	if (letter == 'w' || letter == 'a' || !body || !strstr(answer->at, "application/json"))
		return;
	OWNED_JSON json = json_parse(str_of(body + 4), &err);
	assert(json);
	/* A signed body is only ever refused because it is not a JSON object. */
	assert(letter != 's' || strstr(answer->at, " 200 ") || strstr(answer->at, " 400 ") ||
		strstr(answer->at, " 413 ") || strstr(answer->at, " 503 "));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	if (!daemon_of.intake)
		start();
	if (!length)
		return 0;
	char letter = (char)bytes[0];
	struct str rest = { (const char *)bytes + 1, length - 1 };
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text answer = TEXT(ANSWER_BYTES);
	if (letter == 's')
		add_signed(&out, rest);
	else if (letter == 'g' || letter == 'p')
		add_admin(&out, letter == 'g' ? "GET" : "POST", rest);
	else if (letter == 'w' || letter == 'a')
		text_add_str(&out, rest);
	else
		return 0;
	bool is_admin = letter == 'a' || letter == 'g' || letter == 'p';
	exchange(is_admin ? admin_address(daemon_of.admin) : intake_address(daemon_of.intake),
		text_str(&out), &answer);
	check_answer(letter, &answer);
	return 0;
}
