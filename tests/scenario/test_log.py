"""The log: programs can read every line of it, an id leads through a life, it keeps to itself what it should, and nobody waits for it."""
import contextlib
import fcntl
import http.client
import json
import os
import re
import select
import socket
import subprocess
import urllib.parse

import pytest

import harness
from harness import cli, quietly, request, rule, sign, wait_until

EVIL = "a\u202eb\x1b[31m\x85c\"\\ \u200b\n=d"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
PAIR = re.compile(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|[^\s"=]+)(?: |$)')


def logfmt(line):
    """A line as (key, text) in their order; quoted values are JSON strings."""
    pairs, at = [], 0
    while at < len(line):
        found = PAIR.match(line, at)
        assert found, (line[at:], line)
        pairs.append((found[1], json.loads(found[2]) if found[2][0] == '"' else found[2]))
        at = found.end()
    return pairs


def parsed(form, text):
    """Every line as a map. Each begins with time, level and msg, and has no key twice."""
    lines = []
    for line in text.splitlines():
        pairs = logfmt(line) if form == "logfmt" else json.loads(line, object_pairs_hook=list)
        keys = [key for key, _ in pairs]
        assert keys[:3] == ["time", "level", "msg"] and len(set(keys)) == len(keys), line
        lines.append(dict(pairs))
        assert TIME.fullmatch(lines[-1]["time"]) and lines[-1]["level"] in ("error", "warning", "info", "debug"), line
    return lines


def with_id(lines, key, value):
    """The lines with this id, alone or in a list."""
    def all_of(line):
        several = line.get(f"{key}s", [])
        return [str(line.get(key)), *(map(str, several) if isinstance(several, list) else several.split(","))]
    return [line for line in lines if str(value) in all_of(line)]


def named(lines, sentence):
    return [line for line in lines if line["msg"] == sentence]


RULES = [rule(), rule("missing", when={"job_id": 2}, refresh=[{"site": "finance", "workbooks": "Missing"}]),
         rule("any name", when={"job_id": 3}, refresh=[{"site": "finance", "workbooks": "${job_name}"}])]


def live(router):
    """Some of all that may happen; the ids of the events."""
    events = {"good": router.send(), "missing": router.send(jobId="2"), "hostile": router.send(jobId="3", jobName=EVIL), "unmatched": router.send(jobId="9")}
    router.settle(3)
    events["duplicate"] = router.post(router.body(eventId="evt-1"))
    router.post(b"{", signature=sign(b"{"))
    router.post(router.body(), signature="0" * 64)
    router.post(router.body(), path=urllib.parse.quote("/a\u202eb"))
    request(router.admin, "POST", "/api/v1/sites/finance/pause")
    request(router.admin, "POST", "/api/v1/sites/finance/resume")
    router.write_rules(f"version: 1\nrules: {EVIL!r}\n", "bad.yaml")
    assert router.reload().status == 422
    (router.folder / "rules" / "bad.yaml").unlink()
    assert router.reload().status == 200
    return {name: answer.json["event"] for name, answer in events.items()}


@pytest.mark.parametrize("level", ["info", "debug"])
@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_programs_read_every_line_and_an_id_leads_through_a_life(router_of, sandbox, form, level):
    router = router_of(sandbox, RULES, config={"log": {"format": form, "level": level}})
    ids = live(router)
    of_good, of_missing = (router.refreshes(event=ids[name])[0] for name in ("good", "missing"))
    router.stop()
    text = router.log_path.read_bytes().decode()
    assert not [c for c in text if c in "\u202e\x1b\x85\u200b"]
    lines = parsed(form, text)
    assert {line["level"] for line in lines} == {"error", "warning", "info"} | ({"debug"} if level == "debug" else set())
    told = [line for line in with_id(lines, "event", ids["good"]) if line["level"] != "debug"]
    assert [line["msg"] for line in told] == ["event received", "refresh ended", "event received"]
    assert [line.get("outcome") for line in told] == ["routed", None, "duplicate"]
    assert told[0]["rule"] == told[1]["rule"] == "nightly" and told[0]["event_id"] == "evt-1" and told[0]["source"] == "dbt"
    shown = {"refresh": of_good["id"], "state": "succeeded", "site": "finance", "kind": "workbook", "content": "Revenue",
             "content_id": of_good["content"]["id"], "project": "Finance/Daily", "job": of_good["job"]["id"], "attempts": 1}
    assert {key: told[1][key] for key in shown} == (shown if form == "json" else {key: str(value) for key, value in shown.items()})
    failed = named(with_id(lines, "refresh", of_missing["id"]), "refresh ended")
    assert [(line["level"], line["state"], line["rule"]) for line in failed] == [("warning", "failed", "missing")]
    assert "Missing" in failed[0]["reason"] and "job" not in failed[0]
    assert [line["outcome"] for line in with_id(lines, "event", ids["unmatched"])] == ["unmatched"]
    hostile = named(with_id(lines, "event", ids["hostile"]), "refresh ended")
    assert hostile[0]["content"] == 'a\\u202eb\\x1b[31m\\u0085c"\\ \\u200b\n=d'


def test_each_event_of_one_refresh_and_each_that_needs_none_is_found(router_of, sandbox):
    router = router_of(sandbox, [rule("one"), rule("two"), rule("early", when={"job_id": 2})], config={"log": {"format": "json"}})
    request(router.admin, "POST", "/api/v1/sites/finance/pause")
    ids = [router.send().json["event"] for _ in range(60)]
    wait_until(lambda: router.metric("open_work") == 120, "all of them to have joined")
    request(router.admin, "POST", "/api/v1/sites/finance/resume")
    router.settle(1)
    fresh = router.send(jobId="2", runFinishedAt="2020-01-01T00:00:00Z").json["event"]
    router.settle(1)
    router.stop()
    lines = parsed("json", router.log)
    assert len(router.log.splitlines()) < 60 + 20
    ends = named(lines, "refresh ended")
    assert len(ends) == 2 and [line["event"] for line in ends] == [line["events"][0] for line in ends]
    assert sorted(event for line in ends for event in line["events"]) == ids and all(line["rules"] == ["one", "two"] for line in ends)
    told = with_id(lines, "event", fresh)
    assert [line["msg"] for line in told] == ["event received", "refresh wanted"]
    assert told[1]["fate"] == "satisfied" and told[1]["refresh"] == ends[0]["refresh"]


def test_no_address_of_a_person_is_logged(router_of, sandbox):
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "${run_reason}"}])], arguments=["--log-level", "debug"])
    router.send(runReason="Kicked off from the UI by alice@example.com")
    failed = router.settle(1)[0]
    router.stop()
    assert "alice@example.com" in failed["content"]["name"] + failed["reason"]
    assert "alice" not in router.log and "Kicked off from the UI by ***@example.com" in router.log


