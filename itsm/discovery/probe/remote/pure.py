"""Ed25519, X25519 and ChaCha20-Poly1305 (RFC 8032, 7748, 8439) on the standard library alone.

For hosts on which the ``cryptography`` package cannot be imported: slow, and not hardened against somebody who measures
times on the same machine. Tests hold it to the RFCs' vectors and to the package, byte for byte.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from typing import Final

P: Final = 2**255 - 19
L: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, P - 2, P) % P
_ROOT: Final = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


class BadTag(ValueError):
    """The text was changed, or the key is another one."""


# ------------------------------------------------------------------------------------------------ Ed25519
def _recover(y: int, sign: int) -> int | None:
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * _ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if (x & 1) != sign else x


_BASE_Y: Final = 4 * pow(5, P - 2, P) % P
_BASE_X: Final = _recover(_BASE_Y, 0) or 0
_BASE: Final = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % P)


def _add(one: Point, two: Point) -> Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(factor: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            found = _add(found, point)
        point = _add(point, point)
        factor >>= 1
    return found


def _packed(point: Point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


def _unpacked(data: bytes) -> Point | None:
    number = int.from_bytes(data, "little")
    y = number & ((1 << 255) - 1)
    x = _recover(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % P)


def _same(one: Point, two: Point) -> bool:
    return not ((one[0] * two[2] - two[0] * one[2]) % P or (one[1] * two[2] - two[1] * one[2]) % P)


def _secret(seed: bytes) -> tuple[int, bytes]:
    digest = hashlib.sha512(seed).digest()
    number = int.from_bytes(digest[:32], "little")
    return (number & ((1 << 254) - 8)) | (1 << 254), digest[32:]


def _number(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


def sign_public(seed: bytes) -> bytes:
    """Return the Ed25519 public key of a seed."""
    return _packed(_times(_secret(seed)[0], _BASE))


def sign(seed: bytes, message: bytes) -> bytes:
    """Return the Ed25519 signature."""
    secret, prefix = _secret(seed)
    public = _packed(_times(secret, _BASE))
    r = _number(prefix, message)
    point = _packed(_times(r, _BASE))
    return point + ((r + _number(point, public, message) * secret) % L).to_bytes(32, "little")


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether an Ed25519 signature is the key's."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, point = _unpacked(public), _unpacked(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or point is None or s >= L:
        return False
    return _same(_times(s, _BASE), _add(point, _times(_number(signature[:32], public, message), key)))


# ------------------------------------------------------------------------------------------------ X25519
def exchange(seed: bytes, public: bytes) -> bytes:
    """Return the X25519 secret that two key pairs share."""
    k = (int.from_bytes(seed, "little") & ((1 << 254) - 8)) | (1 << 254)
    u = int.from_bytes(public, "little") & ((1 << 255) - 1)
    x2, z2, x3, z3, swapped = 1, 0, u, 1, 0
    for bit in range(254, -1, -1):
        now = (k >> bit) & 1
        if swapped ^ now:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swapped = now
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, u * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swapped:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def box_public(seed: bytes) -> bytes:
    """Return the X25519 public key of a seed."""
    return exchange(seed, (9).to_bytes(32, "little"))


# ------------------------------------------------------------------------------------------------ ChaCha20-Poly1305
_ROUND: Final = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip
_MASK: Final = 0xFFFFFFFF


def _block(start: tuple[int, ...]) -> bytes:
    x = list(start)
    for _ in range(10):
        for a, b, c, d in _ROUND:
            xa, xb, xc, xd = x[a], x[b], x[c], x[d]
            xa = (xa + xb) & _MASK
            xd ^= xa
            xd = ((xd << 16) & _MASK) | (xd >> 16)
            xc = (xc + xd) & _MASK
            xb ^= xc
            xb = ((xb << 12) & _MASK) | (xb >> 20)
            xa = (xa + xb) & _MASK
            xd ^= xa
            xd = ((xd << 8) & _MASK) | (xd >> 24)
            xc = (xc + xd) & _MASK
            xb ^= xc
            x[a], x[b], x[c], x[d] = xa, ((xb << 7) & _MASK) | (xb >> 25), xc, xd
    return struct.pack("<16I", *((one + two) & _MASK for one, two in zip(x, start, strict=True)))


def _stream(key: bytes, nonce: bytes, size: int, first: int) -> bytes:
    head = (0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *struct.unpack("<8I", key))
    tail = struct.unpack("<3I", nonce)
    return b"".join(_block((*head, first + n, *tail)) for n in range((size + 63) // 64))[:size]


def _xor(one: bytes, two: bytes) -> bytes:
    return (int.from_bytes(one, "little") ^ int.from_bytes(two, "little")).to_bytes(len(one), "little")


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 16)


def _tag(key: bytes, nonce: bytes, text: bytes, more: bytes) -> bytes:
    one_time = _stream(key, nonce, 32, 0)
    r = int.from_bytes(one_time[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    s, total, prime = int.from_bytes(one_time[16:], "little"), 0, (1 << 130) - 5
    message = _padded(more) + _padded(text) + struct.pack("<QQ", len(more), len(text))
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at : at + 16] + b"\x01", "little")) * r % prime
    return ((total + s) & ((1 << 128) - 1)).to_bytes(16, "little")


def encrypt(key: bytes, nonce: bytes, plain: bytes, more: bytes) -> bytes:
    """Return text and tag of ChaCha20-Poly1305; ``more`` is bound to it without being in it."""
    text = _xor(plain, _stream(key, nonce, len(plain), 1)) if plain else b""
    return text + _tag(key, nonce, text, more)


def decrypt(key: bytes, nonce: bytes, sealed: bytes, more: bytes) -> bytes:
    """Return the plain text. Raises BadTag."""
    text, tag = sealed[:-16], sealed[-16:]
    if len(sealed) < 16 or not hmac.compare_digest(tag, _tag(key, nonce, text, more)):
        raise BadTag("the tag does not fit")
    return _xor(text, _stream(key, nonce, len(text), 1)) if text else b""
