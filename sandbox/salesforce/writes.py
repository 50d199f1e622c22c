"""Creates, changes and deletes rows as the REST API lets a client do it: one at a time or in collections of 200."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sandbox.faults import Fault
from sandbox.salesforce.errors import ApiError, not_found, row_failed, row_locked
from sandbox.salesforce.fields import IDS, Field
from sandbox.salesforce.ids import as_18
from sandbox.salesforce.org import INTEGRATION_USER, Org, Row
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.standard import NEVER_DELETED

COLLECTION_LIMIT = 200
CHUNK_LIMIT = 10
"""How often the type may change within one collection (sObject Collections)."""
ROW_FAULTS: dict[str, Callable[[str], ApiError]] = {"row_locked": row_locked, "row_failed": row_failed}
"""What a fault plan orders -> how a row of a collection fails, given its id."""


def row_by_id(org: Org, kind: ObjectType, given: str) -> Row:
    """The live row with this id. Raises ApiError (404)."""
    full = as_18(given)
    if full is None or not full.startswith(kind.prefix):
        raise not_found(f"Provided external ID field does not exist or is not accessible: {given}")
    row = org.tables[kind.name].get(full)
    if row is None:
        raise not_found()
    if row["IsDeleted"]:
        raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted", [])
    return row


def rows_by_external_id(org: Org, kind: ObjectType, field_name: str, value: str) -> list[Row]:
    """The live rows with this value in an external id field. Raises ApiError (404) when it is no such field."""
    found = kind.by_lower.get(field_name.lower())
    if found is None or not (found.external_id or found.type == "id"):
        raise not_found(f"Provided external ID field does not exist or is not accessible: {field_name}")
    wanted = value.lower()
    rows = org.tables[kind.name].values()
    return [row for row in rows if not row["IsDeleted"] and str(row[found.name] or "").lower() == wanted]


def create(org: Org, kind: ObjectType, body: Row) -> Row:
    """A new row. Raises ApiError when a value or a required field is wrong."""
    values = _values(org, kind, body)
    missing = [found.name for found in kind.fields.values() if found.required and values.get(found.name) is None]
    if missing:
        raise _required(missing)
    _refuse_duplicates(org, kind, values, own_id=None)
    stamp = org.stamp()
    row = {
        "Id": org.new_id(kind),
        **dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), stamp),
        "CreatedById": INTEGRATION_USER,
        "LastModifiedById": INTEGRATION_USER,
    }
    if "OwnerId" in kind.fields:
        row["OwnerId"] = INTEGRATION_USER
    if "CurrencyIsoCode" in kind.fields:
        row["CurrencyIsoCode"] = org.default_currency
    row |= values
    org.write(row, lambda: org.place(kind, row))
    return row


def change(org: Org, kind: ObjectType, row: Row, body: Row) -> None:
    """Write the body's fields on the row. Raises ApiError, having changed nothing."""
    values = checked_change(org, kind, row, body)
    org.write(row, lambda: org.change(kind, row, values))


def checked_change(org: Org, kind: ObjectType, row: Row, body: Row) -> Row:
    """The values that a change would write. Raises ApiError."""
    values = _values(org, kind, body)
    missing = [name for name, value in values.items() if value is None and kind.fields[name].required]
    if missing:
        raise _required(missing)
    _refuse_duplicates(org, kind, values, own_id=row["Id"])
    return values


