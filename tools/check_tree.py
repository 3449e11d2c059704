#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the rules of the house that a compiler does not: arrows between rooms, one including
file per foreign library, unique stems, exported names, what programs link, function and file
sizes, the programs' help against their manual pages, indicator numbers.

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
    "sodium.h": "core/crypto.c", "nettle/sha2.h": "core/crypto.c",
    "nettle/hmac.h": "core/crypto.c", "utf8proc.h": "core/text.c", "curl/curl.h": "core/fetch.c",
    "ini.h": "core/option.c", "qrencode.h": "core/qr.c", "cairo.h": "print/draw.c",
    "cairo/cairo.h": "print/draw.c",
}
# The C library's own headers, beside those under a folder of the system.
SYSTEM_FOLDERS = ("sys/", "net/", "netinet/", "arpa/")
SYSTEM = {"ctype.h", "dirent.h", "errno.h", "fcntl.h", "ifaddrs.h", "inttypes.h", "libgen.h",
          "limits.h", "math.h", "netdb.h", "poll.h", "pthread.h", "semaphore.h", "signal.h",
          "spawn.h", "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h",
          "stdlib.h", "string.h", "strings.h", "termios.h", "time.h", "unistd.h"}
GENERATED = {"kiosk_sql.h": "kiosk", "hub_sql.h": "aggregator", "schema_assets.h": "schema",
             "kiosk_assets.h": "kiosk", "hub_assets.h": "aggregator"}
MAY_LINK = {
    "hailong-kiosk": {"microhttpd", "sqlite3", "jansson", "sodium", "nettle", "utf8proc",
                      "curl-gnutls", "inih", "qrencode", "c", "m"},
    "hailong-aggregator": {"microhttpd", "sqlite3", "jansson", "sodium", "nettle", "utf8proc",
                           "curl-gnutls", "inih", "c", "m"},
    "hailong-print": {"jansson", "qrencode", "cairo", "utf8proc", "inih", "c", "m"},
}
FUNCTION_LINES_MAX, FILE_LINES_MAX, NESTING_MAX = 70, 600, 3

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
            if name in FOREIGN:
                if FOREIGN[name] != path:
                    fault(path, f"includes {name}; only {FOREIGN[name]} may")
            elif owner is None and name not in SYSTEM and not name.startswith(SYSTEM_FOLDERS):
                fault(path, f"includes {name}, which is neither ours nor known here: name the one "
                      "file that may")
            if name == "sqlite.h" and room != "core":
                fault(path, "includes core/sqlite.h; outside core/ use db.h and stmt.h")


def check_stems():
    seen = collections.defaultdict(set)
    for _, path in sources():
        seen[os.path.splitext(os.path.basename(path))[0]].add(os.path.dirname(path))
    for stem, folders in seen.items():
        if len(folders) > 1:
            fault(stem, f"the stem stands in {', '.join(sorted(folders))}")


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
            stem = os.path.splitext(os.path.basename(path))[0]
            if symbol != stem and not symbol.startswith(stem + "_"):
                fault(path, f"exports {symbol}, which its name does not announce")


