"""The pages: nothing fetched, no script, hostile text harmless in every place it can stand."""

from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from handoff.core.entry import EntryState
from handoff.core.errors import UsageError
from handoff.core.money import Money
from handoff.report import checked as check_report
from handoff.report import open_entries
from handoff.report.checked import Checked
from handoff.report.pages import write
from handoff.report.queue import QueueEntry
from tests.unit.report.held import DUE, make_held, make_violation
from tests.unit.report.hostile import HOSTILE

_FETCHING = {"script", "iframe", "img", "link", "object", "embed", "base", "form", "svg", "video", "audio", "a", "math"}
_ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "style", "data-label"}


class Tags(HTMLParser):
    """Every tag and attribute of a page, and whether tags close as they open."""

    _VOID = frozenset({"meta", "br"})

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs
        if tag not in self._VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def make_checked(*held: Any, **values: Any) -> Checked:
    """What a check found; by default one held deal and two that pass."""
    found = held or (make_held(),)
    said: dict[str, Any] = {
        "path": Path("export"),
        "pack": "demo",
        "read": 5,
        "passed": 2,
        "excluded": 0,
        "passed_money": (Money(minor=7_00, currency="USD"),),
        "held_money": (Money(minor=100_00, currency="USD"),),
        "entries": tuple(found),
        "warnings": (),
    }
    return Checked(**{**said, **values})


def make_entry(**values: Any) -> QueueEntry:
    """An open entry of 100 dollars that Ada owns."""
    said: dict[str, Any] = {
        "entry": "E-000001",
        "deal_id": "006A",
        "status": EntryState.OPEN,
        "owner": "Ada",
        "email": "ada@example.com",
        "role": "ops",
        "opened": DUE - timedelta(days=1),
        "due": DUE,
        "released": None,
        "episode": 1,
        "amount": 100_00,
        "currency": "USD",
        "deal_name": "Widgets",
        "account_name": "Acme",
        "violations": (make_violation(),),
    }
    return QueueEntry(**{**said, **values})


def check_page(checked: Checked) -> str:
    return check_report.page(checked, {}, ["a note"], DUE)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_tag_and_no_attribute_to_either_page(text: str) -> None:
    violation = make_violation(rule=text, seen=text, message=text, allowed=text, field=text)
    texts = {"deal_id": text, "deal_name": text, "account_name": text, "owner": text, "role": text}
    calm = Tags(check_page(make_checked(warnings=("w",))))
    harmless = make_checked(
        make_held(violation, **texts), path=Path(text.replace("\x00", "")), pack=text, warnings=(text,)
    )
    hostile = Tags(check_page(harmless).encode("utf-8", "strict").decode())
    assert hostile.names == calm.names
    assert {name for name, _ in hostile.attributes} <= _ATTRIBUTES
    calm_report = Tags(open_entries.page([make_entry()], {}, DUE))
    hostile_report = Tags(open_entries.page([make_entry(**texts, violations=(violation,))], {}, DUE))
    assert hostile_report.names == calm_report.names


@pytest.mark.parametrize("text", HOSTILE)
def test_no_control_or_direction_character_reaches_a_page(text: str) -> None:
    page = check_page(make_checked(make_held(make_violation(seen=text, message=text), deal_name=text)))
    assert not set(page) & set("\x00\x1b\x07\x9b\u202e\u2066\u2069\u200b\ufeff\u2028\u2029\r")


def test_the_pages_fetch_nothing_and_run_nothing() -> None:
    for page in (check_page(make_checked()), open_entries.page([make_entry()], {}, DUE)):
        tags = Tags(page)
        assert not _FETCHING & set(tags.names)
        assert not [name for name, _ in tags.attributes if name.startswith("on") or name in {"src", "href"}]
        assert "url(" not in page
        assert "default-src 'none'" in page


