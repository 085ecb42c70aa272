"""`backup`: a whole copy while the daemon serves; and a daemon that goes on from an older copy."""
import json
import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import threading

import jsonschema
import pytest

from harness import BUILD, TOP, cli, fill, now, request, rule, site_world, utc_text, wait_until

LONG_AGO = 600     # seconds; much longer than clock_skew, so that the start of a job proves that it reads what dbt wrote


def backup(router, file, *more):
    return cli("backup", "--config", router.folder / "config.yaml", *more, file)


def whole_backup(router, file):
    told = backup(router, file, "--format", "json")
    assert told.returncode == 0 and not told.stderr, told
    result = json.loads(told.stdout)
    jsonschema.validate(result, json.loads((TOP / "schemas" / "backup.schema.json").read_text()))
    return result


def restore(router, file):
    """As by hand: stopped, the store's files removed, the copy in their place, started."""
    router.kill9()
    for path in (router.folder / "store").glob("state.db*"):
        path.unlink()
    shutil.copy(file, router.folder / "store" / "state.db")
    router.start()


def restored(router):
    return router.ready()[1]["store"].get("restored_copy")


def send_of_long_ago(router, **fields):
    assert router.send(runFinishedAt=utc_text(now() - LONG_AGO), **fields).status == 200


def command(router, path):
    assert request(router.admin, "POST", f"/api/v1/{path}").status == 200


def nothing_beside(file):
    return [path.name for path in file.parent.iterdir()] == [file.name]


# ---- a copy is taken ----

def test_a_copy_under_load_is_whole_and_is_served_to_its_end(router_of, sandbox, tmp_path):
    router = router_of(sandbox, [rule()])
    folder = tmp_path / "copies"
    folder.mkdir()
    ended = threading.Event()
    statuses = []

    def send(thread):
        number = 0
        while not ended.is_set():
            number += 1
            statuses.append(router.post(router.body(eventId=f"evt-{thread}-{number}", runFinishedAt=utc_text(now()))).status)

    threads = [threading.Thread(target=send, args=(thread,)) for thread in range(3)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(statuses) > 200, "some events")
    before = len(statuses)
    result = whole_backup(router, folder / "copy.db")
    ended.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200} and before - 3 <= result["events"] <= len(statuses)
    copy = folder / "copy.db"
    assert nothing_beside(copy) and stat.S_IMODE(copy.stat().st_mode) == 0o600 and copy.stat().st_size == result["bytes"]
    router.settle()
    last = max(event["id"] for event in router.events())
    restore(router, copy)
    assert restored(router)["taken_at"] == result["taken_at"]
    router.settle()
    assert len(router.events()) == result["events"]
    assert {r["state"] for r in router.refreshes()} == {"succeeded"}
    # No number means two things, and lists go on over both lives.
    assert router.send(number="new").status == 200
    router.settle()
    new = router.events()[0]
    assert new["id"] > last and len(router.events()) == result["events"] + 1
    assert router.event(new["id"])["refreshes"]


def test_a_daemon_that_is_down_can_be_backed_up_and_the_original_is_no_copy(router, tmp_path):
    send_of_long_ago(router)
    router.settle(1)
    router.kill9()
    assert whole_backup(router, tmp_path / "copy.db")["events"] == 1
    router.start()
    assert restored(router) is None


def test_a_file_that_is_there_is_replaced_only_when_asked(router, tmp_path):
    folder = tmp_path / "copies"
    folder.mkdir()
    file = folder / "copy.db"
    file.write_text("precious")
    told = backup(router, file)
    assert told.returncode == 2 and b"is there already" in told.stderr and file.read_text() == "precious"
    assert backup(router, file, "--force").returncode == 0
    assert sqlite3.connect(file).execute("SELECT count(*) FROM event").fetchone() == (0,)
    assert nothing_beside(file) and stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", ".lock", "-journal"])
def test_the_store_is_never_written_over(router, ending):
    """Nor is a file that would belong to it; SQLite deletes a -journal when it opens the database."""
    store = router.folder / "store"
    before = sorted((path.name, path.stat().st_ino) for path in store.iterdir())
    (router.folder / "link").symlink_to(store)
    for folder in (store, router.folder / "link"):
        told = backup(router, folder / f"state.db{ending}", "--force")
        assert told.returncode == 2 and b"is the store itself" in told.stderr
    assert sorted((path.name, path.stat().st_ino) for path in store.iterdir()) == before and router.send().status == 200


