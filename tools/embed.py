#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Embeds files into a program at build (core/asset.h says what the program sees).

    embed.py --name kiosk --out build/gen/kiosk_assets NAME=PATH ...

writes kiosk_assets.h, kiosk_assets.c (the table) and kiosk_assets.S (the bytes, by .incbin). Files
named assets/... are sent to browsers as they are, so gzip and brotli variants stand beside them.
JSON must parse, without duplicate keys, and the word catalogues must fit each other.
"""

import argparse
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
# Already compressed: another pass only costs time.
PACKED = {".mp3", ".ogg", ".png", ".woff2"}
PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)\}")


class Refused(Exception):
    """An input that must end the build; the text says where and why."""


def unique_keys(pairs):
    """Object hook for json: a key that stands twice would silently hide the first."""
    made = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f"key {key!r} stands twice")
        made[key] = value
    return made


def read_json(path, data):
    """Parses a JSON file strictly."""
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=unique_keys)
    except ValueError as error:
        raise Refused(f"{path}: not valid JSON: {error}") from error


def check_catalogue(path, parsed):
    """The shape of one word catalogue; returns its words."""
    if not isinstance(parsed, dict) or set(parsed) != {"language", "name", "words"}:
        raise Refused(f'{path}: a catalogue has exactly "language", "name" and "words"')
    if parsed["language"] != Path(path).stem:
        raise Refused(f'{path}: "language" must be {Path(path).stem!r} like the file name')
    for key, value in parsed["words"].items():
        if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
            raise Refused(f"{path}: {key!r}: a key is [a-z][a-z0-9_]*, as in {{{{t.key}}}}")
        if not isinstance(value, str) or not value:
            raise Refused(f"{path}: {key}: a word is a text that is not empty")
    return parsed["words"]


def check_words(catalogues):
    """All catalogues of a folder have the same keys with the same {placeholders}."""
    folders = {}
    for path, parsed in catalogues:
        folders.setdefault(Path(path).parent, []).append((path, check_catalogue(path, parsed)))
    faults = []
    for group in folders.values():
        first_path, first = group[0]
        for path, words in group[1:]:
            faults += [f"{path}: {key} is missing" for key in sorted(set(first) - set(words))]
            faults += [f"{first_path}: {key} is missing" for key in sorted(set(words) - set(first))]
            for key in sorted(set(first) & set(words)):
                if set(PLACEHOLDER.findall(first[key])) != set(PLACEHOLDER.findall(words[key])):
                    faults.append(f"{path}: {key}: other {{placeholders}} than in {first_path}")
    if faults:
        raise Refused("\n".join(faults))


def brotli(data):
    """The brotli form, or None when the command is not installed."""
    if shutil.which("brotli") is None:
        return None
    return subprocess.run(["brotli", "-q", "11", "-c"], input=data, check=True,
                          capture_output=True).stdout


def read_inputs(pairs):
    """[(name, path, bytes)] sorted by name as strcmp does; JSON and catalogues are checked."""
    found, catalogues = {}, []
    for pair in pairs:
        name, _, path = pair.partition("=")
        if not name or not path:
            raise Refused(f"{pair}: write NAME=PATH")
        if name in found:
            raise Refused(f"{name}: given twice ({found[name][0]}, {path})")
        data = Path(path).read_bytes()
        if path.endswith(".json"):
            parsed = read_json(path, data)
            if Path(path).parent.name == "words":
                catalogues.append((path, parsed))
        found[name] = (path, data)
    check_words(catalogues)
    return [(name, *found[name]) for name in sorted(found, key=lambda n: n.encode())]


def c_text(text):
    """A C string literal of a name or content type of ours."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_variant(folder, name, suffix, data, packed):
    """Writes a compressed variant; None when there is none or it saves nothing."""
    if packed is None or len(packed) >= len(data):
        return None
    path = folder / (name.replace("/", "_") + suffix)
    path.write_bytes(packed)
    return path, len(packed)


def variants(folder, name, data):
    """The gzip and brotli variants of a file that browsers fetch."""
    if not name.startswith("assets/") or Path(name).suffix in PACKED:
        return None, None
    return (write_variant(folder, name, ".gz", data, gzip.compress(data, 9, mtime=0)),
            write_variant(folder, name, ".br", data, brotli(data)))


def assembly(symbol, path):
    """One file's bytes and the NUL behind them."""
    return (f"    .hidden {symbol}\n    .global {symbol}\n    .balign 16\n{symbol}:\n"
            f"    .incbin {c_text(str(path))}\n    .byte 0\n")


def rows(table, out, inputs):
    """(declarations, table rows, assembly) of all files."""
    folder = Path(f"{out}_packed")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    declared, lines, blocks = [], [], []
    for index, (name, path, data) in enumerate(inputs):
        pointers, sizes = [], []
        gzipped, brotlied = variants(folder, name, data)
        for kind, file in (("bytes", (path, len(data))), ("gzip", gzipped), ("brotli", brotlied)):
            symbol = f"{table}_{index}_{kind}"
            pointers.append(symbol if file else "NULL")
            sizes.append(str(file[1] if file else 0))
            if file:
                declared.append(f"extern const unsigned char {symbol}[];\n")
                blocks.append(assembly(symbol, file[0]))
        content_type = CONTENT_TYPES.get(Path(path).suffix, "application/octet-stream")
        etag = '"' + hashlib.sha256(data).hexdigest()[:16] + '"'
        lines.append("    {" + ", ".join([c_text(name), c_text(content_type), c_text(etag)]
                                         + pointers + sizes) + "},\n")
    return declared, lines, blocks


def write_outputs(name, out, inputs):
    """Writes the .S and .c and, last, the .h, which is the Makefile's stamp."""
    table = f"{name}_assets"
    declared, lines, blocks = rows(table, out, inputs)
    note = "Generated by tools/embed.py.\n"
    Path(f"{out}.S").write_text(f"// {note}    .section .rodata\n" + "".join(blocks)
                                + "    .section .note.GNU-stack,\"\",@progbits\n", "utf-8")
    end = "    {NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0},\n"
    Path(f"{out}.c").write_text(
        f"// {note}#include \"{Path(out).name}.h\"\n\n" + "".join(declared)
        + f"\nstatic const struct asset files[] = {{\n{''.join(lines)}{end}}};\n\n"
        + f"const struct asset_table {table} = {{files, {len(lines)}}};\n", "utf-8")
    guard = f"HAILONG_{table.upper()}_H"
    Path(f"{out}.h").write_text(
        f"// {note}#ifndef {guard}\n#define {guard}\n\n#include \"asset.h\"\n\n"
        f"extern const struct asset_table {table};\n\n#endif\n", "utf-8")


def main():
    """Reads, checks, writes; a fault in an input is one clear line and exit code 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("inputs", nargs="*", metavar="NAME=PATH")
    options = parser.parse_args()
    try:
        inputs = read_inputs(options.inputs)
        Path(options.out).parent.mkdir(parents=True, exist_ok=True)
        write_outputs(options.name, options.out, inputs)
    except (Refused, OSError, subprocess.CalledProcessError) as error:
        print(f"embed.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
