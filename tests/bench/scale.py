"""scale.py - one daemon with very many refreshes that wait: built up, started again, drained; and a new one beside them."""
import datetime
import json
import os
import time
import urllib.request

import fixtures
import processes
import sandbox
from cases import metric, utc_now, waiting_refreshes
from tables import table

MB = 1000000
PER_SITE = 200
SITES, SITES_QUICK = 500, 50           # 100,000 and 10,000 refreshes
LEVELS = (1000, 10000, 100000)         # waiting, when a new refresh is watched
PROBES, PROBES_QUICK = 60, 20
WITHIN = 600                           # seconds, for each wait
BLOCKER, WAVE, PROBE = 1000000, 2000000, 3000000        # ids of dbt jobs: of a site the first two, plus its number
DRAIN_REQUESTS, DRAIN_POLL = 2, "2s"   # of each site


# ---- the world ----

def state(sites):
    """`sites` sites whose jobs end at once, but for the one of a workbook that keeps the others waiting; and an idle site."""
    lines = ["sites:"]
    for number in range(sites + 1):
        lines += [f"  - content_url: {sandbox.content_url(number)}", f"    pats: [{{name: bench-{number}, secret: pat-{number}}}]",
                  "    projects: [Bench]", "    job: {queued: 0, running: 0}"]
        if number < sites:
            lines += ["    workbooks: [{name: Blocker, project: Bench, running: 5h}]",
                      f"    generate: [{{count: {PER_SITE}, name: '{sandbox.workbook(number, '%d')}', project: Bench}}]"]
        else:
            lines += ["    workbooks: [{name: Probe, project: Bench}]"]
    return "\n".join(lines) + "\n"


def write_rules(bench, sites):
    items = [fixtures.rule(PROBE, [f"{{site: site{sites}, workbooks: Probe}}"])]
    for number in range(sites):
        items += [fixtures.rule(BLOCKER + number, [f"{{site: site{number}, workbooks: Blocker}}"]),
                  fixtures.rule(WAVE + number, [f"{{site: site{number}, workbooks: /^Workbook/}}"])]
    return fixtures.rules(bench.folder, "scale", items)


def write_config(bench, rules, tableau, sites, **settings):
    entries = [fixtures.site(n, tableau.url, sandbox.content_url(n), **settings) for n in range(sites)]
    entries.append(fixtures.site(sites, tableau.url, sandbox.content_url(sites), poll_interval="50ms"))
    path = fixtures.config(bench.folder, "scale", rules, entries, "clock_skew: 0s")
    os.makedirs(bench.path("state"), exist_ok=True)     # the configuration's folder is watched: a checkpoint would wake a reload
    with open(path, encoding="utf-8") as file:
        text = file.read().replace("store: sqlite:", "store: sqlite:state/")
    return fixtures.write(bench.folder, "scale.yaml", text)


def environment(sites):
    return {**fixtures.ENVIRONMENT, **{f"BENCH_PAT_{n}": f"pat-{n}" for n in range(sites + 1)}}


# ---- asking ----

def send(router, event_id, job_id):
    fixtures.send(router.port, fixtures.body(event_id, job_id, utc_now()))


def wait_until(says, holds, every):
    """Seldom for the daemon: its metrics have lines for every site, and are no part of what is measured."""
    deadline = time.monotonic() + WITHIN
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"not within {WITHIN} s: {says}")
        time.sleep(every)


