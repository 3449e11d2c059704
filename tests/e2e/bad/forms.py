# SPDX-License-Identifier: MIT
"""Forms: every field of a rating, the switches of a page, the desk, a typed code."""

import base64
import os
import re
import sqlite3
import unicodedata

from .harness import FORM, Answer, check, encode, page_fault, post, same, send, words

# Levels that are none, for each item; what looks like a number most of all.
BAD_LEVELS = ["", "0", "6", "05", "5.0", "5,0", "+5", "-1", " 5", "5 ", "5\n", "５", "٥", "1e0",
              "0x5", "true", "five-zqxj", "99999999999999999999", "4294967301",
              "18446744073709551621", "<b>zqxj</b>", "' OR 1=1 --"]
ITEMS = ["agency", "F1", "F2", "F3", "F4", "F5"]
TOPICS = ["attitude", "time", "guidance", "procedure", "cost", "place"]
LONG = "zqxj" * 1500


class Kiosk:
    """A served kiosk with a paired screen (counter 1) and a paired desk."""

    def __init__(self, world, data):
        self.world, self.data = world, data
        self.serve()
        self.words = words("kiosk")
        self.screen_cookie = self.pair("--counter", "1")
        self.desk_cookie = self.pair("--desk")
        self.poster = world.must(world.kiosk_program, "poster", "--data", data, "--format",
                                 "url").rsplit("/", 1)[1]

    def serve(self):
        """Starts it on two free ports."""
        self.daemon = self.world.serve_kiosk(self.data)
        self.screen, self.phone = (self.daemon.addresses[name] for name in ("screen", "phone"))

    def restart(self, sql):
        """Stops it, changes its database, and starts it again."""
        same("the kiosk stops cleanly", self.daemon.stop(), 0)
        database = sqlite3.connect(os.path.join(self.data, "kiosk.db"))
        database.execute(sql)
        database.commit()
        database.close()
        self.serve()

    def pair(self, *which):
        """Pairs a device; gives its cookie."""
        url = self.world.must(self.world.kiosk_program, "pair", "--data", self.data, *which)
        answer = send(self.screen, "GET", url[url.index("/pair/"):])
        return answer.headers["set-cookie"].split(";")[0]

    def slip(self, *options, area="HT"):
        """Issues a slip; gives its code."""
        url = self.world.must(self.world.kiosk_program, "slip", "--data", self.data, "--area", area,
                              "--format", "url", *options)
        return url.split("/S/")[1].split("/")[0]

    def size(self):
        """Entries in the journal."""
        return len(self.world.lines(self.data))

    def open(self, path, address=None, headers=()):
        """Opens a page with a form; gives the fields that an answer sends."""
        page = send(address or self.phone, "GET", path, headers=headers)
        return {name: page.hidden(name) for name in ("token", "part", "page", "lang")}

    def fault(self, answer, status, word, before, never=()):
        """What is wrong after a refused request, or ""."""
        fault = page_fault(answer, status, self.words, word, never)
        if not fault and self.size() != before:
            fault = "the journal has grown"
        if not fault and not self.daemon.alive():
            fault = "the kiosk has died"
        return fault


def marks(changes):
    """Values that can be recognised in a page: whoever sees one sees the input."""
    return [str(v) for v in changes.values() if v is not None and len(str(v)) >= 6]


