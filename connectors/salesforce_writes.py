"""Writing to Salesforce: absolute values, in collections whose rows succeed or fail each by itself (services.md 51)."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connectors.errors import AuthFailed, ConnectorError, Refused
from connectors.ports import Body, WriteResult
from connectors.retries import Retries
from connectors.salesforce_answers import is_written
from connectors.salesforce_errors import SOON
from connectors.salesforce_session import SalesforceSession
from connectors.shapes import OtherShapeError
from connectors.wire import said
from handoff.core.errors import UsageError

ROWS_A_COLLECTION = 200
WRITE_TRIES = 3
MOST_SPLITS = 16
"""How often a refused collection is halved: two rows out of 200 are found so; what is wrong with all is told of all."""


class Collections:
    """Writes rows of one object in collections, through a session."""

    def __init__(self, session: SalesforceSession, retries: Retries) -> None:
        self._session = session
        self._retries = retries

    def write(self, object_name: str, rows: list[Body]) -> list[WriteResult]:
        """Any number of rows; a result for each, in their order. Raises AuthFailed."""
        results: list[WriteResult] = []
        for at in range(0, len(rows), ROWS_A_COLLECTION):
            results += self._write_some(object_name, rows[at : at + ROWS_A_COLLECTION])
        return results

    def _write_some(self, object_name: str, rows: list[Body]) -> list[WriteResult]:
        """Write one collection; rows that another transaction held locked are tried again, and only those."""
        results: dict[int, WriteResult] = {}
        waiting = list(range(len(rows)))
        for turn in range(WRITE_TRIES):
            if turn:
                self._retries.rest(turn)
            answers = self._divided(object_name, [rows[at] for at in waiting])
            results.update(zip(waiting, answers, strict=True))
            waiting = [at for at in waiting if results[at].transient and results[at].code in SOON]
            if not waiting:
                break
        return [results[at] for at in range(len(rows))]

    def _divided(self, object_name: str, rows: list[Body]) -> list[WriteResult]:
        """Send rows together; where one that cannot be read spoils all, halve them until it stands alone."""
        results: dict[int, WriteResult] = {}
        parts, splits = [(0, rows)], MOST_SPLITS
        while parts:
            start, some = parts.pop(0)
            try:
                answers = self._sent(object_name, some)
            except Refused as error:
                if len(some) > 1 and splits:
                    splits -= 1
                    half = len(some) // 2
                    parts += [(start, some[:half]), (start + half, some[half:])]
                    continue
                answers = [_failed(row, error.message, error.code, transient=False) for row in some]
            results.update(enumerate(answers, start))
        return [results[at] for at in range(len(rows))]

    def _sent(self, object_name: str, rows: list[Body]) -> list[WriteResult]:
        body = {"allOrNone": False, "records": [{"attributes": {"type": object_name}, **row} for row in rows]}
        data = json.dumps(body, default=_json)
        try:
            answers = self._session.call(
                lambda client: client.restful("composite/sobjects", method="PATCH", data=data), sent=rows
            )
        except (AuthFailed, Refused):
            raise
        except ConnectorError as error:  # the collection as a whole failed: the others may still go through
            return [_failed(row, error.message, error.code, transient=True) for row in rows]
        if not isinstance(answers, list) or len(answers) != len(rows):
            return [_unanswered(row, "the answer does not tell what became of each row") for row in rows]
        return [_written(row, answer) for row, answer in zip(rows, answers, strict=True)]


def _written(row: Body, answer: Any) -> WriteResult:
    try:
        if is_written(answer, row):
            return WriteResult(deal_id=row["Id"])
    except OtherShapeError as error:
        return _unanswered(row, f"the answer is not Salesforce's: {error}")
    first: Body = next(iter(answer.get("errors") or []), {})
    code = str(first.get("statusCode") or first.get("errorCode") or "UNKNOWN")
    return _failed(row, f"{code}: {said(first.get('message'), row)}", code, transient=code in SOON)


def _unanswered(row: Body, why: str) -> WriteResult:
    return _failed(row, why, "no_answer", transient=True)


def _failed(row: Body, error: str, code: str | None, *, transient: bool) -> WriteResult:
    return WriteResult(deal_id=row["Id"], error=error, code=code, transient=transient)


def _json(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):  # Salesforce reads numbers from texts, and a float would change them
        return format(value, "f")
    raise UsageError(f"a {type(value).__name__} cannot be written to Salesforce.")
