"""The sandbox against what Tableau was recorded to say: same members, same types of JSON, same codes. The facts of src/tableau/README.md decide, not our client."""
import concurrent.futures
import http.client
import json
import re
import subprocess
import time
import xml.etree.ElementTree as tree

import pytest

from harness import BUILD, SAMPLES, TOP, Sandbox, request, site_world, wait_until

TASK = "2a1db1ee-db91-47c2-9233-55190701e838"


def sample(name):
    return json.loads((SAMPLES / "tableau" / f"{name}.json").read_text())


def shape(value):
    """What a program can rely on: members and types, not values."""
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


class Client:
    def __init__(self, sandbox, site="finance", json_wanted=True):
        self.sandbox, self.headers = sandbox, {"Accept": "application/json", "Content-Type": "application/json"} if json_wanted else {}
        self.site = site

    def call(self, method, path, body=None, version="3.25"):
        answer = request(self.sandbox.address, method, f"/api/{version}{path}", json.dumps(body) if body is not None else None, self.headers)
        return answer

    def sign_in(self, secret=None, name="refresh-router"):
        answer = self.call("POST", "/auth/signin", {"credentials": {"personalAccessTokenName": name, "personalAccessTokenSecret": secret or f"{self.site}-secret",
                                                                    "site": {"contentUrl": self.site}}})
        if answer.status == 200:
            credentials = answer.json["credentials"]
            self.headers["X-Tableau-Auth"] = credentials["token"]
            self.base = f"/sites/{credentials['site']['id']}"
        return answer

    def get(self, path):
        return self.call("GET", self.base + path)

    def post(self, path, body=None):
        return self.call("POST", self.base + path, body)


WORLD = dict(workbooks=[{"name": "Revenue", "project": "Finance/Daily", "tags": ["dbt", "nightly"]}, {"name": "Revenue", "project": "Finance/Archive"},
                        {"name": "P&L, monthly", "project": "Finance/Daily"}, {"name": "Mine"}, {"name": "Live", "project": "Finance", "has_extracts": False},
                        {"name": "Live too", "project": "Finance", "has_extracts": False, "refusal": "409090"},
                        {"name": "Bad", "project": "Finance", "result": "failed", "notes": "no"}, {"name": "Bridge", "project": "Finance", "result": "bridge"},
                        {"name": "Note", "project": "Finance", "result": "error_note"}],
             datasources=[{"name": "orders", "project": "Finance/Daily", "tags": ["dbt"]}], flows=[{"name": "tagged", "project": "Finance", "tags": ["dbt"]},
                                                                                                   {"name": "untagged", "project": "Finance"}],
             tasks=[{"id": TASK, "workbook": "Revenue"}],
             pats=[{"name": "refresh-router", "secret": "finance-secret"}, {"name": "reader", "secret": "reader-secret", "admin": False}])


@pytest.fixture
def client(sandbox_of):
    sandbox = sandbox_of(site_world(**WORLD, refreshes_per_hour=4), site_world("board"))
    client = Client(sandbox)
    client.sign_in()
    return client


def item(answer, plural, singular, name):
    return next(i for i in answer.json[plural][singular] if i["name"] == name)


def test_server_info_and_sign_in(client):
    assert shape(client.call("GET", "/serverinfo", version="2.4").json) == shape(sample("serverinfo"))
    assert shape(client.sign_in().json) == shape(sample("signin-response"))


def test_workbooks(client):
    page = client.get("/workbooks?pageSize=3")
    recorded = sample("workbooks-page1")
    assert shape(page.json["pagination"]) == shape(recorded["pagination"])
    assert shape(item(page, "workbooks", "workbook", "Revenue")) == shape(recorded["workbooks"]["workbook"][0])
    everything = client.get("/workbooks?fields=_all_")
    full = sample("workbooks-all-fields")["workbooks"]["workbook"]
    assert shape(item(everything, "workbooks", "workbook", "Revenue")) == shape(full[0])
    personal = item(everything, "workbooks", "workbook", "Mine")
    assert "project" not in personal and "project" not in full[2] and personal["location"]["type"] == full[2]["location"]["type"]
    assert client.get("/workbooks?filter=name:eq:none").json["workbooks"] == sample("workbooks-empty")["workbooks"] == {}


