/*
 * config/check_notify.c - checks who is told: names, addresses, templates, and what no message
 * would ever say.
 */
#include "base/suggest.h"
#include "config/check.h"
#include "config/server.h"

#define RECEIVERS_MOST 100

struct receiver_check {
	const struct config *config;
	const struct config_receiver *receiver;
	const struct yaml_node *node;
	const struct yaml_file *file;
	struct problems *problems;
};

static struct place place_of(const struct receiver_check *check, const char *key)
{
	const struct yaml_node *node = yaml_get(check->node, key);
	return node ? node->place : check->node->place;
}

/* Without the source line, because the address on it may be a secret. */
#define REFUSE(check, code, key, ...)                                                              \
	IGNORE(problem_add((check)->problems, (code), place_of((check), (key)), (struct str){ 0 }, \
		__VA_ARGS__))

static void check_name(const struct receiver_check *check, size_t index)
{
	const char *name = check->receiver->name;
	if (!config_check_name(name))
		REFUSE(check, PROBLEM_BAD_VALUE, "name",
			"the receiver's name '%s' has other characters than letters, digits, '_', "
			"'.' and '-'",
			name);
	for (size_t i = 0; i < index; i++)
		if (text_is(config_receiver_at(check->config, i)->name, name))
			REFUSE(check, PROBLEM_DUPLICATE_NAME, "name",
				"a receiver '%s' stands above already", name);
}

/* The URLs of Slack and Teams let anybody write to the channel, so they do not stand in a file. */
static void check_address(const struct receiver_check *check)
{
	const struct config_receiver *receiver = check->receiver;
	const char *url = receiver->to.url, *why;
	struct server server;
	OWNED(arena) arena = arena_new();
	if (!url)
		return; /* it is read when it is used */
	size_t scheme = strcspn(url, ":"), head = scheme;
	if (!strncmp(url + scheme, "://", 3))
		head = scheme + 3 + strcspn(url + scheme + 3, "/?#");
	if (!server_parse(arena_str(arena, (struct str){ url, head }), &server, &why, arena)) {
		REFUSE(check, PROBLEM_BAD_VALUE, "to",
			"'to' is https://HOST/PATH, without user and password");
		return;
	}
	if (server.is_plain && !server.is_loopback)
		REFUSE(check, PROBLEM_PLAIN_HTTP, "to", "the address of receiver '%s' is not https",
			receiver->name);
	if (receiver->format != NOTICE_JSON && !server.is_loopback)
		REFUSE(check, PROBLEM_INLINE_SECRET, "to",
			"'to' of format %s lets anybody post who knows it; write {env: NAME}, "
			"{file: PATH} or {credential: NAME}",
			notice_formats[receiver->format]);
}

static void check_signature(const struct receiver_check *check)
{
	const struct config_receiver *receiver = check->receiver;
	bool has_secret = receiver->secret.name;
	if (receiver->format == NOTICE_JSON && !has_secret && !yaml_get(check->node, "secret"))
		REFUSE(check, PROBLEM_MISSING_FIELD, "name",
			"'secret' is missing in receiver '%s': it signs messages of format json",
			receiver->name);
	if (receiver->format != NOTICE_JSON && has_secret)
		REFUSE(check, PROBLEM_BAD_VALUE, "secret",
			"'secret' signs messages of format json only; leave it out for %s",
			notice_formats[receiver->format]);
}

static void check_events(const struct receiver_check *check)
{
	const struct yaml_node *on = yaml_get(check->node, "on");
	unsigned recovered = 1u << NOTICE_RECOVERED, chosen = check->receiver->on;
	if (on && on->type == YAML_LIST && !on->count)
		REFUSE(check, PROBLEM_BAD_VALUE, "on", "'on' is empty: nothing would be told");
	else if (chosen == recovered)
		REFUSE(check, PROBLEM_BAD_VALUE, "on",
			"'recovered' alone tells nothing: it closes what was told before, such as "
			"'failed'");
}

static void check_template(
	const struct receiver_check *check, const char *key, const char *template)
{
	struct str rest = str_of(template), literal, name;
	OWNED(arena) arena = arena_new();
	while (notice_word_next_part(&rest, &literal, &name)) {
		if (!name.at || notice_field_of(name) >= 0)
			continue;
		name = str_cut(name, 60);
		const char *hint = suggest_hint(
			arena_str(arena, name), notice_fields, NOTICE_FIELD_COUNT, arena);
		REFUSE(check, PROBLEM_UNKNOWN_NAME, key, "'%s': there is no field '%.*s'%s%s", key,
			(int)name.length, name.at, hint,
			*hint ? "" : "; fields are " NOTICE_FIELD_LIST);
	}
}

static void check_receiver(const struct receiver_check *check, size_t index)
{
	const struct config_receiver *receiver = check->receiver;
	if (!receiver->name)
		return; /* reported as missing */
	check_name(check, index);
	check_address(check);
	check_signature(check);
	check_events(check);
	check_template(check, "title", receiver->title);
	check_template(check, "text", receiver->text);
	config_check_proxy(receiver->proxy, place_of(check, "proxy"), check->problems);
}

void config_check_receivers(
	const struct config *config, const struct yaml_file *file, struct problems *problems)
{
	const struct yaml_node *list = yaml_get(file->root, "notify");
	if (config_receiver_count(config) > RECEIVERS_MOST) {
		IGNORE(problem_add(problems, PROBLEM_TOO_LARGE, list->place, file->source,
			"more than %d receivers", RECEIVERS_MOST));
		return;
	}
	for (size_t i = 0; i < config_receiver_count(config); i++) {
		const struct config_receiver *receiver = config_receiver_at(config, i);
		const struct receiver_check check = { config, receiver,
			config_check_entry(list, receiver->place), file, problems };
		check_receiver(&check, i);
	}
}
