# SPDX-License-Identifier: MIT
"""Journals carried by hand: altered files, altered heads, lanes of others."""

import hashlib
import json

from . import forms
from .harness import CHECK, DATA, OK, check, example_setup, post, refused, same
from .signed import Key, base64_of, root_of

STRANGER = Key(bytes(range(32)))
LIMIT = 8192


def write_journal(world):
    """A kiosk's journal with a few answers and details: its lines and key."""
    kiosk = forms.Kiosk(world, world.new_kiosk("lane"))
    for area in ("HT", "CT", "DD"):
        form = {**kiosk.open(f"/P/{kiosk.poster}/{area}"), "overall": "5"}
        post(kiosk.phone, "/api/v1/responses", form)
        del form["overall"]
        post(kiosk.phone, "/api/v1/responses",
             {**form, "part": "1", "page": "topics", "agency": "4", "topic_time": "1"})
    same("the kiosk stops cleanly", kiosk.daemon.stop(), OK)
    return world.lines(kiosk.data), Key.of(kiosk.data)


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
               ("a response with a part", at, {"part": 1}), ("a strange key", at, {"strange": 1}),
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
        f'"id":"{"11" * 16}","hour":"2026-11-03T09+07","act":"x","unit":"05533","detail":""}}')), DATA,
               "cannot hold"),
              ("an answer to nothing the form asks", replace(lines, detail, changed(
                  lines[detail], answers={"zqxj": 5})), DATA, "form|item|answers"),
              ("a key twice", replace(lines, at, lines[at].replace('"v":1', '"v":1,"v":1')), DATA,
               "twice")]
    return cases


def file_cases(lines, key):
    """(name, bytes, code, what stderr says): the lines of a file, with a good head behind them."""
    at, end = where(lines, "response"), key.end(lines).encode()
    whole = ("\n".join(lines) + "\n").encode()
    two = [changed(text, lane=STRANGER.lane) if i == at else text for i, text in enumerate(lines)]
    big = changed(lines[at], zqxj="z" * LIMIT)
    rows = [("of a line feed", b"\n", DATA, "line 1|empty line"),
            ("of spaces", b"   \n", DATA, "line 1"), ("no JSON", b"zqxj zqxj\n", DATA, "line 1"),
            ("a list", b"[" + b",".join(t.encode() for t in lines) + b"]\n", DATA, "line 1"),
            ("with a BOM", b"\xef\xbb\xbf" + whole, DATA, "line 1"),
            ("with CRLF", whole.replace(b"\n", b"\r\n"), DATA, "line 1"),
            ("with a byte that is no UTF-8", whole.replace(b'"kind":"response"',
                                                          b'"kind":"resp\xffnse"', 1), DATA,
             "line.*UTF-8"),
            ("with NUL", whole.replace(b'"area"', b'"ar\0a"', 1), DATA, "line"),
            ("with a line cut", replace_text(lines, at, lines[at][:60]), DATA, f"line {at + 1}"),
            ("with two entries on a line", replace_text(lines, at, lines[at] + lines[at + 1]), DATA,
             f"line {at + 1}"),
            ("with an entry over 8 KiB", replace_text(lines, at, big), DATA,
             f"line {at + 1}.*{LIMIT}"),
            ("with a line of 1 MiB", replace_text(lines, at, "z" * 2**20), DATA, f"line {at + 1}"),
            ("nested deeply", b'{"a":' + b"[" * 4000 + b"]" * 4000 + b"}\n", DATA, "line 1.*nested"),
            ("with a line of another lane", ("\n".join(two) + "\n").encode(), DATA, "another lane")]
    rows = [(name, body + end, code, says) for name, body, code, says in rows]
    rows += [("with a blank line", replace_text(lines, at, "", lines[at]) + end, DATA,
              f"line {at + 1}|empty line"),
             ("empty", b"", DATA, "empty"), ("in UTF-16", whole.decode().encode("utf-16") + end,
                                             DATA, "line 1"),
             ("with its end cut", (whole + end)[:-40], DATA, "key|cut"),
             ("without its head", whole, DATA, "no signed checkpoint"),
             ("of its head only", end, DATA, "no entries|entries|line")]
    return rows


