"""Who is let in at the admin listener, and what strangers get."""
import os
import pathlib
import shutil
import socket
import stat
import tempfile

import pytest

import harness
from harness import cli, request, rule, site_world, wait_until


@pytest.fixture
def sandbox(tmp_path):
    box = harness.Sandbox(tmp_path, {"sites": [site_world()]})
    yield box
    box.stop()


@pytest.fixture
def sock():
    """A path short enough for a socket: that of a test's own folder may have more than 107 bytes."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="access-", dir="/tmp"))
    yield folder / "admin.sock"
    shutil.rmtree(folder)


def at_socket(tmp_path, sandbox, sock, listen=None, **rest):
    addresses = {"webhooks": harness.Address().text, "admin": f"unix:{sock}", **(listen or {})}
    return harness.Router(tmp_path, sandbox, [rule()], config={"listen": addresses}, **rest)


def ended(router):
    """The exit status of a daemon that does not start."""
    return router.process.wait(harness.DEADLINE)


# ---- the socket ----

def test_the_socket_has_its_mode_answers_and_is_gone_after_a_stop(tmp_path, sandbox, sock):
    router = at_socket(tmp_path, sandbox, sock, {"admin_mode": "0600"})
    assert router.admin == f"unix:{sock}"
    assert stat.S_IMODE(os.lstat(sock).st_mode) == 0o600
    router.send()
    router.settle(1)
    assert request(router.admin, "GET", "/healthz").json == {"status": "alive"}
    router.stop()
    assert not sock.exists()


def test_a_path_of_the_configuration_is_beside_it_and_commands_find_it(sandbox, sock):
    router = at_socket(sock.parent, sandbox, "admin.sock")
    assert stat.S_IMODE(os.lstat(sock).st_mode) == 0o660
    router.send()
    router.settle(1)
    for where in (["--config", sock.parent / "config.yaml"], ["--url", f"unix:{sock}"]):
        told = cli("events", *where)
        assert told.returncode == 0 and b"nightly" in told.stdout, told
    router.stop()
    told = cli("events", "--url", f"unix:{sock}")
    assert told.returncode == 69 and f"cannot reach the daemon at unix:{sock}".encode() in told.stderr, told


def test_the_socket_of_a_killed_daemon_is_replaced(tmp_path, sandbox, sock):
    router = at_socket(tmp_path, sandbox, sock)
    router.kill9()
    assert sock.is_socket()
    router.start()
    assert request(router.admin, "GET", "/healthz").status == 200
    router.stop()


def test_a_socket_with_a_listener_is_refused_and_goes_on(tmp_path, sandbox, sock):
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(sock))
        other.listen()
        router = at_socket(tmp_path, sandbox, sock, may_die=True)
        assert ended(router) == 1
        wait_until(lambda: f"another process listens on '{sock}'" in router.log, "the line of the log")
        assert sock.is_socket()


def test_a_file_at_the_path_is_never_removed(tmp_path, sandbox, sock):
    sock.write_text("precious")
    router = at_socket(tmp_path, sandbox, sock, may_die=True)
    assert ended(router) == 78
    wait_until(lambda: "is no socket" in router.log, "the line of the log")
    assert sock.read_text() == "precious"


def test_over_the_socket_any_one_word_is_a_host_and_a_domain_is_not(tmp_path, sandbox, sock):
    router = at_socket(tmp_path, sandbox, sock)
    for host, status in (("localhost", 200), ("d", 200), ("127.0.0.1", 200), ("10.0.0.1:81", 200), ("evil.example.com", 403)):
        assert request(router.admin, "GET", "/healthz", headers={"Host": host}).status == status, host
    router.stop()