def overall_cases(token):
    """(name, changed fields, status, word) on the first page; None leaves a field out."""
    cases = [(f"overall {level[:24]!r}", {"overall": level}, 400, "bad") for level in BAD_LEVELS]
    cases += [(f"{field} is missing", {field: None}, 400, "bad")
              for field in ("token", "part", "page", "overall")]
    cases += [(f"{field} is empty", {field: ""}, 400, "bad")
              for field in ("token", "part", "page", "end")]
    cases += [(f"part {part!r}", {"part": part}, 400, "bad")
              for part in ("41", "-1", "00", "01", "0.0", "+1", " 0", "zqxjzqxj",
                           "99999999999999999999", "4294967296")]
    cases += [(f"page {page!r}", {"page": page}, 400, "bad")
              for page in ("topics", "agency", "factors", "thanks", "Overall", "zqxjzqxj")]
    cases += [(f"end {end!r}", {"end": end}, 400, "bad")
              for end in ("skip", "exit", "timeout", "TAP", "zqxjzqxj")]
    cases += [(f"lang {lang!r}", {"lang": lang}, 400, "bad")
              for lang in ("zz", "vi-VN", "VI", "../vi", LONG[:64])]
    cases += [(f"large {large!r}", {"large": large}, 400, "bad") for large in ("2", "yes", "01")]
    cases += [(f"{item} on the first page", {item: "5"}, 400, "bad") for item in ITEMS]
    cases += [(f"topic {topic} on the first page", {f"topic_{topic}": "1"}, 400, "bad")
              for topic in TOPICS]
    cases += [(f"unknown field {name!r}", {name: "zqxjzqxj"}, 400, "bad")
              for name in ("comment", "Overall", "F6", "F0", "topic_zqxj", "topic_", "counter",
                           "area", "unit", "channel", "id", "hour", "overall[]", "họ tên")]
    nfd = unicodedata.normalize("NFD", "Rất hài lòng")
    cases += [("overall in words, NFC", {"overall": "Rất hài lòng"}, 400, "bad"),
              ("overall in words, NFD", {"overall": nfd}, 400, "bad"),
              ("a field's name in NFD", {nfd: "1"}, 400, "bad"),
              ("lang in NFD", {"lang": nfd}, 400, "bad"),
              ("overall overlong", {"overall": LONG}, 400, "bad"),
              ("part overlong", {"part": "0" * 4000}, 400, "bad"),
              ("token overlong", {"token": token + LONG}, 400, "bad"),
              ("a detail without its response", {"part": "1"}, 404, "bad"),
              ("the last detail without its response", {"part": "40"}, 404, "bad"),
              ("topics without their response",
               {"part": "1", "page": "topics", "overall": None, "topic_time": "1"}, 404, "bad")]
    return cases


def of_hour(token, hours):
    """The token as if its page had been made some hours later; its MAC no longer fits."""
    layout = bytearray(base64.urlsafe_b64decode(token))
    hour = int.from_bytes(layout[1:5], "big") + hours
    layout[1:5] = hour.to_bytes(4, "big")
    return base64.urlsafe_b64encode(layout).decode()


def token_cases(kiosk, token, stranger):
    """Tokens that this kiosk did not make for this."""
    def flip(at):
        return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1:]
    cases = {"cut by one": token[:-1], "cut in half": token[:64], "one more": token + "A",
             "padded": token + "==", "of zeros": "A" * 128, "of blanks": " " * 128,
             "in other case": token[:64] + token[64:].swapcase(), "not base64": "!" * 128,
             "of Vietnamese": "ệ" * 43, "a desk's cookie": kiosk.desk_cookie.split("=", 1)[1],
             "a poster's code": kiosk.poster, "a slip's code": kiosk.slip(),
             "of another kiosk": stranger, "of an hour to come": of_hour(token, 1),
             "a stranger's bytes": base64.urlsafe_b64encode(bytes(range(96))).decode()}
    # Version, channel, step, arming, counter, area, code, random filling, MAC.
    cases |= {f"flipped at {at}": flip(at)
              for at in (0, 7, 8, 9, 12, 15, 20, 33, 60, 106, 120, 127)}
    cases |= {f"cut to {size}": token[:size] for size in (1, 4, 100, 124)}
    return [(f"token {name}", {"token": value}, 400, "bad") for name, value in cases.items()] + [
        ("token of a page of three days ago", {"token": of_hour(token, -72)}, 410, "rate_again")]


