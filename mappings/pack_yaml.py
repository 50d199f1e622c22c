"""YAML read as plain text values, with the line of every key, and refusing what people write by accident."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]
"""Where a value stands: keys and positions from the top of the file."""

DEEPEST = 20
"""No part of a pack nests deeper than six; more is an accident, or an attack on the reader."""
_NOTHING = frozenset(("", "~", "null", "Null", "NULL"))
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads ten times as fast, where it is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with the YAML itself."""

    line: int
    path: Path
    wrong: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file as read: its value, the line of each key and list member, and its faults."""

    value: Any
    lines: dict[Path, int]
    faults: tuple[Fault, ...] = ()

    def line(self, path: Path) -> int:
        """The line of a path, or of the nearest part above it that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(text: str) -> Document:
    """Read one file. Scalars stay text (so that `no`, `1.10` and `2026-01-01` mean what they say), empty is None."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        return _unreadable(_line(error), error.problem or "it cannot be read")
    except yaml.YAMLError as error:  # a character that YAML does not allow: its message names the position
        return _unreadable(1, str(error).splitlines()[0])
    except RecursionError:
        return _unreadable(1, "it nests too deep")
    if node is None:
        return Document(value=None, lines={})
    reading = _Reading()
    value = reading.take(node, ())
    return Document(value=value, lines=reading.lines, faults=tuple(reading.faults))


def _line(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1


def _unreadable(line: int, why: str) -> Document:
    right = "Check quotes, brackets and indentation (spaces, no tabs) on this line and the one above"
    return Document(value=None, lines={}, faults=(Fault(line=line, path=(), wrong=f"not YAML: {why}", right=right),))


@dataclass(slots=True, kw_only=True)
class _Reading:
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def take(self, node: yaml.Node, path: Path) -> Any:
        """The value of a node; faults are noted, and what is at fault left out."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self.seen:
            self._fault(node, path, "it refers to another place of the file (*)", "Write the value out")
            return None
        self.seen.add(id(node))
        if len(path) > DEEPEST:
            self._fault(node, path, "it nests too deep", "A pack has at most six levels")
            return None
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.take(inner, (*path, n)) for n, inner in enumerate(node.value)]
        plain = not getattr(node, "style", None)  # neither quoted nor a block
        return None if plain and node.value in _NOTHING else node.value

    def _pairs(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._fault(key_node, path, "a key is not plain text", "Write `key: value`")
                continue
            key = str(key_node.value)
            if key == "<<":
                self._fault(key_node, path, "it merges another place of the file (<<)", "Write the keys out")
                continue
            if key in first:
                wrong, right = _twice(path, key, first[key])
                self.faults.append(Fault(line=line, path=(*path, key), wrong=wrong, right=right))
                continue
            first[key] = line
            self.lines[(*path, key)] = line
            yield key, self.take(value_node, (*path, key))

    def _fault(self, node: yaml.Node, path: Path, wrong: str, right: str) -> None:
        self.faults.append(Fault(line=node.start_mark.line + 1, path=path, wrong=wrong, right=right))


def _twice(path: Path, key: str, first: int) -> tuple[str, str]:
    """What a repeated key means to the person who wrote it."""
    where = path[-1] if path else ""
    if where in ("rules", "failures"):
        return f"{key} has two owners: here and on line {first}", "Keep one: each has exactly one accountable role"
    if where == "synonyms":
        return f"the synonym {key!r} is claimed by two labels: here and on line {first}", "Keep it under one label"
    return f"{key} stands here and on line {first}", "Keep one of the two"
