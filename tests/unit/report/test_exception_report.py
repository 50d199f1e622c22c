"""The exception report as a page and a document: complete in itself, for paper too, harmless whatever it quotes."""

import base64
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from handoff.core.money import Money
from handoff.report.best_decision import BestDecision, ranked
from handoff.report.cause_list import Touched
from handoff.report.charts import ageing, flow
from handoff.report.exception_report import ExceptionReport
from handoff.report.open_entries import Balance
from handoff.report.since_last import Change, Changes
from tests.unit.report.held import DUE, make_violation
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.test_pages import Tags, make_entry

USD = (Money(minor=100_00, currency="USD"),)


class Report(Tags):
    """The tags of a page on which pictures may stand."""

    _VOID = frozenset({"meta", "br", "img", "source"})


def made(text: str = "Ada", **values: Any) -> ExceptionReport:
    """A report of one entry, with everything that may stand beside it; a text wherever one can be somebody's."""
    violation = make_violation(rule=text, seen=text, message=text, allowed=text, field=text)
    entry = make_entry(deal_id=text, deal_name=text, account_name=text, owner=text, role=text, violations=(violation,))
    decision = BestDecision(
        do=text, who=text, command=text, place="/causes/C-0123456789", releases=Touched(deals=1, money=USD), exact=True
    )
    change = Change(kind="opened", count=1, entries=("E-000001",), money=USD)
    charts = (
        flow.chart(flow.Flow(passed=Counter({"never held": 3}), held=Counter({"open": 1}))),
        ageing.chart(ageing.Ageing(owners=(ageing.Ages(text, [1, 0, 0, 0, 0], 1),), oldest_s=60)),
    )
    outcomes = {"delivered": 1, "held": 1, "excluded": 0, "unchanged": 2, "in_progress": 0}
    said: dict[str, Any] = {
        "made": DUE + timedelta(hours=1),
        "entries": [entry],
        "sentences": {},
        "approvals": {"ada": 2},
        "undelivered": 0,
        "changes": Changes(since=DUE - timedelta(days=1), found=(change,)),
        "decisions": [decision, replace(decision, exact=False)],
        "charts": charts,
        "balance": Balance(run_id="r", kind="sync", ended=DUE, pulled=4, outcomes=outcomes, balanced=True),
    }
    return ExceptionReport(**{**said, **values})


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_tag_to_the_report(text: str) -> None:
    calm, hostile = Report(made().page()), Report(made(text, owner=text).page())
    owned = Report(made(owner="Ada").page())
    assert hostile.names == owned.names
    assert not {"script", "a", "iframe", "form", "link"} & set(calm.names)
    assert not set(made(text, owner=text).page()) & set("\x00\x1b\u202e\u2066\u200b\u2028")


def test_the_report_fetches_nothing_and_its_pictures_are_in_it() -> None:
    page = made().page()
    tags = Report(page)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'" in page
    addresses = [value for name, value in tags.attributes if name in {"src", "srcset", "href"}]
    assert len(addresses) == 8
    for address in addresses:
        head, _, held = (address or "").partition(",")
        assert head == "data:image/svg+xml;base64"
        assert base64.b64decode(held).startswith(b"<svg")
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert "url(" not in page


def test_each_picture_has_its_words_and_its_figures() -> None:
    tags = Report(made().page())
    alts = [value or "" for name, value in tags.attributes if name == "alt"]
    assert [alt.split(":")[0] for alt in alts] == ["Where won deals are", "How long open entries wait"]
    assert "Of 4 deals that were judged, 3 passed at once" in alts[0]
    text = " ".join(tags.text)
    for said in ("Passed at once", "never held", "1 entry is open, 1 of them overdue"):
        assert said in text


def test_the_report_says_what_to_do_first_what_changed_and_how_the_last_run_ended() -> None:
    text = re.sub(r"\s+", " ", " ".join(Report(made().page()).text))
    for said in (
        "The one decision that would release most Ada The next run releases 1 deal, USD 100.00.",
        "Since the last report, 2026-11-24 09:00 UTC",
        "opened 1 USD 100.00 E-000001",
        "The last sync, which ended 2026-11-25 09:00 UTC, read 4 deals: 1 delivered, 1 held, 0 excluded, 2 unchanged "
        "(nothing to do in this run), 0 in progress.",
        "2 waiting for a yes or no",
    ):
        assert said in text, said
    assert "NOT BALANCED" not in text


def test_an_unbalanced_run_is_said() -> None:
    outcomes = {"delivered": 0, "held": 0}
    bad = Balance(run_id="r", kind="sync", ended=DUE, pulled=3, outcomes=outcomes, balanced=False)
    assert "NOT BALANCED: a deal has no outcome." in made(balance=bad).page()


