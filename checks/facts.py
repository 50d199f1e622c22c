"""What the gate must know beyond the batch itself: the time, and deals of earlier runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherDeal:
    """A deal known from an earlier run, as text, for the rules that look for duplicates."""

    deal_id: str
    account_id: str | None = None
    po_number: str | None = None
    amount: str | None = None
    currency: str | None = None
    closed_on: str | None = None
    deal_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`now` is an aware UTC datetime; `others` may include the batch's own deals, which never clash with themselves."""

    now: datetime
    others: Sequence[OtherDeal] = ()
