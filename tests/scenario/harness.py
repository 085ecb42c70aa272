"""The built programs, started with real sockets and real files, as objects that a story can use."""
import calendar
import contextlib
import hashlib
import hmac
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("REFRESH_ROUTER_BUILD", TOP / "build"))
SAMPLES = TOP / "tests" / "samples"
SECRET = "c0ffee-sample-secret"
HOLD_MS = 24 * 3600 * 1000      # of a job: for ever, until it is told to go on
# a line of the log, in whatever format
SERVING = r'serving"?[ ,]"?webhooks"?[=:]"?([^\s",]+)"?[ ,]"?admin"?[=:]"?([^\s",]+)'
DEADLINE = float(os.environ.get("SCENARIO_DEADLINE", "60"))


def wait_until(condition, what="the condition", deadline=DEADLINE):
    """Asks again and again; returns what the condition gave when that is true."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"gave up waiting for {what() if callable(what) else what}"
        time.sleep(0.02)


def now():
    """Seconds since 1970; the sandbox reads the same clock."""
    return time.time()


def next_second():
    """Tableau tells whole seconds: what happens now is told to be later than what happened before."""
    before = int(now())
    wait_until(lambda: int(now()) > before, "the next second")


def utc_text(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def parse_time(text):
    """Seconds since 1970 of an RFC 3339 time in UTC."""
    if not text:
        return 0.0
    whole, _, fraction = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(f"0.{fraction or 0}")


def quietly(ask):
    """What `ask` gives; None while nobody answers."""
    try:
        return ask()
    except (OSError, http.client.HTTPException):
        return None


def sign(body, secret=SECRET):
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class UnixConnection(http.client.HTTPConnection):
    """To "unix:PATH"."""

    def __init__(self, address, timeout=DEADLINE):
        super().__init__("localhost", timeout=timeout)
        self.file = address.removeprefix("unix:")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.file)


def request(address, method, path, body=None, headers=None, timeout=DEADLINE, connection=None):
    kind = UnixConnection if address.startswith("unix:") else http.client.HTTPConnection
    used = connection or kind(address, timeout=timeout)
    try:
        used.request(method, path, body=body, headers=headers or {})
        answer = used.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        if not connection:
            used.close()


class Address:
    """
    A port of this machine that is one daemon's also while it is down. Bound here, and not listened on: the system gives the port to nobody who asks
    for any, and to no connection that begins; who asks for this one, with SO_REUSEADDR as daemons do, has it. Given back when this object goes.
    """

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))      # without SO_REUSEADDR, or two of these could be given one port
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.text = "127.0.0.1:%d" % self.socket.getsockname()[1]


class Process:
    """A program with its output in files, in a process group of its own, which ends with the test whatever happens."""

    started = []       # of the running test: their logs are shown when it fails

    def __init__(self, folder, name, arguments, environment=None, command=(), descriptors=()):
        if self not in Process.started:
            Process.started.append(self)
        self.log_path = folder / f"{name}.log"
        self.out_path = folder / f"{name}.out"
        with open(self.log_path, "ab") as log, open(self.out_path, "ab") as out:
            self.process = subprocess.Popen([*command, str(BUILD / name), *map(str, arguments)], stdout=out, stderr=log, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **(environment or {})}, start_new_session=True, pass_fds=descriptors)

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        try:
            return self.process.wait(DEADLINE)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def check_sanitizers(self):
        found = re.search(r"ERROR: (Address|Leak|Thread)Sanitizer|runtime error:|WARNING: ThreadSanitizer|ERROR SUMMARY: [1-9]", self.log)
        assert not found, self.log[max(0, found.start() - 200):][:6000]

    def stop(self):
        """A clean end: status 0, and nothing that a sanitizer has to say."""
        status = self.end(signal.SIGTERM)
        assert status == 0, f"{self.log_path.name}: exit {status}\n{self.log[-4000:]}"
        self.check_sanitizers()


class Sandbox(Process):
    def __init__(self, folder, world):
        state = folder / "world.yaml"
        state.write_text(yaml.safe_dump(world, allow_unicode=True))
        super().__init__(folder, "tableau-sandbox", ["--listen", "127.0.0.1:0", "--state", state])
        line = wait_until(lambda: re.search(r"^listening on (\S+)$", self.out_path.read_text(), re.M) or self.process.poll() is not None,
                          "the sandbox")
        assert line is not True, self.log
        self.address = line.group(1)
        self.url = f"http://{self.address}"

    def control(self, method, path, body=None):
        answer = request(self.address, method, f"/-/sandbox/{path}", json.dumps(body) if body is not None else None)
        assert answer.status == 200, answer.body
        return answer.json

    def calls(self, method=None, path=None, site=None):
        found = self.control("GET", "calls")["calls"]
        return [c for c in found if (not method or c["method"] == method) and (not path or re.search(path, c["path"])) and
                (not site or c.get("site") == site)]

    def sign_ins(self, site=None):
        return [c for c in self.calls("POST", "/auth/signin$", site) if c["status"] == 200]

    def refresh_calls(self, site=None):
        return self.calls("POST", "/(refresh|run|runNow)$", site)

    def jobs(self, name=None, by=None):
        return [j for j in self.control("GET", "jobs")["jobs"] if (not name or j["name"] == name) and (not by or j["by"] == by)]

    def fault(self, do, **rest):
        return self.control("POST", "faults", {"do": do, **rest})

    def forget_faults(self):
        self.control("DELETE", "faults")

    def foreign_job(self, name, site="finance", **rest):
        return self.control("POST", "jobs", {"site": site, "kind": "workbook", "name": name, **rest})

    def running_job(self, name):
        """Somebody else's, which runs until end_jobs()."""
        job = self.foreign_job(name, queued_ms=1, running_ms=HOLD_MS)
        wait_until(lambda: self.state_of(job) == "InProgress", "the foreign job to run")
        return job

    def state_of(self, job):
        return next(j["state"] for j in self.jobs() if j["id"] == job["id"])

    def progress(self):
        """What waits begins to run, and what runs ends, now. How many jobs that were."""
        return self.control("POST", "progress", {})["moved"]

    def end_jobs(self):
        while self.progress():
            pass

    def hold(self, name, state, **rest):
        """The next jobs of this content stay queued or running until end_jobs()."""
        self.change(name, queued_ms=HOLD_MS if state == "queued" else 1, running_ms=HOLD_MS, **rest)

    def let_go(self, name):
        """... and the next ones do not."""
        self.change(name, queued_ms=50, running_ms=100)

    def change(self, name, /, site="finance", kind="workbook", **set_):
        return self.control("POST", "content", {"site": site, "kind": kind, "name": name, "set": set_})


