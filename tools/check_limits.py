#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares docs/limits.md with the code: each row's value with the enum constant in the file that
it names, and each constant that is named like a limit with the table.

usage: check_limits.py
"""
import glob
import re
import sys

PAGE = "docs/limits.md"
ROOMS = ["core", "schema", "kiosk", "aggregator", "print"]
# A constant with such a name is a limit or a time; in a header, a number of characters is one too.
LIKE_A_LIMIT = re.compile(r"(_MAX|_MIN|_LIMIT)(_[A-Z]+)*$|_(S|MS|DAYS)$|^[A-Z]+_LIMIT")
IN_HEADERS = re.compile(r"_CHARS$")
# Units and offsets of the calendar: nothing to decide.
CALENDAR = {"SECOND_MS", "MINUTE_S", "HOUR_S", "DAY_S", "CLOCK_OFFSET_S"}

faults = []


def plain(text):
    """The text without comments and string literals."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return re.sub(r"//[^\n]*", " ", text)


def constants():
    """{file: {name: expression}} of every enum constant with a value."""
    found = {}
    for room in ROOMS:
        for path in sorted(glob.glob(f"{room}/*.[ch]")):
            text = plain(open(path, encoding="utf-8").read())
            mine = {}
            for body in re.findall(r"\benum\b[^{};()]*\{([^}]*)\}", text):
                for part in body.split(","):
                    name, equals, expression = part.partition("=")
                    if equals:
                        mine[name.strip()] = expression.strip()
            found[path] = mine
    return found


def value(name, path, table, depth=0):
    """The number that a constant stands for, by its own file first and by the headers then."""
    places = [path] + [other for other in table if other.endswith(".h")]
    expression = next((table[p][name] for p in places if name in table[p]), None)
    if expression is None or depth > 8:
        raise ValueError(f"{name} cannot be worked out")
    expression = re.sub(r"\b0([0-7]+)\b", r"0o\1", expression)
    expression = re.sub(r"[A-Z][A-Z0-9_]*",
                        lambda m: str(value(m.group(0), path, table, depth + 1)), expression)
    if not re.fullmatch(r"[0-9o\s()+*/<-]+", expression):
        raise ValueError(f"{name} = {expression} is no sum of numbers")
    return int(eval(expression.replace("/", "//")))  # only digits and operators stand in it


def rows():
    """(line number, name, value, file) of the table."""
    row = re.compile(r"\| `([A-Z][A-Z0-9_]*)` \| ([0-9,]+) \| `([^`]+)` \| (.+) \|$")
    for number, line in enumerate(open(PAGE, encoding="utf-8"), 1):
        line = line.rstrip()
        if not line.startswith("| `"):
            continue
        found = row.match(line)
        if found is None:
            faults.append(f"{PAGE}:{number}: not | `NAME` | value | `file` | why |")
            continue
        yield number, found.group(1), int(found.group(2).replace(",", "")), found.group(3)


def check_rows(table):
    listed = set()
    for number, name, said, path in rows():
        place = f"{PAGE}:{number}"
        if (path, name) in listed:
            faults.append(f"{place}: {name} of {path} stands twice")
        listed.add((path, name))
        if name not in table.get(path, {}):
            faults.append(f"{place}: {path} has no enum constant {name} with a value")
            continue
        try:
            real = value(name, path, table)
        except ValueError as error:
            faults.append(f"{place}: {error}")
            continue
        if real != said:
            faults.append(f"{place}: {name} is {real:,} in {path} and {said:,} here")
    return listed


def check_used(table, listed):
    """A limit that no code reads limits nothing."""
    texts = {path: plain(open(path, encoding="utf-8").read()) for path in table}
    for path, name in sorted(listed):
        readers = texts.values() if path.endswith(".h") else [texts[path]]
        if sum(len(re.findall(rf"\b{name}\b", text)) for text in readers) < 2:
            faults.append(f"{path}: {name} is read nowhere")


def main():
    table = constants()
    listed = check_rows(table)
    check_used(table, {(path, name) for path, name in listed if path in table})
    for path, mine in table.items():
        for name in mine:
            like = LIKE_A_LIMIT.search(name) or (path.endswith(".h") and IN_HEADERS.search(name))
            if like and name not in CALENDAR and (path, name) not in listed:
                faults.append(f"{PAGE}: {name} of {path} is missing")
    for line in faults:
        print(line)
    print(f"limits: {len(listed)} compared, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
