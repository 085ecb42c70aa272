"""A real systemd in namespaces of its own: over a copy of this machine's files that vanishes with it, with cgroups of its own. It starts no service but
those of a story, and shares the network, so that a story reaches what it serves on loopback."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from harness import BUILD, wait_until

INIT = pathlib.Path("/lib/systemd/systemd")
MASKED = ["systemd-udevd", "systemd-udev-trigger", "systemd-timesyncd", "systemd-networkd", "systemd-resolved", "systemd-modules-load", "systemd-sysctl",
          "systemd-logind", "console-getty"]
BOOT = r"""
set -e
base=$1 root=$1/root
mount --make-rprivate /
mount -t tmpfs tmpfs "$base"
mkdir "$base/up" "$base/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/up,workdir=$base/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
for folder in run tmp dev; do mount -t tmpfs tmpfs "$root/$folder"; done
for device in null zero full random urandom tty; do touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
mkdir -p "$root/dev/pts" "$root/dev/shm"
mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666
ln -s pts/ptmx "$root/dev/ptmx"
for unit in $2; do ln -sf /dev/null "$root/etc/systemd/system/$unit.service"; done
rm -f "$root/usr/sbin/policy-rc.d"      # of a container, where packages may start nothing
printf '[Unit]\nRequires=basic.target\nWants=dbus.socket\nAfter=basic.target\nAllowIsolate=yes\n' >"$root/etc/systemd/system/story.target"
cd "$root"      # no chroot: who is in one may not make namespaces for users
pivot_root . mnt
umount -l /mnt
mount --make-rshared /      # as systemd wants it of who makes its container: else credentials reach no service
exec env -i container=story PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=story.target --log-target=console --show-status=no
"""


class Machine:
    """Boots at once; skips the story when that cannot be done here."""

    def __init__(self, folder):
        self.folder, self.log_path = folder, folder / "boot.log"
        self.cgroup = next((root / f"story-{os.getpid()}" for root in map(pathlib.Path, ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"))
                            if (root / "cgroup.procs").exists()), None)
        if os.geteuid() or not INIT.exists() or not self.cgroup or not shutil.which("nsenter"):
            pytest.skip("systemd cannot be run here: it takes root, systemd and version 2 of cgroups")
        self.cgroup.mkdir(exist_ok=True)
        if re.search(rb"__[at]san_init", (BUILD / "refresh-router").read_bytes()):
            pytest.skip("a build with sanitizers does not live in the sandbox of the unit")
        (folder / "machine").mkdir()
        enter = f"echo $$ >{self.cgroup}/cgroup.procs && exec unshare --pid --mount --fork --cgroup --ipc --uts --kill-child bash -c \"$0\" boot \"$@\""
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(["bash", "-c", enter, BOOT, str(folder / "machine"), " ".join(MASKED)], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, start_new_session=True)
        if not self.has_booted():
            self.end()
            pytest.skip(f"systemd does not boot here: {self.log[-600:]}")

    def has_booted(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            self.init = self.find_init()
            if self.init and self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded"):
                return True
            time.sleep(0.05)
        return False

    def find_init(self):
        """The child of `unshare`, once it has become systemd."""
        try:
            child = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            return child and pathlib.Path(f"/proc/{child[0]}/comm").read_text().strip() == "systemd" and child[0]
        except FileNotFoundError:
            return None

    def run(self, *command, check=True):
        ended = subprocess.run(["nsenter", "-t", self.init, "-p", "-m", "-i", "-u", "-C", "-r", "-w", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin",
                                *map(str, command)], capture_output=True, text=True, timeout=60, check=False)
        assert not check or ended.returncode == 0, f"{command}: {ended.returncode}\n{ended.stdout}{ended.stderr}{self.journal()}"
        return ended

    @property
    def log(self):
        """What systemd itself says."""
        return self.log_path.read_text(errors="replace")

    def journal(self):
        return self.run("journalctl", "--no-pager", "-n", "60", check=False).stdout

    def write(self, path, text, mode=0o644):
        """Into the machine's own copy of the files."""
        inside = pathlib.Path(f"/proc/{self.init}/root{path}")
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.write_text(text)
        inside.chmod(mode)

    def copy(self, file, path):
        shutil.copy(file, f"/proc/{self.init}/root{path}")

    def install(self):
        """The build, with its units, as `make install` does it."""
        subprocess.run(["make", "-s", "-C", BUILD, "install-exec", "install-nodist_systemdsystemunitDATA", "install-dist_systemdsystemunitDATA",
                        f"DESTDIR=/proc/{self.init}/root"], check=True, capture_output=True)
        self.run("systemctl", "daemon-reload")

    def show(self, unit, name):
        return self.run("systemctl", "show", unit, "-P", name).stdout.strip()

    def wait_for(self, unit, name, value):
        wait_until(lambda: self.show(unit, name) == value, f"{unit}: {name}={value}")

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)      # --kill-child: with everything in its namespaces
        self.process.wait()
        wait_until(self.has_left, "the machine to end")

    def has_left(self):
        """Empties of processes, groups can be removed."""
        try:
            for path, _, _ in os.walk(self.cgroup, topdown=False):
                os.rmdir(path)
        except OSError:
            return False
        return True
