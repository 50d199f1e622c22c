"""Each decision by each kind of person; what it writes; and what it refuses in one sentence."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from handoff.core.errors import UsageError
from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.quarantine import assignments, by_hand, questions, rejections
from handoff.quarantine.by_hand import Claim
from handoff.quarantine.decision import ConflictError, Desk, NotAllowedError, back_to_the_gate
from handoff.store import effects, entries, handoffs
from handoff.store.desk_tables import notice, pause, question
from handoff.store.effects import PlannedEffect
from handoff.store.session import Store, open_store
from handoff.store.tables import event
from tests.unit.quarantine.held import DEAL, NOW, PEOPLE, desk, put, trial

CLAIM = Claim(invoices=("in_1",), project="12")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One for all: every trial is forgotten at its end."""
    home = tmp_path_factory.mktemp("home")
    opened = open_store(f"sqlite:///{home / 'handoff.db'}", home)
    put(opened)
    yield opened
    opened.close()


def rejected(tx: sa.Connection) -> None:
    rejections.reject(desk(tx, PEOPLE["owner"]), "duplicate", "twice")


def asked(tx: sa.Connection) -> None:
    questions.ask(desk(tx, PEOPLE["owner"]), PEOPLE["asked"], "Which order?")


def claimed(tx: sa.Connection) -> None:
    by_hand.claim(desk(tx, PEOPLE["owner"]), CLAIM, "made it")


def nothing(tx: sa.Connection) -> None:
    pass


Prepare = Callable[[sa.Connection], None]
ACTIONS: dict[str, tuple[Prepare, Callable[[Desk], object]]] = {
    "reject": (nothing, lambda d: rejections.reject(d, "duplicate", "twice")),
    "reopen": (rejected, lambda d: rejections.reopen(d, "signed after all")),
    "reassign": (nothing, lambda d: assignments.reassign(d, "maya_lindgren", "knows them")),
    "comment": (nothing, lambda d: assignments.comment(d, "the rep asks")),
    "ask": (nothing, lambda d: questions.ask(d, "maya_lindgren", "Which order?")),
    "answer": (asked, lambda d: questions.answer(d, "PO 4711")),
    "done_by_hand": (nothing, lambda d: by_hand.claim(d, CLAIM, "made it")),
    "withdraw": (claimed, lambda d: by_hand.withdraw(d, "not this one")),
}
CHAIN = ("owner", "accountable", "backup", "tie_breaker")
MAY: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(ACTIONS, CHAIN),
    "comment": (*CHAIN, "reviewer", "asked", "known"),
    "ask": (*CHAIN, "reviewer"),
    "answer": ("asked",),
}


@pytest.mark.parametrize("relation", PEOPLE)
@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_by_each_kind_of_person(store: Store, action: str, relation: str):
    prepare, act = ACTIONS[action]
    with trial(store) as tx:
        prepare(tx)
        before = tx.execute(sa.select(sa.func.count()).select_from(event)).scalar_one()
        version = entries.by_id(tx, 1).row_version
        if relation in MAY[action]:
            act(desk(tx, PEOPLE[relation]))
            told = tx.execute(sa.select(event).where(event.c.seq > before)).all()
            assert (told[-1].actor, bool(told[-1].why)) == (PEOPLE[relation], True)
            assert entries.by_id(tx, 1).row_version > version
        else:
            with pytest.raises(NotAllowedError):
                act(desk(tx, PEOPLE[relation]))
            assert tx.execute(sa.select(sa.func.count()).select_from(event)).scalar_one() == before
            assert entries.by_id(tx, 1).row_version == version


