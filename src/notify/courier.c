/* notify/courier.c - a queue for each receiver, on one transport. */
#include "notify/courier.h"
#include "base/log/log.h"
#include "base/metric.h"
#include "notify/post.h"
#include <openssl/rand.h>

#define REASON_BYTES 480 /* of struct error */

struct queue { /* of a receiver, by its name */
	struct courier *courier;
	char *name;
	struct letter *first, **last; /* oldest first */
	bool is_out;                  /* the first is being sent */
	bool is_gone;                 /* nobody has this name any more; freed after the reply */
	struct config *config;        /* of the request that is out, which borrows from it */
	int failures;                 /* in a row */
	struct mono not_before;       /* our own pause */
	struct mono asked_until;      /* Retry-After of the present address */
	int64_t waiting, delivered, failed, given_up;
	struct wall delivered_at, failed_at;
	struct text reason; /* of the last failure */
	struct queue *next;
};

struct courier {
	struct transport *transport;
	struct config *config;
	struct queue *queues;
	courier_done *done;
	void *context;
	bool is_stopping;
};

void letter_free(struct letter *letter)
{
	if (!letter)
		return;
	free(letter->id);
	free(letter->receiver);
	free(letter->body);
	mem_drop(letter->group.site);
	mem_drop(letter->group.rule);
	mem_drop(letter->group.owner);
	free(letter);
}

int64_t courier_pause(
	int failures, int64_t retry_after, int64_t initial, int64_t most, uint64_t chance)
{
	int64_t longest = initial;
	for (int i = 1; i < failures && longest < most; i++)
		longest *= 2;
	if (longest > most)
		longest = most;
	/* at least a tenth of a second, so that chance does not hammer a receiver that is down */
	int64_t pause = (int64_t)(chance % (uint64_t)(longest + 1)) + 100 * US_PER_MS;
	return pause > retry_after ? pause : retry_after;
}

/* ---- queues ---- */

static struct queue *queue_of(const struct courier *courier, const char *name)
{
	for (struct queue *queue = courier->queues; queue; queue = queue->next)
		if (!queue->is_gone && text_is(queue->name, name))
			return queue;
	return NULL;
}

static struct queue *queue_new(struct courier *courier, const char *name)
{
	struct queue *queue = mem_new(struct queue);
	queue->courier = courier;
	queue->name = mem_copy_text(name);
	queue->last = &queue->first;
	queue->reason = TEXT(REASON_BYTES);
	queue->next = courier->queues;
	courier->queues = queue;
	return queue;
}

static struct letter *take_first(struct queue *queue)
{
	struct letter *letter = queue->first;
	queue->first = letter->next;
	if (!queue->first)
		queue->last = &queue->first;
	letter->next = NULL;
	queue->waiting--;
	return letter;
}

static void queue_free(struct queue *queue)
{
	while (queue->first)
		letter_free(take_first(queue));
	config_free(queue->config);
	text_clear(&queue->reason);
	free(queue->name);
	free(queue);
}

static void give_up(struct queue *queue, const char *why)
{
	struct letter *letter = take_first(queue);
	queue->given_up++;
	metric_add(METRIC_notifications_total, 1, queue->name, "given_up");
	log_each(LOG_LEVEL_ERROR, "a notification was given up", KV("receiver", queue->name),
		KV("message", letter->id), KV("made_at", letter->made_at), KV("reason", why));
	queue->courier->done(letter, false, queue->courier->context);
}

void courier_take(struct courier *courier, struct letter *letter)
{
	struct queue *queue = queue_of(courier, letter->receiver);
	if (!queue) { /* it went while the letter was at the journal */
		queue = queue_new(courier, letter->receiver);
		queue->is_gone = true;
	}
	letter->next = NULL;
	*queue->last = letter;
	queue->last = &letter->next;
	queue->waiting++;
}

/* ---- deliveries ---- */

static uint64_t chance(void)
{
	uint64_t number = 0;
	/* without luck all pauses are equal, which is no harm */
	IGNORE(RAND_bytes((unsigned char *)&number, sizeof number) != 1);
	return number;
}

static void failed(struct queue *queue, const char *reason, int64_t retry_after)
{
	const struct config_retry *retry = &queue->courier->config->retry;
	queue->failed++;
	metric_add(METRIC_notifications_total, 1, queue->name, "failed");
	queue->failures++;
	queue->failed_at = clock_wall();
	if (queue->failures == 1 || strcmp(reason, queue->reason.at) != 0)
		log_each(LOG_LEVEL_WARNING, "a notification is not delivered yet",
			KV("receiver", queue->name), KV("message", queue->first->id),
			KV("reason", reason));
	text_reset(&queue->reason);
	text_add(&queue->reason, reason);
	queue->not_before = mono_plus(clock_mono(),
		courier_pause(queue->failures, retry_after, retry->initial, retry->max, chance()));
	queue->asked_until = mono_plus(clock_mono(), retry_after);
}

static void delivered(struct queue *queue)
{
	struct letter *letter = take_first(queue);
	log_each(LOG_LEVEL_INFO, "notification delivered", KV("receiver", queue->name),
		KV("message", letter->id), KV("tries", queue->failures + 1));
	queue->failures = 0;
	queue->not_before = queue->asked_until = (struct mono){ 0 };
	queue->delivered++;
	metric_add(METRIC_notifications_total, 1, queue->name, "delivered");
	queue->delivered_at = clock_wall();
	queue->courier->done(letter, true, queue->courier->context);
}

