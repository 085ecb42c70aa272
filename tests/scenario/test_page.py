"""The status page in Chromium: what is wrong is found, understood and mended there, by anybody, and nobody's names do harm."""
import json
import re

import pytest

import harness
from browser import IS_THERE, Browser
from harness import HOLD_MS, request, rule, site_world, wait_until

pytestmark = pytest.mark.skipif(not IS_THERE, reason="Chromium or playwright-core cannot be had (packaging/install-dependencies test installs them, with npm)")

LONG = "A quarterly revenue dashboard " * 70      # 2 kB
HOSTILE = ["<script>alert(1)</script><img src=x onerror=alert(2)>", "\u202eeuneveR\u202c \u05d0\u05d1\u05d2", LONG, "\"'><svg/onload=alert(3)>", "{{main}} %s %n $x"]


def world(folder):
    """A team's morning: sites that work, wait and fail; refreshes that succeed, fail, run and wait."""
    sandbox = harness.Sandbox(folder, {"sites": [
        site_world(workbooks=["Revenue", "P&L, by month", "Cash flow", "Margin by region", {"name": "Headcount", "project": "Finance", "result": "failed",
                              "notes": "The login for the data source \u201cwarehouse\u201d has expired"}, "Receivables"]),
        site_world("board", ["Board Pack", "Board KPIs", "Investor summary"]),
        site_world("marketing", ["Campaigns", "Funnel"]),
        site_world("regional", ["Sales EMEA"])]})
    job = {"nightly": 1001, "hourly": 1002, "board": 1003}
    rules = [
        {"name": "revenue-after-nightly", "description": "Finance dashboards follow the nightly build", "owner": "finance-data", "when": {"job_id": job["nightly"]},
         "refresh": [{"site": "finance", "workbooks": ["Revenue", "P&L, by month", "Headcount"]}, {"site": "board", "workbooks": ["Board Pack", "Board KPIs"]}]},
        {"name": "cash-hourly", "when": {"job_id": job["hourly"]}, "refresh": [{"site": "finance", "workbooks": ["Cash flow", "Margin by region"]}]},
        {"name": "typo-in-project", "when": {"job_id": job["hourly"]}, "refresh": [{"site": "finance", "workbooks": "Receivables", "project": "Finance/Dialy"}]},
        {"name": "campaigns-production-only", "when": {"job_id": job["hourly"], "environment_name": "Staging"},
         "refresh": [{"site": "marketing", "workbooks": "Funnel"}]},
        {"name": "campaigns", "when": {"job_id": job["nightly"]}, "refresh": [{"site": "marketing", "workbooks": ["Campaigns", "Funnel"]}]},
        {"name": "regional", "when": {"job_id": job["nightly"]}, "refresh": [{"site": "regional", "workbooks": "Sales EMEA"}]},
        {"name": "pack-later", "when": {"job_id": job["board"]}, "delay": "30m", "refresh": [{"site": "board", "workbooks": "Investor summary"}]}]
    router = harness.Router(folder, sandbox, rules, config={"retry": {"initial": "1s", "max": "5m"}},
                            sites={"finance": {"refreshes_per_hour": 20, "job_queries_per_day": 20000}, "board": {"refreshes_per_hour": 2}, "marketing": {}, "regional": {}})
    sandbox.fault("error", code=503000, status=503, times=1000000, on={"site": "regional"})
    sandbox.hold("Cash flow", "running")
    request(router.admin, "POST", "/api/v1/sites/marketing/pause")
    router.send(jobId=str(job["nightly"]), jobName="Nightly build", runId="88121")
    wait_until(lambda: len(router.refreshes(site="board", state="succeeded")) == 2 and router.refreshes(state="failed"), "the first refreshes")
    router.send(jobId=str(job["hourly"]), jobName="Hourly marts", runId="88122")
    router.send(jobId=str(job["board"]), jobName="Board models", runId="88123")
    router.send(jobId="4711", jobName="Ad hoc sandbox", runId="88124")
    router.send(jobId=str(job["nightly"]), jobName="Nightly build", runId="88125")
    wait_until(lambda: router.refreshes(state="running") and len(router.refreshes(state="failed")) >= 3 and router.waiting("waits its turn"), "all sorts of states")
    return sandbox, router


