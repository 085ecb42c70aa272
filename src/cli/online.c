/* cli/online.c - questions about content, to the daemon or to Tableau itself. */
#include "cli/online.h"
#include "base/log/log.h"
#include "base/units.h"
#include "cli/admin_client.h"
#include "cli/print.h"
#include "tableau/inquiry.h"
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#define USUAL_TIME (60 * US_PER_SECOND)
#define MOST_TIME (600 * US_PER_SECOND) /* that the daemon gives to a question */
#define AT_ONCE 32                      /* sites are asked from here */
#define SIGN_OUT_TIME (5 * US_PER_SECOND)
#define STEP_MS 200                        /* how soon an interrupt is noticed at the latest */
#define QUESTION_BYTES ((size_t)512 << 10) /* the admin listener takes 1 MiB */
#define MORE_SECONDS 10                    /* for the answer to come back */
#define BUSY_MS 500                        /* until a daemon that is busy is asked again */

/* Those that people and their terminals send. */
static const int ending_signals[] = { SIGINT, SIGTERM, SIGHUP };
#define SIGNAL_COUNT (sizeof ending_signals / sizeof *ending_signals)

struct online {
	const struct command_line *line; /* borrowed */
	int64_t us;                      /* for one site */
	struct text url;                 /* of the daemon; empty: this process signs in */
	struct tableau *tableau;         /* NULL: the daemon is asked */
	struct sigaction before[SIGNAL_COUNT];
};

static volatile sig_atomic_t interrupted; /* the signal; 0: none */

static void interrupt(int number)
{
	interrupted = number;
}

/* ---- whom to ask ---- */

static bool read_timeout(const struct command_line *line, int64_t *us)
{
	const char *written = command_line_value(line, "timeout");
	*us = USUAL_TIME;
	if (!written || (units_parse_duration(str_of(written), us) && *us >= US_PER_SECOND &&
				*us <= MOST_TIME))
		return true;
	IGNORE(command_usage(
		line, "--timeout is a duration from 1s to 10m, and not '%s'", written));
	return false;
}

/* A session must not stay behind, so the process ends only after it has signed out. */
static void watch_signals(struct online *online)
{
	const struct sigaction action = { .sa_handler = interrupt };
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		sigaction(ending_signals[i], &action, &online->before[i]);
}

static void sign_in_here(
	const struct command_line *line, struct online *online, struct config *config)
{
	struct error err;
	log_set_level(LOG_LEVEL_ERROR); /* what goes wrong is in the answers */
	online->tableau = tableau_new();
	watch_signals(online);
	print_line(stderr,
		"refresh-router %s: signing in from here, which ends any session that another "
		"program has with the same PAT%s",
		line->command->name,
		command_line_flag(line, "sign-in") ? "" : "; no daemon answers here");
	/* The calls to a site whose secret is missing say so. */
	IGNORE(tableau_configure(online->tableau, config, &err));
}

/* False after a message. */
static bool choose(
	const struct command_line *line, struct online *online, struct config *config, int *status)
{
	OWNED_TEXT struct text why = TEXT(TEXT_UNBOUNDED);
	bool is_named = command_line_value(line, "url"),
	     is_forced = command_line_flag(line, "sign-in");
	if (is_named && is_forced) {
		*status = command_usage(line, "--url and --sign-in exclude each other");
		return false;
	}
	enum admin_presence presence =
		is_forced ? ADMIN_NONE : admin_client_probe(line, &online->url, &why);
	if (presence == ADMIN_DAEMON)
		return true;
	if (presence == ADMIN_UNKNOWN || is_named) {
		OWNED_TEXT struct text shown = TEXT(TEXT_UNBOUNDED);
		print_url(online->url.at, &shown);
		print_line(stderr,
			"refresh-router %s: no daemon answers at %s: %s; --url names the daemon's "
			"admin listener, and --sign-in asks Tableau from here, which ends the "
			"session of a daemon that runs elsewhere",
			line->command->name, shown.at, why.at);
		*status = EXIT_UNREACHABLE;
		return false;
	}
	text_reset(&online->url);
	sign_in_here(line, online, config);
	return true;
}

struct online *online_new(const struct command_line *line, struct config *config, int *status)
{
	OWNED(online) online = mem_new(struct online);
	online->line = line;
	online->url = TEXT(TEXT_UNBOUNDED);
	if (!read_timeout(line, &online->us))
		*status = EXIT_USAGE;
	else if (choose(line, online, config, status))
		return TAKE(online);
	return NULL;
}

void online_free(struct online *online)
{
	if (!online)
		return;
	if (online->tableau) {
		tableau_sign_out(online->tableau, SIGN_OUT_TIME);
		tableau_free(online->tableau);
		for (size_t i = 0; i < SIGNAL_COUNT; i++)
			sigaction(ending_signals[i], &online->before[i], NULL);
	}
	text_clear(&online->url);
	free(online);
	if (interrupted)
		raise(interrupted);
}

int64_t online_us(const struct online *online)
{
	return online->us;
}

bool online_is_daemon(const struct online *online)
{
	return !online->tableau;
}

/* ---- from here ---- */

static void told(const cJSON *answer, void *context)
{
	struct online_question *question = context;
	question->answer = cJSON_Duplicate(answer, true);
}

struct question_out { /* a question that is out */
	struct online_question *question;
	struct inquiry *inquiry;
	struct mono until;
};

static void begin(
	struct online *online, struct question_out *open, struct online_question *question)
{
	open->question = question;
	open->until = mono_plus(clock_mono(), online->us);
	open->inquiry = inquiry_new(online->tableau, question->site, question->selections,
		question->count, told, question);
}

