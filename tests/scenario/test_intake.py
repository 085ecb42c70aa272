"""The webhook door: what gets in, what it is answered, and what a 200 promises."""
import concurrent.futures
import http.client
import json
import os
import re
import socket
import subprocess
import threading

import pytest

import json_texts
from harness import DEADLINE, SAMPLES, SECRET, Answer, cli, quietly, request, rule, sign, site_world, wait_until

ANY = [{"name": "everything", "when": [{}, {"event": ["job.run.errored", "job.run.started"], "status": ["error", "running", "cancelled", "success"]},
                                      {"status": ["error", "cancelled"]}],
        "mode": "shadow", "refresh": [{"site": "finance", "workbooks": "Revenue", "project": "Finance/Daily"}]}]

OUTCOMES = {
    "test-endpoint.json": "test",
    "test-endpoint-no-status.json": "test",
    "unknown-event-type.json": "ignored",
    "bad-duplicate-keys.json": "ignored",
    "completed-success-other-account.json": "ignored",
    "legacy-beta-2023-02.json": "ignored",     # of another account
}


def signatures():
    for line in (SAMPLES / "dbt" / "SIGNATURES").read_text().splitlines():
        digest, name = line.split()
        yield digest, name


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    import harness
    folder = tmp_path_factory.mktemp("door")
    (folder / "s").mkdir()
    (folder / "r").mkdir()
    sandbox = harness.Sandbox(folder / "s", {"sites": [site_world()]})
    router = harness.Router(folder / "r", sandbox, ANY, source={"account_id": "58121"})
    yield router
    router.stop()
    sandbox.stop()


@pytest.mark.parametrize("digest,name", list(signatures()), ids=lambda v: v if "." in v else "")
def test_every_sample_is_taken_as_its_readme_says(door, digest, name):
    answer = door.post((SAMPLES / "dbt" / name).read_bytes(), signature=digest)
    if name == "bad-truncated.body":
        assert answer.status == 400 and "JSON" in answer.json["error"]
        return
    assert answer.status == 200, answer.body
    account = json.loads((SAMPLES / "dbt" / name).read_bytes()).get("accountId")
    expected = OUTCOMES.get(name, "routed" if str(account) == "58121" else "ignored")
    assert answer.json["outcome"] == expected, answer.json
    assert answer.json["matched"] == (["everything"] if expected == "routed" else [])


@pytest.mark.parametrize("sample,status", [("completed-errored", "error"), ("legacy-errored-error-text", "error"), ("completed-canceled", "cancelled"),
                                           ("completed-cancelled-feb2026", "cancelled"), ("completed-success-types-swapped", "success"), ("started", "running")])
def test_a_status_is_told_by_its_code(door, sample, status):
    door.post((SAMPLES / "dbt" / f"{sample}.json").read_bytes())
    run = json.loads((SAMPLES / "dbt" / f"{sample}.json").read_bytes())
    found = [e for e in door.events() if e.get("event_id") == run["eventId"]]
    assert found[0]["fields"]["status"] == status


def test_the_same_delivery_twenty_times_at_once_is_one_event(router, sandbox):
    body = router.body(eventId="evt-twenty")
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: router.post(body), range(20)))
    assert [a.status for a in answers] == [200] * 20
    assert sorted(a.json["outcome"] for a in answers) == ["duplicate"] * 19 + ["routed"]
    assert len({a.json["event"] for a in answers}) == 1
    router.settle(1)
    assert len(sandbox.refresh_calls()) == 1


@pytest.mark.parametrize("signature", ["", "0" * 64, "abc", sign(b"other"), "Bearer eyJhbGciOi", "x" * 5000])
def test_a_wrong_signature_gets_401_and_nothing_else(door, signature):
    before = len(door.events())
    answer = door.post(door.body(eventId="evt-forged"), signature=signature)
    assert answer.status == 401 and set(answer.json) == {"error"}
    assert len(door.events()) == before


def test_a_signature_in_upper_case_is_good(door):
    body = door.body(eventId="evt-upper")
    assert door.post(body, signature=sign(body).upper()).status == 200


def test_a_body_changed_by_one_byte_is_refused(door):
    body = door.body(eventId="evt-changed")
    assert door.post(body + b" ", signature=sign(body)).status == 401


