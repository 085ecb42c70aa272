"""retention.py - a day's worth of old history is deleted, and a copy taken, while events arrive: what intake notices."""
import os
import sqlite3
import subprocess
import time

import fixtures
import processes
from cases import load
from tables import table

OLD, OLD_QUICK = 500000, 50000         # events that are too old, with a refresh each
MB = 1000000
WITHIN = 600
LONG_AGO = int((time.time() - 10 * 86400) * 1000000)      # microseconds, as the store has them


def fill(path, count):
    """Events and refreshes that ended long ago, in the tables that a daemon has made."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("BEGIN")
    body = fixtures.body("wev_@EVENT@").encode()
    columns = [row[1] for row in database.execute("PRAGMA table_info(refresh)")]
    texts = {"site": "site0", "luid": "", "name": "Revenue", "project": "", "reason": "", "job_id": ""}
    for number in range(count):
        event, refresh = 2 * number + 1, 2 * number + 2
        database.execute("INSERT INTO event VALUES (?, 'dbt', 'wsu_1', ?, ?, ?, 'routed', NULL, 'job.run.completed', '701331', ?, '[]', NULL, '[]', ?)",
                         (event, f"old-{number}", LONG_AGO + number, LONG_AGO, str(number), body))
        values = {**dict.fromkeys(columns, 0), **texts, "id": refresh, "luid": f"luid-{number % 1000}", "state": 5, "ended_at": LONG_AGO + number}
        database.execute(f"INSERT INTO refresh VALUES ({', '.join('?' * len(columns))})", [values[name] for name in columns])
        database.execute("INSERT INTO cause (refresh, event, rule, arrived_at, fresh_from) VALUES (?, ?, 'nightly', 1, 1)", (refresh, event))
    database.execute("COMMIT")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def ask(path, *statements):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60)
    try:
        return [database.execute(statement).fetchone()[0] for statement in statements]
    finally:
        database.close()


def is_pruned(path):
    return ask(path, f"SELECT NOT EXISTS (SELECT 1 FROM event WHERE received_at < {LONG_AGO + 3600000000})")[0]


def is_given_back(path):
    free, pages = ask(path, "PRAGMA freelist_count", "PRAGMA page_count")
    return free <= pages / 16


def disk(path):
    return sum(os.path.getsize(path + ending) for ending in ("", "-wal") if os.path.exists(path + ending))


def watched(bench, process, name, is_over):
    """Loads until it is over; the worst of the answers."""
    rows = []
    begun = time.monotonic()
    while not rows or (not is_over() and time.monotonic() - begun < WITHIN):
        rows.append(load(bench, process, 4, 1000, f"{name}-{len(rows)}-"))
    return {"seconds": time.monotonic() - begun, "per_second": bench.median_of(rows, "per_second"), "p50_us": bench.median_of(rows, "p50_us"),
            "p99_us": bench.median_of(rows, "p99_us"), "max_us": max(row["max_us"] for row in rows)}


def retention(bench):
    old = OLD_QUICK if bench.is_quick else OLD
    folder, env = bench.folder, fixtures.ENVIRONMENT
    fixtures.write(folder, "body.json", fixtures.body("wev_@EVENT@"))
    rules = fixtures.rules(folder, "one-rule", [fixtures.rule(701331, ["{site: site0, workbooks: Revenue}"])])
    sites = [fixtures.site(0, fixtures.CLOSED, "")]
    keeping = fixtures.config(folder, "retention", rules, sites, "history: 3650d")
    store, copy = bench.path("retention.db"), bench.path("retention-copy.db")
    result = {}
    with processes.router(bench.build, folder, keeping, env, "--dry-run"):
        pass
    fill(store, old)
    with processes.router(bench.build, folder, keeping, env, "--dry-run") as process:
        result["nothing else"] = watched(bench, process, "alone", lambda rounds=iter(range(10)): next(rounds) == 9)
        taker = subprocess.Popen([os.path.join(bench.build, "refresh-router"), "backup", "--force", "--config", keeping, copy], env={**os.environ, **env})
        result["a copy is taken"] = watched(bench, process, "copy", lambda: taker.poll() is not None)
        if taker.wait():
            raise SystemExit("backup failed")
    before = disk(store)
    fixtures.config(folder, "retention", rules, sites, "history: 1d")
    with processes.router(bench.build, folder, keeping, env, "--dry-run") as process:
        result["old history is deleted"] = watched(bench, process, "prune", lambda: is_pruned(store))
        result["disk is given back"] = watched(bench, process, "disk", lambda: is_given_back(store))
        time.sleep(2)      # it comes to rest
    for row in result.values():
        row["old_events"] = old
    table("Retention: what intake notices, 4 connections", ["beside intake", "seconds", "events/s", "p50 ms", "p99 ms", "max ms"],
          [[name, f"{row['seconds']:.1f}", f"{row['per_second']:.0f}", *(f"{row[key] / 1000:.1f}" for key in ("p50_us", "p99_us", "max_us"))]
           for name, row in result.items()])
    print(f"  {old} old events: {before / MB:.0f} MB before, {disk(store) / MB:.0f} MB after; a copy of all has {os.path.getsize(copy) / MB:.0f} MB")
    return result

