#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sends bad input to the built programs from outside: forms, codes, options, files, pushes. Each
must be refused clearly, change nothing, and leave the program alive.

usage: python3 tests/e2e/bad_input.py [--build build] [--only GROUP]   (from the repository's root)
"""

import argparse
import sys
import time
import traceback

from bad import codes, forms, kept, lanes, options, paper, people, pushes, reports, texts
from bad.harness import COUNT, World, check, same


def run_forms(world):
    """Forms of a kiosk that is served."""
    other = forms.Kiosk(world, world.new_kiosk("other"))
    stranger = other.open(f"/P/{other.poster}/HT")["token"]
    same("another kiosk stops cleanly", other.daemon.stop(), 0)
    kiosk = forms.Kiosk(world, world.new_kiosk("forms"))
    forms.run(kiosk, stranger)
    stays_whole(kiosk)


def run_codes(world):
    """Codes of a kiosk that is served."""
    kiosk = forms.Kiosk(world, world.new_kiosk("codes"))
    codes.run(kiosk)
    stays_whole(kiosk)


def stays_whole(kiosk):
    """What holds after all that."""
    same("the kiosk stops cleanly", kiosk.daemon.stop(), 0)
    same("its journal is whole", kiosk.world.kiosk("verify", "--data", kiosk.data).code, 0)
    log = kiosk.daemon.log()
    check("its log has no failure and nothing of what was sent",
          "event=bug" not in log and "<3>" not in log and "zqxj" not in log.lower(), log[-300:])


GROUPS = {"forms": run_forms, "codes": run_codes, "options": options.run, "paper": paper.run,
          "lanes": lanes.run, "pushes": pushes.run, "texts": texts.run,
          "people": people.run, "kept": kept.run, "reports": reports.run}


def run_group(name, build):
    """One group in a folder of its own; what breaks it off is a failed case."""
    world, begin, before = World(build), time.monotonic(), sum(COUNT.values())
    try:
        GROUPS[name](world)
    except Exception as error:  # a lost connection, a page without its form, a hanging command
        traceback.print_exc(file=sys.stdout)
        check(f"{name} runs to its end", False, error)
    finally:
        world.close()
    print(f"{name}: {sum(COUNT.values()) - before} cases in {time.monotonic() - begin:.1f} s")


def main():
    """Runs all groups; exit code 1 when a case failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--only", choices=sorted(GROUPS))
    given = parser.parse_args()
    for name in GROUPS:
        if given.only in (None, name):
            run_group(name, given.build)
    print(f"{COUNT['passed']} passed, {COUNT['failed']} failed")
    return 1 if COUNT["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