@pytest.mark.parametrize("ending", ["", "-wal", "-journal"])
def test_the_store_of_a_daemon_that_is_down_is_not_written_over_through_a_link_to_it(router, ending):
    router.stop()
    store = router.folder / "store"
    os.rename(store / "state.db", store / "real.db")
    (store / "state.db").symlink_to("real.db")
    before = (store / "real.db").stat()
    told = backup(router, store / f"real.db{ending}", "--force")
    assert told.returncode == 2 and b"is the store itself" in told.stderr
    after = (store / "real.db").stat()
    assert (after.st_ino, after.st_mtime) == (before.st_ino, before.st_mtime)


@pytest.mark.parametrize(["make", "says"], [
    (lambda path: None, b"cannot write it: No such file or directory"),
    (lambda path: path.mkdir(parents=True), b"is a folder"),
    (lambda path: (path.parent.mkdir(), path.symlink_to("/dev/null")), b"is a link"),
], ids=["a folder that is not there", "a folder", "a link"])
def test_what_cannot_be_a_copy_is_said(router, tmp_path, make, says):
    file = tmp_path / "nowhere" / "copy.db"
    make(file)
    told = backup(router, file, "--force")
    assert told.returncode == 2 and says in told.stderr and str(file).encode() in told.stderr, told.stderr


def test_without_a_store_there_is_nothing_to_copy(router, tmp_path):
    router.config["store"] = "sqlite:nowhere/state.db"
    router.write_config()
    told = backup(router, tmp_path / "copy.db")
    assert told.returncode == 2 and b"there is no database yet" in told.stderr
    assert not list(tmp_path.glob("*copy.db*")) and not (router.folder / "nowhere").exists()


def test_a_full_disk_leaves_nothing_behind(router, small_disk):
    for number in range(8):
        assert router.send(runStatusMessage="x" * 100_000).status == 200
    router.settle()
    fill(small_disk)
    told = backup(router, small_disk / "copy.db")
    assert told.returncode == 1 and b"full" in told.stderr, told.stderr
    assert [path.name for path in small_disk.iterdir()] == ["filler"]
    assert router.send().status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_copy_leaves_nothing_behind(router, tmp_path, number):
    database = sqlite3.connect(router.folder / "store" / "state.db", timeout=60)
    with database:
        database.execute("CREATE TABLE filler (bytes BLOB)")
        database.execute("INSERT INTO filler WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400000) SELECT randomblob(200) FROM n")
    database.close()
    folder = tmp_path / "copies"
    folder.mkdir()
    process = subprocess.Popen([BUILD / "refresh-router", "backup", "--config", router.folder / "config.yaml", folder / "copy.db"],
                               stderr=subprocess.PIPE)
    wait_until(lambda: [path for path in folder.iterdir() if path.stat().st_size > 1 << 20], "the copy to have begun")
    process.send_signal(number)
    assert b"interrupted" in process.communicate(timeout=60)[1] and process.returncode == -number
    assert not list(folder.iterdir())


# ---- a copy is interrupted for good ----

def backup_killed_at(router, file, call, number):
    """The run is killed when it makes this system call for the n-th time."""
    told = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}",
                           BUILD / "refresh-router", "backup", "--config", router.folder / "config.yaml", "--force", file], capture_output=True, check=False)
    if b"PTRACE" in told.stderr or b"ptrace" in told.stderr:
        pytest.skip("strace may not trace here")
    return told.returncode == -signal.SIGKILL


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
@pytest.mark.parametrize("call", ["openat", "pwrite64", "fdatasync", "fsync", "/rename.*", "close"])
def test_a_copy_that_is_killed_leaves_the_last_one_and_the_store_as_they_were(router, tmp_path, call):
    folder = tmp_path / "copies"
    folder.mkdir()
    file = folder / "copy.db"
    assert router.send(number="first").status == 200
    router.settle()
    assert backup(router, file).returncode == 0
    before = file.read_bytes()
    assert router.send(number="second").status == 200
    router.settle()
    number = kills = 0
    while number < 200:
        number += 7 if kills > 12 else 1
        if not backup_killed_at(router, file, call, number):
            break
        kills += 1
        bytes_now = file.read_bytes()
        if bytes_now != before:     # it was killed after it had given the copy its name
            assert sqlite3.connect(file).execute("SELECT count(*) FROM event").fetchone() == (2,)
    assert kills and len(router.events()) == 2 and router.send(number="third").status == 200
    left = [path for path in folder.iterdir() if path != file]
    assert all(re.fullmatch(r"\.copy\.db\.\w{6}(-journal)?", path.name) for path in left), left
    # What is old is removed; what is young may be of a run that goes on.
    stranger = folder / ".copy.db.of-mine"
    young = folder / ".copy.db.Yc0un9"
    for path in (stranger, young):
        path.touch()
    for path in [*left, stranger]:
        os.utime(path, (0, 0))
    assert backup(router, file, "--force").returncode == 0
    assert sorted(path.name for path in folder.iterdir()) == sorted([file.name, stranger.name, young.name])


