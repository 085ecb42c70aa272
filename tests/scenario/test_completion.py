"""Completion in bash, zsh and fish: what Tab offers and inserts, in the real shells, with the files that are installed."""
import json
import os
import pty
import re
import shutil
import subprocess

import pytest

import harness
from harness import TOP, cli, wait_until

FOLDER = TOP / "packaging" / "completions"
COMMANDS = re.findall(r"^  (\w+)  ", cli("--help").stdout.decode(), re.M) if (harness.BUILD / "refresh-router").exists() else []
SHELLS = ("bash", "zsh", "fish")
ODD = "it's $HOME \"quoted\" `x` é: a=b*"
CONFIG = """version: 1
sources: [{name: dbt-prod, secrets: [{env: A}]}]
sites:
  - {name: finance, server: "https://t.example.com", pat: {name: a, secret: {env: B}}}
  - {name: board, server: "https://t.example.com", content_url: b, pat: {name: b, secret: {env: C}}}
"""
TESTS = {"a (first) test": r"a \(first\) test", "two\nlines": r"two\x0alines"}      # a name, and the pattern that finds it


@pytest.fixture
def folder(tmp_path):
    """A folder of an author: a configuration, two rules and their tests."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "refresh-router.yaml").write_text(CONFIG)
    refresh = [{"site": "finance", "workbooks": "Revenue"}]
    rules = [{"name": "nightly", "description": "first\nand second line", "when": {"job_id": 1}, "refresh": refresh},
             {"name": ODD, "when": {"job_id": 2}, "refresh": refresh}]
    (tmp_path / "rules" / "r.yaml").write_text(json.dumps({"version": 1, "rules": rules}))
    tests = [{"name": name, "event": {"job_id": 1}, "rules": ["nightly"]} for name in TESTS]
    (tmp_path / "rules" / "r.test.yaml").write_text(json.dumps({"version": 1, "tests": tests}))
    return tmp_path


def skip_without(shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed (packaging/install-dependencies test)")


def environment():
    return {**os.environ, "PATH": f"{harness.BUILD}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "TERM": "vt100", "HOME": "/nonexistent"}


# ---- what is offered ----

BASH = """source "$1/refresh-router.bash"; COMP_LINE="refresh-router $2"; COMP_POINT=${#COMP_LINE}; COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
read -ra COMP_WORDS <<< "$COMP_LINE"; [[ $COMP_LINE != *' ' ]] || COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_refresh_router; for word in "${COMPREPLY[@]}"; do printf '%s\\n' "$word"; done """
# compadd is what a completion of zsh ends in: here it prints.
ZSH = """compadd() { local -a offered; offered=("${(@P)argv[-1]}"); print -rl -- "${(@M)offered:#$PREFIX*}"; }
_call_program() { shift; eval "$@" }
words=(${(z)2} ); words=(refresh-router $words); [[ $2 != *' ' && -n $2 ]] || words+=(''); CURRENT=$#words; PREFIX=$words[CURRENT]
source "$1/_refresh-router" """
FISH = """source $argv[1]/refresh-router.fish; complete -C "refresh-router $argv[2]" | string replace -r '\\t.*' '' """


def offered(shell, typed, folder):
    """The words that Tab offers after "refresh-router `typed`"."""
    skip_without(shell)
    command = {"bash": ["bash", "-c", BASH, "bash"], "zsh": ["zsh", "-f", "-c", ZSH, "zsh"], "fish": ["fish", "--no-config", "-c", FISH]}[shell]
    done = subprocess.run([*command, FOLDER, typed], cwd=folder, env=environment(), capture_output=True, text=True, timeout=harness.DEADLINE)
    assert not done.stderr, done.stderr
    return sorted(done.stdout.splitlines())


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_offers_commands_words_options_and_formats(shell, folder):
    assert offered(shell, "", folder) == sorted(COMMANDS) and offered(shell, "sch", folder) == ["schema"]
    assert offered(shell, "help sch", folder) == ["schema"]
    assert offered(shell, "sites ", folder) == ["move", "pause", "resume"]
    assert offered(shell, "schema ", folder) == sorted(path.name.split(".")[0] for path in TOP.glob("schemas/*.schema.json"))
    assert offered(shell, "test --format ", folder) == ["json", "junit", "tap", "text"]
    assert offered(shell, "events --outcome u", folder) == ["unmatched"]
    assert {"open", "unresolved", "waiting", "expired"} <= set(offered(shell, "refreshes --state ", folder))
    assert offered(shell, "--v", folder) == ["--version"]
    assert offered(shell, "explain unknown-f", folder) == ["unknown-field"]
    assert offered(shell, "events --keep job_", folder) == ["job_id", "job_name"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_that_help_shows_is_offered(command, folder):
    """All shells ask the program; one of them is enough here."""
    assert offered("bash", f"{command} --", folder) == sorted(re.findall(r"^  (--[a-z-]+)", cli(command, "--help").stdout.decode(), re.M))


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_offers_the_names_of_rules_sites_sources_and_tests(shell, folder):
    assert offered(shell, "refreshes --site ", folder) == offered(shell, "sites pause ", folder) == ["board", "finance"]
    assert offered(shell, "events --source ", folder) == ["dbt-prod"]
    assert len(offered(shell, "events --rule ", folder)) == 2 and offered(shell, "events --rule ni", folder) == ["nightly"]
    assert len(offered(shell, "test --run ", folder)) == 2


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize("typed", ["check ", "route --config ", "diff old "])
def test_where_a_file_is_wanted_the_program_offers_none_of_its_own(shell, typed, folder):
    """The shell's list of files comes then (test_tab_completes_a_file)."""
    assert cli("complete", "--", *typed.split(), "").stdout == b"files\n"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("typed", ["show ", "nonsense ", "events --limit ", "diff a b "])
def test_where_nothing_is_known_nothing_is_offered(shell, typed, folder):
    assert offered(shell, typed, folder) == []


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("typed", ["events --rule ", "refreshes --site ", "test --run "])
def test_without_a_configuration_tab_is_silent(shell, typed, tmp_path):
    assert offered(shell, typed, tmp_path) == []


def test_files_that_are_no_rules_neither_hold_up_tab_nor_make_it_print(folder):
    os.mkfifo(folder / "rules" / "pipe.yaml")
    done = cli("complete", "--", "events", "--rule", "", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"words\n", b"")
    (folder / "refresh-router.yaml").write_bytes(b"version: [\xff")
    done = cli("complete", "--", "sites", "pause", "", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"words\n", b"")


def test_names_come_from_the_configuration_and_the_rules_that_the_line_names(folder):
    os.rename(folder / "refresh-router.yaml", folder / "other.yaml")
    os.rename(folder / "rules", folder / "more")
    assert offered("bash", "refreshes --config other.yaml --site ", folder) == ["board", "finance"]
    assert offered("bash", "refreshes --config=other.yaml --site b", folder) == ["board"]
    assert len(offered("bash", "test --rules more --run ", folder)) == len(offered("bash", "test more --run ", folder)) == 2


# ---- what is inserted ----

SHOW = "import json, sys; open('given', 'w').write(json.dumps(sys.argv[1:])); open('done', 'w')"
FUNCTION = "show-args() { /usr/bin/python3 show.py \"$@\"; }"
SETUP = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], f"source {FOLDER}/refresh-router.bash; complete -F _refresh_router show-args; {FUNCTION}"),
    "zsh": (["zsh", "-f", "-i"], f"fpath=({FOLDER} $fpath); autoload -Uz compinit; compinit -u -D; compdef _refresh-router show-args; unsetopt beep; {FUNCTION}"),
    "fish": (["fish", "--no-config", "-i"], f"source {FOLDER}/refresh-router.fish; complete -c show-args -f -a '(__refresh_router_complete)'; "
             "function show-args; /usr/bin/python3 show.py $argv; end"),
}


