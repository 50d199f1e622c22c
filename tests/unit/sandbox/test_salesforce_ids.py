"""Salesforce ids: check digits, and ids made from names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.salesforce.ids import BASE62, as_18, id_of, numbered_id, to_18


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("0013000000Gv7cE", "0013000000Gv7cEAAR"),
        ("000000000000000", "000000000000000AAA"),
        ("AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA555"),
        ("aaaaaaaaaaaaaaA", "aaaaaaaaaaaaaaAAAQ"),
    ],
)
def test_the_check_digits_tell_which_characters_are_capitals(short: str, full: str) -> None:
    assert to_18(short) == full


@pytest.mark.parametrize("wrong", ["", "0013000000Gv7c", "0013000000Gv7cEAAR", "0013000000Gv7c-", "0013000000Gv7cÉ"])
def test_check_digits_are_made_for_15_letters_and_digits_only(wrong: str) -> None:
    with pytest.raises(ValueError, match="not a 15-character Salesforce id"):
        to_18(wrong)


@given(st.text(BASE62, min_size=15, max_size=15), st.text(BASE62, min_size=15, max_size=15))
def test_two_ids_that_differ_by_case_alone_still_differ_in_lower_case(one: str, other: str) -> None:
    assert (to_18(one).lower() == to_18(other).lower()) == (one == other)


@pytest.mark.parametrize("given", ["0013000000Gv7cE", "0013000000Gv7cEAAR"])
def test_an_id_of_either_length_has_one_full_form(given: str) -> None:
    assert as_18(given) == "0013000000Gv7cEAAR"


@pytest.mark.parametrize("given", ["0013000000Gv7cEAAA", "0013000000gv7cEAAR", "0013000000Gv7cEA", "'; drop", 7, None])
def test_what_is_no_id_or_has_wrong_check_digits_has_no_full_form(given: object) -> None:
    assert as_18(given) is None


def test_a_name_always_has_the_same_id_and_another_name_another() -> None:
    assert id_of("Account", "Acme") == id_of("Account", "Acme") == to_18(id_of("Account", "Acme")[:15])
    assert id_of("Account", "Acme") != id_of("Account", "acme")
    assert id_of("Account", "ab", "c") != id_of("Account", "a", "bc")
    assert id_of("Opportunity", "Acme").startswith("006")


def test_later_rows_have_greater_ids() -> None:
    made = [numbered_id("006", number) for number in (1, 9, 10, 61, 62, 4000)]
    assert made == sorted(made)
