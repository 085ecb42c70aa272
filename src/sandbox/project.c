/*
 * sandbox/project.c - the list of projects (src/tableau/README.md, Projects).
 */
#include "sandbox/list.h"

#define CREATED_AT "2025-11-03T08:00:00Z"
#define UPDATED_AT "2026-05-11T08:00:00Z"

static const struct box_project *of(struct list_item item)
{
	return item.of;
}

static const struct box_owner *owner_of(struct list_item item)
{
	static const struct box_content nobodys = { 0 };
	return box_site_owner(item.call->site, &nobodys);
}

static const char *name_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return of(item)->name;
}

static const char *parent_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return of(item)->parent_id ? of(item)->parent_id : "";
}

static const char *owner_name_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return owner_of(item)->full_name;
}

static const char *owner_email_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return owner_of(item)->email;
}

static const char *owner_domain_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)item;
	(void)scratch;
	return "local";
}

static const char *is_top_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return of(item)->parent_id ? "false" : "true";
}

static const char *created_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)item;
	(void)scratch;
	return CREATED_AT;
}

static const char *updated_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)item;
	(void)scratch;
	return UPDATED_AT;
}

#define EXACT (FILTER_EQ | FILTER_IN)
static const struct filter_field fields[] = {
	{ "name", EXACT },
	{ "parentProjectId", EXACT },
	{ "ownerName", EXACT },
	{ "ownerEmail", EXACT },
	{ "ownerDomain", EXACT },
	{ "topLevelProject", FILTER_EQ },
	{ "createdAt", FILTER_COMPARES },
	{ "updatedAt", FILTER_COMPARES },
	{ 0 },
};
static list_value *const values[] = { name_of, parent_of, owner_name_of, owner_email_of,
	owner_domain_of, is_top_of, created_of, updated_of };

static cJSON *project_json(struct list_item item)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(cJSON_AddObjectToObject(json, "owner"), "id", owner_of(item)->id);
	json_add_text(json, "id", of(item)->id);
	json_add_text(json, "name", of(item)->name);
	json_add_text(json, "description", "");
	json_add_text(json, "createdAt", CREATED_AT);
	json_add_text(json, "updatedAt", UPDATED_AT);
	json_add_text(json, "contentPermissions", "ManagedByOwner");
	json_add_text(json, "parentProjectId", of(item)->parent_id);
	json_add_text(json, "controllingPermissionsProjectId", of(item)->parent_id);
	return json;
}

void api_project_list(struct api_call *call, struct reply *reply)
{
	static const struct list_kind kind = { "projects", "project", fields, values, NULL,
		project_json, false };
	const struct box_site *site = call->site;
	OWNED_MEMORY const void **items = mem_alloc((site->project_count + 1) * sizeof *items);
	size_t count = 0;
	for (size_t i = 0; i < site->project_count; i++)
		if (!site->all_projects[i].is_hidden)
			items[count++] = &site->all_projects[i];
	list_answer(call, &kind, items, count, reply);
}
