"""Who waits, for how long, and who is told: budgets, pauses, Tableau's wishes, and the end of patience."""
import re

from harness import cli, rule, site_world, wait_until
from test_commands import paused_router, post


def test_events_of_one_content_beyond_the_limit_are_shed_with_503_and_leave_one_line_in_the_log(router_of, sandbox):
    router = router_of(sandbox, [rule()], config={"limits": {"waiting_refreshes": 10}})
    post(router, "/api/v1/sites/finance/pause")
    acknowledged = 0
    for _ in range(100):
        answer = router.send()
        if answer.status == 503:
            break
        acknowledged += 1
    assert answer.status == 503 and "limits.waiting_refreshes" in answer.json["error"], answer.json
    assert 10 <= acknowledged < 100
    assert router.metric("requests_shed_total") == 1
    wait_until(lambda: router.metric("causes_open") == acknowledged, "the causes to be counted")
    assert len(router.refreshes()) == 1
    assert len(re.findall(r" refresh refresh=\d+ state=waiting", router.log)) == 1, router.log
    post(router, "/api/v1/sites/finance/resume")
    assert len(router.settle(1)[0]["causes"]) == acknowledged
    wait_until(lambda: router.metric("causes_open") == 0, "the count to go down")
    assert router.send().status == 200
