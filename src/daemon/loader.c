/* daemon/loader.c - one site after the other. */
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
	struct site_work *work;
	struct wall since;
};

static void wish_free(struct message *message)
{
	struct wish *wish = (struct wish *)(void *)message;
	site_work_free(wish->work);
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

static void *run(void *context)
{
	struct loader *loader = context;
	struct message *message, *next;
	while ((message = mailbox_wait(loader->wishes))) {
		for (; message; message = next) {
			next = message->next;
			if (!atomic_load(&loader->is_stopping))
				load(loader, (struct wish *)(void *)message);
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

void loader_load(struct loader *loader, struct site_work *work, struct wall since)
{
	struct wish *wish = mem_new(struct wish);
	*wish = (struct wish){ .work = work, .since = since };
	if (!mailbox_send(loader->wishes, &wish->message))
		wish_free(&wish->message);
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
