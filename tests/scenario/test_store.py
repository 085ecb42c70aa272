"""The database file under a running daemon: moved away, restored over, and copied by an operator."""
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys

import pytest

from harness import TOP, rule, wait_until


def store_of(router):
    return router.folder / "store" / "state.db"


@pytest.mark.parametrize("ending", ["", "-wal"])
def test_nothing_is_promised_while_the_store_is_away(router, tmp_path, ending):
    database = store_of(router).with_name(f"state.db{ending}")
    assert router.send().status == 200
    router.settle(1)
    database.rename(tmp_path / "away")
    answer = router.send()
    assert answer.status == 503 and "error" in answer.json
    status, detail = router.ready()
    assert status == 503 and "No such file" in str(detail)
    (tmp_path / "away").rename(database)
    assert router.send().status == 200
    assert router.ready()[0] == 200
    assert len(router.settle(2)) == 2


def test_a_stop_does_not_wait_for_a_store_that_has_gone(router, sandbox, tmp_path):
    sandbox.hold("Revenue", "running")
    assert router.send().status == 200
    wait_until(lambda: [r for r in router.refreshes() if r["state"] == "running"], "the job to run")
    store_of(router).rename(tmp_path / "away")
    sandbox.end_jobs()
    wait_until(lambda: "journal cannot write" in router.log, "the end of the job to be refused by the store")
    router.process.terminate()
    assert router.process.wait(15) == 0     # answers on their way are waited for, 20 seconds at most; here there are none
    (tmp_path / "away").rename(store_of(router))
    router.restart()
    assert [r["state"] for r in router.settle(1)] == ["succeeded"] and len(sandbox.jobs()) == 1


def test_a_daemon_whose_store_is_restored_over_takes_nothing_until_it_is_started_again(router, tmp_path):
    assert router.send().status == 200
    router.settle(1)
    wait_until(lambda: events_in(copy_of(router, tmp_path)) == 1, "the copy to be whole")
    assert router.send().status == 200
    router.settle(2)
    # A restore by hand: the old files go, the copy takes their place.
    for path in store_of(router).parent.glob("state.db*"):
        if path.suffix != ".lock":
            path.unlink()
    shutil.copy(tmp_path / "copy.db", store_of(router))
    assert router.send().status == 503
    wait_until(lambda: "was replaced while it was in use" in router.log or "No such file" in router.log, "the line of the log")
    router.restart()
    assert len(router.events()) == 1
    assert router.send().status == 200
    router.settle(2)


# `cp copy.db state.db` keeps the inode, and so does `: > state.db`.
@pytest.mark.parametrize("restored", ["copy", "nothing"])
def test_a_daemon_whose_database_became_smaller_in_place_takes_nothing(router, tmp_path, restored):
    assert router.send().status == 200
    router.settle(1)
    wait_until(lambda: events_in(copy_of(router, tmp_path)) == 1, "the copy to be whole")
    for _ in range(20):
        assert router.send(runStatusMessage="x" * 5000).status == 200
    router.settle()
    (tmp_path / "grown").mkdir()
    wait_until(lambda: events_in(copy_of(router, tmp_path / "grown")) == 21, "the database to have grown")
    assert router.send().status == 200      # and the daemon to have seen it, which it does at each commit
    router.settle()
    store_of(router).write_bytes((tmp_path / "copy.db").read_bytes() if restored == "copy" else b"")
    assert router.send().status == 503
    assert "became smaller while it was in use" in str(router.ready()[1])


def test_a_daemon_at_rest_whose_database_is_overwritten_in_place_takes_nothing(router, tmp_path):
    """An older copy of the same size: what a store that is pruned as fast as it grows has as backups."""
    assert router.send().status == 200
    router.settle(1)
    wait_until(lambda: events_in(copy_of(router, tmp_path)) == 1, "the copy to be whole")
    (tmp_path / "later").mkdir()
    assert router.send().status == 200
    router.settle(2)
    wait_until(lambda: is_at_rest(router), "all of the WAL to be in the database")
    assert events_in(copy_of(router, tmp_path / "later")) == 2
    older = (tmp_path / "copy.db").read_bytes()
    assert len(older) == store_of(router).stat().st_size
    with open(store_of(router), "r+b") as database:     # without the moment in which it is empty
        database.write(older)
    assert router.send().status == 503
    assert "was overwritten while it was in use" in str(router.ready()[1])


def is_at_rest(router):
    """As many frames were copied as the WAL's index says there are (sqlite.org/walformat.html), and the thread that copies sleeps: it is through with
    the fsync that comes last, and with what it notes of the file."""
    index = store_of(router).with_name("state.db-shm").read_bytes()
    frames, copied = (int.from_bytes(index[at:at + 4], sys.byteorder) for at in (16, 96))
    states = [(task / "stat").read_text().rsplit(")", 1)[1].split()[0] for task in pathlib.Path(f"/proc/{router.process.pid}/task").iterdir()
              if (task / "comm").read_text().strip() == "checkpoint"]
    return 0 < frames == copied and states == ["S"]


