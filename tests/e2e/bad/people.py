# SPDX-License-Identifier: MIT
"""People of a hub: users, proposals of two, answers and setups sent to a kiosk."""

import json

from . import forms
from .harness import CHECK, DATA, IO, OK, UNIT, USAGE, check, example_setup, post, refused, same

PASSPHRASES = {"Nguyễn Thị Ô": "zqxj con trâu đi trước", "Trần Văn Hát": "zqxj cái cày theo sau",
               "Lê Xem": "zqxj ruộng bậc thang xa", "Phạm Soát": "zqxj mùa gặt đến rồi",
               "Hoàng Nơi Khác": "zqxj bên kia con sông"}
OFFICER, HEAD, VIEWER, AUDITOR, ELSEWHERE = PASSPHRASES
NOBODY = "00" * 16


class Office:
    """A served hub and a served kiosk that is enrolled at it and has sent answers and comments."""

    def __init__(self, world):
        self.world = world
        setup = example_setup()
        setup["units"].append({"code": "19001", "name": "Xã Một", "kind": "xã", "parent": "19"})
        self.hub = world.new_hub("people", world.write("people.json", setup))
        self.hub_daemon = world.serve_hub(self.hub)
        data = world.new_kiosk("asked")
        url = f"http://{self.hub_daemon.addresses['hub']}"
        self.phrase = world.must(world.hub_program, "join", "--data", self.hub, "--unit", UNIT)
        world.must(world.kiosk_program, "enrol", "--data", data, "--hub", url, "--phrase", self.phrase)
        self.kiosk = forms.Kiosk(world, data)
        for level in "545":
            form = self.kiosk.open(f"/P/{self.kiosk.poster}/HT")
            post(self.kiosk.phone, "/api/v1/responses", {**form, "overall": level})
            post(self.kiosk.phone, "/api/v1/texts", {"token": form["token"], "text": f"zqxj {level}"})
        form = self.kiosk.open(f"/P/{self.kiosk.poster}/CT")
        post(self.kiosk.phone, "/api/v1/texts", {
            "token": form["token"], "text": "zqxj kiến nghị", "kind": "petition",
            "contact_name": "Zqxj Văn A", "contact_phone": "0912 000 zqxj"})
        world.must(world.kiosk_program, "seal", "--data", self.kiosk.data)
        world.must(world.kiosk_program, "sync", "--data", self.kiosk.data)
        entries = [json.loads(line) for line in world.lines(self.kiosk.data)]
        self.lane = entries[0]["lane"]
        self.ids = {kind: [e["id"] for e in entries if e["kind"] == kind]
                    for kind in ("response", "comment", "petition")}
        same("answers, comments and a petition are there",
             {kind: len(ids) for kind, ids in self.ids.items()},
             {"response": 3, "comment": 3, "petition": 1})

    def run(self, command, *args):
        """A command of the hub."""
        return self.world.hub(command, "--data", self.hub, *args)

    def act(self, who, command, *args, passphrase=None):
        """A command in somebody's name."""
        path = self.world.write("passphrase", passphrase or PASSPHRASES.get(who, "zqxj zqxj zqxj"))
        return self.run(command, "--user", who, "--passphrase-file", path, *args)

    def add(self, name, role, *more, passphrase=None):
        """user add."""
        if passphrase is None:
            passphrase = PASSPHRASES.get(name, "zqxj zqxj zqxj")
        path = self.world.write("passphrase", passphrase)
        return self.run("user", "add", "--name", name, "--role", role, "--passphrase-file", path, *more)

    def state(self):
        """People, proposals, and what stands in the ledger."""
        return [self.run(*command).out for command in
                (("user", "list"), ("proposals", "--json"), ("status", "--format", "json"))]

    def proposed(self):
        """The proposals' numbers."""
        made = json.loads(self.run("proposals", "--json").out)
        rows = made if isinstance(made, list) else made["proposals"]
        return [row.get("n", row.get("id", row.get("proposal"))) for row in rows]


