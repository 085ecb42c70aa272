"""`store copy`: a stopped daemon's store goes to another database, and what waits goes on waiting there."""
import contextlib
import json
import re
import shutil
import sqlite3
import subprocess

import jsonschema
import pytest

from harness import BUILD, DEADLINE, SERVING, TOP, cli, request, rule, site_world, wait_until
from postgresql import pgbouncer, programs

PASSWORD = "Geheimnis-des-Speichers"


@pytest.fixture
def server(postgresql_of):
    return postgresql_of()


def copy(source, target, *more, **environment):
    return cli("store", "copy", source, target, *more, environment=environment)


def copied(source, target):
    told = copy(source, target, "--format", "json")
    assert told.returncode == 0 and not told.stderr, told
    result = json.loads(told.stdout)
    jsonschema.validate(result, json.loads((TOP / "schemas" / "store.schema.json").read_text()))
    return {table["table"]: table["rows"] for table in result["tables"]}


def refused(told, *parts, status=2):
    assert told.returncode == status and not told.stdout, told
    for part in parts:
        assert part in told.stderr.decode(), told.stderr


def database(router):
    return router.folder / "store" / "state.db"


def use(router, store):
    router.config["store"] = store
    router.write_config()


def pause(router, verb="pause"):
    assert request(router.admin, "POST", f"/api/v1/sites/finance/{verb}").status == 200


def three_ends(router_of, sandbox_of):
    """A daemon that was stopped with a refresh that succeeded, one that failed, and one that waits."""
    sandbox = sandbox_of(site_world(workbooks=["Revenue", {"name": "Costs", "project": "Finance/Daily", "result": "failed", "notes": "no more"}]))
    costs = rule("costs", when={"job_id": 2}, refresh=[{"site": "finance", "workbooks": "Costs"}])
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "Revenue"}]), costs])
    assert router.send().status == 200 and router.send(jobId="2").status == 200
    assert sorted(r["state"] for r in router.settle(2)) == ["failed", "succeeded"]
    pause(router)
    assert router.send(number="waits").status == 200
    wait_until(lambda: router.waiting("paused"), "one to wait")
    return router, sandbox


def shown(router):
    """What people see of each event and refresh; of the one that waits, not how long it has left."""
    events = [router.event(event["id"]) for event in router.events()]
    return events, [router.refresh(refresh["id"]) for refresh in router.refreshes()]


