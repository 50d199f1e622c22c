"""What Prefect is told when there was no run: what the operator named, and nothing out of a pack or a deal."""

import pytest

from flows.journey import refused
from handoff.core.errors import LockHeldError, PackError, UnknownNameError, UsageError


def test_a_name_that_is_not_there_is_said_in_the_state() -> None:
    state = refused(UnknownNameError("There is no entry E-000999: `handoff queue list` shows the open ones."))
    assert state.is_failed()
    assert str(state.message).startswith("There is no entry E-000999: ")


@pytest.mark.parametrize("error", [UsageError("Ada has no role"), PackError([]), LockHeldError("Ada holds it")])
def test_any_other_sentence_stays_in_the_log(error: UsageError | LockHeldError) -> None:
    assert "Ada" not in str(refused(error).message)
