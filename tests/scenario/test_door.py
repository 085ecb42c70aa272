"""Edges where strangers' texts, bodies and answers meet us: nothing authentic is refused, nothing hides, nothing is endless."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import urllib.parse

import harness
from harness import BUILD, cli, request, rule

# What moves a cursor, reorders, or has no width: an escape sequence, CSI in one character, an override, isolates, blanks without width, a tag.
HIDDEN = ["\x1b", "\x7f", "\u009b", "\u202e", "\u2066", "\u061c", "\u200b", "\u200d", "\ufeff", "\u2028", "\U000e0041"]
EVIL = "".join(f"{n}{c}" for n, c in enumerate(HIDDEN)) + "end"


def on_terminal(columns, *arguments):
    """What a command prints on a terminal of so many columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([str(BUILD / "refresh-router"), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.STDOUT)
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:     # EIO: the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(master)
    assert process.wait(harness.DEADLINE) == 0
    return shown.decode().replace("\r\n", "\n")


# ---- what is shown ----

def test_nothing_hides_or_reorders_on_terminal_page_and_log(router_of, sandbox):
    name = "night\u202ely"
    router = router_of(sandbox, [rule(name, refresh=[{"site": "finance", "workbooks": EVIL}])])
    router.send(jobName=EVIL)
    router.post(router.body(), path=f"/webhooks/{urllib.parse.quote(EVIL)}")
    router.settle(1)
    url = ["--url", f"http://{router.admin}"]
    event = router.folder / "event.json"
    event.write_text(json.dumps({"job_id": 701331, "job_name": EVIL}))
    shown = {" ".join(command): cli(*command, *url).stdout.decode() for command in
             (["events"], ["refreshes"], ["show", "1"], ["show", "2"], ["events", "--format", "json"], ["events", "--export"], ["show", "2", "--format", "json"])}
    shown["route"] = cli("route", "--rules", router.folder / "rules", event).stdout.decode()
    shown["route, not matched"] = cli("route", "--rules", router.folder / "rules", "--explain", "-", stdin=b'{"job_id": "\xe2\x80\xae"}').stdout.decode()
    shown["page"] = request(router.admin, "GET", "/").body.decode()
    shown["log"] = router.log_path.read_bytes().decode()
    for where, text in shown.items():
        found = [hex(ord(c)) for c in HIDDEN if c in text]
        assert not found, (where, found)
        assert "u202e" in text, (where, text)
    assert json.loads(shown["events --format json"])[0]["fields"]["job_name"] == EVIL


def test_tables_stay_within_the_terminal_or_120_columns(router_of, sandbox):
    router = router_of(sandbox, [rule(), rule("a" * 200, refresh=[{"site": "finance", "workbooks": "日本語の長い名前" * 20}])])
    router.send(jobName="毎晩のジョブ" * 20)
    router.settle(2)
    url = ["--url", f"http://{router.admin}"]

    def widest(text):
        wide = re.compile("[\u3000-\u9fff]")
        return max(len(line) + len(wide.findall(line)) for line in text.splitlines())

    for command in ("events", "refreshes", "sites"):
        assert 60 < widest(cli(command, *url).stdout.decode()) <= 120
        for columns in (40, 80, 200):
            assert widest(on_terminal(columns, command, *url)) <= columns