def dump(path):
    """Each table's rows; not the numbers that a process reserves."""
    with contextlib.closing(sqlite3.connect(path)) as rows:
        names = [name for name, in rows.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
        return {name: sorted(map(repr, rows.execute(f"SELECT * FROM {name}"))) for name in names if name != "meta"}


# ---- there and back ----

def test_what_waited_in_sqlite_ends_in_postgresql_and_comes_back(router_of, sandbox_of, server, tmp_path):
    router, sandbox = three_ends(router_of, sandbox_of)
    before = shown(router)
    router.stop()
    calls = len(sandbox.refresh_calls())
    counts = copied(database(router), server.url)
    assert counts["event"] == 3 and counts["refresh"] == 3 and counts["cause"] == 3 and counts["pause"] == 1
    use(router, server.url)
    router.start()
    wait_until(lambda: shown(router) == before, lambda: f"{before}, not {shown(router)}")     # its site may be taken a moment later
    assert request(router.admin, "POST", "/api/v1/sites/finance/resume").status == 200
    assert sorted(r["state"] for r in router.settle(3)) == ["failed", "succeeded", "succeeded"]
    assert len(sandbox.refresh_calls()) == calls + 1
    assert router.send(number="waits").status == 200       # dbt sends it again: it is known
    assert router.send(number="new").status == 200
    router.settle(4)
    assert len(router.events()) == 4 and len({item["id"] for item in router.events() + router.refreshes()}) == 8
    before = shown(router)
    router.stop()
    copied(server.url, tmp_path / "back" / "state.db")
    use(router, f"sqlite:{tmp_path}/back/state.db")
    router.start()
    wait_until(lambda: shown(router) == before, lambda: f"{before}, not {shown(router)}")     # its site may be taken a moment later
    assert router.send(number="newest").status == 200
    router.settle(5)
    assert len(sandbox.refresh_calls()) == calls + 3


def test_a_way_there_and_back_changes_no_row(router_of, sandbox_of, server, tmp_path):
    router, _ = three_ends(router_of, sandbox_of)
    router.stop()
    original = database(router)
    before, bytes_before = dump(original), original.read_bytes()
    copied(original, server.url)
    copied(server.url, tmp_path / "back.db")
    copied(original, tmp_path / "second.db")
    assert dump(tmp_path / "back.db") == dump(tmp_path / "second.db") == before
    assert original.read_bytes() == bytes_before
    assert server.rows("SELECT site, taker FROM selection") == []


def test_what_was_not_resolved_yet_keeps_its_site(router_of, sandbox, server, tmp_path):
    router = router_of(sandbox, [rule()])
    sandbox.fault("error", on={"method": "GET", "path": "*/workbooks*"}, times=0, code=503000, status=503, summary="Busy", detail="Busy.")
    assert router.send().status == 200
    wait_until(lambda: router.events()[0].get("open_selections"), "a selection to wait")
    router.stop()
    assert copied(database(router), server.url)["selection"] == 1
    assert server.rows("SELECT site, taker FROM selection") == [["finance", "0"]]
    sandbox.forget_faults()
    use(router, server.url)
    router.start()
    assert [r["state"] for r in router.settle(1)] == ["succeeded"]


def test_the_result_is_a_table_for_people(router_of, sandbox_of, tmp_path):
    router, _ = three_ends(router_of, sandbox_of)
    router.stop()
    told = copy(database(router), tmp_path / "new.db")
    lines = told.stdout.decode().splitlines()
    assert told.returncode == 0 and lines[0].split() == ["TABLE", "ROWS", "SHA-256", "IN", "BOTH"]
    rows = {line.split()[0]: line.split() for line in lines[1:-1]}
    assert rows["event"][1] == "3" and len(rows["event"][2]) == 64
    assert lines[-1].startswith(f"{tmp_path}/new.db holds what {database(router)} holds.")


# ---- named by a configuration, with a password ----

def test_a_configuration_names_a_store_and_its_password(router_of, sandbox_of, server, tmp_path):
    router, _ = three_ends(router_of, sandbox_of)
    router.stop()
    server.demand_password(PASSWORD)
    (router.folder / "password").write_text(PASSWORD)
    old = router.folder / "old.yaml"
    shutil.copy(router.folder / "config.yaml", old)
    use(router, {"url": server.url, "password": {"file": "password"}})
    secret = {"WEBHOOK_SECRET": router.environment["WEBHOOK_SECRET"], "PGPASSFILE": "/dev/null"}
    refused(copy(old, server.url, **secret), "password", status=1)
    told = copy(old, router.folder / "config.yaml", **secret)
    assert told.returncode == 0, told
    assert PASSWORD not in told.stdout.decode() + told.stderr.decode()
    router.environment["PGPASSFILE"] = "/dev/null"
    router.start()
    assert len(router.events()) == 3


def test_a_password_in_a_url_is_refused_and_not_shown(tmp_path):
    told = copy(tmp_path / "state.db", f"postgresql://router:{PASSWORD}@localhost/router")
    refused(told, "TO holds a password")
    assert PASSWORD not in told.stderr.decode()


# ---- who has it open ----

@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_while_a_daemon_serves_its_store_is_not_copied(router_of, sandbox, server, tmp_path, kind):
    router = router_of(sandbox, [rule()], config={} if kind == "sqlite" else {"store": server.url})
    store = database(router) if kind == "sqlite" else server.url
    refused(copy(store, tmp_path / "new.db"), "is in use", *([f"process {router.process.pid}"] if kind == "sqlite" else []), status=1)
    assert not (tmp_path / "new.db").exists()
    other = router_of(sandbox, [rule()])
    assert other.send(number="other").status == 200
    other.settle(1)
    other.stop()
    refused(copy(database(other), store), "is in use", status=1)
    assert router.send().status == 200
    router.settle(1)
    assert len(router.events()) == 1


def test_what_a_killed_daemon_left_is_copied(router_of, sandbox_of, tmp_path):
    """Its last commits are in the WAL only."""
    router, _ = three_ends(router_of, sandbox_of)
    router.kill9()
    assert (router.folder / "store" / "state.db-wal").stat().st_size > 0
    assert copied(database(router), tmp_path / "new.db")["event"] == 3
    use(router, f"sqlite:{tmp_path}/new.db")
    router.start()
    assert len(router.events()) == 3
    wait_until(lambda: router.waiting("paused"), "the one that waits")


def test_a_pooler_in_transaction_mode_may_stand_between(router_of, sandbox_of, server, tmp_path):
    if not pgbouncer():
        pytest.skip("pgbouncer is not installed")
    router, _ = three_ends(router_of, sandbox_of)
    router.stop()
    pooler = server.pooler()
    copied(database(router), pooler.url)
    pooler.cut()
    copied(server.url, tmp_path / "back.db")
    assert dump(tmp_path / "back.db") == dump(database(router))


# ---- all or nothing ----

BLOCKS = """CREATE FUNCTION wait() RETURNS trigger AS $$BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END$$ LANGUAGE plpgsql;
CREATE TRIGGER wait BEFORE INSERT ON cause FOR EACH ROW EXECUTE FUNCTION wait()"""
SLOW_TO_READ = """ALTER TABLE cause RENAME TO causes;
CREATE VIEW cause AS SELECT * FROM causes WHERE pg_advisory_xact_lock(1) IS NOT NULL; ALTER VIEW cause OWNER TO router"""


class Held:
    """A copy that stands still in the middle, at a lock of PostgreSQL's that somebody else has."""

    def __init__(self, server, source, target):
        self.lock = subprocess.Popen([programs() / "psql", "-XAtq", "-d", server.url_as("postgres")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lock.stdin.write(b"SELECT pg_advisory_lock(1);\n\\echo held\n")
        self.lock.stdin.flush()
        while self.lock.stdout.readline().strip() != b"held":
            pass
        self.copy = subprocess.Popen([BUILD / "refresh-router", "store", "copy", source, target], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wait_until(lambda: server.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory'") or self.copy.poll() is not None, "the copy to be held")
        assert self.copy.poll() is None, self.copy.communicate()

    def let_go(self):
        self.lock.stdin.close()
        self.lock.wait(DEADLINE)

    def end(self):
        """Exit status and message."""
        told = self.copy.communicate(timeout=DEADLINE)[1].decode()
        return self.copy.returncode, told


def test_a_copy_that_is_killed_leaves_postgresql_empty(router_of, sandbox_of, server, tmp_path):
    router, _ = three_ends(router_of, sandbox_of)
    router.stop()
    before = dump(database(router))
    started = router_of(sandbox_of(site_world()), [rule()], config={"store": server.url})      # makes the tables
    started.stop()
    server.rows(BLOCKS)
    held = Held(server, database(router), server.url)
    held.copy.kill()
    held.end()
    held.let_go()
    server.rows("DROP TRIGGER wait ON cause")
    assert server.rows("SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM refresh)") == [["0", "0"]]
    assert dump(database(router)) == before
    assert copied(database(router), server.url)["event"] == 3


def test_a_copy_that_is_killed_leaves_sqlite_empty(router_of, sandbox_of, server, tmp_path):
    router, _ = three_ends(router_of, sandbox_of)
    router.stop()
    copied(database(router), server.url)
    server.rows(SLOW_TO_READ)
    held = Held(server, server.url, tmp_path / "new.db")
    held.copy.kill()
    held.end()
    held.let_go()
    server.rows("DROP VIEW cause; ALTER TABLE causes RENAME TO cause")
    assert not any(rows for table, rows in dump(tmp_path / "new.db").items())
    copied(server.url, tmp_path / "new.db")
    assert dump(tmp_path / "new.db") == dump(database(router))


def test_no_daemon_starts_with_a_store_that_is_being_copied(router_of, sandbox_of, server, tmp_path):
    """Neither with the one that is read nor with the one that is written."""
    router, _ = three_ends(router_of, sandbox_of)
    router.stop()
    started = router_of(sandbox_of(site_world()), [rule()], config={"store": server.url})
    started.stop()
    server.rows(BLOCKS)
    held = Held(server, database(router), server.url)
    router.may_die = True
    router.start()
    assert router.process.returncode == 1 and "is in use by another process" in router.log
    started.start(wait=False)
    wait_until(lambda: server.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'relation'"), "the start to wait")
    held.let_go()
    assert held.end()[0] == 0
    wait_until(lambda: started.log.count("serving") == 2, "the daemon to serve")
    started.address, started.admin = re.findall(SERVING, started.log)[-1]
    assert len(started.events()) == 3
    wait_until(lambda: started.waiting("paused"), "the one that waits")


def test_a_server_that_goes_away_is_told(router_of, sandbox_of, server):
    router, _ = three_ends(router_of, sandbox_of)
    router.stop()
    started = router_of(sandbox_of(site_world()), [rule()], config={"store": server.url})
    started.stop()
    server.rows(BLOCKS)
    held = Held(server, database(router), server.url)
    server.kill()
    held.lock.kill()
    held.lock.wait()
    status, told = held.end()
    assert status == 1 and f"store postgresql user=router dbname=router host={server.folder}" in told, told
    server.start()
    server.rows("DROP TRIGGER wait ON cause")
    assert copied(database(router), server.url)["event"] == 3


def test_a_full_disk_is_told_and_leaves_nothing(router_of, sandbox, small_disk):
    router = router_of(sandbox, [rule()])
    for number in range(8):
        assert router.send(number=number, runStatusMessage="x" * 100_000).status == 200
    router.settle()
    router.stop()
    with open(small_disk / "filler", "wb") as file:
        file.write(b"x" * (2400 << 10))
    refused(copy(database(router), small_disk / "new.db"), f"store {small_disk}/new.db", "full", status=1)
    (small_disk / "filler").unlink()
    assert not any(rows for table, rows in dump(small_disk / "new.db").items())
    assert copied(database(router), small_disk / "new.db")["event"] == 8


def test_a_role_without_rights_is_told_which(router_of, sandbox_of, server):
    router, _ = three_ends(router_of, sandbox_of)
    router.stop()
    server.rows("CREATE ROLE guest LOGIN")
    refused(copy(database(router), server.url_as("guest")), "permission denied", "grant it", status=1)
    copied(database(router), server.url)
    refused(copy(server.url_as("guest"), router.folder / "new.db"), "permission denied", "grant it", status=1)


def test_a_damaged_store_is_not_copied(router_of, sandbox_of, tmp_path):
    router, _ = three_ends(router_of, sandbox_of)
    router.stop()
    rows = sqlite3.connect(database(router))
    page, = rows.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'refresh'").fetchone()
    size, = rows.execute("PRAGMA page_size").fetchone()
    rows.close()
    with open(database(router), "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    refused(copy(database(router), tmp_path / "new.db"), f"store {database(router)}: the database is damaged: table refresh", "restore", status=1)
    assert not any(rows for table, rows in dump(tmp_path / "new.db").items())


def test_only_an_empty_store_is_written(router_of, sandbox_of, tmp_path):
    router, _ = three_ends(router_of, sandbox_of)
    router.stop()
    copied(database(router), tmp_path / "new.db")
    before = dump(tmp_path / "new.db")
    refused(copy(database(router), tmp_path / "new.db"), f"store {tmp_path}/new.db is not empty", "a file that is not there yet")
    assert dump(tmp_path / "new.db") == before
    refused(copy(database(router), database(router)), "both are the store")
    (tmp_path / "notes.txt").write_text("precious" * 100)
    refused(copy(database(router), tmp_path / "notes.txt"), "is not a SQLite database")
    assert (tmp_path / "notes.txt").read_text() == "precious" * 100


# ---- the command line ----

@pytest.mark.parametrize("arguments, told", [
    (["move"], "there is no action 'move'"),
    (["copy"], "from FROM to TO: which store?"),
    (["copy", "a.db"], "which store? refresh-router store copy FROM TO"),
    (["copy", "nowhere.db", "new.db"], "there is no database yet"),
    (["copy", "mysql://a/b", "new.db"], "FROM names no kind of store"),
    (["copy", "a.db", "nowhere.yaml"], "nowhere.yaml"),
])
def test_a_wrong_line_is_told(tmp_path, arguments, told):
    result = cli("store", *arguments, cwd=tmp_path)
    assert result.returncode == 2 and told in result.stderr.decode(), result
    assert not list(tmp_path.iterdir())


def test_without_an_action_its_help_is_shown():
    result = cli("store")
    assert result.returncode == 2 and result.stdout == cli("store", "--help").stdout
