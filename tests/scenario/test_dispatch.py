"""From an event to finished Tableau jobs, through everything that goes wrong on the way."""
import http.server
import threading

import pytest

from harness import HOLD_MS, next_second, now, parse_time, rule, site_world, utc_text, wait_until


def one(router, count=1):
    refreshes = router.settle(count)
    assert len(refreshes) == count, refreshes
    return refreshes[-1]


def test_the_main_job_on_two_sites(router_of, sandbox_of):
    sandbox = sandbox_of(site_world("finance", ["Revenue", "P&L, by month"]), site_world("board", ["Board Pack"]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": ["Revenue", "P&L, by month"], "project": "Finance/Daily"},
                                               {"site": "board", "workbooks": "Board Pack"}])], sites=("finance", "board"))
    answer = router.send()
    assert answer.json == {"event": 1, "outcome": "routed", "matched": ["nightly"]}
    refreshes = router.settle(3)
    assert [(r["site"], r["content"]["name"], r["state"]) for r in sorted(refreshes, key=lambda r: r["content"]["name"])] == [
        ("board", "Board Pack", "succeeded"), ("finance", "P&L, by month", "succeeded"), ("finance", "Revenue", "succeeded")]
    assert all(r["causes"] == [{"event": 1, "rule": "nightly"}] and r["job"]["completed_at"] and r["attempts"] == 1 for r in refreshes)
    assert sorted(router.events()[0]["refreshes"]) == [r["id"] for r in refreshes]
    assert len(sandbox.jobs()) == 3 and len(sandbox.sign_ins()) == 2


def test_twelve_sites_each_with_its_own_pat_and_one_sign_in(router_of, sandbox_of):
    names = [f"site{n}" for n in range(12)]
    sandbox = sandbox_of(*[site_world(name) for name in names])
    router = router_of(sandbox, [rule(refresh=[{"site": name, "workbooks": "Revenue"} for name in names])], sites=names)
    router.send()
    assert {(r["site"], r["state"]) for r in router.settle(12)} == {(name, "succeeded") for name in names}
    assert all(len(sandbox.sign_ins(name)) == 1 for name in names)


def test_two_hundred_refreshes_with_one_sign_in(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=[], generate=[{"count": 200, "name": "wb-%03d", "project": "Finance/Daily"}]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "/^wb-/"}])])
    router.send()
    assert {r["state"] for r in router.settle(200)} == {"succeeded"}
    assert len(sandbox.sign_ins()) == 1 and len(sandbox.refresh_calls()) == 200 and len(sandbox.jobs()) == 200


def test_a_burst_of_ten_events_costs_one_job_or_two(router, sandbox):
    for _ in range(10):
        assert router.send().status == 200
    refreshes = router.settle()
    assert 1 <= len(sandbox.refresh_calls()) <= 2
    assert {c["event"] for r in refreshes for c in r["causes"]} == {e["id"] for e in router.events()}
    assert {r["state"] for r in refreshes} == {"succeeded"}


def test_content_wanted_twice_by_one_event_is_one_refresh_with_two_causes(router_of, sandbox):
    router = router_of(sandbox, [rule("first"), rule("second", refresh=[{"site": "finance", "workbooks": "Revenue"}])])
    router.send()
    refresh = one(router)
    assert sorted(c["rule"] for c in refresh["causes"]) == ["first", "second"]
    assert len(sandbox.refresh_calls()) == 1


def test_an_event_that_comes_while_a_job_runs_gets_a_job_that_started_after_it(router_of, sandbox_of):
    sandbox = sandbox_of()
    router = router_of(sandbox, [rule()])
    sandbox.hold("Revenue", "running")
    router.send()
    wait_until(lambda: router.refreshes(state="running"), "the job to run")
    sandbox.let_go("Revenue")
    next_second()
    router.send()
    wait_until(lambda: router.refreshes(state="waiting"), "the second refresh")
    sandbox.end_jobs()
    refreshes = router.settle(2)
    jobs = sandbox.jobs()
    assert len(jobs) == 2 and [r["state"] for r in refreshes] == ["succeeded", "succeeded"]
    assert jobs[1]["started"] > router.events()[0]["received_at"]


