"""What a pack asks of the org, held against what the org describes: fields, picklist values, write-back fields."""

from collections.abc import Collection, Iterator, Mapping

from connectors.errors import Refused
from connectors.ports import DealSource, SourceField
from handoff.core.pack import LabelSet, MappedField, SourceMap

_STANDARD = {"Owner": "User", "Manager": "User", "CreatedBy": "User", "LastModifiedBy": "User", "Account": "Account"}
"""Object behind a standard relationship; a pack's `related` names those of its custom ones."""


def wrong_fields(source: DealSource, source_map: SourceMap) -> list[str]:
    """Mapped fields that the org does not have, or hides from this log-in."""
    org = _Org(source, source_map)
    return [wrong for place, mapped in _mapped(source_map) if (wrong := org.problem(place, mapped))]


def wrong_labels(source: DealSource, source_map: SourceMap, labels: Mapping[str, LabelSet]) -> list[str]:
    """Active picklist values that no label or synonym of the mapped label set knows."""
    org = _Org(source, source_map)
    found = []
    for place, mapped in _mapped(source_map):
        label_set = labels.get(mapped.labels) if mapped.labels else None
        field = org.field(place, mapped)
        if label_set is None or field is None:
            continue
        unknown = [value for value in field.picklist if label_set.canonical(value) is None]
        if unknown:
            values = ", ".join(repr(value) for value in unknown)
            found.append(f"{mapped.source}: {values} of the org's picklist is in no label of {mapped.labels}")
    return found


STATUS, _MOMENT, _LINK = "status", frozenset({"due", "last_run"}), frozenset({"invoice", "project", "page"})
_TEXT = frozenset({"string", "textarea", "picklist"})
_TYPES = {
    **dict.fromkeys(_MOMENT, frozenset({"datetime"})),
    **dict.fromkeys(_LINK, frozenset({"url", *_TEXT})),
}
"""Of which types a write-back value takes a field, as Salesforce describes them; every other value is a text."""


def wrong_write_back(source: DealSource, source_map: SourceMap, statuses: Collection[str] = ()) -> list[str]:
    """Write-back fields that do not exist, that this log-in may not write, or that cannot hold what we write.

    `statuses`: the words that we write into the field of `status`.
    """
    if not source_map.write_back:
        return []
    known = source.describe(source_map.object)
    found = []
    for value, field in source_map.write_back.items():
        if field not in known:
            found.append(f"{source_map.object} has no field {field} (write-back of {value})")
        elif not known[field].updateable:
            found.append(f"{source_map.object}.{field} may not be written by this log-in (write-back of {value})")
        elif known[field].type not in _TYPES.get(value, _TEXT):
            right = " or ".join(sorted(_TYPES.get(value, _TEXT)))
            found.append(f"{source_map.object}.{field} is of type {known[field].type}, and {value} takes a {right}")
        elif value == STATUS and known[field].picklist:
            unknown = [word for word in statuses if word not in known[field].picklist]
            if unknown:
                found.append(f"{source_map.object}.{field}: its picklist lacks {', '.join(map(repr, unknown))}")
    return found


def _mapped(source_map: SourceMap) -> Iterator[tuple[str, MappedField]]:
    """Mapped fields, each with the object that its path begins at; constants are left out."""
    for mapped in source_map.fields.values():
        if mapped.source:
            yield source_map.object, mapped
    lines = source_map.lines
    if lines is not None:
        start = lines.object or source_map.object
        yield from ((start, mapped) for mapped in lines.fields.values() if mapped.source)


class _Org:
    """The org's objects, each described once."""

    def __init__(self, source: DealSource, source_map: SourceMap) -> None:
        self._source = source
        self._objects: dict[str, Mapping[str, SourceField] | None] = {}
        self._targets = {field: name for name, field in source_map.related.items()}

    def field(self, start: str, mapped: MappedField) -> SourceField | None:
        """The field at the end of a path; None when it, or an object on the way, is not to be seen."""
        found = self._follow(start, mapped.source or "")
        return None if isinstance(found, str) else found

    def problem(self, start: str, mapped: MappedField) -> str | None:
        """What is wrong with a path, in words."""
        found = self._follow(start, mapped.source or "")
        return found if isinstance(found, str) else None

    def _follow(self, start: str, path: str) -> SourceField | str | None:
        """The field, None when its object cannot be known from here, or what is wrong."""
        *parents, field = path.split(".")
        name = start
        for parent in parents:
            look_up = f"{parent[:-1]}c" if parent.endswith("__r") else f"{parent}Id"
            known = self._described(name)
            if known is None or look_up not in known:
                return f"{path}: {name} has no relationship {parent} that this log-in can see"
            target = self._targets.get(look_up) or _STANDARD.get(parent)
            if target is None:
                target = parent.removesuffix("__r")
                if self._described(target) is None:
                    return None
            name = target
        known = self._described(name)
        if known is None:
            return f"{path}: the org has no object {name} that this log-in can see"
        return known.get(field) or f"{path}: {name} has no field {field} that this log-in can see"

    def _described(self, name: str) -> Mapping[str, SourceField] | None:
        if name not in self._objects:
            try:
                self._objects[name] = self._source.describe(name)
            except Refused:
                self._objects[name] = None
        return self._objects[name]