def order_cases(lines, key):
    """As file_cases; the head is that of these lines, so that only their order is wrong."""
    at = where(lines, "response")
    twin = changed(lines[at], seq=len(lines))
    rows = [("with a gap", lines[:at] + lines[at + 1:], DATA, f"entry {at + 1} does not follow"),
            ("with two entries exchanged",
             lines[:at] + [lines[at + 1], lines[at]] + lines[at + 2:], DATA,
             f"entry {at + 1} does not follow"),
            ("with a number twice",
             lines[:at + 1] + [changed(lines[at], area="K")] + lines[at + 1:], DATA,
             f"entry {at} does not follow"),
            ("with an answer twice", lines + [twin], CHECK, "counted twice")]
    return [(n, key.transfer(x), c, s) for n, x, c, s in rows] + [
        ("without its beginning", key.transfer(lines, 2), CHECK, "entries 0 to 1 are missing")]


def head_cases(lines, key):
    """As file_cases; only the head or the key behind it is wrong."""
    whole, count = "".join(f"{x}\n" for x in lines), len(lines)
    root, good = root_of(lines), key.note(count, root_of(lines))
    sig = good.rsplit(" ", 1)[1]
    forged = good.replace(sig, ("A" if sig[20] != "A" else "B").join([sig[:20], sig[21:]]))
    vkey = f"{key.vkey()}\n"
    rows = [("of one entry more", key.note(count + 1, root) + vkey, f"checkpoint.*{count + 1}"),
            ("of one entry less", key.note(count - 1, root_of(lines[:-1])) + vkey, "checkpoint"),
            ("of another root", key.note(count, hashlib.sha256(b"x").digest()) + vkey, "root"),
            ("of a root of 31 bytes", key.note(count, root[:31]) + vkey, "root"),
            ("of another name", key.note(count, root, origin=STRANGER.origin) + vkey,
             "lane|origin|signed|key"),
            ("with a forged signature", forged + vkey, "signature"),
            ("with another size under its signature",
             good.replace(f"\n{count}\n", f"\n0{count}\n") + vkey, "size|number|signature"),
            ("with a strange hour", key.note(count, root, hour="zqxj") + vkey, "hour"),
            ("without a signature", good.split("\n\n", maxsplit=1)[0] + "\n\n" + vkey, "."),
            ("without a key", good, "key"), ("with a key cut", good + vkey[:-9] + "\n", "key"),
            ("with a key of another name", good + vkey.replace(key.lane, STRANGER.lane), "key|lane"),
            ("with a stranger's key", good + f"{STRANGER.vkey()}\n", "key|lane|origin|signed"),
            ("of a stranger", STRANGER.note(count, root) + f"{STRANGER.vkey()}\n", "another lane"),
            ("twice", good + vkey + "\n" + good + vkey, "empty line|behind"),
            ("with more behind it", good + vkey + "zqxj\n", "behind|key"),
            ("of 20 KiB", good + "— zqxj AAAA\n" * 1500 + vkey, "behind|longer|more than")]
    return [(f"with a head {name}", f"{whole}\n{end}".encode(), DATA, says)
            for name, end, says in rows]


def replace_text(lines, at, *others):
    """As replace, as the file's bytes."""
    return ("\n".join(replace(lines, at, *others)) + "\n").encode()


class Hub:
    """A hub's data directory and what is in it."""

    def __init__(self, world, name, setup=None):
        self.world = world
        self.data = world.new_hub(name, setup)

    def take(self, content):
        """Imports the bytes of a file."""
        return self.world.hub("import", "--data", self.data, self.world.write("lane.txt", content))

    def state(self):
        """Entries of every lane."""
        text = self.world.must(self.world.hub_program, "status", "--data", self.data, "--format",
                               "json")
        return {lane["lane"]: lane["entries"] for lane in json.loads(text)["lanes"]}


def files(world, lines, key):
    """Files that are taken by hand: nothing of a bad one stays, before and after the good one."""
    hub = Hub(world, "by-hand")
    cases = [(n, key.transfer(x), c, s) for n, x, c, s in setup_cases(lines) + entry_cases(lines)]
    cases += file_cases(lines, key) + order_cases(lines, key) + head_cases(lines, key)
    own = Key.of(hub.data)
    cases += [("of the hub itself", own.transfer([changed(t, lane=own.lane) for t in lines]), CHECK,
               "hub's own|root")]
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
        done = other.take(key.transfer(lines))
        refused(f"a hub {name} refuses the journal", done, DATA if says == "unit" else CHECK, says)
        same("and has only its own lane", len(other.state()), 1)
    done = hub.take(key.transfer(lines))
    same("the good journal is taken", (done.code, max(hub.state().values())), (OK, len(lines)))
    same("and taken again without effect",
         (hub.take(key.transfer(lines)).code, hub.take(key.transfer(lines[:3])).code), (OK, OK))
    after_the_good_one(hub, lines, key)
    same("figures and lanes agree", world.hub("verify", "--data", hub.data).code, OK)


