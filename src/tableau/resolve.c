/*
 * tableau/resolve.c - finds the content that a selection names. An exact name must name exactly one
 * item, because refreshing the wrong workbook is worse than refreshing none (src/README.md, Right
 * content).
 *
 * ask for items --> keep what name, tag and owner leave --> ask for projects --> keep what lies in
 *      ^                                                                         the project
 *      |                                                                             |
 *      '-- none, or several: once more, younger, before a person is told so <--------+--> one
 */
#include "tableau/resolve.h"
#include "base/name.h"
#include "base/pattern/pattern.h"
#include "base/suggest.h"
#include "tableau/listing.h"
#include "tableau/project.h"

#define MINUTE (60 * US_PER_SECOND)
#define PATTERN_AGE (1 * MINUTE) /* short, because a pattern is meant to find new content */
#define PROJECT_AGE (5 * MINUTE)
#define FRESH_AGE (5 * US_PER_SECOND) /* for a list of everything, which is costly */
/* For more names than this, one list of everything is cheaper (README.md, Filters). */
#define MANY_NAMES 5
#define MOST_CANDIDATES 8  /* most candidates named in a message */
#define MOST_PROJECTS 3    /* most projects named in a message */
#define MESSAGE_BYTES 2000 /* struct error shortens a longer one */
/* A message that ends in candidates says before them what to do, so it loses its end. */
#define LIST_BYTES 420
#define DESCRIBED_BYTES 150
#define BAD_FILTER 400065 /* the value cannot be expressed in a filter (README.md, Filters) */

struct resolve {
	struct tableau_site *site;
	struct arena *arena;
	struct selection selection; /* texts live in the arena */
	struct pattern *pattern;    /* for SELECT_PATTERN */
	enum listing_by by;
	struct mono began;
	bool is_uncached; /* ignore the cache */
	/* use nothing older than `began`, because the cached list did not suffice */
	bool is_fresh;
	struct item *items; /* items that name, tag and owner leave; in the arena */
	size_t count;
	const char *hint; /* "; did you mean ...", or "" */
	struct resolve_detail detail;
	const char *costly; /* a name on which the pattern hit its limit, or NULL */
	bool hides_owners;  /* there were items of that name, but no owner's name is known */
	resolve_done *callback;
	void *context;
};

static void end(struct resolve *resolve, const struct outcome *outcome,
	const struct content *contents, size_t count)
{
	struct outcome told = *outcome;
	told.detail = &resolve->detail;
	resolve->callback(&told, contents, count, resolve->context);
	pattern_free(resolve->pattern);
	arena_free(resolve->arena);
	free(resolve);
}

static void end_refused(
	struct resolve *resolve, enum resolve_refusal refusal, const struct text *message)
{
	struct outcome outcome = { 0 };
	resolve->detail.refusal = refusal;
	error_fail(
		&outcome.error, ERROR_REFUSED, "site '%s': %s", resolve->site->name, message->at);
	end(resolve, &outcome, NULL, 0);
}

static bool is_one_wanted(const struct resolve *resolve)
{
	return resolve->selection.by != SELECT_PATTERN && resolve->selection.by != SELECT_ALL;
}

/* ---- messages ---- */

struct found_content {
	struct content *contents;
	size_t count;
	const struct item *elsewhere; /* an item that only `project` rules out, or NULL */
	const char *elsewhere_path;
	struct content *hidden;       /* items that may or may not be in the project ... */
	const char **hidden_projects; /* ... and the LUIDs of their projects, or "" */
	size_t hidden_count;
};

static void offer(struct resolve *resolve, const struct content *candidates, size_t count)
{
	resolve->detail.candidates = candidates;
	resolve->detail.candidate_count = count;
}

/* The one item that may have been meant. */
static void offer_item(struct resolve *resolve, const struct item *item, const char *project)
{
	struct content *content = arena_new_of(resolve->arena, struct content);
	*content = (struct content){ resolve->selection.kind, item->luid, item->name, project };
	offer(resolve, content, 1);
}

static void add_candidates(const struct content *contents, size_t count, struct text *message)
{
	for (size_t i = 0; i < count && i < MOST_CANDIDATES; i++)
		text_printf(message, "%s'%s%s%s' (%s)", i ? ", " : "", contents[i].project,
			*contents[i].project ? "/" : "", contents[i].name, contents[i].luid);
	if (count > MOST_CANDIDATES)
		text_printf(message, " and %zu more", count - MOST_CANDIDATES);
}

