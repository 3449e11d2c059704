# SPDX-License-Identifier: MIT
"""The command lines of both programs, damaged setups, and folders that are none."""

import base64
import hashlib
import os
import socket
import stat

from .harness import (AGAIN, CHECK, DATA, IO, OK, SETUP, UNIT, USAGE, check, example_setup, refused,
                      same)

LONG = "z" * 1025  # one more than an option may have


def listing(program, commands, options):
    """What every command line shares: (name, arguments, what stderr says); all exit 2."""
    rows = [("no command", [], "say what to do"),
            ("an unknown command", ["zqxj"], "say what to do.*one of"),
            ("a command in upper case", ["STATUS"], "say what to do"),
            ("an empty command", [""], "say what to do"),
            ("an unknown option alone", ["--zqxj"], "no option"),
            ("a short option", ["-d", "x"], "no option"),
            ("an abbreviated option", ["status", "--dat", "x"], "no option.*--data"),
            ("an option in upper case", ["status", "--DATA", "x"], "no option")]
    for command in commands:
        rows += [(f"{command}: an unknown option", [command, "--zqxj"], "no option.*--data"),
                 (f"{command}: --data without a value", [command, "--data"], "--data needs a value"),
                 (f"{command}: --data followed by an option", [command, "--data", "--config", "x"],
                  "--data needs a value"),
                 (f"{command}: --data empty", [command, "--data", "", *options.get(command, [])],
                  "--data"),
                 (f"{command}: --data missing", [command, *options.get(command, [])], "--data"),
                 (f"{command}: --data too long", [command, "--data", LONG], "--data.*1024"),
                 (f"{command}: --data not UTF-8", [command, "--data", b"\xff"], "--data.*UTF-8"),
                 (f"{command}: a strange argument", [command, "--data", "x", "zqxj", "zqxj"],
                  "no arguments|number of arguments"),
                 (f"{command}: --config without a value", [command, "--config"], "--config")]
    return [(f"{program} {name}", arguments, says) for name, arguments, says in rows]


KIOSK_COMMANDS = ["init", "serve", "pair", "slip", "poster", "sync", "export", "verify", "status",
                  "seal", "checkpoint", "visits", "clock", "backup", "enrol", "setup", "slips",
                  "sample"]
HUB_COMMANDS = ["init", "serve", "join", "report", "verify", "status", "key", "devices", "setup",
                "send-setup", "answer", "redact", "flag", "unflag", "void", "unvoid", "confirm",
                "refuse", "proposals", "backup", "kit"]
KIOSK_NEEDS = {"visits": ["--area", "HT", "--count", "1"], "init": ["--setup", SETUP],
               "slip": ["--area", "HT"], "pair": ["--desk"], "backup": ["--to", "zqxj/zqxj"],
               "enrol": ["--hub", "https://127.0.0.1:1", "--phrase", "0000-" * 5 + "0000"],
               "setup": ["--setup", SETUP], "slips": ["--accept-gap"]}
NOBODY = "00" * 16  # no lane, no entry
# The first line of that file is no passphrase of anybody.
ACTS = ["--user", "Zqxj", "--passphrase-file", SETUP]
CORRECTS = [*ACTS, "--id", NOBODY, "--reason", "law"]
HUB_NEEDS = {"init": ["--setup", SETUP], "join": ["--unit", UNIT], "setup": ["--setup", SETUP],
             "report": ["--unit", UNIT, "--period", "2026"], "backup": ["--to", "zqxj/zqxj"],
             "send-setup": ["--lane", NOBODY, "--setup", SETUP],
             "answer": ["--petition", NOBODY, "--text-file", SETUP],
             "redact": [*CORRECTS, "--field", "text"], "confirm": [*ACTS, "--proposal", "1"],
             "refuse": [*ACTS, "--proposal", "1"], "kit": ["--lane", NOBODY, "--for", "zqxj"],
             **{name: CORRECTS for name in ("flag", "unflag", "void", "unvoid")}}

