"""Calls about custom fields: their definition, their place on a project, their values on tasks and projects."""

from typing import Any

from sandbox.asana.calls import Call, Reply
from sandbox.asana.errors import AsanaError
from sandbox.asana.render import Object
from sandbox.asana.shapes import Body, Shape, flag, gid, listing, one_of, shaped, text

TYPES = one_of("text", "number", "enum")
"""The types that the stand-in knows; Asana has more (multi_enum, date, people, reference)."""
TEXT_MOST = 1024


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 6:
        raise AsanaError(400, f"{name}: Must be between 0 and 6: {value}")
    return value


DEFINE: Shape = {
    "name": text,
    "workspace": gid,
    "resource_subtype": TYPES,
    "type": TYPES,
    "description": text,
    "precision": _whole,
    "enum_options": listing(shaped({"name": text, "color": text, "enabled": flag})),
}
PLACE: Shape = {"custom_field": gid, "is_important": flag}


def create_custom_field(call: Call) -> Reply:
    """`POST /custom_fields`."""
    call.site.find("workspace", call.required("workspace"))
    name = call.required("name")
    kind = call.body.get("resource_subtype") or call.body.get("type")
    if kind is None:
        raise AsanaError(400, "resource_subtype: Missing input")
    if any(field["name"] == name for field in call.site.kinds["custom_field"].values()):
        raise AsanaError(403, f"A custom field with the name '{name}' already exists in the organization.")
    field = call.site.add(
        "custom_field",
        name=name,
        resource_subtype=kind,
        type=kind,
        description=call.body.get("description", ""),
        created_by=call.site.me,
        is_formula_field=False,
    )
    if kind == "number":
        field["precision"] = call.body.get("precision", 0)
    if kind == "enum":
        field["enum_options"] = [_option(call, option) for option in call.body.get("enum_options", [])]
    return call.created(field, "custom_fields")


def get_custom_field(call: Call) -> Reply:
    """`GET /custom_fields/:gid`."""
    return call.one(call.site.find("custom_field", call.gid, in_path=True))


def list_custom_fields(call: Call) -> Reply:
    """`GET /workspaces/:gid/custom_fields`."""
    call.site.find("workspace", call.gid, in_path=True)
    return call.page(list(call.site.kinds["custom_field"].values()))


def list_settings(call: Call) -> Reply:
    """`GET /projects/:gid/custom_field_settings`."""
    return call.page(call.site.find("project", call.gid, in_path=True)["custom_field_settings"])


def add_setting(call: Call) -> Reply:
    """`POST /projects/:gid/addCustomFieldSetting`: the project and its tasks get the field."""
    project = call.site.find("project", call.gid, in_path=True)
    field = call.site.find("custom_field", call.required("custom_field"))
    if any(setting["custom_field"] is field for setting in project["custom_field_settings"]):
        raise AsanaError(403, f"Custom field with ID {field['gid']} is already on given object.")
    setting = call.site.add(
        "custom_field_setting",
        project=project,
        parent=project,
        custom_field=field,
        is_important=call.body.get("is_important", False),
    )
    project["custom_field_settings"].append(setting)
    for owner in (project, *call.site.tasks_of(project["gid"])):
        join_field(owner, field)
    call.site.touch(project)
    return call.one(setting)


def join_field(owner: Object, field: Object) -> None:
    """Give a task or project the field, without a value, unless it has it."""
    if all(held["gid"] != field["gid"] for held in owner["custom_fields"]):
        held = {name: field[name] for name in field if name not in {"created_by", "description"}}
        held |= {"enabled": True, "display_value": None, f"{field['type']}_value": None}
        owner["custom_fields"].append(held)


def set_values(owner: Object, values: Body) -> None:
    """Set `{field gid: value}` on a task or project. Raises AsanaError, with nothing set, for a wrong one."""
    held = {field["gid"]: field for field in owner["custom_fields"]}
    read = []
    for field_gid, value in values.items():
        if field_gid not in held:
            raise AsanaError(400, f"Custom field with ID {field_gid} is not on given object")
        read.append((held[field_gid], *_read(held[field_gid], value)))
    for field, kept, display in read:
        field |= {f"{field['type']}_value": kept, "display_value": display}


def _read(field: Object, value: Any) -> tuple[Any, str | None]:
    """The value to keep and the one to display."""
    if value is None:
        return None, None
    name = f"custom_fields.{field['gid']}"
    if field["type"] == "text":
        if len(text(name, value)) > TEXT_MOST:
            raise AsanaError(400, f"{name}: Must be at most {TEXT_MOST} characters")
        return value, value
    if field["type"] == "number":
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise AsanaError(400, f"{name}: Not a number: {value}")
        return value, f"{value:.{field['precision']}f}"
    for option in field["enum_options"]:
        if option["gid"] == value and option["enabled"]:
            return option, option["name"]
    raise AsanaError(400, f"{name}: Not a recognized ID: {value}")


def _option(call: Call, option: Body) -> Object:
    return call.site.add(
        "enum_option",
        name=option.get("name", ""),
        enabled=option.get("enabled", True),
        color=option.get("color", "none"),
    )