/* What is selected; names and paths may be long. */
static void describe(const struct resolve *resolve, struct text *message)
{
	OWNED_TEXT struct text whole = TEXT(TEXT_UNBOUNDED);
	char shown[DESCRIBED_BYTES];
	selection_describe(&resolve->selection, &whole);
	str_shorten(shown, sizeof shown, text_str(&whole));
	text_add(message, shown);
}

static void refuse_many(struct resolve *resolve, const struct found_content *found)
{
	OWNED_TEXT struct text message = TEXT(LIST_BYTES);
	describe(resolve, &message);
	text_printf(&message,
		" names %zu items; narrow it with `project`, or say `allow: many`: ", found->count);
	add_candidates(found->contents, found->count, &message);
	offer(resolve, found->contents, found->count);
	end_refused(resolve, REFUSAL_AMBIGUOUS, &message);
}

/* Appends `project: {id: ...}` for each, as a rule writes it. */
static void offer_projects(const struct found_content *found, struct text *message)
{
	size_t offered = 0;
	for (size_t i = 0; i < found->hidden_count && offered < MOST_PROJECTS; i++) {
		const char *luid = found->hidden_projects[i];
		bool is_new = *luid;
		for (size_t j = 0; j < i; j++)
			is_new &= strcmp(luid, found->hidden_projects[j]) != 0;
		if (is_new)
			text_printf(
				message, "%s`project: {id: %s}`", offered++ ? " or " : "", luid);
	}
	if (offered)
		text_add(message, ", or ");
}

/* A parent that cannot be seen is unknown; it is never taken for the root (README.md, Projects). */
static void refuse_hidden(struct resolve *resolve, const struct found_content *found)
{
	OWNED_TEXT struct text message = TEXT(LIST_BYTES);
	describe(resolve, &message);
	text_add(&message, ": that cannot be known, because the PAT's user may not see every "
			   "project above it; write ");
	offer_projects(found, &message);
	text_printf(&message,
		"`%s: {id: %s}` without `project`, or have those projects shown to that user; "
		"there is ",
		kind_plural(resolve->selection.kind), found->hidden[0].luid);
	add_candidates(found->hidden, found->hidden_count, &message);
	offer(resolve, found->hidden, found->hidden_count);
	end_refused(resolve, REFUSAL_UNCLEAR, &message);
}

/* Only `project` keeps it from being the one: what to write there. */
static void add_elsewhere(
	const struct resolve *resolve, const struct found_content *found, struct text *message)
{
	const struct item *item = found->elsewhere;
	if (!*found->elsewhere_path)
		text_printf(message, "; '%s' is in no project: leave out `project`", item->name);
	else if (resolve->selection.project_luid)
		text_printf(message, "; '%s' is in project '%s': write `project: {id: %s}`",
			item->name, found->elsewhere_path, item->project_id);
	else
		text_printf(message, "; '%s' is in project '%s': write that as `project`",
			item->name, found->elsewhere_path);
}

static void refuse_none(struct resolve *resolve, const struct found_content *found)
{
	OWNED_TEXT struct text message = TEXT(MESSAGE_BYTES);
	text_add(&message, is_one_wanted(resolve) ? "there is no " : "nothing is found for ");
	selection_describe(&resolve->selection, &message);
	text_add(&message, ", or the PAT's user may not see it");
	if (found->elsewhere)
		add_elsewhere(resolve, found, &message);
	else if (*resolve->hint)
		text_add(&message, resolve->hint);
	else
		text_add(&message, "; correct the rule, publish it, or let that user see it");
	if (found->elsewhere)
		offer_item(resolve, found->elsewhere, found->elsewhere_path);
	if (resolve->hides_owners)
		text_add(&message,
			"; this server does not report owners' names: write the LUID of the owner");
	end_refused(resolve, REFUSAL_MISSING, &message);
}

/* It is not known which names it matches, so nothing is refreshed. */
static void refuse_costly(struct resolve *resolve)
{
	OWNED_TEXT struct text message = TEXT(MESSAGE_BYTES);
	selection_describe(&resolve->selection, &message);
	text_printf(&message,
		": the pattern takes too many steps on '%s'; make it simpler (`refresh-router "
		"check` shows patterns that grow too costly)",
		resolve->costly);
	end_refused(resolve, REFUSAL_UNCLEAR, &message);
}

/* The usual mistake (README.md, Refreshing). */
static void refuse_live(struct resolve *resolve)
{
	OWNED_TEXT struct text message = TEXT(MESSAGE_BYTES);
	selection_describe(&resolve->selection, &message);
	text_add(&message,
		" has no extract: it is live or uses published data sources (refresh those)");
	end_refused(resolve, REFUSAL_NO_EXTRACT, &message);
}

