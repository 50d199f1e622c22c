import pytest

from sandbox.stripe.errors import StripeError
from sandbox.stripe.form import flatten, nest, pairs_of


def test_brackets_become_hashes_and_indexes_stay_keys() -> None:
    tree = nest(pairs_of(b"a%5Bb%5D%5B0%5D%5Bc%5D=1&a%5Bb%5D%5B1%5D%5Bc%5D=2&d=x+y"))
    assert tree == {"a": {"b": {"0": {"c": "1"}, "1": {"c": "2"}}}, "d": "x y"}


def test_empty_brackets_append() -> None:
    assert nest([("expand[]", "data.tax_ids"), ("expand[]", "x")]) == {"expand": {"0": "data.tax_ids", "1": "x"}}


def test_blank_values_are_kept_since_they_unset() -> None:
    assert nest(pairs_of(b"metadata[a]=&email=")) == {"metadata": {"a": ""}, "email": ""}


def test_text_is_utf_8() -> None:
    assert nest(pairs_of(b"name=M%C3%BCller")) == {"name": "Müller"}


@pytest.mark.parametrize("body", [b"name=%FF", "name=ü".encode()])
def test_text_that_is_not_utf_8_is_refused(body: bytes) -> None:
    with pytest.raises(StripeError, match="POST content type"):
        pairs_of(body)


@pytest.mark.parametrize("name", ["a[b", "a]b", "[a]", "a[b]c", "", "a" + "[b]" * 9])
def test_a_name_with_broken_brackets_is_an_unknown_parameter(name: str) -> None:
    with pytest.raises(StripeError) as refused:
        nest([(name, "1")])
    assert refused.value.code == "parameter_unknown"


@pytest.mark.parametrize("pairs", [[("a", "1"), ("a[b]", "2")], [("a[b]", "2"), ("a", "1")]])
def test_a_parameter_is_not_both_value_and_hash(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(StripeError, match="both as a value and as a hash"):
        nest(pairs)


def test_flatten_is_the_reverse_of_nest() -> None:
    given = {"name": "Acme", "n": 3, "yes": True, "none": None, "tax_id_data": [{"type": "eu_vat", "value": "x"}]}
    assert nest(flatten(given)) == {
        "name": "Acme",
        "n": "3",
        "yes": "true",
        "tax_id_data": {"0": {"type": "eu_vat", "value": "x"}},
    }
