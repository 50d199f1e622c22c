"""How an object is shown: compact in lists and references, full when asked for alone, or by `opt_fields`."""

from functools import lru_cache
from typing import Any

Object = dict[str, Any]
"""An Asana object, always with `gid` and `resource_type`. Other objects in it are the very dicts, not copies."""


class Fields(dict[str, "Fields"]):
    """The tree of an `opt_fields` parameter: name -> what to show inside it."""


NAMED = ("gid", "resource_type", "name")
COMPACT = {
    "task": (*NAMED, "resource_subtype"),
    "job": ("gid", "resource_type", "resource_subtype", "status", "new_project", "new_task", "new_project_template"),
    "custom_field": (
        *(*NAMED, "resource_subtype", "type", "enum_options", "precision", "is_formula_field"),
        *("enabled", "display_value", "text_value", "number_value", "enum_value"),
    ),
    "custom_field_setting": ("gid", "resource_type", "project", "parent", "custom_field", "is_important"),
    "enum_option": (*NAMED, "enabled", "color"),
}
OPT_IN = frozenset(("html_notes", "html_description", "num_subtasks"))
"""Left out of a full answer unless `opt_fields` names them."""


@lru_cache(maxsize=512)
def parse_fields(opt_fields: str) -> Fields:
    """Read `name,team.name,members.email`."""
    tree = Fields()
    for path in filter(None, opt_fields.split(",")):
        branch = tree
        for name in path.strip().split("."):
            branch = branch.setdefault(name, Fields())
    return tree


def show(shown: Object, fields: Fields | None, *, in_list: bool) -> Object:
    """The object as an answer holds it."""
    if fields is not None:
        chosen: Object = _chosen(shown, fields)
        return chosen
    return compact(shown) if in_list else full(shown)


def compact(shown: Object) -> Object:
    """As lists and references show it."""
    names = COMPACT.get(shown["resource_type"], NAMED)
    return {name: _short(shown[name]) for name in names if name in shown}


def full(shown: Object) -> Object:
    """As it is shown when asked for alone; `external` only where it is set."""
    return {
        name: _short(value)
        for name, value in shown.items()
        if name not in OPT_IN and (name != "external" or value is not None)
    }


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        if "resource_type" in value:
            return compact(value)
        return {name: _short(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_short(inner) for inner in value]
    return value


def _chosen(value: Any, fields: Fields) -> Any:
    if isinstance(value, list):
        return [_chosen(inner, fields) for inner in value]
    if not isinstance(value, dict):
        return value
    if not fields and "resource_type" in value:  # a reference without further names shows what it is, and no more
        return {"gid": value["gid"], "resource_type": value["resource_type"]}
    if not fields:  # what is no object of its own (a date variable, a membership, external) is shown whole
        return {name: _chosen(inner, fields) for name, inner in value.items()}
    shown = {"gid": value["gid"]} if "gid" in value else {}
    for name, inner in fields.items():
        if name in value:
            shown[name] = _chosen(value[name], inner)
    return shown
