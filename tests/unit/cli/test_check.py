"""`handoff check` from the command line: the contract, the screen, the page, and one sentence for each bad export."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Command, Ended, cpu_seconds_of
from tests.unit.cli.exports import PIPELINE, deal, write_export

PACK = "crm_sales_opportunities"
EXPORT = Path(__file__).parents[4] / "shared" / "data" / "crm_sales_opportunities"


def check(handoff: Command, folder: Path, *words: object) -> Ended:
    return handoff("check", folder, "--pack", PACK, *words)


@pytest.fixture
def real_export() -> Path:
    if not EXPORT.is_dir():
        pytest.skip("the real CRM export is not beside the repository (../shared/data/crm_sales_opportunities)")
    return EXPORT


def test_the_real_export_is_checked_in_three_seconds(real_export: Path, tmp_path: Path) -> None:
    command = ("check", str(real_export), "--pack", PACK, "--json", "--html", str(tmp_path / "check.html"))
    assert cpu_seconds_of(*command) < 3


def test_the_real_export_gives_the_figures_of_the_issue(handoff: Command, real_export: Path) -> None:
    found = check(handoff, real_export, "--json").json
    counts = [found[name] for name in ("read", "deals", "passed", "held", "excluded")]
    assert counts == [8800, 4238, 2848, 1390, 0]
    assert found["amount"] == {"USD": {"passed": 5_410_858_00, "held": 4_594_676_00}}
    assert found["violations_by_rule"] == {
        "product_is_canonical": 729,
        "sector_is_canonical": 671,
        "country_is_canonical": 161,
        "discount_within_limit_or_approved": 75,
    }
    assert found["not_judged_by_rule"] == {"discount_within_limit_or_approved": 729}
    assert len(found["entries"]) == 1390


def test_an_entry_has_the_owner_and_all_violations(handoff: Command, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "export", deal(1), deal(2, product="GTXPro", account="Odd"), deal(3))
    found = check(handoff, folder, "--json").json
    (entry,) = found["entries"]
    assert (entry["deal_id"], entry["owner"], entry["role"]) == ("OPP00002", "Dustin Brinkmann", "reps_manager")
    violations: dict[str, Any] = {v["rule"]: v for v in entry["violations"]}
    product = violations["product_is_canonical"]
    assert set(product) == {"rule", "field", "seen", "allowed", "message", "judged"}
    assert (product["seen"], product["judged"]) == ("GTXPro", True)
    assert violations["discount_within_limit_or_approved"]["judged"] is False
    assert found["deals"] == found["passed"] + found["held"] + found["excluded"]


def test_deals_that_do_not_meet_the_trigger_are_read_but_no_deals(handoff: Command, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "export", deal(1), deal(2, deal_stage="Lost"), deal(3, deal_stage="Engaging"))
    found = check(handoff, folder, "--json").json
    assert (found["read"], found["deals"], found["passed"]) == (3, 1, 1)


def test_one_file_may_be_named_in_place_of_its_folder(handoff: Command, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "export")
    (folder / "march.csv").write_text(f"{PIPELINE}\n{deal(1)}\n{deal(2)}\n")
    assert check(handoff, folder / "march.csv", "--json").json["passed"] == 2


def test_the_screen_says_totals_causes_owner_and_what_next(handoff: Command, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "export", deal(1), deal(2, product="GTXPro"))
    shown = check(handoff, folder)
    assert shown.code == 0
    assert shown.err == ""
    for said in ("2 deals read", "USD 550.00", "product_is_canonical", "GTXPro", "Dustin Brinkmann", "Next:"):
        assert said in shown.out
    assert "could not be judged for 1 of these deals" in shown.out
    assert len(shown.out.splitlines()) <= 24, "one screen"


def test_a_clean_export_says_that_all_would_be_delivered(handoff: Command, tmp_path: Path) -> None:
    assert "Every deal that meets the trigger would be delivered." in check(handoff, write_export(tmp_path / "e")).out


def test_strict_ends_with_one_when_a_deal_is_held(handoff: Command, tmp_path: Path) -> None:
    held = write_export(tmp_path / "held", deal(1, product="GTXPro"))
    assert check(handoff, held, "--json").code == 0
    assert check(handoff, held, "--json", "--strict").code == 1
    assert check(handoff, write_export(tmp_path / "clean"), "--json", "--strict").code == 0


def test_nothing_is_written_but_the_page(handoff: Command, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "export", deal(1, product="GTXPro"))
    before = {p for p in tmp_path.rglob("*") if p.is_file()}
    check(handoff, folder, "--html", tmp_path / "check.html")
    assert {p for p in tmp_path.rglob("*") if p.is_file()} - before == {tmp_path / "check.html"}
    assert "GTXPro" in (tmp_path / "check.html").read_text()


def test_hostile_deal_text_drives_no_terminal(handoff: Command, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "export", deal(1, product="\x1b[31m[red]x\u202e"))
    shown = check(handoff, folder)
    assert "[red]x" in shown.out
    assert "\x1b" not in shown.out
    assert "\u202e" not in shown.out


@pytest.mark.parametrize(
    ("amount", "seen"),
    [('"1,234.50"', "1,234.50"), ("NaN", "NaN"), ("1e30", "1e30"), ("5.125", "5.125"), ("", None)],
)
def test_an_amount_that_is_none_holds_its_deal_and_counts_no_money(
    handoff: Command, tmp_path: Path, amount: str, seen: str | None
) -> None:
    folder = write_export(tmp_path / "export", deal(1, close_value=amount), deal(2))
    found = check(handoff, folder, "--json").json
    assert (found["passed"], found["held"]) == (1, 1)
    assert ("amount", seen) in {(v["field"], v["seen"]) for v in found["entries"][0]["violations"]}
    assert found["amount"] == {"USD": {"passed": 550_00, "held": 0}}
    assert found["warnings"] == ["The amount of 1 deal cannot be read; the money shown leaves it out."]


def test_a_negative_amount_holds_its_deal(handoff: Command, tmp_path: Path) -> None:
    found = check(handoff, write_export(tmp_path / "export", deal(1, close_value="-5")), "--json").json
    assert ("amount", "-5") in {(v["field"], v["seen"]) for v in found["entries"][0]["violations"]}
    assert found["amount"] == {"USD": {"passed": 0, "held": -5_00}}


def test_a_day_that_does_not_exist_holds_its_deal(handoff: Command, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "export", deal(1, close_date="31/02/2026"), deal(2))
    found = check(handoff, folder, "--json").json
    assert (found["passed"], found["held"]) == (1, 1)
    assert "31/02/2026" in {v["seen"] for v in found["entries"][0]["violations"]}


def test_duplicate_ids_hold_both_deals(handoff: Command, tmp_path: Path) -> None:
    found = check(handoff, write_export(tmp_path / "export", deal(1), deal(1), deal(2)), "--json").json
    assert (found["deals"], found["passed"], found["held"]) == (3, 1, 2)


def test_ten_megabytes_in_one_cell_hold_one_deal_and_fit_the_screen(handoff: Command, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "export", deal(1, product="x" * 10_000_000), deal(2))
    shown = check(handoff, folder)
    assert shown.code == 0
    assert len(shown.out) < 10_000
    assert "held" in shown.out


def test_a_byte_order_mark_is_no_part_of_the_first_column(handoff: Command, tmp_path: Path) -> None:
    marked = "\ufeff" + PIPELINE + "\n" + deal(1) + "\n"
    assert check(handoff, write_export(tmp_path / "e", sales_pipeline=marked), "--json").json["passed"] == 1


@pytest.mark.parametrize(
    ("pipeline", "said"),
    [
        (PIPELINE.replace(",close_value", "") + "\n", "has no column close_value"),
        (PIPELINE.replace(",", ";") + "\n", "its delimiter looks not like ',' but like ';'"),
        (b"", "is empty"),
        ((PIPELINE + "\n" + deal(1, account="Caf\xe9") + "\n").encode("latin-1"), "is not utf-8"),
        (PIPELINE + "\nOPP00001,too,short\n", "not so line 2 (3 cells)"),
    ],
)
def test_a_file_that_cannot_be_read_whole_is_one_sentence(
    handoff: Command, tmp_path: Path, pipeline: str | bytes, said: str
) -> None:
    refused = check(handoff, write_export(tmp_path / "export", sales_pipeline=pipeline), "--json")
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
    assert refused.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("missing", "--pack", PACK), "does not exist"),
        ((".", "--pack", "missing"), "there is no such folder"),
        ((".", "--pack", PACK, "--source", "hubspot"), "has no source 'hubspot' (there: export, salesforce)"),
    ],
)
def test_wrong_arguments_are_one_sentence(handoff: Command, words: tuple[str, ...], said: str) -> None:
    refused = handoff("check", *words)
    assert refused.code == 2
    assert said in refused.err


def test_a_page_that_cannot_be_written_is_one_sentence(handoff: Command, tmp_path: Path) -> None:
    refused = check(handoff, write_export(tmp_path / "e"), "--html", tmp_path / "missing" / "check.html")
    assert refused.code == 2
    assert "cannot be written" in refused.err
