"""New rules and secrets without a restart: all of them or none, and no work in flight is disturbed."""
import concurrent.futures
import json
import os
import re
import signal

import jsonschema
import pytest
import yaml

from harness import SECRET, TOP, ask, cli, request, rule, sign, site_world, wait_until


def rule_names(router):
    return sorted(r["name"] for r in router.get("/api/v1/rules")["items"])


def wait_for_rules(router, *names):
    wait_until(lambda: rule_names(router) == sorted(names), f"the rules {names}")


# ---- what wakes it ----

def test_sighup_reloads(router):
    before = router.metric("config_reloads_total", outcome="succeeded")
    router.process.send_signal(signal.SIGHUP)
    wait_until(lambda: router.metric("config_reloads_total", outcome="succeeded") > before, "the reload")


def test_a_post_reloads_and_tells_what_it_serves(router):
    router.write_rules([rule("posted")])
    answer = router.reload()
    assert answer.status == 200 and answer.json["reloaded"] and "serving 1 rule, sha256:" in answer.json["report"]
    assert rule_names(router) == ["posted"]


def test_the_command_prints_the_verdict(router):
    router.write_rules([rule("asked")])
    ended = cli("reload", "--config", router.folder / "config.yaml")
    assert ended.returncode == 0 and re.fullmatch(rb"serving 1 rule, sha256:\w+\n", ended.stdout) and not ended.stderr
    assert rule_names(router) == ["asked"]


def test_the_command_prints_why_it_was_refused_and_fails(router):
    router.write_rules("version: 1\nrules:\n  - {name: nightly, wenn: 1}\n  - {name: more, wenn: 1}\n")
    ended = cli("reload", "--url", f"http://{router.admin}")
    assert ended.returncode == 1 and not ended.stdout
    assert len(re.findall(rb"rules\.yaml:[34]:\d+: error: unknown field 'wenn'", ended.stderr)) == 2
    assert ended.stderr.endswith(b"refresh-router reload: refused; the last good configuration and rules go on serving\n")
    told = cli("reload", "--url", f"http://{router.admin}", "--format", "json")
    assert told.returncode == 1 and json.loads(told.stdout)["reloaded"] is False
    jsonschema.validate(json.loads(told.stdout), json.loads((TOP / "schemas" / "reload.schema.json").read_text()))
    schema = json.loads((TOP / "schemas" / "health.schema.json").read_text())
    for options in ([], ["--ready"]):
        health = json.loads(cli("health", *options, "--url", f"http://{router.admin}", "--format", "json").stdout)
        jsonschema.validate(health, schema)
        # Every member is declared, at both levels: a schema of nothing fits everything.
        assert set(health) <= set(schema["properties"])
        assert set(health.get("store", {})) <= set(schema["properties"]["store"]["properties"])
    assert health["reload_failure"]["report"]


@pytest.mark.parametrize("is_named", [True, False])
def test_a_broken_configuration_hides_its_daemon_from_no_command(router, is_named):
    """It says where the daemon listens that serves on with the last good one, and whose verdict is asked for."""
    path = router.folder / "config.yaml"
    path.write_text(path.read_text() + "\nhistry: 90d\n")
    where, environment = (["--config", path], {}) if is_named else ([], {"REFRESH_ROUTER_CONFIG": str(path)})
    told = cli("reload", *where, environment=environment)
    assert told.returncode == 1 and b"unknown field 'histry'" in told.stdout + told.stderr, told
    assert cli("sites", *where, environment=environment).returncode == 0


@pytest.mark.parametrize("listen", ["[x]", "text", "{admin: [x]}", "{admin: {a: b}}", "", "{admin: ''}", "{admin: x}"])
def test_a_listener_that_cannot_be_read_is_reported(tmp_path, listen):
    path = tmp_path / "config.yaml"
    path.write_text(f"version: 1\nlisten: {listen}\nsources: []\n")
    for environment, where in (({}, ["--config", path]), ({"REFRESH_ROUTER_CONFIG": str(path)}, [])):
        told = cli("sites", *where, environment=environment)
        assert told.returncode in (2, 69) and told.stderr, told
        assert where or f"{path} has errors, which `check` tells; asking http://127.0.0.1:8081" in told.stderr.decode(), told


@pytest.mark.parametrize("text", ["version: [", "- a list", None])
def test_a_configuration_that_cannot_be_read_is_reported(tmp_path, text):
    """Found by default, it may name another daemon than the one that is asked instead."""
    path = tmp_path / "config.yaml"
    if text:
        path.write_text(text)
    told = cli("sites", environment={"REFRESH_ROUTER_CONFIG": str(path)})
    assert f"{path} has errors, which `check` tells; asking http://127.0.0.1:8081" in told.stderr.decode(), told


