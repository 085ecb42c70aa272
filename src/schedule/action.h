/*
 * schedule/action.h - what is to be done about it, as the schedule decides: records to keep,
 * questions to ask of Tableau, and what people should know. Each question is answered by an input.
 */
#pragma once
#include "content/refresh.h"
#include "content/selection.h"
#include "content/spent.h"
#include <stddef.h>

enum action_type {
	ACTION_RECORD,        /* keep `refresh` as it is now */
	ACTION_CAUSE,         /* keep `cause` */
	ACTION_END_SELECTION, /* `selection` of `site` is done */
	/* Keep `spent`, which replaces what was kept of the same site, kind and `at`. */
	ACTION_SPENT,
	/* The ones above are to be durable, together, before those below of the same step are
	   carried out. */
	ACTION_RESOLVE, /* find the content of `selection`, `named`; answer: INPUT_RESOLVED */
	/* sign in to `site` if there is no session, so that its clock is known when a request is
	 * recorded; answer: INPUT_GREETED */
	ACTION_GREET,
	ACTION_SEND, /* request `refresh`; answer: INPUT_SENT, or INPUT_MOVED */
	ACTION_POLL, /* query the job of `refresh`; answer: INPUT_POLLED, or INPUT_MOVED */
	ACTION_LIST, /* list the jobs of `site` since `since`; answer: INPUT_LISTED */
	/* look for a job of the content of `refresh` created since `since`; answer: INPUT_LOOKED */
	ACTION_LOOK,
	ACTION_CANCEL, /* cancel the job of `refresh`; answer: INPUT_JOB_CANCELLED */
	/* report that `site` is only probed from now on (`trouble`), or that it answers again
	 * (NULL) */
	ACTION_TELL,
	/* report that the budget of `site` cannot start within give_up_after all that waits
	 * (`trouble`), or that it can again (NULL) */
	ACTION_BACKLOG,
};

enum cause_fate {        /* what happened to a cause, for the metrics */
	CAUSE_CREATED,   /* a refresh was created for it */
	CAUSE_JOINED,    /* it joined an open refresh */
	CAUSE_SATISFIED, /* a refresh that has succeeded covers it */
	CAUSE_KEPT,      /* not new: it was recorded before, with another stamp */
};

struct action {
	enum action_type type;
	const struct refresh_row *refresh;
	bool is_news;                   /* RECORD: its state or reason has changed */
	const struct cause_row *causes; /* RECORD: all causes of `refresh` */
	size_t cause_count;
	const struct cause_row *cause;
	enum cause_fate fate; /* CAUSE */
	int64_t selection;
	const struct selection *named; /* RESOLVE: as it was selected */
	bool uncached;                 /* RESOLVE: without what is remembered */
	struct spent spent;
	const char *site;
	const char *trouble; /* TELL, BACKLOG */
	struct wall since;   /* by Tableau's clock */
	int64_t asked_after; /* POLL, LIST, LOOK: to be returned with the answer */
	int64_t life;        /* each question: to be returned with the answer */
	/* LOOK: ids of jobs of other refreshes, to be skipped; NULL ends it */
	const char *const *known_jobs;
};

enum consent {
	CONSENT_YES,  /* done, or begun */
	CONSENT_NONE, /* there is no open refresh of this id, or no such site */
	CONSENT_NO,   /* not in this state; `words` has the reason */
};
struct asked { /* the reply to a person's command */
	enum consent consent;
	char words[160];
	int64_t refresh; /* that stands for it now */
};

struct actions { /* owned by the schedule, emptied by each step */
	size_t count;
	const struct action *items;
	const struct asked *asked; /* NULL: the input was not a person's */
};
