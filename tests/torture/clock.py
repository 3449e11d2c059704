#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lets the kiosk's clock jump while it serves and while it is off: ten years either way, a dead
battery, back and forth over the end of a period, and N random walks. The boot clock stays true, as
on a real machine. No crash; no answer that was thanked for is lost; the journal has no gap and
verifies; an entry says "clock":"unset" exactly while the clock is wrong, and stands at the true
hour; once the clock is set and confirmed a `clock` entry gives those entries a range with the true
hour in it; day keys are those of the true days.

A control must fail: when the boot clock jumps along, nobody can notice.

usage: clock.py [--walks N] [--build build] [--seed S]
"""
import argparse
import datetime
import glob
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
FIELD = re.compile(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"')
UTC7 = datetime.timezone(datetime.timedelta(hours=7))
DAY_S, YEAR_S = 86400, 365 * 86400
START_LIMIT_S = 30
TICK_S = 5  # of the kiosk's chores
# 2026-12-14 23:50 at UTC+7: a period ends with the day.
PERIOD_END = int(datetime.datetime(2026, 12, 14, 23, 50, tzinfo=UTC7).timestamp())
MORNING = int(datetime.datetime(2026, 11, 24, 9, 10, tzinfo=UTC7).timestamp())

failures = []


def check(good, what):
    if not good:
        failures.append(what)
        print(f"FAILED: {what}", flush=True)
    return good


def hour_text(at):
    return datetime.datetime.fromtimestamp(at, UTC7).strftime("%Y-%m-%dT%H+07")


def day_text(at):
    return datetime.datetime.fromtimestamp(at, UTC7).strftime("%Y-%m-%d")


class Clock:
    """What the kiosk sees: the true time of this story, and how far its own is off."""

    def __init__(self, path, true_now, boot_jumps=False):
        self.path = path
        self.story = true_now - time.time()
        self.off = 0
        libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not libraries:
            sys.exit("libfaketime is missing; install the package faketime")
        self.env = {**os.environ, "LD_PRELOAD": libraries[0], "FAKETIME_TIMESTAMP_FILE": path,
                    "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        if boot_jumps:
            self.env["FAKETIME_DONT_FAKE_MONOTONIC"] = "0"
        self.set(0)

    def set(self, off):
        """The kiosk's clock is off by so many seconds from now on."""
        self.off = off
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(f"{self.story + off:+.0f}\n")
        os.rename(self.path + ".new", self.path)

    def true(self):
        return time.time() + self.story


class Kiosk:
    def __init__(self, program, folder, clock):
        self.program, self.folder, self.clock = program, folder, clock
        self.process, self.ports, self.lines = None, {}, []

    def run(self, *arguments):
        return subprocess.run([self.program, *arguments, "--data", self.folder], text=True,
                              capture_output=True, env=self.clock.env, check=False)

    def must(self, *arguments):
        done = self.run(*arguments)
        if done.returncode != 0:
            raise RuntimeError(f"{arguments[0]}: {done.stderr}")
        return done.stdout

    def start(self):
        self.ports = {}
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.folder, "--screen-listen", "127.0.0.1:0",
             "--phone-listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True,
            env=self.clock.env)
        ready = threading.Event()
        threading.Thread(target=self.read, args=(self.process, ready), daemon=True).start()
        if not ready.wait(START_LIMIT_S) or len(self.ports) < 2:
            raise RuntimeError("the kiosk did not start: " + "".join(self.lines[-20:]))

    def read(self, process, ready):
        for line in process.stderr:
            self.lines.append(line)
            found = re.search(r"event=listening listener=(\w+) address=127\.0\.0\.1:(\d+)", line)
            if found:
                self.ports[found[1]] = int(found[2])
                if len(self.ports) == 2:
                    ready.set()
        ready.set()

    def stop(self, number):
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["phone"], timeout=20)
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


