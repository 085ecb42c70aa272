/*
 * dispatch/confirm.c - resolves again, one after another, the selections that named content.
 *
 * Lists lag some seconds behind the content itself (src/tableau/README.md, Lists). If an answer
 * gives the content another name while the list still has the old one, that proves nothing: the
 * answer is not counted, and it is tried again. If the list still has the old name after more than
 * its lag, both are names of the same content, and no contradiction.
 */
#include "dispatch/confirm.h"
#include "base/arena.h"
#include "base/log/log.h"
#include "base/mem.h"
#include "base/name.h"
#include "base/text.h"

#define LISTS_LAG (10 * US_PER_SECOND)
#define REASON_BYTES 1000 /* a sentence of ours, and the message of an error */
/* includes selections that begin to name it meanwhile */
#define MOST_SELECTIONS (2 * NAMING_SELECTIONS)

struct confirm {
	const struct edge *edge;
	struct namings *namings;
	struct arena *arena; /* this struct and all texts */
	const char *site;
	struct content content;
	const char *alias;
	size_t count, at; /* selections */
	struct selection selections[MOST_SELECTIONS];
	size_t still, moved;
	struct content to; /* the first other content that a selection named */
	struct text reason;
	confirm_done *callback;
	void *context;
};

/* ---- is a confirmation needed? ---- */

bool confirm_is_alias(const struct namings *namings, const char *site,
	const struct content *content, const char *told_name)
{
	if (!told_name || !*told_name || content->kind == CONTENT_TASK ||
		name_equal(told_name, content->name))
		return false;
	const struct naming *naming = namings_find(namings, site, content);
	return !naming || !naming->is_alias_fine || !name_equal(naming->alias, told_name);
}

bool confirm_is_due(const struct edge *edge, const struct namings *namings, const char *site,
	const struct content *content)
{
	const struct naming *naming = namings_find(namings, site, content);
	if (content->kind == CONTENT_TASK || !naming)
		return false; /* no selection is known to ask; the request's answer will show */
	return naming->is_doubted ||
	       edge_now(edge).mono.us - naming->named_at.us > TABLEAU_NAME_AGE ||
	       edge->ask->contradicts(edge->tableau, site, content);
}

/* ---- the end ---- */

static void end(struct confirm *confirm, enum confirmed is, const struct outcome *outcome)
{
	struct naming *naming = namings_find(confirm->namings, confirm->site, &confirm->content);
	struct confirmation confirmation = {
		.is = is,
		.content = &confirm->to,
		.reason = confirm->reason.at,
		.outcome = outcome,
	};
	if (naming)
		naming->is_doubted = is == CONFIRMED_LATER;
	confirm->callback(&confirmation, confirm->context);
	text_clear(&confirm->reason);
	arena_free(confirm->arena);
}

/* Does a selection name it by its name, while an answer has another name? */
static bool is_named_otherwise(const struct confirm *confirm)
{
	if (!confirm->alias)
		return false;
	for (size_t i = 0; i < confirm->count; i++)
		if (confirm->selections[i].by == SELECT_NAME &&
			!name_equal(confirm->alias, confirm->selections[i].selector))
			return true;
	return false;
}

static bool has_outlived_lag(struct confirm *confirm)
{
	struct naming *naming = namings_find(confirm->namings, confirm->site, &confirm->content);
	struct mono now = edge_now(confirm->edge).mono;
	if (!naming)
		return false;
	if (!naming->alias || !name_equal(naming->alias, confirm->alias)) {
		free(naming->alias);
		naming->alias = mem_copy_text(confirm->alias);
		naming->alias_at = now;
	}
	naming->is_alias_fine =
		!is_named_otherwise(confirm) || now.us - naming->alias_at.us > LISTS_LAG;
	return naming->is_alias_fine;
}

static void add_alias(struct confirm *confirm)
{
	if (confirm->alias)
		text_printf(&confirm->reason, "Tableau calls it '%s' now: ", confirm->alias);
}

static void end_still(struct confirm *confirm, const struct outcome *outcome)
{
	if (!confirm->alias || has_outlived_lag(confirm)) {
		end(confirm, CONFIRMED_YES, outcome);
		return;
	}
	text_printf(&confirm->reason,
		"an answer calls it '%s', and the list of content '%s': asked again until they "
		"agree",
		confirm->alias, confirm->content.name);
	end(confirm, CONFIRMED_LATER, outcome);
}

static void decide(struct confirm *confirm, const struct outcome *outcome)
{
	if (confirm->still == confirm->count) {
		end_still(confirm, outcome);
	} else if (confirm->moved == confirm->count) {
		for (size_t i = 0; i < confirm->count; i++)
			namings_hear(confirm->namings, &confirm->selections[i], &confirm->to, 1,
				edge_now(confirm->edge).mono);
		end(confirm, CONFIRMED_MOVED, outcome);
	} else {
		if (confirm->still || confirm->moved)
			text_printf(&confirm->reason,
				"%sits rules name different content now: replay its "
				"events",
				confirm->reason.length ? "; " : "");
		end(confirm, CONFIRMED_NO, outcome);
	}
}

