#!/usr/bin/env python3
"""Fails when the name of an exported function does not lead to its header, and when a tag is defined twice (src/README.md, Modules).
tests/lint_test.py plants each of these faults."""
import pathlib
import re
import sys

EXCEPTIONS = {
    "ruleset_explain": "stands beside ruleset_decide() in rules/decide.h: the same decision, with reasons",
}
SHORT = {"sandbox": "box"}  # what a folder's name is in names

COMMENT = re.compile(r"/\*.*?\*/", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", re.M)
ATTRIBUTE = re.compile(r"__attribute__\s*\(\(.*?\)\)|\b[A-Z_]+_LIKE\([^)]*\)|\bMUST_USE\b|\b(?:OWNED|SHARED)_[A-Z]+\([^)]*\)", re.S)
TAG = re.compile(r"\b(?:struct|enum|union)\s+(\w+)\s*\{")
OPAQUE = re.compile(r"^(?:struct|union)\s+(\w+)\s*;", re.M)
SECTION = re.compile(r"^/\* ---- .*?\b(\w+)\.c\b.* ---- \*/$", re.M)
FUNCTION = re.compile(r"\b(\w+)\s*\((?!\*)")
PRIVATE = re.compile(r"/\*.*?[Pp]rivate to .*?\*/", re.S)


def code_of(text):
    """Without comments and directives, with as many lines."""
    def blank(found):
        return "\n" * found.group(0).count("\n")
    return DIRECTIVE.sub(blank, COMMENT.sub(blank, text))


def declarations(code):
    """(line, declaration) of what stands outside all braces."""
    depth = start = 0
    for at, char in enumerate(code):
        depth += (char == "{") - (char == "}")
        if not depth and char in ";}":
            yield code.count("\n", 0, at - len(code[start:at].lstrip())) + 1, code[start:at].strip()
            start = at + 1


def functions(text):
    """(line, name) of the functions that a header declares, or defines inline."""
    for line, declared in declarations(code_of(text)):
        head = ATTRIBUTE.sub(" ", declared).split("{")[0].strip()
        found = FUNCTION.search(head)
        if found and "=" not in head[:found.start()] and not head.startswith("typedef"):
            yield line, found.group(1)


class Header:
    def __init__(self, path, text, tags, structs):
        self.path, self.module, self.functions = path, path.parts[0], list(functions(text))
        code, stem = code_of(text), path.stem
        own = {tag for tag in OPAQUE.findall(code) if any(place.parent == path.parent for place in tags.get(tag, ()))}
        folders = [SHORT.get(part, part) for part in path.parts[:-1]]
        self.nouns = {stem, stem + "s", stem.removesuffix("s")} | set(TAG.findall(code)) | own
        self.nouns |= {f"{folder}_{stem}" for name in folders for folder in (name, name.removesuffix("s"))}
        self.sections = []
        if PRIVATE.match(text.lstrip()):
            self.nouns |= structs[path.parent]
            self.sections = [(text.count("\n", 0, found.start()) + 1, found.group(1)) for found in SECTION.finditer(text)]

    def file_of(self, line):
        """The file that the section of this line speaks for, or the header's own."""
        return max((section for section in self.sections if section[0] < line), default=(0, self.path.stem))[1]

    def noun_of(self, name, line):
        """The longest noun that the name begins with."""
        fitting = [noun for noun in self.nouns | {self.file_of(line)} if name == noun or name.startswith(noun + "_")]
        return max(fitting, key=len, default=None)

    def is_verb_of(self, name, line):
        """rule_expand() of rules/expand.h."""
        return name.endswith(("_" + self.path.stem, "_" + self.file_of(line)))


def headers_of(texts, tags):
    """A private header may speak of the structs that another private header of its folder defines."""
    structs = {path.parent: set() for path in texts}
    for path, text in texts.items():
        if path.suffix == ".h" and PRIVATE.match(text.lstrip()):
            structs[path.parent] |= set(TAG.findall(code_of(text)))
    return [Header(path, text, tags, structs) for path, text in texts.items() if path.suffix == ".h"]


def double_tags(tags):
    for tag, paths in tags.items():
        for path in sorted(set(paths))[1:]:
            yield f"{path}: '{tag}' is also defined in {sorted(paths)[0]}"


def stray_names(headers, tags):
    """Functions whose name leads elsewhere; and prefixes that lead to two modules."""
    modules = {}
    for header in headers:
        for line, name in header.functions:
            noun, place = header.noun_of(name, line), f"{header.path}:{line}"
            if name in tags:
                yield f"{place}: {name}() is also the name of a struct"
            if name in EXCEPTIONS or header.is_verb_of(name, line):
                continue
            if not noun:
                yield f"{place}: {name}() begins with no noun of its header"
            elif modules.setdefault(noun, header).module != header.module:
                yield f"{place}: functions of {modules[noun].path} begin with '{noun}_' too"


def problems(source):
    texts = {path.relative_to(source): path.read_text() for path in sorted(source.rglob("*.[ch]"))}
    tags = {}
    for path, text in texts.items():
        for tag in TAG.findall(code_of(text)):
            tags.setdefault(tag, []).append(path)
    yield from double_tags(tags)
    yield from stray_names(headers_of(texts, tags), tags)


def main():
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "src")
    found = list(problems(source))
    print("\n".join(found) if found else "names: each leads to its header")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
