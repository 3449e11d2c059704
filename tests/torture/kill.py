#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills a rating kiosk again and again: no acknowledged rating may be lost, none doubled.

Four clients rate as fast as they can while the kiosk gets SIGKILL at a random moment. After the
restart every page that was sent without an answer is sent again, in the same words. In the end
the journal must hold exactly one response for each page that was sent, with its area and level,
and `verify` must find nothing.

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
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SETUP = os.path.join(ROOT, "schema/examples/ba-xuyen.json")
CLIENTS = 4
TIMEOUT_S = 20
FIELD = re.compile(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"')


class Page:
    """One page, made by the kiosk and sent back with a level: one response, whatever happens."""

    def __init__(self, form, area, level, slip=None):
        self.body = "&".join(f"{name}={value}" for name, value in form) + f"&overall={level}"
        self.area, self.level, self.slip = area, level, slip
        self.acknowledged = False


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


def cycle(kiosk, poster, areas, pages, chance, check):
    kiosk.start()
    slips = [issue(kiosk, chance.choice(areas)) for _ in range(CLIENTS)]
    clients = [Client(kiosk, poster, areas, [slips[i]], pages[i], chance.random())
               for i in range(CLIENTS)]
    for client in clients:
        client.start()
    time.sleep(chance.uniform(0.020, 0.080))
    kiosk.stop(signal.SIGKILL)
    for client in clients:
        client.join()
    check.that(not any(client.refused for client in clients),
               f"a page was refused: {[client.refused for client in clients]}")


def resend(kiosk, pages, check):
    """The same words again: answered 200 whether they had arrived or not."""
    kiosk.start()
    connection = kiosk.connect()
    again = [page for own in pages for page in own if not page.acknowledged]
    repeats = [own[0] for own in pages if own and own[0].acknowledged]
    statuses = [send(connection, page) for page in again + repeats]
    check.that(all(status == 200 for status in statuses), f"sending again gave {statuses}")
    for page in again:
        page.acknowledged = True
    connection.close()
    return len(again)


def responses(kiosk):
    entries = [json.loads(line) for line in kiosk.run("export").splitlines()]
    check_seq = [entry["seq"] for entry in entries] == list(range(len(entries)))
    return [entry for entry in entries if entry["kind"] == "response"], check_seq


def finish(kiosk, pages, check):
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
    check.that(kiosk.stop(signal.SIGTERM) == 0, "the kiosk did not end cleanly")
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
    resent = 0
    with tempfile.TemporaryDirectory() as scratch:
        kiosk = Kiosk(os.path.join(options.build, "hailong-kiosk"), os.path.join(scratch, "data"))
        kiosk.run("init", "--setup", SETUP)
        poster = kiosk.run("poster", "--counter", "1", "--format", "url").strip().split("/P/")[1]
        try:
            for _ in range(options.kills):
                cycle(kiosk, poster, ["HT", "CT"], pages, chance, check)
                resent += resend(kiosk, pages, check)
                kiosk.stop(signal.SIGKILL)
            kiosk.start()
            total = finish(kiosk, pages, check)
        finally:
            if kiosk.process and kiosk.process.poll() is None:
                kiosk.process.kill()
                kiosk.process.wait()
    print(f"{options.kills} kills, {total} pages sent, {resent} of them again (seed {options.seed})")
    print(f"{check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