/* ---- choosing among the items ---- */

enum lies { LIES_THERE, LIES_ELSEWHERE, LIES_UNKNOWN };

static enum lies item_lies(const struct selection *selection, const struct item *item,
	const struct project_place *place)
{
	if (selection->project_luid && !*item->project_id)
		return *item->project_name ? LIES_UNKNOWN : LIES_ELSEWHERE;
	if (selection->project_luid && !text_is_nocase(item->project_id, selection->project_luid))
		return LIES_ELSEWHERE;
	if (!selection->project || project_is(place, selection->project))
		return LIES_THERE;
	return project_may_be(place, selection->project) ? LIES_UNKNOWN : LIES_ELSEWHERE;
}

static void keep_in_project(struct resolve *resolve, const struct item *projects,
	size_t project_count, struct found_content *found)
{
	found->contents = arena_array(resolve->arena, struct content, resolve->count + 1);
	found->hidden = arena_array(resolve->arena, struct content, resolve->count + 1);
	found->hidden_projects = arena_array(resolve->arena, const char *, resolve->count + 1);
	for (size_t i = 0; i < resolve->count; i++) {
		const struct item *item = &resolve->items[i];
		struct project_place place =
			project_find_place(projects, project_count, item, resolve->arena);
		struct content content = { resolve->selection.kind, item->luid, item->name,
			place.path };
		switch (item_lies(&resolve->selection, item, &place)) {
		case LIES_THERE:
			found->contents[found->count++] = content;
			break;
		case LIES_UNKNOWN:
			found->hidden_projects[found->hidden_count] = item->project_id;
			found->hidden[found->hidden_count++] = content;
			break;
		case LIES_ELSEWHERE:
			found->elsewhere = item;
			found->elsewhere_path = place.path;
			break;
		}
	}
}

/* Notes which of the contents somebody else owns, if both users are known. To run a flow
 * takes another right (README.md, Rights). */
static void note_foreign(struct resolve *resolve, const struct found_content *found)
{
	const char *user = resolve->site->session.user_luid;
	struct content *foreign = arena_array(resolve->arena, struct content, found->count + 1);
	const struct item *item = resolve->items;
	size_t count = 0;
	if (resolve->selection.kind == CONTENT_FLOW)
		return;
	for (size_t i = 0; user && i < found->count; i++) {
		while (item->luid != found->contents[i].luid) /* both are in the same order */
			item++;
		if (*item->owner_id && !text_is_nocase(item->owner_id, user))
			foreign[count++] = found->contents[i];
	}
	resolve->detail.foreign = foreign;
	resolve->detail.foreign_count = count;
}

/* Leaves out content without an extract, silently, because a pattern may match it by chance. */
static void drop_without_extract(const struct resolve *resolve, struct found_content *found)
{
	size_t kept = 0;
	const struct item *item = resolve->items;
	for (size_t i = 0; i < found->count; i++) {
		while (item->luid != found->contents[i].luid) /* both are in the same order */
			item++;
		if (item->has_extracts != 0)
			found->contents[kept++] = found->contents[i];
	}
	found->count = kept;
}

static void get_items(struct resolve *resolve);

static void choose(struct resolve *resolve, const struct outcome *outcome,
	const struct item *projects, size_t project_count)
{
	const struct selection *selection = &resolve->selection;
	struct found_content found = { 0 };
	keep_in_project(resolve, projects, project_count, &found);
	bool was_any = found.count > 0;
	bool is_many = found.count > 1 && is_one_wanted(resolve) && !selection->allow_many;
	if (!is_many)
		drop_without_extract(resolve, &found);
	bool is_fine = !is_many && found.count;
	if (!is_fine && !resolve->is_fresh) {
		resolve->is_fresh = true;
		get_items(resolve);
		return;
	}
	bool may_be_none = selection->allow_none && (!was_any || !is_one_wanted(resolve));
	if (is_fine) {
		note_foreign(resolve, &found);
		end(resolve, outcome, found.contents, found.count);
	} else if (is_many)
		refuse_many(resolve, &found);
	else if (!was_any && found.hidden_count)
		refuse_hidden(resolve, &found);
	else if (may_be_none)
		end(resolve, outcome, found.contents, 0);
	else if (was_any)
		refuse_live(resolve);
	else
		refuse_none(resolve, &found);
}

static void projects_came(const struct outcome *outcome, const struct item *projects,
	size_t project_count, void *context)
{
	struct resolve *resolve = context;
	if (outcome->ok)
		choose(resolve, outcome, projects, project_count);
	else
		end(resolve, outcome, NULL, 0);
}

