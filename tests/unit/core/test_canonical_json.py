"""Canonical JSON: what is stored of a snapshot reads back as the same amounts."""

import json
from decimal import Decimal

import pytest

from handoff.core.keys import canonical_json
from mappings.formats import plain


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("1.08E7", "10800000"),
        ("1.23456789E7", "12345678.9"),
        ("1250.50", "1250.50"),
        ("1E-7", "0.0000001"),
        ("0", "0"),
        ("1E+999999", "1E+999999"),
        ("NaN", "NaN"),
    ],
)
def test_a_number_is_stored_in_full_as_the_gate_reads_it(sent: str, stored: str) -> None:
    assert json.loads(canonical_json({"Amount": Decimal(sent)})) == {"Amount": stored}
    assert plain(json.loads(canonical_json(Decimal(sent)))) == plain(Decimal(sent))


def test_one_value_has_one_text_whatever_the_order_of_its_keys() -> None:
    assert canonical_json({"b": [1, None, True], "a": "ö"}) == '{"a":"ö","b":[1,null,true]}'
    assert canonical_json({"a": "ö", "b": [1, None, True]}) == canonical_json({"b": [1, None, True], "a": "ö"})
