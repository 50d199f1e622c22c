"""Messages as owners read them: by cause, with times in their zone; nothing that stands in a name can act."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from handoff.core.entry import EntryState
from handoff.core.errors import UsageError
from handoff.core.violation import Violation
from handoff.report import harmless
from handoff.report.customer_note import filled
from handoff.report.messages import Reader, Text, Told, banner, compose, instead_of
from handoff.report.queue import QueueEntry
from handoff.road.packs import find_pack
from tests.unit.report.hostile import HOSTILE

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
READER = Reader(
    person="ada",
    zone=ZoneInfo("Europe/Berlin"),
    now=NOW,
    pack=find_pack("demo"),
    sentences={"product_is_canonical": "A product is not in the catalogue.", "billing_email_well_formed": "An e-mail."},
)


def make_entry(number: int = 1, **values: Any) -> QueueEntry:
    """An entry of 100 dollars, due in four hours."""
    seen = values.pop("seen", "GTXPro")
    rule = values.pop("rule", "product_is_canonical")
    field = values.pop("field", "lines.product")
    wrong = Violation(rule=rule, field=field, seen=seen, allowed="one of: GTX Pro", message=f"{seen} is wrong")
    stated = {
        "entry": f"E-{number:06d}",
        "deal_id": f"006{number}",
        "status": EntryState.OPEN,
        "owner": "Ada",
        "email": "ada@example.com",
        "role": "sales_operations",
        "opened": NOW,
        "due": NOW + timedelta(hours=4),
        "released": None,
        "episode": 1,
        "amount": 100_00,
        "currency": "USD",
        "deal_name": "Widgets",
        "account_name": "Acme",
        "violations": (wrong,),
    }
    return QueueEntry(**{**stated, **values})


def told(kind: str, entry: QueueEntry | None = None, about: str | None = None) -> Told:
    return Told(kind=kind, about=about, entry=entry)


def new(entries: Sequence[QueueEntry]) -> Text:
    return compose(READER, [told("entry_opened", entry) for entry in entries])


def test_where_there_is_a_page_a_message_links_to_it_and_to_nothing_that_acts():
    reader = replace(READER, page="https://handoff.example.com")
    evil = make_entry(2, account_name="https://evil.example/entries/E-000002/approve")
    text = compose(reader, [told("entry_reassigned", entry, "ann gave you it: so") for entry in (make_entry(1), evil)])
    links = re.findall(r"https?://\S+", text.body)
    assert links == [
        f"https://handoff.example.com/{path}" for path in ("entries/E-000001", "entries/E-000002", "queue")
    ]


def test_new_entries_are_listed_by_cause_with_number_money_and_the_oldest_due_in_the_readers_zone():
    entries = [make_entry(n) for n in range(1, 6)] + [make_entry(9, seen="GTX", amount=None)]
    text = new(entries)
    assert text.title == "Handoff: 6 new"
    assert text.body == (
        "New entries of yours:\n"
        "- 5 deals, USD 500.00, first due 2026-11-25 14:00 CET: A product is not in the catalogue. Seen: “GTXPro”.\n"
        "  E-000001 Acme, E-000002 Acme, E-000003 Acme and 2 more\n"
        "- 1 deal, amount unreadable, first due 2026-11-25 14:00 CET: A product is not in the catalogue. Seen: “GTX”.\n"
        "  E-000009 Acme\n"
        "\n"
        "What is wrong, and what next: handoff explain ENTRY\n"
        "All of yours: handoff queue list --owner ada\n"
    )


def test_what_was_seen_stands_there_only_where_it_is_a_label():
    text = new([make_entry(rule="billing_email_well_formed", field="contact_email", seen="eve@customer.example")])
    assert "An e-mail." in text.body
    assert "customer.example" not in text.body


def test_an_overdue_entry_stands_before_new_ones_with_the_decisions_open_to_its_reader():
    about = "- waive: handed off as it is (USD 100.00)\n- reject: not handed off"
    text = compose(READER, [told("entry_opened", make_entry(1)), told("entry_overdue", make_entry(2), about)])
    assert text.title == "Handoff: 1 overdue, 1 new"
    assert text.body.startswith(
        "Overdue:\n- E-000002 Acme, due 2026-11-25 14:00 CET\n  - waive: handed off as it is (USD 100.00)\n  - reject"
    )


def test_who_gave_an_entry_to_its_reader_is_said_while_there_are_few():
    given = [told("entry_reassigned", make_entry(n), f"bob gave you E-{n:06d}: his holiday") for n in range(1, 5)]
    assert "- E-000001 Acme, due 2026-11-25 14:00 CET: bob gave you E-000001: his holiday\n" in (
        compose(READER, given[:3]).body
    )
    assert "- 4 deals, USD 400.00" in compose(READER, given).body


def test_what_is_asked_of_its_reader_says_what_it_is():
    text = compose(READER, [told("approval_requested", make_entry(), "discount_within_limit_or_approved")])
    assert "- E-000001 Acme, due 2026-11-25 14:00 CET, approval requested: discount_within_limit" in text.body


def test_many_causes_and_many_lines_are_cut_and_say_so():
    text = new([make_entry(n, seen=f"label {n}") for n in range(1, 31)])
    assert "- and 20 deals by 20 other causes" in text.body
    late = compose(READER, [told("entry_overdue", make_entry(n), "decide") for n in range(1, 31)])
    assert "- and 10 more" in late.body
    assert late.body.count("E-0000") == 20


def test_a_digest_counts_what_is_open_due_today_and_overdue():
    own = [make_entry(1), make_entry(2, due=NOW - timedelta(hours=1)), make_entry(3, due=NOW + timedelta(days=2))]
    text = compose(READER, [], own)
    assert text.title == "Handoff: 3 open, 1 due today, 1 overdue"
    assert "- overdue: 1, first E-000002 Acme, due 2026-11-25 09:00 CET" in text.body
    assert "- due today: 1, first E-000001 Acme, due 2026-11-25 14:00 CET" in text.body


def test_a_kind_that_nobody_knows_is_told_by_its_text():
    text = compose(READER, [told("approval_requested", None, "Approve 40 % for Acme?")])
    assert text == Text(title="Handoff: 1 to read", body="Also:\n- Approve 40 % for Acme?\n")


@pytest.mark.parametrize("name", [*HOSTILE, "x" * 1_000_000, "{email}{0.__class__}", "a\r\nBcc: eve@example.com"])
def test_nothing_that_stands_in_a_name_can_act(name: str):
    entry = make_entry(account_name=name, seen=name)
    calm = compose(READER, [told("entry_opened", make_entry())])
    text = compose(READER, [told("entry_opened", entry)])
    warned = compose(READER, [told("line_stopped", None, name), told("entry_overdue", entry, name)])
    assert text.title == calm.title
    assert text.body.count("\n") == calm.body.count("\n")
    for body in (text.body, warned.body):
        assert len(body) < 5_000
        said = body.replace("\n", "")
        assert said.isprintable()
        assert not [mark for mark in ("<", ">", "@", "`", "](", "://", "[") if mark in said]
    assert warned.title == "Handoff: the line is stopped, 1 overdue"


def test_a_stand_in_reads_for_whom_it_is_and_the_name_cannot_act():
    text = instead_of("Eve\r\nBcc: x@y.example", Text(title="Handoff: 1 new", body="New entries"))
    assert text.title == "Handoff, instead of Eve Bcc: x＠y.example: 1 new"
    assert text.body.startswith("This is for Eve Bcc")
    assert text.body.endswith("\n\nNew entries")


def test_lines_of_others_are_cut_and_counted():
    assert harmless.lines("a\r\n\r\nb\x1b[31m") == ["a", "b�(31m"]
    assert harmless.lines("\n".join(map(str, range(100)))) == [*map(str, range(11)), "(more is in the queue)"]
    assert harmless.line("a" * 100) == "a" * 79 + "…"
    assert harmless.line(None) == "None"


def test_the_banner_is_there_only_while_something_is_undelivered():
    assert banner(0) is None
    assert (banner(3) or "").startswith("3 critical messages could not be delivered by any channel")


def test_a_customer_note_is_the_companys_own_words_with_the_deals_values():
    note = "Dear {account_name},\nplease send us the number of your purchase order for “{deal_name}” ({amount})."
    values = {"account_name": "Acme\r\n", "deal_name": None, "amount": "USD 100.00"}
    assert filled("po_number_when_required", note, values) == (
        "Dear Acme,\nplease send us the number of your purchase order for “[deal name]” (USD 100.00)."
    )


def test_a_value_with_a_place_in_it_is_not_filled_again():
    assert filled("r", "{a} {{a}}", {"a": "{b}", "b": "secret"}) == "{b} {a}"


def test_a_customer_note_that_names_no_field_is_refused():
    with pytest.raises(UsageError, match=r"customer_note of r names \{acount_name\}.*account_name"):
        filled("r", "Dear {acount_name}", {"account_name": "x"})
    with pytest.raises(UsageError, match="braces of the customer_note of r cannot be read"):
        filled("r", "Dear {account_name", {"account_name": "x"})
