"""README, the operations guide and the manual: what they show runs, what they name exists, and the manual's tables are those of the program."""
import os
import re
import shutil
import subprocess

import pytest
import yaml

import harness
from harness import SAMPLES, SECRET, TOP, cli, request, rule, wait_until

README = TOP / "README.md"
OPERATIONS = TOP / "packaging" / "operations.md"
GALLERY = TOP / "rules" / "README.md"
MAN = TOP / "packaging" / "man"
MANUAL, RULES, CONFIGURATION = MAN / "refresh-router.1", MAN / "refresh-router-rules.5", MAN / "refresh-router.yaml.5"
METRICS = MAN / "refresh-router-metrics.7"
PAGES = [*sorted(MAN.glob("*.1")), RULES, CONFIGURATION]


# ---- examples run ----

class Example:
    """A block of a document. `not_run`: why, as the document says in a comment before it."""

    def __init__(self, path, line, text, kind, not_run):
        self.path, self.line, self.text, self.kind, self.not_run = path, line, text, kind, not_run

    def __str__(self):
        return f"{self.path.name}:{self.line}"


NOT_RUN = re.compile(r"""(?:<!-- |\\" )not run by tests: (.+?)(?: -->)?$""")
FENCE = re.compile(r"^```(\w*)$")


def examples_of(path, text=None):
    """Fenced blocks of Markdown; `.Dl` lines and literal displays of mdoc, a `# NAME.yaml` in whose first line says what they are."""
    begun, before, lines = None, "", (path.read_text() if text is None else text).splitlines()
    for number, line in enumerate(lines, 1):
        begins, ends = (FENCE.match(line), line == "```") if path.suffix == ".md" else (line.startswith(".Bd -literal"), line == ".Ed")
        marked = NOT_RUN.search(before)
        if begun is None and line.startswith(".Dl "):
            yield Example(path, number, line[4:], "sh", marked and marked[1])
        elif begun is None and begins:
            begun = number, before, begins[1] if path.suffix == ".md" else None
        elif begun is not None and ends:
            first, before_it, kind = begun
            text = "\n".join(lines[first:number - 1]) + "\n"
            marked = NOT_RUN.search(before_it)
            yield Example(path, first, text, kind or ("yaml" if re.match(r"# \S+\.yaml\n", text) else "sh"), marked and marked[1])
            begun = None
        before = line
    assert begun is None, f"{path}:{begun}: a block without end"


EXAMPLES = [example for path in [README, OPERATIONS, GALLERY, *PAGES] for example in examples_of(path)]


def command_for(text):
    """What reads a file of this text, under the name that its first line gives if that is among the rules."""
    named = re.match(r"# (rules/\S+\.yaml)\n", text)
    if "sites:" in text:
        return ["check", "--strict", "--no-files", "--config", "example.yaml"]
    if "tests:" in text:
        return ["test", "--rules", "rules", named[1] if named else "example.test.yaml"]
    return ["check", "--strict", named[1] if named else "example.yaml"]


def write_files(document, folder):
    """A stranger's folder: what the document itself shows, and what its text speaks of beside that."""
    shown = {re.match(r"# (\S+\.yaml)\n", e.text): e.text for e in EXAMPLES
             if e.path == (README if document == GALLERY else document) and e.kind == "yaml"}
    (folder / "rules").mkdir()
    for name, text in {name[1].lstrip("/").removeprefix("etc/refresh-router/"): text for name, text in shown.items() if name}.items():
        (folder / name).write_text(text)
    if not any((folder / "rules").iterdir()):
        shutil.copytree(TOP / "rules", folder / "rules", ignore=shutil.ignore_patterns("*.mk"), dirs_exist_ok=True)
    shutil.copy(SAMPLES / "dbt" / "completed-success.json", folder / "event.json")
    for arguments in (["init", "-q", "-b", "main"], ["add", "rules"], ["commit", "-q", "-m", "rules"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments], cwd=folder, check=True)


