#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs test programs side by side, each under a time limit, and prints one closing line.

usage: run_tests.py [--jobs N] [--timeout S] PROGRAM...
A program passes when it exits 0; cmocka's own count of its tests is added up.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import time


def run(program, timeout_s):
    environment = dict(os.environ, HAILONG_ABORT_ON_BUG="1", CMOCKA_MESSAGE_OUTPUT="STDOUT")
    begin = time.monotonic()
    try:
        done = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout_s, env=environment,
                              check=False)
        output, code = done.stdout.decode("utf-8", "replace"), done.returncode
    except subprocess.TimeoutExpired as expired:
        output = (expired.stdout or b"").decode("utf-8", "replace")
        code = f"no end within {timeout_s} s"
    return program, code, output, time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=int, default=120)
    parser.add_argument("programs", nargs="+")
    arguments = parser.parse_args()
    passed = failed = skipped = 0
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for program, code, output, seconds in pool.map(
                lambda p: run(p, arguments.timeout), arguments.programs):
            good = len(re.findall(r"^\[\s+OK \]", output, re.M))
            bad = len(set(re.findall(r"^\[\s+FAILED\s+\] (\w+)$", output, re.M)))
            skips = len(set(re.findall(r"^\[\s+SKIPPED\s+\] (\w+)$", output, re.M)))
            passed, skipped = passed + good, skipped + skips
            if code != 0:
                failed += max(bad, 1)
                print(output)
                print(f"FAILED {program}: {code}")
            elif good == 0 and skips == 0:
                failed += 1
                print(f"FAILED {program}: it ran no test")
            else:
                print(f"ok     {program} ({good} tests, {seconds:.1f} s)")
    print(f"unit tests took {time.monotonic() - begin:.1f} s")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
