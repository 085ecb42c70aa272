"""
PostgreSQL servers of a test's own, and a pooler before them: never one that is there already, reached by a Unix socket of their own, gone with the test.

    def test_a_story(postgresql_of, router_of, sandbox):
        server = postgresql_of()                        # runs; has an empty database "router" that belongs to the user "router"
        router = router_of(sandbox, [rule()], config={"store": server.url})
        server.pause()                                  # SIGSTOP: connections stay open, and nobody answers
        server.resume()
        server.kill()                                   # as in a power cut
        server.start()
        standby = server.standby()                      # streams; standby.promote() makes a primary of it
        pooler = server.pooler()                        # pgbouncer in transaction mode: pooler.url, pooler.cut()
        server.rows("SELECT count(*) FROM event")       # [["3"]]

A server and a pooler refuse to run as root; for root they run as another user. They end when what has started them ends, also when that is killed.
Each is a Process of the harness: when a test fails, their logs are shown.
"""
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

import pytest

import harness

VERSIONS = pathlib.Path("/usr/lib/postgresql")      # Debian has a folder for each
MEMORY = pathlib.Path("/dev/shm")
NEEDED = 256 << 20      # bytes, for a server and its standby

# What a store must have (fsync and the like) is left as it is; the rest is small.
SETTINGS = {"listen_addresses": "", "shared_buffers": "16MB", "max_connections": "60", "max_wal_size": "64MB", "log_line_prefix": "%m [%p] ",
            "dynamic_shared_memory_type": "mmap"}      # files of its folder, which go with it


def programs():
    """The folder of the newest version's programs; None: PostgreSQL is not installed."""
    found = [path for path in VERSIONS.glob("*/bin") if (path / "postgres").exists()]
    return max(found, key=lambda path: float(path.parent.name), default=None)


def pgbouncer():
    """Where packaging/install-dependencies unpacks it, or where somebody installed it."""
    unpacked = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "refresh-router" / "pgbouncer" / "pgbouncer"
    return str(unpacked) if unpacked.exists() else shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


def has_driver():
    """Is the program that is tested built with libpq?"""
    return b"libpq" in subprocess.run([harness.BUILD / "refresh-router", "--version"], capture_output=True, check=True).stdout


def user():
    """Whom servers run as: somebody else where that is root."""
    if os.geteuid():
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def as_user(*command, ends_with_us=False):
    """The command, run as that user; with `ends_with_us` it hears SIGQUIT when we end, whatever ends us."""
    who = user()
    change = [] if os.geteuid() else [f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups"]
    return ["setpriv", *change, *(["--pdeathsig", "QUIT"] if ends_with_us else []), *map(str, command)]


def new_folder():
    """
    In memory where there is room, so that fsync costs nothing. Not below pytest's, which only root may enter, and whose names are longer than a
    socket's may be.
    """
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > NEEDED
    folder = pathlib.Path(tempfile.mkdtemp(prefix="router-", dir=MEMORY if has_room else None))
    os.chown(folder, user().pw_uid, user().pw_gid)
    return folder


def template(folder):
    """An initialized server in `folder`, of which each test's is a copy: that is quicker than initdb."""
    data = folder / "template"
    subprocess.run(as_user(programs() / "initdb", "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8",
                           "--wal-segsize=4", f"--pgdata={data}"), check=True, capture_output=True, cwd=folder)
    subprocess.run(as_user(programs() / "postgres", "--single", "-D", data, "postgres"), check=True, capture_output=True, cwd=folder,
                   input=b"CREATE ROLE router LOGIN\nCREATE DATABASE router OWNER router\n")
    return data


class Served(harness.Process):
    """A program of another user's, with a log in its own folder."""

    def __init__(self, name, folder):       # start() starts it
        self.folder, self.log_path, self.process = folder, folder / f"{name}.log", None
        harness.Process.started.append(self)

    def launch(self, *command):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(as_user(*command, ends_with_us=True), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                            start_new_session=True)
        self.is_paused = False

    def children(self):
        """Its processes; each is the leader of a group of its own."""
        path = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()] if path.exists() else []

    def tell(self, number):
        """The first one first, so that it starts no other meanwhile."""
        os.kill(self.process.pid, number)
        for pid in self.children():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def pause(self):
        self.tell(signal.SIGSTOP)
        self.is_paused = True

    def resume(self):
        self.tell(signal.SIGCONT)
        self.is_paused = False

    def end(self, number=signal.SIGINT):
        """SIGINT: connections are ended, and what was written is whole."""
        if self.is_alive():
            if self.is_paused:
                self.resume()
            self.process.send_signal(number)
        try:
            return self.process.wait(harness.DEADLINE) if self.process else None
        finally:
            if self.is_alive():
                self.kill()

    def stop(self):
        self.end()

    def forget(self):
        self.end()

    def kill(self):
        """All of its processes at once, as in a power cut."""
        found = self.children()
        if self.is_alive():
            self.tell(signal.SIGKILL)
        self.process.wait(harness.DEADLINE)
        # the next start waits for the last of them, too
        harness.wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in found), "the server's processes to end")

    def restart(self):
        self.end()
        self.start()

    def psql(self, url, text):
        result = subprocess.run([programs() / "psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", text], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return [line.split("\t") for line in result.stdout.splitlines()]


class Server(Served):
    """Running, from the start. `settings`: lines of its configuration, by name."""

    count = 0       # of all: each has another port, so that sockets in one folder differ

    def __init__(self, folder, data, settings=None):
        Server.count += 1
        self.port = 20000 + Server.count        # a part of the socket's name
        super().__init__(f"postgresql{Server.count}", folder)
        self.data, self.settings = data, {**SETTINGS, **(settings or {})}
        self.made = []      # standbys and poolers, which end before it
        self.start()

    @property
    def url(self):
        return self.url_as("router")

    def url_as(self, role, database="router"):
        return f"postgresql://{role}@/{database}?host={self.folder}&port={self.port}"

    def start(self):
        options = {**self.settings, "unix_socket_directories": self.folder, "port": self.port}
        self.launch(programs() / "postgres", "-D", self.data, *(part for name, value in options.items() for part in ("-c", f"{name}={value}")))
        harness.wait_until(lambda: self.answers() or not self.is_alive(), "PostgreSQL")
        assert self.is_alive(), self.log

    def forget(self):
        """Ends it for good. What a killed one leaves behind outside of its folder is a piece of shared memory, which its next start would remove."""
        self.end()
        lines = (self.data / "postmaster.pid").read_text().splitlines() if (self.data / "postmaster.pid").exists() else []
        if len(lines) > 6:
            subprocess.run(["ipcrm", "-m", lines[6].split()[1]], check=True)

    def answers(self):
        return subprocess.run([programs() / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)]).returncode == 0

    def rows(self, text, role="postgres", database="router"):
        """The rows of a statement, as lists of texts."""
        return self.psql(self.url_as(role, database), text)

    def set(self, name, value):
        """Changes a setting of the running server; one that was given at its start stays."""
        self.rows(f"ALTER SYSTEM SET {name} = {value}")
        self.rows("SELECT pg_reload_conf()")

    def demand_password(self, password):
        """From now on new connections of the user "router" need it; the administrator's do not."""
        self.rows(f"ALTER ROLE router PASSWORD '{password}'")
        rules = self.data / "pg_hba.conf"
        rest = rules.read_text().removeprefix("local all router scram-sha-256\n")
        rules.write_text("local all router scram-sha-256\n" + rest)
        self.rows("SELECT pg_reload_conf()")
        unasked = {**os.environ, "PGPASSFILE": "/dev/null"}
        refused = ["psql", "-XAtq", "-w", "-d", self.url, "-c", "SELECT 1"]
        harness.wait_until(lambda: subprocess.run(refused, env=unasked, capture_output=True).returncode, "the server to ask for a password")

    def standby(self, settings=None):
        """Another server, which follows this one."""
        data = self.folder / f"standby{Server.count}"
        subprocess.run(as_user(programs() / "pg_basebackup", "--no-sync", "--checkpoint=fast", "--write-recovery-conf", "--pgdata", data,
                               "--dbname", self.url_as("postgres")), check=True, capture_output=True, cwd=self.folder)
        made = Server(self.folder, data, settings)
        self.made.append(made)
        harness.wait_until(lambda: self.rows("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") != [["0"]], "the standby to follow")
        return made

    def promote(self):
        self.rows("SELECT pg_promote()")

    def pooler(self, **settings):
        made = Pooler(self, settings)
        self.made.append(made)
        return made