def run_example(example, folder, environment):
    write_files(example.path, folder)
    environment = {**os.environ, **environment, "PATH": f"{harness.BUILD}:{os.environ['PATH']}"}
    if "refresh-router init" in example.text:
        environment.pop("REFRESH_ROUTER_CONFIG", None)      # who begins has no other one
    if example.kind == "sh":
        command = ["bash", "-e", "-o", "pipefail", "-c", example.text.replace("127.0.0.1:8090", environment.get("SANDBOX", ""))]
    elif example.kind == "yaml":
        command = ["refresh-router", *command_for(example.text)]
        (folder / command[-1]).write_text(example.text)
    else:
        raise AssertionError(f"{example}: nobody knows how to run '{example.kind}'")
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=harness.DEADLINE)


@pytest.fixture
def environment(router, sandbox):
    router.send()       # an event to show, and to compare by
    return {"REFRESH_ROUTER_CONFIG": str(router.folder / "config.yaml"), "SANDBOX": sandbox.address, **router.environment}


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_runs(example, tmp_path, environment):
    if example.not_run:
        pytest.skip(f"{example}: {example.not_run}")
    folder = tmp_path / "example"
    folder.mkdir()
    told = run_example(example, folder, environment)
    assert told.returncode == 0, f"{example}:\n{example.text}\n{told.stdout}{told.stderr}"


NOT_RUN_BY_OPERATORS = [e.text.splitlines()[0] for e in EXAMPLES if e.path == OPERATIONS and e.not_run]


def test_few_examples_are_not_run():
    """Each has its reason where it stands; this is the list that a reviewer sees grow."""
    assert [str(e.path.relative_to(TOP)) + ": " + e.text.splitlines()[0] for e in EXAMPLES if e.not_run] == [
        "README.md: ./packaging/demo/run", "README.md: ./tests/run", *(f"packaging/operations.md: {text}" for text in NOT_RUN_BY_OPERATORS)]
    assert len(EXAMPLES) >= 8


