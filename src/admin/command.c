/*
 * admin/command.c - retry, cancel, pause, resume. The dispatcher carries them out and answers when
 * they are durable; this thread does not wait.
 */
#include "admin/handler.h"
#include <pwd.h>
#include <sys/types.h>

#define USER_BYTES 16384 /* of a user's entry, getpwuid_r(3) */

/* ---- who asks ---- */

static const char *user_name(unsigned user, struct arena *arena)
{
	struct passwd entry, *found = NULL;
	OWNED_MEMORY char *buffer = mem_alloc(USER_BYTES);
	if (!getpwuid_r((uid_t)user, &entry, buffer, USER_BYTES, &found) && found)
		return arena_text(arena, found->pw_name);
	return arena_printf(arena, "uid %u", user);
}

const char *admin_asker_of(const struct admin *admin, struct arena *arena)
{
	const struct access_asker *asker = &admin->asker;
	if (*asker->token)
		return arena_text(arena, asker->token);
	return asker->kind == PEER_SOCKET ? user_name(asker->user, arena) : "loopback";
}

/* ---- answers ---- */

static void answer(struct dispatch_command *command)
{
	static const unsigned statuses[] = {
		[CONSENT_YES] = 200, [CONSENT_NONE] = 404, [CONSENT_NO] = 409
	};
	struct web_request *request = command->context;
	enum consent consent = command->asked.consent;
	OWNED_JSON json = cJSON_CreateObject();
	if (consent == CONSENT_NONE)
		admin_answer_error(request, command->site ? 404 : 409,
			command->site ? "the configuration has no site of this name"
				      : "it has ended meanwhile; look at it again");
	else if (consent == CONSENT_NO) {
		admin_answer_error(request, statuses[consent], command->asked.words);
	} else if (admin_wants_page(request)) {
		web_reply_header(request, "Location",
			command->site ? "/"
				      : arena_printf(command->arena, "/refreshes/%lld",
						(long long)command->asked.refresh));
		web_reply(request, 303, "text/plain; charset=utf-8", str_of(command->asked.words));
	} else {
		if (command->site)
			json_add_text(json, "site", command->site);
		else
			json_add_count(json, "id", command->asked.refresh);
		json_add_text(json, "message", command->asked.words);
		admin_answer_json(request, statuses[consent], json);
	}
	dispatch_command_free(command);
}

static void ask(struct admin *admin, struct web_request *request, struct dispatch_command *command)
{
	command->done = answer;
	command->context = request;
	web_keep(request);
	dispatch_take_command(admin->options.dispatch, command);
}

static struct dispatch_command *command_new(const struct admin *admin, enum dispatch_verb verb)
{
	OWNED(arena) arena = arena_new();
	return dispatch_command_new(verb, admin_asker_of(admin, arena));
}

/* ---- refreshes ---- */

static void ask_about_refresh(
	struct admin *admin, struct web_request *request, int64_t id, enum dispatch_verb verb)
{
	OWNED(dispatch_command) command = command_new(admin, verb);
	struct error err;
	bool is_there = false;
	if (!dispatch_command_find(command, admin->reader, id, &is_there, &err))
		admin_answer_error(request, 503, err.message);
	else if (!is_there)
		admin_answer_error(request, 404, "there is no refresh of this id");
	else
		ask(admin, request, TAKE(command));
}

void handle_retry(struct admin *admin, struct web_request *request, int64_t id)
{
	ask_about_refresh(admin, request, id, DISPATCH_RETRY);
}

void handle_cancel(struct admin *admin, struct web_request *request, int64_t id)
{
	ask_about_refresh(admin, request, id, DISPATCH_CANCEL);
}

/* ---- sites ---- */

static void ask_about_site(
	struct admin *admin, struct web_request *request, enum dispatch_verb verb)
{
	struct dispatch_command *command = command_new(admin, verb);
	command->site = admin_path_name(request, command->arena);
	ask(admin, request, command);
}

void handle_pause(struct admin *admin, struct web_request *request, int64_t id)
{
	(void)id;
	ask_about_site(admin, request, DISPATCH_PAUSE);
}

void handle_resume(struct admin *admin, struct web_request *request, int64_t id)
{
	(void)id;
	ask_about_site(admin, request, DISPATCH_RESUME);
}

/* ---- the record of commands ---- */

static bool add_one(const struct command_row *row, void *context)
{
	cJSON *json = cJSON_CreateObject();
	struct command_row shown = *row;
	if (row->result == row->subject) /* that nothing else came of it */
		shown.result = 0;
	record_to_json(command_members, &shown, json);
	cJSON_AddItemToArray(context, json);
	return true;
}

void admin_add_commands(struct admin *admin, cJSON *json, int64_t subject)
{
	struct error ignored; /* the page is useful without its commands */
	cJSON *list = cJSON_CreateArray();
	if (store_list_commands(admin->reader, subject, add_one, list, &ignored) &&
		cJSON_GetArraySize(list))
		cJSON_AddItemToObject(json, "commands", list);
	else
		cJSON_Delete(list);
}