def test_a_failed_job_is_told_with_tableaus_own_note(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=[{"name": "Revenue", "project": "Finance/Daily", "result": "failed", "notes": "Sign-in to the database failed\nsecond line"}]))
    router = router_of(sandbox, [rule()])
    router.send()
    refresh = one(router)
    assert refresh["state"] == "failed" and refresh["reason"] == "Sign-in to the database failed second line"


@pytest.mark.parametrize("result,state", [("cancelled", "cancelled"), ("bridge", "succeeded"), ("error_note", "failed")])
def test_jobs_end_as_tableau_means_it(router_of, sandbox_of, result, state):
    sandbox = sandbox_of(site_world(workbooks=[{"name": "Revenue", "project": "Finance/Daily", "result": result}]))
    router = router_of(sandbox, [rule()])
    router.send()
    assert one(router)["state"] == state


@pytest.mark.parametrize("kind,selector,path", [("datasources", "orders", "/datasources/.*/refresh"), ("flows", "clean", "/flows/.*/run"),
                                                ("tasks", "2a1db1ee-db91-47c2-9233-55190701e838", "/tasks/extractRefreshes/.*/runNow")])
def test_other_kinds_of_content(router_of, sandbox_of, kind, selector, path):
    sandbox = sandbox_of(site_world(datasources=[{"name": "orders", "project": "Finance"}], flows=[{"name": "clean", "project": "Finance"}],
                                    tasks=[{"id": "2a1db1ee-db91-47c2-9233-55190701e838", "workbook": "Revenue"}]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", kind: selector}])])
    router.send()
    assert one(router)["state"] == "succeeded"
    assert len(sandbox.calls("POST", path)) == 1


def test_an_incremental_refresh_is_asked_for_as_one(router_of, sandbox):
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "Revenue", "incremental": True}])])
    router.send()
    assert one(router)["state"] == "succeeded" and sandbox.jobs()[0]["incremental"]


def test_an_old_server_is_told_apart_from_an_incremental_refresh(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(api_version="3.22"))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "Revenue", "incremental": True}])])
    router.send()
    refresh = one(router)
    assert refresh["state"] == "failed" and "3.25" in refresh["reason"] and not sandbox.jobs()


# ---- somebody else's jobs ----

def test_a_foreign_job_that_runs_already_is_waited_for(router, sandbox):
    sandbox.running_job("Revenue")
    router.send()
    wait_until(lambda: router.waiting("409093"), "Tableau's refusal to be on record")
    sandbox.end_jobs()
    assert one(router)["state"] == "succeeded"
    ours = sandbox.jobs(by="refresh-router")
    assert len(ours) == 1 and ours[0]["created"] > sandbox.jobs(by="foreign")[0]["created"]


def test_a_foreign_job_that_still_waits_is_taken_over(router, sandbox):
    sandbox.foreign_job("Revenue", queued_ms=HOLD_MS)
    router.send()
    wait_until(lambda: router.refreshes(state="queued"), "the job to be taken over")
    sandbox.end_jobs()
    assert one(router)["state"] == "succeeded"
    assert not sandbox.jobs(by="refresh-router")


def test_a_refusal_because_of_another_job_is_known_in_any_language(router, sandbox):
    sandbox.fault("409093", on={"method": "POST", "path": "*/refresh"}, times=2)
    router.send()
    refresh = one(router)
    assert refresh["state"] == "succeeded" and len(sandbox.jobs()) == 1


# ---- lost and late answers ----

def test_a_lost_reply_is_one_job(router, sandbox):
    sandbox.change("Revenue", queued_ms=3100)
    sandbox.fault("drop_after", on={"method": "POST", "path": "*/refresh"})
    router.send()
    assert one(router)["state"] == "succeeded" and len(sandbox.jobs()) == 1


def test_a_gateway_that_fails_after_the_job_was_queued_is_one_job(router, sandbox):
    sandbox.change("Revenue", queued_ms=3100)
    sandbox.fault("error_after", on={"method": "POST", "path": "*/refresh"}, status=504)
    router.send()
    assert one(router)["state"] == "succeeded" and len(sandbox.jobs()) == 1


def test_a_lost_request_is_sent_again(router, sandbox):
    sandbox.fault("drop", on={"method": "POST", "path": "*/refresh"})
    router.send()
    assert one(router)["state"] == "succeeded" and len(sandbox.jobs()) == 1


