/* daemon/loader.c - one after the other. */
#include "daemon/loader.h"
#include "base/log/log.h"
#include "base/mailbox.h"
#include "base/thread.h"
#include <stdatomic.h>

struct loader {
	struct loader_options options;
	struct mailbox *wishes;
	struct store *reader; /* used by the thread only */
	pthread_t thread;
	atomic_bool is_stopping;
};

struct wish {
	struct message message; /* first member */
	struct site_work *work; /* NULL: a command */
	struct wall since;
	struct dispatch_command *command;
};

static void wish_free(struct message *message)
{
	struct wish *wish = (struct wish *)(void *)message;
	site_work_free(wish->work);
	if (wish->command)
		dispatch_command_refuse(wish->command, "the daemon is stopping");
	free(wish);
}

static void load(struct loader *loader, struct wish *wish)
{
	struct error err;
	bool is_read = site_work_load(wish->work, loader->reader, wish->since, &err);
	if (!is_read)
		log_warning("the work of a site cannot be read; it is tried again",
			KV("site", site_work_site(wish->work)),
			KV("reason", (const char *)err.message));
	loader->options.done(TAKE(wish->work), is_read, loader->options.context);
}

/* A refresh that cannot be read is not there: somebody looks at it again. */
static void find(struct loader *loader, struct wish *wish)
{
	struct error ignored;
	bool is_there = false;
	if (!dispatch_command_find(
		    wish->command, loader->reader, wish->command->refresh, &is_there, &ignored))
		is_there = false;
	loader->options.found(TAKE(wish->command), is_there, loader->options.context);
}

static void fulfil(struct loader *loader, struct wish *wish)
{
	if (wish->work)
		load(loader, wish);
	else
		find(loader, wish);
}

static void *run(void *context)
{
	struct loader *loader = context;
	struct message *message, *next;
	while ((message = mailbox_wait(loader->wishes))) {
		for (; message; message = next) {
			next = message->next;
			if (!atomic_load(&loader->is_stopping))
				fulfil(loader, (struct wish *)(void *)message);
			wish_free(message);
		}
	}
	return NULL;
}

static void loader_free(struct loader *loader)
{
	mailbox_free(loader->wishes);
	store_close(loader->reader);
	free(loader);
}

struct loader *loader_start(const struct loader_options *options, struct error *err)
{
	struct loader *loader = mem_new(struct loader);
	loader->options = *options;
	loader->wishes = mailbox_new(SIZE_MAX, wish_free, err);
	loader->reader = loader->wishes ? store_open(options->store, STORE_READ, err) : NULL;
	if (loader->reader &&
		thread_start(&loader->thread, THREAD_ANY, "site loader", run, loader, err))
		return loader;
	loader_free(loader);
	return NULL;
}

static void wish(struct loader *loader, struct wish wish)
{
	struct wish *copy = mem_new(struct wish);
	*copy = wish;
	if (!mailbox_send(loader->wishes, &copy->message))
		wish_free(&copy->message);
}

void loader_load(struct loader *loader, struct site_work *work, struct wall since)
{
	wish(loader, (struct wish){ .work = work, .since = since });
}

void loader_find(struct loader *loader, struct dispatch_command *command)
{
	wish(loader, (struct wish){ .command = command });
}

void loader_stop(struct loader *loader)
{
	if (!loader)
		return;
	atomic_store(&loader->is_stopping, true);
	mailbox_close(loader->wishes);
	thread_join(loader->thread);
	loader_free(loader);
}