def test_either_secret_signs_while_one_is_rotated_and_another_header_may_carry_it(router_of, sandbox):
    router = router_of(sandbox, [rule()], source={"secrets": [{"env": "WEBHOOK_SECRET"}, {"env": "NEXT_SECRET"}], "signature_header": "X-Dbt-Signature"},
                       environment={"NEXT_SECRET": "the-next-one"})
    for number, secret in enumerate([SECRET, "the-next-one"]):
        body = router.body(eventId=f"evt-{number}")
        assert router.post(body, signature="Bearer gateway", headers={"X-Dbt-Signature": sign(body, secret)}).status == 200
    body = router.body(eventId="evt-3")
    assert router.post(body).status == 401
    wait_until(lambda: "a gateway" in router.log or "the header is missing" in router.log, "the line of the log")


@pytest.mark.parametrize("method,path,status", [("POST", "/webhooks/nobody", 404), ("GET", "/webhooks/dbt", 405), ("POST", "/", 404), ("DELETE", "/webhooks/dbt", 405)])
def test_other_paths_and_methods_are_told_so_in_json(door, method, path, status):
    answer = door.post(door.body(), path=path, method=method)
    assert answer.status == status and answer.json["error"]
    assert status != 405 or answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"text"', b"{", b"\xff\xfe", b'{"a":"\x00"}', b'{"eventType":"\xc3\x28"}', b"[" * 10000 + b"]" * 10000,
                                  b'{"a":' * 10000 + b"1" + b"}" * 10000])
def test_a_signed_body_that_is_no_json_object_gets_400(door, body):
    answer = door.post(body)
    assert answer.status == 400 and answer.json["error"]


def with_member(door, number, text):
    """A signed event of its own with one more member, and where that begins."""
    body = door.body(eventId=f"evt-member-{number}")[:-1] + b',"more":'
    return body + text + b"}", len(body)


def test_every_json_text_is_taken_and_kept_as_it_came(door):
    last = max((e["id"] for e in door.events()), default=0)
    bodies = [with_member(door, number, text)[0] for number, text in enumerate(json_texts.VALID)]
    bodies += [before + door.body(eventId=f"evt-around-{number}") + behind for number, (before, behind) in enumerate(json_texts.AROUND)]
    for body in bodies:
        answer = door.post(body)
        assert answer.status == 200 and answer.json["outcome"] in ("routed", "ignored"), (body[-80:], answer.body)
    kept = [door.event(e["id"])["body"].encode() for e in reversed(door.events()) if e["id"] > last]
    assert kept == bodies


def test_what_is_no_json_text_gets_400_with_the_place(door):
    cases = [(*with_member(door, number, text), text) for number, text in enumerate(json_texts.INVALID)]
    cases += [(door.body() + text, len(door.body()), text) for text in json_texts.BEHIND]
    before = door.metric("refusals_total", reason="invalid")
    for body, begin, text in cases:
        answer = door.post(body)
        place = re.search(r"the body: not JSON: .* at byte (\d+)$", answer.json["error"])
        assert answer.status == 400 and place, (text[:80], answer.body)
        assert begin <= int(place.group(1)) <= begin + len(text) + 1, (text[:80], begin, answer.body)
    assert door.metric("refusals_total", reason="invalid") == before + len(cases)


@pytest.mark.parametrize("extra, outcome", [(',"links":{"a":1,"a":2}', "routed"), (',"data":{}', "ignored"), (',"eventType":"job.run.started"', "ignored")])
def test_a_key_that_stands_twice_matters_where_it_is_read(door, extra, outcome):
    body = door.body(eventId=f"twice-{extra}", jobId="1")[:-1] + extra.encode() + b"}"
    answer = door.post(body)
    assert (answer.status, answer.json["outcome"]) == (200, outcome), answer.body


def test_what_is_no_text_in_a_field_becomes_a_character_that_says_so(door):
    body = door.body(eventId="evt-half", runStatusMessage="MESSAGE", jobName="NAME", runReason="WHY")
    body = body.replace(b"MESSAGE", b"it failed \\ud83d").replace(b"NAME", b"a\\u0000b").replace(b"WHY", b"\\udc00\\ud83d\\ude00")
    answer = door.post(body)
    assert answer.status == 200 and answer.json["outcome"] == "routed"
    event = door.event(answer.json["event"])
    fields = event["fields"]
    assert (fields["status_message"], fields["job_name"], fields["run_reason"]) == ("it failed \ufffd", "a\ufffdb", "\ufffd\U0001f600")
    assert event["body"].encode() == body
    assert door.post(body).json["outcome"] == "duplicate"


def test_a_body_over_the_limit_gets_413(door):
    big = b'{"a":"' + b"x" * (2 << 20) + b'"}'
    assert door.post(big).status == 413
    chunked = http.client.HTTPConnection(door.address, timeout=20)
    chunked.request("POST", "/webhooks/dbt", body=iter([big[:700000], big[700000:1400000], big[1400000:]]), headers={"Authorization": sign(big)}, encode_chunked=True)
    assert chunked.getresponse().status == 413
    assert door.post(door.body(eventId="evt-after-413")).status == 200