# (arguments behind --data, exit code, what stderr says) for a kiosk that is there.
KIOSK_ROWS = [
    (["pair"], USAGE, "counter or.*desk"),
    (["pair", "--counter", "1", "--desk"], USAGE, "counter or.*desk"),
    (["pair", "--counter", ""], USAGE, "--counter is empty"),
    (["pair", "--counter", "9"], DATA, "no such counter"),
    (["pair", "--counter", "zqxj"], DATA, "no such counter"),
    (["pair", "--desk=maybe"], USAGE, "--desk must be true or false"),
    (["slip"], USAGE, "--area is missing"),
    (["slip", "--area", ""], USAGE, "--area is empty; give it a CODE"),
    (["slip", "--area"], USAGE, "--area needs a value"),
    (["slip", "--area", "ZZ"], DATA, "area"),
    (["slip", "--area", "ht"], DATA, "area"),
    (["slip", "--area", "HT", "--counter", "9"], DATA, "counter"),
    (["slip", "--area", "HT", "--step", "zqxj"], USAGE, "step must be intake"),
    (["slip", "--area", "HT", "--step", ""], USAGE, "--step is empty"),
    (["slip", "--area", "HT", "--format", "pdf"], USAGE, "--format must be url"),
    (["slip", "--area", "HT", "--format", ""], USAGE, "--format is empty"),
    (["slip", "--area", "HT", "--format", "json"], USAGE, "--format must be url"),
    (["slip", "--area", "HT", "--dossier", "z" * 65], DATA, "dossier.*longer than 64"),
    (["slip", "--area", "HT", "--dossier", "a\nb"], USAGE, "--dossier must be"),
    (["slip", "--area", "HT", "--dossier", "a\u202eb"], USAGE, "--dossier must be"),
    (["slip", "--area", "HT", "--days", "3"], USAGE, "slip does not take --days"),
    (["slip", "--area", "HT", "--replace=2"], USAGE, "--replace must be true"),
    (["poster", "--counter", "9"], DATA, "no such counter"),
    (["poster", "--format", "pdf"], USAGE, "--format must be url"),
    (["poster", "--area", "HT"], USAGE, "poster does not take --area"),
    (["enrol"], USAGE, "--hub is missing"),
    (["enrol", "--hub", "https://127.0.0.1:1"], USAGE, "--phrase is missing"),
    (["enrol", "--hub", "ftp://127.0.0.1", "--phrase", "zqxj"], USAGE, "--hub must begin"),
    (["enrol", "--hub", "https://127.0.0.1:1", "--phrase", "zqxj"], DATA, "six groups"),
    (["setup"], USAGE, "--setup is missing"),
    (["setup", "--setup", SETUP], CHECK, "version.*larger"),
    (["setup", "--setup", "zqxj"], IO, "zqxj"),
    (["setup", "--setup", "/bin/cat"], DATA, "text|UTF-8|setup"),
    (["enrol", "--hub", "https://127.0.0.1:1", "--phrase", ""], USAGE, "--phrase is empty"),
    (["enrol", "--hub", "https://127.0.0.1:1", "--phrase", "-"], DATA, "no phrase came"),
    (["enrol", "--hub", "https://127.0.0.1:1", "--phrase", "0000-" * 5 + "000U"], DATA, "six groups"),
    (["enrol", "--hub", "https://127.0.0.1:1", "--phrase", "0000-" * 6 + "0000"], DATA, "six groups"),
    (["enrol", "--hub", "https://127.0.0.1:1", "--phrase", "z" * 200], DATA, "too long|six groups"),
    (["enrol", "--hub", "https://127.0.0.1:1", "--phrase", "a\nb"], USAGE, "--phrase must be"),
    (["enrol", "--hub", "https://127.0.0.1:1", "--phrase", "0000-" * 5 + "0000"], AGAIN, "hub"),
    (["seal", "--format", "pdf"], USAGE, "--format must be text or svg"),
    (["seal", "--format", ""], USAGE, "--format is empty"),
    (["seal", "--area", "HT"], USAGE, "seal does not take --area"),
    (["checkpoint", "--format", "json"], USAGE, "checkpoint does not take --format"),
    (["visits"], USAGE, "--area and --count"),
    (["visits", "--area", "HT"], USAGE, "--area and --count"),
    (["visits", "--count", "5"], USAGE, "--area and --count"),
    (["visits", "--area", "ZZ", "--count", "1"], DATA, "area"),
    (["visits", "--area", "HT", "--count", "0"], USAGE, "--count must be.*1 to 100000"),
    (["visits", "--area", "HT", "--count", "100001"], USAGE, "--count must be.*1 to 100000"),
    (["visits", "--area", "HT", "--count", "1.5"], USAGE, "--count must be.*1 to 100000"),
    (["visits", "--area", "HT", "--count", ""], USAGE, "--count must be.*1 to 100000"),
    (["visits", "--area", "HT", "--count", "1", "--step", "zqxj"], USAGE, "step must be intake"),
    *((["visits", "--area", "HT", "--count", "1", "--hour", hour], DATA, "hour")
      for hour in ("zqxj", "2026-11-03", "2026-02-30T09+07", "2026-11-03T24+07", "2026-11-03T09Z",
                   "2099-01-01T00+07", "0000-01-01T00+07")),
    (["clock", "--confirm=maybe"], USAGE, "--confirm must be true or false"),
    (["clock", "--format", "json"], USAGE, "clock does not take --format"),
    (["slips"], USAGE, "--accept-gap"),
    (["slips", "--accept-gap"], CHECK, "no slips are waiting"),
    (["backup"], USAGE, "--to"),
    (["backup", "--to", ""], USAGE, "--to"),
    (["backup", "--to", "schema"], CHECK, "already"),
    (["backup", "--to", SETUP], CHECK, "already"),
    (["backup", "--to", "zqxj/zqxj"], IO, "zqxj"),
    (["restore"], USAGE, "--from or --kit"),
    (["restore", "--from", "zqxj"], IO, "zqxj"),
    (["restore", "--kit", "zqxj"], IO, "zqxj"),
    (["restore", "--kit", SETUP], DATA, "no kit"),
    (["export", "--seal-to", "zqxj"], IO, "zqxj"),
    (["export", "--seal-to", ""], USAGE, "--seal-to"),
    (["export", "--seal-to", SETUP], DATA, "hailong-box"),
    (["export", "--since", "99999"], USAGE, "behind the journal's end"),
    (["verify", "--key", "zqxj"], DATA, "no key"),
    (["verify", "--key", SETUP], DATA, "no key"),
    (["verify", "--witness", "zqxj"], DATA, "no key"),
    (["verify", "--witness", ""], USAGE, "--witness"),
    (["witness"], USAGE, "--key is missing"),
    (["witness", "--key", "zqxj"], DATA, "no key"),
    (["verify", "--checkpoint", "zqxj"], IO, "zqxj"),
    (["verify", "--checkpoint", SETUP], CHECK, "no signed head"),
    (["verify", "--file", SETUP], CHECK, "no signed checkpoint"),
    (["verify", "--file", "zqxj"], IO, "zqxj"),
    (["verify", "--file", "schema"], IO, "folder|directory"),
    (["sync"], USAGE, "--hub"),
    (["sync", "--hub", "zqxj"], USAGE, "--hub must be"),
    (["sync", "--hub", "ftp://127.0.0.1"], USAGE, "--hub must be"),
    (["sync", "--hub", "http://127.0.0.1:1"], CHECK, "not enrolled.*hailong-kiosk enrol"),
    (["export", "--since", "zqxj"], USAGE, "--since must be a whole number"),
    (["export", "--since", "-1"], USAGE, "--since must be a whole number"),
    (["export", "--since", "1.5"], USAGE, "--since must be a whole number"),
    (["export", "--since", "9223372036854775807"], USAGE, "--since must be a whole number"),
    (["export", "--since", ""], USAGE, "--since must be a whole number"),
    (["export", "--format", "json"], USAGE, "export does not take --format"),
    (["status", "--format", "csv"], USAGE, "--format must be text or json"),
    (["verify", "--since", "1"], USAGE, "verify does not take --since"),
    (["serve", "--log-level", "6"], USAGE, "--log-level must be"),
    (["serve", "--log-level", "loud"], USAGE, "--log-level must be"),
    (["sample", "--days", "0"], USAGE, "--days must be.*1 to 1000"),
    (["sample", "--days", "1001"], USAGE, "--days must be.*1 to 1000"),
]
HUB_ROWS = [
    (["join"], USAGE, "--unit is missing"),
    (["join", "--unit", "99999"], DATA, "no unit"),
    (["join", "--unit", "zqxj"], DATA, "no unit"),
    (["join", "--unit", UNIT, "--replaces", "zqxj"], DATA, "no kiosk with that lane"),
    (["join", "--unit", UNIT, "--replaces", NOBODY], DATA, "no kiosk with that lane"),
    (["key", "zqxj"], USAGE, "no arguments"),
    (["devices", "--json=maybe"], USAGE, "--json must be true or false"),
    (["device", "--lane", NOBODY], USAGE, "suspend\\|resume\\|retire"),
    (["device", "suspend"], USAGE, "--lane is missing"),
    (["device", "--lane", NOBODY, "zqxj"], USAGE, "suspend, resume or retire"),
    (["device", "--lane", NOBODY, "suspend", "resume"], USAGE, "number of arguments"),
    *((["device", "--lane", lane, act], IO, "no kiosk with that lane")
      for act in ("suspend", "resume", "retire") for lane in (NOBODY, "zqxj", NOBODY[2:])),
    (["send-setup"], USAGE, "--lane is missing"),
    (["send-setup", "--lane", NOBODY], USAGE, "--setup is missing"),
    (["send-setup", "--lane", NOBODY, "--setup", SETUP], IO, "no kiosk with that lane"),
    (["send-setup", "--lane", NOBODY, "--setup", "zqxj"], IO, "zqxj"),
    (["send-setup", "--lane", NOBODY, "--setup", "/bin/cat"], DATA, "no text"),
    (["answer"], USAGE, "--petition is missing"),
    (["answer", "--petition", NOBODY], USAGE, "--text-file is missing"),
    (["answer", "--petition", "zqxj", "--text-file", SETUP], USAGE, "--petition must be"),
    (["answer", "--petition", NOBODY, "--text-file", SETUP], IO, "no petition"),
    (["answer", "--petition", NOBODY, "--text-file", "zqxj"], IO, "zqxj"),
    (["answer", "--petition", NOBODY, "--text-file", "/dev/null"], DATA, "an answer must be"),
    (["answer", "--petition", NOBODY, "--text-file", "/bin/cat"], DATA, "limit|text"),
    (["backup"], USAGE, "--to is missing"),
    (["backup", "--to", ""], USAGE, "--to"),
    (["backup", "--to", "schema"], CHECK, "already"),
    (["backup", "--to", SETUP], CHECK, "already"),
    (["backup", "--to", "zqxj/zqxj"], IO, "zqxj"),
    (["kit", "--lane", NOBODY], USAGE, "--for is missing"),
    (["kit", "--for", "zqxj"], USAGE, "--lane or --from"),
    (["kit", "--lane", NOBODY, "--for", "zqxj"], IO, "no kit"),
    (["kit", "--from", "zqxj", "--for", "zqxj"], IO, "zqxj"),
    (["kit", "--from", SETUP, "--for", "zqxj"], DATA, "not a database|no backup"),
    (["witness"], USAGE, "number of arguments"),
    (["witness", "zqxj"], USAGE, "add, remove, trust, distrust, list"),
    *((["witness", act], USAGE, "--key is missing") for act in ("add", "remove", "trust", "distrust")),
    *((["witness", act, "--key", "zqxj"], DATA, "no key of the form")
      for act in ("add", "remove", "trust", "distrust")),
    (["witness", "export"], USAGE, "--to is missing"),
    (["witness", "export", "--to", "zqxj/zqxj"], IO, "zqxj|file"),
    (["witness", "sign"], USAGE, "needs a file"),
    (["witness", "sign", SETUP], USAGE, "--to is missing"),
    (["witness", "import"], USAGE, "needs a file"),
    (["witness", "import", "zqxj"], IO, "found"),
    (["witness", "import", SETUP], DATA, "."),
    *((["witness", act, "zqxj"], USAGE, "argument|file") for act in ("list", "keys")),
    (["import"], USAGE, "import FILE"),
    (["import", "a", "b"], USAGE, "import FILE"),
    (["import", "--paper"], USAGE, "import FILE"),
    (["import", "zqxj"], IO, "import"),
    (["import", "--paper", "zqxj"], IO, "import"),
    (["import", "--skip-bad", SETUP], USAGE, "--skip-bad goes with --paper"),
    (["import", "--entered-by", "zqxj", SETUP], USAGE, "--entered-by goes with --paper"),
    (["import", "schema"], IO, "folder|directory"),
    (["import", "--paper", "schema"], IO, "folder|directory"),
    (["report"], USAGE, "--unit is missing"),
    (["report", "--unit", UNIT], USAGE, "--period is missing"),
    (["report", "--period", "2026"], USAGE, "--unit is missing"),
    (["report", "--unit", "", "--period", "2026"], USAGE, "--unit is empty"),
    (["report", "--unit", "99999", "--period", "2026"], DATA, "no unit"),
    (["report", "--unit", "99999", "--period", "2026-09-15..2026-12-14"], DATA, "no unit"),
    (["report", "--unit", UNIT, "--period", "2026", "--format", "xml"], USAGE,
     "--format must be text, json or csv"),
    (["report", "--unit", UNIT, "--period", "2026", "--format", ""], USAGE, "--format is empty"),
    (["report", "--unit", UNIT, "--period", "2026", "--listen", "127.0.0.1:0"], USAGE,
     "report does not take --listen"),
    (["status", "--format", "csv"], USAGE, "--format must be text or json"),
    (["status", "--log-level", "zqxj"], USAGE, "--log-level must be"),
    (["serve", "--log-level", ""], USAGE, "--log-level is empty"),
    (["serve", "--witness", "zqxj"], USAGE, "witness"),
    (["serve", "--witness", "ftp://127.0.0.1"], USAGE, "witness"),
    (["serve", "--witness", "https://127.0.0.1:1", "--witness-key", "zqxj"], DATA, "key"),
    (["verify", "--unit", UNIT], USAGE, "verify does not take --unit"),
]
ADDRESSES = ["", "8080", "127.0.0.1", "127.0.0.1:", ":8080", "127.0.0.1:65536", "127.0.0.1:-1",
             "127.0.0.1:80a", "127.0.0.1:99999999999", "[::1:8080", "::1:8080", "[zz]:8080",
             "http://127.0.0.1:8080", "127.0.0.1 :8080", "máy:8080"]


