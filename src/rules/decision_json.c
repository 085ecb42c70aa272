/* rules/decision_json.c - a decision as JSON. */
#include "rules/decide.h"

static cJSON *match_json(const struct match *match)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "rule", match->rule);
	json_add_text(json, "file", match->file);
	json_add_count(json, "line", match->line);
	cJSON *captures = cJSON_AddObjectToObject(json, "captures");
	for (size_t i = 0; i < match->capture_count; i++)
		json_add_text(captures, match->capture_names[i], match->capture_values[i]);
	if (match->explanation)
		explanation_add_json(match->explanation, json);
	return json;
}

cJSON *unmatched_json(const struct unmatched *unmatched)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "rule", unmatched->rule);
	json_add_text(json, "file", unmatched->file);
	json_add_count(json, "line", unmatched->line);
	cJSON *because = cJSON_AddObjectToObject(json, "because");
	json_add_text(because, "field", unmatched->field);
	json_add_text(because, "expected", unmatched->expected);
	json_add_text(because, "actual", unmatched->actual);
	if (unmatched->explanation)
		explanation_add_json(unmatched->explanation, json);
	return json;
}

static cJSON *merging_json(const struct merging *merging)
{
	cJSON *json = cJSON_CreateObject();
	cJSON *wishes = cJSON_AddArrayToObject(json, "wishes");
	for (size_t i = 0; i < merging->wish_count; i++)
		cJSON_AddItemToArray(wishes, selection_json(&merging->wishes[i]));
	cJSON *notes = cJSON_AddArrayToObject(json, "notes");
	for (size_t i = 0; i < merging->note_count; i++)
		cJSON_AddItemToArray(notes, cJSON_CreateString(merging->notes[i]));
	return json;
}

cJSON *decision_json(const struct decision *decision)
{
	cJSON *json = cJSON_CreateObject();
	cJSON_AddItemToObject(json, "event", event_json(decision->event));
	json_add_text(json, "ruleset", decision->revision);
	cJSON *matched = cJSON_AddArrayToObject(json, "matched");
	for (size_t i = 0; i < decision->match_count; i++)
		cJSON_AddItemToArray(matched, match_json(&decision->matches[i]));
	cJSON *selections = cJSON_AddArrayToObject(json, "selections");
	for (size_t i = 0; i < decision->selection_count; i++)
		cJSON_AddItemToArray(selections, selection_json(&decision->selections[i]));
	cJSON *warnings = cJSON_AddArrayToObject(json, "warnings");
	for (size_t i = 0; i < decision->warning_count; i++) {
		cJSON *warning = cJSON_CreateObject();
		json_add_text(warning, "rule", decision->warnings[i].rule);
		json_add_text(warning, "text", decision->warnings[i].text);
		cJSON_AddItemToArray(warnings, warning);
	}
	if (!decision->unmatched)
		return json; /* not explained */
	cJSON *merged = cJSON_AddArrayToObject(json, "merged");
	for (size_t i = 0; i < decision->merging_count; i++)
		cJSON_AddItemToArray(merged, merging_json(&decision->mergings[i]));
	cJSON *unmatched = cJSON_AddArrayToObject(json, "unmatched");
	for (size_t i = 0; i < decision->unmatched_count; i++)
		cJSON_AddItemToArray(unmatched, unmatched_json(&decision->unmatched[i]));
	return json;
}
