"""The command line: what it prints, in text and in JSON, and how it ends."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

import harness
from harness import SAMPLES, SECRET, TOP, cli, rule

COMMANDS = re.findall(r"^  (\w+)  ", cli("--help").stdout.decode(), re.M) if (harness.BUILD / "refresh-router").exists() else []
SAMPLE = SAMPLES / "dbt" / "completed-success.json"


def write(folder, text, name="rules.yaml"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# ---- every command ----

@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command):
    told = cli(command, "--help")
    assert told.returncode == 0 and not told.stderr
    assert told.stdout.decode().startswith(f"Usage: refresh-router {command}") and "--help" in told.stdout.decode()
    assert cli("help", command).stdout == told.stdout
    assert max(map(len, told.stdout.decode().splitlines())) <= 100


@pytest.mark.parametrize("command", [None, *COMMANDS])
@pytest.mark.parametrize("columns", [80, 120])
def test_help_fits_the_terminal(command, columns):
    told = on_terminal(*[command] * bool(command), "--help", columns=columns).decode().splitlines()
    assert told and max(map(len, told)) <= min(columns, 100)


def test_help_tells_every_command_and_the_exit_statuses():
    told = cli("--help")
    assert told.returncode == 0 and b"69" in told.stdout and b"78" in told.stdout


def test_version_names_the_linked_libraries():
    told = cli("--version").stdout.decode()
    assert all(name in told for name in ("libcurl", "SQLite", "PCRE2", "libmicrohttpd", "OpenSSL")), told


@pytest.mark.parametrize("arguments,said", [([], "Usage"), (["chekc"], "did you mean 'check'"), (["check", "--nonsense"], "--nonsense"), (["route"], "argument"),
                                            (["route", "a", "b"], "'b'"), (["check", "--format", "xml", "."], "xml"), (["show", "x"], "'x' is not an id"),
                                            (["schema", "nothing"], "nothing"), (["send", str(SAMPLE)], "--to"), (["show", "-1"], "refresh-router show"),
                                            (["route", "--rules"], "--rules"), (["events", "extra"], "'extra'"), (["\x1b[31mx"], "'\\x1b[31mx'"),
                                            *((["check", option, "."], "give --config") for option in ("--url=http://127.0.0.1:1", "--secrets", "--no-files"))])
def test_a_usage_error_is_2_and_says_what_is_wrong(arguments, said):
    told = cli(*arguments)
    assert told.returncode == 2 and said in told.stderr.decode() and not told.stdout


# ---- check ----

GOOD = "version: 1\nrules:\n  - name: a\n    when: {job_id: 1}\n    refresh: [{site: s, workbooks: W}]\n"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{b}: &{b} [" + ",".join([f"*{a}"] * 9) + "]\n" for a, b in zip("abcdefghi", "bcdefghij"))

HOSTILE = [
    ("an alias bomb", "version: 1\nx-bomb:\n" + "".join(f"  {line}\n" for line in BOMB.splitlines()) + "rules: *j\n", "too-large"),
    ("an alias inside itself", "version: 1\nrules: &r [*r]\n", "too-deep"),
    ("a NUL byte", b"version: 1\nrules: [\"a\0b\"]\n", "encoding"),
    ("invalid UTF-8", b"version: 1\nrules: ['\xff\xfe']\n", "encoding"),
    ("a duplicate key", GOOD.replace("when:", "when: {job_id: 2}\n    when:"), "duplicate-key"),
    ("an unknown field", GOOD.replace("job_id", "job-id"), "unknown-field"),
    ("no version", GOOD.replace("version: 1\n", ""), "missing-field"),
    ("another version", GOOD.replace("version: 1", "version: 2"), "version"),
    ("a list where a map is wanted", GOOD.replace("{job_id: 1}", "[[1]]"), "wrong-type"),
    ("a rule twice", GOOD + GOOD.split("rules:\n")[1], "duplicate-rule"),
    ("a bad pattern", GOOD.replace("job_id: 1", "job_name: /(/"), "bad-pattern"),
    ("an unknown flag", GOOD.replace("job_id: 1", "job_name: /a/q"), "bad-pattern"),
    ("a status that dbt never sends", GOOD.replace("job_id: 1", "status: succes"), "unknown-status"),
    ("an unknown capture", GOOD.replace("workbooks: W", 'workbooks: "${regoin}"'), "unknown-name"),
    ("two kinds in a selection", GOOD.replace("workbooks: W", "workbooks: W, flows: F"), "selection-kind"),
    ("no kind in a selection", GOOD.replace(", workbooks: W", ""), "selection-kind"),
    ("everything on a site", GOOD.replace("workbooks: W", "workbooks: {}"), "selection-empty"),
    ("no selection", GOOD.replace("[{site: s, workbooks: W}]", "[]"), "no-refresh"),
    ("deep nesting", "version: 1\nrules: " + "[" * 20000 + "]" * 20000 + "\n", None),
    ("no YAML at all", "version: 1\nrules: [\n  - {name: a\n", "syntax"),
    ("a tab", "version: 1\nrules:\n\t- name: a\n", "syntax"),
    ("an endless key", "version: 1\n" + "k" * 3_000_000 + ": 1\n", None),
    ("a delay without a unit", GOOD.replace("name: a", "name: a\n    delay: 10"), "bad-value"),
    ("brackets without end", "[" * 100000, None),
    ("two documents", GOOD + "---\n" + GOOD, None),
    ("a text only", "refresh everything, please", None),
]


@pytest.mark.parametrize("says,text,code", HOSTILE, ids=[h[0] for h in HOSTILE])
def test_check_tells_every_hostile_file_with_its_place(tmp_path, says, text, code):
    path = write(tmp_path, text)
    told = cli("check", path)
    lines = told.stderr.decode().splitlines()
    assert told.returncode == 1 and b"ok" not in told.stdout
    wanted = re.compile(rf"^{re.escape(str(path))}:\d+(:\d+)?: error: .+ \[{code or '[a-z-]+'}\]$")
    assert any(wanted.match(line) for line in lines), told.stderr[:2000]


def test_check_suggests_the_name_that_was_meant(tmp_path):
    path = write(tmp_path, GOOD.replace("job_id", "job-id"))
    assert f"{path}:4:12: error: unknown field 'job-id' in 'when'; did you mean 'job_id'? [unknown-field]" in cli("check", path).stderr.decode()


def test_check_reports_every_problem_and_not_only_the_first(tmp_path):
    write(tmp_path, GOOD.replace("job_id", "job-id").replace("workbooks", "workboks"), "a.yaml")
    write(tmp_path, GOOD.replace("name: a", "name: b").replace("job_id: 1", "job_name: /(/"), "b.yml")
    told = cli("check", tmp_path, "--format", "json")
    problems = json.loads(told.stdout)
    assert told.returncode == 1 and problems["errors"] >= 3
    assert {p["code"] for p in problems["problems"]} >= {"unknown-field", "bad-pattern"}
    assert all(p["line"] and p["column"] and p["message"] and p["help"] for p in problems["problems"])
    places = [(p["file"], p["line"], p["column"]) for p in problems["problems"]]
    assert places == sorted(places)


def test_check_warns_of_a_pattern_on_an_id_and_strict_makes_it_an_error(tmp_path):
    path = write(tmp_path, GOOD.replace("job_id: 1", "job_id: /100/"))
    told = cli("check", path)
    assert told.returncode == 0 and "warning" in told.stderr.decode() and "[unanchored-id]" in told.stderr.decode()
    assert cli("check", "--strict", path).returncode == 1


def test_check_of_a_good_file_is_0_and_quiet(tmp_path):
    told = cli("check", write(tmp_path, GOOD))
    assert told.returncode == 0 and re.match(rb"ok: 1 rule, sha256:[0-9a-f]{64}\n", told.stdout) and not told.stderr


@pytest.mark.parametrize("name", ["nowhere.yaml", "nowhere/"])
def test_a_file_that_cannot_be_read_is_2(tmp_path, name):
    told = cli("check", tmp_path / name)
    assert told.returncode == 2 and b"[unreadable]" in told.stderr


CONFIG = """version: 1
rules: [rules.yaml]
sources: [{name: dbt, secrets: [{env: A_SECRET}]}]
sites:
  - {name: s, server: "https://tableau.example.com", content_url: s, pat: {name: p, secret: {env: S_PAT}}}
