"""fixtures.py - configurations, rules, webhook bodies and sandbox states that the benchmarks use."""
import hashlib
import hmac
import json
import os
import urllib.request

SECRET = "bench-secret"
ENVIRONMENT = {"BENCH_SECRET": SECRET, **{f"BENCH_PAT_{n}": f"pat-{n}" for n in range(10)}}
CLOSED = "http://127.0.0.1:9"      # the discard port: nobody listens


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def site(number, server, content_url, **settings):
    lines = [f"  - name: site{number}", f"    server: {server}", f"    content_url: \"{content_url}\"",
             f"    pat: {{name: bench-{number}, secret: {{env: BENCH_PAT_{number}}}}}"]
    return "\n".join(lines + [f"    {name}: {value}" for name, value in settings.items()])


def config(folder, name, rules, sites, *more):
    text = "\n".join(["version: 1", "listen: {webhooks: '127.0.0.1:0', admin: '127.0.0.1:0'}",
                      f"store: sqlite:{name}.db", f"rules: [{rules}]", "sources: [{name: dbt, secrets: [{env: BENCH_SECRET}]}]",
                      *more, "sites:", *sites, ""])
    return write(folder, name + ".yaml", text)


def rule(job_id, selections):
    return "\n".join([f"  - name: rule-{job_id}", f"    when: {{job_id: {job_id}}}", "    refresh:"] +
                     [f"      - {selection}" for selection in selections])


def rules(folder, name, items):
    return os.path.basename(write(folder, name + ".rules.yaml", "version: 1\nrules:\n" + "\n".join(items) + "\n"))


def body(event_id, job_id=701331, finished="2026-08-19T02:41:44.016502Z"):
    """A delivery of a successful run, of the size that dbt sends."""
    return json.dumps({
        "accountId": 58121, "eventId": event_id, "timestamp": finished, "eventType": "job.run.completed",
        "webhookId": "wsu_34xq2KgrdxnmTuUyUOlAJV9g2Y0", "webhookName": "Refresh Tableau",
        "data": {"jobId": str(job_id), "jobName": "Nightly build", "runId": "498210334", "environmentId": "305518",
                 "environmentName": "Production", "dbtVersion": "2026.8.12+3f9c1de", "projectName": "Jaffle Finance",
                 "projectId": "412907", "runStatus": "Success", "runStatusCode": 10, "runStatusMessage": "None",
                 "runReason": "scheduled", "runStartedAt": "2026-08-19T02:00:05.482193Z", "runFinishedAt": finished},
    }, separators=(",", ":"))


def post(url, data=b"", headers=None):
    request = urllib.request.Request(url, data=data, headers=headers or {}, method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


def send(port, text):
    signature = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    return json.loads(post(f"http://127.0.0.1:{port}/webhooks/dbt", text.encode(),
                           {"Authorization": signature, "Content-Type": "application/json"}))