def test_a_chunked_body_is_as_good(door):
    body = door.body(eventId="evt-chunked")
    client = http.client.HTTPConnection(door.address, timeout=DEADLINE)
    client.request("POST", "/webhooks/dbt", body=iter([body[:100], body[100:]]), headers={"Authorization": sign(body)}, encode_chunked=True)
    answer = client.getresponse()
    assert answer.status == 200 and json.loads(answer.read())["outcome"] == "routed"


@pytest.mark.parametrize("text", [b"", b"\0\0\0\0", b"GET / HTTP/9.9\r\n\r\n", b"POST /webhooks/dbt HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                                  b"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
                                  b"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
                                  b"POST /" + b"a" * 200000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /webhooks/%2e%2e/%00 HTTP/1.1\r\nHost: x\r\n\r\n",
                                  b"POST /webhooks/dbt HTTP/1.1\r\n" + b"X: y\r\n" * 20000 + b"\r\n", b"\x16\x03\x01\x02\x00\x01\x00"],
                         ids=["nothing", "NULs", "version", "negative", "huge", "chunk", "path", "escapes", "headers", "TLS"])
def test_what_is_no_proper_http_harms_nobody(door, text):
    host, port = door.address.split(":")
    client = socket.create_connection((host, int(port)), timeout=DEADLINE)
    try:
        client.sendall(text)
        client.shutdown(socket.SHUT_WR)
        answer = client.recv(65536)
    except OSError:
        answer = b""         # reset: as good
    client.close()
    assert b" 200 " not in answer.split(b"\r\n")[0]
    assert door.post(door.body("test-endpoint")).status == 200


def test_a_slow_client_is_cut_off_and_the_others_are_served(router_of, sandbox):
    router = router_of(sandbox, [rule()], config={"limits": {"request_time": "1s"}})
    host, port = router.address.split(":")
    slow = [socket.create_connection((host, int(port))) for _ in range(20)]
    stop = threading.Event()

    def drip():
        text = b"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\nX-A: " + b"a" * 100000
        for at in range(len(text)):
            for client in slow:
                try:
                    client.send(text[at:at + 1])
                except OSError:
                    pass
            if stop.wait(0.05):
                return
    thread = threading.Thread(target=drip)
    thread.start()
    try:
        assert router.send().status == 200
        for client in slow:
            client.settimeout(DEADLINE)
            try:
                client.recv(1000)        # 408 and the end, or a reset
            except OSError as error:
                assert not isinstance(error, TimeoutError), "a dripping client still holds its connection"
    finally:
        stop.set()
        thread.join()
        for client in slow:
            client.close()


def test_more_connections_than_allowed_do_not_stop_the_door(router_of, sandbox):
    router = router_of(sandbox, [rule()], config={"limits": {"connections": 10, "request_time": "1s"}})
    host, port = router.address.split(":")
    idle = [socket.create_connection((host, int(port))) for _ in range(25)]
    wait_until(lambda: (quietly(router.send) or Answer(0, {}, b"")).status == 200, "room for a request")
    for client in idle:
        client.close()


def read_answer(client, buffer):
    """One HTTP answer from a keep-alive connection: its status, and what of the next one came with it."""
    while b"\r\n\r\n" not in buffer:
        part = client.recv(65536)
        assert part, "the connection was closed"
        buffer += part
    head, _, rest = buffer.partition(b"\r\n\r\n")
    length = int(re.search(rb"content-length: *(\d+)", head, re.I).group(1))
    while len(rest) < length:
        rest += client.recv(65536)
    return int(head.split()[1]), rest[length:]


