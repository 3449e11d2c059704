#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Backups, restores and clones of a kiosk beside a real hub.

A kiosk is backed up while clients rate, goes on, and dies. It is restored: a new lane replaces the
old one at the hub, the slip in somebody's pocket is honoured once, the spent one is refused. Then
the folder is copied and both copies serve: the first that syncs goes on, the other one opens a new
lane; nothing is counted twice, and what only the other one had lies in quarantine. Copies of a
running database made by hand are refused.

Free text goes along into a new lane, after a restore as after a fork, also what the hub has not got
yet. When two people at the hub erase it, no piece of it may stand in any file of the boxes in use
and of the hub, and `verify` must pass on all.

The hub itself is lost and restored from its backup, with and without its keys: the kiosk sends again
what the backup lacks, figures are as before, messages go on.

usage: restore.py [--rounds N] [--build build]
"""
import argparse
import contextlib
import glob
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import erase  # noqa: E402
import kill  # noqa: E402
import lossy  # noqa: E402

UNIT = lossy.UNIT
AREA = "HT"
BUSY = 75  # exit status: another process has the folder


class Box(lossy.Program):
    """A kiosk with the port of its phones."""

    def __init__(self, build, folder):
        super().__init__(os.path.join(build, "hailong-kiosk"), folder,
                         ["--screen-listen", "127.0.0.1:0", "--phone-listen", "127.0.0.1:0"])
        self.ports = {}

    def serve(self):
        kiosk = kill.Kiosk(self.program, self.folder)
        kiosk.start()
        self.process, self.ports, self.connect = kiosk.process, kiosk.ports, kiosk.connect

    def run(self, *arguments, check=True, text=None):
        """A box that opens anew answers a moment later."""
        for _ in range(100):
            done = super().run(*arguments, check=False, text=text)
            if done.returncode != BUSY or "writing" not in done.stderr:
                break
            time.sleep(0.1)
        if check and done.returncode != 0:
            raise RuntimeError(f"{arguments[0]}: {done.stdout}{done.stderr}")
        return done

    def poster(self):
        return self.run("poster", "--format", "url").stdout.strip().rsplit("/", 1)[1]

    def slip(self):
        url = self.run("slip", "--area", AREA, "--format", "url").stdout.strip()
        return re.search(r"/S/([0-9A-Z]+)", url)[1]

    def get(self, path):
        connection = self.connect()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def rate(self, path):
        connection = self.connect()
        status = kill.send(connection, kill.get_page(connection, path, AREA, 5))
        connection.close()
        return status

    def write(self, text):
        """Rates, and writes a text on the page's thanks."""
        connection = self.connect()
        page = kill.get_page(connection, f"/P/{self.poster()}/{AREA}", AREA, 3)
        statuses = [kill.send(connection, page)]
        body = {"token": re.search(r"(?:^|&)token=([^&]+)", page.body)[1], "text": text.words}
        if text.petition:
            body |= {"kind": "petition", "contact_name": text.contact,
                     "contact_address": "tổ dân phố 5"}
        statuses.append(erase.post(connection, body))
        connection.close()
        return statuses == [200, 200]

    def rate_many(self, poster, count):
        return sum(self.rate(f"/P/{poster}/{AREA}") == 200 for _ in range(count))


