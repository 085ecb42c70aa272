"""Tableau's answers are strangers' text, and gateways stand between: nothing ends by what is not Tableau's word, and broken texts are taken cleaned."""
import http.server
import json
import re
import ssl
import subprocess
import threading

import pytest

from harness import cli, request, rule, site_world, wait_until


# ---- what is not Tableau's word ----

@pytest.mark.parametrize("status", [302, 403, 404, 503])
def test_a_gateways_page_ends_nothing(router_of, sandbox_of, status):
    """For a while every refresh, and every question for content, gets a maintenance page instead of Tableau."""
    names = [f"wb-{i}" for i in range(6)]
    sandbox = sandbox_of(site_world(workbooks=names))
    router = router_of(sandbox, [rule(f"r{n}", [{"site": "finance", "workbooks": n}], when={"job_id": 1000 + i}) for i, n in enumerate(names)])
    sandbox.fault("status", on={"path": "*/refresh"}, status=status, body="<html>Maintenance</html>", times=5)
    sandbox.fault("status", on={"path": "*/workbooks"}, status=status, body="<html>Maintenance</html>", times=5)
    for i in range(6):
        router.send(jobId=str(1000 + i))
    assert [r["state"] for r in router.settle(6)] == ["succeeded"] * 6
    assert sorted(j["name"] for j in sandbox.jobs()) == names


def test_a_redirected_sign_in_is_told_once_with_its_remedy(router_of, sandbox):
    sandbox.fault("status", on={"path": "*/auth/signin"}, status=302, body="", times=0)
    router = router_of(sandbox, [rule()])
    router.send()
    error = wait_until(lambda: router.site().get("last_error"), "the site's error")
    assert "redirects are not followed" in error and "`server`" in error
    wait_until(lambda: len(sandbox.calls("POST", "/auth/signin$")) >= 3, "three tries")
    wait_until(lambda: "cannot sign in" in router.log, "the line of the log")
    assert router.log.count("cannot sign in") == 1
    # What waits is told where people look, the trouble once.
    told = wait_until(lambda: "left alone" in (text := cli("sites", "--url", f"http://{router.admin}").stdout.decode()) and text, "the wait")
    assert re.search(r"^finance waits since 2.*: site 'finance' is left alone .*`server`", told, re.M) and told.count("HTTP 302") == 1, told
    waiting = router.get("/api/v1/selections")["items"]
    assert len(waiting) == 1 and waiting[0]["reason"].count("HTTP 302") == 1, waiting
    sandbox.forget_faults()
    assert router.settle(1)[0]["state"] == "succeeded"


def test_a_hidden_serverinfo_names_api_version(router_of, sandbox):
    sandbox.fault("status", on={"path": "*/serverinfo"}, status=403, body="<html>Forbidden</html>", times=0)
    router = router_of(sandbox, [rule()])
    router.send()
    error = wait_until(lambda: router.site().get("last_error"), "the site's error")
    assert "api_version: \"3.22\"" in error
    router.config["sites"][0]["api_version"] = "3.22"
    router.write_config()
    router.reload()
    assert router.settle(1)[0]["state"] == "succeeded"


class Page(http.server.BaseHTTPRequestHandler):
    """Whatever is asked: a page with the server's status."""

    def answer(self):
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b"<html>no</html>")

    do_GET = do_POST = do_CONNECT = answer

    def log_message(self, *_):
        pass


@pytest.fixture
def page():
    servers = []

    def start(status, context=None):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        server.status = status
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("status, words", [(407, "wants credentials"), (403, "the proxy says so, not the server")])
def test_a_proxys_no_is_told_as_the_proxys(router_of, sandbox, page, status, words):
    router = router_of(sandbox, [rule()], sites={"finance": {"server": "https://tableau.invalid", "proxy": f"http://{page(status)}"}})
    router.send()
    error = wait_until(lambda: router.site().get("last_error"), "the site's error")
    assert words in error and "`proxy`" in error and "/serverinfo" not in error


@pytest.mark.parametrize("status, words", [(200, "look whether `server` is Tableau's host"), (404, "look whether `server` is Tableau's host"),
                                           (403, "have that gateway's administrator let us through"), (503, "the answer begins '<html>no</html>'")])