class Story:
    """One kiosk and what happens to its clock."""

    def __init__(self, program, name, true_now, boot_jumps=False):
        self.name = name
        self.home = tempfile.TemporaryDirectory(prefix="hailong-clock-")
        self.clock = Clock(os.path.join(self.home.name, "time"), true_now, boot_jumps)
        self.kiosk = Kiosk(program, os.path.join(self.home.name, "data"), self.clock)
        self.began = self.clock.true()
        self.rated = []  # (hours that are true, whether it must be marked)
        self.doubted = False

    def __enter__(self):
        self.kiosk.must("init", "--setup", SETUP)
        self.kiosk.start()
        url = self.kiosk.must("poster", "--counter", "1", "--format", "url").strip()
        self.path = "/P/" + url.split("/P/")[1].split("/")[0] + "/HT"
        return self

    def __exit__(self, kind, value, trace):
        if self.kiosk.process.poll() is None:
            self.kiosk.process.kill()
            self.kiosk.process.wait()
        if kind is not None:
            print("".join(self.kiosk.lines[-20:]))
        self.home.cleanup()

    def page(self):
        status, text = self.kiosk.ask("GET", self.path)
        check(status == 200, f"{self.name}: a page is shown (HTTP {status})")
        return "&".join(f"{name}={value}" for name, value in FIELD.findall(text))

    def send(self, page, marked):
        before = self.clock.true()
        status, _ = self.kiosk.ask("POST", "/api/v1/responses", page + "&overall=4")
        if check(status == 200, f"{self.name}: a rating is taken (HTTP {status})"):
            self.rated.append(({hour_text(before), hour_text(self.clock.true())}, marked))

    def rate(self, times, marked):
        for _ in range(times):
            self.send(self.page(), marked)

    def jump(self, off, how=None):
        """The clock jumps while it serves (None), or while it is off (a signal)."""
        page = self.page()  # made before, sent after
        if how is not None:
            self.kiosk.stop(how)
        self.clock.set(off)
        if how is not None:
            self.kiosk.start()
        self.doubted = off != 0
        if not self.doubted:
            self.wait_until_trusted()
        self.send(page, self.doubted)
        self.rate(2, self.doubted)

    def state(self):
        return " chưa\n" not in self.kiosk.must("clock")

    def wait_for(self, happened):
        """The service closes and opens anew."""
        until = time.monotonic() + START_LIMIT_S
        while time.monotonic() < until:
            try:
                if happened():
                    return
            except (RuntimeError, OSError):
                pass
            time.sleep(0.2)
        check(False, f"{self.name}: the service opened anew")

    def wait_until_trusted(self):
        """It agrees again with what was proved: the kiosk finds that by itself."""
        until = time.monotonic() + 3 * TICK_S
        while not self.state() and time.monotonic() < until:
            time.sleep(0.2)
        check(self.state(), f"{self.name}: a clock that came back is trusted")

    def set_right(self, off):
        """Staff set the clock as well as one can by hand, and say so."""
        if self.clock.off < -3600:
            check(self.kiosk.run("clock", "--confirm").returncode != 0,
                  f"{self.name}: a clock before the last entry is not confirmed")
        check(not self.state(), f"{self.name}: nobody has vouched yet")
        self.clock.set(off)
        self.kiosk.must("clock", "--confirm")
        check(self.state(), f"{self.name}: a confirmed clock is trusted")
        self.rate(2, False)

    # ---- the end --------------------------------------------------------------------------------

    def check_entries(self, entries):
        check([entry["seq"] for entry in entries] == list(range(len(entries))),
              f"{self.name}: seq has no gap")
        responses = [entry for entry in entries if entry["kind"] == "response"]
        check(len(responses) == len(self.rated),
              f"{self.name}: {len(responses)} responses of {len(self.rated)} that were thanked for")
        ranges = [entry for entry in entries if entry["kind"] == "clock"]
        for entry, (hours, marked) in zip(responses, self.rated):
            what = f"{self.name}: entry {entry['seq']}"
            check((entry.get("clock") == "unset") == marked,
                  f"{what} is {'' if marked else 'not '}marked")
            check(entry["hour"] in hours, f"{what} stands at {entry['hour']}, true: {hours}")
            mine = [r for r in ranges if r["from_seq"] <= entry["seq"] < r["to_seq"]]
            if marked and check(len(mine) == 1, f"{what} has one range"):
                check(any(mine[0]["first"] <= hour <= mine[0]["last"] for hour in hours),
                      f"{what}: {mine[0]['first']} to {mine[0]['last']} holds one of {hours}")
        unset = [entry for entry in entries if entry.get("clock") == "unset"]
        check(all(any(r["from_seq"] <= e["seq"] < r["to_seq"] for r in ranges) for e in unset),
              f"{self.name}: every marked entry has its range")

    def check_keys(self):
        days = {name[:10] for name in os.listdir(os.path.join(self.kiosk.folder, "keys/day"))}
        true = {day_text(self.began), day_text(self.clock.true())}
        check(day_text(self.began) in days, f"{self.name}: the first day's key is there")
        check(days <= true, f"{self.name}: keys of {sorted(days - true)}, which were no days")

    def end(self):
        check(self.kiosk.process.poll() is None, f"{self.name}: the kiosk lives")
        self.check_keys()
        self.kiosk.stop(signal.SIGTERM)
        check(self.kiosk.run("verify").returncode == 0, f"{self.name}: verify")
        lines = self.kiosk.must("export").split("\n\n")[0].splitlines()
        self.check_entries([json.loads(line) for line in lines])
        log = "".join(self.kiosk.lines)
        check("event=bug" not in log and "Sanitizer" not in log and "runtime error" not in log,
              f"{self.name}: no bug is logged")


# By hand one is off by some minutes, more than what passes for no jump.
BY_HAND_S = 200


