"""Who waits, for how long, and who is told: budgets, pauses, Tableau's wishes, and the end of patience."""
import json
import re

from harness import cli, now, parse_time, rule, site_world, wait_until
from test_commands import post


def patient_router(router_of, sandbox_of, names=("Revenue",), job=None, **finance):
    """A daemon whose site `board` refuses every refresh, so that those run out of patience: a clock for what does not happen at `finance`."""
    world = site_world(workbooks=names, **({"job": job} if job else {}))
    sandbox = sandbox_of(world, site_world("board", workbooks=["Board"]))
    sandbox.fault("status", on={"method": "POST", "path": "*/refresh", "site": "board"}, status=502, body="", times=0)
    rules = [rule(refresh=[{"site": "finance", "workbooks": list(names)}]),
             {"name": "clock", "when": {"job_id": 1}, "refresh": [{"site": "board", "workbooks": "Board"}]}]
    return sandbox, router_of(sandbox, rules, sites={"finance": finance, "board": {}},
                              config={"give_up_after": "2s", "retry": {"initial": "100ms", "max": "200ms"}})


def patience_runs_out(router, times=2):
    for _ in range(times):
        event = router.send(jobId="1").json["event"]
        wait_until(lambda: router.refreshes(site="board", event=event, state="expired"), "the other site's refresh to expire")


def test_events_of_one_content_beyond_the_limit_are_shed_with_503_and_leave_one_line_in_the_log(router_of, sandbox):
    router = router_of(sandbox, [rule()], arguments=["--log-level", "debug"], config={"limits": {"waiting_refreshes": 10}})
    post(router, "/api/v1/sites/finance/pause")
    acknowledged = 0
    for _ in range(100):
        answer = router.send()
        if answer.status == 503:
            break
        acknowledged += 1
    assert answer.status == 503 and "limits.waiting_refreshes" in answer.json["error"], answer.json
    assert 10 <= acknowledged < 100
    assert router.metric("refusals_total", reason="backlog") == 1
    wait_until(lambda: router.metric("open_work") == acknowledged, "the causes to be counted")
    assert len(router.refreshes()) == 1
    wait_until(lambda: "state=waiting" in router.log, "the line of the log")
    assert len(re.findall(r'"refresh changed" refresh=\d+ state=waiting', router.log)) == 1, router.log
    post(router, "/api/v1/sites/finance/resume")
    assert len(router.settle(1)[0]["causes"]) == acknowledged
    wait_until(lambda: router.metric("open_work") == 0, "the count to go down")
    assert router.send().status == 200


def alerts(router):
    return router.ready()[1].get("alerts", [])


def test_a_backlog_that_the_budget_cannot_work_off_is_told_everywhere_and_does_not_expire(router_of, sandbox_of):
    names = [f"Book {n}" for n in range(6)]
    _, router = patient_router(router_of, sandbox_of, names, refreshes_per_hour=2)
    assert not alerts(router)
    router.send()
    alert = wait_until(lambda: alerts(router), "the alert")[0]
    assert alert["site"] == "finance" and "later than give_up_after (2s)" in alert["reason"]
    assert router.ready()[0] == 200
    site = router.site()
    assert site["backlog"] == alert["reason"]
    assert site["refreshes_wait"]["reason"].startswith("waits its turn: site 'finance' may start 2 refreshes an hour")
    assert router.metric("backlog_overdue", site="finance") == 1
    assert 1000 <= router.metric("backlog_seconds", site="finance") < 10000
    wait_until(lambda: "cannot work off what waits" in router.log, "the line of the log")
    assert "later than give_up_after" in router.text("/")
    patience_runs_out(router)
    assert sorted(r["state"] for r in router.refreshes(site="finance")) == ["succeeded"] * 2 + ["waiting"] * 4
    wait_until(lambda: alerts(router)[0]["reason"].startswith("4 refreshes wait, "), "the alert to tell what is true now")
    assert router.log.count("cannot work off what waits") == 1


