"""Every pair of deaths of which the first is at an even boundary; the odd ones are a file apart, for another core."""

import pytest

from tests.proof import crashes
from tests.proof.one_deal import Company

CHUNKS = 6


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_pair_of_deaths_ends_as_the_uninterrupted_run(
    company: Company, chunk: int, capsys: pytest.CaptureFixture[str]
):
    start = company.keep()
    boundaries = len(crashes.live(company).passed)
    firsts = range(2 * chunk + 1, boundaries, 2 * CHUNKS)
    count = crashes.pairs(company, start, firsts)
    with capsys.disabled():
        print(f"\n{len(firsts)} first deaths: {count.pairs} pairs with {count.aftermaths} different aftermaths")
    assert count.pairs >= count.aftermaths >= len(firsts)
