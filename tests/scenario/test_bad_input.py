"""Whatever is given to a command as a file: it ends, says what is wrong with which file, and what it prints stays what it promises to be."""
import json
import os
import re
import subprocess
import xml.etree.ElementTree

import pytest
import yaml

import harness
from harness import BUILD, cli

RULES = "version: 1\nrules:\n  - {name: nightly, when: {job_id: 1001}, refresh: [{site: finance, workbooks: Revenue}]}\n"
TESTS = "version: 1\ntests:\n  - {name: hit, event_file: %s, expect: []}\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "rules.yaml").write_text(RULES)
    (tmp_path / "event.json").write_text('{"job_id": 1001}')
    return tmp_path


def sparse(path):
    with open(path, "wb") as file:
        file.truncate(1 << 30)


# How the file comes to be, and what the message says of it.
UNREADABLE = {
    "a pipe": (os.mkfifo, "this is a pipe"),
    "an endless device": (lambda path: path.symlink_to("/dev/zero"), "this is a device"),
    "a device to write to": (lambda path: path.symlink_to("/dev/full"), "this is a device"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
    "a dangling link": (lambda path: path.symlink_to("nowhere"), "No such file"),
    "a folder": (os.mkdir, "folder"),
    "a file that fails when it is read": (lambda path: path.symlink_to("/proc/self/mem"), "Input/output error"),
    "nothing": (lambda path: None, "No such file"),
    "a file of 1 GiB": (sparse, "larger than|a line of more than"),
}

# What stands for each file, and the exit status where it is another one than 2: a folder without rules, or a file that is too large, is a finding.
COMMANDS = {
    "check x.yaml": {"a folder": 1, "a file of 1 GiB": 1}, "check --config x.yaml": {"a file of 1 GiB": 1},
    "test --rules good x.test.yaml": {"a folder": 1, "a file of 1 GiB": 1}, "test --rules x.yaml tests": {"a folder": 1, "a file of 1 GiB": 1},
    "test --rules good ev.test.yaml": {}, "route --rules x.yaml event.json": {"a folder": 1, "a file of 1 GiB": 1}, "route --rules good x.json": {},
    "route --config x.yaml event.json": {}, "diff x.yaml good": {}, "diff good x.yaml": {}, "diff good good --events x.json": {},
    "send --to http://127.0.0.1:1/webhooks/dbt --secret-env S x.json": {}, "events --config x.yaml": {}, "verify --config x.yaml": {},
    "events --export --redact --redact-key x.json --url http://127.0.0.1:1": {}, "show --config x.yaml 1": {}, "sites --config x.yaml": {},
    "serve --config x.yaml": {"": 1, "a file of 1 GiB": 78},
}


def run(folder, *arguments, **rest):
    return subprocess.run([BUILD / "refresh-router", *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=harness.DEADLINE, check=False,
                          env={**os.environ, "S": "x" * 40, "REFRESH_ROUTER_CONFIG": ""}, **rest)


def assert_clean(text, most=4000):
    """A message: UTF-8 in which nothing moves a cursor, and no more than a person reads."""
    words = text.decode()
    assert len(words) < most and not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", words), words[:500]
    return words


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("command", COMMANDS)
def test_what_cannot_be_read_is_named_and_ends_the_command(folder, command, kind):
    make, says = UNREADABLE[kind]
    name = next(word for word in [*command.split(), "x.json"] if word.startswith("x."))
    make(folder / name)
    (folder / "tests").mkdir()
    (folder / "ev.test.yaml").write_text(TESTS % "x.json")
    told = run(folder, *command.split())
    words = assert_clean(told.stderr)
    assert told.returncode == COMMANDS[command].get(kind, COMMANDS[command].get("", 2)), told
    assert name in words and re.search(says if kind != "a folder" else "folder|no event|no tests", words), told
    assert told.stdout in (b"", b"0 passed, 0 failed\n")


NAMES = [b"x\x1b[31mred\nnext", b"x\xff\xfe\xc3", "x\u202e\u200bgpj".encode(), b"x" * 200]


@pytest.mark.parametrize("name", NAMES, ids=["control characters", "no UTF-8", "hidden characters", "long"])
@pytest.mark.parametrize("command", [command for command in COMMANDS if " x." in command])
def test_a_strange_name_is_shown_with_every_character_visible(folder, command, name):
    words = [name if word.startswith("x.") else word for word in command.split()]
    told = run(folder, *words)
    shown = assert_clean(told.stderr)
    assert told.returncode in (1, 2) and "x" in shown and "\u202e" not in shown and "\u200b" not in shown and not told.stdout


# ---- contents ----

CONTENTS = {"empty": b"", "NUL": b"\0" * 1000, "every byte": bytes(range(256)) * 9, "no UTF-8": b'{"job_id": "\xff"}', "UTF-16": '{"job_id": 1}'.encode("utf-16"),
            "deep lists": b"[" * 100000, "deep maps": b'{"a":' * 100000, "half": b'{"job_id": ', "no map": b"[1, 2]", "a number beyond all": b'{"job_id": 1e999999}',
            "a long name": b'{"' + b"k" * 100000 + b'": 1}', "the same twice": b'{"job_id": 1, "job_id": 2}', "carriage returns": b"\r" * 1000}


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("command", [command for command in COMMANDS if not command.startswith(("send", "events --export", "serve"))])
def test_bad_contents_are_reported_with_their_file(folder, command, content):
    name = next(word for word in [*command.split(), "x.json"] if word.startswith("x."))
    (folder / name).write_bytes(CONTENTS[content])
    (folder / "tests").mkdir()
    (folder / "ev.test.yaml").write_text(TESTS % "x.json")
    told = run(folder, *command.split())
    words = assert_clean(told.stderr, 20000)
    if content in ("a number beyond all", "the same twice") and name == "x.json":
        return      # an event may look so; what becomes of it is not the subject
    assert told.returncode in (1, 2) and name in words, told


@pytest.mark.parametrize("line,says", [(b"{", "not JSON"), (b"\xff", "not JSON"), (b"[]", "JSON object"), (b'"text"', "JSON object"), (b'{"job_idd": 1}', "did you mean 'job_id'"),
                                       (b'{"fields": {"job-id": "1"}}', "job_id"), (b'{"error": "the export ended early"}', "not whole"), (b"\0", "not JSON"),
                                       (b"[" * 100000, "too deeply"), (b'{"job_id": 1} {"job_id": 2}', "not JSON")],
                         ids=lambda value: ascii(value)[:24])
def test_a_bad_line_of_events_is_named_by_its_number(folder, line, says):
    (folder / "events.jsonl").write_bytes(b'{"job_id": 1}\r\n\n  \n{"job_id": 2}\n' + line + b'\n{"job_id": 3}')
    told = run(folder, "diff", "good", "good", "--events", "events.jsonl")
    words = assert_clean(told.stderr)
    assert told.returncode == 2 and "events.jsonl:5: " in words and says in words and not told.stdout, told


def test_events_without_any_event_are_no_answer(folder):
    (folder / "none.jsonl").write_bytes(b"\n \n")
    told = run(folder, "diff", "good", "good", "--events", "none.jsonl")
    assert told.returncode == 2 and "none.jsonl" in assert_clean(told.stderr) and not told.stdout


# ---- what is printed ----

TEXTS = ["a\x1b[31m\x07b", "a\u202eb\u200b\u2066", "]]>&<\"'", "\ud7ff\ufffe\uffff\U0010ffff", "\u0080\u009b", "tab\tline\nreturn\r", "x" * 5000, "#hash: {flow}", "| ~ `code` @all <b>"]


@pytest.mark.parametrize("text", TEXTS, ids=[ascii(text)[:12] for text in TEXTS])
def test_results_stay_json_xml_and_utf8_whatever_names_there_are(folder, text):
    odd = folder / "odd"
    odd.mkdir()
    named = re.sub(r"[\x00-\x1f\x7f]", "_", text)      # the name of a rule has no control characters
    (odd / "rules.yaml").write_text(json.dumps({"version": 1, "rules": [{"name": named, "description": text, "when": {"job_name": text},
                                                                      "refresh": [{"site": text, "workbooks": text, "tag": text}]}]}))
    (odd / "rules.test.yaml").write_text(json.dumps({"version": 1, "tests": [{"name": text, "event": {"job_name": text}, "expect": []}]}))
    (folder / "event.json").write_text(json.dumps({"job_name": text, "run_reason": text}))
    commands = {"json": [["check", "odd"], ["test", "odd"], ["diff", "good", "odd"], ["diff", "good", "odd", "--events", "event.json"],
                         ["route", "--rules", "odd", "event.json"], ["route", "--rules", "odd", "--explain", "event.json"]],
                "xml": [["test", "odd", "--format", "junit"], ["check", "odd", "--format", "checkstyle"]],
                "text": [["check", "odd"], ["test", "odd"], ["test", "odd", "--format", "tap"], ["diff", "good", "odd"], ["diff", "good", "odd", "--format", "markdown"],
                         ["route", "--rules", "odd", "event.json"], ["route", "--rules", "odd", "--explain", "event.json"], ["check", "odd", "--format", "github"]]}
    for kind, every in commands.items():
        for command in every:
            told = run(folder, *command, *(["--format", "json"] if kind == "json" else []))
            assert told.returncode in (0, 1, 2), (command, told)
            shown = told.stdout.decode()
            assert_clean(told.stderr, 60000)
            if kind == "json":
                assert not shown or json.loads(shown) is not None, command
            elif kind == "xml":
                assert not shown or xml.etree.ElementTree.fromstring(shown) is not None, command
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202e\u200b\u2066]", shown), (command, shown[:300])


@pytest.mark.parametrize("command", ["check good", "test --rules good tests", "route --rules good event.json", "diff good odd", "schema rules", "--help", "--version",
                                     "check good --format json", "route --rules good event.json --format json", "explain"])
def test_a_result_that_cannot_be_written_is_no_success(folder, command):
    (folder / "odd").mkdir()
    (folder / "odd" / "rules.yaml").write_text(RULES.replace("1001", "7"))
    (folder / "tests").mkdir()
    (folder / "tests" / "a.test.yaml").write_text(TESTS.replace("event_file: %s", "event: {job_id: 5}"))
    usual = run(folder, *command.split())
    with open("/dev/full", "wb") as full:
        told = subprocess.run([BUILD / "refresh-router", *command.split()], cwd=folder, stdout=full, stderr=subprocess.PIPE, timeout=harness.DEADLINE, check=False)
    if usual.stdout:
        assert told.returncode == 2 and b"the result could not be written" in told.stderr, told


@pytest.mark.parametrize("name", ["rulez", "", "rules\n", "../rules", "x" * 5000], ids=lambda name: ascii(name)[:12])
def test_a_schema_that_there_is_not_is_a_usage_error(name):
    told = cli("schema", name)
    assert told.returncode == 2 and not told.stdout and "rules" in assert_clean(told.stderr, 12000)


@pytest.mark.parametrize("revision", ["nowhere", "HEAD~99", "HEAD:nowhere", "x\x1b[31m\n", "", "-x", "--upload-pack=touch x", "@{", "HEAD:../..", "HEAD:/etc"])
def test_a_revision_that_does_not_exist_is_named(folder, revision):
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    told = run(folder, "diff", f"git:{revision}", "good")
    words = assert_clean(told.stderr)
    assert told.returncode == 2 and "git:" in words and not told.stdout and not (folder / "x").exists(), told


def test_a_folder_that_is_no_repository_has_no_revision(folder):
    told = run(folder, "diff", "git:HEAD", "good")
    assert told.returncode == 2 and "git:HEAD" in assert_clean(told.stderr) and not told.stdout
