#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exactly once: many people, one slip; many requests, one page; retries after a restart and later.

A kiosk serves while N requests at once come (1) from one page with the same words, (2) from one
page with different levels, (3) from N pages of one slip. Each time exactly one response may be
counted, every equal repeat must get the very answer of the first, and every other request must be
told that an answer is there. Then the same requests come again after a restart, an hour later and
three days later.

usage: race.py [--posts N] [--build build]
"""
import argparse
import asyncio
import collections
import os
import signal
import sys
import tempfile

from kill import Check, Kiosk, get_page, issue, responses, SETUP

AT_ONCE = 200  # connections; a listener has 480
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
HOUR_S, DAY_S = 3600, 86400
HEAD = (b"POST /api/v1/responses HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n%s")


async def post(port, body, gate):
    """(status, body) of one request on a connection of its own."""
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD % (port, len(body), body.encode()))
        answer = await reader.read()
        writer.close()
    head, _, text = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), text


async def post_all(port, bodies):
    gate = asyncio.Semaphore(AT_ONCE)
    return await asyncio.gather(*(post(port, body, gate) for body in bodies))


class Race:
    def __init__(self, kiosk, posts, check):
        self.kiosk, self.posts, self.check = kiosk, posts, check
        self.counted = 0

    def run(self, bodies):
        return asyncio.run(post_all(self.kiosk.ports["phone"], bodies))

    def page(self, path, level):
        connection = self.kiosk.connect()
        page = get_page(connection, path, "HT", level)
        connection.close()
        return page.body

    def expect(self, what, more):
        """The journal has grown by `more` responses."""
        self.counted += more
        found = len(responses(self.kiosk)[0])
        self.check.that(found == self.counted, f"{what}: {found} responses, not {self.counted}")

    def same_page(self, poster):
        body = self.page(f"/P/{poster}/HT", 4)
        answers = self.run([body] * self.posts)
        self.check.that(len(set(answers)) == 1 and answers[0][0] == 200,
                        f"equal repeats got {collections.Counter(s for s, _ in answers)}")
        self.expect("one page, the same words", 1)
        return [(body, answers[0])]

    def other_levels(self, poster):
        first = self.page(f"/P/{poster}/HT", 1)
        bodies = [first[:-1] + str(1 + i % 5) for i in range(self.posts)]
        answers = self.run(bodies)
        won = {body for body, (status, _) in zip(bodies, answers) if status == 200}
        self.check.that(len(won) == 1, f"{len(won)} different answers of one page were taken")
        wrong = [status for body, (status, _) in zip(bodies, answers)
                 if status != (200 if body in won else 409)]
        self.check.that(not wrong, f"other levels got {collections.Counter(wrong)}")
        self.check.that(len({answer for answer in answers if answer[0] == 200}) == 1,
                        "equal repeats got different pages")
        self.expect("one page, five levels", 1)
        return [(body, answer) for body, answer in zip(bodies, answers) if body in won][:1]

    def one_slip(self):
        code, _ = issue(self.kiosk, "HT")
        connection = self.kiosk.connect()
        bodies = [get_page(connection, f"/S/{code}", "HT", 5).body for _ in range(self.posts)]
        connection.close()
        answers = self.run(bodies)
        statuses = collections.Counter(status for status, _ in answers)
        self.check.that(statuses == {200: 1, 410: self.posts - 1} or self.posts == 1,
                        f"{self.posts} pages of one slip got {dict(statuses)}")
        self.expect("one slip", 1)
        return [(body, answer) for body, answer in zip(bodies, answers) if answer[0] == 200]

    def again(self, taken, what):
        """The same words: the same answer, nothing counted."""
        answers = self.run([body for body, _ in taken] * 3)
        self.check.that(answers == [answer for _, answer in taken] * 3,
                        f"{what}: a repeat got another answer")
        self.expect(what, 0)

    def too_late(self, taken):
        answers = self.run([body for body, _ in taken])
        self.check.that(all(status == 410 for status, _ in answers),
                        f"days later: {[status for status, _ in answers]}")
        self.expect("days later", 0)


def restart(kiosk, later_s):
    """Starts the kiosk anew with the clock that much ahead."""
    kiosk.stop(signal.SIGTERM)
    if later_s == 0:
        kiosk.start()
        return
    keys = {"LD_PRELOAD": FAKETIME, "FAKETIME": f"+{later_s}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1"}
    before = {key: os.environ.get(key) for key in keys}
    os.environ.update(keys)
    try:
        kiosk.start()
        kiosk.run("clock", "--confirm")  # the new hour is the true one here
    finally:
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--build", default="build")
    options = parser.parse_args()
    check = Check()
    with tempfile.TemporaryDirectory() as scratch:
        kiosk = Kiosk(os.path.join(options.build, "hailong-kiosk"), os.path.join(scratch, "data"))
        kiosk.run("init", "--setup", SETUP)
        poster = kiosk.run("poster", "--counter", "1", "--format", "url").strip().split("/P/")[1]
        try:
            kiosk.start()
            race = Race(kiosk, options.posts, check)
            taken = race.same_page(poster) + race.other_levels(poster) + race.one_slip()
            restart(kiosk, 0)
            race.again(taken, "after a restart")
            restart(kiosk, HOUR_S)
            race.again(taken, "an hour later")
            restart(kiosk, 3 * DAY_S)
            race.too_late(taken)
            check.that(kiosk.stop(signal.SIGTERM) == 0, "the kiosk did not end cleanly")
            check.that(kiosk.run("verify").startswith("ok "), "verify found something")
        finally:
            if kiosk.process and kiosk.process.poll() is None:
                kiosk.process.kill()
                kiosk.process.wait()
    print(f"{options.posts} requests at once, 3 races, {race.counted} responses counted")
    print(f"{check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
