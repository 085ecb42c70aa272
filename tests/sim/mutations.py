#!/usr/bin/env python3
"""mutations.py - can the simulation fail? Wrong variants of the dispatcher (variants.py), each of which it has to catch.

    mutations.py --source DIR --library librouter.a [--cc CC] [NAME...]

A variant replaces a text of one function by another; the text must stand there exactly once. As a control the files are first built in the
same way without a change, and the simulation has to pass. Caught is what ends with the simulation's own status of a wrong history, nothing else.
A variant that no simulation can show names the unit test that has to fail, as `program:test`; that test, too, has to pass as a control.
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

HISTORIES = 30000
IS_WRONG = 1  # simulate.c
TIME = 300  # seconds that a variant may take
# cmocka runs one test when it is told so before main().
ONLY = "only.c"
ONLY_TEXT = """#include "tests/unit/test.h"
#include <stdlib.h>
static void __attribute__((constructor)) only(void)
{
	cmocka_set_test_filter(getenv("ONLY"));
}
"""


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
    """The file that defines it, and the place there; `where` is a function of the scheduler, file.c:function when several of its files have one of that
    name, or module/file.c:function elsewhere."""
    name, _, function = where.rpartition(":")
    folder = source / "src" if "/" in name else source / "src/schedule"
    found = [(path, body_of(path.read_text(), function)) for path in sorted(folder.glob(name or "*.c"))]
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


def run(command, seconds=None, environment=None):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=seconds,
                          env={**os.environ, **(environment or {})})


def test_of(variant):
    return variant[4] if len(variant) > 4 else None


class Builder:
    def __init__(self, args, folder):
        self.cc = [*shlex.split(args.cc), "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-w", "-I", args.source, "-I", args.source / "src", "-I", "."]
        self.libraries = [args.library, *shlex.split(args.libs)]
        self.source = args.source
        self.folder = folder

    def prepare(self, pool):
        """Compiles the simulation, and the unit tests that variants name."""
        sources = [path for path in sorted((self.source / "tests/sim").glob("*.c")) if path.name != "weeks.c"]  # a program of its own
        self.simulation = list(pool.map(lambda path: self.compile(path, f"{path.stem}.o"), sources))
        only = self.folder / ONLY
        only.write_text(ONLY_TEXT)
        programs = sorted({test_of(variant).partition(":")[0] for variant in VARIANTS if test_of(variant)})
        sources = [only, *(self.source / f"tests/unit/{name}.c" for name in programs)]
        self.tests = dict(zip([ONLY, *programs], pool.map(lambda path: self.compile(path, f"unit-{path.stem}.o"), sources)))

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

    def run(self, name, objects, arguments, libraries=(), environment=None):
        """Links and runs. An object goes before the one of the same name in the library."""
        program = self.folder / f"program-{name}"
        built = run([*self.cc, "-o", program, *objects, *self.libraries, *libraries])
        if built.returncode:
            raise Unusable("it does not link:\n" + built.stdout[-2000:])
        try:
            done = run([program, *arguments], TIME, environment)
        except subprocess.TimeoutExpired:
            raise Unusable(f"it takes longer than {TIME} s") from None
        program.unlink()
        return done

    def simulate(self, name, objects):
        """True when a history is wrong, False when all are right; and the last line."""
        done = self.run(name, objects + self.simulation, ["--brief", "--histories", str(HISTORIES)])
        said = (done.stdout.splitlines() or [""])[-1]
        if done.returncode not in (0, IS_WRONG):
            raise Unusable(f"it does not end as a wrong history does, but with {done.returncode}: {said}")
        return done.returncode == IS_WRONG, said

    def unit(self, name, objects, test):
        """True when that test fails, False when it passes; and why."""
        program, _, only = test.partition(":")
        done = self.run(name, [*objects, self.tests[program], self.tests[ONLY]], [], ["-lcmocka"], {"ONLY": only, "srcdir": str(self.source)})
        lines = done.stdout.splitlines()
        if f"[  FAILED  ] {only}" in lines:
            return True, next((line.partition("] --- ")[2] for line in lines if "[  ERROR   ] ---" in line), "it fails")
        if f"[       OK ] {only}" not in lines:
            raise Unusable(f"{test} is not run: {lines[-3:]}")
        return False, "it passes"

    def judge(self, name, objects, test=None):
        return self.unit(name, objects, test) if test else self.simulate(name, objects)


def control(builder, source, pool):
    """The files of all variants as they are, built as the variants are, must pass."""
    paths = sorted({find(source, variant[1])[0] for variant in VARIANTS})
    names = ["control-" + str(path.relative_to(source / "src")).replace("/", "-") for path in paths]
    objects = dict(zip(paths, pool.map(lambda path, name: builder.change(name, path, path.read_text()), paths, names)))
    own = {find(source, variant[1])[0] for variant in VARIANTS if not test_of(variant)}
    is_wrong, said = builder.judge("control", [objects[path] for path in sorted(own)])
    if is_wrong:
        raise Unusable(f"the dispatcher as it is does not pass when it is built like a variant: {said}")
    tests = sorted({(test_of(variant), find(source, variant[1])[0]) for variant in VARIANTS if test_of(variant)})
    for (test, _), (is_wrong, said) in zip(tests, pool.map(lambda at: builder.judge(f"control-{tests.index(at)}", [objects[at[1]]], at[0]), tests)):
        if is_wrong:
            raise Unusable(f"{test} does not pass as it is: {said}")


def caught(builder, source, number):
    """None when it is caught, else what is wrong."""
    name, where, old, new = VARIANTS[number][:4]
    test = test_of(VARIANTS[number])
    try:
        path, text = mutated(source, where, old, new)
        is_wrong, said = builder.judge(number, [builder.change(number, path, text)], test)
    except Unusable as problem:
        return str(problem)
    if is_wrong:
        print(f"caught   {name}\n         {said[:150]}", flush=True)
        return None
    return f"not caught by {test}" if test else f"not caught in {HISTORIES} histories"


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
        try:
            builder.prepare(pool)
            control(builder, args.source, pool)
        except Unusable as problem:
            print(f"CONTROL  {problem}")
            return 1
        for number, problem in zip(chosen, pool.map(lambda number: caught(builder, args.source, number), chosen)):
            if problem:
                failed += 1
                print(f"MISSED   {VARIANTS[number][0]}\n         {problem}", flush=True)
    print(f"the dispatcher as it is passes; {len(chosen) - failed} of {len(chosen)} wrong variants are caught")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