def test_the_command_tells_when_nobody_is_there_or_somebody_else(router, foreign):
    foreign.answer = lambda path: (422, b'{"report": "no"}')
    assert ask(foreign, "reload").returncode == 69
    router.stop()
    assert cli("reload", "--url", f"http://{router.admin}").returncode == 69


def test_a_get_or_another_sites_page_does_not_reload(router):
    assert request(router.admin, "GET", "/-/reload").status == 405
    assert request(router.admin, "POST", "/-/reload", headers={"Origin": "https://evil.example"}).status == 403
    assert router.metric("config_reloads_total", outcome="succeeded") == 0


def test_a_written_file_is_noticed(router):
    (router.folder / "rules" / "rules.yaml").write_text(rules_text("changed"))
    wait_for_rules(router, "changed")
    assert router.send().json["matched"] == ["changed"]


def test_a_file_replaced_by_rename_as_editors_do_is_noticed(router):
    router.write_rules([rule("renamed")])
    wait_for_rules(router, "renamed")


def test_files_that_come_and_go_in_new_folders_are_noticed(router):
    (router.folder / "rules" / "team" / "deep").mkdir(parents=True)
    router.write_rules([rule("second")], "team/deep/more.yml")
    wait_for_rules(router, "nightly", "second")
    before = router.metric("config_reloads_total", outcome="succeeded")
    (router.folder / "unrelated").write_text("a file beside the configuration, as a store is")
    (router.folder / "rules" / "team" / "deep" / "more.yml").unlink()
    wait_for_rules(router, "nightly")
    assert router.metric("config_reloads_total", outcome="succeeded") == before + 1


def test_hidden_files_and_tests_are_no_rules(router):
    router.write_rules([rule("hidden")], ".hidden.yaml")
    router.write_rules("version: 1\ntests: []\n", "rules.test.yaml")
    router.write_rules([rule("seen")], "seen.yaml")
    wait_for_rules(router, "nightly", "seen")


def rules_text(name):
    return f"version: 1\nrules: [{{name: {name}, when: {{job_id: 701331}}, refresh: [{{site: finance, workbooks: Revenue}}]}}]\n"


def test_a_configmap_swap_is_noticed(router_of, sandbox, tmp_path):
    """kubelet: files are links to ..data/FILE, ..data is a link to a dated folder, and is replaced by rename."""
    mount = tmp_path / "mount"

    def publish(version, name):
        (mount / version).mkdir(parents=True)
        (mount / version / "rules.yaml").write_text(rules_text(name))
        os.symlink(version, mount / "..data_tmp")
        os.rename(mount / "..data_tmp", mount / "..data")
    publish("..2026_11_01", "first")
    os.symlink("..data/rules.yaml", mount / "rules.yaml")
    router = router_of(sandbox, [], config={"rules": [str(mount)]})
    assert rule_names(router) == ["first"]
    for number, name in enumerate(["second", "third", "fourth"], 2):
        publish(f"..2026_11_0{number}", name)
        wait_for_rules(router, name)


def test_a_git_sync_swap_is_noticed(router_of, sandbox, tmp_path):
    """git-sync: a link to a worktree named by its commit is replaced by rename, then the old worktree is removed."""
    root = tmp_path / "git"

    def publish(commit, name):
        (root / ".worktrees" / commit / "rules").mkdir(parents=True)
        (root / ".worktrees" / commit / "rules" / "a.yaml").write_text(rules_text(name))
        os.symlink(f".worktrees/{commit}", root / "tmp-link")
        os.rename(root / "tmp-link", root / "current")
    publish("c0ffee1", "first")
    router = router_of(sandbox, [], config={"rules": [str(root / "current" / "rules")]})
    for commit, name in [("c0ffee2", "second"), ("c0ffee3", "third")]:
        publish(commit, name)
        wait_for_rules(router, name)


# ---- all or nothing ----

def test_a_broken_file_keeps_the_last_good_ruleset_and_is_told_everywhere(router):
    revision = router.get("/api/v1/rules")["ruleset"]
    router.write_rules("version: 1\nrules:\n  - name: broken\n    wehn: {job_id: 1}\n    refresh: []\n", "broken.yaml")
    wait_until(lambda: router.ready()[1].get("reload_failure"), "the failure in /readyz")
    status, detail = router.ready()
    assert status == 200 and detail["ready"] and detail["ruleset"]["revision"] == revision
    assert "broken.yaml:4:" in detail["reload_failure"]["report"] and "'when'" in detail["reload_failure"]["report"]
    assert "reload refused" in router.log and router.metric("config_reloads_total", outcome="refused") >= 1
    assert b"broken.yaml" in request(router.admin, "GET", "/").body
    assert router.send().json["matched"] == ["nightly"]
    refused = router.reload()
    assert refused.status == 422 and not refused.json["reloaded"] and "broken.yaml:4:" in refused.json["report"]
    (router.folder / "rules" / "broken.yaml").unlink()
    wait_until(lambda: not router.ready()[1].get("reload_failure"), "the failure to be forgotten")


