"""What lies in the folders that the daemon reads, and what becomes of them while it runs: nothing there makes it wait, fill memory or
forget its rules."""
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import threading

import pytest

import harness
from harness import cli, rule, wait_until


def rule_names(router):
    return sorted(r["name"] for r in router.get("/api/v1/rules")["items"])


def sparse(path):
    with open(path, "w") as file:
        file.truncate(20 << 30)


def bind(path):
    here = os.getcwd()
    os.chdir(path.parent)      # an address is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)
    os.chdir(here)


HOSTILE = [
    ("a pipe", lambda folder: os.mkfifo(folder / "x.yaml"), "x.yaml: error: cannot be read: this is a pipe", "unreadable"),
    ("a socket", lambda folder: bind(folder / "x.yaml"), "this is a socket", "unreadable"),
    ("/dev/zero", lambda folder: os.symlink("/dev/zero", folder / "x.yaml"), "leads out of the rules, to '/dev/zero'", "outside-link"),
    ("a sparse file", lambda folder: sparse(folder / "x.yaml"), "x.yaml: error: the file is larger than 64 MiB", "too-large"),
    ("a link to /", lambda folder: os.symlink("/", folder / "all"), "leads out of the rules, to '/'", "outside-link"),
    ("a secret", lambda folder: os.symlink("../secrets/finance", folder / "x.yaml"), "leads out of the rules, to '", "outside-link"),
    ("a dangling link", lambda folder: os.symlink("nowhere", folder / "x.yaml"), "No such file", "unreadable"),
]


@pytest.mark.parametrize("says,put,said,code", HOSTILE, ids=[h[0] for h in HOSTILE])
def test_what_is_no_rule_file_is_refused_by_check_start_and_reload_alike(router_of, sandbox, says, put, said, code):
    router = router_of(sandbox, [rule()])
    put(router.folder / "rules")
    wait_until(lambda: router.ready()[1].get("reload_failure"), "the change to be noticed, and refused")
    refused = router.reload()
    assert refused.status == 422 and said in refused.json["report"] and f"[{code}]" in refused.json["report"], refused.json
    assert router.send().json["matched"] == ["nightly"], "the last good rules go on serving"
    told = cli("check", router.folder / "rules")
    assert told.returncode in (1, 2) and said in told.stderr.decode() and f"[{code}]" in told.stderr.decode()
    router.stop()
    told = cli("serve", "--config", router.folder / "config.yaml", environment=router.environment)
    assert told.returncode == (1 if code == "unreadable" else 78) and said.split("error: ")[-1] in told.stderr.decode()     # 1: it may be there the next time
    assert "finance-secret" not in router.log + told.stderr.decode() + refused.json["report"]


def test_links_that_go_round_and_folders_named_like_files_are_walked_once(router):
    rules = router.folder / "rules"
    for name in "abc":
        os.symlink(".", rules / name)
    (rules / "x.yaml").mkdir()
    os.symlink("..", rules / "x.yaml" / "up")
    router.write_rules([rule("below")], "x.yaml/y.yaml")
    wait_until(lambda: rule_names(router) == ["below", "nightly"], "the rule in the folder")
    router.write_rules([rule("changed")], "x.yaml/y.yaml")
    wait_until(lambda: rule_names(router) == ["changed", "nightly"], "the change in the folder")


@pytest.mark.parametrize("name", ["secrets/finance", "config.yaml"])
def test_a_pipe_in_the_place_of_another_file_does_not_stop_the_daemon(router, name):
    path = router.folder / name
    kept = path.read_text()
    path.unlink()
    os.mkfifo(path)
    refused = router.reload()
    assert refused.status == 422 and "a pipe" in refused.json["report"]
    assert router.send().json["matched"] == ["nightly"]
    path.unlink()
    path.write_text(kept)
    wait_until(lambda: not router.ready()[1].get("reload_failure"), "the file to be read again")


@pytest.mark.parametrize("text", ["hunter2\n", "!hunter2 x\n", "*hunter2\n", "password: hunter2\n", "hunter2: 1\nhunter2: 2\n", '{"key": "hunter2"'])
def test_a_file_that_holds_no_rules_is_not_quoted_anywhere(router, text):
    router.write_rules(text, "oops.yaml")
    wait_until(lambda: router.ready()[1].get("reload_failure"), "the refusal")
    page = harness.request(router.admin, "GET", "/").body.decode()
    assert "oops.yaml" in page and "oops.yaml" in router.log
    assert "hunter2" not in page + router.log + router.reload().json["report"]


# ---- rules that vanish ----

def empty(folder):
    for path in folder.iterdir():
        path.unlink()


@pytest.mark.parametrize("vanish,said", [(empty, "[no-rules]"), (shutil.rmtree, "[unreadable]"),
                                         (lambda folder: (folder / "rules.yaml").write_text(""), "[not-rules]"),
                                         (lambda folder: (folder / "rules.yaml").rename(folder / "rules.txt"), "[no-rules]")],
                         ids=["emptied", "gone", "truncated", "renamed"])
