"""The store in PostgreSQL: a real server, and pgbouncer before it, of the test's own (postgresql.py)."""
import re

import pytest

from harness import DEADLINE, TOP, Address, cli, request, rule, wait_until
from postgresql import pgbouncer

OPERATIONS = TOP / "packaging" / "operations.md"
NEW_PASSWORD, OLD_PASSWORD = "Neues-Geheimnis-2", "Altes-Geheimnis-1"


@pytest.fixture
def server(postgresql_of):
    return postgresql_of()


def started(router_of, sandbox, store, **more):
    return router_of(sandbox, [rule()], config={"store": store}, **more)


def succeeded(router, count):
    wait_until(lambda: len(router.refreshes(state="succeeded")) == count, lambda: f"{count} that succeeded: {router.refreshes()}")


def sent(router, number):
    """An event, sent again until it is acknowledged, as dbt would."""
    wait_until(lambda: router.send(number=number).status == 200, "an acknowledgement")


def status_of(address, path):
    """None: nobody listens there at this moment."""
    try:
        return request(address, "GET", path).status
    except OSError:
        return None


def test_what_was_acknowledged_outlives_both_processes(server, router_of, sandbox):
    router = started(router_of, sandbox, server.url)
    sandbox.hold("Revenue", "running")
    assert router.send().status == 200
    wait_until(lambda: router.refreshes(state="running"), "the job to run")
    router.kill9()
    server.kill()
    server.start()
    router.start()
    sandbox.end_jobs()
    succeeded(router, 1)
    assert server.rows("SELECT count(*) FROM event") == [["1"]] and len(sandbox.refresh_calls()) == 1


@pytest.mark.parametrize("gone, back", [("pause", "resume"), ("kill", "start")])
def test_without_its_server_nothing_is_acknowledged_and_work_goes_on_with_it(server, router_of, sandbox, gone, back):
    router = started(router_of, sandbox, server.url)
    getattr(server, gone)()
    assert router.send(number=1).status == 503
    getattr(server, back)()
    sent(router, 1)
    succeeded(router, 1)
    assert len(router.events()) == 1


def test_a_start_waits_for_the_server_and_says_so(server, router_of, sandbox, tmp_path):
    """It answers where it will serve: 503 to deliveries, and the reason in /readyz."""
    webhooks, admin = Address().text, Address().text
    router = router_of(sandbox, [rule()], config={"store": server.url, "listen": {"webhooks": webhooks, "admin": admin}})
    router.stop()
    server.kill()
    router.start(wait=False)
    wait_until(lambda: "the store's server cannot be reached" in router.log, "the wait")
    wait_until(lambda: status_of(admin, "/healthz") == 200, "somebody who answers")
    assert router.send(number=1).status == 503
    ready = request(admin, "GET", "/readyz")
    assert ready.status == 503 and not ready.json["ready"] and "connect" in ready.json["store"]["reason"]
    assert request(admin, "GET", "/api/v1/events").status == 503
    server.start()
    wait_until(lambda: "the store's server is there" in router.log and status_of(admin, "/readyz") == 200, "the daemon to serve")
    sent(router, 1)
    succeeded(router, 1)


def test_a_start_that_waits_for_the_server_may_be_stopped(server, router_of, sandbox):
    router = started(router_of, sandbox, server.url)
    router.stop()
    server.kill()
    router.start(wait=False)
    wait_until(lambda: "the store's server cannot be reached" in router.log, "the wait")
    router.process.terminate()
    assert router.process.wait(DEADLINE) == 0


def test_a_pooler_in_transaction_mode_may_stand_between(server, router_of, sandbox):
    if not pgbouncer():
        pytest.skip("pgbouncer is not installed")
    pooler = server.pooler()
    router = started(router_of, sandbox, pooler.url)
    sent(router, 1)
    succeeded(router, 1)
    pooler.cut()
    sent(router, 2)
    succeeded(router, 2)
    router.restart()
    assert len(router.events()) == 2 and len(sandbox.refresh_calls()) == 2


