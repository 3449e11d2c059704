#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Syncs a kiosk with a hub over a line that breaks: nothing may be lost or doubled, and hardly
anything may go twice.

A proxy between the two cuts 30 % of the connections after a random number of bytes, in either
direction; kiosk and hub get SIGKILL meanwhile and are started again. In the end the hub must have
the kiosk's rows and each comment that was written meanwhile exactly once, both roots must be equal,
both `verify` must find nothing, and the bytes that went through the proxy must be at most 1.5 times
those of the same run over a good line.

usage: lossy.py [--entries N] [--build build] [--seed S]
"""
import argparse
import asyncio
import collections
import concurrent.futures
import hashlib
import http.client
import json
import os
import random
import re
import signal
import socket
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
BATCHES = 40
# Of each ten connections three are cut; one that ends before its cut hands it on to the next.
CUT_OF_TEN, CUT_SHARE, SHARE_MARGIN = 3, 0.3, 0.08
CUT_SOON_BYTES = 1000
# Cuts fall after 1 byte … this many, the small ones as likely as the large ones: within the head
# of a request, within its body, within the answer.
CUT_MOST_BYTES = 100_000
KILL_SHARE = 0.25  # of the syncs have somebody killed meanwhile
BYTES_RATIO = 1.5
TRIES_MAX = 200  # syncs for one batch; on average two or three are needed
START_LIMIT_S = 30


def free_port():
    """One of five digits, as all of Linux's own are."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def root_of(frontier):
    """The root of a tree from its complete subtrees, the smallest first."""
    nodes = [frontier[i:i + 32] for i in range(0, len(frontier), 32)]
    root = nodes[0]
    for node in nodes[1:]:
        root = hashlib.sha256(b"\x01" + node + root).digest()
    return root.hex()


class Proxy:
    """One thread with its own loop; `cutting` may be changed at any time."""

    def __init__(self, target, seed):
        self.target, self.random = target, random.Random(seed)
        self.cutting = False
        self.bytes = self.connections = self.cuts = 0
        self.tried = self.owed = 0  # connections while it cuts; cuts that did not come about
        self.deck = []
        self.loop = asyncio.new_event_loop()
        self.port = free_port()
        # The hub takes requests for its own address only; a proxy names that (of equal length).
        self.host = (f"Host: 127.0.0.1:{self.port}\r".encode(),
                     f"Host: 127.0.0.1:{target}\r".encode())
        ready = threading.Event()
        threading.Thread(target=self.run, args=(ready,), daemon=True).start()
        ready.wait(START_LIMIT_S)

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", self.port))
        ready.set()
        self.loop.run_forever()

    def next_cut(self):
        """After how many bytes this connection is cut; None: never."""
        if not self.cutting:
            return None
        self.tried += 1
        if not self.deck:
            self.deck = [True] * CUT_OF_TEN + [False] * (10 - CUT_OF_TEN)
            self.random.shuffle(self.deck)
        if self.deck.pop():
            return int(CUT_MOST_BYTES ** self.random.random())
        if self.owed > 0:
            self.owed -= 1
            return int(CUT_SOON_BYTES ** self.random.random())
        return None

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            hub_reader, hub_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        left = [self.next_cut()]  # bytes until the cut
        pumps = [asyncio.ensure_future(self.pump(reader, hub_writer, left)),
                 asyncio.ensure_future(self.pump(hub_reader, writer, left))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        self.owed += left[0] is not None and left[0] > 0
        for one in (writer, hub_writer):
            if left[0] == 0:
                one.transport.abort()
            else:
                one.close()

    async def pump(self, reader, writer, left):
        try:
            while data := await reader.read(4096):
                if left[0] is not None:
                    data = data[:left[0]]
                    left[0] -= len(data)
                self.bytes += len(data)
                writer.write(data.replace(*self.host))
                await writer.drain()
                if left[0] == 0:
                    self.cuts += 1
                    return
        except OSError:
            return


class Program:
    """A daemon that can be killed and started again on the same data."""

    def __init__(self, program, folder, arguments):
        self.program, self.folder, self.arguments = program, folder, arguments
        self.process, self.ports = None, {}

    def run(self, *arguments, check=True, text=None):
        return subprocess.run([self.program, *arguments, "--data", self.folder], check=check,
                              input=text, capture_output=True, text=True, timeout=120)

    def start(self, listeners):
        """Also while a `sync` that found nobody serving works in the folder by itself."""
        limit = time.monotonic() + START_LIMIT_S
        while not self.try_start(listeners):
            if time.monotonic() > limit:
                raise RuntimeError(f"{self.program} does not start")
            time.sleep(0.02)

    def try_start(self, listeners):
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.folder, *self.arguments],
            stderr=subprocess.PIPE, text=True)
        while listeners > 0:
            line = self.process.stderr.readline()
            if "another process is writing" in line:
                self.process.wait()
                return False
            if not line:
                raise RuntimeError(f"{self.program} ended while starting")
            found = re.search(r"event=listening (?:listener=(\w+) )?.*?address=[^ ]*:(\d+)", line)
            if found:
                listeners -= 1
                self.ports[found[1]] = int(found[2])
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        return True

    def stop(self, number):
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


