"""fields.yaml: how a source's fields become deal fields, and which of them a handoff needs."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from handoff.core.pack.part import PackPart


def _as_list(values: Any) -> Any:
    return [values] if isinstance(values, str) else values


Condition = dict[str, Annotated[tuple[str, ...], BeforeValidator(_as_list)]]
"""Deal field -> values; all fields must match one of their values. A label group (EU) counts as its labels."""


class MappedField(PackPart):
    """Where a deal field comes from: a source path (`Account.Name`) or a constant `value`.

    A field that needs nothing else may be written as its path alone: `account_name: Account.Name`.
    """

    source: str | None = Field(default=None, alias="from")
    value: str | None = None
    format: str | None = None
    """Dates: a strptime pattern (default ISO 8601). Amounts: `1234.50` (default), `1,234.50` or `1.234,50`."""
    labels: str | None = None
    """The label set of a label field."""
    true: tuple[str, ...] = ("true", "yes", "1")
    false: tuple[str, ...] = ("false", "no", "0")
    """Flags: the words for true and false, whatever their case."""

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, value: Any) -> Any:
        return {"from": value} if isinstance(value, str) else value


class LineMap(PackPart):
    """Where a deal's lines come from. `relationship` None: the deal itself is its only line."""

    relationship: str | None = None
    object: str | None = None
    parent: str | None = None
    fields: dict[str, MappedField]


class Join(PackPart):
    """A look-up table of an export: its row (or nothing) hangs under the join's name, as a CRM's parent does."""

    file: str
    on: dict[str, str]
    """Column of the deal -> column of this file (a dotted column reaches into an earlier join)."""


class SourceMap(PackPart):
    """One source: for a CRM its `object`, for an export its `file` and `joins`."""

    object: str = "deals"
    file: str | None = None
    delimiter: str = ","
    encoding: str = "utf-8"
    joins: dict[str, Join] = {}
    related: dict[str, str] = {}
    """CRM object -> field of the deal that points at it: a change there is a change of the deal."""
    fields: dict[str, MappedField]
    lines: LineMap | None = None
    write_back: dict[str, str] = {}
    """Handoff value (status, reason, owner, due, next_step, invoice, project, page, last_run) -> CRM field."""


class Required(PackPart):
    """When a field must be filled: only under this condition."""

    when: Condition


class FieldMap(PackPart):
    """fields.yaml as a whole."""

    owner_role: str
    sources: dict[str, SourceMap]
    required: dict[str, Literal["always"] | Required] = {}
    """Deal field, or `lines.<line field>` -> when it must be filled."""
