"""What `check` finds, in the formats of the tools that show it: valid whatever a file or its name holds, and with the same exit status."""
import json
import os
import re
import shutil
import subprocess
import urllib.parse
import xml.etree.ElementTree

import jsonschema
import pytest

from harness import TOP, cli

FORMATS = ["text", "json", "github", "gitlab", "sarif", "checkstyle"]
SARIF = json.loads((TOP / "tests" / "samples" / "sarif" / "sarif-2.1.0-rtm.5.json").read_text())
PROBLEMS = json.loads((TOP / "schemas" / "problems.schema.json").read_text())
# docs.gitlab.com, "Code Quality report format"
GITLAB = {"type": "array", "items": {
    "type": "object", "required": ["description", "check_name", "fingerprint", "severity", "location"], "properties": {
        "description": {"type": "string", "minLength": 1}, "check_name": {"type": "string", "minLength": 1},
        "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"}, "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
        "location": {"type": "object", "required": ["path", "lines"], "properties": {
            "path": {"type": "string", "pattern": "^(?!\\./)(?!/)"},
            "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}}}}}}}
HEAD = "version: 1\nrules:\n"
ODD = "odd %25,:\n\x1b[2J\"<&>'\u202e\uffff é.yaml"


def rule(name, when="{job_id: 1}", workbook="W"):
    return f"  - name: {name}\n    when: {when}\n    refresh: [{{site: s, workbooks: {workbook}}}]\n"


WARNED = HEAD + rule("a", "{job_id: /100/}") + rule("b", workbook='"W "') + "    # refresh-router: allow=unanchored-id because it is old\n" + \
    rule("c", "{job_id: /200/}").replace("    when", "    # refresh-router: allow=unanchored-id because ids are short\n    when")
WRONG = HEAD + rule("a", "{job-id: 1}") + rule("b", "{job_id: /100/}")


def check(folder, text, form, *arguments, name="rules.yaml"):
    (folder / name).write_text(text)
    return cli("check", "--format", form, *arguments, name, cwd=folder)


def sarif(folder, text, **rest):
    log = json.loads(check(folder, text, "sarif", **rest).stdout)
    jsonschema.Draft4Validator(SARIF).validate(log)
    return log["runs"][0]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_the_same_exit_status(form, tmp_path):
    clean = HEAD + rule("a")
    assert [check(tmp_path, text, form, *arguments).returncode for text, arguments in (
        (clean, ()), (WARNED, ()), (WARNED, ("--strict",)), (WRONG, ()), (clean, ("--strict",)))] == [0, 0, 1, 1, 0]
    assert cli("check", "--format", form, tmp_path / "missing.yaml").returncode == 2


@pytest.mark.parametrize("name", ["rules.yaml", ODD, os.fsdecode(b"not \xff utf-8.yaml")])
@pytest.mark.parametrize("text", [HEAD, WARNED, WRONG, HEAD + rule("a", "{job_id: /1/}", '"\\u0001\\uFFFE "'), "a: \x00", "[" * 200], ids=range(6))
def test_whatever_a_file_or_its_name_holds_is_valid(name, text, tmp_path):
    sarif(tmp_path, text, name=name)
    jsonschema.validate(json.loads(check(tmp_path, text, "gitlab", name=name).stdout), GITLAB)
    tree = xml.etree.ElementTree.fromstring(check(tmp_path, text, "checkstyle", name=name).stdout)
    assert tree.tag == "checkstyle" and {child.tag for child in tree} <= {"file"}
    assert all(error.tag == "error" and {"severity", "message", "source"} <= set(error.attrib) for file in tree for error in file)
    jsonschema.validate(json.loads(check(tmp_path, text, "json", name=name).stdout), PROBLEMS)
    for line in check(tmp_path, text, "github", name=name).stdout.decode().splitlines():
        assert re.fullmatch(r"::(error|warning|notice) (file=[^:,]*,)?(line=\d+,endLine=\d+,(col=\d+,endColumn=\d+,)?)?title=[a-z-]+::[ -~é\uffff]*", line), line


def test_sarif_has_ranges_rules_related_uris_and_suppressions(tmp_path):
    run = sarif(tmp_path, WARNED, name="é,:.yaml")
    jsonschema.validate(json.loads(check(tmp_path, WARNED, "json").stdout), PROBLEMS)
    assert [(result["ruleId"], result["locations"][0]["physicalLocation"]["region"]) for result in run["results"]] == [
        ("unanchored-id", {"startLine": 4, "startColumn": 20, "endLine": 4, "endColumn": 25}),
        ("stray-blank", {"startLine": 8, "startColumn": 36, "endLine": 8, "endColumn": 40}),
        ("unused-suppression", {"startLine": 9, "startColumn": 29, "endLine": 9, "endColumn": 42}),
        ("unanchored-id", {"startLine": 12, "startColumn": 20, "endLine": 12, "endColumn": 25})]
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]}
    assert uris == {"%C3%A9%2C%3A.yaml"} and urllib.parse.unquote(uris.pop()) == "é,:.yaml"
    assert [result.get("suppressions") for result in run["results"]] == [None, None, None, [{"kind": "inSource", "justification": "ids are short"}]]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"]) and all(r["help"]["text"] for r in rules)


def test_a_note_never_changes_the_exit_status(tmp_path):
    noted = HEAD + rule("a", "{job_id: 1, status: errored}")
    for form in FORMATS:
        result = check(tmp_path, noted, form, "--strict")
        assert result.returncode == 0 and b"status-spelling" in result.stdout + result.stderr, form
    assert check(tmp_path, noted, "text").stderr.decode().splitlines()[-1] == "0 errors, 0 warnings, 1 note"


def test_the_other_rule_is_a_related_place(tmp_path):
    text = HEAD + rule("a") + rule("b")
    [problem] = json.loads(check(tmp_path, text, "json").stdout)["problems"]
    assert problem["code"] == "redundant-rule" and [(r["file"], r["line"]) for r in problem["related"] if "file" in r][0] == ("rules.yaml", 3)
    [result] = sarif(tmp_path, text)["results"]
    related = [r["physicalLocation"] for r in result["relatedLocations"] if "physicalLocation" in r]
    assert related[0]["artifactLocation"]["uri"] == "rules.yaml" and related[0]["region"]["startLine"] == 3
    assert "\nrules.yaml:3:" in check(tmp_path, text, "text").stderr.decode()


def test_sarif_has_the_fix(tmp_path):
    [fix] = sarif(tmp_path, WRONG)["results"][0]["fixes"]
    [replacement] = fix["artifactChanges"][0]["replacements"]
    assert replacement == {"deletedRegion": {"startLine": 4, "startColumn": 12, "endLine": 4, "endColumn": 18}, "insertedContent": {"text": "job_id"}}


@pytest.mark.parametrize("form", ["sarif", "gitlab"])
def test_a_finding_is_known_again_when_lines_move(form, tmp_path):
    def keys(text):
        if form == "sarif":
            return [result["partialFingerprints"]["refreshRouter/v1"] for result in sarif(tmp_path, text)["results"]]
        return [item["fingerprint"] for item in json.loads(check(tmp_path, text, "gitlab").stdout)]
    twice = HEAD + rule("a", "{job_id: /100/}") + rule("b", "{job_id: /100/}", "V")
    before = keys(twice)
    assert len(set(before)) == 2
    assert keys(twice.replace("rules:", "\n# more\n\nrules:")) == before
    assert keys(twice.replace("name: b", "name: renamed")) == before
    assert set(keys(twice.replace("/100/", "/200/"))) & set(before) == set()
    assert set(keys(HEAD + rule("c", "{job_id: /300/}", "U") + twice[len(HEAD):])) > set(before)


def test_a_path_below_the_working_folder_is_relative(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text(WRONG)
    for path in (tmp_path / "rules", "rules", "./rules", "././/rules"):
        told = json.loads(cli("check", "--format", "gitlab", path, cwd=tmp_path).stdout)
        assert {item["location"]["path"] for item in told} == {"rules/a.yaml"}
    log = json.loads(cli("check", "--format", "sarif", tmp_path / "rules", cwd="/").stdout)
    assert log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("tmp/")


def test_github_shows_errors_first_and_ten_of_each_kind(tmp_path):
    text = HEAD + "".join(rule(f"r{n}", "{job_id: /100/}") for n in range(13)) + "".join(rule(f"e{n}", "{job-id: 1}") for n in range(11))
    lines = check(tmp_path, text, "github").stdout.decode().splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 10 + ["1"]
    assert lines[-1] == "1 more error, 3 more warnings; refresh-router check prints them all"


def test_what_is_not_kept_is_said_in_every_format(tmp_path):
    text = HEAD + "".join(rule(f"r{n}", "{job-id: 1}") for n in range(1200))
    for form in FORMATS:
        assert "200 more problems are not shown" in check(tmp_path, text, form).stderr.decode(), form


def test_json_names_the_end_of_a_finding(tmp_path):
    [problem] = [p for p in json.loads(check(tmp_path, WRONG, "json").stdout)["problems"] if p["code"] == "unknown-field"]
    assert (problem["line"], problem["column"], problem["end_line"], problem["end_column"]) == (4, 12, 4, 18)


@pytest.mark.skipif(not shutil.which("xmllint"), reason="xmllint is not installed")
def test_checkstyle_is_read_by_another_parser(tmp_path):
    told = check(tmp_path, WRONG, "checkstyle", name=ODD).stdout
    assert subprocess.run(["xmllint", "--noout", "-"], input=told, check=False).returncode == 0