def both_lines(world):
    """What no command takes."""
    for program, run, listen, commands, needs in (
            ("hailong-kiosk", world.kiosk, "phone-listen", KIOSK_COMMANDS, KIOSK_NEEDS),
            ("hailong-aggregator", world.hub, "listen", HUB_COMMANDS, HUB_NEEDS)):
        for name, arguments, says in listing(program, commands, needs):
            refused(name, run(*arguments), USAGE, says)
        refused(f"{program}: a bad environment",
                run("status", env={f"HAILONG_{program[8:].upper()}_DATA": "\x07"}), USAGE,
                "_DATA must be")
        for name, text, says in (
                ("an unknown option", "zqxj = 1\n", "line 1.*no such option"),
                ("no equals sign", "# x\ndata\n", "line 2.*name = value"),
                ("a bad value", f"\n{listen} = zqxj\n", f"line 2.*{listen}.*ADDRESS:PORT"),
                ("not UTF-8", b"data = \xff\n", "line 1.*UTF-8"),
                ("a long line", f"data = {'z' * 300}\n", "line 1.*longer")):
            refused(f"{program}: a configuration with {name}",
                    run("serve", "--config", world.write("bad.ini", text)), USAGE, says)
        refused(f"{program}: no configuration there", run("status", "--config", "zqxj"), IO, "zqxj")


