"""kill -9 at every point: what was acknowledged is done, once."""
import collections
import os
import pathlib
import re
import subprocess

import pytest

import harness
from harness import rule, site_world, wait_until

POINTS = sorted(set(re.findall(r'FAULT\("([^"]+)"\)', "".join(p.read_text() for p in (harness.TOP / "src").rglob("*.c")))))


def slow_world():
    return site_world(job={"queued": "200ms", "running": "600ms"})


def test_killed_after_the_200_it_refreshes_after_the_restart(router_of, sandbox_of):
    sandbox = sandbox_of(slow_world())
    router = router_of(sandbox, [rule()])
    assert router.send().status == 200
    router.restart()
    assert [r["state"] for r in router.settle(1)] == ["succeeded"]
    assert len(sandbox.jobs()) == 1


@pytest.mark.parametrize("state", ["queued", "running"])
def test_killed_while_a_job_is_in_flight_it_follows_that_job(router_of, sandbox_of, state):
    sandbox = sandbox_of(slow_world())
    router = router_of(sandbox, [rule()])
    router.send()
    wait_until(lambda: router.refreshes(state=state), f"a {state} job")
    router.restart()
    assert [r["state"] for r in router.settle(1)] == ["succeeded"]
    assert len(sandbox.refresh_calls()) == 1


def test_killed_while_tableau_is_down_it_goes_on_where_it_was(router_of, sandbox_of):
    sandbox = sandbox_of(slow_world())
    sandbox.fault("error", on={"path": "/api/*"}, status=503, times=0)
    router = router_of(sandbox, [rule()])
    events = [router.send().json["event"] for _ in range(5)]
    router.restart()
    sandbox.forget_faults()
    refreshes = router.settle(1)
    assert {c["event"] for r in refreshes for c in r["causes"]} == set(events)
    assert {r["state"] for r in refreshes} == {"succeeded"} and len(sandbox.jobs()) <= 2


def test_a_delivery_of_before_the_crash_is_still_a_duplicate(router_of, sandbox):
    router = router_of(sandbox, [rule()])
    body = router.body(eventId="evt-once")
    assert router.post(body).json["outcome"] == "routed"
    router.restart()
    assert router.post(body).json["outcome"] == "duplicate"


def story(router, sandbox, names):
    """Three deliveries, each sent again as dbt would until it is acknowledged; the daemon is started again whenever it died."""
    acknowledged = {}
    for name in names:
        body = router.body(eventId=name)

        def delivered():
            try:
                answer = router.post(body)
            except OSError:
                answer = None
            if answer and answer.status == 200:
                return answer
            if router.process.poll() is not None:
                router.environment.pop("REFRESH_ROUTER_FAULT", None)
                router.start()
            return None
        acknowledged[name] = wait_until(delivered, f"{name} to be acknowledged").json["event"]

    def ended():
        if router.process.poll() is not None:
            router.environment.pop("REFRESH_ROUTER_FAULT", None)
            router.start()
        try:
            return router.idle() and router.refreshes()
        except OSError:
            return None
    refreshes = wait_until(ended, "every refresh to end")
    succeeded = collections.Counter(c["event"] for r in refreshes for c in r["causes"] if r["state"] == "succeeded")
    assert set(succeeded) == set(acknowledged.values()), refreshes
    assert len(sandbox.jobs(by="refresh-router")) <= len(names) + 1
    return refreshes


@pytest.mark.skipif("REFRESH_ROUTER_FAULT_BUILD" not in os.environ, reason="needs a build with --enable-faults: tests/run faults")
@pytest.mark.parametrize("what", ["kill", "fail"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_or_failing_at_any_point_nothing_is_lost(router_of, sandbox_of, monkeypatch, point, what):
    monkeypatch.setattr(harness, "BUILD", pathlib.Path(os.environ["REFRESH_ROUTER_FAULT_BUILD"]))
    for passing in range(1, 12):
        sandbox = sandbox_of(site_world(job={"queued": "20ms", "running": "40ms"}))
        passed = sandbox.log_path.parent / "points"
        router = router_of(sandbox, [rule()], environment={"REFRESH_ROUTER_FAULT": f"{point}:{passing}:{what}", "REFRESH_ROUTER_FAULT_LOG": str(passed)})
        story(router, sandbox, [f"evt-{n}" for n in range(3)])
        times = passed.read_text().splitlines().count(point) if passed.exists() else 0
        router.kill9()
        sandbox.end()
        if times < passing:
            return