# A job that waits so long in Tableau's queue has surely begun after our request: Tableau tells whole seconds, and its clock is known to two.
BEGINS_LATER = "3100ms"


def site_world(content_url="finance", workbooks=("Revenue",), secret=None, **rest):
    return {"content_url": content_url, "pats": [{"name": "refresh-router", "secret": secret or f"{content_url}-secret"}],
            "projects": ["Finance", "Finance/Daily", "Finance/Archive", "Marketing", "Marketing/Daily"],
            "job": {"queued": "100ms", "running": "200ms"},
            "workbooks": [w if isinstance(w, dict) else {"name": w, "project": "Finance/Daily"} for w in workbooks], **rest}


class Router(Process):
    """A daemon with its own folder. `sites`: name -> changes of its configuration; `rules`: a list of rules."""

    def __init__(self, folder, sandbox, rules, sites=("finance",), config=None, arguments=(), environment=None, source=None,
                 may_die=False, files=None, command=(), descriptors=()):
        self.may_die = may_die     # at start already, as with a fault point
        self.command = command     # that the daemon is started by
        self.descriptors = descriptors      # that it inherits
        self.folder, self.arguments, self.environment, self.starts = folder, list(arguments), dict(environment or {}), 0
        # The same at each start: who sends while it is down meets nobody, and no other daemon either.
        self.addresses = {name: Address() for name in ("webhooks", "admin")}
        settings = sites if isinstance(sites, dict) else {name: {} for name in sites}
        self.environment["WEBHOOK_SECRET"] = SECRET
        (folder / "secrets").mkdir(exist_ok=True)
        for name, text in (files or {}).items():
            (folder / name).write_text(text)
        self.config = {"version": 1, "listen": {name: address.text for name, address in self.addresses.items()}, "store": f"sqlite:{folder}/store/state.db",
                       "rules": ["rules"], "log": {"format": "logfmt"}, "retry": {"initial": "50ms", "max": "1s"},
                       "sources": [{"name": "dbt", "secrets": [{"env": "WEBHOOK_SECRET"}], **(source or {})}], "sites": [], **(config or {})}
        for name, changes in settings.items():
            self.add_site(sandbox, name, **changes)
        (folder / "rules").mkdir(exist_ok=True)
        self.write_rules(rules)
        self.write_config()
        self.start()

    def add_site(self, sandbox, name, **changes):
        (self.folder / "secrets" / name).write_text(f"{name}-secret\n")
        self.config["sites"].append({"name": name, "server": sandbox.url, "content_url": name,
                                     "pat": {"name": "refresh-router", "secret": {"file": f"secrets/{name}"}}, "poll_interval": "100ms", **changes})

    def write_rules(self, rules, name="rules.yaml"):
        text = rules if isinstance(rules, str) else yaml.safe_dump({"version": 1, "rules": list(rules)}, allow_unicode=True)
        part = self.folder / "part"      # never half of it to be read
        part.write_text(text)
        part.rename(self.folder / "rules" / name)

    def write_config(self):
        part = self.folder / "part"
        part.write_text(yaml.safe_dump(self.config, allow_unicode=True))
        part.rename(self.folder / "config.yaml")

    def start(self, wait=True):
        self.starts += 1
        super().__init__(self.folder, "refresh-router", ["serve", "--config", self.folder / "config.yaml", *self.arguments], self.environment,
                         self.command, self.descriptors)
        if not wait:
            return
        pattern = SERVING
        wait_until(lambda: len(re.findall(pattern, self.log)) >= self.starts or self.process.poll() is not None, "the daemon")
        found = re.findall(pattern, self.log)
        if len(found) < self.starts and self.may_die:
            self.starts -= 1
            return
        assert len(found) >= self.starts, self.log
        self.address, self.admin = found[-1]

    def is_alive(self):
        return self.process.poll() is None

    def secrets(self):
        """What it was given to keep to itself; a short one may be in the log by chance."""
        texts = [text for name, text in self.environment.items() if re.search("SECRET|TOKEN|PAT$", name)]
        for path in (self.folder / "secrets").iterdir():
            with contextlib.suppress(OSError, UnicodeDecodeError):
                texts += [path.read_text()] if path.is_file() else []
        return [text.strip() for text in texts if len(text.strip()) >= 6]

    def check_sanitizers(self):
        super().check_sanitizers()
        shown = [text for text in self.secrets() if text in self.log]
        assert not shown, f"secrets in the log: {shown}"

    def kill9(self):
        self.end(signal.SIGKILL)
        self.check_sanitizers()

    def restart(self):
        self.kill9()
        self.start()

    # ---- dbt's side ----

    def body(self, sample="completed-success", **fields):
        text = (SAMPLES / "dbt" / f"{sample}.json").read_bytes()
        if not fields:
            return text
        event = json.loads(text)
        for key, value in fields.items():
            (event if key in ("eventId", "webhookId", "accountId", "timestamp", "eventType") else event["data"])[key] = value
        return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()

    def post(self, body, signature=None, path="/webhooks/dbt", headers=None, connection=None, method="POST"):
        sent = {"Content-Type": "application/json", "Authorization": sign(body) if signature is None else signature, **(headers or {})}
        sent = {k: v for k, v in sent.items() if v != ""}
        return request(self.address, method, path, body, sent, connection=connection)

    def send(self, number=None, **fields):
        """A new event each time, of dbt job 701331 that ended well just now, unless told otherwise."""
        self.sent = getattr(self, "sent", 0) + 1
        fields.setdefault("eventId", f"evt-{number if number is not None else self.sent}")
        fields.setdefault("runFinishedAt", utc_text(now()))
        return self.post(self.body(**fields))

    # ---- the admin side ----

    def get(self, path):
        answer = request(self.admin, "GET", path)
        assert answer.status == 200, (path, answer.status, answer.body)
        return answer.json

    def all(self, what, query=""):
        items, cursor = [], None
        while True:
            page = self.get(f"/api/v1/{what}?limit=1000{query}{f'&cursor={cursor}' if cursor else ''}")
            items += page["items"]
            cursor = page["next"]
            if not cursor:
                return items

    def events(self, **filters):
        return self.all("events", "".join(f"&{k}={v}" for k, v in filters.items()))

    def refreshes(self, **filters):
        return self.all("refreshes", "".join(f"&{k}={v}" for k, v in filters.items()))

    def waiting(self, because):
        """The refreshes that wait for a reason with this text: it is on record, and outlives a kill."""
        return [r for r in self.refreshes(state="waiting") if because in r.get("reason", "")]

    def event(self, id):
        return self.get(f"/api/v1/events/{id}")

    def refresh(self, id):
        return self.get(f"/api/v1/refreshes/{id}")

    def site(self, name="finance"):
        """What is told of a site; {} until the dispatcher has told it first."""
        return next((site for site in self.get("/api/v1/sites")["items"] if site["name"] == name), {})

    def text(self, path):
        return request(self.admin, "GET", path).body.decode()

    def ready(self):
        """Status and detail of /readyz."""
        answer = request(self.admin, "GET", "/readyz")
        return answer.status, answer.json

    def metrics(self):
        """By (name without prefix, labels): {("causes_total", frozenset({("site", "finance"), ...})): 1.0, ...}."""
        text = request(self.admin, "GET", "/metrics").body.decode()
        samples = re.findall(r'^refresh_router_(\w+?)(?:\{(.*)\})? (\S+)$', text, re.M)
        return {(name, frozenset(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))): float(value) for name, labels, value in samples}

    def metric(self, name, **labels):
        """The sum of the series that have these labels."""
        return sum(value for (of, has), value in self.metrics().items() if of == name and labels.items() <= set(has))

    def idle(self):
        # In this order: a selection becomes a refresh, never the other way.
        return not any(e.get("open_selections") for e in self.events()) and not self.refreshes(state="open")

    def settle(self, count=None):
        """Waits until nothing is open, and at least `count` refreshes are recorded; returns them, oldest first."""
        def settled():
            if not self.idle():
                return None
            refreshes = self.refreshes()    # after it was idle, or an older state would be told
            return (count is None or len(refreshes) >= count) and refreshes
        return list(reversed(wait_until(settled, "every refresh to end")))

    def reload(self):
        return request(self.admin, "POST", "/-/reload")