def users(office):
    """Names, roles, passphrases and units that are none."""
    long = "z" * 400
    before = office.state()
    rows = [("without a name", ["add", "--role", "head"], USAGE, "--name is missing"),
            ("without a role", ["add", "--name", "Zqxj"], USAGE, "--role is missing"),
            ("without a passphrase", ["add", "--name", "Zqxj", "--role", "head"], USAGE, "no terminal"),
            ("without an act", [], USAGE, "add\\|list\\|remove"),
            ("with an unknown act", ["zqxj"], USAGE, "user add, user list or user remove"),
            ("with two acts", ["list", "add"], USAGE, "number of arguments"),
            ("to remove nobody", ["remove"], USAGE, "--name is missing"),
            ("to remove a stranger", ["remove", "--name", "Zqxj"], IO, "no person")]
    for name, args, code, says in rows:
        refused(f"user {name}", office.run("user", *args), code, says)
    for name, done, says in (
            ("of an unknown role", office.add("Zqxj", "king"), "role must be"),
            ("of a role in upper case", office.add("Zqxj", "HEAD"), "role must be"),
            ("of an unknown unit", office.add("Zqxj", "head", "--unit", "99999"), "unit"),
            ("with a long name", office.add(long, "head"), "too long|name must"),
            ("with a short passphrase", office.add("Zqxj", "head", passphrase="zqxj"), "12 to 128"),
            ("with an empty passphrase", office.add("Zqxj", "head", passphrase="\n"), "12 to 128"),
            ("with no line at all", office.add("Zqxj", "head", passphrase=b""), "no passphrase|12 to 128"),
            ("with a passphrase of 129", office.add("Zqxj", "head", passphrase="z q" * 43), "12 to 128"),
            ("with a long passphrase", office.add("Zqxj", "head", passphrase=long * 9), "too long"),
            ("with a passphrase of bytes", office.add("Zqxj", "head", passphrase=b"\xff" * 20), "UTF-8"),
            ("with a common passphrase", office.add("Zqxj", "head", passphrase="123456789012"), "tried first"),
            ("with the name as passphrase", office.add("Zqxjzqxj zqxj", "head", passphrase="Zqxjzqxj zqxj"),
             "passphrase")):
        refused(f"user {name}", done, DATA, says)
    for name in ("a\nb", "a\u202eb", ""):
        done = office.add(name, "head")
        check(f"user of the name {name!r}", done.code in (USAGE, DATA), done)
    refused("user with a passphrase file that is not there", office.run(
        "user", "add", "--name", "Zqxj", "--role", "head", "--passphrase-file", "zqxj"), IO, "opened")
    same("nobody came of that", office.state(), before)
    for name, role, *more in ((OFFICER, "officer"), (HEAD, "head"), (VIEWER, "viewer"), (AUDITOR, "auditor"),
                              (ELSEWHERE, "head", "--unit", "19001")):
        same(f"a person is added: {role}", office.add(name, role, *more).code, OK)
    refused("a second person of a name", office.add(HEAD, "admin"), CHECK, "is a person")
    shown = office.run("user", "list").out.decode()
    check("the list names them and shows no secret", all(n in shown for n in PASSPHRASES)
          and "zqxj" not in shown and "$argon2" not in shown, shown)


