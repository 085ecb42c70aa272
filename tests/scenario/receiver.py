"""A receiver of notifications, of a test's own: receiver.url, and what it got."""
import http.server
import json
import threading

import pytest

from harness import now, wait_until

KEY = "notify-sample-key"
FAST = {"group_wait": "0", "group_interval": "0", "repeat_interval": "0"}
ALL = ["failed", "expired", "recovered", "pat_expiring", "site_left_alone"]


class Receiver:
    """A server that takes messages. `status`: what it answers; None: nothing, ever."""

    def __init__(self, address=("127.0.0.1", 0)):
        self.status, self.headers, self.got, self.hang = 200, {}, [], threading.Event()
        outer, self.reply, self.missing = self, b"{}", 0     # `missing`: bytes of the reply that are promised and never come

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append(Message(self.path, dict(self.headers), body, now(), outer.status))
                if outer.status is None:
                    outer.hang.wait()
                    return
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(outer.reply) + outer.missing))
                self.end_headers()
                self.wfile.write(outer.reply)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(address, Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d/hook" % self.server.server_address[1]

    def stop(self):
        self.hang.set()
        self.server.shutdown()
        self.server.server_close()

    def taken(self):
        """What was delivered, without repeats of one delivery."""
        return list({m.id: m for m in self.got if m.status == 200}.values())

    def wait(self, count=1):
        """The messages, when there are so many."""
        return wait_until(lambda: len(self.taken()) >= count and self.taken(), f"{count} messages")


class Message:
    def __init__(self, path, headers, body, at, status):
        self.path, self.headers, self.body, self.at, self.status = path, headers, body, at, status
        self.id = headers["Webhook-Id"]

    @property
    def json(self):
        return json.loads(self.body)

    def told(self):
        """(event, name) of each thing, in order."""
        return sorted(("recovered" if n["recovered"] else n["event"], n.get("content", {}).get("name", n["site"])) for n in self.json["news"])


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.stop()


def to(receiver, name="ops", **rest):
    format_ = rest.get("format", "json")
    return {"name": name, "to": receiver.url, **({"secret": {"env": "NOTIFY_KEY"}} if format_ == "json" else {}), "on": ALL, **FAST, **rest}
