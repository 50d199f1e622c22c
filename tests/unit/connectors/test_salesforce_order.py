"""Pages in the order of stamps: how far all has been told, while rows change, pages are lost and clocks differ."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import Refused, UnknownOutcome
from connectors.ports import Body
from connectors.salesforce_order import RESTARTS, in_order

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
Pages = list[list[Body] | None]
"""None: the org has forgotten this page."""


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def row(name: str, seconds: float) -> Body:
    return {"Id": name, "SystemModstamp": at(seconds).isoformat()}


def asking(*reads: Pages, resumed: list[datetime | None]) -> Callable[[datetime | None], Iterator[list[Body]]]:
    """An org that answers one read after the other."""
    waiting = list(reads)

    def ask(resume: datetime | None) -> Iterator[list[Body]]:
        resumed.append(resume)
        return pages(waiting.pop(0))

    def pages(read: Pages) -> Iterator[list[Body]]:
        for page in read:
            if page is None:
                raise Refused("invalid query locator", service="Salesforce", code="INVALID_QUERY_LOCATOR")
            yield page

    return ask


def told(*reads: Pages, now: datetime | None = NOON) -> tuple[list[tuple[str, datetime | None]], list[datetime | None]]:
    """Ids page by page with the stamp up to which all is told, and where each read began."""
    resumed: list[datetime | None] = []
    found = in_order(asking(*reads, resumed=resumed), lambda: now, "org.test")
    return [(" ".join(one["Id"] for one in rows), stamp) for rows, stamp, _ in found], resumed


def test_each_page_tells_how_far_all_has_been_told():
    found, resumed = told([[row("a", -9), row("b", -8)], [row("c", -7)]])
    assert found == [("a b", at(-8)), ("c", at(-7))]
    assert resumed == [None]


def test_a_row_that_changes_while_pages_are_read_does_not_pass_those_that_are_not_read_yet():
    found, _ = told([[row("a", -9), row("b", -8), row("moved", 60)], [row("c", -7)], [row("moved too", 61)]])
    assert found == [("a b moved", at(-8)), ("c", at(-7)), ("moved too", None)]


def test_a_lost_page_is_read_again_from_where_the_order_was_kept():
    lost: Pages = [[row("a", -9), row("moved", 60)], None]
    found, resumed = told(lost, [[row("a", -9), row("b", -8)], [row("moved", 60)]])
    assert found == [("a moved", at(-9)), ("b", at(-8))]
    assert resumed == [None, at(-9)]


def test_a_version_told_before_is_not_told_again_and_a_later_one_is():
    found, _ = told([[row("a", -9), row("b", -8)], None], [[row("b", -8), row("a", -1)]])
    assert found == [("a b", at(-8)), ("a", at(-1))]


def test_within_one_second_a_smaller_id_that_was_committed_later_is_told():
    found, resumed = told([[row("m", -8.5), row("n", -8.2)], None], [[row("a", -8.4), row("m", -8.5), row("n", -8.2)]])
    assert [ids for ids, _ in found] == ["m n", "a"]
    assert resumed == [None, at(-8.2)]


def test_pages_lost_again_and_again_are_read_as_long_as_something_is_gained():
    reads: list[Pages] = [[[row(f"{n}", n - 99)], None] for n in range(20)]
    found, resumed = told(*reads, [[row("last", -1)]])
    assert len(found) == len(resumed) == 21


def test_a_read_that_gains_nothing_is_given_up():
    reads: list[Pages] = [[[row("a", -9)], None] for _ in range(RESTARTS + 2)]
    with pytest.raises(UnknownOutcome, match=f"forgot the page we were reading, {RESTARTS + 1} times"):
        told(*reads)


def test_without_a_time_of_the_org_the_last_row_tells_how_far():
    found, _ = told([[row("a", -9), row("b", 60)]], now=None)
    assert found == [("a b", at(60))]


def test_another_refusal_is_not_taken_for_a_lost_page():
    def refuse(_: datetime | None) -> Iterator[list[Body]]:
        raise Refused("no such column", service="Salesforce", code="INVALID_FIELD")

    with pytest.raises(Refused, match="no such column"):
        list(in_order(refuse, lambda: NOON, "org.test"))
