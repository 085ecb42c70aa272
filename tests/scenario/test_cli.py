"""The command line: what people and their CI see."""
import json
import re

import pytest

from harness import SAMPLES, SECRET, TOP, cli, rule, wait_until

COMMANDS = ["serve", "check", "route", "schema", "send", "events", "refreshes", "show"]
BOMB = "x-a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(f"x-{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(9)) + "version: 1\nrules: []\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_flag_has_help(command):
    result = cli(command, "--help")
    assert result.returncode == 0 and b"Usage: refresh-router " + command.encode() in result.stdout
    options = re.findall(rb"^  --[a-z-]+", result.stdout, re.M)
    assert options and all(re.search(re.escape(o) + rb".*\S{3}", result.stdout) for o in options)


def test_version_names_the_linked_libraries():
    out = cli("--version").stdout.decode()
    for library in ("refresh-router", "libmicrohttpd", "libcurl", "OpenSSL", "libyaml", "cJSON", "PCRE2", "SQLite"):
        assert re.search(rf"{library} \d", out), out


@pytest.mark.parametrize("arguments,status", [((), 2), (("chekc",), 2), (("check", "--nope"), 2), (("route",), 2), (("schema", "x"), 2), (("show", "x"), 2),
                                              (("events", "--url", "http://127.0.0.1:9"), 69), (("check", "/nonexistent"), 2), (("serve", "--config", "/nonexistent"), 78),
                                              (("send", "--to", "http://127.0.0.1:9/", "--secret-env", "PATH", SAMPLES / "dbt" / "started.json"), 69)])
def test_exit_statuses(arguments, status):
    result = cli(*arguments)
    assert result.returncode == status and result.stderr


def test_a_mistyped_command_is_guessed():
    assert b"did you mean 'check'" in cli("chekc").stderr


def check(tmp_path, text):
    path = tmp_path / "r.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return cli("check", path)


@pytest.mark.parametrize("text,message", [
    ("version: 1\nrules:\n  - name: a\n    when: {job-id: 1}\n    refresh: [{site: s, workbooks: w}]\n", r"r\.yaml:4:12: error: unknown field 'job-id' in .*did you mean 'job_id'\? \[unknown-field\]"),
    ("version: 1\nrules:\n  - name: a\n    name: b\n", r"r\.yaml:4:5: error: .*\[duplicate-key\]"),
    (b"version: 1\nrules: []\n# \xff\n", r"r\.yaml:3:3: error: .*\[encoding\]"),
    (b"version: 1\nrules: []\n# \x00\n", r"r\.yaml:3:\d+: error: .*\[(encoding|syntax)\]"),
    (BOMB, r"r\.yaml:\d+:\d+: error: .*\[too-large\]"),
    ("&a [*a]\n", r"error: .*\[(too-deep|syntax)\]"),
    ("[" * 100000, r"error: .*\[(too-deep|syntax)\]"),
    ("version: 1\nrules:\n  - {name: a, when: {job_id: /100/}, refresh: [{site: s, workbooks: w}]}\n", r"warning: .*\[unanchored-id\]"),
    ("version: 1\nrules:\n  - {name: a, when: {status: sucess}, refresh: [{site: s, workbooks: w}]}\n", r"did you mean 'success'.*\[unknown-status\]"),
    ("version: 1\nrules:\n  - {name: a, when: {job_name: '/(/'}, refresh: [{site: s, workbooks: w}]}\n", r"\[bad-pattern\]"),
    ("version: 1\nrules:\n  - {name: a, delay: 10m, refresh: [{site: s, workbooks: w}]}\n", r"'delay'.*\[not-yet\]"),
    ("version: 1\nrules:\n  - {name: a, refresh: [{site: s, workbooks: '${regoin}'}]}\n", r"\[unknown-name\]"),
    ("version: 1\nrules:\n  - {name: a, refresh: [{site: s}]}\n", r"\[selection-kind\]"),
    ("version: 2\nrules: []\n", r"\[(version|bad-value)\]"),
])
def test_check_says_what_where_and_what_to_do(tmp_path, text, message):
    result = check(tmp_path, text)
    assert re.search(message, result.stderr.decode()), result.stderr.decode()
    assert result.returncode == (0 if "warning" in message else 1)


