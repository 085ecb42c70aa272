/*
 * daemon/membership.c - carries out what ownership decides.
 *
 * What is owned are sites, and the telling of people (notify/), which is adopted without work.
 *
 * To adopt a site takes three steps: a transaction of the journal says there that the site is this
 * node's and takes its open selections (struct taking); the loader's thread reads the rest; the
 * dispatcher takes both in. If a step fails, the site is left again, and the next look at the
 * database shows that it is this node's and not adopted.
 *
 * Selections are taken for all sites that are here: at once after an event of this node's, and when
 * a look, two a second, finds what another has recorded.
 */
#include "daemon/membership.h"
#include "admin/row_json.h"
#include "base/fingerprint.h"
#include "base/log/log.h"
#include "base/mailbox.h"
#include "base/metric.h"
#include "base/thread.h"
#include "build.h"
#include "cluster/ownership.h"
#include "daemon/passing.h"
#include "daemon/site_loader.h"
#include "notify/notify.h"
#include "store/nodes.h"
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>

#define TELL_EVERY (2 * US_PER_SECOND)
#define DIFFER_FOR (60 * US_PER_SECOND)
#define SIGN_OUT_WITHIN (1 * US_PER_SECOND)

enum member_note_type {
	NOTE_RECORDED,
	NOTE_TAKEN,
	NOTE_LOADED,
	NOTE_LEFT,
	NOTE_LOST,
	NOTE_CONFIGURED,
	NOTE_PASS_ON,
	NOTE_DONE,
	NOTE_STOP
};

struct member_note {
	struct message message; /* first member */
	enum member_note_type type;
	struct taking *taking;            /* NOTE_TAKEN */
	struct site_work *work;           /* NOTE_LOADED */
	bool is_good;                     /* NOTE_TAKEN and NOTE_LOADED */
	char *site;                       /* NOTE_LEFT and NOTE_LOST */
	struct dispatch_command *command; /* NOTE_PASS_ON and NOTE_DONE */
	int64_t us;                       /* NOTE_STOP */
};

/* An entry of the journal: takes the open selections of some sites. */
struct taking {
	struct journal_entry entry; /* first member */
	struct membership *membership;
	struct arena *arena; /* this struct and the names */
	const char **sites;
	size_t count;
	/* The site is being adopted, in this life and with this epoch; else they are 0. */
	int64_t node, epoch;
	bool is_ours;
	struct site_work *work; /* what was taken */
};

/* A site that is this node's, from ADOPT to the end of LEAVE. */
struct member_site {
	char *site;
	enum { SITE_ARRIVING, SITE_HERE, SITE_GOING } stage;
	bool is_unwanted; /* arriving, and to be left before it is here */
	char *told;       /* its state, as the others were told last; NULL: not yet */
};

struct membership {
	struct mailbox *notes;
	atomic_bool has_recorded; /* NOTE_RECORDED is on its way */
	pthread_t thread;
	bool is_started;
	/* Used by the thread only: */
	struct membership_options options;
	struct store *store;
	struct site_loader *loader;
	struct ownership *ownership;
	struct member_site *sites;
	size_t site_count, site_capacity;
	struct mono tell_at, stop_at;
	bool is_to_take, is_taking, is_stopping, is_draining;
	struct passing *passing;
	int64_t node;             /* this life; 0: none yet, or its lease had run out */
	bool answers;             /* the database, the last time */
	struct mono differ_since; /* the rulesets of the nodes; {0}: they do not */
	bool is_difference_told;
	char revision[FINGERPRINT_TEXT_SIZE];
};

/* ---- notes of other threads ---- */

static void taking_free(struct taking *taking)
{
	if (!taking)
		return;
	site_work_free(taking->work);
	arena_free(taking->arena);
}

static void note_free(struct message *message)
{
	struct member_note *note = (struct member_note *)(void *)message;
	taking_free(note->taking);
	site_work_free(note->work);
	free(note->site);
	if (note->type == NOTE_PASS_ON && note->command)
		dispatch_command_refuse(note->command, "the daemon is stopping");
	else
		dispatch_command_free(note->command);
	free(note);
}

static void tell(struct membership *membership, struct member_note note)
{
	struct member_note *copy = mem_new(struct member_note);
	*copy = note;
	if (!mailbox_send_answer(membership->notes, &copy->message))
		note_free(&copy->message);
}