def test_who_may_not_is_told_who_may(store: Store):
    with trial(store) as tx, pytest.raises(NotAllowedError) as refused:
        rejections.reject(desk(tx, "zoe"), "duplicate", "x")
    assert str(refused.value) == (
        "'zoe' may not reject E-000001 (as stranger): that is for owner, holder of its role, backup, tie-breaker. "
        "Its owner is Mei Tanaka, its role reps_manager. Say who you are with --as."
    )
    assert refused.value.exit_code == 2
    with trial(store) as tx, pytest.raises(NotAllowedError, match="Lea Adler left on 2026-06-01 and decides nothing"):
        rejections.reject(desk(tx, "lea.adler@example.com"), "duplicate", "x")


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(("why", "said"), [(" \n", "Say why"), ("x" * 2001, "2,001 characters, 2,000 are allowed")])
def test_every_decision_wants_a_reason_of_some_length(store: Store, action: str, why: str, said: str):
    acts: dict[str, Callable[[Desk], object]] = {
        "reject": lambda d: rejections.reject(d, "duplicate", why),
        "reopen": lambda d: rejections.reopen(d, why),
        "reassign": lambda d: assignments.reassign(d, "maya_lindgren", why),
        "comment": lambda d: assignments.comment(d, why),
        "ask": lambda d: questions.ask(d, "maya_lindgren", why),
        "answer": lambda d: questions.answer(d, why),
        "done_by_hand": lambda d: by_hand.claim(d, CLAIM, why),
        "withdraw": lambda d: by_hand.withdraw(d, why),
    }
    with trial(store) as tx:
        ACTIONS[action][0](tx)
        who = PEOPLE["asked"] if action == "answer" else PEOPLE["owner"]
        with pytest.raises(UsageError, match=said):
            acts[action](desk(tx, who))


def test_a_rejection_says_old_new_and_why_and_ends_the_entry(store: Store):
    with trial(store) as tx:
        asked(tx)
        rejections.reject(desk(tx, PEOPLE["backup"]), "duplicate", "the rep\nsaved it twice")
        row, held = handoffs.by_id(tx, 1), entries.by_id(tx, 1)
        assert (row.state, row.reason) == ("rejected", "duplicate: the rep saved it twice")
        assert (held.state, held.released_at) == ("rejected", NOW)
        told = tx.execute(sa.select(event).where(event.c.what == "reject")).one()
        assert (told.actor, told.why, told.old, told.new) == (
            PEOPLE["backup"],
            "the rep saved it twice",
            {"entry": "open", "handoff": "held"},
            {"entry": "rejected", "handoff": "rejected", "reason": "duplicate"},
        )
        assert tx.execute(sa.select(question.c.state)).scalar_one() == "closed"
        assert tx.execute(sa.select(pause.c.ended_at)).scalar_one() == NOW + timedelta()
        notices = tx.execute(sa.select(notice.c.kind, notice.c.person).where(notice.c.kind == "entry_rejected")).all()
        assert notices == [("entry_rejected", PEOPLE["owner"])]


def plan(tx: sa.Connection, state: EffectState) -> None:
    own = {"kind": EffectKind.INVOICE, "step": "invoice", "service": "stripe:default", "body": {}, "handoff_id": 1}
    effects.plan(tx, [PlannedEffect(scope="bk:k:invoice:1", **own)])
    tx.execute(sa.text("UPDATE effect SET state = :state, generation = 2, external_id = 'in_9'"), {"state": state})


@pytest.mark.parametrize("state", [EffectState.PLANNED, EffectState.REFUSED])
def test_what_was_planned_and_not_sent_is_dropped_with_its_key_remembered(store: Store, state: EffectState):
    with trial(store) as tx:
        plan(tx, state)
        rejected(tx)
        assert effects.of_handoff(tx, 1) == []
        told = tx.execute(sa.select(event).where(event.c.what == "dropped")).one()
        assert (told.subject, told.old, told.new) == ("effect:bk:k:invoice:1", state, {"generation": 2})


@pytest.mark.parametrize("state", [EffectState.IN_FLIGHT, EffectState.UNKNOWN, EffectState.CONFIRMED])
def test_what_may_be_out_forbids_a_rejection(store: Store, state: EffectState):
    with trial(store) as tx:
        plan(tx, state)
        with pytest.raises(UsageError, match=r"something of it was sent \(invoice in_9\)\. Undo it at the service"):
            rejected(tx)
        assert handoffs.by_id(tx, 1).state == "held"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (HandoffState.PASSED, "is on its way"),
        (HandoffState.DELIVERED, "was delivered. Undo it"),
        (HandoffState.CLAIMED, "was said to be done by hand"),
    ],
)
def test_a_deal_that_is_not_held_is_not_rejected(store: Store, state: HandoffState, said: str):
    with trial(store) as tx:
        tx.execute(sa.text("UPDATE handoff SET state = :state"), {"state": state})
        with pytest.raises(UsageError, match=said):
            rejected(tx)


