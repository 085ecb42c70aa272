/*
 * tableau/tableau.c - the sites, the step that moves them all, and the calls. An answer that needs
 * no network is deferred to the next step, so that no callback runs inside the call itself.
 */
#include "tableau/tableau.h"
#include "base/thread.h"
#include "base/web/transport.h"
#include "tableau/filter.h"
#include "tableau/job.h"
#include "tableau/job_list.h"
#include "tableau/listing.h"
#include "tableau/resolve.h"
#include "tableau/site.h"
#include "tableau/task.h"
#include <assert.h>

/* A call that is answered without the network, by its callback in the next step. */
struct deferred {
	struct deferred *next;
	struct tableau_site *site;
	struct arena *arena;        /* this struct and `selection` live here */
	struct selection selection; /* for a resolve */
	bool uncached;              /* for a resolve ... */
	struct mono since;          /* ... which uses nothing older, if `uncached` */
	resolve_done *resolve;
	call_done *call; /* for a call that cannot be made */
	struct outcome outcome;
	void *context;
};

struct tableau {
	struct transport *transport;
	struct tableau_site *sites;       /* including sites not configured any more */
	struct tableau_site *left;        /* signing out at most; a list through `left_next` */
	struct config *config;            /* the last one, with a reference */
	struct tableau_site **configured; /* its sites, in its order */
	struct timer_heap timers;         /* of sites with something to do now or later */
	struct deferred *first, **last;
};

struct tableau *tableau_new(void)
{
	struct tableau *tableau = mem_new(struct tableau);
	tableau->transport = transport_new();
	tableau->last = &tableau->first;
	return tableau;
}

/* ---- sites ---- */

static struct tableau_site *find(const struct tableau *tableau, const char *name)
{
	struct tableau_site *site = NULL;
	HASH_FIND(by_name, tableau->sites, name, strlen(name), site);
	return site && !site->is_gone ? site : NULL;
}

static struct tableau_site *find_or_add(struct tableau *tableau, const char *name)
{
	struct tableau_site *site = NULL;
	HASH_FIND(by_name, tableau->sites, name, strlen(name), site);
	if (site)
		return site;
	site = tableau_site_new(name, tableau->transport, &tableau->timers);
	HASH_ADD_KEYPTR(by_name, tableau->sites, site->name, strlen(site->name), site);
	return site;
}

bool tableau_configure(struct tableau *tableau, struct config *config, struct error *err)
{
	bool is_fine = true;
	int64_t connections = 0;
	struct error problem;
	if (!tableau->transport)
		return error_fail(err, ERROR_SYSTEM, "all sites have been signed out for good");
	for (struct tableau_site *site = tableau->sites; site; site = site->by_name.next) {
		site->is_gone = true;
		tableau_site_wake(site);
	}
	config_ref(config);
	config_free(tableau->config);
	tableau->config = config;
	free(tableau->configured);
	tableau->configured =
		mem_alloc(sizeof *tableau->configured * (config_site_count(config) + 1));
	for (size_t i = 0; i < config_site_count(config); i++) {
		const struct config_site *settings = config_site_at(config, i);
		struct tableau_site *site = tableau->configured[i] =
			find_or_add(tableau, settings->name);
		connections += settings->max_requests;
		if (tableau_site_configure(site, config, settings, &problem))
			continue;
		if (is_fine)
			*err = problem;
		is_fine = false;
	}
	transport_keep(tableau->transport, connections);
	return is_fine;
}

/* ---- steps ---- */

static struct deferred *defer(struct tableau *tableau)
{
	struct arena *arena = arena_new();
	struct deferred *deferred = arena_new_of(arena, struct deferred);
	deferred->arena = arena;
	*tableau->last = deferred;
	tableau->last = &deferred->next;
	return deferred;
}

static void run_deferred(struct tableau *tableau)
{
	struct deferred *deferred = tableau->first, *next;
	tableau->first = NULL;
	tableau->last = &tableau->first;
	for (; deferred; deferred = next) {
		next = deferred->next;
		if (deferred->site)
			resolve_start(deferred->site, &deferred->selection, deferred->uncached,
				deferred->since, deferred->resolve, deferred->context);
		else if (deferred->resolve)
			deferred->resolve(&deferred->outcome, NULL, 0, deferred->context);
		else
			deferred->call(&deferred->outcome, NULL, deferred->context);
		arena_free(deferred->arena);
	}
}

