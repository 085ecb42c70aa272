"""What people put into Prometheus and Grafana: alerts, recording rules and a dashboard speak of metrics that exist, parse, fire, and lead to a remedy."""
import json
import re

import pytest
import yaml

from harness import TOP, cli, request, rule
from prometheus import IS_THERE, WHY_NOT, promtool

FOLDER = TOP / "packaging" / "prometheus"
RULES = FOLDER / "refresh-router.rules.yaml"
TESTS = FOLDER / "refresh-router.rules.test.yaml"
DASHBOARD = json.loads((FOLDER / "refresh-router.dashboard.json").read_text())
GUIDE = "packaging/operations.md"

needs_promtool = pytest.mark.skipif(not IS_THERE, reason=WHY_NOT)


# ---- what the daemon prints ----

@needs_promtool
def test_promtool_finds_nothing_to_say_about_the_metrics(router):
    router.send()
    router.settle(1)
    text = router.text("/metrics")
    assert promtool("check", "metrics", text=text) == (0, "")
    status, told = promtool("check", "metrics", text=text.replace("_total", "_sum_of"))
    assert status != 0 and "_total" in told, "it would find something"


@needs_promtool
def test_names_of_people_are_escaped(router_of, sandbox):
    """A rule may have any name of one line."""
    name = 'quote" back\\slash é'
    slow = rule(name, when={"job_id": 77, "run_reason": "/from .* to [A-Z]/"}, mode="shadow")
    router = router_of(sandbox, [slow])
    router.send(jobId="77", runReason="from b " * 8500)
    text = router.text("/metrics")
    assert promtool("check", "metrics", text=text) == (0, "")
    assert 'refresh_router_pattern_limits_total{rule="quote\\" back\\\\slash é"} 1\n' in text
    answer = request(router.admin, "GET", "/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


# ---- rules ----

def rules():
    return [one for group in yaml.safe_load(RULES.read_text())["groups"] for one in group["rules"]]


ALERTS = {one["alert"]: one for one in rules() if "alert" in one}


def declared():
    """By name, the labels of each family, and their words where they are words."""
    families = {}
    for name, kind, labels, words in re.findall(r'^\.It Li "\\&(\w+)" No "\\&\((\w+)(?:; by ([\w, ]+))?\)"\n((?:(?!\.It|\.El).*\n)*)',
                                                cli("manual", "metrics").stdout.decode(), re.M):
        values = {label: set(list.split(", ")) for label, list in re.findall(r"^\\&\\fB(\w+)\\fP: (.*)\.$", words, re.M)}
        has = {label: values.get(label) for label in filter(None, labels.split(", "))}
        for suffix in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
            families[name + suffix] = {**has, **({"le": None} if suffix == "_bucket" else {})}
    return families


FAMILIES = declared()


def expressions():
    """Every expression that ships, by where it stands; Grafana's variables as it fills them in."""
    for one in rules():
        yield one.get("alert") or one["record"], one["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield f"panel {panel['title']!r}", filled_in(target["expr"])
    for annotation in DASHBOARD["annotations"]["list"]:
        yield f"annotation {annotation['name']!r}", filled_in(annotation["expr"])


def filled_in(expression):
    for name, value in {"$__rate_interval": "5m", "$__range": "24h", "$__interval": "1m"}.items():
        expression = expression.replace(name, value)
    expression = re.sub(r"\$(job|instance|site)\b", ".*", expression)
    assert "$" not in expression, expression
    return expression


def unknown_in(expression):
    """What it says of our metrics that is not so: a name, a label, or a word that a label never has."""
    recorded = {one["record"] for one in rules() if "record" in one}
    for name, selector in re.findall(r"((?:[a-z_:]*refresh_router|process)_\w+(?::\w+)*)(?:\{(.*?)\})?", re.sub(r"\s+", " ", expression)):
        if name in recorded:
            continue
        labels = FAMILIES.get(name)
        if labels is None:
            yield name
            continue
        for label, operator, value in re.findall(r'(\w+) ?(=~|!=|!~|=) ?"(.*?)"', selector):
            words = labels.get(label) if label in labels else None
            if label not in labels and label not in ("job", "instance"):
                yield f"{name}{{{label}}}"
            if words and value != ".*" and not set(value.split("|")) <= words:
                yield f"{name}{{{label}{operator}{value}}}"


def test_every_expression_speaks_of_metrics_that_exist():
    wrong = [(where, unknown) for where, expression in expressions() for unknown in unknown_in(expression)]
    assert not wrong, wrong
    assert len(FAMILIES) > 40 and sum(1 for _ in expressions()) > 50


@pytest.mark.parametrize("expression", ["refresh_router_nonsense > 0", 'refresh_router_events_total{color="red"}', 'refresh_router_events_total{outcome=~"routed|lost"}',
                                        "rate(refresh_router_decision_seconds[5m])", "sum(refresh_router_events_total_bucket)"])
def test_what_does_not_exist_would_be_noticed(expression):
    assert list(unknown_in(expression))


def test_what_can_be_shown_is_shown():
    """A metric that is new belongs into the dashboard, or here."""
    elsewhere = {"refresh_router_ruleset_info", "refresh_router_requests_total", "refresh_router_connections_accepted_total", "refresh_router_request_body_bytes",
                 "refresh_router_refreshes_created_total", "refresh_router_signed_in", "refresh_router_backlog_seconds", "refresh_router_dropped_work",
                 "refresh_router_log_lines_lost_total"}
    everything = " ".join(expression for _, expression in expressions())
    families = {re.sub("_(bucket|sum|count)$", "", name) for name in FAMILIES}
    missing = {family for family in families if not re.search(rf"\b{family}(_bucket|_sum|_count)?\b", everything)}
    assert missing == elsewhere & families, missing ^ elsewhere


@needs_promtool
def test_rules_parse_and_each_alert_fires_when_it_should():
    status, told = promtool("check", "rules", str(RULES))
    assert status == 0 and "SUCCESS" in told, told
    status, told = promtool("test", "rules", str(TESTS))
    assert status == 0 and "SUCCESS" in told, told


def test_each_alert_is_tested_silent_and_firing():
    seen = {}
    for test in yaml.safe_load(TESTS.read_text())["tests"]:
        for one in test.get("alert_rule_test", []):
            seen.setdefault(one["alertname"], set()).add(bool(one["exp_alerts"]))
    assert seen == {name: {False, True} for name in ALERTS}


@needs_promtool
@pytest.mark.parametrize("before, after", [("> 3600", "> 360000"), ("14 * 86400", "1 * 86400"), ('le=~"1800', 'le=~"900'), ('outcome!="cancelled"', 'outcome!="failed"')])
def test_a_rule_that_is_wrong_fails_its_tests(before, after, tmp_path):
    text = RULES.read_text()
    assert before in text
    (tmp_path / RULES.name).write_text(text.replace(before, after))
    (tmp_path / TESTS.name).write_text(TESTS.read_text())
    status, told = promtool("test", "rules", str(tmp_path / TESTS.name))
    assert status != 0 and "FAILED" in told, told


def headings(document):
    """The anchors that GitHub and GitLab give to headings."""
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", document, re.M)}


@pytest.mark.parametrize("name", ALERTS)
def test_each_alert_says_what_is_wrong_and_leads_to_what_to_do(name):
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in ("critical", "warning")
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert page == GUIDE and anchor == name.lower() and anchor in headings((TOP / GUIDE).read_text())


@pytest.mark.parametrize("path", sorted((TOP / "packaging" / "man").glob("*.[157]")) + [TOP / "README.md", TOP / "CHANGELOG.md"], ids=lambda path: path.name)
def test_no_page_names_a_metric_that_is_none(path):
    assert set(re.findall(r"refresh_router_\w+", path.read_text())) <= set(FAMILIES) | {name.removesuffix("_bucket") for name in FAMILIES}


def test_each_section_of_an_alert_has_its_alert_and_links_lead_somewhere():
    document = (TOP / GUIDE).read_text()
    assert set(re.findall(r"^### (RefreshRouter\w+)$", document, re.M)) == set(ALERTS)
    assert {link for link in re.findall(r"\]\(#([\w-]+)\)", document)} <= headings(document)
    for name in re.findall(r"refresh_router_\w+", document):
        assert name in FAMILIES, name


# ---- dashboard ----

def panels():
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def test_the_dashboard_has_the_form_that_grafana_reads():
    everything = DASHBOARD["panels"]
    assert DASHBOARD["schemaVersion"] >= 36 and DASHBOARD["title"] and DASHBOARD["uid"] and "id" not in DASHBOARD
    assert len({panel["id"] for panel in everything}) == len(everything)
    for panel in everything:
        assert panel["title"] and {"x", "y", "w", "h"} == set(panel["gridPos"]), panel
    for panel in panels():
        assert panel["type"] in ("timeseries", "stat", "bargauge", "heatmap"), panel["type"]
        assert panel["targets"] and len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_every_query_is_of_the_chosen_data_source():
    """So that the dashboard can be imported as it is: no uid of ours in it."""
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource" and variables["datasource"]["query"] == "prometheus"
    sources = [panel["datasource"] for panel in panels()] + [target["datasource"] for panel in panels() for target in panel["targets"]]
    sources += [variable["datasource"] for name, variable in variables.items() if name != "datasource"]
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources)
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD))) - {"__rate_interval", "__range", "__interval", "__all"}
    assert used == set(variables)


def test_no_panels_overlap():
    taken = {}
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] >= 0 and place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), panel["title"])
                assert other is panel["title"], (other, panel["title"])


@needs_promtool
def test_every_expression_of_the_dashboard_parses(tmp_path):
    shown = [{"record": f"panel:{number}", "expr": expression} for number, (_, expression) in enumerate(expressions())]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": shown}]}))
    status, told = promtool("check", "rules", str(tmp_path / "rules.yaml"))
    assert status == 0 and f"{len(shown)} rules found" in told, told