def test_a_reopened_entry_begins_its_next_episode_anew(store: Store):
    later = NOW + timedelta(days=3)
    with trial(store) as tx:
        rejected(tx)
        rejections.reopen(desk(tx, PEOPLE["owner"], at=later), "signed after all")
        held = entries.by_id(tx, 1)
        assert (held.state, held.episode, held.opened_at, held.released_at) == ("open", 2, later, None)
        assert (held.person, held.reassigned_by, held.answered_at) == (PEOPLE["accountable"], None, None)
        assert held.due_at > later
        assert handoffs.by_id(tx, 1).state == "pulled"
        assert [v.rule for v in entries.violations_of(tx, [1])[1]] == ["po_number_when_required"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody", "owners.yaml knows nobody as 'nobody'"),
        ("", "owners.yaml knows nobody as ''"),
        ("finance", "owners.yaml knows nobody as 'finance'"),  # a role is no person
        ("Mei Tanaka", "is the name of mei_tanaka, mei_two: say which"),
        ("lea_adler", "Lea Adler left on 2026-06-01"),
        ("Ingrid Solberg", "Ingrid Solberg is absent until 2027-08-31 (parental leave)"),
        ("mei.tanaka@example.com", "is Mei Tanaka's already"),
    ],
)
def test_an_entry_is_given_only_to_somebody_who_is_there(store: Store, name: str, said: str):
    with trial(store) as tx:
        away = NOW.replace(month=10)
        at = away if name.startswith("Ingrid") else NOW
        with pytest.raises(UsageError) as refused:
            assignments.reassign(desk(tx, PEOPLE["owner"], at=at), name, "x")
    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["maya_lindgren", " MAYA.lindgren@example.com ", "Maya Lindgren", "leaves_soon"])
def test_an_entry_is_given_by_id_e_mail_or_exact_name(store: Store, name: str):
    with trial(store) as tx:
        before = entries.by_id(tx, 1)
        assignments.reassign(desk(tx, PEOPLE["tie_breaker"]), name, "x")
        now = entries.by_id(tx, 1)
        assert now.person == ("leaves_soon" if name == "leaves_soon" else "maya_lindgren")
        assert (now.due_at, now.role, now.reassigned_by) == (before.due_at, before.role, "helena_brandt")


@pytest.mark.parametrize("hours", [0, -1, 1441])
def test_a_question_has_a_deadline_of_some_sense(store: Store, hours: int):
    with trial(store) as tx, pytest.raises(UsageError, match="say 1 to 1,440 working hours"):
        questions.ask(desk(tx, PEOPLE["owner"]), "maya_lindgren", "?", hours)


def test_nobody_asks_themselves_nor_anybody_twice(store: Store):
    with trial(store) as tx:
        with pytest.raises(UsageError, match="Mei Tanaka is yourself"):
            questions.ask(desk(tx, PEOPLE["owner"]), "mei.tanaka@example.com", "?")
        asked(tx)
        with pytest.raises(UsageError, match="Stefan Vogt has an open question about E-000001"):
            questions.ask(desk(tx, PEOPLE["backup"]), "stefan.vogt@example.com", "?")
        questions.ask(desk(tx, PEOPLE["backup"]), "maya_lindgren", "And you?")
        tx.execute(sa.update(question).values(state="expired"))
        assert questions.answer(desk(tx, PEOPLE["asked"]), "late, but here") == PEOPLE["owner"]
        assert tx.execute(sa.select(question.c.state).order_by(question.c.id)).scalars().all() == [
            "answered",
            "expired",
        ]
        with pytest.raises(NotAllowedError):
            questions.answer(desk(tx, PEOPLE["asked"]), "again")


def test_a_question_moves_the_due_time_by_as_long_as_it_waits_for_its_answer(store: Store):
    with trial(store) as tx:
        due = entries.by_id(tx, 1).due_at
        questions.ask(desk(tx, PEOPLE["owner"]), PEOPLE["asked"], "?", hours=8)
        assert entries.by_id(tx, 1).due_at == due + timedelta(hours=8)
        questions.answer(desk(tx, PEOPLE["asked"], at=NOW + timedelta(hours=3)), "PO 4711")
        assert entries.by_id(tx, 1).due_at == due + timedelta(hours=3)


def test_all_questions_of_an_episode_pause_its_clock_no_longer_than_the_cap(store: Store):
    with trial(store) as tx:
        first = questions.ask(desk(tx, PEOPLE["owner"]), PEOPLE["asked"], "?", hours=100)
        assert first.paused_until == NOW + timedelta(hours=100) == first.deadline
        later = NOW + timedelta(hours=50)  # the first pause runs: its hours count once
        second = questions.ask(desk(tx, PEOPLE["owner"], at=later), "maya_lindgren", "?", hours=100)
        assert second.paused_until == later + timedelta(hours=20), "120 hours are the most, 100 are taken"
        end = NOW + timedelta(hours=300)
        third = questions.ask(desk(tx, PEOPLE["owner"], at=end), "kwame_mensah", "?", hours=100)
        assert third.paused_until == end + timedelta(hours=20)
        last = questions.ask(desk(tx, PEOPLE["owner"], at=end), "rin_takeda", "?", hours=100)
        assert last.paused_until is None


