"""What was sent, in words: no name of an effect, and whatever did not go well in sight."""

from typing import Any

import pytest

from handoff.core.handoff import EffectKind, EffectState
from handoff.review.sent import Made, made, sent


def effect(kind: str, state: str = "confirmed", **values: Any) -> dict[str, Any]:
    said = {"service": "stripe:default", "external_id": f"id_{kind}", "link": None, "error": None}
    return {"kind": kind, "state": state, **said, **values}


@pytest.mark.parametrize("kind", EffectKind)
def test_every_effect_and_state_has_words_of_its_own(kind: EffectKind) -> None:
    told = [one for state in EffectState for found in sent([effect(kind, state)]) for one in found]
    assert len(told) == len(EffectState)
    for one in told:
        assert one.what[0].isupper()
        assert "_" not in one.what + one.state
        assert one.what not in {"Lines", "Verify", "Section", "Finalize"}


def test_the_steps_in_between_are_folded_away_unless_one_went_wrong() -> None:
    first, between = sent([effect("invoice"), effect("lines"), effect("verify", "refused", error="total"), effect("x")])
    assert [(one.what, one.state) for one in first] == [
        ("Invoice, as a draft", "done"),
        ("Draft compared with the deal", "refused"),
        ("X", "done"),
    ]
    assert [one.what for one in between] == ["Lines of the invoice"]


def test_an_account_of_several_is_named() -> None:
    first, _ = sent([effect("invoice"), effect("invoice", service="stripe:uk"), effect("project", service="asana")])
    assert [one.at for one in first] == ["Stripe", "Stripe, account uk", "Asana"]


def test_what_was_made_is_told_once_with_its_link() -> None:
    found = made(
        [
            effect("customer"),
            effect("invoice", external_id="in_1"),
            effect("finalize", external_id="in_1", link="https://invoice.example/1"),
            effect("invoice", external_id="in_2", link="javascript:alert(1)"),
            effect("invoice", "unknown", external_id=None),
            effect("template", external_id="12", link="https://app.asana.com/0/12"),
        ]
    )
    assert found == (
        Made(what="Invoice", external_id="in_1", link="https://invoice.example/1"),
        Made(what="Invoice", external_id="in_2", link=None),
        Made(what="Project", external_id="12", link="https://app.asana.com/0/12"),
    )
