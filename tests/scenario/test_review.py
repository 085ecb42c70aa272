"""What a team's pipeline does with a change of the rules: packaging/ci/review and comment, before servers on loopback that are GitHub's and GitLab's."""
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
import urllib.parse

import pytest
import yaml

import harness
from harness import BUILD, TOP

CI = TOP / "packaging" / "ci"
TOKEN = "ghs_SecretTokenOfTheJob"
MARKER = "<!-- refresh-router diff -->"
BODY = f"{MARKER}\n**1 of 2 events decides differently: 1 refresh gained**\n\n<details><summary>Details</summary>\n\n| row |\n\n</details>\n"


class Api(http.server.BaseHTTPRequestHandler):
    """Comments of one request, as both servers keep them, in pages of 100. `server.trouble` answers instead, while it has anything."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, data, headers=None):
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def handle_one(self):
        server, data = self.server, json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
        server.asked.append((self.command, self.path, data))
        given = self.headers.get("PRIVATE-TOKEN") if server.is_gitlab else (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if server.trouble:
            trouble = server.trouble.pop(0)
            if trouble is not None:
                return trouble(self)
        if given != TOKEN:
            return self.answer(401, {"message": "Bad credentials"})
        path, _, query = self.path.partition("?")
        if path == "/api/user":
            return self.answer(*server.user)
        if path == server.list and self.command == "GET":
            return self.page(urllib.parse.parse_qs(query))
        if path == server.list and self.command == "POST":
            server.comments.append({"id": 9000 + len(server.comments), "body": data["body"], **server.own})
            return self.answer(201, server.comments[-1])
        found = re.fullmatch(re.escape(server.edit) + r"/(\d+)", path)
        if found and self.command == ("PUT" if server.is_gitlab else "PATCH"):
            comment = next(comment for comment in server.comments if comment["id"] == int(found[1]))
            comment["body"] = data["body"]
            return self.answer(200, comment)
        return self.answer(404, {"message": "Not Found"})

    do_GET = do_POST = do_PATCH = do_PUT = handle_one

    def page(self, query):
        number, size = int(query["page"][0]), int(query["per_page"][0])
        part, rest = self.server.comments[(number - 1) * size:number * size], self.server.comments[number * size:]
        link = {"Link": f'<http://x/?page={number + 1}>; rel="next", <http://x/?page=9>; rel="last"'} if rest else {}
        return self.answer(200, part, {"X-Next-Page": str(number + 1) if rest else ""} if self.server.is_gitlab else link)


@pytest.fixture(params=["github", "gitlab"])
def api(request, tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    url = f"http://127.0.0.1:{server.server_address[1]}/api"
    server.is_gitlab, server.asked, server.trouble, server.comments = request.param == "gitlab", [], [], []
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI_", "GITLAB_", "http", "HTTP"))}
    if server.is_gitlab:
        server.list = server.edit = "/api/projects/4711/merge_requests/12/notes"
        server.user, server.own = (200, {"id": 77}), {"author": {"id": 77}, "system": False}
        server.environment = {**clean, "GITLAB_CI": "true", "CI_API_V4_URL": url, "CI_PROJECT_ID": "4711", "CI_MERGE_REQUEST_IID": "12",
                              "CI_MERGE_REQUEST_PROJECT_ID": "4711", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "4711", "REFRESH_ROUTER_TOKEN": TOKEN}
    else:
        server.list, server.edit = "/api/repos/team/rules/issues/12/comments", "/api/repos/team/rules/issues/comments"
        server.user, server.own = (403, {"message": "Resource not accessible by integration"}), {"user": {"login": "github-actions[bot]", "type": "Bot"}}
        (tmp_path / "event.json").write_text(json.dumps({"pull_request": {"number": 12, "head": {"repo": {"full_name": "team/rules"}}}}))
        server.environment = {**clean, "GITHUB_ACTIONS": "true", "GITHUB_API_URL": url, "GITHUB_REPOSITORY": "team/rules",
                              "GITHUB_EVENT_PATH": str(tmp_path / "event.json"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "REFRESH_ROUTER_TOKEN": TOKEN}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def comment(api, folder, body=BODY, *options, **environment):
    path = folder / "comment.md"
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    told = subprocess.run([CI / "comment", *options, path], capture_output=True, text=True, timeout=harness.DEADLINE, check=False,
                          env={**api.environment, **environment})
    assert TOKEN not in told.stdout + told.stderr and "Traceback" not in told.stderr, told
    assert not told.stdout
    return told


def writes(api):
    return [method for method, _, _ in api.asked if method != "GET"]


# ---- one comment ----

def test_the_first_run_posts_and_the_next_ones_edit(api, tmp_path):
    assert comment(api, tmp_path).returncode == 0
    for text in ("second", "third"):
        assert comment(api, tmp_path, BODY + text).returncode == 0
    assert [c["body"] for c in api.comments] == [BODY + "third"] and writes(api) == ["POST"] + ["PUT" if api.is_gitlab else "PATCH"] * 2


@pytest.mark.parametrize("before", [99, 100, 250])
def test_the_comment_is_found_on_whatever_page_it_is(api, tmp_path, before):
    api.comments = [{"id": n + 1, "body": f"comment {n}", **api.own} for n in range(before)]
    comment(api, tmp_path)
    api.comments += [{"id": 5000 + n, "body": "later", **api.own} for n in range(120)]
    assert comment(api, tmp_path, BODY + "again").returncode == 0
    assert [c["body"] for c in api.comments if c["body"].startswith(MARKER)] == [BODY + "again"]


def test_somebody_elses_comment_that_quotes_ours_is_left_alone(api, tmp_path):
    stranger = {"author": {"id": 1}} if api.is_gitlab else {"user": {"login": "mallory", "type": "User"}}
    api.comments = [{"id": 1, "body": BODY, **stranger}, {"id": 2, "body": "see " + BODY, **api.own}, {"id": 3, "body": None, **api.own}]
    assert comment(api, tmp_path, BODY + "new").returncode == 0
    assert [c["body"] for c in api.comments[:3]] == [BODY, "see " + BODY, None] and api.comments[3]["body"] == BODY + "new"


@pytest.mark.parametrize("api", ["github"], indirect=True)
def test_a_persons_token_edits_that_persons_comment(api, tmp_path):
    api.user, api.own = (200, {"login": "alice"}), {"user": {"login": "alice", "type": "User"}}
    api.comments = [{"id": 1, "body": BODY, "user": {"login": "other[bot]", "type": "Bot"}}]
    for text in ("one", "two"):
        assert comment(api, tmp_path, BODY + text).returncode == 0
    assert [c["body"] for c in api.comments] == [BODY, BODY + "two"]


# ---- what goes wrong ----

def fails(status, message="", headers=None):
    return lambda handler: handler.answer(status, {"message": message}, headers)


@pytest.mark.parametrize("status,says", [(401, "does not know the token"), (403, "the token may not comment"), (404, "may not see it"), (422, "not accepted")])
def test_a_refusal_says_what_to_do(api, tmp_path, status, says):
    api.trouble = [None, fails(status, "No \x1b[31m\n::error::forged")]
    told = comment(api, tmp_path)
    assert told.returncode == 1 and says in told.stderr and f"answered {status}" in told.stderr and len(told.stderr.splitlines()) == 1
    assert "\x1b" not in told.stderr and not writes(api)
    if status in (401, 403):
        assert ("REFRESH_ROUTER_TOKEN" if api.is_gitlab else "pull-requests: write") in told.stderr


def test_a_server_that_fails_for_a_moment_gets_one_comment(api, tmp_path):
    def lost(handler):      # carried out, and the answer is lost
        api.comments.append({"id": 1, "body": BODY, **api.own})
        handler.close_connection = True
    api.trouble = [fails(502, "", {"Retry-After": "0"}), None, None, lost, None]
    told = comment(api, tmp_path)
    assert told.returncode == 0 and told.stderr.count("trying again") == 2 and len(api.comments) == 1, told


@pytest.mark.parametrize("trouble", [fails(500, "oops"), fails(503, "", {"Retry-After": "0"}), fails(429, "", {"Retry-After": "0"}), fails(403, "secondary rate limit", {"Retry-After": "0"}),
                                     fails(403, "rate limit", {"X-RateLimit-Remaining": "0", "Retry-After": "0"}),
                                     lambda handler: setattr(handler, "close_connection", True)], ids=["500", "503", "429", "403 with Retry-After", "limit", "no answer"])
def test_a_server_that_goes_on_failing_is_69(api, tmp_path, trouble):
    api.trouble = [trouble] * 9
    told = comment(api, tmp_path, BODY, "--tries", "2")
    assert told.returncode == 69 and "run this job again" in told.stderr and len(api.asked) == 2


def test_a_server_that_never_answers_is_given_up(api, tmp_path):
    ended = threading.Event()
    api.trouble = [lambda handler: ended.wait(harness.DEADLINE)] * 2
    told = comment(api, tmp_path, BODY, "--tries", "2", "--timeout", "0.2")
    ended.set()
    assert told.returncode == 69 and "timed out" in told.stderr


@pytest.mark.parametrize("answer", [b"<html>", b"[", b"\xff", b"{}", b"null", b'"text"', b"5", b"[5]", b'[{"id": "1/../../x"}]', b"[" * 9000],
                         ids=lambda answer: ascii(answer)[:12])
def test_an_answer_that_is_no_list_is_no_empty_list(api, tmp_path, answer):
    api.trouble = [None, lambda handler: handler.answer(200, answer)]
    told = comment(api, tmp_path)
    assert told.returncode == 1 and "is that the address of the API?" in told.stderr and not writes(api)


@pytest.mark.parametrize("status,body", [(200, b"<html>"), (200, b"[5]"), (200, b"[" * 9000), (422, b"[" * 9000), (422, b"\xff"), (422, b"[]"), (422, b'{"message": {"a": ["b"]}}')],
                         ids=lambda value: ascii(value)[:12])
def test_a_strange_answer_to_the_first_question_is_no_traceback(api, tmp_path, status, body):
    api.trouble = [lambda handler: handler.answer(status, body)]
    told = comment(api, tmp_path)
    assert told.returncode == 1 and len(told.stderr.splitlines()) == 1 and len(api.asked) == 1


def test_the_token_follows_no_redirect(api, tmp_path):
    there = f"http://127.0.0.1:{api.server_address[1]}{api.list}"
    api.trouble = [None, fails(302, "", {"Location": there})]
    told = comment(api, tmp_path)
    assert told.returncode == 1 and "redirects elsewhere" in told.stderr and len(api.asked) == 2


@pytest.mark.parametrize("token", [TOKEN + "\nX: y", TOKEN + "\u00e9", TOKEN + "\x01"])
def test_a_token_that_cannot_be_one_is_not_printed(api, tmp_path, token):
    told = comment(api, tmp_path, REFRESH_ROUTER_TOKEN=token)
    assert told.returncode == 1 and "characters that no token has" in told.stderr and not api.asked


def test_no_server_at_all_is_69(api, tmp_path):
    told = comment(api, tmp_path, BODY, "--tries", "1", GITHUB_API_URL="http://127.0.0.1:1", CI_API_V4_URL="http://127.0.0.1:1")
    assert told.returncode == 69 and "cannot be reached" in told.stderr


# ---- where there is nothing to post to, or nobody who may ----

def test_without_a_token_the_summary_has_it(api, tmp_path):
    told = comment(api, tmp_path, REFRESH_ROUTER_TOKEN="")
    assert told.returncode == 0 and "there is no token" in told.stderr and not api.asked
    assert api.is_gitlab or (tmp_path / "summary.md").read_text() == BODY + "\n"


def test_a_request_from_a_fork_that_may_not_comment_is_no_failure(api, tmp_path):
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": {"number": 12, "head": {"repo": {"full_name": "mallory/rules"}}}}))
    api.trouble = [None, fails(403, "Resource not accessible by integration")]
    told = comment(api, tmp_path, CI_MERGE_REQUEST_SOURCE_PROJECT_ID="666", CI_PROJECT_ID="666")
    assert told.returncode == 0 and "fork" in told.stderr and not api.comments
    assert api.is_gitlab or MARKER in (tmp_path / "summary.md").read_text()


@pytest.mark.parametrize("event", ["{}", "[]", '{"pull_request": {"number": "12; rm"}}', "no JSON"])
def test_a_job_that_is_about_no_request_posts_nothing(api, tmp_path, event):
    (tmp_path / "event.json").write_text(event)
    told = comment(api, tmp_path, CI_MERGE_REQUEST_IID="")
    assert told.returncode == 0 and "about no pull request" in told.stderr and not api.asked


# ---- size ----

@pytest.mark.parametrize("letter", ["x", "💣"])
def test_a_comment_that_is_too_long_keeps_its_verdict_and_says_so(api, tmp_path, letter):
    longest = 1_000_000 if api.is_gitlab else 65536
    rows = "".join(f"| {number} {letter * 100} |\n" for number in range(longest // 50))
    comment(api, tmp_path, BODY.replace("| row |\n", rows) + "\ncheck: the rules are valid.\n")
    body, = (c["body"] for c in api.comments)
    assert longest - 400 < len(body.encode("utf-16-le")) // 2 <= longest
    assert body.startswith("\n".join(BODY.split("\n")[:4])) and body.count("</details>") == 1 and "did not fit" in body.split("</details>")[1]


def test_a_text_without_marker_or_with_broken_bytes_is_posted_as_ours(api, tmp_path):
    for _ in range(2):
        assert comment(api, tmp_path, b"bad \xff\x00 bytes").returncode == 0
    assert [c["body"] for c in api.comments] == [f"{MARKER}\nbad \ufffd\ufffd bytes"]


# ---- check, test and diff ----

RULES = "version: 1\nrules:\n  - {name: nightly, when: {job_id: 1001}, refresh: [{site: finance, workbooks: Revenue}]}\n"
TESTS = """version: 1
tests:
  - {name: hit, event: {job_id: 1001}, expect: [{site: finance, workbook: Revenue}]}
