"""systemd starts it, watches it, holds its sockets and asks it to reload: a socket in systemd's place, and systemd itself."""
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
import yaml

from harness import BUILD, DEADLINE, SECRET, TOP, Address, cli, request, rule, shim, sign, wait_until
from systemd_machine import Machine

BROKEN = "version: 1\nrules:\n  - {name: nightly, wenn: {job_id: 1}}\n"

pytestmark = pytest.mark.skipif("libsystemd" not in cli("--version").stdout.decode(), reason="built without libsystemd")


class Manager:
    """systemd's end of $NOTIFY_SOCKET: a list of what it was told."""

    def __init__(self, folder):
        self.path = folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.setblocking(False)
        self.told = []
        self.environment = {"NOTIFY_SOCKET": str(self.path)}

    def hear(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.told.append(dict(line.split("=", 1) for line in self.socket.recv(65536).decode().splitlines()))
        return self.told

    def wait_for(self, name, value="1", after=0):
        """The first message since the `after`th that says so."""
        return wait_until(lambda: next((told for told in self.hear()[after:] if told.get(name) == value), None), f"{name}={value}")

    def count(self, name):
        return sum(name in told for told in self.hear())


@pytest.fixture
def manager(tmp_path):
    manager = Manager(tmp_path)
    yield manager
    manager.socket.close()


# ---- what it tells ----

def test_it_is_ready_when_it_accepts_and_says_what_it_serves(router_of, sandbox, manager):
    router = router_of(sandbox, [rule()], environment=manager.environment)
    ready = manager.wait_for("READY")
    assert ready["STATUS"] == f"Serving 1 rule for 1 site, webhooks on {router.address}, admin on {router.admin}"
    assert router.send().status == 200
    assert not manager.count("WATCHDOG"), "nobody watches"


def test_a_start_that_fails_is_never_ready(router_of, sandbox, manager):
    taken = Address()
    taken.socket.listen()
    router = router_of(sandbox, [rule()], environment=manager.environment, config={"listen": {"webhooks": taken.text, "admin": "127.0.0.1:0"}},
                       may_die=True)
    assert not router.is_alive() and router.process.returncode == 1
    assert not manager.hear()


def test_a_reload_is_told_with_its_time_and_its_verdict(router_of, sandbox, manager):
    router = router_of(sandbox, [rule()], environment=manager.environment)
    manager.wait_for("READY")
    before = time.monotonic()
    router.write_rules(BROKEN)
    router.process.send_signal(signal.SIGHUP)
    reloading = manager.wait_for("RELOADING")
    assert before <= int(reloading["MONOTONIC_USEC"]) / 1e6 <= time.monotonic(), "CLOCK_MONOTONIC, which systemd compares with"
    at = manager.told.index(reloading)
    status = manager.wait_for("READY", after=at)["STATUS"]
    assert re.fullmatch(r"Reload refused: .*/rules/rules\.yaml:3:\d+: error: unknown field 'wenn'.*; still serving 1 rule for 1 site, .*", status)
    router.write_rules([rule(), rule("second")])
    assert router.reload().status == 200
    wait_until(lambda: manager.hear()[-1].get("STATUS", "").startswith("Serving 2 rules"), "the new status")


def test_a_rule_file_cannot_tell_systemd_anything(router_of, sandbox, manager):
    router = router_of(sandbox, [rule()], environment=manager.environment)
    router.write_rules('version: 1\nrules:\n  - {name: nightly, "a\\nMAINPID=1\\nb": 1}\n')
    router.process.send_signal(signal.SIGHUP)
    at = manager.told.index(manager.wait_for("RELOADING"))
    assert manager.wait_for("READY", after=at)["STATUS"].startswith("Reload refused: ")
    assert not manager.count("MAINPID")


def test_a_stop_is_told_first(router_of, sandbox, manager):
    router = router_of(sandbox, [rule()], environment=manager.environment)
    router.stop()
    assert manager.wait_for("STOPPING")["STATUS"].startswith("Stopping")


# ---- the watchdog ----

def wait_for_beats(manager, more):
    before = manager.count("WATCHDOG")
    wait_until(lambda: manager.count("WATCHDOG") >= before + more, f"{more} beats")


def watched(router_of, sandbox, manager, **environment):
    """Asked twice a second."""
    return router_of(sandbox, [rule()], environment={**manager.environment, "WATCHDOG_USEC": "2000000", **environment})


def test_a_daemon_without_work_feeds_the_watchdog(router_of, sandbox, manager):
    watched(router_of, sandbox, manager)
    wait_for_beats(manager, 8)


def watched_through_a_hang(router, manager, file, thread):
    """While this thread hangs, nothing is fed, and the main thread goes round all the same; afterwards it is fed again."""
    wait_until(lambda: f"thread={thread}" in router.log, "the hang to be noticed")
    fed = manager.count("WATCHDOG")
    assert router.reload().status == 200
    assert manager.count("WATCHDOG") == fed
    file.unlink()
    wait_for_beats(manager, 2)


def test_a_dispatcher_that_hangs_stops_the_watchdog(router_of, sandbox, manager, tmp_path):
    file = tmp_path / "stuck"
    router = watched(router_of, sandbox, manager, STUCK_FILE=str(file), **shim(tmp_path, "stuck_thread_shim"))
    wait_for_beats(manager, 1)
    file.touch()
    watched_through_a_hang(router, manager, file, "dispatch")


def test_a_journal_that_hangs_stops_the_watchdog(router_of, sandbox, manager, tmp_path):
    file = tmp_path / "slow"
    router = watched(router_of, sandbox, manager, SLOW_DISK_FILE=str(file), **shim(tmp_path, "slow_disk_shim"))
    wait_for_beats(manager, 1)
    file.touch()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answer = pool.submit(router.send)    # not before the disk goes on
        watched_through_a_hang(router, manager, file, "journal")
        assert answer.result().status == 200


# ---- sockets that systemd holds ----

# As sd_listen_fds(3) wants it: descriptors from 3 on, and the number of the process that is to have them.
PASS = 'at=3; for fd in $0; do eval "exec $at<&$fd $fd<&-"; at=$((at + 1)); done; LISTEN_PID=$$ exec "$@"'


class Listeners:
    """A small parent that holds listening sockets for a daemon, as systemd does: by name, where they listen."""

    def __init__(self, **addresses):
        self.sockets = []
        for address in addresses.values():
            if isinstance(address, pathlib.Path):
                held = socket.socket(socket.AF_UNIX)
                held.bind(str(address))
                held.listen()
            else:
                host, port = address.text.split(":")
                held = socket.create_server((host, int(port)), backlog=1024)
            self.sockets.append(held)
        numbers = [held.fileno() for held in self.sockets]
        self.options = {"environment": {"LISTEN_FDS": str(len(numbers)), "LISTEN_FDNAMES": ":".join(addresses)}, "descriptors": numbers,
                        "command": ["bash", "-c", PASS, " ".join(map(str, numbers))]}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for held in self.sockets:
            held.close()


class Clients:
    """Connect, send and read, again and again, each in a thread: what was answered, and what went wrong."""

    def __init__(self, router, count):
        self.router, self.answers, self.errors, self.has_enough = router, [], [], threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(count)]

    def run(self, client):
        number = 0
        while not self.has_enough.is_set():
            number += 1
            try:
                self.answers.append(self.router.send(f"{client}-{number}").status)
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(repr(error))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.has_enough.set()
        for thread in self.threads:
            thread.join()


