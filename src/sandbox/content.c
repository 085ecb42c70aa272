/*
 * sandbox/content.c - workbooks, data sources and flows: lists, single items, connections
 * (src/tableau/README.md, Content; members and types from tests/samples/tableau/).
 */
#include "sandbox/list.h"
#include <stdio.h>

/* The samples' times. Nothing here depends on when content was made. */
#define CREATED_AT "2026-03-02T09:14:07Z"
#define UPDATED_AT "2026-10-05T04:31:55Z"

/* ---- what filters see (src/tableau/README.md, Filters) ---- */

static const struct box_content *of(struct list_item item)
{
	return item.of;
}

static const char *name_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return of(item)->name;
}

static const char *url_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return of(item)->content_url;
}

static const char *project_name_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return of(item)->in ? of(item)->in->name : "";
}

static const char *project_id_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return of(item)->in ? of(item)->in->id : "";
}

/* The full name, not the login (src/tableau/README.md, Filters). */
static const char *owner_name_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return box_site_owner(item.call->site, of(item))->full_name;
}

static const char *owner_email_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return box_site_owner(item.call->site, of(item))->email;
}

static const char *owner_domain_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)item;
	(void)scratch;
	return "local";
}

static const char *has_extracts_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return of(item)->has_extracts ? "true" : "false";
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

static const char *size_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)scratch;
	return of(item)->kind == BOX_WORKBOOK ? "41" : "7";
}

static const char *sheets_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)item;
	(void)scratch;
	return "9";
}

static const char *favorites_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)item;
	(void)scratch;
	return "0";
}

static const char *type_of(struct list_item item, char scratch[LIST_SCRATCH])
{
	(void)item;
	(void)scratch;
	return "snowflake";
}

static const struct texts *tags_of(struct list_item item)
{
	return &of(item)->tags;
}

#define EXACT (FILTER_EQ | FILTER_IN)
/* Fields that servers of 2020 to 2022 have stand first: they are the table of an old server
 * (src/tableau/README.md, Filters). */
static const struct filter_field workbook_fields[] = {
	{ "name", EXACT },
	{ "tags", EXACT },
	{ "ownerName", EXACT },
	{ "createdAt", FILTER_COMPARES },
	{ "updatedAt", FILTER_COMPARES },
	{ "favoritesTotal", FILTER_COMPARES },
	{ "contentUrl", EXACT },
	{ "projectName", EXACT },
	{ "ownerEmail", EXACT },
	{ "ownerDomain", EXACT },
	{ "hasExtracts", FILTER_EQ },
	{ "size", FILTER_COMPARES },
	{ "sheetCount", FILTER_COMPARES },
	{ 0 },
};
#define OLD_COUNT 6
static const struct filter_field datasource_fields[] = {
	{ "name", EXACT },
	{ "tags", EXACT },
	{ "ownerName", EXACT },
	{ "createdAt", FILTER_COMPARES },
	{ "updatedAt", FILTER_COMPARES },
	{ "contentUrl", EXACT },
	{ "projectName", EXACT },
	{ "ownerEmail", FILTER_EQ },
	{ "ownerDomain", EXACT },
	{ "hasExtracts", FILTER_EQ },
	{ "size", FILTER_COMPARES },
	{ "type", EXACT },
	{ 0 },
};
static const struct filter_field flow_fields[] = {
	{ "name", EXACT },
	{ "projectName", EXACT },
	{ "projectId", FILTER_EQ },
	{ "ownerName", FILTER_EQ },
	{ "createdAt", FILTER_COMPARES },
	{ "updatedAt", FILTER_COMPARES },
	{ 0 },
};
static list_value *const workbook_values[] = { name_of, NULL, owner_name_of, created_of, updated_of,
	favorites_of, url_of, project_name_of, owner_email_of, owner_domain_of, has_extracts_of,
	size_of, sheets_of };
static list_value *const datasource_values[] = { name_of, NULL, owner_name_of, created_of,
	updated_of, url_of, project_name_of, owner_email_of, owner_domain_of, has_extracts_of,
	size_of, type_of };
static list_value *const flow_values[] = { name_of, project_name_of, project_id_of, owner_name_of,
	created_of, updated_of };

/* ---- as JSON ---- */

static cJSON *tags_json(const struct box_content *content)
{
	cJSON *tags = cJSON_CreateObject();
	if (!content->tags.count)
		return tags;
	cJSON *list = cJSON_AddArrayToObject(tags, "tag");
	for (size_t i = 0; i < content->tags.count; i++) {
		cJSON *tag = cJSON_CreateObject();
		json_add_text(tag, "label", content->tags.items[i]);
		cJSON_AddItemToArray(list, tag);
	}
	return tags;
}