def inserted(shell, typed, folder):
    """The arguments of a command after "show-args `typed`", Tab, Enter, on a terminal."""
    skip_without(shell)
    (folder / "show.py").write_text(SHOW)
    command, setup = SETUP[shell]
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe(command[0], command, environment())
    try:
        os.write(terminal, f"{setup}; true > ready\n".encode())
        wait_until(lambda: (folder / "ready").exists() or drain(terminal), "the shell")
        os.write(terminal, f"show-args {typed}\t\n".encode())
        wait_until(lambda: (folder / "done").exists() or drain(terminal), "the command")
    finally:
        os.kill(pid, 9)
        os.close(terminal)
        os.waitpid(pid, 0)
    return json.loads((folder / "given").read_text())


def drain(terminal):
    """Reads what the shell prints, so that it can go on."""
    os.set_blocking(terminal, False)
    try:
        os.read(terminal, 65536)
    except BlockingIOError:
        pass


@pytest.mark.parametrize("shell", SETUP)
@pytest.mark.parametrize("typed", ["events --rule it", "events --rule 'it", 'events --rule "it', r"events --rule it\'s\ \$"])
def test_a_name_with_blanks_quotes_and_dollars_is_inserted_as_one_argument(shell, typed, folder):
    assert inserted(shell, typed, folder) == ["events", "--rule", ODD]


