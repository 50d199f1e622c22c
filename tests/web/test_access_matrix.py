"""Every route, as the router has it, for every kind of visitor: a new one needs a line in ROUTES, and fails without."""

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.core.authority import Relation
from handoff.review.access import Access, access_of
from handoff.review.app import create_app, routes
from handoff.review.site import Site
from handoff.road.at_the_desk import seen
from handoff.road.reading import standing_at
from handoff.store.tables import metadata
from tests.browser.every_page import PICTURES, routes_of_pages
from tests.unit.cli.held_deals import deal_id
from tests.web.conftest import Open
from tests.web.visitor import ADDRESS, Visitor

SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
PATHS = {
    "name": "E-000001",
    "rule": "tax_id_when_required",
    "run_id": "1",
    "deal_id": deal_id(1),
    "cause_id": "C-0123456789",
    "batch": "R-0123456789",
}
"""What stands for a part of a path."""
ROUTES = {
    "GET /": Access.SIGNED_IN,
    "GET /alive": Access.ANYBODY,
    "GET /approvals": Access.SIGNED_IN,
    "GET /causes": Access.SIGNED_IN,
    "GET /causes/{cause_id}": Access.SIGNED_IN,
    "GET /deals/{deal_id}": Access.SIGNED_IN,
    "GET /entries/{name}": Access.ENTRY,
    "GET /entries/{name}/by-hand": Access.ENTRY,
    "GET /health": Access.SIGNED_IN,
    "GET /health/proofs": Access.SIGNED_IN,
    "GET /labels": Access.SIGNED_IN,
    "GET /labels/decide": Access.SIGNED_IN,
    "GET /labels/preview": Access.SIGNED_IN,
    "GET /numbers": Access.SIGNED_IN,
    "GET /numbers/{name}.svg": Access.SIGNED_IN,
    "GET /queue": Access.SIGNED_IN,
    "GET /reruns/{batch}": Access.SIGNED_IN,
    "GET /rules": Access.SIGNED_IN,
    "GET /rules/{rule}": Access.SIGNED_IN,
    "GET /runs": Access.SIGNED_IN,
    "GET /runs/{run_id}": Access.SIGNED_IN,
    "GET /sign-in": Access.ANYBODY,
    "GET /sign-in/done": Access.ANYBODY,
    "GET /sign-in/start": Access.ANYBODY,
    "GET /signed-out": Access.ANYBODY,
    "GET /workflow": Access.SIGNED_IN,
    "POST /bulk": Access.SIGNED_IN,
    "POST /bulk/preview": Access.SIGNED_IN,
    "POST /entries/{name}/accept": Access.ENTRY,
    "POST /entries/{name}/answer": Access.ENTRY,
    "POST /entries/{name}/approve": Access.ENTRY,
    "POST /entries/{name}/ask": Access.ENTRY,
    "POST /entries/{name}/comment": Access.ENTRY,
    "POST /entries/{name}/confirm": Access.ENTRY,
    "POST /entries/{name}/correct": Access.ENTRY,
    "POST /entries/{name}/decline": Access.ENTRY,
    "POST /entries/{name}/done-by-hand": Access.ENTRY,
    "POST /entries/{name}/pause": Access.ENTRY,
    "POST /entries/{name}/reassign": Access.ENTRY,
    "POST /entries/{name}/reject": Access.ENTRY,
    "POST /entries/{name}/reopen": Access.ENTRY,
    "POST /entries/{name}/request-approval": Access.ENTRY,
    "POST /entries/{name}/rerun": Access.ENTRY,
    "POST /entries/{name}/resume": Access.ENTRY,
    "POST /entries/{name}/waive": Access.ENTRY,
    "POST /entries/{name}/withdraw-by-hand": Access.ENTRY,
    "POST /entries/{name}/withdraw-correction": Access.ENTRY,
    "POST /labels/decide": Access.SIGNED_IN,
    "POST /labels/withdraw": Access.SIGNED_IN,
    "POST /sign-in": Access.ANYBODY,
    "POST /sign-out": Access.SIGNED_IN,
}
HELD = {
    "Name": "Marker-name",
    "Account.Name": "Marker-account",
    "Account.Industry": "Marker-industry",
    "Amount": 7_654_321,
    "Billing_Contact__r": {"Name": "Marker-contact", "Email": "marker@contact"},
    "PO_Number__c": "Marker-order",
}
WORDS = re.compile("marker", re.IGNORECASE)
"""Of the numbers, where totals are told to everybody: here the one amount there is."""
MARKERS = re.compile("marker|7.?654.?321", re.IGNORECASE)
"""The deal of the entry: what it says stands on no page of somebody to whom the entry is nothing."""
WHO = {
    "priya_nair": {Relation.OWNER, Relation.ACCOUNTABLE, Relation.LABEL_OWNER, Relation.VIEWER},
    "tomas_ortega": {Relation.APPROVER},
    "stefan_vogt": {Relation.REVIEWER},
    "helena_brandt": {Relation.TIE_BREAKER},
}
"""People who are something to it, with a part of what they are; everybody else of the pack is nothing."""
FORGED = {"owner": "priya_nair", "amount": "1", "state": "released", "approver": "priya_nair", "actor": "priya_nair"}


@pytest.fixture
def site(opened: Open) -> Site:
    return opened(HELD)


