#!/usr/bin/env python3
"""Fails when an #include points against the layers (who may include whom is this table; src/README.md) or into another module's private header,
for calls that make a circle, and for names that are banned where they stand. tests/lint_test.py plants each of these faults."""
import pathlib
import re
import sys

ALLOWED = {
    "base": set(),
    "content": {"base"},
    "event": {"base"},
    "rules": {"event", "content", "base"},
    "config": {"store", "base"},
    "store": {"content", "base"},
    "tableau": {"config", "content", "base"},
    "schedule": {"content", "base"},  # it decides, and is pure: no clock, socket, thread or store
    "cluster": {"base"},  # which node owns which site: pure, as schedule is
    "dispatch": {"schedule", "store", "tableau", "config", "content", "base"},
    "notify": {"event", "config", "store", "content", "base"},
    "intake": {"event", "rules", "store", "dispatch", "config", "content", "base"},
    "admin": {"base", "content", "event", "rules", "config", "store", "cluster", "tableau", "schedule", "dispatch", "notify", "intake"},
    "daemon": {"base", "content", "event", "rules", "config", "store", "cluster", "tableau", "dispatch", "notify", "intake", "admin"},
    "cli": {"base", "content", "event", "rules", "config", "store", "tableau", "dispatch", "notify", "admin", "daemon"},
    "sandbox": {"base"},
}
# Only base/clock.c reads a clock, and libraries stay behind the one file that wraps them.
BANNED = re.compile(r"\b(strcpy|strcat|strncpy|sprintf|strtok|gmtime|localtime|atoi|rand)\s*\(")
CLOCK = re.compile(r"\b(clock_gettime|gettimeofday|time)\s*\(\s*(NULL|0|CLOCK)")
# Memory comes from base/mem.h, which never returns NULL; threads from base/thread.h, which gives each a role.
MEMORY = re.compile(r"\b(malloc|calloc|realloc|reallocarray|strdup|strndup|v?asprintf)\s*\(")
THREADS = re.compile(r"\b(pthread_\w+)\s*\(")
THREADS_ALLOWED = {
    "base": "it wraps them",
    "sandbox": "a server of its own for tests and demonstrations, with a lock for its world",
    "store/memory/driver.c": "one list of stores for all threads of a test",
    "intake/intake.c": "libmicrohttpd starts its threads: each keeps its scratch by a key",
    "daemon/daemon.c": "blocks signals before any other thread starts",
}
PRIVATE = re.compile(r"[Pp]rivate to ([^.;:]+(?:\.[ch]\b[^.;:]*)*)")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


# A text is cleared at the end of its block, also when that end comes early: it is one from its declaration on.
BARE_TEXT = re.compile(r"OWNED_TEXT struct text (\w+)\s*[;,]")

# A function that other files may call: its type starts a line, and '{' stands on a line of its own.
EXPORTED = re.compile(r"^(?!static\b|typedef\b)[a-z_][\w \t*]*?\b(\w+)\(([^;{}]|\n)*?\)\n\{", re.M)


def double_symbols(sources):
    """One symbol is one function: two programs may be linked from one library, and a reader follows a name to one place."""
    places = {}
    for path, text in sources:
        for found in EXPORTED.finditer(text):
            places.setdefault(found.group(1), []).append(f"{path}:{text.count(chr(10), 0, found.start()) + 1}")
    for name, where in sorted(places.items()):
        if name != "main" and len(where) > 1:
            yield f"{where[1]}: {name}() is also a function of {where[0]}"


def head_of(text):
    """A file's opening comment, as one line."""
    found = re.match(r"\s*/\*(.*?)\*/", text, re.S)
    return re.sub(r"\s+\*?\s*", " ", found.group(1)) if found else ""


def owners(text):
    """The folders and files that a header says it is private to; empty when it is public."""
    found = PRIVATE.search(head_of(text))
    return re.findall(r"[\w/]+/(?:\w+\.[ch])?", found.group(1)) if found else []