@pytest.mark.parametrize(
    ("invoices", "project", "said"),
    [
        ((), None, "Name what is there"),
        (("A1B2-0001",), "12", "'A1B2-0001' is no invoice of Stripe: give its id"),
        (("in_",), "12", "is no invoice of Stripe"),
        (("in_1/../x",), "12", "is no invoice of Stripe"),
        (("in_" + "1" * 80,), "12", "is no invoice of Stripe"),
        (("in_1",), "https://app.asana.com/0/12", "is no project of Asana: the gid is the number"),
        (("in_1",), "", "is no project of Asana"),
        (("in_1",), "¹²", "is no project of Asana"),
        (tuple(f"in_{n}" for n in range(61)), "12", "61 invoices for one deal"),
    ],
)
def test_what_is_no_id_is_refused_before_any_service_is_asked(
    store: Store, invoices: tuple[str, ...], project: str | None, said: str
):
    with trial(store) as tx, pytest.raises(UsageError) as refused:
        by_hand.claim(desk(tx, PEOPLE["owner"]), Claim(invoices=invoices, project=project), "x")
    assert said in str(refused.value)


def test_a_claim_stands_until_it_is_taken_back(store: Store):
    with trial(store) as tx:
        claimed(tx)
        corrected = Claim(invoices=("in_2",), project=None, accept_differences=True)
        by_hand.claim(desk(tx, PEOPLE["backup"]), corrected, "the other one")
        found = by_hand.claim_of(tx, 1)
        assert found is not None
        assert (found.invoices, found.project, found.accept_differences) == (("in_2",), None, True)
        assert (found.actor, found.why, handoffs.by_id(tx, 1).state) == (
            PEOPLE["backup"],
            "the other one",
            HandoffState.CLAIMED,
        )
        assert not back_to_the_gate(desk(tx, PEOPLE["owner"])), "no other decision sends it"
        by_hand.withdraw(desk(tx, PEOPLE["owner"]), "it was another deal")
        assert (by_hand.claim_of(tx, 1), handoffs.by_id(tx, 1).state) == (None, HandoffState.PULLED)
        with pytest.raises(UsageError, match="was not said to be done by hand: it is pulled"):
            by_hand.withdraw(desk(tx, PEOPLE["owner"]), "x")


@pytest.mark.parametrize(
    ("state", "said"),
    [(HandoffState.PASSED, "Stop the line first"), (HandoffState.DELIVERED, "is delivered: there")],
)
def test_what_is_on_its_way_or_delivered_is_not_done_by_hand(store: Store, state: HandoffState, said: str):
    with trial(store) as tx:
        tx.execute(sa.text("UPDATE handoff SET state = :state"), {"state": state})
        with pytest.raises(UsageError, match=said):
            claimed(tx)


def test_the_second_of_two_deciders_learns_what_the_first_did(store: Store):
    with trial(store) as tx:
        looked = entries.by_id(tx, 1).row_version
        assignments.reassign(desk(tx, PEOPLE["backup"]), "maya_lindgren", "knows them")
        with pytest.raises(ConflictError, match=r"priya_nair reassign at .* \(knows them\)\. Nothing of yours"):
            desk(tx, PEOPLE["owner"], version=looked)
        one, other = desk(tx, PEOPLE["backup"]), desk(tx, PEOPLE["accountable"])
        rejections.reject(one, "duplicate", "twice")
        with pytest.raises((ConflictError, UsageError)):
            rejections.reject(other, "duplicate", "twice")


def test_a_deal_at_the_gate_is_moved_on_by_a_decision_so_that_a_run_sees_it(store: Store):
    with trial(store) as tx:
        assert back_to_the_gate(desk(tx, PEOPLE["owner"]))
        before = [handoffs.by_id(tx, 1)]
        assert handoffs.moved_on(tx, before) == {}
        assert back_to_the_gate(desk(tx, PEOPLE["owner"]))
        assert handoffs.moved_on(tx, before) == {1: DEAL}
