"""Stories of labels and causes, told at the command line: one decision delivers all that a label held; once."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from handoff.cli.main import run
from tests.integration import story_org as org
from tests.integration.conftest import Begin
from tests.integration.story import Story

SALES = "priya_nair"
Say = Callable[..., Any]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Say]:
    """`say(story, *words)`: the document that `handoff WORDS --json` prints, as Priya, who must succeed."""

    def said(story: Story, *words: str) -> Any:
        own = {"HANDOFF_HOME": str(story.home), "HANDOFF_PACK": str(story.pack), "HANDOFF_ACTOR": SALES}
        for name, value in {**story.sandbox.env, "HANDOFF_SETTLE_SECONDS": "0", **own}.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run([*words, "--json"])
        printed = capsys.readouterr()
        assert not ended.value.code, printed.err
        return json.loads(printed.out)

    yield said
    for name in ("handoff", "flows", "connectors", "checks", "mappings"):  # the log of a home that goes away
        for handler in logging.getLogger(name).handlers:
            handler.close()
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True


def cause(say: Say, story: Story, what: str) -> str:
    (found,) = [c["cause"] for c in say(story, "causes", "list")["causes"] if c["what"] == what]
    return str(found)


def test_one_label_decision_delivers_what_only_that_label_held_and_its_export_changes_nothing(begin: Begin, say: Say):
    story = begin(0)
    story.account(0, Industry="Alchemy")
    story.account(1, Industry="Alchemy")
    story.deal(1, Payment_Terms__c="Whenever")
    first = story.sync()
    assert (first.outcomes["delivered"], first.outcomes["held"]) == (2, 2)

    chosen = cause(say, story, 'sector "Alchemy" on account Company 0-1')
    label = ("queue", "label", "--cause", chosen, "--as-label", "Technology", "--why", "another word for it", "--yes")
    told = say(story, *label)
    assert (told["touches"]["deals"], told["releases"]["deals"]) == (2, 1)
    second = story.sync()
    assert (second.outcomes["delivered"], second.outcomes["held"]) == (1, 1)
    assert story.delivered(0)
    assert "sector_is_canonical" not in story.entry(1).rules
    (decided,) = story.events("label_decided")
    assert (decided.actor, decided.why, decided.new["releases"]["deals"]) == (SALES, "another word for it", 1)
    assert {e.subject for e in story.events("decide_label")} == {f"entry:E-{story.entry(n).id:06}" for n in (0, 1)}

    with story.house() as house:
        before = house.pack.fingerprint
    assert say(story, "labels", "export", "--write")["written"]
    assert "    Alchemy: Technology\n" in (story.pack / "labels.yaml").read_text()
    with story.house() as house:
        assert house.pack.fingerprint == before
    story.deal(1, Payment_Terms__c="Net 30")
    third = story.sync()
    assert (third.outcomes["delivered"], third.outcomes["held"]) == (1, 0)
    assert story.delivered(0, 1, 2, 3)
    assert story.wrong(remote=False) == []


def test_a_decision_that_is_taken_back_holds_again_and_leaves_the_delivered_alone(begin: Begin, say: Say):
    story = begin(1)
    story.account(0, Industry="Farming")
    story.account(1, Industry="Farming")
    story.deal(1, Payment_Terms__c="Whenever")
    story.sync()
    entry = f"E-{story.entry(0).id:06}"
    told = say(story, "queue", "label", entry, "--new-label", "--why", "a sector since May", "--yes")
    assert (told["is_new"], told["releases"]["deals"]) == (True, 1)
    assert story.sync().outcomes["delivered"] == 1

    say(story, "labels", "withdraw", "sector", "Farming", "--why", "it is Manufacturing after all")
    story.deal(1, Payment_Terms__c="Net 30")
    last = story.sync()
    assert (last.outcomes["delivered"], last.outcomes["held"]) == (0, 1)
    assert story.entry(1).rules == ["sector_is_canonical"]
    assert (story.entry(0).state, story.delivered(0)) == ("released", True)
    assert [e.why for e in story.events("label_withdrawn")] == ["it is Manufacturing after all"]
    assert story.wrong(remote=False) == []


def test_a_cause_is_given_to_one_person_and_run_again_as_a_whole(begin: Begin, say: Say):
    story = begin(2)
    for n in (0, 1):
        story.account(n, Industry="Alchemy")
    story.sync()
    chosen = cause(say, story, 'sector "Alchemy" on account Company 2-0')
    given = say(story, "queue", "assign", "--cause", chosen, "--to", "mei_tanaka", "--why", "her picklist", "--yes")
    assert (given["deals"], given["assigned"]) == (1, [f"E-{story.entry(0).id:06}"])
    assert (story.entry(0).person, story.entry(1).person) == ("mei_tanaka", SALES)
    links = {c["what"]: c["link"] for c in say(story, "causes", "list")["causes"]}
    page = f"/lightning/r/Account/{org.account_id(2, 1)}/view"
    assert links['sector "Alchemy" on account Company 2-1'].endswith(page)

    story.account(0, Industry="Technology")
    again = say(story, "rerun", "--cause", chosen, "--yes")
    assert (again["pulled"], again["delivered"]) == (1, 1)
    assert story.delivered(0)
    assert story.entry(1).state == "open"
    assert story.wrong(remote=False) == []
