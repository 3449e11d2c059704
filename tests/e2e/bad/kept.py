# SPDX-License-Identifier: MIT
"""Backups, restores, copied journals held against a key and heads, and requests to a witness."""

import os
import shutil

from . import forms
from .harness import CHECK, DATA, IO, OK, UNIT, USAGE, check, post, refused, same, send
from .lanes import Hub, STRANGER, changed, head_cases, replace, where
from .signed import Key, base64_of, curve, root_of


def answered(world, name):
    """A kiosk that has answers and a seal; nobody serves it any more."""
    kiosk = forms.Kiosk(world, world.new_kiosk(name))
    for area in ("HT", "CT", "DD"):
        post(kiosk.phone, "/api/v1/responses", {**kiosk.open(f"/P/{kiosk.poster}/{area}"), "overall": "4"})
    world.must(world.kiosk_program, "seal", "--data", kiosk.data)
    return kiosk


def backups(world):
    """A backup while it serves; a copy by hand; files that are none."""
    kiosk = answered(world, "kept")
    backup = world.path("kiosk.backup")
    same("a backup while it serves", world.kiosk("backup", "--data", kiosk.data, "--to", backup).code, OK)
    same("is for its owner only", os.stat(backup).st_mode & 0o777, 0o600)
    with open(backup, "rb") as file:
        whole = file.read()
    refused("a second one does not overwrite it",
            world.kiosk("backup", "--data", kiosk.data, "--to", backup), CHECK, "already")
    with open(os.path.join(kiosk.data, "keys", "lane.key"), "rb") as file:
        secret = file.read()
    check("no signing key is in it", secret not in whole and secret[:32] not in whole)
    by_hand = shutil.copy(os.path.join(kiosk.data, "kiosk.db"), world.path("by-hand.db"))
    same("the kiosk stops cleanly", kiosk.daemon.stop(), OK)
    lines = len(world.lines(kiosk.data))
    cases = [("a copy by hand of a live database", by_hand, None, (CHECK, DATA)),
             ("a cut backup", None, whole[:len(whole) // 2], (CHECK, DATA, IO)),
             ("an empty file", None, b"", (DATA, IO, CHECK)), ("no database", None, b"zqxj" * 5000, (DATA,)),
             ("a changed entry", None, whole.replace(b'"overall":4', b'"overall":5', 1), (CHECK, DATA)),
             ("a hub's database", os.path.join(world.new_hub("kept-hub"), "hub.db"), None, (CHECK, DATA, IO))]
    for name, path, content, codes in cases:
        made = world.path("restored-badly")
        path = path or world.write("bad.backup", content)
        done = world.kiosk("restore", "--data", made, "--from", path)
        check(f"restore from {name} is refused", done.code in codes and done.out == b"" and done.err, done)
        check(f"restore from {name} makes no kiosk", not os.path.exists(os.path.join(made, "kiosk.db"))
              and not os.path.exists(os.path.join(made, "keys", "lane.key")),
              os.listdir(made) if os.path.isdir(made) else "")
        shutil.rmtree(made, ignore_errors=True)
    refused("restore into a kiosk's folder", world.kiosk("restore", "--data", kiosk.data, "--from", backup),
            CHECK, "already")
    same("which it leaves alone", len(world.lines(kiosk.data)), lines)
    refused("restore below a file", world.kiosk("restore", "--data", f"{backup}/x", "--from", backup), IO, ".")
    new = world.path("restored")
    same("the good one is restored", world.kiosk("restore", "--data", new, "--from", backup).code, OK)
    first = world.lines(new)[0]
    check("as a new lane that names the old one",
          Key.of(new).lane != Key.of(kiosk.data).lane and Key.of(kiosk.data).lane in first, first[:300])
    for program, data in ((world.kiosk, new), (world.kiosk, kiosk.data)):
        same("both are whole", program("verify", "--data", data).code, OK)
    refused("slips of the restored one wait", world.kiosk("slip", "--data", new, "--area", "HT", "--format", "url"),
            CHECK, "slip|restore|gap")
    for name, content in (("empty", b""), ("of words", b"zqxj zqxj\n"), ("of zeros", base64_of(bytes(300)).encode())):
        refused(f"a kit that is {name}", world.kiosk(
            "restore", "--data", new, "--kit", world.write("kit", content)), DATA, ".")
    same("the gap is accepted", world.kiosk("slips", "--data", new, "--accept-gap").code, OK)
    refused("but once", world.kiosk("slips", "--data", new, "--accept-gap"), CHECK, "no slips are waiting")


def copies(world):
    """verify --file: altered files are found, named, and none is taken for another."""
    kiosk = answered(world, "copied")
    same("the kiosk stops cleanly", kiosk.daemon.stop(), OK)
    lines, key = world.lines(kiosk.data), Key.of(kiosk.data)
    at = where(lines, "response")
    def verify(content, *args):
        path = world.write("copy.txt", content)
        return world.kiosk("verify", "--file", path, *args)
    held = world.write("held.txt", key.note(len(lines), root_of(lines)))
    same("an honest copy is good", verify(key.transfer(lines), "--key", key.vkey(), "--checkpoint", held).code, OK)
    other = replace(lines, at, lines[at].replace('"overall":4', '"overall":5'))
    cases = [("with another level", ("\n".join(other) + "\n" + key.end(lines)).encode(), []),
             ("with another level and a new root against a head from elsewhere", key.transfer(other),
              ["--checkpoint", held]),
             ("cut by an entry against a head from elsewhere", key.transfer(lines[:-1]), ["--checkpoint", held]),
             ("with an entry less", key.transfer(lines[:at] + lines[at + 1:]), []),
             ("with an entry behind its signed head",
              ("\n".join(lines) + "\n" + key.end(lines[:-1])).encode(), []),
             ("without its beginning", key.transfer(lines, 1), []),
             ("of a stranger against the lane's key", STRANGER.transfer(
                 [changed(t, lane=STRANGER.lane) for t in lines]), ["--key", key.vkey()]),
             ("empty", b"", []), ("of words", b"zqxj\n", [])]
    cases += [(name, content, []) for name, content, _, _ in head_cases(lines, key)]
    for name, content, args in cases:
        done = verify(content, *args)
        check(f"a copy {name} is found", done.code in (CHECK, DATA) and done.out == b"" and done.err, done)
        check(f"a copy {name}: no crash, no echo", done.code >= 0 and "zqxj" not in done.err, done)
    for name, content in (("of words", "zqxj\n"), ("empty", ""), ("of another lane", STRANGER.note(1, bytes(32))),
                          ("with a forged root", key.note(len(lines), bytes(32)))):
        done = verify(key.transfer(lines), "--checkpoint", world.write("held.txt", content))
        check(f"a held head {name} is no proof", done.code in (CHECK, DATA) and done.out == b"", done)


def witness(world):
    """POST /add-checkpoint, as C2SP tlog-witness has it."""
    hub = Hub(world, "witness")
    daemon = world.serve_hub(hub.data)
    address = daemon.addresses["hub"]
    key = Key(bytes(range(3, 35)))
    lines = [f"leaf {i}" for i in range(9)]
    def ask(body):
        return send(address, "POST", "/add-checkpoint", body if isinstance(body, int) else body.encode(),
                    [("Content-Type", "text/plain")])
    def note(size):
        return key.note(size, root_of(lines[:size]))
    same("a log that nobody told of is not known", ask(f"old 0\n\n{note(3)}").status, 404)
    refused("a log's key of words", world.hub("witness", "add", "--data", hub.data, "--key", "zqxj"), DATA, "key")
    same("a log is added", world.hub("witness", "add", "--data", hub.data, "--key", key.vkey()).code, OK)
    good = note(3)
    sig = good.rsplit(" ", 1)[1]
    forged = good.replace(sig, sig[:20] + ("A" if sig[20] != "A" else "B") + sig[21:])
    rows = [("empty", "", 400), ("of words", "zqxj zqxj\n", 400), ("without old", f"\n{good}", 400),
            ("with old below 0", f"old -1\n\n{good}", 400), ("with old of words", f"old zqxj\n\n{good}", 400),
            ("with old 00", f"old 00\n\n{good}", 400), ("without an empty line", f"old 0\n{good}", 400),
            ("with old larger than the head", f"old 4\n\n{good}", 400),
            ("with a proof of words", f"old 0\nzqxj\n\n{good}", 400),
            ("with 64 lines of proof", "old 1\n" + f"{base64_of(bytes(32))}\n" * 64 + f"\n{good}", 400),
            ("without a note", "old 0\n\n", 400), ("with a note cut", f"old 0\n\n{good[:-20]}", 400),
            ("of a stranger", f"old 0\n\n{STRANGER.note(3, root_of(lines[:3]))}", 404),
            ("with a forged signature", f"old 0\n\n{forged}", 403),
            ("without a signature", f"old 0\n\n{good.split(chr(10) * 2, maxsplit=1)[0]}\n\n", 400),
            ("with a proof for nothing", f"old 0\n{base64_of(bytes(32))}\n\n{good}", 422),
            ("of a head that it has not seen", f"old 2\n\n{good}", 409), ("absurdly large", 10**9, 413)]
    def refuses(name, body, status):
        answer = ask(body)
        check(f"a request {name} answers {status}", answer.status == status and "zqxj" not in answer.text()
              and "— " not in answer.text() and daemon.alive(), f"{answer.status} {answer.text()[:200]}")
        return answer
    for name, body, status in rows:
        refuses(name, body, status)
    taken = ask(f"old 0\n\n{good}")
    check("a good first head is cosigned", taken.status == 200 and taken.text().startswith("— hailong/"),
          taken.text())
    answer = refuses("that begins from nothing again", f"old 0\n\n{note(5)}", 409)
    same("and says what it has seen", (answer.headers.get("content-type"), answer.text()),
         ("text/x.tlog.size", "3\n"))
    refuses("with another root of the same size", f"old 3\n\n{key.note(3, bytes(32))}", 409)
    refuses("without its proof", f"old 3\n\n{note(4)}", 422)
    refuses("with a wrong proof", f"old 3\n{base64_of(bytes(32))}\n\n{note(4)}", 422)
    refuses("backwards", f"old 3\n\n{note(2)}", 400)
    proof = [root_of(lines[2:3]), root_of(lines[3:4]), root_of(lines[:2])]
    same("and a good one", ask("old 3\n" + "".join(f"{base64_of(x)}\n" for x in proof) + f"\n{note(4)}").status, 200)
    for method in ("GET", "PUT", "DELETE"):
        same(f"/add-checkpoint by {method}", send(address, method, "/add-checkpoint").status, 405)
    raw = b"\4" + key.public
    cosigner = f"zqxj.example+{curve.key_id('zqxj.example', raw).hex()}+{base64_of(raw)}"
    for name, vkey, says in (("cut", key.vkey()[:-3], "key"), ("with another id", key.vkey().replace("+", "+0", 1), "key"),
                             ("of zeros", "zqxj+00000000+AQ==", "key")):
        refused(f"a witness's key {name}", world.hub("witness", "trust", "--data", hub.data, "--key", vkey), DATA,
                says)
    same("a witness's key is good", world.hub("witness", "trust", "--data", hub.data, "--key", cosigner).code, OK)
    same("the hub stops cleanly", daemon.stop(), OK)
    check("its log has no failure", "<3>" not in daemon.log() and "zqxj zqxj" not in daemon.log(),
          daemon.log()[-300:])
    same("and is whole", world.hub("verify", "--data", hub.data).code, OK)


def hub_backup(world):
    """A hub's backup has no secret and no phrase that waits."""
    data = world.new_hub("hub-kept")
    phrase = world.must(world.hub_program, "join", "--data", data, "--unit", UNIT)
    backup = world.path("hub.backup")
    same("a hub's backup", world.hub("backup", "--data", data, "--to", backup).code, OK)
    with open(backup, "rb") as file:
        whole = file.read()
    check("no phrase is in it", phrase.encode() not in whole and phrase.replace("-", "").encode() not in whole)
    refused("a second one does not overwrite it", world.hub("backup", "--data", data, "--to", backup), CHECK,
            "already")
    done = world.hub("witness", "export", "--data", data, "--to", backup)
    with open(backup, "rb") as file:
        check("nor does a file for a witness", file.read() == whole, done)
    refused("a kit without its key", world.hub("kit", "--data", data, "--lane", "00" * 16), USAGE, "--for")


def run(world):
    """All of it."""
    backups(world)
    copies(world)
    witness(world)
    hub_backup(world)
