/*
 * tests/sim/sim.h - a world around the dispatcher: dbt, Tableau, a disk, clocks and people, all
 * drawn from one seed. history.c makes it and lets time pass, daemon.c steps the dispatcher's own
 * core (src/dispatch/core.h), edge.c and disk.c are what that speaks to, site.c is Tableau,
 * oracle.c says whether what happened was right.
 *
 * There is one true time (microseconds); every clock of the world is that plus an error. The oracle
 * knows the true time, the dispatcher does not.
 */
#pragma once
#include "dispatch/core.h"
#include "schedule/life.h"
#include <stdio.h>

#define SECOND US_PER_SECOND
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

#define SITES 2
#define NAMED 5               /* contents over both sites, as rules name them */
#define STRANGERS (2 * NAMED) /* each may be published again, with another id; from here on ... */
#define CONTENTS (3 * NAMED)  /* ... others of its name, which no rule names */
#define EVENTS 12
#define SELECTIONS 2 /* an event */
#define RULES 6
#define JOBS 1000
#define ROWS 400
#define CAUSES 64 /* a refresh */
#define PENDING 256
#define EFFECTS 64
#define PAUSES 16     /* that are not durable, of one site */
#define CANDIDATES 16 /* more than one look asks for */
#define KNOWN 40      /* more than the schedule ever tells */
#define SLOWEST_DISK (40 * SECOND)

/* What may go wrong; a bit each, so that a failing history can be made smaller. */
enum fault {
	FAULT_LOST_REQUEST,
	FAULT_LOST_REPLY,
	FAULT_SERVER_ERROR,
	FAULT_THROTTLE,
	FAULT_DOUBT,
	FAULT_SLOW,
	FAULT_FOREIGN_JOB,
	FAULT_JOB_FAILS,
	FAULT_JOB_GONE,
	FAULT_OUTAGE,
	FAULT_CRASH,
	FAULT_SLOW_DISK,
	FAULT_CLOCK_STEP,
	FAULT_NO_LIST,
	FAULT_PEOPLE,
	FAULT_BUDGET,
	FAULT_SLOW_REPLY,
	FAULT_REFUSED,
	FAULT_LIST_LAGS,
	FAULT_POLL_LAGS,
	FAULT_NO_POLL,
	FAULT_RELOAD,
	FAULT_MOVE,
	FAULT_STUCK,
	FAULT_NOT_TABLEAU,
	FAULT_UNREAD,
	FAULT_UNSURE,
	FAULT_RENAME,
	FAULT_NO_EVENT_ID,
	FAULT_AT_ONCE,
	FAULT_DISK_FULL,
	FAULT_HAND_OVER,
	FAULT_OLDER_DISK,
	FAULT_COUNT,
};

/* What a history has exercised, beside the faults: a bit each after theirs. */
enum met {
	MET_SUCCEEDED = FAULT_COUNT,
	MET_FAILED,
	MET_CANCELLED,
	MET_EXPIRED,
	MET_SERVED, /* by a job that was there already */
	MET_JOINED,
	MET_BUSY,
	MET_TAKEN_OVER, /* a job of somebody else, or of an earlier request */
	MET_FOUND,      /* its own job, after a reply that was lost */
	MET_DELAYED,
	MET_QUIET,
	MET_INCREMENTAL,
	MET_TWO_RULES,
	MET_BUDGET_SPENT,
	MET_QUERIES_SPENT,
	MET_PLACES_TAKEN,
	MET_WAIT_TOLD, /* Retry-After */
	MET_LEFT_ALONE,
	MET_GIVEN_UP_SOON,   /* give_up_after is shorter than the history */
	MET_SENT_ONCE_MORE,  /* its job was found, and proves nothing */
	MET_NOBODY_CAN_TELL, /* looks that cannot tell were enough */
	MET_LEASE_LOST,      /* sites were lost, and not given away */
	MET_EVENT_LOST,      /* the copy that was put back has it not */
	MET_LOOKED_FIRST,    /* what waited in a copy was looked for, and found */
	MET_COUNT,
};

struct options {
	uint64_t seed;
	uint64_t faults; /* bits of enum fault */
	uint32_t events; /* bits: which of the history's events happen */
	FILE *trace;     /* or NULL */
};