class World:
    def __init__(self, options, folder, cutting, seed):
        self.options, self.cutting, self.random = options, cutting, random.Random(seed)
        self.kills = self.syncs = 0
        self.texts = []
        port = free_port()
        self.hub = Program(os.path.join(options.build, "hailong-aggregator"), f"{folder}/hub",
                           ["--listen", f"127.0.0.1:{port}"])
        self.proxy = Proxy(port, seed)
        url = f"http://127.0.0.1:{self.proxy.port}"
        self.kiosk = Program(os.path.join(options.build, "hailong-kiosk"), f"{folder}/kiosk",
                             ["--screen-listen", "127.0.0.1:0", "--phone-listen", "127.0.0.1:0"])
        self.hub.run("init", "--setup", SETUP)
        self.kiosk.run("init", "--setup", SETUP)
        self.hub.start(1)
        phrase = self.hub.run("join", "--unit", UNIT).stdout
        self.kiosk.run("enrol", "--hub", url, "--phrase", "-", text=phrase)
        poster = self.kiosk.run("poster", "--counter", "1", "--format", "url").stdout
        self.poster = poster.strip().split("/P/")[1]

    def fill(self, count):
        subprocess.run([os.path.join(self.options.build, "tests/bench/fill"), "kiosk",
                        self.kiosk.folder, str(count)], check=True, capture_output=True)

    def write(self):
        """A comment from a poster's page, and a seal, which the kiosk may refuse as long as
        nobody has vouched for its clock."""
        connection = http.client.HTTPConnection("127.0.0.1", self.kiosk.ports["phone"], timeout=20)
        connection.request("GET", f"/P/{self.poster}/HT")
        page = connection.getresponse().read().decode()
        token = re.search(r'name="token" value="([^"]*)"', page)[1]
        words = "".join(self.random.choice("bcdghklmnpqrstvx") for _ in range(60))
        connection.request("POST", "/api/v1/texts", f"token={token}&text={words}",
                           {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"a text was answered by {answer.status}")
        self.texts.append(words)
        self.kiosk.run("seal", check=False)

    def kill_somebody(self):
        """Waits for a random moment of a sync, kills one of the two, starts it again."""
        time.sleep(self.random.random() * 0.15)
        self.kills += 1
        if self.random.random() < 0.5:
            self.hub.stop(signal.SIGKILL)
            self.hub.start(1)
        else:
            self.kiosk.stop(signal.SIGKILL)
            self.kiosk.start(2)

    def sync(self):
        """True when the hub has everything that stood in the journal before."""
        self.syncs += 1
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            killer = None
            if self.cutting and self.random.random() < KILL_SHARE:
                killer = pool.submit(self.kill_somebody)
            done = self.kiosk.run("sync", check=False)
            if killer:
                killer.result()
        return done.returncode == 0

    def batch(self, count):
        self.fill(count)
        self.kiosk.start(2)
        self.write()
        self.proxy.cutting = self.cutting
        for _ in range(TRIES_MAX):
            if self.sync():
                break
        else:
            raise RuntimeError("the line never let a sync through")
        self.kiosk.stop(signal.SIGKILL)

    def end(self):
        """Over a good line at last: the acks of the last rounds go, too."""
        self.proxy.cutting = False
        self.kiosk.start(2)
        self.kiosk.run("sync")
        self.kiosk.run("seal")
        for _ in range(3):
            self.kiosk.run("sync")
        status = json.loads(self.kiosk.run("status", "--format", "json").stdout)
        self.kiosk.stop(signal.SIGTERM)
        self.hub.stop(signal.SIGTERM)
        return status

    def run(self):
        """Entries, bytes through the proxy, and what is wrong."""
        try:
            for _ in range(BATCHES):
                self.batch(self.options.entries // BATCHES)
            status = self.end()
        finally:
            for program in (self.kiosk, self.hub):
                if program.process and program.process.poll() is None:
                    program.process.kill()
        return self.proxy.bytes, self.compare(status)

    def compare(self, status):
        wrong = []
        kiosk = sqlite3.connect(f"{self.kiosk.folder}/kiosk.db")
        hub = sqlite3.connect(f"{self.hub.folder}/hub.db")
        rows = kiosk.execute("SELECT seq, line FROM entry ORDER BY seq").fetchall()
        taken = hub.execute("SELECT seq, line FROM ledger WHERE lane = ? ORDER BY seq",
                            (status["lane"],)).fetchall()
        if len(rows) < self.options.entries:
            wrong.append(f"the kiosk has {len(rows)} entries only")
        if rows != taken:
            wrong.append(f"the kiosk has {len(rows)} entries, the hub {len(taken)}, or others")
        ours = collections.Counter(words.encode() for words in self.texts)
        for name, database in (("kiosk", kiosk), ("hub", hub)):
            there = collections.Counter(payload for (payload,) in database.execute(
                "SELECT payload FROM free_text WHERE field = 'text'"))
            if there != ours:
                wrong.append(f"of {len(self.texts)} texts the {name} has {there.total()}, "
                             f"{(there & ours).total()} of them once")
        comments = sum('"kind":"comment"' in line for _, line in rows)
        if comments != len(self.texts):
            wrong.append(f"{len(self.texts)} texts, {comments} comments")
        for program in (self.kiosk, self.hub):
            verified = program.run("verify", check=False)
            if verified.returncode != 0:
                wrong.append(f"{program.program} verify: {verified.stdout}{verified.stderr}")
            if program is self.kiosk and status["root"] not in verified.stdout:
                wrong.append("the kiosk's root is another one than it said")
        frontier, = hub.execute("SELECT frontier FROM lane WHERE lane = ?",
                                (status["lane"],)).fetchone()
        if status["root"] != root_of(frontier):
            wrong.append("the hub's root is not the kiosk's")
        return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=1000)
    parser.add_argument("--build", default="build")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    begin, failures, figures = time.monotonic(), [], {}
    print(f"lossy: seed {options.seed}")
    for name, cutting in (("clean", False), ("lossy", True)):
        with tempfile.TemporaryDirectory() as folder:
            world = World(options, folder, cutting, options.seed)
            figures[name], wrong = world.run()
            failures += [f"{name}: {what}" for what in wrong]
            print(f"{name}: {world.syncs} syncs, {world.proxy.connections} connections, "
                  f"{world.proxy.cuts} cut, {world.kills} kills, {figures[name]} bytes", flush=True)
    ratio = figures["lossy"] / figures["clean"]
    if ratio > BYTES_RATIO:
        failures.append(f"{ratio:.2f} times the bytes of a clean run went over the line")
    share = world.proxy.cuts / max(world.proxy.tried, 1)
    if world.proxy.cuts == 0 or abs(share - CUT_SHARE) > SHARE_MARGIN:
        failures.append(f"{share:.0%} of {world.proxy.tried} connections were cut")
    if world.kills == 0:
        failures.append("nobody was killed")
    for what in failures:
        print("FAILED:", what)
    print(f"lossy: {options.entries} entries, {len(world.texts)} texts, {share:.0%} of "
          f"{world.proxy.tried} connections cut, {ratio:.2f} times the bytes, "
          f"{time.monotonic() - begin:.0f} s")
    print(f"{0 if failures else 1} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
