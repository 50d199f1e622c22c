"""What the address of the queue says: tab, filters, order and place. The address of a view is its saved link."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import QueryParams

from handoff.core.errors import UsageError
from handoff.core.money import Money, MoneyError, is_currency
from handoff.review.forms import FieldError
from handoff.store.queue_pages import LARGEST_NUMBER, SHAPES, Key, Sort
from handoff.store.sought import LONGEST

_LONGEST_PLACE = 6 * LONGEST  # a name of the longest, in base64 of UTF-8
_BIGGEST = 2**63 - 1
Tab = Literal["mine", "roles", "all"]


class Asked(BaseModel):
    """The queue as somebody wants it. Fields are the parameters of the address."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, populate_by_name=True)

    tab: Tab | None = None
    q: str = Field(default="", max_length=200)
    rule: str = Field(default="", max_length=64)
    owner: str = Field(default="", max_length=254)
    account: str = Field(default="", max_length=200)
    above: str = Field(default="", max_length=24, alias="from")
    below: str = Field(default="", max_length=24, alias="to")
    currency: str = Field(default="", max_length=3)
    state: Literal["open", "queued", "released", "rejected", "all"] = "open"
    age: Literal["", "overdue", "day", "week", "month"] = ""
    cause: str = Field(default="", pattern=r"^(C-[0-9a-fA-F]{10})?$")
    sort: Sort = Sort.DUE
    order: Literal["up", "down"] = "up"
    after: str = Field(default="", max_length=_LONGEST_PLACE)
    before: str = Field(default="", max_length=_LONGEST_PLACE)

    @property
    def descending(self) -> bool:
        return self.order == "down"

    @property
    def filtered(self) -> bool:
        """Whether it shows less than its tab."""
        return any((self.q, self.rule, self.owner, self.account, self.above, self.below, self.currency)) or bool(
            self.age or self.cause or self.state != "open"
        )

    def amounts(self) -> tuple[int | None, int | None]:
        """Both ends of the range of amounts, in minor units. Raises FieldError for what is none."""
        return self._amount("from", self.above), self._amount("to", self.below)

    def _amount(self, field: str, text: str) -> int | None:
        if not text:
            return None
        if not self.currency:
            raise FieldError({"currency": "Choose the currency, too: amounts of two currencies are not compared."})
        if not is_currency(currency := self.currency.upper()):
            raise FieldError({"currency": f"{self.currency!r} is no currency: choose one of the list."})
        try:
            return Money.parse(text.replace(",", "").replace(" ", ""), currency).minor
        except MoneyError as error:
            raise FieldError({field: f"{error}."}) from None

    def url(self, path: str = "/queue", **changes: str | None) -> str:
        """The address of the same view with some changes; without a place in it, unless that is changed, too."""
        said = {**self.said(), "after": None, "before": None, **changes}
        query = urlencode({name: value for name, value in said.items() if value})
        return f"{path}?{query}" if query else path

    def said(self) -> dict[str, str]:
        """The parameters that differ from what holds without them."""
        found = self.model_dump(by_alias=True, exclude_defaults=True)
        return {name: str(value) for name, value in found.items() if value}

    def place(self, text: str) -> Key | None:
        """A place in this order, as `mark` wrote it. Raises UsageError for anything else."""
        return _place(text, self.sort, self.order) if text else None

    def mark(self, key: Key) -> str:
        """A place in this order, for an address."""
        return _mark(key, self.sort, self.order)


def asked(query: QueryParams) -> Asked:
    """What an address asks for. Raises UsageError, in one sentence, for a parameter too many, twice, or wrong."""
    given: dict[str, str] = {}
    for name, value in query.multi_items():
        if name in given:
            raise UsageError(f"The address says {name[:40]!r} twice: begin at the queue, and choose there.")
        if not value.isprintable():
            raise UsageError(f"The address has characters in {name[:40]!r} that nobody can read: begin at the queue.")
        given[name] = value
    try:
        found = Asked.model_validate({name: value for name, value in given.items() if value.strip()})
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])[:40]
        raise UsageError(f"The queue cannot be shown by {name!r} as the address says it: begin at the queue.") from None
    if found.after and found.before:
        raise UsageError("The address names two places in the queue: begin at its first page.")
    found.place(found.after or found.before)
    return found


def _mark(key: Key, sort: Sort, order: str) -> str:
    parts = [part.astimezone(UTC).isoformat() if isinstance(part, datetime) else part for part in key]
    text = json.dumps([sort.value, order, *parts], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(text: str, sort: Sort, order: str) -> Key:
    bad = UsageError("That place in the queue cannot be read: begin at its first page.")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw.decode())
        if not isinstance(found, list) or found[:2] != [sort.value, order]:
            raise bad
        parts, shape = found[2:], SHAPES[sort]
        if len(parts) != len(shape):
            raise bad
        key = tuple(_part(part, kind) for part, kind in zip(parts, shape, strict=True))
    except (binascii.Error, ValueError, TypeError, RecursionError, OverflowError):
        raise bad from None
    number = key[-1]
    if not isinstance(number, int) or not 0 < number <= LARGEST_NUMBER:
        raise bad
    return key


def _part(part: object, kind: type) -> datetime | int | str:
    if kind is datetime and isinstance(part, str):
        at = datetime.fromisoformat(part)
        if at.tzinfo is None:
            raise ValueError("a moment without a zone")
        return at.astimezone(UTC)
    if kind is int and type(part) is int and -_BIGGEST <= part <= _BIGGEST:
        return part
    if kind is str and isinstance(part, str) and len(part) <= LONGEST and "\x00" not in part:
        part.encode()
        return part
    raise ValueError("a part of another kind")
