"""The sandbox against what Tableau was recorded to say: same members, same types of JSON, same codes. The fact sheet decides, not our client."""
import json

import pytest

from harness import SAMPLES, request, site_world, wait_until

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
                        {"name": "Bad", "project": "Finance", "result": "failed", "notes": "no"}, {"name": "Bridge", "project": "Finance", "result": "bridge"},
                        {"name": "Note", "project": "Finance", "result": "error_note"}],
             datasources=[{"name": "orders", "project": "Finance/Daily", "tags": ["dbt"]}], flows=[{"name": "tagged", "project": "Finance", "tags": ["dbt"]},
                                                                                                   {"name": "untagged", "project": "Finance"}],
             tasks=[{"id": TASK, "workbook": "Revenue"}])


@pytest.fixture
def client(sandbox_of):
    sandbox = sandbox_of(site_world(**WORLD), site_world("board"))
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
    task = client.get("/tasks/extractRefreshes").json["tasks"]["task"][0]["extractRefresh"]
    assert shape(task).items() <= shape(sample("tasks-extract-server")["tasks"]["task"][0]["extractRefresh"]).items()
    assert shape(client.get(f"/tasks/extractRefreshes/{TASK}").json)["task"]["extractRefresh"].items() <= shape(sample("task-extract"))["task"]["extractRefresh"].items()


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
    client.sandbox.change("P&L, monthly", queued_ms=300, running_ms=300, notes="done")
    job = client.post(f"/workbooks/{luid(client, 'P&L, monthly')}/refresh", {}).json["job"]["id"]
    for recorded in ("job-queued", "job-running", "job-success"):
        seen = wait_until(lambda: (j := client.get(f"/jobs/{job}").json) and shape(j).get("job", {}).keys() >= shape(sample(recorded))["job"].keys() - {"updatedAt"} and j, recorded)
        assert {k: v for k, v in shape(seen)["job"].items() if k != "updatedAt"} == {k: v for k, v in shape(sample(recorded))["job"].items() if k != "updatedAt"}
    row = client.get("/jobs").json["backgroundJobs"]["backgroundJob"][0]
    assert shape(row) == shape(sample("jobs-list")["backgroundJobs"]["backgroundJob"][0])


@pytest.mark.parametrize("name,code,recorded", [("Bad", "1", "job-failed"), ("Bridge", "3", "job-bridge-completed"), ("Note", "0", "job-finished-code0-error-note")])
def test_jobs_end_in_every_way(client, name, code, recorded):
    job = job_until(client, name, "completedAt")["job"]
    assert job["finishCode"] == code == sample(recorded)["job"]["finishCode"]
    assert ("statusNotes" in job) == ("statusNotes" in sample(recorded)["job"])


def test_a_bridge_job_that_was_handed_over_is_not_done(client):
    client.sandbox.change("Bridge", running_ms=400)
    job = job_until(client, "Bridge", "finishCode")["job"]
    assert job["finishCode"] == "0" and "completedAt" not in job and "completedAt" not in sample("job-bridge-assigned")["job"]


def test_a_job_can_be_cancelled_while_it_is_not_over(client):
    client.sandbox.change("Revenue", running_ms=5000)
    job = client.post(f"/workbooks/{luid(client, 'Revenue')}/refresh", {}).json["job"]["id"]
    assert client.call("PUT", f"{client.base}/jobs/{job}").status == 200
    assert client.get(f"/jobs/{job}").json["job"]["finishCode"] == sample("job-cancelled")["job"]["finishCode"]
    assert client.call("PUT", f"{client.base}/jobs/{job}").json["error"]["code"] == sample("error-403091-cancel-complete")["error"]["code"]


ERRORS = [
    ("error-401001-signin", lambda c: c.sign_in("wrong")),
    ("error-401002", lambda c: Client.call(type("C", (), {"sandbox": c.sandbox, "headers": {**c.headers, "X-Tableau-Auth": "gone"}}), "GET", c.base + "/workbooks")),
    ("error-400000-bad-body", lambda c: c.post(f"/workbooks/{luid(c, 'Mine')}/refresh")),
    ("error-400006-page-number", lambda c: c.get("/workbooks?pageNumber=9")),
    ("error-403014-page-size", lambda c: c.get("/workbooks?pageSize=1001")),
    ("error-400065-filter", lambda c: c.get("/workbooks?filter=name:eq:P%26L%2C%20monthly")),
    ("error-404003-unknown-resource", lambda c: c.call("GET", "/nothing")),
    ("error-404003-unknown-resource", lambda c: c.call("GET", "/serverinfo", version="3.99")),
    ("error-404006-workbook", lambda c: c.get("/workbooks/4a861507-0000-4528-9ea6-9f9b7370ae32")),
    ("error-404018-job", lambda c: c.get("/jobs/4a861507-0000-4528-9ea6-9f9b7370ae32")),
    ("error-404026-task", lambda c: c.get("/tasks/extractRefreshes/4a861507-0000-4528-9ea6-9f9b7370ae32")),
    ("error-404000-site", lambda c: c.call("GET", "/sites/4a861507-0000-4528-9ea6-9f9b7370ae32/workbooks")),
    ("error-405000-method", lambda c: c.call("GET", "/auth/signin")),
    ("error-403180-no-extract", lambda c: c.post(f"/workbooks/{luid(c, 'Live')}/refresh", {})),
    ("error-409093-already-queued", lambda c: [c.post(f"/workbooks/{luid(c, 'Mine')}/refresh", {}) for _ in range(2)][1]),
]


@pytest.mark.parametrize("recorded,call", ERRORS, ids=[e[0] for e in ERRORS])
def test_errors_are_those_that_tableau_tells(client, recorded, call):
    answer, known = call(client), sample(recorded)
    assert shape(answer.json) == shape(known) and answer.json["error"]["code"] == known["error"]["code"]
    assert answer.json["error"]["summary"] == known["error"]["summary"] or recorded.split("-")[1] in ("401000", "404000", "404003", "404006")
    assert answer.status == int(known["error"]["code"][:3])


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
