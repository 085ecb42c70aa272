"""`doctor`: each of its findings, made to happen; and that no secret is in any of them."""
import email.utils
import http.server
import json
import os
import socket
import subprocess
import threading
import time

import jsonschema
import pytest

from harness import BUILD, SECRET, TOP, answers_together, cli, fill, rule, shim, site_world


def doctor(router, *more, environment=None, url=None, command=()):
    """What it found, as (check, subject) -> item; both forms are printed, and neither shows a secret."""
    arguments = ["doctor", "--config", str(router.folder / "config.yaml"), *more, *(["--url", url] if url else [])]
    env = {"WEBHOOK_SECRET": SECRET, **(environment or {})}
    told = [subprocess.run([*command, str(BUILD / "refresh-router"), *arguments, *form], capture_output=True, timeout=60, env={**os.environ, **env}, check=False)
            for form in (["--format", "json"], [])]
    secrets = [SECRET] + [path.read_text().strip() for path in (router.folder / "secrets").iterdir()]
    for one in told:
        assert not any(secret.encode() in one.stdout + one.stderr for secret in secrets)
    result = json.loads(told[0].stdout)
    jsonschema.validate(result, json.loads((TOP / "schemas" / "doctor.schema.json").read_text()))
    assert told[0].returncode == told[1].returncode
    assert result["ok"] == (not [item for item in result["checks"] if item["verdict"] == "problem"])
    for item in result["checks"]:
        assert item["verdict"] == "ok" or item["remedy"]
        assert item["verdict"].encode() in told[1].stdout and item["check"].encode() in told[1].stdout
    return told[0].returncode, {(item["check"], item.get("subject")): item for item in result["checks"]}


def found(router, check, subject=None, **options):
    return doctor(router, **options)[1][check, subject]


def test_all_is_well(router):
    assert router.send().status == 200
    router.settle(1)
    status, items = doctor(router)
    assert status == 0 and {item["verdict"] for item in items.values() if item["check"] != "disk"} == {"ok"}, items
    assert {check for check, _ in items} == {"configuration", "secrets", "store", "wal", "disk", "daemon", "listener", "limits", "site", "pat", "clock"}
    assert items["configuration", None]["message"].endswith("config.yaml: 1 source, 1 site, 1 rule")


def test_a_daemon_goes_on_serving_meanwhile_and_its_session_too(router, sandbox):
    assert router.send().status == 200
    router.settle(1)
    before = len(sandbox.sign_ins())
    assert doctor(router)[0] == 0
    assert router.send().status == 200
    router.settle(2)
    assert len(sandbox.sign_ins()) == before


def test_offline_asks_nobody(router, sandbox):
    router.kill9()
    calls = len(sandbox.calls())
    items = doctor(router, "--offline")[1]
    assert not {"site", "clock", "pat", "dbt"} & {check for check, _ in items} and len(sandbox.calls()) == calls


# ---- files ----

def test_without_a_configuration_there_is_nothing_to_go_by(router, tmp_path):
    router.config["histroy"] = "1d"
    router.write_config()
    status, items = doctor(router)
    assert status == 2 and list(items) == [("configuration", None)]
    assert items["configuration", None]["verdict"] == "problem" and "histroy" in items["configuration", None]["message"]
    assert cli("doctor", "--config", tmp_path / "nowhere.yaml").returncode == 2


def test_rules_with_an_error_are_a_problem(router):
    router.write_rules("version: 1\nrules:\n  - name: a\n    refresh: [{site: finance, workbooks: a}]\n    wehn: {job_id: 1}\n")
    item = found(router, "configuration")
    assert item["verdict"] == "problem" and "rules.yaml:5" in item["message"] and "check --secrets" in item["remedy"]


def test_a_secret_that_cannot_be_read_is_a_problem(router):
    (router.folder / "secrets" / "finance").unlink()
    item = found(router, "secrets")
    assert item["verdict"] == "problem" and "secrets/finance" in item["message"]


def test_a_secret_with_a_stray_byte_is_a_warning_that_does_not_show_it(router):
    router.stop()       # else it takes the secret, and its site is refused, at some moment between two looks
    (router.folder / "secrets" / "finance").write_text("finance-secret\r\n")
    item = found(router, "secrets")
    assert item["verdict"] == "warning" and "finance-secret" not in item["message"]


def test_what_this_shell_lacks_is_said_with_what_to_do(router):
    """And in the same words by every command that reads secrets."""
    router.config["sites"][0]["pat"]["secret"] = {"credential": "finance"}
    router.config["notify"] = [{"name": "ops", "to": "http://127.0.0.1:1/hook", "secret": {"credential": "ops"}, "on": ["failed"]}]
    router.write_config()
    words = "CREDENTIALS_DIRECTORY is not set here; systemd sets it for the daemon, and for a command give it the folder that holds the secrets' files"
    item = found(router, "secrets")
    assert words in item["message"] and item["message"].startswith("2 findings; first: "), item
    config = router.folder / "config.yaml"
    for arguments in (["verify", "--sign-in", "--config", config], ["notify", "--config", config, "ops"], ["check", "--secrets", "--config", config]):
        told = cli(*arguments, environment={"WEBHOOK_SECRET": SECRET})
        assert told.returncode and words in " ".join((told.stdout + told.stderr).decode().split()), (arguments, told)