def test_other_content(client):
    assert shape(client.get("/datasources").json["datasources"]["datasource"][0]) == shape(sample("datasources")["datasources"]["datasource"][0])
    flows = client.get("/flows")
    recorded = sample("flows")["flows"]["flow"]
    assert shape(item(flows, "flows", "flow", "tagged")) == shape(recorded[0])
    assert "tags" not in item(flows, "flows", "flow", "untagged") and "tags" not in recorded[1]
    projects, known = client.get("/projects").json["projects"]["project"], sample("projects")["projects"]["project"]
    assert shape(next(p for p in projects if p["name"] == "Finance")) == shape(known[1])
    assert shape(next(p for p in projects if p["name"] == "Daily")) == shape(known[2])
    assert shape(client.get("/tasks/extractRefreshes").json) == shape({"tasks": {"task": sample("tasks-extract-server")["tasks"]["task"][:1]}})
    assert shape(client.get(f"/tasks/extractRefreshes/{TASK}").json) == shape(sample("task-extract"))


def luid(client, name, plural="workbooks", singular="workbook"):
    return item(client.get(f"/{plural}"), plural, singular, name)["id"]


def test_refreshes_are_accepted(client):
    workbook = client.post(f"/workbooks/{luid(client, 'P&L, monthly')}/refresh", {})
    assert workbook.status == 202 and shape(workbook.json) == shape(sample("refresh-workbook-202"))
    datasource = client.post(f"/datasources/{luid(client, 'orders', 'datasources', 'datasource')}/refresh", {})
    assert datasource.status == 202 and shape(datasource.json) == shape(sample("refresh-datasource-202"))
    flow = client.post(f"/flows/{luid(client, 'tagged', 'flows', 'flow')}/run", {})
    assert flow.status == 202 and shape(flow.json) == shape(sample("run-flow-202"))
    task = client.post(f"/tasks/extractRefreshes/{TASK}/runNow", {})
    assert task.status == 202 and shape(task.json) == shape(sample("run-task-202"))


def job_until(client, name, member):
    job = client.post(f"/workbooks/{luid(client, name)}/refresh", {}).json["job"]["id"]
    return wait_until(lambda: (j := client.get(f"/jobs/{job}").json) and member in j["job"] and j, member)


def test_jobs_show_their_members_in_time(client):
    client.sandbox.hold("P&L, monthly", "queued", notes="done")
    job = client.post(f"/workbooks/{luid(client, 'P&L, monthly')}/refresh", {}).json["job"]["id"]
    for recorded in ("job-queued", "job-running", "job-success"):
        assert shape(client.get(f"/jobs/{job}").json) == shape(sample(recorded)), recorded
        assert client.sandbox.progress() == (recorded != "job-success")
    row = client.get("/jobs").json["backgroundJobs"]["backgroundJob"][0]
    assert shape(row) == shape(sample("jobs-list")["backgroundJobs"]["backgroundJob"][0])


@pytest.mark.parametrize("name,code,recorded", [("Bad", "1", "job-failed"), ("Bridge", "3", "job-bridge-completed"), ("Note", "0", "job-finished-code0-error-note")])
def test_jobs_end_in_every_way(client, name, code, recorded):
    job = job_until(client, name, "completedAt")["job"]
    assert job["finishCode"] == code and shape(job) == shape(sample(recorded)["job"])


def test_a_bridge_job_that_was_handed_over_is_not_done(client):
    client.sandbox.hold("Bridge", "running")
    job = job_until(client, "Bridge", "finishCode")["job"]
    assert job["finishCode"] == "0" and shape(job) == shape(sample("job-bridge-assigned")["job"])


def test_a_job_can_be_cancelled_while_it_is_not_over(client):
    client.sandbox.hold("Revenue", "running")
    job = client.post(f"/workbooks/{luid(client, 'Revenue')}/refresh", {}).json["job"]["id"]
    assert client.call("PUT", f"{client.base}/jobs/{job}").status == 200
    assert client.get(f"/jobs/{job}").json["job"]["finishCode"] == sample("job-cancelled")["job"]["finishCode"]
    assert client.call("PUT", f"{client.base}/jobs/{job}").json["error"]["code"] == sample("error-403091-cancel-complete")["error"]["code"]


UNKNOWN = "4a861507-0000-4528-9ea6-9f9b7370ae32"


def as_other(client, **headers):
    """Somebody with other headers on the same sandbox."""
    other = Client(client.sandbox)
    other.headers, other.base = {**other.headers, **headers}, client.base
    return other


