"""Questions about Tableau from the command line: the daemon is asked when it runs, and its session is never ended behind its back."""
import contextlib
import http.server
import json
import pathlib
import signal
import subprocess
import threading
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml

from harness import BUILD, SAMPLES, TOP, cli, request, rule, site_world, wait_until
from junit_form import check_junit

FOREVER_MS = 3600 * 1000
EVENT = SAMPLES / "dbt" / "completed-success.json"


def online(router, *arguments, **rest):
    return cli("route", "--config", router.folder / "config.yaml", "--online", *arguments, EVENT, environment=router.environment, **rest)


def selection(name="Revenue", **rest):
    return {"site": "finance", "kind": "workbook", "name": name, "incremental": False, "rules": ["nightly"], **rest}


def resolve(router, selections, site="finance", **rest):
    return request(router.admin, "POST", "/api/v1/resolve", json.dumps({"site": site, "selections": selections, **rest}))


def paths_of(sandbox, method="GET"):
    return [c["path"].rsplit("/", 1)[1] for c in sandbox.calls(method)]


# ---- through the daemon ----

def test_a_running_daemon_is_asked_and_keeps_its_session(router, sandbox):
    router.send()
    router.settle(1)
    told = online(router)
    assert told.returncode == 0 and b"Finance/Daily/Revenue" in told.stdout and told.stderr == b"", told
    router.send()
    assert [r["state"] for r in router.settle(2)] == ["succeeded"] * 2
    assert len(sandbox.sign_ins()) == 1 and not sandbox.calls("POST", "/auth/signout$")


def test_its_json_fits_the_schema_of_a_decision(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=["Revenue", {"name": "Costs", "project": "Finance"}, {"name": "Costs", "project": "Finance/Daily"}]))
    router = router_of(sandbox, [rule(), rule("costs", [{"site": "finance", "workbooks": "Costs"}])])
    told = online(router, "--format", "json")
    decision = json.loads(told.stdout)
    jsonschema.validate(decision, json.loads((TOP / "schemas" / "decision.schema.json").read_text()))
    assert told.returncode == 1 and [o.get("problem") for o in decision["online"]] == ["ambiguous", None]
    assert [o["selection"] for o in decision["online"]] == decision["selections"]


def test_a_question_is_answered_from_lists_that_are_younger_than_it(router, sandbox):
    """The daemon remembers names for minutes; who asks wants to know what is there now."""
    router.send()
    router.settle(1)
    sandbox.control("DELETE", "content", {"site": "finance", "kind": "workbook", "name": "Revenue"})
    told = online(router)
    assert told.returncode == 1 and b"there is no workbook 'Revenue'" in told.stdout, told


def test_many_names_cost_one_list(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=[f"wb-{i}" for i in range(300)]))
    router = router_of(sandbox, [rule()])
    answer = resolve(router, [selection(f"wb-{i}") for i in range(300)]).json
    assert answer["ok"] and [i["count"] for i in answer["items"]] == [1] * 300
    assert paths_of(sandbox).count("workbooks") < 10 and paths_of(sandbox).count("projects") == 2


def test_the_answer_fits_its_schema_and_says_what_may_have_been_meant(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=["Revenue", {"name": "Costs", "project": "Finance/Daily"}, {"name": "Costs", "project": "Finance/Archive"},
                                               {"name": "Live", "project": "Finance", "has_extracts": False}]))
    router = router_of(sandbox, [rule()])
    answer = resolve(router, [selection(), selection("Revenu"), selection("Costs"), selection("Live"), selection("Revenue", project="Finance"),
                              selection("Gone", allow=["none"])]).json
    jsonschema.validate(answer, json.loads((TOP / "schemas" / "resolve.schema.json").read_text()))
    items = answer["items"]
    assert [i.get("problem") for i in items] == [None, "missing", "ambiguous", "no_extract", "missing", None]
    assert [c["name"] for c in items[1]["candidates"]] == ["Revenue"]
    assert sorted(c["project"] for c in items[2]["candidates"]) == ["Finance/Archive", "Finance/Daily"]
    assert [c["project"] for c in items[4]["candidates"]] == ["Finance/Daily"]
    assert answer["pat_ends_at"] > "2026" and not sandbox.refresh_calls()


