"""The listeners among clients that are slow, many, hostile or old: who is served, who is turned away, and that it can be seen."""
import email
import os
import re
import resource
import select
import signal
import socket
import ssl
import subprocess
import threading

import pytest
import yaml

import harness
from harness import DEADLINE, Answer, request, rule, sign, wait_until

PART = b"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"


def dial(address, source="127.0.0.1"):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=DEADLINE, source_address=(source, 0))


def say(client, text):
    """False: the other side has closed it already."""
    try:
        client.sendall(text)
        return True
    except OSError:
        return False


def hear(client):
    """What comes until the other side closes or has sent one answer."""
    text = b""
    try:
        while True:
            part = client.recv(65536)
            text += part
            head, _, body = text.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: *(\d+)", head, re.I)
            if not part or (length and len(body) >= int(length.group(1))):
                return text
    except ConnectionError:
        return text


def answer_of(address, text):
    client = dial(address)
    say(client, text)
    head, _, body = hear(client).partition(b"\r\n\r\n")
    client.close()
    found = re.match(rb"HTTP/1\.1 (\d+) ", head)
    assert found, (text, head)
    return Answer(int(found.group(1)), dict(email.message_from_bytes(head.split(b"\r\n", 1)[1])), body)


@pytest.fixture
def many_files():
    """Room for thousands of sockets in this process, which Debian's soft limit of 1,024 does not give."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] != resource.RLIM_INFINITY and before[1] < 5000:
        pytest.skip("this process may not open 5,000 files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 5000), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.alone      # 3,000 connections at once take the machine's time from other tests that wait for an answer
@pytest.mark.parametrize("beginning", [b"", b"POST /webhooks/dbt HTTP/1.1\r\nX-", PART], ids=["nothing", "half a head", "half a body"])
def test_a_delivery_is_answered_among_three_thousand_slow_clients(router_of, sandbox, many_files, beginning):
    router = router_of(sandbox, [rule("none", when={"job_id": 1})], config={"limits": {"request_time": "10m"}})
    slow = [dial(router.address, f"127.0.0.{2 + number % 5}") for number in range(3000)]
    for client in slow:
        say(client, beginning)
    for _ in range(4):
        assert router.send().json["outcome"] == "unmatched"
    assert router.metric("refusals_total", reason="made_room") >= 1900
    assert router.metric("refusals_total", reason="no_room") == 0
    wait_until(lambda: router.metric("connections", listener="webhooks") <= 1001, "the dropped ones to be closed")
    wait_until(lambda: re.search(r'clients turned away" listener=webhooks closed_for_room=\d+', router.log), "a line in the log")
    assert len(re.findall("clients turned away", router.log)) < 10
    for client in slow:
        client.close()


def test_bodies_that_never_end_hold_bounded_memory(router_of, sandbox):
    router = router_of(sandbox, [rule("none", when={"job_id": 1})], config={"limits": {"request_time": "10m", "bodies": "4MiB"}})
    slow = [dial(router.address) for _ in range(40)]
    senders = [threading.Thread(target=say, args=(client, PART + b"x" * 999_999)) for client in slow]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(DEADLINE)
    assert router.send().json["outcome"] == "unmatched"
    wait_until(lambda: router.metric("refusals_total", reason="bodies") >= 30, "bodies to be dropped")
    assert router.metric("request_body_bytes") <= 4 << 20
    wait_until(lambda: re.search(r'clients turned away" listener=webhooks .*bodies_dropped=\d+', router.log), "a line in the log")
    for client in slow:
        client.close()


@pytest.mark.parametrize("text,status", [
    (b"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    (b"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 501),
    (b"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n{}", 400),
    (b"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400),
    (b"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\nContent-Length : 2\r\n\r\n{}", 400),
    (b"POST /webhooks/dbt HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 400),
    (b"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\n: y\r\nContent-Length: 2\r\n\r\n{}", 400),
    (b"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\nno colon\r\nContent-Length: 2\r\n\r\n{}", 400),
    (b"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n{}", 413),
    (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505),
    (b"\x16\x03\x01\x02\x00\x01\x00", 400),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100000, 431),
    (b"POST http://x/webhooks/dbt HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 401),
], ids=["two lengths", "coding", "no end", "length and coding", "blank before colon", "no host", "colon first", "no colon", "huge", "version", "TLS", "head", "absolute"])
def test_what_http_forbids_is_answered_at_once_and_in_json(router_of, sandbox, text, status):
    # Nobody may have to wait for this time.
    router = router_of(sandbox, [rule()], config={"limits": {"request_time": "10m"}})
    answer = answer_of(router.address, text)
    assert answer.status == status and answer.json["error"] and answer.headers["Content-Type"] == "application/json"


def test_a_delivery_to_an_absolute_uri_with_blanks_around_its_signature_is_taken(router):
    body = router.body()
    text = (f"POST http://{router.address}/webhooks/dbt HTTP/1.1\r\nHost: {router.address}\r\nAuthorization: \t {sign(body)} \t\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body
    assert answer_of(router.address, text).json["outcome"] == "routed"
    router.settle(1)


@pytest.fixture
def slow_disk(tmp_path):
    """A disk whose syncs wait while `stuck` exists, and its queries while `stuck.queries` does: its environment, and that path."""
    stuck = tmp_path / "stuck"
    environment = {**harness.shim(tmp_path, "slow_disk_shim"), "SLOW_DISK_FILE": str(stuck)}
    yield environment, stuck
    stuck.unlink(missing_ok=True)
    stuck.with_name("stuck.queries").unlink(missing_ok=True)


# ---- the admin listener ----

@pytest.mark.parametrize("host,status", [("localhost", 200), ("LOCALHOST:8081", 200), ("127.0.0.1:1", 200), ("127.9.9.9", 200), ("[::1]:8081", 200),
                                         ("router.example.com", 200), ("Router.Example.com.:8081", 200), ("evil.example", 403), ("evil.example:8081", 403),
                                         ("localhost.evil.example", 403), ("127.0.0.1.evil.example", 403), ("198.51.100.7", 403), ("[2001:db8::1]", 403),
                                         ("", 200)])
def test_only_names_of_its_own_lead_to_the_admin_listener(admin_router, host, status):
    for method, path in (("GET", "/api/v1/events"), ("GET", "/"), ("POST", "/-/reload")):
        version = "1.1" if host else "1.0"      # without a Host it can only be that
        text = f"{method} {path} HTTP/{version}\r\n" + (f"Host: {host}\r\n" if host else "") + "Connection: close\r\n\r\n"
        answer = answer_of(admin_router.admin, text.encode())
        assert answer.status == status, (method, path, answer.body)
        assert status == 200 or "admin_hosts" in answer.json["error"]


@pytest.mark.parametrize("host,origin,status", [("localhost:8081", "http://localhost:8081", 200), ("router.example.com", "https://ROUTER.example.com", 200),
                                                ("localhost:8081", "http://evil.example", 403), ("localhost:8081", "http://localhost:9999", 403),
                                                ("localhost:8081", "null", 403), ("evil.example", "http://evil.example", 403),
                                                ("router.example.com", "http://localhost", 403), ("localhost:8081", "ftp://localhost:8081", 403),
                                                ("localhost:8081", "localhost:8081", 403)])
def test_a_page_of_another_origin_changes_nothing(admin_router, host, origin, status):
    before = admin_router.metric("refusals_total", listener="admin", reason="forbidden")
    for path in ("/api/v1/sites/finance/pause", "/api/v1/sites/finance/resume", "/-/reload", "/api/v1/route"):
        answer = request(admin_router.admin, "POST", path, body=b"{}", headers={"Host": host, "Origin": origin})
        assert answer.status == status, (path, answer.body)
    assert admin_router.metric("refusals_total", listener="admin", reason="forbidden") == before + (0 if status == 200 else 4)
    # Looking is no change, where the name is ours.
    seen = request(admin_router.admin, "GET", "/api/v1/events", headers={"Host": host, "Origin": origin})
    assert seen.status == (403 if host == "evil.example" else 200)


@pytest.mark.parametrize("relation,status", [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403)])
def test_a_browser_says_whose_page_it_is_although_a_proxy_hides_the_scheme(admin_router, relation, status):
    """A page of http://router.example.com that somebody on the way has made, while the proxy serves https."""
    headers = {"Host": "router.example.com", "Origin": "http://router.example.com", "Sec-Fetch-Site": relation}
    for mode in ("navigate", "no-cors"):
        assert request(admin_router.admin, "POST", "/-/reload", headers={**headers, "Sec-Fetch-Mode": mode}).status == status
        seen = 200 if mode == "navigate" else status     # a link may lead here from anywhere
        assert request(admin_router.admin, "GET", "/api/v1/events", headers={**headers, "Sec-Fetch-Mode": mode}).status == seen