def test_selections_that_wait_for_their_site_are_visible_everywhere_with_since_when_and_why(router_of, sandbox):
    router = router_of(sandbox, [rule()], config={"retry": {"initial": "1h", "max": "1h"}})
    sandbox.fault("html", on={"path": "/api/*"}, status=302, times=0)
    event = router.send().json["event"]
    def told():
        items = router.get("/api/v1/selections")["items"]
        return items and "not_before" in items[0] and items[0]
    selection = wait_until(told, "the selection to wait")
    assert (selection["event"], selection["site"], selection["kind"], selection["rules"]) == (event, "finance", "workbook", ["nightly"])
    assert "302" in selection["reason"] and selection["selector"] == "Revenue", selection
    assert parse_time(selection["waiting_since"]) <= now() < parse_time(selection["not_before"])
    assert router.get("/api/v1/selections?site=board")["items"] == []
    assert router.site()["selections"] == 1
    assert router.metric("selections", site="finance") == 1
    assert ">unresolved</span>" in router.text("/") and "302" in router.text("/")
    url = ["--url", f"http://{router.admin}"]
    listed = cli("refreshes", *url).stdout.decode()
    assert re.search(r"unresolved +finance +workbook +Revenue +site .finance.: ", listed), listed
    assert "unresolved" not in cli("refreshes", "--state", "failed", *url).stdout.decode()
    assert json.loads(cli("refreshes", "--state", "unresolved", "--format", "json", *url).stdout) == [selection]
    assert json.loads(cli("refreshes", "--format", "json", *url).stdout) == []
    assert "UNRESOLVED" in cli("sites", *url).stdout.decode()
    # Whole sentences where no table cuts them, and none twice.
    for command in (["sites"], ["show", event]):
        told = cli(*command, *url).stdout.decode()
        assert told.count("HTTP 302") == told.count("look whether `server` is Tableau's host") == 1, told
    assert re.search(r"waiting +workbook 'Revenue' on site finance since 2\S+, until 2\S+: ", told), told


