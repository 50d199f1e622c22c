"""What the road needs of the outside: small Protocols over plain dicts. Errors: see `connectors.errors`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Body = dict[str, Any]
"""A JSON-like dict as the service knows it: numbers as int or Decimal, never float."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceQuery:
    """What to read of each deal, in the source's own field names (`Account.Name` follows a parent)."""

    object: str
    fields: tuple[str, ...]
    lines_relationship: str | None = None
    line_fields: tuple[str, ...] = ()
    lines_object: str | None = None
    lines_parent: str | None = None
    related: Mapping[str, str] = field(default_factory=dict)
    """Object -> field of the deal that points at it."""
    won_only: Mapping[str, Any] = field(default_factory=dict)
    """Equalities (source field -> value) that narrow a first read, when there is no watermark yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Snapshots in the order of the source's stamps.

    `stamp` (UTC): all that was changed up to then has been told with this page; None when that is no more than before,
    or the source has no stamps. `last_id`: the deal that has it.
    """

    snapshots: list[Body]
    stamp: datetime | None
    last_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """API calls that the source's company has used up in the last 24 hours, by everybody, and how many it may use."""

    used: int
    allowed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResult:
    """The answer for one row of a write-back, in the order asked; `error` None: written."""

    deal_id: str
    error: str | None = None
    code: str | None = None
    transient: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceField:
    """A field as the source describes it; `picklist` holds the active API values."""

    name: str
    type: str
    updateable: bool
    picklist: tuple[str, ...] = ()


class Counts(Protocol):
    """Every connector counts the HTTP requests it sends."""

    @property
    def calls(self) -> int: ...


class DealSource(Counts, Protocol):
    """Where deals come from. Snapshots keep the source's own names; parents are nested dicts or None, lines a list
    under the lines relationship. Only `write_back` writes."""

    name: str
    """Which source map of the pack reads its snapshots: `salesforce` or `export`."""

    def org_id(self) -> str:
        """A stable id of the org (18 characters), part of every billing key."""
        ...

    def is_sandbox(self) -> bool | None:
        """Whether the org is for trials only; None when it does not say."""
        ...

    def now(self) -> datetime | None:
        """The source's own time (UTC), never later than it is there; None when it tells none. Ours may be wrong."""
        ...

    def usage(self) -> Usage | None:
        """How much of its daily allocation is used up, as far as it has told; None when it tells nothing."""
        ...

    def read(self, query: SourceQuery, since: datetime | None, *, won: bool = False) -> Iterator[Page]:
        """All deals changed since (UTC, inclusive), deleted ones too; `since` None, or `won`: that meet `won_only`."""
        ...

    def changed(self, query: SourceQuery, since: datetime) -> set[str]:
        """Ids of all deals changed since, deleted ones too, whether they meet `won_only` or not."""
        ...

    def count_won(self, query: SourceQuery, since: datetime | None, before: datetime | None) -> int | None:
        """Deals that meet `won_only`, by the source's own count, changed since and before (UTC, in whole seconds).

        None when it cannot count.
        """
        ...

    def won_ids(self, query: SourceQuery, since: datetime | None, before: datetime | None) -> set[str]:
        """Ids of the deals that `count_won` counts."""
        ...

    def counts(self, query: SourceQuery, snapshot: Body) -> bool:
        """Whether `count_won` would count this deal, as it is in the snapshot, were it changed in that time."""
        ...

    def version_of(self, snapshot: Body) -> tuple[str, datetime | None]:
        """The deal's id, and when the source last changed it (UTC)."""
        ...

    def by_ids(self, query: SourceQuery, deal_ids: Iterable[str], *, deleted: bool = False) -> list[Body]:
        """The named deals, live; unknown ids are left out, and deleted ones unless they are asked for."""
        ...

    def touched(self, query: SourceQuery, since: datetime) -> set[str]:
        """Ids of deals whose lines or related objects changed since, though they themselves did not."""
        ...

    def write_back(self, object: str, rows: list[Body]) -> list[WriteResult]:
        """Write absolute values by `Id`, up to any number of rows (sent in collections of 200)."""
        ...

    def describe(self, object: str) -> dict[str, SourceField]:
        """The fields of an object that this login can see."""
        ...

    def check(self) -> str:
        """One sentence that says who we are there; raises AuthFailed when the login does not work."""
        ...


