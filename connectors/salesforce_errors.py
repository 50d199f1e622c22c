"""Errors of Salesforce's REST API as ours, by what the caller must do (services.md 37, 38, 48, 53)."""

import re
from collections.abc import Mapping
from typing import Any

from simple_salesforce.exceptions import SalesforceError

from connectors.errors import AuthFailed, ConnectorError, Refused, Transient, UnknownOutcome
from connectors.wire import said

SERVICE = "Salesforce"
LOCKED = "UNABLE_TO_LOCK_ROW"
LOST_PAGE = "INVALID_QUERY_LOCATOR"
SOON = frozenset({LOCKED, "QUERY_TIMEOUT", "SERVER_UNAVAILABLE", "CONCURRENT_REQUEST_LIMIT_EXCEEDED"})
"""Not done, and worth another try at once."""
DAILY_LIMIT_SECONDS = 3600.0
"""The limit counts the last 24 hours: an hour later some calls are free again."""

_NO_COLUMN = re.compile(r"No such column '(?P<field>\w+)' on (?:entity|sobject of type) '?(?P<object>\w+)")
_NO_RELATIONSHIP = re.compile(r"Didn't understand relationship '(?P<field>\w+)'")


def translated(error: SalesforceError, *, host: str, sent: Any) -> ConnectorError:
    """The ConnectorError for an answer that is no success; `sent` is masked in what Salesforce said."""
    status = error.status
    told = _first(error.content)
    code, message = told.get("errorCode"), str(told.get("message") or "")
    if not isinstance(code, str) or not code:
        why = f"{host} gave an answer that is not Salesforce's (status {status})."
        return UnknownOutcome(why, service=SERVICE, status=status, code="not_json")
    kind, why, wait = _meaning(status, code, message)
    sentence = _missing(message) or f"{why} ({code}): {said(_after_the_query(message), sent)}"
    return kind(sentence, service=SERVICE, status=status, code=code, retry_after=wait)


def _meaning(status: int, code: str, message: str) -> tuple[type[ConnectorError], str, float | None]:
    """What the caller must do, how the sentence begins, and how long to wait (seconds)."""
    if code == "REQUEST_LIMIT_EXCEEDED":
        at_once = "concurrent" in message.lower()  # too many at a time, or too many in 24 hours
        return Transient, "the org has no API calls left", None if at_once else DAILY_LIMIT_SECONDS
    if code in SOON or status == 429:
        return Transient, "asks us to try again", None
    if status in {401, 403}:
        return AuthFailed, "the user may not do this", None
    if status >= 500:
        return UnknownOutcome, f"failed (status {status})", None
    return Refused, "refused the request", None


def _missing(message: str) -> str | None:
    """One sentence for a field that the org does not have, or does not show to us (services.md 48)."""
    found = _NO_COLUMN.search(message) or _NO_RELATIONSHIP.search(message)
    if not found:
        return None
    named = found.groupdict()
    on = f" on {named['object']}" if named.get("object") else ""
    return (
        f"the org has no field {named['field']}{on}, or hides it from this login. "
        "Correct fields.yaml, or grant the field to the user."
    )


def _after_the_query(message: str) -> str:
    """Messages about a query repeat it first, with its values; only what follows the position is of use."""
    return re.split(r"ERROR at Row:\d+:Column:\d+", message)[-1]


def _first(content: Any) -> Mapping[str, Any]:
    """The first error of the array; empty when the answer is not Salesforce's."""
    found = content[0] if isinstance(content, list) and content else content
    return found if isinstance(found, Mapping) else {}