def test_after_a_pause_and_a_resume_the_reason_is_true_again(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=["One", "Two"]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": ["One", "Two"]}])], sites={"finance": {"refreshes_per_hour": 1}})
    router.send()
    def reason():
        waiting = router.refreshes(state="waiting")
        return waiting and waiting[0].get("reason", "")
    wait_until(lambda: "refreshes_per_hour" in (reason() or ""), "the budget to be told")
    post(router, "/api/v1/sites/finance/pause")
    wait_until(lambda: "paused by loopback" in reason(), "the pause to be told")
    post(router, "/api/v1/sites/finance/resume")
    wait_until(lambda: "refreshes_per_hour" in reason(), "the budget to be told again")


def test_an_operator_ends_the_wait_that_tableau_asked_for(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=["One", "Two", "Three"]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": ["One", "Two", "Three"]}])],
                       sites={"finance": {"max_requests": 1}}, config={"retry": {"initial": "1ms", "max": "1ms"}})
    sandbox.fault("429", on={"method": "POST", "path": "*/refresh"}, retry_after="3600", times=1)
    router.send()
    waiting = wait_until(lambda: [r for r in router.refreshes(state="waiting") if "Tableau asked site 'finance' to wait" in r.get("reason", "")], "the wait")
    assert len(sandbox.refresh_calls()) == 1
    assert 3000 < parse_time(waiting[0]["not_before"]) - now() <= 3600
    answer = cli("sites", "resume", "finance", "--url", f"http://{router.admin}")
    assert answer.returncode == 0 and b"it is asked again at once" in answer.stdout, answer
    assert [r["state"] for r in router.settle(3)] == ["succeeded"] * 3
    assert post(router, "/api/v1/sites/finance/resume").status == 409
    # The same by retrying one of those that wait.
    sandbox.fault("429", on={"method": "POST", "path": "*/refresh"}, retry_after="3600", times=1)
    router.send()
    waiting = wait_until(lambda: [r for r in router.refreshes(state="waiting") if "Tableau asked site 'finance' to wait" in r.get("reason", "")], "the wait")
    assert post(router, f"/api/v1/refreshes/{waiting[0]['id']}/retry").status == 200
    assert [r["state"] for r in router.settle(6)] == ["succeeded"] * 6


def test_retry_takes_a_filter(router_of, sandbox_of):
    failing = [{"name": name, "project": "Finance/Daily", "result": "failed"} for name in ("One", "Two")]
    sandbox = sandbox_of(site_world(workbooks=[*failing, "Three"]), site_world("board", workbooks=[{"name": "Board", "result": "failed"}]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": ["One", "Two", "Three"]}, {"site": "board", "workbooks": "Board"}])],
                       sites=("finance", "board"))
    router.send()
    router.settle(4)
    url = ["--url", f"http://{router.admin}"]
    for wrong in ([], ["2", "--site", "finance"], ["--since", "soon", "--site", "finance"]):
        assert cli("retry", *wrong, *url).returncode == 2, wrong
    nothing = cli("retry", "--site", "nowhere", *url)
    assert nothing.returncode == 0 and nothing.stdout == b"0 of 0 refreshes retried\n"
    assert cli("retry", "--state", "failed", "--since", "0", *url).stdout == b"0 of 0 refreshes retried\n"
    for name in ("One", "Two"):
        sandbox.change(name, result="success")
    done = cli("retry", "--site", "finance", "--state", "failed", "--since", "1h", *url)
    assert done.returncode == 0 and done.stdout.endswith(b"2 of 2 refreshes retried\n"), done
    ended = router.settle(6)
    assert sorted((r["content"]["name"], r["state"]) for r in ended[4:]) == [("One", "succeeded"), ("Two", "succeeded")]
    again = json.loads(cli("retry", "--content", "Board", "--format", "json", *url).stdout)
    assert [item["message"] for item in again] == ["it is done again"]
    assert router.settle(7)[6]["site"] == "board"


def test_an_event_behind_a_job_that_waits_longer_than_give_up_after_is_served_by_it(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(job={"queued": "4s", "running": "50ms"}))
    router = router_of(sandbox, [rule()], sites={"finance": {"poll_interval": "100ms"}}, config={"give_up_after": "2s"})
    router.send()
    wait_until(lambda: router.refreshes(state="queued"), "the job to be queued")
    router.send()
    assert [r["state"] for r in router.settle(2)] == ["succeeded"] * 2
    assert len(sandbox.jobs()) == 1


def test_a_job_that_never_starts_is_given_up_in_words_of_its_own(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(job={"queued": "10m", "running": "50ms"}))
    router = router_of(sandbox, [rule()], sites={"finance": {"poll_interval": "100ms"}}, config={"give_up_after": "1s"})
    router.send()
    wait_until(lambda: router.refreshes(state="queued"), "the job to be queued")
    router.send()
    refreshes = router.settle(2)
    assert [r["state"] for r in refreshes] == ["expired"] * 2, refreshes
    assert "has left its job" in refreshes[0]["reason"] and "may still start" in refreshes[0]["reason"]
    assert sandbox.jobs()[0]["state"] == "Pending" and len(sandbox.jobs()) == 1


def test_a_job_that_may_not_be_asked_for_today_is_followed_tomorrow_and_says_so(router_of, sandbox_of):
    _, router = patient_router(router_of, sandbox_of, job={"queued": "50ms", "running": "1s"}, poll_interval="100ms", job_queries_per_day=1)
    router.send()
    def told():
        refreshes = router.refreshes(state="open")
        return refreshes and "job_queries_per_day" in refreshes[0].get("reason", "") and refreshes[0]
    refresh = wait_until(told, "the reason")
    assert 80000 < parse_time(refresh["not_before"]) - now() < 90000
    assert "job_queries_per_day" in router.site()["jobs_wait"]["reason"]
    patience_runs_out(router)
    assert router.refreshes(state="open")


def test_a_pause_gives_nothing_up_also_over_a_restart(router_of, sandbox_of):
    _, router = patient_router(router_of, sandbox_of)
    post(router, "/api/v1/sites/finance/pause")
    router.send()
    wait_until(lambda: router.refreshes(state="waiting"), "the refresh to wait")
    patience_runs_out(router)
    router.restart()
    patience_runs_out(router)
    assert [r["state"] for r in router.refreshes(site="finance")] == ["waiting"]
    post(router, "/api/v1/sites/finance/resume")
    wait_until(lambda: router.refreshes(site="finance", state="succeeded"), "the refresh to succeed")


# Two jobs are asked for by one list, which cannot be read; patience ends before anybody asks for each by itself.
def test_what_expires_tells_the_last_error_of_the_list_of_its_job(router_of, sandbox_of):
    names = [f"Book {n}" for n in range(12)]
    sandbox = sandbox_of(site_world(workbooks=names))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": names}])], sites={"finance": {"poll_interval": "1s"}},
                       config={"give_up_after": "2900ms"})
    sandbox.fault("garbage", on={"method": "GET", "path": "*/jobs*"}, times=0)
    router.send()
    refreshes = router.settle(12)
    # The first of them may be asked for by itself, when the others are not due yet.
    last = [re.search(r"; last: (its job cannot be read: )?site .finance.: HTTP 200 with an unreadable", r["reason"]) for r in refreshes]
    assert {r["state"] for r in refreshes} == {"expired"} and all(last), refreshes
    assert [found for found in last if not found.group(1)], refreshes


def test_what_expires_tells_the_last_error(router_of, sandbox):
    router = router_of(sandbox, [rule()], config={"give_up_after": "2s", "retry": {"initial": "100ms", "max": "200ms"}})
    sandbox.fault("status", on={"method": "POST", "path": "*/refresh"}, status=502, body="", times=0)
    router.send()
    refresh = router.settle(1)[0]
    assert refresh["state"] == "expired" and "502" in refresh["reason"], refresh