def kiosk_lines(world, data):
    """Values that a kiosk's command refuses, once with nobody serving and once with."""
    for served in (False, True):
        daemon = world.serve_kiosk(data) if served else None
        size = len(world.lines(data))
        for arguments, code, says in KIOSK_ROWS:
            if served and arguments[0] in ("serve", "sync", "restore"):
                continue
            refused(f"hailong-kiosk {' '.join(arguments)[:60]!r} (served: {served})",
                    world.kiosk(arguments[0], "--data", data, *arguments[1:]), code, says)
        same("nothing of that was written", len(world.lines(data)), size)
        if daemon is not None:
            serve_twice(world, data, daemon)
    for option in ("--screen-listen", "--phone-listen"):
        for address in ADDRESSES:
            refused(f"serve {option} {address!r}",
                    world.kiosk("serve", "--data", data, option, address), USAGE,
                    f"{option} must be ADDRESS:PORT")
    slips_of_a_dossier(world, data)


def slips_of_a_dossier(world, data):
    """One slip for a dossier and step."""
    order = ["slip", "--data", data, "--area", "HT", "--format", "url", "--dossier"]
    same("a dossier gets a slip", world.kiosk(*order, " h55-1 ").code, OK)
    refused("the same dossier, spelled in another way", world.kiosk(*order, "H55-1"), CHECK,
            "dossier has a slip.*replace")
    same("at another step it gets one",
         world.kiosk(*order, "H55-1", "--step", "refusal").code, OK)


