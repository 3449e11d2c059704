# SPDX-License-Identifier: MIT
"""The way from kiosk to hub: phrases, signed requests, transfers, deposits, tails of other lanes."""

import hashlib
import json
import os
import sqlite3
import time

from .harness import CHECK, DATA, OK, UNIT, check, example_setup, same, send
from .lanes import (Hub, STRANGER, changed, entry_cases, replace, setup_cases, where, write_journal)
from .signed import Key, base64_of, enrolment, phrase_secret, root_of

JSON = ("Content-Type", "application/json")
BODY_LIMIT = 2**21


class Wire:
    """A hub that serves, and a kiosk's journal and key."""

    def __init__(self, world, lines, key, name="wire"):
        setup = example_setup()
        setup["units"].append({"code": "19001", "name": "Xã Một", "kind": "xã", "parent": "19"})
        self.world, self.lines, self.key = world, lines, key
        self.hub = Hub(world, name, world.write(f"{name}.json", setup))
        self.serve()
        self.secrets = []  # what no log may show

    def serve(self):
        """Starts the hub."""
        self.daemon = self.world.serve_hub(self.hub.data)
        self.address = self.daemon.addresses["hub"]

    def join(self, unit=UNIT, *options):
        """A phrase."""
        phrase = self.world.must(self.world.hub_program, "join", "--data", self.hub.data, "--unit",
                                 unit, *options)
        self.secrets += [phrase, phrase.replace("-", ""), phrase_secret(phrase)[1].hex()]
        return phrase

    def enrol(self, body, headers=()):
        """One enrolment; `body` is an object or bytes."""
        body = body if isinstance(body, (bytes, int)) else json.dumps(body).encode()
        return send(self.address, "POST", "/api/v1/enrol", body, [JSON, *headers])

    def post(self, where_to, body, lane=None, key=None, headers=None, skew_s=0):
        """One signed request; `headers` replaces the signature's."""
        path = f"/api/v1/lanes/{lane or self.key.lane}/{where_to}"
        body = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        if headers is None:
            signed = b"" if isinstance(body, int) else body
            headers = [("Authorization", (key or self.key).authorization(path, signed, skew_s))]
        return send(self.address, "POST", path, body, headers)

    def push(self, lines, first=0, key=None, **more):
        """A push of the end of a journal."""
        key = key or self.key
        return self.post("entries", key.transfer(lines, first), key.lane, key, **more)

    def refuses(self, name, status, answer, says="", **members):
        """An answer with an error in JSON that repeats nothing, and a hub that goes on."""
        try:
            reply = json.loads(answer.text())
        except ValueError:
            reply = {}
        found = {key: reply.get(key) for key in members}
        holds = (answer.status == status and answer.headers.get("content-type") == "application/json"
                 and any(x in reply.get("error", "") for x in says.split("|")) and reply.get("error")
                 and found == members and "zqxj" not in answer.text() and self.daemon.alive())
        check(f"{name}", holds, f"{answer.status} (expected {status}) {answer.text()[:300]} "
              f"(expected /{says}/ {members})")

    def takes(self, name, answer, **members):
        """An answer of success."""
        reply = json.loads(answer.text()) if answer.status == 200 else {"error": answer.text()[:200]}
        same(name, (answer.status, {key: reply.get(key) for key in members}), (200, members))
        return reply


# ---- enrolment -----------------------------------------------------------------------------------


