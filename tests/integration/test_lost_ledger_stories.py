"""Stories of a ledger that is gone, or is a backup: what the services have is adopted, nothing is made twice (RR12)."""

import shutil
from datetime import timedelta

from handoff.core.handoff import EffectKind
from handoff.store.tables import binding, effect
from tests.integration.conftest import Begin
from tests.integration.story import Story


def objects(story: Story) -> tuple[int, int, int]:
    """Customers, invoices and projects that the services have, for all stories of this sandbox."""
    stripe = story.sandbox.state("stripe")["accounts"]["default"]
    return len(stripe["customers"]), len(stripe["invoices"]), len(story.sandbox.state("asana")["projects"])


def test_a_new_ledger_adopts_what_a_lost_one_has_made(begin: Begin):
    story = begin(0)
    story.deal(1, Instalment_Plan__c="Thirds")
    assert story.sync().outcomes["delivered"] == 4
    made = objects(story)
    shutil.rmtree(story.home)
    story.sandbox.control(shift=3 * 24 * 3600)
    story.late = timedelta(days=3)
    told = story.sync()
    assert (told.outcomes["delivered"], told.exit_code) == (4, 0)
    assert objects(story) == made
    assert {e.outcome for e in story.rows(effect, effect.c.kind == EffectKind.INVOICE)} == {"adopted"}
    assert story.wrong() == []


def test_a_new_ledger_finishes_what_a_lost_one_had_begun(begin: Begin):
    story = begin(1)
    assert story.sync(asana_token="1/wrong").outcomes["in_progress"] == 4
    made = objects(story)
    shutil.rmtree(story.home)
    assert story.sync().outcomes["delivered"] == 4
    assert objects(story) == (made[0], made[1], made[2] + 4)
    assert story.delivered(0, 1, 2, 3)
    assert story.wrong() == []


def test_what_was_sent_since_a_backup_is_looked_for_by_the_first_sync_on_it(begin: Begin):
    story = begin(2)
    story.deal(0, Payment_Terms__c="Whenever")
    story.sync()
    shutil.copytree(story.home, story.home.with_name("backup"))
    story.deal(0, Payment_Terms__c="Net 30")
    assert story.sync().outcomes["delivered"] == 1
    made = objects(story)
    shutil.rmtree(story.home)
    shutil.copytree(story.home.with_name("backup"), story.home)
    story.sandbox.control(shift=2 * 24 * 3600)
    story.late = timedelta(days=5)
    told = story.sync(restored=True)
    assert told.outcomes["delivered"] == 1
    assert objects(story) == made
    assert story.delivered(0)
    assert story.wrong() == []


def test_a_ledger_from_a_backup_stays_one_until_a_whole_run_has_ended(begin: Begin):
    story = begin(3)
    story.sync()

    def marked() -> bool:
        return bool(story.rows(binding, binding.c.what == "restored"))

    story.deal(0, Payment_Terms__c="Whenever")
    story.sync(restored=True, salesforce_client_secret="wrong")
    assert marked()
    story.sync()
    assert not marked()
