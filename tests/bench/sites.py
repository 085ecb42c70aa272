"""sites.py - what one event costs at a number of sites: the client of Tableau alone, and the whole daemon."""
import json
import os
import subprocess
import time

import fixtures
import processes
import sandbox
import scale
from tables import table

SITE_COUNTS = (10, 100, 1000)
AT_ONCE = 10            # events of as many sites
ROUNDS, ROUNDS_QUICK = 20, 5


def client(bench, sites):
    done = subprocess.run([os.path.join(bench.build, "tests/bench/client_bench"), str(sites), "1000" if bench.is_quick else "5000"],
                          stdout=subprocess.PIPE, check=True, timeout=300)
    return json.loads(done.stdout)["us_per_event"]


# ---- the daemon ----

def state(sites):
    """Each site has a workbook whose job ends at once."""
    lines = ["sites:"]
    for number in range(sites):
        lines += [f"  - content_url: {sandbox.content_url(number)}", f"    pats: [{{name: bench-{number}, secret: pat-{number}}}]",
                  "    projects: [Bench]", "    job: {queued: 0, running: 0}", "    workbooks: [{name: Probe, project: Bench}]"]
    return "\n".join(lines) + "\n"


def write_config(bench, tableau, sites):
    rules = fixtures.rules(bench.folder, "sites", [fixtures.rule(n, [f"{{site: site{n}, workbooks: Probe}}"]) for n in range(sites)])
    entries = [fixtures.site(n, tableau.url, sandbox.content_url(n), poll_interval="50ms") for n in range(sites)]
    path = fixtures.config(bench.folder, f"sites{sites}", rules, entries, "clock_skew: 0s")
    os.makedirs(bench.path("state"), exist_ok=True)     # the configuration's folder is watched: a checkpoint would wake a reload
    with open(path, encoding="utf-8") as file:
        text = file.read().replace("store: sqlite:", "store: sqlite:state/")
    return fixtures.write(bench.folder, f"sites{sites}.yaml", text)


def a_round(router, tableau, number, sites):
    """Events of AT_ONCE sites, until the daemon has asked for the end of each one's job."""
    these = {(number * AT_ONCE + n) % sites for n in range(AT_ONCE)}
    names = {sandbox.content_url(site) for site in these}
    scale.control(tableau, "DELETE", "calls")
    for site in these:
        scale.send(router, f"wev_{number}_{site}", site)
    scale.wait_until("all jobs were asked for", lambda: names <= {call.get("site") for call in scale.control(tableau, "GET", "calls")["calls"]
                                                                 if "/jobs/" in call["path"]}, 0.02)


def daemon(bench, sites):
    """Microseconds of CPU for an event; all sites have been signed in. A snapshot of all sites is made twice a second beside that."""
    rounds = ROUNDS_QUICK if bench.is_quick else ROUNDS
    with sandbox.Sandbox(bench, state(sites)) as tableau:
        environment = {**fixtures.ENVIRONMENT, **{f"BENCH_PAT_{n}": f"pat-{n}" for n in range(sites)}}
        with processes.router(bench.build, bench.folder, write_config(bench, tableau, sites), environment) as router:
            for site in range(sites):
                scale.send(router, f"wev_warm_{site}", site)
            scale.become_quiet(router, tableau)
            before = scale.cpu_seconds(router)
            for number in range(rounds):
                a_round(router, tableau, number, sites)
            time.sleep(0.05)           # the end of the last job is written
            return (scale.cpu_seconds(router) - before) / (rounds * AT_ONCE) * 1e6


def sites(bench):
    rows = {}
    for _ in range(bench.rounds):
        for count in SITE_COUNTS:
            rows.setdefault(count, []).append({"client_us": client(bench, count), "daemon_us": daemon(bench, count)})
    result = {count: {name: bench.median_of(found, name) for name in found[0]} for count, found in rows.items()}
    table("One refresh at a number of sites, all signed in: CPU of the client of Tableau (two calls), and of the whole daemon",
          ["sites", "client us", "daemon us"], [[count, f"{row['client_us']:.1f}", f"{row['daemon_us']:.0f}"] for count, row in result.items()])
    least, most = result[SITE_COUNTS[0]], result[SITE_COUNTS[-1]]
    for name in ("client", "daemon"):
        bench.aims.most(f"{name}: one refresh at {SITE_COUNTS[-1]:,} sites, of one at {SITE_COUNTS[0]}", most[name + "_us"] / least[name + "_us"], 1.3, "times")
    return {f"{count} sites": row for count, row in result.items()}