def enrol_bodies(wire, phrase):
    """What an enrolment cannot hold; the phrase stays good."""
    good = enrolment(phrase, wire.key)
    vkey, cut = good["vkey"], good["mac"][:-1]
    rows = [("no JSON", b"zqxj", 400), ("empty", b"", 400), ("a list", [], 400), ("a text", b'"zqxj"', 400),
            ("with a byte that is no UTF-8", b'{"phrase_id":"\xff"}', 400),
            ("with a key twice", b'{"phrase_id":"A","phrase_id":"B"}', 400),
            ("nested deeply", b"[" * 3000, 400), ("with one key more", {**good, "strange": 1}, 400),
            ("too large", b" " * 5000 + json.dumps(good).encode(), 413),
            ("absurdly large", 10**12, 413)]
    rows += [(f"without {key}", enrolment(phrase, wire.key, **{key: None}), 400) for key in good]
    rows += [(f"with {key} as a number", {**good, key: 7}, 400) for key in good]
    rows += [(f"with {name}", {**good, **change}, 400) for name, change in (
        ("a phrase_id of three", {"phrase_id": good["phrase_id"][:3]}),
        ("the whole phrase as its id", {"phrase_id": phrase}),
        ("a mac cut by one", {"mac": cut}), ("a mac with one more", {"mac": good["mac"] + "0"}),
        ("a mac in upper case", {"mac": good["mac"].upper() if good["mac"].upper() != good["mac"]
                                 else cut}),
        ("a mac of base64", {"mac": base64_of(bytes(32))}),
        ("a vkey of another name", {"vkey": vkey.replace(wire.key.lane, STRANGER.lane)}),
        ("a vkey cut", {"vkey": vkey[:-3]}), ("a vkey with more", {"vkey": vkey + "\n"}),
        ("a vkey of no lane", {"vkey": vkey.replace("hailong/", "zqxjong/")}),
        ("a vkey without its id", {"vkey": vkey.replace("+", "-", 1)}),
        ("an empty vkey", {"vkey": ""}), ("a long vkey", {"vkey": "z" * 2000}))]
    for name, body, status in rows:
        if name == "with the whole phrase as its id":
            check("an enrolment's error repeats no phrase", phrase not in wire.enrol(body).text())
        wire.refuses(f"enrolment {name}", status, wire.enrol(body))
    wire.refuses("enrolment as a form", 400, send(
        wire.address, "POST", "/api/v1/enrol", b"phrase_id=zqxj",
        [("Content-Type", "application/x-www-form-urlencoded")]))
    for method in ("GET", "PUT", "DELETE"):
        same(f"enrolment by {method}", send(wire.address, method, "/api/v1/enrol").status, 405)


def enrol_phrases(wire):
    """Phrases that are none, are used or expired; macs that do not fit."""
    says = "wrong, used, or more than a day old"
    phrase, other = wire.join(), wire.join()
    good = enrolment(phrase, wire.key)
    unknown = "ZZZZ" if good["phrase_id"] != "ZZZZ" else "0000"
    mac = good["mac"]
    for name, body in (("with an unknown phrase", {**good, "phrase_id": unknown}),
                       ("with a phrase in lower case, unknown", {**good, "phrase_id": "zzzu"}),
                       ("with a mac of another phrase",
                        {**good, "mac": enrolment(other, wire.key)["mac"]}),
                       ("with a mac for another key",
                        {**good, "mac": enrolment(phrase, STRANGER)["mac"]}),
                       ("with a mac changed by one",
                        {**good, "mac": mac[:-1] + ("0" if mac[-1] != "0" else "1")})):
        wire.refuses(f"enrolment {name}", 403, wire.enrol(body), says)
    guessed = enrolment(other, STRANGER, mac="0" * 64)
    tries = 0
    while tries < 40 and wire.enrol(guessed).status == 403:
        tries += 1
    same("wrong guesses are refused, all", tries, 40)
    wire.refuses("enrolment with a phrase that was guessed at too often", 403,
                 wire.enrol(enrolment(other, STRANGER)), says)
    late = wire.join()
    same("the hub stops cleanly", wire.daemon.stop(), OK)
    database = sqlite3.connect(os.path.join(wire.hub.data, "hub.db"))
    database.execute("UPDATE enrolment SET expires_s = ? WHERE phrase_id = ?",
                     (int(time.time()) - 1, phrase_secret(late)[0]))
    database.commit()
    database.close()
    wire.serve()
    wire.refuses("enrolment with a phrase of the day before", 403,
                 wire.enrol(enrolment(late, STRANGER)), says)
    enrol_bodies(wire, phrase)
    same("no lane came of all that", len(wire.hub.state()), 1)
    reply = wire.takes("after all that the phrase is still good", wire.enrol(good), unit=UNIT)
    check("the hub shows that it knows it", len(reply.get("mac", "")) == 64 and "kit" not in reply)
    again = wire.takes("the same kiosk asks once more", wire.enrol(good), unit=UNIT)
    same("and gets the same", (again.get("mac"), again.get("hub")), (reply["mac"], reply["hub"]))
    wire.refuses("enrolment of another kiosk with a used phrase", 403,
                 wire.enrol(enrolment(phrase, STRANGER)), says)
    wire.refuses("a replayed enrolment under another key", 403,
                 wire.enrol({**good, "vkey": STRANGER.vkey()}), says)


