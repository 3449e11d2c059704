#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two verifiers, written apart from each other, must say the same: `hailong-kiosk verify --file`
and tests/journal_verify.py, which was written from docs/JOURNAL.md alone.

Honest journals: an office with real taps, changes of level, slips, texts, a seal, an erasure and
acks from its hub; a sample office; and made lanes with flags, clock ranges and redactions. On each,
size and root must be equal, and the level counts those of the hub's report, half-month by
half-month. Then files are damaged, and entries changed and all signed anew with the lane's own key:
either both verifiers refuse, or both take it.

usage: second.py [--changes N] [--build build] [--seed S]
"""
import argparse
import collections
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

import erase
import lane_make as lm
import tamper
from kill import Check, SETUP, UNIT, get_page, issue, send

SECOND = os.path.join(os.path.dirname(lm.HERE), "journal_verify.py")
JUNK = [None, True, False, 0, 1, 7, -1, 1.5, 2**63, "", "x", "Hà", "x" * 300, "0" * 32, "a\u0000b",
        [], [1], {}, "2026-02-30", "2026-02-28", "2026-02-28T09+07", "1970-01-01T00+07"]


class Both:
    def __init__(self, build, scratch, check):
        self.kiosk = os.path.join(build, "hailong-kiosk")
        self.hub = os.path.join(build, "hailong-aggregator")
        self.path, self.check = os.path.join(scratch, "journal"), check
        self.verdicts = collections.Counter()

    def look(self, data, *options):
        with open(self.path, "wb") as file:
            file.write(data)
        return [subprocess.run([*command, self.path, *options], capture_output=True, text=True,
                               check=False)
                for command in ([self.kiosk, "verify", "--file"], [sys.executable, SECOND])]

    def honest(self, what, data, *options):
        """Both take it and agree. What the second one says."""
        first, second = self.look(data, *options)
        self.check.that(first.returncode == 0 and second.returncode == 0,
                        f"{what}: refused: {first.stderr}{second.stderr}")
        theirs = json.loads(second.stdout)
        self.check.that(first.stdout.split()[1:3] == [str(theirs["size"]), theirs["root"]],
                        f"{what}: size or root differ")
        return theirs

    def changed(self, what, data):
        first, second = (done.returncode != 0 for done in self.look(data))
        self.verdicts[first] += 1
        self.check.that(first == second, f"{what}: the first one {'refuses' if first else 'takes'} "
                                         f"it, the second one does not agree")
        return first

    def report(self, folder, half):
        year, month = half // 24, half % 24 // 2 + 1
        last = 14 if half % 2 == 0 else 31
        while last > 28 and not is_day(year, month, last):
            last -= 1
        begin = f"{year}-{month:02d}-{15 if half % 2 else 1:02d}"
        return json.loads(subprocess.run(
            [self.hub, "report", "--data", folder, "--unit", UNIT, "--period",
             f"{begin}..{year}-{month:02d}-{last:02d}", "--format", "json"],
            check=True, capture_output=True, text=True).stdout)

    def figures(self, what, folder, theirs):
        """Each half-month of the journal against the hub's report over just that one."""
        halves = sorted({int(key.rsplit("/", 1)[1]) for key in theirs["totals"]})
        self.check.that(bool(halves), f"{what}: there is nothing to compare")
        for half in halves:
            model = self.report(folder, half)
            every, plain = pooled(theirs["totals"], half), pooled(theirs["headline"], half)
            flagged = model["flagged_count"]
            self.check.that(model["total"]["levels"] == plain, f"{what}: {half}: the headline")
            self.check.that(model["all_in"] is None and 0 < flagged < 10 or
                            model["all_in"]["levels"] == every, f"{what}: {half}: all in")
            self.check.that(sum(every) - sum(plain) == flagged + sum(model["posters"]["levels"]),
                            f"{what}: {half}: flags and posters")
            for area in model["areas"]:
                key = f"{UNIT}/{area['code']}/overall/{half}"
                self.check.that(area["levels"] == theirs["headline"].get(key, [0] * 5),
                                f"{what}: {half}: {area['code']}")


def is_day(year, month, day):
    try:
        return bool(lm.datetime.date(year, month, day))
    except ValueError:
        return False


def pooled(totals, half):
    """All areas' counts for the item `overall`."""
    rows = [levels for key, levels in totals.items() if key.endswith(f"/overall/{half}")]
    return [sum(column) for column in zip(*rows)] if rows else [0] * 5


# ---- honest journals -----------------------------------------------------------------------------

def tap(office, connection, path, chance):
    """A rating, then what comes after it: other questions, and sometimes another level."""
    page = get_page(connection, path, "", chance.randint(1, 5))
    statuses = [send(connection, page)]
    token = re.search(r"(?:^|&)token=([^&]+)", page.body)[1]
    for part, words in enumerate(chance.choice([[], ["page=factors&F1=3&F2=4"],
                                                ["page=overall&overall=%d" % chance.randint(1, 5),
                                                 "page=agency&agency=2"]]), 1):
        page.body = f"token={token}&part={part}&{words}"
        statuses.append(send(connection, page))
    return statuses


