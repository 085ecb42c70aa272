"""`verify`: whether the rules name what is on Tableau, said per site and rule before an event finds out."""
import json
import os
import pathlib
import pty
import subprocess
from xml.etree import ElementTree

import pytest

from harness import BUILD, answers_together, cli, rule, site_world, utc_text, now
from junit_form import check_junit

TWINS = [{"name": "Costs", "project": "Finance/Daily"}, {"name": "Costs", "project": "Finance/Archive"}]


def wants(*selections, name="r", **rest):
    return rule(name, [{"site": "finance", **s} for s in selections], **rest)


def problems(found):
    return [(f["site"], f.get("rule"), f["problem"]) for f in found["findings"]]


def signed_out(sandbox):
    return len(sandbox.sign_ins()) == len([c for c in sandbox.calls("POST", "/auth/signout$") if c["status"] == 204])


# ---- what is found ----

def test_all_well_says_so_and_leaves_nothing_behind(folder_of, sandbox):
    """Nothing is refreshed, and no session stays."""
    told = folder_of(sandbox, [rule()]).verify()
    assert told.returncode == 0 and told.stdout.startswith(b"All well:\n  1 selection looked up on 1 site\n"), told
    assert signed_out(sandbox) and not sandbox.refresh_calls() and not sandbox.jobs()
    assert {c["method"] for c in sandbox.calls()} == {"GET", "POST"} and len(sandbox.calls("POST")) == 2


KINDS = [
    ("missing", {"workbooks": "Revenu"}, ["Revenue"], "did you mean 'Revenue'"),
    ("missing", {"workbooks": "Revenue", "project": "Marketing"}, ["Finance/Daily"], "is in project 'Finance/Daily'"),
    ("missing", {"workbooks": {"id": "00000000-0000-4000-8000-00000000000a"}}, None, "may not see it"),
    ("missing", {"workbooks": "/^nothing/"}, None, "nothing is found"),
    ("missing", {"datasources": "sales"}, None, "no datasource 'sales'"),
    ("ambiguous", {"workbooks": "Costs"}, ["Finance/Archive", "Finance/Daily"], "allow: many"),
    ("no_extract", {"workbooks": "Live"}, None, "has no extract"),
    ("no_extract", {"datasources": "live"}, None, "has no extract"),
    ("no_extract", {"workbooks": "/^Live$/"}, None, "has no extract"),
    ("unreadable", {"workbooks": "Buried", "project": "Secret/Daily"}, ["Buried"], "cannot be known"),
    (None, {"workbooks": "Revenu", "allow": "none"}, None, None),
    (None, {"workbooks": "Costs", "allow": "many"}, None, None),
    (None, {"workbooks": "Costs", "project": "Finance/Archive"}, None, None),
    (None, {"flows": "Prepare"}, None, None),
]


@pytest.mark.parametrize("problem,selection,candidates,words", KINDS, ids=range(len(KINDS)))
def test_each_kind_of_trouble_is_named(folder_of, sandbox_of, problem, selection, candidates, words):
    world = site_world(workbooks=["Revenue", *TWINS, {"name": "Live", "project": "Finance", "has_extracts": False},
                                  {"name": "Buried", "project": "Secret/Daily"}],
                       datasources=[{"name": "live", "project": "Finance", "has_extracts": False}], flows=[{"name": "Prepare", "project": "Finance"}])
    world["projects"] += ["Secret", "Secret/Daily"]
    world["hidden_projects"] = ["Secret"]
    folder = folder_of(sandbox_of(world), [wants(selection)])
    found = folder.json()
    assert [f["problem"] for f in found["findings"]] == ([problem] if problem else [])
    if problem:
        finding = found["findings"][0]
        assert words in finding["message"] and finding["rule"] == "r" and finding["file"] == "rules.yaml" and finding["line"] == 12
        if candidates:
            assert sorted(c.replace(".../Daily", "Buried") for c in finding["candidates"]) == candidates


def test_a_finding_names_every_rule_that_has_it_and_is_asked_for_once(folder_of, sandbox):
    found = folder_of(sandbox, [wants({"workbooks": "Gone"}, name=f"r{i}") for i in range(20)]).json()
    assert sorted({f["rule"] for f in found["findings"]}) == sorted(f"r{i}" for i in range(20)) and len(found["findings"]) == 20
    assert len(sandbox.calls("GET", "/workbooks$")) <= 3


def test_what_an_event_decides_is_counted_and_left_out(folder_of, sandbox):
    rules = [wants({"workbooks": ["Revenue", "${job_name}"]}, {"workbooks": "Revenue", "tag": "dbt-${job_id}"}, {"workbooks": "/^${job_name}/"}),
             wants({"workbooks": "Gone"}, name="off", enabled=False)]
    found = folder_of(sandbox, rules).json()
    assert found["ok"] and found["need_event"] == 3 and found["disabled"] == 1 and found["sites"][0]["looked_up"] == 1


