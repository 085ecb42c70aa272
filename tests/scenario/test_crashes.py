"""Kill -9 in a storm, a full disk, a disk that cannot sync, a clock that steps: what was acknowledged is done, once, all the same."""
import collections
import os
import random
import shutil
import signal
import subprocess
import threading
import time

import pytest

import harness
from harness import BEGINS_LATER, fill, now, parse_time, rule, site_world, utc_text, wait_until

KILLS = int(os.environ.get("REFRESH_ROUTER_KILLS", "200"))
STORM_RUNNING = int(os.environ.get("REFRESH_ROUTER_STORM_RUNNING", "60"))     # milliseconds that most jobs of the storm run
ENDED = {"succeeded", "failed", "cancelled", "expired"}


# ---- who sends, and what was promised ----

def precise_text(seconds):
    """As utc_text, with milliseconds: a job that started in the same second as the run ended is not fresh for that alone."""
    return f"{utc_text(seconds)[:-1]}.{int(seconds * 1000) % 1000:03d}Z"


class Sender(threading.Thread):
    """dbt: sends one event after the other, each again, with the same id, until it is acknowledged; some once more after that."""

    def __init__(self, router, random_, jobs, name="s", pause=0.015, filler=None):
        super().__init__(name=f"sender-{name}", daemon=True)
        self.router, self.random, self.jobs, self.prefix, self.pause, self.filler = router, random_, jobs, name, pause, filler
        self.acknowledged = {}       # our event id -> what was answered, the dbt job and when its run ended
        self.sent = self.refused = self.unanswered = self.repeated = 0
        self.error, self.is_over = None, threading.Event()

    def run(self):
        try:
            while not self.is_over.is_set():
                self.deliver()
                time.sleep(self.random.expovariate(1 / self.pause))      # how often events come; nothing is waited for
        except Exception as error:       # shown by finish(), in the thread of the test
            self.error = error

    def deliver(self):
        self.sent += 1
        event_id, job, finished = f"evt-{self.prefix}-{self.sent}", self.random.choice(self.jobs), now()
        fields = {"runReason": self.filler} if self.filler else {}
        text = precise_text(finished)
        body = self.router.body(eventId=event_id, jobId=str(job), runFinishedAt=text, **fields)
        answer = self.until_acknowledged(body)
        self.acknowledged[event_id] = (answer["event"], job, parse_time(text))
        if self.random.random() < 0.1:
            again = self.until_acknowledged(body)
            assert (again["outcome"], again["event"]) == ("duplicate", answer["event"]), (answer, again)
            self.repeated += 1

    def until_acknowledged(self, body):
        end = time.monotonic() + 4 * harness.DEADLINE
        while True:
            answer = harness.quietly(lambda: self.router.post(body))
            if answer and answer.status == 200:
                assert answer.json["outcome"] in ("routed", "duplicate"), answer.body
                return answer.json
            assert not answer or (answer.status == 503 and int(answer.headers["Retry-After"]) > 0), (answer.status, answer.body)
            if answer:
                self.refused += 1
            else:
                self.unanswered += 1
            assert time.monotonic() < end, "an event was never acknowledged"
            time.sleep(0.005)

    def finish(self):
        """The last event is delivered too."""
        self.is_over.set()
        self.join(5 * harness.DEADLINE)
        assert not self.is_alive(), "the sender hangs"
        if self.error:
            raise self.error