def raw_cases(form):
    """(name, body bytes, status, word): what no form sends."""
    good = encode(list(form.items()))
    level = encode([(k, v) for k, v in form.items() if k != "overall"])
    rows = [("an empty body", b"", 400), ("a lone &", b"&", 400), ("a lone =", b"=", 400),
            ("no =", b"token", 400), ("a trailing &", good + b"&", 400),
            ("a leading &", b"&" + good, 400), ("a doubled &", good.replace(b"&", b"&&", 1), 400),
            ("; instead of &", good.replace(b"&", b";"), 400),
            ("overall twice", good + b"&overall=1", 400),
            ("overall twice, equal", good + b"&overall=5", 400),
            ("token twice", good + b"&token=" + form["token"].encode(), 400),
            ("an empty name", good + b"&=zqxjzqxj", 400),
            ("a name of blanks", good + b"&+=1", 400),
            ("JSON", b'{"overall":5,"token":"zqxjzqxj"}', 400),
            ("many fields", b"&".join(b"f%d=1" % i for i in range(60)), 400),
            ("one byte too long", good + b"&x=" + b"z" * (8193 - len(good) - 3), 413),
            ("far too long", 100000, 413), ("absurdly long", 10**18, 413)]
    values = [b"%", b"%5", b"%zz", b"5%", b"5%00", b"%00", b"5\x00", b"5\r\n", b"5 ", b"\t5",
              b"%FF", b"\xff", b"%C3", b"%C3%28", b"%C0%B5", b"%E2%80", b"%ED%A0%80",
              b"%F4%90%80%80", b"%EF%BF%BE", b"5%E2%80%AE", b"%1B%5B31m5", b"%u0035", b"5%0d%0a",
              b"%255"]
    rows += [(f"overall={value!r}", level + b"&overall=" + value, 400) for value in values]
    return [(name, body, status, "too_large" if status == 413 else "bad")
            for name, body, status in rows]


def header_cases(form):
    """(name, body, headers, status, word): a right form in the wrong clothes."""
    body = encode(list(form.items()))
    boundary = b"--zqxj\r\nContent-Disposition: form-data; name=\"overall\"\r\n\r\n5\r\n--zqxj--\r\n"
    return [
        ("as plain text", body, [("Content-Type", "text/plain")], 400, "bad"),
        ("as JSON", body, [("Content-Type", "application/json")], 400, "bad"),
        ("as multipart", boundary, [("Content-Type", "multipart/form-data; boundary=zqxj")], 400,
         "bad"),
        ("packed", body, [FORM, ("Content-Encoding", "gzip")], 415, "bad"),
        ("from a foreign host name", body, [FORM, ("Host", "zqxjzqxj.example")], 421, "denied"),
        ("with an unknown expectation", body, [FORM, ("Expect", "zqxjzqxj")], 417, "bad"),
    ]


def detail_cases():
    """On the page behind a recorded answer."""
    base = {"part": "1", "page": "topics", "end": "tap", "overall": None}
    cases = [(f"{item} {level[:24]!r}", {**base, item: level}, 400, "bad")
             for item in ITEMS for level in ("", "0", "6", "05", "x", "5 ")]
    cases += [(f"topic {topic} {value!r}", {**base, f"topic_{topic}": value}, 400, "bad")
              for topic in TOPICS for value in ("", "0", "2", "01", "on", "true")]
    cases += [("overall behind the first page", {**base, "overall": "5"}, 400, "bad"),
              ("a changed level without a level", {**base, "page": "overall"}, 400, "bad"),
              ("part 41", {**base, "part": "41", "topic_time": "1"}, 400, "bad"),
              ("part -1", {**base, "part": "-1", "topic_time": "1"}, 400, "bad"),
              ("an end that is none", {**base, "end": "zqxjzqxj"}, 400, "bad"),
              ("a page that is none", {**base, "page": "thanks"}, 400, "bad")]
    return cases


def try_changes(kiosk, title, form, cases, address=None, path="/api/v1/responses", headers=()):
    """Sends a form with changed fields, one case after the other."""
    before = kiosk.size()
    for name, changes, status, word in cases:
        fields = {k: v for k, v in {**form, **changes}.items() if v is not None}
        answer = post(address or kiosk.phone, path, fields, headers)
        fault = kiosk.fault(answer, status, word, before, marks(changes))
        check(f"{title}: {name}", not fault, fault)


