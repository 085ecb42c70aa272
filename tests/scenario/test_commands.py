"""What people ask for: cancel, retry, replay, pause - and that it is recorded who did."""
import json

import pytest

from harness import cli, request, rule, site_world, wait_until

LONG = {"queued": "50ms", "running": "30s"}


def post(router, path, headers=None):
    return request(router.admin, "POST", path, headers=headers)


def paused_router(router_of, sandbox):
    router = router_of(sandbox, [rule()])
    assert post(router, "/api/v1/sites/finance/pause").json == {
        "site": "finance", "message": "it is sent no more refreshes; jobs in flight are followed"}
    return router


def waiting(router):
    router.send()
    return wait_until(lambda: router.refreshes(state="waiting"), "the refresh to wait")[0]


def test_a_paused_site_says_so_survives_kill_9_and_goes_on_when_resumed(router_of, sandbox):
    router = paused_router(router_of, sandbox)
    assert waiting(router)["reason"] == "site 'finance' is paused by loopback until somebody resumes it"
    router.restart()
    assert wait_until(lambda: router.site().get("paused_by"), "the site to be told") == "loopback"
    assert post(router, "/api/v1/sites/finance/pause").status == 409
    assert not sandbox.refresh_calls()
    assert post(router, "/api/v1/sites/finance/resume").status == 200
    assert router.settle(1)[0]["state"] == "succeeded"
    assert post(router, "/api/v1/sites/finance/resume").status == 409
    assert post(router, "/api/v1/sites/finanze/pause").status == 404


def test_a_pause_is_felt_by_that_site_alone(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(), site_world("board", workbooks=["Board Pack"]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "Revenue"}, {"site": "board", "workbooks": "Board Pack"}])],
                       sites=("finance", "board"))
    post(router, "/api/v1/sites/finance/pause")
    router.send()
    wait_until(lambda: router.refreshes(site="board", state="succeeded"), "the other site to go on")
    assert router.refreshes(site="finance")[0]["state"] == "waiting"


def test_a_refresh_that_waits_is_cancelled_and_tells_by_whom(router_of, sandbox):
    router = paused_router(router_of, sandbox)
    refresh = waiting(router)
    answer = post(router, f"/api/v1/refreshes/{refresh['id']}/cancel")
    assert answer.json == {"id": refresh["id"], "message": "cancelled"}
    told = router.refresh(refresh["id"])
    assert (told["state"], told["reason"]) == ("cancelled", "cancelled by loopback")
    assert [(c["by"], c["command"]) for c in told["commands"]] == [("loopback", "cancel")]
    again = post(router, f"/api/v1/refreshes/{refresh['id']}/cancel")
    assert again.status == 409 and "it has ended: cancelled" in again.json["error"]


@pytest.mark.parametrize("admin", [True, False])
def test_cancelling_a_refresh_in_flight_cancels_tableaus_job_or_says_why_not(router_of, sandbox_of, admin):
    sandbox = sandbox_of(site_world(job=LONG, pats=[{"name": "refresh-router", "secret": "finance-secret", "admin": admin}]))
    router = router_of(sandbox, [rule()])
    router.send()
    refresh = wait_until(lambda: router.refreshes(state="running"), "the job to run")[0]
    assert post(router, f"/api/v1/refreshes/{refresh['id']}/cancel").status == 200
    if admin:
        assert router.settle(1)[0]["state"] == "cancelled"
        assert sandbox.jobs()[0]["state"] == "Cancelled"
    else:
        wait_until(lambda: router.refresh(refresh["id"]).get("reason", "").startswith("not cancelled by loopback: "), "Tableau's refusal")
        assert router.refresh(refresh["id"])["state"] == "running"


