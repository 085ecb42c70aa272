/*
 * cli/doctor/checkup_daemon.c - does the daemon run, with this version and these rules? Who has its
 * addresses if not, and may it open as many files as it needs?
 */
#include "base/web/listen.h"
#include "base/web/listen_unix.h"
#include "base/web/web.h"
#include "build.h"
#include "cli/admin_client.h"
#include "cli/doctor/checkup.h"
#include "cli/print.h"
#include "store/store.h"
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define ANSWER_SECONDS 10
/* Beside connections and sites: as daemon/daemon.c has it. */
#define OTHER_FILES 256

/* ---- the daemon ---- */

static void compare_rules(struct checkup *checkup, const cJSON *ready)
{
	const char *serving = json_text(json_get(ready, "ruleset"), "revision");
	if (!checkup->ruleset || text_is(serving, ruleset_revision(checkup->ruleset)))
		return;
	const cJSON *failure = json_get(ready, "reload_failure");
	checkup_add(checkup, "rules", NULL, CHECKUP_PROBLEM,
		failure ? "correct what the reload refused (`/readyz` has it), or restore the rules"
			: "`refresh-router reload`, or look why the daemon sees other files",
		"the daemon serves %.15s, on disk is %.15s", serving,
		ruleset_revision(checkup->ruleset));
}

static void add_daemon(struct checkup *checkup, const cJSON *ready, const char *url)
{
	const char *version = json_text(ready, "version");
	if (!text_is(version, PACKAGE_VERSION))
		checkup_add(checkup, "daemon", NULL, CHECKUP_WARNING,
			"restart the daemon to run the version that is installed",
			"version %s runs at %s, and this is %s", *version ? version : "unknown",
			url, PACKAGE_VERSION);
	else
		checkup_add(checkup, "daemon", NULL, CHECKUP_OK, NULL, "version %s runs at %s",
			version, url);
	const cJSON *store = json_get(ready, "store");
	if (!json_flag(store, "writable", true))
		checkup_add(checkup, "daemon", "store", CHECKUP_PROBLEM,
			"events are answered 503 until that is over", "it cannot write: %s",
			json_text(store, "reason"));
	const char *taken_at = json_text(json_get(store, "restored_copy"), "taken_at");
	if (*taken_at)
		checkup_add(checkup, "daemon", "store", CHECKUP_WARNING,
			"what dbt finished since then is not known here: see which jobs ran, and "
			"`retry` what is stale",
			"the store was restored from a copy of %s", taken_at);
	compare_rules(checkup, ready);
}

static void add_nobody(struct checkup *checkup, const char *url, const char *why)
{
	if (checkup->holder)
		checkup_add(checkup, "daemon", NULL, CHECKUP_PROBLEM,
			"is `listen.admin` the one that it was started with? Else look at its log",
			"process %lld has the store, but nobody answers at %s: %s",
			(long long)checkup->holder, url, why);
	else
		checkup_add(checkup, "daemon", NULL, CHECKUP_WARNING, "start it",
			"it does not run: nobody answers at %s: %s", url, why);
}

bool checkup_daemon(struct checkup *checkup)
{
	struct error err;
	OWNED_TEXT struct text url = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text why = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text shown = TEXT(TEXT_UNBOUNDED);
	enum admin_presence presence = admin_client_probe(checkup->line, &url, &why);
	print_url(url.at, &shown);
	if (presence == ADMIN_DAEMON) {
		checkup->url = arena_str(checkup->arena, text_str(&url));
		OWNED_JSON ready = admin_client_ask(
			checkup->line, url.at, "/readyz", NULL, ANSWER_SECONDS, &err);
		if (ready)
			add_daemon(checkup, ready, shown.at);
		else
			checkup_add(checkup, "daemon", NULL, CHECKUP_PROBLEM,
				"look at its log, and at `/readyz`", "%s", err.message);
		return true;
	}
	if (presence == ADMIN_NONE)
		add_nobody(checkup, shown.at, why.at);
	else
		checkup_add(checkup, "daemon", NULL, CHECKUP_PROBLEM,
			"is `listen.admin` another program's? `--url` names the daemon's",
			"no daemon answers at %s: %s", shown.at, why.at);
	return !command_line_value(checkup->line, "url");
}

/* ---- listeners ---- */

static void check_listener(struct checkup *checkup, const char *name, const char *address)
{
	struct error err;
	if (listen_unix_path(address))
		return; /* a socket that nobody listens at is replaced */
	int fd = listen_open(address, &err);
	if (fd >= 0) {
		close(fd);
		checkup_add(checkup, "listener", name, CHECKUP_OK, NULL, "%s is free", address);
		return;
	}
	checkup_add(checkup, "listener", name, CHECKUP_PROBLEM,
		"`ss -ltnp` shows whose it is; end that program, or listen elsewhere", "%s",
		err.message);
}

/* While a daemon of ours has them, they are taken as they should. */
void checkup_listeners(struct checkup *checkup)
{
	const struct config_listen *listen = &checkup->config->listen;
	if (checkup->url) {
		checkup_add(checkup, "listener", NULL, CHECKUP_OK, NULL, "the daemon has %s and %s",
			listen->webhooks, listen->admin);
		return;
	}
	check_listener(checkup, "webhooks", listen->webhooks);
	check_listener(checkup, "admin", listen->admin);
}

/* ---- limits ---- */

/* The limits of the daemon's process, else of this one. 0: not known. */
static int64_t open_files(int64_t pid)
{
	char path[64], line[256]; /* a number; lines of proc(5) have fewer bytes */
	long long soft = 0, hard = 0;
	snprintf(path, sizeof path, "/proc/%lld/limits", (long long)(pid ? pid : getpid()));
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, "Max open files %lld %lld", &soft, &hard) == 2)
			break;
	if (file)
		fclose(file);
	return hard; /* the daemon raises the soft one */
}

void checkup_limits(struct checkup *checkup)
{
	const struct config *config = checkup->config;
	int64_t wanted =
		(int64_t)web_descriptors((unsigned)config->limits.connections) + OTHER_FILES;
	for (size_t i = 0; i < config_site_count(config); i++)
		wanted += config_site_at(config, i)->max_requests;
	int64_t allowed = open_files(checkup->holder);
	const char *whose = checkup->holder ? "the daemon" : "a program of this shell";
	if (!allowed)
		return;
	if (allowed < wanted)
		checkup_add(checkup, "limits", NULL, CHECKUP_WARNING,
			"set `LimitNOFILE=` in the unit, or lower limits.connections",
			"%s may open %lld files, and the configuration needs %lld", whose,
			(long long)allowed, (long long)wanted);
	else
		checkup_add(checkup, "limits", NULL, CHECKUP_OK, NULL,
			"%s may open %lld files, of which %lld are needed", whose,
			(long long)allowed, (long long)wanted);
}
