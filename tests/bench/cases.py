"""cases.py - the four parts of the benchmark: intake, decisions, fan-out, memory."""
import datetime
import json
import math
import os
import subprocess
import time

import fixtures
import processes
import sandbox
from tables import table

MIB = 1 << 20
CONNECTIONS = (1, 16, 64, 256)
RULE_COUNTS = (10, 1000, 10000, 100000)
SITE_COUNTS = (10, 100, 1000)
SHAPES = {"ids": "exact ids", "literals": "patterns with a literal", "patterns": "patterns without"}
LATENCY_MS = 50
SITES, PER_SITE, MAX_REQUESTS = 10, 20, 8


class Bench:
    def __init__(self, build, folder, is_quick, aims, median):
        self.build, self.folder, self.is_quick, self.aims, self.median = build, folder, is_quick, aims, median
        self.rounds = 1 if is_quick else 3

    def path(self, name):
        return os.path.join(self.folder, name)

    def median_of(self, rows, name):
        return self.median(row[name] for row in rows)


# ---- intake ----

def load(bench, process, connections, milliseconds, mark):
    """One run of the generator against `process`, with the CPU that the server spent on each request."""
    command = [os.path.join(bench.build, "tests/bench/load"), "--port", str(process.port), "--path", "/webhooks/dbt",
               "--body", bench.path("body.json"), "--mark", mark, "--connections", str(connections),
               "--requests", str(100 * milliseconds), "--milliseconds", str(milliseconds)]
    before = process.cpu_seconds()
    done = subprocess.run(command, env={**os.environ, **fixtures.ENVIRONMENT}, stdout=subprocess.PIPE, check=False, timeout=120)
    row = json.loads(done.stdout or b"{}")
    if done.returncode:
        raise SystemExit(f"load: {row.get('errors', 'all')} requests failed: {row.get('first_error', '')}")
    row["cpu_us"] = (process.cpu_seconds() - before) / row["answered"] * 1e6
    return row


def start_servers(bench):
    write, folder = fixtures.write, bench.folder
    write(folder, "body.json", fixtures.body("wev_@EVENT@"))
    names = fixtures.rules(folder, "one-rule", [fixtures.rule(701331, ["{site: site0, workbooks: Revenue}"])])
    dry = fixtures.config(folder, "dry", names, [fixtures.site(0, fixtures.CLOSED, "")])
    live = fixtures.config(folder, "live", names, [fixtures.site(0, fixtures.CLOSED, "")])
    env = fixtures.ENVIRONMENT
    return {
        "bare": lambda: processes.yardstick(bench.build, folder, "bare", env),
        "fdatasync": lambda: processes.yardstick(bench.build, folder, bench.path("bodies.log"), env),
        "router": lambda: processes.router(bench.build, folder, dry, env, "--dry-run"),
        "router, live": lambda: processes.router(bench.build, folder, live, env),
    }


def intake(bench):
    """Signed durable intake, beside the same HTTP library doing next to nothing. `live` also keeps a refresh waiting for each event."""
    milliseconds = 600 if bench.is_quick else 1500
    starts, rows = start_servers(bench), {}
    for number in range(bench.rounds):
        for name, start in starts.items():
            with start() as process:
                for connections in CONNECTIONS if name != "router, live" else (64,):
                    row = load(bench, process, connections, milliseconds, f"{number}-{connections}-")
                    rows.setdefault((name, connections), []).append(row)
    result = {key: {name: bench.median_of(found, name) for name in ("per_second", "p50_us", "p99_us", "max_us", "cpu_us")}
              for key, found in rows.items()}
    report_intake(bench, result)
    return {f"{name} at {connections}": row for (name, connections), row in result.items()}


def report_intake(bench, result):
    lines = []
    for connections in CONNECTIONS:
        for name in ("bare", "fdatasync", "router", "router, live"):
            row = result.get((name, connections))
            if row:
                shares = [f"{100 * row['per_second'] / result[other, connections]['per_second']:.0f} %" for other in ("bare", "fdatasync")]
                lines.append([f"{connections} connections, {name}", round(row["per_second"]), *shares, round(row["p50_us"]),
                              round(row["p99_us"]), round(row["max_us"]), f"{row['cpu_us']:.1f}"])
    table("Intake: one signed event a request (bare: HMAC only; fdatasync: and one shared fdatasync; router: serve --dry-run)",
          ["", "per second", "of bare", "of fdatasync", "p50 us", "p99 us", "max us", "cpu us/request"], lines)
    router, bare, disk = (result[name, 64] for name in ("router", "bare", "fdatasync"))
    bench.aims.least("intake at 64 connections, of the shared-fdatasync handler", 100 * router["per_second"] / disk["per_second"], 75, "%")
    bench.aims.least("intake at 64 connections, of the bare handler", 100 * router["per_second"] / bare["per_second"], 40, "%")
    bench.aims.most("p99 at 64 connections, of the shared-fdatasync handler's", router["p99_us"] / disk["p99_us"], 2, "times")
    # 26 us where the bare handler takes 17: a processor of another speed moves both.
    bench.aims.most("CPU a request at 64 connections, of the bare handler's", router["cpu_us"] / bare["cpu_us"], 1.53, "times")


