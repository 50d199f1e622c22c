"""Ids that look like Stripe's: a prefix and letters and digits, no two alike."""

import hashlib
import os
import string

ALPHABET = (string.digits + string.ascii_letters).encode()
LETTERS = bytes(ALPHABET[byte % len(ALPHABET)] for byte in range(256))
CAPITALS = bytes(b"ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"[byte % 34] for byte in range(256))


def new_id(prefix: str, length: int) -> str:
    """A fresh id, such as new_id("cus_", 14)."""
    return prefix + os.urandom(length).translate(LETTERS).decode()


def new_prefix() -> str:
    """A fresh invoice prefix of a customer: eight capitals and digits."""
    return os.urandom(8).translate(CAPITALS).decode()


def derived_id(prefix: str, source: str, length: int) -> str:
    """The same id for the same source, in every run."""
    return prefix + hashlib.sha256(source.encode()).digest()[:length].translate(LETTERS).decode()
