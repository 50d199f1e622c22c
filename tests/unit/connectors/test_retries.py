"""The retry layer: what is sent again, how often, and how long is waited."""

from collections.abc import Callable

import pytest

from connectors.errors import AuthFailed, ConnectorError, NotSent, Refused, Transient, UnknownOutcome
from connectors.retries import Retries, set_testing


class Script:
    """A call that fails as told, then answers."""

    def __init__(self, *errors: ConnectorError) -> None:
        self.errors = list(errors)
        self.sent = 0

    def __call__(self) -> str:
        self.sent += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def retries(waits: list[float] | None = None) -> Retries:
    sleep: Callable[[float], None] = (waits if waits is not None else []).append
    return Retries(sleep=sleep)


def busy(after: float | None = None) -> Transient:
    return Transient("wait", service="s", status=429, retry_after=after)


def lost(status: int | None = None, *, replayed: bool = False) -> UnknownOutcome:
    return UnknownOutcome("lost", service="s", status=status, replayed=replayed)


def test_what_was_not_done_is_sent_again_three_times_at_most() -> None:
    script = Script(busy(), busy())
    assert retries().call(script, repeatable=False) == "done"
    script = Script(busy(), busy(), busy(), busy())
    with pytest.raises(Transient):
        retries().call(script, repeatable=False)
    assert script.sent == 3


def test_an_unknown_outcome_is_sent_again_only_if_repeating_does_no_harm() -> None:
    script = Script(lost(), lost())
    assert retries().call(script, repeatable=True) == "done"
    script = Script(lost())
    with pytest.raises(UnknownOutcome):
        retries().call(script, repeatable=False)
    assert script.sent == 1


def test_a_replayed_failure_is_not_sent_again() -> None:
    script = Script(lost(500, replayed=True))
    with pytest.raises(UnknownOutcome):
        retries().call(script, repeatable=True)
    assert script.sent == 1


def test_a_key_that_got_500_is_sent_once_more_and_never_oftener() -> None:
    script = Script(lost(500), lost(500), lost(500))
    with pytest.raises(UnknownOutcome):
        retries().call(script, repeatable=True)
    assert script.sent == 2


@pytest.mark.parametrize("kind", [Refused, AuthFailed])
def test_a_final_answer_is_not_asked_for_twice(kind: type[ConnectorError]) -> None:
    script = Script(kind("no", service="s"))
    with pytest.raises(kind):
        retries().call(script, repeatable=True)
    assert script.sent == 1


def test_retry_after_is_honoured() -> None:
    waits: list[float] = []
    retries(waits).call(Script(busy(after=7)), repeatable=False)
    assert 7 <= waits[0] <= 7.5


def test_a_wait_that_is_too_long_is_left_to_the_caller() -> None:
    waits: list[float] = []
    script = Script(busy(after=600))
    with pytest.raises(Transient):
        retries(waits).call(script, repeatable=False)
    assert (script.sent, waits) == (1, [])


def test_waits_are_jittered_between_zero_and_a_growing_limit() -> None:
    waits: list[float] = []
    for _ in range(50):
        retries(waits).call(Script(busy(), busy()), repeatable=False)
    assert all(0 <= wait <= 0.5 for wait in waits[::2])
    assert all(0 <= wait <= 1.0 for wait in waits[1::2])
    assert len(set(waits)) > 50


def test_the_switch_for_tests_skips_waits_and_nothing_else() -> None:
    waits: list[float] = []
    set_testing(True)
    try:
        script = Script(busy(after=7), busy(after=7))
        assert retries(waits).call(script, repeatable=False) == "done"
    finally:
        set_testing(False)
    assert (script.sent, waits) == (3, [])


def test_an_error_that_is_not_of_a_connector_passes_through_at_once() -> None:
    def broken() -> str:
        raise KeyError("x")

    with pytest.raises(KeyError):
        retries().call(broken, repeatable=True)


@pytest.mark.parametrize("last", [busy(), Refused("no", service="s"), NotSent("too late", service="s")])
def test_what_an_earlier_try_may_have_done_stays_so_whatever_the_last_one_was_told(
    last: ConnectorError,
) -> None:
    with pytest.raises(type(last)) as told:
        Retries(sleep=lambda _: None, attempts=2).call(Script(lost(), last), repeatable=True)
    assert told.value.maybe_done


@pytest.mark.parametrize("only", [busy(), Refused("no", service="s"), NotSent("too late", service="s")])
def test_what_no_try_can_have_done_is_told_as_not_done(only: ConnectorError) -> None:
    with pytest.raises(type(only)) as told:
        Retries(sleep=lambda _: None, attempts=1).call(Script(only), repeatable=True)
    assert not told.value.maybe_done


def test_what_we_held_back_ourselves_is_not_tried_again_at_once() -> None:
    script = Script(NotSent("too late", service="s"))
    with pytest.raises(NotSent):
        retries().call(script, repeatable=True)
    assert script.sent == 1
