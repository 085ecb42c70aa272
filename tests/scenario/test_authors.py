"""What happens to those who write rules: traps that they are told of, and traps that harm nobody else."""
import json
import re
import threading
import time

import pytest

from harness import cli, rule, wait_until

REFRESH = [{"site": "finance", "workbooks": "Revenue"}]
SLOW = "/from .* to [A-Z]/"


@pytest.mark.alone      # twenty seconds at most
def test_a_pattern_that_explodes_holds_up_nobody_and_is_told(router_of, sandbox):
    router = router_of(sandbox, [rule(), rule("slow", when={"run_reason": SLOW}, refresh=REFRESH),
                                 rule("not-slow", when={"not": {"run_reason": SLOW}}, refresh=REFRESH)])
    answers = []
    texts = ["from b " * 8500, "from b " * 15000] * 4
    bad = [threading.Thread(target=lambda text=text, n=n: answers.append(router.post(router.body(eventId=f"bad-{n}", runReason=text))))
           for n, text in enumerate(texts)]
    begun = time.monotonic()
    for thread in bad:
        thread.start()
    while any(thread.is_alive() for thread in bad):
        assert router.send().status == 200
    assert time.monotonic() - begun < 20      # a minute and more before there was a bound on the whole
    assert [(a.status, a.json["matched"]) for a in answers] == [(200, ["nightly"])] * len(texts)
    assert router.metric("pattern_limits_total") == 2 * len(texts)
    wait_until(lambda: f'rule=slow reason="the pattern {SLOW} on \'run_reason\' (105000 bytes in this event) was not searched for' in router.log)
    wait_until(lambda: f'rule=slow reason="the pattern {SLOW} on \'run_reason\' (59500 bytes in this event) hit its limit' in router.log)
    assert router.send(runReason="from main to X").json["matched"] == ["nightly", "slow"]


def rules_file(folder, rest):
    path = folder / "rules.yaml"
    path.write_text(f"version: 1\nrules:\n- name: r\n{rest}")
    return path


def test_the_text_that_check_shows_makes_the_rule_fail_and_a_shorter_one_does_not(tmp_path):
    rules = rules_file(tmp_path, f"  when: {{run_reason: '{SLOW}'}}\n  refresh: [{{site: s, workbooks: W}}]\n")
    told = cli("check", rules)
    found = re.search(r"4:22: warning: .* (\d+) times '(.*?)', then '(.*?)' .* \[costly-pattern\]", told.stderr.decode() + told.stdout.decode())
    assert told.returncode == 0 and found
    times, piece, end = int(found[1]), found[2], found[3]
    assert cli("check", "--strict", rules).returncode == 1
    for less, says in ((0, b"hit its limit of steps"), (1, b"")):
        event = json.dumps({"run_reason": piece * (times - less) + end}).encode()
        routed = cli("route", "--rules", rules, "-", stdin=event)
        assert says in routed.stderr and bool(routed.stderr) == bool(says)


def test_a_pattern_cannot_lift_its_limits(tmp_path):
    rules = rules_file(tmp_path, "  when: {job_name: '/(*LIMIT_MATCH=99999999)^(a+)+$/'}\n  refresh: [{site: s, workbooks: W}]\n")
    told = cli("check", rules)
    assert told.returncode == 1 and "(*LIMIT_MATCH=99999999) changes how a search is bounded" in told.stderr.decode() + told.stdout.decode()


def test_check_tells_a_comment_that_swallows_a_part_of_a_name(tmp_path):
    told = cli("check", rules_file(tmp_path, "  refresh:\n  - site: s\n    workbooks: Sales #2 (EMEA)\n"))
    assert told.returncode == 0
    assert re.search(r"6:16: warning: the value is 'Sales': .*' #2 \(EMEA\)' is a comment.*\[comment-in-value\]",
                     told.stderr.decode() + told.stdout.decode())


def test_a_configuration_is_looked_at_too(tmp_path):
    config = tmp_path / "config.yaml"
    (tmp_path / "rules").mkdir()
    rules_file(tmp_path / "rules", "  refresh: [{site: finance, workbooks: W}]\n")
    config.write_text("""version: 1
rules: [rules]
sources: [{name: dbt, secrets: [{env: S}]}]
sites:
  - name: finance
    server: https://example.com
    pat:
      name: router #1
      secret: {env: P}
""")
    told = cli("check", "--config", config)
    assert told.returncode == 0 and "config.yaml:8:13: warning: the value is 'router'" in told.stderr.decode() + told.stdout.decode()