def test_a_page_that_is_not_tableaus_names_its_remedy(router_of, sandbox, page, status, words):
    router = router_of(sandbox, [rule()], sites={"finance": {"server": f"http://{page(status)}"}})
    router.send()
    error = wait_until(lambda: router.site().get("last_error"), "the site's error")
    assert words in error and (status == 503) == ("`" not in error), error


def test_a_proxy_that_is_not_there_is_told_as_the_proxys(router_of, sandbox):
    router = router_of(sandbox, [rule()], sites={"finance": {"proxy": "http://127.0.0.1:1"}})
    router.send()
    assert "that is the `proxy`, not the server" in wait_until(lambda: router.site().get("last_error"), "the site's error")


def test_an_unknown_authority_names_ca_file(router_of, sandbox, page, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    router = router_of(sandbox, [rule()], sites={"finance": {"server": f"https://{page(503, context)}"}})
    router.send()
    error = wait_until(lambda: router.site().get("last_error"), "the site's error")
    assert "its path as `ca_file`" in error
    router.config["sites"][0]["ca_file"] = str(tmp_path / "cert.pem")
    router.write_config()
    router.reload()
    wait_until(lambda: "HTTP 503" in router.site().get("last_error", ""), "the server behind it")


# ---- broken texts ----

NOTES = r"driver said \u0000 and \ud83d, then \"quit\""


def test_the_notes_of_a_failed_job_are_its_reason_however_broken(router, sandbox):
    sandbox.change("Revenue", queued_ms=1, running_ms=60000)
    router.send()
    job = wait_until(sandbox.jobs, "the job")[0]
    body = ('{"job":{"id":"%s","type":"RefreshExtract","createdAt":"2026-11-26T10:00:00Z","startedAt":"2026-11-26T10:00:01Z",'
            '"completedAt":"2026-11-26T10:00:02Z","finishCode":"1","extractRefreshJob":{"notes":"%s","workbook":{"id":"%s","name":"Revenue"}}}}'
            % (job["id"], NOTES + "\x01\t", job["content"]))
    sandbox.fault("status", on={"path": f"*/jobs/{job['id']}"}, status=200, body=body, times=0)
    refresh = router.settle(1)[0]
    assert refresh["state"] == "failed" and "driver said \ufffd and \ufffd, then \"quit\"" in refresh["reason"]


def test_another_items_broken_name_harms_no_pattern(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=["wb-1", "wb-2", "Other"]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "/^wb-/"}])])
    router.send()
    assert [r["state"] for r in router.settle(2)] == ["succeeded"] * 2
    ids = {r["content"]["name"]: r["content"]["id"] for r in router.refreshes()}
    rows = ",".join('{"id":"%s","name":"%s","project":{"id":"x","name":"y"}}' % row for row in
                    [(ids["wb-1"], "wb-1"), (ids["wb-2"], "wb-2"), ("00000000-0000-0000-0000-000000000009", r"bro\u0000ken \ud83d")])
    sandbox.fault("status", on={"path": "*/workbooks"}, status=200, times=0,
                  body='{"pagination":{"pageNumber":"1","pageSize":"1000","totalAvailable":"3"},"workbooks":{"workbook":[%s]}}' % rows)
    router.restart()       # nothing is in memory
    router.send()
    assert [r["state"] for r in router.settle(4)] == ["succeeded"] * 4


# ---- trouble of one item ----

def test_one_unreadable_list_does_not_hold_its_neighbours_up(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=["Revenue"], datasources=[{"name": "Sales", "project": "Finance"}]))
    router = router_of(sandbox, [rule("bad", [{"site": "finance", "datasources": "Sales"}], when={"job_id": 1}),
                                 rule("good", when={"job_id": 2})], config={"give_up_after": "8s", "retry": {"initial": "20ms", "max": "100ms"}})
    sandbox.fault("garbage", on={"path": "*/datasources"}, times=0)
    router.send(jobId="1")
    wait_until(lambda: len(sandbox.calls("GET", "/datasources$")) >= 12, "more failures than the breaker bears")
    router.send(jobId="2")
    done = wait_until(lambda: router.refreshes(state="succeeded"), "the neighbour")
    assert done[0]["content"]["name"] == "Revenue" and "left alone" not in router.log
    bad = next(r for r in router.settle(2) if r["kind"] == "datasource")
    assert bad["state"] == "expired" and "unreadable" in bad["reason"]