def test_no_answer_is_taken_for_another_type(admin_router):
    for path in ("/", "/assets/page.js", "/api/v1/events", "/metrics", "/healthz", "/nowhere"):
        assert request(admin_router.admin, "GET", path).headers["X-Content-Type-Options"] == "nosniff", path


def test_a_reload_takes_other_admin_hosts(router_of, sandbox):
    router = router_of(sandbox, [rule()])
    named = lambda: request(router.admin, "GET", "/healthz", headers={"Host": "new.example.com"}).status      # noqa: E731
    assert named() == 403
    router.config["admin_hosts"] = "new.example.com"
    router.write_config()
    wait_until(lambda: named() == 200, "the name to be known")


def test_a_hundred_idle_admin_connections_do_not_hold_up_health(router):
    idle = [dial(router.admin) for _ in range(300)]
    assert request(router.admin, "GET", "/healthz").json == {"status": "alive"}
    assert router.metric("refusals_total", reason="made_room") >= 200
    wait_until(lambda: re.search(r'clients turned away" listener=admin closed_for_room=\d+', router.log), "the line of the log")
    for client in idle:
        client.close()


def test_health_is_told_while_queries_take_long(router_of, sandbox, slow_disk):
    environment, stuck = slow_disk
    router = router_of(sandbox, [rule()], environment=environment)
    router.send()
    router.settle(1)
    router.send(jobId="none of ours")
    queries = stuck.with_name("stuck.queries")
    queries.touch()
    answers = []
    asking = [threading.Thread(target=lambda: answers.append(request(router.admin, "GET", "/api/v1/events").status)) for _ in range(3)]
    for asker in asking:
        asker.start()
    for _ in range(3):
        assert request(router.admin, "GET", "/healthz").json == {"status": "alive"}
        assert router.ready()[0] == 200
        assert router.metric("events_total", outcome="routed") == 1
    assert not answers, "the queries have not waited"
    queries.unlink()
    for asker in asking:
        asker.join(DEADLINE)
    assert answers == [200, 200, 200]


