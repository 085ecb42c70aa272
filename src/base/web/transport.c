/*
 * base/web/transport.c - the only file that uses libcurl's multi interface.
 *
 * An exchange:  sent --> in flight --> finished: its callback runs, then it is freed
 *
 * A request may start a costly job, so a failure says whether the request may have been sent: not
 * if the name does not resolve, or if connection or TLS handshake fail; possibly after the first
 * byte of the request.
 */
#include "base/web/transport.h"
#include "base/web/host.h"
#include "build.h"
#include <curl/curl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <strings.h>
#include <sys/resource.h>

#define REPLY_BYTES ((size_t)16 << 20) /* 1,000 workbooks with all fields are about 1 MiB */
#define CONNECT_TIMEOUT_MS 10000L
/* Load balancers drop idle connections after 60 s or more, some silently (src/tableau/README.md,
 * Gateways). */
#define REUSE_SECONDS 55L
/* By default libcurl keeps four connections for each request in flight; ten quiet sites would lose
 * theirs. */
#define LEAST_CONNECTIONS 64L
#define MOST_CONNECTIONS 4096L

struct transport {
	CURLM *multi;
	struct exchange *exchanges;
	size_t count;
};

struct exchange {
	struct exchange *next, *previous;
	struct transport *transport;
	CURL *easy;
	struct curl_slist *headers;
	struct secret *body;
	size_t body_read;
	struct text reply, location;
	bool drops_rest, is_too_large, has_ca_file, has_proxy;
	int64_t retry_after_us;
	struct wall retry_at, asked_at;
	struct told_time told; /* the Date header, with our time before and after it */
	bool is_from_cache;
	char failure[CURL_ERROR_SIZE];
	const void *owner;
	reply_done *callback;
	void *context;
};

struct transport *transport_new(void)
{
	struct transport *transport = mem_new(struct transport);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	transport->multi = curl_multi_init();
	if (!transport->multi)
		abort();
	transport_keep(transport, 0);
	return transport;
}

/* Half of the process's descriptors; the other half is for our own listeners. */
static long most_connections(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur / 2 >= (rlim_t)MOST_CONNECTIONS)
		return MOST_CONNECTIONS;
	return (long)(limit.rlim_cur / 2);
}

void transport_keep(struct transport *transport, int64_t connections)
{
	long most = most_connections();
	long kept = connections < LEAST_CONNECTIONS ? LEAST_CONNECTIONS
		    : connections < most            ? (long)connections
						    : most;
	curl_multi_setopt(transport->multi, CURLMOPT_MAXCONNECTS, kept);
}

/* ---- one exchange ---- */

static void wipe_headers(struct curl_slist *headers)
{
	for (struct curl_slist *header = headers; header; header = header->next)
		secret_wipe(header->data,
			strlen(header->data)); /* one of the headers may be the token */
	curl_slist_free_all(headers);
}

static void exchange_free(struct exchange *exchange)
{
	struct transport *transport = exchange->transport;
	if (exchange->previous)
		exchange->previous->next = exchange->next;
	else
		transport->exchanges = exchange->next;
	if (exchange->next)
		exchange->next->previous = exchange->previous;
	transport->count--;
	curl_multi_remove_handle(transport->multi, exchange->easy);
	curl_easy_cleanup(exchange->easy);
	wipe_headers(exchange->headers);
	secret_free(exchange->body);
	/* a sign-in's reply holds the token */
	secret_wipe(exchange->reply.at, exchange->reply.length);
	text_clear(&exchange->reply);
	text_clear(&exchange->location);
	free(exchange);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
	struct exchange *exchange = context;
	size_t length = size * count;
	if (text_add_bytes(&exchange->reply, bytes, length) || exchange->drops_rest)
		return length;
	exchange->is_too_large = true;
	return 0; /* ends the transfer */
}

static struct str header_value(struct str line, const char *name)
{
	size_t length = strlen(name);
	if (line.length <= length || strncasecmp(line.at, name, length))
		return (struct str){ 0 };
	return str_trim((struct str){ line.at + length, line.length - length });
}