static void add_owner(cJSON *json, const struct box_owner *owner, bool all)
{
	cJSON *object = cJSON_AddObjectToObject(json, "owner");
	json_add_text(object, "id", owner->id);
	if (!all)
		return;
	json_add_text(object, "name", owner->name);
	json_add_text(object, "fullName", owner->full_name);
	json_add_text(object, "email", owner->email);
	json_add_text(object, "siteRole", "Creator");
	json_add_text(object, "lastLogin", "2026-10-01T06:39:20Z");
}

static void add_project(cJSON *json, const struct box_project *in, bool all)
{
	cJSON *project = cJSON_AddObjectToObject(json, "project");
	json_add_text(project, "id", in->id);
	json_add_text(project, "name", in->name);
	if (all)
		json_add_text(project, "description", "");
}

static void add_location(cJSON *json, const struct box_content *content)
{
	cJSON *location = cJSON_AddObjectToObject(json, "location");
	json_add_text(location, "id",
		content->in ? content->in->id : "00000000-0000-4000-8000-000000000001");
	json_add_text(location, "type", content->in ? "Project" : "PersonalSpace");
	json_add_text(location, "name", content->in ? content->in->name : "Personal Space");
}

static void add_workbook(cJSON *json, const struct box_content *content, bool all, bool extracts)
{
	cJSON_AddObjectToObject(json, "dataAccelerationConfig");
	json_add_text(json, "contentUrl", content->content_url);
	json_add_text(json, "showTabs", "true");
	json_add_text(json, "size", "41");
	json_add_text(json, "encryptExtracts", "false");
	json_add_text(json, "defaultViewId", "0d1e2f30-4152-4364-8576-9f9b7370ae32");
	if (extracts) /* for workbooks only when asked for (src/tableau/README.md, Content) */
		cJSON_AddBoolToObject(json, "hasExtracts", content->has_extracts);
	if (!all)
		return;
	json_add_text(json, "sheetCount", "9");
	json_add_text(json, "shareDescription", content->name);
	json_add_text(json, "lastPublishedAt", UPDATED_AT);
	add_location(json, content);
}

static void add_datasource(cJSON *json, const struct box_content *content)
{
	json_add_text(json, "contentUrl", content->content_url);
	json_add_text(json, "type", "snowflake");
	json_add_text(json, "encryptExtracts", "false");
	cJSON_AddBoolToObject(json, "hasExtracts", content->has_extracts);
	cJSON_AddBoolToObject(json, "isCertified", false);
	cJSON_AddBoolToObject(json, "useRemoteQueryAgent", content->result == RESULT_BRIDGE);
	json_add_text(json, "size", "7");
}

static cJSON *content_json(struct list_item item)
{
	const struct box_content *content = of(item);
	const char *fields = web_query(item.call->request, "fields");
	bool all = fields && strstr(fields, "_all_"),
	     extracts = all || (fields && strstr(fields, "hasExtracts"));
	cJSON *json = cJSON_CreateObject();
	char url[160]; /* 60 bytes of site, and the text */
	if (content->in)
		add_project(json, content->in, all);
	add_owner(json, box_site_owner(item.call->site, content), all);
	/* Flows without tags lack the member (src/tableau/README.md, Content). */
	if (content->kind != BOX_FLOW || content->tags.count)
		cJSON_AddItemToObject(json, "tags", tags_json(content));
	if (content->kind == BOX_FLOW && content->tags.count)
		cJSON_AddObjectToObject(json, "parameters");
	json_add_text(json, "id", content->id);
	json_add_text(json, "name", content->name);
	if (content->kind != BOX_DATASOURCE)
		json_add_text(json, "description", "");
	snprintf(url, sizeof url, "https://sandbox.example/#/site/%.60s/%s/%lld",
		item.call->site->content_url, box_plural[content->kind],
		(long long)content->number);
	json_add_text(json, "webpageUrl", url);
	if (content->kind == BOX_FLOW)
		json_add_text(json, "fileType", "tflx");
	json_add_text(json, "createdAt", CREATED_AT);
	json_add_text(json, "updatedAt", UPDATED_AT);
	if (content->kind == BOX_WORKBOOK)
		add_workbook(json, content, all, extracts);
	else if (content->kind == BOX_DATASOURCE)
		add_datasource(json, content);
	return json;
}

/* ---- calls ---- */

static const struct list_kind kinds[] = {
	[BOX_WORKBOOK] = { "workbooks", "workbook", workbook_fields, workbook_values, tags_of,
		content_json, false },
	[BOX_DATASOURCE] = { "datasources", "datasource", datasource_fields, datasource_values,
		tags_of, content_json, false },
	[BOX_FLOW] = { "flows", "flow", flow_fields, flow_values, tags_of, content_json, false },
};

