#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills a rating kiosk again and again: no acknowledged rating may be lost, none doubled.

Four clients rate as fast as they can, a fifth one writes a comment, and the journal is synced to a
hub all the time, while the kiosk gets SIGKILL at a random moment. After the restart every page that
was sent without an answer is sent again, in the same words. In the end the journal must hold exactly
one response for each page that was sent, with its area and level; after a seal each comment must
stand beside it and at the hub exactly once; the hub must hold the same entries, and `verify` must
find nothing on either side.

usage: kill.py [--kills N] [--build build] [--seed S]
"""
import argparse
import collections
import http.client
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SETUP = os.path.join(ROOT, "schema/examples/ba-xuyen.json")
UNIT = "05533"
CLIENTS = 4
TIMEOUT_S = 20
PATIENT_EVERY = 10
FIELD = re.compile(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"')


class Page:
    """One page, made by the kiosk and sent back with a level: one response, whatever happens."""

    def __init__(self, form, area, level, slip=None):
        self.body = "&".join(f"{name}={value}" for name, value in form) + f"&overall={level}"
        self.area, self.level, self.slip = area, level, slip
        self.acknowledged = False


class Text:
    """A comment on its way, from a poster's page."""

    def __init__(self, body, words):
        self.body, self.words, self.acknowledged = body, words, False


class Kiosk:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.process, self.ports = None, {}

    def run(self, *arguments):
        return subprocess.run([self.program, *arguments, "--data", self.folder], check=True,
                              capture_output=True, text=True).stdout

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.folder, "--screen-listen", "127.0.0.1:0",
             "--phone-listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
        self.ports = {}
        while len(self.ports) < 2:
            line = self.process.stderr.readline()
            if not line:
                raise RuntimeError("the kiosk ended while starting")
            found = re.search(r"event=listening listener=(\w+) address=127\.0\.0\.1:(\d+)", line)
            if found:
                self.ports[found[1]] = int(found[2])
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def stop(self, number):
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.ports["phone"], timeout=TIMEOUT_S)