static struct wall read_http_date(const char *text)
{
	time_t at = curl_getdate(text, NULL);
	return (struct wall){ at > 0 ? (int64_t)at * US_PER_SECOND : 0 };
}

static void read_retry_after(struct exchange *exchange, struct str value)
{
	int64_t seconds;
	OWNED_MEMORY char *text = mem_copy_bytes(value.at, value.length);
	bool is_number = value.length && strspn(text, "0123456789") == value.length;
	if (is_number)
		exchange->retry_after_us =
			str_to_count(value, &seconds) && seconds < MOST_RETRY_AFTER / US_PER_SECOND
				? seconds * US_PER_SECOND
				: MOST_RETRY_AFTER;
	else
		exchange->retry_at = read_http_date(text);
}

/* A date is read by the server's clock, which the same answer reports. */
static int64_t retry_after(const struct exchange *exchange)
{
	struct wall now = wall_is_set(exchange->told.at) ? exchange->told.at : clock_wall();
	int64_t left = exchange->retry_at.us - now.us;
	if (!wall_is_set(exchange->retry_at))
		return exchange->retry_after_us;
	if (left > MOST_RETRY_AFTER)
		left = MOST_RETRY_AFTER;
	return left > 0 ? left : 0;
}

static void read_date(struct exchange *exchange, struct str value)
{
	OWNED_MEMORY char *text = mem_copy_bytes(value.at, value.length);
	exchange->told.at = read_http_date(text);
	exchange->told.before = clock_mono(); /* now, because the body may come much later */
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
	struct exchange *exchange = context;
	struct str line = { bytes, size * count }, value;
	if ((value = header_value(line, "Retry-After:")).length)
		read_retry_after(exchange, value);
	else if ((value = header_value(line, "Date:")).length)
		read_date(exchange, value);
	else if ((value = header_value(line, "Age:")).length)
		exchange->is_from_cache =
			true; /* RFC 9111, 5.1: Date is then the time of storing */
	else if ((value = header_value(line, "Location:")).length && !exchange->location.length)
		text_add_str(&exchange->location, value);
	return line.length;
}

static size_t give_body(char *buffer, size_t size, size_t count, void *context)
{
	struct exchange *exchange = context;
	struct str body = secret_bytes(exchange->body);
	size_t length = body.length - exchange->body_read;
	if (length > size * count)
		length = size * count;
	memcpy(buffer, body.at + exchange->body_read, length);
	exchange->body_read += length;
	return length;
}

/*
 * If a reused connection dies before the first byte of the answer, libcurl sends the request again
 * by itself; after a lost reply that would be a second refresh. It gives up instead if the body
 * comes from a callback that cannot be rewound (Curl_retry_request, Curl_readrewind in libcurl
 * 7.88: CURLE_SEND_FAIL_REWIND), and we look for the job.
 */
static void set_body(struct exchange *exchange, const struct transport_request *request)
{
	CURL *easy = exchange->easy;
	struct str body = request->body ? secret_bytes(request->body) : STR("");
	if (request->method == METHOD_GET)
		return;
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	if (request->method == METHOD_PUT)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PUT");
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.length);
	if (request->at_most_once) {
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
		curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
	} else {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.at);
	}
}

static void add_header(struct exchange *exchange, const struct transport_header *header)
{
	size_t size = strlen(header->name) + sizeof ": " + header->value.length;
	/* in one block, because a growing text would leave unwiped parts */
	OWNED_MEMORY char *line = mem_alloc(size);
	snprintf(line, size, "%s: %.*s", header->name, (int)header->value.length, header->value.at);
	exchange->headers = curl_slist_append(exchange->headers, line);
	secret_wipe(line, size);
}

