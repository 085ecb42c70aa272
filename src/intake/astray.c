/* intake/astray.c - finds the source that a misdirected delivery is meant for. */
#include "intake/astray.h"
#include "base/suggest.h"
#include <strings.h>

#define MOST_NAMED 10 /* sources in one message */

/* The last non-empty part of the path, in `arena`. */
static const char *last_part(const char *path, struct arena *arena)
{
	size_t end = strlen(path);
	while (end && path[end - 1] == '/')
		end--;
	size_t begin = end;
	while (begin && path[begin - 1] != '/')
		begin--;
	return arena_str(arena, (struct str){ path + begin, end - begin });
}

static const char *all_urls(const struct sources *sources, struct arena *arena)
{
	OWNED_TEXT struct text out = TEXT(1000);
	text_add(&out, "the URLs of the sources end in ");
	for (size_t i = 0; i < sources_count(sources) && i < MOST_NAMED; i++)
		text_printf(&out, "%s" SOURCE_PATH "%s", i ? ", " : "",
			sources_at(sources, i)->config->name);
	text_add(&out, sources_count(sources) > MOST_NAMED ? ", ..." : "");
	return arena_str(arena, text_str(&out));
}

const char *astray_advice(const char *path, const struct source *signer,
	const struct sources *sources, struct arena *arena)
{
	const char *part = last_part(path, arena);
	size_t count = sources_count(sources);
	const char **names = arena_array(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		names[i] = sources_at(sources, i)->config->name;
	if (signer)
		return arena_printf(arena,
			"source '%s' signed it, whose URL ends in " SOURCE_PATH "%s",
			signer->config->name, signer->config->name);
	if (sources_find(sources, part))
		return arena_printf(
			arena, "the URL of source '%s' ends in " SOURCE_PATH "%s", part, part);
	const char *near = suggest(part, names, count);
	if (near)
		return arena_printf(arena,
			"the nearest source is '%s', whose URL ends in " SOURCE_PATH "%s", near,
			near);
	return all_urls(sources, arena);
}