/* One note is enough for all events until it is read. */
static void recorded(void *context)
{
	struct membership *membership = context;
	if (!atomic_exchange(&membership->has_recorded, true))
		tell(membership, (struct member_note){ .type = NOTE_RECORDED });
}

static void lost(const char *site, void *context)
{
	tell(context, (struct member_note){ .type = NOTE_LOST, .site = mem_copy_text(site) });
}

static void loaded(struct site_work *work, bool is_read, void *context)
{
	tell(context,
		(struct member_note){ .type = NOTE_LOADED, .work = work, .is_good = is_read });
}

static void left(struct dispatch_leaving *leaving, bool is_done)
{
	struct membership *membership = leaving->context;
	(void)is_done; /* false: the daemon is stopping, so that nothing is begun any more */
	tell(membership,
		(struct member_note){ .type = NOTE_LEFT, .site = mem_copy_text(leaving->site) });
	mem_drop(leaving->site);
	free(leaving);
}

static void pass_on(struct dispatch_command *command, void *context)
{
	tell(context, (struct member_note){ .type = NOTE_PASS_ON, .command = command });
}

static void rested(void *context)
{
	tell(context,
		(struct member_note){ .type = NOTE_LEFT, .site = mem_copy_text(NOTIFY_OWNER) });
}

/* ---- selections are taken ---- */

static bool is_notify(const char *site)
{
	return text_is(site, NOTIFY_OWNER);
}

static bool apply(struct journal_entry *entry, struct store *store, struct error *err)
{
	struct taking *taking = (struct taking *)(void *)entry;
	site_work_free(taking->work);
	taking->work = site_work_new(taking->epoch ? taking->sites[0] : NULL);
	taking->is_ours = true;
	if (taking->epoch) {
		store_own(store, taking->node, taking->sites[0], taking->epoch);
		if (!store_guard(store, taking->sites[0], &taking->is_ours, err))
			return false;
	}
	return store_take_selections(store, taking->sites, taking->count, taking->epoch,
		site_work_add_selected, taking->work, err);
}

static void applied(struct journal_entry *entry, bool committed, const struct error *err)
{
	struct taking *taking = (struct taking *)(void *)entry;
	(void)err; /* the journal reports it; it is tried again */
	tell(taking->membership,
		(struct member_note){ .type = NOTE_TAKEN, .taking = taking, .is_good = committed });
}

static struct taking *taking_new(struct membership *membership, size_t most)
{
	struct arena *arena = arena_new();
	struct taking *taking = arena_new_of(arena, struct taking);
	*taking = (struct taking){ .entry = { .apply = apply, .done = applied },
		.membership = membership,
		.arena = arena,
		.sites = arena_array(arena, const char *, most + 1) };
	return taking;
}

static void taking_add(struct taking *taking, const char *site)
{
	taking->sites[taking->count++] = arena_text(taking->arena, site);
}

/* False: the journal has stopped. */
static bool post(struct taking *taking)
{
	if (journal_add_always(taking->membership->options.journal, &taking->entry))
		return true;
	taking_free(taking);
	return false;
}

/* For all sites that are here. What the dispatcher has no room for waits where it is. */
static void take(struct membership *membership)
{
	struct taking *taking = taking_new(membership, membership->site_count);
	membership->is_to_take = false;
	for (size_t i = 0; i < membership->site_count; i++)
		if (membership->sites[i].stage == SITE_HERE &&
			!is_notify(membership->sites[i].site))
			taking_add(taking, membership->sites[i].site);
	if (taking->count && !dispatch_is_full(membership->options.dispatch))
		membership->is_taking = post(taking);
	else
		taking_free(taking);
}

/* ---- sites that come and go ---- */

static struct member_site *find(const struct membership *membership, const char *site)
{
	for (size_t i = 0; i < membership->site_count; i++)
		if (text_is(membership->sites[i].site, site))
			return &membership->sites[i];
	return NULL;
}

/* Nothing of it is in the air. */
static void forget(struct membership *membership, const char *site)
{
	struct member_site *held = find(membership, site);
	if (held) {
		free(held->site);
		free(held->told);
		*held = membership->sites[--membership->site_count];
	}
	ownership_left(membership->ownership, site);
}

