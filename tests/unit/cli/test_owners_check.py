"""`handoff owners check`: clean on the packs we ship, and each way in which the map is broken named with its line."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handoff.core.clock import utc_now
from handoff.core.errors import UsageError
from handoff.road.ownership_map import check_map, refuse_gaps
from handoff.road.packs import find_pack
from mappings.pack import shipped
from tests.unit.cli.conftest import Command
from tests.unit.mappings.pack_edits import Edit, swap

TODAY = utc_now().date()
FIRST, LAST, BACK = (TODAY + timedelta(days=days) for days in (10, 14, 15))
YESTERDAY = TODAY - timedelta(days=1)
AWAY = f"absent: [{{from: {FIRST}, until: {LAST}, why: skiing}}]"
HELENA = "helena.brandt@example.com}"
PRIYA = "priya.nair@example.com, calendar: new_york}"
TOMAS = "tomas.ortega@example.com}"
MEI = "mei.tanaka@example.com, calendar: tokyo}"
RIN = "rin.takeda@example.com, calendar: tokyo}"
STEFAN = "stefan.vogt@example.com}"


def away(who: str) -> Edit:
    return swap(who, f"{who[:-1]}, {AWAY}}}")


def left(who: str) -> Edit:
    return swap(who, f"{who[:-1]}, left: {YESTERDAY}}}")


def all_of(*edits: Edit) -> Edit:
    def edit(text: str) -> str:
        for each in edits:
            text = each(text)
        return text

    return edit


WITHOUT_DIRECTORS_BACKUP = swap(
    "      fallback: helena_brandt\n    backup: sales_operations", "      fallback: helena_brandt"
)
BROKEN: dict[str, tuple[Edit, str, str]] = {
    # what: edit of owners.yaml, a text on the line that is named, what is said
    "everybody is away, the tie-breaker too": (
        all_of(away(HELENA), away(PRIYA)),
        "  sales_operations: {title",
        f"nobody is there: Priya Nair is absent from {FIRST} until {LAST}: skiing; "
        f"Helena Brandt is absent from {FIRST} until {LAST}: skiing",
    ),
    "the first person is away and no backup is there": (
        away(PRIYA),
        "  sales_operations: {title",
        "UTC no backup is there, and only the tie-breaker Helena Brandt is left: "
        f"Priya Nair is absent from {FIRST} until {LAST}: skiing",
    ),
    "the role is the tie-breaker's own": (
        swap("Head of sales operations, person: priya_nair}", "Head of sales operations, person: helena_brandt}"),
        "  sales_operations: {title",
        "at every hour of the next 90 days Helena Brandt answers alone, and nobody stands behind them",
    ),
    "one value of a look-up leads to one person alone": (
        all_of(away(RIN), WITHOUT_DIRECTORS_BACKUP),
        "  region_director:",
        "Helena Brandt answers alone when region is 'APAC', and nobody stands behind them: Rin Takeda is absent",
    ),
    "a value that nobody knows leads to one person alone": (
        WITHOUT_DIRECTORS_BACKUP,
        "  region_director:",
        "Helena Brandt answers alone when region is empty, or region names nobody we know",
    ),
    "a person who left is still named": (
        left(MEI),
        "  crm_admin: {title",
        f"Mei Tanaka left the company on {YESTERDAY}, and the role crm_admin still leads to them. Name their successor",
    ),
    "a person who left is still found by a look-up": (
        left(STEFAN),
        "  region_director:",
        f"Stefan Vogt left the company on {YESTERDAY}, and the role region_director still leads to them",
    ),
    "the tie-breaker left": (left(HELENA), "tie_breaker:", "the tie-breaker, Helena Brandt, leaves the company on"),
    "a backup loop": (
        swap("person: priya_nair}", "person: priya_nair, backup: finance}"),
        "  sales_operations: {title",
        "the backups lead in a circle: sales_operations -> finance -> sales_operations",
    ),
    "a role with two owners": (
        swap("    title: Manager of the deal's rep\n", "    title: X\n    person: tomas_ortega\n"),
        "  reps_manager:",
        "the role reps_manager has two owners: a person and a look-up",
    ),
    "a rule with two owners": (
        swap("  rep_known: {role: sales", "  rep_is_active: {role: finance}\n  rep_known: {role: sales"),
        "rep_is_active: {role: region_director",
        "rep_is_active has two owners",
    ),
    "a group in place of a person": (
        swap("email: tomas.ortega@", "email: finance@"),
        "  tomas_ortega:",
        "Tomás Ortega <finance@example.com> is a group, and a group answers for nothing",
    ),
    "the team in place of a person": (
        swap("{name: Kwame Mensah,", "{name: The team,"),
        "  kwame_mensah:",
        "The team <kwame.mensah@example.com> is a group",
    ),
    "a person was removed": (
        swap("  kwame_mensah: {name: Kwame Mensah, email: kwame.mensah@example.com}\n", ""),
        "  delivery: {title",
        "nobody is named 'kwame_mensah' under people",
    ),
    "a calendar without a working hour": (
        swap('hours: {mon-fri: ["09:00-17:30"]}', "hours: {}"),
        "    hours: {}",
        "the calendar new_york has no working hour",
    ),
    "a zone that does not exist": (
        swap("zone: Europe/Berlin", "zone: Europe/Bonn"),
        "zone: Europe/Bonn",
        "'Europe/Bonn' is no time zone",
    ),
}


def broken_pack(tmp_path: Path, edit: Edit) -> Path:
    folder = tmp_path / "pack"
    shutil.copytree(shipped("demo"), folder)
    file = folder / "owners.yaml"
    file.write_text(edit(file.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_map_is_named_with_its_line(what: str, handoff: Command, tmp_path: Path):
    edit, on_line, said = BROKEN[what]
    folder = broken_pack(tmp_path, edit)
    shown = handoff("owners", "check", "--days", 90, "--pack", folder)
    lines = (folder / "owners.yaml").read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(lines, start=1) if on_line in line)
    assert shown.code == 2
    matching = [line for line in shown.out.splitlines() if said in line]
    assert matching, shown.out
    assert matching[0].startswith(f"owners.yaml:{number}: ")
    assert "no run begins on pack pack." in shown.out


@pytest.mark.parametrize("pack", ["demo", "crm_sales_opportunities"])
def test_the_shipped_packs_are_clean(pack: str, handoff: Command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HANDOFF_PACK", pack)
    shown = handoff("owners", "check")
    assert (shown.code, shown.err) == (0, "")
    assert f"The ownership map of pack {pack} is whole until " in shown.out
    told = handoff("owners", "check", "--json", "--days", 30).json
    assert (told["ok"], told["problems"], told["days"]) == (True, [], 30)
    assert told["chains"] >= len(told["roles"]) > 1


def test_problems_are_told_to_programs_too(handoff: Command, tmp_path: Path):
    shown = handoff("owners", "check", "--json", "--pack", broken_pack(tmp_path, away(PRIYA)))
    assert shown.code == 2
    (gap, *_) = [p for p in shown.json["problems"] if p["key"] == "roles.sales_operations"]
    assert gap["file"] == "owners.yaml"
    assert gap["right"].startswith("Add a `backup:`")
    assert shown.json["ok"] is False


def test_an_absence_beyond_the_days_asked_for_is_no_gap(handoff: Command, tmp_path: Path):
    folder = broken_pack(tmp_path, away(PRIYA))
    assert handoff("owners", "check", "--days", 9, "--pack", folder).code == 0
    assert handoff("owners", "check", "--days", 11, "--pack", folder).code == 2


def test_who_leaves_soon_is_a_note_as_long_as_a_backup_is_there(handoff: Command, tmp_path: Path):
    leaving = swap(TOMAS, f"{TOMAS[:-1]}, left: {BACK}}}")
    shown = handoff("owners", "check", "--pack", broken_pack(tmp_path, leaving))
    assert shown.code == 0
    assert f"Note: Tomás Ortega leaves the company on {BACK}. By then, name a successor for" in shown.out
    assert "for the role finance and the role on_call." in shown.out


@pytest.mark.parametrize("days", ["0", "367", "many"])
def test_days_out_of_bounds_are_wrong_usage(days: str, handoff: Command):
    assert handoff("owners", "check", "--pack", "demo", "--days", days).code == 2


def test_a_pack_that_is_not_there_is_a_problem(handoff: Command, tmp_path: Path):
    shown = handoff("owners", "check", "--pack", tmp_path / "nowhere")
    assert (shown.code, "there is no such folder" in shown.out) == (2, True)
    assert handoff("owners", "check").err.startswith("handoff: No pack is set")


def test_a_run_refuses_a_map_with_a_gap_and_says_where_to_look(tmp_path: Path):
    pack = find_pack(broken_pack(tmp_path, away(PRIYA)))
    with pytest.raises(UsageError, match=r"^The ownership map of pack pack is not whole, so nothing was begun: ") as no:
        refuse_gaps(pack, utc_now())
    assert "Priya Nair is absent" in str(no.value)
    assert str(no.value).endswith("handoff owners check shows all of it.")
    refuse_gaps(find_pack("demo"), utc_now())


def test_doctor_says_what_the_map_lacks(handoff: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HANDOFF_PACK", str(broken_pack(tmp_path, away(PRIYA))))
    (line,) = [line for line in handoff("doctor", "--json").json["checks"] if line["check"] == "owners"]
    assert line["ok"] is False
    assert line["what"].startswith("roles.sales_operations: from ")
    assert "handoff owners check" in line["do"]


def test_all_gaps_come_at_once_in_the_order_of_the_file(tmp_path: Path):
    found = check_map(broken_pack(tmp_path, all_of(away(PRIYA), left(MEI))), datetime.now(UTC), 90)
    assert [problem.line for problem in found.problems] == sorted(problem.line for problem in found.problems)
    assert {problem.key for problem in found.problems} >= {"roles.sales_operations", "roles.crm_admin", "roles.on_call"}