struct wish { /* a selection of an event */
	int site, rules[2], rule_count;
	int selected[2], selected_count; /* indexes into the world's contents */
	int contents[2], count;          /* what it names, as we were told last */
	char selector[24];
	bool incremental, names_nothing, is_by_luid;
	int64_t tries_until; /* its own backoff is over then at the latest */
	bool is_answered;    /* in this life: what it names, or that it names nothing */
	int64_t ended_in;    /* the generation that records that it needs no more work */
	/* since then nothing excuses that it is not resolved; 0: something does */
	int64_t free_from;
};

struct sim_rule {
	int priority;
	int64_t delay, quiet;
};

/* What was asked of a site, for the budgets and the breaker. */
enum kind_of_call { KIND_START, KIND_QUERY, KIND_NAME, KINDS_OF_CALLS };
#define STARTS 1024
#define MOST_QUERIES 512 /* more than any site may make in a day */
struct sim_calls {
	int64_t starts[STARTS]; /* true times */
	int start_count;
	/* when a start was decided; a crash may have kept it from going out, but not from being
	 * counted */
	int64_t decided[STARTS];
	int decided_count;
	int64_t queries, forgiven;        /* a crash may forget some */
	int64_t queried_at[MOST_QUERIES]; /* a ring: of the last so many */
	/* The life in which Tableau last told its time so that it could be known, and when. */
	int clock_heard_in;
	int64_t clock_heard_at;
	int told_time_in; /* the life in which it last told its time at all */
	/* the life in which it was greeted, without a request since */
	int greeted_in;
	int64_t hurried_at;              /* when a person last wanted it tried at once */
	int64_t outage_began, in_outage; /* calls while it was down */
	int64_t trouble_at;              /* the last time that something went wrong */
	bool is_failing;                 /* its last answer was no good */
	int64_t failed_at;               /* the last call that did not get what it asked for */
	/* As Tableau told (Retry-After); a person may end it, which may not be heeded. */
	int64_t not_before[KINDS_OF_CALLS], told_until[KINDS_OF_CALLS];
	int unread_lists; /* one after another */
	int64_t listed_at, round_at,
		answered_at; /* the last list, round of looks, answer to a list */
};

struct run {                       /* a dbt run's end, as one webhook tells it */
	int64_t finished, arrives; /* true times */
	struct wall told;          /* dbt's clock; {0}: the webhook has no time */
	bool has_no_event_id;      /* told again, it is another event */
	bool is_of_copy;           /* it is in the copy that was put back last */
	int64_t id, stamp;         /* 0: not durable */
	int64_t selection_ids[SELECTIONS];
	struct selection selections[SELECTIONS]; /* as the decision has them ... */
	const char *rules[SELECTIONS][2];
	char kept[SELECTIONS][400]; /* ... and as the journal keeps them */
	struct wall received_at;
	int64_t durable_at, heard_at; /* when it was acknowledged, and known to the schedule */
	int wish_count;
	struct wish wishes[SELECTIONS];
};

enum job_end { END_SUCCESS, END_FAILURE, END_CANCELLED };
struct sim_job {
	char id[16];
	int content;
	int64_t asked_at; /* when its maker asked for it */
	int64_t maker;    /* the refresh that asked for it; 0: somebody else */
	bool is_ours, is_incremental;
	bool is_told_ours;             /* by the answer to the request that made it */
	int64_t created, starts, ends; /* true times */
	int64_t gone;                  /* Tableau forgets it then */
	enum job_end end;
	int64_t unread_until; /* until then it cannot be read by itself; 0: it can */
	int64_t hidden_until; /* until then the node that is asked does not know it */
	int known_in;         /* the life in which we were told of which content it is */
	int64_t known_at;     /* when first in that life */
	int64_t rare_until;   /* it could not, and is looked at then at the latest */
	int64_t told_end_at;  /* when an answer about its end reached us first; 0: not yet */
	int64_t polled_at, polls;
};

/* What Tableau calls it may not be what the rules call it, any more. */
enum naming {
	NAMED_STILL,
	NAMED_LATER, /* they do, but the list of content lags behind */
	NAMED_OTHER, /* they name the other content of its name */
	NAMED_NONE,  /* they name nothing */
};
struct sim_content {
	struct content content;
	char luid[16], name[16];
	int site;
	int alias_in; /* the life in which its other name was found to be no contradiction */
	bool is_gone; /* it has moved */
	enum naming named;
	int64_t renamed_at, lags_until;
	int64_t born;         /* the age of whatever waited for it, before it moved here; 0: none */
	int64_t usual, queue; /* how long its jobs take and wait */
	int64_t longest;      /* a job of it took no longer yet, nor was likely to */
	/* since then nothing excuses that a refresh of it waits; 0: something does */
	int64_t free_from;
};

