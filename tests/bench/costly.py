"""costly.py - good deliveries while others bring texts that patterns explode on."""
import json
import threading
import time

import fixtures
import processes
from tables import table

PATTERN, PIECE = "/from .* to [A-Z]/", "from b "
SIZES = (60000, 100000)        # bytes of run_reason: below and beyond what is searched
BAD, GOOD = 4, 100


def bad_body(number, size):
    event = json.loads(fixtures.body(f"wev_bad_{number}_{size}"))
    event["data"]["runReason"] = PIECE * (size // len(PIECE))
    return json.dumps(event, separators=(",", ":"))


def seconds_to_send(router, text):
    begun = time.monotonic()
    fixtures.send(router.port, text)
    return time.monotonic() - begun


def round_of(router, size, mark):
    """BAD deliveries at once, and one good one after the other until all have been answered, at least GOOD."""
    bad = [threading.Thread(target=fixtures.send, args=(router.port, bad_body(f"{mark}_{n}", size))) for n in range(BAD)]
    begun = time.monotonic()
    for thread in bad:
        thread.start()
    good = []
    while len(good) < GOOD or any(thread.is_alive() for thread in bad):
        good.append(seconds_to_send(router, fixtures.body(f"wev_good_{mark}_{size}_{len(good)}")))
    for thread in bad:
        thread.join()
    return {"most_ms": max(good) * 1e3, "median_ms": sorted(good)[len(good) // 2] * 1e3, "seconds": time.monotonic() - begun}


def costly(bench):
    names = fixtures.rules(bench.folder, "costly", [
        fixtures.rule(701331, ["{site: site0, workbooks: Revenue}"]),
        f"  - {{name: slow, when: {{run_reason: '{PATTERN}'}}, refresh: [{{site: site0, workbooks: Other}}]}}"])
    config = fixtures.config(bench.folder, "costly", names, [fixtures.site(0, fixtures.CLOSED, "")])
    with processes.router(bench.build, bench.folder, config, fixtures.ENVIRONMENT, "--dry-run") as router:
        rows = {size: [round_of(router, size, number) for number in range(bench.rounds)] for size in SIZES}
    result = {size: {name: bench.median_of(found, name) for name in found[0]} for size, found in rows.items()}
    table(f"Good deliveries while {BAD} others bring a run_reason on which {PATTERN} explodes",
          ["bytes of it", "median ms", "most ms"],
          [[size, f"{row['median_ms']:.1f}", f"{row['most_ms']:.1f}"] for size, row in result.items()])
    for size in SIZES:
        bench.aims.most(f"a good delivery beside {BAD} costly ones of {size} bytes", result[size]["most_ms"], 100, "ms")
    return result
