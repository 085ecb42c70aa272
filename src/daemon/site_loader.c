/* daemon/site_loader.c - one after the other. */
#include "daemon/site_loader.h"
#include "base/log/log.h"
#include "base/mailbox.h"
#include "base/thread.h"
#include <stdatomic.h>

struct site_loader {
	struct site_loader_options options;
	struct mailbox *wishes;
	struct store *reader; /* used by the thread only */
	pthread_t thread;
	atomic_bool is_stopping;
};

struct loader_wish {
	struct message message; /* first member */
	struct site_work *work; /* NULL: a command */
	struct wall since;
	struct dispatch_command *command;
};

static void wish_free(struct message *message)
{
	struct loader_wish *wish = (struct loader_wish *)(void *)message;
	site_work_free(wish->work);
	if (wish->command)
		dispatch_command_refuse(wish->command, "the daemon is stopping");
	free(wish);
}

static void load(struct site_loader *loader, struct loader_wish *wish)
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
static void find(struct site_loader *loader, struct loader_wish *wish)
{
	struct error ignored;
	bool is_there = false;
	if (!dispatch_command_find(
		    wish->command, loader->reader, wish->command->refresh, &is_there, &ignored))
		is_there = false;
	loader->options.found(TAKE(wish->command), is_there, loader->options.context);
}

static void fulfil(struct site_loader *loader, struct loader_wish *wish)
{
	if (wish->work)
		load(loader, wish);
	else
		find(loader, wish);
}

static void *run(void *context)
{
	struct site_loader *loader = context;
	struct message *message, *next;
	while ((message = mailbox_wait(loader->wishes))) {
		for (; message; message = next) {
			next = message->next;
			if (!atomic_load(&loader->is_stopping))
				fulfil(loader, (struct loader_wish *)(void *)message);
			wish_free(message);
		}
	}
	return NULL;
}

static void site_loader_free(struct site_loader *loader)
{
	mailbox_free(loader->wishes);
	store_close(loader->reader);
	free(loader);
}

struct site_loader *site_loader_start(const struct site_loader_options *options, struct error *err)
{
	struct site_loader *loader = mem_new(struct site_loader);
	loader->options = *options;
	loader->wishes = mailbox_new(SIZE_MAX, wish_free, err);
	loader->reader = loader->wishes ? store_open(options->store, STORE_READ, err) : NULL;
	if (loader->reader &&
		thread_start(&loader->thread, THREAD_ANY, "site loader", run, loader, err))
		return loader;
	site_loader_free(loader);
	return NULL;
}

static void wish(struct site_loader *loader, struct loader_wish wish)
{
	struct loader_wish *copy = mem_new(struct loader_wish);
	*copy = wish;
	if (!mailbox_send(loader->wishes, &copy->message))
		wish_free(&copy->message);
}

void site_loader_load(struct site_loader *loader, struct site_work *work, struct wall since)
{
	wish(loader, (struct loader_wish){ .work = work, .since = since });
}

void site_loader_find(struct site_loader *loader, struct dispatch_command *command)
{
	wish(loader, (struct loader_wish){ .command = command });
}

void site_loader_stop(struct site_loader *loader)
{
	if (!loader)
		return;
	atomic_store(&loader->is_stopping, true);
	mailbox_close(loader->wishes);
	thread_join(loader->thread);
	site_loader_free(loader);
}
