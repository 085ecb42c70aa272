#!/usr/bin/env python3
"""Fails when a comment cites a document that is not in this tree, or a section that the document does not have: `(src/tableau/README.md, Jobs)`. A bare name, as in
`(README.md, Jobs)`, is a file of the same folder, any other path begins at the top. And when the table of modules in src/README.md is not that of layers.py.
tests/lint_test.py plants each of these faults."""
import pathlib
import re
import sys

import layers

SOURCES = {".c", ".h", ".def", ".py", ".mk", ".md"}
CITATION = re.compile(r"(?<![\"'\w./-])([\w./-]*\w\.md)\b((?:, +[A-Z][^,.;:()*\"'`]*)*)")
# Where one says "the design, section 7", the reader has nothing to open.
ELSEWHERE = re.compile(r"\bdesign,? +\(?(?:section +)?\d")
# A section is a heading, or what a paragraph begins with in bold.
SECTION = re.compile(r"^(?:#+ +|(?:[-*]|\d+\.)? *\*\*)([^*\n]+?)\.?(?:\*\*.*)?$", re.M)
ROW = re.compile(r"^\| (\w+) \|.*\| ([\w, ]*) ?\|$", re.M)
BREAK = re.compile(r"[ \t]*\\?\n[ \t]*(?:\*(?!/)|#)?[ \t]*")


def cited(text):
    """The citations of one file, each with its line; a comment may break a line inside one."""
    flat = BREAK.sub(lambda found: " " * len(found.group()), text)
    for found in [*CITATION.finditer(flat), *ELSEWHERE.finditer(flat)]:
        document, titles = found.groups() if found.re is CITATION else (None, "")
        yield text.count("\n", 0, found.start()) + 1, document, [" ".join(title.split()) for title in titles.split(",")[1:]]


def sections(path):
    return [found.group(1).strip() for found in SECTION.finditer(path.read_text())]


def citation_problems(root):
    files = [*root.glob("*.md"), *(root / "src").rglob("*"), *(root / "tests").rglob("*")]
    for path in sorted(path for path in files if path.suffix in SOURCES and path.is_file()):
        if path.name in ("citations.py", "lint_test.py"):
            continue
        for line, document, titles in cited(path.read_text()):
            place = f"{path.relative_to(root)}:{line}"
            target = document and (root if "/" in document else path.parent) / document
            if not document:
                yield f"{place}: 'design' is no document of this tree: cite src/README.md or a module's README.md, and its section"
            elif not target.is_file():
                yield f"{place}: there is no {target.relative_to(root)}"
            else:
                there = sections(target)
                yield from (f"{place}: {target.relative_to(root)} has {'two sections' if title in there else 'no section'} '{title}'" for title in titles
                            if there.count(title) != 1)


def table_problems(root):
    """The table of modules, as people read it, against the one that is enforced."""
    page, above = (root / "src/README.md").read_text(), set()
    for module, allowed in ROW.findall(page):
        told = set(above) if allowed.strip() == "all above" else {name for name in re.split(r"[, ]+", allowed) if name}
        if module in layers.ALLOWED and told != layers.ALLOWED[module]:
            yield f"src/README.md: the table of modules and tests/lint/layers.py differ about {module}: {', '.join(sorted(told ^ layers.ALLOWED[module]))}"
        if module in layers.ALLOWED:
            above.add(module)
    yield from (f"src/README.md: the table of modules lacks {module}" for module in sorted(set(layers.ALLOWED) - above))


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = [*citation_problems(root), *table_problems(root)]
    print("\n".join(found) if found else "citations: every cited document and section is there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