def try_json(kiosk, form):
    """A script that asks for JSON gets JSON."""
    for status, changes in ((400, {"overall": "6"}), (404, {"part": "1"}), (409, {"overall": "1"})):
        if status == 409:
            post(kiosk.phone, "/api/v1/responses", form)
        answer = post(kiosk.phone, "/api/v1/responses", {**form, **changes},
                      [("Accept", "application/json")])
        same(f"a script's refusal {status} is JSON",
             (answer.status, answer.headers.get("content-type")), (status, "application/json"))


def ratings(kiosk, stranger):
    """POST /api/v1/responses, first page and details."""
    code = kiosk.slip()
    form = {**kiosk.open(f"/S/{code}"), "overall": "5"}
    token = form["token"]
    try_changes(kiosk, "rating", form, overall_cases(token) + token_cases(kiosk, token, stranger))
    before = kiosk.size()
    for name, body, status, word in raw_cases(form):
        fault = kiosk.fault(post(kiosk.phone, "/api/v1/responses", body), status, word, before,
                            ["zqxjzqxj"])
        check(f"rating: {name}", not fault, fault)
    for name, body, headers, status, word in header_cases(form):
        fault = kiosk.fault(send(kiosk.phone, "POST", "/api/v1/responses", body, headers), status,
                            word, before, ["zqxjzqxj"])
        check(f"rating: {name}", not fault, fault)
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "TRACE"):
        answer = send(kiosk.phone, method, "/api/v1/responses")
        fault = kiosk.fault(answer, 405, "method", before)
        check(f"rating by {method}", not fault and answer.headers.get("allow") == "POST", fault)
    fault = kiosk.fault(post(kiosk.phone, "/api/v1/responses?lang=vi", form), 400, "bad", before)
    check("rating: a query", not fault, fault)
    answer = post(kiosk.phone, "/api/v1/responses", form)
    same("after all that the same page is still good", (answer.status, kiosk.size()),
         (200, before + 1))
    same("and its repeat too, spelled in another way",
         (post(kiosk.phone, "/api/v1/responses",
               encode(list(form.items())).replace(b"overall=5", b"%6Fverall=%35")).status,
          kiosk.size()), (200, before + 1))
    fault = kiosk.fault(post(kiosk.phone, "/api/v1/responses", {**form, "overall": "1"}), 409,
                        "conflict", before + 1)
    check("rating: another level under the same page", not fault, fault)
    try_changes(kiosk, "detail", form, detail_cases())
    details(kiosk, form)


def details(kiosk, form):
    """Both sides of the limits of part, and repeats of a detail."""
    before = kiosk.size()
    for part, level in (("1", "2"), ("40", "4")):
        fields = {**form, "part": part, "overall": level}
        same(f"detail: part {part} is good", post(kiosk.phone, "/api/v1/responses", fields).status,
             200)
    same("two details are two entries", kiosk.size(), before + 2)
    fields = {**form, "part": "40", "overall": "1"}
    fault = kiosk.fault(post(kiosk.phone, "/api/v1/responses", fields), 409, "conflict", before + 2)
    check("detail: another one under the same part", not fault, fault)


