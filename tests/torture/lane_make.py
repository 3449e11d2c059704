# SPDX-License-Identifier: MIT
"""Makes lanes for tamper.py: honest ones with every kind of entry, as data directories and as copied
files, by docs/JOURNAL.md and with keys of our own. Whoever changes them has the same means."""
import base64
import copy
import datetime
import hashlib
import hmac
import json
import os
import shutil
import sqlite3
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import journal_verify as jv  # noqa: E402

FIRST_HOUR = 498238  # 2026-11-03T07+07: 2026-11-03T00Z is hour 498240


def hour_text(hour):
    seconds = (hour + 7) * 3600
    days, rest = divmod(seconds, 86400)
    day = datetime.date(1970, 1, 1) + datetime.timedelta(days)
    return f"{day.isoformat()}T{rest // 3600:02d}+07"


class Key:
    """An Ed25519 key as libsodium stores it: seed and public key."""

    def __init__(self, secret):
        digest = bytearray(hashlib.sha512(secret[:32]).digest())
        digest[0] &= 248
        digest[31] = digest[31] & 63 | 64
        self.a, self.prefix = int.from_bytes(digest[:32], "little"), bytes(digest[32:])
        self.public = self.times(self.a)
        self.lane = hashlib.sha256(self.public).hexdigest()[:32]
        self.name = "hailong/" + self.lane

    @staticmethod
    def times(n):
        x, y, z, _ = jv.times(n, BASE)
        z = pow(z, jv.P - 2, jv.P)
        return (y * z % jv.P | (x * z % jv.P & 1) << 255).to_bytes(32, "little")

    def sign(self, message):
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % jv.L
        first = self.times(r)
        h = hashlib.sha512(first + self.public + message).digest()
        s = (r + int.from_bytes(h, "little") * self.a) % jv.L
        return first + s.to_bytes(32, "little")

    def vkey(self, algorithm=b"\1"):
        raw = algorithm + self.public
        return f"{self.name}+{jv.key_id(self.name, raw).hex()}+{base64.b64encode(raw).decode()}"

    def line(self, algorithm, payload):
        raw = jv.key_id(self.name, algorithm + self.public) + payload
        return f"— {self.name} {base64.b64encode(raw).decode()}\n"


BASE = jv.point_of((4 * pow(5, jv.P - 2, jv.P) % jv.P).to_bytes(32, "little"))


def note_of(key, size, root, hour=FIRST_HOUR):
    text = f"{key.name}\n{size}\n{base64.b64encode(root).decode()}\nhour {hour_text(hour)}\n"
    return text + "\n" + key.line(b"\1", key.sign(text.encode()))


def cosign(note, hub, time_s=1793673000):
    message = b"cosignature/v1\ntime %d\n" % time_s + note.split("\n\n")[0].encode() + b"\n"
    return note + hub.line(b"\4", time_s.to_bytes(8, "big") + hub.sign(message))


class Tree:
    """The frontier and every root."""

    def __init__(self):
        self.nodes, self.roots = [], [hashlib.sha256().digest()]

    def add(self, line):
        node = (1, hashlib.sha256(b"\0" + line).digest())
        while self.nodes and self.nodes[-1][0] == node[0]:
            size, left = self.nodes.pop()
            node = (2 * size, hashlib.sha256(b"\1" + left + node[1]).digest())
        self.nodes.append(node)
        root = node[1]
        for _, left in self.nodes[-2::-1]:
            root = hashlib.sha256(b"\1" + left + root).digest()
        self.roots.append(root)

    def frontier(self):
        return b"".join(node for _, node in reversed(self.nodes))


def tree_of(lines):
    tree = Tree()
    for line in lines:
        tree.add(line)
    return tree


