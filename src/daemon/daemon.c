/*
 * daemon/daemon.c - wires, starts and stops the parts, and runs the main thread's loop: signals,
 * changed files, reloads, pruning.
 */
#include "daemon/daemon.h"
#include "admin/access.h"
#include "admin/admin.h"
#include "admin/trouble.h"
#include "base/log/log.h"
#include "base/mailbox.h"
#include "base/metric.h"
#include "base/web/descriptors.h"
#include "base/web/listen_unix.h"
#include "base/web/web.h"
#include "build.h"
#include "daemon/dropped.h"
#include "daemon/manager.h"
#include "daemon/membership.h"
#include "daemon/prune.h"
#include "daemon/reload.h"
#include "daemon/settle.h"
#include "daemon/systemd.h"
#include "daemon/teller.h"
#include "daemon/unready.h"
#include "daemon/watch.h"
#include "dispatch/dispatch.h"
#include "intake/intake.h"
#include "notify/notify.h"
#include "store/journal.h"
#include "store/nodes.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define STOP_WITHIN (20 * US_PER_SECOND)
#define GIVE_BACK_WITHIN (5 * US_PER_SECOND)
#define JOURNAL_WAITING 10000 /* entries; more are answered 503 */
/* Descriptors for store, logs, watches, threads and reloads, with room for a reload that adds
 * sites. */
#define OTHER_DESCRIPTORS 256

#define NODE_NAME_SIZE (HOST_NAME_MAX + 8) /* with ":65535" */

struct daemon {
	struct reload *reload;
	struct watch *watch;
	struct settle settle;
	struct trouble_slot *unwatched; /* empty, or why */
	struct arena *arena;
	const struct store_copy *copy; /* that the store was restored from; NULL: from none */
	struct journal *journal;
	struct dispatch *dispatch;
	struct membership *membership; /* NULL: no other process can write the store */
	struct teller teller;
	struct notify *notify;
	struct intake *intake;
	struct admin *admin;
	struct mailbox *requests; /* struct reload_request, from the admin listener */
	/* back to the admin listener, which makes one request at a time */
	struct mailbox *answers;
	unsigned connections; /* the most connections of the webhook listener */
	int signals;
	struct prune *prune;
	struct systemd_sockets sockets;
	struct manager manager;
	char node_name[NODE_NAME_SIZE];
	bool is_stopped; /* while it was waiting for the store */
	struct daemon_options options;
};

static void apply_log(const struct daemon *daemon, const struct config *config)
{
	const struct daemon_options *options = &daemon->options;
	log_set_format((enum log_format)(
		options->log_format < 0 ? config->log.format : options->log_format));
	log_set_level(
		(enum log_level)(options->log_level < 0 ? config->log.level : options->log_level));
}

/* ---- files that change ---- */

static void watch_path(const char *path, void *context)
{
	struct daemon *daemon = context;
	watch_add(daemon->watch, path);
}

/* Logs when changes stop being reported and why, and when they are reported again. */
static void tell_watch(struct daemon *daemon)
{
	const char *now = watch_trouble(daemon->watch);
	OWNED(trouble) before = trouble_slot_get(daemon->unwatched);
	bool is_news = !before != !now || (now && strcmp(before->report, now) != 0);
	if (is_news && now)
		log_warning("files are checked every few seconds, because their changes are not "
			    "reported",
			KV("seconds", LOOK_EVERY / US_PER_SECOND), KV("reason", now));
	else if (is_news)
		log_info("changes of files are reported again");
	if (is_news)
		trouble_slot_put(daemon->unwatched, now ? trouble_new(now) : NULL);
}

static void watch_files(struct daemon *daemon)
{
	watch_begin(daemon->watch);
	reload_paths(daemon->reload, watch_path, daemon);
	tell_watch(daemon);
}

/* ---- reloads that the admin listener's thread asks for and this thread does ---- */

struct reload_request {
	struct message message; /* first member; sent back when the reload is done */
	struct text *report;
	bool ok;
};

static bool request_reload(void *context, struct text *report)
{
	struct daemon *daemon = context;
	struct reload_request request = { .report = report };
	if (!mailbox_send(daemon->requests, &request.message)) {
		text_add(report, "the daemon is stopping\n");
		return false;
	}
	IGNORE(!mailbox_wait(daemon->answers));
	return request.ok;
}