/* ---- sites that are left ---- */

static void site_drop(struct tableau_site *site)
{
	listings_free(site);
	tableau_site_free(site);
}

/* Begins what is deferred for the site, so that it is answered like its other calls. */
static void begin_deferred(struct tableau *tableau, const struct tableau_site *site)
{
	struct deferred **link = &tableau->first;
	while (*link) {
		struct deferred *deferred = *link;
		if (deferred->site != site) {
			link = &deferred->next;
			continue;
		}
		*link = deferred->next;
		resolve_start(deferred->site, &deferred->selection, deferred->uncached,
			deferred->since, deferred->resolve, deferred->context);
		arena_free(deferred->arena);
	}
	tableau->last = link;
}

/* Its place is taken by one that nothing is known of. */
static void replace(struct tableau *tableau, struct tableau_site *site)
{
	struct error ignored; /* the status has it */
	HASH_DELETE(by_name, tableau->sites, site);
	if (site->is_gone)
		return;
	struct tableau_site *next = find_or_add(tableau, site->name);
	IGNORE(tableau_site_configure(next, site->snapshot, site->config, &ignored));
	for (size_t i = 0; i < config_site_count(tableau->config); i++)
		if (tableau->configured[i] == site)
			tableau->configured[i] = next;
}

static void forget_outcome(const struct outcome *outcome, const cJSON *json, void *context)
{
	(void)outcome;
	(void)json;
	(void)context;
}

static void free_left(struct tableau *tableau)
{
	struct tableau_site **link = &tableau->left;
	while (*link) {
		struct tableau_site *site = *link;
		if (!tableau_site_has_left(site)) {
			link = &site->left_next;
			continue;
		}
		*link = site->left_next;
		site_drop(site);
	}
}

void tableau_leave(struct tableau *tableau, const char *name, bool signs_out)
{
	struct tableau_site *site = NULL;
	thread_assert(THREAD_DISPATCH);
	HASH_FIND(by_name, tableau->sites, name, strlen(name), site);
	if (site) {
		replace(tableau, site);
		site->left_next = tableau->left;
		tableau->left = site;
		begin_deferred(tableau, site);
		tableau_site_leave(site);
		if (signs_out && site->session.token && site->transport)
			session_sign_out(site, forget_outcome, NULL);
		session_drop(&site->session);
	}
	for (site = tableau->left; site && !signs_out; site = site->left_next)
		if (text_is(site->name, name))
			transport_drop(site->transport, site);
	free_left(tableau);
}

bool tableau_has_left(const struct tableau *tableau, const char *name)
{
	const struct tableau_site *site = tableau->left;
	while (site && (!text_is(site->name, name) || tableau_site_has_left(site)))
		site = site->left_next;
	return !site;
}

static struct tableau_site *site_of(struct timer *due)
{
	return (struct tableau_site *)(void *)((char *)due - offsetof(struct tableau_site, due));
}

/* Pumps the sites that are due. Calls that are made meanwhile wait for the next step. True: a
 * callback ran. */
static bool pump(struct tableau *tableau)
{
	bool has_answered = false;
	struct tableau_site *first = NULL, *next;
	struct timer *due;
	int64_t now = clock_mono().us;
	while ((due = timer_first(&tableau->timers)) && due->key <= now) {
		struct tableau_site *site = site_of(due);
		timer_leave(due);
		site->due_next = first;
		first = site;
	}
	for (struct tableau_site *site = first; site; site = next) {
		next = site->due_next;
		has_answered |= tableau_site_pump(site);
	}
	return has_answered;
}

static int earliest_ms(const struct tableau *tableau, int timeout_ms)
{
	const struct timer *due = timer_first(&tableau->timers);
	if (tableau->first)
		return 0;
	if (!due)
		return timeout_ms;
	int64_t now = clock_mono().us,
		left = due->key <= now ? 0 : (due->key - now + US_PER_MS - 1) / US_PER_MS;
	return left < timeout_ms ? (int)left : timeout_ms;
}

void tableau_step(struct tableau *tableau, int timeout_ms, int wake_fd)
{
	thread_assert(THREAD_DISPATCH);
	/* After callbacks, do not wait: the caller may have to write a journal entry before it can
	 * send. */
	bool has_answered = tableau->first;
	run_deferred(tableau);
	has_answered |= pump(tableau);
	transport_step(
		tableau->transport, has_answered ? 0 : earliest_ms(tableau, timeout_ms), wake_fd);
	free_left(tableau);
}