@pytest.mark.parametrize("names,path", [(["a"], "*/jobs/*"), (["a", "b", "c"], "*/jobs")], ids=["one by one", "list of jobs"])
@pytest.mark.parametrize("fault", [{"do": "error", "status": 502}, {"do": "drop"}, {"do": "html"}], ids=lambda fault: fault["do"])
def test_failed_polls_never_start_a_second_refresh(router_of, sandbox_of, names, path, fault):
    sandbox = sandbox_of(site_world(workbooks=names))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": names}])])
    sandbox.fault(**fault, on={"method": "GET", "path": path}, times=5)
    router.send()
    assert {r["state"] for r in router.settle(len(names))} == {"succeeded"}
    assert len(sandbox.refresh_calls()) == len(names)
    assert len([c for c in sandbox.calls("GET", "/jobs") if c.get("fault")]) == 5


@pytest.mark.parametrize("fault", [{"do": "html"}, {"do": "garbage"}, {"do": "truncate"}, {"do": "empty"}, {"do": "error", "status": 503},
                                   {"do": "garbage", "body": '{"backgroundJobs":[1,2],"workbooks":{"workbook":{"id":7}},"job":{"id":{}}}'},
                                   {"do": "garbage", "body": "[" * 5000}, {"do": "latency", "ms": 300}])
def test_hostile_answers_are_survived(router, sandbox, fault):
    do = fault["do"]
    rest = {k: v for k, v in fault.items() if k != "do"}
    sandbox.fault(do, on={"path": "*/auth/signin"}, **rest)
    sandbox.fault(do, on={"path": "/api/*/sites/*"}, times=6, **rest)
    router.send()
    assert one(router)["state"] == "succeeded"


class Endless(http.server.BaseHTTPRequestHandler):
    """Answers everything with JSON that has no end; counts what it could send of each."""
    sent = []

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.sent.append(0)
        number = len(self.sent) - 1
        try:
            while self.sent[number] < 1 << 30:
                self.sent[number] += self.wfile.write(b'["x",' * 20000)
        except OSError:
            pass

    do_POST = do_GET

    def log_message(self, *_):
        pass


def test_an_endless_answer_is_cut_off(router_of, sandbox_of):
    sandbox = sandbox_of(site_world("board"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "Revenue"}, {"site": "board", "workbooks": "Revenue"}])],
                           sites={"finance": {"server": f"http://127.0.0.1:{server.server_address[1]}"}, "board": {}})
        router.send()
        wait_until(lambda: router.site().get("last_error"), "the site's error")
        wait_until(lambda: [r for r in router.refreshes(site="board") if r["state"] == "succeeded"], "the other site")
        assert 0 < max(Endless.sent) < 60 << 20     # 16 MiB, and what the sockets hold
        router.kill9()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_429_without_a_time_is_waited_out_too(router, sandbox):
    sandbox.fault("429", on={"method": "POST", "path": "*/refresh"}, detail="Slow down.")
    router.send()
    assert one(router)["state"] == "succeeded" and len(sandbox.jobs()) == 1


def test_429_is_waited_out(router, sandbox):
    sandbox.fault("429", on={"method": "POST", "path": "*/refresh"}, retry_after="1")
    router.send()
    refresh = one(router)
    assert refresh["state"] == "succeeded" and refresh["attempts"] == 2
    first, second = sandbox.refresh_calls()
    assert second["at"] > first["at"]


def test_a_refusal_fails_at_once_with_what_to_do(router, sandbox):
    sandbox.fault("error", on={"method": "POST", "path": "*/refresh"}, code=403004, summary="Forbidden", detail="no permission")
    router.send()
    refresh = one(router)
    assert refresh["state"] == "failed" and "403004" in refresh["reason"]
    assert "owner" in refresh["reason"] or "own it" in refresh["reason"]
    assert len(sandbox.refresh_calls()) == 1


def test_a_forbidden_refresh_that_was_queued_all_the_same_is_found(router, sandbox):
    sandbox.fault("error_after", on={"method": "POST", "path": "*/refresh"}, code=403004, summary="Forbidden", detail="no permission")
    router.send()
    assert one(router)["state"] == "succeeded"
    assert len(sandbox.refresh_calls()) == 1 and len(sandbox.jobs()) == 1


