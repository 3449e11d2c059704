#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tampers with journals in nearly seventy ways: `verify` must find each one, name the entry where that
is possible, and say nothing against honest journals.

Every round makes honest lanes (all kinds, redactions, clock steps, acks, a lane after a restore),
keeps their signed heads elsewhere, changes them at random places as data directories and as copied
files, and runs `hailong-kiosk verify`; the second verifier, tests/journal_verify.py, looks at the
files, too. The control: what was written anew by somebody with the program and the lane's key must
pass when no head from elsewhere is at hand.

usage: tamper.py [--rounds N] [--build build] [--seed S] [--verbose]
"""
import argparse
import base64
import collections
import concurrent.futures
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import lane_make as lm

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SETUP = os.path.join(ROOT, "schema/examples/ba-xuyen.json")
DATA, FILE = 1, 2  # where an attack makes sense
ATTACKS = []


class Attack:
    """`change(journal, chance)` changes a copy and returns the seq that is wrong, or None. With
    `anew` everything is hashed and signed again afterwards: only a head from elsewhere can tell."""

    def __init__(self, change, where, anew):
        self.change, self.where, self.anew = change, where, anew
        self.name = change.__name__ + ("_and_rehash" if anew else "")


def attack(where=DATA | FILE, plain=True, anew=False):
    def keep(change):
        if plain:
            ATTACKS.append(Attack(change, where, False))
        if anew:
            ATTACKS.append(Attack(change, DATA | FILE, True))
        return change
    return keep


# ---- helpers ------------------------------------------------------------------------------------

def pick(journal, chance, *kinds, least=1):
    found = [n for n, tail in enumerate(journal.tails) if tail["kind"] in kinds and n >= least]
    return chance.choice(found)


def edit(journal, seq, **keys):
    """In the meaning and in the line."""
    journal.tails[seq].update(keys)
    entry = json.loads(journal.lines[seq])
    entry.update(keys)
    journal.lines[seq] = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()
    return seq


def note_line(note, number, text):
    lines = note.split("\n")
    lines[number] = text
    return "\n".join(lines)


# ---- single entries -----------------------------------------------------------------------------

@attack(anew=True)
def level_changed(journal, chance):
    seq = pick(journal, chance, "response")
    return edit(journal, seq, answers={"overall": journal.tails[seq]["answers"]["overall"] % 5 + 1})


@attack(anew=True)
def hour_changed(journal, chance):
    return edit(journal, pick(journal, chance, "response", "detail"), hour="2026-10-01T08+07")


@attack(anew=True)
def area_changed(journal, chance):
    return edit(journal, pick(journal, chance, "response"), area="XD")


@attack(anew=True)
def flags_changed(journal, chance):
    seq = pick(journal, chance, "response")
    entry = journal.tails[seq]
    rule = {} if entry["flags"] else {"rule": 1}
    if entry["flags"]:
        entry.pop("rule")
        line = json.loads(journal.lines[seq])
        line.pop("rule")
        journal.lines[seq] = json.dumps(line, separators=(",", ":")).encode()
    return edit(journal, seq, flags=[] if entry["flags"] else ["streak"], **rule)


@attack(anew=True)
def channel_changed(journal, chance):
    seq = pick(journal, chance, "response")
    channel = journal.tails[seq]["channel"]
    return edit(journal, seq, channel="paper" if channel == "poster" else "poster")


@attack(anew=True)
def commitment_changed(journal, chance):
    return edit(journal, pick(journal, chance, "comment", "petition"),
                text=chance.randbytes(32).hex())


@attack(anew=True)
def counts_changed(journal, chance):
    return edit(journal, pick(journal, chance, "slips", "offered"), counts=[["HT", "result", 99]])


@attack()
def seal_count_changed(journal, chance):
    seq = pick(journal, chance, "seal")
    return edit(journal, seq, count=json.loads(journal.lines[seq])["count"] + 1)


@attack()
def seal_levels_changed(journal, chance):
    seq = chance.choice([n for n, line in enumerate(journal.lines) if b'"levels"' in line])
    levels = json.loads(journal.lines[seq])["levels"]
    return edit(journal, seq, levels=levels[1:] + levels[:1] if len(set(levels)) > 1
                else [n + 1 for n in levels])


@attack(anew=True)
def clock_range_changed(journal, chance):
    return edit(journal, pick(journal, chance, "clock"), last="2027-01-05T08+07")


@attack()
def clock_range_points_ahead(journal, chance):
    seq = pick(journal, chance, "clock")
    return edit(journal, seq, to_seq=seq + 2)


@attack(anew=True)
def boot_changed(journal, chance):
    return edit(journal, pick(journal, chance, "boot"), version="9.9.9")


@attack()
def setup_changed(journal, chance):
    seq = pick(journal, chance, "setup", least=0)
    text = json.loads(journal.lines[seq])["text"]
    return edit(journal, seq, text=text.replace("phường", "xã", 1) if "phường" in text
                else text.replace("a", "o", 1))


@attack()
def id_changed(journal, chance):
    seq = pick(journal, chance, "response")
    return edit(journal, seq, id=journal.tails[seq]["id"][:8] + chance.randbytes(12).hex())


@attack()
def other_lane_named(journal, chance):
    return edit(journal, pick(journal, chance, "response"), lane=chance.randbytes(16).hex())


@attack(FILE)
def any_byte_changed(journal, chance):
    seq = chance.randrange(len(journal.lines))
    line = bytearray(journal.lines[seq])
    at = chance.randrange(len(line))
    line[at] ^= 1 << chance.randrange(5)
    journal.lines[seq] = bytes(line)
    return seq if 10 not in line else None


# ---- the list -----------------------------------------------------------------------------------

@attack()
def entry_deleted(journal, chance):
    seq = chance.randrange(1, len(journal.lines) - 1)
    journal.places = [(n, line) for n, line in enumerate(journal.lines) if n != seq]
    journal.lines = [line for n, line in enumerate(journal.lines) if n != seq]
    return seq


def move_clocks(before, after):
    """`clock` entries name places: they follow their entries."""
    place = {id(tail): n for n, tail in enumerate(after)}
    for tail in after:
        if tail["kind"] == "clock":
            inside = [place[id(t)] for t in before[tail["from_seq"]:tail["to_seq"]] if id(t) in place]
            tail["from_seq"] = min(inside, default=0)
            tail["to_seq"] = max(inside, default=0) + 1


def delete_meaning(journal, seq):
    """As somebody would who knows the format: what follows from the entry goes, too."""
    gone = journal.tails[seq]
    keep = [tail for n, tail in enumerate(journal.tails) if n != seq and not (
        gone["kind"] in ("response", "comment", "petition") and
        (tail["id"] == gone["id"] or tail.get("of") in (gone["id"], [gone["id"]])))]
    move_clocks(journal.tails, keep)
    journal.tails = keep
    for key in [key for key in journal.texts if key[0] == gone["id"]]:
        del journal.texts[key]
    return seq


@attack(plain=False, anew=True)
def response_removed_and_renumbered(journal, chance):
    return delete_meaning(journal, pick(journal, chance, "response"))


@attack(plain=False, anew=True)
def comment_removed_and_renumbered(journal, chance):
    return delete_meaning(journal, pick(journal, chance, "comment"))


@attack(plain=False, anew=True)
def ack_removed_and_renumbered(journal, chance):
    return delete_meaning(journal, pick(journal, chance, "ack"))


@attack(plain=False, anew=True)
def boot_removed_and_renumbered(journal, chance):
    return delete_meaning(journal, pick(journal, chance, "boot"))


@attack(plain=False, anew=True)
def votes_added(journal, chance):
    seq = pick(journal, chance, "response")
    tail = dict(journal.tails[seq], id=journal.tails[seq]["id"][:8] + chance.randbytes(12).hex())
    before = list(journal.tails)
    journal.tails.insert(seq, tail)
    move_clocks(before, journal.tails)
    return seq


@attack(plain=False, anew=True)
def responses_swapped(journal, chance):
    a, b = sorted(chance.sample([n for n, tail in enumerate(journal.tails)
                                 if tail["kind"] == "response"], 2))
    answers = journal.tails[a]["answers"], journal.tails[b]["answers"]
    if answers[0] == answers[1]:
        answers = ({"overall": answers[0]["overall"] % 5 + 1}, answers[1])
        journal.tails[a]["answers"] = answers[0]
        return a
    journal.tails[b]["answers"], journal.tails[a]["answers"] = answers
    return a


@attack()
def lines_swapped(journal, chance):
    a, b = sorted(chance.sample(range(1, len(journal.lines)), 2))
    journal.lines[a], journal.lines[b] = journal.lines[b], journal.lines[a]
    return a


@attack()
def line_copied_over(journal, chance):
    a, b = sorted(chance.sample(range(1, len(journal.lines)), 2))
    journal.lines[b] = journal.lines[a]
    return b


@attack(FILE)
def line_inserted(journal, chance):
    seq = chance.randrange(1, len(journal.lines))
    journal.lines.insert(seq, chance.choice(journal.lines[:seq]))
    return seq


@attack()
def response_answered_twice(journal, chance):
    """A copy of a response under its own next seq, at the end."""
    entry = json.loads(journal.lines[pick(journal, chance, "response")])
    entry["seq"] = len(journal.lines)
    journal.lines.append(json.dumps(entry, separators=(",", ":")).encode())
    return entry["seq"]


@attack(DATA)
def rows_shifted(journal, chance):
    seq = chance.randrange(1, len(journal.lines))
    journal.places = [(n + (n >= seq), line) for n, line in enumerate(journal.lines)]
    return seq


@attack()
def end_cut(journal, chance):
    size = chance.randrange(2, len(journal.lines))
    journal.lines = journal.lines[:size]
    return size


def shorten(journal, size):
    """As it stood at that size: an old backup."""
    journal.tails, journal.lines = journal.tails[:size], journal.lines[:size]
    journal.keys = journal.keys[:size]
    journal.checkpoints = {n: notes for n, notes in journal.checkpoints.items() if n <= size}
    tree = lm.tree_of(journal.lines)
    journal.head = (size, tree.frontier())
    journal.end = lm.note_of(journal.key, size, tree.roots[-1])
    ids = {tail["id"] for tail in journal.tails}
    for key in list(journal.texts):
        if key[0] not in ids:
            del journal.texts[key]
        elif journal.texts[key][0] is None and not any(
                tail["kind"] == "redaction" and (tail["of"], tail["field"]) == key
                for tail in journal.tails):
            del journal.texts[key]  # its content is gone from our copy


def backup_size(journal, chance):
    """A size from which no text had been erased later."""
    late = [n for n, tail in enumerate(journal.tails) if tail["kind"] == "redaction"]
    return chance.randrange(late[-1] + 1, len(journal.lines))


def old_backup(journal, chance):
    size = backup_size(journal, chance)
    shorten(journal, size)
    return size


ATTACKS.append(Attack(old_backup, DATA | FILE, None))


def go_on(journal, chance, more):
    size = backup_size(journal, chance)
    shorten(journal, size)
    maker = lm.Maker(journal, chance)
    maker.hour = lm.FIRST_HOUR + 60
    for _ in range(more):
        maker.response()
    old, sizes = journal.checkpoints, journal.checkpoint_sizes
    tree = lm.tree_of(journal.lines)
    for seq in range(size, len(journal.tails)):
        line = json.dumps({"v": 1, "lane": journal.key.lane, "seq": seq, **journal.tails[seq]},
                          ensure_ascii=False, separators=(",", ":")).encode()
        tree.add(line)
        journal.lines.append(line)
        journal.keys.append([bytes.fromhex(journal.tails[seq]["id"]), 0, seq])
    journal.checkpoints, journal.checkpoint_sizes = old, sizes
    journal.head = (len(journal.lines), tree.frontier())
    journal.end = lm.note_of(journal.key, len(journal.lines), tree.roots[-1])
    return size


def old_backup_and_new_votes(journal, chance):
    return go_on(journal, chance, len(journal.lines))


def clone_went_on(journal, chance):
    """Two boxes with one key: this one's end is not the other's."""
    return go_on(journal, chance, 3)


ATTACKS.append(Attack(old_backup_and_new_votes, DATA | FILE, None))
ATTACKS.append(Attack(clone_went_on, DATA | FILE, None))


# ---- heads and keys -----------------------------------------------------------------------------

@attack(DATA)
def frontier_replaced(journal, chance):
    frontier = bytearray(journal.head[1])
    frontier[chance.randrange(len(frontier))] ^= 1
    journal.head = (journal.head[0], bytes(frontier))


@attack(DATA)
def head_shortened(journal, chance):
    size = chance.randrange(1, len(journal.lines))
    journal.head = (size, lm.tree_of(journal.lines[:size]).frontier())
    return size


@attack(DATA)
def head_of_another_lane(journal, chance):
    journal.lane = chance.randbytes(16).hex()


@attack()
def end_and_head_cut(journal, chance):
    """Lines, frontier and end, but not what is stored beside."""
    size = chance.randrange(2, len(journal.lines))
    journal.lines = journal.lines[:size]
    tree = lm.tree_of(journal.lines)
    journal.head = (size, tree.frontier())
    journal.end = lm.note_of(journal.key, size, tree.roots[-1])
    return size


@attack(FILE)
def size_in_note_forged(journal, chance):
    journal.end = note_line(journal.end, 1, str(len(journal.lines) + chance.choice([-1, 1])))


@attack(FILE)
def root_in_note_changed(journal, chance):
    journal.end = note_line(journal.end, 2, base64.b64encode(chance.randbytes(32)).decode())


@attack(FILE)
def another_key_at_the_end(journal, chance):
    journal.vkey = lm.Key(chance.randbytes(32)).vkey()


@attack(FILE)
def checkpoint_cut_off(journal, chance):
    del chance
    journal.end = journal.vkey = ""


@attack(DATA)
def checkpoint_row_changed(journal, chance):
    size = chance.choice(list(journal.checkpoints))
    note = journal.checkpoints[size][0]
    journal.checkpoints[size][0] = note_line(note, 2, base64.b64encode(chance.randbytes(32)).decode())


@attack(DATA)
def checkpoint_row_signed_anew(journal, chance):
    size = chance.choice(list(journal.checkpoints))
    journal.checkpoints[size] = [lm.note_of(journal.key, size, chance.randbytes(32)), None]


@attack(DATA)
def checkpoint_row_moved(journal, chance):
    size = chance.choice([n for n in journal.checkpoints if n - 1 not in journal.checkpoints])
    journal.checkpoints[size - 1] = journal.checkpoints.pop(size)


@attack()
def ack_changed(journal, chance):
    seq = pick(journal, chance, "ack")
    root = chance.randbytes(32)
    size = json.loads(journal.lines[seq])["size"]
    note = lm.cosign(lm.note_of(journal.key, size, root), lm.Key(b"x" * 32))
    return edit(journal, seq, root=root.hex(), note=note)


@attack()
def cosignature_forged(journal, chance):
    seq = pick(journal, chance, "ack")
    note = json.loads(journal.lines[seq])["note"]
    at = note.rindex(" ") + 30
    return edit(journal, seq, note=note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1:])


@attack(DATA)
def ids_key_changed(journal, chance):
    seq = chance.randrange(len(journal.keys))
    journal.keys[seq][0] = chance.randbytes(16)
    return seq


@attack(DATA)
def ids_key_removed(journal, chance):
    seq = chance.randrange(len(journal.keys))
    del journal.keys[seq]
    return seq


@attack(DATA)
def ids_key_added(journal, chance):
    journal.keys.append([chance.randbytes(16), 0, len(journal.lines)])
    return len(journal.lines)


@attack(DATA)
def ids_key_moved(journal, chance):
    a, b = chance.sample(range(len(journal.keys)), 2)
    journal.keys[a][2], journal.keys[b][2] = b, a
    return None


# ---- texts --------------------------------------------------------------------------------------

def text_of(journal, chance, there=True):
    return chance.choice([key for key, row in journal.texts.items() if (row[0] is not None) == there])


def seq_of(journal, key):
    return next(n for n, tail in enumerate(journal.tails) if tail["id"] == key[0])


@attack(DATA)
def text_changed(journal, chance):
    key = text_of(journal, chance)
    journal.texts[key][1] += b"!"
    return seq_of(journal, key)


@attack(DATA)
def salt_changed(journal, chance):
    key = text_of(journal, chance)
    journal.texts[key][0] = chance.randbytes(32)
    return seq_of(journal, key)


@attack(DATA)
def erased_without_redaction(journal, chance):
    key = text_of(journal, chance)
    journal.texts[key] = [None, None]
    return seq_of(journal, key)


@attack(DATA)
def text_row_deleted(journal, chance):
    key = text_of(journal, chance)
    del journal.texts[key]
    return seq_of(journal, key)


@attack(DATA)
def redacted_text_put_back(journal, chance):
    key = text_of(journal, chance, there=False)
    journal.texts[key] = [chance.randbytes(32), b"ai cung doc duoc"]
    return seq_of(journal, key)


@attack(DATA)
def text_injected(journal, chance):
    journal.texts[chance.randbytes(16).hex(), "text"] = [chance.randbytes(32), b"chen vao"]


@attack(DATA)
def contact_injected(journal, chance):
    seq = pick(journal, chance, "comment")
    journal.texts[journal.tails[seq]["id"], "contact"] = [chance.randbytes(32), b"chen vao"]
    return seq


@attack(DATA, plain=False, anew=True)
def redaction_removed_and_renumbered(journal, chance):
    return delete_meaning(journal, pick(journal, chance, "redaction"))


@attack()
def redaction_of_nothing(journal, chance):
    return edit(journal, pick(journal, chance, "redaction"), of=chance.randbytes(16).hex())


@attack()
def redaction_twice(journal, chance):
    tails = [(n, tail) for n, tail in enumerate(journal.tails) if tail["kind"] == "redaction"]
    (_, first), (seq, _) = sorted(chance.sample(tails, 2), key=lambda pair: pair[0])
    return edit(journal, seq, of=first["of"], field=first["field"])


# ---- running ------------------------------------------------------------------------------------

class World:
    def __init__(self, build, scratch):
        self.kiosk, self.scratch = os.path.join(build, "hailong-kiosk"), scratch
        self.template = os.path.join(scratch, "template")
        self.run("init", "--data", self.template, "--setup", SETUP, check=True)
        with open(os.path.join(self.template, "keys/lane.key"), "rb") as file:
            self.key = lm.Key(file.read())
        self.hub = lm.Key(b"hub of the tamper proof, 32 bytes"[:32])
        db = sqlite3.connect(os.path.join(self.template, "kiosk.db"))
        lines = [json.loads(line) for (line,) in db.execute("SELECT line FROM entry ORDER BY seq")]
        db.close()
        assert lines[0]["kind"] == "setup" and lines[0]["lane"] == self.key.lane
        self.setup = [{key: value for key, value in line.items() if key not in ("v", "lane", "seq")}
                      for line in lines if line["kind"] == "setup"]
        self.count = 0

    def run(self, *arguments, check=False):
        return subprocess.run([self.kiosk, *arguments], capture_output=True, text=True, check=check)

    def path(self, name):
        self.count += 1
        return os.path.join(self.scratch, f"{name}{self.count}")

    def honest(self, chance, count, after):
        journal = lm.Journal(self.key, self.hub, self.setup)
        if after:  # a lane that follows another
            journal.tails.insert(0, {
                "kind": "boot", "id": chance.randbytes(16).hex(), "part": 0,
                "hour": lm.hour_text(lm.FIRST_HOUR), "boot": 1, "version": "0.1.0", "after": {
                    "lane": chance.randbytes(16).hex(), "size": 9, "root": chance.randbytes(32).hex()},
                "why": "restore"})
        return lm.Maker(journal, chance).make(count).build()

    def verify_data(self, journal, head):
        folder = self.path("data")
        journal.store(self.template, folder)
        done = self.run("verify", "--data", folder, *(["--checkpoint", head] if head else []))
        shutil.rmtree(folder)
        return done

    def verify_file(self, journal, head):
        path = self.path("file")
        with open(path, "wb") as file:
            file.write(journal.transfer())
        heads = ["--checkpoint", head] if head else []
        done = self.run("verify", "--file", path, "--key", self.key.vkey(), "--witness",
                        self.hub.vkey(), *heads)
        second = subprocess.run(
            [sys.executable, os.path.join(ROOT, "tests/journal_verify.py"), path, "--key",
             self.key.vkey(), "--witness", self.hub.vkey(b"\4"), *heads],
            capture_output=True, text=True, check=False)
        os.unlink(path)
        return done, second


class Tally:
    def __init__(self, verbose):
        self.verbose, self.faults = verbose, []
        self.found, self.exact, self.range, self.honest, self.missed_alone = 0, 0, 0, 0, 0
        self.second, self.classes = 0, collections.Counter()

    def fault(self, text):
        self.faults.append(text)
        print("FAILED:", text, flush=True)

    def names(self, text, seq):
        spans = [(int(a), int(b or a)) for a, b in
                 re.findall(r"entr(?:y|ies) (\d+)(?: to (\d+))?", text)]
        if any(a == b == seq for a, b in spans):
            self.exact += 1
            return True
        if any(a <= seq <= b for a, b in spans):
            self.range += 1
            return True
        return False


def check_honest(world, journal, tally, what):
    done, second = world.verify_file(journal, None)
    ours = done.stdout.split()
    if done.returncode != 0:
        tally.fault(f"false alarm, {what}, file: {done.stderr}")
    elif second.returncode != 0:
        tally.fault(f"false alarm of the second verifier, {what}: {second.stderr}")
    else:
        theirs = json.loads(second.stdout)
        if ours[1:3] != [str(theirs["size"]), theirs["root"]]:
            tally.fault(f"the two verifiers disagree, {what}")
    done = world.verify_data(journal, None)
    if done.returncode != 0:
        tally.fault(f"false alarm, {what}, data: {done.stderr}")
    tally.honest += 3


def check_found(world, one, changed, seq, head, tally, forms):
    for form in forms:
        second = None
        if form == DATA:
            done = world.verify_data(changed, head)
        else:
            done, second = world.verify_file(changed, head)
        where = f"{one.name} at {seq} in a {'folder' if form == DATA else 'file'}"
        if tally.verbose:
            print(f"{where}: {done.stderr.strip()[-200:]}", flush=True)
        if done.returncode != 1 or "AddressSanitizer" in done.stderr:
            tally.fault(f"not found (code {done.returncode}): {where}: {done.stdout}{done.stderr}")
            continue
        tally.found += 1
        tally.classes[one.name] += 1
        if seq is not None and not tally.names(done.stderr, seq):
            tally.fault(f"another entry is named: {where}: {done.stderr}")
        if second is not None:
            if second.returncode != 1:
                tally.fault(f"not found by the second verifier: {where}")
            tally.second += 1


def try_attack(world, one, journal, head, seed, tally):
    chance = random.Random(seed)
    changed = journal.clone()
    seq = one.change(changed, chance)
    if one.anew:
        changed.hub = lm.Key(chance.randbytes(32))  # the real hub's key is not in his hands
        changed.build()
    forms = [form for form in (DATA, FILE) if one.where & form]
    check_found(world, one, changed, seq, head, tally, forms)
    if one.anew is False:
        return
    # the control: alone, it looks whole
    done = world.verify_file(changed, None)[0]
    if done.returncode != 0:
        tally.fault(f"control: {one.name} was found without a head: {done.stderr}")
    tally.missed_alone += done.returncode == 0


def one_round(world, number, seed, tally):
    chance = random.Random(f"{seed}/{number}")
    after = number % 2 == 1
    journal = world.honest(chance, chance.randrange(60, 140), after)
    check_honest(world, journal, tally, f"round {number}")
    head = world.path("head")
    with open(head, "w", encoding="utf-8") as file:
        file.write(lm.cosign(journal.end, world.hub))
    if after:  # its data directory has a setup of its own lane; files are enough here
        before, journal.tails = journal.tails, journal.tails[1:]
        move_clocks(before, journal.tails)
        journal.build()
        with open(head, "w", encoding="utf-8") as file:
            file.write(journal.end)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(try_attack, world, one, journal, head,
                            f"{seed}/{number}/{one.name}", tally) for one in ATTACKS]
        for job in jobs:
            job.result()
    # a prefix of an honest file is honest, wherever it ends
    early = journal.clone()
    shorten(early, chance.randrange(2, len(journal.lines)))
    check = world.verify_file(early, None)
    if check[0].returncode != 0 or check[1].returncode != 0:
        tally.fault(f"false alarm, a beginning of round {number}: {check[0].stderr}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--build", default="build")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    tally, begin = Tally(options.verbose), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tamper-") as scratch:
        world = World(os.path.abspath(options.build), scratch)
        for number in range(options.rounds):
            one_round(world, number, options.seed, tally)
    print(f"{len(ATTACKS)} classes, {tally.found} changes found ({tally.exact} named to the entry, "
          f"{tally.range} by a range), {tally.second} of them by the second verifier, too; "
          f"{tally.honest} looks at honest journals; control: {tally.missed_alone} rewritten "
          f"journals pass without a head from elsewhere ({time.monotonic() - begin:.0f} s, "
          f"seed {options.seed})")
    if len(tally.classes) != len(ATTACKS):
        tally.fault(f"never found: {set(a.name for a in ATTACKS) - set(tally.classes)}")
    print(f"{len(tally.faults)} failed")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
