"""`refresh-router events`: what can be searched for, and exports that a team may keep in its repository."""
import json
import signal
import subprocess
import threading

import jsonschema
import pytest

import harness
from harness import ask, cli, request, rule

SECRETS = ["Größe & <Söhne>", 'al\'ice"@example.com', "ne\nw\x1b[31m", "\u202eevil", "💣" * 40, "A" * 3000, "../../etc/passwd", "1001; DROP TABLE event"]


def export(router, *options):
    told = cli("events", "--export", *options, "--url", f"http://{router.admin}")
    assert told.returncode == 0 and not told.stderr, told
    return [json.loads(line) for line in told.stdout.decode().splitlines()]


@pytest.fixture
def named(router_of, sandbox):
    """A daemon with events whose every text is somebody's."""
    router = router_of(sandbox, [rule("rule of Größe & <Söhne>")])
    for number, text in enumerate(SECRETS):
        router.post(router.body(eventId=f"wev_{number:027}", webhookName=text, jobName=text, projectName=text, environmentName=SECRETS[0], runReason=text,
                                runStatusMessage=text, dbtVersion=text, runStartedAt=text, futureName=text, runStatus="Success"))
    router.settle(1)
    return router


# ---- redaction ----

def test_a_redacted_export_has_no_name_and_no_free_text(named):
    whole = cli("events", "--export", "--redact", "--url", f"http://{named.admin}").stdout.decode()
    for text in [*SECRETS, "Größe", "alice", "example.com", "nightly", "dbt\"", "futureName", "Revenue", "finance", harness.SECRET]:
        assert text not in whole and json.dumps(text)[1:-1] not in whole, text
    for event in map(json.loads, whole.splitlines()):
        assert not {"body", "selections", "reason", "commands"} & event.keys()
        assert {"source", "webhook_name", "job_name", "project_name", "environment_name", "run_reason", "status_message"} <= set(event["redacted"])
        jsonschema.validate(event, json.loads(cli("schema", "event").stdout))


def test_ids_statuses_and_times_stay_and_equal_texts_stay_equal(named):
    given, redacted = export(named), export(named, "--redact")
    kept = ["event", "event_id", "account_id", "project_id", "environment_id", "job_id", "run_id", "status", "status_code", "run_finished_at", "timestamp"]
    for before, after in zip(given, redacted, strict=True):
        assert {name: before[name] for name in ("id", "event_id", "received_at", "outcome", "refreshes")}.items() <= after.items()
        assert [before["fields"][name] for name in kept] == [after["fields"][name] for name in kept]
        assert after["fields"].keys() == before["fields"].keys()
        assert after["fields"]["job_name"] == after["fields"]["project_name"] == after["fields"]["run_reason"]
    assert len({event["fields"]["job_name"] for event in redacted}) == len(SECRETS)
    assert len({event["fields"]["environment_name"] for event in redacted}) == 1
    assert redacted[-1]["fields"]["job_name"] == redacted[0]["fields"]["environment_name"]


def test_an_id_that_is_no_id_is_a_text(router):
    router.send(jobId="Größe & <Söhne>", runId="5 for alice", eventId="wev_alice", webhookId="wsu_" + "a" * 26 + "\u00e9")
    event, = export(router, "--redact")
    assert event["event_id"].startswith("name-") and all(event["fields"][name].startswith("name-") for name in ("job_id", "run_id", "event_id", "webhook_id"))


def test_two_exports_have_nothing_in_common_unless_they_share_a_key(named, tmp_path):
    key, other, short = (tmp_path / name for name in ("key", "other", "short"))
    key.write_text("k" * 32 + "\n")
    other.write_text("o" * 32)
    short.write_text("k" * 15)
    texts = [json.dumps(export(named, "--redact", *options)) for options in ([], [], ["--redact-key", key], ["--redact-key", key], ["--redact-key", other])]
    assert len(set(texts)) == 4 and texts[2] == texts[3] and "kkkk" not in "".join(texts)
    for file in (short, tmp_path / "missing"):
        told = cli("events", "--export", "--redact", "--redact-key", file, "--url", f"http://{named.admin}")
        assert told.returncode == 2 and str(file).encode() in told.stderr and b"kkk" not in told.stderr and not told.stdout