def test_one_site_that_is_down_does_not_delay_another(router_of, sandbox_of):
    sandbox = sandbox_of(site_world("finance"), site_world("board"))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "Revenue"}, {"site": "board", "workbooks": "Revenue"}])],
                       sites={"finance": {"server": "http://127.0.0.1:9"}, "board": {}})
    router.send()
    assert wait_until(lambda: [r for r in router.refreshes(site="board") if r["state"] == "succeeded"], "the other site")
    assert router.events()[0]["open_selections"] == 1


def test_a_site_that_hangs_does_not_delay_another(router_of, sandbox_of):
    sandbox = sandbox_of(site_world("finance", [f"wb{n}" for n in range(30)]), site_world("board"))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "/^wb/"}, {"site": "board", "workbooks": "Revenue"}])],
                       sites=("finance", "board"))
    sandbox.fault("latency", on={"path": "*", "site": "finance"}, ms=3000, times=0)
    router.send()
    wait_until(lambda: [r for r in router.refreshes(site="board") if r["state"] == "succeeded"], "the other site")
    assert not router.refreshes(site="finance", state="succeeded")
    sandbox.forget_faults()


# ---- what an event may be satisfied by ----

def test_an_event_that_comes_while_the_job_still_waits_needs_no_second_job(router_of, sandbox_of):
    sandbox = sandbox_of()
    router = router_of(sandbox, [rule()])
    sandbox.hold("Revenue", "queued")
    router.send()
    wait_until(lambda: router.refreshes(state="queued"), "the job to be queued")
    router.send()
    wait_until(lambda: sum(len(r["causes"]) for r in router.refreshes()) == 2, "the second event to want it")
    looks = len(sandbox.calls("GET", "/jobs"))
    wait_until(lambda: len(sandbox.calls("GET", "/jobs")) >= looks + 2, "a look, asked for after the event, that sees the job wait")
    sandbox.end_jobs()
    assert {r["state"] for r in router.settle()} == {"succeeded"}
    assert len(sandbox.jobs()) == 1


def test_another_delivery_about_the_same_run_costs_nothing(router, sandbox):
    """Two subscriptions overlap while a secret is rotated: other webhook, other event id, same run."""
    finished = utc_text(now() - 3600)
    router.send(runFinishedAt=finished, webhookId="wsu_old")
    router.settle(1)
    router.send(runFinishedAt=finished, webhookId="wsu_new")
    assert {r["state"] for r in router.settle()} == {"succeeded"}
    assert sorted(c["event"] for r in router.refreshes() for c in r["causes"]) == sorted(e["id"] for e in router.events())
    assert len(sandbox.jobs()) == 1


def test_a_run_that_ended_after_the_last_job_is_refreshed_again(router, sandbox):
    for count in (1, 2, 3):
        router.send()
        router.settle(count)
    assert len(sandbox.jobs()) == 3


def test_what_cannot_be_done_in_time_expires_and_says_why(router_of, sandbox):
    router = router_of(sandbox, [rule()], config={"give_up_after": "1500ms"})
    sandbox.running_job("Revenue")
    router.send()
    refresh = one(router)
    assert refresh["state"] == "expired" and "already" in refresh["reason"]
    assert not sandbox.jobs(by="refresh-router")


