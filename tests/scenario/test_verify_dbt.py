"""`verify` with a token for dbt's API: whether dbt sends what the rules wait for. dbt's API is a server on loopback that answers as the samples do."""
import contextlib
import http.server
import json
import threading
import urllib.parse
from xml.etree import ElementTree

import pytest

from folder import NOBODY
from harness import SAMPLES, cli, rule
from junit_form import check_junit

TOKEN = "dbtu_c0ffee-sample-token"
SAMPLE = json.loads((SAMPLES / "dbt" / "api-webhook-list.json").read_text())["data"]


def webhook(**changes):
    """An active one for all jobs, as the sample has it."""
    return {**SAMPLE[0], "job_ids": [], "client_url": "https://refresh.example.com/webhooks/dbt", "deactivate_reason": None, **changes}


@contextlib.contextmanager
def dbt_api(webhooks=(), status=200, body=None):
    """Yields its address and the requests that it got. Pages are as small as it likes."""
    requests = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append((self.path, self.headers.get("Authorization")))
            offset = int(urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)["offset"][0])
            page = list(webhooks)[offset:offset + 2]
            text = json.dumps({"data": page, "status": {"code": 200}, "extra": {"pagination": {"count": len(page), "total_count": len(webhooks)}}})
            answer = (text if body is None else body).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://example.com/")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield "http://127.0.0.1:%d" % server.server_address[1], requests
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def asking(folder_of, sandbox):
    """asking(url, rules) is a folder whose source names dbt's API."""
    def make(url, rules=None, **api):
        folder = folder_of(sandbox, rules or [rule()],
                           source={"account_id": "58121", "dbt_api": {"url": url, "token": {"env": "DBT_TOKEN"}, **api}})
        folder.environment["DBT_TOKEN"] = TOKEN
        return folder
    return make


def found_with(asking, webhooks, rules=None):
    with dbt_api(webhooks) as (url, _):
        return asking(url, rules).json()


def problems(found):
    return [(f.get("rule"), f["problem"]) for f in found["findings"]]


def test_an_active_webhook_for_every_job_is_well(asking):
    found = found_with(asking, [webhook()])
    assert found["ok"] and found["sources"] == [{"source": "dbt", "ok": True, "webhooks": 1}]


def test_the_token_is_sent_as_dbt_wants_it_and_all_pages_are_read(asking):
    others = [webhook(client_url="https://elsewhere.example.com/hook")] * 5
    with dbt_api([*others, webhook()]) as (url, requests):
        assert asking(url).json()["ok"]
    assert {sent for _, sent in requests} == {f"Token {TOKEN}"} and len(requests) == 3
    assert requests[0][0] == "/api/v3/accounts/58121/webhooks/subscriptions?limit=100&offset=0"


def test_no_webhook_of_the_source_is_found(asking):
    found = found_with(asking, [webhook(client_url="https://refresh.example.com/webhooks/other")])
    assert problems(found) == [(None, "not_subscribed")] and "/webhooks/dbt" in found["findings"][0]["message"]
    assert found["findings"][0]["file"].endswith("config.yaml") and found["findings"][0]["source"] == "dbt"


def test_an_inactive_one_is_found_with_dbts_reason(asking):
    found = found_with(asking, [{**SAMPLE[1], "client_url": "https://refresh.example.com/webhooks/dbt"}])
    assert problems(found) == [(None, "inactive")] and "Too many consecutive failures" in found["findings"][0]["message"]


def test_an_inactive_one_beside_an_active_one_is_left_over_from_a_rotation(asking):
    assert found_with(asking, [webhook(active=False), webhook()])["ok"]


@pytest.mark.parametrize("status,failing", [("200", False), ("204", False), ("0", False), ("", False), (None, False), ("401", True), ("504", True)])
def test_a_last_delivery_that_failed_is_found(asking, status, failing):
    assert problems(found_with(asking, [webhook(http_status_code=status)])) == [(None, "failing")] * failing


JOBS = [
    ([], True), ([701331], True), (["701331"], True), ([1, 2], False), (["7013310"], False),
]


@pytest.mark.parametrize("jobs,is_sent", JOBS)
def test_a_job_that_the_webhook_leaves_out_is_found_by_its_rule(asking, jobs, is_sent):
    found = found_with(asking, [webhook(job_ids=jobs)])
    assert problems(found) == ([] if is_sent else [("nightly", "not_sent")])
    if not is_sent:
        finding = found["findings"][0]
        assert "dbt job 701331" in finding["message"] and finding["file"] == "rules.yaml" and finding["line"] == 4


def test_two_webhooks_cover_together_what_one_does_not(asking):
    rules = [rule(when={"job_id": [1, 2, 3]})]
    found = found_with(asking, [webhook(job_ids=[1]), webhook(job_ids=[2], active=False), webhook(job_ids=[3])], rules)
    assert problems(found) == [("nightly", "not_sent")] and "of dbt job 2" in found["findings"][0]["message"]


