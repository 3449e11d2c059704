#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fills the disk under a kiosk and under a hub. While it is full every answer that would have to be
written is an honest 503; no answer, comment or seal that was thanked for is lost; everything goes on as soon as there
is space again, without a restart. Needs a small tmpfs: root, or user namespaces.

usage: enospc.py [--rounds N] [--build build]
"""
import argparse
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import torture

CLIENTS = 4
# A kiosk of no entries takes 0.2 MiB, and a WAL grows before it is copied back.
SMALL_MIB, LARGE_MIB = 3, 64
# So many honest refusals of each client in a row are a full disk and not a busy moment.
REFUSALS = 15
BACK_LIMIT_S = 2  # the promise is 1 s; the machine may be busy
ROUND_LIMIT_S = 60
THANKS = "Cảm ơn"


class Check:
    def __init__(self):
        self.passed = self.failed = 0

    def that(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}", flush=True)
        return good


class Disk:
    """A tmpfs of a size that can be changed."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_MIB}m", "hailong-enospc",
                        folder], check=True, capture_output=True)

    def resize(self, mib):
        subprocess.run(["mount", "-o", f"remount,size={mib}m", self.folder], check=True,
                       capture_output=True)

    def fill(self, leave_bytes=0):
        """Somebody else's file takes the rest."""
        free = os.statvfs(self.folder)
        size = free.f_bavail * free.f_frsize - leave_bytes
        with open(f"{self.folder}/filler", "wb") as file:
            try:
                file.write(bytes(max(size, 0)))
                file.flush()
            except OSError:
                pass

    def empty(self):
        os.unlink(f"{self.folder}/filler")

    def close(self):
        subprocess.run(["umount", "-l", self.folder], check=False, capture_output=True)


class Loader(threading.Thread):
    """Answers pages until the disk is full for it."""

    def __init__(self, kiosk):
        super().__init__()
        self.client, self.kiosk = torture.Client(kiosk), kiosk
        self.thanked, self.refused, self.odd = [], 0, []

    def write(self, body):
        """A comment too: thanked for, or refused as honestly."""
        status = self.client.write(body, self.thanked)
        if status not in (200, 503):
            self.odd.append(status)

    def run(self):
        refused_in_a_row, end = 0, time.monotonic() + ROUND_LIMIT_S
        while refused_in_a_row < REFUSALS and time.monotonic() < end:
            body = self.client.page(f"/P/{self.kiosk.poster}/HT")
            if body is None:
                self.odd.append("no page")
                return
            body += "&overall=4"
            status, text = self.client.request("POST", "/api/v1/responses", body)
            if status == 200:
                self.thanked.append(body)
                refused_in_a_row = 0
            elif status == 503 and THANKS not in text:
                self.refused += 1
                refused_in_a_row += 1
            else:
                self.odd.append(status)
                refused_in_a_row += 1
            if refused_in_a_row % REFUSALS == 1:  # the first refusal in a row
                self.write(body)


def seal(kiosk, sealed):
    """What a seal that was reported promises is appended. Whether it was."""
    at = torture.seal(kiosk)
    sealed.append(at)
    return at >= 0


def load(kiosk, check, thanked, what):
    loaders = [Loader(kiosk) for _ in range(CLIENTS)]
    for loader in loaders:
        loader.start()
    for loader in loaders:
        loader.join()
        thanked += loader.thanked
    odd = [status for loader in loaders for status in loader.odd]
    check.that(not odd, f"{what}: besides thanks and 503 there was {odd[:5]}")
    refused = sum(loader.refused for loader in loaders)
    check.that(refused >= CLIENTS * REFUSALS, f"{what}: the disk did not fill up")
    check.that(kiosk.daemon.process.poll() is None, f"{what}: the kiosk ended")
    return refused