def reader(client):
    other = Client(client.sandbox)
    assert other.sign_in("reader-secret", "reader").status == 200
    return other


def purged(client, code):
    job = client.post(f"/workbooks/{luid(client, 'Mine')}/refresh", {}).json["job"]["id"]
    client.sandbox.control("DELETE", "jobs", {"id": job, "code": code})
    return client.get(f"/jobs/{job}")


def refused(client, name):
    return client.post(f"/workbooks/{luid(client, name)}/refresh", {})


def cancelled_late(client):
    job_until(client, "Mine", "completedAt")
    return client.call("PUT", f"{client.base}/jobs/{client.get('/jobs').json['backgroundJobs']['backgroundJob'][0]['id']}")


ERRORS = [
    ("error-401000", lambda c: as_other(c).get("/workbooks")),
    ("error-401001-signin", lambda c: c.sign_in("wrong")),
    ("error-401001-signin", lambda c: Client(c.sandbox, "nowhere").sign_in()),
    ("error-401002", lambda c: as_other(c, **{"X-Tableau-Auth": "gone"}).get("/workbooks")),
    ("error-401003-switchsite", lambda c: c.call("POST", "/auth/switchSite", {"site": {"contentUrl": "marketing"}})),
    ("error-403070-switchsite", lambda c: c.call("POST", "/auth/switchSite", {"site": {"contentUrl": "finance"}})),
    ("error-400000-bad-body", lambda c: c.post(f"/workbooks/{luid(c, 'Mine')}/refresh")),
    ("error-400000-bad-body", lambda c: c.call("POST", f"{c.base}/workbooks/{luid(c, 'Mine')}/refresh", {"extractRefresh": {"incremental": True}}, version="3.24")),
    ("error-400000-bad-body", lambda c: as_other(c, **{"Content-Type": "application/xml", "X-Tableau-Auth": c.headers["X-Tableau-Auth"]})
     .post(f"/workbooks/{luid(c, 'Mine')}/refresh", {})),
    ("error-400006-page-number", lambda c: c.get("/workbooks?pageNumber=9")),
    ("error-400006-page-number", lambda c: c.get("/workbooks?pageNumber=9223372036854775807&pageSize=1000")),
    ("error-403014-page-size", lambda c: c.get("/workbooks?pageSize=1001")),
    ("error-400065-filter", lambda c: c.get("/workbooks?filter=name:eq:P%26L%2C%20monthly")),
    ("error-404003-unknown-resource", lambda c: c.call("GET", "/nothing")),
    ("error-404003-unknown-resource", lambda c: c.call("GET", "/serverinfo", version="3.99")),
    ("error-404003-unknown-resource", lambda c: c.get("/workbooks/a/b/c")),
    ("error-404006-workbook", lambda c: c.get(f"/workbooks/{UNKNOWN}")),
    ("error-404004-datasource", lambda c: c.post(f"/datasources/{UNKNOWN}/refresh", {})),
    ("error-404027-flow", lambda c: c.post(f"/flows/{UNKNOWN}/run", {})),
    ("error-404018-job", lambda c: c.get(f"/jobs/{UNKNOWN}")),
    ("error-404018-job", lambda c: purged(c, 404018)),
    ("error-400031-query-job", lambda c: purged(c, 400031)),
    ("error-404026-task", lambda c: c.get(f"/tasks/extractRefreshes/{UNKNOWN}")),
    ("error-404000-site", lambda c: c.call("GET", f"/sites/{UNKNOWN}/workbooks")),
    ("error-405000-method", lambda c: c.call("GET", "/auth/signin")),
    ("error-405000-method", lambda c: c.get(f"/workbooks/{UNKNOWN}/refresh")),
    ("error-403180-no-extract", lambda c: refused(c, "Live")),
    ("error-409090-not-allowed", lambda c: refused(c, "Live too")),
    ("error-409093-already-queued", lambda c: [refused(c, "Mine") for _ in range(2)][1]),
    ("error-429000-rate-limit", lambda c: [refused(c, name) for name in ("Mine", "Bad", "Bridge", "Note", "P&L, monthly")][4]),
    ("error-403004-forbidden", lambda c: reader(c).get("/jobs")),
    ("error-403032-forbidden", lambda c: [refused(c, "Mine"), reader(c).call("PUT", f"{c.base}/jobs/{c.sandbox.jobs()[0]['id']}")][1]),
    ("error-403091-cancel-complete", cancelled_late),
]


