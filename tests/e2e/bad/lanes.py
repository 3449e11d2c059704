# SPDX-License-Identifier: MIT
"""Journals: altered files, lanes of others, and pushes by kiosks that may not."""

import hashlib
import json

from . import forms
from .harness import (CHECK, DATA, OK, UNIT, check, example_setup, post, refused, same, send)

OTHER_LANE = "0123456789abcdef" * 2
LIMIT = 8192


def write_journal(world):
    """A kiosk's journal with a few answers and details, as lines."""
    kiosk = forms.Kiosk(world, world.new_kiosk("lane"))
    for area in ("HT", "CT", "DD"):
        form = {**kiosk.open(f"/P/{kiosk.poster}/{area}"), "overall": "5"}
        post(kiosk.phone, "/api/v1/responses", form)
        del form["overall"]
        post(kiosk.phone, "/api/v1/responses",
             {**form, "part": "1", "page": "topics", "agency": "4", "topic_time": "1"})
    same("the kiosk stops cleanly", kiosk.daemon.stop(), OK)
    return world.lines(kiosk.data)


def changed(row, **members):
    """A line with some members changed; None removes one."""
    entry = json.loads(row)
    for key, value in members.items():
        if value is None:
            del entry[key]
        else:
            entry[key] = value
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":"))


def where(lines, kind):
    """Index of the first line of a kind."""
    return next(i for i, text in enumerate(lines) if f'"kind":"{kind}"' in text)


def resetup(lines, **changes):
    """The journal with another setup in its first entries, with the right hashes."""
    old = [text for text in lines if '"kind":"setup"' in text]
    document = json.dumps({**json.loads("".join(json.loads(x)["text"] for x in old)), **changes},
                          ensure_ascii=False)
    sha256 = hashlib.sha256(document.encode()).hexdigest()
    half = len(document) // len(old) + 1
    pieces = [document[i * half:(i + 1) * half] for i in range(len(old))]
    return [changed(text, text=piece, sha256=sha256)
            for text, piece in zip(old, pieces)] + lines[len(old):]


def replace(lines, at, *others):
    """The journal with one line replaced by others."""
    return lines[:at] + list(others) + lines[at + 1:]


def setup_cases(lines):
    """(name, lines, code, what stderr says): the first entries."""
    setup = where(lines, "setup")
    cases = [("without its setup", [changed(t, seq=i) for i, t in enumerate(lines[1:])], DATA,
              "begins with its setup"),
             ("a setup whose hash is wrong",
              replace(lines, setup, changed(lines[setup], sha256="0" * 64)), DATA, "sha256"),
             ("a setup with a piece that is missing",
              replace(lines, setup, changed(lines[setup], parts=2)), DATA, "setup"),
             ("a unit that the hub does not have",
              resetup(lines, unit="00001", units=[{"code": "00001", "name": "X", "kind": "x"}]),
              DATA, "unit is not in this hub"),
             ("a counter that the hub does not have",
              resetup(lines, counters=[{"id": "77", "name": {"vi": "Q"}, "areas": ["HT"]}]), DATA,
              "counter"),
             ("a setup that breaks the rules", resetup(lines, slip_days=0), DATA, "slip_days"),
             ("sample data", resetup(lines, sample=True), CHECK, "sample data"),
             ("a lane that is no trial", resetup(lines, trial=False), CHECK, "trial")]
    return cases