def test_check_tells_every_problem_of_every_file_at_once(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("version: 1\nrules:\n  - {name: x, whne: {}, refresh: [{site: s, workbook: w}]}\n  - {refresh: []}\n")
    errors = cli("check", tmp_path).stderr.decode()
    assert errors.count("unknown-field") >= 4 and "a.yaml" in errors and "b.yaml" in errors
    found = json.loads(cli("check", "--format", "json", tmp_path).stdout)
    assert found["errors"] >= 6 and all(p["line"] and p["column"] and p["help"] for p in found["problems"])


def test_an_inline_secret_is_refused_and_not_repeated(tmp_path):
    (tmp_path / "c.yaml").write_text("version: 1\nsources: [{name: s, secrets: [hunter2hunter2]}]\nsites: [{name: f, server: https://h, content_url: f, pat: {name: p, secret: hunter3}}]\n")
    result = cli("check", "--config", tmp_path / "c.yaml")
    assert result.returncode == 1 and result.stderr.count(b"[inline-secret]") == 2 and b"{env: NAME}" in result.stderr and b"hunter" not in result.stderr


def test_route_explains_every_rule_nearest_miss_first(tmp_path):
    (tmp_path / "r.yaml").write_text("""version: 1
rules:
  - {name: far, when: {job_id: 1, environment_name: Staging}, refresh: [{site: s, workbooks: w}]}
  - {name: near, when: {job_id: 701331, environment_name: Staging}, refresh: [{site: s, workbooks: w}]}
  - {name: hit, when: {job_name: '/^(?<first>\\w+) build$/'}, refresh: [{site: s, workbooks: 'W ${first}'}]}
""")
    event = SAMPLES / "dbt" / "completed-success.json"
    decision = json.loads(cli("route", "--rules", tmp_path, "--explain", "--format", "json", event).stdout)
    assert [m["rule"] for m in decision["matched"]] == ["hit"] and decision["matched"][0]["captures"] == {"first": "Nightly"}
    assert decision["selections"][0]["name"] == "W Nightly"
    assert [u["rule"] for u in decision["unmatched"]] == ["near", "far"]
    assert decision["unmatched"][0]["because"] == {"field": "environment_name", "expected": "Staging", "actual": "Production"}
    text = cli("route", "--rules", tmp_path, "--explain", event).stdout.decode()
    assert "hit" in text and "workbook 'W Nightly'" in text and text.index("near") < text.index("far")
    assert cli("route", "--rules", tmp_path, "--exit-code", "-", stdin=b'{"job_id": 5}').returncode == 1


def test_route_and_serve_decide_alike(router):
    decision = json.loads(cli("route", "--rules", router.folder / "rules", "--format", "json", SAMPLES / "dbt" / "completed-success.json").stdout)
    router.post(router.body())
    event = router.events()[0]
    assert event["matched"] == [m["rule"] for m in decision["matched"]] and event["selections"] == decision["selections"]
    assert event["ruleset"] == decision["ruleset"]


def test_route_online_finds_the_content_and_refreshes_nothing(router, sandbox):
    result = cli("route", "--config", router.folder / "config.yaml", "--online", "--format", "json", SAMPLES / "dbt" / "completed-success.json", environment=router.environment)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["online"][0]["contents"][0]["project"] == "Finance/Daily"
    assert not sandbox.refresh_calls()


def test_events_refreshes_and_show(router):
    router.send(jobName="Nightly \x1b[31mred")
    refresh = router.settle(1)[0]
    url = f"http://{router.admin}"
    events = cli("events", "--url", url).stdout.decode()
    assert "routed" in events and "\x1b" not in events and "\\x1b[31mred" in events
    assert "succeeded" in cli("refreshes", "--url", url, "--state", "succeeded").stdout.decode()
    assert json.loads(cli("refreshes", "--url", url, "--format", "json").stdout)[0]["id"] == refresh["id"]
    shown = cli("show", refresh["id"], "--url", url).stdout.decode()
    assert "Revenue" in shown and "rule nightly" in shown and "701331" in shown
    assert f"{refresh['id']} succeeded" in cli("show", "1", "--url", url).stdout.decode()
    assert cli("show", "99999", "--url", url).returncode == 1
    lines = cli("events", "--export", "--url", url).stdout.decode().splitlines()
    assert json.loads(json.loads(lines[0])["body"])["data"]["jobId"] == "701331"


def test_send_signs_as_dbt_does(router):
    result = cli("send", "--to", f"http://{router.address}/webhooks/dbt", "--secret-env", "S", SAMPLES / "dbt" / "completed-success-escapes.json", environment={"S": SECRET})
    assert result.returncode == 0 and b"HTTP 200" in result.stdout
    assert cli("send", "--to", f"http://{router.address}/webhooks/dbt", "--secret-env", "S", SAMPLES / "dbt" / "started.json", environment={"S": "other"}).returncode == 1
