"""New rules and secrets take their place all at once, or not at all."""
import os
import signal

from harness import request, rule, site_world, wait_until


def serving(router):
    return [r["name"] for r in router.get("/api/v1/rules")["items"]]


def replace(path, text):
    new = path.with_suffix(".new")
    new.write_text(text)
    new.rename(path)


def test_a_changed_file_is_noticed(router):
    router.write_rules([rule("second")])
    wait_until(lambda: serving(router) == ["second"], "the new rules")
    router.write_rules([rule("third")], "more.yaml")
    wait_until(lambda: sorted(serving(router)) == ["second", "third"], "the second file")


def test_sighup_and_http_reload(router):
    router.write_rules([rule("by-signal")])
    os.kill(router.process.pid, signal.SIGHUP)
    wait_until(lambda: serving(router) == ["by-signal"], "the signal")
    router.write_rules([rule("by-http")])
    answer = router.reload()
    assert answer.status == 200 and answer.json["reloaded"] and serving(router) == ["by-http"]


def test_a_broken_file_leaves_the_last_good_rules_serving(router, sandbox):
    revision = router.get("/readyz")["ruleset"]["revision"]
    router.write_rules([rule("good")], "good.yaml")
    router.write_rules("version: 1\nrules: [{name: x, whne: {}}]\n", "bad.yaml")
    answer = router.reload()
    assert answer.status == 422 and "did you mean 'when'" in answer.json["report"]
    ready = router.get("/readyz")
    assert "unknown-field" in ready["reload_failure"]["report"] and ready["ready"]
    assert ready["ruleset"]["revision"] == revision or serving(router) == ["nightly", "good"]
    assert "bad.yaml:2" in request(router.admin, "GET", "/").body.decode()
    assert "reload refused" in router.log and router.metric("reload_failures_total") >= 1
    assert router.send().json["matched"][:1] == ["nightly"] or "good" in router.send().json["matched"]


def test_a_config_map_is_swapped_by_its_symbolic_link(router_of, sandbox, tmp_path):
    volume = tmp_path / "volume"
    for version in ("one", "two"):
        (volume / f"..{version}").mkdir(parents=True)
        (volume / f"..{version}" / "rules.yaml").write_text(f"version: 1\nrules: [{{name: {version}, when: {{job_id: 1}}, refresh: [{{site: finance, workbooks: x}}]}}]\n")
    (volume / "..data").symlink_to("..one")
    (volume / "rules.yaml").symlink_to("..data/rules.yaml")
    router = router_of(sandbox, [], config={"rules": [str(volume)]})
    assert serving(router) == ["one"]
    (volume / "..new").symlink_to("..two")
    (volume / "..new").rename(volume / "..data")
    wait_until(lambda: serving(router) == ["two"], "the swapped ConfigMap")


def test_a_git_sync_link_is_swapped(router_of, sandbox, tmp_path):
    root = tmp_path / "git"
    for version in ("one", "two"):
        (root / version / "rules").mkdir(parents=True)
        (root / version / "rules" / "r.yaml").write_text(f"version: 1\nrules: [{{name: {version}, when: {{job_id: 1}}, refresh: [{{site: finance, workbooks: x}}]}}]\n")
    (root / "current").symlink_to("one")
    router = router_of(sandbox, [], config={"rules": [str(root / "current" / "rules")]})
    assert serving(router) == ["one"]
    (root / "next").symlink_to("two")
    (root / "next").rename(root / "current")
    wait_until(lambda: serving(router) == ["two"], "the swapped work tree")


def test_a_rotated_pat_needs_no_restart(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(pats=[{"name": "refresh-router", "secret": "the-new-one"}]))
    router = router_of(sandbox, [rule()])
    router.send()
    wait_until(lambda: "401001" in (router.get("/api/v1/sites")["items"][0].get("last_error") or ""), "the refusal")
    replace(router.folder / "secrets" / "finance", "the-new-one\n")
    assert [r["state"] for r in router.settle(1)] == ["succeeded"]


def test_what_only_a_restart_can_change_is_told(router):
    router.config["listen"]["admin"] = "127.0.0.1:1"
    router.write_config()
    assert "listen.admin changed: that takes effect at the next start" in router.reload().json["report"]


def test_work_in_flight_is_not_disturbed(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(job={"queued": "300ms", "running": "900ms"}))
    router = router_of(sandbox, [rule()])
    router.send()
    wait_until(lambda: router.refreshes(state="queued") or router.refreshes(state="running"), "a job")
    assert router.reload().status == 200
    assert [r["state"] for r in router.settle(1)] == ["succeeded"] and len(sandbox.sign_ins()) == 1
