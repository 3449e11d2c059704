#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A commune's hub whose heads a province's hub cosigns, with a kiosk below.

Before: every page and command says that there is no outside witness. After: the commune's page,
report and verify name it, the kiosk is told, and each cosignature is good by an Ed25519 that is not
ours. Then the commune's data directory is set back to an old copy: the province refuses its smaller
head, and its other history once that has grown longer; meanwhile nothing says that the lane is
covered, though the copy holds good cosignatures. The true one goes on. In between one lane's
requests alone fail on the way, and the other's are still cosigned.

usage: witness.py [--build build]
"""
import argparse
import base64
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
import journal_verify  # noqa: E402
from lossy import SETUP, UNIT, free_port  # noqa: E402

NONE = "chưa có nhân chứng bên ngoài"
LIMIT_S = 40  # a trial's hub looks every 5 seconds
failures = []


def check(good, words):
    print("ok  " if good else "FAIL", words, flush=True)
    if not good:
        failures.append(words)


def wait_for(look, words):
    limit = time.monotonic() + LIMIT_S
    while time.monotonic() < limit:
        if look():
            return check(True, words)
        time.sleep(0.2)
    return check(False, words)


class Daemon:
    def __init__(self, program, folder, *arguments):
        self.program, self.folder, self.arguments = program, folder, arguments
        self.process, self.log = None, []

    def run(self, *arguments, text=None, good=(0,)):
        done = subprocess.run([self.program, *arguments, "--data", self.folder], input=text,
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode not in good:
            raise RuntimeError(f"{arguments}: {done.returncode} {done.stdout}{done.stderr}")
        return done.stdout

    def status(self):
        return json.loads(self.run("status", "--format", "json"))

    def start(self, *more):
        self.log = []
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.folder, *self.arguments, *more],
            stderr=subprocess.PIPE, text=True)
        listening = threading.Event()

        def read():
            for line in self.process.stderr:
                self.log.append(line)
                if "event=listening " in line:
                    listening.set()
        threading.Thread(target=read, daemon=True).start()
        if not listening.wait(30):
            raise RuntimeError(f"{self.program} does not start: {self.log}")

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(timeout=60)

    def logged(self, event, words):
        return any(f"event={event} " in line and words in line for line in self.log)


class Between:
    """On the way to the witness; answers 502 for one log itself."""

    def __init__(self, port, bad):
        between = self
        self.sent = 0

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer, kind = 502, b"", None
                if f"hailong/{bad}\n".encode() not in body:
                    between.sent += 1
                    request = urllib.request.Request(
                        f"http://127.0.0.1:{port}{self.path}", data=body, method="POST",
                        headers={"Content-Type": self.headers["Content-Type"]})
                    try:
                        with urllib.request.urlopen(request, timeout=20) as reply:
                            status, answer = reply.status, reply.read()
                            kind = reply.headers["Content-Type"]
                    except urllib.error.HTTPError as error:
                        status, answer = error.code, error.read()
                        kind = error.headers["Content-Type"]
                self.send_response(status)
                if kind:
                    self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *arguments):
                pass
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def page(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
        return answer.read().decode()


def grow(hub, count):
    """Each phrase leaves an audit entry in the hub's lane."""
    for _ in range(count):
        hub.run("join", "--unit", UNIT)


def cosignatures_are_good(folder, vkey):
    """Of all kept ones, by the second verifier's Ed25519; how many."""
    name, public = journal_verify.vkey_of(vkey)
    wanted = journal_verify.key_id(name, b"\x04" + public)
    rows = sqlite3.connect(f"{folder}/hub.db").execute(
        "SELECT lane, note, witness FROM checkpoint WHERE witness IS NOT NULL").fetchall()
    count = 0
    for lane, note, lines in rows:
        text = note.partition("\n\n")[0] + "\n"
        if not text.startswith(f"hailong/{lane}\n"):
            return -1
        for line in lines.splitlines():
            mark, who, blob = line.split(" ")
            raw = base64.b64decode(blob, validate=True)
            moment = int.from_bytes(raw[4:12], "big")
            message = f"cosignature/v1\ntime {moment}\n{text}".encode()
            if mark != "—" or who != name or raw[:4] != wanted or \
                    abs(moment - time.time()) > 300 or \
                    not journal_verify.is_signed(public, message, raw[12:]):
                return -1
            # The check itself must be able to fail.
            if journal_verify.is_signed(public, message + b"x", raw[12:]):
                return -1
            count += 1
    return count