def urls(router):
    """A page of each sort."""
    event = next(e for e in router.events() if e["fields"].get("run_id") == "88122")
    failed = router.refreshes(state="failed")[-1]
    content = failed["content"]
    return {"status": "/", "event": f"/events/{event['id']}", "search": "/search?q=revenue", "refresh": f"/refreshes/{failed['id']}",
            "confirm": f"/refreshes/{failed['id']}/retry", "explain": "/explain",
            "content": f"/contents?site=finance&kind=workbook&content={content['id']}", "nothing": "/search?q=nobody-knows"}


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.stop()


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    sandbox, router = world(tmp_path_factory.mktemp("team"))
    yield sandbox, router
    router.stop()
    sandbox.stop()


def failed(router, name):
    return next(r for r in router.refreshes(state="failed") if r["content"]["name"] == name)


def scrolls_sideways(browser):
    wide, window = browser.run("return await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth])")
    return wide > window


# ---- what somebody does who was asked why a dashboard is old ----

def test_a_failed_refresh_is_found_by_its_dashboard_understood_and_retried_by_clicking(browser, team):
    sandbox, router = team
    sandbox.change("Headcount", result="success")      # somebody mended the login
    before = failed(router, "Headcount")
    browser.open(router.admin)
    browser.run("await page.getByRole('searchbox').fill('head count'.replace(' ', '')); await page.getByRole('button', { name: 'Search', exact: true }).click()")
    browser.click("link", "Headcount", "main")
    browser.see("The login for the data source", "main")
    browser.see("What to do:", "main")
    browser.see("because of event", "main")
    browser.click("button", "Retry", "main .actions")
    browser.see("Tableau is asked to refresh the workbook Headcount on finance", "dialog")
    assert failed(router, "Headcount")["id"] == before["id"]
    browser.click("button", "Retry", "dialog")
    browser.run("await page.locator('main .badge').getByText('succeeded', { exact: true }).waitFor()")     # without being asked for
    assert browser.run("return new URL(page.url()).pathname") != f"/refreshes/{before['id']}"
    assert not browser.run("return page.locator('#forget').isVisible()")        # there is no token
    assert router.refreshes(site="finance", content="Headcount")[0]["state"] == "succeeded"
    assert browser.faults() == []


def test_one_event_tells_its_way_from_the_delivery_to_the_outcome(browser, team):
    _, router = team
    browser.open(router.admin, urls(router)["event"])
    headings = browser.run("return page.locator('.timeline h2').allInnerTexts()")
    assert headings == ["Received", "Rules", "Selections", "Refreshes and their jobs", "Outcome"]
    title, exact, words = browser.run("const t = page.locator('.timeline time').first(); "
                                      "return [await t.getAttribute('title'), await t.getAttribute('datetime'), await t.innerText()]")
    assert exact == title.replace(" UTC", "Z").replace(" ", "T") and words.endswith(("ago", "just now"))
    browser.run("await page.getByText('others did not match').click()")
    browser.see("would match if", "main")
    text = browser.text()
    for said in ("cash-hourly", "typo-in-project", "campaigns-production-only", "environment_name is Production, it wants Staging",
                 "'Receivables' is in project 'Finance/Daily'", "1 running, 1 succeeded, 1 failed"):
        assert said in text, (said, text)
    assert browser.faults() == []


def test_a_content_tells_which_events_did_not_ask_for_it_and_why(browser, team):
    _, router = team
    content = router.refreshes(site="finance", content="Revenue")[0]["content"]
    browser.open(router.admin, f"/contents?site=finance&kind=workbook&content={content['id']}")
    section = "section:has-text('did not ask for it')"
    browser.see("revenue-after-nightly: job_id is 1002, it wants 1001", section)
    assert request(router.admin, "GET", "/contents").status == 404      # of which content?
    assert "Hourly marts" in browser.text(section) and "Nightly build" not in browser.text(section) and browser.faults() == []


def test_what_no_rule_names_is_told_to_be_nothing(browser, team):
    _, router = team
    browser.open(router.admin, "/search?q=nobody-knows")
    browser.see("no event that came would have refreshed it", "main")


def test_an_event_is_explained_before_it_comes(browser, team):
    _, router = team
    events = len(router.events())
    browser.open(router.admin, "/explain")
    browser.run("await page.getByRole('textbox').fill(given.event)", event=json.dumps({"job_id": "1002", "environment_name": "Staging", "job_name": "a+b & c=%41"}))
    browser.click("button", "Explain", "main")
    browser.see("It would refresh", "main")
    assert "workbook 'Funnel' on marketing" in browser.text() and "campaigns-production-only" in browser.text()
    assert "a+b & c=%41" in browser.run("return page.locator('textarea').inputValue()")
    browser.run("await page.locator('textarea').fill('{\"job_id\": ')")
    browser.click("button", "Explain", "main")
    browser.run("await page.getByRole('alert').waitFor()")
    assert len(router.events()) == events and browser.faults() == []