def test_level_and_format_change_by_a_reload_unless_an_option_says_otherwise(router_of, sandbox):
    router = router_of(sandbox, [rule()])
    router.config["log"] = {"format": "json", "level": "debug"}
    router.write_config()
    wait_until(lambda: '"msg":"reloaded"' in router.log, "the reload")
    router.send()
    router.settle(1)
    wait_until(lambda: '"level":"debug","msg":"refresh changed"' in router.log and '"msg":"Tableau was asked"' in router.log, "steps")
    router.config["log"] = {"format": "json", "level": "warning"}
    router.write_config()
    assert router.reload().status == 200
    quiet = router.send().json["event"]
    router.settle(2)
    router.stop()
    lines = parsed("json", "".join(line for line in router.log.splitlines(True) if line[0] == "{"))
    assert not with_id(lines, "event", quiet) and len(named(lines, "reloaded")) == 1 and not named(lines, "stopped")
    stubborn = router_of(sandbox, [rule()], config={"log": {"format": "json", "level": "error"}}, arguments=["--log-format", "logfmt", "--log-level", "info"])
    assert stubborn.reload().status == 200
    wait_until(lambda: named(parsed("logfmt", stubborn.log), "reloaded"), "the line of the log")
    told = cli("serve", "--log-level", "loud", "--config", router.folder / "config.yaml")
    assert told.returncode == 2 and b"--log-level is debug, info, warning or error" in told.stderr


def test_problems_of_a_start_are_lines_too(router_of, sandbox):
    router = router_of(sandbox, [rule("loose", when={"job_id": "/1/"})], config={"log": {"format": "json"}})
    found = named(parsed("json", router.log), "problem in a file")
    assert [(line["level"], line["code"], line["line"]) for line in found] == [("warning", "unanchored-id", found[0]["line"])]
    assert found[0]["file"].endswith("rules.yaml")
    router.stop()
    router.write_rules("version: 1\nrules: no\n")
    told = cli("serve", "--config", router.folder / "config.yaml", environment=router.environment)
    assert told.returncode == 78
    assert {line["level"] for line in parsed("json", told.stderr.decode())} == {"error"}