def entry_cases(lines):
    """(name, lines, code, what stderr says): one response or detail is off."""
    at, detail = where(lines, "response"), where(lines, "detail")
    members = [("level 0", at, {"answers": {"overall": 0}}), ("level 6", at, {"answers": {"overall": 6}}),
               ("level 5.0", at, {"answers": {"overall": 5.0}}),
               ("level as text", at, {"answers": {"overall": "5"}}),
               ("no answers", at, {"answers": {}}), ("a strange item", at, {"answers": {"F9": 5}}),
               ("a strange form", at, {"form": "zqxj@1"}), ("a strange channel", at, {"channel": "zqxj"}),
               ("a strange step", at, {"step": "zqxj"}), ("a strange flag", at, {"flags": ["zqxj"]}),
               ("a flag twice", at, {"flags": ["hours", "hours"]}),
               ("linked as a number", at, {"linked": 1}), ("an area in lower case", at, {"area": "ht"}),
               ("a strange unit", at, {"unit": "00001"}), ("a strange counter", at, {"counter": "77"}),
               ("an impossible hour", at, {"hour": "2026-02-30T09+07"}),
               ("an hour in UTC", at, {"hour": "2026-11-03T09Z"}),
               ("a moment for its hour", at, {"hour": "2026-11-03T09:15+07"}),
               ("a day before the unit", at, {"hour": "1969-11-03T09+07"}),
               ("a response with a part", at, {"part": 1}), ("a strange key", at, {"zqxj": 1}),
               ("no channel", at, {"channel": None}), ("no hour", at, {"hour": None}),
               ("no id", at, {"id": None}), ("a short id", at, {"id": "00"}),
               ("an id in upper case", at, {"id": "AB" * 16}), ("version 2", at, {"v": 2}),
               ("no version", at, {"v": None}), ("seq as text", at, {"seq": str(at)}),
               ("seq below 0", at, {"seq": -1}), ("no seq", at, {"seq": None}),
               ("an unknown kind", at, {"kind": "zqxj"}), ("a lane in upper case", at, {"lane": "AB" * 16}),
               ("a detail with part 0", detail, {"part": 0}), ("a strange page", detail, {"page": "zqxj"}),
               ("a strange end", detail, {"end": "zqxj"}), ("a topic twice", detail, {"topics": ["a", "a"]}),
               ("a detail of nobody", detail, {"id": "00" * 16})]
    cases = [(name, replace(lines, i, changed(lines[i], **change)), DATA, "entry|line")
             for name, i, change in members]
    cases += [("a kind of a hub's", replace(lines, at, changed(
        f'{{"v":1,"lane":"{json.loads(lines[at])["lane"]}","seq":{at},"kind":"audit",'
        f'"id":"{"11" * 16}"}}')), DATA, "cannot hold"),
              ("an answer to nothing the form asks", replace(lines, detail, changed(
                  lines[detail], answers={"zqxj": 5})), DATA, "form|item|answers"),
              ("a key twice", replace(lines, at, lines[at].replace('"v":1', '"v":1,"v":1')), DATA,
               "twice")]
    return cases