def test_a_retry_skips_the_backoff(router_of, sandbox):
    router = router_of(sandbox, [rule()], config={"retry": {"initial": "1h", "max": "1h"}})
    sandbox.fault("429", on={"method": "POST", "path": "*/refresh"}, detail="Slow down.")
    router.send()
    refresh = wait_until(lambda: [r for r in router.refreshes(state="waiting") if r["attempts"] == 1], "the first try to fail")[0]
    assert post(router, f"/api/v1/refreshes/{refresh['id']}/retry").status == 200
    done = router.settle(1)
    assert len(done) == 1 and done[0]["state"] == "succeeded" and done[0]["attempts"] == 2


def test_a_refresh_that_failed_is_done_again_as_one_of_its_own(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=[{"name": "Revenue", "project": "Finance/Daily", "result": "failed"}]))
    router = router_of(sandbox, [rule()])
    router.send()
    failed = router.settle(1)[0]
    assert failed["state"] == "failed"
    sandbox.change("Revenue", result="success")
    new = post(router, f"/api/v1/refreshes/{failed['id']}/retry").json["id"]
    assert new != failed["id"]
    assert router.settle(2)[1]["state"] == "succeeded"
    assert router.refresh(new)["causes"] == failed["causes"]
    assert router.refresh(failed["id"])["commands"][0]["result"] == new
    assert router.refresh(failed["id"])["state"] == "failed"


def test_a_replay_is_a_new_event_decided_by_the_rules_of_now(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=["Revenue", "Payroll"]))
    router = router_of(sandbox, [rule()])
    first = router.send().json["event"]
    router.settle(1)
    router.write_rules([rule("payroll", [{"site": "finance", "workbooks": "Payroll"}])])
    assert router.reload().status == 200
    answer = post(router, f"/api/v1/events/{first}/replay").json
    assert (answer["outcome"], answer["matched"]) == ("replay", ["payroll"])
    assert [r["content"]["name"] for r in router.settle(2)] == ["Revenue", "Payroll"]
    event = router.event(answer["event"])
    assert event["reason"] == f"replay of event {first}" and event["fields"]["job_id"] == "701331"
    assert router.event(first)["commands"][0]["result"] == answer["event"]
    # Once more: it is no duplicate, and what has succeeded meanwhile does not count for it.
    assert post(router, f"/api/v1/events/{first}/replay").status == 200
    router.settle(3)
    assert len(sandbox.jobs("Payroll")) == 2


def test_what_was_of_no_use_is_not_replayed(router):
    event = router.post(router.body("test-endpoint")).json["event"]
    answer = post(router, f"/api/v1/events/{event}/replay")
    assert answer.status == 409 and "it would not be routed: test" in answer.json["error"]
    assert post(router, "/api/v1/events/999999/replay").status == 404


def test_events_of_a_mistyped_account_are_replayed_when_it_is_mended(router_of, sandbox):
    router = router_of(sandbox, [rule()], source={"account_id": "58112"})
    ignored = [router.send().json for _ in range(2)]
    assert [answer["outcome"] for answer in ignored] == ["ignored"] * 2
    path = f"/api/v1/events/{ignored[0]['event']}/replay"
    answer = post(router, path)
    assert answer.status == 409 and "it is of account '58121', and the source is for account 58112" in answer.json["error"]
    router.config["sources"][0]["account_id"] = "58121"
    router.write_config()
    assert router.reload().status == 200
    answer = post(router, path)
    assert answer.status == 200 and answer.json["matched"] == ["nightly"]
    done = cli("replay", ignored[1]["event"], "--url", f"http://{router.admin}")
    assert done.returncode == 0 and b"1 rule matches" in done.stdout, done
    assert {r["state"] for r in router.settle(1)} == {"succeeded"}
    # The other way round: an event that had been routed is of another account now.
    routed = router.send().json["event"]
    router.config["sources"][0]["account_id"] = "1"
    router.write_config()
    assert router.reload().status == 200
    assert post(router, f"/api/v1/events/{routed}/replay").status == 409
    # A source that is configured no more constrains nothing.
    router.config["sources"][0]["name"] = "renamed"
    router.write_config()
    assert router.reload().status == 200
    assert post(router, f"/api/v1/events/{routed}/replay").status == 200