/* TLS itself begins and ends at a start, which reload.c tells. */
static bool renew_certificate(
	struct web *web, const struct config_tls *tls, const char *name, struct error *err)
{
	struct config_pems pems;
	if (!tls->certificate)
		return true;
	bool ok = config_read_pems(tls, name, &pems, err) &&
		  (web_renew(web, pems.certificate.at, pems.private_key.at, err) ||
			  error_context(err, "%s", name));
	config_clear_pems(&pems);
	return ok;
}

static bool apply_config(
	struct config *config, void *context, struct text *report, struct error *err)
{
	struct daemon *daemon = context;
	OWNED(access) access = access_new(config, err);
	if (!access ||
		!renew_certificate(admin_web(daemon->admin), &config->listen.admin_tls,
			"listen.admin_tls", err) ||
		!renew_certificate(
			intake_web(daemon->intake), &config->listen.tls, "listen.tls", err) ||
		!intake_configure(daemon->intake, config, err))
		return false;
	admin_configure(daemon->admin, TAKE(access));
	OWNED(dispatch_status) before = dispatch_latest_status(daemon->dispatch);
	dropped_report(before, config, report);
	dispatch_configure(daemon->dispatch, config);
	apply_log(daemon, config);
	return true;
}

static bool reload_now(struct daemon *daemon, struct text *report)
{
	systemd_reloading();
	bool ok = reload_again(daemon->reload, apply_config, daemon, report);
	if (daemon->membership)
		membership_configure(daemon->membership);
	watch_files(daemon);
	manager_tell_ready(&daemon->manager);
	return ok;
}

static void reload_unasked(struct daemon *daemon)
{
	OWNED_TEXT struct text report = TEXT(TEXT_UNBOUNDED);
	IGNORE(reload_now(daemon, &report)); /* the result is logged there */
}

/* Reloads if bytes have changed; a file or the folder around it may have been touched only. */
static void reload_if_worth_it(struct daemon *daemon)
{
	settle_looked(&daemon->settle, clock_mono());
	/* First, because folders and inodes may be new: later changes are then reported. */
	watch_files(daemon);
	if (reload_is_worth_it(daemon->reload))
		reload_unasked(daemon);
}

static void answer_requests(struct daemon *daemon, bool is_stopping)
{
	struct message *message = mailbox_take_all(daemon->requests), *next;
	for (; message; message = next) {
		struct reload_request *request = (struct reload_request *)(void *)message;
		next = message->next;
		message->next = NULL;
		if (is_stopping)
			text_add(request->report, "the daemon is stopping\n");
		else
			request->ok = reload_now(daemon, request->report);
		IGNORE(mailbox_send_answer(daemon->answers, message));
	}
}

/* ---- the main thread ---- */

static bool block_signals(struct daemon *daemon, struct error *err)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) ||
		(daemon->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) < 0)
		return error_fail(err, ERROR_SYSTEM, "signals: %s", strerror(errno));
	return true;
}

/* True: the daemon is to stop. */
static bool take_signals(struct daemon *daemon)
{
	struct signalfd_siginfo info;
	while (read(daemon->signals, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo != SIGHUP)
			return true;
		reload_unasked(daemon);
	}
	return false;
}

static struct mono look_due(const struct daemon *daemon)
{
	return settle_due(&daemon->settle, !watch_trouble(daemon->watch));
}

static int wait_ms(const struct daemon *daemon)
{
	int64_t look = look_due(daemon).us, prune = prune_due(daemon->prune).us;
	int64_t feed = watchdog_due(&daemon->manager.watchdog).us,
		due = look < prune ? look : prune;
	int64_t left = ((due < feed ? due : feed) - clock_mono().us) / US_PER_MS;
	return left < 0 ? 0 : (int)left + 1;
}