static void adopt(struct membership *membership, const struct ownership_action *action)
{
	struct taking *taking = taking_new(membership, 1);
	taking_add(taking, action->site);
	taking->node = action->node;
	taking->epoch = action->epoch;
	mem_grow(&membership->sites, &membership->site_capacity, membership->site_count);
	membership->sites[membership->site_count++] =
		(struct member_site){ .site = mem_copy_text(action->site) };
	if (is_notify(action->site))
		log_info("this node notifies people now");
	else
		log_info("a site is this node's now", KV("site", action->site),
			KV("epoch", action->epoch));
	if (!post(taking)) {
		ownership_lost(membership->ownership, action->site);
		forget(membership, action->site);
	}
}

static void leave(struct membership *membership, const struct ownership_action *action)
{
	struct member_site *held = find(membership, action->site);
	if (is_notify(action->site))
		log_info("this node notifies people no more");
	else if (action->is_clean)
		log_info("a site is given away", KV("site", action->site));
	else
		log_warning("a site is left at once: another node may own it by now",
			KV("site", action->site));
	if (!held) {
		forget(membership, action->site);
		return;
	}
	if (held->stage == SITE_ARRIVING) {
		held->is_unwanted = true;
		return;
	}
	held->stage = SITE_GOING;
	if (is_notify(action->site)) {
		notify_rest(membership->options.notify, rested, membership);
		return;
	}
	struct dispatch_leaving *leaving = mem_new(struct dispatch_leaving);
	*leaving = (struct dispatch_leaving){
		.site = mem_copy_text(action->site),
		.is_lost = !action->is_clean,
		.us = SIGN_OUT_WITHIN,
		.done = left,
		.context = membership,
	};
	dispatch_leave(membership->options.dispatch, leaving);
}

/* The site, if there is a next step of its adoption. Else that ends here: LEAVE, if it is still to
 * come, finds nothing to leave. */
static struct member_site *goes_on(struct membership *membership, const char *site, bool is_good)
{
	struct member_site *held = find(membership, site);
	bool is_wanted = held && !held->is_unwanted;
	if (is_good && is_wanted)
		return held;
	if (is_wanted)
		ownership_lost(membership->ownership, site);
	forget(membership, site);
	return NULL;
}

static struct wall success_since(const struct membership *membership)
{
	OWNED(config) config = config_slot_get(membership->options.configs);
	return wall_after(clock_wall(), -config->history);
}

static void are_taken(struct membership *membership, struct taking *taking, bool is_good)
{
	if (!taking->epoch) {
		membership->is_taking = false;
		if (is_good)
			dispatch_take_work(membership->options.dispatch, TAKE(taking->work));
		return; /* else the next look finds them again */
	}
	struct member_site *held =
		goes_on(membership, taking->sites[0], is_good && taking->is_ours);
	if (!held)
		return;
	if (!is_notify(held->site)) {
		site_loader_load(membership->loader, TAKE(taking->work), success_since(membership));
		return;
	}
	held->stage = SITE_HERE;
	notify_lead(membership->options.notify);
}

static void is_loaded(struct membership *membership, struct member_note *note)
{
	struct member_site *held = goes_on(membership, site_work_site(note->work), note->is_good);
	if (!held)
		return;
	held->stage = SITE_HERE;
	membership->is_to_take = true; /* what came meanwhile */
	dispatch_adopt(membership->options.dispatch, TAKE(note->work));
}

/* ---- what other nodes ask ---- */

/* Told when it changes, because a call is made every second. */
static void tell_server(struct membership *membership, bool answers, const struct error *err)
{
	if (!answers && membership->answers)
		log_warning("the nodes' table cannot be used; the sites of this node are left when "
			    "its lease runs out",
			KV("reason", (const char *)err->message));
	else if (answers && !membership->answers)
		log_info("the nodes' table can be used again");
	membership->answers = answers;
}

/* Who asked, and which of its requests it is. */
struct asker {
	struct membership *membership;
	int64_t asker, number;
};

static void is_done_here(struct dispatch_command *command)
{
	const struct asker *asker = command->context;
	tell(asker->membership, (struct member_note){ .type = NOTE_DONE, .command = command });
}

static void found(struct dispatch_command *command, bool is_there, void *context)
{
	struct membership *membership = context;
	if (is_there)
		dispatch_take_command(membership->options.dispatch, command);
	else
		dispatch_command_refuse(command, "its refresh cannot be read: look at it again");
}