def delete(org: Org, kind: ObjectType, row: Row) -> None:
    """Move the row to the recycle bin. Raises ApiError where Salesforce would not let it go."""
    if kind.name in NEVER_DELETED:
        raise ApiError(400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", [])
    if kind.name == "Account":
        deals = org.by_parent["Opportunity", "AccountId"].get(row["Id"], {}).values()
        if any(deal["IsWon"] for deal in deals):
            raise ApiError(
                400,
                "DELETE_FAILED",
                f"Your attempt to delete {row['Name']} could not be completed because some opportunities in this "
                "account were closed won. The opportunities that could not be deleted are the closed won ones.",
                [],
            )
    org.write(row, lambda: org.delete(kind, row))


def change_collection(org: Org, body: Any, fault: Fault | None = None) -> list[Row]:
    """`PATCH /composite/sobjects`: one answer for each row, in order, failures among them. Raises ApiError.

    `fault` makes the first of its `rows` fail that nothing else is wrong with.
    """
    rows, all_or_none = _collection(org, body)
    answers: list[Row] = []
    planned: list[tuple[ObjectType, Row, Row] | None] = []
    seen: set[str] = set()
    failed: set[str] = set()
    for given in rows:
        try:
            kind, row, values = _planned(org, given, seen)
            if fault is not None and fault.do in ROW_FAULTS and len(failed) < fault.rows:
                failed.add(row["Id"])
                raise ROW_FAULTS[fault.do](row["Id"])
            planned.append((kind, row, values))
            answers.append({"id": row["Id"], "success": True, "errors": []})
        except ApiError as error:
            if error.code in {"JSON_PARSER_ERROR", "INVALID_FIELD"}:  # the body was not understood: nothing is done
                raise
            planned.append(None)
            answers.append({"success": False, "errors": [error.inside_collection()]})
    if all_or_none and None in planned:
        rolled_back = ApiError(
            400,
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "Record rolled back because not all records were valid and the request was using AllOrNone header",
        )
        undone = {"success": False, "errors": [rolled_back.inside_collection()]}
        return [undone if plan is not None else answer for plan, answer in zip(planned, answers, strict=True)]
    for plan in planned:
        if plan is not None:
            org.write(plan[1], partial(org.change, *plan))
    return answers


def _collection(org: Org, body: Any) -> tuple[list[Row], bool]:
    if not isinstance(body, dict) or not isinstance(body.get("records"), list):
        raise ApiError(400, "JSON_PARSER_ERROR", "Unexpected parameter encountered during deserialization: records")
    unknown = next((key for key in body if key not in {"allOrNone", "records"}), None)
    all_or_none = body.get("allOrNone", False)
    if unknown is not None or not isinstance(all_or_none, bool):
        named = unknown or "allOrNone"
        raise ApiError(400, "JSON_PARSER_ERROR", f"Unexpected parameter encountered during deserialization: {named}")
    rows: list[Row] = body["records"]
    if len(rows) > COLLECTION_LIMIT:
        message = f"record limit reached. cannot submit more than {COLLECTION_LIMIT} records into this call"
        raise ApiError(400, "EXCEEDED_ID_LIMIT", message)
    types = [_type_of(row) for row in rows]
    chunks = sum(1 for before, now in zip([None, *types], types, strict=False) if before != now)
    if chunks > CHUNK_LIMIT:
        message = f"Cannot have more than {CHUNK_LIMIT} chunks in a single operation. Please rearrange the data to "
        raise ApiError(400, "LIMIT_EXCEEDED", f"{message}reduce chunking.")
    for name in types:
        if name not in org.schema:
            raise ApiError(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return rows, all_or_none


def _type_of(row: Any) -> str:
    attributes = row.get("attributes") if isinstance(row, dict) else None
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(name, str):
        raise ApiError(400, "INVALID_TYPE", "Must specify a type in the attributes of every record")
    return name


def _planned(org: Org, given: Row, seen: set[str]) -> tuple[ObjectType, Row, Row]:
    kind = org.schema[_type_of(given)]
    named = given.get("id") or given.get("Id")
    if not named:
        raise ApiError(400, "MISSING_ARGUMENT", "Id not specified in an update call", [])
    full = as_18(named)
    if full is None or not full.startswith(kind.prefix):
        raise ApiError(400, "MALFORMED_ID", f"{kind.label} ID: id value of incorrect type: {named}", ["Id"])
    row = org.tables[kind.name].get(full)
    if row is None:
        raise ApiError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    if row["IsDeleted"]:
        raise ApiError(400, "ENTITY_IS_DELETED", "entity is deleted", [])
    body = {name: value for name, value in given.items() if name.lower() != "id"}
    values = checked_change(org, kind, row, body)
    if full in seen:
        raise ApiError(400, "DUPLICATE_VALUE", f"Duplicate id in list: {full}", [])
    seen.add(full)
    return kind, row, values


def _values(org: Org, kind: ObjectType, body: Row) -> Row:
    values: Row = {}
    frozen = []
    for name, given in body.items():
        if name == "attributes":
            continue
        found = kind.by_lower.get(name.lower())
        if found is None:
            raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
        if found.type == "id":
            raise ApiError(400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.")
        if not found.writable:
            frozen.append(found.name)
            continue
        values[found.name] = found.read(given)
        if found.type in IDS and values[found.name] is not None:
            values[found.name] = _target(org, found, values[found.name])
    if frozen:
        raise ApiError(
            400,
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(frozen)}. Please check the security settings of this field "
            "and verify that it is read/write for your profile or permission set.",
            frozen,
        )
    return values


def _target(org: Org, found: Field, given: str) -> str:
    full = as_18(given)
    kind = org.schema.get(found.reference_to or "")
    if full is None or (kind is not None and not full.startswith(kind.prefix)):
        raise ApiError(400, "MALFORMED_ID", f"{found.label}: id value of incorrect type: {given}", [found.name])
    if kind is None:
        return full
    row = org.tables[kind.name].get(full)
    if row is None:
        raise ApiError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    if row["IsDeleted"]:
        raise ApiError(400, "ENTITY_IS_DELETED", "entity is deleted", [])
    return full


def _required(names: list[str]) -> ApiError:
    return ApiError(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(names)}]", names)


def _refuse_duplicates(org: Org, kind: ObjectType, values: Row, own_id: str | None) -> None:
    for name, value in values.items():
        if value is None or not kind.fields[name].unique:
            continue
        for row in org.tables[kind.name].values():
            if row["Id"] != own_id and not row["IsDeleted"] and str(row[name]).lower() == str(value).lower():
                message = f"duplicate value found: {name} duplicates value on record with id: {row['Id']}"
                raise ApiError(400, "DUPLICATE_VALUE", message, [])
