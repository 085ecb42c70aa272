"""`refresh-router test`: what an author sees who tests rules, in each format, and what CI takes from the exit status."""
import json
import os
import subprocess
import xml.etree.ElementTree as ElementTree

import jsonschema
import pytest

from harness import TOP, cli
from junit_form import check_junit

RULES = """version: 1
rules:
  - name: nightly
    when: {job_id: [1001, 1002]}
    refresh: [{site: finance, workbooks: [Revenue, Costs], project: Finance}]
"""
PASSING = """version: 1
tests:
  - name: revenue and costs
    event: {job_id: 1001}
    expect:
      - {site: finance, workbook: Costs, project: Finance}
      - {site: finance, workbook: Revenue, project: Finance}
  - {name: nothing else, event: {job_id: 1}, expect: []}
"""
FAILING = """version: 1
tests:
  - name: "a <failed> run & \\a more # of it"
    event: {job_id: 1001, status: error}
    expect: [{site: finance, workbook: Revenue, project: Finance}]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(RULES)
    return tmp_path


def write(folder, text, name="a.test.yaml"):
    (folder / "rules" / name).write_text(text)


def run(folder, *arguments):
    return cli("test", *arguments, cwd=folder)


def test_tests_stand_beside_the_rules_and_pass(folder):
    write(folder, PASSING)
    found = run(folder)
    assert (found.returncode, found.stdout, found.stderr) == (0, b"2 passed, 0 failed\n", b"")
    assert run(folder, "rules").stdout == run(folder, "rules/a.test.yaml").stdout == b"2 passed, 0 failed\n"


def test_the_configuration_says_which_rules_are_tested(folder):
    write(folder, PASSING)
    (folder / "refresh-router.yaml").write_text("version: 1\nrules: [rules]\nsources: [{name: dbt, secrets: [{env: NONE_SUCH}]}]\nsites: [{name: s, server: 'https://example.com', content_url: s, pat: {name: p, secret: {env: NONE_SUCH}}}]\n")
    assert run(folder).returncode == 0       # without secrets
    assert run(folder, "--config", "refresh-router.yaml", "rules/a.test.yaml").returncode == 0
    (folder / "elsewhere").mkdir()
    (folder / "rules" / "a.test.yaml").rename(folder / "elsewhere" / "a.test.yaml")
    assert run(folder, "--rules", "rules", "elsewhere").returncode == 0
    found = run(folder)
    assert found.returncode == 1 and b"no tests were found" in found.stderr


def test_a_failure_says_what_is_missing_and_which_rule_came_nearest(folder):
    write(folder, FAILING)
    found = run(folder)
    assert found.returncode == 1
    lines = found.stdout.decode().splitlines()
    assert lines[0].startswith("FAILED rules/a.test.yaml:3: a <failed> run & ")
    assert lines[2].split()[:4] == ["-", "finance", "workbook", "'Revenue'"]
    assert "rule 'nightly' (rules/rules.yaml:3) came nearest: status is 'error', wanted success" in lines[3]
    assert lines[-1] == "0 passed, 1 failed"


def test_json_matches_its_schema(folder):
    write(folder, PASSING)
    write(folder, FAILING, "b.test.yaml")
    found = run(folder, "--format", "json", "--coverage")
    assert found.returncode == 1
    answer = json.loads(found.stdout)
    jsonschema.validate(answer, json.loads(cli("schema", "test").stdout))
    assert (answer["passed"], answer["failed"]) == (2, 1)
    failed = answer["tests"][2]
    assert (failed["file"], failed["line"], failed["ok"]) == ("rules/b.test.yaml", 3, False)
    assert [(s["site"], s["kind"], s["name"]) for s in failed["missing"]] == [("finance", "workbook", "Revenue")] and not failed["unexpected"]
    assert failed["nearest"]["because"] == {"field": "status", "expected": "success", "actual": "error"}
    assert answer["coverage"] == {"covered": 2, "of": 3, "uncovered": [
        {"rule": "nightly", "file": "rules/rules.yaml", "line": 4, "what": "job_id 1002 never matches"}]}


def test_junit_is_xml_that_names_file_and_line(folder):
    write(folder, PASSING)
    write(folder, FAILING, "b.test.yaml")
    root = ElementTree.fromstring(run(folder, "--format", "junit").stdout)
    check_junit(root)
    assert root.tag == "testsuites" and root.get("tests") == "3" and root.get("failures") == "1"
    assert [(s.get("name"), s.get("tests"), s.get("failures")) for s in root] == [("rules/a.test.yaml", "2", "0"), ("rules/b.test.yaml", "1", "1")]
    failure = root.find(".//failure")
    assert failure.get("message").startswith("rules/b.test.yaml:3: ") and "came nearest" in failure.text


def test_tap_is_what_prove_reads(folder):
    write(folder, PASSING)
    write(folder, FAILING, "b.test.yaml")
    (folder / "out.tap").write_bytes(run(folder, "--format", "tap").stdout)
    proved = subprocess.run(["prove", "--exec", "cat", "out.tap"], cwd=folder, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    assert "Failed 1/3 subtests" in proved.stdout and "Failed test:  3" in proved.stdout, proved.stdout + proved.stderr


def test_only_some_tests_run(folder):
    write(folder, PASSING)
    assert run(folder, "--run", "^nothing").stdout == b"1 passed, 0 failed\n"
    none = run(folder, "--run", "nobody")
    assert none.returncode == 1 and b"no test has a name that --run finds" in none.stderr
    assert run(folder, "--run", "(").returncode == 2


def test_coverage_has_a_floor(folder):
    write(folder, PASSING)
    assert run(folder, "--min-coverage", "66").returncode == 0         # 2 of 3, never rounded up
    short = run(folder, "--min-coverage", "67")
    assert short.returncode == 1 and b"66 % of the rules are covered, less than 67 %" in short.stderr
    assert b"rules/rules.yaml:4: rule 'nightly': job_id 1002 never matches" in run(folder, "--coverage").stdout
    assert run(folder, "--min-coverage", "101").returncode == run(folder, "--min-coverage", "a lot").returncode == 2


@pytest.mark.parametrize("text,line", [
    ("version: 1\ntests:\n  - {name: a, event: {}}\n", "rules/a.test.yaml:3:5: error: the test 'a' expects nothing"),
    ("version: 1\ntests: []\n", "rules/a.test.yaml:2:8: error: there is no test in this file"),
    ("version: 1\ntests:\n  - {name: a, event: {}, rules: [nigtly]}\n", "rules/a.test.yaml:3:34: error: there is no rule 'nigtly'; did you mean 'nightly'?"),
    ("version: 1\ntests:\n  - {name: a, event_file: none.json, expect: []}\n", "rules/a.test.yaml:3:27: error: "),
    ("token: hunter2\n", "rules/a.test.yaml:1:1: error: a test file is a map"),
])
def test_what_would_test_nothing_is_an_error(folder, text, line):
    write(folder, text)
    found = run(folder)
    assert found.returncode in (1, 2) and found.stderr.decode().startswith(line) and not found.stdout
    assert b"hunter2" not in found.stderr


def test_nothing_to_test_is_a_failure(folder):
    found = run(folder)
    assert found.returncode == 1 and found.stderr == b"refresh-router test: no tests were found (*.test.yaml) in rules\n"
    assert run(folder, "nowhere").returncode == 2


def test_a_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / "rules" / "a.test.yaml")
    found = run(folder)
    assert found.returncode == 2 and b"this is a pipe, not a regular file" in found.stderr
    os.mkfifo(folder / "event")
    os.unlink(folder / "rules" / "a.test.yaml")
    write(folder, "version: 1\ntests: [{name: a, event_file: ../event, expect: []}]\n")
    assert run(folder).returncode == 2


# ---- the gallery, rules/ ----

GALLERY = sorted(path for path in (TOP / "rules").glob("*.yaml") if not path.name.endswith(".test.yaml"))


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_a_case_of_the_gallery_stands_alone_and_is_tested_in_full(path):
    """Who copies a case has rules without a finding, and tests that try every part of them."""
    checked = cli("check", "--strict", path)
    assert checked.returncode == 0, checked.stderr
    found = cli("test", "--min-coverage", "100", "--coverage", "--rules", path, path.with_suffix(".test.yaml"))
    assert found.returncode == 0, found.stdout + found.stderr
    text = path.read_text()
    assert all(words in text for words in ("# Beware:", "description:")) and f"`{path.name}`" in (TOP / "rules" / "README.md").read_text()


def test_the_gallery_is_one_ruleset_without_a_finding():
    """The folder is read as a whole by README's commands: no two cases want the same content or have the same name."""
    checked = cli("check", "--strict", TOP / "rules")
    assert checked.returncode == 0, checked.stderr
    found = cli("test", "--min-coverage", "100", "--coverage", TOP / "rules")
    assert found.returncode == 0, found.stdout + found.stderr