@pytest.mark.parametrize("recorded,call", ERRORS, ids=[e[0] for e in ERRORS])
def test_errors_are_those_that_tableau_tells(client, recorded, call):
    answer, known = call(client), sample(recorded)["error"]
    told = answer.json["error"]
    assert (told.keys(), told["code"], told["summary"]) == (known.keys(), known["code"], known["summary"])
    assert answer.status == int(known["code"][:3])
    if recorded.split("-")[1] not in ("403004", "403032"):      # of the same codes for another call
        names_nothing = re.compile(r"'[^']*'|\d+ minutes")
        assert names_nothing.sub("", told["detail"]) == names_nothing.sub("", known["detail"])


def test_without_json_wanted_answers_are_xml(sandbox):
    client = Client(sandbox, json_wanted=False)
    answer = client.call("GET", "/serverinfo")
    assert b"<tsResponse" in answer.body and b"<restApiVersion>3.25</restApiVersion>" in answer.body
    assert b'<error code="404003">' in client.call("GET", "/nothing").body


def test_a_second_sign_in_ends_the_first_without_a_word_also_elsewhere(sandbox_of):
    shared = {"pats": [{"name": "refresh-router", "secret": "one"}]}
    sandbox = sandbox_of(site_world("finance", **shared), site_world("board", **shared))
    first, second = Client(sandbox, "finance"), Client(sandbox, "board")
    assert first.sign_in("one").status == 200 and first.get("/workbooks").status == 200
    assert second.sign_in("one").status == 200
    assert first.get("/workbooks").json["error"]["code"] == "401002" and second.get("/workbooks").status == 200


@pytest.mark.parametrize("filter_,names", [("name:eq:Revenue", 2), ("name:eq:revenue", 0), ("name:eq:Rev*", 2), ("name:eq:P*L* monthly", 1), ("name:eq:Revenue,projectName:eq:Daily", 1),
                                           ("name:eq:Mine,name:eq:Live", 1), ("tags:eq:dbt", 1), ("name:in:[Mine,Live]", 2)])
def test_the_filter_grammar(client, filter_, names):
    answer = client.get("/workbooks?filter=" + filter_.replace(" ", "%20"))
    assert int(answer.json["pagination"]["totalAvailable"]) == names


@pytest.mark.parametrize("plural,filter_,count", [
    ("workbooks", "hasExtracts:eq:false", 2), ("workbooks", "contentUrl:eq:Mine*", 1), ("workbooks", "createdAt:gt:2030-01-01T00:00:00Z", 0), ("workbooks", "size:gte:41", 9),
    ("workbooks", "ownerEmail:eq:nobody@example.com", 0), ("datasources", "type:eq:excel", 0), ("datasources", "tags:in:[dbt,x]", 1), ("flows", "projectName:eq:Finance", 2),
    ("projects", "name:eq:Daily", 2), ("projects", "topLevelProject:eq:true", 2)])
def test_every_field_that_a_filter_may_name_counts(client, plural, filter_, count):
    assert client.get(f"/{plural}?filter={filter_}").json["pagination"]["totalAvailable"] == str(count)


@pytest.mark.parametrize("path", ["/workbooks?filter=nothing:eq:x", "/workbooks?filter=name:has:x", "/flows?filter=tags:eq:x", "/workbooks?sort=nothing:asc", "/workbooks?sort=name:up",
                                  "/workbooks?pageSize=0", "/workbooks?pageSize=x", "/jobs?filter=status:in:[Failed]"])
def test_questions_that_make_no_sense_are_refused(client, path):
    assert client.get(path).status == 400


def test_lists_are_sorted_and_paged(client):
    def names(query):
        return [w["name"] for w in client.get(f"/workbooks?{query}").json["workbooks"]["workbook"]]
    everything = sorted(names(""), key=str.encode)
    assert names("sort=name:asc") == everything and names("sort=name:desc") == everything[::-1]
    pages = [names(f"sort=name:asc&pageSize=4&pageNumber={n}") for n in (1, 2, 3)]
    assert sum(pages, []) == everything and [len(p) for p in pages] == [4, 4, 1]