def listed(site: Site) -> Iterator[tuple[str, str, Access]]:
    """Method, path and declared access of every route."""
    for route in routes(create_app(site)._app):  # type: ignore[arg-type]
        for method in sorted(route.methods - {"HEAD"}):
            yield method, route.path, ROUTES[f"{method} {route.path}"]


def dump(site: Site) -> dict[str, Any]:
    """The store, without who is signed in and when they came."""
    with site.store.read() as tx:
        rows = {table.name: list(map(tuple, tx.execute(sa.select(table)))) for table in metadata.sorted_tables}
    del rows["sign_in"]
    rows["event"] = [row for row in rows["event"] if "signed_in" not in row and "signed_out" not in row]
    return rows


def visitors(site: Site) -> dict[str, Visitor]:
    return {who: Visitor(create_app(site)).sign_in(who) for who in site.pack().owners.people}


def relations_of(site: Site, who: str) -> frozenset[Relation]:
    house = site.house(who, site.pack())
    with site.store.read() as tx:
        return standing_at(tx, house, seen(tx, house, "E-000001"), who)


def test_every_route_is_listed_here_with_who_may_use_it(site: Site):
    found = {
        f"{method} {route.path}": access_of(route)
        for route in routes(create_app(site)._app)  # type: ignore[arg-type]
        for method in route.methods - {"HEAD"}
    }
    assert found == ROUTES, "name the new route in ROUTES, and what stands for a new part of its path in PATHS"


def test_every_page_is_in_the_list_by_which_axe_and_the_pictures_go():
    assert set(PICTURES) == routes_of_pages(), "name the new page in PICTURES, and where it is shown in pages_of"


def test_every_page_has_its_pictures_and_no_picture_is_left_of_a_page_that_is_gone():
    looks = {f"{width}-{scheme}" for width in ("wide", "narrow") for scheme in ("light", "dark")}
    names = {*PICTURES.values(), "approval", "approvals-mine", "report"}
    assert {file.stem for file in SCREENSHOTS.glob("*.webp")} == {f"{name}-{look}" for name in names for look in looks}


def test_people_are_to_the_entry_what_the_matrix_supposes(site: Site):
    for who in site.pack().owners.people:
        found = relations_of(site, who)
        assert WHO[who] <= found if who in WHO else found <= {Relation.KNOWN}, (who, found)


def test_nobody_comes_in_anywhere_without_signing_in(site: Site):
    me = Visitor(create_app(site))
    for method, path, access in listed(site):
        url = path.format(**PATHS)
        if access is Access.ANYBODY:
            continue
        if method == "GET":
            answer = me.get(url)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?to={url}"), url
        else:
            assert me.forge(url, FORGED, headers={"origin": ADDRESS}).status_code == 401, url


def test_to_whom_an_entry_is_nothing_no_page_says_a_word_of_it(site: Site):
    for who, me in visitors(site).items():
        for method, path, access in listed(site):
            url = path.format(**PATHS)
            if method != "GET" or access is Access.ANYBODY:
                continue
            answer = me.get(url)
            if access is Access.ENTRY:
                assert answer.status_code == (200 if who in WHO else 404), (who, url, answer.text[:300])
            else:
                assert answer.status_code in (200, 303, 400, 404), (who, url, answer.status_code)
            found = (WORDS if url.startswith("/numbers") else MARKERS).search(answer.text)
            assert who in WHO or not found, (who, url, found and answer.text[found.start() - 300 : found.end()])


def test_an_entry_that_is_not_theirs_is_as_one_that_is_not_there(site: Site):
    me = Visitor(create_app(site)).sign_in("rin_takeda")
    for _, path, access in listed(site):
        if access is Access.ENTRY:
            answers = [me.get(path.format(**{**PATHS, "name": name})) for name in ("E-000001", "E-000999", "nothing")]
            assert len({answer.content for answer in answers}) == 1, path


def test_a_forged_form_changes_nothing(site: Site):
    before = dump(site)
    for who, me in visitors(site).items():
        for method, path, access in listed(site):
            url = path.format(**PATHS)
            if method != "POST" or url in ("/sign-in", "/sign-out"):
                continue
            token = me.token("/queue")
            own = {"origin": ADDRESS}
            for fields in ({"csrf": ""}, {"csrf": "0" * 64}, FORGED):
                assert me.forge(url, fields, headers=own).status_code == 403, (who, url)
            answer = me.forge(url, {"csrf": token, **FORGED}, headers=own)
            # Of an entry, who may not take the decision hears that first.
            expected = {400} if access is not Access.ENTRY else {400, 403} if who in WHO else {404}
            assert answer.status_code in expected, (who, url, answer.status_code)
    assert dump(site) == before


def test_opening_every_page_and_every_link_on_it_changes_nothing(site: Site, links: Callable[[str], set[str]]):
    before = dump(site)
    for who in (*WHO, "rin_takeda"):
        me = Visitor(create_app(site)).sign_in(who)
        waiting = {path.format(**PATHS) for method, path, _ in listed(site) if method == "GET"}
        done: set[str] = set()
        while waiting and len(done) < 300:
            url = waiting.pop()
            done.add(url)
            answer = me.get(url)
            assert answer.status_code < 500, url
            waiting |= links(answer.text) - done
    assert dump(site) == before


@pytest.fixture
def links() -> Callable[[str], set[str]]:
    """The links of a page that lead to pages of ours."""
    return lambda page: {html.unescape(url) for url in re.findall(r'href="(/(?!static)[^"#]*)', page)}