/* ---- resolving again ---- */

static void ask_next(struct confirm *confirm);

static bool is_asked(const struct confirm *confirm, const struct selection *selection)
{
	for (size_t i = 0; i < confirm->count; i++)
		if (!selection_compare_content(&confirm->selections[i], selection))
			return true;
	return false;
}

/* Adds the selections that name it, including those that began to while others were resolved: two
 * items may exchange their names. */
static void add_selections(struct confirm *confirm)
{
	const struct naming *naming =
		namings_find(confirm->namings, confirm->site, &confirm->content);
	for (size_t i = 0; naming && i < naming->count; i++)
		if (confirm->count < MOST_SELECTIONS && !is_asked(confirm, naming->selections[i]))
			selection_copy(naming->selections[i],
				&confirm->selections[confirm->count++], confirm->arena);
}

static const struct content *find(
	const struct confirm *confirm, const struct content *contents, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(contents[i].luid, confirm->content.luid))
			return &contents[i];
	return NULL;
}

/* The one content among these that bears its name now, or NULL. Another content that the same
 * pattern names is no replacement: it has a refresh of its own. */
static const struct content *heir(
	const struct confirm *confirm, const struct content *contents, size_t count)
{
	const struct content *one = NULL;
	for (size_t i = 0; i < count; i++) {
		if (!name_equal(contents[i].name, confirm->content.name))
			continue;
		if (one)
			return NULL;
		one = &contents[i];
	}
	return one && confirm->moved && strcmp(confirm->to.luid, one->luid) != 0 ? NULL : one;
}

/* Notes that the selection names other content now. */
static void note_others(struct confirm *confirm, const struct content *contents, size_t count)
{
	const struct content *one = heir(confirm, contents, count);
	if (one && !confirm->moved)
		confirm->to = (struct content){ one->kind, arena_text(confirm->arena, one->luid),
			arena_text(confirm->arena, one->name),
			arena_text(confirm->arena, one->project) };
	confirm->moved += one != NULL;
	if (one || confirm->reason.length)
		return;
	add_alias(confirm);
	selection_describe(&confirm->selections[confirm->at - 1], &confirm->reason);
	text_add(&confirm->reason,
		" does not name it any more; correct the rule if it should be refreshed");
}

static void resolved(
	const struct outcome *outcome, const struct content *contents, size_t count, void *context)
{
	struct confirm *confirm = context;
	if (!outcome->ok && outcome->error.kind != ERROR_REFUSED) {
		text_reset(&confirm->reason);
		text_add(&confirm->reason, outcome->error.message);
		end(confirm, CONFIRMED_LATER, outcome);
		return;
	}
	const struct content *there = outcome->ok ? find(confirm, contents, count) : NULL;
	if (there) {
		confirm->still++;
		if (!namings_find(confirm->namings, confirm->site, &confirm->content))
			namings_hear(confirm->namings, &confirm->selections[0], there, 1,
				edge_now(confirm->edge).mono);
	} else if (outcome->ok) {
		note_others(confirm, contents, count);
	} else if (!confirm->reason.length) {
		add_alias(confirm);
		text_add(&confirm->reason, outcome->error.message);
	}
	add_selections(confirm);
	if (confirm->at == confirm->count)
		decide(confirm, outcome);
	else
		ask_next(confirm);
}

static void ask_next(struct confirm *confirm)
{
	confirm->edge->ask->resolve(confirm->edge->tableau, &confirm->selections[confirm->at++],
		true, resolved, confirm);
}

/* No selection is known to have named it, so its name and project are used. */
static void select_by_name(struct confirm *confirm)
{
	const char *project = confirm->content.project;
	bool is_hidden = !strncmp(project, ".../", 4);
	confirm->count = 1;
	confirm->selections[0] = (struct selection){
		.site = confirm->site,
		.kind = confirm->content.kind,
		.by = SELECT_NAME,
		.selector = confirm->content.name,
		.project = *project && !is_hidden ? project : NULL,
	};
}

void confirm_start(const struct edge *edge, struct namings *namings, const char *site,
	const struct content *content, const char *alias, confirm_done *callback, void *context)
{
	struct arena *arena = arena_new();
	struct confirm *confirm = arena_new_of(arena, struct confirm);
	*confirm = (struct confirm){
		.edge = edge,
		.namings = namings,
		.arena = arena,
		.site = arena_text(arena, site),
		.content = { content->kind, arena_text(arena, content->luid),
			arena_text(arena, content->name), arena_text(arena, content->project) },
		.alias = alias && *alias ? arena_text(arena, alias) : NULL,
		.callback = callback,
		.context = context,
	};
	confirm->reason = TEXT(REASON_BYTES);
	add_selections(confirm);
	if (!confirm->count)
		select_by_name(confirm);
	log_debug("is it still the content that the rules name?", KV("site", site),
		KV("content", content->name), KV("content_id", content->luid),
		KV("told_name", alias));
	edge->ask->forget(edge->tableau, site, content->luid);
	ask_next(confirm);
}
