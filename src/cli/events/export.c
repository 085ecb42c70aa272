/*
 * cli/events/export.c - writes each page of events before it asks for the next one.
 */
#include "cli/events/export.h"
#include "base/suggest.h"
#include "cli/admin_client.h"
#include "cli/events/redact.h"
#include "cli/print.h"
#include <inttypes.h>

struct exporting {
	const struct redaction *redaction; /* NULL: events are printed whole */
	int64_t count;
};

/* False when standard output takes no more; command_main() says why. */
static bool export_one(const cJSON *event, void *context)
{
	struct exporting *exporting = context;
	OWNED_JSON redacted =
		exporting->redaction ? redaction_apply(exporting->redaction, event) : NULL;
	print_json_line(redacted ? redacted : event, stdout);
	exporting->count++;
	return !ferror(stdout);
}

/* Marks the lines so far as a part, for programs that do not look at the exit status. */
static void end_early(const struct command_line *line, int64_t count)
{
	OWNED_TEXT struct text reason = TEXT(TEXT_UNBOUNDED);
	OWNED_JSON mark = cJSON_CreateObject();
	text_printf(&reason, "the export ended early, after %" PRId64 " events", count);
	json_add_text(mark, "error", reason.at);
	print_json_line(mark, stdout);
	print_line(stderr, "refresh-router %s: %s; export again", line->command->name, reason.at);
}

static bool keep_fields(const struct command_line *line, struct redaction *redaction)
{
	const char *names[EVENT_FIELD_COUNT], *name;
	OWNED(arena) arena = arena_new();
	for (enum event_field field = 0; field < EVENT_FIELD_COUNT; field++)
		names[field] = event_field_describe(field)->name;
	for (size_t i = 0; (name = command_line_nth(line, "keep", i)); i++) {
		enum event_field field = event_field_of(str_of(name));
		if (field == EVENT_FIELD_COUNT) {
			command_usage(line, "--keep: an event has no field '%s'%s", name,
				suggest_hint(name, names, EVENT_FIELD_COUNT, arena));
			return false;
		}
		redaction_keep(redaction, field);
	}
	return true;
}

/* NULL after a message. */
static struct redaction *make_redaction(const struct command_line *line)
{
	struct error err;
	OWNED(redaction) redaction = redaction_new(command_line_value(line, "redact-key"), &err);
	if (!redaction) {
		command_usage(line, "--redact-key: %s", err.message);
		return NULL;
	}
	return keep_fields(line, redaction) ? TAKE(redaction) : NULL;
}

int export_run(const struct command_line *line, const char *path, int64_t count)
{
	int status = EXIT_YES;
	bool is_redacted = command_line_flag(line, "redact");
	OWNED(redaction) redaction = is_redacted ? make_redaction(line) : NULL;
	OWNED_TEXT struct text whole = TEXT(TEXT_UNBOUNDED);
	struct exporting exporting = { .redaction = redaction };
	if (is_redacted && !redaction)
		return EXIT_USAGE;
	text_add(&whole, path);
	if (!is_redacted)
		text_printf(&whole, "%swith=body", strchr(path, '?') ? "&" : "?");
	if (!admin_client_each(line, whole.at, count, export_one, &exporting, &status) &&
		exporting.count)
		end_early(line, exporting.count);
	return status;
}
