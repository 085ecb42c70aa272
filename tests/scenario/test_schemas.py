"""The JSON Schemas: every example that ships validates, and what the programs print validates (tests/documents/derived: schemas/ is up to date)."""
import json
import re

import jsonschema
import pytest
import yaml

from harness import SAMPLES, TOP, cli, request, rule, site_world, wait_until

# Ours say their version; those of Prometheus, Kubernetes and CI do not.
EXAMPLES = sorted(path for folder in ("rules", "packaging") for path in (TOP / folder).rglob("*.yaml")
                  if not path.name.startswith(".") and re.search(r"^version: 1$", path.read_text(), re.M))


def schema(name):
    return json.loads(cli("schema", name).stdout)


def validate(value, name):
    loaded = schema(name)
    jsonschema.validators.validator_for(loaded, jsonschema.Draft202012Validator)(loaded).validate(value)


def as_json(text):
    """YAML as an editor's validator sees it: times, 06:00 and `on` are not what YAML 1.1 makes of them."""
    class Loader(yaml.SafeLoader):
        pass
    left_out = [f"tag:yaml.org,2002:{tag}" for tag in ("timestamp", "int")]
    Loader.yaml_implicit_resolvers = {key: [(tag, pattern) for tag, pattern in found if tag not in left_out]
                                      for key, found in yaml.SafeLoader.yaml_implicit_resolvers.items()}
    Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?[0-9]+$"), list("-+0123456789"))
    return yaml.load(text, Loader)


def kind_of(path):
    if path.name.endswith(".test.yaml"):
        return "tests"
    top = as_json(path.read_text())
    return "rules" if "rules" in top and "sites" not in top else "config"


def test_the_examples_are_found():
    kinds = [kind_of(path) for path in EXAMPLES]
    assert min(kinds.count("rules"), kinds.count("tests")) >= 10 and kinds.count("config") >= 2


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(TOP)))
def test_every_example_validates(path):
    validate(as_json(path.read_text()), kind_of(path))


@pytest.mark.parametrize("path", [p for p in EXAMPLES if kind_of(p) == "rules"], ids=lambda path: str(path.relative_to(TOP)))
def test_every_example_of_rules_passes_check(path):
    told = cli("check", "--strict", path)
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(TOP)))
def test_the_schema_that_a_file_names_for_editors_is_there(path):
    named = re.search(r"^# yaml-language-server: \$schema=(\S+)", path.read_text(), re.M)
    if not named:
        pytest.skip("names none")
    target = (path.parent / named.group(1)).resolve()
    assert target == TOP / "schemas" / f"{kind_of(path)}.schema.json" and target.exists()


def properties(schema, path=""):
    """Each property of a schema and of what stands below it, by its path."""
    if isinstance(schema, list):
        for part in schema:
            yield from properties(part, path)
    if not isinstance(schema, dict):
        return
    for name, value in schema.items():
        if name == "properties":
            for field, described in value.items():
                yield f"{path}.{field}", described
                yield from properties(described, f"{path}.{field}")
        else:
            yield from properties(value, f"{path}.{name}" if path.endswith(".definitions") or name == "definitions" else path)


@pytest.mark.parametrize("name", ["rules", "tests", "config"])
def test_every_field_has_help_and_an_example_or_its_words(name):
    loaded = schema(name)
    for path, field in properties(loaded):
        field = loaded["definitions"]["id"] if field == {"$ref": "#/definitions/id"} else field
        assert field.get("description"), path
        assert {"examples", "enum"} & field.keys() or ". Example: " in field["description"] or path.endswith(".id"), (path, field)