def test_health_is_told_however_many_queries_wait(router_of, sandbox, slow_disk):
    environment, stuck = slow_disk
    router = router_of(sandbox, [rule()], environment=environment)
    queries = stuck.with_name("stuck.queries")
    queries.touch()
    clients = [dial(router.admin) for _ in range(45)]
    for client in clients:
        say(client, b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    # More than wait at once are refused at once, and all the others have what they asked for in the end.
    wait_until(lambda: select.select(clients, [], [], 0)[0], "a query too many to be refused")
    clients += [dial(router.admin) for _ in range(20)]
    for client in clients[45:]:
        say(client, b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for _ in range(3):
        assert request(router.admin, "GET", "/healthz").json == {"status": "alive"}
    queries.unlink()
    statuses = [hear(client)[9:12] for client in clients]
    assert set(statuses) <= {b"200", b"503", b""} and statuses.count(b"200") >= 20 and b"503" in statuses
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def admin_router(tmp_path_factory):
    folder = tmp_path_factory.mktemp("admin")
    (folder / "s").mkdir()
    (folder / "r").mkdir()
    sandbox = harness.Sandbox(folder / "s", {"sites": [harness.site_world()]})
    router = harness.Router(folder / "r", sandbox, [rule()], config={"admin_hosts": ["router.example.com"]})
    yield router
    router.stop()
    sandbox.stop()


# ---- the end ----

@pytest.fixture
def stuck(router_of, sandbox, slow_disk):
    """A daemon that was asked to stop while a delivery waits for the disk: itself, the file that holds the disk, and the coming answer."""
    environment, path = slow_disk
    router = router_of(sandbox, [rule()], environment=environment)
    router.send()
    router.settle(1)
    path.touch()
    answers = []
    sender = threading.Thread(target=lambda: answers.append(harness.quietly(router.send)))
    sender.start()
    wait_until(lambda: router.metric("journal_queue_entries") == 0 and router.metric("requests_total", listener="webhooks") > 1 and router.metric("request_body_bytes") > 0,
               "the delivery to wait for the disk")
    router.process.send_signal(signal.SIGTERM)
    wait_until(lambda: 'msg="stopping"' in router.log, "the stop to begin")
    yield router, path, sender, answers
    path.unlink(missing_ok=True)
    sender.join(DEADLINE)


def test_a_stop_while_the_disk_is_stuck_answers_503_and_signs_out(stuck, sandbox):
    router, path, sender, answers = stuck
    sender.join(DEADLINE)      # within it: nobody waits for the disk for ever
    assert answers[0].status == 503 and int(answers[0].headers["Retry-After"]) > 0 and answers[0].json["error"]
    path.unlink()
    assert router.process.wait(DEADLINE) == 0, router.log
    assert sandbox.calls("POST", "/auth/signout$")


def test_a_hangup_during_a_stop_is_no_second_signal(stuck):
    router, path, sender, _ = stuck
    router.process.send_signal(signal.SIGHUP)
    sender.join(DEADLINE)
    assert router.is_alive()
    path.unlink()
    assert router.process.wait(DEADLINE) == 0, router.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_at_once(stuck, number):
    router, _, _, _ = stuck
    router.process.send_signal(number)
    assert router.process.wait(DEADLINE) == 1


# ---- starts that fail ----

def start_of(router, name, **changes):
    """What a start with a changed configuration exits with, and says."""
    path = router.folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({**router.config, **changes}))
    told = harness.cli("serve", "--config", path, environment=router.environment)
    return told.returncode, told.stderr.decode()


def listen_on(address):
    return {"webhooks": address, "admin": "127.0.0.1:0"}


def test_a_start_that_only_an_edit_mends_exits_78_and_any_other_1(router_of, sandbox, tmp_path):
    router = router_of(sandbox, [rule()])
    other = f"sqlite:{tmp_path}/other.db"
    (tmp_path / "file").write_text("")
    (tmp_path / "photo.db").write_bytes(b"holiday" * 1000)
    (tmp_path / "checkout").mkdir()
    (tmp_path / "wrong.yaml").write_text("version: 1\nrules: [{nmae: x}]\n")
    nowhere = {"certificate": "cert.pem", "private_key": "key.pem"}
    cases = [
        (1, router.address, {"listen": listen_on(router.address), "store": other}),
        (1, "192.0.2.1:8080", {"listen": listen_on("192.0.2.1:8080"), "store": other}),
        (1, "in use by process", {}),
        (1, "no-rules", {"rules": [f"{tmp_path}/checkout"]}),
        (1, "unreadable", {"rules": [f"{tmp_path}/unmounted"]}),
        (1, "unreadable", {"listen": {**listen_on("127.0.0.1:0"), "tls": nowhere}}),
        (1, "secret-missing", {"sources": [{"name": "dbt", "secrets": [{"file": "not-written-yet"}]}]}),
        (78, "unreadable", {"rules": [f"{tmp_path}/unmounted", f"{tmp_path}/wrong.yaml"]}),
        (78, "Not a directory", {"store": f"sqlite:{tmp_path}/file/state.db"}),
        (78, "not a SQLite database", {"store": f"sqlite:{tmp_path}/photo.db"}),
        (78, "version", {"version": 9}),
    ]
    for status, said, changes in cases:
        found, text = start_of(router, "other", **changes)
        assert found == status and said in text, (changes, found, text)


def test_a_start_on_a_full_disk_exits_1(router_of, sandbox, small_disk):
    router = router_of(sandbox, [rule()])
    harness.fill(small_disk)
    status, text = start_of(router, "full", store=f"sqlite:{small_disk}/state.db")
    assert status == 1 and "state.db" in text, text


def test_a_start_with_few_descriptors_serves_fewer_connections_and_says_so(router_of, sandbox):
    router = router_of(sandbox, [rule("none", when={"job_id": 1})], command=("prlimit", "--nofile=300:300"))
    told = re.search(r"fewer connections than limits.connections: .* connections=(\d+) files=300 ", router.log)
    assert told and 0 < int(told.group(1)) < 300, router.log
    slow = [dial(router.address, f"127.0.0.{2 + number % 5}") for number in range(400)]
    assert router.send().json["outcome"] == "unmatched" and router.get("/readyz")["ready"]
    for client in slow:
        client.close()


def test_a_start_raises_the_number_of_files_that_it_may_open(router_of, sandbox):
    router = router_of(sandbox, [rule("none", when={"job_id": 1})], command=("prlimit", "--nofile=256:4096"))
    assert resource.prlimit(router.process.pid, resource.RLIMIT_NOFILE)[0] > 1024 and "fewer connections" not in router.log


def test_a_descriptor_that_is_missing_costs_an_idle_connection(router_of, sandbox):
    router = router_of(sandbox, [rule("none", when={"job_id": 1})])
    idle = [dial(router.address) for _ in range(50)]
    wait_until(lambda: router.metric("connections", listener="webhooks") >= 50, "them to be accepted")
    highest = max(int(name) for name in os.listdir(f"/proc/{router.process.pid}/fd"))
    before = resource.prlimit(router.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(router.process.pid, resource.RLIMIT_NOFILE, (highest + 1, before[1]))
    idle += [dial(router.address) for _ in range(10)]     # where something else was closed before
    assert router.send().json["outcome"] == "unmatched"
    resource.prlimit(router.process.pid, resource.RLIMIT_NOFILE, before)
    assert router.metric("refusals_total", reason="no_descriptor") >= 1 and router.metric("refusals_total", reason="made_room") >= 1
    for client in idle:
        client.close()


# ---- TLS ----

@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", folder / "key.pem",
                    "-out", folder / "cert.pem"], check=True, capture_output=True)
    return {"certificate": str(folder / "cert.pem"), "private_key": str(folder / "key.pem")}