struct sim_site {
	struct schedule_site options;
	int64_t skew; /* its clock minus the truth */
	bool may_list, may_poll;
	bool is_gone;            /* from the configuration */
	int64_t starts_per_hour; /* Tableau's own limit; 0: none */
	int64_t down_until;
	bool is_behind_gateway; /* which answers itself while it is down */
	int64_t unread_until;   /* until then its lists, of content too, cannot be read */
	bool is_paused;
	struct {
		int64_t generation; /* that records it; 0: it is durable */
		bool was_paused;    /* before */
	} pauses[PAUSES];
	int pause_count;
};

/* A row of the journal, with texts of its own. */
struct sim_row {
	struct refresh_row row;
	char reason[240], job_id[16];
	struct cause_row causes[CAUSES];
	size_t cause_count;
	bool is_there;
};

/* What the oracle remembers of a refresh, of whatever was recorded, durable or not. */
struct watched {
	enum refresh_state state;
	int content;
	int64_t created_at, sent_at, ended_at; /* true times */
	/* when it was sent by Tableau's clock, which tells its job from others' */
	bool knows_clock;
	bool knew_clock; /* the same when it was sent: the journal has it */
	int sent_in;     /* which life */
	/* The batch that records the last request, and when the one before was sent. */
	int64_t sent_generation, sent_before;
	bool is_accepted;  /* the job is its own, as Tableau said or the clocks */
	bool was_followed; /* its job was: whatever a poll says, it is not sent again */
	bool must_look;    /* a request got no reply: no other one before somebody looked */
	/* It waited in a copy that was put back, and who ran meanwhile may have sent it: then
	 * somebody looks first; the generation that records that he did. */
	bool is_of_copy;
	int64_t looked_in;
	bool is_incremental;
	/* How its last request, and the looks after it, were answered: */
	enum verdict answer;
	bool was_refused; /* for good, perhaps wrongly: it is not sent again */
	/* it was reported to be of content that the rules do not name */
	bool is_other;
	int64_t own_trouble_until;  /* what was wrong was wrong with it alone: its backoff */
	bool found_own;             /* a look found the job that it made */
	int64_t looked_at;          /* when the last look that was answered was asked */
	bool own_was_listed;        /* its list had a job that this refresh made */
	bool may_fail;              /* that justifies `failed` */
	bool job_was_cancelled;     /* on Tableau: that justifies `cancelled` */
	bool may_cancel;            /* a person asked for it */
	int64_t again_at, again_in; /* it is to be done by a request from then on; the generation */
	int64_t hurried_at; /* a person wants it to wait no longer because of earlier failures */
	int64_t born,
		born_in;      /* since when it waits for its turn; the generation that records it */
	bool is_cancelled;    /* a person asked and got a yes; Tableau has not refused */
	int64_t cancelled_in; /* the generation of batches that records it */
	/* since then nothing excuses that Tableau is not asked to cancel its job; 0: something
	 * does */
	int64_t unasked_from;
	int64_t tries_until;          /* its backoff is over then at the latest */
	int64_t queued_at_ever;       /* like seen_queued_at, but a crash does not forget it */
	int refused, unknown, unread; /* answers to polls of its job, one after another */
	int64_t refused_from;
	/* the next poll of its job: after so many times poll_interval, as a power of two */
	int rarer;
	int64_t rare_until; /* then at the latest */
	int unsure;         /* looks that could not tell, after its last request */
	int busy;           /* answers to its requests, one after another, that a job is there */
	int64_t busy_from;
	bool is_stuck;        /* its job stands in Tableau's queue for too long */
	int64_t surely_tried; /* how long, at least, it could be tried since its job was told of */
	int64_t tried_kept, tried_kept_in; /* the same as a restart finds it; the generation */
	int64_t tried_ever;                /* the same, also before its job was last reported */
	int64_t tried;                     /* how long, at most, it could be tried */
	int64_t asked_at;                  /* when Tableau was last asked after its job */
	int64_t told_at;                   /* when Tableau last told about its job, in this life */
	struct wall told_start;            /* that it had started */
	int64_t generation;                /* of batches, in which it ended */
	int job;                           /* index, -1: none */
	/* since then nothing excuses that nobody asks after its job; 0: something does */
	int64_t free_from;
	int64_t seen_queued_at; /* when a look was asked that saw its job waiting; 0: none */
	bool is_released;       /* a person ended what held it */
	struct {
		int run, rule;
	} causes[CAUSES];
	int cause_count;
};