def after_the_good_one(hub, lines, key):
    """What a known lane cannot become any more."""
    at = where(lines, "response")
    before = hub.state()
    other = replace(lines, at, lines[at].replace('"overall":5', '"overall":4'))
    far = lines + [changed(lines[at], seq=len(lines), id="22" * 16),
                   changed(lines[at], seq=len(lines) + 1, id="23" * 16)]
    cases = [("with a level changed", key.transfer(other), CHECK, f"entry {at}.*other bytes|root"),
             ("with a blank added", key.transfer(replace(
                 lines, at, lines[at].replace('"v":1,', '"v":1, '))), CHECK,
              f"entry {at}.*other bytes|root"),
             ("under another lane's name",
              STRANGER.transfer([changed(t, lane=STRANGER.lane) for t in lines]), CHECK,
              "nothing is counted twice"),
             ("with a gap behind its end", key.transfer(far, len(lines) + 1), CHECK,
              f"entries {len(lines)} to {len(lines)} are missing"),
             ("that goes on after other entries", key.transfer(other + far[-2:-1], len(lines)), CHECK,
              "root")]
    for name, content, code, says in cases:
        refused(f"known journal {name}", hub.take(content), code, says)
        check(f"known journal {name} changes nothing", hub.state() == before, hub.state())


def sealed(world):
    """Files that are sealed to a hub's key."""
    hub, other = Hub(world, "sealed-to"), Hub(world, "sealed-other")
    data = world.new_kiosk("sealing")
    keys = {name: world.must(world.hub_program, "key", "--data", one.data)
            for name, one in (("own", hub), ("other", other))}
    def export(name):
        path = world.write("box.txt", keys[name] + "\n")
        done = world.kiosk("export", "--data", data, "--seal-to", path)
        same(f"a journal is sealed ({name})", done.code, OK)
        return done.out
    good = export("own")
    first, second = good.index(b"\n"), good.index(b"\n", good.index(b"\n") + 1)
    def flip(at):
        return good[:at] + bytes([good[at] ^ 1]) + good[at + 1:]
    cases = [("to another hub", export("other"), "another hub"), ("cut", good[:-1], "cut|changed"),
             ("cut in its key", good[:second - 4], "cut|changed|sealed"),
             ("cut behind its key", good[:second + 1], "cut|changed|sealed"),
             ("cut in its first line", good[:first - 3], "."), ("with more behind it", good + b"x", "."),
             ("of the first line only", good[:first + 1], "cut|changed|sealed"),
             ("without a name", good.replace(good[:first], b"hailong-sealed/v1 ", 1), "."),
             ("of another version", good.replace(b"/v1", b"/v9", 1), "."),
             ("with a key of no hub", good.replace(good[first + 1:second], base64_of(
                 bytes(range(80))).encode(), 1), "cut|changed|sealed"),
             ("changed in its key", flip(first + 9), "."), ("changed", flip(second + 40), "changed|cut"),
             ("changed at its end", flip(len(good) - 1), "changed|cut")]
    before = hub.state()
    for name, content, says in cases:
        refused(f"sealed journal {name}", hub.take(content), DATA, says)
        check(f"sealed journal {name} leaves nothing", hub.state() == before, hub.state())
    check("the sealed bytes show no entry", b'"kind"' not in good)
    same("the good one is taken", hub.take(good).code, OK)
    same("with all its entries", hub.state()[Key.of(data).lane], len(world.lines(data)))
    for name, text, code, says in (
            ("a file that is not there", None, 74, "zqxj.txt"), ("an empty file", "", DATA, "."),
            ("no key", "zqxj zqxj\n", DATA, "hailong-box|key"),
            ("a vkey only", keys["own"].split("\n", maxsplit=1)[0] + "\n", DATA, "hailong-box|box key"),
            ("a key cut", keys["own"][:-4] + "\n", DATA, "."),
            ("a weak key", f"hailong-box {'00' * 16} {base64_of(bytes(32))}\n", DATA, ".")):
        path = world.path("zqxj.txt") if text is None else world.write("box.txt", text)
        refused(f"export sealed to {name}",
                world.kiosk("export", "--data", data, "--seal-to", path), code, says)


def run(world):
    """Journals by file."""
    files(world, *write_journal(world))
    sealed(world)