def test_repeats_are_folded_and_the_last_is_told_at_the_stop(router_of, sandbox):
    router = router_of(sandbox, [rule()], config={"log": {"format": "json"}})
    router.write_rules("version: 1\nrules: no\n", "bad.yaml")
    for _ in range(20):
        assert router.reload().status == 422
    router.stop()
    told = [line for line in parsed("json", router.log) if line["msg"].startswith("reload refused")]
    assert len(told) == 6 and told[-1]["repeats"] >= 15 and re.search(f"… {told[-1]['repeats']} more in \\d+ (s|min)$", told[-1]["msg"])
    assert told[-1]["reason"] == told[0]["reason"] and "repeats" not in told[0]


# ---- nobody waits for the log ----

def start_elsewhere(router, script, **environment):
    """Starts it again under a shell that gives it another standard error output."""
    router.end()
    router.command = ["sh", "-c", script, "sh"]
    router.environment.update(environment)
    router.start(wait=False)
    router.address, router.admin = (router.addresses[name].text for name in ("webhooks", "admin"))
    wait_until(lambda: router.process.poll() is not None or quietly(lambda: router.ready()[0] == 200), "the daemon")


@pytest.fixture
def pipe(tmp_path):
    """A small pipe that is open at both ends, and that nobody reads."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    yield path, reader
    with contextlib.suppress(OSError):
        os.close(reader)


class Reader:
    """Reads all that is there, and what follows at once."""

    def __init__(self, fd):
        self.fd, self.text = fd, ""

    def has(self, wanted):
        while select.select([self.fd], [], [], 0)[0] and len(self.text) < 1 << 24:
            self.text += os.read(self.fd, 1 << 20).decode()
        return wanted in self.text


def test_a_reader_that_stops_reading_holds_nobody_up_and_is_told_what_it_missed(router_of, sandbox, pipe):
    router, reader = router_of(sandbox, [rule()]), Reader(pipe[1])
    start_elsewhere(router, 'exec "$@" 2>"$PIPE"', PIPE=str(pipe[0]))
    body, posts, connection = router.body(eventId="evt-same"), 0, http.client.HTTPConnection(router.address, timeout=harness.DEADLINE)
    while router.metric("log_lines_lost_total") < 10:
        assert posts < 50000, "no line is lost"
        for _ in range(500):
            assert router.post(body, connection=connection).status == 200
            posts += 1
    connection.close()
    wait_until(lambda: reader.has("lines of the log were lost"), "the lost lines to be told")
    event = router.send().json["event"]
    router.settle(2)
    refresh = router.refreshes(event=event)[0]["id"]
    wait_until(lambda: reader.has(f'msg="refresh ended" refresh={refresh} '), "the last line")
    lines = parsed("logfmt", reader.text)
    told = sum(int(line["lines"]) for line in named(lines, "lines of the log were lost"))
    received = named(lines, "event received")
    assert told == router.metric("log_lines_lost_total") >= 10
    assert len(received) < posts + 1 <= len(received) + told


def test_a_reader_that_never_reads_does_not_hold_up_the_stop(router_of, sandbox, pipe):
    router = router_of(sandbox, [rule()])
    start_elsewhere(router, 'exec "$@" 2>"$PIPE"', PIPE=str(pipe[0]))
    for _ in range(100):
        assert router.send().status == 200
    router.settle(1)
    assert router.end() == 0


def test_a_reader_that_is_gone_kills_nobody(router_of, sandbox, pipe):
    router = router_of(sandbox, [rule()])
    start_elsewhere(router, 'exec "$@" 2>"$PIPE"', PIPE=str(pipe[0]))
    os.close(pipe[1])
    assert router.send().status == 200 and router.settle(1)
    wait_until(lambda: router.metric("log_lines_lost_total") >= 2, "the lines to be lost")
    assert router.end() == 0


def test_no_file_takes_the_place_of_a_closed_standard_error_output(router_of, sandbox):
    router = router_of(sandbox, [rule()])
    start_elsewhere(router, 'exec "$@" 2>&-')
    assert os.readlink(f"/proc/{router.process.pid}/fd/2") == "/dev/null"
    assert router.send().status == 200 and router.settle(1)


def test_a_full_disk_loses_lines_and_says_so_later(router_of, sandbox, small_disk):
    router = router_of(sandbox, [rule()], config={"log": {"format": "json"}})
    log = small_disk / "log"
    start_elsewhere(router, 'exec "$@" 2>>"$LOG"', LOG=str(log))
    harness.fill(small_disk)
    wait_until(lambda: router.send().status == 200 and router.metric("log_lines_lost_total") > 5, "lines to be lost")
    router.settle(1)
    (small_disk / "filler").unlink()
    wait_until(lambda: "lines of the log were lost" in log.read_text(), "the lost lines to be told")
    router.send()
    assert router.end() == 0
    torn, whole = [], []
    for line in log.read_text().splitlines():
        try:
            whole.append(json.loads(line))
        except ValueError:
            torn.append(line)
    told = named(whole, "lines of the log were lost")
    assert len(torn) <= 1 and len(told) == 1 and told[0]["lines"] > 5
    assert whole[-1]["msg"] == "stopped"


# ---- the journal of systemd ----

IN_A_NAMESPACE = ["unshare", "-m"] if not os.geteuid() else ["unshare", "-Urm"]
WITH_A_JOURNAL = """mount -t tmpfs none /run && mkdir -p /run/systemd/journal && mount --bind "$JOURNAL" /run/systemd/journal &&
JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) && export JOURNAL_STREAM && exec "$@\""""


