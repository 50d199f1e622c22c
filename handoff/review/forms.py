"""Forms as they arrive: UTF-8 fields, checked against a model that knows each of them; an extra field is refused."""

from dataclasses import dataclass, field
from typing import Any, TypeVar, get_origin
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError

from handoff.core.errors import UsageError

TOKEN = "csrf"  # noqa: S105 - the name of a field
_MOST_FIELDS = 5000
"""A bulk action names its entries."""

_UNREADABLE = "The form cannot be read: open the page again, and send it from there."

T = TypeVar("T", bound="Fields")


class FieldError(UsageError):
    """One field is wrong. `field`: its name in the form; the sentence stands beside it, and the rest is kept."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Fields(BaseModel):
    """What a form may hold, and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields of a form; of a GET, nothing. `token`: the one of its page."""

    token: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)

    def read(self, model: type[T]) -> T:
        """The form as a model; UsageError, in one sentence, for a field too many, too few or wrong.

        An empty field counts as left out: a browser sends every field it shows.
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
            raise UsageError("; ".join(_said(each) for each in error.errors())) from None


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


def _said(error: Any) -> str:
    name = _shown(".".join(str(part) for part in error["loc"]))
    match error["type"]:
        case "missing":
            return f"{name} is missing: fill it in"
        case "extra_forbidden":
            return f"the form has no field {name}: open the page again, and send it from there"
        case _:
            return f"{name}: {error['msg'][0].lower()}{error['msg'][1:]}"


def _shown(name: str) -> str:
    """A field's name, cut: whoever forges a form chooses it."""
    return repr(name[:40])
