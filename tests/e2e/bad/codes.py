# SPDX-License-Identifier: MIT
"""Codes of slips and posters: every spelling that people type, every state, and what is no code."""

import re
import urllib.parse

from .harness import check, page_fault, post, same, send

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def code_with_0_and_1(kiosk):
    """A slip whose code has both digits that people read as letters."""
    for _ in range(200):
        code = kiosk.slip()
        if "0" in code and "1" in code:
            return code
    raise RuntimeError("two hundred slips and none with 0 and 1")


def path(prefix, code):
    """An address with the code escaped."""
    return f"/{prefix}/{urllib.parse.quote(code, safe='')}"


def spellings(kiosk):
    """All of them lead to the same slip, by address and by the field."""
    code = code_with_0_and_1(kiosk)
    rows = {"as issued": code, "lower case": code.lower(), "mixed case": code[:5] + code[5:].lower(),
            "as printed": f"{code[:5]}-{code[5:]}", "with a blank": f"{code[:5]} {code[5:]}",
            "blanks everywhere": " " + " ".join(code) + " ", "dashes everywhere": "-".join(code),
            "O for 0": code.replace("0", "O"), "o for 0": code.replace("0", "o"),
            "I for 1": code.replace("1", "I"), "l for 1": code.replace("1", "l"),
            "L for 1": code.replace("1", "L"), "i for 1": code.replace("1", "i"),
            "all at once": "-".join(code.replace("0", "o").replace("1", "l").lower())}
    for name, spelling in rows.items():
        for prefix in ("S", "s"):
            answer = send(kiosk.phone, "GET", path(prefix, spelling))
            faces = re.findall(r'<button[^>]*name="overall"[^>]*value="(\d)"', answer.text())
            same(f"slip {name} at /{prefix}/", (answer.status, sorted(faces)),
                 (200, ["1", "2", "3", "4", "5"]))
        answer = post(kiosk.phone, "/code", {"code": spelling})
        same(f"slip {name} in the field", (answer.status, answer.headers.get("location")),
             (303, f"/S/{code}"))
    for suffix in ("/HT/0/R", "/ZZ/9/X", "/HT", "/HT/1"):
        same(f"slip with {suffix} behind its code",
             send(kiosk.phone, "GET", f"/S/{code}{suffix}").status, 200)
    for name, spelling in {"as printed": f"{kiosk.poster[:5]}-{kiosk.poster[5:]}",
                           "lower case": kiosk.poster.lower()}.items():
        for prefix in ("P", "p"):
            same(f"poster {name} at /{prefix}/",
                 send(kiosk.phone, "GET", path(prefix, spelling)).status, 200)


def no_codes(kiosk):
    """What cannot be a code, at every address that takes one."""
    code = kiosk.slip()
    swapped = next(code[:i] + code[i + 1] + code[i] + code[i + 2:] for i in range(9)
                   if code[i] != code[i + 1])
    rows = [("another check character", code[:9] + c) for c in ALPHABET if c != code[9]]
    rows += [(f"another character at {at}",
              code[:at] + ALPHABET[ALPHABET.index(code[at]) ^ 1] + code[at + 1:])
             for at in range(9)]
    rows += [("neighbours exchanged", swapped), ("one short", code[:9]), ("one long", code + "0"),
             ("doubled", code + code), ("a letter U", "U" + code[1:]), ("a star", code + "*"),
             ("Vietnamese", "Ệ" + code[1:]), ("full-width digits", "０１２３４５６７８９"),
             ("Arabic digits", "٠١٢٣٤٥٦٧٨٩"), ("a quote", code[:9] + "'"),
             ("markup", "<b>zqxjzqxj"), ("a plus", "+" * 10), ("only dashes", "-" * 10),
             ("only blanks", " " * 10), ("a tilde", "~" * 10), ("200 characters", "0" * 200)]
    before = kiosk.size()
    for name, wrong in rows:
        for prefix in ("S", "s", "P", "p"):
            answer = send(kiosk.phone, "GET", path(prefix, wrong))
            fault = page_fault(answer, 404, kiosk.words, "unknown", ["zqxjzqxj"])
            check(f"/{prefix}/ with {name}", not fault, fault)
        answer = post(kiosk.phone, "/code", {"code": wrong})
        long = len(urllib.parse.quote(wrong)) > 250
        fault = page_fault(answer, 413 if long else 400, kiosk.words,
                           "too_large" if long else "code_bad")
        check(f"/code with {name}", not fault and "<b>zqxj" not in answer.text(), fault)
    fault = kiosk.fault(send(kiosk.phone, "GET", f"/S/{code}x"), 404, "unknown", before)
    check("after all that the kiosk is alive and nothing was written", not fault, fault)