def pages(kiosk):
    """Pages that were opened in time and sent too late, or by another listener."""
    code = kiosk.slip()
    first, second = kiosk.open(f"/S/{code}"), kiosk.open(f"/s/{code.lower()}")
    post(kiosk.phone, "/api/v1/responses", {**first, "overall": "4"})
    before = kiosk.size()
    fault = kiosk.fault(post(kiosk.phone, "/api/v1/responses", {**second, "overall": "4"}), 410,
                        "finished", before)
    check("a second page of a used slip says that it is used", not fault, fault)
    old = kiosk.slip("--dossier", "H55-zqxj-1")
    form = {**kiosk.open(f"/S/{old}"), "overall": "4"}
    kiosk.slip("--dossier", "H55-zqxj-1", "--replace")
    fault = kiosk.fault(post(kiosk.phone, "/api/v1/responses", form), 410, "withdrawn", before)
    check("a page of a withdrawn slip says that it was replaced", not fault, fault)
    cookie = [("Cookie", kiosk.screen_cookie)]
    tap = {**kiosk.open("/c/1/HT", kiosk.screen, cookie), "overall": "5"}
    fault = kiosk.fault(post(kiosk.phone, "/api/v1/responses", tap), 403, "denied", before)
    check("a screen's page is refused on the phones' listener", not fault, fault)
    fault = kiosk.fault(post(kiosk.phone, "/step", {**tap, "to": "en"}), 403, "denied", before)
    check("nor is its step shown there", not fault, fault)
    same("on the screens' it is good", post(kiosk.screen, "/api/v1/responses", tap).status, 200)
    plain = {**kiosk.open(f"/P/{kiosk.poster}/SV-YT"), "overall": "5"}
    try_changes(kiosk, "one-question form", plain,
                [("agency, which it does not ask", {"agency": "5"}, 400, "bad"),
                 ("a factor, which it does not ask", {"F1": "5"}, 400, "bad")])
    try_json(kiosk, {**kiosk.open(f"/P/{kiosk.poster}/HT"), "overall": "5"})


def switches(kiosk):
    """The form that shows a step once more."""
    form = {k: v for k, v in kiosk.open(f"/P/{kiosk.poster}/HT").items()}
    try_changes(kiosk, "step", {**form, "to": "en"}, [
        ("language that is none", {"to": "zqxjzqxj"}, 400, "bad"),
        ("language empty", {"to": ""}, 400, "bad"),
        ("size that is none", {"to": None, "size": "zqxjzqxj"}, 400, "bad"),
        ("page that is none", {"page": "zqxjzqxj"}, 400, "bad"),
        ("part 41", {"part": "41"}, 400, "bad"), ("part missing", {"part": None}, 400, "bad"),
        ("token missing", {"token": None}, 400, "bad"),
        ("token wrong", {"token": "A" * 128}, 400, "bad"),
        ("unknown field", {"zqxj": "1"}, 400, "bad"),
        ("body too long", {"again": "z" * 9000}, 413, "too_large")], path="/step")
    for query in ("?lang=zqxjzqxj", "?large=2", "?zqxjzqxj=1", "?lang=vi&lang=vi", "?lang",
                  "?lang=%zz", "?"):
        answer = send(kiosk.phone, "GET", f"/P/{kiosk.poster}/HT{query}")
        fault = "" if query == "?" and answer.status == 200 else page_fault(
            answer, 400, kiosk.words, "bad", ["zqxjzqxj"])
        check(f"a page's query {query!r}", not fault, fault)


def desk_cases():
    """(name, path, changed fields, status, word)."""
    slips, arm, cancel = "/desk/slips", "/desk/arm", "/desk/cancel"
    cases = []
    for path in (slips, arm):
        cases += [("area missing", path, {"area": None}, 400, "fault_area"),
                  ("area empty", path, {"area": ""}, 400, "fault_area"),
                  ("area unknown", path, {"area": "ZQXJZQXJ"}, 400, "fault_area"),
                  ("area in lower case", path, {"area": "ht"}, 400, "fault_area")]
    for path in (arm, cancel):
        cases += [("counter missing", path, {"counter": None}, 400, "fault_counter"),
                  ("counter unknown", path, {"counter": "ZQXJZQXJ"}, 400, "fault_counter")]
    cases += [("counter unknown", slips, {"counter": "ZQXJZQXJ"}, 400, "fault_counter")]
    for path in (slips, arm, cancel):
        cases += [("step unknown", path, {"step": "zqxjzqxj"}, 400, "bad"),
                  ("step empty", path, {"step": ""}, 400, "bad"),
                  ("unknown field", path, {"zqxjzqxj": "1"}, 400, "bad"),
                  ("body too long", path, {"dossier": "z" * 9000}, 413, "too_large")]
    cases += [(f"dossier {dossier[:20]!r}", slips, {"dossier": dossier}, 400, "fault_dossier")
              for dossier in ("z" * 65, "ệ" * 22, "H55\n1", "H55\t1")]
    return cases