class Pooler(Served):
    """pgbouncer in transaction mode, before a server."""

    count = 0

    def __init__(self, server, settings):
        Pooler.count += 1
        super().__init__(f"pgbouncer{Pooler.count}", server.folder)
        self.server, self.settings, self.port = server, settings, 30000 + Pooler.count
        self.start()

    @property
    def url(self):
        return f"postgresql://router@/router?host={self.folder}&port={self.port}"

    def start(self):
        users, file = self.folder / "users.txt", self.folder / f"pgbouncer{self.port}.ini"
        users.write_text('"router" ""\n"postgres" ""\n')
        settings = {"listen_port": self.port, "unix_socket_dir": self.folder, "auth_type": "trust", "auth_file": users, "admin_users": "postgres",
                    "pool_mode": "transaction", "default_pool_size": 5, "server_login_retry": 1, **self.settings}
        file.write_text(f"[databases]\nrouter = host={self.server.folder} port={self.server.port} dbname=router\n\n[pgbouncer]\n" +
                        "".join(f"{name} = {value}\n" for name, value in settings.items()))
        os.chmod(file, 0o644)
        os.chmod(users, 0o644)
        self.launch(pgbouncer(), file)
        harness.wait_until(lambda: (self.folder / f".s.PGSQL.{self.port}").exists() or not self.is_alive(), "pgbouncer")
        assert self.is_alive(), self.log

    def ask(self, command):
        """A command of its console, such as "SHOW POOLS"."""
        return self.psql(f"postgresql://postgres@/pgbouncer?host={self.folder}&port={self.port}", command)

    def cut(self):
        """Ends all connections, to the server and of clients, as a restart of the pooler would."""
        self.ask("KILL router")
        self.ask("RESUME router")


@pytest.fixture(scope="session")
def postgresql_template():
    folder = new_folder()
    yield template(folder)
    shutil.rmtree(folder)


@pytest.fixture
def postgresql_of(request):
    """postgresql_of(fsync="off", ...) starts a server with these settings."""
    if not has_driver():
        pytest.skip("built without PostgreSQL")
    assert programs(), "these tests need PostgreSQL's server: packaging/install-dependencies test"
    original = request.getfixturevalue("postgresql_template")
    started, folders = [], []

    def start(**settings):
        folders.append(new_folder())
        data = folders[-1] / "data"
        subprocess.run(as_user("cp", "-R", "--reflink=auto", original, data), check=True)
        started.append(Server(folders[-1], data, settings))
        return started[-1]

    yield start
    for server in started:
        for process in [*reversed(server.made), server]:
            process.forget()
    for folder in folders:
        shutil.rmtree(folder)