void api_content_list(struct api_call *call, enum box_kind kind, struct reply *reply)
{
	struct filter_field old_fields[OLD_COUNT + 1] = { 0 };
	struct list_kind asked = kinds[kind];
	const struct box_site *site = call->site;
	if (kind == BOX_WORKBOOK && site->old_filters) {
		memcpy(old_fields, workbook_fields, OLD_COUNT * sizeof *old_fields);
		asked.fields = old_fields;
		asked.is_literal = true;
	}
	OWNED_MEMORY const void **items =
		mem_alloc((site->content_count[kind] + 1) * sizeof *items);
	size_t count = 0;
	for (size_t i = 0; i < site->content_count[kind]; i++)
		if (!site->contents[kind][i]->is_deleted)
			items[count++] = site->contents[kind][i];
	list_answer(call, &asked, items, count, reply);
}

void api_content_missing(enum box_kind kind, const char *id, struct reply *reply)
{
	static const struct {
		int code;
		const char *what;
	} missing[] = {
		[BOX_WORKBOOK] = { 404006, "Workbook" },
		[BOX_DATASOURCE] = { 404004, "Data source" },
		[BOX_FLOW] = { 404027, "Flow" },
		[BOX_TASK] = { 404026, "Task" },
	};
	reply_missing(reply, missing[kind].code, missing[kind].what, id);
}

static void add_views(cJSON *workbook, const struct box_content *content)
{
	cJSON *list = cJSON_AddArrayToObject(cJSON_AddObjectToObject(workbook, "views"), "view"),
	      *view = cJSON_CreateObject();
	char luid[LUID_SIZE];
	OWNED_TEXT struct text url = TEXT(TEXT_UNBOUNDED);
	text_printf(&url, "%s/sheets/Weekly", content->content_url);
	cJSON_AddItemToArray(list, view);
	cJSON_AddObjectToObject(view, "tags");
	json_add_text(view, "id", box_luid_make(luid, "", "view", content->id, 0));
	json_add_text(view, "name", "Weekly");
	json_add_text(view, "contentUrl", url.at);
	json_add_text(view, "createdAt", CREATED_AT);
	json_add_text(view, "updatedAt", UPDATED_AT);
	json_add_text(view, "viewUrlName", "Weekly");
}

void api_content_get(struct api_call *call, enum box_kind kind, const char *id, struct reply *reply)
{
	const struct box_content *content = box_site_content(call->site, kind, id);
	if (!content) {
		api_content_missing(kind, id, reply);
		return;
	}
	cJSON *json = content_json((struct list_item){ call, content });
	if (kind == BOX_WORKBOOK)
		add_views(json, content);
	reply->json = cJSON_CreateObject();
	reply->content = content->id;
	cJSON_AddItemToObject(reply->json, box_singular[kind], json);
}

static cJSON *connection_json(
	const struct box_content *content, const char *type, const char *id, const char *name)
{
	cJSON *json = cJSON_CreateObject(),
	      *datasource = cJSON_AddObjectToObject(json, "datasource");
	char luid[LUID_SIZE];
	bool is_embedded = strcmp(type, "sqlproxy") != 0;
	json_add_text(datasource, "id", id);
	json_add_text(datasource, "name", name);
	json_add_text(json, "id", box_luid_make(luid, content->id, "connection", id, 0));
	json_add_text(json, "type", type);
	json_add_text(
		json, "serverAddress", is_embedded ? "acme.snowflakecomputing.com" : "localhost");
	json_add_text(json, "serverPort", is_embedded ? "443" : "");
	json_add_text(json, "userName", is_embedded ? "TABLEAU_SVC" : "");
	return json;
}

/* A workbook with an extract has an embedded source. One without uses the site's first published
 * data source: refreshing such a workbook is the usual mistake (src/tableau/README.md,
 * Refreshing). */
void api_content_connections(
	struct api_call *call, enum box_kind kind, const char *id, struct reply *reply)
{
	const struct box_site *site = call->site;
	const struct box_content *content = box_site_content(site, kind, id);
	char luid[LUID_SIZE];
	if (!content) {
		api_content_missing(kind, id, reply);
		return;
	}
	cJSON *items = cJSON_CreateArray();
	if (content->has_extracts)
		cJSON_AddItemToArray(items,
			connection_json(content, "snowflake",
				box_luid_make(luid, content->id, "embedded", content->name, 0),
				content->name));
	for (size_t i = 0; !content->has_extracts && i < site->content_count[BOX_DATASOURCE]; i++) {
		const struct box_content *source = site->contents[BOX_DATASOURCE][i];
		if (source->is_deleted)
			continue;
		cJSON_AddItemToArray(
			items, connection_json(content, "sqlproxy", source->id, source->name));
		break;
	}
	reply->json = cJSON_CreateObject();
	reply->content = content->id;
	list_add(site, cJSON_AddObjectToObject(reply->json, "connections"), "connection", items);
}