GOOD_RULES = [
    "version: 1\nrules: []\n",
    "version: 1\nrules:\n  - {name: a, when: {job_id: [1, '2', /^3$/]}, refresh: [{site: s, workbooks: [A, {id: 2a1db1ee-db91-47c2-9233-55190701e838}]}]}\n",
    "version: 1\nx-anchors: &a {job_id: 7}\nrules:\n  - {name: a, when: [{<<: *a}, {status: [Errored, CANCELED]}], refresh: [{site: s, flows: {}, project: P/Q}]}\n",
    "version: 1\nrules:\n  - {name: on, when: {job_name: on, not: [{run_reason: x}]}, enabled: no, mode: shadow, priority: 100, refresh: [{site: s, datasources: 7, allow: [many, none]}]}\n",
]
BAD_RULES = [
    "version: 2\nrules: []\n", "rules: []\n", "version: 1\nrules: {}\n", "version: 1\nrules: [{name: a}]\n",
    "version: 1\nrules:\n  - {name: a, when: {job-id: 1}, refresh: [{site: s, workbooks: W}]}\n",
    "version: 1\nrules:\n  - {name: a, whem: {job_id: 1}, refresh: [{site: s, workbooks: W}]}\n",
    "version: 1\nrules:\n  - {name: a, when: {job_id: 1}, refresh: []}\n",
    "version: 1\nrules:\n  - {name: a, when: {job_id: 1}, priority: 101, refresh: [{site: s, workbooks: W}]}\n",
    "version: 1\nrules:\n  - {name: a, when: {job_id: 1}, mode: shaddow, refresh: [{site: s, workbooks: W}]}\n",
]


@pytest.mark.parametrize("text", GOOD_RULES)
def test_what_check_accepts_the_schema_accepts(tmp_path, text):
    (tmp_path / "a.yaml").write_text(text)
    told = cli("check", tmp_path / "a.yaml")
    assert told.returncode == 0, told.stderr
    validate(as_json(text), "rules")


@pytest.mark.parametrize("text", BAD_RULES)
def test_what_the_schema_refuses_check_refuses(tmp_path, text):
    (tmp_path / "a.yaml").write_text(text)
    assert cli("check", tmp_path / "a.yaml").returncode == 1
    with pytest.raises(jsonschema.ValidationError):
        validate(as_json(text), "rules")


def test_the_configurations_of_the_scenarios_validate(router):
    validate(router.config, "config")


def test_what_the_daemon_and_the_commands_print_validates(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=["Revenue", {"name": "Broken", "project": "Finance", "result": "failed", "notes": "no"}]))
    router = router_of(sandbox, [rule(), rule("broken", refresh=[{"site": "finance", "workbooks": ["Broken", "Missing"]}]),
                                 rule("shadow", mode="shadow", when={"job_name": "/(?<first>.)/"}, refresh=[{"site": "finance", "workbooks": "/${first}/", "tag": "t"}])])
    router.send()
    router.send(jobId="5")
    router.send(eventType="job.run.invented")
    router.post(router.body("test-endpoint"))
    assert {r["state"] for r in router.settle(3)} == {"succeeded", "failed"}
    for event in router.events():
        validate(event, "event")
        validate(router.event(event["id"]), "event")
    for refresh in router.refreshes():
        validate(refresh, "refresh")
    assert request(router.admin, "POST", f"/api/v1/refreshes/{router.refreshes(state='failed')[0]['id']}/retry").status in (200, 409)
    assert request(router.admin, "POST", "/api/v1/sites/finance/pause").status == 200
    wait_until(lambda: router.site().get("paused_by"), "the pause to be told")
    validate(router.site(), "site")
    for refresh in router.refreshes():
        validate(router.refresh(refresh["id"]), "refresh")
    decision = cli("route", "--config", router.folder / "config.yaml", "--explain", "--format", "json", SAMPLES / "dbt" / "completed-success.json",
                   environment=router.environment)
    validate(json.loads(decision.stdout), "decision")


def test_what_check_prints_validates(tmp_path):
    (tmp_path / "a.yaml").write_text("version: 1\nrules: [{name: a, when: {job_id: /1/}, refresh: [{site: s}]}, {nam: b}]\n")
    validate(json.loads(cli("check", "--format", "json", tmp_path / "a.yaml").stdout), "problems")
