#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who has every file of kiosk and hub, as left after the day keys are destroyed, and knows what a
person knew (the slip's code, the page's token, the moment of the tap, name and words of the
petition): can he find that person's ballot?

N days are lived through under libfaketime: slips are rated at noted moments, petitions and comments
written, the day is sealed and synced. Then five attackers look at all files, byte by byte:
  keys     tries every 32 bytes that lie anywhere as the day key of a known token
  commits  looks for database pages that were written together with a slip's row
  moments  looks for the moment of a tap near an entry, in any usual form
  order    takes the i-th text written for the i-th text of the journal
  layout   looks where the slips' rows lie in their page (layout.py)
The first three must join nothing, the others do no better than chance. The same attackers then get
files with one rule broken (day keys kept, WAL not truncated, entries with the moment, rows that
grow) and must find ballots, else they are blind.

usage: secrecy.py [--days N] [--build build] [--seed S]
"""
import argparse
import base64
import collections
import datetime
import glob
import hmac
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

import layout
from kill import Check, Kiosk, get_page, send, SETUP
from race import FAKETIME

FIRST_DAY = datetime.date(2026, 11, 2)
OPENS_S = 2 * 3600  # 09:00 at UTC+7, in UTC
SLIPS, TEXTS = 4, 3  # a day
LAYOUT_DAYS = 12
CLOCK_LIMIT_S = 10
FAKE_KEYS = ("LD_PRELOAD", "FAKETIME_TIMESTAMP_FILE", "FAKETIME_DONT_FAKE_MONOTONIC",
             "FAKETIME_NO_CACHE")
TOKENS_TRIED = 2
PAGE_BYTES, WAL_HEAD_BYTES, FRAME_HEAD_BYTES = 4096, 32, 24
# Printable ASCII and zeros fill databases; of 32 random bytes 20 are neither, fewer than 6 once in
# ten million.
ODD = bytes(0 if b == 0 or 0x20 <= b < 0x7F else 1 for b in range(256))
ODD_LEAST = 6
WINDOW_BYTES = 400  # an entry's line is about that long


REAL_TIME = time.time


class Ballot:
    def __init__(self, code, token, moment):
        self.code, self.token, self.moment, self.id = code, token, moment, None


def mac(key, text):
    return hmac.digest(key, text, "sha256")


def id_of(day_key, ballot):
    """docs/JOURNAL.md: the page's hour and 12 bytes of a MAC of its token."""
    hour = struct.pack(">I", int(ballot.moment) // 3600)
    return (hour + mac(day_key, base64.urlsafe_b64decode(ballot.token))[:12]).hex()


class Faked:
    """The programs at a given moment."""

    def __init__(self, scratch):
        self.file = os.path.join(scratch, "now")
        self.offset = 0
        os.environ.update(zip(FAKE_KEYS, (FAKETIME, self.file, "1", "1")))
        self.go(time.time())

    def go(self, moment):
        self.offset = int(moment - REAL_TIME())
        with open(self.file + ".new", "w", encoding="ascii") as out:
            out.write(f"{self.offset:+d}s\n")
        os.replace(self.file + ".new", self.file)

    def now(self):
        return REAL_TIME() + self.offset


class Office:
    """A hub and its kiosk, started for each day and closed at its end."""

    def __init__(self, build, scratch, clock):
        self.clock, self.hub_folder = clock, os.path.join(scratch, "hub")
        self.hub_program = os.path.join(build, "hailong-aggregator")
        self.kiosk = Kiosk(os.path.join(build, "hailong-kiosk"), os.path.join(scratch, "kiosk"))
        self.hub, self.port = None, 0
        # A trial syncs every few seconds, so that moments of contact are moments of taps.
        with open(SETUP, encoding="utf-8") as file:
            setup = dict(json.load(file), trial=False)
        path = os.path.join(scratch, "setup.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(setup, file)
        self.kiosk.run("init", "--setup", path)
        self.hub_run("init", "--setup", path)

    def hub_run(self, *arguments):
        return subprocess.run([self.hub_program, *arguments, "--data", self.hub_folder],
                              check=True, capture_output=True, text=True).stdout

    def open(self, first):
        self.hub = subprocess.Popen(
            [self.hub_program, "serve", "--data", self.hub_folder, "--listen",
             f"127.0.0.1:{self.port}"], stderr=subprocess.PIPE, text=True)
        for line in self.hub.stderr:
            found = re.search(r"event=listening .*127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
                break
        if first:
            phrase = self.hub_run("join", "--unit", "05533").strip()
            self.kiosk.run("enrol", "--hub", f"http://127.0.0.1:{self.port}", "--phrase", phrase)
        self.kiosk.start()
        self.confirm()

    def confirm(self):
        """With the date: the hub's time and the boot clock say something else."""
        day = datetime.datetime.fromtimestamp(self.clock.now() + 7 * 3600, datetime.timezone.utc)
        self.until_done("clock", "--confirm", "--date", day.strftime("%Y-%m-%d"))

    def until_done(self, *command):
        """The time that libfaketime tells may still be the one before, in some thread."""
        until = REAL_TIME() + CLOCK_LIMIT_S
        while True:
            try:
                return self.kiosk.run(*command)
            except subprocess.CalledProcessError:
                if REAL_TIME() > until:
                    raise
                if command[0] != "clock":
                    self.confirm()

    def go(self, moment):
        """Time passes faster than the box can know by itself."""
        self.clock.go(moment)
        self.confirm()

    def close(self):
        codes = [self.kiosk.stop(signal.SIGTERM)]
        self.hub.send_signal(signal.SIGTERM)
        self.hub.stderr.close()
        codes.append(self.hub.wait(60))
        return codes == [0, 0]

    def kill(self):
        for process in (self.kiosk.process, self.hub):
            if process and process.poll() is None:
                process.kill()
                process.wait()


def token_of(page):
    """The token as it stands in the page, base64url of 96 bytes."""
    return re.search(r"(?:^|&)token=([^&]+)", page.body)[1]


def live_slips(office, chance):
    """Slips are given out in the morning and rated later, in another order."""
    codes = [office.kiosk.run("slip", "--area", chance.choice(["HT", "CT"]), "--format",
                              "url").strip().split("/S/")[1].split("/")[0] for _ in range(SLIPS)]
    chance.shuffle(codes)
    connection, ballots = office.kiosk.connect(), []
    for code in codes:
        office.go(office.clock.now() + chance.randint(60, 1500))
        page = get_page(connection, f"/S/{code}", "", chance.randint(1, 5))
        ballots.append(Ballot(code, token_of(page), office.clock.now()))
        if send(connection, page) != 200:
            raise RuntimeError("a slip was refused")
    connection.close()
    return ballots


def live_texts(office, poster, day):
    """Comments and petitions, in an order that is known."""
    connection, written = office.kiosk.connect(), []
    for i in range(TEXTS):
        page = get_page(connection, f"/P/{poster}/HT", "HT", 3)
        words = f"Ghế ngồi chờ còn ít, lần {day} {i}"
        body = {"token": token_of(page), "text": words, "kind": "petition",
                "contact_name": f"Nguyễn Thị {day} {i}", "contact_address": "tổ dân phố 5"}
        connection.request("POST", "/api/v1/texts", "&".join(
            f"{k}={''.join(f'%{b:02X}' for b in v.encode())}" for k, v in body.items()),
                           {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"a petition was refused: {answer.status}")
        written.append(words)
    connection.close()
    return written


# ---- the attackers --------------------------------------------------------------------------------

def all_files(folders):
    for folder in folders:
        for path in sorted(glob.glob(os.path.join(folder, "**"), recursive=True)):
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    yield path, file.read()


def key_like(data):
    """Every 32 bytes that could be random: with as many bytes that no text has as chance gives."""
    odd = data.translate(ODD)
    count = sum(odd[:32])
    for at in range(len(data) - 31):
        if count >= ODD_LEAST:
            yield data[at:at + 32]
        count += (odd[at + 32] if at + 32 < len(data) else 0) - odd[at]


def attack_keys(folders, ballots):
    """Ballots whose token, under some 32 bytes of some file, gives an entry's id."""
    joined = {}
    tails = {bytes.fromhex(b.id)[4:]: b.id for b in ballots}
    known = [(b.code, base64.urlsafe_b64decode(b.token))
             for b in ballots[:TOKENS_TRIED] + ballots[-TOKENS_TRIED:]]
    for key in {key for _, data in all_files(folders) for key in key_like(data)}:
        for code, token in known:
            found = tails.get(mac(key, token)[:12])
            if found:
                joined[code] = found
    return joined


def wal_commits(data):
    """The pages that each commit of a WAL changed: [{page: (before, after)}]."""
    commits, now, pages = [], {}, {}
    at = WAL_HEAD_BYTES
    while at + FRAME_HEAD_BYTES + PAGE_BYTES <= len(data):
        number, size = struct.unpack(">II", data[at:at + 8])
        body = data[at + FRAME_HEAD_BYTES:at + FRAME_HEAD_BYTES + PAGE_BYTES]
        now[number] = (pages.get(number, b""), body)
        at += FRAME_HEAD_BYTES + PAGE_BYTES
        if size:
            commits.append(now)
            pages.update({n: after for n, (_, after) in now.items()})
            now = {}
    return commits


def row_at(page, code_hash):
    at = page.find(code_hash)
    return page[max(0, at - 12):at + 48] if at >= 0 else b""


def attack_commits(folders, ballots, slip_key):
    """Slips whose row changed in a commit that brought exactly one new response."""
    derived = mac(slip_key, b"slip")
    joined = {}
    for path, data in all_files(folders):
        if "-wal" not in path:
            continue
        seen = set()
        for commit in wal_commits(data):
            new = {m.decode() for _, after in commit.values() for m in
                   re.findall(rb'"kind":"response","id":"([0-9a-f]{32})"', after)} - seen
            seen |= new
            for ballot in ballots if len(new) == 1 else []:
                code_hash = mac(derived, ballot.code.encode())[:16]
                if any(row_at(after, code_hash) and row_at(before, code_hash) and
                       row_at(before, code_hash) != row_at(after, code_hash)
                       for before, after in commit.values()):
                    joined[ballot.code] = next(iter(new))
    return joined


def forms_of(moment):
    for second in range(int(moment) - 1, int(moment) + 2):
        local = datetime.datetime.fromtimestamp(second + 7 * 3600, datetime.timezone.utc)
        utc = datetime.datetime.fromtimestamp(second, datetime.timezone.utc)
        yield from (str(second).encode(), struct.pack(">I", second), struct.pack("<I", second))
        yield from (when.strftime(form).encode() for when in (local, utc)
                    for form in ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"))


def attack_moments(folders, ballots):
    """Ballots near whose moment, in any form, a response's line stands: the nearest one."""
    joined = {}
    files = list(all_files(folders))
    for ballot in ballots:
        for form in set(forms_of(ballot.moment)):
            for _, data in files:
                for found in re.finditer(re.escape(form), data):
                    begin = max(0, found.start() - WINDOW_BYTES)
                    near = data[begin:found.end() + WINDOW_BYTES]
                    ids = [(abs(begin + m.start() - found.start()), m[1].decode()) for m in
                           re.finditer(rb'"kind":"response","id":"([0-9a-f]{32})"', near)]
                    if ids:
                        joined[ballot.code] = min(ids)[1]
    return joined


def attack_order(db, texts):
    """How many texts stand at the place at which they were written on their day."""
    payloads = dict(db.execute("SELECT lower(hex(id)), payload FROM free_text WHERE field='text'"))
    hits = 0
    days = collections.defaultdict(list)
    for (line,) in db.execute("SELECT line FROM entry ORDER BY seq"):
        entry = json.loads(line)
        if entry["kind"] == "petition":
            words = payloads[entry["id"]]
            days[entry["day"]].append(words.decode() if isinstance(words, bytes) else words)
    for written, found in zip(texts, (days[day] for day in sorted(days))):
        hits += sum(a == b for a, b in zip(written, found))
    return hits, sum(map(len, days.values()))


def by_chance(hits, total, choices):
    """Whether so many are what guessing gives, within five standard deviations."""
    expected = total / choices
    return hits <= expected + 5 * (expected * (1 - 1 / choices)) ** 0.5 + 1


def right(joined, ballots):
    """Of what an attacker joined, how much is true."""
    return sum(joined.get(b.code) == b.id for b in ballots)


# ---- the proof ------------------------------------------------------------------------------------

def live(office, days, chance, kept, check):
    ballots, texts = [], []
    poster = None
    for n in range(days):
        day = FIRST_DAY + datetime.timedelta(days=n)
        noon = datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.timezone.utc)
        office.clock.go(noon.timestamp() + OPENS_S)
        office.open(n == 0)
        poster = poster or office.kiosk.run("poster", "--counter", "1", "--format",
                                            "url").strip().split("/P/")[1]
        today = live_slips(office, chance)
        texts.append(live_texts(office, poster, n))
        key_path = os.path.join(office.kiosk.folder, "keys/day", f"{day}.key")
        with open(key_path, "rb") as file:
            key = file.read()
        for ballot in today:
            ballot.id = id_of(key, ballot)
        ballots += today
        # For the controls: what would be there if a rule were broken.
        shutil.copy(key_path, os.path.join(kept["keys"], f"{day}.key"))
        shutil.copy(os.path.join(office.kiosk.folder, "kiosk.db-wal"),
                    os.path.join(kept["wal"], f"{day}.db-wal"))
        office.go(noon.timestamp() + 10 * 3600 + 30 * 60)  # 17:30
        office.until_done("seal")
        office.kiosk.run("sync")
        check.that(office.close(), f"day {n}: kiosk or hub did not end cleanly")
    office.clock.go(office.clock.now() + 3 * 86400)  # all day keys are due
    for _ in range(2):  # the first time the clock has to be confirmed before keys may go
        office.open(False)
        check.that(office.close(), "kiosk or hub did not end cleanly")
    return ballots, texts


def broken_entries(office, ballots, folder):
    """A copy of the journal whose lines say the moment."""
    path = os.path.join(folder, "kiosk.db")
    shutil.copy(os.path.join(office.kiosk.folder, "kiosk.db"), path)
    db = sqlite3.connect(path)
    for (name,) in list(db.execute("SELECT name FROM sqlite_master WHERE type='trigger'")):
        db.execute(f'DROP TRIGGER "{name}"')
    for ballot in ballots:
        db.execute("UPDATE entry SET line = replace(line, '\"hour\"', ?) WHERE line LIKE ?",
                   (f'"at":{int(ballot.moment)},"hour"', f'%"id":"{ballot.id}"%'))
    db.commit()
    db.close()


def judge(office, ballots, texts, kept, check):
    folders = [office.kiosk.folder, office.hub_folder]
    db = sqlite3.connect(f"file:{office.kiosk.folder}/kiosk.db?mode=ro", uri=True)
    ids = {json.loads(line)["id"] for (line,) in db.execute("SELECT line FROM entry")}
    check.that(all(b.id in ids for b in ballots), "the proof itself does not know the ballots")
    with open(os.path.join(office.kiosk.folder, "keys/slip.key"), "rb") as file:
        slip_key = file.read()
    check.that(not glob.glob(os.path.join(office.kiosk.folder, "keys/day/*")), "a day key is left")
    joined = {"keys": attack_keys(folders, ballots),
              "commits": attack_commits(folders, ballots, slip_key),
              "moments": attack_moments(folders, ballots)}
    for name, found in joined.items():
        # Four bytes of a moment stand somewhere by chance; that joins nobody to his own ballot.
        check.that(right(found, ballots) == 0,
                   f"{name}: {right(found, ballots)} of {len(ballots)} ballots were joined")
    hits, total = attack_order(db, texts)
    check.that(by_chance(hits, total, TEXTS) and total == sum(map(len, texts)),
               f"order: {hits} of {total} texts stand where they were written")
    db.close()
    broken_entries(office, ballots, kept["moments"])
    controls = {"keys": attack_keys([kept["keys"]], ballots),
                "commits": attack_commits([kept["wal"]], ballots, slip_key),
                "moments": attack_moments([kept["moments"]], ballots)}
    for name, found in controls.items():
        check.that(right(found, ballots) > 0, f"control {name}: the attacker is blind")
    print(f"{len(ballots)} ballots, joined: " + ", ".join(
        f"{name} {right(found, ballots)} (control {right(controls[name], ballots)})"
        for name, found in joined.items()) + f"; order {hits} of {total}, 1 in {TEXTS} by chance")


def judge_layout(build, scratch, days, chance, check):
    hits, total = layout.attack(build, scratch, days, chance)
    check.that(by_chance(hits, total, layout.SLIPS), f"layout: {hits} of {total} places found")
    found, of = layout.control(days, chance)
    check.that(not by_chance(found, of, layout.SLIPS), "control layout: the attacker is blind")
    print(f"layout {hits} of {total}, 1 in {layout.SLIPS} by chance (control {found} of {of})")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=50)
    parser.add_argument("--build", default="build")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    chance, check = random.Random(options.seed), Check()
    build = os.path.abspath(options.build)
    with tempfile.TemporaryDirectory() as scratch:
        kept = {name: os.path.join(scratch, "kept", name) for name in ("keys", "wal", "moments")}
        for folder in kept.values():
            os.makedirs(folder)
        clock = Faked(scratch)
        clock.go(datetime.datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day,
                                   tzinfo=datetime.timezone.utc).timestamp())
        office = Office(build, scratch, clock)
        try:
            ballots, texts = live(office, options.days, chance, kept, check)
        finally:
            office.kill()
        judge(office, ballots, texts, kept, check)
        for key in FAKE_KEYS:
            del os.environ[key]
        judge_layout(build, scratch, LAYOUT_DAYS, chance, check)
    print(f"{options.days} days (seed {options.seed}); {check.passed} passed, "
          f"{check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