def test_a_restart_refuses_no_connection_when_systemd_holds_the_socket(router_of, sandbox):
    listen = {"webhooks": Address(), "admin": Address()}
    with Listeners(**listen) as listeners:
        router = router_of(sandbox, [rule()], config={"listen": {name: address.text for name, address in listen.items()}}, **listeners.options)
        assert (router.address, router.admin) == (listen["webhooks"].text, listen["admin"].text)
        with Clients(router, 4) as clients:
            for _ in range(5):
                before = len(clients.answers)
                wait_until(lambda: len(clients.answers) > before + 20, "answers")
                router.stop()
                router.start()
        assert not clients.errors and set(clients.answers) == {200}
        assert len(router.events()) == len(clients.answers)


@pytest.mark.parametrize("mode", (0o666, 0o660))
@pytest.mark.parametrize("tokens", ([], [{"name": "oncall", "role": "operator", "secret": {"env": "WEBHOOK_SECRET"}}]))
def test_an_admin_socket_of_systemds_for_everybody_is_told(router_of, sandbox, tmp_path, mode, tokens):
    path = tmp_path / "admin.sock"
    listen = {"webhooks": Address(), "admin": path}
    with Listeners(**listen) as listeners:
        path.chmod(mode)
        router = router_of(sandbox, [rule()], config={"listen": {"webhooks": listen["webhooks"].text, "admin": f"unix:{path}"}, "admin_tokens": tokens}, **listeners.options)
        assert ("every user of this machine may pause, cancel and retry" in router.log) == (mode == 0o666 and not tokens), router.log