BROKEN = {
    "an option that is not there": (README, "```sh\nrefresh-router check --strickt rules/\n```\n"),
    "its second line": (README, "```sh\nrefresh-router chekc rules/\nrefresh-router check rules/\n```\n"),
    "a key with a slip": (README, "```yaml\nversion: 1\nrules:\n  - {name: a, when: {job-id: 1}, refresh: [{site: s, workbooks: W}]}\n```\n"),
    "a setting with a slip": (README, "```yaml\nversion: 1\nsources: [{name: dbt, secrets: [{env: S}]}]\nsites: []\nhistry: 90d\n```\n"),
    "in the manual": (MANUAL, ".Dl refresh-router route --rule rules/ --explian event.json\n"),
    "a test that expects something else": (MANUAL, ".Bd -literal\n# a.test.yaml\nversion: 1\ntests: [{name: a, event: {job_id: 1001}, expect: [{site: board, flow: X}]}]\n.Ed\n"),
    "a rule in the manual": (MANUAL, ".Bd -literal -offset indent\n# a.yaml\nversion: 1\nrules: [{name: a}]\n.Ed\n"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_an_example_that_is_broken_fails(kind, tmp_path):
    path, text = BROKEN[kind]
    [example] = examples_of(path, text)
    assert run_example(example, tmp_path, {}).returncode not in (0, 127)


def test_an_example_says_why_it_is_not_run():
    [example] = examples_of(README, "<!-- not run by tests: it takes a day -->\n```sh\nsleep 86400\n```\n")
    assert example.not_run == "it takes a day"
    [example] = examples_of(MANUAL, '.\\" not run by tests: it takes a day\n.Dl sleep 86400\n')
    assert example.not_run == "it takes a day"


# ---- what is named exists ----

COMMANDS = re.findall(r"^  (\w+)  ", cli("--help").stdout.decode(), re.M) if (harness.BUILD / "refresh-router").exists() else []
OURS = ("refresh-router", "make", "man", "tests/run", *COMMANDS)


def spans(text):
    """`commands` in the text of a Markdown file, outside its blocks."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    return [span for span in re.findall(r"`([^`\n]+)`", text) if span.split()[0] in OURS and "…" not in span]


@pytest.fixture
def known_ids(router):
    event = router.send().json["event"]
    router.settle(1)
    return {"event": str(event), "refresh": str(router.refreshes()[0]["id"])}


def run_span(span, router, ids, folder):
    """Runs what a text names, and returns its status; capitals are what the reader puts there."""
    program, *words = span.split()
    if program == "make":
        return subprocess.run(["make", "-n", *words], cwd=harness.BUILD, capture_output=True).returncode
    if program == "man":
        return 0 if list(MAN.glob(f"{words[0]}.[1-8]")) else 1
    if program != "refresh-router":
        words.insert(0, program)
    if len(words) < 2:      # a command as such, as in "`check` reports ..."
        words.append("--help")
    values = {"RECEIVER": "--help", "ID": ids["event" if "replay" in words or "route" in words else "refresh"], "SITE": "finance",
              "FROM": str(router.folder / "config.yaml"), "TO": "new.db"}
    done = cli(*[values.get(word, word) for word in words], cwd=folder,
               environment={"REFRESH_ROUTER_CONFIG": str(router.folder / "config.yaml"), **router.environment})
    return 0 if done.returncode == 1 else done.returncode      # "no", as to cancel what has ended, is an answer


@pytest.mark.parametrize("span", sorted({span for path in (README, OPERATIONS, GALLERY) for span in spans(path.read_text())}))
def test_a_command_that_the_text_names_runs(span, router, known_ids, tmp_path):
    assert run_span(span, router, known_ids, tmp_path) == 0


@pytest.mark.parametrize("span", ["make chekc", "refresh-router schema confg", "show ID --colour", "retyr ID", "sites puase SITE"])
def test_a_command_with_a_slip_fails(span, router, known_ids, tmp_path):
    assert run_span(span, router, known_ids, tmp_path) != 0


def by_hand(page):
    """The page without what the program prints."""
    return re.sub(r'^\.\\" (\w+), printed by the program\n.*?^\.\\" end of \1$', "", page.read_text(), flags=re.M | re.S)


def keys_of(part):
    return set(re.findall(r'^\.It Li "\\&(\w+)"', cli("manual", part).stdout.decode(), re.M))


def test_an_example_shows_every_key_of_rules_and_tests_and_every_field():
    """Who looks for a key finds it in refresh-router-rules(5) in a file that works."""
    shown = [yaml.safe_load(e.text) for e in EXAMPLES if e.path == RULES and e.kind == "yaml"]
    rules = [rule for text in shown for rule in text.get("rules", [])]
    tests = [test for text in shown for test in text.get("tests", [])]
    expected = [row for test in tests for row in [*test.get("expect", []), *test.get("expect_contains", [])]]
    maps = [when for rule in rules for when in (rule["when"] if isinstance(rule["when"], list) else [rule["when"]])]
    for part, places in {"rule": rules, "selection": [row for rule in rules for row in rule["refresh"]], "test": tests, "expectation": expected,
                         "fields": maps}.items():
        missing = keys_of(part) - {key for place in places for key in place}
        assert keys_of(part) and not missing, (part, missing)


def test_the_rules_of_the_page_are_one_ruleset(tmp_path):
    write_files(RULES, tmp_path)
    for command in (["check", "--strict", "rules"], ["test", "rules"]):
        done = cli(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", [MANUAL, RULES, CONFIGURATION], ids=lambda page: page.name)
def test_the_prose_of_the_manual_names_what_exists(page, router):
    text = by_hand(page)
    options = {"help", "version"}
    for command in COMMANDS:
        options |= set(re.findall(r"^  --([a-z-]+)", cli(command, "--help").stdout.decode(), re.M))
    named = {word for line in re.findall(r"^\.(?:Nm )?(?:Cm|Ic) (.+)$", text, re.M) for word in re.findall(r"[a-z]+", line.split(" config")[0])}
    named -= {"json", "schema"}          # `--format json`, `schema config`
    assert named <= set(COMMANDS), named - set(COMMANDS)
    assert set(re.findall(r"\bFl -([a-z-]+)", text)) <= options
    settings = set(re.findall(r"^\.It Li \"\\&([^\"]+)\"", cli("manual", "settings").stdout.decode(), re.M))
    for document in (text, OPERATIONS.read_text()):
        dotted = set(re.findall(r"(?:\.Li |`)((?:listen|limits|retry)\.[a-z_]+)", document))
        assert (dotted or page == RULES) and dotted <= settings | {"listen.tls", "listen.admin_tls"}, dotted - settings
        metrics = set(re.findall(r"refresh_router_([a-z_]+)", document)) - {""}
        assert metrics <= set(re.findall(r"^# HELP refresh_router_(\w+)", request(router.admin, "GET", "/metrics").body.decode(), re.M))


def test_the_manual_knows_the_states_of_a_refresh(router):
    section = re.search(r"^\.Sh STATES OF A REFRESH\n(.*?)^\.Sh ", MANUAL.read_text(), re.M | re.S)[1]
    named = re.findall(r"\w+", " ".join(re.findall(r"^\.It (.+)", section, re.M)))
    [in_help] = re.findall(r"only refreshes in this state: (.+?), open", re.sub(r"\s+", " ", cli("refreshes", "--help").stdout.decode()))
    assert named == in_help.split(", ") and all(router.refreshes(state=state) == [] for state in named)


def test_the_sandbox_s_page_knows_its_options_calls_and_faults():
    told = subprocess.run([harness.BUILD / "tableau-sandbox", "--help"], capture_output=True, text=True, timeout=harness.DEADLINE).stdout
    page = (TOP / "packaging" / "man" / "tableau-sandbox.1").read_text()
    options, calls = re.findall(r"^  --([a-z]+)", told, re.M), re.findall(r"^  ((?:GET|POST|DELETE)[A-Z, ]*?) +(\w+) ", told, re.M)
    [faults] = re.findall(r"FAULT: (.+)", told)
    named = set(re.findall(r"[\w-]+", " ".join(re.findall(r"^\.(?:It|Fl|Nm|Op).*", page, re.M))))
    missing = ({"-" + option for option in options} | {name for _, name in calls} | set(faults.split())) - named
    assert len(options) >= 4 and len(calls) >= 8 and len(faults.split()) >= 14 and not missing, missing


def test_every_number_of_metrics_is_in_the_manual(router):
    there = re.findall(r"^# HELP (\w+)", request(router.admin, "GET", "/metrics").body.decode(), re.M)
    told = cli("manual", "metrics").stdout.decode()
    assert re.findall(r'^\.It Li "\\&(\w+)"', told, re.M) == there


def test_the_lines_of_the_log_that_operators_read_about_are_written():
    [rows] = re.findall(r"^\| `msg` \|.*\n\|[-|]+\n((?:\|.*\n)+)", OPERATIONS.read_text(), re.M)
    named = re.findall(r"`([^`]+)`", "\n".join(row.split("|")[1] for row in rows.splitlines()))
    sources = "".join(path.read_text() for path in (TOP / "src").glob("**/*.c"))
    assert len(named) >= 20 and [name for name in named if f'"{name.removesuffix("…").strip()}' not in sources] == []


# ---- links ----

def anchors(text):
    """Of headings, as GitHub and GitLab make them."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", text, re.M)}