def test_an_owners_report_is_in_their_zone_and_by_their_name() -> None:
    text = " ".join(Report(made(owner="Ada Lovelace", zone="Europe/London").page()).text)
    assert "1 deal held, with Ada Lovelace" in re.sub(r"\s+,", ",", re.sub(r"\s+", " ", text))
    assert "2026-11-25 09:00 Europe/London (09:00 UTC)" in text
    assert "Whose they are" not in text


def test_entries_are_links_only_where_there_is_a_page_to_open() -> None:
    assert "href" not in made().page()
    page = made(review_url="https://handoff.example.com/").page()
    assert '<a href="https://handoff.example.com/entries/E-000001">' in page


def test_the_decision_is_a_link_where_there_is_a_page_and_a_command_elsewhere() -> None:
    causes = [make_entry(entry=f"E-{n:06}", violations=(make_violation(rule=f"rule_{n}"),)) for n in range(25)]
    page = made("handoff queue label", review_url="https://handoff.example.com/", entries=causes, charts=()).page()
    assert page.count('<a href="https://handoff.example.com/causes/C-0123456789">') == 2, "the first, and the others"
    assert '<a href="https://handoff.example.com/causes">all causes on the review page</a>' in page
    assert "<code>handoff queue label</code>" not in page
    assert "<code>handoff queue label</code>" in made("handoff queue label", charts=()).page()


def test_each_person_is_told_once_with_their_roles_by_title() -> None:
    roles = ["crm_admin", "reps_manager", "crm_admin"]
    entries = [make_entry(entry=f"E-{n:06}", role=role) for n, role in enumerate(roles)]
    namesake = make_entry(entry="E-000009", role="crm_admin", email="ada@elsewhere.example")
    page = made(entries=[*entries, namesake], charts=(), titles={"crm_admin": "CRM administrator"}).page()
    assert page.count("CRM administrator (2), reps_manager (1)") == 2, "in the table of owners, and over the deals"
    assert "crm_admin" not in page
    assert page.count("<section>\n<h3><bdi>Ada") == 2, "somebody else of the same name is somebody else"
    found = made(entries=entries).document()["owners"]
    assert [(each["role"], each["entries"]) for each in found] == [("crm_admin", 2), ("reps_manager", 1)]


def test_no_amount_is_broken_over_two_lines() -> None:
    page = made(charts=()).page()
    assert "releases 1 deal, USD\u00a0100.00." in page
    told = re.sub(r'<span class="amount">[^<]*</span>', "", page)
    assert "USD 100.00" not in told
    assert ".amount { white-space: nowrap; }" in page


def test_nothing_held_before_the_first_report_and_run_is_a_report_too() -> None:
    nothing: dict[str, Any] = {"entries": [], "decisions": [], "charts": (), "balance": None}
    page = made(**nothing, changes=Changes(since=None), approvals={}).page()
    assert "No deal is held." in page
    assert "No report was published before this one" in page
    assert "img" not in Report(page).names


def test_the_report_prints_on_white_without_what_only_a_screen_can_open() -> None:
    page = made().page()
    printed = page[page.index("@media print") :]
    assert "details { display: none; }" in printed
    assert "break-inside: avoid" in printed
    assert "@page" in page
    dark = re.findall(r'media="([^"]*)"', page)
    assert all(media.startswith("screen and") for media in dark), "on paper the light picture is taken"


def test_a_name_of_a_megabyte_makes_no_page_of_a_megabyte() -> None:
    assert len(made("x" * 1_000_000, owner="x" * 1_000_000).page()) < 400_000


def test_many_causes_are_cut_and_the_rest_counted() -> None:
    entries = [make_entry(entry=f"E-{n:06}", violations=(make_violation(rule=f"rule_{n}"),)) for n in range(25)]
    assert "5 more causes" in made(entries=entries).page()


def test_the_document_has_what_the_page_has() -> None:
    found = made(owner="Ada").document()
    assert (found["open"], found["owner"], found["undelivered"]) == (1, "Ada", 0)
    assert found["run"]["delivered"] == 1
    assert found["since_last"]["opened"] == {"entries": 1, "amount": {"USD": 100_00}}
    assert [d["exact"] for d in found["decisions"]] == [True, False]
    assert found["charts"]["flow"]["rows"][0] == ["never held", "3", "0", "3"]
    assert made(changes=Changes(since=None), balance=None).document()["since_last"] is None


def test_decisions_are_ranked_by_the_leading_currency_then_by_deals() -> None:
    def one(do: str, minor: int, currency: str, deals: int) -> BestDecision:
        amounts = (Money(minor=minor, currency=currency),)
        return BestDecision(
            do=do, who="x", command="x", place="", releases=Touched(deals=deals, money=amounts), exact=True
        )

    found = [one("a", 1, "USD", 0), one("b", 9_00, "JPY", 9), one("c", 5_00, "USD", 1), one("d", 7_00, "USD", 1)]
    assert [each.do for each in ranked(found, "USD", 3)] == ["d", "c", "b"]
