"""Who is told that something went wrong: grouped, repeated, signed, durable, and never in anybody's way."""
import contextlib
import json
import re
import sqlite3

import jsonschema
import pytest

from harness import TOP, cli, parse_time, request, rule, sign, site_world, wait_until
from receiver import FAST, KEY, Receiver, to

SCHEMAS = {name: json.loads((TOP / "schemas" / f"{name}.schema.json").read_text()) for name in ("config", "notification", "receiver")}
TOKEN = "T0SECRET/B0SECRET/xyzSECRETxyz"


ENVIRONMENT = {"NOTIFY_KEY": KEY, "CHAT_URL": ""}


def router_with(router_of, sandbox, *receivers, rules=None, environment=None, **config):
    return router_of(sandbox, rules or [rule()], config={"notify": list(receivers), **config}, environment={**ENVIRONMENT, **(environment or {})})


def deliveries(router, name="ops"):
    return next((r for r in router.get("/api/v1/notifications")["items"] if r["name"] == name), {})


def notes(router):
    """The keys of what `notify` keeps in the store."""
    with contextlib.closing(sqlite3.connect(f"file:{router.folder}/store/state.db?mode=ro", uri=True)) as database:
        return [key for key, in database.execute("SELECT key FROM note") if re.match("letter/|news/", key)]


def test_a_failure_is_told_signed_and_its_end_too(router_of, sandbox, receiver):
    router = router_with(router_of, sandbox, to(receiver))
    sandbox.change("Revenue", result="failed")
    router.send()
    failed = receiver.wait()[0]
    jsonschema.validate(router.config, SCHEMAS["config"])
    jsonschema.validate(failed.json, SCHEMAS["notification"])
    jsonschema.validate(deliveries(router), SCHEMAS["receiver"])
    assert failed.headers["Authorization"] == sign(failed.body, KEY) and failed.headers["Content-Type"] == "application/json"
    assert failed.id == failed.json["id"] and failed.json["receiver"] == "ops" and failed.json["group"] == {"site": "finance"}
    news, = failed.json["news"]
    refresh, = router.refreshes(state="failed")
    assert news["event"] == "failed" and not news["recovered"] and news["refresh"] == refresh["id"] and news["reason"] == refresh["reason"]
    assert news["content"] == refresh["content"] and news["rule"] == "nightly"
    assert failed.json["title"] == "1 failed" and "failed: workbook 'Revenue' in Finance/Daily on site finance: " in failed.json["text"]
    sandbox.change("Revenue", result="success")
    router.send()
    recovered = receiver.wait(2)[1]
    assert recovered.told() == [("recovered", "Revenue")] and recovered.json["title"] == "1 recovered" and recovered.id != failed.id
    router.send()
    router.settle(3)
    state = wait_until(lambda: (s := deliveries(router))["delivered"] == 2 and not s["active"] and s, "all to be told")
    assert state["waiting"] == state["failed"] == state["given_up"] == 0 and parse_time(state["delivered_at"])
    assert len(receiver.got) == 2


def test_a_burst_is_one_message_and_owners_hear_of_their_own(router_of, sandbox_of, receiver):
    names = [f"wb-{n}" for n in range(7)]
    sandbox = sandbox_of(site_world(workbooks=[{"name": name, "project": "Finance/Daily", "result": "failed"} for name in names]))
    rules = [rule("odd", [{"site": "finance", "workbooks": names[1::2]}], owner="ann"), rule("even", [{"site": "finance", "workbooks": names[0::2]}])]
    other = Receiver()
    router = router_with(router_of, sandbox, to(receiver, group_wait="3s"), to(other, "ann", owners=["ann"], group_by=["owner"], group_wait="3s"), rules=rules)
    router.send()
    assert receiver.wait()[0].told() == [("failed", name) for name in names]
    assert receiver.got[0].json["title"] == "7 failed" and receiver.got[0].json["count"] == 7
    hers = other.wait()[0]
    assert hers.told() == [("failed", name) for name in names[1::2]] and hers.json["group"] == {"owner": "ann"}
    assert {n["owner"] for n in hers.json["news"]} == {"ann"}
    other.stop()


