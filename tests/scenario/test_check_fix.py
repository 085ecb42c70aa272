"""`check --fix` corrects what can only be meant in one way and nothing else; `check -` reads what an editor has not saved."""
import json
import os
import stat

import pytest

from harness import cli

WRONG = """# Finance\r
version: 1
rules:

  - name:   revenue      # as finance calls it
    when: {job-id: 1001, 'run_reson': /^Kicked/, status: [sucess, "eror", Errored]}
    # refresh-router: allow=stray-blank because it was there once
    refresh: [ {site: finance, workbook: Revenue} ]  # refresh-router: allow=yaml-escape,stray-blank because of é
    mode: shadw
"""
FIXED = """# Finance\r
version: 1
rules:

  - name:   revenue      # as finance calls it
    when: {job_id: 1001, 'run_reason': /^Kicked/, status: [success, "error", error]}
    refresh: [ {site: finance, workbooks: Revenue} ]
    mode: shadow
"""


def fix(path, *arguments):
    return cli("check", "--fix", *arguments, path.name, cwd=path.parent)


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(WRONG, newline="")
    return path


def text_of(path):
    return path.read_bytes().decode()


def test_what_can_only_be_meant_in_one_way_is_fixed_and_the_layout_stays(rules):
    result = fix(rules)
    assert text_of(rules) == FIXED and result.returncode == 0
    told = result.stdout.decode().splitlines()
    assert told[0] == "rules.yaml:6:12: fixed: 'job-id' is now 'job_id' [unknown-field]"
    assert "rules.yaml:7:1: fixed: removed what allowed nothing [unused-suppression]" in told
    assert "'Errored' is now 'error' [status-spelling]" in result.stdout.decode() and told[-1].startswith("ok: 1 rule, ")


