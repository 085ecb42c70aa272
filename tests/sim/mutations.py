#!/usr/bin/env python3
"""mutations.py - can the simulation fail? Wrong variants of the scheduler, each of which it has to catch.

    mutations.py --source DIR --library librouter.a [--cc CC] [NAME...]

A variant is a text of one source file and what stands there instead. A text that is not there (any more) is a failure too.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

HISTORIES = 20000
VARIANTS = [
    ("a request sent before the event arrived counts for it", "evidence.c",
     "cause->after <= evidence->sent_after", "cause->after <= evidence->sent_after + (INT64_C(8) << STAMP_BITS)"),
    ("clocks are believed to the second", "evidence.c", "cause->fresh_from.us + clock_skew_us", "cause->fresh_from.us"),
    ("a job that runs counts as waiting", "follow.c", "if (is_queued && asked_after >", "if (asked_after >"),
    ("a request without a reply is sent again unlooked", "send.c",
     "lost(schedule, now, refresh, answer, false);\n\t\tbreak;", "try_again(schedule, now, refresh, answer, schedule->options.retry_initial);\n\t\tbreak;"),
    ("a restart forgets that a request was out", "restore.c", "refresh_enter(schedule, refresh, REFRESH_UNKNOWN);", ""),
    ("a poll that fails starts the refresh again", "follow.c",
     "look_later(schedule, now, refresh, site->options.poll_interval);\n\treturn act_end",
     "{ refresh_enter(schedule, refresh, REFRESH_WAITING); refresh_wait_until(schedule, now, refresh, 0); }\n\treturn act_end"),
    ("whoever stands in line is served by any job", "slot.c",
     "return covers_all(schedule, evidence, refresh->causes, refresh->cause_count);", "return evidence && refresh->cause_count;"),
    ("a delay that has passed counts from the event", "hold.c", "\tschedule->horizon++;\n", ""),
    ("a delay ends early", "want.c", "return left < 0 ? 0 : left < us ? left : us;", "return left < 0 ? 0 : (left < us ? left : us) / 2;"),
    ("quiet does not begin anew with each event", "hold.c", "if (!timer_is_set(&quiet->due) || quiet->due.key < until.us)",
     "if (!timer_is_set(&quiet->due))"),
    ("a restart forgets what was spent", "budget.c", "\tif (count <= 0)\n\t\treturn;", "\tif (count)\n\t\treturn;"),
    ("budgets are not kept", "gate.c", "return later(at, budget_allows(&gate->starts, now, 1));", "return at;"),
    ("job queries have no budget", "gate.c", "return later(at, budget_allows(&gate->queries, now, 1));", "return at;"),
    ("the breaker stays closed", "breaker.c", "breaker->failures < BREAKER_FAILURES", "breaker->failures > 0"),
    ("the breaker never closes", "breaker.c", "*breaker = (struct breaker){ 0 };", "breaker->is_probing = !was_closed;"),
    ("priority starves the others", "send.c", "#define PRIORITY_SHARE 2", "#define PRIORITY_SHARE 2 / 1000"),
    ("the youngest goes first", "send.c", "return refresh->born.us -", "return -refresh->born.us -"),
    ("nobody follows when a refresh ends", "slot.c", "\tif (next)\n\t\trefresh_promote(schedule, now, next);", "\t(void)next;\n\t(void)now;"),
    ("any job that a look finds is ours", "send.c", "bool is_ours = !refresh->was_busy && wall_is_set(sent_at) &&",
     "bool is_ours = sent_at.us != 1 ||"),
    ("an incremental job serves who wants a full one", "send.c", "&evidence, job->is_incremental)", "&evidence, false)"),
    ("an event joins a request that is out", "want.c", "if (current->row.state == REFRESH_WAITING)\n\t\treturn slot->current;",
     "if (current->row.state == REFRESH_WAITING || current->row.state == REFRESH_SENDING)\n\t\treturn slot->current;"),
    ("looks come too late", "follow.c", "#define LATE_LEAST (60 * US_PER_SECOND)", "#define LATE_LEAST (900 * US_PER_SECOND)"),
    ("looks come too often", "follow.c", "at = at_least(at, site->round_at.us + site->options.poll_interval);", ""),
    ("looks do not grow rarer", "follow.c", "return at_least(at_most(age / LATE_SHARE, longest), least);", "return least;"),
    ("a pause is not heeded", "gate.c", "if (gate->paused_by)\n\t\treturn (struct mono){ INT64_MAX };", ""),
    ("a selection is ended before it is resolved", "want.c", "\tpark(schedule, want);\n\treturn act_end",
     "\tpark(schedule, want);\n\tact_end_selection(schedule, want->id);\n\treturn act_end"),
    ("a second refresh does not wait for the first", "want.c", "if (is_new && slot->current)", "if (is_new && slot->current && slot->site->sending)"),
    ("a refusal that is open to doubt is believed", "send.c", "case VERDICT_DOUBT:\n\t\trefresh->was_refused = true;",
     "case VERDICT_DOUBT:\n\t\ttry_again(schedule, now, refresh, answer, 0);\n\t\tbreak;\n\t\trefresh->was_refused = true;"),
    ("a late duplicate costs another job", "want.c", "\tif (done) {", "\tif (done && !evidence) {"),
    ("give_up_after comes early", "slot.c", "mono_plus(now.mono, schedule->options.give_up_after).us, refresh->row.id",
     "mono_plus(now.mono, schedule->options.give_up_after / 8).us, refresh->row.id"),
]


def run(command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def caught(args, folder, variant):
    """None when the simulation catches it, else what is wrong."""
    name, file, old, new = variant
    text = (args.source / "src/dispatch" / file).read_text()
    if text.count(old) != 1:
        return f"{file} has the text {text.count(old)} times, not once: {old!r}"
    place = pathlib.Path(folder) / str(VARIANTS.index(variant))
    place.mkdir()
    (place / file).write_text(text.replace(old, new))
    built = run([*shlex.split(args.cc), "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-w", "-I", args.source, "-I", args.source / "src",
                 "-o", place / "simulate", place / file, *sorted((args.source / "tests/sim").glob("*.c")), args.library,
                 *shlex.split(args.libs)])
    if built.returncode:
        return "it does not compile:\n" + built.stdout[-2000:]
    done = run([place / "simulate", "--histories", str(HISTORIES)])
    lines = done.stdout.splitlines()
    if not done.returncode:
        return f"not caught in {HISTORIES} histories"
    why = lines[-2].split(": ", 1)[-1] if done.returncode == 1 and len(lines) > 1 else f"it crashes ({done.returncode})"
    print(f"caught   {name}\n         {why[:150]}", flush=True)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--library", required=True)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--libs", default="-lcjson -lpthread")
    parser.add_argument("names", nargs="*", help="only variants whose name has this in it")
    args = parser.parse_args()
    chosen = [v for v in VARIANTS if not args.names or any(name in v[0] for name in args.names)]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="mutations.") as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for variant, problem in zip(chosen, pool.map(lambda v: caught(args, folder, v), chosen)):
            if problem:
                failed += 1
                print(f"MISSED   {variant[0]}\n         {problem}", flush=True)
    print(f"{len(chosen) - failed} of {len(chosen)} wrong variants caught")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
