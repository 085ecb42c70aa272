/* cli/verify/dbt_api.c - asks dbt's API page by page, and reads its answers. */
#include "cli/verify/dbt_api.h"
#include "base/clock.h"
#include "base/json.h"
#include <curl/curl.h>

#define PAGE_ITEMS 100 /* dbt's maximum (src/event/README.md, Subscriptions) */
#define MOST_ITEMS 5000
#define MOST_VALUES 10000 /* jobs or types of one subscription */
#define ANSWER_BYTES ((size_t)8 << 20)
#define LONGEST_REASON 200

/* ---- reading ---- */

/* A list of texts or numbers: both were seen for job ids. */
static const char *const *read_values(const cJSON *list, size_t *count, struct arena *arena)
{
	const cJSON *value;
	size_t most = (size_t)cJSON_GetArraySize(list);
	const char **values = arena_array(arena, const char *, most + 1);
	*count = 0;
	cJSON_ArrayForEach(value, list)
	{
		if (*count < MOST_VALUES)
			values[(*count)++] = arena_text(arena, json_value_text(value));
	}
	return values;
}

static struct dbt_subscription read_one(const cJSON *json, struct arena *arena)
{
	struct dbt_subscription one = {
		.id = arena_text(arena, json_text(json, "id")),
		.name = arena_text(arena, json_text(json, "name")),
		.client_url = arena_text(arena, json_text(json, "client_url")),
		.is_active = json_flag(json, "active", false),
		.deactivate_reason = arena_text(arena, json_text(json, "deactivate_reason")),
		.last_status = arena_text(arena, json_text(json, "http_status_code")),
	};
	one.jobs = read_values(json_get(json, "job_ids"), &one.job_count, arena);
	one.events = read_values(json_get(json, "event_types"), &one.event_count, arena);
	return one;
}

bool dbt_subscriptions_parse(struct str body, struct arena *arena, struct dbt_subscriptions *list,
	int64_t *total, struct error *err)
{
	OWNED_JSON json = json_parse(body, err);
	const cJSON *data = json_get(json, "data"), *one;
	if (!json)
		return error_context(err, "the answer of dbt's API cannot be read");
	if (!cJSON_IsArray(data))
		return error_fail(err, ERROR_REFUSED,
			"the answer has no list of webhooks in it; is 'url' that of dbt's API?");
	size_t more = (size_t)cJSON_GetArraySize(data);
	struct dbt_subscription *items =
		arena_array(arena, struct dbt_subscription, list->count + more + 1);
	if (list->count)
		memcpy(items, list->items, list->count * sizeof *items);
	list->items = items;
	cJSON_ArrayForEach(one, data)
	{
		items[list->count++] = read_one(one, arena);
	}
	if (!json_count(json_get(json_get(json, "extra"), "pagination"), "total_count", total))
		*total = (int64_t)list->count;
	return true;
}

bool dbt_subscription_is_for(const struct dbt_subscription *subscription, const char *source)
{
	const char *host = strstr(subscription->client_url, "://");
	struct str path = str_of(host ? host + 3 : subscription->client_url);
	OWNED_TEXT struct text wanted = TEXT(TEXT_UNBOUNDED);
	path.length = strcspn(path.at, "?#");
	while (str_ends(path, "/"))
		path.length--;
	text_printf(&wanted, "/webhooks/%s", source);
	return str_ends(path, wanted.at);
}

bool dbt_subscription_covers(const struct dbt_subscription *subscription, const char *job)
{
	return !job || !subscription->job_count ||
	       text_is_among(job, subscription->jobs, subscription->job_count);
}

bool dbt_subscription_sends(
	const struct dbt_subscription *subscription, const char *const *events, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_is_among(events[i], subscription->events, subscription->event_count))
			return true;
	return !count;
}

/* ---- asking ---- */

static size_t take(char *bytes, size_t size, size_t count, void *context)
{
	return text_add_bytes(context, bytes, size * count) ? size * count : 0;
}