bool tableau_is_idle(const struct tableau *tableau)
{
	if (tableau->first || transport_in_flight(tableau->transport))
		return false;
	for (const struct tableau_site *site = tableau->sites; site; site = site->by_name.next)
		if (!tableau_site_is_idle(site))
			return false;
	return true;
}

static void signed_out(const struct outcome *outcome, const cJSON *json, void *context)
{
	size_t *left = context;
	(void)outcome;
	(void)json;
	(*left)--;
}

/* Signs out the sites that can be. A running sign-in is waited for, because its session would stay
 * behind. True: something is still to be done. */
static bool sign_out_some(struct tableau *tableau, size_t *left)
{
	bool any = false;
	for (struct tableau_site *site = tableau->sites; site; site = site->by_name.next) {
		any |= site->session.is_signing_in;
		if (!site->session.token)
			continue;
		++*left;
		session_sign_out(site, signed_out, left);
	}
	return any || *left;
}

static void close_network(struct tableau *tableau)
{
	for (struct tableau_site *site = tableau->sites; site; site = site->by_name.next)
		site->is_gone = site->is_closing = true;
	transport_free(tableau->transport);
	tableau->transport = NULL;
	for (struct tableau_site *site = tableau->sites; site; site = site->by_name.next) {
		site->transport = NULL;
		tableau_site_wake(site);
	}
	for (struct tableau_site *site = tableau->left; site; site = site->left_next)
		site->transport = NULL;
	free_left(tableau);
}

void tableau_sign_out(struct tableau *tableau, int64_t us)
{
	size_t left = 0;
	struct mono until = mono_plus(clock_mono(), us);
	thread_assert(THREAD_DISPATCH);
	if (!tableau->transport)
		return;
	for (struct tableau_site *site = tableau->sites; site; site = site->by_name.next)
		site->is_gone = site->is_closing = true; /* refuses new calls */
	while ((sign_out_some(tableau, &left) || tableau->left) && clock_mono().us < until.us) {
		transport_step(tableau->transport, 50, -1);
		free_left(tableau);
	}
	/* Does not wait for a longer sign-out; its answer must not come after this function has
	 * returned. */
	close_network(tableau);
}

/* Answers all waiting calls, including those that callbacks add. */
static void refuse_all(struct tableau *tableau)
{
	bool any = true;
	close_network(tableau);
	while (any) {
		run_deferred(tableau);
		pump(tableau);
		any = tableau->first;
		for (const struct tableau_site *site = tableau->sites; site;
			site = site->by_name.next)
			any |= site->waiting > 0;
	}
}

void tableau_free(struct tableau *tableau)
{
	if (!tableau)
		return;
	refuse_all(tableau);
	struct tableau_site *site, *next;
	HASH_ITER(by_name, tableau->sites, site, next)
	{
		HASH_DELETE(by_name, tableau->sites, site);
		site_drop(site);
	}
	timer_heap_clear(&tableau->timers);
	free(tableau->configured);
	config_free(tableau->config);
	free(tableau);
}

/* ---- calls ---- */

/* NULL when there is no such site: then the callback gets the error in the next step. */
static struct tableau_site *site_for(
	struct tableau *tableau, const char *name, call_done *callback, void *context)
{
	thread_assert(THREAD_DISPATCH);
	struct tableau_site *site = find(tableau, name);
	if (site)
		return site;
	struct deferred *deferred = defer(tableau);
	deferred->call = callback;
	deferred->context = context;
	error_fail(
		&deferred->outcome.error, ERROR_INPUT, "the configuration has no site '%s'", name);
	return NULL;
}

static void resolve_later(struct tableau *tableau, const struct selection *selection, bool uncached,
	struct mono since, resolve_done *callback, void *context)
{
	thread_assert(THREAD_DISPATCH);
	struct deferred *deferred = defer(tableau);
	deferred->site = find(tableau, selection->site);
	deferred->resolve = callback;
	deferred->context = context;
	deferred->uncached = uncached;
	deferred->since = since;
	selection_copy(selection, &deferred->selection, deferred->arena);
	if (!deferred->site)
		error_fail(&deferred->outcome.error, ERROR_INPUT,
			"the configuration has no site '%s'", selection->site);
}

