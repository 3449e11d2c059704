#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`make bench`: what we reach beside what this machine could do at most, measured in one run.

Every goal is a ratio: ours and its limit are taken in turn (A B A B …), the median of the rounds
counts. Prints a table and writes build/bench.json. --short takes fewer and smaller rounds.
"""
import argparse
import atexit
import concurrent.futures
import datetime
import http.client
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

TABLE = []


def row(what, limit, ours, ratio, goal, good, note=""):
    TABLE.append({"what": what, "limit": limit, "ours": ours, "ratio": ratio, "goal": goal,
                  "met": good, "note": note})
    mark = "ok" if good else "MISSED"
    print(f"{what:<58} limit {limit:>14} ours {ours:>14} ratio {ratio:>8}  goal {goal:<8} {mark} "
          f"{note}", flush=True)


def at_least(what, limit, ours, goal, unit="/s", note=""):
    ratio = ours / limit
    row(what, f"{limit:,.0f}{unit}", f"{ours:,.0f}{unit}", f"{ratio:.2f}", f"≥ {goal}",
        ratio >= goal, note)


def at_most(what, limit, ours, goal, unit="ms", note=""):
    ratio = ours / limit
    row(what, f"{limit:,.3f} {unit}", f"{ours:,.3f} {unit}", f"{ratio:.2f}", f"≤ {goal}",
        ratio <= goal, note)


class Bench:
    def __init__(self, build, folder, short):
        self.build, self.folder, self.short = build, folder, short
        self.rounds = 3 if short else 5
        self.kiosk = f"{build}/hailong-kiosk"
        self.hub = f"{build}/hailong-aggregator"
        self.count = 0

    def call(self, *arguments, environment=None):
        done = subprocess.run(arguments, capture_output=True, text=True, check=False,
                              env=dict(os.environ, **(environment or {})))
        if done.returncode != 0:
            sys.exit(f"bench: {' '.join(arguments[:6])} … failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.call(*arguments))

    def tool(self, name):
        return f"{self.build}/tests/bench/{name}"

    def new_folder(self, name):
        self.count += 1
        return os.path.join(self.folder, f"{name}{self.count}")

    def new_kiosk(self):
        data = self.new_folder("kiosk")
        self.call(self.kiosk, "init", "--data", data, "--setup", "schema/examples/ba-xuyen.json")
        return Service(self, data)


class Service:
    """A kiosk that serves a data folder, with a paired desk's cookie."""

    def __init__(self, bench, data):
        self.bench, self.data, self.process = bench, data, None

    def start(self, environment=None):
        log = open(self.data + ".log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [self.bench.kiosk, "serve", "--data", self.data, "--screen-listen", "127.0.0.1:0",
             "--phone-listen", "127.0.0.1:0"], stdout=log, stderr=log,
            env=dict(os.environ, **(environment or {})))
        atexit.register(self.process.kill)  # whatever goes wrong, nothing is left running
        self.screen = self.wait_for("screen")
        self.phone = self.wait_for("phone")
        return self

    def wait_for(self, listener):
        for _ in range(3000):
            text = open(self.data + ".log", encoding="utf-8").read()
            found = re.search(rf"listener={listener} address=(\S+)", text)
            if found:
                return found.group(1)
            if self.process.poll() is not None:
                sys.exit(f"bench: the kiosk stopped:\n{text}")
            time.sleep(0.01)
        sys.exit("bench: the kiosk does not listen")

    def pair(self):
        """Pairs every counter's screen; `pages` are their addresses, each with its cookie."""
        setup = json.load(open(os.path.join(self.data, "setup.json"), encoding="utf-8"))
        self.pages = []
        for counter in setup["counters"]:
            cookie = self.pair_one(counter["id"])
            several = len(counter["areas"]) > 1
            self.pages += [f"/c/{counter['id']}{'/' + area if several else ''} {cookie}"
                           for area in counter["areas"]]

    def pair_one(self, counter):
        url = self.bench.call(self.bench.kiosk, "pair", "--data", self.data, "--counter",
                              counter).strip()
        host, path = re.match(r"https?://([^/]+)(/.*)", url, re.I).groups()
        connection = http.client.HTTPConnection(host)
        connection.request("GET", path)
        cookie = connection.getresponse().getheader("Set-Cookie").split(";")[0]
        connection.close()
        return cookie

    def load(self, kind, clients, requests):
        return self.bench.json(self.bench.tool("load"), kind, self.screen, str(clients),
                               str(requests), *self.pages)

    def figures(self):
        return self.bench.json(self.bench.kiosk, "status", "--data", self.data, "--format",
                               "json")["writer"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def pss_bytes(self):
        text = open(f"/proc/{self.process.pid}/smaps_rollup", encoding="utf-8").read()
        return int(re.search(r"^Pss:\s+(\d+) kB", text, re.M).group(1)) * 1024


def throughput(bench):
    service = bench.new_kiosk().start()
    service.pair()
    schema = "schema/migrations/kiosk/0001-first.sql"
    wanted = {1: 2000, 16: 16000, 64: 32000}
    for clients, goal in ((1, 0.50), (16, 0.70), (64, 0.60)):
        ours, limits, syncs, p50s, batch = [], [], [], [], 1
        for _ in range(bench.rounds):
            before = service.figures()
            result = service.load("rate", clients, wanted[clients])
            after = service.figures()
            ours.append(result["rate"])
            p50s.append(result["p50_ms"])
            batch = max(1, round((after["jobs"] - before["jobs"]) /
                                 max(1, after["batches"] - before["batches"])))
            limits.append(bench.json(bench.tool("probe"), "insert", bench.new_folder("limit"),
                                     schema, str(wanted[clients]), str(batch))["rate"])
            syncs.append(bench.json(bench.tool("probe"), "sync", bench.new_folder("sync"),
                                    "2000")["p50_ms"])
        ratios = sorted(o / l for o, l in zip(ours, limits))
        middle = ratios[len(ratios) // 2]
        row(f"durable ratings/s ÷ bare SQLite, {clients} clients (batch {batch})",
            f"{statistics.median(limits):,.0f}/s", f"{statistics.median(ours):,.0f}/s",
            f"{middle:.2f}", f"≥ {goal}", middle >= goal,
            f"[{ratios[0]:.2f}–{ratios[-1]:.2f}]")
        if clients == 1:
            at_most("median latency, 1 client ÷ 4 KiB overwrite + fdatasync",
                    statistics.median(syncs), statistics.median(p50s), 3)
    service.stop()


def slow_disk(bench):
    for delay in (5, 20):
        service = bench.new_kiosk().start(
            {"LD_PRELOAD": os.path.abspath(bench.tool("slow_sync.so")),
             "SLOW_SYNC_MS": str(delay)})
        service.pair()
        p50, p99 = [], []
        for _ in range(bench.rounds):
            result = service.load("rate", 16, 4000 // delay * 4 if bench.short else
                                  4000 // delay * 10)
            p50.append(result["p50_ms"])
            p99.append(result["p99_ms"])
        at_most(f"p50 ÷ {delay} ms added to each sync, 16 clients", delay,
                statistics.median(p50), 2.6)
        at_most(f"p99 ÷ {delay} ms added to each sync, 16 clients", delay,
                statistics.median(p99), 6.5)
        service.stop()


def stalls(bench):
    service = bench.new_kiosk().start()
    service.pair()
    worst = 0
    for clients in (120, 127, 128, 129, 255, 256, 257, 384):
        result = service.load("rate", clients, clients * 20)
        worst = max(worst, result["max_ms"])
    row("no stall at 120, 127–129, 255–257, 384 clients", "all", "all complete",
        f"{worst:.0f} ms", "< 1 s", worst < 1000, "longest answer")
    service.stop()


def wal_and_memory(bench):
    service = bench.new_kiosk().start()
    service.pair()
    seconds, peak = (10 if bench.short else 60), 0
    wanted, done = (60000 if bench.short else 400000), 0
    wal, begin = os.path.join(service.data, "kiosk.db-wal"), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        while time.monotonic() - begin < seconds or done < wanted:
            job = pool.submit(service.load, "rate", 64, 20000)
            while not job.done():
                peak = max(peak, os.path.getsize(wal))
                time.sleep(0.02)
            done += job.result()["requests"]
    row(f"WAL while saturated ({time.monotonic() - begin:.0f} s)", "64 MiB",
        f"{peak / 2**20:.1f} MiB", "", "≤ 64 MiB", peak <= 64 * 2**20)
    pss = service.pss_bytes()
    row(f"kiosk memory (PSS) after {done:,} ratings", "17 MiB", f"{pss / 2**20:.1f} MiB", "",
        "≤ 17 MiB", pss <= 17 * 2**20)
    idle = 400
    holder = subprocess.Popen([bench.tool("load"), "idle", service.screen, str(idle), "4"])
    time.sleep(2)
    each = (service.pss_bytes() - pss) / idle / 1024
    holder.wait()
    row("memory per idle connection", "12 KiB", f"{each:.1f} KiB", "", "≤ 12 KiB", each <= 12)
    service.stop()


def start_time(bench):
    count = 100000 if bench.short else 1000000
    service = bench.new_kiosk()
    bench.call(bench.tool("fill"), "kiosk", service.data, str(count))
    took = []
    for _ in range(bench.rounds):
        begin = time.monotonic()
        service.start()
        urllib.request.urlopen(f"http://{service.screen}/healthz").read()
        took.append((time.monotonic() - begin) * 1000)
        service.stop()
    middle = statistics.median(took)
    row(f"start to first answer with {count:,} entries", "100 ms", f"{middle:.0f} ms", "",
        "≤ 100 ms", middle <= 100)


def verify_time(bench):
    count = 100000 if bench.short else 1000000
    service = bench.new_kiosk()
    bench.call(bench.tool("fill"), "kiosk", service.data, str(count))
    took, peak = [], 0
    for _ in range(bench.rounds):
        begin = time.monotonic()
        process = subprocess.Popen([bench.kiosk, "verify", "--data", service.data],
                                   stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit("bench: verify found something")
        took.append(time.monotonic() - begin)
        peak = max(peak, usage.ru_maxrss * 1024)
    middle, limit = statistics.median(took), 4 * count / 1000000
    row(f"verify of {count:,} entries", f"{limit:.1f} s", f"{middle:.2f} s",
        f"{middle / limit:.2f}", f"≤ {limit:.1f} s", middle <= limit)
    row(f"memory of verify of {count:,} entries", "64 MiB", f"{peak / 2**20:.1f} MiB", "",
        "≤ 64 MiB", peak <= 64 * 2**20)


def totals(bench):
    small, large = (1000, 100000) if bench.short else (10000, 1000000)
    hubs = []
    for count in (small, large):
        source = bench.new_kiosk()
        bench.call(bench.tool("fill"), "kiosk", source.data, str(count))
        lines = os.path.join(bench.folder, f"lines{count}")
        with open(lines, "w", encoding="utf-8") as out:
            subprocess.run([bench.kiosk, "export", "--data", source.data], stdout=out, check=True,
                           stderr=subprocess.DEVNULL)
        data = bench.new_folder("hub")
        bench.call(bench.hub, "init", "--data", data, "--setup", "schema/examples/ba-xuyen.json")
        bench.call(bench.hub, "import", "--data", data, lines)
        os.unlink(lines)
        log = open(data + ".log", "w", encoding="utf-8")
        process = subprocess.Popen([bench.hub, "serve", "--data", data, "--listen",
                                    "127.0.0.1:0"], stdout=log, stderr=log)
        atexit.register(process.kill)
        address = None
        while address is None:
            found = re.search(r"listener=hub address=(\S+)",
                              open(data + ".log", encoding="utf-8").read())
            address = found.group(1) if found else time.sleep(0.02)
        hubs.append((process, address))
    now = datetime.date.today()
    path = f"/api/v1/report/05533/cal:{now.year}"
    times = ([], [])
    for _ in range(bench.rounds):
        for which, (_, address) in enumerate(hubs):
            times[which].append(bench.json(bench.tool("load"), "get", address, "1", "300",
                                           path)["p50_ms"])
    for process, _ in hubs:
        process.terminate()
        process.wait()
    at_most(f"totals of a unit and year: {large:,} ÷ {small:,} responses",
            statistics.median(times[0]), statistics.median(times[1]), 1.4)


def page_rate(bench):
    service = bench.new_kiosk().start()
    service.pair()
    path, cookie = service.pages[0].split()
    request = urllib.request.Request(f"http://{service.screen}{path}", headers={"Cookie": cookie})
    page = urllib.request.urlopen(request).read()
    os.chmod(bench.folder, 0o755)
    stock = Nginx(bench, page, logging=True)
    quiet = Nginx(bench, page, logging=False)
    ours, theirs, least = [], [], []
    for _ in range(bench.rounds):
        ours.append(service.load("get", 16, 40000)["rate"])
        theirs.append(stock.rate(40000))
        least.append(quiet.rate(40000))
    for server in (stock, quiet):
        server.stop()
    service.stop()
    # nginx writes its access log as installed; what it does without is told beside
    at_least(f"rating page ÷ nginx static (stock settings), same {len(page):,} B",
             statistics.median(theirs), statistics.median(ours), 1.0,
             note=f"(nginx without its log: {statistics.median(least):,.0f}/s)")


def hashing(bench):
    """The same rows with and without the tree, in turns."""
    hashed, plain = bench.new_kiosk(), bench.new_kiosk()
    found = bench.json(bench.tool("fill"), "append", hashed.data, plain.data,
                       "40000" if bench.short else "200000")
    at_most("appending with hashing ÷ the same inserts without", found["plain_s"],
            found["hashed_s"], 1.3, "s")


def intake(bench):
    """100 kiosks push 3,000 responses each, at an empty hub and at one of five million rows."""
    rows = 600_000 if bench.short else 5_000_000
    found = bench.json(bench.tool("intake"), bench.new_folder("hub"),
                       "schema/examples/ba-xuyen.json",
                       "schema/migrations/hub-sqlite/0001-first.sql", "100", "3000", str(rows))
    at_least("hub intake, 100 kiosks × 3,000 entries ÷ the same rows by bare SQLite",
             found["bare"], found["ours"], 0.5)
    at_least(f"hub intake at {rows:,} rows ÷ at an empty file", found["ours"], found["filled"], 0.7)


class Nginx:
    """nginx with the settings that Debian installs, serving one page."""

    def __init__(self, bench, page, logging):
        self.bench, root = bench, bench.new_folder("nginx")
        os.makedirs(root)
        with open(os.path.join(root, "page.html"), "wb") as out:
            out.write(page)
        self.address = f"127.0.0.1:{18000 + (os.getpid() * 2 + logging) % 4000}"
        log = f"{root}/access.log" if logging else "off"
        with open(os.path.join(root, "nginx.conf"), "w", encoding="utf-8") as out:
            out.write(f"worker_processes auto; daemon off; pid {root}/pid; error_log {root}/err;\n"
                      "events { worker_connections 768; }\n"
                      f"http {{ sendfile on; tcp_nopush on; gzip on; access_log {log};\n"
                      "keepalive_requests 1000000; types_hash_max_size 2048;\n"
                      "include /etc/nginx/mime.types;\n"
                      f"server {{ listen {self.address}; root {root}; }} }}\n")
        self.process = subprocess.Popen(["nginx", "-p", root, "-c", f"{root}/nginx.conf"],
                                        stderr=subprocess.DEVNULL)
        atexit.register(self.process.terminate)
        time.sleep(0.7)

    def rate(self, requests):
        return self.bench.json(self.bench.tool("load"), "get", self.address, "16", str(requests),
                               "/page.html")["rate"]

    def stop(self):
        self.process.terminate()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    begin = time.monotonic()
    # the data lies on the disk that is measured, not on a memory file system
    folder = tempfile.mkdtemp(prefix="bench-", dir=os.path.abspath(arguments.build))
    os.environ.pop("HAILONG_ABORT_ON_BUG", None)
    try:
        bench = Bench(arguments.build, folder, arguments.short)
        for part in (throughput, slow_disk, stalls, page_rate, totals, start_time, verify_time,
                     wal_and_memory, hashing, intake):
            if not arguments.only or part.__name__ in arguments.only.split(","):
                part(bench)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    seconds = time.monotonic() - begin
    with open(os.path.join(arguments.build, "bench.json"), "w", encoding="utf-8") as out:
        json.dump({"seconds": round(seconds), "short": arguments.short, "rows": TABLE}, out,
                  ensure_ascii=False, indent=1)
    missed = sum(not r["met"] for r in TABLE)
    print(f"bench took {seconds:.0f} s; {len(TABLE) - missed} goals met, {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
