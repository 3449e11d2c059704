# SPDX-License-Identifier: MIT
"""The attacker of secrecy.py who looks at where rows lie in a database page.

Rows of a table move within their page when they grow, so their places can show in which order they
changed; responses stand in the journal in that very order. He tries every order in which a few slips
can have been issued and answered, and keeps those that give the page that he sees.
"""
import collections
import hmac
import itertools
import json
import os
import random
import re
import signal
import sqlite3

from kill import ROOT, SETUP, Kiosk, get_page, send

SLIPS = 4
PAGE_BYTES = 4096
MIGRATION = os.path.join(ROOT, "schema/migrations/kiosk/0001-first.sql")
# A table whose rows grow when a slip is used: 1 takes no byte in a record, 2 takes one.
GROWING = """CREATE TABLE slip (code_hash BLOB PRIMARY KEY NOT NULL, area TEXT, counter TEXT, step
INTEGER, state INTEGER, issued_day INTEGER, expires_day INTEGER, dossier_hash BLOB UNIQUE)
STRICT, WITHOUT ROWID"""


def our_table():
    with open(MIGRATION, encoding="utf-8") as file:
        return re.search(r"CREATE TABLE slip \(.*?\n\) STRICT, WITHOUT ROWID", file.read(), re.S)[0]


def page_of(db, data, hashes):
    """Where the rows lie, and the head of the table's page."""
    root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'slip'").fetchone()[0]
    page = data[(root - 1) * PAGE_BYTES:root * PAGE_BYTES]
    return tuple(page.find(one) for one in hashes), page[1:8]


def simulate(table, rows, opened, issued, used):
    """The page after the slips were issued in one order and used in another."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute("PRAGMA secure_delete = ON")
    db.execute(table)
    for i in issued:
        db.execute("INSERT INTO slip VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                   rows[i][:4] + (opened,) + rows[i][5:])
    for i in used:
        db.execute("UPDATE slip SET state = ? WHERE code_hash = ?", (opened + 1, rows[i][0]))
    found = page_of(db, db.serialize(), [row[0] for row in rows])
    db.close()
    return found


def guess(table, rows, opened, seen):
    """For each row the place in the order of use that most histories give."""
    places = [collections.Counter() for _ in rows]
    orders = list(itertools.permutations(range(len(rows))))
    for issued in orders:
        for used in orders:
            if simulate(table, rows, opened, issued, used) == seen:
                for i, place in enumerate(places):
                    place[used.index(i)] += 1
    return [place.most_common(1)[0][0] if place else None for place in places]


def live(build, folder, chance):
    """One day of a kiosk with a few slips: (rows in key order, true places, what the page shows)."""
    kiosk = Kiosk(os.path.join(build, "hailong-kiosk"), folder)
    kiosk.run("init", "--setup", SETUP)
    kiosk.start()
    codes = [kiosk.run("slip", "--area", "HT", "--format", "url").strip().split("/S/")[1]
             .split("/")[0] for _ in range(SLIPS)]
    chance.shuffle(codes)
    connection = kiosk.connect()
    for code in codes:
        if send(connection, get_page(connection, f"/S/{code}", "HT", chance.randint(1, 5))) != 200:
            raise RuntimeError("a slip was refused")
    connection.close()
    kiosk.run("seal")
    kiosk.stop(signal.SIGTERM)
    with open(os.path.join(folder, "kiosk.db"), "rb") as file:
        data = file.read()
    with open(os.path.join(folder, "keys/slip.key"), "rb") as file:
        key = hmac.digest(file.read(), b"slip", "sha256")
    db = sqlite3.connect(f"file:{folder}/kiosk.db?mode=ro", uri=True)
    rows = db.execute("SELECT code_hash, area, counter, step, state, issued_day, expires_day, "
                      "dossier_hash FROM slip ORDER BY code_hash").fetchall()
    seen = page_of(db, data, [row[0] for row in rows])
    used = sum(json.loads(line)["kind"] == "response"
               for (line,) in db.execute("SELECT line FROM entry"))
    db.close()
    if used != SLIPS:
        raise RuntimeError("the day has other responses")
    order = [hmac.digest(key, code.encode(), "sha256")[:16] for code in codes]
    return rows, [order.index(row[0]) for row in rows], seen


def attack(build, scratch, days, chance):
    """(places found, places in all) over so many days of kiosks of their own."""
    hits, table = 0, our_table()
    for day in range(days):
        rows, true, seen = live(build, os.path.join(scratch, f"layout{day}"), chance)
        hits += sum(a == b for a, b in zip(guess(table, rows, rows[0][4] - 1, seen), true))
    return hits, days * SLIPS


def control(days, chance):
    """The same where rows grow."""
    hits = 0
    for _ in range(days):
        rows = sorted((random.Random(chance.random()).randbytes(16), "HT", "", 3, 2, 20000, 20030,
                       None) for _ in range(SLIPS))
        issued, used = (chance.sample(range(SLIPS), SLIPS) for _ in range(2))
        seen = simulate(GROWING, rows, 1, issued, used)
        found = guess(GROWING, rows, 1, seen)
        hits += sum(found[i] == used.index(i) for i in range(SLIPS))
    return hits, days * SLIPS
