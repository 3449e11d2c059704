# SPDX-License-Identifier: MIT
"""What all groups of bad input share: the built programs in a private folder, plain HTTP, counts."""

import dataclasses
import html
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

START_LIMIT_S = 20
COMMAND_LIMIT_S = 30
SETUP = "schema/examples/ba-xuyen.json"
UNIT = "05533"
# Bad values hold "zqxj", which no page, log or word of ours does: where it is seen, input was
# repeated.
OK, CHECK, USAGE, DATA, IO, AGAIN = 0, 1, 2, 65, 74, 75  # exit codes

COUNT = {"passed": 0, "failed": 0}


def check(name, holds, detail=""):
    """Counts one statement; a failed one is printed."""
    COUNT["passed" if holds else "failed"] += 1
    if not holds:
        print(f"FAILED {name}: {str(detail)[:400]}")
    return bool(holds)


def same(name, found, expected):
    """Counts one statement about a value."""
    return check(name, found == expected, f"found {found!r}, expected {expected!r}")


def words(program):
    """The Vietnamese catalogue of a program's pages."""
    with open(f"{program}/words/vi.json", encoding="utf-8") as file:
        return json.load(file)["words"]


def example_setup(**changes):
    """The example office's setup as an object, with some members changed (None removes one)."""
    with open(SETUP, encoding="utf-8") as file:
        setup = json.load(file)
    for key, value in changes.items():
        if value is None:
            setup.pop(key, None)
        else:
            setup[key] = value
    return setup


@dataclasses.dataclass
class Done:
    """A command that has ended."""
    code: int
    out: bytes
    err: str

    def text(self):
        """Its output as text."""
        return self.out.decode().strip()


@dataclasses.dataclass
class Answer:
    """An HTTP answer."""
    status: int
    headers: dict
    body: bytes

    def text(self):
        """The body as UTF-8, which every page of ours is."""
        return self.body.decode("utf-8")

    def hidden(self, name):
        """The value of a hidden field of the page's form."""
        found = re.search(f'name="{name}" value="([^"]*)"', self.text())
        if found is None:
            raise RuntimeError(f"the page has no field {name}: {self.status} {self.text()[-600:]}")
        return html.unescape(found.group(1))


def send(address, method, path, body=None, headers=()):
    """One request on a connection of its own; `headers` is a list of pairs. Everything goes out in
    one piece: who refuses early must not meet the rest. A body may be a number: that many bytes
    are announced and none is sent, because what is too long is refused before it is read."""
    host, port = address.rsplit(":", 1)
    named = {name.lower() for name, _ in headers}
    lines = [f"{method} {path} HTTP/1.1", "Connection: close"]
    lines += [f"Host: {address}"] if "host" not in named else []
    lines += [f"{name}: {value}" for name, value in headers]
    if body is not None and "content-length" not in named:
        lines.append(f"Content-Length: {body if isinstance(body, int) else len(body)}")
    message = "\r\n".join(lines + ["", ""]).encode() + (body if isinstance(body, bytes) else b"")
    with socket.create_connection((host, int(port)), timeout=15) as connection:
        connection.sendall(message)
        answer = http.client.HTTPResponse(connection, method=method)
        answer.begin()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())


FORM_LIMIT = 8192
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def encode(fields):
    """A form body; values may be text or raw bytes, each escaped byte by byte where needed."""
    return "&".join(f"{urllib.parse.quote_plus(k)}={urllib.parse.quote_plus(v)}"
                    for k, v in fields).encode()


def post(address, path, fields, headers=()):
    """Sends a form: a list of pairs, a dict, or the raw body. One that is too long is
    only announced."""
    if isinstance(fields, dict):
        fields = list(fields.items())
    body = fields if isinstance(fields, (bytes, int)) else encode(fields)
    body = len(body) if isinstance(body, bytes) and len(body) > FORM_LIMIT else body
    named = {name.lower() for name, _ in headers}
    return send(address, "POST", path, body,
                [pair for pair in [FORM] if "content-type" not in named] + list(headers))


