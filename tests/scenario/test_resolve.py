"""Names become content: exactly the one that was meant, or an error that lists what could be meant."""
import json
import unicodedata

import pytest

from harness import rule, site_world, wait_until


def resolve(router_of, sandbox_of, selection, count=1, **world):
    sandbox = sandbox_of(site_world(**world))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", **selection}])])
    router.send()
    return router.settle(count), sandbox


NASTY = ["P&L, Q1: a+b \"x\" é 日本 %", "[x]*\\", "plain", "a,b", "a&b", "*", "100% <b>&amp;", "tab\\tname", "x" * 250, "q?a=b#c;d/e"]


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_found_whatever_its_characters(router_of, sandbox_of, name):
    decoys = [{"name": n, "project": "Finance/Daily"} for n in NASTY if n != name] + [{"name": name + "x", "project": "Finance/Daily"}]
    refreshes, sandbox = resolve(router_of, sandbox_of, {"workbooks": name}, workbooks=decoys + [{"name": name, "project": "Finance/Daily"}])
    assert [(r["content"]["name"], r["state"]) for r in refreshes] == [(name, "succeeded")]
    assert [j["name"] for j in sandbox.jobs()] == [name]


TWINS = [{"name": "Revenue", "project": "Finance/Daily"}, {"name": "Revenue", "project": "Finance/Archive"}]


def test_one_name_in_two_projects_is_refused_with_both(router_of, sandbox_of):
    refreshes, sandbox = resolve(router_of, sandbox_of, {"workbooks": "Revenue"}, workbooks=TWINS)
    assert refreshes[0]["state"] == "failed" and not sandbox.jobs()
    assert "Finance/Daily/Revenue" in refreshes[0]["reason"] and "Finance/Archive/Revenue" in refreshes[0]["reason"]
    assert "id" not in refreshes[0]["content"]


def test_a_project_narrows_it(router_of, sandbox_of):
    refreshes, _ = resolve(router_of, sandbox_of, {"workbooks": "Revenue", "project": "Finance/Archive"}, workbooks=TWINS)
    assert refreshes[0]["state"] == "succeeded" and refreshes[0]["content"]["project"] == "Finance/Archive"


def test_several_are_refreshed_where_that_is_allowed(router_of, sandbox_of):
    refreshes, _ = resolve(router_of, sandbox_of, {"workbooks": "Revenue", "allow": "many"}, count=2, workbooks=TWINS)
    assert [r["state"] for r in refreshes] == ["succeeded"] * 2


def test_projects_of_one_name_under_two_parents_are_told_apart(router_of, sandbox_of):
    refreshes, sandbox = resolve(router_of, sandbox_of, {"workbooks": "Revenue", "project": "Marketing/Daily"},
                                 workbooks=[{"name": "Revenue", "project": "Finance/Daily"}, {"name": "Revenue", "project": "Marketing/Daily"}])
    assert refreshes[0]["content"]["project"] == "Marketing/Daily"


def test_a_name_that_is_not_there_fails_with_the_place_where_one_is(router_of, sandbox_of):
    refreshes, _ = resolve(router_of, sandbox_of, {"workbooks": "Revenue", "project": "Finance"}, workbooks=TWINS)
    assert refreshes[0]["state"] == "failed" and "Finance/Daily" in refreshes[0]["reason"]


def test_two_thousand_five_hundred_workbooks_come_over_pages(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=[], generate=[{"count": 2500, "name": "wb-%04d", "project": "Finance/Daily"}]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "/^wb-24[0-9]7$/"}])])
    router.send()
    assert len(router.settle(10)) == 10
    assert len(sandbox.calls("GET", "/workbooks$")) == 3


def test_tags_and_owners_narrow(router_of, sandbox_of):
    refreshes, _ = resolve(router_of, sandbox_of, {"workbooks": {}, "tag": "dbt", "owner": "Ana Ruiz"},
                           owners=[{"name": "ana", "full_name": "Ana Ruiz", "email": "ana@example.com"}, {"name": "bo", "full_name": "Bo Li"}],
                           workbooks=[{"name": "a", "project": "Finance", "tags": ["dbt"], "owner": "ana"}, {"name": "b", "project": "Finance", "tags": ["dbt"], "owner": "bo"},
                                      {"name": "c", "project": "Finance", "owner": "ana"}])
    assert [r["content"]["name"] for r in refreshes] == ["a"]


def test_a_live_workbook_fails_with_advice(router_of, sandbox_of):
    refreshes, sandbox = resolve(router_of, sandbox_of, {"workbooks": "Live"}, workbooks=[{"name": "Live", "project": "Finance", "has_extracts": False}])
    assert refreshes[0]["state"] == "failed" and "no extract" in refreshes[0]["reason"] and not sandbox.jobs()


def test_content_published_anew_is_found_again(router, sandbox):
    router.send()
    router.settle(1)
    sandbox.change("Revenue", id="new")
    router.send()
    refreshes = router.settle(2)
    done = [r for r in refreshes if r["state"] == "succeeded"]
    assert len(done) == 2 and len({r["content"]["id"] for r in done}) == 2
    assert {j["content"] for j in sandbox.jobs()} == {r["content"]["id"] for r in done}
    assert {c["event"] for r in done for c in r["causes"]} == {e["id"] for e in router.events()}