def check_promises(router, sandbox, acknowledged, wanted):
    """
    `acknowledged`: as of a Sender; `wanted`: dbt job -> set of (site, name). Everything is on record once, covered and ended, and what is
    called succeeded has a job that is fresh for each of its causes. Returns the refreshes.
    """
    events = router.events()
    by_event_id = collections.Counter(e["event_id"] for e in events)
    assert not [e for e, count in by_event_id.items() if count > 1], "an event is on record twice"
    recorded = {e["event_id"]: e["id"] for e in events}
    lost = [e for e, (number, _, _) in acknowledged.items() if recorded.get(e) != number]
    assert not lost, f"{len(lost)} acknowledged events are not on record: {lost[:10]}"

    refreshes = router.refreshes()
    assert {r["state"] for r in refreshes} <= ENDED, [r for r in refreshes if r["state"] not in ENDED]
    covered = collections.defaultdict(list)
    for refresh in refreshes:
        for event in {c["event"] for c in refresh["causes"]}:
            covered[event].append(refresh)
    jobs = {j["id"]: j for j in sandbox.jobs()}
    for event_id, (number, job_id, finished) in acknowledged.items():
        found = {(r["site"], r["content"]["name"]) for r in covered[number]}
        assert found == wanted[job_id], f"{event_id} (event {number}) wanted {wanted[job_id]}, has {found}"
        for refresh in covered[number]:
            check_end(event_id, finished, refresh, jobs)
    return refreshes


def check_end(event_id, finished, refresh, jobs):
    job = jobs.get((refresh.get("job") or {}).get("id"))
    about = f"event {event_id}, whose run ended at {precise_text(finished)}: {refresh}; job {job}"
    assert job, f"ended without a job that Tableau knows: {about}"
    assert (job["site"], job["name"]) == (refresh["site"], refresh["content"]["name"]), f"the job of another content: {about}"
    if refresh["state"] == "succeeded":
        assert job["state"] == "Success", f"called succeeded, but the job was not: {about}"
        assert parse_time(job["started"]) >= finished, f"called succeeded by a job that started before the run ended: {about}"
    else:
        assert (refresh["state"], job["state"]) == ("failed", "Failed"), f"it ended otherwise than its job: {about}"


def check_one_at_a_time(jobs):
    """At most one job of ours of each content in flight. Returns the jobs of ours by content."""
    ours = collections.defaultdict(list)
    for job in jobs:
        if job["by"] == "refresh-router":
            ours[job["site"], job["name"]].append(job)
    for content, of_it in ours.items():
        of_it.sort(key=lambda j: j["created"])
        for earlier, later in zip(of_it, of_it[1:]):
            assert parse_time(later["created"]) >= parse_time(earlier["completed"]), f"two jobs of {content} at once: {earlier}, {later}"
    return ours


def orphans_of(refreshes, ours):
    """Jobs of ours that no refresh on record knows of: Tableau worked for nobody."""
    known = {(r.get("job") or {}).get("id") for r in refreshes}
    return [j for of_it in ours.values() for j in of_it if j["id"] not in known]


# ---- 1. the storm ----

STORM_CONTENTS = {"finance": ["Revenue", "Costs", "Margin", "Cash"], "board": ["Pack", "Trend", "Risks"],
                  "ops": ["Stock", "Fleet", "Shifts"]}
STORM_RULES = {       # dbt job -> what it feeds; they overlap
    1: {("finance", "Revenue"), ("finance", "Costs")},
    2: {("finance", "Costs"), ("finance", "Margin"), ("board", "Pack")},
    3: {("finance", "Cash"), ("board", "Pack"), ("ops", "Stock")},
    4: {("board", "Trend"), ("board", "Risks")},
    5: {("ops", name) for name in STORM_CONTENTS["ops"]},
    6: {("finance", "Revenue"), ("board", "Trend"), ("ops", "Fleet")},
    7: {("ops", "Shifts")},
}


def storm_rules():
    rules = []
    for job, contents in STORM_RULES.items():
        selections = [{"site": site, "workbooks": name} for site, name in sorted(contents)]
        if job == 5:
            selections = [{"site": "ops", "workbooks": "/./"}]
        rules.append(rule(f"job-{job}", when={"job_id": job}, refresh=selections))
    # Another team's rule, for a part of what two of them say already.
    rules.append(rule("also", when={"job_id": [2, 3]}, refresh=[{"site": "board", "workbooks": "Pack"}]))
    return rules