/* ---- selecting items ---- */

static bool pattern_finds(
	struct resolve *resolve, const struct item *item, struct pattern_scratch *scratch)
{
	struct str name = name_normal(str_of(item->name), resolve->arena);
	enum search found = pattern_search(resolve->pattern, name, scratch);
	if (found == SEARCH_LIMIT && !resolve->costly)
		resolve->costly = arena_text(resolve->arena, item->name);
	return found == SEARCH_YES;
}

static bool is_selected(
	struct resolve *resolve, const struct item *item, struct pattern_scratch *scratch)
{
	const struct selection *selection = &resolve->selection;
	switch (selection->by) {
	case SELECT_NAME:
		/* Names are compared here, because a filter may match too many (README.md,
		 * Filters). Tasks only have LUIDs. */
		if (!name_equal(item->name, selection->selector) &&
			(selection->kind != CONTENT_TASK ||
				!text_is_nocase(item->luid, selection->selector)))
			return false;
		break;
	case SELECT_PATTERN:
		if (!pattern_finds(resolve, item, scratch))
			return false;
		break;
	case SELECT_LUID:
		if (!text_is_nocase(item->luid, selection->selector))
			return false;
		break;
	case SELECT_ALL:
		break;
	}
	if (selection->tag && !item_has_tag(item, selection->tag))
		return false;
	if (!selection->owner || item_has_owner(item, selection->owner))
		return true;
	resolve->hides_owners |= !item_tells_owner(item);
	return false;
}

/* Copies the selected items, because the list may be loaded again while this waits for projects. */
static void keep_selected(struct resolve *resolve, const struct item *items, size_t count)
{
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	size_t capacity = 0;
	struct item *kept = NULL;
	resolve->count = 0;
	resolve->hides_owners = false;
	for (size_t i = 0; i < count; i++) {
		if (!is_selected(resolve, &items[i], scratch))
			continue;
		mem_grow(&kept, &capacity, resolve->count);
		item_copy(&items[i], &kept[resolve->count++], resolve->arena);
	}
	resolve->items = arena_array(resolve->arena, struct item, resolve->count + 1);
	if (resolve->count)
		memcpy(resolve->items, kept, sizeof *kept * resolve->count);
	free(kept);
}

/* Copied, because the list may be loaded again before the refusal. */
static void offer_near(
	struct resolve *resolve, const struct item *items, size_t count, const char *near)
{
	for (size_t i = 0; i < count; i++) {
		if (items[i].name != near)
			continue;
		struct item *copy = arena_new_of(resolve->arena, struct item);
		item_copy(&items[i], copy, resolve->arena);
		offer_item(resolve, copy, "");
		return;
	}
}

static void note_near_name(struct resolve *resolve, const struct item *items, size_t count)
{
	const char *wanted = resolve->selection.selector;
	resolve->hint = "";
	offer(resolve, NULL, 0);
	if (resolve->selection.by != SELECT_NAME || resolve->count)
		return;
	const char **names = mem_alloc(sizeof *names * (count + 1));
	for (size_t i = 0; i < count; i++)
		names[i] = items[i].name;
	const char *near = suggest(wanted, names, count);
	/* The nearest name is the wanted one, ruled out by tag or owner: not worth a hint. */
	if (near && !name_equal(near, wanted)) {
		resolve->hint = suggest_hint(wanted, &near, 1, resolve->arena);
		offer_near(resolve, items, count, near);
	}
	free(names);
}

/* Tableau may not treat spellings of a name as equal, so a filter may miss one. */
static bool is_hard_to_filter(const char *name)
{
	return strpbrk(name, ",&*[]\\") || name_has_spellings(name);
}

/*
 * The earliest time at which a list may have been read, if `usual_age` is its usual age. No refusal
 * is reported from memory: it is first looked up once more, and nothing read before this request
 * began counts.
 */
static struct mono since(const struct resolve *resolve, int64_t usual_age)
{
	struct mono now = clock_mono(), recent = mono_plus(now, -FRESH_AGE);
	if (!resolve->is_fresh)
		return mono_plus(now, -usual_age);
	bool is_strict = resolve->is_uncached || is_one_wanted(resolve);
	return is_strict || resolve->began.us < recent.us ? resolve->began : recent;
}

static void items_came(
	const struct outcome *outcome, const struct item *items, size_t count, void *context);

static void all_items_came(
	const struct outcome *outcome, const struct item *items, size_t count, void *context)
{
	struct resolve *resolve = context;
	resolve->by = LISTING_ALL;
	if (outcome->ok)
		items_came(outcome, items, count, resolve);
	else
		choose(resolve, outcome, NULL, 0); /* then there is no hint */
}