static void set_headers(struct exchange *exchange, const struct transport_request *request)
{
	exchange->headers = curl_slist_append(NULL, "Accept: application/json");
	exchange->headers = curl_slist_append(exchange->headers, "Content-Type: application/json");
	/* saves a round trip before a body of two bytes */
	exchange->headers = curl_slist_append(exchange->headers, "Expect:");
	for (size_t i = 0; i < TRANSPORT_HEADERS && request->headers[i].name; i++)
		add_header(exchange, &request->headers[i]);
	curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers);
}

static void set_options(struct exchange *exchange, const struct transport_request *request)
{
	CURL *easy = exchange->easy;
	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Else a request that has timed out while its host is looked up waits for the end of that,
	 * and with it all others of this thread: libcurl joins the thread that looks it up
	 * (Curl_resolver_kill in lib/asyn-thread.c of 7.88). */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "refresh-router/" PACKAGE_VERSION);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	/* Only the configured proxy: "" keeps libcurl from reading https_proxy and no_proxy. */
	curl_easy_setopt(easy, CURLOPT_PROXY, request->proxy ? request->proxy : "");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	/* a proxy's Date is not Tableau's */
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, REUSE_SECONDS);
	if (request->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->failure);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
}

void transport_send(struct transport *transport, struct transport_request request,
	reply_done *callback, void *context)
{
	struct exchange *exchange = mem_new(struct exchange);
	exchange->transport = transport;
	exchange->callback = callback;
	exchange->context = context;
	exchange->body = request.body;
	exchange->owner = request.owner;
	exchange->has_ca_file = request.ca_file;
	exchange->has_proxy = request.proxy;
	exchange->asked_at = clock_wall();
	exchange->told.after = clock_mono();
	exchange->drops_rest = request.reply_bytes;
	exchange->reply = TEXT(request.reply_bytes ? request.reply_bytes : REPLY_BYTES);
	exchange->location = TEXT(2048);
	exchange->easy = curl_easy_init();
	if (!exchange->easy)
		abort();
	set_options(exchange, &request);
	set_headers(exchange, &request);
	set_body(exchange, &request);
	exchange->next = transport->exchanges;
	if (exchange->next)
		exchange->next->previous = exchange;
	transport->exchanges = exchange;
	transport->count++;
	curl_multi_add_handle(transport->multi, exchange->easy);
}

/* ---- the end of an exchange ---- */

