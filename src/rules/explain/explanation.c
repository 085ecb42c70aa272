/* rules/explain/explanation.c - an explanation as JSON. */
#include "rules/explain/explanation.h"

static cJSON *condition_json(const struct explained_condition *condition)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "field", condition->field);
	json_add_text(json, "expected", condition->expected);
	json_add_text(json, "actual", condition->actual);
	cJSON_AddBoolToObject(json, "holds", condition->holds);
	json_add_text(json, "matched", condition->matched);
	if (condition->is_undecided)
		cJSON_AddBoolToObject(json, "undecided", true);
	json_add_text(json, "hint", condition->hint);
	if (condition->is_default)
		cJSON_AddBoolToObject(json, "default", true);
	else {
		json_add_count(json, "line", condition->line);
		json_add_count(json, "column", condition->column);
	}
	return json;
}

static void add_conditions(cJSON *json, const struct explained_map *map)
{
	cJSON *conditions = cJSON_AddArrayToObject(json, "conditions");
	for (size_t i = 0; i < map->condition_count; i++)
		cJSON_AddItemToArray(conditions, condition_json(&map->conditions[i]));
}

static cJSON *branch_json(const struct explained_branch *branch)
{
	cJSON *json = cJSON_CreateObject();
	json_add_count(json, "number", (int64_t)branch->number);
	cJSON_AddBoolToObject(json, "holds", branch->holds);
	add_conditions(json, &branch->when);
	cJSON *nots = cJSON_AddArrayToObject(json, "not");
	for (size_t i = 0; i < branch->not_count; i++) {
		cJSON *map = cJSON_CreateObject();
		cJSON_AddBoolToObject(map, "holds", branch->nots[i].holds);
		if (branch->nots[i].is_undecided)
			cJSON_AddBoolToObject(map, "undecided", true);
		add_conditions(map, &branch->nots[i]);
		cJSON_AddItemToArray(nots, map);
	}
	if (branch->not_left)
		json_add_count(json, "not_left", (int64_t)branch->not_left);
	return json;
}

static cJSON *remedy_json(const struct remedy *remedy)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "text", remedy->words);
	cJSON_AddBoolToObject(json, "tried", remedy->is_tried);
	cJSON *steps = cJSON_AddArrayToObject(json, "steps");
	for (size_t i = 0; i < remedy->step_count; i++) {
		const struct remedy_step *step = &remedy->steps[i];
		cJSON *item = cJSON_CreateObject();
		json_add_text(item, "field", step->field);
		json_add_text(item, "value", step->value);
		json_add_text(item, "text", step->words);
		cJSON_AddItemToArray(steps, item);
	}
	return json;
}

void explanation_add_json(const struct explanation *explanation, cJSON *json)
{
	cJSON *alternatives = cJSON_AddArrayToObject(json, "alternatives");
	for (size_t i = 0; i < explanation->branch_count; i++)
		cJSON_AddItemToArray(alternatives, branch_json(&explanation->branches[i]));
	if (explanation->branch_left)
		json_add_count(json, "alternatives_left", (int64_t)explanation->branch_left);
	if (explanation->remedy)
		cJSON_AddItemToObject(json, "change", remedy_json(explanation->remedy));
}