def test_a_field_that_rules_match_may_stay(named, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text('version: 1\nrules:\n  - {name: r, when: {job_name: "../../etc/passwd"}, refresh: [{site: s, workbooks: W}]}\n')
    (tmp_path / "none.yaml").write_text('version: 1\nrules: []\n')
    for options, changed in (([], 0), (["--keep", "job_name"], 1)):
        (tmp_path / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in export(named, "--redact", *options)))
        told = cli("diff", tmp_path / "none.yaml", rules, "--events", tmp_path / "events.jsonl")
        assert told.stdout.decode().startswith(f"{changed} of {len(SECRETS)} events decide"), told
        # No difference is no answer where the rules could not match: that is said.
        assert (b"The events were redacted, so what the rules decide by job_name was not compared" in told.stdout) == (not changed), told
        told = cli("diff", tmp_path / "none.yaml", rules, "--events", tmp_path / "events.jsonl", "--format", "json")
        answer = json.loads(told.stdout)
        assert answer.get("redacted", []) == ([] if changed else ["job_name"])
        jsonschema.validate(answer, json.loads(cli("schema", "diff").stdout))
    kept = export(named, "--redact", "--keep", "job_name", "--keep", "source")
    assert sorted(event["fields"]["job_name"] for event in kept) == sorted(SECRETS) and {event["source"] for event in kept} == {"dbt"}
    assert all(event["fields"]["project_name"].startswith("name-") for event in kept)
    told = cli("events", "--export", "--redact", "--keep", "jobname", "--url", f"http://{named.admin}")
    assert told.returncode == 2 and b"did you mean 'job_name'?" in told.stderr


@pytest.mark.parametrize("options", [["--redact"], ["--export", "--keep", "job_name"], ["--export", "--redact-key", "k"]], ids=" ".join)
def test_half_of_a_redaction_is_refused(options):
    told = cli("events", *options, "--url", "http://127.0.0.1:1")
    assert told.returncode == 2 and b"too" in told.stderr and not told.stdout


# ---- time ----

def test_events_since_a_time_a_date_or_a_while(router):
    for _ in range(3):
        router.send()
    first, second, third = reversed([event["received_at"] for event in router.events()])
    ids = {text: [event["id"] for event in export(router, "--since", text)] for text in (first, second, third, "1h", first[:10], "2099-01-01", "0")}
    assert ids == {first: [5, 3, 1], second: [5, 3], third: [5], "1h": [5, 3, 1], first[:10]: [5, 3, 1], "2099-01-01": [], "0": []}
    listed = json.loads(cli("events", "--since", second, "--format", "json", "--url", f"http://{router.admin}").stdout)
    assert [event["id"] for event in listed] == [5, 3]
    assert [event["id"] for event in export(router, "--since", second, "--limit", "1")] == [5]


@pytest.mark.parametrize("text", ["", "yesterday", "7", "7 d", "-7d", "2026-02-30", "2026-11-26T25:00:00Z", "1969-01-01", "2026-11-26&outcome=test"])
def test_a_time_that_is_none_is_a_usage_error(text):
    told = cli("events", f"--since={text}", "--url", "http://127.0.0.1:1")
    assert told.returncode == 2 and b"--since is a time" in told.stderr and not told.stdout


# ---- filters of a few words ----

@pytest.mark.parametrize("command,near", [(["events", "--outcome", "routd"], "routed"), (["events", "--export", "--outcome", "Test"], "test"),
                                          (["refreshes", "--state", "runing"], "running"), (["refreshes", "--kind", "workbooks"], "workbook"),
                                          (["retry", "--state", "faild"], "failed"), (["retry", "--kind", "flows"], "flow")], ids=" ".join)
def test_a_word_that_no_item_can_have_is_a_usage_error(router, command, near):
    told = cli(*command, "--url", f"http://{router.admin}")
    assert told.returncode == 2 and f"did you mean '{near}'? There are: ".encode() in told.stderr and not told.stdout, told


@pytest.mark.parametrize("query", ["events?outcome=nonsense", "events?outcome=", "events?with=bodies", "events?since=7d", "events?since=1969-01-01T00:00:00Z",
                                   "refreshes?state=unresolved", "refreshes?kind=x", "selections?kind=workbooks"])
def test_a_list_refuses_values_that_no_item_can_have(router, query):
    answer = request(router.admin, "GET", f"/api/v1/{query}")
    assert answer.status == 400 and ("There " in answer.json["error"] or "such as" in answer.json["error"]), answer.body


