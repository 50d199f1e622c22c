"""What changed of a deal since its invoice was planned, by what it means for an invoice that is out. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from handoff.core.deal import DealRow
from handoff.core.handoff import EffectKind
from handoff.core.pack import Pack
from handoff.ledger.steps import Plan, plan

_UNREADABLE = (ValueError, KeyError, ArithmeticError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What a plan invoices, excluding tax: minor units as Stripe counts them, and the currency in upper case."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Each group in words, such as `billing name Acme -> Acme SE`; all empty: the deal is as it was planned."""

    lost: str | None = None
    """Why it is not for us any more."""
    unreadable: bool = False
    """Nobody can say any more what it would be invoiced as."""
    money: tuple[str, ...] = ()
    """What is owed, to which of our companies, or its tax: a paid invoice is wrong by it too."""
    paper: tuple[str, ...] = ()
    """What else stands on the invoice, or to which account it goes: no matter once it is paid."""
    customer: tuple[str, ...] = ()
    """Who receives the invoice: a draft follows its customer, an open invoice does not."""
    fields: tuple[str, ...] = ()
    """Names of all deal fields that differ, for the audit."""
    scopes: frozenset[str] = frozenset()
    """Effects that would be sent otherwise, or not at all."""
    moved: bool = False
    """Whether it goes to another customer, or from another Stripe account."""
    before: Total | None = None
    after: Total | None = None

    @property
    def matter(self) -> bool:
        """Whether an invoice that is out could be wrong by them."""
        return bool(self.lost or self.unreadable or self.money or self.paper or self.customer)


def changes_of(old: DealRow, new: DealRow, pack: Pack, key: str, lost: str | None) -> Changes:
    """Compare a deal as it was planned with what it is now, both by the pack of today."""
    fields = tuple(changed_fields(old, new))
    if lost:
        return Changes(lost=lost, fields=fields)
    before, after = _planned(old, pack, key), _planned(new, pack, key)
    if before is None:  # it was done by hand, since nothing could be planned of it
        return _by_fields(old, new, fields, key)
    if after is None:
        return Changes(unreadable=True, fields=fields)
    money, paper = tuple(_money(before, after)), tuple(_paper(before, after))
    if not money and not paper and before.billing_content != after.billing_content:
        paper = ("another part of the invoice",)
    return Changes(
        money=money,
        paper=paper,
        customer=tuple(_customer(before, after)),
        fields=fields,
        scopes=frozenset(_scopes(before, after)),
        moved=(before.stripe_account, before.customer.scope) != (after.stripe_account, after.customer.scope),
        before=_total(before),
        after=_total(after),
    )


def changed_fields(old: DealRow, new: DealRow) -> list[str]:
    """Names of the deal fields that differ, for the audit."""
    names = [name for name in new.values if old.get(name) != new.get(name)]
    return [*names, "lines"] if old.lines != new.lines else names


_OWED = ("amount", "currency", "billing_entity", "instalment_plan", "tax_id", "tax_exempt")
_LINE_MONEY = ("quantity", "unit_price", "line_total")


def _by_fields(old: DealRow, new: DealRow, fields: tuple[str, ...], key: str) -> Changes:
    """For a deal that could not be planned: whether what it comes to differs, as far as its fields tell."""
    owed = [name for name in _OWED if old.get(name) != new.get(name)]
    lines = [[[line.get(name) for name in _LINE_MONEY] for line in row.lines] for row in (old, new)]
    money = (*(name.replace("_", " ") for name in owed), *(["line amounts"] if lines[0] != lines[1] else []))
    return Changes(money=money, fields=fields, scopes=frozenset([f"bk:{key}:{EffectKind.INVOICE}:1"] if money else []))


def _planned(row: DealRow, pack: Pack, key: str) -> Plan | None:
    try:
        return plan(row, pack, key, "")
    except _UNREADABLE:
        return None


def _scopes(before: Plan, after: Plan) -> Iterator[str]:
    old, new = ({e.scope: e.body for e in of.effects} for of in (before, after))
    yield from (scope for scope in old.keys() | new.keys() if old.get(scope) != new.get(scope))


def _bodies(of: Plan, kind: EffectKind, name: str) -> list[Any]:
    return [e.body[name] for e in of.effects if e.kind == kind]


def _expected(of: Plan) -> list[Mapping[str, Any]]:
    return _bodies(of, EffectKind.VERIFY, "expected")


def _total(of: Plan) -> Total | None:
    expected = _expected(of)
    if not expected:
        return None
    return Total(minor=sum(e["total_excluding_tax"] for e in expected), currency=expected[0]["currency"].upper())


def _money(before: Plan, after: Plan) -> Iterator[str]:
    old, new = _expected(before), _expected(after)
    if before.stripe_account != after.stripe_account:
        yield "billing entity"
    if [e["currency"] for e in old[:1]] != [e["currency"] for e in new[:1]]:
        yield "currency"
    if _total(before) != _total(after):
        yield "total"
    elif [e["total_excluding_tax"] for e in old] != [e["total_excluding_tax"] for e in new]:
        yield "instalments"
    elif [sorted(e["lines"]) for e in old] != [sorted(e["lines"]) for e in new]:
        yield "line amounts"
    if _tax(before) != _tax(after):
        yield "tax"


def _paper(before: Plan, after: Plan) -> Iterator[str]:
    old, new = _bodies(before, EffectKind.INVOICE, "draft"), _bodies(after, EffectKind.INVOICE, "draft")
    names = {"days_until_due": "payment terms", "custom_fields": "PO number", "description": "memo"}
    for name, words in names.items():
        if [draft.get(name) for draft in old[:1]] != [draft.get(name) for draft in new[:1]]:
            yield words
    if len(old) == len(new) and _line_texts(before) != _line_texts(after):
        yield "line texts"
    accounts = [p.customer.body["account_id"] for p in (before, after)]
    if accounts[0] != accounts[1]:
        yield f"account {accounts[0]} -> {accounts[1]}"


def _line_texts(of: Plan) -> list[str]:
    return [line["description"] for part in _bodies(of, EffectKind.LINES, "lines") for line in part]


def _tax(of: Plan) -> list[Any]:
    return [(e["automatic_tax"], e["tax_rates"]) for e in _expected(of)[:1]]


def _customer(before: Plan, after: Plan) -> Iterator[str]:
    old, new = before.customer.body, after.customer.body
    said = [(body["customer"], body["tax_id"] or {}) for body in (old, new)]
    parts = {
        "billing name": [customer.get("name") for customer, _ in said],
        "billing e-mail": [customer.get("email") for customer, _ in said],
        "billing address": [", ".join((customer.get("address") or {}).values()) for customer, _ in said],
        "tax id": [tax_id.get("value") for _, tax_id in said],
        "tax exemption": [customer.get("tax_exempt") for customer, _ in said],
    }
    for words, (was, is_now) in parts.items():
        if was != is_now:
            yield f"{words} {was or 'none'} -> {is_now or 'none'}"
