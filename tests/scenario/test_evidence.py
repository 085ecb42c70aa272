"""What may be believed of a job: whose it is, when it started, how it ended, when replies are lost, late, refused or behind."""
from harness import rule, site_world, wait_until

REFRESH = {"method": "POST", "path": "*/refresh"}
ONE_JOB = {"method": "GET", "path": "*/jobs/*"}
JOBS = {"method": "GET", "path": "*/jobs"}


def one(router):
    refreshes = router.settle(1)
    assert len(refreshes) == 1
    return refreshes[0]


# ---- looks that are refused, or behind ----

def forbid(sandbox, on):
    sandbox.fault("error", on=on, times=0, code=403004, summary="Forbidden", detail="You may not see jobs.")


def test_jobs_that_may_not_be_followed_are_said_to_be_so_and_the_site_goes_on(router_of, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=["a", "b", "c"]))
    router = router_of(sandbox, [rule(refresh=[{"site": "finance", "workbooks": ["a", "b"]}]),
                                 rule("later", when={"job_id": 2}, refresh=[{"site": "finance", "workbooks": "c"}])])
    forbid(sandbox, ONE_JOB)
    forbid(sandbox, JOBS)
    router.send()
    wait_until(lambda: [r for r in router.refreshes(state="open") if "You may not see jobs" in r.get("reason", "")],
               "the refusal to be shown while it waits")
    router.send(jobId="2")
    refreshes = router.settle(3)
    assert [r["state"] for r in refreshes] == ["failed"] * 3
    for refresh in refreshes:
        assert "it ran, but may not be followed" in refresh["reason"] and "403004" in refresh["reason"] and "administrator" in refresh["reason"]
    assert len(sandbox.jobs()) == 3 and len(sandbox.refresh_calls()) == 3
    assert len(sandbox.calls("GET", "/jobs")) <= 3 * 6 + 3
    assert "is left alone" not in router.log


def test_a_job_that_a_node_does_not_know_yet_is_asked_for_again(router_of, sandbox_of):
    for number, code in enumerate((404018, 400031)):
        sandbox = sandbox_of()
        router = router_of(sandbox, [rule()])
        sandbox.fault("error", on=ONE_JOB, code=code)
        router.send(number)
        assert one(router)["state"] == "succeeded"
        assert len(sandbox.jobs()) == 1 and len([c for c in sandbox.calls("GET", "/jobs/") if c.get("fault")]) == 1


def test_a_job_that_cannot_be_asked_for_is_followed_by_the_list(router, sandbox):
    sandbox.fault("error", on=ONE_JOB, times=0, code=400031, detail="There was a problem querying job.")
    router.send()
    assert one(router)["state"] == "succeeded"
    sandbox.change("Revenue", result="failed")
    router.send()
    assert router.settle(2)[1]["state"] == "failed"
    assert len(sandbox.jobs()) == 2
