#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prepares every statement of the hub on a real PostgreSQL that this test starts itself, and holds
parameters and columns against the statement's in: and out: lines. Prints "N passed, N failed".

usage: postgresql.py   (needs initdb and postgres in /usr/lib/postgresql/15/bin, or PG_BIN)
"""
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))
import sqlc  # noqa: E402  the same reader that the build uses

BIN = pathlib.Path(os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin"))
# what a type of ours is in PostgreSQL
KINDS = {"int": {"bigint", "integer"}, "text": {"text"}, "blob": {"bytea"}}


class Server:
    """A PostgreSQL in a folder of its own, on a Unix socket only."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.user = None
        if os.geteuid() == 0:
            # initdb and postgres refuse to run as root
            self.user = next(n for n in ("postgres", "nobody") if self.known(n))
            shutil.chown(folder, self.user)

    @staticmethod
    def known(name):
        try:
            return bool(pwd.getpwnam(name))
        except KeyError:
            return False

    def run(self, *command, **options):
        prefix = ["runuser", "-u", self.user, "--"] if self.user else []
        return subprocess.run([*prefix, *map(str, command)], check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              cwd=self.folder, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
                              **options).stdout

    def start(self):
        self.run(BIN / "initdb", "-D", self.folder / "data", "-U", "hub", "-A", "trust",
                 "-E", "UTF8", "--locale=C", "--no-sync")
        self.run(BIN / "pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log",
                 "-o", f"-k {self.folder} -c listen_addresses= -c fsync=off", "start")
        return self

    def stop(self):
        self.run(BIN / "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")

    def psql(self, sql):
        """Runs a script; rows as lists of cells. Stops at the first error."""
        text = self.run("psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1",
                        "-h", self.folder, "-U", "hub", "-d", "postgres", "-f", "-", input=sql)
        return [line.split("\t") for line in text.splitlines() if line]


def wanted(statement, key):
    """[(name, type)] of an in: or out: line."""
    return [tuple(column.rstrip("?").split()) for column in statement.columns[key]]


def check(server, statement):
    """A list of faults."""
    faults = []
    prepare = f"PREPARE one AS {statement.sql.rstrip(';')};\n"
    rows = server.psql(prepare + "SELECT unnest(parameter_types)::text FROM pg_prepared_statements"
                                 " WHERE name = 'one';")
    found, listed = [row[0] for row in rows], wanted(statement, "in")
    if len(found) != len(listed):
        faults.append(f"{len(found)} parameters, the in: line has {len(listed)}")
    for number, (kind, (name, ours)) in enumerate(zip(found, listed), 1):
        if kind not in KINDS[ours]:
            faults.append(f"${number} {name} is {kind}, the in: line says {ours}")
    columns = server.psql(statement.sql.rstrip(";") + " \\gdesc\n")
    listed = wanted(statement, "out")
    if [row[0] for row in columns if len(row) == 2] != [name for name, _ in listed]:
        faults.append(f"columns {columns}, the out: line has {listed}")
        return faults
    for (name, kind), (_, ours) in zip(columns, listed):
        if kind not in KINDS[ours]:
            faults.append(f"column {name} is {kind}, the out: line says {ours}")
    return faults


def behaves(server):
    """What the two engines must do alike: upserts add, the ledger stays as it is."""
    cell = "'05533', 'HT', 'overall', 'tthc', 48600"
    add = next(s for s in sqlc.all_statements(ROOT / "aggregator/sql") if s.name == "tally_a_add")
    rows = server.psql(f"PREPARE add AS {add.sql.rstrip(';')};\n"
                       + f"EXECUTE add ({cell}, 0, 0, 0, 1, 2);\n" * 2
                       + "SELECT n4, n5 FROM tally_a;")
    faults = [] if rows == [["2", "4"]] else [f"two upserts gave {rows}"]
    lane, text = "a" * 32, "{}"
    server.psql("INSERT INTO lane (lane, unit, kind, how, public_key, state, enrolled_unit, size,"
                " frontier, trial, sample, announced_size, message_last, message_received) VALUES "
                f"('{lane}', '', 'kiosk', 'join', '\\x{'00' * 32}', 'new', '', 0, '', 0, 0, 0, 0, 0);"
                f"INSERT INTO ledger VALUES ('{lane}', 0, '\\x{'00' * 16}', 0, '{text}');")
    for change in ("DELETE FROM ledger;", "UPDATE ledger SET line = '[]';"):
        try:
            server.psql(change)
            faults.append(f"{change} was allowed")
        except subprocess.CalledProcessError as error:
            if "append-only" not in error.stdout:
                faults.append(error.stdout)
    return faults


def same_tables():
    """Both DDL folders have the same tables and columns in the same order."""
    def tables(folder):
        found = {}
        for path in sorted((ROOT / "schema/migrations" / folder).glob("*.sql")):
            text = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
            for name, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", text, re.S):
                found[name] = re.findall(r"^    ([a-z]\w*) ", body, re.M)
        return found
    one, other = tables("hub-sqlite"), tables("hub-postgresql")
    return [f"{name}: {one.get(name)} and {other.get(name)}"
            for name in sorted(set(one) | set(other)) if one.get(name) != other.get(name)]


def main():
    if not (BIN / "initdb").exists():
        sys.exit(f"{BIN}/initdb is missing: apt-get install postgresql-15")
    passed, failed = 0, 0

    def note(name, faults):
        nonlocal passed, failed
        passed, failed = passed + (not faults), failed + bool(faults)
        for fault in faults:
            print(f"{name}: {fault}")

    note("both DDL folders", same_tables())
    with tempfile.TemporaryDirectory(prefix="hailong-pg-") as folder:
        server = Server(folder).start()
        try:
            for path in sorted((ROOT / "schema/migrations/hub-postgresql").glob("*.sql")):
                server.psql(path.read_text(encoding="utf-8"))
            for statement in sqlc.all_statements(ROOT / "aggregator/sql"):
                try:
                    note(statement.name, check(server, statement))
                except subprocess.CalledProcessError as error:
                    note(statement.name, [error.stdout.strip()])
            note("behaviour", behaves(server))
        finally:
            server.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
