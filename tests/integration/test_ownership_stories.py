"""Stories of the ownership map: no run begins while it has a gap, and what is open stays as it is."""

import pytest

from handoff.core.errors import PackError, UsageError
from handoff.store.tables import run
from tests.integration.conftest import Begin

PRIYA = "priya.nair@example.com, calendar: new_york}"
AWAY = "priya.nair@example.com, absent: [{from: 2000-01-01, until: 2999-12-31}]}"
ALONE, LOOP = "person: priya_nair}", "person: priya_nair, backup: finance}"


def test_a_gap_or_a_circle_of_backups_stops_the_next_run_before_it_begins_and_no_open_entry(begin: Begin):
    story = begin(0)
    story.deal(0, Payment_Terms__c="Whenever")
    assert story.sync().outcomes["held"] == 1
    runs, entry, notices = story.rows(run), story.entry(0), story.notices()

    story.edit("owners.yaml", PRIYA, AWAY)
    with pytest.raises(UsageError, match="shows all of it"):
        story.sync()
    story.edit("owners.yaml", AWAY, PRIYA)
    story.edit("owners.yaml", ALONE, LOOP)
    with pytest.raises(PackError, match="the backups lead in a circle"):
        story.sync()
    assert (story.rows(run), story.entry(0), story.notices()) == (runs, entry, notices)

    story.edit("owners.yaml", LOOP, ALONE)
    story.deal(0, Payment_Terms__c="Net 30")
    story.sync()
    assert story.delivered(0)
    assert story.wrong(remote=False) == []