def test_a_good_file_beside_a_broken_one_is_not_taken_either(router):
    router.write_rules("rules: [", "broken.yaml")
    router.write_rules([rule("good")], "good.yaml")
    assert router.reload().status == 422
    assert rule_names(router) == ["nightly"]


def test_a_broken_configuration_keeps_the_last_good_one(router):
    (router.folder / "config.yaml").write_text("version: 1\nsites: 7\n")
    wait_until(lambda: router.ready()[1].get("reload_failure"), "the failure")
    assert router.send().json["outcome"] == "routed"
    router.write_config()
    wait_until(lambda: not router.ready()[1].get("reload_failure"), "the failure to be forgotten")


def test_rules_that_vanished_with_their_folder_keep_the_last_good_ones(router):
    (router.folder / "rules").rename(router.folder / "gone")
    assert router.reload().status == 422
    assert router.send().json["matched"] == ["nightly"]
    (router.folder / "gone").rename(router.folder / "rules")
    assert router.reload().status == 200


def test_a_rule_for_a_site_that_is_not_configured_is_refused(router):
    router.write_rules([rule("lost", refresh=[{"site": "finanse", "workbooks": "Revenue"}])])
    answer = router.reload()
    assert answer.status == 422 and "finanse" in answer.json["report"] and "'finance'" in answer.json["report"]


# ---- what a reload changes, and what it does not ----

@pytest.mark.parametrize("setting,changes", [("listen.admin", {"listen": {"webhooks": "127.0.0.1:0", "admin": "127.0.0.1:1"}}),
                                             ("listen.webhooks", {"listen": {"webhooks": "127.0.0.1:1", "admin": "127.0.0.1:0"}}),
                                             ("store", {"store": "sqlite:elsewhere/state.db"})])
def test_what_only_a_restart_can_change_is_told(router, setting, changes):
    router.config.update(changes)
    router.write_config()
    answer = router.reload()
    assert answer.status == 200 and f"{setting} changed: that takes effect at the next start" in answer.json["report"]
    wait_until(lambda: "waits for a restart" in router.log and f"setting={setting}" in router.log, "the line of the log")
    assert router.send().status == 200


def test_a_new_pat_in_its_file_is_used_without_a_restart(router, sandbox):
    secret = router.folder / "secrets" / "finance"
    secret.write_text("rotated-away\n")
    assert router.reload().status == 200
    router.send()
    wait_until(lambda: [c for c in sandbox.calls("POST", "/auth/signin$") if c["status"] == 401], "the refused sign-in")
    secret.write_text("finance-secret\n")
    assert router.settle(1)[0]["state"] == "succeeded"
    assert "rotated-away" not in router.log and "finance-secret" not in router.log


def test_a_new_webhook_secret_in_its_file_is_used_without_a_restart(router_of, sandbox):
    router = router_of(sandbox, [rule()], source={"secrets": [{"file": "hook"}]}, files={"hook": f"{SECRET}\n"})
    assert router.send().status == 200
    (router.folder / "hook").write_text("the-next-one")
    body = router.body(eventId="evt-rotated")
    wait_until(lambda: router.post(body, signature=sign(body, "the-next-one")).status == 200, "the new secret")
    assert router.post(body, signature=sign(body, SECRET)).status == 401


def test_a_secret_that_is_gone_keeps_the_old_one(router):
    (router.folder / "secrets" / "finance").unlink()
    answer = router.reload()
    assert answer.status == 422 and "secrets/finance" in answer.json["report"] and "[secret-missing]" in answer.json["report"]
    router.send()
    assert router.settle(1)[0]["state"] == "succeeded"


def test_new_sites_and_sources_serve_at_once(router_of, sandbox_of):
    sandbox = sandbox_of(site_world("finance"), site_world("board"))
    router = router_of(sandbox, [rule()])
    router.add_site(sandbox, "board")
    router.config["sources"].append({"name": "another", "secrets": [{"env": "WEBHOOK_SECRET"}], "account_id": 58121})
    router.write_config()
    router.write_rules([rule(refresh=[{"site": "board", "workbooks": "Revenue"}])])
    assert router.reload().status == 200
    body = router.body(eventId="evt-another")
    assert router.post(body, path="/webhooks/another").json["outcome"] == "routed"
    assert [(r["site"], r["state"]) for r in router.settle(1)] == [("board", "succeeded")]


def without_finance(router):
    """A configuration beside the one that serves."""
    path = router.folder / "without.yaml"
    path.write_text(yaml.safe_dump({**router.config, "sites": router.config["sites"][1:], "rules": []}))
    return path


