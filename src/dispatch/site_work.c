/* dispatch/site_work.c - copies of rows, in lists. */
#include "dispatch/site_work.h"

struct pause {
	const char *site, *by;
};
struct open_refresh {
	struct refresh_row row;
	struct cause_row *causes;
	size_t cause_count;
};
struct selected_list {
	struct selected_row *rows;
	size_t count, capacity;
};

struct site_work {
	struct arena *arena; /* this struct and all texts */
	const char *site;
	struct spent *spents;
	size_t spent_count, spent_capacity;
	struct pause *pauses;
	size_t pause_count, pause_capacity;
	struct open_refresh *refreshes;
	size_t refresh_count, refresh_capacity;
	struct selected_list namings, selected;
};

struct site_work *site_work_new(const char *site)
{
	struct arena *arena = arena_new();
	struct site_work *work = arena_new_of(arena, struct site_work);
	*work = (struct site_work){ .arena = arena, .site = arena_text(arena, site) };
	return work;
}

void site_work_free(struct site_work *work)
{
	if (!work)
		return;
	free(work->spents);
	free(work->pauses);
	free(work->refreshes);
	free(work->namings.rows);
	free(work->selected.rows);
	arena_free(work->arena);
}

const char *site_work_site(const struct site_work *work)
{
	return work->site;
}

/* ---- copying ---- */

static bool add_spent(const struct spent *spent, void *context)
{
	struct site_work *work = context;
	mem_grow(&work->spents, &work->spent_capacity, work->spent_count);
	work->spents[work->spent_count] = *spent;
	work->spents[work->spent_count++].site = arena_text(work->arena, spent->site);
	return true;
}

static bool add_pause(const char *site, const char *by, void *context)
{
	struct site_work *work = context;
	mem_grow(&work->pauses, &work->pause_capacity, work->pause_count);
	work->pauses[work->pause_count++] =
		(struct pause){ arena_text(work->arena, site), arena_text(work->arena, by) };
	return true;
}

static bool add_refresh(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	struct site_work *work = context;
	mem_grow(&work->refreshes, &work->refresh_capacity, work->refresh_count);
	struct open_refresh *copy = &work->refreshes[work->refresh_count++];
	copy->row = refresh_row_copy(row, work->arena);
	copy->causes = arena_array(work->arena, struct cause_row, count + 1);
	copy->cause_count = count;
	for (size_t i = 0; i < count; i++)
		copy->causes[i] = cause_row_copy(&causes[i], work->arena);
	return true;
}

static int64_t *copy_numbers(struct arena *arena, const int64_t *from, size_t count)
{
	int64_t *to = arena_array(arena, int64_t, count + 1);
	for (size_t i = 0; i < count; i++)
		to[i] = from[i];
	return to;
}

static void add_selected(
	struct site_work *work, struct selected_list *list, const struct selected_row *row)
{
	mem_grow(&list->rows, &list->capacity, list->count);
	struct selected_row *copy = &list->rows[list->count++];
	*copy = *row;
	copy->selections = arena_text(work->arena, row->selections);
	copy->ids = copy_numbers(work->arena, row->ids, row->count);
	copy->positions = copy_numbers(work->arena, row->positions, row->count);
}

static bool add_naming(const struct selected_row *row, void *context)
{
	struct site_work *work = context;
	add_selected(work, &work->namings, row);
	return true;
}

bool site_work_add_selected(const struct selected_row *row, void *context)
{
	struct site_work *work = context;
	add_selected(work, &work->selected, row);
	return true;
}

bool site_work_load(
	struct site_work *work, struct store *store, struct wall since, struct error *err)
{
	return store_load_spent(store, work->site, add_spent, work, err) &&
	       store_load_pauses(store, work->site, add_pause, work, err) &&
	       store_load_refreshes(store, work->site, since, add_refresh, work, err) &&
	       store_load_namings(store, work->site, add_naming, work, err);
}

bool site_work_load_selections(struct site_work *work, struct store *store, struct error *err)
{
	return store_load_open_selections(store, work->site, site_work_add_selected, work, err);
}

/* ---- visiting ---- */

void site_work_each_spent(const struct site_work *work, spent_visit *visit, void *context)
{
	for (size_t i = 0; i < work->spent_count && visit(&work->spents[i], context); i++)
		;
}

void site_work_each_pause(const struct site_work *work, pause_visit *visit, void *context)
{
	for (size_t i = 0; i < work->pause_count; i++)
		if (!visit(work->pauses[i].site, work->pauses[i].by, context))
			return;
}

void site_work_each_refresh(const struct site_work *work, refresh_visit *visit, void *context)
{
	for (size_t i = 0; i < work->refresh_count; i++) {
		const struct open_refresh *refresh = &work->refreshes[i];
		if (!visit(&refresh->row, refresh->causes, refresh->cause_count, context))
			return;
	}
}

static void each_selected(const struct selected_list *list, selected_visit *visit, void *context)
{
	for (size_t i = 0; i < list->count && visit(&list->rows[i], context); i++)
		;
}

void site_work_each_naming(const struct site_work *work, selected_visit *visit, void *context)
{
	each_selected(&work->namings, visit, context);
}

void site_work_each_selected(const struct site_work *work, selected_visit *visit, void *context)
{
	each_selected(&work->selected, visit, context);
}
