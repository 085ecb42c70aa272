"""The webhook door: what gets in, what it is answered, and what a 200 promises."""
import concurrent.futures
import http.client
import json
import os
import socket
import subprocess
import threading
import time

import pytest

from harness import SAMPLES, SECRET, cli, request, rule, sign, site_world, wait_until

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
    sandbox.end()


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
    assert "a gateway" in router.log or "the header is missing" in router.log


@pytest.mark.parametrize("method,path,status", [("POST", "/webhooks/nobody", 404), ("GET", "/webhooks/dbt", 405), ("POST", "/", 404), ("DELETE", "/webhooks/dbt", 405)])
def test_other_paths_and_methods_are_told_so_in_json(door, method, path, status):
    answer = door.post(door.body(), path=path, method=method)
    assert answer.status == status and answer.json["error"]
    assert status != 405 or answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"text"', b"{", b"\xff\xfe", b'{"a":"\x00"}', b'{"eventType":"\xc3\x28"}', b"[" * 10000 + b"]" * 10000,
                                  b'{"a":' * 10000 + b"1" + b"}" * 10000, b'{"eventType":"a\\u0000b"}'])
def test_a_signed_body_that_is_no_json_object_gets_400(door, body):
    answer = door.post(body)
    assert answer.status == 400 and answer.json["error"]


def test_a_body_over_the_limit_gets_413(door):
    big = b'{"a":"' + b"x" * (2 << 20) + b'"}'
    assert door.post(big).status == 413
    chunked = http.client.HTTPConnection(door.address, timeout=20)
    chunked.request("POST", "/webhooks/dbt", body=iter([big[:700000], big[700000:1400000], big[1400000:]]), headers={"Authorization": sign(big)}, encode_chunked=True)
    assert chunked.getresponse().status == 413
    assert door.post(door.body(eventId="evt-after-413")).status == 200


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
            client.settimeout(20)
            try:
                assert client.recv(1000) in (b"",) or True
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
    idle = [socket.create_connection((host, int(port))) for _ in range(60)]
    assert router.send().status == 200
    for client in idle:
        client.close()


@pytest.mark.parametrize("connections", [128, 256])
def test_keep_alive_connections_never_stall(door, connections):
    """libmicrohttpd's epoll mode can stop for good at exactly 128 events; by poll it must not."""
    clients = [http.client.HTTPConnection(door.address, timeout=60) for _ in range(connections)]
    body = door.body("test-endpoint")
    signature = sign(body)

    def rounds(client):
        return [door.post(body, signature=signature, connection=client).status for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        assert {status for statuses in pool.map(rounds, clients) for status in statuses} == {200}
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
    assert second.returncode == 78
    assert b"in use" in second.stderr and str(router.process.pid).encode() in second.stderr


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


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


def test_no_secret_is_ever_shown(router, sandbox):
    router.send()
    router.settle(1)
    sandbox.fault("error", code=401001, on={"path": "*signin"}, times=1)
    router.send()
    shown = router.log.encode() + json.dumps(router.events()).encode() + json.dumps(router.refreshes()).encode() + json.dumps(router.get("/api/v1/sites")).encode()
    shown += request(router.admin, "GET", "/").body + request(router.admin, "GET", "/metrics").body
    router.stop()
    for path in (router.folder / "store").iterdir():
        shown += path.read_bytes()
    for secret in (SECRET.encode(), b"finance-secret"):
        assert secret not in shown
