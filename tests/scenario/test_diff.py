"""`refresh-router diff`: what a reviewer sees of a change of the rules, over recorded events or without, from folders or from Git."""
import json
import os
import subprocess

import jsonschema
import pytest

from harness import cli

BEFORE = """version: 1
rules:
  - name: nightly
    when: {job_id: 1001}
    refresh: [{site: finance, workbooks: [Revenue, Costs]}]
  - name: old
    when: {job_id: 7}
    refresh: [{site: finance, workbooks: Old}]
"""
AFTER = """version: 1
rules:
  - name: nightly
    priority: 80
    when: {job_id: 1001}
    refresh: [{site: finance, workbooks: [Revenue, "A|B<script>@all"]}]
  - name: new
    when: {job_id: 8}
    refresh: [{site: finance, workbooks: New}]
"""


@pytest.fixture
def folder(tmp_path):
    for name, text in (("before", BEFORE), ("after", AFTER)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rules.yaml").write_text(text)
    (tmp_path / "events.jsonl").write_text("".join(json.dumps({"job_id": job}) + "\n" for job in (1001, 1001, 8, 9)))
    return tmp_path


def diff(folder, *arguments, stdin=None):
    return cli("diff", *arguments, cwd=folder, stdin=stdin)


def test_the_verdict_comes_first_then_each_refresh(folder):
    found = diff(folder, "before", "after", "--events", "events.jsonl")
    lines = found.stdout.decode().splitlines()
    assert found.returncode == 1
    assert lines[0] == "3 of 4 events decide differently: 3 refreshes gained, 2 lost, 2 done otherwise"
    assert [(line.split()[0], line.split("'")[1]) for line in lines[2:6]] == [("+", "A|B<script>@all"), ("-", "Costs"), ("+", "New"), ("~", "Revenue")]
    assert "priority 50 -> 80" in lines[5] and "events.jsonl:1" in lines[5]
    assert lines[6:] == ["+ rule 'new' (after/rules.yaml:7)", "~ rule 'nightly' (after/rules.yaml:3): refresh, priority", "- rule 'old' (before/rules.yaml:6)"]


def test_without_a_second_version_it_is_what_serve_would_find(folder):
    (folder / "before").rename(folder / "rules")
    assert diff(folder, "rules").returncode == 0 and diff(folder, "after").returncode == 1
    (folder / "refresh-router.yaml").write_text("""version: 1
rules: [after]
sources: [{name: dbt, secrets: [{env: S}]}]
sites: [{name: finance, server: "https://tableau.example.com", pat: {name: p, secret: {env: P}}}]
""")
    assert diff(folder, "rules").returncode == 1 and diff(folder, "after").returncode == 0
    (folder / "refresh-router.yaml").unlink()
    (folder / "rules").rename(folder / "before")
    found = diff(folder, "before")
    assert found.returncode == 2 and b"[unreadable]" in found.stderr


def test_equal_rules_have_no_difference(folder):
    found = diff(folder, "before", "before", "--events", "events.jsonl")
    assert (found.returncode, found.stdout) == (0, b"0 of 4 events decide differently\n")
    assert diff(folder, "before", "before").returncode == 0


def test_without_events_the_rules_are_compared_and_it_says_so(folder):
    found = diff(folder, "before", "after")
    assert found.returncode == 1
    assert found.stdout.decode().splitlines()[0] == \
        "1 rule added, 1 rule removed, 1 rule changed (no events were given, so the rules alone were compared)"


def test_additions_may_be_allowed(folder):
    (folder / "after" / "rules.yaml").write_text(BEFORE + "  - {name: more, when: {job_id: 1001}, refresh: [{site: s, workbooks: More}]}\n")
    for events in ([], ["--events", "events.jsonl"]):
        assert diff(folder, "before", "after", *events).returncode == 1
        assert diff(folder, "before", "after", "--allow-additions", *events).returncode == 0
        assert diff(folder, "after", "before", "--allow-additions", *events).returncode == 1


def test_json_matches_its_schema(folder):
    answer = json.loads(diff(folder, "before", "after", "--events", "events.jsonl", "--format", "json").stdout)
    jsonschema.validate(answer, json.loads(cli("schema", "diff").stdout))
    assert (answer["events"], answer["changed"], answer["compared"]) == (4, 3, "events")
    assert [(s["name"], s["events"], s["rules"]) for s in answer["gained"]] == [("A|B<script>@all", 2, ["nightly"]), ("New", 1, ["new"])]
    assert [(s["name"], s["events"]) for s in answer["lost"]] == [("Costs", 2)]
    assert [(s["name"], s["what"]) for s in answer["altered"]] == [("Revenue", "priority 50 -> 80")]
    assert [(r["rule"], r["change"]) for r in answer["rules"]] == [("new", "added"), ("nightly", "changed"), ("old", "removed")]


def test_a_lost_refresh_says_which_condition_keeps_its_rule_from_matching(folder):
    stricter = BEFORE.replace("{job_id: 1001}", "{job_id: 1001, environment_name: Production, not: {run_reason: /^secret/}}")
    assert stricter != BEFORE
    (folder / "after" / "rules.yaml").write_text(stricter)
    (folder / "events.jsonl").write_text(json.dumps({"job_id": 1001, "environment_name": "hidden"}) + "\n")
    arguments = ["--events", "events.jsonl"]
    told = diff(folder, "before", "after", *arguments).stdout.decode()
    because = "'nightly' no longer matches: environment_name, wanted Production"
    assert told.count(f"- rule {because}\n") == 1 and "hidden" not in told
    answer = json.loads(diff(folder, "before", "after", *arguments, "--format", "json").stdout)
    jsonschema.validate(answer, json.loads(cli("schema", "diff").stdout))
    assert [s["because"] for s in answer["lost"]] == [because] * len(answer["lost"])
    gained = json.loads(diff(folder, "after", "before", *arguments, "--format", "json").stdout)["gained"]
    assert gained[0]["because"] == "'nightly' did not match before: environment_name, wanted Production"
    assert "environment\\_name, wanted Production" in diff(folder, "before", "after", *arguments, "--format", "markdown").stdout.decode()


def test_markdown_folds_the_details_and_takes_names_for_text(folder):
    lines = diff(folder, "before", "after", "--events", "events.jsonl", "--format", "markdown").stdout.decode().splitlines()
    assert lines[0] == "<!-- refresh-router diff -->"
    assert lines[1].startswith("**3 of 4 events decide differently") and lines[3] == "<details><summary>Details</summary>" and lines[-1] == "</details>"
    row = next(line for line in lines if "script" in line)
    assert "A\\|B&#60;script\\>@<!-- -->all" in row and row.replace("\\|", "").count("|") == 6


def test_events_come_from_lines_folders_and_standard_input(folder):
    (folder / "bodies").mkdir()
    (folder / "bodies" / "one.json").write_text(json.dumps({"eventType": "job.run.completed", "data": {"jobId": "1001", "runStatusCode": 10}}))
    (folder / "bodies" / "two.json").write_text('{"job_id": 9}')
    (folder / "bodies" / "notes.txt").write_text("no event")
    assert diff(folder, "before", "after", "--events", "bodies").stdout.startswith(b"1 of 2 events decides differently")
    assert diff(folder, "before", "after", "--events", "bodies", "--events", "events.jsonl").stdout.startswith(b"4 of 6 events")
    assert diff(folder, "before", "after", "--events", "-", stdin=b'{"job_id": 8}\n\n').stdout.startswith(b"1 of 1 event decides differently")


def test_events_of_the_daemon_and_of_its_export(router, folder):
    router.send(jobId="1001")
    router.send(jobId="9")
    url = ["--url", f"http://{router.admin}"]
    assert diff(folder, "before", "after", *url).stdout.startswith(b"1 of 2 events decides differently")
    exported = cli("events", "--export", *url).stdout
    assert diff(folder, "before", "after", "--events", "-", stdin=exported).stdout.startswith(b"1 of 2 events decides differently")
    assert diff(folder, "before", "after", "--url", "http://127.0.0.1:1").returncode == 69


@pytest.mark.parametrize("text,says", [
    ('{"job_id": 1}\nnot json\n', "events.jsonl:2: "),
    ('{"job_id": 1}\n{"jobid": 1}\n', "events.jsonl:2: an event has no field 'jobid'; did you mean 'job_id'?"),
    ("[1]\n", "events.jsonl:1: an event is a JSON object"),
])
def test_a_line_that_is_no_event_is_named(folder, text, says):
    (folder / "events.jsonl").write_text(text)
    found = diff(folder, "before", "after", "--events", "events.jsonl")
    assert found.returncode == 2 and f"refresh-router diff: {says}" in found.stderr.decode() and not found.stdout


def test_a_recorded_test_or_ignored_event_refreshes_nothing(folder):
    kinds = ["routed", "unmatched", "test", "ignored", "replay"]
    (folder / "events.jsonl").write_text("".join(json.dumps({"id": n, "outcome": kind, "fields": {"job_id": "8"}}) + "\n" for n, kind in enumerate(kinds)))
    assert diff(folder, "before", "after", "--events", "events.jsonl").stdout.startswith(b"3 of 5 events decide differently: 3 refreshes gained\n")


def test_no_event_is_no_answer(folder):
    (folder / "events.jsonl").write_text("\n")
    found = diff(folder, "before", "after", "--events", "events.jsonl")
    assert found.returncode == 2 and b"there is no event to compare by in events.jsonl" in found.stderr and not found.stdout


def test_rules_that_cannot_be_read_are_no_difference(folder):
    assert diff(folder, "before", "nowhere").returncode == 2
    (folder / "after" / "rules.yaml").write_text("version: 1\nrules: [{name: a}]\n")
    found = diff(folder, "before", "after")
    assert found.returncode == 2 and b"after/rules.yaml:2:9: error: " in found.stderr


# ---- Git ----

def git(folder, *arguments):
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main", *arguments], cwd=folder, check=True,
                   capture_output=True, env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"})


@pytest.fixture
def repository(tmp_path):
    rules = tmp_path / "rules"
    (rules / "team").mkdir(parents=True)
    (rules / "team" / "a.yaml").write_text(BEFORE)
    (rules / "team" / "a.test.yaml").write_text("not read")
    (rules / ".hidden.yaml").write_text("not read")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "before")
    (rules / "team" / "a.yaml").write_text(AFTER)
    return tmp_path


