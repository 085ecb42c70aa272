"""nodes.py - several nodes on one PostgreSQL: durable intake and dispatch with one, two and three of them beside SQLite and beside pgbench doing the
same inserts, and how long it takes until another node calls Tableau when an owner is gone."""
import contextlib
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time

import cases
import fixtures
import processes
import sandbox
from tables import table

CONNECTIONS = 64            # of all generators together
COUNTS = (1, 2, 3)
SITES, PER_SITE = 10, 20
FAILOVER_AIM, STOP_AIM = 10, 1      # seconds

# The rows of a delivery, with a body of the same size; what pgbench sends over and over.
INSERT = """WITH added AS (INSERT INTO event (id, source, webhook_id, event_id, received_at, finished_at, outcome, type, job_id, run_id, matched, selections, body)
 VALUES (2 * nextval('event_number') - 1, 'dbt', 'wsu', md5(random()::text || clock_timestamp()), 1, 1, 'routed', 'job.run.completed', '701331', '1',
 '["rule-701331"]', '[{"site":"site0"}]', decode(repeat('61', 700), 'hex')) ON CONFLICT DO NOTHING RETURNING id)
 INSERT INTO selection (id, site, taker) SELECT id << 20, 'site0', 0 FROM added;
"""


@contextlib.contextmanager
def server(bench):
    """A throw-away one, as the stories have it."""
    os.environ["REFRESH_ROUTER_BUILD"] = bench.build
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))
    import postgresql       # needs the folder of the build
    import shutil
    folder = postgresql.new_folder()
    try:
        made = postgresql.Server(folder, postgresql.template(folder), {"max_connections": "100", "shared_buffers": "128MB"})
        try:
            yield made
        finally:
            made.forget()
    finally:
        shutil.rmtree(folder)


def config_of(bench, name, store, rules, sites):
    path = fixtures.config(bench.folder, name, rules, sites, "clock_skew: 0s")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return fixtures.write(bench.folder, name + ".yaml", re.sub(r"^store: .*$", f"store: '{store}'", text, flags=re.M))


@contextlib.contextmanager
def routers(bench, store, count, rules, sites, *options):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(processes.router(bench.build, bench.folder, config_of(bench, f"node{n}", store, rules, sites),
                                                    fixtures.ENVIRONMENT, *options)) for n in range(count)]


def forget_all(server_):
    server_.rows("TRUNCATE event, selection, refresh, cause, latest, spent, site_owner, site_state, request, note")


# ---- intake ----