def test_what_lasts_is_repeated_and_its_end_ends_that(router_of, sandbox, receiver):
    router = router_with(router_of, sandbox, to(receiver, repeat_interval="1s"))
    sandbox.change("Revenue", result="failed")
    router.send()
    first, second = receiver.wait(2)[:2]
    assert second.json["repeated"] and not first.json["repeated"] and second.json["title"] == "still 1 failed"
    assert second.told() == first.told() and second.id != first.id
    sandbox.change("Revenue", result="success")
    router.send()
    wait_until(lambda: receiver.got[-1].told() == [("recovered", "Revenue")], "the end to be told")
    wait_until(lambda: not deliveries(router)["active"], "nothing to be wrong")


def test_a_receiver_that_was_down_gets_the_message_with_the_same_id(router_of, sandbox, receiver):
    router = router_with(router_of, sandbox, to(receiver))
    receiver.status, receiver.headers = 503, {"Retry-After": "1"}
    sandbox.change("Revenue", result="failed")
    router.send()
    wait_until(lambda: len(receiver.got) >= 2, "another try")
    assert receiver.got[1].at - receiver.got[0].at >= 0.9     # it asked for a second
    state = wait_until(lambda: (s := deliveries(router))["failed"] >= 2 and s, "the failure to be told")
    assert state["failure"] == "HTTP 503" and state["waiting"] == 1 and parse_time(state["failed_at"])
    receiver.status = 200
    delivered, = receiver.wait()
    assert {m.id for m in receiver.got} == {delivered.id} and {m.body for m in receiver.got} == {delivered.body}


def test_what_a_receiver_asked_for_lasts_over_a_reload_of_its_address(router_of, sandbox, receiver):
    receiver.status, receiver.headers = 503, {"Retry-After": "600"}
    router = router_with(router_of, sandbox, to(receiver))
    sandbox.change("Revenue", result="failed")
    router.send()
    asked = wait_until(lambda: deliveries(router).get("next_try_at"), "the next try to be known")
    other = Receiver()
    router.config["notify"] = [to(receiver), to(other, name="other")]
    router.write_config()
    assert router.reload().status == 200
    router.send()
    other.wait()     # so the configuration is in use
    assert len(receiver.got) == 1 and abs(parse_time(deliveries(router)["next_try_at"]) - parse_time(asked)) < 2
    router.config["notify"] = [to(other)]
    router.write_config()
    assert router.reload().status == 200
    assert wait_until(lambda: [m for m in other.taken() if m.json["receiver"] == "ops"], "the message at the new address")
    other.stop()


def test_a_receiver_that_never_answers_is_in_nobodys_way(router_of, sandbox, receiver):
    dead = Receiver()
    dead.status = None
    router = router_with(router_of, sandbox, to(dead, "dead"), to(receiver))
    sandbox.change("Revenue", result="failed")
    router.send()
    wait_until(lambda: dead.got, "the dead one to be asked")
    receiver.wait()
    sandbox.change("Revenue", result="success")
    router.send()
    assert router.settle(2)[1]["state"] == "succeeded"
    assert receiver.wait(2)[1].told() == [("recovered", "Revenue")]
    assert deliveries(router, "dead")["delivered"] == 0
    dead.stop()


@pytest.mark.parametrize("moment", ["waits for its group", "waits for its receiver"])
def test_a_kill_loses_no_message(router_of, sandbox, receiver, moment):
    is_grouped = moment == "waits for its group"
    router = router_with(router_of, sandbox, to(receiver, group_wait="5s" if is_grouped else "0"))
    receiver.status = 503
    sandbox.change("Revenue", result="failed")
    router.send()
    router.settle(1)
    if not is_grouped:
        wait_until(lambda: receiver.got, "a try")
    router.kill9()
    before = list(receiver.got)
    receiver.status = 200
    router.start()
    message, = receiver.wait()
    assert message.told() == [("failed", "Revenue")] and {m.id for m in before} <= {message.id}
    sandbox.change("Revenue", result="success")
    router.send()
    assert receiver.wait(2)[1].told() == [("recovered", "Revenue")]