void tableau_resolve(struct tableau *tableau, const struct selection *selection, bool uncached,
	resolve_done *callback, void *context)
{
	resolve_later(tableau, selection, uncached, clock_mono(), callback, context);
}

void tableau_examine(struct tableau *tableau, const struct selection *selection, struct mono since,
	resolve_done *callback, void *context)
{
	resolve_later(tableau, selection, true, since, callback, context);
}

void tableau_forget(struct tableau *tableau, const char *name, const char *luid)
{
	struct tableau_site *site = find(tableau, name);
	if (site)
		listing_forget(site, luid);
}

bool tableau_contradicts(struct tableau *tableau, const char *name, const struct content *content)
{
	const struct tableau_site *site = find(tableau, name);
	return site && listing_contradicts(site, content);
}

/* A call whose answer is a job. */
struct job_call {
	bool is_refresh;
	job_done *callback;
	void *context;
};

static void job_came(const struct outcome *outcome, const cJSON *json, void *context)
{
	struct job_call *call = context;
	struct outcome told = *outcome;
	struct job job = { 0 };
	OWNED(arena) arena = arena_new();
	if (told.ok && !job_parse(json, &job, arena, &told.error)) {
		told.ok = false;
		/* An accepted refresh may have been queued even if its answer names no job. */
		told.error.kind = call->is_refresh ? ERROR_UNKNOWN : ERROR_TRANSIENT;
	}
	if (call->is_refresh)
		job.state = JOB_QUEUED; /* it was just created */
	call->callback(&told, told.ok ? &job : NULL, call->context);
	free(call);
}

static struct job_call *job_call_new(bool is_refresh, job_done *callback, void *context)
{
	struct job_call *call = mem_new(struct job_call);
	*call = (struct job_call){ is_refresh, callback, context };
	return call;
}

/* README.md, Refreshing */
static void refresh_path(const struct content *content, struct text *path)
{
	static const struct {
		const char *before, *after;
	} forms[] = {
		[CONTENT_WORKBOOK] = { "/workbooks/", "/refresh" },
		[CONTENT_DATASOURCE] = { "/datasources/", "/refresh" },
		[CONTENT_FLOW] = { "/flows/", "/run" },
		[CONTENT_TASK] = { "/tasks/extractRefreshes/", "/runNow" },
	};
	text_add(path, forms[content->kind].before);
	filter_encode(str_of(content->luid), path);
	text_add(path, forms[content->kind].after);
}

void tableau_refresh(struct tableau *tableau, const char *name, const struct content *content,
	bool incremental, job_done *callback, void *context)
{
	struct job_call *job_call = job_call_new(true, callback, context);
	struct tableau_site *site = site_for(tableau, name, job_came, job_call);
	if (!site)
		return;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	refresh_path(content, &path);
	bool can_be_incremental =
		content->kind == CONTENT_WORKBOOK || content->kind == CONTENT_DATASOURCE;
	struct tableau_call call = {
		.type = CALL_REFRESH,
		.method = METHOD_POST,
		.path = path.at,
		/* Always with a body, and without `extractRefresh` for a full refresh, because
		 * older servers fail otherwise (README.md, Refreshing). */
		.body = incremental && can_be_incremental
				? "{\"extractRefresh\":{\"incremental\":true}}"
				: "{}",
		.wants_incremental = incremental && can_be_incremental,
	};
	tableau_site_call(site, &call, job_came, job_call);
}

void tableau_job(struct tableau *tableau, const char *name, const char *job_id, job_done *callback,
	void *context)
{
	struct job_call *job_call = job_call_new(false, callback, context);
	struct tableau_site *site = site_for(tableau, name, job_came, job_call);
	if (!site)
		return;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	text_add(&path, "/jobs/");
	filter_encode(str_of(job_id), &path);
	struct tableau_call call = { .type = CALL_JOB, .method = METHOD_GET, .path = path.at };
	tableau_site_call(site, &call, job_came, job_call);
}

/* ---- the list of jobs ---- */

struct jobs_call {
	jobs_done *callback;
	void *context;
};

static void jobs_refused(const struct outcome *outcome, const cJSON *json, void *context)
{
	struct jobs_call *call = context;
	(void)json;
	call->callback(outcome, NULL, 0, call->context);
	free(call);
}

