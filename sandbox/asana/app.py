"""The Asana stand-in as an app: reads the HTTP call, checks the token, and writes the answer."""

import secrets
from typing import Any
from urllib.parse import unquote

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.asana.batch import run_batch
from sandbox.asana.calls import Reply
from sandbox.asana.errors import AsanaError, no_route
from sandbox.asana.render import OPT_IN, full
from sandbox.asana.routes import Asked, dispatch
from sandbox.asana.seeds import sow
from sandbox.asana.site import Site
from sandbox.credentials import ASANA_TOKEN
from sandbox.faults import FAULT
from sandbox.world import World

ROOT = "/api/1.0/"
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]


def build(world: World) -> Starlette:
    """The app with its first objects. Raises SeedError when a seed cannot be used."""
    site = Site(world)
    sow(site)
    app = Starlette(routes=[Route("/{path:path}", _answer, methods=METHODS)])
    app.state.site = site
    return app


def state(app: Starlette) -> dict[str, Any]:
    """All objects by kind (`projects`, `tasks`...), each with all its fields."""
    site: Site = app.state.site
    return {
        f"{kind}s": [{**full(held), **{n: held[n] for n in OPT_IN if n in held}} for held in objects.values()]
        for kind, objects in site.kinds.items()
    }


async def _answer(request: Request) -> Response:
    raw = await request.body()
    try:
        reply = _reply(request, raw)
    except AsanaError as error:
        reply = Reply(status=error.status, body=error.body(), headers=error.headers)
    return Response(
        orjson.dumps(reply.body),
        status_code=reply.status,
        headers={"asana-request-id": secrets.token_hex(16), **reply.headers},
        media_type="application/json",
    )


def _reply(request: Request, raw: bytes) -> Reply:
    path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1").partition("?")[0]
    if not path.startswith(ROOT):
        raise no_route()
    credential = request.headers.get("authorization", "")
    if credential.removeprefix("Bearer ") != ASANA_TOKEN or not credential.startswith("Bearer "):
        raise AsanaError(401, "Not Authorized", {"www-authenticate": 'Bearer realm="Asana"'})
    query = dict(request.query_params)
    data = _data(raw) if request.method in {"POST", "PUT", "PATCH"} else {}
    site: Site = request.app.state.site
    # an external gid may hold a slash, so the path is split before it is unquoted
    parts = [unquote(part) for part in path.removeprefix(ROOT).rstrip("/").split("/")]
    if parts == ["batch"] and request.method == "POST":
        return run_batch(site, query, data, credential)
    fault = request.scope.get(FAULT)
    asked = Asked(method=request.method, parts=parts, query=query, data=data, credential=credential, fault=fault)
    return dispatch(site, asked)


def _data(raw: bytes) -> Any:
    """What the body holds under `data`; a body without anything is none."""
    if not raw:
        return {}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise AsanaError(400, "Could not parse request data, invalid JSON") from None
    if not isinstance(body, dict):
        raise AsanaError(400, "Could not parse request data, invalid JSON")
    for name in body:
        if name not in {"data", "options"}:
            raise AsanaError(400, f"{name}: Unrecognized field; the body must be wrapped in `data`")
    return body.get("data", {})
