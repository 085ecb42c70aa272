/* base/log/log_fold.c - the windows of lines that repeat, few enough to be looked at one after
 * another.
 */
#include "base/log/log_fold.h"

struct window {
	const struct log_place *place; /* NULL: not open */
	char subject[sizeof((struct log_line *)0)->subject];
	struct mono began;
	struct mono kept_from; /* when the first line was kept */
	int64_t passed, kept;  /* lines let through, and kept or counted */
	struct log_line *last; /* the last of these */
};

struct log_fold {
	struct window windows[LOG_FOLD_WINDOWS];
};

struct log_fold *log_fold_new(void)
{
	return mem_new(struct log_fold);
}

void log_fold_free(struct log_fold *fold)
{
	if (!fold)
		return;
	for (size_t i = 0; i < LOG_FOLD_WINDOWS; i++)
		log_line_free(fold->windows[i].last);
	free(fold);
}

static bool is_over(const struct window *window, struct mono now)
{
	return now.us >= mono_plus(window->began, LOG_FOLD_WINDOW).us;
}

/* The window of such lines, opened if need be; NULL: there is no place for one more. */
static struct window *window_of(struct log_fold *fold, struct mono now, const struct log_line *line)
{
	struct window *place = NULL;
	for (size_t i = 0; i < LOG_FOLD_WINDOWS; i++) {
		struct window *window = &fold->windows[i];
		/* One that is over and has kept something is left to log_fold_take(). */
		bool is_open = window->place && (window->last || !is_over(window, now));
		if (is_open && window->place == line->place &&
			text_is(window->subject, line->subject))
			return window;
		if (!is_open && !place)
			place = window;
	}
	if (!place)
		return NULL;
	*place = (struct window){ .place = line->place, .began = now };
	memcpy(place->subject, line->subject, sizeof place->subject);
	return place;
}

struct log_line *log_fold_add(struct log_fold *fold, struct mono now, struct log_line *line)
{
	if (line->place->is_each || line->level == LOG_LEVEL_DEBUG)
		return line;
	struct window *window = window_of(fold, now, line);
	if (!window)
		return line;
	if (window->passed < LOG_FOLD_FIRST) {
		window->passed++;
		return line;
	}
	if (!window->kept++)
		window->kept_from = now;
	log_line_free(window->last);
	window->last = line;
	return NULL;
}

struct log_line *log_fold_take(struct log_fold *fold, struct mono now, bool is_end)
{
	for (size_t i = 0; i < LOG_FOLD_WINDOWS; i++) {
		struct window *window = &fold->windows[i];
		if (!window->last || (!is_end && !is_over(window, now)))
			continue;
		struct log_line *line = TAKE(window->last);
		line->more = window->kept;
		line->within = now.us - window->kept_from.us;
		*window = (struct window){ 0 };
		return line;
	}
	return NULL;
}

struct mono log_fold_next(const struct log_fold *fold)
{
	struct mono next = { INT64_MAX };
	for (size_t i = 0; i < LOG_FOLD_WINDOWS; i++) {
		const struct window *window = &fold->windows[i];
		struct mono ends = mono_plus(window->began, LOG_FOLD_WINDOW);
		if (window->last && ends.us < next.us)
			next = ends;
	}
	return next;
}
