"""What may be believed of a job: whose it is, when it started, how it ended, when replies are lost, late, refused or behind."""
import email.utils
import http.client
import http.server
import re
import threading

import pytest

from harness import BEGINS_LATER, now, request, rule, site_world, wait_until

REFRESH = {"method": "POST", "path": "*/refresh"}
ONE_JOB = {"method": "GET", "path": "*/jobs/*"}
JOBS = {"method": "GET", "path": "*/jobs"}


def one(router):
    refreshes = router.settle(1)
    assert len(refreshes) == 1
    return refreshes[0]


# ---- looks that are refused, or behind ----

def forbid(sandbox, on):
    sandbox.fault("error", on=on, times=0, code=403004, summary="Forbidden", detail="You may not see jobs.")


def test_jobs_that_may_not_be_followed_are_said_to_be_so_and_the_site_goes_on(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=["a", "b", "c"]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": ["a", "b"]}]),
                                 rule("later", when={"job_id": 2}, refresh=[{"site": "finance", "workbooks": "c"}])])
    forbid(sandbox, ONE_JOB)
    forbid(sandbox, JOBS)
    router.send()
    wait_until(lambda: [r for r in router.refreshes(state="open") if "You may not see jobs" in r.get("reason", "")],
               "the refusal to be shown while it waits")
    router.send(jobId="2")
    refreshes = router.settle(3)
    assert [r["state"] for r in refreshes] == ["failed"] * 3
    for refresh in refreshes:
        assert "it ran, but may not be followed" in refresh["reason"] and "403004" in refresh["reason"] and "administrator" in refresh["reason"]
    assert len(sandbox.jobs()) == 3 and len(sandbox.refresh_calls()) == 3
    assert len(sandbox.calls("GET", "/jobs")) <= 3 * 6 + 3
    assert "is left alone" not in router.log


@pytest.mark.long
def test_job_queries_that_are_refused_as_signed_out_do_not_cost_a_sign_in_each(router_of, sandbox_of):
    """401002 for one call while others are answered: this call is not allowed, whatever one signs in."""
    sandbox = sandbox_of(site_world())
    router = router_of(sandbox, [rule()])
    for on in (ONE_JOB, JOBS):
        sandbox.fault("error", on=on, times=0, code=401002, summary="Unauthorized Access", detail="Invalid authentication credentials.")
    router.send()
    refresh = one(router)
    assert refresh["state"] == "failed" and "it ran, but may not be followed" in refresh["reason"] and "401002" in refresh["reason"]
    # The first, and at most one for each kind of query that was refused: only then is it known that it does not help.
    assert len(sandbox.sign_ins()) <= 3
    assert len(sandbox.calls("GET", "/jobs")) > 5 and len(sandbox.refresh_calls()) == 1


def test_a_job_that_a_node_does_not_know_yet_is_asked_for_again(router_of, sandbox_of):
    for number, code in enumerate((404018, 400031)):
        sandbox = sandbox_of()
        router = router_of(sandbox, [rule()])
        sandbox.fault("error", on=ONE_JOB, code=code)
        router.send(number)
        assert one(router)["state"] == "succeeded"
        assert len(sandbox.jobs()) == 1 and len([c for c in sandbox.calls("GET", "/jobs/") if c.get("fault")]) == 1


def test_a_job_that_a_node_does_not_know_yet_is_cancelled_all_the_same(router_of, sandbox_of):
    for number, code in enumerate((404018, 400031)):
        sandbox = sandbox_of(site_world(job={"queued": "50ms", "running": "30s"}))
        router = router_of(sandbox, [rule()])
        sandbox.fault("error", on={"method": "PUT", "path": "*/jobs/*"}, code=code)
        router.send(number)
        running = wait_until(lambda: router.refreshes(state="running"), "the job to run")[0]
        assert request(router.admin, "POST", f"/api/v1/refreshes/{running['id']}/cancel").status == 200
        refresh = one(router)
        assert (refresh["state"], refresh["reason"]) == ("cancelled", "cancelled by loopback") and sandbox.jobs()[0]["state"] == "Cancelled"


def test_a_job_that_cannot_be_asked_for_is_followed_by_the_list(router, sandbox):
    sandbox.fault("error", on=ONE_JOB, times=0, code=400031, detail="There was a problem querying job.")
    router.send()
    assert one(router)["state"] == "succeeded"
    sandbox.change("Revenue", result="failed")
    router.send()
    assert router.settle(2)[1]["state"] == "failed"
    assert len(sandbox.jobs()) == 2


# ---- Tableau's clock ----

