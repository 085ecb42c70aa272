"""A 200 is a promise: it outlives kill -9, at any point, and costs Tableau no second job."""
import concurrent.futures
import http.client
import os
import pathlib
import re
import signal
import socket

import pytest

import harness
from harness import BEGINS_LATER, TOP, cli, rule, site_world, wait_until

# So that the job of a request whose reply is lost is known for its own.
QUEUED = {"queued": BEGINS_LATER, "running": "200ms"}


def all_succeeded(router, count):
    refreshes = router.settle(count)
    assert {r["state"] for r in refreshes} == {"succeeded"}, refreshes
    return refreshes


# ---- killed while an event is on its way ----

def test_killed_before_its_content_was_found(router, sandbox):
    sandbox.fault("drop", on={"path": "/api/*"}, times=0)
    assert router.send().status == 200
    wait_until(lambda: sandbox.calls(), "the first try to reach Tableau")
    router.kill9()
    sandbox.forget_faults()
    router.start()
    all_succeeded(router, 1)
    assert len(sandbox.jobs()) == 1


def test_killed_at_once_after_the_200(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(job=QUEUED))
    router = router_of(sandbox, [rule()])
    for number in range(5):
        assert router.send().status == 200
        router.restart()
    refreshes = all_succeeded(router, 1)
    assert {c["event"] for r in refreshes for c in r["causes"]} == {e["id"] for e in router.events()}
    assert len(router.events()) == 5 and len(sandbox.jobs()) <= 6


def test_killed_while_it_waits_for_somebody_elses_job(router, sandbox):
    sandbox.running_job("Revenue")
    router.send()
    wait_until(lambda: router.waiting("409093"), "Tableau's refusal to be on record")
    router.restart()
    sandbox.end_jobs()
    all_succeeded(router, 1)
    assert len(sandbox.jobs(by="refresh-router")) == 1


@pytest.mark.parametrize("state", ["queued", "running"])
def test_killed_while_the_job_is_in_flight(router_of, sandbox_of, state):
    sandbox = sandbox_of()
    router = router_of(sandbox, [rule()])
    sandbox.hold("Revenue", state)
    router.send()
    wait_until(lambda: router.refreshes(state=state), f"the job to be {state}")
    router.restart()
    sandbox.end_jobs()
    refresh = all_succeeded(router, 1)[0]
    assert len(sandbox.refresh_calls()) == 1 and refresh["job"]["id"] == sandbox.jobs()[0]["id"]


def test_killed_before_the_answer_came_it_finds_the_job_that_tableau_started(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(job=QUEUED))
    router = router_of(sandbox, [rule()])
    sandbox.fault("latency", on={"method": "POST", "path": "*/refresh"}, ms=5000)
    router.send()
    wait_until(lambda: sandbox.jobs(), "Tableau to start the job")
    router.restart()
    refresh = all_succeeded(router, 1)[0]
    assert len(sandbox.jobs()) == 1 and refresh["job"]["id"] == sandbox.jobs()[0]["id"]


def test_killed_before_the_answer_came_without_the_right_to_look(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(pats=[{"name": "refresh-router", "secret": "finance-secret", "admin": False}]))
    router = router_of(sandbox, [rule()])
    sandbox.fault("latency", on={"method": "POST", "path": "*/refresh"}, ms=5000)
    router.send()
    wait_until(lambda: sandbox.jobs(), "Tableau to start the job")
    router.restart()
    all_succeeded(router, 1)
    assert len(sandbox.jobs()) <= 2     # that one could not be found: one more, never a storm


