"""On which row of the CRM a deal field is fixed: the deal itself, or one that several deals share, as an account."""

from dataclasses import dataclass

from handoff.core.pack import Pack, SourceMap

_OBJECTS = {"Owner": "User"}
"""Relationships of an Opportunity whose object has another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedOn:
    """`object` of the CRM, and the `key` field of the deal that holds the row's id; without one it is the deal's own.

    Without `known` the row is another one than the deal, and the snapshot does not say which. `named`: where the
    snapshot has the name of a row that deals share.
    """

    object: str
    key: str | None = None
    known: bool = True
    named: str | None = None


def fixed_on(pack: Pack, source: str, field: str) -> FixedOn | None:
    """Where a violation of a deal field or `lines.<field>` is fixed; None for a constant, and for no field at all."""
    source_map = pack.fields.sources.get(source)
    if source_map is None:
        return None
    if field == "lines" or field.startswith("lines."):
        return _on_line(source_map, field)
    mapped = source_map.fields.get(field)
    if mapped is None or mapped.source is None:
        return None
    *parents, _ = mapped.source.split(".")
    if not parents:
        return FixedOn(object=source_map.object)
    if len(parents) > 1:
        return FixedOn(object=parents[-1].removesuffix("__r"), known=False)
    return _through(source_map, parents[0])


def _on_line(source_map: SourceMap, field: str) -> FixedOn:
    lines = source_map.lines
    mapped = lines.fields.get(field.partition(".")[2]) if lines else None
    *parents, _ = (mapped.source if mapped and mapped.source else "").split(".")
    if parents:
        return FixedOn(object=parents[-1].removesuffix("__r"), known=False)
    return FixedOn(object=source_map.object)


def _through(source_map: SourceMap, parent: str) -> FixedOn:
    """The row that a relationship of the deal leads to: `Account` by AccountId, `Billing_Contact__r` by its field."""
    key = f"{parent.removesuffix('__r')}__c" if parent.endswith("__r") else f"{parent}Id"
    named = next((name for name, field in source_map.related.items() if field == key), None)
    on = named or _OBJECTS.get(parent, parent.removesuffix("__r"))
    read = {each.source for each in source_map.fields.values()}
    if key not in read:
        return FixedOn(object=on, known=False)
    name = f"{parent}.Name"
    return FixedOn(object=on, key=key, named=name if name in read else None)