def test_outcomes_while_the_daemon_was_down_are_told_once(router_of, sandbox, receiver):
    router = router_with(router_of, sandbox, to(receiver))
    sandbox.hold("Revenue", "running", result="failed")
    router.send()
    wait_until(lambda: router.refreshes(state="running"), "the job to run")
    router.kill9()
    sandbox.end_jobs()
    for _ in range(3):
        router.start()
        router.settle(1)
        receiver.wait()
        router.stop()
    assert [m.told() for m in receiver.got] == [[("failed", "Revenue")]]
    router.start()


def test_a_message_is_given_up_after_its_time(router_of, sandbox, receiver):
    router = router_with(router_of, sandbox, to(receiver, give_up_after="1s"))
    receiver.status = 500
    sandbox.change("Revenue", result="failed")
    router.send()
    wait_until(lambda: deliveries(router)["given_up"] == 1, "it to be given up")
    assert "a notification was given up" in router.log and deliveries(router)["waiting"] == 0
    router.stop()
    router.start()
    sandbox.change("Revenue", result="success")
    receiver.status = 200
    router.send()
    assert receiver.wait()[0].told() == [("recovered", "Revenue")]


def test_what_a_receiver_answers_beside_its_status_does_not_matter(router_of, sandbox, receiver):
    router = router_with(router_of, sandbox, to(receiver))
    receiver.reply = b"<html>" + b"x" * (20 << 20)
    sandbox.change("Revenue", result="failed")
    router.send()
    wait_until(lambda: deliveries(router).get("delivered") == 1, "it to be delivered")
    assert deliveries(router)["failed"] == 0


def test_a_message_that_was_taken_is_not_repeated_when_the_answer_breaks_off(router_of, sandbox, receiver):
    router = router_with(router_of, sandbox, to(receiver))
    receiver.missing = 1000
    sandbox.change("Revenue", result="failed")
    router.send()
    wait_until(lambda: deliveries(router).get("delivered") == 1, "it to be delivered")
    assert len(receiver.got) == 1 and not deliveries(router)["failed"]


def test_a_message_that_is_refused_for_good_is_not_repeated(router_of, sandbox, receiver):
    router = router_with(router_of, sandbox, to(receiver))
    receiver.status = 400
    sandbox.change("Revenue", result="failed")
    router.send()
    wait_until(lambda: deliveries(router)["given_up"] == 1, "it to be given up")
    assert len(receiver.got) == 1


NASTY = "<!channel> <script>alert(1)</script> &amp; \u202eevil\u2066 *bold* " + "x" * 2000


@pytest.mark.parametrize("format_", ["slack", "teams", "json"])
def test_hostile_names_are_shown_as_they_are_and_cut(router_of, sandbox_of, receiver, format_):
    sandbox = sandbox_of(site_world(workbooks=[{"name": NASTY[:255], "project": "Finance/Daily", "result": "failed"}]))
    rules = [rule(refresh=[{"site": "finance", "workbooks": "/channel/"}, {"site": "finance", "workbooks": NASTY}])]
    router = router_with(router_of, sandbox, to(receiver, format=format_, title="${count} on ${site}: ${content}"), rules=rules)
    router.send()
    router.settle(2)
    wait_until(lambda: deliveries(router)["delivered"] and not deliveries(router)["waiting"], "all to be told")
    for message in receiver.taken():
        text = message.body.decode()
        assert len(text) < 8000
        if format_ == "slack":
            assert set(message.json) == {"text"} and len(message.json["text"]) <= 4000
            assert "<" not in message.json["text"] and "&lt;!channel&gt;" in message.json["text"] and "&amp;amp;" in message.json["text"]
        if format_ == "teams":
            card = message.json["attachments"][0]["content"]
            assert message.json["type"] == "message" and card["type"] == "AdaptiveCard"
            assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}     # which know no markup
        if format_ != "json":
            assert "\u202e" not in str(message.json) and "\\u202e" in str(message.json).replace("\\\\", "\\")
            assert "Authorization" not in message.headers
        else:
            assert "\u202e" not in message.json["title"] + message.json["text"]