/*
 * Before a missing name is reported, looks for one that looks like it. That needs a list of
 * everything, but at most one in TABLEAU_NAME_AGE.
 */
static bool seek_hint(struct resolve *resolve)
{
	const struct selection *selection = &resolve->selection;
	if (resolve->by != LISTING_BY_NAME || !resolve->is_fresh || resolve->count ||
		*resolve->hint || selection->allow_none)
		return false;
	listing_get(resolve->site, listing_of_kind(selection->kind), LISTING_ALL, NULL,
		mono_plus(clock_mono(), -TABLEAU_NAME_AGE), all_items_came, resolve);
	return true;
}

static void items_came(
	const struct outcome *outcome, const struct item *items, size_t count, void *context)
{
	struct resolve *resolve = context;
	bool by_name = resolve->by == LISTING_BY_NAME;
	/* The server refuses the filter or has no wildcards: list everything and compare
	 * (README.md, Filters). */
	bool is_filter_bad = by_name && !outcome->ok && outcome->http_status == 400;
	if (is_filter_bad && outcome->code != BAD_FILTER)
		resolve->site->no_name_filter = true;
	if (is_filter_bad || (by_name && outcome->ok && !count &&
				     is_hard_to_filter(resolve->selection.selector))) {
		resolve->by = LISTING_ALL;
		get_items(resolve);
		return;
	}
	if (!outcome->ok) {
		end(resolve, outcome, NULL, 0);
		return;
	}
	keep_selected(resolve, items, count);
	if (resolve->costly) {
		refuse_costly(resolve);
		return;
	}
	note_near_name(resolve, items, count);
	if (seek_hint(resolve))
		return;
	bool are_projects_needed = resolve->count && resolve->selection.kind != CONTENT_TASK;
	if (are_projects_needed)
		listing_get(resolve->site, LIST_PROJECTS, LISTING_ALL, NULL,
			since(resolve, PROJECT_AGE), projects_came, resolve);
	else
		choose(resolve, outcome, NULL, 0);
}

static void get_items(struct resolve *resolve)
{
	const struct selection *selection = &resolve->selection;
	struct tableau_site *site = resolve->site;
	enum listing_of what = listing_of_kind(selection->kind);
	struct mono from = since(resolve, is_one_wanted(resolve) ? TABLEAU_NAME_AGE : PATTERN_AGE);
	/* Use the whole list if it is in memory or being loaded. */
	if (resolve->by == LISTING_BY_NAME &&
		(site->no_name_filter || listing_has_all(site, what, from) ||
			listing_by_name_count(site, what) >= MANY_NAMES))
		resolve->by = LISTING_ALL;
	listing_get(site, what, resolve->by,
		resolve->by == LISTING_ALL ? NULL : selection->selector, from, items_came, resolve);
}

/* ---- the beginning ---- */

static enum listing_by listing_by_of(const struct selection *selection)
{
	if (selection->by == SELECT_LUID || selection->kind == CONTENT_TASK)
		return LISTING_BY_LUID;
	return selection->by == SELECT_NAME ? LISTING_BY_NAME : LISTING_ALL;
}

void resolve_start(struct tableau_site *site, const struct selection *selection, bool uncached,
	struct mono began, resolve_done *callback, void *context)
{
	struct resolve *resolve = mem_new(struct resolve);
	struct arena *arena = resolve->arena = arena_new();
	struct outcome bad = { 0 };
	size_t offset;
	resolve->site = site;
	resolve->began = began;
	resolve->callback = callback;
	resolve->context = context;
	resolve->is_fresh = resolve->is_uncached = uncached;
	selection_copy(selection, &resolve->selection, arena);
	resolve->by = listing_by_of(selection);
	if (selection->kind == CONTENT_TASK &&
		(selection->by == SELECT_ALL || selection->by == SELECT_PATTERN)) {
		error_fail(&bad.error, ERROR_REFUSED,
			"site '%s': tasks have no names: they are selected by LUID", site->name);
		end(resolve, &bad, NULL, 0);
		return;
	}
	if (selection->by == SELECT_PATTERN)
		resolve->pattern =
			pattern_compile(str_of(selection->selector), &offset, &bad.error);
	if (selection->by == SELECT_PATTERN && !resolve->pattern) {
		bad.error.kind = ERROR_REFUSED;
		error_context(&bad.error, "site '%s': pattern %s", site->name, selection->selector);
		end(resolve, &bad, NULL, 0);
		return;
	}
	get_items(resolve);
}