def file_cases(lines):
    """(name, bytes, code, what stderr says): the file as a whole."""
    at, last = where(lines, "response"), len(lines) - 1
    whole = ("\n".join(lines) + "\n").encode()
    two = [changed(text, lane=OTHER_LANE) if i == at else text for i, text in enumerate(lines)]
    twin = changed(lines[at], seq=len(lines))
    big = changed(lines[at], zqxj="z" * LIMIT)
    rows = [("empty", b"", DATA, "empty"), ("of a line feed", b"\n", DATA, "line 1"),
            ("of spaces", b"   \n", DATA, "line 1"), ("no JSON", b"zqxj zqxj\n", DATA, "line 1"),
            ("a list", b"[" + b",".join(t.encode() for t in lines) + b"]\n", DATA, "line 1"),
            ("with a BOM", b"\xef\xbb\xbf" + whole, DATA, "line 1"),
            ("with CRLF", whole.replace(b"\n", b"\r\n"), DATA, "line 1"),
            ("in UTF-16", whole.decode().encode("utf-16"), DATA, "line 1"),
            ("with a byte that is no UTF-8", whole.replace(b'"kind":"response"',
                                                          b'"kind":"resp\xffnse"', 1), DATA,
             "line.*UTF-8"),
            ("with NUL", whole.replace(b'"area"', b'"ar\0a"', 1), DATA, "line"),
            ("with a blank line", replace_text(lines, at, "", lines[at]), DATA, f"line {at + 1}"),
            ("with its last line cut", whole[:-40], DATA, f"line {last + 1}"),
            ("with a line cut", replace_text(lines, at, lines[at][:60]), DATA, f"line {at + 1}"),
            ("with two entries on a line", replace_text(lines, at, lines[at] + lines[at + 1]), DATA,
             f"line {at + 1}"),
            ("with an entry over 8 KiB", replace_text(lines, at, big), DATA,
             f"line {at + 1}.*{LIMIT}"),
            ("with a line of 1 MiB", replace_text(lines, at, "z" * 2**20), DATA, f"line {at + 1}"),
            ("nested deeply", b'{"a":' + b"[" * 4000 + b"]" * 4000 + b"}\n", DATA, "line 1.*nested"),
            ("with a line of another lane", "\n".join(two).encode(), DATA, "another lane"),
            ("with a gap", "\n".join(lines[:at] + lines[at + 1:]).encode(), CHECK,
             f"entries {at} to {at} are missing"),
            ("without its beginning", "\n".join(lines[2:]).encode(), CHECK,
             "entries 0 to 1 are missing"),
            ("with two entries exchanged",
             "\n".join(lines[:at] + [lines[at + 1], lines[at]] + lines[at + 2:]).encode(), CHECK,
             f"entries {at} to {at} are missing"),
            ("with a number twice", "\n".join(
                lines[:at + 1] + [changed(lines[at], area="K")] + lines[at + 1:]).encode(), CHECK,
             "other bytes stand here"),
            ("with an answer twice", "\n".join(lines + [twin]).encode(), CHECK, "counted twice")]
    return rows


def replace_text(lines, at, *others):
    """As replace, as the file's bytes."""
    return ("\n".join(replace(lines, at, *others)) + "\n").encode()


class Hub:
    """A hub's data directory and what is in it."""

    def __init__(self, world, name, setup=None):
        self.world = world
        self.data = world.new_hub(name, setup)

    def take(self, lines):
        """Imports lines or bytes."""
        content = lines if isinstance(lines, bytes) else "\n".join(lines) + "\n"
        return self.world.hub("import", "--data", self.data, self.world.write("lane.jsonl", content))

    def state(self):
        """Entries of every lane."""
        text = self.world.must(self.world.hub_program, "status", "--data", self.data, "--format",
                               "json")
        return {lane["lane"]: lane["entries"] for lane in json.loads(text)["lanes"]}


def files(world, lines):
    """Files that are taken by hand: nothing of a bad one stays, before and after the good one."""
    hub = Hub(world, "by-hand")
    own = next(iter(hub.state()))
    cases = [(n, ("\n".join(x) + "\n").encode(), c, s)
             for n, x, c, s in setup_cases(lines) + entry_cases(lines)] + file_cases(lines)
    cases += [("of the hub itself", "\n".join(changed(t, lane=own) for t in lines).encode(), CHECK,
               "this hub's own")]
    before = hub.state()
    for name, content, code, says in cases:
        refused(f"journal {name}", hub.take(content), code, says)
        check(f"journal {name} leaves nothing", hub.state() == before, hub.state())
    for name, setup, says in (("that is no trial's", example_setup(trial=None), "trial"),
                              ("with sample data", example_setup(sample=True), "sample"),
                              ("of another unit", example_setup(
                                  unit="00001", units=[{"code": "00001", "name": "X", "kind": "x"}]),
                               "unit")):
        other = Hub(world, f"hub-{says}", world.write("other.json", setup))
        done = other.take(lines)
        refused(f"a hub {name} refuses the journal", done, DATA if says == "unit" else CHECK, says)
        same("and has only its own lane", len(other.state()), 1)
    done = hub.take(lines)
    same("the good journal is taken", (done.code, max(hub.state().values())), (OK, len(lines)))
    same("and taken again without effect", (hub.take(lines).code, hub.take(lines[:3]).code), (OK, OK))
    after_the_good_one(hub, lines)
    same("figures and lanes agree", world.hub("verify", "--data", hub.data).code, OK)