def test_another_program_that_writes_into_the_database_and_copies_the_wal_is_no_overwriting(router, tmp_path):
    """As replication does: a table of its own, and checkpoints."""
    for number in range(3):
        assert router.send().status == 200
        router.settle(number + 1)
        wait_until(lambda: events_in(copy_of(router, tmp_path)) == number + 1, "the daemon to be at rest")
        database = sqlite3.connect(store_of(router), isolation_level=None)
        database.execute("CREATE TABLE IF NOT EXISTS _replica (number)")
        database.execute("INSERT INTO _replica VALUES (1)")
        database.execute("PRAGMA wal_checkpoint(PASSIVE)")
        database.close()
    assert router.send().status == 200
    assert router.ready()[0] == 200


def copy_of(router, folder):
    shutil.copy(store_of(router), folder / "copy.db")
    return folder / "copy.db"


def events_in(path):
    database = sqlite3.connect(path)
    try:
        return database.execute("SELECT count(*) FROM event").fetchone()[0]
    except sqlite3.Error:
        return 0
    finally:
        database.close()


def test_a_copy_of_the_file_is_whole_when_the_daemon_has_nothing_to_do(router, tmp_path):
    """`cp state.db` is what people do; so nothing stays in the WAL for long."""
    for _ in range(3):
        assert router.send().status == 200
    router.settle()
    wait_until(lambda: events_in(copy_of(router, tmp_path)) == 3, "the copy to be whole")


# ---- upgrades and downgrades ----

def test_a_start_by_an_older_release_than_the_store_is_refused_and_says_what_to_do(router):
    router.stop()
    database = sqlite3.connect(store_of(router))
    newest = database.execute("PRAGMA user_version").fetchone()[0]
    database.execute("PRAGMA user_version = 999")
    database.commit()
    database.close()
    before = store_of(router).read_bytes()
    router.may_die = True
    router.start()
    assert router.process.wait(10) == 78
    assert f"has schema version 999 and this program knows up to {newest}: a newer release has used it; run that one, or restore a backup" in router.log
    assert store_of(router).read_bytes() == before


def older_store(router):
    """A store as an earlier release left it, with work that waits."""
    router.stop()
    for path in store_of(router).parent.glob("state.db*"):
        path.unlink()
    database = sqlite3.connect(store_of(router))
    database.executescript((TOP / "tests" / "samples" / "store" / "schema-4.sql").read_text())
    return database


def test_an_upgrade_says_how_far_it_is_and_keeps_what_waits(router):
    database = older_store(router)
    waiting = database.execute("SELECT count(*) FROM refresh WHERE state = 0").fetchone()[0]
    database.close()
    assert waiting
    router.start()
    steps = re.findall(r"the store is brought up to date.* step=(\d+) steps=(\d+) from=4", router.log)
    assert steps and [int(step) for step, _ in steps] == list(range(1, int(steps[0][1]) + 1))
    assert len(router.refreshes(state="open")) >= waiting
    router.restart()
    assert len(re.findall("the store is brought up to date", router.log)) == len(steps)


def on_small_disk(router, small_disk):
    """The router's store, made so large that its size matters, on a disk that has no room for a second one; its holes take none."""
    with open(store_of(router), "r+b") as file:
        # So many pages, says the header (sqlite.org/fileformat.html, 1.3.8); they are a hole.
        file.seek(28)
        file.write((20000).to_bytes(4, "big"))
        file.truncate(20000 * 4096)
    place = small_disk / "state.db"
    subprocess.run(["cp", "--sparse=always", store_of(router), place], check=True)
    return place


def test_an_upgrade_without_room_is_refused_before_anything_is_changed(router_of, sandbox, small_disk):
    router = router_of(sandbox, [rule()])
    database = older_store(router)
    database.close()
    place = on_small_disk(router, small_disk)
    router.config["store"] = f"sqlite:{place}"
    router.write_config()
    router.may_die = True
    router.start()
    assert router.process.wait(10) == 1
    assert re.search(r"to bring its 78 MiB up to date needs \d+ MiB more on its disk, and \d MiB are left: make room", router.log), router.log
    assert sqlite3.connect(place).execute("PRAGMA user_version").fetchone() == (4,)


def test_a_step_that_only_adds_a_table_needs_no_room(router_of, sandbox, small_disk):
    router = router_of(sandbox, [rule()])
    router.stop()
    database = sqlite3.connect(store_of(router))
    version = database.execute("PRAGMA user_version").fetchone()[0]
    database.executescript("DROP TABLE note; PRAGMA user_version = 8; PRAGMA journal_mode = DELETE")
    database.close()
    place = on_small_disk(router, small_disk)
    router.config["store"] = f"sqlite:{place}"
    router.write_config()
    router.start()
    assert sqlite3.connect(place).execute("PRAGMA user_version").fetchone() == (version,)


def test_a_wal_that_a_reader_keeps_long_is_told_once_and_so_is_its_end(router):
    """A sparse file is as long as one that a reader has kept from starting again for hours."""
    assert router.send().status == 200
    router.settle(1)
    with open(store_of(router).with_name("state.db-wal"), "r+b") as wal:
        wal.truncate(2 << 30)
    wait_until(lambda: "a program reads the database for long" in router.log, "the length to be told")

    def has_started_again():
        assert router.send().status == 200
        return "the store's WAL has started again" in router.log
    wait_until(has_started_again, "the WAL to start again")
    assert router.log.count("a program reads the database for long") == 1
