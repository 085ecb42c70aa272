/*
 * cli/serve.c - the daemon: its parts wired together, and the main thread's loop (signals, files
 * that change, reloads, house-keeping).
 */
#include "admin/admin.h"
#include "admin/trouble.h"
#include "base/descriptors.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/secret.h"
#include "base/web.h"
#include "cli/command.h"
#include "cli/dropped.h"
#include "cli/print.h"
#include "cli/reload.h"
#include "cli/settle.h"
#include "cli/watch.h"
#include "dispatch/dispatch.h"
#include "intake/intake.h"
#include "store/journal.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define STOP_WITHIN (20 * US_PER_SECOND)
#define JOURNAL_WAITING 10000 /* entries; more are answered 503 */
#define PRUNE_EVERY (3600 * US_PER_SECOND)
/* Of store, logs, watches, threads and reloads, and of a reload that adds sites. */
#define OTHER_DESCRIPTORS 256
#define PRUNE_AT_ONCE 1000 /* rows a transaction, so that intake waits little */

struct serve {
	struct reload *reload;
	struct watch *watch;
	struct settle settle;
	struct shared_slot *unwatched; /* empty, or of struct trouble */
	struct journal *journal;
	struct dispatch *dispatch;
	struct intake *intake;
	struct admin *admin;
	struct mailbox *requests; /* struct reload_request, from the admin listener */
	struct mailbox *answers;  /* to the one that asks: the admin listener asks one at a time */
	unsigned connections;     /* to the webhook listener, at most */
	int signals;
	struct mono prune_at;
	bool is_dry;
};

/* ---- files that change ---- */

static void watch_path(const char *path, void *context)
{
	struct serve *serve = context;
	watch_add(serve->watch, path);
}

/* Says once that changes are not told, why, and when they are again. */
static void tell_watch(struct serve *serve)
{
	const char *now = watch_trouble(serve->watch);
	struct trouble *before = (struct trouble *)(void *)shared_slot_get(serve->unwatched);
	bool is_news = !before != !now || (now && strcmp(before->report, now) != 0);
	if (is_news && now)
		log_warning("files are looked at every few seconds, for their changes are not told",
			KV("seconds", LOOK_EVERY / US_PER_SECOND), KV("reason", now));
	else if (is_news)
		log_info("changes of files are told again");
	if (is_news)
		shared_slot_put(serve->unwatched, now ? &trouble_new(now)->shared : NULL);
	if (before)
		shared_unref(&before->shared);
}

static void watch_files(struct serve *serve)
{
	watch_begin(serve->watch);
	reload_paths(serve->reload, watch_path, serve);
	tell_watch(serve);
}

/* ---- reload, asked for by the admin listener's thread and done by this one ---- */

struct reload_request {
	struct message message; /* first member; goes back when it is done */
	struct text *report;
	bool ok;
};

static bool request_reload(void *context, struct text *report)
{
	struct serve *serve = context;
	struct reload_request request = { .report = report };
	if (!mailbox_send(serve->requests, &request.message)) {
		text_add(report, "the daemon is stopping\n");
		return false;
	}
	IGNORE(!mailbox_wait(serve->answers));
	return request.ok;
}

static bool apply_config(
	struct config *config, void *context, struct text *report, struct error *err)
{
	struct serve *serve = context;
	if (!intake_configure(serve->intake, config, err))
		return false;
	struct dispatch_status *before = dispatch_status(serve->dispatch);
	dropped_report(before, config, report);
	if (before)
		shared_unref(&before->shared);
	dispatch_configure(serve->dispatch, config);
	return true;
}

static bool reload_now(struct serve *serve, struct text *report)
{
	bool ok = reload_again(serve->reload, apply_config, serve, report);
	watch_files(serve);
	return ok;
}

static void reload_unasked(struct serve *serve)
{
	OWNED_TEXT struct text report;
	text_init(&report, TEXT_UNBOUNDED);
	IGNORE(reload_now(serve, &report)); /* it has logged how it went */
}

