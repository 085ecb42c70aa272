/*
 * dispatch/confirm.h - is it still the content that the rules name? Asked when something speaks
 * against it: an answer that gives it another name, a list that does, a LUID that is gone, a person
 * who wants it done again, a long time in a queue. Then the selections that named it are asked once
 * more.
 */
#pragma once
#include "dispatch/effects.h"
#include "dispatch/naming.h"

enum confirmed {
	CONFIRMED_YES,   /* they still name it */
	CONFIRMED_MOVED, /* they name one other content instead */
	CONFIRMED_NO,    /* they name nothing, several, or not the same */
	CONFIRMED_LATER, /* they could not be asked, or Tableau says one thing and the other */
};

struct confirmation { /* valid during the callback */
	enum confirmed is;
	const struct content *content; /* MOVED: which one */
	const char *reason;            /* NO and LATER: for a person */
	const struct outcome *outcome; /* of the last question */
};
typedef void confirm_done(const struct confirmation *confirmation, void *context);

/*
 * `alias`: the name that an answer gave it, or NULL. `site`, `content` and `alias` are copied; the
 * callback runs inside an answer of Tableau's.
 */
void confirm_start(const struct edge *edge, struct namings *namings, const char *site,
	const struct content *content, const char *alias, confirm_done *callback, void *context);

/* The name that an answer gives this content is news, and speaks against it. */
bool confirm_is_alias(const struct namings *namings, const char *site,
	const struct content *content, const char *told_name);
/* Something spoke against it since it was named, or that was long ago: look before a request. */
bool confirm_is_due(const struct edge *edge, const struct namings *namings, const char *site,
	const struct content *content);
