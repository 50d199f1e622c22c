"""`POST /batch`: up to ten actions, each answered as if it had come alone."""

from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from sandbox.asana.calls import Reply
from sandbox.asana.errors import AsanaError, missing
from sandbox.asana.routes import ALWAYS, Asked, dispatch, refuse_unknown
from sandbox.asana.shapes import Body, Shape, checked, listing, mapping, one_of, shaped, text
from sandbox.asana.site import Site
from sandbox.refusals import asana_rate_limited

ACTIONS_MOST = 10


def _size(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise AsanaError(400, f"{name}: Not a number: {value}")
    return value


ACTION: Shape = {
    "relative_path": text,
    "method": one_of("get", "post", "put", "delete", "patch", "head", "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"),
    "data": mapping,
    "options": shaped({"limit": _size, "offset": text, "fields": listing(text)}),
}


def run_batch(site: Site, query: dict[str, str], data: Any, credential: str) -> Reply:
    """Answer 200 with one result an action, in the order asked, whatever came of each.

    A batch of n actions counts as n requests; over the limit none of it is done.
    """
    refuse_unknown(query, ALWAYS | {"limit"})  # the SDK's page iterator adds a limit
    given = checked(mapping("data", data), {"actions": listing(shaped(ACTION))})
    actions: list[Body] = given.get("actions") or []
    if not actions:
        raise missing("actions")
    if len(actions) > ACTIONS_MOST:
        raise AsanaError(400, f"actions: At most {ACTIONS_MOST} actions are allowed in a batch request")
    if len(actions) > 1:  # the frame has counted one
        wait = site.world.wait_for("asana", credential, len(actions) - 1)
        if wait:
            status, headers, body = asana_rate_limited(wait)
            return Reply(status=status, body=body, headers=headers)
    results: dict[int, Body] = {}
    for at, action in reversed(list(enumerate(actions))):  # their order is not guaranteed, so nobody shall rely on it
        reply = _run(site, action, credential)
        results[at] = {"status_code": reply.status, "headers": reply.headers, "body": reply.body}
    return Reply(status=HTTPStatus.OK, body={"data": [results[at] for at in range(len(actions))]})


def _run(site: Site, action: Body, credential: str) -> Reply:
    try:
        asked = _asked(action, credential)
    except AsanaError as error:
        return Reply(status=error.status, body=error.body())
    return dispatch(site, asked)


def _asked(action: Body, credential: str) -> Asked:
    for name in ("relative_path", "method"):
        if name not in action:
            raise missing(name)
    path: str = action["relative_path"]
    if not path.startswith("/") or "?" in path or path.startswith("/batch"):
        raise AsanaError(400, f"relative_path: Cannot be used in a batch request: {path}")
    method: str = action["method"].upper()
    data, options = action.get("data", {}), action.get("options", {})
    query = {name: str(options[name]) for name in ("limit", "offset") if name in options}
    if "fields" in options:
        query["opt_fields"] = ",".join(options["fields"])
    if method == "GET":
        query |= {name: str(value) for name, value in data.items()}
        data = {}
    parts = [unquote(part) for part in path[1:].split("/")]
    return Asked(method=method, parts=parts, query=query, data=data, credential=credential)