# ---- lists ----

def test_content_that_goes_away_between_two_pages_hides_no_other(router_of, sandbox_of):
    """wb-0005 of the first page is deleted before the second one is asked for: wb-1000 moves to where nobody looks any more."""
    sandbox = sandbox_of(site_world(workbooks=[], generate=[{"count": 2500, "name": "wb-%04d", "project": "Finance/Daily"}]))
    sandbox.fault("latency", on={"path": "*/workbooks"}, ms=1500)
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "/^wb-(0999|1000|1001)$/"}])])
    router.send()
    wait_until(lambda: sandbox.calls("GET", "/workbooks$"), "the first page")
    sandbox.control("DELETE", "content", {"site": "finance", "kind": "workbook", "name": "wb-0005"})
    refreshes = router.settle(3)
    assert sorted(r["content"]["name"] for r in refreshes if r["state"] == "succeeded") == ["wb-0999", "wb-1000", "wb-1001"]


def test_a_project_below_a_hidden_one_is_never_taken_for_the_root(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(projects=["Secret/Daily", "Finance"], hidden_projects=["Secret"],
                                    workbooks=[{"name": "Revenue", "project": "Secret/Daily"}]))
    router = router_of(sandbox, [rule("named", [{"site": "finance", "workbooks": "Revenue", "project": "Daily"}], when={"job_id": 1}),
                                 rule("all", [{"site": "finance", "workbooks": {}, "project": "Daily"}], when={"job_id": 1})])
    router.send(jobId="1")
    refreshes = router.settle(2)
    assert [r["state"] for r in refreshes] == ["failed"] * 2 and not sandbox.jobs()
    assert all("'.../Daily/Revenue'" in r["reason"] and "`workbooks: {id: " in r["reason"] for r in refreshes)


def test_the_project_that_a_refusal_offers_by_its_id_refreshes_the_right_content(router_of, sandbox_of):
    """Two projects Daily, each below one that the PAT may not see; the author writes what the refusal says."""
    sandbox = sandbox_of(site_world(projects=["Secret/Daily", "Other/Daily"], hidden_projects=["Secret", "Other"],
                                    workbooks=[{"name": "Revenue", "project": "Secret/Daily", "id": "right-1"},
                                               {"name": "Costs", "project": "Secret/Daily", "id": "right-2"},
                                               {"name": "Revenue", "project": "Other/Daily", "id": "wrong"}]))
    router = router_of(sandbox, [rule("costs", [{"site": "finance", "workbooks": "Costs", "project": "Daily"}])])
    router.send()
    told = router.settle(1)[0]["reason"]
    offered = re.search(r"write `project: \{id: (\S+)\}`, or `workbooks: \{id: right-2\}` without `project`", told)
    assert offered, told
    router.write_rules([rule("revenue", [{"site": "finance", "workbooks": "Revenue", "project": {"id": offered[1].upper()}}]),
                        rule("all", [{"site": "finance", "workbooks": {}, "project": {"id": offered[1]}}])])
    router.reload()
    event = router.send().json["event"]
    assert [r["state"] for r in router.settle(3)] == ["failed", "succeeded", "succeeded"]
    assert sorted(j["content"] for j in sandbox.jobs()) == ["right-1", "right-2"]
    assert {s["project_luid"] for s in router.event(event)["selections"]} == {offered[1]}


# ---- what is remembered ----

def test_a_refusal_is_checked_before_it_is_told_again(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=[{"name": "Revenue", "project": "Finance/Daily", "has_extracts": False}]))
    router = router_of(sandbox, [rule()])
    router.send()
    assert "has no extract" in router.settle(1)[0]["reason"]
    sandbox.change("Revenue", has_extracts=True)
    router.send()
    assert router.settle(2)[-1]["state"] == "succeeded"


def test_a_name_that_comes_into_being_is_found_by_the_next_event(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=["Draft"]))
    router = router_of(sandbox, [rule()])
    router.send()
    assert router.settle(1)[0]["state"] == "failed"
    sandbox.change("Draft", name="Revenue")
    router.send()
    assert router.settle(2)[-1]["state"] == "succeeded"


# ---- the right content ----

def republished(sandbox):
    """What was Revenue becomes last year's, and another workbook becomes Revenue."""
    sandbox.change("Revenue", name="Revenue 2025", project="Finance/Archive")
    sandbox.change("Draft", name="Revenue")