def successors(wire):
    """A lane that says it comes after another one, and cannot show it."""
    key = Key(bytes(range(1, 33)))
    def body(former, by, **changes):
        sig = by.sign(f"hailong-successor/v1\n{key.vkey()}\n".encode()).hex()
        return {"successor_of": former, "vkey": key.vkey(), "sig": sig, **changes}
    lane = wire.key.lane
    before = wire.hub.state()
    for name, sent, status in (("of an unknown lane", body(STRANGER.lane, STRANGER), 403),
                               ("signed by itself", body(lane, key), 403),
                               ("with a signature of zeros", body(lane, key, sig="0" * 128), 403),
                               ("with a signature cut", body(lane, wire.key, sig="00"), 400),
                               ("of a lane that is none", body("zqxj", wire.key), 400),
                               ("with a phrase besides", body(lane, wire.key, phrase_id="AAAA"), 400),
                               ("without a key", body(lane, wire.key, vkey=None), 400)):
        wire.refuses(f"successor {name}", status, wire.enrol(sent))
    same("no lane came of that", wire.hub.state(), before)


# ---- who signs -----------------------------------------------------------------------------------


def good_header(wire, path, body, skew_s=0):
    """The value of the lane's own signature."""
    return wire.key.authorization(path, body, skew_s)


def signatures(wire):
    """Requests that are not, or not rightly, signed; at all four addresses."""
    lines, lane = wire.lines, wire.key.lane
    for place, body in (("entries", wire.key.transfer(lines)), ("head", b"{}"),
                        ("deposit", b'{"received":0,"texts":[],"kit":null}'),
                        ("quarantine", b'{"of":"","from":0,"lines":[]}')):
        path = f"/api/v1/lanes/{lane}/{place}"
        now, sig = good_header(wire, path, body).split()[1:]
        rows = [("without a signature", None), ("with an empty header", ""), ("with no scheme", sig),
                ("with a bearer key", "Bearer " + "A" * 43), ("with a password", "Basic enF4ajp6cXhq"),
                ("with a scheme in lower case", f"hailong {now} {sig}"),
                ("without a time", f"Hailong {sig}"), ("without a signature's bytes", f"Hailong {now}"),
                ("with a time of words", f"Hailong zqxj {sig}"),
                ("with a time below 0", f"Hailong -{now} {sig}"),
                ("with a time with a dot", f"Hailong {now}.5 {sig}"),
                ("with a time of 20 digits", f"Hailong {'9' * 20} {sig}"),
                ("with another time", f"Hailong {int(now) + 1} {sig}"),
                ("with a signature cut", f"Hailong {now} {sig[:-4]}"),
                ("with a signature and more", f"Hailong {now} {sig}AAAA"),
                ("with more behind it", f"Hailong {now} {sig} zqxj"),
                ("with a signature of zeros", f"Hailong {now} {base64_of(bytes(64))}"),
                ("with a signature in other case", f"Hailong {now} {sig.swapcase()}"),
                ("for another address", good_header(wire, f"{path}x", body)),
                ("for another body", good_header(wire, path, body + b" ")),
                ("for another method", wire.key.authorization(path, body, method="GET")),
                ("by a stranger", STRANGER.authorization(path, body))]
        for name, value in rows:
            headers = [("Authorization", value)] if value is not None else []
            answer = wire.post(place, body, headers=headers)
            wire.refuses(f"{place} {name}", 401, answer)
            sent = json.loads(answer.text()).get("time", 0) if answer.status == 401 else 0
            check(f"{place} {name} is told the hub's time", abs(sent - time.time()) < 60, sent)
        two = [("Authorization", good_header(wire, path, body))] * 2
        same(f"{place} with two signatures", wire.post(place, body, headers=two).status, 400)
        wire.refuses(f"{place} of a lane that is not known", 403,
                     wire.post(place, body, lane=STRANGER.lane, key=STRANGER), "does not know")
        wire.refuses(f"{place} of the hub's own lane", 403,
                     wire.post(place, body, lane=Key.of(wire.hub.data).lane), "hub's own")
        for name, wrong in (("no lane", "zqxj"), ("a short lane", lane[:-2]), ("a lane in upper case", lane.upper())):
            if wrong != lane:
                wire.refuses(f"{place} for {name}", 404, wire.post(place, body, lane=wrong))
        for method in ("GET", "PUT", "DELETE"):
            same(f"{place} by {method}", send(wire.address, method, path).status, 405)


