"""Refuses unknown, missing and wrongly typed parameters as Stripe does, by the stripe package's own typed parameters.

The package carries a TypedDict of every operation for exactly the API version it pins; the sandbox imports it for these
types only. Each is turned into a Shape once, when the app is built.
"""

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any, Literal

from stripe._request_options import RequestOptions

from sandbox.stripe.errors import malformed

STRING_LIMIT = 5000
METADATA_KEYS, METADATA_KEY, METADATA_VALUE = 50, 40, 500
INTEGER_LIMIT = 2**63
OPTION_NAMES: dict[str, Any] = {"StripeContext": object, "Mapping": Mapping}
"""Names in the annotations of the options sent as headers, which the modules of the parameters do not import."""


class Kind(StrEnum):
    """What a parameter holds."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    ARRAY = "array"
    HASH = "hash"
    MAP = "map"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The type of one parameter. `unsettable`: an empty string removes the value instead of being refused."""

    kind: Kind
    unsettable: bool = False
    choices: tuple[str, ...] = ()
    element: "Shape | None" = None
    fields: dict[str, "Shape"] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    scalar: "Shape | None" = None
    """For a hash that may be given as one value instead, as `created` may."""


@cache
def shape_of(typed: Any) -> Shape:
    """The shape of a TypedDict of `stripe.params`, without the options that are sent as headers."""
    hints = typing.get_type_hints(typed, localns=OPTION_NAMES)
    fields = {name: _shape(hint) for name, hint in hints.items() if not _is_option(typed, name)}
    if typed.__name__.endswith("Address"):  # "" is taken for any part of one, and stored as null (bitwarden/server#776)
        fields = {name: replace(shape, unsettable=True) for name, shape in fields.items()}
    return Shape(kind=Kind.HASH, fields=fields, required=tuple(n for n in fields if n in typed.__required_keys__))


def _is_option(typed: Any, name: str) -> bool:
    return name in RequestOptions.__annotations__ and RequestOptions.__annotations__[name] is typed.__annotations__.get(
        name
    )


SCALARS = {str: Kind.STRING, int: Kind.INTEGER, float: Kind.NUMBER, Decimal: Kind.DECIMAL, bool: Kind.BOOLEAN}


def _shape(hint: Any) -> Shape:
    choices: list[str] = []
    unsettable = False
    scalars: list[Kind] = []
    nested: Shape | None = None
    for option in _options(hint):
        origin = typing.get_origin(option)
        if origin is Literal:
            values = typing.get_args(option)
            unsettable = unsettable or values == ("",)
            choices += [str(value) for value in values if value != ""]
        elif origin is list:
            nested = Shape(kind=Kind.ARRAY, element=_shape(typing.get_args(option)[0]))
        elif origin is dict:
            nested = Shape(kind=Kind.MAP)
        elif option in SCALARS:
            scalars.append(SCALARS[option])
        elif hasattr(option, "__required_keys__"):
            nested = shape_of(option)
    scalar = _scalar(scalars, choices)
    if nested is None:
        assert scalar is not None, f"no shape for {hint}"
        return Shape(kind=scalar.kind, choices=scalar.choices, scalar=scalar.scalar, unsettable=unsettable)
    return Shape(
        kind=nested.kind,
        unsettable=unsettable,
        element=nested.element,
        fields=nested.fields,
        required=nested.required,
        scalar=scalar,
    )


def _options(hint: Any) -> list[Any]:
    if typing.get_origin(hint) in (typing.Union, type(int | str)):
        return [option for part in typing.get_args(hint) for option in _options(part)]
    return [hint]


def _scalar(scalars: list[Kind], choices: list[str]) -> Shape | None:
    # `Literal[...] | str` leaves room for later API versions; this version of the API takes the literals only.
    if choices:
        others = [kind for kind in scalars if kind is not Kind.STRING]
        return Shape(kind=Kind.CHOICE, choices=tuple(choices), scalar=Shape(kind=others[0]) if others else None)
    return Shape(kind=scalars[0]) if scalars else None