def test_jobs_are_found_by_time_state_and_type(client):
    client.sandbox.change("Mine", running_ms=60000)
    for name in ("Mine", "Bad"):
        client.post(f"/workbooks/{luid(client, name)}/refresh", {})
    client.post(f"/flows/{luid(client, 'tagged', 'flows', 'flow')}/run", {})
    wait_until(lambda: [j["state"] for j in client.sandbox.jobs()] == ["InProgress", "Failed", "Success"])
    first = client.get("/jobs").json["backgroundJobs"]["backgroundJob"][0]["createdAt"]

    def titles(filter_, rest=""):
        found = client.get(f"/jobs?filter={filter_}{rest}").json["backgroundJobs"]
        return [j["title"] for j in found.get("backgroundJob", [])]
    assert titles(f"createdAt:gte:{first}") == ["Mine", "Bad", "tagged"] and titles("createdAt:gt:2100-01-01T00:00:00Z") == []
    assert titles("status:eq:Failed") == ["Bad"] and titles("jobType:eq:run_flow") == ["tagged"] and titles("title:has:in") == ["Mine"]
    assert titles("priority:eq:50", "&sort=title:asc") == ["Bad", "Mine", "tagged"]


def test_one_workbook_its_connections_and_runs_of_flows(client):
    assert shape(client.get(f"/workbooks/{luid(client, 'Revenue')}").json) == shape(sample("workbook"))
    embedded, published = sample("workbook-connections")["connections"]["connection"]
    for name, recorded in (("Revenue", embedded), ("Live", published)):
        found = client.get(f"/workbooks/{luid(client, name)}/connections").json["connections"]["connection"]
        assert shape(found) == [shape(recorded)] and (found[0]["type"] == "sqlproxy") == (recorded["type"] == "sqlproxy")
    job = client.post(f"/flows/{luid(client, 'tagged', 'flows', 'flow')}/run", {}).json["job"]
    wait_until(lambda: shape(client.get(f"/jobs/{job['id']}").json) == shape(sample("job-flow-success")), "the flow")
    run = job["runFlowJobType"]["flowRunId"]
    assert shape(client.get(f"/flows/runs/{run}").json) == shape(sample("flow-run"))
    assert shape(client.get("/flows/runs").json) == shape(sample("flow-runs"))
    assert client.call("GET", "/sessions/current").json["session"]["site"]["contentUrl"] == "finance"


def test_empty_lists_are_empty_objects(sandbox_of):
    client = Client(sandbox_of(site_world(workbooks=[], projects=[])))
    client.sign_in()
    for plural, recorded in (("workbooks", "workbooks-empty"), ("datasources", "datasources-empty"), ("projects", "projects-empty"), ("jobs", "jobs-empty")):
        assert shape(client.get(f"/{plural}").json) == shape(sample(recorded))
    assert client.get("/tasks/extractRefreshes").json == sample("tasks-empty")


def test_other_servers_shape_lists_otherwise(sandbox_of):
    client = Client(sandbox_of(site_world(tasks=[{"id": TASK, "workbook": "Revenue", "schedule": False}], single_as_object=True, tasks_as_array=True,
                                          old_filters=True)))
    client.sign_in()
    assert isinstance(client.get("/workbooks").json["workbooks"]["workbook"], dict)
    assert shape(client.get("/tasks/extractRefreshes").json) == shape(sample("tasks-extract-bare-array"))
    assert client.get("/workbooks?filter=hasExtracts:eq:true").status == 400 and client.get("/workbooks?filter=name:eq:Rev*").json["workbooks"] == {}


def test_cloud_tells_the_schedule_of_a_task_inline(sandbox_of):
    client = Client(sandbox_of(site_world(tasks=[{"id": TASK, "datasource": "orders"}], datasources=[{"name": "orders"}], cloud=True)))
    client.sign_in()
    assert shape(client.get("/tasks/extractRefreshes").json) == shape(sample("tasks-extract-cloud"))


def by_rule(element):
    """XML to JSON as the samples' README says, text only."""
    found = dict(element.attrib)
    for child in element:
        name = child.tag.split("}")[1]
        value = by_rule(child) if len(child) or child.attrib or not (child.text or "").strip() else child.text
        found.setdefault(name, []).append(value)
    return {k: v[0] if isinstance(v, list) and len(v) == 1 else v for k, v in found.items()} | ({"value": element.text} if (element.text or "").strip() else {})


def as_text(value):
    """The same of JSON: lists of one are their item, scalars are text."""
    if isinstance(value, dict):
        return {k: as_text(v) for k, v in value.items()}
    if isinstance(value, list):
        return as_text(value[0]) if len(value) == 1 else [as_text(v) for v in value]
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value or {}


