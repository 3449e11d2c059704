# SPDX-License-Identifier: MIT
"""CSV files of paper results: columns, cells, encodings; taken whole, in part, once."""

import datetime
import json

from .harness import DATA, OK, UNIT, check, example_setup, refused, same

HEADER = "unit,day,area,item,level,count"
TODAY = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))).date()
GOOD = {"unit": UNIT, "day": "2026-01-20", "area": "HT", "item": "overall", "level": "5",
        "count": "3"}
# Column → cells that it cannot have.
BAD_CELLS = {
    "unit": ["", "99999", "5533", "phường", "0" * 70, "05533x", "19002", "=05533"],
    "day": ["", "2026-1-3", "03/11/2026", "2026-02-30", "2026-11-31", "2026-13-01", "20260103",
            "2026-01-20T09", "hôm nay", "1969-12-31", "0000-00-00", "2026-01-2０", "9999-12-31",
            str(TODAY + datetime.timedelta(days=2)), "-2026-01-20", "2026-01-20."],
    "area": ["", "ht", "ZZ", "Hộ tịch", "HT HT", "A" * 17, "=HT"],
    "item": ["", "Overall", "F6", "F0", "topics", "hài lòng", "overall2", "agenc"],
    "level": ["", "0", "6", "05", "5.0", "-1", "năm", "٥", "1e0", "+5", "=5",
              "99999999999999999999"],
    "count": ["", "-1", "1000001", "1.5", "1 000", "1.000", "0x10", "1e3", "+5", "05", "ba",
              "99999999999999999999", "=1+1"],
}


def rows(*lines, separator=",", end="\n", header=HEADER, before=""):
    """A file as text."""
    text = end.join([header, *lines]) + end
    return before + (text.replace(",", separator) if separator != "," else text)


def line(**changes):
    """One row."""
    return ",".join({**GOOD, **changes}.values())


def files():
    """(name, content, what stderr says): refused whole, whatever the rows are."""
    columns = HEADER.split(",")
    found = [(f"without the column {c}",
              rows(header=",".join(x for x in columns if x != c)), f'no column.*"{c}')
             for c in columns]
    found += [(f"with the column {c} twice", rows(line() + ",x", header=f"{HEADER},{c}"),
               "column 7.*twice") for c in columns]
    found += [(f"with the column {c} in upper case",
               rows(line(), header=HEADER.replace(c, c.upper())), "no column") for c in columns]
    many = ",".join(f"c{i}" for i in range(70))
    found += [("with an unknown column", rows(line() + ",x", header=f"{HEADER},zqxj"), "column 7"),
              ("with an unnamed column", rows(line() + ",", header=f"{HEADER},"), "column 7"),
              ("empty", "", "empty"), ("of a BOM only", "\ufeff", "empty"),
              ("of blank lines", "\n\n\r\n", "empty"), ("of a header only", rows(), "no row"),
              ("without a header", line() + "\n", "no column"),
              ("with tabs", rows(line()).replace(",", "\t"), "no column"),
              ("with 70 columns", rows(line(), header=many), "line 1: more than 64 columns"),
              ("with a row of 70 cells", rows(line(), ",".join("x" * 70)),
               "line 3: more than 64 columns"),
              ("with an open quote", rows(line(), '"' + line()), "line 3: a quote is opened"),
              ("with text behind a quote", rows(line(unit='"05533"x')), "line 2: something stands"),
              ("with a stray CR", rows(line() + "\rx"), "line 2"),
              ("of NUL bytes", rows(line() + "\0"), "line 2: not UTF-8"),
              ("with an escape sequence", rows(line(), line() + "\x1b[2J"), "line 3: not UTF-8"),
              ("in UTF-16", rows(line()).encode("utf-16"), "line 1: not UTF-8"),
              ("in UTF-16 without a BOM", rows(line()).encode("utf-16-le"), "line 1: not UTF-8"),
              ("in Latin-1", rows(line(area="Hộ t\xedch".replace("ộ", "o"))).encode("latin-1"),
               "line 2: not UTF-8.*CSV UTF-8"),
              ("of a spreadsheet program", b"PK\x03\x04" + bytes(range(256)), "not UTF-8"),
              ("larger than 16 MiB", rows(*[line()] * 700000), "limit")]
    return found


def bad_rows():
    """(name, row, what the fault says) for a row that stands on line 3."""
    found = [(f"{column} {value[:24]!r}", line(**{column: value}), f"cột {column}|cột day")
             for column, values in BAD_CELLS.items() for value in values]
    found += [("five cells", line().rsplit(",", 1)[0], "6 cột"),
              ("seven cells", line() + ",1", "6 cột"), ("one cell", "x", "6 cột"),
              ("a comma in a quoted cell", line(count='"1,000"'), "cột count"),
              ("a line break in a quoted cell", line(area='"HT\nx"'), "cột area"),
              ("another separator", line().replace(",", ";"), "6 cột"),
              ("a day before the unit was there", line(unit="19001", day="2024-12-31"), "cột day"),
              ("a day behind the unit's end", line(unit="19002", day="2025-01-01"), "cột day"),
              ("tomorrow", line(day=str(TODAY + datetime.timedelta(days=1))), "cột day")]
    return found


