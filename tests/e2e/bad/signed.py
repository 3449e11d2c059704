# SPDX-License-Identifier: MIT
"""Keys of lanes as docs/JOURNAL.md has them: signed heads, transfers, requests and phrases. The
curve is that of the second verifier."""

import base64
import hashlib
import hmac
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
import journal_verify as curve  # pylint: disable=wrong-import-position

BASE = curve.point_of((4 * pow(5, curve.P - 2, curve.P) % curve.P).to_bytes(32, "little"))
HOUR = "2026-11-03T09+07"


def packed(point):
    """A point of the curve as its 32 bytes."""
    x, y, z, _ = point
    inverse = pow(z, curve.P - 2, curve.P)
    return (y * inverse % curve.P | (x * inverse % curve.P & 1) << 255).to_bytes(32, "little")


def base64_of(raw):
    """Standard base64 as text."""
    return base64.b64encode(raw).decode()


def root_of(lines):
    """The root of a list of lines (RFC 6962)."""
    if not lines:
        return hashlib.sha256(b"").digest()
    if len(lines) == 1:
        return hashlib.sha256(b"\0" + lines[0].encode()).digest()
    half = 1 << (len(lines) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root_of(lines[:half]) + root_of(lines[half:])).digest()


class Key:
    """An Ed25519 key and the lane of that name."""

    def __init__(self, seed):
        digest = hashlib.sha512(seed[:32]).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
        self.prefix = digest[32:]
        self.public = packed(curve.times(self.scalar, BASE))
        self.lane = hashlib.sha256(self.public).hexdigest()[:32]
        self.origin = f"hailong/{self.lane}"

    @staticmethod
    def of(data):
        """That of a data directory."""
        with open(os.path.join(data, "keys", "lane.key"), "rb") as file:
            return Key(file.read())

    def sign(self, message):
        """RFC 8032, 5.1.6."""
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % curve.L
        start = packed(curve.times(r, BASE))
        k = int.from_bytes(hashlib.sha512(start + self.public + message).digest(), "little")
        return start + ((r + k * self.scalar) % curve.L).to_bytes(32, "little")

    def vkey(self):
        """NAME+ID+KEY."""
        raw = b"\1" + self.public
        return f"{self.origin}+{curve.key_id(self.origin, raw).hex()}+{base64_of(raw)}"

    def note(self, size, root, origin=None, hour=HOUR):
        """A signed head."""
        text = f"{origin or self.origin}\n{size}\n{base64_of(root)}\nhour {hour}\n"
        raw = curve.key_id(self.origin, b"\1" + self.public) + self.sign(text.encode())
        return f"{text}\n— {self.origin} {base64_of(raw)}\n"

    def end(self, lines, **more):
        """What stands behind the lines of a journal from its first: blank line, head, key."""
        return f"\n{self.note(len(lines), root_of(lines), **more)}{self.vkey()}\n"

    def transfer(self, lines, first=0):
        """Entries from `first` to the end of `lines`, the journal from its first entry."""
        return ("".join(f"{x}\n" for x in lines[first:]) + self.end(lines)).encode()

    def authorization(self, path, body, skew_s=0, method="POST"):
        """The header's value of a signed request."""
        now = int(time.time()) + skew_s
        text = f"hailong-request/v1\n{method}\n{path}\n{now}\n{hashlib.sha256(body).hexdigest()}\n"
        return f"Hailong {now} {base64_of(self.sign(text.encode()))}"


def phrase_secret(phrase):
    """(id, secret) of an enrolment phrase."""
    digits = phrase.replace("-", "")
    return digits[:4], hashlib.sha256(b"hailong-enrol/v1\n" + digits[4:].encode()).digest()


def enrolment(phrase, key, **changes):
    """The body of an enrolment, with some members changed; None leaves one out."""
    phrase_id, secret = phrase_secret(phrase)
    message = f"hailong-enrol-device/v1\n{key.vkey()}\n".encode()
    body = {"phrase_id": phrase_id, "vkey": key.vkey(),
            "mac": hmac.new(secret, message, hashlib.sha256).hexdigest(), **changes}
    return {name: value for name, value in body.items() if value is not None}
