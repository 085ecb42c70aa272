/* base/mailbox.c - a locked list of messages and an eventfd. */
#include "base/mailbox.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
	pthread_mutex_t lock;
	struct message *first, **last;
	size_t count, most;
	bool is_closed;
	int fd; /* an eventfd, not zero while messages wait or the box is closed */
	void (*free_message)(struct message *);
};

struct mailbox *mailbox_new(size_t most, void (*free_message)(struct message *), struct error *err)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0) {
		IGNORE(error_fail(err, ERROR_SYSTEM, "eventfd: %s", strerror(errno)));
		return NULL;
	}
	struct mailbox *mailbox = mem_new(struct mailbox);
	pthread_mutex_init(&mailbox->lock, NULL);
	mailbox->last = &mailbox->first;
	mailbox->most = most;
	mailbox->free_message = free_message;
	mailbox->fd = fd;
	return mailbox;
}

void mailbox_free(struct mailbox *mailbox)
{
	if (!mailbox)
		return;
	struct message *message = mailbox->first, *next;
	for (; message; message = next) {
		next = message->next;
		if (mailbox->free_message)
			mailbox->free_message(message);
	}
	close(mailbox->fd);
	pthread_mutex_destroy(&mailbox->lock);
	free(mailbox);
}

static void wake(struct mailbox *mailbox)
{
	uint64_t one = 1;
	IGNORE(write(mailbox->fd, &one, sizeof one) < 0);
}

static bool send(struct mailbox *mailbox, struct message *message, size_t most)
{
	pthread_mutex_lock(&mailbox->lock);
	bool is_taken = !mailbox->is_closed && mailbox->count < most;
	if (is_taken) {
		message->next = NULL;
		*mailbox->last = message;
		mailbox->last = &message->next;
		if (!mailbox->count++)
			wake(mailbox);
	}
	pthread_mutex_unlock(&mailbox->lock);
	return is_taken;
}

bool mailbox_send(struct mailbox *mailbox, struct message *message)
{
	return send(mailbox, message, mailbox->most);
}

bool mailbox_send_answer(struct mailbox *mailbox, struct message *message)
{
	return send(mailbox, message, SIZE_MAX);
}

struct message *mailbox_take_all(struct mailbox *mailbox)
{
	uint64_t told;
	pthread_mutex_lock(&mailbox->lock);
	struct message *first = mailbox->first;
	mailbox->first = NULL;
	mailbox->last = &mailbox->first;
	mailbox->count = 0;
	if (!mailbox->is_closed)
		IGNORE(read(mailbox->fd, &told, sizeof told) < 0);
	pthread_mutex_unlock(&mailbox->lock);
	return first;
}

static bool is_closed(struct mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->lock);
	bool closed = mailbox->is_closed;
	pthread_mutex_unlock(&mailbox->lock);
	return closed;
}

struct message *mailbox_wait(struct mailbox *mailbox)
{
	for (;;) {
		bool was_closed = is_closed(mailbox);
		struct message *first = mailbox_take_all(mailbox);
		if (first || was_closed)
			return first;
		struct pollfd fd = { .fd = mailbox->fd, .events = POLLIN };
		poll(&fd, 1, -1);
	}
}

int mailbox_fd(const struct mailbox *mailbox)
{
	return mailbox->fd;
}

size_t mailbox_count(struct mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->lock);
	size_t count = mailbox->count;
	pthread_mutex_unlock(&mailbox->lock);
	return count;
}

void mailbox_close(struct mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->lock);
	mailbox->is_closed = true;
	wake(mailbox);
	pthread_mutex_unlock(&mailbox->lock);
}