def test_paths_and_numbers_are_as_a_person_writes_them(tmp_path):
    assert cli("init", cwd=tmp_path).returncode == 0
    told = cli("doctor", "--offline", "--url", "http://127.0.0.1:1", cwd=tmp_path).stdout.decode()
    assert "configuration: refresh-router.yaml: 1 source, 1 site, 1 rule\n" in told and "store ./state.db: there is no database yet" in told, told


# ---- the store ----

def test_a_damaged_store_is_a_problem(router):
    for number in range(30):
        assert router.send(runStatusMessage="x" * 3000).status == 200
    router.settle()
    router.stop()
    subprocess.run(["sqlite3", router.folder / "store" / "state.db", "PRAGMA wal_checkpoint(TRUNCATE)"], check=True, capture_output=True)
    with open(router.folder / "store" / "state.db", "r+b") as database:
        database.seek(4096 * 3)
        database.write(b"\xa5" * 4096 * 8)
    item = found(router, "store")
    assert item["verdict"] == "problem" and "damaged" in item["message"] and "backup" in item["remedy"]


def test_a_store_that_is_not_there_yet_is_a_warning(router):
    router.kill9()
    for path in (router.folder / "store").iterdir():
        path.unlink()
    assert found(router, "store")["verdict"] == "warning"


def test_a_store_of_a_newer_release_is_a_problem(router):
    router.stop()
    subprocess.run(["sqlite3", router.folder / "store" / "state.db", "PRAGMA user_version = 999"], check=True, capture_output=True)
    item = found(router, "store")
    assert item["verdict"] == "problem" and "schema version 999" in item["message"] and "newer release" in item["message"]


def test_a_wal_that_cannot_start_again_is_a_warning(router):
    router.kill9()
    with open(router.folder / "store" / "state.db-wal", "r+b") as wal:
        wal.truncate(301 << 20)
    item = found(router, "wal")
    assert item["verdict"] == "warning" and "301 MiB" in item["message"]


def test_a_disk_without_room_is_a_problem(router_of, sandbox, small_disk):
    router = router_of(sandbox, [rule()], config={"store": f"sqlite:{small_disk}/state.db"})
    fill(small_disk)
    item = found(router, "disk")
    assert item["verdict"] == "problem" and item["message"].startswith("0 MiB")


def test_a_store_on_another_machines_disk_is_a_warning(router, tmp_path):
    status, items = doctor(router, environment=shim(tmp_path, "network_disk_shim"))
    assert status == 0 and items["disk", "NFS"]["verdict"] == "warning"
    assert "SQLite's locks may not hold there" in items["disk", "NFS"]["message"] and "postgresql" in items["disk", "NFS"]["remedy"]
    assert ("disk", "NFS") not in doctor(router)[1]


# ---- the daemon ----

def test_a_daemon_that_does_not_run_is_a_warning_and_its_addresses_are_free(router):
    router.stop()
    status, items = doctor(router)
    assert status == 0 and items["daemon", None]["verdict"] == "warning" and items["daemon", None]["remedy"] == "start it"
    assert items["listener", "webhooks"]["verdict"] == items["listener", "admin"]["verdict"] == "ok"


def test_an_address_that_another_program_has_is_a_problem(router):
    router.stop()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        router.config["listen"]["webhooks"] = f"127.0.0.1:{taken.getsockname()[1]}"
        router.write_config()
        item = found(router, "listener", "webhooks")
    assert item["verdict"] == "problem" and "in use" in item["message"]


def test_a_daemon_that_listens_elsewhere_is_a_problem(router):
    item = found(router, "daemon", environment={"REFRESH_ROUTER_CONFIG": ""})
    assert item["verdict"] == "ok"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        router.config["listen"]["admin"] = f"127.0.0.1:{free.getsockname()[1]}"
        router.write_config()
        item = found(router, "daemon")
    assert item["verdict"] == "problem" and str(router.process.pid) in item["message"]


@pytest.fixture
def foreign_daemon(foreign):
    ready = {"ready": True, "version": "0.0.9", "store": {"writable": True}, "ruleset": {"revision": "sha256:0123456789abcdef", "rules": 1}}
    foreign.answer = lambda path: (200, json.dumps({"status": "alive"} if path == "/healthz" else ready).encode())
    foreign.ready = ready
    foreign.url = f"http://127.0.0.1:{foreign.server_address[1]}"
    return foreign


def test_another_version_and_other_rules_than_on_disk_are_told(router, foreign_daemon):
    items = doctor(router, "--offline", url=foreign_daemon.url)[1]
    assert items["daemon", None]["verdict"] == "warning" and "0.0.9" in items["daemon", None]["message"]
    assert items["rules", None]["verdict"] == "problem" and "reload" in items["rules", None]["remedy"]


