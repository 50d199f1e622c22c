"""Salesforce as the source of deals: pages in the order of their stamps; only `write_back` writes."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from connectors import soql
from connectors.errors import Refused, UnknownOutcome
from connectors.ports import Body, Page, SourceField, SourceQuery, Usage, WriteResult
from connectors.retries import Retries
from connectors.salesforce_answers import counted, fields_of, objects_of, page
from connectors.salesforce_errors import SERVICE
from connectors.salesforce_order import in_order, version
from connectors.salesforce_session import SalesforceSession
from connectors.salesforce_writes import Collections

_MERGEABLE = frozenset({"Account", "Contact", "Lead"})
"""The one that a merge leaves is told by the one that it deletes; what moved over moves no stamp of its own."""
_CHECK_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


class Salesforce:
    """The DealSource port over one org."""

    name = "salesforce"

    def __init__(
        self,
        login_url: str,
        client_id: str,
        client_secret: str,
        *,
        ca_file: str | None = None,
        threads: int = 16,
        retries: Retries | None = None,
    ) -> None:
        self._retries = retries or Retries()
        self._session = SalesforceSession(
            login_url, client_id, client_secret, ca_file=ca_file, threads=threads, retries=self._retries
        )
        self._collections = Collections(self._session, self._retries)

    @property
    def calls(self) -> int:
        return self._session.calls

    def org_id(self) -> str:
        return with_check_digits(self._session.identity()[0])

    def is_sandbox(self) -> bool | None:
        try:
            pages = list(self._pages("SELECT IsSandbox FROM Organization", deleted=False))
        except Refused:
            return None  # the login may not read it
        told = pages[0][0].get("IsSandbox") if pages[0] else None
        return told if isinstance(told, bool) else None

    def now(self) -> datetime | None:
        self._session.identity()  # the log-in is answered, too
        return self._session.answers.now()

    def usage(self) -> Usage | None:
        return self._session.answers.usage

    def read(self, query: SourceQuery, since: datetime | None, *, won: bool = False) -> Iterator[Page]:
        # Without a watermark nothing was delivered, so what has been deleted concerns nobody.
        deleted = since is not None

        def pages(resume: datetime | None) -> Iterator[list[Body]]:
            return self._pages(soql.deals(query, since, resume, won=won), deleted=deleted)

        for rows, stamp, last_id in in_order(pages, self.now, self._session.host):
            snapshots = [self._snapshot(row, query) for row in rows]
            yield Page(snapshots=snapshots, stamp=stamp, last_id=last_id)

    def changed(self, query: SourceQuery, since: datetime) -> set[str]:
        return self._columns(query.object, ("Id",), since)

    def count_won(self, query: SourceQuery, since: datetime | None, before: datetime | None) -> int | None:
        text = soql.won(query, "COUNT()", since, before)
        return self._session.call(lambda client: counted(client.query(text)))

    def won_ids(self, query: SourceQuery, since: datetime | None, before: datetime | None) -> set[str]:
        return self._values(soql.won(query, "Id", since, before), ("Id",), deleted=False)

    def counts(self, query: SourceQuery, snapshot: Body) -> bool:
        return not snapshot.get("IsDeleted") and soql.meets(query.won_only, snapshot)

    def version_of(self, snapshot: Body) -> tuple[str, datetime | None]:
        return version(snapshot)

    def by_ids(self, query: SourceQuery, deal_ids: Iterable[str], *, deleted: bool = False) -> list[Body]:
        ids = list(dict.fromkeys(one for one in deal_ids if soql.is_id(one)))
        pages = (page for text in soql.deals_by_id(query, ids) for page in self._pages(text, deleted=deleted))
        return [self._snapshot(row, query) for page in pages for row in page]

    def touched(self, query: SourceQuery, since: datetime) -> set[str]:
        found: set[str] = set()
        for object_name, field in query.related.items():
            merged = ("MasterRecordId",) if object_name in _MERGEABLE else ()
            ids = self._columns(object_name, ("Id", *merged), since)
            for text in soql.pointing(query, field, sorted(ids)):
                found |= self._values(text, ("Id",))
        if query.lines_object and query.lines_parent:
            found |= self._columns(query.lines_object, (query.lines_parent,), since)
        return found

    def write_back(self, object: str, rows: list[Body]) -> list[WriteResult]:
        return self._collections.write(soql.name(object), rows)

    def describe(self, object: str) -> dict[str, SourceField]:
        path = f"sobjects/{soql.name(object)}/describe"
        fields = self._session.call(lambda client: fields_of(client.restful(path)))
        return {field["name"]: _described(field) for field in fields}

    def check(self) -> str:
        org, user = self._session.identity()
        self._session.call(lambda client: objects_of(client.restful("sobjects")))
        return f"Salesforce at {self._session.host}: logged in to org {with_check_digits(org)} as user {user}."

    def _pages(self, text: str, *, deleted: bool) -> Iterator[list[Body]]:
        """The rows of a query, page by page."""
        with_ids = text.startswith("SELECT Id")
        answer = self._session.call(lambda client: page(client.query(text, include_deleted=deleted), with_ids=with_ids))
        while True:
            yield answer["records"]
            if answer["done"]:
                return
            answer = self._more(answer["nextRecordsUrl"], with_ids=with_ids)

    def _more(self, url: str, *, with_ids: bool = True) -> Body:
        if not url.startswith("/services/data/"):
            raise UnknownOutcome("sent a page address that is not its own.", service=SERVICE, code="bad_page")
        return self._session.call(
            lambda client: page(client.query_more(url, identifier_is_url=True), with_ids=with_ids)
        )

    def _columns(self, name: str, fields: tuple[str, ...], since: datetime) -> set[str]:
        return self._values(soql.changed(name, fields, since), fields)

    def _values(self, text: str, fields: tuple[str, ...], *, deleted: bool = True) -> set[str]:
        rows = (row for page in self._pages(text, deleted=deleted) for row in page)
        return {row[field] for row in rows for field in fields if row.get(field)}

    def _snapshot(self, row: Body, query: SourceQuery) -> Body:
        """A row as plain dicts: no envelopes, lines as one list even where they came in several pages."""
        relationship = query.lines_relationship
        if relationship:
            row = {**row, relationship: self._lines(row.get(relationship))}
        plain: Body = _plain(row)
        return plain

    def _lines(self, part: Body | None) -> list[Body]:
        lines: list[Body] = list(part["records"]) if part else []
        while part and not part.get("done", True):
            part = self._more(part["nextRecordsUrl"])
            lines += part["records"]
        return lines


def with_check_digits(short: str) -> str:
    """An id of 18 characters: those of 15 differ only by case, which the last three tell (services.md 54)."""
    if len(short) != 15:
        return short
    fives = (short[at : at + 5] for at in (0, 5, 10))
    return short + "".join(
        _CHECK_DIGITS[sum(1 << n for n, char in enumerate(five) if char.isupper())] for five in fives
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if name != "attributes"}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _described(field: Body) -> SourceField:
    values = tuple(entry["value"] for entry in field.get("picklistValues") or [] if entry.get("active"))
    return SourceField(
        name=field["name"], type=field["type"], updateable=bool(field.get("updateable")), picklist=values
    )
