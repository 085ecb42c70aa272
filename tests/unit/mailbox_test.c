/* Where threads meet: nothing is lost, nothing comes twice, nobody sleeps for ever. */
#include "base/mailbox.h"
#include "tests/unit/test.h"
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define SENDERS 4
#define PATIENCE_MS 10000 /* a test waits this long for what must come */
#define LETTERS 2000      /* letters of each sender */

struct letter {
	struct message message;
	int sender, number;
};

static int freed;

static void letter_free(struct message *message)
{
	freed++;
	free(message);
}

static struct message *letter_new(int sender, int number)
{
	struct letter *letter = mem_new(struct letter);
	letter->sender = sender;
	letter->number = number;
	return &letter->message;
}

static bool is_readable(const struct mailbox *mailbox)
{
	struct pollfd fd = { .fd = mailbox_fd(mailbox), .events = POLLIN };
	return poll(&fd, 1, 0) == 1;
}

static struct error err; /* for calls that do not fail here */

static void messages_come_in_the_order_in_which_they_were_sent(void **state)
{
	(void)state;
	OWNED(mailbox) mailbox = mailbox_new(10, letter_free, &err);
	for (int i = 0; i < 10; i++)
		assert_true(mailbox_send(mailbox, letter_new(0, i)));
	assert_int_equal(mailbox_count(mailbox), 10);
	struct message *message = mailbox_take_all(mailbox), *next;
	for (int i = 0; i < 10; i++, message = next) {
		assert_non_null(message);
		assert_int_equal(((struct letter *)message)->number, i);
		next = message->next;
		free(message);
	}
	assert_null(message);
	assert_null(mailbox_take_all(mailbox));
	assert_int_equal(mailbox_count(mailbox), 0);
}

static void one_too_many_stays_with_its_sender(void **state)
{
	(void)state;
	OWNED(mailbox) mailbox = mailbox_new(2, letter_free, &err);
	struct message *third = letter_new(0, 3);
	assert_true(mailbox_send(mailbox, letter_new(0, 1)));
	assert_true(mailbox_send(mailbox, letter_new(0, 2)));
	assert_false(mailbox_send(mailbox, third));
	assert_int_equal(mailbox_count(mailbox), 2);
	/* An answer always has room, because its request had. */
	assert_true(mailbox_send_answer(mailbox, third));
	assert_int_equal(mailbox_count(mailbox), 3);
}

static void a_mailbox_that_was_emptied_takes_as_many_again(void **state)
{
	(void)state;
	OWNED(mailbox) mailbox = mailbox_new(1, letter_free, &err);
	for (int i = 0; i < 3; i++) {
		assert_true(mailbox_send(mailbox, letter_new(0, i)));
		struct letter *letter = (struct letter *)mailbox_take_all(mailbox);
		assert_int_equal(letter->number, i);
		free(letter);
	}
}

static void the_descriptor_is_readable_exactly_while_messages_wait(void **state)
{
	(void)state;
	OWNED(mailbox) mailbox = mailbox_new(10, letter_free, &err);
	assert_false(is_readable(mailbox));
	assert_true(mailbox_send(mailbox, letter_new(0, 1)));
	assert_true(mailbox_send(mailbox, letter_new(0, 2)));
	assert_true(is_readable(mailbox));
	struct message *first = mailbox_take_all(mailbox);
	assert_false(is_readable(mailbox));
	free(first->next);
	free(first);
	mailbox_close(mailbox);
	assert_true(is_readable(mailbox));
	assert_null(mailbox_take_all(mailbox));
	assert_true(is_readable(mailbox));
}

static void what_still_waits_is_freed_with_the_mailbox(void **state)
{
	(void)state;
	struct mailbox *mailbox = mailbox_new(10, letter_free, &err);
	freed = 0;
	assert_true(mailbox_send(mailbox, letter_new(0, 1)));
	assert_true(mailbox_send(mailbox, letter_new(0, 2)));
	mailbox_free(mailbox);
	assert_int_equal(freed, 2);
	mailbox_free(NULL);
}