/* A file may have changed, or the folder around it; the bytes decide. */
static void reload_if_worth_it(struct serve *serve)
{
	settle_looked(&serve->settle, clock_mono());
	/* First, for folders and inodes may be new: what changes after this is told again. */
	watch_files(serve);
	if (reload_is_worth_it(serve->reload))
		reload_unasked(serve);
}

static void answer_requests(struct serve *serve, bool is_stopping)
{
	struct message *message = mailbox_take_all(serve->requests), *next;
	for (; message; message = next) {
		struct reload_request *request = (struct reload_request *)(void *)message;
		next = message->next;
		message->next = NULL;
		if (is_stopping)
			text_add(request->report, "the daemon is stopping\n");
		else
			request->ok = reload_now(serve, request->report);
		IGNORE(mailbox_send_answer(serve->answers, message));
	}
}

/* ---- house-keeping ---- */

struct prune {
	struct journal_entry entry; /* first member */
	struct wall before;
	struct journal *journal;
	int64_t deleted;
};

static bool prune_apply(struct journal_entry *entry, struct store *store, struct error *err)
{
	struct prune *prune = (struct prune *)(void *)entry;
	return store_prune(store, prune->before, PRUNE_AT_ONCE, &prune->deleted, err);
}

static void prune_done(struct journal_entry *entry, bool committed, const struct error *err)
{
	struct prune *prune = (struct prune *)(void *)entry;
	if (!committed)
		log_warning("history not pruned", KV("reason", err->message));
	else if (prune->deleted >= PRUNE_AT_ONCE && journal_add(prune->journal, entry))
		return; /* there is more */
	free(prune);
}

static void prune_when_due(struct serve *serve)
{
	struct mono now = clock_mono();
	if (now.us < serve->prune_at.us)
		return;
	serve->prune_at = mono_plus(now, PRUNE_EVERY);
	OWNED(config)
	config = (struct config *)(void *)shared_slot_get(reload_configs(serve->reload));
	struct prune *prune = mem_new(struct prune);
	prune->entry.apply = prune_apply;
	prune->entry.done = prune_done;
	prune->before = wall_after(clock_wall(), -config->history);
	prune->journal = serve->journal;
	if (!journal_add(serve->journal, &prune->entry))
		free(prune);
}

/* ---- the main thread ---- */

static bool block_signals(struct serve *serve, struct error *err)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) ||
		(serve->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) < 0)
		return error_fail(err, ERROR_SYSTEM, "signals: %s", strerror(errno));
	return true;
}

/* True: stop. */
static bool take_signals(struct serve *serve)
{
	struct signalfd_siginfo info;
	while (read(serve->signals, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo != SIGHUP)
			return true;
		reload_unasked(serve);
	}
	return false;
}

static struct mono look_due(const struct serve *serve)
{
	return settle_due(&serve->settle, !watch_trouble(serve->watch));
}

static int wait_ms(const struct serve *serve)
{
	int64_t look = look_due(serve).us, prune = serve->prune_at.us;
	int64_t left = ((look < prune ? look : prune) - clock_mono().us) / US_PER_MS;
	return left < 0 ? 0 : (int)left + 1;
}

static void loop(struct serve *serve)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = serve->signals, .events = POLLIN },
			{ .fd = watch_fd(serve->watch), .events = POLLIN }, /* -1 is passed over */
			{ .fd = mailbox_fd(serve->requests), .events = POLLIN },
		};
		int ready = poll(fds, sizeof fds / sizeof *fds, wait_ms(serve));
		if (ready > 0 && (fds[0].revents & POLLIN) && take_signals(serve))
			return;
		if (ready > 0 && (fds[2].revents & POLLIN))
			answer_requests(serve, false);
		if (ready > 0 && (fds[1].revents & POLLIN)) {
			watch_clear(serve->watch);
			settle_changed(&serve->settle, clock_mono());
		}
		if (clock_mono().us >= look_due(serve).us)
			reload_if_worth_it(serve);
		prune_when_due(serve);
	}
}

