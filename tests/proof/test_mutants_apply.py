"""Every mutant of tests/mutants applies, and names tests that are there; `make mutants` shows that they catch it."""

import subprocess
from pathlib import Path

import pytest

from tests.mutants.__main__ import Mutant, mutants

ROOT = Path(__file__).parents[2]
RULES = {
    *("no_stored_key", "no_look", "no_compare_and_swap", "key_age_only_when_planning", "record_before_send"),
    *("watermark_before_commit", "amount_in_the_key", "verify_skipped", "echo_not_recognised"),
}


def test_there_is_a_mutant_for_each_rule_of_the_ledger():
    assert {mutant.name for mutant in mutants([])} >= RULES


@pytest.mark.parametrize("mutant", list(mutants([])), ids=lambda mutant: mutant.name)
def test_a_mutant_applies_and_its_tests_are_there(mutant: Mutant):
    apply = ["git", "apply", "--check", "--whitespace=nowarn", str(mutant.patch)]
    done = subprocess.run(apply, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for test in mutant.tests:
        file, name = test.split("[")[0].split("::")
        assert f"def {name}(" in (ROOT / file).read_text()