@pytest.mark.parametrize("body", ["", "[]", "{", '{"site": "finance"}', '{"selections": []}', '{"site": "finance", "selections": [1]}',
                                  '{"site": "finance", "selections": [], "seconds": 0}', '{"site": "finance", "selections": [], "seconds": 601}',
                                  json.dumps({"site": "finance", "selections": [selection(site="board")]}),
                                  json.dumps({"site": "finance", "selections": [selection()] * 1001})])
def test_a_question_that_is_none_is_refused(router, sandbox, body):
    answer = request(router.admin, "POST", "/api/v1/resolve", body)
    assert answer.status == 400 and answer.json["error"]
    assert not sandbox.sign_ins()


def test_a_site_that_the_daemon_lacks_is_said_of_that_site(router, sandbox):
    """A change of the configuration that the daemon has not read yet."""
    assert resolve(router, [], site="elsewhere").status == 404
    changed, finance = router.folder / "changed.yaml", router.config["sites"][0]
    board = {**finance, "name": "board", "pat": {"name": "other", "secret": {"env": "OTHER"}}}
    changed.write_text(yaml.safe_dump({**router.config, "sites": [finance, board], "listen": {"admin": router.admin}}))
    told = cli("verify", "--config", changed, "--format", "json", environment=router.environment)
    found = json.loads(told.stdout)
    assert told.returncode == 1 and [s["ok"] for s in found["sites"]] == [True, False], told
    assert "the daemon's configuration has no site 'board'" in found["findings"][0]["message"] and len(sandbox.sign_ins()) == 1


def test_one_question_at_a_time_within_its_time(router, sandbox):
    """Tableau does not answer: a second question is refused meanwhile, the first ends by its time, and then the next one is welcome."""
    sandbox.fault("latency", on={"path": "*/workbooks"}, ms=FOREVER_MS, times=0)
    answers = []
    first = threading.Thread(target=lambda: answers.append(resolve(router, [selection()], seconds=1)))
    first.start()
    wait_until(sandbox.sign_ins, "the question to be open")
    assert resolve(router, []).status == 503 or answers
    first.join()
    assert answers[0].status == 200 and not answers[0].json["ok"] and "time" in answers[0].json["error"]
    assert answers[0].json["items"][0]["problem"] == "unreachable"
    assert resolve(router, []).json["ok"]


def test_a_stop_answers_an_open_question(router, sandbox):
    sandbox.fault("latency", on={"path": "*/workbooks"}, ms=FOREVER_MS, times=0)
    answers = []
    first = threading.Thread(target=lambda: answers.append(resolve(router, [selection()], seconds=600)))
    first.start()
    wait_until(sandbox.sign_ins, "the question to be open")
    router.process.send_signal(signal.SIGTERM)
    first.join()
    assert answers[0].status == 200 and "stopping" in answers[0].json["error"], answers[0].body
    router.kill9()      # it still waits for Tableau


# ---- from here ----

def test_without_a_daemon_it_signs_in_says_so_and_signs_out(router, sandbox):
    router.stop()
    told = online(router)
    assert told.returncode == 0 and b"signing in from here, which ends any session" in told.stderr
    assert len(sandbox.sign_ins()) == len(sandbox.calls("POST", "/auth/signout$")) == 1


