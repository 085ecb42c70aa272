"""compare.py - `diff` of two versions of 10,000 rules over a million recorded events."""
import json
import os
import subprocess
import time

from tables import table

RULES = 10_000
AIM_SECONDS, AIM_MB = 60, 300
WHEN = "2026-01-01T00:00:00Z"


def write_rules(path, version):
    """Each tenth rule has a pattern; each thousandth is another one in the other version."""
    with open(path, "w", encoding="utf-8") as file:
        file.write("version: 1\nrules:\n")
        for i in range(RULES):
            when = f"{{job_name: '/^team{i}_(?<part>a|b)$/'}}" if i % 10 == 0 else f"{{job_id: {i}, environment_name: Production}}"
            name = f"Book {i} {version}" if i % 1000 == 1 else f"Book {i}"
            file.write(f"  - name: rule-{i}\n    when: {when}\n    refresh: [{{site: site{i % 50}, workbooks: [{name}, Other {i}], project: Team/Daily}}]\n")
    return path


def event_line(i):
    """As `events --export` prints it."""
    job = i * 7919 % (RULES + RULES // 5)
    fields = {"source": "dbt", "event": "job.run.completed", "event_id": f"wev_{i}", "webhook_id": "wsu_1", "webhook_name": "all", "account_id": "1",
              "project_id": "4", "project_name": "finance", "environment_id": "3", "environment_name": "Production", "job_id": str(job),
              "job_name": f"team{job}_a", "run_id": str(i), "status": "success", "status_code": "10", "run_reason": "Kicked off by schedule",
              "run_started_at": WHEN, "run_finished_at": WHEN, "timestamp": WHEN}
    return json.dumps({"id": 2 * i + 1, "source": "dbt", "received_at": WHEN, "outcome": "routed", "fields": fields, "matched": [f"rule-{job}"],
                       "body": json.dumps({"eventType": "job.run.completed", "data": fields})}) + "\n"


def compare(bench):
    count = 50_000 if bench.is_quick else 1_000_000
    before, after = (write_rules(os.path.join(bench.folder, f"{name}.yaml"), name) for name in ("before", "after"))
    events = os.path.join(bench.folder, "events.jsonl")
    with open(events, "w", encoding="utf-8") as file:
        file.writelines(event_line(i) for i in range(count))
    begun = time.monotonic()
    process = subprocess.Popen([os.path.join(bench.build, "refresh-router"), "diff", before, after, "--events", events, "--format", "json"],
                               stdout=subprocess.PIPE)
    answer = json.load(process.stdout)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begun
    os.unlink(events)
    assert os.waitstatus_to_exitcode(status) == 1 and answer["events"] == count and answer["changed"] > 0
    table(f"Two versions of {RULES:,} rules over {count:,} events", ["", "seconds", "CPU", "MB"],
          [["refresh-router diff", f"{seconds:.1f}", f"{used.ru_utime + used.ru_stime:.1f}", f"{used.ru_maxrss / 1024:.0f}"]])
    bench.aims.most("diff of a million events", seconds * 1_000_000 / count, AIM_SECONDS, "s")
    bench.aims.most("its memory", used.ru_maxrss / 1024, AIM_MB, "MB")
    return {"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 1024}
