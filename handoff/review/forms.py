"""Forms as they arrive: UTF-8 fields, checked against a model that knows each of them; an extra field is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar, get_origin
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from handoff.core.errors import UsageError
from handoff.quarantine.decision import reason
from handoff.review.field_names import called

TOKEN = "csrf"  # noqa: S105 - the name of a field
_MOST_FIELDS = 5000
"""A bulk action names its entries."""

_UNREADABLE = "The form cannot be read: open the page again, and send it from there."

T = TypeVar("T", bound="Fields")


class FieldError(UsageError):
    """Fields of a form are wrong: each by its name in the form, with a sentence to stand beside it."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


class Fields(BaseModel):
    """What a form may hold, and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def _as_reason(text: str) -> str:
    try:
        return reason(text)
    except UsageError as error:
        raise PydanticCustomError("reason", str(error)) from None


Why = Annotated[str, AfterValidator(_as_reason)]
"""A reason, as every decision keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields of a form; of a GET, nothing. `token`: the one of its page."""

    token: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)

    def wrong(self, model: type[T], form: str = "") -> FieldError | None:
        """What `read` would refuse of its fields; None when it would not."""
        try:
            self.read(model, form)
        except FieldError as error:
            return error
        return None

    def read(self, model: type[T], form: str = "") -> T:
        """The form as a model; UsageError, in a sentence each, for a field too many, too few or wrong.

        An empty field counts as left out: a browser sends every field it shows. `form`: which one it is, by which
        some of its fields have names of their own.
        """
        given: dict[str, Any] = {}
        for name, values in self.fields.items():
            many = name in model.model_fields and get_origin(model.model_fields[name].annotation) in (list, tuple)
            if not many and len(values) > 1:
                raise UsageError(f"The form says {_shown(name)} twice: open the page again, and send it from there.")
            if many:
                given[name] = values
            elif values[0].strip():
                given[name] = values[0]
        try:
            return model.model_validate(given)
        except ValidationError as error:
            raise FieldError({_place(each): _said(each, form) for each in error.errors()}) from None


async def posted(request: Request) -> Form:
    """The form of a POST. Raises UsageError for a body that is none."""
    if request.method != "POST":
        return Form()
    body = await request.body()
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:  # not UTF-8, not name=value, or too many of them
        raise UsageError(_UNREADABLE) from None
    if any("\0" in text for pair in pairs for text in pair):  # no database takes it
        raise UsageError(_UNREADABLE)
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    token = fields.pop(TOKEN, [""])
    return Form(token=token[0] if len(token) == 1 else "", fields=fields)


def _place(error: Any) -> str:
    return ".".join(str(part) for part in error["loc"])


def _said(error: Any, form: str) -> str:
    label = called(_place(error), form)
    name = f"“{label}”" if label else _shown(_place(error))
    match error["type"]:
        case "missing":
            return f"{name} is empty: fill it in."
        case "reason":
            return str(error["msg"])
        case "int_parsing" | "greater_than_equal" if label:
            return f"{name} must be a whole number, 1 or more."
        case "extra_forbidden":
            return f"The form has no field {_shown(_place(error))}: open the page again, and send it from there."
        case _:
            return f"{name}: {error['msg'][0].lower()}{error['msg'][1:]}."


def _shown(name: str) -> str:
    """A field's name, cut: whoever forges a form chooses it."""
    return repr(name[:40])
