"""Who may do what: every cell of the table, what nobody may whatever else they are, and several relations at once."""

from itertools import combinations

import pytest

from handoff.core.authority import NEVER, Action, Relation, may

# Written by hand from the law "Authority", so that a change of the code's table shows here: x may, . may not, and
# ! never, whatever else somebody is.
COLUMNS = "own acc bak tie rev apr req sec wai lab ask rec vie kno str"
RELATIONS = dict(zip(COLUMNS.split(), Relation, strict=True))
TABLE = """
see                 x x x x x x x x x x x x x . .
rerun               x x x x x x x x x x x x . . .
correct             x x x x . . . . . . . . . . .
confirm_correction  . . . x . . ! x . . . . . . .
decide_label        . . . x . . . . . x . . . . .
request_approval    x x x x . . . . . . . . . . .
approve             . . . x . x ! . . . . . . . .
decline             . . . x . x ! . . . . . . . .
waive               . . . x . . . . x . . . . . .
reject              x x x x . . . . . . . . . . .
reopen              x x x x . . . . . . . . . . .
reassign            x x x x . . . . . . . . . . .
comment             x x x x x x x x x x x x x x .
pause               x x x x . . . . . . . . . . .
resume              x x x x . . . . . . . . . . .
ask                 x x x x x . . . . . . . . . .
answer              . . . . . . . . . . x . . . .
done_by_hand        x x x x . . . . . . . . . . .
accept              . . . x . . . . . . . x . . .
"""
CELLS = {
    (Action(action), relation): cell
    for action, *cells in (line.split() for line in TABLE.strip().splitlines())
    for relation, cell in zip(RELATIONS.values(), cells, strict=True)
}


def test_the_table_has_every_action_and_every_relation():
    assert set(CELLS) == {(action, relation) for action in Action for relation in Relation}
    order = ("owner", "accountable", "backup", "tie_breaker", "reviewer", "approver", "requester", "second", "waiver")
    assert [r.value for r in RELATIONS.values()] == [
        *order,
        "label_owner",
        "asked",
        "receiver",
        "viewer",
        "known",
        "stranger",
    ]


@pytest.mark.parametrize(("cell", "says"), CELLS.items(), ids=lambda c: "-".join(c) if isinstance(c, tuple) else c)
def test_each_cell(cell: tuple[Action, Relation], says: str):
    action, relation = cell
    assert may(action, {relation}) is (says == "x")


@pytest.mark.parametrize("action", Action)
def test_of_two_relations_one_that_may_suffices_unless_the_other_forbids(action: Action):
    for pair in combinations(Relation, 2):
        cells = {CELLS[action, relation] for relation in pair}
        assert may(action, pair) is ("x" in cells and "!" not in cells), pair


@pytest.mark.parametrize("action", Action)
def test_somebody_who_is_everything_may_all_but_decide_on_their_own_request(action: Action):
    assert may(action, set(Relation)) is (action not in NEVER)
    assert may(action, set(Relation) - {Relation.REQUESTER})


def test_nobody_may_anything():
    assert not any(may(action, ()) for action in Action)
    assert not any(may(action, {Relation.STRANGER}) for action in Action)
