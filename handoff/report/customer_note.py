"""The note to a customer that a rule's owner may send: the company's own text, filled with the deal's values."""

import re
from collections.abc import Mapping

from handoff.core.errors import UsageError
from handoff.report.wording import plain

_PLACE = re.compile(r"\{(\w+)\}")
_LONGEST = 200


def filled(rule: str, text: str, values: Mapping[str, str | None]) -> str:
    """The text with each `{field}` replaced; what the deal lacks is left for the owner to fill in, in brackets.

    Raises UsageError for a place that is no field of a deal.
    """
    if unknown := sorted({name for name in _PLACE.findall(text) if name not in values}):
        there = ", ".join(sorted(values))
        raise UsageError(
            f"owners.yaml: the customer_note of {rule} names {{{unknown[0]}}}, which is no field of a deal ({there})."
        )

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        said = plain(" ".join((values[name] or "")[: 4 * _LONGEST].split()))
        return said[:_LONGEST] or f"[{name.replace('_', ' ')}]"

    return _PLACE.sub(value, text.strip())
