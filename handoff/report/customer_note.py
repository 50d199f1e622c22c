"""The note to a customer that a rule's owner may send: the company's own text, filled with the deal's values."""

from collections.abc import Mapping
from string import Formatter

from handoff.core.errors import UsageError
from handoff.report.wording import plain

_LONGEST = 200


def filled(rule: str, text: str, values: Mapping[str, str | None]) -> str:
    """The text with each `{field}` replaced; what the deal lacks is left for the owner to fill in, in brackets.

    Raises UsageError for braces that cannot be read, or hold no field of a deal.
    """
    try:
        pieces = list(Formatter().parse(text.strip()))
    except ValueError as error:
        raise UsageError(f"owners.yaml: the braces of the customer_note of {rule} cannot be read: {error}.") from None
    parts = []
    for literal, name, _, _ in pieces:
        parts.append(literal)
        if name is not None:
            parts.append(_value(rule, name, values))
    return "".join(parts)


def _value(rule: str, name: str, values: Mapping[str, str | None]) -> str:
    if name not in values:
        there = ", ".join(sorted(values))
        raise UsageError(
            f"owners.yaml: the customer_note of {rule} names {{{name}}}, which is no field of a deal ({there})."
        )
    said = plain(" ".join((values[name] or "")[: 4 * _LONGEST].split()))
    return said[:_LONGEST] or f"[{name.replace('_', ' ')}]"