def desk(kiosk):
    """The desk: who may, from where, and what with."""
    own = [("Cookie", kiosk.desk_cookie)]
    form = {"area": "HT", "counter": "1", "step": "result", "dossier": ""}
    strangers = [("no cookie", []), ("a screen's cookie", [("Cookie", kiosk.screen_cookie)]),
                 ("a made-up cookie", [("Cookie", "hailong_device=zqxjzqxj")]),
                 ("an altered cookie", [("Cookie", kiosk.desk_cookie[:-1] + "~")])]
    foreign = [("a foreign origin", [("Origin", "http://zqxjzqxj.example")]),
               ("origin null", [("Origin", "null")]),
               ("the phones' origin", [("Origin", f"http://{kiosk.phone}")]),
               ("another site by Sec-Fetch-Site", [("Sec-Fetch-Site", "cross-site")])]
    issued = slips_today(kiosk)
    before = kiosk.size()
    for path in ("/desk/slips", "/desk/arm", "/desk/cancel"):
        for name, headers in strangers:
            fault = kiosk.fault(post(kiosk.screen, path, form, headers), 403, "desk_unpaired",
                                before, ["zqxjzqxj"])
            check(f"{path} with {name}", not fault, fault)
        for name, headers in foreign:
            fault = kiosk.fault(post(kiosk.screen, path, form, own + headers), 403, "denied",
                                before, ["zqxjzqxj"])
            check(f"{path} with {name}", not fault, fault)
        fault = kiosk.fault(post(kiosk.phone, path, form, own), 404, "missing", before)
        check(f"{path} on the phones' listener", not fault, fault)
    for name, path, changes, status, word in desk_cases():
        try_changes(kiosk, path, form, [(name, changes, status, word)], kiosk.screen, path, own)
    same("no slip was issued by all that", slips_today(kiosk), issued)
    issue(kiosk, own, form, issued)


def issue(kiosk, own, form, issued):
    """A dossier in both normal forms of Vietnamese is one dossier."""
    name = "HS-Nguyễn"
    for spelling, status in ((unicodedata.normalize("NFC", name), 200),
                             (unicodedata.normalize("NFD", name), 409), (name.lower(), 409)):
        answer = post(kiosk.screen, "/desk/slips", {**form, "dossier": spelling},
                      own + [("Origin", f"http://{kiosk.screen}")])
        same(f"/desk/slips with dossier {spelling!r}", answer.status, status)
    same("one slip was issued", slips_today(kiosk), issued + 1)


def slips_today(kiosk):
    """How many slips the desk says it has issued today."""
    page = send(kiosk.screen, "GET", "/desk", headers=[("Cookie", kiosk.desk_cookie)])
    return int(re.search(r'class="count">\D*(\d+)', page.text()).group(1))


def typed_codes(kiosk):
    """The field for a typed code."""
    rows = [("an empty code", {"code": ""}, 400, "code_bad"),
            ("a code of markup", {"code": "<script>zqxj</script>"}, 400, "code_bad"),
            ("a Vietnamese code", {"code": "mã của tôi"}, 400, "code_bad"),
            ("no code", {"lang": "vi"}, 400, "bad"),
            ("an unknown field", {"code": kiosk.poster, "zqxj": "1"}, 400, "bad"),
            ("a code too long", {"code": "0" * 300}, 413, "too_large")]
    before = kiosk.size()
    for name, fields, status, word in rows:
        answer = post(kiosk.phone, "/code", fields)
        fault = kiosk.fault(Answer(answer.status, answer.headers, answer.body), status, word,
                            before)
        check(f"/code: {name}", not fault and "<script>zqxj" not in answer.text(), fault)


def run(kiosk, stranger):
    """All forms of one served kiosk; `stranger` is a page token of another one."""
    ratings(kiosk, stranger)
    pages(kiosk)
    switches(kiosk)
    desk(kiosk)
    typed_codes(kiosk)
