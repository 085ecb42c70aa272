/* notify/post.c - signs a message, sends it, and reads the reply. */
#include "notify/post.h"
#include "event/signature.h"

#define TIMEOUT_MS 10000
#define WORD_BYTES 60
#define REPLY_BYTES 1000 /* of which only a word is of interest */

bool post_send(struct transport *transport, const struct config_receiver *receiver, const char *id,
	const char *body, reply_done *callback, void *context, struct error *err)
{
	char signature[SIGNATURE_TEXT_SIZE];
	OWNED(secret) address = NULL;
	OWNED(secret) key = NULL;
	if (!receiver->to.url && !(address = secret_load(&receiver->to.secret, err)))
		return false;
	if (receiver->secret.name && !(key = secret_load(&receiver->secret, err)))
		return false;
	struct str url = address ? secret_bytes(address) : str_of(receiver->to.url);
	char *copy = mem_copy_bytes(url.at, url.length);
	/* check saw the address only if it stands in the configuration */
	if (address && !transport_is_private(copy)) {
		secret_wipe(copy, url.length);
		free(copy);
		return error_fail(err, ERROR_INPUT,
			"the address in '%s' is not https://HOST/PATH; put one there",
			receiver->to.secret.name);
	}
	struct transport_request request = {
		.method = METHOD_POST,
		.url = copy,
		.headers = { { POST_ID_HEADER, str_of(id) } },
		.body = secret_copy(str_of(body)),
		.timeout_ms = TIMEOUT_MS,
		.reply_bytes = REPLY_BYTES,
		.ca_file = receiver->ca_file,
		.proxy = receiver->proxy,
	};
	if (key) {
		OWNED(signing_key) signing = signing_key_new(key);
		signature_make(str_of(body), signing, signature);
		request.headers[1] =
			(struct transport_header){ "Authorization", str_of(signature) };
	}
	transport_send(transport, request, callback, context);
	secret_wipe(copy, url.length);
	free(copy);
	return true;
}

/* Slack answers with one word, such as invalid_payload. Anything else may repeat the address. */
static void add_word(struct str body, struct text *reason)
{
	struct str word = str_trim(body);
	bool is_word = word.length && word.length <= WORD_BYTES;
	for (size_t i = 0; is_word && i < word.length; i++)
		is_word = (word.at[i] >= 'a' && word.at[i] <= 'z') || word.at[i] == '_';
	if (is_word)
		text_printf(reason, ": %.*s", (int)word.length, word.at);
}

enum posted post_outcome(const struct transport_reply *reply, struct text *reason)
{
	int status = reply->http_status;
	/* A status that came is the answer, though the rest of it was cut off or never ended: to
	 * send again what was taken would repeat it in a chat. Below 200 it is none yet. */
	if (status < 200) {
		text_add(reason, reply->failure_kind);
		return POST_AGAIN;
	}
	if (status >= 200 && status < 300)
		return POSTED;
	text_printf(reason, "HTTP %d", status);
	if (status >= 300 && status < 400)
		text_add(reason, ": a redirect is not followed; write the address it leads to");
	add_word(reply->body, reason);
	return status == 400 || status == 413 || status == 422 ? POST_REFUSED : POST_AGAIN;
}