static void loop(struct daemon *daemon)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = daemon->signals, .events = POLLIN },
			/* poll(2) ignores -1 */
			{ .fd = watch_fd(daemon->watch), .events = POLLIN },
			{ .fd = mailbox_fd(daemon->requests), .events = POLLIN },
		};
		int ready = poll(fds, sizeof fds / sizeof *fds, wait_ms(daemon));
		if (ready > 0 && (fds[0].revents & POLLIN) && take_signals(daemon))
			return;
		if (ready > 0 && (fds[2].revents & POLLIN))
			answer_requests(daemon, false);
		if (ready > 0 && (fds[1].revents & POLLIN)) {
			watch_clear(daemon->watch);
			settle_changed(&daemon->settle, clock_mono());
		}
		if (clock_mono().us >= look_due(daemon).us)
			reload_if_worth_it(daemon);
		prune_when_due(daemon->prune, clock_mono());
		manager_feed_watchdog(&daemon->manager);
	}
}

static void end_at_once(int number)
{
	(void)number;
	_exit(EXIT_FAILURE);
}

/*
 * While stopping, a second signal ends the process at once; the next start finds open work again. A
 * handler, unlike a thread, needs nothing that main() may have freed already. SIGHUP stays blocked,
 * because there is nothing to reload any more.
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

static void stop(struct daemon *daemon)
{
	log_info("stopping");
	systemd_stopping();
	heed_second_signal();
	mailbox_close(daemon->requests);
	answer_requests(daemon, true);
	intake_stop(daemon->intake);
	if (daemon->membership)
		membership_stop(daemon->membership, GIVE_BACK_WITHIN);
	dispatch_stop(daemon->dispatch, STOP_WITHIN);
	notify_stop(daemon->notify);
	admin_stop(daemon->admin);
	journal_stop(daemon->journal);
	log_info("stopped");
}

/* ---- start ---- */

/*
 * How many connections the webhook listener may have: the configured number, or fewer if the system
 * does not allow enough descriptors.
 */