def after_the_good_one(hub, lines):
    """What a known lane cannot become any more."""
    at = where(lines, "response")
    before = hub.state()
    cases = [("with a level changed",
              replace(lines, at, lines[at].replace('"overall":5', '"overall":4')), CHECK,
              f"entry {at}.*other bytes"),
             ("with a blank added", replace(lines, at, lines[at].replace('"v":1,', '"v":1, ')), CHECK,
              f"entry {at}.*other bytes"),
             ("under another lane's name", [changed(t, lane=OTHER_LANE) for t in lines], CHECK,
              "nothing is counted twice"),
             ("with a gap behind its end",
              lines + [changed(lines[at], seq=len(lines) + 1, id="22" * 16)], CHECK,
              f"entries {len(lines)} to {len(lines)} are missing")]
    for name, content, code, says in cases:
        refused(f"known journal {name}", hub.take(content), code, says)
        check(f"known journal {name} changes nothing", hub.state() == before, hub.state())


# ---- pushes --------------------------------------------------------------------------------------


class Push:
    """A hub that serves, the key of a kiosk, and a journal to send."""

    def __init__(self, world, lines):
        self.hub = Hub(world, "pushed")
        self.daemon = world.serve_hub(self.hub.data)
        self.address = self.daemon.addresses["hub"]
        self.lines, self.lane = lines, json.loads(lines[0])["lane"]
        self.key, self.other_key, self.province_key = (
            world.must(world.hub_program, "join", "--data", self.hub.data, "--unit", unit)
            for unit in (UNIT, UNIT, "19"))

    def send(self, body, lane=None, headers=None, key=None, method="POST", query=""):
        """One push; `headers` replaces the key's."""
        if headers is None:
            headers = [("Authorization", f"Bearer {key or self.key}"),
                       ("Content-Type", "application/x-ndjson")]
        body = "".join(f"{x}\n" for x in body).encode() if isinstance(body, list) else body
        return send(self.address, method, f"/api/v1/lanes/{lane or self.lane}/entries{query}",
                    body if method == "POST" else None, headers)

    def refuses(self, name, status, answer, says="", size=None):
        """An answer with an error in JSON that repeats nothing, and a hub that goes on."""
        try:
            reply = json.loads(answer.text())
        except ValueError:
            reply = {}
        holds = (answer.status == status and answer.headers.get("content-type") == "application/json"
                 and says in reply.get("error", "") and reply.get("error")
                 and reply.get("size") == size and "zqxj" not in answer.text()
                 and self.daemon.alive())
        check(f"push {name}", holds, f"{answer.status} {answer.text()[:300]}")


def keys(push, lines):
    """Who may push."""
    body = "".join(f"{x}\n" for x in lines).encode()
    typed = ("Content-Type", "application/x-ndjson")
    for name, value in (("without a key", None), ("with an empty key", "Bearer "),
                        ("with a wrong key", "Bearer " + "A" * 43),
                        ("with a key cut by one", f"Bearer {push.key[:-1]}"),
                        ("with a key and one more", f"Bearer {push.key}A"),
                        ("with a key in other case", f"Bearer {push.key.swapcase()}"),
                        ("with a password", "Basic enF4ajp6cXhq"), ("with a bare key", push.key)):
        headers = [typed] + ([("Authorization", value)] if value is not None else [])
        push.refuses(name, 401, push.send(body, headers=headers))
    two = [("Authorization", f"Bearer {push.key}"), ("Authorization", f"Bearer {push.other_key}")]
    same("push with two keys", push.send(body, headers=two + [typed]).status, 400)
    push.refuses("with a key of another unit", 403, push.send(lines, key=push.province_key), "unit")


