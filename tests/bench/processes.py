"""processes.py - the programs under measurement: started in a folder, watched through /proc, always stopped."""
import os
import re
import signal
import subprocess
import time

START_WITHIN = 30


class Process:
    """A child that ends with its `with` block."""

    def __init__(self, command, folder, env=None, log=None):
        self.command, self.folder, self.log_path = command, folder, log
        self.log = open(log, "w+b") if log else None
        self.child = subprocess.Popen(command, cwd=folder, env={**os.environ, **(env or {})}, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=self.log)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.child.stdin.close()
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child.stdout.close()
        if self.log:
            self.log.close()

    def log_text(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for_log(self, pattern):
        """The match of `pattern` in what it wrote to stderr."""
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline and self.child.poll() is None:
            match = re.search(pattern, self.log_text())
            if match:
                return match
            time.sleep(0.01)
        raise SystemExit(f"{self.command[0]} does not say {pattern!r}:\n{self.log_text()}")

    def cpu_seconds(self):
        with open(f"/proc/{self.child.pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        with open(f"/proc/{self.child.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def yardstick(build, folder, mode, env):
    process = Process([os.path.join(build, "tests/bench/yardstick"), mode], folder, env)
    process.port = int(process.child.stdout.readline())
    return process


def router(build, folder, config, env, *options):
    process = Process([os.path.join(build, "refresh-router"), "serve", "--config", config, "--log-format", "logfmt", *options], folder, env,
                      os.path.join(folder, os.path.basename(config) + ".log"))
    match = process.wait_for_log(r"serving.* webhooks=\"?[^ ]*?:(\d+)\"?.* admin=\"?([^ \"]+)")
    process.port, process.admin = int(match.group(1)), "http://" + match.group(2)
    return process