/* -1: a newer node asks for what this one does not know. */
static int verb_named(const char *name)
{
	for (int i = 0; dispatch_verbs[i]; i++)
		if (text_is(dispatch_verbs[i], name))
			return i;
	return -1;
}

static bool do_request(const struct request_row *row, void *context)
{
	struct membership *membership = context;
	int verb = verb_named(row->verb);
	struct dispatch_command *command = dispatch_command_new(
		verb < 0 ? DISPATCH_CANCEL : (enum dispatch_verb)verb, row->who);
	struct asker *asker = arena_new_of(command->arena, struct asker);
	*asker = (struct asker){ membership, row->asker, row->number };
	command->is_passed_on = true;
	command->refresh = row->refresh;
	command->done = is_done_here;
	command->context = asker;
	if (!row->refresh)
		command->site = arena_text(command->arena, row->site);
	if (verb < 0)
		dispatch_command_refuse(command, "the site's owner is of an older release");
	else if (row->refresh)
		site_loader_find(membership->loader, command);
	else
		dispatch_take_command(membership->options.dispatch, command);
	return true;
}

static void answer_request(struct membership *membership, const struct dispatch_command *command)
{
	const struct asker *asker = command->context;
	const struct request_answer answer = { .asker = asker->asker,
		.number = asker->number,
		.consent = command->asked.consent,
		.words = command->asked.words,
		.refresh = command->asked.refresh };
	struct error err;
	/* without an answer the person is told that it may have been done */
	IGNORE(nodes_answer(membership->store, &answer, &err));
}

static void take_requests(struct membership *membership, int64_t node)
{
	struct error err;
	if (!nodes_take_requests(
		    membership->store, node, 2 * PASSING_WITHIN, do_request, membership, &err))
		tell_server(membership, false, &err);
}

/* ---- the database ---- */

static struct node_row self(struct membership *membership, int64_t node)
{
	OWNED(ruleset) ruleset = ruleset_slot_get(membership->options.rulesets);
	snprintf(
		membership->revision, sizeof membership->revision, "%s", ruleset_revision(ruleset));
	return (struct node_row){ .id = node,
		.name = membership->options.name,
		.version = PACKAGE_VERSION,
		.ruleset = membership->revision };
}

static void join(struct membership *membership)
{
	struct mono sent = clock_mono();
	struct node_row row = self(membership, 0);
	struct error err;
	bool ok = nodes_join(membership->store, &row, OWNERSHIP_LEASE, &err);
	tell_server(membership, ok, &err);
	membership->node = ok ? row.id : 0;
	if (ok)
		log_info("this is a node now", KV("node", row.id), KV("name", row.name));
	ownership_joined(membership->ownership, sent, clock_mono(), ok ? row.id : 0);
}

static void renew(struct membership *membership, int64_t node)
{
	struct mono sent = clock_mono();
	struct node_row row = self(membership, node);
	struct error err;
	bool is_alive = false,
	     ok = nodes_renew(membership->store, &row, OWNERSHIP_LEASE, &is_alive, &err);
	tell_server(membership, ok, &err);
	if (ok && !is_alive)
		membership->node = 0;
	if (ok && !is_alive)
		log_warning("the lease of this node has run out: it joins again, as another one",
			KV("node", node));
	ownership_renewed(membership->ownership, sent, clock_mono(),
		!ok        ? OWNERSHIP_UNKNOWN
		: is_alive ? OWNERSHIP_YES
			   : OWNERSHIP_NO);
}

struct view {
	struct arena *arena;
	struct ownership_node *nodes;
	size_t node_count, node_capacity;
	struct ownership_site *sites;
	size_t site_count, site_capacity;
	int64_t self; /* this node, and whether a person wants it to drain */
	bool is_draining;
	int64_t alive;         /* nodes that live, and the rulesets that they decide with */
	const char **rulesets; /* each once */
	size_t ruleset_count, ruleset_capacity;
};

/* Of a node that lives. */
static void see_ruleset(struct view *view, const char *revision)
{
	view->alive++;
	for (size_t i = 0; i < view->ruleset_count; i++)
		if (text_is(view->rulesets[i], revision))
			return;
	mem_grow(&view->rulesets, &view->ruleset_capacity, view->ruleset_count);
	view->rulesets[view->ruleset_count++] = arena_text(view->arena, revision);
}