def serve_twice(world, data, daemon):
    """A second process, a port that is taken, addresses that are not ours."""
    refused("hailong-kiosk serve, twice on one folder",
            world.kiosk("serve", "--data", data, "--screen-listen", "127.0.0.1:0",
                        "--phone-listen", "127.0.0.1:0"), AGAIN, "another process is writing")
    other = world.new_kiosk("taken")
    for option, free in (("--screen-listen", "--phone-listen"),
                         ("--phone-listen", "--screen-listen")):
        refused(f"a port that is taken for {option}",
                world.kiosk("serve", "--data", other, option, daemon.addresses["phone"], free,
                            "127.0.0.1:0"), AGAIN, "another program listens")
        refused(f"an address of another machine for {option}",
                world.kiosk("serve", "--data", other, option, "192.0.2.1:8080", free,
                            "127.0.0.1:0"), IO, "cannot listen")
        refused(f"a name for {option}",
                world.kiosk("serve", "--data", other, option, "zqxj.example:8080", free,
                            "127.0.0.1:0"), DATA, "ADDRESS:PORT")
    check("the one that serves is alive", daemon.alive())
    same("and stops cleanly", daemon.stop(), OK)


def hub_lines(world, data):
    """Values that a hub's command refuses."""
    for served in (False, True):
        daemon = world.serve_hub(data) if served else None
        before = world.must(world.hub_program, "status", "--data", data, "--format", "json")
        for arguments, code, says in HUB_ROWS:
            if served and arguments[0] == "serve":
                continue
            refused(f"hailong-aggregator {' '.join(arguments)[:60]!r} (served: {served})",
                    world.hub(arguments[0], "--data", data, *arguments[1:]), code, says)
        same("no lane has grown",
             world.must(world.hub_program, "status", "--data", data, "--format", "json"), before)
        if daemon is None:
            continue
        refused("hailong-aggregator serve, twice on one folder",
                world.hub("serve", "--data", data, "--listen", "127.0.0.1:0"), AGAIN,
                "another process is writing")
        refused("a hub's port that is taken",
                world.hub("serve", "--data", world.new_hub("taken-hub"), "--listen",
                          daemon.addresses["hub"]), AGAIN, "another program listens")
        check("the one that serves is alive", daemon.alive())
        same("and stops cleanly", daemon.stop(), OK)
    for address in ADDRESSES + ["0.0.0.0:8090", "[::]:8090", "192.0.2.1:8090", "zqxj.example:8090",
                                "127.0.0.1.example:8090"]:
        refused(f"serve --listen {address!r}",
                world.hub("serve", "--data", data, "--listen", address), USAGE,
                "--listen must be (ADDRESS:PORT|a loopback)")


