#!/usr/bin/env python3
"""
run.py - runs every scenario, and what failed once more, with the same seed.

    run.py [--workers N] [--log FILE] [--counts FILE] FOLDER|FILE...

First those that may run side by side, on N workers (pytest-xdist; by default four for each processor, REFRESH_ROUTER_WORKERS), then those that
are marked `alone`, then, one after the other, those that failed. What passes only then is counted apart, named, and makes the exit status 1 as
what fails twice does. What was collected and did not run has failed, whatever the reason.
"""
import argparse
import collections
import importlib.util
import multiprocessing
import os
import pathlib
import random
import sys
import time

import pytest

MOST_FAILED = 100      # then the rest is not run: the build is broken, and each would wait for its deadline
MOST_AGAIN = 20        # more than that are no flakes: they are not tried again
TOLD_LINES = 300       # of pytest's report of what failed; the log has it all
PASSED, SKIPPED, FAILED = "passed", "skipped", "failed"


class Record:
    """What came of each story, as a plugin of pytest's; with pytest-xdist, of the process that hands the stories out."""

    def __init__(self, only=None):
        self.only, self.outcomes, self.reasons, self.collected = only, {}, {}, []

    def pytest_collection_modifyitems(self, config, items):
        if self.only is not None:
            config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in self.only])
            items[:] = [item for item in items if item.nodeid in self.only]

    def pytest_collection_finish(self, session):
        self.collected += [item.nodeid for item in session.items]

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids):
        self.collected += ids

    def pytest_collectreport(self, report):
        """A file that cannot be read."""
        if report.failed:
            self.outcomes[report.nodeid] = FAILED

    def pytest_runtest_logreport(self, report):
        """Of its setup, of itself, and of its teardown: the worst counts."""
        if report.failed:
            self.outcomes[report.nodeid] = FAILED
        elif report.skipped:
            self.outcomes.setdefault(report.nodeid, SKIPPED)
            self.reasons[report.nodeid] = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        elif report.when == "call":
            self.outcomes.setdefault(report.nodeid, PASSED)

    def whole(self, status):
        """What did not run has failed, and so has a pytest that ended otherwise than by passing, failing, or finding nothing."""
        for story in self.collected:
            self.outcomes.setdefault(story, FAILED)
        if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED) and FAILED not in self.outcomes.values():
            self.outcomes[f"pytest, which ended with status {status}"] = FAILED
        return self.outcomes, self.reasons


def in_child(arguments, log, only, answer):
    with open(log, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    record = Record(only)
    status = pytest.main(arguments, plugins=[record])
    sys.stdout.flush()
    answer.send(record.whole(int(status)))


def run_pytest(arguments, log, only=None):
    """Runs pytest in a process of its own; returns what came of each story, and why some were skipped."""
    context = multiprocessing.get_context("fork")
    ours, childs = context.Pipe(duplex=False)
    child = context.Process(target=in_child, args=(["-q", "-p", "no:cacheprovider", *arguments], log, only, childs))
    child.start()
    childs.close()
    try:
        return ours.recv()
    except EOFError:
        return {"pytest, which ended without a report": FAILED}, {}
    finally:
        child.join()


def tell_failures(log):
    """The part of pytest's report that says what failed."""
    lines = pathlib.Path(log).read_text(errors="replace").splitlines()
    begin = next((number for number, line in enumerate(lines) if line.startswith(("=== ", "====")) and ("FAILURES" in line or "ERRORS" in line)), 0)
    told = lines[begin:]
    if len(told) > TOLD_LINES:
        print(f"... {len(told) - TOLD_LINES} lines before these are in {log}")
    print("\n".join(told[-TOLD_LINES:]), flush=True)


class Run:
    def __init__(self, options):
        self.options = options
        self.outcomes, self.reasons, self.flaky, self.seconds = {}, {}, [], []

    def step(self, name, *arguments, only=None):
        begun = time.monotonic()
        log = f"{self.options.log}.{name.replace(' ', '-')}"
        outcomes, reasons = run_pytest([f"--maxfail={MOST_FAILED}", *arguments, *self.options.paths], log, only)
        self.seconds.append(f"{name} {time.monotonic() - begun:.0f} s")
        if FAILED in outcomes.values():
            tell_failures(log)
        self.reasons.update(reasons)
        return outcomes

    def all(self):
        workers = ["-n", str(self.options.workers)] if self.options.workers > 1 and importlib.util.find_spec("xdist") else []
        for name, arguments in (("side by side", [*workers, "-m", "not alone"]), ("alone", ["-m", "alone"])):
            for story, outcome in self.step(name, *arguments).items():
                if self.outcomes.get(story) != FAILED:
                    self.outcomes[story] = outcome
        if not self.having(PASSED) and not self.having(FAILED):
            self.outcomes["nothing ran"] = FAILED
            return
        failed = self.having(FAILED)
        if 0 < len(failed) <= MOST_AGAIN:
            print(f"again, one after the other, with REFRESH_ROUTER_SEED={os.environ['REFRESH_ROUTER_SEED']}: {len(failed)}", flush=True)
            again = self.step("again", only=set(failed))
            self.flaky = [story for story in failed if again.get(story) == PASSED]
            for story in self.flaky:
                del self.outcomes[story]

    def having(self, outcome):
        return [story for story, found in self.outcomes.items() if found == outcome]

    def tell(self):
        passed, failed, skipped = map(self.having, (PASSED, FAILED, SKIPPED))
        for reason, count in collections.Counter(self.reasons[story] for story in skipped).items():
            print(f"skipped {count}: {reason.removeprefix('Skipped: ')}")
        for story in self.flaky:
            print(f"FLAKY {story}: passed at the second try only")
        for story in failed:
            print(f"FAIL  {story}")
        is_good = not failed and not self.flaky and bool(passed)
        print(f"{'ok    ' if is_good else 'FAIL  '}scenarios: {len(passed)} passed, {len(failed)} failed, {len(self.flaky)} at the second try only, "
              f"{len(skipped)} skipped ({', '.join(self.seconds)})", flush=True)
        if self.options.counts:
            counts = f"{len(passed)} {len(failed)} {len(self.flaky)}"
            pathlib.Path(self.options.counts).write_text("\n".join([counts, *self.flaky]) + "\n")
        return is_good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=int(os.environ.get("REFRESH_ROUTER_WORKERS", "0")) or min(4 * len(os.sched_getaffinity(0)), 16))
    parser.add_argument("--log", default="scenarios.log", help="where pytest's own words go; each step adds its name")
    parser.add_argument("--counts", help="a file for `PASSED FAILED FLAKY`, and the names of the flaky ones")
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    os.environ.setdefault("REFRESH_ROUTER_SEED", str(random.SystemRandom().randrange(1, 1 << 32)))
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    run = Run(options)
    run.all()
    return 0 if run.tell() else 1


if __name__ == "__main__":
    sys.exit(main())
