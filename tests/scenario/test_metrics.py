"""Every number that /metrics prints can move: a bound that is reached, or work that is done, without a number that tells it, is silent."""
import os
import re
import resource
import signal
import threading

import harness
from harness import now, request, rule, site_world, utc_text, wait_until
from test_listener import PART, dial, say

SLOW_PATTERN = rule("slow", when={"job_id": 77, "run_reason": "/from .* to [A-Z]/"}, mode="shadow")


def declared(router):
    """All that /metrics has a text for, those of sites too."""
    return set(re.findall(r"^# HELP refresh_router_(\w+) ", request(router.admin, "GET", "/metrics").body.decode(), re.M))


class Moved:
    """The metrics that were seen to be other than 0."""

    def __init__(self):
        self.names = set()

    def look(self, router):
        text = request(router.admin, "GET", "/metrics").body.decode()
        self.names |= set(re.findall(r"^refresh_router_(\w+)(?:\{.*?\})? (?!0$)-?\d+$", text, re.M))
        return self.names

    def wait(self, router, *names):
        wait_until(lambda: set(names) <= self.look(router), f"{names} to move")


def deliveries(router, moved):
    body = router.body(eventId="evt-twice")
    assert [router.post(body).json["outcome"] for _ in range(2)] == ["routed", "duplicate"]
    router.settle(1)
    late = router.send(runFinishedAt=utc_text(now() - 3600))      # the job that ended was fresh for that too
    router.settle(1)
    router.send(jobId="2")                                        # names a workbook that does not exist
    router.send(jobId="3")
    router.send(jobId="77", runReason="from b " * 8500)
    router.send(eventId=None)
    for sample in ("test-endpoint", "unknown-event-type"):
        router.post(router.body(sample))
    request(router.admin, "POST", f"/api/v1/events/{late.json['event']}/replay")
    router.settle()
    moved.wait(router, "events_replayed_total", "refreshes_satisfied_total", "refreshes_failed_total", "refreshes_succeeded_total", "pattern_limits_total")


def bad_requests(router, moved):
    body = router.body()
    router.post(body, signature="0" * 64)
    router.post(b"[]")
    router.post(body, path="/webhooks/dbt/")
    router.post(body, path="/nowhere", signature="0" * 64)
    router.post(body, signature="0" * 64, headers={"Content-Encoding": "gzip"})
    router.post(b"x" * (2 << 20))
    say(dial(router.address), b"POST /webhooks/dbt HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
    request(router.admin, "GET", "/", headers={"Host": "evil.example"})
    moved.wait(router, "requests_malformed_total", "requests_forbidden_total", "requests_astray_total", "requests_not_found_total",
               "requests_encoded_total", "requests_invalid_total", "requests_unauthorized_total", "requests_too_large_total")


def reloads(router, moved):
    assert router.reload().status == 200
    router.write_rules("version: 1\nrules: nonsense\n", "bad.yaml")
    assert router.reload().status == 422
    (router.folder / "rules" / "bad.yaml").unlink()
    moved.wait(router, "reloads_total", "reload_failures_total", "rules_loaded")


def waiting(router, moved):
    request(router.admin, "POST", "/api/v1/sites/finance/pause")
    router.send()
    wait_until(lambda: router.refreshes(state="waiting"), "a refresh to wait")
    router.send()
    moved.wait(router, "refreshes_joined_total", "refreshes_open", "refreshes_waiting", "causes_open")
    request(router.admin, "POST", f"/api/v1/refreshes/{router.refreshes(state='waiting')[0]['id']}/cancel")
    moved.wait(router, "refreshes_cancelled_total")
    request(router.admin, "POST", "/api/v1/sites/finance/resume")


def test_what_is_done_moves_its_numbers(router_of, sandbox):
    moved = Moved()
    router = router_of(sandbox, [rule(), rule("missing", when={"job_id": 2}, refresh=[{"site": "finance", "workbooks": "Missing"}]), SLOW_PATTERN])
    for story in (deliveries, bad_requests, reloads, waiting):
        story(router, moved)
    never = {name for name in declared(router) - moved.names if not name.startswith(("site_", "log_"))}
    assert never <= set(OF_BOUNDS), never - set(OF_BOUNDS)


OF_BOUNDS = ["accept_failures_total", "bodies_dropped_total", "body_bytes", "connections_closed_for_room_total", "connections_refused_total", "connections_too_slow_total",
             "journal_failures_total", "journal_waiting", "refreshes_expired_total", "requests_shed_total", "selections_open", "tableau_errors_total"]


def an_unreachable_site(router, sandbox, moved):
    sandbox.fault("drop", on={"path": "/api/*"}, times=0)
    router.send()
    moved.wait(router, "selections_open", "tableau_errors_total", "refreshes_expired_total")
    sandbox.forget_faults()


def slow_clients(router, moved):
    clients = [dial(router.address, f"127.0.0.{2 + number}") for number in range(40)]
    for client in clients[-8:]:
        say(client, PART.replace(b"1000000", b"60000") + b"x" * 59999)
    moved.wait(router, "connections_closed_for_room_total", "bodies_dropped_total", "connections_too_slow_total")
    for client in clients:
        client.close()


def a_stuck_disk(router, stuck, moved):
    """Deliveries wait for it until they have every connection; the next one is refused."""
    stuck.touch()
    senders = []

    def one_more():
        """Not all at once: a connection that has said nothing yet makes room for the next."""
        senders.append(threading.Thread(target=harness.quietly, args=[router.send]))
        senders[-1].start()
        return {"journal_waiting", "body_bytes", "connections_refused_total"} <= moved.look(router)

    try:
        wait_until(one_more, "every connection to wait for the disk")
    finally:
        stuck.unlink()
        for sender in senders:
            sender.join()


def no_descriptors(router, moved):
    pid = router.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    keeper = dial(router.admin)      # asks once there are no more

    def is_short():
        """A new descriptor has the lowest free number, and connections of the story before may still be closing."""
        used = set(map(int, os.listdir(f"/proc/{pid}/fd")))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(set(range(len(used) + 1)) - used), before[1]))
        return "accept_failures=" in router.log

    is_short()
    clients = [dial(router.address) for _ in range(30)]
    wait_until(is_short, "an accept to fail")
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    for client in [*clients, keeper]:
        client.close()
    moved.wait(router, "accept_failures_total")
    assert router.send().status == 200