class Hub:
    """Serves all the time; the kiosk is enrolled at it."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.run("init", "--setup", SETUP)
        self.process = subprocess.Popen(
            [program, "serve", "--data", folder, "--listen", "127.0.0.1:0"],
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            found = re.search(r"event=listening .*address=(127\.0\.0\.1:\d+)", line)
            if found:
                break
        else:
            raise RuntimeError("the hub ended while starting")
        self.url = f"http://{found[1]}"
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def run(self, *arguments):
        return subprocess.run([self.program, *arguments, "--data", self.folder], check=True,
                              capture_output=True, text=True).stdout

    def enrol(self, kiosk):
        phrase = self.run("join", "--unit", UNIT).strip()
        kiosk.run("enrol", "--hub", self.url, "--phrase", phrase)

    def lines(self):
        with sqlite3.connect(f"file:{self.folder}/hub.db?mode=ro", uri=True) as db:
            return [line for (line,) in db.execute(
                "SELECT line FROM ledger JOIN lane USING (lane) WHERE kind = 'kiosk' ORDER BY seq")]


class Syncing(threading.Thread):
    """Syncs until the kiosk dies."""

    def __init__(self, kiosk):
        super().__init__()
        self.kiosk, self.ended, self.rounds = kiosk, threading.Event(), 0
        self.running, self.succeeded = False, threading.Event()

    def run(self):
        while not self.ended.is_set():
            self.running = True
            done = subprocess.run([self.kiosk.program, "sync", "--data", self.kiosk.folder],
                                  capture_output=True, check=False)
            self.running = False
            self.rounds += done.returncode == 0
            if done.returncode == 0:
                self.succeeded.set()


def get_page(connection, path, area, level, slip=None):
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200:
        raise RuntimeError(f"GET of a page: HTTP {answer.status}")
    return Page(FIELD.findall(text), area, level, slip)


def send(connection, page):
    connection.request("POST", "/api/v1/responses", page.body,
                       {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def send_text(connection, text):
    connection.request("POST", "/api/v1/texts", text.body,
                       {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    text.acknowledged = text.acknowledged or answer.status == 200
    return answer.status


class Writer(threading.Thread):
    """Writes one comment, at some moment before the kiosk dies."""

    def __init__(self, kiosk, poster, texts, seed):
        super().__init__()
        self.kiosk, self.poster, self.texts = kiosk, poster, texts
        self.random = random.Random(seed)
        self.refused = []

    def run(self):
        connection = self.kiosk.connect()
        try:
            page = get_page(connection, f"/P/{self.poster}/HT", "HT", 1)
            token = re.search(r"(?:^|&)token=([^&]+)", page.body)[1]
            words = "".join(self.random.choice("bcdghklmnpqrstvx") for _ in range(40))
            time.sleep(self.random.uniform(0, 0.050))
            text = Text(f"token={token}&text={words}", words)
            self.texts.append(text)  # before it is sent: it may arrive unseen
            status = send_text(connection, text)
            if status != 200:
                self.refused.append(status)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()


class Client(threading.Thread):
    """Rates until the kiosk dies under it."""

    def __init__(self, kiosk, poster, areas, slips, pages, seed):
        super().__init__()
        self.kiosk, self.poster, self.areas = kiosk, poster, areas
        self.slips, self.pages = list(slips), pages
        self.random = random.Random(seed)
        self.refused = []

    def next_page(self, connection):
        level = self.random.randint(1, 5)
        if self.slips:
            code, area = self.slips.pop()
            return get_page(connection, f"/S/{code}", area, level, code)
        area = self.random.choice(self.areas)
        return get_page(connection, f"/P/{self.poster}/{area}", area, level)

    def run(self):
        connection = self.kiosk.connect()
        try:
            while True:
                page = self.next_page(connection)
                self.pages.append(page)  # before it is sent: it may arrive unseen
                status = send(connection, page)
                if status == 200:
                    page.acknowledged = True
                else:
                    self.refused.append(status)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()


class Check:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def that(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}")


def issue(kiosk, area):
    url = kiosk.run("slip", "--area", area, "--format", "url").strip()
    return url.split("/S/")[1].split("/")[0], area


def cycle(kiosk, poster, areas, pages, texts, patient, chance, check):
    """How many rounds with the hub succeeded, and whether one was under way at the kill. A
    patient cycle lets one come to its end."""
    kiosk.start()
    slips = [issue(kiosk, chance.choice(areas)) for _ in range(CLIENTS)]
    clients = [Client(kiosk, poster, areas, [slips[i]], pages[i], chance.random())
               for i in range(CLIENTS)]
    clients.append(Writer(kiosk, poster, texts, chance.random()))
    syncing = Syncing(kiosk)
    for thread in clients + [syncing]:
        thread.start()
    if patient:
        syncing.succeeded.wait(TIMEOUT_S)
    time.sleep(chance.uniform(0.020, 0.080))
    syncing.ended.set()
    hit = syncing.running
    kiosk.stop(signal.SIGKILL)
    for thread in clients + [syncing]:
        thread.join()
    check.that(not any(client.refused for client in clients),
               f"a page was refused: {[client.refused for client in clients]}")
    return syncing.rounds, hit


def resend(kiosk, pages, texts, check):
    """The same words again: answered 200 whether they had arrived or not."""
    kiosk.start()
    connection = kiosk.connect()
    again = [page for own in pages for page in own if not page.acknowledged]
    repeats = [own[0] for own in pages if own and own[0].acknowledged]
    statuses = [send(connection, page) for page in again + repeats]
    check.that(all(status == 200 for status in statuses), f"sending again gave {statuses}")
    for page in again:
        page.acknowledged = True
    # Of the texts the last ones, whether they had arrived or not: they are known again.
    statuses = [send_text(connection, text) for text in texts
                if not text.acknowledged or text is texts[-1]]
    check.that(all(status == 200 for status in statuses), f"texts sent again gave {statuses}")
    connection.close()
    return len(again)


def responses(kiosk):
    entries = [json.loads(line) for line in kiosk.run("export").split("\n\n")[0].splitlines()]
    check_seq = [entry["seq"] for entry in entries] == list(range(len(entries)))
    return [entry for entry in entries if entry["kind"] == "response"], check_seq


def words_in(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        return collections.Counter(
            payload.decode() for (payload,) in
            db.execute("SELECT payload FROM free_text WHERE field = 'text'"))


def check_texts(kiosk, hub, texts, check):
    """After a seal and a sync."""
    ours = collections.Counter(text.words for text in texts if text.acknowledged)
    check.that(len(ours) == len(texts), "a text was never acknowledged")
    entries = [line for line in kiosk.run("export").split("\n\n")[0].splitlines()
               if '"kind":"comment"' in line]
    check.that(len(entries) == len(texts), f"{len(texts)} texts, {len(entries)} comments")
    check.that(words_in(f"{kiosk.folder}/kiosk.db") == ours, "the kiosk has other texts")
    check.that(words_in(f"{hub.folder}/hub.db") == ours, "the hub has other texts")


def finish(kiosk, hub, pages, texts, check):
    sent = [page for own in pages for page in own]
    found, gap_free = responses(kiosk)
    check.that(gap_free, "the journal has a gap")
    check.that(len({entry["id"] for entry in found}) == len(found), "an id stands twice")
    check.that(len(found) == len(sent), f"{len(sent)} pages were sent, {len(found)} responses")
    ours = collections.Counter((page.area, page.level) for page in sent)
    theirs = collections.Counter((entry["area"], entry["answers"]["overall"]) for entry in found)
    check.that(ours == theirs, "areas and levels differ from what was sent")
    used = [page.slip for page in sent if page.slip]
    check.that(sum(entry["channel"] == "slip" for entry in found) == len(used),
               "a slip was lost or counted twice")
    connection = kiosk.connect()
    for code in used:
        connection.request("GET", f"/S/{code}")
        answer = connection.getresponse()
        answer.read()
        check.that(answer.status == 410, f"a used slip answers {answer.status}")
    connection.close()
    kiosk.run("sync")  # the hub vouches for the clock
    kiosk.run("seal")
    kiosk.run("sync")
    check_texts(kiosk, hub, texts, check)
    check.that(kiosk.stop(signal.SIGTERM) == 0, "the kiosk did not end cleanly")
    own = [line for line in kiosk.run("export").splitlines() if line.startswith("{")]
    theirs = hub.lines()
    check.that(own[:len(theirs)] == theirs, "the hub has other lines than the kiosk")
    check.that(all('"kind":"ack"' in line for line in own[len(theirs):]),
               f"the hub has {len(theirs)} of {len(own)} entries")
    check.that(hub.run("verify").startswith("ok"), "the hub's verify found something")
    check.that(kiosk.run("verify").startswith("ok "), "verify found something")
    return len(sent)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--build", default="build")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    chance, check = random.Random(options.seed), Check()
    pages = [[] for _ in range(CLIENTS)]
    texts = []
    resent = rounds = hits = 0
    with tempfile.TemporaryDirectory() as scratch:
        kiosk = Kiosk(os.path.join(options.build, "hailong-kiosk"), os.path.join(scratch, "data"))
        kiosk.run("init", "--setup", SETUP)
        hub = Hub(os.path.join(options.build, "hailong-aggregator"), os.path.join(scratch, "hub"))
        hub.enrol(kiosk)
        poster = kiosk.run("poster", "--counter", "1", "--format", "url").strip().split("/P/")[1]
        try:
            for number in range(options.kills):
                good, hit = cycle(kiosk, poster, ["HT", "CT"], pages, texts,
                                  number % PATIENT_EVERY == 0, chance, check)
                rounds, hits = rounds + good, hits + hit
                resent += resend(kiosk, pages, texts, check)
                kiosk.stop(signal.SIGKILL)
            kiosk.start()
            total = finish(kiosk, hub, pages, texts, check)
        finally:
            if kiosk.process and kiosk.process.poll() is None:
                kiosk.process.kill()
                kiosk.process.wait()
            hub.process.kill()
            hub.process.wait()
    check.that(rounds > 0 and hits > 0, f"{rounds} syncs, {hits} of them hit by a kill")
    check.that(bool(texts), "no text was sent")
    print(f"{options.kills} kills, {total} pages sent, {resent} of them again, {len(texts)} texts, "
          f"{rounds} syncs, {hits} under way at a kill "
          f"(seed {options.seed})")
    print(f"{check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
