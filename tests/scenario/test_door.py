"""Edges where strangers' texts, bodies and answers meet us: nothing authentic is refused, nothing hides, nothing is endless."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import urllib.parse
import zlib

import pytest

import harness
from harness import BUILD, SECRET, ask, cli, request, rule, sign, wait_until

# What moves a cursor, reorders, or has no width: an escape sequence, CSI in one character, an override, isolates, blanks without width, a tag.
HIDDEN = ["\x1b", "\x7f", "\u009b", "\u202e", "\u2066", "\u061c", "\u200b", "\u200d", "\ufeff", "\u2028", "\U000e0041"]
EVIL = "".join(f"{n}{c}" for n, c in enumerate(HIDDEN)) + "end"


def on_terminal(columns, *arguments):
    """What a command prints on a terminal of so many columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([str(BUILD / "refresh-router"), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.STDOUT)
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:     # EIO: the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(master)
    assert process.wait(harness.DEADLINE) == 0
    return shown.decode().replace("\r\n", "\n")


# ---- what is shown ----

def test_nothing_hides_or_reorders_on_terminal_page_and_log(router_of, sandbox):
    name = "night\u202ely"
    router = router_of(sandbox, [rule(name, refresh=[{"site": "finance", "workbooks": EVIL}])])
    router.send(jobName=EVIL)
    router.post(router.body(), path=f"/webhooks/{urllib.parse.quote(EVIL)}")
    router.settle(1)
    url = ["--url", f"http://{router.admin}"]
    event = router.folder / "event.json"
    event.write_text(json.dumps({"job_id": 701331, "job_name": EVIL}))
    shown = {" ".join(command): cli(*command, *url).stdout.decode() for command in
             (["events"], ["refreshes"], ["show", "1"], ["show", "2"], ["events", "--format", "json"], ["events", "--export"], ["show", "2", "--format", "json"])}
    shown["route"] = cli("route", "--rules", router.folder / "rules", event).stdout.decode()
    shown["route, not matched"] = cli("route", "--rules", router.folder / "rules", "--explain", "-", stdin=b'{"job_id": "\xe2\x80\xae"}').stdout.decode()
    shown["page"] = request(router.admin, "GET", "/").body.decode()
    shown["log"] = router.log_path.read_bytes().decode()
    for where, text in shown.items():
        found = [hex(ord(c)) for c in HIDDEN if c in text]
        assert not found, (where, found)
        assert "u202e" in text, (where, text)
    assert json.loads(shown["events --format json"])[0]["fields"]["job_name"] == EVIL


def test_tables_stay_within_the_terminal_and_are_whole_in_a_pipe(router_of, sandbox):
    router = router_of(sandbox, [rule(), rule("a" * 200, refresh=[{"site": "finance", "workbooks": "日本語の長い名前" * 20}])])
    router.send(jobName="毎晩のジョブ" * 20)
    router.settle(2)
    url = ["--url", f"http://{router.admin}"]

    def widest(text):
        wide = re.compile("[\u3000-\u9fff]")
        return max(len(line) + len(wide.findall(line)) for line in text.splitlines())

    assert "毎晩のジョブ" * 20 in cli("events", *url).stdout.decode()
    assert "日本語の長い名前" * 20 in cli("refreshes", *url).stdout.decode()
    for command in ("events", "refreshes", "sites"):
        for columns in (40, 80, 200):
            assert widest(on_terminal(columns, command, *url)) <= columns


# ---- which request ----

@pytest.fixture
def two_sources(router_of, sandbox):
    sources = [{"name": "dbt-prod", "secrets": [{"env": "WEBHOOK_SECRET"}]},
               {"name": "ci", "secrets": [{"env": "CI_SECRET"}], "signature_header": "X-Signature"}]
    return router_of(sandbox, [rule()], config={"sources": sources}, environment={"CI_SECRET": "of the other one"})


@pytest.mark.parametrize("path,secret,advice", [
    ("/webhooks/dbt-prod/", SECRET, "source 'dbt-prod' signed it, whose URL ends in /webhooks/dbt-prod"),
    ("//webhooks/dbt-prod", SECRET, "/webhooks/dbt-prod"),
    ("/refresh-router/webhooks/dbt-prod", SECRET, "/webhooks/dbt-prod"),
    ("/webhooks/somebody", SECRET, "source 'dbt-prod' signed it"),
    ("/", SECRET, "source 'dbt-prod' signed it"),
    ("/ingress/webhooks/ci/", "nobody's", "the URL of source 'ci' ends in /webhooks/ci"),
    ("/webhooks/dbt_prd", "nobody's", "the nearest source is 'dbt-prod', whose URL ends in /webhooks/dbt-prod"),
    ("/something/else", "nobody's", "the URLs of the sources end in /webhooks/dbt-prod, /webhooks/ci"),
    ("/a\u202eb", SECRET, "path=\"/a\\\\u202eb\""),
])
def test_a_delivery_to_a_wrong_path_is_told_the_right_one(two_sources, path, secret, advice):
    body = two_sources.body()
    answer = two_sources.post(body, signature=sign(body, secret), path=urllib.parse.quote(path))
    assert answer.status == 404 and "dbt-prod" not in answer.body.decode()
    line = wait_until(lambda: [line for line in two_sources.log.splitlines() if "no source at this path" in line], "the line of the log")
    assert len(line) == 1 and advice in line[0]
    assert two_sources.metric("refusals_total", reason="astray") == (secret == SECRET)
    assert two_sources.metric("refusals_total", reason="unknown_path") == (secret != SECRET)


def test_a_delivery_signed_by_another_source_is_told_so_in_the_log(two_sources):
    body = two_sources.body()
    answer = two_sources.post(body, signature="", path="/webhooks/dbt-prod", headers={"X-Signature": sign(body, "of the other one")})
    assert answer.status == 401 and "ci" not in answer.json["error"]
    wait_until(lambda: "source 'ci' signed it, whose URL ends in /webhooks/ci" in two_sources.log, "the line of the log")


def test_strangers_who_look_around_fill_no_log_but_are_counted(two_sources):
    for number in range(50):
        assert request(two_sources.address, "GET", f"/wp-login-{number}.php").status == 404
        assert two_sources.post(b"{}", path=f"/x{number}", signature="0" * 64).status == 404
    assert two_sources.metric("refusals_total", reason="unknown_path") == 100
    assert "wp-login" not in two_sources.log and two_sources.log.count("no source at this path") < 50


@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_a_load_balancer_is_answered_and_told_nothing(two_sources, path):
    answer = request(two_sources.address, "GET", path)
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"{}", "application/json")
    answer = request(two_sources.address, "HEAD", path)
    assert (answer.status, answer.body) == (200, b"")
    assert two_sources.metric("refusals_total", reason="unknown_path") == 0
    assert request(two_sources.address, "GET", "/readyz").status == 404