class SlowBodies(http.server.BaseHTTPRequestHandler):
    """Hands everything on to the sandbox; of lists of content, the head at once, and the body when `go` is released."""
    protocol_version = "HTTP/1.1"
    address = None

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection(self.address)
        connection.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k.lower() != "connection"})
        try:
            answer = connection.getresponse()
        except http.client.HTTPException:       # it hung up, and so do we
            self.close_connection = True
            return
        got = answer.read()
        connection.close()
        self.send_response_only(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(got)))
        self.end_headers()
        self.wfile.flush()
        if re.search(r"/(workbooks|projects)\?", self.path):
            self.heads.append(self.path)
            self.go.acquire(timeout=60)
        self.wfile.write(got)

    do_GET = do_POST = do_PUT = pass_on

    def log_message(self, *arguments):
        pass


@pytest.fixture
def gateway_of():
    started = []

    def start(sandbox, kind=SlowBodies, **more):
        handler = type("Handler", (kind,), {"address": sandbox.address, "go": threading.Semaphore(0), "heads": [], **more})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.url, server.handler = f"http://127.0.0.1:{server.server_port}", handler
        started.append(server)
        return server

    yield start
    for server in started:
        server.handler.go.release(1000)
        server.shutdown()
        server.server_close()


def pass_time(since, seconds):
    wait_until(lambda: now() - since > seconds, f"{seconds} seconds to pass")


# The only answers before the request came as a head, and a body six seconds later. By an estimate that is made when the body is there,
# Tableau's clock is six seconds behind, and somebody else's job of four seconds before dbt finished was made "after" our request.
@pytest.mark.long
def test_a_job_from_before_dbt_finished_is_not_taken_for_ours_after_slow_bodies(router_of, sandbox_of, gateway_of):
    sandbox = sandbox_of()
    gateway = gateway_of(sandbox)
    router = router_of(gateway, [rule()])
    sandbox.fault("drop", on=REFRESH)
    router.send()
    for heads in (1, 2):
        wait_until(lambda: len(gateway.handler.heads) == heads, "the head of a list")
        begun = now()
        if heads == 2:
            sandbox.foreign_job("Revenue", queued_ms=0, running_ms=100)
            pass_time(begun, 4)
            router.send()
        pass_time(begun, 6)
        gateway.handler.go.release()
    refreshes = router.settle(1)
    assert {r["state"] for r in refreshes} == {"succeeded"} and len(router.events()) == 2
    assert len(sandbox.jobs(by="refresh-router")) == 1


class Proxy(SlowBodies):
    """Hands everything on to the sandbox, and writes its own time into `Date`: the clocks of its nodes, in turn, are that many seconds off."""
    clocks = (0,)

    def end_headers(self):
        self.turn[0] += 1
        self._headers_buffer = [line for line in self._headers_buffer if not line.lower().startswith(b"date:")]
        self.send_header("Date", email.utils.formatdate(now() + self.clocks[self.turn[0] % len(self.clocks)], usegmt=True))
        super().end_headers()


# nginx writes its own `Date` in the place of Tableau's. Somebody else's job from before dbt finished would look as if it were made after our
# request, which got lost, when that clock is behind the one that stamps jobs.
@pytest.mark.parametrize("clocks,known", [((-3600,), False), ((-5,), True), ((0, -5), False)],
                         ids=["an hour behind", "five seconds behind", "two nodes"])
def test_a_proxys_clock_is_not_taken_for_tableaus(router_of, sandbox_of, gateway_of, clocks, known):
    sandbox = sandbox_of(site_world(workbooks=["Revenue", "Other"], job={"queued": "0ms", "running": "100ms"}))
    gateway = gateway_of(sandbox, Proxy, clocks=clocks, turn=[0])
    gateway.handler.go.release(1000)
    router = router_of(gateway, [rule(), rule("other", when={"job_id": 2}, refresh=[{"site": "finance", "workbooks": "Other"}])])
    if known:       # by the stamp of a job that was answered
        router.send(jobId="2")
        one(router)
    begun = now()
    sandbox.foreign_job("Revenue", queued_ms=0, running_ms=100)
    pass_time(begun, 3.5)
    sandbox.fault("drop", on=REFRESH)
    router.send()
    refresh = router.settle(1 + known)[-1]
    assert refresh["state"] == "succeeded" and refresh["job"]["id"] in [job["id"] for job in sandbox.jobs("Revenue", by="refresh-router")]