def test_killed_again_and_again_while_events_come(router_of, sandbox_of):
    names = ["a", "b", "c", "d"]
    sandbox = sandbox_of(site_world(workbooks=names, job=QUEUED))
    router = router_of(sandbox, [rule(name, when={"job_id": 701331, "environment_name": name},
                                      refresh=[{"site": "finance", "workbooks": name}]) for name in names])
    acknowledged = {}
    for number in range(24):
        name = names[number % 4]
        answer = router.send(environmentName=name)
        assert answer.status == 200
        acknowledged[answer.json["event"]] = name
        if number % 3 == 2:
            router.restart()
    refreshes = all_succeeded(router, 4)
    caused = {c["event"]: r["content"]["name"] for r in refreshes for c in r["causes"]}
    assert caused == acknowledged
    assert len(sandbox.jobs()) <= len(refreshes)      # every job belongs to a refresh that is on record


def test_killed_under_load_everything_acknowledged_is_on_record_and_done(router_of, sandbox_of):
    names = [f"wb{n}" for n in range(10)]
    sandbox = sandbox_of(site_world(workbooks=names, job={"queued": "10ms", "running": "30ms"}))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "${environment_name}"}])])
    acknowledged = {}

    def post(worker):
        """As fast as it can until nobody answers any more."""
        for number in range(10000):
            name = names[(worker + number) % len(names)]
            body = router.body(eventId=f"evt-{worker}-{number}", environmentName=name, runFinishedAt=harness.utc_text(harness.now()))
            answer = harness.quietly(lambda: router.post(body))
            if not answer or answer.status != 200:
                return
            acknowledged[answer.json["event"]] = name
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        workers = [pool.submit(post, worker) for worker in range(6)]
        wait_until(lambda: len(acknowledged) >= 300 or all(w.done() for w in workers), "three hundred deliveries")
        router.kill9()
        assert [w.result() for w in workers]
    assert len(acknowledged) >= 300
    router.start()
    all_succeeded(router, len(names))
    recorded = {e["id"]: e["fields"]["environment_name"] for e in router.events()}
    assert acknowledged.items() <= recorded.items()
    caused = {c["event"]: r["content"]["name"] for r in router.refreshes() for c in r["causes"]}
    assert caused == recorded


# ---- what else outlives the process ----

def test_a_delivery_is_a_duplicate_also_after_a_kill(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(job=QUEUED))
    router = router_of(sandbox, [rule()])
    body = router.body(eventId="evt-once")
    first = router.post(body).json
    router.restart()
    assert router.post(body).json == {**first, "outcome": "duplicate"}
    all_succeeded(router, 1)
    assert len(sandbox.jobs()) == 1


def test_a_clean_stop_with_a_job_in_flight_goes_on_at_the_next_start(router_of, sandbox_of):
    sandbox = sandbox_of()
    router = router_of(sandbox, [rule()])
    sandbox.hold("Revenue", "running")
    router.send()
    wait_until(lambda: router.refreshes(state="running"), "the job to run")
    router.stop()
    assert [c["status"] for c in sandbox.calls("POST", "/auth/signout$")] == [204]
    router.start()
    sandbox.end_jobs()
    all_succeeded(router, 1)
    assert len(sandbox.jobs()) == 1


def test_history_is_the_same_after_a_restart(router, sandbox):
    router.send()
    router.settle(1)
    before = router.events(), router.refreshes(), router.event(1)
    router.restart()
    assert (router.events(), router.refreshes(), router.event(1)) == before


def test_a_job_that_ended_while_the_daemon_was_down_is_found_ended(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=[{"name": "Revenue", "project": "Finance/Daily", "result": "failed", "notes": "out of disk"}],
                                    job={"queued": "50ms", "running": "24h"}))
    router = router_of(sandbox, [rule()])
    router.send()
    wait_until(lambda: router.refreshes(state="running"), "the job to run")
    router.kill9()
    sandbox.end_jobs()
    router.start()
    refresh = router.settle(1)[0]
    assert refresh["state"] == "failed" and "out of disk" in refresh["reason"] and len(sandbox.jobs()) == 1