static unsigned budget_connections(const struct config *config)
{
	unsigned most = (unsigned)config->limits.connections, wanted = web_descriptors(most),
		 others = OTHER_DESCRIPTORS + web_descriptors(ADMIN_CONNECTIONS);
	for (size_t i = 0; i < config_site_count(config); i++)
		others += (unsigned)config_site_at(config, i)->max_requests;
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

/* Tells people that what the store says may be outdated. */
static bool tell_copy(struct daemon *daemon, struct store *store, struct error *err)
{
	char taken_at[WALL_TEXT_SIZE], restored_at[WALL_TEXT_SIZE];
	if (!store_load_copy(store, daemon->arena, &daemon->copy, err))
		return false;
	if (daemon->copy)
		log_warning("the store was restored from a copy: events that came since it was "
			    "taken are not in it, and what waited then is looked for at Tableau "
			    "before it is sent",
			KV("taken_at", wall_format(daemon->copy->taken_at, taken_at)),
			KV("version", daemon->copy->version),
			KV("restored_at", wall_format(daemon->copy->restored_at, restored_at)));
	return true;
}

/* ---- a server of the store that is not there yet ---- */

#define TRY_EVERY_MS 1000
#define TRY_WITHIN (60 * US_PER_SECOND) /* asked of the service manager at each try */

/* True: the daemon is to stop. There is nothing to reload yet. */
static bool stops_while_waiting(const struct daemon *daemon)
{
	struct pollfd fd = { .fd = daemon->signals, .events = POLLIN };
	struct signalfd_siginfo info;
	bool stops = false;
	if (poll(&fd, 1, TRY_EVERY_MS) > 0)
		while (read(daemon->signals, &info, sizeof info) == sizeof info)
			stops |= info.ssi_signo != SIGHUP;
	return stops;
}

static struct store *wait_for_store(struct daemon *daemon, const struct config *config,
	const struct store_upgrade *upgrade, struct error *err)
{
	OWNED(unready) unready = unready_start(config, &daemon->sockets, &(struct error){ 0 });
	struct store *store = NULL;
	log_warning("the store's server cannot be reached; it is tried again every second, and "
		    "deliveries are answered 503",
		KV("reason", err->message));
	do {
		if (unready)
			unready_tell(unready, err->message);
		systemd_starting(TRY_WITHIN, "Waiting for the server of the store");
		if (stops_while_waiting(daemon)) {
			daemon->is_stopped = true;
			return NULL;
		}
		store = store_open_upgrading(&config->store, upgrade, err);
	} while (!store && err->kind == ERROR_TRANSIENT);
	if (store)
		log_info("the store's server is there");
	return store;
}

/* A file that another process has is not waited for. */
static struct store *open_store(struct daemon *daemon, const struct config *config,
	const struct store_upgrade *upgrade, struct error *err)
{
	struct store *store = store_open_upgrading(&config->store, upgrade, err);
	bool is_away =
		!store && err->kind == ERROR_TRANSIENT && !store_address_path(&config->store);
	return is_away ? wait_for_store(daemon, config, upgrade, err) : store;
}

/* Where several nodes may share the store, none has all sites. */
static bool load(struct daemon *daemon, struct store *store, struct error *err)
{
	if (!nodes_are_possible(store))
		return dispatch_load(daemon->dispatch, store, err);
	daemon->membership = membership_new(err);
	if (!daemon->membership)
		return false;
	const struct dispatch_sharing sharing = membership_sharing(daemon->membership);
	return dispatch_load_nothing(daemon->dispatch, store, &sharing, err);
}

static bool start_core(struct daemon *daemon, struct config *config, struct error *err)
{
	const struct store_upgrade upgrade = { .tell = manager_tell_upgrade };
	OWNED(store) store = open_store(daemon, config, &upgrade, err);
	if (!store || !tell_copy(daemon, store, err))
		return false;
	daemon->dispatch = dispatch_new(config, daemon->options.is_dry, err);
	if (!daemon->dispatch || !load(daemon, store, err))
		return false;
	daemon->journal = journal_start(TAKE(store), JOURNAL_WAITING, err);
	if (!daemon->journal)
		return false;
	daemon->prune = prune_new(daemon->journal, reload_configs(daemon->reload));
	daemon->teller = (struct teller){ daemon->dispatch, reload_rulesets(daemon->reload), NULL };
	daemon->notify = teller_start(&daemon->teller, &config->store, daemon->journal,
		reload_configs(daemon->reload), daemon->membership, err);
	return daemon->notify && dispatch_start(daemon->dispatch, daemon->journal, err);
}

static bool start_listeners(struct daemon *daemon, struct config *config, struct error *err)
{
	struct admin_options admin = {
		.listen = &config->listen,
		.socket = daemon->sockets.admin,
		.store = &config->store,
		.copy = daemon->copy,
		.journal = daemon->journal,
		.dispatch = daemon->dispatch,
		.notify = daemon->notify,
		.dry_run = daemon->options.is_dry,
		.rulesets = reload_rulesets(daemon->reload),
		.configs = reload_configs(daemon->reload),
		.failures = reload_failures(daemon->reload),
		.unwatched = daemon->unwatched,
		.reload = request_reload,
		.reload_context = daemon,
	};
	struct intake_options intake = {
		.config = config,
		.rulesets = reload_rulesets(daemon->reload),
		.journal = daemon->journal,
		.dispatch = daemon->dispatch,
		.socket = daemon->sockets.webhooks,
		.connections = daemon->connections,
		.dry_run = daemon->options.is_dry,
	};
	daemon->admin = admin_start(&admin, err);
	daemon->intake = daemon->admin ? intake_start(&intake, err) : NULL;
	return daemon->intake;
}

/* Also one that systemd made, whose SocketMode= is 0666 by default. */
static void tell_open_socket(const struct daemon *daemon, const struct config *config)
{
	const char *path = listen_unix_path(admin_address(daemon->admin));
	if (path && listen_unix_is_for_all(path) && !config->admin_tokens.count)
		log_warning("every user of this machine may pause, cancel and retry: leave others "
			    "out (SocketMode= of the .socket unit, or listen.admin_mode), or give "
			    "admin_tokens",
			KV("socket", path));
}

/* "HOST:PORT" of the webhook listener: the same after each start, and another one for each process
 * of a machine. */
static void name_node(struct daemon *daemon, char name[static NODE_NAME_SIZE])
{
	const char *address = intake_address(daemon->intake), *port = strrchr(address, ':');
	char host[HOST_NAME_MAX + 1] = "";
	if (gethostname(host, sizeof host - 1) || !*host)
		snprintf(host, sizeof host, "localhost");
	snprintf(name, NODE_NAME_SIZE, "%s%s", host, port ? port : "");
}

/* A dry run refreshes nothing, so it keeps no site from those who would. */
static bool start_membership(struct daemon *daemon, const struct config *config, struct error *err)
{
	if (!daemon->membership || daemon->options.is_dry)
		return true;
	name_node(daemon, daemon->node_name);
	const struct membership_options options = {
		.store = &config->store,
		.journal = daemon->journal,
		.dispatch = daemon->dispatch,
		.notify = daemon->notify,
		.configs = reload_configs(daemon->reload),
		.rulesets = reload_rulesets(daemon->reload),
		.name = daemon->node_name,
	};
	return membership_start(daemon->membership, &options, err);
}

static bool start(struct daemon *daemon, struct error *err)
{
	OWNED(config)
	config = config_slot_get(reload_configs(daemon->reload));
	if (!systemd_take_sockets(&daemon->sockets, err))
		return false;
	daemon->connections = budget_connections(config);
	daemon->requests = mailbox_new(16, NULL, err);
	daemon->answers = daemon->requests ? mailbox_new(1, NULL, err) : NULL;
	daemon->watch = watch_new();
	daemon->unwatched = trouble_slot_new();
	if (!daemon->answers || !block_signals(daemon, err) || !start_core(daemon, config, err))
		return false;
	settle_looked(&daemon->settle, clock_mono());
	watch_files(daemon);
	if (!start_listeners(daemon, config, err))
		return false;
	tell_open_socket(daemon, config);
	if (!start_membership(daemon, config, err))
		return false;
	daemon->manager = (struct manager){
		.reload = daemon->reload,
		.dispatch = daemon->dispatch,
		.journal = daemon->journal,
		.intake = daemon->intake,
		.admin = daemon->admin,
		.is_dry = daemon->options.is_dry,
		.watchdog.within = systemd_watchdog(),
	};
	log_info("serving", KV("webhooks", intake_address(daemon->intake)),
		KV("admin", admin_address(daemon->admin)), KV("store", config->store.url),
		KV("version", PACKAGE_VERSION), KV("dry_run", daemon->options.is_dry));
	manager_tell_ready(&daemon->manager);
	return true;
}

/* Ends the parts that a failed start leaves running, in the order of stop(). */
static void not_started(struct daemon *daemon)
{
	if (daemon->intake)
		intake_stop(daemon->intake);
	if (daemon->membership)
		membership_stop(daemon->membership, US_PER_SECOND);
	if (daemon->dispatch)
		dispatch_stop(daemon->dispatch, US_PER_SECOND);
	notify_stop(daemon->notify);
	if (daemon->admin)
		admin_stop(daemon->admin);
	if (daemon->journal)
		journal_stop(daemon->journal);
}

/* ---- life ---- */

struct daemon *daemon_new(const struct daemon_options *options, struct problems *problems)
{
	struct reload *reload = reload_new(options->config, problems);
	if (!reload)
		return NULL;
	metric_tell(METRIC_build_info, PACKAGE_VERSION);
	metric_set(METRIC_process_start_time_seconds, clock_wall().us);
	struct daemon *daemon = mem_new(struct daemon);
	daemon->reload = reload;
	daemon->arena = arena_new();
	daemon->signals = -1;
	daemon->options = *options;
	OWNED(config) config = config_slot_get(reload_configs(reload));
	apply_log(daemon, config);
	return daemon;
}

bool daemon_run(struct daemon *daemon, struct error *err)
{
	if (!start(daemon, err)) {
		not_started(daemon);
		return daemon->is_stopped;
	}
	loop(daemon);
	stop(daemon);
	return true;
}

void daemon_free(struct daemon *daemon)
{
	if (!daemon)
		return;
	intake_free(daemon->intake);
	admin_free(daemon->admin);
	notify_free(daemon->notify);
	teller_end(&daemon->teller);
	dispatch_free(daemon->dispatch);
	membership_free(daemon->membership);
	mailbox_free(daemon->requests);
	mailbox_free(daemon->answers);
	watch_free(daemon->watch);
	prune_free(daemon->prune);
	trouble_slot_free(daemon->unwatched);
	reload_free(daemon->reload);
	arena_free(daemon->arena);
	free(daemon);
}
