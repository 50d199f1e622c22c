"""What an answer of Stripe's must look like before it counts: about the object asked for, with an id of its kind."""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import stripe

from connectors.ports import Body
from connectors.shapes import OtherShapeError, an_id, an_object, objects, read_json, same

MARKS = "handoff_"
"""How the names of our own metadata begin, which Stripe gives back as they were sent."""

_OBJECTS = {"account": "acct", "customer": "cus", "invoice": "in", "line_item": "il", "tax_id": "txi"}
"""What Stripe calls an object -> how the ids begin that it gives out itself."""
_IDS = {kind: re.compile(rf"{prefix}_\w+", re.ASCII) for kind, prefix in _OBJECTS.items()}
_ANY_ID = re.compile(r"\S+")
_TEXTS = {"invoice": ("status", "customer", "currency"), "tax_id": ("type", "value")}
_MAY_BE_NULL = "total_excluding_tax"
_AMOUNTS = {"invoice": (_MAY_BE_NULL,), "line_item": ("amount",)}
_LISTS = {"invoice": {"lines": "line_item"}, "customer": {"tax_ids": "tax_id"}}

Reads = Callable[[Any], Body]


def read(text: str) -> Any:
    """JSON with Decimals: numbers with a point, and Stripe's `*_decimal` texts. Raises OtherShapeError."""
    return read_json(text, object_hook=_decimals)


def one(
    kind: str, *, identifier: str | None = None, customer: str | None = None, sent: Mapping[str, Any] | None = None
) -> Reads:
    """Reads an answer of one object: the one with this id, of this customer, with the marks that were `sent`."""

    def checked(told: Any) -> Body:
        found = an_object(told, "it")
        an_id(found.get("id"), _ANY_ID if identifier else _IDS[kind], _words(kind))
        if identifier is not None:
            same(found["id"], identifier, _words(kind))
        same(found.get("object", kind), kind, "kind of object")
        if found.get("deleted") is not True:
            _check(found, kind)
            if customer is not None:
                same(found.get("customer"), customer, "customer")
            for name, value in ((sent or {}).get("metadata") or {}).items():
                if name.startswith(MARKS):  # sent as "", it is taken off
                    same((found.get("metadata") or {}).get(name) or "", value, _words(kind))
        return found

    return checked


def page(kind: str, *, after: str | None, customer: str | None = None) -> Reads:
    """Reads a page of a list of such objects, of one customer if given; `after`: the last one of the page before.

    Others may have made them, in ways that we would not: an invoice must be whole only where it bears our marks.
    """

    def checked(told: Any) -> Body:
        found = an_object(told, "it")
        rows = objects(found.get("data"), "its list")
        for row in rows:
            an_id(row.get("id"), _ANY_ID, _words(kind))
            same(row.get("object"), kind, "kind of object")
            marked = any(name.startswith(MARKS) for name in an_object(row.get("metadata") or {}, "its metadata"))
            if marked or kind != "invoice":
                _check(row, kind)
            if customer is not None:
                same(row.get("customer"), customer, "customer")
        if not isinstance(found.get("has_more"), bool) or (found["has_more"] and not rows):
            raise OtherShapeError("it does not tell whether there is more")
        if after is not None and any(row["id"] == after for row in rows):
            raise OtherShapeError("its list goes round in a circle")
        return found

    return checked


def _check(found: Body, kind: str) -> None:
    if any(not isinstance(found.get(name), str) for name in _TEXTS.get(kind, ())):
        raise OtherShapeError(f"its {_words(kind)} is not whole")
    amounts = {name: found.get(name, "missing") for name in _AMOUNTS.get(kind, ())}
    if not all(_whole(amount) or (amount is None and name == _MAY_BE_NULL) for name, amount in amounts.items()):
        raise OtherShapeError(f"an amount of its {_words(kind)} is no whole number")
    an_object(found.get("metadata") or {}, "its metadata")
    if not isinstance(found.get("email") or "", str):
        raise OtherShapeError("an address in it is no text")
    if kind == "invoice":
        an_object(found.get("automatic_tax") or {}, "its automatic tax")
        for rate in objects(found.get("default_tax_rates") or [], "its list of tax rates"):
            an_id(rate.get("id"), _ANY_ID, "a tax rate")
    for name, inner in _LISTS.get(kind, {}).items():
        if name in found or name == "lines":
            _check_list(an_object(found.get(name), "a list in it"), inner)


def _check_list(held: Body, kind: str) -> None:
    """The first objects of a list, as another object shows them."""
    rows = objects(held.get("data"), "a list in it")
    if held.get("has_more") and not rows:
        raise OtherShapeError("a list in it does not tell where it goes on")
    for row in rows:
        an_id(row.get("id"), _IDS[kind], _words(kind))
        _check(row, kind)


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _decimals(found: Body) -> Body:
    for name, value in found.items():
        if name.endswith("_decimal") and isinstance(value, str):
            found[name] = _decimal(value)
    return found


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise OtherShapeError("one of its decimals is no number")
    return number


class CheckedClient(stripe.RequestsClient):
    """Hands the SDK, of an answer that is no success, only what an error of Stripe's can be.

    The SDK takes errors apart without looking: a list in the place of an object is an AttributeError to it.
    """

    def request(self, *asked: Any, **named: Any) -> tuple[Any, int, Mapping[str, str]]:
        content, status, told = super().request(*asked, **named)
        if not 200 <= status < 300:
            content = json.dumps(_error(content)).encode()
        return content, status, told


def _error(content: bytes) -> Body:
    try:
        error = an_object(an_object(read_json(content), "it").get("error"), "its error")
    except OtherShapeError:
        return {}
    names = ("type", "code", "param", "message")
    return {"error": {name: error[name] for name in names if isinstance(error.get(name), str)}}