# A setup's required members: taken away, and given as something else.
REQUIRED = ["v", "name", "unit", "office", "units", "areas", "counters", "plan"]
WRONG = {
    "v": [0, 2, "1", None], "name": ["", "Bá Xuyên", "a b", "-a", "z" * 41, 7],
    "trial": ["true", 1, {}], "sample": ["no", 0],
    "unit": ["", "99999", 5533, None], "office": ["x", {}, {"name": ""}, {"name": "a\nb"},
                                                 {"name": "x", "zqxj": 1}],
    "units": [{}, [], [7], [{"code": "05533"}],
              [{"code": "05533", "name": "P", "kind": "phường", "parent": "99"}],
              [{"code": "05533", "name": "P", "kind": "phường", "valid_from": "2025-02-30"}],
              [{"code": "05533", "name": "P", "kind": "phường", "valid_from": "2025-07-02",
                "valid_to": "2025-07-01"}],
              [{"code": "05533", "name": "P", "kind": "phường"}] * 2],
    "areas": [{}, [], [7], [{"code": "ht"}], [{"code": "HT"}, {"code": "HT"}],
              [{"code": "HT", "form": "zqxj@1"}], [{"code": "ZQXJ"}], [{"code": "HT", "zqxj": 1}]],
    "counters": [{}, [7], [{"id": "1"}], [{"id": "1", "name": {"vi": "Q"}, "areas": ["ZZ"]}],
                 [{"id": "1", "name": {"vi": "Q"}, "areas": []}],
                 [{"id": "1", "name": {"vi": "Q"}, "areas": ["HT", "HT"]}],
                 [{"id": "1", "name": "Q", "areas": ["HT"]}],
                 [{"id": "1", "name": {"vi": "Q"}, "areas": ["HT"]}] * 2],
    "plan": ["", "zqxj", 254], "public_url": ["zqxj", "https://", "https://a.vn/", "ftp://a.vn", 1,
                                              "https://a.vn/" + "z" * 200],
    "screen": [7, {"idle_s": 9}, {"idle_s": 121}, {"agency": 1}, {"zqxj": 1}],
    "slip_days": [0, 91, "30", 1.5], "insufficient_below": [0, 1001, "30"],
    "hours": [7, {"zqxj": []}, {"mon": ["7:30-11:30"]}, {"mon": ["11:30-07:30"]}],
    "holidays": [7, ["2026-02-30"], ["01/01/2026"]], "zqxj": [1],
}