REFRESH = {"method": "POST", "path": "*/refresh"}
STORM_FAULTS = [      # how often, what, where
    (6, {"do": "drop", "on": REFRESH}),
    (6, {"do": "drop_after", "on": REFRESH}),
    (2, {"do": "truncate", "on": REFRESH}),
    (3, {"do": "error", "status": 503, "on": REFRESH}),
    (3, {"do": "error_after", "status": 504, "on": REFRESH}),
    (3, {"do": "429", "retry_after": "1", "on": REFRESH}),
    (6, {"do": "latency", "on": REFRESH}),
    (3, {"do": "latency", "on": {"path": "/api/*"}}),
    (2, {"do": "slow_body", "on": {"method": "GET", "path": "*/jobs*"}}),
    (4, {"do": "drop", "on": {"path": "/api/*"}}),
    (3, {"do": "drop_after", "on": {"method": "POST", "path": "*/signin"}}),
    (3, {"do": "error", "code": 500000, "on": {"method": "GET", "path": "/api/*"}}),
    (2, {"do": "html", "on": {"method": "GET", "path": "*/jobs*"}}),
    (5, {"do": "expire_session", "on": {"path": "/api/*/sites/*"}}),
]


class Weather:
    """Faults at random, all drawn from one random.Random."""

    def __init__(self, sandbox, random_):
        self.sandbox, self.random = sandbox, random_
        self.lost_sessions = self.lost_sign_ins = self.lost_replies = 0      # at most so many of the faults hit

    def some_content(self):
        site = self.random.choice(sorted(STORM_CONTENTS))
        return site, self.random.choice(STORM_CONTENTS[site])

    def change(self):
        kind = self.random.choices(["calm", "clear", "fault", "foreign", "failing", "slow", "quick"], [20, 6, 50, 10, 5, 5, 10])[0]
        site, name = self.some_content()
        if kind == "clear":
            self.sandbox.forget_faults()
        elif kind == "fault":
            self.fault()
        elif kind == "foreign":
            self.sandbox.foreign_job(name, site, queued_ms=self.random.randint(1, 400), running_ms=self.random.randint(1, 600))
        elif kind == "failing":
            self.sandbox.change(name, site, next_result="failed")
        elif kind == "slow":
            queued, longer = self.random.randint(1, 500), self.random.randint(500, 1500)
            self.sandbox.change(name, site, queued_ms=queued, running_ms=STORM_RUNNING + longer)
        elif kind == "quick":
            self.sandbox.change(name, site, queued_ms=20, running_ms=STORM_RUNNING)

    def fault(self):
        fault = dict(self.random.choices([f for _, f in STORM_FAULTS], [often for often, _ in STORM_FAULTS])[0])
        fault["times"] = self.random.randint(1, 3)
        if fault["do"] in ("latency", "slow_body"):
            fault["ms"] = self.random.randint(10, 400)
        if self.random.random() < 0.5:
            fault["on"] = {**fault["on"], "site": self.random.choice(sorted(STORM_CONTENTS))}
        if fault["do"] == "expire_session":
            self.lost_sessions += fault["times"]
        elif fault["on"]["path"] in ("*/signin", "/api/*"):
            self.lost_sign_ins += fault["times"]
        elif fault["do"] in ("drop_after", "truncate", "error_after"):
            self.lost_replies += fault["times"]
        self.sandbox.fault(**fault)


def kill_again(router, number):
    """Killed and started; its log of before is set aside, so that reading a log costs the same each time."""
    router.kill9()
    router.log_path.rename(router.log_path.with_suffix(f".{number:03d}.log"))
    router.starts = 0
    started = time.monotonic()
    router.start()
    return time.monotonic() - started