def test_content_that_was_deleted_fails_and_says_so(router, sandbox):
    router.send()
    router.settle(1)
    sandbox.control("DELETE", "content", {"site": "finance", "kind": "workbook", "name": "Revenue"})
    router.send()
    refresh = router.settle(2)[-1]
    assert refresh["state"] == "failed" and "404006" in refresh["reason"] and "it was deleted" in refresh["reason"]
    assert len(sandbox.jobs()) == 1


def test_content_published_anew_in_another_project_is_not_what_the_rule_names(router, sandbox):
    router.send()
    router.settle(1)
    sandbox.change("Revenue", project="Finance/Archive", id="new")
    router.send()
    refresh = router.settle(2)[-1]
    assert refresh["state"] == "failed" and len(sandbox.jobs()) == 1


def test_a_personal_space_has_no_project_and_harms_nothing(router_of, sandbox_of):
    refreshes, _ = resolve(router_of, sandbox_of, {"workbooks": "Revenue", "project": "Finance/Daily"},
                           workbooks=[{"name": "Revenue"}, {"name": "Revenue", "project": "Finance/Daily"}])
    assert [r["state"] for r in refreshes] == ["succeeded"] and refreshes[0]["content"]["project"] == "Finance/Daily"


def test_a_luid_names_content_whatever_its_name(router_of, sandbox_of):
    luid = "7c9a0e6e-8f0c-4a51-9a0e-0a51c7f2b1d3"
    refreshes, _ = resolve(router_of, sandbox_of, {"workbooks": {"id": luid}},
                           workbooks=[{"name": "Revenue", "project": "Finance/Daily", "id": luid}, {"name": "Revenue", "project": "Finance/Archive"}])
    assert [(r["state"], r["content"]["id"]) for r in refreshes] == [("succeeded", luid)]


def test_none_is_no_error_where_that_is_allowed(router_of, sandbox_of):
    sandbox = sandbox_of(site_world())
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": "Nothing", "allow": "none"}])])
    router.send()
    wait_until(lambda: sandbox.calls("GET", "/workbooks$") and router.idle(), "the selection to end")
    assert not [r for r in router.refreshes() if r["state"] != "succeeded"] and not sandbox.jobs()


def test_a_name_in_another_case_is_another_name(router_of, sandbox_of):
    refreshes, sandbox = resolve(router_of, sandbox_of, {"workbooks": "revenue"})
    assert refreshes[0]["state"] == "failed" and "'revenue'" in refreshes[0]["reason"] and not sandbox.jobs()


@pytest.mark.parametrize("selection", [{"workbooks": "Caf\u00e9", "project": "Men\u00fc/T\u00e4glich", "tag": "n\u00e4chtlich"},
                                       {"workbooks": "/^Caf\u00e9$/"}])
def test_a_name_composed_in_another_way_is_the_same_name(router_of, sandbox_of, selection):
    world = unicodedata.normalize("NFD", json.dumps({"workbooks": [{"name": "Caf\u00e9", "project": "Men\u00fc/T\u00e4glich", "tags": ["n\u00e4chtlich"]}],
                                                     "projects": ["Men\u00fc", "Men\u00fc/T\u00e4glich"]}, ensure_ascii=False))
    refreshes, sandbox = resolve(router_of, sandbox_of, selection, **json.loads(world))
    assert [r["state"] for r in refreshes] == ["succeeded"] and len(sandbox.jobs()) == 1


def test_a_pattern_that_explodes_on_a_name_is_told_and_refreshes_nothing(router_of, sandbox_of):
    refreshes, sandbox = resolve(router_of, sandbox_of, {"workbooks": "/^(\\w+\\s?)*$/"},
                                 workbooks=[{"name": name, "project": "Finance/Daily"} for name in ("Revenue", "x" * 60 + "!")])
    assert refreshes[0]["state"] == "failed" and "takes too many steps on 'xxx" in refreshes[0]["reason"] and not sandbox.jobs()


@pytest.mark.parametrize("wanted,there,says", [
    ("Sales EMEA", "Sales\u00a0EMEA", "differ at character 6: U+00A0 (no-break space) there, U+0020 (space) here"),
    ("Sales - EMEA", "Sales \u2013 EMEA", "differ at character 7: U+2013 (en dash) there, '-' here"),
    ("Sales EMEA", "Sales  EMEA", "differ at character 7: U+0020 (space) there, 'E' here"),
    ("Revenue", "R\u0435venue", "differ at character 2: U+0435 (Cyrillic, not the Latin 'e') there, 'e' here"),
    ("revenue", "Revenue", "differ at character 1: 'R' there, 'r' here"),
])
def test_a_name_that_looks_the_same_is_another_and_the_reason_shows_where(router_of, sandbox_of, wanted, there, says):
    refreshes, sandbox = resolve(router_of, sandbox_of, {"workbooks": wanted}, workbooks=[{"name": there, "project": "Finance/Daily"}])
    assert refreshes[0]["state"] == "failed" and not sandbox.jobs()
    assert f"there is no workbook '{wanted}'" in refreshes[0]["reason"] and says in refreshes[0]["reason"]


def test_resolved_ids_are_kept(router, sandbox):
    for count in range(1, 4):
        router.send()
        router.settle(count)
    assert len(sandbox.calls("GET", "/workbooks$")) == 1 and len(sandbox.refresh_calls()) == 3