# ---- decisions ----

def decide(bench):
    """Each case in a process of its own, so that none inherits another's heap."""
    rows = {}
    for _ in range(bench.rounds):
        for count in RULE_COUNTS:
            for shape in SHAPES:
                done = subprocess.run([os.path.join(bench.build, "tests/bench/decide_bench"), shape, str(count), bench.path("many.yaml"),
                                       "50" if bench.is_quick else "200"], stdout=subprocess.PIPE, check=True, timeout=120)
                rows.setdefault((shape, count), []).append(json.loads(done.stdout))
    result = {key: {name: bench.median_of(found, name) for name in found[0] if name != "shape"} for key, found in rows.items()}
    table("Decisions and loading (decision: warm, with its arena; HMAC: one over a body of 640 bytes; libyaml: reading the events alone)",
          ["", "rules", "us/decision", "HMAC us", "load ms", "libyaml ms", "RSS MiB", "peak MiB", "heap MiB", "ruleset MiB"],
          [[SHAPES[shape], count, f"{row['decide_ns'] / 1e3:.2f}", f"{row['hmac_ns'] / 1e3:.2f}", f"{row['load_seconds'] * 1e3:.1f}",
            f"{row['yaml_seconds'] * 1e3:.1f}", *(f"{row[name] / MIB:.1f}" for name in
                                                 ("resident_bytes", "peak_bytes", "heap_bytes", "ruleset_bytes"))]
           for shape in SHAPES for count in RULE_COUNTS for row in [result[shape, count]]])
    most = RULE_COUNTS[-1]
    for shape in ("ids", "literals"):
        ratio = result[shape, most]["decide_ns"] / result[shape, RULE_COUNTS[0]]["decide_ns"]
        bench.aims.most(f"decision at 100,000 rules, {SHAPES[shape]}, of one at 10", ratio, 4, "times")
        bench.aims.most(f"loading 100,000 rules, {SHAPES[shape]}", result[shape, most]["load_seconds"], 3, "s")
        bench.aims.most(f"memory of 100,000 rules, {SHAPES[shape]}", result[shape, most]["resident_bytes"] / MIB, 250, "MiB")
    return {f"{shape} at {count}": row for (shape, count), row in result.items()}


# ---- the scheduler ----

def schedule(bench):
    """CPU of one event at a number of sites: it depends on what changed, not on how much there is."""
    rows = {}
    for _ in range(bench.rounds):
        for sites in SITE_COUNTS:
            done = subprocess.run([os.path.join(bench.build, "tests/bench/schedule_bench"), str(sites), "20000" if bench.is_quick else "100000"],
                                  stdout=subprocess.PIPE, check=True, timeout=120)
            rows.setdefault(sites, []).append(json.loads(done.stdout))
    result = {sites: bench.median_of(found, "us_per_event") for sites, found in rows.items()}
    table("The scheduler: one event from its selection to the end of its job", ["sites", "us/event"],
          [[sites, f"{result[sites]:.2f}"] for sites in SITE_COUNTS])
    bench.aims.most(f"one event at {SITE_COUNTS[-1]} sites, of one at {SITE_COUNTS[0]}", result[SITE_COUNTS[-1]] / result[SITE_COUNTS[0]], 1.3, "times")
    return {f"{sites} sites": row for sites, row in result.items()}


# ---- fan-out ----

def wait_until(says, holds, seconds=60):
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"not within {seconds} s: {says}")
        time.sleep(0.003)


def metric(router, name, label=""):
    """The sum of the series, or of those with a label such as 'outcome="succeeded"'."""
    return sum(float(line.split()[-1]) for line in fixtures.get(router.admin + "/metrics").splitlines()
               if line.startswith(("refresh_router_" + name + "{", "refresh_router_" + name + " ")) and label in line)


def waiting_refreshes(router):
    return sum(metric(router, "refreshes", f'place="{place}"') for place in ("later", "ready"))


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def is_sending(router):
    return bool(json.loads(fixtures.get(router.admin + "/api/v1/refreshes?state=sending&limit=1"))["items"])