def test_a_second_run_finds_nothing_to_fix(rules):
    fix(rules)
    before = rules.stat()
    result = fix(rules)
    assert "fixed" not in result.stdout.decode() and text_of(rules) == FIXED
    assert (rules.stat().st_ino, rules.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_mode_links_and_a_byte_order_mark_stay(rules, tmp_path):
    rules.write_bytes(b"\xef\xbb\xbf" + WRONG.encode())
    rules.chmod(0o640)
    (tmp_path / "link.yaml").symlink_to("rules.yaml")
    assert fix(tmp_path / "link.yaml").returncode == 0
    assert (tmp_path / "link.yaml").is_symlink() and stat.S_IMODE(rules.stat().st_mode) == 0o640
    assert rules.read_bytes() == b"\xef\xbb\xbf" + FIXED.encode()
    assert sorted(os.listdir(tmp_path)) == ["link.yaml", "rules.yaml"]


LEFT = {
    "no name is near": "  - {name: a, when: {job_id: 1, environment_xx: p}, refresh: [{site: s, workbooks: W}]}\n",
    "the right key is there too": "  - {name: a, when: {job_id: 1, job-id: 2}, refresh: [{site: s, workbooks: W}]}\n",
    "the right key is there too, in a `not`": "  - {name: a, when: {job_id: 1, not: {job-id: 2, job_id: 3}}, refresh: [{site: s, workbooks: W}]}\n",
    "which content is refreshed": "  - {name: a, when: {job_id: 1}, refresh: [{site: s, workbooks: 'W '}]}\n",
    "which event is meant": "  - {name: a, when: {job_id: /100/}, refresh: [{site: s, workbooks: W}]}\n",
    "another event type": "  - {name: a, when: {job_id: 1, event: job.run.complete}, refresh: [{site: s, workbooks: W}]}\n",
    "an expired suppression": "  # refresh-router: allow=stray-blank until=2020-01-01 because x\n"
                              "  - {name: a, when: {job_id: 1}, refresh: [{site: s, workbooks: W}]}\n",
    "a suppression that is hard to read": "  - {name: a, when: {job_id: 1}, refresh: [{site: s, workbooks: W}]}  # refresh-router: allow=stray-blank\n",
    "a file that is no YAML": "  - {name: a, when: {job-id: 1}\n",
}


@pytest.mark.parametrize("what", LEFT)
def test_what_needs_a_decision_is_left(what, tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\nrules:\n" + LEFT[what])
    before = path.read_bytes()
    result = fix(path)
    assert path.read_bytes() == before and "fixed" not in result.stdout.decode() and result.stderr


def test_more_than_a_list_of_findings_is_fixed(tmp_path):
    path = tmp_path / "rules.yaml"
    text = "version: 1\nrules:\n" + "".join(f"  - {{name: r{n}, when: {{job-id: /{n}0/}}, refresh: [{{site: s, workbooks: W{n}}}]}}\n" for n in range(2500))
    path.write_text(text)
    result = fix(path, "--format", "json")
    assert path.read_text() == text.replace("job-id", "job_id") and json.loads(result.stdout)["errors"] == 0


def test_the_configuration_and_tests_are_fixed_too(tmp_path):
    (tmp_path / "refresh-router.yaml").write_text("""version: 1
rule: [rules]   # one folder
sources: [{name: dbt, secrets: [{env: S}]}]
sites: [{nam: s, server: "https://tableau.example.com", pat: {name: p, secret: {env: P}}}]
""")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text("version: 1\nrules:\n  - {name: a, when: {job-id: 1}, refresh: [{site: s, workbooks: W}]}\n")
    (tmp_path / "rules" / "a.test.yaml").write_text("version: 1\ntests:\n  - {name: t, event: {job-id: 1}, rules: [a]}\n")
    result = cli("check", "--fix", cwd=tmp_path)
    assert result.returncode == 0, result.stderr.decode()
    assert [line.split(" fixed: ")[1] for line in result.stdout.decode().splitlines() if " fixed: " in line] == [
        "'rule' is now 'rules' [unknown-field]", "'nam' is now 'name' [unknown-field]", "'job-id' is now 'job_id' [unknown-field]",
        "'job-id' is now 'job_id' [unknown-field]"]
    assert "rules: [rules]   # one folder" in (tmp_path / "refresh-router.yaml").read_text()


def test_a_file_that_cannot_be_written_is_said(tmp_path):
    path = tmp_path / ("a" * 245 + ".yaml")     # no room for the name of a file beside it
    path.write_text(WRONG, newline="")
    result = fix(path)
    assert result.returncode == 2 and "a new file cannot be made beside it: File name too long" in result.stderr.decode()
    assert text_of(path) == WRONG


def test_programs_read_a_fix_as_a_range_and_a_text(rules):
    fixes = [p["fix"] for p in json.loads(cli("check", "--format", "json", rules).stdout)["problems"] if "fix" in p]
    assert {**fixes[0], "file": "x"} == {"file": "x", "line": 6, "column": 12, "end_line": 6, "end_column": 18, "text": "job_id"}
    result = cli("check", "--fix", "--format", "json", rules)
    assert json.loads(result.stdout)["problems"] == [] and b"fixed: 'job-id'" in result.stderr


# ---- standard input ----

def test_standard_input_is_printed_as_fixed(rules):
    result = cli("check", "--fix", "-", "--stdin-filename", "rules/finance.yaml", stdin=WRONG.encode())
    assert (result.returncode, result.stdout.decode()) == (0, FIXED)
    assert "rules/finance.yaml:6:12: fixed: 'job-id' is now 'job_id'" in result.stderr.decode()
    again = cli("check", "--fix", "-", stdin=FIXED.encode())
    assert (again.returncode, again.stdout.decode()) == (0, FIXED)


@pytest.mark.parametrize("when, advice", [
    ("{job_id: 1001, environment: Production}", "did you mean 'environment_id' or 'environment_name'?"),
    ("{job_id:1001}", "YAML wants a blank after the colon of 'job_id:'"),
])
def test_a_key_that_may_mean_two_fields_or_holds_its_value_is_left(tmp_path, when, advice):
    """`environment: Production` made `environment_id: Production` would pass, and the rule would never match; `job_id:1001` would lose its 1001."""
    path = tmp_path / "rules.yaml"
    path.write_text(f"version: 1\nrules:\n  - {{name: a, when: {when}, refresh: [{{site: s, workbooks: W}}]}}\n")
    before = path.read_bytes()
    result = fix(path)
    assert result.returncode == 1 and advice in result.stderr.decode() and path.read_bytes() == before


def test_an_editor_checks_what_is_not_saved(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text("version: 1\nrules:\n  - {name: a, when: {job_id: 1}, refresh: [{site: s, workbooks: W}]}\n")
    test = b"version: 1\ntests:\n  - {name: t, event: {job_id: 1}, rules: [b]}\n"
    result = cli("check", "-", "--stdin-filename", "rules/a.test.yaml", stdin=test, cwd=tmp_path)
    assert result.returncode == 1 and "rules/a.test.yaml:3:43: error: " in result.stderr.decode()
    result = cli("check", "-", "--stdin-filename", "rules/a.yaml", stdin=b"version: 1\nrules: [x]\n", cwd=tmp_path)
    assert result.returncode == 1 and "rules/a.yaml:2:9: error: " in result.stderr.decode()
    result = cli("check", "--config", "-", "--stdin-filename", "refresh-router.yaml", stdin=b"version: 1\nsite: []\n", cwd=tmp_path)
    assert result.returncode == 1 and "refresh-router.yaml:2:1: error: unknown field 'site'" in result.stderr.decode()


@pytest.mark.parametrize("arguments", [["-", "a.yaml"], ["-", "-"], ["--config", "-", "-"], ["--stdin-filename", "x", "a.yaml"],
                                       ["--fix", "--format", "json", "-"], ["--config", "-", "--url", "http://127.0.0.1:1"]])
def test_standard_input_is_one_file(arguments):
    result = cli("check", *arguments, stdin=b"version: 1\nrules: []\n")
    assert (result.returncode, result.stdout) == (2, b"")


def test_without_arguments_the_usual_folder_is_checked(tmp_path):
    result = cli("check", cwd=tmp_path)
    assert result.returncode == 2 and "there is no ./rules" in result.stderr.decode()
    (tmp_path / "rules").mkdir()
    assert cli("check", cwd=tmp_path).returncode == 1
    (tmp_path / "rules" / "a.yaml").write_text("version: 1\nrules: []\n")
    assert cli("check", cwd=tmp_path).returncode == 0
