"""Label decisions and the pack: added as it is loaded, refused where they clash, and the same pack once exported."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.rules import names
from handoff.core.errors import PackError, UsageError
from handoff.core.label_decision import LabelDecision
from mappings.deal_row import to_row
from mappings.decided_labels import extended, label_set_named, refuse, target, unsaid
from mappings.label_text import TextError, inserted
from mappings.pack import load, shipped
from tests.unit.mappings.demo_deal import demo, snapshot
from tests.unit.mappings.pack_edits import swap

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


def decided(
    label_set: str = "sector", seen: str = "technolgy", canonical: str = "Technology", **others: Any
) -> LabelDecision:
    """Priya's decision of 24 November."""
    said = {"is_new": seen == canonical, "actor": "priya_nair", "at": AT, "why": "a slip of the pen"}
    return LabelDecision(label_set=label_set, seen=seen, canonical=canonical, **{**said, **others})


def copied(tmp_path: Path, edit: Callable[[str], str] = lambda text: text) -> Path:
    """The demo pack with labels.yaml edited."""
    folder = tmp_path / "pack"
    shutil.copytree(shipped("demo"), folder)
    file = folder / "labels.yaml"
    file.write_text(edit(file.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def test_a_synonym_that_was_decided_is_translated_like_one_of_the_file() -> None:
    pack = load(shipped("demo"), names(), [decided()])
    read = to_row(snapshot(Account={"Industry": "technolgy"}), pack, "salesforce")
    assert read.get("sector") == "Technology"
    assert ("sector", "technolgy", "Technology") in [(t.field, t.seen, t.canonical) for t in read.translations]
    assert to_row(snapshot(Account={"Industry": "technolgy"}), demo(), "salesforce").get("sector") == "technolgy"


def test_a_new_label_stands_beside_the_others_and_may_have_synonyms_at_once() -> None:
    made = [decided(seen="Farms", canonical="Agriculture"), decided(seen="Agriculture", canonical="Agriculture")]
    found = load(shipped("demo"), names(), made).labels["sector"]
    assert found.labels[-1] == "Agriculture"
    assert found.canonical("Farms") == "Agriculture"


def test_the_fingerprint_is_that_of_a_file_which_says_the_same(tmp_path: Path) -> None:
    made = [decided(), decided(seen="Agriculture", canonical="Agriculture")]
    with_decisions = load(shipped("demo"), names(), made).fingerprint
    folder = copied(
        tmp_path,
        lambda text: swap("    - Transportation\n", "    - Transportation\n    - Agriculture\n")(
            swap("    Banking: Finance\n", "    Banking: Finance\n    technolgy: Technology\n")(text)
        ),
    )
    assert load(folder, names()).fingerprint == with_decisions != demo().fingerprint
    assert load(folder, names(), made).fingerprint == with_decisions, "what the file says too is said once"


@pytest.mark.parametrize(
    ("edit", "decision", "wrong"),
    [
        (
            swap("    Banking: Finance\n", "    Banking: Finance\n    technolgy: Media\n"),
            decided(),
            "labels.yaml translates 'technolgy' into 'Media'",
        ),
        (swap("    - Technology\n", ""), decided(), "labels.yaml has no canonical label 'Technology' any more"),
        (
            swap("    - Technology\n", "    - Technology\n    - technolgy\n"),
            decided(),
            "'technolgy' is a canonical label itself",
        ),
        (
            swap("    Banking: Finance\n", "    Banking: Finance\n    Farms: Media\n"),
            decided(seen="Farms", canonical="Farms"),
            "labels.yaml translates 'Farms' into 'Media'",
        ),
        (lambda text: text, decided(label_set="colour"), "labels.yaml has no such label set"),
        (lambda text: text, decided(label_set="country", seen="EU", canonical="Germany"), "'EU' is a group"),
    ],
    ids=["translated otherwise", "label gone", "canonical now", "new label is a synonym", "set gone", "a group"],
)
def test_a_clash_with_the_file_names_the_decision_who_took_it_and_how_to_settle_it(
    tmp_path: Path, edit: Callable[[str], str], decision: LabelDecision, wrong: str
) -> None:
    with pytest.raises(PackError) as error:
        load(copied(tmp_path, edit), names(), [decision])
    (problem,) = error.value.problems
    assert problem.file == "labels.yaml"
    assert wrong in problem.wrong
    assert "priya_nair on 2026-11-24 decided" in problem.wrong
    assert "a slip of the pen" in problem.wrong
    assert f'handoff labels withdraw {decision.label_set} "{decision.seen}" --why' in problem.right


def test_a_clash_stands_on_the_line_of_the_other_translation(tmp_path: Path) -> None:
    folder = copied(tmp_path, swap("    Banking: Finance\n", "    Banking: Finance\n    technolgy: Media\n"))
    lines = (folder / "labels.yaml").read_text(encoding="utf-8").splitlines()
    with pytest.raises(PackError) as error:
        load(folder, names(), [decided()])
    assert error.value.problems[0].line == lines.index("    technolgy: Media") + 1


@pytest.mark.parametrize(
    ("label_set", "seen", "as_label", "said"),
    [
        ("sector", "Energy", "Media", "is a canonical label of sector already"),
        ("sector", "Banking", "Media", "stands for 'Finance' in sector already"),
        ("sector", "technolgy", "Tecnology", "Write 'Technology', the nearest of the canonical labels of sector"),
        ("sector", "technolgy", "Zzz", "is no canonical label of sector. Use one of"),
        ("sector", "x" * 121, "Media", "longer than 120 characters"),
        ("sector", " ", "Media", "no text to decide about"),
        ("sector", "Me\u200bdia", "Media", "characters that nobody sees (U+200B)"),
        ("sector", "Me\x07dia", "Media", "characters that nobody sees (U+0007)"),
        ("country", "Korea", None, "name the one that 'Korea' is with --as-label"),
    ],
)
def test_what_cannot_be_decided_is_one_sentence(label_set: str, seen: str, as_label: str | None, said: str) -> None:
    with pytest.raises(UsageError) as error:
        target(demo(), label_set, seen, as_label)
    assert said in str(error.value)


def test_a_country_may_have_a_synonym() -> None:
    assert target(demo(), "country", "Korea", "Korea, Republic of") == "Korea, Republic of"
    assert target(demo(), "sector", "Farms", None) == "Farms"


def test_a_new_label_for_which_the_pack_needs_more_is_refused_before_it_is_taken() -> None:
    with pytest.raises(UsageError, match=r"does not fit the pack.*days_until_due.*Net 7"):
        extended(demo(), decided(label_set="payment_terms", seen="Net 7", canonical="Net 7"), names())


def test_a_label_on_which_other_decisions_rest_is_not_withdrawn_first() -> None:
    made = [decided(seen="Farms", canonical="Agriculture"), decided(seen="Agriculture", canonical="Agriculture")]
    with pytest.raises(UsageError, match="'Farms' of sector stand for 'Agriculture': withdraw these first"):
        refuse(made, "sector", "Agriculture")
    refuse(made, "sector", "Farms")


def test_only_a_field_with_a_label_set_has_one() -> None:
    found = [label_set_named(demo(), "salesforce", f) for f in ("sector", "lines.product", "amount", "", "nonsense")]
    assert found == ["sector", "product", None, None, None]
    assert label_set_named(demo(), "no source", "sector") is None


SETS = {
    "block": "# c\nsector:\n  owner_role: x\n  labels:\n    - Media  # the first\n    # the last\n    - Energy # e\n"
    "  synonyms:\n    TV: Media  # telly\n\n# below\nother: {labels: [a]}\n",
    "flow": "sector:\n  labels: [Media, Energy]  # two\n  synonyms: {TV: Media}\n  groups: {G: [Media]}\n",
    "empty": "sector:\n  labels: [Media,\n    Energy]\n  synonyms: {}\n",
    "without": "sector:\n  labels:\n    - Media\n    - Energy\n  groups:\n    G: [Media]\nother: {labels: [a]}\n",
    "one line": "sector: {owner_role: x, labels: [Media, Energy]}\n",
    "no last line end": "sector:\n  labels: [Media, Energy]\n  synonyms:\n    TV: Media",
    "of Windows": "sector:\r\n  labels:\r\n  - Media\r\n  - Energy\r\n  synonyms:\r\n    TV: Media\r\n",
}


@pytest.mark.parametrize("written", SETS)
def test_an_insertion_adds_what_was_decided_and_takes_nothing_away(written: str) -> None:
    text = SETS[written]
    made = [
        decided(seen="T: V #1", canonical="Media"),
        decided(seen="Farms", canonical="Farms"),
        decided(seen="no", canonical="Energy"),
    ]
    after = inserted(text, made)
    read = yaml.load(after, Loader=yaml.BaseLoader)["sector"]
    before = yaml.load(text, Loader=yaml.BaseLoader)["sector"]
    assert read["labels"] == [*before["labels"], "Farms"]
    assert read["synonyms"] == {**before.get("synonyms", {}), "T: V #1": "Media", "no": "Energy"}
    assert {k: v for k, v in read.items() if k not in ("labels", "synonyms")} == {
        k: v for k, v in before.items() if k not in ("labels", "synonyms")
    }
    kept = iter(after)
    assert all(character in kept for character in text), "every character of the file is still there, in order"
    assert ("\r\n" in after) == ("\r\n" in text)
    assert "\n" not in after.replace("\r\n", "") or "\r\n" not in text


@pytest.mark.parametrize("text", ["- a\n", "other:\n  labels: [a]\n", "sector:\n  labels: iso_3166\n"])
def test_a_file_that_takes_no_insertion_is_said(text: str) -> None:
    with pytest.raises(TextError):
        inserted(text, [decided(seen="Farms", canonical="Farms")])


def test_what_the_file_says_already_is_not_inserted_again() -> None:
    said = decided(seen="Banking", canonical="Finance")
    assert unsaid(demo().labels, [said, decided()]) == [decided()]
    assert unsaid(demo().labels, [replace(said, label_set="gone")]) != []
