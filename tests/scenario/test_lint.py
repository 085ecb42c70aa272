"""What `check` says about rules that load: rules for everything, rules for nothing, rules that contradict each other."""
import json

import pytest

from harness import TOP, cli


def rules_of(folder, text):
    path = folder / "rules.yaml"
    path.write_text("version: 1\nrules:\n" + text)
    return path


def found(*arguments):
    """(line, column, code) of each finding, and the findings."""
    problems = json.loads(cli("check", "--format", "json", *arguments).stdout)["problems"]
    return [(p["line"], p["column"], p["code"]) for p in problems], problems


def test_the_event_that_shows_different_wishes_is_decided_so_by_route(tmp_path):
    rules = rules_of(tmp_path, """
  - name: nightly
    when: {job_id: [1001, 1002], not: {run_reason: ''}}
    refresh: [{site: finance, workbooks: [Costs, Revenue], incremental: true}]
  - name: production
    delay: 10m
    when: {environment_name: /^Prod/, job_name: /_daily$/}
    refresh: [{site: finance, workbooks: Revenue}]
""")
    places, problems = found(rules)
    assert places == [(10, 42, "different-wishes")]
    first, event = problems[0]["related"]
    assert (first["line"], first["column"]) == (6, 50)
    witness = event["message"][event["message"].index("{"):]
    decision = json.loads(cli("route", "--format", "json", "--rules", rules, "-", stdin=witness.encode()).stdout)
    assert [match["rule"] for match in decision["matched"]] == ["nightly", "production"]
    assert [s.get("delay") for s in decision["selections"] if s["name"] == "Revenue"] in ([None, "10m"], ["10m", None])


def test_a_rule_that_adds_nothing_can_be_removed_and_nothing_changes(tmp_path):
    whole = rules_of(tmp_path, """
  - {name: mart, when: {job_name: /^mart_/}, refresh: [{site: s, workbooks: [A, B]}]}
  - {name: mart-costs, when: {job_name: mart_costs, environment_name: P}, refresh: [{site: s, workbooks: B}]}
""")
    places, problems = found(whole)
    assert places == [(5, 12, "redundant-rule")] and problems[0]["related"][0]["line"] == 4
    assert problems[0]["related"][1]["message"] == 'an event that both match: {"environment_name":"P","job_name":"mart_costs"}'
    (tmp_path / "less").mkdir()
    less = rules_of(tmp_path / "less", "".join(line + "\n" for line in whole.read_text().splitlines()[2:4]))
    events = tmp_path / "events.jsonl"
    events.write_text("".join(json.dumps(event) + "\n" for event in (
        {"job_name": "mart_costs", "environment_name": "P"}, {"job_name": "mart_x"}, {"job_name": "x"})))
    assert cli("diff", whole, less, "--events", events).returncode == 0


def test_a_rule_that_excludes_itself_shows_both_conditions(tmp_path):
    rules = rules_of(tmp_path, """
  - name: a
    when:
      job_name: nightly
      not: {job_name: /night/}
    refresh: [{site: s, workbooks: A}]
""")
    result = cli("check", rules)
    assert result.returncode == 1
    lines = [line.replace(str(rules), "rules.yaml") for line in result.stderr.decode().splitlines()]
    assert lines[:3] == [
        "rules.yaml:7:12: error: this never matches: all that 'when' lets through is excluded here [never-matches]",
        "rules.yaml:6:17: note: 'when' lets through job_name: nightly",
        "rules.yaml:7:23: note: 'not' excludes job_name: /night/"]
    # route and serve take it: it does no harm, and an update of the program must not stop them
    assert cli("route", "--rules", rules, "-", stdin=b'{"job_name": "nightly"}').returncode == 0


def test_rules_in_several_files_are_compared_and_each_is_named_by_its_file(tmp_path):
    for name, priority in (("a", 10), ("b", 20)):
        (tmp_path / f"{name}.yaml").write_text(f"version: 1\nrules:\n  - name: {name}\n    priority: {priority}\n    when: {{job_id: 1}}\n"
                                               "    refresh: [{site: s, workbooks: W}]\n")
    _, problems = found(tmp_path)
    assert [(p["file"], p["related"][0]["file"]) for p in problems] == [(str(tmp_path / "b.yaml"), str(tmp_path / "a.yaml"))]


def test_a_rule_for_every_dbt_job_is_a_warning_that_strict_refuses(tmp_path):
    rules = rules_of(tmp_path, "  - {name: all, when: {status: error}, refresh: [{site: s, workbooks: W}]}\n")
    assert found(rules)[0] == [(3, 23, "unrestricted-rule")]
    assert (cli("check", rules).returncode, cli("check", "--strict", rules).returncode) == (0, 1)


