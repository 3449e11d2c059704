#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the rules of the house that a compiler does not: arrows between rooms, one including
file per foreign library, unique stems, exported names, what programs link, function and file
sizes, option tables against man pages, indicator numbers.

usage: check_tree.py [--build build]     (the programs must have been built)
"""
import argparse
import collections
import os
import re
import subprocess
import sys

ROOMS = ["core", "schema", "kiosk", "aggregator", "print"]
MAY_USE = {
    "core": {"core"},
    "schema": {"core", "schema"},
    "kiosk": {"core", "schema", "kiosk"},
    "aggregator": {"core", "schema", "aggregator"},
    "print": {"core", "print"},
}
# the one file that may include each foreign library's header
FOREIGN = {
    "microhttpd.h": "core/server.c", "sqlite3.h": "core/sqlite.h", "jansson.h": "core/json.h",
    "sodium.h": "core/crypto.c", "utf8proc.h": "core/text.c", "curl/curl.h": "core/fetch.c",
    "ini.h": "core/option.c", "qrencode.h": "core/qr.c", "cairo.h": "print/draw.c",
    "cairo/cairo.h": "print/draw.c",
}
GENERATED = {"kiosk_sql.h": "kiosk", "hub_sql.h": "aggregator", "schema_assets.h": "schema",
             "kiosk_assets.h": "kiosk", "hub_assets.h": "aggregator"}
MAY_LINK = {
    "hailong-kiosk": {"microhttpd", "sqlite3", "jansson", "sodium", "utf8proc", "curl-gnutls",
                      "inih", "qrencode", "c", "m"},
    "hailong-aggregator": {"microhttpd", "sqlite3", "jansson", "sodium", "utf8proc", "inih", "c",
                           "m"},
    "hailong-print": {"jansson", "qrencode", "cairo", "utf8proc", "inih", "c", "m"},
}
FUNCTION_LINES_MAX, FILE_LINES_MAX, NESTING_MAX = 70, 600, 4

faults = []


def fault(place, text):
    faults.append(f"{place}: {text}")


def sources():
    for room in ROOMS:
        for name in sorted(os.listdir(room)):
            if name.endswith((".c", ".h")):
                yield room, f"{room}/{name}"


def check_includes():
    where = {os.path.basename(p): room for room, p in sources() if p.endswith(".h")}
    for room, path in sources():
        text = open(path, encoding="utf-8").read()
        if not text.startswith("// SPDX-License-Identifier: MIT\n// "):
            fault(path, "opens without the SPDX line and one sentence on what it is for")
        for name in re.findall(r'^#include ["<]([^">]+)[">]', text, re.M):
            owner = where.get(name) or GENERATED.get(name)
            if owner and owner not in MAY_USE[room]:
                fault(path, f"includes {name} of {owner}/: that arrow goes the other way")
            if name in FOREIGN and FOREIGN[name] != path:
                fault(path, f"includes {name}; only {FOREIGN[name]} may")
            if name == "sqlite.h" and room != "core":
                fault(path, "includes core/sqlite.h; outside core/ use db.h and stmt.h")


def check_stems():
    seen = collections.defaultdict(set)
    for _, path in sources():
        seen[os.path.splitext(os.path.basename(path))[0]].add(os.path.dirname(path))
    for stem, folders in seen.items():
        if len(folders) > 1:
            fault(stem, f"the stem stands in {', '.join(sorted(folders))}")


def prefixes(path):
    """The name prefixes that a file may export: its stem, and the stem it was split from."""
    stem = os.path.splitext(os.path.basename(path))[0]
    found, parts = {stem}, stem.split("_")
    for n in range(1, len(parts)):
        parent = "_".join(parts[:n])
        if os.path.exists(f"{os.path.dirname(path)}/{parent}.h"):
            found.add(parent)
    return found


def check_symbols(build):
    for _, path in sources():
        if not path.endswith(".c"):
            continue
        made = f"{build}/{path[:-2]}.o"
        if not os.path.exists(made):
            fault(path, f"was not built ({made} is missing): run make unit-build first")
            continue
        out = subprocess.run(["nm", "-g", "--defined-only", made], capture_output=True, text=True,
                             check=True).stdout
        for line in out.splitlines():
            symbol = line.split()[-1]
            if symbol == "main" and os.path.basename(path).startswith("hailong_"):
                continue
            if not any(symbol == p or symbol.startswith(p + "_") for p in prefixes(path)):
                fault(path, f"exports {symbol}, which its name does not announce")


def check_links(build):
    for program, allowed in MAY_LINK.items():
        out = subprocess.run(["readelf", "-d", f"{build}/{program}"], capture_output=True,
                             text=True, check=True).stdout
        needed = re.findall(r"\(NEEDED\).*\[lib([^\]]+?)\.so", out)
        for library in needed:
            if re.sub(r"-\d+$", "", library) not in allowed and library not in allowed:
                fault(program, f"links lib{library}; it may link {', '.join(sorted(allowed))}")


def functions(lines):
    """(first line number, lines) of each function body, by braces in the first column."""
    begin = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{") and begin is None:
            begin = number
        elif line.startswith("}") and begin is not None:
            if not line.startswith("};") and not line.startswith("} "):
                yield begin, lines[begin:number - 1]
            begin = None


def check_shape():
    lengths = []
    for _, path in sources():
        lines = open(path, encoding="utf-8").read().split("\n")
        if len(lines) - 1 > FILE_LINES_MAX:
            fault(path, f"has {len(lines) - 1} lines; at most {FILE_LINES_MAX}")
        if not path.endswith(".c"):
            continue
        for begin, body in functions(lines):
            lengths.append(len(body))
            if len(body) > FUNCTION_LINES_MAX:
                fault(f"{path}:{begin}", f"function of {len(body)} lines; at most "
                      f"{FUNCTION_LINES_MAX}")
            for offset, line in enumerate(body):
                depth = (len(line) - len(line.lstrip(" "))) // 4
                if line.lstrip().startswith(("if ", "for ", "while ", "switch ")) and \
                        line.startswith("    " * (NESTING_MAX + 1)) and depth - 1 >= NESTING_MAX \
                        and body[offset - 1].rstrip().endswith("{"):
                    fault(f"{path}:{begin + offset + 1}", f"nested deeper than {NESTING_MAX}")
    lengths.sort()
    if lengths:
        median, ninety = lengths[len(lengths) // 2], lengths[len(lengths) * 9 // 10]
        print(f"shape: {len(lengths)} functions, median {median} lines, 90 % under {ninety + 1}")
        if median > 15:
            fault("shape", f"the median function has {median} lines; at most 15")
        if ninety >= 40:
            fault("shape", f"90 % of functions are under {ninety + 1} lines; at most 40")


def check_manuals(build):
    for program, page in (("hailong-kiosk", "docs/man/hailong-kiosk.8"),
                          ("hailong-aggregator", "docs/man/hailong-aggregator.8"),
                          ("hailong-print", "docs/man/hailong-print.1")):
        if not os.path.exists(page):
            fault(page, "is missing")
            continue
        manual = open(page, encoding="utf-8").read().replace("\\-", "-")
        out = subprocess.run([f"{build}/{program}", "--help"], capture_output=True, text=True,
                             check=True).stdout
        offered = set(re.findall(r"--[a-z][a-z-]+", out))
        described = set(re.findall(r"--[a-z][a-z-]+", manual))
        for option in sorted(offered - described):
            fault(page, f"does not describe {option}, which --help offers")
        for option in sorted(described - offered):
            fault(page, f"describes {option}, which --help does not offer")
        default = re.findall(r"(--[a-z-]+)[^\n]*?\(default: ([^)]+)\)", out)
        for option, value in default:
            if value not in manual:
                fault(page, f"does not give the default of {option}: {value}")


def check_indicators():
    text = open("docs/INDICATORS.md", encoding="utf-8").read()
    numbers = sorted(set(re.findall(r"^#+ (IND-\d\d)", text, re.M)))
    if not numbers:
        fault("docs/INDICATORS.md", "defines no IND-number")

    def cited(folder):
        found = set()
        for base, _, names in os.walk(folder):
            for name in names:
                if name.endswith((".c", ".h", ".sql", ".html", ".py", ".mjs")):
                    body = open(os.path.join(base, name), encoding="utf-8").read()
                    found |= set(re.findall(r"IND-\d\d", body))
        return found
    code, tests = cited("aggregator"), cited("tests")
    for number in numbers:
        if number not in code:
            fault("docs/INDICATORS.md", f"{number} is cited by no code")
        if number not in tests:
            fault("docs/INDICATORS.md", f"{number} is cited by no test")
    for number in sorted((code | tests) - set(numbers)):
        fault("docs/INDICATORS.md", f"{number} is cited and not defined")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    build = parser.parse_args().build
    check_includes()
    check_stems()
    check_symbols(build)
    check_links(build)
    check_shape()
    check_manuals(build)
    check_indicators()
    for line in faults:
        print(line)
    print(f"tree: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
