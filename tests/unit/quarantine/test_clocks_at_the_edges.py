"""Clocks where the easy answer is wrong: after the tie-breaker, west of Greenwich, on a weekend, without a project."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.errors import Refused
from handoff.core.business_time import ALWAYS
from handoff.core.ownership import entry_owner
from handoff.quarantine import assignments, clock, routing
from handoff.road import late_steps
from handoff.store import clocks
from handoff.store.desk_tables import step_clock
from handoff.store.tables import effect, handoff
from tests.unit.mappings.demo_deal import demo
from tests.unit.quarantine.watched import MONDAY, OFFICE, Watched, make_owners, violation

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def pack_of(**owners: Any) -> Any:
    return replace(demo(), owners=make_owners(**owners), fingerprint="edges")


def test_an_entry_that_the_overdue_tie_breaker_hands_on_has_a_clock_again(tmp_path: Path) -> None:
    watched = Watched.at(tmp_path)
    watched.hold(1)
    at = MONDAY
    while watched.entry().person != "tia" or not watched.events("overdue"):
        at += 4 * HOUR
        watched.sweep(at)
    with watched.store.write() as tx:
        assignments.reassign(watched.desk(tx, "tia", at), "ann", "hers after all")
    given = watched.entry()
    assert given.person == "ann"
    assert given.due_at > at
    watched.sweep(given.due_at + HOUR)
    assert watched.entry().person == "tia"
    watched.store.close()


def test_who_leaves_west_of_greenwich_is_not_handed_their_own_entry_every_five_minutes(tmp_path: Path) -> None:
    """In Los Angeles it is still the day before: there they have not left, and the chain names them."""
    west = {"zone": "America/Los_Angeles", "hours": {"mon-fri": ["09:00-17:00"]}}
    ann = {"name": "Ann", "email": "ann@example.com", "left": "2026-03-04", "calendar": "west"}
    watched = Watched.at(tmp_path, pack=pack_of(people={"ann": ann}, calendars={"office": OFFICE, "west": west}))
    watched.hold(1, at=datetime(2026, 3, 3, 17, tzinfo=UTC))
    evening = datetime(2026, 3, 4, 0, 5, tzinfo=UTC)
    did = [watched.sweep(evening + n * timedelta(minutes=5)).did for n in range(5)]
    assert not any("rerouted" in done for done in did)
    assert watched.sweep(evening + 12 * HOUR).did["rerouted"] == 1
    assert watched.entry().person == "bob"
    watched.store.close()


def test_a_backup_who_answers_first_has_the_calendar_of_their_own_role() -> None:
    calendars = {name: {"zone": zone, "hours": OFFICE["hours"]} for name, zone in (("ny", "America/New_York"),)}
    calendars |= {"office": OFFICE, "tokyo": {"zone": "Asia/Tokyo", "hours": OFFICE["hours"]}}
    roles = {
        "first": {"title": "First", "person": "ann", "backup": "second", "calendar": "ny"},
        "second": {"title": "Second", "person": "bob", "backup": "third", "calendar": "tokyo"},
        "third": {"title": "Third", "person": "cid"},
        "delivery": {"title": "Delivery", "person": "bob"},
    }
    pack = pack_of(away=("ann",), calendars=calendars, roles=roles)
    found = entry_owner(pack, [violation()], {}, MONDAY)
    heir = routing.heir(pack.owners, "first", {}, MONDAY, after=-1)
    assert (found.person_id, found.calendar.zone) == ("bob", "Asia/Tokyo") == (heir.person_id, heir.calendar.zone)


def test_the_hours_of_a_weekend_rota_count_for_those_who_take_turns_in_it() -> None:
    rota = {"people": ["cid"], "since": "2026-01-03", "hours": ["10:00-14:00"]}
    roles = {
        "first": {"title": "First", "person": "ann", "backup": "second", "weekend": rota},
        "second": {"title": "Second", "person": "bob"},
        "delivery": {"title": "Delivery", "person": "bob"},
    }
    friday, saturday = datetime(2026, 3, 6, 15, tzinfo=UTC), datetime(2026, 3, 7, 9, tzinfo=UTC)
    ann = entry_owner(pack_of(roles=roles), [violation()], {}, friday)
    assert (ann.person_id, clock.begun(ann.calendar, 4, friday).moment(())) == (
        "ann",
        datetime(2026, 3, 9, 11, tzinfo=UTC),
    )
    cid = entry_owner(pack_of(roles=roles), [violation()], {}, saturday)
    assert (cid.person_id, clock.begun(cid.calendar, 4, saturday).moment(())) == (
        "cid",
        datetime(2026, 3, 7, 13, tzinfo=UTC),
    )


def test_a_clock_that_cannot_be_read_stops_no_run(tmp_path: Path) -> None:
    """A zone that a newer tzdata no longer knows: its entry goes to whom the map names, with a clock of its own."""
    watched = Watched.at(tmp_path)
    watched.hold(1)
    watched.change(1, clock={"calendar": {"zone": "Europe/Atlantis"}}, person="somebody_else")
    assert "E-000001" in watched.sweep(MONDAY + HOUR).warnings[0]
    watched.hold(1, at=MONDAY + 2 * HOUR)
    found = watched.entry()
    assert (found.person, found.clock["calendar"]["zone"]) == ("ann", "Europe/Berlin")
    watched.store.close()


class Projects:
    """A tracker in which somebody has deleted the first project."""

    def tasks(self, project: str) -> list[dict[str, Any]]:
        if project == "p1":
            raise Refused("project: Unknown object", service="Asana", status=404)
        return [{"name": "Invite the customer", "completed": True}]


@pytest.mark.parametrize("later", [DAY, 30 * DAY])
def test_a_project_that_somebody_deleted_holds_up_its_own_step_alone(tmp_path: Path, later: timedelta) -> None:
    watched = Watched.at(tmp_path)
    watched.hold(1, 2, 3)
    with watched.store.write() as tx:
        for n in (1, 2, 3):
            delivered(tx, n)
    house: Any = watched.house(MONDAY + later)
    house.tracker = Projects()
    followed = late_steps.Followed()
    late_steps.take_up_tasks(house, followed)
    late_steps.open_late(house, followed)
    assert (followed.done, followed.late) == (2, 1)
    assert "d1" in followed.warnings[0]
    with watched.store.read() as tx:
        late = tx.execute(sa.select(step_clock.c.handoff_id).where(step_clock.c.late_at.is_not(None))).scalars().all()
    assert late == [1]
    watched.store.close()


def delivered(tx: sa.Connection, n: int) -> None:
    """Deal n is delivered with the project p<n>, and its kick-off waits to be accepted."""
    tx.execute(sa.update(handoff).where(handoff.c.id == n).values(state="delivered"))
    made = {"seq": 1, "step": "project", "kind": "project", "state": "confirmed", "service": "asana", "body": {}}
    tx.execute(sa.insert(effect).values(scope=f"s{n}", handoff_id=n, external_id=f"p{n}", **made))
    own = clock.begun(ALWAYS, 4, MONDAY)
    clocks.started(
        tx,
        handoff_id=n,
        step="kick_off",
        role="delivery",
        person="bob",
        owner_name="Bob",
        owner_email="bob@example.com",
        clock=own.document(),
        started_at=MONDAY,
        due_at=own.moment(()) + timedelta(minutes=n),
    )