def test_everything_can_be_said_in_xml(client):
    xml = Client(client.sandbox, json_wanted=False)
    xml.headers = {"Content-Type": "text/xml"}

    def post(path, body):
        return request(client.sandbox.address, "POST", f"/api/3.25{path}", body, xml.headers)
    sign_in = (SAMPLES / "tableau" / "signin-request-pat.xml").read_text()
    assert b'code="401001"' in post("/auth/signin", sign_in).body
    # the reader's PAT: the client's own session goes on, and both are asked the same
    told = post("/auth/signin", re.sub('Name="[^"]*"', 'Name="reader"', re.sub('Secret="[^"]*"', 'Secret="reader-secret"', sign_in)))
    credentials = by_rule(tree.fromstring(told.body))["credentials"]
    assert credentials["site"]["contentUrl"] == "finance"
    xml.headers["X-Tableau-Auth"] = credentials["token"]
    for path in ("/workbooks?fields=_all_", "/datasources", "/flows", "/projects", "/tasks/extractRefreshes"):
        answer = request(client.sandbox.address, "GET", f"/api/3.25{client.base}{path}", None, xml.headers)
        found, known = by_rule(tree.fromstring(answer.body)), as_text(client.get(path).json)
        known.pop("value", None)
        assert json.dumps(found, sort_keys=True).replace('""', "{}") == json.dumps(known, sort_keys=True).replace('""', "{}")
    refresh = f"{client.base}/workbooks/{luid(client, 'Mine')}/refresh"
    assert b'code="400000"' in post(refresh, "").body and b'code="400000"' in post(refresh, "<tsRequest>").body
    job = by_rule(tree.fromstring(post(refresh, (SAMPLES / "tableau" / "refresh-request-incremental.xml").read_text()).body))["job"]
    assert job["type"] == "RefreshExtract" and client.sandbox.jobs()[0]["incremental"]


# ---- faults and the rest of the control endpoint ----

REFRESH = {"method": "POST", "path": "*/workbooks/*/refresh", "site": "finance"}


@pytest.mark.parametrize("fault,status,text,jobs", [
    ({"do": "status", "status": 502}, 502, "", 0), ({"do": "error", "status": 503}, 503, "No server is available", 0), ({"do": "error", "code": 403004}, 403, "403004", 0),
    ({"do": "error_after", "code": 403004}, 403, "403004", 1), ({"do": "error_after", "status": 504}, 504, "504 Gateway", 1), ({"do": "drop"}, 0, "", 0), ({"do": "drop_after"}, 0, "", 1),
    ({"do": "html"}, 200, "<html>", 0), ({"do": "empty"}, 200, "", 0), ({"do": "garbage"}, 200, "{", 0), ({"do": "truncate"}, 202, '{"job"', 1), ({"do": "409093"}, 409, "409093", 0),
    ({"do": "429", "retry_after": 7}, 429, "429000", 0), ({"do": "429"}, 429, "retry after", 0), ({"do": "latency", "ms": 100}, 202, "job", 1), ({"do": "expire_session"}, 401, "401002", 0)],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None)
def test_a_fault_does_what_it_says_once(client, fault, status, text, jobs):
    workbook = luid(client, "Mine")
    client.sandbox.fault(on=REFRESH, **fault)
    began = time.monotonic()
    try:
        answer = client.post(f"/workbooks/{workbook}/refresh", {})
        assert answer.status == status and text in answer.body.decode() and (text or not answer.body)
        assert answer.headers.get("Retry-After") == ("7" if "retry_after" in fault else None)
    except (http.client.RemoteDisconnected, ConnectionResetError):
        assert not status
    assert len(client.sandbox.jobs()) == jobs and time.monotonic() - began >= fault.get("ms", 0) / 1000
    call, = client.sandbox.refresh_calls()
    assert call["fault"] == fault["do"] and call["status"] == status and call["site"] == "finance" and call["pat"] == "refresh-router"
    assert client.sandbox.control("GET", "faults")["faults"][0]["left"] == 0
    again = client.post(f"/workbooks/{workbook}/refresh", {})
    assert again.status == (401 if fault["do"] == "expire_session" else 409 if jobs else 202)