def goes_on(kiosk, check, thanked, sealed, what):
    """Answers, a comment and a seal."""
    begin = time.monotonic()
    while time.monotonic() - begin < BACK_LIMIT_S:
        client = torture.Client(kiosk)
        status, body = client.answer(f"/P/{kiosk.poster}/HT", 5, thanked)
        if status == 200:
            check.that(client.write(body, thanked) == 200, f"{what}: no comment is taken")
            return check.that(seal(kiosk, sealed), f"{what}: it does not seal")
    return check.that(False, f"{what}: with space again it answers {status} "
                      f"{kiosk.daemon.log()[-800:]}")


def texts_there(kiosk, check, thanked, sealed):
    there = kiosk.texts()
    lost = [words for words in torture.words_of(thanked) if there[words] != 1]
    check.that(not lost and all(count == 1 for count in there.values()),
               f"{len(lost)} comments that were thanked for are lost, or one stands twice")
    check.that(kiosk.sealed() >= max(sealed), "a seal is lost")


def nothing_lost(kiosk, check, thanked, sealed):
    check.that(kiosk.daemon.stop() == 0, "the kiosk did not end cleanly")
    check.that(not torture.REPORTS.search(kiosk.daemon.log()), "its log has a report")
    check.that(kiosk.start(), "it does not start again")
    before = kiosk.size()
    check.that(before is not None, "its journal does not verify")
    texts_there(kiosk, check, thanked, sealed)
    client = torture.Client(kiosk)
    again = {client.post(body)[0] for body in thanked}
    client.connection.close()
    texts_there(kiosk, check, thanked, sealed)
    check.that(again <= {200}, f"sent again, thanked answers gave {again}")
    check.that(kiosk.size() == before, "thanked answers were not in the journal")


def kiosk_full(options, scratch, hub, check):
    disk = Disk(f"{scratch}/small")
    thanked, sealed, refused = [], [-1], 0
    try:
        kiosk = torture.Kiosk(options, f"{disk.folder}/kiosk", hub)
        kiosk.run("sync")  # the hub vouches for the clock, without which nothing is sealed
        check.that(kiosk.start(), "the kiosk does not start")
        for number in range(options.rounds):
            disk.resize(SMALL_MIB * (number + 1))
            refused += load(kiosk, check, thanked, f"round {number}")
            disk.resize(SMALL_MIB * (number + 1) + 2)
            goes_on(kiosk, check, thanked, sealed, f"round {number}")
            disk.fill()
            refused += load(kiosk, check, thanked, f"round {number}, filled by somebody else")
            seal(kiosk, sealed)  # it may refuse; what it reports holds
            disk.empty()
            goes_on(kiosk, check, thanked, sealed, f"round {number}, filled by somebody else")
        # a start on a full disk may fail, but says why and harms nothing
        disk.resize(LARGE_MIB)
        disk.fill()
        kiosk.daemon.stop()
        if kiosk.start():
            load(kiosk, check, thanked, "started on a full disk")
            kiosk.daemon.stop()
        else:
            check.that(kiosk.daemon.stop() == 74, f"it ended with another code: "
                       f"{kiosk.daemon.log()[-300:]}")
        disk.empty()
        check.that(kiosk.start(), "it does not start with space again")
        nothing_lost(kiosk, check, thanked, sealed)
        check.that(kiosk.daemon.stop() == 0, "the kiosk did not end cleanly")
    finally:
        if kiosk.daemon.process.poll() is None:
            kiosk.daemon.process.kill()
            kiosk.daemon.process.wait()
        disk.close()
    return thanked, sum(at >= 0 for at in sealed), refused


def wanted(kiosk):
    """Entries without the acks at the end: those go with the next round."""
    lines = [line for line in kiosk.run("export").stdout.split("\n\n")[0].splitlines() if line]
    while lines and '"kind":"ack"' in lines[-1]:
        lines.pop()
    return len(lines)


