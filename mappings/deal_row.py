"""A source's snapshot as a deal row: text in our own field names, readable values normalised, labels translated."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from handoff.core.deal import DEAL_FIELDS, FIELD_BY_NAME, LINE_FIELD_BY_NAME, LINE_FIELDS, DealRow, Field, Kind
from handoff.core.deal import Translation as Translated
from handoff.core.pack import LabelSet, MappedField, Pack, SourceMap
from mappings import corrections, formats

Snapshot = Mapping[str, Any]
Read = Callable[[Snapshot], str | None]
_ALWAYS = ("Id", "IsDeleted", "SystemModstamp")
"""Read of every Salesforce deal, whatever the pack maps."""
_KEPT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """One deal field: how it is read, and its synonyms when it is a label."""

    name: str
    read: Read
    synonyms: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """A source map, compiled once per pack."""

    pack: Pack
    empty: Mapping[str, None]
    columns: tuple[_Column, ...]
    empty_line: Mapping[str, None]
    line_columns: tuple[_Column, ...]
    relationship: str | None
    own_line: bool
    synonyms: Mapping[str, Mapping[str, str]]


_readers: dict[tuple[int, str], _Reader] = {}


def to_row(snapshot: Snapshot, pack: Pack, source: str, overlay: Mapping[str, str | None] | None = None) -> DealRow:
    """Read a snapshot of any shape. Never raises on account of what stands in it; unreadable values stay as seen.

    `overlay`: deal field -> the text to which people corrected it. What comes out of our store is read by
    `stored_deal.stored_row`, which never forgets it.
    """
    reader, overlay = _reader(pack, source), overlay or {}
    translations: list[Translated] = []
    values: dict[str, str | None] = dict(reader.empty)
    for column in reader.columns:
        if column.name not in overlay:
            values[column.name] = _label(column, column.read(snapshot), translations, None)
    for name in overlay.keys() & values.keys():
        values[name] = corrections.read(FIELD_BY_NAME[name], overlay[name], reader.synonyms.get(name, {}))
    lines = []
    for n, line in enumerate(_lines(snapshot, reader)):
        read: dict[str, str | None] = dict(reader.empty_line)
        for column in reader.line_columns:
            read[column.name] = _label(column, column.read(line), translations, n)
        lines.append(read)
    return DealRow(values=values, lines=tuple(lines), translations=tuple(translations))


def source_query(pack: Pack, source: str) -> dict[str, Any]:
    """What a source must read for this pack: the keyword arguments of a `SourceQuery`, without write-back fields."""
    source_map = pack.fields.sources[source]
    lines = source_map.lines
    fields = _sources(source_map.fields.values())
    line_fields = _sources(lines.fields.values()) if lines else []
    if lines is not None and lines.relationship is None:
        fields, line_fields = [*fields, *line_fields], []
    if source == "salesforce":
        fields = [*_ALWAYS, *fields]
        line_fields = ["Id", *line_fields] if line_fields else []
    return {
        "object": source_map.object,
        "fields": tuple(dict.fromkeys(fields)),
        "lines_relationship": lines.relationship if lines else None,
        "line_fields": tuple(dict.fromkeys(line_fields)),
        "lines_object": lines.object if lines and lines.relationship else None,
        "lines_parent": lines.parent if lines and lines.relationship else None,
        "related": dict(source_map.related),
        "won_only": _won_only(pack, source_map),
    }


def trigger_misses(row: DealRow, pack: Pack) -> str | None:
    """Why a deal is not for us, in words; None when it meets the trigger. A deleted deal never does."""
    trigger = pack.trigger
    if row.get("deleted") == "true":
        return "deleted or merged in the CRM"
    if trigger.won and row.get("won") != "true":
        won = row.get("won")
        return "not won" if won in ("false", None) else f"the CRM says neither won nor not won, but {won!r}"
    for field, wanted in (("stage", trigger.stages), ("record_type", trigger.record_types)):
        if wanted and row.get(field) not in wanted:
            return f"{field.replace('_', ' ')} is {row.get(field) or 'empty'}, not {' or '.join(wanted)}"
    return None


def before_go_live(row: DealRow, pack: Pack) -> bool:
    """Whether a deal closed before the go-live day; one without a readable close date goes to the gate."""
    go_live, closed = pack.trigger.go_live, row.get("closed_on")
    if go_live is None or closed is None:
        return False
    try:
        return date.fromisoformat(closed) < go_live
    except ValueError:
        return False


def _reader(pack: Pack, source: str) -> _Reader:
    key = (id(pack), source)
    found = _readers.get(key)
    if found is None or found.pack is not pack:
        while len(_readers) >= _KEPT:
            _readers.pop(next(iter(_readers)), None)
        found = _readers[key] = _compiled(pack, pack.fields.sources[source])
    return found


def _compiled(pack: Pack, source_map: SourceMap) -> _Reader:
    lines = source_map.lines
    return _Reader(
        pack=pack,
        empty={field.name: None for field in DEAL_FIELDS},
        columns=tuple(_columns(pack, source_map.fields, FIELD_BY_NAME)),
        empty_line={field.name: None for field in LINE_FIELDS},
        line_columns=tuple(_columns(pack, lines.fields, LINE_FIELD_BY_NAME)) if lines else (),
        relationship=lines.relationship if lines else None,
        own_line=lines is not None and lines.relationship is None,
        synonyms={n: _synonyms(found) for n in FIELD_BY_NAME if (found := corrections.label_set(pack, n))},
    )


def _columns(pack: Pack, mapped: Mapping[str, MappedField], known: Mapping[str, Field]) -> Iterator[_Column]:
    for name, each in mapped.items():
        label_set = pack.labels.get(each.labels) if each.labels else None
        yield _Column(name=name, read=_read(each, known[name].kind), synonyms=_synonyms(label_set))


def _synonyms(label_set: LabelSet | None) -> Mapping[str, str]:
    """What is translated; a canonical label stays itself."""
    if label_set is None:
        return {}
    return {seen: label for seen, label in label_set.synonyms.items() if seen not in label_set.labels}


def _read(mapped: MappedField, kind: Kind) -> Read:
    fetch = _fetch(mapped)
    normalise = _normalise(mapped, kind)
    if normalise is None:
        return lambda snapshot: formats.plain(fetch(snapshot))

    def read(snapshot: Snapshot) -> str | None:
        text = formats.plain(fetch(snapshot))
        return None if text is None else normalise(text)

    return read


def _fetch(mapped: MappedField) -> Callable[[Snapshot], Any]:
    if mapped.source is None:
        constant = mapped.value
        return lambda _: constant
    first, *rest = mapped.source.split(".")
    if not rest:
        return lambda snapshot: snapshot.get(first)

    def reach(snapshot: Snapshot) -> Any:
        value = snapshot.get(first)
        for name in rest:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    return reach


def _normalise(mapped: MappedField, kind: Kind) -> Callable[[str], str] | None:
    if kind is Kind.DATE:
        pattern = mapped.format
        return lambda text: formats.day(text, pattern)
    if kind in (Kind.AMOUNT, Kind.PERCENT):
        written = mapped.format
        return lambda text: formats.amount(text, written)
    if kind is Kind.FLAG:
        words = {word.lower(): "true" for word in mapped.true} | {word.lower(): "false" for word in mapped.false}
        # A CRM's own true and false always count, whatever words an export uses.
        words = {"true": "true", "false": "false"} | words
        return lambda text: words.get(text.lower(), text)
    return None


def _label(column: _Column, seen: str | None, translations: list[Translated], line: int | None) -> str | None:
    if seen is None or seen not in column.synonyms:
        return seen
    canonical = column.synonyms[seen]
    name = column.name if line is None else f"lines.{column.name}"
    translations.append(Translated(field=name, seen=seen, canonical=canonical, line=line))
    return canonical


def _lines(snapshot: Snapshot, reader: _Reader) -> Iterator[Snapshot]:
    """The deal's lines; one that is no mapping counts as an empty line, so that it is held and not overlooked."""
    if reader.own_line:
        yield snapshot
    if reader.relationship is None:
        return
    found = snapshot.get(reader.relationship)
    if isinstance(found, Mapping):  # as Salesforce answers a child subquery
        found = found.get("records")
    for line in found if isinstance(found, list | tuple) else ([] if found is None else [found]):
        yield line if isinstance(line, Mapping) else {}


def _sources(mapped: Any) -> list[str]:
    return [each.source for each in mapped if each.source is not None]


def _won_only(pack: Pack, source_map: SourceMap) -> dict[str, Any]:
    """Equalities in the source's own words that narrow a first read, synonyms of the trigger's labels included.

    Where the CRM's won flag decides, nothing else does: a won deal that the trigger leaves out for another reason is
    pulled, and counted as excluded with that reason, never passed over in silence.
    """
    trigger = pack.trigger
    won = source_map.fields.get("won")
    if trigger.won and won and won.source:
        own_words = won.true != MappedField.model_fields["true"].default
        return {won.source: list(won.true) if own_words else True}
    narrowed: dict[str, Any] = {}
    for field, wanted in (("stage", trigger.stages), ("record_type", trigger.record_types)):
        mapped = source_map.fields.get(field)
        if wanted and mapped and mapped.source and mapped.labels:
            synonyms = pack.labels[mapped.labels].synonyms
            narrowed[mapped.source] = [*wanted, *(seen for seen, label in synonyms.items() if label in wanted)]
    return narrowed
