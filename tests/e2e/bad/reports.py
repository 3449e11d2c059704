# SPDX-License-Identifier: MIT
"""Reports: every form of a period with its inclusive days, every format, and what is none."""

import csv
import io
import json

from .harness import (DATA, OK, UNIT, USAGE, check, page_fault, refused, same, send, words)

PERIODS = {
    "2026-Q1": ("2025-12-15", "2026-03-14"), "2026-Q2": ("2026-03-15", "2026-06-14"),
    "2026-Q3": ("2026-06-15", "2026-09-14"), "2026-Q4": ("2026-09-15", "2026-12-14"),
    "2026-H1": ("2025-12-15", "2026-06-14"), "2026-H2": ("2026-06-15", "2026-12-14"),
    "2026": ("2025-12-15", "2026-12-14"), "2026-01": ("2025-12-15", "2026-01-14"),
    "2026-03": ("2026-02-15", "2026-03-14"), "2026-11": ("2026-10-15", "2026-11-14"),
    "2026-12": ("2026-11-15", "2026-12-14"), "cal:2026": ("2026-01-01", "2026-12-31"),
    "cal:2026-02": ("2026-02-01", "2026-02-28"), "cal:2028-02": ("2028-02-01", "2028-02-29"),
    "cal:2026-11": ("2026-11-01", "2026-11-30"), "cal:2026-Q4": ("2026-10-01", "2026-12-31"),
    "1971": ("1970-12-15", "1971-12-14"), "9998": ("9997-12-15", "9998-12-14"),
    "2026-09-15..2026-12-14": ("2026-09-15", "2026-12-14"),
    "2026-11-03..2026-11-03": ("2026-11-03", "2026-11-03"),
    "2028-02-29..2028-02-29": ("2028-02-29", "2028-02-29"),
    "2016-11-04..2026-11-03": ("2016-11-04", "2026-11-03"),
}
NO_PERIODS = [
    "zqxj", "26", "202", "20260", "2026-", "2026-0", "2026-00", "2026-13", "2026-1", "2026-011",
    "2026-Q0", "2026-Q5", "2026-Q", "2026-q4", "2026-Q4 ", " 2026", "2026-H0", "2026-H3", "Q4-2026",
    "2026Q4", "2026/11", "11-2026", "cal:", "cal:2026-H1", "CAL:2026", "cal:2026-09-15..2026-12-14",
    "cal:cal:2026", "1970", "0000", "9999", "-2026", "+2026", "２０２６", "2026-09-15",
    "2026-09-15..", "..2026-12-14", "2026-09-15...2026-12-14", "2026-09-15..2026-09-14",
    "2026-09-15..2026-02-30", "2026-9-15..2026-12-14", "2026-09-15..2026-12-14x",
    "2016-11-03..2026-11-03", "1970-01-01..1970-01-02", "2026-09-15 2026-12-14", "2026-11-03T09",
    "2026%2DQ4", "2026;DROP", "2026\t", "z" * 300,
]


def command_line(world, data, served):
    """The report command."""
    def report(period, form, unit=UNIT):
        return world.hub("report", "--data", data, "--unit", unit, "--period", period, "--format",
                         form)
    for period, (first, last) in PERIODS.items():
        made = report(period, "json")
        model = json.loads(made.out) if made.code == OK else {}
        found = model.get("period", {})
        same(f"report {period} as JSON (served: {served})",
             (found.get("name"), found.get("from"), found.get("to")), (period, first, last))
        same(f"report {period} holds every group and area",
             (len(model.get("groups", [])), len(model.get("areas", []))), (4, 21))
        rows = list(csv.reader(io.StringIO(report(period, "csv").out.decode())))
        check(f"report {period} as CSV", len(rows) > 25 and len({len(r) for r in rows}) == 1, rows[:2])
        text = report(period, "text").out.decode()
        shown = ["/".join(reversed(day.split("-"))) for day in (first, last)]
        check(f"report {period} as text", all(day in text for day in shown) and "254/KH-UBND" in text,
              text[:200])
    for period in NO_PERIODS:
        refused(f"report {period[:40]!r} (served: {served})", report(period, "json"), USAGE,
                "--period must be")
    for unit in ("99999", "zqxj", "0553", "' OR 1=1 --"):
        for period in ("2026", "2026-09-15..2026-12-14"):
            refused(f"report of unit {unit!r}, {period}", report(period, "json", unit), DATA, "no unit")
    for form in ("xml", "JSON", "pdf", "xlsx", "html", "url"):
        refused(f"report as {form}", report("2026", form), USAGE, "--format must be text, json or csv")