def may_include(path, header, text):
    """Whether `path` is one of those that the header names, or the header of one, or the header's own .c file."""
    return any(path.startswith(owner) or path.removesuffix("h") + "c" == owner for owner in owners(text)) or path.removesuffix("c") == header.removesuffix("h")


def is_allowed(path, allowed):
    return any(path == place or path.startswith(place + "/") for place in allowed)


def misplaced(path, code):
    """What only some files may call."""
    if not path.startswith("base/") and (found := MEMORY.search(code)):
        yield f"{found.group(1)}() outside base/: memory comes from base/mem.h"
    if not is_allowed(path, THREADS_ALLOWED) and (found := THREADS.search(code)):
        yield f"{found.group(1)}() outside base/: threads come from base/thread.h"


GROUND_UP = "schedule/state.h"  # declares what the files of its folder share, a heading for each, from the ground up
HEADING = re.compile(r"^/\* ---- (\w+\.c)\b", re.M)
DECLARED = re.compile(r"\b(\w+)\([^;{}()]*\)\s*[;{]")


def circles(source):
    """Calls from a file to one that stands below it in the header that both share."""
    if not (source / GROUND_UP).exists():
        return
    header = (source / GROUND_UP).read_text()
    headings = [*HEADING.finditer(header)]
    home = {}  # of each function: the place of its file
    for number, heading in enumerate(headings):
        end = headings[number + 1].start() if number + 1 < len(headings) else len(header)
        for name in DECLARED.findall(header[heading.end():end].split("typedef")[0]):
            home.setdefault(name, number)
    for number, heading in enumerate(headings):
        path = (source / GROUND_UP).parent / heading.group(1)
        for line, code in enumerate(path.read_text().splitlines() if path.exists() else (), 1):
            for name in re.findall(r"\b(\w+)\(", code.split("/*")[0]) if not code.lstrip().startswith(("*", "/*")) else ():
                if home.get(name, number) > number:
                    yield f"{path}:{line}: {name}() is of {headings[home[name]].group(1)}, which stands below {path.name} in {GROUND_UP}"


def problems(source):
    private = {str(path.relative_to(source)): path.read_text() for path in source.rglob("*.h") if owners(path.read_text())}
    yield from circles(source)
    yield from double_symbols((path, path.read_text()) for path in sorted(source.rglob("*.c")))
    for path in sorted(source.rglob("*.[ch]")):
        module, place = path.relative_to(source).parts[0], str(path.relative_to(source))
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = INCLUDE.match(line)
            target = found.group(1).split("/")[0] if found and "/" in found.group(1) else None
            if target in ALLOWED and target != module and target not in ALLOWED[module]:
                yield f"{path}:{number}: {module} may not include {found.group(1)}"
            if found and found.group(1) in private and not may_include(place, found.group(1), private[found.group(1)]):
                yield f"{path}:{number}: {found.group(1)} is private to {' and '.join(owners(private[found.group(1)]))}"
            code = line.split("/*")[0]
            if not line.lstrip().startswith(("*", "/*")) and BANNED.search(code):
                yield f"{path}:{number}: {BANNED.search(code).group(1)}() is easy to misuse and banned"
            if not line.lstrip().startswith(("*", "/*")):
                yield from (f"{path}:{number}: {what}" for what in misplaced(place, code))
            if found := BARE_TEXT.search(code):
                yield f"{path}:{number}: '{found.group(1)}' may be cleared before it is a text: write '= TEXT(most)'"
            if path.name != "clock.c" and CLOCK.search(code):
                yield f"{path}:{number}: only base/clock.c reads a clock"
            if len(line.expandtabs(8)) > 140:
                yield f"{path}:{number}: a line of {len(line.expandtabs(8))} columns"


def main():
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "src")
    found = list(problems(source))
    print("\n".join(found) if found else "layers: every include points downwards")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