static bool see_node(const struct node_row *row, void *context)
{
	struct view *view = context;
	if (row->id == view->self)
		view->is_draining = row->is_draining;
	if (row->left > 0)
		see_ruleset(view, row->ruleset);
	mem_grow(&view->nodes, &view->node_capacity, view->node_count);
	view->nodes[view->node_count++] =
		(struct ownership_node){ row->id, row->left, row->is_draining };
	return true;
}

static bool see_owner(const struct owner_row *row, void *context)
{
	struct view *view = context;
	mem_grow(&view->sites, &view->site_capacity, view->site_count);
	view->sites[view->site_count++] =
		(struct ownership_site){ arena_text(view->arena, row->site), row->node, row->epoch,
			row->wanted };
	return true;
}

/* `view` NULL: the look failed, so that the others are as they were seen last. */
static void measure(struct membership *membership, const struct view *view)
{
	OWNED(config) config = config_slot_get(membership->options.configs);
	int64_t trust = ownership_trusted_until(membership->ownership).us - clock_mono().us;
	if (view) {
		metric_set(METRIC_nodes, view->alive);
		metric_set(METRIC_node_rulesets, (int64_t)view->ruleset_count);
	}
	metric_set(METRIC_node_trust_seconds, trust > 0 ? trust / US_PER_SECOND : 0);
	for (size_t i = 0; i < config_site_count(config); i++) {
		const char *name = config_site_at(config, i)->name;
		const struct member_site *held = find(membership, name);
		metric_set(METRIC_site_owned, held && held->stage == SITE_HERE, name);
	}
}

/* Nodes are reloaded one after another, so a difference is told when it lasts. */
static void compare_rulesets(struct membership *membership, const struct view *view)
{
	struct mono now = clock_mono();
	if (view->ruleset_count < 2) {
		membership->differ_since = (struct mono){ 0 };
		membership->is_difference_told = false;
	} else if (!membership->differ_since.us) {
		membership->differ_since = now;
	} else if (!membership->is_difference_told &&
		   now.us - membership->differ_since.us >= DIFFER_FOR) {
		membership->is_difference_told = true;
		log_warning("the nodes decide with different rules: reload those that have old "
			    "ones (`refresh-router nodes`)",
			KV("nodes", view->alive), KV("rulesets", (int64_t)view->ruleset_count));
	}
}

/* What the dispatcher has no room for waits, and is seen by each look. */
static void look_for_selections(struct membership *membership)
{
	struct error err;
	bool is_some = false;
	if (!nodes_have_selections(membership->store, membership->node, &is_some, &err))
		tell_server(membership, false, &err);
	else if (is_some)
		membership->is_to_take = true;
}

static void drain(struct membership *membership, bool is_draining)
{
	membership->is_draining = is_draining;
	ownership_drain(membership->ownership, is_draining);
	if (is_draining)
		log_info("this node drains: it gives its sites away, and takes none");
	else
		log_info("this node takes sites again");
}

static void look(struct membership *membership)
{
	struct view view = { .arena = arena_new(), .self = membership->node };
	struct error err;
	bool ok = nodes_read(membership->store, see_node, see_owner, &view, &err);
	const struct ownership_picture picture = { view.nodes, view.node_count, view.sites,
		view.site_count };
	tell_server(membership, ok, &err);
	if (ok && membership->node) {
		take_requests(membership, membership->node);
		look_for_selections(membership);
	}
	if (ok && view.is_draining != membership->is_draining)
		drain(membership, view.is_draining);
	ownership_saw(membership->ownership, clock_mono(), ok ? &picture : NULL);
	measure(membership, ok ? &view : NULL);
	if (ok)
		compare_rulesets(membership, &view);
	free(view.rulesets);
	free(view.nodes);
	free(view.sites);
	arena_free(view.arena);
}

static void claim(struct membership *membership, const struct ownership_action *action)
{
	OWNED_MEMORY char *site = mem_copy_text(action->site);
	struct error err;
	bool is_ours = false,
	     ok = nodes_claim(membership->store, site, action->node, action->epoch, &is_ours, &err);
	tell_server(membership, ok, &err);
	ownership_claimed(membership->ownership, clock_mono(), site,
		!ok       ? OWNERSHIP_UNKNOWN
		: is_ours ? OWNERSHIP_YES
			  : OWNERSHIP_NO);
}