@pytest.mark.long
def test_what_was_acknowledged_in_a_storm_of_kills_and_faults_is_all_done_and_done_once(router_of, sandbox_of, draw):
    job = {"queued": "20ms", "running": f"{STORM_RUNNING}ms"}
    sandbox = sandbox_of(*[site_world(site, names, job=job) for site, names in STORM_CONTENTS.items()])
    router = router_of(sandbox, storm_rules(), sites=tuple(STORM_CONTENTS))
    weather = Weather(sandbox, draw)
    senders = [Sender(router, random.Random(draw.random()), sorted(STORM_RULES), f"{n}", pause=0.03) for n in range(2)]
    for sender in senders:
        sender.start()
    slowest = 0.0
    for number in range(KILLS):
        weather.change()
        time.sleep(draw.uniform(0.005, 0.150))
        slowest = max(slowest, kill_again(router, number))
        for sender in senders:
            assert not sender.error, sender.error
    sandbox.forget_faults()
    for sender in senders:
        sender.finish()
    router.settle(1)

    acknowledged = {**senders[0].acknowledged, **senders[1].acknowledged}
    refreshes = check_promises(router, sandbox, acknowledged, STORM_RULES)
    ours = check_one_at_a_time(sandbox.jobs())
    orphans = orphans_of(refreshes, ours)
    told = (f"{len(acknowledged)} events, {len(refreshes)} refreshes, {sum(map(len, ours.values()))} jobs, {len(orphans)} on no record; "
            f"{sum(s.unanswered for s in senders)} deliveries unanswered, {sum(s.repeated for s in senders)} repeated; "
            f"slowest start {slowest:.2f} s")
    print(told)
    # A kill or a fault swallowed the answer, and the job began at once, within the seconds that Tableau's times leave open: it is done once more.
    assert len(orphans) <= KILLS + weather.lost_replies, told
    wanted_by = collections.Counter(content for _, job, _ in acknowledged.values() for content in STORM_RULES[job])
    for content, jobs in ours.items():
        # Never more than one job for an event; those that came together shared theirs.
        assert len(jobs) <= wanted_by[content] + len(orphans), (content, told)
    for site in STORM_CONTENTS:
        # One for each life, and one for each fault that may have ended a session or swallowed the answer of a sign-in.
        most = KILLS + 1 + weather.lost_sessions + weather.lost_sign_ins
        assert len(sandbox.calls("POST", "/auth/signin$", site)) <= most, f"a storm of sign-ins at {site}"
    assert slowest < harness.DEADLINE / 4, told


# A look after a lost reply must not take the job of the refresh before, which is known to have ended, for the request's own.
def test_a_lost_request_is_not_taken_for_done_by_the_job_before_it(router, sandbox):
    sandbox.change("Revenue", queued_ms=1, running_ms=50)
    time.sleep(1.02 - now() % 1)       # both refreshes in one second, which is all that Tableau tells of a time
    assert router.send("before").status == 200
    router.settle(1)
    sandbox.fault("drop", on=REFRESH)
    finished = now()
    assert router.send("after", runFinishedAt=precise_text(finished)).status == 200
    router.settle(2)
    acknowledged = {"evt-after": (router.events()[0]["id"], 0, finished)}
    check_promises(router, sandbox, acknowledged, {0: {("finance", "Revenue")}})
    assert len(sandbox.jobs()) == 2


# What the daemon decides while it loads the journal is written and sent at once, not when something else wakes the dispatch thread.
def test_a_refresh_whose_wait_ended_while_the_daemon_was_down_is_sent_at_its_start(router, sandbox):
    sandbox.fault("429", on=REFRESH, retry_after="1")
    assert router.send().status == 200
    waiting = wait_until(lambda: router.waiting("429"), "Tableau to say 429")[0]
    router.kill9()
    wait_until(lambda: now() > parse_time(waiting["not_before"]), "the time to try again")
    router.start()
    wait_until(lambda: router.refreshes(state="succeeded"), "the refresh", deadline=harness.DEADLINE / 4)


# ---- 2. the store's file system is full ----

SMALL_RULES = {1: {("finance", "Revenue")}, 2: {("finance", "Costs")}, 3: {("finance", "Revenue"), ("finance", "Costs")}}


def small_story(router_of, sandbox_of, running="200ms", queued="50ms", config=None, **rest):
    sandbox = sandbox_of(site_world(workbooks=["Revenue", "Costs"], job={"queued": queued, "running": running}))
    rules = [rule(f"job-{job}", when={"job_id": job}, refresh=[{"site": site, "workbooks": name} for site, name in sorted(contents)])
             for job, contents in SMALL_RULES.items()]
    return sandbox, router_of(sandbox, rules, config=config, **rest)