def skewed(wire):
    """Fifteen minutes are good, a second more is not."""
    for skew_s, status in ((-899, 200), (899, 200), (-901, 401), (901, 401), (-86400, 401),
                           (10**9, 401)):
        if time.time() % 1 > 0.5:  # both sides look at the clock within the same second
            time.sleep(1.01 - time.time() % 1)
        answer = wire.post("head", b"{}", skew_s=skew_s)
        if status == 200:
            same(f"head signed {skew_s} s from now", answer.status, status)
        else:
            wire.refuses(f"head signed {skew_s} s from now", status, answer, "clock")


# ---- entries -------------------------------------------------------------------------------------


def transfers(wire):
    """What a push cannot hold before anything of the lane is there."""
    lines, key = wire.lines, wire.key
    end = key.end(lines).encode()
    whole = key.transfer(lines)
    for name, body, status in (("empty", b"", 400), ("no transfer", b"zqxj\n", 400),
                               ("a form", b"overall=5&token=zqxj", 400), ("a list", b"[]\n", 400),
                               ("NUL", b"\0\n", 400), ("lines without a head", whole[:-len(end)], 400),
                               ("a head cut", whole[:-30], 400),
                               ("lines that are no JSON", b"zqxj\n" + end, 400),
                               ("an entry over 8 KiB", b"{" + b"z" * 9000 + b"\n" + end, 413),
                               ("a blank line between entries", whole.replace(b"\n", b"\n\n", 1), 400)):
        wire.refuses(f"push of {name}", status, wire.post("entries", body))
    wire.refuses("push of two MiB and more", 413, wire.post("entries", BODY_LIMIT + 1))
    path = f"/api/v1/lanes/{key.lane}/entries"
    packed = [("Authorization", good_header(wire, path, whole)), ("Content-Encoding", "gzip")]
    same("push packed", wire.post("entries", whole, headers=packed).status, 415)
    same("push with a query", send(wire.address, "POST", f"{path}?zqxj=1", whole, [
        ("Authorization", good_header(wire, path, whole))]).status, 400)
    at = where(lines, "response")
    for name, changed_lines, code, _ in setup_cases(lines) + entry_cases(lines):
        status = {CHECK: 403, DATA: 400}[code]
        answer = wire.push(changed_lines)
        wire.refuses(f"push of a journal with {name}", status, answer)
    for name, broken in (("a level 6", changed(lines[at], answers={"overall": 6})),
                         ("another unit", changed(lines[at], unit="00001"))):
        wire.refuses(f"push with {name} in the middle names the entry", 400,
                     wire.push(replace(lines, at, broken)), seq=at)
    wire.refuses("push signed for the lane, lines of another", 400, wire.push(
        [changed(t, lane=STRANGER.lane) for t in lines]), "another lane")
    wire.refuses("push of a stranger's transfer", 400, wire.post("entries", STRANGER.transfer(
        [changed(t, lane=STRANGER.lane) for t in lines])), "another lane")
    wire.refuses("push with a gap inside", 400, wire.push(lines[:at] + lines[at + 1:]), "follow")
    wire.refuses("push of a gap at the beginning", 409, wire.push(lines, 2), "missing", size=0)