def check_links(build):
    for program, allowed in MAY_LINK.items():
        if not os.path.exists(f"{build}/{program}"):
            fault(program, "was not built: run make first")
            continue
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
                # clang-format has seen to it that four spaces are one level
                statement = re.match(r"( +)(\} else )?(if|for|while|switch|do)\b[^\w]", line + " ")
                if statement and len(statement.group(1)) // 4 > NESTING_MAX:
                    fault(f"{path}:{begin + offset + 1}", f"nested deeper than {NESTING_MAX}")
    lengths.sort()
    if lengths:
        median, ninety = lengths[len(lengths) // 2], lengths[len(lengths) * 9 // 10]
        print(f"shape: {len(lengths)} functions, median {median} lines, 90 % under {ninety + 1}")
        if median > 15:
            fault("shape", f"the median function has {median} lines; at most 15")
        if ninety >= 40:
            fault("shape", f"90 % of functions are under {ninety + 1} lines; at most 40")


def sections(text):
    """{heading: body} of a manual page in man macros, its escapes undone."""
    text = re.sub(r"\\f[A-Z]|\\&", "", text).replace("\\-", "-").replace("\\(aq", "'")
    parts = re.split(r"^\.SH (.+)$", text, flags=re.M)
    return {name.strip('"'): body for name, body in zip(parts[1::2], parts[2::2])}


def paragraphs(text):
    """{first word: paragraph} of tagged paragraphs, whose first line names an option or command."""
    found = {}
    for part in re.split(r"^\.TP.*\n", text, flags=re.M)[1:]:
        first, _, body = part.partition("\n")
        words = re.sub(r"^\.[A-Z]+ ", "", first).replace('"', "").split()
        found[words[0]] = " ".join((" ".join(words) + " " + body).split())
    return found


def offered(help_text):
    """What --help offers: {option or command: (value's name, text)} in two dictionaries."""
    options, commands = {}, {}
    for name, value, text in re.findall(r"^  (--[a-z-]+)(?: ([A-Z:]+))?(?: {3,}|\n +)(.+)$",
                                        help_text, re.M):
        options[name] = (value, text)
    block = re.search(r"^Commands:\n((?: .*\n)+)", help_text, re.M)
    for name, text in re.findall(r"^  ([a-z][a-z-]*).*\n +(.+)$", block.group(1) if block else "", re.M):
        commands[name] = text
    return options, commands


def compare_option(page, name, value, text, said):
    if value and value not in said:
        fault(page, f"{name} takes {value}, which its paragraph does not say")
    for sentence in re.findall(r"Default: \S+\.(?=\s|$)|From \S+ to \S+\.(?=\s|$)", text):
        if sentence not in said:
            fault(page, f"{name}: does not say \"{sentence}\"")


def check_commands(build, program, page, commands, parts):
    """Each command's own paragraph names exactly the options that the command takes."""
    described = paragraphs(parts.get("COMMANDS", ""))
    for name in sorted(set(commands) ^ set(described)):
        fault(page, f"command {name}: " + ("not described" if name in commands else "not offered"))
    for name in sorted(set(commands) & set(described)):
        out = subprocess.run([f"{build}/{program}", name, "--help"], capture_output=True,
                             text=True, check=True).stdout
        own = set(offered(out)[0]) - {"--help", "--version", "--config", "--log-level"}
        said = set(re.findall(r"--[a-z][a-z-]+", described[name]))
        for option in sorted(own - said):
            fault(page, f"command {name} takes {option}, which its paragraph does not say")
        for option in sorted(said - own):
            fault(page, f"command {name} does not take {option}, which its paragraph names")


def check_manuals(build):
    for program, page in (("hailong-kiosk", "docs/man/hailong-kiosk.8"),
                          ("hailong-aggregator", "docs/man/hailong-aggregator.8"),
                          ("hailong-print", "docs/man/hailong-print.1")):
        if not os.path.exists(page) or not os.path.exists(f"{build}/{program}"):
            fault(page, "is missing, or its program was not built")
            continue
        out = subprocess.run([f"{build}/{program}", "--help"], capture_output=True, text=True,
                             check=True).stdout
        parts = sections(open(page, encoding="utf-8").read())
        for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES"):
            if heading not in parts:
                fault(page, f"has no section {heading}")
        described = paragraphs(parts.get("OPTIONS", ""))
        options, commands = offered(out)
        for name in sorted(set(options) ^ set(described)):
            fault(page, f"{name}: " + ("not described" if name in options else "not offered"))
        for name in sorted(set(options) & set(described)):
            compare_option(page, name, *options[name], described[name])
        check_commands(build, program, page, commands, parts)


def check_indicators():
    if not os.path.exists("docs/INDICATORS.md"):
        fault("docs/INDICATORS.md", "is missing")
        return
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
