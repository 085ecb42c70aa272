"""The admin side: health, numbers, lists and the status page tell what is so, to people and to programs."""
import html.parser
import re

import pytest

import harness
from harness import request, rule, site_world, wait_until


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """A daemon with a little of everything behind it."""
    folder = tmp_path_factory.mktemp("busy")
    sandbox = harness.Sandbox(folder, {"sites": [site_world(
        workbooks=["Revenue", {"name": "Broken", "project": "Finance", "result": "failed", "notes": "<u>no & \"quota\"</u>"}])]})
    router = harness.Router(folder, sandbox, [rule(), rule("broken", when={"job_id": 2}, refresh=[{"site": "finance", "workbooks": ["Broken", "Missing"]}])])
    router.send()
    router.settle(1)
    router.send(jobId="2", jobName="<script>alert(1)</script>")
    router.settle(3)
    router.send(jobId="3")
    router.post(router.body("test-endpoint"))
    router.post(router.body("test-endpoint"))
    router.post(router.body("unknown-event-type"))
    yield router
    router.stop()
    sandbox.stop()


def test_health_and_readiness(busy):
    assert request(busy.admin, "GET", "/healthz").json == {"status": "alive"}
    status, detail = busy.ready()
    assert status == 200 and detail["ready"] and detail["store"]["writable"] and detail["ruleset"]["rules"] == 2


