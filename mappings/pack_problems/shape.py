"""What pydantic finds wrong in one file, in words for the person who wrote it."""

from collections.abc import Iterable, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from mappings.pack_problems.draft import Draft, one_of
from mappings.pack_yaml import Path

_ROLES = frozenset(("role", "owner_role", "stop_role", "person", "backup", "tie_breaker", "fallback"))
_TYPE_WORDS = {
    "int": ("is not a whole number", "Write a whole number such as 30"),
    "decimal": ("is not a number", "Write a plain number such as 12.5"),
    "date": ("is not a day", "Write it as 2026-01-31"),
    "bool": ("is neither true nor false", "Write true or false"),
    "tuple": ("is not a list", "Write it in brackets: [one, other]"),
    "dict": ("is not a mapping", "Write `key: value` lines below it"),
    "model": ("is not a mapping", "Write `key: value` lines below it"),
    "string": ("is not one text", "Write one text"),
    "too": ("is an empty list", "Name at least one"),  # too_short: no list of a pack has another bound
    "literal": ("is not a word known here", "Use {expected}"),
    "enum": ("is not a word known here", "Use {expected}"),
}


def shaped(draft: Draft, part: str, annotation: Any) -> Any:
    """The file as its model, or None; every misfit becomes a problem. Unknown keys alone do not hide the rest."""
    adapter = TypeAdapter(annotation)
    value = draft.documents[part].value
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        errors = _telling(error.errors(include_url=False))
    for path, each in _placed(draft, part, errors):
        wrong, right = _words(annotation, path, each)
        draft.say(part, path, wrong, right)
    if {each["type"] for each in errors} != {"extra_forbidden"}:
        return None
    for path, _ in _placed(draft, part, errors):
        _remove(value, path)
    try:
        return adapter.validate_python(value)
    except ValidationError:
        return None


def _telling(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Where a value may be a word or something bigger, pydantic says what is wrong with both: keep what fits."""
    return [e for e in errors if not (e["type"] == "literal_error" and isinstance(e["input"], dict | list))] or errors


def _placed(draft: Draft, part: str, errors: Iterable[ErrorDetails]) -> Iterator[tuple[Path, ErrorDetails]]:
    """Each error with its path in the file (pydantic puts the names of alternatives between); one a path."""
    lines = draft.documents[part].lines
    placed: dict[Path, ErrorDetails] = {}
    for error in errors:
        path: Path = ()
        for name in error["loc"]:
            if (*path, name) in lines:
                path = (*path, name)
        if error["type"] == "missing":
            path = (*path, error["loc"][-1])
        if path not in placed or error["type"] == "literal_error":
            placed[path] = error
    yield from placed.items()


def _words(annotation: Any, path: Path, error: ErrorDetails) -> tuple[str, str]:
    key, given, kind = path[-1] if path else "", error["input"], error["type"]
    if kind == "extra_forbidden":
        return f"unknown key {key!r}", one_of(str(key), _known_keys(annotation, error["loc"][:-1]))
    if kind == "missing":
        return f"{key} is missing", f"Add `{key}:`"
    if given is None:
        return "it is empty", "Fill it in, or remove the line"
    if isinstance(given, list) and key in _ROLES:
        return f"it names {len(given)} where exactly one must answer", f"Keep one {str(key).replace('_', ' ')}"
    shown = repr(given) if isinstance(given, str) else "this"
    family = kind.split("_")[0]
    if family in _TYPE_WORDS:
        wrong, right = _TYPE_WORDS[family]
        return f"{shown} {wrong}", right.format(expected=error.get("ctx", {}).get("expected", ""))
    return f"{shown} cannot stand here", error["msg"].replace("Input should", "It should")


def _known_keys(annotation: Any, loc: tuple[int | str, ...]) -> list[str]:
    """The keys that a mapping at `loc` may have."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _known_keys(get_args(annotation)[0], loc)
    if origin in (Union, UnionType):
        branches = [b for b in get_args(annotation) if b is not type(None)]
        return [
            key
            for branch in branches
            for key in _known_keys(branch, loc[1:] if loc and loc[0] == getattr(branch, "__name__", None) else loc)
        ]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
        if not loc:
            return list(fields)
        found = fields.get(str(loc[0]))
        return _known_keys(found.annotation, loc[1:]) if found else []
    if origin in (dict, tuple) and loc:
        return _known_keys(get_args(annotation)[1 if origin is dict else 0], loc[1:])
    return []


def _remove(value: Any, path: Path) -> None:
    for name in path[:-1]:
        value = value[name]
    value.pop(path[-1], None)
