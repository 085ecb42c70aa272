"""Who is let in at the admin listener, and what strangers get."""
import http.client
import os
import pathlib
import pwd
import re
import shutil
import socket
import ssl
import stat
import subprocess
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


# ---- tokens ----

READER, ONCALL = "viewer-token-0123456789", "operator-token-0123456789"
SECRETS = {"secrets/reader": READER + "\n", "secrets/oncall": ONCALL + "\n"}
TOKENS = [{"name": "reader", "role": "viewer", "secret": {"file": "secrets/reader"}},
          {"name": "oncall", "role": "operator", "secret": {"file": "secrets/oncall"}}]


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def guarded(tmp_path, sandbox, **rest):
    config = {"admin_tokens": TOKENS, **rest.pop("config", {})}
    return harness.Router(tmp_path, sandbox, [rule()], config=config, files=SECRETS, **rest)


def ask(router, method, path, token=None, headers=None):
    return request(router.admin, method, path, headers={**(bearer(token) if token else {}), **(headers or {})})


def commands(router, id, token):
    return ask(router, "GET", f"/api/v1/events/{id}", token).json.get("commands", [])


def counted(router, reason, token=ONCALL):
    text = ask(router, "GET", "/metrics", token).body.decode()
    return int(re.search(rf'^refresh_router_refusals_total{{listener="admin",reason="{reason}"}} (\d+)$', text, re.M).group(1))


def routes():
    """Method, path and need of every route, as the daemon's table has them. Ids and names are those of `guard`."""
    table = (harness.TOP / "src/admin/admin.c").read_text()
    found = re.findall(r'^\t\{ "(\w+)", "([^"]+)", \w+, \w+, ACCESS_(\w+) \},$', table, re.M)
    assert len(found) > 15 and len(found) == table.count(", ACCESS_") - table.count(", request, ACCESS_")
    for method, path, need in found:
        id = "1" if "events" in path else "finance" if "sites" in path else "2"
        yield method, path.replace("*", id) + (id if len(path) > 1 and path.endswith("/") else ""), need


READS = ["/metrics", "/api/v1/events", "/api/v1/refreshes", "/api/v1/selections", "/api/v1/sites", "/api/v1/rules", "/nowhere", "/api/v1/events/1"]
CHANGES = ["/api/v1/refreshes/2/retry", "/api/v1/refreshes/2/cancel", "/api/v1/events/1/replay", "/api/v1/sites/finance/pause",
           "/api/v1/sites/finance/resume", "/-/reload"]


@pytest.fixture
def guard(tmp_path, sandbox):
    router = guarded(tmp_path, sandbox)
    assert router.send().status == 200
    harness.wait_until(lambda: b'"succeeded"' in ask(router, "GET", "/api/v1/refreshes/2", READER).body, "the refresh")
    yield router
    router.stop()
    assert READER not in router.log and ONCALL not in router.log


def test_without_a_token_only_probes_and_an_empty_page_are_there(guard):
    for path in READS:
        answer = ask(guard, "GET", path)
        assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer"), path
    for path in CHANGES + ["/api/v1/route", "/api/v1/resolve"]:
        assert ask(guard, "POST", path).status == 401, path
    assert ask(guard, "GET", "/healthz").status == 200
    ready = ask(guard, "GET", "/readyz")
    assert ready.status == 200 and ready.json["ready"]
    page = ask(guard, "GET", "/")
    assert page.status == 200 and b"admin_tokens" in page.body
    for known in (b"finance", b"Revenue", b"nightly", b"dbt-", b"sha256"):
        assert known not in page.body, known
    assert counted(guard, "no_token") == len(READS) + len(CHANGES) + 2


def test_every_route_asks_for_its_role_and_shows_a_stranger_nothing(guard):
    asked = list(routes())
    assert {path for _, path, need in asked if need == "PROBE" and not path.startswith("/assets/")} == {"/healthz", "/readyz"}
    for method, path, need in asked:
        answer = ask(guard, method, path)
        if need in ("READ", "CHANGE"):
            assert answer.status == 401, (method, path)
        else:
            # a page that asks for a token
            assert method == "GET" and answer.status in (200, 401), (method, path, answer.status)
            for known in (b"Revenue", b"nightly", b"Finance/", b"701331", b"succeeded at"):
                assert known not in answer.body, (path, known)
        if need == "CHANGE":
            assert ask(guard, method, path, READER).status == 403, path
    assert not commands(guard, 1, READER)