def checked(shape: Shape, tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The parameters in their types; "" stands for a value to be removed. Raises StripeError for a wrong one."""
    values = {}
    for name, value in tree.items():
        path = f"{prefix}[{name}]" if prefix else name
        known = shape.fields.get(name)
        if known is None:
            raise malformed(f"Received unknown parameter: {path}", path, "parameter_unknown")
        values[name] = _read(known, value, path)
    for name in shape.required:
        if name not in values:
            path = f"{prefix}[{name}]" if prefix else name
            raise malformed(f"Missing required param: {path}.", path, "parameter_missing")
    return values


def _read(shape: Shape, value: Any, path: str) -> Any:
    if value == "":
        if shape.unsettable:
            return ""
        raise malformed(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{path}' cannot be unset. You should remove '{path}' from your request or supply a non-empty "
            "value.",
            path,
            "parameter_invalid_empty",
        )
    if isinstance(value, dict):
        return _read_nested(shape, value, path)
    if shape.kind in (Kind.ARRAY, Kind.HASH, Kind.MAP):
        if shape.scalar is not None:
            return _read_scalar(shape.scalar, value, path)
        raise malformed("Invalid array" if shape.kind is Kind.ARRAY else "Invalid object", path)
    return _read_scalar(shape, value, path)


def _read_nested(shape: Shape, value: dict[str, Any], path: str) -> Any:
    match shape.kind:
        case Kind.HASH:
            return checked(shape, value, path)
        case Kind.MAP:
            return _read_metadata(value, path)
        case Kind.ARRAY:
            if not all(index.isascii() and index.isdigit() for index in value):
                raise malformed("Invalid array", path)
            element = typing.cast(Shape, shape.element)
            return [_read(element, value[index], f"{path}[{index}]") for index in sorted(value, key=int)]
        case _:
            raise malformed(f"Invalid {shape.kind.value}: a hash was given", path)


def _read_metadata(value: dict[str, Any], path: str) -> dict[str, str]:
    if len(value) > METADATA_KEYS:
        raise malformed(f"Metadata can have up to {METADATA_KEYS} keys, but you passed in {len(value)}.", path)
    for key, text in value.items():
        where = f"{path}[{key}]"
        if not isinstance(text, str):
            raise malformed("Metadata values must be strings, but you passed in a hash.", where)
        if len(key) > METADATA_KEY:
            raise malformed(
                f"Metadata keys can have up to {METADATA_KEY} characters, but you passed in a key that is {len(key)} "
                f"characters. Invalid key: {key}",
                where,
            )
        if len(text) > METADATA_VALUE:
            raise malformed(
                f"Metadata values can have up to {METADATA_VALUE} characters, but you passed in a value that is "
                f"{len(text)} characters. Invalid value: {text}",
                where,
            )
    return value


def _read_scalar(shape: Shape, text: str, path: str) -> Any:
    match shape.kind:
        case Kind.CHOICE:
            if text in shape.choices:
                return text
            if shape.scalar is not None:
                return _read_scalar(shape.scalar, text, path)
            allowed = (
                ", ".join(shape.choices[:-1]) + " or " + shape.choices[-1] if shape.choices[1:] else shape.choices[0]
            )
            raise malformed(f"Invalid {path}: must be one of {allowed}", path)
        case Kind.BOOLEAN:
            if text not in ("true", "false"):
                raise malformed(f"Invalid boolean: {text}", path)
            return text == "true"
        case Kind.INTEGER:
            return _integer(text, path)
        case Kind.NUMBER | Kind.DECIMAL:
            number = _number(text, path)
            return float(number) if shape.kind is Kind.NUMBER else number
        case _:
            return short(text, STRING_LIMIT, path)


def _either(choices: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))


def _integer(text: str, path: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19 or abs(int(text)) >= INTEGER_LIMIT:
        raise malformed(f"Invalid integer: {text[:100]}", path, "parameter_invalid_integer")
    return int(text)


def _number(text: str, path: str) -> Decimal:
    try:
        number = Decimal(text) if text.isascii() and not set(text) & set("_eE") else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or -typing.cast(int, number.as_tuple().exponent) > 12:
        raise malformed(f"Invalid decimal: {text[:100]}", path)
    return number


def short(text: str, limit: int, path: str) -> str:
    """The text, when it has at most `limit` characters; raises StripeError otherwise."""
    if len(text) > limit:
        shown = f"{text[:10]}...{text[-10:]}"
        raise malformed(f"Invalid string: {shown}; must be at most {limit} characters", path)
    return text
