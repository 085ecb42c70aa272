"""`refresh-router init`: a newcomer's first configuration, rule and tests are there at once, work at once, and cost nothing that was there before."""
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess

import jsonschema
import pytest
import yaml

import harness
from harness import SAMPLES, SECRET, Process, cli, site_world, wait_until

FILES = {"refresh-router.yaml", "rules/first.yaml", "rules/first.test.yaml", "event.json", ".gitignore",
         *(f"schemas/{name}.schema.json" for name in ("config", "rules", "tests"))}
STRANGE = ["Revenue", "P&L, by month", "it's #1: a \"test\"", "Sales #2 (EMEA)", "- dash", "null", "1001", "Zwölf 🎉", "no\u00a0break", "${job_id}",
           "{curly} [square]", "&anchor", "ends:", "% @ ` ! | >"]


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def init(folder, *options):
    return cli("init", *options, cwd=folder)


def works(folder):
    """What the first step after init says: valid without a warning, tested in full, and routed."""
    checked = cli("check", "--strict", cwd=folder)
    assert checked.returncode == 0, checked.stderr.decode()
    tested = cli("test", "--coverage", "--min-coverage", "100", cwd=folder)
    assert tested.returncode == 0, tested.stdout.decode() + tested.stderr.decode()
    routed = cli("route", "--exit-code", "--format", "json", "event.json", cwd=folder)
    assert routed.returncode == 0, routed.stderr.decode()
    return json.loads(routed.stdout)["selections"]


def test_without_anything_said_placeholders_work_at_once(tmp_path):
    done = init(tmp_path)
    assert done.returncode == 0 and not done.stderr and files(tmp_path) == FILES, done.stderr
    assert len(works(tmp_path)) == 1


@pytest.mark.parametrize("name,environment", [("it's here", {}), ("-x", {}), ("there", {"REFRESH_ROUTER_CONFIG": "/etc/refresh-router/other.yaml"})])
def test_the_next_steps_that_it_prints_run(name, environment, tmp_path):
    done = cli("init", "--", name, cwd=tmp_path, environment=environment)
    assert done.returncode == 0
    first, serve = re.findall(r"^   ((?:cd|read) .*)$", done.stdout.decode(), re.M)
    told = subprocess.run(["bash", "-e", "-c", first], env={**os.environ, **environment, "PATH": f"{harness.BUILD}:{os.environ['PATH']}"}, cwd=tmp_path,
                          capture_output=True, text=True, timeout=harness.DEADLINE)
    assert told.returncode == 0 and "first-rule" in told.stdout, told.stdout + told.stderr
    for variable in re.search(r"export (.+)", serve)[1].split():
        assert f"{{env: {variable}}}" in (tmp_path / name / "refresh-router.yaml").read_text()


@pytest.mark.parametrize("value", STRANGE)
def test_any_name_is_written_so_that_yaml_and_rules_mean_it(value, tmp_path):
    done = init(tmp_path, "--workbook", value, "--project", "Finance/Daily", "--job", value, "--pat-name", value, "--content-url", "finance", "--site", "s")
    assert done.returncode == 0, done.stderr
    [selection] = works(tmp_path)
    assert selection["name"] == value and selection["project"] == "Finance/Daily"
    assert yaml.safe_load((tmp_path / "refresh-router.yaml").read_text())["sites"][0]["pat"]["name"] == value


@pytest.mark.parametrize("address,server,content_url", [
    ("https://10ax.online.tableau.com/#/site/finance/views/Revenue/Daily?:iid=1", "https://10ax.online.tableau.com", "finance"),
    ("https://t/t/board/views/Pack/Page", "https://t", "board"), ("https://t:8443/#/home", "https://t:8443", ""), ("https://t", "https://t", "")])
def test_the_address_from_the_browser_names_the_server_and_the_site(address, server, content_url, tmp_path):
    done = init(tmp_path, "--server", address)
    assert done.returncode == 0, done.stderr
    [site] = yaml.safe_load((tmp_path / "refresh-router.yaml").read_text())["sites"]
    assert (site["server"], site["content_url"]) == (server, content_url)


def test_a_workbook_may_be_a_pattern_as_in_a_rule(tmp_path):
    assert init(tmp_path, "--workbook", "/^Sales [A-Z]/").returncode == 0
    assert works(tmp_path)[0]["pattern"] == "/^Sales [A-Z]/"


# ---- what is there stays ----

@pytest.mark.parametrize("there", sorted(FILES - {".gitignore"}))
def test_a_file_that_is_there_is_named_and_nothing_is_written(there, tmp_path):
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_text("mine")
    done = init(tmp_path)
    assert done.returncode == 1 and not done.stdout and f"  {there}\n".encode() in done.stderr
    assert files(tmp_path) == {there} and (tmp_path / there).read_text() == "mine"


def test_a_gitignore_of_ones_own_stays_and_the_rest_is_written(tmp_path):
    (tmp_path / ".gitignore").write_text("mine\n")
    done = init(tmp_path)
    assert done.returncode == 0 and b"state.db*" in done.stdout and files(tmp_path) == FILES
    assert (tmp_path / ".gitignore").read_text() == "mine\n"


