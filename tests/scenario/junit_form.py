"""What readers of JUnit's XML rely on: the elements and attributes of the schema that Jenkins publishes, and counts that are right."""
ATTRIBUTES = {
    "testsuites": ({"name"}, {"tests", "failures", "errors", "disabled", "time"}),
    "testsuite": ({"name", "tests"}, {"failures", "errors", "skipped", "disabled", "time", "timestamp", "hostname", "id", "package"}),
    "testcase": ({"name"}, {"classname", "time", "status", "assertions", "file", "line"}),
    "failure": (set(), {"type", "message"}),
    "error": (set(), {"type", "message"}),
    "skipped": (set(), {"message"}),
    "system-out": (set(), set()),
}
CHILDREN = {"testsuites": {"testsuite"}, "testsuite": {"testcase"}, "testcase": {"skipped", "error", "failure", "system-out"}}


def check_element(element):
    required, optional = ATTRIBUTES[element.tag]
    given = set(element.attrib)
    assert required <= given <= required | optional, (element.tag, given)
    allowed = CHILDREN.get(element.tag, set())
    for child in element:
        assert child.tag in allowed, (element.tag, child.tag)
        check_element(child)


def check_junit(root):
    assert root.tag == "testsuites"
    check_element(root)
    for name, found in (("tests", "testcase"), ("failures", "failure")):
        assert int(root.get(name)) == len(list(root.iter(found)))
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests")) == len(cases)
        for name, found in (("failures", "failure"), ("skipped", "skipped"), ("errors", "error")):
            assert int(suite.get(name, "0")) == len([c for c in cases if c.find(found) is not None]), (suite.get("name"), name)