def test_an_address_that_is_a_secret_is_shown_nowhere(router_of, sandbox, receiver):
    secret = f"{receiver.url}/services/{TOKEN}"
    router = router_with(router_of, sandbox, {"name": "chat", "to": {"env": "CHAT_URL"}, "format": "slack", "on": ["failed"], **FAST},
                         environment={"CHAT_URL": secret})
    receiver.status = 404
    sandbox.change("Revenue", result="failed")
    router.send()
    wait_until(lambda: deliveries(router, "chat")["failed"] >= 2, "two tries")
    receiver.stop()
    wait_until(lambda: "connect" in deliveries(router, "chat")["failure"].lower(), "nobody to be there")
    assert receiver.got[0].path == f"/hook/services/{TOKEN}"
    shown = router.log + "".join(router.text(path) for path in ("/", "/metrics", "/readyz", "/api/v1/notifications", "/api/v1/sites"))
    stored = b"".join(path.read_bytes() for path in (router.folder / "store").iterdir())
    tried = cli("notify", "--config", router.folder / "config.yaml", "chat", environment={**router.environment})
    assert tried.returncode == 1 and b"chat" in tried.stderr
    for text in (shown.encode(), stored, tried.stdout + tried.stderr):
        assert b"SECRET" not in text.replace(b"WEBHOOK_SECRET", b"") and receiver.url.encode() not in text


@pytest.mark.parametrize("address", ["http://chat.invalid/services/SECRET", "chat.invalid/SECRET", "HTTP://127.0.0.1@chat.invalid/SECRET", "ftp://chat.invalid/SECRET"])
def test_an_address_that_is_a_secret_is_not_used_in_clear(router_of, sandbox, receiver, address):
    router = router_with(router_of, sandbox, {"name": "chat", "to": {"env": "CHAT_URL"}, "format": "slack", "on": ["failed"], **FAST},
                         environment={"CHAT_URL": address})
    tried = cli("notify", "--config", router.folder / "config.yaml", "chat", environment={**router.environment})
    assert tried.returncode and b"CHAT_URL" in tried.stderr and b"is not https" in tried.stderr and b"chat.invalid" not in tried.stdout + tried.stderr
    sandbox.change("Revenue", result="failed")
    router.send()
    wait_until(lambda: "is not https" in deliveries(router, "chat").get("failure", ""), "the refusal")
    assert "chat.invalid" not in router.log


def test_a_pat_that_ends_soon_is_told_once_also_over_restarts(router_of, sandbox_of, receiver):
    world = site_world()
    world["pats"][0]["estimated_time"] = "10:00:00"
    router = router_with(router_of, sandbox_of(world), to(receiver), to(receiver, "late", pat_expires_within="1d"))
    router.send()
    message, = receiver.wait()
    assert message.told() == [("pat_expiring", "finance")] and message.json["receiver"] == "ops"
    assert "the PAT of site finance: it ends at " in message.json["text"]
    router.restart()
    router.send()
    router.settle(2)
    wait_until(lambda: router.site().get("pat_ends_at") and deliveries(router).get("active") == 1, "the PAT to be known")
    assert len(receiver.taken()) == 1


def test_a_site_that_is_left_alone_is_told_and_that_it_answers_again(router_of, sandbox, receiver):
    router = router_with(router_of, sandbox, to(receiver))
    sandbox.fault("status", status=503, times=1000)
    router.send()
    alone = receiver.wait()[0]
    assert alone.told() == [("site_left_alone", "finance")] and alone.json["news"][0]["reason"]
    sandbox.forget_faults()
    wait_until(lambda: receiver.got[-1].told() == [("recovered", "finance")], "the site to answer")