def test_only_who_insists_signs_in_beside_a_daemon(router, sandbox):
    router.send()
    router.settle(1)
    told = online(router, "--sign-in")
    assert told.returncode == 0 and b"signing in from here" in told.stderr and len(sandbox.sign_ins()) == 2
    assert online(router, "--sign-in", "--url", f"http://{router.admin}").returncode == 2
    router.send()
    assert [r["state"] for r in router.settle(2)] == ["succeeded"] * 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_signs_out(router, sandbox, number):
    router.stop()
    sandbox.fault("latency", on={"path": "*/workbooks"}, ms=FOREVER_MS, times=0)
    with subprocess.Popen([str(BUILD / "refresh-router"), "route", "--config", str(router.folder / "config.yaml"), "--online", str(EVENT)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as asking:
        wait_until(lambda: sandbox.calls("GET", "/workbooks$") or sandbox.sign_ins(), "it to be signed in")
        asking.send_signal(number)
        assert asking.wait() == -number
    wait_until(lambda: [c["status"] for c in sandbox.calls("POST", "/auth/signout$")] == [204], "the sign-out")


def test_a_site_that_does_not_answer_costs_its_time_only(router, sandbox):
    router.stop()
    sandbox.fault("latency", on={"path": "*/workbooks"}, ms=FOREVER_MS, times=0)
    told = online(router, "--timeout", "1s")
    assert told.returncode == 69 and b"--timeout" in told.stdout and len(sandbox.calls("POST", "/auth/signout$")) == 1
    assert online(router, "--timeout", "soon").returncode == 2


def test_a_daemon_that_is_named_and_not_there_is_not_replaced(router, sandbox):
    router.stop()
    told = online(router, "--url", f"http://{router.admin}")
    assert told.returncode == 69 and b"no daemon answers" in told.stderr and not sandbox.sign_ins()


# ---- strangers ----

@contextlib.contextmanager
def stranger(health, answer):
    """A server at an address where the daemon should be."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def give(self, body):
            if body is None:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.give(health)

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.give(answer)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield "http://127.0.0.1:%d" % server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("health,words", [(b"<html>hello</html>", b"that is no daemon"), (b'{"status":"well"}', b"that is no daemon"), (None, b"Empty reply")])
def test_another_program_in_the_daemons_place_stops_it(router, sandbox, health, words):
    """Perhaps the daemon is behind it: nobody signs in, also without --url."""
    router.stop()
    with stranger(health, b"") as url:
        router.config["listen"]["admin"] = url.removeprefix("http://")
        router.write_config()
        for told in (online(router, "--url", url), online(router)):
            assert told.returncode == 69 and words in told.stderr and b"--sign-in" in told.stderr and not sandbox.sign_ins()


ODD = ["", "[]", "{}", '{"ok": true, "items": {}}', '{"ok": true, "items": [1]}', '{"ok": true, "items": [{}, {}]}',
       '{"ok": true, "items": [{"problem": "\\u001b[31mred", "error": "\\u0000\\u202e\\u001b]0;x", "candidates": 1}]}',
       '{"ok": "x", "items": [{"contents": [1, {"name": 7}, []], "count": -1e300}]}', "[" * 100000]


@pytest.mark.parametrize("answer", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("form", ["text", "json"])
def test_an_odd_answer_does_no_harm(router, answer, form):
    with stranger(b'{"status":"alive"}', answer.encode()) as url:
        told = online(router, "--url", url, "--format", form)
    assert told.returncode in (0, 1, 69), told
    assert b"\x1b" not in told.stdout + told.stderr and "\u202e" not in told.stdout.decode()
    if form == "json":
        json.loads(told.stdout)


@pytest.mark.parametrize("answer", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("form", ["text", "json", "junit"])
def test_an_odd_answer_to_verify_does_no_harm(router, answer, form):
    with stranger(b'{"status":"alive"}', answer.encode()) as url:
        told = cli("verify", "--config", router.folder / "config.yaml", "--url", url, "--format", form, environment=router.environment)
    assert told.returncode in (0, 1), told
    assert b"\x1b" not in told.stdout + told.stderr and "\u202e" not in told.stdout.decode()
    if form == "json":
        jsonschema.validate(json.loads(told.stdout), json.loads((TOP / "schemas" / "verify.schema.json").read_text()))
    if form == "junit":
        check_junit(ElementTree.fromstring(told.stdout))


def test_a_pat_that_has_ended_since_the_sign_in_is_said_to_have_ended(router):
    answer = {"site": "finance", "ok": True, "pat_ends_at": "2025-01-01T00:00:30Z", "items": [{"count": 1, "contents": []}]}
    with stranger(b'{"status":"alive"}', json.dumps(answer).encode()) as url:
        told = cli("verify", "--config", router.folder / "config.yaml", "--url", url, environment=router.environment)
    assert told.returncode == 1 and b"PAT 'refresh-router' has ended, at 2025-01-01T00:00:00Z;" in told.stdout, told


def test_no_secret_is_printed(router_of, sandbox_of, tmp_path):
    """Tableau's answer repeats the PAT, as some servers' error pages do."""
    sandbox = sandbox_of(site_world())
    sandbox.fault("status", on={"path": "*/auth/signin"}, status=401, times=0,
                  body=json.dumps({"error": {"summary": "no", "detail": "bad secret finance-secret", "code": "401001"}}))
    router = router_of(sandbox, [rule()])
    router.stop()
    for form in ("text", "json"):
        told = online(router, "--format", form)
        assert told.returncode == 69 and b"finance-secret" not in told.stdout + told.stderr
    assert pathlib.Path(router.folder / "secrets" / "finance").read_text() == "finance-secret\n"
