#!/usr/bin/env python3
"""mutations.py - can the simulation fail? Wrong variants of the scheduler (variants.py), each of which it has to catch.

    mutations.py --source DIR --library librouter.a [--cc CC] [NAME...]

A variant replaces a text of one function by another; the text must stand there exactly once. As a control the files are first built in the
same way without a change, and the simulation has to pass. Caught is what ends with the simulation's own status of a wrong history, nothing else.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

from variants import VARIANTS

HISTORIES = 20000
IS_WRONG = 1  # simulate.c
TIME = 120  # seconds that a variant may take


class Unusable(Exception):
    """The variant is not what it says: it must be mended."""


def body_of(text, function):
    """Where a function, or (as #NAME) the definition of a macro, begins and ends, or None."""
    if function.startswith("#"):
        found = re.search(rf"^#define {function[1:]}\b.*$", text, re.MULTILINE)
    else:
        found = re.search(rf"^[A-Za-z_][\w *]*?[ *]{function}\([^;{{}}]*\)\n\{{\n.*?^\}}$", text, re.MULTILINE | re.DOTALL)
    return found.span() if found else None


def find(source, where):
    """The file that defines it, and the place there; `where` is a function, or file.c:function when several files have one of that name."""
    name, _, function = where.rpartition(":")
    found = [(path, body_of(path.read_text(), function)) for path in sorted((source / "src/schedule").glob(name or "*.c"))]
    found = [(path, place) for path, place in found if place]
    if len(found) != 1:
        raise Unusable(f"{where} is defined in {len(found)} files: {', '.join(path.name for path, _ in found)}")
    return found[0]


def mutated(source, where, old, new):
    """The name of the file, and its text with the change."""
    path, (begin, end) = find(source, where)
    text = path.read_text()
    if text.count(old, begin, end) != 1:
        raise Unusable(f"{where} has the text {text.count(old, begin, end)} times, not once: {old!r}")
    return path, text[:begin] + text[begin:end].replace(old, new) + text[end:]


def run(command, seconds=None):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=seconds)


class Builder:
    def __init__(self, args, folder):
        self.cc = [*shlex.split(args.cc), "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-w", "-I", args.source, "-I", args.source / "src"]
        self.libraries = [args.library, *shlex.split(args.libs)]
        self.folder = folder

    def compile(self, path, name):
        built = run([*self.cc, "-c", "-o", self.folder / name, path])
        if built.returncode:
            raise Unusable("it does not compile:\n" + built.stdout[-2000:])
        return self.folder / name

    def change(self, number, path, text):
        (self.folder / str(number)).mkdir()
        changed = self.folder / str(number) / path.name
        changed.write_text(text)
        return self.compile(changed, f"{number}/{path.stem}.o")

    def simulate(self, number, objects):
        """Links and runs; the status and the last line. An object goes before the one of the same name in the library."""
        program = self.folder / f"simulate-{number}"
        built = run([*self.cc, "-o", program, *objects, *self.libraries])
        if built.returncode:
            raise Unusable("it does not link:\n" + built.stdout[-2000:])
        try:
            done = run([program, "--brief", "--histories", str(HISTORIES)], TIME)
        except subprocess.TimeoutExpired:
            raise Unusable(f"it takes longer than {TIME} s") from None
        program.unlink()
        return done.returncode, (done.stdout.splitlines() or [""])[-1]


def control(builder, source, pool, simulation):
    """The files of all variants as they are, built as the variants are, must pass."""
    paths = sorted({find(source, where)[0] for _, where, _, _ in VARIANTS})
    objects = list(pool.map(lambda path: builder.change(f"control-{path.stem}", path, path.read_text()), paths))
    status, said = builder.simulate("control", objects + simulation)
    if status:
        raise Unusable(f"the scheduler as it is does not pass when it is built like a variant (status {status}): {said}")


def caught(builder, source, simulation, number):
    """None when the simulation catches it, else what is wrong."""
    name, where, old, new = VARIANTS[number]
    try:
        path, text = mutated(source, where, old, new)
        status, said = builder.simulate(number, [builder.change(number, path, text), *simulation])
    except Unusable as problem:
        return str(problem)
    if status == IS_WRONG:
        print(f"caught   {name}\n         {said[:150]}", flush=True)
        return None
    return f"not caught in {HISTORIES} histories" if status == 0 else f"it does not end as a wrong history does, but with {status}: {said}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--library", required=True)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--libs", default="-lcjson -lpthread")
    parser.add_argument("names", nargs="*", help="only variants whose name has this in it")
    args = parser.parse_args()
    chosen = [i for i, variant in enumerate(VARIANTS) if not args.names or any(name in variant[0] for name in args.names)]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="mutations.") as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        builder = Builder(args, pathlib.Path(folder))
        sources = [path for path in (args.source / "tests/sim").glob("*.c") if path.name != "weeks.c"]  # a program of its own
        try:
            simulation = list(pool.map(lambda path: builder.compile(path, f"{path.stem}.o"), sorted(sources)))
            control(builder, args.source, pool, simulation)
        except Unusable as problem:
            print(f"CONTROL  {problem}")
            return 1
        for number, problem in zip(chosen, pool.map(lambda number: caught(builder, args.source, simulation, number), chosen)):
            if problem:
                failed += 1
                print(f"MISSED   {VARIANTS[number][0]}\n         {problem}", flush=True)
    print(f"the scheduler as it is passes; {len(chosen) - failed} of {len(chosen)} wrong variants are caught")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
