# SPDX-License-Identifier: MIT
"""Free text: comments and petitions, every field, and what no page, log or folder may keep."""

import os
import unicodedata

from . import forms
from .harness import FORM, check, encode, page_fault, post, same, send

WORDS = "Chị cán bộ zqxj rất nhiệt tình"
EMPTY_TEXTS = ["", " ", " \n\t "]
# Characters that cannot be recorded.
UNCLEAN_TEXTS = ["zqxjzqxj\x07", "zqxjzqxj\x1b[31m", "zqxj\u202ezqxj"]


class Page:
    """An answered poster page, which may carry one text."""

    def __init__(self, kiosk):
        self.kiosk = kiosk
        self.form = kiosk.open(f"/P/{kiosk.poster}/HT")
        post(kiosk.phone, "/api/v1/responses", {**self.form, "overall": "5"})
        self.token = self.form["token"]

    def send(self, fields, headers=()):
        """One text; None leaves a field out."""
        fields = {"token": self.token, "text": WORDS, **fields}
        return post(self.kiosk.phone, "/api/v1/texts",
                    {k: v for k, v in fields.items() if v is not None}, headers)


def cases(token):
    """(name, changed fields, status, word)."""
    found = [(f"text {text[:12]!r}", {"text": text}, 400, "write_empty") for text in EMPTY_TEXTS]
    found += [(f"text {text[:12]!r}", {"text": text}, 400, "write_unclean") for text in UNCLEAN_TEXTS]
    found += [("no text", {"text": None}, 400, "write_empty"), ("NUL", {"text": "zqxjzqxj\0"}, 400, "bad"),
              ("801 characters", {"text": "ệ" * 801}, 413, "too_large"),
              ("no token", {"token": None}, 400, "bad"), ("an empty token", {"token": ""}, 400, "bad"),
              ("a token cut", {"token": token[:-1]}, 400, "bad"),
              ("a token of zeros", {"token": "A" * 128}, 400, "bad"),
              ("a token of Vietnamese", {"token": "ệ" * 43}, 400, "bad"),
              ("a token of a page of three days ago", {"token": forms.of_hour(token, -72)}, 410,
               "old"),
              ("an unknown field", {"strange": "1"}, 400, "bad"), ("a level", {"overall": "5"}, 400, "bad"),
              ("a part", {"part": "1"}, 400, "bad"),
              ("a comment with a name", {"contact_name": "Zqxj Văn A"}, 400, "write_empty"),
              ("a comment with a telephone", {"contact_phone": "0912zqxj"}, 400, "write_empty"),
              ("a comment with an address", {"contact_address": "zqxj"}, 400, "write_empty"),
              ("a petition without a contact", {"kind": "petition"}, 400, "write_empty"),
              ("a petition with a name only", {"kind": "petition", "contact_name": "Zqxj"}, 400,
               "write_empty"),
              ("a petition with a telephone only", {"kind": "petition", "contact_phone": "0912zqxj"}, 400,
               "write_empty"),
              ("a petition with a long name", {"kind": "petition", "contact_name": "z" * 121,
                                               "contact_phone": "zqxjzqxj"}, 413, "too_large"),
              ("a petition with a name of two lines", {"kind": "petition", "contact_name": "zqxj\nzqxj",
                                                       "contact_phone": "zqxjzqxj"}, 400, "write_empty"),
              ("a petition before the kiosk is enrolled", {
                  "kind": "petition", "contact_name": "Zqxj Văn A", "contact_phone": "zqxjzqxj"}, 403,
               "petition_closed")]
    found += [(f"kind {kind!r}", {"kind": kind}, 400, "bad")
              for kind in ("", "Comment", "zqxjzqxj", "petition ", "response")]
    return found


def raw(page):
    """(name, body, headers, status, word): what no form sends."""
    good = encode([("token", page.token), ("text", WORDS)])
    return [("an empty body", b"", [FORM], 400, "bad"), ("no =", b"text", [FORM], 400, "bad"),
            ("text twice", good + b"&text=zqxj", [FORM], 400, "bad"),
            ("a byte that is no UTF-8", b"token=" + page.token.encode() + b"&text=zqxj%FF", [FORM], 400,
             "write_unclean"),
            ("a half escape", good + b"%", [FORM], 400, "bad"),
            ("as JSON", good, [("Content-Type", "application/json")], 400, "bad"),
            ("as multipart", good, [("Content-Type", "multipart/form-data; boundary=zqxj")], 400, "bad"),
            ("packed", good, [FORM, ("Content-Encoding", "gzip")], 415, "bad"),
            ("from a foreign host name", good, [FORM, ("Host", "zqxjzqxj.example")], 421, "denied"),
            ("one byte too long", good + b"&x=" + b"z" * (8193 - len(good) - 3), [FORM], 413, "too_large"),
            ("absurdly long", 10**18, [FORM], 413, "too_large")]