static void a_closed_mailbox_hands_out_what_it_has_and_takes_nothing(void **state)
{
	(void)state;
	OWNED(mailbox) mailbox = mailbox_new(10, letter_free, &err);
	struct message *late = letter_new(0, 2);
	assert_true(mailbox_send(mailbox, letter_new(0, 1)));
	mailbox_close(mailbox);
	assert_false(mailbox_send(mailbox, late));
	assert_false(mailbox_send_answer(mailbox, late));
	free(late);
	struct letter *letter = (struct letter *)mailbox_wait(mailbox);
	assert_non_null(letter);
	assert_int_equal(letter->number, 1);
	free(letter);
	assert_null(mailbox_wait(mailbox));
	assert_null(mailbox_wait(mailbox));
}

static atomic_int waiter_id; /* of the thread, to the kernel */

static void *wait_for_the_end(void *context)
{
	atomic_store(&waiter_id, gettid());
	return mailbox_wait(context);
}

/* Of the thread whose id is stored there, once it is. */
static void wait_until_asleep(const atomic_int *id)
{
	char path[64], state = 0;

	for (int i = 0; state != 'S'; i++) {
		assert_in_range(i, 0, PATIENCE_MS);
		usleep(i ? 1000 : 0);
		if (!atomic_load(id))
			continue;
		snprintf(path, sizeof path, "/proc/self/task/%d/stat", atomic_load(id));
		FILE *stat = fopen(path, "r");
		assert_non_null(stat);
		/* "ID (NAME) STATE": proc_pid_stat(5) */
		assert_int_equal(fscanf(stat, "%*d (%*[^)]) %c", &state), 1);
		fclose(stat);
	}
}

static void closing_wakes_who_waits(void **state)
{
	(void)state;
	OWNED(mailbox) mailbox = mailbox_new(10, letter_free, &err);
	pthread_t waiter;
	void *got = mailbox;
	assert_int_equal(pthread_create(&waiter, NULL, wait_for_the_end, mailbox), 0);
	wait_until_asleep(&waiter_id);
	mailbox_close(mailbox);
	pthread_join(waiter, &got);
	assert_null(got);
}

struct sender {
	pthread_t thread;
	struct mailbox *mailbox;
	int id;
};

static void *send_letters(void *context)
{
	const struct sender *sender = context;
	for (int i = 0; i < LETTERS; i++) {
		struct message *message = letter_new(sender->id, i);
		while (!mailbox_send(sender->mailbox, message))
			usleep(50);
	}
	return NULL;
}

static void many_senders_lose_nothing_and_each_keeps_its_order(void **state)
{
	(void)state;
	OWNED(mailbox) mailbox = mailbox_new(16, letter_free, &err);
	struct sender senders[SENDERS];
	int next[SENDERS] = { 0 }, total = 0;
	for (int i = 0; i < SENDERS; i++) {
		senders[i] = (struct sender){ .mailbox = mailbox, .id = i };
		assert_int_equal(
			pthread_create(&senders[i].thread, NULL, send_letters, &senders[i]), 0);
	}
	while (total < SENDERS * LETTERS) {
		struct message *message = mailbox_wait(mailbox), *rest;
		int batch = 0;
		for (; message; message = rest, total++, batch++) {
			struct letter *letter = (struct letter *)message;
			rest = message->next;
			assert_int_equal(letter->number, next[letter->sender]);
			next[letter->sender]++;
			free(letter);
		}
		assert_in_range(batch, 1, 16);
	}
	for (int i = 0; i < SENDERS; i++)
		pthread_join(senders[i].thread, NULL);
	assert_int_equal(mailbox_count(mailbox), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_in_the_order_in_which_they_were_sent),
		cmocka_unit_test(one_too_many_stays_with_its_sender),
		cmocka_unit_test(a_mailbox_that_was_emptied_takes_as_many_again),
		cmocka_unit_test(the_descriptor_is_readable_exactly_while_messages_wait),
		cmocka_unit_test(what_still_waits_is_freed_with_the_mailbox),
		cmocka_unit_test(a_closed_mailbox_hands_out_what_it_has_and_takes_nothing),
		cmocka_unit_test(closing_wakes_who_waits),
		cmocka_unit_test(many_senders_lose_nothing_and_each_keeps_its_order),
	};
	return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