class World:
    def __init__(self, build, folder):
        self.build, self.folder, self.check = build, folder, kill.Check()
        port = lossy.free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.hub = lossy.Program(os.path.join(build, "hailong-aggregator"), f"{folder}/hub",
                                 ["--listen", f"127.0.0.1:{port}"])
        self.boxes, self.chance = [], random.Random(int(time.time()))
        self.hub.run("init", "--setup", lossy.SETUP)
        self.hub.start(1)

    def box(self, name):
        box = Box(self.build, f"{self.folder}/{name}")
        self.boxes.append(box)
        return box

    def enrol(self, box, *more):
        phrase = self.hub.run("join", "--unit", UNIT, *more).stdout
        box.run("enrol", "--hub", self.url, "--phrase", "-", text=phrase)

    def lane(self, box):
        """Empty while the box changes its lane: between two renames there is no kiosk.db."""
        done = box.run("status", "--format", "json", check=False)
        return json.loads(done.stdout)["lane"] if done.returncode == 0 else ""

    def hub_number(self, sql, *values):
        uri = f"file:{self.hub.folder}/hub.db?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
            return db.execute(sql, values).fetchone()[0]

    def counted(self):
        return self.hub_number("SELECT count(*) FROM response WHERE voided = 0")

    def devices(self):
        return {row["lane"]: row for row in
                json.loads(self.hub.run("devices", "--json").stdout)["devices"]}

    def verify(self, program, what):
        done = program.run("verify", check=False)
        self.check.that(done.returncode == 0, f"{what} verifies: {done.stdout}{done.stderr}")

    def sync(self, box):
        return box.run("sync", check=False)

    # ---- the parts ----------------------------------------------------------------------------

    def restored(self):
        old = self.box("old")
        old.run("init", "--setup", lossy.SETUP)
        old.serve()
        self.enrol(old)
        poster, spent, pocket = old.poster(), old.slip(), old.slip()
        rated = [0]
        load = threading.Thread(
            target=lambda: rated.__setitem__(0, old.rate_many(poster, 60)))
        load.start()
        backup = f"{self.folder}/backup.db"
        old.run("backup", "--to", backup)
        load.join()
        self.check.that(os.stat(backup).st_mode & 0o777 == 0o600, "a backup is private")
        again = old.run("backup", "--to", backup, check=False)
        self.check.that(again.returncode != 0, "a backup never overwrites")
        self.check.that(old.rate(f"/S/{spent}") == 200, "a slip is taken")
        self.check.that(self.sync(old).returncode == 0, "the old kiosk syncs")
        self.hand_copies(old, backup)
        old_lane, before = self.lane(old), self.counted()
        self.check.that(before == rated[0] + 1, f"the hub counts {before} of {rated[0] + 1}")
        old.stop(signal.SIGKILL)

        new = self.box("new")
        new.run("restore", "--from", backup)
        new.serve()
        self.check.that(new.get(f"/S/{pocket}") == 503, "slips wait until the hub's list is there")
        self.enrol(new, "--replaces", old_lane)
        new.stop(signal.SIGTERM)
        new.serve()
        new_lane = self.lane(new)
        self.check.that(new.get(f"/S/{spent}") == 410, "the slip that was spent after the backup "
                        "is refused")
        self.check.that(new.rate(f"/S/{pocket}") == 200, "the slip in the pocket is honoured")
        self.check.that(new.get(f"/S/{pocket}") == 410, "… once")
        self.check.that(self.sync(new).returncode == 0, "the restored kiosk syncs")
        devices = self.devices()
        self.check.that(devices[old_lane]["state"] == "retired" and
                        devices[old_lane]["replaced_by"] == new_lane,
                        "the old lane is retired and names the new one")
        self.check.that(self.counted() == before + 1, "nothing is lost, nothing doubled")
        self.verify(new, "the restored kiosk")
        return new

    def by_hand(self):
        """Without a network the hub's people hand the kit over as a file, to one box alone: in two
        of them one slip would count twice."""
        lost, backup = self.box("hand-lost"), f"{self.folder}/hand.db"
        lost.run("init", "--setup", lossy.SETUP)
        lost.serve()
        self.enrol(lost)
        pocket, other = lost.slip(), lost.slip()
        lost.run("backup", "--to", backup)
        self.check.that(self.sync(lost).returncode == 0, "the kiosk syncs before it is lost")
        lane, before = self.lane(lost), self.counted()
        lost.stop(signal.SIGKILL)
        sources = {"lane": ["--lane", lane], "from": ["--from", backup]}
        for name, source in sources.items():
            box, kit = self.box(f"hand-{name}"), f"{self.folder}/{name}.kit"
            vkey = box.run("restore", "--from", backup).stdout.strip()
            if name == "from":
                for more in sources.values():
                    done = self.hub.run("kit", *more, "--for", vkey, check=False)
                    self.check.that(done.returncode != 0 and not done.stdout,
                                    "no second box gets the same slips")
                self.check.that("--again" in done.stderr, f"… and the way out is named: {done.stderr}")
                source = [*source, "--again"]
            done = self.hub.run("kit", *source, "--for", vkey, check=False)
            self.check.that(done.returncode == 0, f"the hub hands on a kit: {done.stderr}")
            again = self.hub.run("kit", *source, "--for", vkey, check=False)
            self.check.that(again.returncode == 0, "the same box may have it again")
            with open(kit, "w", encoding="ascii") as file:
                file.write(done.stdout)
            box.run("restore", "--kit", kit)
            box.serve()
            self.check.that(box.get(f"/S/{other}") == 200, f"a kit by hand ({name}) is loaded")
            if name == "from":
                self.check.that(box.rate(f"/S/{pocket}") == 200, "the slip in the pocket counts")
                self.check.that(box.get(f"/S/{pocket}") == 410, "… once")
                self.enrol(box, "--replaces", lane)
                self.check.that(self.sync(box).returncode == 0, "the box that has the kit syncs")
            box.stop(signal.SIGTERM)
            self.verify(box, "a kiosk restored by hand")
        phrase = self.hub.run("join", "--unit", UNIT, "--replaces", lane, check=False)
        self.check.that(phrase.returncode != 0 and "replaced" in phrase.stderr,
                        f"the lane is not replaced twice: {phrase.stderr}")
        self.check.that(self.counted() == before + 1, "the slip counts at the hub, once")

    def hand_copies(self, box, backup):
        copy = f"{self.folder}/copied"
        for source, word in ((f"{box.folder}/kiosk.db", "-wal"), (backup, "restore")):
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(box.folder, copy,
                            ignore=shutil.ignore_patterns("*.sock", "kiosk.db*"))
            shutil.copy(source, f"{copy}/kiosk.db")
            for command in (["verify"], ["export"], ["pair", "--desk"]):
                done = Box(self.build, copy).run(*command, check=False)
                self.check.that(done.returncode != 0 and word in done.stderr,
                                f"{command[0]} refuses a file moved by hand: {done.stderr}")
        done = Box(self.build, f"{self.folder}/never").run(
            "restore", "--from", f"{box.folder}/kiosk.db", check=False)
        self.check.that(done.returncode == 0 or "-wal" in done.stderr,
                        f"restore takes a running kiosk's own files or refuses: {done.stderr}")

    def hub_copies(self):
        for source, word in (("hub/hub.db", "-wal"), ("hub-backup.db", "restore")):
            copy = f"{self.folder}/hub-copied"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(self.hub.folder, copy, ignore=shutil.ignore_patterns("*.sock", "hub.db*"))
            shutil.copy(f"{self.folder}/{source}", f"{copy}/hub.db")
            for command in (["verify"], ["join", "--unit", UNIT]):
                done = lossy.Program(self.hub.program, copy, []).run(*command, check=False)
                self.check.that(done.returncode != 0 and word in done.stderr,
                                f"the hub's {command[0]} refuses {source}: {done.stderr}")

    def cloned(self, first):
        first.stop(signal.SIGTERM)
        second = self.box("second")
        shutil.copytree(first.folder, second.folder, ignore=shutil.ignore_patterns("*.sock"))
        first.serve()
        second.serve()
        poster, before, lane = first.poster(), self.counted(), self.lane(first)
        mine, other = first.rate_many(poster, 7), second.rate_many(poster, 5)
        self.check.that(self.sync(first).returncode == 0, "the first box goes on")
        self.check.that(self.sync(second).returncode != 0, "the second one meets the fork")
        for _ in range(100):
            if self.lane(second) not in ("", lane):
                break
            time.sleep(0.1)
        done = self.sync(second)
        self.check.that(done.returncode == 0, f"… and goes on in a new lane: {done.stderr}")
        self.check.that(self.lane(second) != lane, "… which is another one")
        self.check.that(self.counted() == before + mine, "the hub counts the first box's answers")
        held = self.hub_number("SELECT count(*) FROM quarantine WHERE line LIKE ? AND lane = ?",
                               '%"kind":"response"%', lane)
        self.check.that(held == other, f"{held} of the second's {other} answers wait in quarantine")
        more = second.rate_many(poster, 3) + first.rate_many(poster, 2)
        for box in (first, second):
            self.check.that(self.sync(box).returncode == 0, "both boxes go on")
        self.check.that(self.counted() == before + mine + more, "both boxes count")
        for box, what in ((first, "the first"), (second, "the second")):
            self.verify(box, what)

    # ---- texts ---------------------------------------------------------------------------------

    def people(self):
        for name, (role, _) in erase.PASSPHRASES.items():
            self.by(name, "user", "add", "--name", name, "--role", role)

    def by(self, user, *arguments):
        secret = f"{self.folder}/passphrase"
        with open(secret, "w", encoding="utf-8") as file:
            file.write(erase.PASSPHRASES[user][1] + "\n")
        return self.hub.run(*arguments, "--passphrase-file", secret).stdout

    def texts_at(self, path):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return db.execute("SELECT id, field, salt, payload FROM free_text "
                              "WHERE payload IS NOT NULL").fetchall()

    def texts(self, count):
        return [erase.Text(self.chance, i % 2 == 1) for i in range(count)]

    def erase(self, texts, boxes, what):
        """All of them, by two people; then they are in no file of these boxes and of the hub."""
        one, other = erase.PASSPHRASES
        held = self.texts_at(f"{self.hub.folder}/hub.db")
        ids = {payload: id_ for id_, field, _, payload in held if field == "text"}
        self.check.that(all(text.words.encode() in ids for text in texts),
                        f"{what}: the hub has each text")
        wanted = {ids.get(text.words.encode()) for text in texts}
        rows = [row for row in held if row[0] in wanted]
        needles = [piece for _, _, salt, payload in rows
                   for piece in erase.pieces(salt) + erase.pieces(payload)]
        for box in boxes:
            here = erase.found_in(erase.files(box.folder), needles)
            self.check.that(len(here) > len(needles) * 9 // 10, f"{what}: before, they are there")
            old = erase.found_in(glob.glob(f"{box.folder}/old/*"), needles)
            self.check.that(not old, f"{what}: the former lane's file holds no text")
        for id_, field, _, _ in rows:
            said = self.by(one, "redact", "--id", id_.hex(), "--field", field, "--reason",
                           "personal_data", "--user", one)
            self.by(other, "confirm", "--proposal", re.search(r"\d+", said)[0], "--user", other)
        for box in boxes:
            for _ in range(3):
                self.check.that(self.sync(box).returncode == 0, f"{what}: it syncs")
        erase.gone(self.check, f"{what}, boxes", needles,
                   lambda: erase.files(*(box.folder for box in boxes)))
        erase.gone(self.check, f"{what}, hub", needles, lambda: erase.files(self.hub.folder))
        states = {row["state"] for row in json.loads(self.hub.run("proposals", "--json").stdout)}
        self.check.that(states == {"done"}, f"{what}: the proposals are {states}")
        for box in boxes:
            self.verify(box, f"{what}: a box")
        self.verify(self.hub, f"{what}: the hub")

    def restored_texts(self):
        """Some are at the hub, some sealed but not sent, some wait for the seal."""
        lost, backup = self.box("texts"), f"{self.folder}/texts.db"
        texts = self.texts(6)
        lost.run("init", "--setup", lossy.SETUP)
        lost.serve()
        self.enrol(lost)
        self.check.that(all(lost.write(text) for text in texts[:2]), "texts are written")
        lost.run("seal")
        self.check.that(self.sync(lost).returncode == 0, "they are sent")
        self.hub.stop(signal.SIGTERM)
        self.check.that(all(lost.write(text) for text in texts[2:4]), "more of them")
        lost.run("seal")
        self.check.that(all(lost.write(text) for text in texts[4:]), "and more")
        lane = self.lane(lost)
        lost.run("backup", "--to", backup)
        lost.stop(signal.SIGKILL)
        shutil.rmtree(lost.folder)
        self.hub.start(1)
        found = self.box("texts-new")
        found.run("restore", "--from", backup)
        os.unlink(backup)
        found.serve()
        self.enrol(found, "--replaces", lane)
        self.check.that(self.sync(found).returncode == 0, "the restored box brings texts along")
        found.run("seal")
        self.check.that(self.sync(found).returncode == 0, "and what waited")
        self.erase(texts, [found], "after a restore")

    def forked_texts(self):
        first, second = self.box("texts-first"), self.box("texts-second")
        texts = self.texts(4)
        first.run("init", "--setup", lossy.SETUP)
        first.serve()
        self.enrol(first)
        self.check.that(all(first.write(text) for text in texts[:2]), "texts are written")
        first.run("seal")
        self.check.that(self.sync(first).returncode == 0, "they are sent")
        first.stop(signal.SIGTERM)
        shutil.copytree(first.folder, second.folder, ignore=shutil.ignore_patterns("*.sock"))
        lane = self.lane(first)
        self.hub.stop(signal.SIGTERM)
        first.serve()
        second.serve()
        first.rate_many(first.poster(), 2)
        self.check.that(all(second.write(text) for text in texts[2:]), "the copy writes texts")
        second.run("seal")
        self.hub.start(1)
        self.check.that(self.sync(first).returncode == 0, "the first goes on")
        self.sync(second)
        for _ in range(100):
            if self.lane(second) not in ("", lane):
                break
            time.sleep(0.1)
        self.check.that(self.sync(second).returncode == 0, "the second opens a new lane")
        self.check.that(self.lane(second) not in ("", lane), "… another one")
        both = self.texts_at(f"{second.folder}/kiosk.db")
        self.check.that({row[3] for row in both} >= {text.words.encode() for text in texts},
                        "which has all texts")
        self.erase(texts[2:], [second], "after a fork, of its tail")
        self.erase(texts[:2], [first, second], "after a fork, of both boxes")

    # ---- the hub ---------------------------------------------------------------------------------

    def answer(self, petition, text):
        path = f"{self.folder}/answer"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.hub.run("answer", "--petition", petition, "--text-file", path)

    def answers_at(self, box):
        with contextlib.closing(
                sqlite3.connect(f"file:{box.folder}/kiosk.db?mode=ro", uri=True)) as db:
            return {petition.hex(): text for petition, text in
                    db.execute("SELECT petition, text FROM answer")}

    def hub_lost(self, keys, box):
        """The hub goes on after its backup and is lost; with and without its keys it comes back."""
        what = "with keys" if keys else "without keys"
        backup, kept = f"{self.folder}/hub-{keys}.db", f"{self.folder}/keys-{keys}"
        text = erase.Text(self.chance, True)
        self.check.that(box.write(text), f"{what}: a petition")
        box.run("seal")
        self.check.that(self.sync(box).returncode == 0, f"{what}: it syncs")
        rows = self.texts_at(f"{self.hub.folder}/hub.db")
        petition = next(id_.hex() for id_, _, _, payload in rows if payload == text.words.encode())
        self.answer(petition, f"trước {keys}")
        poster = box.poster()
        at_backup = self.counted()
        self.hub.run("backup", "--to", backup)
        box.rate_many(poster, 8)
        later = erase.Text(self.chance, False)
        self.check.that(box.write(later), f"{what}: a comment after the backup")
        box.run("seal")
        for _ in range(2):
            self.check.that(self.sync(box).returncode == 0, f"{what}: it syncs after the backup")
        self.answer(petition, f"giữa {keys}")
        for _ in range(2):
            self.sync(box)
        full = self.counted()
        self.check.that(full == at_backup + 9, f"{what}: the hub counts {full}")
        self.hub.stop(signal.SIGKILL)
        shutil.copytree(f"{self.hub.folder}/keys", kept)
        shutil.rmtree(self.hub.folder)
        if keys:
            done = self.hub.run("restore", "--from", backup, "--keys", f"{box.folder}/keys",
                                check=False)
            self.check.that(done.returncode != 0, "keys of another program are refused")
            shutil.rmtree(self.hub.folder)
        done = self.hub.run("restore", "--from", backup, *(["--keys", kept] if keys else []))
        self.check.that("is gone" in done.stderr, f"{what}: it says what is gone")
        again = self.hub.run("restore", "--from", backup, check=False)
        self.check.that(again.returncode != 0, f"{what}: a folder with a hub is left alone")
        self.verify(self.hub, f"{what}: the restored hub")
        self.check.that(self.counted() == at_backup, f"{what}: the hub is where the backup was")
        self.hub.start(1)
        self.answer(petition, f"sau {keys}")
        if not keys:
            self.check.that(self.sync(box).returncode != 0, "a hub with new keys is refused")
            box.stop(signal.SIGTERM)
            self.enrol(box)
            box.serve()
        for _ in range(3):
            done = self.sync(box)
            self.check.that(done.returncode == 0, f"{what}: the kiosk goes on: {done.stderr}")
        self.check.that(self.counted() == full, f"{what}: {self.counted()} of {full} count again")
        self.check.that(self.answers_at(box).get(petition) == f"sau {keys}",
                        f"{what}: the kiosk has the last answer: {self.answers_at(box)}")
        held = [payload for _, _, _, payload in self.texts_at(f"{self.hub.folder}/hub.db")]
        self.check.that(held.count(later.words.encode()) == 1, f"{what}: the text is there again")
        more = box.rate_many(poster, 3)
        self.check.that(self.sync(box).returncode == 0 and self.counted() == full + more,
                        f"{what}: both go on")
        self.verify(self.hub, f"{what}: the hub after the kiosk's push")
        self.verify(box, f"{what}: the kiosk")

    def hub_restored(self):
        box = self.box("lasting")
        box.run("init", "--setup", lossy.SETUP)
        box.serve()
        self.enrol(box)
        for keys in (True, False, True):
            self.hub_lost(keys, box)
            shutil.rmtree(f"{self.folder}/keys-{keys}")
            os.unlink(f"{self.folder}/hub-{keys}.db")

    def run(self):
        try:
            self.cloned(self.restored())
            self.by_hand()
            self.people()
            self.restored_texts()
            self.forked_texts()
            self.hub.run("backup", "--to", f"{self.folder}/hub-backup.db")
            self.verify(self.hub, "the hub")
            self.hub_copies()
            self.hub_restored()
            for program in [*self.boxes, self.hub]:
                if program.process.poll() is None:
                    self.check.that(program.stop(signal.SIGTERM) == 0, "all stop in order")
        finally:
            for program in [self.hub, *self.boxes]:
                if program.process and program.process.poll() is None:
                    program.process.kill()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--build", default="build")
    options = parser.parse_args()
    passed = failed = 0
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            world = World(options.build, folder)
            world.run()
            passed, failed = passed + world.check.passed, failed + world.check.failed
    print(f"restore: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
