/*
 * admin/origin.c - which requests are for us, and by us. A page of somebody else's that the
 * operator's browser shows can send requests here: its own name may come to mean this machine (DNS
 * rebinding), so the name that a request was sent to has to be ours; and a browser names the origin
 * of every change that a page asks for.
 */
#include "admin/handler.h"
#include "base/host.h"
#include "config/config.h"

/*
 * Of an address that is no name nobody can make an origin of his own. Those that this machine has
 * are not known when it listens on all of them: behind a container's network they are others.
 */
static bool is_own_address(const struct admin *admin, struct str host)
{
	struct str own = host_of(str_of(admin->listen));
	switch (host_kind(host)) {
	case HOST_LOOPBACK:
		return true;
	case HOST_ADDRESS:
		return host_kind(own) == HOST_ANY || host_equal(host, own);
	case HOST_NAME:
		return host_equal(host, own);
	case HOST_ANY:
		break;
	}
	return false;
}

static bool is_for_us(const struct admin *admin, const struct web_request *request)
{
	struct str authority = str_of(web_host(request)), host = host_of(authority);
	/* An HTTP/1.0 request without it: no browser sends that, a simple health check does. */
	if (!authority.length || is_own_address(admin, host))
		return true;
	OWNED(config) config = (struct config *)(void *)shared_slot_get(admin->options.configs);
	for (size_t i = 0; i < config->admin_hosts.count; i++)
		if (host_equal(host, str_of(config->admin_hosts.items[i])))
			return true;
	return false;
}

/* This listener's own origin is the host that it was asked by. */
static bool is_by_us(const struct web_request *request)
{
	const char *origin = web_header(request, "Origin");
	const char *host = origin ? strstr(origin, "://") : NULL;
	return !origin || (host && text_is_nocase(host + 3, web_host(request)));
}

const char *refusal_of(const struct admin *admin, const struct web_request *request)
{
	bool is_change = strcmp(web_method(request), "GET") && strcmp(web_method(request), "HEAD");
	if (!is_for_us(admin, request))
		return "this listener is not known by the name in the Host field; names that it "
		       "has belong under 'admin_hosts' in the configuration";
	if (is_change && !is_by_us(request))
		return "a page of another origin may not do this";
	return NULL;
}
