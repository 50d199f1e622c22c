"""Stripe's lists: newest first, `limit` 1 to 100 (10 unless given), cursors exclusive; no page and no offset."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar

from sandbox.stripe.account import Call, Json
from sandbox.stripe.errors import malformed, missing

T = TypeVar("T")

PREFIXES = {"customer": "cus_", "invoice": "in_", "line_item": "il_", "tax rate": "txr_", "tax_id": "txi_"}
"""What Stripe calls an object -> how its ids begin."""
DEFAULT_LIMIT, LARGEST_LIMIT = 10, 100


def page(
    call: Call,
    found: dict[str, T],
    noun: str,
    *,
    keep: Callable[[T], bool] = lambda _: True,
    oldest_first: bool = False,
) -> Json:
    """One page of `found` (id -> object, in the order made). Raises StripeError for a wrong cursor or limit."""
    forward, cursor = _cursor(call, noun)
    position = call.account.position
    rising = forward == oldest_first  # read from old to new?
    chosen: Iterable[str] = found if rising else reversed(found)
    if cursor is not None:
        chosen = (key for key in chosen if (position[key] > cursor if rising else position[key] < cursor))
    limit = limit_of(call)
    shown = (found[key] for key in chosen if keep(found[key]) and not _lags(call, found[key]))
    matching = list(islice(shown, limit + 1))
    told = matching[:limit] if forward else matching[:limit][::-1]
    return listed(call.path, told, has_more=len(matching) > limit)


def _lags(call: Call, one: Any) -> bool:
    """Whether the list does not show the object yet; `one` is a wire, or holds it."""
    wire = getattr(one, "wire", one)
    return call.lag > 0 and wire.get("created", 0) > call.now - call.lag


def listed(url: str, shown: list[T], *, has_more: bool) -> Json:
    """A list as answered."""
    return {"object": "list", "data": shown, "has_more": has_more, "url": url}


def limit_of(call: Call) -> int:
    """How many to answer. Raises StripeError outside 1 to 100."""
    limit: int = call.params.get("limit", DEFAULT_LIMIT)
    if limit < 1:
        raise malformed("This value must be greater than or equal to 1.", "limit", "parameter_invalid_integer")
    if limit > LARGEST_LIMIT:
        raise malformed(
            f"This value must be less than or equal to {LARGEST_LIMIT} (it currently is '{limit}').",
            "limit",
            "parameter_invalid_integer",
        )
    return limit


def _cursor(call: Call, noun: str) -> tuple[bool, int | None]:
    after, before = call.params.get("starting_after"), call.params.get("ending_before")
    if after is not None and before is not None:
        raise malformed("You may only specify one of these parameters: starting_after, ending_before.")
    name, identifier = ("starting_after", after) if before is None else ("ending_before", before)
    if identifier is None:
        return True, None
    position = call.account.position.get(identifier)
    if position is None or not identifier.startswith(PREFIXES[noun]):
        raise missing(noun, identifier, name)
    return before is None, position


def within(moment: int | None, span: Any) -> bool:
    """Whether a moment meets a `created` or `due_date` filter: an exact one, or gt, gte, lt, lte."""
    if span is None:
        return True
    if moment is None:
        return False
    if not isinstance(span, dict):
        return bool(moment == span)
    return bool(
        moment > span.get("gt", moment - 1)
        and moment >= span.get("gte", moment)
        and moment < span.get("lt", moment + 1)
        and moment <= span.get("lte", moment)
    )
