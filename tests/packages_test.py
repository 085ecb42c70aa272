"""The packages, installed: by the dpkg of a machine of their own with a systemd of its own, which vanishes with the test. $REFRESH_ROUTER_PACKAGES is the
folder of a build in which `make deb rpm npm` put them; without it there is nothing to test."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests" / "scenario"))

import harness      # noqa: E402
from harness import SECRET, Address, Router, request, rule, sign, wait_until      # noqa: E402
from systemd_machine import Machine      # noqa: E402
import yaml      # noqa: E402

FOLDER = pathlib.Path(os.environ.get("REFRESH_ROUTER_PACKAGES", "nowhere"))
SERVICE = "refresh-router.service"
STATE = "/var/lib/private/refresh-router/state.db"
VERSION = re.search(r"AC_INIT\(\[refresh-router\], \[([^]]+)\]", (TOP / "configure.ac").read_text()).group(1)
# What every Linux with systemd has (packaging/build-tarball).
SHARED = {"libc.so.6", "libm.so.6", "libgnutls.so.30", "libsystemd.so.0"}
GOOD = yaml.safe_dump({"version": 1, "rules": [rule()]})

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


def configure(machine, listen, examples="/usr/share/doc/refresh-router/examples"):
    """The example that is installed, with addresses and rules of the test."""
    config = yaml.safe_load(machine.run("cat", f"{examples}/config.yaml").stdout)
    config["listen"]["webhooks"] = listen.text
    machine.write("/etc/refresh-router/config.yaml", yaml.safe_dump(config))
    machine.write("/etc/refresh-router/rules/rules.yaml", yaml.safe_dump({"version": 1, "rules": [rule()]}))
    for name in ("dbt_prod", "finance_pat"):
        machine.write(f"/etc/refresh-router/secrets/{name}", f"{SECRET}\n", 0o600)
    machine.run("install", "-D", f"{examples}/systemd/credentials.conf", "/etc/systemd/system/refresh-router.service.d/credentials.conf")
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


# ---- the tarball ----

def run(*command, folder, check=True, **rest):
    told = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=harness.DEADLINE, check=False, **rest)
    assert not check or told.returncode == 0, (command, told.stdout, told.stderr)
    return told

@pytest.fixture
def unpacked(tmp_path):
    run("sha256sum", "-c", "SHA256SUMS", folder=FOLDER / "static")
    [tarball] = (FOLDER / "static").glob("*.tar.xz")
    run("tar", "-xf", tarball, folder=tmp_path)
    [folder] = tmp_path.glob(f"refresh-router-{VERSION}-linux-{os.uname().machine}")
    return folder


def test_the_tarball_has_what_an_installation_has(unpacked, tmp_path):
    here = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert {"LICENSE", "INSTALL", "README.md", "bin/refresh-router", "bin/tableau-sandbox", "lib/systemd/system/refresh-router.service",
            "share/man/man1/refresh-router.1", "share/bash-completion/completions/refresh-router.bash", "share/zsh/site-functions/_refresh-router",
            "share/doc/refresh-router/examples/config.yaml", "share/doc/refresh-router/examples/rules/first.yaml"} <= here
    assert "/usr/local/bin/refresh-router serve" in (unpacked / "lib/systemd/system/refresh-router.service").read_text()
    examples = unpacked / "share/doc/refresh-router/examples"
    run(unpacked / "bin/refresh-router", "check", "--no-files", "--config", examples / "config.yaml", folder=tmp_path)
    run(unpacked / "bin/refresh-router", "test", examples / "gallery", folder=tmp_path)


def test_what_is_inside_has_its_version_and_its_license(unpacked):
    """libmicrohttpd's is the LGPL: who changes it links the program again, from its source."""
    inside = dict(line.split() for line in (unpacked / "STATIC-LIBRARIES").read_text().splitlines())
    assert inside.keys() == {"cjson", "curl", "libmicrohttpd", "libyaml", "openssl", "pcre2", "sqlite3", "utf8proc", "zlib"}
    licenses = {path.name: path.read_text() for path in (unpacked / "share/doc/refresh-router/licenses").iterdir()}
    assert len(licenses) == len(inside) and all("icense" in text for text in licenses.values())
    assert "LGPL-2.1" in licenses["libmicrohttpd-dev"]
    told = run(unpacked / "bin/refresh-router", "--version", folder=unpacked).stdout
    assert all(re.search(rf"^{name} {re.escape(re.split('[-+]', inside[source])[0])}", told, re.M)
               for name, source in (("libcurl", "curl"), ("OpenSSL", "openssl"), ("cJSON", "cjson"), ("SQLite", "sqlite3"), ("libmicrohttpd", "libmicrohttpd")))


@pytest.mark.parametrize("program", ["refresh-router", "tableau-sandbox"])
def test_only_what_every_linux_has_stays_dynamic(unpacked, program):
    needed = re.findall(r"NEEDED +(\S+)", run("objdump", "-p", unpacked / "bin" / program, folder=unpacked).stdout)
    assert "libsystemd.so.0" in needed, "its unit waits for readiness"
    symbols = run("objdump", "-T", unpacked / "bin" / program, folder=unpacked).stdout
    assert max(tuple(map(int, found.split("."))) for found in re.findall(r"GLIBC_([\d.]+)", symbols)) <= (2, 34), "INSTALL says which glibc it needs"
    told = (unpacked / "SHARED-LIBRARIES").read_text().split()
    assert set(needed) <= set(told) == SHARED
    assert VERSION in run(unpacked / "bin" / program, "--version", folder=unpacked).stdout


