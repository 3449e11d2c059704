#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The second verifier of a journal, written from docs/JOURNAL.md alone: size, root, totals and
headline (IND-01) as {"unit/area/item/half-month": levels}, or the first bad entry and exit 1."""
import argparse
import base64
import collections
import functools
import hashlib
import json
import pathlib
import re
import sys

from ed25519 import L, P, is_signed, point_of, times  # those who sign have them from here
from journal_line import HOUR, HUB_KINDS, HUB_ONLY, N, is_date, need, parse


def digest(data):
    return hashlib.sha256(data).digest()


def key_id(name, raw):
    return digest(name.encode() + b"\n" + raw)[:4]


def base64_of(text):
    raw = base64.b64decode(text, validate=True)
    need(base64.b64encode(raw).decode() == text, "base64 in another form")
    return raw


def vkey_of(text, algs=(1, 4)):
    name, digits, rest = text.split("+", 2)
    raw = base64_of(rest)
    need(len(raw) == 33 and raw[0] in algs and key_id(name, raw).hex() == digits, "a bad vkey")
    return name, raw[1:]


class Lane:
    def __init__(self, vkey, witnesses, is_hub):
        self.name, public = vkey_of(vkey, [1])
        need(self.name == "hailong/" + digest(public).hex()[:32], "the key of another lane")
        self.keys = {(self.name, key_id(self.name, b"\1" + public)): public}
        for name, key in map(vkey_of, witnesses):
            self.keys[name, key_id(name, b"\4" + key)] = key
        self.is_hub, self.begin, self.sealed, self.setup = is_hub, 0, 0, "{}"
        self.nodes, self.roots, self.untold, self.clocks = [], [digest(b"")], [], []
        self.pieces, self.imports, self.seen, self.texts = [], [], set(), set()
        self.responses, self.flagged = {}, set()

    def add(self, line):
        entry, seq, node = parse(line), len(self.roots) - 1, (1, digest(b"\0" + line))
        kind, name = entry["kind"], (entry["id"], entry["part"])
        need((entry["seq"], "hailong/" + entry["lane"]) == (seq, self.name), "seq or lane")
        need(kind in HUB_KINDS if self.is_hub else kind not in HUB_ONLY, "its kind in this lane")
        need(name not in self.seen, "its id and part came before")
        self.begin += seq == 0 and "after" in entry
        need(kind == "setup" if seq == self.begin else seq < self.begin or "after" not in entry,
             "the lane's beginning")
        need("parts" in entry or not self.pieces, "a document breaks off")
        self.seen.add(name)
        getattr(self, "document" if "parts" in entry else kind, lambda _: None)(entry)
        self.sealed += kind == "response" or self.is_hub and kind != "seal"
        while self.nodes and self.nodes[-1][0] == node[0]:
            node = (2 * node[0], digest(b"\1" + self.nodes.pop()[1] + node[1]))
        self.nodes.append(node)
        self.roots.append(functools.reduce(lambda right, left: digest(b"\1" + left[1] + right),
                                           self.nodes[-2::-1], node[1]))

    def document(self, entry):
        self.pieces.append(entry)
        same = all(self.pieces[0][key] == entry[key] for key in ("kind", "id", "parts", "sha256"))
        need(same and entry["part"] + 1 == len(self.pieces) <= entry["parts"] <= 1200, "a piece")
        if len(self.pieces) == entry["parts"]:
            text, self.pieces = "".join(piece["text"] for piece in self.pieces), []
            need(digest(text.encode()).hex() == entry["sha256"], "the document's hash")
            self.imports += [json.loads(text)] if entry["kind"] == "import" else []
            self.setup = text if entry["kind"] == "setup" else self.setup

    def response(self, entry):
        need(entry["part"] == 0 and bool(entry["flags"]) >= ("rule" in entry), "part or rule")
        self.responses[entry["id"]] = entry
        self.untold += [entry["answers"]] if "overall" in entry["answers"] else []

    def detail(self, entry):
        need(entry["id"] in self.responses and entry["part"] > 0, "no response before it")
        self.responses[entry["id"]]["answers"].update(entry.get("answers", {}))

    def comment(self, entry):
        self.texts |= {(entry["id"], field) for field in ("text", "contact") if field in entry}

    petition = comment

    def redaction(self, entry):
        known = self.is_hub or self.begin or (entry["of"], entry["field"]) in self.texts
        need(known, "no such text before it")
        self.texts.discard((entry["of"], entry["field"]))

    def flag(self, entry):
        need(self.is_hub == (entry["rule"] == "hub") == ("reason" in entry) == ("by" in entry) >=
             ("undo" in entry), "a flag of another's")
        self.flagged |= set(entry["of"])
        need(self.is_hub or self.responses.keys() >= self.flagged, "no such response before it")

    def boot(self, entry):
        need(("after" in entry) == (entry.get("why", "gap") != "gap"), "why")

    def clock(self, entry):
        need(entry["from_seq"] < entry["to_seq"] <= entry["seq"] and
             entry["first"] <= entry["last"], "its range")
        self.clocks.append(entry)

    def seal(self, entry):
        levels = [sum(one["overall"] == n for one in self.untold) for n in range(1, 6)]
        need(entry["count"] == self.sealed and entry.get("levels", levels) == levels, "its counts")
        need(("levels" in entry) == ("from" in entry) <= (sum(levels) >= 10) and
             entry.get("from", "") <= entry["day"], "levels of a few, or from")
        self.sealed, self.untold = 0, [] if "levels" in entry else self.untold

    def ack(self, entry):
        need(self.fitting(entry["note"], 2) == (entry["size"], entry["root"]), "its note")

    def fitting(self, note, signers=1):
        text, _, lines = note.partition("\n\n")
        form = re.fullmatch(rf"{self.name}\n({N})\n([^\n]+)((?:\n[^\n]+)*)", text)
        need(form and lines[-1:] == "\n" and lines.count("\n") <= 16, "the head is malformed")
        hours = [line for line in form[3].split("\n") if line[:5] == "hour "]
        need(len(hours) <= 1 and all(re.fullmatch(f"hour {HOUR}(?: unset)?", hour) and
                                     is_date(hour[5:]) for hour in hours), "the head's hour")
        found = []
        for line in lines[:-1].split("\n"):
            name, code = re.fullmatch("— ([^ +]+) ([^ ]+)", line).groups()
            raw, message = base64_of(code), text.encode() + b"\n"
            public = self.keys.get((name, raw[:4]))
            if public and name != self.name:
                message = b"cosignature/v1\ntime %d\n" % int.from_bytes(raw[4:12], "big") + message
            need(len(raw) > 4 and (not public or len(raw) == 68 + 8 * (name != self.name) and
                                   is_signed(public, message, raw[-64:])), "a wrong signature")
            found.append(name)
        need(self.name in found and len(found) >= signers, "not signed by those who should")
        need(base64_of(form[2]) in self.roots[int(form[1]):][:1], "a head of another tree")
        return int(form[1]), base64_of(form[2]).hex()

    def rows(self, headline):
        trial = json.loads(self.setup).get("trial")  # what is flagged in a trial counts
        for one in self.responses.values():
            flagged = not trial and (one["flags"] or one["id"] in self.flagged)
            hour = one["hour"]
            for entry in self.clocks:
                if "clock" in one and entry["from_seq"] <= one["seq"] < entry["to_seq"]:
                    hour = min(max(hour, entry["first"]), entry["last"])
            for item, level in one["answers"].items():
                if not headline or not flagged and one["channel"] != "poster":
                    yield one["unit"], hour, one["area"], item, level, 1
        for one in self.imports:
            yield from one["rows"] if one["kind"] == "paper" else []

    def sums(self, headline):
        sums = collections.defaultdict(lambda: [0] * 5)
        for unit, day, area, item, level, count in self.rows(headline):
            half = (int(day[:4]) * 12 + int(day[5:7]) - 1) * 2 + (day[8:10] >= "15")
            sums[f"{unit}/{area}/{item}/{half}"][level - 1] += count
        return dict(sorted(sums.items()))


def verify(options):
    lines, _, end = (b"\n" + pathlib.Path(options.file).read_bytes()).partition(b"\n\n")
    note, vkey, rest = end.decode().rsplit("\n", 2)
    lane = Lane(vkey, options.witness, options.hub)
    need(rest == "" and options.key in (None, vkey), "another key, or text behind it")
    for seq, line in enumerate(lines.split(b"\n")[1:]):
        try:
            lane.add(line)
        except (ValueError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(f"entry {seq}: {error}") from error
    need(lane.fitting(note + "\n")[0] == len(lane.roots) - 1, "the last head is of another size")
    for name in options.checkpoint:
        lane.fitting(pathlib.Path(name).read_bytes().decode())
    return lane


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--key", help="the lane's vkey as it is known elsewhere")
    for name, words in (("--witness", "a vkey that cosigns"), ("--checkpoint", "a head's file")):
        parser.add_argument(name, action="append", default=[], help=words)
    parser.add_argument("--hub", action="store_true", help="the lane is a hub's own")
    try:
        lane = verify(parser.parse_args())
        print(json.dumps({"size": len(lane.roots) - 1, "root": lane.roots[-1].hex(),
                          "totals": lane.sums(False), "headline": lane.sums(True)}))
    except (ValueError, KeyError, AttributeError, OSError) as error:
        sys.exit(f"not ok: {error}")  # on stderr, and ends with 1


if __name__ == "__main__":
    main()