@pytest.mark.parametrize("per_worker", [128, 256])
def test_keep_alive_connections_never_stall(router_of, sandbox, per_worker):
    """By epoll, libmicrohttpd 0.9.75 stops for good when one wait returns exactly 128 events; by poll it must not."""
    router = router_of(sandbox, [rule("none", when={"job_id": 1})], config={"limits": {"connections": 4000, "request_time": "60s"}})
    body = router.body("test-endpoint")
    text = (f"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\nAuthorization: {sign(body)}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
    workers = min(len(os.sched_getaffinity(0)), 8)
    host, port = router.address.split(":")
    clients = [socket.create_connection((host, int(port)), timeout=DEADLINE) for _ in range(per_worker * workers)]
    left = [b""] * len(clients)
    for _ in range(6):
        for client in clients:       # all of them become readable together
            client.sendall(text)
        for number, client in enumerate(clients):
            status, left[number] = read_answer(client, left[number])
            assert status == 200
    assert router.send().json["outcome"] == "unmatched"
    for client in clients:
        client.close()


def test_tls_with_a_configured_certificate(router_of, sandbox, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    router = router_of(sandbox, [rule()], config={"listen": {"webhooks": "127.0.0.1:0", "admin": "127.0.0.1:0",
                                                             "tls": {"certificate": str(tmp_path / "cert.pem"), "private_key": str(tmp_path / "key.pem")}}})
    sample = SAMPLES / "dbt" / "completed-success.json"
    sent = cli("send", "--to", f"https://{router.address}/webhooks/dbt", "--secret-env", "S", "--ca-file", tmp_path / "cert.pem", sample, environment={"S": SECRET})
    assert sent.returncode == 0, sent.stderr
    untrusted = cli("send", "--to", f"https://{router.address}/webhooks/dbt", "--secret-env", "S", sample, environment={"S": SECRET})
    assert untrusted.returncode == 69


def test_a_second_process_on_the_store_is_refused(router_of, sandbox):
    router = router_of(sandbox, [rule()])
    second = cli("serve", "--config", router.folder / "config.yaml", environment=router.environment)
    assert second.returncode == 1
    assert b"in use" in second.stderr and str(router.process.pid).encode() in second.stderr


def test_a_full_disk_sheds_load_heals_and_loses_nothing(router_of, sandbox, small_disk):
    router = router_of(sandbox, [rule()], config={"store": f"sqlite:{small_disk}/state.db"})
    filler = "x" * 100000
    acknowledged, refused = [], None
    for number in range(200):
        answer = router.send(number, runReason=filler)
        if answer.status == 200:
            acknowledged.append(answer.json["event"])
        else:
            refused = answer
            break
    assert acknowledged and refused.status == 503 and int(refused.headers["Retry-After"]) > 0
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    wait_until(lambda: router.send(number, runReason=filler).status == 200, "the daemon to heal")
    assert set(acknowledged) <= {e["id"] for e in router.events()}
    refreshes = router.settle()
    caused = {c["event"] for r in refreshes for c in r["causes"] if r["state"] == "succeeded"}
    assert set(acknowledged) <= caused


def test_a_read_only_disk_sheds_load_and_heals(router_of, sandbox, small_disk):
    router = router_of(sandbox, [rule()], config={"store": f"sqlite:{small_disk}/state.db"})
    assert router.send().status == 200
    router.settle(1)
    if subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], capture_output=True).returncode == 0:
        pytest.fail("a file system with a file open for writing was remounted read-only")
    # The kernel refuses that while the store is open, so a second daemon meets it at its start.
    router.stop()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    refused = cli("serve", "--config", router.folder / "config.yaml", environment=router.environment)
    assert refused.returncode == 1 and b"Read-only file system" in refused.stderr
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    router.start()
    assert router.send().status == 200
    router.settle()      # or the stop waits for the disk, which has gone by then


@pytest.mark.long
def test_no_secret_is_ever_shown(router_of, sandbox):
    router = router_of(sandbox, [rule()], arguments=["--log-level", "debug"])
    router.send()
    router.settle(1)
    # A session that ends, and a refusal that repeats what it was sent.
    sandbox.fault("expire_session", on={"method": "POST", "path": "*/refresh"})
    sandbox.fault("error", code=401001, detail="finance-secret is wrong", on={"path": "*signin"})
    router.send()
    router.post(router.body(), signature=sign(router.body(), "finance-secret"))
    wait_until(lambda: "cannot sign in" in router.log, "the refusal", deadline=DEADLINE + 15)
    paths = ["/", "/metrics", "/readyz", "/api/v1/events", "/api/v1/events/1", "/api/v1/refreshes", "/api/v1/sites", "/api/v1/rules"]
    shown = b"".join(request(router.admin, "GET", path).body for path in paths)
    shown += router.reload().body + cli("show", "1", "--url", f"http://{router.admin}").stdout
    for path in (router.folder / "store").iterdir():
        shown += path.read_bytes()
    router.stop()
    for path in (router.folder / "store").iterdir():
        shown += path.read_bytes()
    shown += router.log.encode() + router.out_path.read_bytes()
    for secret in (SECRET, "finance-secret", sign(router.body(eventId="evt-1"))):
        assert secret.encode() not in shown
    assert not re.search(rb"X-Tableau-Auth|personalAccessTokenSecret", shown)