def test_the_unpacked_programs_serve(unpacked, tmp_path, monkeypatch):
    monkeypatch.setattr(harness, "BUILD", unpacked / "bin")
    (tmp_path / "router").mkdir()
    sandbox = harness.Sandbox(tmp_path, {"sites": [harness.site_world()]})
    router = Router(tmp_path / "router", sandbox, [rule()])
    try:
        assert router.send().json["outcome"] == "routed"
        assert [refresh["state"] for refresh in router.settle(1)] == ["succeeded"]
    finally:
        router.stop()
        sandbox.stop()


def test_the_tarball_is_installed_as_it_says_and_its_unit_gets_ready(machine, unpacked):
    """The unit waits for readiness, which the program tells only if it was built for systemd."""
    commands = [line.strip() for line in (unpacked / "INSTALL").read_text().splitlines() if line.startswith("    ")]
    assert commands[-1] == "systemctl enable --now refresh-router"
    for path in [*(FOLDER / "static").iterdir()]:
        machine.copy(path, f"/root/{path.name}")
    machine.run("bash", "-ec", "\n".join(["cd /root", *commands[:-1]]))
    assert machine.run("refresh-router", "check", "--no-files", "--config", "/etc/refresh-router/config.yaml").stdout.startswith("ok: 1 rule, ")
    listen = Address()
    configure(machine, listen, "/usr/local/share/doc/refresh-router/examples")
    machine.run(*commands[-1].split())
    assert machine.show(SERVICE, "ActiveState") == "active"
    assert machine.run("readlink", f'/proc/{machine.show(SERVICE, "MainPID")}/exe').stdout.strip() == "/usr/local/bin/refresh-router"
    assert deliver(listen, "completed-success.json") == "routed"


# ---- the npm package ----

of_npm = pytest.mark.skipif(not shutil.which("npm"), reason="there is no npm")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project that has the package among its dependencies."""
    folder = tmp_path_factory.mktemp("project")
    [package] = (FOLDER / "npm").glob("*.tgz")
    (folder / "package.json").write_text('{"name": "project", "version": "1.0.0", "private": true}')
    run("npm", "install", "--offline", "--no-audit", "--no-fund", "--cache", folder / "cache", package, folder=folder)
    (folder / "good.yaml").write_text(GOOD)
    (folder / "bad.yaml").write_text(GOOD.replace("job_id", "job-id"))
    return folder


def launcher(project):
    return project / "node_modules/.bin/refresh-router"


of_npm = pytest.mark.skipif(not shutil.which("npm"), reason="there is no npm")


@of_npm
def test_npx_runs_the_command_line_and_passes_on_its_status(project):
    def npx(*arguments):
        return run("npx", "--offline", "refresh-router", *arguments, folder=project, check=False)
    package_ = project / "node_modules/refresh-router"
    about = json.loads((package_ / "package.json").read_text())
    assert len(list((package_ / "licenses").iterdir())) == len((package_ / "STATIC-LIBRARIES").read_text().splitlines())
    assert about["version"] == VERSION and about["os"] == ["linux"] and about["cpu"] and "scripts" not in about
    assert npx("--version").stdout.startswith(f"refresh-router {VERSION}\n")
    assert npx("check", "good.yaml").returncode == 0
    told = npx("check", "bad.yaml")
    assert told.returncode == 1 and "did you mean 'job_id'" in told.stderr + told.stdout
    assert npx("chekc").returncode == 2


@of_npm
def test_standard_input_arguments_and_output_are_the_programs(project):
    told = run(launcher(project), "check", "-", "--format", "json", folder=project, check=False, input=GOOD.replace("job_id", "job-id"))
    assert told.returncode == 1 and "unknown-field" in json.dumps(json.loads(told.stdout))


def is_program(stat, parent):
    with contextlib.suppress(OSError):      # it has gone meanwhile
        return stat.read_text().rsplit(")", 1)[1].split()[1] == str(parent) and os.readlink(stat.parent / "exe").endswith("/refresh-router")
    return False


@of_npm
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_reaches_the_program_and_its_end_is_the_launchers(project, number):
    signal.signal(signal.SIGINT, signal.default_int_handler)      # a shell in the background would have it ignored
    child = subprocess.Popen([launcher(project), "check", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=project)

    def program():
        return [stat.parent.name for stat in pathlib.Path("/proc").glob("[0-9]*/stat") if is_program(stat, child.pid)]
    [pid] = wait_until(program, "the program to run")
    child.send_signal(number)
    assert child.wait(harness.DEADLINE) == -number      # its input is still open
    child.communicate()
    assert not pathlib.Path(f"/proc/{pid}").exists()


@of_npm
@pytest.mark.parametrize("change,said", [('Object.defineProperty(process, "platform", {value: "darwin"});', "not for darwin-"),
                                         ('Object.defineProperty(process, "arch", {value: "riscv64"});', "not for linux-riscv64")])
def test_an_unsupported_platform_is_said(project, tmp_path, change, said):
    (tmp_path / "change.js").write_text(change)
    told = run("node", "--require", tmp_path / "change.js", launcher(project), "check", "good.yaml", folder=project, check=False)
    assert told.returncode == 2 and said in told.stderr and len(told.stderr.splitlines()) == 1, told.stderr


@of_npm
def test_a_linux_without_glibc_is_said(project, tmp_path):
    """The loader that the program names is not there, as on Alpine."""
    shutil.copytree(project / "node_modules/refresh-router", tmp_path / "package")
    program = tmp_path / "package/bin/refresh-router"
    bytes_ = program.read_bytes()
    loader = re.search(rb"/lib(64)?/ld-linux[\w.-]+", bytes_).group()
    program.write_bytes(bytes_.replace(loader, loader.replace(b"ld-linux", b"ld-other"), 1))
    told = run("node", tmp_path / "package/refresh-router.js", "--version", folder=tmp_path, check=False)
    assert told.returncode == 2 and "no glibc" in told.stderr, told.stderr
