"""Salesforce ids: 15 characters that differ by case, and the 3 more that make them safe to compare without it."""

import hashlib
import re

PREFIXES = {
    "Account": "001",
    "Contact": "003",
    "User": "005",
    "Opportunity": "006",
    "RecordType": "012",
    "Product2": "01t",
    "PricebookEntry": "01u",
    "Pricebook2": "01s",
    "OpportunityLineItem": "00k",
    "Organization": "00D",
}
"""sObject -> the first three characters of its ids."""
LOCATOR_PREFIX = "0r8"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Z]{3})?")


def to_18(id15: str) -> str:
    """The 18-character form: one more character for each five, telling which of them are capitals.

    Raises ValueError when given anything but 15 letters and digits.
    """
    if len(id15) != 15 or not _ID.fullmatch(id15):
        raise ValueError(f"{id15!r} is not a 15-character Salesforce id: letters and digits only.")
    checks = (
        sum(1 << place for place, character in enumerate(id15[start : start + 5]) if character.isupper())
        for start in (0, 5, 10)
    )
    return id15 + "".join(_SUFFIX[check] for check in checks)


def as_18(text: object) -> str | None:
    """The 18-character form of an id of 15 or 18 characters; None when it is no id or its check digits are wrong."""
    if not isinstance(text, str) or not _ID.fullmatch(text):
        return None
    full = to_18(text[:15])
    return full if text in (full, full[:15]) else None


def stable_id(prefix: str, *names: str) -> str:
    """The same id for the same names, always: for rows that have no id of Salesforce's own."""
    digest = int.from_bytes(hashlib.sha256("\x1f".join(names).encode()).digest(), "big")
    return to_18(prefix + _base62(digest % 62**12, 12))


def id_of(kind: str, *names: str) -> str:
    """The stable id of an sObject's row of these names."""
    return stable_id(PREFIXES[kind], kind, *names)


def numbered_id(prefix: str, number: int) -> str:
    """The id of the `number`-th new row; later rows have greater ids."""
    return to_18(f"{prefix}xx0{_base62(number, 9)}")


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(BASE62[digit])
    return "".join(reversed(digits))
