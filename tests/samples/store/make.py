#!/usr/bin/env python3
"""
make.py NAME - leads a daemon (REFRESH_ROUTER_BUILD, of the release in question) through a small life, and writes NAME.sql, its database, and NAME.rows,
what a later release must find in it: a line a value, read with Python's SQLite and not by the program.
"""
import pathlib
import sqlite3
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "scenario"))
import harness                                                    # noqa: E402
from harness import request, rule, wait_until                     # noqa: E402

BOX = harness.site_world(workbooks=("Revenue", "Costs", {"name": "Board Pack", "project": "Marketing"}))
RULES = [rule("nightly", [{"site": "finance", "workbooks": "Revenue"}]),
         rule("costs", [{"site": "finance", "workbooks": "Costs"}], when={"job_id": 5}, priority=80),
         rule("missing", [{"site": "finance", "workbooks": "No such"}], when={"job_id": 6}),
         rule("late", [{"site": "finance", "workbooks": "Revenue", "incremental": True}], when={"job_id": 7}, delay="3d"),
         rule("calm", [{"site": "finance", "workbooks": "Costs"}], when={"job_id": 8}, quiet="2d")]
ALL = rule("all", [{"site": "finance", "workbooks": {}, "project": "Marketing"}, {"site": "finance", "workbooks": "/^B/"}], when={"job_id": 9})


def live(folder):
    """Refreshes that succeeded, failed, are held and wait; a site that is paused; selections that nobody could resolve."""
    for name in ("box", "router"):
        (folder / name).mkdir()
    sandbox = harness.Sandbox(folder / "box", {"sites": [BOX]})
    router = harness.Router(folder / "router", sandbox, RULES)

    def waiting(count):
        wait_until(lambda: len([r for r in router.all("refreshes") if r["state"] == "waiting"]) >= count, f"{count} that wait")
    router.send()
    router.settle(1)
    router.send(jobId="6", runId="61")
    router.settle(2)
    router.send(jobId="999")
    for sample in ("test-endpoint", "unknown-event-type"):
        router.post(router.body(sample))
    request(router.admin, "POST", "/api/v1/events/1/replay")
    router.settle(3)
    request(router.admin, "POST", f"/api/v1/refreshes/{router.refreshes()[-1]['id']}/retry")
    router.settle(4)
    router.send(jobId="7", runId="71")
    router.send(jobId="8", runId="81")
    waiting(2)
    request(router.admin, "POST", "/api/v1/sites/finance/pause")
    router.send(jobId="5", runId="51", runReason="it's \"quoted\" \\ \u00fcn\u00ef")
    waiting(3)
    sandbox.stop()
    router.write_rules(RULES + [ALL])
    router.reload()
    router.send(jobId="9", runId="91")
    router.stop()
    return folder / "router" / "store" / "state.db"


def dump(database):
    numbers = {name: database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")}
    return "\n".join([*database.iterdump(), *(f"PRAGMA {name} = {number};" for name, number in numbers.items())]) + "\n"


# Columns that are no member of the record: a key without a meaning, and the number of a revision.
NO_MEMBER = {"command": ("id",), "event": ("ruleset",)}


def rows(database):
    """table key column=value, of each row and column."""
    database.row_factory = sqlite3.Row
    for table, key in (("event", "id"), ("refresh", "id"), ("cause", "refresh"), ("spent", "at"), ("command", "at"), ("selection", "id")):
        source = "event LEFT JOIN ruleset ON ruleset.id = event.ruleset" if table == "event" else table
        columns = "event.*, ruleset.revision" if table == "event" else "*"
        found = database.execute(f"SELECT {columns} FROM {source}").fetchall()
        yield f"{table} rows={len(found)}"
        for row in found:
            for name in row.keys():
                value = row[name].decode() if isinstance(row[name], bytes) else row[name]
                if value is None or name in NO_MEMBER.get(table, ()):
                    continue
                yield f"{table} {row[key]} {'ruleset' if name == 'revision' else name}={value}".replace("\n", " ")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = live(pathlib.Path(folder))
        database = sqlite3.connect(path)
        (HERE / f"{sys.argv[1]}.sql").write_text(dump(database))
        (HERE / f"{sys.argv[1]}.rows").write_text("\n".join(rows(database)) + "\n")
