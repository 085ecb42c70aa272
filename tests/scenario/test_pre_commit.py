"""`.pre-commit-hooks.yaml` with the real pre-commit: a commit of rules that are not valid, or whose tests fail, does not come to be."""
import os
import shutil
import subprocess

import pytest

import harness
from harness import BUILD, TOP

RULES = "version: 1\nrules:\n  - {name: nightly, when: {job_id: 1001}, refresh: [{site: finance, workbooks: Revenue}]}\n"
TESTS = "version: 1\ntests:\n  - {name: hit, event: {job_id: 1001}, expect: [{site: finance, workbook: Revenue}]}\n"
HOOKS = "[{id: refresh-router-check}, {id: refresh-router-test}]"

pytestmark = pytest.mark.skipif(not shutil.which("pre-commit"), reason="pre-commit is not installed (packaging/install-dependencies test)")


class Team:
    """A repository that uses our hooks from a local clone, so that nothing is fetched from elsewhere."""

    def __init__(self, folder, hooks=HOOKS):
        self.folder, ours = folder / "team", folder / "ours"
        programs = folder / "bin"
        programs.mkdir()
        (programs / "refresh-router").symlink_to(BUILD / "refresh-router")
        self.environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PRE_COMMIT_HOME": str(folder / "cache"), "HOME": str(folder),
                            "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"), "GIT_CONFIG_NOSYSTEM": "1", "https_proxy": "http://127.0.0.1:1"}
        (folder / "gitconfig").write_text("[user]\nname = a\nemail = a@example.com\n[init]\ndefaultBranch = main\n[protocol \"file\"]\nallow = always\n")
        for path in (self.folder / "rules", ours):
            path.mkdir(parents=True)
        shutil.copy(TOP / ".pre-commit-hooks.yaml", ours)
        for repository in (ours, self.folder):
            self.run("git", "init", "-q", folder=repository)
        self.run("git", "add", ".", folder=ours)
        self.run("git", "commit", "-qm", "hooks", folder=ours)
        revision = self.run("git", "rev-parse", "HEAD", folder=ours).stdout.strip()
        self.write(".pre-commit-config.yaml", f"repos: [{{repo: {ours}, rev: {revision}, hooks: {hooks}}}]\n")
        self.write("rules/finance.yaml", RULES)
        self.write("rules/finance.test.yaml", TESTS)
        assert self.run("pre-commit", "install").returncode == 0

    def run(self, *command, folder=None):
        return subprocess.run(command, cwd=folder or self.folder, env=self.environment, capture_output=True, text=True, timeout=harness.DEADLINE, check=False)

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def commit(self):
        """Was there a commit, and what was said?"""
        self.run("git", "add", ".")
        told = self.run("git", "commit", "-m", "change")
        return told.returncode == 0, told.stdout + told.stderr


def test_the_manifest_is_one_that_pre_commit_takes():
    told = subprocess.run(["pre-commit", "validate-manifest", TOP / ".pre-commit-hooks.yaml"], capture_output=True, text=True, timeout=harness.DEADLINE, check=False)
    assert told.returncode == 0 and not told.stdout + told.stderr


def test_rules_that_are_not_valid_or_fail_their_tests_are_not_committed(tmp_path):
    team = Team(tmp_path)
    assert team.commit()[0]
    team.write("rules/finance.yaml", RULES.replace("workbooks", "workbook"))
    is_done, told = team.commit()
    assert not is_done and "the rules are valid" in told and "did you mean 'workbooks'?" in told, told
    team.write("rules/finance.yaml", RULES.replace("Revenue", "Costs"))
    is_done, told = team.commit()
    assert not is_done and "the tests of the rules pass" in told and "Costs" in told, told
    team.write("rules/finance.yaml", RULES + "\n")
    assert team.commit()[0]


def test_two_rules_of_one_name_are_found_although_only_one_file_is_in_the_commit(tmp_path):
    team = Team(tmp_path)
    assert team.commit()[0]
    team.write("rules/other.yaml", RULES)
    is_done, told = team.commit()
    assert not is_done and "nightly" in told, told


def test_a_commit_without_rules_runs_nothing(tmp_path):
    team = Team(tmp_path)
    assert team.commit()[0]
    team.write("notes.yaml", "workbook: 1")
    is_done, told = team.commit()
    assert is_done and told.count("Skipped") == 2, told


def test_rules_of_another_folder_are_looked_at_with_args(tmp_path):
    team = Team(tmp_path, '[{id: refresh-router-check, args: [etc/router], files: "^etc/"}]')
    (team.folder / "etc" / "router").mkdir(parents=True)
    team.write("etc/router/a.yaml", RULES.replace("job_id", "job-id"))
    is_done, told = team.commit()
    assert not is_done and "etc/router/a.yaml:3" in told, told