@pytest.mark.parametrize("when, codes", [
    ("[{job_id: 1}, {environment_name: Production}]", ["one-of-fields"]),
    ("[{job_id: 1}, {environment_name: Production}, {project_id: 7}]", ["one-of-fields"]),
    ("[{job_id: 1}, {job_name: Nightly}]", []),                                         # two ways to name a job
    ("[{job_id: 1, environment_name: Production}, {project_id: 7}]", []),
    ("[{job_id: 1, status: error}, {environment_name: Production}]", []),               # each has its own status
    ("[{job_id: 1, not: {run_reason: /x y/}}, {environment_name: Production}]", []),
    ("{job_id: 1, environment_name: Production}", []),
])
def test_alternatives_of_one_field_each_are_noted(tmp_path, when, codes):
    """Conditions that were meant to hold together refresh far too often as alternatives."""
    rules = rules_of(tmp_path, f"  - name: a\n    when: {when}\n    refresh: [{{site: s, workbooks: W}}]\n")
    assert [(line, code) for line, _, code in found(rules)[0]] == [(4, code) for code in codes]
    assert cli("check", "--strict", rules).returncode == 0


def test_hostile_names_stay_within_one_line(tmp_path):
    name = "x\u202e\u200b" + "y" * 3000
    rules = rules_of(tmp_path, "".join(f"""
  - name: "{name}{n}"
    priority: {n}
    when: {{job_id: 1, job_name: "a\\"\\\\\\u0007\\u2028"}}
    refresh: [{{site: s, workbooks: "{name}"}}]
""" for n in range(2)))
    places, problems = found(rules)
    assert "different-wishes" in [code for _, _, code in places]
    for line in cli("check", rules).stderr.decode().splitlines():
        assert "\u202e" not in line and "\u2028" not in line and "\x07" not in line


def test_the_gallery_and_the_demonstration_are_clean():
    for path in ("rules", "packaging/demo/rules.yaml"):
        assert found(TOP / path)[0] == []


CONFIG = """version: 1
rules: [rules.yaml]
sources:
  - {name: dbt, secrets: [{env: S}]}
  - {name: dbt-emea, secrets: [{env: T}]}
sites:
  - {name: s, server: "https://a.example.com", pat: {name: p, secret: {env: P}}}
  - {name: s-emea, server: "https://a.example.com", content_url: emea, pat: {name: q, secret: {env: Q}}}
"""


def test_a_site_and_a_source_that_no_rule_uses_are_noted_in_the_configuration(tmp_path):
    config = tmp_path / "refresh-router.yaml"
    config.write_text(CONFIG)
    other = rules_of(tmp_path, "  - {name: a, when: {source: dbt, job_id: 1}, refresh: [{site: s, workbooks: W}]}\n")
    places, problems = found("--config", config)
    assert places == [(5, 5, "unused-source"), (8, 5, "unused-site")]
    assert {p["file"] for p in problems} == {str(config)} and {p["severity"] for p in problems} == {"note"}
    assert cli("check", "--strict", "--config", config).returncode == 0
    # only a part of the rules is read, or there are none yet: nobody knows
    assert found("--config", config, other)[0] == []
    rules_of(tmp_path, "  []\n")
    assert found("--config", config)[0] == []
    # what a rule may become, and rules that wait, count
    for refresh in ("site: 's-${job_name}'", "site: '${job_name}'", "site: s-emea"):
        rules_of(tmp_path, f"""
  - {{name: a, when: {{job_id: 1}}, refresh: [{{site: s, workbooks: W}}]}}
  - {{name: b, enabled: false, when: {{job_id: 2}}, refresh: [{{{refresh}, workbooks: W}}]}}
""")
        assert found("--config", config)[0] == []
    rules_of(tmp_path, """
  - {name: a, when: {not: {source: /emea/}, job_id: 1}, refresh: [{site: s, workbooks: W}]}
  - {name: b, when: {job_id: 2, source: dbt}, refresh: [{site: 't${job_name}', workbooks: W}]}
""")
    assert found("--config", config)[0] == [(5, 5, "unused-source"), (8, 5, "unused-site")]


def test_what_other_yaml_readers_change_is_noted_and_still_a_text_here(tmp_path):
    rules = rules_of(tmp_path, "  - {name: a, when: {job_name: on, dbt_version: 1.10}, refresh: [{site: s, workbooks: 0123}]}\n")
    assert found(rules)[0] == [(3, 32, "yaml-type"), (3, 49, "yaml-type"), (3, 87, "yaml-type")]
    routed = cli("route", "--format", "json", "--rules", rules, "-", stdin=b'{"job_name": "on", "dbt_version": "1.10"}')
    assert json.loads(routed.stdout)["selections"][0]["name"] == "0123"