def test_many_rules_cost_few_requests(folder_of, sandbox_of):
    """Ten thousand selections: Tableau's lists are read page by page, not name by name."""
    sandbox = sandbox_of(site_world(workbooks=[], generate=[{"count": 2500, "name": "wb-%04d", "project": "Finance/Daily"}]))
    folder = folder_of(sandbox, [wants({"workbooks": [f"wb-{n:04}" for n in range(i, i + 10)]}, name=f"r{i}") for i in range(0, 2500, 10)])
    found = folder.json()
    assert found["ok"] and found["sites"][0]["looked_up"] == 2500 and len(sandbox.calls()) < 30


# ---- rights and PATs ----

@pytest.mark.parametrize("owner,admin,noted", [("ana", False, True), ("ana", True, False), ("refresh-router", False, False)])
def test_what_may_be_refused_is_a_note_and_only_where_it_may(folder_of, sandbox_of, owner, admin, noted):
    """Owners and administrators may refresh; whether the user leads the project cannot be read, so it is no finding."""
    sandbox = sandbox_of(site_world(workbooks=[{"name": "Revenue", "project": "Finance/Daily", "owner": owner}],
                                    owners=[{"name": "ana"}, {"name": "refresh-router"}],
                                    pats=[{"name": "refresh-router", "secret": "finance-secret", "admin": admin}]))
    folder = folder_of(sandbox, [rule()])
    found = folder.json()
    assert found["ok"] and [n["problem"] for n in found["notes"]] == ["forbidden"] * noted
    assert (b"does not own 'Finance/Daily/Revenue'" in folder.verify().stdout) == noted


def test_a_flow_is_run_by_another_right_than_that_of_its_owner(folder_of, sandbox_of):
    sandbox = sandbox_of(site_world(flows=[{"name": "Prepare", "project": "Finance", "owner": "ana"}], owners=[{"name": "ana"}],
                                    pats=[{"name": "refresh-router", "secret": "finance-secret", "admin": False}]))
    assert folder_of(sandbox, [wants({"flows": "Prepare"})]).json()["notes"] == []


def test_a_pat_that_ends_soon_is_found(folder_of, sandbox_of):
    sandbox = sandbox_of(site_world(pats=[{"name": "refresh-router", "secret": "finance-secret", "estimated_time": "13:23:30"}]))
    found = folder_of(sandbox, [rule()]).json()
    assert problems(found) == [("finance", None, "pat_ends_soon")] and "in 13 days" in found["findings"][0]["message"]
    assert found["findings"][0]["file"].endswith("config.yaml") and found["sites"][0]["pat_ends_at"] > utc_text(now())


@pytest.mark.parametrize("left", ["", "177:05:38", "nonsense", "-1:00:00"])
def test_a_pat_of_which_no_end_is_known_is_not_said_to_end(folder_of, sandbox_of, left):
    sandbox = sandbox_of(site_world(pats=[{"name": "refresh-router", "secret": "finance-secret", "estimated_time": left}]))
    assert folder_of(sandbox, [rule()]).json()["ok"]


def test_an_expired_pat_fails_the_site_with_its_possible_causes(folder_of, sandbox_of):
    sandbox = sandbox_of(site_world(pats=[{"name": "refresh-router", "secret": "finance-secret", "expired": True}]))
    found = folder_of(sandbox, [rule()]).json()
    assert problems(found) == [("finance", None, "unreachable")] and "expired" in found["findings"][0]["message"]


def test_a_list_that_the_user_may_not_read_is_forbidden(folder_of, sandbox):
    sandbox.fault("error", on={"path": "*/flows"}, code=403004, summary="Forbidden", times=0)
    found = folder_of(sandbox, [wants({"flows": "Prepare"}), rule()]).json()
    assert problems(found) == [("finance", "r", "forbidden")] and found["sites"][0]["looked_up"] == 2


# ---- sites ----

def test_one_site_that_is_down_hides_no_other(folder_of, sandbox_of):
    sandbox = sandbox_of(site_world(), site_world("board", workbooks=["Board Pack"]))
    rules = [rule(), rule("lost", [{"site": "board", "workbooks": "Board Pac"}, {"site": "down", "workbooks": ["a", "b"]}])]
    folder = folder_of(sandbox, rules, {"down": {"server": "http://127.0.0.1:9"}, "finance": {}, "board": {}})
    found = folder.json()
    assert problems(found) == [("down", None, "unreachable"), ("board", "lost", "missing")]
    assert [(s["ok"], s["looked_up"], s["not_looked_up"]) for s in found["sites"]] == [(False, 0, 2), (True, 1, 0), (False, 1, 0)]
    assert signed_out(sandbox)
    text = folder.verify().stdout.decode()
    assert text.startswith("2 findings:\n  2 selections looked up on 3 sites, 2 could not be") and "\ndown: not ok" in text and "\nfinance: ok" in text