def setups(world):
    """init with a damaged setup makes nothing; a damaged one of a folder is refused as well."""
    bad = [(f"without {key}", example_setup(**{key: None})) for key in REQUIRED]
    bad += [(f"{key} {str(value)[:40]}", {**example_setup(), key: value})
            for key, values in WRONG.items() for value in values]
    texts = [("empty", b""), ("no object", b"[]"), ("cut", b'{"v": 1, "name": "ba'),
             ("not JSON", b"v: 1\n"), ("a key twice", b'{"v":1,"v":1}'),
             ("Latin-1", '{"v": 1, "name": "B\xe1"}'.encode("latin-1")),
             ("UTF-16", '{"v": 1}'.encode("utf-16")), ("NUL", b'{"v": 1, "name": "a\\u0000"}'),
             ("two objects", b"{}{}"), ("nested deeply", b'{"v":' + b"[" * 5000),
             ("too large", b" " * 600000 + b"{}")]
    says = r"setup|unit|areas|counters|office|line|limit|holidays|hours|screen"
    kiosk, hub = world.new_kiosk("served"), world.new_hub("served-hub")
    for name, setup in bad + texts:
        path = world.write("bad.json", setup)
        for run, data, command in ((world.kiosk, kiosk, ["status"]), (world.hub, hub, ["verify"])):
            target = world.path("never")
            refused(f"init with a setup {name}",
                    run("init", "--data", target, "--setup", path), DATA, says)
            check(f"init with a setup {name} makes no folder", not os.path.exists(target))
            with open(path, "rb") as source, open(os.path.join(data, "setup.json"), "wb") as copy:
                copy.write(source.read())
            refused(f"{command[0]} with a setup {name}", run(*command, "--data", data), DATA, says)
    for run, data in ((world.kiosk, kiosk), (world.hub, hub)):
        refused("serve with a damaged setup", run("serve", "--data", data), DATA, says)