def gzip(body):
    packer = zlib.compressobj(wbits=31)
    return packer.compress(body) + packer.flush()


def test_a_body_that_a_gateway_compressed_is_415_and_the_log_says_why(router_of, sandbox):
    router = router_of(sandbox, [rule()])
    body = router.body()
    plain, packed = sign(body), sign(gzip(body))
    for signature, sent in ((plain, gzip(body)), (packed, gzip(body))):
        answer = router.post(sent, signature=signature, headers={"Content-Encoding": "gzip"})
        assert answer.status == 415 and answer.headers["Accept-Encoding"] == "identity" and "Content-Encoding" in answer.json["error"]
    assert router.metric("refusals_total", reason="encoding") == 2 and router.metric("refusals_total", reason="signature") == 0
    wait_until(lambda: "content_encoding=gzip" in router.log and "is not what dbt signed" in router.log, "the line of the log")
    # A header that lies does no harm to what is signed and whole.
    assert router.post(body, headers={"Content-Encoding": "gzip"}).status == 200
    assert router.post(router.body(eventId="evt-2"), headers={"Content-Encoding": "identity"}).json["outcome"] == "routed"


# ---- which event ----

NO_ID = {"absent": None, "null": b"null", "empty": b'""', "blank": b'" "', "None": b'"None"', "undefined": b'"undefined"'}


@pytest.mark.parametrize("kind", NO_ID)
def test_a_delivery_without_an_event_id_is_never_a_duplicate(router_of, sandbox, kind):
    router = router_of(sandbox, [rule()])
    for run in range(3):
        event = json.loads(router.body(runId=str(run)))
        del event["eventId"]
        body = json.dumps(event).encode()
        if NO_ID[kind]:
            body = body[:-1] + b', "eventId": ' + NO_ID[kind] + b"}"
        assert router.post(body).json["outcome"] == "routed"
    events = router.events()
    assert len(events) == 3 and all("bears no event id" in e["reason"] for e in events)
    assert router.metric("events_without_id_total") == 3 and router.metric("events_total", outcome="duplicate") == 0
    wait_until(lambda: "event without an id" in router.log, "the line of the log")
    refreshes = router.settle(1)
    assert sorted(cause["event"] for refresh in refreshes for cause in refresh["causes"]) == sorted(e["id"] for e in events)