def heads(wire):
    """Checkpoints that are wrong behind lines that are right."""
    lines, key, count = wire.lines, wire.key, len(wire.lines)
    body, root = "".join(f"{x}\n" for x in lines), root_of(lines)
    vkey, good = f"{key.vkey()}\n", key.note(len(lines), root)
    sig = good.rsplit(" ", 1)[1]
    forged = good.replace(sig, sig[:20] + ("A" if sig[20] != "A" else "B") + sig[21:])
    wrong = hashlib.sha256(b"x").digest()
    rows = [("of another root", key.note(count, wrong) + vkey, 409, "root"),
            ("of one entry more", key.note(count + 1, root) + vkey, 400, "end"),
            ("of one entry less", key.note(count - 1, root_of(lines[:-1])) + vkey, 400, "end"),
            ("with a forged signature", forged + vkey, 400, "signature"),
            ("signed by a stranger",
             good.replace(sig, STRANGER.note(count, root, origin=key.origin).rsplit(" ", 1)[1]) + vkey,
             400, "sign"),
            ("of another lane", STRANGER.note(count, root) + f"{STRANGER.vkey()}\n", 400, "another"),
            ("of another name", key.note(count, root, origin=STRANGER.origin) + vkey, 400, ""),
            ("with a stranger's key", f"{good}{STRANGER.vkey()}\n", 400, ""),
            ("without a key", good, 400, "key"), ("with more behind it", f"{good}{vkey}zqxj\n", 400, "")]
    for name, end, status, says in rows:
        wire.refuses(f"push with a head {name}", status,
                     wire.post("entries", f"{body}\n{end}".encode()), says)


def entries(wire):
    """Pushes from nothing to the whole journal; nothing of a bad one stays."""
    lines, lane = wire.lines, wire.key.lane
    before = wire.hub.state()
    transfers(wire)
    heads(wire)
    same("nothing of that was taken", wire.hub.state(), before)
    wire.takes("a good piece is taken", wire.push(lines[:4]), size=4, root=root_of(lines[:4]).hex())
    wire.refuses("push of a gap says where to go on", 409, wire.push(lines, 5), "entries 4 to 4", size=4)
    wire.refuses("push of a changed entry is a fork", 409, wire.push(
        replace(lines[:4], 3, lines[3].replace('"v":1,', '"v":1, '))), "other bytes", size=4, fork=True)
    other = replace(lines, 3, changed(lines[3], id="77" * 16))
    wire.refuses("push that goes on after another past is a fork", 409, wire.push(other, 4), "root",
                 size=4, fork=True)
    wire.refuses("a head of another past is a fork", 409, wire.push(other[:4], 4), "root", size=4,
                 fork=True)
    bad = changed(lines[6], answers={"overall": 9}) if '"answers"' in lines[6] else changed(lines[6], zqxj=1)
    wire.refuses("push with a bad entry behind good ones", 400, wire.push(replace(lines, 6, bad), 4),
                 seq=6)
    same("and none of the good ones was taken", wire.hub.state()[lane], 4)
    for name, first, count in (("the rest, with an overlap", 2, len(lines)), ("the same again", 0, len(lines)),
                               ("only a head", len(lines), len(lines)), ("an old piece again", 0, 2)):
        wire.takes(f"push of {name} is taken", wire.push(lines[:count], first), size=len(lines),
                   root=root_of(lines).hex())
    head = f"\n{wire.key.note(len(lines) + 5, bytes(32))}{wire.key.vkey()}\n"
    ahead = wire.post("entries", head.encode())
    wire.takes("a head of entries that are still to come is heard", ahead, size=len(lines))
    wire.enrol(enrolment(wire.join(), STRANGER))
    twice = wire.push([changed(t, lane=STRANGER.lane) for t in lines], key=STRANGER)
    wire.refuses("the same answers under another lane", 409, twice, "nothing is counted twice")
    twin = changed(lines[where(lines, "response")], seq=len(lines))
    wire.refuses("an answer twice in its lane", 409, wire.push(lines + [twin], len(lines)), "counted twice",
                 seq=len(lines))
    same("nothing was taken twice", wire.hub.state()[lane], len(lines))