def test_rules_that_vanish_do_not_replace_good_ones(router, vanish, said):
    vanish(router.folder / "rules")
    wait_until(lambda: router.ready()[1].get("reload_failure"), "the change to be noticed")
    assert said in router.ready()[1]["reload_failure"]["report"]
    assert router.ready()[0] == 200 and router.send().json["matched"] == ["nightly"]
    (router.folder / "rules").mkdir(exist_ok=True)
    router.write_rules([rule("back")])
    wait_until(lambda: rule_names(router) == ["back"], "the rules to be back")
    assert not router.ready()[1].get("reload_failure")


def test_zero_rules_serve_when_somebody_says_so(router):
    router.write_rules("version: 1\nrules: []\n")
    wait_until(lambda: rule_names(router) == [], "zero rules in a file")
    router.write_rules([rule()])
    wait_until(lambda: rule_names(router) == ["nightly"], "one rule")
    router.config["rules"] = []
    router.write_config()
    wait_until(lambda: rule_names(router) == [], "zero rules in the configuration")
    assert router.send().json["outcome"] == "unmatched"


# ---- changes that nobody tells ----

def start_without_inotify(router_of, sandbox, **limits):
    """In a user namespace of its own, where inotify has no more than that."""
    writes = " && ".join(f"echo {count} > /proc/sys/user/max_inotify_{what}" for what, count in limits.items())
    if subprocess.run(["unshare", "-Ur", "sh", "-c", writes], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("this machine does not allow user namespaces")
    return router_of(sandbox, [rule()], command=["unshare", "-Ur", "sh", "-c", f'{writes} && exec "$0" "$@"'])


@pytest.mark.parametrize("limits,said", [({"instances": 0}, "max_user_instances"), ({"watches": 1}, "max_user_watches")], ids=["instances", "watches"])
def test_without_inotify_files_are_looked_at_every_few_seconds_and_that_is_told(router_of, sandbox, limits, said):
    router = start_without_inotify(router_of, sandbox, **limits)
    assert said in router.ready()[1]["watch_failure"]["report"] and router.ready()[1]["ready"]
    wait_until(lambda: "files are checked every few seconds" in router.log and said in router.log, "the line of the log")
    (router.folder / "rules" / "team").mkdir()
    router.write_rules([rule("looked-at")], "team/more.yaml")
    wait_until(lambda: rule_names(router) == ["looked-at", "nightly"], "the change to be seen")
    assert router.log.count("files are checked every few seconds") == 1


def test_where_inotify_works_nothing_is_told_of_it(router):
    assert "watch_failure" not in router.ready()[1]


def test_a_file_that_is_written_without_end_does_not_postpone_reloads(router):
    done = threading.Event()

    def scribble():
        number = 0
        while not done.wait(0.05):
            number += 1
            (router.folder / "rules" / "scribble.txt").write_text(str(number))
    thread = threading.Thread(target=scribble)
    thread.start()
    try:
        wait_until(lambda: (router.folder / "rules" / "scribble.txt").exists(), "the first line")
        router.write_rules([rule("noticed")])
        wait_until(lambda: rule_names(router) == ["noticed"], "the new rules")
    finally:
        done.set()
        thread.join()


# ---- what another version wrote into the store ----

def owe(router, schema=None, **selection):
    """As if it had been decided by another version for event 1, and not been acted upon; `schema`: of an older database."""
    database = sqlite3.connect(router.folder / "store" / "state.db")
    selection = {"site": "finance", "kind": "workbook", "rules": ["nightly"], **selection}
    with database:
        if schema:  # then a selection has a body of its own, and what later migrations make is not there
            database.execute(f"PRAGMA user_version = {schema}")
            database.execute("ALTER TABLE cause DROP COLUMN selection")
            database.execute("ALTER TABLE refresh DROP COLUMN is_from_copy")
            database.execute("DROP TABLE copy")
            database.execute("DROP TABLE note")
        selections = json.loads(database.execute("SELECT selections FROM event WHERE id = 1").fetchone()[0])
        database.execute("INSERT INTO selection (id, body) VALUES (?, ?)",
                         ((1 << 20) + len(selections), json.dumps(selection) if schema else None))
        database.execute("UPDATE event SET selections = ? WHERE id = 1", (json.dumps(selections + [selection]),))
    database.close()


def test_a_selection_of_a_newer_version_refreshes_nothing_and_says_so(router_of, sandbox_of):
    sandbox = sandbox_of(harness.site_world(workbooks=("Revenue", "Costs", "Board Pack")))
    router = router_of(sandbox, [rule()])
    router.send()
    router.settle(1)
    router.stop()
    before = len(sandbox.refresh_calls())
    owe(router, content_url="Revenue")
    owe(router, content_url="Revenue", project="Finance/Daily")
    owe(router)
    owe(router, project="Finance/Daily")
    router.start()
    told = router.settle(5)[1:]
    assert [(r["state"], r["site"], [c["rule"] for c in r["causes"]]) for r in told] == [("failed", "finance", ["nightly"])] * 4
    assert all("replay its event" in r["reason"] for r in told) and sum("'content_url'" in r["reason"] for r in told) == 2
    assert len(sandbox.refresh_calls()) == before and "a stored selection cannot be read" in router.log


def test_all_of_a_project_as_an_older_version_wrote_it_is_still_refreshed(router_of, sandbox_of):
    sandbox = sandbox_of(harness.site_world(workbooks=("Revenue", "Costs", {"name": "Board Pack", "project": "Marketing"})))
    router = router_of(sandbox, [rule("nightly", [{"site": "finance", "workbooks": {}, "project": "Finance/Daily"}])])
    router.send()
    router.settle(2)
    assert router.event(1)["selections"][0]["all"] is True
    router.stop()
    owe(router, schema=5, project="Marketing")
    router.start()
    assert sorted((r["content"]["name"], r["state"]) for r in router.settle(3)) == [(name, "succeeded") for name in ("Board Pack", "Costs", "Revenue")]


# ---- what `check` opens, and `serve` ----

@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A folder with two keys and their certificates, and one key that wants a passphrase."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("a", "b"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                        "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"], check=True, capture_output=True)
    subprocess.run(["openssl", "ec", "-aes128", "-passout", "pass:hunter2", "-in", folder / "a.key", "-out", folder / "locked.key"], check=True,
                   capture_output=True)
    (folder / "empty").write_text("")
    os.mkfifo(folder / "pipe")
    return folder


def checked(tmp_path, *options, listen=None, **site):
    config = {"version": 1, "rules": [], "sources": [{"name": "dbt", "secrets": [{"env": "NOT_HERE"}]}], "listen": listen or {},
              "sites": [{"name": "s", "server": "https://t.example.com", "pat": {"name": "p", "secret": {"env": "NOR_THIS"}}, **site}]}
    (tmp_path / "config.yaml").write_text(json.dumps(config))
    return cli("check", "--config", tmp_path / "config.yaml", *options)


@pytest.mark.parametrize("certificate,key,said,code", [
    ("a.pem", "a.key", None, None), ("a.pem", "b.key", "do not belong together", "bad-certificate"), ("a.key", "a.key", "no PEM certificate", "bad-certificate"),
    ("a.pem", "a.pem", "no PEM private key", "bad-certificate"), ("a.pem", "locked.key", "without a passphrase", "bad-certificate"),
    ("a.pem", "gone.key", "No such file", "unreadable"), ("pipe", "a.key", "a pipe", "unreadable"), ("empty", "a.key", "no PEM certificate", "bad-certificate")])
def test_check_opens_certificate_and_key(tmp_path, tls, certificate, key, said, code):
    listen = {"tls": {"certificate": str(tls / certificate), "private_key": str(tls / key)}}
    told = checked(tmp_path, listen=listen)
    assert (said or "") in told.stderr.decode() and (not code or f"[{code}]" in told.stderr.decode()), told.stderr
    assert told.returncode == (0 if not code else 2 if code == "unreadable" else 1)
    assert checked(tmp_path, "--no-files", listen=listen).returncode == 0


@pytest.mark.parametrize("name,said", [("a.pem", None), ("a.key", "no PEM certificate"), ("gone.pem", "No such file"), ("pipe", "a pipe")])
def test_check_opens_the_certificate_authorities_of_a_site(tmp_path, tls, name, said):
    told = checked(tmp_path, ca_file=str(tls / name))
    assert (told.returncode == 0) == (not said) and (said or "") in told.stderr.decode() and (not said or "site 's': ca_file" in told.stderr.decode())
    assert checked(tmp_path, "--no-files", ca_file=str(tls / name)).returncode == 0


@pytest.mark.parametrize("text,said", [("secret", None), ("", "empty"), (None, "No such file")])
def test_check_reads_secrets_in_files_and_others_when_asked(tmp_path, text, said):
    if text is not None:
        (tmp_path / "pat").write_text(text)
    pat = {"name": "p", "secret": {"file": "pat"}}
    told = checked(tmp_path, pat=pat)
    assert (told.returncode == 0) == (not said) and (said or "") in told.stderr.decode()
    assert checked(tmp_path, "--no-files", pat=pat).returncode == 0
    assert b"NOT_HERE" in checked(tmp_path, "--secrets", pat=pat).stderr and b"NOT_HERE" not in told.stderr


def test_serve_says_what_check_says_of_its_files_and_a_reload_waits_for_them(router_of, sandbox, tmp_path, tls):
    authority = tmp_path / "ca.pem"
    shutil.copy(tls / "a.pem", authority)
    router = router_of(sandbox, [rule()], sites={"finance": {"ca_file": str(authority)}})
    authority.write_text("half a certif")
    wait_until(lambda: "no PEM certificate" in router.ready()[1].get("reload_failure", {}).get("report", ""), "the refusal")
    assert router.send().json["matched"] == ["nightly"]
    shutil.copy(tls / "b.pem", authority)
    wait_until(lambda: not router.ready()[1].get("reload_failure"), "the new authority to be taken")
    router.stop()
    authority.unlink()
    told = cli("serve", "--config", router.folder / "config.yaml", environment=router.environment)
    assert told.returncode == 1 and "site 'finance': ca_file" in told.stderr.decode()