/* What is durable, as the oracle knows it; the dispatcher has it from a store in memory. */
struct kept {
	struct sim_row rows[ROWS]; /* refresh id / 2 */
	bool open[EVENTS][SELECTIONS];
	int64_t last_refresh;
};

enum pending_type {
	PENDING_ARRIVAL,
	PENDING_DURABLE,
	PENDING_HEARD,
	PENDING_COMMIT,
	PENDING_REQUEST,
	PENDING_ANSWER,
	PENDING_CRASH,
	PENDING_START,
	PENDING_COPY,      /* somebody copies the disk ... */
	PENDING_PUT_BACK,  /* ... and puts the copy in its place: the daemon is stopped ... */
	PENDING_OLDER,     /* ... and the disk is as old as the copy */
	PENDING_HAND_OVER, /* the sites are left ... */
	PENDING_ADOPT,     /* ... and adopted again, when that is done */
	PENDING_FOREIGN,
	PENDING_STEP,
	PENDING_OUTAGE,
	PENDING_PEOPLE,
	PENDING_HASTE, /* a person cancels what was just sent, and wants it again at once */
	PENDING_RELOAD,
	PENDING_MOVE,
	PENDING_RENAME,
	PENDING_UNREAD,
	PENDING_CALM, /* nothing goes wrong any more, and nobody pauses a site for ever */
};
enum call_type {
	CALL_RESOLVE,
	CALL_GREET,
	CALL_SEND,
	CALL_POLL,
	CALL_LIST,
	CALL_LOOK,
	CALL_CANCEL
};
/* Something that is asked of Tableau: by the schedule (an effect), or by one request. */
struct sim_call {
	enum call_type type;
	int site;
	int64_t id; /* of the refresh or selection */
	int content, job;
	bool is_incremental;
	struct wall since;
	int64_t asked_after, asked_at;
	int64_t wanted_at; /* when it was to be begun; the request may come after a confirmation */
	/* The answer: */
	enum verdict verdict;
	const char *reason;
	int64_t retry_after, calls;
	struct wall told_at;
	int64_t told_since; /* when that was asked whose answer told it */
	bool is_reply_lost, is_reply_replaced, is_alive, has_moved;
	int found; /* job */
	struct job_seen seen;
	char seen_id[16];
	int named[2], named_count; /* of a RESOLVE: contents */
	struct job_seen *rows;     /* of a LIST; owned by the call that was answered last */
	char (*row_ids)[16];
	size_t row_count;
};

/* One request of the dispatcher's, with where its answer goes to. */
struct request {
	struct sim_call call;
	int effect; /* index of the effect that it is made for; -1: nobody decided it */
	bool is_for_look;
	const struct wish *wish; /* of a RESOLVE: by whose selector */
	resolve_done *resolved;  /* one of them, or none: the daemon was killed meanwhile */
	job_done *job;
	jobs_done *jobs;
	done *done;
	void *context;
};

/* What the schedule decided to have done, until it is told how that went. */
struct effect {
	bool is_there, is_begun;
	int64_t order;
	struct sim_call call;
	char known[KNOWN][16]; /* of a LOOK: jobs that are not meant; "" for none */
	int requests;          /* out */
	/* SEND and POLL: the answer to the request itself ... */
	bool is_asked, is_replied;
	struct sim_call reply;
	/* ... and what the selections that named the content say, asked again. */
	int asked, still, moved, failed;
	struct sim_call last;
	/* LOOK */
	int queries, candidate_count;
	int64_t listed_at;
	struct {
		int job;
		enum verdict verdict;
	} candidates[CANDIDATES];
};

struct pending {
	int64_t at, order;
	enum pending_type type;
	int life; /* of the daemon that it belongs to; 0: any */
	int number;
	int64_t step;
	struct request request;
};