static void end_at_once(int number)
{
	(void)number;
	_exit(EXIT_NO);
}

/*
 * A second signal while stopping ends at once; what is open is found again at the next start. A
 * handler needs nothing that main() may have cleared away, as a thread would. SIGHUP stays blocked:
 * there is nothing to reload any more.
 */
static void heed_second_signal(void)
{
	sigset_t set;
	struct sigaction action = { .sa_handler = end_at_once };
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void stop(struct serve *serve)
{
	log_info("stopping");
	heed_second_signal();
	mailbox_close(serve->requests);
	answer_requests(serve, true);
	intake_stop(serve->intake);
	dispatch_stop(serve->dispatch, STOP_WITHIN);
	admin_stop(serve->admin);
	journal_stop(serve->journal);
	log_info("stopped");
}

/* ---- start ---- */

/*
 * How many connections the webhook listener may have: as many as configured, or as there are
 * descriptors for when the system allows no more of them.
 */
static unsigned budget_connections(const struct config *config)
{
	unsigned most = (unsigned)config->limits.connections, wanted = web_descriptors(most),
		 others = OTHER_DESCRIPTORS + web_descriptors(ADMIN_CONNECTIONS);
	for (size_t i = 0; i < config_site_count(config); i++)
		others += (unsigned)config_site(config, i)->max_requests;
	unsigned allowed = descriptors_raise(others + wanted),
		 left = allowed > 2 * others ? allowed - others : allowed / 2;
	if (left >= wanted)
		return most;
	most = web_connections(left);
	log_warning("fewer connections than limits.connections: the process may not open more "
		    "files (RLIMIT_NOFILE, LimitNOFILE=)",
		KV("connections", most), KV("files", allowed), KV("wanted", others + wanted));
	return most;
}

static bool start_core(struct serve *serve, struct config *config, struct error *err)
{
	OWNED(store) store = store_open(config->store, STORE_WRITE, err);
	if (!store)
		return false;
	serve->dispatch = dispatch_new(config, serve->is_dry, err);
	if (!serve->dispatch || !dispatch_load(serve->dispatch, store, err))
		return false;
	serve->journal = journal_start(TAKE(store), JOURNAL_WAITING, err);
	return serve->journal && dispatch_start(serve->dispatch, serve->journal, err);
}

static bool start_listeners(struct serve *serve, struct config *config, struct error *err)
{
	struct admin_options admin = {
		.listen = config->listen.admin,
		.store = config->store,
		.journal = serve->journal,
		.dispatch = serve->dispatch,
		.dry_run = serve->is_dry,
		.rulesets = reload_rulesets(serve->reload),
		.configs = reload_configs(serve->reload),
		.failures = reload_failures(serve->reload),
		.unwatched = serve->unwatched,
		.reload = request_reload,
		.reload_context = serve,
	};
	struct intake_options intake = {
		.config = config,
		.rulesets = reload_rulesets(serve->reload),
		.journal = serve->journal,
		.dispatch = serve->dispatch,
		.connections = serve->connections,
		.dry_run = serve->is_dry,
	};
	serve->admin = admin_start(&admin, err);
	serve->intake = serve->admin ? intake_start(&intake, err) : NULL;
	return serve->intake;
}

static bool start(struct serve *serve, struct error *err)
{
	OWNED(config)
	config = (struct config *)(void *)shared_slot_get(reload_configs(serve->reload));
	serve->connections = budget_connections(config);
	serve->requests = mailbox_new(16, NULL, err);
	serve->answers = serve->requests ? mailbox_new(1, NULL, err) : NULL;
	serve->watch = watch_new();
	serve->unwatched = shared_slot_new();
	if (!serve->answers || !block_signals(serve, err) || !start_core(serve, config, err))
		return false;
	settle_looked(&serve->settle, clock_mono());
	watch_files(serve);
	if (!start_listeners(serve, config, err))
		return false;
	log_info("serving", KV("webhooks", intake_address(serve->intake)),
		KV("admin", admin_address(serve->admin)), KV("store", config->store),
		KV("dry_run", serve->is_dry));
	return true;
}

static void clear(struct serve *serve)
{
	intake_free(serve->intake);
	admin_free(serve->admin);
	dispatch_free(serve->dispatch);
	mailbox_free(serve->requests);
	mailbox_free(serve->answers);
	watch_free(serve->watch);
	shared_slot_free(serve->unwatched);
	reload_free(serve->reload);
}

/*
 * The parts that a failed start leaves running are ended in the order of stop(). EXIT_CONFIG, after
 * which systemd does not try again, is for what only an edit mends; a port that is taken, an
 * address that is not there yet, a store that is still held or a full disk may be well the next
 * time.
 */
static int not_started(struct serve *serve, const struct error *err)
{
	print_line(stderr, "refresh-router serve: %s", err->message);
	if (serve->intake)
		intake_stop(serve->intake);
	if (serve->dispatch)
		dispatch_stop(serve->dispatch, US_PER_SECOND);
	if (serve->admin)
		admin_stop(serve->admin);
	if (serve->journal)
		journal_stop(serve->journal);
	clear(serve);
	return err->kind == ERROR_INPUT ? EXIT_CONFIG : EXIT_NO;
}

/* A checkout that is not through, a volume that is not mounted, a secret that is not written yet:
 * unless something else is wrong too, no edit is needed. */
static int not_loaded(const struct problems *problems)
{
	for (size_t i = 0; i < problems_count(problems); i++) {
		const struct problem *problem = problems_at(problems, i);
		bool may_come = problem->code == PROBLEM_UNREADABLE ||
				problem->code == PROBLEM_NO_RULES ||
				problem->code == PROBLEM_SECRET_MISSING;
		if (problem->severity == SEVERITY_ERROR && !may_come)
			return EXIT_CONFIG;
	}
	return EXIT_NO;
}

static int run(const struct command_line *line)
{
	struct error err;
	struct serve serve = { .signals = -1, .is_dry = option_flag(line, "dry-run") };
	OWNED(problems) problems = problems_new();
	const char *path = config_find(option_value(line, "config"));
	if (!path) {
		fprintf(stderr, "refresh-router serve: no configuration file: give --config FILE, "
				"set REFRESH_ROUTER_CONFIG, or write "
				"./refresh-router.yaml or /etc/refresh-router/config.yaml\n");
		return EXIT_CONFIG;
	}
	if (option_flag(line, "verbose"))
		log_set_level(LOG_LEVEL_DEBUG);
	secret_protect_process();
	serve.reload = reload_new(path, problems);
	problems_print(problems, stderr, isatty(STDERR_FILENO));
	if (!serve.reload)
		return not_loaded(problems);
	if (!start(&serve, &err))
		return not_started(&serve, &err);
	loop(&serve);
	stop(&serve);
	clear(&serve);
	return EXIT_YES;
}

static const struct option_spec options[] = {
	{ "config", OPTION_VALUE, "FILE", "the configuration file" },
	{ "dry-run", OPTION_FLAG, NULL, "decide and record, refresh nothing" },
	{ "verbose", OPTION_FLAG, NULL, "log every event" },
	{ 0 },
};

const struct command command_serve = {
	.name = "serve",
	.synopsis = "[--config FILE] [--dry-run]",
	.summary = "run the daemon",
	.description = "Receives signed dbt webhooks, decides by the rules, and refreshes content "
		       "on the configured Tableau sites.\n"
		       "SIGHUP, a change of the files on disk, or POST /-/reload on the admin "
		       "listener reads configuration and rules again.\n"
		       "SIGTERM stops cleanly; a second one at once. Exit status 78: only an edit "
		       "of the configuration helps; 1: it may start the next time.",
	.options = options,
	.run = run,
};