def pages(world, data):
    """The hub's pages and its JSON."""
    daemon = world.serve_hub(data)
    address, catalogue = daemon.addresses["hub"], words("aggregator")
    marks = ["zqxj", "DROP", "OR 1=1"]

    def refuses(path, status, method="GET"):
        answer = send(address, method, path)
        fault = page_fault(answer, status, catalogue, f"refusal_{status}", marks)
        check(f"{method} {path[:60]} answers {status} in words", not fault, fault)
    quote = {" ": "%20", "\t": "%09", ";": "%3B", "２": "%EF%BC%92", "０": "%EF%BC%90",
             "６": "%EF%BC%96", "%": "%25", "/": "%2F", "+": "%2B"}
    for period in NO_PERIODS:
        path = "".join(quote.get(c, c) for c in period)
        refuses(f"/units/{UNIT}/{path}", 404 if len(path) > 512 else 400)
        answer = send(address, "GET", f"/api/v1/report/{UNIT}/{path}")
        check(f"the JSON of {period[:40]!r} is refused without its name",
              answer.status == 400 and "zqxj" not in answer.text(), answer.text()[:200])
    for path, status in ((f"/units/{UNIT}/2026-09-15..2026-12-14", 400), ("/units/99999/2026", 404),
                         ("/units/zqxj/2026", 404), (f"/units/{UNIT}", 404), ("/units", 404),
                         (f"/units/{UNIT}/2026/report.pdf", 404), ("/zqxj", 404),
                         (f"/units/{UNIT}/2026/", 404), (f"/units/{UNIT}/2026?lang=zqxj", 400),
                         (f"/units/{UNIT}/2026?zqxj=1", 400), (f"/units/{UNIT}/2026?lang", 400),
                         (f"/units/{UNIT}/2026/report.csv?lang=vi", 400), ("/?lang=zqxj", 400),
                         (f"/units/{UNIT}/2026%00", 400), ("/units/..%2f", 400), ("/" + "z" * 600, 414),
                         ("/assets/zqxj.css", 404), ("/assets/..%2fkeys", 400)):
        refuses(path, status)
    for method in ("POST", "PUT", "DELETE", "TRACE"):
        answer = send(address, method, f"/units/{UNIT}/2026", 0 if method == "POST" else None)
        fault = page_fault(answer, 405, catalogue, "refusal_405", marks)
        check(f"{method} of a page", not fault and answer.headers.get("allow") == "GET, HEAD", fault)
    same("the command and the page give the same CSV",
         send(address, "GET", f"/units/{UNIT}/2026-Q4/report.csv").body,
         world.hub("report", "--data", data, "--unit", UNIT, "--period", "2026-Q4", "--format",
                   "csv").out)
    command_line(world, data, True)
    check("the hub is alive", daemon.alive())
    same("and stops cleanly", daemon.stop(), OK)
    check("its log has no failure", "<3>" not in daemon.log(), daemon.log()[-300:])


def run(world):
    """With nobody serving, by pages, and with a hub that serves."""
    data = world.new_hub("reports")
    command_line(world, data, False)
    pages(world, data)
    same("figures and lane agree", world.hub("verify", "--data", data).code, OK)