def test_faults_wait_and_last_as_told(client):
    client.sandbox.fault("error", on={"path": "*/projects"}, after=1, times=2, code=500000)
    assert [client.get("/projects").status for _ in range(5)] == [200, 500, 500, 200, 200]
    client.sandbox.fault("error", on={"site": "board"}, times=0)
    assert client.get("/projects").status == 200
    client.sandbox.fault("empty", times=0)
    assert {client.get("/projects").body for _ in range(9)} == {b""}
    client.sandbox.forget_faults()
    assert client.get("/projects").status == 200


@pytest.mark.parametrize("fault", [{"do": "nothing"}, {}, {"do": "status"}, {"do": "drop", "time": 1}, {"do": "drop", "on": {"paths": "*"}}, {"do": "drop", "times": -1},
                                   {"do": "error", "code": 7}, {"do": "latency", "ms": 99999999999}, [], "drop"])
def test_a_fault_with_a_typing_error_is_refused(sandbox, fault):
    assert request(sandbox.address, "POST", "/-/sandbox/faults", json.dumps(fault)).status == 400
    assert not sandbox.control("GET", "faults")["faults"]


def test_the_log_of_calls_tells_who_called_what(client):
    workbook = luid(client, "Mine")
    client.sandbox.control("DELETE", "calls")
    client.post(f"/workbooks/{workbook}/refresh", {})
    client.get("/workbooks?filter=name:eq:x")
    refresh, listing = client.sandbox.control("GET", "calls")["calls"]
    assert refresh["n"] + 1 == listing["n"] and refresh["content"] == workbook and "content" not in listing
    assert listing["query"] == "filter=name:eq:x" and listing["path"] == f"/api/3.25{client.base}/workbooks"
    assert client.sandbox.control("GET", "calls?method=POST&path=*/refresh&site=finance")["calls"] == [refresh]
    assert client.sandbox.control("GET", "calls?site=board")["calls"] == []


def test_a_foreign_job_blocks_until_the_last_of_them_is_over(client):
    client.sandbox.running_job("Mine")
    last = client.sandbox.foreign_job("Mine", queued_ms=1, running_ms=1)
    wait_until(lambda: client.sandbox.state_of(last) == "Success", "the last one to end")
    assert refused(client, "Mine").json["error"]["code"] == "409093"
    client.sandbox.end_jobs()
    assert refused(client, "Mine").status == 202
    assert [j["by"] for j in client.sandbox.jobs()] == ["foreign", "foreign", "refresh-router"]


def test_content_is_published_anew_renamed_moved_and_removed(client):
    old = luid(client, "Mine")
    client.sandbox.change("Mine", id="new", project="Marketing/Daily", next_result="failed")
    new = luid(client, "Mine")
    assert new != old and client.get(f"/workbooks/{old}").status == 404
    assert client.get(f"/workbooks/{new}").json["workbook"]["project"]["name"] == "Daily"
    assert job_until(client, "Mine", "finishCode")["job"]["finishCode"] == "1" and job_until(client, "Mine", "finishCode")["job"]["finishCode"] == "0"
    client.sandbox.control("POST", "content", {"site": "finance", "id": new, "set": {"name": "Yours"}})
    assert luid(client, "Yours") == new
    client.sandbox.control("DELETE", "content", {"site": "finance", "kind": "workbook", "id": new})
    assert client.get(f"/workbooks/{new}").status == 404 and refused(client, "Revenue").status == 202
    for wrong in ({"id": luid(client, "Bad")}, {"project": "None"}, {"result": "odd"}, {"nam": "x"}):
        assert request(client.sandbox.address, "POST", "/-/sandbox/content", json.dumps({"site": "finance", "name": "Live", "set": wrong})).status in (400, 404)


@pytest.mark.alone      # a client that is held up for 0.4 s is idle
def test_sessions_end_by_idling_and_fresh_tokens_may_be_refused(sandbox_of):
    client = Client(sandbox_of(site_world(session_idle="400ms", refuse_fresh="200ms")))
    client.sign_in()
    assert client.get("/workbooks").json["error"]["code"] == "401002"
    wait_until(lambda: client.get("/workbooks").status == 200)
    time.sleep(0.6)      # the time is what is tested
    assert client.get("/workbooks").status == 401 and client.call("POST", "/auth/signout").status == 401


def test_a_session_goes_over_to_another_site_of_its_pat(sandbox_of):
    shared = {"pats": [{"name": "refresh-router", "secret": "one"}]}
    client = Client(sandbox_of(site_world("finance", **shared), site_world("board", **shared)))
    client.sign_in("one")
    told = client.call("POST", "/auth/switchSite", {"site": {"contentUrl": "board"}})
    assert shape(told.json) == shape(sample("signin-response")) and client.get("/workbooks").status == 401


