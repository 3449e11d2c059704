#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes each call of the kiosk that can fail do so, one position after the other, once and for
good, with each error it may have: at the start, and while ten responses, two details, slips, a
comment, a seal and a sync to a real hub go on. No crash, no hang, no bug line, no sanitizer report;
no answer, comment or seal that was thanked for may be missing after a clean restart, no comment may
stand twice; the journal verifies; after one failure alone the
kiosk either serves again or has ended by itself.

usage: torture.py [--every N] [--build build] [--only CALL] [--phase start|serve] [--verbose]
"""
import argparse
import collections
import concurrent.futures
import html
import http.client
import itertools
import mmap
import os
import random
import re
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SETUP = os.path.join(ROOT, "schema/examples/ba-xuyen.json")
UNIT = "05533"
WORKERS = 2
# A worker's kiosk is made anew after so many positions, so that its journal stays small.
POSITIONS_PER_KIOSK = 60
ANSWER_LIMIT_S, STOP_LIMIT_S, START_LIMIT_S = 2, 30, 30
# Failures that happen once are put one after the other into the same process, so many of them.
ROUNDS_PER_START = 20
# A failed start writes at most one entry, so the journal is read after so many of them.
VERIFY_EVERY = 10
# Every position of memory that is gone for good looks alike; of those, one in so many is enough
# unless every position is asked for.
GONE_EVERY = 10
RESPONSES, SLIPS, DETAILS, TEXTS = 10, 1, 2, 1
OWN_EXITS = {0, 1, 2, 65, 74, 75}

ERRNO = {"EIO": 5, "ENOMEM": 12, "ENOSPC": 28, "EROFS": 30, "EMFILE": 24, "ENOBUFS": 105,
         "short": 0}
# call, number in fault.c, errors
CALLS = [
    ("write", 0, ("EIO", "ENOSPC", "EROFS", "short")),
    ("pwrite", 1, ("EIO", "ENOSPC", "EROFS", "short")),
    ("fsync", 2, ("EIO", "ENOSPC")),
    ("fdatasync", 3, ("EIO", "ENOSPC")),
    ("ftruncate", 4, ("EIO", "ENOSPC", "EROFS")),
    ("open", 5, ("EIO", "ENOSPC", "EROFS", "EMFILE")),
    ("malloc", 6, ("ENOMEM",)),
    ("calloc", 7, ("ENOMEM",)),
    ("realloc", 8, ("ENOMEM",)),
    ("send", 9, ("ENOBUFS", "short")),
    ("rename", 10, ("EIO", "ENOSPC", "EROFS")),
]
LAYOUT = struct.Struct(f"=6i{1 + len(CALLS)}q")
REPORTS = re.compile(r"runtime error:|Sanitizer|event=bug|stack smashing|corrupted|free\(\)")
FIELD = re.compile(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"')


class Fault:
    """The shim's control file, mapped here as well."""

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as file:
            file.write(bytes(LAYOUT.size))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), LAYOUT.size)

    def set(self, armed, call=-1, error=0, sticky=False, nth=0, short=False):
        self.map[:LAYOUT.size] = LAYOUT.pack(armed, call, error, sticky, short, 0, nth,
                                             *[0] * len(CALLS))

    def read(self):
        values = LAYOUT.unpack(self.map[:LAYOUT.size])
        return bool(values[5]), list(values[7:])

    def disarm(self):
        self.map[:4] = struct.pack("=i", 0)


class Daemon:
    """A program that serves; its log is kept."""

    def __init__(self, command, env, listeners):
        self.lines, self.ports = [], {}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, env=env, text=True,
                                        errors="replace")
        self.listening = threading.Event()
        self.listeners = listeners
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line)
            found = re.search(r"event=listening listener=(\w+) address=127\.0\.0\.1:(\d+)", line)
            if found:
                self.ports[found[1]] = int(found[2])
                if self.listeners <= set(self.ports):
                    self.listening.set()
        self.listening.set()

    def await_start(self):
        """True when it listens; False when it has ended."""
        if not self.listening.wait(START_LIMIT_S):
            return False
        return self.listeners <= set(self.ports)

    def stop(self):
        """The exit code, or None when it had to be killed."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = None
        self.reader.join(5)
        return code

    def log(self):
        return "".join(self.lines)


class Hub:
    def __init__(self, program, folder, env):
        self.program, self.folder = program, folder
        subprocess.run([program, "init", "--data", folder, "--setup", SETUP], check=True, env=env,
                       capture_output=True)
        self.daemon = Daemon([program, "serve", "--data", folder, "--listen", "127.0.0.1:0"], env,
                             {"hub"})
        if not self.daemon.await_start():
            raise RuntimeError("the hub did not start: " + self.daemon.log())
        self.url = f"http://127.0.0.1:{self.daemon.ports['hub']}"

    def enrol(self, kiosk):
        """Makes the hub take this kiosk's journal."""
        phrase = subprocess.run([self.program, "join", "--data", self.folder, "--unit", UNIT],
                                check=True, capture_output=True, text=True).stdout
        kiosk.run("enrol", "--hub", self.url, "--phrase", phrase.strip())

    def verify(self):
        return subprocess.run([self.program, "verify", "--data", self.folder], check=False,
                              capture_output=True, text=True)


