"""All rules, by name; a rule joins by being written in one of these modules."""

from collections.abc import Mapping
from types import MappingProxyType

from checks.rule import REGISTERED, Rule
from checks.rules import (  # noqa: F401 - importing a module registers its rules, in the order owners read them
    account,
    contact,
    dates,
    discount,
    duplicates,
    identity,
    labels,
    lines,
    money,
    presence,
    tax,
    terms,
)

RULES: Mapping[str, Rule] = MappingProxyType(REGISTERED)


def names() -> frozenset[str]:
    """The names that a pack may use or declare off."""
    return frozenset(RULES)