@pytest.mark.parametrize("names, told", [
    ("webhooks:other", "systemd passes a socket named 'other': write FileDescriptorName=webhooks or FileDescriptorName=admin in its .socket unit"),
    ("webhooks:webhooks", "systemd passes two sockets named 'webhooks': one .socket unit with one ListenStream= for each listener")])
def test_a_socket_that_cannot_be_used_is_told_with_the_remedy(router_of, sandbox, names, told):
    with Listeners(a=Address(), b=Address()) as listeners:
        listeners.options["environment"]["LISTEN_FDNAMES"] = names
        router = router_of(sandbox, [rule()], may_die=True, **listeners.options)
        assert router.process.wait(DEADLINE) == 78
        assert told in router.log


def test_a_socket_that_does_not_listen_is_told(router_of, sandbox):
    with Listeners(webhooks=Address()) as listeners, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        os.dup2(datagrams.fileno(), listeners.sockets[0].fileno())
        router = router_of(sandbox, [rule()], may_die=True, **listeners.options)
        assert router.process.wait(DEADLINE) == 78
        assert "systemd passes a socket named 'webhooks' that is no listening stream socket: write ListenStream= in its .socket unit" in router.log


# ---- the units ----

@pytest.fixture
def units(tmp_path):
    """The units as they are installed, in a copy of their own, for the program that was built."""
    subprocess.run(["make", "-s", "-C", BUILD, "packaging/systemd/refresh-router.service"], check=True)
    texts = [(BUILD / "packaging/systemd/refresh-router.service").read_text()]
    texts += [(TOP / "packaging" / "systemd" / name).read_text() for name in ("refresh-router.socket", "refresh-router-admin.socket")]
    for name, text in zip(("refresh-router.service", "refresh-router.socket", "refresh-router-admin.socket"), texts):
        (tmp_path / name).write_text(re.sub(r"(?<==)/\S*/refresh-router\b", str(BUILD / "refresh-router"), text))
    return tmp_path


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_systemd_has_nothing_to_say_about_the_units(units):
    for unit in units.glob("refresh-router*"):
        ended = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit], capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", ""), unit.name


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_the_service_is_exposed_to_next_to_nothing(units):
    ended = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=15", "--no-pager", units / "refresh-router.service"],
                           capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_the_configuration_that_packages_show_is_accepted():
    ended = cli("check", "--no-files", "--config", TOP / "packaging" / "example" / "config.yaml")
    assert ended.returncode == 0 and ended.stdout.startswith(b"ok: 1 rule"), ended.stderr


# ---- systemd itself ----

SERVICE = "refresh-router.service"


class Service:
    """The installed service in a machine of its own, with its secrets as credentials."""

    def __init__(self, machine, sandbox):
        self.machine = machine
        self.listen = {"webhooks": Address(), "admin": Address()}
        self.address, self.admin = (self.listen[name].text for name in ("webhooks", "admin"))
        machine.install()
        self.write("config.yaml", yaml.safe_dump({
            "version": 1, "listen": {"webhooks": self.address, "admin": self.admin}, "rules": ["rules"],
            "sources": [{"name": "dbt", "secrets": [{"credential": "dbt_prod"}]}],
            "sites": [{"name": "finance", "server": sandbox.url, "content_url": "finance", "poll_interval": "100ms",
                       "pat": {"name": "refresh-router", "secret": {"credential": "finance_pat"}}}]}))
        self.write_rules([rule()])
        for name, secret in {"dbt_prod": SECRET, "finance_pat": "finance-secret"}.items():
            self.write(f"secrets/{name}", f"{secret}\n", 0o600)
        self.drop_in("credentials", (TOP / "packaging" / "systemd" / "credentials.conf").read_text())

    def write(self, name, text, mode=0o644):
        self.machine.write(f"/etc/refresh-router/{name}", text, mode)

    def write_rules(self, rules):
        self.write("rules/rules.yaml", rules if isinstance(rules, str) else yaml.safe_dump({"version": 1, "rules": rules}))

    def drop_in(self, name, text, unit=SERVICE):
        self.machine.write(f"/etc/systemd/system/{unit}.d/{name}.conf", text)
        self.systemctl("daemon-reload")

    def systemctl(self, *arguments, check=True):
        return self.machine.run("systemctl", *arguments, check=check)

    def show(self, name):
        return self.machine.show(SERVICE, name)

    def send(self, number):
        body = (TOP / "tests/samples/dbt/completed-success.json").read_bytes()
        event = {**json.loads(body), "eventId": f"evt-{number}"}
        body = json.dumps(event).encode()
        return request(self.address, "POST", "/webhooks/dbt", body, {"Content-Type": "application/json", "Authorization": sign(body)})