def units(wire):
    """A phrase for one unit and entries of another."""
    key = Key(bytes(range(2, 34)))
    wire.takes("a kiosk of another unit is enrolled", wire.enrol(enrolment(wire.join("19001"), key)),
               unit="19001")
    wire.refuses("but its entries are of this one", 403, wire.push(
        [changed(t, lane=key.lane) for t in wire.lines], key=key), "19001")


# ---- deposit, quarantine, states -----------------------------------------------------------------


def heads_asked(wire):
    """Where the hub stands."""
    reply = wire.takes("head says size and root", wire.post("head", b"{}"), size=len(wire.lines),
                       root=root_of(wire.lines).hex())
    check("and its checkpoints, newest first", reply.get("checkpoints", [[]])[0][:2] ==
          [len(wire.lines), root_of(wire.lines).hex()], reply)
    same("a head's body is not looked at", wire.post("head", b"zqxj").status, 200)


def deposits(wire):
    """Texts that belong to nothing, kits that cannot be opened."""
    text = {"id": "ab" * 16, "field": "text", "salt": "00" * 32, "payload": base64_of(b"zqxj zqxj")}
    good = {"received": 0, "texts": [], "kit": None}
    rows = [("no JSON", b"zqxj", 400), ("empty", b"", 400), ("a list", b"[]", 400),
            ("with one key more", {**good, "strange": 1}, 400),
            ("without received", {"texts": [], "kit": None}, 400),
            ("with received below 0", {**good, "received": -1}, 400),
            ("with received as text", {**good, "received": "0"}, 400),
            ("of a message that was never sent", {**good, "received": 1}, 400),
            ("with texts as an object", {**good, "texts": {}}, 400),
            ("with a text of words", {**good, "texts": ["zqxj"]}, 400),
            ("with a text of no entry", {**good, "texts": [text]}, 400),
            ("with many texts of no entry", {**good, "texts": [text] * 300}, 400),
            ("with a kit of words", {**good, "kit": "zqxj zqxj"}, 400),
            ("with a kit as a number", {**good, "kit": 7}, 400),
            ("with a kit that is not sealed", {**good, "kit": base64_of(bytes(200))}, 400),
            ("absurdly large", 10**10, 413)]
    rows += [(f"with a text without {key}",
              {**good, "texts": [{k: v for k, v in text.items() if k != key}]}, 400) for key in text]
    rows += [(f"with a text with {name}", {**good, "texts": [{**text, **change}]}, 400)
             for name, change in (("another field", {"field": "zqxj"}), ("a short salt", {"salt": "00"}),
                                  ("a short id", {"id": "00"}), ("no base64", {"payload": "zqxj!"}),
                                  ("one key more", {"strange": 1}), ("an id of an answer", {
                                      "id": json.loads(wire.lines[where(wire.lines, "response")])["id"]}))]
    for name, body, status in rows:
        wire.refuses(f"deposit {name}", status, wire.post("deposit", body))
    wire.takes("an empty deposit is good", wire.post("deposit", good), texts_taken=0)


