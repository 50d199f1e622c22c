"""A pack is refused with every problem at once: its file, line, key, what is wrong and what would be right."""

import shutil
from pathlib import Path

import pytest

from checks.rules import names
from handoff.core.errors import PackError
from mappings.pack import PARTS, load, shipped
from tests.unit.mappings import (
    broken_calendars,
    broken_fields,
    broken_labels,
    broken_owners,
    broken_plans,
    broken_policies,
)
from tests.unit.mappings.pack_edits import append, line_of, problems, swap

PARTS_BROKEN = [
    module.BROKEN
    for module in (broken_owners, broken_calendars, broken_policies, broken_labels, broken_fields, broken_plans)
]
BROKEN = {what: how for part in PARTS_BROKEN for what, how in part.items()}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_pack_is_refused_with_file_line_and_words(what: str, tmp_path: Path) -> None:
    file, edit, on_line, wrong, right = BROKEN[what]
    found = problems(tmp_path, (file, edit))
    matching = [problem for problem in found if wrong in problem.wrong and right in problem.right]
    assert matching, "\n".join(str(problem) for problem in found) or "no problem was found"
    if on_line:
        assert matching[0].file == f"{file}.yaml"
        assert matching[0].line == line_of(tmp_path, file, on_line)


def test_no_broken_pack_hides_another_of_the_same_name() -> None:
    assert len(BROKEN) == sum(len(part) for part in PARTS_BROKEN) > 90


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    chosen = ["an unknown key", "a role without a person", "a synonym that is a label", "a rule neither used nor off"]
    found = problems(tmp_path, *((BROKEN[what][0], BROKEN[what][1]) for what in chosen))
    assert {problem.file for problem in found} == {"billing.yaml", "owners.yaml", "labels.yaml", "policies.yaml"}
    assert len(found) == 4


def test_an_unknown_key_does_not_hide_what_else_is_wrong_in_its_file(tmp_path: Path) -> None:
    found = problems(
        tmp_path, ("trigger", append("golive: 2026-01-01\n")), ("trigger", swap("stop_role: finance", "stop_role: cfo"))
    )
    assert [problem.key for problem in found] == ["stop_role", "golive"]


def test_a_problem_reads_as_one_line(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, ("trigger", swap("stop_role: finance", "stop_role: financ")))
    assert str(problem) == (
        "trigger.yaml:4: stop_role: no role is named 'financ'. "
        "Write 'finance', the nearest of the roles of owners.yaml."
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(shipped("demo"), folder)
    (folder / "owners.yaml").unlink()
    with pytest.raises(PackError) as error:
        load(folder, names())
    assert [(p.file, p.line, p.wrong) for p in error.value.problems] == [("owners.yaml", 1, "the file is missing")]


def test_an_empty_folder_lacks_every_file(tmp_path: Path) -> None:
    with pytest.raises(PackError) as error:
        load(tmp_path, names())
    assert [problem.file for problem in error.value.problems] == [f"{part}.yaml" for part in PARTS]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="there is no such folder"):
        load(tmp_path / "nowhere", names())


def test_a_file_that_nobody_reads_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(shipped("demo"), folder)
    (folder / "owner.yaml").write_text("# Decision of: somebody.\n")
    with pytest.raises(PackError, match=r"owner\.yaml:1: .*nobody would read it"):
        load(folder, names())


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        (b"# Decision of: M\xfcller\nowner_role: x\n", "line 1 is not UTF-8"),
        (b"# Decision\n" + b"[" * 5000, "not YAML"),
        (b"# Decision\nwon: \x00\n", "not YAML"),
        (b"# Decision\n<<: {won: true}\n", "merges another place"),
        (b"# Decision\n? [a]\n: b\n", "a key is not plain text"),
        (b"# Decision\nwon: " + b"[" * 30 + b"]" * 30, "it nests too deep"),
        (b"\xef\xbb\xbf# Decision\r\nwon: tr\xc3\xbce\r\n", "'tr\u00fce' is neither true nor false"),
        (b"#" * 2_000_001, "larger than 2 MB"),
        (b"", "the file holds nothing"),
    ],
    ids=["latin-1", "brackets", "nul", "merge", "complex key", "deep", "bom", "huge", "nothing"],
)
def test_whatever_stands_in_a_file_is_said_and_never_crashes(raw: bytes, wrong: str, tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(shipped("demo"), folder)
    (folder / "trigger.yaml").write_bytes(raw)
    with pytest.raises(PackError) as error:
        load(folder, names())
    assert wrong in str(error.value)


def test_words_that_yaml_reads_as_truth_stay_words(tmp_path: Path) -> None:
    labels = swap("[Americas, EMEA, APAC]", "[Americas, EMEA, APAC, NO, On, 1.10, 2026-01-01, 0x1F, 12:30]")
    assert problems(tmp_path, ("labels", labels)) == []
    found = load(tmp_path / "pack", names()).labels["region"].labels
    assert found[3:] == ("NO", "On", "1.10", "2026-01-01", "0x1F", "12:30")


def test_the_fingerprint_follows_the_decisions_and_nothing_else(tmp_path: Path) -> None:
    before = load(shipped("demo"), names()).fingerprint
    folder = tmp_path / "other name"
    shutil.copytree(shipped("demo"), folder)
    trigger = folder / "trigger.yaml"
    trigger.write_text("# Decision of: somebody else.\ngo_live: 2026-01-01\nrecord_types: [Customer_Deal]\n"
                       "stop_role: finance\nowner_role: sales_operations\n")  # fmt: skip
    assert load(folder, names()).fingerprint == before
    trigger.write_text(trigger.read_text().replace("2026-01-01", "2026-01-02"))
    assert load(folder, names()).fingerprint != before


@pytest.mark.parametrize("name", ["demo", "crm_sales_opportunities"])
def test_every_pack_we_ship_is_valid_and_says_whose_decisions_it_holds(name: str) -> None:
    pack = load(shipped(name), names())
    assert pack.name == name
    assert set(pack.policies.rules) | set(pack.policies.off) == names()
    for part in PARTS:
        assert (shipped(name) / f"{part}.yaml").read_text(encoding="utf-8").startswith("# Decision of: ")


def test_countries_are_written_out() -> None:
    countries = load(shipped("demo"), names()).labels["country"].labels
    assert len(countries) > 240
    assert {"Germany", "Korea, Republic of"} <= set(countries)