/* What the dispatcher takes for Tableau and the journal (dispatch/edge.h). */
struct tableau {
	struct world *world;
};
struct journal {
	struct world *world;
};

struct world {
	struct options options;
	uint64_t random;
	int64_t now, calm_from; /* true times; from then on nothing goes wrong */
	int64_t wall_error;     /* our clock minus the truth; steps */
	int64_t dbt_skew;
	bool has_stepped, has_crashed;
	int64_t crashed_at, started_at;  /* the last time */
	int64_t stopped_at, put_back_of; /* to put a copy back; when that was made */
	struct older *copy;              /* of the disk, the youngest; or NULL */
	struct run runs[EVENTS];
	int run_count;
	struct sim_content contents[CONTENTS];
	struct sim_site sites[SITES];
	struct sim_job jobs[JOBS];
	int job_count;
	struct pending pending[PENDING];
	size_t pending_count;
	int64_t order;
	/* the daemon */
	struct sim_rule rules[RULES];
	int life;
	bool is_up, is_dying;
	/* The sites are left, and not adopted yet; the core goes on without them. */
	bool is_away;
	bool is_leaving; /* at this moment */
	bool is_lost;    /* they were lost, not given away ... */
	bool is_dropped; /* ... and what the journal has is not to be written any more */
	int errands;     /* of people, not answered yet */
	struct core *core;
	struct edge edge;
	struct tableau tableau;
	struct journal journal;
	struct config config;
	struct config_site config_sites[SITES];
	struct schedule_options schedule_options;
	struct store *disk;
	struct journal_entry *writing;
	int64_t writing_generation;
	struct kept store;
	struct effect effects[EFFECTS];
	int effect_end;       /* those from here on were never used */
	int answering;        /* the effect whose request is answered; -1: none */
	struct sim_call told; /* what the schedule was told of it */
	bool is_told;
	int64_t sends[EFFECTS], send_generations[EFFECTS]; /* decided, and not durable yet */
	size_t send_count;
	struct request *drained; /* what a daemon asks for that is being killed */
	size_t drained_count, drained_capacity;
	/* the oracle */
	struct watched watched[ROWS]; /* refresh id / 2 */
	int watched_end;
	int64_t generation, committed; /* of batches */
	/* Of an event by a rule for a content: since when it is a wish, if the rule holds it; and
	 * the generation that records that a job, or a full one, served it. 0: not. */
	int64_t wished[EVENTS][RULES][CONTENTS];
	int64_t served[EVENTS][RULES][CONTENTS][2];
	bool is_asked_again[CONTENTS]; /* by a person */
	int64_t moving; /* a refresh that goes on under another id in this call; 0: none */
	struct sim_calls calls[SITES];
	uint64_t met;                            /* bits: enum fault, enum met */
	char wrong[400];                         /* the first thing that was wrong; "" */
	int64_t lived[LIFE_STATES][LIFE_STATES]; /* of the lives of the daemon that are over */
};

/* ---- history.c ---- */
uint64_t draw(struct world *world);
int64_t between(struct world *world, int64_t least, int64_t most);
bool chance(struct world *world, enum fault fault,
	int percent); /* never once it is calm, nor when the fault is masked */
struct pending *later(struct world *world, int64_t at, enum pending_type type);
void note(const struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);
struct instant instant_of(const struct world *world);
void meet(struct world *world, int what); /* enum fault or enum met */
/* What was asked of Tableau, beside the least that could have sufficed: one request for each job of
 * ours, and one query for its end. */
struct tally {
	int64_t jobs, starts, queries;
	int64_t met[MET_COUNT];                  /* histories that exercised it */
	int64_t lived[LIFE_STATES][LIFE_STATES]; /* how often one state followed another */
};
/* Runs a history; what was wrong with it, or "". Adds to `tally`. */
void history_run(const struct options *options, char wrong[400], struct tally *tally);

/* ---- tally.c ---- */
/* False when a kind has become rare, or a step of a refresh's life has not been taken. */
bool tally_print(const struct tally *tally, int64_t histories);

