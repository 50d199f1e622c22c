"""Corrected values: how a person's text for a deal field is read, what is refused, and how the CRM is told of it."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from handoff.core.deal import FIELD_BY_NAME, LINE_FIELD_BY_NAME, Field, Kind
from handoff.core.errors import UsageError
from handoff.core.money import PLAIN_AMOUNT
from handoff.core.pack import LabelSet, MappedField, Pack
from mappings import formats

LONGEST = 255
"""Characters; what is longer fits no field of the CRM."""
NEVER = frozenset({"deal_id", "won", "deleted", "account_id"})
"""Which deal it is, whether it is one, and whose: corrected in the CRM, where others read it too."""
_MARKUP = re.compile(r"<\s*[a-z/!?]|&#\w+;|&(lt|gt|quot|amp|apos);|javascript\s*:|\{\{|\$\{", re.IGNORECASE)
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_FORMS = {
    Kind.EMAIL: re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    Kind.IDENTIFIER: re.compile(r"[\w.:/-]+", re.ASCII),
    Kind.INTEGER: re.compile(r"[0-9]+"),
}
_FLAGS = {"true": "true", "yes": "true", "false": "false", "no": "false"}


def checked(pack: Pack, field: str, text: str) -> str | None:
    """A person's text for a deal field as it is stored: ISO dates, plain decimals, canonical labels; None empties it.

    Raises UsageError, in one sentence, for a field that is not corrected here and for a text that it cannot hold.
    """
    known = _correctable(pack, field)
    text = text.strip()
    if not text:
        return None
    _refuse_unsafe(field, text)
    if known.kind is Kind.LABEL:
        return _canonical(pack, field, text)
    value = _typed(known.kind, text)
    if value is None:
        raise UsageError(f"{field} cannot be {_quoted(text)}: write {_WRITTEN[known.kind]}.")
    return value


_WRITTEN = {
    Kind.AMOUNT: "a plain amount such as 1234.50",
    Kind.PERCENT: "a plain number such as 12.5",
    Kind.INTEGER: "a whole number such as 12",
    Kind.DATE: "a day such as 2026-11-24",
    Kind.FLAG: "true or false",
    Kind.EMAIL: "one e-mail address such as ada@example.com",
    Kind.IDENTIFIER: "letters, digits and . : / _ - without spaces",
}


def read(field: Field, value: str | None, synonyms: Mapping[str, str]) -> str | None:
    """A stored correction as the deal's row holds it; labels may have become synonyms since."""
    if value is None:
        return None
    match field.kind:
        case Kind.DATE:
            return formats.day(value, None)
        case Kind.AMOUNT | Kind.PERCENT:
            return formats.amount(value, None)
        case Kind.LABEL:
            return synonyms.get(value, value)
        case _:
            return value


def label_set(pack: Pack, field: str) -> LabelSet | None:
    """The labels of a deal field, by the first source that maps it to some."""
    for source in pack.fields.sources.values():
        mapped = source.fields.get(field)
        if mapped and mapped.labels:
            return pack.labels.get(mapped.labels)
    return None


def plain_column(mapped: MappedField | None) -> str | None:
    """The CRM field from which a deal field comes, when it is one of the deal's own record; else None."""
    return mapped.source if mapped and mapped.source and "." not in mapped.source else None


def for_the_crm(kind: Kind, mapped: MappedField, value: str | None) -> Any:
    """A corrected value as the CRM's field takes it. Raises ValueError for an amount that no float holds exactly."""
    if value is None:
        return None
    if kind in (Kind.AMOUNT, Kind.PERCENT, Kind.INTEGER):
        number = float(value)  # the CRM's API knows only these
        if Decimal(repr(number)) != Decimal(value):
            raise ValueError(f"{value} has more digits than the CRM holds")
        return int(number) if number.is_integer() else number
    if kind is Kind.DATE and mapped.format:
        return date.fromisoformat(value).strftime(mapped.format)
    if kind is Kind.FLAG:
        words = mapped.true if value == "true" else mapped.false
        own = words != MappedField.model_fields[value].default
        return words[0] if own else value == "true"
    return value


def _correctable(pack: Pack, field: str) -> Field:
    if field.startswith("lines.") or field in LINE_FIELD_BY_NAME:
        raise UsageError(f"{field} stands on a line: only fields of the deal are corrected here, lines in the CRM.")
    allowed = pack.policies.desk.corrections
    if field not in FIELD_BY_NAME or field in NEVER or field not in allowed:
        what = "is not corrected here" if field in FIELD_BY_NAME else "is no field of a deal"
        there = ", ".join(name for name in allowed if name not in NEVER) or "none"
        raise UsageError(f"{field!r} {what}: policies.yaml allows corrections of {there}. Correct others in the CRM.")
    return FIELD_BY_NAME[field]


def _refuse_unsafe(field: str, text: str) -> None:
    if len(text) > LONGEST:
        raise UsageError(f"The value for {field} has {len(text):,} characters, {LONGEST} are allowed: shorten it.")
    if any(unicodedata.category(sign)[0] == "C" for sign in text):
        raise UsageError(f"The value for {field} holds control or invisible characters: type it in by hand.")
    if text.startswith(_FORMULA):
        raise UsageError(f"The value for {field} begins like a formula ({text[0]}): leave that sign out.")
    if _MARKUP.search(text):
        raise UsageError(f"The value for {field} holds markup or script: write plain text.")


def _typed(kind: Kind, text: str) -> str | None:
    """The text in its kind's one form; None when it is none of that kind."""
    match kind:
        case Kind.DATE:
            return _day(text)
        case Kind.FLAG:
            return _FLAGS.get(text.lower())
        case Kind.AMOUNT | Kind.PERCENT:
            return formats.amount(text, None) if PLAIN_AMOUNT.fullmatch(text) else None
        case _:
            form = _FORMS.get(kind)
            return text if form is None or form.fullmatch(text) else None


def _day(text: str) -> str | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return text if day.isoformat() == text else None


def _canonical(pack: Pack, field: str, text: str) -> str:
    known = label_set(pack, field)
    if known is None or text in known.labels:
        return text
    if text in known.synonyms:
        return known.synonyms[text]
    shown = ", ".join(list(known.labels)[:12])
    more = ", …" if len(known.labels) > 12 else ""
    raise UsageError(f"{field} cannot be {_quoted(text)}: choose one of {shown}{more}.")


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")