def dead_links(path, text):
    """Of a Markdown file: files that are not there, and headings that their file lacks."""
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)):
        name, _, anchor = target.partition("#")
        there = path.parent / name if name else path
        if not re.match(r"\w+:", name) and (not there.exists() or (anchor and anchor not in anchors(text if there == path else there.read_text()))):
            yield target


@pytest.mark.parametrize("path", sorted({*TOP.glob("*.md"), *TOP.glob(".github/*.md"), *(path for name in ("packaging", "rules", "src", "tests")
                                                                                for path in (TOP / name).rglob("*.md"))}), ids=lambda path: str(path.relative_to(TOP)))
def test_links_lead_somewhere(path):
    assert list(dead_links(path, path.read_text())) == []


def test_a_dead_link_is_noticed():
    text = f"# A heading\n[a](#a-heading) [b](#a-headline) [c](security) [d](prometheus) [e]({README.name}#sizes) [f](https://example.com)\n"
    assert list(dead_links(README, text)) == ["#a-headline", "security", "prometheus", f"{README.name}#sizes"]


# ---- what is committed is what the program prints ----

def derived(tmp_path, changed=None, program=None):
    """Compares; `changed`: other texts of pages."""
    shutil.copytree(MAN, tmp_path / "man")
    for path, text in (changed or {}).items():
        (tmp_path / "man" / path.name).write_text(text)
    done = subprocess.run([TOP / "tests" / "documents" / "derived"], capture_output=True, text=True, timeout=harness.DEADLINE,
                          env={**os.environ, "srcdir": str(TOP), "MAN": str(tmp_path / "man"), "REFRESH_ROUTER": str(program or harness.BUILD / "refresh-router")})
    return done.returncode, done.stdout + done.stderr


