"""The packages, installed: by the dpkg of a machine of their own with a systemd of its own, which vanishes with the test. $REFRESH_ROUTER_PACKAGES is the
folder of a build in which `make deb rpm npm` put them; without it there is nothing to test."""
import json
import os
import pathlib
import re
import shutil
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
    [found] = (path for path in (FOLDER / "deb").glob(f"{name}_*.deb"))
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


# ---- RPM ----

def files_of(text):
    """Programs, units, completions and data: manuals and documents have other places and endings."""
    return {path for path in (re.sub(r"^(/usr)?/lib/systemd", "/usr/lib/systemd", line) for line in text.split())
            if not re.search(r"/share/(doc|man|licenses)/|/\.build-id|/lintian/", path + "/")}


@pytest.mark.skipif(not shutil.which("rpm"), reason="there is no rpm")
@pytest.mark.parametrize("name", ["refresh-router", "refresh-router-review", "tableau-sandbox"])
def test_an_rpm_has_the_files_of_the_debian_package(name):
    [rpm] = (FOLDER / "rpm" / "RPMS").glob(f"*/{name}-0*.rpm")
    contents = subprocess.run(["dpkg-deb", "-c", package(name)], capture_output=True, text=True, check=True).stdout
    of_debian = files_of("\n".join(line.split()[5][1:] for line in contents.splitlines() if not line.endswith("/")))
    listed = subprocess.run(["rpm", "-qp", "--qf", "[%{FILEMODES:perms} %{FILENAMES}\n]", rpm], capture_output=True, text=True, check=True).stdout
    of_rpm = files_of("\n".join(line.split()[1] for line in listed.splitlines() if line.startswith("-")))
    assert of_rpm == of_debian and of_rpm
    assert ("drwx------ /etc/refresh-router/secrets" in listed) == (name == "refresh-router")


# ---- the tarball and npm ----

@pytest.fixture
def tarball(tmp_path):
    """Unpacked."""
    [path] = (FOLDER / "static").glob("*.tar.xz")
    subprocess.run(["sha256sum", "--check", "--quiet", f"{path.name}.sha256"], cwd=path.parent, check=True)
    subprocess.run(["tar", "-C", tmp_path, "-xf", path], check=True)
    [folder] = tmp_path.iterdir()
    return folder


def test_the_tarball_names_the_libraries_that_it_does_not_bring(tarball):
    linked = subprocess.run(["objdump", "-p", tarball / "bin" / "refresh-router"], capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"NEEDED +(\S+)", linked))
    told = set((tarball / "SHARED-LIBRARIES").read_text().split())
    brought = {path.name for path in (tarball / "lib" / "refresh-router").iterdir()}
    assert needed == told | brought
    assert told == {"libc.so.6", "libm.so.6", "libcrypto.so.3", "libcurl.so.4", "libgnutls.so.30"}
    found = subprocess.run(["ldd", tarball / "bin" / "refresh-router"], capture_output=True, text=True, check=True).stdout
    assert f"=> {tarball}/bin/../lib/refresh-router/libcjson.so.1" in found
    assert subprocess.run([tarball / "bin" / "refresh-router", "--version"], capture_output=True, check=True).stdout.startswith(b"refresh-router 0")


@pytest.mark.skipif(not shutil.which("npx"), reason="there is no npx")
def test_npx_checks_rules_from_the_package_without_a_network(tmp_path):
    [path] = (FOLDER / "npm").glob("*.tgz")
    (tmp_path / "rules").mkdir()
    rules = tmp_path / "rules" / "rules.yaml"

    def check(text):
        rules.write_text(text)
        return subprocess.run(["npx", "--yes", "--offline", f"--package={path}", "refresh-router", "check", "rules/"], cwd=tmp_path, capture_output=True,
                              text=True, env={**os.environ, "HOME": str(tmp_path)}, check=False)

    good = check(yaml.safe_dump({"version": 1, "rules": [rule()]}))
    assert good.returncode == 0 and good.stdout.startswith("ok: 1 rule, "), good.stderr
    bad = check("version: 1\nrules: [{name: a, wenn: 1}]\n")
    assert bad.returncode == 1 and "unknown field 'wenn'" in bad.stderr + bad.stdout