class Daemon:
    """A running program; `addresses` maps each listener's name to where it listens."""

    def __init__(self, command, env, log_path, listeners):
        self.log_path = log_path
        with open(log_path, "wb") as log:
            self.process = subprocess.Popen(command, env=env, stderr=log,
                                            stdout=subprocess.DEVNULL)
        self.addresses = {}
        limit = time.monotonic() + START_LIMIT_S
        while not set(listeners) <= set(self.addresses):
            if self.process.poll() is not None or time.monotonic() > limit:
                self.process.kill()
                raise RuntimeError(f"a daemon did not start: {self.log()}")
            time.sleep(0.01)
            for name, address in re.findall(r"event=listening listener=(\w+) address=(\S+)",
                                            self.log()):
                self.addresses[name] = address

    def log(self):
        """What it has said on standard error."""
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def alive(self):
        """Whether it still runs and answers on every listener."""
        return self.process.poll() is None and all(
            send(address, "GET", "/healthz").status == 200 for address in self.addresses.values())

    def stop(self):
        """Asks it to stop; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(START_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None


class World:
    """The programs of one build in one folder that is removed at the end."""

    def __init__(self, build):
        self.kiosk_program = os.path.abspath(f"{build}/hailong-kiosk")
        self.hub_program = os.path.abspath(f"{build}/hailong-aggregator")
        self.folder = tempfile.mkdtemp(prefix="hai-long-bad-")
        self.daemons = []
        kept = {k: v for k, v in os.environ.items() if not k.startswith("HAILONG_")}
        self.env = {**kept, "HAILONG_ABORT_ON_BUG": "1"}

    def close(self):
        """Ends what still runs and removes the folder."""
        for daemon in self.daemons:
            if daemon.process.poll() is None:
                daemon.process.kill()
                daemon.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *names):
        """A path in the folder."""
        return os.path.join(self.folder, *names)

    def write(self, name, content):
        """Writes a file (text, bytes, or an object as JSON); gives its path."""
        if isinstance(content, (dict, list)):
            content = json.dumps(content, ensure_ascii=False)
        if isinstance(content, str):
            content = content.encode()
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def run(self, program, *args, env=None):
        """Runs a command to its end."""
        done = subprocess.run([program, *args], env={**self.env, **(env or {})}, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=COMMAND_LIMIT_S)
        return Done(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))

    def kiosk(self, *args, **more):
        """Runs hailong-kiosk."""
        return self.run(self.kiosk_program, *args, **more)

    def hub(self, *args, **more):
        """Runs hailong-aggregator."""
        return self.run(self.hub_program, *args, **more)

    def must(self, program, *args):
        """Runs a command that has to succeed; gives its output."""
        done = self.run(program, *args)
        if done.code != 0:
            raise RuntimeError(f"{os.path.basename(program)} {' '.join(args)}: "
                               f"exit {done.code}: {done.err}")
        return done.text()

    def new_kiosk(self, name, setup=None):
        """A data directory; `setup` is a path, the example by default."""
        self.must(self.kiosk_program, "init", "--data", self.path(name), "--setup", setup or SETUP)
        return self.path(name)

    def new_hub(self, name, setup=None):
        """A hub's data directory."""
        self.must(self.hub_program, "init", "--data", self.path(name), "--setup", setup or SETUP)
        return self.path(name)

    def start(self, program, name, listeners, *args, env=None):
        """Starts a daemon and waits until it listens."""
        daemon = Daemon([program, "serve", *args], {**self.env, **(env or {})},
                        self.path(f"{name}.log"), listeners)
        self.daemons.append(daemon)
        return daemon

    def serve_kiosk(self, data, env=None):
        """Serves a kiosk on two free ports."""
        return self.start(self.kiosk_program, f"{os.path.basename(data)}-{len(self.daemons)}",
                          ("screen", "phone"), "--data", data, "--screen-listen", "127.0.0.1:0",
                          "--phone-listen", "127.0.0.1:0", env=env)

    def serve_hub(self, data):
        """Serves a hub on a free port."""
        return self.start(self.hub_program, f"{os.path.basename(data)}-{len(self.daemons)}",
                          ("hub",), "--data", data, "--listen", "127.0.0.1:0")

    def lines(self, data):
        """The journal of a kiosk as a list of lines."""
        return self.must(self.kiosk_program, "export", "--data", data).split("\n\n")[0].split("\n")


def refused(name, done, code, says):
    """A command that fails: its exit code, silence on stdout, and what stderr says."""
    holds = done.code == code and done.out == b"" and re.search(says, done.err) is not None
    return check(name, holds, f"exit {done.code} (expected {code}), stdout {done.out[:80]!r}, "
                 f"stderr {done.err[:300]!r} (expected /{says}/)")


def page_fault(answer, status, catalogue, word, never=()):
    """What is wrong with a refusal's page, or "": status, type, language, words, echoes."""
    if answer.status != status:
        return f"status {answer.status}, expected {status}"
    if answer.headers.get("content-type") != "text/html; charset=utf-8":
        return f"content type {answer.headers.get('content-type')}"
    text = html.unescape(re.sub(r"<style>.*?</style>", "", answer.text(), flags=re.S))
    if '<html lang="vi"' not in text:
        return "the page is not in Vietnamese"
    for key in (word, f"{word}_then", f"{word}_next"):
        if key in catalogue and catalogue[key].split("{")[0] not in text:
            return f"the page does not say {catalogue[key]!r}: {text[-500:]}"
    for echo in never:
        if echo and echo in text:
            return f"the page repeats what was sent: {echo[:60]!r}"
    return ""
