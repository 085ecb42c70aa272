"""linter.py - `check` of 10,000 rules: of their own, and all of them for one workbook, which it has to compare."""
import json
import os
import subprocess

from tables import table

RULES = 10_000
AIM_SECONDS = 3
SHAPES = {      # when, and the workbooks
    "each for its own workbooks": ("{{job_id: {0}, environment_name: Production}}", "[Book {0}, Other {0}]"),
    "one workbook, after its own job each": ("{{job_id: {0}}}", "Revenue"),
    "one workbook, by patterns": ("{{job_name: '/^mart_{0}_(?:a|b)$/'}}", "Revenue"),
}


def write_rules(path, when, workbooks):
    with open(path, "w", encoding="utf-8") as file:
        file.write("version: 1\nrules:\n")
        for i in range(RULES):
            file.write(f"  - name: rule-{i}\n    priority: {i % 100}\n    when: {when.format(i)}\n"
                       f"    refresh: [{{site: finance, workbooks: {workbooks.format(i)}}}]\n")
    return path


def linter(bench):
    result = {}
    for name, shape in SHAPES.items():
        rules = write_rules(os.path.join(bench.folder, "linted.yaml"), *shape)
        process = subprocess.Popen([os.path.join(bench.build, "refresh-router"), "check", "--format", "json", rules], stdout=subprocess.PIPE)
        answer = json.load(process.stdout)
        _, status, used = os.wait4(process.pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0 and answer["rules"] == RULES
        result[name] = {"cpu": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 1024, "found": len(answer["problems"])}
    table(f"check of {RULES:,} rules", ["", "CPU s", "MB", "findings"],
          [[name, f"{row['cpu']:.2f}", f"{row['mb']:.0f}", row["found"]] for name, row in result.items()])
    bench.aims.most(f"check of {RULES:,} rules", max(row["cpu"] for row in result.values()), AIM_SECONDS, "s")
    return result
