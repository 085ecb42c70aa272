#!/usr/bin/env python3
"""Fails when an #include points against the layers of the design: who may include whom is this table."""
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
    "dispatch": {"store", "tableau", "config", "content", "base"},
    "intake": {"event", "rules", "store", "dispatch", "config", "content", "base"},
    "admin": {"base", "content", "event", "rules", "config", "store", "tableau", "dispatch", "intake"},
    "daemon": {"base", "content", "event", "rules", "config", "store", "tableau", "dispatch", "intake", "admin"},
    "cli": {"base", "event", "rules", "config", "store", "tableau", "daemon"},
    "sandbox": {"base"},
}
# The part of dispatch that decides is pure: it knows neither store nor Tableau.
PURE = {f"{name}.{kind}" for name in ("ask", "breaker", "budget", "evidence", "follow", "gate", "hold", "pace", "patience", "restore", "schedule", "schedule_state", "send",
                                      "slot", "timer", "wait", "want") for kind in "ch"}
PURE_ALLOWED = {"base", "content", "dispatch"}
# Only base/clock.c reads a clock, and libraries stay behind the one file that wraps them.
BANNED = re.compile(r"\b(strcpy|strcat|strncpy|sprintf|strtok|gmtime|localtime|atoi|rand)\s*\(")
CLOCK = re.compile(r"\b(clock_gettime|gettimeofday|time)\s*\(\s*(NULL|0|CLOCK)")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


OWNED_TEXT = re.compile(r"OWNED_TEXT struct text ([^;]+);")


def early_ends(path, text):
    """A text that is cleared at the end of its block must have been initialised by then, also when that end comes early."""
    for found in OWNED_TEXT.finditer(text):
        for name in (name.strip() for name in found.group(1).split(",")):
            before = text[found.end():].split(f"text_init(&{name},")[0]
            if re.search(r"\b(return|continue|goto)\b", before):
                yield f"{path}:{text.count(chr(10), 0, found.start()) + 1}: '{name}' may be cleared before its text_init()"


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


def problems(source):
    yield from double_symbols((path, path.read_text()) for path in sorted(source.rglob("*.c")))
    for path in sorted(source.rglob("*.[ch]")):
        yield from early_ends(path, path.read_text())
        module = path.relative_to(source).parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = INCLUDE.match(line)
            target = found.group(1).split("/")[0] if found and "/" in found.group(1) else None
            if target in ALLOWED and target != module and target not in ALLOWED[module]:
                yield f"{path}:{number}: {module} may not include {found.group(1)}"
            if module == "dispatch" and path.name in PURE and target and target not in PURE_ALLOWED:
                yield f"{path}:{number}: the scheduler is pure and may not include {found.group(1)}"
            code = line.split("/*")[0]
            if not line.lstrip().startswith(("*", "/*")) and BANNED.search(code):
                yield f"{path}:{number}: {BANNED.search(code).group(1)}() is easy to misuse and banned"
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