class Billing(Counts, Protocol):
    """One Stripe account. Every POST carries the key it is given. Amounts are integer minor units as Stripe counts."""

    livemode: bool

    def customers(self) -> Iterator[Body]:
        """All customers with their tax ids (`tax_ids.data`), newest first."""
        ...

    def customers_created(self, since: datetime, until: datetime) -> list[Body]: ...
    def customer(self, customer_id: str) -> Body | None:
        """None when missing or deleted."""
        ...

    def create_customer(self, body: Body, key: str) -> Body: ...
    def update_customer(self, customer_id: str, body: Body, key: str) -> Body:
        """Set these values; an empty text empties one."""
        ...

    def tax_ids(self, customer_id: str) -> list[Body]: ...
    def create_tax_id(self, customer_id: str, body: Body, key: str) -> Body: ...
    def delete_tax_id(self, customer_id: str, tax_id: str) -> None:
        """Take a tax id off a customer; one that is not there (any more) is no error."""
        ...

    def create_invoice(self, body: Body, key: str) -> Body: ...
    def add_lines(self, invoice_id: str, lines: list[Body], key: str) -> Body: ...
    def invoice(self, invoice_id: str) -> Body | None:
        """The invoice with all its lines under `lines.data`; None when missing. One call up to ten lines."""
        ...

    def invoices_of(self, customer_id: str, since: datetime) -> list[Body]:
        """Invoices of a customer created since, newest first (List, never Search: it lags)."""
        ...

    def finalize(self, invoice_id: str, key: str) -> Body: ...
    def send(self, invoice_id: str, key: str) -> Body:
        """Finalise a draft and mail it."""
        ...

    def invoices(self, since: datetime) -> Iterator[Body]: ...
    def check(self) -> str: ...


class Tracker(Counts, Protocol):
    """A project tracker. It has no idempotency keys: an unknown outcome is settled by a look."""

    def create_project(self, body: Body) -> Body: ...
    def projects(self, team: str) -> Iterator[Body]:
        """All projects of a team (gid, name, notes, created_at, archived, permalink_url), every page."""
        ...

    def project(self, gid: str) -> Body | None: ...
    def instantiate_template(self, template: str, body: Body) -> Body:
        """Starts a job; the answer holds its gid."""
        ...

    def template(self, gid: str) -> Body | None:
        """The template with its `requested_dates` (gid, name)."""
        ...

    def job(self, gid: str) -> Body: ...
    def update_project(self, gid: str, body: Body) -> Body: ...
    def create_section(self, project: str, name: str) -> Body: ...
    def sections(self, project: str) -> list[Body]: ...
    def create_task(self, body: Body) -> Body: ...
    def task_by_external(self, external_gid: str) -> Body | None: ...
    def tasks(self, project: str) -> list[Body]:
        """The tasks of a project (gid, name, completed), in the order in which they stand there, every page."""
        ...

    def users(self) -> dict[str, str]:
        """E-mail (lower case) -> user gid, of the workspace."""
        ...

    def check(self) -> str: ...


class Notifier(Protocol):
    """One channel by which people hear of notices. `takes_addresses` False: whoever listens there reads all."""

    name: str
    takes_addresses: bool

    def send(self, person: str, address: str, title: str, body: str) -> None:
        """Hand a message over, as plain text; returns when the channel took it, and raises ConnectorError otherwise.

        Returns or raises within the channel's time-out, whatever the other side does. `address` is an e-mail address.
        """
        ...
