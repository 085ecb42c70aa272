"""What happens to those who write rules: traps that they are told of, and traps that harm nobody else."""
import threading
import time

from harness import rule

REFRESH = [{"site": "finance", "workbooks": "Revenue"}]
SLOW = "/from .* to [A-Z]/"


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
    assert f'rule=slow reason="the pattern {SLOW} on \'run_reason\' (105000 bytes in this event) hit its limit' in router.log
    assert router.send(runReason="from main to X").json["matched"] == ["nightly", "slow"]
