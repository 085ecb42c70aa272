/*
 * cli/online.h - asks Tableau what selections name, read-only: through the daemon if one is running
 * here, because a sign-in with its PAT would end its session (src/tableau/README.md, Sessions);
 * else with sessions of this process, which are signed out at the end, also after SIGINT.
 */
#pragma once
#include "base/json.h"
#include "base/mem.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "config/config.h"
#include "content/selection.h"

struct online;

/* The options that decide whom to ask, and for how long. */
#define ONLINE_OPTIONS                                                                             \
	{ "url", OPTION_VALUE, "URL",                                                              \
		"the daemon's admin listener, or unix:PATH; by default that of the "               \
		"configuration" },                                                                 \
		TOKEN_OPTIONS,                                                                     \
		{ "sign-in", OPTION_FLAG, NULL,                                                    \
			"sign in from here even if the daemon is running, which ends its "         \
			"sessions" },                                                              \
	{                                                                                          \
		"timeout", OPTION_VALUE, "DURATION",                                               \
			"the longest time for one site; by default 60s"                            \
	}

/*
 * Decides who is asked, and says on stderr when that is this process. NULL after a message:
 * *status is EXIT_USAGE, or EXIT_UNREACHABLE when --url leads to no daemon, or something else
 * than a daemon is in its place.
 */
struct online *online_new(const struct command_line *line, struct config *config, int *status);
/* Signs out. A process that was interrupted ends here. */
void online_free(struct online *online);
OWNED_DEFINE(online)

struct online_question {
	const char *site;
	const struct selection *selections; /* all of the site */
	size_t count;
	/* An object of inquiry_members (tableau/inquiry.h): what cannot be asked is in it too. Its
	 * items are as many as the selections. The caller owns it. */
	cJSON *answer;
};
/* Answers all of them. From here, several sites are asked side by side. */
void online_ask(struct online *online, struct online_question *questions, size_t count);
/* The time of --timeout. */
int64_t online_us(const struct online *online);
/* Is it the daemon that is asked? */
bool online_is_daemon(const struct online *online);