class Kiosk:
    def __init__(self, options, folder, hub):
        self.program, self.folder = os.path.join(options.build, "hailong-kiosk"), folder
        self.fault = Fault(folder + ".fault")
        self.env = dict(os.environ, **sanitizer_env(options))
        self.shimmed = dict(self.env, FAULT_CONTROL=self.fault.path,
                            LD_PRELOAD=os.path.abspath(shim(options)))
        self.hub, self.daemon = hub, None
        self.run("init", "--setup", SETUP)
        hub.enrol(self)
        self.poster = self.run("poster", "--counter", "1", "--format",
                               "url").stdout.strip().split("/P/")[1]

    def run(self, *arguments, check=True):
        return subprocess.run([self.program, *arguments, "--data", self.folder], check=check,
                              env=self.env, capture_output=True, text=True, timeout=60)

    def start(self, from_main=False):
        env = dict(self.shimmed, FAULT_FROM_MAIN="1" if from_main else "0")
        self.daemon = Daemon([self.program, "serve", "--data", self.folder, "--screen-listen",
                              "127.0.0.1:0", "--phone-listen", "127.0.0.1:0", "--hub",
                              self.hub.url], env, {"phone", "screen"})
        return self.daemon.await_start()

    def size(self):
        """How many entries the journal has; None when it does not verify."""
        done = self.run("verify", check=False)
        found = re.match(r"ok (\d+) ", done.stdout)
        return int(found[1]) if found and done.returncode == 0 else None

    def query(self, sql):
        with sqlite3.connect(f"file:{self.folder}/kiosk.db?mode=ro", uri=True) as db:
            return db.execute(sql).fetchall()

    def texts(self):
        """How often each comment is there, waiting or sealed."""
        return collections.Counter(
            text if isinstance(text, str) else text.decode() for (text,) in self.query(
                "SELECT text FROM outbox UNION ALL SELECT payload FROM free_text "
                "WHERE field = 'text'"))

    def sealed(self):
        """Where the last seal stands, -1: there is none."""
        return self.query("SELECT coalesce(max(seq), -1) FROM seal JOIN entry USING (seq)")[0][0]

    def slip(self):
        url = self.run("slip", "--area", "HT", "--format", "url").stdout.strip()
        return "/S/" + url.split("/S/")[1].split("/")[0]


def sanitizer_env(options):
    if not options.sanitized:
        return {}
    return {"ASAN_OPTIONS": "verify_asan_link_order=0:allocator_may_return_null=1:"
                            "detect_leaks=1:exitcode=99:handle_abort=1",
            "LSAN_OPTIONS": f"suppressions={HERE}/fault.supp:print_suppressions=0",
            "UBSAN_OPTIONS": "print_stacktrace=1"}


def shim(options):
    return os.path.join(options.build, "tests/torture/fault.so")