def test_a_revision_is_read_without_a_checkout(repository):
    found = diff(repository, "git:HEAD", "rules")
    lines = found.stdout.decode().splitlines()
    assert found.returncode == 1 and lines[0].startswith("1 rule added, 1 rule removed, 1 rule changed")
    assert lines[-1] == "- rule 'old' (git:HEAD:rules/team/a.yaml:6)"
    assert (repository / "rules" / "team" / "a.yaml").read_text() == AFTER
    for spec in ("git:HEAD:rules", "git:HEAD:rules/", "git:HEAD:rules/team/a.yaml", "git:main:rules/team"):
        same = diff(repository, "git:HEAD", spec)
        assert (same.returncode, same.stderr) == (0, b""), spec
    assert diff(repository / "rules", "git:HEAD:team", ".").returncode == 1     # a path is relative to the working folder


@pytest.mark.parametrize("spec", ["git:nowhere", "git:HEAD:nowhere", "git:", "git:--output=x", "git:-x"])
def test_a_revision_that_is_not_there_is_an_error(repository, spec):
    found = diff(repository, spec, "rules")
    assert found.returncode == 2 and f"{spec}: error: ".encode() in found.stderr and not found.stdout
    assert sorted(os.listdir(repository)) == [".git", "rules"]


def test_a_fault_in_a_revision_has_its_place(repository):
    (repository / "rules" / "team" / "a.yaml").write_text("version: 1\nrules:\n  - {name: a, whan: {}}\n")
    git(repository, "commit", "-qam", "broken")
    found = diff(repository, "git:HEAD", "git:HEAD~1")
    assert found.returncode == 2 and b"git:HEAD:rules/team/a.yaml:3:15: error: unknown field 'whan'" in found.stderr


def test_a_link_in_a_revision_is_not_followed(repository):
    os.symlink("/etc/passwd", repository / "rules" / "b.yaml")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "link")
    found = diff(repository, "git:HEAD", "git:HEAD~1")
    assert found.returncode == 2 and b"'rules/b.yaml' is a link" in found.stderr and b"root:" not in found.stderr


def test_a_revision_without_git_before_it_is_explained(folder):
    """`diff HEAD rules` is what people type who know `git diff`."""
    found = diff(folder, "HEAD", "after")
    assert (found.returncode, found.stdout) == (2, b"")
    assert found.stderr == b"HEAD: error: cannot be read: No such file or directory; a revision is written git:REV [unreadable]\n"
