# SPDX-License-Identifier: MIT
"""Ed25519 (RFC 8032) in whole numbers, for the second verifier and for tests that sign: slow, open
to anybody with a stopwatch, and sharing nothing with the programs."""
import hashlib

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def plus(a, b):
    s, t = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    u, v = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = t - s, v - u, v + u, t + s
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, point):
    total = (0, 1, 1, 0)
    while n:
        total, point, n = plus(total, point) if n & 1 else total, plus(point, point), n >> 1
    return total


def point_of(raw):
    y, odd = int.from_bytes(raw, "little") & 2**255 - 1, raw[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and odd):
        raise ValueError("no point of the curve")
    x = x if x & 1 == odd else P - x
    return x, y, 1, x * y % P


def is_signed(public, message, signature):
    hashed = hashlib.sha512(signature[:32] + public + message).digest()
    h, s = int.from_bytes(hashed, "little") % L, int.from_bytes(signature[32:], "little")
    left = times(s, point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little")))
    right = plus(point_of(signature[:32]), times(h, point_of(public)))
    return s < L and all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))