/* ---- daemon.c ---- */
extern const char *const rule_names[RULES];
void daemon_start(struct world *world);
void daemon_kill(struct world *world);
/* All sites are left; after a while they are adopted by the same core. False: not now. */
void daemon_leave(struct world *world, bool is_lost);
bool daemon_adopt(struct world *world);
/* A turn of the loop, after an input or when something is due. */
void daemon_step(struct world *world);
int64_t daemon_next(const struct world *world);
void daemon_event(struct world *world, int run);
/* What was decided to be sent, and is durable now, is to be sent. */
void daemon_durable(struct world *world);
void daemon_reload(struct world *world); /* the sites as they are configured now */
/* Somebody asks for it. */
struct asked daemon_command(
	struct world *world, enum dispatch_verb verb, int site, const struct sim_row *row);
int content_of(const struct world *world, const struct content *content);
int site_number(const char *name);

/* ---- edge.c ---- */
extern const struct edge_tableau sim_tableau;
extern const struct edge_clock sim_clock;
/* The schedule has decided that; it is to be begun before the turn is over. */
struct effect *edge_want(struct world *world, struct sim_call call);
/* All that was decided is begun. */
void edge_check_begun(struct world *world);
void edge_answer(struct world *world, struct request *request);
/* The site is left: whatever was asked of it fails; nothing was decided any more. */
void edge_forget(struct world *world);
/* The process ends: whatever it asked fails. */
void edge_drain(struct world *world);
void edge_clear(struct request *request);

/* ---- meant.c ---- */
extern const char *const verdict_words[]; /* for a trace */
/* A request is made for that effect: is it one that the effect needs? */
void meant_ask(struct world *world, struct effect *effect, const struct request *request);
void meant_hear(struct world *world, struct effect *effect, struct request *request);
/* The schedule is told what became of the effect: is that what was answered? Then effect->call has
 * it. */
void meant_check(struct world *world, struct effect *effect, const struct input *input);

/* ---- disk.c ---- */
extern const struct edge_journal sim_journal;
void disk_open(struct world *world);
void disk_close(struct world *world);
void disk_forget(void);
void disk_add_event(struct world *world, int run);
void disk_commit(struct world *world);
/* The process was killed while it was written: it may have arrived. */
void disk_tear(struct world *world);
struct tables *disk_copy(void);
void disk_put_back(const struct tables *copy); /* nobody has it open */

/* ---- older.c ---- */
void older_copy(struct world *world);
void older_put_back(struct world *world); /* the daemon is down */
void older_free(struct older *older);

/* ---- site.c ---- */
/* The request reaches Tableau. */
void site_request(struct world *world, struct request *request);
/* What its clock shows at a true time. */
struct wall site_clock(const struct world *world, int site, int64_t at);
int site_foreign_job(struct world *world, int content);
enum job_phase job_phase_at(const struct sim_job *job, int64_t at);
int job_named(const struct world *world, const char *id);

/* ---- people.c ---- */
/* A person got the answer that it is or will be cancelled; that it is done again, by that refresh;
 * that it waits no longer. */
void oracle_cancelled(struct world *world, int64_t refresh);
void oracle_again(struct world *world, int64_t refresh);
void oracle_retried(struct world *world, int64_t refresh);
/* A person wants the site asked at once, in spite of a Retry-After, and got a yes. */
void oracle_hurried(struct world *world, int site);
void oracle_paused(struct world *world, int site, bool is_paused);

/* ---- oracle.c ---- */
struct watched *watched(struct world *world, int64_t refresh);
struct wish *wish_of(struct world *world, int64_t selection);
struct run *run_of(struct world *world, int64_t selection);
void wrong(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);
void oracle_record(struct world *world, const struct refresh_row *row);
void oracle_cause(struct world *world, const struct cause_row *cause);
/* All that the scheduler said in one call is carried out; this row was in it. */
void oracle_recorded(struct world *world, const struct refresh_row *row);
void oracle_send(struct world *world, const struct refresh_row *row);
void oracle_call(struct world *world, const struct sim_call *call);
void oracle_answer(struct world *world, const struct sim_call *call);
/* What the scheduler made of that answer is carried out. */
void oracle_answered(struct world *world, const struct sim_call *call);
/* The refresh is for content that has another id now, to which it goes on. */
void oracle_moved(struct world *world, int64_t refresh);
void oracle_committed(struct world *world, int64_t generation);
void oracle_crashed(struct world *world);
/* The same without a life that is over: whatever is not durable. */
void oracle_forget(struct world *world);
/* Time goes on, and nothing happens until then. */
void oracle_pass(struct world *world, int64_t until);
/* At the end: every acknowledged pair. */
void oracle_judge(struct world *world);
