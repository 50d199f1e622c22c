"""What Salesforce's answers must look like before they count, whatever simple-salesforce makes of them."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import requests
from simple_salesforce.api import Salesforce

from connectors.ports import Body
from connectors.shapes import OtherShapeError, an_id, an_object, objects, same

LARGEST_PAGE = 64 * 2**20
"""Bytes. A page of 2,000 deals with their lines and long texts takes several megabytes; ten times that is no page."""

_WITHOUT_CHECK = 15
"""Characters of an id without its check digits, which Salesforce may add (services.md 54)."""
_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?", re.ASCII)


class CheckedClient(Salesforce):
    """Raises OtherShapeError for an answer that is not one of Salesforce's, before anything is read from it."""

    def parse_result_to_json(self, result: requests.Response) -> Any:
        try:
            told = super().parse_result_to_json(result)
        except (ValueError, RecursionError):
            raise OtherShapeError("it is not JSON") from None
        if not isinstance(told, dict | list):
            raise OtherShapeError("it is neither an object nor a list")
        return told


def page(told: Any, *, with_ids: bool) -> Body:
    """A page of rows, and those inside its rows; `with_ids`: each must have one. Raises OtherShapeError."""
    found = an_object(told, "it")
    rows = objects(found.get("records"), "its list of records")
    done = found.get("done")
    if not isinstance(done, bool) or not (done or isinstance(found.get("nextRecordsUrl"), str)):
        raise OtherShapeError("it does not tell whether there is more")
    for row in rows:
        _check(row, with_ids=with_ids)
    return found


def counted(told: Any) -> int:
    """How many rows a query finds. Raises OtherShapeError."""
    total = an_object(told, "it").get("totalSize")
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        raise OtherShapeError("it does not tell how many there are")
    return total


def objects_of(told: Any) -> list[Body]:
    """The objects that an org has. Raises OtherShapeError."""
    return objects(an_object(told, "it").get("sobjects"), "its list of objects")


def fields_of(told: Any) -> list[Body]:
    """The fields that a describe tells. Raises OtherShapeError."""
    fields = objects(an_object(told, "it").get("fields"), "its list of fields")
    if not fields:
        raise OtherShapeError("its list of fields is empty")
    for field in fields:
        values = objects(field.get("picklistValues") or [], "a picklist")
        named = [field.get("name"), field.get("type"), *(value.get("value") for value in values)]
        if not all(isinstance(name, str) for name in named):
            raise OtherShapeError("one of its fields has no name or type")
    return fields


def is_written(told: Any, row: Mapping[str, Any]) -> bool:
    """Whether an answer in a collection says that this row, and no other, was written; raises OtherShapeError."""
    answer = an_object(told, "the answer for a row")
    if not isinstance(answer.get("success"), bool):
        raise OtherShapeError("it does not tell whether a row was written")
    if answer["success"]:
        same(str(answer.get("id"))[:_WITHOUT_CHECK], str(row["Id"])[:_WITHOUT_CHECK], "row")
    objects(answer.get("errors") or [], "a row's errors")
    return bool(answer["success"])


def _check(row: Body, *, with_ids: bool) -> None:
    if with_ids or "Id" in row:
        an_id(row.get("Id"), _ID, "a row")
    if row.get("SystemModstamp") is not None:
        _moment(row["SystemModstamp"])
    for name, value in row.items():
        if isinstance(value, dict) and "records" in value:
            page(value, with_ids=True)
        elif name.endswith("Id") and not isinstance(value or "", str):
            raise OtherShapeError("what points at another row is no text")


def _moment(stamp: Any) -> None:
    try:
        zoned = isinstance(stamp, str) and datetime.fromisoformat(stamp).tzinfo is not None
    except ValueError:
        zoned = False
    if not zoned:
        raise OtherShapeError("a stamp in it is no moment")
