"""One session per PAT: signed in once, renewed once, never in a storm."""
import json
import re

import pytest

from harness import cli, now, parse_time, request, rule, site_world, wait_until


def world(count=20, **rest):
    return site_world(workbooks=[], generate=[{"count": count, "name": "wb-%03d", "project": "Finance/Daily"}], **rest)


ALL = [rule(refresh=[{"site": "finance", "workbooks": "/^wb-/"}])]


@pytest.mark.long
def test_a_foreign_sign_in_costs_one_more_and_loses_nothing(router_of, sandbox_of):
    sandbox = sandbox_of(world())
    router = router_of(sandbox, ALL)
    router.send()
    router.settle(20)
    sandbox.control("POST", "signin", {"site": "finance", "pat": "refresh-router"})
    router.send()
    assert {r["state"] for r in router.settle(40)} == {"succeeded"}
    assert len(sandbox.sign_ins()) == 2 and len(sandbox.jobs()) == 40


@pytest.mark.long
def test_a_session_that_ends_under_many_requests_is_renewed_once(router_of, sandbox_of):
    sandbox = sandbox_of(world())
    router = router_of(sandbox, ALL)
    router.send()
    router.settle(20)
    sandbox.control("POST", "latency", {"ms": 100})
    sandbox.fault("expire_session", on={"method": "POST", "path": "*/refresh"})
    router.send()
    assert {r["state"] for r in router.settle(40)} == {"succeeded"}
    assert len(sandbox.sign_ins()) == 2
    assert len([c for c in sandbox.calls() if c["status"] == 401]) >= 1


@pytest.mark.long
def test_a_pat_that_somebody_else_uses_as_well_is_named_and_costs_no_storm_of_sign_ins(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(job={"queued": "10ms", "running": "10ms"}))
    router = router_of(sandbox, [rule()])
    body = {"credentials": {"personalAccessTokenName": "refresh-router", "personalAccessTokenSecret": "finance-secret", "site": {"contentUrl": "finance"}}}

    def is_told():
        # The other process signs in again and again, and each event of ours finds the session ended.
        request(sandbox.address, "POST", "/api/3.22/auth/signin", json.dumps(body), {"Content-Type": "application/json", "Accept": "application/json"})
        router.send()
        return "PAT 'refresh-router' is ended from outside" in router.site().get("last_error", "")

    begun = now()
    wait_until(is_told, "the shared PAT to be told")
    assert "give this site one of its own" in router.site()["last_error"] and "a PAT is shared" in router.log
    # At most one renewal in ten seconds, and the first sign-in.
    assert router.site()["sign_ins"] <= 2 + (now() - begun) / 10
    assert {r["state"] for r in router.settle(1)} == {"succeeded"}


def test_a_fresh_token_that_is_refused_earns_one_wait(router, sandbox):
    sandbox.fault("error", on={"method": "GET", "path": "*/sites/*"}, code=401002, summary="Unauthorized Access")
    router.send()
    assert router.settle(1)[0]["state"] == "succeeded"
    assert len(sandbox.sign_ins()) == 2


def test_a_refused_pat_is_told_and_not_tried_in_a_storm(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(pats=[{"name": "refresh-router", "secret": "finance-secret", "expired": True}]))
    router = router_of(sandbox, [rule()])
    for _ in range(5):
        router.send()
    status = wait_until(lambda: router.site().get("last_error"), "the site's error")
    assert "401001" in status and "expired" in status and "revoked" in status
    wait_until(lambda: router.metric("tableau_requests_total") >= 2, "the sign-in")
    assert len(sandbox.calls("POST", "/auth/signin$")) == 1
    assert router.events()[0]["open_selections"] == 1


def test_a_pat_that_was_mended_is_used_when_a_person_resumes_the_site(router, sandbox):
    """Without work that waits, so that nothing else signs in."""
    sandbox.fault("error", code=401001, on={"path": "*/auth/signin"}, times=0)
    request(router.admin, "POST", "/api/v1/resolve", json.dumps({"site": "finance", "selections": []}))
    wait_until(lambda: router.site().get("sign_in_failed") == "refused", "the refusal")
    refused = len(sandbox.calls("POST", "/auth/signin$"))

    def resume():
        return cli("sites", "resume", "finance", "--url", f"http://{router.admin}")

    resumed = resume()
    assert resumed.returncode == 0 and b"its sign-in is tried again at once" in resumed.stdout
    wait_until(lambda: len(sandbox.calls("POST", "/auth/signin$")) > refused, "the sign-in to be tried")
    sandbox.forget_faults()
    wait_until(lambda: resume() and router.site()["signed_in"], "the sign-in")     # the refused one may be out still
    nothing = resume()
    assert nothing.returncode != 0 and b"neither paused nor left alone" in nothing.stderr