def content_of(refreshes):
    return [(r["state"], r["content"].get("name"), r["content"].get("id")) for r in refreshes]


@pytest.fixture
def two(router_of, sandbox_of):
    """A router that has refreshed Revenue once; the ids of Revenue and Draft."""
    def start(*rules, **rest):
        sandbox = sandbox_of(site_world(workbooks=[{"name": "Revenue", "project": "Finance/Daily", "id": "11111111-0000-0000-0000-000000000001"},
                                                   {"name": "Draft", "project": "Finance/Daily", "id": "22222222-0000-0000-0000-000000000002"}], **rest))
        router = router_of(sandbox, list(rules) or [rule()])
        router.send()
        assert {r["state"] for r in router.settle(1)} == {"succeeded"}
        return router, sandbox
    return start


OLD, NEW = "11111111-0000-0000-0000-000000000001", "22222222-0000-0000-0000-000000000002"


def test_a_renamed_and_republished_workbook_is_never_a_success_for_the_new_one(two):
    router, sandbox = two()
    republished(sandbox)
    sandbox.change("Revenue 2025", running_ms=600000)
    router.send()
    refreshes = router.settle(3)
    assert [j["state"] for j in sandbox.jobs("Revenue 2025")] == ["InProgress"], "it is the reply that tells, not the end of the job"
    last = {r["content"]["id"]: r for r in refreshes if any(c["event"] == router.events()[0]["id"] for c in r["causes"])}
    assert last[OLD]["state"] == "cancelled" and f"refresh {last[NEW]['id']} does it" in last[OLD]["reason"]
    assert last[NEW]["state"] == "succeeded" and last[NEW]["content"]["name"] == "Revenue"
    # The next event knows at once.
    before = len(sandbox.refresh_calls())
    router.send()
    assert router.settle(4)[-1]["content"]["id"] == NEW and len(sandbox.refresh_calls()) == before + 1


def test_a_renamed_workbook_is_not_what_the_rule_names(two):
    router, sandbox = two()
    sandbox.change("Revenue", name="Revenue 2025")
    router.send()
    refresh = router.settle(2)[-1]
    assert refresh["state"] == "failed" and "Tableau calls it 'Revenue 2025' now" in refresh["reason"]
    assert "there is no workbook 'Revenue'" in refresh["reason"]


@pytest.mark.parametrize("selection", [{"workbooks": {"id": OLD}}, {"workbooks": "/^Rev/"}])
def test_a_rename_is_no_matter_where_the_rule_still_names_it(two, selection):
    router, sandbox = two(rule(refresh=[{"site": "finance", **selection}]))
    sandbox.change("Revenue", name="Revenue 2025")
    for count in (2, 3):
        router.send()
        assert content_of(router.settle(count))[-1][::2] == ("succeeded", OLD)


def test_what_a_pattern_does_not_name_any_more_does_not_go_on_as_another_that_it_names(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=[{"name": "Revenue", "project": "Finance", "id": OLD}, {"name": "Draft", "project": "Finance", "id": NEW}]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "/^(Revenue|Draft)$/"}])])
    router.send()
    router.settle(2)
    sandbox.change("Revenue", name="Revenue 2025")
    router.send()
    last = {r["content"]["id"]: r for r in router.settle(4) if any(c["event"] == router.events()[0]["id"] for c in r["causes"])}
    assert last[NEW]["state"] == "succeeded"
    assert last[OLD]["state"] == "failed" and "does not name it any more" in last[OLD]["reason"]


def test_a_list_that_shows_it_elsewhere_is_heard_before_a_request(two):
    """Named while the site was paused, then moved; another rule's list shows it, so that it is looked into before the request."""
    router, sandbox = two(rule(), rule("all", [{"site": "finance", "workbooks": "/^Dr/"}], when={"job_id": 1}))
    assert request(router.admin, "POST", "/api/v1/sites/finance/pause").status == 200
    router.send()
    wait_until(lambda: router.refreshes(state="waiting"), "the refresh to wait")
    sandbox.change("Revenue", project="Finance/Archive")
    router.send(jobId="1")
    wait_until(lambda: len(router.refreshes(state="waiting")) == 2, "the list to be read")
    assert request(router.admin, "POST", "/api/v1/sites/finance/resume").status == 200
    refresh = next(r for r in router.settle(3) if r["state"] == "failed")
    assert "'Revenue' is in project 'Finance/Archive'" in refresh["reason"]
    assert len([c for c in sandbox.refresh_calls() if OLD in c["path"]]) == 1


