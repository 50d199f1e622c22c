"""Stories of re-runs that people ask for on the page: queued, taken by the next sync, and told afterwards."""

from handoff.road import reruns
from handoff.road.house import House
from handoff.road.reruns import Came, Request
from tests.integration.conftest import Begin
from tests.integration.story import Story

OWNER = "rin_takeda"


def ask(story: Story, *numbers: int) -> Request:
    """The owner has the entries of some deals judged again."""
    seen = [(story.entry(n).id, story.entry(n).row_version) for n in numbers]
    made: Request = story.as_person(lambda house: reruns.request(house, seen, "put right"), actor=OWNER)
    return made


def came(story: Story, made: Request) -> Came:
    def read(house: House) -> Came:
        with house.store.read() as tx:
            return reruns.came_of(tx, made.batch)

    found: Came = story.as_person(read, actor=OWNER)
    return found


def test_the_next_sync_judges_what_was_asked_for_and_says_what_came_of_it(begin: Begin):
    story = begin(0)
    for n in (0, 1, 2):
        story.deal(n, PO_Required__c=True)
    assert story.sync().outcomes["held"] == 3
    made = ask(story, 0, 1)
    assert len(made.queued.done) == 2
    assert came(story, made).waits
    assert story.wrong() == []

    story.deal(1, PO_Number__c="PO-1")
    summary = story.sync()
    assert summary.balanced
    assert (summary.outcomes["held"], summary.outcomes["delivered"]) == (1, 1)
    told = came(story, made)
    assert not told.waits
    assert {outcome: len(numbers) for outcome, numbers in told.by_outcome.items()} == {"held": 1, "released": 1}
    assert told.holds == (("po_number_when_required", 1),)
    assert told.last_sync is not None
    assert story.wrong(remote=True) == []


def test_a_deal_without_news_in_the_crm_is_judged_by_the_pack_as_it_is_now(begin: Begin):
    story = begin(1)
    story.deal(0, Payment_Terms__c="Thirty")
    story.sync()
    story.edit("labels.yaml", "    30 days: Net 30\n", "    30 days: Net 30\n    Thirty: Net 30\n")
    owner = story.entry(0).person
    seen = [(story.entry(0).id, story.entry(0).row_version)]
    made = story.as_person(lambda house: reruns.request(house, seen, "Thirty is Net 30 now"), actor=owner)
    summary = story.sync()
    assert summary.balanced
    assert summary.outcomes["delivered"] == 1
    assert set(came(story, made).by_outcome) == {"released"}