def test_a_pat_that_is_refused_is_told_before_there_is_work_for_it(router_of, sandbox, receiver):
    router = router_with(router_of, sandbox, to(receiver))

    def sign_in():
        request(router.admin, "POST", "/api/v1/resolve", json.dumps({"site": "finance", "selections": []}))

    sandbox.fault("error", code=401001, on={"path": "*/auth/signin"}, times=0)
    sign_in()
    alone, = receiver.wait()
    assert alone.told() == [("site_left_alone", "finance")] and "the PAT's name or secret is wrong" in alone.json["news"][0]["reason"]
    sandbox.forget_faults()
    wait_until(lambda: sign_in() or router.site()["signed_in"], "the sign-in")
    assert receiver.wait(2)[1].told() == [("recovered", "finance")]


def test_what_is_given_up_is_told_by_its_name_and_its_end_too(router_of, sandbox, receiver):
    """No content was found for it; the success has one."""
    router = router_with(router_of, sandbox, to(receiver, on=["expired", "recovered"]), give_up_after="2s")
    sandbox.fault("drop", on={"path": "/api/*"}, times=0)
    router.send()
    expired = receiver.wait()[0]
    assert expired.told() == [("expired", "Revenue")] and "id" not in expired.json["news"][0]["content"]
    sandbox.forget_faults()
    router.send()
    assert receiver.wait(2)[1].told() == [("recovered", "Revenue")]


def test_receivers_change_with_a_reload(router_of, sandbox, receiver):
    router = router_with(router_of, sandbox)
    sandbox.change("Revenue", result="failed")
    router.send()
    router.settle(1)
    router.config["notify"] = [to(receiver)]
    router.write_config()
    assert router.reload().status == 200
    wait_until(lambda: deliveries(router), "the receiver")
    router.send()
    assert receiver.wait()[0].told() == [("failed", "Revenue")]
    router.config["notify"] = []
    router.write_config()
    assert router.reload().status == 200
    wait_until(lambda: not router.get("/api/v1/notifications")["items"], "nobody to be told")


@pytest.mark.parametrize("after", [["chat"], []], ids=["renamed", "removed"])
def test_what_waits_for_a_receiver_that_is_no_more_is_ended_by_the_next_start(after, router_of, sandbox, receiver):
    """Neither delivered to somebody else, nor kept for ever: the store has nothing of it. Under another name it is another receiver."""
    router = router_with(router_of, sandbox, to(receiver))
    receiver.status = 503
    sandbox.change("Revenue", result="failed")
    router.send()
    wait_until(lambda: deliveries(router)["failed"], "a delivery to fail")
    router.stop()
    assert sorted(key.split("/")[0] for key in notes(router)) == ["letter", "news"]
    router.config["notify"] = [to(receiver, name) for name in after]
    router.write_config()
    receiver.status, before = 200, len(receiver.got)
    router.start()
    wait_until(lambda: not notes(router), "the store to have nothing of it")
    assert "a notification is given up: the configuration has no such receiver any more" in router.log
    router.send()
    router.settle(2)
    if after:
        assert receiver.wait()[0].json["receiver"] == "chat" and receiver.got[-1].told() == [("failed", "Revenue")]
    router.stop()
    assert len(receiver.got) - before == len(after)


def test_a_receiver_is_tried_from_the_command_line(folder_of, sandbox, receiver):
    folder = folder_of(sandbox, [rule()], notify=[to(receiver)])
    config = folder.path / "config.yaml"
    environment = {**ENVIRONMENT, "WEBHOOK_SECRET": "x"}
    tried = cli("notify", "--config", config, "ops", environment=environment)
    assert (tried.returncode, tried.stdout) == (0, b"ops: delivered\n"), tried.stderr
    assert receiver.got[0].json["test"] and receiver.got[0].headers["Authorization"] == sign(receiver.got[0].body, KEY)
    receiver.status = 302
    tried = cli("notify", "--config", config, "ops", environment=environment)
    assert tried.returncode == 1 and b"receiver 'ops': HTTP 302: a redirect is not followed" in tried.stderr
    tried = cli("notify", "--config", config, "opps", environment=environment)
    assert tried.returncode == 2 and b"did you mean 'ops'?" in tried.stderr
    tried = cli("notify", "--config", config, "ops", environment={"NOTIFY_KEY": ""})
    assert tried.returncode == 2 and b"NOTIFY_KEY" in tried.stderr