@pytest.mark.parametrize("path", ["/api/v1/refreshes/2/retry", "/api/v1/refreshes/2/cancel", "/api/v1/events/1/replay", "/api/v1/sites/finance/pause"])
def test_a_page_of_another_origin_may_not_ask(router, path):
    assert post(router, path, {"Origin": "http://evil.example.com"}).status == 403


def test_the_command_line_on_loopback_is_recorded_as_such(router_of, sandbox):
    router = router_of(sandbox, [rule()])
    url = ["--url", f"http://{router.admin}"]
    done = cli("sites", "pause", "finance", *url)
    assert done.returncode == 0 and b"site finance: it is sent no more refreshes" in done.stdout, done.stderr
    refresh = waiting(router)
    listed = cli("sites", *url).stdout.decode()
    assert "paused by loopback" in listed, listed
    done = cli("cancel", refresh["id"], *url)
    assert done.returncode == 0 and done.stdout.decode().startswith(f"refresh {refresh['id']}: cancelled"), done
    shown = cli("show", refresh["id"], *url).stdout.decode()
    assert "cancel by loopback" in shown, shown
    fields = [line for line in cli("show", 1, *url).stdout.decode().splitlines() if line.startswith("  ")]
    assert any("environment_name" in line for line in fields) and all(line[18] == " " != line[19] for line in fields), fields
    heading = cli("refreshes", *url).stdout.decode().splitlines()[0]
    assert heading.split() == ["ID", "CREATED", "STATE", "SITE", "KIND", "CONTENT", "REASON"]
    assert cli("cancel", refresh["id"], *url).returncode == 1
    assert cli("sites", "resume", "finance", *url).returncode == 0
    assert cli("retry", refresh["id"], *url).returncode == 0
    assert router.settle(2)[1]["state"] == "succeeded"
    event = router.events()[0]["id"]
    replayed = json.loads(cli("replay", event, *url, "--format", "json").stdout)
    assert replayed["outcome"] == "replay"
    router.settle(3)


def test_the_command_line_tells_events_and_refreshes_apart(router):
    url = ["--url", f"http://{router.admin}"]
    for command, wrong in (("retry", 1), ("cancel", 3), ("replay", 2)):
        done = cli(command, wrong, *url)
        assert done.returncode == 2 and b"is the id of" in done.stderr
        assert cli(command, "x", *url).returncode == 2
        assert cli(command, 4 - wrong % 2, *url).returncode in (1, 2)
    assert cli("sites", "pawse", "finance", *url).returncode == 2
    assert cli("sites", "pause", "nowhere", *url).returncode == 1
    assert cli("sites", "pause", "finance", "--url", "http://127.0.0.1:1").returncode == 69


def test_a_dry_run_sends_nothing_of_what_the_store_owes(router_of, sandbox):
    router = paused_router(router_of, sandbox)
    waiting(router)
    assert post(router, "/api/v1/sites/finance/resume").status == 200
    router.settle(1)
    post(router, "/api/v1/sites/finance/pause")
    refresh = waiting(router)
    router.kill9()
    router.arguments.append("--dry-run")
    router.start()
    calls = len(sandbox.refresh_calls())
    done = router.refreshes(state="succeeded")[0]
    assert post(router, f"/api/v1/refreshes/{done['id']}/retry").status == 200
    wait_until(lambda: len(router.refreshes(state="waiting")) == 1, "the refresh to wait")
    assert router.refresh(refresh["id"])["reason"] == "site 'finance' is paused by --dry-run until somebody resumes it"
    assert post(router, "/api/v1/sites/finance/resume").json == {"error": "this is a dry run"}
    assert len(sandbox.refresh_calls()) == calls
