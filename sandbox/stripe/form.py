"""Decodes Stripe's form encoding: `lines[0][amount]=5` becomes {"lines": {"0": {"amount": "5"}}}."""

import re
from typing import Any
from urllib.parse import parse_qsl

from sandbox.stripe.errors import malformed

Pairs = list[tuple[str, str]]

NAME = re.compile(r"[^\[\]]+(?:\[[^\[\]]*\])*")
PART = re.compile(r"[^\[\]]+|(?<=\[)(?=\])")
DEPTH = 8
"""Deeper nesting than any parameter of the API has."""


def pairs_of(encoded: bytes) -> Pairs:
    """The pairs of a body or query string, decoded from UTF-8. Raises StripeError when they cannot be read."""
    if not encoded:
        return []
    try:
        return parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise malformed(
            "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have "
            "any questions, we can help at https://support.stripe.com/."
        ) from None


def nest(pairs: Pairs) -> dict[str, Any]:
    """Bracketed names as nested hashes of strings; arrays stay hashes by index until their type is known.

    Raises StripeError for a name that is no parameter name, and for one given both as a value and as a hash.
    """
    tree: dict[str, Any] = {}
    for name, value in pairs:
        if "[" not in name and "]" not in name and name:
            parts = [name]
        elif NAME.fullmatch(name):
            parts = PART.findall(name)
        else:
            parts = []
        if not parts or len(parts) > DEPTH:
            raise malformed(f"Received unknown parameter: {name}", name, "parameter_unknown")
        _place(tree, parts, name, value)
    return tree


def _place(tree: dict[str, Any], parts: list[str], name: str, value: str) -> None:
    branch = tree
    for part in parts[:-1]:
        child = branch.setdefault(part or str(len(branch)), {})
        if not isinstance(child, dict):
            raise malformed(f"Invalid object: {name} is given both as a value and as a hash", name)
        branch = child
    last = parts[-1] or str(len(branch))
    if isinstance(branch.get(last), dict):
        raise malformed(f"Invalid object: {name} is given both as a value and as a hash", name)
    branch[last] = value


def flatten(value: Any, name: str = "") -> Pairs:
    """The pairs that encode a JSON value, as a client would send it; None is left out."""
    if value is None:
        return []
    if isinstance(value, dict):
        nested = [flatten(child, f"{name}[{key}]" if name else str(key)) for key, child in value.items()]
    elif isinstance(value, list):
        nested = [flatten(child, f"{name}[{index}]") for index, child in enumerate(value)]
    else:
        return [(name, str(value).lower() if isinstance(value, bool) else str(value))]
    return [pair for pairs in nested for pair in pairs]
