"""`route --explain`: why a rule matched, or what would make it match. Printed texts are compared whole, so that a person who changes
one looks at it."""
import json
import os
import re

import pytest
from harness import cli, request, rule
from test_cli import on_terminal
from test_schemas import validate

RULES = """\
version: 1
rules:
  - name: revenue
    when:
      job_id: [1001, 1002]
      environment_name: Production
    priority: 80
    refresh:
      - {site: finance, workbooks: Revenue, project: Finance/Daily}
  - name: auditors
    when: {job_id: 1001}
    refresh:
      - {site: finance, workbooks: Revenue, project: Finance/Daily, incremental: true}
  - name: auditors-on-trial
    mode: shadow
    when: {job_id: 1001}
    refresh:
      - {site: finance, workbooks: Revenue, project: Finance/Daily}
  - name: regional
    when:
      job_name: /^extracts_(?<region>emea|apac|amer)_v\\d+$/
      status: [success, error]
      not: {run_reason: /^Kicked off from the UI/}
    refresh:
      - {site: regional, datasources: "sales_${region}"}
  - name: by-team
    when:
      - {job_name: Nightly build, environment_name: Staging}
      - {job_id: 7, account_id: 12}
    refresh: [{site: finance, workbooks: Team}]
  - name: switched-off
    enabled: false
    when: {job_id: 1001}
    refresh: [{site: finance, workbooks: Team}]
"""
EVENT = {"job_id": 1001, "job_name": "Nightly build", "environment_name": "Production", "run_reason": "Kicked off from the UI by a person"}

WHOLE = """\
Matched: 3 of 6 rules
  auditors  (rules.yaml:10)
    ok  11:20  job_id     is '1001'
    ok         (default)  event is 'job.run.completed', status is 'success'

  auditors-on-trial  (rules.yaml:14)
    ok  16:20  job_id     is '1001'
    ok         (default)  event is 'job.run.completed', status is 'success'

  revenue  (rules.yaml:3)
    ok  6:25  environment_name  is 'Production'
    ok  5:16  job_id            is '1001', wanted any of 1001, 1002
    ok        (default)         event is 'job.run.completed', status is
                                'success'

Refreshes:
  finance: workbook 'Revenue' in project 'Finance/Daily'
    for auditors-on-trial, revenue
  finance: workbook 'Revenue' in project 'Finance/Daily', incremental
    for auditors
    mode: auditors-on-trial is in shadow and has no say
    priority 80, the highest: revenue (auditors has 50)
    full: revenue does not want it incremental

Not matched, the nearest first:
  by-team  (rules.yaml:26)
    would match if environment_name were 'Staging'
    alternative 1 of 2
    NO  28:53  environment_name  is 'Production', wanted Staging
    ok  28:20  job_name          is 'Nightly build'
    ok         (default)         event is 'job.run.completed', status is
                                 'success'
    alternative 2 of 2
    NO  29:33  account_id  is empty, wanted 12
    NO  29:18  job_id      is '1001', wanted 7
    ok         (default)   event is 'job.run.completed', status is 'success'

  switched-off  (rules.yaml:31), not enabled
    would match if the rule's `enabled` were true
    ok  33:20  job_id     is '1001'
    ok         (default)  event is 'job.run.completed', status is 'success'

  regional  (rules.yaml:19)
    would match with 2 changes: if job_name matched
    /^extracts_(?<region>emea|apac|amer)_v\\d+$/, as 'extracts_emea_v0' does, and
    run_reason did not match /^Kicked off from the UI/
    NO  21:17  job_name        is 'Nightly build', wanted
                               /^extracts_(?<region>emea|apac|amer)_v\\d+$/
    ok  22:16  status          is 'success', wanted any of success, error
    ok         (default)       event is 'job.run.completed'
    NO  23:25  not run_reason  is 'Kicked off from the UI by a person', matches
                               /^Kicked off from the UI/
"""


@pytest.fixture
def explain(tmp_path, monkeypatch):
    """explain(event, option, ...) runs `route --explain` in a folder with the rules above."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yaml").write_text(RULES)

    def run(event, *options, rules="rules.yaml"):
        return cli("route", "--rules", rules, "--explain", *options, "-", stdin=json.dumps(event).encode())
    return run


def test_every_rule_is_explained_condition_by_condition(explain):
    told = explain(EVENT)
    assert told.returncode == 0 and not told.stderr
    assert told.stdout.decode() == WHOLE
    assert max(map(len, WHOLE.splitlines())) <= 80


ONE = """\
Not matched, the nearest first:
  revenue  (rules.yaml:3)
    would match if environment_name were 'Production'
    NO  6:25  environment_name  is 'Production\u00a0', wanted Production
                                looks like 'Production', but they differ at
                                character 11: the end there, U+00A0 (no-break
                                space) here
    ok  5:16  job_id            is '1002', wanted any of 1001, 1002
    ok        (default)         event is 'job.run.completed', status is
                                'success'
