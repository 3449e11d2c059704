#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Erased text is nowhere: two people at the hub erase comments and a petition's contact.

N texts with words of their own go through the kiosk's page, into the day's seal and to the hub.
Half of them are erased by two people at the hub; the kiosk does it on its next contact. Then not
one of their 8-byte pieces, nor one of their salts or sealed contacts, may stand in any file of
kiosk and hub, write-ahead logs included, nor in backups, exports, reports and logs made afterwards,
while every other text still does. `verify` must pass on both sides and the figures stay as they
were. Controls, on copies from before: the same rows deleted with secure_delete off and the
write-ahead log truncated leave pieces behind; with it on they leave none; with it on and the log not
truncated they leave pieces.

usage: erase.py [--texts N] [--build build]
"""
import argparse
import glob
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

from kill import Check, Kiosk, SETUP, UNIT, get_page, send

PIECE = 8
AT_ONCE = 16  # messages in one answer of the hub
PAID_S = 90  # a truncation that is owed is tried again at each turn of the chores
PASSPHRASES = {"Lê Thị Bình": ("officer", "bốn con trâu qua cầu"),
               "Trần Văn Cường": ("head", "mưa chiều ngoài bến sông")}


class Logged:
    """A serving program whose log goes to a file."""

    def __init__(self, command, log, listeners):
        with open(log, "w", encoding="utf-8") as file:
            self.process = subprocess.Popen(command, stderr=file)
        self.ports = {}
        deadline = time.monotonic() + 30
        while len(self.ports) < listeners:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start; see its log")
            with open(log, encoding="utf-8") as file:
                self.ports = {m[0]: int(m[1]) for m in re.findall(
                    r"event=listening(?: listener=(\w+))? address=127\.0\.0\.1:(\d+)", file.read())}
            time.sleep(0.02)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


class Text:
    """Words that stand nowhere else."""

    def __init__(self, chance, petition):
        letters = "bcdghklmnpqrstvxaăâeêioôơuưyđ"
        # Short ones stay in their page of the database, long ones fill several.
        count = chance.choice([4, 12, 40, 110])
        self.words = " ".join("".join(chance.choice(letters) for _ in range(6))
                              for _ in range(count))[:780].strip()
        self.petition = petition
        self.contact = "".join(chance.choice(letters) for _ in range(24)) if petition else None
        self.id, self.secrets = None, []


def pieces(data):
    """What is looked for: a remnant of 15 bytes or more holds one of them."""
    return [data[i:i + PIECE] for i in range(0, len(data) - PIECE + 1, PIECE)] or [data]


def found_in(paths, needles):
    """{needle: [files]} of those that stand somewhere."""
    found = {}
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        for needle in needles:
            if needle in data:
                found.setdefault(needle, []).append(path)
    return found


def files(*folders):
    return [path for folder in folders
            for path in glob.glob(os.path.join(folder, "**"), recursive=True)
            if os.path.isfile(path)]


class Office:
    def __init__(self, build, scratch):
        self.scratch = scratch
        self.kiosk = Kiosk(os.path.join(build, "hailong-kiosk"), os.path.join(scratch, "kiosk"))
        self.hub_program = os.path.join(build, "hailong-aggregator")
        self.hub_folder = os.path.join(scratch, "hub")
        self.outside = os.path.join(scratch, "outside")
        self.secret = os.path.join(scratch, "passphrase")
        os.mkdir(self.outside)
        self.served = []

    def hub(self, *arguments, user=None):
        if user:
            with open(self.secret, "w", encoding="utf-8") as file:
                file.write(PASSPHRASES[user][1] + "\n")
            arguments = [*arguments, "--passphrase-file", self.secret]
        return subprocess.run([self.hub_program, *arguments, "--data", self.hub_folder],
                              check=True, capture_output=True, text=True).stdout

    def open(self):
        self.hub("init", "--setup", SETUP)
        self.kiosk.run("init", "--setup", SETUP)
        hub = Logged([self.hub_program, "serve", "--data", self.hub_folder, "--listen",
                      "127.0.0.1:0"], os.path.join(self.outside, "hub.log"), 1)
        self.served.append(hub)
        phrase = self.hub("join", "--unit", UNIT).strip()
        url = f"http://127.0.0.1:{next(iter(hub.ports.values()))}"
        self.kiosk.run("enrol", "--hub", url, "--phrase", phrase)
        kiosk = Logged([self.kiosk.program, "serve", "--data", self.kiosk.folder,
                        "--screen-listen", "127.0.0.1:0", "--phone-listen", "127.0.0.1:0"],
                       os.path.join(self.outside, "kiosk.log"), 2)
        self.served.append(kiosk)
        self.kiosk.ports = kiosk.ports
        for name, (role, _) in PASSPHRASES.items():
            self.hub("user", "add", "--name", name, "--role", role, user=name)

    def close(self):
        return [program.stop() for program in reversed(self.served)]

    def figures(self):
        day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 3600))
        year = day[:4]
        model = json.loads(self.hub("report", "--unit", UNIT, "--period", f"cal:{year}",
                                    "--format", "json"))
        return {key: model[key] for key in ("groups", "areas", "by_channel", "total", "all_in")}


def post(connection, body):
    connection.request("POST", "/api/v1/texts", urllib.parse.urlencode(body),
                       {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def write_texts(office, texts, chance, check):
    poster = office.kiosk.run("poster", "--counter", "1", "--format", "url").strip().split("/P/")[1]
    connection, statuses = office.kiosk.connect(), []
    for text in texts:
        page = get_page(connection, f"/P/{poster}/HT", "HT", chance.randint(1, 5))
        token = re.search(r"(?:^|&)token=([^&]+)", page.body)[1]
        statuses.append(send(connection, page))
        body = {"token": token, "text": text.words}
        if text.petition:
            body |= {"kind": "petition", "contact_name": text.contact,
                     "contact_address": "tổ dân phố 5"}
        statuses.append(post(connection, body))
    connection.close()
    check.that(set(statuses) == {200}, f"rating and writing gave {sorted(set(statuses))}")


def rows(folder, name):
    path = os.path.join(folder, name)
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        return db.execute("SELECT id, field, salt, payload FROM free_text "
                          "WHERE payload IS NOT NULL").fetchall()


def learn(office, texts, check):
    """Ids, salts and sealed contacts, as the hub holds them after the seal and the sync."""
    held = rows(office.hub_folder, "hub.db")
    check.that(sorted(held) == sorted(rows(office.kiosk.folder, "kiosk.db")),
               "kiosk and hub hold different texts")
    by_words = {payload: id_ for id_, field, _, payload in held if field == "text"}
    for text in texts:
        text.id = by_words.get(text.words.encode())
        check.that(text.id is not None, "a text did not reach the hub")
        for id_, field, salt, payload in held:
            if id_ == text.id:
                text.secrets += pieces(salt) + (pieces(payload) if field == "contact" else [])
    check.that(len(held) == sum(1 + text.petition for text in texts), "texts are missing")


def erase(office, text, check):
    one, other = PASSPHRASES
    for field in ["text", "contact"][:1 + text.petition]:
        said = office.hub("redact", "--id", text.id.hex(), "--field", field, "--reason",
                          "personal_data", "--user", one, user=one)
        number = re.search(r"\d+", said)[0]
        alone = subprocess.run([office.hub_program, "confirm", "--proposal", number, "--user", one,
                                "--passphrase-file", office.secret, "--data", office.hub_folder],
                               capture_output=True, check=False)
        check.that(alone.returncode != 0, "one person erased a text alone")
        office.hub("confirm", "--proposal", number, "--user", other, user=other)


def states(office):
    return [row["state"] for row in json.loads(office.hub("proposals", "--json"))]


def gone(check, what, needles, paths):
    """Waits for the truncation that is owed; then nothing of the needles may stand there."""
    deadline = time.monotonic() + PAID_S
    found = found_in(paths(), needles)
    while found and time.monotonic() < deadline:
        time.sleep(0.5)
        found = found_in(paths(), needles)
    where = sorted({os.path.basename(path) for places in found.values() for path in places})
    check.that(not found, f"{what}: {len(found)} of {len(needles)} pieces stand in {where}")


def carry_away(office):
    """What is made after the erasure and leaves the boxes."""
    office.kiosk.run("backup", "--to", os.path.join(office.outside, "kiosk.backup"))
    office.hub("backup", "--to", os.path.join(office.outside, "hub.backup"))
    year = time.strftime("%Y", time.gmtime(time.time() + 7 * 3600))
    made = {"kiosk.export": office.kiosk.run("export"), "kiosk.status": office.kiosk.run("status"),
            "hub.status": office.hub("status"), "hub.proposals": office.hub("proposals"),
            "hub.users": office.hub("user", "list"),
            "hub.quarantine": office.hub("quarantine", "list")}
    for form in ("text", "csv", "json"):
        made[f"hub.{form}"] = office.hub("report", "--unit", UNIT, "--period", f"cal:{year}",
                                         "--format", form)
    for name, text in made.items():
        with open(os.path.join(office.outside, name), "w", encoding="utf-8") as file:
            file.write(text)


def careless(path, texts, needles, secure, truncate):
    """The deletions in a copy of a database, as a program makes them; the pieces that are left."""
    copy = f"{path}.{'secure' if secure else 'plain'}.{'truncated' if truncate else 'log'}"
    shutil.copyfile(path, copy)
    db = sqlite3.connect(copy, isolation_level=None)
    # A piece counts that the database file alone still holds, or its log.
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA wal_autocheckpoint=0")
    db.execute(f"PRAGMA secure_delete={'ON' if secure else 'OFF'}")
    for text in texts:
        db.execute("DELETE FROM free_text WHERE id = ?", (text.id,))
    if truncate:
        busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise RuntimeError("the control's log was not truncated")
    left = len(found_in(glob.glob(copy + "*"), needles))
    db.close()
    return left


def control(before, texts, needles, check):
    """Each half of what the programs do is needed. (Both together may still leave copies where pages
    were split: the programs write the table anew.)"""
    left = {(secure, truncate): sum(careless(path, texts, needles, secure, truncate)
                                    for path in before)
            for secure, truncate in ((False, True), (True, False))}
    check.that(left[False, True] > 0,
               "control: without secure_delete, but truncated, nothing was left: this proof sees "
               "no free pages")
    check.that(left[True, False] > 0,
               "control: with secure_delete, but not truncated, nothing was left: this proof sees "
               "no old pages")
    return left[False, True], left[True, False]


def snapshot(office, scratch):
    """Copies of both databases from before the erasure, for the control."""
    folder = os.path.join(scratch, "control")
    os.mkdir(folder)
    copies = []
    for source in (os.path.join(office.kiosk.folder, "kiosk.db"),
                   os.path.join(office.hub_folder, "hub.db")):
        copies.append(os.path.join(folder, os.path.basename(source)))
        with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as db, \
                sqlite3.connect(copies[-1]) as copy:
            db.backup(copy)
        copy.close()
    return copies


def prove(office, scratch, texts, chance, check):
    office.open()
    write_texts(office, texts, chance, check)
    office.kiosk.run("seal")
    office.kiosk.run("sync")
    learn(office, texts, check)
    figures = office.figures()
    erased, kept = texts[::2], texts[1::2]
    needles = [piece for text in erased for piece in pieces(text.words.encode()) + text.secrets]
    contacts = [piece for text in texts if text.petition for piece in pieces(text.contact.encode())]
    check.that(not found_in(files(office.kiosk.folder, office.hub_folder), contacts),
               "a contact stands somewhere in clear")
    for folder in (office.kiosk.folder, office.hub_folder):
        # Pieces that lie across two pages of the database are not seen whole.
        check.that(len(found_in(files(folder), needles)) > len(needles) * 9 // 10,
                   "the texts are not found before they are erased")
    copies = snapshot(office, scratch)
    for text in erased:
        erase(office, text, check)
    # The kiosk may have been in contact by itself meanwhile.
    check.that(set(states(office)) <= {"waiting", "done"},
               f"after two people: {set(states(office))}")
    gone(check, "hub, at once", needles, lambda: files(office.hub_folder))
    for _ in range(2 + 2 * len(erased) // AT_ONCE):
        office.kiosk.run("sync")  # brings orders, and takes the kiosk's own entries up
    check.that(set(states(office)) == {"done"}, f"after the kiosk's turn: {set(states(office))}")
    gone(check, "kiosk, while serving", needles, lambda: files(office.kiosk.folder))
    carry_away(office)
    check.that(office.figures() == figures, "the figures changed")
    check.that(office.kiosk.run("verify").startswith("ok"), "the kiosk's verify found something")
    check.that(office.hub("verify").startswith("ok"), "the hub's verify found something")
    check.that(office.close() == [0, 0], "a program did not end cleanly")
    everything = files(office.kiosk.folder, office.hub_folder, office.outside)
    gone(check, "all files, backups, exports and logs", needles, lambda: everything)
    for text in kept:
        for folder in (office.kiosk.folder, office.hub_folder):
            check.that(bool(found_in(files(folder), pieces(text.words.encode())[:1])),
                       "a text is gone that nobody erased")
    left = control(copies, erased, needles, check)
    return len(erased), len(needles), len(everything), left


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=24)
    parser.add_argument("--build", default="build")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    chance, check = random.Random(options.seed), Check()
    texts = [Text(chance, i % 4 == 0) for i in range(options.texts)]
    with tempfile.TemporaryDirectory() as scratch:
        office = Office(options.build, scratch)
        try:
            erased, needles, count, left = prove(office, scratch, texts, chance, check)
        finally:
            office.close()
    print(f"{erased} of {len(texts)} texts erased: {needles} pieces in none of {count} files; "
          f"without secure_delete {left[0]} are left, without truncation {left[1]} (seed {options.seed})")
    print(f"{check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