def test_a_viewer_reads_and_changes_nothing(guard):
    for path in READS:
        assert ask(guard, "GET", path, READER).status in (200, 404), path
    assert b"Revenue" in ask(guard, "GET", "/", READER).body
    assert ask(guard, "POST", "/api/v1/route", READER).status == 400      # it is read, and is no event
    for path in CHANGES:
        answer = ask(guard, "POST", path, READER)
        assert answer.status == 403 and "insufficient_scope" in answer.headers["WWW-Authenticate"], path
    assert not commands(guard, 1, READER)
    assert len(ask(guard, "GET", "/api/v1/events", READER).json["items"]) == 1
    assert counted(guard, "role") == len(CHANGES)
    assert "token=reader" in guard.log


def test_a_wrong_token_changes_nothing_and_is_counted(guard):
    for path in CHANGES:
        answer = ask(guard, "POST", path, ONCALL[:-1] + "x")
        assert answer.status == 401 and "invalid_token" in answer.headers["WWW-Authenticate"], path
    assert not commands(guard, 1, READER)
    assert counted(guard, "wrong_token") == len(CHANGES)
    assert "from=127.0.0.1" in guard.log and ONCALL[:-1] not in guard.log


def test_the_name_of_the_token_is_recorded_and_no_header(guard):
    assert ask(guard, "POST", "/api/v1/events/1/replay", ONCALL, {"X-Asked-By": "mallory"}).status == 200
    assert [c["by"] for c in commands(guard, 1, READER)] == ["oncall"]


def test_a_stolen_host_and_a_page_of_another_origin_need_more_than_a_token(guard):
    for path in ["/", "/healthz", *READS]:
        assert ask(guard, "GET", path, ONCALL, {"Host": "evil.example.com"}).status == 403, path
    for path in CHANGES:
        assert ask(guard, "POST", path, ONCALL, {"Origin": "https://evil.example.com"}).status == 403, path
    assert not commands(guard, 1, READER)


def test_a_thousand_wrong_tokens_do_not_keep_others_out(guard):
    statuses, connection = [], http.client.HTTPConnection(guard.admin)
    for n in range(1000):
        answer = request(guard.admin, "GET", "/api/v1/sites", headers=bearer(f"guess-{n}"), connection=connection)
        statuses.append(answer.status)
        if answer.status == 429:
            assert int(answer.headers["Retry-After"]) >= 1
    assert statuses[:10] == [401] * 10 and 429 in statuses, statuses[:12]
    assert request(guard.admin, "GET", "/healthz").status == 200
    other = http.client.HTTPConnection(guard.admin, source_address=("127.0.0.2", 0))
    assert request(guard.admin, "GET", "/api/v1/sites", headers=bearer(READER), connection=other).status == 200
    harness.wait_until(lambda: ask(guard, "GET", "/api/v1/sites", READER).status == 200, "a try of the slowed address")
    assert counted(guard, "slowed") >= statuses.count(429)
    assert "guess-" not in guard.log


def test_tokens_are_rotated_by_a_reload(guard):
    (guard.folder / "secrets/oncall").write_text("another-operator-token-0123456789")
    harness.wait_until(lambda: '"reloaded"' in guard.log, "the reload")
    assert ask(guard, "GET", "/api/v1/sites", "another-operator-token-0123456789").status == 200
    assert ask(guard, "POST", "/-/reload", ONCALL).status == 401
    (guard.folder / "secrets/oncall").write_text("short")
    harness.wait_until(lambda: "less than 16 bytes" in guard.log, "the refused reload")
    assert ask(guard, "POST", "/api/v1/events/1/replay", "another-operator-token-0123456789").status == 200


def test_without_tokens_loopback_is_recorded_as_such(tmp_path, sandbox):
    router = harness.Router(tmp_path, sandbox, [rule()])
    router.send()
    router.settle(1)
    assert request(router.admin, "POST", "/api/v1/events/1/replay", headers={"X-Asked-By": "mallory", **bearer("whatever")}).status == 200
    assert [c["by"] for c in router.event(1)["commands"]] == ["loopback"]
    router.stop()