@pytest.mark.parametrize("when,is_sent", [({"job_id": 1}, True), ({"job_id": 1, "event": "job.run.errored", "status": "error"}, False),
                                          ({"event": ["job.run.errored", "job.run.completed"]}, True), ({"event": "job.run.started", "status": "running"}, False),
                                          ({"job_name": "/x/"}, True), ({"source": "/^other$/", "event": "/x/"}, True)])
def test_a_type_of_event_that_no_webhook_sends_is_found(asking, when, is_sent):
    assert problems(found_with(asking, [webhook()], [rule(when=when)])) == ([] if is_sent else [("nightly", "not_sent")])


def test_a_rule_that_is_not_enabled_waits_for_nothing(asking):
    assert found_with(asking, [webhook(job_ids=[1])], [rule(enabled=False), rule("b", when={"job_id": 1})])["ok"]


def test_many_jobs_make_one_message(asking):
    found = found_with(asking, [webhook(job_ids=[0])], [rule(when={"job_id": list(range(1, 500))})])
    assert len(found["findings"]) == 1 and "and 489 more" in found["findings"][0]["message"]


# ---- an API that does not answer as it should ----

@pytest.mark.parametrize("status,words", [(401, "may the token"), (403, "may the token"), (404, "account_id"), (302, "HTTP 302"), (500, "HTTP 500")])
def test_a_refusal_is_a_finding_with_advice(asking, status, words):
    with dbt_api(status=status, body=(SAMPLES / "dbt" / "api-error.json").read_text()) as (url, _):
        found = asking(url).json()
    assert problems(found) == [(None, "unreachable")] and words in found["findings"][0]["message"]


@pytest.mark.parametrize("body", ["", "[]", "<html>", '{"data": null}', '{"data": [1, "x", null, {"job_ids": {"a": []}, "active": 7}]}',
                                  '{"data": [{"client_url": "\\u001b[31m/webhooks/dbt", "name": "\\u202e\\u0000", "active": false}]}', "[" * 100000])
@pytest.mark.parametrize("form", ["text", "json", "junit"])
def test_an_odd_answer_does_no_harm(asking, body, form):
    with dbt_api(body=body) as (url, _):
        told = asking(url).verify("--format", form)
    out = told.stdout.decode()
    assert told.returncode == 1 and "\x1b" not in out and "\u202e" not in out
    if form == "json":
        json.loads(out)
    if form == "junit":
        check_junit(ElementTree.fromstring(out))


def test_a_list_without_an_end_ends(asking):
    page = json.dumps({"data": [webhook()] * 50, "extra": {"pagination": {"total_count": 1 << 40}}})
    with dbt_api(body=page) as (url, requests):
        assert asking(url).json()["ok"]
    assert len(requests) == 100


def test_nobody_at_the_address_hides_no_site(asking):
    found = asking(f"http://{NOBODY}").json()
    assert problems(found) == [(None, "unreachable")] and found["sites"][0]["ok"]


def test_a_token_that_is_missing_is_said(asking):
    with dbt_api([webhook()]) as (url, requests):
        folder = asking(url)
        del folder.environment["DBT_TOKEN"]
        found = folder.json()
    assert problems(found) == [(None, "secret_missing")] and "DBT_TOKEN" in found["findings"][0]["message"] and not requests


def test_the_token_is_never_printed(asking):
    body = json.dumps({"status": {"code": 401, "user_message": f"bad token {TOKEN}"}})
    with dbt_api(status=401, body=body) as (url, _):
        folder = asking(url)
        for form in ("text", "json", "junit"):
            told = folder.verify("--format", form)
            assert told.returncode == 1 and TOKEN.encode() not in told.stdout + told.stderr


def test_only_sites_are_asked_with_site(asking):
    with dbt_api() as (url, requests):
        assert asking(url).verify("--site", "finance").returncode == 0
    assert not requests


# ---- its settings ----

BAD = [
    ({"url": "https://x.dbt.com/path"}, b"access URL"), ({"url": "x.dbt.com"}, b"access URL"), ({"account_id": "../1"}, b"number of the dbt account"),
    ({"token": "secret-text"}, b"{env: NAME}"),
]


@pytest.mark.parametrize("changes,words", BAD, ids=range(len(BAD)))
def test_check_knows_its_settings(asking, changes, words):
    folder = asking(**{"url": "https://x.us1.dbt.com", **changes})
    told = cli("check", "--config", "config.yaml", environment=folder.environment, cwd=folder.path)
    assert told.returncode == 1 and words in told.stdout + told.stderr and b"secret-text" not in told.stdout + told.stderr


def test_check_looks_for_its_token(asking):
    folder = asking("https://x.us1.dbt.com")
    del folder.environment["DBT_TOKEN"]
    told = cli("check", "--config", "config.yaml", "--secrets", environment=folder.environment, cwd=folder.path)
    assert told.returncode == 1 and b"DBT_TOKEN" in told.stdout + told.stderr