def intake_rate(bench, nodes, milliseconds, mark):
    """Events a second of all nodes together, each with a generator of its own."""
    rows = [None] * len(nodes)

    def run(n):
        rows[n] = cases.load(bench, nodes[n], CONNECTIONS // len(nodes), milliseconds, f"{mark}-{n}-")

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(nodes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"per_second": sum(row["per_second"] for row in rows), "p99_us": max(row["p99_us"] for row in rows)}


def pgbench_rate(bench, server_, seconds):
    import postgresql
    script = fixtures.write(bench.folder, "insert.sql", INSERT)
    done = subprocess.run([postgresql.programs() / "pgbench", "-n", "-c", "16", "-j", "2", "-T", str(seconds), "-f", script, server_.url],
                          capture_output=True, text=True, check=True)
    return float(re.search(r"tps = ([\d.]+)", done.stdout).group(1))


def intake(bench, server_):
    milliseconds = 1000 if bench.is_quick else 4000
    fixtures.write(bench.folder, "body.json", fixtures.body("wev_@EVENT@"))
    rules = fixtures.rules(bench.folder, "nodes-one", [fixtures.rule(701331, ["{site: site0, workbooks: Revenue}"])])
    sites, found = [fixtures.site(0, fixtures.CLOSED, "")], {}
    for number in range(bench.rounds):
        with routers(bench, f"sqlite:nodes{number}.db", 1, rules, sites, "--dry-run") as nodes:
            found.setdefault("SQLite", []).append(intake_rate(bench, nodes, milliseconds, f"s{number}"))
        for count in COUNTS:
            with routers(bench, server_.url, count, rules, sites, "--dry-run") as nodes:
                found.setdefault(f"PostgreSQL, nodes: {count}", []).append(intake_rate(bench, nodes, milliseconds, f"p{number}-{count}"))
            forget_all(server_)
        found.setdefault("pgbench, the same inserts", []).append({"per_second": pgbench_rate(bench, server_, milliseconds // 1000), "p99_us": 0})
        forget_all(server_)
    result = {name: {key: bench.median_of(rows, key) for key in rows[0]} for name, rows in found.items()}
    yard = result["pgbench, the same inserts"]["per_second"]
    table(f"Durable intake, {CONNECTIONS} connections", ["", "events/s", "of pgbench", "p99 ms"],
          [[name, f"{row['per_second']:.0f}", f"{row['per_second'] / yard:.2f}", f"{row['p99_us'] / 1e3:.1f}" if row["p99_us"] else ""]
           for name, row in result.items()])
    return result


# ---- dispatch ----

def succeeded(nodes):
    return sum(cases.metric(node, "refreshes_ended_total", 'outcome="succeeded"') for node in nodes)


def dispatch_seconds(bench, nodes, number):
    """From an event that wants all workbooks to the end of the last refresh."""
    before, begun = succeeded(nodes), time.monotonic()
    fixtures.send(nodes[-1].port, fixtures.body(f"wev_nodes_{len(nodes)}_{number}", finished=cases.utc_now()))
    cases.wait_until("all refreshes succeeded", lambda: succeeded(nodes) - before >= SITES * PER_SITE)
    return time.monotonic() - begun


def has_owners(server_, count):
    return len(server_.rows("SELECT site FROM site_owner JOIN node ON node.id = node WHERE until > clock_timestamp()")) > count


def dispatch(bench, server_, tableau):
    items = [f"{{site: site{n}, workbooks: [{', '.join(sandbox.workbook(n, k) for k in range(PER_SITE))}]}}" for n in range(SITES)]
    rules = fixtures.rules(bench.folder, "nodes-fan", [fixtures.rule(701331, items)])
    sites = [fixtures.site(n, tableau.url, sandbox.content_url(n), poll_interval="100ms") for n in range(SITES)]
    result = {}
    for name, store, count in [("SQLite", "sqlite:nodes-fan.db", 1), *((f"PostgreSQL, nodes: {n}", server_.url, n) for n in COUNTS)]:
        with routers(bench, store, count, rules, sites) as nodes:
            if count > 1 or store == server_.url:
                cases.wait_until("each site has an owner", lambda: has_owners(server_, SITES))
            dispatch_seconds(bench, nodes, "warm")
            result[name] = bench.median([dispatch_seconds(bench, nodes, number) for number in range(bench.rounds)])
        forget_all(server_)
    table(f"{SITES * PER_SITE} refreshes on {SITES} sites, from the event to the end of the last job", ["", "seconds"],
          [[name, f"{seconds:.2f}"] for name, seconds in result.items()])
    return result


# ---- hand-over ----

def hand_over(bench, server_, tableau, number, rounds):
    """Seconds from the end of a site's owner, by that signal, to the first refresh that another node requests. The two take turns."""
    rules = fixtures.rules(bench.folder, "nodes-move", [fixtures.rule(701331, [f"{{site: site0, workbooks: {sandbox.workbook(0, 0)}}}"])])
    sites = [fixtures.site(0, tableau.url, sandbox.content_url(0), poll_interval="100ms")]

    def start(name):
        return processes.router(bench.build, bench.folder, config_of(bench, name, server_.url, rules, sites), fixtures.ENVIRONMENT)

    owner, found = start("turn0"), []
    cases.wait_until("the site has an owner", lambda: has_owners(server_, 1))
    other = start("turn1")
    try:
        for turn in range(rounds):
            before, begun = len(tableau.refresh_calls()), time.monotonic()
            owner.child.send_signal(number)
            fixtures.send(other.port, fixtures.body(f"wev_turn_{number}_{turn}", finished=cases.utc_now()))
            cases.wait_until("another node requests it", lambda: len(tableau.refresh_calls()) > before)
            found.append(time.monotonic() - begun)
            owner.child.wait(30)
            cases.wait_until("it has succeeded", lambda: not json.loads(fixtures.get(other.admin + "/api/v1/refreshes?state=open"))["items"])
            owner.__exit__()
            owner, other = other, start(f"turn{turn % 2 and 1}")
    finally:
        owner.__exit__()
        other.__exit__()
    forget_all(server_)
    return found


def hand_overs(bench, server_, tableau):
    kills = hand_over(bench, server_, tableau, signal.SIGKILL, 3 if bench.is_quick else 50)
    stops = hand_over(bench, server_, tableau, signal.SIGTERM, 3 if bench.is_quick else 20)
    table("From the end of an owner to the first refresh by another node", ["", "times", "median s", "worst s"],
          [[name, len(found), f"{statistics.median(found):.2f}", f"{max(found):.2f}"] for name, found in [("killed", kills), ("stopped", stops)]])
    bench.aims.most("hand-over after a kill, worst", max(kills), FAILOVER_AIM, "s")
    bench.aims.most("hand-over after a stop, median", statistics.median(stops), STOP_AIM, "s")
    return {"killed": kills, "stopped": stops}


def nodes(bench):
    with server(bench) as server_, sandbox.Sandbox(bench, sandbox.state(SITES, PER_SITE)) as tableau:
        # the tables, which the first start makes
        rules = fixtures.rules(bench.folder, "nodes-none", [fixtures.rule(1, ["{site: site0, workbooks: Revenue}"])])
        with routers(bench, server_.url, 1, rules, [fixtures.site(0, fixtures.CLOSED, "")], "--dry-run"):
            pass
        return {"intake": intake(bench, server_), "dispatch": dispatch(bench, server_, tableau), "hand-over": hand_overs(bench, server_, tableau)}