def test_at_the_socket_the_user_is_recorded(tmp_path, sandbox, sock):
    addresses = {"webhooks": harness.Address().text, "admin": f"unix:{sock}"}
    router = guarded(tmp_path, sandbox, config={"listen": addresses})
    router.send()
    router.settle(1)
    told = cli("replay", "1", "--url", f"unix:{sock}")
    assert told.returncode == 0, told
    told = cli("replay", "1", "--url", f"unix:{sock}", environment={"REFRESH_ROUTER_TOKEN": ONCALL})
    assert told.returncode == 0, told
    assert sorted(c["by"] for c in router.event(1)["commands"]) == sorted([pwd.getpwuid(os.getuid()).pw_name, "oncall"])
    assert ask(router, "POST", "/api/v1/events/1/replay", READER).status == 403
    router.stop()


def test_beyond_loopback_there_must_be_tokens(tmp_path, sandbox):
    everywhere = {"webhooks": harness.Address().text, "admin": "0.0.0.0:0"}
    router = harness.Router(tmp_path, sandbox, [rule()], config={"listen": everywhere}, may_die=True)
    assert ended(router) == 78
    assert "open-admin" in router.log
    told = cli("check", "--config", tmp_path / "config.yaml", "--no-files")
    assert told.returncode == 1 and b"[open-admin]" in told.stderr, told
    router.config["admin_tokens"] = TOKENS
    for name, text in SECRETS.items():
        (tmp_path / name).write_text(text)
    router.write_config()
    router.start()
    address = router.admin.replace("0.0.0.0", "127.0.0.1")
    assert request(address, "GET", "/api/v1/sites").status == 401
    assert request(address, "GET", "/api/v1/sites", headers=bearer(READER)).status == 200
    router.stop()


# ---- the command line ----

def test_commands_show_the_token_of_a_file_or_of_the_environment(guard):
    config = ["--config", guard.folder / "config.yaml"]
    told = cli("events", *config)
    assert told.returncode == 1 and b"HTTP 401" in told.stderr and b"--token-file" in told.stderr, told
    for token in (["--token-file", guard.folder / "secrets/reader"], []):
        told = cli("events", *config, *token, environment={"REFRESH_ROUTER_TOKEN": "wrong" if token else READER})
        assert told.returncode == 0 and b"nightly" in told.stdout, told
    told = cli("replay", "1", *config, environment={"REFRESH_ROUTER_TOKEN": READER})
    assert told.returncode == 1 and b"HTTP 403" in told.stderr, told
    told = cli("replay", "1", *config, environment={"REFRESH_ROUTER_TOKEN": ONCALL})
    assert told.returncode == 0, told
    told = cli("diff", guard.folder / "rules", guard.folder / "rules", "--url", f"http://{guard.admin}", environment={"REFRESH_ROUTER_TOKEN": READER})
    assert told.returncode == 0, told


def test_a_token_never_goes_to_another_machine_in_clear(tmp_path):
    for url in ("http://192.0.2.1:81", "192.0.2.1:81", "http://127.0.0.1@router.invalid:81", "HTTP://router.invalid"):
        told = cli("sites", "--url", url, environment={"REFRESH_ROUTER_TOKEN": ONCALL})
        assert told.returncode == 2 and b"in clear" in told.stderr and ONCALL.encode() not in told.stderr, told
    told = cli("sites", "--url", "http://router.invalid:81", "--token-in-clear", environment={"REFRESH_ROUTER_TOKEN": ONCALL})
    assert told.returncode == 69, told      # nobody has this name
    (tmp_path / "token").write_text("two words")
    told = cli("sites", "--url", "http://127.0.0.1:1", "--token-file", tmp_path / "token")
    assert told.returncode == 2 and b"no token has" in told.stderr and b"two words" not in told.stderr, told


# ---- TLS ----

def make_certificate(folder, name):
    """Signed by itself, for loopback; `name` is its subject."""
    folder.mkdir(exist_ok=True)
    files = {"certificate": folder / "cert.pem", "private_key": folder / "key.pem"}
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", folder / "key.new",
                    "-out", folder / "cert.new", "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
                   check=True, capture_output=True)
    (folder / "key.new").chmod(0o600)
    return {key: str(path) for key, path in files.items()}


def put_in_place(folder):
    """The certificate last: in between is a pair that does not fit, which a reload refuses."""
    for name in ("key", "cert"):
        (folder / f"{name}.new").rename(folder / f"{name}.pem")


