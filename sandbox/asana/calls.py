"""One call to the API and its answer, and how lists are paged."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from sandbox.asana.errors import AsanaError, missing
from sandbox.asana.render import Fields, Object, parse_fields, show
from sandbox.asana.site import Site
from sandbox.faults import Fault

UNPAGED_MOST = 1000
"""A list asked for without `limit` is cut off at about 1,000 objects, in silence (docs/pagination)."""
OFFSET_LIFETIME = timedelta(minutes=15)


@dataclass(slots=True, kw_only=True)
class Reply:
    """An answer: HTTP status, JSON body, headers beyond the usual."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Call:
    """A call whose route is known, with a body that was checked. `gid` is the id in the path, or empty."""

    site: Site
    path: str
    gid: str
    query: dict[str, str]
    body: dict[str, Any]
    fault: Fault | None = None

    @property
    def fields(self) -> Fields | None:
        """What `opt_fields` asks for; None when it is not given."""
        asked = self.query.get("opt_fields")
        return None if asked is None else parse_fields(asked)

    def required(self, name: str) -> Any:
        """A body field that must be there and not be empty."""
        if self.body.get(name) in (None, ""):
            raise missing(name)
        return self.body[name]

    def one(self, shown: Object) -> Reply:
        """Answer with one object."""
        return Reply(status=200, body={"data": show(shown, self.fields, in_list=False)})

    def created(self, shown: Object, collection: str) -> Reply:
        """Answer 201 with a new object and where it is."""
        location = f"{self.site.world.urls.get('asana', '')}/api/1.0/{collection}/{shown['gid']}"
        body = {"data": show(shown, self.fields, in_list=False)}
        return Reply(status=201, body=body, headers={"location": location})

    def nothing(self) -> Reply:
        """Answer that it is done."""
        return Reply(status=200, body={"data": {}})

    def page(self, rows: Sequence[Object]) -> Reply:
        """Answer with a list, or its page when `limit` is given. Raises AsanaError for a bad limit or offset."""
        rows = self._shown_yet(rows)
        limit, offset = self.query.get("limit"), self.query.get("offset")
        start = self._position(rows, offset) if offset is not None else 0
        if limit is None:
            shown = rows[start : start + UNPAGED_MOST]
            return Reply(status=200, body={"data": [show(row, self.fields, in_list=True) for row in shown]})
        if not limit.isdecimal() or not 1 <= int(limit) <= 100:
            raise AsanaError(400, f"limit: Must be between 1 and 100: {limit}")
        shown = rows[start : start + int(limit)]
        more = start + int(limit) < len(rows)
        return Reply(
            status=200,
            body={
                "data": [show(row, self.fields, in_list=True) for row in shown],
                "next_page": self._next_page(shown[-1]) if more else None,
            },
        )

    def _shown_yet(self, rows: Sequence[Object]) -> Sequence[Object]:
        """All rows, but for those that a lagging list does not show yet."""
        if self.fault is None or self.fault.do != "list_lag":
            return rows
        newest = self.site.stamp(ago=timedelta(seconds=self.fault.seconds))
        return [row for row in rows if row.get("created_at", "") <= newest]

    def _next_page(self, last: Object) -> dict[str, str]:
        until = int((self.site.world.clock.now() + OFFSET_LIFETIME).timestamp())
        token = base64.urlsafe_b64encode(f"{last['gid']}.{until}.{self._list_mark()}".encode()).decode().rstrip("=")
        path = f"{self.path}?{urlencode({**self.query, 'offset': token})}"
        return {"offset": token, "path": path, "uri": f"{self.site.world.urls.get('asana', '')}/api/1.0{path}"}

    def _position(self, rows: Sequence[Object], token: str) -> int:
        """Where the page after the token's begins."""
        try:
            last, until, mark = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().split(".")
            alive = int(until) >= self.site.world.clock.now().timestamp() and mark == str(self._list_mark())
        except (ValueError, binascii.Error):
            alive = False
        if alive:
            for at, row in enumerate(rows, start=1):
                if row["gid"] == last:
                    return at
        raise AsanaError(400, "offset: Your pagination token is invalid or has expired")

    def _list_mark(self) -> int:
        """Ties a token to the list and the filters it was made for."""
        filters = sorted((k, v) for k, v in self.query.items() if k not in {"offset", "limit", "opt_fields"})
        return crc32(f"{self.path}{filters}".encode())
