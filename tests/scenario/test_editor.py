"""Rules, tests and configuration in an editor: the real yaml-language-server with the schemas that ship."""
import itertools
import json
import re
import shutil

import pytest

from harness import TOP, cli
from language_server import IS_THERE, LanguageServer

pytestmark = pytest.mark.skipif(not IS_THERE, reason="yaml-language-server cannot be had (packaging/install-dependencies test installs it, with npm)")

RULES = "rules/team.yaml"
TESTS = "rules/team.test.yaml"
CONFIG = "config.yaml"
OFFERED_FOR_ANY_TEXT = {"true", "false"}       # by the type: a text may look so in YAML
FOREIGN = re.compile(r"finance|Finance|Revenue|nightly|dbt-prod|ana@|tableau\.com|\d{4}|emea")


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("editor")
    shutil.copytree(TOP / "schemas", folder / "schemas", ignore=shutil.ignore_patterns("*.mk"))
    (folder / "rules").mkdir()
    server = LanguageServer(folder)
    yield server
    server.stop()


number = itertools.count()


def write(editor, name, text):
    """Opens a new file with a text in which `|` is the cursor; what is underlined, and the file and place of the cursor."""
    schema = {RULES: "../schemas/rules", TESTS: "../schemas/tests", CONFIG: "schemas/config"}[name]
    whole = f"# yaml-language-server: $schema={schema}.schema.json\nversion: 1\n{text}"
    before = whole.partition("|")[0]
    fresh = name.replace(".yaml", f"{next(number)}.yaml")
    return editor.open(fresh, whole.replace("|", "", 1)), (fresh, before.count("\n"), len(before) - before.rfind("\n") - 1)


def complete(editor, name, text):
    return editor.complete(*write(editor, name, text)[1])


def hover(editor, name, text):
    return editor.hover(*write(editor, name, text)[1]).replace("\\", "")