def hub_full(options, scratch, check):
    """A push meets a full disk: nothing of it is taken, and later all of it."""
    disk = Disk(f"{scratch}/hubdisk")
    env = dict(os.environ, **torture.sanitizer_env(options))
    hub = torture.Hub(os.path.join(options.build, "hailong-aggregator"), f"{disk.folder}/hub", env)
    try:
        kiosk = torture.Kiosk(options, f"{scratch}/sender", hub)
        check.that(kiosk.start(), "the sending kiosk does not start")
        kiosk.run("sync")  # the hub vouches for the clock
        thanked = []
        for number in range(options.rounds):
            for i in range(40):
                torture.Client(kiosk).answer(f"/P/{kiosk.poster}/HT", 1 + i % 5, thanked)
            client = torture.Client(kiosk)
            client.write(client.page(f"/P/{kiosk.poster}/HT"), thanked)
            check.that(torture.seal(kiosk) >= 0, "the sending kiosk does not seal")
            disk.fill(leave_bytes=number % 3 * 8192)
            check.that(kiosk.run("sync", check=False).returncode != 0,
                       "a full hub took a push")
            check.that(hub.daemon.process.poll() is None,
                       f"the hub ended: {hub.daemon.log()[-500:]}")
            disk.empty()
            done = kiosk.run("sync", check=False)
            check.that(done.returncode == 0, f"with space again the hub refuses: {done.stderr}")
        check.that(kiosk.daemon.stop() == 0, "the sending kiosk did not end cleanly")
        verified = hub.verify()
        check.that(verified.returncode == 0, f"the hub does not verify: {verified.stdout}")
        status = subprocess.run([hub.program, "status", "--data", hub.folder, "--format", "json"],
                                check=False, capture_output=True, text=True).stdout
        there, own = re.findall(r'"entries":(\d+)', re.sub(r"\s", "", status)), wanted(kiosk)
        with sqlite3.connect(f"file:{hub.folder}/hub.db?mode=ro", uri=True) as db:
            texts = sorted(payload.decode() for (payload,) in
                           db.execute("SELECT payload FROM free_text WHERE field = 'text'"))
        check.that(texts == sorted(torture.words_of(thanked)), "the hub has other comments")
        check.that(any(own <= int(size) <= kiosk.size() for size in there),
                   f"the hub does not have the {own} entries before the last acks: {status}")
    finally:
        for daemon in (kiosk.daemon, hub.daemon):
            if daemon.process.poll() is None:
                daemon.process.kill()
                daemon.process.wait()
        disk.close()
    return len(thanked)


def have_mount():
    """Goes on in a namespace of its own where mounting is allowed; False when there is none."""
    if os.environ.get("HAILONG_MOUNTS") == "1":
        return True
    how = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user",
                                                            "--map-root-user", "--mount"]
    test = subprocess.run(how + ["mount", "-t", "tmpfs", "none", "/mnt"], check=False,
                          capture_output=True)
    if shutil.which("unshare") is None or test.returncode != 0:
        return False
    os.environ["HAILONG_MOUNTS"] = "1"
    os.execvp("unshare", how + [sys.executable] + sys.argv)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--build", default="build")
    options = parser.parse_args()
    options.sanitized = "address" in os.path.basename(os.path.normpath(options.build))
    if not have_mount():
        print("FAILED: no tmpfs can be mounted here: run as root\n0 passed, 1 failed")
        return 1
    check, begin = Check(), time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        hub = torture.Hub(os.path.join(options.build, "hailong-aggregator"), f"{scratch}/hub",
                          dict(os.environ, **torture.sanitizer_env(options)))
        try:
            thanked, seals, refused = kiosk_full(options, scratch, hub, check)
        finally:
            hub.daemon.stop()
        pushed = hub_full(options, scratch, check)
    print(f"enospc: {len(thanked)} answers thanked for and found, "
          f"{len(torture.words_of(thanked))} of them comments, {seals} seals, {refused} honest refusals; "
          f"{pushed} pushed to a hub that was full {options.rounds} times; "
          f"{time.monotonic() - begin:.0f} s")
    print(f"{check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
