"""The report as CSV: no cell is a formula in any spreadsheet, and what is read back is what was written."""

import csv
import io
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.core.errors import UsageError
from handoff.report.report_csv import COLUMNS, neutral, read_back, table, too_long, written
from tests.unit.report.held import DUE, make_violation
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.test_pages import make_entry

DANGEROUS = "=+-@\t\r\n\x00＝＋－＠"
NASTY = st.text(alphabet=st.sampled_from(f"{DANGEROUS};,'\" a“é😀\ufeff"), max_size=20)
CELLS = st.one_of(st.none(), NASTY, st.text(max_size=30))
ROWS = st.lists(st.lists(CELLS, min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=3)


@settings(deadline=None)
@given(ROWS)
def test_what_is_read_back_is_what_was_written(rows: list[list[str | None]]) -> None:
    assert read_back(written(rows)) == rows


@settings(deadline=None)
@given(NASTY)
def test_no_cell_begins_with_what_a_spreadsheet_takes_for_a_formula(text: str) -> None:
    calm = neutral(text)
    assert calm.lstrip(" \"“”'\u00a0\u200b\ufeff").startswith(tuple(DANGEROUS)) <= calm.startswith("'")


@pytest.mark.parametrize(
    ("text", "calm"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ('"=1+1', "'\"=1+1"),
        (" \u00a0@sum", "' \u00a0@sum"),
        ("＝1+1", "'＝1+1"),
        ("\tx", "'\tx"),
        ("\x00x", "'\x00x"),
        ("-5", "'-5"),
        ("'tis", "''tis"),
        ("", "'"),
        ("Acme;=cmd|'/c calc'!A1", "Acme;'=cmd|'/c calc'!A1"),
        ("one\r\n@two", "one\r\n'@two"),
        ("GTX Pro", "GTX Pro"),
        ("a-b = c", "a-b = c"),
        ("😀", "😀"),
    ],
)
def test_a_cell_is_changed_only_where_it_must_be(text: str, calm: str) -> None:
    assert neutral(text) == calm


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 1_000_000, '"=;' * 300_000], ids=lambda text: text[:20])
def test_hostile_and_huge_text_comes_back_from_every_column(text: str) -> None:
    row: list[str | None] = [text] * len(COLUMNS)
    assert read_back(written([row])) == [row]


@pytest.mark.parametrize(
    ("text", "cut"),
    [("x" * 32_767, 0), ("x" * 32_768, 1), ("=" + "x" * 32_766, 1), ("😀" * 16_383, 0), ("😀" * 16_384, 1), (None, 0)],
)
def test_a_cell_that_excel_would_cut_is_counted_and_stands_whole_in_the_file(text: str | None, cut: int) -> None:
    row = [text, *[None] * (len(COLUMNS) - 1)]
    assert too_long([row]) == cut
    assert read_back(written([row])) == [row]


def test_it_is_csv_as_the_rfc_says_and_other_programs_read_it() -> None:
    text = written(table([make_entry(account_name='Acme, "Ltd"\nBerlin')], DUE + timedelta(hours=1)))
    assert text.startswith("\ufeff")
    assert text.endswith("\r\n")
    heading, row = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    assert heading == list(COLUMNS)
    found = dict(zip(heading, row, strict=True))
    assert found["account"] == 'Acme, "Ltd"\nBerlin'
    assert (found["amount"], found["currency"], found["past_due"]) == ("100.00", "USD", "yes")
    assert (found["opened_utc"], found["due_utc"]) == ("2026-11-24 09:00:00", "2026-11-25 09:00:00")


def test_each_violation_has_its_row_and_an_entry_without_one_has_one() -> None:
    entry = make_entry(violations=(make_violation(), make_violation(rule="x", seen=None, judged=False)))
    rows = table([entry, make_entry(entry="E-000002", violations=(), amount=None)], DUE)
    assert [(row[0], row[COLUMNS.index("rule")]) for row in rows] == [
        ("E-000001", "product_is_canonical"),
        ("E-000001", "x"),
        ("E-000002", None),
    ]
    assert rows[1][COLUMNS.index("seen")] is None
    assert rows[2][COLUMNS.index("amount")] is None
    assert read_back(written(rows)) == rows


def test_a_file_that_a_spreadsheet_has_saved_is_read_too() -> None:
    rows = table([make_entry(account_name="=1+1")], DUE)
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(
        csv.reader(io.StringIO(written(rows).removeprefix("\ufeff"), newline=""))
    )
    assert read_back(out.getvalue()) == rows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not begin with the columns of the report"),
        ("a,b\r\n1,2\r\n", "does not begin with the columns of the report"),
        (written([["x"]]), "Line 2 has 1 cells, not 21"),
        (written([]) + '"an open quotation mark', "Line 2 cannot be read as CSV"),
        (written([]) + 'a"b"c\r\n', "Line 2 cannot be read as CSV"),
        (written([["two\nlines"] * 21]) + "x\r\n", "Line 24 has 1 cells"),
    ],
)
def test_a_text_that_is_none_of_ours_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_back(text)


def test_an_empty_report_is_a_heading_alone() -> None:
    assert written([]) == "\ufeff" + ",".join(f'"{name}"' for name in COLUMNS) + "\r\n"
    assert read_back(written([])) == []