def control(tableau, method, name, body=b"{}"):
    request = urllib.request.Request(tableau.url + "/-/sandbox/" + name, data=body if method != "GET" else None, method=method,
                                     headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def cpu_seconds(process):
    """To the nanosecond, where /proc/PID/stat counts hundredths: the clock of clock_getcpuclockid(3)."""
    return time.clock_gettime((~process.child.pid << 3) | 2)


def become_quiet(*watched):
    """Waits until none of them does anything."""
    deadline, before = time.monotonic() + WITHIN, [0.0] * len(watched)
    while time.monotonic() < deadline:
        after = [cpu_seconds(process) for process in watched]
        if all(b - a < 0.002 for a, b in zip(before, after)):
            return
        before = after
        time.sleep(0.7)                # longer than the half second between two states that the daemon publishes
    raise SystemExit("the daemon does not become quiet")


def connections_opened():
    """TCP connections that this network namespace has opened; while draining they are the daemon's, but for a handful."""
    with open("/proc/net/snmp", encoding="ascii") as file:
        names, values = [line.split()[1:] for line in file if line.startswith("Tcp:")]
    return int(dict(zip(names, values))["ActiveOpens"])


# ---- the backlog ----

def block(router, tableau, sites):
    """One job that does not end on each site, whose `max_running` is 1: all sites are signed in before anything waits."""
    for number in range(sites):
        send(router, f"wev_block_{number}", BLOCKER + number)
    path = "calls?method=POST&path=*/workbooks/*/refresh"
    wait_until("the jobs that others wait for", lambda: len(control(tableau, "GET", path)["calls"]) >= sites, 0.05)
    become_quiet(router)


def add_waiting(router, sites, wanted):
    """Seconds from the first event until that many wait."""
    begun = time.monotonic()
    for number in sites:
        send(router, f"wev_wave_{number}", WAVE + number)
    wait_until(f"{wanted} refreshes wait", lambda: waiting_refreshes(router) >= wanted, 0.1)
    return time.monotonic() - begun


def calls_of(tableau, number):
    return [call for call in control(tableau, "GET", "calls")["calls"] if call.get("site") == sandbox.content_url(number)]


def parse_time(text):
    return datetime.datetime.strptime(text.replace("Z", "+0000"), "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


def probe_once(router, tableau, site, mark):
    """Milliseconds from a new event until its request is at Tableau; returns when the daemon knows that the job has ended."""
    control(tableau, "DELETE", "calls")
    begun = time.time()
    send(router, f"wev_probe_{mark}", PROBE)
    wait_until("the job was asked for", lambda: any("/jobs/" in call["path"] for call in calls_of(tableau, site)), 0.005)
    [sent] = [call for call in calls_of(tableau, site) if call["path"].endswith("/refresh")]
    time.sleep(0.02)                   # its end is written
    return (parse_time(sent["at"]) - begun) * 1e3


def probe(bench, router, tableau, site, waiting):
    """What a new refresh on an idle site costs and takes while others wait elsewhere."""
    probe_once(router, tableau, site, f"{waiting}_warm")
    become_quiet(router)
    count, before = PROBES_QUICK if bench.is_quick else PROBES, cpu_seconds(router)
    latencies = [probe_once(router, tableau, site, f"{waiting}_{n}") for n in range(count)]
    return {"cpu_us": (cpu_seconds(router) - before) / count * 1e6, "latency_ms": bench.median(latencies),
            "latency_most_ms": max(latencies)}


def build_up(bench, router, tableau, sites):
    """The backlog in steps, with a look at a new refresh after each."""
    result, done, spent = {"seconds": 0.0, "probes": {}}, 0, [0.0, 0.0]
    block(router, tableau, sites)
    for waiting in LEVELS:
        these = range(done, waiting // PER_SITE)
        if these.stop > sites:
            break
        before = cpu_seconds(router), cpu_seconds(tableau)
        result["seconds"] += add_waiting(router, these, waiting)
        become_quiet(router)
        spent = [have + cpu_seconds(process) - was for have, process, was in zip(spent, (router, tableau), before)]
        done = these.stop
        result["probes"][waiting] = probe(bench, router, tableau, sites, waiting)
    result["cpu"], result["sandbox_cpu"] = spent
    result["resident_bytes"] = router.resident_bytes()
    return result


# ---- from start to end ----

def start(bench, config, sites):
    """The daemon, and the seconds until it is ready."""
    begun = time.monotonic()
    router = processes.router(bench.build, bench.folder, config, environment(sites))
    json.loads(fixtures.get(router.admin + "/readyz"))             # 503 would raise
    return router, time.monotonic() - begun


def start_again(bench, config, sites, wanted):
    """After kill -9: nothing was put in order."""
    router, ready = start(bench, config, sites)
    with router:
        cpu = cpu_seconds(router)
        wait_until("all wait again", lambda: waiting_refreshes(router) >= wanted, 0.1)
        become_quiet(router)
        return {"ready_seconds": ready, "ready_cpu": cpu, "resident_bytes": router.resident_bytes()}


def drain(bench, config, tableau, sites, wanted):
    """What kept them waiting is gone, jobs end at once; until the last one has succeeded."""
    control(tableau, "DELETE", "jobs")
    control(tableau, "DELETE", "calls")
    sandbox_before, opened_before = cpu_seconds(tableau), connections_opened()
    router, _ = start(bench, config, sites)
    with router:
        begun, before, most = time.monotonic(), cpu_seconds(router), 0

        def is_done():
            nonlocal most
            most = max(most, router.resident_bytes())
            return metric(router, "refreshes_ended_total", 'outcome="succeeded"') >= wanted

        wait_until("the last one succeeded", is_done, 0.25)
        return {"seconds": time.monotonic() - begun, "cpu": cpu_seconds(router) - before,
                "sandbox_cpu": cpu_seconds(tableau) - sandbox_before, "most_resident_bytes": most,
                "requests": metric(router, "tableau_requests_total"), "connections": connections_opened() - opened_before}


def scale(bench):
    sites = SITES_QUICK if bench.is_quick else SITES
    wanted, rules = sites * PER_SITE, write_rules(bench, sites)
    with sandbox.Sandbox(bench, state(sites)) as tableau:
        config = write_config(bench, rules, tableau, sites, max_running=1, poll_interval="1h")
        router, empty = start(bench, config, sites)
        with router:
            result = {"waiting": wanted, "sites": sites, "empty_ready_seconds": empty, "empty_bytes": router.resident_bytes()}
            result["build"] = build_up(bench, router, tableau, sites)
            router.child.kill()
            router.child.wait()
        result["restart"] = start_again(bench, config, sites, wanted)
        config = write_config(bench, rules, tableau, sites, max_requests=DRAIN_REQUESTS, poll_interval=DRAIN_POLL)
        result["drain"] = drain(bench, config, tableau, sites, wanted)
    report(bench, result)
    return result


def report(bench, result):
    wanted, build, restart, end = (result[name] for name in ("waiting", "build", "restart", "drain"))
    table(f"Scale: {wanted:,} waiting refreshes over {result['sites']} sites, one daemon (CPU in seconds of one processor)",
          ["", "seconds", "refreshes/s", "daemon CPU", "sandbox CPU", "daemon us/refresh", "sandbox us/refresh"],
          [[name, f"{row['seconds']:.1f}", round(wanted / row["seconds"]), f"{row['cpu']:.1f}", f"{row['sandbox_cpu']:.1f}",
            round(row["cpu"] / wanted * 1e6), round(row["sandbox_cpu"] / wanted * 1e6)]
           for name, row in (("events until all wait", build), ("drain, until all succeeded", end))])
    table("The daemon's memory and start", ["", "resident MB", "ready after s"],
          [["nothing waits", f"{result['empty_bytes'] / MB:.1f}", f"{result['empty_ready_seconds']:.2f}"],
           [f"{wanted:,} wait", f"{build['resident_bytes'] / MB:.1f}", ""],
           ["after kill -9 and start", f"{restart['resident_bytes'] / MB:.1f}", f"{restart['ready_seconds']:.2f}"],
           ["most while draining", f"{end['most_resident_bytes'] / MB:.1f}", ""]])
    table("A new event on an idle site, while others wait elsewhere",
          ["waiting", "daemon CPU us", "ms to the request", "most ms"],
          [[f"{waiting:,}", round(row["cpu_us"]), f"{row['latency_ms']:.2f}", f"{row['latency_most_ms']:.2f}"]
           for waiting, row in build["probes"].items()])
    busier = "sandbox" if end["sandbox_cpu"] > end["cpu"] else "daemon"
    print(f"  While draining the {busier} was the busier one: daemon {100 * end['cpu'] / end['seconds']:.0f} %, sandbox "
          f"{100 * end['sandbox_cpu'] / end['seconds']:.0f} % of a processor. A refresh took {end['requests'] / wanted:.2f} requests, "
          f"a request {end['connections'] / end['requests']:.2f} new connections.")
    aim(bench, result)


def aim(bench, result):
    probes = result["build"]["probes"]
    least, most = min(probes), max(probes)
    name = f"{result['waiting']:,} waiting"
    bench.aims.most(f"memory with {name}", result["build"]["resident_bytes"] / MB, 200, "MB")
    bench.aims.most(f"memory with {name}, started again", result["restart"]["resident_bytes"] / MB, 200, "MB")
    bench.aims.most(f"ready after kill -9 with {name}", result["restart"]["ready_seconds"], 2, "s")
    for what, key in (("CPU", "cpu_us"), ("latency", "latency_ms")):
        bench.aims.most(f"{what} of a new refresh at {most:,} waiting, of {least:,}", probes[most][key] / probes[least][key], 2, "times")
