"""A real PostgreSQL for the tests, started from the system's own binaries.

`postgres_url` is a session fixture: it starts one private server per test process (so pytest-xdist workers
never meet), on a Unix socket in a short temporary folder, without fsync, and stops it at the end. The server
is also told to stop when the test process dies, so a killed run leaves no server behind.

`fresh_database` copies a template into a new database in some tens of milliseconds:

    template = fresh_database(postgres_url)          # migrate this one once
    url = fresh_database(postgres_url, template=template)   # then copy it for each process or crash

`remember` goes back to the rows that a database held, in some milliseconds, for tests that leave its schema alone:

    restore = remember(url)
    ...
    restore()
"""

import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

DEBIAN_ROOT = Path("/usr/lib/postgresql")
START_SECONDS = 60.0
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "timezone": "UTC",
}
_names = itertools.count(1)


def find_binaries() -> Path | None:
    """Return the folder that holds initdb and postgres of the newest installed version, or None."""
    found = [p.parent for p in DEBIAN_ROOT.glob("*/bin/initdb") if p.with_name("postgres").exists()]
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def unprivileged_prefix() -> list[str]:
    """Return the command prefix that leaves root (PostgreSQL refuses root) and dies with this process."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0:
        return [setpriv, "--pdeathsig", "INT"] if setpriv else []
    user = _server_user()
    if setpriv is None:
        pytest.skip("install util-linux: setpriv is needed to start PostgreSQL as root")
    ids = ["--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
    return [setpriv, *ids, "--pdeathsig", "INT"]


def _server_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


@contextlib.contextmanager
def running_server(settings: Mapping[str, str] = SETTINGS) -> Iterator[str]:
    """Start a private server; give the SQLAlchemy address of its `postgres` database; stop it afterwards."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("install postgresql")
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    home.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(home, _server_user().pw_uid, _server_user().pw_gid)
    try:
        with _server(binaries, home, settings):
            yield f"postgresql+psycopg://postgres@/postgres?host={home}"
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def _server(binaries: Path, home: Path, wanted: Mapping[str, str]) -> Iterator[None]:
    prefix = unprivileged_prefix()
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(home)}
    initdb = [
        str(binaries / "initdb"),
        "-D",
        str(home / "data"),
        "-U",
        "postgres",
        "--auth=trust",
        "--no-sync",
    ]
    encoding = ["--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
    made = subprocess.run(
        [*prefix, *initdb, *encoding], cwd=home, env=environment, capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise RuntimeError(f"initdb failed: {made.stderr[-2000:]}")
    settings = [part for name, value in wanted.items() for part in ("-c", f"{name}={value}")]
    log = home / "log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*prefix, str(binaries / "postgres"), "-D", str(home / "data"), "-k", str(home), *settings],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
        )
    try:
        _wait_until_ready(process, home, log)
        yield
    finally:
        _stop(process)


def _wait_until_ready(process: "subprocess.Popen[bytes]", home: Path, log: Path) -> None:
    limit = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(home), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()[-2000:]}") from None
            time.sleep(0.03)
        else:
            return


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(2)  # SIGINT = fast shutdown: open connections are closed
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.send_signal(3)  # SIGQUIT = immediate shutdown; nothing here is worth keeping
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Give the address of a private PostgreSQL; skip where PostgreSQL is not installed.

    Nothing is vacuumed behind our backs: rows that `remember` put back would take the places of deleted ones, in an order
    that no other run has.
    """
    with running_server({**SETTINGS, "autovacuum": "off"}) as url:
        yield url


def fresh_database(url: str, *, template: str = "template1") -> str:
    """Create a database on the server of `url` and return its address.

    `template` is the name or the address of the database to copy; nobody may be connected to it.
    """
    source = make_url(template).database if "://" in template else template
    name = f"t{os.getpid()}_{next(_names)}"
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(source or "template1")
    )
    with admin_connection(url) as connection:
        connection.execute(statement)
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def drop_database(url: str) -> None:
    """Drop the database of this address, closing whatever is still connected to it."""
    name = make_url(url).database or ""
    with admin_connection(url) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


_TABLES = """SELECT oid::regclass::text FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 ORDER BY oid"""
_COUNTERS = "SELECT format('%I.%I', schemaname, sequencename), last_value, start_value FROM pg_sequences ORDER BY 1"
_CLOSE = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND (state <> 'idle' OR pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory'))"""
_LONG_FILE = 262_144
"""Bytes from which a table's file is shortened, so that what earlier tests left behind is not read for ever."""


def remember(url: str) -> Callable[[], bool]:
    """Keep the rows and counters that the database of `url` holds now; what comes back restores them.

    Restoring closes other connections that are busy, in a transaction or hold an advisory lock, and says whether there
    were any; those that rest in a pool stay, for a new one costs more than all the rest. Triggers and foreign keys are
    out of the way while it writes. (Copying the whole database instead costs 0.2 s, nearly all of it for the files of
    tables that hold nothing.)
    """
    with _owner(url) as connection:
        kept = {table: _copied(connection, table) for (table,) in connection.execute(_TABLES).fetchall()}
        counters = {name: last for name, last, _ in connection.execute(_COUNTERS).fetchall()}

    def restore() -> bool:
        with _owner(url) as connection, connection.transaction():
            closed = connection.execute(_CLOSE).fetchall()
            connection.execute("SET LOCAL session_replication_role = replica")
            written = [table for (table,) in connection.execute(_TABLES).fetchall()]
            connection.execute("; ".join(f"DELETE FROM {table}" for table in written).encode())
            for table, rows in kept.items():
                with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                    copy.write(rows)
            found = connection.execute(_COUNTERS).fetchall()
            moved = [
                (name, counters[name] or start, counters[name] is not None)
                for name, last, start in found
                if last != counters[name]
            ]
            connection.cursor().executemany("SELECT setval(%s::regclass, %s, %s)", moved)
        _shorten(url)
        return bool(closed)

    return restore


def _copied(connection: "psycopg.Connection[tuple[object, ...]]", table: object) -> bytes:
    with connection.cursor().copy(f"COPY {table} TO STDOUT".encode()) as copy:
        return b"".join(bytes(part) for part in copy)


def _shorten(url: str) -> None:
    with _owner(url) as connection:
        long = _TABLES.replace("> 0", f"> {_LONG_FILE}").encode()
        for (table,) in connection.execute(long).fetchall():
            connection.execute(f"VACUUM {table}".encode())


def _owner(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    address = make_url(url).set(drivername="postgresql")
    return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True)


def admin_connection(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    """Connect to the `postgres` database of this server as its owner, in autocommit."""
    address = make_url(url).set(drivername="postgresql", database="postgres")
    return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True)