# ---- a restore is interrupted ----

def steps_of_a_restore(router, copy):
    """The guide's, between stop and start, as commands for this store."""
    text = (TOP / "packaging" / "operations.md").read_text()
    block = re.search(r"```sh\nsystemctl stop refresh-router\ncd /var/lib/refresh-router\n(.*?)systemctl start refresh-router\n```", text, re.S)
    steps = block[1].replace("/var/backups/refresh-router.db", str(copy)).splitlines()
    assert len(steps) == 5
    return steps


def crash_with_much_in_the_wal(router):
    """What is acknowledged is in the WAL, and nothing in the database file is of now."""
    for number in range(4):
        assert router.send(number=f"late-{number}").status == 200
    router.kill9()
    assert (router.folder / "store" / "state.db-wal").stat().st_size > 4096


@pytest.mark.parametrize("done", range(6))
def test_a_restore_that_stops_halfway_leaves_a_store_or_says_what_to_do(router, tmp_path, done):
    assert router.send(number="early").status == 200
    router.settle()
    whole_backup(router, tmp_path / "copy.db")
    store = router.folder / "store"
    crash_with_much_in_the_wal(router)
    steps = steps_of_a_restore(router, tmp_path / "copy.db")
    for step in steps[:done]:
        subprocess.run(["bash", "-ec", step], cwd=store, check=True)
    if done == 4:
        wal = (store / "state.db-wal").read_bytes()
        router.may_die = True
        router.start()
        assert router.process.wait(10) == 78
        assert "state.db is a copy that was never in use, and state.db-wal belongs to the store that was there before" in router.log
        assert "Remove state.db-wal and state.db-shm, and start again" in router.log
        assert (store / "state.db-wal").read_bytes() == wal
        router.may_die = False
    else:
        router.start()
        assert len(router.events()) == (5 if done < 4 else 1)
        router.kill9()
        if done > 4:
            return
    for step in steps:
        subprocess.run(["bash", "-ec", step], cwd=store, check=True)
    router.start()
    assert len(router.events()) == 1 and restored(router)


def test_a_wal_whose_database_is_away_is_kept(router, tmp_path):
    """SQLite would delete it, with the newest events, when it makes a new database."""
    store = router.folder / "store"
    crash_with_much_in_the_wal(router)
    wal = (store / "state.db-wal").read_bytes()
    os.rename(store / "state.db", tmp_path / "away")
    router.may_die = True
    for make in (lambda: None, lambda: (store / "state.db").touch()):     # as a copying that was interrupted leaves it
        make()
        router.start()
        assert router.process.wait(10) == 78
        assert "there is state.db-wal, but no database that it belongs to: was a restore interrupted?" in router.log
        assert (store / "state.db-wal").read_bytes() == wal
    router.may_die = False
    os.replace(tmp_path / "away", store / "state.db")
    router.start()
    assert len(router.events()) == 4


# ---- an older copy is restored ----

@pytest.fixture
def slow_world(sandbox_of):
    return sandbox_of(site_world(workbooks=["Revenue", "Margin"]))


def test_what_waited_in_the_copy_and_was_sent_since_is_found_and_not_sent_again(router_of, slow_world, tmp_path):
    router = router_of(slow_world, [rule(), rule("both", when={"job_id": 2}, refresh=[{"site": "finance", "workbooks": ["Revenue", "Margin"]}])])
    command(router, "sites/finance/pause")
    send_of_long_ago(router, jobId="2")
    wait_until(lambda: len(router.refreshes(state="waiting")) == 2, "both to wait")
    result = whole_backup(router, tmp_path / "copy.db")
    assert result["open_refreshes"] == 2
    command(router, "sites/finance/resume")
    assert {r["state"] for r in router.settle(2)} == {"succeeded"}
    jobs = slow_world.jobs()
    restore(router, tmp_path / "copy.db")
    assert "the store was restored from a copy" in router.log
    copy = restored(router)
    assert copy["taken_at"] == result["taken_at"] < copy["restored_at"] and copy["version"]
    assert "restored from a copy" in router.text("/")
    command(router, "sites/finance/resume")     # in the copy it is paused
    refreshes = router.settle(2)
    assert [r["state"] for r in refreshes] == ["succeeded"] * 2
    assert {r["job"]["id"] for r in refreshes} == {job["id"] for job in jobs}
    assert slow_world.jobs() == jobs
    # The next start goes on from there, and still says so.
    router.restart()
    assert restored(router) == copy and slow_world.jobs() == jobs