def drop_finance(router):
    """The configuration without that site, and what was there."""
    dropped, router.config["sites"] = router.config["sites"][:1], router.config["sites"][1:]
    router.write_config()
    router.write_rules([rule(refresh=[{"site": "board", "workbooks": "Revenue"}])])
    answer = router.reload()
    assert answer.status == 200
    return dropped, answer.json["report"]


def test_work_of_a_site_that_was_removed_waits_for_it_says_so_and_goes_on(router_of, sandbox_of):
    sandbox = sandbox_of(site_world("finance"), site_world("board"))
    router = router_of(sandbox, [rule()], sites=("finance", "board"))
    sandbox.fault("drop", on={"path": "/api/*"}, times=0)
    router.send()
    wait_until(lambda: sandbox.calls(), "the first try")
    wait_until(lambda: router.site().get("selections"), "the selection to be counted")
    checked = cli("check", "--config", without_finance(router), "--url", f"http://{router.admin}")
    assert checked.returncode == 0 and b"warning: site 'finance' is not configured (any more), and 0 refreshes and 1 selection of it is open" in checked.stderr, checked
    assert b"[open-work]" in checked.stderr
    assert cli("check", "--config", without_finance(router), "--url", "http://127.0.0.1:1").returncode == 69
    dropped, report = drop_finance(router)
    assert "site 'finance' is not configured (any more), and 0 refreshes and 1 selection of it is open: they wait until give_up_after" in report
    site = wait_until(lambda: "configured" in router.site() and router.site(), "the site to be told")
    assert site["configured"] is False and site["selections"] == 1
    assert "the configuration has no site 'finance'" in site["lookups_wait"]["reason"]
    router.restart()    # and it is remembered
    wait_until(lambda: router.site().get("lookups_wait"), "the site to be told")
    sandbox.forget_faults()
    router.config["sites"] = dropped + router.config["sites"]
    router.write_config()
    assert router.reload().status == 200
    assert [(r["site"], r["state"]) for r in router.settle(1)] == [("finance", "succeeded")]


@pytest.mark.long
def test_a_job_of_a_site_that_was_removed_is_followed_when_it_is_back(router_of, sandbox_of):
    sandbox = sandbox_of(site_world("finance"), site_world("board"))
    router = router_of(sandbox, [rule()], sites=("finance", "board"))
    sandbox.hold("Revenue", "running")
    router.send()
    refresh = wait_until(lambda: router.refreshes(state="running"), "the job to run")[0]
    dropped, _ = drop_finance(router)
    told = wait_until(lambda: "waiting_since" in router.refresh(refresh["id"]) and router.refresh(refresh["id"]), "the reason")
    assert told["state"] == "running" and "the configuration has no site 'finance'" in told["reason"]
    router.config["sites"] = dropped + router.config["sites"]
    router.write_config()
    assert router.reload().status == 200
    sandbox.end_jobs()
    assert router.settle(1)[0]["state"] == "succeeded" and len(sandbox.jobs()) == 1


def test_work_of_a_site_that_stays_away_is_given_up_and_says_why(router_of, sandbox_of):
    sandbox = sandbox_of(site_world("finance"), site_world("board"))
    router = router_of(sandbox, [rule()], sites=("finance", "board"), config={"give_up_after": "2s"})
    request(router.admin, "POST", "/api/v1/sites/finance/pause")
    router.send()
    wait_until(lambda: router.refreshes(state="waiting"), "the refresh to wait")
    drop_finance(router)
    refresh = router.settle(1)[0]
    assert refresh["state"] == "expired" and "the configuration has no site 'finance'" in refresh["reason"]


def test_reloads_do_not_disturb_jobs_in_flight_nor_the_session(router_of, sandbox_of):
    sandbox = sandbox_of()
    router = router_of(sandbox, [rule()])
    sandbox.hold("Revenue", "running")
    router.send()
    wait_until(lambda: router.refreshes(state="running"), "the job to run")
    for number in range(20):
        router.write_rules([rule(f"revision-{number}")])
        assert router.reload().status == 200
    sandbox.end_jobs()
    refresh = router.settle(1)[0]
    assert refresh["state"] == "succeeded" and len(sandbox.jobs()) == 1 and len(sandbox.sign_ins()) == 1
    assert refresh["causes"] == [{"event": 1, "rule": "nightly"}]


def test_every_event_meets_one_whole_ruleset_while_reloads_go_on(router):
    def pair(number):
        return [rule(f"left-{number}"), rule(f"right-{number}")]

    def post(number):
        return router.post(router.body(eventId=f"evt-{number}")).json["matched"]
    router.write_rules(pair(0))
    assert router.reload().status == 200
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = pool.map(post, range(200))
        for number in range(1, 25):
            router.write_rules(pair(number))
            assert router.reload().status == 200
        for left, right in answers:
            assert left.split("-")[1] == right.split("-")[1] and left.startswith("left") and right.startswith("right")
