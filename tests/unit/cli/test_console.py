"""What people read: a row of one line stays one, however narrow it is, and no text of the CRM drives a terminal."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from handoff.cli import console


@pytest.mark.parametrize("width", [40, 80, 140])
def test_long_cells_are_cut_so_that_a_row_is_one_line_and_short_columns_stay_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setattr(console, "_PIPE_WIDTH", width)
    rows = [("2026-11-02 15:00", "ada", "word " * 60, "漢字" * 60), ("2026-11-02 16:00", "bo", "short", None)]
    console.table(("At", "Who", "What", "Why"), rows, one_line=True)
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 3
    assert all(cell_len(line) <= width for line in shown)
    if width >= 80:
        assert shown[1].startswith("2026-11-02 15:00  ada  word word")
        assert shown[1].count("…") == 2
        assert shown[2].startswith("2026-11-02 16:00  bo   short")


def test_a_table_that_may_fold_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    console.table(("A", "B"), [("x" * 200, "y")])
    assert capsys.readouterr().out.count("x") == 200


@pytest.mark.parametrize("elsewhere", [False, True], ids=["stdout", "a console of its own"])
def test_a_line_with_a_text_of_the_crm_drives_no_terminal_and_keeps_its_own_line_ends(
    capsys: pytest.CaptureFixture[str], elsewhere: bool
) -> None:
    """A deal's name may clear the screen, set a link, or turn what follows around: people decide on what they read."""
    told = "E-000001: Second\x1b[2J site\x07 \u202e000,01 RUE\r\n  held\x9b31m"
    other = io.StringIO()
    console.lines(told, "漢字 [red]", console=Console(file=other, markup=False, width=140) if elsewhere else None)
    shown = other.getvalue() if elsewhere else capsys.readouterr().out
    assert shown == "E-000001: Second\ufffd[2J site\ufffd \ufffd000,01 RUE\ufffd\n  held\ufffd31m\n漢字 [red]\n"