def test_other_files_are_no_obstacle(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "README.md").write_text("mine")
    assert init(tmp_path).returncode == 0 and files(tmp_path) == FILES | {"rules/README.md"}


@pytest.mark.parametrize("kind", ["a file", "a link", "a link to nothing"])
def test_a_folder_that_is_none_is_not_written_through_and_leaves_nothing(kind, tmp_path):
    folder, other = tmp_path / "folder", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    if kind == "a file":
        (folder / "schemas").write_text("")
    else:
        (folder / "schemas").symlink_to(other if kind == "a link" else "nowhere")
    done = init(folder)
    assert done.returncode == 2 and b"schemas: this is no folder" in done.stderr and b"nothing was written" in done.stderr
    assert os.listdir(folder) == ["schemas"] and not os.listdir(other)


def test_a_disk_that_fills_up_leaves_nothing(tmp_path):
    """No file may become larger than four blocks: the schemas do."""
    done = subprocess.run(["bash", "-c", "trap '' XFSZ; ulimit -f 4; exec \"$0\" init new", harness.BUILD / "refresh-router"], cwd=tmp_path,
                          capture_output=True, timeout=harness.DEADLINE)
    assert done.returncode == 2 and b"schemas/config.schema.json: " in done.stderr and not os.listdir(tmp_path), done.stderr


def init_with_faults(folder, *faults):
    """Under strace, which makes system calls fail or sends a signal during one."""
    trial = shutil.which("strace") and subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, timeout=harness.DEADLINE)
    if not trial or trial.returncode:
        pytest.skip("strace is not installed, or may not trace here")
    command = ["strace", "-qq", "-o", "/dev/null", "-e", "trace=renameat2,linkat", *(word for fault in faults for word in ("-e", f"inject={fault}"))]
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}  # which does not work under strace
    return subprocess.run([*command, harness.BUILD / "refresh-router", "init", folder], capture_output=True, timeout=harness.DEADLINE, env=environment)


def test_a_disk_that_cannot_rename_so_gets_the_files_all_the_same(tmp_path):
    done = init_with_faults(tmp_path / "new", "renameat2:error=EINVAL")
    assert done.returncode == 0 and files(tmp_path / "new") == FILES, done.stderr


@pytest.mark.parametrize("faults", [["renameat2:error=EIO:when=4+", "linkat:error=EIO"], ["renameat2:error=EEXIST:when=8"]])
def test_a_failure_among_the_last_steps_takes_all_of_them_back(faults, tmp_path):
    """A disk that fails, and a file that somebody made meanwhile."""
    done = init_with_faults(tmp_path / "new", *faults)
    assert done.returncode == 2 and b"nothing was written" in done.stderr and not os.listdir(tmp_path), done.stderr


def test_an_interrupt_comes_after_the_last_file_not_between_two(tmp_path):
    done = init_with_faults(tmp_path / "new", "renameat2:signal=INT:when=2")
    assert done.returncode == -signal.SIGINT and files(tmp_path / "new") == FILES


def test_a_folder_whose_parent_is_missing_is_an_error(tmp_path):
    done = cli("init", tmp_path / "a" / "b")
    assert done.returncode == 2 and b"No such file" in done.stderr and not os.listdir(tmp_path)


# ---- what is refused ----

SECRETS = ["qlE1g9MMh9vbrjjg==:rZTHhPpP2tUW1kfn4tjg8", "dbtc_5Xy0T1mA9bQ2rS7kLw", "0123456789abcdef0123456789abcdef", "abcdefabcdefabcdef1234567890abcd", "a b", ""]


@pytest.mark.parametrize("option", ["--source-secret", "--pat-secret"])
@pytest.mark.parametrize("value", SECRETS)
def test_a_secret_in_place_of_its_variable_is_refused_and_not_shown(option, value, tmp_path):
    done = init(tmp_path, option, value)
    assert done.returncode == 2 and b"not the name of an environment variable" in done.stderr and not os.listdir(tmp_path)
    assert not value or value.encode() not in done.stdout + done.stderr


@pytest.mark.parametrize("options,said", [
    (["--site", "two words"], "'two words' has other characters"), (["--server", "ftp://x"], "'server' is https://HOST"), (["--job", "/nightly/"], "pattern"),
    (["--job", ""], "a dbt job has an id or a name"), (["--workbook", ""], ""), (["--workbook", "/(/"], ""), (["--workbook", "\udcff"], "UTF-8"),
    (["--source", "../x"], "'../x'"), (["--nonsense"], "--nonsense"), (["a", "b"], "one argument too many")])
def test_what_check_would_refuse_is_refused_before_anything_is_written(options, said, tmp_path):
    done = init(tmp_path, *options)
    assert done.returncode == 2 and said in done.stderr.decode() and not done.stdout and not os.listdir(tmp_path), done.stderr