def before(commune, kiosk, port):
    kiosk.run("sync")
    check(NONE in page(port).lower(), "before: the commune's page has no witness")
    check(NONE in commune.run("verify").lower(), "before: so says verify")
    check(not commune.status()["witness"], "before: so says status")
    report = commune.run("report", "--unit", UNIT, "--period", "2026-Q4", "--format", "csv")
    check(NONE in report, "before: so says each row of the report's CSV")
    state = kiosk.status()
    check(not state["witness"] and not state["witness_said"], "before: the kiosk knows of none")
    check(NONE in kiosk.run("seal").lower(), "before: so says the closing slip")


def said(kiosk):
    """What only the hub says stands there as its word."""
    state, slip = kiosk.status(), kiosk.run("seal")
    check(state["witness_said"] and not state["witness"],
          "after: the kiosk is told, and cannot check it without the witness's key")
    check("Máy tổng hợp báo có nhân chứng, chưa kiểm tra được ở đây" in slip and
          "đã có nhân chứng" not in slip.lower(), "after: so says the closing slip")


def after(commune, kiosk, port, vkey):
    wait_for(lambda: commune.status()["witness"], "after: every lane is cosigned")
    html = page(port).lower()
    check(NONE not in html and "đã có nhân chứng bên ngoài" in html,
          "after: the commune's page shows the witness")
    check("nhân chứng bên ngoài: mọi làn sổ" in commune.run("verify").lower(),
          "after: verify holds the cosignatures against the ledger")
    kiosk.run("sync")
    said(kiosk)
    own = kiosk.run("checkpoint").splitlines()[-1]
    for words, key in (("its own", own), ("its hub's", commune.run("key").splitlines()[0])):
        try:
            kiosk.run("witness", "--key", key, good=(65,))
            check(True, f"the kiosk takes not {words} key for a witness's")
        except RuntimeError as error:
            check(False, f"the kiosk takes not {words} key for a witness's: {error}")
    kiosk.run("sync")
    said(kiosk)
    kiosk.run("witness", "--key", vkey)
    kiosk.run("sync")
    state = kiosk.status()
    check(state["witness"] and not state["witness_said"],
          "after: with the witness's key the kiosk has verified it itself")
    check("đã có nhân chứng bên ngoài" in kiosk.run("seal").lower(),
          "after: so says the closing slip")
    count = cosignatures_are_good(commune.folder, vkey)
    check(count >= 2, f"after: {count} cosignatures are good by another Ed25519")


def make_a_day_owed(folder):
    """As if the hub had not been served since 1970: its next start seals a day."""
    with sqlite3.connect(f"{folder}/hub.db") as db:
        db.execute("UPDATE fact SET value = 1 WHERE name = 'sealed_day'")
    db.close()


def own_lane_is_good(commune, folder):
    """The hub's own lane by the second verifier, against a head that was printed before."""
    head = commune.run("checkpoint").rsplit("\n", 2)[0] + "\n"
    exported = commune.run("export")
    for name, text in (("head", head), ("lane", exported)):
        with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    done = subprocess.run([sys.executable, os.path.join(os.path.dirname(HERE), "journal_verify.py"),
                           f"{folder}/lane", "--hub", "--checkpoint", f"{folder}/head"],
                          capture_output=True, text=True, timeout=60, check=False)
    check(done.returncode == 0 and '"kind":"seal"' in exported,
          f"the commune's own lane has a seal and passes the second verifier {done.stderr}")


def one_lane_fails(commune, port, vkey):
    """The lane that is asked for first fails; the other one's new head is cosigned."""
    lanes = sorted(commune.status()["lanes"], key=lambda lane: lane["kind"] == "hub")
    bad, own = lanes[0], lanes[-1]
    with sqlite3.connect(f"{commune.folder}/hub.db") as db:
        # As if the kiosk's lane had never been sent up.
        db.execute("UPDATE checkpoint SET witness = NULL WHERE lane = ?", (bad["lane"],))
    db.close()
    between = Between(port, bad["lane"])
    grow(commune, 2)
    commune.start("--witness", f"http://127.0.0.1:{between.port}", "--witness-key", vkey)
    wait_for(lambda: commune.logged("witness_failed", bad["lane"]),
             "a lane whose requests fail is named")

    def own_goes_on():
        now = {lane["lane"]: lane for lane in commune.status()["lanes"]}
        witness = now[own["lane"]]["witness"]
        return witness and witness["size"] > own["witness"]["size"]
    wait_for(own_goes_on, "… and does not hold up the others")
    check(not commune.status()["witness"], "… and is not covered")
    commune.stop()
    between.server.shutdown()