static void replied(const struct transport_reply *reply, void *context)
{
	struct queue *queue = context;
	OWNED_TEXT struct text reason = TEXT(REASON_BYTES);
	queue->is_out = false;
	config_free(TAKE(queue->config));
	if (queue->courier->is_stopping)
		return; /* the next start sends it again */
	switch (post_outcome(reply, &reason)) {
	case POSTED:
		delivered(queue);
		break;
	case POST_AGAIN:
		failed(queue, reason.at, reply->retry_after_us);
		break;
	case POST_REFUSED:
		failed(queue, reason.at, 0);
		give_up(queue, reason.at);
		break;
	}
}

static void send_first(struct queue *queue, const struct config_receiver *receiver)
{
	struct courier *courier = queue->courier;
	struct error err;
	if (!post_send(courier->transport, receiver, queue->first->id, queue->first->body, replied,
		    queue, &err)) {
		failed(queue, err.message, 0);
		return;
	}
	config_ref(courier->config);
	queue->config = courier->config;
	queue->is_out = true;
}

static struct mono may_send_at(const struct queue *queue)
{
	return queue->not_before.us > queue->asked_until.us ? queue->not_before
							    : queue->asked_until;
}

/* Gives up what is too old, and sends the first of the others, if that may be tried now. */
static void serve(struct queue *queue)
{
	const struct config_receiver *receiver =
		config_receiver_named(queue->courier->config, queue->name);
	struct wall now = clock_wall();
	if (!receiver || queue->is_out)
		return;
	while (queue->first && queue->failures &&
		now.us - queue->first->made_at.us > receiver->give_up_after)
		give_up(queue, queue->reason.at);
	if (queue->first && clock_mono().us >= may_send_at(queue).us)
		send_first(queue, receiver);
}

/* Frees the queues whose receiver is gone. */
static void sweep(struct courier *courier)
{
	for (struct queue **at = &courier->queues; *at;) {
		struct queue *queue = *at;
		if (queue->is_gone && !queue->is_out) {
			*at = queue->next;
			queue_free(queue);
		} else {
			at = &queue->next;
		}
	}
}

void courier_step(struct courier *courier, int timeout_ms, int wake_fd)
{
	for (struct queue *queue = courier->queues; queue; queue = queue->next)
		if (!queue->is_gone)
			serve(queue);
	transport_step(courier->transport, timeout_ms, wake_fd);
	for (struct queue *queue = courier->queues; queue; queue = queue->next)
		while (queue->is_gone && !queue->is_out && queue->first)
			give_up(queue, "the configuration has no such receiver any more");
	sweep(courier);
}

struct mono courier_next(const struct courier *courier)
{
	struct mono next = { INT64_MAX };
	for (const struct queue *queue = courier->queues; queue; queue = queue->next)
		if (queue->first && !queue->is_out && may_send_at(queue).us < next.us)
			next = may_send_at(queue);
	return next;
}

/* ---- life ---- */

struct courier *courier_new(courier_done *done, void *context)
{
	struct courier *courier = mem_new(struct courier);
	courier->transport = transport_new();
	courier->done = done;
	courier->context = context;
	return courier;
}

/* As far as the configuration tells. */
static bool is_at_same_address(
	const struct config_receiver *before, const struct config_receiver *now)
{
	return before && now && text_is(before->to.url, now->to.url) &&
	       before->to.secret.from == now->to.secret.from &&
	       text_is(before->to.secret.name, now->to.secret.name);
}

void courier_configure(struct courier *courier, struct config *config)
{
	struct config *before = courier->config;
	config_ref(config);
	courier->config = config;
	for (struct queue *queue = courier->queues; queue; queue = queue->next) {
		const struct config_receiver *receiver = config_receiver_named(config, queue->name);
		queue->is_gone = queue->is_gone || !receiver;
		queue->not_before = (struct mono){ 0 }; /* what was wrong may be mended */
		if (!is_at_same_address(config_receiver_named(before, queue->name), receiver))
			queue->asked_until = (struct mono){ 0 };
	}
	config_free(before);
	for (size_t i = 0; i < config_receiver_count(config); i++)
		if (!queue_of(courier, config_receiver_at(config, i)->name))
			queue_new(courier, config_receiver_at(config, i)->name);
}

void courier_free(struct courier *courier)
{
	if (!courier)
		return;
	courier->is_stopping = true;
	transport_free(courier->transport);
	while (courier->queues) {
		struct queue *queue = courier->queues;
		courier->queues = queue->next;
		queue_free(queue);
	}
	config_free(courier->config);
	free(courier);
}

void courier_describe(
	const struct courier *courier, const char *receiver, struct receiver_status *status)
{
	const struct queue *queue = queue_of(courier, receiver);
	if (!queue)
		return;
	status->waiting = queue->waiting;
	status->delivered = queue->delivered;
	status->failed = queue->failed;
	status->given_up = queue->given_up;
	status->delivered_at = queue->delivered_at;
	status->failed_at = queue->failed_at;
	status->failure = queue->reason.at;
	int64_t left = may_send_at(queue).us - clock_mono().us;
	if (queue->first && !queue->is_out && queue->failures && left > 0)
		status->next_try_at = wall_after(clock_wall(), left);
}