def test_a_store_that_cannot_be_written_or_was_restored_is_told(router, foreign_daemon):
    foreign_daemon.ready["store"] = {"writable": False, "reason": "disk is full"}
    item = doctor(router, "--offline", url=foreign_daemon.url)[1]["daemon", "store"]
    assert item["verdict"] == "problem" and "disk is full" in item["message"]
    foreign_daemon.ready["store"] = {"writable": True, "restored_copy": {"taken_at": "2026-11-27T00:00:00Z"}}
    item = doctor(router, "--offline", url=foreign_daemon.url)[1]["daemon", "store"]
    assert item["verdict"] == "warning" and "2026-11-27" in item["message"]


def test_a_url_without_a_daemon_is_69(router, foreign):
    foreign.answer = lambda path: (200, b"hello")
    status, items = doctor(router, "--offline", url=f"http://127.0.0.1:{foreign.server_address[1]}")
    assert status == 69 and items["daemon", None]["verdict"] == "problem" and "no daemon" in items["daemon", None]["message"]


def test_too_few_files_are_a_warning(router):
    router.stop()
    item = found(router, "limits", command=("bash", "-c", 'ulimit -n 200; exec "$@"', "bash"))
    assert item["verdict"] == "warning" and "200 files" in item["message"] and "LimitNOFILE" in item["remedy"]


# ---- the network ----

class Clock(http.server.BaseHTTPRequestHandler):
    """A server whose clock is `server.offset` seconds from ours, and whose answers have `server.status`."""

    def do_GET(self):
        self.send_response_only(self.server.status)
        self.send_header("Date", email.utils.formatdate(time.time() + self.server.offset, usegmt=True))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def clock():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Clock)
    server.offset, server.status = 0, 200
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(["offset", "verdict"], [(0, "ok"), (30, "warning"), (-30, "warning"), (3600, "problem"), (-3600, "problem")])
def test_a_clock_that_is_off_is_told(router, clock, offset, verdict):
    router.stop()
    clock.offset = offset
    router.config["sites"][0]["server"] = f"http://127.0.0.1:{clock.server_address[1]}"
    router.write_config()
    item = found(router, "clock", "finance")
    assert item["verdict"] == verdict and (verdict == "ok" or ("ahead" if offset > 0 else "behind") in item["message"])


def test_dbt_s_clock_counts_too(router, clock):
    router.stop()
    clock.offset = 3600
    (router.folder / "secrets" / "dbt").write_text("dbt-token")
    router.config["sources"][0].update(account_id="1", dbt_api={"url": f"http://127.0.0.1:{clock.server_address[1]}",
                                                               "token": {"file": "secrets/dbt"}})
    router.write_config()
    items = doctor(router)[1]
    assert items["dbt", "dbt"]["verdict"] == "ok" and items["clock", "dbt"]["verdict"] == "problem"


def test_a_site_that_does_not_answer_is_a_problem_and_one_in_trouble_a_warning(router, clock):
    router.stop()
    router.config["sites"][0]["server"] = "http://127.0.0.1:9"
    router.write_config()
    item = found(router, "site", "finance")
    assert item["verdict"] == "problem" and "does not answer" in item["message"]
    clock.status = 503
    router.config["sites"][0]["server"] = f"http://127.0.0.1:{clock.server_address[1]}"
    router.write_config()
    item = found(router, "site", "finance")
    assert item["verdict"] == "warning" and "503" in item["message"]


def test_sites_are_asked_side_by_side_and_told_in_their_order(router, sandbox):
    router.stop()
    names = [f"site{i}" for i in range(20)]
    for name in names:
        router.add_site(sandbox, name)
    with answers_together(len(names)) as address:
        for site in router.config["sites"]:
            site["server"] = address if site["name"] in names else "http://127.0.0.1:9"
        router.write_config()
        told = cli("doctor", "--config", router.folder / "config.yaml", "--format", "json", environment={"WEBHOOK_SECRET": SECRET})
    items = json.loads(told.stdout)["checks"]
    assert [(i["subject"], i["message"]) for i in items if i["check"] == "site" and i["verdict"] == "ok"] == [(name, f"{address} answers") for name in names]
    assert items[[i["check"] for i in items].index("site")]["subject"] == "finance"


def test_the_daemon_is_not_asked_about_a_site_that_is_silent(router):
    """It answers one question at a time, and would wait for that one."""
    router.config["sites"][0]["server"] = "http://127.0.0.1:9"
    router.write_config()
    assert router.reload().status == 200
    item = found(router, "pat", "finance")
    assert item["verdict"] == "warning" and "the site is silent" in item["message"]


def test_a_pat_that_does_not_work_is_told_by_the_daemon(router_of, sandbox_of):
    router = router_of(sandbox_of(site_world(secret="another")), [rule()])
    item = found(router, "pat", "finance")
    assert item["verdict"] == "problem" and item["message"]