class Client:
    """Sends pages until the kiosk no longer answers."""

    def __init__(self, kiosk):
        self.connection = http.client.HTTPConnection("127.0.0.1", kiosk.daemon.ports["phone"],
                                                     timeout=ANSWER_LIMIT_S)
        self.dead = False

    def request(self, method, path, body=None):
        """(status, text); (0, "") when there was no answer."""
        if self.dead:
            return 0, ""
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        for attempt in (0, 1):
            try:
                self.connection.request(method, path, body, headers)
                answer = self.connection.getresponse()
                return answer.status, answer.read().decode(errors="replace")
            except TimeoutError:
                self.dead = True
                self.connection.close()
                return 0, ""
            except (OSError, http.client.HTTPException):
                self.connection.close()
                if attempt == 1:
                    return 0, ""
        return 0, ""

    def page(self, path):
        """The hidden fields of a page as a body, or None."""
        status, text = self.request("GET", path)
        fields = FIELD.findall(text)
        if status != 200 or not fields:
            return None
        return "&".join(f"{name}={html.unescape(value)}" for name, value in fields)

    def answer(self, path, level, thanked):
        """Opens a page and answers it. The status; what got a 200 is appended to `thanked`."""
        body = self.page(path)
        if body is None:
            return 0, None
        body += f"&overall={level}"
        status, _ = self.request("POST", "/api/v1/responses", body)
        if status == 200:
            thanked.append(body)
        return status, body


    def write(self, body, thanked):
        """A comment from a page that was answered by `body`; what got a 200 is appended."""
        words = "".join(random.choice("bcdghklmnpqrstvx") for _ in range(40))
        text = re.search(r"token=[^&]*", body)[0] + "&text=" + words
        status, _ = self.post(text)
        if status == 200:
            thanked.append(text)
        return status

    def post(self, body):
        return self.request("POST", "/api/v1/texts" if "&text=" in body else "/api/v1/responses",
                            body)


def words_of(thanked):
    return [body.split("&text=")[1] for body in thanked if "&text=" in body]


def seal(kiosk):
    """Where the seal that was reported stands, -1: none was."""
    done = kiosk.run("seal", check=False)
    return kiosk.sealed() if done.returncode == 0 else -1


def scenario(kiosk, slips, thanked):
    """Ten responses, one of them by a slip, two with a detail; a slip more; a comment; a seal; a
    sync."""
    client = Client(kiosk)
    paths = slips + [f"/P/{kiosk.poster}/{'HT' if i % 2 else 'CT'}"
                     for i in range(RESPONSES - len(slips))]
    for number, path in enumerate(paths):
        status, body = client.answer(path, 1 + number % 5, thanked)
        if status == 200 and number < DETAILS:
            token = re.search(r"token=([^&]*)", body)[1]
            detail = f"token={token}&part=1&page=factors&F1=3&F2=4"
            if client.request("POST", "/api/v1/responses", detail)[0] == 200:
                thanked.append(detail)
    body = client.page(f"/P/{kiosk.poster}/HT")
    if body is not None:
        client.write(body, thanked)
    kiosk.run("slip", "--area", "CT", "--format", "url", check=False)
    sealed = seal(kiosk)
    kiosk.run("sync", check=False)
    client.connection.close()
    return client.dead, sealed


