# SPDX-License-Identifier: MIT
"""One line of a journal, for the second verifier: the keys of each kind and what each value must
be, as docs/JOURNAL.md has them. A value is held against a pattern of its JSON text."""
import datetime
import json
import re


def need(good, words):
    if not good:
        raise ValueError(words)


KINDS = {kind: keys for kinds, keys in (line.split(":") for line in """\
response: hour unit counter? channel part? step linked area form answers flags rule? clock?
detail: hour unit part page end answers? topics? clock?
comment: part? day unit area? text
petition: part? day unit area? text contact
redaction: part? day of field reason by
slips offered visits: part? hour unit counts clock?
flag: part? hour rule version of reason? by? undo? clock?
boot: part? hour boot version after? why? clock?
clock: part? from_seq to_seq first last by
seal: part? day count levels? from?
ack: part? size root note
setup codes import plan facts close: part parts sha256 text
void: part? hour of reason by undo?
audit: part? hour act unit detail by?""".splitlines()) for kind in kinds.split()}
HUB_ONLY = "void import facts plan close audit".split()
HUB_KINDS = HUB_ONLY + "flag redaction setup ack seal codes".split()


def listed(one, least, most):
    return rf"\[(?:{one})(?:,(?:{one})){{{max(least - 1, 0)},{most - 1}}}\]"


TEXT, N, DAY = r'"(?:[^"\\]|\\.)*"', "(?:0|[1-9][0-9]{0,18})", "[0-9]{4}-[0-9]{2}-[0-9]{2}"
HOUR, ID, SHA = DAY + r"T(?:[01][0-9]|2[0-3])\+07", '"[0-9a-f]{32}"', '"[0-9a-f]{64}"'
ODD = r"\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef" + \
    "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xfffe, 0xffff))
CODE, NAME = '"[A-Z0-9](?:[A-Z0-9-]{0,14}[A-Z0-9])?"', rf'"(?:[^"\\{ODD}]|\\["\\]){{1,64}}"'
STEP, RULE = '"(?:intake|supplement|refusal|result)"', "[1-9][0-9]{0,5}|1000000"
VALUES = {key: form for keys, form in (  # as JSON text; kind.key goes before key
    ("v", "1"), ("seq part size count from_seq to_seq boot", N), ("version rule", RULE),
    ("lane id of", ID), ("root text contact sha256", SHA), ("linked", "true|false"),
    ("hour first last", f'"{HOUR}"'), ("day from", f'"{DAY}"'), ("clock", '"unset"'),
    ("unit", '"[A-Z0-9](?:[A-Z0-9-]{0,6}[A-Z0-9])?"'), ("counter area", CODE), ("step", STEP),
    ("channel", '"(?:screen|slip|poster|paper|online)"'), ("form", '"[^@]+@[1-9][0-9]*"'),
    ("answers", r"\{" + listed(TEXT + ":[1-5]", 1, 32)[2:-2] + r"\}"), ("undo", "true"),
    ("flags", r"\[\]|" + listed('"(?:repeat|burst|streak|hours)"', 1, 4)), ("boot.version", NAME),
    ("page", '"(?:overall|topics|agency|factors)"'), ("end", '"(?:tap|skip|exit|timeout)"'),
    ("topics", listed(TEXT, 1, 12)), ("field", '"(?:text|contact)"'), ("by", listed(NAME, 1, 4)),
    ("redaction.reason", '"(?:personal_data|law|abuse|wrong_place)"'), ("levels", listed(N, 5, 5)),
    ("counts", listed(rf"\[{CODE},{STEP},[1-9][0-9]*\]", 1, 500)), ("flag.of", listed(ID, 1, 64)),
    ("flag.rule", '"(?:repeat|burst|streak|hub)"'), ("clock.by", '"(?:ntp|hub|staff)"'),
    ("after", rf'{{"lane":{ID},"root":{SHA},"size":{N}}}'), ("parts", "[1-9][0-9]{0,3}"),
    ("why", '"(?:restore|fork|clone|clock|gap)"'), ("void.of", f"{ID}|" + listed(ID, 1, 1000)),
    ("setup.text codes.text import.text plan.text facts.text close.text", TEXT),
    ) for key in keys.split()}


def is_date(text):
    """A day or an hour that there is, from 1970-01-01T00Z on."""
    return datetime.date.fromisoformat(text[:10]) and text >= "1970-01-01T07"[:len(text)]


def once(pairs):
    need(len(dict(pairs)) == len(pairs), "a key stands twice")
    return dict(pairs)


def parse(line):
    need(len(line) <= 8192 and line[:1] + line[-1:] == b"{}" and b"\r" not in line, "no line")
    entry = json.loads(line.decode(), object_pairs_hook=once)
    kind = str(entry.get("kind"))
    keys = ("v lane seq kind id" + KINDS[kind]).split()
    need(entry.keys() <= {key.rstrip("?") for key in keys}, "an unknown key")
    for key in keys:
        need(key in entry or key[-1] == "?", f"{key} is missing")
    for key, value in entry.items():
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        text.encode()  # fails on half a surrogate pair
        need(re.fullmatch(VALUES.get(f"{kind}.{key}", VALUES.get(key, TEXT)), text), f"bad {key}")
        most = 2**30 if key == "boot" else 2**63 - 1
        need("\\u0000" not in text and (type(value) is not int or value <= most), f"bad {key}")
        need(key != "counts" or max(count for _, _, count in value) <= 2**30, "bad counts")
        need(type(value) is not list or value == [] or type(value[0]) is not str or
             len(set(value)) == len(value), f"{key} says something twice")
        if key in ("hour", "day", "first", "last", "from"):
            need(is_date(value), f"bad {key}")
    return {"part": 0, **entry}