def test_what_waited_in_the_copy_and_runs_by_now_is_followed(router_of, sandbox, tmp_path):
    router = router_of(sandbox, [rule()])
    command(router, "sites/finance/pause")
    send_of_long_ago(router)
    wait_until(lambda: router.refreshes(state="waiting"), "it to wait")
    whole_backup(router, tmp_path / "copy.db")
    sandbox.hold("Revenue", "running")
    command(router, "sites/finance/resume")
    wait_until(lambda: router.refreshes(state="running"), "its job to run")
    restore(router, tmp_path / "copy.db")
    command(router, "sites/finance/resume")
    wait_until(lambda: router.refreshes(state="running"), "its job to be found")
    sandbox.end_jobs()
    assert [r["state"] for r in router.settle(1)] == ["succeeded"]
    assert len(sandbox.jobs()) == 1 and len(sandbox.refresh_calls()) == 1


def test_what_the_copy_follows_goes_on_and_is_looked_for_before_it_is_sent_once_more(router_of, sandbox, tmp_path):
    router = router_of(sandbox, [rule()])
    sandbox.hold("Revenue", "running")
    send_of_long_ago(router)
    wait_until(lambda: router.refreshes(state="running"), "its job to run")
    whole_backup(router, tmp_path / "copy.db")
    restore(router, tmp_path / "copy.db")
    database = sqlite3.connect(router.folder / "store" / "state.db", timeout=60)
    # What that is for: schedule_test, what_was_followed_in_a_copy_is_looked_for_before_it_is_sent_once_more.
    assert database.execute("SELECT is_from_copy FROM refresh").fetchall() == [(1,)]
    database.close()
    sandbox.end_jobs()
    assert [r["state"] for r in router.settle(1)] == ["succeeded"]
    assert len(sandbox.jobs()) == 1 and len(sandbox.refresh_calls()) == 1


def test_what_was_never_sent_is_sent(router_of, sandbox, tmp_path):
    router = router_of(sandbox, [rule()])
    command(router, "sites/finance/pause")
    send_of_long_ago(router)
    wait_until(lambda: router.refreshes(state="waiting"), "it to wait")
    whole_backup(router, tmp_path / "copy.db")
    restore(router, tmp_path / "copy.db")
    command(router, "sites/finance/resume")
    assert [r["state"] for r in router.settle(1)] == ["succeeded"] and len(sandbox.jobs()) == 1


def test_a_selection_of_the_copy_that_was_carried_out_since_is_not_sent_again(router_of, sandbox, tmp_path):
    router = router_of(sandbox, [rule()])
    sandbox.fault("error", on={"method": "GET", "path": "*/workbooks*"}, times=0, code=503000, status=503, summary="Busy", detail="Busy.")
    send_of_long_ago(router)
    wait_until(lambda: any(e.get("open_selections") for e in router.events()), "its content to be asked for")
    result = whole_backup(router, tmp_path / "copy.db")
    assert result["open_selections"] == 1
    sandbox.forget_faults()
    assert [r["state"] for r in router.settle(1)] == ["succeeded"]
    restore(router, tmp_path / "copy.db")
    router.restart()     # also when the first start ends before it has come to that
    assert [r["state"] for r in router.settle(1)] == ["succeeded"]
    assert len(sandbox.jobs()) == 1 and len(sandbox.refresh_calls()) == 1


def test_a_job_that_may_have_read_old_data_is_no_reason_not_to_send(router_of, sandbox, tmp_path):
    """The job began too soon after the dbt run: only our request could prove that it is fresh, and the copy does not know it."""
    router = router_of(sandbox, [rule()])
    command(router, "sites/finance/pause")
    assert router.send().status == 200
    wait_until(lambda: router.refreshes(state="waiting"), "it to wait")
    whole_backup(router, tmp_path / "copy.db")
    command(router, "sites/finance/resume")
    router.settle(1)
    restore(router, tmp_path / "copy.db")
    command(router, "sites/finance/resume")
    assert [r["state"] for r in router.settle(1)] == ["succeeded"] and len(sandbox.jobs()) == 2


def test_a_new_event_after_the_restore_is_fresh(router_of, sandbox, tmp_path):
    router = router_of(sandbox, [rule()])
    command(router, "sites/finance/pause")
    send_of_long_ago(router)
    wait_until(lambda: router.refreshes(state="waiting"), "it to wait")
    whole_backup(router, tmp_path / "copy.db")
    command(router, "sites/finance/resume")
    router.settle(1)
    first = {job["id"] for job in sandbox.jobs()}
    restore(router, tmp_path / "copy.db")
    assert router.send(number="after").status == 200
    command(router, "sites/finance/resume")
    router.settle()
    assert {r["state"] for r in router.refreshes()} == {"succeeded"} and len(sandbox.jobs()) == 2
    new = router.event(router.events()[0]["id"])
    assert [router.refresh(id)["job"]["id"] for id in new["refreshes"]] == [job["id"] for job in sandbox.jobs() if job["id"] not in first]