class Torture:
    """One worker: a kiosk and what it found."""

    def __init__(self, options, scratch, number, hub):
        self.options, self.scratch, self.number, self.hub = options, scratch, number, hub
        self.kiosk, self.used, self.made = None, 0, 0
        self.thanked, self.failures = [], []
        self.sealed, self.seals, self.texts = -1, 0, 0
        self.done = self.fired = self.checked = 0
        self.rounds = 0  # in the process that serves; 0: none does

    def fresh(self):
        self.made += 1
        self.used = self.rounds = 0
        self.thanked, self.sealed = [], -1
        self.kiosk = Kiosk(self.options, f"{self.scratch}/kiosk{self.number}-{self.made}", self.hub)
        self.kiosk.run("sync")  # the hub vouches for the clock, without which nothing is sealed

    def fail(self, what, detail=""):
        self.failures.append(what)
        print(f"FAILED: {what} {detail[-1500:]}", flush=True)
        if self.kiosk and self.kiosk.daemon.process.poll() is None:
            self.kiosk.daemon.process.kill()
        self.kiosk = None

    def stop(self, name, exits=None):
        self.rounds = 0
        code = self.kiosk.daemon.stop()
        log = self.kiosk.daemon.log()
        if code is None:
            self.fail(f"{name}: it hung and had to be killed", log)
        elif code not in (exits or OWN_EXITS):
            self.fail(f"{name}: it ended with {code}", log)
        elif REPORTS.search(log):
            self.fail(f"{name}: its log has a report", log)
        else:
            return True
        return False

    def clean_start(self, name):
        """Starts without faults; what was thanked for before must be there."""
        self.kiosk.fault.set(0)
        if not self.kiosk.start():
            self.fail(f"{name}: no clean restart", self.kiosk.daemon.log())
            return False
        before = self.kiosk.size()
        if before is None:
            self.fail(f"{name}: the journal does not verify",
                      self.kiosk.run("verify", check=False).stderr)
            return False
        if not self.check_texts(name):
            return False
        client = Client(self.kiosk)
        again = [client.post(body)[0] for body in self.thanked]
        client.connection.close()
        after = self.kiosk.size()
        self.checked += len(again)
        if again and set(again) != {200}:
            self.fail(f"{name}: sent again, thanked answers gave {sorted(set(again))}")
            return False
        if after != before:
            self.fail(f"{name}: {after - before} thanked answers were not in the journal")
            return False
        if not self.check_texts(name + ", sent again"):
            return False
        self.texts += len(words_of(self.thanked))
        self.thanked = []
        return True

    def check_texts(self, name):
        """Each comment that was thanked for is there once, and the last seal that was reported."""
        there = self.kiosk.texts()
        lost = [words for words in words_of(self.thanked) if there[words] != 1]
        if lost or any(count > 1 for count in there.values()):
            self.fail(f"{name}: {len(lost)} comments that were thanked for are lost, or one stands "
                      f"twice")
        elif self.kiosk.sealed() < self.sealed:
            self.fail(f"{name}: the seal at {self.sealed} is lost")
        else:
            return True
        return False

    def position(self, phase, call, number, error, sticky, nth):
        name = f"{phase} {call} {error} {'for good' if sticky else 'once'} at {nth}"
        if self.kiosk is None or self.used >= POSITIONS_PER_KIOSK:
            self.finish()
            self.fresh()
        self.used += 1
        self.done += 1
        arm = {"call": number, "error": ERRNO[error], "sticky": sticky, "nth": nth,
               "short": error == "short"}
        (self.start_phase if phase == "start" else self.serve_phase)(name, arm)

    def start_phase(self, name, arm):
        self.kiosk.fault.set(0, **arm)
        listening = self.kiosk.start(from_main=True)
        self.fired += self.kiosk.fault.read()[0]
        log = self.kiosk.daemon.log()
        if not self.stop(name):
            return
        if not listening and not re.search(r"<3>|level=error|\S+: \S+", log):
            self.fail(f"{name}: it ended without saying why", log)
            return
        self.kiosk.fault.set(0)
        if self.used % VERIFY_EVERY == 0 and self.kiosk.size() is None:
            self.fail(f"{name} or a position before: the journal does not verify",
                      self.kiosk.run("verify", check=False).stderr)

    def serve_phase(self, name, arm):
        if self.rounds == 0 and not self.clean_start(name + " (the ones before)"):
            return
        self.rounds += 1
        slips = [self.kiosk.slip() for _ in range(SLIPS)]
        self.kiosk.fault.set(1, **arm)
        stalled, sealed = scenario(self.kiosk, slips, self.thanked)
        self.seals += sealed > self.sealed
        self.sealed = max(self.sealed, sealed)
        ended = self.kiosk.daemon.process.poll() is not None
        if not ended and not arm["sticky"]:
            self.serves_again(name, stalled)
        if self.kiosk is None:
            return
        fired = self.kiosk.fault.read()[0]
        if ended or arm["sticky"] or not fired or self.rounds == ROUNDS_PER_START:
            self.stop(name)
        elif REPORTS.search(self.kiosk.daemon.log()):
            self.fail(f"{name}: its log has a report", self.kiosk.daemon.log())
        self.fired += fired or (self.kiosk is not None and self.kiosk.fault.read()[0])

    def serves_again(self, name, stalled):
        """After one failure alone: either it has ended, or it goes on."""
        for _ in range(3):
            status, _ = Client(self.kiosk).answer(f"/P/{self.kiosk.poster}/HT", 5, self.thanked)
            if status == 200 or self.kiosk.daemon.process.poll() is not None:
                return
            time.sleep(0.1)
        self.fail(f"{name}: it neither serves nor has ended (HTTP {status}, stalled {stalled})",
                  self.kiosk.daemon.log())

    def finish(self):
        """What the last positions thanked for is there; everything reaches the hub."""
        if self.kiosk is None or self.options.phase == "start":
            return
        if self.rounds > 0:
            self.stop("the end")
        if self.kiosk and self.clean_start("the last positions"):
            sync = self.kiosk.run("sync", check=False)
            if sync.returncode != 0:
                self.fail("a sync without faults failed", sync.stderr)
        if self.kiosk:
            self.stop("the end", {0})