class Journal:
    """A lane as it stands in a data directory. `tails` say what was meant; `lines` are the bytes."""

    def __init__(self, key, hub, setup_tails):
        self.key, self.hub, self.tails = key, hub, list(setup_tails)
        self.checkpoint_sizes = []
        self.texts = {}  # (id, field) -> [salt, payload]

    def clone(self):
        other = copy.copy(self)
        for name in ("tails", "checkpoint_sizes", "texts", "lines", "keys", "checkpoints"):
            if hasattr(self, name):
                setattr(other, name, copy.deepcopy(getattr(self, name)))
        return other

    def build(self):
        """Lines, keys, signed heads and the stored head from the tails: consistent in itself."""
        tree, self.lines, self.keys, self.checkpoints = Tree(), [], [], {}
        sealed, levels, where, told = 0, [0] * 5, {}, -1
        for seq, tail in enumerate(self.tails):
            tail = dict(tail)
            kind = tail["kind"]
            if kind == "response":
                sealed, level = sealed + 1, tail["answers"]["overall"]
                levels[level - 1] += 1
                where[tail["id"]] = [seq, level]
            if kind == "detail" and "overall" in tail.get("answers", {}):
                first = where[tail["id"]]
                if first[0] > told:
                    levels[first[1] - 1] -= 1
                    first[1] = tail["answers"]["overall"]
                    levels[first[1] - 1] += 1
            if kind == "seal":
                tail["count"], sealed = sealed, 0
                if sum(levels) >= 10:
                    tail.update(levels=levels, **{"from": tail["day"]})
                    levels, told = [0] * 5, seq
            if kind == "ack":  # of the head as it is here
                size = tail["size"] = max(1, seq - tail.pop("back"))
                tail["root"] = tree.roots[size].hex()
                tail["note"] = cosign(note_of(self.key, size, tree.roots[size]), self.hub)
                self.checkpoints[size] = [note_of(self.key, size, tree.roots[size]), tail["note"]]
            line = json.dumps({"v": 1, "lane": self.key.lane, "seq": seq, **tail},
                              ensure_ascii=False, separators=(",", ":")).encode()
            tree.add(line)
            self.lines.append(line)
            self.keys.append([bytes.fromhex(tail["id"]), tail.get("part", 0), seq])
        for size in self.checkpoint_sizes:
            if size <= len(self.lines):
                self.checkpoints.setdefault(size, [note_of(self.key, size, tree.roots[size]), None])
        self.end = note_of(self.key, len(self.lines), tree.roots[-1])
        self.head, self.lane = (len(self.lines), tree.frontier()), self.key.lane
        self.vkey = self.key.vkey()
        return self

    def transfer(self):
        return b"".join(line + b"\n" for line in self.lines) + \
            f"\n{self.end}{self.vkey}\n".encode()

    def store(self, template, folder):
        """A copy of a data directory with this lane in it."""
        shutil.copytree(template, folder)
        db = sqlite3.connect(os.path.join(folder, "kiosk.db"))
        db.execute("PRAGMA synchronous=OFF")
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        for table in ("entry", "entry_key", "free_text", "checkpoint"):
            db.execute(f"DELETE FROM {table}")
        db.executemany("INSERT INTO entry (seq, line) VALUES (?, ?)",
                       [(seq, line.decode("utf-8", "replace")) for seq, line in self.rows()])
        db.executemany("INSERT OR IGNORE INTO entry_key (id, part, seq) VALUES (?, ?, ?)",
                       self.keys)
        db.executemany("INSERT INTO free_text VALUES (?, ?, ?, ?, 0)",
                       [(bytes.fromhex(i), field, *row) for (i, field), row in self.texts.items()])
        db.executemany("INSERT INTO checkpoint (size, hour, note, ack_note) VALUES (?, ?, ?, ?)",
                       [(size, FIRST_HOUR, *notes) for size, notes in self.checkpoints.items()])
        db.execute("UPDATE head SET lane = ?, size = ?, frontier = ?", (self.lane, *self.head))
        db.commit()
        db.close()
        with open(os.path.join(folder, "keys/hub.vkey"), "w", encoding="utf-8") as file:
            file.write(self.hub.vkey() + "\n")

    def rows(self):
        return getattr(self, "places", None) or list(enumerate(self.lines))