def good_ones(kiosk, page):
    """The limit's good side, a repeat, another text under the same page."""
    full = Page(kiosk)
    same("a text of 800 characters is taken", full.send({"text": "ệ" * 800}).status, 200)
    for name, text in (("an emoji of several people", "Tốt lắm 👩‍💼"), ("a red heart", "Cảm ơn ❤️"),
                       ("two lines, as browsers send them", "Dòng một\r\nDòng hai"),
                       ("decomposed letters", unicodedata.normalize("NFD", "Rất hài lòng")),
                       ("markup", "<b>5 < 6 & 'x'</b>"), ("a formula", "=1+1"),
                       ("another script", "ខ្ញុំពេញចិត្ត 很好 ꨌꩌ")):
        same(f"a text with {name} is taken", Page(kiosk).send({"text": text}).status, 200)
    before = kiosk.size()
    same("after all that the page still carries a text", page.send({}).status, 200)
    same("the same again is answered as before", page.send({}).status, 200)
    same("spelled with blanks around it too", page.send({"text": f"  {WORDS}\n"}).status, 200)
    answer = page.send({"text": f"{WORDS} zqxjzqxj"})
    fault = page_fault(answer, 409, kiosk.words, "written_before", ["zqxjzqxj"])
    check("another text under the same page is refused", not fault, fault)
    same("a script's refusal is JSON", page.send({"text": "zqxj"}, [("Accept", "application/json")])
         .headers.get("content-type"), "application/json")
    same("nothing reaches the journal before the day's seal", kiosk.size(), before)


def sealed(kiosk):
    """The seal writes both; the journal holds commitments, the words are nowhere else."""
    before = kiosk.world.lines(kiosk.data)
    done = kiosk.world.kiosk("seal", "--data", kiosk.data)
    same("the day is sealed", done.code, 0)
    new = kiosk.world.lines(kiosk.data)[len(before):]
    same("all comments and a seal stand in it",
         [sum(f'"kind":"{kind}"' in line for line in new) for kind in ("comment", "petition", "seal")],
         [9, 0, 1])
    check("and none of their words", not any("zqxj" in line or "ệệệ" in line for line in new), new)
    again = kiosk.world.kiosk("seal", "--data", kiosk.data)
    check("a second seal prints the same slip and writes nothing",
          (again.code, again.out) == (0, done.out) and len(kiosk.world.lines(kiosk.data)) == len(before) +
          len(new), again)


def run(world):
    """All of one served kiosk."""
    kiosk = forms.Kiosk(world, world.new_kiosk("texts"))
    page = Page(kiosk)
    before = kiosk.size()
    for name, changes, status, word in cases(page.token):
        answer = page.send(changes)
        fault = kiosk.fault(answer, status, word, before, forms.marks(changes))
        check(f"text: {name}", not fault, fault)
    for name, body, headers, status, word in raw(page):
        fault = kiosk.fault(send(kiosk.phone, "POST", "/api/v1/texts", body, headers), status, word, before,
                            ["zqxjzqxj"])
        check(f"text: {name}", not fault, fault)
    for method in ("GET", "PUT", "DELETE"):
        fault = kiosk.fault(send(kiosk.phone, method, "/api/v1/texts"), 405, "method", before)
        check(f"text by {method}", not fault, fault)
    cookie = [("Cookie", kiosk.screen_cookie)]
    tap = kiosk.open("/c/1/HT", kiosk.screen, cookie)
    fault = kiosk.fault(post(kiosk.phone, "/api/v1/texts", {"token": tap["token"], "text": WORDS}), 403,
                        "denied", before)
    check("a screen's page is refused on the phones' listener", not fault, fault)
    good_ones(kiosk, page)
    sealed(kiosk)
    same("the kiosk stops cleanly", kiosk.daemon.stop(), 0)
    same("its journal is whole", world.kiosk("verify", "--data", kiosk.data).code, 0)
    log = kiosk.daemon.log()
    check("its log has no failure and nothing of what was written",
          "event=bug" not in log and "<3>" not in log and "zqxj" not in log.lower(), log[-300:])
    files = [os.path.join(kiosk.data, name) for name in os.listdir(kiosk.data)]
    held = [name for name in files if os.path.isfile(name) and
            b"zqxjzqxj" in open(name, "rb").read()]  # pylint: disable=consider-using-with
    same("what was refused is in no file", held, [])
