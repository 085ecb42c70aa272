"""slow.py - what thousands of clients that never finish cost those who do: the time of a signed delivery, and the daemon's memory."""
import multiprocessing
import selectors
import socket
import time

import fixtures
import processes
from cases import metric
from tables import table

MIB = 1 << 20
CLIENTS, DELIVERIES = 3000, 200
HEAD = b"POST /webhooks/dbt HTTP/1.1\r\nHost: x\r\n"
BODY = HEAD + b"Content-Length: 1048576\r\n\r\n"
# What each client says at once, and then a byte at a time.
KINDS = {"that say nothing": (b"", b""), "that drip a head": (HEAD + b"X-Slow: ", b"a"), "that drip a body": (BODY, b"a"),
         "with a body short of its last byte": (BODY + b"a" * (MIB - 1), b"")}


class Crowd:
    """Slow clients, each of which comes again when it was dropped."""

    def __init__(self, port, kind, size):
        self.port, self.size = port, size
        self.first, self.drip = KINDS[kind]
        self.selector, self.count = selectors.DefaultSelector(), 0

    def come(self, number):
        client = socket.socket()
        client.setblocking(False)
        client.bind((f"127.0.0.{2 + number % 50}", 0))
        client.connect_ex(("127.0.0.1", self.port))
        self.selector.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE, [number, memoryview(self.first)])
        self.count += 1

    def serve(self, key, events):
        number, rest = key.data
        try:
            if events & selectors.EVENT_WRITE:
                key.data[1] = rest = rest[key.fileobj.send(rest):] if rest else rest
                if not rest:
                    self.selector.modify(key.fileobj, selectors.EVENT_READ, key.data)
            if not events & selectors.EVENT_READ or key.fileobj.recv(65536):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.selector.unregister(key.fileobj)
        key.fileobj.close()
        self.come(number)

    def run(self, is_there):
        for number in range(self.size):
            self.come(number)
        dripped, started = time.monotonic(), time.monotonic()
        while True:
            for key, events in self.selector.select(0.2):
                self.serve(key, events)
            now = time.monotonic()
            if now - started > 2:
                is_there.set()
            if self.drip and now - dripped > 1:
                dripped = now
                for key in list(self.selector.get_map().values()):
                    try:
                        key.fileobj.send(self.drip)
                    except OSError:
                        pass


def deliver(router, count, mark):
    """Milliseconds of each of `count` deliveries on connections of their own, and the most memory meanwhile."""
    times, memory = [], 0
    for number in range(count):
        before = time.monotonic()
        fixtures.send(router.port, fixtures.body(f"wev_{mark}_{number}"))
        times.append((time.monotonic() - before) * 1e3)
        memory = max(memory, router.resident_bytes())
    return sorted(times), memory


def among(bench, config, kind, count):
    with processes.router(bench.build, bench.folder, config, fixtures.ENVIRONMENT, "--dry-run") as router:
        is_there = multiprocessing.Event()
        crowd = multiprocessing.Process(target=Crowd(router.port, kind, CLIENTS).run, args=[is_there], daemon=True) if kind else None
        if crowd:
            crowd.start()
            is_there.wait()
        try:
            times, memory = deliver(router, count, (kind or "alone").replace(" ", "_"))
        finally:
            if crowd:
                crowd.kill()
                crowd.join()
        dropped = metric(router, "refusals_total", 'reason="made_room"')
    return {"median_ms": times[len(times) // 2], "p99_ms": times[len(times) * 99 // 100], "worst_ms": times[-1], "memory": memory, "dropped": int(dropped)}


def slow(bench):
    rules = fixtures.rules(bench.folder, "slow", [fixtures.rule(701331, ["{site: site0, workbooks: Revenue}"])])
    config = fixtures.config(bench.folder, "slow", rules, [fixtures.site(0, fixtures.CLOSED, "")])
    count = DELIVERIES // (10 if bench.is_quick else 1)
    result = {kind or "none": among(bench, config, kind, count) for kind in [None, *KINDS]}
    table(f"A signed delivery among {CLIENTS:,} slow clients of 50 addresses, which come again when they are dropped",
          ["", "median ms", "99 % ms", "worst ms", "MiB", "dropped"],
          [[name, f"{row['median_ms']:.1f}", f"{row['p99_ms']:.1f}", f"{row['worst_ms']:.1f}", f"{row['memory'] / MIB:.0f}", row["dropped"]]
           for name, row in result.items()])
    bench.aims.most("delivery among slow clients, 99 %", max(row["p99_ms"] for row in result.values()), 100, "ms")
    bench.aims.most("memory among slow clients", max(row["memory"] for row in result.values()) / MIB, 128, "MiB")
    return result