class Hub:
    """A hub with two more units, one that begins and one that ends."""

    def __init__(self, world):
        self.world = world
        setup = example_setup()
        setup["units"] += [
            {"code": "19001", "name": "Xã Một", "kind": "xã", "parent": "19",
             "valid_from": "2025-01-01"},
            {"code": "19002", "name": "Xã Hai", "kind": "xã", "parent": "19",
             "valid_to": "2024-12-31"}]
        self.data = world.new_hub("paper", world.write("paper.json", setup))

    def take(self, content, *options, name="paper.csv"):
        """Imports a file with that content."""
        path = self.world.write(name, content)
        return self.world.hub("import", "--data", self.data, "--paper", *options, path)

    def state(self):
        """All that a file could have changed: the lane's length and the counts."""
        run = self.world.hub_program
        lanes = self.world.must(run, "status", "--data", self.data, "--format", "json")
        report = json.loads(self.world.must(run, "report", "--data", self.data, "--unit", UNIT,
                                            "--period", "2026", "--format", "json"))
        return [lane["entries"] for lane in json.loads(lanes)["lanes"]], report["total"]["answered"]

    def takes(self, name, answers, content, *options):
        """A file that is taken, with as many answers."""
        before = self.state()[1]
        done = self.take(content, *options)
        same(f"paper {name} is taken", (done.code, self.state()[1] - before), (OK, answers))
        return done


def refuse(hub):
    """Files and rows that are refused whole."""
    before = hub.state()
    for name, content, says in files():
        refused(f"paper {name}", hub.take(content), DATA, says)
    cases = bad_rows()
    for name, row, says in cases:
        refused(f"paper with {name}", hub.take(rows(line(), row, line(level="4"))), DATA,
                f"dòng 3: .*({says})")
    wide = [(name, row, says) for name, row, says in cases if '"' not in row and ";" not in row]
    for name, row, says in wide[::7]:
        refused(f"paper with {name}, ; and CRLF",
                hub.take(rows(line(), row, separator=";", end="\r\n", before="\ufeff")), DATA,
                f"dòng 3: .*({says})")
    refused("paper of bad rows only, also with --skip-bad",
            hub.take(rows(line(level="9"), line(level="8")), "--skip-bad"), DATA, "dòng 2.*\n.*dòng 3")
    many = hub.take(rows(*[line(level="9")] * 25))
    refused("paper with 25 bad rows lists twenty and counts the rest", many, DATA,
            "dòng 21: (?s:.*)và 5 dòng khác")
    check("and no more", "dòng 22" not in many.err, many.err)
    refused("paper by somebody with a long name",
            hub.take(rows(line()), "--entered-by", "z" * 64), DATA, "--entered-by must be at most 63")
    same("none of that was taken", hub.state(), before)


def take(hub):
    """What is good, on the good side of each limit."""
    hub.takes("with commas", 3, rows(line()))
    hub.takes("with ; BOM and CRLF", 4, rows(line(count="4"), separator=";", end="\r\n",
                                            before="\ufeff"))
    hub.takes("with quotes and blanks", 5, rows('"05533", 2026-01-20 ,"HT",overall,"5", 5 '))
    hub.takes("with columns in another order", 6,
              rows("6,5,overall,HT,2026-01-20,05533", header="count,level,item,area,day,unit"))
    hub.takes("without a last line end", 7, rows(line(count="7")).rstrip("\n"))
    hub.takes("with blank lines", 8, rows("", line(count="8"), "", ""))
    hub.takes("with a million", 1000000, rows(line(count="1000000")))
    hub.takes("with nothing", 0, rows(line(count="0")))
    hub.takes("of today", 9, rows(line(day=str(TODAY), count="9")) if in_2026() else
              rows(line(count="9")))
    hub.takes("of the day on which a unit begins", 0, rows(line(unit="19001", day="2025-01-01")))
    hub.takes("of the day on which a unit ends", 0, rows(line(unit="19002", day="2024-12-31")))
    text = rows(line(count="11"), line(level="9"), line(level="1", count="2"), line(area="ZZ"))
    done = hub.takes("with two bad rows and --skip-bad", 13, text, "--skip-bad")
    check("the bad rows are listed", "dòng 3: " in done.err and "dòng 5: " in done.err
          and "dòng 2" not in done.err and "dòng 4" not in done.err, done.err)
    check("and counted", "2 dòng" in done.out.decode(), done.out)
    before = hub.state()
    for name, content, options in (("in part", text, ["--skip-bad"]), ("whole", rows(line()), [])):
        again = hub.take(content, *options, name="other-name.csv")
        check(f"the same file again, taken {name}, changes nothing",
              again.code == OK and "không có gì thay đổi" in again.out.decode(), again)
    same("and nothing was counted twice", hub.state(), before)


def in_2026():
    """Whether today lies in the year that is looked at."""
    return datetime.date(2025, 12, 15) <= TODAY <= datetime.date(2026, 12, 14)


def run(world):
    """With nobody serving, and through the program that serves."""
    hub = Hub(world)
    refuse(hub)
    daemon = world.serve_hub(hub.data)
    before = hub.state()
    for name, content, says in files()[::5]:
        refused(f"paper {name}, while the hub serves", hub.take(content), DATA, says)
    for name, row, says in bad_rows()[::9]:
        refused(f"paper with {name}, while the hub serves", hub.take(rows(line(), row)), DATA,
                f"dòng 3: .*({says})")
    same("none of that was taken", hub.state(), before)
    take(hub)
    check("the hub is alive", daemon.alive())
    same("and stops cleanly", daemon.stop(), OK)
    same("figures and lane agree", world.hub("verify", "--data", hub.data).code, OK)