def subject(address, version=None):
    """The name in the certificate that is shown there; None: no handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version:
        context.set_ciphers("ALL:@SECLEVEL=0")      # so that it is not this client who refuses
        context.minimum_version = context.maximum_version = version
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=harness.DEADLINE) as client:
        try:
            with context.wrap_socket(client) as wrapped:
                der = wrapped.getpeercert(binary_form=True)
        except ssl.SSLError:
            return None
    text = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-subject"], input=der, capture_output=True, check=True).stdout.decode()
    return text.strip().rpartition("=")[2].strip()


@pytest.fixture
def secured(tmp_path, sandbox):
    """Both listeners over TLS, each with its own certificate."""
    listen = {"webhooks": "127.0.0.1:0", "admin": "127.0.0.1:0"}
    for key, folder in (("tls", "web"), ("admin_tls", "adm")):
        listen[key] = make_certificate(tmp_path / folder, f"first-{folder}")
        put_in_place(tmp_path / folder)
    router = guarded(tmp_path, sandbox, config={"listen": listen})
    yield router
    router.stop()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_both_listeners_speak_tls_1_2_and_1_3_and_no_other(secured):
    for address, name in ((secured.address, "first-web"), (secured.admin, "first-adm")):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            assert subject(address, version) == name
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            assert subject(address, version) is None, version
    with socket.create_connection(secured.admin.rsplit(":", 1)) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"alive" not in plain.recv(4096)


def test_a_certificate_is_rotated_by_a_reload_and_a_bad_one_is_refused(secured):
    folder = secured.folder
    for which, address in (("web", secured.address), ("adm", secured.admin)):
        (folder / which / "cert.pem").write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
        harness.wait_until(lambda: "bad-certificate" in secured.log or "no PEM certificate" in secured.log, "the refusal")
        assert subject(address) == f"first-{which}"
        make_certificate(folder / which, f"second-{which}")
        put_in_place(folder / which)
        harness.wait_until(lambda: subject(address) == f"second-{which}", "the new certificate")
    assert subject(secured.address) == "second-web"


def test_a_connection_goes_on_while_its_certificate_is_replaced(secured):
    context = ssl.create_default_context(cafile=secured.folder / "adm/cert.pem")
    connection = http.client.HTTPSConnection(secured.admin, context=context, timeout=harness.DEADLINE)
    for name in ("second", "third"):
        assert request(secured.admin, "GET", "/api/v1/sites", headers=bearer(READER), connection=connection).status == 200
        make_certificate(secured.folder / "adm", name)
        put_in_place(secured.folder / "adm")
        harness.wait_until(lambda: subject(secured.admin) == name, "the new certificate")
    assert request(secured.admin, "GET", "/api/v1/sites", headers=bearer(READER), connection=connection).status == 200
    connection.close()


def test_a_page_without_tls_changes_nothing_where_there_is_tls(secured):
    """Anybody on the way can make a page of http://, under the listener's own name and port."""
    context = ssl.create_default_context(cafile=secured.folder / "adm/cert.pem")
    for scheme, status in (("http", 403), ("https", 200)):
        connection = http.client.HTTPSConnection(secured.admin, context=context, timeout=harness.DEADLINE)
        headers = {**bearer(ONCALL), "Origin": f"{scheme}://{secured.admin}"}
        assert request(secured.admin, "POST", "/-/reload", headers=headers, connection=connection).status == status
        connection.close()


def test_commands_speak_tls_to_the_daemon(secured):
    url = ["--url", f"https://{secured.admin}"]
    token = {"REFRESH_ROUTER_TOKEN": READER}
    assert cli("sites", *url, environment=token).returncode == 69       # nobody knows who signed it
    told = cli("sites", *url, "--ca-file", secured.folder / "adm/cert.pem", environment=token)
    assert told.returncode == 0 and b"finance" in told.stdout, told


def test_tls_begins_at_a_start(tmp_path, sandbox):
    router = harness.Router(tmp_path, sandbox, [rule()])
    router.config["listen"]["admin_tls"] = make_certificate(tmp_path / "adm", "late")
    put_in_place(tmp_path / "adm")
    router.write_config()
    assert "listen.admin_tls changed: that takes effect at the next start" in router.reload().json["report"]
    assert request(router.admin, "GET", "/healthz").status == 200
    router.stop()
    router.start()
    assert subject(router.admin) == "late"
    told = cli("sites", "--config", tmp_path / "config.yaml", "--ca-file", tmp_path / "adm/cert.pem")
    assert told.returncode == 0, told
    router.stop()
