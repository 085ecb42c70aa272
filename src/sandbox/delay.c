/* sandbox/delay.c - a list of answers in order of time, and one thread that sends them. */
#include "sandbox/delay.h"
#include "base/clock.h"
#include "base/thread.h"
#include <pthread.h>

struct owed {
	struct owed *next;
	struct mono at;
	struct web_request *request;
	unsigned status;
	const char *content_type;
	struct text body;
};

struct delay {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct owed *first;  /* in order of time */
	struct owed *newest; /* the last in the list, after which most new ones go */
	bool is_ending;
};

static void pay(struct owed *owed)
{
	if (owed->status)
		web_reply(owed->request, owed->status, owed->content_type, text_str(&owed->body));
	else
		web_drop(owed->request);
	text_clear(&owed->body);
	free(owed);
}

static void *run(void *context)
{
	struct delay *delay = context;
	pthread_mutex_lock(&delay->lock);
	while (!delay->is_ending || delay->first) {
		struct owed *owed = delay->first;
		int64_t left = owed ? owed->at.us - clock_mono().us : 0;
		if (!owed) {
			pthread_cond_wait(&delay->changed, &delay->lock);
		} else if (left > 0 && !delay->is_ending) {
			struct timespec until = clock_deadline(left);
			pthread_cond_timedwait(&delay->changed, &delay->lock, &until);
		} else {
			delay->first = owed->next;
			if (!delay->first)
				delay->newest = NULL;
			pthread_mutex_unlock(&delay->lock);
			pay(owed);
			pthread_mutex_lock(&delay->lock);
		}
	}
	pthread_mutex_unlock(&delay->lock);
	return NULL;
}

struct delay *delay_new(struct error *err)
{
	struct delay *delay = mem_new(struct delay);
	pthread_mutex_init(&delay->lock, NULL);
	thread_condition_init(&delay->changed);
	if (thread_start(&delay->thread, THREAD_ANY, "delay", run, delay, err))
		return delay;
	delay_free(delay);
	return NULL;
}

void delay_end(struct delay *delay)
{
	pthread_mutex_lock(&delay->lock);
	delay->is_ending = true;
	pthread_cond_signal(&delay->changed);
	pthread_mutex_unlock(&delay->lock);
	thread_join(delay->thread);
}

void delay_free(struct delay *delay)
{
	if (!delay)
		return;
	pthread_cond_destroy(&delay->changed);
	pthread_mutex_destroy(&delay->lock);
	free(delay);
}

/* Inserts in order of time; at the end when all answers have the same latency. */
static void insert(struct delay *delay, struct owed *owed)
{
	struct owed **at = delay->newest && delay->newest->at.us <= owed->at.us
				   ? &delay->newest->next
				   : &delay->first;
	while (*at && (*at)->at.us <= owed->at.us)
		at = &(*at)->next;
	owed->next = *at;
	*at = owed;
	if (!owed->next)
		delay->newest = owed;
}

void delay_reply(struct delay *delay, struct web_request *request, int64_t us, unsigned status,
	const char *content_type, struct text *body)
{
	struct owed *owed = mem_new(struct owed);
	*owed = (struct owed){ .at = mono_plus(clock_mono(), us),
		.request = request,
		.status = status,
		.content_type = content_type,
		.body = *body };
	*body = (struct text){ 0 };
	pthread_mutex_lock(&delay->lock);
	bool is_ending = delay->is_ending;
	if (!is_ending) {
		web_keep(request);
		insert(delay, owed);
		pthread_cond_signal(&delay->changed);
	}
	pthread_mutex_unlock(&delay->lock);
	if (is_ending)
		pay(owed);
}
