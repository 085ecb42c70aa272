/*
 * store/postgresql/request.c - what people ask of sites of other nodes (store/nodes.h): few rows,
 * gone when they are answered.
 */
#include "store/postgresql/postgresql.h"

/* It may be sent twice, if the first answer is lost, and is asked once. */
bool postgresql_ask(struct store *base, const struct request_row *row, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, row->asker);
	parameters_add_number(&given, row->number);
	parameters_add_text(&given, row->site);
	parameters_add_text(&given, row->verb);
	parameters_add_text(&given, row->who);
	parameters_add_number(&given, row->refresh);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"INSERT INTO request (asker, number, asked_at, site, verb, who, refresh)"
		" VALUES ($1, $2, clock_timestamp(), $3, $4, $5, $6) ON CONFLICT DO NOTHING",
		&given, "ask another node", err);
	return result;
}

bool postgresql_take_requests(struct store *base, int64_t node, int64_t us, request_visit *visit,
	void *context, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, node);
	parameters_add_number(&given, us);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"WITH old AS (DELETE FROM request"
		" WHERE asked_at < clock_timestamp() - $2 * interval '1 microsecond')"
		" UPDATE request SET taker = $1 WHERE taker = 0"
		" AND asked_at >= clock_timestamp() - $2 * interval '1 microsecond'"
		" AND site IN (SELECT site FROM site_owner WHERE node = $1)"
		" RETURNING asker, number, site, verb, who, refresh",
		&given, "take what other nodes ask", err);
	for (int i = 0; result && i < PQntuples(result); i++) {
		const struct request_row row = { .asker = value_number(result, i, 0),
			.number = value_number(result, i, 1),
			.site = value_text(result, i, 2),
			.verb = value_text(result, i, 3),
			.who = value_text(result, i, 4),
			.refresh = value_number(result, i, 5) };

		if (!visit(&row, context))
			break;
	}
	return result;
}

bool postgresql_answer(struct store *base, const struct request_answer *answer, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, answer->asker);
	parameters_add_number(&given, answer->number);
	parameters_add_number(&given, answer->consent);
	parameters_add_text(&given, answer->words);
	parameters_add_number(&given, answer->refresh);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"UPDATE request SET consent = $3, words = $4, result = $5"
		" WHERE asker = $1 AND number = $2",
		&given, "answer another node", err);
	return result;
}

bool postgresql_read_answers(
	struct store *base, int64_t asker, answer_visit *visit, void *context, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, asker);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"DELETE FROM request WHERE asker = $1 AND consent IS NOT NULL"
		" RETURNING number, consent, words, result",
		&given, "read what other nodes answer", err);
	for (int i = 0; result && i < PQntuples(result); i++) {
		const struct request_answer row = { .asker = asker,
			.number = value_number(result, i, 0),
			.consent = value_number(result, i, 1),
			.words = value_text(result, i, 2),
			.refresh = value_number(result, i, 3) };

		if (!visit(&row, context))
			break;
	}
	return result;
}

bool postgresql_take_back(
	struct store *base, int64_t asker, int64_t number, bool *is_taken, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, asker);
	parameters_add_number(&given, number);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"DELETE FROM request WHERE asker = $1 AND number = $2 AND taker = 0"
		" RETURNING number",
		&given, "take back what was asked", err);
	if (!result)
		return false;
	*is_taken = !PQntuples(result);
	return true;
}