def no_addresses(kiosk):
    """Addresses that hide something, or that there are not."""
    code = kiosk.slip()
    rows = [("/S/", 404, "missing"), ("/S", 404, "missing"), (f"/S/{code}/", 404, "missing"),
            (f"/S/{code}/HT/1/R/x", 404, "missing"), (f"/T/{code}", 404, "missing"),
            (f"/S/{code}%00", 400, "bad"), (f"/S/{code}%0a", 400, "bad"),
            (f"/S/%2e%2e/{code}", 400, "bad"), (f"/S/..{code}", 400, "bad"),
            (f"/S//{code}", 400, "bad"), (f"/S/{code}%2fHT", 400, "bad"),
            (f"/S/{code}%5c", 400, "bad"), (f"/S/{code}%zz", 400, "bad"),
            (f"/S/{code}%2", 400, "bad"), (f"/S/{code}%25", 400, "bad"),
            (f"/S/{code}%FF", 404, "missing"), (f"/S/{code}?x=1", 400, "bad"),
            (f"/S/{code}?lang=zqxjzqxj", 400, "bad"), ("/S/" + "0" * 600, 414, "too_large"),
            (f"/P/{kiosk.poster}/ZQXJZQXJ", 404, "unknown"),
            (f"/P/{kiosk.poster}/ht", 404, "unknown"), (f"/P/{kiosk.poster}/HT/1", 404, "missing")]
    for address, status, word in rows:
        fault = page_fault(send(kiosk.phone, "GET", address), status, kiosk.words, word,
                           ["zqxjzqxj", "ZQXJZQXJ"])
        check(f"GET {address[:60]}", not fault, fault)
    for address in ("/desk", "/c/1", "/pair/" + "0" * 26):
        fault = page_fault(send(kiosk.phone, "GET", address), 404, kiosk.words, "missing")
        check(f"GET {address} on the phones' listener", not fault, fault)
    cookie = [("Cookie", kiosk.screen_cookie)]
    for address, status, word in (("/c/2", 403, "unpaired"), ("/c/ZQXJZQXJ", 404, "missing"),
                                  ("/c/1/DD", 404, "missing"), ("/c/1/ZQXJZQXJ", 404, "missing"),
                                  ("/pair/zqxjzqxj", 410, "pair_gone"),
                                  ("/pair/" + "0" * 26, 410, "pair_gone")):
        fault = page_fault(send(kiosk.screen, "GET", address, headers=cookie), status, kiosk.words,
                           word, ["zqxjzqxj", "ZQXJZQXJ"])
        check(f"GET {address} on the screens' listener", not fault, fault)
    fault = page_fault(send(kiosk.screen, "GET", "/c/1"), 403, kiosk.words, "unpaired")
    check("a counter without its cookie", not fault, fault)


def states(kiosk):
    """Finished, withdrawn and unknown are told apart; each in words, at every address."""
    finished = kiosk.slip("--dossier", "H55-A")
    form = {**kiosk.open(f"/S/{finished}"), "overall": "3"}
    same("an open slip is answered", post(kiosk.phone, "/api/v1/responses", form).status, 200)
    withdrawn = kiosk.slip("--dossier", "H55-B")
    fresh = kiosk.slip("--dossier", "H55-B", "--replace")
    rows = [("finished", finished, 410), ("withdrawn", withdrawn, 410), ("unknown", "0000000000", 404),
            ("unknown", kiosk.poster, 404)]
    for word, code, status in rows:
        for address in (f"/S/{code}", f"/s/{code.lower()}", f"/S/{code}/HT/0/R"):
            fault = page_fault(send(kiosk.phone, "GET", address), status, kiosk.words, word)
            check(f"a slip that is {word} at {address[:3]}", not fault, fault)
    fault = page_fault(send(kiosk.phone, "GET", f"/P/{fresh}"), 404, kiosk.words, "unknown")
    check("a slip's code is no poster's", not fault, fault)
    same("the replacement is open", send(kiosk.phone, "GET", f"/S/{fresh}").status, 200)
    counter = kiosk.world.must(kiosk.world.kiosk_program, "poster", "--data", kiosk.data,
                               "--counter", "1", "--format", "url").rsplit("/", 1)[1]
    fault = page_fault(send(kiosk.phone, "GET", f"/P/{counter}/DD"), 404, kiosk.words, "unknown")
    check("a counter's poster does not lead to another counter's area", not fault, fault)


def expire(kiosk):
    """A slip on its last day is open, on the next one expired. The days are moved in the database
    of the stopped kiosk, so that no clock has to be."""
    code = kiosk.slip("--dossier", "H55-C")
    form = {**kiosk.open(f"/S/{code}"), "overall": "2"}
    kiosk.restart("UPDATE slip SET expires_day = issued_day")
    same("on its last day a slip is open", send(kiosk.phone, "GET", f"/S/{code}").status, 200)
    kiosk.restart("UPDATE slip SET issued_day = issued_day - 2, expires_day = issued_day - 1")
    before = kiosk.size()
    for name, answer in (("the slip", send(kiosk.phone, "GET", f"/S/{code}")),
                         ("a page opened in time", post(kiosk.phone, "/api/v1/responses", form))):
        fault = kiosk.fault(answer, 410, "expired", before)
        check(f"on the next day {name} is expired", not fault, fault)
        day = re.search(r"\d\d/\d\d/20\d\d", answer.text().split("<main>")[-1])
        check(f"{name} says which day was the last", day is not None)


def run(kiosk):
    """All codes of one served kiosk."""
    spellings(kiosk)
    no_codes(kiosk)
    no_addresses(kiosk)
    states(kiosk)
    expire(kiosk)