"""


def test_one_rule_is_explained_when_it_is_named_and_a_lookalike_is_pointed_out(explain):
    told = explain({"job_id": 1002, "environment_name": "Production\u00a0"}, "--rule", "revenue")
    assert told.stdout.decode() == ONE, told.stdout.decode()
    chosen = explain(EVENT, "--rule", "/^audit/").stdout.decode()
    assert "  auditors  (" in chosen and "  auditors-on-trial  (" in chosen and "  revenue  (" not in chosen and "Not matched" not in chosen
    assert chosen.startswith("Matched:\n  auditors  (") and "for auditors" in chosen


@pytest.mark.parametrize("named,said", [("revenu", "there is no rule 'revenu'; did you mean 'revenue'?"), ("/^x/", "no rule has a name that /^x/ finds"),
                                        ("/(/", "the pattern /(/")])
def test_a_rule_that_is_not_there_is_an_error(explain, named, said):
    told = explain(EVENT, "--rule", named)
    assert told.returncode == 2 and said in told.stderr.decode() and not told.stdout


def test_of_many_rules_the_nearest_are_shown_and_how_to_see_the_others(explain, tmp_path):
    rules = [f"  - {{name: r{n:03}, when: {{job_id: {n}, project_id: 1}}, refresh: [{{site: s, workbooks: W}}]}}\n" for n in range(200)]
    (tmp_path / "many.yaml").write_text("version: 1\nrules:\n" + "".join(rules))
    told = explain({"job_id": 77, "project_id": 2}, rules="many.yaml").stdout.decode()
    shown = re.findall(r"^  (r\d+)  \(", told, re.M)
    assert len(shown) == 10 and shown[0] == "r077"
    assert told.endswith("\n190 more rules did not match: --rule NAME shows one, --limit 200 all\n")
    assert len(re.findall(r"^  r\d+  \(", explain({"job_id": 77}, "--limit", "200", rules="many.yaml").stdout.decode(), re.M)) == 200
    decision = json.loads(explain({"job_id": 77}, "--format", "json", rules="many.yaml").stdout)
    assert len(decision["unmatched"]) == 200 and len([u for u in decision["unmatched"] if "change" in u]) == 100
    assert explain(EVENT, "--limit", "0").returncode == 2


def test_programs_get_the_same_with_the_place_of_each_condition(explain):
    decision = json.loads(explain(EVENT, "--format", "json").stdout)
    validate(decision, "decision")
    by_name = {rule["rule"]: rule for rule in decision["matched"] + decision["unmatched"]}
    assert list(by_name)[3:] == ["by-team", "switched-off", "regional"]
    regional = by_name["regional"]
    assert regional["because"]["field"] == "job_name"
    [alternative] = regional["alternatives"]
    assert not alternative["holds"] and alternative["not"][0]["holds"]
    assert alternative["conditions"][1] == {"field": "job_name", "expected": "/^extracts_(?<region>emea|apac|amer)_v\\d+$/", "actual": "Nightly build",
                                            "holds": False, "line": 21, "column": 17}
    assert alternative["conditions"][0]["default"] and alternative["conditions"][2]["matched"] == "success"
    assert [step["field"] for step in regional["change"]["steps"]] == ["job_name", "run_reason"]
    assert by_name["switched-off"]["change"]["steps"] == [{"field": "enabled", "value": "true", "text": "the rule's `enabled` were true"}]
    [merged] = decision["merged"]
    assert [w["rules"] for w in merged["wishes"]] == [["auditors-on-trial"], ["revenue"], ["auditors"]] and len(merged["notes"]) == 3


def test_the_change_that_is_named_makes_the_rule_match(explain):
    for event in (EVENT, {"status": "error"}, {"job_name": "extracts_emea_v2", "status": "cancelled"}):
        decision = json.loads(explain(event, "--format", "json").stdout)
        for miss in decision["unmatched"]:
            steps = {step["field"]: step.get("value") for step in miss["change"]["steps"]}
            if not miss["change"]["tried"] or steps.pop("enabled", None):
                continue
            changed = json.loads(explain({**event, **steps}, "--format", "json").stdout)
            assert miss["rule"] in [match["rule"] for match in changed["matched"]], miss


def test_the_daemon_explains_the_same(router_of, sandbox):
    router = router_of(sandbox, [rule(), rule("other", when={"job_id": 5, "not": {"run_reason": "/x/"}}), rule("off", enabled=False)])
    body = json.dumps({"job_id": 701331, "run_reason": "x"}).encode()

    def here(*options):
        return json.loads(cli("route", "--config", router.folder / "config.yaml", "--explain", "--format", "json", *options, "-", stdin=body,
                              environment=router.environment).stdout)
    for query, options in (("", []), ("?limit=1", ["--limit", "1"]), ("?rule=other", ["--rule", "other"]), ("?rule=/^o/&limit=1", ["--rule", "/^o/", "--limit", "1"])):
        answer = request(router.admin, "POST", "/api/v1/route" + query, body)
        assert answer.status == 200 and answer.json == here(*options), query
        validate(answer.json, "decision")
    for query, said in (("?rule=othe", "did you mean 'other'?"), ("?limit=0", "limit"), ("?limit=1001", "limit"), ("?limit=x", "limit")):
        answer = request(router.admin, "POST", "/api/v1/route" + query, body)
        assert answer.status == 400 and said in answer.json["error"]


def test_a_recorded_event_is_explained_by_its_number(router_of, sandbox, tmp_path):
    router = router_of(sandbox, [rule()])
    router.send(jobId="5")
    router.post(router.body("test-endpoint"))
    test, event = router.events()

    def ask(*arguments):
        return cli("route", "--config", router.folder / "config.yaml", "--explain", *arguments, environment=router.environment)
    shown = cli("show", "--config", router.folder / "config.yaml", event["id"], environment=router.environment).stdout.decode()
    assert f"see `refresh-router route --event {event['id']} --explain`" in shown
    told = ask("--event", event["id"])
    assert told.returncode == 0 and not told.stderr and "would match if job_id were '701331'" in told.stdout.decode()
    assert "would record this event and not route it: " + test["reason"] in ask("--event", test["id"]).stdout.decode()
    assert json.loads(ask("--event", event["id"], "--format", "json").stdout)["event"] == event["fields"]
    (tmp_path / "other.yaml").write_text(RULES)
    other = ask("--event", event["id"], "--rules", tmp_path / "other.yaml")
    assert other.returncode == 0 and f"was recorded as 'unmatched' by other rules than these ({event['ruleset']})" in other.stderr.decode()
    for arguments, status, said in ((["--event", "4"], 2, "which is odd"), (["--event", "999999"], 1, "no event"), (["--event", "x"], 2, "'x'"),
                                    (["--event", event["id"], "a.json"], 2, "not both"), ([], 2, "the argument EVENT is missing")):
        told = ask(*arguments)
        assert told.returncode == status and said in told.stderr.decode() and not told.stdout, (arguments, told)
    router.stop()
    assert ask("--event", event["id"]).returncode == 69


def test_without_configuration_the_rules_are_those_of_the_folder(explain, tmp_path):
    told = cli("route", "-", stdin=b"{}")
    assert told.returncode == 2 and "rules" in told.stderr.decode()
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules.yaml").rename(tmp_path / "rules" / "a.yaml")
    told = cli("route", "-", stdin=json.dumps(EVENT).encode())
    assert told.returncode == 0 and "revenue  (rules/a.yaml:3)" in told.stdout.decode()


def test_colour_only_on_a_terminal_whose_width_is_used(explain, tmp_path):
    (tmp_path / "event.json").write_text(json.dumps(EVENT))
    arguments = ["route", "--rules", "rules.yaml", "--explain", "event.json"]
    narrow = on_terminal(*arguments, columns=60)
    assert b"\x1b[" in narrow
    plain = re.sub(r"\x1b\[[\d;]*m", "", narrow.decode()).replace("\r\n", "\n")
    assert max(map(len, plain.splitlines())) <= 60 and "".join(plain.split()) == "".join(WHOLE.split())
    assert b"\x1b[" not in on_terminal(*arguments, columns=80, NO_COLOR="1")


def test_texts_of_strangers_are_harmless_and_cut(explain):
    told = explain({"job_name": "\x1b[31m\u202e" + "x" * 5000, "status": "error"})
    assert told.returncode == 0 and b"\x1b" not in told.stdout and b"\\x1b[31m\\u202exxx" in told.stdout
    assert max(map(len, told.stdout.decode().splitlines())) <= 80 and len(told.stdout) < 20000


def test_an_event_that_is_never_routed_says_so(explain, tmp_path):
    (tmp_path / "test.json").write_text(json.dumps({"eventType": "job.run.invented", "data": {"jobId": "1001"}}))
    told = cli("route", "--rules", "rules.yaml", "--explain", "--rule", "auditors", "test.json").stdout.decode()
    assert "would record this event and not route it: unknown event type 'job.run.invented'" in told
    assert "if the event were one that is routed" in told


def test_what_is_no_event_is_refused_with_its_place(explain, tmp_path):
    (tmp_path / "broken.json").write_text('{\n  "job_id": 1,\n  "status": }\n')
    os.mkfifo(tmp_path / "pipe")
    with open(tmp_path / "huge.json", "wb") as huge:
        huge.truncate(1 << 30)
    for name, said in (("broken.json", "broken.json: not JSON: an unexpected character in line 3, column 13, at byte 29"), ("pipe", "nobody writes to it"),
                       ("/dev/zero", "a device"), ("huge.json", "larger than"), (".", "a folder")):
        told = cli("route", "--rules", "rules.yaml", "--explain", name)
        assert told.returncode == 2 and said in told.stderr.decode() and not told.stdout, told.stderr
