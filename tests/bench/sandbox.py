"""sandbox.py - tableau-sandbox with sites and workbooks enough, and what was called on it."""
import json
import os
import re

import fixtures
import processes


def content_url(site):
    return f"site{site}"


def workbook(site, number):
    return f"Workbook {site}-{number}"


def state(sites, workbooks, running="100ms"):
    """The state file: `sites` sites with `workbooks` each, whose jobs run so long."""
    lines = ["sites:"]
    for site in range(sites):
        lines += [f"  - content_url: {content_url(site)}", f"    pats: [{{name: bench-{site}, secret: pat-{site}}}]",
                  "    projects: [Bench]", f"    generate: [{{count: {workbooks}, name: '{workbook(site, '%d')}', project: Bench}}]",
                  f"    job: {{queued: 0, running: {running}}}"]
    return "\n".join(lines) + "\n"


class Sandbox(processes.Process):
    def __init__(self, bench, text):
        path = fixtures.write(bench.folder, "sandbox.yaml", text)
        super().__init__([os.path.join(bench.build, "tableau-sandbox"), "--listen", "127.0.0.1:0", "--state", path], bench.folder,
                         log=path + ".log")
        self.url = "http://" + self.child.stdout.readline().decode().split()[-1]    # listening on ADDRESS

    def set_latency(self, milliseconds):
        fixtures.post(self.url + "/-/sandbox/latency", json.dumps({"ms": milliseconds}).encode(), {"Content-Type": "application/json"})

    def calls(self):
        return json.loads(fixtures.get(self.url + "/-/sandbox/calls"))["calls"]

    def refresh_calls(self):
        return [call for call in self.calls() if call["method"] == "POST" and re.search(r"/workbooks/[^/]+/refresh$", call["path"])]