@pytest.mark.parametrize("value", ["Sales_*", "back\\slash", "tab\there", "Sales "])
def test_what_check_would_warn_of_is_said_and_written(value, tmp_path):
    done = init(tmp_path, "--workbook", value)
    assert yaml.safe_load((tmp_path / "rules" / "first.yaml").read_text())["rules"][0]["refresh"][0]["workbooks"] == value
    assert done.returncode == 0 and b"`check` will say:" in done.stderr and files(tmp_path) == FILES


# ---- on a terminal ----

def answer(folder, answers):
    """The status and what is on the terminal, when each question has its answer: a line, or bytes to type."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execv(harness.BUILD / "refresh-router", ["refresh-router", "init"])
    shown, left = b"", list(answers)
    try:
        while piece := read_within_deadline(terminal):
            shown += piece
            if left and shown.endswith(b"]: "):
                typed = left.pop(0)
                os.write(terminal, typed if isinstance(typed, bytes) else f"{typed}\n".encode())
    except OSError:         # the terminal of a process that has ended
        pass
    finally:
        os.close(terminal)  # and with it, by SIGHUP, a process that has not
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def read_within_deadline(terminal):
    ready, _, _ = select.select([terminal], [], [], harness.DEADLINE)
    assert ready, "no more questions, and no end"
    return os.read(terminal, 65536)


def test_questions_have_defaults_and_a_wrong_answer_is_asked_again(tmp_path):
    status, shown = answer(tmp_path, ["dbt prod", "dbt-prod", "qlE1g9MMh9vbrjjg==:rZTH", "PROD_SECRET", "https://t.example.com/#/site/finance/home", "", "",
                                      "", "", "Nightly: all", "P&L, by month", "Finance"])
    assert status == 0, shown
    config = yaml.safe_load((tmp_path / "refresh-router.yaml").read_text())
    assert config["sources"] == [{"name": "dbt-prod", "secrets": [{"env": "PROD_SECRET"}]}]
    assert (config["sites"][0]["content_url"], config["sites"][0]["pat"]["secret"]) == ("finance", {"env": "TABLEAU_PAT_SECRET"})
    assert works(tmp_path)[0]["name"] == "P&L, by month"


def test_the_end_of_input_writes_nothing(tmp_path):
    status, shown = answer(tmp_path, ["dbt-prod", b"\x04"])
    assert status == 2 and "nothing was written" in shown and not os.listdir(tmp_path)


def test_a_folder_that_is_taken_is_said_before_the_questions(tmp_path):
    (tmp_path / "event.json").write_text("mine")
    status, shown = answer(tmp_path, [])
    assert status == 1 and "event.json" in shown and "[" not in shown


def test_an_interrupt_at_a_question_writes_nothing(tmp_path):
    status, _ = answer(tmp_path, ["dbt-prod", b"\x03"])
    assert status == -signal.SIGINT and not os.listdir(tmp_path)


# ---- for editors, and for the daemon ----

def test_editors_find_the_schemas_and_the_files_are_valid_by_them(tmp_path):
    init(tmp_path)
    for name in ("refresh-router.yaml", "rules/first.yaml", "rules/first.test.yaml"):
        path = tmp_path / name
        named = path.parent / re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text())[1]
        assert named.read_bytes() == cli("schema", named.name.split(".")[0]).stdout
        jsonschema.validate(yaml.safe_load(path.read_text()), json.loads(named.read_text()))


def test_serve_starts_with_it_and_an_event_refreshes_the_workbook(tmp_path, sandbox_of):
    sandbox = sandbox_of(site_world(workbooks=["P&L, by month"]))
    job = json.loads((SAMPLES / "dbt" / "completed-success.json").read_bytes())["data"]["jobId"]
    done = init(tmp_path, "--server", sandbox.url, "--content-url", "finance", "--job", job, "--workbook", "P&L, by month")
    assert done.returncode == 0, done.stderr
    path = tmp_path / "refresh-router.yaml"
    text, count = re.subn(r"^# (listen: ).*", r'\1{webhooks: "127.0.0.1:0", admin: "127.0.0.1:0"}', path.read_text(), flags=re.M)
    assert count == 1
    path.write_text(text)
    environment = {"DBT_WEBHOOK_SECRET": SECRET, "TABLEAU_PAT_SECRET": "finance-secret"}
    router = Process(tmp_path, "refresh-router", ["serve", "--config", path], environment)
    webhooks, admin = wait_until(lambda: re.search(harness.SERVING, router.log), "the daemon").groups()
    sent = cli("send", "--to", f"http://{webhooks}/webhooks/dbt", "--secret-env", "DBT_WEBHOOK_SECRET", SAMPLES / "dbt" / "completed-success.json",
               environment=environment)
    assert sent.returncode == 0, sent.stderr

    def ended():
        return b"succeeded" in cli("refreshes", "--url", f"http://{admin}").stdout
    wait_until(ended, "the refresh")
    router.stop()
    assert [job["name"] for job in sandbox.jobs()] == ["P&L, by month"]