"""


def git(folder, *arguments):
    told = subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always",
                           *map(str, arguments)], cwd=folder, check=True, capture_output=True, text=True)
    return told.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "finance.yaml").write_text(RULES)
    (folder / "rules" / "finance.test.yaml").write_text(TESTS)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "before")
    return folder


def review(folder, **environment):
    told = subprocess.run([CI / "review"], cwd=folder, capture_output=True, text=True, timeout=harness.DEADLINE, check=False,
                          env={**os.environ, "REFRESH_ROUTER": str(BUILD / "refresh-router"), "REVIEW_BASE": "HEAD", "REVIEW_OUTPUT": "out", **environment})
    path = folder / "out" / "comment.md"
    return told, path.read_text() if path.exists() else None


def edit(folder, old, new, name="finance.yaml"):
    path = folder / "rules" / name
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_a_good_change_is_0_with_the_difference_in_the_comment(repository, kind):
    edit(repository, "Revenue", "Costs")
    edit(repository, "Revenue", "Costs", "finance.test.yaml")
    (repository / "events.jsonl").write_text('{"job_id": 1001}\n{"job_id": 5}\n')
    told, body = review(repository, REVIEW_FORMAT=kind, REVIEW_EVENTS="events.jsonl")
    assert told.returncode == 0, told
    assert body.startswith(f"{MARKER}\n**1 of 2 events decides differently: 1 refresh gained, 1 lost**\n")
    assert body.endswith("check: the rules are valid.\ntest: all tests pass.\n") and "Costs" in body
    assert (repository / "out" / "junit.xml").read_text().startswith("<?xml")
    assert review(repository)[1].startswith(f"{MARKER}\n**1 rule changed (no events were given")


@pytest.mark.parametrize("old,new,file,status,says", [
    ("Revenue", "Costs", "finance.yaml", 1, "test: **tests fail"), ("workbooks", "workbook", "finance.yaml", 1, "check: **the rules are not valid**"),
    ("job_id: 1001}, expect", "job_id: 1}, expect", "finance.test.yaml", 1, "test: **tests fail"), (TESTS, "version: 1\ntests: []\n", "finance.test.yaml", 1, "or there are none")])
def test_a_bad_change_fails_and_the_comment_says_what(repository, old, new, file, status, says):
    edit(repository, old, new, file)
    told, body = review(repository)
    assert told.returncode >= status and says in body and body.startswith(MARKER) and body.count("**") >= 2, told


def test_what_check_finds_is_shown_beside_the_lines(repository):
    edit(repository, "workbooks", "workbook")
    told, body = review(repository)
    assert re.search(r"^::error file=rules/finance.yaml,line=3,", told.stdout, re.M) and "the annotations say where" in body
    told, body = review(repository, REVIEW_FORMAT="gitlab")
    found, = json.loads((repository / "out" / "check.json").read_text())
    assert found["location"]["path"] == "rules/finance.yaml" and "::" not in told.stdout and "rules/finance.yaml:3" in told.stderr + told.stdout
    edit(repository, "workbook", "workbooks")
    assert review(repository, REVIEW_FORMAT="gitlab")[0].returncode == 0 and json.loads((repository / "out" / "check.json").read_text()) == []


def test_no_name_is_a_command_for_the_runner(repository):
    edit(repository, "name: hit", 'name: "::error::forged"', "finance.test.yaml")
    edit(repository, "Revenue", "Costs")
    lines = review(repository)[0].stdout.splitlines()
    stop = next(n for n, line in enumerate(lines) if line.startswith("::stop-commands::"))
    word = lines[stop].split("::")[2]
    assert len(word) == 32 and lines[-1] == f"::{word}::" and f"::{word}::" not in lines[:-1]
    forged = [n for n, line in enumerate(lines) if "::error::forged" in line]
    assert forged and min(forged) > stop
    assert "::" not in review(repository, REVIEW_FORMAT="gitlab")[0].stdout.replace("::error::forged", "")


def test_a_change_that_mends_broken_rules_passes(repository):
    edit(repository, "workbooks", "workbook")
    git(repository, "commit", "-qam", "broken")
    edit(repository, "workbook", "workbooks")
    told, body = review(repository)
    assert told.returncode == 0 and "those before this change cannot be read" in body, told


def test_the_change_that_adds_the_rules_is_all_gain(repository):
    git(repository, "mv", "rules", "new")
    told, body = review(repository, REVIEW_RULES="new")
    assert told.returncode == 0 and body.startswith(f"{MARKER}\n**1 rule added"), told


def test_a_shallow_clone_fetches_the_base(repository, tmp_path):
    base = git(repository, "rev-parse", "HEAD")
    edit(repository, "job_id: 1001", "job_id: [1001, 7]")
    git(repository, "commit", "-qam", "change")
    git(repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", "clone")
    told, body = review(tmp_path / "clone", REVIEW_BASE=base)
    assert told.returncode == 0 and body.startswith(f"{MARKER}\n**1 rule changed"), told
    told, body = review(tmp_path / "clone", REVIEW_BASE="0" * 40)
    assert told.returncode == 2 and "cannot be fetched" in told.stderr and "cannot be fetched" in body


def test_without_a_base_only_check_and_test_speak(repository):
    told, body = review(repository, REVIEW_BASE="")
    assert told.returncode == 0 and "no revision to compare" in body


@pytest.mark.parametrize("environment,says", [({"REFRESH_ROUTER": "/nowhere/refresh-router"}, "there is no program"), ({"REVIEW_BASE": "--output=x"}, "is a revision"),
                                              ({"REVIEW_FORMAT": "jenkins"}, "github or gitlab"), ({"REVIEW_RULES": "nowhere"}, "nowhere"),
                                              ({"REVIEW_EVENTS": "nowhere.jsonl"}, "nowhere.jsonl"), ({"REVIEW_RULES": "--help"}, "./--help")])
def test_what_cannot_be_run_or_read_is_2(repository, environment, says):
    told, _ = review(repository, **environment)
    assert told.returncode == 2 and says in told.stderr and sorted(os.listdir(repository)) in ([".git", "out", "rules"], [".git", "rules"]), told


# ---- the manifests ----

@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed (packaging/install-dependencies test)")
def test_the_scripts_are_clean_shell():
    told = subprocess.run(["shellcheck", "review", "build"], cwd=CI, capture_output=True, text=True, timeout=harness.DEADLINE, check=False)
    assert told.returncode == 0, told.stdout


def test_the_action_is_one_that_github_takes():
    action = yaml.safe_load((CI / "action.yml").read_text())
    assert {"name", "description", "runs"} <= action.keys() <= {"name", "author", "description", "inputs", "outputs", "runs", "branding"}
    assert action["runs"]["using"] == "composite"
    for name, value in action["inputs"].items():
        assert value.keys() <= {"description", "required", "default", "deprecationMessage"} and value["description"], name
        assert isinstance(value.get("default", ""), str), name
    used = set()
    for step in action["runs"]["steps"]:
        assert {"shell", "run"} <= step.keys() <= {"name", "id", "if", "shell", "env", "run", "working-directory", "continue-on-error"}
        # An expression inside a script would let the title of a pull request run commands.
        assert "${{" not in step["run"] and step["shell"] == "sh"
        used |= set(re.findall(r"inputs\.([\w-]+)", json.dumps(step)))
        for script in re.findall(r'GITHUB_ACTION_PATH/(\w+)"', step["run"]):
            assert os.access(CI / script, os.X_OK)
    assert used == set(action["inputs"])
    assert set(re.findall(r"steps\.review\.outputs\.(\w+)", json.dumps(action["outputs"]))) == set(action["outputs"])


def test_the_template_is_one_that_gitlab_takes():
    template = yaml.safe_load((CI / "refresh-router.gitlab-ci.yml").read_text())
    assert set(template) == {"variables", "refresh-router"} and all(isinstance(value, str) for value in template["variables"].values())
    job = template["refresh-router"]
    assert set(job) <= {"stage", "image", "rules", "variables", "script", "artifacts"} and all(isinstance(line, str) for line in job["script"])
    reports = job["artifacts"]["reports"]
    assert set(reports) <= {"junit", "codequality"} and all(path.startswith(job["variables"]["REVIEW_OUTPUT"] + "/") for path in reports.values())


@pytest.mark.parametrize("api", ["gitlab"], indirect=True)
def test_the_steps_of_the_template_run_as_they_stand(repository, api):
    template = yaml.safe_load((CI / "refresh-router.gitlab-ci.yml").read_text())
    edit(repository, "Revenue", "Costs")
    given = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD"}
    variables = {name: value.replace("$CI_MERGE_REQUEST_DIFF_BASE_SHA", given["CI_MERGE_REQUEST_DIFF_BASE_SHA"])
                 for name, value in {**template["variables"], **template["refresh-router"]["variables"]}.items()}
    told = subprocess.run(["sh", "-e", "-c", "\n".join(template["refresh-router"]["script"])], cwd=repository, capture_output=True, text=True, check=False,
                          timeout=harness.DEADLINE, env={**variables, **api.environment, "REFRESH_ROUTER": str(BUILD / "refresh-router"), "REFRESH_ROUTER_CI": str(CI)})
    assert told.returncode == 1 and TOKEN not in told.stdout + told.stderr, told
    assert "test: **tests fail" in api.comments[0]["body"]
    for path in template["refresh-router"]["artifacts"]["reports"].values():
        assert (repository / path).stat().st_size


@pytest.mark.parametrize("api", ["github"], indirect=True)
def test_the_steps_of_the_action_run_as_they_stand(repository, tmp_path, api):
    action = yaml.safe_load((CI / "action.yml").read_text())
    edit(repository, "Revenue", "Costs")
    edit(repository, "Revenue", "Costs", "finance.test.yaml")
    known = {f"inputs.{name}": value.get("default", "") for name, value in action["inputs"].items()}
    known |= {"inputs.program": str(BUILD / "refresh-router"), "inputs.base": "HEAD", "runner.temp": str(tmp_path),
              "inputs.comment == 'true' && inputs.token || ''": TOKEN}
    output = tmp_path / "output"
    output.touch()
    for step in action["runs"]["steps"]:
        environment = {name: re.sub(r"\$\{\{ (.*?) \}\}", lambda found: known[found[1]], value) for name, value in step["env"].items()}
        told = subprocess.run(["sh", "-e", "-c", step["run"]], cwd=repository, capture_output=True, text=True, check=False, timeout=harness.DEADLINE,
                              env={**api.environment, **environment, "GITHUB_ACTION_PATH": str(CI), "GITHUB_OUTPUT": str(output)})
        assert told.returncode == 0 and TOKEN not in told.stdout + told.stderr, (step["name"], told)
        known |= {f"steps.review.outputs.{name}": value for name, value in (line.split("=", 1) for line in output.read_text().splitlines())}
    assert api.comments[0]["body"].startswith(f"{MARKER}\n**1 rule changed") and os.path.exists(known["steps.review.outputs.junit"])
    assert (tmp_path / "summary.md").read_text().startswith(MARKER)
