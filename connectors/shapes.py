"""What an answer must look like before anything in it is believed: objects, lists, ids of the asked kind."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from connectors.ports import Body


class OtherShapeError(Exception):
    """An answer is not what was asked for. The message says what is wrong and repeats nothing of the answer."""


def read_json(text: str | bytes, object_hook: Callable[[Body], Body] | None = None) -> Any:
    """JSON, with Decimals for numbers with a point. Raises OtherShapeError for what is none."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_hook=object_hook)
    except (ValueError, RecursionError):  # a body of 100,000 brackets is JSON, but no answer
        raise OtherShapeError("it is not JSON") from None


def an_object(value: Any, what: str) -> Body:
    """The value as an object. Raises OtherShapeError."""
    if not isinstance(value, dict):
        raise OtherShapeError(f"{what} is no object")
    return value


def objects(value: Any, what: str) -> list[Body]:
    """The value as a list of objects. Raises OtherShapeError."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise OtherShapeError(f"{what} is no list of objects")
    return value


def an_id(value: Any, pattern: re.Pattern[str], what: str) -> str:
    """The value as an id of the asked kind. Raises OtherShapeError."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise OtherShapeError(f"it has no id of {what}")
    return value


def same(seen: Any, wanted: Any, what: str) -> None:
    """Raise OtherShapeError unless the answer is about what was asked for."""
    if seen != wanted:
        raise OtherShapeError(f"it is about another {what}")


def _no_number(text: str) -> Any:
    raise ValueError(text)