@pytest.mark.alone      # six seconds at most
def test_latency_is_of_each_call_not_of_the_server(client):
    client.sandbox.control("POST", "latency", {"ms": 300})
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(60) as pool:
        assert {a.status for a in pool.map(lambda _: client.get("/projects"), range(60))} == {200}
    assert 0.3 <= time.monotonic() - began < 60 * 0.3 / 3


@pytest.mark.alone      # ten seconds at most
def test_it_stops_at_once_while_it_owes_answers(tmp_path):
    sandbox = Sandbox(tmp_path, {"sites": [site_world()]})
    sandbox.control("POST", "latency", {"ms": 30000})
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(request, sandbox.address, "GET", "/api/3.25/serverinfo") for _ in range(20)]
        wait_until(lambda: len(sandbox.calls()) == 20)
        began = time.monotonic()
        sandbox.stop()
        assert time.monotonic() - began < 10
        assert {a.result().status for a in answers} == {200}


def test_a_site_may_be_big(sandbox_of):
    client = Client(sandbox_of(site_world(workbooks=[], generate=[{"count": 30000, "name": "wb-%05d", "project": "Finance/Daily"}])))
    client.sign_in()
    assert client.get("/workbooks?filter=name:eq:wb-29999").json["pagination"]["totalAvailable"] == "1"
    last = client.get("/workbooks?pageSize=1000&pageNumber=30").json["workbooks"]["workbook"]
    assert len(last) == 1000 and last[-1]["name"] == "wb-29999"
    assert client.get(f"/workbooks/{last[-1]['id']}").json["workbook"]["name"] == "wb-29999"


# ---- the state file ----

@pytest.mark.parametrize("site,told", [
    ({"workbooks": [{"name": "x", "project": "None"}]}, "no project 'None'"), ({"tasks": [{"id": TASK, "workbook": "None"}]}, "nothing to refresh named 'None'"),
    ({"tasks": [{"id": TASK}]}, "either workbook or datasource"), ({"pats": [{"name": "a", "secret": "b"}] * 2}, "twice: 'a'"), ({"api_version": "three"}, "'three'"),
    ({"workbooks": [{"name": "a", "id": "x"}, {"name": "b", "id": "x"}]}, "twice: 'x'"), ({"generate": [{"count": 2, "name": "wb-%s"}]}, "'wb-%s'"),
    ({"generate": [{"count": 2, "name": "wb-%d", "kind": "views"}]}, "'views'"), ({"workbooks": [{"name": "x", "owner": "nobody"}]}, "no owner 'nobody'")])
def test_a_world_that_makes_no_sense_is_told_apart(tmp_path, site, told):
    (tmp_path / "world.yaml").write_text(json.dumps({"sites": [{"content_url": "finance", **site}]}))
    ended = subprocess.run([BUILD / "tableau-sandbox", "--listen", "127.0.0.1:0", "--state", tmp_path / "world.yaml"], capture_output=True, text=True)
    assert ended.returncode == 2 and told in ended.stderr and ended.stderr.count("error:") == 1 and not ended.stdout


@pytest.mark.parametrize("text", ["sites: []", "{}", "sites: [{content_url: a}, {content_url: a}]", "a: [", ""])
def test_a_file_that_is_no_world_is_told_apart(tmp_path, text):
    (tmp_path / "world.yaml").write_text(text)
    ended = subprocess.run([BUILD / "tableau-sandbox", "--listen", "127.0.0.1:0", "--state", tmp_path / "world.yaml"], capture_output=True, text=True)
    assert ended.returncode == 2 and "error:" in ended.stderr


def test_the_example_is_a_world_and_help_names_every_key_of_it(sandbox_of):
    import yaml
    text = (TOP / "packaging/sandbox/world.yaml").read_text()
    client = Client(sandbox_of(*yaml.safe_load(text)["sites"]))
    assert client.sign_in().status == 200 and len(client.get("/workbooks").json["workbooks"]["workbook"]) == 6
    told = subprocess.run([BUILD / "tableau-sandbox", "--help"], capture_output=True, text=True, check=True).stdout
    for key in set(re.findall(r"([a-z_]+):(?= |$)", "\n".join(line.split(" #")[0] for line in text.splitlines()))):
        assert re.search(rf"\b{key}\b", told), key