def test_metrics_are_prometheus_text_and_count_what_happened(busy):
    answer = request(busy.admin, "GET", "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    typed = set()
    for line in answer.body.decode().splitlines():
        if line.startswith("# "):
            assert re.match(r"# (HELP \w+ \S.*|TYPE \w+ (counter|gauge|histogram))$", line), line
            typed.add(line.split()[2])
        else:
            name = re.match(r'(\w+?)(?:_bucket|_sum|_count)?(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?\d+(\.\d+)?(e-\d+)?$', line)
            assert name and name.group(1) in typed, line
    counted = [busy.metric("events_total", outcome=outcome) for outcome in ("routed", "unmatched", "test", "ignored")]
    ended = [busy.metric("refreshes_ended_total", site="finance", outcome=outcome) for outcome in ("succeeded", "failed")]
    assert (counted, ended) == ([2, 1, 2, 1], [1, 2]), (counted, ended)
    wait_until(lambda: busy.metric("refreshes") == busy.metric("selections") == 0, "the gauges to say that nothing is open")


def test_events_are_listed_newest_first_and_filtered(busy):
    assert [e["outcome"] for e in busy.events()] == ["ignored", "test", "test", "unmatched", "routed", "routed"]
    assert len(busy.events(outcome="test")) == 2 and not busy.events(source="nobody")
    assert [e["fields"]["job_name"] for e in busy.events(job_id="2")] == ["<script>alert(1)</script>"]
    assert len(busy.events(rule="broken")) == 1 and not busy.events(rule="brok")


def test_refreshes_are_listed_and_filtered(busy):
    assert [r["content"]["name"] for r in busy.refreshes(state="succeeded")] == ["Revenue"]
    assert sorted(r["content"]["name"] for r in busy.refreshes(state="failed")) == ["Broken", "Missing"]
    assert not busy.refreshes(state="open") and not busy.refreshes(site="board")
    event = busy.events(job_id="2")[0]
    assert sorted(r["id"] for r in busy.refreshes(event=event["id"])) == sorted(event["refreshes"])
    luid = busy.refreshes(state="succeeded")[0]["content"]["id"]
    assert [r["content"]["id"] for r in busy.refreshes(content=luid)] == [luid]


def test_pages_hold_every_item_once(router):
    for number in range(25):
        router.send(number, jobId="5")
    seen, cursor = [], ""
    while cursor is not None:
        page = router.get(f"/api/v1/events?limit=7{f'&cursor={cursor}' if cursor else ''}")
        assert len(page["items"]) <= 7
        seen += [e["id"] for e in page["items"]]
        cursor = page["next"]
    assert seen == sorted(set(seen), reverse=True) and len(seen) == 25


@pytest.mark.parametrize("path,status", [("/api/v1/events/999", 404), ("/api/v1/refreshes/999", 404), ("/api/v1/events/x", 404), ("/api/v1/events?limit=0", 400),
                                         ("/api/v1/events?limit=1001", 400), ("/api/v1/events?cursor=x", 400), ("/nothing", 404), ("/api/v1/", 404),
                                         ("/api/v1/events/99999999999999999999", 404), ("/api/v1/events/-1", 404)])
def test_what_is_not_there_is_told_in_json(router, path, status):
    answer = request(router.admin, "GET", path)
    assert answer.status == status and answer.json["error"]


@pytest.mark.parametrize("query", ["outcome=%27%20OR%201=1--", "job_id=%00", "rule=%25", "run_id=%22", "source=" + "x" * 5000])
def test_a_filter_is_a_value_and_never_sql(busy, query):
    answer = request(busy.admin, "GET", f"/api/v1/events?{query}")
    assert answer.status in (200, 400, 414) and (answer.status != 200 or answer.json["items"] == [])
    assert len(busy.events()) == 6


FILTERS = {"events": ["source", "outcome", "job_id", "run_id", "rule", "since", "with"], "refreshes": ["site", "state", "kind", "content", "event"],
           "selections": ["site", "kind", "event"], "sites": [], "rules": []}
GIVEN = {"state": "failed", "outcome": "routed", "since": "2026-11-26T06:00:00Z", "with": "body", "kind": "workbook", "event": "1", "limit": "9", "cursor": "9"}


@pytest.mark.parametrize("what", FILTERS)
def test_a_list_takes_its_filters_and_refuses_another_naming_them(busy, what):
    known = FILTERS[what] + ["limit", "cursor"]
    assert busy.get(f"/api/v1/{what}?" + "&".join(f"{name}={GIVEN.get(name, 'x')}" for name in known))["items"] == []
    for unknown in {"colour", "Limit", ""} | set(sum(FILTERS.values(), [])) - set(known):
        answer = request(busy.admin, "GET", f"/api/v1/{what}?limit=9&{unknown}=failed")
        assert answer.status == 400 and f"no filter '{unknown}'" in answer.json["error"], (unknown, answer.body)
        assert answer.json["error"].endswith("it has " + ", ".join(known))


def test_a_filter_with_a_slip_names_the_right_one_and_one_given_twice_is_no_filter(busy):
    assert "did you mean 'state'?" in request(busy.admin, "GET", "/api/v1/refreshes?states=failed").json["error"]
    answer = request(busy.admin, "GET", "/api/v1/refreshes?state=failed&state=succeeded")
    assert answer.status == 400 and answer.json["error"] == "the filter 'state' is given twice"


@pytest.mark.parametrize("what", ["sites", "rules"])
def test_lists_in_memory_have_pages_too(busy, what):
    every = busy.get(f"/api/v1/{what}")["items"]
    pages, cursor = [], 0
    while cursor is not None:
        page = busy.get(f"/api/v1/{what}?limit=1&cursor={cursor}")
        assert len(page["items"]) == 1
        pages += page["items"]
        cursor = page["next"]
    assert [item["name"] for item in pages] == [item["name"] for item in every]
    assert request(busy.admin, "GET", f"/api/v1/{what}?limit=1001").status == 400


def test_sites_tell_their_session(busy):
    site = busy.get("/api/v1/sites")["items"][0]
    assert site["name"] == "finance" and site["signed_in"] and site["sign_ins"] == 1 and site["api_version"] == "3.25"


def test_rules_are_listed_with_their_place(busy):
    rules = busy.get("/api/v1/rules")
    assert rules["ruleset"] == busy.ready()[1]["ruleset"]["revision"]
    assert [(r["name"], r["file"].endswith("rules.yaml"), r["line"] > 0) for r in rules["items"]] == [("nightly", True, True), ("broken", True, True)]


def test_a_search_finds_content_rules_and_jobs_by_a_part_of_their_names(busy):
    found = busy.get("/api/v1/search?q=revenUE")
    assert [r["content"]["name"] for r in found["refreshes"]] == ["Revenue"] and found["refreshes"][0]["state"] == "succeeded"
    assert [r["name"] for r in found["rules"]] == ["nightly"] and found["events"] == []        # it selects it
    found = busy.get("/api/v1/search?q=broken")
    assert {r["content"]["name"] for r in found["refreshes"]} == {"Broken", "Missing"}         # of the rule of this name
    assert found["refreshes"][0]["content"]["name"] == "Broken"                                # but the name comes first
    run = busy.events(outcome="routed")[0]
    assert run["id"] in [e["id"] for e in busy.get(f"/api/v1/search?q={run['fields']['run_id']}")["events"]]
    assert [r["id"] for r in busy.get(f"/api/v1/search?q={found['refreshes'][0]['id']}")["refreshes"]] == [found["refreshes"][0]["id"]]
    nothing = busy.get("/api/v1/search?q=nobody-knows")
    assert nothing == {"refreshes": [], "events": [], "selections": [], "rules": []}
    for wrong in ("", "?q=", "?q=%20", "?q=" + "x" * 300, "?q=a&limit=3"):
        answer = request(busy.admin, "GET", f"/api/v1/search{wrong}")
        assert answer.status == 400 and answer.json["error"], wrong


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_the_status_page_shows_what_failed_and_runs_nothing_of_strangers(busy):
    answer = request(busy.admin, "GET", "/")
    assert answer.status == 200 and "default-src 'none'" in answer.headers["Content-Security-Policy"]
    page = Page()
    page.feed(answer.body.decode())
    assert 'Broken' in page.text and '<u>no & "quota"</u>' in page.text
    assert not [tag for tag, _ in page.tags if tag in ("u", "img", "iframe", "style")]
    assert [attrs["src"].partition("?")[0] for tag, attrs in page.tags if tag == "script"] == ["/assets/page.js"]
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on") or name == "style"]
    assert all(not re.match(r"(https?:)?//", attrs.get("href") or attrs.get("src") or "") for _, attrs in page.tags)


def test_head_and_get_agree(busy):
    assert request(busy.admin, "HEAD", "/healthz").status == 200 and request(busy.admin, "HEAD", "/healthz").body == b""
    assert request(busy.admin, "DELETE", "/api/v1/events").status == 405


@pytest.mark.parametrize("body,status", [(b'{"job_id": 701331}', 200), (b"{", 400), (b"", 400), (b"[]", 400)])
def test_an_event_can_be_explained_without_being_sent(router, body, status):
    answer = request(router.admin, "POST", "/api/v1/route", body)
    assert answer.status == status
    if status == 200:
        assert [m["rule"] for m in answer.json["matched"]] == ["nightly"]
    assert not router.events()


def test_webhooks_are_not_taken_at_the_admin_listener_nor_the_other_way_round(router):
    assert router.post(router.body()).status == 200
    assert request(router.admin, "POST", "/webhooks/dbt", router.body()).status == 404
    assert request(router.address, "GET", "/api/v1/events").status == 404 and request(router.address, "GET", "/metrics").status == 404
    wait_until(router.idle, "the refresh to end")


def test_a_page_of_a_daemon_that_has_seen_nothing_says_so_and_draws_no_empty_list(router_of, sandbox):
    router = router_of(sandbox, [])
    for path, said in (("/", ("Nothing waits.", "There are none yet.")),
                       ("/events", ("There are none.",)), ("/refreshes", ("There are none.",)), ("/rules", ("There are none.",))):
        page = request(router.admin, "GET", path).body.decode()
        assert all(words in page for words in said), path
        assert not re.search(r"<ul[^>]*>\s*</ul>", page), path
