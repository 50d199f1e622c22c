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
    """The path in the source, such as `Account.Name`; an export's column, or `join.column`."""
    value: str | None = None
    """The same text for every deal, in place of `from`."""
    format: str | None = None
    """Dates: a strptime pattern (default ISO 8601). Amounts: `1234.50` (default), `1,234.50` or `1.234,50`."""
    labels: str | None = None
    """The label set of a label field."""
    true: tuple[str, ...] = ("true", "yes", "1")
    """Flags: the words that mean yes, whatever their case."""
    false: tuple[str, ...] = ("false", "no", "0")
    """Flags: the words that mean no, whatever their case."""

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, value: Any) -> Any:
        return {"from": value} if isinstance(value, str) else value


class LineMap(PackPart):
    """Where a deal's lines come from. `relationship` None: the deal itself is its only line."""

    relationship: str | None = None
    """The name by which the CRM lists the lines of a deal; without it the deal is its own only line."""
    object: str | None = None
    """The CRM object that a line is; needed with a `relationship`."""
    parent: str | None = None
    """The field of a line that points at its deal; needed with a `relationship`."""
    fields: dict[str, MappedField]
    """Line field -> where it comes from; without a `relationship` the paths are the deal's own."""


class Join(PackPart):
    """A look-up table of an export: its row (or nothing) hangs under the join's name, as a CRM's parent does."""

    file: str
    """The file of the look-up table, in the folder of the export."""
    on: dict[str, str]
    """Column of the deal -> column of this file (a dotted column reaches into an earlier join)."""


class SourceMap(PackPart):
    """One source: for a CRM its `object`, for an export its `file` and `joins`."""

    object: str = "deals"
    """The CRM object that holds the deals, such as `Opportunity`."""
    file: str | None = None
    """The file of deals, in the folder of an export."""
    delimiter: str = ","
    """What stands between the columns of a CSV file."""
    encoding: str = "utf-8"
    """How the letters of a CSV file are written."""
    joins: dict[str, Join] = {}
    """Name of the join -> look-up table of an export; its columns are then `name.column`."""
    related: dict[str, str] = {}
    """CRM object -> field of the deal that points at it: a change there is a change of the deal."""
    fields: dict[str, MappedField]
    """Deal field -> where it comes from."""
    lines: LineMap | None = None
    """Where the lines of a deal come from."""
    write_back: dict[str, str] = {}
    """Handoff value (status, reason, owner, due, next_step, invoice, project, page, last_run) -> CRM field."""


class Required(PackPart):
    """When a field must be filled: only under this condition."""

    when: Condition
    """Deal field -> values, of which each field must have one; a group of labels stands for its labels."""


class FieldMap(PackPart):
    """fields.yaml as a whole."""

    owner_role: str
    """The role that decides on this file."""
    sources: dict[str, SourceMap]
    """Name of the source (`salesforce`, `export`) -> how it is read."""
    required: dict[str, Literal["always"] | Required] = {}
    """Deal field, or `lines.<line field>` -> when it must be filled."""