@pytest.mark.parametrize("finished", ["9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "", "yesterday", "2026-02-30T25:61:61Z", None])
def test_a_run_without_a_believable_end_is_refreshed_all_the_same(router, sandbox, finished):
    router.send(runFinishedAt=finished)
    assert one(router)["state"] == "succeeded" and len(sandbox.jobs()) == 1


def test_a_full_and_an_incremental_refresh_of_one_content_both_happen_one_after_the_other(router_of, sandbox):
    router = router_of(sandbox, [rule("full"), rule("quick", when={"job_id": 2}, refresh=[{"site": "finance", "workbooks": "Revenue", "incremental": True}])])
    router.send()
    router.send(jobId="2")
    refreshes = router.settle()
    assert {r["state"] for r in refreshes} == {"succeeded"}
    assert {c["event"] for r in refreshes for c in r["causes"]} == {e["id"] for e in router.events()}
    assert any(not j["incremental"] for j in sandbox.jobs()) and most_at_once(sandbox.jobs()) == 1


def test_a_foreign_job_is_waited_for_also_without_the_right_to_see_it(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(pats=[{"name": "refresh-router", "secret": "finance-secret", "admin": False}]))
    router = router_of(sandbox, [rule()])
    sandbox.foreign_job("Revenue", queued_ms=600, running_ms=600)
    router.send()
    assert one(router)["state"] == "succeeded"
    ours = sandbox.jobs(by="refresh-router")
    assert len(ours) == 1 and ours[0]["created"] >= sandbox.jobs(by="foreign")[0]["completed"]


# ---- bounds ----

def most_at_once(jobs):
    marks = sorted([(parse_time(j["created"]), 1) for j in jobs] + [(parse_time(j["completed"]), -1) for j in jobs])
    running, most = 0, 0
    for _, step in marks:
        running += step
        most = max(most, running)
    return most


def test_max_running_bounds_our_jobs_in_flight(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=[f"wb{n}" for n in range(8)], job={"queued": "50ms", "running": "100ms"}))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "/^wb/"}])], sites={"finance": {"max_running": 2}})
    router.send()
    assert {r["state"] for r in router.settle(8)} == {"succeeded"}
    assert most_at_once(sandbox.jobs()) == 2


def test_a_higher_priority_goes_first(router_of, sandbox_of):
    names = ["low", "middle", "high"]
    sandbox = sandbox_of(site_world(workbooks=[*names, {"name": "first", "project": "Finance", "running": "24h"}], job={"queued": "10ms", "running": "50ms"}))
    router = router_of(sandbox, [rule("first", when={"job_id": 1}, refresh=[{"site": "finance", "workbooks": "first"}])] +
                       [rule(name, priority=priority, refresh=[{"site": "finance", "workbooks": name}]) for name, priority in zip(names, (10, 50, 90))],
                       sites={"finance": {"max_running": 1}})
    router.send(jobId="1")
    wait_until(lambda: sandbox.jobs("first"), "the job that the others wait for")
    router.send()
    wait_until(lambda: len(router.refreshes(state="waiting")) == 3, "all three to wait")
    sandbox.end_jobs()
    router.settle(4)
    assert [j["name"] for j in sandbox.jobs()] == ["first", "high", "middle", "low"]


def test_more_waiting_refreshes_than_allowed_are_shed_with_503(router_of, sandbox):
    router = router_of(sandbox, [rule()], config={"limits": {"waiting_refreshes": 10}})
    sandbox.fault("drop", on={"path": "/api/*"}, times=0)
    acknowledged, refused = [], None
    for _ in range(60):
        answer = router.send()
        if answer.status != 200:
            refused = answer
            break
        acknowledged.append(answer.json["event"])
    assert acknowledged and refused.status == 503 and int(refused.headers["Retry-After"]) > 0
    sandbox.forget_faults()
    wait_until(lambda: router.send().status == 200, "room")
    refreshes = router.settle()
    assert set(acknowledged) <= {c["event"] for r in refreshes for c in r["causes"] if r["state"] == "succeeded"}


def test_a_shadow_rule_is_decided_and_recorded_and_never_sent(router_of, sandbox):
    router = router_of(sandbox, [rule("trial", mode="shadow")])
    answer = router.send().json
    assert (answer["outcome"], answer["matched"]) == ("routed", ["trial"])
    assert router.events()[0]["selections"][0]["name"] == "Revenue"
    router.stop()
    assert not sandbox.calls()


def test_a_dry_run_decides_and_refreshes_nothing(router_of, sandbox):
    router = router_of(sandbox, [rule()], arguments=["--dry-run"])
    assert router.send().json["outcome"] == "routed"
    assert router.events()[0]["selections"] and router.idle()
    router.stop()
    assert not sandbox.calls("POST", "/refresh$")


def test_a_clean_stop_signs_out(router, sandbox):
    router.send()
    router.settle(1)
    router.stop()
    assert [c["status"] for c in sandbox.calls("POST", "/auth/signout$")] == [204]


def test_a_job_that_tableau_forgot_is_told(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(job={"queued": "0ms", "running": "1h"}))
    router = router_of(sandbox, [rule()])
    router.send()
    wait_until(lambda: router.refreshes(state="running"), "the job to run")
    sandbox.control("DELETE", "jobs", {"site": "finance", "code": 404018})
    refresh = one(router)
    assert refresh["state"] == "failed" and "does not know the job" in refresh["reason"]