def bodies(push, lines):
    """What a push cannot hold."""
    for name, lane in (("for no lane", "zqxj"), ("for a short lane", "ab" * 15),
                       ("for a lane in upper case", push.lane.upper())):
        push.refuses(name, 404, push.send(lines, lane=lane))
    push.refuses("for another lane than its lines", 400, push.send(lines, lane=OTHER_LANE),
                 "another lane")
    for name, body, status, says in (
            ("of no JSON", b"zqxj\n", 400, "line 1"), ("of a list", b"[]\n", 400, "line 1"),
            ("of a form", b"overall=5&token=zqxj", 400, "line 1"),
            ("of a blank line", b"\n", 400, "line 1"), ("of NUL", b"\0\n", 400, "line 1"),
            ("of an entry over 8 KiB", b"z" * 9000 + b"\n", 413, "line 1"),
            ("of two MiB", 2**21, 413, "")):
        push.refuses(name, status, push.send(body), says)
        headers = [("Authorization", f"Bearer {push.key}"), ("Content-Type", "text/html")]
        if status == 400:
            push.refuses(f"{name} as HTML", status, push.send(body, headers=headers), says)
    packed = [("Authorization", f"Bearer {push.key}"), ("Content-Encoding", "gzip")]
    same("push packed", push.send(lines, headers=packed).status, 415)
    push.refuses("with a query", 400, push.send(lines, query="?zqxj=1"))
    for method in ("GET", "PUT", "DELETE"):
        push.refuses(f"by {method}", 405, push.send(lines, method=method))
    for name, changed_lines, code, _ in setup_cases(lines) + entry_cases(lines)[::3]:
        status = {CHECK: 403, DATA: 400}[code]
        push.refuses(f"of a journal with {name}", status, push.send(changed_lines))


def pushes(world, lines):
    """Pushes to a hub that serves."""
    push = Push(world, lines)
    before = push.hub.state()
    keys(push, lines)
    bodies(push, lines)
    push.refuses("of a gap at the beginning", 409, push.send(lines[2:]), "missing", 0)
    same("nothing of that was taken", push.hub.state(), before)
    good = push.send(lines[:4])
    same("a good piece is taken", (good.status, json.loads(good.text()).get("size")), (200, 4))
    push.refuses("of a gap says where to go on", 409, push.send(lines[5:]), "entries 4 to 4", 4)
    push.refuses("of another lane with a key that is taken", 403, push.send(
        [changed(t, lane=OTHER_LANE) for t in lines], lane=OTHER_LANE), "another lane")
    # Without a size: after a fork there is no place to go on from.
    push.refuses("of a changed entry", 409, push.send(
        replace(lines[:4], 3, lines[3].replace('"v":1,', '"v":1, '))), "other bytes")
    for name, piece in (("the rest, with an overlap", lines[2:]), ("the same again", lines),
                        ("an old piece again", lines[:2])):
        good = push.send(piece)
        same(f"push of {name} is taken",
             (good.status, json.loads(good.text()).get("size")), (200, len(lines)))
    twice = push.send([changed(t, lane=OTHER_LANE) for t in lines], lane=OTHER_LANE,
                      key=push.other_key)
    push.refuses("of the same answers under another lane", 409, twice, "nothing is counted twice")
    same("nothing was taken twice", push.hub.state(), {**before, push.lane: len(lines)})
    same("the hub stops cleanly", push.daemon.stop(), OK)
    same("figures and lanes agree", world.hub("verify", "--data", push.hub.data).code, OK)
    log = push.daemon.log()
    check("its log has no failure and no key",
          "<3>" not in log and push.key not in log and "zqxj" not in log, log[-400:])


def run(world):
    """Journals by file and by push."""
    lines = write_journal(world)
    files(world, lines)
    pushes(world, lines)