@pytest.mark.parametrize("shell", SETUP)
@pytest.mark.parametrize("typed,want", [("events --rule=it", [f"--rule={ODD}"]), ("check --format=js", ["--format=json"]),
                                        ("test --run tw", ["--run", TESTS["two\nlines"]]), ("test --run a", ["--run", TESTS["a (first) test"]])])
def test_what_follows_an_option_is_inserted_after_it(shell, typed, want, folder):
    assert inserted(shell, typed, folder)[1:] == want


@pytest.mark.parametrize("shell", SETUP)
@pytest.mark.parametrize("typed,want", [("check --config refresh-", ["--config", "refresh-router.yaml"]), ("check --config=refresh-", ["--config=refresh-router.yaml"]),
                                        ("route a\\ ", ["a strange event.json"]), ("route 'a st", ["a strange event.json"]), ("init ru", ["rules"])])
def test_tab_completes_a_file(shell, typed, want, folder):
    (folder / "a strange event.json").write_text("{}")
    assert [word.rstrip("/") for word in inserted(shell, typed, folder)[1:]] == want


@pytest.mark.parametrize("name", TESTS)
def test_the_pattern_offered_for_a_test_runs_that_test(name, folder):
    done = cli("test", "--run", TESTS[name], cwd=folder)
    assert done.returncode == 0 and done.stdout.startswith(b"1 passed"), done.stdout + done.stderr


# ---- where shells look for it ----

def test_installation_puts_each_file_where_its_shell_looks(tmp_path):
    done = subprocess.run(["make", "-s", "install-data", f"DESTDIR={tmp_path}", "datadir=/usr/share", "mandir=/usr/share/man"], cwd=harness.BUILD,
                          capture_output=True, timeout=harness.DEADLINE)
    assert done.returncode == 0, done.stderr
    for there, name in {"bash-completion/completions": "refresh-router.bash", "zsh/site-functions": "_refresh-router",
                        "fish/vendor_completions.d": "refresh-router.fish"}.items():
        assert (tmp_path / "usr/share" / there / name).read_bytes() == (FOLDER / name).read_bytes()
    assert (tmp_path / "usr/share/man/man5/refresh-router-rules.5").exists()


# What a name in capitals stands for that is on no list of this machine's; another one is a slip, or is missing in src/cli/offer.c.
UNKNOWABLE = {"URL", "ID", "N", "NAME", "TIME", "DURATION", "PERCENT", "JOB", "PROJECT", "VARIABLE", "ACTION", "NODE"}


def test_every_name_of_a_value_is_offered_or_known_to_have_no_list():
    source = (TOP / "src" / "cli" / "offer.c").read_text()
    known = set(re.findall(r'^\t\{ "([A-Z]+)", OFFER_', source, re.M)) | UNKNOWABLE
    for command in COMMANDS:
        told = cli(command, "--help").stdout.decode()
        names = [*re.findall(r"^  --[a-z-]+ (\S+)", told, re.M), *re.findall(r"\[OPTIONS\] (.*)", told)]
        used = {word for name in names for word in re.findall(r"\b[A-Z]+\b", name)}
        assert used <= known, (command, used - known)