OLD, NEW = "7c9a0e6e-8f0c-4a51-9a0e-0a51c7f2b1d3", "b30b4a5d-7b7e-4c53-9d5a-1c9c7f0e2d11"
NAMED = [({"workbooks": {"id": OLD}}, "failed", OLD), ({"workbooks": "Revenue"}, "succeeded", NEW)]


def published_again_while_down(router, sandbox):
    router.kill9()
    sandbox.change("Revenue", id=NEW)
    router.start()


def one_workbook(router_of, sandbox_of, selection):
    sandbox = sandbox_of(site_world(workbooks=[{"name": "Revenue", "project": "Finance/Daily", "id": OLD}]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", **selection}])])
    router.send()
    all_succeeded(router, 1)
    return router, sandbox


def is_done_as(refresh, state, luid, sandbox):
    assert (refresh["state"], refresh["content"]["id"]) == (state, luid), refresh
    assert {j["content"] for j in sandbox.jobs()} == ({OLD} if state == "failed" else {OLD, NEW})
    assert state == "succeeded" or OLD in refresh["reason"]


@pytest.mark.parametrize("selection, state, luid", NAMED)
def test_what_waits_over_a_restart_goes_on_as_other_content_only_if_the_rule_names_that(router_of, sandbox_of, selection, state, luid):
    """A workbook that is published again under its name is not what a rule by LUID asks for."""
    router, sandbox = one_workbook(router_of, sandbox_of, selection)
    assert harness.request(router.admin, "POST", "/api/v1/sites/finance/pause").status == 200
    router.send()
    wait_until(lambda: router.refreshes(state="waiting"), "the refresh to wait")
    published_again_while_down(router, sandbox)
    assert harness.request(router.admin, "POST", "/api/v1/sites/finance/resume").status == 200
    is_done_as(router.settle(2)[-1], state, luid, sandbox)


@pytest.mark.parametrize("selection, state, luid", NAMED)
def test_a_retry_after_a_restart_refreshes_other_content_only_if_the_rule_names_that(router_of, sandbox_of, selection, state, luid):
    router, sandbox = one_workbook(router_of, sandbox_of, selection)
    published_again_while_down(router, sandbox)
    assert harness.request(router.admin, "POST", f"/api/v1/refreshes/{router.refreshes()[0]['id']}/retry").status == 200
    is_done_as(router.settle(2)[-1], state, luid, sandbox)


def test_a_rule_that_is_gone_after_the_restart_takes_nothing_back(router, sandbox):
    sandbox.fault("drop", on={"path": "/api/*"}, times=0)
    router.send()
    router.kill9()
    router.write_rules([rule("another", when={"job_id": 5})])
    sandbox.forget_faults()
    router.start()
    assert all_succeeded(router, 1)[0]["causes"] == [{"event": 1, "rule": "nightly"}]


def test_a_store_that_is_no_store_is_refused_and_left_alone(router_of, sandbox):
    router = router_of(sandbox, [rule()])
    router.stop()
    store = router.folder / "store" / "state.db"
    for leftover in store.parent.glob("state.db-*"):
        leftover.unlink()
    store.write_bytes(b"these are my holiday photos" * 1000)
    refused = cli("serve", "--config", router.folder / "config.yaml", environment=router.environment)
    assert refused.returncode == 78 and b"state.db" in refused.stderr
    assert store.read_bytes() == b"these are my holiday photos" * 1000


def test_a_second_signal_ends_a_stop_that_takes_long(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(job=QUEUED))
    router = router_of(sandbox, [rule()])
    sandbox.fault("latency", on={"method": "POST", "path": "*/refresh"}, ms=30000, times=0)
    sandbox.fault("latency", on={"path": "*/signout"}, ms=30000, times=0)
    router.send()
    wait_until(lambda: sandbox.jobs(), "the request")
    router.process.send_signal(signal.SIGTERM)
    wait_until(lambda: "stopping" in router.log, "the stop")
    router.process.send_signal(signal.SIGTERM)
    assert router.process.wait(harness.DEADLINE) in (0, 1)
    sandbox.forget_faults()
    router.start()
    all_succeeded(router, 1)
    assert len(sandbox.jobs()) == 1


# ---- killed, or failing, at every fault point (a build configured with --enable-faults) ----

FAULT_BUILD = os.environ.get("REFRESH_ROUTER_FAULT_BUILD")
POINTS = sorted({name for path in (TOP / "src").rglob("*.c") for name in re.findall(r'FAULT\("([^"]+)"\)', path.read_text())})
MOST_PASSINGS = 60     # of one point in one story; polls may add some


def deliver(router, pending, sent):
    """Posts what is not acknowledged yet, as dbt would: again, the same bytes. Stops when nobody answers."""
    for number in list(pending):
        body = pending[number]
        sent.setdefault(number, harness.now())
        try:
            answer = router.post(body)
        except (OSError, http.client.HTTPException, socket.timeout):
            return
        if answer.status == 200:
            del pending[number]
        else:
            assert answer.status == 503 and answer.headers["Retry-After"]


@pytest.mark.skipif(not FAULT_BUILD, reason="REFRESH_ROUTER_FAULT_BUILD names no build with --enable-faults")
@pytest.mark.parametrize("how", ["kill", "fail"])
@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_lost_at_any_fault_point(tmp_path, sandbox_of, monkeypatch, point, how):
    monkeypatch.setattr(harness, "BUILD", pathlib.Path(FAULT_BUILD))
    for number in range(1, MOST_PASSINGS + 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        if not one_fault(folder, sandbox_of, f"{point}:{number}:{how}", point):
            assert number > 1, f"{point} is never passed: is that a build with --enable-faults?"
            return
    assert False, f"{point} is passed more than {MOST_PASSINGS} times"


def one_fault(folder, sandbox_of, fault, point):
    """The story with one fault; False when the point was not passed so often."""
    names = ["a", "b"]
    sandbox = sandbox_of(site_world(workbooks=names, job={"queued": "10ms", "running": "50ms"}))
    passed = folder / "passed"
    router = harness.Router(folder, sandbox, [rule(name, when={"job_id": 701331, "environment_name": name}, refresh=[{"site": "finance", "workbooks": name}])
                                              for name in names],
                            environment={"REFRESH_ROUTER_FAULT": fault, "REFRESH_ROUTER_FAULT_LOG": str(passed)}, may_die=True)
    try:
        wanted = {number: names[number % 2] for number in range(4)}
        pending = {number: router.body(eventId=f"evt-{number}", environmentName=name, runFinishedAt=harness.utc_text(harness.now()))
                   for number, name in wanted.items()}
        sent = {}

        def went_on():
            if pending and router.is_alive():
                deliver(router, pending, sent)
            return not router.is_alive() or (not pending and harness.quietly(router.idle))
        wait_until(went_on, f"the story with {fault}")
        was_hit = passed.exists() and passed.read_text().split("\n").count(point) >= int(fault.split(":")[1])
        if not router.is_alive():
            del router.environment["REFRESH_ROUTER_FAULT"]
            router.start()
            wait_until(lambda: not pending or deliver(router, pending, sent), "the rest to be acknowledged")
        refreshes = all_succeeded(router, 2)
        covered = {c["event"]: r["content"]["name"] for r in refreshes for c in r["causes"]}
        assert sorted(covered.values()) == ["a", "a", "b", "b"], f"{fault}: {refreshes}"
        for number, name in wanted.items():
            fresh = [j for j in sandbox.jobs(name) if harness.parse_time(j["started"]) >= sent[number] and j["state"] == "Success"]
            assert fresh, f"{fault}: no job of {name} started after event {number}"
        for name in names:
            assert len(sandbox.jobs(name)) <= 3, f"{fault}: {sandbox.jobs(name)}"
        router.stop()
    finally:
        router.end(signal.SIGKILL)
        sandbox.end()
    return was_hit