@pytest.fixture
def service(tmp_path, sandbox):
    machine = Machine(tmp_path)
    yield Service(machine, sandbox)
    machine.end()


def test_systemd_starts_it_with_credentials_and_as_nobody_in_particular(service, sandbox):
    service.systemctl("start", SERVICE)     # returns when it is ready
    assert service.send(1).status == 200
    assert service.show("StatusText") == f"Serving 1 rule for 1 site, webhooks on {service.address}, admin on {service.admin}"
    wait_until(lambda: len(sandbox.jobs("Revenue")) == 1, "the refresh, with the credential for the site")
    pid = service.show("MainPID")
    owner, mode = service.machine.run("stat", "-Lc", "%u %a", "/var/lib/refresh-router").stdout.split()
    assert 61184 <= int(owner) <= 65519 and mode == "700", "a dynamic user (systemd.exec(5), DynamicUser=)"
    assert service.machine.run("stat", "-c", "%u", f"/proc/{pid}").stdout.strip() == owner
    service.systemctl("stop", SERVICE)
    assert (service.show("Result"), service.show("ExecMainStatus")) == ("success", "0")


def block_of_operations(first):
    """The commands that the guide for operators shows, by how they begin."""
    return next(block for block in re.findall(r"^```sh\n(.*?)^```$", (TOP / "packaging" / "operations.md").read_text(), re.M | re.S) if block.startswith(first))


