"""A dry run's artifact: ids, rules and counts, and what was not worked out is said."""

from flows.artifacts import table
from flows.foretold import of_sync
from handoff.core.violation import Violation
from handoff.report.foreseen import Foreseen, ForeseenDeal


def foreseen(deals: int) -> Foreseen:
    coming = [
        ForeseenDeal(
            deal_id=f"006{n:015}",
            deal_name="Ada's deal",
            account_name="Hottechi",
            customer="new",
            creates={"invoice": 1, "project": 0},
            amount="100.00",
            currency="USD",
        )
        for n in range(deals)
    ]
    held = Violation(
        rule="amount_is_positive", field="amount", message="Ada set 0", seen="0", allowed="more", judged=True
    )
    return Foreseen(deals=coming, held={"006x": (held,)}, warnings=["stopped by Ada"], customers={"a": "new"})


def test_a_dry_run_tells_what_a_sync_would_do_and_names_nobody() -> None:
    told = of_sync(foreseen(2))
    assert told.sentence.startswith("Dry run: 3 deals pulled, 2 would be delivered, 1 held, 0 excluded, 0 unchanged.")
    assert "| amount_is_positive | 1 |" in told.text
    assert "| 006000000000000001 | new | 1 invoice |" in told.text
    assert "1 warning, to be read with" in told.text
    assert not [word for word in ("Ada", "Hottechi", "100.00") if word in told.text + told.sentence]


def test_a_long_dry_run_says_how_much_it_leaves_out() -> None:
    text = of_sync(foreseen(201)).text
    assert "The first 200 of 201 are shown." in text
    assert text.count("| new |") == 200


def test_a_bar_in_a_label_is_no_column() -> None:
    assert table(("label", "deals"), [("a|b", 1)]).splitlines()[-1] == r"| a\|b | 1 |"
    assert table(("label", "deals"), []) == ""
