"""Tables for people: a table of one-line rows stays one, whatever is in it and however narrow it is."""

import pytest
from rich.cells import cell_len

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
