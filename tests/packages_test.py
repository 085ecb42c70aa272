"""The packages, installed: by the dpkg of a machine of their own with a systemd of its own, which vanishes with the test. $REFRESH_ROUTER_PACKAGES is the
folder in which `make deb` put them; without it there is nothing to test."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests" / "scenario"))

from harness import SECRET, Address, request, rule, sign      # noqa: E402
from systemd_machine import Machine      # noqa: E402
import yaml      # noqa: E402

FOLDER = pathlib.Path(os.environ.get("REFRESH_ROUTER_PACKAGES", "nowhere"))
SERVICE = "refresh-router.service"
STATE = "/var/lib/private/refresh-router/state.db"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="REFRESH_ROUTER_PACKAGES is not the folder of built packages")


def package(name):
    [found] = (path for path in FOLDER.glob(f"{name}_*.deb"))
    return found


def newer(folder, path):
    """The same package as a later version."""
    subprocess.run(["dpkg-deb", "-R", path, folder / "next"], check=True)
    control = folder / "next" / "DEBIAN" / "control"
    text = control.read_text()
    control.write_text(text.replace("\nVersion: ", "\nVersion: 1:"))
    assert control.read_text() != text
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", folder / "next", folder / "next.deb"], check=True, capture_output=True)
    return folder / "next.deb"


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    yield machine
    machine.end()


def install(machine, *paths):
    for path in paths:
        machine.copy(path, f"/{path.name}")
    machine.run("dpkg", "-i", *(f"/{path.name}" for path in paths))


def configure(machine, listen):
    """The example that is installed, with addresses and rules of the test."""
    config = yaml.safe_load(machine.run("cat", "/usr/share/doc/refresh-router/examples/config.yaml").stdout)
    config["listen"]["webhooks"] = listen.text
    machine.write("/etc/refresh-router/config.yaml", yaml.safe_dump(config))
    machine.write("/etc/refresh-router/rules/rules.yaml", yaml.safe_dump({"version": 1, "rules": [rule()]}))
    for name in ("dbt_prod", "finance_pat"):
        machine.write(f"/etc/refresh-router/secrets/{name}", f"{SECRET}\n", 0o600)
    machine.run("install", "-D", "/usr/share/doc/refresh-router/examples/systemd/credentials.conf",
                "/etc/systemd/system/refresh-router.service.d/credentials.conf")
    machine.run("systemctl", "daemon-reload")


def deliver(listen, sample):
    body = (TOP / "tests" / "samples" / "dbt" / sample).read_bytes()
    return request(listen.text, "POST", "/webhooks/dbt-prod", body, {"Content-Type": "application/json", "Authorization": sign(body)}).json["outcome"]


def test_the_package_is_installed_upgraded_removed_and_purged(machine, tmp_path):
    listen = Address()
    install(machine, package("refresh-router"))
    assert (machine.show(SERVICE, "UnitFileState"), machine.show(SERVICE, "ActiveState")) == ("enabled", "inactive"), "there is no configuration"
    assert machine.show("refresh-router.socket", "UnitFileState") == "disabled"
    assert machine.run("stat", "-c", "%a", "/etc/refresh-router/secrets").stdout.strip() == "700"
    machine.run("refresh-router", "check", "--no-files", "--config", "/usr/share/doc/refresh-router/examples/config.yaml")
    assert not machine.run("dpkg", "--verify", "refresh-router").stdout

    configure(machine, listen)
    machine.run("systemctl", "start", SERVICE)
    assert deliver(listen, "completed-success.json") == "routed"
    before = machine.show(SERVICE, "MainPID")

    install(machine, newer(tmp_path, package("refresh-router")))
    machine.wait_for(SERVICE, "ActiveState", "active")
    assert machine.show(SERVICE, "MainPID") != before, "what ran is started again"
    assert deliver(listen, "completed-success.json") == "duplicate", "the state is still there"
    events = json.loads(machine.run("refresh-router", "events", "--format", "json").stdout)      # by the socket of the example
    assert len(events) == 1

    machine.run("dpkg", "--remove", "refresh-router")
    machine.wait_for(SERVICE, "ActiveState", "inactive")
    machine.run("test", "-s", STATE)
    machine.run("dpkg", "--purge", "refresh-router")
    assert machine.run("test", "-e", STATE, check=False).returncode == 1
    machine.run("test", "-s", "/etc/refresh-router/config.yaml")


def test_the_sandbox_is_installed(machine):
    install(machine, package("tableau-sandbox"))
    machine.run("tableau-sandbox", "--version")
    assert not machine.run("dpkg", "--verify", "tableau-sandbox").stdout
    machine.run("dpkg", "--purge", "tableau-sandbox")