def test_what_is_left_alone_at_the_confirmation_stays_as_it_is(browser, team):
    _, router = team
    browser.open(router.admin)
    browser.click("button", "Resume", ".site:has-text('marketing')")
    browser.see("marketing is sent refreshes again", "dialog")
    browser.click("link", "Leave it", "dialog")
    assert not browser.run("return page.locator('dialog').isVisible()") and router.site("marketing")["paused_by"]


def test_a_replay_says_what_it_refreshes_and_leads_to_its_event(browser, team):
    _, router = team
    event = next(e for e in router.events() if e["fields"].get("run_id") == "88123")
    browser.open(router.admin, f"/events/{event['id']}")
    browser.click("button", "Replay", "main .actions")
    browser.see("It refreshes workbook 'Investor summary' on board, after a delay of 30m", "dialog")
    browser.click("button", "Replay", "dialog")
    browser.see(f"replay of event {event['id']}", "main")
    assert router.events(outcome="replay")


def test_the_page_tells_what_comes_without_being_asked_again(browser, team):
    _, router = team
    browser.open(router.admin, "/events")
    browser.run("await page.evaluate(() => { window.isTheSame = true })")
    router.send(jobId="4712", jobName="Somebody came just now")
    browser.see("Somebody came just now", "main")
    assert browser.run("return page.evaluate(() => window.isTheSame)") and browser.faults() == []


# ---- for anybody ----

def test_everything_can_be_done_with_the_keyboard(browser, team):
    _, router = team
    browser.open(router.admin)
    browser.run("await page.keyboard.press('Tab'); await page.keyboard.press('Enter')")
    browser.run("await until(() => document.activeElement.id === 'main')")      # what is at the top can be skipped
    waiting = next(r for r in router.refreshes(state="waiting") if r["content"]["name"] == "Funnel")
    browser.run("""for (let i = 0; i < 300; i++) {
            await page.keyboard.press('Tab');
            if (await page.evaluate(href => document.activeElement.getAttribute('href') === href, given.href)) return;
        }
        throw new Error('never reached');""", href=f"/refreshes/{waiting['id']}/cancel")
    browser.run("await page.keyboard.press('Enter')")
    browser.see("keeps its present data", "dialog")
    browser.run("await until(() => document.activeElement.textContent === 'Cancel the refresh')")
    browser.run("await page.keyboard.press('Escape'); await page.locator('dialog').waitFor({ state: 'hidden' })")
    browser.run("await until(href => document.activeElement.getAttribute('href') === href, given.href)", href=f"/refreshes/{waiting['id']}/cancel")
    browser.run("await page.keyboard.press('Enter'); await page.locator('dialog button').waitFor(); await page.keyboard.press('Enter')")
    browser.run("await page.locator('main .timeline .badge').getByText('cancelled').waitFor()")
    assert router.refresh(waiting["id"])["state"] == "cancelled" and browser.faults() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_no_page_is_wider_than_a_phone(browser, team, scheme):
    _, router = team
    for name, path in urls(router).items():
        for width in (1300, 390):
            browser.open(router.admin, path, colorScheme=scheme, viewport={"width": width, "height": 800})
            browser.run("for (const d of await page.locator('summary').all()) await d.click()")
            assert browser.run("return axe()") == [], (name, width)
            assert not scrolls_sideways(browser), (name, width)
            assert browser.faults() == []


def test_it_works_without_javascript(browser, team):
    _, router = team
    browser.open(router.admin, javaScriptEnabled=False)
    browser.run("await page.getByRole('searchbox').fill('receivables'); await page.getByRole('searchbox').press('Enter')")
    browser.click("link", "Receivables", "main")
    assert "'Receivables' is in project 'Finance/Daily'" in browser.text()
    browser.click("button", "Replay", "main .actions")
    assert "Replay this event?" in browser.text()
    replays = len(router.events(outcome="replay"))
    browser.click("button", "Replay", "main")
    assert "replay of event" in browser.text() and len(router.events(outcome="replay")) == replays + 1
    browser.run("await page.goto(given.url)", url=f"http://{router.admin}/sites/board/pause")
    browser.click("button", "Pause", "main")
    wait_until(lambda: router.site("board").get("paused_by"), "the site to be paused")
    browser.run("await page.goto(given.url); await page.locator('textarea').fill('{\"job_id\": 1003}')", url=f"http://{router.admin}/explain")
    browser.click("button", "Explain", "main")
    assert "workbook 'Investor summary' on board" in browser.text() and browser.faults() == []
    request(router.admin, "POST", "/api/v1/sites/board/resume")


