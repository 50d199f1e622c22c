"""What each answer of Salesforce tells beside its content: the org's time, and how many API calls are used up."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from connectors.ports import Usage

_USAGE = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")


class Answers:
    """Hears every answer of a session; set as its response hook."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._dated: tuple[datetime, float] | None = None
        self.usage: Usage | None = None
        """As the last answer told it; None before one did."""

    def hear(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Take the headers in. A refusal may be a proxy's, with a clock of its own, so it dates nothing."""
        told = _USAGE.search(response.headers.get("Sforce-Limit-Info", ""))
        if told:
            self.usage = Usage(used=int(told[1]), allowed=int(told[2]))
        date = _date(response.headers.get("Date"))
        if date and response.ok:
            self._dated = date, self._monotonic()

    def now(self) -> datetime | None:
        """The org's time, at most: what the last answer said when it left, and what has gone by since it came in."""
        if self._dated is None:
            return None
        date, heard = self._dated
        return date + timedelta(seconds=max(0.0, self._monotonic() - heard))


def _date(text: str | None) -> datetime | None:
    """A Date header in UTC; whole seconds, cut off."""
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found and found.tzinfo else None