def test_a_job_that_ends_under_another_name_is_not_counted(two):
    router, sandbox = two()
    sandbox.change("Revenue", queued_ms=1, running_ms=60000)
    router.send()
    job = wait_until(lambda: sandbox.jobs()[1:], "the job")[0]
    republished(sandbox)
    sandbox.fault("status", on={"path": f"*/jobs/{job['id']}"}, status=200, times=0, body=json.dumps({"job": {
        "id": job["id"], "type": "RefreshExtract", "createdAt": job["created"][:19] + "Z", "startedAt": job["created"][:19] + "Z",
        "completedAt": job["created"][:19] + "Z", "finishCode": "0", "extractRefreshJob": {"workbook": {"id": OLD, "name": "Revenue 2025"}}}}))
    refreshes = router.settle(3)
    assert [(s, i) for s, _, i in content_of(refreshes)[1:]] == [("cancelled", OLD), ("succeeded", NEW)]


@pytest.mark.parametrize("late", [0, 1])
def test_what_two_workbooks_that_change_names_are_wanted_for_is_lost_by_neither(two, late):
    """Each wish moves to the other's refresh, while that one is looked into: none may end as done by one that ends as cancelled."""
    rules = {name: rule(name, [{"site": "finance", "workbooks": name}]) for name in ("Draft", "Revenue")}
    router, sandbox = two(*rules.values())
    for name, other in (("Revenue", "Other"), ("Draft", "Revenue"), ("Other", "Draft")):
        sandbox.change(name, name=other)
    sandbox.fault("latency", on={"method": "GET", "path": "*/workbooks"}, after=late, times=1, ms=400)
    event = router.send().json["event"]
    ends = [r for r in router.settle(4) if r["state"] != "cancelled"]
    for name in rules:
        last = [r for r in ends if {"event": event, "rule": name} in [{k: c[k] for k in ("event", "rule")} for c in r["causes"]]]
        assert last, f"what {name} wanted is neither done nor told"
        assert last[-1]["content"]["name"] == name if last[-1]["state"] == "succeeded" else "replay" in last[-1]["reason"]


def test_retry_and_replay_look_again(two):
    """Moved without a new name: no reply shows it, but a person who asks for it again wants what the rule names now."""
    router, sandbox = two()
    sandbox.change("Revenue", project="Finance/Archive")
    sandbox.change("Draft", name="Revenue")
    assert request(router.admin, "POST", f"/api/v1/refreshes/{router.refreshes()[0]['id']}/retry").status == 200
    assert content_of(router.settle(3))[-1] == ("succeeded", "Revenue", NEW)
    assert request(router.admin, "POST", f"/api/v1/events/{router.events()[0]['id']}/replay").status == 200
    assert content_of(router.settle(4))[-1] == ("succeeded", "Revenue", NEW)


@pytest.mark.long
def test_an_older_server_that_takes_over_fails_nothing(router, sandbox):
    router.send()
    router.settle(1)
    sandbox.control("POST", "version", {"version": "3.19"})
    for count in (2, 3):
        router.send()
        assert router.settle(count)[-1]["state"] == "succeeded"
    wait_until(lambda: router.site()["api_version"] == "3.19", "the version to be told")
    assert len(sandbox.calls("GET", "/serverinfo$")) == 2 and len(sandbox.sign_ins()) == 2


def test_an_upgraded_server_is_asked_before_an_incremental_refresh_is_refused(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(api_version="3.19"))
    router = router_of(sandbox, [rule("full", when={"job_id": 1}),
                                 rule("increment", [{"site": "finance", "workbooks": "Revenue", "incremental": True}], when={"job_id": 2})])
    router.send(jobId="1")
    router.settle(1)
    sandbox.control("POST", "version", {"version": "3.25", "forgets_sessions": False})
    router.send(jobId="2")
    assert router.settle(2)[-1]["state"] == "succeeded"
    wait_until(lambda: router.site()["api_version"] == "3.25", "the version to be told")
    assert len(sandbox.sign_ins()) == 1
