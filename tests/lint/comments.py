#!/usr/bin/env python3
"""Fails for words that a stranger reads twice, in comments, messages and documents; for a trailing comment that goes over lines, which clang-format tears
apart (it belongs above its line); and for a .c file that does not open with a comment that says what it is for. tests/lint_test.py plants each of these faults."""
import io
import pathlib
import re
import sys
import tokenize

INSTEAD = {
    "anew": "again",
    "lest": "so that ... not",
    "likewise": "the same, or the thing itself",
    "whoever": "the person or program that is meant",
    "without a word": "silently, or by default",
}
WORDS = re.compile(r"\b(" + "|".join(word.replace(" ", r"\s+(?:\*\s+)?") for word in INSTEAD) + r")\b", re.I)
# Comments and texts of C; a quote inside of either begins nothing.
C_TEXT = re.compile(r"/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'", re.S)
# A name in the code may be any word.
NAMED = re.compile(r"`[^`\n]*`")
C, DOCUMENTS = {".c", ".h", ".def"}, {".md", ".1", ".5", ".yaml"}
FOLDERS = ["src", "tests", "rules", "packaging", ".github"]
NOT_OURS = {"corpus", "samples"}


def texts(path, text):
    """What people read in the file: each piece, and where it begins."""
    if path.suffix in C:
        yield from ((found.start(), found.group()) for found in C_TEXT.finditer(text))
    elif path.suffix == ".py":
        lines = [0]
        for line in text.splitlines(keepends=True):
            lines.append(lines[-1] + len(line))
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in (tokenize.COMMENT, tokenize.STRING):
                yield lines[token.start[0] - 1] + token.start[1], token.string
    elif path.suffix in DOCUMENTS:
        yield 0, text


def file_problems(path, name):
    text = path.read_text()
    for start, piece in texts(path, text):
        line = text.count("\n", 0, start) + 1
        for found in WORDS.finditer(NAMED.sub(lambda named: " " * len(named.group()), piece)):
            word = re.sub(r"[\s*]+", " ", found.group().lower())
            yield f"{name}:{line + piece.count(chr(10), 0, found.start())}: '{word}': say {INSTEAD[word]}"
        is_trailing = piece.startswith("/*") and text[text.rfind("\n", 0, start) + 1:start].strip()
        if path.suffix in C and is_trailing and "\n" in piece:
            yield f"{name}:{line}: a comment behind code goes over lines; it belongs above"
    if path.suffix == ".c" and not text.startswith("/*"):
        yield f"{name}:1: it does not open with a comment that says what the file is for"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    files = [*root.glob("*.md"), *(path for folder in FOLDERS for path in (root / folder).rglob("*"))]
    found = []
    for path in sorted(path for path in files if path.is_file() and path.suffix in C | DOCUMENTS | {".py"}):
        name = path.relative_to(root)
        if not NOT_OURS & set(name.parts) and path.name not in ("comments.py", "lint_test.py"):
            found += file_problems(path, name)
    print("\n".join(found) if found else "comments: plain words, in their place")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
