#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sends raw bytes to a small server of ours and looks at every byte that comes back.

    BUILD=build python3 tests/core/raw_http.py

Framing that two readers could understand differently, addresses, hosts, methods, sizes,
pipelining, slow clients, and numbers of clients round the event limit of the library.
"""

import os
import re
import selectors
import socket
import subprocess
import sys
import threading
import time

SERVER = os.path.join(os.environ.get("BUILD", "build"), "tests/core/raw_http_server")
DEADLINE_S = 1.5
IDLE_S = 10
# What libmicrohttpd 0.9.75 answers itself may carry the status line and headers twice (fixed
# upstream in 1.0); such cases are marked `library`.
STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
FAULTS = []
COUNT = {"passed": 0, "failed": 0}


class Server:
    """One raw_http_server; ends when its standard input is closed."""

    def __init__(self, threads=2, connections=120, idle_s=IDLE_S, deadline_ms=int(DEADLINE_S * 1000)):
        command = [SERVER, str(threads), str(connections), str(idle_s), str(deadline_ms)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.address = self.process.stdout.readline().decode().strip()
        host, port = self.address.rsplit(":", 1)
        self.where = (host, int(port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.errors = self.process.stderr.read()
        check("the server ends cleanly", self.process.wait(30) == 0, self.errors[-2000:])

    def connect(self):
        """A connected socket that gives up reading after 15 seconds."""
        made = socket.create_connection(self.where, timeout=15)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


def check(name, holds, detail=""):
    """Counts one case."""
    COUNT["passed" if holds else "failed"] += 1
    if not holds:
        FAULTS.append(name)
        print(f"FAILED {name}: {detail}")


def head(request_line, *headers, host=True, server=None):
    """Request line and headers with CRLF; a Host of ours comes first unless told otherwise."""
    lines = [request_line] + ([b"Host: " + server.address.encode()] if host else [])
    return b"\r\n".join(lines + list(headers)) + b"\r\n\r\n"


def read_all(sock, limit_s=6.0):
    """Everything until the other side closes; and whether it did."""
    got, end = b"", time.monotonic() + limit_s
    while True:
        left = end - time.monotonic()
        if left <= 0:
            return got, False
        sock.settimeout(left)
        try:
            piece = sock.recv(65536)
        except socket.timeout:
            return got, False
        except ConnectionError:
            return got, True
        if not piece:
            return got, True
        got += piece


def answers(data, heads=()):
    """The statuses of the answers, read by their Content-Length; -1 for bytes that are none.
    `heads` are the indexes of answers without a body (HEAD)."""
    found = []
    while data:
        match = STATUS_LINE.match(data)
        end = data.find(b"\r\n\r\n")
        if not match or end < 0:
            return found + [-1]
        status = int(match.group(1))
        length = re.search(rb"\r\nContent-Length: (\d+)", data[:end + 2])
        bodiless = status in (100, 304) or len(found) in heads
        data = data[end + 4 + (0 if bodiless or not length else int(length.group(1))):]
        found.append(status)
    return found


def exchange(server, data):
    """Sends the bytes and reads until the end."""
    with server.connect() as sock:
        try:
            sock.sendall(data)
        except ConnectionError:
            pass
        return read_all(sock)


CLOSE = b"Connection: close"
NEXT = b"GET /hello HTTP/1.1\r\nHost: %s\r\n\r\n"


def refused(server, name, data, *statuses, library=False):
    """The request gets one of the statuses, once, and the connection is closed: the request that
    is pipelined behind it must not be answered."""
    raw, closed = exchange(server, data + NEXT % server.address.encode())
    got = answers(raw)
    first = int(STATUS_LINE.match(raw).group(1)) if STATUS_LINE.match(raw) else 0
    if library:
        # No answer at all or the doubled one are both the library's; never a success.
        holds = closed and (not raw or first in statuses) and b" 200 " not in raw
    else:
        holds = closed and len(got) == 1 and got[0] in statuses
        holds = holds and len(STATUS_LINE.findall(raw)) == 1
        holds = holds and b"\r\nConnection: close\r\n" in raw
        holds = holds and b"\r\nX-Content-Type-Options: nosniff\r\n" in raw
        holds = holds and b"\r\nServer:" not in raw
    check(name, holds, f"closed={closed} answers={got} {raw[:300]!r}")


def served(server, name, data, expected, *, heads=(), contains=b""):
    """The bytes get exactly these answers; the last request asks to close."""
    raw, closed = exchange(server, data)
    got = answers(raw, heads)
    holds = closed and got == expected and contains in raw
    check(name, holds, f"closed={closed} answers={got} {raw[-300:]!r}")


# ---- what is served --------------------------------------------------------------------------


def good_requests(server):
    """The ordinary forms, so that the refusals below mean something."""
    ours = {"server": server}
    get = b"GET /hello HTTP/1.1"
    served(server, "plain GET", head(get, CLOSE, **ours), [200], contains=b"hello\n")
    served(server, "HEAD has no body", head(b"HEAD /hello HTTP/1.1", CLOSE, **ours), [200], heads=(0,))
    served(server, "HTTP/1.0 with Host", head(b"GET /hello HTTP/1.0", **ours), [200])
    served(server, "header names in any case",
           b"GET /hello HTTP/1.1\r\nhOsT: " + server.address.encode() + b"\r\nCONNECTION: close\r\n\r\n", [200])
    served(server, "host name in any case",
           head(get, b"Host: LocalHost:%d" % server.where[1], CLOSE, host=False, **ours), [200])
    served(server, "IPv6 loopback as host",
           head(get, b"Host: [::1]:%d" % server.where[1], CLOSE, host=False, **ours), [200])
    served(server, "no space behind the colon",
           head(get, b"Host:" + server.address.encode(), b"Connection:close", host=False, **ours), [200])
    served(server, "TAB in a value", head(get, b"X-A: a\tb", CLOSE, **ours), [200])
    served(server, "UTF-8 in a value", head(get, "X-A: quầy".encode(), CLOSE, **ours), [200])
    served(server, "an empty header value", head(get, b"X-A:", CLOSE, **ours), [200])
    served(server, "63 headers", head(get, *[b"X-%d: a" % i for i in range(61)], CLOSE, **ours), [200])
    served(server, "64 headers", head(get, *[b"X-%d: a" % i for i in range(62)], CLOSE, **ours), [200])
    served(server, "a cookie of 2 KiB", head(get, b"Cookie: a=" + b"b" * 2048, CLOSE, **ours), [200])
    served(server, "escaped UTF-8 in the path", head("GET /say/qu%E1%BA%A7y HTTP/1.1".encode(), CLOSE, **ours),
           [200], contains="param=quầy\n".encode())
    served(server, "an escaped space", head(b"GET /say/a%20b HTTP/1.1", CLOSE, **ours), [200],
           contains=b"param=a b\n")
    served(server, "a plus stays a plus in a path", head(b"GET /say/a+b HTTP/1.1", CLOSE, **ours), [200],
           contains=b"param=a+b\n")
    served(server, "one dot is a name character", head(b"GET /say/a.b HTTP/1.1", CLOSE, **ours), [200],
           contains=b"param=a.b\n")
    served(server, "a query where it is taken", head(b"GET /find?q=100%25&d=15%2F12..//? HTTP/1.1", CLOSE, **ours),
           [200], contains=b"query=q=100%25&d=15%2F12..//?\n")
    served(server, "an address of 512 bytes", head(b"GET /find?" + b"a" * 506 + b" HTTP/1.1", CLOSE, **ours), [200])
    served(server, "empty lines before the request", b"\r\n\r\n" + head(get, CLOSE, **ours), [200])


def good_bodies(server):
    """Forms of every allowed size and the ways to send them."""
    ours = {"server": server}
    post = b"POST /form HTTP/1.1"

    def form(body, *headers):
        return head(post, b"Content-Length: %d" % len(body), *headers, **ours) + body

    served(server, "a form", form(b"a=1&b=2", CLOSE), [200], contains=b"fields=2 bytes=7\n")
    served(server, "an empty form", form(b"", CLOSE), [200], contains=b"fields=0 bytes=0\n")
    served(server, "a form of 8191 bytes", form(b"a=" + b"x" * 8189, CLOSE), [200], contains=b"bytes=8191\n")
    served(server, "a form of 8192 bytes", form(b"a=" + b"x" * 8190, CLOSE), [200], contains=b"bytes=8192\n")
    served(server, "leading zeros in the length",
           head(post, b"Content-Length: 003", CLOSE, **ours) + b"a=1", [200], contains=b"bytes=3\n")
    served(server, "Expect: 100-continue", form(b"a=1", b"Expect: 100-continue", CLOSE), [100, 200])
    served(server, "Expect in any case", form(b"a=1", b"expect: 100-Continue", CLOSE), [100, 200])
    served(server, "POST to a route without body", head(b"POST /empty HTTP/1.1", b"Content-Length: 0", CLOSE, **ours),
           [200])
    for name, body in (("a NUL in a value", b"a=%00"), ("a raw NUL in a value", b"a=\0b"),
                       ("a broken escape", b"a=%zz"), ("a cut escape", b"a=%4"),
                       ("a name twice", b"a=1&a=2"), ("a field without =", b"abc"),
                       ("an empty name", b"=1"), ("bad UTF-8", b"a=%ff"),
                       ("an empty field", b"a=1&&b=2"), ("an escape character", b"a=%1b[31m"),
                       ("a half surrogate", b"a=%ed%a0%80"), ("an overlong slash", b"a=%c0%af"),
                       ("a trailing &", b"a=1&"), ("a raw line feed", b"a=1\nb=2")):
        served(server, f"a form with {name} is refused", form(body, CLOSE), [400])
    served(server, "a form with too many fields", form(b"&".join(b"a%d=" % i for i in range(49)), CLOSE), [413])
    served(server, "a form with 48 fields", form(b"&".join(b"a%d=" % i for i in range(48)), CLOSE), [200])


def pipelines(server):
    """Several requests in one packet are answered in order."""
    ours = {"server": server}
    get = head(b"GET /hello HTTP/1.1", **ours)
    last = head(b"GET /hello HTTP/1.1", CLOSE, **ours)
    post = head(b"POST /form HTTP/1.1", b"Content-Length: 3", **ours) + b"a=1"
    served(server, "three pipelined GETs", get + get + last, [200] * 3)
    served(server, "GET, POST, GET pipelined", get + post + last, [200] * 3)
    served(server, "fifty pipelined", get * 49 + last, [200] * 50)
    served(server, "HEAD then GET", head(b"HEAD /hello HTTP/1.1", **ours) + last, [200, 200], heads=(0,))
    served(server, "a refused form keeps the connection",
           head(b"POST /form HTTP/1.1", b"Content-Length: 1", **ours) + b"=" + last, [400, 200])
    served(server, "nothing is answered behind Connection: close", last + get + get, [200])
    served(server, "a GET then an unknown page", get + head(b"GET /none HTTP/1.1", **ours) + get, [200, 404])
    raw, closed = exchange(server, get + get)
    check("keep-alive connections stay open", answers(raw) == [200, 200] and not closed, repr(raw[-200:]))


# ---- what is refused -------------------------------------------------------------------------


def framing(server):
    """Two lengths, codings, and lines that two readers would cut differently."""
    ours = {"server": server}
    post = b"POST /form HTTP/1.1"
    five = b"Content-Length: 5"
    chunk = b"5\r\na=123\r\n0\r\n\r\n"
    te = b"Transfer-Encoding: "
    for name, headers, body, statuses in (
            ("two different lengths", (b"Content-Length: 3", five), b"a=123", (400,)),
            ("two equal lengths", (five, five), b"a=123", (400,)),
            ("length and chunked", (five, te + b"chunked"), chunk, (400, 411)),
            ("chunked and length", (te + b"chunked", five), chunk, (400, 411)),
            ("chunked", (te + b"chunked",), chunk, (411,)),
            ("chunked with an extension", (te + b"chunked",), b"5;a=b\r\na=123\r\n0\r\n\r\n", (411,)),
            ("chunked with a trailer", (te + b"chunked",), b"5\r\na=123\r\n0\r\nHost: evil\r\n\r\n", (411,)),
            ("chunked twice", (te + b"chunked", te + b"chunked"), chunk, (411,)),
            ("identity, chunked", (te + b"identity, chunked",), chunk, (411,)),
            ("chunked, identity", (te + b"chunked, identity",), chunk, (411,)),
            ("identity", (te + b"identity", five), b"a=123", (411,)),
            ("xchunked", (te + b"xchunked", five), b"a=123", (411,)),
            ("xchunked alone", (te + b"xchunked",), chunk, (411,)),
            ("gzip, chunked", (te + b"gzip, chunked",), chunk, (411,)),
            ("CHUNKED", (te + b"CHUNKED",), chunk, (411,)),
            ("a TAB before chunked", (b"Transfer-Encoding:\tchunked",), chunk, (411,)),
            ("an empty Transfer-Encoding", (te, five), b"a=123", (411,)),
            ("no length", (), b"", (411,)),
            ("Content-Encoding gzip", (five, b"Content-Encoding: gzip"), b"a=123", (415,)),
            ("Content-Encoding identity", (five, b"Content-Encoding: identity"), b"a=123", (415,)),
            ("Expect: something", (five, b"Expect: something"), b"a=123", (417,)),
            ("Expect twice", (five, b"Expect: 100-continue", b"Expect: 100-continue"), b"a=123", (400,)),
            ("8193 bytes", (b"Content-Length: 8193",), b"a=" + b"x" * 8191, (413,)),
            ("8193 bytes announced only", (b"Content-Length: 8193",), b"", (413,)),
            ("a gigabyte announced", (b"Content-Length: 1073741824",), b"", (413,)),
            ("a length of 13 digits", (b"Content-Length: 1000000000000",), b"", (413,))):
        refused(server, f"POST with {name}", head(post, *headers, **ours) + body, *statuses)
    for name, length in (("negative", b"-1"), ("signed", b"+5"), ("hexadecimal", b"0x5"), ("with a letter", b"5a"),
                         ("of spaces", b"5 5"), ("a list", b"5, 5"), ("a list of two", b"5, 6"),
                         ("empty", b""), ("past 64 bits", b"9" * 25)):
        refused(server, f"a length that is {name}", head(post, b"Content-Length: " + length, **ours) + b"a=123",
                400, 413, library=True)
    refused(server, "a body on GET", head(b"GET /hello HTTP/1.1", five, **ours) + b"a=123", 400)
    refused(server, "a length of 0 on GET", head(b"GET /hello HTTP/1.1", b"Content-Length: 0", **ours), 400)
    refused(server, "chunked on GET", head(b"GET /hello HTTP/1.1", te + b"chunked", **ours) + chunk, 411)
    refused(server, "a body on HEAD", head(b"HEAD /hello HTTP/1.1", five, **ours) + b"a=123", 400)
    refused(server, "one byte for a route without body",
            head(b"POST /empty HTTP/1.1", b"Content-Length: 1", **ours) + b"a", 413)
    refused(server, "65 bytes for a route of 64", head(b"POST /both HTTP/1.1", b"Content-Length: 65", **ours) + b"a" * 65,
            413)


def header_lines(server):
    """Names and values that are none, and too much of them."""
    ours = {"server": server}
    get = b"GET /hello HTTP/1.1"
    for name, line in (("a space before the colon", b"X-A : b"), ("a TAB before the colon", b"X-A\t: b"),
                       ("Content-Length with a space before the colon", b"Content-Length : 0"),
                       ("a leading space in the first header", b" X-A: b"),
                       ("brackets in the name", b"X[A]: b"),
                       ("a slash in the name", b"X/A: b"), ("bytes past ASCII in the name", "X-Ầ: b".encode()),
                       ("a bare CR in the value", b"X-A: b\rc"), ("a bare CR before a header", b"X-A: b\rHost: evil"),
                       ("an escape byte in the value", b"X-A: \x1b[31m"), ("DEL in the value", b"X-A: \x7f"),
                       ("a vertical tab in the value", b"X-A: a\x0bb"), ("a form feed in the value", b"X-A: a\x0cb"),
                       ("a backspace in the value", b"X-A: a\x08b")):
        # libmicrohttpd folds a line that begins with a blank into the one before.
        first = name.startswith("a leading space")
        data = head(get, line, host=not first, **ours) if not first else \
            get + b"\r\n" + line + b"\r\nHost: " + server.address.encode() + b"\r\n\r\n"
        refused(server, name, data, 400, library=first)
    refused(server, "a header line without a colon", head(get, b"X-A", **ours), 400, library=True)
    refused(server, "65 headers", head(get, *[b"X-%d: a" % i for i in range(64)], **ours), 431)
    refused(server, "4000 headers", head(get, *[b"X-%d: a" % i for i in range(4000)], **ours), 431, library=True)
    refused(server, "a header of 40 KiB", head(get, b"X-A: " + b"a" * 40960, **ours), 431, 413, library=True)
    refused(server, "a header name of 40 KiB", head(get, b"X" * 40960 + b": a", **ours), 431, 413, library=True)
    for header in (b"Origin: http://a", b"Cookie: a=b", b"Content-Type: a/b", b"Sec-Fetch-Site: none",
                   b"Authorization: a"):
        name = header.split(b":")[0].decode()
        refused(server, f"{name} twice", head(get, header, header, **ours), 400)


def leftovers(server):
    """What the library reads before we see it (docs say so): the outcome must stay harmless."""
    ours = {"server": server}
    get = b"GET /hello HTTP/1.1"

    def harmless(name, data, *expected):
        raw, _ = exchange(server, data)
        got = answers(raw)
        check(name, got in [list(e) for e in expected], f"{got} {raw[:200]!r}")

    one, none = (200,), ()
    harmless("library: a NUL in a value is cut there", head(get, b"X-A: a\0b", CLOSE, **ours), one, (400,), none)
    harmless("library: a NUL in Host is cut there",
             head(get, b"Host: " + server.address.encode() + b"\0.evil", CLOSE, host=False, **ours),
             one, (400,), none)
    harmless("library: a folded value is joined", head(get, b"X-A: a", b" b", CLOSE, **ours), one, (400,), none)
    harmless("library: a raw NUL in the address cuts it", head(b"GET /hello\0/evil HTTP/1.1", CLOSE, **ours),
             one, (400,), none)
    # It takes an empty name for the end of the head: what follows is read as another request.
    harmless("library: an empty header name ends the head", head(get, b": b", b"X-A: c", **ours),
             one, (400,), (200, 400), (200, 400, -1))
    harmless("library: bare line feeds end lines", head(get, CLOSE, **ours).replace(b"\r\n", b"\n"), one, (400,), none)
    harmless("library: two spaces in the request line", head(b"GET  /hello HTTP/1.1", CLOSE, **ours),
             one, (400,), none)


def targets(server):
    """Addresses that decoding or another reader would turn into other addresses."""
    ours = {"server": server}
    bad = [b"/say/%00", b"/hello%00", b"/say/a%00b", b"/%2e%2e/", b"/say/%2e%2e", b"/say/%2E", b"/say/..", b"/../hello",
           b"/say/a%2fb", b"/say/a%2Fb", b"/say/a%5cb", b"/say/a\\b", b"/say/%", b"/say/%4", b"/say/%zz", b"/say/%4g",
           b"/say/%25", b"/say/%252e", b"//hello", b"/hello//", b"//evil.example/hello", b"/say/a#b", b"/hello#",
           b"/say/%0a", b"/say/%0d%0aX:%20y", b"/say/%1b", b"/say/%7f", b"/say/\x7f", b"/say/\x01",
           "/say/quầy".encode(), b"*", b"hello", b"http://evil.example/hello", b"localhost:80", b"?a=b",
           b"/hello?a=b", b"/hello?", b"/assets/style.css?v=1", b"/find?a=%00", b"/find?a=%zz", b"/find?a#b",
           b"/find?a\\b"]
    for target in bad:
        refused(server, f"target {target!r}", head(b"GET " + target + b" HTTP/1.1", **ours), 400)
    for target in (b"/nowhere", b"/Hello", b"/hello/", b"/say", b"/say/", b"/say/a/b", b"/", b"/assets/", b"/assets/a",
                   b"/assets/core/files/words/vi.json", b"/say/%ff", b"/say/%c0%af", b"/say/%ed%a0%80", b"/say/%80",
                   b"/say/%e2%80%ae"):
        refused(server, f"no page at {target!r}", head(b"GET " + target + b" HTTP/1.1", **ours), 404)
    refused(server, "an address of 513 bytes", head(b"GET /find?" + b"a" * 507 + b" HTTP/1.1", **ours), 414)
    refused(server, "an address of 4 KiB", head(b"GET /" + b"a" * 4096 + b" HTTP/1.1", **ours), 414)
    refused(server, "an address of 40 KiB", head(b"GET /" + b"a" * 40960 + b" HTTP/1.1", **ours), 414, 431,
            library=True)


def hosts(server):
    """Exactly one Host, and one of ours."""
    ours = {"server": server, "host": False}
    get = b"GET /hello HTTP/1.1"
    mine = b"Host: " + server.address.encode()
    refused(server, "no Host", head(get, **ours), 400, library=True)
    refused(server, "no Host in HTTP/1.0", head(b"GET /hello HTTP/1.0", **ours), 400)
    refused(server, "two equal Hosts", head(get, mine, mine, **ours), 400)
    refused(server, "two Hosts, ours first", head(get, mine, b"Host: evil.example", **ours), 400)
    refused(server, "two Hosts, ours last", head(get, b"Host: evil.example", mine, **ours), 400)
    refused(server, "an empty Host", head(get, b"Host:", **ours), 400)
    for value in (b"a b", b"a/b", b"user@localhost", b"a,b", b"\"a\"", "quầy".encode(), b"a" * 262):
        refused(server, f"Host {value[:20]!r}", head(get, b"Host: " + value, **ours), 400)
    for value in (b"evil.example", b"localhost", b"127.0.0.1", b"localhost:1", b"localhost:%d.evil" % server.where[1],
                  b"0:%d" % server.where[1], b"2130706433:%d" % server.where[1], b"127.1:%d" % server.where[1]):
        refused(server, f"Host {value!r} is not ours", head(get, b"Host: " + value, **ours), 421)


def methods(server):
    """GET, HEAD and POST, in capitals, and nothing else."""
    ours = {"server": server}
    for method in (b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"TRACK", b"PROPFIND", b"get", b"Post",
                   b"FOO", b"GETT", b"X" * 100):
        data = head(method + b" /hello HTTP/1.1", **ours)
        refused(server, f"method {method[:10]!r}", data, 405)
    raw, _ = exchange(server, head(b"DELETE /both HTTP/1.1", **ours))
    check("405 names what the address allows", b"\r\nAllow: GET, HEAD, POST\r\n" in raw, repr(raw[:200]))
    refused(server, "POST to a page", head(b"POST /hello HTTP/1.1", b"Content-Length: 0", **ours), 405)
    refused(server, "GET of a form's address", head(b"GET /form HTTP/1.1", **ours), 405)
    refused(server, "CONNECT", head(b"CONNECT evil.example:443 HTTP/1.1", **ours), 400)
    refused(server, "PUT with a body", head(b"PUT /hello HTTP/1.1", b"Content-Length: 3", **ours) + b"abc", 405)
    refused(server, "OPTIONS *", head(b"OPTIONS * HTTP/1.1", **ours), 400)


def versions(server):
    """Request lines that are none."""
    ours = {"server": server}
    for line in (b"GET /hello HTTP/2.0", b"GET /hello HTTP/1.2", b"GET /hello HTTP/0.9", b"GET /hello http/1.1",
                 b"GET /hello HTTP/11", b"GET /hello XTTP/1.1", b"GET /hello", b"GET", b"",
                 b"GET /hello HTTP/1.1 extra", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                 b"PRI * HTTP/2.0"):
        data = head(line, **ours)
        raw, _ = exchange(server, data)
        first = STATUS_LINE.match(raw)
        holds = b" 200 " not in raw and (not first or int(first.group(1)) in (400, 405, 414, 431, 505))
        check(f"request line {line!r}", holds, repr(raw[:200]))


# ---- slow clients and many clients -----------------------------------------------------------


def drip(server, first, rest, pause_s=0.1, limit_s=12.0):
    """Sends `first`, then byte after byte; the seconds until the other side closed."""
    with server.connect() as sock:
        begin = time.monotonic()
        sock.sendall(first)
        sock.setblocking(False)
        for byte in rest:
            time.sleep(pause_s)
            try:
                if sock.recv(65536) == b"":
                    break
            except BlockingIOError:
                pass
            except ConnectionError:
                break
            try:
                sock.send(bytes([byte]))
            except OSError:
                break
            if time.monotonic() - begin > limit_s:
                break
        return time.monotonic() - begin


def slow_clients(server):
    """All at once: each is cut at the deadline however busily it drips."""
    host = b"Host: " + server.address.encode() + b"\r\n"
    post = b"POST /form HTTP/1.1\r\n" + host + b"Content-Length: 8000\r\n\r\n"
    cases = (("a request line", b"", b"GET /" + b"a" * 400), ("headers", b"GET /hello HTTP/1.1\r\n", b"X-A: b\r\n" * 60),
             ("a body", post, b"a=" + b"x" * 400), ("nothing at all", b"", b""))
    took = {}

    def run(name, first, rest):
        if rest:
            took[name] = drip(server, first, rest)
            return
        begin = time.monotonic()
        with server.connect() as sock:
            read_all(sock, 12.0)
        took[name] = time.monotonic() - begin

    threads = [threading.Thread(target=run, args=case) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, _, _ in cases:
        check(f"{name} dripping in is cut at the deadline", 0.8 * DEADLINE_S <= took[name] <= 4 * DEADLINE_S,
              f"after {took[name]:.1f} s")


def halves(server):
    """A request in pieces is as good as in one, and the server serves others meanwhile."""
    data = head(b"POST /form HTTP/1.1", b"Content-Length: 7", CLOSE, server=server) + b"a=1&b=2"
    for cut in (1, 10, 25, len(data) - 8, len(data) - 3):
        with server.connect() as sock:
            sock.sendall(data[:cut])
            served(server, f"others are served while {cut} bytes wait",
                   head(b"GET /hello HTTP/1.1", CLOSE, server=server), [200])
            sock.sendall(data[cut:])
            raw, closed = read_all(sock)
            check(f"a request cut at byte {cut}", closed and answers(raw) == [200], repr(raw[:200]))


ROUNDS = 6


def crowd(server, clients, limit_s=20.0):
    """So many keep-alive clients each get ROUNDS pages, all in flight at once; the longest wait
    for one answer in seconds, or None when some got nothing in time."""
    request = head(b"GET /hello HTTP/1.1", server=server)
    selector = selectors.DefaultSelector()
    socks = []
    worst, end = 0.0, time.monotonic() + limit_s
    for _ in range(clients):
        sock = server.connect()
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ, sock)
        socks.append(sock)
    for _ in range(ROUNDS):
        begin, waiting = time.monotonic(), dict.fromkeys(socks, b"")
        for sock in socks:
            sock.send(request)
        while waiting and time.monotonic() < end:
            for key, _ in selector.select(0.5):
                sock = key.data
                piece = sock.recv(65536)
                if sock in waiting:
                    waiting[sock] += piece
                    if waiting[sock].endswith(b"hello\n") or not piece:
                        del waiting[sock]
        if waiting:
            break
        worst = max(worst, time.monotonic() - begin)
    for sock in socks:
        sock.close()
    return None if waiting else worst


def crowds():
    """libmicrohttpd's epoll loop hangs when a thread has exactly 128 ready events."""
    with Server(threads=2, connections=240, deadline_ms=20000) as server:
        for clients in (1, 120, 127, 128, 129, 255, 256, 257, 384, 480):
            worst = crowd(server, clients)
            check(f"{clients} clients at once are all served", worst is not None and worst < 5.0,
                  f"worst round {worst}")
    with Server(threads=1, connections=120, deadline_ms=20000) as server:
        for clients in (119, 120):
            check(f"{clients} clients on one thread", crowd(server, clients) is not None)


def memory():
    """Idle keep-alive connections cost at most 12 KiB each."""
    def resident(pid):
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    with Server(threads=4, connections=120, deadline_ms=20000) as server:
        crowd(server, 4)
        before = resident(server.process.pid)
        socks = []
        for _ in range(400):
            sock = server.connect()
            sock.sendall(head(b"GET /hello HTTP/1.1", server=server))
            socks.append(sock)
        for sock in socks:
            sock.recv(65536)
        each = (resident(server.process.pid) - before) / len(socks)
        for sock in socks:
            sock.close()
    # The sanitizers' own memory is none of ours.
    holds = each <= 12 * 1024 or "-" in os.environ.get("BUILD", "build")
    check("an idle connection costs at most 12 KiB", holds, f"{each:.0f} bytes")
    print(f"idle connection: {each:.0f} bytes")


def main():
    """Runs all; exit code 1 when a case failed."""
    with Server() as server:
        for group in (good_requests, good_bodies, pipelines, framing, header_lines, leftovers, targets, hosts,
                      methods, versions, slow_clients, halves):
            group(server)
    crowds()
    memory()
    print(f"{COUNT['passed']} passed, {COUNT['failed']} failed")
    return 1 if COUNT["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