def senders_of(router, draw, count=2, **rest):
    senders = [Sender(router, random.Random(draw.random()), sorted(SMALL_RULES), f"{n}", pause=0.02, **rest) for n in range(count)]
    for sender in senders:
        sender.start()
    return senders


def all_well(router, sandbox, senders, lost=0):
    """Everything acknowledged ended well, and no job was started that is not on record but for `lost`, whose answers a kill took away: nothing
    was sent twice."""
    for sender in senders:
        sender.finish()
    router.settle(1)
    acknowledged = {event: told for sender in senders for event, told in sender.acknowledged.items()}
    refreshes = check_promises(router, sandbox, acknowledged, SMALL_RULES)
    assert {r["state"] for r in refreshes} == {"succeeded"}
    ours = check_one_at_a_time(sandbox.jobs())
    assert len(orphans_of(refreshes, ours)) <= lost
    return acknowledged, ours


def wait_for_refusals(senders, count=5):
    before = sum(s.refused for s in senders)
    wait_until(lambda: sum(s.refused for s in senders) >= before + count or any(s.error for s in senders), "deliveries to be refused")


@pytest.mark.parametrize("killed", ["", "killed while it is full", "killed and started while it is full"])
def test_while_the_disk_is_full_events_are_refused_and_none_is_lost_or_sent_twice(router_of, sandbox_of, small_disk, draw, killed):
    sandbox, router = small_story(router_of, sandbox_of, config={"store": f"sqlite:{small_disk}/state.db"})
    senders = senders_of(router, draw, filler="x" * 4000)
    for _ in range(3):
        wait_until(lambda: router.refreshes(state="queued") + router.refreshes(state="running"), "a job in flight")
        fill(small_disk)
        wait_for_refusals(senders)
        started = {j["id"] for j in sandbox.jobs()}
        wait_until(lambda: all(j.get("completed") for j in sandbox.jobs()), "the jobs to end, unseen")
        if killed:
            router.kill9()
        if killed.endswith("started while it is full"):
            router.may_die = True       # it may say that it cannot start; what it may not is lose something
            router.start()
            router.kill9()
        # Nothing was sent that the full disk could not remember. One may have been on its way when the disk became full.
        assert len({j["id"] for j in sandbox.jobs()} - started) <= 2
        (small_disk / "filler").unlink()
        if killed:
            router.may_die = False
            router.start()
        before = {s: len(s.acknowledged) for s in senders}
        wait_until(lambda: all(len(s.acknowledged) > before[s] or s.error for s in senders), "the daemon to heal")
    all_well(router, sandbox, senders, lost=3 * 2 if killed else 0)


# ---- 3. the disk does not sync ----

