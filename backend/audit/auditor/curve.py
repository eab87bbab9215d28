"""Ed25519 (RFC 8032, section 6), used where the package `cryptography` is not installed."""

import hashlib

from .faults import Bad

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # of -1


def point_add(a, b):
    """Points as (X, Y, Z, T): x = X/Z, y = Y/Z, x*y = T/Z."""
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    t, z = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = n - m, z - t, z + t, n + m
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_multiply(s, a):
    total = (0, 1, 1, 0)
    while s:
        if s & 1:
            total = point_add(total, a)
        a, s = point_add(a, a), s >> 1
    return total


def point_read(raw):
    """A point from its 32 bytes. Raises Bad where there is none."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT % P
    if y >= P or (x * x - x2) % P or (x == 0 and sign):
        raise Bad("a key or signature is no point of the curve")
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = point_read(bytes([0x58] + [0x66] * 31))


def ed25519_here(public, signature, message):
    if len(public) != 32 or len(signature) != 64:
        return False
    try:
        a, r = point_read(public), point_read(signature[:32])
    except Bad:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    left, right = point_multiply(s, BASE), point_add(r, point_multiply(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def ed25519_package(public, signature, message):
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


try:
    import cryptography

    ed25519, MADE_BY = ed25519_package, "the package cryptography " + cryptography.__version__
except ImportError:
    ed25519, MADE_BY = ed25519_here, "the Ed25519 in this file (the package cryptography is not installed)"