def set_back(commune, up, port):
    """The same folder as it was before the witness saw more."""
    commune.start(*up)
    wait_for(lambda: commune.logged("witness_refused", "old copy"),
             "an old copy: its smaller head is refused")
    check(not commune.status()["witness"], "an old copy: there is no witness for it")
    check("từ chối" in page(port), "an old copy: the page says that it is refused")
    check("TỪ CHỐI" in commune.run("verify"), "… and so does verify")
    check("old copy" in commune.run("status"), "… and status, with the reason")
    commune.stop()
    grow(commune, 30)
    commune.start(*up)
    wait_for(lambda: commune.logged("witness_refused", "rewritten or forked"),
             "an old copy that went on: its longer head is refused")
    check(not commune.status()["witness"] and any(
        lane["witness"] and not lane["witness"]["covered"] and lane["witness"]["size"] > 0
        for lane in commune.status()["lanes"]),
          "… and it is not covered, though it holds older cosignatures")
    commune.stop()


def play(options, folder):
    ports = free_port(), free_port()
    hub = os.path.join(options.build, "hailong-aggregator")
    province = Daemon(hub, f"{folder}/province", "--listen", f"127.0.0.1:{ports[0]}")
    commune = Daemon(hub, f"{folder}/commune", "--listen", f"127.0.0.1:{ports[1]}")
    kiosk = Daemon(os.path.join(options.build, "hailong-kiosk"), f"{folder}/kiosk",
                   "--screen-listen", "127.0.0.1:0", "--phone-listen", "127.0.0.1:0")
    for one in (province, commune, kiosk):
        one.run("init", "--setup", SETUP)
    vkey = province.run("key").splitlines()[0]
    up = ("--witness", f"http://127.0.0.1:{ports[0]}", "--witness-key", vkey)
    try:
        province.start()
        commune.start()
        phrase = commune.run("join", "--unit", UNIT)
        kiosk.run("enrol", "--hub", f"http://127.0.0.1:{ports[1]}", "--phrase", "-", text=phrase)
        before(commune, kiosk, ports[1])
        commune.stop()
        make_a_day_owed(commune.folder)
        commune.start(*up)
        wait_for(lambda: commune.logged("witness_refused", "does not know"),
                 "a log that the province does not know is refused")
        commune.stop()
        keys = [key for line in commune.run("witness", "keys").split() for key in ("--key", line)]
        province.run("witness", "add", *keys)
        grow(commune, 10)
        commune.start(*up)
        after(commune, kiosk, ports[1], vkey)
        own_lane_is_good(commune, folder)
        commune.stop()
        one_lane_fails(commune, ports[0], vkey)
        commune.start(*up)
        wait_for(lambda: commune.status()["witness"], "… until its requests come through")
        commune.stop()
        make_a_day_owed(commune.folder)
        shutil.copytree(commune.folder, f"{folder}/copy")
        grow(commune, 10)
        commune.start(*up)
        wait_for(lambda: commune.status()["witness"] and
                 all(lane["witness"]["size"] == lane["entries"]
                     for lane in commune.status()["lanes"]), "the witness sees more than the copy")
        commune.stop()

        os.rename(commune.folder, f"{folder}/true")
        os.rename(f"{folder}/copy", commune.folder)
        set_back(commune, up, ports[1])
        province.stop(signal.SIGKILL)
        province.start()
        commune.start(*up)
        wait_for(lambda: commune.logged("witness_refused", "rewritten or forked"),
                 "… also by a province that was killed and started again")
        check(any("witness_conflict" in line for line in province.log),
              "the province's log names the conflict")
        commune.stop()

        shutil.rmtree(commune.folder)
        os.rename(f"{folder}/true", commune.folder)
        grow(commune, 3)
        commune.start(*up)
        wait_for(lambda: commune.status()["witness"] and
                 all(lane["witness"]["size"] == lane["entries"]
                     for lane in commune.status()["lanes"]),
                 "the true history goes on and is cosigned to its end")
        listed = province.run("witness", "list")
        check(len(re.findall(r"đã xác nhận \d+ dòng", listed)) == 2,
              "the province lists both logs with the sizes that it has cosigned")
    finally:
        for one in (kiosk, commune, province):
            one.stop(signal.SIGKILL)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    options = parser.parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        play(options, folder)
    print(f"witness: {time.monotonic() - begin:.0f} s")
    print(f"{0 if failures else 1} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
