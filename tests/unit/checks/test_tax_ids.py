"""Tax ids against a corpus: the examples in python-stdnum's own pages, and each of them with a digit changed (R26)."""

import importlib
import pkgutil
import re
from typing import Any

import pycountry
import pytest
import stdnum

from checks.rules.tax import is_tax_id
from tests.unit.checks.packs import found, make_pack, make_row, run

EXAMPLE = re.compile(r">>> validate\('([^']+)'\)[^\n]*\n\s*([^\n]*)")


def examples() -> list[tuple[str, str, bool]]:
    """Country, number and whether python-stdnum's documentation calls it valid."""
    corpus = []
    for code in sorted(module.name for module in pkgutil.iter_modules(stdnum.__path__) if len(module.name) <= 3):
        country = pycountry.countries.get(alpha_2=code.strip("_").upper())
        numbers: Any = stdnum.get_cc_module(code, "vat") or stdnum.get_cc_module(code, "tin") if country else None
        if country and numbers:
            text = importlib.import_module(numbers.__name__).__doc__ or ""
            corpus += [(country.name, number, "Traceback" not in answer) for number, answer in EXAMPLE.findall(text)]
    return corpus


CORPUS = examples()
VALID = [(country, number) for country, number, valid in CORPUS if valid]
CHANGED = [(country, n[:-1] + str((int(n[-1]) + 1) % 10)) for country, n in VALID if n[-1].isdecimal()]


def test_corpus_is_large_enough_to_mean_something() -> None:
    assert len(CORPUS) + len(CHANGED) >= 300
    assert len({country for country, *_ in CORPUS}) >= 60


def test_documented_examples_are_judged_as_documented() -> None:
    wrong = [(country, number) for country, number, valid in CORPUS if is_tax_id(country, number) != valid]
    assert wrong == []


def test_form_is_judged_even_where_a_digit_was_changed() -> None:
    """A check digit does not catch everything, and some countries have none; most changes must be caught."""
    caught = sum(not is_tax_id(country, number) for country, number in CHANGED)
    assert caught > 0.6 * len(CHANGED)


@pytest.mark.parametrize("country", ["Bhutan", "Atlantis", ""])
def test_unknown_country_is_not_an_invalid_id(country: str) -> None:
    assert is_tax_id(country, "anything")


def test_wrong_id_of_a_known_country_names_country_and_id() -> None:
    violation = found(make_row(billing_country="Germany", tax_id="DE136695978"), "tax_id_well_formed")
    assert violation is not None
    assert violation.message == '"DE136695978" cannot be a tax id of Germany: its form or check digit is wrong.'


def test_unknown_country_leaves_the_form_unjudged() -> None:
    pack = make_pack(("tax_id_well_formed", "country_is_canonical"))
    result = run([make_row(billing_country="Germnay", tax_id="1")], pack)
    assert {each.rule: each.judged for each in result.violations[0]} == {
        "country_is_canonical": True,
        "tax_id_well_formed": False,
    }