"""


@pytest.mark.alone      # a minute at most
def test_a_hundred_thousand_names_that_nobody_knows_are_told_in_seconds(tmp_path):
    # A nearest name was looked for in every site for every one of them: minutes, in a reload too.
    site = "  - {{name: site-{0:03}, server: 'https://t{0}.example.com', pat: {{name: p, secret: {{env: S_PAT}}}}}}\n"
    config = write(tmp_path, CONFIG.partition("  - {")[0] + "".join(site.format(number) for number in range(1000)), "config.yaml")
    some = "  - {{name: r{0}, when: {{job_id: 1}}, refresh: [{{site: sites-{0}, workbooks: W}}]}}\n"
    write(tmp_path, "version: 1\nrules:\n" + "".join(some.format(number) for number in range(100_000)))
    told = cli("check", "--config", config)
    assert told.returncode == 1 and b"did you mean 'site-1" in told.stderr and b"100000 errors, " in told.stderr


@pytest.mark.parametrize("change,code,said", [
    (("secret: {env: S_PAT}", "secret: hunter2"), "inline-secret", "{file:"), (("content_url: s", "contenturl: s"), "unknown-field", "did you mean 'content_url'"),
    (("https://tableau.example.com", "ftp://tableau.example.com"), "bad-value", "server"), (("{env: A_SECRET}", "{}"), None, ""),
    (("version: 1", "version: 1\nhistory: 90"), "bad-value", "history"), (("version: 1", "version: 1\nlimits: {body: 1KB}"), "bad-value", "body"),
    (("name: s,", "name: t,"), "unknown-site", "'s'"), (("version: 1", "version: 1\nstore: mongodb://x"), None, "store")],
    ids=lambda v: v[1] if isinstance(v, tuple) else "")
def test_check_tells_what_is_wrong_with_a_configuration(tmp_path, change, code, said):
    write(tmp_path, GOOD)
    config = write(tmp_path, CONFIG.replace(*change), "config.yaml")
    told = cli("check", "--config", config)
    assert told.returncode == 1 and said in told.stderr.decode() and (not code or f"[{code}]" in told.stderr.decode()), told.stderr
    assert b"hunter2" not in told.stderr + told.stdout


def test_check_can_read_the_secrets_too(tmp_path):
    write(tmp_path, GOOD)
    config = write(tmp_path, CONFIG, "config.yaml")
    assert cli("check", "--config", config).returncode == 0
    told = cli("check", "--config", config, "--secrets", environment={"A_SECRET": "one"})
    assert told.returncode == 1 and b"S_PAT" in told.stderr and b"A_SECRET" not in told.stderr
    assert cli("check", "--config", config, "--secrets", environment={"A_SECRET": "one", "S_PAT": "two"}).returncode == 0


def on_terminal(*arguments, columns=0, **environment):
    """What a command prints on a terminal."""
    leader, follower = pty.openpty()
    if columns:
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
    process = subprocess.Popen([str(harness.BUILD / "refresh-router"), *map(str, arguments)], stdout=follower, stderr=follower,
                               env={k: v for k, v in {**os.environ, "TERM": "xterm", **environment}.items() if k != "NO_COLOR" or environment})
    os.close(follower)
    told = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            part = b""
        if not part:
            break
        told += part
    os.close(leader)
    process.wait()
    return told


def test_colour_and_the_source_line_only_on_a_terminal_and_not_with_no_color(tmp_path):
    path = write(tmp_path, GOOD.replace("job_id", "job-id"))
    assert b"\x1b[" not in cli("check", path).stderr
    told = on_terminal("check", path)
    assert b"\x1b[" in told and b"when: {job-id: 1}" in told and b"^" in told
    assert b"\x1b[" not in on_terminal("check", path, NO_COLOR="1")


# ---- route ----

def test_route_tells_what_an_event_would_refresh(tmp_path):
    told = cli("route", "--rules", write(tmp_path, GOOD), "-", stdin=b'{"job_id": 1}')
    assert told.returncode == 0 and "a  (" in told.stdout.decode() and "workbook 'W'" in told.stdout.decode()


def test_route_in_json_is_the_decision_that_the_daemon_takes(router_of, sandbox):
    router = router_of(sandbox, [rule(), rule("other", when={"job_id": 5, "status": "error"})])
    told = cli("route", "--config", router.folder / "config.yaml", "--explain", "--format", "json", SAMPLE, environment=router.environment)
    here = json.loads(told.stdout)
    there = harness.request(router.admin, "POST", "/api/v1/route", SAMPLE.read_bytes()).json
    assert here == there and [m["rule"] for m in here["matched"]] == ["nightly"]
    assert [(u["rule"], u["because"]["field"]) for u in here["unmatched"]] == [("other", "job_id")]
    assert here["selections"][0]["site"] == "finance" and here["selections"][0]["name"] == "Revenue" and here["selections"][0]["rules"] == ["nightly"]
    assert router.post(SAMPLE.read_bytes()).json["matched"] == ["nightly"]
    event = router.events()[0]
    assert event["ruleset"] == here["ruleset"] and event["fields"] == {**here["event"], "source": "dbt"}


def test_route_explains_every_rule_that_did_not_match_the_nearest_first(tmp_path):
    rules = write(tmp_path, GOOD + "  - name: far\n    when: {job_id: 9, job_name: x}\n    refresh: [{site: s, workbooks: W}]\n")
    told = cli("route", "--rules", rules, "--explain", "-", stdin=b'{"job_id": 1, "status": "error"}').stdout.decode()
    assert "No rule matched." in told and re.search(r"  a  \(.*rules.yaml:3\)\n", told) and "status     is 'error', wanted success (by default)" in told
    assert told.index("  a  (") < told.index("  far  (")


def test_route_tells_what_a_pattern_captured(tmp_path):
    rules = write(tmp_path, GOOD.replace("job_id: 1", "job_name: '/^(?<first>\\w+) build$/'").replace("workbooks: W", 'workbooks: "W ${first}"'))
    decision = json.loads(cli("route", "--rules", rules, "--format", "json", SAMPLE).stdout)
    assert decision["matched"][0]["captures"] == {"first": "Nightly"} and decision["selections"][0]["name"] == "W Nightly"
    assert "workbook 'W Nightly'" in cli("route", "--rules", rules, SAMPLE).stdout.decode()


def test_route_with_exit_code_is_1_when_nothing_would_be_refreshed(tmp_path):
    rules = write(tmp_path, GOOD)
    assert cli("route", "--rules", rules, "--exit-code", "-", stdin=b'{"job_id": 2}').returncode == 1
    assert cli("route", "--rules", rules, "--exit-code", "-", stdin=b'{"job_id": 1}').returncode == 0
    assert cli("route", "--rules", rules, "-", stdin=b'{"job_id": 2}').returncode == 0


@pytest.mark.parametrize("stdin", [b"", b"[]", b"{", b"\xff", b"[" * 100000, b'{"job_id": {"a": 1}'])
def test_route_of_what_is_no_event_is_2(tmp_path, stdin):
    told = cli("route", "--rules", write(tmp_path, GOOD), "-", stdin=stdin)
    assert told.returncode == 2 and told.stderr and not told.stdout


def test_route_of_broken_rules_is_1_and_of_missing_ones_2(tmp_path):
    assert cli("route", "--rules", write(tmp_path, "rules: ["), "-", stdin=b"{}").returncode == 1
    assert cli("route", "--rules", tmp_path / "nowhere", "-", stdin=b"{}").returncode == 2
    assert cli("route", "--rules", write(tmp_path, GOOD), tmp_path / "nowhere.json").returncode == 2


def test_route_online_finds_the_content_and_refreshes_nothing(router_of, sandbox):
    router = router_of(sandbox, [rule(), rule("lost", refresh=[{"site": "finance", "workbooks": "Revenu"}])])
    router.stop()
    told = cli("route", "--config", router.folder / "config.yaml", "--online", SAMPLE, environment=router.environment)
    assert told.returncode == 1 and b"Finance/Daily/Revenue" in told.stdout and b"Revenu'" in told.stdout
    assert not sandbox.jobs() and not sandbox.refresh_calls() and [c["status"] for c in sandbox.calls("POST", "/auth/signout$")] == [204]


# ---- schema ----

@pytest.mark.parametrize("name", ["rules", "config", "decision", "event", "refresh", "problems"])
def test_schema_prints_a_json_schema(name):
    import jsonschema
    told = cli("schema", name)
    schema = json.loads(told.stdout)
    assert told.returncode == 0
    jsonschema.validators.validator_for(schema, jsonschema.Draft202012Validator).check_schema(schema)


# ---- send, events, refreshes, show ----

def test_send_signs_as_dbt_does(router):
    told = cli("send", "--to", f"http://{router.address}/webhooks/dbt", "--secret-env", "S", SAMPLE, environment={"S": SECRET})
    assert told.returncode == 0 and told.stdout.startswith(b'HTTP 200 {"event":1,"outcome":"routed"'), told.stdout
    wrong = cli("send", "--to", f"http://{router.address}/webhooks/dbt", "--secret-env", "S", "-", environment={"S": "no"}, stdin=SAMPLE.read_bytes())
    assert wrong.returncode == 1 and b"HTTP 401" in wrong.stdout
    mistaken = cli("send", "--to", f"http://{router.address}/webhooks/dbt", "--secret-env", "hunter2", SAMPLE)
    assert mistaken.returncode == 2 and b"not the secret" in mistaken.stderr and b"hunter2" not in mistaken.stderr
    assert cli("send", "--to", "http://127.0.0.1:1/webhooks/dbt", "--secret-env", "S", SAMPLE, environment={"S": "x"}).returncode == 69


def test_send_posts_no_event_that_the_daemon_would_ignore(tmp_path):
    """The event.json that `init` writes is for `route`; bytes of another kind are posted as they are, to try the daemon with them."""
    assert cli("init", tmp_path).returncode == 0
    told = cli("send", "--to", "http://127.0.0.1:1/webhooks/dbt", "--secret-env", "S", tmp_path / "event.json", environment={"S": "x"})
    assert told.returncode == 2 and b"event.json: this is an event as `route` and tests read it" in told.stderr and b"`eventType` and `data`" in told.stderr
    for body in (b"{}", b"[]", b"not JSON", b'{"odd": 1}', b'{"eventType": "job.run.completed"}', b'{"job_id": 1, "data": {}}'):
        assert cli("send", "--to", "http://127.0.0.1:1/webhooks/dbt", "--secret-env", "S", "-", environment={"S": "x"}, stdin=body).returncode == 69, body


@pytest.mark.parametrize("command, lists", [(["route", "--event", "99", "--rules", str(harness.TOP / "rules")], "events"), (["show", "99"], "events"), (["replay", "99"], "events"),
                                            (["show", "98"], "refreshes"), (["retry", "98"], "refreshes"), (["cancel", "98"], "refreshes")])
def test_an_id_that_is_not_there_is_answered_with_where_to_look(command, lists, router):
    told = cli(*command, "--url", f"http://{router.admin}")
    assert told.returncode == 1 and f"`refresh-router {lists}` lists those that are there".encode() in told.stderr, told.stderr


def test_events_refreshes_and_show_tell_what_happened_and_why(router):
    router.send()
    router.settle(1)
    router.send(jobId="5")
    url = ["--url", f"http://{router.admin}"]
    events = cli("events", *url).stdout.decode()
    assert events.index("unmatched") < events.index("routed") and "701331" in events and "nightly" in events
    assert "Finance/Daily/Revenue" in cli("refreshes", *url).stdout.decode()
    assert json.loads(cli("events", *url, "--format", "json").stdout) == router.events()
    assert json.loads(cli("refreshes", *url, "--format", "json").stdout) == router.refreshes()
    assert [e["id"] for e in json.loads(cli("events", *url, "--outcome", "routed", "--format", "json").stdout)] == [1]
    refresh = router.refreshes()[0]
    shown = cli("show", refresh["id"], *url).stdout.decode()
    assert "succeeded" in shown and refresh["job"]["id"] in shown and "event 1, rule nightly" in shown
    assert json.loads(cli("show", 1, *url, "--format", "json").stdout)["matched"] == ["nightly"]
    assert "matched            nightly" in cli("show", 1, *url).stdout.decode()
    missing = cli("show", 999, *url)
    assert missing.returncode == 1 and missing.stderr


def test_events_export_gives_the_bodies_as_they_came(router):
    bodies = [router.body(eventId=f"evt-{n}", jobName=f'é "quoted" \\ {n}\u2028') for n in range(3)]
    for body in bodies:
        router.post(body)
    lines = cli("events", "--export", "--url", f"http://{router.admin}").stdout.decode().split("\n")
    assert lines.pop() == ""
    assert [json.loads(line)["body"].encode() for line in reversed(lines)] == bodies


@pytest.mark.parametrize("command", [["events"], ["refreshes"], ["show", "1"]])
def test_a_daemon_that_cannot_be_reached_is_69(command):
    told = cli(*command, "--url", "http://127.0.0.1:1")
    assert told.returncode == 69 and b"cannot reach the daemon" in told.stderr and not told.stdout


def test_names_cannot_play_tricks_on_the_terminal(router):
    router.send(jobName="evil\x1b]0;owned\x07\x1b[31m\u009b31m\nsecond line")
    url = ["--url", f"http://{router.admin}"]
    shown = b"".join(cli(*command, *url).stdout for command in (["events"], ["show", "1"])) + router.log.encode()
    assert b"\x1b" not in shown and b"\x07" not in shown and "\u009b".encode() not in shown
    assert b"<script>" not in harness.request(router.admin, "GET", "/").body


# ---- serve that does not start ----

def test_serve_without_a_configuration_is_78(tmp_path):
    told = cli("serve", cwd=tmp_path, environment={"REFRESH_ROUTER_CONFIG": ""})
    assert told.returncode == 78 and told.stderr


@pytest.mark.parametrize("change,status", [(("version: 1", "version: 9"), 78), (("rules.yaml", "nowhere.yaml"), 1), (("sources:", "sauces:"), 78),
                                           (("S_PAT", "NOT_SET"), 1)], ids=["version", "rules", "key", "secret"])
def test_serve_with_a_bad_configuration_is_78_and_says_why(tmp_path, change, status):
    write(tmp_path, GOOD)
    config = write(tmp_path, CONFIG.replace(*change), "config.yaml")
    told = cli("serve", "--config", config, environment={"A_SECRET": "one", "S_PAT": "two"})
    assert told.returncode == status and str(tmp_path) in told.stderr.decode(), told.stderr


def test_serve_on_a_port_that_is_taken_says_which(router_of, sandbox, tmp_path):
    router = router_of(sandbox, [rule()])
    config = {**router.config, "listen": {"webhooks": router.address, "admin": "127.0.0.1:0"}, "store": f"sqlite:{tmp_path}/other.db"}
    path = write(router.folder, json.dumps(config), "second.yaml")
    told = cli("serve", "--config", path, environment=router.environment)
    assert told.returncode == 1 and router.address in told.stderr.decode() and "listen.webhooks" in told.stderr.decode()


def test_the_configuration_is_found_where_the_environment_says(tmp_path):
    write(tmp_path, GOOD)
    config = write(tmp_path, CONFIG, "config.yaml")
    assert b"1 rule" in cli("check", environment={"REFRESH_ROUTER_CONFIG": str(config)}).stdout
    config.rename(tmp_path / "refresh-router.yaml")
    assert b"1 rule" in cli("check", cwd=tmp_path).stdout


@pytest.mark.parametrize("arguments", [["backup", "copy.db"], ["notify", "someone"], ["verify"], ["route", "--online", str(SAMPLE)]], ids=lambda words: words[0])
def test_a_command_that_needs_the_configuration_says_that_there_is_none_or_what_is_wrong_in_it(tmp_path, arguments):
    told = cli(*arguments, cwd=tmp_path, environment={"REFRESH_ROUTER_CONFIG": ""})
    assert told.returncode == 2 and "give --config FILE" in told.stderr.decode() and not told.stdout
    config = write(tmp_path, CONFIG.replace("version: 1", "version: 9"), "config.yaml")
    told = cli(arguments[0], "--config", config, *arguments[1:], cwd=tmp_path)
    assert told.returncode == 2 and "'9'" in told.stderr.decode() and not told.stdout, told
    assert not (tmp_path / "copy.db").exists()


# ---- the sandbox ----

def sandbox_cli(*arguments):
    return subprocess.run([str(harness.BUILD / "tableau-sandbox"), *map(str, arguments)], capture_output=True, timeout=harness.DEADLINE)


def test_the_sandbox_explains_itself_and_refuses_a_bad_world(tmp_path):
    assert sandbox_cli("--help").returncode == 0 and sandbox_cli("--version").returncode == 0
    assert sandbox_cli().returncode == 2
    told = sandbox_cli("--listen", "127.0.0.1:0", "--state", write(tmp_path, "sites: [{content_ulr: x}]", "world.yaml"))
    assert told.returncode not in (0, -11) and b"content_url" in told.stderr


def test_the_worlds_that_ship_are_good(router_of):
    import yaml
    for path in (TOP / "packaging").rglob("world*.yaml"):
        assert yaml.safe_load(path.read_text())["sites"]


@pytest.mark.parametrize("command", [["events"], ["sites"], ["show", "1"], ["route", "--event", "1", "--rules", str(harness.TOP / "rules")]])
def test_a_password_in_an_address_is_not_repeated(command):
    """Messages end up in logs and tickets."""
    result = cli(*command, "--url", "http://ann:hunter2@127.0.0.1:9")
    assert result.returncode == 69 and b"127.0.0.1:9" in result.stderr and b"hunter2" not in result.stderr + result.stdout
