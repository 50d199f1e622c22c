"""Guesses what kind of field a `__c` column of a seed is, from its values, where `_schema.json` does not say."""

import re
from typing import Any

from sandbox.salesforce.fields import DEFAULT_LENGTHS, Field
from sandbox.salesforce.ids import PREFIXES, as_18
from sandbox.salesforce.standard import label_of

LONG_TEXT = 32768
_SHAPES = (
    ("date", re.compile(r"\d{4}-\d{2}-\d{2}")),
    ("datetime", re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*")),
    ("boolean", re.compile(r"(?i:true|false)")),
    ("url", re.compile(r"https?://\S+")),
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
)
_OBJECTS = {prefix: name for name, prefix in PREFIXES.items()}


def custom_field(name: str, values: list[Any], spec: dict[str, Any], *, object_name: str) -> Field:
    """A custom field for these values (none of them empty).

    Digits in text stay text, so that a purchase-order number keeps its zeros: state `double` for a CSV's numbers.
    """
    kind = spec.get("type") or _kind(values)
    reference_to = _target(values) if kind == "reference" else None
    longest = max((len(value) for value in values if isinstance(value, str)), default=0)
    if kind == "string" and longest > DEFAULT_LENGTHS["string"]:
        kind = "textarea"
    return Field(
        name=name,
        type=kind,
        label=label_of(name),
        length=LONG_TEXT if longest > 255 else DEFAULT_LENGTHS.get(kind, 0),
        scale=2 if kind in {"currency", "double", "percent"} else 0,
        reference_to=reference_to,
        relationship=f"{name.removesuffix('__c')}__r" if kind == "reference" else None,
        children_as=f"{object_name}_{name.removesuffix('__c')}__r" if kind == "reference" else None,
    )


def _kind(values: list[Any]) -> str:
    if not values:
        return "string"
    if all(isinstance(value, bool) for value in values):
        return "boolean"
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return "double"
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) < len(values):
        return "string"
    if _target(texts) is not None:
        return "reference"
    return next((kind for kind, shape in _SHAPES if all(shape.fullmatch(text) for text in texts)), "string")


def _target(values: list[Any]) -> str | None:
    """The one sObject that all of these are ids of."""
    targets = {_OBJECTS.get(value[:3]) if as_18(value) else None for value in values}
    return targets.pop() if len(targets) == 1 else None