# What waits at a start is sent without any other call, and Tableau's time is known from signing in all the same: killed before the answer
# came, its job is known for its own.
def test_killed_before_the_first_answer_after_a_start_is_one_job(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(job={"queued": BEGINS_LATER, "running": "200ms"}))
    router = router_of(sandbox, [rule()])
    ask = lambda verb: request(router.admin, "POST", f"/api/v1/sites/finance/{verb}")
    assert ask("pause").status == 200
    router.send()
    wait_until(lambda: router.refreshes(state="waiting"), "the refresh to be known")
    router.restart()
    sandbox.fault("latency", on=REFRESH, ms=60000)
    assert ask("resume").status == 200
    wait_until(lambda: sandbox.jobs(), "Tableau to start the job")
    router.restart()
    assert one(router)["state"] == "succeeded"
    assert len(sandbox.jobs()) == 1


# ---- lost replies: whose job is it? ----

# Somebody else's schedule, the end of a dbt run and our request, which is lost, fall in one second.
def test_a_job_of_the_second_of_a_lost_request_is_not_taken_for_its_own(router, sandbox):
    sandbox.fault("drop", on=REFRESH)
    wait_until(lambda: now() % 1 < 0.3, "a second to begin")
    sandbox.foreign_job("Revenue", queued_ms=0, running_ms=1500)
    wait_until(lambda: sandbox.jobs()[0]["state"] == "InProgress", "the foreign job")
    router.send()
    refresh = one(router)
    ours = sandbox.jobs(by="refresh-router")
    assert refresh["state"] == "succeeded" and [refresh["job"]["id"]] == [job["id"] for job in ours]


def test_a_job_that_began_in_the_second_of_a_request_whose_reply_was_lost_is_done_once_more(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(job={"queued": "0ms", "running": "200ms"}))
    router = router_of(sandbox, [rule()])
    sandbox.fault("drop_after", on=REFRESH)
    wait_until(lambda: now() % 1 < 0.3, "a second to begin")
    router.send()
    refresh = one(router)
    assert refresh["state"] == "succeeded" and refresh["attempts"] == 2 and len(sandbox.jobs()) == 2


TASK = "2a1db1ee-db91-47c2-9233-55190701e838"


def test_a_lost_reply_of_an_extract_task_is_one_job(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(job={"queued": BEGINS_LATER, "running": "200ms"}, tasks=[{"id": TASK, "workbook": "Revenue"}]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "tasks": TASK}])])
    sandbox.fault("drop_after", on={"method": "POST", "path": "*/runNow"})
    router.send()
    refresh = one(router)
    assert refresh["state"] == "succeeded" and len(sandbox.jobs()) == 1 and refresh["job"]["id"] == sandbox.jobs()[0]["id"]


IDS = [f"00000000-0000-4000-8000-{n:012d}" for n in range(30)]


def thirty_of_one_name(sandbox_of):
    world = site_world(workbooks=[{"id": id, "name": "Revenue", "project": f"Team {n}"} for n, id in enumerate(IDS)], job={"queued": BEGINS_LATER, "running": "500ms"})
    world["projects"] = [f"Team {n}" for n in range(30)]
    return sandbox_of(world)


def test_a_lost_reply_among_thirty_contents_of_one_name_is_one_job(router_of, sandbox_of):
    sandbox = thirty_of_one_name(sandbox_of)
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "Revenue", "allow": "many"}])])
    sandbox.fault("drop_after", on=REFRESH, after=3)
    router.send()
    assert {r["state"] for r in router.settle(30)} == {"succeeded"}
    assert len(sandbox.jobs()) == 30 and len(sandbox.refresh_calls()) == 30


# Their jobs are nobody's that this process knows: each is asked for once, eight at a time.
def test_a_lost_reply_among_thirty_jobs_of_others_is_one_job(router_of, sandbox_of):
    sandbox = thirty_of_one_name(sandbox_of)
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "Revenue", "project": "Team 0"}])])
    sandbox.fault("drop_after", on=REFRESH)
    sandbox.fault("error", on=JOBS, times=0, status=503)       # until the others have begun
    router.send()
    wait_until(lambda: sandbox.jobs(by="refresh-router"), "our job")
    for id in IDS[1:]:
        sandbox.control("POST", "jobs", {"site": "finance", "kind": "workbook", "id": id, "queued_ms": 0, "running_ms": 100})
    sandbox.forget_faults()
    refresh = one(router)
    assert refresh["state"] == "succeeded"
    assert len(sandbox.jobs(by="refresh-router")) == 1
    assert len(sandbox.calls("GET", "/jobs/")) <= 30 + 20


def test_a_job_that_the_list_has_and_a_node_does_not_know_is_not_taken_for_none(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(job={"queued": BEGINS_LATER, "running": "200ms"}))
    router = router_of(sandbox, [rule()])
    sandbox.fault("drop_after", on=REFRESH)
    sandbox.fault("error", on=ONE_JOB, code=404018, times=2)
    router.send()
    assert one(router)["state"] == "succeeded"
    assert len(sandbox.jobs()) == 1