def test_root_backs_up_and_restores_as_the_guide_says(service):
    """The daemon's user exists only while it runs, and nobody else may enter its folder: neither who takes the copy nor who puts it back leaves a file
    there that the daemon may not use."""
    backup, restore = block_of_operations("refresh-router backup --config"), block_of_operations("systemctl stop refresh-router")

    def shell(text, *prefix):
        return service.machine.run(*prefix, "bash", "-ec", text, check=not prefix)

    def owners():
        return set(shell("stat -Lc %u /var/lib/refresh-router /var/lib/refresh-router/*").stdout.split())

    shell("mkdir -p /var/backups")
    service.systemctl("start", SERVICE)
    assert service.send(1).status == 200
    other = shell(backup.replace("/var/backups", "/tmp"), "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    assert other.returncode == 1 and "Permission denied; run this as the daemon's user, or as root" in other.stderr, other
    assert "Checked: ok." in shell(backup).stdout
    assert shell("stat -c '%u %a' /var/backups/refresh-router.db").stdout == "0 600\n"
    assert len(owners()) == 1 and "0" not in owners()
    assert service.send(2).status == 200
    shell(restore)
    assert len(owners()) == 1 and "0" not in owners()
    assert service.send(3).status == 200
    events = request(service.admin, "GET", "/api/v1/events").json["items"]
    assert sorted(event["event_id"] for event in events) == ["evt-1", "evt-3"], "what the copy has, and what came since the restore"
    service.systemctl("stop", SERVICE)
    assert "Checked: ok." in shell(backup).stdout      # nobody holds the store, and still nothing of root's is left in it
    assert len(owners()) == 1 and "0" not in owners()
    service.systemctl("start", SERVICE)
    assert service.send(4).status == 200
    service.systemctl("stop", SERVICE)
    shell("chown 0:0 /var/lib/refresh-router/state.db")     # as it is without that line of the guide
    assert service.systemctl("start", SERVICE, check=False).returncode != 0
    assert "state.db cannot be opened: Permission denied; give the file to the owner of its folder (chown)" in service.machine.journal()


def test_systemctl_reload_waits_for_the_verdict_and_fails_with_it(service):
    service.systemctl("start", SERVICE)
    service.write_rules([rule(), rule("second")])
    service.systemctl("reload", SERVICE)
    assert service.show("StatusText").startswith("Serving 2 rules")
    service.write_rules(BROKEN)
    assert service.systemctl("reload", SERVICE, check=False).returncode != 0
    assert re.match(r"Reload refused: \S+:3:\d+: error: unknown field 'wenn'", service.show("StatusText"))
    assert "unknown field 'wenn'" in service.machine.journal(), "the verdict is in the journal too"
    assert service.show("ActiveState") == "active" and service.send(1).status == 200


def test_systemd_starts_it_again_when_a_thread_hangs(service, tmp_path):
    shim(tmp_path, "stuck_thread_shim")
    service.machine.copy(tmp_path / "stuck_thread_shim.so", "/usr/local/lib/stuck_thread_shim.so")
    service.drop_in("stuck", "[Service]\nWatchdogSec=4\nRestartSec=100ms\nEnvironment=STUCK_FILE=/etc/refresh-router/stuck\n"
                    "Environment=LD_PRELOAD=/usr/local/lib/stuck_thread_shim.so\n")
    service.systemctl("start", SERVICE)
    before = service.show("MainPID")
    service.write("stuck", "")
    wait_until(lambda: int(service.show("NRestarts")) > 0, "the watchdog")
    service.machine.run("rm", "/etc/refresh-router/stuck")
    service.machine.wait_for(SERVICE, "ActiveState", "active")
    assert service.show("MainPID") != before and service.send(1).status == 200
    assert "a thread hangs" in service.machine.journal()


def test_systemd_does_not_start_again_what_only_an_edit_helps(service):
    service.write("config.yaml", "version: 1\nsites: nonsense\n")
    assert service.systemctl("start", SERVICE, check=False).returncode != 0
    assert (service.show("ActiveState"), service.show("ExecMainStatus"), service.show("NRestarts")) == ("failed", "78", "0")


def test_a_group_that_the_unit_cannot_give_the_socket_to_is_told(service):
    """Its sandbox allows no chown(); the process was killed by SIGSYS, and nobody was told why."""
    config = yaml.safe_load(service.machine.run("cat", "/etc/refresh-router/config.yaml").stdout)
    config["listen"] = {"webhooks": service.address, "admin": "unix:/run/refresh-router/admin.sock", "admin_group": "adm"}
    service.write("config.yaml", yaml.safe_dump(config))
    service.drop_in("runtime", "[Service]\nRuntimeDirectory=refresh-router\n")
    assert service.systemctl("start", SERVICE, check=False).returncode != 0
    assert service.show("ExecMainStatus") in ("1", "78")
    assert "cannot be given to the group 'adm'" in service.machine.run("journalctl", "--no-pager", "-u", SERVICE).stdout


def test_what_is_installed_and_not_configured_does_not_fail(service):
    service.machine.run("rm", "/etc/refresh-router/config.yaml")
    service.systemctl("start", SERVICE)
    assert (service.show("ActiveState"), service.show("ConditionResult")) == ("inactive", "no")


def test_a_restart_by_systemd_refuses_no_connection(service):
    for unit, name in (("refresh-router.socket", "webhooks"), ("refresh-router-admin.socket", "admin")):
        service.drop_in("address", f"[Socket]\nListenStream=\nListenStream={service.listen[name].text}\n", unit)
        service.systemctl("start", unit)
    assert service.show("ActiveState") == "inactive"
    assert service.send("first").status == 200, "a connection starts it"
    with Clients(service, 3) as clients:
        for _ in range(3):
            before = len(clients.answers)
            wait_until(lambda: len(clients.answers) > before + 20, "answers")
            service.systemctl("restart", SERVICE)
    assert not clients.errors and set(clients.answers) == {200}
    assert service.show("NRestarts") == "0"


def test_systemd_that_knows_it_waits_for_the_reload_by_signal(service):
    if int(re.search(r"systemd (\d+)", service.systemctl("--version").stdout).group(1)) < 253:
        pytest.skip("this systemd does not know Type=notify-reload")
    service.drop_in("notify-reload", (TOP / "packaging" / "systemd" / "notify-reload.conf").read_text())
    service.systemctl("start", SERVICE)
    service.write_rules([rule(), rule("second")])
    service.systemctl("reload", SERVICE)
    assert service.show("StatusText").startswith("Serving 2 rules")
