"""Salesforce's refusals: an array of {message, errorCode, fields}, with the status that goes with each code."""

from collections.abc import Sequence
from typing import Any


class ApiError(Exception):
    """One refusal. `code` is Salesforce's errorCode; `fields` the API names that a refused write is about."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields

    def body(self) -> list[dict[str, Any]]:
        """As every endpoint but the collections answers it."""
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            error["fields"] = list(self.fields)
        return [error]

    def inside_collection(self) -> dict[str, Any]:
        """As one failed row of a collection carries it: `statusCode` in place of `errorCode`."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields or ())}


NAMES_HINT = "Please reference your WSDL or the describe call for the appropriate names."


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    """No such endpoint or row."""
    return ApiError(404, "NOT_FOUND", message)


def method_not_allowed(method: str, allowed: Sequence[str]) -> ApiError:
    """The endpoint exists, the method does not."""
    return ApiError(
        405, "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {','.join(sorted(allowed))}"
    )


def session_invalid() -> ApiError:
    """The token is unknown or has expired."""
    return ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")


def lost_locator() -> ApiError:
    """The page's locator is unknown, or has ended."""
    return ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")


def no_calls_left() -> ApiError:
    """The org's daily limit is used up."""
    return ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


def row_locked(row_id: str) -> ApiError:
    """Another transaction held the row, or its parent, for ten seconds."""
    return ApiError(
        400, "UNABLE_TO_LOCK_ROW", f"unable to obtain exclusive access to this record or 1 records: {row_id}", []
    )


def row_failed(row_id: str) -> ApiError:
    """A validation rule of the org refused the row."""
    return ApiError(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", f"{row_id} may not be changed.", [])


def no_such_column(field: str, entity: str) -> ApiError:
    """A field that the object does not have, or that the user may not see; both read the same."""
    return ApiError(
        400,
        "INVALID_FIELD",
        f"No such column '{field}' on entity '{entity}'. If you are attempting to use a custom field, be sure to "
        f"append the '__c' after the custom field name. {NAMES_HINT}",
    )


def no_such_object(name: str) -> ApiError:
    """An sObject that the org does not have, in a query."""
    return ApiError(
        400,
        "INVALID_TYPE",
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append "
        f"the '__c' after the entity name. {NAMES_HINT}",
    )


def cannot_read(kind: str, given: object) -> ApiError:
    """A JSON value that does not fit its field."""
    shown = "true" if given is True else "false" if given is False else str(given)[:80]
    token = {str: "VALUE_STRING", bool: f"VALUE_{shown.upper()}", int: "VALUE_NUMBER_INT", float: "VALUE_NUMBER_FLOAT"}
    name = token.get(type(given), "START_OBJECT")
    return ApiError(
        400,
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {kind} from {name} value {shown} or request may be missing a required "
        "field at [line:1, column:1]",
    )