# A gateway that fills in a template writes the same "id" for every event: what nobody rendered, a constant, a zero.
@pytest.mark.parametrize("id", ["{{ eventId }}", "-", "0", "00000000-0000-0000-0000-000000000000", "\u200b"])
def test_an_event_id_that_several_runs_bear_makes_no_duplicate_of_another_run(router_of, sandbox, id):
    router = router_of(sandbox, [rule()])
    send = lambda run, **more: router.post(router.body(eventId=id, runId=run, **more)).json
    assert [send(run)["outcome"] for run in ("1", "2", "3")] == ["routed"] * 3
    assert send("1") == {"event": 1, "outcome": "duplicate", "matched": ["nightly"]}
    assert send("1", eventType="job.run.errored")["outcome"] == "unmatched"
    events = router.events()
    assert len(events) == 4 and all("another event has its event id" in e["reason"] for e in events[:3]) and "reason" not in events[3]
    assert router.metric("events_without_id_total") == 3 and router.metric("events_total", outcome="duplicate") == 1
    wait_until(lambda: "event without an id of its own" in router.log, "the line of the log")
    refreshes = router.settle(1)
    assert {cause["event"] for refresh in refreshes for cause in refresh["causes"]} == {1, 3, 5}


def test_an_event_id_without_a_webhook_id_still_marks(router_of, sandbox):
    router = router_of(sandbox, [rule()])
    event = json.loads(router.body(eventId="evt-1"))
    del event["webhookId"]
    body = json.dumps(event).encode()
    assert [router.post(body).json["outcome"] for _ in range(2)] == ["routed", "duplicate"]
    assert router.metric("events_without_id_total") == 0


# ---- which secret ----

STRAYS = {"CRLF": (SECRET + "\r\n", "ends in U+000D (carriage return)"), "two newlines": (SECRET + "\n\n", "ends in U+000A (line break)"),
          "BOM": ("\ufeff" + SECRET + "\n", "begins with U+FEFF (byte order mark)"), "blank": (SECRET + " ", "ends in U+0020 (space)"),
          "quotes": (f"'{SECRET}'\n", "is in quotation marks")}


@pytest.mark.parametrize("kind", STRAYS)
@pytest.mark.parametrize("where", ["file", "env"])
def test_stray_bytes_of_a_secret_are_named_by_check_and_log_and_the_secret_is_not(router_of, sandbox, where, kind):
    text, says = STRAYS[kind]
    environment = {"STRAY": text}
    router = router_of(sandbox, [rule()], source={"secrets": [{where: "secrets/stray" if where == "file" else "STRAY"}]}, files={"secrets/stray": text},
                       environment=environment)
    assert router.post(router.body()).status == 401      # which secret it is, only its owner knows
    wait_until(lambda: "secret with stray bytes" in router.log and says in router.log, "the line of the log")
    told = cli("check", "--config", router.folder / "config.yaml", "--secrets", environment={**router.environment, **environment})
    assert "[secret-stray]" in told.stderr.decode() and says in told.stderr.decode() and "source 'dbt'" in told.stderr.decode(), told.stderr
    assert told.returncode == 0 and b"1 warning" in told.stderr
    assert cli("check", "--config", router.folder / "config.yaml", "--secrets", "--strict", environment={**router.environment, **environment}).returncode == 1
    assert SECRET not in told.stderr.decode() + told.stdout.decode() + router.log
    # What is at hand is looked at unasked; what is not, or is kept from this run, is no error.
    told = cli("check", "--config", router.folder / "config.yaml", environment={**router.environment, **environment})
    assert told.returncode == 0 and says in told.stderr.decode() and b"remove it unless" in told.stderr, told.stderr
    for text in [None, ""] if where == "env" else []:
        told = cli("check", "--config", router.folder / "config.yaml", environment={"STRAY": text} if text is not None else {})
        assert told.returncode == 0 and not told.stderr, told.stderr


def test_stray_bytes_of_a_pat_are_named_too(router_of, sandbox):
    router = router_of(sandbox, [rule()])
    (router.folder / "secrets" / "finance").write_text("finance-secret\r\n")
    router.restart()
    wait_until(lambda: 'secret with stray bytes" site=finance' in router.log, "the line of the log")
    assert "finance-secret" not in router.log


@pytest.mark.parametrize("text", ["", "\n", "\r\n", " \n", "\ufeff"])
def test_a_secret_that_is_empty_or_blank_is_an_error(router_of, sandbox, text):
    router = router_of(sandbox, [rule()])
    (router.folder / "secrets" / "finance").write_text(text)
    told = cli("check", "--config", router.folder / "config.yaml", "--secrets", environment=router.environment)
    assert told.returncode == 1 and b"[secret-missing]" in told.stderr and re.search(b"the file is (empty|blank)", told.stderr)
    router.stop()
    told = cli("serve", "--config", router.folder / "config.yaml", environment=router.environment)
    assert told.returncode == 1 and re.search(b"the file is (empty|blank)", told.stderr), told.stderr