def test_the_status_page_refuses_a_state_that_there_is_not(router):
    assert request(router.admin, "GET", "/?state=failed&utm_source=x").status == 200
    answer = request(router.admin, "GET", "/?state=faild")
    assert answer.status == 400 and "did you mean 'failed'?" in answer.json["error"]


# ---- size ----

def test_a_page_of_bodies_is_bounded_by_their_size(router):
    for number in range(12):
        router.send(number, runReason="x" * 900_000)
    page = router.get("/api/v1/events?limit=1000&with=body")
    assert 9 <= len(page["items"]) < 12 and page["next"] == page["items"][-1]["id"]
    assert [event["id"] for event in export(router)] == list(range(23, 0, -2))


def page_of(first, last):
    """Events of these ids, newest first, as the daemon lists them."""
    items = [{"id": n, "source": "dbt", "event_id": "", "received_at": "2026-11-26T06:00:00Z", "outcome": "routed", "matched": [], "refreshes": [],
              "fields": {"job_id": str(n), "job_name": "n" * 100}} for n in range(first, last - 1, -1)]
    return 200, json.dumps({"items": items, "next": last if last > 1 else None}).encode()


def test_lines_are_written_before_the_next_page_is_asked_for(foreign):
    read_first = threading.Event()

    def answer(path):
        if "cursor" not in path:
            return page_of(2000, 1001)
        assert read_first.wait(harness.DEADLINE)
        return page_of(1000, 1)
    foreign.answer = answer
    with subprocess.Popen([harness.BUILD / "refresh-router", "events", "--export", "--redact", "--url", f"http://127.0.0.1:{foreign.server_address[1]}"],
                          stdout=subprocess.PIPE) as process:
        ids = [json.loads(process.stdout.readline())["id"]]
        read_first.set()
        ids += [json.loads(line)["id"] for line in process.stdout]
    assert process.returncode == 0 and ids == list(range(2000, 0, -1))


# ---- what ends early ----

@pytest.mark.parametrize("options", [[], ["--redact"]], ids=["whole", "redacted"])
@pytest.mark.parametrize("broken", [(503, b'{"error": "the store is busy"}'), (200, b'{"items": [')], ids=["503", "half"])
def test_an_export_that_breaks_off_does_not_look_whole(foreign, tmp_path, options, broken):
    foreign.answer = lambda path: broken if "cursor" in path else page_of(2000, 1001)
    told = ask(foreign, "events", "--export", *options)
    assert told.returncode == 69 and b"the export ended early, after 1000 events; export again" in told.stderr
    events = tmp_path / "events.jsonl"
    events.write_bytes(told.stdout)
    assert [set(json.loads(line)) for line in told.stdout.splitlines()][-1] == {"error"}
    (tmp_path / "rules.yaml").write_text("version: 1\nrules: []\n")
    compared = cli("diff", tmp_path / "rules.yaml", tmp_path / "rules.yaml", "--events", events)
    assert compared.returncode == 2 and f"{events}:1001: this file is not whole".encode() in compared.stderr and not compared.stdout


def test_nothing_is_written_when_the_first_page_fails(foreign):
    foreign.answer = lambda path: (503, b'{"error": "the store is busy"}')
    told = ask(foreign, "events", "--export", "--redact")
    assert told.returncode == 69 and not told.stdout and told.stderr.count(b"\n") == 1


def test_a_reader_that_goes_away_ends_the_export_quietly(foreign):
    foreign.answer = lambda path: page_of(10**9, 10**9 - 999) if "cursor" not in path else page_of(*[int(path.split("cursor=")[1]) - n for n in (1, 1000)])
    with subprocess.Popen([harness.BUILD / "refresh-router", "events", "--export", "--url", f"http://127.0.0.1:{foreign.server_address[1]}"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(harness.DEADLINE) == -signal.SIGPIPE and not process.stderr.read()


def test_a_full_disk_ends_the_export_and_the_questions(foreign):
    foreign.answer = lambda path: page_of(10**9, 10**9 - 999) if "cursor" not in path else page_of(*[int(path.split("cursor=")[1]) - n for n in (1, 1000)])
    with open("/dev/full", "wb") as full:
        told = subprocess.run([harness.BUILD / "refresh-router", "events", "--export", "--url", f"http://127.0.0.1:{foreign.server_address[1]}"],
                              stdout=full, stderr=subprocess.PIPE, timeout=harness.DEADLINE, check=False)
    assert told.returncode == 2 and b"could not be written" in told.stderr and len(foreign.asked) == 1