def ten_years_on(story):
    story.jump(10 * YEAR_S)
    story.set_right(BY_HAND_S)


def ten_years_back(story):
    story.jump(-10 * YEAR_S)
    story.set_right(BY_HAND_S)


def ten_years_while_off(story):
    story.jump(10 * YEAR_S, signal.SIGKILL)
    story.jump(-10 * YEAR_S, signal.SIGTERM)
    story.set_right(BY_HAND_S)


def dead_battery_1970(story):
    story.jump(DAY_S - int(story.clock.true()), signal.SIGTERM)
    story.kiosk.stop(signal.SIGKILL)
    story.kiosk.start()  # once more, while it is wrong
    story.rate(2, True)
    story.set_right(BY_HAND_S)


def dead_battery_2000(story):
    story.jump(946684800 - int(story.clock.true()), signal.SIGKILL)
    story.set_right(BY_HAND_S)


def wrong_year_confirmed(story):
    """One press does not vouch for a wrong year; the date does; and there is a way back."""
    story.jump(YEAR_S)
    check(story.kiosk.run("clock", "--confirm").returncode != 0,
          f"{story.name}: a year ahead is not confirmed by one press")
    check(story.kiosk.run("clock", "--confirm", "--date",
                          day_text(story.clock.true())).returncode != 0,
          f"{story.name}: nor with another date than the box shows")
    check(story.kiosk.run("clock", "--back").returncode != 0 and not story.state(),
          f"{story.name}: there is nothing to go back behind")
    story.kiosk.must("clock", "--confirm", "--date", day_text(story.clock.true() + YEAR_S))
    story.kiosk.ask("POST", "/api/v1/responses", story.page() + "&overall=4")
    story.clock.set(BY_HAND_S)
    check(story.kiosk.run("clock", "--confirm").returncode != 0,
          f"{story.name}: the right clock stands before the last entry")
    story.kiosk.must("clock", "--back")
    old = os.path.join(story.kiosk.folder, "old", "*.db")
    story.wait_for(lambda: len(glob.glob(old)) == 1)
    story.wait_for(story.state)
    story.rated = []  # what came before stands in the lane that was left
    story.rate(3, False)


def back_and_forth(story):
    for off in (3600, -DAY_S, 0, DAY_S, -3600, 0):
        story.jump(off)
    story.jump(-DAY_S, signal.SIGKILL)
    story.jump(0, signal.SIGKILL)


STORIES = [(wrong_year_confirmed, MORNING), (ten_years_on, MORNING), (ten_years_back, MORNING), (ten_years_while_off, MORNING),
           (dead_battery_1970, MORNING), (dead_battery_2000, PERIOD_END),
           (back_and_forth, PERIOD_END)]


def walk(rng):
    def story_of(story):
        for _ in range(rng.randint(2, 6)):
            size = int(10 ** rng.uniform(2.3, 8.5))
            off = rng.choice([0, size, -size])
            if int(story.clock.true()) + off <= DAY_S:
                off = 0
            story.jump(off, rng.choice([None, None, signal.SIGTERM, signal.SIGKILL]))
        if story.doubted:
            story.set_right(rng.randint(-100, 0) - BY_HAND_S if rng.random() < 0.3 else BY_HAND_S)
    return story_of


def control_fails(program):
    """One rating behind a jump that moves both clocks: it is found unmarked, ten years off."""
    with Story(program, "control", MORNING, boot_jumps=True) as story:
        page = story.page()
        story.clock.set(10 * YEAR_S)
        story.kiosk.ask("POST", "/api/v1/responses", page + "&overall=4")
        story.kiosk.ask("POST", "/api/v1/responses", story.page() + "&overall=4")
        story.kiosk.stop(signal.SIGKILL)
        lines = story.kiosk.must("export").split("\n\n")[0].splitlines()
        responses = [json.loads(line) for line in lines if '"kind":"response"' in line]
        return any(entry["hour"] > "2030" and "clock" not in entry for entry in responses)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--walks", type=int, default=1)
    parser.add_argument("--build", default="build")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    program = os.path.join(os.path.abspath(options.build), "hailong-kiosk")
    rng = random.Random(options.seed)
    plan = [(play.__name__, play, at) for play, at in STORIES]
    plan += [(f"walk {i + 1}", walk(rng), rng.choice([MORNING, PERIOD_END]))
             for i in range(options.walks)]
    rated = marked = 0
    for name, play, at in plan:
        with Story(program, name, at) as story:
            story.rate(2, False)
            play(story)
            story.end()
            rated += len(story.rated)
            marked += sum(1 for _, mark in story.rated if mark)
    check(control_fails(program), "the control is found to be wrong")
    print(f"clock: {len(plan)} stories, {rated} ratings, {marked} of them while the clock was "
          f"wrong, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