def test_a_password_is_a_reference_and_a_rotated_one_needs_no_restart(server, router_of, sandbox, tmp_path):
    server.demand_password(OLD_PASSWORD)
    file = tmp_path / "password"
    file.write_text(OLD_PASSWORD + "\n")
    router = started(router_of, sandbox, {"url": server.url, "password": {"file": str(file)}})
    sent(router, 1)
    file.write_text(NEW_PASSWORD + "\n")
    server.demand_password(NEW_PASSWORD)
    server.restart()
    sent(router, 2)
    assert OLD_PASSWORD not in router.log and NEW_PASSWORD not in router.log


@pytest.mark.parametrize("password, told", [("Falsches-Geheimnis", "password authentication failed"), ("", "is empty"), (None, "No such file")])
def test_a_wrong_password_is_told_and_never_shown(server, sandbox, folder_of, tmp_path, password, told):
    server.demand_password(OLD_PASSWORD)
    file = tmp_path / "password"
    if password is not None:
        file.write_text(password)
    folder = folder_of(sandbox, [rule()], store={"url": server.url, "password": {"file": str(file)}})
    result = cli("doctor", "--offline", "--config", folder.path / "config.yaml")
    assert told in result.stdout.decode() and "Geheimnis" not in result.stdout.decode() + result.stderr.decode()


@pytest.mark.parametrize("setting, told", [({"fsync": "off"}, "fsync = off"), ({"default_transaction_read_only": "on"}, "read-only")])
def test_a_server_that_cannot_keep_what_is_acknowledged_is_refused(postgresql_of, router_of, sandbox, setting, told):
    router = started(router_of, sandbox, postgresql_of(**setting).url, may_die=True)
    assert router.process.returncode in (1, 78) and told in router.log


def test_a_standby_is_refused_until_it_is_promoted(server, router_of, sandbox):
    router = started(router_of, sandbox, server.url)
    assert router.send().status == 200
    succeeded(router, 1)
    standby = server.standby()
    router.stop()
    router.config["store"] = standby.url
    router.write_config()
    router.may_die = True
    router.start()
    assert router.process.returncode in (1, 78) and "`store` must lead to the primary" in router.log
    server.kill()
    standby.promote()
    wait_until(lambda: standby.rows("SELECT pg_is_in_recovery()") == [["f"]], "the standby to be the primary")
    router.start()
    assert [refresh["state"] for refresh in router.refreshes()] == ["succeeded"] and router.send().status == 200


def test_rights_to_rows_are_enough_once_the_tables_are_there(server, router_of, sandbox):
    router = started(router_of, sandbox, server.url)
    router.stop()
    server.rows("CREATE ROLE daemon LOGIN")
    router.config["store"] = server.url_as("daemon")
    router.write_config()
    router.may_die = True
    router.start()
    assert router.process.returncode in (1, 78) and "grant it to the user of `store`" in router.log
    for part in OPERATIONS.read_text().partition("test_postgresql.py runs it with a server -->\n```sql\n")[2].partition("```")[0].splitlines():
        server.rows(part)
    router.may_die = False
    router.start()
    sent(router, 1)
    succeeded(router, 1)
    assert "permission" not in router.log.rpartition("serving")[2]


def test_commands_say_what_they_do_with_such_a_store(server, router_of, sandbox, tmp_path):
    router = started(router_of, sandbox, server.url)
    config = ["--config", router.folder / "config.yaml"]
    told = cli("doctor", "--offline", *config).stdout.decode()
    assert re.search(r"store: its server answers, and the database has \d+ MiB", told) and "the WAL" not in told and "disk" not in told
    copy = cli("backup", tmp_path / "copy.db", *config)
    assert copy.returncode == 2 and b"pg_dump" in copy.stderr and not (tmp_path / "copy.db").exists()
    router.stop()
    server.stop()
    down = cli("doctor", "--offline", *config)
    assert down.returncode == 1 and f"store postgresql user=router dbname=router host={server.folder}" in down.stdout.decode()
    copy = cli("backup", tmp_path / "copy.db", *config)
    assert copy.returncode == 2 and b"pg_dump" in copy.stderr