static struct curl_slist *headers_with(const struct secret *token)
{
	struct str bytes = secret_bytes(token);
	size_t size = sizeof "Authorization: Token " + bytes.length;
	/* in one block, because a growing text would leave unwiped parts */
	OWNED_MEMORY char *line = mem_alloc(size);
	snprintf(line, size, "Authorization: Token %.*s", (int)bytes.length, bytes.at);
	struct curl_slist *headers =
		curl_slist_append(curl_slist_append(NULL, "Accept: application/json"), line);
	secret_wipe(line, size);
	return headers;
}

static void wipe_headers(struct curl_slist *headers)
{
	for (struct curl_slist *header = headers; header; header = header->next)
		secret_wipe(header->data, strlen(header->data)); /* one of them is the token */
	curl_slist_free_all(headers);
}

static CURLcode perform(CURL *easy, const char *url, const struct secret *token, int64_t us,
	struct text *answer, char *failure)
{
	struct curl_slist *headers = headers_with(token);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	/* A redirect would take the token to another host. */
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(us / US_PER_MS));
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, failure);
	CURLcode code = curl_easy_perform(easy);
	wipe_headers(headers);
	return code;
}

/* Why dbt refuses, in its words, unless they repeat the token. */
static bool refuse(
	long status, const struct text *answer, const struct secret *token, struct error *err)
{
	struct error ignored;
	OWNED_JSON json = json_parse(text_str(answer), &ignored);
	struct str core = secret_core(secret_bytes(token)),
		   words = str_cut(str_of(json_text(json_get(json, "status"), "user_message")),
			   LONGEST_REASON);
	if (memmem(answer->at, answer->length, core.at, core.length))
		words = STR("the answer repeats the token, so it is not shown");
	const char *advice = status == 401 || status == 403
				     ? "; may the token of 'dbt_api' read webhooks?"
			     : status == 404 ? "; are 'url' and 'account_id' of one account?"
					     : "";
	return error_fail(err, ERROR_REFUSED, "dbt's API answers HTTP %ld%s%.*s%s", status,
		words.length ? ": " : "", (int)words.length, words.at, advice);
}

static bool get_page(const char *url, const struct secret *token, int64_t us, struct text *answer,
	struct error *err)
{
	char failure[CURL_ERROR_SIZE] = "";
	long status = 0;
	CURL *easy = curl_easy_init();
	CURLcode code = perform(easy, url, token, us, answer, failure);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(easy);
	if (code != CURLE_OK)
		return error_fail(err, ERROR_TRANSIENT, "dbt's API cannot be reached: %s",
			*failure ? failure : curl_easy_strerror(code));
	return status == 200 || refuse(status, answer, token, err);
}

bool dbt_subscriptions_get(const struct config_source *source, const struct secret *token,
	int64_t us, struct arena *arena, struct dbt_subscriptions *list, struct error *err)
{
	const struct config_dbt_api *api = &source->dbt_api;
	struct mono until = mono_plus(clock_mono(), us);
	int64_t total = INT64_MAX;
	for (size_t before = 0; list->count < MOST_ITEMS && (int64_t)list->count < total;
		before = list->count) {
		OWNED_TEXT struct text url = TEXT(TEXT_UNBOUNDED);
		OWNED_TEXT struct text answer = TEXT(ANSWER_BYTES);
		int64_t left = until.us - clock_mono().us;
		text_printf(&url,
			"%s/api/v3/accounts/%s/webhooks/subscriptions?limit=%d&offset=%zu",
			api->url, api->account_id, PAGE_ITEMS, list->count);
		if (left < US_PER_MS)
			return error_fail(
				err, ERROR_TRANSIENT, "dbt's API took longer than --timeout");
		if (!get_page(url.at, token, left, &answer, err) ||
			!dbt_subscriptions_parse(text_str(&answer), arena, list, &total, err))
			return false;
		if (list->count == before) /* a count that is not reached */
			break;
	}
	return true;
}