def a_store_that_is_gone(router, moved):
    router.settle()      # a stop would wait long to write how the last one ended
    for path in (router.folder / "store").glob("state.db*"):
        path.unlink()
    assert router.send().status == 503
    moved.wait(router, "requests_shed_total", "journal_failures_total")
    assert 'a delivery was answered 503" reason="the event could not be made durable' in router.log


def test_every_bound_that_is_reached_moves_its_number(router_of, sandbox, tmp_path):
    moved, stuck = Moved(), tmp_path / "stuck"
    limits = {"connections": 16, "request_time": "2s", "body": "64KiB", "bodies": "64KiB"}
    router = router_of(sandbox, [rule()], config={"limits": limits, "give_up_after": "2s"},
                       environment={**harness.shim(tmp_path, "slow_disk_shim"), "SLOW_DISK_FILE": str(stuck)})
    an_unreachable_site(router, sandbox, moved)
    slow_clients(router, moved)
    a_stuck_disk(router, stuck, moved)
    no_descriptors(router, moved)
    a_store_that_is_gone(router, moved)
    assert set(OF_BOUNDS) <= moved.names
    router.end(signal.SIGTERM)


def test_every_number_of_a_site_moves(router_of, sandbox_of):
    """One refresh an hour, for three workbooks whose jobs take long, on a site that is then paused and then out of reach."""
    moved, names = Moved(), ["One", "Two", "Three"]
    sandbox = sandbox_of(site_world(workbooks=[{"name": name, "running": "1h"} for name in names]))
    router = router_of(sandbox, [rule(name, refresh=[{"site": "finance", "workbooks": name}]) for name in names], config={"give_up_after": "10m"},
                       sites={"finance": {"refreshes_per_hour": 1, "job_queries_per_day": 100000}})
    router.send()
    moved.wait(router, "site_starts_spent", "site_queries_spent", "site_refreshes_in_flight", "site_refreshes_ready", "site_refreshes_wait_seconds",
               "site_refreshes_open", "site_backlog_seconds", "site_backlog_overdue", "site_pat_end_timestamp_seconds", "site_signed_in",
               "site_sign_ins_total", "site_requests_total")
    request(router.admin, "POST", "/api/v1/sites/finance/pause")
    moved.wait(router, "site_paused")
    request(router.admin, "POST", "/api/v1/sites/finance/resume")
    sandbox.fault("drop", on={"path": "/api/*"}, times=0)
    router.write_rules([rule("another", refresh=[{"site": "finance", "workbooks": "Four"}])])
    assert router.reload().status == 200
    router.send()
    moved.wait(router, "site_errors_total", "site_selections_open", "site_left_alone", "site_lookups_wait_seconds", "site_jobs_wait_seconds")
    never = {name for name in declared(router) - moved.names if name.startswith("site_")}
    assert not never, never
    router.end(signal.SIGTERM)