def proposals(office):
    """What cannot be proposed, and by whom not."""
    response, comment = office.ids["response"][0], office.ids["comment"][0]
    before = office.state()
    for command in ("flag", "void", "unflag", "unvoid"):
        good = ["--id", response, "--reason", "thử"]
        rows = [("an unknown id", ["--id", NOBODY, *good[2:]], DATA, "no response"),
                ("no id", good[2:], USAGE, "--id is missing"), ("no reason", good[:2], USAGE, "--reason"),
                ("a short id", ["--id", response[2:], *good[2:]], DATA, "--id must be"),
                ("an id in upper case", ["--id", "AB" * 16, *good[2:]], DATA, "--id|no response"),
                ("an id twice", ["--id", response, *good], (CHECK, DATA), "--id must be|so already"),
                ("a comment's id", ["--id", comment, *good[2:]], DATA, "no response"),
                ("65 ids", [x for i in range(65) for x in ("--id", f"{i:032x}")] + good[2:], DATA,
                 "--id must be|no response"),
                ("an empty reason", ["--id", response, "--reason", ""], USAGE, "--reason"),
                ("a long reason", ["--id", response, "--reason", "z" * 600], DATA, "--reason must be"),
                ("a field", [*good, "--field", "text"], USAGE, "does not take --field")]
        for name, args, code, says in rows:
            done = office.act(OFFICER, command, *args)
            code = done.code if isinstance(code, tuple) and done.code in code else code
            refused(f"{command} with {name}", done, code, says)
        for name, who, passphrase, says in (
                ("a viewer", VIEWER, None, "viewer may not"), ("an auditor", AUDITOR, None, "may not"),
                ("somebody of another unit", ELSEWHERE, None, "unit"),
                ("a stranger", "Zqxj", None, "name or the passphrase is wrong"),
                ("the wrong passphrase", OFFICER, "zqxj con trâu đi sau", "name or the passphrase"),
                ("another one's passphrase", OFFICER, PASSPHRASES[HEAD], "name or the passphrase")):
            refused(f"{command} by {name}", office.act(who, command, *good, passphrase=passphrase), CHECK,
                    says)
    refused("unvoid of what is not void", office.act(
        OFFICER, "unvoid", "--id", response, "--reason", "thử"), CHECK, "so already")
    good = ["--id", comment, "--field", "text", "--reason", "personal_data"]
    for name, args, code, says in (
            ("no field", good[:2] + good[4:], USAGE, "--field"), ("no id", good[2:], USAGE, "--id"),
            ("no reason", good[:4], USAGE, "--reason"),
            ("a strange field", [*good[:2], "--field", "zqxj", *good[4:]], DATA, "no such text"),
            ("a comment's contact", [*good[:2], "--field", "contact", *good[4:]], DATA, "no such text"),
            ("a response's id", ["--id", response, *good[2:]], DATA, "no such text"),
            ("an unknown id", ["--id", NOBODY, *good[2:]], DATA, "no such text"),
            ("two ids", ["--id", office.ids["comment"][1], *good], DATA, "one id"),
            ("a reason in words", [*good[:5], "thử"], DATA, "personal_data, law")):
        refused(f"redact with {name}", office.act(OFFICER, "redact", *args), code, says)
    for who in (VIEWER, AUDITOR, ELSEWHERE):
        refused(f"redact by {who}", office.act(who, "redact", *good), CHECK, "may not|unit")
    same("nothing came of that", office.state(), before)


def confirmations(office):
    """Two people, each proposal once."""
    response, comment = office.ids["response"][0], office.ids["comment"][0]
    redact = ["--id", comment, "--field", "text", "--reason", "personal_data"]
    same("an officer proposes", office.act(OFFICER, "redact", *redact).code, OK)
    same("a head proposes", office.act(HEAD, "void", "--id", response, "--reason", "thử máy").code, OK)
    one, two = (str(n) for n in sorted(office.proposed()))
    before = office.state()
    for name, who, number, code, says in (
            ("an officer's own", OFFICER, one, CHECK, "may not"), ("a head's own", HEAD, two, CHECK, "another"),
            ("by a viewer", VIEWER, one, CHECK, "may not"), ("by somebody of another unit", ELSEWHERE, one,
                                                           CHECK, "unit"),
            ("of no number", HEAD, "9999", IO, "no proposal"), ("of number 0", HEAD, "0", USAGE, "--proposal"),
            ("of words", HEAD, "zqxj", USAGE, "--proposal"), ("by a stranger", "Zqxj", one, CHECK, "wrong")):
        refused(f"confirm {name}", office.act(who, "confirm", "--proposal", number), code, says)
    refused("confirm without a number", office.act(HEAD, "confirm"), USAGE, "--proposal is missing")
    refused("refuse by a viewer", office.act(VIEWER, "refuse", "--proposal", one), CHECK, "may not")
    same("nothing came of that", office.state(), before)
    same("the head confirms", office.act(HEAD, "confirm", "--proposal", one).code, OK)
    same("the auditor refuses the other", office.act(AUDITOR, "refuse", "--proposal", two).code, OK)
    before = office.state()
    for command in ("confirm", "refuse"):
        for number in (one, two):
            refused(f"{command} of what is done", office.act(AUDITOR, command, "--proposal", number), CHECK, ".")
    done = office.act(OFFICER, "redact", *redact)
    check("erased text cannot be erased again", done.code in (CHECK, DATA), done)
    for command in (["quarantine"], ["quarantine", "zqxj"], ["quarantine", "accept"]):
        refused(f"{' '.join(command)} is not enough", office.run(*command), USAGE, "quarantine|--lane")
    for lane, code in ((NOBODY, DATA), ("zqxj", DATA), (office.lane, DATA)):
        done = office.act(OFFICER, "quarantine", "accept", "--lane", lane)
        check("accepting a tail that is not there", done.code in (code, IO, CHECK) and done.err, done)
    same("nothing more came of that", office.state(), before)