def test_the_manual_and_the_schemas_are_what_the_program_prints(tmp_path):
    status, told = derived(tmp_path)
    assert status == 0, told


ENTRIES = {
    "a command": r'^\.Ss "\\&refresh\\-router cancel .*?(?=^\.Ss )',
    "an option": r'^\.It Fl "\\&\\-explain"\n.*?\n',
    "a word": r"^\.It Cm resume\n.*?\n",
    "a setting": r'^\.It Li "\\&limits\.bodies".*?\n.*?\n',
    "a default": r"default 90d",
    "a key of a rule": r'^\.It Li "\\&priority".*?\n.*?\n',
    "a key of a selection": r'^\.It Li "\\&incremental".*?\n.*?\n',
    "a key of a test": r'^\.It Li "\\&event_file".*?\n.*?\n',
    "a key of an expectation": r'^\.It Li "\\&not_before".*?\n.*?\n',
    "an event field": r'^\.It Li "\\&run_reason"\n.*?\n',
    "a metric": r'^\.It Li "\\&refresh_router_causes_total".*?\n.*?\n',
    "words of a label": r'^\.br\n\\&\\fBlistener.*?\n',
    "a whole part": r'^\.\\" metrics, printed.*?^\.\\" end of metrics\n',
}


@pytest.mark.parametrize("kind", ENTRIES)
def test_what_the_manual_lacks_is_noticed(kind, tmp_path):
    """As after a change of the program alone: it prints more than the page has."""
    changed = {path: re.sub(ENTRIES[kind], "", path.read_text(), count=1, flags=re.M | re.S) for path in (MANUAL, RULES, CONFIGURATION, METRICS)}
    assert any(text != path.read_text() for path, text in changed.items())
    status, told = derived(tmp_path, changed)
    assert status == 1 and ("`make manual` renews it" in told or "no place for 'metrics'" in told), told


PROGRAMS = {
    "a schema that is stale": ('[ "$*" = "schema site" ] && { echo "{}"; exit; }', "site.schema.json is not what"),
    "a schema that is not committed": ('[ "$*" = "schema --help" ] && { "$real" schema --help | sed "s/^  rules /  rule  /"; exit; }', "schema rule fails"),
    "a schema that nobody prints": ('[ "$*" = "schema --help" ] && { "$real" schema --help | sed "/^  rules /d"; exit; }', "rules.schema.json is a schema that"),
    "no words": ('[ "$2" = --help ] && exit', "there are no schemas"),
    "a part that fails": ('[ "$*" = "manual fields" ] && exit 1', "cannot be filled"),
}


@pytest.mark.parametrize("kind", PROGRAMS)
def test_another_program_is_noticed(kind, tmp_path):
    script, said = PROGRAMS[kind]
    program = tmp_path / "program"
    program.write_text(f"#!/bin/bash\nreal={harness.BUILD}/refresh-router\n{script}\nexec $real \"$@\"\n")
    program.chmod(0o755)
    status, told = derived(tmp_path, program=program)
    assert status == 1 and said in told, told