def tails(wire):
    """Only the lane that goes on after another one may send its tail."""
    good = {"of": STRANGER.lane, "from": 0, "lines": []}
    line = changed(wire.lines[0], lane=STRANGER.lane)
    rows = [("no JSON", b"zqxj", 400), ("a list", b"[]", 400), ("with one key more", {**good, "strange": 1}, 400),
            ("without of", {"from": 0, "lines": []}, 400), ("of no lane", {**good, "of": "zqxj"}, 400),
            ("of an unknown lane", {**good, "of": "ab" * 16}, 400),
            ("from below 0", {**good, "from": -1}, 400), ("with lines as text", {**good, "lines": "zqxj"}, 400),
            ("of a lane that it does not follow", {**good, "lines": [line]}, 403),
            ("of itself", {**good, "of": wire.key.lane, "lines": [wire.lines[0]]}, 403),
            ("of the hub", {**good, "of": Key.of(wire.hub.data).lane, "lines": [line]}, 403),
            ("absurdly large", 10**10, 413)]
    for name, body, status in rows:
        wire.refuses(f"tail {name}", status, wire.post("quarantine", body))


def states(wire):
    """What is suspended or retired sends nothing."""
    def device(act, *more):
        return wire.world.hub("device", "--data", wire.hub.data, "--lane", wire.key.lane, act, *more).code
    lines = wire.lines + [changed(wire.lines[where(wire.lines, "response")], seq=len(wire.lines),
                                  id="99" * 16)]
    def all_refused(state):
        for place, body in (("entries", wire.key.transfer(lines)), ("head", b"{}"),
                            ("deposit", b'{"received":0,"texts":[],"kit":null}'),
                            ("quarantine", b'{"of":"","from":0,"lines":[]}')):
            wire.refuses(f"{place} of a lane that is {state}", 403, wire.post(place, body), state)
        wire.refuses(f"enrolment of a lane that is {state}", 403,
                     wire.enrol(enrolment(wire.join(), wire.key)), state)
        same(f"what is {state} does not grow", wire.hub.state()[wire.key.lane], len(wire.lines))
    same("a lane is suspended", device("suspend"), OK)
    all_refused("suspended")
    same("by hand neither", wire.hub.take(wire.key.transfer(lines)).code, CHECK)
    same("and goes on", device("resume"), OK)
    wire.takes("what is resumed sends again", wire.post("head", b"{}"), size=len(wire.lines))
    wire.refuses("enrolment with a phrase that would replace itself", 403, wire.enrol(
        enrolment(wire.join(UNIT, "--replaces", wire.key.lane), wire.key)), "itself")
    same("a lane is retired", device("retire", "--replaced-by", STRANGER.lane), OK)
    all_refused("retired")
    same("and never comes back", device("resume"), CHECK)


def run(world):
    """All of a hub's wire side."""
    wire = Wire(world, *write_journal(world))
    enrol_phrases(wire)
    signatures(wire)
    skewed(wire)
    units(wire)
    entries(wire)
    successors(wire)
    heads_asked(wire)
    deposits(wire)
    tails(wire)
    states(wire)
    same("the hub stops cleanly", wire.daemon.stop(), OK)
    same("figures and lanes agree", world.hub("verify", "--data", wire.hub.data).code, OK)
    log = "".join(daemon.log() for daemon in world.daemons)
    check("its log has no failure", "<3>" not in log and "event=bug" not in log, log[-400:])
    found = [line for line in log.splitlines() if any(x in line for x in ["zqxj", *wire.secrets])]
    check("and nothing of what was sent, no phrase, no secret", not found, found[:3])
