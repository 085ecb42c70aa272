/*
 * admin/origin.c - refuses requests that a stranger's page makes in an operator's browser. Such a
 * page can reach this listener under its own name (DNS rebinding), so the Host must be one of ours;
 * and for every change, the browser names the page's origin, which must be ours too.
 */
#include "admin/handler.h"
#include "base/web/host.h"
#include "config/config.h"

/*
 * Any address counts as our own when the listener has all addresses: a stranger cannot rebind an
 * address, and behind a container's network we do not know by which ones we are reached.
 */
static bool is_own_address(const struct admin *admin, struct str host)
{
	struct str own = host_of(str_of(admin->listen));
	switch (host_kind_of(host)) {
	case HOST_LOOPBACK:
		return true;
	case HOST_ADDRESS:
		return host_kind_of(own) == HOST_ANY || host_equal(host, own);
	case HOST_NAME:
		return host_equal(host, own);
	case HOST_ANY:
		break;
	}
	return false;
}

/*
 * Over a Unix socket comes who may open its file, or a proxy of the operator's. Programs write any
 * one word for a host there ("localhost", "unix"), a proxy passes on an address. A page that was
 * rebound has the name of a stranger's domain, which has a dot.
 */
static bool is_no_domain(const struct web_request *request, struct str host)
{
	enum host_kind kind = host_kind_of(host);
	struct peer_about peer;
	web_peer(request, &peer);
	return peer.kind == PEER_SOCKET &&
	       (kind == HOST_ADDRESS || (kind == HOST_NAME && !memchr(host.at, '.', host.length)));
}

static bool is_for_us(const struct admin *admin, const struct web_request *request)
{
	struct str authority = str_of(web_host(request)), host = host_of(authority);
	/* No Host: an HTTP/1.0 request, which simple health checks send and browsers do not. */
	if (!authority.length || is_own_address(admin, host) || is_no_domain(request, host))
		return true;
	OWNED(config) config = config_slot_get(admin->options.configs);
	for (size_t i = 0; i < config->admin_hosts.count; i++)
		if (host_equal(host, str_of(config->admin_hosts.items[i])))
			return true;
	return false;
}

/* Does it name a scheme that our own pages may have been loaded by? Without TLS here they may come
 * through a proxy that has it, which then also sees to it that nothing else comes. */
static const char *host_of_origin(const struct admin *admin, const char *origin)
{
	static const char *const schemes[] = { "https://", "http://" };
	for (size_t i = 0; i < (admin->has_tls ? 1U : 2U); i++)
		if (str_starts(str_of(origin), schemes[i]))
			return origin + strlen(schemes[i]);
	return NULL;
}

/* Browsers say how the page's origin and ours are related, which tells http from https behind a
 * proxy too; "none" is a person's own doing. */
static bool is_related(const struct web_request *request)
{
	const char *relation = web_header(request, "Sec-Fetch-Site");
	return !relation || text_is(relation, "same-origin") || text_is(relation, "none");
}

/* Our own origin is the Host of the request, by our scheme. */
static bool is_by_us(const struct admin *admin, const struct web_request *request)
{
	const char *origin = web_header(request, "Origin");
	const char *host = origin ? host_of_origin(admin, origin) : NULL;
	return !origin || (host && text_is_nocase(host, web_host(request)));
}

/* A link leads here from any page. As a script or a picture of a stranger's page, what we tell
 * would be of use to nobody but those who measure it, and each would cost a query. */
static bool is_link(const struct web_request *request)
{
	return text_is(web_header(request, "Sec-Fetch-Mode"), "navigate");
}

const char *admin_refusal_of(const struct admin *admin, const struct web_request *request)
{
	bool is_change = strcmp(web_method(request), "GET") && strcmp(web_method(request), "HEAD");
	if (!is_for_us(admin, request))
		return "the name in the Host field is not one of this listener's; its names "
		       "belong under 'admin_hosts' in the configuration";
	if (is_change && !(is_related(request) && is_by_us(admin, request)))
		return "a page of another origin may not do this";
	if (!is_change && !is_related(request) && !is_link(request))
		return "a page of another origin may lead here, and not ask for a part of itself";
	return NULL;
}