def shim(folder, name):
    """Builds tests/fault/NAME.c, which changes a few calls of the C library; the environment that preloads it."""
    compiler, library = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang"), folder / f"{name}.so"
    if not compiler:
        pytest.skip(f"there is no C compiler to build {name} with")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, TOP / "tests" / "fault" / f"{name}.c"], check=True)
    linked = subprocess.run(["ldd", BUILD / "refresh-router"], capture_output=True, text=True, check=False).stdout
    # gcc's wants to be first
    return {"LD_PRELOAD": str(library), **({"ASAN_OPTIONS": "verify_asan_link_order=0"} if "asan" in linked else {})}


def fill(folder):
    """Somebody else's file takes what is left of a disk."""
    with open(folder / "filler", "ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def cli(*arguments, stdin=None, environment=None, cwd=None):
    """A command; returns what it printed and its exit status."""
    return subprocess.run([str(BUILD / "refresh-router"), *map(str, arguments)], input=stdin, capture_output=True, timeout=DEADLINE,
                          env={**os.environ, **(environment or {})}, cwd=cwd)


class Foreign(http.server.BaseHTTPRequestHandler):
    """A server that is not the daemon: `server.answer` is the function of a path that gives status and body, `server.asked` has the paths."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self.path)
        status, body = self.server.answer(self.path)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def answers_together(count):
    """The address of a server that answers so many requests (404) when all of them are out; before that, none, and after five seconds with 500."""
    together = threading.Barrier(count)

    class Together(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            try:
                together.wait(5)
                status = 404
            except threading.BrokenBarrierError:
                status = 500
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Together)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def ask(server, *command):
    """A command of the command line that takes this server for the daemon."""
    return cli(*command, "--url", f"http://127.0.0.1:{server.server_address[1]}")


def rule(name="nightly", refresh=None, **rest):
    return {"name": name, "when": {"job_id": 701331}, "refresh": refresh or [{"site": "finance", "workbooks": "Revenue", "project": "Finance/Daily"}],
            **rest}
