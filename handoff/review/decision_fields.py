"""The fields of a deal that may be corrected, as a form shows them; and what its reader changed of them."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from handoff.core.deal import FIELD_BY_NAME, DealRow, Kind
from handoff.core.pack import Pack
from handoff.report.wording import plain
from handoff.review.field_names import of_deal
from mappings import corrections

PREFIX = "to_"
"""What a field of the form is called: `to_po_number`."""
_HINTS = {
    Kind.AMOUNT: "a plain amount such as 1234.50",
    Kind.PERCENT: "a number such as 12.5",
    Kind.INTEGER: "a whole number",
    Kind.DATE: "a day such as 2026-11-24",
    Kind.EMAIL: "an e-mail address",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Correctable:
    """One field. `choices`: a labelled field's canonical labels; `pressing`: it is what holds the deal.

    `second`: who must confirm it, since it is money; `proposed`: the value is also written to the CRM's own field.
    """

    name: str
    title: str
    value: str
    type: str
    hint: str
    choices: tuple[str, ...] | None
    pressing: bool
    second: str | None
    proposed: bool

    @property
    def in_form(self) -> str:
        return f"{PREFIX}{self.name}"


def correctable(pack: Pack, deal: DealRow, pressing: Sequence[str]) -> list[Correctable]:
    """The fields that the pack lets people correct, those that hold the deal first."""
    found = [
        _field(pack, deal, name, pressing=name in pressing)
        for name in pack.policies.desk.corrections
        if name in FIELD_BY_NAME and name not in corrections.NEVER
    ]
    return sorted(found, key=lambda one: not one.pressing)


def changed(pack: Pack, deal: DealRow, posted: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What differs from what the form had shown; a field that was emptied is empty."""
    found = {}
    for name in pack.policies.desk.corrections:
        values = posted.get(f"{PREFIX}{name}")
        if values and _calm(values[0]) != shown(deal.get(name)):
            found[name] = values[0]
    return found


def shown(value: str | None) -> str:
    """A value as a form shows it: on one line, without what nobody sees, and no longer than a correction may be."""
    return plain(_calm(value or ""))[: corrections.LONGEST]


def _calm(text: str) -> str:
    """One line, as a browser sends it back."""
    return " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in text[:2000]).split())


def _field(pack: Pack, deal: DealRow, name: str, *, pressing: bool) -> Correctable:
    known, allowed = FIELD_BY_NAME[name], pack.policies.desk.corrections[name]
    value, labels = shown(deal.get(name)), corrections.label_set(pack, name)
    choices: tuple[str, ...] | None = None
    if known.kind is Kind.LABEL and labels is not None:
        choices = tuple(labels.labels)
    elif known.kind is Kind.FLAG:
        choices = ("true", "false")
    role = pack.owners.roles.get(allowed.second or "")
    second = (role.title if role else "a second person") if allowed.money else None
    return Correctable(
        name=name,
        title=of_deal(name),
        value=value,
        type="date" if known.kind is Kind.DATE and _is_day(value) else "text",
        hint=_HINTS.get(known.kind, ""),
        choices=choices,
        pressing=pressing,
        second=second,
        proposed=allowed.propose,
    )


def _is_day(text: str) -> bool:
    """Whether a browser's own calendar can show it: one that it cannot, it would empty."""
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