EXAMPLES = {RULES: "rules", TESTS: "tests"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_is_underlined_in_the_examples(editor, name):
    ending = "*.test.yaml" if name == TESTS else "*.yaml"
    paths = [path for path in sorted((TOP / "rules").rglob(ending)) if name == TESTS or not path.name.endswith(".test.yaml")]
    assert paths
    for path in paths:
        text = re.sub(r"\$schema=\S+", f"$schema=../schemas/{EXAMPLES[name]}.schema.json", path.read_text())
        assert not editor.open(f"rules/{path.name}", text), path


@pytest.mark.parametrize("name,text,line,key", [
    (RULES, "rules:\n  - name: a\n    whem: {job_id: 1}\n    refresh: [{site: s, workbooks: W}]\n", 4, "whem"),
    (RULES, "rules:\n  - name: a\n    when: {job-id: 1}\n    refresh: [{site: s, workbooks: W}]\n", 4, "job-id"),
    (RULES, "rules:\n  - name: a\n    when:\n      - {not: {status: error, jobid: 1}}\n    refresh: [{site: s, workbooks: W}]\n", 5, "jobid"),
    (RULES, "rules:\n  - name: a\n    refresh:\n      - site: s\n        workbook: W\n", 6, "workbook"),
    (TESTS, "tests:\n  - name: a\n    event: {job_id: 1}\n    expects: []\n", 5, "expects"),
    (CONFIG, "sources: []\nsites:\n  - {name: s, server: https://t, pat: {name: p, secret: {enf: X}}}\n", 4, "enf")])
def test_a_misspelt_key_is_underlined_where_it_stands(editor, name, text, line, key):
    found, _ = write(editor, name, text)
    assert (line, f"Property {key} is not allowed.") in found, found


def test_completion_offers_the_fields(editor):
    schema = json.loads((TOP / "schemas" / "rules.schema.json").read_text())["definitions"]
    assert set(schema["rule"]["properties"]) - {"name"} <= set(complete(editor, RULES, "rules:\n  - name: a\n    |\n"))
    assert set(complete(editor, RULES, "rules:\n  - name: a\n    when:\n      |\n")) == set(schema["branch"]["properties"])
    assert set(complete(editor, RULES, "rules:\n  - name: a\n    when:\n      - |\n")) == set(schema["branch"]["properties"])
    assert set(complete(editor, RULES, "rules:\n  - name: a\n    refresh:\n      - site: s\n        |\n")) == set(schema["selection"]["properties"]) - {"site"}
    assert {"expect", "event", "rules"} <= set(complete(editor, TESTS, "tests:\n  - name: a\n    |\n"))
    assert {"sites", "sources", "listen"} <= set(complete(editor, CONFIG, "|\n"))


@pytest.mark.parametrize("field,words", [("when: {status: |}", {"success", "error", "cancelled", "running", "queued", "starting"}),
                                         ("when: {event: |}", {"job.run.started", "job.run.completed", "job.run.errored"}),
                                         ("mode: |", {"send", "shadow"}), ("enabled: |", {"true", "false"}), ("delay: |", {"10m"}),
                                         ("refresh: [{site: s, workbooks: W, allow: |}]", {"many", "none"})])
def test_completion_offers_the_words_that_there_are(editor, field, words):
    assert words <= set(complete(editor, RULES, f"rules:\n  - name: a\n    {field}\n"))


@pytest.mark.parametrize("name,text", [
    (RULES, "rules:\n  - name: a\n    refresh:\n      - site: |\n"), (RULES, "rules:\n  - name: a\n    refresh: |\n"),
    (RULES, "rules:\n  - name: a\n    refresh:\n      - site: s\n        workbooks: |\n"), (RULES, "rules:\n  - name: a\n    refresh:\n      - site: s\n        workbooks: [|]\n"),
    (RULES, "rules:\n  - name: a\n    refresh:\n      - site: s\n        project: |\n"), (RULES, "rules:\n  - name: a\n    refresh:\n      - site: s\n        tag: |\n"),
    (RULES, "rules:\n  - name: |\n"), (RULES, "rules:\n  - name: a\n    when:\n      job_id: |\n"), (RULES, "rules:\n  - name: a\n    when: |\n"),
    (TESTS, "tests:\n  - name: a\n    expect:\n      - site: |\n"), (TESTS, "tests:\n  - name: a\n    rules: [|]\n"), (TESTS, "tests:\n  - name: a\n    expect: |\n"),
    (CONFIG, "sites:\n  - name: |\n"), (CONFIG, "sites:\n  - name: a\n    server: |\n"), (CONFIG, "sites: |\n"), (CONFIG, "sources:\n  - name: |\n")])
def test_names_of_sites_and_content_are_not_invented(editor, name, text):
    offered = complete(editor, name, text)
    assert not [word for word in offered if FOREIGN.search(word)], offered
    if re.search(r"(site|tag|project|name): \|", text):
        assert set(offered) <= OFFERED_FOR_ANY_TEXT


@pytest.mark.parametrize("name,text,definition,field", [
    (RULES, "rules:\n  - name: a\n    prio|rity: 3\n", "rule", "priority"), (RULES, "rules:\n  - name: a\n    wh|en: {job_id: 1}\n", "rule", "when"),
    (RULES, "rules:\n  - name: a\n    when: {job_|id: 1}\n", "branch", "job_id"), (RULES, "rules:\n  - name: a\n    when: [{job_|id: [1, 2]}]\n", "branch", "job_id"),
    (RULES, "rules:\n  - name: a\n    when: {not: {run_|reason: x}}\n", "conditions", "run_reason"), (RULES, "rules:\n  - name: a\n    when: {n|ot: {run_reason: x}}\n", "branch", "not"),
    (RULES, "rules:\n  - name: a\n    refresh: [{si|te: s}]\n", "selection", "site"), (RULES, "rules:\n  - name: a\n    refresh: [{work|books: [W, {id: x}]}]\n", "selection", "workbooks"),
    (RULES, "rules:\n  - name: a\n    refresh: [{pro|ject: P}]\n", "selection", "project"), (TESTS, "tests:\n  - name: a\n    exp|ect: []\n", "test", "expect"),
    (TESTS, "tests:\n  - name: a\n    events: [{a|t: 06:00}]\n", "timed_event", "at"), (TESTS, "tests:\n  - name: a\n    expect: [{work|book: W}]\n", "expectation", "workbook"),
    (CONFIG, "clock_|skew: 60s\n", None, "clock_skew")])
def test_hover_shows_the_help(editor, name, text, definition, field):
    schema = json.loads((TOP / "schemas" / f"{({RULES: 'rules', TESTS: 'tests', CONFIG: 'config'})[name]}.schema.json").read_text())
    properties = (schema["definitions"][definition] if definition else schema)["properties"]
    shown = hover(editor, name, text)
    assert properties[field]["description"].replace("\\", "") in shown, shown


def test_the_files_of_init_are_checked_by_the_schemas_beside_them(tmp_path):
    """Who begins with `init` sees no line underlined, and a slip of the first edit is."""
    assert cli("init", tmp_path).returncode == 0
    server = LanguageServer(tmp_path)
    try:
        for name, key in {"refresh-router.yaml": "sources", "rules/first.yaml": "refresh", "rules/first.test.yaml": "expect"}.items():
            text = (tmp_path / name).read_text()
            assert not server.open(name, text), name
            assert any(f"{key}x" in message for _, message in server.open(f"{name}.new.yaml", text.replace(f"{key}:", f"{key}x:", 1))), name
    finally:
        server.stop()
