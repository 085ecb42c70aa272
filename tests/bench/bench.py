#!/usr/bin/python3
"""bench.py - what the programs cost, each figure beside a yardstick measured in the same run.

    bench.py [--quick] [--build FOLDER] [--only intake,decide,compare,linter,costly,schedule,sites,fanout,memory,scale,slow,retention,nodes] [--json FILE]

Rounds are interleaved (A B C, A B C, ...) and medians are reported, because machines drift. The exit status is 0 also when an aim
is missed: the table says so.
"""
import argparse
import json
import os
import statistics
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402
import compare  # noqa: E402
import costly  # noqa: E402
import linter  # noqa: E402
import nodes  # noqa: E402
import retention  # noqa: E402
import scale  # noqa: E402
import sites  # noqa: E402
import slow  # noqa: E402
from tables import Aims  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--build", default=os.environ.get("REFRESH_ROUTER_BUILD", "."), help="folder of the built programs")
    parser.add_argument("--only", default="intake,decide,compare,linter,costly,schedule,sites,fanout,memory,scale,slow,retention,nodes", help="parts, with commas between")
    parser.add_argument("--json", help="also write every figure here")
    args = parser.parse_args()
    parts = {"intake": cases.intake, "decide": cases.decide, "compare": compare.compare, "linter": linter.linter, "costly": costly.costly,
             "schedule": cases.schedule, "sites": sites.sites, "fanout": cases.fanout, "memory": cases.memory, "scale": scale.scale, "slow": slow.slow,
             "retention": retention.retention, "nodes": nodes.nodes}
    unknown = set(args.only.split(",")) - set(parts)
    if unknown:
        parser.error("no such part: " + ", ".join(sorted(unknown)))
    print(f"{os.cpu_count()} processors, shared by the server, the load generator and the sandbox: "
          "a rate is what is left when the generator has had its part.")
    aims, figures = Aims(), {}
    with tempfile.TemporaryDirectory(prefix="router-bench.") as folder:
        bench = cases.Bench(os.path.abspath(args.build), folder, args.quick, aims, statistics.median)
        for name in args.only.split(","):
            figures[name] = parts[name](bench)
    aims.print()
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"figures": figures, "aims": aims.rows}, file, indent=1)


if __name__ == "__main__":
    main()