void tableau_jobs(struct tableau *tableau, const char *name, struct wall since, jobs_done *callback,
	void *context)
{
	struct jobs_call *call = mem_new(struct jobs_call);
	*call = (struct jobs_call){ callback, context };
	struct tableau_site *site = site_for(tableau, name, jobs_refused, call);
	if (!site)
		return;
	if (job_list_start(site, since, callback, context)) {
		free(call);
		return;
	}
	struct deferred *deferred = defer(tableau);
	deferred->call = jobs_refused;
	deferred->context = call;
	error_fail(&deferred->outcome.error, ERROR_REFUSED,
		"site '%s': the PAT's user may not list jobs", name);
}

/* ---- the content of a task ---- */

struct task_call {
	content_done *callback;
	void *context;
};

static void task_refused(const struct outcome *outcome, const cJSON *json, void *context)
{
	struct task_call *call = context;
	(void)json;
	call->callback(outcome, NULL, call->context);
	free(call);
}

void tableau_task_content(struct tableau *tableau, const char *name, const char *task_luid,
	content_done *callback, void *context)
{
	struct task_call *call = mem_new(struct task_call);
	*call = (struct task_call){ callback, context };
	struct tableau_site *site = site_for(tableau, name, task_refused, call);
	if (!site)
		return;
	free(call);
	task_start(site, task_luid, callback, context);
}

/* ---- calls without a result ---- */

struct plain_call {
	done *callback;
	void *context;
};

static void plain_came(const struct outcome *outcome, const cJSON *json, void *context)
{
	struct plain_call *call = context;
	(void)json;
	call->callback(outcome, call->context);
	free(call);
}

static void plain_call(struct tableau *tableau, const char *name,
	const struct tableau_call *request, done *callback, void *context)
{
	struct plain_call *call = mem_new(struct plain_call);
	*call = (struct plain_call){ callback, context };
	struct tableau_site *site = site_for(tableau, name, plain_came, call);
	if (site)
		tableau_site_call(site, request, plain_came, call);
}

void tableau_cancel(struct tableau *tableau, const char *site, const char *job_id, done *callback,
	void *context)
{
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	text_add(&path, "/jobs/");
	filter_encode(str_of(job_id), &path);
	struct tableau_call call = { .type = CALL_CANCEL, .method = METHOD_PUT, .path = path.at };
	plain_call(tableau, site, &call, callback, context);
}

void tableau_greet(struct tableau *tableau, const char *site, done *callback, void *context)
{
	plain_call(tableau, site, &(struct tableau_call){ .type = CALL_NONE }, callback, context);
}

void tableau_sign_in(struct tableau *tableau, const char *site, done *callback, void *context)
{
	plain_call(tableau, site, &site_probe, callback, context);
}

bool tableau_hurry(struct tableau *tableau, const char *name)
{
	struct tableau_site *site = find(tableau, name);
	if (!site || !session_hurry(&site->session))
		return false;
	tableau_site_wake(site);
	return true;
}

/* ---- status ---- */

struct config *tableau_config(const struct tableau *tableau)
{
	return tableau->config;
}

size_t tableau_site_count(const struct tableau *tableau)
{
	return tableau->config ? config_site_count(tableau->config) : 0;
}

struct tableau_site_status tableau_site_status_of(const struct tableau *tableau, size_t index)
{
	assert(index < tableau_site_count(tableau));
	const struct tableau_site *site = tableau->configured[index];
	return (struct tableau_site_status){
		.name = site->config->name,
		.server = site->config->server,
		.content_url = site->config->content_url,
		.api_version = site->api_version ? site->api_version : "",
		.is_signed_in = site->session.token,
		.sign_in_failed = session_failed(&site->session),
		.signed_in_at = site->session.signed_in_at,
		.pat_ends_at = site->session.pat_ends_at,
		.sign_ins = site->sign_ins,
		.requests = site->requests,
		.errors = site->errors,
		.in_flight = (unsigned)site->out,
		.waiting = (unsigned)site->waiting,
		.may_list_jobs = site->may_list_jobs,
		.lacks_secret = !site->pat,
		.last_error = *site->last_error ? site->last_error : session_notice(&site->session),
	};
}

bool tableau_site_status_named(
	const struct tableau *tableau, const char *name, struct tableau_site_status *status)
{
	size_t count = tableau_site_count(tableau), i = 0;
	while (i < count && !text_is(tableau->configured[i]->config->name, name))
		i++;
	if (i < count)
		*status = tableau_site_status_of(tableau, i);
	return i < count;
}
