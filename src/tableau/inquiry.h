/*
 * tableau/inquiry.h - what selections of one site name at the moment, and what is wrong with them.
 * Only queries are made. For `verify`, `route --online` and POST /api/v1/resolve.
 *
 * begun --> is there a session? --> the selections, a few at a time --> may the PAT's user refresh
 *                     |             what others own? --> told
 *                     '-- no, or the site stops answering -----------------------------> told
 *
 * One thread: that of the client.
 */
#pragma once
#include "base/json.h"
#include "base/record/record.h"
#include "content/selection.h"
#include "tableau/tableau.h"

struct inquiry;

/* The most selections that one inquiry is meant for; the API refuses more. */
#define INQUIRY_SELECTIONS 1000

/* `answer` is an object of inquiry_members, valid during the callback. Its items have the order of
 * the selections. */
typedef void inquiry_done(const cJSON *answer, void *context);

/*
 * Begins an inquiry about `site`, to which all `selections` belong; they are copied. The callback
 * runs exactly once, in tableau_step(), inquiry_stop() or tableau_free(); then the inquiry is gone.
 */
struct inquiry *inquiry_new(struct tableau *tableau, const char *site,
	const struct selection *selections, size_t count, inquiry_done *callback, void *context);
/* Answers now, with what is known; the site's error becomes `why`. */
void inquiry_stop(struct inquiry *inquiry, const char *why);

/* The table of the answer's members. */
extern const struct member inquiry_members[];
extern const struct member inquiry_content_members[]; /* of one item of content in it */
/* The problem of an item of an answer, which may be another program's: one of the words that the
 * table names; an unknown one is "unreadable". NULL: there is none. */
const char *inquiry_problem(const cJSON *item);
/* The answer of a site about which nothing could be asked. The caller owns it. */
cJSON *inquiry_failure(const char *site, size_t count, const char *why);