class Injection:
    """strace on the daemon: every sync fails, or every one of one file."""

    def __init__(self, router, file=None):
        self.router = router
        command = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO", "-o", "/dev/null",
                   *(["-P", str(file)] if file else [])]
        self.process = subprocess.Popen([*command, "-p", str(router.process.pid)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        try:
            wait_until(lambda: self.is_attached() or self.process.poll() is not None, "strace to attach")
            if self.process.poll() is not None:
                pytest.skip(f"strace may not attach here: {self.process.stderr.read().strip()}")
        except BaseException:
            self.end()
            raise

    def is_attached(self):
        """To every thread."""
        tasks = os.listdir(f"/proc/{self.router.process.pid}/task")
        texts = [open(f"/proc/{self.router.process.pid}/task/{task}/status").read() for task in tasks]
        return all(f"TracerPid:\t{self.process.pid}\n" in text for text in texts)

    def end(self):
        """Detaches: from now on the disk is well."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(harness.DEADLINE)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.process.stderr.close()


@pytest.fixture
def failing_syncs():
    """failing_syncs(router), or of one file: from then on; .end() ends it."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    begun = []

    def begin(router, file=None):
        begun.append(Injection(router, file))
        return begun[-1]
    yield begin
    for injection in begun:
        if not injection.process.stderr.closed:
            injection.end()


@pytest.mark.parametrize("killed", [False, True], ids=["", "and it is killed"])
def test_while_the_disk_cannot_sync_events_are_refused_and_none_is_lost(router_of, sandbox_of, failing_syncs, draw, killed):
    sandbox, router = small_story(router_of, sandbox_of)
    senders = senders_of(router, draw)
    for _ in range(3):
        wait_until(lambda: all(s.acknowledged or s.error for s in senders), "the first events")
        wait_until(lambda: router.refreshes(state="queued") + router.refreshes(state="running"), "a job in flight")
        injection = failing_syncs(router)
        wait_for_refusals(senders)
        if killed:
            router.kill9()
        injection.end()
        if killed:
            router.start()
        before = {s: len(s.acknowledged) for s in senders}
        wait_until(lambda: all(len(s.acknowledged) > before[s] or s.error for s in senders), "the daemon to heal")
    all_well(router, sandbox, senders, lost=3 * 2 * killed)


def test_a_200_while_syncs_begin_to_fail_is_still_a_promise(router_of, sandbox_of, failing_syncs, draw):
    """The kill comes at once after the first refusal: what was acknowledged just before is on the disk."""
    sandbox, router = small_story(router_of, sandbox_of)
    senders = senders_of(router, draw, count=4)
    for _ in range(4):
        wait_until(lambda: all(s.acknowledged or s.error for s in senders), "the first events")
        injection = failing_syncs(router)
        wait_for_refusals(senders, 1)
        router.kill9()
        injection.end()
        recorded = len([e for s in senders for e in s.acknowledged])
        router.start()
        assert len(router.events()) >= recorded
    all_well(router, sandbox, senders, lost=4 * 2)


def test_a_database_file_that_cannot_be_synced_is_told_and_refuses_nobody(router, failing_syncs):
    """The WAL takes events on; only what brings it into the database file fails."""
    injection = failing_syncs(router, router.folder / "store" / "state.db")
    assert router.send(number="one").status == 200
    wait_until(lambda: "the WAL cannot be copied into the database" in router.log, "the line \'the WAL cannot be copied into the database\'")
    assert "copy: disk I/O error (Input/output error)" in router.log
    assert router.send(number="two").status == 200
    injection.end()
    assert router.send(number="three").status == 200
    wait_until(lambda: "the WAL is copied into the database again" in router.log, "the line \'the WAL is copied into the database again\'")
    assert router.log.count("the WAL cannot be copied") == 1
    router.kill9()
    router.start()
    assert len(router.events()) == 3


# ---- 4. the daemon's wall clock steps ----

HOUR = 3600


class Clock:
    """The daemon's wall clock; Tableau and dbt keep theirs."""

    def __init__(self, folder):
        self.file = folder / "clock"
        self.environment = {**harness.shim(folder, "clock_shim"), "CLOCK_SHIM_FILE": str(self.file)}
        self.step(0)

    def step(self, seconds):
        part = self.file.with_suffix(".part")
        part.write_text(f"{seconds}\n")
        part.rename(self.file)


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


EACH_STEP = pytest.mark.parametrize("step", [-HOUR, HOUR], ids=["back", "forward"])


def clock_story(router_of, sandbox_of, clock, config=None, **job):
    return small_story(router_of, sandbox_of, config=config, environment=clock.environment, **job)


def sent(router, job, told=None, **fields):
    """An event of dbt job `job`, for check_promises."""
    told = {} if told is None else told
    finished = now()
    fields = {"runFinishedAt": precise_text(finished), "jobId": str(job), **fields}
    answer = router.send(**fields)
    assert answer.status == 200
    told[f"evt-{router.sent}"] = (answer.json["event"], job, parse_time(precise_text(finished)))
    return told


def all_fresh(router, sandbox, told, jobs):
    """Everything ends succeeded and fresh, with so many jobs of ours of each content."""
    router.settle(1)
    refreshes = check_promises(router, sandbox, told, SMALL_RULES)
    assert {r["state"] for r in refreshes} == {"succeeded"}
    ours = check_one_at_a_time(sandbox.jobs())
    assert {name: len(of_it) for (_, name), of_it in ours.items()} == jobs
    return refreshes


def has_stepped(router, step):
    """It did see the step; or the story tells nothing."""
    received = parse_time(router.events()[0]["received_at"])
    return abs(received - now() - step) < HOUR / 2


@EACH_STEP
def test_a_clock_that_steps_while_a_refresh_waits_changes_nothing(router_of, sandbox_of, clock, step):
    sandbox, router = clock_story(router_of, sandbox_of, clock)
    sandbox.running_job("Revenue")
    told = sent(router, 1)
    wait_until(lambda: router.waiting("409093"), "Tableau's refusal to be on record")
    clock.step(step)
    sent(router, 1, told)
    assert has_stepped(router, step)
    sandbox.end_jobs()
    all_fresh(router, sandbox, told, {"Revenue": 1})


@EACH_STEP
def test_a_clock_that_steps_while_jobs_run_changes_nothing(router_of, sandbox_of, clock, step):
    sandbox, router = clock_story(router_of, sandbox_of, clock)
    for name in ("Revenue", "Costs"):
        sandbox.hold(name, "running")
    told = sent(router, 3)
    wait_until(lambda: len(router.refreshes(state="running")) == 2, "the jobs to run")
    for name in ("Revenue", "Costs"):
        sandbox.let_go(name)
    clock.step(step)
    sent(router, 1, told)      # too late for the job that runs
    assert has_stepped(router, step)
    wait_until(lambda: router.refreshes(state="waiting"), "the second refresh of Revenue")
    sandbox.end_jobs()
    all_fresh(router, sandbox, told, {"Revenue": 2, "Costs": 1})
    clock.step(0)
    sent(router, 2, told)
    all_fresh(router, sandbox, told, {"Revenue": 2, "Costs": 2})


@EACH_STEP
@pytest.mark.parametrize("state", ["waiting", "unanswered", "queued", "running"])
def test_a_clock_that_steps_between_a_kill_and_the_start_changes_nothing(router_of, sandbox_of, clock, step, state):
    sandbox, router = clock_story(router_of, sandbox_of, clock)
    if state in ("queued", "running"):
        sandbox.hold("Revenue", state)
    if state == "unanswered":
        sandbox.change("Revenue", queued_ms=3100)
    if state == "waiting":
        sandbox.fault("429", on=REFRESH, retry_after="2")
    if state == "unanswered":
        sandbox.fault("latency", on=REFRESH, ms=20000)
    told = sent(router, 1)
    if state == "waiting":
        wait_until(lambda: router.waiting("429"), "Tableau to say 429")
    elif state == "unanswered":
        wait_until(sandbox.jobs, "Tableau to start the job")
    else:
        wait_until(lambda: router.refreshes(state=state), f"the job to be {state}")
        sandbox.let_go("Revenue")
    router.kill9()
    clock.step(step)
    router.start()
    if state in ("queued", "running"):
        sandbox.end_jobs()
    all_fresh(router, sandbox, told, {"Revenue": 1})
    sent(router, 1, told)
    assert has_stepped(router, step)
    all_fresh(router, sandbox, told, {"Revenue": 2})


# ---- ... and nothing expires early or never ----

@EACH_STEP
@pytest.mark.parametrize("killed", [False, True], ids=["", "and it is killed"])
def test_what_has_time_left_does_not_expire_because_the_clock_steps(router_of, sandbox_of, clock, step, killed):
    sandbox, router = clock_story(router_of, sandbox_of, clock, config={"give_up_after": "2h"})
    sandbox.running_job("Revenue")
    told = sent(router, 1)
    wait_until(lambda: router.waiting("409093"), "Tableau's refusal to be on record")
    if killed:
        router.kill9()
    clock.step(step)
    if killed:
        router.start()
    sandbox.end_jobs()
    all_fresh(router, sandbox, told, {"Revenue": 1})


def test_what_has_minutes_left_does_not_expire_because_the_clock_goes_forward_an_hour(router_of, sandbox_of, clock):
    sandbox, router = clock_story(router_of, sandbox_of, clock, config={"give_up_after": "10m"})
    sandbox.running_job("Revenue")
    told = sent(router, 1)
    wait_until(lambda: router.waiting("409093"), "Tableau's refusal to be on record")
    clock.step(HOUR)
    sandbox.end_jobs()
    all_fresh(router, sandbox, told, {"Revenue": 1})


def test_a_clock_that_goes_forward_an_hour_while_the_daemon_is_down_leaves_what_had_minutes_one_more_try(router_of, sandbox_of, clock):
    sandbox, router = clock_story(router_of, sandbox_of, clock, config={"give_up_after": "10m"})
    sandbox.running_job("Revenue")
    told = sent(router, 1)
    wait_until(lambda: router.waiting("409093"), "Tableau's refusal to be on record")
    router.kill9()
    clock.step(HOUR)
    router.start()
    sandbox.end_jobs()
    all_fresh(router, sandbox, told, {"Revenue": 1})


@pytest.mark.parametrize("step,killed", [(-HOUR, False), (HOUR, False), (-HOUR, True)], ids=["back", "forward", "back and it is killed"])
def test_what_cannot_be_done_expires_in_its_time_although_the_clock_steps(router_of, sandbox_of, clock, step, killed):
    sandbox, router = clock_story(router_of, sandbox_of, clock, config={"give_up_after": "2500ms"})
    sandbox.running_job("Revenue")
    begun = time.monotonic()
    sent(router, 1)
    wait_until(lambda: router.waiting("409093") or router.refreshes(state="expired"), "Tableau's refusal to be on record")
    if killed:
        router.kill9()
    clock.step(step)
    if killed:
        router.start()
    refresh = router.settle(1)[0]
    assert refresh["state"] == "expired" and not sandbox.jobs(by="refresh-router")
    if not killed:
        assert time.monotonic() - begun >= 2.4


# ---- ... also when a reply is lost while the clock is wrong ----

# The look must not ask for jobs made since the request by our clock, and find none.
@EACH_STEP
def test_a_job_whose_answer_was_lost_is_found_although_the_clock_is_wrong(router_of, sandbox_of, clock, step):
    sandbox, router = clock_story(router_of, sandbox_of, clock, queued=BEGINS_LATER)
    clock.step(step)
    sandbox.fault("drop_after", on=REFRESH)
    told = sent(router, 1)
    assert has_stepped(router, step)
    all_fresh(router, sandbox, told, {"Revenue": 1})


# A job of the last hour must not seem to be made since the request.
@EACH_STEP
def test_a_lost_request_is_sent_again_although_the_clock_is_wrong(router_of, sandbox_of, clock, step):
    sandbox, router = clock_story(router_of, sandbox_of, clock)
    told = sent(router, 1)
    router.settle(1)
    # Not in the second of that job: Tableau tells no more of a time.
    wait_until(lambda: now() > parse_time(sandbox.jobs()[0]["completed"]) + 1.1, "the next second")
    clock.step(step)
    sandbox.fault("drop", on=REFRESH)
    sent(router, 1, told)
    assert has_stepped(router, step)
    all_fresh(router, sandbox, told, {"Revenue": 2})


# For want of a finish time, the arrival by our clock must not be held against the start by Tableau's.
@EACH_STEP
def test_a_foreign_job_that_runs_already_is_not_fresh_for_a_run_that_tells_no_end(router_of, sandbox_of, clock, step):
    sandbox, router = clock_story(router_of, sandbox_of, clock)
    clock.step(step)
    sandbox.running_job("Revenue")
    told = sent(router, 1, runFinishedAt="", timestamp="")
    assert has_stepped(router, step)
    wait_until(lambda: router.waiting("409093"), "Tableau's refusal to be on record")
    sandbox.end_jobs()
    all_fresh(router, sandbox, told, {"Revenue": 1})
