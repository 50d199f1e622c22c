"""fields.yaml: deal fields that exist, formats that can be read, label sets that are defined."""

from datetime import datetime

from handoff.core.deal import FIELD_BY_NAME, LINE_FIELD_BY_NAME, Kind
from handoff.core.pack import Condition, MappedField, SourceMap
from mappings.formats import AMOUNT_FORMATS
from mappings.pack_problems.draft import Draft, is_mapped, one_of
from mappings.pack_yaml import Path

PART = "fields"
WRITE_BACK = ("status", "reason", "owner", "due", "next_step", "invoice", "project", "page", "last_run")
"""What a handoff can tell the CRM."""
_DAY = datetime(2026, 11, 24)  # noqa: DTZ001 - only to try out a date format


def check(draft: Draft) -> None:
    if not draft.fields:
        return
    draft.check_role(PART, ("owner_role",), draft.fields.owner_role)
    if not draft.fields.sources:
        draft.say(PART, ("sources",), "no source is described", "Describe `salesforce`, `export`, or both")
    for name, source in draft.fields.sources.items():
        _check_source(draft, ("sources", name), source)
    for name, need in draft.fields.required.items():
        _check_required(draft, name)
        if need != "always":
            _check_condition(draft, ("required", name, "when"), need.when)


def _check_source(draft: Draft, path: Path, source: SourceMap) -> None:
    if "deal_id" not in source.fields:
        draft.say(PART, (*path, "fields"), "deal_id is not mapped", "Map the source's own id of the deal to deal_id")
    for name, mapped in source.fields.items():
        _check_mapped(draft, (*path, "fields", name), name, mapped)
    if source.lines:
        for name, mapped in source.lines.fields.items():
            _check_mapped(draft, (*path, "lines", "fields", name), f"lines.{name}", mapped)
        if source.lines.relationship and not (source.lines.object and source.lines.parent):
            wrong = "the lines name a relationship, but not their object and its parent field"
            right = "Add `object: OpportunityLineItem` and `parent: OpportunityId`, or whatever they are called"
            draft.say(PART, (*path, "lines"), wrong, right)
    for value in source.write_back:
        if value not in WRITE_BACK:
            right = one_of(value, WRITE_BACK, "what we can write")
            draft.say(PART, (*path, "write_back", value), f"we have no {value!r} to write", right)


def _check_mapped(draft: Draft, path: Path, name: str, mapped: MappedField) -> None:
    known = LINE_FIELD_BY_NAME if name.startswith("lines.") else FIELD_BY_NAME
    field = known.get(name.removeprefix("lines."))
    if field is None:
        what = "a line's fields" if name.startswith("lines.") else "a deal's fields"
        bare = name.removeprefix("lines.")
        draft.say(PART, path, f"no deal has a field {bare!r}", one_of(bare, known, what))
        return
    if (mapped.source is None) == (mapped.value is None):
        draft.say(PART, path, "it needs one of `from` and `value`", "Say where it comes from, or its constant value")
    if mapped.format is not None:
        _check_format(draft, (*path, "format"), field.kind, mapped.format)
    if field.kind is Kind.LABEL:
        _check_label_field(draft, path, name, mapped)
    elif mapped.labels is not None:
        wrong = f"{field.name} is not a label, so it has no label set"
        draft.say(PART, (*path, "labels"), wrong, "Remove `labels`")
    twice = {word.lower() for word in mapped.true} & {word.lower() for word in mapped.false}
    if twice:
        draft.say(PART, path, f"{sorted(twice)[0]!r} means true and false", "Keep it in one of the two lists")


def _check_label_field(draft: Draft, path: Path, name: str, mapped: MappedField) -> None:
    if mapped.labels is None:
        draft.say(PART, path, "it is a label, but names no label set", "Add `labels:` with a set of labels.yaml")
    elif draft.labels is not None and mapped.labels not in draft.labels:
        right = one_of(mapped.labels, draft.labels, "the label sets of labels.yaml")
        draft.say(PART, (*path, "labels"), f"no label set is named {mapped.labels!r}", right)
    elif draft.labels is not None and mapped.value is not None:
        labels = draft.labels[mapped.labels].labels
        if mapped.value not in labels:
            right = one_of(mapped.value, labels, f"the canonical labels of {name}")
            draft.say(PART, (*path, "value"), f"{mapped.value!r} is not a canonical label", right)


def _check_format(draft: Draft, path: Path, kind: Kind, format: str) -> None:
    if kind in (Kind.AMOUNT, Kind.PERCENT):
        if format not in AMOUNT_FORMATS:
            draft.say(PART, path, f"{format!r} is no format of amounts", f"Use one of {', '.join(AMOUNT_FORMATS)}")
    elif kind is not Kind.DATE:
        draft.say(PART, path, "only dates and amounts have a format", "Remove `format`")
    else:
        try:
            fits = datetime.strptime(_DAY.strftime(format), format).date() == _DAY.date()  # noqa: DTZ007 - a day
        except ValueError:
            fits = False
        if not fits:
            wrong = f"{format!r} does not describe a day"
            draft.say(PART, path, wrong, "Use year, month and day, such as '%d/%m/%Y' for 24/11/2026")


def _check_required(draft: Draft, name: str) -> None:
    line = name.startswith("lines.")
    known = [f"lines.{n}" for n in LINE_FIELD_BY_NAME] if line else list(FIELD_BY_NAME)
    if name not in known:
        draft.say(PART, ("required", name), f"no deal has a field {name!r}", one_of(name, known, "a deal's fields"))
    else:
        _check_filled(draft, ("required", name), name)


def _check_condition(draft: Draft, path: Path, condition: Condition) -> None:
    if not condition:
        draft.say(PART, path, "the condition is empty", "Name a deal field and its values, or write `always`")
    for name, values in condition.items():
        field = FIELD_BY_NAME.get(name)
        if field is None:
            right = one_of(name, FIELD_BY_NAME, "a deal's fields")
            draft.say(PART, (*path, name), f"no deal has a field {name!r}", right)
            continue
        _check_filled(draft, (*path, name), name)
        for value in values:
            _check_condition_value(draft, (*path, name), field.kind, name, value)


def _check_condition_value(draft: Draft, path: Path, kind: Kind, name: str, value: str) -> None:
    if kind is Kind.FLAG and value not in ("true", "false"):
        draft.say(PART, path, f"{name} is never {value!r}", "Write true or false")
    groups = {group for found in draft.label_sets_of(name) for group in found.groups}
    if kind is Kind.LABEL and value not in groups:
        draft.check_label(PART, path, name, value)


def _check_filled(draft: Draft, path: Path, name: str) -> None:
    """A field that is asked for but never filled holds every deal; a condition on one never comes true."""
    for source_name, source in (draft.fields.sources if draft.fields else {}).items():
        if not is_mapped(source, name):
            wrong = f"the source {source_name} does not fill {name}"
            draft.say(PART, path, wrong, f"Map {name} under sources.{source_name}, or remove it here")