def test_the_pages_are_made_for_narrow_screens_dark_rooms_and_paper() -> None:
    page = check_page(make_checked())
    assert 'content="width=device-width, initial-scale=1"' in page
    for rule in ("(prefers-color-scheme: dark)", "(max-width: 40rem)", "@media print"):
        assert rule in page


def test_the_check_page_says_how_much_is_held_why_and_whose_it_is() -> None:
    text = " ".join(Tags(check_page(make_checked())).text)
    for said in ("1 closed deal would be held", "USD 100.00", "GTXPro", "product_is_canonical", "Ada", "a note"):
        assert said in text


def test_a_check_without_held_deals_says_so() -> None:
    page = check_page(make_checked(entries=(), held_money=()))
    assert "Every deal that meets the trigger passes the gate." in page


def test_the_report_says_count_money_and_oldest_due() -> None:
    later = make_entry(entry="E-000002", due=DUE + timedelta(days=3))
    text = " ".join(Tags(open_entries.page([make_entry(), later], {}, DUE + timedelta(hours=1))).text)
    for said in ("2 deals held", "USD 200.00", "oldest due 2026-11-25 09:00 UTC", "E-000002", "Acme", "Ada"):
        assert said in text


def test_the_report_says_when_an_amount_cannot_be_read() -> None:
    assert "1 deal has an amount that cannot be read" in open_entries.page([make_entry(amount=None)], {}, DUE)


def test_the_report_says_what_escalated_whose_is_past_due_and_what_waits_for_a_yes() -> None:
    up = make_entry(entry="E-000002", level=2, kind="approval", due=DUE + timedelta(days=1))
    shown = Tags(open_entries.page([make_entry(), up], {}, DUE + timedelta(hours=1), approvals={"bo": 3})).text
    text = " ".join(" ".join(shown).split())
    for said in ("1 past due, 1 escalated", "needs a yes or no, escalated twice", "3 waiting for a yes or no"):
        assert said in text
    calm = open_entries.page([make_entry()], {}, DUE)
    assert "escalated" not in calm
    assert "yes or no" not in calm


def test_the_reports_document_has_kinds_levels_and_approvals_that_wait() -> None:
    up = make_entry(entry="E-000002", level=1, kind="exception", owner="Bo")
    found = open_entries.document([make_entry(), up], {}, DUE + timedelta(hours=1), {"bo": 3})
    assert (found["escalated"], found["approvals_waiting"]) == (1, {"bo": 3})
    assert found["kinds"] == {"correction": 1, "exception": 1}
    assert [(o["owner"], o["overdue"], o["escalated"]) for o in found["owners"]] == [("Ada", 1, 0), ("Bo", 1, 1)]


def test_an_empty_queue_makes_a_page_too() -> None:
    assert "No deal is held." in open_entries.page([], {}, DUE)


def test_a_long_list_is_cut_and_the_rest_counted() -> None:
    held = [make_held(deal_id=f"006{n}") for n in range(510)]
    page = check_page(make_checked(*held))
    assert "10 more deals of this owner" in page


def test_the_reports_document_counts_as_the_page_does() -> None:
    found = open_entries.document([make_entry(), replace(make_entry(), amount=None)], {}, DUE + timedelta(hours=1))
    assert (found["open"], found["overdue"], found["amount"], found["amount_unreadable"]) == (2, 2, {"USD": 100_00}, 1)
    assert found["owners"][0]["causes"][0]["seen"] == "GTXPro"


def test_a_page_is_put_in_place_in_one_step(tmp_path: Path) -> None:
    write(tmp_path / "held.html", "<p>ü</p>")
    assert [p.name for p in tmp_path.iterdir()] == ["held.html"]
    assert (tmp_path / "held.html").read_text(encoding="utf-8") == "<p>ü</p>"


def test_a_page_for_a_folder_that_does_not_exist_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be written: No such file or directory\. Name a file"):
        write(tmp_path / "missing" / "held.html", "")
