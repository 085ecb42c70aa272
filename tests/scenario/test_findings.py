"""Every code that `check` prints is documented, and the documentation is true: its examples have the finding, or have none."""
import json
import re
import shutil
import subprocess

import jsonschema
import pytest

from harness import TOP, cli
from postgresql import has_driver

PAGES = TOP / "src" / "cli" / "check" / "findings"
FINDINGS = {item["code"]: item for item in json.loads(cli("explain", "--format", "json").stdout)["items"]}
NOT_RUN = re.compile(r"<!-- not run by tests: (.+?) -->")


def not_run(code, section):
    """Why the page's section is not run, as the line before its heading says."""
    lines = [line for line in (PAGES / f"{code}.md").read_text().splitlines() if line]
    found = NOT_RUN.match(lines[lines.index(f"## {section}") - 1]) if f"## {section}" in lines else NOT_RUN.match(lines[-1])
    return found and found[1]


def check(files, folder):
    """What `check` finds in files as a page shows them."""
    if any("postgresql://" in file["text"] for file in files) and not has_driver():
        pytest.skip("built without PostgreSQL")
    for file in files:
        path = folder / file["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["text"])
        path.chmod(0o600)
    names = [file["file"] for file in files]
    arguments = ["--config", "refresh-router.yaml"] if "refresh-router.yaml" in names else names
    result = cli("check", "--format", "json", *arguments, cwd=folder)
    return result, [problem["code"] for problem in json.loads(result.stdout)["problems"]]


@pytest.mark.parametrize("code", FINDINGS)
def test_the_example_of_a_finding_has_it_and_nothing_else(code, tmp_path):
    if not_run(code, "Example"):
        pytest.skip(not_run(code, "Example"))
    result, codes = check(FINDINGS[code]["example"], tmp_path)
    assert codes and set(codes) == {code}, result.stdout.decode()
    severity = FINDINGS[code]["severity"]
    assert result.returncode == (2 if code == "unreadable" else 1 if severity == "error" else 0)


@pytest.mark.parametrize("code", FINDINGS)
def test_the_corrected_example_is_clean(code, tmp_path):
    if not_run(code, "Corrected"):
        pytest.skip(not_run(code, "Corrected"))
    result, codes = check(FINDINGS[code]["corrected"], tmp_path)
    assert (result.returncode, codes) == (0, []), result.stdout.decode() + result.stderr.decode()


def test_few_pages_are_not_run():
    """The list that a reviewer sees grow."""
    assert [code for code in FINDINGS if not_run(code, "Example")] == ["too-large", "outside-link", "not-compared", "open-work", "readable-key"]
    assert [code for code in FINDINGS if not_run(code, "Corrected")] == ["too-large", "outside-link", "not-compared", "open-work", "bad-certificate",
                                                                         "readable-key"]


@pytest.mark.parametrize("change, told", [("remove", "'syntax' has no page"), ("add", "problem.def has no code 'sintax'")])
def test_a_code_and_its_page_belong_together(change, told, tmp_path):
    """A code without a page, or a page without a code, does not build."""
    pages = shutil.copytree(PAGES, tmp_path / "findings")
    if change == "remove":
        (pages / "syntax.md").unlink()
    else:
        (pages / "sintax.md").write_text("# sintax\n")
    result = subprocess.run([PAGES / "embed", pages, TOP / "src" / "base" / "problem" / "problem.def"], capture_output=True, text=True, check=False)
    assert result.returncode == 1 and told in result.stderr


def test_a_page_is_what_its_schema_says():
    schema = json.loads((TOP / "schemas" / "finding.schema.json").read_text())
    for item in [*FINDINGS.values(), json.loads(cli("explain", "syntax", "--format", "json").stdout)]:
        jsonschema.validate(item, schema)


def test_explain_prints_the_page_of_a_code():
    page = cli("explain", "unanchored-id").stdout.decode()
    assert page.startswith("unanchored-id: warning\n")
    assert "job_id: /100/" in page and "job_id: /^100$/" in page


def test_explain_lists_every_code_with_its_severity():
    lines = cli("explain").stdout.decode().splitlines()
    listed = {line.split()[0]: line.split()[1] for line in lines if line and line[0] != " "}
    assert listed == {code: item["severity"] for code, item in FINDINGS.items()}


def test_a_misspelt_code_is_suggested():
    result = cli("explain", "unanchord-id")
    assert (result.returncode, result.stdout) == (2, b"")
    assert "did you mean 'unanchored-id'?" in result.stderr.decode()


def test_an_example_that_a_terminal_would_not_show_is_shown():
    assert r"Board\u200b Pack" in cli("explain", "invisible-character").stdout.decode()


ALLOWED = """version: 1
rules:
  - name: a
    # refresh-router: allow=unanchored-id until=2999-12-31 because ids have four digits here
    when: {job_id: /100/}
    refresh: [{site: s, workbooks: "W "}]  # refresh-router: allow=stray-blank because it is called so
"""


def test_an_author_allows_a_finding_where_it_stands(tmp_path):
    (tmp_path / "a.yaml").write_text(ALLOWED)
    result = cli("check", "--strict", "--format", "json", "a.yaml", cwd=tmp_path)
    told = json.loads(result.stdout)
    assert (result.returncode, told["problems"]) == (0, [])
    assert [(item["code"], item["because"], item.get("until")) for item in told["suppressed"]] == [
        ("unanchored-id", "ids have four digits here", "2999-12-31"), ("stray-blank", "it is called so", None)]
    assert cli("check", "a.yaml", cwd=tmp_path).stderr.decode() == "0 errors, 0 warnings, 2 suppressed\n"


def test_the_daemon_does_not_log_what_is_allowed(router_of, sandbox):
    rules = ALLOWED.replace("site: s", "site: finance")
    quiet, loud = router_of(sandbox, rules), router_of(sandbox, rules.replace("refresh-router:", ""))
    assert [code in quiet.log for code in ("stray-blank", "unanchored-id")] == [False, False]
    assert [f"code={code}" in loud.log for code in ("stray-blank", "unanchored-id")] == [True, True]


def test_a_suppression_in_a_configuration_and_in_a_test(tmp_path):
    (tmp_path / "refresh-router.yaml").write_text("""version: 1
rules: [rules.yaml]
sources: [{name: dbt, secrets: [{env: S}]}]
sites:
  # refresh-router: allow=plain-http because the network is our own
  - {name: s, server: "http://tableau.example.com", pat: {name: p, secret: {env: P}}}
""")
    (tmp_path / "rules.yaml").write_text(ALLOWED)
    (tmp_path / "rules.test.yaml").write_text("""version: 1
tests:
  - {name: t, event: {job_id: 1100}, rules: [a]}  # refresh-router: allow=stray-blank because of nothing
""")
    result = cli("check", "--config", "refresh-router.yaml", cwd=tmp_path)
    assert (result.returncode, result.stderr.decode()) == (0, "0 errors, 0 warnings, 3 suppressed\n")
    result = cli("check", "rules.yaml", "rules.test.yaml", cwd=tmp_path)
    assert "rules.test.yaml:3:75: warning: there is no 'stray-blank' on line 3 [unused-suppression]" in result.stderr.decode()


def test_tests_beside_rules_are_checked_too(tmp_path):
    (tmp_path / "a.yaml").write_text("version: 1\nrules:\n  - {name: a, when: {job_id: 1}, refresh: [{site: s, workbooks: W}]}\n")
    (tmp_path / "a.test.yaml").write_text("version: 1\ntests:\n  - {name: t, event: {job_id: 1}, rules: [b]}\n")
    for path in (tmp_path, tmp_path / "a.test.yaml"):
        result = cli("check", path)
        assert result.returncode == 1 and "a.test.yaml:3:43: error: " in result.stderr.decode(), result.stderr.decode()
