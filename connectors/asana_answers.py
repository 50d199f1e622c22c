"""What an answer of Asana's must look like before it counts: about the object asked for, with a gid and of its type."""

import re
from collections.abc import Callable
from typing import Any

from connectors.ports import Body
from connectors.shapes import OtherShapeError, an_id, an_object, objects, same

_GID = re.compile(r"[0-9]{1,30}", re.ASCII)
_NAMED = frozenset({"project", "section"})
"""Looked for by their names, which an answer must therefore hold."""

Reads = Callable[[Any], Any]


def one(kind: str, *, gid: str | None = None) -> Callable[[Any], Body]:
    """Reads an answer of one object of this `resource_type`; the one with this gid, if given."""

    def checked(answer: Any) -> Body:
        found = _checked(_data(answer), kind)
        if gid is not None:
            same(found["gid"], gid, kind)
        return found

    return checked


def a_job(*, gid: str | None = None) -> Callable[[Any], Body]:
    """Reads an answer of a job, which has a project once it has succeeded."""

    def checked(answer: Any) -> Body:
        found = one("job", gid=gid)(answer)
        if not isinstance(found.get("status"), str):
            raise OtherShapeError("it does not tell the job's status")
        if found["status"] == "succeeded" or found.get("new_project") is not None:
            _checked(found.get("new_project"), "project", named=False)
        return found

    return checked


def a_task(external_gid: str) -> Callable[[Any], Body]:
    """Reads an answer of the task that we gave this external gid."""

    def checked(answer: Any) -> Body:
        found = one("task")(answer)
        same(an_object(found.get("external"), "what is external of it").get("gid"), external_gid, "task")
        return found

    return checked


def page(kind: str, *, offset: str | None) -> Callable[[Any], Body]:
    """Reads a page of such objects; `offset`: the one it was asked for by."""

    def checked(answer: Any) -> Body:
        for found in objects(_data(answer), "its list"):
            _checked(found, kind)
        told: Body = answer
        following = told.get("next_page")
        if following is not None:
            token = an_object(following, "its next page").get("offset")
            if not isinstance(token, str) or token in {"", offset}:
                raise OtherShapeError("its next page cannot be asked for")
        return told

    return checked


def _data(answer: Any) -> Any:
    return an_object(answer, "it").get("data")


def _checked(value: Any, kind: str, *, named: bool = True) -> Body:
    found = an_object(value, f"its {kind.replace('_', ' ')}")
    an_id(found.get("gid"), _GID, f"a {kind.replace('_', ' ')}")
    same(found.get("resource_type", kind), kind, "type of object")  # told where opt_fields ask for it
    if named and kind in _NAMED and not isinstance(found.get("name"), str):
        raise OtherShapeError(f"its {kind} has no name")
    if not isinstance(found.get("email") or "", str):
        raise OtherShapeError("an address in it is no text")
    for name in ("requested_dates", "workspaces"):
        if found.get(name) is not None:
            for inner in objects(found[name], "a list in it"):
                an_id(inner.get("gid"), _GID, "what is listed in it")
    return found