def folders(world):
    """Folders that are missing, are files, are taken, or hold damaged files."""
    file = world.write("file", "not a folder")
    for program, run, made, commands, needs in (
            ("hailong-kiosk", world.kiosk, world.new_kiosk("made"), KIOSK_COMMANDS, KIOSK_NEEDS),
            ("hailong-aggregator", world.hub, world.new_hub("made-hub"), HUB_COMMANDS, HUB_NEEDS)):
        for command in commands:
            arguments = needs.get(command, [])
            if command == "sync":
                arguments = ["--hub", "http://127.0.0.1:1"]
            for place, path in (("missing", world.path("nowhere")), ("a file", file)):
                if command == "init" and place == "missing":
                    continue
                refused(f"{program} {command}: --data {place}",
                        run(command, "--data", path, *arguments), IO,
                        "not a folder" if command == "init" else f"{program} init")
        check("nothing was made", not os.path.exists(world.path("nowhere")))
        refused(f"{program} init: taken", run("init", "--data", made, "--setup", SETUP), CHECK,
                "already.*choose another")
        refused(f"{program} init: below a file", run("init", "--data", f"{file}/x", "--setup", SETUP),
                IO, "folder|directory")
        refused(f"{program} init: no setup there",
                run("init", "--data", world.path("never"), "--setup", world.path("zqxj.json")), IO,
                "zqxj.json")
        refused(f"{program} init: the setup is a folder",
                run("init", "--data", world.path("never"), "--setup", world.folder), IO,
                "folder|directory")
        check("and no folder was made", not os.path.exists(world.path("never")))
        damage(run, program, made)


def damage(run, program, data):
    """Keys and databases that are cut or replaced."""
    name = "kiosk.db" if program == "hailong-kiosk" else "hub.db"
    database = os.path.join(data, name)
    same(f"{program} verify of a good folder", run("verify", "--data", data).code, OK)
    same("keys are for the owner only", stat.S_IMODE(os.stat(f"{data}/keys").st_mode), 0o700)
    with open(database, "rb") as file:
        whole = file.read()
    for title, content, codes in (("empty", b"", {IO, CHECK}),
                                  ("no database", b"zqxj" * 5000, {IO, DATA}),
                                  ("cut", whole[:len(whole) // 2], {IO, CHECK})):
        for left in ("-wal", "-shm"):
            if os.path.exists(database + left):
                os.unlink(database + left)
        with open(database, "wb") as file:
            file.write(content)
        done = run("verify", "--data", data)
        check(f"{program} verify: a database that is {title}",
              done.code in codes and done.out == b"" and done.err != "", done)
    with open(database, "wb") as file:
        file.write(whole)
    key = os.path.join(data, "keys", "lane.key")
    with open(key, "rb") as file:
        secret = file.read()
    for title, content in (("cut", secret[:-1]), ("empty", b""), ("too long", secret + b"x")):
        with open(key, "wb") as file:
            file.write(content)
        done = run("verify", "--data", data)
        check(f"{program} verify: a lane key that is {title}",
              done.code in (CHECK, DATA, IO) and done.out == b"" and "lane.key" in done.err, done)
        same("no secret is shown", secret.hex() in done.err, False)
    with open(key, "wb") as file:
        file.write(secret)
    same(f"{program} verify of the repaired folder", run("verify", "--data", data).code, OK)


def hub_keys(world, name):
    """What an enrolment leaves in a kiosk's folder, of a hub that nobody knows."""
    public = bytes(range(32))
    lane = hashlib.sha256(public).hexdigest()[:32]
    key = b"\x01" + public
    key_id = hashlib.sha256(f"hailong/{lane}\n".encode() + key).hexdigest()[:8]
    world.write(f"{name}/keys/hub.vkey",
                f"hailong/{lane}+{key_id}+{base64.b64encode(key).decode()}\n")
    world.write(f"{name}/keys/hub.box",
                f"hailong-box {lane} {base64.b64encode(public).decode()}\n")


def run(world):
    """All of the command line."""
    both_lines(world)
    kiosk_lines(world, world.new_kiosk("lines"))
    hub_lines(world, world.new_hub("lines-hub"))
    setups(world)
    folders(world)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        hub = f"http://127.0.0.1:{closed.getsockname()[1]}"
        data = world.path("lines")
        hub_keys(world, "lines")
        refused("sync with a hub that is away", world.kiosk("sync", "--data", data, "--hub", hub),
                AGAIN, "hub|reach|connect")