def fan_out_once(router, tableau, number):
    """One event that wants all workbooks: seconds until Tableau has accepted the last refresh, and the calls by then."""
    wanted, all_before, refreshes_before = SITES * PER_SITE, len(tableau.calls()), len(tableau.refresh_calls())
    succeeded_before = metric(router, "refreshes_ended_total", 'outcome="succeeded"')
    begun = time.monotonic()
    fixtures.send(router.port, fixtures.body(f"wev_fan_{number}", finished=utc_now()))
    wait_until(f"{wanted} refreshes sent", lambda: len(tableau.refresh_calls()) - refreshes_before >= wanted)
    wait_until("all of them answered", lambda: not is_sending(router))
    done = {"seconds": time.monotonic() - begun}
    time.sleep(0.2)                    # what is called needlessly comes now
    done["calls"] = len(tableau.calls()) - all_before
    wait_until("all refreshes succeeded", lambda: metric(router, "refreshes_ended_total", 'outcome="succeeded"') - succeeded_before >= wanted)
    done["calls_to_the_end"] = len(tableau.calls()) - all_before
    return done


def fanout(bench):
    folder, rows = bench.folder, []
    items = [f"{{site: site{n}, workbooks: [{', '.join(sandbox.workbook(n, k) for k in range(PER_SITE))}]}}" for n in range(SITES)]
    rules = fixtures.rules(folder, "fan", [fixtures.rule(701331, items)])
    with sandbox.Sandbox(bench, sandbox.state(SITES, PER_SITE)) as tableau:
        sites = [fixtures.site(n, tableau.url, sandbox.content_url(n), max_requests=MAX_REQUESTS, poll_interval="2s") for n in range(SITES)]
        config = fixtures.config(folder, "fan", rules, sites, "clock_skew: 0s")
        with processes.router(bench.build, folder, config, fixtures.ENVIRONMENT) as router:
            fan_out_once(router, tableau, "warm")
            tableau.set_latency(LATENCY_MS)
            rows = [fan_out_once(router, tableau, number) for number in range(bench.rounds)]
    refreshes = SITES * PER_SITE
    bound = LATENCY_MS / 1e3 * (1 + math.ceil(refreshes / (SITES * MAX_REQUESTS)))
    result = {name: bench.median_of(rows, name) for name in rows[0]}
    result["bound_seconds"] = bound
    table(f"Fan-out: {refreshes} refreshes on {SITES} sites, {MAX_REQUESTS} requests each, {LATENCY_MS} ms a call, warm",
          ["", "ms to the last", "bound ms", "of bound", "calls", "calls/refresh", "with polls to the end"],
          [["200 refreshes", f"{result['seconds'] * 1e3:.0f}", f"{bound * 1e3:.0f}", f"{result['seconds'] / bound:.2f}", result["calls"],
            f"{result['calls'] / refreshes:.3f}", f"{result['calls_to_the_end'] / refreshes:.3f}"]])
    bench.aims.most("fan-out, of the latency bound", result["seconds"] / bound, 1.1, "times")
    bench.aims.most("calls a refresh, warm", result["calls"] / refreshes, 1.05)
    return result


# ---- memory ----

def resident(bench, config, prepare=lambda router: None, *options):
    found = []
    for _ in range(bench.rounds):
        with processes.router(bench.build, bench.folder, config, fixtures.ENVIRONMENT, *options) as router:
            prepare(router)
            time.sleep(0.3)
            found.append(router.resident_bytes())
        for suffix in ("", "-wal", "-shm", ".lock"):
            path = config[:-len(".yaml")] + ".db" + suffix
            if os.path.exists(path):
                os.unlink(path)
    return bench.median(found)


def memory_waiting(bench, count):
    """`max_running` lets one refresh through, whose job does not end; the others wait."""
    def fill(router):
        fixtures.send(router.port, fixtures.body("wev_fill", finished=utc_now()))
        wait_until(f"{count} refreshes wait", lambda: waiting_refreshes(router) >= count - 1)

    rules = fixtures.rules(bench.folder, "all", [fixtures.rule(701331, ["{site: site0, workbooks: /./}"])])
    with sandbox.Sandbox(bench, sandbox.state(1, count, running="1h")) as tableau:
        site = fixtures.site(0, tableau.url, sandbox.content_url(0), max_running=1)
        return resident(bench, fixtures.config(bench.folder, "waiting", rules, [site]), fill)


def memory(bench):
    folder, waiting = bench.folder, 10000
    site = fixtures.site(0, fixtures.CLOSED, "")
    one = fixtures.rules(folder, "one", [fixtures.rule(1, ["{site: site0, workbooks: Revenue}"])])
    many = fixtures.rules(folder, "hundred-thousand",
                          [fixtures.rule(n, ["{site: site0, workbooks: Revenue}"]) for n in range(100000)])
    result = {
        "idle": resident(bench, fixtures.config(folder, "idle", one, [site])),
        "with 100,000 rules": resident(bench, fixtures.config(folder, "many", many, [site])),
        f"with {waiting:,} waiting refreshes": memory_waiting(bench, waiting),
    }
    table("Resident memory of the daemon", ["", "MiB"], [[name, f"{value / MIB:.1f}"] for name, value in result.items()])
    bench.aims.most("idle daemon", result["idle"] / MIB, 12, "MiB")
    return result