class Maker:
    """Honest entries, one after another."""

    def __init__(self, journal, chance):
        self.journal, self.chance, self.hour = journal, chance, FIRST_HOUR
        self.responses, self.open_texts = [], []

    def id(self):
        return f"{self.hour:08x}" + self.chance.randbytes(12).hex()

    def put(self, kind, at=None, **keys):
        self.journal.tails.append({"kind": kind, "id": at or self.id(), **keys})
        return self.journal.tails[-1]

    def response(self):
        flags = self.chance.choice([[], [], [], ["burst"]])
        tail = self.put("response", hour=hour_text(self.hour), unit="05533", counter="1",
                        channel=self.chance.choice(["screen", "slip", "poster"]), part=0,
                        step="result", linked=False, area=self.chance.choice(["HT", "CT", "DD"]),
                        form="tthc@1", answers={"overall": self.chance.randint(1, 5)}, flags=flags)
        tail.update({"rule": 1} if flags else {})
        tail.update({"clock": "unset"} if self.unset else {})
        self.responses.append(tail["id"])

    def detail(self):
        if self.responses:
            answers = {"answers": {"overall": self.chance.randint(1, 5)}}
            page = {"page": "overall"}
            if self.chance.random() < 0.6:
                answers, page = {"topics": ["time", "place"]}, {"page": "topics"}
            of = self.chance.choice(self.responses[-5:])
            parts = [tail["part"] for tail in self.journal.tails if tail["id"] == of]
            self.put("detail", of, hour=hour_text(self.hour), unit="05533", part=max(parts) + 1,
                     **page, end="tap", **answers)

    def text(self):
        fields = self.chance.choice([["text"], ["text", "contact"]])
        kind = "comment" if len(fields) == 1 else "petition"
        tail = self.put(kind, part=0, day=hour_text(self.hour)[:10], unit="05533", area="HT")
        for field in fields:
            salt, payload = self.chance.randbytes(32), f"Chờ lâu quá {len(self.journal.tails)}".encode()
            tail[field] = hmac.new(salt, field.encode() + b"\0" + payload, "sha256").hexdigest()
            self.journal.texts[tail["id"], field] = [salt, payload]
            self.open_texts.append((tail["id"], field))

    def redaction(self):
        if self.open_texts:
            of, field = self.open_texts.pop(self.chance.randrange(len(self.open_texts)))
            self.journal.texts[of, field] = [None, None]
            self.put("redaction", part=0, day=hour_text(self.hour)[:10], of=of, field=field,
                     reason="personal_data", by=["Lan", "Hà"])

    def others(self):
        if self.responses:
            self.put("flag", part=0, hour=hour_text(self.hour), rule="burst", version=1,
                     of=self.responses[-1:])
        self.put("slips", part=0, hour=hour_text(self.hour), unit="05533",
                 counts=[["HT", "result", 3]])
        self.put("offered", part=0, hour=hour_text(self.hour), unit="05533",
                 counts=[["HT", "result", 5], ["CT", "intake", 1]])

    def boot(self):
        self.put("boot", part=0, hour=hour_text(self.hour), boot=len(self.journal.tails),
                 version="0.1.0")

    def clock(self):
        first = len(self.journal.tails)
        real, self.hour, self.unset = self.hour, self.hour - self.chance.choice([2, 30000]), True
        for _ in range(3):
            self.response()
        self.hour, self.unset = real + 1, False
        self.put("clock", part=0, from_seq=first, to_seq=first + 3, first=hour_text(real),
                 last=hour_text(real + 1), by="staff")

    def seal(self):
        self.put("seal", part=0, day=hour_text(self.hour)[:10])
        self.journal.checkpoint_sizes.append(len(self.journal.tails))

    def ack(self):
        self.put("ack", part=0, back=self.chance.randint(0, 3))

    unset = False

    def make(self, count):
        moves = [self.response] * 8 + [self.detail] * 3 + [self.text, self.text, self.redaction,
                                                            self.others, self.boot, self.clock]
        self.boot()
        for number in range(count):
            self.chance.choice(moves)()
            self.hour += self.chance.random() < 0.2
            if number % 23 == 22:
                self.ack()
            if number % 31 == 30:
                self.seal()
            if number % 7 == 6:
                self.journal.checkpoint_sizes.append(len(self.journal.tails))
        for move in (self.text, self.text, self.redaction, self.clock, self.ack, self.seal):
            move()
        return self.journal
