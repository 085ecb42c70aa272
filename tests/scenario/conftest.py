import http.server
import os
import random
import signal
import subprocess
import threading

import pytest

import folder
import harness
from postgresql import postgresql_of, postgresql_template  # noqa: F401 (fixtures)
from receiver import receiver  # noqa: F401 (fixture)


def pytest_configure():
    """
    One seed for everything random, the workers of pytest-xdist included: drawn here unless it was given, as at a second try. And what is started
    hears an interrupt, which a shell in the background would have it ignore.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.setdefault("REFRESH_ROUTER_SEED", str(random.SystemRandom().randrange(1, 1 << 32)))


def pytest_collection_modifyitems(config, items):
    """
    pytest-xdist gives each worker so many consecutive stories at a time; with those of one file, which are slow or quick together, one worker
    would have much more to do than another. So a hand of stories has some of every file, and a long one, if any, goes first.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 0)
    if workers:
        hands = 4 * workers
        items.sort(key=lambda item: item.get_closest_marker("long") is None)
        items[:] = [item for hand in range(hands) for item in items[hand::hands]]


@pytest.fixture
def draw(request):
    """A random.Random, the same for the same seed and story; pytest shows the seed when the story fails."""
    seed = os.environ["REFRESH_ROUTER_SEED"]
    print(f"to draw the same again: REFRESH_ROUTER_SEED={seed}")
    return random.Random(f"{seed} {request.node.name}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failing test shows the ends of the logs of what it started."""
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for process in harness.Process.started:
        if process.log_path.exists():
            report.sections.append((f"log of {process.log_path}", process.log[-6000:]))


@pytest.fixture(autouse=True)
def nothing_is_left_running():
    """Processes of this test; those of a module's fixture (still running) stay."""
    harness.Process.started[:] = [p for p in harness.Process.started if p.process.poll() is None]
    yield


def end_all(started):
    """Stops each of them cleanly; the first that does not end well fails the test, after all have ended."""
    failures = []
    for process in started:
        try:
            if process.process.poll() is None:
                process.stop()
            process.check_sanitizers()
            # stopped (1: by a second signal), killed by the test, or refused to start
            assert process.process.returncode in (0, 1, -9, 78), f"ended by itself: {process.process.returncode}\n{process.log[-4000:]}"
        except AssertionError as error:
            failures.append(error)
    for failure in failures:
        raise failure


@pytest.fixture
def sandbox_of(tmp_path):
    """sandbox_of(site, site, ...) starts a sandbox with these sites."""
    started = []

    def start(*sites):
        folder = tmp_path / f"sandbox{len(started)}"
        folder.mkdir()
        sandbox = harness.Sandbox(folder, {"sites": list(sites or [harness.site_world()])})
        started.append(sandbox)
        return sandbox

    yield start
    end_all(started)


@pytest.fixture
def sandbox(sandbox_of):
    return sandbox_of()


@pytest.fixture
def router_of(tmp_path, sandbox_of):
    """router_of(sandbox, rules, ...) starts a daemon; it has to end well, and before the sandbox does."""
    started = []

    def start(*args, **kwargs):
        folder = tmp_path / f"router{len(started)}"
        folder.mkdir()
        started.append(harness.Router.__new__(harness.Router))
        started[-1].__init__(folder, *args, **kwargs)
        return started[-1]

    yield start
    end_all([router for router in started if hasattr(router, "process")])


@pytest.fixture
def router(router_of, sandbox):
    return router_of(sandbox, [harness.rule()])


@pytest.fixture
def foreign():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), harness.Foreign)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def folder_of(tmp_path):
    """folder_of(sandbox, rules, ...) writes a configuration and rules; no daemon."""
    def make(sandbox, rules, *args, **kwargs):
        path = tmp_path / "folder"
        path.mkdir()
        return folder.Folder(path, sandbox, rules, *args, **kwargs)
    return make


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