static void release(struct membership *membership, const struct ownership_action *action)
{
	OWNED_MEMORY char *site = mem_copy_text(action->site);
	struct error err;
	bool ok = nodes_release(membership->store, site, action->node, action->epoch, &err);
	tell_server(membership, ok, &err); /* if it is still this node's, the next look says so */
	ownership_released(membership->ownership, site);
}

static void end(struct membership *membership, int64_t node)
{
	struct error err;
	bool ok = nodes_leave(membership->store, node, &err);
	tell_server(membership, ok, &err); /* if not, its lease runs out */
	ownership_ended(membership->ownership);
}

/* ---- what the others are told of the sites ---- */

struct states {
	const char **sites, **states;
	size_t count;
};

static void add_state(struct membership *membership, const struct config *config,
	const struct site_status *site, struct states *told)
{
	struct member_site *held = find(membership, site->client.name);
	if (!held || held->stage != SITE_HERE)
		return;
	OWNED_JSON json = site_row_json(site, config_site_named(config, site->client.name));
	OWNED_MEMORY char *state = json_print(json);
	if (text_is(held->told, state))
		return;
	free(held->told);
	held->told = TAKE(state);
	told->sites[told->count] = held->site;
	told->states[told->count++] = held->told;
}

/* Those that have changed. */
static void tell_states(struct membership *membership)
{
	OWNED(arena) arena = arena_new();
	OWNED(dispatch_status) status = dispatch_latest_status(membership->options.dispatch);
	OWNED(config) config = config_slot_get(membership->options.configs);
	size_t most = status ? status->site_count + 1 : 1;
	struct states told = { arena_array(arena, const char *, most),
		arena_array(arena, const char *, most), 0 };
	struct error err;
	membership->tell_at = mono_plus(clock_mono(), TELL_EVERY);
	for (size_t i = 0; status && i < status->site_count; i++)
		add_state(membership, config, &status->sites[i], &told);
	if (!told.count || nodes_put_states(membership->store, membership->node, told.sites,
				   told.states, told.count, &err))
		return;
	for (size_t i = 0; i < membership->site_count; i++)
		free(TAKE(membership->sites[i].told)); /* it is told again */
}

/* ---- the thread ---- */

static void act(struct membership *membership, const struct ownership_action *action)
{
	switch (action->deed) {
	case OWNERSHIP_JOIN:
		join(membership);
		break;
	case OWNERSHIP_RENEW:
		renew(membership, action->node);
		break;
	case OWNERSHIP_LOOK:
		look(membership);
		break;
	case OWNERSHIP_CLAIM:
		claim(membership, action);
		break;
	case OWNERSHIP_RELEASE:
		release(membership, action);
		break;
	case OWNERSHIP_ADOPT:
		adopt(membership, action);
		break;
	case OWNERSHIP_LEAVE:
		leave(membership, action);
		break;
	case OWNERSHIP_END:
		end(membership, action->node);
		break;
	}
	dispatch_trust(
		membership->options.dispatch, ownership_trusted_until(membership->ownership));
}

static void configure(struct membership *membership)
{
	OWNED(arena) arena = arena_new();
	OWNED(config) config = config_slot_get(membership->options.configs);
	struct texts sites = config_site_names(config, arena);
	const char **names = arena_array(arena, const char *, sites.count + 1);
	for (size_t i = 0; i < sites.count; i++)
		names[i] = sites.items[i];
	names[sites.count] = NOTIFY_OWNER; /* which is owned in the same way */
	ownership_configure(membership->ownership, names, sites.count + 1);
}

static void take_note(struct membership *membership, struct member_note *note)
{
	switch (note->type) {
	case NOTE_RECORDED:
		atomic_store(&membership->has_recorded, false);
		membership->is_to_take = true;
		break;
	case NOTE_TAKEN:
		are_taken(membership, note->taking, note->is_good);
		break;
	case NOTE_LOADED:
		is_loaded(membership, note);
		break;
	case NOTE_LEFT:
		forget(membership, note->site);
		break;
	case NOTE_LOST:
		ownership_lost(membership->ownership, note->site);
		break;
	case NOTE_CONFIGURED:
		configure(membership);
		break;
	case NOTE_PASS_ON:
		passing_take(membership->passing, membership->store, membership->node,
			TAKE(note->command));
		break;
	case NOTE_DONE:
		answer_request(membership, note->command);
		break;
	case NOTE_STOP:
		membership->is_stopping = true;
		membership->stop_at = mono_plus(clock_mono(), note->us);
		ownership_stop(membership->ownership);
		break;
	}
}

