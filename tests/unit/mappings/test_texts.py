"""Texts of a pack with deal fields in braces."""

import pytest

from mappings.texts import filled, unknown_fields
from tests.unit.mappings.demo_deal import row


def test_fields_are_filled_in_and_empty_ones_leave_nothing() -> None:
    assert filled("{account_name}: {legal_name}", row()) == "Kupferkamm Software GmbH:"
    assert filled("no {{braces}}", row()) == "no {braces}"


def test_a_value_is_never_read_as_a_text_with_braces() -> None:
    assert filled("{deal_name}", row(deal_name="{amount}")) == "{amount}"


@pytest.mark.parametrize("text", ["{0}", "{}", "{amount.real}", "{amount!r}", "{amount:>9}", "{__class__}"])
def test_only_plain_deal_fields_stand_in_braces(text: str) -> None:
    assert list(unknown_fields(text)) != []


def test_unmatched_braces_are_an_error() -> None:
    with pytest.raises(ValueError, match="expected"):
        list(unknown_fields("{deal_name"))