# ---- with tokens ----

TOKENS = {"operator": "an-operators-token-1", "viewer": "a-viewers-token-12345"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    sandbox = harness.Sandbox(folder, {"sites": [site_world(workbooks=[{"name": "Secret plans", "project": "Finance", "result": "failed", "notes": "mend me"}])]})
    config = {"admin_tokens": [{"name": name, "role": name, "secret": {"env": f"TOKEN_{name}"}} for name in TOKENS]}
    router = harness.Router(folder, sandbox, [rule(refresh=[{"site": "finance", "workbooks": "Secret plans"}])], config=config,
                            environment={f"TOKEN_{name}": token for name, token in TOKENS.items()})
    router.send()
    settled(router)
    yield router
    router.stop()
    sandbox.stop()


def give_token(browser, token):
    browser.run("await page.getByLabel('Token').fill(given.token); await page.getByLabel('Token').press('Enter')", token=token)


def as_operator(router, method, path):
    return request(router.admin, method, path, headers={"Authorization": f"Bearer {TOKENS['operator']}"}).json


def settled(router):
    """
    Its refreshes, when the API says that all have ended: the log tells an end before it is stored, and another story may have retried one.
    """

    def all_ended():
        refreshes = as_operator(router, "GET", "/api/v1/refreshes")
        return refreshes if refreshes["items"] and all(item["state"] == "failed" for item in refreshes["items"]) else None

    return wait_until(all_ended, "every refresh to have failed")


def test_a_wrong_token_shows_and_changes_nothing(browser, guarded):
    before = settled(guarded)
    for path in ("/", "/refreshes", "/events/1", "/search?q=Secret", f"/refreshes/{before['items'][0]['id']}/retry"):
        browser.open(guarded.admin, path)
        browser.see("A token is needed", "main")
        assert browser.run("return axe()") == []
        give_token(browser, "not-the-token-at-all")
        browser.see("This token was not accepted.", "main")
        assert "Secret plans" not in browser.run("return page.content()") and browser.run("return page.evaluate(() => sessionStorage.length)") == 0
        assert browser.faults() == []
    wrong = {"Authorization": "Bearer not-the-token-at-all", "Accept": "text/html"}
    for headers in (wrong, {"Accept": "text/html"}):
        answer = request(guarded.admin, "POST", f"/refreshes/{before['items'][0]['id']}/retry", b"", headers)
        assert answer.status in (401, 429) and b"Secret plans" not in answer.body
    assert as_operator(guarded, "GET", "/api/v1/refreshes") == before


def test_an_operator_gives_the_token_once_and_retries(browser, guarded):
    browser.open(guarded.admin, "/refreshes?state=failed")
    give_token(browser, TOKENS["operator"])
    browser.click("link", "Secret plans", "main")
    browser.click("button", "Retry", "main .actions")
    browser.click("button", "Retry", "dialog")
    browser.run("await page.locator('.timeline').waitFor()")
    wait_until(lambda: len(as_operator(guarded, "GET", "/api/v1/refreshes")["items"]) == 2, "the second refresh")
    browser.run("await page.reload(); await page.locator('.timeline').waitFor()")       # the tab still has it
    assert as_operator(guarded, "GET", f"/api/v1/refreshes/{as_operator(guarded, 'GET', '/api/v1/refreshes')['items'][1]['id']}")["commands"][0]["by"] == "operator"
    assert TOKENS["operator"] not in browser.run("return page.content()") and browser.run("return context.cookies()") == []
    browser.click("button", "Forget the token", "footer")
    browser.see("A token is needed", "main")
    assert browser.faults() == []


def test_a_viewer_reads_and_is_offered_no_change(browser, guarded):
    browser.open(guarded.admin)
    give_token(browser, TOKENS["viewer"])
    browser.see("Secret plans", "main")
    assert not browser.run("return page.locator('[data-confirm]').count()")
    browser.run("""await page.evaluate(() => { history.pushState(null, '', '/sites/finance/pause'); dispatchEvent(new PopStateEvent('popstate')); });
                   await page.locator('.confirm, .alert').first().waitFor()""")
    browser.run("await page.locator('.confirm button').click()")
    browser.see("a change needs one with the role 'operator'", "main")
    assert "paused_by" not in as_operator(guarded, "GET", "/api/v1/sites")["items"][0] and browser.faults() == []


def test_without_javascript_a_guarded_page_says_what_to_use(browser, guarded):
    browser.open(guarded.admin, javaScriptEnabled=False)
    assert "--token-file" in browser.text() and "Secret plans" not in browser.text()


def test_a_site_whose_sign_in_was_refused_is_tried_again_from_the_page(router, sandbox):
    """Once its PAT is mended; before, the page offered to pause it, and nothing else."""
    link = 'href="/sites/finance/resume">Try again<'
    assert link not in router.text("/")
    sandbox.fault("error", code=401001, on={"path": "*/auth/signin"}, times=0)
    request(router.admin, "POST", "/api/v1/resolve", json.dumps({"site": "finance", "selections": []}))
    wait_until(lambda: link in router.text("/"), "the offer")
    assert 'action="/sites/finance/resume"' in router.text("/sites/finance/resume") and "Try again?" in router.text("/sites/finance/resume")
    sandbox.forget_faults()
    form = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
    wait_until(lambda: request(router.admin, "POST", "/sites/finance/resume", b"", form) and router.site()["signed_in"], "the sign-in")
    assert link not in router.text("/")


# ---- against strangers ----

@pytest.mark.parametrize("path", ["/refreshes/%d/retry", "/events/%d/replay", "/sites/finance/pause", "/explain"])
def test_a_form_of_another_origin_changes_nothing(team, path):
    _, router = team
    made = path.replace("%d", str(failed(router, "Receivables")["id"] if "refreshes" in path else router.events()[0]["id"]))
    refreshes, events = len(router.refreshes()), len(router.events())
    for origin in ("http://evil.example", "null"):
        answer = request(router.admin, "POST", made, b"", {"Origin": origin, "Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status == 403 and b"another origin" in answer.body
    assert (len(router.refreshes()), len(router.events())) == (refreshes, events) and "paused_by" not in router.site("finance")


def test_names_of_strangers_do_no_harm(browser, router_of, sandbox):
    names = [name.strip() for name in HOSTILE]
    router = router_of(sandbox, [rule(f"r{n} {name[:200]}", refresh=[{"site": "finance", "workbooks": name}]) for n, name in enumerate(names)])
    for name in names:
        router.send(jobName=name, environmentName=name, jobId="701331")
    router.settle(len(names))
    refresh, event = router.refreshes()[0]["id"], router.events()[0]["id"]
    for path in ("/", "/refreshes", "/events", "/rules", f"/refreshes/{refresh}", f"/events/{event}", f"/events/{event}/replay", "/search?q=r",
                 "/search?q=%3Cscript%3Ealert(1)%3C/script%3E", "/contents?site=%22%3E%3Cscript%3E&kind=workbook&content=x", "/refreshes?site=%3Cb%3E"):
        for width in (1300, 390):
            browser.open(router.admin, path, viewport={"width": width, "height": 800})
            assert not browser.run("return page.locator('main script, main img, main svg[onload], main b > script').count()"), path
            assert not scrolls_sideways(browser), (path, width)
            text = browser.run("return page.locator('body').innerText()")
            assert "\u202e" not in text and "refresh-router" in text
            assert browser.run("return page.locator('.row').evaluateAll(all => Math.max(0, ...all.map(row => row.offsetHeight)))") < 1200, path
            assert browser.faults() == [], path
    for n, name in enumerate(names[:3]):
        browser.open(router.admin, "/events")
        browser.run("await page.locator('main .name').nth(given.n).click(); await page.locator('.timeline').waitFor()", n=n)
        assert browser.faults() == []


def test_nothing_but_our_own_files_may_be_loaded(team):
    _, router = team
    for path in ("/", "/explain", "/nowhere"):
        answer = request(router.admin, "GET", path, headers={"Accept": "text/html"})
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert not re.search(rb"<script(?! src=\"/assets/)|<style|\son\w+=|\sstyle=", answer.body)
    assert request(router.admin, "GET", "/nowhere").json["error"]       # programs are answered as before