def live(office, chance, check):
    """A day of an office with its hub, and an erasure. The export and the hub's key."""
    office.open()
    poster = office.kiosk.run("poster", "--counter", "1", "--format", "url").strip().split("/P/")[1]
    slips = [issue(office.kiosk, area)[0] for area in ("HT", "CT", "DD", "XD") * 4]
    paths = [f"/S/{code}" for code in slips] + \
        [f"/P/{poster}/{chance.choice(['HT', 'CT'])}" for _ in range(60)]
    connection = office.kiosk.connect()
    statuses = [status for path in paths for status in tap(office, connection, path, chance)]
    connection.close()
    check.that(set(statuses) == {200}, f"taps gave {collections.Counter(statuses)}")
    texts = [erase.Text(chance, i % 2 == 0) for i in range(4)]
    erase.write_texts(office, texts, chance, check)
    office.kiosk.run("visits", "--area", "HT", "--count", "7")
    office.kiosk.run("seal")
    office.kiosk.run("sync")
    erase.learn(office, texts, check)
    erase.erase(office, texts[0], check)
    for _ in range(4):
        office.kiosk.run("sync")
    data = office.kiosk.run("export")
    kinds = {json.loads(line)["kind"] for line in data.split("\n\n")[0].split("\n")}
    for kind in ("setup boot response detail slips visits comment petition redaction seal "
                 "ack").split():
        check.that(kind in kinds, f"the live journal has no {kind}")
    return data.encode()


def setup_with(scratch, name, **keys):
    with open(SETUP, encoding="utf-8") as file:
        setup = json.load(file) | keys
    path = os.path.join(scratch, name + ".json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(setup, file)
    return path


def sample(both, scratch, days):
    """A sample office and a hub that took its journal by hand."""
    path, kiosk = setup_with(scratch, "sample", sample=True), os.path.join(scratch, "sample")
    for arguments in (["init", "--setup", path], ["sample", "--days", str(days)]):
        subprocess.run([both.kiosk, *arguments, "--data", kiosk], check=True, capture_output=True)
    data = subprocess.run([both.kiosk, "export", "--data", kiosk], check=True,
                          capture_output=True).stdout
    return data, by_hand(both, scratch, "sample-hub", path, data)


def by_hand(both, scratch, name, setup, data):
    folder, path = os.path.join(scratch, name), os.path.join(scratch, name + ".journal")
    with open(path, "wb") as file:
        file.write(data)
    subprocess.run([both.hub, "init", "--data", folder, "--setup", setup], check=True,
                   capture_output=True)
    done = subprocess.run([both.hub, "import", "--data", folder, path], check=False,
                          capture_output=True, text=True)
    both.check.that(done.returncode == 0, f"{name}: the hub refused the journal: {done.stderr}")
    return folder


# ---- changes -------------------------------------------------------------------------------------

def damaged(data, chance):
    """A byte, a line or the end: nobody signed that."""
    lines, at = data.split(b"\n"), chance.randrange(len(data))
    way = chance.randrange(4)
    if way == 0:
        return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1:]
    if way == 1:
        return data[:at]
    one, two = sorted(chance.sample(range(data.split(b"\n\n")[0].count(b"\n")), 2))
    if way == 2:
        return b"\n".join(lines[:one] + lines[two:])
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


def signed_anew(key, lines):
    tree = lm.tree_of(lines)
    note = lm.note_of(key, len(lines), tree.roots[-1])
    return b"".join(line + b"\n" for line in lines) + f"\n{note}{key.vkey()}\n".encode()


def forged(journal, chance):
    """One entry changed somewhere, everything signed with the lane's own key."""
    lines = list(journal.lines)
    seq = chance.randrange(len(lines))
    entry = json.loads(lines[seq])
    key = chance.choice(list(entry))
    way = chance.randrange(4)
    if way == 0:
        entry[key] = chance.choice(JUNK)
    elif way == 1:
        del entry[key]
    elif way == 2:
        other = json.loads(chance.choice(lines))
        entry |= {name: other[name] for name in [chance.choice(list(other))] if name != "form"}
    else:
        entry["seq"], seq = len(lines), len(lines)  # once more, at the end
        lines.append(b"")
    lines[seq] = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()
    return f"{way}: {entry.get('kind')}.{key}", signed_anew(journal.key, lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--changes", type=int, default=150)
    parser.add_argument("--build", default="build")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    chance, check = random.Random(options.seed), Check()
    build, entries = os.path.abspath(options.build), 0
    with tempfile.TemporaryDirectory(prefix="second-") as scratch:
        both, office = Both(build, scratch, check), erase.Office(build, scratch)
        try:
            data = live(office, chance, check)
            hub_key = re.search(r"^hailong/\S+\+\S+$", office.hub("checkpoint"), re.M)[0]
            theirs = both.honest("live", data, "--witness", hub_key)
            both.figures("live", office.hub_folder, theirs)
            entries += theirs["size"]
            _, own = both.look(office.hub("export").encode(), "--hub")
            check.that(own.returncode == 0, f"the hub's own lane: {own.stderr}")
        finally:
            office.close()
        files = [data]
        data, folder = sample(both, scratch, 30)
        theirs = both.honest("sample", data)
        both.figures("sample", folder, theirs)
        entries += theirs["size"]
        lm.FIRST_HOUR = int(time.time()) // 3600 - 24 * 30
        tamper.SETUP = setup_with(scratch, "real", trial=False)  # in a trial flags count
        world = tamper.World(build, scratch)
        for number in range(3):
            journal = world.honest(chance, 150, False)
            data = journal.transfer()
            theirs = both.honest(f"made {number}", data, "--witness", world.hub.vkey())
            folder = by_hand(both, scratch, f"made{number}", tamper.SETUP, data)
            both.figures(f"made {number}", folder, theirs)
            entries += theirs["size"]
        files.append(data)
        short = world.honest(chance, 40, False)
        for _ in range(options.changes):
            check.that(both.changed("damage", damaged(chance.choice(files), chance)),
                       "a damaged file is taken")
            both.changed(*forged(short, chance))
        for verdict in (True, False):
            check.that(both.verdicts[verdict] > 0, "the changes show nothing: one verdict for all")
    print(f"{entries} entries of 5 honest journals; {sum(both.verdicts.values())} changed files, "
          f"{both.verdicts[True]} refused by both (seed {options.seed})")
    print(f"{check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