def count(options, scratch, hub, phase):
    """How often each call comes in a phase."""
    worker = Torture(options, scratch, f"count-{phase}", hub)
    worker.fresh()
    if phase == "start":
        worker.kiosk.start()  # the first start of all makes more
        worker.kiosk.daemon.stop()
        worker.kiosk.fault.set(0)
        worker.kiosk.start(from_main=True)
        counts = worker.kiosk.fault.read()[1]
        worker.kiosk.daemon.stop()
        return counts
    worker.kiosk.start()
    slips = [worker.kiosk.slip() for _ in range(SLIPS)]
    worker.kiosk.fault.set(1)
    sealed = scenario(worker.kiosk, slips, worker.thanked)[1]
    worker.kiosk.daemon.stop()
    if len(worker.thanked) != RESPONSES + DETAILS + TEXTS or sealed < 0:
        raise RuntimeError(f"without faults {len(worker.thanked)} answers were thanked for, and "
                           f"the seal stands at {sealed}")
    return worker.kiosk.fault.read()[1]


def positions(options, scratch, hub):
    found = []
    for phase in ("start", "serve"):
        if options.phase not in (None, phase):
            continue
        counts = count(options, scratch, hub, phase)
        print(f"{phase}: " + ", ".join(f"{name} {counts[number]}" for name, number, _ in CALLS))
        for name, number, errors in CALLS:
            if options.only not in (None, name):
                continue
            found += [(phase, name, number, error, sticky, nth)
                      for nth, error, sticky in itertools.product(
                          range(1, counts[number] + 1), errors, (False, True))]
    return found


def choose(every, options):
    """Every N-th; those of one process side by side."""
    chosen = every[options.first::options.every]
    if options.every > 1:
        gone = [one for one in chosen if one[3] == "ENOMEM" and one[4]]
        left = set(gone) - set(gone[::GONE_EVERY])
        chosen = [one for one in chosen if one not in left]
    return sorted(chosen, key=lambda one: (one[0] != "start", one[4]))


def work(worker, mine):
    for one in mine:
        begin = time.monotonic()
        worker.position(*one)
        if worker.options.verbose:
            print(f"{time.monotonic() - begin:.2f} s", *one, flush=True)
    worker.finish()
    return worker


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=7)
    parser.add_argument("--build", default="build")
    parser.add_argument("--only", choices=[name for name, _, _ in CALLS])
    parser.add_argument("--phase", choices=("start", "serve"))
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    options.sanitized = "address" in os.path.basename(os.path.normpath(options.build))
    os.environ.pop("HAILONG_STATEMENTS_LOG", None)  # its writes are not the kiosk's own
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        hub = Hub(os.path.join(options.build, "hailong-aggregator"), f"{scratch}/hub",
                  dict(os.environ, **sanitizer_env(options)))
        try:
            every = positions(options, scratch, hub)
            chosen = choose(every, options)
            workers = [Torture(options, scratch, i, hub) for i in range(WORKERS)]
            with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
                list(pool.map(work, workers, [chosen[i::WORKERS] for i in range(WORKERS)]))
            verified = hub.verify()
        finally:
            code = hub.daemon.stop()
    failures = [what for worker in workers for what in worker.failures]
    if verified.returncode != 0:
        failures.append("the hub does not verify")
        print("FAILED: the hub does not verify", verified.stdout, verified.stderr)
    if code != 0 or REPORTS.search(hub.daemon.log()):
        failures.append("the hub")
        print("FAILED: the hub ended with", code, hub.daemon.log()[-500:])
    fired = sum(worker.fired for worker in workers)
    print(f"torture: {len(chosen)} of {len(every)} positions, {fired} of them reached, "
          f"{sum(worker.checked for worker in workers)} thanked answers looked for, "
          f"{sum(worker.texts for worker in workers)} of them comments, "
          f"{sum(worker.seals for worker in workers)} seals, "
          f"{len(failures)} failures, {time.monotonic() - begin:.0f} s")
    if options.phase != "start" and not all(
            sum(counts) for counts in zip(*((one.texts, one.seals) for one in workers))):
        failures.append("no comment or no seal")
        print("FAILED: no comment was thanked for, or nothing was sealed")
    if fired * 10 < len(chosen) * 8:
        failures.append("too few positions were reached")
        print("FAILED: too few positions were reached; the shim does not see the calls")
    print(f"{len(chosen) - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
