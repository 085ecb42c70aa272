/*
 * dispatch/confirm.h - checks that content is still what the rules name, when there is doubt: an
 * answer or a list has another name for it, its LUID is gone, a person retries it, or it has waited
 * long. Then the selections that named it are resolved again.
 */
#pragma once
#include "dispatch/effects.h"
#include "dispatch/naming.h"

enum confirmed {
	CONFIRMED_YES,   /* the selections still name it */
	CONFIRMED_MOVED, /* all name the same other content */
	CONFIRMED_NO,    /* they name nothing, several items, or different ones */
	CONFIRMED_LATER, /* they could not be resolved, or Tableau contradicts itself */
};

struct confirmation { /* valid during the callback */
	enum confirmed is;
	const struct content *content; /* MOVED: the other content */
	const char *reason;            /* NO and LATER: for a person */
	const struct outcome *outcome; /* of the last resolving */
};
typedef void confirm_done(const struct confirmation *confirmation, void *context);

/*
 * `alias` is the name that an answer gave it, or NULL. `site`, `content` and `alias` are copied;
 * the callback runs inside a callback of Tableau's.
 */
void confirm_start(const struct edge *edge, struct namings *namings, const char *site,
	const struct content *content, const char *alias, confirm_done *callback, void *context);

/* Does the name in an answer raise a new doubt? */
bool confirm_is_alias(const struct namings *namings, const char *site,
	const struct content *content, const char *told_name);
/* Is there doubt since it was named, or was that long ago? Then confirm before a request. */
bool confirm_is_due(const struct edge *edge, const struct namings *namings, const char *site,
	const struct content *content);