def test_without_the_right_to_list_jobs_each_job_is_asked_for(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=["a", "b", "c"], pats=[{"name": "refresh-router", "secret": "finance-secret", "admin": False}]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": ["a", "b", "c"]}])])
    router.send()
    assert {r["state"] for r in router.settle(3)} == {"succeeded"}
    assert len([c for c in sandbox.calls("GET", "/jobs$") if c["status"] == 403]) == 1


# ---- delay, quiet, budgets, breaker ----

def test_a_delay_holds_back_what_is_recorded_and_says_until_when(router_of, sandbox):
    router = router_of(sandbox, [rule(delay="2s")])
    sent = now()
    router.send()
    held = wait_until(lambda: router.refreshes(state="waiting"), "the refresh to be recorded")[0]
    assert held["reason"] == "held by `delay` of rule 'nightly'" and abs(parse_time(held["not_before"]) - sent - 2) < 1
    assert router.settle(1)[0]["state"] == "succeeded"
    assert parse_time(sandbox.jobs()[0]["created"]) >= sent + 1.9


def test_a_delay_outlives_kill_9(router_of, sandbox):
    router = router_of(sandbox, [rule(delay="2s")])
    sent = now()
    router.send()
    wait_until(lambda: router.refreshes(state="waiting"), "the refresh to be recorded")
    router.restart()
    assert router.settle(1)[0]["state"] == "succeeded"
    assert parse_time(sandbox.jobs()[0]["created"]) >= sent + 1.9


def test_quiet_makes_one_refresh_of_events_that_keep_coming(router_of, sandbox):
    router = router_of(sandbox, [rule(quiet="1500ms")])
    last = 0
    for _ in range(6):
        last = now()
        router.send()
        wait_until(lambda: now() > last + 0.4, "a while between two events")
    refreshes = router.settle(1)
    assert len(refreshes) == 1 and len(refreshes[0]["causes"]) == 6
    assert len(sandbox.jobs()) == 1 and parse_time(sandbox.jobs()[0]["created"]) >= last + 1.4


def test_starts_beyond_the_budget_wait_and_say_until_when_also_after_a_restart(router_of, sandbox_of):
    names = [f"Book {n}" for n in range(6)]
    sandbox = sandbox_of(site_world(workbooks=names))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": names}])], sites={"finance": {"refreshes_per_hour": 4}})
    router.send()
    wait_until(lambda: len(router.refreshes(state="succeeded")) == 4, "what the budget affords")
    waiting = wait_until(lambda: [r for r in router.refreshes(state="waiting") if "may start 4 refreshes an hour" in r.get("reason", "")], "the reason")
    assert len(waiting) == 2
    assert all(3500 < parse_time(r["not_before"]) - now() < 3700 for r in waiting)
    ids = [r["id"] for r in waiting]

    def causes():
        return [len(router.refresh(id)["causes"]) for id in ids]

    # A new event joins what waits, and costs nothing.
    router.send()
    wait_until(lambda: causes() == [2, 2], "the event to join")
    router.restart()
    wait_until(lambda: router.site().get("refreshes_per_hour") == {"limit": 4, "spent": 4}, "the budget to be told")
    router.send()
    wait_until(lambda: causes() == [3, 3], "another event to join")
    assert len(sandbox.refresh_calls()) == 4


def test_a_site_that_is_down_is_left_alone_and_found_again(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(), site_world("board", workbooks=["Board Pack"]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "/./"}, {"site": "board", "workbooks": "Board Pack"}])],
                       sites=("finance", "board"))
    sandbox.fault("drop", on={"path": "/api/*", "site": "finance"}, times=0)
    sandbox.fault("error", on={"path": "*/auth/signin"}, status=503, times=0)
    router.send()
    wait_until(lambda: "left_alone_until" in router.site(), "the site to be left alone")
    wait_until(lambda: "a site is left alone between probes" in router.log, "the line of the log")
    sandbox.forget_faults()
    assert {r["state"] for r in router.settle(2)} == {"succeeded"}
    wait_until(lambda: "left_alone_until" not in router.site(), "the site to be told as well")