def test_sites_are_asked_side_by_side(folder_of, sandbox):
    names = [f"site{i}" for i in range(20)]
    with answers_together(len(names)) as address:
        found = folder_of(sandbox, [rule()], {name: {"server": address} for name in [*names]} | {"finance": {}}).json("--timeout", "4s")
    assert [s["site"] for s in found["sites"]] == [*names, "finance"] and found["sites"][-1]["ok"]
    assert [f["site"] for f in found["findings"]] == names and all("HTTP 404" in f["message"] for f in found["findings"])


def test_a_secret_that_is_missing_fails_only_its_site(folder_of, sandbox_of):
    sandbox = sandbox_of(site_world(), site_world("board"))
    folder = folder_of(sandbox, [rule()], ("finance", "board"))
    (folder.path / "secrets" / "board").unlink()
    assert problems(folder.json()) == [("board", None, "secret_missing")]
    assert b"\n  secret_missing " in folder.verify().stdout and b"unreachable" not in folder.verify().stdout
    assert b'type="secret_missing"' in folder.verify("--format", "junit").stdout


def test_a_site_that_fails_in_the_middle_is_not_asked_on(folder_of, sandbox):
    sandbox.fault("status", on={"path": "*/datasources"}, status=502, body="<html>down</html>", times=0)
    found = folder_of(sandbox, [wants({"datasources": [f"d{i}" for i in range(200)]}), rule("w")]).json()
    assert [f["problem"] for f in found["findings"]] == ["unreachable"] and found["sites"][0]["not_looked_up"] > 0
    assert len(sandbox.calls("GET", "/datasources$")) < 20 and signed_out(sandbox)


HOSTILE = ["", "<html>login</html>", "{", "7", '{"workbooks": 7}', '{"pagination": {"totalAvailable": "-1"}, "workbooks": {"workbook": [7, null, {"id": []}]}}',
           '{"pagination": {"totalAvailable": "999999999"}, "workbooks": {"workbook": [{"id": "x", "name": "\\u0000\\u202e\\u001b[2J"}]}}', "[" * 100000]


@pytest.mark.parametrize("path", ["*/workbooks", "*/projects", "*/serverinfo", "*/auth/signin"])
@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_reply_of_tableaus_is_a_finding_and_nothing_more(folder_of, sandbox, path, body):
    """Whatever comes in the place of Tableau's answer with a 200, there is a result, and no session is left behind."""
    sandbox.fault("status", on={"path": path}, status=200, body=body, times=0)
    folder = folder_of(sandbox, [rule()])
    found = folder.json()
    assert not found["ok"] and {f["problem"] for f in found["findings"]} <= {"missing", "unreadable", "unreachable", "forbidden"}, found
    assert b"\x1b" not in folder.verify().stdout
    assert len(sandbox.sign_ins()) == len(sandbox.calls("POST", "/auth/signout$")) or path == "*/auth/signin"


def test_only_some_sites_and_rules(folder_of, sandbox_of):
    sandbox = sandbox_of(site_world(), site_world("board"))
    folder = folder_of(sandbox, [rule(), wants({"workbooks": "Gone"})], ("finance", "board"))
    assert [s["site"] for s in folder.json("--site", "board")["sites"]] == ["board"]
    assert folder.json("--rule", "nightly")["ok"] and not folder.json("--rule", "nightly", "--rule", "r")["ok"]
    near = folder.verify("--rule", "nihgtly")
    assert near.returncode == 2 and b"did you mean 'nightly'" in near.stderr
    assert b"did you mean 'board'" in folder.verify("--site", "baord").stderr


def test_nothing_to_look_up_is_no_success(folder_of, sandbox):
    folder = folder_of(sandbox, [wants({"workbooks": "${job_name}"})])
    told = folder.verify("--rule", "r")
    assert told.returncode == 1 and b"nothing to look up" in told.stderr and not sandbox.calls()


def test_a_rule_with_a_site_that_is_not_configured_is_refused_with_its_place(folder_of, sandbox):
    told = folder_of(sandbox, [rule(refresh=[{"site": "finanec", "workbooks": "x"}])]).verify()
    assert told.returncode == 1 and b"rules.yaml:" in told.stderr and b"finance" in told.stderr and not sandbox.calls()


# ---- beside a daemon ----

