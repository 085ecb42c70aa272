/*
 * tableau/task.c - the content of an extract refresh task. The task's answer has the content's id
 * and, on most servers, no name (README.md, Tasks), which then takes another call.
 */
#include "tableau/task.h"
#include "tableau/filter.h"

struct task {
	struct tableau_site *site;
	struct arena *arena; /* this struct and all texts */
	struct content content;
	content_done *callback;
	void *context;
};

static const struct {
	enum content_kind kind;
	const char *member, *path;
} targets[] = {
	{ CONTENT_WORKBOOK, "workbook", "/workbooks/" },
	{ CONTENT_DATASOURCE, "datasource", "/datasources/" },
};

static void end(struct task *task, const struct outcome *outcome)
{
	task->callback(outcome, outcome->ok ? &task->content : NULL, task->context);
	arena_free(task->arena);
}

static void end_odd(struct task *task, const struct outcome *outcome)
{
	struct outcome odd = *outcome;
	odd.ok = error_fail(&odd.error, ERROR_TRANSIENT,
		"site '%s': the answer does not say what the task refreshes", task->site->name);
	end(task, &odd);
}

static void ask(struct task *task, const char *path, const char *luid, call_done *callback)
{
	OWNED_TEXT struct text whole = TEXT(TEXT_UNBOUNDED);
	text_add(&whole, path);
	filter_encode(str_of(luid), &whole);
	struct tableau_call call = { .type = CALL_QUERY, .method = METHOD_GET, .path = whole.at };
	tableau_site_call(task->site, &call, callback, task);
}

static void name_came(const struct outcome *outcome, const cJSON *json, void *context)
{
	struct task *task = context;
	const char *name = json_text(json_get(json, kind_name(task->content.kind)), "name");
	task->content.name = arena_text(task->arena, name);
	if (outcome->ok && !*name)
		end_odd(task, outcome);
	else
		end(task, outcome);
}

static void task_came(const struct outcome *outcome, const cJSON *json, void *context)
{
	struct task *task = context;
	const cJSON *told = json_get(json, "task"), *target = NULL;
	const char *path = NULL;
	if (json_get(told, "extractRefresh"))
		told = json_get(told, "extractRefresh");
	for (size_t i = 0; i < sizeof targets / sizeof *targets && !target; i++) {
		target = json_get(told, targets[i].member);
		path = targets[i].path;
		task->content.kind = targets[i].kind;
	}
	task->content.luid = arena_text(task->arena, json_text(target, "id"));
	task->content.name = arena_text(task->arena, json_text(target, "name"));
	task->content.project = "";
	if (outcome->ok && !*task->content.luid)
		end_odd(task, outcome);
	else if (outcome->ok && !*task->content.name)
		ask(task, path, task->content.luid, name_came);
	else
		end(task, outcome);
}

void task_start(struct tableau_site *site, const char *luid, content_done *callback, void *context)
{
	struct arena *arena = arena_new();
	struct task *task = arena_new_of(arena, struct task);
	*task = (struct task){
		.site = site, .arena = arena, .callback = callback, .context = context
	};
	ask(task, "/tasks/extractRefreshes/", luid, task_came);
}