static void take_notes(struct membership *membership)
{
	struct message *message = mailbox_take_all(membership->notes), *next;
	for (; message; message = next) {
		next = message->next;
		take_note(membership, (struct member_note *)(void *)message);
		note_free(message);
	}
}

static void wait(const struct membership *membership)
{
	struct pollfd fd = { .fd = mailbox_fd(membership->notes), .events = POLLIN };
	int64_t now = clock_mono().us, at = ownership_due(membership->ownership).us;
	if (membership->node && membership->tell_at.us < at)
		at = membership->tell_at.us;
	if (passing_due(membership->passing).us < at)
		at = passing_due(membership->passing).us;
	if (membership->is_stopping && membership->stop_at.us < at)
		at = membership->stop_at.us;
	/* woken too early by a signal, the loop finds nothing to do */
	IGNORE(poll(&fd, 1, at <= now ? 0 : (int)((at - now + US_PER_MS - 1) / US_PER_MS)));
}

static bool is_done(const struct membership *membership)
{
	return ownership_is_over(membership->ownership) ||
	       (membership->is_stopping && clock_mono().us >= membership->stop_at.us);
}

static void *run(void *context)
{
	struct membership *membership = context;
	struct ownership_action action;
	configure(membership);
	while (!is_done(membership)) {
		take_notes(membership);
		/* Each may take seconds, so notes are read in between. */
		if (ownership_act(membership->ownership, clock_mono(), &action)) {
			act(membership, &action);
			continue;
		}
		if (membership->is_to_take && !membership->is_taking)
			take(membership);
		passing_step(membership->passing, membership->store);
		if (membership->node && clock_mono().us >= membership->tell_at.us)
			tell_states(membership);
		wait(membership);
	}
	/* before the dispatcher ends, so that each is answered once */
	passing_free(TAKE(membership->passing));
	return NULL;
}

/* ---- life ---- */

struct membership *membership_new(struct error *err)
{
	struct mailbox *notes = mailbox_new(SIZE_MAX, note_free, err);
	if (!notes)
		return NULL;
	struct membership *membership = mem_new(struct membership);
	membership->notes = notes;
	membership->ownership = ownership_new();
	membership->passing = passing_new();
	membership->answers = true;
	return membership;
}

void membership_free(struct membership *membership)
{
	if (!membership)
		return;
	for (size_t i = 0; i < membership->site_count; i++) {
		free(membership->sites[i].site);
		free(membership->sites[i].told);
	}
	free(membership->sites);
	ownership_free(membership->ownership);
	passing_free(membership->passing);
	store_close(membership->store);
	mailbox_free(membership->notes);
	free(membership);
}

struct dispatch_sharing membership_sharing(struct membership *membership)
{
	return (struct dispatch_sharing){ recorded, lost, pass_on, membership };
}

bool membership_start(
	struct membership *membership, const struct membership_options *options, struct error *err)
{
	const struct site_loader_options loader = { options->store, loaded, found, membership };
	membership->options = *options;
	membership->store = store_open(options->store, STORE_SHARE, err);
	membership->loader = membership->store ? site_loader_start(&loader, err) : NULL;
	membership->is_started = membership->loader && thread_start(&membership->thread, THREAD_ANY,
							       "membership", run, membership, err);
	return membership->is_started;
}

void membership_configure(struct membership *membership)
{
	tell(membership, (struct member_note){ .type = NOTE_CONFIGURED });
}

/* Commands that came too late are refused while somebody can be answered. */
static void refuse_notes(struct membership *membership)
{
	struct message *message, *next;
	mailbox_close(membership->notes);
	for (message = mailbox_take_all(membership->notes); message; message = next) {
		next = message->next;
		note_free(message);
	}
}

void membership_stop(struct membership *membership, int64_t us)
{
	if (membership->is_started) {
		tell(membership, (struct member_note){ .type = NOTE_STOP, .us = us });
		thread_join(membership->thread);
		membership->is_started = false;
	}
	site_loader_stop(TAKE(membership->loader));
	refuse_notes(membership);
}