static void stop_late(const struct question_out *open)
{
	if (interrupted)
		inquiry_stop(open->inquiry, "interrupted");
	else if (clock_mono().us >= open->until.us)
		inquiry_stop(open->inquiry, "no answer within the time of --timeout");
}

/* Side by side, so that a site that is silent holds up no other. */
static void ask_tableau(struct online *online, struct online_question *questions, size_t count)
{
	struct question_out out[AT_ONCE];
	size_t next = 0, open = 0;
	while (next < count || open) {
		for (; next < count && interrupted; next++)
			questions[next].answer = inquiry_failure(
				questions[next].site, questions[next].count, "interrupted");
		while (next < count && open < AT_ONCE)
			begin(online, &out[open++], &questions[next++]);
		if (open)
			tableau_step(online->tableau, STEP_MS, -1);
		for (size_t i = open; i-- > 0;) {
			if (!out[i].question->answer)
				stop_late(&out[i]);
			if (out[i].question->answer)
				out[i] = out[--open];
		}
	}
}

/* ---- from the daemon ---- */

/* As many selections as one question may have. Returns how many. */
static size_t add_selections(const struct selection *selections, size_t count, cJSON *list)
{
	size_t bytes = 0, i = 0;
	for (; i < count && i < INQUIRY_SELECTIONS; i++) {
		cJSON *json = selection_json(&selections[i]);
		OWNED_MEMORY char *text = json_print(json);
		bytes += strlen(text) + 1;
		if (i && bytes > QUESTION_BYTES) {
			cJSON_Delete(json);
			break;
		}
		cJSON_AddItemToArray(list, json);
	}
	return i;
}

/* A daemon that answers somebody else is asked again, until `until`. */
static cJSON *ask_patiently(
	const struct online *online, const cJSON *question, struct mono until, struct error *err)
{
	for (;;) {
		int64_t left = until.us - clock_mono().us;
		int64_t seconds = left > US_PER_SECOND ? left / US_PER_SECOND : 1;
		OWNED_JSON asked = cJSON_Duplicate(question, true);
		json_add_count(asked, "seconds", seconds);
		cJSON *answer = admin_client_ask(online->line, online->url.at, "/api/v1/resolve",
			asked, seconds + MORE_SECONDS, err);
		if (answer || err->kind != ERROR_TRANSIENT || left <= 0)
			return answer;
		IGNORE(poll(NULL, 0, BUSY_MS));
	}
}

/* Adds the answer to one question to that of all. */
static void join(cJSON *all, cJSON *part)
{
	cJSON *items = cJSON_GetObjectItemCaseSensitive(all, "items"),
	      *more = cJSON_GetObjectItemCaseSensitive(part, "items");
	while (more->child)
		cJSON_AddItemToArray(items, cJSON_DetachItemFromArray(more, 0));
	for (const cJSON *member = part->child; member; member = member->next)
		if (strcmp(member->string, "items")) {
			cJSON_DeleteItemFromObjectCaseSensitive(all, member->string);
			cJSON_AddItemToObject(all, member->string, cJSON_Duplicate(member, true));
		}
}

static bool is_answer(const cJSON *answer, size_t count)
{
	const cJSON *items = json_get(answer, "items"), *item;
	if (!cJSON_IsArray(items) || (size_t)cJSON_GetArraySize(items) != count)
		return false;
	cJSON_ArrayForEach(item, items)
	{
		if (!cJSON_IsObject(item))
			return false;
	}
	return true;
}

/* The answer to the first of the selections; *asked is how many they are. */
static cJSON *ask_some(const struct online *online, const char *site,
	const struct selection *selections, size_t count, struct mono until, size_t *asked)
{
	struct error err = { .kind = ERROR_NONE };
	OWNED_JSON question = cJSON_CreateObject();
	json_add_text(question, "site", site);
	*asked = add_selections(selections, count, cJSON_AddArrayToObject(question, "selections"));
	OWNED_JSON answer = ask_patiently(online, question, until, &err);
	if (answer && is_answer(answer, *asked))
		return TAKE(answer);
	OWNED_TEXT struct text shown = TEXT(TEXT_UNBOUNDED);
	print_url(online->url.at, &shown);
	if (answer)
		error_fail(&err, ERROR_REFUSED,
			"the answer of %s does not fit the question; is that the daemon?",
			shown.at);
	return inquiry_failure(site, *asked, err.message);
}

static cJSON *ask_daemon(const struct online *online, const char *site,
	const struct selection *selections, size_t count)
{
	struct mono until = mono_plus(clock_mono(), online->us);
	size_t asked;
	OWNED_JSON all = ask_some(online, site, selections, count, until, &asked);
	for (size_t at = asked; at < count; at += asked) {
		bool is_fine = json_flag(all, "ok", false);
		cJSON *part =
			is_fine ? ask_some(online, site, selections + at, count - at, until, &asked)
				: inquiry_failure(
					  site, asked = count - at, json_text(all, "error"));
		join(all, part);
		cJSON_Delete(part);
	}
	return TAKE(all);
}

/* The daemon answers one question at a time. */
void online_ask(struct online *online, struct online_question *questions, size_t count)
{
	if (online->tableau)
		ask_tableau(online, questions, count);
	for (size_t i = 0; !online->tableau && i < count; i++)
		questions[i].answer = ask_daemon(
			online, questions[i].site, questions[i].selections, questions[i].count);
}