def test_a_running_daemon_is_asked_and_not_disturbed(router_of, sandbox_of):
    """The daemon's session goes on: no sign-in but its own, before and after."""
    sandbox = sandbox_of(site_world(workbooks=["Revenue", *TWINS]))
    router = router_of(sandbox, [rule(), wants({"workbooks": "Costs"})])
    router.send()
    router.settle(2)
    told = cli("verify", "--config", router.folder / "config.yaml", "--format", "json", environment=router.environment)
    found = json.loads(told.stdout)
    assert told.returncode == 1 and told.stderr == b"" and found["asked_by"] == "daemon" and problems(found) == [("finance", "r", "ambiguous")]
    router.send()
    assert [r["state"] for r in router.settle(4) if r["content"]["name"] == "Revenue"] == ["succeeded"] * 2 and len(sandbox.sign_ins()) == 1
    assert not sandbox.calls("POST", "/auth/signout$")


def test_more_selections_than_one_question_holds(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=[], generate=[{"count": 2500, "name": "wb-%04d", "project": "Finance/Daily"}]))
    router = router_of(sandbox, [wants({"workbooks": [f"wb-{n:04}" for n in range(i, i + 10)]}, name=f"r{i}") for i in range(0, 2510, 10)])
    told = cli("verify", "--config", router.folder / "config.yaml", "--format", "json", environment=router.environment)
    found = json.loads(told.stdout)
    assert found["sites"][0]["looked_up"] == 2510 and [f["selection"]["name"] for f in found["findings"]] == [f"wb-{n}" for n in range(2500, 2510)]


# ---- forms ----

NASTY = "<&\"'>\n\x1b[31m \u202e ]]> \U0001f4a5"


def test_junit_is_valid_and_names_file_and_line(folder_of, sandbox_of):
    sandbox = sandbox_of(site_world(), site_world("board"))
    rules = [rule(), wants({"workbooks": ["Gone", NASTY]}, name="a <&> b"), rule("lost", [{"site": "down", "workbooks": "x"}])]
    told = folder_of(sandbox, rules, {"finance": {}, "board": {}, "down": {"server": "http://127.0.0.1:9"}}).verify("--format", "junit")
    root = ElementTree.fromstring(told.stdout)
    check_junit(root)
    assert told.returncode == 1 and [s.get("name") for s in root] == ["finance", "board", "down"]
    messages = [f.get("message") for f in root.iter("failure")]
    assert len(messages) == 3 and messages[0].startswith("rules.yaml:26: there is no workbook 'Gone'") and "config.yaml:" in messages[2]
    assert [c.get("name") for c in root.iter("testcase") if c.find("skipped") is not None] == ["lost: workbook 'x'"]


@pytest.mark.parametrize("form", ["text", "json", "junit"])
def test_no_form_lets_a_strangers_text_through(folder_of, sandbox_of, form):
    sandbox = sandbox_of(site_world(workbooks=[{"name": NASTY, "project": "Finance/Daily"}, {"name": NASTY, "project": "Finance"}]))
    told = folder_of(sandbox, [wants({"workbooks": NASTY})]).verify("--format", form)
    out = told.stdout.decode()
    assert told.returncode == 1 and "\x1b" not in out and "\u202e" not in out
    assert form != "json" or json.loads(out)
    assert form != "junit" or ElementTree.fromstring(out) is not None


def test_colour_is_for_terminals_and_lines_are_short_there(folder_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=TWINS))
    folder = folder_of(sandbox, [wants({"workbooks": "Costs"})])
    assert b"\x1b" not in folder.verify().stdout

    def on_terminal(**environment):
        leader, follower = pty.openpty()
        subprocess.run(["stty", "cols", "80"], stdin=follower, check=True)
        with subprocess.Popen([str(BUILD / "refresh-router"), "verify", "--config", "config.yaml"], stdout=follower, stderr=subprocess.DEVNULL,
                              cwd=folder.path, env={**os.environ, **folder.environment, **environment}) as process:
            os.close(follower)
            out = b""
            while True:
                try:
                    more = os.read(leader, 4096)
                except OSError:
                    more = b""
                if not more:
                    break
                out += more
        os.close(leader)
        assert process.returncode == 1
        return out.decode()

    assert "\x1b[1;31m" in on_terminal(NO_COLOR="")
    plain = on_terminal(NO_COLOR="1")
    assert "\x1b" not in plain and max(map(len, plain.split("\r\n"))) <= 80, plain


def test_no_secret_is_printed(folder_of, sandbox):
    sandbox.fault("status", on={"path": "*/auth/signin"}, status=401, times=0,
                  body=json.dumps({"error": {"summary": "no", "detail": "bad secret finance-secret", "code": "401001"}}))
    folder = folder_of(sandbox, [rule()])
    for form in ("text", "json", "junit"):
        told = folder.verify("--format", form)
        assert told.returncode == 1 and b"finance-secret" not in told.stdout + told.stderr
    assert pathlib.Path(folder.path / "secrets" / "finance").read_text() == "finance-secret\n"