def test_a_pat_that_ends_soon_is_noticed(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(pats=[{"name": "refresh-router", "secret": "finance-secret", "estimated_time": "2:12:30"}]))
    router = router_of(sandbox, [rule()])
    router.send()
    router.settle(1)
    wait_until(lambda: "PAT ends soon" in router.log, "the line of the log")
    assert wait_until(lambda: router.site().get("pat_ends_at"), "the end of the PAT")


def test_two_sites_with_one_pat_are_refused(router_of, sandbox_of, tmp_path):
    sandbox = sandbox_of(site_world("finance"), site_world("board"))
    router = router_of(sandbox, [rule()], sites=("finance", "board"))
    router.config["sites"][1]["pat"] = router.config["sites"][0]["pat"]
    router.write_config()
    result = cli("check", "--config", router.folder / "config.yaml", environment=router.environment)
    assert result.returncode == 1 and b"[shared-pat]" in result.stderr


def test_the_default_site_of_a_server_has_no_name(router_of, sandbox_of):
    sandbox = sandbox_of(site_world("", secret="finance-secret"))
    router = router_of(sandbox, [rule()], sites={"finance": {"content_url": "", "server": sandbox.url + "/"}})
    router.send()
    assert router.settle(1)[0]["state"] == "succeeded"


def test_a_pinned_version_is_not_asked_for(router_of, sandbox):
    router = router_of(sandbox, [rule()], sites={"finance": {"api_version": "3.22"}})
    router.send()
    assert router.settle(1)[0]["state"] == "succeeded"
    assert not sandbox.calls("GET", "/serverinfo$") and all("/api/3.22/" in c["path"] for c in sandbox.calls())


def test_a_server_too_old_for_pats_is_told(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(api_version="3.4"))
    router = router_of(sandbox, [rule()])
    router.send()
    error = wait_until(lambda: router.site().get("last_error"), "the site's error")
    assert "3.6" in error and "3.4" in error


def test_requests_at_once_stay_within_max_requests(router_of, sandbox_of):
    sandbox = sandbox_of(world(12))
    router = router_of(sandbox, ALL, sites={"finance": {"max_requests": 3}})
    sandbox.fault("latency", on={"method": "POST", "path": "*/refresh"}, ms=300, times=3)
    router.send()
    wait_until(lambda: len(sandbox.jobs()) == 3, "as many requests as are allowed")
    assert {r["state"] for r in router.settle(12)} == {"succeeded"}
    created = sorted(parse_time(j["created"]) for j in sandbox.jobs())
    assert created[3] - created[0] >= 0.3      # the fourth went out when the first had been answered


def test_a_wrong_host_that_answers_with_a_page_is_told(router_of, sandbox):
    sandbox.fault("html", on={"path": "/api/*"}, times=0)
    router = router_of(sandbox, [rule()])
    router.send()
    error = wait_until(lambda: router.site().get("last_error"), "the site's error")
    assert "not from Tableau" in error
    sandbox.forget_faults()
    assert router.settle(1)[0]["state"] == "succeeded"


@pytest.mark.parametrize("fault, word, state", [({"code": 401001}, "refused", "sign-in refused"), ({"status": 503}, "unanswered", "cannot sign in")])
def test_a_site_whose_sign_in_fails_is_not_called_idle(fault, word, state, router_of, sandbox):
    """Also when nothing waits there, so that nobody leaves it alone: a person who asks by `verify` gets the answer, and `sites` has it too."""
    router = router_of(sandbox, [rule()])
    sandbox.fault("error", on={"path": "*/auth/signin"}, times=0, **fault)
    request(router.admin, "POST", "/api/v1/resolve", json.dumps({"site": "finance", "selections": []}))
    wait_until(lambda: router.site().get("sign_in_failed") == word, "the failure to be told")
    assert re.search(rf"^finance +{state}", cli("sites", "--url", f"http://{router.admin}").stdout.decode(), re.M)
    assert f">{state}<" in router.text("/")
    sandbox.forget_faults()
    wait_until(lambda: request(router.admin, "POST", "/api/v1/resolve", json.dumps({"site": "finance", "selections": []})).status == 200 and router.site()["signed_in"],
               "the next sign-in")
    assert "sign_in_failed" not in router.site()