def test_send_names_the_stray_bytes_of_its_secret(router_of, sandbox):
    router = router_of(sandbox, [rule()])
    sample = harness.SAMPLES / "dbt" / "completed-success.json"
    told = cli("send", "--to", f"http://{router.address}/webhooks/dbt", "--secret-env", "S", sample, environment={"S": SECRET + "\n"})
    assert told.returncode == 1 and b"HTTP 401" in told.stdout and b"the secret of S ends in U+000A (line break)" in told.stderr, told


# ---- the command line before a server that is not ours ----

COMMANDS = [["events"], ["events", "--export"], ["refreshes"], ["show", "1"], ["show", "2"], ["retry", "2"], ["retry", "--site", "finance"], ["cancel", "2"],
            ["replay", "1"], ["sites"], ["sites", "pause", "finance"]]
STRANGE = [b"", b"hello", b"<html>\xff", b"[]", b"1", b"null", b'"text"', b"{}", b'{"items": 5}', b'{"items": {}, "next": "x", "id": "1"}', b'{"id": -1, "event": 0}',
           b'{"items": [], "next": null, "id": 1e300}', b'{"items": [{"id": 1e999}], "next": null}', b'{"items": [{"id": 1.5}], "next": null, "id": 1.5}',
           b'{"items": [], "next": 7}', b'{"items": [{"id": 1}], "next": -7}', b'{"items": [{"id": 1}], "next": 9007199254740993000}',
           b"{" + b'"a":{' * 100000, b"[" * 100000, b'{"items": [], "next": null, "id": ' + b"9" * 4000 + b"}"]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_server_that_is_not_ours_is_told_as_such(foreign, command):
    for body in STRANGE:
        foreign.answer = lambda path: (200, body)
        told = ask(foreign, *command)
        # A list that is empty is one, also where it says more.
        is_empty_list = body.startswith(b'{"items": []') and b'"next": null' in body and b"id" not in body
        assert told.returncode == (0 if is_empty_list else 69), (body[:60], told)
        assert b"is that the daemon?" in told.stderr and told.stderr.count(b"\n") == 1, (body[:60], told.stderr)
        assert not told.stdout or command == ["events", "--export"], (body[:60], told.stdout)


@pytest.mark.parametrize("command", [["events"], ["events", "--export"], ["refreshes", "--limit", "100000"], ["retry", "--state", "failed"]], ids=" ".join)
@pytest.mark.parametrize("kind", ["the same", "rising", "empty"])
def test_pages_that_have_no_end_are_not_read_for_ever(foreign, command, kind):
    def answer(path):
        pages = sum("cursor" in asked or "limit" in asked for asked in foreign.asked)
        items = [] if kind == "empty" else [{"id": 2, "created_at": "x"}]
        return 200, json.dumps({"items": items, "next": 1000 + pages if kind == "rising" else 1000}).encode()
    foreign.answer = answer
    told = ask(foreign, *command)
    assert told.returncode == 69 and b"leads nowhere; is that the daemon?" in told.stderr, told
    assert len(foreign.asked) < 10


def test_more_than_was_asked_for_is_not_shown(foreign):
    foreign.answer = lambda path: (200, json.dumps({"items": [{"id": 2 * n} for n in range(5000, 0, -1)], "next": 1}).encode())
    told = ask(foreign, "refreshes", "--limit", "3", "--state", "failed")
    assert told.returncode == 0 and len(told.stdout.splitlines()) == 4 and len(foreign.asked) == 1
    listed = ask(foreign, "refreshes", "--limit", "3", "--state", "failed", "--format", "json")
    assert len(json.loads(listed.stdout)) == 3


def test_what_an_answer_names_is_asked_for_within_bounds(foreign):
    foreign.answer = lambda path: (200, json.dumps({"id": int(path.rsplit("/", 1)[1]), "refreshes": list(range(2, 4000, 2))}).encode())
    told = ask(foreign, "show", "1")
    assert told.returncode == 0 and b"1899 more refreshes" in told.stdout and len(foreign.asked) == 101, told
    # When nobody answers any more it is said once.
    foreign.answer = lambda path: (200, foreign.first) if path.endswith("/1") else (200, b"gone")
    foreign.first = b'{"id": 1, "refreshes": [2, 4, 6]}'
    told = ask(foreign, "show", "1")
    assert told.stderr.count(b"is not JSON") == 1


def test_a_refusal_of_somebody_else_is_short_and_clean(foreign):
    foreign.answer = lambda path: (503, json.dumps({"error": "x" * 100000 + "\x1b[2J"}).encode())
    told = ask(foreign, "events")
    assert told.returncode == 69 and len(told.stderr) < 1300 and b"\x1b" not in told.stderr
    foreign.answer = lambda path: (302, b"moved")
    told = ask(foreign, "events")
    assert told.returncode == 1 and b"HTTP 302: it does not say why; is that the daemon?" in told.stderr
