"""tests/run and tests/scenario/run.py among planted scenarios: what fails, passes at the second try only, or does not run is told and not green."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[1]
PASSING = "def test_passing(): pass\n"
ALONE = "import pytest\n@pytest.mark.alone\ndef test_alone(): pass\n"
FAILING = "def test_failing(): assert False, 'as it always is'\n"
FLAKY = """
import os, pathlib
def test_flaky():
    seen, seed = pathlib.Path(__file__).with_name("seen"), os.environ["REFRESH_ROUTER_SEED"]
    was_there = seen.exists()
    assert not was_there or seen.read_text() == seed, "the second try has another seed"
    seen.write_text(seed)
    assert was_there, "the first try"
"""


class Told:
    def __init__(self, process):
        self.status, self.text = process.returncode, process.stdout
        self.last = self.text.splitlines()[-1]


@pytest.fixture
def run_of(tmp_path):
    """run_of({file: text}) runs tests/run on these planted scenarios, one after the other by default."""
    def run(files, step="scenarios", workers=1):
        folder = tmp_path / "planted"
        folder.mkdir()
        (folder / "pytest.ini").write_bytes((TOP / "tests" / "scenario" / "pytest.ini").read_bytes())
        for name, text in files.items():
            (folder / name).write_text(text)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
        environment.update(REFRESH_ROUTER_WORK=str(tmp_path / "work"), REFRESH_ROUTER_BUILD="/nonexistent", REFRESH_ROUTER_SCENARIOS=str(folder),
                           REFRESH_ROUTER_WORKERS=str(workers))
        return Told(subprocess.run([TOP / "tests" / "run", step], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment))
    return run


def test_what_passes_is_green(run_of):
    told = run_of({"test_a.py": PASSING + ALONE})
    assert (told.status, told.last) == (0, "2 passed, 0 failed"), told.text


def test_what_fails_and_what_passes_the_second_time_only_are_told_apart_and_neither_is_green(run_of):
    told = run_of({"test_a.py": PASSING + ALONE + FAILING, "test_b.py": FLAKY}, workers=2)
    assert (told.status, told.last) == (1, "2 passed, 2 failed"), told.text
    assert "as it always is" in told.text and "the first try" in told.text
    assert "FAIL  test_a.py::test_failing\n" in told.text
    assert "FLAKY test_b.py::test_flaky: passed at the second try only\n" in told.text
    assert re.search(r"\n1 of those that failed passed at the second try, with the same seed \(\d+\):\n +test_b.py::test_flaky\n", told.text), told.text


def test_what_passes_the_second_time_only_is_not_green_by_itself(run_of):
    told = run_of({"test_a.py": PASSING, "test_b.py": FLAKY})
    assert (told.status, told.last) == (1, "1 passed, 1 failed"), told.text


def test_many_that_fail_hide_none_that_was_not_run(run_of):
    many = "import pytest\n@pytest.mark.parametrize('number', range(30))\ndef test_failing(number): assert False\n"
    told = run_of({"test_a.py": many, "test_b.py": "".join(PASSING.replace("passing", f"passing_{n}") for n in range(29))})
    assert (told.status, told.last) == (1, "29 passed, 30 failed"), told.text


def test_a_stop_after_very_many_counts_what_was_not_run_as_failed(run_of):
    many = "import pytest\n@pytest.mark.parametrize('number', range(150))\ndef test_failing(number): assert False\n"
    told = run_of({"test_a.py": many})
    assert (told.status, told.last) == (1, "0 passed, 150 failed"), told.text


@pytest.mark.parametrize("text", ["import nowhere\n", "def test_a(:\n", "@pytest.mark.unknown\ndef test_a(): pass\n"], ids=["import", "syntax", "mark"])
def test_a_file_that_cannot_be_read_is_a_failure(run_of, text):
    told = run_of({"test_a.py": PASSING, "test_b.py": text})
    assert told.status == 1 and re.fullmatch(r"[01] passed, [1-9] failed", told.last), told.text


@pytest.mark.parametrize("text", ["import os\ndef test_a(): os._exit(0)\n", "import os, signal\ndef test_a(): os.kill(os.getpid(), signal.SIGKILL)\n",
                                  "import pytest\ndef test_a(): pytest.exit('enough', 0)\n"], ids=["exit", "kill", "pytest"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_scenario_that_ends_the_run_is_a_failure(run_of, text, workers):
    told = run_of({"test_a.py": text, "test_b.py": PASSING}, workers=workers)
    assert told.status == 1 and re.fullmatch(r"[01] passed, [1-9] failed", told.last), told.text


@pytest.mark.parametrize("files", [{}, {"test_a.py": "import pytest\ndef test_a(): pytest.skip('no such luck')\n"}], ids=["none", "all skipped"])
def test_nothing_is_not_green(run_of, files):
    told = run_of(files)
    assert (told.status, told.last) == (1, "0 passed, 1 failed"), told.text
    assert not files or "skipped 1: no such luck\n" in told.text


def test_no_scenarios_among_other_tests_are_a_failure(tmp_path):
    """A step of tests/run has unit tests as well, so it is not enough that something ran."""
    counts = tmp_path / "counts"
    run = subprocess.run([sys.executable, TOP / "tests" / "scenario" / "run.py", "--log", tmp_path / "log", "--counts", counts, tmp_path], stdout=subprocess.PIPE)
    assert run.returncode == 1 and counts.read_text() == "0 1 0\n", run.stdout


def test_a_teardown_that_fails_is_a_failure(run_of):
    told = run_of({"test_a.py": "import pytest\n@pytest.fixture\ndef odd():\n    yield\n    assert False\ndef test_a(odd): pass\n"})
    assert (told.status, told.last) == (1, "0 passed, 1 failed"), told.text


def test_a_step_that_does_not_exist_is_refused(run_of):
    told = run_of({"test_a.py": PASSING}, step="plian")
    assert told.status == 2 and "there is no step 'plian'" in told.last, told.text