def fields_of(datagram):
    """The journal's native protocol: KEY=value, or KEY, the length in eight bytes and the value, for values with a line break."""
    fields, at = [], 0
    while at < len(datagram):
        end = datagram.index(b"\n", at)
        key, equals, value = datagram[at:end].partition(b"=")
        at = end + 1
        if not equals:
            length = int.from_bytes(datagram[at:at + 8], "little")
            value = datagram[at + 8:at + 8 + length]
            at += 8 + length + 1
        fields.append((key.decode(), value.decode()))
    return fields


@pytest.fixture
def journal(tmp_path, monkeypatch):
    if b"libsystemd" not in cli("--version").stdout:
        pytest.skip("this build has no libsystemd")
    if subprocess.run([*IN_A_NAMESPACE, "mount", "-t", "tmpfs", "none", "/run"], capture_output=True, check=False).returncode:
        pytest.skip("a namespace with mounts of its own cannot be made here")
    (tmp_path / "journal").mkdir()
    monkeypatch.chdir(tmp_path / "journal")      # an address is short
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("socket")
        listener.settimeout(harness.DEADLINE)
        yield tmp_path / "journal", listener


def test_the_journal_gets_fields_of_its_own(router_of, sandbox, journal):
    folder, listener = journal
    router = router_of(sandbox, [rule(), rule("two")], config={"log": {}})
    router.end()
    router.command = [*IN_A_NAMESPACE, "sh", "-c", WITH_A_JOURNAL, "sh"]
    router.environment["JOURNAL"] = str(folder)
    before = router.log
    router.start(wait=False)
    entries = []

    def until(sentence):
        while not entries or ("REFRESH_ROUTER_MSG", sentence) not in entries[-1]:
            entries.append(fields_of(listener.recv(1 << 20)))
        return dict(entries[-1])

    serving = until("serving")
    router.address, router.admin = serving["REFRESH_ROUTER_WEBHOOKS"], serving["REFRESH_ROUTER_ADMIN"]
    assert serving["PRIORITY"] == "6" and serving["MESSAGE"].startswith(f"serving webhooks={router.address} ")
    assert serving["CODE_FILE"] == "src/daemon/daemon.c" and serving["CODE_LINE"].isdigit() and serving["CODE_FUNC"] == "start"
    event = router.send(runReason="x\ny").json["event"]
    ended = until("refresh ended")
    refresh = router.settle(1)[0]
    assert ended["REFRESH_ROUTER_EVENT"] == str(event) and ended["REFRESH_ROUTER_REFRESH"] == str(refresh["id"])
    assert ended["REFRESH_ROUTER_SITE"] == "finance" and ended["REFRESH_ROUTER_JOB"] == refresh["job"]["id"]
    assert [value for key, value in entries[-1] if key == "REFRESH_ROUTER_RULE"] == ["nightly", "two"]
    assert "time=" not in ended["MESSAGE"] and ended["MESSAGE"].startswith("refresh ended refresh=")
    router.write_rules("version: 1\nrules: no\n", "bad.yaml")
    refused = until("reload refused; the last good configuration and rules go on serving")
    assert refused["PRIORITY"] == "3" and "\n" in refused["REFRESH_ROUTER_REASON"] and "\n" not in refused["MESSAGE"]
    assert router.log == before


@pytest.mark.skipif(os.path.exists("/run/systemd/journal/socket"), reason="there is a journal here")
def test_without_a_journal_its_format_is_prefixed_lines(router_of, sandbox):
    router = router_of(sandbox, [rule()], config={"log": {"format": "journald"}})
    assert re.search(r'^<6>serving webhooks=', router.log, re.M)