def messages(office):
    """What the hub cannot send to a kiosk."""
    petition = office.ids["petition"][0]
    before = office.state()
    text = office.world.write("answer.txt", "Xin cảm ơn")
    for name, args, code, says in (
            ("a comment", ["--petition", office.ids["comment"][0], "--text-file", text], IO, "no petition"),
            ("an empty text", ["--petition", petition, "--text-file", "/dev/null"], DATA, "1 to 8000"),
            ("a text over the limit", ["--petition", petition, "--text-file",
                                       office.world.write("long.txt", "z" * 8001)], DATA, "limit|8000"),
            ("Latin-1", ["--petition", petition, "--text-file", office.world.write("l1.txt", b"\xe1 zqxj")],
             DATA, "text|UTF-8"),
            ("control characters", ["--petition", petition, "--text-file",
                                    office.world.write("c.txt", "a\x1b[2J zqxj")], DATA, "text|control")):
        refused(f"answer with {name}", office.run("answer", *args), code, says)
    good = example_setup(version=2)
    for name, setup, code, says in (
            ("the same version", example_setup(), CHECK, "version.*larger"),
            ("another unit", example_setup(version=2, unit="19001", units=[
                {"code": "19001", "name": "X", "kind": "xã"}]), CHECK, "another unit"),
            ("no trial", example_setup(version=2, trial=False), CHECK, "trial"),
            ("sample data", example_setup(version=2, sample=True), CHECK, "sample"),
            ("a fault", {**good, "areas": []}, DATA, "areas"),
            ("a version of words", {**good, "version": "zqxj"}, DATA, "version"),
            ("a list", [], DATA, "setup")):
        refused(f"send-setup with {name}", office.run(
            "send-setup", "--lane", office.lane, "--setup", office.world.write("s.json", setup)), code, says)
    same("nothing was sent", office.state(), before)
    same("a good answer is sent", office.run("answer", "--petition", petition, "--text-file", text).code, OK)
    same("and a good setup", office.run("send-setup", "--lane", office.lane, "--setup",
                                        office.world.write("s.json", good)).code, OK)
    same("the kiosk takes both", office.world.kiosk("sync", "--data", office.kiosk.data).code, OK)


def locked(office):
    """Who guesses is held up, and so is then the right one."""
    for _ in range(10):
        done = office.act(AUDITOR, "confirm", "--proposal", "1", passphrase="zqxj sai sai sai")
        if "too many" in done.err:
            break
    refused("guessing is held up", done, CHECK, "too many wrong passphrases")
    refused("then the right passphrase waits too", office.act(AUDITOR, "confirm", "--proposal", "1"), CHECK,
            "too many wrong passphrases")
    same("others are not", office.act(HEAD, "flag", "--id", office.ids["response"][1], "--reason", "x").code, OK)


def run(world):
    """All of it, through the hub that serves."""
    office = Office(world)
    users(office)
    proposals(office)
    confirmations(office)
    messages(office)
    locked(office)
    for daemon, name in ((office.kiosk.daemon, "kiosk"), (office.hub_daemon, "hub")):
        same(f"the {name} stops cleanly", daemon.stop(), OK)
        log = daemon.log()
        check(f"the {name}'s log has no failure, no passphrase, phrase or words",
              "<3>" not in log and "zqxj" not in log.lower() and office.phrase not in log, log[-400:])
    same("the kiosk is whole", world.kiosk("verify", "--data", office.kiosk.data).code, OK)
    same("figures and lanes agree", world.hub("verify", "--data", office.hub).code, OK)
