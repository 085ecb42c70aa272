"""The JSON Schemas: up to date, valid, and true of what is read and printed."""
import json
import pathlib

import jsonschema
import pytest
import yaml

from harness import SAMPLES, TOP, cli, rule

NAMES = ["rules", "config", "decision", "event", "refresh", "problems"]


def schema(name):
    return json.loads(cli("schema", name).stdout)


def load(path):
    class Texts(yaml.SafeLoader):
        """YAML as an editor reads it, but times stay texts."""
    Texts.yaml_implicit_resolvers = {k: [r for r in v if "timestamp" not in r[0]] for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()}
    return yaml.load(pathlib.Path(path).read_text(), Texts)


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_schemas_are_those_that_the_program_prints(name):
    assert (TOP / "schemas" / f"{name}.schema.json").read_bytes() == cli("schema", name).stdout, "run: make schemas"


@pytest.mark.parametrize("name", NAMES)
def test_the_schemas_are_draft_07(name):
    jsonschema.Draft7Validator.check_schema(schema(name))


@pytest.mark.parametrize("path", sorted((TOP / "rules").glob("*.yaml")) + [TOP / "packaging/demo/rules.yaml"], ids=lambda p: p.name)
def test_every_example_of_rules_is_valid(path):
    jsonschema.Draft7Validator(schema("rules")).validate(load(path))
    assert cli("check", "--strict", path).returncode == 0


def test_the_example_configuration_is_valid():
    jsonschema.Draft7Validator(schema("config")).validate(load(TOP / "packaging/demo/config.yaml"))


@pytest.mark.parametrize("bad", [{"version": 1, "rules": [{"name": "a", "whne": {}}]}, {"rules": []}, {"version": 1, "rules": [{"name": "a", "refresh": [{"site": "s", "workbok": "x"}]}]}])
def test_the_rules_schema_refuses_what_check_refuses(bad, tmp_path):
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(bad))
    assert list(jsonschema.Draft7Validator(schema("rules")).iter_errors(bad))
    assert cli("check", tmp_path / "r.yaml").returncode == 1


def test_what_is_printed_is_as_its_schema_says(router):
    router.send()
    router.settle(1)
    jsonschema.Draft7Validator(schema("event")).validate(router.events()[0])
    jsonschema.Draft7Validator(schema("refresh")).validate(router.refreshes()[0])
    decision = cli("route", "--rules", TOP / "rules", "--explain", "--format", "json", SAMPLES / "dbt" / "completed-success.json").stdout
    jsonschema.Draft7Validator(schema("decision")).validate(json.loads(decision))
    jsonschema.Draft7Validator(schema("problems")).validate(json.loads(cli("check", "--format", "json", TOP / "rules").stdout))