def trusting():
    """A client that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "TLS"])
def test_nothing_is_read_behind_a_request_that_nobody_signed(router_of, sandbox, certificate, is_tls):
    listen = {**listen_on("127.0.0.1:0"), **({"tls": certificate} if is_tls else {})}
    router = router_of(sandbox, [rule("none", when={"job_id": 1})], config={"listen": listen, "limits": {"request_time": "10m"}})
    head = b"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\n"
    with dial(router.address) as client:
        if is_tls:
            client = trusting().wrap_socket(client)
        for number in range(2):     # who signs keeps the connection
            body = router.body(eventId=f"evt-{number}")
            client.sendall(head + f"Authorization: {sign(body)}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            assert b'"unmatched"' in hear(client)
        # libmicrohttpd takes ": y" for the end of the head, and the rest for another request
        client.sendall(head + b": y\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert hear(client).startswith(b"HTTP/1.1 401 ")
        assert hear(client) == b""


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version,is_taken", [("TLSv1", False), ("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
def test_only_tls_1_2_and_1_3_are_spoken(router_of, sandbox, certificate, version, is_taken):
    router = router_of(sandbox, [rule()], config={"listen": {**listen_on("127.0.0.1:0"), "tls": certificate}})
    context = trusting()
    context.set_ciphers("ALL:@SECLEVEL=0")     # so that it is not this client who refuses
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with dial(router.address) as client:
        if is_taken:
            with context.wrap_socket(client) as wrapped:
                assert wrapped.version() == version.replace("_", ".")
        else:
            with pytest.raises(ssl.SSLError) as refused:
                context.wrap_socket(client)
            # By the other side, with an alert or without.
            assert "EOF" in str(refused.value) or "alert" in str(refused.value), refused.value


@pytest.mark.parametrize("mode,is_told", [(0o600, False), (0o640, False), (0o644, True)])
def test_check_warns_of_a_key_that_everybody_may_read(tmp_path, certificate, mode, is_told):
    key = tmp_path / "key.pem"
    key.write_bytes(open(certificate["private_key"], "rb").read())
    key.chmod(mode)
    config = {"version": 1, "rules": [], "listen": {"tls": {**certificate, "private_key": str(key)}}}
    config["sources"] = [{"name": "dbt", "secrets": [{"env": "NOT_HERE"}]}]
    config["sites"] = [{"name": "s", "server": "https://t.example.com", "pat": {"name": "p", "secret": {"env": "NOR_THIS"}}}]
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    told = harness.cli("check", "--config", tmp_path / "config.yaml")
    assert told.returncode == 0 and ("[readable-key]" in told.stderr.decode()) == is_told, told.stderr
