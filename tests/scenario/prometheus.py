"""Prometheus' promtool, which packaging/install-dependencies unpacks from Debian's package, so that no server is started."""
import os
import pathlib
import shutil
import subprocess

import harness

PROGRAM = shutil.which("promtool") or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "refresh-router" / "prometheus" / "promtool"
IS_THERE = pathlib.Path(PROGRAM).exists()
WHY_NOT = "promtool cannot be had (packaging/install-dependencies test unpacks it from Debian's package prometheus)"


def promtool(*arguments, text=None):
    """Its exit status and all that it says."""
    done = subprocess.run([PROGRAM, *arguments], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=harness.DEADLINE, check=False)
    return done.returncode, done.stdout
