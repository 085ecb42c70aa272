"""What tests/lint/ refuses, among planted faults: each kind is refused, with its place."""
import json
import pathlib
import shutil
import subprocess
import sys

import pytest

LAYERS = pathlib.Path(__file__).resolve().parent / "lint" / "layers.py"
CITATIONS = LAYERS.with_name("citations.py")
NAMES = LAYERS.with_name("names.py")
COMMENTS = LAYERS.with_name("comments.py")
FUNCTION = "void {name}(void)\n{{\n\t{body}\n}}\n"


def lint(folder, files, program=LAYERS):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = subprocess.run([sys.executable, "-B", program, folder], stdout=subprocess.PIPE, text=True)
    return done.returncode, done.stdout.replace(str(folder) + "/", "")


def function(body, name="act"):
    return FUNCTION.format(name=name, body=body)


PRIVATE = "/*\n * store/sqlite/sqlite.h - the connection. Private to\n * store/sqlite/.\n */\n"
SHARED = "/*\n * base/web/acceptor.h - accepts. Private to base/web/web.c and base/web/acceptor.c.\n */\n"
GROUND_UP = "/* ---- turn.c: turns ---- */\n\nvoid turn_take(int a);\n\n/* ---- slot.c: ends ---- */\n\nvoid slot_end(int a);\n"
PLANTED = {
    "against the layers": ({"base/a.c": '#include "store/store.h"\n'}, "base/a.c:1: base may not include store/store.h"),
    "a private header": ({"store/sqlite/sqlite.h": PRIVATE, "store/store.c": '#include "store/sqlite/sqlite.h"\n'},
                         "store/store.c:1: store/sqlite/sqlite.h is private to store/sqlite/"),
    "a header of two files": ({"base/web/acceptor.h": SHARED, "base/other.c": '\n#include "base/web/acceptor.h"\n'},
                              "base/other.c:2: base/web/acceptor.h is private to base/web/web.c and base/web/acceptor.c"),
    "the scheduler asks Tableau": ({"schedule/slot.c": '#include "tableau/tableau.h"\n'}, "schedule/slot.c:1: schedule may not include tableau/tableau.h"),
    "a call down the header": ({"schedule/state.h": GROUND_UP, "schedule/turn.c": function("slot_end(1);", "turn_take")},
                               "schedule/turn.c:3: slot_end() is of slot.c, which stands below turn.c"),
    "one symbol, two functions": ({"base/a.c": function(";"), "base/b.c": function(";")}, "base/b.c:1: act() is also a function of"),
    "malloc": ({"rules/a.c": function("p = malloc(1);")}, "rules/a.c:3: malloc() outside base/"),
    "strdup": ({"rules/a.c": function("p = strdup(q);")}, "rules/a.c:3: strdup() outside base/"),
    "a mutex": ({"dispatch/a.c": function("pthread_mutex_lock(&m);")}, "dispatch/a.c:3: pthread_mutex_lock() outside base/"),
    "a banned call": ({"cli/a.c": function("strcpy(a, b);")}, "cli/a.c:3: strcpy() is easy to misuse"),
    "a clock": ({"dispatch/a.c": function("t = time(NULL);")}, "dispatch/a.c:3: only base/clock.c reads a clock"),
    "a long line": ({"cli/a.c": "int a" + "a" * 140 + ";\n"}, "cli/a.c:1: a line of"),
    "a text cleared too early": ({"cli/a.c": function("OWNED_TEXT struct text t;")}, "cli/a.c:3: 't' may be cleared"),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_what_is_planted_is_found(tmp_path, kind):
    files, expected = PLANTED[kind]
    status, told = lint(tmp_path, files)
    assert status == 1 and any(line.startswith(expected) for line in told.splitlines()), told


ALLOWED = {
    "base/mem.c": function("p = malloc(1);", "mem_alloc"),
    "base/web/web.c": '#include "base/web/acceptor.h"\n',
    "base/web/acceptor.h": SHARED,
    "base/thread.c": function("pthread_create(a, b, c, d);", "thread_start"),
    "store/sqlite/sqlite.h": PRIVATE,
    "store/sqlite/read.c": '#include "store/sqlite/sqlite.h"\n',
    "schedule/state.h": GROUND_UP,
    "schedule/turn.c": function(";", "turn_take"),
    "schedule/slot.c": function("turn_take(1);", "slot_end"),
    "schedule/gate.c": "/* like malloc() and pthread_create() */\n" + function("free(p);", "gate_free"),
}


def test_what_is_allowed_passes(tmp_path):
    status, told = lint(tmp_path, ALLOWED)
    assert status == 0, told


PRIVATE_STATE = "/*\n * schedule/state.h - private to schedule/.\n */\nstruct site {\n\tint a;\n};\n/* ---- turn.c: turns ---- */\n{}\n"
MISNAMED = {
    "another noun": ({"base/file.h": "bool path_beside(int a);\n"}, "base/file.h:1: path_beside() begins with no noun of its header"),
    "no noun at all": ({"admin/handler.h": "/* a */\n\ncJSON *readiness(\n\tint a);\n"}, "admin/handler.h:3: readiness() begins with no noun of its header"),
    "defined inline": ({"base/str.h": "static inline bool text_is(int a)\n{\n\treturn a;\n}\n"}, "base/str.h:1: text_is() begins with no noun of its header"),
    "a struct of another module": ({"rules/load.h": "struct arena;\nvoid arena_load_all(struct arena *arena);\n"}, "rules/load.h:2: arena_load_all() begins with no noun"),
    "the section of another file": ({"schedule/state.h": PRIVATE_STATE.replace("{}\n", "/* ---- send.c: requests ---- */\nvoid turn_queue(void);\n")},
                                    "schedule/state.h:9: turn_queue() begins with no noun of its header"),
    "a prefix of two modules": ({"intake/answer.h": "void answer_a(void);\n", "tableau/answer.h": "\nvoid answer_b(void);\n"},
                                "tableau/answer.h:2: functions of intake/answer.h begin with 'answer_' too"),
    "a tag of two files": ({"cli/a.c": "struct list {\n};\n", "tableau/a.c": "struct list {\n};\n"}, "tableau/a.c: 'list' is also defined in cli/a.c"),
    "an enum and a struct": ({"cli/a.c": "enum table { A };\n", "cli/b.h": "struct table {\n};\n"}, "cli/b.h: 'table' is also defined in cli/a.c"),
    "a function called as a struct": ({"dispatch/dispatch.h": "struct dispatch_event {\n};\nvoid dispatch_event(void);\n"},
                                      "dispatch/dispatch.h:3: dispatch_event() is also the name of a struct"),
}


@pytest.mark.parametrize("kind", MISNAMED)
def test_a_name_that_leads_elsewhere_is_found(tmp_path, kind):
    files, expected = MISNAMED[kind]
    status, told = lint(tmp_path, files, NAMES)
    assert status == 1 and any(line.startswith(expected) for line in told.splitlines()), told


WELL_NAMED = {
    "base/clock.h": "struct wall {\n};\n#define WALL(a) \\\n\twall(a)\nbool clock_now(struct wall *wall);\nvoid wall_format(int a) PRINTF_LIKE(1, 2);\n",
    "cli/print.h": "struct table;\nstruct table *table_new(void);\nOWNED_DEFINE(table)\ntypedef void visit(int a);\n/* void other(void); */\n",
    "cli/print.c": "struct table {\n};\n",
    "rules/index.h": "void rule_index_new(void);\n",
    "rules/decide.h": "void ruleset_decide(void);\nvoid ruleset_explain(void);\n",
    "rules/rule_files.h": "void rule_files_walk(void (*visit)(int a));\n",
    "sandbox/filter.h": "void box_filter_parse(void);\n",
    "schedule/state.h": PRIVATE_STATE.replace("{}\n", "void turn_queue(void);\nvoid site_touch(void);\n"),
    "schedule/gate.h": "/*\n * schedule/gate.h - private to schedule/.\n */\nvoid site_open(void);\n",
}


def test_names_that_lead_to_their_headers_pass(tmp_path):
    status, told = lint(tmp_path, WELL_NAMED, NAMES)
    assert status == 0, told


# The page that says what may include what, as it is, and a module with two sections.
PAGE = (LAYERS.parents[2] / "src" / "README.md").read_text()
DOCUMENTS = dict.fromkeys(["src/event/README.md", "tests/README.md", "tests/sim/README.md"], "")
DOCUMENTS |= {"src/README.md": PAGE, "src/tableau/README.md": "# tableau\n\n**Signing in** is tried again.\n\n## Job list\n"}
CITED = {
    "no such document": ({"src/tableau/a.c": "\n/* sheet.md, 4.2 */\n"}, "src/tableau/a.c:2: there is no src/tableau/sheet.md"),
    "a bare name of another folder": ({"src/store/a.h": "/* (README.md) */\n"}, "src/store/a.h:1: there is no src/store/README.md"),
    "no such section": ({"src/store/a.c": "/* (src/tableau/README.md, Jobs) */\n"}, "src/store/a.c:1: src/tableau/README.md has no section 'Jobs'"),
    "a section behind one that is there": ({"src/tableau/a.c": "/* (README.md, Job list, Lists) */\n"}, "src/tableau/a.c:1: src/tableau/README.md has no section 'Lists'"),
    "over the end of a line": ({"src/a.c": "/* who (src/tableau/README.md, Job\n * board) */\n"}, "src/a.c:1: src/tableau/README.md has no section 'Job board'"),
    "a section of which there are two": ({"src/tableau/README.md": "**Lists.** Ours.\n\n## Lists\n", "src/tableau/a.c": "/* README.md, Lists */\n"},
                                         "src/tableau/a.c:1: src/tableau/README.md has two sections 'Lists'"),
    "in a document": ({"NEWS.md": "See `src/news.md`.\n"}, "NEWS.md:1: there is no src/news.md"),
    "the design": ({"tests/unit/a.c": "/* right (design,\n * section 7) */\n"}, "tests/unit/a.c:1: 'design' is no document"),
    "another table": ({"src/README.md": PAGE.replace("| event | ", "| event2 | ", 1)}, "src/README.md: the table of modules lacks event"),
    "another row": ({"src/README.md": PAGE.replace("dbt's body as an event, status, test deliveries | base |", "| base, store |", 1)},
                    "src/README.md: the table of modules and tests/lint/layers.py differ about event: store"),
}


@pytest.mark.parametrize("kind", CITED)
def test_what_is_cited_and_not_there_is_found(tmp_path, kind):
    files, expected = CITED[kind]
    status, told = lint(tmp_path, DOCUMENTS | files, CITATIONS)
    assert status == 1 and any(line.startswith(expected) for line in told.splitlines()), told


def test_what_is_cited_and_there_passes(tmp_path):
    comments = "/* by design; (README.md, Job\n * list, Signing in), src/README.md: Jobs */\nopen(\"beside/notes.md\");\n"
    status, told = lint(tmp_path, DOCUMENTS | {"src/tableau/a.c": comments}, CITATIONS)
    assert status == 0, told


# ---- clang-tidy and mandoc ----

def tidy(folder, text):
    """As tests/run does, on a tree of one source."""
    top, build = folder / "top", folder / "build"
    (top / "src").mkdir(parents=True)
    build.mkdir()
    shutil.copy(LAYERS.parents[2] / ".clang-tidy", top)
    (top / "src" / "a.c").write_text(text)
    (build / "compile_commands.json").write_text(json.dumps([{"directory": str(build), "file": str(top / "src" / "a.c"), "command": f"cc -c {top}/src/a.c"}]))
    done = subprocess.run([LAYERS.with_name("tidy"), top, build], stdout=subprocess.PIPE, text=True)
    return done.returncode, done.stdout


UNTIDY = {
    "a semicolon too many": ("int f(int a)\n{\n\tif (a);\n\t\treturn 1;\n\treturn 0;\n}\n", "a.c:3:8: error: potentially unintended semicolon"),
    "two branches alike": ("int f(int a)\n{\n\tif (a)\n\t\treturn a + 1;\n\telse\n\t\treturn a + 1;\n}\n", "a.c:3:2: error: if with identical then and else branches"),
    "a result that is always the same": ("int f(unsigned a)\n{\n\treturn a == a;\n}\n", "a.c:3:11: error: both sides of operator are equivalent"),
    "what is no C": ("int f(void) { return }\n", "a.c:1:22: error: expected expression"),
}
needs_tidy = pytest.mark.skipif(not shutil.which("clang-tidy"), reason="there is no clang-tidy")


@needs_tidy
@pytest.mark.parametrize("kind", UNTIDY)
def test_what_clang_tidy_finds_is_refused(tmp_path, kind):
    text, expected = UNTIDY[kind]
    status, told = tidy(tmp_path, text)
    assert status == 1 and expected in told, told


@needs_tidy
def test_what_is_tidy_passes(tmp_path):
    status, told = tidy(tmp_path, "#include <string.h>\nint differs(const char *a, const char *b)\n{\n\tif (strcmp(a, b))\n\t\treturn 1;\n\treturn 0;\n}\n")
    assert status == 0 and "nothing found in 1 sources" in told, told


@pytest.mark.skipif(not shutil.which("mandoc"), reason="there is no mandoc")
@pytest.mark.parametrize("text,status", [(".Dd November 1, 2026\n.Dt A 1\n.Os\n.Sh NAME\n.Nm a\n.Nd b\n", 0), (".Dd November 1, 2026\n.Dt A 1\n.Os\n.Sh NAME\n.Nm a\n.Nd b\n.Bl -tag\n.Xy\n", 1)])
def test_a_page_that_is_no_clean_mdoc_is_refused(tmp_path, text, status):
    (tmp_path / "packaging" / "man").mkdir(parents=True)
    (tmp_path / "packaging" / "man" / "a.1").write_text(text)
    done = subprocess.run([LAYERS.with_name("manual"), tmp_path], stdout=subprocess.PIPE, text=True)
    assert (done.returncode != 0) == bool(status), done.stdout


OPENING = "/* a.c - what it is for. */\n"
SPOKEN = {
    "a word in a comment": ({"src/a.c": OPENING + "/* Sent\n * anew. */\n"}, "src/a.c:3: 'anew': say again"),
    "a word in a message": ({"src/a.c": OPENING + 'fail("whoever keeps it");\n'}, "src/a.c:2: 'whoever': say"),
    "over the end of a line": ({"src/a.h": "/* it ends without\n * a word */\n"}, "src/a.h:1: 'without a word': say silently"),
    "in a table of texts": ({"src/base/metric.def": 'METRIC(a, counter, "Likewise")\n'}, "src/base/metric.def:1: 'likewise': say"),
    "in a test's name for people": ({"tests/a.py": '# lest it fails\n'}, "tests/a.py:1: 'lest': say"),
    "in a document": ({"src/store/README.md": "It begins anew.\n"}, "src/store/README.md:1: 'anew': say again"),
    "a comment that is torn apart": ({"src/a.h": "int a; /* as long\n\t* as this */\n"}, "src/a.h:1: a comment behind code goes over lines"),
    "no opening comment": ({"src/a.c": "int a;\n"}, "src/a.c:1: it does not open with a comment"),
}


@pytest.mark.parametrize("kind", SPOKEN)
def test_what_is_read_twice_is_found(tmp_path, kind):
    files, expected = SPOKEN[kind]
    status, told = lint(tmp_path, files, COMMENTS)
    assert status == 1 and any(line.startswith(expected) for line in told.splitlines()), told


def test_what_is_read_once_passes(tmp_path):
    code = OPENING + "bool anew; /* `anew`: again, lesten and all */\n/* Sent again. */\n#define QUOTE '\"' /* one */\n"
    status, told = lint(tmp_path, {"src/a.c": code, "tests/a.py": "anew = 'again'\n"}, COMMENTS)
    assert status == 0, told