/* Is the certificate's authority unknown? Otherwise its name or dates are wrong. */
static bool is_unknown_authority(const struct exchange *exchange)
{
	long verdict = 0;
	curl_easy_getinfo(exchange->easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
	return verdict == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       verdict == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       verdict == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
	       verdict == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
	       verdict == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

/* What a person can do about it, or "". */
static const char *remedy(const struct exchange *exchange, CURLcode code, long connect_status)
{
	if (connect_status == 407)
		return ": the proxy wants credentials, and only a proxy that needs none is "
		       "supported: have it let us through, or write another `proxy`";
	if (connect_status >= 400)
		return ": the proxy says so, not the server: have it let us through to this host, "
		       "or "
		       "write another `proxy`";
	if (code == CURLE_COULDNT_RESOLVE_PROXY)
		return ": write another `proxy`";
	if (code == CURLE_COULDNT_RESOLVE_HOST)
		return ": look at the host's name, or write the `proxy` that knows it";
	if (code == CURLE_COULDNT_CONNECT && exchange->has_proxy)
		return ": that is the `proxy`, not the server";
	if (code == CURLE_SSL_CACERT_BADFILE)
		return ": `ca_file` is to hold certificates in PEM form";
	if (code == CURLE_PEER_FAILED_VERIFICATION && is_unknown_authority(exchange))
		return exchange->has_ca_file
			       ? ": `ca_file` does not hold the authority that signed it"
			       : ": write the certificate of the authority that signed it into a "
				 "file, and its path as `ca_file`";
	return "";
}

static void explain_failure(struct exchange *exchange, CURLcode code, struct text *out)
{
	long connect_status = 0;
	curl_easy_getinfo(exchange->easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
	if (exchange->is_too_large)
		text_add(out, "the answer is larger than 16 MiB");
	else
		text_printf(out, "%s%s",
			*exchange->failure ? exchange->failure : curl_easy_strerror(code),
			remedy(exchange, code, connect_status));
}

static void finish(struct exchange *exchange, CURLcode code)
{
	OWNED_TEXT struct text failure = TEXT(1000);
	long status = 0, sent = 0;
	curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_off_t begun = 0;
	curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &sent);
	/* The size includes a CONNECT to a proxy; the request itself begins after that. */
	curl_easy_getinfo(exchange->easy, CURLINFO_PRETRANSFER_TIME_T, &begun);
	if (code != CURLE_OK || status <= 0)
		explain_failure(exchange, code, &failure);
	struct told_time told = { 0 };
	if (!exchange->is_from_cache)
		told = exchange->told;
	struct transport_reply reply = {
		.is_answered = code == CURLE_OK && status > 0,
		.may_be_sent = sent > 0 && begun > 0,
		.failure = failure.at,
		.failure_kind = exchange->is_too_large ? failure.at : curl_easy_strerror(code),
		.http_status = (int)status,
		.body = text_str(&exchange->reply),
		.is_too_large = exchange->is_too_large,
		.retry_after_us = retry_after(exchange),
		.told = told,
		.location = exchange->location.at,
		.asked_at = exchange->asked_at,
	};
	exchange->callback(&reply, exchange->context);
	exchange_free(exchange);
}

/* True if an exchange ended. */
static bool finish_all(struct transport *transport)
{
	const CURLMsg *message;
	int left;
	bool any = false;
	while ((message = curl_multi_info_read(transport->multi, &left))) {
		struct exchange *exchange;
		if (message->msg != CURLMSG_DONE)
			continue;
		/* copied, because the message ends with its handle */
		CURLcode code = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
		finish(exchange, code);
		any = true;
	}
	return any;
}

void transport_step(struct transport *transport, int timeout_ms, int wake_fd)
{
	struct curl_waitfd wake = { .fd = wake_fd, .events = CURL_WAIT_POLLIN };
	int running;
	if (!transport)
		return;
	/* starts exchanges added since the last step */
	curl_multi_perform(transport->multi, &running);
	if (finish_all(transport)) /* which may have ended at once: then do not wait */
		return;
	curl_multi_poll(transport->multi, &wake, wake_fd >= 0 ? 1 : 0, timeout_ms, NULL);
	curl_multi_perform(transport->multi, &running);
	finish_all(transport);
}

size_t transport_in_flight(const struct transport *transport)
{
	return transport ? transport->count : 0;
}

bool transport_is_private(const char *url)
{
	char *scheme = NULL, *host = NULL;
	CURLU *read = curl_url();
	bool is_read = !curl_url_set(read, CURLUPART_URL, url, CURLU_GUESS_SCHEME) &&
		       !curl_url_get(read, CURLUPART_SCHEME, &scheme, 0) &&
		       !curl_url_get(read, CURLUPART_HOST, &host, 0);
	bool is_safe = is_read && (!strcmp(scheme, "https") ||
					  host_kind_of(host_of(str_of(host))) == HOST_LOOPBACK);
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(read);
	return is_safe;
}

static struct exchange *exchange_of(const struct transport *transport, const void *owner)
{
	struct exchange *exchange = transport ? transport->exchanges : NULL;
	while (exchange && exchange->owner != owner)
		exchange = exchange->next;
	return exchange;
}

bool transport_is_asking(const struct transport *transport, const void *owner)
{
	return exchange_of(transport, owner);
}

void transport_drop(struct transport *transport, const void *owner)
{
	struct exchange *exchange;
	while ((exchange = exchange_of(transport, owner)))
		finish(exchange, CURLE_ABORTED_BY_CALLBACK);
}

void transport_free(struct transport *transport)
{
	if (!transport)
		return;
	while (transport->exchanges)
		finish(transport->exchanges, CURLE_ABORTED_BY_CALLBACK);
	curl_multi_cleanup(transport->multi);
	free(transport);
}
