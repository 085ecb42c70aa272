"""A person at Chromium: tests/browser/drive.mjs, which runs pieces of JavaScript against its page."""
import json
import os
import pathlib
import shutil
import subprocess

from harness import TOP

FOLDER = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "refresh-router" / "browser"
CHROMIUM = shutil.which("chromium")
IS_THERE = bool(CHROMIUM and shutil.which("node") and (FOLDER / "node_modules" / "installed.json").exists())


class Browser:
    def __init__(self):
        self.process = subprocess.Popen(["node", TOP / "tests" / "browser" / "drive.mjs", FOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "CHROMIUM": CHROMIUM})

    def run(self, code, **given):
        """What the code returns. It has `page`, and `given` with the arguments."""
        self.process.stdin.write(json.dumps({"code": code, "with": given}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the browser has ended"
        told = json.loads(line)
        assert "error" not in told, f"{told['error']}\n{told.get('at', '')[:6000]}"
        return told["value"]

    def open(self, host, path="/", **options):
        """A new window of somebody whom the browser does not know."""
        self.run("await fresh(given.host, given.options); ", host=host, options=options)
        self.run("await page.goto(given.url)", url=f"http://{host}{path}")

    def click(self, role, name, within="body"):
        self.run("await page.locator(given.within).getByRole(given.role, { name: given.name, exact: true }).first().click()",
                 role=role, name=name, within=within)

    def see(self, text, within="body"):
        """Waits until it can be seen."""
        self.run("await page.locator(given.within).getByText(given.text).first().waitFor()", text=text, within=within)

    def text(self, selector="main"):
        return self.run("return page.locator(given.selector).first().innerText()", selector=selector)

    def faults(self):
        return self.run("return faults")

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0
